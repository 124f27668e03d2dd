"""A list of practices as an analyst exports it, with everyday headings, and the files that hold it."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

HEADS = ["Practice Code", "Practice Name", "Region", "PCN", "List Size", "IMD Decile"]
_NETWORKS = {
    "Saint André PCN": "East", "Moor PCN": "South", "Hightown PCN": "North", "Côte Verte PCN": "South",
    "Brightwater PCN": "North", "Dean Valley PCN": "South", "Übersee PCN": "East", "Old Mill PCN": "East",
}  # fmt: skip


def practices(n: int, seed: int) -> list[list[str]]:
    """Return the rows of a list of practices."""
    draw = random.Random(seed)
    rows = []
    for i in range(n):
        network = draw.choice(list(_NETWORKS))
        size, decile = round(draw.lognormvariate(9, 0.5)), draw.randint(1, 10)
        name = draw.choice(("Willow Practice", "Health Centre, High St", "Móra Lane Surgery")) + f" {i}"
        code = f"{draw.choice('ABCDGHKLMNPY')}8{1000 + i}"
        rows.append([code, name, _NETWORKS[network], network, str(size), str(decile)])
    return rows


def write_text(path: Path, rows: list[list[str]], separator: str = ",", encoding: str = "utf-8") -> Path:
    """Write rows as text."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def write_workbook(path: Path, sheets: dict[str, list[list[str]]]) -> Path:
    """Write rows as sheets of a workbook, numbers as numbers."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([int(cell) if cell.isdigit() else cell or None for cell in row])
    book.save(path)
    return path
