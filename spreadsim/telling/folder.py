"""Results folders: written whole or not at all, and carrying their own receipt.

What belongs here: tables to Parquet and back, summaries to JSON, the resolved scenario and its inputs, and hashes of
all of them. What does not: which tables a folder holds (``comparison.folder`` and its like), and how it appears at once
(``telling.atomic``). No path of the machine stands in a folder.

folder : path of the results folder.
path : of the file.
force : whether a results folder that exists is replaced.
scenario : a resolved `Scenario`.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from spreadsim.errors import InputError
from spreadsim.input_files import check_regular
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import to_toml
from spreadsim.telling.atomic import RECEIPT, atomic_folder

MAX_TABLE = 20_000_000_000  # bytes of a Parquet file


def write_parquet(columns: Mapping[str, np.ndarray], path: Path) -> None:
    """Write columns of equal length as Parquet; nan becomes null, text is dictionary-encoded.

    Parameters
    ----------
    columns : arrays of one length, by name.

    Examples
    --------
    >>> write_parquet({"reach": np.array([0.5, np.nan])}, Path("reach.parquet"))
    >>> read_parquet(Path("reach.parquet"))["reach"].tolist()
    [0.5, nan]
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = {}
    for name, values in columns.items():
        array = pa.array(values, from_pandas=True)
        arrays[name] = array.dictionary_encode() if pa.types.is_string(array.type) else array
    pq.write_table(pa.table(arrays), path, compression="zstd")


