"""Waves: in which month after the first the instruction sets out for each group of the hierarchy.

What belongs here: the order of groups in waves, and the months that each service waits for its own. What an instruction
does once it has set out is the rulebook's; the delay is added there to the lag of the levels that it passes.
"""

from __future__ import annotations

import numpy as np

from spreadsim.errors import InputError, nearest
from spreadsim.levers import Programme
from spreadsim.network.hierarchy import Hierarchy


def wave_level(hierarchy: Hierarchy, level: str | None) -> int | None:
    """Return the place of the level whose groups are the waves: the one named, else the top one; None without levels.

    Raises
    ------
    InputError : the hierarchy has no such level.
    """
    if level is None:
        return 0 if hierarchy.levels else None
    if level not in hierarchy.levels:
        raise InputError(
            "scenario", "programme.waves.level", f"there is no level '{level}'", nearest(level, hierarchy.levels)
        )
    return hierarchy.levels.index(level)


def groups_of_level(hierarchy: Hierarchy, place: int | None) -> list[int]:
    """Return the groups of a level, in their own order."""
    return [] if place is None else np.flatnonzero(hierarchy.level_of == place).tolist()


def wave_months(hierarchy: Hierarchy, programme: Programme) -> np.ndarray:
    """Return how many months later than the first wave the instruction sets out for each service; int64, shape (n,).

    Groups named in ``programme.waves.order`` come first, in that order, the others after them in their own. Services
    that stand under no group of the level go with the first wave.

    Raises
    ------
    InputError : a level or group that is named is not in the hierarchy, or is named twice.
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
    first = []
    for name in waves.order:
        if name not in by_name:
            raise InputError("scenario", field, f"there is no group '{name}'", nearest(name, by_name))
        if by_name[name] in first:
            raise InputError("scenario", field, f"'{name}' is named twice", "name each group once")
        first.append(by_name[name])
    ordered = first + [g for g in groups if g not in first]
    wave = np.zeros(hierarchy.n_groups, dtype=np.int64)
    wave[ordered] = np.arange(len(ordered))
    own = hierarchy.group_at(place)
    known = own >= 0
    months[known] = wave[own[known]] * waves.months_between
    return months
