"""Files of any usual kind as grids of text cells.

What belongs here: one table of readers by kind of file. What does not: text (``text``), graphs (``graph_files``), which
row holds the headings (``headings``).
"""

from __future__ import annotations

import datetime
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spreadsim import input_files
from spreadsim.errors import InputError, MissingExtraError
from spreadsim.intake import graph_files, text
from spreadsim.intake.ledger import Ledger

MAX_BYTES = 200_000_000
MAX_CELLS = 50_000_000
MAX_UNPACKED = 400_000_000  # bytes of a workbook's parts together
MAX_LAID_OUT = 20_000_000  # cells of a sheet, blank ones too
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))


@dataclass(frozen=True)
class Grid:
    """Rows of text cells, as they stand in a file or in one sheet of a workbook.

    Attributes
    ----------
    file : name of the file, with the sheet's where there are several.
    rows : cells, blank rows too.
    unit : what a row is: ``row``, ``node`` or ``edge``.
    has_headings : whether the first row holds the names of columns; None where that is to be seen.
    role : ``services``, ``ties`` or ``tiers`` where the format says so.

    Examples
    --------
    >>> Grid("gp.csv", [["id"], ["a"]]).unit
    'row'
    """

    file: str
    rows: list[list[str]]
    unit: str = "row"
    has_headings: bool | None = None
    role: str | None = None


def read_grids(path: Path, ledger: Ledger, encoding: str | None = None) -> list[Grid]:
    r"""Return what a file holds, as grids of text cells.

    Parameters
    ----------
    path : of a text file, a workbook, a Parquet file or a graph file.
    ledger : takes what was assumed and left out.
    encoding : of a text file; guessed where None.

    Returns
    -------
    One `Grid` a sheet or table; blank sheets are left out.

    Raises
    ------
    InputError : the file cannot be read.
    MissingExtraError : the kind of file needs an extra that is not installed.

    Examples
    --------
    >>> _ = Path("gp.csv").write_text("Practice Code,List Size\nA81001,4200\n")
    >>> read_grids(Path("gp.csv"), Ledger())[0].rows
    [['Practice Code', 'List Size'], ['A81001', '4200']]
    """
    content = input_files.read_bytes(path, path.name, MAX_BYTES, "a file to import")
    if not content.removeprefix(b"\xef\xbb\xbf").strip():
        raise InputError(path.name, "", "the file is empty", "a table with one row per service or tie is needed")
    kind = _kind(path, content)
    grids = READERS[kind](content, path.name, ledger, encoding)
    cleaned = [_without_invisible(grid, ledger) for grid in grids]
    for grid in cleaned:
        if sum(map(len, grid.rows)) > MAX_CELLS:
            raise InputError(grid.file, "", f"holds more than {MAX_CELLS:,} cells", "import it in parts")
    return [grid for grid in cleaned if any(any(cells) for cells in grid.rows)]


def _kind(path: Path, content: bytes) -> str:
    """Return the kind of a file: by what it begins with, else by its name."""
    suffix = path.suffix.lower()
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "workbook"
    if content.startswith(b"PAR1"):
        return "parquet"
    if suffix in graph_files.READERS:
        return "graph"
    if suffix == ".xml" or content.lstrip()[:5] in (b"<?xml", b"<grap", b"<gexf"):
        return "graph"
    return "text"


def _text(content: bytes, file: str, ledger: Ledger, encoding: str | None) -> list[Grid]:
    characters = text.decode(content, file, ledger, encoding)
    if characters.lstrip()[:3].lower() in ("dl ", "dl\n", "dl\r"):
        return _graph(content, file + ".dl", ledger, encoding)
    return [Grid(file, text.rows_of(characters, file, ledger))]


def _workbook(content: bytes, file: str, ledger: Ledger, encoding: str | None) -> list[Grid]:
    try:
        import python_calamine
    except ImportError:
        raise MissingExtraError(
            f"{file} is a workbook; save its sheets as 'CSV UTF-8', or install what reads it: "
            "python -m pip install 'spreadsim[spreadsheets]'"
        ) from None
    _refuse_inflated(content, file)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}
    except Exception as error:  # whatever a reader of untrusted workbooks can raise
        problem = f"cannot be read as a workbook ({type(error).__name__})"
        raise InputError(file, "", problem, "open it in a spreadsheet program and save it again") from None
    grids = [Grid(f"{file} [{name}]", [[_cell(cell) for cell in row] for row in rows]) for name, rows in sheets.items()]
    blank = [grid.file for grid in grids if not any(any(cells) for cells in grid.rows)]
    for name in blank:
        ledger.add("left out", name, "", "the sheet is blank")
    return grids


