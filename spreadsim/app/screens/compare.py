"""The screen Compare: up to four strategies on common random numbers, and the frontier.

What belongs here: what this screen shows of the comparison that the page runs, and the frontier on demand.

session : of the page.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from spreadsim.app import documents, gallery, runs, widgets
from spreadsim.app.display import charts, exports, tables
from spreadsim.app.library import Html, component, solara
from spreadsim.app.server.shared_results import shared_results
from spreadsim.app.server.work_queue import Request
from spreadsim.app.session import Session
from spreadsim.comparison.comparison import Comparison
from spreadsim.comparison.figures.strategies import curve_figure
from spreadsim.comparison.findings import CAUTION, answer, frontier_sentences
from spreadsim.comparison.report_tables import curve_table
from spreadsim.network.data import Network
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import balance_levers

LOOK = {"compact": True, "states": charts.state_names()}
FIRST = ("headline", "benefit")  # of the findings, above the figures
_numbers = itertools.count()
CURVES = [[key, title] for key, (title, _) in charts.CURVES.items()]


@dataclass(frozen=True)
class ComparisonStage:
    """A comparison as far as it is computed: bands and sentences first, then generations and groups.

    Attributes
    ----------
    number : of the comparison, never the same twice.
    comparison : of the scenario's strategies.
    is_detailed : whether generations and groups are measured.
    findings : sections of sentences.

    Examples
    --------
    >>> ComparisonStage(0, None, False, ()).is_detailed
    False
    """

    number: int
    comparison: Comparison
    is_detailed: bool
    findings: tuple[dict[str, Any], ...]


def comparison_stages(
    scenario: Scenario,
    base: Network,
    networks: dict[int, Network],
    request: Request = Request(),  # noqa: B008
) -> Iterator[ComparisonStage]:
    """Yield a comparison as it becomes known; whoever asks for the same one at the same time or later shares it.

    Parameters
    ----------
    scenario : that is compared.
    base : network of replicate 0.
    networks : of replicates by number, kept from one comparison to the next.
    request : who asks.

    Yields
    ------
    Stages, the last with all its details; of a comparison that was made before, the last alone.

    Examples
    --------
    >>> scenario = ss.load_scenario("default", ["run.months=6", "run.replicates=2"])
    >>> base = runs.base_network(scenario)
    >>> [stage.is_detailed for stage in comparison_stages(scenario, base, {})]
    [False, True]
    >>> [stage.is_detailed for stage in comparison_stages(scenario, base, {})]
    [True]
    """

    def compute(shared: Request) -> Iterator[ComparisonStage]:
        for place, comparison in enumerate(runs.compare_in_stages(scenario, base, shared, networks)):
            is_last = place == 1 or bool(comparison.outcomes[comparison.strategies[0]][0].groups)
            sections = tuple(tables.finding_sections(comparison, is_last))
            yield ComparisonStage(next(_numbers), comparison, is_last, sections)

    for stage in shared_results.stages(("comparison", runs.identity(scenario)), compute, request):
        yield replace(stage, comparison=with_scenario(stage.comparison, scenario))


def with_scenario(comparison: Comparison, scenario: Scenario) -> Comparison:
    """Return a shared comparison as this session's: its files may lie in another folder than another's same files.

    Parameters
    ----------
    comparison : made for whoever asked first.
    scenario : of this session, with the same values and files.

    Returns
    -------
    The same comparison where the scenarios are equal in their folders too.

    Examples
    --------
    >>> comparison = ss.compare("default", replicates=2, months=2, frontier=False)
    >>> with_scenario(comparison, comparison.scenario) is comparison
    True
    """
    return comparison if comparison.scenario == scenario else replace(comparison, scenario=scenario)


def shared_frontier(
    comparison: Comparison,
    request: Request = Request(),  # noqa: B008
) -> tuple[Comparison, tuple[dict[str, Any], ...]]:
    """Return a comparison with its frontier, and the figures of it; shared as comparisons are.

    Parameters
    ----------
    comparison : without a frontier.
    request : who asks.

    Returns
    -------
    The comparison with its frontier and map, and what the page shows of each figure.

    Raises
    ------
    TooLarge : the frontier takes more runs than the app makes.

    Examples
    --------
    >>> scenario = ss.load_scenario("default", ["run.months=2", "run.replicates=2"])
    >>> len(shared_frontier(ss.compare(scenario, frontier=False))[1]) > 0
    True
    """

    def compute(shared: Request) -> tuple[Comparison, tuple[dict[str, Any], ...]]:
        full = runs.with_frontier(comparison, shared)
        figures = [tables.figure_data(picture) for picture in tables.frontier_figures(full)]
        return full, tuple(item for item in figures if item is not None)

    return shared_results.result(("frontier", runs.identity(comparison.scenario)), compute, request)


def _strategy_items(scenario: Scenario) -> list[dict[str, Any]]:
    """Return what the list of strategies says of each."""
    minimum_latitude = scenario.behaviour.adaptation.minimum_latitude
    items = []
    for place, (name, table) in enumerate(scenario.strategies.items()):
        levers = balance_levers(table, minimum_latitude)
        words = ", ".join(f"{key.replace('_', ' ')} {value:.2g}" for key, value in levers.items())
        balance = "" if table.balance is None else f"balance {table.balance:g}: "
        items.append({
            "name": name, "title": table.title, "about": balance + words, "style": place,
            "compared": place < documents.MAX_STRATEGIES,
        })  # fmt: skip
    return items


@component
def Compare(
    session: Session,
    stage: ComparisonStage | None,
    status: dict[str, Any],
    cancel: Any,
    frontier_task: Any,
    drawing: Any,
) -> None:
    """Strategies side by side."""
    scenario = session.scenario
    curve, set_curve = solara.use_state("delivered")
    comparison = stage.comparison if stage else None

    def choose(name: Any) -> None:
        if name in charts.CURVES:
            set_curve(name)

    chart = solara.use_memo(
        lambda: charts.band_chart(comparison, curve) if comparison else None, [id(comparison), curve]
    )
    plays = solara.use_memo(lambda: charts.playbacks(comparison) if comparison else [], [id(comparison)])
    outcome = solara.use_memo(lambda: tables.outcome_tables(comparison) if comparison else [], [id(comparison)])

    def export_curve(kind: Any) -> None:
        if comparison is None:
            return
        if kind == "png":
            session.send_file(f"{curve}.png", exports.png(curve_figure(comparison, curve)), "image/png")
        elif kind == "csv":
            title = charts.CURVES[curve][0]
            text = exports.csv_of_tables([curve_table(comparison, curve, title)])
            session.send_file(f"{curve}.csv", text, "text/csv")

    detail: Any = solara.use_ref(None)
    if stage is not None and stage.is_detailed:
        detail.current = stage
    figures = solara.use_memo(
        lambda: tables.comparison_figures(detail.current.comparison, True) if detail.current else [],
        [detail.current.number if detail.current else -1],
    )
    frontier = frontier_task.latest
    parts = stage.findings if stage else ()
    with Html.element(tag="div"):
        widgets.Strategies(
            items=_strategy_items(scenario), shown=session.strategy_name, most=documents.MAX_STRATEGIES,
            event_act=session.strategies, event_show=session.strategy.set,
        )  # fmt: skip
        first = [part for part in parts if part["key"] in FIRST]
        rest = [part for part in parts if part["key"] not in FIRST]
        caution = [{"key": "caution", "heading": "", "sentences": [CAUTION]}] if stage else []
        widgets.Prose(parts=first + caution, tables=[], live=True, event_export=lambda _: None)
        widgets.Bands(
            chart=chart, curves=CURVES, status=status, event_curve=choose, event_export=export_curve,
            event_cancel=lambda _: cancel(),
        )  # fmt: skip
        if plays:
            widgets.Map(network=drawing, plays=plays, look=LOOK, event_pick=lambda _: None, event_again=lambda _: None)
        if detail.current is not None:
            gallery.Gallery(
                session, "In detail", figures, detail.current.number, status["stale"] or detail.current is not stage
            )
        widgets.Prose(
            parts=rest, tables=outcome, live=False, event_export=lambda kind: send_numbers(session, comparison, kind)
        )  # fmt: skip
        widgets.Figures(
            title="How sure this is, and the balance frontier", figures=list(frontier[1]) if frontier else [],
            status=frontier_status(
                frontier_task, comparison, _sure(frontier[0]) if frontier else []),
            event_export=lambda request: gallery.send_figure(
                session, tables.frontier_figures(frontier[0]) if frontier else [], request),
            event_work=lambda _: frontier_task() if comparison else None,
            event_cancel=lambda _: frontier_task.cancel(),
            event_view=lambda _: None,
        )  # fmt: skip


def _sure(comparison: Comparison) -> list[str]:
    """Return the answer under doubt, and what the frontier says."""
    in_doubt = comparison.doubt is not None and comparison.doubt.answers
    return [*(answer(comparison) if in_doubt else []), *frontier_sentences(comparison.frontier)]


def frontier_status(frontier_task: Any, comparison: Comparison | None, sentences: list[str]) -> dict[str, Any]:
    """Return how far the frontier is, and whether it is of the comparison shown.

    Parameters
    ----------
    frontier_task : task that works the frontier out.
    comparison : that is shown, if any.
    sentences : on the frontier.

    Returns
    -------
    State, progress in per cent, and words for the page.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> task = SimpleNamespace(latest=None, pending=False, error=False, progress=None)
    >>> frontier_status(task, None, [])["state"]
    'waiting'
    """
    stale = (
        frontier_task.latest is not None and comparison is not None and frontier_task.latest[2] != comparison.scenario
    )
    return {
        "state": runs.task_state(frontier_task), **runs.task_progress(frontier_task),
        "stale": stale, "sentences": sentences,
        "message": runs.task_message(frontier_task),
        "action": "Work out the frontier, and how sure this is", "ready": comparison is not None,
    }  # fmt: skip


def send_numbers(session: Session, comparison: Comparison | None, kind: Any) -> None:
    """Hand over the numbers of a comparison: of every run as CSV, or the summary as JSON.

    Parameters
    ----------
    comparison : that is shown, if any.
    kind : ``json`` for the summary; anything else for every run.

    Examples
    --------
    >>> session = Session(["Compare"])
    >>> send_numbers(session, ss.compare("default", replicates=2, months=6, frontier=False), "csv")
    >>> session.file.value["name"]
    'runs.csv'
    """
    from spreadsim.telling.folder import as_json

    if comparison is None:
        return
    if kind == "json":
        session.send_file("summary.json", as_json(comparison.as_json()), "application/json")
    else:
        session.send_file("runs.csv", exports.csv_of_columns(comparison.runs_table()), "text/csv")
