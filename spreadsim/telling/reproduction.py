"""What came of making results again.

What belongs here: the verdicts, which are the same for every kind of folder. What does not: making a comparison again
(``comparison.reproduction``), or a sweep (``sweeps.reproduction``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DIGITS = 12


@dataclass(frozen=True)
class Reproduction:
    """Whether a results folder comes out the same again.

    Attributes
    ----------
    files : for each result, whether it is the same byte for byte.
    difference : the first difference in words, None if there is none.
    to_digits : names of results that differ in bytes and not in the first `DIGITS` digits of any number, under other
        versions of the libraries.
    notes : what else the reader should know.

    Examples
    --------
    >>> Reproduction({"runs.parquet": True}, None).difference
    """

    files: Mapping[str, bool]
    difference: str | None
    notes: list[str] = field(default_factory=list)
    to_digits: tuple[str, ...] = ()
