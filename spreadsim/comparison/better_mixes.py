"""A mix that nobody gave: for each strategy the best mix of levers at no more cost, chosen on half of the replicates
and judged on the other half.

What belongs here: a small search that a comparison can afford, and what it finds. What does not: the Pareto front over
benefit, equity and cost, which takes many more runs (``advice``), and what is said of it (``dial``).

The search is by response surfaces: benefit and cost of a first set of mixes, spread evenly, are fitted by quadratic
surfaces in the levers; the mixes that look best within each strategy's cost are run; and so on, a few times. What looks
best by few replicates is run on more, and the choice is made by these. Cost is told by the paired difference from the
strategy, plus one standard error, because a search drives mixes to the edge of what is allowed.

References
----------
Box, Wilson, J R Stat Soc B 1951;13:1 (response surfaces).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.comparison.mixes import LEVERS_OF_MIX, Mix, MixRuns
from spreadsim.outcomes.measures import BY_NAME, MEASURES
from spreadsim.outcomes.statistics import LEVEL, Difference, Summary, difference_of, summary_of

if TYPE_CHECKING:
    from spreadsim.scenario.plan import Plan

MIN_REPLICATES = 8  # with fewer, neither half could tell anything
SCREEN_REPLICATES = 4
CHOICE_REPLICATES = 24
EVALUATION_REPLICATES = 50
SPREAD_EVENLY = 96
ROUNDS = 3
PER_ROUND = 24
FINALISTS = 15
PROPOSALS = 4096
NEAR = 0.2  # of a strategy's cost: mixes that differ from it by so much count half in the surfaces


@dataclass(frozen=True)
class BetterMix:
    """The best mix of levers at no more cost than a strategy, on replicates that it was not chosen on.

    Attributes
    ----------
    strategy : whose cost is the limit.
    levers : values of the mix, from 0 to 1.
    summaries : of the mix, by measure.
    differences : the mix minus the strategy, by measure; paired, at a level that covers all strategies jointly.

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

    @property
    def is_better(self) -> bool:
        """Whether its benefit is clearly above that of the strategy."""
        gain = self.differences["benefit"]
        return bool(gain.told_apart) and gain.mean is not None and gain.mean > 0

    @property
    def is_dearer(self) -> bool:
        """Whether it clearly costs more than the strategy after all."""
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
        }


@dataclass(frozen=True)
class BetterMixes:
    """What the search found for every strategy.

    Attributes
    ----------
    rows : one a strategy for which a mix was found, in the scenario's order.
    without : strategies for which no mix was found that costs no more.
    n_mixes : how many mixes were run.
    n_choice, n_evaluation : replicates that the choice was made on, and those that all figures come from.

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

    def row(self, strategy: str) -> BetterMix | None:
        """Return the mix at the cost of a strategy; None where there is none."""
        return next((row for row in self.rows if row.strategy == strategy), None)

    def as_json(self) -> dict[str, Any]:
        """Return the mixes for programs, as ``summary.json`` holds them."""
        return {
            "levers": list(LEVERS_OF_MIX),
            "n_mixes": self.n_mixes,
            "replicates": {"choice": self.n_choice, "evaluation": self.n_evaluation},
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
        self.runs, self.costs, self.replicates = runs, costs[:, : len(replicates)], replicates
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
        chosen: list[np.ndarray] = []
        for i in np.argsort(-rank, kind="stable"):
            if len(chosen) == n or rank[i] == -np.inf:
                break
            if all(np.abs(candidates[i] - other).max() > 0.1 for other in chosen):
                chosen.append(candidates[i])
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


def better_mixes(
    runs: MixRuns, plans: Sequence[Plan], arms: Mapping[str, Mapping[str, np.ndarray]], seed: int
) -> BetterMixes | None:
    """Return the best mix at no more cost than each strategy.

    Parameters
    ----------
    runs : runs any mix.
    plans : of the strategies, whose own levers the search tries too.
    arms : for each strategy its measures, one value a replicate.
    seed : of the search.

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
    from scipy.stats import qmc

    costs, benefits = (np.array([arm[m] for arm in arms.values()]) for m in ("cost", "benefit"))
    n = costs.shape[1]
    if n < MIN_REPLICATES or not np.isfinite([costs, benefits]).all() or costs.max() <= 0.0:
        return None
    half = n // 2
    choice = range(min(half, CHOICE_REPLICATES))
    evaluation = range(half, min(n, half + EVALUATION_REPLICATES))
    screen = _Screen(runs, costs, choice[:SCREEN_REPLICATES])
    sobol = qmc.Sobol(len(LEVERS_OF_MIX), seed=np.random.default_rng(seed))
    candidates = sobol.random(PROPOSALS)
    screen.add([*map(Mix.of_plan, plans), *map(Mix.at, candidates[:SPREAD_EVENLY])])
    each, finalists = -(-PER_ROUND // len(arms)), -(-FINALISTS // len(arms))
    rng = np.random.default_rng([seed, 1])
    for width in np.geomspace(0.3, 0.1, ROUNDS):
        proposals: list[Mix] = []
        for arm in range(len(arms)):
            centres = [screen.mixes[i].values for i in screen.best(arm, 4)] or [screen.mixes[arm].values]
            near = np.repeat(np.array(centres), PROPOSALS // len(centres), axis=0)
            near = np.clip(near + width * rng.standard_normal(near.shape), 0.0, 1.0)
            proposals += screen.proposals(arm, each, np.vstack([candidates, near]))
        screen.add(proposals)
    short = [[screen.mixes[i] for i in screen.best(arm, finalists)] for arm in range(len(arms))]
    pool = list(dict.fromkeys(mix for mixes in short for mix in mixes))
    if not pool:
        return BetterMixes((), tuple(arms), len(screen.mixes), len(choice), len(evaluation))
    values = runs.values(pool, choice)
    winners: dict[str, Mix] = {}
    for arm, name in enumerate(arms):
        own = [pool.index(mix) for mix in short[arm]]
        within = [i for i in own if likely_excess(values["cost"][0, [i]], costs[arm, list(choice)])[0] <= 1e-9]
        if within:
            winners[name] = pool[max(within, key=lambda i: float(values["benefit"][0, i].mean()))]
    chosen = list(dict.fromkeys(winners.values()))
    judged = runs.values(chosen, evaluation) if chosen else {}
    level = 1.0 - (1.0 - LEVEL) / len(arms)
    rows = []
    for name, mix in winners.items():
        own_values = {m.name: judged[m.name][0, chosen.index(mix)] for m in MEASURES}
        arm_values = {m: values[list(evaluation)] for m, values in arms[name].items()}
        rows.append(
            BetterMix(
                name,
                mix.levers,
                {m: summary_of(BY_NAME[m], v) for m, v in own_values.items()},
                {m: difference_of(BY_NAME[m], v, arm_values[m], level) for m, v in own_values.items()},
            )
        )
    without = tuple(name for name in arms if name not in winners)
    return BetterMixes(tuple(rows), without, len(screen.mixes), len(choice), len(evaluation))
