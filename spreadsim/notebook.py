"""Objects in a notebook: a small table and a small picture, instead of everything they hold.

What belongs here: tables, dots and bars as HTML, which a class's ``_repr_html_`` returns. What does not: what stands in
them, which each class says for itself, and drawing by Matplotlib (``telling.figures``).

Colours are those of the page, so that they can be read in a dark notebook too; nothing is fetched and no script runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np

MOST_DOTS = 2_500  # services drawn; of more, every second or third, ...
MOST_TIES = 800  # ties drawn; where there are more, none
_SIDE = 240  # of a picture, in pixels
_CELL = "text-align:left;padding:.1em .8em .1em 0;vertical-align:top"


def html_table(title: str, rows: Iterable[Sequence[Any]], header: Sequence[str] = (), *, picture: str = "") -> str:
    """Return a table with a title, and a picture beside it.

    Parameters
    ----------
    title : a few words or a sentence; text, as are all cells.
    rows : cells of each row; the first is the row's name.
    header : of the columns; none where empty.
    picture : HTML, trusted.

    Returns
    -------
    HTML.

    Examples
    --------
    >>> html_table("A & B", [["cost", 2]]).count("A &amp; B")
    1
    """
    head = "".join(f'<th scope="col" style="{_CELL}">{escape(str(cell))}</th>' for cell in header)
    body = "".join(
        f'<tr><th scope="row" style="{_CELL};font-weight:normal;opacity:.75">{escape(str(name))}</th>'
        + "".join(f'<td style="{_CELL}">{escape(str(cell))}</td>' for cell in cells)
        + "</tr>"
        for name, *cells in rows
    )
    table = f"<table>{f'<thead><tr>{head}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"
    return (
        f'<div><p style="max-width:46em;margin:.2em 0"><strong>{escape(title)}</strong></p>'
        f'<div style="display:flex;flex-wrap:wrap;gap:1em;align-items:flex-start">{table}{picture}</div></div>'
    )


def dots(places: np.ndarray, filled: np.ndarray, label: str, ties: Iterable[tuple[int, int]] = ()) -> str:
    """Return a picture of services as dots, each a ring or filled, with ties as lines.

    Parameters
    ----------
    places : shape (n, 2), across and up; the picture is as large as they lie apart.
    filled : shape (n,), whether the dot is filled.
    label : what the picture shows, for who cannot see it.
    ties : pairs of places; none are drawn where there are more than `MOST_TIES`.

    Returns
    -------
    SVG.

    Examples
    --------
    >>> dots(np.zeros((2, 2)), np.array([True, False]), "two services").count("<path")
    2
    """
    low, high = (places.min(axis=0), places.max(axis=0)) if len(places) else (np.zeros(2), np.zeros(2))
    half = max(float((high - low).max()) / 2, 1e-9)
    points = [f"{x:.1f} {y:.1f}" for x, y in ((places - (low + high) / 2) / half * [0.95, -0.95] + 1.0) * _SIDE / 2]
    width = max(1.6, min(7.0, 90 / max(1, len(points)) ** 0.5))
    step = -(-len(points) // MOST_DOTS) or 1
    pairs = list(ties)
    lines = "".join(f"M{points[i]}L{points[j]}" for i, j in pairs) if len(pairs) <= MOST_TIES else ""
    paths = [f'<path d="{lines}" stroke="currentColor" stroke-opacity=".25" fill="none"/>' if lines else ""]
    for is_filled, opacity in ((False, 0.28), (True, 1.0)):
        path = "".join(f"M{points[i]}h0" for i in np.flatnonzero(filled == is_filled)[::step])
        paths.append(
            f'<path d="{path}" stroke="currentColor" stroke-opacity="{opacity}" stroke-width="{width:.1f}" '
            'stroke-linecap="round" fill="none"/>'
        )
    return (
        f'<svg width="{_SIDE}" height="{_SIDE}" viewBox="0 0 {_SIDE} {_SIDE}" role="img" '
        f'aria-label="{escape(label)}">{"".join(paths)}</svg>'
    )


def bars(counts: np.ndarray, label: str, unit: str) -> str:
    """Return a picture of how often each whole number from 0 occurs, as bars.

    Parameters
    ----------
    counts : shape (numbers,): how often each occurs; of more than 40, the last bar holds the rest.
    label : what the picture shows, for who cannot see it and below it.
    unit : of the numbers, a noun.

    Returns
    -------
    SVG.

    Examples
    --------
    >>> bars(np.array([0, 3, 1]), "services by number of peers", "peers").count("<rect")
    2
    """
    shown = np.append(counts[:39], counts[39:].sum()) if len(counts) > 40 else counts
    width, high, most = _SIDE / max(1, len(shown)), _SIDE / 3, max(1, int(shown.max(initial=1)))
    is_cut = len(counts) > len(shown)
    boxes = "".join(
        f'<rect x="{i * width:.1f}" y="{high - high * n / most:.1f}" width="{0.8 * width:.1f}" '
        f'height="{high * n / most:.1f}">'
        f"<title>{n} with {i}{' or more' if is_cut and i == 39 else ''} {escape(unit)}</title></rect>"
        for i, n in enumerate(shown.tolist())
        if n
    )
    last = f"{len(shown) - 1}{'+' if is_cut else ''}"
    return (
        f'<svg width="{_SIDE}" height="{high + 34:.0f}" viewBox="0 0 {_SIDE} {high + 34:.0f}" role="img" '
        f'aria-label="{escape(label)}" fill="currentColor" font-size="11">{boxes}'
        f'<text y="{high + 13:.0f}">0</text><text x="{_SIDE}" y="{high + 13:.0f}" text-anchor="end">{last}</text>'
        f'<text y="{high + 29:.0f}">{escape(label)}</text></svg>'
    )
