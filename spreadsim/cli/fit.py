"""The command that fits parameters to a few observed figures, by simulation: fit."""

from __future__ import annotations

from pathlib import Path

import click

from spreadsim.cli.options import (
    force_option,
    out_option,
    quiet_option,
    seed_option,
    settings_option,
    summary_option,
    tell,
    tell_results,
    wide_option,
)


@click.command()
@click.argument("name")
@click.argument("targets", type=click.Path(path_type=Path))
@click.option(
    "--population",
    type=click.IntRange(10, 10_000),
    default=200,
    show_default=True,
    help="Number of sets of parameters to keep.",
)
@click.option(
    "--simulations",
    type=click.IntRange(50, 10_000_000),
    default=20_000,
    show_default=True,
    help="Largest number of sets to try.",
)
@seed_option("Seed of the search [default: the scenario's].", most=2**32 - 1)
@settings_option("the scenario")
@out_option("Results folder [default: results/NAME-fit].")
@force_option()
@summary_option()
@quiet_option()
@wide_option()
def fit(
    name: str,
    targets: Path,
    population: int,
    simulations: int,
    seed: int | None,
    settings: tuple[str, ...],
    out: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    wide: bool,
) -> None:
    """Find the sets of parameters that reproduce a few observed figures, by simulation.

    For use without adoption dates, with only a curve or some figures from a study. TARGETS is a TOML file of figures,
    of the conditions under which each was observed, and of the parameters to fit. The accepted sets go into a
    comparison, whose intervals then include uncertainty about these parameters as well as chance.

    \b
    Examples:
      spreadsim fit default experiments/published-figures/targets.toml
      spreadsim compare default --parameters results/default-fit/accepted.csv
    """
    from datetime import UTC, datetime

    started = datetime.now(UTC).isoformat(timespec="seconds")
    from spreadsim.cli.options import results_target
    from spreadsim.fitting.fitting import fit as run
    from spreadsim.fitting.targets import load_targets
    from spreadsim.telling.folder import as_json as to_json

    goal = load_targets(name, targets, settings)
    target = results_target(out, f"{goal.scenario.name}-fit", force)
    result = run(name, goal, population=population, simulations=simulations, seed=seed, progress=not quiet)
    from spreadsim.fitting.folder import fit_json, fit_text, write_fit

    write_fit(result, target.folder, force=force, started=started, targets=targets)
    target.settle()
    if as_json:
        click.echo(to_json(fit_json(result)), nl=False)
        return
    if not quiet:
        tell(fit_text(result, wide), wide)
    tell_results(target.folder, f"next: spreadsim compare {name} --parameters {target.folder / 'accepted.csv'}")
