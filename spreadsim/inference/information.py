"""What is worth finding out before choosing: expected value of perfect and of partial information.

What belongs here: values of information in the measure's unit. Multiplying by people, or by money, is the caller's.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from spreadsim.inference.crossed import MIN_SETS_OF_LOSS, Estimate, Levels

HIGHEST_DEGREE = 5
RESAMPLES = 200


def perfect_information(values: np.ndarray) -> Estimate:
    """Return what knowing every parameter before choosing would be worth, net of luck, which nobody can know.

    Parameters
    ----------
    values : shape (sets, replicates, strategies), higher being better.

    Returns
    -------
    Mean over sets of the best level less the level of the strategy that is best on average; never below 0.

    Raises
    ------
    InputError : a value is missing.

    References
    ----------
    Raiffa, Schlaifer. Applied statistical decision theory. 1961.

    Examples
    --------
    >>> gap = np.repeat(np.linspace(-1.0, 1.0, 101)[:, None], 3, axis=1)
    >>> round(perfect_information(np.stack([gap, 0 * gap], axis=2)).value, 2)
    0.25
    """

    def worth(levels: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return (weights * levels.max(axis=2)).sum(axis=1, keepdims=True) - (weights[:, None] @ levels).max(axis=2)

    return Levels(values).amounts(worth, MIN_SETS_OF_LOSS)[0]


def partial_information(
    parameters: np.ndarray,
    values: np.ndarray,
    group: Sequence[int],
    nominal: Sequence[int] = (),
    resamples: int = RESAMPLES,
) -> Estimate:
    """Return what knowing some parameters before choosing would be worth, by regression.

    Values are regressed on the parameters by polynomials of a degree that leave-one-out error chooses (0 is: worth
    nothing), all strategies less the first alike; luck is averaged out by the regression.

    Parameters
    ----------
    parameters : of each set, shape (sets, parameters); nominal ones as places in a list.
    values : shape (sets, replicates, strategies), higher being better.
    group : places of the parameters that would be known.
    nominal : places of those whose order means nothing.
    resamples : that the interval rests on; none is given where 0.

    Returns
    -------
    The value, with an interval from resampling sets and replicates; none with too few sets.

    References
    ----------
    Strong, Oakley, Brennan, Med Decis Making 2014;34:311.

    Examples
    --------
    >>> x = np.random.default_rng(1).uniform(-1.0, 1.0, (400, 2))
    >>> values = np.repeat(np.stack([x[:, 0], 0 * x[:, 0]], axis=1)[:, None], 3, axis=1)
    >>> round(partial_information(x, values, [0]).value, 2), round(partial_information(x, values, [1]).value, 2)
    (0.24, 0.0)
    """
    x = np.asarray(parameters, dtype=np.float64)[:, list(group)]
    named = [i for i, place in enumerate(group) if place in nominal]
    gaps = values - values[:, :, :1]
    degree = _degree(x, gaps.mean(axis=1), named)
    value = _worth(x, gaps.mean(axis=1), named, degree)
    n, k = gaps.shape[:2]
    if n < MIN_SETS_OF_LOSS or not resamples:
        return Estimate(value, None, None)
    rng, again = np.random.default_rng(20075), []
    for _ in range(resamples):
        sets, runs = rng.integers(n, size=n), rng.integers(k, size=k)
        again.append(_worth(x[sets], gaps[sets][:, runs].mean(axis=1), named, degree))
    low, high = np.quantile(again, (0.025, 0.975))
    return Estimate(value, float(min(value, low)), float(max(value, high)))


def _basis(x: np.ndarray, nominal: Sequence[int], degree: int) -> np.ndarray:
    """Return a constant, and polynomials of the parameters up to a total degree; nominal ones as classes."""
    columns = [np.ones(len(x))]
    numbers = [i for i in range(x.shape[1]) if i not in nominal]
    scaled = {i: (x[:, i] - x[:, i].mean()) / (x[:, i].std() or 1.0) for i in numbers}
    for d in range(1, degree + 1):
        for places in itertools.combinations_with_replacement(numbers, d):
            columns.append(np.prod([scaled[i] for i in places], axis=0))
    if degree:
        for i in nominal:
            columns += [(x[:, i] == value).astype(np.float64) for value in np.unique(x[:, i])[1:]]
    return np.stack(columns, axis=1)


def _degree(x: np.ndarray, y: np.ndarray, nominal: Sequence[int]) -> int:
    """Return the degree with the least leave-one-out error, a higher one only where that falls by a fiftieth."""
    degree, least = 0, np.inf
    for d in range(HIGHEST_DEGREE + 1):
        basis = _basis(x, nominal, d)
        if basis.shape[1] > len(x) // 4:
            break
        q, _ = np.linalg.qr(basis)
        left = (y - q @ (q.T @ y)) / (1 - np.minimum((q**2).sum(axis=1), 0.999))[:, None]
        error = float((left**2).sum())
        if error < least * (0.98 if d else 1.0):
            degree, least = d, error
    return degree


def _worth(x: np.ndarray, y: np.ndarray, nominal: Sequence[int], degree: int) -> float:
    if degree == 0:
        return 0.0
    basis = _basis(x, nominal, degree)
    fitted = basis @ np.linalg.lstsq(basis, y, rcond=None)[0]
    return max(0.0, float(fitted.max(axis=1).mean() - fitted.mean(axis=0).max()))
