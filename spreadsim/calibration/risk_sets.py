"""Risk sets: who could adopt in each step, how far its peers had adopted by then, and whether it did.

What belongs here: observed times of adoption on a known network as steps of the model, and the rows of the
discrete-time likelihood made of them. What does not: a row's chance (``likelihood``), reading files
(``network.reading.files``).

A *step* is one period of the data, and one month of the model: all decide from the state at the end of the last step.
``when`` is 0 for who had adopted at the start, k for who adopted in step k of 1..T, nan for who had not by the end of
step T (right-censored: their rows say "not yet" in every step). Adopters in the first period observed have nobody
observed before them: they are taken as **given**, the starting sites, unless ``first_period`` says that they were **at
risk** with nobody before them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from spreadsim import rules
from spreadsim.errors import InputError
from spreadsim.network.data import Network

FirstPeriod = Literal["given", "at-risk"]
Outside = Literal["ignored", "not-adopted", "as-the-rest"]
MAX_ROWS = 20_000_000

_rule_exposure = np.frompyfunc(rules.exposure, 2, 1)


@dataclass(frozen=True)
class AdoptionHistory:
    """Who adopted when, on which network.

    Attributes
    ----------
    network : who listens to whom.
    when : step of adoption of each service, 0 at the start, nan where not by the end.
    n_steps : T, the number of steps observed after the start.
    start_period : the period of the data that step 0 stands for.
    period_months : months in a step.
    group : for each service the number of its group on the first level below the root, -1 where it has none.
    group_names : of these groups.
    outside : for each service the number of people it named outside the survey; None where not recorded.
    has_ties : whether somebody said who is tied to whom; ties that are drawn or made are no evidence of peers.

    Examples
    --------
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> history.n_at_start, history.n_adoptions, history.n_steps
    (1, 9, 5)
    >>> history.curve().round(2)
    array([0.08, 0.25, 0.42, 0.58, 0.75, 0.83])
    """

    network: Network
    when: np.ndarray
    n_steps: int
    start_period: int
    period_months: int
    group: np.ndarray
    group_names: tuple[str, ...]
    outside: np.ndarray | None = None
    has_ties: bool = True

    @property
    def n(self) -> int:
        """Number of services."""
        return self.network.n

    @property
    def n_at_start(self) -> int:
        """Number that had adopted at the start."""
        return int(np.sum(self.when == 0))

    @property
    def n_adoptions(self) -> int:
        """Number of adoptions in steps 1 to T: the events of the likelihood."""
        return int(np.sum(self.when >= 1))

    @property
    def n_censored(self) -> int:
        """Number that had not adopted by the end."""
        return int(np.isnan(self.when).sum())

    def curve(self, members: np.ndarray | None = None, first: int = 0) -> np.ndarray:
        """Return the share of services (of `members`, if given) that had adopted by the end of steps `first` to T."""
        when = self.when if members is None else self.when[members]
        return adoption_share(when[None, :], self.n_steps, first)[0]

    def with_times(self, when: np.ndarray) -> AdoptionHistory:
        """Return the same history with other times of adoption."""
        return replace(self, when=when)


def adoption_share(when: np.ndarray, n_steps: int, first: int = 0) -> np.ndarray:
    """Return the share that adopted by the end of each step.

    Parameters
    ----------
    when : steps of adoption, shape (rows, services).
    n_steps : the last step.
    first : the first step.

    Returns
    -------
    Shares, shape (rows, steps).

    Examples
    --------
    >>> adoption_share(np.array([[0.0, 1.0, 2.0, np.nan]]), 2)
    array([[0.25, 0.5 , 0.75]])
    """
    return (when[:, :, None] <= np.arange(first, n_steps + 1)[None, None, :]).mean(axis=1)


def history_of(
    network: Network,
    adopted_period: np.ndarray,
    observed_periods: int,
    *,
    period_months: int = 1,
    first_period: FirstPeriod = "given",
    outside: np.ndarray | None = None,
) -> AdoptionHistory:
    """Return the history that periods of adoption on a network describe.

    Parameters
    ----------
    network : of the services, in their order.
    adopted_period : whole numbers of at least 0, nan for who did not adopt in the time observed.
    observed_periods : number of the last period observed.
    period_months : months in a period.
    first_period : ``given``: adopters in the first period are where the improvement starts; ``at-risk``: they decided
        in the first step, with nobody before them. Who adopted in a period 0 is given in any case.
    outside : number of people each service named outside the survey.

    Returns
    -------
    The history, in steps of the model.

    Raises
    ------
    InputError : there are fewer than two steps, or no adoption in them.

    Examples
    --------
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> history.when[:4], history.n_censored
    (array([0., 1., 1., 2.]), 2)
    """
    first = 0 if np.any(adopted_period == 0) else 1
    if first_period == "at-risk":
        first -= 1
    when = np.asarray(adopted_period, dtype=np.float64) - first
    n_steps = observed_periods - first
    when = np.where(when > n_steps, np.nan, when)
    if n_steps < 2 or not np.any(when >= 1):
        raise InputError(
            "calibrate",
            "adopted_month",
            f"there are {int(np.sum(when >= 1))} adoptions in {max(n_steps, 0)} steps after the start",
            "at least one, and two steps, are needed",
        )
    if network.n * n_steps > MAX_ROWS:
        raise InputError(
            "calibrate",
            "network",
            f"{network.n:,} services over {n_steps:,} periods are too many rows",
            f"at most {MAX_ROWS:,} are fitted: take a sample of whole groups, or longer periods",
        )
    group, names = _first_level(network)
    return AdoptionHistory(network, when, n_steps, first, period_months, group, names, outside)


def _first_level(network: Network) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return for each service the number of its group on the first level below the root (-1: none), and the names."""
    tree = network.hierarchy
    tops = np.flatnonzero(tree.level_of == 0)
    number = np.full(tree.n_groups + 1, -1, dtype=np.int64)  # the last entry stands for "no group"
    number[tops] = np.arange(len(tops))
    here = np.array(tree.service_parent, dtype=np.int64)
    parent = np.append(np.asarray(tree.parent, dtype=np.int64), -1)
    for _ in range(int(tree.level_of.max(initial=0)) + 1):
        above = (here >= 0) & (number[here] < 0)
        here = np.where(above, parent[here], here)
    return number[here], tuple(tree.names[g] for g in tops)


