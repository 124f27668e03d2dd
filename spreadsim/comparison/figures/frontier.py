"""Figures of the frontier: outcomes by balance, and over two levers.

What belongs here: the two figures, and the sentences beside them. What does not: which range cannot be distinguished
from the best (``comparison.results.FrontierResults``).

frontier : outcomes by balance, or over two levers.
measures : names of measures, one a panel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.comparison.results import ARMS, AS_BEFORE, AS_GIVEN, FREE, FrontierResults
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.outcomes.statistics import quantile_bands
from spreadsim.telling.figures import GREY, INK, SMALL, TINY, heading, make_figure, tidy
from spreadsim.telling.wording import is_share, listed, ranges, unit, value

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FRONTIER_MEASURES = ("benefit", "cumulative_benefit", "fidelity", "in_name_only", "equity_gap", "cost")
HORIZONS = ("benefit", "cumulative_benefit")
_OTHER = ("#8a6500", (0, (4, 1.5)), "^", False)
STYLES: dict[str, tuple[str, Any, str, bool]] = {AS_GIVEN: ("#004488", "-", "o", True), AS_BEFORE: _OTHER, FREE: _OTHER}


def frontier_figure(frontier: FrontierResults, measures: tuple[str, ...] = FRONTIER_MEASURES) -> Figure:
    """Return outcomes by balance as small multiples: median, middle 90% of replicates, both arms.

    For sustained and cumulative benefit the balances that cannot be distinguished from the best are shaded, arm by arm.

    Returns
    -------
    A Matplotlib figure.

    Examples
    --------
    >>> frontier = ss.frontier("classroom", replicates=2, driver="mesa", workers=1)
    >>> len(frontier_figure(frontier, ("benefit", "cost")).axes)
    2
    """
    columns = min(3, len(measures))
    rows = -(-len(measures) // columns)
    figure = make_figure(1.34 * rows + 0.28)
    for place, measure in enumerate(measures):
        axes = figure.add_subplot(rows, columns, place + 1)
        draw_dial(axes, frontier, measure)
        if place < len(measures) - columns:
            axes.set_xlabel("")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncol=3, fontsize=SMALL, frameon=False, handlelength=2.6)
    return figure


def draw_dial(axes: Any, frontier: FrontierResults, measure: str) -> None:
    """Draw a measure by balance: median, middle 90% of replicates, both arms.

    Parameters
    ----------
    axes : Matplotlib axes, changed in place.
    measure : its name.

    Examples
    --------
    >>> axes = make_figure(2.0).add_subplot()
    >>> draw_dial(axes, ss.frontier("classroom", replicates=2, driver="mesa", workers=1), "cost")
    >>> axes.get_title(loc="left")
    'Cost'
    """
    scale = 100.0 if is_share(measure) else 1.0
    arms = [arm for arm in ARMS if frontier.arm(arm)]
    for number, arm in enumerate(arms):
        places = frontier.arm(arm)
        colour, line, marker, is_filled = STYLES[arm]
        x = np.array([frontier.points[i].settings["balance"] for i in places])
        bands = scale * quantile_bands(frontier.values[measure][places].T)
        if frontier.values[measure].shape[1] > 1:
            axes.fill_between(x, bands[0], bands[4], color=colour, alpha=0.16, linewidth=0)
        axes.plot(
            x,
            bands[2],
            color=colour,
            linestyle=line,
            marker=marker,
            markersize=3.2,
            linewidth=1.3,
            label=ARMS[arm],
            markerfacecolor=colour if is_filled else "white",
        )
        if measure in HORIZONS:
            _shade(axes, frontier, measure, arm, number, x, colour)
    tidy(axes)
    axes.set_xlim(-0.03, 1.03)
    axes.margins(y=0.12)
    heading(axes, BY_NAME[measure].label)
    axes.set_ylabel(unit(measure), fontsize=TINY)
    axes.set_xlabel("top-down 0  ·  balance  ·  1 organic", fontsize=TINY)


def _shade(
    axes: Any, frontier: FrontierResults, measure: str, arm: str, number: int, x: np.ndarray, colour: str
) -> None:
    """Draw a bar at the foot of the panel over the balances that cannot be distinguished from the best."""
    best, same = frontier.best(measure, arm)
    if best is None:
        return
    half = 0.5 * float(np.min(np.diff(x))) if len(x) > 1 else 0.05
    foot = 0.012 + 0.055 * number
    for i in same:
        at = frontier.points[i].settings["balance"]
        axes.axvspan(at - half, at + half, ymin=foot, ymax=foot + 0.04, facecolor=colour, alpha=0.9, linewidth=0)
    at = frontier.points[best].settings["balance"]
    axes.axvline(at, ymin=foot, ymax=foot + 0.12, color=colour, linewidth=1.4)


def frontier_alt(frontier: FrontierResults) -> str:
    """Return what `frontier_figure` shows.

    Returns
    -------
    A sentence.

    Examples
    --------
    >>> print(frontier_alt(ss.frontier("classroom", replicates=1, driver="mesa", workers=1)))
    Outcomes by balance, from 0, top-down, to 1, organic; with a single run of each balance, no range can be given.
    """
    parts = []
    for arm, label in ARMS.items():
        places = frontier.arm(arm)
        balances = [frontier.points[i].settings["balance"] for i in places]
        for measure in HORIZONS:
            best, same = frontier.best(measure, arm) if places else (None, [])
            if best is not None:
                best_balances = ranges([frontier.points[i].settings["balance"] for i in same], balances)
                name = BY_NAME[measure].label.lower()
                parts.append(f"{name} is highest, or not clearly below the highest, at {best_balances} ({label})")
    ending = f": {listed(parts)}" if parts else "; with a single run of each balance, no range can be given"
    return f"Outcomes by balance, from 0, top-down, to 1, organic{ending}."


def lever_map_figure(frontier: FrontierResults, measures: tuple[str, ...] = HORIZONS) -> Figure:
    """Return outcomes over two levers as maps: means, framed where they cannot be distinguished from the best.

    Returns
    -------
    A Matplotlib figure.

    Examples
    --------
    >>> levers = {"mandate": (0.0, 1.0), "latitude": (0.0, 1.0)}
    >>> frontier = ss.frontier("classroom", levers=levers, replicates=2, driver="mesa", workers=1)
    >>> len(lever_map_figure(frontier).axes)
    2
    """
    ys = _levers(frontier)[3]
    figure = make_figure(0.75 + 0.36 * max(len(ys), 3))
    for place, measure in enumerate(measures):
        draw_lever_map(figure.add_subplot(1, len(measures), place + 1), frontier, measure)
    figure.supxlabel("solid frame: highest mean; dashed: not clearly different from it", fontsize=TINY, color=GREY)
    return figure


def draw_lever_map(axes: Any, frontier: FrontierResults, measure: str) -> None:
    """Draw the mean of a measure over two levers; solid frame: the highest, dashed: not clearly different from it.

    Parameters
    ----------
    axes : Matplotlib axes, changed in place.
    measure : its name.

    Examples
    --------
    >>> levers = {"mandate": (0.0, 1.0), "latitude": (0.0, 1.0)}
    >>> axes = make_figure(2.0).add_subplot()
    >>> draw_lever_map(axes, ss.frontier("classroom", levers=levers, replicates=2, driver="mesa", workers=1), "cost")
    >>> axes.get_xlabel(), axes.get_ylabel()
    ('mandate', 'latitude')
    """
    first, second, xs, ys = _levers(frontier)
    scale = 100.0 if is_share(measure) else 1.0
    grid = scale * _grid(frontier, measure)
    finite = grid[~np.isnan(grid)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    axes.imshow(
        grid,
        origin="lower",
        cmap="Blues",
        aspect="auto",
        vmin=low - 0.25 * (high - low),
        vmax=high + 0.25 * (high - low) + 1e-12,
    )
    best, same = frontier.best(measure)
    for row in range(len(ys)):
        for column in range(len(xs)):
            number = grid[row, column]
            dark = number > low + 0.6 * (high - low)
            text = "" if number != number else f"{number:.0f}" if is_share(measure) else f"{number:.2f}"
            axes.text(column, row, text, ha="center", va="center", fontsize=TINY, color="white" if dark else INK)
    from matplotlib.patches import Rectangle

    for i in same:
        point = frontier.points[i].settings
        column, row = xs.index(point[first]), ys.index(point[second])
        axes.add_patch(
            Rectangle(
                (column - 0.44, row - 0.44),
                0.88,
                0.88,
                fill=False,
                edgecolor=INK,
                linewidth=1.8 if i == best else 0.9,
                linestyle="-" if i == best else (0, (2, 1)),
            )
        )
    axes.set_xticks(range(len(xs)), [f"{x:g}" for x in xs])
    axes.set_yticks(range(len(ys)), [f"{y:g}" for y in ys])
    tidy(axes, grid="")
    axes.set_xlabel(first.replace("_", " "), fontsize=SMALL)
    axes.set_ylabel(second.replace("_", " "), fontsize=SMALL)
    heading(axes, f"{BY_NAME[measure].label}, {unit(measure)}")


def _levers(frontier: FrontierResults) -> tuple[str, str, list[float], list[float]]:
    """Return the two levers of a map and the values of each, ascending."""
    names = list(frontier.points[0].settings)
    if len(names) != 2:
        raise ValueError(f"a map has two levers, found {len(names)}: {', '.join(names)}")
    values = [sorted({point.settings[name] for point in frontier.points}) for name in names]
    return names[0], names[1], values[0], values[1]


def _grid(frontier: FrontierResults, measure: str) -> np.ndarray:
    """Return means over replicates by the second lever (rows) and the first (columns)."""
    first, second, xs, ys = _levers(frontier)
    grid = np.full((len(ys), len(xs)), np.nan)
    for i in frontier.arm(AS_GIVEN):
        point = frontier.points[i].settings
        grid[ys.index(point[second]), xs.index(point[first])] = float(np.mean(frontier.values[measure][i]))
    return grid


def lever_map_alt(frontier: FrontierResults, measures: tuple[str, ...] = HORIZONS) -> str:
    """Return what `lever_map_figure` shows.

    Returns
    -------
    A sentence.

    Examples
    --------
    >>> levers = {"mandate": (0.0, 1.0), "latitude": (0.0, 1.0)}
    >>> print(lever_map_alt(ss.frontier("classroom", levers=levers, replicates=1, driver="mesa", workers=1)))
    Outcomes over mandate and latitude; with a single run of each setting, no best can be named.
    """
    first, second, _, _ = _levers(frontier)
    parts = []
    for measure in measures:
        best, same = frontier.best(measure)
        if best is None:
            continue
        point = frontier.points[best].settings
        mean = float(np.mean(frontier.values[measure][best]))
        others = (
            f", and {len(same) - 1} more cannot be distinguished from it"
            if len(same) > 1
            else ", clearly above every other"
        )
        parts.append(
            f"{BY_NAME[measure].label.lower()} is highest, {value(measure, mean)}, at {first.replace('_', ' ')} "
            f"{point[first]:g} and {second.replace('_', ' ')} {point[second]:g}{others}"
        )
    ending = f": {listed(parts)}" if parts else "; with a single run of each setting, no best can be named"
    return f"Outcomes over {first.replace('_', ' ')} and {second.replace('_', ' ')}{ending}."
