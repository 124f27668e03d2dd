"""Cohorts: what became of the services that began, so many months after each began.

What belongs here: the measures in which studies of sustainment are published, worked out from a run's events. Each
service is followed from its own start, as a study follows its sites, and not to the horizon.

Examples
--------
Those of the functions take a run of the classroom:

>>> model = ss.SpreadModel("classroom").run()
>>> run, network, plan = model.result(), model.structure, model.strategy
>>> network.n, plan.months
(12, 12)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np

from spreadsim import rules

Origin = Literal["implementing", "embedded"]
_STATE = {"implementing": rules.IMPLEMENTING, "embedded": rules.EMBEDDED}
ROUTES = {"any": None, "voluntary": rules.VOLUNTARY, "mandated": rules.MANDATED}


def cohort(events: Mapping[str, np.ndarray], origin: Origin, route: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the services that ever came to `origin` by `route`, starting sites left out, and the month each first did.

    Parameters
    ----------
    events : of a run.
    origin : state that is the start of the follow-up.
    route : ``any``, ``voluntary`` or ``mandated``, at that first entry.

    Returns
    -------
    Their uids, and the months, of one length.

    Examples
    --------
    >>> service, month = cohort(run.events, "embedded", "any")
    >>> len(service), int(month.min()), int(month.max())
    (11, 1, 6)
    """
    entered = np.flatnonzero((events["to_state"] == _STATE[origin]) & (events["month"] > 0))
    service = events["service"][entered]
    seeds = events["service"][(events["month"] == 0) & (events["to_state"] == rules.EMBEDDED)]
    order = np.lexsort((events["month"][entered], service))
    service = service[order]
    first = np.ones(len(service), dtype=np.bool_)
    first[1:] = service[1:] != service[:-1]
    first_entries = entered[order[first]]
    keep = ~np.isin(events["service"][first_entries], seeds)
    route_number = ROUTES[route]
    if route_number is not None:
        keep &= events["route"][first_entries] == route_number
    first_entries = first_entries[keep]
    return events["service"][first_entries].astype(np.int64), events["month"][first_entries].astype(np.int64)


def _state_at(events: Mapping[str, np.ndarray], service: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Return the state of each service at a month of its own."""
    stride = int(max(events["month"].max(initial=0), month.max(initial=0))) + 1
    key = events["service"].astype(np.int64) * stride + events["month"]
    order = np.argsort(key, kind="stable")
    last = np.searchsorted(key[order], service * stride + month, side="right") - 1
    return np.asarray(events["to_state"][order[last]])


def still_embedded(
    events: Mapping[str, np.ndarray], months: int, origin: Origin, months_after: int, route: str = "any"
) -> float:
    """Return the share of a cohort embedded exactly `months_after` months after its start; nan without a cohort.

    Services whose follow-up would end after the horizon, `months`, are left out.

    Parameters
    ----------
    events : of a run, in order of month and service.
    months : the horizon.
    origin : state that is the start of the follow-up, ``implementing`` or ``embedded``.
    months_after : length of the follow-up, in months.
    route : ``any``, ``voluntary`` or ``mandated``, at the first entry.

    Returns
    -------
    A share, 0 to 1, or nan.

    Examples
    --------
    >>> still_embedded(run.events, plan.months, "embedded", months_after=6)
    1.0
    """
    service, month = cohort(events, origin, route)
    followed = month + months_after <= months
    if not followed.any():
        return float("nan")
    state = _state_at(events, service[followed], month[followed] + months_after)
    return float(np.mean(state == rules.EMBEDDED))


def ever_embedded(
    events: Mapping[str, np.ndarray], months: int, origin: Origin, months_after: int, route: str = "any"
) -> float:
    """Return the share of a cohort ever embedded within `months_after` months of its start; nan without a cohort.

    Parameters
    ----------
    events : of a run, in order of month and service.
    months : the horizon.
    origin : state that is the start of the follow-up, ``implementing`` or ``embedded``.
    months_after : length of the follow-up, in months.
    route : ``any``, ``voluntary`` or ``mandated``, at the first entry.

    Returns
    -------
    A share, 0 to 1, or nan.

    Examples
    --------
    >>> ever_embedded(run.events, plan.months, "embedded", months_after=0)
    1.0
    """
    service, month = cohort(events, origin, route)
    followed = month + months_after <= months
    service, month = service[followed], month[followed]
    if not len(service):
        return float("nan")
    until = np.full(int(events["service"].max()) + 1, -1, dtype=np.int64)
    since = until.copy()
    until[service], since[service] = month + months_after, month
    place = events["service"]
    hit = (events["to_state"] == rules.EMBEDDED) & (events["month"] <= until[place]) & (events["month"] >= since[place])
    return float(np.mean(np.isin(service, place[hit])))
