"""Plausible bad data: asked about, never swallowed.

What belongs here: one declaration a doubt about the finished table of services. What does not: repairs (``repairs``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from spreadsim.intake.ledger import Ledger
from spreadsim.network.reading.faults import first_few
from spreadsim.network.reading.sheet import Sheet

LEAST_TOGETHER = 8.0  # services in a group, on average, beside which a group of one is asked about
_NUMBER = re.compile(r"[+-]?\d[\d.,' ]*")
LARGEST_SHARE = 0.4  # of everyone's list, above which a service is asked about


@dataclass(frozen=True)
class Check:
    """One doubt.

    Attributes
    ----------
    doubts : what it looks for, in words.
    apply : the table after the user's answer; as it was where there is nothing to ask or the question is open.

    Examples
    --------
    >>> CHECKS[0].doubts
    'a service with more than two fifths of all people'
    """

    doubts: str
    apply: Callable[[Sheet, tuple[str, ...], Ledger], Sheet]


def checked(sheet: Sheet, levels: tuple[str, ...], ledger: Ledger) -> Sheet:
    """Return a table of services after every check.

    Parameters
    ----------
    sheet : a table of services with plain numbers.
    levels : columns that name its groups, from the top down.
    ledger : takes what is asked.

    Returns
    -------
    `Sheet`.

    Examples
    --------
    >>> columns = {"id": list("abcdef"), "population": ["10", "10", "10", "10", "10", "50"]}
    >>> ledger = Ledger()
    >>> _ = checked(Sheet("gp.csv", columns, np.arange(2, 8)), (), ledger)
    >>> ledger.questions[0].key
    'largest-list:f'
    """
    for check in CHECKS:
        sheet = check.apply(sheet, levels, ledger)
    return sheet


def _values(sheet: Sheet, name: str) -> np.ndarray:
    cells = sheet.columns.get(name, [""] * len(sheet))
    return np.array([float(cell) if re.fullmatch(r"[+-]?[\d.]+(e[+-]?\d+)?", cell) else np.nan for cell in cells])


def _largest_list(sheet: Sheet, levels: tuple[str, ...], ledger: Ledger) -> Sheet:
    size = _values(sheet, "population")
    total = float(np.nansum(size))
    if len(sheet) < 5 or total <= 0:
        return sheet
    largest = int(np.nanargmax(size))
    share = size[largest] / total
    if share < LARGEST_SHARE:
        return sheet
    identity = sheet.columns["id"][largest]
    text = f"'{identity}' (row {sheet.row_numbers[largest]}) serves {share:.0%} of all people: is it a service?"
    if ledger.ask(f"largest-list:{identity}", sheet.file, text, ("keep", "leave-out")) != "leave-out":
        return sheet
    ledger.add("left out", sheet, "population", f"'{identity}' serves {share:.0%} of all people", [largest])
    return sheet.select(np.arange(len(sheet)) != largest)


def _outliers(sheet: Sheet, levels: tuple[str, ...], ledger: Ledger) -> Sheet:
    """Ask about lists that are a thousand times smaller than the rest: a mark of thousands read as a decimal point."""
    size = _values(sheet, "population")
    filled = size[~np.isnan(size)]
    if len(filled) < 10 or float(np.median(filled)) < 200:
        return sheet
    middle = float(np.median(filled))
    odd = np.flatnonzero((size < middle / 500) | (size > middle * 100))
    if not len(odd):
        return sheet
    cells = sheet.columns["population"]
    rows = first_few([int(sheet.row_numbers[i]) for i in odd[:6]], len(odd))
    text = f"population: '{cells[odd[0]]}' (row {rows}) is far from the others (half of them under {middle:,.0f})"
    answer = ledger.ask("far-from-others:population", sheet.file, text, ("keep", "missing"))
    if answer != "missing":
        return sheet
    ledger.add("repaired", sheet, "population", "far from the others: taken as missing", odd.tolist())
    gone = set(odd.tolist())
    column = ["" if i in gone else cell for i, cell in enumerate(cells)]
    return replace(sheet, columns={**sheet.columns, "population": column})


def _equal_deprivation(sheet: Sheet, levels: tuple[str, ...], ledger: Ledger) -> Sheet:
    for name in ("deprivation", "deprivation_decile"):
        cells = sheet.columns.get(name, [])
        filled = {cell for cell in cells if cell}
        if len(cells) < 5 or len(filled) != 1 or sum(map(bool, cells)) < 5:
            continue
        text = f"{name} is {next(iter(filled))} for all: without it deprivation is drawn, with it no gap can be seen"
        answer = ledger.ask(f"all-equal:{name}", sheet.file, text, ("keep", "leave-out"))
        if answer == "leave-out":
            ledger.add("left out", sheet.file, name, "the same for all services")
            return replace(sheet, columns={key: each for key, each in sheet.columns.items() if key != name})
    return sheet


def _groups_of_one(sheet: Sheet, levels: tuple[str, ...], ledger: Ledger) -> Sheet:
    for level in levels:
        cells = [cell for cell in sheet.columns[level] if cell]
        if len(cells) > 4 and len(set(cells)) == len(cells):
            text = f"{level}: each of the {len(cells):,} services is a group of its own: is this a level?"
            if (
                ledger.ask(f"groups-of-one:{level}", sheet.file, text, ("keep", "leave-out"), "leave-out")
                == "leave-out"
            ):
                ledger.add("left out", sheet.file, level, "every group is one service: no level of the hierarchy")
                columns = {name: each for name, each in sheet.columns.items() if name != level}
                return _groups_of_one(replace(sheet, columns=columns), tuple(n for n in levels if n != level), ledger)
    return sheet


def _strangers(sheet: Sheet, levels: tuple[str, ...], ledger: Ledger) -> Sheet:
    """Ask about a group that is none: a number among names, or one service alone where the others are many together.

    Cells that slipped into the next column leave such a name behind, in one row of a table that is sound otherwise.
    """
    columns = dict(sheet.columns)
    for level in levels:
        cells = columns[level]
        counts = Counter(cell for cell in cells if cell)
        numbers = [name for name in counts if _NUMBER.fullmatch(name)]
        doubtful = {name: "is a number among names" for name in numbers if 5 * len(numbers) <= len(counts)}
        alone = [name for name, count in counts.items() if count == 1]
        others = sum(counts.values()) - len(alone)
        if len(alone) == 1 and len(counts) > 2 and others >= LEAST_TOGETHER * (len(counts) - 1):
            doubtful.setdefault(alone[0], f"holds one service, the others {others / (len(counts) - 1):.0f} on average")
        for name, why in doubtful.items():
            row = int(sheet.row_numbers[cells.index(name)])
            text = f"{level}: '{name}' (row {row}) {why}: is it a group, or did cells slip into another column?"
            answer = ledger.ask(f"group-of-one:{level}:{name}", sheet.file, text, ("keep", "missing"))
            if answer == "missing":
                places = [i for i, cell in enumerate(cells) if cell == name]
                ledger.add("repaired", sheet, level, f"'{name}' is no group: taken as missing", places)
                columns[level] = cells = ["" if cell == name else cell for cell in cells]
    return replace(sheet, columns=columns)


CHECKS: tuple[Check, ...] = (
    Check("a service with more than two fifths of all people", _largest_list),
    Check("a list size far from all others", _outliers),
    Check("deprivation that is the same everywhere", _equal_deprivation),
    Check("a group that is a number among names, or that is alone where all others are large", _strangers),
    Check("a level of which each service is a group of its own", _groups_of_one),
)
