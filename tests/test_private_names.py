"""No module uses a private name of another module or package."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "spreadsim"
# Documented, and underscored only so that they cannot clash with the names of fields or to warn of their force.
PUBLIC = {"_replace", "_asdict", "_fields", "_make", "_exit"}
# Numba has no public option for them: decisions 28 and 49.
ALLOWED = {("drivers/compilation.py", "_nrt"), ("drivers/compilation.py", "_cache")}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__") and name not in PUBLIC and name != "_"


def private_names_of_others(source: str) -> set[str]:
    """Return the private names that a module reaches for and does not define itself."""
    own: set[str] = set()
    used: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        elif isinstance(node, ast.Attribute):
            on_self = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            (own if on_self else used).add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            used |= {alias.name for alias in node.names} | set((node.module or "").split("."))
        elif isinstance(node, ast.Import):
            used |= {part for alias in node.names for part in alias.name.split(".")}
        elif isinstance(node, ast.keyword) and node.arg:
            used.add(node.arg)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "setattr"):
            used |= {a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)}
        elif isinstance(node, ast.Dict):  # options that are passed on
            used |= {k.value for k in node.keys if isinstance(k, ast.Constant) and isinstance(k.value, str)}
    return {name for name in used - own if is_private(name)}


def test_no_module_uses_a_private_name_of_another() -> None:
    found = {
        (path.relative_to(PACKAGE).as_posix(), name)
        for path in PACKAGE.rglob("*.py")
        for name in private_names_of_others(path.read_text(encoding="utf-8"))
    }
    assert found == ALLOWED


@pytest.mark.parametrize(
    "source",
    ["field._copy()", "from numpy._core import x", "from a import _b", "getattr(w, '_callbacks')", "njit(_nrt=False)"],
)
def test_a_private_name_is_seen(source: str) -> None:
    assert private_names_of_others(source)