def _refuse_inflated(content: bytes, file: str) -> None:
    """Refuse a workbook that would fill the memory: small as a file, huge once it is unpacked or laid out."""
    if not content.startswith(b"PK\x03\x04"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise InputError(file, "", "is too large once unpacked", "save the sheets as 'CSV UTF-8'")
            for part in parts:
                if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", part.filename):
                    continue
                sheet = archive.read(part)
                last_row = max((int(match[1]) for match in re.finditer(rb'<row[^>]*? r="(\d{1,9})"', sheet)), default=0)
                columns = {match[1] for match in re.finditer(rb'<c[^>]*? r="([A-Z]{1,3})(\d{1,9})"', sheet)}
                cells = re.finditer(rb'<c[^>]*? r="[A-Z]{1,3}(\d{1,9})"', sheet)
                last_row = max(last_row, max((int(match[1]) for match in cells), default=0))
                last_column = max((_place_of_column(name) for name in columns), default=0)
                if last_row * last_column > MAX_LAID_OUT:
                    problem = f"a sheet reaches to row {last_row:,} and column {last_column:,}"
                    raise InputError(
                        file, "", problem, "delete what stands far from the table, or save it as 'CSV UTF-8'"
                    )
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        remedy = "open it in a spreadsheet program and save it again"
        raise InputError(file, "", "cannot be read as a workbook (it is damaged)", remedy) from None


def _place_of_column(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = 26 * place + letter - 64
    return place


def _parquet(content: bytes, file: str, ledger: Ledger, encoding: str | None) -> list[Grid]:
    import pyarrow.parquet

    try:
        size = pyarrow.parquet.read_metadata(io.BytesIO(content))
        if size.num_rows * size.num_columns > MAX_CELLS:
            raise InputError(file, "", f"holds more than {MAX_CELLS:,} cells", "import it in parts")
        table = pyarrow.parquet.read_table(io.BytesIO(content))
    except InputError:
        raise
    except Exception as error:
        problem = f"cannot be read as Parquet ({type(error).__name__})"
        raise InputError(file, "", problem, "write it again") from None
    columns = [[_cell(cell) for cell in column.to_pylist()] for column in table.columns]
    rows = [list(cells) for cells in zip(*columns, strict=True)]
    return [Grid(file, [list(table.column_names), *rows], has_headings=True)]


def _graph(content: bytes, file: str, ledger: Ledger, encoding: str | None) -> list[Grid]:
    tables = graph_files.read_tables(content, file, ledger, encoding)
    return [
        Grid(
            f"{file.removesuffix('.dl')} [{role}]",
            rows,
            unit="node" if role != "ties" else "edge",
            has_headings=True,
            role=role,
        )
        for role, rows in tables.items()
    ]


def _cell(value: Any) -> str:
    """Return a typed cell as text: whole numbers without a point, times without a time of day where it is midnight."""
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    return str(value)


def _without_invisible(grid: Grid, ledger: Ledger) -> Grid:
    """Return the grid without spaces around cells and characters that nobody sees, accents in one form."""
    rows, changed = [], 0
    for cells in grid.rows:
        clean = []
        for cell in cells:
            plain = cell.strip()
            if not plain.isascii():
                plain = unicodedata.normalize("NFC", plain.translate(_INVISIBLE).replace("\xa0", " ")).strip()
                changed += plain != cell.strip()
            clean.append(plain)
        rows.append(clean)
    if changed:
        text = f"{changed:,} cells hold invisible characters or accents in two parts; read without them"
        ledger.add("repaired", grid.file, "", text)
    return Grid(grid.file, rows, grid.unit, grid.has_headings, grid.role)


_Reader = Callable[[bytes, str, Ledger, "str | None"], list[Grid]]
READERS: dict[str, _Reader] = {"text": _text, "workbook": _workbook, "parquet": _parquet, "graph": _graph}
