"""Whatever a command prints fits 80 columns, and nothing of it is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreadsim.telling.terminal import WIDTH, folded, text_table

CELL = st.text("ab-.0 ", max_size=45) | st.from_regex(r"[a-z]{1,12}(-[a-z]{1,12}){0,5}", fullmatch=True)


def shape() -> st.SearchStrategy[list[list[str]]]:
    return st.integers(1, 7).flatmap(lambda n: st.lists(st.lists(CELL, min_size=n, max_size=n), min_size=1, max_size=4))


def solid(text: str) -> str:
    return re.sub(r"[\s-]", "", text)


@given(shape())
def test_a_table_fits_and_holds_every_cell(cells: list[list[str]]) -> None:
    text = text_table(cells[0], cells[1:], WIDTH)
    assert max(map(len, text.split("\n"))) <= WIDTH
    n_repeats = len(text.split("\n\n"))
    letters = sum(len(solid(cell)) for row in cells for cell in row)
    first = sum(len(solid(row[0])) for row in cells)
    if "" not in text.split("\n"):  # else a row of empty cells looks like the space between tables
        assert len(solid(text)) == letters + (n_repeats - 1) * first


def test_a_table_that_fits_is_left_as_it_is() -> None:
    rows = [["reach", "0.401", "0.362"]]
    assert text_table(["measure", "organic", "blend"], rows, WIDTH) == text_table(["measure", "organic", "blend"], rows)


def test_columns_that_do_not_fit_follow_in_a_second_table_with_the_first_repeated() -> None:
    text = text_table(["outcome", *"abcdef"], [["reach", *(["0.401_±0.012_and_more"] * 6)]], WIDTH)
    tables = text.split("\n\n")
    assert [len(table.split("\n")[0].split()) for table in tables] == [4, 4]
    assert all(table.split("\n")[2].startswith("reach") for table in tables)


@given(st.text("ab -\n", max_size=300))
def test_folded_text_keeps_every_word(text: str) -> None:
    result = folded(text, 30)
    assert max(map(len, result.split("\n"))) <= 30
    assert solid(result) == solid(text)


@pytest.mark.parametrize("indent", [0, 2, 6])
def test_a_folded_line_keeps_its_indent(indent: int) -> None:
    lines = folded(" " * indent + "peers and leaders " * 12).split("\n")
    assert len(lines) > 2
    assert all(line.startswith(" " * indent) for line in lines)
