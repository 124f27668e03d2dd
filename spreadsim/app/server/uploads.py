"""Networks that users upload: kept apart from one another under names that nobody can guess.

What belongs here: what may be uploaded, the folder that holds it under names of our own, reading it, and giving it back
with the scenario. What does not: what the tables mean (``network.reading.files``). No name that a user gives reaches
the file system.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from spreadsim.app.display import mapping as display
from spreadsim.errors import InputError, InputErrors, MissingExtraError
from spreadsim.intake.imports import MAPPING_FILE, NetworkImport, import_network
from spreadsim.network.reading.faults import Fault
from spreadsim.network.reading.files import NetworkFile, files_of_scenario, network_files, read_network
from spreadsim.network.reading.graphs import SUFFIXES
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import shipped_folder, to_toml
from spreadsim.scenario.validation import as_document, validate

MAX_BYTES = 8_000_000  # of all files together
MAX_UPLOADS = 80  # sets of files of all sessions, as sent and as read; the oldest goes first
IMPORTED = (".csv", ".tsv", ".txt", ".xlsx", ".parquet", ".gml", ".net", ".dl")
TABLES = ("services.csv", "ties.csv", "tiers.csv")
PREFIX = "spreadsim-uploads-"
LOCK = "in-use.lock"  # held in a server's folder for as long as the server runs
SECONDS_TO_LOCK = 60.0  # within which a new folder has its lock
_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Upload:
    """The files of a network that a user uploaded: how they were read, or why they could not be.

    Attributes
    ----------
    key : under which the files are stored.
    scenario, network : as read; None where the files cannot be used.
    faults : of the tables as the package reads them, with what was done about each.
    errors : why the files cannot be used.
    mapping : how spreadsheets were read, as the page shows it (``display.mapping``); None for graph files.
    raw : key of the files as they were sent, to be read again with other choices.
    names : that the user gave to these.

    Examples
    --------
    >>> Upload("", None, None, (), ("The table of services is missing.",)).scenario is None
    True
    """

    key: str
    scenario: Scenario | None
    network: NetworkFile | None
    faults: tuple[Fault, ...]
    errors: tuple[str, ...]
    mapping: dict[str, Any] | None = None
    raw: str = ""
    names: tuple[str, ...] = ()


class UploadStore:
    """Folders of uploaded files: made with the first upload, gone when the server stops.

    What a server left that was killed is removed by the next one on the same machine (`remove_left_behind`).

    Examples
    --------
    >>> key = upload_store.add({"services.csv": b"id"})
    >>> upload_store.folder(key).joinpath("network", "services.csv").read_bytes()
    b'id'
    >>> upload_store.folder("no such key") is None
    True
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._in_use: FileLock | None = None
        self._keys: list[str] = []

    def add(self, files: Mapping[str, bytes], kind: Literal["network", "sent"] = "network") -> str:
        """Keep files, as they are run on or as they were sent, under names of ours; return the key to them."""
        key = secrets.token_hex(16)
        with self._mutex:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix=PREFIX)
                self._in_use = FileLock(Path(self._folder.name) / LOCK, thread_local=False)
                self._in_use.acquire()
            folder = Path(self._folder.name) / key / kind
            folder.mkdir(parents=True)
            for name, content in files.items():
                (folder / name).write_bytes(content)
            self._keys.append(key)
            for old in self._keys[:-MAX_UPLOADS]:
                shutil.rmtree(Path(self._folder.name) / old, ignore_errors=True)
            self._keys = self._keys[-MAX_UPLOADS:]
        return key

    def folder(self, key: str) -> Path | None:
        """Return the folder of a key; None where there is none."""
        if not _KEY.fullmatch(key) or key not in self._keys or self._folder is None:
            return None
        return Path(self._folder.name) / key

    def close(self) -> None:
        """Remove all uploads."""
        with self._mutex:
            if self._in_use is not None:
                self._in_use.release()
            if self._folder is not None:
                self._folder.cleanup()
            self._folder, self._in_use, self._keys = None, None, []


