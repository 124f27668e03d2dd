"""Compiling the rulebook, and keeping what was compiled.

What belongs here: how pure Python modules become compiled ones, and where compiled code is kept between runs. The
folder's name holds a hash of every source that is compiled, so that a changed rule never runs stale. Where nothing
can be written, code is compiled anew in each process. What does not: whether a run waits for it (``first_run``).

A wheel may bring code that was compiled for a common processor, in ``compiled/``. It is used where this processor runs
it and it gives a known answer.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import pickle
import platform
import sys
import tempfile
import threading
import types
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
from filelock import BaseFileLock, FileLock, Timeout
from llvmlite import binding, ir
from numba.core import cgutils
from numba.core.caching import CompileResultCacheImpl, NullCache
from numba.core.serialize import dumps
from numba.extending import intrinsic
from platformdirs import user_cache_path

# What a run's numbers follow from: every module of these folders of the package ("." is its door), subfolders too.
CODE_FOLDERS = (".", "scenario", "network", "outcomes", "drivers")
ABOVE = ("adapters.py", "receipts.py")  # at the door, and on a floor above the drivers
_PACKAGE = Path(__file__).parent.parent

# Where code comes with the package: for which processor it was compiled, and what of it a processor must be able to do.
SHIPPED = _PACKAGE / "compiled"
COMMON_PROCESSORS = {
    "x86_64": ("x86-64-v3", ("avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe")),
    "arm64": ("generic", ()),
}
LONGEST_WAIT = 600.0  # seconds for another process that compiles

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


def code_sources(package: Path = _PACKAGE, folders: Iterable[str] = CODE_FOLDERS) -> dict[str, bytes]:
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
    >>> [name for name in code_sources() if name.startswith("r")]
    ['rules.py']
    """
    sources = {}
    for folder in folders:
        for path in (package / folder).glob("*.py") if folder == "." else (package / folder).rglob("*.py"):
            if folder != "." or path.name not in ABOVE:
                sources[path.relative_to(package).as_posix()] = path.read_bytes()
    return dict(sorted(sources.items()))


def identity_of(sources: dict[str, bytes]) -> str:
    """Return a hash of sources and of where each stands.

    Parameters
    ----------
    sources : by path, as from `code_sources`.

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
    return identity_of(code_sources(folders=(*CODE_FOLDERS, *also)))


def _built_with() -> str:
    """Return what compiled code depends on beside the processor, as a part of a folder's name."""
    versions = f"{numba.__version__}-{llvmlite.__version__}-py{sys.version_info[0]}{sys.version_info[1]}"
    return f"{code_identity()}-{versions}-{sys.platform}"


@lru_cache(maxsize=1)
def cache_folder() -> Path | None:
    """Return the folder for code compiled for this processor, or None where nothing can be written.

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
    features = numba.config.CPU_FEATURES
    processor = f"{numba.config.CPU_NAME or binding.get_host_cpu_name()} " + (
        binding.get_host_cpu_features().flatten() if features is None else features
    )
    for place in [Path(home) / "spreadsim"] if home else usual:
        folder = place / f"{_built_with()}-{hashlib.sha256(processor.encode()).hexdigest()[:8]}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return None


def shipped_folder(within: Path = SHIPPED) -> Path | None:
    """Return the folder for code that comes with the package and that this processor can run, or None.

    Parameters
    ----------
    within : folder of such folders.

    Returns
    -------
    A folder, which need not exist; None where no such code is made for processors of this kind.

    Examples
    --------
    >>> folder = shipped_folder()
    >>> folder is None or code_identity() in folder.name
    True
    """
    machine = platform.machine().lower()
    name, needs = COMMON_PROCESSORS.get({"amd64": "x86_64", "aarch64": "arm64"}.get(machine, machine), ("", ()))
    features = binding.get_host_cpu_features()
    if not name or not all(features.get(feature) for feature in needs):
        return None
    return within / f"{_built_with()}-{name}"


def is_compiled() -> bool:
    """Return whether compiled code is kept from an earlier run or came with the package, or the compiler is off.

    Returns
    -------
    Whether a run need not wait for the compiler.

    Examples
    --------
    >>> is_compiled() in (True, False)
    True
    """
    folders = [folder for folder in (cache_folder(), shipped_folder()) if folder is not None]
    return bool(numba.config.DISABLE_JIT) or any(any(folder.glob("*.code")) for folder in folders)


def is_being_compiled() -> bool:
    """Return whether a process is compiling for the cache folder now.

    Returns
    -------
    Whether one is; False where that cannot be told.

    Examples
    --------
    >>> is_being_compiled() in (True, False)
    True
    """
    folder = cache_folder()
    try:
        if folder is not None:
            with FileLock(folder / "lock", timeout=0):
                pass
    except Timeout:
        return True
    except (OSError, NotImplementedError):
        pass
    return False


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


class _Packing(CompileResultCacheImpl):
    """Numba's way of turning compiled code into what can be written and back, without a place of its own."""

    def __init__(self) -> None:
        pass


