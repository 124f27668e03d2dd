"""The architecture, held: what may import what."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "spreadsim"
MODULES = sorted(PACKAGE.rglob("*.py"))
ONLY = {
    "mesa": {"model.py", "agents.py"},
    "numba": {"engine.py", "loops.py", "compilation.py"},
    "solara": {"app"},
    "distributed": {"cluster.py"},
    "dask": {"cluster.py"},
}
FIRST = ("rules.py", "errors.py", "draws.py")  # these import nothing of ours
NEVER = [
    ("engine.py", "model"),
    ("engine.py", "agents"),
    ("model.py", "engine"),
    ("agents.py", "engine"),
    ("rules.py", "numpy"),
    ("rules.py", "math"),
    ("network.py", "comparison"),
    ("scenario.py", "network"),
    ("measures.py", "comparison"),
    ("plan.py", "network"),
    ("comparison.py", "report"),
    ("comparison.py", "cli"),
    ("likelihood.py", "network_files"),
    ("estimation.py", "rules"),
    ("prediction.py", "calibration"),
    ("calibration.py", "calibration_folder"),
]


def imports(path: Path, *, top: bool = False) -> set[str]:
    """Return the modules a file imports, ours without the package's name; `top`: at module level alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    nodes = tree.body if top else list(ast.walk(tree))
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            if node.module == "spreadsim":
                found |= {f"spreadsim.{alias.name}" for alias in node.names}
    return found


def short(name: str) -> str:
    return name.removeprefix("spreadsim.")


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_heavy_libraries_stay_where_they_belong(path: Path) -> None:
    roots = {name.split(".")[0] for name in imports(path)}
    for library, homes in ONLY.items():
        if library in roots:
            assert path.name in homes or path.relative_to(PACKAGE).parts[0] in homes, f"{path.name} imports {library}"


@pytest.mark.parametrize("name", FIRST)
def test_the_foundations_import_nothing_of_ours(name: str) -> None:
    assert not [m for m in imports(PACKAGE / name) if m.startswith("spreadsim")]


@pytest.mark.parametrize(("name", "other"), NEVER)
def test_data_flow_one_way(name: str, other: str) -> None:
    assert other not in {short(m) for m in imports(PACKAGE / name, top=True)}


def test_no_circle_at_import() -> None:
    """The modules' top-level imports have an order: none needs one that needs it."""
    graph = {
        path.stem: {short(m) for m in imports(path, top=True) if m.startswith("spreadsim.")}
        for path in MODULES
        if path.parent == PACKAGE
    }
    done: set[str] = set()
    while graph:
        ready = [name for name, needs in graph.items() if needs & set(graph) <= {name}]
        assert ready, f"a circle among {sorted(graph)}"
        for name in ready:
            done.add(name)
            del graph[name]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_every_module_says_what_belongs_in_it(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{path.name}: {node.name} has no docstring"
