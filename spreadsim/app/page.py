"""The page: its head, the controls on the left, the screen on the right, and the work that screens share.

What belongs here: what is on the page, and the comparison that Compare and Report both show.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spreadsim.app import documents, fields, runs, widgets
from spreadsim.app.display import charts
from spreadsim.app.library import Html, component, request_of, solara, use_task
from spreadsim.app.screens import compare, learn
from spreadsim.app.screens.registry import SCREENS, PageState
from spreadsim.app.server import uploads
from spreadsim.app.server.shared_results import shared_results
from spreadsim.app.session import Session
from spreadsim.comparison.comparison import Comparison
from spreadsim.errors import SpreadsimError
from spreadsim.network.data import Network
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import shipped_names

STYLE = Path(__file__).parent / "vue" / "style.css"
log = logging.getLogger(__name__)


@component
def Layout(children: Any = ()) -> Any:
    """The page alone, without the furniture that the library puts around it."""
    return Html.element(tag="div", children=list(children), class_="spreadsim")


def _network_mark(scenario: Scenario) -> str:
    """Return what a network depends on."""
    parts = (scenario.network.model_dump_json(), scenario.services.model_dump_json(), scenario.run.seed)
    return repr((*parts, str(scenario.folder) if scenario.network.source == "file" else ""))


def _network(scenario: Scenario) -> tuple[Network | None, str]:
    if not uploads.may_read(scenario):
        return None, "This scenario refers to the files of a network. Bring them in on the Network screen."
    try:
        key = ("network", runs.network_identity(scenario))
        return shared_results.result(key, lambda shared: runs.base_network(scenario)), ""
    except SpreadsimError as error:
        return None, str(error)
    except Exception:
        log.exception("a network could not be made")
        return None, "This network could not be generated. Undo the last change."


def _look(session: Session, message: str) -> dict[str, Any]:
    history = session.history.value
    return {
        "tabs": [[name, True] for name in session.screens], "tab": session.tab.value,
        "name": session.scenario.name, "title": session.scenario.title, "shipped": shipped_names(),
        "base": history.base.name, "undo": history.can_undo, "redo": history.can_redo, "message": message,
        "changed": session.scenario != history.base,
    }  # fmt: skip


def _draft(session: Session) -> dict[str, Any]:
    scenario, base = session.scenario, session.history.value.base
    return {
        "text": documents.to_toml(scenario), "base": documents.to_toml(base), "upload": uploads.upload_key(scenario),
        "tab": session.tab.value,
    }  # fmt: skip


def _sections(session: Session) -> list[dict[str, Any]]:
    scenario, base, file_columns = session.scenario, session.history.value.base, session.file_columns.value
    levers = fields.balance_controls(scenario, base, session.strategy_name)
    sections = [
        {"title": "Basics", "open": True, "kind": "basics", "controls": levers[:1], "levers": levers[1:]},
        {"title": "", "open": True, "kind": "plain",
         "controls": fields.basic_controls(scenario, base, session.strategy_name, file_columns)},
    ]  # fmt: skip
    if session.more.value:
        sections += [
            {**group, "open": False, "kind": "more"} for group in fields.other_controls(scenario, base, file_columns)
        ]
    return sections


@component
def Page() -> None:
    """The app."""
    solara.Title("spreadsim: compare ways of spreading an improvement")
    solara.Style(STYLE)
    session = solara.use_memo(lambda: Session(SCREENS), [])
    search = solara.use_router().search
    lesson = solara.use_memo(lambda: learn.lesson_in_address(session, search or ""), [])
    scenario, screen = session.comparison_scenario, SCREENS[session.tab.value]
    base, problem = solara.use_memo(lambda: _network(scenario), [_network_mark(scenario)])
    hide = session.hide_names.value
    network = solara.use_memo(lambda: charts.without_names(base) if base and hide else base, [id(base), hide])
    drawing = solara.use_memo(lambda: charts.map_data(network) if network else None, [id(network)])
    networks_by_replicate: dict[int, Network] = solara.use_memo(dict, [id(base)])
    target: Any = solara.use_ref(None)
    if screen.compares and base is not None:
        target.current = scenario

    @use_task(dependencies=[target.current, id(base)])
    def comparison_task() -> Iterator[compare.ComparisonStage]:
        scenario_to_compare = target.current
        if scenario_to_compare is None or base is None:
            return
        runs.check_size(scenario_to_compare, base.n)
        yield from compare.comparison_stages(
            scenario_to_compare, base, networks_by_replicate, request_of(comparison_task)
        )

    stage: compare.ComparisonStage | None = comparison_task.latest

    @use_task(dependencies=None)
    def frontier_task() -> tuple[Comparison, tuple[dict[str, Any], ...], Scenario] | None:
        if stage is None:
            return None
        scenario = stage.comparison.scenario
        comparison, figures = compare.shared_frontier(stage.comparison, request_of(frontier_task))
        return compare.with_scenario(comparison, scenario), figures, scenario

    status: dict[str, Any] = {
        "state": runs.task_state(comparison_task),
        **runs.task_progress(comparison_task), "cancelled": comparison_task.cancelled,
        "stale": stage is not None and stage.comparison.scenario != target.current,
        "message": runs.task_message(comparison_task),
    }  # fmt: skip

    widgets.Bar(
        look=_look(session, session.message.value or problem), file=session.file.value, draft=_draft(session),
        event_tab=lambda name: session.show(name) if name in session.screens else None,
        event_shipped=session.open_shipped,
        event_opened=session.open_text, event_save=session.save, event_undo=lambda _: session.move(-1),
        event_redo=lambda _: session.move(1), event_restore=session.restore,
        event_rename=lambda name: session.attempt(
            lambda: session.become(documents.with_name(session.scenario, str(name)))),
        event_dismiss=lambda _: session.message.set(""),
    )  # fmt: skip
    state = PageState(
        session=session, base=base, network=network, drawing=drawing, stage=stage, status=status,
        cancel=comparison_task.cancel, frontier_task=frontier_task, lesson=lesson,
    )  # fmt: skip
    place = {"id": "screen", "aria-label": screen.name}
    if screen.fills_page:
        with Html.element(tag="main", attributes=place):
            screen.show(state)
        return
    with Html.element(tag="div", class_="frame"):
        if screen.has_controls:
            with Html.element(tag="aside", class_="left", attributes={"aria-label": "Controls"}):
                widgets.Controls(
                    sections=_sections(session), strategies=list(session.scenario.strategies),
                    strategy=session.strategy_name, more=session.more.value,
                    event_change=session.change, event_reset=session.reset,
                    event_strategy=session.strategy.set, event_more=lambda value: session.more.set(bool(value)),
                )  # fmt: skip
        with Html.element(tag="main", class_="screen", attributes=place):
            if screen.needs_network and base is None:
                solara.Text("There is no network to show: see the message above.")
            else:
                screen.show(state)
