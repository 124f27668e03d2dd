"""Which strategy is best, over assumption sets crossed with replicates.

What belongs here: statistics of one measure as an array of sets, replicates and strategies, higher being better, where
replicate k has the same random numbers in every set and under every strategy. So sets are not independent of one
another: what replicate k does to all of them is one piece of luck. What does not: where an answer turns round
(``turning``), what is worth finding out (``information``), what may be said (``evidence``).

The model is value = mean + set + replicate + remainder, the remainder (the interaction of set and replicate) being the
error. *Levels* are the values of strategies in each set net of luck. They are not observed: the mean over a few
replicates is spread wider than they are, so each set's mean is drawn towards the mean of all (empirical Bayes) and its
remaining uncertainty is drawn at random. The luck that all sets share is drawn from Student's distribution, with one
degree of freedom fewer than replicates. Resampling
whole sets and replicates (Owen's pigeonhole bootstrap) counts the remainder three times and cannot see past the few
replicates that there are. How often the intervals hold the truth is counted by ``experiments/inference_study.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from spreadsim.errors import InputError
from spreadsim.outcomes.statistics import LEVEL, MIN_SETS

MIN_REPLICATES = 3  # fewer give no interval
MIN_SETS_OF_LOSS = 32  # of a mean loss
MIN_SETS_OF_QUANTILE = 60  # of a 90th percentile of losses
N_DRAWS = 400
N_INNER = 5  # draws of the levels with the same variances and shared luck
BLOCK = 500_000  # numbers drawn at a time
MOST_REDRAWN = 40  # strategies above which variances are not drawn again
MOST_EFFECTIVE = 50.0  # cases that a set may be worth in an interval of a share


@dataclass(frozen=True)
class Estimate:
    """A number with a 95% interval.

    Attributes
    ----------
    value : the estimate.
    low, high : ends of the interval; None where there are too few sets or replicates for one.

    Examples
    --------
    >>> Estimate(0.6, 0.4, 0.8).low
    0.4
    """

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Components:
    """Where the variance of a difference between two strategies comes from.

    Attributes
    ----------
    mean : over sets and replicates, with an interval over both.
    sets, replicates, remainder : variances between sets, between replicates, and of what is left in single runs.

    Examples
    --------
    >>> Components(Estimate(0.1, 0.0, 0.2), 0.25, 0.125, 0.125).share_of_luck
    0.5
    """

    mean: Estimate
    sets: float
    replicates: float
    remainder: float

    @property
    def share_of_luck(self) -> float:
        """The share of the variance of single runs that is luck; 0 where nothing varies."""
        luck = self.replicates + self.remainder
        return luck / (luck + self.sets) if luck + self.sets > 0 else 0.0


@dataclass(frozen=True)
class StrategyStanding:
    """How one strategy stands against all others.

    Attributes
    ----------
    best : share of sets in which it is best; shared between strategies that are equal there.
    level : its mean over sets and replicates.
    expected_loss, loss_90, worst_loss : how far it lies below the best of each set: mean over sets, 90th percentile,
        most. The interval of the worst is of luck alone, for these sets.

    Examples
    --------
    >>> nothing = Estimate(0.0, 0.0, 0.0)
    >>> StrategyStanding(Estimate(1.0, 0.9, 1.0), nothing, nothing, nothing, nothing).best.value
    1.0
    """

    best: Estimate
    level: Estimate
    expected_loss: Estimate
    loss_90: Estimate
    worst_loss: Estimate


@dataclass(frozen=True)
class PairStanding:
    """How a strategy does against another.

    Attributes
    ----------
    components : of the difference, the first strategy minus the second.
    low_set, high_set : between these lie 90% of sets, net of luck; None where there are too few sets or replicates to
        say.
    better : share of sets in which the first is better, equal ones counted half.
    better_by : share of sets in which it is better by more than the difference that matters.

    Examples
    --------
    >>> some = Estimate(0.5, 0.4, 0.6)
    >>> PairStanding(Components(some, 0.0, 0.0, 0.0), 0.1, 0.9, some, some).high_set
    0.9
    """

    components: Components
    low_set: float | None
    high_set: float | None
    better: Estimate
    better_by: Estimate


@dataclass(frozen=True)
class Standings:
    """All strategies on one measure.

    Attributes
    ----------
    strategies : one a strategy, in order.
    same_as : for each strategy the place of the first whose runs are all equal to its own: its own place where none is.
    n_sets, n_replicates : they rest on.

    Examples
    --------
    >>> standings(np.array([[[0.1, 0.1, 0.3]]])).same_as
    (0, 0, 2)
    """

    strategies: tuple[StrategyStanding, ...]
    same_as: tuple[int, ...]
    n_sets: int
    n_replicates: int


def censored(values: np.ndarray, horizon: float | np.ndarray) -> np.ndarray:
    """Return months with those never reached counted at the horizon, so that means are restricted means.

    Parameters
    ----------
    values : months, nan where never reached.
    horizon : months of a run, or of each.

    Returns
    -------
    The same shape, no value above the horizon.

    References
    ----------
    Royston, Parmar, BMC Med Res Methodol 2013;13:152 (restricted mean time).

    Examples
    --------
    >>> censored(np.array([12.0, np.nan]), 60).tolist()
    [12.0, 60.0]
    """
    return np.minimum(np.where(np.isnan(values), horizon, values), horizon)


def same_strategies(values: np.ndarray) -> tuple[int, ...]:
    """Return for each strategy the first whose runs are all equal to its own, to the last bit.

    Parameters
    ----------
    values : shape (sets, replicates, strategies).

    Returns
    -------
    Places of strategies.

    Examples
    --------
    >>> same_strategies(np.array([[[0.5, 0.25, 0.5]]]))
    (0, 1, 0)
    """
    n = values.shape[2]
    return tuple(
        next(j for j in range(i + 1) if np.array_equal(values[..., i], values[..., j], equal_nan=True))
        for i in range(n)
    )


class Levels:
    """The levels of strategies in each set, net of luck, with their uncertainty.

    Parameters
    ----------
    values : shape (sets, replicates, strategies), all defined.
    n_draws : how often they are drawn.

    Raises
    ------
    InputError : the array has another shape, or a value is missing.

    References
    ----------
    Morris, J Am Stat Assoc 1983;78:47 (empirical Bayes). Owen, Ann Appl Stat 2007;1:386 (crossed random effects).

    Examples
    --------
    >>> levels = Levels(np.array([[[0.1, 0.2], [0.2, 0.3], [0.3, 0.4]]]))
    >>> levels.means.round(3).tolist(), levels.has_luck
    ([[0.2, 0.3]], True)
    """

    def __init__(self, values: np.ndarray, n_draws: int = N_DRAWS) -> None:
        values = np.asarray(values, dtype=np.float64)
        if values.ndim != 3 or 0 in values.shape:
            raise InputError("values", "shape", f"is {values.shape}", "give sets, replicates and strategies")
        if not np.isfinite(values).all():
            raise InputError("values", "values", "some are missing", "count those never reached at the horizon")
        self.n_sets, self.n_replicates, self.n = values.shape
        self.n_draws = n_draws
        self.means = values.mean(axis=1)
        self.has_luck = self.n_replicates >= MIN_REPLICATES
        self._first = self._ties(values)
        centre, k = self.means.mean(axis=0), self.n_replicates
        self._by_replicate = values.mean(axis=0) - centre
        self._deviation = self.means - centre
        rest = values - self.means[:, None] - self._by_replicate
        self._noise = np.zeros((self.n_sets, self.n, self.n))
        if k > 1 and self.n_sets > 1:
            self._noise = np.einsum("wri,wrj->wij", rest, rest) / ((k - 1) * k) * (self.n_sets / (self.n_sets - 1))

    def _shrinkage(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the gains by which means of sets are drawn to the middle, and roots of what stays uncertain.

        One of each for every row of `weights`, shape (draws, sets).
        """
        noise = np.einsum("dw,wij->dij", weights, self._noise)
        spread = (self._deviation.T * weights[:, None]) @ self._deviation * self.n_sets / (self.n_sets - 1)
        between = _positive(spread - noise)
        gain = noise @ np.linalg.pinv(between + noise, rcond=1e-10, hermitian=True)
        return gain, _root(gain @ between)

    @staticmethod
    def _ties(values: np.ndarray) -> np.ndarray:
        """Return for each set and strategy the first strategy with the same values in every replicate."""
        first = np.empty((values.shape[0], values.shape[2]), dtype=np.int64)
        for i, runs in enumerate(values + 0.0):  # one set: replicates by strategies
            _, at, back = np.unique(runs.T, axis=0, return_index=True, return_inverse=True)
            first[i] = at[back.reshape(-1)]
        return first

    def draws(self, n_inner: int = 1) -> Iterator[np.ndarray]:
        """Yield the levels as they may be, the same each time, in blocks of draws.

        Shape (draws, n_inner, sets, strategies): the inner draws share variances and the luck of all sets. There is one
        where levels have no noise.
        """
        rng, k, n = np.random.default_rng(20071), self.n_replicates, self.n_sets
        has_noise = bool(self._noise.any())
        fixed = self._shrinkage(np.full((1, n), 1 / n)) if has_noise and self.n > MOST_REDRAWN else None
        step = max(1, BLOCK // (n_inner * n * self.n))
        for first in range(0, self.n_draws, step):
            d = min(step, self.n_draws - first)
            levels = np.broadcast_to(self.means, (d, 1, n, self.n))
            if has_noise:
                gain, root = fixed or self._shrinkage(rng.dirichlet(np.ones(n), d))
                around = levels - (self._deviation @ gain.swapaxes(-1, -2))[:, None]
                levels = around + rng.standard_normal((d, n_inner, n, self.n)) @ root.swapaxes(-1, -2)[:, None]
            if k > 1:
                size = np.sqrt(1 / rng.chisquare(k - 1, (d, 1)) / k)  # Student's, with k - 1 degrees of freedom
                levels = levels + (size * (rng.standard_normal((d, k)) @ self._by_replicate))[:, None, None]
            yield np.take_along_axis(levels, np.broadcast_to(self._first, levels.shape), axis=-1)

    def share(self, holds: Callable[[np.ndarray], np.ndarray]) -> list[Estimate]:
        """Return in what share of sets something holds, drawn and counted.

        Parameters
        ----------
        holds : of levels, shape (..., sets, strategies): 0 to 1 for each thing in each set, or in some of the sets,
            shape (..., sets, things).

        Returns
        -------
        One estimate a thing. Sets are a sample of worlds, by Jeffreys' interval with as many cases as the spread of
        the probability between sets is worth; a limit is 0 or 1 where it holds in none or in all.
        """
        rng = np.random.default_rng(20072)
        shares, effective = [], []
        for block in self.draws(N_INNER):
            inner = holds(block)
            q = inner.mean(axis=1)  # the probability that it holds in each set
            p, (_, m, n, _) = q.mean(axis=1), inner.shape
            between = q.var(axis=1) - (inner.var(axis=1).mean(axis=1) / (m - 1) if m > 1 else 0.0)
            shares.append(p)
            effective.append(n * np.clip(p * (1 - p) / np.maximum(between, 1e-12), 1.0, MOST_EFFECTIVE))
        p, sizes = np.concatenate(shares), np.concatenate(effective)
        values = p.mean(axis=0)
        if not self.has_luck or n < MIN_SETS:
            return [Estimate(float(value), None, None) for value in values]
        drawn = rng.beta(p * sizes + 0.5, (1 - p) * sizes + 0.5)
        low, high = np.where(p <= 0, 0.0, drawn), np.where(p >= 1, 1.0, drawn)
        return [
            Estimate(float(v), float(min(v, a)), float(max(v, b)))
            for v, a, b in zip(values, np.quantile(low, 0.025, axis=0), np.quantile(high, 0.975, axis=0), strict=True)
        ]

    def amounts(
        self, amount: Callable[[np.ndarray, np.ndarray], np.ndarray], least: int | np.ndarray = MIN_SETS
    ) -> list[Estimate]:
        """Return amounts over the sets, drawn: sets weighted as in a Bayesian bootstrap.

        Parameters
        ----------
        amount : of levels, shape (draws, sets, strategies), and of weights of the sets, shape (draws, sets), which sum
            to 1; one value a draw and thing.
        least : sets without which there is no interval, of all things or of each.

        Returns
        -------
        One estimate a thing.
        """
        rng, n = np.random.default_rng(20073), self.n_sets
        values, drawn = [], []
        for block in self.draws():
            levels = block[:, 0]
            values.append(amount(levels, np.full((len(levels), n), 1 / n)))
            drawn.append(amount(levels, rng.dirichlet(np.ones(n), len(levels))))
        value, ends = np.concatenate(values).mean(axis=0), np.quantile(np.concatenate(drawn), (0.025, 0.975), axis=0)
        silent = ~np.broadcast_to(self.has_luck and (n == 1 or n >= np.asarray(least)), value.shape)
        return [
            Estimate(float(v), *(None, None) if none else (float(min(v, a)), float(max(v, b))))
            for v, a, b, none in zip(value, *ends, silent, strict=True)
        ]


def _positive(matrix: np.ndarray) -> np.ndarray:
    """Return the nearest matrix that can be a covariance."""
    values, vectors = np.linalg.eigh((matrix + matrix.swapaxes(-1, -2)) / 2)
    return np.asarray((vectors * np.maximum(values, 0.0)[..., None, :]) @ vectors.swapaxes(-1, -2))


def _root(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh((matrix + matrix.swapaxes(-1, -2)) / 2)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :])


