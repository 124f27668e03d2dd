"""Commands that meet data: calibrate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spreadsim.cli.options import (
    force_option,
    json_option,
    out_option,
    quiet_option,
    replicates_option,
    report_option,
    results_target,
    seed_option,
    settings_option,
    tell,
    tell_results,
    wide_option,
)
from spreadsim.errors import StoppedError

if TYPE_CHECKING:
    from spreadsim.calibration.calibration import Calibration


@click.command()
@click.argument("name")
@click.option(
    "--covariate",
    "covariates",
    multiple=True,
    metavar="COLUMN",
    help="Column of the table of services to use as a covariate; COLUMN=category if its values are names; repeatable.",
)
@click.option("--no-groups", is_flag=True, help="Leave out effects of groups (towns, villages).")
@click.option(
    "--first-period",
    type=click.Choice(["given", "at-risk"]),
    default="given",
    show_default=True,
    help="Treat adopters of the first period as starting sites, or as at risk with nobody before them.",
)
@click.option("--outside-column", metavar="COLUMN", help="Column that counts the people named outside the survey.")
@click.option(
    "--explanation",
    metavar="NAME",
    help="Explanation whose values the scenario takes [default: the lowest AIC that the network's files can hold].",
)
@replicates_option("Runs of each forecast.", least=2, most=100_000, default=200)
@seed_option("Seed of the forecasts.")
@settings_option("the scenario")
@click.option("--no-prediction", is_flag=True, help="Leave out the forecasts.")
@report_option()
@out_option("Results folder [default: results/NAME-calibrated].")
@force_option()
@json_option("Print only calibration.json.")
@quiet_option()
@wide_option()
def calibrate(
    name: str,
    covariates: tuple[str, ...],
    no_groups: bool,
    first_period: Any,
    outside_column: str | None,
    explanation: str | None,
    replicates: int,
    seed: int | None,
    settings: tuple[str, ...],
    no_prediction: bool,
    no_report: bool,
    out: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    wide: bool,
) -> None:
    """Fit the reduced model to observed times of adoption on a real network, and say what the data can show.

    NAME is a scenario whose network is read from files with the column adopted_month. Compares explanations (a push
    from outside, constant or changing; peers; both; covariates; groups), predicts what is held out, and writes a folder
    whose scenario.toml holds the fitted values: spreadsim compare FOLDER/scenario.toml runs it.

    \b
    Examples:
      spreadsim calibrate medical-innovation --outside-column nominations_outside
      spreadsim calibrate medical-innovation --covariate journals --covariate specialty=category
      spreadsim calibrate my-scenario.toml --explanation push-and-peers --out results/fitted
    """
    from datetime import UTC, datetime

    started = datetime.now(UTC).isoformat(timespec="seconds")
    from spreadsim.calibration.calibration import calibrate as run
    from spreadsim.calibration.folder import write_calibration
    from spreadsim.scenario.files import load_scenario

    scenario = load_scenario(name, settings)
    target = results_target(out, f"{scenario.name}-calibrated", force)
    calibration = run(
        scenario,
        covariates=covariates,
        groups=not no_groups,
        first_period=first_period,
        outside_column=outside_column,
        explanation=explanation,
        replicates=replicates,
        seed=seed,
        predict=not no_prediction,
        progress=not quiet,
    )
    write_calibration(calibration, target.folder, force=force, started=started, report=not no_report)
    target.settle()
    try:
        _tell(calibration, target.folder, as_json, quiet, wide)
    except KeyboardInterrupt:
        raise StoppedError(f"stopped by the user; the results are whole, in {target.folder}") from None


def _tell(calibration: Calibration, folder: Path, as_json: bool, quiet: bool, wide: bool) -> None:
    """Print the findings and where the results are."""
    from spreadsim.telling.folder import as_json as to_json

    if as_json:
        click.echo(to_json(calibration.as_json()), nl=False)
        return
    if not quiet:
        for section, sentences in calibration.sentences().items():
            click.echo(click.style(section, bold=True))
            for sentence in sentences:
                tell(f"  {sentence}", wide)
    tell_results(folder, f"next: spreadsim compare {folder / 'scenario.toml'}")
