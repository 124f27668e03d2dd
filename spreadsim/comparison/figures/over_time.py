"""Figures over time: a monthly measure by strategy, and the state that services are in.

What belongs here: these figures, and the sentences beside them.

comparison : outcomes of every strategy.
measure : name of a monthly measure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.comparison.aggregates import monthly
from spreadsim.comparison.results import ComparisonResults
from spreadsim.outcomes.measures import BY_NAME, STATE_COLUMNS
from spreadsim.outcomes.statistics import quantile_bands
from spreadsim.telling.figures import (
    GREY,
    SMALL,
    STATES,
    WIDTH,
    end_labels,
    heading,
    make_figure,
    name_lines,
    panel_name,
    room_at_ends,
    style,
    tidy,
)
from spreadsim.telling.wording import is_share, listed, unit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CURVE_LABELS = {
    "delivered": "Effect delivered",
    "leading": "Second leaders now",
    "cost": "Cost a month",
    "starters_from_leaders": "Starters who copied a second leader",
    "published_form": "Published form",
    "published_codification": "Codification of the published text",
}


def _curve_words(name: str) -> tuple[str, str, float]:
    """Return the label, unit and scale of a monthly column."""
    if name in BY_NAME and name != "cost":
        return BY_NAME[name].label, unit(name), 100.0 if is_share(name) else 1.0
    if name.startswith("share_"):
        return name[6:].replace("_", " ").capitalize(), "% of services", 100.0
    if name == "delivered":
        return CURVE_LABELS[name], "% of full effect", 100.0
    if name == "cost":
        return CURVE_LABELS[name], "staff-days per service", 1.0
    if name == "published_form":
        return CURVE_LABELS[name], "fit distances", 1.0
    return CURVE_LABELS.get(name, name.replace("_", " ").capitalize()), "%", 100.0


def _programme(axes: Any, comparison: ComparisonResults) -> None:
    """Mark the month in which the programme stops, where it is one month for all."""
    stops = {plan.stop_month for plan in comparison.plans}
    if len(stops) == 1 and 0 < max(stops) < comparison.scenario.run.months:
        axes.axvline(max(stops), color=GREY, linewidth=0.7, linestyle=(0, (2, 2)))


def curve_figure(comparison: ComparisonResults, measure: str = "delivered") -> Figure:
    """Return a monthly measure by strategy: the median, and the middle 50% and 90% of replicates.

    Returns
    -------
    A Matplotlib figure.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> curve_figure(comparison, "reach").axes[0].get_title(loc="left")
    'Reach'
    """
    figure = make_figure(2.7, WIDTH)
    axes = figure.add_subplot()
    ends = draw_curve(axes, comparison, measure)
    if room_at_ends(comparison.strategies, 2.2):
        end_labels(axes, comparison.scenario.run.months * 1.012, ends, 2.2)
    else:
        name_lines(figure, axes, comparison.strategies)
    return figure


def draw_curve(axes: Any, comparison: ComparisonResults, measure: str = "delivered") -> list[tuple[float, str, str]]:
    """Draw a monthly measure by strategy: the median, and the middle 50% and 90% of replicates.

    Parameters
    ----------
    axes : Matplotlib axes, changed in place.

    Returns
    -------
    Where each line ends, the name of its strategy and its colour.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> axes = make_figure(2.0).add_subplot()
    >>> [name for _, name, _ in draw_curve(axes, comparison, "reach")]
    ['one-neighbour-is-enough', 'one-neighbour-is-not-enough']
    """
    label, of, scale = _curve_words(measure)
    months = np.arange(comparison.scenario.run.months + 1)
    ends = []
    for place, name in enumerate(comparison.strategies):
        look = style(place)
        bands = scale * quantile_bands(monthly(comparison, name, measure))
        if comparison.n_replicates > 1:
            axes.fill_between(months, bands[0], bands[4], color=look.colour, alpha=0.13, linewidth=0)
            axes.fill_between(months, bands[1], bands[3], color=look.colour, alpha=0.22, linewidth=0)
        axes.plot(
            months,
            bands[2],
            color=look.colour,
            linestyle=look.line,
            linewidth=1.6,
            marker=look.marker,
            markevery=(3 + place, 12),
            markersize=4,
        )
        ends.append((float(bands[2][-1]), name, look.colour))
    tidy(axes)
    _programme(axes, comparison)
    axes.set_xlim(0, months[-1])
    axes.set_xlabel("month", fontsize=SMALL)
    axes.set_ylabel(of, fontsize=SMALL)
    heading(axes, label)
    return ends


def curve_alt(comparison: ComparisonResults, measure: str = "delivered") -> str:
    """Return what `curve_figure` shows.

    Returns
    -------
    A sentence.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> print(curve_alt(comparison, "share_embedded"))
    Embedded by month, % of services, median of 2 runs: one-neighbour-is-enough ends at 100 and ...
    """
    label, of, scale = _curve_words(measure)
    ends = [
        f"{name} ends at {scale * float(quantile_bands(monthly(comparison, name, measure))[2][-1]):.3g}"
        for name in comparison.strategies
    ]
    return f"{label} by month, {of}, median of {comparison.n_replicates} runs: {listed(ends)}."


def state_figure(comparison: ComparisonResults) -> Figure:
    """Return the share of services in each state by month, mean over replicates: one panel a strategy, stacked.

    Returns
    -------
    A Matplotlib figure.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> len(state_figure(comparison).axes)
    2
    """
    names = comparison.strategies
    columns = len(names) if len(names) <= 4 else 3
    rows = -(-len(names) // columns)
    months = np.arange(comparison.scenario.run.months + 1)
    figure = make_figure(1.62 * rows + 0.4)
    order = (3, 2, 4, 5, 1, 0)  # what is in routine practice at the bottom, the unaware on top
    for place, name in enumerate(names):
        axes = figure.add_subplot(rows, columns, place + 1)
        base = np.zeros(len(months))
        for state in order:
            label, colour, _, _, hatch = STATES[state]
            top = base + 100 * monthly(comparison, name, f"share_{STATE_COLUMNS[state]}").mean(axis=0)
            axes.fill_between(
                months, base, top, facecolor=colour, edgecolor="#22222288", linewidth=0.35, hatch=hatch, label=label
            )
            base = top
        tidy(axes, grid="")
        _programme(axes, comparison)
        axes.set_xlim(0, months[-1])
        axes.set_ylim(0, 100)
        heading(axes, panel_name(name, columns))
        if place % columns == 0:
            axes.set_ylabel("% of services", fontsize=SMALL)
        else:
            axes.set_yticklabels([])
        if place >= len(names) - columns:
            axes.set_xlabel("month", fontsize=SMALL)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(
        handles[::-1],
        labels[::-1],
        loc="outside lower center",
        ncol=6,
        fontsize=SMALL,
        frameon=False,
        handlelength=1.6,
        columnspacing=1.4,
    )
    return figure


def state_alt(comparison: ComparisonResults) -> str:
    """Return what `state_figure` shows.

    Returns
    -------
    A sentence.

    Examples
    --------
    >>> print(state_alt(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False))[:66])
    Share of services in each state by month; at month 12, under one-n
    """
    parts = []
    for name in comparison.strategies:
        last = {s: 100 * float(monthly(comparison, name, f"share_{s}")[:, -1].mean()) for s in STATE_COLUMNS}
        parts.append(
            f"under {name} {last['embedded']:.0f}% are embedded, {last['in_name_only']:.0f}% adopt in name only and "
            f"{last['discontinued']:.0f}% have discontinued"
        )
    return f"Share of services in each state by month; at month {comparison.scenario.run.months}, {listed(parts)}."
