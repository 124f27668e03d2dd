"""Comparing strategies: the main job.

What belongs here: running every strategy of a scenario, and the frontier, on common random numbers, and the tables and
summaries made of the outcomes. Writing them to a folder is ``telling.folder``'s; saying them in words ``report``'s.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations, product
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from spreadsim import rules
from spreadsim.drivers.running import Driver, Outcome, Task, run_tasks
from spreadsim.errors import InputError, nearest
from spreadsim.levers import SET_BY_BALANCE
from spreadsim.network.data import Network, make_network, network_from_graph
from spreadsim.outcomes.measures import BY_NAME, CURVE_COLUMNS, MEASURES
from spreadsim.outcomes.statistics import Difference, Summary, difference, summarise, told_apart_from_best
from spreadsim.scenario.document import RESERVED_LEVELS, Scenario, Strategy
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.parameter_sets import ParameterSets, sets_of_scenario
from spreadsim.scenario.plan import Plan, plan, plans
from spreadsim.state import ATTRIBUTES

if TYPE_CHECKING:
    import networkx
    import pandas as pd
    from matplotlib.figure import Figure

    from spreadsim.comparison.equal_cost import EqualCost
    from spreadsim.drivers.agents import Service
    from spreadsim.network.reading.files import NetworkFile

Columns = dict[str, np.ndarray]
AS_GIVEN, AS_BEFORE = "as given", "as-before"
MAP_LEVERS = {"mandate": (0.0, 0.25, 0.5, 0.75, 1.0), "latitude": (0.0, 0.25, 0.5, 0.75, 1.0)}
MAP_REPLICATES = 20


@dataclass(frozen=True)
class FrontierPoint:
    """One setting of the frontier: a balance, or a combination of levers, under one latitude after the programme."""

    settings: Mapping[str, float]
    arm: str
    plan: Plan


@dataclass(frozen=True)
class Frontier:
    """Outcomes by balance or by levers.

    Attributes
    ----------
    points : the settings, in order.
    values : for each measure an array of shape (points, replicates).
    """

    points: Sequence[FrontierPoint]
    values: Mapping[str, np.ndarray]

    def arm(self, name: str) -> list[int]:
        """Return the places of the points of one arm."""
        return [i for i, point in enumerate(self.points) if point.arm == name]

    def best(self, measure: str, arm: str = AS_GIVEN) -> tuple[int | None, list[int]]:
        """Return the point with the best mean, and the points that cannot be distinguished from it (it included)."""
        places = self.arm(arm)
        lower = BY_NAME[measure].better == "lower"
        best, told = told_apart_from_best([self.values[measure][i] for i in places], lower)
        if best is None:
            return None, []
        return places[best], [i for i, apart in zip(places, told, strict=True) if not apart]

    def summary(self, arm: str = AS_GIVEN) -> list[dict[str, Any]]:
        """Return the rows of ``summary.json``: settings, measures, and whether clearly different from the best."""
        rows = []
        best = {name: self.best(name, arm)[1] for name in ("benefit", "cumulative_benefit")}
        for i in self.arm(arm):
            row: dict[str, Any] = dict(self.points[i].settings)
            for measure in MEASURES:
                row[measure.name] = vars(summarise(self.values[measure.name][i], measure.never))
            row["told_apart_from_best"] = i not in best["benefit"] if best["benefit"] else None
            row["told_apart_from_best_cumulative"] = (
                i not in best["cumulative_benefit"] if best["cumulative_benefit"] else None
            )
            rows.append(row)
        return rows

    def table(self) -> Columns:
        """Return one row a point and replicate: settings, arm, replicate, every measure."""
        n_points, n_replicates = next(iter(self.values.values())).shape
        columns: Columns = {}
        for name in self.points[0].settings:
            columns[name] = np.repeat([point.settings[name] for point in self.points], n_replicates)
        columns["latitude_after"] = np.repeat(
            np.array([point.arm for point in self.points], dtype=object), n_replicates
        )
        columns["replicate"] = np.tile(np.arange(n_replicates), n_points)
        for measure in MEASURES:
            columns[measure.name] = self.values[measure.name].reshape(-1)
        return columns


@dataclass(frozen=True)
class Comparison:
    """Every strategy of a scenario on the same networks with common random numbers.

    Attributes
    ----------
    scenario, network, plans : what was run; the network is that of replicate 0.
    outcomes : for each strategy, in the scenario's order, one `Outcome` a replicate.
    frontier : `Frontier`, or None.
    driver : ``compiled`` or ``mesa``.
    fixed : whether the network was given and served every replicate.
    lever_map : outcomes by mandate and latitude, or None.
    equal_cost : the strategies again at equal staff-days, or None.
    from_python : what was run that only the Python program had, and no file holds; empty if nothing.
    sets : the sets of parameters, of which each replicate took one; None where all had the scenario's.
    """

    scenario: Scenario
    network: Network
    plans: Sequence[Plan]
    outcomes: Mapping[str, Sequence[Outcome]]
    frontier: Frontier | None = None
    driver: Driver = "compiled"
    notes: Sequence[str] = field(default_factory=tuple)
    fixed: bool = False
    lever_map: Frontier | None = None
    equal_cost: EqualCost | None = None
    from_python: str = ""
    sets: ParameterSets | None = None

    @property
    def strategies(self) -> list[str]:
        """Names of the strategies, in the file's order."""
        return list(self.outcomes)

    @property
    def n_replicates(self) -> int:
        """Number of replicates of each strategy."""
        return len(next(iter(self.outcomes.values())))

    def values(self, strategy: str, measure: str) -> np.ndarray:
        """Return a measure of a strategy, one value a replicate; nan where null."""
        return np.array([outcome.measures[measure] for outcome in self.outcomes[strategy]])

    @cached_property
    def summaries(self) -> dict[str, dict[str, Summary]]:
        """Every measure of every strategy over replicates."""
        return {
            name: {
                m.name: summarise(self.values(name, m.name), m.never, spread=self.sets is not None) for m in MEASURES
            }
            for name in self.strategies
        }

    @cached_property
    def paired(self) -> dict[tuple[str, str], dict[str, Difference]]:
        """Every measure's paired difference for each pair (later, earlier) of strategies."""
        return {
            (later, earlier): {
                m.name: difference(
                    self.values(later, m.name), self.values(earlier, m.name), m.never, spread=self.sets is not None
                )
                for m in MEASURES
            }
            for earlier, later in combinations(self.strategies, 2)
        }

    def summary(self) -> pd.DataFrame:
        """Return the mean of every measure by strategy (null where a replicate has none), as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame(
            {name: {m: s.mean for m, s in row.items()} for name, row in self.summaries.items()}, dtype=float
        ).T

    def differences(self) -> pd.DataFrame:
        """Return every paired difference with its interval, one row a pair and measure, as a pandas DataFrame."""
        import pandas as pd

        rows = [
            {"pair": f"{later} - {earlier}", "measure": m, **vars(d)}
            for (later, earlier), row in self.paired.items()
            for m, d in row.items()
        ]
        return pd.DataFrame(rows).set_index(["pair", "measure"])

    def _stacked(self, columns: Iterable[tuple[str, Any]], length: int) -> Columns:
        n, k = len(self.strategies), self.n_replicates
        result: Columns = {
            "strategy": np.repeat(np.array(self.strategies, dtype=object), k * length),
            "replicate": np.tile(np.repeat(np.arange(k), length), n),
        }
        return result | dict(columns)

    def runs_table(self) -> Columns:
        """Return one row a strategy and replicate, with every measure."""
        values = ((m.name, np.concatenate([self.values(name, m.name) for name in self.strategies])) for m in MEASURES)
        return self._stacked(values, 1)

    def curves_table(self) -> Columns:
        """Return one row a strategy, replicate and month."""
        months = self.scenario.run.months + 1
        everything = [outcome for name in self.strategies for outcome in self.outcomes[name]]
        columns = [("month", np.tile(np.arange(months), len(everything)))]
        columns += [(name, np.concatenate([o.curves[name] for o in everything])) for name in CURVE_COLUMNS]
        return self._stacked(columns, months)

    def rows_table(self, what: str) -> Columns:
        """Return the ``generations`` or ``groups`` of every run, one row each."""
        columns: dict[str, list[Any]] = {"strategy": [], "replicate": []}
        for name in self.strategies:
            for replicate, outcome in enumerate(self.outcomes[name]):
                for row in getattr(outcome, what):
                    columns["strategy"].append(name)
                    columns["replicate"].append(replicate)
                    for key, value in row.items():
                        columns.setdefault(key, []).append(value)
        return {
            key: np.array(values, dtype=object if values and isinstance(values[0], str) else None)
            for key, values in columns.items()
        }

    def events_table(self) -> Columns:
        """Return every change of state that was kept, in words."""
        states = np.array(rules.STATES, dtype=object)
        routes = np.array([rules.ROUTES[rules.VOLUNTARY], rules.ROUTES[rules.MANDATED], rules.ROUTES[-1]], dtype=object)
        sources = np.array(rules.SOURCES, dtype=object)
        ids = np.array([*self.network.ids, None], dtype=object)
        parts: dict[str, list[np.ndarray]] = {}
        for name in self.strategies:
            for replicate, outcome in enumerate(self.outcomes[name]):
                e = outcome.events
                if e is None:
                    continue
                k = len(e["month"])
                part = {
                    "strategy": np.full(k, name, dtype=object),
                    "replicate": np.full(k, replicate),
                    "month": e["month"],
                    "service": ids[e["service"]],
                    "from_state": states[e["from_state"]],
                    "to_state": states[e["to_state"]],
                    "route": routes[e["route"]],
                    "source_kind": sources[e["source_kind"]],
                    "source_service": ids[e["source_service"]],
                    "generation": e["generation"],
                    "presence": e["presence"],
                    "second_leader": e["leader"],
                    "source_is_second_leader": e["leader_source"],
                }
                for key, values in part.items():
                    parts.setdefault(key, []).append(values)
        return {key: np.concatenate(values) for key, values in parts.items()}

    def services_table(self) -> Columns:
        """Return one row a service and strategy: attributes, end state, how often and when it was embedded."""
        from spreadsim.outcomes.measures import STATE_COLUMNS

        n, net = self.network.n, self.network
        k = len(self.strategies)
        names = np.array([name.replace("_", " ") for name in STATE_COLUMNS], dtype=object)
        columns: Columns = {
            "strategy": np.repeat(np.array(self.strategies, dtype=object), n),
            "service": np.tile(np.array(net.ids, dtype=object), k),
            "name": np.tile(np.array(net.names, dtype=object), k),
        }
        tree = net.hierarchy
        group_names = np.array([*tree.names, None], dtype=object)
        for place, level in enumerate(tree.levels):
            # A column of a file may have any name: one that is taken keeps its values beside ours.
            key = level if level not in RESERVED_LEVELS else f"group: {level}"
            columns[key] = np.tile(group_names[tree.group_at(place)], k)
        columns["degree"] = np.tile(net.ties.degree, k)
        for variable in ATTRIBUTES:
            columns[variable.name] = np.tile(net[variable.name], k)
        end, share, median = [], [], []
        for name in self.strategies:
            outcomes = self.outcomes[name]
            end.append(names[outcomes[0].end_state])
            share.append(np.mean([o.end_state == rules.EMBEDDED for o in outcomes], axis=0))
            months = np.median([np.where(np.isnan(o.first_month), np.inf, o.first_month) for o in outcomes], axis=0)
            median.append(np.where(np.isfinite(months), months, np.nan))
        columns["end_state"] = np.concatenate(end)
        columns["share_embedded"] = np.concatenate(share)
        columns["median_month_embedded"] = np.concatenate(median)
        return columns

    def adoption(self, strategy: str, replicate: int = 0, rewirings: int = 0) -> dict[str, Any]:
        """Return the standard adoption metrics of one run: exposure, thresholds, categories, hazard, Moran's I.

        Adoption is the first month in which a service is embedded; months 0 to T are the periods. Defined for
        replicate 0, whose network the comparison holds, and for every replicate where one network serves all.

        Parameters
        ----------
        strategy, replicate : which run.
        rewirings : rewired networks for the structure test, which takes time; 0 leaves it out.

        Raises
        ------
        ValueError : the replicate had a network of its own that is not at hand.
        """
        from spreadsim.network.adoption_metrics import adoption_summary

        if replicate and not self.fixed:
            raise ValueError("each replicate has a network of its own, and only that of replicate 0 is available")
        first = self.outcomes[strategy][replicate].first_month
        months = self.scenario.run.months
        return adoption_summary(self.network.ties, first, months + 1, first_period=0, rewirings=rewirings)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row a strategy and replicate, every measure, as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.runs_table())

    @cached_property
    def curves(self) -> pd.DataFrame:
        """One row a strategy, replicate and month, as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.curves_table())

    @cached_property
    def events(self) -> pd.DataFrame:
        """Every change of state kept (replicate 0, or all), as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.events_table())

    def as_json(self) -> dict[str, Any]:
        """Return the machine-readable summary, ``summary.json``."""
        run = self.scenario.run
        answer: dict[str, Any] = {
            "scenario": self.scenario.name,
            "seed": run.seed,
            "replicates": self.n_replicates,
            "months": run.months,
            "strategies": {name: {m: vars(s) for m, s in row.items()} for name, row in self.summaries.items()},
            "differences": {
                f"{later} - {earlier}": {m: vars(d) for m, d in row.items()}
                for (later, earlier), row in self.paired.items()
            },
            "frontier": [],
        }
        if self.sets is not None:
            answer["parameter_sets"] = {
                "file": self.sets.file,
                "n": len(self.sets),
                "parameters": list(self.sets.paths),
                "intervals": "the middle 95% of single runs: chance, and uncertainty about these parameters",
            }
        if self.frontier is not None:
            answer["frontier"] = self.frontier.summary()
            answer["frontier_as_before"] = self.frontier.summary(AS_BEFORE)
        if self.lever_map is not None:
            answer["lever_map"] = self.lever_map.summary()
        if self.equal_cost is not None:
            answer["equal_cost"] = {
                "reference": self.equal_cost.reference,
                "strategies": [vars(row) for row in self.equal_cost.rows],
                "outcomes": self.equal_cost.comparison.as_json(),
            }
        return answer

    def plot(self, measure: str = "delivered") -> Figure:
        """Return a Matplotlib figure of a monthly measure by strategy: median and bands over replicates."""
        from spreadsim.comparison.figures.strategies import curve_figure

        return curve_figure(self, measure)

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write the results folder, whole or not at all; return its path."""
        from spreadsim.comparison.folder import write_comparison

        return write_comparison(self, Path(folder), force=force)


