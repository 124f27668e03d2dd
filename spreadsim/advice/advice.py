"""Advice: where to start, in which waves, and with how much support within a budget.

What belongs here: the candidates, the search over them, and the judging of what it found. Three sets of replicates that
share no number are used: the search sees the first, the winner is picked on the second, and every figure that is
reported comes from the third, which neither of them saw. Because advice names services, all runs are on one network.
What does not: how sites are chosen from a network (``network.site_choice``), what is said of the outcome
(``findings``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.advice.choices import Choice, n_starting_sites, strategy_of
from spreadsim.advice.results import AdviceResults, Judged
from spreadsim.comparison.comparison import check_arguments, network_for, with_run
from spreadsim.drivers.running import Task, run_tasks
from spreadsim.errors import InputError, MissingExtraError, nearest
from spreadsim.levers import StartingSites
from spreadsim.network.data import Network
from spreadsim.network.site_choice import FEATURES, SIMPLE_RULES, by_index, by_rule, features, places
from spreadsim.network.waves import groups_of_level, wave_level
from spreadsim.outcomes.measures import BY_NAME, MEASURES
from spreadsim.outcomes.statistics import LEVEL, difference, summarise
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import Plan, plan
from spreadsim.scenario.validation import resolved, validate

if TYPE_CHECKING:
    import networkx

    from spreadsim.network.reading.files import NetworkFile

PARTS = ("sites", "waves", "support")
MOST_MONTHS = 12  # between waves
MOST_WAVES = 20  # groups whose order is searched
HALVINGS = 6  # of support, to bring a simple rule within the budget
SHORTLIST = 8  # of the search's candidates that go on to the second set
_INFEASIBLE = 1e6  # a candidate over budget comes after all that are within it, by how far it is over (Deb 2000)


class Advice(AdviceResults):
    """What to do, and how it compares with simple rules: results that can be saved."""

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write the results folder, whole or not at all; return its path."""
        from spreadsim.advice.folder import write_advice

        return write_advice(self, Path(folder), force=force)


@dataclass(frozen=True)
class Budget:
    """The most that a choice may cost, and what the scenario as it stands costs, by replicate.

    A choice's cost is told from few replicates by its paired difference from the scenario as it stands, which luck
    moves less than the cost itself, plus one standard error: a search drives candidates to the edge of the budget, and
    half of those that seemed within it would else turn out to be over it.
    """

    limit: float
    as_it_stands: np.ndarray

    def likely_cost(self, cost: np.ndarray, replicates: range) -> np.ndarray:
        """Return a cautious mean cost of each choice; `cost` has shape (choices, replicates)."""
        gaps = cost - self.as_it_stands[list(replicates)]
        error = gaps.std(axis=1, ddof=1) / np.sqrt(gaps.shape[1])
        return np.asarray(self.as_it_stands.mean() + gaps.mean(axis=1) + error)


