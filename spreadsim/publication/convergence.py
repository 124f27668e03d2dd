"""Whether there were enough runs: how the interval of the headline shrinks with replicates and worlds.

What belongs here: the same figures on ever more of the runs that were made. What does not: how many runs a study needs,
which depends on the difference that matters to its reader.

comparison : outcomes of every strategy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spreadsim.comparison.answer import by_worlds
from spreadsim.comparison.doubt import Doubt
from spreadsim.comparison.results import ComparisonResults
from spreadsim.comparison.standings import HORIZONS
from spreadsim.inference.crossed import components, standings
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.outcomes.statistics import difference_of, joint_level
from spreadsim.telling.figures import SMALL, TINY, heading, make_figure, style, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PARTS = 8  # of the runs: an eighth, a quarter, a half, all


@dataclass(frozen=True)
class ConvergenceRow:
    """A figure of the headline on part of the runs.

    Attributes
    ----------
    figure : what it is, in words.
    over : what there are more of from row to row: ``replicates``, ``worlds`` or ``runs of each world``.
    n : how many.
    mean, low, high : the figure with its 95% interval; None where there are too few.

    Examples
    --------
    >>> ConvergenceRow("blend - organic, benefit", "replicates", 20, 0.1, 0.08, 0.12).half
    0.02
    """

    figure: str
    over: str
    n: int
    mean: float | None
    low: float | None
    high: float | None

    @property
    def half(self) -> float | None:
        """Half the width of the interval."""
        return None if self.low is None or self.high is None else round((self.high - self.low) / 2, 12)


def _steps(n: int, least: int) -> list[int]:
    """Return an eighth, a quarter, a half and all of `n`, those below `least` left out."""
    parts = [n // part for part in (PARTS, PARTS // 2, PARTS // 4, 1)]
    return sorted({part for part in parts if part >= least} | {n})


def convergence(comparison: ComparisonResults) -> list[ConvergenceRow]:
    """Return the headline's figures on part of the runs, with the scenario's own values and in plausible worlds.

    Returns
    -------
    Rows: the difference between the two best strategies on each horizon, by replicates; with worlds the same by
    worlds and by runs of each, and the share of worlds in which the first is best.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=8, driver="mesa", workers=1, frontier=False, doubt="none")
    >>> [(row.over, row.n) for row in convergence(comparison)][:3]
    [('replicates', 2), ('replicates', 4), ('replicates', 8)]
    """
    rows: list[ConvergenceRow] = []
    c = comparison
    if len(c.strategies) < 2:
        return rows
    for measure in HORIZONS:
        first, second = sorted(c.strategies, key=lambda name: -float(np.nanmean(c.values(name, measure))))[:2]
        for n in _steps(c.n_replicates, 2):
            one = difference_of(
                BY_NAME[measure], c.values(first, measure)[:n], c.values(second, measure)[:n],
                joint_level(len(c.strategies)), c.sets is not None, c.scenario.run.months,
            )  # fmt: skip
            rows.append(ConvergenceRow(f"{first} - {second}, {measure}", "replicates", n, one.mean, one.low, one.high))
        if c.doubt is not None and measure in c.doubt.answers:
            rows += _in_worlds(c.doubt, measure)
    return rows


def _in_worlds(doubt: Doubt, measure: str) -> list[ConvergenceRow]:
    values = doubt.oriented(measure)
    first, second = by_worlds(doubt, measure)[:2]
    names = doubt.strategies
    pair = f"{names[first]} - {names[second]}, {measure}"
    rows = []
    parts = [("worlds", n, values[:n]) for n in _steps(doubt.n_sets, 8)]
    parts += [("runs of each world", n, values[:, :n]) for n in range(2, doubt.n_replicates + 1)]
    for over, n, part in parts:
        gap = components(part[:, :, first] - part[:, :, second]).mean
        best = standings(part).strategies[first].best
        rows.append(ConvergenceRow(pair, over, n, gap.value, gap.low, gap.high))
        share = f"share of worlds in which {names[first]} is best, {measure}"
        rows.append(ConvergenceRow(share, over, n, best.value, best.low, best.high))
    return rows


def convergence_figure(rows: Sequence[ConvergenceRow]) -> Figure:
    """Return each figure with its interval, against how many runs it rests on.

    Parameters
    ----------
    rows : of `convergence`; those by runs of each world are not drawn.

    Returns
    -------
    A Matplotlib figure, one panel a figure of the headline.

    Examples
    --------
    >>> row = ConvergenceRow("blend - organic, benefit", "replicates", 20, 0.1, 0.08, 0.12)
    >>> len(convergence_figure([row]).axes)
    1
    """
    panels: dict[tuple[str, str], list[ConvergenceRow]] = {}
    for row in rows:
        if row.over != "runs of each world" and row.mean is not None:
            panels.setdefault((row.figure, row.over), []).append(row)
    lines = max(1, -(-len(panels) // 2))
    figure = make_figure(1.7 * lines)
    for place, ((name, over), points) in enumerate(panels.items()):
        axes = figure.add_subplot(lines, min(2, len(panels)), place + 1)
        for row in points:
            if row.low is not None and row.high is not None:
                axes.plot([row.n, row.n], [row.low, row.high], color=style(0).colour, linewidth=1.4)
        means = [row.mean for row in points if row.mean is not None]
        axes.plot([row.n for row in points], means, "D", color=style(0).colour, markersize=4)
        axes.set_xscale("log", base=2)
        axes.set_xticks([row.n for row in points], [str(row.n) for row in points])
        axes.minorticks_off()
        tidy(axes)
        if " - " in name:
            axes.axhline(0, color="#222222", linewidth=0.8)
        axes.margins(x=0.1)
        axes.set_xlabel(over, fontsize=SMALL)
        heading(axes, name, TINY)
    return figure