def best_of(levels: np.ndarray) -> np.ndarray:
    """Return which strategy is best in each set, as shares: strategies that are equal there share it.

    Parameters
    ----------
    levels : shape (..., sets, strategies).

    Returns
    -------
    The same shape, each row summing to 1.

    Examples
    --------
    >>> best_of(np.array([[0.5, 0.25, 0.5]])).tolist()
    [[0.5, 0.0, 0.5]]
    """
    top = levels == levels.max(axis=-1, keepdims=True)
    return np.asarray(top / top.sum(axis=-1, keepdims=True))


def _losses(levels: np.ndarray) -> np.ndarray:
    return np.asarray(levels.max(axis=-1, keepdims=True) - levels)


def weighted_quantile(values: np.ndarray, weights: np.ndarray, share: float) -> np.ndarray:
    """Return a quantile of each column over weighted rows.

    Parameters
    ----------
    values : shape (..., sets, things).
    weights : of the rows, shape (..., sets), summing to 1.
    share : 0 to 1.

    Returns
    -------
    One value a column, shape (..., things): with even weights the usual quantile.

    Examples
    --------
    >>> weighted_quantile(np.array([[0.0], [1.0], [2.0]]), np.full(3, 1 / 3), 0.5).tolist()
    [1.0]
    """
    n = values.shape[-2]
    if n == 1:
        return np.asarray(values[..., 0, :])
    order = np.argsort(values, axis=-2, kind="stable")
    x = np.take_along_axis(values, order, axis=-2)
    w = np.take_along_axis(np.broadcast_to(weights[..., None], values.shape), order, axis=-2)
    at = np.cumsum(w, axis=-2) - w / 2
    at = (at - at[..., :1, :]) / (at[..., -1:, :] - at[..., :1, :])
    above = np.clip((at < share).sum(axis=-2, keepdims=True), 1, n - 1)

    def pick(of: np.ndarray, place: np.ndarray) -> np.ndarray:
        return np.take_along_axis(of, place, axis=-2)[..., 0, :]

    a, b = pick(at, above - 1), pick(at, above)
    part = np.where(b > a, (share - a) / np.where(b > a, b - a, 1.0), 1.0)
    low, high = pick(x, above - 1), pick(x, above)
    return np.asarray(low + np.clip(part, 0.0, 1.0) * (high - low))


