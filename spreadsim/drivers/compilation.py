"""Compiling the rulebook, and keeping what was compiled.

What belongs here: how pure Python modules become compiled ones, and where compiled code is kept between runs. The
folder's name holds a hash of every source that is compiled, so that a changed rule never runs stale. Where nothing
can be written, code is compiled anew in each process.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
import tempfile
import threading
import types
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numba
from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic
from platformdirs import user_cache_path

# What a run's numbers follow from: every module of these folders of the package ("." is its door), subfolders too.
DECIDING = (".", "scenario", "network", "outcomes", "drivers")
_PACKAGE = Path(__file__).parent.parent

_loading = threading.Lock()

# Compiled code here allocates nothing, so references need no counting, and is called from compiled code alone, so it
# needs no way in from Python: without both, it compiles in a third of the time and runs ten times as fast. A run's
# arrays fill some five thousand bytes of arguments, and its parameters hundreds: everything is made part of its
# caller, so that none of it is ever passed on.
_INSIDE = {"_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
helper = numba.njit(forceinline=True, **_INSIDE)
# What only calls others in turn is copied before it is compiled: what it calls is then compiled one time less.
in_place = numba.njit(inline="always", **_INSIDE)


def compiled_module(module: types.ModuleType, replaced: dict[str, Any] | None = None) -> types.ModuleType:
    """Return a copy of `module` in which every function is compiled and calls its compiled siblings.

    Parameters
    ----------
    module : of pure Python functions.
    replaced : compiled modules, by the names under which `module` imported them.

    Returns
    -------
    A module; its functions can be called from compiled code alone.

    Examples
    --------
    >>> from spreadsim import draws
    >>> compiled_module(draws).mix is draws.mix
    False
    """
    copy = types.ModuleType(f"{module.__name__}_compiled")
    names = copy.__dict__
    names.update({key: value for key, value in vars(module).items() if not key.startswith("__")})
    names.update(replaced or {})
    names["__name__"] = module.__name__  # cached code finds its globals by an importable name
    for key, value in vars(module).items():
        if isinstance(value, types.FunctionType) and value.__module__ == module.__name__:
            names[key] = helper(types.FunctionType(value.__code__, names, value.__name__, value.__defaults__))
    return copy


@intrinsic
def prefetch_row(_: Any, array: Any, place: Any) -> Any:
    """Prefetch row `place` of an array into the cache, without waiting for it (compiled code alone).

    Parameters
    ----------
    array : of any shape.
    place : index on its first axis.

    Returns
    -------
    The type of the call and its code, as Numba asks for them.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = signature.args[0]
        values = context.make_array(kind)(context, builder, arguments[0])
        number, byte = ir.IntType(32), ir.IntType(8)
        first = [arguments[1], *[ir.Constant(ir.IntType(64), 0)] * (kind.ndim - 1)]
        address = builder.bitcast(cgutils.get_item_pointer(context, builder, kind, values, first), byte.as_pointer())
        prefetch = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [address.type, number, number, number]), "llvm.prefetch.p0i8"
        )
        to_read, keep, data = 0, 3, 1
        builder.call(prefetch, [address, *(ir.Constant(number, value) for value in (to_read, keep, data))])
        return context.get_dummy_value()

    return numba.types.void(array, numba.types.intp), generate


def deciding_sources(package: Path = _PACKAGE, folders: Iterable[str] = DECIDING) -> dict[str, bytes]:
    """Return the source of every module that decides the numbers, by its path within the package.

    Parameters
    ----------
    package : its folder.
    folders : within it; ``.`` is the package's door, without folders.

    Returns
    -------
    Sources by path, sorted.

    Examples
    --------
    >>> [name for name in deciding_sources() if name.startswith("r")]
    ['rules.py']
    """
    sources = {}
    for folder in folders:
        for path in (package / folder).glob("*.py") if folder == "." else (package / folder).rglob("*.py"):
            sources[path.relative_to(package).as_posix()] = path.read_bytes()
    return dict(sorted(sources.items()))


