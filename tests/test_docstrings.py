"""Every public name of the package says what it does, what it takes and gives, and shows it by an example.

CONTRIBUTING.md has the rule in words. What belongs here: whether docstrings are whole, by their text alone.
`test_examples` runs the examples.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import spreadsim as ss

PACKAGE = Path(ss.__file__).parent
MODULES = {str(path.relative_to(PACKAGE)): path for path in sorted(PACKAGE.rglob("*.py"))}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def decorators(of: Function | ast.ClassDef) -> str:
    return " ".join(ast.unparse(decorator) for decorator in of.decorator_list)


def bases(of: ast.ClassDef) -> str:
    return " ".join(ast.unparse(base) for base in of.bases)


DECLARED = re.findall(r"^class (\w+)\(Table\)", MODULES["parameters.py"].read_text(encoding="utf-8"), flags=re.M)


def is_explained_elsewhere(of: Function | ast.ClassDef) -> bool:
    """Return whether its explanation stands elsewhere: a command's in its help, a component's on the screen, the fields
    of a file's table in their declarations, those of the rulebook's tuple of that name too, a protocol's in the classes
    that keep it."""
    if isinstance(of, ast.ClassDef):
        if "NamedTuple" in bases(of) and of.name in DECLARED and of.name != "Intervention":
            return True
        return bool(re.search(r"\b(BaseModel|\w*Table|BalanceLevers|NetworkFileOptions|Protocol)\b", bases(of)))
    return bool(re.search(r"\b(command|group|component|template|overload)\b", decorators(of)))


def is_called_by_compiled_code_alone(of: Function | ast.ClassDef) -> bool:
    return bool(re.search(r"\b(helper|in_place|intrinsic|compile_cached)\b", decorators(of)))


def section(docstring: str, heading: str) -> str | None:
    """Return the text of a section, or None where there is none."""
    match = re.search(rf"^{heading}\n-+\n(.*?)(?=^\w+( \w+)?\n---+\n|\Z)", docstring, flags=re.M | re.S)
    return match[1] if match else None


def explained(text: str | None) -> set[str]:
    """Return the names that a section or a module's docstring explains: ``name : ...`` and ``one, two : ...``."""
    lines = re.findall(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*) : \S", text or "", flags=re.M)
    return {name.strip().lstrip("*") for line in lines for name in line.split(",")}


def parameters(of: Function) -> list[str]:
    a = of.args
    every = [*a.posonlyargs, *a.args, *([a.vararg] if a.vararg else []), *a.kwonlyargs, *([a.kwarg] if a.kwarg else [])]
    return [p.arg for p in every if p.arg not in ("self", "cls")]


