"""Summaries over replicates: intervals, paired differences, and what cannot be distinguished.

What belongs here: functions of arrays of one value a replicate, nan where a measure is null. Intervals are 95% Student
intervals of a mean: they reflect chance, not uncertainty about the parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spreadsim.measures import Measure

LEVEL = 0.95
MIN_SETS = 8  # sets of parameters: fewer show nothing of how far others spread, and give no interval


@dataclass(frozen=True)
class Summary:
    """A measure over replicates.

    Attributes
    ----------
    mean : of all replicates; None unless the measure is defined in all.
    low, high : ends of the interval; None unless it is defined in all, and for one replicate.
    median : of those in which it is defined, *never* counting as later than any month; None where it is never.
    n : number of replicates in which it is defined.

    Examples
    --------
    >>> summarise(np.array([1.0, 2.0, np.nan]))
    Summary(mean=None, low=None, high=None, median=1.5, n=2)
    """

    mean: float | None
    low: float | None
    high: float | None
    median: float | None
    n: int


@dataclass(frozen=True)
class Difference:
    """A paired difference, later strategy minus earlier.

    Attributes
    ----------
    mean : of all pairs; None unless both are defined in all replicates.
    low, high : ends of the interval; None where there is no mean, and for one pair.
    n : number of replicates in which both are defined.
    share_higher : share of pairs in which the later one is higher, ties counted as one half.
    told_apart : false where the interval holds 0, None where there is no interval.

    Examples
    --------
    >>> difference(np.array([3.0, 4.0]), np.array([1.0, 2.0])).mean
    2.0
    """

    mean: float | None
    low: float | None
    high: float | None
    n: int
    share_higher: float | None
    told_apart: bool | None


def student_interval(values: np.ndarray, level: float = LEVEL) -> tuple[float, float, float]:
    """Return mean, low and high of a Student interval of the mean.

    Parameters
    ----------
    values : one a replicate, shape (n,), n at least 2.
    level : of confidence, 0 to 1.

    Returns
    -------
    Mean, low, high.

    Examples
    --------
    >>> [round(float(value), 3) for value in student_interval(np.array([1.0, 2.0, 3.0]))]
    [2.0, -0.484, 4.484]
    """
    from spreadsim.special import stdtrit

    n = len(values)
    mean = float(np.mean(values))
    error = float(np.std(values, ddof=1)) / np.sqrt(n)
    half = float(stdtrit(n - 1, 0.5 + level / 2)) * error
    return mean, mean - half, mean + half


def spread_interval(values: np.ndarray, level: float = LEVEL) -> tuple[float, float, float] | None:
    """Return mean, low and high of the middle share `level` of single runs.

    For runs that differ in their parameters: more of them do not reduce uncertainty about the parameters. With too few
    runs for quantiles so far out (39 at 95%) it is Student's interval for one more run; with fewer than eight there is
    none.

    Parameters
    ----------
    values : one a replicate, shape (n,).
    level : share of runs inside, 0 to 1.

    Returns
    -------
    Mean, low, high; None with too few runs.

    Examples
    --------
    >>> [round(value, 6) for value in spread_interval(np.arange(101.0), 0.9)]
    [50.0, 5.0, 95.0]
    >>> [round(value, 2) for value in spread_interval(np.linspace(0.5, 0.7, 9))]
    [0.6, 0.43, 0.77]
    >>> spread_interval(np.array([0.5, 0.6, 0.7])) is None
    True
    """
    n = len(values)
    if n < MIN_SETS:
        return None
    if n < round(2 / (1 - level), 6) - 1:
        mean, low, high = student_interval(values, level)
        half = float((high - mean) * np.sqrt(n + 1))
        return mean, mean - half, mean + half
    low, high = np.quantile(values, (0.5 - level / 2, 0.5 + level / 2))
    return float(np.mean(values)), float(low), float(high)


def _interval(values: np.ndarray, level: float, spread: bool) -> tuple[float, float, float] | None:
    if spread:
        return spread_interval(values, level)
    return student_interval(values, level) if len(values) > 1 else None


def summarise(
    values: np.ndarray,
    never: bool = False,
    spread: bool = False,
    limits: tuple[float, float] = (-np.inf, np.inf),
) -> Summary:
    """Return the summary of a measure over replicates.

    Parameters
    ----------
    values : one a replicate, shape (n,), nan where null.
    never : a null is a month later than any.
    spread : the interval is the middle 95% of single runs (`spread_interval`), not that of the mean.
    limits : least and largest possible value, beyond which no interval goes.

    Returns
    -------
    Mean, interval, median and number defined.

    Examples
    --------
    >>> summarise(np.array([10.0, 20.0, np.nan]), never=True).median
    20.0
    """
    values = np.asarray(values, dtype=np.float64)
    defined = ~np.isnan(values)
    n = int(defined.sum())
    mean = low = high = median = None
    if never and len(values):
        middle = float(np.median(np.where(defined, values, np.inf)))
        median = middle if np.isfinite(middle) else None
    elif n:
        median = float(np.median(values[defined]))
    if n and n == len(values):
        mean = float(np.mean(values))
        interval = _interval(values, LEVEL, spread)
        if interval is not None:
            mean, low, high = interval
            low, high = max(low, min(limits[0], mean)), min(high, max(limits[1], mean))
    return Summary(mean, low, high, median, n)


def difference(
    later: np.ndarray,
    earlier: np.ndarray,
    never: bool = False,
    level: float = LEVEL,
    spread: bool = False,
    limits: tuple[float, float] = (-np.inf, np.inf),
) -> Difference:
    """Return the paired difference of two strategies over the same replicates.

    Parameters
    ----------
    later, earlier : of each strategy, one a replicate, shape (n,), nan where null.
    never : a null is a month later than any.
    level : of the interval, 0 to 1.
    spread : as in `summarise`.
    limits : least and largest possible value of the measure; no interval goes beyond what two of them can differ by.

    Returns
    -------
    Mean, interval and share of pairs.

    Examples
    --------
    >>> gap = difference(np.array([0.6, 0.7, 0.8]), np.array([0.5, 0.5, 0.5]))
    >>> round(gap.mean, 3), gap.share_higher, gap.told_apart
    (0.2, 1.0, False)
    """
    later, earlier = np.asarray(later, dtype=np.float64), np.asarray(earlier, dtype=np.float64)
    both = ~np.isnan(later) & ~np.isnan(earlier)
    n = int(both.sum())
    a, b = later[both], earlier[both]
    if never:
        a, b = np.where(np.isnan(later), np.inf, later), np.where(np.isnan(earlier), np.inf, earlier)
    share = float(np.mean((a > b) + 0.5 * (a == b))) if len(a) else None
    mean = low = high = told_apart = None
    if n and n == len(later):
        gaps = later - earlier
        mean = float(np.mean(gaps))
        interval = _interval(gaps, level, spread)
        if interval is not None:
            mean, low, high = interval
            told_apart = bool(low > 0 or high < 0)
            most = limits[1] - limits[0]
            low, high = max(low, min(-most, mean)), min(high, max(most, mean))
    return Difference(mean, low, high, n, share, told_apart)


def summary_of(measure: Measure, values: np.ndarray, spread: bool = False, months: int | None = None) -> Summary:
    """Return the summary of a measure, no interval going beyond what it can be.

    Parameters
    ----------
    measure : its declaration.
    values, spread : as in `summarise`.
    months : horizon, beyond which no total goes.

    Returns
    -------
    Mean, interval, median and number defined.

    Examples
    --------
    >>> from spreadsim.measures import BY_NAME
    >>> summary = summary_of(BY_NAME["reach"], np.array([0.01, 0.2]))
    >>> round(summary.mean, 3), summary.low, summary.high
    (0.105, 0.0, 1.0)
    """
    return summarise(values, measure.never, spread, measure.limits(months))


def difference_of(
    measure: Measure,
    later: np.ndarray,
    earlier: np.ndarray,
    level: float = LEVEL,
    spread: bool = False,
    months: int | None = None,
) -> Difference:
    """Return the paired difference of a measure, no interval going beyond what two values can differ by.

    Parameters
    ----------
    measure : its declaration.
    later, earlier, level, spread : as in `difference`.
    months : horizon, beyond which no total goes.

    Returns
    -------
    Mean, interval and share of pairs.

    Examples
    --------
    >>> from spreadsim.measures import BY_NAME
    >>> gap = difference_of(BY_NAME["reach"], np.array([0.9, 0.2]), np.array([0.1, 0.2]))
    >>> round(gap.mean, 3), gap.low, gap.high
    (0.4, -1.0, 1.0)
    """
    return difference(later, earlier, measure.never, level, spread, measure.limits(months))


def joint_level(n: int) -> float:
    """Return the level of each interval at which all pairs of `n` columns are covered jointly (Bonferroni).

    Parameters
    ----------
    n : number of columns.

    Returns
    -------
    A level, 0 to 1.

    Examples
    --------
    >>> round(joint_level(3), 4)
    0.9833
    """
    return 1.0 - (1.0 - LEVEL) / max(1, n * (n - 1) // 2)


def told_apart_from_best(
    columns: list[np.ndarray], lower_is_better: bool = False, spread: bool = False
) -> tuple[int | None, list[bool | None]]:
    """Return which column has the best mean, and for each column whether it differs clearly from that one.

    Paired Student intervals at a joint level of 95% over all pairs of columns (Bonferroni): the best is chosen by the
    same data, so that comparing with it alone would find differences too often. Nothing is said where a column holds
    a null, or where there are too few values for an interval. `spread` as in `summarise`.

    Parameters
    ----------
    columns : one array a strategy, one value a replicate, nan where null.
    lower_is_better : of the measure.
    spread : as in `summarise`.

    Returns
    -------
    Place of the best column, and for each column whether it differs; None where nothing is said.

    Examples
    --------
    >>> best, differs = told_apart_from_best([np.array([0.5, 0.6, 0.5]), np.array([0.9, 0.8, 0.9])])
    >>> best, differs
    (1, [True, False])
    """
    least = MIN_SETS if spread else 2
    if not columns or any(np.isnan(column).any() for column in columns) or len(columns[0]) < least:
        return None, [None] * len(columns)
    sign = -1.0 if lower_is_better else 1.0
    best = int(np.argmax([sign * np.mean(column) for column in columns]))
    level = joint_level(len(columns))
    told_apart: list[bool | None] = [
        i != best and bool(difference(column, columns[best], level=level, spread=spread).told_apart)
        for i, column in enumerate(columns)
    ]
    return best, told_apart


def quantile_bands(values: np.ndarray, shares: tuple[float, ...] = (0.05, 0.25, 0.5, 0.75, 0.95)) -> np.ndarray:
    """Return quantiles over replicates (axis 0), nulls left out: shape (len(shares), ...).

    Parameters
    ----------
    values : replicates first, shape (n, ...), nan where null.
    shares : quantiles, 0 to 1.

    Returns
    -------
    The quantiles first; nan where all replicates are null.

    Examples
    --------
    >>> quantile_bands(np.array([[0.0, 1.0], [1.0, 3.0]]), (0.5,)).tolist()
    [[0.5, 2.0]]
    """
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanquantile(values, shares, axis=0))
