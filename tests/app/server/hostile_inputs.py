"""Hostile inputs to the app and what it answers: ``python -m tests.app.server.hostile_inputs`` prints them as a table.

Each is given to the function that the page's message reaches on the server, as somebody would who writes messages by
hand; none relies on what the page itself refuses. The table stands in ``docs/app-safety.md``.
"""

from __future__ import annotations

import asyncio
import base64
import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from spreadsim.app import application, documents, fields, runs
from spreadsim.app.display import exports, tables
from spreadsim.app.screens import report
from spreadsim.app.screens.registry import SCREENS
from spreadsim.app.server import uploads
from spreadsim.app.server.security import Guard
from spreadsim.app.session import Session
from spreadsim.comparison.comparison import compare
from spreadsim.errors import SpreadsimError
from spreadsim.scenario.files import load_scenario, to_toml
from spreadsim.scenario.validation import validate
from spreadsim.telling.spreadsheets import csv_text
from tests.conftest import small_document

SCRIPT = "<script>alert(1)</script>"
BOMB = (
    "<?xml version='1.0'?><!DOCTYPE b [<!ENTITY a0 'x'>"
    + "".join(f"<!ENTITY a{k} '{f'&a{k - 1};' * 10}'>" for k in range(1, 10))
    + "]><graphml><graph><node id='&a9;'/></graph></graphml>"
)
OUTSIDE = "<?xml version='1.0'?><!DOCTYPE b [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><gexf><graph>&x;</graph></gexf>"
HERE = frozenset({"127.0.0.1", "localhost"})


@dataclass(frozen=True)
class Hostile:
    """Something hostile: what it is, how it is tried, and a pattern of the answer it must get."""

    what: str
    attempt: Callable[[], str]
    answer: str


def open_file(text: Any) -> str:
    """Open a scenario file; return what the page says."""
    session = Session(SCREENS)
    session.open_text({"text": text})
    return session.message.value or "taken"


def change(path: Any, value: Any) -> str:
    """Change a parameter; return what the page says."""
    session = Session(SCREENS)
    session.change({"path": path, "value": value})
    return session.message.value or "taken"


def upload(*files: tuple[str, bytes]) -> str:
    """Upload files of a network; return what the page says."""
    given = [{"name": name, "data": base64.b64encode(content).decode()} for name, content in files]
    try:
        found = uploads.receive(load_scenario("default"), uploads.files_of_message(given))
        if found.scenario is not None:
            runs.base_network(found.scenario)
    except SpreadsimError as error:
        return str(error)
    if found.errors:
        return "; ".join(found.errors)
    folder = uploads.upload_store.folder(found.key)
    assert folder is not None
    return "taken; on the disk: " + ", ".join(p.relative_to(folder).as_posix() for p in sorted(folder.rglob("*.*")))


def request(kind: str = "http", path: str = "/", method: str = "GET", token: str = "", **headers: str) -> str:
    """Send a request to the guard; return how it is answered."""
    answers: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        answers.append("passed")

    async def send(message: Any) -> None:
        answers.append(message.get("status", message.get("code")))

    async def receive() -> Any:
        return {}

    pairs = [(key.replace("_", "-").encode(), value.encode()) for key, value in headers.items()]
    scope = {"type": kind, "path": path, "method": method, "headers": pairs, "query_string": b""}
    asyncio.run(Guard(app, None if token else HERE, token)(scope, receive, send))
    return f"refused, {answers[0]}" if answers[0] != "passed" else "passed"


def message(content: Any) -> str:
    """Send a message to a component that declares the event save; return what becomes of it."""
    component = type("Component", (), {"vue_save": None, "vue_event_save": None})()
    received: list[Any] = []
    receiver = application.DeclaredEvents(lambda widget, content, buffers: received.append(content))
    receiver(component, {"event": "save", "data": 1}, None)
    receiver(component, content, None)
    assert received[0] == {"event": "save", "data": 1}
    return "heard" if received[1:] else "ignored"


def restore(draft: Any) -> str:
    """Come back with a draft; return what the page says."""
    session = Session(SCREENS)
    session.restore(draft)
    return session.message.value or "taken"


def strategy(item: Any) -> str:
    """Act on the strategies; return what the page says."""
    session = Session(SCREENS)
    session.strategies(item)
    return session.message.value or "taken"


