"""The command that advises where to start, and with how much: advise."""

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
    workers_option,
)


@click.command()
@click.argument("name")
@click.option("--strategy", metavar="NAME", help="Strategy to advise on [default: the scenario's last].")
@click.option("--measure", default="cumulative_benefit", show_default=True, help="Outcome to improve.")
@click.option(
    "--budget",
    type=click.FloatRange(min=0.0),
    metavar="DAYS",
    help="Most staff-days per service over the horizon [default: what the strategy costs as it stands].",
)
@click.option("--sites", type=click.IntRange(min=1), help="Number of starting sites [default: the scenario's].")
@click.option("--search", "parts", default="sites,waves,support", show_default=True, help="What to search for.")
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
    default=24,
    show_default=True,
    help="Runs of each candidate; twice as many others select the winner.",
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
def advise(
    name: str,
    strategy: str | None,
    measure: str,
    budget: float | None,
    sites: int | None,
    parts: str,
    candidates: int,
    search_replicates: int,
    replicates: int | None,
    seed: int | None,
    months: int | None,
    settings: tuple[str, ...],
    out: Path | None,
    force: bool,
    workers: int | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Where to start, in which waves, and with how much support within a budget.

    Searches for the best on one network, and compares what it found with simple rules (random, most connected, most
    ready, k-core, most deprived first) on replicates that the search never saw. Says where
    it is no better than they are.

    \b
    Examples:
      spreadsim advise default
      spreadsim advise england-primary-care --budget 25 --candidates 100 --search-replicates 8
    """
    import sys
    from datetime import UTC, datetime

    started = datetime.now(UTC).isoformat(timespec="seconds")
    from spreadsim.advice.advice import advise as run
    from spreadsim.cli.options import results_target
    from spreadsim.scenario.files import load_scenario
    from spreadsim.telling.folder import as_json as to_json

    scenario = load_scenario(name, settings)
    target = results_target(out, f"{scenario.name}-advice", force)
    bar: Any = None
    if sys.stderr.isatty() and not quiet:
        from tqdm import tqdm

        bar = tqdm(desc=f"{scenario.name} advice", unit="run", file=sys.stderr, leave=False)
    try:
        advice = run(
            scenario, strategy=strategy, measure=measure, budget=budget, sites=sites,
            parts=[part.strip() for part in parts.split(",") if part.strip()], candidates=candidates,
            search_replicates=search_replicates, replicates=replicates, seed=seed, months=months, workers=workers,
            progress=bar.update if bar is not None else None,
        )  # fmt: skip
    finally:
        if bar is not None:
            bar.close()
    show_faults(advice.network.facts.get("faults", ()))
    from spreadsim.advice.findings import advice_json, advice_text
    from spreadsim.advice.folder import write_advice

    write_advice(advice, target, force=force, started=started)
    if as_json:
        click.echo(to_json(advice_json(advice)), nl=False)
        return
    if not quiet:
        click.echo(advice_text(advice))
    click.echo(f"Results: {target}  (read {target / 'report.html'}; run {target / 'advised.toml'} with compare)")
