"""Which strategy stands where on a measure, and how one strategy does against another, in a sentence.

What belongs here: which leads, which cannot be distinguished, pair by pair. Nothing is called better unless its
interval says so. What does not: the finding as a whole (``findings``).

comparison : outcomes of every strategy.
measure : name of a measure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spreadsim.comparison.results import ComparisonResults
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.outcomes.statistics import Difference, difference, difference_of, joint_level, told_apart_from_best
from spreadsim.telling.wording import bounds, change, is_negligible, is_share, listed, value

MAX_BOARD_PAIRS = 6  # of which a board reads all
HORIZONS = {"benefit": "sustained benefit", "cumulative_benefit": "cumulative benefit"}


@dataclass(frozen=True)
class Standing:
    """Which strategy stands where on a measure.

    Attributes
    ----------
    measure : its name.
    highest : the strategy with the best mean; None where no interval can be had.
    tied : the strategies that cannot be distinguished from it, itself included, in the file's order.

    Examples
    --------
    >>> Standing("benefit", "organic", ("organic",)).leader, Standing("benefit", "organic", ("organic", "blend")).leader
    ('organic', None)
    """

    measure: str
    highest: str | None
    tied: tuple[str, ...]

    @property
    def leader(self) -> str | None:
        """The strategy that differs clearly from every other; None where there is none."""
        return self.highest if len(self.tied) == 1 else None

    @property
    def finding(self) -> str:
        """Who leads, in a few words."""
        if self.highest is None:
            return "too few runs to say"
        return f"{self.leader} leads" if self.leader else f"no leader: {listed(self.tied)}"


def standing(comparison: ComparisonResults, measure: str) -> Standing:
    """Return which strategy leads on a measure, at a joint level of 95% over all pairs of strategies.

    Returns
    -------
    `Standing`.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=3, driver="mesa", workers=1, frontier=False)
    >>> standing(comparison, "reach").highest
    'one-neighbour-is-enough'
    """
    names = comparison.strategies
    if len(names) < 2:
        return Standing(measure, None, ())
    lower = comparison.measure(measure).better == "lower"
    best, is_apart = told_apart_from_best(
        [comparison.values(name, measure) for name in names], lower, comparison.sets is not None
    )
    if best is None:
        return Standing(measure, None, ())
    return Standing(measure, names[best], tuple(n for n, apart in zip(names, is_apart, strict=True) if not apart))


def paired_difference(comparison: ComparisonResults, later: str, earlier: str, measure: str) -> Difference:
    """Return the paired difference of any two strategies, whatever their order in the file.

    Parameters
    ----------
    later, earlier : names of strategies; the difference is the first minus the second.

    Returns
    -------
    `Difference`.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> round(paired_difference(comparison, *comparison.strategies, "reach").mean, 3)
    0.917
    """
    if (later, earlier) in comparison.paired:
        return comparison.paired[later, earlier][measure]
    return difference_of(
        comparison.measure(measure),
        comparison.values(later, measure),
        comparison.values(earlier, measure),
        spread=comparison.sets is not None,
        months=comparison.scenario.run.months,
    )


def wins(comparison: ComparisonResults, one: str, other: str, measure: str) -> tuple[int, int, int]:
    """Return how often one strategy does better than another.

    Parameters
    ----------
    one, other : names of strategies.

    Returns
    -------
    Number of paired runs in which `one` does better, of those in which both do the same, and of all.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> wins(comparison, *comparison.strategies, "reach")
    (2, 0, 2)
    """
    a, b = comparison.values(one, measure), comparison.values(other, measure)
    defined = ~np.isnan(a) & ~np.isnan(b)
    sign = -1.0 if comparison.measure(measure).better == "lower" else 1.0
    gap = sign * (a[defined] - b[defined])
    return int((gap > 0).sum()), int((gap == 0).sum()), int(defined.sum())


def pair_sentence(comparison: ComparisonResults, one: str, other: str, measure: str) -> str:
    """Return how one strategy does against another: in how many paired runs it does better, and by how much.

    Parameters
    ----------
    one, other : names of strategies.

    Returns
    -------
    A sentence.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> print(pair_sentence(comparison, *comparison.strategies, "reach"))
    On reach, one-neighbour-is-enough beats one-neighbour-is-not-enough in 2 of 2 paired runs; the ...
    """
    won, same, n = wins(comparison, one, other, measure)
    label = BY_NAME[measure].label.lower()
    if n == 0:
        return f"On {label}, there is no run in which both {one} and {other} have a value."
    d = paired_difference(comparison, one, other, measure)
    if d.told_apart and is_negligible(measure, d.mean):
        return (
            f"On {label}, {one} and {other} differ by a negligible amount, {change(measure, d.mean)} "
            f"({bounds(measure, d.low, d.high, sign=True)})."
        )
    ties = f" ({same} {'tie' if same == 1 else 'ties'})" if same else ""
    text = f"On {label}, {one} beats {other} in {won} of {n} paired {'run' if n == 1 else 'runs'}{ties}"
    if d.mean is None:
        return text + "; not every run has a value, so no mean difference is given."
    if d.low is None:
        return text + f"; the difference is {change(measure, d.mean)}, and a single run gives no interval."
    text += f"; the difference is {change(measure, d.mean)} (95% interval {bounds(measure, d.low, d.high, sign=True)})"
    return text + (", which is not a clear difference." if not d.told_apart else ".")


def mean_text(comparison: ComparisonResults, strategy: str, measure: str) -> str:
    """Return the mean of a measure under a strategy, with its unit.

    Parameters
    ----------
    strategy : its name.

    Returns
    -------
    Text.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> mean_text(comparison, "one-neighbour-is-enough", "reach")
    '100.0%'
    """
    return value(measure, comparison.summaries[strategy][measure].mean)


def _lead_text(comparison: ComparisonResults, one: str, other: str, measure: str) -> str:
    d = paired_difference(comparison, one, other, measure)
    size = change(measure, d.mean)
    return f"{size.lstrip('+')} above {other} ({bounds(measure, d.low, d.high)})"


def tied_difference(
    comparison: ComparisonResults,
    best: np.ndarray,
    other: np.ndarray,
    limits: tuple[float, float] = (-np.inf, np.inf),
) -> tuple[Difference, str]:
    """Return the difference of two strategies that cannot be distinguished, with an interval that includes 0.

    It is the 95% interval where that includes 0; else the wider one at the joint level over all pairs of strategies, by
    which `outcomes.statistics.told_apart_from_best` judges.

    Parameters
    ----------
    best, other : values of the measure, one a replicate.
    limits : least and largest possible value of the measure.

    Returns
    -------
    `Difference`, and which interval it is, in words.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> gap, interval = tied_difference(comparison, np.array([0.5, 0.7]), np.array([0.6, 0.5]))
    >>> round(gap.mean, 3), interval
    (0.05, '')
    """
    spread = comparison.sets is not None
    d = difference(best, other, spread=spread, limits=limits)
    n_pairs = len(comparison.strategies) * (len(comparison.strategies) - 1) // 2
    if not d.told_apart or n_pairs < 2:
        return d, ""
    level = joint_level(len(comparison.strategies))
    wider = difference(best, other, level=level, spread=spread, limits=limits)
    return wider, f", at the joint level for {n_pairs} pairs"


def leader_sentence(comparison: ComparisonResults, measure: str) -> str:
    """Return which strategy leads on `benefit` or `cumulative_benefit`, or which cannot be distinguished.

    Returns
    -------
    A sentence.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False)
    >>> print(leader_sentence(comparison, "benefit"))
    On sustained benefit, in the single run: one-neighbour-is-enough 83.8% and ...
    """
    label, place = HORIZONS[measure], standing(comparison, measure)
    names = comparison.strategies
    values = listed([f"{name} {mean_text(comparison, name, measure)}" for name in names])
    unit = " of the full effect" if is_share(measure) else " of full effect"
    if len(names) == 1:
        return f"On {label}, {names[0]} reaches {mean_text(comparison, names[0], measure)}{unit}."
    if place.highest is None and comparison.n_replicates == 1:
        return (
            f"On {label}, in the single run: {values}{unit}. A single run gives no interval, so none is called better."
        )
    if place.highest is None and comparison.has_too_few_sets:
        return (
            f"On {label}: {values}{unit}. {comparison.n_replicates} runs with parameters of their own are too few for "
            "an interval, so none is called better."
        )
    if place.highest is None:
        return f"On {label}, not every run has a value, so none is called better: {values}."
    best = place.highest
    rest = [name for name in names if name not in place.tied]
    ahead = listed([_lead_text(comparison, best, name, measure) for name in rest])
    if place.leader:
        return f"On {label}, {best} leads with {mean_text(comparison, best, measure)}{unit}: {ahead}."
    others = [name for name in place.tied if name != best]
    gaps = []
    for name in others:
        own, theirs = comparison.values(best, measure), comparison.values(name, measure)
        d, joint = tied_difference(comparison, own, theirs, BY_NAME[measure].limits(comparison.scenario.run.months))
        gaps.append(
            f"{change(measure, d.mean)} compared with {name} ({bounds(measure, d.low, d.high, sign=True)}{joint})"
        )
    tail = f" {best} is {ahead}." if rest else ""
    return (
        f"On {label}, {listed(list(place.tied))} cannot be distinguished: {best} has the highest mean, "
        f"{mean_text(comparison, best, measure)}{unit}, {listed(gaps)}.{tail}"
    )


def board_strategies(c: ComparisonResults) -> list[str] | None:
    """Return the strategies whose pairs the board reads.

    Parameters
    ----------
    c : the comparison.

    Returns
    -------
    None for all; where there are many pairs, the strategies that are highest on either horizon.

    Examples
    --------
    >>> board_strategies(ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False))
    """
    if len(c.paired) <= MAX_BOARD_PAIRS:
        return None
    leaders = {standing(c, measure).highest for measure in HORIZONS}
    return [name for name in c.strategies if name in leaders] or c.strategies[:1]
