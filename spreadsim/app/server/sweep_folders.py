"""The folders of sweeps that the app offers, and those that are open.

What belongs here: the one folder that whoever starts the app names, which sweeps stand in it, and reading one. A page
chooses from this list; no text of a page is ever made into a path. What is read is shared by all sessions and never
changed.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from spreadsim.errors import InputError, SpreadsimError
from spreadsim.input_files import read_json
from spreadsim.scenario.files import read_toml
from spreadsim.sweeps import store
from spreadsim.sweeps.map import axis_names
from spreadsim.sweeps.tables import SweepTables
from spreadsim.telling.atomic import RECEIPT
from spreadsim.telling.verification import MAX_RECEIPT

MAX_ENTRIES = 200
MAX_OPEN = 3  # sweeps kept in memory for all sessions
MAX_RUNS = 3_000_000
_offer: list[Path] = []


@dataclass(frozen=True)
class SweepEntry:
    """A sweep that may be chosen: its place in the folder, its title and how far it is.

    Attributes
    ----------
    name : of the folder.
    title : of the experiment; empty where its file cannot be read.
    state : how far the sweep is, in words.

    Examples
    --------
    >>> SweepEntry("grid", "Best balance", "1,000 runs").state
    '1,000 runs'
    """

    name: str
    title: str
    state: str


def offer_folder(folder: Path | None) -> None:
    """Offer the sweeps in a folder; none where it is None.

    Parameters
    ----------
    folder : in which sweeps stand, or a sweep itself.

    Examples
    --------
    >>> offer_folder(None)
    >>> sweep_entries()
    []
    """
    _offer[:] = [] if folder is None else [folder.resolve()]


def _folders() -> dict[str, Path]:
    """Return the folders of sweeps by name: the root where it is one itself, and those that stand in it."""
    if not _offer or not _offer[0].is_dir():
        return {}
    inside = sorted(path for path in _offer[0].iterdir() if not path.is_symlink())
    places = {path.name: path for path in (_offer[0], *inside) if (path / store.IDENTITY).is_file()}
    return dict(list(places.items())[:MAX_ENTRIES])


def sweep_entries() -> list[SweepEntry]:
    """Return the sweeps that may be chosen.

    Returns
    -------
    One entry for each sweep, by name.

    Examples
    --------
    >>> offer_folder(None)
    >>> sweep_entries()
    []
    """
    return [SweepEntry(name, _title(path), _state(path)) for name, path in _folders().items()]


def _title(path: Path) -> str:
    try:
        document = read_toml(path / "experiment.toml", "experiment.toml")
    except InputError:
        return ""
    return str(document.get("title", ""))[:300]


def _state(path: Path) -> str:
    if not (path / RECEIPT).is_file():
        return "not finished"
    document = receipt(path)
    runs, failed = (n if isinstance(n := document.get(name), int) else 0 for name in ("runs", "failed"))
    return f"{runs:,} runs" + (f", {failed:,} failed" if failed else "")


def receipt(path: Path) -> dict[str, Any]:
    """Return the receipt of a sweep; empty where there is none that can be read.

    Parameters
    ----------
    path : folder of a sweep.

    Returns
    -------
    What the receipt says, empty where it cannot be read.

    Examples
    --------
    >>> receipt(Path("no-such-folder"))
    {}
    """
    try:
        document = read_json(path / RECEIPT, RECEIPT, MAX_RECEIPT, "a receipt")
    except InputError:
        return {}
    return document if isinstance(document, dict) else {}


@dataclass
class OpenSweep:
    """A sweep that has been read.

    Attributes
    ----------
    name : of the sweep's folder.
    tables : of the sweep.
    factors : what may be an axis of a map.
    receipt : where the sweep comes from.

    Examples
    --------
    >>> OpenSweep("grid", tables=None, factors=["balance"], receipt={}).factors
    ['balance']
    """

    name: str
    tables: SweepTables
    factors: list[str]
    receipt: dict[str, Any]
    _values: dict[str, np.ndarray] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def values(self, measure: str) -> np.ndarray:
        """Return a measure, read once; shape (points, settings, replicates)."""
        with self._lock:
            if measure not in self._values:
                self._values[measure] = self.tables.values(measure)
            return self._values[measure]


_cache: OrderedDict[tuple[str, int, int], OpenSweep] = OrderedDict()
_cache_lock = threading.Lock()


def open_sweep(name: str) -> OpenSweep:
    """Return one of the sweeps offered.

    Parameters
    ----------
    name : of an entry in the list.

    Returns
    -------
    The sweep, read once for all sessions.

    Raises
    ------
    SpreadsimError : it is none of them, unfinished, damaged, or too large for the app.

    Examples
    --------
    >>> open_sweep("no-such-sweep")
    Traceback (most recent call last):
        ...
    spreadsim.errors.SpreadsimError: This sweep is no longer in the folder. Choose another.
    """
    path = _folders().get(name)
    if path is None:
        raise SpreadsimError("This sweep is no longer in the folder. Choose another.")
    manifest = path / store.MANIFEST
    if not manifest.is_file():
        raise SpreadsimError("This sweep has no finished runs yet.")
    status = manifest.stat()
    key = (name, status.st_mtime_ns, status.st_size)
    with _cache_lock:
        if key not in _cache:
            runs = sum(int(record["runs"]) for record in store.chunk_records(path).values())
            if runs > MAX_RUNS:
                raise SpreadsimError(f"{runs:,} runs are more than the app can open; use 'spreadsim analyse'.")
            try:
                tables = SweepTables(path)
            except SpreadsimError as error:  # the page is told the sweep's name, not where it stands
                raise SpreadsimError(str(error).replace(str(path), name)) from None
            _cache[key] = OpenSweep(name, tables, axis_names(tables), receipt(path))
            while len(_cache) > MAX_OPEN:
                _cache.popitem(last=False)
        _cache.move_to_end(key)
        return _cache[key]
