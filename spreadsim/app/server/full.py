"""The page that says that there is no place, and when to try again; it tries again by itself.

What belongs here: the words. What does not: when they are said (``page_gate``, ``connections``).
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

SECONDS = 20  # after which the page tries again
WORDS = {
    "server": (
        "The server is full",
        "Every place on this server is taken. A place is free when somebody closes a page, or has left one alone for a "
        "few minutes.",
    ),
    "address": (
        "Too many pages are open from your address",
        "Every place that one address may have is taken. A place is free when somebody there closes a page, or has "
        "left one alone for a few minutes.",
    ),
    "browser": (
        "Too many pages are open in this browser",
        "Close a page of this app that you no longer need, and come back to this one.",
    ),
    "requests": ("The server is busy", "More is asked of this server at once than it can answer."),
    "often": ("Too many pages were asked for", "This page was asked for very often from your address."),
}


def full_text(reason: str) -> str:
    """Return the page that says why there is no place.

    Parameters
    ----------
    reason : key of `WORDS`.

    Returns
    -------
    HTML that loads nothing.

    Examples
    --------
    >>> "The server is full" in full_text("server")
    True
    """
    title, words = WORDS[reason]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="refresh" content="{SECONDS}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
        '<body style="font: 18px/1.5 sans-serif; max-width: 34em; margin: 15vh auto; padding: 0 1em">'
        f"<main><h1>{title}</h1><p>{words}</p><p>This page tries again every {SECONDS} seconds. "
        "What you had on a page before is kept in your browser.</p></main></body></html>"
    )


def full_page(reason: str) -> Any:
    """Return an application that answers each request with the page that says why there is no place.

    Parameters
    ----------
    reason : key of `WORDS`.

    Returns
    -------
    An ASGI application, which answers with status 503, or 429 where a visitor asks too often.

    Examples
    --------
    >>> callable(full_page("server"))
    True
    """
    body = full_text(reason).encode()
    headers = [
        (b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(SECONDS).encode()), (b"cache-control", b"no-store"), (b"connection", b"close"),
    ]  # fmt: skip

    async def answer(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 429 if reason == "often" else 503, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer
