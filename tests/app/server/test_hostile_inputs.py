"""Hostile inputs to the app get the answer they must, and the document says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("solara", reason="the app's packages are not installed")

from tests.app.server.hostile_inputs import INPUTS, Hostile, Target, target

DOCUMENT = Path(__file__).parents[3] / "docs" / "app-safety.md"


@pytest.fixture(scope="module")
def app() -> Iterator[Target]:
    """A running app."""
    with target() as served:
        yield served


@pytest.mark.parametrize("hostile", INPUTS, ids=[hostile.what for hostile in INPUTS])
def test_hostile_input_is_answered_in_words(app: Target, hostile: Hostile) -> None:
    said = hostile.said(app)
    assert re.search(hostile.answer, said), said


def test_the_document_has_every_input() -> None:
    text = DOCUMENT.read_text(encoding="utf-8").split("| What was tried | What happened |\n")[-1]
    rows = re.findall(r"^\| (.+?) \|", text, re.MULTILINE)
    assert rows[1:] == [hostile.what for hostile in INPUTS]