def remove_left_behind() -> None:
    """Remove the uploads of servers of this user that were killed; those of servers that run are left alone.

    Examples
    --------
    >>> key = upload_store.add({"services.csv": b"id"})
    >>> remove_left_behind()
    >>> upload_store.folder(key).is_dir()
    True
    """
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            about = folder.lstat()
            if not stat.S_ISDIR(about.st_mode) or (hasattr(os, "getuid") and about.st_uid != os.getuid()):
                continue
            if not (folder / LOCK).exists() and time.time() - about.st_mtime < SECONDS_TO_LOCK:
                continue  # of a server that makes it just now
            with FileLock(folder / LOCK, timeout=0):
                pass
        except (OSError, Timeout):
            continue  # in use
        shutil.rmtree(folder, ignore_errors=True)


upload_store = UploadStore()  # shared by all sessions: whoever has no key finds nothing in it


def files_of_message(message: Any) -> dict[str, bytes]:
    """Return the content of the files in a page's message, by the names that the user gave them.

    Parameters
    ----------
    message : list of names and contents in base64, as the browser sends them.

    Returns
    -------
    Bytes by name.

    Raises
    ------
    InputError : it is too large, or not what the page sends.

    Examples
    --------
    >>> files_of_message([{"name": "services.csv", "data": "aWQ="}])
    {'services.csv': b'id'}
    """
    files: dict[str, bytes] = {}
    total = 0
    if not isinstance(message, Sequence) or isinstance(message, str) or not 1 <= len(message) <= 4:
        raise InputError(
            "upload", "", "is not one to four files", "choose services.csv and ties.csv, or one graph file"
        )
    for item in message:
        if not isinstance(item, Mapping) or not all(isinstance(item.get(key), str) for key in ("name", "data")):
            raise InputError("upload", "", "is not a file", "choose the files again")
        total += len(item["data"]) * 3 // 4
        if total > MAX_BYTES:
            raise InputError(
                "upload",
                "",
                f"is larger than {MAX_BYTES:,} bytes",
                "read it with 'spreadsim network' on the command line",
            )
        try:
            files[item["name"][-200:]] = base64.b64decode(item["data"], validate=True)
        except (binascii.Error, ValueError):
            raise InputError("upload", "", "was damaged on its way here", "choose the files again") from None
    return files


def _standard_names(files: Mapping[str, bytes]) -> dict[str, bytes] | None:
    """Return the files under the names that the package reads, or None where they are to be imported first.

    A graph file, and tables with a table of tiers, stand as they are.

    Raises
    ------
    InputError : a file is of another kind.
    """
    graphs = [name for name in files if Path(name.replace("\\", "/")).suffix.lower() in SUFFIXES]
    if graphs:
        if len(files) > 1:
            raise InputError("upload", "", "holds a graph file and others", "choose only the graph file")
        return {"network" + Path(graphs[0].replace("\\", "/")).suffix.lower(): files[graphs[0]]}
    tables: dict[str, bytes] = {}
    for name, content in files.items():
        base = Path(name.replace("\\", "/")).name.lower()
        if Path(base).suffix not in IMPORTED:
            raise InputError(
                "upload",
                "",
                "holds a file that is not a network",
                f"choose {', '.join(IMPORTED)} files, or one of {', '.join(SUFFIXES)}",
            )
        tables[next((table for table in TABLES if table.split(".")[0] in base), base)] = content
    return tables if "tiers.csv" in tables and set(tables) <= set(TABLES) else None


def _imported(scenario: Scenario, files: Mapping[str, bytes], mapping: bytes | None = None) -> NetworkImport:
    """Return spreadsheets as a network, by a mapping file where there is one; they lie under names of our own.

    Raises
    ------
    InputError, InputErrors, MissingExtraError : they cannot be read.
    """
    table = scenario.network
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}import-") as folder:
        paths = []
        for number, (name, content) in enumerate(files.items(), start=1):
            base = re.sub(r"[^\w. -]", "", Path(name.replace("\\", "/")).name)[-40:].lstrip(". ")
            paths.append(Path(folder) / str(number) / (base or f"file{Path(name).suffix}"))
            paths[-1].parent.mkdir()
            paths[-1].write_bytes(content)
        if mapping is not None:
            (Path(folder) / MAPPING_FILE).write_bytes(mapping)
        return import_network(
            paths,
            directed=True if table.influence is not None else table.directed,
            mapping=Path(folder) / MAPPING_FILE if mapping is not None else None,
        )


