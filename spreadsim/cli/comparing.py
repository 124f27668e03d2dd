"""Commands that compare strategies: scenarios, check, compare, frontier, reproduce."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from spreadsim.errors import InputError, nearest


def show_faults(faults: Iterable[str]) -> None:
    """Say on stderr what was found in a network's files, and what was done."""
    for fault in faults:
        click.echo(fault, err=True)


def shared_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that compare and frontier share."""
    options = [
        click.option("--replicates", type=click.IntRange(1, 1_000_000), help="Paired runs of each strategy."),
        click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Integer from which all luck is derived."),
        click.option("--months", type=click.IntRange(1, 1200), help="Horizon in months."),
        click.option(
            "--set",
            "settings",
            multiple=True,
            metavar="FIELD=VALUE",
            help="Change one field of the scenario; repeatable.",
        ),
        click.option("--out", type=click.Path(path_type=Path), help="Results folder [default: results/NAME]."),
        click.option("--force", is_flag=True, help="Replace an existing results folder."),
        click.option("--workers", type=click.IntRange(1, 1024), help="Runs side by side [default: all processors]."),
        click.option(
            "--driver",
            type=click.Choice(["compiled", "mesa"]),
            default="compiled",
            show_default=True,
            help="What runs the model; both give the same numbers.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print the machine-readable summary alone."),
        click.option("--quiet", is_flag=True, help="Print only where the results are."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


# ------------------------------------------------------------------------------------------------- scenarios, check


@click.command()
@click.option("--copy", "copied", metavar="NAME", help="Write a shipped scenario to edit.")
@click.option("--to", "target", type=click.Path(path_type=Path), help="File to write [default: NAME.toml].")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def scenarios(copied: str | None, target: Path | None, as_json: bool) -> None:
    """List the shipped scenarios, or copy one to edit.

    \b
    Example: spreadsim scenarios --copy default
    """
    from spreadsim.scenario_files import load_scenario, shipped_folder, shipped_names

    names = shipped_names()
    if copied is not None:
        if copied not in names:
            raise InputError("--copy", copied, "no shipped scenario has this name", nearest(copied, names))
        path = target or Path(f"{copied}.toml")
        if path.exists():
            raise InputError("--to", str(path), "exists already", "choose another file")
        try:
            path.write_bytes((shipped_folder("scenarios") / f"{copied}.toml").read_bytes())
        except OSError as error:
            raise InputError("--to", str(path), f"cannot be written ({error.strerror})", "choose another") from None
        click.echo(f"{path}: written; run it with: spreadsim compare {path}")
        return
    listing = []
    for name in names:
        scenario = load_scenario(name)
        listing.append(
            {
                "name": name,
                "title": scenario.title,
                "strategies": list(scenario.strategies),
                "shows": scenario.shows,
            }
        )
    if as_json:
        click.echo(json.dumps(listing, indent=2, ensure_ascii=False))
        return
    for item in listing:
        click.echo(click.style(str(item["name"]), bold=True))
        click.echo(click.wrap_text(str(item["title"]), 100, "    ", "    "))
        click.echo(click.wrap_text("strategies: " + ", ".join(item["strategies"]), 100, "    ", "    "))
        click.echo(click.wrap_text("shows: " + str(item["shows"]), 100, "    ", "    "))


@click.command()
@click.argument("name")
@click.option("--set", "settings", multiple=True, metavar="FIELD=VALUE", help="Change one field; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print the resolved file as JSON.")
def check(name: str, settings: tuple[str, ...], as_json: bool) -> None:
    """Validate a scenario or experiment and its inputs, say how large it is, and run nothing.

    \b
    Example: spreadsim check england-primary-care
    """
    from spreadsim.experiment import is_experiment

    if is_experiment(name):
        from spreadsim.cli.sweeping import check_experiment

        check_experiment(name, settings, as_json)
        return
    from spreadsim.scenario_files import load_scenario, resolved
    from spreadsim.size import size_of

    scenario = load_scenario(name, settings)
    size = size_of(scenario)
    if as_json:
        from spreadsim.results_folder import as_json as to_json

        click.echo(to_json(resolved(scenario)), nl=False)
        return
    show_faults(size.faults)
    click.echo(f"{name}: valid")
    for label, value in size.lines():
        click.echo(f"  {label:<22}{value}")


# ------------------------------------------------------------------------------------------------- compare, frontier


def _target(out: Path | None, default: str, force: bool) -> Path:
    from spreadsim.results_folder import check_target, free_name

    target = out if out is not None else free_name(Path("results") / default)
    check_target(target, force)
    return target


@click.command()
@click.argument("name")
@shared_options
@click.option(
    "--parameters",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="CSV of sets of parameters; each replicate takes one.",
)
@click.option("--events", is_flag=True, help="Keep the events of every replicate instead of replicate 0's.")
@click.option("--no-frontier", is_flag=True, help="Leave the balance frontier out.")
@click.option("--no-report", is_flag=True, help="Leave report.html out.")
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
    parameters: Path | None,
    events: bool,
    no_frontier: bool,
    no_report: bool,
) -> None:
    """Run every strategy of a scenario on the same networks with the same luck, and compare them.

    Prints the outcomes and the paired differences with their intervals, and writes a results folder with a report.

    \b
    Examples:
      spreadsim compare england-primary-care
      spreadsim compare default --replicates 200 --set programme.co_production=0.8
    """
    from datetime import UTC, datetime

    started = datetime.now(UTC).isoformat(timespec="seconds")
    from spreadsim.comparison import compare as run
    from spreadsim.comparison import with_run
    from spreadsim.results_folder import as_json as to_json
    from spreadsim.results_folder import write_comparison
    from spreadsim.scenario_files import load_scenario

    scenario = with_run(load_scenario(name, settings), replicates, seed, months)
    if parameters is not None:
        from spreadsim.parameter_sets import with_parameter_sets

        scenario = with_parameter_sets(scenario, parameters)
    target = _target(out, scenario.name, force)
    result = run(
        scenario, driver=driver, workers=workers, frontier=not no_frontier, all_events=events, progress=not quiet
    )
    show_faults(result.network.facts.get("faults", ()))
    write_comparison(result, target, force=force, all_events=events, started=started, report=not no_report)
    if as_json:
        click.echo(to_json(result.as_json()), nl=False)
        return
    if not quiet:
        from spreadsim.terminal import comparison_text

        click.echo(comparison_text(result))
    click.echo(f"Results: {target}" + ("" if no_report else f"  (read {target / 'report.html'})"))


@click.command()
@click.argument("name")
@shared_options
@click.option("--levers", metavar="A,B", help="Cross these levers (of mandate, latitude, peer_programme, monitoring).")
@click.option("--steps", type=click.IntRange(2, 21), default=5, show_default=True, help="Values of each lever.")
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
    levers: str | None,
    steps: int,
) -> None:
    """Outcome by balance, from 0 (fully top-down) to 1 (fully organic), or over levers.

    Says which balances cannot be told from the best, for what lasts and for the sum over the years.

    \b
    Examples:
      spreadsim frontier default
      spreadsim frontier default --levers mandate,latitude --steps 5 --replicates 30
    """
    from datetime import UTC, datetime

    started = datetime.now(UTC).isoformat(timespec="seconds")
    from spreadsim.comparison import frontier as run
    from spreadsim.comparison import with_run
    from spreadsim.results_folder import as_json as to_json
    from spreadsim.results_folder import write_frontier
    from spreadsim.scenario_files import load_scenario

    scenario = with_run(load_scenario(name, settings), None, seed, months)
    crossed = (
        {lever.strip(): [i / (steps - 1) for i in range(steps)] for lever in levers.split(",")} if levers else None
    )
    target = _target(out, f"{scenario.name}-frontier", force)
    k = replicates or scenario.frontier.replicates or scenario.run.replicates
    result = run(scenario, levers=crossed, replicates=k, driver=driver, workers=workers, progress=not quiet)
    write_frontier(result, scenario, target, levers=crossed, replicates=k, driver=driver, force=force, started=started)
    if as_json:
        click.echo(to_json({"frontier": result.summary(), "frontier_as_before": result.summary("as-before")}), nl=False)
        return
    if not quiet:
        from spreadsim.terminal import frontier_text

        click.echo(frontier_text(result))
    click.echo(f"Results: {target}")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Keep the folder that was made again.")
@click.option("--workers", type=click.IntRange(1, 1024), help="Runs side by side [default: all processors].")
def reproduce(folder: Path, out: Path | None, workers: int | None) -> None:
    """Make a results folder again from its receipt, and name the first difference.

    Exits 0 if every result is the same byte for byte, 1 if one differs.

    \b
    Example: spreadsim reproduce results/default
    """
    from spreadsim.reproduction import reproduce as run

    found = run(folder, out, workers=workers)
    for note in found.notes:
        click.echo(note)
    for name, same in found.files.items():
        click.echo(f"  {'same' if same else 'DIFFERENT':<10}{name}")
    if found.difference is not None:
        click.echo(f"First difference: {found.difference}")
        raise SystemExit(1)
    click.echo(f"{folder}: made again, every result the same")