# --------------------------------------------------------------------------------------------------- rows


@dataclass(frozen=True)
class RiskSet:
    """The rows of the discrete-time likelihood: one a service and step in which it had not adopted before.

    Attributes
    ----------
    service, step : of each row; steps from 1.
    exposure : share of its peers, by weight, that had adopted by the end of the step before.
    adopted : whether it adopted in this step.
    n_services, n_steps : of the history.

    Examples
    --------
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> rows = risk_set(history)
    >>> len(rows), int(rows.adopted.sum())
    (35, 9)
    """

    service: np.ndarray
    step: np.ndarray
    exposure: np.ndarray
    adopted: np.ndarray
    n_services: int
    n_steps: int

    def __len__(self) -> int:
        return len(self.service)

    def only(self, keep: np.ndarray) -> RiskSet:
        """Return the rows at which `keep` is true."""
        return replace(
            self,
            service=self.service[keep],
            step=self.step[keep],
            exposure=self.exposure[keep],
            adopted=self.adopted[keep],
        )


def risk_set(history: AdoptionHistory, outside: Outside = "ignored") -> RiskSet:
    """Return every row of a history, exposure along its ties.

    Parameters
    ----------
    history : who adopted when.
    outside : what is taken of peers outside the survey: ``ignored`` (exposure is among the peers observed),
        ``not-adopted`` (they count as peers who never adopt: the least exposure there can have been) or
        ``as-the-rest`` (they had adopted as often as the observed members of the service's own group).

    Returns
    -------
    Rows, by service and step.

    Examples
    --------
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> rows = risk_set(history)
    >>> int(rows.adopted.sum()) == history.n_adoptions
    True
    """
    network, when = history.network, history.when
    total = np.array(network.weight_sum)
    share = None
    if outside != "ignored" and history.outside is not None:
        total = total + history.outside
        share = _group_share(history) if outside == "as-the-rest" else np.zeros((history.n, history.n_steps))
    columns = []
    for step in range(history.n_steps):
        weight = network.weight * (when[network.ties.peer] <= step)
        adopter_weight = np.bincount(network.ties.listener, weights=weight, minlength=history.n)[: history.n]
        if share is not None and history.outside is not None:
            adopter_weight = adopter_weight + history.outside * share[:, step]
        columns.append(_exposure(adopter_weight, total))
    return _rows(history, np.stack(columns, axis=1))


