"""The screen Explore: one run of one strategy, played on the map, and why a service did what it did.

What belongs here: what this screen computes and shows.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from spreadsim.app import documents, runs, widgets
from spreadsim.app.display import charts
from spreadsim.app.library import Html, component, request_of, solara, use_task
from spreadsim.app.server.shared_results import shared_results
from spreadsim.app.server.work_queue import DETAIL, INTERACTIVE, Request, short_queue
from spreadsim.app.session import Session
from spreadsim.browser.data import key_without_levers
from spreadsim.comparison.explanation import explain
from spreadsim.errors import InputError
from spreadsim.network.data import Network
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import plan

LOOK = {"compact": False, "states": charts.state_names(), "chosen": ""}


def _story(scenario: Scenario, network: Network, service: str, strategy: str, replicate: int) -> dict[str, Any]:
    story = asdict(explain(scenario, service, strategy=strategy, replicate=replicate, network=network))
    names = dict(zip(network.ids, network.names, strict=True))
    for step in story["chain"]:
        step["service"], step["source"] = names.get(step["service"], ""), names.get(step["source"], "")
    return story


def _run_for_page(scenario: Scenario, network: Network, strategy: str, replicate: int) -> list[dict[str, Any]]:
    """Return what the page makes a run of: levers, setting and arrays.

    Those of the last two that do not change are the same objects as before, and are not sent again.
    """
    own = plan(scenario, strategy, file=scenario.name)
    key = (runs.network_identity(scenario), replicate, key_without_levers(own))
    setting, arrays = shared_results.result(
        ("setting", *key), lambda shared: charts.setting_for_page(own, network, scenario.run.seed, replicate)
    )
    name = "-".join(map(str, key))
    return [{"key": name, **charts.levers_for_page(own, strategy, replicate)}, {"key": name, **setting}, arrays]


@component
def Explore(session: Session, base: Network) -> None:
    """One run, played; a service explained."""
    scenario, strategy, replicate = session.scenario, session.strategy_name, session.replicate.value
    hide = session.hide_names.value
    mark = (base, replicate, scenario.network.redraw, hide)

    def make() -> Network:
        network = charts.replicate_network(scenario, base, replicate)
        return charts.without_names(network) if hide else network

    network = solara.use_memo(make, [*map(id, mark[:1]), *mark[1:]])
    drawing = solara.use_memo(lambda: charts.map_data(network), [id(network)])

    def find_run() -> tuple[list[dict[str, Any]], str]:
        if session.server_runs.value:
            return [], session.server_runs.value
        try:
            return _run_for_page(scenario, network, strategy, replicate), ""
        except InputError as refusal:
            return [], str(refusal)

    page_run, refusal = solara.use_memo(
        find_run, [scenario, strategy, replicate, id(network), session.server_runs.value]
    )

    @use_task(dependencies=[scenario, strategy, replicate, id(network)] if not page_run else [None] * 4)
    def play() -> dict[str, Any] | None:
        if page_run:
            return None

        def compute(shared: Request) -> dict[str, Any]:
            with short_queue.slot(INTERACTIVE, shared, network.n):
                return charts.playback(scenario, network, strategy, replicate)

        key = ("run", runs.identity(scenario), strategy, replicate)
        return shared_results.result(key, compute, request_of(play))

    service = session.service.value

    @use_task(dependencies=[scenario, strategy, replicate, service, id(network)])
    def why() -> dict[str, Any] | None:
        if service not in network.ids:
            return None

        def compute(shared: Request) -> dict[str, Any]:
            with short_queue.slot(DETAIL, shared, network.n):
                return _story(scenario, network, service, strategy, replicate)

        key = ("why", runs.identity(scenario), strategy, replicate, service, hide)
        return shared_results.result(key, compute, request_of(why))

    def pick(place: Any) -> None:
        if isinstance(place, int) and 0 <= place < network.n:
            session.service.set(network.ids[place])

    def again(_: Any) -> None:
        session.replicate.set((replicate + 1) % 1000)

    plays = [play.latest] if not page_run and play.latest is not None else []
    levers, setting, arrays = page_run or (None, None, None)
    with Html.element(tag="div"):
        widgets.Map(
            network=drawing, plays=plays, look={**LOOK, "chosen": service, "refusal": refusal}, event_pick=pick,
            event_again=again, levers=levers, setting=setting, arrays=arrays,
            event_server=lambda why: session.server_runs.set(f"{why}"[:200] or "no worker"),
        )  # fmt: skip
        if play.pending and play.progress and play.progress.n_ahead:
            solara.Text(runs.task_progress(play)["words"])
        if play.error:
            solara.Text(documents.error_text(play.exception or RuntimeError()))
        current = why.latest if service and why.latest and why.latest["service"] == service else None
        if service:
            widgets.Why(story=current, busy=why.pending, event_close=lambda _: session.service.set(""))
