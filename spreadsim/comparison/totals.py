"""Effect and cost of runs in the units that a scenario declares.

What belongs here: the totals of runs from their curves. What does not: what follows for a choice (``worth``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spreadsim.drivers.running import Outcome
from spreadsim.inference.worth import discounted_total
from spreadsim.scenario.document import Worth


def effect_and_cost(outcomes: Sequence[Outcome], people: np.ndarray, n_services: int, worth: Worth) -> np.ndarray:
    """Return the effect and the cost of each run, in the units that a scenario declares.

    Parameters
    ----------
    outcomes : of one strategy, with their curves.
    people : served by all services, one number an outcome.
    n_services : number of services.
    worth : what the scenario declares.

    Returns
    -------
    Shape (2, outcomes): effects, then costs, each discounted to month 0.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> outcomes = comparison.outcomes["one-neighbour-is-enough"]
    >>> effect, cost = effect_and_cost(outcomes, np.array([1000.0, 1000.0]), 12, Worth(discount_rate=0.0))
    >>> cost.round(1).tolist(), (effect / 1000.0).round(3).tolist()
    ([25.2, 25.2], [0.843, 0.839])
    """
    delivered = discounted_total(np.array([o.curves["delivered"] for o in outcomes]), worth.discount_rate) / 12.0
    spent = discounted_total(np.array([o.curves["cost"] for o in outcomes]), worth.discount_rate) * n_services
    each_effect = 1.0 if worth.full_effect_person_year is None else worth.full_effect_person_year
    return np.array([delivered * people * each_effect, spent * (1.0 if worth.staff_day is None else worth.staff_day)])