def risk_set_without_network(history: AdoptionHistory) -> RiskSet:
    """Return every row with exposure to the whole of the service's group, itself left out: the Bass curve's.

    Where the network has no groups, the group is everybody.

    Parameters
    ----------
    history : who adopted when.

    Returns
    -------
    Rows, by service and step.

    References
    ----------
    Bass, Manag Sci 1969;15:215.

    Examples
    --------
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> rows = risk_set_without_network(history)
    >>> rows.exposure[rows.step == 1].round(2).tolist()[:2]
    [0.09, 0.09]
    """
    return _rows(history, _group_share(history))


def _exposure(adopter_weight: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Return the rule's exposure for each pair, asked once for each different pair."""
    pairs, place = np.unique(np.stack([adopter_weight, total], axis=1), axis=0, return_inverse=True)
    return np.asarray(_rule_exposure(pairs[:, 0], pairs[:, 1]), dtype=np.float64)[place.reshape(-1)]


def _group_share(history: AdoptionHistory) -> np.ndarray:
    """Return the share of the others in each service's group that had adopted by the start of steps 1..T."""
    group = history.group + 1
    size = np.bincount(group)
    own = history.when[:, None] <= np.arange(history.n_steps)[None, :]
    counts = np.stack([np.bincount(group, weights=own[:, t], minlength=len(size)) for t in range(history.n_steps)], 1)
    return (counts[group] - own) / np.maximum(size[group] - 1, 1)[:, None]


def _rows(history: AdoptionHistory, exposure: np.ndarray) -> RiskSet:
    step = np.arange(1, history.n_steps + 1)
    at_risk = ~(history.when[:, None] < step[None, :])
    service, place = np.nonzero(at_risk)
    return RiskSet(
        service, place + 1, exposure[service, place], history.when[service] == place + 1, history.n, history.n_steps
    )


@dataclass(frozen=True)
class AlikeServices:
    """Services with the same history and the same row of a design, of which one stands for all.

    Attributes
    ----------
    kept : which rows of the risk set belong to the services that stand for others, shape (rows,).
    count : how many services each of these stands for, in the order of their rows.
    number : for each service with rows, in their order, the place of the one that stands for it.
    row : for each row of the risk set, the place among the rows kept of the one that stands for it.

    Examples
    --------
    >>> AlikeServices(np.array([True, False]), np.array([2.0]), np.array([0, 0]), np.array([0, 0])).count
    array([2.])
    """

    kept: np.ndarray
    count: np.ndarray
    number: np.ndarray
    row: np.ndarray


def services_alike(rows: RiskSet, design: np.ndarray) -> AlikeServices | None:
    """Return which services have one history, exposure aside: the same steps at risk, the same end, the same design.

    Parameters
    ----------
    rows : by service, each service's in order.
    design : what services may differ in, shape (services, columns).

    Returns
    -------
    `AlikeServices`; None where a service's rows leave out a step between its first and last, or where no two are alike.

    Examples
    --------
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> services_alike(risk_set(history), np.empty((12, 0))).count
    array([2., 2., 2., 2., 1., 2.])
    """
    first = np.flatnonzero(np.diff(rows.service, prepend=-1))
    length = np.diff(np.append(first, len(rows)))
    last = first + length - 1
    if not len(first) or np.any(rows.step[last] - rows.step[first] + 1 != length):
        return None
    history = np.stack([rows.step[first], rows.step[last], rows.adopted[last]], axis=1)
    key = np.concatenate([history, design[rows.service[first]]], axis=1)
    _, one, place, count = np.unique(key, axis=0, return_index=True, return_inverse=True, return_counts=True)
    if len(one) == len(first):
        return None
    order = np.argsort(one)  # those kept, in the order of their rows
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    number = rank[place.reshape(-1)]
    kept = np.repeat(np.isin(np.arange(len(first)), one), length)
    start = np.append(0, np.cumsum(length[one[order]]))[:-1]
    row = np.repeat(start[number] - first, length) + np.arange(len(rows))
    return AlikeServices(kept, count[order].astype(np.float64), number, row)


def in_groups(rows: RiskSet, history: AdoptionHistory, groups: Sequence[int]) -> np.ndarray:
    """Return which rows belong to services of some groups.

    Parameters
    ----------
    rows : of the history.
    history : whose groups they are.
    groups : their numbers.

    Returns
    -------
    One truth value a row.

    Examples
    --------
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> in_groups(risk_set(history), history, [0]).shape
    (35,)
    """
    return np.asarray(np.isin(history.group[rows.service], list(groups)))
