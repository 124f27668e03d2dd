"""Limits that the server holds itself to, and the environment variables that set them.

What belongs here: each limit with its default, and how it is read. What does not: how a limit is held (``connections``
for sockets, ``places`` for pages), what one visitor may compute (``app.runs``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from spreadsim.errors import InputError


@dataclass(frozen=True)
class Limits:
    """What one server takes.

    Attributes
    ----------
    pages : that may be open, of all visitors.
    pages_per_address : the same, of one address.
    pages_per_browser : the same, of one browser.
    idle_minutes : after which a page on which nothing was done is closed, where nobody waits for its place.
    request_seconds : in which a connection must send its request; one that sends none is closed.

    Examples
    --------
    >>> Limits().pages
    60
    """

    pages: int = 60
    pages_per_address: int = 50
    pages_per_browser: int = 12
    idle_minutes: float = 60.0
    request_seconds: float = 10.0


VARIABLES = {field.name: f"SPREADSIM_{field.name.upper()}" for field in fields(Limits)}
"""Environment variable of each limit."""


def limits_from(environment: Mapping[str, str]) -> Limits:
    """Return the limits that an environment sets.

    Parameters
    ----------
    environment : variables by name.

    Returns
    -------
    The limits, with defaults for what is not set.

    Raises
    ------
    InputError : a variable holds no number above 0.

    Examples
    --------
    >>> limits_from({"SPREADSIM_PAGES": "20"}).pages
    20
    """
    values: dict[str, int | float] = {}
    for field in fields(Limits):
        variable = VARIABLES[field.name]
        text = environment.get(variable, "").strip()
        if not text:
            continue
        try:
            number = int(text) if isinstance(field.default, int) else float(text)
        except ValueError:
            number = 0
        if not 0 < number < 1e6:
            kind = "a whole number" if isinstance(field.default, int) else "a number"
            raise InputError(variable, "", f"'{text[:40]}' is not {kind} above 0", "correct it, or leave it out")
        values[field.name] = number
    return Limits(**values)  # type: ignore[arg-type]  # each value has the type of its default
