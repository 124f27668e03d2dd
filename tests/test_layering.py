"""The architecture, beyond the floors that import-linter holds: heavy libraries stay where they belong, folders keep
what their docstrings say of their imports, and every module says what belongs in it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "spreadsim"
MODULES = sorted(PACKAGE.rglob("*.py"))
FOLDERS = [path.parent for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE]
HOMES = {  # of heavy libraries: the modules and folders that may import them
    "mesa": ("drivers/mesa_model.py", "drivers/agents.py"),
    "numba": ("drivers/engine.py", "drivers/loops.py", "drivers/compilation.py"),
    "solara": ("app/",),
    "distributed": ("sweeps/cluster.py",),
    "dask": ("sweeps/cluster.py",),
}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imports(path: Path) -> set[str]:
    """Return the full names of the modules that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_the_floors_hold(repository: Path) -> None:
    """import-linter keeps its contracts, which pyproject.toml holds."""
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(program), "--no-cache"], cwd=repository, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_heavy_libraries_stay_where_they_belong(path: Path) -> None:
    roots = {name.split(".")[0] for name in imports(path)}
    for library, homes in HOMES.items():
        if library in roots:
            assert name_of(path).startswith(homes), f"{name_of(path)} imports {library}"


def test_the_rulebook_uses_plain_arithmetic() -> None:
    assert not {"numpy", "math", "scipy"} & imports(PACKAGE / "rules.py")


def floors(repository: Path) -> list[list[str]]:
    """Return the floors from the top, each with the folders and modules on it, as the contract has them."""
    settings = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    return [re.split(r"\s*\|\s*", layer) for layer in layers]


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_a_folder_says_what_belongs_what_does_not_and_what_it_may_import(folder: Path, repository: Path) -> None:
    """What a folder may import is the floor below it, as the contract has it."""
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""
    lines = dict(re.findall(r"^(What [\w ]+): (.+(?:\n.+)*?)$(?=\n\n|\nWhat |\Z)", text, flags=re.M))
    assert list(lines) == ["What belongs here", "What does not", "What it may import"]
    if folder.parent == PACKAGE:
        every = floors(repository)
        below = every[next(i for i, floor in enumerate(every) if folder.name in floor) + 1]
        them = "it" if len(below) == 1 else "them"
        assert lines["What it may import"] == f"{', '.join(below)} and all below {them}."


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_what_belongs_in_it(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path.name}: {node.name} has no docstring"