def own_nodes(of: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function's body, but not those of functions and classes inside it."""
    for node in ast.iter_child_nodes(of):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield node
            yield from own_nodes(node)


def raised(of: Function) -> set[str]:
    """Return the names of the errors that a function itself raises."""
    calls = (node.exc for node in own_nodes(of) if isinstance(node, ast.Raise))
    names = (call.func for call in calls if isinstance(call, ast.Call))
    return {name for name in (ast.unparse(of).split(".")[-1] for of in names) if name[0].isupper()}


def gives(of: Function) -> bool:
    return of.returns is not None and ast.unparse(of.returns) not in ("None", "NoReturn", "Never")


def fields(of: ast.ClassDef) -> list[str]:
    """Return the public fields of a dataclass or named tuple."""
    if "dataclass" not in decorators(of) and "NamedTuple" not in bases(of):
        return []
    names = [
        node.target.id for node in of.body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    ]
    return [name for name in names if not name.startswith("_")]


def summary_faults(docstring: str) -> Iterator[str]:
    first, *rest = docstring.splitlines() or [""]
    if not first:
        yield "has no docstring"
    elif not re.search(r"[.:;?]$", first) and not (rest and rest[0]):
        yield "has a first line that is no sentence"


def function_faults(of: Function, docstring: str, shared: set[str]) -> Iterator[str]:
    explains = explained(section(docstring, "Parameters")) | shared
    if missing := [name for name in parameters(of) if name not in explains and not name.startswith("_")]:
        yield f"does not explain {', '.join(missing)} under Parameters"
    if gives(of) and section(docstring, "Returns") is None and section(docstring, "Yields") is None:
        yield "has no Returns"
    if missing := sorted(raised(of) - set(re.findall(r"\w+", section(docstring, "Raises") or ""))):
        yield f"does not name {', '.join(missing)} under Raises"


def class_faults(of: ast.ClassDef, docstring: str) -> Iterator[str]:
    explains = explained(section(docstring, "Parameters")) | explained(section(docstring, "Attributes"))
    makers = [node for node in of.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"]
    names = [*fields(of), *(name for maker in makers for name in parameters(maker))]
    if missing := [name for name in names if name not in explains]:
        yield f"does not explain {', '.join(missing)} under Parameters or Attributes"


def faults(source: str) -> Iterator[str]:
    """Yield what is missing from the docstrings of a module."""
    tree = ast.parse(source)
    text = ast.get_docstring(tree) or ""
    if not text:
        yield "the module has no docstring"
    for node in tree.body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        docstring = ast.get_docstring(node) or ""
        found = list(summary_faults(docstring))
        if not is_explained_elsewhere(node):
            if isinstance(node, ast.ClassDef):
                found += class_faults(node, docstring)
            else:
                found += function_faults(node, docstring, explained(text))
            if ">>> " not in docstring and not is_called_by_compiled_code_alone(node):
                found.append("has no example")
        yield from (f"{node.lineno}: {node.name} {fault}" for fault in found)
        for method in node.body if isinstance(node, ast.ClassDef) else []:
            if isinstance(method, Function) and not method.name.startswith("_"):
                yield from method_faults(node, method, explained(text))


def method_faults(of: ast.ClassDef, method: Function, shared: set[str]) -> Iterator[str]:
    """A method or property says what it is; those of `ss.*` explain what they take and give too."""
    docstring = ast.get_docstring(method) or ""
    found = list(summary_faults(docstring))
    is_property = re.search(r"property|setter", decorators(method))
    if of.name.removesuffix("Results") in ss.__all__ and not is_property:
        found += function_faults(method, docstring, shared)
    yield from (f"{method.lineno}: {of.name}.{method.name} {fault}" for fault in found)


@pytest.mark.parametrize("name", list(MODULES))
def test_docstrings_are_whole(name: str) -> None:
    assert list(faults(MODULES[name].read_text(encoding="utf-8"))) == []


WHOLE = '''"""A module.

share : a number from 0 to 1.
"""
from typing import NamedTuple

class Pair(NamedTuple):
    """Two numbers.

    Attributes
    ----------
    low, high : the ends.

    Examples
    --------
    >>> Pair(1.0, 2.0).high
    2.0
    """
    low: float
    high: float

def half(share: float, times: int) -> float:
    """Return half of a share, some times over.

    Parameters
    ----------
    times : how often.

    Returns
    -------
    A share.

    Raises
    ------
    ValueError : `times` is below 0.

    Examples
    --------
    >>> half(0.5, 1)
    0.25
    """
    if times < 0:
        raise ValueError("times is below 0")
    return share / 2**times
'''


def test_a_whole_docstring_has_no_faults() -> None:
    assert list(faults(WHOLE)) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"""A module.\n\nshare : a number from 0 to 1.\n"""', "", "no docstring"),
        ("share : a number from 0 to 1.\n", "", "does not explain share"),
        ("    low, high : the ends.\n", "    low : one end.\n", "does not explain high"),
        ("    >>> Pair(1.0, 2.0).high\n    2.0\n", "", "Pair has no example"),
        ("    >>> half(0.5, 1)\n    0.25\n", "", "half has no example"),
        ("    times : how often.\n", "", "does not explain times"),
        ("    Returns\n    -------\n    A share.\n", "", "has no Returns"),
        ("    ValueError : ", "    KeyError : ", "does not name ValueError"),
        ('"""Return half of a share, some times over.', '"""Half', "no sentence"),
    ],
)
def test_what_is_missing_is_named(old: str, new: str, fault: str) -> None:
    assert WHOLE.count(old) == 1
    assert any(fault in line for line in faults(WHOLE.replace(old, new))), list(faults(WHOLE.replace(old, new)))


if __name__ == "__main__":  # what is missing, of the places named: python tests/test_docstrings.py network/ rules.py
    import sys

    for each, path in MODULES.items():
        if not sys.argv[1:] or any(each.startswith(place) for place in sys.argv[1:]):
            for line in faults(path.read_text(encoding="utf-8")):
                print(f"spreadsim/{each}:{line}")
