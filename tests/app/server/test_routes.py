"""What is served: addresses by name and files that exist; nothing is removed, written or fetched, whoever asks."""

from __future__ import annotations

import http.server
import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytest.importorskip("solara", reason="the app's packages are not installed")

from websockets.exceptions import ConnectionClosed

from tests.app.browser import app_process, chromium, headless_browser
from tests.app.client import COOKIE, PageClient, fetch, files_in

PACKAGE = "@widgetti/solara-vuetify-app@10.1.1"
SCRIPT = f"/_solara/cdn/{PACKAGE}/dist/solara-vuetify-app8.min.js"


@dataclass
class Served:
    """The app on a copy of the interface's files, so that an attack that works costs nothing."""

    address: str
    files: Path
    record: Path

    def changes(self) -> list[str]:
        """Return what the process changed and whom it asked so far."""
        time.sleep(0.2)
        return self.record.read_text().splitlines()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served app whose process is recorded."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(Path(sys.prefix) / "share" / "solara" / "cdn", folder / "cdn")
    (folder / "secret.js").write_text("outside")
    (folder / "cdn" / "out.js").symlink_to(folder / "secret.js")
    (folder / "cdn" / "away").symlink_to(folder)
    os.mkfifo(folder / "cdn" / "pipe.js")
    environment = {"SOLARA_ASSETS_PROXY_CACHE_DIR": str(folder / "cdn")}
    command = ("tests.app.server.recorded_app", str(folder / "record"))
    with app_process(command=command, environment=environment) as (address, _):
        fetch(address)  # the first page is drawn once for all
        yield Served(address, folder / "cdn", folder / "record")


