"""Where an answer turns round: a rule of at most two cuts on what is not known, judged on sets that it did not see.

What belongs here: finding and judging the rule. What does not: its words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spreadsim.inference.crossed import Estimate

FOLDS = 5
LEAST_LEAF = 8  # sets on each side of a cut


@dataclass(frozen=True)
class Cut:
    """One cut of the sets by a parameter.

    Attributes
    ----------
    parameter : its place.
    at : sets with at most this value lie below.
    below, above : place of the strategy that is best there, or another cut.

    Examples
    --------
    >>> Cut(0, 0.5, 1, 2).choose(np.array([[0.4], [0.6]])).tolist()
    [1, 2]
    """

    parameter: int
    at: float
    below: Cut | int
    above: Cut | int

    def choose(self, parameters: np.ndarray) -> np.ndarray:
        """Return the strategy that the rule takes in each set."""
        chosen = np.empty(len(parameters), dtype=np.int64)
        low = parameters[:, self.parameter] <= self.at
        for part, side in ((low, self.below), (~low, self.above)):
            chosen[part] = side.choose(parameters[part]) if isinstance(side, Cut) else side
        return chosen


@dataclass(frozen=True)
class Turning:
    """A rule and what following it is worth.

    Attributes
    ----------
    rule : the cut, made from all sets.
    gain : of the rule over the one strategy that is best on average, in sets that the rule was not made from.
    right : share of these sets in which the rule takes the strategy with the highest mean.
    right_without : share of them in which the one strategy has it.

    Examples
    --------
    >>> Turning(Cut(0, 0.5, 0, 1), Estimate(0.1, 0.05, 0.15), 0.9, 0.6).holds
    True
    """

    rule: Cut
    gain: Estimate
    right: float
    right_without: float

    @property
    def holds(self) -> bool:
        """Whether the rule is worth following beyond chance, and right more often: only then may it be told."""
        return self.gain.low is not None and self.gain.low > 0 and self.right > self.right_without


def _best_cut(parameters: np.ndarray, means: np.ndarray, least: int) -> tuple[float, Cut | None]:
    """Return what the best single cut gains in sum over the best single strategy, and the cut."""
    n = len(means)
    total = means.sum(axis=0)
    best, cut = 0.0, None
    for j in range(parameters.shape[1]):
        order = np.argsort(parameters[:, j], kind="stable")
        x = parameters[order, j]
        below = np.cumsum(means[order], axis=0)[:-1]
        value = below.max(axis=1) + (total - below).max(axis=1) - total.max()
        place = np.arange(1, n)
        value[(x[1:] == x[:-1]) | (place < least) | (place > n - least)] = -np.inf
        if len(value) and value.max() > best + 1e-12:
            i = int(value.argmax())
            one, other = int(below[i].argmax()), int((total - below[i]).argmax())
            best, cut = float(value[i]), Cut(j, float((x[i] + x[i + 1]) / 2), one, other)
    return best, cut


def _rule(parameters: np.ndarray, means: np.ndarray) -> Cut | None:
    least = max(LEAST_LEAF, len(means) // 10)
    _, cut = _best_cut(parameters, means, least)
    if cut is None:
        return None
    low = parameters[:, cut.parameter] <= cut.at
    gain_below, second_below = _best_cut(parameters[low], means[low], least)
    gain_above, second_above = _best_cut(parameters[~low], means[~low], least)
    if second_below is not None and gain_below >= gain_above:
        return Cut(cut.parameter, cut.at, second_below, cut.above)
    return Cut(cut.parameter, cut.at, cut.below, second_above) if second_above is not None else cut


def turning(parameters: np.ndarray, values: np.ndarray) -> Turning | None:
    """Return the rule of at most two cuts that loses least, judged on sets that it was not made from.

    The rule is made from the mean of half of the replicates and judged by the other half, over five folds of sets.

    Parameters
    ----------
    parameters : of each set, shape (sets, parameters); nominal ones as places in a list.
    values : shape (sets, replicates, strategies), higher being better.

    Returns
    -------
    `Turning`; None where no cut takes another strategy, or with fewer than 40 sets or two replicates.

    References
    ----------
    Athey, Wager, Econometrica 2021;89:133 (rules that choose, judged out of sample).

    Examples
    --------
    >>> x = np.random.default_rng(1).random((80, 2))
    >>> values = np.repeat(np.stack([x[:, 0], np.full(80, 0.5)], axis=1)[:, None], 4, axis=1)
    >>> result = turning(x, values)
    >>> result.holds, result.rule.parameter, 0.4 < result.rule.at < 0.6
    (True, 0, True)
    """
    from spreadsim.special import stdtrit

    n, k, _ = values.shape
    if n < 5 * LEAST_LEAF or k < 2:
        return None
    choose, check = values[:, 0::2].mean(axis=1), values[:, 1::2].mean(axis=1)
    whole = _rule(parameters, values.mean(axis=1))
    if whole is None:
        return None
    fold = np.random.default_rng(20074).permutation(n) % FOLDS
    gain, right, right_without = np.zeros(n), np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    for f in range(FOLDS):
        train, test = fold != f, np.flatnonzero(fold == f)
        favourite = int(choose[train].mean(axis=0).argmax())
        rule = _rule(parameters[train], choose[train])
        taken = rule.choose(parameters[test]) if rule is not None else np.full(len(test), favourite)
        gain[test] = check[test, taken] - check[test, favourite]
        right[test] = check[test, taken] >= check[test].max(axis=1)
        right_without[test] = check[test, favourite] >= check[test].max(axis=1)
    half = float(stdtrit(n - 1, 0.975) * gain.std(ddof=1) / np.sqrt(n))
    mean = float(gain.mean())
    return Turning(whole, Estimate(mean, mean - half, mean + half), float(right.mean()), float(right_without.mean()))
