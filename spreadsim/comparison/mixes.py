"""Mixes of levers: any strategy that the levers can make, and its runs.

What belongs here: which levers a mix has, a mix as a strategy, and runs of many mixes under assumption sets. What does
not: which mix is best (``better_mixes``, ``advice``).

scenario : whose programme every mix has.
replicates : their numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spreadsim.drivers.running import Task, blocks_of, default_workers, run_block
from spreadsim.levers import LEVERS, SET_BY_BALANCE
from spreadsim.network.construction import network_under
from spreadsim.network.data import Network
from spreadsim.outcomes.measures import MEASURES
from spreadsim.scenario.document import Scenario, Strategy
from spreadsim.scenario.parameter_sets import ParameterSets
from spreadsim.scenario.plan import Plan, plan
from spreadsim.scenario.validation import as_document, validate, with_setting

# Those whose effort is counted month by month; what else a programme is stays as the scenario has it.
LEVERS_OF_MIX = (*SET_BY_BALANCE, "support", "co_production", "tests", "celebration")
LABELS = {one.name: one.label.lower() for one in LEVERS if one.name in LEVERS_OF_MIX}
STEPS = 20  # of each lever between 0 and 1
SHARES = 2  # of the mixes for each thread, where all are run under the same assumptions


@dataclass(frozen=True)
class Mix:
    """One value for each lever of a mix.

    Attributes
    ----------
    values : from 0 to 1, in the order of `LEVERS_OF_MIX`.

    Examples
    --------
    >>> mix = Mix.at([0.31, 0.25, 1.0, 1.0, 0.5, 0.3, 0.3, 0.3])
    >>> mix.levers["mandate"], mix.levers["celebration"]
    (0.3, 0.3)
    """

    values: tuple[float, ...]

    @classmethod
    def at(cls, point: Sequence[float] | np.ndarray) -> Mix:
        """Return the mix nearest to a point of the unit cube: levers move in steps of one twentieth."""
        return cls(tuple(float(round(min(1.0, max(0.0, float(x))) * STEPS) / STEPS) for x in point))

    @classmethod
    def of_plan(cls, plan: Plan) -> Mix:
        """Return the mix nearest to what a strategy does in its first month."""
        month = plan.levers[min(plan.programme.start_month, plan.months - 1)]
        return cls.at([getattr(month, name) for name in LEVERS_OF_MIX])

    @property
    def levers(self) -> dict[str, float]:
        """The values by lever."""
        return dict(zip(LEVERS_OF_MIX, self.values, strict=True))

    def strategy(self, title: str = "A mix") -> Any:
        """Return the mix as a strategy of a scenario file."""
        levers: dict[str, Any] = self.levers
        return Strategy(title=title, **levers)


def mix_words(levers: Mapping[str, float]) -> str:
    """Return the levers of a mix in words, in the order in which a report names them.

    Parameters
    ----------
    levers : values from 0 to 1 by lever.

    Returns
    -------
    Text.

    Examples
    --------
    >>> mix_words({"mandate": 0.3, "peer_programme": 1.0})
    'mandate 0.3, peer programme 1'
    """
    return ", ".join(f"{LABELS[name]} {value:g}" for name, value in levers.items())


@dataclass(frozen=True)
class AssumptionSet:
    """One plausible world: values of the parameters in doubt.

    Attributes
    ----------
    values : by dotted path of the scenario; empty for the central values, those of the scenario.
    weight : how much it counts beside other sets.

    Examples
    --------
    >>> AssumptionSet({"behaviour.drift.rate": 0.02}).scenario(ss.load_scenario("default")).behaviour.drift.rate
    0.02
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    weight: float = 1.0

    def scenario(self, base: Scenario) -> Scenario:
        """Return the scenario under these assumptions.

        Raises
        ------
        InputErrors : a value is out of bounds, or the values do not go together.
        """
        if not self.values:
            return base
        document = as_document(base)
        for path, value in self.values.items():
            document = with_setting(document, path.split("."), value, base.name)
        return validate(document, base.name, base.folder)


CENTRAL = AssumptionSet()


def assumption_sets_of(table: ParameterSets) -> list[AssumptionSet]:
    """Return the rows of a table of parameters as assumption sets of equal weight.

    Parameters
    ----------
    table : one row a set.

    Returns
    -------
    In the order of the rows.

    Examples
    --------
    >>> from spreadsim.scenario.parameter_sets import ParameterSets
    >>> assumption_sets_of(ParameterSets("sets.csv", ("behaviour.drift.rate",), ((0.01,), (0.02,))))[1].values
    {'behaviour.drift.rate': 0.02}
    """
    return [AssumptionSet(dict(zip(table.paths, row, strict=True))) for row in table.rows]


