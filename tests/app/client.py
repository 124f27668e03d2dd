"""A page without a browser: it opens the app, speaks its websocket as the interface does, and keeps what it is sent.

Several dozen of them cost little, and they can send what no browser would.
"""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

COOKIE = "solara-session-id"


def files_in(folder: Path) -> set[Path]:
    """Return all files below a folder that a running server may be writing to: what goes away meanwhile is left out."""
    return {Path(top, name) for top, _, names in os.walk(folder) for name in names}


def fetch(
    address: str, path: str = "/", method: str = "GET", body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Send one request; return the status, the headers and the body. A header's hyphens are written as underscores."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


class PageClient:
    """An open page.

    Parameters
    ----------
    address : of the app.
    session : cookie of the browser; a new browser where left out.
    kernel : number of the page; a new page where left out.
    runs : whether the page asks for the app, as the interface does; else it only connects.
    """

    def __init__(self, address: str, session: str = "", kernel: str = "", runs: bool = True, **headers: str) -> None:
        self.address, self.session = address, session or str(uuid.uuid4())
        self.kernel, self.page = kernel or str(uuid.uuid4()), str(uuid.uuid4())
        self.widgets: dict[str, dict[str, Any]] = {}
        self.is_open = True
        self.n_bytes = 0  # that the page was sent, before compression
        self._changed = threading.Condition()
        place = urlsplit(address).netloc
        self.socket = connect(
            f"ws://{place}/jupyter/api/kernels/{self.kernel}/channels?session_id={self.page}",
            additional_headers={"cookie": f"{COOKIE}={self.session}", "origin": f"http://{place}", **headers},
            max_size=None, open_timeout=30, compression=None,
        )  # fmt: skip
        threading.Thread(target=self._receive, daemon=True).start()
        if runs:
            self.send("kernel_info_request", {})
            control = uuid.uuid4().hex
            self.send("comm_open", {"comm_id": control, "target_name": "solara.control", "data": {}})
            arguments = {"path": "/", "dark": False, "themes": {"light": {}, "dark": {}}, "appName": None}
            self.send("comm_msg", {"comm_id": control, "data": {"method": "run", "args": arguments}})

    def send(self, kind: str, content: Mapping[str, Any]) -> None:
        """Send a message of the protocol."""
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": self.page, "username": "", "version": "5.2",
                  "date": "2026-11-28T00:00:00.000Z"}  # fmt: skip
        self.socket.send(json.dumps({
            "buffers": [], "channel": "shell", "content": content, "header": header, "metadata": {},
            "parent_header": {},
        }))  # fmt: skip

    def event(self, trait: str, name: str, data: Any = None) -> None:
        """Let something happen on the widget that has a trait, as its template would."""
        self.custom(trait, {"event": name, "data": data})

    def custom(self, trait: str, content: Any) -> None:
        """Send any content to the widget that has a trait."""
        widget = self.widget(trait)[0]
        self.send("comm_msg", {"comm_id": widget, "data": {"method": "custom", "content": content}})

    def widget(self, trait: str, timeout: float = 60) -> tuple[str, dict[str, Any]]:
        """Wait for the newest widget that has a trait; return its number and its state."""

        def newest() -> tuple[str, dict[str, Any]] | None:
            return next(((n, w) for n, w in reversed(self.widgets.items()) if trait in w), None)

        return self.wait(newest, timeout)

    def states(self) -> list[dict[str, Any]]:
        """Return the states of all widgets."""
        with self._changed:
            return list(self.widgets.values())

    def wait(self, condition: Callable[[], Any], timeout: float = 60) -> Any:
        """Wait until a condition on what was sent holds; return its value."""
        end = time.monotonic() + timeout
        with self._changed:
            while not (value := condition()):
                if not self.is_open:
                    raise ConnectionError("the page was closed by the server")
                if not self._changed.wait(min(1.0, end - time.monotonic())) and time.monotonic() > end:
                    raise TimeoutError("the server did not send what was waited for")
            return value

    def close(self, says_so: bool = True) -> None:
        """Leave; a browser says so."""
        with suppress(OSError):
            if says_so:
                fetch(self.address, f"/_solara/api/close/{self.kernel}?session_id={self.page}", "POST", b"",
                      origin=f"http://{urlsplit(self.address).netloc}", cookie=f"{COOKIE}={self.session}")  # fmt: skip
        self.socket.close()

    def _receive(self) -> None:
        try:
            for message in self.socket:
                self.n_bytes += len(message)
                self._take(json.loads(message) if isinstance(message, str) else {})
        except ConnectionClosed:
            pass
        with self._changed:
            self.is_open = False
            self._changed.notify_all()

    def _take(self, message: Mapping[str, Any]) -> None:
        kind, content = message.get("header", {}).get("msg_type"), message.get("content", {})
        data = content.get("data", {})
        with self._changed:
            if kind == "comm_open":
                self.widgets[content["comm_id"]] = dict(data.get("state", {}))
            elif kind == "comm_close":
                self.widgets.pop(content["comm_id"], None)
            elif kind == "comm_msg" and data.get("method") == "update" and content["comm_id"] in self.widgets:
                self.widgets[content["comm_id"]].update(data["state"])
            self._changed.notify_all()
