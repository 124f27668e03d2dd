"""Files and folders that appear whole or not at all, and nothing of them where a run was killed.

What belongs here: the folder aside that a result is written in before it is renamed, the lock by which others see that
its process lives, and clearing what dead processes left. What does not: what is written (``telling.folder`` and its
like); a sweep's parts, which are mended by the next sweep (``sweeps.store``).
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from spreadsim.errors import InputError, SpreadsimError, system_reason

RECEIPT = "provenance.json"
_LOCK, _NEW, _OLD = "lock", "new", "old"  # what a folder aside holds
_ASIDE = re.compile(r"\.(?P<name>.+)-[a-z0-9_]{8}\.partial", re.DOTALL)
_STARTING = 60.0  # seconds in which a process may still be about to take its lock


def free_name(folder: Path) -> Path:
    """Return a folder's own path where nothing is there, else the first of folder-2, folder-3, ... that does not exist.

    Parameters
    ----------
    folder : path of a folder to write.

    Returns
    -------
    A path at which nothing is.

    Examples
    --------
    >>> Path("small").mkdir()
    >>> free_name(Path("small")).name, free_name(Path("smaller")).name
    ('small-2', 'smaller')
    """
    if not folder.exists():
        return folder
    number = 2
    while (candidate := folder.with_name(f"{folder.name}-{number}")).exists():
        number += 1
    return candidate


def check_target(folder: Path, force: bool) -> None:
    """Refuse a folder that cannot be written, before anything is run.

    Parameters
    ----------
    folder : path of the results folder.
    force : whether a results folder that exists is replaced.

    Raises
    ------
    InputError : it exists and `force` is false, it is not a results folder of ours, or no file can be written there.

    Examples
    --------
    >>> check_target(Path("new"), force=False)
    >>> Path("old.txt").touch()
    >>> check_target(Path("old.txt"), force=False)
    Traceback (most recent call last):
    spreadsim.errors.InputError: --out: old.txt: is a file; choose another name
    """
    label = str(folder)
    try:
        exists = folder.exists()
        if not exists:
            parent = next(p for p in folder.absolute().parents if p.exists())
            if not parent.is_dir():
                raise InputError("--out", label, "cannot be written here", "choose another folder")
            with tempfile.TemporaryFile(dir=parent):
                return
    except OSError as error:
        problem = f"cannot be written ({system_reason(error)})"
        raise InputError("--out", label, problem, "choose another folder") from None
    except ValueError as error:  # a null byte
        raise InputError("--out", label, f"cannot be written ({error})", "choose another folder") from None
    if not folder.is_dir():
        raise InputError("--out", label, "is a file", "choose another name")
    if any(folder.iterdir()):
        if not force:
            raise InputError("--out", label, "exists already", "choose another folder, or give --force to replace it")
        if not (folder / RECEIPT).is_file():
            raise InputError("--out", label, "exists and is not a results folder", "choose another folder")


@contextmanager
def folder_aside(parent: Path, name: str) -> Iterator[Path]:
    """Provide a folder to work in, which goes afterwards; first clear those that dead processes left beside it.

    The process holds a lock in it for as long as it lives, however it ends: by that others see that it is at work.

    Parameters
    ----------
    parent : where it stands.
    name : that its own begins with, after a point.

    Yields
    ------
    Path of the folder, which holds a lock and nothing else.

    Raises
    ------
    OSError : nothing can be written there.

    Examples
    --------
    >>> with folder_aside(Path("."), "grid") as aside:
    ...     print(aside.name[:6], aside.suffix)
    .grid- .partial
    >>> aside.exists()
    False
    """
    clear_leftovers(parent)
    while True:
        aside = Path(tempfile.mkdtemp(prefix=f".{name[:200]}-", suffix=".partial", dir=parent))
        lock = FileLock(aside / _LOCK)
        try:
            lock.acquire()
            if (aside / _LOCK).exists():  # else somebody cleared it between the two lines
                break
            lock.release()
        except OSError:
            shutil.rmtree(aside, ignore_errors=True)
            raise
    try:
        yield aside
    finally:
        lock.release()
        shutil.rmtree(aside, ignore_errors=True)


def clear_leftovers(parent: Path) -> None:
    """Remove what killed processes left in a folder, and put back results that one was about to replace.

    Parameters
    ----------
    parent : in which results are written. What a living process is at work in, and what is not ours, stays.

    Examples
    --------
    >>> Path(".grid-0123abcd.partial").mkdir()
    >>> Path(".grid-0123abcd.partial/lock").touch()
    >>> clear_leftovers(Path("."))
    >>> list(Path(".").glob(".*.partial"))
    []
    """
    try:
        places = [Path(entry.path) for entry in os.scandir(parent) if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return
    for place in places:
        match = _ASIDE.fullmatch(place.name)
        if match is None:
            continue
        try:
            inside = {path.name for path in place.iterdir()}
            if not inside and time.time() - place.stat().st_mtime > _STARTING:
                place.rmdir()
            if _LOCK not in inside:
                continue
            with FileLock(place / _LOCK, timeout=0):
                target = parent / match["name"]
                if _OLD in inside and not target.exists():  # killed between the two renames
                    (place / (_NEW if _NEW in inside else _OLD)).rename(target)
            shutil.rmtree(place, ignore_errors=True)
        except (OSError, Timeout):  # its process lives, or it is somebody else's
            continue


@contextmanager
def atomic_path(target: Path, option: str = "--out") -> Iterator[Path]:
    """Provide a path to write a file or a folder at, which takes its own place once all is written.

    It stands in a folder beside the target and is renamed at the end; where anything fails, both are removed.

    Parameters
    ----------
    target : path of the file or folder, in a folder that exists; what stands there is replaced.
    option : of the command that names it, for an error.

    Yields
    ------
    A path at which nothing is yet.

    Raises
    ------
    InputError : nothing can be written there.
    SpreadsimError : writing failed.

    Examples
    --------
    >>> with atomic_path(Path("mine.toml")) as path:
    ...     _ = path.write_text("name = 'mine'")
    ...     print(Path("mine.toml").exists())
    False
    >>> Path("mine.toml").exists()
    True
    """
    target = target.absolute()
    with ExitStack() as stack:
        try:
            aside = stack.enter_context(folder_aside(target.parent, target.name))
        except OSError as error:
            problem = f"cannot be written ({system_reason(error)})"
            raise InputError(option, str(target), problem, "choose another place") from None
        try:
            yield aside / _NEW
            if target.exists():
                target.rename(aside / _OLD)
            try:
                (aside / _NEW).rename(target)
            except OSError:
                if (aside / _OLD).exists():
                    (aside / _OLD).rename(target)
                raise
        except OSError as error:
            reason = system_reason(error)
            raise SpreadsimError(f"{target}: could not be written ({reason}); nothing was left behind") from error


@contextmanager
def atomic_folder(folder: Path, force: bool) -> Iterator[Path]:
    """Provide a temporary folder to write in, which becomes the results folder once all is written.

    Parameters
    ----------
    folder : path of the results folder.
    force : whether a results folder that exists is replaced.

    Yields
    ------
    Path of the temporary folder.

    Raises
    ------
    InputError : the folder cannot be written (`check_target`).
    SpreadsimError : writing failed.

    Examples
    --------
    >>> with atomic_folder(Path("organic"), force=False) as temporary:
    ...     _ = (temporary / "summary.json").write_text("{}")
    ...     print(Path("organic").exists())
    False
    >>> [file.name for file in Path("organic").iterdir()]
    ['summary.json']
    """
    check_target(folder, force)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"cannot be written ({system_reason(error)})"
        raise InputError("--out", str(folder), problem, "choose another folder") from None
    with atomic_path(folder) as temporary:
        temporary.mkdir()
        yield temporary


def write_together(folder: Path, files: Mapping[str, bytes], option: str = "--out") -> None:
    """Write several files of a folder whole or not at all; what else it holds stays.

    Parameters
    ----------
    folder : that holds them; made where it is missing.
    files : contents by name.
    option : of the command that names the folder, for an error.

    Raises
    ------
    InputError : nothing can be written there; what stood there before still does.

    Examples
    --------
    >>> write_together(Path("analysis"), {"findings.json": b"{}", "map.csv": b"reach"})
    >>> sorted(path.name for path in Path("analysis").iterdir())
    ['findings.json', 'map.csv']
    """
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with folder_aside(folder, folder.name) as aside:
            for name, content in files.items():
                (aside / name).write_bytes(content)
            for name in files:
                os.replace(aside / name, folder / name)
    except OSError as error:
        if is_new:
            with suppress(OSError):
                folder.rmdir()
        problem = f"could not be written ({system_reason(error)}), and was left as it was"
        raise InputError(option, str(folder), problem, "make room, or choose another folder") from None
