"""The gate through which pages come: it gives them places, closes those left alone, and gives their memory back.

What belongs here: requests for the app's page and its websocket. What does not: which page has a place (``places``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, MutableMapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from spreadsim.app.server.full import full_page
from spreadsim.app.server.memory import give_memory_back
from spreadsim.app.server.places import Places
from spreadsim.app.server.proxies import address_group

BROWSER_COOKIES = ("solara-session-id", "solara-session-id-lax")
PAGES_AT_ONCE, PAGES_A_SECOND = 60.0, 4.0  # that one address may ask for
ROUND_SECONDS = 5.0  # between two looks at which pages are to be closed
CLOSED = 4001  # code with which a websocket is closed whose page has lost its place
_MESSAGES = re.compile(r"/jupyter/api/kernels/([A-Za-z0-9-]{1,64})/channels")
log = logging.getLogger(__name__)
Scope = MutableMapping[str, Any]


class PageRate:
    """How often an address may ask for a page: a number at once, which grows again with time.

    Parameters
    ----------
    clock : seconds.

    Examples
    --------
    >>> rate = PageRate(lambda: 0.0)
    >>> sum(rate.is_within("10.0.0.1") for _ in range(100))
    60
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}  # by address: what was left, and when

    def is_within(self, address: str) -> bool:
        """Return whether an address may ask for a page now, and count it."""
        now = self._clock()
        if len(self._left) > 5000:
            self._left = {key: item for key, item in self._left.items() if now - item[1] < 60}
        left, then = self._left.get(address, (PAGES_AT_ONCE, now))
        left = min(PAGES_AT_ONCE, left + (now - then) * PAGES_A_SECOND)
        self._left[address] = (max(0.0, left - 1), now)
        return left >= 1


class PageGate:
    """Stands before the app's page and its websocket.

    Parameters
    ----------
    app : what stands behind.
    places : of the server.

    Examples
    --------
    >>> from spreadsim.app.server.limits import Limits
    >>> len(PageGate(None, Places(Limits())).places)
    0
    """

    def __init__(self, app: Any, places: Places) -> None:
        self.app, self.places, self.rate = app, places, PageRate()
        self._ends: dict[str, set[asyncio.Event]] = {}  # of the websockets of a page
        self._is_memory_due = False

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Pass on what has a place, and say to others that there is none."""
        if scope["type"] == "lifespan":
            async with self._rounds():
                await self.app(scope, receive, send)
            return
        if scope["type"] == "websocket":
            await self._connect(scope, receive, send)
            return
        if scope["path"] == "/":
            refusal = await self._refusal_of_visitor(scope)
            if refusal:
                await full_page(refusal)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _refusal_of_visitor(self, scope: Scope) -> str:
        """Return what keeps a visitor from a page, once pages left alone have made room."""
        browser, address = visitor_of(scope)
        if not self.rate.is_within(address):
            return "often"
        await self._make_room(browser, address)
        return self.places.refusal(browser, address)

    async def _make_room(self, browser: str, address: str) -> None:
        await self._forget_closed_pages()
        while page := self.places.next_to_go(browser, address):
            await self.close(page)

    async def _connect(self, scope: Scope, receive: Any, send: Any) -> None:
        """Let a page talk as long as it has a place."""
        match = _MESSAGES.fullmatch(scope["path"])
        browser, address = visitor_of(scope)
        if match is None or not browser:
            await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
            return
        page = match[1]
        refusal = self.places.take(page, browser, address)
        if refusal in ("browser", "address", "server"):
            await self._make_room(browser, address)
            refusal = self.places.take(page, browser, address)
        if refusal:
            await send({"type": "websocket.close", "code": 1008, "reason": refusal})
            return
        end = asyncio.Event()
        self._ends.setdefault(page, set()).add(end)
        waits_for_end = asyncio.ensure_future(end.wait())
        is_connected = True

        def disconnect() -> None:
            nonlocal is_connected
            if is_connected:
                is_connected = False
                self.places.disconnect(page)

        async def receive_until_end() -> Any:
            coming = asyncio.ensure_future(receive())
            await asyncio.wait((coming, waits_for_end), return_when=asyncio.FIRST_COMPLETED)
            if end.is_set():
                coming.cancel()
                return {"type": "websocket.disconnect", "code": CLOSED}
            message = coming.result()
            if message["type"] == "websocket.receive":
                self.places.touch(page)
            elif message["type"] == "websocket.disconnect":
                disconnect()
            return message

        async def send_reason(message: Any) -> None:
            if end.is_set() and message["type"] == "websocket.close":
                message = {**message, "code": CLOSED, "reason": "idle"}
            await send(message)

        try:
            await self.app(scope, receive_until_end, send_reason)
        finally:
            waits_for_end.cancel()
            self._ends[page].discard(end)
            if not self._ends[page]:
                del self._ends[page]
            disconnect()
            self._is_memory_due = True

    async def close(self, page: str) -> None:
        """Close a page: its websocket ends, and what it held is forgotten."""
        from solara.server import kernel_context

        self.places.leave(page)
        for end in self._ends.get(page, ()):
            end.set()
        context = kernel_context.contexts.get(page)
        if context is not None:
            try:
                await run_in_threadpool(context.close, "cull")
            except Exception:
                log.exception("a page could not be closed")
        self._is_memory_due = True

    async def _forget_closed_pages(self) -> None:
        """Give up the places of pages that their browsers closed, and of those that waited too long to come back."""
        from solara.server import kernel_context

        for page in self.places.disconnected():
            if page not in kernel_context.contexts:
                self.places.leave(page)
                self._is_memory_due = True

    @contextlib.asynccontextmanager
    async def _rounds(self) -> AsyncIterator[None]:
        """Look after pages as long as the server runs."""

        async def look_after() -> None:
            while True:
                await asyncio.sleep(ROUND_SECONDS)
                await self._forget_closed_pages()
                for page in self.places.idle():
                    await self.close(page)
                if self._is_memory_due:
                    self._is_memory_due = False
                    await run_in_threadpool(give_memory_back)

        task = asyncio.create_task(look_after())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def visitor_of(scope: Scope) -> tuple[str, str]:
    """Return a visitor's browser, by its cookie, and address.

    Parameters
    ----------
    scope : of a request.

    Returns
    -------
    Both, each empty where there is none.

    Examples
    --------
    >>> visitor_of({"type": "http", "headers": [(b"cookie", b"solara-session-id=one")], "client": ("10.0.0.1", 5)})
    ('one', '10.0.0.1')
    """
    connection = HTTPConnection(scope)
    browser = next((value for name in BROWSER_COOKIES if (value := connection.cookies.get(name))), "")
    return browser, address_group(connection.client.host) if connection.client else ""
