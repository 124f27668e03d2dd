"""The screen Report: the board's pages, from what is on screen.

What belongs here: what this screen shows and hands over. The report itself is ``comparison.report``'s.
"""

from __future__ import annotations

from typing import Any

from spreadsim.app import runs, widgets
from spreadsim.app.display import exports
from spreadsim.app.library import component, request_of, use_task
from spreadsim.app.screens.compare import ComparisonStage, frontier_status, send_numbers
from spreadsim.app.server.shared_results import shared_results
from spreadsim.app.server.work_queue import FIGURES, Request, work_queue
from spreadsim.app.session import Session
from spreadsim.comparison.comparison import Comparison
from spreadsim.comparison.report import render_report


def page_of(comparison: Comparison) -> str:
    """Return the report of a comparison as one HTML page.

    Parameters
    ----------
    comparison : of a scenario's strategies.

    Returns
    -------
    HTML that needs no other file.

    Examples
    --------
    >>> page_of(ss.compare("default", replicates=2, months=6, frontier=False)).lstrip()[:15].lower()
    '<!doctype html>'
    """
    return render_report(comparison, lever_map=comparison.lever_map)


@component
def Report(session: Session, stage: ComparisonStage | None, status: dict[str, Any], frontier_task: Any) -> None:
    """The report of what is on screen, with the frontier where it was worked out."""
    comparison = stage.comparison if stage is not None and stage.is_detailed else None
    latest = frontier_task.latest
    if latest is not None and comparison is not None and latest[2] is comparison.scenario:
        comparison = latest[0]

    @use_task(dependencies=[id(comparison)])
    def writing() -> str:
        if comparison is None:
            return ""

        def compute(shared: Request) -> str:
            with work_queue.slot(FIGURES, shared):
                return page_of(comparison)

        key = ("report", runs.identity(comparison.scenario), comparison.frontier is not None)
        return shared_results.result(key, compute, request_of(writing))

    html = writing.value if comparison is not None and writing.value else ""

    paper_status = frontier_status(frontier_task, comparison, [])
    paper_status |= {"working": status.get("state") == "busy" or writing.pending, "error": status.get("message", "")}
    widgets.ReportPage(
        html=html, status=paper_status,
        event_download=lambda _: session.send_file(
            exports.file_name(session.scenario.name + "-report", "html"), html, "text/html"),
        event_work=lambda _: frontier_task() if comparison else None, event_cancel=lambda _: frontier_task.cancel(),
        event_export=lambda kind: send_numbers(session, comparison, kind),
    )  # fmt: skip
