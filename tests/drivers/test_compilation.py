"""The identity of the code: every module that decides a run's numbers moves it, and no other can decide them."""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

import grimp
import pytest

from spreadsim.drivers import compilation
from spreadsim.sweeps.job import sweep_identity
from tests.test_layering import floors

SWEEPS = (*compilation.CODE_FOLDERS, "sweeps")


def test_the_cache_is_keyed_by_every_source_that_decides_the_numbers() -> None:
    """Editing a module of any folder that decides a run's numbers, or moving it, gives another identity and cache."""
    sources = compilation.code_sources()
    assert {"rules.py", "draws.py", "state.py", "drivers/loops.py", "outcomes/record.py", "network/ties.py"} <= set(
        sources
    )
    assert {name.split("/")[0] for name in sources if "/" in name} == set(compilation.CODE_FOLDERS) - {"."}
    identities = {compilation.identity_of(sources)}
    for name, source in sources.items():
        identities.add(compilation.identity_of({**sources, name: source + b"\nEDITED = 1\n"}))
    rest = {name: source for name, source in sources.items() if name != "rules.py"}
    identities.add(compilation.identity_of({**rest, "drivers/rules.py": sources["rules.py"]}))
    assert len(identities) == len(sources) + 2
    assert compilation.code_identity() == compilation.identity_of(sources)


@pytest.mark.parametrize("folder", compilation.CODE_FOLDERS)
def test_a_changed_constant_in_any_folder_gives_another_identity(folder: str, tmp_path: Path) -> None:
    """The sources are read from the folders themselves: a new module counts, wherever it stands in them."""
    package = Path(compilation.__file__).parent.parent
    for name in compilation.CODE_FOLDERS[1:]:
        shutil.copytree(package / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in package.glob("*.py"):
        shutil.copy(path, tmp_path)
    before = compilation.identity_of(compilation.code_sources(tmp_path))
    assert before == compilation.identity_of(compilation.code_sources())
    new = tmp_path / folder / ("new.py" if folder == "." else "deeper/new.py")
    new.parent.mkdir(exist_ok=True)
    new.write_text("CONSTANT = 12\n")
    after = compilation.identity_of(compilation.code_sources(tmp_path))
    new.write_text("CONSTANT = 24\n")
    assert len({before, after, compilation.identity_of(compilation.code_sources(tmp_path))}) == 3


def first_constant(source: bytes) -> tuple[int, int] | None:
    """Return where the first number in a function or a module's constants stands, from and to, in bytes."""
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            assert node.end_col_offset is not None
            start = sum(map(len, lines[: node.lineno - 1]))
            return start + node.col_offset, start + node.end_col_offset
    return None


def in_folder(name: str, folder: str) -> bool:
    return "/" not in name if folder == "." else name.startswith(f"{folder}/")


@pytest.mark.parametrize("folder", SWEEPS)
def test_a_number_changed_anywhere_in_a_folder_moves_the_identity(folder: str) -> None:
    """In memory, one module at a time: a hash of whole folders misses none."""
    sources = compilation.code_sources(folders=SWEEPS)
    before, changed = compilation.identity_of(sources), 0
    for name, source in sources.items():
        place = first_constant(source) if in_folder(name, folder) else None
        if place is not None:
            other = source[: place[0]] + b"(7 + " + source[place[0] : place[1]] + b")" + source[place[1] :]
            assert compilation.identity_of({**sources, name: other}) != before, name
            changed += 1
    assert changed > 2


def test_the_months_of_sustained_benefit_move_the_identity() -> None:
    """Doubled, they moved a measure of the default scenario by .05 once, and the identity stood still."""
    sources = compilation.code_sources()
    source = sources["outcomes/run.py"]
    assert len(re.findall(rb"^SUSTAINED_MONTHS = 12", source, flags=re.M)) == 1
    other = source.replace(b"SUSTAINED_MONTHS = 12", b"SUSTAINED_MONTHS = 24")
    assert compilation.identity_of({**sources, "outcomes/run.py": other}) != compilation.code_identity()


def test_what_decides_is_whole_floors(repository: Path) -> None:
    """Drivers and every floor below them, as import-linter holds them: what stands above can decide nothing."""
    every = floors(repository)
    beside = {"intake"}  # it writes files for a network to be read from, and no driver imports it
    below = {name for floor in every[every.index(["drivers"]) :] for name in floor} - beside
    assert {name for name in below if (repository / "spreadsim" / name).is_dir()} == set(compilation.CODE_FOLDERS) - {
        "."
    }


@pytest.mark.parametrize(
    ("module", "folders"),
    [
        ("drivers.running", compilation.CODE_FOLDERS),
        ("drivers.engine", compilation.CODE_FOLDERS),
        ("drivers.mesa_model", compilation.CODE_FOLDERS),
        ("sweeps.work", SWEEPS),
    ],
)
def test_a_run_imports_nothing_beyond_its_identity(module: str, folders: tuple[str, ...]) -> None:
    graph = grimp.build_graph("spreadsim", cache_dir=None)
    names = {name.removeprefix("spreadsim.") for name in graph.find_upstream_modules(f"spreadsim.{module}")} - {
        "spreadsim"
    }
    sources = set(compilation.code_sources(folders=folders))
    assert not {
        name for name in names if not {f"{name.replace('.', '/')}{end}" for end in (".py", "/__init__.py")} & sources
    }


def test_a_sweep_has_an_identity_of_its_own() -> None:
    """What turns points into scenarios and runs into rows decides what is kept: a change there makes other runs too."""
    sources = compilation.code_sources(folders=SWEEPS)
    assert sweep_identity() == compilation.identity_of(sources)
    assert sweep_identity() != compilation.code_identity()
    assert {"sweeps/work.py", "sweeps/job.py", "sweeps/experiment.py"} <= set(sources)
