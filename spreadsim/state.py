"""The state of services, declared once: name, type, value at the start, unit and meaning.

The engine's arrays, the agents' attributes and the reference page come from this declaration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from spreadsim import rules

_CACHE_LINE = 64  # bytes


@dataclass(frozen=True)
class Variable:
    """One state variable: `per_component` variables hold one value for each component.

    Attributes
    ----------
    name : of the array and the agent's attribute.
    dtype : of the array.
    start : value at the start of month 0.
    unit, meaning : in words.
    per_component : whether there is one value for each component.

    Examples
    --------
    >>> [(one.name, one.unit) for one in STATE if one.per_component]
    [('fidelity', 'share')]
    """

    name: str
    dtype: str
    start: Any
    unit: str
    meaning: str
    per_component: bool = False


# What a service is: drawn or given once, never changed by the rules.
ATTRIBUTES = (
    Variable("deprivation", "float64", 0.0, "standard deviations", "deprivation of the population; higher is worse"),
    Variable("context", "float64", 0.0, "fit distances", "local circumstances, as distance from the originators'"),
    Variable("readiness", "float64", 0.5, "0 to 1", "commitment and efficacy for this change"),
    Variable("capability", "float64", 0.5, "0 to 1", "skill in making change happen"),
    Variable("adaptation_tendency", "float64", 0.5, "0 to 1", "inclination to make things one's own"),
    Variable("population", "float64", 1.0, "people", "people served"),
    Variable("regional_context", "float64", 0.0, "fit distances", "what its region's circumstances add to its context"),
    Variable("second_form", "float64", 0.0, "standard deviations", "how far, and which way, a second good form lies"),
    Variable("perception", "float64", 0.0, "standard deviations", "how far, and which way, it misreads its context"),
    Variable("appraisal_error", "float64", 0.0, "standard deviations", "how far it overrates what a start takes"),
)

# What changes: at the start of month 0, and by the rules alone.
STATE = (
    Variable("state", "int8", rules.UNAWARE, "one of six", "unaware ... discontinued"),
    Variable("route", "int8", rules.NO_ROUTE, "one of three", "how the present spell began: voluntary or mandated"),
    Variable("since", "int32", 0, "month", "first month of the present state"),
    Variable("first_embedded", "int32", -1, "month", "first month in which it was embedded; -1: never yet"),
    Variable("began", "bool", False, "yes or no", "whether it ever implemented the improvement or embedded it"),
    Variable("first_began", "int32", -1, "month", "month in which it first began; 0: a starting site; -1: never yet"),
    Variable("ever_led", "bool", False, "yes or no", "whether it ever emerged as a second leader"),
    Variable("current_readiness", "float64", 0.0, "0 to 1", "readiness now: what it is, and what preparing has added"),
    Variable("preparing", "bool", False, "yes or no", "whether it prepares to start"),
    Variable("waited", "bool", False, "yes or no", "whether it ever judged itself not ready to start"),
    Variable("declined", "bool", False, "yes or no", "whether it ever dropped a plan to start"),
    Variable("ready_at_start", "bool", False, "yes or no", "whether it was ready when its present spell began"),
    Variable("fidelity", "float64", 0.0, "share", "presence of each component", per_component=True),
    Variable("form", "float64", 0.0, "fit distances", "how far the local form has moved from the one first published"),
    Variable("progress", "float64", 0.0, "share", "implementation done"),
    Variable("complexity_included", "float64", 0.0, "0 to 1", "weighted complexity of the components taken on"),
    Variable("generation", "int32", -1, "copies", "copies between this version and the originators'; -1: none"),
    Variable("ownership", "float64", 0.0, "0 to 1", "how far the change is the team's own"),
    Variable("co_produced", "float64", 0.0, "0 to 1", "how far its version was shaped with patients"),
    Variable("misreading", "float64", 1.0, "share", "what is left of its misreading of the context"),
    Variable("damaged", "bool", False, "yes or no", "whether adapting has damaged a core function in this spell"),
    Variable("leader", "bool", False, "yes or no", "whether it is a second leader now"),
    Variable("core", "float64", 0.0, "share", "core fidelity: presence over core components"),
    Variable("adaptable", "float64", 0.0, "share", "presence over adaptable components"),
    Variable("presence_at_start", "float64", 0.0, "share", "weighted presence when the present version was taken on"),
    Variable("effect", "float64", 0.0, "share", "effect where delivered in full"),
    Variable("persuasion", "float64", 0.0, "embedded peers", "how far it speaks for the improvement"),
)

EVENT_FIELDS = (
    ("month", "int32"),
    ("service", "int32"),
    ("from_state", "int8"),
    ("to_state", "int8"),
    ("route", "int8"),
    ("source_kind", "int8"),
    ("source_service", "int32"),
    ("generation", "int32"),
    ("presence", "float64"),
    ("leader", "bool"),
    ("leader_source", "bool"),
    ("ready", "bool"),
)


def empty(variables: tuple[Variable, ...], n_services: int, n_components: int, n_runs: int) -> dict[str, np.ndarray]:
    """Return arrays at their start values: shape (runs, n) or (runs, n, components).

    Parameters
    ----------
    variables : `ATTRIBUTES` or `STATE`.
    n_services, n_components, n_runs : sizes of the arrays.

    Returns
    -------
    An array for each variable, by its name.

    Examples
    --------
    >>> arrays = empty(STATE, n_services=3, n_components=8, n_runs=2)
    >>> arrays["state"].shape, arrays["fidelity"].shape
    ((2, 3), (2, 3, 8))
    >>> arrays["first_embedded"][0].tolist()
    [-1, -1, -1]
    """
    arrays = {}
    for variable in variables:
        shape = (n_runs, n_services, n_components) if variable.per_component else (n_runs, n_services)
        arrays[variable.name] = _on_cache_lines(shape, variable.dtype)
        arrays[variable.name].fill(variable.start)
    return arrays


def _on_cache_lines(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Return an array that begins where a cache line does: a service's eight components then fill one, not two."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    room = np.empty(size + _CACHE_LINE, dtype=np.uint8)
    first = -room.ctypes.data % _CACHE_LINE
    return room[first : first + size].view(dtype).reshape(shape)
