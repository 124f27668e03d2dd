"""Figures of who is reached: by fifth of deprivation, by group of the hierarchy, and on a map of the network.

What belongs here: these figures, and the sentences beside them.

comparison : outcomes of every strategy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.comparison.aggregates import FIFTH, Groups, groups, levels, means
from spreadsim.comparison.results import ComparisonResults
from spreadsim.outcomes.statistics import quantile_bands
from spreadsim.telling.figures import (
    GREY,
    PALE,
    SMALL,
    STATES,
    end_labels,
    heading,
    make_figure,
    name_lines,
    panel_name,
    room_at_ends,
    style,
    tidy,
    wrap,
)
from spreadsim.telling.wording import listed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_GROUPS = 60  # more rows than this are not read
MAX_VECTOR_MARKS = 1500  # beyond, a map is drawn as a picture


def deprivation_figure(comparison: ComparisonResults) -> Figure | None:
    """Return reach and sustained benefit by fifth of deprivation.

    Returns
    -------
    A Matplotlib figure; None where there are fewer than five services.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> len(deprivation_figure(comparison).axes)
    2
    """
    table = groups(comparison, FIFTH)
    if table is None:
        return None
    direct = room_at_ends(comparison.strategies, 1.3)
    figure = make_figure(1.72 if direct else 2.2)
    fifths = np.arange(5)
    for column, (key, title) in enumerate((("reach", "Reach"), ("benefit", "Sustained benefit"))):
        axes = figure.add_subplot(1, 2, column + 1)
        ends = []
        for place, name in enumerate(comparison.strategies):
            look = style(place)
            runs = 100 * getattr(table, key)[name]
            middle = means(runs)
            if len(runs) > 1:
                low, high = quantile_bands(runs, (0.05, 0.95))
                axes.fill_between(fifths, low, high, color=look.colour, alpha=0.14, linewidth=0)
            axes.plot(
                fifths, middle, color=look.colour, linestyle=look.line, marker=look.marker, markersize=4, linewidth=1.5
            )
            ends.append((float(middle[-1]), name, look.colour))
        tidy(axes)
        axes.set_ylim(bottom=0)
        axes.set_xticks(fifths, ["1 least\ndeprived", "2", "3", "4", "5 most\ndeprived"])
        axes.set_xlim(-0.15, 4.15)
        axes.set_ylabel("% of services" if key == "reach" else "% of full effect", fontsize=SMALL)
        heading(axes, title)
        if direct:
            end_labels(axes, 4.22, ends, 1.3)
    if not direct:
        name_lines(figure, figure.axes[0], comparison.strategies)
    return figure


def deprivation_alt(comparison: ComparisonResults) -> str:
    """Return what `deprivation_figure` shows.

    Returns
    -------
    A sentence.

    Examples
    --------
    >>> print(deprivation_alt(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)))
    Reach and sustained benefit by fifth of deprivation; reach is 100% of the least and 100% of the ...
    """
    table = groups(comparison, FIFTH)
    if table is None:
        return "There are too few services to sort into fifths of deprivation."
    at = {name: 100 * means(table.reach[name]) for name in comparison.strategies}
    parts = [f"{v[0]:.0f}% of the least and {v[-1]:.0f}% of the most deprived fifth under {n}" for n, v in at.items()]
    return f"Reach and sustained benefit by fifth of deprivation; reach is {listed(parts)}."


def figure_groups(comparison: ComparisonResults) -> Groups | None:
    """Return the groups of a figure by group: the top level with two groups or more, and not too many.

    Returns
    -------
    `Groups`; None where no level has them.

    Examples
    --------
    >>> figure_groups(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False))
    """
    for level in levels(comparison):
        table = groups(comparison, level)
        if table is not None and 2 <= len(table.names) <= MAX_GROUPS:
            return table
    return None


def group_figure(comparison: ComparisonResults) -> Figure | None:
    """Return reach by group of the top level, a mark a strategy with the middle 90% of replicates.

    Returns
    -------
    A Matplotlib figure; None where there are no groups.

    Examples
    --------
    >>> group_figure(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False))
    """
    table = figure_groups(comparison)
    if table is None:
        return None
    k, n = len(table.names), len(comparison.strategies)
    figure = make_figure(0.75 + k * max(0.2, 0.075 * n + 0.06))
    axes = figure.add_subplot()
    for place, name in enumerate(comparison.strategies):
        look = style(place)
        runs = 100 * table.reach[name]
        y = np.arange(k)[::-1] + 0.6 * (0.5 - (place + 0.5) / n)
        if len(runs) > 1:
            low, high = quantile_bands(runs, (0.05, 0.95))
            axes.hlines(y, low, high, color=look.colour, linewidth=1.0)
        axes.plot(
            means(runs),
            y,
            color=look.colour,
            marker=look.marker,
            markersize=4,
            linestyle="none",
            label=wrap(name, 40, 1),
        )
    tidy(axes, grid="x")
    for row in range(1, k):
        axes.axhline(row - 0.5, color=PALE, linewidth=0.5)
    axes.set_yticks(np.arange(k)[::-1], [wrap(group, 44, 1) for group in table.names])
    axes.set_ylim(-0.5, k - 0.5)
    axes.set_xlim(0, 100)
    axes.set_xlabel("% of services in which it was ever embedded", fontsize=SMALL)
    figure.legend(loc="outside upper left", ncol=4, fontsize=SMALL, frameon=False, handlelength=1.2)
    return figure


def group_alt(comparison: ComparisonResults) -> str:
    """Return what `group_figure` shows.

    Returns
    -------
    A sentence.

    Examples
    --------
    >>> print(group_alt(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)))
    There are no groups to compare.
    """
    table = figure_groups(comparison)
    if table is None:
        return "There are no groups to compare."
    parts = []
    for name in comparison.strategies:
        at = 100 * means(table.reach[name])
        low, high = int(np.nanargmin(at)), int(np.nanargmax(at))
        parts.append(f"under {name} from {at[low]:.0f}% ({table.names[low]}) to {at[high]:.0f}% ({table.names[high]})")
    return f"Mean reach by {table.level}: {listed(parts)}."


def map_figure(comparison: ComparisonResults, positions: np.ndarray, discs: np.ndarray | None = None) -> Figure:
    """Return where the improvement stands at the horizon in replicate 0: one panel a strategy.

    Parameters
    ----------
    positions : of services, shape (n, 2), as ``network.layout.layout`` gives them.
    discs : of groups, shape (groups, 3), as ``network.layout.group_positions`` gives them; drawn as rings.

    Returns
    -------
    A Matplotlib figure.

    Examples
    --------
    >>> from spreadsim.network.layout import layout
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> len(map_figure(comparison, layout(comparison.network)).axes)
    2
    """
    names = comparison.strategies
    columns = min(len(names), 3)
    rows = -(-len(names) // columns)
    side = 7.1 / columns
    figure = make_figure(rows * min(side, 3.4) + 0.35)
    size = float(np.clip(2600 * (side / 2.4) ** 2 / max(len(positions), 1), 0.6, 60.0))
    as_picture = len(positions) * len(names) > MAX_VECTOR_MARKS
    for place, name in enumerate(names):
        axes = figure.add_subplot(rows, columns, place + 1)
        _rings(axes, discs)
        ends = comparison.outcomes[name][0].end_state
        for state, (label, colour, marker, is_filled, _) in enumerate(STATES):
            here = ends == state
            axes.scatter(
                positions[here, 0],
                positions[here, 1],
                s=size,
                marker=marker,
                label=label,
                facecolor=colour if is_filled else "none",
                edgecolor=GREY if state < 2 else colour,
                linewidth=0.25 if size < 6 else 0.5,
                rasterized=as_picture,
            )
        axes.set_xlim(-1.03, 1.03)
        axes.set_ylim(-1.03, 1.03)
        axes.set_aspect("equal")
        axes.set_axis_off()
        heading(axes, panel_name(name, columns))
    from matplotlib.lines import Line2D

    keys = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=marker,
            markersize=4.5,
            markerfacecolor=colour if is_filled else "none",
            markeredgecolor=GREY if state < 2 else colour,
            label=label,
        )
        for state, (label, colour, marker, is_filled, _) in enumerate(STATES)
    ]
    figure.legend(handles=keys, loc="outside lower center", ncol=6, fontsize=SMALL, frameon=False, handletextpad=0.3)
    if as_picture:
        figure.set_dpi(200)
    return figure


def _rings(axes: Any, discs: np.ndarray | None) -> None:
    if discs is None:
        return
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Circle

    circles = [Circle((x, y), r) for x, y, r in discs if 0.05 < r < 0.999]
    axes.add_collection(PatchCollection(circles, facecolor="none", edgecolor=PALE, linewidth=0.6))


def map_alt(comparison: ComparisonResults) -> str:
    """Return what `map_figure` shows.

    Returns
    -------
    A sentence.

    Examples
    --------
    >>> print(map_alt(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)))
    Map of the 12 services in the first run at month 12: 12 embedded under one-neighbour-is-enough and ...
    """
    parts = [
        f"{int((comparison.outcomes[name][0].end_state == 3).sum()):,} embedded under {name}"
        for name in comparison.strategies
    ]
    return (
        f"Map of the {comparison.network.n:,} services in the first run at month {comparison.scenario.run.months}: "
        f"{listed(parts)}."
    )


__all__ = [
    "deprivation_alt",
    "deprivation_figure",
    "figure_groups",
    "group_alt",
    "group_figure",
    "map_alt",
    "map_figure",
]
