"""Comparing strategies: the main job.

What belongs here: running every strategy of a scenario, and the frontier, on common random numbers. What does not: what
the results are and the tables made of them (``results``), words (``findings``, ``report``), files (``folder``).

scenario, spec : a `Scenario`.
service_class : a subclass of `Service`; it is run by the Mesa driver.
network : what to run on instead of the scenario's network: a `Network`, a `NetworkFile`, a NetworkX graph, or a
    function that returns one of them for the number of a replicate; None for the scenario's.
measures : measures of your own, each a `Measure` with a function of a finished run, taken beside the package's.
extensions : the three together.
base : the network of replicate 0.
fixed : whether that network serves every replicate.
replicates, seed, months : replace the scenario's; None leaves them.
levers : names of the four levers, with the values of each; None for the scenario's balances.
driver : ``compiled`` or ``mesa``; both give the same numbers.
workers : threads or processes; all processors where None.
progress : whether to show a bar in a notebook and on a terminal, and lines in the log elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from spreadsim.comparison.better_mixes import better_mixes
from spreadsim.comparison.doubt import Doubt, planned_sets, run_sets
from spreadsim.comparison.equal_cost import at_equal_cost
from spreadsim.comparison.mixes import MixRuns
from spreadsim.comparison.results import AS_BEFORE, AS_GIVEN, FREE, ComparisonResults, FrontierPoint, FrontierResults
from spreadsim.comparison.worth import StrategyWorth, worth_of
from spreadsim.drivers.extensions import NO_EXTENSIONS, Extensions, NetworkSource
from spreadsim.drivers.running import Driver, Outcome, Task, run_tasks
from spreadsim.errors import InputError, check_name, nearest
from spreadsim.levers import SET_BY_BALANCE
from spreadsim.network.data import Network
from spreadsim.notebook import html_table
from spreadsim.outcomes.measures import BY_NAME, CURVE_COLUMNS, MEASURES, Measure
from spreadsim.scenario.assumption_sets import with_doubt
from spreadsim.scenario.document import Scenario, Strategy
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.parameter_sets import ParameterSets, sets_of_scenario
from spreadsim.scenario.plan import plan, plans
from spreadsim.scenario.validation import as_document, validate
from spreadsim.telling.progress import ProgressBar

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spreadsim.drivers.agents import Service

MAP_LEVERS = {"mandate": (0.0, 0.25, 0.5, 0.75, 1.0), "latitude": (0.0, 0.25, 0.5, 0.75, 1.0)}
MAP_REPLICATES = 12


class Comparison(ComparisonResults):
    """Every strategy of a scenario on common random numbers: results that can be drawn and saved.

    Its attributes, values and tables are those of `ComparisonResults`.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> comparison.values("one-neighbour-is-enough", "reach").tolist()
    [1.0, 1.0]
    >>> comparison.runs.shape
    (4, 45)
    """

    def _repr_html_(self) -> str:
        from spreadsim.comparison.figures.over_time import curve_figure
        from spreadsim.comparison.findings import headline
        from spreadsim.telling.figures import png

        names = ("benefit", "cumulative_benefit", "reach", "cost")
        rows = [(name, *(f"{self.summaries[name][measure].mean:.3g}" for measure in names)) for name in self.strategies]
        header = ("strategy", *(BY_NAME[measure].label for measure in names))
        picture = png(curve_figure(self), "effect delivered by month, by strategy", 320)
        return html_table(headline(self), rows, header, picture=picture)

    @cached_property
    def worth(self) -> StrategyWorth | None:
        """What the strategies are worth; None where the scenario declares nothing."""
        return worth_of(self)

    def as_json(self) -> dict[str, Any]:
        """Return the machine-readable summary, ``summary.json``.

        Returns
        -------
        Numbers, text and lists by name.
        """
        return super().as_json() | ({} if self.worth is None else {"worth": self.worth.as_json()})

    def plot(self, measure: str = "delivered", *, ax: Axes | None = None) -> Axes:
        """Draw a monthly measure by strategy: median and bands over replicates.

        Parameters
        ----------
        measure : name of a monthly measure.
        ax : Matplotlib axes to draw on; those of a new figure if None.

        Returns
        -------
        The Matplotlib axes.

        Raises
        ------
        InputError : it is not one.

        Examples
        --------
        >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
        >>> comparison.plot("reach").get_xlabel()
        'month'
        """
        from spreadsim.comparison.figures.over_time import draw_curve
        from spreadsim.telling.figures import axes_for, label_lines

        check_name("curve", measure, CURVE_COLUMNS)
        axes = axes_for(ax)
        ends = draw_curve(axes, self, measure)
        label_lines(axes, self.scenario.run.months * 1.012, ends, self.strategies)
        return axes

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write the results folder, whole or not at all.

        Parameters
        ----------
        folder : path of the results folder.
        force : whether a results folder that exists is replaced.

        Returns
        -------
        Path of the folder.

        Raises
        ------
        InputError : the folder exists and `force` is false.

        Examples
        --------
        >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
        >>> (comparison.save("out") / "runs.parquet").is_file()
        True
        """
        from spreadsim.comparison.folder import write_comparison

        return write_comparison(self, Path(folder), force=force)


