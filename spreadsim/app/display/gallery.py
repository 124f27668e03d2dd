"""Figures of a comparison, each drawn when it comes into view, and handed over as files.

What belongs here: when figures are drawn. Drawing takes longer than the comparison itself, so nothing is drawn that
nobody looks at. What does not: which figures there are and what is on them (``tables``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from spreadsim.app import widgets
from spreadsim.app.display import tables
from spreadsim.app.display.tables import Picture
from spreadsim.app.library import component, solara, use_task
from spreadsim.app.server.work_queue import PICTURES, turns
from spreadsim.app.session import Session


def item(picture: Picture, made: dict[str, Any] | None, is_stale: bool) -> dict[str, Any]:
    """Return what the page shows of a figure, drawn or not yet."""
    empty = {"key": picture.key, "title": picture.title, "caption": picture.caption, "svg": "", "alt": "", "tables": []}
    return {**empty, **(made or {}), "stale": is_stale}


def hand_over(session: Session, known: Sequence[Picture], asked: Any) -> None:
    """Hand over a figure as CSV or PNG, as the page asks for it."""
    for picture in known:
        if isinstance(asked, dict) and picture.key == asked.get("key"):
            made = tables.file_of(picture, "png" if asked.get("kind") == "png" else "csv")
            if made is not None:
                session.hand_over(*made)


@component
def Gallery(session: Session, title: str, known: list[Picture], number: int, is_stale: bool) -> None:
    """The figures of the comparison of a number; those of an earlier one stay in view until they are drawn anew."""
    in_view, set_in_view = solara.use_state(())
    drawn: dict[str, tuple[int, dict[str, Any] | None]] = solara.use_memo(dict, [])

    def view(keys: Any) -> None:
        if isinstance(keys, list):
            set_in_view(tuple(sorted({picture.key for picture in known} & {str(key) for key in keys[:20]})))

    @use_task(dependencies=[number, in_view])
    def drawing() -> Iterator[tuple[int, str]]:
        for picture in known:
            if picture.key in in_view and drawn.get(picture.key, (-1, None))[0] != number:
                with turns.turn(PICTURES, drawing.is_current):
                    drawn[picture.key] = (number, tables.drawn(picture))
                yield number, picture.key

    shown = []
    for picture in known:
        of, made = drawn.get(picture.key, (-1, None))
        if of != number or made is not None:  # a figure with nothing to draw is left out
            shown.append(item(picture, made, is_stale or (made is not None and of != number)))
    widgets.Figures(
        title=title, figures=shown, status={"state": "none"}, event_view=view,
        event_export=lambda asked: hand_over(session, known, asked),
        event_work=lambda _: None, event_cancel=lambda _: None,
    )  # fmt: skip
    _ = drawing.value
