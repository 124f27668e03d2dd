"""The answer under doubt, in three sentences: which strategy is best, by how much, and what that hangs on.

What belongs here: words for what the plausible worlds show (``doubt``). Nothing is called best unless the share of
worlds says so. What does not: the words for luck alone, and the other findings (``findings``).

comparison : outcomes of every strategy, with ``doubt``.
"""

from __future__ import annotations

import numpy as np

from spreadsim.comparison.aggregates import people_served
from spreadsim.comparison.doubt import Answer, Doubt
from spreadsim.comparison.results import ComparisonResults
from spreadsim.inference.crossed import Estimate
from spreadsim.inference.turning import Cut, Turning
from spreadsim.scenario.beliefs import parameter_label
from spreadsim.telling.wording import change, is_negligible, listed, people, years


def share_text(share: Estimate) -> str:
    """Return a share of worlds with its interval.

    Parameters
    ----------
    share : from 0 to 1.

    Returns
    -------
    Text.

    Examples
    --------
    >>> share_text(Estimate(0.612, 0.5, 0.7)), share_text(Estimate(1.0, None, None))
    ('61% (50 to 70)', '100%')
    """
    interval = share_bounds(share)
    return f"{100 * share.value:.0f}%" + (f" ({interval})" if interval else "")


def share_bounds(share: Estimate) -> str:
    """Return the interval of a share of worlds, in per cent.

    Parameters
    ----------
    share : from 0 to 1.

    Returns
    -------
    Text; empty where there is no interval.

    Examples
    --------
    >>> share_bounds(Estimate(0.612, 0.5, 0.7)), share_bounds(Estimate(1.0, None, None))
    ('50 to 70', '')
    """
    return "" if share.low is None or share.high is None else f"{100 * share.low:.0f} to {100 * share.high:.0f}"


def horizon_words(doubt: Doubt, measure: str) -> str:
    """Return what a measure of the answer is called in a sentence.

    Parameters
    ----------
    doubt : the strategies in plausible worlds.
    measure : one of `Doubt.answers`.

    Returns
    -------
    Text.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> horizon_words(SimpleNamespace(months=60), "cumulative_benefit")
    'the total over five years'
    """
    return "what lasts" if measure == "benefit" else f"the total over {years(doubt.months)}"


def by_worlds(doubt: Doubt, measure: str) -> list[int]:
    """Return the places of the strategies, best in most worlds first, those with the same runs left out.

    Parameters
    ----------
    doubt : the strategies in plausible worlds.
    measure : one of `Doubt.answers`.

    Returns
    -------
    Places.

    Examples
    --------
    >>> from spreadsim.comparison.doubt import OF_ANSWER
    >>> from spreadsim.inference.evidence import Thresholds
    >>> from spreadsim.scenario.parameter_sets import ParameterSets
    >>> sets = ParameterSets("mine.csv", ("behaviour.drift.rate",), tuple((0.001 * k,) for k in range(20)))
    >>> rises = np.random.default_rng(1).normal(size=(20, 4, 3)) + [0.0, 9.0, 5.0]
    >>> by_worlds(Doubt(sets, ("a", "b", "c"), dict.fromkeys(OF_ANSWER, rises), 60, Thresholds()), "benefit")
    [1, 2, 0]
    """
    answer = doubt.answers[measure]
    places, rows = sorted(set(answer.standings.same_as)), answer.standings.strategies
    first = answer.verdict.best
    return sorted(places, key=lambda i: (i != first, -rows[i].best.value, -rows[i].level.value))


def _named(doubt: Doubt, answer: Answer, place: int) -> str:
    """Return a strategy's name, with those whose runs are all the same."""
    return listed([doubt.strategies[i] for i, first in enumerate(answer.standings.same_as) if first == place])


def _verdict(doubt: Doubt, measure: str, is_first: bool) -> str:
    """Return what may be said of which strategy is best on a measure, as a clause."""
    answer, on = doubt.answers[measure], f"on {horizon_words(doubt, measure)}"
    order, rows = by_worlds(doubt, measure), answer.standings.strategies
    worlds = f"of {doubt.n_sets} {doubt.worlds}" if is_first else "of them"
    if answer.verdict.strength == "the same":
        return f"{on}, {listed(doubt.strategies)} do exactly the same"
    if answer.verdict.strength == "too few runs":
        return f"{on}, there are too few worlds or runs to say which strategy is best"
    top = order[0]
    shares = f"in {share_text(rows[top].best)} {worlds}"
    if answer.verdict.leader is not None:
        return f"{on}, {_named(doubt, answer, top)} is {answer.verdict.strength}: {shares}"
    rest = [f"{_named(doubt, answer, i)} in {100 * rows[i].best.value:.0f}%" for i in order[1:3]]
    return f"{on}, no strategy is clearly best: {_named(doubt, answer, top)} is best {shares}, {listed(rest)}"


