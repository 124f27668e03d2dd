"""The folder of a sweep: parts, the manifest that vouches for them, and the lock.

What belongs here: writing a chunk's parts aside and renaming them, the append-only manifest with a digest of each part,
finding what is finished, refusing a second coordinator, and reading the tables back. A chunk counts as finished once
its line stands whole in the manifest and its parts are those that the line describes; anything else is removed and run
again.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from spreadsim.errors import InputError, SpreadsimError, system_reason
from spreadsim.input_files import read_bytes, read_json, read_text
from spreadsim.telling import folder as telling_folder

MANIFEST, LOCK, HOLDER, IDENTITY = "manifest.jsonl", "sweep.lock", "sweep.holder", "identity.json"
_IDENTITY_FIELDS = {
    "rules": "version of the code",
    "scenario": "scenario or other settings (by their hash)",
    "levers": "list of levers",
    "uncertainties": "list of uncertainties",
    "keep": "choice of tables",
    "own": "class, network or measures from Python (by their identity)",
    "curves": "choice of curves",
}
KINDS = ("runs", "curves", "events")
MAX_PART, MAX_MANIFEST, MAX_IDENTITY, MAX_HOLDER = 2_000_000_000, 2_000_000_000, 50_000_000, 10_000  # bytes
SORT = {"runs": ("run",), "curves": ("run", "month"), "events": ("run", "month", "service")}


def digest(content: bytes) -> str:
    """Return the SHA-256 of some content.

    Parameters
    ----------
    content : bytes.

    Returns
    -------
    64 hexadecimal digits.

    Examples
    --------
    >>> digest(b"")[:16]
    'e3b0c44298fc1c14'
    """
    return hashlib.sha256(content).hexdigest()


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: under another name, forced to disk, then renamed.

    Parameters
    ----------
    path : of the file; its folder is made where it is missing.
    content : bytes.

    Raises
    ------
    SpreadsimError : the disk is full or cannot be written; nothing is left behind.

    Examples
    --------
    >>> write_atomic(Path("points/points.csv"), b"point")
    >>> Path("points/points.csv").read_bytes()
    b'point'
    """
    aside = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise SpreadsimError(_disk_message(path, error)) from error


def _disk_message(path: Path, error: OSError) -> str:
    reason = system_reason(error)
    return (
        f"{path}: could not be written ({reason}); every finished chunk is kept: make room, then give the same "
        "command again"
    )


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Hold the folder for one coordinator; the system frees it when the process ends, however it ends.

    Parameters
    ----------
    folder : of the sweep; made where it is missing.

    Yields
    ------
    Nothing; the folder is held inside the block.

    Raises
    ------
    InputError : another coordinator is at work in it, or nothing can be written there.
    SpreadsimError : the disk is full.

    Examples
    --------
    >>> with lock(Path("busy")):
    ...     Path("busy").is_dir()
    True
    """
    holder = folder / HOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file_lock = FileLock(folder / LOCK, timeout=0).acquire()
    except Timeout:
        who = _holder_text(holder)
        raise InputError(
            str(folder),
            LOCK,
            f"a sweep is at work in this folder ({who or 'another process'})",
            "wait for it, stop it, or give another --out",
        ) from None
    except OSError as error:  # a Timeout is one too, and was seen to
        problem = f"cannot be written ({system_reason(error)})"
        raise InputError("--out", str(folder), problem, "choose another folder") from None
    with file_lock:
        try:
            holder.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")
        except OSError as error:
            raise SpreadsimError(_disk_message(holder, error)) from error
        yield


def _holder_text(path: Path) -> str:
    try:
        return read_text(path, HOLDER, MAX_HOLDER).strip()
    except InputError:
        return ""


# ------------------------------------------------------------------------------------------------- manifest


def _line(record: Mapping[str, Any]) -> bytes:
    text = json.dumps(record, separators=(",", ":"), sort_keys=True)
    return (
        json.dumps({"check": digest(text.encode())[:16], "record": record}, separators=(",", ":"), sort_keys=True)
        + "\n"
    ).encode()


def manifest_records(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the manifest's whole lines in order; a torn or damaged line is passed over.

    Parameters
    ----------
    folder : of the sweep.

    Yields
    ------
    A record a line: a chunk added, or one dropped.

    Examples
    --------
    >>> list(manifest_records(Path("empty")))
    []
    """
    path = folder / MANIFEST
    if not path.exists():
        return
    for line in read_bytes(path, MANIFEST, MAX_MANIFEST, "a manifest").split(b"\n"):
        try:
            outer = json.loads(line)
            record = outer["record"]
            text = json.dumps(record, separators=(",", ":"), sort_keys=True)
            if outer["check"] == digest(text.encode())[:16] and _is_record(record):
                yield record
        except (ValueError, KeyError, TypeError, RecursionError):
            continue