class Frontier(FrontierResults):
    """Outcomes by balance or by levers: results that can be drawn.

    Its attributes and tables are those of `FrontierResults`.

    Examples
    --------
    >>> frontier = ss.frontier("classroom", replicates=2, driver="mesa", workers=1)
    >>> frontier.best("benefit")
    (2, [0, 1, 2])
    """

    def plot(self, measure: str = "benefit", *, ax: Axes | None = None) -> Axes:
        """Draw a measure by balance, with the middle 90% of replicates, or its mean over two levers.

        Parameters
        ----------
        measure : its name.
        ax : Matplotlib axes to draw on; those of a new figure if None.

        Returns
        -------
        The Matplotlib axes.

        Raises
        ------
        InputError : there is no measure of that name, or more than two levers are crossed.

        Examples
        --------
        >>> frontier = ss.frontier("classroom", replicates=2, driver="mesa", workers=1)
        >>> frontier.plot("cost").get_title(loc="left")
        'Cost'
        """
        from spreadsim.comparison.figures.frontier import draw_dial, draw_lever_map
        from spreadsim.telling.figures import TINY, axes_for

        check_name("measure", measure, BY_NAME)
        levers = list(self.points[0].settings)
        if levers != ["balance"] and len(levers) != 2:
            raise InputError("plot", "levers", f"{len(levers)} levers are no map", "cross two, or use the balance")
        axes = axes_for(ax)
        if levers == ["balance"]:
            draw_dial(axes, self, measure)
            axes.legend(fontsize=TINY, frameon=False)
        else:
            draw_lever_map(axes, self, measure)
        return axes


# ------------------------------------------------------------------------------------------------- running


def with_run(scenario: Scenario, replicates: int | None, seed: int | None, months: int | None) -> Scenario:
    """Return the scenario with another number of replicates, seed or horizon.

    Returns
    -------
    A `Scenario`; the same one where nothing is replaced.

    Examples
    --------
    >>> with_run(load_scenario("classroom"), 3, None, 6).run.months
    6
    """
    values = (("replicates", replicates), ("seed", seed), ("months", months))
    change = {k: v.item() if isinstance(v, np.integer) else v for k, v in values if v is not None}
    if not change:
        return scenario
    document = as_document(scenario)
    document["run"] = document["run"] | change
    changed = validate(document, scenario.name).with_folders(scenario.folder, scenario.sets_folder)
    return changed.with_settings(scenario.settings)


def check_arguments(driver: str, workers: int | None) -> None:
    """Refuse an unknown driver, and fewer than one worker.

    Raises
    ------
    InputError : one of them cannot be used.

    Examples
    --------
    >>> check_arguments("compiled", 2)
    >>> check_arguments("fast", None)
    Traceback (most recent call last):
    spreadsim.errors.InputError: ...
    """
    check_name("driver", driver, get_args(Driver))
    if workers is not None and workers < 1:
        raise InputError("python", "workers", f"{workers} workers are too few", "give at least 1")


def _in_doubt(
    spec: Scenario, base: Network, fixed: bool, workers: int | None, from_python: bool, progress: bool
) -> Doubt | None:
    """Return the strategies in plausible worlds, with a bar while they are run; None where there are no worlds."""
    planned = planned_sets(spec, base)
    if planned is None:
        return None
    bar = ProgressBar(planned[1], f"{spec.name} in plausible worlds", progress, "world")
    try:
        return run_sets(spec, base, fixed, planned, workers=workers, from_python=from_python, progress=bar.step)
    finally:
        bar.close()


