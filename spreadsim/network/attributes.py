"""Attributes of services: drawn from a scenario's distributions, or checked where they are given.

What belongs here: the nine columns of normal numbers and what each attribute makes of them. What does not: which
attributes there are (``state``), columns of files (``reading.columns``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim import draws
from spreadsim.errors import InputError
from spreadsim.network.hierarchy import Hierarchy
from spreadsim.network.normal import standard_normal
from spreadsim.state import ATTRIBUTES

if TYPE_CHECKING:
    from spreadsim.scenario.document import Scenario


def draw_attributes(
    scenario: Scenario, hierarchy: Hierarchy, replicate: int, given_deprivation: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Return every attribute drawn from the scenario's distributions, rounded to what a file can hold.

    Readiness and capability follow `given_deprivation`, in standard deviations, where it is given.
    """
    drawn = drawn_attributes(scenario, hierarchy, [replicate], given_deprivation)
    return {name: values[0] for name, values in drawn.items()}


def drawn_attributes(
    scenario: Scenario, hierarchy: Hierarchy, replicates: Sequence[int], given_deprivation: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Return `draw_attributes` of several replicates: arrays of shape (replicates, services).

    The groups are the lowest level's. Where there is no level below the root there is no group to vary between, and
    all variance is the services' own.
    """
    s, n, seed = scenario.services, len(hierarchy.service_parent), scenario.run.seed
    number = np.array(replicates, dtype=np.uint64)[:, np.newaxis]
    own_uid = np.arange(n, dtype=np.uint64)
    group = hierarchy.service_parent
    grouped = hierarchy.n_groups > 0 and bool(np.any(hierarchy.level_of[group] >= 0))
    group_uid = (n + np.arange(hierarchy.n_groups)).astype(np.uint64)

    def normal(column: int, of_group: bool = False) -> np.ndarray:
        if not of_group:
            return standard_normal(draws.uniform(seed, number, 0, draws.ATTRIBUTE + column, own_uid))
        if not grouped:
            return np.zeros((len(replicates), n))
        values = standard_normal(draws.uniform(seed, number, 0, draws.ATTRIBUTE + column, group_uid))
        return np.where(group >= 0, values[:, group], 0.0)

    def shared(icc: float, first_column: int) -> np.ndarray:
        between = icc if grouped else 0.0
        return np.sqrt(between) * normal(first_column, True) + np.sqrt(1.0 - between) * normal(first_column + 1)

    def sloped(table: Any, own: np.ndarray) -> np.ndarray:
        slope = table.deprivation_slope
        return table.mean + table.standard_deviation * (slope * deprivation + np.sqrt(1.0 - slope * slope) * own)

    deprivation = shared(s.deprivation.intraclass_correlation, 0) if given_deprivation is None else given_deprivation
    tendency = s.adaptation_tendency
    drawn = {
        "deprivation": np.broadcast_to(deprivation, (len(replicates), n)),
        "context": s.context.mean + s.context.standard_deviation * shared(s.context.intraclass_correlation, 2),
        "readiness": np.clip(sloped(s.readiness, normal(4)), s.readiness.minimum, s.readiness.maximum),
        "capability": np.clip(sloped(s.capability, normal(5)), 0.0, 1.0),
        "adaptation_tendency": np.clip(tendency.mean + tendency.standard_deviation * normal(6), 0.0, 1.0),
        "population": np.exp(np.log(s.population.median) + s.population.log_standard_deviation * normal(7)),
        "perception": normal(8),
    }
    rounded = {name: np.round(drawn[name], 6) + 0.0 for name in drawn}
    rounded["population"] = np.round(drawn["population"])
    return {variable.name: rounded[variable.name] for variable in ATTRIBUTES}


def checked_attribute(scenario: Scenario, name: str, values: np.ndarray, source: str) -> np.ndarray:
    """Return given values of an attribute within the range that has a meaning; readiness never quite 0 or 1."""
    if not np.all(np.isfinite(values)):
        raise InputError(
            source, name, "holds a value that is not a finite number", "correct it, or leave the column out"
        )
    if name == "population" and np.any(values < 0):
        raise InputError(source, name, "holds a negative population", "correct it")
    if name == "readiness":
        table = scenario.services.readiness
        return np.clip(values, table.minimum, table.maximum)
    if name in ("capability", "adaptation_tendency"):
        return np.clip(values, 0.0, 1.0)
    return values
