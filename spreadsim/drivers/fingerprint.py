"""The identity of what only a Python program holds: functions, classes and data, by source and by value.

What belongs here: one hash of an object that is the same in every process as long as what it does is the same. Of a
function it takes the source, the defaults, what it closes over and the globals it reads; of a class its bases and all
that it defines; of data the values. What is installed (the standard library, other packages) counts by name and
version, and spreadsim itself by name, since the identity of its own code stands beside.
"""

from __future__ import annotations

import dataclasses
import dis
import functools
import hashlib
import inspect
import sys
import textwrap
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

_NOT_CONTENT = (
    "__module__", "__dict__", "__weakref__", "__doc__", "__qualname__", "__firstlineno__", "__static_attributes__",
    "__annotations__", "__annotate__", "__annotate_func__", "__annotations_cache__", "__parameters__",
    "__orig_bases__", "__slotnames__", "_abc_impl", "__abstractmethods__",
)  # fmt: skip


def fingerprint(value: Any) -> str:
    """Return the identity of an object.

    Parameters
    ----------
    value : a function, a class, a NetworkX graph, arrays, or any object that can be pickled.

    Returns
    -------
    32 hexadecimal digits.

    Raises
    ------
    TypeError : something that it refers to cannot be taken apart, as an open file.

    Examples
    --------
    >>> def scaled(factor):
    ...     return lambda x: factor * x
    >>> fingerprint(scaled(2.0)) == fingerprint(scaled(2.0)), fingerprint(scaled(2.0)) == fingerprint(scaled(3.0))
    (True, False)
    """
    content = _Content()
    content.add(value)
    return content.digest.hexdigest()[:32]


def is_installed(module: str) -> bool:
    """Return whether a module is the standard library's or an installed package's, and not the program's own.

    Parameters
    ----------
    module : its full name.

    Returns
    -------
    bool
        False for ``__main__`` and for files beside the program.

    Examples
    --------
    >>> is_installed("json.decoder"), is_installed("numpy.linalg"), is_installed("__main__")
    (True, True, False)
    """
    root = module.partition(".")[0]
    if root == "__main__":
        return False
    if root in ("spreadsim", "builtins") or root in sys.stdlib_module_names:
        return True
    file = getattr(sys.modules.get(root), "__file__", None) or ""
    return "site-packages" in file or "dist-packages" in file


class _Content:
    """The content of an object, taken up part by part; what was met before counts by its number."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self._numbers: dict[int, int] = {}
        self._kept: list[Any] = []  # so that no number of a living object is given twice

    def _note(self, *parts: object) -> None:
        for part in parts:
            data = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
            self.digest.update(f"{len(data)}:".encode() + data)

    def add(self, value: Any) -> None:
        """Take up one object."""
        if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
            self._note(type(value).__name__, value if isinstance(value, bytes) else repr(value))
            return
        if isinstance(value, np.generic):
            self._note("scalar", value.dtype.str, value.tobytes())
            return
        if id(value) in self._numbers:
            self._note("again", self._numbers[id(value)])
            return
        self._numbers[id(value)] = len(self._numbers)
        self._kept.append(value)
        self._add_whole(value)

    def _add_whole(self, value: Any) -> None:
        if isinstance(value, np.ndarray) and value.dtype != object:
            self._note("array", value.dtype.str, value.shape, np.ascontiguousarray(value).tobytes())
        elif isinstance(value, (list, tuple)):
            self._note(type(value).__name__, len(value))
            self._add_all(value)
        elif isinstance(value, (set, frozenset)):
            self._note("set", *sorted(fingerprint(item) for item in value))
        elif isinstance(value, Mapping):
            self._note("mapping", len(value))
            for key, item in value.items():
                self.add(key)
                self.add(item)
        elif isinstance(value, ModuleType):
            self._add_module(value)
        elif isinstance(value, type):
            self._add_class(value)
        elif isinstance(value, FunctionType):
            self._add_function(value)
        elif isinstance(value, MethodType):
            self._add_all((value.__func__, value.__self__))
        elif isinstance(value, functools.partial):
            self._add_all((value.func, value.args, value.keywords))
        elif isinstance(value, (staticmethod, classmethod)):
            self._add_all((type(value).__name__, value.__func__))
        elif isinstance(value, property):
            self._add_all((value.fget, value.fset, value.fdel))
        elif isinstance(value, functools.cached_property):
            self.add(value.func)
        elif _is_graph(value):
            self._note("graph", value.is_directed(), value.is_multigraph())
            self._add_all((dict(value.graph), list(value.nodes(data=True)), list(value.edges(data=True))))
        elif dataclasses.is_dataclass(value):  # by its fields: what was worked out of them since does not count
            self.add(type(value))
            self._add_all(getattr(value, field.name) for field in dataclasses.fields(value))
        else:
            self._add_instance(value)

    def _add_all(self, values: Any) -> None:
        for value in values:
            self.add(value)

    def _add_name(self, kind: str, module: str, name: str) -> None:
        root = module.partition(".")[0]
        version = "" if root == "spreadsim" else getattr(sys.modules.get(root), "__version__", "")
        self._note(kind, module, name, version if isinstance(version, str) else "")

    def _add_module(self, module: ModuleType) -> None:
        if is_installed(module.__name__):
            self._add_name("module", module.__name__, "")
            return
        try:
            self._note("module", inspect.getsource(module))
        except (OSError, TypeError):
            raise TypeError(f"the source of the module '{module.__name__}' cannot be read") from None

    def _add_class(self, of: type) -> None:
        if is_installed(of.__module__ or "builtins"):
            self._add_name("class", of.__module__, of.__qualname__)
            return
        self._note("class", of.__qualname__)
        self._add_all(of.__bases__)
        for name, value in sorted(vars(of).items()):
            if name not in _NOT_CONTENT:
                self._note(name)
                self.add(value)

    def _add_function(self, function: FunctionType) -> None:
        is_own = not is_installed(function.__module__ or "builtins")
        if is_own:
            self._note("function", _source(function))
        else:
            self._add_name("function", function.__module__, function.__qualname__)
        self._add_all((function.__defaults__, function.__kwdefaults__))
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            self._note(name)
            try:
                self.add(cell.cell_contents)
            except ValueError:  # not yet filled
                self._note("empty")
        for name in sorted(set(_globals_read(function.__code__))) if is_own else ():
            if name in function.__globals__:
                self._note(name)
                self.add(function.__globals__[name])

    def _add_instance(self, value: Any) -> None:
        """Take up an object as pickle would take it apart."""
        reduced = value.__reduce_ex__(4)
        if isinstance(reduced, str):
            self._add_name("object", type(value).__module__, reduced)
            return
        self._note("object")
        self._add_all(reduced[:3])
        for items in reduced[3:5]:
            self.add(None if items is None else list(items))


def _is_graph(value: Any) -> bool:
    return all(hasattr(value, name) for name in ("is_directed", "is_multigraph", "nodes", "edges", "graph")) and (
        type(value).__module__.partition(".")[0] == "networkx"
    )


def _source(function: FunctionType) -> str:
    """Return a function's text, or what the interpreter runs where there is no text."""
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return repr(list(_instructions(function.__code__)))


def _instructions(code: CodeType) -> Iterator[tuple[str, str]]:
    for step in dis.get_instructions(code):
        if isinstance(step.argval, CodeType):
            yield from _instructions(step.argval)
        else:
            yield step.opname, step.argrepr


def _globals_read(code: CodeType) -> Iterator[str]:
    """Yield the names of globals that a function reads, and the functions within it."""
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield str(step.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals_read(constant)