# ------------------------------------------------------------------------------------------------- running


def with_run(scenario: Scenario, replicates: int | None, seed: int | None, months: int | None) -> Scenario:
    """Return the scenario with another number of replicates, seed or horizon."""
    from spreadsim.scenario.files import resolved, validate

    given = (("replicates", replicates), ("seed", seed), ("months", months))
    change = {k: v.item() if isinstance(v, np.integer) else v for k, v in given if v is not None}
    if not change:
        return scenario
    document = resolved(scenario)
    document["run"] = document["run"] | change
    return validate(document, scenario.name).with_folders(scenario.folder, scenario.sets_folder)


def check_arguments(driver: str, workers: int | None) -> None:
    """Refuse a driver that there is not, and fewer than one worker.

    Raises
    ------
    InputError : one of them cannot be used.
    """
    if driver not in get_args(Driver):
        raise InputError("python", "driver", f"'{driver}' is not a driver", nearest(driver, get_args(Driver)))
    if workers is not None and workers < 1:
        raise InputError("python", "workers", f"{workers} workers are too few", "give at least 1")


def frontier_points(
    scenario: Scenario, levers: Mapping[str, Sequence[float]] | None = None, arms: Sequence[str] = (AS_GIVEN, AS_BEFORE)
) -> list[FrontierPoint]:
    """Return the settings of a frontier: the scenario's balances, or every combination of the levers given.

    Levers not given stay where the middle of the dial has them. Every setting has the scenario's programme. The second
    arm keeps after the programme the latitude that held while it ran; where that makes no difference it is left out.
    """
    if levers is None:
        settings: list[dict[str, float]] = [{"balance": float(balance)} for balance in scenario.frontier.balances]
    else:
        for name in levers:
            if name not in SET_BY_BALANCE:
                raise InputError(
                    "--levers", name, "is not a lever that the balance sets", nearest(name, SET_BY_BALANCE)
                )
        settings = [
            dict(zip(levers, map(float, combination), strict=True)) for combination in product(*levers.values())
        ]
    points = []
    for arm in arms:
        extra: dict[str, Any] = {} if arm == AS_GIVEN else {"latitude_after": AS_BEFORE}
        if arm == AS_BEFORE and scenario.programme.latitude_after == AS_BEFORE:
            continue
        for setting in settings:
            given: dict[str, Any] = {"balance": 0.5, **setting} if levers is not None else dict(setting)
            for name, value in given.items():
                if not 0.0 <= value <= 1.0:
                    raise InputError("--levers", name, f"{value:g} is out of bounds", "a lever lies between 0 and 1")
            strategy = Strategy(**given, **extra)
            name = ", ".join(f"{key} {value:g}" for key, value in setting.items())
            points.append(FrontierPoint(setting, arm, plan(scenario, name, strategy)))
    return points


