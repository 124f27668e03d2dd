"""The command ``frontier``: outcomes by balance, or over levers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from spreadsim.cli.options import results_target, run_options, tell, tell_results


@click.command()
@click.argument("name")
@run_options
@click.option(
    "--doubt",
    metavar="SETS",
    help="Plausible worlds the answer rests on: published, plausible, none, or a CSV file; the scenario's by default.",
)
@click.option("--levers", metavar="A,B", help="Cross these levers, of those that the balance sets.")
@click.option(
    "--steps", type=click.IntRange(2, 21), default=5, show_default=True, help="Number of values of each lever."
)
def frontier(
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
    doubt: str | None,
    levers: str | None,
    steps: int,
) -> None:
    """Show outcomes by balance, from 0 (fully top-down) to 1 (fully organic), or over levers.

    Says which balances cannot be distinguished from the best, for sustained and for cumulative benefit.

    \b
    Examples:
      spreadsim frontier default
      spreadsim frontier default --levers mandate,latitude --steps 5 --replicates 30
    """
    from datetime import UTC, datetime

    started = datetime.now(UTC).isoformat(timespec="seconds")
    from spreadsim.comparison.comparison import frontier as run
    from spreadsim.comparison.comparison import with_run
    from spreadsim.comparison.folder import write_frontier
    from spreadsim.scenario.assumption_sets import with_doubt
    from spreadsim.scenario.files import load_scenario
    from spreadsim.telling.folder import as_json as to_json

    scenario = with_run(load_scenario(name, settings), None, seed, months)
    crossed = (
        {lever.strip(): [i / (steps - 1) for i in range(steps)] for lever in levers.split(",")} if levers else None
    )
    if doubt is not None:
        scenario = with_doubt(scenario, doubt)
    target = results_target(out, f"{scenario.name}-frontier", force)
    k = replicates or scenario.frontier.replicates or scenario.run.replicates
    result = run(scenario, levers=crossed, replicates=k, driver=driver, workers=workers, progress=not quiet)
    write_frontier(
        result, scenario, target.folder, levers=crossed, replicates=k, driver=driver, force=force, started=started
    )
    target.settle()
    if as_json:
        answer = {
            "frontier": result.summary(),
            "frontier_as_before": result.summary("as-before"),
            "frontier_free": result.summary("free"),
        }
        click.echo(to_json(answer), nl=False)
        return
    if not quiet:
        from spreadsim.comparison.terminal import frontier_text

        tell(frontier_text(result, wide), wide)
    tell_results(target.folder, "")
