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

SHOWN_ROWS = 5
Severity = Literal["noted", "repaired", "refused"]


def listed(items: Sequence[object], count: int) -> str:
    """Return ``1, 2 and 3``, or the first few ``and 7 more`` of `count`."""
    shown = [str(item) for item in items[:SHOWN_ROWS]]
    if count > len(shown):
        return f"{', '.join(shown)} and {count - len(shown):,} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


@dataclass(frozen=True)
class Fault:
    """One kind of fault in one place of a file.

    Attributes
    ----------
    file, field : where it is.
    problem : what is wrong, with the first value found.
    remedy : what was done about it, or what to do where it was refused.
    severity : ``noted`` (nothing changed), ``repaired`` (and how) or ``refused``.
    rows : the first few rows, numbered as a spreadsheet does (the header is row 1), or the numbers of nodes or edges.
    count : number of rows.
    unit : ``row``, ``node`` or ``edge``.
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
        rows = f"{self.unit}{'s' if self.count > 1 else ''} {listed(self.rows, self.count)}"
        return f"{self.field} ({rows})" if self.field else rows

    def error(self) -> InputError:
        """Return the fault as an error."""
        return InputError(self.file, self.where, self.problem, self.remedy)

    def __str__(self) -> str:
        return str(self.error())


@dataclass
class FaultLog:
    """Faults as they are found."""

    faults: list[Fault] = field(default_factory=list)

    def add(
        self, severity: Severity, sheet: Sheet | str, name: str, problem: str, remedy: str, places: Iterable[int] = ()
    ) -> None:
        """Record a fault; `places` are positions in the sheet."""
        if isinstance(sheet, str):
            self.faults.append(Fault(sheet, name, problem, remedy, severity))
            return
        rows = [int(sheet.row_numbers[place]) for place in places]
        shown = tuple(rows[:SHOWN_ROWS])
        self.faults.append(Fault(sheet.file, name, problem, remedy, severity, shown, len(rows), sheet.unit))

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
