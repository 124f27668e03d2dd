"""Economic evaluation: what an effect costs, and which strategy is cost-effective, under doubt and luck.

What belongs here: discounting, net benefit, the incremental analysis, acceptability and expected loss, of arrays of
sets, replicates and strategies. What does not: what effort and effect are worth (``scenario.document.Worth``), and
words (``comparison.worth``).

effect, cost : totals of each run, shape (sets, replicates, strategies), in one unit each.
willingness : the most that would be paid for a unit of effect, in the unit of cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Status = Literal["on the frontier", "dominated", "extendedly dominated", "equal"]


def discounted_total(monthly: np.ndarray, rate: float) -> np.ndarray:
    """Return the present value at month 0 of what falls in each month.

    Parameters
    ----------
    monthly : shape (..., months + 1), month 0 first.
    rate : per year; month t counts (1 + rate) to the power of -t/12.

    Returns
    -------
    Totals, shape (...).

    References
    ----------
    NICE health technology evaluations: the manual (PMG36), 2022, section 4.5: costs and health effects at 3.5% a year.

    Examples
    --------
    >>> year = np.zeros(25)
    >>> year[[0, 12, 24]] = 100.0
    >>> round(float(discounted_total(year, 0.035)), 2), float(discounted_total(year, 0.0))
    (289.97, 300.0)
    """
    values = np.asarray(monthly, dtype=np.float64)
    weights = (1.0 + rate) ** (-np.arange(values.shape[-1]) / 12.0)
    return np.asarray(values @ weights)


def net_benefit(effect: np.ndarray, cost: np.ndarray, willingness: float) -> np.ndarray:
    """Return the effect at what would be paid for it, less the cost.

    Returns
    -------
    In the unit of cost, the same shape.

    References
    ----------
    Stinnett, Mullahy, Med Decis Making 1998;18:S68.

    Examples
    --------
    >>> net_benefit(np.array([[[1.0, 1.5]]]), np.array([[[100.0, 250.0]]]), 400.0).tolist()
    [[[300.0, 350.0]]]
    """
    return np.asarray(willingness * np.asarray(effect, dtype=np.float64) - cost)


@dataclass(frozen=True)
class Increment:
    """One strategy of a fully incremental analysis.

    Attributes
    ----------
    effect, cost : means over sets and replicates.
    status : on the frontier; dominated by a strategy that costs no more and achieves no less; extendedly dominated by a
        mix of two others; or equal to an earlier strategy in both means.
    against : place of the strategy that it is compared with: the next cheaper one of the frontier, or the one that
        dominates or equals it; None for the least costly one of the frontier.
    ratio : what a further unit of effect costs, compared with `against`; None off the frontier and at its start.

    Examples
    --------
    >>> Increment(1.5, 250.0, "on the frontier", 0, 300.0).ratio
    300.0
    """

    effect: float
    cost: float
    status: Status
    against: int | None
    ratio: float | None


def incremental(effect: np.ndarray, cost: np.ndarray) -> tuple[Increment, ...]:
    """Return the fully incremental analysis of mean effects and costs.

    Returns
    -------
    An `Increment` for each strategy, in order.

    References
    ----------
    Karlsson, Johannesson, Pharmacoeconomics 1996;9:113 (dominance and extended dominance).

    Examples
    --------
    >>> rows = incremental(np.array([[[1.0, 2.0, 3.0, 1.5]]]), np.array([[[100.0, 300.0, 400.0, 500.0]]]))
    >>> [row.status for row in rows]
    ['on the frontier', 'extendedly dominated', 'on the frontier', 'dominated']
    >>> rows[2].against, rows[2].ratio
    (0, 150.0)
    """
    effects = np.mean(np.asarray(effect, dtype=np.float64), axis=(0, 1))
    costs = np.mean(np.asarray(cost, dtype=np.float64), axis=(0, 1))
    n = len(effects)
    equal = [next((j for j in range(i) if effects[j] == effects[i] and costs[j] == costs[i]), None) for i in range(n)]
    dominating = [
        next(
            (
                j
                for j in range(n)
                if costs[j] <= costs[i]
                and effects[j] >= effects[i]
                and (costs[j], effects[j]) != (costs[i], effects[i])
            ),
            None,
        )
        for i in range(n)
    ]
    left = sorted((i for i in range(n) if equal[i] is None and dominating[i] is None), key=lambda i: costs[i])
    frontier = left[:1]
    while frontier[-1] != left[-1]:
        last = frontier[-1]
        dearer = left[left.index(last) + 1 :]
        ratios = [(costs[i] - costs[last]) / (effects[i] - effects[last]) for i in dearer]
        frontier.append(dearer[max(k for k, ratio in enumerate(ratios) if ratio == min(ratios))])
    rows = []
    for i in range(n):
        status: Status = "on the frontier"
        against, ratio = None, None
        if equal[i] is not None:
            status, against = "equal", equal[i]
        elif dominating[i] is not None:
            status, against = "dominated", dominating[i]
        elif i not in frontier:
            status, against = "extendedly dominated", next(j for j in frontier if costs[j] > costs[i])
        elif i != frontier[0]:
            against = frontier[frontier.index(i) - 1]
            ratio = float((costs[i] - costs[against]) / (effects[i] - effects[against]))
        rows.append(Increment(float(effects[i]), float(costs[i]), status, against, ratio))
    return tuple(rows)


def acceptability(effect: np.ndarray, cost: np.ndarray, willingness: np.ndarray) -> np.ndarray:
    """Return the probability that each strategy has the highest net benefit: cost-effectiveness acceptability curves.

    It is the share of runs, so that luck counts beside doubt. The strategy most probably best need not have the highest
    mean net benefit.

    Parameters
    ----------
    willingness : values along the curves, shape (values,).

    Returns
    -------
    Shape (values, strategies); strategies that are equal in a run share it.

    References
    ----------
    van Hout, Al, Gordon, Rutten, Health Econ 1994;3:309. Fenwick, Claxton, Sculpher, Health Econ 2001;10:779.

    Examples
    --------
    >>> effect, cost = np.array([[[0.0, 1.0], [0.0, 2.0]]]), np.array([[[0.0, 30.0], [0.0, 30.0]]])
    >>> acceptability(effect, cost, np.array([10.0, 20.0, 40.0])).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    """
    rows = []
    for value in np.asarray(willingness, dtype=np.float64):
        benefit = net_benefit(effect, cost, float(value))
        top = benefit == benefit.max(axis=-1, keepdims=True)
        rows.append(np.mean(top / top.sum(axis=-1, keepdims=True), axis=(0, 1)))
    return np.array(rows)


def expected_loss(effect: np.ndarray, cost: np.ndarray, willingness: np.ndarray) -> np.ndarray:
    """Return how far the net benefit of each strategy lies below the best of each run, on average.

    The least loss at a value is the expected value of perfect information there, of luck as well as of parameters.

    Parameters
    ----------
    willingness : values along the curves, shape (values,).

    Returns
    -------
    Shape (values, strategies), in the unit of cost.

    References
    ----------
    Eckermann, Briggs, Willan, Med Decis Making 2008;28:69 (expected loss curves).

    Examples
    --------
    >>> effect, cost = np.array([[[0.0, 1.0], [0.0, 2.0]]]), np.array([[[0.0, 30.0], [0.0, 30.0]]])
    >>> expected_loss(effect, cost, np.array([20.0])).tolist()
    [[5.0, 5.0]]
    """
    rows = []
    for value in np.asarray(willingness, dtype=np.float64):
        benefit = net_benefit(effect, cost, float(value))
        rows.append(np.mean(benefit.max(axis=-1, keepdims=True) - benefit, axis=(0, 1)))
    return np.array(rows)
