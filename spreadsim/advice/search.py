"""The search for advice: candidates as points of the unit cube, what each is worth, and the budget it must keep.

What belongs here: turning a point into a choice, running choices, and the optimiser. What does not: which of them is
advised, and how it is judged (``advice``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from spreadsim.advice.choices import Choice, strategy_of
from spreadsim.drivers.extensions import NO_EXTENSIONS, Extensions
from spreadsim.drivers.running import Task, run_tasks
from spreadsim.errors import MissingExtraError
from spreadsim.network.data import Network
from spreadsim.network.site_choice import FEATURES, features, percentile_ranks, sites_by_index, sites_by_rule
from spreadsim.network.waves import groups_of_level, wave_level
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import Plan, plan

MOST_MONTHS = 12  # between waves
MOST_WAVES = 20  # groups whose order is searched
HALVINGS = 6  # of support, to bring a simple rule within the budget
SHORTLIST = 8  # of the search's candidates that go on to the second set
INFEASIBLE = 1e6  # a candidate over budget comes after all that are within it, by how far it is over (Deb 2000)


@dataclass(frozen=True)
class Budget:
    """The most that a choice may cost, and what the scenario as it stands costs.

    A choice's cost is told from few replicates by its paired difference from the scenario as it stands, which chance
    moves less than the cost itself, plus one standard error: a search drives candidates to the edge of the budget, and
    half of those that seemed within it would else turn out to be over it.

    Attributes
    ----------
    limit : staff-days per service over the whole horizon.
    baseline : cost of the scenario as it stands, one value a replicate.

    Examples
    --------
    >>> budget = Budget(11.0, np.array([10.0, 12.0, 11.0, 9.0]))
    >>> budget.likely_cost(np.array([[10.5, 12.5]]), range(2))
    array([11.])
    """

    limit: float
    baseline: np.ndarray

    def likely_cost(self, cost: np.ndarray, replicates: range) -> np.ndarray:
        """Return a cautious mean cost of each choice; `cost` has shape (choices, replicates)."""
        gaps = cost - self.baseline[list(replicates)]
        error = gaps.std(axis=1, ddof=1) / np.sqrt(gaps.shape[1])
        return np.asarray(self.baseline.mean() + gaps.mean(axis=1) + error)


class CandidateSearch:
    """Candidates as points of the unit cube, and the runs that say what each is worth.

    Parameters
    ----------
    scenario : on one network.
    strategy : name of the one that is advised on.
    network : whose services start.
    measure : what is sought.
    parts : what is searched, of ``sites``, ``waves`` and ``support``.
    count : number of starting sites.
    workers : processes of this machine; None for one a processor.
    progress : called after runs, with how many.
    extensions : what the Python program added.

    Examples
    --------
    >>> scenario = ss.load_scenario("default")
    >>> network = ss.make_network(scenario)
    >>> search = CandidateSearch(scenario, "blend", network, "reach", ("support",), 14, 1, None)
    >>> search.dimensions, search.choice(np.array([0.25, 0.5])).support
    (2, 0.25)
    """

    def __init__(
        self,
        scenario: Scenario,
        strategy: str,
        network: Network,
        measure: str,
        parts: Sequence[str],
        count: int,
        workers: int | None,
        progress: Callable[[int], None] | None,
        extensions: Extensions = NO_EXTENSIONS,
    ) -> None:
        self.extensions = extensions
        self.scenario, self.strategy, self.network, self.measure = scenario, strategy, network, measure
        self.parts, self.count, self.workers, self.progress = parts, count, workers, progress
        self.ranks = {name: percentile_ranks(values) for name, values in features(network).items()}
        own = plan(scenario, strategy)
        tree = network.hierarchy
        place = wave_level(tree, own.programme.waves.level)
        self.groups = tuple(tree.names[g] for g in groups_of_level(tree, place))
        has_mandate = any(m.mandate > 0 for m in own.levers)
        self.in_waves = "waves" in parts and has_mandate and 2 <= len(self.groups) <= MOST_WAVES
        waves, programme = own.programme.waves, own.programme
        sites = programme.starting_sites
        chosen_sites = None
        if sites.ids is not None:
            place_of = {identity: i for i, identity in enumerate(network.ids)}
            chosen_sites = tuple(sorted({place_of[identity] for identity in sites.ids}))
        elif sites.rule != "random":
            chosen_sites = sites_by_rule(network, sites.rule, count)
        self.start = Choice(
            chosen_sites, waves.months_between, tuple(waves.order), programme.support, programme.support_capacity
        )

    @property
    def dimensions(self) -> int:
        """Number of coordinates of a candidate."""
        n = len(FEATURES) + 1 if "sites" in self.parts else 0
        n += 2 if "support" in self.parts else 0
        return n + (1 + len(self.groups) if self.in_waves else 0)

    def choice(self, point: np.ndarray) -> Choice:
        """Return the choice that a point of the unit cube stands for."""
        at, start = list(np.clip(point, 0.0, 1.0)), self.start
        sites, months, order = start.sites, start.months_between, start.order
        support, capacity = start.support, start.support_capacity
        if "sites" in self.parts:
            weights = {name: 2.0 * at.pop(0) - 1.0 for name in FEATURES}
            sites = sites_by_index(self.network, self.ranks, weights, 2.0 * at.pop(0) - 1.0, self.count)
        if "support" in self.parts:
            support, capacity = round(at.pop(0), 3), round(at.pop(0), 3)
        if self.in_waves:
            months = round(MOST_MONTHS * at.pop(0) ** 2)
            order = tuple(self.groups[g] for g in np.argsort(at, kind="stable")) if months else ()
        return Choice(sites, int(months), order, float(support), float(capacity))

    def point(self, rule: str, choice: Choice) -> np.ndarray:
        """Return the point that stands for a simple rule with the support of `choice` and the scenario's waves."""
        at: list[float] = []
        if "sites" in self.parts:
            feature = {
                "most-connected": "listeners",
                "most-ready": "readiness",
                "k-core": "core_number",
                "most-deprived": "deprivation",
                "largest": "population",
            }.get(rule, "listeners")
            at += [0.9 if name == feature else 0.5 for name in FEATURES] + [0.5]
        if "support" in self.parts:
            at += [choice.support, choice.support_capacity]
        if self.in_waves:
            at += [np.sqrt(self.start.months_between / MOST_MONTHS), *np.linspace(0.3, 0.7, len(self.groups))]
        return np.clip(np.array(at), 0.02, 0.98)

    def within(self, choice: Choice, budget: Budget, replicates: range) -> Choice:
        """Return the choice with its support cut by halving until it costs no more than the budget, if it can be."""

        def fits(support: float) -> bool:
            cost = self.values([replace(choice, support=support)], replicates)["cost"]
            return bool(budget.likely_cost(cost, replicates)[0] <= budget.limit + 1e-9)

        if fits(choice.support):
            return choice
        low, high = 0.0, choice.support
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if fits(middle) else (low, middle)
        return replace(choice, support=round(low, 3))

    def plan(self, choice: Choice) -> Plan:
        """Return a choice as what a driver takes."""
        return plan(self.scenario, self.strategy, strategy_of(self.scenario, self.strategy, self.network, choice))

    def values(self, choices: Sequence[Choice], replicates: range) -> dict[str, np.ndarray]:
        """Return every measure of every choice, arrays of shape (choices, replicates)."""
        plans = [self.plan(choice) for choice in choices]
        tasks = [Task(r, plans, [False] * len(plans), False) for r in replicates]
        result = {m.name: np.full((len(plans), len(tasks)), np.nan) for m in self.extensions.all_measures}
        step = self.progress
        for r, outcomes in enumerate(
            run_tasks(
                self.scenario,
                self.network,
                True,
                tasks,
                driver="mesa" if self.extensions.needs_mesa else "compiled",
                workers=self.workers,
                extensions=self.extensions,
                progress=(lambda: step(len(plans))) if step else None,
            )
        ):
            for p, outcome in enumerate(outcomes):
                for m in self.extensions.all_measures:
                    result[m.name][p, r] = outcome.measures[m.name]
        return result

    def worth(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the mean of the measure sought, higher is better; a null counts as the worst."""
        measure = next(m for m in self.extensions.all_measures if m.name == self.measure)
        column = values[self.measure]
        if measure.never:
            column = np.where(np.isnan(column), self.scenario.run.months + 1.0, column)
        means = (-1.0 if measure.better == "lower" else 1.0) * column.mean(axis=1)
        return np.where(np.isnan(means), -INFEASIBLE / 2, means)

    def loss(self, values: Mapping[str, np.ndarray], budget: Budget, replicates: range) -> np.ndarray:
        """Return what the optimiser makes small: the worth, and after all that are within budget those over it."""
        over = budget.likely_cost(values["cost"], replicates) - budget.limit
        return np.where(over > 1e-9, INFEASIBLE + over, -self.worth(values))


def optimise(
    search: CandidateSearch,
    begin: Sequence[np.ndarray],
    budget: Budget,
    n_candidates: int,
    replicates: range,
    seed: int,
) -> tuple[list[Choice], int]:
    """Return the best choices of an evolution strategy.

    Parameters
    ----------
    search : turns points into choices, and runs them.
    begin : points to begin with, shape of each (dimensions,).
    budget : the most that a choice may cost.
    n_candidates : how many to try, at least.
    replicates : numbers of the replicates that are run.
    seed : of the search.

    Returns
    -------
    The best choices, best first, with the centre of the search; and how many candidates were tried.

    Raises
    ------
    MissingExtraError : cma is not installed.

    References
    ----------
    Hansen, arXiv:1604.00772 (CMA-ES). Deb, Comput Methods Appl Mech Eng 2000;186:311 (candidates over budget).

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom", ["run.months=12"])
    >>> network = ss.make_network(scenario)
    >>> search = CandidateSearch(scenario, list(scenario.strategies)[0], network, "reach", ("support",), 1, 1, None)
    >>> budget = Budget(50.0, np.full(2, 20.0))
    >>> shortlist, n_tried = optimise(search, [np.array([0.5, 0.5])], budget, 4, range(2), seed=1)
    >>> n_tried >= 4, len(shortlist) <= SHORTLIST
    (True, True)
    """
    try:
        import cma
    except ImportError:
        raise MissingExtraError(
            'advice is searched for with cma; install it with: python -m pip install "spreadsim[advise]"'
        ) from None
    options = {
        "bounds": [0.0, 1.0], "randn": np.random.RandomState(seed % 2**32).randn, "seed": np.nan, "verbose": -9,
        "verb_log": 0, "verb_disp": 0, "maxfevals": n_candidates, "tolfun": 0, "tolfunhist": 0, "tolflatfitness": 50,
    }  # fmt: skip
    strategy = cma.CMAEvolutionStrategy(begin[0], 0.2, options)
    strategy.inject(list(begin), force=True)  # the simple rules are the first to be tried
    losses: dict[Choice, float] = {}
    n_tried = 0
    while n_tried < n_candidates and not strategy.stop():
        points = strategy.ask()
        choices = [search.choice(point) for point in points]
        new = list(dict.fromkeys(choice for choice in choices if choice not in losses))
        if new:
            losses |= dict(
                zip(new, search.loss(search.values(new, replicates), budget, replicates).tolist(), strict=True)
            )
        strategy.tell(points, [losses[choice] for choice in choices])
        n_tried += len(points)
    centre = search.choice(strategy.result.xfavorite)
    order = sorted(losses, key=lambda choice: losses[choice])
    feasible = [choice for choice in order if losses[choice] < INFEASIBLE / 4]
    return list(dict.fromkeys([*feasible[: SHORTLIST - 1], centre])), n_tried
