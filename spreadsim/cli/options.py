"""Options that commands share, and what commands say about files: each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click


def shared_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that compare and frontier share."""
    options = [
        click.option("--replicates", type=click.IntRange(1, 1_000_000), help="Paired runs of each strategy."),
        click.option(
            "--seed", type=click.IntRange(0, 2**63 - 1), help="Integer from which all random numbers are derived."
        ),
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
        click.option("--workers", type=click.IntRange(1, 1024), help="Parallel workers [default: all processors]."),
        click.option(
            "--driver",
            type=click.Choice(["compiled", "mesa"]),
            default="compiled",
            show_default=True,
            help="What runs the model; both give the same numbers.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print only the machine-readable summary."),
        click.option("--quiet", is_flag=True, help="Print only where the results are."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def show_faults(faults: Iterable[str]) -> None:
    """Say on stderr what was found in a network's files, and what was done."""
    for fault in faults:
        click.echo(fault, err=True)


def results_target(out: Path | None, default: str, force: bool) -> Path:
    from spreadsim.telling.folder import check_target, free_name

    target = out if out is not None else free_name(Path("results") / default)
    check_target(target, force)
    return target