def components(difference: np.ndarray, level: float = LEVEL) -> Components:
    """Return the mean of a difference with its interval over sets and replicates, and where its variance comes from.

    Parameters
    ----------
    difference : shape (sets, replicates).
    level : of the interval, 0 to 1.

    Returns
    -------
    `Components`. The interval is Student's with Satterthwaite's degrees of freedom; None with too few replicates,
    or from two sets to seven.

    References
    ----------
    Satterthwaite, Biometrics Bulletin 1946;2:110. Owen, Ann Appl Stat 2007;1:386 (the crossed design).

    Examples
    --------
    >>> result = components(np.array([[0.0, 1.0, 2.0], [2.0, 3.0, 4.0]]))
    >>> result.mean.value, result.sets, result.replicates, result.remainder
    (2.0, 2.0, 1.0, 0.0)
    """
    from spreadsim.special import stdtrit

    d = np.asarray(difference, dtype=np.float64)
    n, k = d.shape
    mean = float(d.mean())
    by_set, by_replicate = d.mean(axis=1) - mean, d.mean(axis=0) - mean
    rest = d - mean - by_set[:, None] - by_replicate
    of_sets = k * float((by_set**2).sum()) / (n - 1) if n > 1 else 0.0
    of_replicates = n * float((by_replicate**2).sum()) / (k - 1) if k > 1 else 0.0
    error = float((rest**2).sum()) / ((n - 1) * (k - 1)) if n > 1 and k > 1 else 0.0
    estimate = Estimate(mean, None, None)
    if k >= MIN_REPLICATES and (n == 1 or n >= MIN_SETS):
        parts = [(of_sets, n - 1), (of_replicates, k - 1), (-error, (n - 1) * (k - 1))]
        total = max(sum(part for part, _ in parts), of_sets, of_replicates)
        below = sum(part * part / freedom for part, freedom in parts if freedom > 0)
        freedom = max(1.0 * min(k - 1, n - 1 if n > 1 else k - 1), total * total / below) if below > 0 else 1.0
        half = float(stdtrit(freedom, 0.5 + level / 2)) * np.sqrt(total / (n * k))
        estimate = Estimate(mean, mean - half, mean + half)
    return Components(
        estimate,
        max(0.0, (of_sets - error) / k) if n > 1 else 0.0,
        max(0.0, (of_replicates - error) / n),
        error,
    )


