"""A mix that nobody gave: for each strategy the best mix of levers at no more cost, chosen on half of the replicates
and of the plausible worlds, and judged on the others.

What belongs here: a small search that a comparison can afford, and what it finds. What does not: the Pareto front over
benefit, equity and cost, which takes many more runs (``advice``), and what is said of it (``dial``).

The search is by response surfaces: benefit and cost of a first set of mixes, spread evenly, are fitted by quadratic
surfaces in the levers; the mixes that look best within each strategy's cost are run; and so on, a few times. What looks
best by few replicates is run on more, and the choice is made by these. Cost is told by the paired difference from the
strategy, plus one standard error, because a search drives mixes to the edge of what is allowed.

The search is at the scenario's own values. Where there are plausible worlds, the few mixes that look best there are run
in half of them, the choice is made by these, and what is said comes from the other half, with luck that neither search
nor choice has seen.

References
----------
Box, Wilson, J R Stat Soc B 1951;13:1 (response surfaces).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.comparison.doubt import Doubt
from spreadsim.comparison.mixes import LEVERS_OF_MIX, AssumptionSet, Mix, MixRuns, assumption_sets_of
from spreadsim.inference.crossed import MIN_REPLICATES as LEAST_LUCK
from spreadsim.inference.crossed import Components, PairStanding, components, pair_standing
from spreadsim.outcomes.measures import BY_NAME, MEASURES
from spreadsim.outcomes.statistics import LEVEL, MIN_SETS, Difference, Summary, difference_of, summary_of

if TYPE_CHECKING:
    from spreadsim.scenario.plan import Plan

MIN_REPLICATES = 8  # beside those of the worlds: with fewer, neither half could tell anything
ROUNDS = 3
PROPOSALS = 4096
WORLD_REPLICATES = 2  # of each world of the choice
FINALISTS_IN_WORLDS = 2  # of each strategy
EFFORT = 100_000_000  # service-months of a full search, above which it is made smaller
RUNS = 2_000  # of a full search for three strategies
NEAR = 0.2  # of a strategy's cost: mixes that differ from it by so much count half in the surfaces


@dataclass(frozen=True)
class SearchSize:
    """How large a search is.

    Attributes
    ----------
    spread_evenly, per_round : mixes of the first set, and of each round for all strategies together.
    screen_replicates, choice_replicates, evaluation_replicates : of every mix, of the best ones, of those chosen.
    finalists : that are run again, of all strategies together.
    choice_worlds, judged_worlds : plausible worlds, at most.

    Examples
    --------
    >>> SearchSize().at(service_months=480 * 60) == SearchSize()
    True
    >>> SearchSize().at(service_months=6571 * 60).spread_evenly
    40
    """

    spread_evenly: int = 96
    per_round: int = 24
    screen_replicates: int = 4
    choice_replicates: int = 24
    evaluation_replicates: int = 50
    finalists: int = 15
    choice_worlds: int = 16
    judged_worlds: int = 40

    def at(self, service_months: int) -> SearchSize:
        """Return the size where a run has so many service-months: smaller in every part where the whole is too much."""
        share = min(1.0, EFFORT / (RUNS * max(1, service_months))) ** 0.5
        least = SearchSize(40, 6, 2, 8, 16, 6, 8, 2 * MIN_SETS)
        return SearchSize(
            *(max(low, int(share * most)) for most, low in zip(vars(self).values(), vars(least).values(), strict=True))
        )


@dataclass(frozen=True)
class MixInWorlds:
    """How a mix does against the strategy whose cost is its limit, in plausible worlds that it was not chosen in.

    Attributes
    ----------
    n_worlds : their number.
    benefit : the mix minus the strategy, at a level that covers all strategies jointly.
    cost : likewise; its interval says whether the mix costs more after all.
    pair : in what share of worlds the mix does better, and between what limits the difference lies in 90% of them.

    Examples
    --------
    >>> gain = np.repeat(np.linspace(0.01, 0.2, 20)[:, None], 4, axis=1)
    >>> found = MixInWorlds.of(gain, 0.0 * gain, 0.0 * gain, 0.0 * gain, level=0.95)
    >>> found.n_worlds, bool(found.benefit.mean.low > 0), found.pair.better.value
    (20, True, 1.0)
    """

    n_worlds: int
    benefit: Components
    cost: Components
    pair: PairStanding

    @classmethod
    def of(
        cls, benefit: np.ndarray, other_benefit: np.ndarray, cost: np.ndarray, other_cost: np.ndarray, level: float
    ) -> MixInWorlds:
        """Return it from benefit and cost of the mix and of the strategy, each of shape (worlds, replicates)."""
        gain, more = components(benefit - other_benefit, level), components(cost - other_cost, level)
        return cls(len(benefit), gain, more, pair_standing(benefit, other_benefit))

    def as_json(self) -> dict[str, Any]:
        """Return it for programs, as ``summary.json`` holds it."""
        return {
            "n_worlds": self.n_worlds,
            "benefit": vars(self.benefit.mean),
            "cost": vars(self.cost.mean),
            "worlds_90": [self.pair.low_set, self.pair.high_set],
            "better": vars(self.pair.better),
        }


@dataclass(frozen=True)
class BetterMix:
    """The best mix of levers at no more cost than a strategy, on replicates that it was not chosen on.

    Attributes
    ----------
    strategy : whose cost is the limit.
    levers : values of the mix, from 0 to 1.
    summaries : of the mix, by measure.
    differences : the mix minus the strategy, by measure; paired, at a level that covers all strategies jointly.
    in_worlds : the same in plausible worlds; None where there are none, or too few.

    Examples
    --------
    >>> from spreadsim.outcomes.statistics import difference
    >>> gain = difference(np.array([0.40, 0.42, 0.41]), np.array([0.30, 0.31, 0.32]))
    >>> BetterMix("blend", {"mandate": 0.3}, {}, {"benefit": gain}).is_better
    True
    """

    strategy: str
    levers: Mapping[str, float]
    summaries: Mapping[str, Summary]
    differences: Mapping[str, Difference]
    in_worlds: MixInWorlds | None = None

    @property
    def is_better(self) -> bool:
        """Whether its benefit is clearly above that of the strategy: on average over worlds, where there are any."""
        if self.in_worlds is not None:
            return (self.in_worlds.benefit.mean.low or 0.0) > 0
        gain = self.differences["benefit"]
        return bool(gain.told_apart) and gain.mean is not None and gain.mean > 0

    @property
    def is_dearer(self) -> bool:
        """Whether it clearly costs more than the strategy after all."""
        if self.in_worlds is not None:
            return (self.in_worlds.cost.mean.low or 0.0) > 0
        more = self.differences["cost"]
        return bool(more.told_apart) and more.mean is not None and more.mean > 0

    def as_json(self) -> dict[str, Any]:
        """Return the mix for programs, as ``summary.json`` holds it."""
        return {
            "strategy": self.strategy,
            "levers": dict(self.levers),
            "is_better": self.is_better,
            "outcomes": {m: vars(s) for m, s in self.summaries.items()},
            "mix_minus_strategy": {m: vars(d) for m, d in self.differences.items()},
            "in_worlds": None if self.in_worlds is None else self.in_worlds.as_json(),
        }


@dataclass(frozen=True)
class BetterMixes:
    """What the search found for every strategy.

    Attributes
    ----------
    rows : one a strategy for which a mix was found, in the scenario's order.
    without : strategies for which no mix was found that costs no more.
    n_mixes : how many mixes were run.
    n_choice, n_evaluation : replicates that the choice was made on, and those that the figures at the scenario's own
        values come from.
    n_choice_worlds : plausible worlds that the choice was made in; 0 where there are none.

    Examples
    --------
    >>> BetterMixes((), ("organic",), n_mixes=171, n_choice=24, n_evaluation=50).row("organic") is None
    True
    """

    rows: tuple[BetterMix, ...]
    without: tuple[str, ...]
    n_mixes: int
    n_choice: int
    n_evaluation: int
    n_choice_worlds: int = 0

    def row(self, strategy: str) -> BetterMix | None:
        """Return the mix at the cost of a strategy; None where there is none."""
        return next((row for row in self.rows if row.strategy == strategy), None)

    def as_json(self) -> dict[str, Any]:
        """Return the mixes for programs, as ``summary.json`` holds them."""
        return {
            "levers": list(LEVERS_OF_MIX),
            "n_mixes": self.n_mixes,
            "replicates": {"choice": self.n_choice, "evaluation": self.n_evaluation},
            "choice_worlds": self.n_choice_worlds,
            "mixes": [row.as_json() for row in self.rows],
            "without": list(self.without),
        }


def surface(points: np.ndarray, values: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the coefficients of the quadratic surface nearest to some values.

    Parameters
    ----------
    points : shape (points, levers), from 0 to 1.
    values : one a point.
    weights : how much each point counts; all alike where None.

    Returns
    -------
    One a term of `terms`.

    Examples
    --------
    >>> points = np.random.default_rng(1).random((60, 2))
    >>> fit = surface(points, points[:, 0] - (points[:, 1] - 0.5) ** 2)
    >>> (terms(np.array([[1.0, 0.5]])) @ fit).round(2).tolist()
    [1.0]
    """
    design = terms(points)
    root = np.ones(len(points)) if weights is None else np.sqrt(weights)
    ridge = 1e-3 * np.sqrt(len(points)) * np.eye(design.shape[1])
    ridge[0, 0] = 0.0
    padded = np.concatenate([root * values, np.zeros(len(ridge))])
    return np.linalg.lstsq(np.vstack([root[:, None] * design, ridge]), padded, rcond=None)[0]


