"""Standard metrics of adoption on a network, as netdiffuseR defines them, for data and for simulated runs alike.

What belongs here: functions of ties and of the period in which each service adopted. Nothing n x n is ever held. What
does not: whether adoption and structure go together (``adoption_tests``), all of them in one (``adoption_summary``),
the shape of a network (``structure``), reading data (``reading.files``), the measures of a comparison.

Each takes ``ties`` (`Ties`: row i holds whom service i listens to), ``adopted`` (for each service its period,
a whole number, nan where it did not adopt) and ``n_periods``; periods run from ``first_period`` (1 in most data; 0 in a
simulated run, whose first month embedded is the period). An adoption after the last period was not observed and counts
as none. Ties count alike whatever their weight, unless ``weighted``.

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


def times(adopted: np.ndarray, n_periods: int, first_period: int = 1) -> np.ndarray:
    """Return the periods of adoption with those after the last period taken as none.

    Raises
    ------
    InputError : a time is not a whole number, or lies before the first period.
    """
    result = np.array(adopted, dtype=np.float64)
    known = result[~np.isnan(result)]
    if np.any(known != np.round(known)) or np.any(known < first_period):
        raise InputError(
            "python",
            "adopted",
            f"holds a time that is not a whole number of at least {first_period}",
            "give period numbers, and nan for services that did not adopt",
        )
    result[result > first_period + n_periods - 1] = np.nan
    return result


def adjacency(ties: Ties, weighted: bool = False) -> sparse.csr_array:
    """Return the ties as a sparse matrix: row i holds whom service i listens to."""
    n = len(ties.start) - 1
    values = ties.strength.astype(np.float64) if weighted else np.ones(len(ties.peer))
    return sparse.csr_array((values, ties.peer.astype(np.int64), ties.start), shape=(n, n))


def adopted_by(adopted: np.ndarray, n_periods: int, first_period: int = 1) -> np.ndarray:
    """Return whether each service has adopted by the end of each period: shape (n, n_periods)."""
    when = times(adopted, n_periods, first_period)
    return when[:, None] <= (first_period + np.arange(n_periods))[None, :]


# --------------------------------------------------------------------------------------------------- over time


def cumulative_adoption(adopted: np.ndarray, n_periods: int, first_period: int = 1) -> dict[str, np.ndarray]:
    """Return by period the ``count`` and ``share`` that have adopted, and the ``growth`` of the count.

    Growth is new adopters over earlier ones: 0 in the first period, nan where there are no earlier ones.
    """
    count = adopted_by(adopted, n_periods, first_period).sum(axis=0)
    growth = np.zeros(n_periods)
    growth[1:] = _ratio(np.diff(count), count[:-1])
    return {"count": count, "share": _ratio(count, np.full(n_periods, len(adopted))), "growth": growth}


def hazard(adopted: np.ndarray, n_periods: int, first_period: int = 1) -> np.ndarray:
    """Return by period new adopters over those not yet adopted: 0 in the first, nan where no one is left."""
    count = adopted_by(adopted, n_periods, first_period).sum(axis=0)
    result = np.zeros(n_periods)
    result[1:] = _ratio(np.diff(count), len(adopted) - count[:-1])
    return result


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return a ratio, nan where there is nothing below."""
    return np.divide(above, below, out=np.full(len(above), np.nan), where=np.asarray(below) > 0)


# --------------------------------------------------------------------------------------------------- exposure


def exposure(
    ties: Ties, adopted: np.ndarray, n_periods: int, first_period: int = 1, *, weighted: bool = False
) -> np.ndarray:
    """Return the share of each service's peers that have adopted by each period: shape (n, n_periods).

    A service that listens to no one has exposure 0.
    """
    matrix = adjacency(ties, weighted)
    total = np.asarray(matrix.sum(axis=1))
    heard = matrix @ adopted_by(adopted, n_periods, first_period).astype(np.float64)
    return heard / np.where(total > 0, total, 1.0)[:, None]