def _is_record(record: Any) -> bool:
    """Return whether what a line holds can be a record: a folder may come from anybody."""
    if not isinstance(record, dict):
        return False
    if "dropped" in record:
        return isinstance(record["dropped"], str)
    parts = record.get("parts")
    return (
        isinstance(record.get("chunk"), str)
        and record["chunk"].isalnum()
        and isinstance(parts, dict)
        and set(parts) <= set(KINDS)
        and all(isinstance(p, dict) and set(p) >= {"bytes", "sha256"} for p in parts.values())
        and _are_runs(record)
    )


def _are_runs(record: Mapping[str, Any]) -> bool:
    """Return whether a record says which runs it holds, in whole numbers and texts; one of a test may say nothing."""
    counts = [record.get(name, 0) for name in ("runs", "failed")]
    texts = [record.get(name, []) for name in ("points", "settings")]
    replicates = record.get("replicates", [0, 1])
    return (
        all(isinstance(count, int) and count >= 0 for count in counts)
        and all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in texts)
        and isinstance(replicates, list)
        and len(replicates) == 2
        and all(isinstance(n, int) for n in replicates)
        and 0 <= replicates[0] <= replicates[1]
    )


def _append_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Add a line to the manifest and force it to disk.

    Raises
    ------
    SpreadsimError : the disk is full; the manifest is as it was.
    """
    path = folder / MANIFEST
    before = path.stat().st_size if path.exists() else 0
    try:
        with path.open("ab") as file:
            if before and not _ends_whole(path):
                file.write(b"\n")
            file.write(_line(record))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with_room = path.stat().st_size if path.exists() else 0
        if with_room > before:
            os.truncate(path, before)
        raise SpreadsimError(_disk_message(path, error)) from error


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def part_path(folder: Path, kind: str, chunk: str) -> Path:
    """Return where a chunk's part of one table stands.

    Parameters
    ----------
    folder : of the sweep.
    kind : of the table: ``runs``, ``curves`` or ``events``.
    chunk : its key.

    Returns
    -------
    Path of a Parquet file.

    Examples
    --------
    >>> part_path(Path("small"), "runs", "0123abcd").as_posix()
    'small/runs/part-0123abcd.parquet'
    """
    return folder / kind / f"part-{chunk}.parquet"


def write_chunk(folder: Path, record: dict[str, Any], parts: Mapping[str, bytes]) -> None:
    """Write a chunk's parts, then the line of the manifest that vouches for them.

    Parameters
    ----------
    folder : of the sweep.
    record : of the chunk; takes the size and digest of each part.
    parts : Parquet files in bytes, by table.

    Raises
    ------
    SpreadsimError : the disk is full or cannot be written.

    Examples
    --------
    >>> write_chunk(Path("chunks"), {"chunk": "0123abcd"}, {"runs": b"PAR1"})
    >>> list(chunk_records(Path("chunks")))
    ['0123abcd']
    """
    record["parts"] = {kind: {"bytes": len(content), "sha256": digest(content)} for kind, content in parts.items()}
    for kind, content in parts.items():
        write_atomic(part_path(folder, kind, record["chunk"]), content)
    _append_record(folder, record)


def _part_fault(folder: Path, record: Mapping[str, Any]) -> str:
    """Say what is wrong with a chunk's parts; empty if they are those that the manifest describes."""
    for kind, description in record["parts"].items():
        path = part_path(folder, kind, record["chunk"])
        try:
            content = read_bytes(path, path.name, MAX_PART, "a part")
        except InputError as error:
            return f"{path.name}: {error.problem}"
        if len(content) != description["bytes"]:
            return f"{path.name}: {len(content)} bytes instead of {description['bytes']}"
        if digest(content) != description["sha256"]:
            return f"{path.name}: its content is not what was written"
    return ""


