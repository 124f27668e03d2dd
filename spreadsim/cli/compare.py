"""The command ``compare``: the main job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spreadsim.cli.options import report_option, results_target, run_options, show_faults, tell, tell_results

if TYPE_CHECKING:
    from spreadsim.comparison.comparison import Comparison
    from spreadsim.comparison.report import Drawings

QUICK = 20  # runs of a quick look


def _draw(comparison: Comparison) -> Drawings:
    from spreadsim.comparison.report import drawings_of

    return drawings_of(comparison, with_model=True)


@click.command()
@click.argument("name")
@run_options
@click.option(
    "--parameters",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="CSV file of sets of parameters; each replicate uses one.",
)
@click.option(
    "--doubt",
    metavar="SETS",
    help="Plausible worlds the answer rests on: published, plausible, none, or a CSV file; the scenario's by default.",
)
@click.option(
    "--quick", is_flag=True, help="A quick look: at most 20 runs, no plausible worlds, no frontier; it says so."
)
@click.option("--events", is_flag=True, help="Keep the events of every replicate, not only of replicate 0.")
@click.option("--no-frontier", is_flag=True, help="Leave out the balance frontier.")
@report_option()
def compare(
    name: str,
    replicates: int | None,
    seed: int | None,
    months: int | None,
    settings: tuple[str, ...],
    out: Path | None,
    force: bool,
    workers: int | None,
    driver: Any,
    as_json: bool,
    quiet: bool,
    wide: bool,
    parameters: Path | None,
    doubt: str | None,
    quick: bool,
    events: bool,
    no_frontier: bool,
    no_report: bool,
) -> None:
    """Run every strategy of a scenario on the same networks with the same luck, and compare them.

    Prints the answer, the outcomes and the paired differences with their intervals, and writes a results folder with
    a report; results/latest is the newest folder.

    \b
    Examples:
      spreadsim compare england-primary-care
      spreadsim compare default --replicates 200 --set programme.co_production=0.8
    """
    from datetime import UTC, datetime

    started = datetime.now(UTC).isoformat(timespec="seconds")
    from concurrent.futures import ThreadPoolExecutor

    from spreadsim.comparison.comparison import compare as run
    from spreadsim.comparison.comparison import with_run
    from spreadsim.comparison.folder import write_comparison
    from spreadsim.scenario.assumption_sets import with_doubt
    from spreadsim.scenario.files import load_scenario
    from spreadsim.telling.folder import as_json as to_json

    scenario = with_run(load_scenario(name, settings), replicates, seed, months)
    if parameters is not None:
        from spreadsim.scenario.parameter_sets import with_parameter_sets

        scenario = with_parameter_sets(scenario, parameters)
    if doubt is not None:
        scenario = with_doubt(scenario, doubt)
    if quick:
        scenario = with_run(scenario, min(scenario.run.replicates, QUICK), None, None)
        scenario, no_frontier = with_doubt(scenario, "none"), True
    target = results_target(out, scenario.name, force)

    beside = ThreadPoolExecutor(1)  # the report is drawn while searches run and files are written
    drawings: Callable[[], Drawings] | None = None

    def show(comparison: Comparison) -> None:  # the answer does not wait for searches and figures
        nonlocal drawings
        show_faults(comparison.network.facts.get("faults", ()))
        if not quiet and not as_json:
            from spreadsim.comparison.terminal import comparison_text

            tell(comparison_text(comparison, wide), wide)
            if not no_frontier:
                click.echo("The lever map and the other results follow.")
        if not no_report:
            drawings = beside.submit(_draw, comparison).result

    result = run(
        scenario,
        driver=driver,
        workers=workers,
        frontier=not no_frontier,
        all_events=events,
        progress=not quiet,
        answered=show,
    )
    write_comparison(
        result,
        target.folder,
        force=force,
        all_events=events,
        started=started,
        report=not no_report,
        drawings=drawings,
    )
    target.settle()
    if as_json:
        click.echo(to_json(result.as_json()), nl=False)
        return
    tell_results(target.folder, "" if no_report else f"read {target.folder / 'report.html'}")
