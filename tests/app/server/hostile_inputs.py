"""Hostile inputs to the app and what it answers: ``python -m tests.app.server.hostile_inputs`` prints them as a table.

Each is given to a running server over its own connection, as somebody would who writes requests and messages by hand;
none relies on what the page itself refuses. The table stands in ``docs/app-safety.md``.
"""

from __future__ import annotations

import base64
import csv
import io
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from spreadsim.scenario.files import load_scenario, to_toml
from spreadsim.scenario.validation import validate
from tests.app.browser import app_process
from tests.app.client import PageClient, fetch, files_in
from tests.conftest import small_document

SCRIPT = "<script>alert(1)</script>"
BOMB = (
    "<?xml version='1.0'?><!DOCTYPE b [<!ENTITY a0 'x'>"
    + "".join(f"<!ENTITY a{k} '{f'&a{k - 1};' * 10}'>" for k in range(1, 10))
    + "]><graphml><graph><node id='&a9;'/></graph></graphml>"
)
OUTSIDE = "<?xml version='1.0'?><!DOCTYPE b [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><gexf><graph>&x;</graph></gexf>"
TOKEN = "long-enough-a-token"
SECONDS = 30  # to wait for the answer that must come


@dataclass
class Target:
    """A running app, another that is shared with a token, and the folder in which the first keeps temporary files."""

    address: str
    shared: str
    folder: Path
    pages: list[PageClient] = field(default_factory=list)

    def page(self) -> PageClient:
        """Open a page."""
        self.pages.append(PageClient(self.address))
        return self.pages[-1]

    def close(self) -> None:
        """Close the pages that were opened."""
        while self.pages:
            self.pages.pop().close()


@contextmanager
def target() -> Iterator[Target]:
    """Serve the app for hostile inputs."""
    with (
        tempfile.TemporaryDirectory() as folder,
        app_process(environment={"TMPDIR": folder}) as (address, _),
        app_process("--host", "127.0.0.2", "--token", TOKEN) as (shared, _),
    ):
        yield Target(address, shared.split("?")[0], Path(folder))


@dataclass(frozen=True)
class Hostile:
    """Something hostile: what it is, how it is tried, and a pattern of the answer it must get."""

    what: str
    attempt: Callable[[Target], str | Callable[[], str]]
    answer: str

    def said(self, app: Target) -> str:
        """Try it; return what the app says, waiting for the answer that must come."""
        try:
            said = self.attempt(app)
            if isinstance(said, str):
                return said
            end = time.monotonic() + SECONDS
            while not re.search(self.answer, said()) and time.monotonic() < end:
                time.sleep(0.05)
            return said()
        finally:
            app.close()


def message_of(page: PageClient) -> Callable[[], str]:
    """Return how to read the message at the top of a page."""
    return lambda: str(page.widget("draft")[1]["look"]["message"])


def open_file(app: Target, text: Any) -> Callable[[], str]:
    """Open a scenario file."""
    page = app.page()
    page.event("draft", "opened", {"text": text})
    return message_of(page)


def change(app: Target, path: Any, value: Any) -> Callable[[], str]:
    """Change a parameter."""
    page = app.page()
    page.event("sections", "change", {"path": path, "value": value})
    return message_of(page)


def compare_after_change(app: Target, path: str, value: Any) -> Callable[[], str]:
    """Ask for a large comparison; read what the page says, at the top or where the comparison would stand."""
    page = app.page()
    page.event("sections", "change", {"path": path, "value": value})
    page.event("draft", "tab", "Compare")
    top = message_of(page)
    return lambda: top() or "".join(str(w["status"]["message"]) for w in page.states() if "curves" in w)


def strategy(app: Target, item: Any) -> Callable[[], str]:
    """Act on the strategies."""
    page = app.page()
    page.event("draft", "tab", "Compare")
    page.event("shown", "act", item)
    return message_of(page)


def restore(app: Target, draft: Any) -> Callable[[], str]:
    """Come back with a draft."""
    page = app.page()
    page.event("draft", "restore", draft)
    return message_of(page)


