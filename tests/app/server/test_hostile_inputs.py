"""Hostile inputs to the app get the answer they must, and the document says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("solara", reason="the app's packages are not installed")

from tests.app.server.hostile_inputs import INPUTS, Hostile

DOCUMENT = Path(__file__).parents[3] / "docs" / "app-safety.md"


@pytest.mark.parametrize("hostile", INPUTS, ids=[hostile.what for hostile in INPUTS])
def test_hostile_input_is_answered_in_words(hostile: Hostile) -> None:
    said = hostile.attempt()
    assert re.search(hostile.answer, said), said


def test_the_document_has_every_input() -> None:
    rows = re.findall(r"^\| (.+?) \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows[2:] == [hostile.what for hostile in INPUTS]
