"""What docstrings speak of exists: functions, methods, parameters, fields and modules, by the names they have now.

A name in single backticks is Python's, and has to be found from where it stands: among what the function, class or
module itself speaks of, among the package's classes, or as a path of modules, classes and their members. The same goes
for what is written as a call, and for the modules that a module's own docstring refers to in parentheses. What else
stands in double backticks is text: a value, a column, a file.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import spreadsim as ss

PACKAGE = Path(ss.__file__).parent
FILES = {str(path.relative_to(PACKAGE)): path for path in sorted(PACKAGE.rglob("*.py")) if path.stem != "__main__"}
MODULES = {".".join(Path(name).with_suffix("").parts).removesuffix(".__init__") for name in FILES}
CLASSES = {
    node.name
    for path in FILES.values()
    for node in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
}
SINGLE = re.compile(r"(?<!`)`([A-Za-z_][\w.]*)(?:\(\))?`(?!`)")
CALL = re.compile(r"``([A-Za-z_][\w.]*)\(\)``")
MODULE = re.compile(r"\(``([a-z_][\w.]*)``\)")
Documented = ast.Module | ast.ClassDef | ast.FunctionDef


def words(node: ast.AST) -> set[str]:
    """Return every name that a piece of code speaks of, its texts among them."""
    found = set()
    for n in ast.walk(node):
        if isinstance(n, ast.Name):
            found.add(n.id)
        elif isinstance(n, ast.Attribute):
            found.add(n.attr)
        elif isinstance(n, ast.arg) or (isinstance(n, ast.keyword) and n.arg):
            found.add(str(n.arg))
        elif isinstance(n, ast.ClassDef | ast.FunctionDef):
            found.add(n.name)
        elif isinstance(n, ast.alias):
            found.add((n.asname or n.name).split(".")[0])
        elif isinstance(n, ast.Constant) and isinstance(n.value, str):
            found.add(n.value)
    return found


def module_level(tree: ast.Module) -> set[str]:
    """Return the names that a module holds."""
    found = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        else:
            found |= words(node)
    return found


def documented(tree: Documented, within: set[str]) -> Iterator[tuple[Documented, set[str]]]:
    """Yield the module, its classes and functions, each with the names that can be meant in its docstring."""
    yield tree, within | words(tree)
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield from documented(node, within | (module_level(tree) if isinstance(tree, ast.Module) else words(tree)))


def modules_near(file: str) -> dict[str, str]:
    """Return modules by the names they go by in a file: their path in the package, and in the file's own folders."""
    near = {name: name for name in MODULES}
    folder = ""
    for part in Path(file).parts[:-1]:
        folder += f"{part}."
        near |= {name.removeprefix(folder): name for name in MODULES if name.startswith(folder)}
    return near


def has(owner: object, path: list[str]) -> bool:
    """Return whether an object has a member, or a field that it declares, by a path of names."""
    for name in path:
        if name in getattr(owner, "__annotations__", {}) and not hasattr(owner, name):
            return True
        if not hasattr(owner, name):
            return False
        owner = getattr(owner, name)
    return True


def exists(name: str, file: str, speaks_of: set[str], module: ModuleType) -> bool:
    first, *rest = name.split(".")
    near, parts = modules_near(file), name.split(".")
    for length in range(len(parts), 0, -1):
        if (path := ".".join(parts[:length])) in near:
            return has(importlib.import_module(f"spreadsim.{near[path]}"), parts[length:])
    for holder in (module, ss, builtins):
        if hasattr(holder, first) and (rest or holder is not module):
            return has(getattr(holder, first), rest)
    return first in speaks_of or name in CLASSES


def missing(file: str, text: str) -> list[str]:
    """Return what docstrings of a file speak of that does not exist."""
    stem = Path(file).with_suffix("")
    module = importlib.import_module(".".join(["spreadsim", *stem.parts]).removesuffix(".__init__"))
    found = []
    for node, speaks_of in documented(ast.parse(text), set()):
        docstring = re.sub(r"^ *>>> (?:.*\n)+?(?:\n|\Z)", "", (ast.get_docstring(node) or "") + "\n", flags=re.M)
        names = SINGLE.findall(docstring) + CALL.findall(docstring)
        where = getattr(node, "name", "the module")
        found += [f"{where}: {name}" for name in names if not exists(name, file, speaks_of, module)]
        if isinstance(node, ast.Module):
            referred = MODULE.findall(docstring)
            found += [f"{where}: {name}" for name in referred if not exists(name, file, speaks_of, module)]
    return found


@pytest.mark.parametrize("file", FILES)
def test_what_docstrings_speak_of_exists(file: str) -> None:
    assert missing(file, FILES[file].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("`stops`", "`stopped`", ["the module: stopped"]),
        ("`state.STATE`", "`state.VARIABLES`", ["Service: state.VARIABLES"]),
        ("``compare(scenario", "``comparison.compares()``, ``compare(scenario", ["the module: comparison.compares"]),
    ],
)
def test_what_does_not_exist_is_named(old: str, new: str, found: list[str]) -> None:
    text = FILES["drivers/agents.py"].read_text(encoding="utf-8")
    assert old in text
    assert missing("drivers/agents.py", text.replace(old, new, 1)) == found


if __name__ == "__main__":  # python tests/test_names_in_docstrings.py: all of them
    for each, path in FILES.items():
        for fault in missing(each, path.read_text(encoding="utf-8")):
            print(f"spreadsim/{each}: {fault}")