class MixRuns:
    """Runs of any mixes, on the networks and with the random numbers of a comparison.

    Parameters
    ----------
    scenario : whose programme the mixes have.
    network : of replicate 0.
    fixed : whether it serves every replicate.
    workers : threads; all processors where None.
    progress : called after runs, with how many.
    network_cache : networks made before, by replicate.
    from_python : whether the network came from Python, and serves every assumption set as it is.

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom")
    >>> runs = MixRuns(scenario, ss.make_network(scenario), fixed=False)
    >>> runs.values([Mix((0.0,) * 8), Mix((1.0,) * 8)], range(3))["cost"].shape
    (1, 2, 3)
    """

    def __init__(
        self,
        scenario: Scenario,
        network: Network,
        fixed: bool,
        *,
        workers: int | None = None,
        progress: Callable[[int], None] | None = None,
        network_cache: dict[int, Network] | None = None,
        from_python: bool = False,
    ) -> None:
        self.scenario, self.network, self.fixed, self.from_python = scenario, network, fixed, from_python
        self.workers, self.progress = workers, progress
        self._networks: dict[int, Network] = {} if network_cache is None else network_cache
        self._worlds: dict[tuple[Any, ...], tuple[Scenario, Network, dict[int, Network] | None]] = {}

    @property
    def service_months(self) -> int:
        """Of one run."""
        return self.network.n * self.scenario.run.months

    def values(
        self, mixes: Sequence[Mix], replicates: Sequence[int], sets: Sequence[AssumptionSet] = (CENTRAL,)
    ) -> dict[str, np.ndarray]:
        """Return every measure of every run.

        Parameters
        ----------
        mixes : to run.
        sets : assumptions under which each is run, in every replicate.

        Returns
        -------
        An array of shape (sets, mixes, replicates) by measure; nan where null.
        """
        return self.values_of([mix.strategy() for mix in mixes], replicates, sets)

    def values_of(
        self, strategies: Sequence[Any], replicates: Sequence[int], sets: Sequence[AssumptionSet] = (CENTRAL,)
    ) -> dict[str, np.ndarray]:
        """Return every measure of every run of any strategies, as `values` does of mixes."""
        from spreadsim.drivers import engine  # noqa: F401  (loaded once, before threads ask for it)

        workers = self.workers or default_workers()
        each = len(strategies) if len(sets) > 1 else -(-len(strategies) // (SHARES * workers))
        jobs = [(one, strategies[i : i + each]) for one in sets for i in range(0, len(strategies), max(1, each))]
        parts = []
        with ThreadPoolExecutor(workers) as pool:
            for rows in pool.map(lambda job: self._measures(job[0], job[1], replicates), jobs):
                parts.append(rows)
                if self.progress is not None:
                    self.progress(rows.shape[0] * rows.shape[1])
        shape = (len(sets), len(strategies), len(replicates), len(MEASURES))
        cube = np.concatenate(parts).reshape(shape) if parts else np.empty(shape)
        return {m.name: np.ascontiguousarray(cube[..., k]) for k, m in enumerate(MEASURES)}

    def _measures(self, assumptions: AssumptionSet, strategies: Sequence[Any], replicates: Sequence[int]) -> np.ndarray:
        """Return the measures of strategies under one assumption set, shape (strategies, replicates, measures)."""
        scenario, network, cache = self._world(assumptions)
        plans = [plan(scenario, "mix", strategy) for strategy in strategies]
        tasks = [Task(r, plans, [False] * len(plans), False) for r in replicates]
        outcomes = [
            row
            for block in blocks_of(tasks, network.n, n_workers=1)
            for row in run_block(scenario, network, self.fixed, block, "compiled", network_cache=cache)
        ]
        rows = [[[one.measures[m.name] for m in MEASURES] for one in row] for row in outcomes]
        return np.array(rows, dtype=np.float64).swapaxes(0, 1)

    def _world(self, assumptions: AssumptionSet) -> tuple[Scenario, Network, dict[int, Network] | None]:
        """Return the scenario under assumptions, its network of replicate 0, and where others are kept, if at all."""
        key = tuple(sorted(assumptions.values.items()))
        if key not in self._worlds:
            scenario = assumptions.scenario(self.scenario)
            of_set, own = ((one.network, one.services) for one in (scenario, self.scenario))
            if self.from_python or of_set == own:
                self._worlds[key] = (scenario, self.network, self._networks)
            else:
                self._worlds[key] = (scenario, network_under(scenario, self.network, is_own=False), None)
        return self._worlds[key]
