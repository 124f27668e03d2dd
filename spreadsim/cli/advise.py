"""The command that advises which mix of levers to choose, or where to start: advise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from spreadsim.cli.options import (
    force_option,
    months_option,
    out_option,
    quiet_option,
    replicates_option,
    seed_option,
    settings_option,
    show_faults,
    summary_option,
    tell,
    tell_results,
    wide_option,
    workers_option,
)
from spreadsim.errors import InputError


def _outcome(text: str) -> float:
    """Return an outcome to reach: a number, or a share in per cent."""
    try:
        return float(text.strip().removesuffix("%")) / (100.0 if text.strip().endswith("%") else 1.0)
    except ValueError:
        problem = f"'{text}' is not an outcome; give a number such as 0.6, or a share such as 60%"
        raise click.BadParameter(problem) from None


@click.command()
@click.argument("name")
@click.option("--strategy", metavar="NAME", help="Strategy to advise on [default: the scenario's last].")
@click.option(
    "--at-least",
    type=_outcome,
    metavar="OUTCOME",
    help="Outcome to reach, such as 0.35 or 35% of the full effect: the cheapest mix that does.",
)
@click.option(
    "--budget",
    type=click.FloatRange(min=0.0),
    metavar="DAYS",
    help="Most staff-days per service over the horizon [default: what the strategy costs as it stands].",
)
@click.option(
    "--measure", help="Outcome to improve [default: benefit, what lasts; cumulative_benefit where to start is asked]."
)
@click.option(
    "--over",
    default="central",
    show_default=True,
    metavar="central|worlds|SETS",
    help="Mix: at the scenario's own parameters; or on average over the plausible worlds that the scenario names, or "
    "those of SETS: published, plausible or a table.",
)
@click.option("--sites", type=click.IntRange(min=1), help="Number of starting sites [default: the scenario's].")
@click.option(
    "--search",
    "parts",
    default="levers",
    show_default=True,
    help="What to search for: levers, for a mix; or where to start, of sites,waves,support.",
)
@click.option(
    "--candidates",
    type=click.IntRange(10, 100_000),
    default=600,
    show_default=True,
    help="Number of candidates to try.",
)
@click.option(
    "--search-replicates",
    type=click.IntRange(2, 10_000),
    help="Runs of each candidate [default: 8 for a mix, 2 in each of several worlds, else 24]; twice as many others "
    "select the winner.",
)
@replicates_option("Held-out runs that judge the winner.", least=2)
@seed_option()
@months_option()
@settings_option()
@out_option("Results folder [default: results/NAME-advice].")
@force_option()
@workers_option()
@summary_option()
@quiet_option()
@wide_option()
def advise(
    name: str,
    strategy: str | None,
    at_least: float | None,
    budget: float | None,
    measure: str | None,
    over: str,
    sites: int | None,
    parts: str,
    candidates: int,
    search_replicates: int | None,
    replicates: int | None,
    seed: int | None,
    months: int | None,
    settings: tuple[str, ...],
    out: Path | None,
    force: bool,
    workers: int | None,
    as_json: bool,
    quiet: bool,
    wide: bool,
) -> None:
    """Which mix of levers to choose: the cheapest that reaches an outcome, or the best within a budget.

    Finds mixes that no other beats at once in outcome, equity gap and cost, chooses the one that answers the question,
    and judges it beside your strategies on runs that it was not chosen on. Runs are kept as they are made: the same
    command goes on where it stopped, and another question of the same folder uses what is there.

    With --search sites,waves,support: where to start, in which waves, and with how much support within a budget, on
    one network, compared with simple rules (random, most connected, most ready, k-core, most deprived first) on
    replicates that the search never saw.

    \b
    Examples:
      spreadsim advise default --at-least 0.35
      spreadsim advise default --budget 25 --over worlds
      spreadsim advise england-primary-care --search sites,support --budget 25 --candidates 100
    """
    from datetime import UTC, datetime

    started = datetime.now(UTC).isoformat(timespec="seconds")
    searched = [part.strip() for part in parts.split(",") if part.strip()]
    if searched == ["levers"]:
        if sites is not None:
            raise InputError("--sites", str(sites), "is not part of a mix", "add --search sites")
        _advise_mix(
            name, settings, started, out, force, over, as_json, quiet, wide,
            at_least=at_least, budget=budget, strategy=strategy, measure=measure or "benefit", candidates=candidates,
            search_replicates=search_replicates, replicates=replicates, seed=seed, months=months, workers=workers,
        )  # fmt: skip
        return
    for option, value, usual in (("--at-least", at_least, None), ("--over", over, "central")):
        if value != usual:
            raise InputError(option, str(value), "is asked of a mix", "leave out --search")
    from spreadsim.advice.advice import advise as run
    from spreadsim.cli.options import results_target
    from spreadsim.scenario.files import load_scenario
    from spreadsim.telling.folder import as_json as to_json

    scenario = load_scenario(name, settings)
    target = results_target(out, f"{scenario.name}-advice", force)
    advice = run(
        scenario, strategy=strategy, measure=measure or "cumulative_benefit", budget=budget, sites=sites,
        parts=searched, candidates=candidates, search_replicates=search_replicates or 24, replicates=replicates,
        seed=seed, months=months, workers=workers, progress=not quiet,
    )  # fmt: skip
    show_faults(advice.network.facts.get("faults", ()))
    from spreadsim.advice.findings import advice_json, advice_text
    from spreadsim.advice.folder import write_advice

    write_advice(advice, target.folder, force=force, started=started)
    target.settle()
    if as_json:
        click.echo(to_json(advice_json(advice)), nl=False)
        return
    if not quiet:
        tell(advice_text(advice, wide=wide), wide)
    folder = target.folder
    tell_results(folder, f"read {folder / 'report.html'}; run {folder / 'advised.toml'} with compare")


def _advise_mix(
    name: str,
    settings: tuple[str, ...],
    started: str,
    out: Path | None,
    force: bool,
    over: str,
    as_json: bool,
    quiet: bool,
    wide: bool,
    **asked: Any,
) -> None:
    """Answer a question about the mix, in a folder that keeps the runs."""
    import shutil

    from spreadsim.advice.mix import advise_mix
    from spreadsim.advice.mix_findings import mix_advice_json, mix_advice_text
    from spreadsim.advice.mix_folder import write_mix_advice
    from spreadsim.cli.options import ResultsTarget
    from spreadsim.comparison.doubt import sets_in_doubt
    from spreadsim.comparison.mixes import CENTRAL, assumption_sets_of
    from spreadsim.network.construction import make_network
    from spreadsim.scenario.assumption_sets import with_doubt
    from spreadsim.scenario.files import load_scenario
    from spreadsim.sweeps.folder import is_sweep
    from spreadsim.telling.folder import as_json as to_json

    scenario = load_scenario(name, settings)
    folder = out if out is not None else Path("results") / f"{scenario.name}-mix"
    table = None
    if over != "central":
        scenario = scenario if over == "worlds" else with_doubt(scenario, over)
        table = sets_in_doubt(scenario, make_network(scenario))
        if table is None:
            raise InputError(
                "--over", over, "the scenario has no assumption sets", "give a table of them, or plausible"
            )
    if force and is_sweep(folder):
        shutil.rmtree(folder)
    advice = advise_mix(
        scenario,
        over=[CENTRAL] if table is None else assumption_sets_of(table),
        over_name="central" if table is None else table.file,
        out=folder,
        progress=not quiet,
        **asked,
    )
    write_mix_advice(advice, folder, started)
    ResultsTarget(folder, folder, None).settle()
    if as_json:
        click.echo(to_json(mix_advice_json(advice)), nl=False)
        return
    if not quiet:
        tell(mix_advice_text(advice, wide), wide)
    tell_results(folder, f"read {folder / 'report.html'}; run {folder / 'advised.toml'} with compare")