def identity_of(sources: dict[str, bytes]) -> str:
    """Return a hash of sources and of where each stands.

    Parameters
    ----------
    sources : by path, as from `deciding_sources`.

    Returns
    -------
    Sixteen hexadecimal digits.

    Examples
    --------
    >>> identity_of({"rules.py": b"x = 1"}) == identity_of({"rules.py": b"x = 2"})
    False
    """
    digest = hashlib.sha256()
    for name, source in sources.items():
        digest.update(f"{name}\0{len(source)}\0".encode() + source)
    return digest.hexdigest()[:16]


@lru_cache
def code_identity(*also: str) -> str:
    """Return the identity of the code: a hash of all that decides a run's numbers. It names caches and runs.

    Parameters
    ----------
    also : folders of the package that decide what is kept of a run, beside those that decide its numbers.

    Returns
    -------
    Sixteen hexadecimal digits.

    Examples
    --------
    >>> len(code_identity())
    16
    """
    return identity_of(deciding_sources(folders=(*DECIDING, *also)))


@lru_cache(maxsize=1)
def cache_folder() -> Path | None:
    """Return the folder for compiled code, or None where nothing can be written.

    It is the user's for caches, or the system's for what is temporary; ``SPREADSIM_CACHE`` names another one.

    Returns
    -------
    A folder that exists and can be written to, or None.

    Examples
    --------
    >>> folder = cache_folder()
    >>> folder is None or folder.is_dir()
    True
    """
    home = os.environ.get("SPREADSIM_CACHE")
    usual = [user_cache_path("spreadsim", appauthor=False), Path(tempfile.gettempdir()) / "spreadsim"]
    for place in [Path(home) / "spreadsim"] if home else usual:
        folder = place / f"{code_identity()}-{numba.__version__}-py{sys.version_info[0]}{sys.version_info[1]}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return None


def is_compiled() -> bool:
    """Return whether compiled code is kept from an earlier run, or the compiler is switched off altogether.

    Returns
    -------
    Whether a run need not wait for the compiler.

    Examples
    --------
    >>> is_compiled() in (True, False)
    True
    """
    folder = cache_folder()
    return bool(numba.config.DISABLE_JIT) or (folder is not None and any(folder.rglob("*.nbi")))


@lru_cache(maxsize=1)
def interpreted_engine() -> types.ModuleType:
    """Return the compiled driver's engine and loops as plain Python: the same code, and the same numbers.

    For small work before anything is compiled, which would otherwise wait for the compiler.

    Returns
    -------
    The module `drivers.engine`, a copy of its own.

    Examples
    --------
    >>> engine = interpreted_engine()
    >>> engine.IS_INTERPRETED
    True
    """
    package = importlib.import_module("spreadsim.drivers")
    with _loading:
        before = {name: sys.modules.pop(f"spreadsim.drivers.{name}", None) for name in ("loops", "engine")}
        jit, numba.config.DISABLE_JIT = numba.config.DISABLE_JIT, True
        try:
            return importlib.import_module("spreadsim.drivers.engine")
        finally:
            numba.config.DISABLE_JIT = jit
            for name, module in before.items():  # whoever asks for the modules by name gets the compiled ones
                del sys.modules[f"spreadsim.drivers.{name}"]
                delattr(package, name)
                if module is not None:
                    sys.modules[f"spreadsim.drivers.{name}"] = module
                    setattr(package, name, module)


def cached(function: Callable[..., Any]) -> Any:
    """Compile `function`, free of the interpreter's lock, and keep the code in the cache folder.

    Parameters
    ----------
    function : of arrays, numbers and named tuples of them.

    Returns
    -------
    The function, to be called from Python.

    Examples
    --------
    >>> @cached  # doctest: +SKIP
    ... def total(values):
    ...     return values.sum()
    """
    folder = cache_folder()
    if folder is None:
        return numba.njit(nogil=True, _nrt=False)(function)
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        return numba.njit(nogil=True, cache=True, _nrt=False, no_cfunc_wrapper=True)(function)
    finally:
        numba.config.CACHE_DIR = before