def threshold(
    ties: Ties, adopted: np.ndarray, n_periods: int, first_period: int = 1, *, lag: int = 0, weighted: bool = False
) -> np.ndarray:
    """Return each adopter's exposure in the period of its adoption, or `lag` periods earlier.

    It is nan for who did not adopt, and where the earlier period was not observed.
    """
    when = times(adopted, n_periods, first_period)
    own = when[ties.listener] - lag
    weight = ties.strength if weighted else np.ones(len(ties.peer))
    n = len(when)
    heard = np.bincount(ties.listener, weights=weight * (when[ties.peer] <= own), minlength=n)
    total = np.bincount(ties.listener, weights=weight, minlength=n)
    result = heard / np.where(total > 0, total, 1.0)
    result[np.isnan(when) | (when - lag < first_period)] = np.nan
    return result


def categories(values: np.ndarray, names: tuple[str, ...] = BY_TIME) -> tuple[np.ndarray, np.ndarray]:
    """Return each service's category and the three cuts: the mean less one standard deviation, the mean, and more one.

    Values at a cut belong above it; where the value is nan the service is among `NON_ADOPTERS`. Valente 1995.
    """
    known = values[~np.isnan(values)]
    if len(known) == 0:
        return np.full(len(values), NON_ADOPTERS, dtype=object), np.full(3, np.nan)
    spread = float(known.std(ddof=1)) if len(known) > 1 else 0.0
    cuts = float(known.mean()) + spread * np.array([-1.0, 0.0, 1.0])
    result = np.array(names, dtype=object)[np.searchsorted(cuts, values, side="right").clip(max=3)]
    result[np.isnan(values)] = NON_ADOPTERS
    return result, cuts


def susceptibility(
    ties: Ties, adopted: np.ndarray, n_periods: int, first_period: int = 1, *, periods: int = 1, normalised: bool = True
) -> np.ndarray:
    """Return how far each adopter followed peers that had adopted just before it.

    The peers that adopted k periods before it (k = 1 to `periods`, each weighted by 1/k) over those that had adopted
    by then; normalised, over all services that adopted in those periods (Valente et al. 2015, Myers 2000). It is 0
    where no peer had adopted, nan for who did not adopt. Unlike netdiffuseR 1.25, peers that never adopt do not count.
    """
    when = times(adopted, n_periods, first_period)
    return _follow(when, when[ties.listener], when[ties.peer], ties.listener, periods, -1, normalised)


def infectiousness(
    ties: Ties, adopted: np.ndarray, n_periods: int, first_period: int = 1, *, periods: int = 1, normalised: bool = True
) -> np.ndarray:
    """Return how far those who listen to each adopter followed it: `susceptibility` the other way round."""
    when = times(adopted, n_periods, first_period)
    return _follow(when, when[ties.peer], when[ties.listener], ties.peer.astype(np.int64), periods, 1, normalised)


def _follow(
    when: np.ndarray, own: np.ndarray, other: np.ndarray, who: np.ndarray, periods: int, sign: int, normalised: bool
) -> np.ndarray:
    n = len(when)
    above, below, everyone = np.zeros(n), np.zeros(n), np.zeros(n)
    new = np.unique(when[~np.isnan(when)], return_counts=True)
    for k in range(1, periods + 1):
        then = own + sign * k
        reached = other >= then if sign > 0 else other <= then
        above += np.bincount(who, weights=(other == then) / k, minlength=n)
        below += np.bincount(who, weights=reached / k, minlength=n)
        count = dict(zip(new[0].tolist(), new[1].tolist(), strict=True))
        everyone += np.array([count.get(t, 0) for t in (when + sign * k).tolist()]) / k
    result = above / np.where(below > 0, below, 1.0)
    if normalised:
        result = result / np.where(everyone > 0, everyone, 1.0)
    result[np.isnan(when)] = np.nan
    return result