LATITUDE_AFTER: dict[str, dict[str, Any]] = {
    AS_GIVEN: {},
    AS_BEFORE: {"latitude_after": AS_BEFORE},
    FREE: {"latitude_after": 1.0},
}


def frontier_points(
    scenario: Scenario, levers: Mapping[str, Sequence[float]] | None = None, arms: Sequence[str] | None = None
) -> list[FrontierPoint]:
    """Return the settings of a frontier: the scenario's balances, or every combination of levers.

    Levers that are left out stay where the middle of the dial has them. Every setting has the scenario's programme. A
    second arm differs from the scenario in the latitude after the programme: kept as it was while the programme ran, or
    full where the scenario keeps it.

    Parameters
    ----------
    arms : latitudes after the programme, of `results.ARMS`; the scenario's and the second if None.

    Returns
    -------
    `FrontierPoint` by arm, then by setting.

    Raises
    ------
    InputError : a name is not one of the four levers, or a value is not within 0 and 1.

    Examples
    --------
    >>> [point.settings["balance"] for point in frontier_points(load_scenario("classroom"), arms=[AS_GIVEN])]
    [0.0, 0.5, 1.0]
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
    for arm in arms or (AS_GIVEN, FREE if scenario.programme.latitude_after == AS_BEFORE else AS_BEFORE):
        latitude: dict[str, Any] = LATITUDE_AFTER[arm]
        for setting in settings:
            levers_of_point: dict[str, Any] = {"balance": 0.5, **setting} if levers is not None else dict(setting)
            for name, value in levers_of_point.items():
                if not 0.0 <= value <= 1.0:
                    raise InputError("--levers", name, f"{value:g} is out of bounds", "a lever lies between 0 and 1")
            strategy = Strategy(**levers_of_point, **latitude)
            name = ", ".join(f"{key} {value:g}" for key, value in setting.items())
            points.append(FrontierPoint(setting, arm, plan(scenario, name, strategy), strategy))
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


def measure_arrays(
    results: Iterable[Sequence[Outcome]], measures: Sequence[Measure] = MEASURES
) -> dict[str, np.ndarray]:
    """Return every measure of the outcomes of each replicate.

    Parameters
    ----------
    results : for each replicate, the `Outcome` of each plan.
    measures : that the outcomes hold.

    Returns
    -------
    An array of shape (plans, replicates) for each measure, by name; nan where null.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> measure_arrays(zip(*comparison.outcomes.values()))["reach"].round(3).tolist()
    [[1.0, 1.0], [0.083, 0.083]]
    """
    rows = [[[outcome.measures[m.name] for m in measures] for outcome in outcomes] for outcomes in results]
    cube = np.moveaxis(np.array(rows, dtype=np.float64), 0, -1)
    return {m.name: np.ascontiguousarray(cube[:, place]) for place, m in enumerate(measures)}


def compare(
    scenario: Scenario | str | Path,
    *,
    replicates: int | None = None,
    seed: int | None = None,
    months: int | None = None,
    network: NetworkSource | None = None,
    driver: Driver = "compiled",
    workers: int | None = None,
    frontier: bool = True,
    doubt: str | Path | None = None,
    all_events: bool = False,
    service_class: type[Service] | None = None,
    measures: Sequence[Measure] = (),
    progress: bool = True,
    answered: Callable[[Comparison], None] | None = None,
) -> Comparison:
    """Run every strategy of a scenario on common random numbers, in plausible worlds too, and the frontier.

    Parameters
    ----------
    scenario : a `Scenario`, a shipped name or a path.
    replicates, seed, months : replace the scenario's.
    network, measures : see above.
    driver : ``compiled`` or ``mesa``; both give the same numbers.
    workers : threads or processes; all processors by default, but this process alone with a class of your own, which
        more workers than one run where the program's main file is guarded by ``__name__ == "__main__"``.
    frontier : whether to run the frontier, the lever map, the strategies at equal cost and the search for mixes too.
    doubt : assumption sets: ``published``, ``plausible``, ``none`` or a file; the scenario's where None. The compiled
        driver runs them, which gives the same numbers; with a class of your own they are left out.
    all_events : keep the events of every replicate instead of replicate 0's.
    service_class : a subclass of `Service`; it runs on the Mesa driver, and without the frontier.
    progress : show a bar in a notebook and on a terminal, and lines in the log elsewhere.
    answered : called once the answer is known, with a comparison that lacks only what the report has beside it: the
        lever map, the strategies at equal cost and the mixes.

    Returns
    -------
    `Comparison`.

    Raises
    ------
    InputError, InputErrors : the scenario, or what you add to it, cannot be used.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> comparison.summary()[["reach", "cost"]].round(2)
                                 reach  cost
    one-neighbour-is-enough       1.00   2.1
    one-neighbour-is-not-enough   0.08   1.3
    """
    check_arguments(driver, workers)
    extensions = Extensions.of(service_class, network, measures)
    spec = with_run(scenario if isinstance(scenario, Scenario) else load_scenario(scenario), replicates, seed, months)
    if doubt is not None:
        spec = with_doubt(spec, doubt)
    notes = []
    if service_class is not None:
        driver, frontier = "mesa", False
        spec = with_doubt(spec, "none")
        notes.append(f"Your own service class ({service_class.__name__}) was run, by the Mesa driver.")
    base, fixed = extensions.base_network(spec)
    strategy_plans = plans(spec, spec.name)
    points = frontier_points(spec) if frontier else []
    k = spec.run.replicates
    sets = sets_of_scenario(spec)
    k_frontier = min(spec.frontier.replicates or k, k) if points else 0
    tasks = [
        Task(
            replicate=r,
            plans=[
                *(strategy_plans if sets is None else plans(sets.scenario(spec, r), spec.name)),
                *(p.plan for p in _points_of_replicate(spec, points if r < k_frontier else (), None, sets, r)),
            ],
            in_full=[True] * len(strategy_plans) + [False] * (len(points) if r < k_frontier else 0),
            keep_events=all_events or r == 0,
        )
        for r in range(k)
    ]
    bar = ProgressBar(k, spec.name, progress)
    networks: dict[int, Network] = {}
    outcomes: dict[str, list[Outcome]] = {p.name: [] for p in strategy_plans}
    frontier_outcomes: list[list[Outcome]] = []
    try:
        results = run_tasks(
            spec,
            base,
            fixed,
            tasks,
            driver=driver,
            workers=workers,
            extensions=extensions,
            progress=bar.step,
            network_cache=networks,
        )
        for result in results:
            for name, outcome in zip(outcomes, result[: len(strategy_plans)], strict=True):
                outcomes[name].append(outcome)
            frontier_outcomes.append(result[len(strategy_plans) :])
    finally:
        bar.close()
    comparison = Comparison(
        scenario=spec,
        network=base,
        plans=strategy_plans,
        outcomes=outcomes,
        frontier=_frontier(points, frontier_outcomes[:k_frontier], extensions) if points else None,
        driver=driver,
        notes=notes,
        fixed=fixed,
        sets=sets,
        doubt=_in_doubt(spec, base, fixed, workers, network is not None, progress),
        extensions=extensions,
    )
    if answered is not None:
        answered(comparison)
    if not points:
        return comparison
    lever_map = frontier_of(
        spec,
        base,
        fixed,
        MAP_LEVERS,
        min(MAP_REPLICATES, k_frontier),
        driver,
        workers,
        progress=progress,
        network_cache=networks,
        extensions=extensions,
    )
    if sets is not None:
        return replace(comparison, lever_map=lever_map)
    arms = {name: {m.name: comparison.values(name, m.name) for m in MEASURES} for name in comparison.strategies}
    runs = MixRuns(spec, base, fixed, workers=workers, network_cache=networks, from_python=network is not None)
    with ThreadPoolExecutor(1) as beside:  # each search has stretches in which one thread has nothing to do
        equal = beside.submit(at_equal_cost, spec, comparison, network_cache=networks)
        if workers == 1 or driver != "compiled":
            wait([equal])
        mixes = better_mixes(runs, strategy_plans, arms, spec.run.seed, comparison.doubt)
    return replace(comparison, lever_map=lever_map, equal_cost=equal.result(), better_mixes=mixes)


def frontier(
    scenario: Scenario | str | Path,
    *,
    levers: Mapping[str, Sequence[float]] | None = None,
    replicates: int | None = None,
    seed: int | None = None,
    months: int | None = None,
    network: NetworkSource | None = None,
    driver: Driver = "compiled",
    workers: int | None = None,
    doubt: str | Path | None = None,
    service_class: type[Service] | None = None,
    measures: Sequence[Measure] = (),
    progress: bool = True,
) -> Frontier:
    """Return outcomes by balance, from 0 (fully top-down) to 1 (fully organic), or over combinations of levers.

    Parameters
    ----------
    scenario : a `Scenario`, a shipped name or a path.
    levers : levers that the balance sets, with the values that are combined; the scenario's balances by default.
    replicates, seed, months : replace the scenario's.
    network, measures : see above.
    driver : ``compiled`` or ``mesa``; both give the same numbers.
    workers : threads or processes, as in `compare`.
    doubt : assumption sets, as in `compare`; the settings are run in them too.
    service_class : see above; the settings are then run under the scenario's own values alone.
    progress : show a bar in a notebook and on a terminal, and lines in the log elsewhere.

    Returns
    -------
    `Frontier`.

    Raises
    ------
    InputError, InputErrors : the scenario or a lever cannot be used.

    Examples
    --------
    >>> result = ss.frontier("classroom", replicates=2, driver="mesa", workers=1)
    >>> [point.settings["balance"] for point in result.points if point.arm == "as given"]
    [0.0, 0.5, 1.0]
    """
    check_arguments(driver, workers)
    extensions = Extensions.of(service_class, network, measures)
    spec = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    if replicates is None:
        replicates = spec.frontier.replicates
    spec = with_run(spec, replicates, seed, months)
    base, fixed = extensions.base_network(spec)
    if extensions.needs_mesa:
        driver, doubt = "mesa", "none"
    if doubt is not None:
        spec = with_doubt(spec, doubt)
    k = spec.run.replicates
    result = frontier_of(spec, base, fixed, levers, k, driver, workers, progress=progress, extensions=extensions)
    settings = {p.plan.name: p.strategy for p in result.points if p.arm == AS_GIVEN}
    in_doubt = _in_doubt(
        spec.model_copy(update={"strategies": settings}), base, fixed, workers, network is not None, progress
    )
    return replace(result, doubt=in_doubt)


def frontier_of(
    spec: Scenario,
    base: Network,
    fixed: bool,
    levers: Mapping[str, Sequence[float]] | None,
    k: int,
    driver: Driver,
    workers: int | None,
    *,
    progress: bool = True,
    network_cache: dict[int, Network] | None = None,
    extensions: Extensions = NO_EXTENSIONS,
) -> Frontier:
    """Return the frontier of a scenario on a network.

    Parameters
    ----------
    k : number of replicates.
    network_cache : networks made before, by replicate.

    Returns
    -------
    `Frontier`.

    Examples
    --------
    >>> scenario = load_scenario("classroom")
    >>> levers = {"mandate": (0.0, 1.0)}
    >>> frontier_of(scenario, ss.make_network(scenario), False, levers, 2, "mesa", 1).values["reach"].shape
    (2, 2)
    """
    points = frontier_points(spec, levers, (AS_GIVEN,) if levers else None)
    sets = sets_of_scenario(spec)
    tasks = [
        Task(r, [p.plan for p in _points_of_replicate(spec, points, levers, sets, r)], [False] * len(points), False)
        for r in range(k)
    ]
    bar = ProgressBar(k, f"{spec.name} frontier", progress)
    try:
        results = run_tasks(
            spec,
            base,
            fixed,
            tasks,
            driver=driver,
            workers=workers,
            extensions=extensions,
            progress=bar.step,
            network_cache=network_cache,
        )
        return _frontier(points, results, extensions)
    finally:
        bar.close()


def _frontier(
    points: Sequence[FrontierPoint], results: Iterable[Sequence[Outcome]], extensions: Extensions
) -> Frontier:
    measures = extensions.all_measures
    return Frontier(points, measure_arrays(results, measures), measures=measures)
