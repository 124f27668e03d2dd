"""The manual's pictures are there, small, and true: the architecture is what the modules import."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.manual.scripts import script
from tests.test_layering import imports, short


@pytest.fixture(scope="module")
def pictures() -> ModuleType:
    """The script that makes the pictures."""
    return script("make_pictures")


def test_the_architecture_is_what_the_modules_import(pictures: ModuleType, repository: Path) -> None:
    """A module imports from its own layer and from those before it, never from a later one."""
    package = repository / "spreadsim"
    place = {m: i for i, layer in enumerate(pictures.LAYERS) for _, modules in layer.boxes for m in modules}
    for name, i in place.items():
        module = package / f"{name}.py"
        paths = [module] if module.is_file() else sorted((package / name).rglob("*.py"))
        assert paths, f"there is no module {name}"
        for path in paths:
            later = {m for m in map(short, imports(path, top=True)) if place.get(m.split(".")[0], -1) > i}
            assert not later, f"{path.name} of '{pictures.LAYERS[i].title}' imports {later}"
    drawn = (repository / "docs" / "pictures" / "architecture.svg").read_text(encoding="utf-8")
    for name in place:
        assert re.search(rf"\b{name}\b", drawn), "run: python docs/make_pictures.py architecture"


def test_pictures_are_small_made_by_the_command_and_shown(pictures: ModuleType, repository: Path) -> None:
    found = {path.stem: path for path in pictures.FOLDER.iterdir()}
    assert set(found) == set(pictures.PICTURES)
    pages = [repository / "README.md", repository / "CONTRIBUTING.md", *(repository / "docs").rglob("*.md")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    for path in found.values():
        assert path.stat().st_size < pictures.LARGEST, path.name
        assert f"pictures/{path.name}" in text, f"no page shows {path.name}"