def standings(values: np.ndarray, n_draws: int = N_DRAWS) -> Standings:
    """Return how each strategy stands: in what share of sets it is best, and what choosing it loses.

    Parameters
    ----------
    values : shape (sets, replicates, strategies), higher being better, all defined.
    n_draws : how often levels are drawn.

    Returns
    -------
    `Standings`. With one set, shares are probabilities over luck alone and have no interval.

    Raises
    ------
    InputError : a value is missing.

    Examples
    --------
    >>> better_by_set = np.linspace(-0.1, 0.3, 41)
    >>> values = np.stack([np.zeros((41, 4)), np.repeat(better_by_set[:, None], 4, axis=1)], axis=2)
    >>> result = standings(values)
    >>> [round(strategy.best.value, 2) for strategy in result.strategies]
    [0.26, 0.74]
    """
    values = np.asarray(values, dtype=np.float64)
    levels = Levels(values, n_draws)

    def losses(level: np.ndarray, weights: np.ndarray) -> np.ndarray:
        loss = _losses(level)
        mean = (weights[:, None] @ loss)[:, 0]
        return np.concatenate([mean, weighted_quantile(loss, weights, 0.9), loss.max(axis=1)], axis=1)

    best, n = levels.share(best_of), levels.n
    loss = levels.amounts(losses, np.repeat([MIN_SETS_OF_LOSS, MIN_SETS_OF_QUANTILE, 1], n))
    rows = tuple(StrategyStanding(best[i], components(values[:, :, i]).mean, *loss[i::n]) for i in range(n))
    same = same_strategies(values)
    return Standings(tuple(rows[first] for first in same), same, levels.n_sets, levels.n_replicates)


