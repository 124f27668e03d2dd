"""Text for a terminal: sentences folded, and tables that fit.

What belongs here: how text of any command is fitted to a width. What does not: what a command says.

width : columns of the terminal; None for as many as the text takes.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

WIDTH = 80
_GAP = 2  # columns between two columns of a table
NO_BREAK = "\N{NO-BREAK SPACE}"  # a cell is not broken at it
_BREAKS = re.compile(r"(?<=\w[^\W\d]-)(?=\w+[^\W\d])| ")  # where textwrap breaks: at spaces, and in compound words


def folded(text: str, width: int | None = WIDTH) -> str:
    """Return text whose lines are no longer than a width, each part of a line indented two columns more.

    Parameters
    ----------
    text : lines; those that fit stay as they are.

    Returns
    -------
    Text.

    Examples
    --------
    >>> print(folded("  peers were in touch", 14))
      peers were
        in touch
    """
    if width is None:
        return text
    lines = []
    for line in text.split("\n"):
        if len(line) <= width:
            lines.append(line)
            continue
        body = line.lstrip(" ")
        indent = " " * min(len(line) - len(body), width // 2)
        hanging = indent + "  " if indent else ""
        lines += textwrap.wrap(body, width, initial_indent=indent, subsequent_indent=hanging, break_on_hyphens=False)
    return "\n".join(lines)


def _broken(cell: str, width: int) -> str:
    return "\n".join(textwrap.wrap(cell, width) or [""])


def _least(cell: str) -> int:
    """Return the width below which a cell would be broken within a word."""
    return max(1, *(len(word) for word in _BREAKS.split(cell)))


def _table(columns: Sequence[Sequence[str]]) -> str:
    from tabulate import tabulate

    head, *rows = zip(*columns, strict=True)
    text = tabulate(rows, headers=head, tablefmt="simple", disable_numparse=True)
    return "\n".join(line.rstrip() for line in text.replace(NO_BREAK, " ").split("\n"))


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    """Return aligned columns as text, in cells of several lines or in several tables where one is too wide.

    Parameters
    ----------
    header : heads of the columns.
    rows : cells of each row; a cell is not broken at a no-break space. The first is repeated in each table.

    Returns
    -------
    Lines without a line break at the end.

    Examples
    --------
    >>> print(text_table(["measure", "organic"], [["reach", "0.401"]]))
    measure    organic
    ---------  ---------
    reach      0.401
    >>> print(text_table(["measure", "left to peers"], [["reach", "0.401"]], 22))
    measure    left to
               peers
    ---------  ---------
    reach      0.401
    """
    columns = [list(column) for column in zip(header, *rows, strict=True)]
    if width is None:
        return _table(columns)
    gap = _GAP
    widest = (width - gap) // 2  # of a cell; a longer word is broken
    # tabulate gives a column at least two columns more than its head
    natural = [max(max(map(len, column)), len(column[0]) + 2) for column in columns]
    least = [min(widest, max(max(map(_least, column)), _least(column[0]) + 2)) for column in columns]
    tables: list[str] = []
    first, place = least[0], 1
    while place < len(columns) or not tables:
        end = place
        while end < len(columns) and first + sum(gap + w for w in least[place : end + 1]) <= width:
            end += 1
        end = max(end, min(place + 1, len(columns)))
        chosen = [0, *range(place, end)]
        sizes = {i: least[i] for i in chosen}
        for _ in range(width - gap * (len(chosen) - 1) - sum(sizes.values())):
            narrow = [i for i in chosen if sizes[i] < natural[i]]
            if narrow:  # what is left goes to the narrowest that needs it
                sizes[min(narrow, key=sizes.__getitem__)] += 1
        tables.append(
            _table([
                [_broken(columns[i][0], size - 2), *(_broken(cell, size) for cell in columns[i][1:])]
                for i, size in sizes.items()
            ])
        )  # fmt: skip
        place = end
    return "\n\n".join(tables)
