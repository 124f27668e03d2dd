"""The table in a grid: where its headings stand, and what around it is no part of it.

What belongs here: titles above the headings, a table without headings, notes below it, headings that are repeated, an
adjacency matrix. What does not: what the columns mean (``recognisers``).
"""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from spreadsim.errors import InputError
from spreadsim.intake.grids import Grid
from spreadsim.intake.ledger import Ledger
from spreadsim.network.reading.faults import first_few
from spreadsim.network.reading.sheet import Sheet

MAX_COLUMNS = 1000
CODE = re.compile(r"[A-Z]\d{5}|[A-Z]{2,3}\d{2,4}|[A-Z]\d[A-Z0-9]{3}")  # of an organisation, as England publishes them
NUMBER = re.compile(r"[+-]?[\d.,'\u202f ]*\d%?")
_YEAR_AND_MONTH = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])")
_NOTE = re.compile(r"(source|note|notes|contains|copyright|©|\*|produced by|data as|extracted)\b.*", re.IGNORECASE)


def plain_heading(heading: str) -> str:
    """Return a heading in lower case, with spaces for underscores and the like.

    Parameters
    ----------
    heading : as it stands in the file.

    Returns
    -------
    Words with one space between them.

    Examples
    --------
    >>> plain_heading("PCN_ODS_CODE"), plain_heading("listSize"), plain_heading("IMD Decile (2019)")
    ('pcn ods code', 'list size', 'imd decile 2019')
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading)
    return " ".join(re.sub(r"[_\-./\n\t()\[\]:#]+", " ", words).lower().split())


def table_of(grid: Grid, ledger: Ledger) -> Sheet | None:
    """Return the table in a grid, or None where there is none.

    Parameters
    ----------
    grid : rows of cells.
    ledger : takes what was assumed and left out.

    Returns
    -------
    `Sheet` whose rows are numbered as a spreadsheet numbers them; columns without a heading are ``column 1`` and so on.

    Raises
    ------
    InputError : a row has more cells than there are headings, or there are too many columns.

    Examples
    --------
    >>> grid = Grid("gp.csv", [["GP list, April", ""], ["", ""], ["Practice Code", "PCN"], ["A81001", "Moor"]])
    >>> sheet = table_of(grid, Ledger())
    >>> sheet.columns, sheet.row_numbers.tolist()
    ({'Practice Code': ['A81001'], 'PCN': ['Moor']}, [4])
    """
    rows = grid.rows
    filled = [sum(map(bool, cells)) for cells in rows]
    content = [i for i, count in enumerate(filled) if count]
    if not content:
        return None
    matrix = _matrix(grid, content, ledger)
    if matrix is not None:
        return matrix
    usual = Counter(filled[i] for i in content[-max(1, (4 * len(content)) // 5) :])
    typical = max(usual, key=lambda count: (usual[count], count))
    top = next(i for i in content if filled[i] >= max(1, 0.6 * typical))
    has_headings = grid.has_headings if grid.has_headings is not None else not _is_data(rows, top, content)
    for i in content:
        if i < top:
            shown = next(cell for cell in rows[i] if cell)[:60]
            ledger.add("left out", Sheet(grid.file, {}, np.array([i + 1])), "", f"a title ('{shown}')", [0])
    width = max(len(rows[i]) for i in content)
    if width > MAX_COLUMNS:
        problem, remedy = f"has {width:,} columns", f"at most {MAX_COLUMNS:,} are read"
        raise InputError(grid.file, f"{grid.unit} {top + 1}", problem, remedy)
    if has_headings:
        _refuse_long_rows(grid, top, content)
        names = _names(rows[top], width, rows, content, top, grid.file, ledger)
        body = [i for i in content if i > top]
    else:
        names = [f"column {k + 1}" for k in range(width)]
        body = [i for i in content if i >= top]
        ledger.add("assumed", grid.file, "", "there are no headings: columns are numbered")
    body = _without_notes(grid, body, names if has_headings else None, typical, ledger)
    columns = {
        name: [rows[i][k] if k < len(rows[i]) else "" for i in body] for k, name in enumerate(names) if name is not None
    }
    # The header of a graph's table has no place in the file: its first record is the first node or edge.
    first = 0 if grid.unit != "row" else 1
    ledger.counts[grid.file] = {f"{grid.unit}s": len(body), "columns": len(columns)}
    return Sheet(grid.file, columns, np.array([i + first for i in body], dtype=np.int64), grid.unit)


def _is_data(rows: list[list[str]], top: int, content: list[int]) -> bool:
    """Return whether the first full row looks like the rows below: a code, numbers, or words that stand there too."""
    cells = rows[top]
    if any(CODE.fullmatch(cell) for cell in cells):
        return True
    filled = [cell for cell in cells if cell]
    if sum(_YEAR_AND_MONTH.fullmatch(cell) is not None for cell in filled) >= max(6, len(filled) // 2):
        return False  # a column a month
    if 2 * sum(NUMBER.fullmatch(cell) is not None for cell in filled) > len(filled):
        return True
    for k, cell in enumerate(cells):
        below = [rows[i][k] for i in content if i > top and k < len(rows[i])]
        if not cell or not below:
            continue
        if cell in below and not all(rows[i] == cells for i in content if i > top and rows[i][k : k + 1] == [cell]):
            return True
        if NUMBER.fullmatch(cell) and sum(NUMBER.fullmatch(each) is not None for each in below) > 0.8 * len(below):
            return True
    return False


def _refuse_long_rows(grid: Grid, top: int, content: list[int]) -> None:
    """Refuse a table of which a few rows hold more cells than there are headings: their cells cannot be told apart."""
    heads = grid.rows[top]
    n_heads = max((k + 1 for k, cell in enumerate(heads) if cell), default=0)
    long = [i for i in content if i > top and any(grid.rows[i][n_heads:])]
    if not long or 5 * len(long) > len(content):  # a column without a heading
        return
    n_cells = max(k + 1 for k, cell in enumerate(grid.rows[long[0]]) if cell)
    rows = first_few([i + 1 for i in long[:6]], len(long))
    where = f"{grid.unit}{'s' if len(long) > 1 else ''} {rows}"
    remedy = "put text that holds a separator in quotes, or give the last column a heading"
    raise InputError(grid.file, where, f"{n_cells} cells, but the headings are {n_heads}", remedy)


def _names(
    heads: list[str], width: int, rows: list[list[str]], content: list[int], top: int, file: str, ledger: Ledger
) -> list[str | None]:
    """Return the name of each column; None where neither heading nor cells are there."""
    names: list[str | None] = []
    seen: Counter[str] = Counter()
    for k in range(width):
        name = " ".join(heads[k].split()) if k < len(heads) else ""
        if not name:
            used = any(k < len(rows[i]) and rows[i][k] for i in content if i > top)
            if not used:
                names.append(None)
                continue
            name = f"column {k + 1}"
            ledger.add("assumed", file, name, "this column has no heading")
        seen[name] += 1
        if seen[name] > 1:
            ledger.add("assumed", file, name, f"another column has this name: it is read as '{name} ({seen[name]})'")
            name = f"{name} ({seen[name]})"
        names.append(name)
    return names


def _without_notes(
    grid: Grid, body: list[int], names: list[str | None] | None, typical: int, ledger: Ledger
) -> list[int]:
    """Return the places of the rows without notes below the table and headings that a page break repeated."""
    keep = []
    heads = [name or "" for name in names] if names else None
    for i in body:
        cells = grid.rows[i]
        place = Sheet(grid.file, {}, np.array([i + 1]), grid.unit)
        if heads and len(cells) >= 2 and [" ".join(cell.split()) for cell in cells] == heads[: len(cells)]:
            ledger.add("left out", place, "", "the headings once more", [0])
            continue
        filled = [cell for cell in cells if cell]
        if typical > 1 and len(filled) == 1 and (_NOTE.fullmatch(filled[0]) or len(filled[0]) > 60):
            ledger.add("left out", place, "", f"a note ('{filled[0][:60]}')", [0])
            continue
        keep.append(i)
    return keep


def _matrix(grid: Grid, content: list[int], ledger: Ledger) -> Sheet | None:
    """Return the ties of an adjacency matrix: its first row and first column hold the same names."""
    rows = [grid.rows[i] for i in content]
    n = len(rows) - 1
    if n < 2 or any(len(cells) < n + 1 for cells in rows):
        return None
    names = rows[0][1 : n + 1]
    if len(set(names)) != n or not all(names) or [cells[0] for cells in rows[1:]] != names:
        return None
    values = [cells[1 : n + 1] for cells in rows[1:]]
    if not all(not cell or NUMBER.fullmatch(cell) for cells in values for cell in cells):
        return None
    source, target, weight, places = [], [], [], []
    for a in range(n):
        for b in range(n):
            if values[a][b] not in ("", "0", "0.0"):
                source.append(names[a])
                target.append(names[b])
                weight.append(values[a][b])
                places.append(content[a + 1] + 1)
    mutual = all(values[a][b] == values[b][a] for a in range(n) for b in range(a))
    columns = {"source": source, "target": target, "weight": weight}
    if not mutual:
        columns["directed"] = ["yes"] * len(source)
    alone = sorted(set(names) - set(source) - set(target))
    way = "ties run both ways" if mutual else "ties run from the row to the column"
    ledger.add("assumed", grid.file, "", f"a matrix of {n} by {n}: {way}")
    if alone:
        columns = {name: [*cells, *([""] * len(alone))] for name, cells in columns.items()}
        columns["source"] = [*source, *alone]
        places += [content[1 + names.index(name)] + 1 for name in alone]
    return Sheet(grid.file, columns, np.array(places, dtype=np.int64), "row")
