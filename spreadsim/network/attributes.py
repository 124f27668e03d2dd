"""Attributes of services: drawn from a scenario's distributions, or checked where data give them.

What belongs here: the columns of normal numbers and what each attribute makes of them. What does not: which
attributes there are (``state``), columns of files (``reading.columns``).

scenario : holds the distributions, and the limits of readiness.
hierarchy : of the services; attributes vary between its lowest groups.
observed_deprivation : deprivation in standard deviations, shape (n,), which readiness and capability then follow; it is
    drawn where None.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim import draws
from spreadsim.errors import InputError
from spreadsim.network.hierarchy import Hierarchy
from spreadsim.network.service_draws import normals
from spreadsim.state import ATTRIBUTES

if TYPE_CHECKING:
    from spreadsim.scenario.document import Scenario


def draw_attributes(
    scenario: Scenario, hierarchy: Hierarchy, replicate: int, observed_deprivation: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Return every attribute drawn from the scenario's distributions, rounded to what a file can hold.

    Parameters
    ----------
    replicate : number of the replicate.

    Returns
    -------
    An array of shape (n,) for each of `state.ATTRIBUTES`, by name.

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom")
    >>> hierarchy = ss.make_network(scenario).hierarchy
    >>> draw_attributes(scenario, hierarchy, 0)["readiness"][:2].tolist()
    [0.602003, 0.414931]
    """
    attributes = attribute_draws(scenario, hierarchy, [replicate], observed_deprivation)
    return {name: values[0] for name, values in attributes.items()}


def attribute_draws(
    scenario: Scenario, hierarchy: Hierarchy, replicates: Sequence[int], observed_deprivation: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Return `draw_attributes` of several replicates, side by side.

    The groups are the lowest level's. Where there is no level below the root there is no group to vary between, and
    all variance is the services' own.

    Parameters
    ----------
    replicates : numbers of the replicates.

    Returns
    -------
    An array of shape (replicates, n) for each of `state.ATTRIBUTES`, by name.

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom")
    >>> hierarchy = ss.make_network(scenario).hierarchy
    >>> attribute_draws(scenario, hierarchy, [0, 1, 2])["context"].shape
    (3, 12)
    """
    s, n, seed = scenario.services, len(hierarchy.service_parent), scenario.run.seed
    group = hierarchy.service_parent
    has_groups = hierarchy.n_groups > 0 and bool(np.any(hierarchy.level_of[group] >= 0))

    def of_groups(column: int) -> np.ndarray:
        return normals(seed, replicates, draws.ATTRIBUTE + column, hierarchy.n_groups, first=n)

    def normal(column: int, of_group: bool = False) -> np.ndarray:
        if not of_group:
            return normals(seed, replicates, draws.ATTRIBUTE + column, n)
        if not has_groups:
            return np.zeros((len(replicates), n))
        return np.where(group >= 0, of_groups(column)[:, group], 0.0)

    region = hierarchy.group_at(0)
    between_regions = np.where(region >= 0, s.regional_intraclass_correlation, 0.0)

    def of_region(column: int) -> np.ndarray:
        if not np.any(between_regions > 0.0):
            return np.zeros((len(replicates), n))
        return np.sqrt(between_regions) * np.where(region >= 0, of_groups(column)[:, region], 0.0)

    def within_region(own: np.ndarray) -> np.ndarray:
        return np.sqrt(1.0 - between_regions) * own

    def two_level(icc: float, first_column: int) -> np.ndarray:
        between = icc if has_groups else 0.0
        return np.sqrt(between) * normal(first_column, True) + np.sqrt(1.0 - between) * normal(first_column + 1)

    def by_deprivation(table: Any, own: np.ndarray, regional: np.ndarray) -> np.ndarray:
        slope = table.deprivation_slope
        part = within_region(slope * deprivation + np.sqrt(1.0 - slope * slope) * own)
        return table.mean + table.standard_deviation * (part + regional)

    deprivation = (
        two_level(s.deprivation.intraclass_correlation, 0) if observed_deprivation is None else observed_deprivation
    )
    tendency = s.adaptation_tendency
    regional_context = s.context.standard_deviation * of_region(9)
    own_context = within_region(two_level(s.context.intraclass_correlation, 2))
    unrounded = {
        "deprivation": np.broadcast_to(deprivation, (len(replicates), n)),
        "context": s.context.mean + s.context.standard_deviation * own_context + regional_context,
        "readiness": np.clip(
            by_deprivation(s.readiness, normal(4), of_region(10)), s.readiness.minimum, s.readiness.maximum
        ),
        "capability": np.clip(by_deprivation(s.capability, normal(5), of_region(11)), 0.0, 1.0),
        "adaptation_tendency": np.clip(tendency.mean + tendency.standard_deviation * normal(6), 0.0, 1.0),
        "population": np.exp(np.log(s.population.median) + s.population.log_standard_deviation * normal(7)),
        "regional_context": regional_context,
        "second_form": normal(12),
        "perception": normal(8),
        "appraisal_error": normal(13),
    }
    attributes = {name: np.round(unrounded[name], 6) + 0.0 for name in unrounded}
    attributes["population"] = np.round(unrounded["population"])
    return {variable.name: attributes[variable.name] for variable in ATTRIBUTES}


def regional_deviation(context: np.ndarray, hierarchy: Hierarchy) -> np.ndarray:
    """Return how far the mean context of each service's region lies from that of all: what data say of regions.

    Parameters
    ----------
    context : shape (n,), in fit distances.

    Returns
    -------
    Fit distances, shape (n,); 0 where a service has no region.

    Examples
    --------
    >>> network = ss.make_network(ss.load_scenario("default"))
    >>> np.unique(regional_deviation(np.ones(network.n), network.hierarchy)).tolist()
    [0.0]
    """
    region = hierarchy.group_at(0)
    has_region = region >= 0
    if not has_region.any():
        return np.zeros(len(context))
    number = np.bincount(region[has_region], minlength=hierarchy.n_groups)
    total = np.bincount(region[has_region], weights=context[has_region], minlength=hierarchy.n_groups)
    mean = total / np.maximum(number, 1)
    return np.round(np.where(has_region, mean[region] - context.mean(), 0.0), 6) + 0.0


def attribute_in_range(scenario: Scenario, name: str, values: np.ndarray, source: str) -> np.ndarray:
    """Return values of an attribute within the range that has a meaning; readiness is never quite 0 or 1.

    Parameters
    ----------
    name : of the attribute.
    values : shape (n,), in the attribute's unit.
    source : name of the file, for errors.

    Returns
    -------
    Readiness within the scenario's limits, capability and adaptation tendency within 0 and 1, others as they are.

    Raises
    ------
    InputError : a value is not finite, or a population is negative.

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom")
    >>> attribute_in_range(scenario, "capability", np.array([0.4, 1.2]), "services.csv").tolist()
    [0.4, 1.0]
    """
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
