"""Limits that the server holds itself to, on a running server and on the rules alone."""

from __future__ import annotations

import http.client
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest

pytest.importorskip("solara", reason="the app's packages are not installed")

from websockets.exceptions import InvalidStatus

from spreadsim.app.server.limits import Limits, limits_from
from spreadsim.app.server.places import IDLE_WHEN_FULL, MAX_CONNECTIONS, Places
from spreadsim.errors import InputError
from tests.app.browser import app_process, chromium, headless_browser, visit
from tests.app.client import COOKIE, PageClient, fetch

SETTINGS = {
    "SPREADSIM_PAGES": "6", "SPREADSIM_PAGES_PER_ADDRESS": "4", "SPREADSIM_PAGES_PER_BROWSER": "3",
    "SPREADSIM_REQUEST_SECONDS": "5", "SPREADSIM_PROXIES": "127.0.0.1",
}  # fmt: skip


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


# ---------------------------------------------------------------------------------------------- the rules alone


def test_places_are_limited_by_browser_address_and_server() -> None:
    places = Places(Limits(pages=5, pages_per_address=3, pages_per_browser=2))
    assert [places.take(f"a{k}", "one", "here") for k in range(3)] == ["", "", "browser"]
    assert [places.take(f"b{k}", "two", "here") for k in range(2)] == ["", "address"]
    assert [places.take(f"c{k}", f"three {k}", "there") for k in range(3)] == ["", "", "server"]
    places.leave("a0")
    assert places.take("c2", "four", "there") == ""


def test_a_page_comes_back_to_its_place_and_nobody_else_does() -> None:
    places = Places(Limits())
    assert places.take("page", "one", "here") == ""
    assert places.take("page", "two", "here") == "closed"
    assert [places.take("page", "one", "here") for _ in range(MAX_CONNECTIONS)][-1] == "page"
    places.leave("page")
    assert places.take("page", "one", "here") == "closed"


def test_a_page_left_alone_gives_its_place_to_a_visitor_who_waits() -> None:
    clock = Clock()
    places = Places(Limits(pages=3, idle_minutes=60), clock)
    for page in ("first", "second", "lost"):
        places.take(page, page, page)
        clock.now += 1
    assert places.next_to_go("new", "new") == ""  # all were used a moment ago
    places.disconnect("lost")
    assert places.next_to_go("new", "new") == "lost"
    places.take("lost", "lost", "lost")
    clock.now += IDLE_WHEN_FULL
    places.touch("first")
    assert places.next_to_go("new", "new") == "second"
    assert places.idle() == []
    clock.now += 3600
    places.touch("lost")
    assert places.idle() == ["first", "second"]


def test_one_browser_makes_room_with_its_own_pages_alone() -> None:
    clock = Clock()
    places = Places(Limits(pages_per_browser=1), clock)
    places.take("old", "other", "there")
    clock.now += IDLE_WHEN_FULL
    places.take("own", "one", "here")
    assert places.next_to_go("one", "here") == ""
    clock.now += IDLE_WHEN_FULL
    assert places.next_to_go("one", "here") == "own"


@pytest.mark.parametrize(("name", "value"), [
    ("SPREADSIM_PAGES", "many"), ("SPREADSIM_PAGES", "0"), ("SPREADSIM_PAGES", "1.5"),
    ("SPREADSIM_IDLE_MINUTES", "nan"), ("SPREADSIM_REQUEST_SECONDS", "-1"),
])  # fmt: skip
def test_a_wrong_limit_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(InputError, match=name):
        limits_from({name: value})


# ---------------------------------------------------------------------------------------------- a running server


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A served app with few places, which believes a proxy on this machine."""
    with app_process(environment=SETTINGS) as (where, _):
        PageClient(where).close()
        yield where


def opened(address: str, session: str = "", **headers: str) -> PageClient:
    """Open a page once the server has noticed that pages before it are gone."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return PageClient(address, session, runs=False, **headers)
        except InvalidStatus:
            assert time.monotonic() < deadline, "places were not given back"
            time.sleep(0.2)


@contextmanager
def pages(address: str, n: int, session: str = "", client: str = "") -> Iterator[list[PageClient]]:
    """Hold pages open: of one browser, or each of its own; their proxy says from which address."""
    forwarded = {"x-forwarded-for": client} if client else {}
    with ExitStack() as stack:
        held = []
        for _ in range(n):
            held.append(opened(address, session, **forwarded))
            stack.callback(held[-1].close)
        yield held
    wait_for_a_place(address, session, client)


def wait_for_a_place(address: str, session: str = "", client: str = "") -> None:
    """Return once a browser would get a page: a server on a busy machine takes a while to notice who is gone."""
    deadline = time.monotonic() + 20
    while fetch(address, x_forwarded_for=client or "127.0.0.1", cookie=f"{COOKIE}={session}")[0] != 200:
        assert time.monotonic() < deadline, "places were not given back"
        time.sleep(0.2)