def receive(scenario: Scenario, files: Mapping[str, bytes]) -> Upload:
    """Store a user's files and read them as the network of a scenario.

    Parameters
    ----------
    scenario : that is to run on the network.
    files : bytes by the names that the user gave them.

    Returns
    -------
    How the files were read.

    Examples
    --------
    >>> receive(ss.load_scenario("default"), {"notes.txt": b"x"}).scenario is None
    True
    """
    own = {name: files[name] for name in files if Path(name.replace("\\", "/")).name != MAPPING_FILE}
    saved = next((content for name, content in files.items() if name not in own), None)
    try:
        ours = _standard_names(own)
        if ours is not None:
            return attach(scenario, upload_store.add(ours))
    except InputError as error:
        return Upload("", None, None, (), (str(error),))
    return _read(scenario, own, saved, {}, "")


def revise(scenario: Scenario, upload: Upload, message: Any) -> Upload:
    """Read a user's files again, with the columns that the user chose and the answers to questions.

    Parameters
    ----------
    scenario : that is to run on the network.
    upload : as it was read before.
    message : what the page sends (`display.mapping.mapping_of_choices`).

    Returns
    -------
    How the files were read.

    Examples
    --------
    >>> revise(ss.load_scenario("default"), Upload("", None, None, (), ()), {}).errors
    ('The files of this network are gone: choose them again.',)
    """
    folder = upload_store.folder(upload.raw)
    if folder is None or upload.mapping is None:
        return Upload("", None, None, (), ("The files of this network are gone: choose them again.",))
    files = {name: (folder / "sent" / f"{k}").read_bytes() for k, name in enumerate(upload.names)}
    try:
        mapping, answers = display.mapping_of_choices(upload.mapping, message)
    except InputError as error:
        return replace(upload, scenario=None, network=None, errors=(str(error),))
    again = _read(scenario, files, mapping, answers, upload.raw)
    return again if again.mapping is not None else replace(upload, scenario=None, network=None, errors=again.errors)


def _read(
    scenario: Scenario, files: Mapping[str, bytes], mapping: bytes | None, answers: Mapping[str, str], raw: str
) -> Upload:
    """Read spreadsheets as a network, and use it where nothing is left to ask."""
    try:
        network = _imported(scenario, files, mapping)
    except InputErrors as failure:
        return Upload("", None, None, (), tuple(str(error) for error in failure.errors))
    except (InputError, MissingExtraError) as error:
        return Upload("", None, None, (), (str(error),))
    facts: dict[str, Any] = {
        "mapping": display.shown(network, answers),
        "raw": raw or upload_store.add({f"{k}": content for k, content in enumerate(files.values())}, "sent"),
        "names": tuple(files),
    }
    n = len(network.ledger.questions)
    if n:
        text = "a question is open" if n == 1 else f"{n} questions are open"
        words = f"{text[0].upper()}{text[1:]}: answer below, or put it right in the file."
        return Upload("", None, None, (), (words,), **facts)
    tables = {name: content for name, content in network.files().items() if name in TABLES}
    # What an earlier upload said of its periods does not hold for this one.
    periods = {"period_months": 1, "observed_periods": None} if upload_key(scenario) else {}
    options = scenario.network.model_copy(update={"hierarchy_columns": None, **periods, **network.options()})
    upload = attach(scenario.model_copy(update={"network": options}), upload_store.add(tables))
    return replace(upload, **facts)