def render_names() -> str:
    """Return whether a script in every name reaches the report or a figure unescaped."""
    document = small_document(run={"replicates": 2})
    document["title"] = SCRIPT
    document["strategies"] = {SCRIPT: {"balance": 0.2}, "other": {"balance": 0.8}}
    made = compare(validate(document, "hostile"), frontier=False)
    drawn = [tables.figure_data(picture) for picture in tables.comparison_figures(made, True)]
    text = report.page_of(made) + "".join(item["svg"] for item in drawn if item)
    assert "&lt;script" in text
    return "written as text" if "<script" not in text else "a script"


def cell(text: str) -> str:
    """Return a cell as it is written to CSV."""
    return next(csv.reader(io.StringIO(csv_text([text], []), newline="")))[0]


def change_size(path: str, value: Any) -> str:
    """Ask for a large comparison; return what the page says."""
    scenario = documents.with_value(load_scenario("default"), path, fields.typed_value(path, value))
    try:
        runs.check_size(scenario)
    except runs.TooLarge as error:
        return str(error)
    return "taken"


SMALL = b"id,name\na,Alpha\nb,Beta\n"
MANY = "based_on = 'default'\n" + "".join(f"[strategies.s{k}]\nbalance = 0.5\n" for k in range(5000))
PARTS = "based_on = 'default'\n" + "".join(
    f"[intervention.components.c{k}]\ncore = true\nweight = 0.01\n" for k in range(500)
)
FILE = "based_on = 'default'\n[network]\nsource = 'file'\npath = '{}'\n"
INPUTS = [
    Hostile("A page of another site asks (foreign Origin)", lambda: request(host="127.0.0.1:1", origin="http://a.example"),
            "refused, 403"),
    Hostile("A websocket with a foreign Origin",
            lambda: request("websocket", host="127.0.0.1:1", origin="http://a.example"), "refused, 1008"),
    Hostile("A websocket without Origin", lambda: request("websocket", host="127.0.0.1:1"), "refused, 1008"),
    Hostile("A foreign Host (DNS rebinding)", lambda: request(host="a.example"), "refused, 400"),
    Hostile("Host with a user part", lambda: request(host="127.0.0.1:1@a.example"), "refused, 400"),
    Hostile("A shared server without its token", lambda: request(token="long-enough-a-token", host="10.0.0.1:1"),
            "refused, 403"),
    Hostile("A shared server's websocket without its token",
            lambda: request("websocket", token="long-enough-a-token", host="10.0.0.1:1", origin="http://10.0.0.1:1"),
            "refused, 1008"),
    Hostile("POST, PUT or DELETE of a page", lambda: request(method="DELETE", host="127.0.0.1"), "refused, 405"),
    Hostile("The library's own pages of resources", lambda: request(path="/resourcez", host="127.0.0.1"),
            "refused, 404"),
    Hostile("A body of 1 GB", lambda: request(path="/_solara/api/close/x", method="POST", host="127.0.0.1",
                                          content_length="1000000000"), "refused, 413"),
    Hostile("A websocket message naming an event that is none", lambda: message({"event": "__init__", "data": 1}),
            "ignored"),
    Hostile("A websocket message that would make a widget of any class",
            lambda: message({"create_widget": "ipywidgets.FileUpload", "props": {}}), "ignored"),
    Hostile("A websocket message of another shape", lambda: message(["event", "save"]), "ignored"),
    Hostile("A file of 12 MB sent by hand", lambda: upload(("services.csv", b"id\n" + b"a\n" * 6_000_000)),
            "larger than 8,000,000 bytes"),
    Hostile("A zip bomb", lambda: upload(("bomb.zip", b"PK\x03\x04" + b"\0" * 1000)), "file that is not a network"),
    Hostile("A program called services.csv.exe", lambda: upload(("services.csv.exe", b"MZ")), "not a network"),
    Hostile("File name ../../etc/cron.d/services.csv", lambda: upload(("../../etc/cron.d/services.csv", SMALL)),
            "^taken; on the disk: network/services.csv$"),
    Hostile("File name with a null byte", lambda: upload(("services\0.csv", SMALL)),
            "^taken; on the disk: network/services.csv$"),
    Hostile("GraphML with a billion laughs (entity expansion)", lambda: upload(("x.graphml", BOMB.encode())),
            "declares a document type or an entity"),
    Hostile("GEXF that reads /etc/passwd (external entity)", lambda: upload(("x.gexf", OUTSIDE.encode())),
            "declares a document type or an entity"),
    Hostile("GraphML that breaks off", lambda: upload(("x.graphml", b"<graphml><graph><node id='a'")), "not"),
    Hostile("JSON nested 100,000 deep", lambda: upload(("x.json", b"[" * 100_000)), "nested too deeply"),
    Hostile("JSON with a number of 100,000 digits", lambda: upload(("x.json", b'{"nodes": ' + b"9" * 100_000 + b"}")),
            "not valid JSON"),
    Hostile("CSV with 50,000 columns", lambda: upload(("services.csv", b"id," + b"c," * 50_000 + b"\na\n")),
            "at most 1,000 are read"),
    Hostile("CSV with 1e400, nan and a negative population",
            lambda: upload(("services.csv", b"id,population\na,1e400\nb,nan\nc,-5\n")), "not a finite number"),
    Hostile("CSV in UTF-16, or not text at all", lambda: upload(("services.csv", b"\xff\xfe\x00\x01")), "UTF-16"),
    Hostile("A network of 30,000 services",
            lambda: upload(("services.csv", b"id\n" + b"\n".join(b"%d" % k for k in range(30_000)))),
            "more than the 20,000 that the app can run"),
    Hostile("Scenario file: TOML that breaks off", lambda: open_file("a = ["), "not valid TOML"),
    Hostile("Scenario file: nested 50,000 deep", lambda: open_file("a = " + "[" * 50_000), "not valid TOML"),
    Hostile("Scenario file of 3 MB", lambda: open_file("a = 1\n" * 500_000), "too large"),
    Hostile("Scenario file: not text but a list", lambda: open_file([1, 2]), "not valid TOML|has no"),
    Hostile("Scenario file based on /etc/passwd", lambda: open_file("based_on = '/etc/passwd'"), "no shipped scenario"),
    Hostile("Scenario file whose network is /etc", lambda: open_file(FILE.format("/etc")), "bring them in"),
    Hostile("Scenario file whose network is ../..", lambda: open_file(FILE.format("../..")), "bring them in"),
    Hostile("Scenario file: support = nan", lambda: open_file("based_on = 'default'\n[programme]\nsupport = nan\n"),
            "not a finite number"),
    Hostile("Scenario file: 10^20 months", lambda: open_file(f"based_on = 'default'\n[run]\nmonths = {10**20}\n"),
            "at most 1200"),
    Hostile("Scenario file with 5,000 strategies", lambda: open_file(MANY), "takes at most 24"),
    Hostile("Scenario file with 500 components", lambda: open_file(PARTS), "1 to 64 components"),
    Hostile("Scenario file with a script for a title and a name", render_names, "written as text"),
    Hostile("A change to not a number", lambda: change("programme.support", float("nan")), "not a finite number"),
    Hostile("A change to 10^300 runs", lambda: change("run.replicates", 1e300), "out of bounds"),
    Hostile("A change to a list", lambda: change("run.replicates", [1]), "could not be done"),
    Hostile("A change of __class__.__init__", lambda: change("__class__.__init__", 1), "could not be done"),
    Hostile("A change of a strategy that is none", lambda: change("strategies.__class__.balance", 1),
            "no such strategy"),
    Hostile("A strategy renamed to 100,000 letters",
            lambda: strategy({"what": "rename", "name": "top-down", "new": "x" * 100_000}), "strategies"),
    Hostile("A message about strategies that says nothing", lambda: strategy(None), "could not be done"),
    Hostile("A draft with a made-up key ../../etc",
            lambda: restore({"text": FILE.format("x"), "base": to_toml(load_scenario("default")), "upload": "../.."}),
            "could not be reopened"),
    Hostile("A draft that is nothing", lambda: restore(None), "could not be reopened"),
    Hostile("10,000 paired runs", lambda: change_size("run.replicates", 10_000), "Ask for at most"),
    Hostile("A million services", lambda: change_size("network.services", 1_000_000), "use the command line"),
    Hostile("1,200 months", lambda: change_size("run.months", 1200), "more than the 240"),
    Hostile("A service called =HYPERLINK(...) in an exported CSV", lambda: cell("=HYPERLINK(A1)"), "^'=HYPERLINK"),
    Hostile("Cells that begin with + - @ or a tab", lambda: " ".join(cell(c + "A1") for c in "+-@\t"), "^'.*'.*'.*'"),
    Hostile("A scenario called ../../x, saved", lambda: exports.file_name("../../x", "toml"), "^x.toml$"),
]  # fmt: skip


def table() -> str:
    """Return what was tried and what happened as a Markdown table."""
    rows = ["| What was tried | What happened |", "| --- | --- |"]
    for hostile in INPUTS:
        said = re.sub(r"\s+", " ", hostile.attempt()).strip()
        said = said if len(said) <= 160 else said[:160] + "…"
        safe = said.replace("|", "\\|").replace("<", "&lt;")
        rows.append(f"| {hostile.what} | {safe} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