def read_table(path: Path, columns: Sequence[str] | None = None, filters: Any = None) -> Any:
    """Return a Parquet file as an Arrow table.

    Parameters
    ----------
    columns : to read; all by default.
    filters : rows to read, as PyArrow takes them; all by default.

    Returns
    -------
    An Arrow table.

    Raises
    ------
    InputError : it is not a regular file, not Parquet, damaged, or lacks a column.

    Examples
    --------
    >>> write_parquet({"month": np.arange(3)}, Path("a.parquet"))
    >>> read_table(Path("a.parquet"), columns=["month"]).num_rows
    3
    >>> write_text(Path("b.parquet"), "month")
    >>> read_table(Path("b.parquet"))
    Traceback (most recent call last):
    spreadsim.errors.InputError: b.parquet: is not a table of ours, or is damaged; make it again
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    check_regular(path, path.name, MAX_TABLE, "a Parquet file")
    try:
        with path.open("rb") as file:  # a path would be taken apart: its folders may be read as columns
            table = pq.read_table(file, columns=columns, filters=filters)
        table.validate(full=True)
    except (OSError, ValueError, KeyError, NotImplementedError, pa.ArrowException):
        raise InputError(path.name, "", "is not a table of ours, or is damaged", "make it again") from None
    lacking = [name for name in columns or () if name not in table.column_names]
    if lacking:
        raise InputError(path.name, lacking[0], "the table has no such column", "make it again")
    return table


def read_parquet(path: Path) -> Any:
    """Return a Parquet file as a pandas DataFrame.

    Returns
    -------
    A DataFrame with the file's columns.

    Raises
    ------
    InputError : as in `read_table`.

    Examples
    --------
    >>> write_parquet({"month": np.arange(3)}, Path("a.parquet"))
    >>> len(read_parquet(Path("a.parquet")))
    3
    """
    return read_table(path).to_pandas()


def as_json(value: Any) -> str:
    """Return a value as JSON text, for people and programs.

    Parameters
    ----------
    value : mappings, sequences, NumPy's and Python's numbers, text, True, False and None.

    Returns
    -------
    Indented text that ends in a line break; nan and infinity are null.

    Examples
    --------
    >>> print(as_json({"reach": np.float64(0.5), "months": float("inf")}), end="")
    {
      "reach": 0.5,
      "months": null
    }
    """

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
    """Return the SHA-256 of a file.

    Returns
    -------
    64 hexadecimal digits.

    Examples
    --------
    >>> write_text(Path("a.txt"), "reach")
    >>> sha256(Path("a.txt"))[:8]
    'ed4561f6'
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def hashes(folder: Path) -> dict[str, str]:
    """Return the hash of every file under a folder but the receipt.

    Returns
    -------
    SHA-256 by the file's name relative to the folder, with ``/`` between its parts, in order.

    Examples
    --------
    >>> Path("folder").mkdir()
    >>> write_text(Path("folder") / "summary.json", "{}")
    >>> list(hashes(Path("folder")))
    ['summary.json']
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != RECEIPT)
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}


def versions() -> dict[str, str]:
    """Return the versions that results may depend on.

    Returns
    -------
    Version by name: spreadsim and its rulebook, Python, the libraries that compute, and the platform.

    Examples
    --------
    >>> list(versions())[:3]
    ['spreadsim', 'rulebook', 'python']
    """
    import importlib.metadata

    import spreadsim
    from spreadsim.drivers.compilation import code_identity

    result = {"spreadsim": spreadsim.__version__, "rulebook": code_identity(), "python": platform.python_version()}
    for name in ("numpy", "scipy", "numba", "mesa", "networkx", "pyarrow"):
        result[name] = importlib.metadata.version(name)
    result["platform"] = f"{sys.platform} {platform.machine()}"
    return result


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def copy_inputs(scenario: Scenario, place: Path) -> Scenario:
    """Copy the files that a scenario is read with into ``inputs/``: those of its network, and its sets of parameters.

    Parameters
    ----------
    place : folder in which ``inputs/`` is made.

    Returns
    -------
    The scenario with the paths of the copies; the same one where it is read with no other file.

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom")
    >>> copy_inputs(scenario, Path()) is scenario
    True
    """
    from spreadsim.scenario.parameter_sets import sets_file, with_sets_file

    sets = sets_file(scenario)
    if sets is not None:
        (place / "inputs").mkdir(exist_ok=True)
        shutil.copyfile(sets, place / "inputs" / sets.name)
        scenario = with_sets_file(scenario, f"inputs/{sets.name}")
    if scenario.network.source != "file":
        return scenario
    from spreadsim.network.reading.files import files_of_scenario, network_files

    source = files_of_scenario(scenario)
    files = network_files(source, scenario.network)
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
    """Write a results folder, whole or not at all: the scenario and its inputs, the files, and the receipt.

    Parameters
    ----------
    options : options of the command that the receipt holds; ``command`` is its name.
    started : when the run began, as ISO 8601; the time of writing where None.
    files : for each file name what writes it, called with its path.
    last : called with the folder and the receipt as far as it is known, for what shows the receipt.

    Returns
    -------
    Path of the folder.

    Raises
    ------
    InputError, SpreadsimError : the folder cannot be written.

    Examples
    --------
    >>> files = {"note.txt": lambda path: write_text(path, "twelve services")}
    >>> scenario = ss.load_scenario("classroom")
    >>> folder = write_folder(Path("out"), False, scenario, {"command": "compare"}, None, files)
    >>> sorted(file.name for file in folder.iterdir())
    ['note.txt', 'provenance.json', 'scenario.toml']
    """
    with atomic_folder(folder, force) as place:
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
        digests = hashes(place)
        is_input = {name: name == "scenario.toml" or name.startswith("inputs/") for name in digests}
        receipt["inputs"] = {name: digest for name, digest in digests.items() if is_input[name]}
        receipt["results"] = {name: digest for name, digest in digests.items() if not is_input[name]}
        receipt["started"], receipt["ended"] = started or _now(), _now()
        (place / RECEIPT).write_text(as_json(receipt), encoding="utf-8")
    return folder


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with the same line ends on every system.

    Parameters
    ----------
    text : what the file is to hold.

    Examples
    --------
    >>> write_text(Path("note.txt"), "twelve services")
    >>> Path("note.txt").read_bytes()
    b'twelve services'
    """
    path.write_text(text, encoding="utf-8", newline="\n")
