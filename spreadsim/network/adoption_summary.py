"""The standard metrics of adoption in one summary, ready for JSON.

What belongs here: which metrics are told, and as what. What does not: how each is computed (``adoption_metrics``,
``adoption_tests``).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from spreadsim.network.adoption_metrics import (
    BY_THRESHOLD,
    BY_TIME,
    NON_ADOPTERS,
    categories,
    cumulative_adoption,
    exposure,
    hazard,
    observed_times,
    threshold,
)
from spreadsim.network.adoption_tests import morans_i, structure_test
from spreadsim.network.data import Ties


def adoption_summary(
    ties: Ties, adoption_time: np.ndarray, n_periods: int, first_period: int = 1, *, rewirings: int = 0, seed: int = 1
) -> dict[str, Any]:
    """Return the metrics of adoption as plain numbers and lists, ready for JSON.

    Parameters
    ----------
    ties : `Ties` of n services.
    adoption_time : for each service the period in which it adopted, nan where it did not; shape (n,).
    n_periods, first_period : number of periods observed, and number of the first.
    rewirings : number of rewired networks for the structure test, which takes time; 0 leaves it out.
    seed : of the rewiring.

    Returns
    -------
    Metrics by name, None where undefined.

    Examples
    --------
    >>> network = ss.make_network(ss.load_scenario("classroom"))
    >>> summary = adoption_summary(network.ties, np.arange(12.0), n_periods=12, first_period=0)
    >>> summary["adopted"], summary["hazard"][:3]
    (12, [0.0, 0.09090909090909091, 0.1])
    """
    time = observed_times(adoption_time, n_periods, first_period)
    span = (n_periods, first_period)
    cumulative = cumulative_adoption(time, *span)
    level, earlier = threshold(ties, time, *span), threshold(ties, time, *span, lag=1)
    by_time, time_cuts = categories(time)
    by_threshold, threshold_cuts = categories(level, BY_THRESHOLD)
    moran = morans_i(ties, time, *span)
    finite = level[~np.isnan(level)]
    result: dict[str, Any] = {
        "periods": list(range(first_period, first_period + n_periods)),
        "adopted": int((~np.isnan(time)).sum()),
        "not_adopted": int(np.isnan(time).sum()),
        "cumulative_count": plain(cumulative["count"]),
        "cumulative_share": plain(cumulative["share"]),
        "growth": plain(cumulative["growth"]),
        "hazard": plain(hazard(time, *span)),
        "mean_exposure": plain(exposure(ties, time, *span).mean(axis=0)),
        "threshold": {
            "n": len(finite),
            "mean": plain(finite.mean()) if len(finite) else None,
            "standard_deviation": plain(finite.std(ddof=1)) if len(finite) > 1 else None,
            "share_at_zero": plain((finite == 0).mean()) if len(finite) else None,
            "mean_lag_1": plain(np.nanmean(earlier)) if not np.isnan(earlier).all() else None,
        },
        "categories_by_time": {name: int((by_time == name).sum()) for name in (*BY_TIME, NON_ADOPTERS)},
        "cuts_by_time": plain(time_cuts),
        "categories_by_threshold": {name: int((by_threshold == name).sum()) for name in (*BY_THRESHOLD, NON_ADOPTERS)},
        "cuts_by_threshold": plain(threshold_cuts),
        "morans_i": {
            "observed": plain(moran.observed),
            "expected": plain(moran.expected),
            "standard_deviation": plain(moran.standard_deviation),
            "p_value": plain(moran.p_value),
            "steps": moran.steps,
        },
        "structure_test": None,
    }
    if rewirings > 0:
        test = structure_test(ties, time, *span, n=rewirings, seed=seed)
        result["structure_test"] = {name: plain(value) for name, value in vars(test).items()}
    return result


def plain(value: Any) -> Any:
    """Return numbers as Python's own, so that they can be written as JSON.

    Parameters
    ----------
    value : a number or an array of NumPy's, or anything else.

    Returns
    -------
    None for nan and infinity, lists for arrays; anything else as it is.

    Examples
    --------
    >>> plain(np.array([0.5, np.nan])), plain(np.int64(3))
    ([0.5, None], 3)
    """
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value.tolist()]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