class _KeptCode(NullCache):
    """Compiled code of one function in files, one for each form that its arguments take.

    Numba's own cache keeps an index beside them, goes by the place and the time of the source, and lets several
    processes compile the same at once. Here the folder's name says what the code follows from, and one process compiles
    while others wait for it.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._lock: BaseFileLock | None = None  # held from the moment that nothing is there until the code is kept

    def file_of(self, signature: Any, folder: Path) -> Path:
        return folder / f"{self._function.__name__}-{hashlib.sha256(str(signature).encode()).hexdigest()[:16]}.code"

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled code of a form, or None if it must be compiled."""
        own, shipped = cache_folder(), shipped_folder()
        if own is not None and (code := self._load(self.file_of(sig, own), target_context)) is not None:
            return code
        if shipped is not None and (code := self._load(self.file_of(sig, shipped), target_context)) is not None:
            answer, answer_of = shipped / "answer.txt", self._function.__globals__["answer_of"]
            if answer.is_file() and answer.read_text().strip() == answer_of(code.entry_point):
                return code
        if own is None:
            return None
        try:
            self._lock = FileLock(own / "lock", timeout=LONGEST_WAIT).acquire().lock
        except (Timeout, OSError, NotImplementedError):
            return None
        code = self._load(self.file_of(sig, own), target_context)
        if code is not None:  # another process compiled it meanwhile
            self._release()
        return code

    def _load(self, file: Path, target_context: Any) -> Any:
        try:
            content = pickle.loads(file.read_bytes())
            target_context.refresh()
            return _Packing().rebuild(target_context, content)
        except Exception:  # it is not there, or damaged: then it is compiled, and written again
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the code of a form, whole or not at all."""
        folder = cache_folder()
        try:
            if folder is not None:
                part = self.file_of(sig, folder).with_suffix(f".{os.getpid()}")
                part.write_bytes(dumps(_Packing().reduce(data)))
                part.replace(self.file_of(sig, folder))
        except OSError:
            pass  # the disk is full: it runs all the same
        finally:
            self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def compile_cached(function: Callable[..., Any]) -> Any:
    """Compile `function`, free of the interpreter's lock, and keep the code in the cache folder.

    Parameters
    ----------
    function : of arrays, numbers and named tuples of them. A function ``answer_of`` of its module gives the answer of
        any form of it to one question: code that came with the package is used only where that is the answer beside it.

    Returns
    -------
    The function, to be called from Python.

    Examples
    --------
    >>> @compile_cached  # doctest: +SKIP
    ... def total(values):
    ...     return values.sum()
    """
    compiled = numba.njit(nogil=True, _nrt=False, no_cfunc_wrapper=True)(function)
    if not numba.config.DISABLE_JIT:
        compiled._cache = _KeptCode(function)
    return compiled
