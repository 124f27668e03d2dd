"""Numbers as people write them: thousands and decimal marks, told apart by a whole column.

What belongs here: text cells to plain numbers. What does not: what they mean (``recognisers``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from spreadsim.network.reading.tables import MISSING

_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_SPACES = re.compile(r"(?<=\d)[ '’\u202f\u2009](?=\d{3}(\D|$))")
_ONE_MARK = re.compile(r"[+-]?\d{1,3}[.,]\d{3}")


@dataclass(frozen=True)
class Marks:
    """How a column writes its numbers.

    Attributes
    ----------
    cells : plain numbers as text, empty where missing; a cell that is no number stands as it is.
    bad : places of cells that are no numbers.
    text : how they were read, where that is not plain; empty otherwise.
    is_doubtful : whether a mark could be of thousands or of decimals.

    Examples
    --------
    >>> plain_numbers(["13,922", "4,100", ""], whole=True).cells
    ['13922', '4100', '']
    """

    cells: list[str]
    bad: list[int]
    text: str = ""
    is_doubtful: bool = False


def plain_numbers(cells: list[str], whole: bool, largest: float = float("inf"), mark: str | None = None) -> Marks:
    """Return a column's numbers without thousands marks, with a point for decimals.

    Parameters
    ----------
    cells : as they are written.
    whole : whether the column counts something, so that decimals are not expected.
    largest : no value can be larger; a mark that would make it so is of decimals.
    mark : the decimal mark, ``.`` or ``,``; read off the column where None.

    Returns
    -------
    `Marks`.

    Examples
    --------
    >>> plain_numbers(["21,7", "3,25"], whole=False).cells, plain_numbers(["1.234,5"], whole=False).cells
    (['21.7', '3.25'], ['1234.5'])
    >>> plain_numbers(["23,344", "12,201"], whole=False, largest=100).cells
    ['23.344', '12.201']
    >>> plain_numbers(["1,234", "5"], whole=False).is_doubtful
    True
    """
    bare = [_SPACES.sub("", cell) if cell and not cell.isdigit() else cell for cell in cells]
    spaced = sum(a != b for a, b in zip(bare, cells, strict=True))
    decimal, doubtful = (mark, False) if mark else _decimal_mark(bare, whole, largest)
    thousands = "," if decimal == "." else "."
    grouped = re.compile(rf"[+-]?\d{{1,3}}({re.escape(thousands)}\d{{3}})+({re.escape(decimal)}\d*)?")
    plain = re.compile(rf"[+-]?(\d+{re.escape(decimal)}?\d*|{re.escape(decimal)}\d+)([eE][+-]?\d+)?")
    result, bad, n_grouped, n_percent = [], [], 0, 0
    for i, cell in enumerate(bare):
        text = cell
        is_percent = text.endswith("%") and not whole
        text = text[:-1].strip() if is_percent else text
        if grouped.fullmatch(text):
            n_grouped += 1
            text = text.replace(thousands, "").replace(decimal, ".")
        elif plain.fullmatch(text):
            text = text.replace(decimal, ".")
        elif text.lower() in MISSING:
            result.append("")
            continue
        else:
            bad.append(i)
            result.append(cells[i])
            continue
        if is_percent:
            n_percent += 1
            text = f"{float(text) / 100:.10g}"
        result.append(text)
    said = []
    if n_grouped or spaced:
        name = {",": "comma", ".": "point"}[thousands] if n_grouped else "space"
        said.append(f"thousands are marked by a {name}")
    if decimal == "," and any(_PLAIN.fullmatch(cell) is None for cell in bare if cell and cell.lower() not in MISSING):
        said.append("decimals are marked by a comma")
    if n_percent:
        said.append("percentages are read as shares")
    return Marks(result, bad, " and ".join(said), doubtful)


def _decimal_mark(cells: list[str], whole: bool, largest: float) -> tuple[str, bool]:
    """Return the decimal mark, and whether it is in doubt."""
    votes = {".": 0, ",": 0}
    open_cases: dict[str, list[str]] = {".": [], ",": []}
    for cell in cells:
        text = cell.rstrip("% ")
        last = max(text.rfind("."), text.rfind(","))
        if last < 0 or not re.fullmatch(r"[+-]?[\d.,]+([eE][+-]?\d+)?", text):
            continue
        mark = text[last]
        other = "," if mark == "." else "."
        if other in text:
            votes[mark] += 1  # 1,234.5
        elif text.count(mark) > 1:
            votes[other] += 1  # 1,234,567
        elif not _ONE_MARK.fullmatch(text) or text.lstrip("+-").startswith("0"):
            votes[mark] += 1  # 21,7 and 0,123
        else:
            open_cases[mark].append(text)
    if votes["."] and votes[","]:
        return ("." if votes["."] >= votes[","] else ","), True
    if votes["."] or votes[","]:
        return ("." if votes["."] else ","), False
    if not open_cases["."] and not open_cases[","]:
        return ".", False
    if open_cases["."] and open_cases[","]:
        return ".", True
    mark = "." if open_cases["."] else ","
    other = "," if mark == "." else "."
    as_thousands = max(float(text.replace(mark, "")) for text in open_cases[mark])
    if as_thousands > largest:
        return mark, False
    if whole:  # thousands, unless a larger number stands there without a mark
        unmarked = [cell for cell in cells if re.fullmatch(r"\d{4,}", cell)]
        return other, bool(unmarked) and len(unmarked) > len(open_cases[mark])
    return (".", False) if mark == "." else (other, True)
