"""Standard metrics of adoption on a network, as netdiffuseR defines them, for data and for simulated runs alike.

What belongs here: functions of ties and of the period in which each service adopted. Nothing n x n is ever held. What
does not: their summary (``adoption_summary``), whether adoption and structure go together (``adoption_tests``), the
shape of a network (``structure``), reading data (``reading.files``), the measures of a comparison.

ties : `Ties` of n services; they count alike whatever their strength, unless `weighted`.
adoption_time : for each service the period in which it adopted, a whole number, nan where it did not; shape (n,). An
    adoption after the last period was not observed and counts as none.
n_periods : number of periods observed.
first_period : number of the first period: 1 in most data; 0 in a simulated run, whose first month embedded is the
    period.
weighted : whether ties count by their strength.

References
----------
Valente 1995, Network models of the diffusion of innovations. Valente et al., Soc Sci Med 2015;145:89. Myers,
Am J Sociol 2000;106:173. Vega Yon, Valente: netdiffuseR (R package), whose numbers the tests hold these against.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from spreadsim.errors import InputError
from spreadsim.network.data import Ties

BY_TIME = ("Early Adopters", "Early Majority", "Late Majority", "Laggards")
BY_THRESHOLD = ("Very Low Thresh.", "Low Thresh.", "High Thresh.", "Very High Thresh.")
NON_ADOPTERS = "Non-Adopters"


def observed_times(adoption_time: np.ndarray, n_periods: int, first_period: int = 1) -> np.ndarray:
    """Return the periods of adoption with those after the last period taken as none.

    Returns
    -------
    Periods, nan where a service did not adopt while it was observed; shape (n,).

    Raises
    ------
    InputError : a time is not a whole number, or lies before the first period.

    Examples
    --------
    >>> observed_times(np.array([1.0, 3.0, np.nan]), n_periods=2).tolist()
    [1.0, nan, nan]
    """
    result = np.array(adoption_time, dtype=np.float64)
    periods = result[~np.isnan(result)]
    if np.any(periods != np.round(periods)) or np.any(periods < first_period):
        raise InputError(
            "python",
            "adoption_time",
            f"holds a time that is not a whole number of at least {first_period}",
            "give period numbers, and nan for services that did not adopt",
        )
    result[result > first_period + n_periods - 1] = np.nan
    return result


def adjacency(ties: Ties, weighted: bool = False) -> sparse.csr_array:
    """Return the ties as a sparse matrix: row i holds whom service i listens to.

    Returns
    -------
    A sparse matrix, shape (n, n): ones, or strengths.

    Examples
    --------
    >>> from spreadsim.network.data import ties_from_pairs
    >>> adjacency(ties_from_pairs(2, np.array([0]), np.array([1]), directed=True)).toarray().tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    n = len(ties.start) - 1
    values = ties.strength.astype(np.float64) if weighted else np.ones(len(ties.peer))
    return sparse.csr_array((values, ties.peer.astype(np.int64), ties.start), shape=(n, n))


def has_adopted(adoption_time: np.ndarray, n_periods: int, first_period: int = 1) -> np.ndarray:
    """Return whether each service has adopted by the end of each period.

    Returns
    -------
    Booleans, shape (n, n_periods).

    Examples
    --------
    >>> has_adopted(np.array([1.0, 2.0, np.nan]), n_periods=2).tolist()
    [[True, True], [False, True], [False, False]]
    """
    time = observed_times(adoption_time, n_periods, first_period)
    return time[:, None] <= (first_period + np.arange(n_periods))[None, :]


# --------------------------------------------------------------------------------------------------- over time


def cumulative_adoption(adoption_time: np.ndarray, n_periods: int, first_period: int = 1) -> dict[str, np.ndarray]:
    """Return the cumulative adoption by period.

    Returns
    -------
    ``count`` and ``share`` of the services that have adopted, and the ``growth`` of the count: new adopters over
    earlier ones, 0 in the first period, nan where there are no earlier ones; each of shape (n_periods,).

    Examples
    --------
    >>> cumulative_adoption(np.array([1.0, 2.0, 2.0, np.nan]), n_periods=2)["share"].tolist()
    [0.25, 0.75]
    """
    count = has_adopted(adoption_time, n_periods, first_period).sum(axis=0)
    growth = np.zeros(n_periods)
    growth[1:] = _ratio(np.diff(count), count[:-1])
    return {"count": count, "share": _ratio(count, np.full(n_periods, len(adoption_time))), "growth": growth}


