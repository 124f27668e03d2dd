"""Help for tests of the app in a real browser: the app in a process of its own, Chromium, and what a page did."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
AXE_PLACES = ("node_modules/axe-core/axe.min.js", "../node_modules/axe-core/axe.min.js")


def chromium() -> str:
    """Return the path of Chromium; the test is skipped where there is none."""
    pytest.importorskip("solara", reason="the app's packages are not installed")
    pytest.importorskip("playwright", reason="playwright is not installed")
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium on the PATH (Debian: apt-get install chromium)")
    return found


def axe() -> str:
    """Return the source of axe-core; the test is skipped where it is not installed."""
    top = Path(__file__).parents[2]
    for place in (os.environ.get("AXE_CORE", ""), *AXE_PLACES):
        path = top / place
        if place and path.is_file():
            return path.read_text(encoding="utf-8")
    pytest.skip("axe-core is not installed (npm install axe-core, or AXE_CORE=path of axe.min.js)")


@contextmanager
def app_address(*options: str) -> Iterator[str]:
    """Serve the app in a process of its own; yield its address."""
    with app_process(*options) as (address, _):
        yield address


@contextmanager
def app_process(
    *options: str, command: Sequence[str] = ("spreadsim.cli.app",), environment: Mapping[str, str] | None = None
) -> Iterator[tuple[str, int]]:
    """Serve the app in a process of its own; yield its address and the number of the process."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--port", "0", "--no-browser", *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
    )  # fmt: skip
    assert process.stdout is not None
    lines: list[str] = []
    address = ""
    for line in process.stdout:
        lines.append(line)
        found = re.search(r"http://\S+", line)
        if found:
            address = found[0]
            break
    if not address:
        process.wait(10)
        pytest.fail("the app did not start:\n" + "".join(lines))
    reader = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
    reader.start()
    try:
        yield address, process.pid
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
        reader.join(5)
        process.stdout.close()


@contextmanager
def headless_browser() -> Iterator[Any]:
    """Yield a headless Chromium."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """One visitor's page, and what it asked for and complained of."""

    page: Any
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def tab(self, name: str) -> None:
        """Go to a screen."""
        self.page.get_by_role("navigation", name="Screens").get_by_role("button", name=name, exact=True).click()

    def ready(self, text: str, timeout: float = 60_000) -> None:
        """Wait until a text is on the page."""
        self.page.get_by_text(text).first.wait_for(timeout=timeout)

    def saved(self, button: Any) -> bytes:
        """Press a button that hands over a file; return what is in it."""
        with self.page.expect_download(timeout=30_000) as caught:
            button.click()
        return Path(caught.value.path()).read_bytes()

    def put(self, path: str, value: str) -> None:
        """Move the slider of a parameter, as a hand would."""
        self.page.locator(f'input[type=range][data-path="{path}"]').evaluate(
            "(e, v) => { e.value = v; e.dispatchEvent(new Event('input', {bubbles: true}));"
            " e.dispatchEvent(new Event('change', {bubbles: true})); }", value)  # fmt: skip


@contextmanager
def visit(browser: Any, address: str, **options: Any) -> Iterator[Visit]:
    """Open the app in a fresh context, as another user would."""
    context = browser.new_context(accept_downloads=True, **options)
    page = context.new_page()
    visitor = Visit(page, address)
    page.on("request", lambda request: visitor.requests.append(request.url))
    page.on("websocket", lambda socket: visitor.requests.append(socket.url))
    page.on("console", lambda said: visitor.complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    page.goto(address)
    page.get_by_role("navigation", name="Screens").wait_for(timeout=60_000)
    try:
        yield visitor
    finally:
        context.close()


def faults(page: Any, source: str) -> list[str]:
    """Return what axe-core finds that is serious or critical."""
    page.evaluate(source)
    found = page.evaluate(
        "async () => (await axe.run(document, {iframes: false, resultTypes: ['violations']})).violations"
        ".filter(v => ['serious', 'critical'].includes(v.impact))"
        ".map(v => [v.id, v.impact, v.nodes.slice(0, 4).map(n => n.html.slice(0, 99) + n.failureSummary)])"
    )
    return [json.dumps(item) for item in found]
