"""What each default was set against: the page is what the declarations say, and no target is called a test."""

from __future__ import annotations

from typing import Any

import pytest

from tests.manual.scripts import script

claims = script("make_claims")
NUMBERS = {number for number, *_ in claims.patterns()}
# Patterns of the model's specification that are measured once the rules they are about are there.
WITHOUT_RULES_YET = {15, 16, 17, 18, 19, 20, 21, 22, 23} - NUMBERS


def test_the_page_is_up_to_date() -> None:
    assert claims.PAGE.read_text(encoding="utf-8") == claims.page(), "run: python docs/make_claims.py"


@pytest.mark.parametrize("d", [d for d in claims.parameters() if d.patterns], ids=lambda d: d.path)
def test_a_default_set_against_a_pattern_names_its_figure(d: Any) -> None:
    assert set(d.patterns) <= NUMBERS | WITHOUT_RULES_YET
    assert d.source, "names the figure"


def test_what_was_set_to_match_says_against_what() -> None:
    """It is either one of the patterns, or a figure that is named and that no pattern is judged by."""
    without = {d.path for d in claims.parameters() if d.evidence == "set to match" and not d.patterns}
    assert without == {"behaviour.adoption.peer_influence_unaided"}


def test_a_pattern_is_a_test_only_where_no_default_was_set_against_it() -> None:
    starts = tuple(f"| {number} |" for number in NUMBERS)
    rows = [line.split(" | ") for line in claims.page().splitlines() if line.startswith(starts)]
    assert {int(row[0].strip("| ")) for row in rows} == NUMBERS
    declared = {number for d in claims.parameters() for number in d.patterns}
    for row in rows:
        assert row[3] == ("target" if int(row[0].strip("| ")) in declared else "test")
