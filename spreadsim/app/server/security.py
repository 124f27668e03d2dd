"""Who may speak to the app, and what a browser may do with its pages.

What belongs here: checks of Host and Origin on pages and websockets, the token of a shared server, security headers,
and limits on requests. What does not: what pages show.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from spreadsim.app.server.routes import CLOSE_PATH, is_page

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

TOKEN_COOKIE = "spreadsim_token"
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]", "::1")
MAX_BODY = 65_536  # nothing is posted but the news that a page was closed; files come by the websocket
STUDENT_PATH = "/join"  # pages for the students of a class: a room's code stands in for the token
_CLASS_PATHS = (f"{STUDENT_PATH}/", "/class/")  # what is posted there comes from our own pages alone, and is small
MAX_CLASS_BODY = 4096
_PROXY_HEADERS = (b"script-name", b"x-script-name", b"forwarded")  # and all that begin with x-forwarded-
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def content_security_policy(nonce: str) -> str:
    """Return the content security policy of a page whose own scripts carry `nonce`.

    Templates of Vue are compiled in the browser, which needs ``unsafe-eval``; styles are set on elements.

    Parameters
    ----------
    nonce : token of one answer, which its scripts repeat.

    Returns
    -------
    The value of the header.

    Examples
    --------
    >>> "script-src 'self' 'nonce-abc'" in content_security_policy("abc")
    True
    """
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-src 'self'; "
        "frame-ancestors 'none'; object-src 'none'; base-uri 'self'; form-action 'none'"
    )


def is_loopback(host: str) -> bool:
    """Return whether a server bound to `host` is reached from this machine alone.

    Parameters
    ----------
    host : name or address.

    Returns
    -------
    True for this machine's own names.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("0.0.0.0")
    (True, False)
    """
    return host in LOOPBACK_HOSTS


def _is_student_path(path: str) -> bool:
    """Return whether a path is one of those that students of a class reach without the token."""
    return path == STUDENT_PATH or path.startswith(STUDENT_PATH + "/")


def host_name(header: str) -> str:
    """Return the name in a Host header, without its port.

    Parameters
    ----------
    header : as a browser sends it.

    Returns
    -------
    The name in lower case; empty where the header holds none.

    Examples
    --------
    >>> host_name("Localhost:8765"), host_name("[::1]:80"), host_name("a b")
    ('localhost', '[::1]', '')
    """
    match = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::(\d{1,5}))?", header)
    return match[1].lower() if match else ""


def page_with_nonce(page: str, nonce: str) -> str:
    """Return a page that says its language, can be zoomed, and whose scripts carry the policy's nonce.

    Parameters
    ----------
    page : HTML.
    nonce : token that the content security policy names.

    Returns
    -------
    HTML.

    Examples
    --------
    >>> page_with_nonce("<html><script>1</script></html>", "abc")
    '<html lang="en"><script nonce="abc">1</script></html>'
    """
    page = re.sub(r"<html(?=[\s>])(?![^>]*\blang=)", '<html lang="en"', page, count=1)
    page = re.sub(
        r'<meta name="viewport"[^>]*>', '<meta name="viewport" content="width=device-width, initial-scale=1">', page
    )
    page = page.replace("<v-progress-linear", '<v-progress-linear aria-label="Working"')
    return re.sub(r"<script(?=[\s>])", f'<script nonce="{nonce}"', page)


class Guard:
    """Stands before the app and turns away whoever has no business here.

    Parameters
    ----------
    app : what is guarded.
    hosts : names under which the app may be addressed; None for any (a token is then required).
    token : what a visitor must bring, once, as ``?token=``; empty for none.

    Examples
    --------
    >>> guard = Guard(lambda scope, receive, send: None, hosts=frozenset(LOOPBACK_HOSTS), token="")
    >>> "localhost" in guard.hosts
    True
    """

    def __init__(self, app: App, hosts: frozenset[str] | None, token: str = "") -> None:
        self.app, self.hosts, self.token = app, hosts, token

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        scope = {**scope, "headers": [item for item in scope["headers"] if not _is_of_proxy(item[0])]}
        refusal = self._refusal(scope, headers)
        if scope["type"] == "websocket":
            if refusal or not self._has_token(headers):
                await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
                return
            await self.app(scope, receive, send)
            return
        if refusal:
            await _send_text(send, refusal, "This address does not answer such requests.")
            return
        if not (self._has_token(headers) or _is_student_path(scope["path"])):
            await self._ask_for_token(scope, send)
            return
        await self.app(scope, receive, _with_headers(send))

    def _refusal(self, scope: MutableMapping[str, Any], headers: dict[str, str]) -> int:
        """Return the status with which a request is refused; 0 where it is not."""
        name = host_name(headers.get("host", ""))
        if not name or (self.hosts is not None and name not in self.hosts):
            return 400
        origin = headers.get("origin")
        if scope["type"] == "websocket":
            return 0 if origin is not None and _is_same_origin(origin, headers["host"]) else 403
        if origin is not None and not _is_same_origin(origin, headers["host"]):
            return 403
        if not _is_fetched_by_own_page(scope, headers):
            return 403
        if scope["method"] not in ("GET", "HEAD"):
            in_class = scope["path"].startswith(_CLASS_PATHS)
            if scope["method"] != "POST" or not (in_class or scope["path"].startswith(CLOSE_PATH)):
                return 405
            if origin is None:
                return 403
            length = headers.get("content-length", "0")
            if not length.isdecimal() or int(length) > (MAX_CLASS_BODY if in_class else MAX_BODY):
                return 413
        return 0

    def _has_token(self, headers: dict[str, str]) -> bool:
        if not self.token:
            return True
        for part in headers.get("cookie", "").split(";"):
            key, _, value = part.strip().partition("=")
            if key == TOKEN_COOKIE and hmac.compare_digest(value.encode(), self.token.encode()):
                return True
        return False

    async def _ask_for_token(self, scope: MutableMapping[str, Any], send: Send) -> None:
        """Take the token from the address and keep it in a cookie, or say that one is needed."""
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        token = dict(query).get("token", "")
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            await _send_text(send, 403, "This app is shared with a token. Open the whole address that you were given.")
            return
        rest = urlencode([item for item in query if item[0] != "token"])
        path = "/" + scope["path"].lstrip("/\\")  # never to another machine
        cookie = f"{TOKEN_COOKIE}={self.token}; Path=/; HttpOnly; SameSite=Strict"
        await send({
            "type": "http.response.start", "status": 303,
            "headers": [
                (b"location", (path + ("?" + rest if rest else "")).encode("latin-1", "replace")),
                (b"set-cookie", cookie.encode()), (b"cache-control", b"no-store"), (b"content-length", b"0"),
            ],
        })  # fmt: skip
        await send({"type": "http.response.body", "body": b""})


def _is_same_origin(origin: str, host: str) -> bool:
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def _is_of_proxy(name: bytes) -> bool:
    """Return whether a header would tell the app under which address it stands; a visitor has no say in that."""
    return name.lower() in _PROXY_HEADERS or name.lower().startswith(b"x-forwarded-")


def _is_fetched_by_own_page(scope: MutableMapping[str, Any], headers: dict[str, str]) -> bool:
    """Return whether a request comes from a page of the app, or from a user who goes to one of its pages.

    Browsers say where a request comes from. Other programs do not, and could say anything.
    """
    if headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
        return True
    goes_to_page = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return goes_to_page and scope["method"] in ("GET", "HEAD") and is_page(scope["path"])


def _with_headers(send: Send) -> Send:
    """Return a sender that adds the security headers, and mends pages on their way out."""
    nonce = secrets.token_urlsafe(16)
    starts: list[Message] = []
    body = bytearray()

    async def sender(message: Message) -> None:
        if message["type"] == "http.response.start":
            old = message.get("headers", [])
            headers = [(k, v) for k, v in old if k.lower().decode("latin-1") not in SECURITY_HEADERS]
            headers += [(k.encode(), v.encode()) for k, v in SECURITY_HEADERS.items()]
            headers.append((b"content-security-policy", content_security_policy(nonce).encode()))
            message = {**message, "headers": headers}
            if any(k.lower() == b"content-type" and v.startswith(b"text/html") for k, v in headers):
                starts.append(message)
                return
        elif starts and message["type"] == "http.response.body":
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            start = starts.pop()
            page = page_with_nonce(body.decode("utf-8"), nonce).encode("utf-8")
            headers = [(k, v) for k, v in start["headers"] if k.lower() != b"content-length"]
            await send({**start, "headers": [*headers, (b"content-length", str(len(page)).encode())]})
            message = {"type": "http.response.body", "body": page}
        await send(message)

    return sender


async def _send_text(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    headers += [(k.encode(), v.encode()) for k, v in SECURITY_HEADERS.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": (text + "\n").encode()})
