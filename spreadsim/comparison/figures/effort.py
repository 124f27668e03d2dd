"""Outcome against effort: the dial as a line, the strategies at their own cost, and the mixes that nobody gave.

What belongs here: the figure, its sentence, and what both are drawn from. What does not: the dial by balance
(``frontier``).

comparison : outcomes of every strategy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from spreadsim.comparison.results import AS_GIVEN, ComparisonResults
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.outcomes.statistics import Summary
from spreadsim.telling.figures import GREY, INK, SMALL, TINY, heading, make_figure, safe, style, tidy
from spreadsim.telling.wording import is_share, listed, unit, value

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EFFORT_MEASURES = ("benefit", "equity_gap")


def effort_figure(comparison: ComparisonResults, measures: tuple[str, ...] = EFFORT_MEASURES) -> Figure | None:
    """Return measures against staff-days per service.

    Parameters
    ----------
    measures : names of measures, one a panel.

    Returns
    -------
    A Matplotlib figure; None where there is no dial.

    Examples
    --------
    >>> print(effort_figure(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)))
    None
    """
    c = comparison
    if c.frontier is None or "balance" not in c.frontier.points[0].settings:
        return None
    figure = make_figure(2.75)
    for place, measure in enumerate(measures):
        axes = figure.add_subplot(1, len(measures), place + 1)
        scale = 100.0 if is_share(measure) else 1.0
        _draw_dial(axes, c, measure, scale)
        stars = 0
        for number, name in enumerate(c.strategies):
            own = style(number)
            x, y = (c.summaries[name][m].mean for m in ("cost", measure))
            if x is None or y is None:
                continue
            axes.plot(
                [x], [scale * y], linestyle="", marker=own.marker, color=own.colour, markersize=6.5, label=safe(name)
            )
            row = c.better_mixes.row(name) if c.better_mixes is not None else None
            if row is None:
                continue
            to_x, to_y = (row.summaries[m].mean for m in ("cost", measure))
            if to_x is not None and to_y is not None:
                axes.plot(
                    [x, to_x], [scale * y, scale * to_y], color=own.colour, linewidth=0.8, linestyle=(0, (1, 1.5))
                )
                axes.plot(
                    [to_x],
                    [scale * to_y],
                    linestyle="",
                    marker="*",
                    markersize=10,
                    markerfacecolor="white",
                    markeredgecolor=own.colour,
                    label="" if stars else "best mix at no more cost",
                )
                stars += 1
        tidy(axes, grid="y")
        axes.margins(0.1)
        heading(axes, BY_NAME[measure].label)
        axes.set_ylabel(unit(measure), fontsize=TINY)
        axes.set_xlabel("staff-days per service", fontsize=SMALL)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncol=3, fontsize=SMALL, frameon=False)
    return figure


def _draw_dial(axes: Any, c: ComparisonResults, measure: str, scale: float) -> None:
    """Draw the points of the dial in the order of balance, and name its ends and its best point."""
    frontier = c.frontier
    assert frontier is not None
    places = frontier.arm(AS_GIVEN)
    x = [float(frontier.values["cost"][i].mean()) for i in places]
    y = [scale * float(frontier.values[measure][i].mean()) for i in places]
    axes.plot(x, y, color=GREY, linewidth=1.2, marker="o", markersize=2.6, label="the dial, balance 0 to 1")
    best, _ = frontier.best("benefit")
    for place, i in enumerate(places):
        if place in (0, len(places) - 1) or i == best:
            text = f"{frontier.points[i].settings['balance']:g}"
            axes.annotate(
                text, (x[place], y[place]), xytext=(3, 4), textcoords="offset points", fontsize=TINY, color=INK
            )


def effort_alt(comparison: ComparisonResults) -> str:
    """Return what `effort_figure` shows.

    Returns
    -------
    A sentence.

    Examples
    --------
    >>> effort_alt(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False))[:40]
    'Sustained benefit and equity gap against'
    """
    c = comparison

    def at(summaries: Mapping[str, Summary]) -> str:
        return f"{value('benefit', summaries['benefit'].mean)} at {value('cost', summaries['cost'].mean)}"

    parts = [f"{name} {at(c.summaries[name])}" for name in c.strategies]
    if c.better_mixes is not None:
        parts += [
            f"the best mix at no more cost than {row.strategy} {at(row.summaries)}" for row in c.better_mixes.rows
        ]
    return f"Sustained benefit and equity gap against effort per service; benefit: {listed(parts)}."
