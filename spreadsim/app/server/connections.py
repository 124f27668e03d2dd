"""Connections: how long one may stay silent, and how many there may be.

What belongs here: sockets, before and after their requests. What does not: pages, which talk over websockets
(``page_gate``); who may ask for what (``security``).

The web server waits for ever for the first request of a connection, and counts silent connections against everyone.
Here a connection that sends nothing is closed after a while, or at once when many wait and it has waited longest, so
that a visitor who does send a request is served whatever else is open.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from spreadsim.app.server.full import full_page

MAX_WAITING = 128  # connections without a whole request, of all visitors; the one that waits longest makes room
MAX_REQUESTS = 200  # under way, of all visitors
MAX_REQUESTS_PER_ADDRESS = 100
STALLED_SECONDS = 30.0  # in which a visitor must take in some of the answer


class Connections:
    """The connections of one server.

    Parameters
    ----------
    request_seconds : in which a connection must send its request.
    is_shared : whether many visitors stand behind an address, such as a proxy's; it has no limit of its own.

    Examples
    --------
    >>> Connections(10.0).is_full("127.0.0.1")
    False
    """

    def __init__(self, request_seconds: float, is_shared: Callable[[str], bool] = lambda address: False) -> None:
        self.request_seconds, self.is_shared = request_seconds, is_shared
        self.waiting: dict[LimitedProtocol, None] = {}  # the longest first
        self.requests: Counter[str] = Counter()  # under way, by address

    def is_full(self, address: str) -> bool:
        """Return whether a request of an address is one too many."""
        is_address_full = self.requests[address] >= MAX_REQUESTS_PER_ADDRESS and not self.is_shared(address)
        return is_address_full or self.requests.total() >= MAX_REQUESTS


class LimitedProtocol(H11Protocol):
    """HTTP on one connection, counted with the other connections of a server, which `protocol_for` sets.

    Examples
    --------
    >>> protocol_for(Connections(10.0)).connections_of_server.request_seconds
    10.0
    """

    connections_of_server: Connections
    _request_timer: asyncio.TimerHandle | None = None
    _stalled_timer: asyncio.TimerHandle | None = None
    _is_under_way = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._await_request()

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request; once it is whole, nobody waits for it any more."""
        server = self.connections_of_server
        if not self._is_under_way and server.is_full(self._address):
            self.app = full_page("requests")
        super().data_received(data)
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY) and self in server.waiting:
            self._forget()
            if self.cycle is not None and not self.cycle.response_complete:
                self._is_under_way = True
                server.requests[self._address] += 1

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand over to the websocket, whose pages are counted by themselves."""
        self._forget()
        super().handle_websocket_upgrade(event)

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        self._forget()
        self.app = self.config.loaded_app
        if not self.transport.is_closing():
            self._await_request()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._forget()
        self._stop_stalled_timer()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Begin to wait for a visitor who does not take in the answer."""
        super().pause_writing()
        self._stop_stalled_timer()
        self._stalled_timer = self.loop.call_later(STALLED_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The visitor takes in the answer."""
        super().resume_writing()
        self._stop_stalled_timer()

    @property
    def _address(self) -> str:
        return self.client[0] if self.client else ""

    def _await_request(self) -> None:
        server = self.connections_of_server
        server.waiting[self] = None
        self._request_timer = self.loop.call_later(server.request_seconds, self._give_up)
        if len(server.waiting) > MAX_WAITING:
            next(iter(server.waiting))._give_up()

    def _give_up(self) -> None:
        self._forget()
        self.transport.abort()

    def _forget(self) -> None:
        """Count the connection neither among those that wait nor among those with a request under way."""
        server = self.connections_of_server
        server.waiting.pop(self, None)
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None
        if self._is_under_way:
            self._is_under_way = False
            server.requests[self._address] -= 1
            if not server.requests[self._address]:
                del server.requests[self._address]

    def _stop_stalled_timer(self) -> None:
        if self._stalled_timer is not None:
            self._stalled_timer.cancel()
            self._stalled_timer = None


def protocol_for(connections: Connections) -> type[Any]:
    """Return the protocol of a server whose connections are counted together.

    Parameters
    ----------
    connections : of the server.

    Returns
    -------
    A class for the web server to make one of for each connection.

    Examples
    --------
    >>> protocol_for(Connections(10.0)).__name__
    'LimitedProtocol'
    """
    return type("LimitedProtocol", (LimitedProtocol,), {"connections_of_server": connections})