class _Search:
    """Candidates as points of the unit cube, and the runs that say what each is worth."""

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
    ) -> None:
        self.scenario, self.strategy, self.network, self.measure = scenario, strategy, network, measure
        self.parts, self.count, self.workers, self.progress = parts, count, workers, progress
        self.standing = {name: places(values) for name, values in features(network).items()}
        own = plan(scenario, strategy)
        tree = network.hierarchy
        place = wave_level(tree, own.programme.waves.level)
        self.groups = tuple(tree.names[g] for g in groups_of_level(tree, place))
        told = any(m.mandate > 0 for m in own.levers)
        self.in_waves = "waves" in parts and told and 2 <= len(self.groups) <= MOST_WAVES
        waves, programme = own.programme.waves, own.programme
        sites = programme.starting_sites
        fixed = None
        if sites.ids is not None:
            place_of = {identity: i for i, identity in enumerate(network.ids)}
            fixed = tuple(sorted({place_of[identity] for identity in sites.ids}))
        elif sites.rule != "random":
            fixed = by_rule(network, sites.rule, count)
        self.start = Choice(
            fixed, waves.months_between, tuple(waves.order), programme.support, programme.support_capacity
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
            sites = by_index(self.network, self.standing, weights, 2.0 * at.pop(0) - 1.0, self.count)
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
        result = {m.name: np.full((len(plans), len(tasks)), np.nan) for m in MEASURES}
        step = self.progress
        for r, outcomes in enumerate(
            run_tasks(
                self.scenario,
                self.network,
                True,
                tasks,
                workers=self.workers,
                progress=(lambda: step(len(plans))) if step else None,
            )
        ):
            for p, outcome in enumerate(outcomes):
                for m in MEASURES:
                    result[m.name][p, r] = outcome.measures[m.name]
        return result

    def worth(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the mean of the measure sought, higher is better; a null counts as the worst."""
        measure = BY_NAME[self.measure]
        found = values[self.measure]
        if measure.never:
            found = np.where(np.isnan(found), self.scenario.run.months + 1.0, found)
        means = (-1.0 if measure.better == "lower" else 1.0) * found.mean(axis=1)
        return np.where(np.isnan(means), -_INFEASIBLE / 2, means)

    def loss(self, values: Mapping[str, np.ndarray], budget: Budget, replicates: range) -> np.ndarray:
        """Return what the optimiser makes small: the worth, and after all that are within budget those over it."""
        over = budget.likely_cost(values["cost"], replicates) - budget.limit
        return np.where(over > 1e-9, _INFEASIBLE + over, -self.worth(values))


def _optimise(
    search: _Search, begin: Sequence[np.ndarray], budget: Budget, n_candidates: int, replicates: range, seed: int
) -> tuple[list[Choice], int]:
    """Return the best choices that an evolution strategy (CMA-ES; Hansen 2016) found, and how many it tried."""
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
    seen: dict[Choice, float] = {}
    tried = 0
    while tried < n_candidates and not strategy.stop():
        points = strategy.ask()
        choices = [search.choice(point) for point in points]
        new = list(dict.fromkeys(choice for choice in choices if choice not in seen))
        if new:
            seen |= dict(
                zip(new, search.loss(search.values(new, replicates), budget, replicates).tolist(), strict=True)
            )
        strategy.tell(points, [seen[choice] for choice in choices])
        tried += len(points)
    centre = search.choice(strategy.result.xfavorite)
    ranked = sorted(seen, key=lambda choice: seen[choice])
    feasible = [choice for choice in ranked if seen[choice] < _INFEASIBLE / 4]
    return list(dict.fromkeys([*feasible[: SHORTLIST - 1], centre])), tried


def advise(
    scenario: Scenario | str | Path,
    *,
    strategy: str | None = None,
    measure: str = "cumulative_benefit",
    budget: float | None = None,
    sites: int | None = None,
    parts: Sequence[str] = PARTS,
    candidates: int = 600,
    search_replicates: int = 24,
    replicates: int | None = None,
    seed: int | None = None,
    months: int | None = None,
    network: Network | NetworkFile | networkx.Graph | None = None,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Advice:
    """Search for starting sites, order of waves and support within a budget, and judge what is found.

    Parameters
    ----------
    scenario : a `Scenario`, a shipped name or a path.
    strategy : the one to advise on; the scenario's last by default.
    measure : what is sought, any measure with a better side.
    budget : most staff-days per service over the whole horizon (the measure ``cost``); by default what the strategy
        costs in the scenario.
    sites : number of starting sites; the scenario's by default. They cost nothing before month 0, so that the number
        is given and not searched.
    parts : what is searched, of ``sites``, ``waves`` and ``support``.
    candidates : how many the search tries.
    search_replicates : runs of each; twice as many others pick among the best.
    replicates : held-out runs of the advice and of what it is held against; the scenario's by default.
    seed, months, network, workers : as in `compare`.
    progress : called after runs, with how many.

    Raises
    ------
    InputError, InputErrors : the scenario or an argument cannot be used, or nothing is within the budget.
    MissingExtraError : cma is not installed.
    """
    check_arguments("compiled", workers)
    spec = with_run(scenario if isinstance(scenario, Scenario) else load_scenario(scenario), replicates, seed, months)
    if spec.run.parameter_sets is not None:
        raise InputError(spec.name, "run.parameter_sets", "is used by compare, but not by advise", "take it out")
    redrawn = spec.network.redraw
    spec = _on_one_network(spec)
    name = strategy or list(spec.strategies)[-1]
    if name not in spec.strategies:
        raise InputError(spec.name, "strategy", f"there is no strategy '{name}'", nearest(name, spec.strategies))
    sought = [m.name for m in MEASURES if m.better != "neither" and m.name != "cost"]
    if measure not in sought:
        raise InputError("--measure", measure, "cannot be sought", nearest(measure, sought))
    for part in parts:
        if part not in PARTS:
            raise InputError("--search", part, "is not searched", nearest(part, PARTS))
    base, _ = network_for(spec, network)
    given_count = n_starting_sites(spec, name, base)
    count = given_count if sites is None else sites
    if not 1 <= count <= base.n:
        raise InputError("--sites", str(count), f"of {base.n} services", "give a number from 1 to that of services")
    if count != given_count:
        spec = _with_count(spec, name, count / base.n)
    search = _Search(spec, name, base, measure, tuple(parts), count, workers, progress)
    if search.dimensions == 0:
        raise InputError(
            "--search",
            ",".join(parts),
            "leaves nothing to search here",
            "an order of waves needs a mandate and 2 to 20 groups; add sites or support",
        )
    a, b, c = search_replicates, 2 * search_replicates, spec.run.replicates
    first, second, third = range(a), range(a, a + b), range(a + b, a + b + c)

    start = search.start
    given = budget is not None
    costs = search.values([start], range(a + b))["cost"][0]
    limits = Budget(float(budget) if budget is not None else float(costs.mean()), costs)
    simple = {rule: replace(start, sites=by_rule(base, rule, count)) for rule in SIMPLE_RULES}
    # Where the budget binds, support is cut on the set that then tells whether the cut was enough.
    first_tried = {rule: search.within(choice, limits, first) for rule, choice in simple.items()}
    rules = {rule: search.within(choice, limits, second) for rule, choice in simple.items()}
    worth = search.worth(search.values(list(first_tried.values()), first))
    by_worth = [list(rules)[i] for i in np.argsort(-worth, kind="stable")]
    begin = [search.point(rule, first_tried[rule]) for rule in by_worth if rule != "random"]
    found, tried = _optimise(search, begin, limits, candidates, first, spec.run.seed)

    ideas: dict[Choice, str] = dict.fromkeys(found, "search")
    if "sites" in parts:
        for choice in found[:2]:  # the search's waves and support, with the sites of each simple rule
            for rule in SIMPLE_RULES:
                ideas.setdefault(replace(choice, sites=rules[rule].sites), rule)
        for rule, choice in rules.items():
            ideas.setdefault(choice, rule)
    else:
        ideas.setdefault(start, "as it stands")
    finalists = list(ideas)
    loss = search.loss(search.values(finalists, second), limits, second)
    best = int(np.argmin(loss))
    if loss[best] >= _INFEASIBLE / 4:
        raise InputError(
            "--budget",
            f"{limits.limit:g}",
            "nothing that was tried costs so little as the budget",
            f"give at least {limits.limit + float(loss[best]) - _INFEASIBLE:.1f} staff-days per service, or "
            "shorten the programme",
        )
    advised = finalists[best]
    notes = _notes(search, redrawn, network is not None, tuple(parts))
    judged = _judge(search, advised, start, rules, third)
    return Advice(
        scenario=spec, network=base, strategy=name, parts=tuple(parts), measure=measure, budget=limits.limit,
        budget_given=given, as_it_stands=start, choice=advised, found_by=ideas[advised], judged=judged,
        replicates=(a, b, c), level=_joint(len(rules)), n_candidates=tried, notes=notes,
    )  # fmt: skip


def _joint(n: int) -> float:
    """Return the level of each of `n` intervals that are to hold together (Bonferroni)."""
    return 1.0 - (1.0 - LEVEL) / max(1, n)


def _on_one_network(scenario: Scenario) -> Scenario:
    document = resolved(scenario)
    document["network"] = document["network"] | {"redraw": False}
    return validate(document, scenario.name, scenario.folder)


def _with_count(scenario: Scenario, name: str, share: float) -> Scenario:
    own: Any = scenario.strategies[name]
    strategies = dict(scenario.strategies)
    rule = plan(scenario, name).programme.starting_sites.rule
    strategies[name] = own.model_copy(update={"starting_sites": StartingSites(share=share, rule=rule)})
    return scenario.model_copy(update={"strategies": strategies})


def _notes(search: _Search, redrawn: bool, from_python: bool, parts: tuple[str, ...]) -> list[str]:
    notes = []
    if redrawn and not from_python and search.scenario.network.source != "file":
        notes.append(
            "This scenario draws a new network for each run. Advice names services, so all runs were on the network of "
            "replicate 0; with your own network, the services named are yours."
        )
    if "waves" in parts and not search.in_waves:
        told = any(m.mandate > 0 for m in plan(search.scenario, search.strategy).levers)
        notes.append(
            "No order of waves was searched: "
            + (
                f"the level has {len(search.groups)} groups, and 2 to {MOST_WAVES} are searched."
                if told
                else "waves apply to the instruction, and this strategy instructs nobody."
            )
        )
    if search.measure in ("benefit", "cumulative_benefit", "cost_per_benefit_year"):
        notes.append(
            "Benefit is weighted by the people served and counts starting sites from month 0: large sites raise it at "
            "once, without any spread. Reach shows spread alone."
        )
    notes.append("Starting sites cost nothing before month 0: their number was set, not searched for.")
    return notes


def _judge(
    search: _Search, advised: Choice, start: Choice, rules: Mapping[str, Choice], replicates: range
) -> list[Judged]:
    """Run the advice and what it is held against on the held-out replicates."""
    rows: list[tuple[str, str, str, Choice]] = [("the advice", "", "", advised)]
    for rule, choice in rules.items():
        rows.append((rule, "sites alone", rule, replace(advised, sites=choice.sites)))
    for rule, choice in rules.items():
        rows.append((rule, "within the budget", rule, choice))
    rows.append(("the scenario as it stands", "for reference", "", start))
    if advised.months_between != start.months_between or advised.order != start.order:
        without = replace(advised, months_between=start.months_between, order=start.order)
        rows.append(("waves as in the scenario", "part left out", "", without))
    if (advised.support, advised.support_capacity) != (start.support, start.support_capacity):
        without = replace(advised, support=start.support, support_capacity=start.support_capacity)
        rows.append(("support as in the scenario", "part left out", "", without))
    choices = list(dict.fromkeys(choice for _, _, _, choice in rows))
    values = search.values(choices, replicates)
    level = _joint(len(rules))
    judged = []
    for name, against, rule, choice in rows:
        place = choices.index(choice)
        own = {m.name: values[m.name][place] for m in MEASURES}
        judged.append(
            Judged(
                name,
                against,
                rule,
                choice,
                own,
                {m.name: summarise(own[m.name], m.never) for m in MEASURES},
                {m.name: difference(values[m.name][0], own[m.name], m.never, level) for m in MEASURES},
            )
        )
    return judged
