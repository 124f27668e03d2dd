"""Whether a folder holds what its receipt says, found out without running anything.

What belongs here: reading a receipt that anybody may have written, and hashing the files that it names: regular files
inside the folder, of a bounded size, never through a link.
What does not: making results again (``comparison.reproduction``); a sweep's parts (``sweeps.folder``).
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from spreadsim.errors import InputError
from spreadsim.input_files import opened, read_json
from spreadsim.telling.atomic import RECEIPT

MAX_RECEIPT = 20_000_000  # bytes
MAX_FILE = 20_000_000_000  # bytes
MAX_LISTED = 1000  # files beside those of the receipt
WHOLE, CHANGED, MISSING, REFUSED = "whole", "CHANGED", "MISSING", "REFUSED"
TABLES = ("inputs", "results", "files")  # of a receipt, with hashes by file


@dataclass(frozen=True)
class Verification:
    """What a folder holds of what its receipt says.

    Attributes
    ----------
    verdicts : `WHOLE`, `CHANGED`, `MISSING` or `REFUSED` (a link, a pipe, a device) for each file of the receipt.
    unlisted : names of files that the receipt does not name, which nobody vouches for.
    needs : what a Python program added to the run and no file holds, in words; needed to make the results again.

    Examples
    --------
    >>> Verification({"runs.parquet": CHANGED, "summary.json": WHOLE}, ()).is_whole
    False
    """

    verdicts: Mapping[str, str]
    unlisted: tuple[str, ...]
    needs: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every file of the receipt is there, byte for byte."""
        return all(verdict == WHOLE for verdict in self.verdicts.values())


def receipt_document(folder: Path) -> dict[str, Any]:
    """Return a folder's receipt.

    Parameters
    ----------
    folder : a results folder, or a sweep's.

    Returns
    -------
    dict[str, Any]
        The receipt, whose tables of files hold hashes by name.

    Raises
    ------
    InputError : the folder has none, or it is no receipt, or it names a file outside the folder.

    Examples
    --------
    >>> receipt_document(Path("nowhere"))
    Traceback (most recent call last):
    spreadsim.errors.InputError: nowhere: provenance.json: cannot be read (No such file or directory); name a results folder of spreadsim
    """  # noqa: E501
    shown, remedy = str(folder), "name a results folder of spreadsim"
    try:
        document = read_json(folder / RECEIPT, RECEIPT, MAX_RECEIPT, "a receipt")
    except InputError as error:
        raise InputError(shown, RECEIPT, error.problem, remedy) from None
    if not isinstance(document, dict) or not any(isinstance(document.get(table), dict) for table in TABLES):
        raise InputError(shown, RECEIPT, "is not a receipt", remedy)
    for table in TABLES:
        if not isinstance(document.get(table, {}), dict):
            raise InputError(shown, RECEIPT, f"is not a receipt: '{table}' is not a table of files", remedy)
        for name, digest in document.get(table, {}).items():
            if not is_inside(name):
                raise InputError(shown, RECEIPT, f"names '{name[:100]}', which is outside the folder", remedy)
            if not isinstance(digest, str):
                raise InputError(shown, RECEIPT, f"has no hash for '{name[:100]}'", remedy)
    return document


def verified(folder: Path, digests: Mapping[str, str]) -> Verification:
    """Hash files and compare them with what they should be.

    Parameters
    ----------
    folder : where they stand.
    digests : SHA-256 in hexadecimal by the file's name, relative to the folder with ``/``.

    Returns
    -------
    Verification
        A verdict a file, and the names of files that `digests` does not hold.

    Examples
    --------
    >>> from spreadsim.telling.folder import sha256, write_text
    >>> Path("f").mkdir()
    >>> write_text(Path("f/a.txt"), "reach")
    >>> dict(verified(Path("f"), {"a.txt": sha256(Path("f/a.txt")), "b.txt": "00"}).verdicts)
    {'a.txt': 'whole', 'b.txt': 'MISSING'}
    """
    verdicts = {name: _verdict(folder, name, digest) for name, digest in sorted(digests.items())}
    return Verification(verdicts, tuple(_unlisted(folder, digests)))


