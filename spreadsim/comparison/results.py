"""What a comparison gives, as arrays and tables.

What belongs here: the outcomes of every strategy, the frontier and the strategies at equal cost, and the summaries and
tables made of them. What does not: running (``comparison``), words (``findings``), figures, files (``folder``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim import rules
from spreadsim.comparison.better_mixes import BetterMixes
from spreadsim.comparison.doubt import Doubt
from spreadsim.comparison.responses import rule_summaries
from spreadsim.drivers.extensions import NO_EXTENSIONS, Extensions
from spreadsim.drivers.running import Driver, Outcome
from spreadsim.errors import InputError, check_name
from spreadsim.network.data import Network
from spreadsim.network.provenance import origins_by_service
from spreadsim.notebook import html_table
from spreadsim.outcomes.measures import (
    BY_NAME,
    CURVE_COLUMNS,
    MEASURES,
    STATE_COLUMNS,
    Columns,
    Measure,
    stacked,
)
from spreadsim.outcomes.statistics import (
    MIN_SETS,
    Difference,
    Summary,
    difference_of,
    summary_of,
    told_apart_from_best,
)
from spreadsim.scenario.document import RESERVED_LEVELS, Scenario, Strategy
from spreadsim.scenario.parameter_sets import ParameterSets
from spreadsim.scenario.plan import Plan
from spreadsim.state import ATTRIBUTES

if TYPE_CHECKING:
    import pandas as pd


AS_GIVEN, AS_BEFORE, FREE = "as given", "as-before", "free"
# Latitudes once the programme has ended. A frontier has the scenario's, and the one of the others that is not that.
ARMS = {
    AS_GIVEN: "the scenario's latitude after the programme",
    AS_BEFORE: "latitude kept as during the programme",
    FREE: "full latitude after the programme",
}


@dataclass(frozen=True)
class FrontierPoint:
    """One setting of the frontier: a balance, or a combination of levers, under one latitude after the programme.

    Attributes
    ----------
    settings : values from 0 to 1 by lever, or of ``balance``.
    arm : the latitude after the programme, one of `ARMS`: ``as given`` by the scenario, ``as-before`` or ``free``.
    plan : `Plan` of the setting.
    strategy : that the plan was made of.

    Examples
    --------
    >>> frontier = ss.frontier("classroom", replicates=2, driver="mesa", workers=1)
    >>> frontier.points[0].settings, frontier.points[0].arm
    ({'balance': 0.0}, 'as given')
    """

    settings: Mapping[str, float]
    arm: str
    plan: Plan
    strategy: Strategy


@dataclass(frozen=True)
class FrontierResults:
    """Outcomes by balance or by levers.

    Attributes
    ----------
    points : the settings, in order.
    values : for each measure an array of shape (points, replicates).
    doubt : the settings of the scenario's arm in plausible worlds, or None.
    measures : that `values` holds: the package's, then one's own.

    Examples
    --------
    >>> frontier = ss.frontier("classroom", replicates=2, driver="mesa", workers=1)
    >>> frontier.values["reach"].shape, frontier.best("benefit")
    ((6, 2), (2, [0, 1, 2]))
    """

    points: Sequence[FrontierPoint]
    values: Mapping[str, np.ndarray]
    doubt: Doubt | None = None
    measures: Sequence[Measure] = MEASURES

    def __repr__(self) -> str:
        n_points, n_replicates = self.values["benefit"].shape
        return f"<Frontier of {n_points} settings, {n_replicates} replicates>"

    def _repr_html_(self) -> str:
        names = ("benefit", "cumulative_benefit", "reach", "cost")
        rows = [
            (
                ", ".join(f"{name} {value:g}" for name, value in point.settings.items()) + f" ({point.arm})",
                *(f"{np.nanmean(self.values[measure][i]):.3g}" for measure in names),
            )
            for i, point in enumerate(self.points)
        ]
        header = ("setting (latitude afterwards)", *(BY_NAME[measure].label for measure in names))
        return html_table(repr(self).strip("<>"), rows, header)

    def arm(self, name: str) -> list[int]:
        """Return the places of the points of one arm."""
        return [i for i, point in enumerate(self.points) if point.arm == name]

    def best(self, measure: str, arm: str = AS_GIVEN) -> tuple[int | None, list[int]]:
        """Return the point with the best mean, and the points that cannot be distinguished from it (it included).

        Raises
        ------
        InputError : there is no measure of that name.
        """
        by_name = {m.name: m for m in self.measures}
        check_name("measure", measure, by_name)
        places = self.arm(arm)
        lower = by_name[measure].better == "lower"
        best, is_apart = told_apart_from_best([self.values[measure][i] for i in places], lower)
        if best is None:
            return None, []
        return places[best], [i for i, apart in zip(places, is_apart, strict=True) if not apart]

    def summary(self, arm: str = AS_GIVEN) -> list[dict[str, Any]]:
        """Return the rows of ``summary.json``: settings, measures, and whether clearly different from the best."""
        rows = []
        best = {name: self.best(name, arm)[1] for name in ("benefit", "cumulative_benefit")}
        for i in self.arm(arm):
            row: dict[str, Any] = dict(self.points[i].settings)
            for measure in self.measures:
                row[measure.name] = vars(summary_of(measure, self.values[measure.name][i]))
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
        for measure in self.measures:
            columns[measure.name] = self.values[measure.name].reshape(-1)
        return columns


@dataclass(frozen=True)
class ComparisonResults:
    """Every strategy of a scenario on the same networks with common random numbers.

    Attributes
    ----------
    scenario, network, plans : what was run; the network is that of replicate 0.
    outcomes : for each strategy, in the scenario's order, one `Outcome` a replicate.
    frontier : `FrontierResults`, or None.
    driver : ``compiled`` or ``mesa``.
    notes : sentences on how it was run.
    fixed : whether one network served every replicate.
    lever_map : outcomes by mandate and latitude, or None.
    equal_cost : the strategies again at equal staff-days, or None.
    better_mixes : the best mix of levers at no more cost than each strategy, or None.
    sets : the sets of parameters, of which each replicate took one; None where all had the scenario's.
    doubt : the strategies in plausible worlds, or None.
    extensions : what the Python program added, which no file holds.

    Examples
    --------
    >>> results = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> results.strategies, results.n_replicates
    (['one-neighbour-is-enough', 'one-neighbour-is-not-enough'], 2)
    """

    scenario: Scenario
    network: Network
    plans: Sequence[Plan]
    outcomes: Mapping[str, Sequence[Outcome]]
    frontier: FrontierResults | None = None
    driver: Driver = "compiled"
    notes: Sequence[str] = field(default_factory=tuple)
    fixed: bool = False
    lever_map: FrontierResults | None = None
    equal_cost: EqualCost | None = None
    better_mixes: BetterMixes | None = None
    sets: ParameterSets | None = None
    doubt: Doubt | None = None
    extensions: Extensions = NO_EXTENSIONS

    def __repr__(self) -> str:
        size = f"{self.network.n:,} services, {self.scenario.run.months} months, {self.n_replicates} replicates"
        return f"<{type(self).__name__} of '{self.scenario.name}': {', '.join(self.strategies)}; {size}>"

    @property
    def strategies(self) -> list[str]:
        """Names of the strategies, in the file's order."""
        return list(self.outcomes)

    @property
    def n_replicates(self) -> int:
        """Number of replicates of each strategy."""
        return len(next(iter(self.outcomes.values())))

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What was measured: the package's measures, then one's own."""
        return self.extensions.all_measures

    def measure(self, name: str) -> Measure:
        """Return a measure by its name.

        Parameters
        ----------
        name : of one of `measures`.

        Returns
        -------
        Its declaration.

        Raises
        ------
        InputError : there is none of that name.
        """
        by_name = {m.name: m for m in self.measures}
        check_name("measure", name, by_name)
        return by_name[name]

    def values(self, strategy: str, measure: str) -> np.ndarray:
        """Return a measure of a strategy.

        Parameters
        ----------
        strategy, measure : names.

        Returns
        -------
        One value a replicate; nan where null.

        Raises
        ------
        InputError : there is no strategy, or no measure, of that name.
        """
        check_name("strategy", strategy, self.outcomes)
        self.measure(measure)
        return np.array([outcome.measures[measure] for outcome in self.outcomes[strategy]])

    @property
    def has_too_few_sets(self) -> bool:
        """Whether each run has parameters of its own, and there are too few runs to say anything from them."""
        return self.sets is not None and self.n_replicates < MIN_SETS

    @cached_property
    def summaries(self) -> dict[str, dict[str, Summary]]:
        """Every measure of every strategy over replicates."""
        return {
            name: {
                m.name: summary_of(m, self.values(name, m.name), self.sets is not None, self.scenario.run.months)
                for m in self.measures
            }
            for name in self.strategies
        }

    @cached_property
    def paired(self) -> dict[tuple[str, str], dict[str, Difference]]:
        """Every measure's paired difference for each pair (later, earlier) of strategies."""
        return {
            (later, earlier): {
                m.name: difference_of(
                    m,
                    self.values(later, m.name),
                    self.values(earlier, m.name),
                    spread=self.sets is not None,
                    months=self.scenario.run.months,
                )
                for m in self.measures
            }
            for earlier, later in combinations(self.strategies, 2)
        }

    def summary(self) -> pd.DataFrame:
        """Return the mean of every measure by strategy.

        Returns
        -------
        A pandas DataFrame, strategies x measures; null where a replicate has none.
        """
        import pandas as pd

        return pd.DataFrame(
            {name: {m: s.mean for m, s in row.items()} for name, row in self.summaries.items()}, dtype=float
        ).T

    def differences(self) -> pd.DataFrame:
        """Return every paired difference with its interval.

        Returns
        -------
        A pandas DataFrame, one row a pair and measure.
        """
        import pandas as pd

        rows = [
            {"pair": f"{later} - {earlier}", "measure": m, **vars(d)}
            for (later, earlier), row in self.paired.items()
            for m, d in row.items()
        ]
        return pd.DataFrame(rows).set_index(["pair", "measure"])

    def _long_columns(self, columns: Iterable[tuple[str, Any]], length: int) -> Columns:
        n, k = len(self.strategies), self.n_replicates
        result: Columns = {
            "strategy": np.repeat(np.array(self.strategies, dtype=object), k * length),
            "replicate": np.tile(np.repeat(np.arange(k), length), n),
        }
        return result | dict(columns)

    def runs_table(self) -> Columns:
        """Return every measure of every run.

        Returns
        -------
        Columns by name, one row a strategy and replicate.
        """
        values = (
            (m.name, np.concatenate([self.values(name, m.name) for name in self.strategies])) for m in self.measures
        )
        return self._long_columns(values, 1)

    def curves_table(self) -> Columns:
        """Return the monthly columns of every run.

        Returns
        -------
        Columns by name, one row a strategy, replicate and month.
        """
        months = self.scenario.run.months + 1
        everything = [outcome for name in self.strategies for outcome in self.outcomes[name]]
        columns = [("month", np.tile(np.arange(months), len(everything)))]
        columns += [(name, np.concatenate([o.curves[name] for o in everything])) for name in CURVE_COLUMNS]
        return self._long_columns(columns, months)

    def rows_table(self, what: str) -> Columns:
        """Return the generations or groups of every run.

        Parameters
        ----------
        what : ``generations`` or ``groups``.

        Returns
        -------
        Columns by name, one row a generation or group.
        """
        tables = []
        for name in self.strategies:
            for replicate, outcome in enumerate(self.outcomes[name]):
                table: Columns = getattr(outcome, what)
                n_rows = len(next(iter(table.values()), ()))
                of_run = {"strategy": np.full(n_rows, name, dtype=object), "replicate": np.full(n_rows, replicate)}
                tables.append(of_run | table if table else {})
        return stacked(tables) or {"strategy": np.empty(0), "replicate": np.empty(0)}

    def events_table(self) -> Columns:
        """Return every change of state that was kept, in words.

        Returns
        -------
        Columns by name, one row an event.
        """
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

    def firings_table(self) -> Columns:
        """Return when each rule of a strategy began to apply, in every run.

        Returns
        -------
        Columns by name, one row a rule, month and group of services; rules are counted from 1.
        """
        rows = [
            (name, replicate, firing.month, firing.rule + 1, firing.group or "all")
            for name in self.strategies
            for replicate, outcome in enumerate(self.outcomes[name])
            for firing in outcome.firings
        ]
        strategy, replicate, month, rule, group = zip(*rows, strict=True) if rows else ((),) * 5
        return {
            "strategy": np.array(strategy, dtype=object),
            "replicate": np.array(replicate, dtype=np.int64),
            "month": np.array(month, dtype=np.int64),
            "rule": np.array(rule, dtype=np.int64),
            "group": np.array(group, dtype=object),
        }

    def services_table(self) -> Columns:
        """Return attributes, end state, and how often and when each service was embedded.

        Returns
        -------
        Columns by name, one row a service and strategy.
        """
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
        columns["origin"] = np.tile(np.array(origins_by_service(net), dtype=object), k)
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

        Adoption is the first month in which a service is embedded; months 0 to T are the periods. Defined for replicate
        0, whose network the comparison holds, and for every replicate where one network serves all.

        Parameters
        ----------
        strategy, replicate : which run.
        rewirings : rewired networks for the structure test, which takes time; 0 leaves it out.

        Returns
        -------
        Metrics by name (`network.adoption_summary`).

        Raises
        ------
        InputError : there is no such run, or its replicate had a network of its own, which is not kept.
        """
        from spreadsim.network.adoption_summary import adoption_summary

        check_name("strategy", strategy, self.outcomes)
        if not 0 <= replicate < self.n_replicates:
            remedy = f"give a number from 0 to {self.n_replicates - 1}"
            raise InputError("python", "replicate", f"there is no replicate {replicate}", remedy)
        if replicate and not self.fixed:
            problem = "each replicate has a network of its own, and only that of replicate 0 is available"
            raise InputError("python", "replicate", problem, "give 0")
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
        """Return the machine-readable summary, ``summary.json``.

        Returns
        -------
        Numbers, text and lists by name.
        """
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
        if any(strategy_plan.triggers for strategy_plan in self.plans):
            answer["rules"] = [vars(row) for row in rule_summaries(self.plans, self.outcomes)]
        if self.frontier is not None:
            answer["frontier"] = self.frontier.summary()
            answer["frontier_as_before"] = self.frontier.summary(AS_BEFORE)
            answer["frontier_free"] = self.frontier.summary(FREE)
        if self.lever_map is not None:
            answer["lever_map"] = self.lever_map.summary()
        if self.doubt is not None:
            answer["doubt"] = self.doubt.as_json()
        if self.equal_cost is not None:
            answer["equal_cost"] = {
                "reference": self.equal_cost.reference,
                "strategies": [vars(row) for row in self.equal_cost.rows],
                "outcomes": self.equal_cost.comparison.as_json(),
            }
        if self.better_mixes is not None:
            answer["better_mixes"] = self.better_mixes.as_json()
        return answer


@dataclass(frozen=True)
class EqualCostRow:
    """One strategy at equal effort.

    Attributes
    ----------
    strategy : its name.
    support_given, support : as the scenario has it, and at equal effort; from 0 to 1.
    cost_given, cost : mean staff-days per service, as the scenario has it and at equal effort.
    reached : whether the cost at equal effort is that of the reference.

    Examples
    --------
    >>> EqualCostRow("organic", support_given=0.5, support=0.75, cost_given=12.0, cost=14.9, reached=True).support
    0.75
    """

    strategy: str
    support_given: float
    support: float
    cost_given: float
    cost: float
    reached: bool


@dataclass(frozen=True)
class EqualCost:
    """The strategies at equal effort.

    Attributes
    ----------
    reference : the cost aimed at, in staff-days per service: the median of the strategies' mean costs.
    rows : one a strategy, in the scenario's order.
    comparison : the strategies at equal effort, on the same networks with common random numbers; where a strategy
        cannot reach the reference, its support is at the nearer end.

    Examples
    --------
    >>> results = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> row = EqualCostRow("organic", support_given=0.5, support=0.75, cost_given=12.0, cost=14.9, reached=True)
    >>> EqualCost(15.0, (row,), results).reached
    ['organic']
    """

    reference: float
    rows: tuple[EqualCostRow, ...]
    comparison: ComparisonResults

    @property
    def reached(self) -> list[str]:
        """The strategies whose cost was brought to the reference."""
        return [row.strategy for row in self.rows if row.reached]
