"""Tables for a spreadsheet: CSV whose cells are shown and never run.

What belongs here: every table that people open in a spreadsheet is written by this module, so that a name which begins
like a formula stays a name. What does not: tables that the program reads back, whose cells must stay as they are.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?%?")


def neutral_cell(value: Any) -> Any:
    """Return a cell that a spreadsheet shows and does not run: a text that begins like a formula gets a quote.

    Parameters
    ----------
    value : of a cell.

    Returns
    -------
    The value, or a text with a quote before it.

    Examples
    --------
    >>> neutral_cell("=1+1"), neutral_cell("-1.5"), neutral_cell(2)
    ("'=1+1", '-1.5', 2)
    """
    if isinstance(value, str) and value.startswith(_FORMULA) and not _NUMBER.fullmatch(value):
        return "'" + value
    return value


def csv_text(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    r"""Return a table as CSV.

    Parameters
    ----------
    head : names of the columns.
    rows : cells, as many in each row as there are columns.

    Returns
    -------
    Lines that end in a line feed.

    Examples
    --------
    >>> csv_text(["name", "reach"], [["blend", 0.5]])
    'name,reach\nblend,0.5\n'
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([neutral_cell(cell) for cell in head])
    for row in rows:
        writer.writerow([neutral_cell(cell) for cell in row])
    return buffer.getvalue()


def frame_csv(frame: pd.DataFrame) -> str:
    r"""Return a data frame as CSV, without its index.

    Parameters
    ----------
    frame : of any columns; nan is an empty cell.

    Returns
    -------
    Lines that end in a line feed.

    Examples
    --------
    >>> import pandas as pd
    >>> frame_csv(pd.DataFrame({"strategy": ["=1+1"], "reach": [0.5]}))
    "strategy,reach\n'=1+1,0.5\n"
    """
    frame = frame.rename(columns=neutral_cell)
    texts = frame.select_dtypes(exclude="number").columns
    return str(frame.assign(**{name: frame[name].map(neutral_cell) for name in texts}).to_csv(index=False))
