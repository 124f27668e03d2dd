"""Waves: in which month after the first the instruction sets out for each group of the hierarchy.

What belongs here: the order of groups in waves, and the months that each service waits for its own. What an instruction
does once it has set out is the rulebook's; the delay is added there to the lag of the levels that it passes.

hierarchy : above the services.
"""

from __future__ import annotations

import numpy as np

from spreadsim.errors import InputError, nearest
from spreadsim.levers import Programme
from spreadsim.network.hierarchy import Hierarchy


def wave_level(hierarchy: Hierarchy, level: str | None) -> int | None:
    """Return the place of the level whose groups are the waves.

    Parameters
    ----------
    level : its name; the top level where None.

    Returns
    -------
    Its place in ``hierarchy.levels``; None where there are no levels.

    Raises
    ------
    InputError : the hierarchy has no such level.

    Examples
    --------
    >>> hierarchy = ss.make_network(ss.load_scenario("default")).hierarchy
    >>> wave_level(hierarchy, None), wave_level(hierarchy, hierarchy.levels[-1])
    (0, 2)
    """
    if level is None:
        return 0 if hierarchy.levels else None
    if level not in hierarchy.levels:
        raise InputError(
            "scenario", "programme.waves.level", f"there is no level '{level}'", nearest(level, hierarchy.levels)
        )
    return hierarchy.levels.index(level)


def groups_of_level(hierarchy: Hierarchy, place: int | None) -> list[int]:
    """Return the groups of a level, in their own order.

    Parameters
    ----------
    place : of the level in ``hierarchy.levels``; None for no level.

    Returns
    -------
    Group numbers, ascending; empty where `place` is None.

    Examples
    --------
    >>> groups_of_level(ss.make_network(ss.load_scenario("default")).hierarchy, 0)[:3]
    [1, 2, 3]
    """
    return [] if place is None else np.flatnonzero(hierarchy.level_of == place).tolist()


def wave_months(hierarchy: Hierarchy, programme: Programme) -> np.ndarray:
    """Return how many months later than the first wave the instruction sets out for each service.

    Groups named in ``programme.waves.order`` come first, in that order, the others after them in their own. Services
    that stand under no group of the level go with the first wave.

    Parameters
    ----------
    programme : holds the level, the order and the months between waves.

    Returns
    -------
    Months, int64, shape (n,).

    Raises
    ------
    InputError : a level or group that is named is not in the hierarchy, or is named twice.

    Examples
    --------
    >>> scenario = ss.load_scenario("default", ["programme.waves.months_between=3"])
    >>> np.unique(wave_months(ss.make_network(scenario).hierarchy, scenario.programme))[:3].tolist()
    [0, 3, 6]
    """
    waves, n = programme.waves, len(hierarchy.service_parent)
    months = np.zeros(n, dtype=np.int64)
    if waves.months_between == 0:
        return months
    place = wave_level(hierarchy, waves.level)
    groups = groups_of_level(hierarchy, place)
    if place is None or not groups:
        return months
    by_name = {hierarchy.names[g]: g for g in groups}
    field = "programme.waves.order"
    first_groups = []
    for name in waves.order:
        if name not in by_name:
            raise InputError("scenario", field, f"there is no group '{name}'", nearest(name, by_name))
        if by_name[name] in first_groups:
            raise InputError("scenario", field, f"'{name}' is named twice", "name each group once")
        first_groups.append(by_name[name])
    order = first_groups + [g for g in groups if g not in first_groups]
    wave = np.zeros(hierarchy.n_groups, dtype=np.int64)
    wave[order] = np.arange(len(order))
    own = hierarchy.group_at(place)
    has_group = own >= 0
    months[has_group] = wave[own[has_group]] * waves.months_between
    return months