def upload(app: Target, *files: tuple[str, bytes]) -> Callable[[], str]:
    """Upload files of a network; read what the page says of them, or where they lie on the disk."""

    def kept() -> set[Path]:
        return {path for path in files_in(app.folder) if path.parent.name in {"network", "sent"}}

    before = kept()
    page = app.page()
    page.event("draft", "tab", "Network")
    given = [{"name": name, "data": base64.b64encode(content).decode()} for name, content in files]
    page.event("faults", "files", given)
    top = message_of(page)

    def said() -> str:
        state = page.widget("faults")[1]
        faults = [f"{f['file']}: {f['where']}: {f['problem']}; {f['remedy']}" for f in state["faults"]
                  if f["severity"] != "noted"]  # fmt: skip
        mappings = [widget.get("mapping") or {} for widget in page.widgets.values()]
        asked = [question["text"] for mapping in mappings for question in mapping.get("questions", [])]
        wrong = top() or "; ".join([*state["errors"], *faults, *asked])
        names = sorted(path.relative_to(path.parents[1]).as_posix() for path in kept() - before)
        return wrong or (("taken; on the disk: " + ", ".join(names)) if state["is_file"] else "")

    return said


def request(address: str, path: str = "/", method: str = "GET", **headers: str) -> str:
    """Send a request; return how it is answered."""
    status = fetch(address, path, method, **headers)[0]
    return f"refused, {status}" if status >= 400 else f"passed, {status}"


def websocket(address: str, **headers: str) -> str:
    """Ask for a websocket; return how that is answered."""
    place = urlsplit(address).netloc
    try:
        with connect(f"ws://{place}/jupyter/api/kernels/x/channels?session_id=y", additional_headers=headers):
            return "passed"
    except InvalidStatus as refusal:
        return f"refused, {refusal.response.status_code}"


def message(app: Target, content: Any) -> str:
    """Send a message to the bar of the page; return what becomes of it."""
    page = app.page()
    page.custom("draft", content)
    page.event("draft", "rename", "after")
    page.wait(lambda: page.widget("draft")[1]["look"]["name"] == "after")
    is_new = any("FileUpload" in str(state.get("_model_name")) for state in page.widgets.values())
    return "heard" if is_new or page.widget("draft")[1]["file"] else "ignored"


def large_message(app: Target) -> str:
    """Send a message that is larger than any upload; return what becomes of the connection."""
    page = app.page()
    try:
        page.event("draft", "rename", "x" * 20_000_000)
        page.wait(lambda: False, 10)
    except (ConnectionError, ConnectionClosed):
        return "the connection is closed"
    except TimeoutError:
        pass
    return "taken"


def render_names(app: Target) -> str:
    """Return whether a script in every name reaches the report or a figure unescaped."""
    document = small_document(run={"replicates": 2})
    document["title"] = SCRIPT
    document["strategies"] = {SCRIPT: {"balance": 0.2}, "other": {"balance": 0.8}}
    page = app.page()
    page.event("draft", "opened", {"text": to_toml(validate(document, "hostile"))})
    page.event("draft", "tab", "Report")
    page.wait(lambda: page.widget("html")[1]["html"], 300)
    text = page.widget("html")[1]["html"]
    assert "&lt;script" in text
    return "written as text" if "<script" not in text else "a script"


def cells(app: Target, *names: str) -> str:
    """Return the names of strategies as the app writes them to a CSV file of runs."""
    document = small_document(run={"replicates": 1, "months": 6}, programme={"stop_month": 3})
    document["strategies"] = {name: {"balance": 0.5} for name in names}
    page = app.page()
    page.event("draft", "opened", {"text": to_toml(validate(document, "hostile"))})
    page.event("draft", "tab", "Report")
    page.wait(lambda: page.widget("html")[1]["html"], 300)
    page.event("html", "export", "csv")
    page.wait(lambda: page.widget("draft")[1]["file"])
    text = base64.b64decode(page.widget("draft")[1]["file"]["data"]).decode("utf-8-sig")
    return " ".join(dict.fromkeys(row["strategy"] for row in csv.DictReader(io.StringIO(text, newline=""))))


def saved_name(app: Target, name: str) -> str:
    """Return the name of the file that a scenario of this name is saved in."""
    page = app.page()
    page.event("draft", "rename", name)
    page.event("draft", "save")
    page.wait(lambda: page.widget("draft")[1]["file"])
    return str(page.widget("draft")[1]["file"]["name"])


