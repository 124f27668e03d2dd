"""What leaves the app as a file: CSV that no spreadsheet runs, pictures, and names that harm no folder.

What belongs here: turning tables and figures into bytes. What does not: what is in them.
"""

from __future__ import annotations

import base64
import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spreadsim.comparison.report_tables import Table

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?%?")


def neutral_cell(value: Any) -> Any:
    """Return a cell that a spreadsheet shows and does not run: a text that begins like a formula gets a quote."""
    if isinstance(value, str) and value.startswith(_FORMULA) and not _NUMBER.fullmatch(value):
        return "'" + value
    return value


def csv_text(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table as CSV."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([neutral_cell(cell) for cell in head])
    for row in rows:
        writer.writerow([neutral_cell(cell) for cell in row])
    return buffer.getvalue()


def csv_of_columns(columns: Mapping[str, Any]) -> str:
    """Return columns of equal length as CSV; a number is written with all its digits, a null as nothing."""
    lists = [column.tolist() if hasattr(column, "tolist") else list(column) for column in columns.values()]
    cleaned = [["" if value is None or value != value else value for value in column] for column in lists]
    return csv_text(list(columns), zip(*cleaned, strict=True))


def csv_of_tables(tables: Sequence[Table]) -> str:
    """Return the tables of a figure as CSV, one below the other."""
    parts = []
    for table in tables:
        rows = [[_plain_text(cell) for cell in row] for row in table.rows]
        parts.append(csv_text([table.caption], []) + csv_text([_plain_text(cell) for cell in table.head], rows))
    return "\n".join(parts)


def _plain_text(cell: Any) -> str:
    text = cell if isinstance(cell, str) else f"{cell[0]} ({cell[1]})" if cell[1] else str(cell[0])
    return text.replace("\u2212", "-")


def png(figure: Figure) -> bytes:
    """Return a figure as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    canvas: Any = FigureCanvasAgg(figure)
    canvas.figure.set_dpi(200)
    canvas.print_png(buffer)
    return buffer.getvalue()


def zip_archive(files: Mapping[str, bytes]) -> bytes:
    """Return files as a ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def file_name(text: str, ending: str) -> str:
    """Return a plain file name made of a text."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-_")[:60]
    return f"{plain or 'spreadsim'}.{ending}"


def file_message(name: str, content: bytes | str, kind: str, number: int) -> dict[str, Any]:
    """Return what the page needs to hand a file to its user; `number` tells one download from the next."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    return {"name": name, "type": kind, "data": base64.b64encode(data).decode("ascii"), "number": number}
