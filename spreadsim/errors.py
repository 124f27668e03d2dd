"""The errors that users meet. What belongs here: named exceptions, and how they and what they quote read."""

from __future__ import annotations

import difflib
import errno
import re
from collections.abc import Iterable

_LONGEST_WORD, _LONGEST_TEXT = 80, 400  # characters
_WORDS = re.compile(rf"'[^']{{{_LONGEST_WORD},}}'|\S{{{_LONGEST_WORD},}}")
_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the quota of the disk is used up",
    errno.EFBIG: "the file would be larger than is allowed here",
    errno.EROFS: "the disk is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
}


def visible(text: str) -> str:
    r"""Return a text without control characters, as it can be shown on a terminal whatever a file holds.

    Parameters
    ----------
    text : any.

    Returns
    -------
    str
        Control characters, line breaks and halves of characters as their escapes.

    Examples
    --------
    >>> print(visible("a\x1b[2Jb\nc"))
    a\x1b[2Jb\nc
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _cut(text: str, at_most: int) -> str:
    return text if len(text) <= at_most else f"{text[: at_most // 2]}...{text[3 - at_most // 2 :]}"


def shortened(text: str) -> str:
    """Return a text as an error shows it: without control characters, long words and quotations cut in the middle.

    Parameters
    ----------
    text : any, for instance the cell of a table.

    Returns
    -------
    str
        The beginning and the end of what is long, with three points between them.

    Examples
    --------
    >>> shortened("'" + "9" * 5000 + "' is out of bounds")
    "'9999999999999999999999999999999999...9999999999999999999999999999999' is out of bounds"
    """
    return _cut(_WORDS.sub(lambda match: _cut(match[0], _LONGEST_WORD - 10), visible(text)), _LONGEST_TEXT)


def system_reason(error: OSError) -> str:
    """Return why the system refused to read or write, in words.

    Parameters
    ----------
    error : as raised.

    Returns
    -------
    str
        A clause: that the disk is full or read-only, that there is no permission, or what the system calls it.

    Examples
    --------
    >>> system_reason(OSError(errno.ENOSPC, "No space left on device"))
    'the disk is full'
    """
    return _REASONS.get(error.errno or 0) or error.strerror or str(error) or type(error).__name__


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

    What is long is shortened in each, and control characters are shown as their escapes (`shortened`).

    Examples
    --------
    >>> error = InputError("mine.toml", "run.months", "0 is out of bounds", "it must be at least 1")
    >>> print(error)
    mine.toml: run.months: 0 is out of bounds; it must be at least 1
    >>> error.field
    'run.months'
    """

    def __init__(self, file: str, field: str, problem: str, remedy: str) -> None:
        self.file, self.field = _cut(visible(file), 1000), _cut(visible(field), 300)  # either may be a path
        self.problem, self.remedy = shortened(problem), _cut(visible(remedy), 2000)  # which may list names
        where = f"{self.file}: {self.field}" if self.field else self.file
        super().__init__(f"{where}: {self.problem}; {self.remedy}")


class StoppedError(SpreadsimError):
    """The user stopped the work (Ctrl-C); what was finished is kept.

    Examples
    --------
    >>> raise StoppedError("results/grid: stopped by the user; finished chunks are kept")
    Traceback (most recent call last):
    spreadsim.errors.StoppedError: results/grid: stopped by the user; finished chunks are kept
    """


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


def check_name(field: str, name: str, known: Iterable[str]) -> None:
    """Refuse a name in a call from Python that is not known.

    Parameters
    ----------
    field : what the name is for, a noun.
    name : as the user wrote it.
    known : the names that would have done.

    Raises
    ------
    InputError : the name is not one of them.

    Examples
    --------
    >>> check_name("measure", "benefti", ["benefit", "cost"])
    Traceback (most recent call last):
    spreadsim.errors.InputError: python: measure: 'benefti' is not a measure; did you mean 'benefit'?
    """
    known = list(known)
    if name not in known:
        raise InputError("python", field, f"'{name}' is not a {field}", nearest(str(name), known))


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
