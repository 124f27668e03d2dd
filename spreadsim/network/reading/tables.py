"""Tables of a real network, as people keep them: reading CSV.

What belongs here: CSV files as sheets, and what text in a cell is a number, a date or an id that a spreadsheet mangled.
What does not: what the columns mean (``columns``), graph files (``graphs``).

path : of the file.
label : its name in errors.
log : takes the faults.
sheet, name : a table, and the name of one of its columns.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from spreadsim import input_files
from spreadsim.errors import InputError
from spreadsim.network.reading.faults import MAX_ROWS, Fault, FaultLog
from spreadsim.network.reading.sheet import Sheet

MAX_BYTES = 50_000_000
MAX_COLUMNS = 1000
GZIP = b"\x1f\x8b"
UTF8_REMEDY = "save it again as 'CSV UTF-8'"


def read_bytes(path: Path, label: str) -> bytes:
    r"""Return a file's content; that of a gzip file decompressed.

    Returns
    -------
    Bytes, more than spaces.

    Raises
    ------
    InputError : it cannot be read, is too large, or is empty.

    Examples
    --------
    >>> characters = Path("ties.csv").write_text("source,target\n")
    >>> read_bytes(Path("ties.csv"), "ties.csv")[:6]
    b'source'
    """
    content = input_files.read_bytes(path, label, MAX_BYTES, "a network file")
    if content.startswith(GZIP):
        content = _decompressed(content, label)
    if not content.removeprefix(b"\xef\xbb\xbf").strip():
        raise InputError(label, "", "the file is empty", "a header and one row per record are needed")
    return content


def _decompressed(content: bytes, label: str) -> bytes:
    """Return what a gzip file holds, no more than `MAX_BYTES` of it."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            text = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(label, "", f"is a gzip file that is damaged ({error})", "compress it again") from None
    if len(text) > MAX_BYTES:
        raise InputError(label, "", f"holds more than {MAX_BYTES:,} bytes", f"a network file has at most {MAX_BYTES:,}")
    return text


def decode(content: bytes, label: str) -> str:
    """Return the text of a CSV file.

    Parameters
    ----------
    content : of the file.

    Returns
    -------
    Text without a byte-order mark.

    Raises
    ------
    InputError : it is a workbook, or text in another encoding than UTF-8.

    Examples
    --------
    >>> decode(b"id,name", "services.csv")
    'id,name'
    """
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise InputError(label, "", "is a spreadsheet workbook, not CSV text", UTF8_REMEDY)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in content[:1000]:
        raise InputError(label, "", "is UTF-16 text ('Unicode text'), not UTF-8", UTF8_REMEDY)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        problem = f"is not UTF-8 text (byte 0x{content[error.start]:02x}; Latin-1 or Windows-1252?)"
        raise InputError(label, f"row {row}", problem, UTF8_REMEDY) from None


def read_sheet(path: Path, label: str, log: FaultLog) -> Sheet:
    r"""Return a CSV file as a sheet; columns may be separated by commas, semicolons or tabs.

    Returns
    -------
    `Sheet`.

    Raises
    ------
    InputError : the file, its encoding or its header cannot be used.

    Examples
    --------
    >>> characters = Path("services.csv").write_text("id;name\na;North\n")
    >>> log = FaultLog()
    >>> read_sheet(Path("services.csv"), "services.csv", log).columns
    {'id': ['a'], 'name': ['North']}
    >>> print(log.faults[0])
    services.csv: columns are separated by semicolons; read so; decimals need a point
    """
    content = read_bytes(path, label)
    text = decode(content, label)
    if content.startswith(b"\xef\xbb\xbf"):
        log.add("noted", label, "", "begins with a byte-order mark, as spreadsheets write it", "read without it")
    if b"\r\n" in content:
        log.add("noted", label, "", "has Windows line ends", "read like any others")
    first_line = text.lstrip("\r\n").splitlines()[0]
    separator = max(",;\t", key=first_line.count)  # the comma where none is found
    if separator != ",":
        name = "semicolons" if separator == ";" else "tabs"
        log.add("repaired", label, "", f"columns are separated by {name}", "read so; decimals need a point")
    records: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            records.append([cell.strip() for cell in cells])
    except csv.Error as error:
        where, problem = f"row {len(records) + 1}", f"cannot be read ({error})"
        raise InputError(label, where, problem, "look for a quote mark left open") from None
    return _sheet_of(records, label, log)


