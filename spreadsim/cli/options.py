"""Options that commands share, each declared once, and what commands say about files.

What belongs here: an option that two commands have. What does not: one that a single command has.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from spreadsim.telling.earlier import FolderState

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
        out_option(), force_option(), workers_option(), driver, summary_option(), quiet_option(), wide_option(),
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


def wide_option() -> Option:
    """Declare ``--wide``.

    Returns
    -------
    A decorator of a command.

    Examples
    --------
    >>> click.command()(wide_option()(lambda **options: None)).params[0].opts
    ['--wide']
    """
    return click.option("--wide", is_flag=True, help="Print full tables and lines, wider than 80 columns.")


def tell(text: str, wide: bool = False) -> None:
    """Print text, in lines of at most 80 columns.

    Parameters
    ----------
    text : lines.
    wide : leave lines as they are.

    Examples
    --------
    >>> tell("reach 0.401")
    reach 0.401
    """
    from spreadsim.telling.terminal import WIDTH, folded

    click.echo(folded(text, None if wide else WIDTH))


@dataclass(frozen=True)
class ResultsTarget:
    """The folder that results go to, and what had its name before.

    Attributes
    ----------
    folder : where the results go.
    earlier : folder of earlier results of the name; the same where they are to be replaced.
    before : what they say of themselves; None where there are none.

    Examples
    --------
    >>> ResultsTarget(Path("results/default"), Path("results/default"), None).folder.name
    'default'
    """

    folder: Path
    earlier: Path
    before: FolderState | None

    def settle(self) -> None:
        """Say on stderr what became of earlier results of the name, and let ``results/latest`` name the new ones.

        Examples
        --------
        >>> ResultsTarget(Path("results/default"), Path("results/default"), None).settle()
        """
        from spreadsim.comparison.changes import change_sentence
        from spreadsim.telling.earlier import folder_state, name_latest
        from spreadsim.telling.terminal import folded

        after = folder_state(self.folder)
        if self.before is not None and after is not None:
            click.echo(folded(change_sentence(self.folder, self.earlier, self.before, after)), err=True)
        name_latest(self.folder)


def tell_results(folder: Path, advice: str, what: str = "Results") -> None:
    """Print where the results are, and what may be done with them; in two lines where one is too long.

    Parameters
    ----------
    folder : of the results.
    advice : in words; may be empty.
    what : is in the folder.

    Examples
    --------
    >>> tell_results(Path("results/default"), "read report.html there")
    Results: results/default  (read report.html there)
    """
    from spreadsim.telling.terminal import WIDTH

    first, second = f"{what}: {folder}", f"  ({advice})" if advice else ""
    click.echo(first + ("\n" if second and len(first + second) > WIDTH else "") + second)


class ResultsFolder(click.Path):
    """A folder of results; ``results/latest`` is the newest even where it is no link but a text file.

    Examples
    --------
    >>> ResultsFolder().convert("results/default", None, None).name
    'default'
    """

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path of the folder.

        Parameters
        ----------
        value : as the user wrote it.
        param, ctx : of the command.

        Returns
        -------
        A path.
        """
        from spreadsim.telling.earlier import latest_folder

        return latest_folder(Path(os.fsdecode(super().convert(value, param, ctx))))


def results_target(out: Path | None, default: str, force: bool) -> ResultsTarget:
    """Return the folder that results go to, once it is certain that they may.

    Parameters
    ----------
    out : that the user asked for, if any.
    default : name within ``results`` otherwise; where it is taken and may not be replaced, a number is added.
    force : whether an existing results folder may be replaced.

    Returns
    -------
    A folder that does not exist, or may be replaced, and what has its name.

    Examples
    --------
    >>> results_target(None, "default", force=False).folder.as_posix()
    'results/default'
    """
    from spreadsim.telling.atomic import check_target, free_name
    from spreadsim.telling.earlier import folder_state

    named = out if out is not None else Path("results") / default
    target = named if force or out is not None else free_name(named)
    check_target(target, force)
    return ResultsTarget(target, named, folder_state(named))
