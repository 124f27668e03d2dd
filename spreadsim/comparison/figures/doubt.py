"""Pictures of the strategies in plausible worlds.

What belongs here: in how many worlds each strategy is best, and how far the best differs from the next, world by world.

comparison : outcomes of every strategy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.comparison.answer import by_worlds, horizon_words
from spreadsim.comparison.results import ComparisonResults
from spreadsim.telling.figures import GREY, INK, SMALL, heading, make_figure, tidy, wrap
from spreadsim.telling.wording import change, listed, years

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def worlds_figure(comparison: ComparisonResults) -> Figure | None:
    """Return in how many worlds each strategy is best, by horizon, and how the best compares with the next.

    Returns
    -------
    A Matplotlib figure; None without plausible worlds, or where a measure is not defined in every run.

    Examples
    --------
    >>> worlds_figure(ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False))
    """
    doubt = comparison.doubt
    if doubt is None or not doubt.answers:
        return None
    figure = make_figure(0.72 + 0.3 * len(doubt.strategies))
    titles = {"benefit": "Best on what lasts", "cumulative_benefit": f"Best in total, {years(doubt.months)}"}
    panels = [*doubt.answers, "difference"] if "benefit" in doubt.answers else list(doubt.answers)
    for column, measure in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), column + 1)
        if measure == "difference":
            tidy(axes, grid="x")
            _differences(axes, comparison)
            continue
        doubt.plot(measure, ax=axes)
        if column:
            axes.set_yticklabels([])
        axes.set_xlabel("% of worlds", fontsize=SMALL)
        heading(axes, titles[measure])
    return figure


def _differences(ax: Any, comparison: ComparisonResults) -> None:
    """Draw the difference of the best strategy on what lasts and the others, a dot a world."""
    doubt = comparison.doubt
    assert doubt is not None
    order = by_worlds(doubt, "benefit")
    means = 100.0 * doubt.oriented("benefit").mean(axis=1)
    n = len(doubt.strategies)
    for place in order[1:]:
        gaps = means[:, order[0]] - means[:, place]
        y = n - 1 - place
        offset = 0.5 * (((np.arange(len(gaps)) * 0.618034) % 1.0) - 0.5)
        ax.scatter(gaps, y + offset, s=3, facecolor="none", edgecolor=GREY, linewidth=0.4)
        pair = doubt.answers["benefit"].pairs.get(place)
        if pair is not None and pair.low_set is not None and pair.high_set is not None:
            ends = [100 * pair.low_set, 100 * pair.high_set]
            ax.plot(ends, [y, y], color=INK, linewidth=1.8, solid_capstyle="butt")
        ax.plot([np.median(gaps)], [y], marker="D", markersize=4, color=INK, linestyle="none")
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set_ylim(-0.6, n - 0.4)
    ax.set_yticks(range(n))
    ax.set_yticklabels([])
    ax.set_xlabel("points of full effect", fontsize=SMALL)
    heading(ax, wrap(f"{doubt.strategies[order[0]]} minus others, what lasts", 34, 2))


def worlds_alt(comparison: ComparisonResults) -> str:
    """Return what `worlds_figure` shows.

    Returns
    -------
    A sentence; empty without plausible worlds.

    Examples
    --------
    >>> worlds_alt(ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False))
    ''
    """
    doubt = comparison.doubt
    if doubt is None or not doubt.answers:
        return ""
    parts = []
    for measure, answer in doubt.answers.items():
        shares = [
            f"{name} in {100 * row.best.value:.0f}%"
            for name, row in zip(doubt.strategies, answer.standings.strategies, strict=True)
        ]
        parts.append(f"best on {horizon_words(doubt, measure)}: {listed(shares)}")
    text = f"Of {doubt.n_sets} {doubt.worlds}, {'; '.join(parts)}."
    order = by_worlds(doubt, "benefit") if "benefit" in doubt.answers else []
    pair = doubt.answers["benefit"].pairs.get(order[1]) if len(order) > 1 else None
    if pair is not None and pair.low_set is not None:
        text += (
            f" {doubt.strategies[order[0]]} minus {doubt.strategies[order[1]]} on what lasts: "
            f"{change('benefit', pair.low_set)} to {change('benefit', pair.high_set)} in nine worlds of ten."
        )
    return text
