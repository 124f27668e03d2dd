"""The strategies in plausible worlds: every assumption set with every replicate's luck.

What belongs here: running the crossed design, in blocks, until the answer is sure enough or the effort spent; and what
its runs show of which strategy is best, where that turns round and what is worth finding out. What does not: statistics
(``inference``), words (``answer``), and which sets there are (``scenario.assumption_sets``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.comparison.totals import effect_and_cost
from spreadsim.drivers.running import Task, default_workers, run_block
from spreadsim.errors import check_name
from spreadsim.inference.crossed import (
    Estimate,
    Levels,
    PairStanding,
    Standings,
    best_of,
    censored,
    pair_standing,
    standings,
)
from spreadsim.inference.evidence import Thresholds, Verdict, verdict
from spreadsim.inference.information import partial_information, perfect_information
from spreadsim.inference.turning import Turning, turning
from spreadsim.network.construction import network_under
from spreadsim.network.data import Network
from spreadsim.network.provenance import reason_without_effect, refuse_without_effect
from spreadsim.outcomes.measures import BY_NAME, MEASURES
from spreadsim.scenario.assumption_sets import assumption_sets
from spreadsim.scenario.beliefs import parameters_in_doubt
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import SHIPPED_SETS
from spreadsim.scenario.parameter_sets import ParameterSets
from spreadsim.scenario.plan import plans
from spreadsim.telling.figures import INK, SMALL, axes_for, heading, style, tidy, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLOCK = 64  # assumption sets that are run together
PRECISION = 0.05  # half the width of the interval of the share of worlds, at which no more sets are run
SETS_A_REPLICATE = 1  # sets run at most, for each replicate of the scenario's own values
EFFORT = 300_000_000  # service-months of all sets; the least that are asked for are run whatever it takes
N_TOLD = 3  # parameters worth finding out that are told
OF_ANSWER = ("benefit", "cumulative_benefit")
COSTS = "cost."  # what things cost decides no benefit, so that knowing it cannot help there: it would be told by chance


@dataclass(frozen=True)
class Answer:
    """What the worlds show on one measure.

    Attributes
    ----------
    verdict : what may be said of which strategy is best.
    standings : in how many worlds each strategy is best, and what choosing it may lose.
    pairs : for each strategy, how the best one does against it, by place; none where no strategy is best.
    turning : where the answer turns round; None where no rule is worth following beyond chance.
    perfect : what knowing everything in doubt before choosing would be worth, in the measure's unit.
    worth_knowing : paths of the parameters most worth finding out, each with what knowing it is worth, the most
        valuable first; none whose interval includes 0, and no cost, which decides no benefit.

    Examples
    --------
    >>> gap = np.repeat(np.linspace(-0.1, 0.3, 64)[:, None], 4, axis=1)
    >>> answer = answer_of(np.linspace(0, 1, 64)[:, None], ("x",), np.stack([gap, 0 * gap], axis=2), Thresholds())
    >>> answer.verdict.strength, answer.turning is None, answer.worth_knowing[0][0]
    ('probably best', False, 'x')
    """

    verdict: Verdict
    standings: Standings
    pairs: Mapping[int, PairStanding]
    turning: Turning | None
    perfect: Estimate
    worth_knowing: tuple[tuple[str, Estimate], ...]


def answer_of(places: np.ndarray, paths: Sequence[str], values: np.ndarray, thresholds: Thresholds) -> Answer:
    """Return what the worlds show on one measure.

    Parameters
    ----------
    places : values of the parameters, shape (sets, parameters).
    paths : of the parameters.
    values : of the measure, higher being better, shape (sets, replicates, strategies), all defined.
    thresholds : of what may be said.

    Returns
    -------
    `Answer`.

    Examples
    --------
    >>> even = np.random.default_rng(1).normal(size=(64, 4, 2))
    >>> answer_of(np.linspace(0, 1, 64)[:, None], ("x",), even, Thresholds()).verdict.leader is None
    True
    """
    found = verdict(values, thresholds)
    best = found.best
    others = [] if best is None else [i for i in range(values.shape[2]) if i != best]
    is_cost = np.array([path.startswith(COSTS) for path in paths], dtype=np.bool_)
    may_matter = np.flatnonzero(~is_cost).tolist()
    rule = turning(np.where(is_cost, 0.0, places), values)
    quick = [(partial_information(places, values, [j], resamples=0).value, -j) for j in may_matter]
    told = [-j for value, j in sorted(quick, reverse=True)[:N_TOLD] if value > 0]
    worth = [(paths[j], partial_information(places, values, [j])) for j in told]
    return Answer(
        found,
        standings(values),
        {i: pair_standing(values[:, :, best], values[:, :, i], thresholds.matters) for i in others},
        rule if rule is not None and rule.holds else None,
        perfect_information(values),
        tuple((path, value) for path, value in worth if value.low is not None and value.low > 0),
    )


@dataclass(frozen=True)
class Doubt:
    """The strategies over assumption sets.

    Attributes
    ----------
    sets : those that were run, one a world.
    strategies : names, in the scenario's order.
    values : of every measure, shape (sets, replicates, strategies); nan where null.
    months : horizon, at which months that are never reached are counted.
    thresholds : of what may be said of benefit.
    totals : effects, then costs, in the units that the scenario declares, shape (2, sets, replicates, strategies); None
        where it declares none.

    Examples
    --------
    >>> sets = ParameterSets("mine.csv", ("behaviour.drift.rate",), ((0.01,), (0.02,)))
    >>> values = {"benefit": np.array([[[0.1, 0.2]], [[0.3, 0.2]]])}
    >>> doubt = Doubt(sets, ("a", "b"), values, 60, Thresholds())
    >>> doubt.n_sets, doubt.n_replicates, doubt.oriented("benefit").shape
    (2, 1, (2, 1, 2))
    """

    sets: ParameterSets
    strategies: tuple[str, ...]
    values: Mapping[str, np.ndarray]
    months: int
    thresholds: Thresholds
    totals: np.ndarray | None = None

    @property
    def n_sets(self) -> int:
        """Number of assumption sets."""
        return len(self.sets)

    @property
    def n_replicates(self) -> int:
        """Number of runs of each set and strategy."""
        return int(next(iter(self.values.values())).shape[1])

    @property
    def worlds(self) -> str:
        """Which worlds they are, in words."""
        return "plausible worlds" if self.sets.file in SHIPPED_SETS else f"worlds of {self.sets.file}"

    def plot(self, measure: str = "benefit", *, ax: Axes | None = None) -> Axes:
        """Draw in how many worlds each strategy is best, with the 95% intervals.

        Parameters
        ----------
        measure : ``benefit`` or ``cumulative_benefit``, where it is defined in every run.
        ax : Matplotlib axes to draw on; those of a new figure if None.

        Returns
        -------
        The Matplotlib axes.

        Raises
        ------
        InputError : the strategies were not judged by the measure.
        """
        check_name("measure", measure, self.answers)
        n = len(self.strategies)
        axes = axes_for(ax, 0.72 + 0.3 * n)
        tidy(axes, grid="x")
        for place, row in enumerate(self.answers[measure].standings.strategies):
            y, share = n - 1 - place, row.best
            axes.barh(y, 100 * share.value, height=0.55, color=style(place).colour)
            if share.low is not None and share.high is not None:
                axes.plot([100 * share.low, 100 * share.high], [y, y], color=INK, linewidth=1.4)
        axes.set_xlim(0, 100)
        axes.set_ylim(-0.6, n - 0.4)
        axes.set_yticks(range(n), [wrap(name, 18, 2) for name in self.strategies[::-1]], fontsize=SMALL)
        axes.set_xlabel("% of worlds in which it is best", fontsize=SMALL)
        heading(axes, BY_NAME[measure].label)
        return axes

    def oriented(self, measure: str) -> np.ndarray:
        """Return a measure so that higher is better, months never reached counted at the horizon.

        Parameters
        ----------
        measure : its name.

        Returns
        -------
        Shape (sets, replicates, strategies).
        """
        values = self.values[measure]
        if BY_NAME[measure].never:
            values = censored(values, self.months)
        return -values if BY_NAME[measure].better == "lower" else values

    @cached_property
    def places(self) -> np.ndarray:
        """Values of the parameters in each set, shape (sets, parameters)."""
        return np.array(self.sets.rows, dtype=np.float64)

    def ranges(self) -> list[tuple[str, float, float]]:
        """Return each parameter's path, and its lowest and highest value in these worlds."""
        ends = zip(self.places.min(axis=0).tolist(), self.places.max(axis=0).tolist(), strict=True)
        return [(path, low, high) for path, (low, high) in zip(self.sets.paths, ends, strict=True)]

    @cached_property
    def answers(self) -> dict[str, Answer]:
        """What the worlds show, for each measure of `OF_ANSWER` of which every run has a value."""
        return {
            m: answer_of(
                self.places,
                self.sets.paths,
                self.oriented(m),
                replace(self.thresholds, matters=difference_that_matters(self.thresholds.matters, m, self.months)),
            )
            for m in OF_ANSWER
            if np.isfinite(self.oriented(m)).all()
        }

    def table(self) -> dict[str, np.ndarray]:
        """Return every measure of every run.

        Returns
        -------
        Columns by name, one row a set, replicate and strategy.
        """
        w, k, n = next(iter(self.values.values())).shape
        columns: dict[str, np.ndarray] = {
            "set": np.repeat(np.arange(w), k * n),
            "replicate": np.tile(np.repeat(np.arange(k), n), w),
            "strategy": np.tile(np.array(self.strategies, dtype=object), w * k),
        }
        return columns | {name: values.reshape(-1) for name, values in self.values.items()}

    def sets_table(self) -> dict[str, np.ndarray]:
        """Return the assumption sets.

        Returns
        -------
        Columns by path, one row a set.
        """
        return {"set": np.arange(self.n_sets)} | {p: self.places[:, j] for j, p in enumerate(self.sets.paths)}

    def as_json(self) -> dict[str, Any]:
        """Return what the worlds show, for ``summary.json``.

        Returns
        -------
        Numbers, text and lists by name.
        """
        answer: dict[str, Any] = {
            "sets": self.sets.file,
            "n_sets": self.n_sets,
            "replicates": self.n_replicates,
            "parameters": list(self.sets.paths),
            "thresholds": vars(self.thresholds),
        }
        for measure, one in self.answers.items():
            rule, best = one.turning, one.verdict.best
            answer[measure] = {
                "verdict": one.verdict.strength,
                "best": None if best is None else self.strategies[best],
                "strategies": {
                    name: {
                        key: vars(getattr(row, key))
                        for key in ("best", "level", "expected_loss", "loss_90", "worst_loss")
                    }
                    for name, row in zip(self.strategies, one.standings.strategies, strict=True)
                },
                "against_best": {
                    self.strategies[i]: {
                        "mean": vars(pair.components.mean),
                        "worlds_90": [pair.low_set, pair.high_set],
                        "better": vars(pair.better),
                        "better_by_what_matters": vars(pair.better_by),
                    }
                    for i, pair in one.pairs.items()
                },
                "perfect_information": vars(one.perfect),
                "worth_knowing": {path: vars(value) for path, value in one.worth_knowing},
                "turns_round": None if rule is None else self.sets.paths[rule.rule.parameter],
            }
        return answer