def _points_of_replicate(
    scenario: Scenario,
    points: Sequence[FrontierPoint],
    levers: Mapping[str, Sequence[float]] | None,
    sets: ParameterSets | None,
    replicate: int,
) -> Sequence[FrontierPoint]:
    """Return the settings of a frontier with the parameters of a replicate's set."""
    if sets is None or not points:
        return points
    arms = list(dict.fromkeys(point.arm for point in points))
    return frontier_points(sets.scenario(scenario, replicate), levers, arms)


def network_for(
    scenario: Scenario, network: Network | NetworkFile | networkx.Graph | None = None
) -> tuple[Network, bool]:
    """Return the network of replicate 0, and whether it serves every replicate.

    `network` may be a `Network` or a NetworkX graph; else the scenario says how it is made.
    """
    if network is None:
        return make_network(scenario), not scenario.network.redraw
    network = getattr(network, "network", network)  # a NetworkFile holds one
    if isinstance(network, Network):
        return network, True
    return network_from_graph(network, scenario), True


def measured(results: Iterable[Sequence[Outcome]]) -> dict[str, np.ndarray]:
    """Return every measure of the outcomes of each replicate: arrays of shape (plans, replicates)."""
    rows = [[[outcome.measures[m.name] for m in MEASURES] for outcome in found] for found in results]
    cube = np.moveaxis(np.array(rows, dtype=np.float64), 0, -1)
    return {m.name: np.ascontiguousarray(cube[:, place]) for place, m in enumerate(MEASURES)}