def terms(points: np.ndarray) -> np.ndarray:
    """Return the terms of a quadratic surface at some points.

    Parameters
    ----------
    points : shape (points, levers), from 0 to 1.

    Returns
    -------
    One row a point: 1, the levers, their products and squares, the levers measured from the middle.

    Examples
    --------
    >>> terms(np.array([[0.5, 1.0]])).tolist()
    [[1.0, 0.0, 1.0, 0.0, 0.0, 1.0]]
    """
    x = 2.0 * points - 1.0
    first, second = np.triu_indices(x.shape[1])
    return np.hstack([np.ones((len(x), 1)), x, x[:, first] * x[:, second]])


class _Screen:
    """The mixes run so far on the first few replicates, and which of them cost no more than each strategy."""

    def __init__(self, runs: MixRuns, costs: np.ndarray, replicates: range) -> None:
        self.runs, self.costs, self.replicates = runs, costs, replicates
        self.mixes: list[Mix] = []
        self.benefit = np.empty((0, len(replicates)))
        self.cost = np.empty((0, len(replicates)))

    def add(self, mixes: Sequence[Mix]) -> None:
        """Run mixes that were not run yet."""
        new = [mix for mix in dict.fromkeys(mixes) if mix not in self.mixes]
        if not new:
            return
        values = self.runs.values(new, self.replicates)
        self.mixes += new
        self.benefit = np.vstack([self.benefit, values["benefit"][0]])
        self.cost = np.vstack([self.cost, values["cost"][0]])

    def best(self, arm: int, n: int) -> list[int]:
        """Return the mixes with most benefit of those that cost no more than a strategy."""
        within = np.flatnonzero(likely_excess(self.cost, self.costs[arm]) <= 0.0)
        order = np.argsort(-self.benefit[within].mean(axis=1), kind="stable")
        return [int(i) for i in within[order[:n]]]

    def proposals(self, arm: int, n: int, candidates: np.ndarray) -> list[Mix]:
        """Return the candidates that surfaces say are best within the cost of a strategy, no two of them close."""
        points = np.array([mix.values for mix in self.mixes])
        limit, costs = self.costs[arm].mean(), self.cost.mean(axis=1)
        near = 1.0 / (1.0 + ((costs - limit) / (NEAR * max(limit, 1e-9))) ** 2)  # what costs about as much counts most
        benefit = terms(candidates) @ surface(points, self.benefit.mean(axis=1), near)
        cost = terms(candidates) @ surface(points, costs, near)
        rank = np.where(cost <= limit, np.round(benefit, 6), -np.inf)
        order = candidates[np.argsort(-rank, kind="stable")[: int(np.isfinite(rank).sum())]]
        chosen: list[np.ndarray] = []
        while len(chosen) < n and len(order):
            chosen.append(order[0])
            order = order[np.abs(order - order[0]).max(axis=1) > 0.1]
        return [Mix.at(point) for point in chosen]


