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
    """Declare ``--replicates``.

    Parameters
    ----------
    text : help.
    least, most : bounds of the number.
    default : where the user gives none.

    Returns
    -------
    A decorator of a command.

    Examples
    --------
    >>> click.command()(replicates_option()(lambda **options: None)).params[0].opts
    ['--replicates']
    """
    return click.option(
        "--replicates", type=click.IntRange(least, most), default=default, show_default=default is not None, help=text
    )


def seed_option(text: str = "Integer from which all random numbers are derived.", *, most: int = 2**63 - 1) -> Option:
    """Declare ``--seed``.

    Parameters
    ----------
    text : help.
    most : largest seed.

    Returns
    -------
    A decorator of a command.

    Examples
    --------
    >>> click.command()(seed_option()(lambda **options: None)).params[0].opts
    ['--seed']
    """
    return click.option("--seed", type=click.IntRange(0, most), help=text)


def months_option() -> Option:
    """Declare ``--months``.

    Returns
    -------
    A decorator of a command.

    Examples
    --------
    >>> click.command()(months_option()(lambda **options: None)).params[0].opts
    ['--months']
    """
    return click.option("--months", type=click.IntRange(1, 1200), help="Horizon in months.")


def settings_option(subject: str = "one field") -> Option:
    """Declare ``--set``, which changes what is named by `subject`.

    Parameters
    ----------
    subject : what the option changes, in words.

    Returns
    -------
    A decorator of a command.

    Examples
    --------
    >>> click.command()(settings_option()(lambda **options: None)).params[0].opts
    ['--set']
    """
    return click.option(
        "--set", "settings", multiple=True, metavar="FIELD=VALUE", help=f"Change {subject}; repeatable."
    )


def out_option(text: str = "Results folder [default: results/NAME].") -> Option:
    """Declare ``--out``.

    Parameters
    ----------
    text : help.

    Returns
    -------
    A decorator of a command.

    Examples
    --------
    >>> click.command()(out_option()(lambda **options: None)).params[0].opts
    ['--out']
    """
    return click.option("--out", type=click.Path(path_type=Path), help=text)


def force_option() -> Option:
    """Declare ``--force``.

    Returns
    -------
    A decorator of a command.

    Examples
    --------
    >>> click.command()(force_option()(lambda **options: None)).params[0].opts
    ['--force']
    """
    return click.option("--force", is_flag=True, help="Replace an existing results folder.")


def workers_option(what: str = "Parallel workers") -> Option:
    """Declare ``--workers``.

    Parameters
    ----------
    what : what runs in parallel, in words.

    Returns
    -------
    A decorator of a command.

    Examples
    --------
    >>> click.command()(workers_option()(lambda **options: None)).params[0].opts
    ['--workers']
    """
    return click.option("--workers", type=click.IntRange(1, 1024), help=f"{what} [default: all processors].")


def json_option(text: str = "Print as JSON.") -> Option:
    """Declare ``--json``.

    Parameters
    ----------
    text : help.

    Returns
    -------
    A decorator of a command.

    Examples
    --------
    >>> click.command()(json_option()(lambda **options: None)).params[0].opts
    ['--json']
    """
    return click.option("--json", "as_json", is_flag=True, help=text)


def summary_option() -> Option:
    """Declare ``--json`` of a command that writes a folder.

    Returns
    -------
    A decorator of a command.

    Examples
    --------
    >>> click.command()(summary_option()(lambda **options: None)).params[0].opts
    ['--json']
    """
    return json_option("Print only the machine-readable summary.")


def quiet_option() -> Option:
    """Declare ``--quiet``.

    Returns
    -------
    A decorator of a command.

    Examples
    --------
    >>> click.command()(quiet_option()(lambda **options: None)).params[0].opts
    ['--quiet']
    """
    return click.option("--quiet", is_flag=True, help="Print only where the results are.")


def report_option() -> Option:
    """Declare ``--no-report``.

    Returns
    -------
    A decorator of a command.

    Examples
    --------
    >>> click.command()(report_option()(lambda **options: None)).params[0].opts
    ['--no-report']
    """
    return click.option("--no-report", is_flag=True, help="Leave out report.html.")


def run_options(command: Command) -> Command:
    """Add the options that compare and frontier share.

    Parameters
    ----------
    command : function of the command.

    Returns
    -------
    The function with its options.

    Examples
    --------
    >>> command = click.command()(run_options(lambda **options: None))
    >>> [option.name for option in command.params][:3]
    ['replicates', 'seed', 'months']
    """
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
    """Print on stderr which faults a network's files have, and what was done about each.

    Parameters
    ----------
    faults : in words.

    Examples
    --------
    >>> show_faults(["ties.csv: line 3: a tie to itself was left out"])
    """
    for fault in faults:
        click.echo(fault, err=True)


def results_target(out: Path | None, default: str, force: bool) -> Path:
    """Return the folder that results go to, once it is certain that they may.

    Parameters
    ----------
    out : that the user asked for, if any.
    default : name within ``results`` otherwise; a number is added where it is taken.
    force : whether an existing results folder may be replaced.

    Returns
    -------
    A folder that does not exist, or may be replaced.

    Examples
    --------
    >>> results_target(None, "default", force=False).as_posix()
    'results/default'
    """
    from spreadsim.telling.folder import check_target, free_name

    target = out if out is not None else free_name(Path("results") / default)
    check_target(target, force)
    return target