class _Bar:
    """A progress bar on a terminal, and nothing where stderr is none."""

    def __init__(self, total: int, label: str, shown: bool) -> None:
        self._bar: Any = None
        if shown and sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=total, desc=label, unit="replicate", file=sys.stderr, leave=False)

    def step(self) -> None:
        if self._bar is not None:
            self._bar.update()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def compare(
    scenario: Scenario | str | Path,
    *,
    replicates: int | None = None,
    seed: int | None = None,
    months: int | None = None,
    network: Network | NetworkFile | networkx.Graph | None = None,
    driver: Driver = "compiled",
    workers: int | None = None,
    frontier: bool = True,
    all_events: bool = False,
    service_class: type[Service] | None = None,
    progress: bool = False,
) -> Comparison:
    """Run every strategy of a scenario on common random numbers, and the frontier.

    Parameters
    ----------
    scenario : a `Scenario`, a shipped name or a path.
    replicates, seed, months : replace the scenario's.
    network : a `Network` or NetworkX graph to run on instead of the scenario's.
    driver : ``compiled`` or ``mesa``; both give the same numbers.
    workers : threads or processes; all processors by default.
    frontier : whether to run the frontier, the lever map and the strategies at equal cost too.
    all_events : keep the events of every replicate instead of replicate 0's.
    service_class : a subclass of `Service`; it runs on the Mesa driver, and without the frontier.
    progress : show a bar on a terminal.

    Raises
    ------
    InputError, InputErrors : the scenario cannot be used.
    """
    check_arguments(driver, workers)
    spec = with_run(scenario if isinstance(scenario, Scenario) else load_scenario(scenario), replicates, seed, months)
    notes, from_python = [], "" if network is None else "a network"
    if service_class is not None:
        driver, frontier, from_python = "mesa", False, f"a service class ({service_class.__name__})"
        notes.append(f"Your own service class ({service_class.__name__}) was run, by the Mesa driver.")
    base, fixed = network_for(spec, network)
    own = plans(spec, spec.name)
    points = frontier_points(spec) if frontier else []
    k = spec.run.replicates
    sets = sets_of_scenario(spec)
    k_frontier = min(spec.frontier.replicates or k, k) if points else 0
    tasks = [
        Task(
            replicate=r,
            plans=[
                *(own if sets is None else plans(sets.scenario(spec, r), spec.name)),
                *(p.plan for p in _points_of_replicate(spec, points if r < k_frontier else (), None, sets, r)),
            ],
            in_full=[True] * len(own) + [False] * (len(points) if r < k_frontier else 0),
            keep_events=all_events or r == 0,
        )
        for r in range(k)
    ]
    bar = _Bar(k, spec.name, progress)
    outcomes: dict[str, list[Outcome]] = {p.name: [] for p in own}
    along: list[list[Outcome]] = []
    try:
        results = run_tasks(
            spec, base, fixed, tasks, driver=driver, workers=workers, service_class=service_class, progress=bar.step
        )
        for result in results:
            for name, outcome in zip(outcomes, result[: len(own)], strict=True):
                outcomes[name].append(outcome)
            along.append(result[len(own) :])
    finally:
        bar.close()
    compared = Comparison(
        scenario=spec,
        network=base,
        plans=own,
        outcomes=outcomes,
        frontier=Frontier(points, measured(along[:k_frontier])) if points else None,
        driver=driver,
        notes=notes,
        fixed=fixed,
        from_python=from_python,
        sets=sets,
    )
    if not points:
        return compared
    from spreadsim.comparison.equal_cost import at_equal_cost

    lever_map = frontier_of(
        spec, base, fixed, MAP_LEVERS, min(MAP_REPLICATES, k_frontier), driver, workers, progress=progress
    )
    equal_cost = None if sets is not None else at_equal_cost(spec, compared)
    return replace(compared, lever_map=lever_map, equal_cost=equal_cost)


