"""Results folders: written whole or not at all, and carrying their own receipt.

What belongs here: tables to Parquet, summaries to JSON, the resolved scenario and its inputs, hashes of all of them,
and the renaming that makes a folder appear at once. Nothing in it names a path of the machine.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from spreadsim.errors import InputError, SpreadsimError
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import to_toml

RECEIPT = "provenance.json"


def write_parquet(columns: Mapping[str, np.ndarray], path: Path) -> None:
    """Write columns of equal length as Parquet; nan becomes null, text is dictionary-encoded."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = {}
    for name, values in columns.items():
        array = pa.array(values, from_pandas=True)
        arrays[name] = array.dictionary_encode() if pa.types.is_string(array.type) else array
    pq.write_table(pa.table(arrays), path, compression="zstd")


def read_parquet(path: Path) -> Any:
    """Return a Parquet file as a pandas DataFrame."""
    import pandas as pd

    return pd.read_parquet(path)


def as_json(value: Any) -> str:
    """Return `value` as JSON text with nan and infinity as null, for people and programs."""

    def plain(item: Any) -> Any:
        if isinstance(item, Mapping):
            return {str(key): plain(part) for key, part in item.items()}
        if isinstance(item, (list, tuple)):
            return [plain(part) for part in item]
        if isinstance(item, (float, np.floating)):
            return float(item) if np.isfinite(item) else None
        if isinstance(item, np.integer):
            return int(item)
        if isinstance(item, np.bool_):
            return bool(item)
        return item

    return json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def hashes(folder: Path) -> dict[str, str]:
    """Return the hash of every file under `folder` but the receipt, by its relative name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != RECEIPT)
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}


def free_name(folder: Path) -> Path:
    """Return `folder`, or the first of folder-2, folder-3, ... that does not exist."""
    if not folder.exists():
        return folder
    number = 2
    while (candidate := folder.with_name(f"{folder.name}-{number}")).exists():
        number += 1
    return candidate


def check_target(folder: Path, force: bool) -> None:
    """Refuse a folder that cannot be written, before anything is run.

    Raises
    ------
    InputError : it exists and `force` is not given, or it is not a results folder of ours.
    """
    shown = str(folder)
    try:
        known = folder.exists()
        if not known:
            parent = next(p for p in folder.absolute().parents if p.exists())
            if not parent.is_dir() or not os.access(parent, os.W_OK):
                raise InputError("--out", shown, "cannot be written here", "choose another folder")
            tempfile.TemporaryDirectory(prefix=".spreadsim-", dir=parent).cleanup()
            return
    except OSError as error:
        raise InputError("--out", shown, f"cannot be written ({error.strerror})", "choose another folder") from None
    if not folder.is_dir():
        raise InputError("--out", shown, "is a file", "choose another name")
    if any(folder.iterdir()):
        if not force:
            raise InputError("--out", shown, "exists already", "choose another folder, or give --force to replace it")
        if not (folder / RECEIPT).is_file():
            raise InputError("--out", shown, "exists and is not a results folder", "choose another folder")


@contextmanager
def written_whole(folder: Path, force: bool) -> Iterator[Path]:
    """Give a temporary folder beside `folder` to write in; rename it once all is written, or remove it."""
    check_target(folder, force)
    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=".partial", dir=folder.parent))
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
        raise InputError("--out", str(folder), problem, "choose another folder") from None
    try:
        yield temporary
        temporary.chmod(0o755)
        if folder.exists():
            aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=".old", dir=folder.parent))
            folder.rename(aside / "old")
            temporary.rename(folder)
            shutil.rmtree(aside, ignore_errors=True)
        else:
            temporary.rename(folder)
    except OSError as error:
        raise SpreadsimError(f"{folder}: could not be written ({error.strerror}); nothing was left behind") from error
    finally:
        if temporary.exists():
            shutil.rmtree(temporary, ignore_errors=True)


def versions() -> dict[str, str]:
    """Return the versions that results may depend on."""
    import importlib.metadata

    import spreadsim
    from spreadsim.drivers.compilation import code_identity

    found = {"spreadsim": spreadsim.__version__, "rulebook": code_identity(), "python": platform.python_version()}
    for name in ("numpy", "scipy", "numba", "mesa", "networkx", "pyarrow"):
        found[name] = importlib.metadata.version(name)
    found["platform"] = f"{sys.platform} {platform.machine()}"
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def copy_inputs(scenario: Scenario, place: Path) -> Scenario:
    """Copy the files that a scenario is read with into ``inputs/``; return the scenario that names them.

    They are those of its network, and its sets of parameters.
    """
    from spreadsim.scenario.parameter_sets import sets_file

    sets = sets_file(scenario)
    if sets is not None:
        (place / "inputs").mkdir(exist_ok=True)
        shutil.copyfile(sets, place / "inputs" / sets.name)
        run = scenario.run.model_copy(update={"parameter_sets": f"inputs/{sets.name}"})
        scenario = scenario.model_copy(update={"run": run})
    if scenario.network.source != "file":
        return scenario
    from spreadsim.network.reading.files import files_of_scenario, files_read

    source = files_of_scenario(scenario)
    files = files_read(source, scenario.network)
    target = place / "inputs" / source.name
    for file in files:
        copy = target / file.relative_to(source) if source.is_dir() else target
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
    network = scenario.network.model_copy(update={"path": f"inputs/{source.name}"})
    return scenario.model_copy(update={"network": network})


def write_folder(
    folder: Path,
    force: bool,
    scenario: Scenario,
    options: Mapping[str, Any],
    started: str | None,
    files: Mapping[str, Callable[[Path], None]],
    last: Callable[[Path, dict[str, Any]], None] | None = None,
) -> Path:
    """Write a results folder, whole or not at all: the scenario and its inputs, `files` by name, and the receipt.

    `last` is called with the folder and the receipt as it stands, for what shows the receipt.
    """
    with written_whole(folder, force) as place:
        (place / "scenario.toml").write_text(to_toml(copy_inputs(scenario, place)), encoding="utf-8")
        for name, write in files.items():
            write(place / name)
        receipt: dict[str, Any] = {
            "command": " ".join(["spreadsim", str(options["command"]), scenario.name]),
            "options": {key: value for key, value in options.items() if key != "command"},
            "seed": scenario.run.seed,
            "versions": versions(),
        }
        if last is not None:
            last(place, receipt)
        known = hashes(place)
        is_input = {name: name == "scenario.toml" or name.startswith("inputs/") for name in known}
        receipt["inputs"] = {name: digest for name, digest in known.items() if is_input[name]}
        receipt["results"] = {name: digest for name, digest in known.items() if not is_input[name]}
        receipt["started"], receipt["ended"] = started or _now(), _now()
        (place / RECEIPT).write_text(as_json(receipt), encoding="utf-8")
    return folder


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with the same line ends on every system."""
    path.write_text(text, encoding="utf-8", newline="\n")
