"""What a run leaves behind.

What belongs here: the small immutable records that either driver returns. Curves, measures and explanations are made
from them (``measures``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spreadsim import rules
from spreadsim.network.data import Network
from spreadsim.scenario.plan import Plan

SUSTAINED_MONTHS = 12


@dataclass(frozen=True)
class Firing:
    """A rule of a strategy that began to apply.

    Attributes
    ----------
    month : the first in which its levers hold.
    rule : its place in the strategy's list, from 0.
    group : name of the group of services that it applies to; empty for all.

    Examples
    --------
    >>> Firing(13, 0, "region 2").month
    13
    """

    month: int
    rule: int
    group: str


@dataclass(frozen=True)
class ByUnit:
    """A run whose programme responds, by the units whose levers may differ.

    Attributes
    ----------
    unit_of : int32, shape (n,): unit of each service.
    sums : shape (units, T + 1, len(record.SUMS)).
    levers : shape (units, T, levers): those that held.
    firings : of the strategy's rules, by month, then in the units' order.

    Examples
    --------
    >>> by_unit = ByUnit(np.zeros(12, dtype=np.int32), np.zeros((1, 13, 33)), np.zeros((1, 12, 25)), ())
    >>> by_unit.sizes.tolist()
    [12]
    """

    unit_of: np.ndarray
    sums: np.ndarray
    levers: np.ndarray
    firings: tuple[Firing, ...]

    @property
    def sizes(self) -> np.ndarray:
        """Number of services in each unit."""
        return np.bincount(self.unit_of, minlength=len(self.sums))

    def levers_of(self, service: int) -> tuple[rules.Levers, ...]:
        """Return the levers that held for a service, month by month.

        Parameters
        ----------
        service : uid.

        Returns
        -------
        One `rules.Levers` a month.
        """
        months = self.levers[self.unit_of[service]]
        return tuple(rules.Levers(t, *row[1:].tolist()) for t, row in enumerate(months))


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
    by_unit : what differs between parts of the services where the strategy has rules; None where it has none.

    Examples
    --------
    >>> run = ss.SpreadModel("classroom").run().result()
    >>> run.sums.shape, run.specification.shape
    ((13, 33), (13, 2))
    >>> run.final["state"].shape
    (12,)
    """

    events: Mapping[str, np.ndarray]
    sums: np.ndarray
    late_effect: np.ndarray
    final: Mapping[str, np.ndarray]
    specification: np.ndarray
    by_unit: ByUnit | None = None


@dataclass(frozen=True)
class FinishedRun:
    """A finished run as a measure of your own reads it.

    Attributes
    ----------
    record : what the run left behind.
    network : that it was run on: ``network.ids``, ``network["deprivation"]``, ``network.ties``, ``network.hierarchy``.
    plan : the strategy; ``plan.name`` and ``plan.months``.
    curves : the monthly columns by name, each of shape (T + 1,).
    measures : the package's measures by name; nan where null.

    Examples
    --------
    >>> def adopters_of_the_first_year(run: ss.FinishedRun) -> float:
    ...     return float((run.final["first_embedded"] <= 12).mean())
    >>> first_year = ss.Measure("first_year", unit="share", better="higher", of=adopters_of_the_first_year)
    >>> result = ss.compare("classroom", replicates=1, measures=[first_year], workers=1, frontier=False, doubt="none")
    >>> result.values("one-neighbour-is-enough", "first_year").tolist()
    [1.0]
    """

    record: Run
    network: Network
    plan: Plan
    curves: Mapping[str, np.ndarray]
    measures: Mapping[str, float]

    @property
    def final(self) -> Mapping[str, np.ndarray]:
        """State of each service at the horizon: one array for each of `state.STATE`, in the network's order."""
        return self.record.final

    @property
    def events(self) -> Mapping[str, np.ndarray]:
        """Every change of state: one array for each of `state.EVENT_FIELDS`, in order of month and service."""
        return self.record.events


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
