"""The server: settings, the guarded application and running it.

What belongs here: what must be set before Solara is imported, how large a message may be, and what stands before the
app in which order. What does not: who may come in (``server.security``), what is served (``server.routes``), how many
pages may be open (``server.limits``).
"""

from __future__ import annotations

import os
import socket
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spreadsim.app.server.limits import Limits, limits_from
from spreadsim.app.server.proxies import is_among, trusted_proxies
from spreadsim.app.server.security import LOOPBACK_HOSTS, Guard, is_loopback

DEFAULT_LIMITS = Limits()
MAX_MESSAGE = 16_000_000  # bytes; uploads are checked again, and are smaller (``uploads``)
SETTINGS = {
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",
    "SOLARA_THEME_SHOW_BANNER": "False",
    "SOLARA_THEME_TITLE": "spreadsim",
    "SOLARA_THEME_LOADER": "plain",
    "SOLARA_ASSETS_FONTAWESOME_ENABLED": "False",
    "SOLARA_KERNEL_CULL_TIMEOUT": "15m",
    "SOLARA_SESSION_HTTP_ONLY": "True",
    "SOLARA_MODE": "production",
    "SOLARA_APP": "spreadsim.app.page",
}


def is_declared_event(content: Any, events: set[str]) -> bool:
    """Return whether a page's message names an event that its component declares, and asks for nothing else.

    Parameters
    ----------
    content : of the message, as the browser sent it.
    events : names that the component declares.

    Returns
    -------
    False for anything but an event with its data.

    Examples
    --------
    >>> is_declared_event({"event": "save", "data": 1}, {"save"})
    True
    >>> is_declared_event({"event": "save", "create_widget": "x"}, {"save"})
    False
    """
    if not isinstance(content, dict) or set(content) - {"event", "data"}:
        return False
    name = content.get("event")
    return isinstance(name, str) and name.removeprefix("event_") in events


@dataclass(frozen=True)
class DeclaredEvents:
    """A receiver of a page's messages that passes on the events which the component declares, and drops the rest.

    Attributes
    ----------
    receiver : called with the widget, the content of a message and its buffers.

    Examples
    --------
    >>> seen = []
    >>> receiver = DeclaredEvents(lambda widget, content, buffers: seen.append(content["event"]))
    >>> receiver(object(), {"event": "save"}, [])
    >>> seen
    []
    """

    receiver: Callable[[Any, Any, Any], None]

    def __call__(self, widget: Any, content: Any, buffers: Any) -> None:
        """Pass a message on, or drop it."""
        if is_declared_event(content, declared_events(type(widget))):
            self.receiver(widget, content, buffers)


def declared_events(component: type) -> set[str]:
    """Return the names of the events of a component made by ``solara.component_vue``, without ``event_``.

    Parameters
    ----------
    component : class of a widget.

    Returns
    -------
    Names of events.

    Examples
    --------
    >>> class Widget:
    ...     def vue_event_save(self, data: object) -> None: ...
    >>> declared_events(Widget)
    {'save'}
    """
    prefix = "vue_event_"
    return {name.removeprefix(prefix) for name in dir(component) if name.startswith(prefix)}


def _restrict_page_events() -> None:
    """Let a page's messages call the events that a component declares, and nothing else of the machinery.

    The library's handler also makes widgets of any class a message names, which no template of ours asks for.
    """
    from ipyvue import VueTemplate

    register = VueTemplate.on_msg
    if register.__module__ == __name__:
        return

    def on_msg(self: Any, callback: Callable[[Any, Any, Any], None], remove: bool = False) -> None:
        register(self, DeclaredEvents(callback), remove=remove)

    VueTemplate.on_msg = on_msg


def application(hosts: frozenset[str] | None, token: str = "", limits: Limits = DEFAULT_LIMITS) -> Any:
    """Return the app, guarded, ready to be served.

    Parameters
    ----------
    hosts : names under which the app may be addressed; None for any.
    token : that a visitor must bring; empty for none.
    limits : on pages.

    Returns
    -------
    A Starlette application.

    Examples
    --------
    >>> guarded = application(frozenset({"localhost"}))
    >>> sorted({route.path for route in guarded.routes if route.path.startswith("/join/s")})
    ['/join/static/{name}']
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    os.environ["SOLARA_TELEMETRY_MIXPANEL_ENABLE"] = "False"
    import solara.server.starlette as library
    import solara.settings
    from solara.server import settings
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.gzip import GZipMiddleware

    from spreadsim.app.classroom.routes import Classroom
    from spreadsim.app.server import uploads
    from spreadsim.app.server.page_gate import PageGate
    from spreadsim.app.server.places import MAX_CONNECTIONS, Places
    from spreadsim.app.server.routes import interface_routes

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        uploads.remove_left_behind()
        try:
            async with library.lifespan(app):
                yield
        finally:
            uploads.upload_store.close()  # a signal ends the process before Python tidies up

    settings.telemetry.mixpanel_enable = False
    solara.settings.assets.proxy = True  # the interface's files come from this installation, never from outside
    settings.assets.extra_locations = [str(Path(__file__).parent / "assets")]
    settings.main.root_path = settings.main.root_path or ""  # else the first visitor's headers would say
    _restrict_page_events()
    warnings.filterwarnings("ignore", message="Cookies with samesite=none", category=UserWarning)
    settings.kernel.max_count = limits.pages * MAX_CONNECTIONS  # threads; fewer would leave pages at "Loading"
    layers = [
        Middleware(GZipMiddleware, minimum_size=2000),
        Middleware(Guard, hosts=hosts, token=token),
        Middleware(PageGate, places=Places(limits)),
    ]
    app = Starlette(routes=[*Classroom().routes(), *interface_routes()], lifespan=lifespan, middleware=layers)
    app.router.redirect_slashes = False
    return app


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `host`; port 0 takes any free one.

    Parameters
    ----------
    host : address to listen on.
    port : 0 takes any free one.

    Returns
    -------
    A bound socket, which the caller closes.

    Raises
    ------
    OSError : the port is taken or the address is not this machine's.

    Examples
    --------
    >>> with listening_socket("127.0.0.1", 0) as listener:
    ...     listener.getsockname()[1] > 0
    True
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def serve(host: str, listener: socket.socket, token: str, ready: Callable[[], None]) -> None:
    """Serve the app until it is stopped; `ready` is called once it answers.

    Parameters
    ----------
    host : address that was bound; it decides which names the app answers to.
    listener : bound socket.
    token : that a visitor must bring; empty for none.
    ready : called once the app answers.

    Raises
    ------
    InputError : a variable that sets a limit, or names proxies, holds something else.

    Examples
    --------
    >>> with listening_socket("127.0.0.1", 0) as listener:
    ...     serve("127.0.0.1", listener, "", lambda: print("ready"))  # doctest: +SKIP
    """
    import uvicorn

    from spreadsim.app.server.connections import Connections, protocol_for

    limits = limits_from(os.environ)
    hosts = frozenset((*LOOPBACK_HOSTS,)) if is_loopback(host) else None
    proxies = trusted_proxies()
    config = uvicorn.Config(
        application(hosts, token, limits), log_level="warning", ws_max_size=MAX_MESSAGE, server_header=False,
        timeout_graceful_shutdown=2, proxy_headers=bool(proxies), forwarded_allow_ips=proxies,
        http=protocol_for(Connections(limits.request_seconds, lambda address: is_among(address, proxies))),
    )  # fmt: skip

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            ready()

    Server(config).run(sockets=[listener])
