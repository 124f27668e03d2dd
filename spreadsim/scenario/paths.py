"""The fields of a scenario that may be varied, by their paths.

What belongs here: which path names which declared field, for sweeps, fits and sets of parameters.
What does not: which values they take (``sweeps.designs``).
"""

from __future__ import annotations

from spreadsim.parameters import Component, Declaration, declarations
from spreadsim.scenario.document import Scenario, Strategy

_NOT_LEVERS = ("title", "overrides", "schedule", "rules")
_NOT_VARIED = ("run.seed", "run.replicates", "network.source", "network.path", "name", "format")


def fields_that_vary(scenario: Scenario) -> dict[str, Declaration]:
    """Return what is known of every field that can be varied, by its path; a lever's path is its bare name.

    Parameters
    ----------
    scenario : any; its components have paths of their own.

    Returns
    -------
    Declarations by path.

    Examples
    --------
    >>> fields = fields_that_vary(ss.load_scenario("default"))
    >>> fields["mandate"].bounds, fields["behaviour.drift.rate"].plausible
    ((0.0, 1.0), (0.0, 0.03))
    """
    by_path = {d.path: d for d in declarations(Scenario)}
    for name in scenario.intervention.components:
        by_path |= {d.path: d for d in declarations(Component, f"intervention.components.{name}.")}
    levers = {d.path: d for d in declarations(Strategy)}
    by_path |= {name: d for name, d in levers.items() if name not in _NOT_LEVERS}
    for name in ("codification", "mechanism_clarity"):
        by_path[name] = Declaration(name, "number", None, "", "0 to 1", (0.0, 1.0), (0.0, 1.0), "", "", "design")
    return {
        name: d for name, d in by_path.items() if name not in _NOT_VARIED and not name.startswith("worth.")
    }  # worth changes no run
