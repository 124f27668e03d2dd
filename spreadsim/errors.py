"""The errors that users meet. What belongs here: named exceptions and how they read. Nothing else."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SpreadsimError(Exception):
    """Any failure that spreadsim explains to its user instead of showing a traceback."""


class InputError(SpreadsimError):
    """An input that cannot be used: it names the file, the field, what is wrong and what to do.

    Parameters
    ----------
    file : the file's name as the user gave it (or ``"--set"``, ``"python"``).
    field : dotted path of the field, empty for the whole file.
    problem : what is wrong, with the value found.
    remedy : what to do.
    """

    def __init__(self, file: str, field: str, problem: str, remedy: str) -> None:
        self.file, self.field, self.problem, self.remedy = file, field, problem, remedy
        where = f"{file}: {field}" if field else file
        super().__init__(f"{where}: {problem}; {remedy}")


class MissingExtraError(SpreadsimError):
    """A command needs an optional dependency that is not installed."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a remedy that names the known names nearest to `name`."""
    known = list(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if close:
        return f"did you mean '{close[0]}'?"
    return "known names: " + ", ".join(known)


class InputErrors(SpreadsimError):
    """Several faults of one input, each an `InputError`."""

    def __init__(self, errors: list[InputError]) -> None:
        self.errors = errors
        super().__init__("\n".join(str(error) for error in errors))
