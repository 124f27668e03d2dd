"""Readiness and components: who can take the intervention on, and what each component does to the outcome.

What belongs here: the chance of engaging of every service at the start, and paired runs in which one component is
made core or adaptable, simpler, or better written down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spreadsim import rules
from spreadsim.comparison.comparison import with_run
from spreadsim.drivers.extensions import Extensions, NetworkSource
from spreadsim.drivers.running import Task, run_tasks
from spreadsim.errors import InputError, nearest
from spreadsim.network.data import Network
from spreadsim.outcomes.measures import MEASURES
from spreadsim.outcomes.statistics import Difference, difference_of
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import Plan, plan
from spreadsim.scenario.validation import as_document, validate
from spreadsim.telling.progress import progress_steps

STEP = 0.25  # by how much a component is made simpler or better written down


@dataclass(frozen=True)
class StrategyReadiness:
    """Who is ready for the intervention under one strategy, before anyone has seen it work.

    Attributes
    ----------
    strategy : its name.
    of_own_accord : for each service the chance of engaging if it decides for itself; shape (n,).
    under_mandate : the same under the strategy's mandate.
    threshold : chance of engaging from which a service is ready.

    Examples
    --------
    >>> StrategyReadiness("organic", np.array([0.7, 0.2]), np.array([0.8, 0.4]), threshold=0.6).ready.tolist()
    [True, False]
    """

    strategy: str
    of_own_accord: np.ndarray
    under_mandate: np.ndarray
    threshold: float

    @property
    def ready(self) -> np.ndarray:
        """Whether each service is ready to engage of its own accord."""
        return self.of_own_accord >= self.threshold


@dataclass(frozen=True)
class WhatIf:
    """One component changed in one way: the paired difference it makes under each strategy.

    Attributes
    ----------
    component, change : its name, and the way it is changed.
    differences : by strategy and measure, changed minus as it is.

    Examples
    --------
    >>> WhatIf("training", "simpler", {"organic": {}}).change
    'simpler'
    """

    component: str
    change: str
    differences: Mapping[str, Mapping[str, Difference]]


@dataclass(frozen=True)
class ComponentStudy:
    """Readiness, and what happens to the outcome when a component changes.

    Attributes
    ----------
    scenario, network : what was studied; the network is that of replicate 0.
    readiness : one for each strategy.
    what_ifs : by component, in the file's order.
    n_replicates : paired runs of each change.

    Examples
    --------
    >>> scenario = load_scenario("classroom")
    >>> network = ss.make_network(scenario)
    >>> ComponentStudy(scenario, network, readiness=[], what_ifs=[], n_replicates=2).n_replicates
    2
    """

    scenario: Scenario
    network: Network
    readiness: Sequence[StrategyReadiness]
    what_ifs: Sequence[WhatIf]
    n_replicates: int


def readiness_of(network: Network, strategy_plan: Plan) -> StrategyReadiness:
    """Return the chance that each service engages in the first month of the programme, with support and no example.

    Parameters
    ----------
    network : services, with their readiness and context.
    strategy_plan : `Plan` of the strategy.

    Returns
    -------
    `StrategyReadiness`.

    References
    ----------
    Weiner, Implement Sci 2009;4:67: readiness is for a particular change; here it falls with the intervention's
    complexity.

    Examples
    --------
    >>> scenario = load_scenario("default")
    >>> network = ss.make_network(scenario)
    >>> readiness_of(network, plan(scenario, next(iter(scenario.strategies)))).of_own_accord.shape
    (480,)
    """
    b, v = strategy_plan.behaviour, strategy_plan.intervention
    months = strategy_plan.levers
    m = months[min(strategy_plan.programme.start_month, len(months) - 1)]
    of_own_accord, under_mandate = np.empty(network.n), np.empty(network.n)
    columns = [network[name].tolist() for name in ("readiness", "context", "regional_context", "second_form")]
    for i, (ready, context, regional, second) in enumerate(zip(*columns, strict=True)):
        odds = rules.engagement_odds(b, m, v.mean_complexity, ready, m.support, 0.0, 1.0)
        fit = rules.fit(b, context, rules.form_as_published(m, 0.0, regional), second)
        of_own_accord[i] = rules.engagement(b, odds)
        under_mandate[i] = rules.mandated_engagement(b, m, v, odds, fit)
    return StrategyReadiness(strategy_plan.name, of_own_accord, under_mandate, _ready_from(b))


def _ready_from(b: rules.Behaviour) -> float:
    """Return the chance of engaging from which a service is ready: where it asks, that of the threshold; else evens."""
    odds = b.appraisal.readiness_threshold if b.appraisal.applies else 1.0
    return odds / (1.0 + odds)


def component_changes(component: Any) -> dict[str, dict[str, Any]]:
    """Return the ways in which a component can be changed.

    Parameters
    ----------
    component : `Component` of a scenario.

    Returns
    -------
    For each way, the fields that it sets.

    Examples
    --------
    >>> scenario = load_scenario("classroom")
    >>> list(component_changes(scenario.intervention.components["the-thing"]))
    ['adaptable', 'simpler', 'better written down']
    """
    changes: dict[str, dict[str, Any]] = {
        "adaptable" if component.core else "core": {"core": not component.core},
    }
    if component.complexity > 0:
        changes["simpler"] = {"complexity": max(0.0, component.complexity - STEP)}
    if component.codification < 1:
        changes["better written down"] = {"codification": min(1.0, component.codification + STEP)}
    return changes


def study_components(
    scenario: Scenario | str | Path,
    *,
    only: Sequence[str] | None = None,
    strategies: Sequence[str] | None = None,
    replicates: int | None = None,
    seed: int | None = None,
    network: NetworkSource | None = None,
    workers: int | None = None,
    progress: bool | Callable[[int], None] = True,
) -> ComponentStudy:
    """Study readiness and, by paired runs on common random numbers, what each component does to the outcome.

    Parameters
    ----------
    scenario : a `Scenario`, a shipped name or a path.
    only : names of the components to change; all by default.
    strategies : names of the strategies; all by default.
    replicates : paired runs of each change; at most 20 of the scenario's by default.
    seed, network, workers : as in `compare`.
    progress : whether to show a bar in a notebook and on a terminal (lines in the log elsewhere), or a function that is
        called with 1 after each replicate.

    Returns
    -------
    `ComponentStudy`.

    Raises
    ------
    InputError, InputErrors : the scenario, a component or a strategy cannot be used.

    Examples
    --------
    >>> study = ss.study_components("classroom", replicates=2, workers=1)
    >>> [(what_if.component, what_if.change) for what_if in study.what_ifs]
    [('the-thing', 'adaptable'), ('the-thing', 'simpler'), ('the-thing', 'better written down')]
    """
    spec = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    spec = with_run(spec, replicates or min(20, spec.run.replicates), seed, None)
    components = spec.intervention.components
    component_names = list(only or components)
    for name in component_names:
        if name not in components:
            raise InputError(spec.name, "components", f"there is no component '{name}'", nearest(name, components))
    names = list(strategies or spec.strategies)
    base, fixed = Extensions.of(network=network).base_network(spec)
    current = [plan(spec, name, file=spec.name) for name in names]
    variants: list[tuple[str, str, list[Plan]]] = []
    for component in component_names:
        for change, fields in component_changes(components[component]).items():
            document = as_document(spec)
            for name in spec.intervention.together_with(component):
                document["intervention"]["components"][name] |= fields
            variant = validate(document, spec.name)
            variants.append((component, change, [plan(variant, name, file=spec.name) for name in names]))
    all_plans = [*current, *(p for _, _, plans in variants for p in plans)]
    tasks = [Task(r, all_plans, [False] * len(all_plans), False) for r in range(spec.run.replicates)]
    rows: list[list[dict[str, float]]] = []
    with progress_steps(progress, f"{spec.name} components", "replicate", len(tasks)) as step:
        for result in run_tasks(spec, base, fixed, tasks, workers=workers, progress=lambda: step(1)):
            rows.append([outcome.measures for outcome in result])

    def values(place: int, measure: str) -> np.ndarray:
        return np.array([row[place][measure] for row in rows])

    what_ifs = []
    for k, (component, change, _) in enumerate(variants):
        differences = {
            name: {
                m.name: difference_of(m, values(len(names) * (k + 1) + s, m.name), values(s, m.name)) for m in MEASURES
            }
            for s, name in enumerate(names)
        }
        what_ifs.append(WhatIf(component, change, differences))
    return ComponentStudy(spec, base, [readiness_of(base, p) for p in current], what_ifs, spec.run.replicates)
