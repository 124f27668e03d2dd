"""What people open in a spreadsheet shows names that begin like a formula, and runs none of them."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

import spreadsim as ss
from spreadsim.telling.spreadsheets import csv_text, frame_csv

HOSTILE = '=HYPERLINK("http://a.example")'
EXPERIMENT = """
format = 1
name = "formulas"
scenario = "s.toml"
[run]
replicates = 2
months = 6
[design]
method = "grid"
[levers]
latitude = [0.0, 1.0]
[outcomes]
measures = ["benefit"]
"""
SCENARIO = f"""
format = 1
name = "s"
based_on = "classroom"
[strategies.'{HOSTILE}']
balance = 0.2
[strategies.other]
balance = 0.8
"""


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_begins_like_a_formula_gets_a_quote(start: str) -> None:
    text = f"{start}A1"
    assert csv_text([text], [[text]]).count("'") == 2
    assert frame_csv(pd.DataFrame({text: [text]})).count("'") == 2


def test_numbers_stay_numbers() -> None:
    assert csv_text(["change"], [[-0.5], ["-3%"], [1e-5]]) == "change\n-0.5\n-3%\n1e-05\n"
    assert frame_csv(pd.DataFrame({"change": [-0.5, float("nan")]})) == 'change\n-0.5\n""\n'


def test_no_table_of_an_analysis_holds_a_formula(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(SCENARIO)
    (tmp_path / "e.toml").write_text(EXPERIMENT)
    ss.sweep(tmp_path / "e.toml", out=tmp_path / "out", workers=1)
    ss.analyse(tmp_path / "out")
    tables = sorted((tmp_path / "out" / "analysis").glob("*.csv"))
    assert tables
    cells = [
        cell for path in tables for row in csv.reader(path.read_text(encoding="utf-8").splitlines()) for cell in row
    ]
    assert any(HOSTILE in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith("=")]
