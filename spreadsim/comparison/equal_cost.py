"""The strategies again at equal effort: what each does when all cost the same.

What belongs here: finding for each strategy the support at which its mean cost a service is that of the others, and the
comparison then. What does not: what cost is made of (``rules``) and how the answer is shown (``report``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.comparison.results import ComparisonResults, EqualCost, EqualCostRow
from spreadsim.drivers.running import Driver, Outcome, Task, run_tasks
from spreadsim.network.data import Network
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import Plan, plan

if TYPE_CHECKING:
    from spreadsim.drivers.agents import Service

SEARCH_REPLICATES = 8
MAX_REPLICATES = 40
ROUNDS = 9
TOLERANCE = 0.02  # of the reference: what counts as reached


def with_support(scenario: Scenario, name: str, level: float) -> tuple[Any, Plan]:
    """Return a strategy, and its plan, with support at `level` at the start, its schedule scaled alike."""
    strategy = scenario.strategies[name]
    given = plan(scenario, name).programme.support
    ratio = level / given if given > 0 else 1.0
    schedule = []
    entry: Any
    for entry in strategy.schedule:
        scaled = None if entry.support is None else float(min(1.0, entry.support * ratio))
        schedule.append(entry if scaled is None else entry.model_copy(update={"support": scaled}))
    changed: dict[str, Any] = {"support": float(level)}
    if schedule:
        changed["schedule"] = schedule
    own = strategy.model_copy(update=changed)
    return own, plan(scenario, name, own)


class _Runs:
    """Runs of any plan on the networks of a comparison, those of the search made once."""

    def __init__(self, scenario: Scenario, comparison: ComparisonResults, service_class: type[Service] | None) -> None:
        self.scenario, self.base = scenario, comparison.network
        self.driver: Driver = comparison.driver
        self.fixed = comparison.fixed
        self.service_class = service_class
        self._kept: dict[int, Network] = {}

    def outcomes(self, plans: Sequence[Plan], replicates: int, keep: bool = False) -> list[list[Outcome]]:
        """Return the outcomes of plans in each of the first replicates; `keep` keeps the networks for the next time."""
        tasks = [Task(r, plans, [False] * len(plans), False) for r in range(replicates)]
        results = run_tasks(
            self.scenario,
            self.base,
            self.fixed,
            tasks,
            driver=self.driver,
            service_class=self.service_class,
            kept=self._kept if keep else None,
        )
        return list(results)

    def cost(self, one: Plan, replicates: int) -> float:
        """Return the mean cost of a plan over the first replicates."""
        return float(np.mean([found[0].measures["cost"] for found in self.outcomes([one], replicates, keep=True)]))


def at_equal_cost(
    scenario: Scenario, comparison: ComparisonResults, service_class: type[Service] | None = None
) -> EqualCost | None:
    """Return the strategies at equal effort: support scaled until mean cost per service matches the median.

    Support is searched for between 0 and 1 by bisection, over a few replicates with common random numbers; then all
    strategies are run over the scenario's replicates, 40 at most. None where there is nothing to compare, or nothing
    costs anything.

    Parameters
    ----------
    scenario, comparison : what was compared, and with which outcome.
    service_class : of a comparison that was run with one.
    """
    names = comparison.strategies
    if len(names) < 2:
        return None
    few = min(SEARCH_REPLICATES, comparison.n_replicates)
    given = {name: float(np.mean(comparison.values(name, "cost"))) for name in names}
    searched = {name: float(np.mean(comparison.values(name, "cost")[:few])) for name in names}
    if not all(np.isfinite(cost) for cost in given.values()) or max(given.values()) <= 0:
        return None
    target = float(np.median(list(searched.values())))
    runs = _Runs(scenario, comparison, service_class)
    levels = {name: _level(runs, scenario, name, searched[name], target, few) for name in names}
    changed = {name: with_support(scenario, name, level) for name, level in levels.items()}
    k = min(comparison.n_replicates, MAX_REPLICATES)
    plans = [changed[name][1] for name in names]
    results = runs.outcomes(plans, k)
    outcomes = {name: [result[place] for result in results] for place, name in enumerate(names)}
    then = replace(
        comparison,
        scenario=scenario.model_copy(update={"strategies": {name: changed[name][0] for name in names}}),
        plans=plans,
        outcomes=outcomes,
        frontier=None,
        lever_map=None,
        equal_cost=None,
    )
    reference = float(np.median(list(given.values())))
    rows = []
    for name in names:
        cost = float(np.mean(then.values(name, "cost")))
        rows.append(
            EqualCostRow(
                strategy=name,
                support_given=float(plan(scenario, name).programme.support),
                support=levels[name],
                cost_given=given[name],
                cost=cost,
                reached=abs(cost - reference) <= TOLERANCE * reference,
            )
        )
    return EqualCost(reference, tuple(rows), then)


def _level(runs: _Runs, scenario: Scenario, name: str, cost: float, target: float, few: int) -> float:
    """Return the support at which a strategy's cost is nearest to the target."""
    given = float(plan(scenario, name).programme.support)
    near = 0.1 * TOLERANCE * target
    if abs(cost - target) <= near:
        return given

    def gap(level: float) -> float:
        return runs.cost(with_support(scenario, name, level)[1], few) - target

    low, high = (0.0, given) if cost > target else (given, 1.0)
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