@contextmanager
def foreign_site(page: str) -> Iterator[str]:
    """Serve a page of another site; yield its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *parts: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


def test_a_picture_on_another_site_removes_nothing_and_a_link_there_opens_the_app(served: Served) -> None:
    chromium()
    picture = f"{served.address}_solara/cdn/{PACKAGE}"
    before, changes = files_in(served.files), served.changes()
    with (
        foreign_site(f'<img src="{picture}"><a href="{served.address}">open</a>') as site,
        headless_browser() as browser,
    ):
        page = browser.new_page()
        failures: list[str] = []
        page.on("requestfailed", lambda request: failures.append(request.url))
        page.on("response", lambda answer: failures.append(answer.url) if answer.status == 403 else None)
        page.goto(site)
        page.wait_for_timeout(500)
        assert picture in failures  # the picture was asked for, and refused
        assert files_in(served.files) == before
        assert served.changes() == changes
        page.get_by_text("open").click()
        page.get_by_role("navigation", name="Screens").wait_for(timeout=60_000)


@pytest.mark.parametrize("path", [
    f"/_solara/cdn/{PACKAGE}", f"/_solara/cdn/{PACKAGE}/", "/_solara/cdn", "/_solara/cdn/", "/_solara/cdn/@widgetti",
    "/_solara/cdn/vue@2.6.14/dist/vue.js", "/_solara/cdn/left-pad", "/_solara/cdn/out.js", "/_solara/cdn/pipe.js",
    "/_solara/cdn/away/secret.js", "/_solara/cdn/../secret.js", "/_solara/cdn/%2e%2e/secret.js",
    "/_solara/cdn/..%2fsecret.js", "/_solara/cdn/a%00b", "/_solara/cdn//etc/passwd", "/_solara/cdn/%5c..%5csecret.js",
    "/static/assets/../../app.py", "/static/main-vuetify.js", "/static/public/x", "/jupyter/nbextensions/",
    "/jupyter/nbextensions/jupyter-vue/../../../x.js", "/jupyter/api/kernels/x", "/jupyter/api/kernels/x/channels",
    "/resourcez", "/resourcez?verbose", "/readyz", "/_solara/api/evict/x", "/_solara/auth/login", "/lesson",
    "/favicon.ico", "/runs/worker.js", "/runs/worker.js?x", "/runs/", "/runs/../worker.js",
    "/index.html", "/class/", "/join/",
])  # fmt: skip
def test_nothing_else_is_there_and_asking_changes_nothing(served: Served, path: str) -> None:
    before, changes = files_in(served.files), served.changes()
    status, _, body = fetch(served.address, path)
    assert status == 404, body[:200]
    assert b"outside" not in body
    assert files_in(served.files) == before
    assert served.changes() == changes


def test_a_page_asks_for_nothing_that_is_not_served(served: Served) -> None:
    status, headers, body = fetch(served.address)
    asked = set(re.findall(r'(?:src|href)="(/[^"]+)"', body.decode()))
    assert status == 200
    assert SCRIPT in asked
    assert {path: fetch(served.address, path)[0] for path in asked} == dict.fromkeys(asked, 200)
    assert "'unsafe-eval'" in headers["content-security-policy"]
    assert "http" not in headers["content-security-policy"]


def test_files_of_the_interface_are_compressed_once_and_kept_by_browsers(served: Served) -> None:
    status, headers, _ = fetch(served.address, SCRIPT, accept_encoding="gzip")
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert "immutable" in headers["cache-control"]
    status, headers, _ = fetch(served.address, "/static/assets/style.css")
    assert (status, headers["cache-control"]) == (200, "no-cache")
    assert fetch(served.address, "/static/assets/style.css", if_none_match=headers["etag"])[0] == 304


@pytest.mark.parametrize(("path", "mode", "target", "status"), [
    ("/", "navigate", "document", 200), ("/join", "navigate", "document", 200), ("/", "navigate", "iframe", 403),
    ("/", "no-cors", "image", 403), (SCRIPT, "no-cors", "script", 403), (SCRIPT, "navigate", "document", 403),
    ("/class", "navigate", "document", 200), ("/join/now", "navigate", "document", 403),
])  # fmt: skip
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_reaches_pages_by_a_link_alone(
    served: Served, site: str, path: str, mode: str, target: str, status: int
) -> None:
    headers = {"sec_fetch_site": site, "sec_fetch_mode": mode, "sec_fetch_dest": target}
    assert fetch(served.address, path, **headers)[0] == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
@pytest.mark.parametrize("path", ["/", SCRIPT, "/static/assets/style.css", "/runs/worker.js"])
def test_pages_and_files_are_only_read(served: Served, method: str, path: str) -> None:
    before, changes = files_in(served.files), served.changes()
    assert fetch(served.address, path, method, origin=served.address.rstrip("/"))[0] == 405
    assert files_in(served.files) == before
    assert served.changes() == changes


def test_the_server_asks_nobody_outside(served: Served) -> None:
    page = PageClient(served.address)
    page.event("draft", "tab", "Compare")
    page.wait(lambda: any(state.get("title") == "In detail" for state in page.states()), 300)
    page.close()
    assert [line for line in served.changes() if line.startswith("socket.")] == []


def test_a_visitor_does_not_say_under_which_address_the_app_stands(served: Served) -> None:
    for name in ("script_name", "x_script_name", "x_forwarded_prefix"):
        fetch(served.address, **{name: "/elsewhere"})
    assert b"/elsewhere" not in fetch(served.address)[2]


def test_only_the_browser_that_opened_a_page_closes_it(served: Served) -> None:
    page = PageClient(served.address)
    page.widget("draft")
    path = f"/_solara/api/close/{page.kernel}?session_id={page.page}"
    place = f"http://{urlsplit(served.address).netloc}"
    assert fetch(served.address, path, "POST")[0] == 403  # says not where it comes from
    assert fetch(served.address, path, "POST", origin=place)[0] == 204  # is not told whether there is such a page
    assert fetch(served.address, path, "POST", origin=place, cookie=f"{COOKIE}=other")[0] == 204
    page.event("draft", "tab", "Compare")
    page.wait(lambda: page.widget("draft")[1]["look"]["tab"] == "Compare")
    assert fetch(served.address, path, "POST", origin=place, cookie=f"{COOKIE}={page.session}")[0] == 204
    with suppress(ConnectionClosed):  # it may be closed already, which is what is wanted
        page.send("kernel_info_request", {})
    page.wait(lambda: not page.is_open, 10)
