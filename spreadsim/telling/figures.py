"""How every figure looks, and how it becomes part of a page.

What belongs here: colours, line styles and markers, sizes, labels that do not overlap, and deterministic SVG. What does
not: what is drawn (``comparison.figures``). Figures of pages are made through Matplotlib's objects: no global state is
touched. Those that a user asks a result for are pyplot's, which notebooks show by themselves (`axes_for`).

axes : Matplotlib axes, changed in place.
"""

from __future__ import annotations

import base64
import io
import itertools
import re
import textwrap
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 7.1  # inches: the text width of an A4 page
SMALL, TINY = 7.5, 6.8  # points
INK, GREY, PALE = "#222222", "#666666", "#dddddd"


@dataclass(frozen=True)
class Style:
    """How one strategy is drawn: line, marker and darkness set it apart as well as colour.

    Attributes
    ----------
    colour : a hexadecimal RGB colour, dark enough to read as text on white.
    line : a Matplotlib line style.
    marker : a Matplotlib marker.

    Examples
    --------
    >>> Style("#004488", "-", "o").marker
    'o'
    """

    colour: str
    line: Any
    marker: str


# Dark enough to read as text on white, and apart from one another in grey.
STYLES = (
    Style("#004488", "-", "o"),
    Style("#b5446e", (0, (5, 1.5)), "s"),
    Style("#8a6500", (0, (5, 1.5, 1, 1.5)), "^"),
    Style("#222222", (0, (1.2, 1.2)), "D"),
    Style("#117755", (0, (8, 2)), "v"),
    Style("#7a3b9d", (0, (3, 1, 1, 1, 1, 1)), "P"),
    Style("#a83c09", (0, (2, 2)), "X"),
    Style("#4d7ea8", (0, (6, 1, 2, 1)), "*"),
)

# States: colour of Okabe and Ito, marker, whether filled, hatch.
STATES = (
    ("unaware", "#ffffff", "o", False, ""),
    ("aware", "#b0b0b0", "o", True, ""),
    ("implementing", "#e69f00", "D", True, "//"),
    ("embedded", "#0072b2", "o", True, ""),
    ("in name only", "#cc79a7", "s", True, ".."),
    ("discontinued", "#d55e00", "X", True, "xx"),
)


def style(place: int) -> Style:
    """Return the style of a strategy.

    Parameters
    ----------
    place : of the strategy in the file's order, from 0; after the last style the first one is used again.

    Returns
    -------
    A `Style`.

    Examples
    --------
    >>> style(0).colour, style(0) == style(len(STYLES))
    ('#004488', True)
    """
    return STYLES[place % len(STYLES)]


def safe(text: str) -> str:
    r"""Return a text that Matplotlib draws as it stands: a dollar sign starts no formula.

    Parameters
    ----------
    text : a name that a user chose.

    Returns
    -------
    The text with its dollar signs escaped.

    Examples
    --------
    >>> print(safe("$1 a day"))
    \$1 a day
    """
    return text.replace("$", r"\$")


def wrap(text: str, width: int = 18, lines: int = 3) -> str:
    """Return a name broken into short lines, the rest left out; `safe`.

    Parameters
    ----------
    text : a name that a user chose.
    width : the most characters in a line.
    lines : the most lines.

    Returns
    -------
    Lines separated by line breaks.

    Examples
    --------
    >>> print(wrap("a mandate from the top, softened later", 18, 2))
    a mandate from the
    top, softened ...
    """
    parts = textwrap.wrap(text, width, max_lines=lines, placeholder=" ...") or [text[:width]]
    return safe("\n".join(parts))


