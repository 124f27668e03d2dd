"""What an import did with the files: assumed, repaired, left out, joined; and what it asks.

What belongs here: entries, questions and their answers. What does not: the decisions themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from spreadsim.errors import InputError, nearest
from spreadsim.network.reading.faults import MAX_ROWS, first_few
from spreadsim.network.reading.sheet import Sheet

Kind = Literal["assumed", "repaired", "left out", "joined"]


@dataclass(frozen=True)
class Entry:
    """One thing that was done with a file.

    Attributes
    ----------
    kind : ``assumed``, ``repaired``, ``left out`` or ``joined``.
    file : the file, with the sheet of a workbook.
    subject : column or kind of thing; empty for the whole file.
    text : what was done, in words.
    rows : the first few rows, as a spreadsheet numbers them.
    count : number of rows.
    unit : ``row``, ``node`` or ``edge``.

    Examples
    --------
    >>> print(Entry("left out", "gp.csv", "", "a total row ('Total')", (154,), 1))
    gp.csv (row 154): a total row ('Total')
    """

    kind: Kind
    file: str
    subject: str
    text: str
    rows: tuple[int, ...] = ()
    count: int = 0
    unit: str = "row"

    @property
    def where(self) -> str:
        """The file, the column and the rows, in words."""
        place = f"{self.file}: {self.subject}" if self.subject else self.file
        if not self.rows:
            return place
        return f"{place} ({self.unit}{'s' if self.count > 1 else ''} {first_few(self.rows, self.count)})"

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


@dataclass(frozen=True)
class Question:
    """What only the user can decide.

    Attributes
    ----------
    key : name of the question, which stays the same in next month's export of the same data.
    file : the file it is about.
    text : the doubt, in words.
    choices : what may be answered.
    proposal : what ``--yes`` takes; None where nothing is safe to take.
    example : of an answer in the user's own words, where one may be given instead of a choice.

    Examples
    --------
    >>> print(Question("largest-list:A1", "gp.csv", "A1 serves half of all; is it one?", ("keep", "leave-out")))
    gp.csv: A1 serves half of all; is it one? --answer largest-list:A1=keep or leave-out
    """

    key: str
    file: str
    text: str
    choices: tuple[str, ...]
    proposal: str | None = None
    example: str = ""

    def __str__(self) -> str:
        choices = f"{', '.join(self.choices[:-1])} or {self.choices[-1]}" if len(self.choices) > 1 else self.choices[0]
        if self.example:
            choices = f"{', '.join(self.choices)}, or for example '{self.example}'"
        proposal = f" (--yes takes {self.proposal})" if self.proposal else ""
        return f"{self.file}: {self.text} --answer {self.key}={choices}{proposal}"


@dataclass
class Ledger:
    """Entries and open questions, in the order in which the import meets them.

    Attributes
    ----------
    answers : of the user, by key of a question.
    accept : whether proposals are taken where there is no answer.
    entries : what was done.
    questions : without an answer yet.
    answered : answers that were used, to be saved with the mapping.
    repaired_ids : by column, the services whose cell was put right.
    joined : by column, the files beside the first from which it comes: with the services whose cell one filled, or None
        where the whole column is the file's.
    counts : by file, how many rows, columns and the like there are, and how many were read.

    Examples
    --------
    >>> ledger = Ledger(answers={"separator": "comma"})
    >>> ledger.ask("separator", "a.csv", "which separator?", ("comma", "tab"))
    'comma'
    >>> ledger.ask("encoding", "a.csv", "which encoding?", ("utf-8", "cp1252")) is None, len(ledger.questions)
    (True, 1)
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    accept: bool = False
    entries: list[Entry] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    counts: dict[str, dict[str, Any]] = field(default_factory=dict)
    answered: dict[str, str] = field(default_factory=dict)
    repaired_ids: dict[str, list[str]] = field(default_factory=dict)
    joined: dict[str, dict[str, list[str] | None]] = field(default_factory=dict)

    def add(self, kind: Kind, sheet: Sheet | str, subject: str, text: str, places: Iterable[int] | None = None) -> None:
        """Add an entry; `places` are positions in `sheet`."""
        if isinstance(sheet, str):
            self.entries.append(Entry(kind, sheet, subject, text))
            return
        places = list(places) if places is not None else []
        rows = [int(sheet.row_numbers[i]) for i in places]
        if kind == "repaired" and "id" in sheet.columns:
            self.repaired_ids.setdefault(subject, []).extend(sheet.columns["id"][i] for i in places)
        self.entries.append(Entry(kind, sheet.file, subject, text, tuple(rows[:MAX_ROWS]), len(rows), sheet.unit))

    def ask(
        self,
        key: str,
        file: str,
        text: str,
        choices: tuple[str, ...],
        proposal: str | None = None,
        example: str = "",
    ) -> str | None:
        """Return the answer to a question, or None where it stays open."""
        answer = self.answers.get(key)
        if answer is not None:
            if answer not in choices:
                raise InputError("--answer", key, f"'{answer}' is no answer", nearest(answer, choices))
            self.answered[key] = answer
            return answer
        if self.accept and proposal is not None:
            self.add("assumed", file, "", f"{text} '{proposal}' was taken, as proposed ({key})")
            self.answered[key] = proposal
            return proposal
        self.questions.append(Question(key, file, text, choices, proposal, example))
        return None
