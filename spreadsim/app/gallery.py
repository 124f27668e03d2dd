"""Figures of a comparison, each drawn when it comes into view, and sent as files.

What belongs here: when figures are drawn. Drawing takes longer than the comparison itself, so nothing is drawn that
nobody looks at. What does not: which figures there are and what is on them (``tables``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from spreadsim.app import widgets
from spreadsim.app.display import tables
from spreadsim.app.display.tables import ComparisonFigure
from spreadsim.app.library import component, request_of, solara, use_task
from spreadsim.app.server.shared_results import shared_results
from spreadsim.app.server.work_queue import FIGURES, Request, short_queue
from spreadsim.app.session import Session


def _figure_item(picture: ComparisonFigure, data: dict[str, Any] | None, is_stale: bool) -> dict[str, Any]:
    """Return what the page shows of a figure, drawn or not yet."""
    empty = {"key": picture.key, "title": picture.title, "caption": picture.caption, "svg": "", "alt": "", "tables": []}
    return {**empty, **(data or {}), "stale": is_stale}


def _shared_figure(number: int, picture: ComparisonFigure, request: Request) -> dict[str, Any] | None:
    """Return what the page shows of a figure of the comparison of a number, drawn once for all who look at it."""

    def compute(shared: Request) -> dict[str, Any] | None:
        with short_queue.slot(FIGURES, shared):
            return tables.figure_data(picture)

    return shared_results.result(("figure", number, picture.key), compute, request)


def send_figure(session: Session, figures: Sequence[ComparisonFigure], request: Any) -> None:
    """Send a figure to the user as CSV or PNG, as the page asks for it.

    Parameters
    ----------
    session : of the page.
    figures : that the page shows.
    request : key of a figure and kind of file, as the browser sent them.

    Examples
    --------
    >>> session = Session(["Report"])
    >>> send_figure(session, [], {"key": "drift", "kind": "png"})
    >>> session.file.value is None
    True
    """
    for picture in figures:
        if isinstance(request, dict) and picture.key == request.get("key"):
            file = tables.figure_file(picture, "png" if request.get("kind") == "png" else "csv")
            if file is not None:
                session.send_file(*file)


@component
def Gallery(session: Session, title: str, figures: list[ComparisonFigure], number: int, is_stale: bool) -> None:
    """The figures of the comparison of a number; those of an earlier one stay in view until they are drawn anew."""
    in_view, set_in_view = solara.use_state(())
    data_by_key: dict[str, tuple[int, dict[str, Any] | None]] = solara.use_memo(dict, [])

    def view(keys: Any) -> None:
        if isinstance(keys, list):
            set_in_view(tuple(sorted({picture.key for picture in figures} & {str(key) for key in keys[:20]})))

    @use_task(dependencies=[number, in_view])
    def drawing() -> Iterator[tuple[int, str]]:
        for picture in figures:
            if picture.key in in_view and data_by_key.get(picture.key, (-1, None))[0] != number:
                data_by_key[picture.key] = (number, _shared_figure(number, picture, request_of(drawing)))
                yield number, picture.key

    items = []
    for picture in figures:
        of, data = data_by_key.get(picture.key, (-1, None))
        if of != number or data is not None:  # a figure with nothing to draw is left out
            items.append(_figure_item(picture, data, is_stale or (data is not None and of != number)))
    widgets.Figures(
        title=title, figures=items, status={"state": "none"}, event_view=view,
        event_export=lambda request: send_figure(session, figures, request),
        event_work=lambda _: None, event_cancel=lambda _: None,
    )  # fmt: skip
    _ = drawing.value
