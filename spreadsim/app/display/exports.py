"""What leaves the app as a file: CSV that no spreadsheet runs, pictures, and names that harm no folder.

What belongs here: turning tables and figures into bytes. What does not: what is in them.
"""

from __future__ import annotations

import base64
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from spreadsim.telling.spreadsheets import csv_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spreadsim.comparison.report_tables import ReportTable


def csv_of_columns(columns: Mapping[str, Any]) -> str:
    r"""Return columns of equal length as CSV; a number is written with all its digits, a null as nothing.

    Parameters
    ----------
    columns : values by column, of equal length; nan and None count as null.

    Returns
    -------
    CSV with a head.

    Examples
    --------
    >>> csv_of_columns({"month": [0, 1], "reach": np.array([0.25, np.nan])})
    'month,reach\n0,0.25\n1,\n'
    """
    lists = [column.tolist() if hasattr(column, "tolist") else list(column) for column in columns.values()]
    cleaned = [["" if value is None or value != value else value for value in column] for column in lists]
    return csv_text(list(columns), zip(*cleaned, strict=True))


def csv_of_tables(tables: Sequence[ReportTable]) -> str:
    r"""Return the tables of a figure as CSV, one below the other.

    Parameters
    ----------
    tables : of a figure.

    Returns
    -------
    CSV, each table under its caption.

    Examples
    --------
    >>> from spreadsim.comparison.report_tables import ReportTable
    >>> csv_of_tables([ReportTable("Reach", ["strategy", "mean"], [["blend", ("40%", "30 to 50")]])])
    'Reach\nstrategy,mean\nblend,40% (30 to 50)\n'
    """
    parts = []
    for table in tables:
        rows = [[_plain_text(cell) for cell in row] for row in table.rows]
        parts.append(csv_text([table.caption], []) + csv_text([_plain_text(cell) for cell in table.head], rows))
    return "\n".join(parts)


def _plain_text(cell: Any) -> str:
    text = cell if isinstance(cell, str) else f"{cell[0]} ({cell[1]})" if cell[1] else str(cell[0])
    return text.replace("\u2212", "-")


def png(figure: Figure) -> bytes:
    """Return a figure as PNG.

    Parameters
    ----------
    figure : as matplotlib draws it.

    Returns
    -------
    A PNG file of 200 dots an inch.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> png(Figure(figsize=(1, 1)))[1:4]
    b'PNG'
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    canvas: Any = FigureCanvasAgg(figure)
    canvas.figure.set_dpi(200)
    canvas.print_png(buffer)
    return buffer.getvalue()


def zip_archive(files: Mapping[str, bytes]) -> bytes:
    """Return files as a ZIP archive.

    Parameters
    ----------
    files : content by path within the archive.

    Returns
    -------
    A ZIP file.

    Examples
    --------
    >>> zip_archive({"default.toml": b"name = 'x'"})[:2]
    b'PK'
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def file_name(text: str, ending: str) -> str:
    """Return a plain file name made of a text.

    Parameters
    ----------
    text : any text, such as a user's name for a scenario.
    ending : of the file, without its dot.

    Returns
    -------
    Letters, digits, dots, hyphens and underscores alone, at most 60 before the ending.

    Examples
    --------
    >>> file_name("../My plan", "toml"), file_name("?", "csv")
    ('My-plan.toml', 'spreadsim.csv')
    """
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-_")[:60]
    return f"{plain or 'spreadsim'}.{ending}"


def file_message(name: str, content: bytes | str, kind: str, number: int) -> dict[str, Any]:
    """Return what the page needs to hand a file to its user; `number` tells one download from the next.

    Parameters
    ----------
    name : of the file.
    content : of the file; text is written in UTF-8.
    kind : media type.
    number : of the download.

    Returns
    -------
    Name, type, content in base64 and number.

    Examples
    --------
    >>> file_message("a.csv", "x", "text/csv", 1)
    {'name': 'a.csv', 'type': 'text/csv', 'data': 'eA==', 'number': 1}
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    return {"name": name, "type": kind, "data": base64.b64encode(data).decode("ascii"), "number": number}
