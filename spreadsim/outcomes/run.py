"""What a run leaves behind.

What belongs here: the small immutable record that either driver returns. Curves, measures and explanations are made
from it (``measures``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

SUSTAINED_MONTHS = 12


@dataclass(frozen=True)
class Run:
    """One run of one strategy in one replicate.

    Attributes
    ----------
    events : one array for each of `state.EVENT_FIELDS`: every change of state, in order of month and service;
        none where they were not kept.
    sums : shape (T + 1, len(record.SUMS)).
    late_effect : for each service, the effect delivered, summed over the last twelve months.
    final : one array for each of `state.STATE`, at the horizon.
    specification : shape (T + 1, 1 + components): the published form, then the codification of each component.

    Examples
    --------
    >>> run = ss.SpreadModel("classroom").run().result()
    >>> run.sums.shape, run.specification.shape
    ((13, 24), (13, 2))
    >>> run.final["state"].shape
    (12,)
    """

    events: Mapping[str, np.ndarray]
    sums: np.ndarray
    late_effect: np.ndarray
    final: Mapping[str, np.ndarray]
    specification: np.ndarray


def first_late_month(months: int) -> int:
    """Return the first of the months over which sustained benefit is a mean: the last twelve, or months 1 to T.

    Parameters
    ----------
    months : the horizon T.

    Returns
    -------
    A month, from 1.

    Examples
    --------
    >>> first_late_month(60), first_late_month(6)
    (49, 1)
    """
    return max(1, months - SUSTAINED_MONTHS + 1)


def n_late_months(months: int) -> int:
    """Return the number of months over which sustained benefit is a mean.

    Parameters
    ----------
    months : the horizon T.

    Returns
    -------
    Twelve, or T where that is less.

    Examples
    --------
    >>> n_late_months(60), n_late_months(6)
    (12, 6)
    """
    return months - first_late_month(months) + 1