def verify(folder: str | Path) -> Verification:
    """Compare a results folder with its receipt: every file byte for byte, without running anything.

    Parameters
    ----------
    folder : a results folder.

    Returns
    -------
    Verification
        A verdict a file.

    Raises
    ------
    InputError : the folder has no receipt, or one that names files outside it.

    Examples
    --------
    >>> result = ss.compare("classroom", replicates=2, frontier=False)
    >>> _ = result.save("kept")
    >>> verify("kept").is_whole
    True
    """
    folder = Path(folder)
    receipt = receipt_document(folder)
    digests = {name: digest for table in TABLES for name, digest in receipt.get(table, {}).items()}
    return replace(verified(folder, digests), needs=needs_of(receipt))


def own_record(receipt: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what a receipt says of what a Python program added to the run.

    Parameters
    ----------
    receipt : of a results folder, or of a sweep's, whoever wrote it.

    Returns
    -------
    A table by the name of each part: ``service_class``, ``network``, ``measures.NAME``; empty where there was nothing.

    Examples
    --------
    >>> own_record({"options": {"own": {"network": {"identity": "0123abcd"}}}})
    {'network': {'identity': '0123abcd'}}
    """
    options = receipt.get("options")
    own = options.get("own") if isinstance(options, Mapping) else receipt.get("own")
    if not isinstance(own, Mapping):
        return {}
    return {str(name): dict(part) for name, part in own.items() if isinstance(part, Mapping)}


def needs_of(receipt: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a Python program has to give again to make results again, in words.

    Parameters
    ----------
    receipt : of a results folder, or of a sweep's.

    Returns
    -------
    A phrase for each part.

    Examples
    --------
    >>> own = {"service_class": {"name": "InCompany", "module": "study", "identity": "0123abcd" * 4}}
    >>> needs_of({"options": {"own": own}})
    ('service_class (InCompany of study, identity 0123abcd)',)
    """
    phrases = []
    for name, part in own_record(receipt).items():
        of = f"{part['name']} of {part['module']}, " if {"name", "module"} <= part.keys() else ""
        phrases.append(f"{name} ({of}identity {str(part.get('identity', ''))[:8]})")
    return tuple(phrases)


def is_inside(name: str) -> bool:
    """Return whether a name stays within its folder, on every system.

    Parameters
    ----------
    name : of a file, relative to the folder, with ``/``.

    Returns
    -------
    bool
        False for an absolute path, one with ``..``, a drive, a backslash or a null byte.

    Examples
    --------
    >>> [is_inside(name) for name in ("inputs/a.csv", "../a.csv", "/etc/passwd", "C:a")]
    [True, False, False, False]
    """
    parts = PurePosixPath(name).parts
    return bool(parts) and ".." not in parts and "\\" not in name and "\0" not in name and not (
        PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive
    )  # fmt: skip


def _verdict(folder: Path, name: str, digest: str) -> str:
    path = folder
    for part in PurePosixPath(name).parts:
        path = path / part
        if path.is_symlink():
            return REFUSED
    hashed = hashlib.sha256()
    try:
        with opened(path) as (read, status):
            if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE:
                return REFUSED
            left = status.st_size
            while left > 0 and (block := read(min(left, 1 << 20))):
                hashed.update(block)
                left -= len(block)
    except (FileNotFoundError, NotADirectoryError):
        return MISSING
    except OSError:
        return REFUSED
    return WHOLE if hashed.hexdigest() == digest else CHANGED


def _unlisted(folder: Path, digests: Mapping[str, str]) -> list[str]:
    names: list[str] = []
    for place, folders, files in os.walk(folder, followlinks=False):
        folders.sort()
        for file in sorted(files):
            name = (Path(place) / file).relative_to(folder).as_posix()
            if name not in digests and name != RECEIPT:
                names.append(name)
                if len(names) >= MAX_LISTED:
                    return names
    return names
