"""The results folder of a comparison, and of a frontier.

What belongs here: which tables and summaries such a folder holds.
What does not: how any folder is written whole, with its receipt (``telling.folder``).

folder : path of the results folder.
force : whether a results folder that exists is replaced.
started : when the run began, as ISO 8601; the time of writing where None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spreadsim.comparison.doubt import Doubt
from spreadsim.comparison.results import AS_BEFORE, FREE, ComparisonResults, FrontierResults
from spreadsim.comparison.worth import worth_of
from spreadsim.drivers.extensions import NO_EXTENSIONS, Extensions
from spreadsim.scenario.document import Scenario
from spreadsim.telling.folder import as_json, write_folder, write_parquet, write_text

if TYPE_CHECKING:
    from spreadsim.comparison.report import Drawings


def write_comparison(
    comparison: ComparisonResults,
    folder: Path,
    *,
    force: bool = False,
    all_events: bool = False,
    started: str | None = None,
    report: bool = True,
    drawings: Callable[[], Drawings] | None = None,
) -> Path:
    """Write a comparison's results folder, whole or not at all.

    Parameters
    ----------
    comparison : outcomes of every strategy.
    all_events : whether the events of every replicate were kept, for the receipt.
    report : whether to write ``report.html``.
    drawings : called for those of the report, where they are made while files are written; made last where None.

    Returns
    -------
    Path of the folder.

    Raises
    ------
    InputError : the folder exists and `force` is false.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> folder = write_comparison(comparison, Path("compared"), report=False)
    >>> sorted(file.name for file in folder.glob("*.parquet"))
    ['curves.parquet', 'events.parquet', 'generations.parquet', 'groups.parquet', 'runs.parquet', 'services.parquet']
    """
    c = comparison
    files: dict[str, Callable[[Path], None]] = {
        "summary.json": lambda path: write_text(path, as_json(c.as_json())),
        "runs.parquet": lambda path: write_parquet(c.runs_table(), path),
        "curves.parquet": lambda path: write_parquet(c.curves_table(), path),
        "events.parquet": lambda path: write_parquet(c.events_table(), path),
        "services.parquet": lambda path: write_parquet(c.services_table(), path),
        "generations.parquet": lambda path: write_parquet(c.rows_table("generations"), path),
        "groups.parquet": lambda path: write_parquet(c.rows_table("groups"), path),
    }
    if any(strategy_plan.triggers for strategy_plan in c.plans):
        files["firings.parquet"] = lambda path: write_parquet(c.firings_table(), path)
    if c.frontier is not None:
        table = c.frontier.table()
        files["frontier.parquet"] = lambda path: write_parquet(table, path)
    if c.lever_map is not None:
        map_table = c.lever_map.table()
        files["lever_map.parquet"] = lambda path: write_parquet(map_table, path)
    files |= _files_of_doubt(c.doubt)
    worth = worth_of(c)
    if worth is not None:
        files["worth.csv"] = lambda path: write_text(path, worth.runs_csv())
        files["acceptability.csv"] = lambda path: write_text(path, worth.curves_csv())

    def write_report(place: Path, receipt: dict[str, Any]) -> None:
        if report:
            from spreadsim.comparison.report import render_report

            page = render_report(
                c,
                provenance=receipt,
                lever_map=c.lever_map,
                equal_cost=c.equal_cost,
                with_model=True,
                drawings=None if drawings is None else drawings(),
            )
            write_text(place / "report.html", page)

    options = {
        "command": "compare",
        "driver": c.driver,
        "frontier": c.frontier is not None,
        "events": all_events,
        "report": report,
        "notes": list(c.notes),
    } | _own(c.extensions)
    return write_folder(folder, force, c.scenario, options, started, files, write_report)


def _own(extensions: Extensions) -> dict[str, Any]:
    """Return what a receipt says of what the Python program added; nothing where it added nothing."""
    return {"own": extensions.record()} if extensions else {}


def _files_of_doubt(doubt: Doubt | None) -> dict[str, Callable[[Path], None]]:
    if doubt is None:
        return {}
    return {
        "doubt.parquet": lambda path: write_parquet(doubt.table(), path),
        "assumption_sets.parquet": lambda path: write_parquet(doubt.sets_table(), path),
    }


def write_frontier(
    frontier: FrontierResults,
    scenario: Scenario,
    folder: Path,
    *,
    levers: Mapping[str, Any] | None,
    replicates: int,
    driver: str,
    force: bool = False,
    started: str | None = None,
    extensions: Extensions = NO_EXTENSIONS,
) -> Path:
    """Write a frontier's results folder, whole or not at all.

    Parameters
    ----------
    frontier : outcomes by balance or by levers.
    scenario : of the frontier.
    levers : the values of each lever; None where the frontier is by balance.
    replicates : number of replicates.
    driver : ``compiled`` or ``mesa``.
    extensions : what the Python program added.

    Returns
    -------
    Path of the folder.

    Raises
    ------
    InputError : the folder exists and `force` is false.

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom")
    >>> frontier = ss.frontier(scenario, replicates=2, driver="mesa", workers=1)
    >>> folder = write_frontier(frontier, scenario, Path("dial"), levers=None, replicates=2, driver="mesa")
    >>> (folder / "frontier.parquet").is_file()
    True
    """
    summary = {
        "scenario": scenario.name,
        "seed": scenario.run.seed,
        "replicates": replicates,
        "months": scenario.run.months,
        "frontier": frontier.summary(),
        "frontier_as_before": frontier.summary(AS_BEFORE),
        "frontier_free": frontier.summary(FREE),
    }
    if frontier.doubt is not None:
        summary["doubt"] = frontier.doubt.as_json()
    files: dict[str, Callable[[Path], None]] = {
        "summary.json": lambda path: write_text(path, as_json(summary)),
        **_files_of_doubt(frontier.doubt),
        "frontier.parquet": lambda path: write_parquet(frontier.table(), path),
    }
    options = {"command": "frontier", "driver": driver, "levers": dict(levers or {}), "replicates": replicates}
    options |= _own(extensions)
    return write_folder(folder, force, scenario, options, started, files)