def frontier(
    scenario: Scenario | str | Path,
    *,
    levers: Mapping[str, Sequence[float]] | None = None,
    replicates: int | None = None,
    seed: int | None = None,
    months: int | None = None,
    network: Network | NetworkFile | networkx.Graph | None = None,
    driver: Driver = "compiled",
    workers: int | None = None,
    progress: bool = False,
) -> Frontier:
    """Return outcomes by balance, from 0 (fully top-down) to 1 (fully organic), or over combinations of levers.

    Parameters are those of `compare`; `levers` maps names of the four levers to the values crossed.
    """
    check_arguments(driver, workers)
    spec = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    if replicates is None:
        replicates = spec.frontier.replicates
    spec = with_run(spec, replicates, seed, months)
    base, fixed = network_for(spec, network)
    k = spec.run.replicates
    return frontier_of(spec, base, fixed, levers, k, driver, workers, progress=progress)


def frontier_of(
    spec: Scenario,
    base: Network,
    fixed: bool,
    levers: Mapping[str, Sequence[float]] | None,
    k: int,
    driver: Driver,
    workers: int | None,
    *,
    progress: bool = False,
) -> Frontier:
    """Return the frontier of a scenario on a network that is at hand, over `k` replicates."""
    points = frontier_points(spec, levers, (AS_GIVEN,) if levers else (AS_GIVEN, AS_BEFORE))
    sets = sets_of_scenario(spec)
    tasks = [
        Task(r, [p.plan for p in _points_of_replicate(spec, points, levers, sets, r)], [False] * len(points), False)
        for r in range(k)
    ]
    bar = _Bar(k, f"{spec.name} frontier", progress)
    try:
        values = measured(run_tasks(spec, base, fixed, tasks, driver=driver, workers=workers, progress=bar.step))
    finally:
        bar.close()
    return Frontier(points, values)