def best_in_worlds(doubt: Doubt | None) -> str:
    """Return which strategy or setting is best in plausible worlds, on what lasts and in total.

    Parameters
    ----------
    doubt : the strategies in plausible worlds, or None.

    Returns
    -------
    A sentence; empty without plausible worlds.

    Examples
    --------
    >>> best_in_worlds(None)
    ''
    """
    if doubt is None or not doubt.answers:
        return ""
    clauses = [_verdict(doubt, measure, i == 0) for i, measure in enumerate(doubt.answers)]
    text = "; ".join(clauses)
    return text[0].upper() + text[1:] + "."


def size_sentence(comparison: ComparisonResults) -> str:
    """Return by how much the best strategy differs from the next on what lasts, over worlds and by luck.

    Returns
    -------
    A sentence; empty where no two strategies differ, or worlds or runs are too few to say.

    Examples
    --------
    >>> size_sentence(ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False))
    ''
    """
    doubt = comparison.doubt
    if doubt is None or "benefit" not in doubt.answers:
        return ""
    answer = doubt.answers["benefit"]
    order = by_worlds(doubt, "benefit")
    if answer.verdict.best is None or len(order) < 2:
        return ""
    one, other = order[0], order[1]
    pair = answer.pairs[other]
    mean, low, high = pair.components.mean.value, pair.low_set, pair.high_set
    if low is None or high is None:
        return ""
    if mean < 0:  # best in more worlds, and yet lower on average
        one, other, mean, low, high = other, one, -mean, -high, -low
    luck = 1.96 * float(np.sqrt(pair.components.replicates + pair.components.remainder))
    more, less = _named(doubt, answer, one), _named(doubt, answer, other)
    amount = change("benefit", mean).lstrip("+")
    if is_negligible("benefit", mean):
        size = f"{more} and {less} do not differ by a tenth of a point at the end"
    else:
        size = f"{more} delivers {amount} more of the full effect at the end than {less}"
        if mean < doubt.thresholds.matters:
            size += f", less than the {100 * doubt.thresholds.matters:g} that matter here"
    return (
        f"On average over these worlds {size}; in 90% of them the difference lies between {change('benefit', low)} and "
        f"{change('benefit', high)}, and the luck of a single run adds up to {100 * luck:.1f} either way."
    )


def _leaves(doubt: Doubt, side: Cut | int, where: tuple[str, ...] = ()) -> list[tuple[int, tuple[str, ...]]]:
    """Return each end of a rule: the strategy that it takes, and the conditions that lead there, in words."""
    if isinstance(side, int):
        return [(side, where)]
    label, at = parameter_label(doubt.sets.paths[side.parameter]), f"{side.at:.2g}"
    below = _leaves(doubt, side.below, (*where, f"{label} is at most {at}"))
    return below + _leaves(doubt, side.above, (*where, f"{label} is above {at}"))


def _turning_text(doubt: Doubt, turning: Turning) -> str:
    """Return where the answer turns round, in a sentence with its error."""
    leaves = _leaves(doubt, turning.rule)
    taken = [strategy for strategy, _ in leaves]
    alone = sorted((leaf for leaf in leaves if taken.count(leaf[0]) == 1), key=lambda leaf: -len(leaf[1]))
    if len(set(taken)) == len(taken):
        alone = alone[:-1]  # the last one is what is left
    parts = [f"{doubt.strategies[strategy]} does better where {listed(where)}" for strategy, where in alone]
    rest = next(strategy for strategy in reversed(taken) if strategy not in [one for one, _ in alone])
    return (
        f"It turns round: {', '.join(parts)}, {doubt.strategies[rest]} elsewhere; in worlds from which it was not "
        f"made, this rule picks the best strategy in {100 * turning.right:.0f}%; the same one everywhere "
        f"is best in {100 * turning.right_without:.0f}%."
    )


def hinge_sentence(comparison: ComparisonResults) -> str:
    """Return where the answer on what lasts turns round, else what is worth finding out first.

    Returns
    -------
    A sentence; empty without plausible worlds.

    Examples
    --------
    >>> hinge_sentence(ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False))
    ''
    """
    doubt = comparison.doubt
    if doubt is None or "benefit" not in doubt.answers:
        return ""
    answer = doubt.answers["benefit"]
    if answer.verdict.best is None:
        return ""
    served = float(np.mean(people_served(comparison)))

    def worth(amount: Estimate) -> str:
        return (
            f"{change('benefit', amount.value).lstrip('+')} of the full effect, {people(amount.value * served)} people"
        )

    if answer.turning is not None:
        return _turning_text(doubt, answer.turning)
    if answer.worth_knowing:
        path, value = answer.worth_knowing[0]
        return (
            f"What to find out first is {parameter_label(path)}: to know it before choosing is worth {worth(value)}; "
            f"to know everything in doubt is worth {worth(answer.perfect)}."
        )
    if answer.perfect.value >= doubt.thresholds.matters:
        return (
            "No single assumption decides it: to know everything in doubt before choosing would be worth "
            f"{worth(answer.perfect)}."
        )
    return (
        "There is little to find out first: to know everything in doubt before choosing would be worth only "
        f"{worth(answer.perfect)}."
    )
