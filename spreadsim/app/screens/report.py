"""The screen Report: the board's pages, from what is on screen.

What belongs here: what this screen shows and hands over. The report itself is ``comparison.report``'s.
"""

from __future__ import annotations

from typing import Any

from spreadsim.app import widgets
from spreadsim.app.display import exports
from spreadsim.app.library import component, use_task
from spreadsim.app.screens.compare import Shown, full_status, hand_numbers
from spreadsim.app.server.work_queue import PICTURES, turns
from spreadsim.app.session import Session
from spreadsim.comparison.comparison import Comparison
from spreadsim.comparison.report import render_report


def page_of(comparison: Comparison) -> str:
    """Return the report of a comparison as one HTML page."""
    return render_report(comparison, lever_map=comparison.lever_map)


@component
def Report(session: Session, shown: Shown | None, status: dict[str, Any], full: Any) -> None:
    """The report of what is on screen, with the frontier where it was worked out."""
    comparison = shown.comparison if shown is not None and shown.detailed else None
    latest = full.latest
    if latest is not None and comparison is not None and latest[2] is comparison.scenario:
        comparison = latest[0]

    @use_task(dependencies=[id(comparison)])
    def writing() -> str:
        if comparison is None:
            return ""
        with turns.turn(PICTURES, writing.is_current):
            return page_of(comparison)

    html = writing.value if comparison is not None and writing.value else ""

    shown_status = full_status(full, comparison, [])
    shown_status |= {"working": status.get("state") == "busy" or writing.pending, "error": status.get("message", "")}
    widgets.Paper(
        html=html, status=shown_status,
        event_download=lambda _: session.hand_over(
            exports.file_name(session.scenario.name + "-report", "html"), html, "text/html"),
        event_work=lambda _: full() if comparison else None, event_cancel=lambda _: full.cancel(),
        event_export=lambda kind: hand_numbers(session, comparison, kind),
    )  # fmt: skip