def test_a_visitor_is_told_that_the_server_is_full_and_when_to_try_again(address: str) -> None:
    chromium()
    with pages(address, 4, client="10.0.0.1"), pages(address, 2, client="10.0.0.2"):
        status, headers, body = fetch(address)
        assert status == 503
        assert headers["retry-after"] == "20"
        assert b"The server is full" in body
        assert b'http-equiv="refresh" content="20"' in body
        assert "default-src 'self'" in headers["content-security-policy"]
        with headless_browser() as browser:
            page = browser.new_page()
            page.goto(address)
            page.get_by_role("heading", name="The server is full").wait_for(timeout=5000)
    assert fetch(address)[0] == 200


def test_one_address_cannot_take_every_place(address: str) -> None:
    with pages(address, 4, client="10.0.0.1"):
        with pytest.raises(InvalidStatus):
            PageClient(address, **{"x-forwarded-for": "10.0.0.1"})
        assert b"from your address" in fetch(address, x_forwarded_for="10.0.0.1")[2]
        assert fetch(address, x_forwarded_for="10.0.0.2")[0] == 200
        with pages(address, 1, client="10.0.0.2"):
            pass


def test_one_browser_cannot_take_every_place(address: str) -> None:
    browser = str(uuid.uuid4())
    with pages(address, 3, browser):
        with pytest.raises(InvalidStatus):
            PageClient(address, browser)
        assert b"in this browser" in fetch(address, cookie=f"{COOKIE}={browser}")[2]
        assert fetch(address)[0] == 200


def test_a_page_that_broke_off_makes_room(address: str) -> None:
    browser = str(uuid.uuid4())
    for _ in range(5):
        opened(address, browser).close(says_so=False)
    wait_for_a_place(address, browser)
    with pages(address, 3, browser):
        pass


def test_a_page_whose_connection_broke_off_goes_on_where_it_was(address: str) -> None:
    page = PageClient(address)
    page.event("draft", "tab", "Compare")
    page.wait(lambda: page.widget("draft")[1]["look"]["tab"] == "Compare")
    page.close(says_so=False)
    assert fetch(address, f"/jupyter/api/kernels/{page.kernel}")[0] == 200
    again = PageClient(address, page.session, page.kernel, runs=False)
    again.widgets = page.widgets  # a page keeps what it was sent
    again.event("draft", "tab", "Network")
    again.wait(lambda: any(state.get("look", {}).get("tab") == "Network" for state in again.states()))
    again.close()


def test_a_websocket_without_a_browsers_cookie_gets_no_page(address: str) -> None:
    place = urlsplit(address).netloc
    with pytest.raises(InvalidStatus):
        PageClient(address, cookie="", origin=f"http://{place}")


def silent_socket(address: str, text: bytes = b"") -> socket.socket:
    """Open a connection and send nothing, or the beginning of a request."""
    place = urlsplit(address)
    assert place.hostname is not None
    connection = socket.create_connection((place.hostname, place.port or 80), timeout=10)
    connection.sendall(text)
    return connection


UNFINISHED = (
    b"",
    b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n",
    b"POST /join/enter HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 9\r\n\r\n{",
)


def test_a_connection_that_sends_no_whole_request_is_closed(address: str) -> None:
    """Each of several that are open at once, a few seconds after it fell silent."""
    begun = time.monotonic()
    with ExitStack() as stack:
        for connection in [stack.enter_context(silent_socket(address, text)) for text in UNFINISHED]:
            try:
                while connection.recv(4096):
                    pass
            except ConnectionResetError:
                pass
            assert 3 < time.monotonic() - begun < 15


def test_silent_connections_keep_nobody_out(address: str) -> None:
    with ExitStack() as stack:
        for k in range(420):
            stack.enter_context(silent_socket(address, b"GET / HTTP/1.1\r\n" if k % 2 else b""))
        begun = time.monotonic()
        assert fetch(address)[0] == 200
        assert time.monotonic() - begun < 4  # before any of them is closed for its silence


def test_a_connection_is_kept_for_the_next_request(address: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    for _ in range(3):
        connection.request("GET", "/static/assets/favicon.svg")
        answer = connection.getresponse()
        assert (answer.status, len(answer.read()) > 0) == (200, True)
        time.sleep(0.5)
    connection.close()


def test_an_address_that_asks_for_the_page_very_often_is_told_to_wait_and_others_are_not(address: str) -> None:
    answers = [fetch(address, x_forwarded_for="10.0.0.9")[0] for _ in range(150)]
    assert answers[0] == 200
    assert 429 in answers
    assert fetch(address, x_forwarded_for="10.0.0.8")[0] == 200


def test_an_idle_page_is_closed_says_so_and_opens_again() -> None:
    chromium()
    with (
        app_process(environment={"SPREADSIM_IDLE_MINUTES": "0.05"}) as (address, _),
        headless_browser() as browser,
        visit(browser, address) as visitor,
    ):
        visitor.page.get_by_role("alertdialog", name="This page is closed").wait_for(timeout=60_000)
        visitor.page.get_by_role("button", name="Open it again").click()
        visitor.page.get_by_role("navigation", name="Screens").wait_for(timeout=60_000)
