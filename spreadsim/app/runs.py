"""Runs for a page: bounded, told how far they are, and stopped when nobody waits for them.

What belongs here: the limits on what one session may ask for, and comparisons and frontiers run in pieces through the
package's own functions. What does not: what a run is (``drivers.running``), which work goes next
(``app.server.work_queue``).

scenario : as the user has it before them.
base : network of replicate 0.
is_wanted : whether anybody still waits for the result.
report : called with the share of the work that is done, in per cent.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

from spreadsim.app.documents import error_text
from spreadsim.app.server.work_queue import BACKGROUND, DETAIL, INTERACTIVE, IsWanted, Slot, work_queue
from spreadsim.comparison.comparison import MAP_LEVERS, MAP_REPLICATES, Comparison, frontier_points, measure_arrays
from spreadsim.comparison.results import Frontier, FrontierPoint
from spreadsim.drivers.running import Outcome, Task, default_workers, networks_of, outcomes_of, run_tasks, run_together
from spreadsim.errors import SpreadsimError
from spreadsim.network.construction import make_network
from spreadsim.network.data import Network
from spreadsim.outcomes import measures
from spreadsim.outcomes.run import Run
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import plans

MAX_SERVICES = 20_000
MAX_RUNS_BY_SERVICES = 4_000_000  # services x paired runs x strategies
MAX_MONTHS = 240
MAX_RUNS_IN_MEMORY = 400_000  # the same, up to which runs are kept while their details are worked out

T = TypeVar("T")


class TooLarge(SpreadsimError):
    """More than one session may ask for.

    Examples
    --------
    >>> raise TooLarge("20,001 services are more than the app runs.")
    Traceback (most recent call last):
        ...
    spreadsim.app.runs.TooLarge: 20,001 services are more than the app runs.
    """


def check_size(scenario: Scenario, n_services: int | None = None) -> None:
    """Refuse what would hold up every other user.

    Parameters
    ----------
    n_services : of the network, where it is read from files.

    Raises
    ------
    TooLarge : the scenario has too many services, months or runs for the app.

    Examples
    --------
    >>> check_size(ss.load_scenario("default"))
    >>> check_size(ss.load_scenario("default"), 1_000_000)
    Traceback (most recent call last):
        ...
    spreadsim.app.runs.TooLarge: 1,000,000 services are more than the 20,000 that the app can run; use the command line.
    """
    n = scenario.network.services if n_services is None else n_services
    runs = n * scenario.run.replicates * len(scenario.strategies)
    if n > MAX_SERVICES:
        raise TooLarge(f"{n:,} services are more than the {MAX_SERVICES:,} that the app can run; use the command line.")
    if scenario.run.months > MAX_MONTHS:
        raise TooLarge(f"{scenario.run.months} months are more than the {MAX_MONTHS} that the app can run.")
    if runs > MAX_RUNS_BY_SERVICES:
        most = MAX_RUNS_BY_SERVICES // (n * len(scenario.strategies))
        raise TooLarge(
            f"{scenario.run.replicates:,} paired runs of {len(scenario.strategies)} strategies on {n:,} services are "
            f"more than the app can run at once. Ask for at most {most:,} paired runs (under More), fewer "
            "strategies, or save the file and use the command line."
        )


class Progress:
    """Tells how far work is, at most a few times a second; lets more urgent work go first; stops what is not wanted.

    Parameters
    ----------
    total : pieces of work.
    slot : held by the work.
    report : called with the share that is done, in per cent; None where nobody asks.

    Examples
    --------
    >>> with work_queue.slot(DETAIL, lambda: True) as slot:
    ...     progress = Progress(2, slot)
    ...     progress.step()
    ...     progress.n_done
    1
    """

    def __init__(self, total: int, slot: Slot, report: Callable[[float], None] | None = None) -> None:
        self.total, self.slot, self.report = max(1, total), slot, report
        self.n_done, self.last_report = 0, time.monotonic()

    def step(self) -> None:
        """Count one piece of work.

        Raises
        ------
        NotWanted : nobody waits any more.
        """
        self.slot.give_way()
        self.n_done += 1
        if self.report is not None and time.monotonic() - self.last_report > 0.25:
            self.last_report = time.monotonic()
            self.report(100.0 * self.n_done / self.total)


def task_state(task: Any) -> str:
    """Return how far a task of the page is.

    Parameters
    ----------
    task : made by `library.use_task`.

    Returns
    -------
    ``busy``, ``error``, ``done`` or ``waiting``; one that was started again is busy, whatever it returned before.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> task_state(SimpleNamespace(pending=False, error=False, latest=None))
    'waiting'
    """
    return "busy" if task.pending else "error" if task.error else "done" if task.latest is not None else "waiting"


def task_message(task: Any) -> str:
    """Return what went wrong in a task of the page, in words.

    Parameters
    ----------
    task : made by `library.use_task`.

    Returns
    -------
    A sentence or a few; empty where nothing went wrong.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> task_message(SimpleNamespace(error=True, exception=TooLarge("20,001 services are too many.")))
    '20,001 services are too many.'
    """
    return error_text(task.exception) if task.error and task.exception else ""


def base_network(scenario: Scenario) -> Network:
    """Return the network of replicate 0, within the app's limits.

    Returns
    -------
    The network, the same for each strategy.

    Raises
    ------
    TooLarge : the scenario has too many services, months or runs for the app.

    Examples
    --------
    >>> base_network(ss.load_scenario("default")).n
    480
    """
    if scenario.network.source != "file":
        check_size(scenario)
    network = make_network(scenario)
    check_size(scenario, network.n)
    return network


def compare_in_stages(
    scenario: Scenario,
    base: Network,
    is_wanted: IsWanted,
    report: Callable[[float], None] | None = None,
    networks: dict[int, Network] | None = None,
) -> Iterator[Comparison]:
    """Yield a comparison twice: first with curves and measures alone, then with generations and groups.

    The numbers are those of ``comparison.compare``: the same runs, measured by the same functions. `networks` keeps the
    networks of replicates from one comparison to the next; it belongs to `base`.

    Parameters
    ----------
    networks : of replicates by number, kept from one comparison to the next; they belong to `base`.

    Yields
    ------
    A comparison with curves and measures, then the same with generations and groups.

    Examples
    --------
    >>> scenario = ss.load_scenario("default", ["run.months=6", "run.replicates=2"])
    >>> first, last = compare_in_stages(scenario, base_network(scenario), lambda: True)
    >>> first.outcomes["blend"][0].groups == [], len(last.outcomes["blend"][0].groups) > 0
    (True, True)
    """
    networks_by_replicate: dict[int, Network] = {} if networks is None else networks
    own_plans, fixed = plans(scenario, scenario.name), not scenario.network.redraw
    k, seed = scenario.run.replicates, scenario.run.seed
    outcomes: dict[str, list[Outcome]] = {p.name: [] for p in own_plans}
    is_small = base.n * k * len(own_plans) <= MAX_RUNS_IN_MEMORY  # larger runs are not kept while their details wait
    blocks: list[tuple[list[Network], list[list[Run]]]] = []

    def one(block: range) -> tuple[list[Network], list[list[Run]], list[list[Outcome]]]:
        networks_here = networks_of(scenario, base, fixed, block, networks_by_replicate)
        runs = [run_together(networks_here, p, seed, block, "compiled") for p in own_plans]
        first = [r == 0 for r in block]
        outcomes_of_plans = [outcomes_of(some, networks_here, p, True, first, in_detail=False)
                 for p, some in zip(own_plans, runs, strict=True)]  # fmt: skip
        return networks_here, runs, outcomes_of_plans

    with work_queue.slot(INTERACTIVE if is_small else DETAIL, is_wanted) as slot:
        progress = Progress(k, slot, report)
        if not is_small:
            tasks = [Task(r, own_plans, [True] * len(own_plans), r == 0) for r in range(k)]
            for result in run_tasks(scenario, base, fixed, tasks, progress=progress.step):
                for name, outcome in zip(outcomes, result, strict=True):
                    outcomes[name].append(outcome)
        else:
            for networks_here, runs, outcomes_here in _in_order(one, k):
                for p, some in zip(own_plans, outcomes_here, strict=True):
                    outcomes[p.name] += some
                blocks.append((networks_here, runs))
                for _ in networks_here:
                    progress.step()
    yield Comparison(
        scenario, base, own_plans, {name: list(outcomes_here) for name, outcomes_here in outcomes.items()}, fixed=fixed
    )
    if not is_small:
        return
    details: dict[str, list[Outcome]] = {p.name: [] for p in own_plans}
    with work_queue.slot(DETAIL, is_wanted) as slot:
        for networks_here, runs in blocks:
            for p, own_runs in zip(own_plans, runs, strict=True):
                for net, run in zip(networks_here, own_runs, strict=True):
                    groups = measures.groups(run, net, p)
                    before = outcomes[p.name][len(details[p.name])]
                    details[p.name].append(replace(before, generations=measures.generations(run, p), groups=groups))
            slot.give_way()
    yield Comparison(scenario, base, own_plans, details, fixed=fixed)


def _in_order(one: Callable[[range], T], k: int) -> Iterator[T]:
    """Yield the results of blocks of replicates in order, a few under way at a time."""
    size = max(1, -(-k // (4 * default_workers())))
    with ThreadPoolExecutor(default_workers()) as pool:
        waiting: deque[Future[T]] = deque()
        try:
            for first in range(0, k, size):
                waiting.append(pool.submit(one, range(first, min(k, first + size))))
                if len(waiting) > 4:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def with_frontier(
    comparison: Comparison, is_wanted: IsWanted, report: Callable[[float], None] | None = None
) -> Comparison:
    """Return the comparison with the frontier over balances and the map over two levers.

    Parameters
    ----------
    comparison : of the scenario's strategies.

    Returns
    -------
    The comparison with `frontier` and `lever_map`.

    Raises
    ------
    TooLarge : the frontier takes more runs than the app makes.

    Examples
    --------
    >>> scenario = ss.load_scenario("default", ["run.months=2", "run.replicates=2"])
    >>> comparison = ss.compare(scenario, frontier=False)
    >>> len(with_frontier(comparison, lambda: True).frontier.points)
    22
    """
    spec = comparison.scenario
    points, cells = frontier_points(spec), frontier_points(spec, MAP_LEVERS, ("as given",))
    k = min(spec.frontier.replicates or spec.run.replicates, spec.run.replicates)
    k_map = min(MAP_REPLICATES, k)
    if comparison.network.n * (k * len(points) + k_map * len(cells)) > 6 * MAX_RUNS_BY_SERVICES:
        raise TooLarge(
            "The frontier of this scenario takes more runs than the app can make; ask for fewer paired runs."
        )
    with work_queue.slot(BACKGROUND, is_wanted) as slot:
        progress = Progress(k + k_map, slot, report)
        return replace(
            comparison,
            frontier=_frontier(spec, comparison.network, points, k, progress),
            lever_map=_frontier(spec, comparison.network, cells, k_map, progress),
        )


def _frontier(spec: Scenario, base: Network, points: Sequence[FrontierPoint], k: int, progress: Progress) -> Frontier:
    tasks = [Task(r, [p.plan for p in points], [False] * len(points), False) for r in range(k)]
    return Frontier(
        points, measure_arrays(run_tasks(spec, base, not spec.network.redraw, tasks, progress=progress.step))
    )