def difference_that_matters(of_benefit: float, measure: str, months: int) -> float:
    """Return the difference that matters on a measure of `OF_ANSWER`, in its unit: over years for the total.

    Parameters
    ----------
    of_benefit : the difference in benefit that matters.
    measure : its name.
    months : horizon.

    Returns
    -------
    A share of the full effect, or years of it.

    Examples
    --------
    >>> difference_that_matters(0.02, "benefit", 60), difference_that_matters(0.02, "cumulative_benefit", 60)
    (0.02, 0.1)
    """
    return of_benefit * (months / 12 if measure == "cumulative_benefit" else 1.0)


def thresholds_of(scenario: Scenario) -> Thresholds:
    """Return what has to hold before the answer names a strategy.

    Parameters
    ----------
    scenario : with what it says of the decision.

    Returns
    -------
    `Thresholds`.

    Examples
    --------
    >>> thresholds_of(ss.load_scenario("default")).matters
    0.02
    """
    d = scenario.decision
    return Thresholds(d.clearly, d.probably, d.difference_that_matters)


def sets_in_doubt(scenario: Scenario, network: Network) -> ParameterSets | None:
    """Return the assumption sets of a scenario, without what the network's files decide.

    Parameters
    ----------
    scenario : with what it says of doubt.
    network : of replicate 0.

    Returns
    -------
    `ParameterSets`; None where there are none.

    Raises
    ------
    InputError, InputErrors : a table of sets cannot be used, or names what data decide.

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom")
    >>> sets_in_doubt(scenario, ss.make_network(scenario)) is None
    True
    """
    if scenario.doubt.sets == "none":
        return None
    sets = assumption_sets(scenario, [p for p in parameters_in_doubt() if reason_without_effect(p, network)])
    if sets is not None and sets.file not in SHIPPED_SETS:
        refuse_without_effect(sets.paths, network, sets.file)
    return sets