def panel_name(name: str, columns: int) -> str:
    """Return a strategy's name broken to stand over one of several panels side by side; not yet `safe`.

    Parameters
    ----------
    name : of a strategy.
    columns : number of panels side by side.

    Returns
    -------
    Three lines at most.

    Examples
    --------
    >>> print(panel_name("a mandate from the top, softened later", 6))
    a mandate from
    the top,
    softened later
    """
    width = max(12, 92 // columns)
    return "\n".join(textwrap.wrap(name, width, max_lines=3, placeholder=" ...") or [name[:width]])


def make_figure(height: float, width: float = WIDTH) -> Figure:
    """Return an empty figure.

    Parameters
    ----------
    height, width : in inches; the width is that of an A4 page's text unless said otherwise.

    Returns
    -------
    A Matplotlib figure with the constrained layout.

    Examples
    --------
    >>> make_figure(2.0).get_size_inches().tolist()
    [7.1, 2.0]
    """
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def axes_for(ax: Axes | None, height: float = 2.7, width: float = WIDTH) -> Axes:
    """Return axes to draw on: those that are given, else those of a new figure, which a notebook shows by itself.

    Parameters
    ----------
    ax : Matplotlib axes of the user's, or None.
    height, width : of a new figure, in inches.

    Returns
    -------
    Matplotlib axes.

    Examples
    --------
    >>> given = make_figure(2.0).add_subplot()
    >>> axes_for(given) is given
    True
    """
    if ax is not None:
        return ax
    from matplotlib import pyplot

    _, ax = pyplot.subplots(figsize=(width, height), layout="constrained", facecolor="white")
    return ax


def label_lines(axes: Any, x: float, ends: Sequence[tuple[float, str, str]], names: Sequence[str]) -> None:
    """Name lines at their ends where there is room, else in a legend of the axes.

    Parameters
    ----------
    x, ends : as of `end_labels`.
    names : of the first lines of the axes, in the order in which they were drawn.

    Examples
    --------
    >>> axes = make_figure(2.0).add_subplot()
    >>> lines = axes.plot([0, 1], [0, 1])
    >>> label_lines(axes, 1.0, [(1.0, "organic", "#004488")], ["organic"])
    >>> [text.get_text() for text in axes.texts]
    ['organic']
    """
    if room_at_ends(names, 2.2):
        end_labels(axes, x, ends, 2.2)
    else:
        axes.legend(axes.get_lines()[: len(names)], list(map(safe, names)), fontsize=TINY, frameon=False)


def tidy(axes: Any, *, grid: str = "y") -> None:
    """Give axes the look that all figures share.

    Parameters
    ----------
    grid : ``x`` or ``y``, across which grid lines run; empty for none.

    Examples
    --------
    >>> axes = make_figure(2.0).add_subplot()
    >>> tidy(axes)
    >>> axes.spines["top"].get_visible()
    False
    """
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
        axes.spines[side].set_linewidth(0.6)
    axes.tick_params(labelsize=TINY, colors=INK, length=2.5, width=0.6)
    if grid:
        axes.grid(True, axis=grid, color=PALE, linewidth=0.5)
        axes.set_axisbelow(True)


def heading(axes: Any, text: str, size: float = SMALL) -> None:
    """Set the title of a panel, at its left.

    Parameters
    ----------
    text : the title.
    size : in points.

    Examples
    --------
    >>> axes = make_figure(2.0).add_subplot()
    >>> heading(axes, "Reach")
    >>> axes.get_title(loc="left")
    'Reach'
    """
    axes.set_title(safe(text), fontsize=size, fontweight="bold", color=INK, loc="left")


def spread_out(targets: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """Return positions as near to the targets as can be, with a least distance between neighbours.

    Parameters
    ----------
    targets : where each label would best stand, in units of the axis.
    least : the least distance between two positions, in the same units.
    low, high : the ends between which the positions lie, where they fit.

    Returns
    -------
    One position a target, in the order of the targets.

    Examples
    --------
    >>> spread_out([0.5, 0.5, 0.9], 0.2, 0.0, 1.0)
    [0.4, 0.6000000000000001, 0.9]
    """
    order = np.argsort(targets, kind="stable")
    places = np.array(targets, dtype=np.float64)
    if len(places) == 0:
        return []
    blocks: list[list[float]] = []  # sum of wanted offsets, count: neighbours that touch move as one
    for k in order:
        blocks.append([float(places[k]), 1.0])
        while len(blocks) > 1:
            (a, na), (b, nb) = blocks[-2], blocks[-1]
            if b / nb - a / na >= least * (na + nb) / 2.0:
                break
            blocks[-2:] = [[a + b, na + nb]]
    answer = np.empty(len(places))
    position = 0
    for total, count in blocks:
        middle, k = total / count, int(count)
        start = middle - least * (k - 1) / 2.0
        start = max(low, min(start, high - least * (k - 1)))
        for step in range(k):
            answer[order[position]] = start + least * step
            position += 1
    for first, second in itertools.pairwise(order):
        answer[second] = max(answer[second], answer[first] + least)
    return [float(value) for value in answer]


def room_at_ends(names: Sequence[str], inches: float) -> bool:
    """Return whether the names fit, one below the other, beside a panel.

    Parameters
    ----------
    names : of the lines that end there.
    inches : height of the panel.

    Returns
    -------
    True where they fit.

    Examples
    --------
    >>> room_at_ends(["organic", "mandate"], 1.3), room_at_ends(["organic"] * 20, 1.3)
    (True, False)
    """
    return sum(wrap(name).count("\n") + 1 for name in names) * 0.13 <= inches


def end_labels(axes: Any, x: float, ends: Sequence[tuple[float, str, str]], inches: float) -> None:
    """Label lines at their ends, where the names do not overlap.

    Parameters
    ----------
    x : where the labels start, in units of the axis.
    ends : for each line the height of its end, its name and its colour; a line that ends in nan has no label.
    inches : height of the panel, about.

    Examples
    --------
    >>> axes = make_figure(2.0).add_subplot()
    >>> end_labels(axes, 1.0, [(0.5, "organic", "#004488"), (0.5, "mandate", "#b5446e")], 2.0)
    >>> [text.get_text() for text in axes.texts]
    ['organic', 'mandate']
    """
    low, high = axes.get_ylim()
    labels = [(y, wrap(name), colour) for y, name, colour in ends if y == y]
    rows = max((text.count("\n") + 1 for _, text, _ in labels), default=1)
    least = (high - low) * min(0.125 * rows / inches, 1.0 / max(len(labels) - 1, 1))
    for (_, text, colour), at in zip(labels, spread_out([y for y, _, _ in labels], least, low, high), strict=True):
        axes.text(x, at, text, fontsize=SMALL, color=colour, va="center", ha="left", fontweight="bold")


def name_lines(figure: Any, axes: Any, names: Sequence[str]) -> None:
    """Name the first lines of a panel in a legend beneath the figure, where there is no room at their ends.

    Parameters
    ----------
    figure : the Matplotlib figure that holds the axes.
    names : of the lines, in the order in which they were drawn.

    Examples
    --------
    >>> figure = make_figure(2.0)
    >>> axes = figure.add_subplot()
    >>> lines = axes.plot([0, 1], [0, 1])
    >>> name_lines(figure, axes, ["organic"])
    >>> figure.legends[0].get_texts()[0].get_text()
    'organic'
    """
    width = 92 // min(3, len(names))
    figure.legend(
        axes.get_lines()[: len(names)],
        ["\n".join(map(safe, textwrap.wrap(name, width))) for name in names],
        loc="outside lower center",
        ncol=min(3, len(names)),
        fontsize=SMALL,
        frameon=False,
        handlelength=3,
    )


_FONT = "Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif"


def png(figure: Figure, label: str, width: int) -> str:
    """Return a figure as a picture that can stand in a page, for a notebook: smaller than `svg` where lines are many.

    Parameters
    ----------
    figure : a Matplotlib figure.
    label : what the figure shows, for readers who do not see it.
    width : in pixels of the page; drawn half as fine again.

    Returns
    -------
    One ``<img>`` element that holds its picture.

    Examples
    --------
    >>> png(make_figure(1.0), "An empty figure.", 100).startswith('<img width="100" alt="An empty figure."')
    True
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png", dpi=1.5 * width / figure.get_figwidth(), metadata={"Software": None})
    content = base64.b64encode(buffer.getvalue()).decode()
    return f'<img width="{width}" alt="{_attribute(label)}" src="data:image/png;base64,{content}">'


def svg(figure: Figure, name: str, label: str) -> str:
    """Return a figure as SVG that can stand in a page: the same bytes for the same figure, no outside references.

    Parameters
    ----------
    figure : a Matplotlib figure.
    name : sets the ids apart from those of other figures of the page; letters, digits and hyphens.
    label : what the figure shows, for readers who do not see it.

    Returns
    -------
    One ``<svg>`` element.

    Examples
    --------
    >>> drawing = svg(make_figure(1.0), "empty", "An empty figure.")
    >>> drawing.startswith('<svg role="img" aria-label="An empty figure."'), drawing.endswith("</svg>")
    (True, True)
    """
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a reader's own fonts draw what ours lack
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(buffer, metadata=nothing)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    references = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', text))
    text = re.sub(r' id="([^"]+)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in references else "", text)
    text = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", text)
    text = text.replace("xlink:href", "href")
    text = re.sub(r"font: ((?:\w+ )*)([\d.]+px) [^;\"]+", _font_parts, text)  # as Matplotlib before 3.10 writes it
    text = re.sub(r"font-family: [^;\"]+;? ?", "", text)
    opening = re.match(r"<svg[^>]*>", text)
    assert opening is not None
    box = re.search(r'viewBox="([^"]+)"', opening[0])
    head = f'<svg role="img" aria-label="{_attribute(label)}" viewBox="{box[1] if box else "0 0 1 1"}" '
    head += f'font-family="{_FONT}">'
    body = text[opening.end() :].strip()
    return head + re.sub(r"\n\s*", "\n", body)


def _font_parts(match: re.Match[str]) -> str:
    """Return the weight and the size of a font, without its family."""
    weight = f"font-weight: {match[1].strip()}; " if match[1].strip() else ""
    return f"{weight}font-size: {match[2]}"


def _attribute(text: str) -> str:
    from html import escape

    return escape(text, quote=True)
