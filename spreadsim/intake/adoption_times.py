"""Times of adoption as people write them: months, dates, years, and codes for never.

What belongs here: from such cells to numbers of months or years. What does not: other columns (``repairs``).
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from dataclasses import replace

from spreadsim.intake.ledger import Ledger
from spreadsim.network.reading.faults import first_few
from spreadsim.network.reading.sheet import Sheet
from spreadsim.network.reading.tables import MISSING

NAME = "adopted_month"
YEARS = "calendar years"
_NEVER = re.compile(r"never|no|not yet|not adopted|no change|did not adopt|nil", re.IGNORECASE)
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS_IN_A_YEAR = 12
_MONTHS = {month: k for k, month in enumerate(_NAMES, start=1)}
_CODES = {-9, -1, 99, 98, 999, 998, 9999, 99999}


def counted(sheet: Sheet, ledger: Ledger) -> Sheet:
    """Return a table whose times of adoption are numbers of periods, 1 for the first, blank where never.

    Parameters
    ----------
    sheet : a table of services under our names for its columns.
    ledger : takes what was done and what is asked.

    Returns
    -------
    `Sheet`; as it was where it has no such column or a question is open.

    Examples
    --------
    >>> import numpy as np
    >>> sheet = Sheet("gp.csv", {"id": ["a", "b"], "adopted_month": ["2021-03-01", "never"]}, np.array([2, 3]))
    >>> counted(sheet, Ledger()).columns["adopted_month"]
    ['1', '']
    """
    if NAME not in sheet.columns:
        return sheet
    cells = ["" if cell.lower() in MISSING else cell for cell in sheet.columns[NAME]]
    words = [i for i, cell in enumerate(cells) if _NEVER.fullmatch(cell)]
    if words:
        ledger.add("repaired", sheet, NAME, f"'{cells[words[0]]}' is taken as not adopted", words)
        for i in words:
            cells[i] = ""
    filled = [cell for cell in cells if cell]
    if filled and all(re.fullmatch(r"-?\d+(\.0+)?", cell) for cell in filled):
        cells = _numbers([cell.partition(".")[0] for cell in cells], sheet, ledger)
    elif filled:
        cells = _dates(cells, sheet, ledger)
    return replace(sheet, columns={**sheet.columns, NAME: cells})


def _numbers(cells: list[str], sheet: Sheet, ledger: Ledger) -> list[str]:
    values = [int(cell) for cell in cells if cell]
    if all(len(cell) == 8 for cell in cells if cell) or all(190000 < value < 220013 for value in values):
        return _dates(cells, sheet, ledger)
    cells = _without_codes(cells, values, sheet, ledger)
    values = [int(cell) for cell in cells if cell]
    if values and min(values) >= 1900 and max(values) <= 2200:
        first = min(values)
        text = f"{YEARS} {first} to {max(values)}: counted from {first} = 1, twelve months each"
        ledger.add("assumed", sheet.file, NAME, text)
        return [str(int(cell) - first + 1) if cell else "" for cell in cells]
    return cells


def _without_codes(cells: list[str], values: list[int], sheet: Sheet, ledger: Ledger) -> list[str]:
    """Ask about a value that stands for never: 0, or one far beyond the others, and repeated."""
    counts = Counter(values)
    for value in sorted(counts):
        others = [other for other in counts if other != value and other not in _CODES]
        if counts[value] < 2 or not others:
            continue
        usual = sum(counts[other] for other in others) / len(others)
        is_far = value < 0 or value > 1.5 * max(others)
        if value == 0:
            proposal = "never" if counts[0] > 3 * usual else None
            if proposal is None and counts[0] <= 0.05 * len(values):
                continue
        elif is_far and (value in _CODES or counts[value] > 3 * usual):
            proposal = "never"
        else:
            continue
        text = f"{NAME}: {value} stands in {counts[value]:,} of {len(cells):,} rows: does it mean never?"
        if ledger.ask(f"never-code:{value}", sheet.file, text, ("never", "a-time"), proposal) == "never":
            places = [i for i, cell in enumerate(cells) if cell and int(cell) == value]
            ledger.add("repaired", sheet, NAME, f"{value} is taken as not adopted", places)
            cells = ["" if cell and int(cell) == value else cell for cell in cells]
    return cells


def _dates(cells: list[str], sheet: Sheet, ledger: Ledger) -> list[str]:
    """Return months counted from the first one; as they are where they are no dates."""
    begins_with_day = day_first([cell for cell in cells if cell], sheet, ledger)
    if begins_with_day is None:
        return cells
    months = [month_of(cell, begins_with_day) if cell else None for cell in cells]
    bad = [i for i, cell in enumerate(cells) if cell and months[i] is None]
    if bad:
        rows = first_few([int(sheet.row_numbers[i]) for i in bad[:6]], len(bad))
        text = f"{NAME}: '{cells[bad[0]][:30]}' (row {rows}) is no month that can be read; take it as not adopted?"
        if ledger.ask(f"no-month:{NAME}", sheet.file, text, ("missing",)) is None:
            return cells
        ledger.add("repaired", sheet, NAME, "no month: taken as not adopted", bad)
    numbers = [month for month in months if month is not None]
    if not numbers:
        return [""] * len(cells)
    first = min(numbers)
    text = f"dates: months are counted from {named_month(first)} = 1, the first adoption"
    ledger.add("assumed", sheet.file, NAME, text)
    return [str(month - first + 1) if month is not None else "" for month in months]


def day_first(cells: list[str], sheet: Sheet, ledger: Ledger) -> bool | None:
    """Return whether dates such as 03/04/2021 begin with the day.

    Parameters
    ----------
    cells : of one column.
    sheet : that they are in.
    ledger : takes what is asked.

    Returns
    -------
    True or False; None where that is asked.

    Examples
    --------
    >>> import numpy as np
    >>> sheet = Sheet("m.csv", {}, np.array([]))
    >>> day_first(["01/04/2021", "01/05/2021"], sheet, Ledger()), day_first(["4/1/2021", "5/1/2021"], sheet, Ledger())
    (True, False)
    """
    pairs = [match for cell in cells if (match := re.match(r"(\d{1,2})[/.\-](\d{1,2})[/.\-]\d{2,4}", cell))]
    if not pairs or any(int(match[1]) > 12 for match in pairs):
        return True
    if any(int(match[2]) > 12 for match in pairs):
        return False
    first_of_month = [{int(match[k]) == 1 for match in pairs} == {True} for k in (1, 2)]
    if len(pairs) > 1 and any(first_of_month) and not all(first_of_month):
        return first_of_month[0]
    text = f"{NAME}: does '{pairs[0][0]}' begin with the day or with the month?"
    answer = ledger.ask("date-order", sheet.file, text, ("day", "month"))
    return None if answer is None else answer == "day"


def named_month(number: int) -> str:
    """Return a month in words.

    Parameters
    ----------
    number : twelve times the year and the month.

    Returns
    -------
    Name and year; the number of a month that is counted, not dated.

    Examples
    --------
    >>> named_month(12 * 2021 + 3), named_month(7)
    ('March 2021', 'month 7')
    """
    if number < MONTHS_IN_A_YEAR * 1000:
        return f"month {number}"
    year, month = divmod(number - 1, MONTHS_IN_A_YEAR)
    return f"{datetime.date(year, month + 1, 1):%B %Y}"


def month_of(cell: str, day_first: bool) -> int | None:
    """Return the number of a month, as a cell or a heading writes it.

    Parameters
    ----------
    cell : a date, a month and a year, or a number of a month such as ``M7``.
    day_first : whether 03/04/2021 is in April.

    Returns
    -------
    Twelve times the year and the month; None where it is no month.

    Examples
    --------
    >>> month_of("2021-03-01", True) == month_of("Mar-21", True) == month_of("202103", True) == 12 * 2021 + 3
    True
    >>> month_of("month 7", True), month_of("Moor", True)
    (7, None)
    """
    text = cell.strip().lower()
    if match := re.fullmatch(r"(?:month|m|period|t)[ _.-]?(\d{1,3})", text):
        return int(match[1])
    year = month = None
    if match := re.fullmatch(r"(\d{4})[-/](\d{1,2})([-/]\d{1,2})?([ t].*)?", text):
        year, month = int(match[1]), int(match[2])
    elif match := re.fullmatch(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{2,4})", text):
        year, month = int(match[3]), int(match[2] if day_first else match[1])
    elif match := re.fullmatch(r"(\d{4})(\d{2})(\d{2})?", text):
        year, month = int(match[1]), int(match[2])
    elif match := re.fullmatch(r"(?:\d{1,2}[-/ ])?([a-z]{3,9})[-/ .]*(\d{2,4})", text):
        year, month = int(match[2]), _MONTHS.get(match[1][:3], 0)
    if year is None or month is None or not 1 <= month <= 12:
        return None
    year += 0 if year > 99 else 2000 if year < 70 else 1900
    return 12 * year + month
