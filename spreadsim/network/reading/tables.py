"""Tables of a real network, as people keep them: what may be asked of a reader, and reading CSV.

What belongs here: CSV files as sheets, and what text in a cell is a number, a date or an id that a spreadsheet mangled.
What does not: what the columns mean (``columns``), graph files (``graphs``).
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from spreadsim import input_files
from spreadsim.errors import InputError
from spreadsim.network.reading.faults import SHOWN_ROWS, Fault, FaultLog
from spreadsim.network.reading.sheet import Sheet

MAX_BYTES = 50_000_000
MAX_COLUMNS = 1000
UTF8_REMEDY = "save it again as 'CSV UTF-8'"


def read_bytes(path: Path, shown: str) -> bytes:
    """Return a file's content.

    Raises
    ------
    InputError : it cannot be read, is too large, or is empty.
    """
    content = input_files.read_bytes(path, shown, MAX_BYTES, "a network file")
    if not content.removeprefix(b"\xef\xbb\xbf").strip():
        raise InputError(shown, "", "the file is empty", "a header and one row per record are needed")
    return content


def decoded(content: bytes, shown: str) -> str:
    """Return the text of a CSV file.

    Raises
    ------
    InputError : it is a workbook, or text in another encoding than UTF-8.
    """
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise InputError(shown, "", "is a spreadsheet workbook, not CSV text", UTF8_REMEDY)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in content[:1000]:
        raise InputError(shown, "", "is UTF-16 text ('Unicode text'), not UTF-8", UTF8_REMEDY)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        problem = f"is not UTF-8 text (byte 0x{content[error.start]:02x}; Latin-1 or Windows-1252?)"
        raise InputError(shown, f"row {row}", problem, UTF8_REMEDY) from None


def read_sheet(path: Path, shown: str, log: FaultLog) -> Sheet:
    """Return a CSV file as a sheet; columns may be separated by commas, semicolons or tabs.

    Raises
    ------
    InputError : the file, its encoding or its header cannot be used.
    """
    content = read_bytes(path, shown)
    text = decoded(content, shown)
    if content.startswith(b"\xef\xbb\xbf"):
        log.add("noted", shown, "", "begins with a byte-order mark, as spreadsheets write it", "read without it")
    if b"\r\n" in content:
        log.add("noted", shown, "", "has Windows line ends", "read like any others")
    first_line = text.lstrip("\r\n").splitlines()[0]
    separator = max(",;\t", key=first_line.count)  # the comma where none is found
    if separator != ",":
        name = "semicolons" if separator == ";" else "tabs"
        log.add("repaired", shown, "", f"columns are separated by {name}", "read so; decimals need a point")
    records: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            records.append([cell.strip() for cell in cells])
    except csv.Error as error:
        where, problem = f"row {len(records) + 1}", f"cannot be read ({error})"
        raise InputError(shown, where, problem, "look for a quote mark left open") from None
    return _sheet_of(records, shown, log)


def _sheet_of(records: list[list[str]], shown: str, log: FaultLog) -> Sheet:
    blank = [not any(cells) for cells in records]
    top = blank.index(False) if False in blank else 0
    header = records[top]
    while header and not header[-1]:
        header = header[:-1]
    if len(header) > MAX_COLUMNS:
        raise InputError(shown, "row 1", f"the header has {len(header):,} columns", f"at most {MAX_COLUMNS:,} are read")
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise InputError(shown, twice[0], "two columns have this name", "rename one of them")
    kept = [i for i in range(top + 1, len(records)) if not blank[i]]
    sheet = Sheet(shown, {}, np.array([i + 1 for i in kept], dtype=np.int64))
    body = [records[i] for i in kept]
    width = len(header)
    long = [i for i, cells in enumerate(body) if len(cells) > width and any(cells[width:])]
    if long:
        found = len(body[long[0]])
        log.add(
            "refused",
            sheet,
            "",
            f"{found} cells, but the header has {width}",
            "put text that holds a comma in quotes",
            long,
        )
        log.raise_refused()  # its cells cannot be told apart
    short = [i for i, cells in enumerate(body) if len(cells) < width]
    if short:
        found = len(body[short[0]])
        log.add(
            "repaired", sheet, "", f"{found} cells, but the header has {width}", "the rest is taken as missing", short
        )
    blank_rows = [i + 1 for i in range(top, len(records)) if blank[i]]
    while blank_rows and blank_rows[-1] == len(records):  # at the end of the file they mean nothing
        blank_rows.pop()
        records.pop()
    if blank_rows:
        shown_rows = tuple(blank_rows[:SHOWN_ROWS])
        log.faults.append(Fault(shown, "", "blank", "skipped", "repaired", shown_rows, len(blank_rows)))
    columns = {name: [cells[k] if k < len(cells) else "" for cells in body] for k, name in enumerate(header) if name}
    return replace(sheet, columns=columns)


# --------------------------------------------------------------------------------------------------- cells

MISSING = frozenset(("", "na", "n/a", "#n/a", "nan", "null", "none", "-", ".", "missing"))
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = re.compile(
    rf"\d{{1,4}}[-/ .]{_MONTH}([-/ .]\d{{2,4}})?|{_MONTH}[-/ .]\d{{1,4}}"
    r"|\d{4}[-/]\d{1,2}[-/]\d{1,2}([ T]\d\d:\d\d.*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,2}/\d{1,2}/\d{2}",
    re.IGNORECASE,
)
_ROUNDED = re.compile(r"\d(\.\d+)?E\+\d+")


def is_date(text: str) -> bool:
    """Return whether a cell reads as a date that a spreadsheet writes ('2-Jan', 'Jan-02', '2021-03-01')."""
    return _DATE.fullmatch(text) is not None


def is_mangled_id(text: str) -> bool:
    """Return whether an id reads as a date, or as a long number that a spreadsheet has rounded ('1.2E+11')."""
    return is_date(text) or _ROUNDED.fullmatch(text) is not None


def gaps(sheet: Sheet, name: str) -> list[int]:
    """Return the places at which a column of numbers is empty."""
    return [i for i, cell in enumerate(sheet.columns[name]) if cell.lower() in MISSING]


def numbers(sheet: Sheet, name: str, log: FaultLog) -> np.ndarray:
    """Return a column as numbers, nan where missing; what is no finite number is recorded as refused."""
    cells = sheet.columns[name]
    result = np.full(len(cells), np.nan)
    bad, infinite = [], []
    for i, cell in enumerate(cells):
        if _NUMBER.fullmatch(cell):
            result[i] = float(cell)
            if not np.isfinite(result[i]):
                infinite.append(i)
        elif cell.lower().lstrip("+-") in ("inf", "infinity"):
            infinite.append(i)
        elif cell.lower() not in MISSING:
            bad.append(i)
    if bad:
        first = cells[bad[0]]
        log.add("refused", sheet, name, f"'{first[:40]}' is not a number", _number_remedy(first), bad)
    if infinite:
        problem = f"'{cells[infinite[0]]}' is not a finite number"
        log.add("refused", sheet, name, problem, "correct it, or leave it empty", infinite)
        result[infinite] = np.nan
    return result


def _number_remedy(cell: str) -> str:
    if is_date(cell):
        return "a spreadsheet made a date of it: format the column as a number"
    if cell.endswith("%"):
        return "write a share, 0.45 instead of 45%"
    if re.fullmatch(r"[+-]?\d+,\d+", cell):
        return "write decimals with a point, and thousands without a comma"
    if re.fullmatch(r"[+-]?\d{1,3}([, ]\d{3})+(\.\d+)?", cell):
        return "write thousands without a separator"
    return "correct it, or leave it empty"
