"""The screen Explore: one run of one strategy, played on the map, and why a service did what it did.

What belongs here: what this screen computes and shows.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from spreadsim.app import documents, widgets
from spreadsim.app.display import charts
from spreadsim.app.library import Html, component, solara, use_task
from spreadsim.app.server.work_queue import DETAIL, INTERACTIVE, work_queue
from spreadsim.app.session import Session
from spreadsim.comparison.explanation import explain
from spreadsim.network.data import Network
from spreadsim.scenario.document import Scenario

LOOK = {"compact": False, "states": charts.state_names(), "chosen": ""}


def _story(scenario: Scenario, network: Network, service: str, strategy: str, replicate: int) -> dict[str, Any]:
    story = asdict(explain(scenario, service, strategy=strategy, replicate=replicate, network=network))
    names = dict(zip(network.ids, network.names, strict=True))
    for step in story["chain"]:
        step["service"], step["source"] = names.get(step["service"], ""), names.get(step["source"], "")
    return story


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

    @use_task(dependencies=[scenario, strategy, replicate, id(network)])
    def play() -> dict[str, Any]:
        with work_queue.slot(INTERACTIVE, play.is_current):
            return charts.playback(scenario, network, strategy, replicate)

    service = session.service.value

    @use_task(dependencies=[scenario, strategy, replicate, service, id(network)])
    def why() -> dict[str, Any] | None:
        if service not in network.ids:
            return None
        with work_queue.slot(DETAIL, why.is_current):
            return _story(scenario, network, service, strategy, replicate)

    def pick(place: Any) -> None:
        if isinstance(place, int) and 0 <= place < network.n:
            session.service.set(network.ids[place])

    def again(_: Any) -> None:
        session.replicate.set((replicate + 1) % 1000)

    plays = [play.latest] if play.latest is not None else []
    with Html.element(tag="div"):
        widgets.Map(network=drawing, plays=plays, look={**LOOK, "chosen": service}, event_pick=pick, event_again=again)
        if play.error:
            solara.Text(documents.error_text(play.exception or RuntimeError()))
        current = why.latest if service and why.latest and why.latest["service"] == service else None
        if service:
            widgets.Why(story=current, busy=why.pending, event_close=lambda _: session.service.set(""))
