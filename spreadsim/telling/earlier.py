"""What stood in a folder before new results, and the newest results by name.

What belongs here: reading the summary and the receipt of a results folder that is to be replaced, what differs from
them, and ``latest``, which names the newest folder. What does not: what a comparison's numbers say of it
(``comparison.changes``).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spreadsim.errors import InputError
from spreadsim.input_files import read_json
from spreadsim.telling.atomic import RECEIPT, folder_aside
from spreadsim.telling.wording import listed

LATEST = "latest"
_MOST_BYTES = 100_000_000  # of a summary or a receipt


@dataclass(frozen=True)
class FolderState:
    """The summary and the receipt of a results folder.

    Attributes
    ----------
    summary : of the results; empty where the folder has none.
    receipt : of the folder.

    Examples
    --------
    >>> FolderState({}, {"seed": 1}).receipt["seed"]
    1
    """

    summary: Mapping[str, Any]
    receipt: Mapping[str, Any]


def folder_state(folder: Path) -> FolderState | None:
    """Return what a results folder says of itself.

    Parameters
    ----------
    folder : path.

    Returns
    -------
    `FolderState`; None where nothing is there, or nothing that can be read.

    Examples
    --------
    >>> folder_state(Path("no-results")) is None
    True
    """
    receipt = _document(folder / RECEIPT)
    return None if receipt is None else FolderState(_document(folder / "summary.json") or {}, receipt)


def _document(path: Path) -> dict[str, Any] | None:
    try:
        document = read_json(path, path.name, _MOST_BYTES)
    except InputError:
        return None
    return document if isinstance(document, dict) else None


def same_results(before: FolderState, after: FolderState) -> bool:
    """Return whether every result but the report is the same to the last byte.

    Parameters
    ----------
    before, after : what the two folders say of themselves.

    Returns
    -------
    A boolean.

    Examples
    --------
    >>> state = FolderState({}, {"results": {"runs.parquet": "ab12"}})
    >>> same_results(state, state)
    True
    """
    one, other = (
        {name: digest for name, digest in state.receipt.get("results", {}).items() if not name.endswith(".html")}
        for state in (before, after)
    )
    return bool(one) and one == other


def differing_options(before: FolderState, after: FolderState) -> str:
    """Return what was asked differently: seed, runs, horizon, and the model's code.

    Parameters
    ----------
    before, after : what the two folders say of themselves.

    Returns
    -------
    Text; empty where nothing differs.

    Examples
    --------
    >>> differing_options(FolderState({}, {"seed": 1}), FolderState({}, {"seed": 9}))
    'seed 1 -> 9'
    """
    parts = []
    for key in ("scenario", "seed", "replicates", "months"):
        old, new = (state.summary.get(key, state.receipt.get(key)) for state in (before, after))
        if old is not None and new is not None and old != new:
            parts.append(f"{key} {old} -> {new}")
    codes = [state.receipt.get("versions", {}).get("rulebook") for state in (before, after)]
    if codes[0] != codes[1]:
        parts.append("another version of the model")
    return listed(parts) if parts else ""


def name_latest(folder: Path) -> None:
    """Let ``latest``, beside a folder in ``results``, name that folder.

    A symbolic link, or a text file that holds the name where links cannot be made. It is replaced at once, so that of
    several runs at a time the last to end is named, and no reader finds it missing. What is not ours stays, and
    nothing is said where nothing can be written.

    Parameters
    ----------
    folder : of new results; elsewhere than in a folder ``results`` nothing is done.

    Examples
    --------
    >>> Path("results/default").mkdir(parents=True)
    >>> name_latest(Path("results/default"))
    >>> latest_folder(Path("results/latest")).resolve().name
    'default'
    """
    place = folder.absolute()
    latest = place.parent / LATEST
    if place.parent.name != "results" or place == latest:
        return
    try:
        if not latest.is_symlink() and latest.exists() and latest_folder(latest) == latest:
            return  # somebody's own folder or file
        with folder_aside(place.parent, LATEST) as aside:
            new = aside / LATEST
            try:
                new.symlink_to(place.name, target_is_directory=True)
            except (OSError, NotImplementedError):
                new.write_text(place.name + "\n", encoding="utf-8")
            os.replace(new, latest)
    except OSError:
        return


def latest_folder(folder: Path) -> Path:
    """Return the folder that ``latest`` names where it is a text file; any other path as it is.

    Parameters
    ----------
    folder : path that a user gave.

    Returns
    -------
    Path of a folder.

    Examples
    --------
    >>> Path("results/organic").mkdir(parents=True)
    >>> _ = Path("results/latest").write_text("organic")
    >>> latest_folder(Path("results/latest")).name
    'organic'
    """
    if folder.name != LATEST or not folder.is_file():
        return folder
    try:
        name = folder.read_text(encoding="utf-8").strip() if folder.stat().st_size < 1000 else ""
    except (OSError, UnicodeDecodeError):
        return folder
    return folder.parent / name if name and Path(name).name == name and (folder.parent / name).is_dir() else folder
