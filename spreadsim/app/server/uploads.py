"""Networks that users bring: kept apart from one another under names that nobody can guess.

What belongs here: what may be brought, the folder it is put in under names of our own, reading it, and giving it back
with the scenario. What does not: what the tables mean (``network.reading.files``). No name that a user gives reaches
the file system.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import shutil
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spreadsim.errors import InputError, InputErrors
from spreadsim.network.reading.faults import Fault
from spreadsim.network.reading.files import NetworkFile, files_of_scenario, files_read, read_network
from spreadsim.network.reading.graphs import SUFFIXES
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import resolved, shipped_folder, to_toml, validate

MAX_BYTES = 8_000_000  # of all files together
MAX_KEPT = 40  # uploads of all sessions; the oldest goes first
TABLES = ("services.csv", "ties.csv", "tiers.csv")
_TICKET = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Brought:
    """What a user brought: how it was read, or why it could not be."""

    ticket: str
    scenario: Scenario | None
    network: NetworkFile | None
    faults: tuple[Fault, ...]
    errors: tuple[str, ...]


class Shelf:
    """The folders of uploads: made with the first, gone when the server stops."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._tickets: list[str] = []

    def put(self, files: Mapping[str, bytes]) -> str:
        """Keep files under names of ours; return the ticket for them."""
        ticket = secrets.token_hex(16)
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="spreadsim-")
            place = Path(self._folder.name) / ticket / "network"
            place.mkdir(parents=True)
            for name, content in files.items():
                (place / name).write_bytes(content)
            self._tickets.append(ticket)
            for old in self._tickets[:-MAX_KEPT]:
                shutil.rmtree(Path(self._folder.name) / old, ignore_errors=True)
            self._tickets = self._tickets[-MAX_KEPT:]
        return ticket

    def folder(self, ticket: str) -> Path | None:
        """Return the folder of a ticket; None where there is none."""
        if not _TICKET.fullmatch(ticket) or ticket not in self._tickets or self._folder is None:
            return None
        return Path(self._folder.name) / ticket


shelf = Shelf()  # shared by all sessions: whoever has no ticket finds nothing in it


def decoded(given: Any) -> dict[str, bytes]:
    """Return the content of the files that a page sent, by the name the user gave.

    Raises
    ------
    InputError : it is too large, or not what the page sends.
    """
    files: dict[str, bytes] = {}
    total = 0
    if not isinstance(given, Sequence) or isinstance(given, str) or not 1 <= len(given) <= 4:
        raise InputError(
            "upload", "", "is not one to four files", "choose services.csv and ties.csv, or one graph file"
        )
    for item in given:
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


def our_names(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files under the names that the package reads, judged by what the user called them.

    Raises
    ------
    InputError : a file is of another kind, or the table of services is missing.
    """
    graphs = [name for name in files if Path(name.replace("\\", "/")).suffix.lower() in SUFFIXES]
    if graphs:
        if len(files) > 1:
            raise InputError("upload", "", "holds a graph file and others", "choose only the graph file")
        return {"network" + Path(graphs[0].replace("\\", "/")).suffix.lower(): files[graphs[0]]}
    found: dict[str, bytes] = {}
    for name, content in files.items():
        base = Path(name.replace("\\", "/")).name.lower()
        if not base.endswith(".csv"):
            raise InputError(
                "upload",
                "",
                "holds a file that is not a network",
                f"choose .csv files, or one of {', '.join(SUFFIXES)}",
            )
        ours = _table(base, content)
        if ours in found:
            raise InputError("upload", "", f"holds two tables that could be {ours}", f"name them {', '.join(TABLES)}")
        found[ours] = content
    if "services.csv" not in found:
        raise InputError("upload", "", "holds no table of services", "add services.csv, with a column 'id'")
    return found


def _table(name: str, content: bytes) -> str:
    """Return which table a file is: by its name, else by its heads."""
    for ours in TABLES:
        if ours.split(".")[0] in name:
            return ours
    head = content[:4000].decode("utf-8", "replace").lower().splitlines()[:1]
    columns = {cell.strip('" \ufeff') for cell in re.split(r"[,;\t]", head[0])} if head else set()
    if {"source", "target"} <= columns:
        return "ties.csv"
    return "services.csv"


def bring(scenario: Scenario, files: Mapping[str, bytes]) -> Brought:
    """Put a user's files on the shelf and read them as the network of a scenario."""
    try:
        ours = our_names(files)
    except InputError as error:
        return Brought("", None, None, (), (str(error),))
    return attach(scenario, shelf.put(ours))


def attach(scenario: Scenario, ticket: str) -> Brought:
    """Return a scenario on the network of a ticket, with every fault found in the files."""
    folder = shelf.folder(ticket)
    if folder is None:
        return Brought("", None, None, (), ("The files of this network are gone: choose them again.",))
    inside = [path for path in (folder / "network").iterdir() if path.suffix.lower() in SUFFIXES]
    path = f"network/{inside[0].name}" if inside else "network"
    try:
        document = resolved(scenario)
        document["network"] = {**document["network"], "source": "file", "path": path}
        document["programme"]["starting_sites"].pop("ids", None)
        made = validate(document, "upload", folder)
        found = read_network(folder / path, made.network, made)
    except InputErrors as failure:
        faults = getattr(failure, "faults", ())
        return Brought(ticket, None, None, tuple(faults), tuple(str(error) for error in failure.errors))
    except InputError as error:
        return Brought(ticket, None, None, (), (str(error),))
    return Brought(ticket, made, found, found.faults, ())


def shelved(scenario: Scenario) -> Scenario:
    """Return a scenario of the server's own on a copy of its network's files, which a session may then use and save.

    Raises
    ------
    InputError : the files are too large, or are not there.
    """
    if scenario.network.source != "file":
        return scenario
    source = files_of_scenario(scenario)
    table = scenario.network
    files = {path.name: path.read_bytes() for path in files_read(source, table)}
    if sum(map(len, files.values())) > MAX_BYTES:
        raise InputError(scenario.name, "network", f"has files larger than {MAX_BYTES:,} bytes", "use the command line")
    names = {key: Path(name).name for key in ("services_file", "ties_file") if (name := getattr(table, key))}
    path = "network" if source.is_dir() else f"network/{source.name}"
    own = scenario.model_copy(update={"network": table.model_copy(update={**names, "path": path})})
    return own.with_folders(shelf.folder(shelf.put(files)), scenario.sets_folder)


def ticket_of(scenario: Scenario) -> str:
    """Return the ticket of the files that a scenario's network was brought in; empty where there are none."""
    if scenario.network.source != "file" or scenario.folder is None:
        return ""
    name = scenario.folder.name
    return name if shelf.folder(name) is not None else ""


def may_read(scenario: Scenario) -> bool:
    """Return whether the files that a scenario's network names are the user's own upload or shipped with the package.

    A scenario that a user wrote names no other file of the machine that serves the app.
    """
    if scenario.network.source != "file":
        return True
    return bool(ticket_of(scenario)) or scenario.folder == shipped_folder("scenarios")


def saved(scenario: Scenario) -> dict[str, bytes]:
    """Return the scenario file and, where its network was brought, the files it names."""
    files = {f"{scenario.name}.toml": to_toml(scenario).encode("utf-8")}
    folder = shelf.folder(ticket_of(scenario)) if ticket_of(scenario) else None
    if folder is not None:
        for path in sorted((folder / "network").iterdir()):
            files[f"network/{path.name}"] = path.read_bytes()
    return files
