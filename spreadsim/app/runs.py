"""Runs for a page: bounded, told how far they are, and stopped when nobody waits for them.

What belongs here: the limits on what one session may ask for, and comparisons and frontiers run in pieces through the
package's own functions. What does not: what a run is (``drivers.running``), whose turn it is (``turns``).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from spreadsim.app.server.work_queue import AT_ONCE, LONG, SOON, IsWanted, Turn, turns
from spreadsim.comparison.comparison import (
    MAP_LEVERS,
    MAP_REPLICATES,
    Comparison,
    Frontier,
    FrontierPoint,
    frontier_points,
    measured,
)
from spreadsim.drivers.running import Outcome, Task, default_workers, networks_of, outcomes_of, run_tasks, run_together
from spreadsim.errors import SpreadsimError
from spreadsim.network.data import Network, make_network
from spreadsim.outcomes import measures
from spreadsim.outcomes.run import Run
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import plans

MAX_SERVICES = 20_000
MAX_RUNS_BY_SERVICES = 4_000_000  # services x paired runs x strategies
MAX_MONTHS = 240
MAX_KEPT = 400_000  # the same, up to which runs are kept while their details are worked out

T = TypeVar("T")


class TooLarge(SpreadsimError):
    """More than one session may ask for."""


def check_size(scenario: Scenario, n_services: int | None = None) -> None:
    """Refuse what would hold up every other user.

    Raises
    ------
    TooLarge : the scenario has too many services, months or runs for the app.
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


class Pace:
    """Tells how far work is, at most a few times a second; lets more urgent work go first; stops what is not wanted."""

    def __init__(self, total: int, turn: Turn, tell: Callable[[float], None] | None = None) -> None:
        self.total, self.turn, self.tell = max(1, total), turn, tell
        self.done, self.told = 0, time.monotonic()

    def step(self) -> None:
        """Count one piece of work.

        Raises
        ------
        NotWanted : nobody waits any more.
        """
        self.turn.give_way()
        self.done += 1
        if self.tell is not None and time.monotonic() - self.told > 0.25:
            self.told = time.monotonic()
            self.tell(100.0 * self.done / self.total)


def base_network(scenario: Scenario) -> Network:
    """Return the network of replicate 0, within the app's limits."""
    if scenario.network.source != "file":
        check_size(scenario)
    network = make_network(scenario)
    check_size(scenario, network.n)
    return network


def compare_quickly(
    scenario: Scenario,
    base: Network,
    is_wanted: IsWanted,
    tell: Callable[[float], None] | None = None,
    networks: dict[int, Network] | None = None,
) -> Iterator[Comparison]:
    """Yield a comparison twice: first with curves and measures alone, then with generations and groups.

    The numbers are those of ``comparison.compare``: the same runs, measured by the same functions. `networks` keeps the
    networks of replicates from one comparison to the next; it belongs to `base`.
    """
    cache: dict[int, Network] = {} if networks is None else networks
    own, fixed = plans(scenario, scenario.name), not scenario.network.redraw
    k, seed = scenario.run.replicates, scenario.run.seed
    outcomes: dict[str, list[Outcome]] = {p.name: [] for p in own}
    small = base.n * k * len(own) <= MAX_KEPT  # larger runs are not kept while their details wait
    kept: list[tuple[list[Network], list[list[Run]]]] = []

    def one(block: range) -> tuple[list[Network], list[list[Run]], list[list[Outcome]]]:
        networks_here = networks_of(scenario, base, fixed, block, cache)
        runs = [run_together(networks_here, p, seed, block, "compiled") for p in own]
        first = [r == 0 for r in block]
        found = [outcomes_of(some, networks_here, p, True, first, in_detail=False)
                 for p, some in zip(own, runs, strict=True)]  # fmt: skip
        return networks_here, runs, found

    with turns.turn(AT_ONCE if small else SOON, is_wanted) as turn:
        pace = Pace(k, turn, tell)
        if not small:
            tasks = [Task(r, own, [True] * len(own), r == 0) for r in range(k)]
            for result in run_tasks(scenario, base, fixed, tasks, progress=pace.step):
                for name, outcome in zip(outcomes, result, strict=True):
                    outcomes[name].append(outcome)
        else:
            for networks_here, runs, found in _in_order(one, k):
                for p, some in zip(own, found, strict=True):
                    outcomes[p.name] += some
                kept.append((networks_here, runs))
                for _ in networks_here:
                    pace.step()
    yield Comparison(scenario, base, own, {name: list(found) for name, found in outcomes.items()}, fixed=fixed)
    if not small:
        return
    full: dict[str, list[Outcome]] = {p.name: [] for p in own}
    with turns.turn(SOON, is_wanted) as turn:
        for networks_here, runs in kept:
            for p, own_runs in zip(own, runs, strict=True):
                for net, run in zip(networks_here, own_runs, strict=True):
                    groups = measures.groups(run, net, p)
                    before = outcomes[p.name][len(full[p.name])]
                    full[p.name].append(replace(before, generations=measures.generations(run, p), groups=groups))
            turn.give_way()
    yield Comparison(scenario, base, own, full, fixed=fixed)


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
    comparison: Comparison, is_wanted: IsWanted, tell: Callable[[float], None] | None = None
) -> Comparison:
    """Return the comparison with the frontier over balances and the map over two levers."""
    spec = comparison.scenario
    points, cells = frontier_points(spec), frontier_points(spec, MAP_LEVERS, ("as given",))
    k = min(spec.frontier.replicates or spec.run.replicates, spec.run.replicates)
    k_map = min(MAP_REPLICATES, k)
    if comparison.network.n * (k * len(points) + k_map * len(cells)) > 6 * MAX_RUNS_BY_SERVICES:
        raise TooLarge(
            "The frontier of this scenario takes more runs than the app can make; ask for fewer paired runs."
        )
    with turns.turn(LONG, is_wanted) as turn:
        pace = Pace(k + k_map, turn, tell)
        return replace(
            comparison,
            frontier=_frontier(spec, comparison.network, points, k, pace),
            lever_map=_frontier(spec, comparison.network, cells, k_map, pace),
        )


def _frontier(spec: Scenario, base: Network, points: Sequence[FrontierPoint], k: int, pace: Pace) -> Frontier:
    tasks = [Task(r, [p.plan for p in points], [False] * len(points), False) for r in range(k)]
    return Frontier(points, measured(run_tasks(spec, base, not spec.network.redraw, tasks, progress=pace.step)))
