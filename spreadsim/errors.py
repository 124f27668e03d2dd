"""The errors that users meet. What belongs here: named exceptions and how they read. Nothing else."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SpreadsimError(Exception):
    """Any failure that spreadsim explains to its user instead of showing a traceback.

    Examples
    --------
    >>> try:
    ...     ss.load_scenario("clasroom")
    ... except SpreadsimError as error:
    ...     print(error)
    clasroom: no shipped scenario and no file has this name; did you mean 'classroom'?
    """


class InputError(SpreadsimError):
    """An input that cannot be used: it names the file, the field, what is wrong and what to do.

    Parameters
    ----------
    file : the file's name as the user gave it (or ``"--set"``, ``"python"``).
    field : dotted path of the field, empty for the whole file.
    problem : what is wrong, with the value found.
    remedy : what to do.

    Examples
    --------
    >>> error = InputError("mine.toml", "run.months", "0 is out of bounds", "it must be at least 1")
    >>> print(error)
    mine.toml: run.months: 0 is out of bounds; it must be at least 1
    >>> error.field
    'run.months'
    """

    def __init__(self, file: str, field: str, problem: str, remedy: str) -> None:
        self.file, self.field, self.problem, self.remedy = file, field, problem, remedy
        where = f"{file}: {field}" if field else file
        super().__init__(f"{where}: {problem}; {remedy}")


class MissingExtraError(SpreadsimError):
    """A command needs an optional dependency that is not installed.

    Examples
    --------
    >>> raise MissingExtraError("the app needs Solara; install it with: python -m pip install 'spreadsim[app]'")
    Traceback (most recent call last):
    spreadsim.errors.MissingExtraError: the app needs Solara; install it with: python -m pip install 'spreadsim[app]'
    """


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a remedy that names the known name nearest to `name`, or all of them where none is near.

    Parameters
    ----------
    name : the name as the user wrote it.
    known : the names that would have done.

    Returns
    -------
    A clause that can end an error's text.

    Examples
    --------
    >>> nearest("mandat", ["mandate", "latitude"])
    "did you mean 'mandate'?"
    >>> nearest("x", ["mandate", "latitude"])
    'known names: mandate, latitude'
    """
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return f"did you mean '{close[0]}'?"
    return "known names: " + ", ".join(known)


class InputErrors(SpreadsimError):
    """Several faults of one input, each an `InputError`.

    Parameters
    ----------
    errors : the faults, in the order in which they are told.

    Examples
    --------
    >>> one = InputError("mine.toml", "run.months", "0 is out of bounds", "it must be at least 1")
    >>> two = InputError("mine.toml", "run.sed", "unknown name", nearest("sed", ["seed", "months"]))
    >>> print(InputErrors([one, two]))
    mine.toml: run.months: 0 is out of bounds; it must be at least 1
    mine.toml: run.sed: unknown name; did you mean 'seed'?
    """

    def __init__(self, errors: list[InputError]) -> None:
        self.errors = errors
        super().__init__("\n".join(str(error) for error in errors))