def pair_standing(one: np.ndarray, other: np.ndarray, matters: float = 0.0) -> PairStanding:
    """Return how a strategy does against another, set by set and net of luck.

    Parameters
    ----------
    one, other : shape (sets, replicates), higher being better.
    matters : the least difference that matters, in the measure's unit.

    Returns
    -------
    `PairStanding`.

    Raises
    ------
    InputError : a value is missing.

    Examples
    --------
    >>> gap = np.repeat(np.linspace(-0.1, 0.3, 41)[:, None], 4, axis=1)
    >>> pair = pair_standing(gap, np.zeros((41, 4)), matters=0.055)
    >>> round(pair.components.mean.value, 3), round(pair.better_by.value, 2)
    (0.1, 0.61)
    """
    one, other = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    levels = Levels(np.stack([one, other], axis=2))

    def shares(level: np.ndarray) -> np.ndarray:
        d = level[..., 0] - level[..., 1]
        return np.stack([(d > 0) + 0.5 * (d == 0), d > matters], axis=-1)

    better, better_by = levels.share(shares)
    if not levels.has_luck or levels.n_sets < MIN_SETS:
        return PairStanding(components(one - other), None, None, better, better_by)
    gaps = np.concatenate([(block[..., 0] - block[..., 1]).ravel() for block in levels.draws()])
    low, high = np.quantile(gaps, (0.05, 0.95)).tolist()
    return PairStanding(components(one - other), low, high, better, better_by)