def attach(scenario: Scenario, key: str) -> Upload:
    """Return a scenario on the network of stored files, with every fault of the data.

    Parameters
    ----------
    scenario : that is to run on the network.
    key : of the files.

    Returns
    -------
    How the files were read.

    Examples
    --------
    >>> attach(ss.load_scenario("default"), "no such key").errors
    ('The files of this network are gone: choose them again.',)
    """
    folder = upload_store.folder(key)
    if folder is None:
        return Upload("", None, None, (), ("The files of this network are gone: choose them again.",))
    inside = [path for path in (folder / "network").iterdir() if path.suffix.lower() in SUFFIXES]
    path = f"network/{inside[0].name}" if inside else "network"
    try:
        document = as_document(scenario)
        document["network"] = {**document["network"], "source": "file", "path": path}
        document["programme"]["starting_sites"].pop("ids", None)
        own = validate(document, "upload", folder)
        network_file = read_network(folder / path, own.network, own)
    except InputErrors as failure:
        faults = getattr(failure, "faults", ())
        return Upload(key, None, None, tuple(faults), tuple(str(error) for error in failure.errors))
    except InputError as error:
        return Upload(key, None, None, (), (str(error),))
    return Upload(key, own, network_file, network_file.faults, ())


def with_own_copy(scenario: Scenario) -> Scenario:
    """Return a scenario of the server's own on a copy of its network's files, which a session may then use and save.

    Parameters
    ----------
    scenario : of the server's own, such as a point of a sweep.

    Returns
    -------
    The scenario; the same one where its network is generated.

    Raises
    ------
    InputError : the files are too large, or are not there.

    Examples
    --------
    >>> default = ss.load_scenario("default")
    >>> with_own_copy(default) is default
    True
    """
    if scenario.network.source != "file":
        return scenario
    source = files_of_scenario(scenario)
    table = scenario.network
    files = {path.name: path.read_bytes() for path in network_files(source, table)}
    if sum(map(len, files.values())) > MAX_BYTES:
        raise InputError(scenario.name, "network", f"has files larger than {MAX_BYTES:,} bytes", "use the command line")
    names = {key: Path(name).name for key in ("services_file", "ties_file") if (name := getattr(table, key))}
    path = "network" if source.is_dir() else f"network/{source.name}"
    copy = scenario.model_copy(update={"network": table.model_copy(update={**names, "path": path})})
    return copy.with_folders(upload_store.folder(upload_store.add(files)), scenario.sets_folder)


def upload_key(scenario: Scenario) -> str:
    """Return the key of the files that a scenario's network was uploaded in.

    Parameters
    ----------
    scenario : of a session.

    Returns
    -------
    A key; empty where there are no such files.

    Examples
    --------
    >>> upload_key(ss.load_scenario("default"))
    ''
    """
    if scenario.network.source != "file" or scenario.folder is None:
        return ""
    name = scenario.folder.name
    return name if upload_store.folder(name) is not None else ""


def may_read(scenario: Scenario) -> bool:
    """Return whether the files that a scenario's network names are the user's own upload or shipped with the package.

    A scenario that a user wrote names no other file of the machine that serves the app.

    Parameters
    ----------
    scenario : of a session.

    Returns
    -------
    True where the network is generated, too.

    Examples
    --------
    >>> may_read(ss.load_scenario("default"))
    True
    """
    if scenario.network.source != "file":
        return True
    return bool(upload_key(scenario)) or scenario.folder == shipped_folder("scenarios")


def scenario_files(scenario: Scenario) -> dict[str, bytes]:
    """Return the scenario file and, where its network was uploaded, the files that it names.

    Parameters
    ----------
    scenario : of a session.

    Returns
    -------
    Bytes by path within the archive.

    Examples
    --------
    >>> list(scenario_files(ss.load_scenario("default")))
    ['default.toml']
    """
    files = {f"{scenario.name}.toml": to_toml(scenario).encode("utf-8")}
    folder = upload_store.folder(upload_key(scenario)) if upload_key(scenario) else None
    if folder is not None:
        for path in sorted((folder / "network").iterdir()):
            files[f"network/{path.name}"] = path.read_bytes()
    return files
