"""Options that commands share, each declared once, and what commands say about files.

What belongs here: an option that two commands have. What does not: one that a single command has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

Command = Callable[..., Any]
Option = Callable[[Command], Command]


def replicates_option(text: str = "Paired runs of each strategy.", *, least: int = 1, most: int = 1_000_000,
                      default: int | None = None) -> Option:  # fmt: skip
    """Declare ``--replicates``."""
    return click.option(
        "--replicates", type=click.IntRange(least, most), default=default, show_default=default is not None, help=text
    )


def seed_option(text: str = "Integer from which all random numbers are derived.", *, most: int = 2**63 - 1) -> Option:
    """Declare ``--seed``."""
    return click.option("--seed", type=click.IntRange(0, most), help=text)


def months_option() -> Option:
    """Declare ``--months``."""
    return click.option("--months", type=click.IntRange(1, 1200), help="Horizon in months.")


def settings_option(changed: str = "one field") -> Option:
    """Declare ``--set``, which changes what is named by `changed`."""
    return click.option(
        "--set", "settings", multiple=True, metavar="FIELD=VALUE", help=f"Change {changed}; repeatable."
    )


def out_option(text: str = "Results folder [default: results/NAME].") -> Option:
    """Declare ``--out``."""
    return click.option("--out", type=click.Path(path_type=Path), help=text)


def force_option() -> Option:
    """Declare ``--force``."""
    return click.option("--force", is_flag=True, help="Replace an existing results folder.")


def workers_option(what: str = "Parallel workers") -> Option:
    """Declare ``--workers``."""
    return click.option("--workers", type=click.IntRange(1, 1024), help=f"{what} [default: all processors].")


def json_option(text: str = "Print as JSON.") -> Option:
    """Declare ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help=text)


def summary_option() -> Option:
    """Declare ``--json`` of a command that writes a folder."""
    return json_option("Print only the machine-readable summary.")


def quiet_option() -> Option:
    """Declare ``--quiet``."""
    return click.option("--quiet", is_flag=True, help="Print only where the results are.")


def report_option() -> Option:
    """Declare ``--no-report``."""
    return click.option("--no-report", is_flag=True, help="Leave out report.html.")


def run_options(command: Command) -> Command:
    """Add the options that compare and frontier share."""
    driver = click.option(
        "--driver",
        type=click.Choice(["compiled", "mesa"]),
        default="compiled",
        show_default=True,
        help="What runs the model; both give the same numbers.",
    )
    options: list[Option] = [
        replicates_option(), seed_option(), months_option(), settings_option("one field of the scenario"),
        out_option(), force_option(), workers_option(), driver, summary_option(), quiet_option(),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def show_faults(faults: Iterable[str]) -> None:
    """Say on stderr what was found in a network's files, and what was done."""
    for fault in faults:
        click.echo(fault, err=True)


def results_target(out: Path | None, default: str, force: bool) -> Path:
    """Return where results go: where the user says, or a free name in the folder ``results``."""
    from spreadsim.telling.folder import check_target, free_name

    target = out if out is not None else free_name(Path("results") / default)
    check_target(target, force)
    return target
