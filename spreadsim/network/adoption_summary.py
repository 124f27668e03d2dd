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
    threshold,
    times,
)
from spreadsim.network.adoption_tests import morans_i, structure_test
from spreadsim.network.data import Ties


def adoption_summary(
    ties: Ties, adopted: np.ndarray, n_periods: int, first_period: int = 1, *, rewirings: int = 0, seed: int = 1
) -> dict[str, Any]:
    """Return the metrics as plain numbers and lists, None where undefined, ready for JSON."""
    when = times(adopted, n_periods, first_period)
    span = (n_periods, first_period)
    cumulative = cumulative_adoption(when, *span)
    level, earlier = threshold(ties, when, *span), threshold(ties, when, *span, lag=1)
    by_time, time_cuts = categories(when)
    by_threshold, threshold_cuts = categories(level, BY_THRESHOLD)
    moran = morans_i(ties, when, *span)
    known = level[~np.isnan(level)]
    result: dict[str, Any] = {
        "periods": list(range(first_period, first_period + n_periods)),
        "adopted": int((~np.isnan(when)).sum()),
        "not_adopted": int(np.isnan(when).sum()),
        "cumulative_count": plain(cumulative["count"]),
        "cumulative_share": plain(cumulative["share"]),
        "growth": plain(cumulative["growth"]),
        "hazard": plain(hazard(when, *span)),
        "mean_exposure": plain(exposure(ties, when, *span).mean(axis=0)),
        "threshold": {
            "n": len(known),
            "mean": plain(known.mean()) if len(known) else None,
            "standard_deviation": plain(known.std(ddof=1)) if len(known) > 1 else None,
            "share_at_zero": plain((known == 0).mean()) if len(known) else None,
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
        test = structure_test(ties, when, *span, n=rewirings, seed=seed)
        result["structure_test"] = {name: plain(value) for name, value in vars(test).items()}
    return result


def plain(value: Any) -> Any:
    """Return numbers as Python's own, None where not a number, so that they can be written as JSON."""
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value.tolist()]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
