"""Figures of a comparison, by generation and by pair; beside each, a sentence that says what it shows.

What belongs here: one function a figure, returning a Matplotlib figure, and one a sentence, made from the same numbers.
Figures over time are in ``over_time``, those of the frontier in ``frontier``, of groups and of the network in
``groups``; all can be had from here.

comparison : outcomes of every strategy.
measures : names of measures, one a panel.
against : strategies of which at least one of a pair is; any where None.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spreadsim.comparison.aggregates import generations, select_pairs
from spreadsim.comparison.figures.frontier import frontier_alt, frontier_figure, lever_map_alt, lever_map_figure
from spreadsim.comparison.figures.groups import (
    deprivation_alt,
    deprivation_figure,
    figure_groups,
    group_alt,
    group_figure,
    map_alt,
    map_figure,
)
from spreadsim.comparison.figures.over_time import curve_alt, curve_figure, state_alt, state_figure
from spreadsim.comparison.results import ComparisonResults
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.telling.figures import (
    GREY,
    INK,
    SMALL,
    TINY,
    heading,
    make_figure,
    panel_name,
    style,
    tidy,
    wrap,
)
from spreadsim.telling.wording import bounds, change, is_share, listed, unit

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def drift_figure(comparison: ComparisonResults) -> Figure:
    """Return fidelity by generation, one panel a strategy: at the start, and now among those embedded.

    Returns
    -------
    A Matplotlib figure.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> len(drift_figure(comparison).axes)
    2
    """
    names = comparison.strategies
    columns = len(names) if len(names) <= 4 else 3
    rows = -(-len(names) // columns)
    figure = make_figure(1.9 * rows + 0.35)
    tables = [generations(comparison, name) for name in names]
    most = max((int(t.generation[-1]) for t in tables if len(t.generation)), default=1)
    for place, (name, table) in enumerate(zip(names, tables, strict=True)):
        axes = figure.add_subplot(rows, columns, place + 1)
        look = style(place)
        for values, band, line, is_filled in (
            (table.at_start, table.at_start_band, "-", True),
            (table.now, table.now_band, (0, (3, 1.5)), False),
        ):
            if comparison.n_replicates > 1 and len(table.generation):
                axes.fill_between(
                    table.generation, 100 * band[0], 100 * band[1], color=look.colour, alpha=0.14, linewidth=0
                )
            axes.plot(
                table.generation,
                100 * values,
                color=look.colour,
                linestyle=line,
                marker=look.marker,
                markersize=4,
                linewidth=1.4,
                markerfacecolor=look.colour if is_filled else "white",
            )
        if len(table.generation):
            for values, words, up in ((table.at_start, "at the start", True), (table.now, "now", False)):
                defined = np.flatnonzero(~np.isnan(values))
                if len(defined):
                    k = defined[len(defined) // 2]
                    axes.annotate(
                        words,
                        (table.generation[k], 100 * values[k]),
                        xytext=(0, 9 if up else -11),
                        textcoords="offset points",
                        ha="center",
                        fontsize=TINY,
                        color=INK,
                    )
        tidy(axes)
        axes.set_ylim(0, 105)
        axes.set_xlim(-0.4, most + 0.4)
        axes.set_xticks(range(0, most + 1, 1 + most // 8))
        heading(axes, panel_name(name, columns))
        if place % columns == 0:
            axes.set_ylabel("% as intended", fontsize=SMALL)
        else:
            axes.set_yticklabels([])
        if place >= len(names) - columns:
            axes.set_xlabel("copies from the originators", fontsize=SMALL)
    return figure


def drift_alt(comparison: ComparisonResults) -> str:
    """Return what `drift_figure` shows.

    Returns
    -------
    A sentence.

    Examples
    --------
    >>> print(drift_alt(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False))[:47])
    Fidelity at the start falls with each copy: und
    """
    parts = []
    for name in comparison.strategies:
        t = generations(comparison, name)
        if len(t.generation) and t.at_start[-1] == t.at_start[-1]:
            parts.append(
                f"under {name} from {100 * t.at_start[0]:.0f}% with the originators to "
                f"{100 * t.at_start[-1]:.0f}% after {int(t.generation[-1])} copies"
            )
    return f"Fidelity at the start falls with each copy: {listed(parts)}." if parts else "No service began."


DIFFERENCE_MEASURES = ("benefit", "cumulative_benefit")


def difference_figure(
    comparison: ComparisonResults, measures: tuple[str, ...] = DIFFERENCE_MEASURES, against: Sequence[str] | None = None
) -> Figure:
    """Return paired differences: a dot a replicate, the mean and its 95% interval, and the line of no difference.

    Returns
    -------
    A Matplotlib figure.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> len(difference_figure(comparison).axes)
    2
    """
    pairs = select_pairs(comparison, against=against)
    figure = make_figure(0.58 + 0.28 * max(len(pairs), 1))
    for column, measure in enumerate(measures):
        axes = figure.add_subplot(1, len(measures), column + 1)
        scale = 100.0 if is_share(measure) else 1.0
        for row, (later, earlier) in enumerate(pairs):
            y = len(pairs) - 1 - row
            gaps = scale * (comparison.values(later, measure) - comparison.values(earlier, measure))
            gaps = gaps[~np.isnan(gaps)]
            offset = 0.52 * (((np.arange(len(gaps)) * 0.618034) % 1.0) - 0.5)
            axes.scatter(gaps, y + offset, s=5, facecolor="none", edgecolor=GREY, linewidth=0.5)
            d = comparison.paired[later, earlier][measure]
            if d.mean is not None:
                if d.low is not None and d.high is not None:
                    axes.plot([scale * d.low, scale * d.high], [y, y], color=INK, linewidth=2.4, solid_capstyle="butt")
                axes.plot(
                    [scale * d.mean],
                    [y],
                    marker="D",
                    markersize=4,
                    color="white" if d.told_apart is False else INK,
                    markeredgecolor=INK,
                    linestyle="none",
                )
        tidy(axes, grid="x")
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_ylim(-0.6, len(pairs) - 0.4)
        axes.set_yticks(range(len(pairs)))
        if column == 0:
            axes.set_yticklabels([wrap(f"{a} minus {b}", 26, 2) for a, b in pairs[::-1]], fontsize=SMALL)
        else:
            axes.set_yticklabels([])
        axes.set_xlabel("points of full effect" if is_share(measure) else unit(measure), fontsize=SMALL)
        heading(axes, BY_NAME[measure].label)
    return figure


def difference_alt(
    comparison: ComparisonResults, measures: tuple[str, ...] = DIFFERENCE_MEASURES, against: Sequence[str] | None = None
) -> str:
    """Return what `difference_figure` shows.

    Returns
    -------
    A sentence.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> print(difference_alt(comparison, ("reach",)))
    Paired differences, one dot per run: one-neighbour-is-not-enough minus one-neighbour-is-enough on ...
    """
    parts = []
    for later, earlier in select_pairs(comparison, against=against):
        for measure in measures:
            d = comparison.paired[later, earlier][measure]
            if d.mean is None:
                continue
            interval = f" ({bounds(measure, d.low, d.high, sign=True)})" if d.low is not None else ""
            parts.append(
                f"{later} minus {earlier} on {BY_NAME[measure].label.lower()} {change(measure, d.mean)}{interval}"
            )
    return (
        f"Paired differences, one dot per run: {listed(parts)}."
        if parts
        else "There is no pair of strategies to compare."
    )


__all__ = [
    "curve_alt",
    "curve_figure",
    "deprivation_alt",
    "deprivation_figure",
    "difference_alt",
    "difference_figure",
    "drift_alt",
    "drift_figure",
    "figure_groups",
    "frontier_alt",
    "frontier_figure",
    "group_alt",
    "group_figure",
    "lever_map_alt",
    "lever_map_figure",
    "map_alt",
    "map_figure",
    "state_alt",
    "state_figure",
]
