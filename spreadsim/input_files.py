"""Files from outside: read in one way, whoever asks.

What belongs here: reading a file that a user or somebody else wrote: a regular file and nothing else, of a bounded
size, in the encoding that it must have. Pipes, devices and folders are refused before anything is read from them.
What does not: what the text means.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spreadsim.errors import InputError, system_reason

_NOT_REGULAR = {
    stat.S_IFIFO: "a pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device", stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
}  # fmt: skip


Reader = Callable[[int], bytes]


def _read(number: int, size: int) -> bytes:
    """Return the next bytes of an open file, fewer than `size` at its end alone."""
    blocks: list[bytes] = []
    while size > 0 and (block := os.read(number, min(size, 1 << 20))):
        blocks.append(block)
        size -= len(block)
    return b"".join(blocks)


@contextmanager
def opened(path: Path) -> Iterator[tuple[Reader, os.stat_result]]:
    """Open whatever stands at a path without waiting for it, and say what it is.

    Parameters
    ----------
    path : of a file, a pipe, a device or a folder.

    Returns
    -------
    Iterator[tuple[Reader, os.stat_result]]
        Once: what reads so many bytes of it, and its status, by which to decide whether to read it.

    Raises
    ------
    OSError : there is nothing, or it cannot be opened.

    Examples
    --------
    >>> _ = Path("d.txt").write_bytes(b"reach")
    >>> with opened(Path("d.txt")) as (read, status):
    ...     stat.S_ISREG(status.st_mode), read(2)
    (True, b're')
    """
    # A pipe would be waited for: it is opened at once, and not read.
    number = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        yield lambda size: _read(number, size), os.fstat(number)
    finally:
        os.close(number)


def is_file(path: Path) -> bool:
    """Return whether a regular file stands at a path, whatever the path is: also one that no file can have.

    Parameters
    ----------
    path : any, for instance of a name on the command line.

    Returns
    -------
    bool
        False where the name is too long or holds a null byte, for which pathlib raises.

    Examples
    --------
    >>> is_file(Path("x" * 5000)), is_file(Path("a\\0b"))
    (False, False)
    """
    return os.path.isfile(path)


def is_folder(path: Path) -> bool:
    """Return whether a folder stands at a path, whatever the path is, as `is_file` does.

    Parameters
    ----------
    path : any.

    Returns
    -------
    bool
        False where no folder can have such a name.

    Examples
    --------
    >>> is_folder(Path(".")), is_folder(Path("x" * 5000))
    (True, False)
    """
    return os.path.isdir(path)


@contextmanager
def _regular_file(path: Path, shown: str, at_most: int, kind: str) -> Iterator[Reader]:
    """Open a regular file of a bounded size; whatever goes wrong until it is closed again is told in words."""
    too_large = f"{kind} has at most {at_most:,}"
    try:
        with opened(path) as (read, status):
            if not stat.S_ISREG(status.st_mode):
                raise _not_regular(status.st_mode, shown)
            if status.st_size > at_most:
                raise InputError(shown, "", f"the file has {status.st_size:,} bytes", too_large)
            yield read
    except (OSError, ValueError) as error:  # a name may hold a null byte
        if is_folder(path):  # some systems do not open folders at all
            raise _not_regular(stat.S_IFDIR, shown) from None
        reason = system_reason(error) if isinstance(error, OSError) else error
        raise InputError(shown, "", f"cannot be read ({reason})", "check the path and its permissions") from None


def check_regular(path: Path, shown: str, at_most: int, kind: str = "a file of this kind") -> None:
    """Refuse what is not a regular file of a bounded size, before a library opens it.

    Parameters
    ----------
    path : of the file.
    shown : its name in an error.
    at_most : bytes.
    kind : what the file is, in an error: ``a Parquet file``.

    Raises
    ------
    InputError : it is not a regular file, cannot be read or is too large.

    Examples
    --------
    >>> check_regular(Path("."), "here", 100)
    Traceback (most recent call last):
    spreadsim.errors.InputError: here: is a folder, not a file; name the file in it
    """
    with _regular_file(path, shown, at_most, kind):
        pass


def read_bytes(path: Path, shown: str, at_most: int, kind: str = "a file of this kind") -> bytes:
    """Return the content of a regular file.

    Parameters
    ----------
    path : of the file.
    shown : its name in an error.
    at_most : bytes.
    kind : what the file is, in an error: ``a network file``.

    Returns
    -------
    bytes
        The whole content.

    Raises
    ------
    InputError : it is not a regular file, cannot be read or is too large.

    Examples
    --------
    >>> _ = Path("a.txt").write_bytes(b"reach")
    >>> read_bytes(Path("a.txt"), "a.txt", 100)
    b'reach'
    >>> read_bytes(Path("."), "here", 100)
    Traceback (most recent call last):
    spreadsim.errors.InputError: here: is a folder, not a file; name the file in it
    """
    with _regular_file(path, shown, at_most, kind) as read:
        content = read(at_most + 1)
    if len(content) > at_most:
        raise InputError(shown, "", f"the file has more than {at_most:,} bytes", f"{kind} has at most {at_most:,}")
    return content


def read_text(path: Path, shown: str, at_most: int, kind: str = "a file of this kind") -> str:
    """Return the text of a regular file in UTF-8, without a byte-order mark.

    Parameters
    ----------
    path, shown, at_most, kind : as in `read_bytes`.

    Returns
    -------
    str
        The whole text.

    Raises
    ------
    InputError : as in `read_bytes`, or it is not UTF-8.

    Examples
    --------
    >>> _ = Path("b.txt").write_bytes(b"caf\\xe9")
    >>> read_text(Path("b.txt"), "b.txt", 100)
    Traceback (most recent call last):
    spreadsim.errors.InputError: b.txt: is not UTF-8 text (byte 3); save it as UTF-8, or as 'Unicode (UTF-8)'
    """
    content = read_bytes(path, shown, at_most, kind)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            shown, "", f"is not UTF-8 text (byte {error.start})", "save it as UTF-8, or as 'Unicode (UTF-8)'"
        ) from None


def read_json(path: Path, shown: str, at_most: int, kind: str = "a file of this kind") -> Any:
    """Return the content of a JSON file.

    Parameters
    ----------
    path, shown, at_most, kind : as in `read_bytes`.

    Returns
    -------
    Any
        What it holds.

    Raises
    ------
    InputError : as in `read_text`, or it is not JSON.

    Examples
    --------
    >>> _ = Path("c.json").write_text('{"reach": 0.5}')
    >>> read_json(Path("c.json"), "c.json", 100)
    {'reach': 0.5}
    """
    text = read_text(path, shown, at_most, kind)
    try:
        return json.loads(text)
    except RecursionError:
        raise InputError(shown, "", "is nested too deeply", "write it again") from None
    except ValueError as error:  # of JSON, and of numbers of thousands of digits
        raise InputError(shown, "", f"is not valid JSON ({str(error)[:100]})", "write it again") from None


def _not_regular(mode: int, shown: str) -> InputError:
    what = _NOT_REGULAR.get(stat.S_IFMT(mode), "something else")
    remedy = "name the file in it" if what == "a folder" else "name a regular file, or write it to one first"
    return InputError(shown, "", f"is {what}, not a file", remedy)