def hazard(adoption_time: np.ndarray, n_periods: int, first_period: int = 1) -> np.ndarray:
    """Return the hazard by period: new adopters over those not yet adopted.

    Returns
    -------
    Shape (n_periods,): 0 in the first period, nan where no one is left.

    Examples
    --------
    >>> hazard(np.array([1.0, 2.0, 2.0, np.nan]), n_periods=2).round(3).tolist()
    [0.0, 0.667]
    """
    count = has_adopted(adoption_time, n_periods, first_period).sum(axis=0)
    result = np.zeros(n_periods)
    result[1:] = _ratio(np.diff(count), len(adoption_time) - count[:-1])
    return result


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return a ratio, nan where there is nothing below."""
    return np.divide(above, below, out=np.full(len(above), np.nan), where=np.asarray(below) > 0)


# --------------------------------------------------------------------------------------------------- exposure


def exposure(
    ties: Ties, adoption_time: np.ndarray, n_periods: int, first_period: int = 1, *, weighted: bool = False
) -> np.ndarray:
    """Return the share of each service's peers that have adopted by each period.

    Returns
    -------
    Shape (n, n_periods); 0 for a service that listens to no one.

    Examples
    --------
    >>> from spreadsim.network.data import ties_from_pairs
    >>> path = ties_from_pairs(3, np.array([0, 1]), np.array([1, 2]))
    >>> exposure(path, np.array([1.0, 2.0, np.nan]), n_periods=2).tolist()
    [[0.0, 1.0], [0.5, 0.5], [0.0, 1.0]]
    """
    matrix = adjacency(ties, weighted)
    total = np.asarray(matrix.sum(axis=1))
    adopter_weight = matrix @ has_adopted(adoption_time, n_periods, first_period).astype(np.float64)
    return adopter_weight / np.where(total > 0, total, 1.0)[:, None]


def threshold(
    ties: Ties,
    adoption_time: np.ndarray,
    n_periods: int,
    first_period: int = 1,
    *,
    lag: int = 0,
    weighted: bool = False,
) -> np.ndarray:
    """Return each adopter's exposure in the period of its adoption.

    Parameters
    ----------
    lag : the exposure is that of so many periods earlier.

    Returns
    -------
    Shape (n,): nan for a service that did not adopt, and where the earlier period was not observed.

    Examples
    --------
    >>> from spreadsim.network.data import ties_from_pairs
    >>> path = ties_from_pairs(3, np.array([0, 1]), np.array([1, 2]))
    >>> threshold(path, np.array([1.0, 2.0, np.nan]), n_periods=2).tolist()
    [0.0, 0.5, nan]
    """
    time = observed_times(adoption_time, n_periods, first_period)
    own = time[ties.listener] - lag
    weight = ties.strength if weighted else np.ones(len(ties.peer))
    n = len(time)
    adopter_weight = np.bincount(ties.listener, weights=weight * (time[ties.peer] <= own), minlength=n)
    total = np.bincount(ties.listener, weights=weight, minlength=n)
    result = adopter_weight / np.where(total > 0, total, 1.0)
    result[np.isnan(time) | (time - lag < first_period)] = np.nan
    return result


def categories(values: np.ndarray, names: tuple[str, ...] = BY_TIME) -> tuple[np.ndarray, np.ndarray]:
    """Return each service's adopter category and the cuts between categories.

    The cuts are the mean less one standard deviation, the mean, and the mean plus one; values at a cut belong above it.

    Parameters
    ----------
    values : times of adoption or thresholds, shape (n,), nan where a service did not adopt.
    names : of the four categories, from low values to high.

    Returns
    -------
    Names, shape (n,), `NON_ADOPTERS` where the value is nan, and the three cuts.

    References
    ----------
    Valente 1995, Network models of the diffusion of innovations.

    Examples
    --------
    >>> names, cuts = categories(np.array([1.0, 2.0, 3.0, np.nan]))
    >>> names.tolist(), cuts.tolist()
    (['Early Majority', 'Late Majority', 'Laggards', 'Non-Adopters'], [1.0, 2.0, 3.0])
    """
    finite = values[~np.isnan(values)]
    if len(finite) == 0:
        return np.full(len(values), NON_ADOPTERS, dtype=object), np.full(3, np.nan)
    spread = float(finite.std(ddof=1)) if len(finite) > 1 else 0.0
    cuts = float(finite.mean()) + spread * np.array([-1.0, 0.0, 1.0])
    result = np.array(names, dtype=object)[np.searchsorted(cuts, values, side="right").clip(max=3)]
    result[np.isnan(values)] = NON_ADOPTERS
    return result, cuts


def susceptibility(
    ties: Ties,
    adoption_time: np.ndarray,
    n_periods: int,
    first_period: int = 1,
    *,
    periods: int = 1,
    normalised: bool = True,
) -> np.ndarray:
    """Return how far each adopter followed peers that had adopted just before it.

    The peers that adopted k periods before it (k = 1 to `periods`, each weighted by 1/k) over those that had adopted by
    then. Unlike netdiffuseR 1.25, peers that never adopt do not count.

    Parameters
    ----------
    periods : how far back an adoption is followed.
    normalised : whether it is divided by the number of all services that adopted in those periods.

    Returns
    -------
    Shape (n,): 0 where no peer had adopted, nan for a service that did not adopt.

    References
    ----------
    Valente et al., Soc Sci Med 2015;145:89. Myers, Am J Sociol 2000;106:173.

    Examples
    --------
    >>> from spreadsim.network.data import ties_from_pairs
    >>> path = ties_from_pairs(3, np.array([0, 1]), np.array([1, 2]))
    >>> susceptibility(path, np.array([1.0, 2.0, np.nan]), n_periods=2).tolist()
    [0.0, 1.0, nan]
    """
    time = observed_times(adoption_time, n_periods, first_period)
    return _follow(time, time[ties.listener], time[ties.peer], ties.listener, periods, -1, normalised)


def infectiousness(
    ties: Ties,
    adoption_time: np.ndarray,
    n_periods: int,
    first_period: int = 1,
    *,
    periods: int = 1,
    normalised: bool = True,
) -> np.ndarray:
    """Return how far those who listen to each adopter followed it: `susceptibility` the other way round.

    Parameters
    ----------
    periods : how far ahead an adoption is followed.
    normalised : whether it is divided by the number of all services that adopted in those periods.

    Returns
    -------
    Shape (n,): 0 where no listener had adopted, nan for a service that did not adopt.

    References
    ----------
    Valente et al., Soc Sci Med 2015;145:89. Myers, Am J Sociol 2000;106:173.

    Examples
    --------
    >>> from spreadsim.network.data import ties_from_pairs
    >>> path = ties_from_pairs(3, np.array([0, 1]), np.array([1, 2]))
    >>> infectiousness(path, np.array([1.0, 2.0, np.nan]), n_periods=2).tolist()
    [1.0, 0.0, nan]
    """
    time = observed_times(adoption_time, n_periods, first_period)
    return _follow(time, time[ties.peer], time[ties.listener], ties.peer.astype(np.int64), periods, 1, normalised)


def _follow(
    time: np.ndarray, own: np.ndarray, other: np.ndarray, service: np.ndarray, periods: int, sign: int, normalised: bool
) -> np.ndarray:
    n = len(time)
    above, below, everyone = np.zeros(n), np.zeros(n), np.zeros(n)
    counts = np.unique(time[~np.isnan(time)], return_counts=True)
    for k in range(1, periods + 1):
        then = own + sign * k
        in_window = other >= then if sign > 0 else other <= then
        above += np.bincount(service, weights=(other == then) / k, minlength=n)
        below += np.bincount(service, weights=in_window / k, minlength=n)
        count = dict(zip(counts[0].tolist(), counts[1].tolist(), strict=True))
        everyone += np.array([count.get(t, 0) for t in (time + sign * k).tolist()]) / k
    result = above / np.where(below > 0, below, 1.0)
    if normalised:
        result = result / np.where(everyone > 0, everyone, 1.0)
    result[np.isnan(time)] = np.nan
    return result
