"""The strategies again at equal effort: what each does when all cost the same.

What belongs here: for each strategy the support at which its mean cost a service is that of the others, and the
comparison then. What does not: what cost is made of (``rules``) and how the answer is shown (``report``).

scenario : a `Scenario`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from spreadsim.comparison.results import ComparisonResults, EqualCost, EqualCostRow
from spreadsim.drivers.running import Driver, Outcome, Task, run_tasks
from spreadsim.network.data import Network
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import Plan, plan

SEARCH_REPLICATES = 8
MAX_REPLICATES = 40
ROUNDS = 9
TOLERANCE = 0.02  # of the reference: what counts as reached


def with_support(scenario: Scenario, name: str, level: float) -> tuple[Any, Plan]:
    """Return a strategy, and its plan, with another support; its schedule and its rules are scaled alike.

    Parameters
    ----------
    name : of the strategy.
    level : support at the start, from 0 to 1.

    Returns
    -------
    The strategy and its `Plan`.

    Examples
    --------
    >>> strategy, changed = with_support(ss.load_scenario("classroom"), "one-neighbour-is-enough", 0.5)
    >>> strategy.support, changed.programme.support
    (0.5, 0.5)
    """
    strategy = scenario.strategies[name]
    support = plan(scenario, name).programme.support
    ratio = level / support if support > 0 else 1.0

    def scaled(entry: Any) -> Any:
        if entry.support is None:
            return entry
        return entry.model_copy(update={"support": float(min(1.0, entry.support * ratio))})

    changes: dict[str, Any] = {"support": float(level)}
    if strategy.schedule:
        changes["schedule"] = [scaled(entry) for entry in strategy.schedule]
    if strategy.rules:
        changes["rules"] = [rule.model_copy(update={"set": scaled(rule.set)}) for rule in strategy.rules]
    variant = strategy.model_copy(update=changes)
    return variant, plan(scenario, name, variant)


class _PlanRuns:
    """Runs of any plan on the networks of a comparison, each made once."""

    def __init__(
        self,
        scenario: Scenario,
        comparison: ComparisonResults,
        network_cache: dict[int, Network] | None,
    ) -> None:
        self.scenario, self.base = scenario, comparison.network
        self.driver: Driver = comparison.driver
        self.fixed = comparison.fixed
        self.extensions = comparison.extensions
        self._networks: dict[int, Network] = {} if network_cache is None else network_cache

    def outcomes(self, plans: Sequence[Plan], replicates: int) -> list[list[Outcome]]:
        """Return the outcomes of plans in each of the first replicates."""
        tasks = [Task(r, plans, [False] * len(plans), False) for r in range(replicates)]
        results = run_tasks(
            self.scenario,
            self.base,
            self.fixed,
            tasks,
            driver=self.driver,
            extensions=self.extensions,
            network_cache=self._networks,
        )
        return list(results)

    def cost(self, strategy_plan: Plan, replicates: int) -> float:
        """Return the mean cost of a plan over the first replicates."""
        return float(np.mean([outcomes[0].measures["cost"] for outcomes in self.outcomes([strategy_plan], replicates)]))


def at_equal_cost(
    scenario: Scenario,
    comparison: ComparisonResults,
    network_cache: dict[int, Network] | None = None,
) -> EqualCost | None:
    """Return the strategies at equal effort: support scaled until mean cost per service matches the median.

    Support is searched for between 0 and 1 by bisection, over a few replicates with common random numbers; then all
    strategies are run over the scenario's replicates, 40 at most.

    Parameters
    ----------
    comparison : outcomes of the scenario's strategies.
    network_cache : the comparison's networks that were kept, by replicate.

    Returns
    -------
    `EqualCost`; None where there is nothing to compare, or nothing costs anything.

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom")
    >>> comparison = ss.compare(scenario, replicates=2, frontier=False)
    >>> [row.strategy for row in at_equal_cost(scenario, comparison).rows]
    ['one-neighbour-is-enough', 'one-neighbour-is-not-enough']
    """
    names = comparison.strategies
    if len(names) < 2:
        return None
    n_search = min(SEARCH_REPLICATES, comparison.n_replicates)
    costs = {name: float(np.mean(comparison.values(name, "cost"))) for name in names}
    search_costs = {name: float(np.mean(comparison.values(name, "cost")[:n_search])) for name in names}
    if not all(np.isfinite(cost) for cost in costs.values()) or max(costs.values()) <= 0:
        return None
    target = float(np.median(list(search_costs.values())))
    runs = _PlanRuns(scenario, comparison, network_cache)
    levels = {name: _level(runs, scenario, name, search_costs[name], target, n_search) for name in names}
    variants = {name: with_support(scenario, name, level) for name, level in levels.items()}
    k = min(comparison.n_replicates, MAX_REPLICATES)
    plans = [variants[name][1] for name in names]
    results = runs.outcomes(plans, k)
    outcomes = {name: [result[place] for result in results] for place, name in enumerate(names)}
    equal = replace(
        comparison,
        scenario=scenario.model_copy(update={"strategies": {name: variants[name][0] for name in names}}),
        plans=plans,
        outcomes=outcomes,
        frontier=None,
        lever_map=None,
        equal_cost=None,
        better_mixes=None,
    )
    reference = float(np.median(list(costs.values())))
    rows = []
    for name in names:
        cost = float(np.mean(equal.values(name, "cost")))
        rows.append(
            EqualCostRow(
                strategy=name,
                support_given=float(plan(scenario, name).programme.support),
                support=levels[name],
                cost_given=costs[name],
                cost=cost,
                reached=abs(cost - reference) <= TOLERANCE * reference,
            )
        )
    return EqualCost(reference, tuple(rows), equal)


def _level(runs: _PlanRuns, scenario: Scenario, name: str, cost: float, target: float, n_search: int) -> float:
    """Return the support at which a strategy's cost is nearest to the target."""
    support = float(plan(scenario, name).programme.support)
    near = 0.1 * TOLERANCE * target
    if abs(cost - target) <= near:
        return support

    def gap(level: float) -> float:
        return runs.cost(with_support(scenario, name, level)[1], n_search) - target

    low, high = (0.0, support) if cost > target else (support, 1.0)
    at_low, at_high = (gap(low), cost - target) if cost > target else (cost - target, gap(high))
    if at_low * at_high > 0:  # out of reach in this direction: the nearer end
        return low if abs(at_low) < abs(at_high) else high
    middle = 0.5 * (low + high)
    for _ in range(ROUNDS):
        middle = 0.5 * (low + high)
        here = gap(middle)
        if abs(here) <= near:
            break
        if here * at_low > 0:
            low, at_low = middle, here
        else:
            high = middle
    return round(middle, 4)