SMALL = b"id,name\na,Alpha\nb,Beta\n"
MANY = "based_on = 'default'\n" + "".join(f"[strategies.s{k}]\nbalance = 0.5\n" for k in range(5000))
PARTS = "based_on = 'default'\n" + "".join(
    f"[intervention.components.c{k}]\ncore = true\nweight = 0.01\n" for k in range(500)
)
FILE = "based_on = 'default'\n[network]\nsource = 'file'\npath = '{}'\n"
INPUTS = [
    Hostile("A page of another site asks (foreign Origin)", lambda app: request(app.address, origin="http://a.example"),
            "refused, 403"),
    Hostile("A websocket with a foreign Origin",
            lambda app: websocket(app.address, origin="http://a.example"), "refused, 403"),
    Hostile("A websocket without Origin", lambda app: websocket(app.address), "refused, 403"),
    Hostile("A foreign Host (DNS rebinding)", lambda app: request(app.address, host="a.example"), "refused, 400"),
    Hostile("Host with a user part", lambda app: request(app.address, host="127.0.0.1:1@a.example"), "refused, 400"),
    Hostile("A shared server without its token", lambda app: request(app.shared),
            "refused, 403"),
    Hostile("A shared server's websocket without its token",
            lambda app: websocket(app.shared, origin=app.shared.rstrip("/")), "refused, 403"),
    Hostile("POST, PUT or DELETE of a page",
            lambda app: request(app.address, method="DELETE", origin=app.address.rstrip("/")), "refused, 405"),
    Hostile("The library's own pages of resources", lambda app: request(app.address, "/resourcez"),
            "refused, 404"),
    Hostile("A body of 1 GB",
            lambda app: request(app.address, "/_solara/api/close/x", "POST", origin=app.address.rstrip("/"),
                                              content_length="1000000000"), "refused, 413"),
    Hostile("A websocket message naming an event that is none",
            lambda app: message(app, {"event": "__init__", "data": 1}),
            "ignored"),
    Hostile("A websocket message that would make a widget of any class",
            lambda app: message(app, {"create_widget": "ipywidgets.FileUpload", "props": {}}), "ignored"),
    Hostile("A websocket message of another shape", lambda app: message(app, ["event", "save"]), "ignored"),
    Hostile("A file of 9 MB sent by hand", lambda app: upload(app, ("services.csv", b"id\n" + b"a\n" * 4_500_000)),
            "larger than 8,000,000 bytes"),
    Hostile("Five files at once", lambda app: upload(app, *((f"services{k}.csv", SMALL) for k in range(5))),
            "one to four files"),
    Hostile("A websocket message of 20 MB", large_message, "^the connection is closed$"),
    Hostile("A zip bomb",
            lambda app: upload(app, ("bomb.zip", b"PK\x03\x04" + b"\0" * 1000)), "file that is not a network"),
    Hostile("A program called services.csv.exe", lambda app: upload(app, ("services.csv.exe", b"MZ")), "not a network"),
    Hostile("File name ../../etc/cron.d/services.csv",
            lambda app: upload(app, ("../../etc/cron.d/services.csv", SMALL)),
            "^taken; on the disk: network/services.csv, sent/0$"),
    Hostile("File name with a null byte", lambda app: upload(app, ("services\0.csv", SMALL)),
            "^taken; on the disk: network/services.csv, sent/0$"),
    Hostile("GraphML with a billion laughs (entity expansion)", lambda app: upload(app, ("x.graphml", BOMB.encode())),
            "declares a document type or an entity"),
    Hostile("GEXF that reads /etc/passwd (external entity)", lambda app: upload(app, ("x.gexf", OUTSIDE.encode())),
            "declares a document type or an entity"),
    Hostile("GraphML that breaks off", lambda app: upload(app, ("x.graphml", b"<graphml><graph><node id='a'")), "not"),
    Hostile("JSON nested 100,000 deep", lambda app: upload(app, ("x.json", b"[" * 100_000)), "nested too deeply"),
    Hostile("JSON with a number of 100,000 digits",
            lambda app: upload(app, ("x.json", b'{"nodes": ' + b"9" * 100_000 + b"}")),
            "not valid JSON"),
    Hostile("CSV with 50,000 columns", lambda app: upload(app, ("services.csv", b"id," + b"c," * 50_000 + b"\na\n")),
            "at most 1,000 are read"),
    Hostile("CSV with 1e400, nan and a negative population",
            lambda app: upload(app, ("services.csv", b"id,population\na,1e400\nb,nan\nc,-5\n")), "not a finite number"),
    Hostile("CSV in UTF-16, or not text at all",
            lambda app: upload(app, ("services.csv", b"\xff\xfe\x00\x01")), "UTF-16"),
    Hostile("A network of 30,000 services",
            lambda app: upload(app, ("services.csv", b"id\n" + b"\n".join(b"%d" % k for k in range(30_000)))),
            "more than the 20,000 that the app can run"),
    Hostile("Scenario file: TOML that breaks off", lambda app: open_file(app, "a = ["), "not valid TOML"),
    Hostile("Scenario file: nested 50,000 deep", lambda app: open_file(app, "a = " + "[" * 50_000), "not valid TOML"),
    Hostile("Scenario file of 3 MB", lambda app: open_file(app, "a = 1\n" * 500_000), "too large"),
    Hostile("Scenario file: not text but a list", lambda app: open_file(app, [1, 2]), "not valid TOML|has no"),
    Hostile("Scenario file based on /etc/passwd",
            lambda app: open_file(app, "based_on = '/etc/passwd'"), "no shipped scenario"),
    Hostile("Scenario file whose network is /etc", lambda app: open_file(app, FILE.format("/etc")), "bring them in"),
    Hostile("Scenario file whose network is ../..", lambda app: open_file(app, FILE.format("../..")), "bring them in"),
    Hostile("Scenario file: support = nan",
            lambda app: open_file(app, "based_on = 'default'\n[programme]\nsupport = nan\n"),
            "not a finite number"),
    Hostile("Scenario file: 10^20 months",
            lambda app: open_file(app, f"based_on = 'default'\n[run]\nmonths = {10**20}\n"),
            "at most 1200"),
    Hostile("Scenario file with 5,000 strategies", lambda app: open_file(app, MANY), "takes at most 24"),
    Hostile("Scenario file with 500 components", lambda app: open_file(app, PARTS), "1 to 64 components"),
    Hostile("Scenario file with a script for a title and a name", render_names, "written as text"),
    Hostile("A change to not a number",
            lambda app: change(app, "programme.support", float("nan")), "not a finite number"),
    Hostile("A change to 10^300 runs", lambda app: change(app, "run.replicates", 1e300), "out of bounds"),
    Hostile("A change to a list", lambda app: change(app, "run.replicates", [1]), "could not be done"),
    Hostile("A change of __class__.__init__", lambda app: change(app, "__class__.__init__", 1), "could not be done"),
    Hostile("A change of a strategy that is none", lambda app: change(app, "strategies.__class__.balance", 1),
            "no such strategy"),
    Hostile("A strategy renamed to 100,000 letters",
            lambda app: strategy(app, {"what": "rename", "name": "top-down", "new": "x" * 100_000}), "strategies"),
    Hostile("A message about strategies that says nothing", lambda app: strategy(app, None), "could not be done"),
    Hostile("A draft with a made-up key ../../etc",
            lambda app: restore(app, {"text": FILE.format("x"), "base": to_toml(load_scenario("default")),
                                        "upload": "../.."}),
            "could not be reopened"),
    Hostile("A draft that is nothing", lambda app: restore(app, None), "could not be reopened"),
    Hostile("10,000 paired runs", lambda app: compare_after_change(app, "run.replicates", 10_000), "Ask for at most"),
    Hostile("A million services",
            lambda app: compare_after_change(app, "network.services", 1_000_000), "use the command line"),
    Hostile("1,200 months", lambda app: compare_after_change(app, "run.months", 1200), "more than the 240"),
    Hostile("Names =HYPERLINK(A1), +A1, -A1 and @A1 in an exported CSV",
            lambda app: cells(app, "=HYPERLINK(A1)", "+A1", "-A1", "@A1"), r"^'=HYPERLINK\(A1\) '\+A1 '-A1 '@A1$"),
    Hostile("A scenario called ../../x, saved", lambda app: saved_name(app, "../../x"), "^x.toml$"),
]  # fmt: skip


def table() -> str:
    """Return what was tried and what happened as a Markdown table."""
    rows = ["| What was tried | What happened |", "| --- | --- |"]
    with target() as app:
        for hostile in INPUTS:
            said = re.sub(r"\s+", " ", hostile.said(app)).strip()
            said = said if len(said) <= 160 else said[:160] + "…"
            safe = said.replace("|", "\\|").replace("<", "&lt;")
            rows.append(f"| {hostile.what} | {safe} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