def likely_excess(cost: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Return by how much mixes cost more than a strategy, told cautiously.

    Parameters
    ----------
    cost : shape (mixes, replicates).
    limit : cost of the strategy, one a replicate.

    Returns
    -------
    The mean paired difference plus one standard error, one a mix.

    Examples
    --------
    >>> likely_excess(np.array([[10.0, 12.0], [10.0, 10.0]]), np.array([10.0, 10.0])).tolist()
    [2.0, 0.0]
    """
    gaps = cost - limit
    return np.asarray(gaps.mean(axis=1) + gaps.std(axis=1, ddof=1) / np.sqrt(gaps.shape[1]))


class _Worlds:
    """The plausible worlds of a comparison: those that a choice is made in, and those that it is judged in."""

    def __init__(self, runs: MixRuns, doubt: Doubt, size: SearchSize) -> None:
        sets = assumption_sets_of(doubt.sets)
        self.runs, self.doubt = runs, doubt
        self.chosen_in: list[AssumptionSet] = sets[::2][: size.choice_worlds]
        self.judged_in: list[AssumptionSet] = sets[1::2][: size.judged_worlds]

    @staticmethod
    def enough(doubt: Doubt) -> bool:
        """Return whether the worlds and their runs suffice for an interval."""
        return doubt.n_sets // 2 >= MIN_SETS and doubt.n_replicates >= LEAST_LUCK

    def best(self, finalists: Mapping[int, Sequence[Mix]], replicates: Sequence[int]) -> dict[int, Mix]:
        """Return for each arm the finalist with most benefit on average over the worlds of the choice, within cost."""
        arms = list(self.runs.scenario.strategies.values())
        pool = list(dict.fromkeys(mix for mixes in finalists.values() for mix in mixes))
        runs = self.runs.values_of([*arms, *(mix.strategy() for mix in pool)], replicates, self.chosen_in)
        cost, benefit = runs["cost"].mean(axis=2).T, runs["benefit"].mean(axis=(0, 2))
        winners = {}
        for arm, mixes in finalists.items():
            places = [len(arms) + pool.index(mix) for mix in mixes]
            within = [i for i in places if likely_excess(cost[[i]], cost[arm])[0] <= 1e-9]
            if within:
                winners[arm] = pool[max(within, key=lambda i: float(benefit[i])) - len(arms)]
        return winners

    def judged(self, winners: Mapping[int, Mix], level: float) -> dict[int, MixInWorlds]:
        """Return for each arm how the mix that was chosen does against it in the other worlds."""
        mixes = list(dict.fromkeys(winners.values()))
        runs = self.runs.values(mixes, range(self.doubt.n_replicates), self.judged_in)
        given = {m: self.doubt.values[m][1::2][: len(self.judged_in)] for m in ("benefit", "cost")}
        found = {}
        for arm, mix in winners.items():
            place = mixes.index(mix)
            pairs = [(runs[m][:, place], values[:, :, arm]) for m, values in given.items()]
            found[arm] = MixInWorlds.of(*pairs[0], *pairs[1], level=level)
        return found


def better_mixes(
    runs: MixRuns,
    plans: Sequence[Plan],
    arms: Mapping[str, Mapping[str, np.ndarray]],
    seed: int,
    doubt: Doubt | None = None,
) -> BetterMixes | None:
    """Return the best mix at no more cost than each strategy.

    Parameters
    ----------
    runs : runs any mix.
    plans : of the strategies, whose own levers the search tries too.
    arms : for each strategy its measures, one value a replicate.
    seed : of the search.
    doubt : the strategies in plausible worlds, in which the mixes are then judged too.

    Returns
    -------
    What was found; None where replicates are too few, or nothing costs anything.

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom")
    >>> runs = MixRuns(scenario, ss.make_network(scenario), fixed=False)
    >>> few = {"as it is": {"cost": np.ones(4), "benefit": np.ones(4)}}
    >>> better_mixes(runs, [], few, seed=1) is None
    True
    """
    costs, benefits = (np.array([arm[m] for arm in arms.values()]) for m in ("cost", "benefit"))
    size = SearchSize().at(runs.service_months)
    worlds = _Worlds(runs, doubt, size) if doubt is not None and _Worlds.enough(doubt) else None
    first = worlds.doubt.n_replicates if worlds else 0  # the luck that mixes are judged by in worlds
    n = costs.shape[1]
    if n - first < MIN_REPLICATES or not np.isfinite([costs, benefits]).all() or costs.max() <= 0.0:
        return None
    half = first + (n - first) // 2
    choice = range(first, min(half, first + size.choice_replicates))
    evaluation = range(half, min(n, half + size.evaluation_replicates))
    screen = _screened(runs, plans, costs, choice[: size.screen_replicates], seed, size)
    winners = _winners(screen, costs, choice, worlds, size.finalists)
    chosen = list(dict.fromkeys(winners.values()))
    judged = runs.values(chosen, evaluation) if chosen else {}
    level = 1.0 - (1.0 - LEVEL) / len(arms)
    in_worlds = worlds.judged(winners, level) if worlds and winners else {}
    rows, names = [], list(arms)
    for arm, mix in winners.items():
        name = names[arm]
        own_values = {m.name: judged[m.name][0, chosen.index(mix)] for m in MEASURES}
        arm_values = {m: values[list(evaluation)] for m, values in arms[name].items()}
        rows.append(
            BetterMix(
                name,
                mix.levers,
                {m: summary_of(BY_NAME[m], v) for m, v in own_values.items()},
                {m: difference_of(BY_NAME[m], v, arm_values[m], level) for m, v in own_values.items()},
                in_worlds.get(arm),
            )
        )
    without = tuple(name for arm, name in enumerate(names) if arm not in winners)
    n_worlds = len(worlds.chosen_in) if worlds else 0
    return BetterMixes(tuple(rows), without, len(screen.mixes), len(choice), len(evaluation), n_worlds)


def spread_evenly(n: int, seed: int) -> np.ndarray:
    """Return a Latin hypercube of mixes: one in each of `n` layers of every lever.

    Three lines here and not SciPy's, whose statistics take a second to import.

    Parameters
    ----------
    n : number of mixes.
    seed : of the order in which layers meet.

    Returns
    -------
    Shape (n, levers), from 0 to 1.

    Examples
    --------
    >>> points = spread_evenly(4, seed=1)
    >>> sorted((4 * points[:, 0]).astype(int).tolist())
    [0, 1, 2, 3]
    """
    rng = np.random.default_rng([seed, 2])
    layers = rng.permuted(np.tile(np.arange(n), (len(LEVERS_OF_MIX), 1)), axis=1).T
    return np.asarray((layers + rng.random(layers.shape)) / n)


def _screened(
    runs: MixRuns, plans: Sequence[Plan], costs: np.ndarray, replicates: range, seed: int, size: SearchSize
) -> _Screen:
    """Return mixes spread evenly, and those that response surfaces then say are best, run on a few replicates."""
    screen, n_arms = _Screen(runs, costs[:, list(replicates)], replicates), len(costs)
    candidates = spread_evenly(PROPOSALS, seed)
    screen.add([*map(Mix.of_plan, plans), *map(Mix.at, spread_evenly(size.spread_evenly, seed))])
    rng = np.random.default_rng([seed, 1])
    for width in np.geomspace(0.3, 0.1, ROUNDS):
        proposals: list[Mix] = []
        for arm in range(n_arms):
            centres = [screen.mixes[i].values for i in screen.best(arm, 4)] or [screen.mixes[arm].values]
            near = np.repeat(np.array(centres), PROPOSALS // len(centres), axis=0)
            near = np.clip(near + width * rng.standard_normal(near.shape), 0.0, 1.0)
            proposals += screen.proposals(arm, -(-size.per_round // n_arms), np.vstack([candidates, near]))
        screen.add(proposals)
    return screen


def _winners(screen: _Screen, costs: np.ndarray, choice: range, worlds: _Worlds | None, most: int) -> dict[int, Mix]:
    """Return the best mix within the cost of each strategy for which there is one: by more runs, and by worlds."""
    each = -(-most // len(costs))
    short = [[screen.mixes[i] for i in screen.best(arm, each)] for arm in range(len(costs))]
    pool = list(dict.fromkeys(mix for mixes in short for mix in mixes))
    if not pool:
        return {}
    values = screen.runs.values(pool, choice)
    finalists: dict[int, list[Mix]] = {}
    for arm, mixes in enumerate(short):
        own = [pool.index(mix) for mix in mixes]
        within = [i for i in own if likely_excess(values["cost"][0, [i]], costs[arm, list(choice)])[0] <= 1e-9]
        if within:
            ranked = sorted(within, key=lambda i: -float(values["benefit"][0, i].mean()))
            finalists[arm] = [pool[i] for i in ranked]
    if worlds is None or not finalists:
        return {arm: mixes[0] for arm, mixes in finalists.items()}
    best = {arm: mixes[:FINALISTS_IN_WORLDS] for arm, mixes in finalists.items()}
    return worlds.best(best, choice[:WORLD_REPLICATES])
