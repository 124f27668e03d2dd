"""Places for pages: who holds one, who may have one, and which is given up first.

What belongs here: the rules, on numbers alone. A page has a place from the moment it connects until it is closed. What
does not: how pages are closed and visitors told (``page_gate``).
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from spreadsim.app.server.limits import Limits

IDLE_WHEN_FULL = 300.0  # seconds without anything done, after which a page gives its place to a visitor who waits
MAX_CONNECTIONS = 3  # of one page: a connection that broke may still be there when the next one comes
_MAX_CLOSED = 2000  # closed pages remembered, so that they do not come back by themselves


@dataclass
class Place:
    """A page's place.

    Attributes
    ----------
    browser : by its cookie.
    address : of the visitor.
    last_used : when something was done on the page, in seconds of the clock.
    n_connections : websockets that the page holds.

    Examples
    --------
    >>> Place("browser", "10.0.0.1", 0.0).n_connections
    0
    """

    browser: str
    address: str
    last_used: float
    n_connections: int = field(default=0)


class Places:
    """The places of one server.

    Parameters
    ----------
    limits : of the server.
    clock : seconds.

    Examples
    --------
    >>> places = Places(Limits(pages=1, pages_per_browser=1))
    >>> places.take("first", "browser 1", "10.0.0.1"), places.take("second", "browser 2", "10.0.0.2")
    ('', 'server')
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits, self._clock = limits, clock
        self._places: dict[str, Place] = {}
        self._closed: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._places)

    def refusal(self, browser: str, address: str) -> str:
        """Return which limit keeps a visitor from another page: ``browser``, ``address``, ``server``, or none."""
        places = self._places.values()
        if sum(place.browser == browser for place in places) >= self.limits.pages_per_browser:
            return "browser"
        if sum(place.address == address for place in places) >= self.limits.pages_per_address:
            return "address"
        return "server" if len(places) >= self.limits.pages else ""

    def take(self, page: str, browser: str, address: str) -> str:
        """Give a page its place, or back the one that it has; return which limit refuses it, or ``closed``, or none."""
        with self._lock:
            place = self._places.get(page)
            if page in self._closed or (place is not None and place.browser != browser):
                return "closed"
            if place is None:
                refusal = self.refusal(browser, address)
                if refusal:
                    return refusal
                place = self._places[page] = Place(browser, address, self._clock())
            if place.n_connections >= MAX_CONNECTIONS:
                return "page"
            place.n_connections += 1
            return ""

    def touch(self, page: str) -> None:
        """Note that something was done on a page."""
        with self._lock:
            if page in self._places:
                self._places[page].last_used = self._clock()

    def disconnect(self, page: str) -> None:
        """Note that a connection of a page ended; its place is kept for a while."""
        with self._lock:
            if page in self._places:
                self._places[page].n_connections -= 1

    def leave(self, page: str) -> None:
        """Give up a page's place for good."""
        with self._lock:
            self._places.pop(page, None)
            self._closed[page] = None
            while len(self._closed) > _MAX_CLOSED:
                self._closed.popitem(last=False)

    def disconnected(self) -> list[str]:
        """Return the pages without a connection."""
        with self._lock:
            return [page for page, place in self._places.items() if place.n_connections <= 0]

    def idle(self) -> list[str]:
        """Return the pages that are closed because nothing was done on them for long."""
        with self._lock:
            end = self._clock() - 60 * self.limits.idle_minutes
            return [page for page, place in self._places.items() if place.last_used <= end]

    def next_to_go(self, browser: str, address: str) -> str:
        """Return the page that gives its place to a visitor who is refused; empty where there is none.

        It is, of the pages that the limit counts, the one left alone longest, if it lost its connection or was left
        alone for `IDLE_WHEN_FULL`.
        """
        with self._lock:
            refusal, now = self.refusal(browser, address), self._clock()
            counted = [
                (place.n_connections > 0, place.last_used, page)
                for page, place in self._places.items()
                if (refusal == "browser" and place.browser == browser)
                or (refusal == "address" and place.address == address)
                or refusal == "server"
            ]
        if not counted:
            return ""
        is_connected, last_used, page = min(counted)
        return page if not is_connected or now - last_used >= IDLE_WHEN_FULL else ""