def _half_width(values: Sequence[np.ndarray]) -> float:
    """Return half the widest interval of the share of worlds in which the best strategy is best."""
    widest = 0.0
    for one in values:
        if not np.isfinite(one).all():
            return 1.0
        shares = Levels(one).share(best_of)
        top = max(shares, key=lambda share: share.value)
        if top.low is None or top.high is None:
            return 1.0
        widest = max(widest, (top.high - top.low) / 2)
    return widest


def planned_sets(scenario: Scenario, base: Network) -> tuple[ParameterSets, int] | None:
    """Return the assumption sets of a scenario, and how many of them are run at most.

    Parameters
    ----------
    scenario : with what it says of doubt.
    base : network of replicate 0.

    Returns
    -------
    Sets and a number; None where there are no sets, or a single strategy.

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom")
    >>> planned_sets(scenario, ss.make_network(scenario)) is None
    True
    """
    table = scenario.doubt
    sets = sets_in_doubt(scenario, base) if len(scenario.strategies) > 1 else None
    if sets is None:
        return None
    most = min(len(sets), table.at_most, max(table.at_least, SETS_A_REPLICATE * scenario.run.replicates))
    of_one_set = table.replicates * len(scenario.strategies) * base.n * scenario.run.months
    return sets, min(most, max(table.at_least, EFFORT // of_one_set))


def run_sets(
    scenario: Scenario,
    base: Network,
    fixed: bool,
    planned: tuple[ParameterSets, int],
    *,
    workers: int | None = None,
    from_python: bool = False,
    progress: Callable[[], None] | None = None,
) -> Doubt:
    """Run the strategies of a scenario in its assumption sets, by the compiled driver.

    Every set has the luck of the same replicates. Sets are added in blocks until half the interval of the share of
    worlds in which the best strategy is best is below `PRECISION` on both horizons, or the effort is spent.

    Parameters
    ----------
    scenario : with what it says of doubt.
    base : network of replicate 0.
    fixed : whether it serves every replicate.
    planned : what `planned_sets` says.
    workers : threads; all processors where None.
    from_python : whether the network came from Python, and serves every set as it is.
    progress : called after each set.

    Returns
    -------
    `Doubt`.

    Raises
    ------
    InputError, InputErrors : the sets cannot be used.

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom")
    >>> sets = ParameterSets("mine.csv", ("behaviour.drift.rate",), ((0.0,), (0.01,)))
    >>> run_sets(scenario, ss.make_network(scenario), False, (sets, 2)).values["reach"].shape
    (2, 4, 2)
    """
    sets, most = planned
    is_valued = scenario.worth.is_declared  # then the curves are needed, which takes longer

    def run_set(number: int) -> tuple[np.ndarray, list[np.ndarray]]:
        world = sets.scenario(scenario, number)
        network = network_under(world, base, from_python)
        of_world = plans(world, world.name)
        tasks = [Task(r, of_world, [is_valued] * len(of_world), False) for r in range(scenario.doubt.replicates)]
        networks: dict[int, Network] = {}
        outcomes = run_block(world, network, fixed, tasks, "compiled", network_cache=networks)
        values = np.array([[[one.measures[m.name] for m in MEASURES] for one in row] for row in outcomes])
        if not is_valued:
            return values, []
        people = np.array([float(networks.get(task.replicate, network)["population"].sum()) for task in tasks])
        columns = zip(*outcomes, strict=True)
        return values, [effect_and_cost(column, people, network.n, scenario.worth) for column in columns]

    from spreadsim.drivers import engine  # noqa: F401  (loaded once, before threads ask for it)

    results: list[np.ndarray] = []
    totals: list[list[np.ndarray]] = []
    by_name: dict[str, np.ndarray] = {}
    with ThreadPoolExecutor(workers or default_workers()) as pool:
        while len(results) < most:
            block = range(len(results), min(most, len(results) + BLOCK))
            for result, total in pool.map(run_set, block):
                results.append(result)
                totals.append(total)
                if progress is not None:
                    progress()
            cube = np.array(results)
            by_name = {m.name: np.ascontiguousarray(cube[..., j]) for j, m in enumerate(MEASURES)}
            is_enough = len(results) >= scenario.doubt.at_least
            if is_enough and _half_width([by_name[m] for m in OF_ANSWER]) <= PRECISION:
                break
    run = ParameterSets(sets.file, sets.paths, sets.rows[: len(results)])
    valued = np.moveaxis(np.array(totals), (0, 1, 2), (1, 3, 0)) if is_valued else None
    return Doubt(run, tuple(scenario.strategies), by_name, scenario.run.months, thresholds_of(scenario), valued)
