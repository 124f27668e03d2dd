"""Faults of a real network's files, and how they read.

What belongs here: one fault, in words that name the file, the row as a spreadsheet numbers it, the field, what is wrong
and what was or is to be done; and the log that collects them. What does not: the checks themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from spreadsim.errors import InputError, InputErrors
from spreadsim.network.reading.sheet import Sheet

MAX_ROWS = 5
Severity = Literal["noted", "repaired", "refused"]


def first_few(items: Sequence[object], count: int) -> str:
    """Return the first few items as a list in a sentence.

    Parameters
    ----------
    items : the items, or the first few of them.
    count : number of all items.

    Returns
    -------
    ``1, 2 and 3``, or the first few ``and 7 more``.

    Examples
    --------
    >>> first_few([2, 3], 2), first_few(range(10), 10)
    ('2 and 3', '0, 1, 2, 3, 4 and 5 more')
    """
    words = [str(item) for item in items[:MAX_ROWS]]
    if count > len(words):
        return f"{', '.join(words)} and {count - len(words):,} more"
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


@dataclass(frozen=True)
class Fault:
    """One kind of fault in one place of a file.

    Attributes
    ----------
    file, field : where it is.
    problem : what is wrong, with the first value.
    remedy : what was done about it, or what to do where it was refused.
    severity : ``noted`` (nothing changed), ``repaired`` (and how) or ``refused``.
    rows : the first few rows, numbered as a spreadsheet does (the header is row 1), or the numbers of nodes or edges.
    count : number of rows.
    unit : ``row``, ``node`` or ``edge``.

    Examples
    --------
    >>> print(Fault("ties.csv", "weight", "missing", "taken as 1", "repaired", rows=(4, 9), count=2))
    ties.csv: weight (rows 4 and 9): missing; taken as 1
    """

    file: str
    field: str
    problem: str
    remedy: str
    severity: Severity
    rows: tuple[int, ...] = ()
    count: int = 0
    unit: str = "row"

    @property
    def row(self) -> int | None:
        """The first row, if the fault is of rows."""
        return self.rows[0] if self.rows else None

    @property
    def where(self) -> str:
        """The field and the rows, in words."""
        if not self.rows:
            return self.field
        rows = f"{self.unit}{'s' if self.count > 1 else ''} {first_few(self.rows, self.count)}"
        return f"{self.field} ({rows})" if self.field else rows

    def error(self) -> InputError:
        """Return the fault as an error."""
        return InputError(self.file, self.where, self.problem, self.remedy)

    def __str__(self) -> str:
        return str(self.error())


@dataclass
class FaultLog:
    """Faults in the order in which the checks meet them.

    Attributes
    ----------
    faults : noted, repaired and refused.
    repaired_places : by column, positions of the cells that were put right.

    Examples
    --------
    >>> log = FaultLog()
    >>> log.add("refused", "services.csv", "id", "is missing", "give each service an id")
    >>> len(log.refused)
    1
    """

    faults: list[Fault] = field(default_factory=list)
    repaired_places: dict[str, set[int]] = field(default_factory=dict)

    def add(
        self, severity: Severity, sheet: Sheet | str, name: str, problem: str, remedy: str, places: Iterable[int] = ()
    ) -> None:
        """Record a fault; `places` are positions in the sheet."""
        if isinstance(sheet, str):
            self.faults.append(Fault(sheet, name, problem, remedy, severity))
            return
        places = list(places)
        rows = [int(sheet.row_numbers[place]) for place in places]
        if severity == "repaired" and "drawn" not in remedy:
            self.repaired_places.setdefault(name, set()).update(map(int, places))
        first_rows = tuple(rows[:MAX_ROWS])
        self.faults.append(Fault(sheet.file, name, problem, remedy, severity, first_rows, len(rows), sheet.unit))

    @property
    def refused(self) -> list[Fault]:
        """The faults that keep the network from being used."""
        return [fault for fault in self.faults if fault.severity == "refused"]

    def raise_refused(self) -> None:
        """Raise all refused faults at once.

        Raises
        ------
        InputErrors : there are any; its attribute ``faults`` holds every fault found so far, repaired ones too.
        """
        if self.refused:
            failure = InputErrors([fault.error() for fault in self.refused])
            failure.faults = tuple(self.faults)  # type: ignore[attr-defined]
            raise failure