def _sheet_of(records: list[list[str]], label: str, log: FaultLog) -> Sheet:
    blank = [not any(cells) for cells in records]
    top = blank.index(False) if False in blank else 0
    header = records[top]
    while header and not header[-1]:
        header = header[:-1]
    if len(header) > MAX_COLUMNS:
        raise InputError(label, "row 1", f"the header has {len(header):,} columns", f"at most {MAX_COLUMNS:,} are read")
    duplicates = sorted({name for name in header if name and header.count(name) > 1})
    if duplicates:
        raise InputError(label, duplicates[0], "two columns have this name", "rename one of them")
    positions = [i for i in range(top + 1, len(records)) if not blank[i]]
    sheet = Sheet(label, {}, np.array([i + 1 for i in positions], dtype=np.int64))
    body = [records[i] for i in positions]
    width = len(header)
    long = [i for i, cells in enumerate(body) if len(cells) > width and any(cells[width:])]
    if long:
        n_cells = len(body[long[0]])
        log.add(
            "refused",
            sheet,
            "",
            f"{n_cells} cells, but the header has {width}",
            "put text that holds a comma in quotes",
            long,
        )
        log.raise_refused()  # its cells cannot be told apart
    short = [i for i, cells in enumerate(body) if len(cells) < width]
    if short:
        n_cells = len(body[short[0]])
        log.add(
            "repaired", sheet, "", f"{n_cells} cells, but the header has {width}", "the rest is taken as missing", short
        )
    blank_rows = [i + 1 for i in range(top, len(records)) if blank[i]]
    while blank_rows and blank_rows[-1] == len(records):  # at the end of the file they mean nothing
        blank_rows.pop()
        records.pop()
    if blank_rows:
        first_rows = tuple(blank_rows[:MAX_ROWS])
        log.faults.append(Fault(label, "", "blank", "skipped", "repaired", first_rows, len(blank_rows)))
    columns = {name: [cells[k] if k < len(cells) else "" for cells in body] for k, name in enumerate(header) if name}
    return replace(sheet, columns=columns)


# --------------------------------------------------------------------------------------------------- cells

MISSING = frozenset(("", "na", "n/a", "#n/a", "nan", "null", "none", "-", ".", "missing"))
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_MONTH_IN_FULL = (
    "(january|february|march|april|may|june|july|august|sept|september|october|november|december|" + _MONTH[1:]
)
_DATE = re.compile(
    # 'Mayfield 1', 'Marlow-2' and 'March 2' are places; 'Mar-02' and '2-Mar' are what a spreadsheet makes of an id.
    rf"\d{{1,4}}[-/ .]{_MONTH_IN_FULL}([-/ .]\d{{2,4}})?|{_MONTH}[-/.]\d{{1,4}}|{_MONTH_IN_FULL}[-/ .]\d{{4}}"
    r"|\d{4}[-/]\d{1,2}[-/]\d{1,2}([ T]\d\d:\d\d.*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,2}/\d{1,2}/\d{2}",
    re.IGNORECASE,
)
_ROUNDED = re.compile(r"\d(\.\d+)?E\+\d+")


def is_date(text: str) -> bool:
    """Return whether a cell reads as a date that a spreadsheet writes.

    Parameters
    ----------
    text : of the cell.

    Returns
    -------
    True for dates such as ``2-Jan``, ``Jan-02`` and ``2021-03-01``.

    Examples
    --------
    >>> is_date("2-Jan"), is_date("0.5")
    (True, False)
    """
    return _DATE.fullmatch(text) is not None


def is_mangled_id(text: str) -> bool:
    """Return whether an id reads as a date, or as a long number that a spreadsheet has rounded.

    Parameters
    ----------
    text : of the cell.

    Returns
    -------
    True for ids such as ``2-Jan`` and ``1.2E+11``.

    Examples
    --------
    >>> is_mangled_id("1.2E+11"), is_mangled_id("A81001")
    (True, False)
    """
    return is_date(text) or _ROUNDED.fullmatch(text) is not None


def gaps(sheet: Sheet, name: str) -> list[int]:
    """Return the places at which a column of numbers is empty.

    Returns
    -------
    Positions in the column, ascending.

    Examples
    --------
    >>> gaps(Sheet("services.csv", {"capability": ["0.4", "", "n/a"]}, np.array([2, 3, 4])), "capability")
    [1, 2]
    """
    return [i for i, cell in enumerate(sheet.columns[name]) if cell.lower() in MISSING]


def numbers(sheet: Sheet, name: str, log: FaultLog) -> np.ndarray:
    """Return a column as numbers; what is not a finite number is recorded as refused.

    Returns
    -------
    Float64, shape (records,), nan where missing.

    Examples
    --------
    >>> sheet = Sheet("services.csv", {"capability": ["0.4", "", "45%"]}, np.array([2, 3, 4]))
    >>> log = FaultLog()
    >>> numbers(sheet, "capability", log).tolist()
    [0.4, nan, nan]
    >>> print(log.refused[0])
    services.csv: capability (row 4): '45%' is not a number; write a share, 0.45 instead of 45%
    """
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
