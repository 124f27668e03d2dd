"""The manual's pictures are there, small, and true: the architecture is the contract that import-linter holds."""

from __future__ import annotations

import html
import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.manual.scripts import script


@pytest.fixture(scope="module")
def pictures() -> ModuleType:
    """The script that makes the pictures."""
    return script("make_pictures")


def test_the_architecture_shows_every_module_on_its_floor(pictures: ModuleType, repository: Path) -> None:
    """From the top floor down: each folder's name, then its modules, and nothing that is gone."""
    drawn = (repository / "docs" / "pictures" / "architecture.svg").read_text(encoding="utf-8")
    words = " ".join(html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", drawn)).split()
    expected = []
    for floor in pictures.floors():
        for part in floor:
            expected += [part.name, *part.words.split()]
            for folder, names in part.modules:
                expected += [f"{folder}/", *names] if folder else names
    assert words == expected, "run: python docs/make_pictures.py architecture"
    modules = [path for path in (repository / "spreadsim").rglob("*.py") if not path.stem.startswith("__")]
    parts = [part for floor in pictures.floors() for part in floor]
    assert len(modules) == sum(len(names) for part in parts for _, names in part.modules or [("", (part.name,))])


def test_pictures_are_small_made_by_the_command_and_shown(pictures: ModuleType, repository: Path) -> None:
    found = {path.stem: path for path in pictures.FOLDER.iterdir()}
    assert set(found) == set(pictures.PICTURES)
    pages = [repository / "README.md", repository / "CONTRIBUTING.md", *(repository / "docs").rglob("*.md")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    for path in found.values():
        assert path.stat().st_size < pictures.LARGEST, path.name
        assert f"pictures/{path.name}" in text, f"no page shows {path.name}"