def chunk_records(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the chunks that the manifest counts as finished: those added and not dropped since.

    Parameters
    ----------
    folder : of the sweep.

    Returns
    -------
    Records by key of the chunk.

    Examples
    --------
    >>> write_chunk(Path("records"), {"chunk": "0123abcd"}, {"runs": b"PAR1"})
    >>> chunk_records(Path("records"))["0123abcd"]["parts"]["runs"]["bytes"]
    4
    """
    chunks: dict[str, dict[str, Any]] = {}
    for record in manifest_records(folder):
        if "dropped" in record:
            chunks.pop(record["dropped"], None)
        else:
            chunks[record["chunk"]] = record
    return chunks


def repair(folder: Path) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Drop what is damaged, and return the chunks that are whole.

    Parts that are damaged are dropped in the manifest and removed, as are parts that no line vouches for and files
    left half-written. Only the coordinator that holds the lock calls this.

    Parameters
    ----------
    folder : of the sweep.

    Returns
    -------
    The finished chunks by key, each checked against its digest; and what was wrong, in sentences.

    Raises
    ------
    SpreadsimError : the disk is full or cannot be written.

    Examples
    --------
    >>> write_chunk(Path("damaged"), {"chunk": "0123abcd"}, {"runs": b"PAR1"})
    >>> _ = part_path(Path("damaged"), "runs", "0123abcd").write_bytes(b"PA")
    >>> repair(Path("damaged"))
    ({}, ['part-0123abcd.parquet: 2 bytes instead of 4; its runs are run again'])
    """
    chunks, faults = chunk_records(folder), []
    for key, record in list(chunks.items()):
        problem = _part_fault(folder, record)
        if problem:
            faults.append(f"{problem}; its runs are run again")
            _append_record(folder, {"dropped": key, "reason": problem})
            del chunks[key]
    for kind in KINDS:
        place = folder / kind
        for path in place.iterdir() if place.is_dir() else ():
            key = path.name.removeprefix("part-").removesuffix(".parquet")
            if (key not in chunks or path.name.startswith(".")) and not path.is_dir():
                path.unlink()
    for path in folder.glob(".*.partial"):
        if not path.is_dir():
            path.unlink()
    return chunks, faults


def read_identity(folder: Path) -> dict[str, Any]:
    """Return what identifies a sweep, as its folder has it.

    Parameters
    ----------
    folder : of the sweep.

    Returns
    -------
    The content of ``identity.json``.

    Raises
    ------
    InputError : it cannot be read, or is damaged.

    Examples
    --------
    >>> result = ss.sweep("clustering", out="small", settings=["run.replicates=2", "run.months=12"])
    >>> read_identity(result.folder)["seed"]
    1
    """
    remedy = "give another --out, or take the file from a copy of the folder"
    try:
        document = read_json(folder / IDENTITY, IDENTITY, MAX_IDENTITY)
    except InputError as error:
        raise InputError(str(folder), IDENTITY, f"is damaged: {error.problem}", remedy) from None
    if not isinstance(document, dict):
        raise InputError(str(folder), IDENTITY, "is damaged: it is not a table", remedy)
    return document


def check_identity(folder: Path, identity: Mapping[str, Any]) -> None:
    """Hold the folder to one experiment: what decides its runs is written at the start and compared ever after.

    Parameters
    ----------
    folder : of the sweep.
    identity : what decides its runs, by name.

    Raises
    ------
    InputError : the folder holds the runs of something else.

    Examples
    --------
    >>> Path("new").mkdir()
    >>> check_identity(Path("new"), {"seed": 1})
    >>> check_identity(Path("new"), {"seed": 2})
    Traceback (most recent call last):
    spreadsim.errors.InputError: new: seed: ...
    """
    path = folder / IDENTITY
    if not path.exists():
        own_files = (LOCK, HOLDER, "sweep.log", f".{IDENTITY}.partial")
        strange = [p.name for p in folder.iterdir() if p.name not in own_files]
        if strange:
            raise InputError(str(folder), strange[0], "the folder exists and is not a sweep's", "give another --out")
        write_atomic(path, (json.dumps(identity, indent=1, sort_keys=True) + "\n").encode())
        return
    before = read_identity(folder)
    for name, value in identity.items():
        if before.get(name) != value:
            what = _IDENTITY_FIELDS.get(name, name)
            raise InputError(
                str(folder),
                name,
                f"the folder holds runs made with another {what}: "
                f"{_short_json(before.get(name))} there, {_short_json(value)} now",
                "give another --out",
            )


def _short_json(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


# ------------------------------------------------------------------------------------------------- reading


def check_parts(folder: Path) -> None:
    """Raise an error for a folder whose parts are damaged.

    Parameters
    ----------
    folder : of the sweep.

    Raises
    ------
    InputError : a part is not what the manifest describes, or there is none.

    Examples
    --------
    >>> check_parts(Path("nothing"))
    Traceback (most recent call last):
    spreadsim.errors.InputError: nothing: holds no finished runs; name a folder that 'spreadsim sweep' wrote
    """
    chunks = chunk_records(folder) if folder.is_dir() else {}
    if not chunks:
        raise InputError(str(folder), "", "holds no finished runs", "name a folder that 'spreadsim sweep' wrote")
    for record in chunks.values():
        problem = _part_fault(folder, record)
        if problem:
            raise InputError(str(folder), "runs", problem, "give the sweep command again, which mends it")


def read_table(folder: Path, kind: str = "runs", columns: Sequence[str] | None = None) -> Any:
    """Return one table of a sweep, sorted by run identity: the same however it was run.

    Parameters
    ----------
    folder : of the sweep.
    kind : of the table: ``runs``, ``curves`` or ``events``.
    columns : to read; all by default.

    Returns
    -------
    An Arrow table.

    Raises
    ------
    InputError : a part is not a table, or not one of these columns.

    Examples
    --------
    >>> sweep = ss.sweep("clustering", out="clustering", settings=["run.replicates=2", "run.months=12"])
    >>> read_table(sweep.folder, columns=["run", "reach"]).num_rows
    16
    """
    import pyarrow as pa

    parts = [part_path(folder, kind, key) for key in sorted(chunk_records(folder))]
    try:
        table = pa.concat_tables([telling_folder.read_table(path, columns) for path in parts])
    except (ValueError, TypeError):  # of differing columns or types
        problem = f"parts of '{kind}' do not have the same columns"
        raise InputError(str(folder), kind, problem, "give the sweep command again in another folder") from None
    return table.sort_by([(name, "ascending") for name in SORT[kind] if name in table.column_names])


def table_columns(folder: Path, kind: str = "runs") -> list[str]:
    """Return the names of a table's columns, from its first part.

    Parameters
    ----------
    folder : of the sweep.
    kind : of the table: ``runs``, ``curves`` or ``events``.

    Returns
    -------
    Names, in order; none where the folder holds no part of it.

    Raises
    ------
    InputError : the part is not a table.

    Examples
    --------
    >>> sweep = ss.sweep("clustering", out="clustering", settings=["run.replicates=2", "run.months=12"])
    >>> table_columns(sweep.folder)[:4]
    ['run', 'point', 'strategy', 'replicate']
    """
    keys = sorted(key for key, record in chunk_records(folder).items() if kind in record["parts"])
    return list(telling_folder.read_table(part_path(folder, kind, keys[0])).column_names) if keys else []


def table_digest(folder: Path, kind: str = "runs") -> str:
    """Return a hash of a sorted table, byte for byte.

    Parameters
    ----------
    folder : of the sweep.
    kind : of the table: ``runs``, ``curves`` or ``events``.

    Returns
    -------
    64 hexadecimal digits, the same for the same runs however they were run.

    Examples
    --------
    >>> small = ["run.replicates=2", "run.months=12"]
    >>> one = ss.sweep("clustering", out="one", settings=small)
    >>> two = ss.sweep("clustering", out="two", settings=small, chunk_runs=3)
    >>> table_digest(one.folder) == table_digest(two.folder)
    True
    """
    import pyarrow as pa

    table = read_table(folder, kind).combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return digest(sink.getvalue().to_pybytes())
