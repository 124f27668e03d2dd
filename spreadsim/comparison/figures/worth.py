"""Figures of the economic evaluation: the cost-effectiveness plane, and acceptability with expected loss.

What belongs here: the two figures, and the sentences beside them. What does not: their numbers (``comparison.worth``).

of : effect and cost of every strategy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spreadsim.comparison.worth import StrategyWorth
from spreadsim.telling.figures import GREY, TINY, heading, make_figure, name_lines, safe, style, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_POINTS = 400  # of a strategy; more make the page heavy and are not told from one another


def reference(of: StrategyWorth) -> int:
    """Return the place of the strategy that the plane is drawn from: the one with the least mean cost.

    Returns
    -------
    Its place.

    Examples
    --------
    >>> from spreadsim.scenario.document import Worth
    >>> cost = np.array([[[2.0, 1.0]]])
    >>> reference(StrategyWorth(Worth(willingness=1.0), ("blend", "peers"), cost, cost, 60))
    1
    """
    return min(range(len(of.rows)), key=lambda i: of.rows[i].cost)


def plane_figure(of: StrategyWorth) -> Figure:
    """Return the cost-effectiveness plane: what each run achieves and costs beyond the least costly strategy.

    Returns
    -------
    A Matplotlib figure.

    References
    ----------
    Black, Med Decis Making 1990;10:212.

    Examples
    --------
    >>> from spreadsim.scenario.document import Worth
    >>> cost = np.array([[[2.0, 1.0]]])
    >>> plane_figure(StrategyWorth(Worth(willingness=1.0), ("blend", "peers"), cost, cost, 60)).axes[0].get_xlabel()
    'person-years of full effect beyond peers'
    """
    first = reference(of)
    figure = make_figure(3.3)
    axes = figure.add_subplot()
    names = [name for i, name in enumerate(of.strategies) if i != first]
    for i in (i for i in range(len(of.strategies)) if i != first):
        look = style(i)
        x = (of.effect[:, :, i] - of.effect[:, :, first]).ravel()[:MOST_POINTS]
        y = (of.cost[:, :, i] - of.cost[:, :, first]).ravel()[:MOST_POINTS]
        axes.plot(x, y, look.marker, color=look.colour, markersize=3, alpha=0.5, markeredgewidth=0)
    for i in (i for i in range(len(of.strategies)) if i != first):
        mean = of.rows[i].effect - of.rows[first].effect, of.rows[i].cost - of.rows[first].cost
        axes.plot(*mean, style(i).marker, color=style(i).colour, markersize=8, markeredgecolor="white")
    axes.axhline(0.0, color=GREY, linewidth=0.7)
    axes.axvline(0.0, color=GREY, linewidth=0.7)
    axes.margins(0.1)
    if of.willingness is not None:
        limits = axes.get_xlim(), axes.get_ylim()
        axes.axline((0.0, 0.0), slope=of.willingness, color=GREY, linestyle=(0, (4, 2)), linewidth=0.9)
        axes.set_xlim(*limits[0])
        axes.set_ylim(*limits[1])
    tidy(axes)
    heading(axes, "What more is achieved, and what more it costs")
    axes.set_xlabel(safe(f"{of.effect_unit} beyond {of.strategies[first]}"), fontsize=TINY)
    axes.set_ylabel(safe(f"cost beyond {of.strategies[first]}"), fontsize=TINY)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.12g}")
    axes.yaxis.set_major_formatter(lambda value, _: safe(of.cost_text(value)))
    if names:
        name_lines(figure, axes, names)
    return figure


def plane_alt(of: StrategyWorth) -> str:
    """Return what the plane shows, in a sentence.

    Returns
    -------
    Sentences.

    Examples
    --------
    >>> from spreadsim.scenario.document import Worth
    >>> cost = np.array([[[2.0, 1.0]]])
    >>> print(plane_alt(StrategyWorth(Worth(willingness=1.0), ("blend", "peers"), cost, cost, 60)))
    Effect and cost of every run beyond peers, the least costly: blend +1 person-years of full effect for +1 staff-days.
    """
    first = reference(of)
    parts = [
        f"{name} {of.effect_text(row.effect - of.rows[first].effect, sign=True)} for "
        f"{of.cost_text(row.cost - of.rows[first].cost, sign=True)}"
        for i, (name, row) in enumerate(zip(of.strategies, of.rows, strict=True))
        if i != first
    ]
    return f"Effect and cost of every run beyond {of.strategies[first]}, the least costly: {'; '.join(parts)}."


def acceptability_figure(of: StrategyWorth) -> Figure:
    """Return the acceptability curves, and expected loss beside them.

    Returns
    -------
    A Matplotlib figure.

    Examples
    --------
    >>> from spreadsim.scenario.document import Worth
    >>> cost = np.array([[[2.0, 1.0]]])
    >>> len(acceptability_figure(StrategyWorth(Worth(willingness=1.0), ("blend", "peers"), cost, cost, 60)).axes)
    2
    """
    figure = make_figure(2.9)
    panels = (
        ("Probability of the highest net benefit", "% of runs", 100.0 * of.curves),
        ("Expected loss of choosing it", "", of.losses),
    )
    for place, (title, unit, values) in enumerate(panels):
        axes = figure.add_subplot(1, 2, place + 1)
        for i in range(len(of.strategies)):
            look = style(i)
            axes.plot(of.values, values[:, i], color=look.colour, linestyle=look.line, linewidth=1.5)
        if of.willingness is not None:
            axes.axvline(of.willingness, color=GREY, linestyle=(0, (4, 2)), linewidth=0.9)
        tidy(axes)
        heading(axes, title)
        axes.set_ylabel(safe(unit), fontsize=TINY)
        axes.set_xlabel(safe(f"{of.cost_unit} a {of.one_effect}"), fontsize=TINY)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.12g}")
        if place == 1:
            axes.yaxis.set_major_formatter(lambda value, _: safe(of.cost_text(value)))
        axes.set_xlim(0.0, float(of.values[-1]))
        axes.set_ylim(0.0, 102.0 if place == 0 else None)
    name_lines(figure, figure.axes[0], of.strategies)
    return figure


def acceptability_alt(of: StrategyWorth) -> str:
    """Return what the curves show, in a sentence.

    Returns
    -------
    Sentences.

    Examples
    --------
    >>> from spreadsim.scenario.document import Worth
    >>> cost = np.array([[[2.0, 1.0]]])
    >>> print(acceptability_alt(StrategyWorth(Worth(willingness=1.0), ("blend", "peers"), cost, cost, 60)))
    Most often best: peers from 0 staff-days, blend from 1 staff-days a person-year of full effect.
    """
    often = np.argmax(of.curves >= of.curves.max(axis=1, keepdims=True) - 1e-12, axis=1)
    if often[0] != reference(of) and of.curves[0, reference(of)] == of.curves[0].max():
        often[0] = reference(of)
    parts, last = [], -1
    for value, place in zip(of.values, often, strict=True):
        if place != last:
            parts.append(f"{of.strategies[place]} from {of.cost_text(float(value))}")
            last = int(place)
    return f"Most often best: {', '.join(parts)} a {of.one_effect}."
