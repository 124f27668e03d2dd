"""Runs for a page: bounded, told how far they are, and stopped when nobody waits for them.

What belongs here: the limits on what one session may ask for, what makes two questions the same, and comparisons and
frontiers run in pieces through the package's own functions. What does not: what a run is (``drivers.running``), which
work goes next (``app.server.work_queue``), who waits for which result (``app.server.shared_results``).

scenario : as the user has it before them.
base : network of replicate 0.
request : who asks, whether they still want it, and whom to tell how far it is.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

from spreadsim.app.documents import error_text
from spreadsim.app.server.work_queue import BACKGROUND, DETAIL, INTERACTIVE, LARGE, Request, Slot, Standing, work_queue
from spreadsim.comparison.comparison import MAP_LEVERS, MAP_REPLICATES, Comparison, frontier_points, measure_arrays
from spreadsim.comparison.doubt import planned_sets, run_sets
from spreadsim.comparison.results import FrontierPoint, FrontierResults
from spreadsim.drivers.running import Outcome, Task, default_workers, networks_of, outcomes_of, run_block, run_together
from spreadsim.errors import SpreadsimError
from spreadsim.network.construction import make_network
from spreadsim.network.data import Network
from spreadsim.network.reading.files import files_of_scenario, network_files
from spreadsim.outcomes import measures
from spreadsim.outcomes.run import Run
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import plans

MAX_SERVICES = 20_000
MAX_RUNS_BY_SERVICES = 4_000_000  # services x paired runs x strategies
MAX_MONTHS = 240
PIECE = 2_000_000  # services x runs x months after which more urgent work may go first: a fraction of a second
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


def identity(scenario: Scenario) -> str:
    """Return what all results of a scenario depend on, shortened: its values and the content of its network's files.

    It holds nothing of a session: who brings in the same files has the same results.

    Returns
    -------
    Letters and digits, the same for the same inputs.

    Examples
    --------
    >>> scenario = ss.load_scenario("default")
    >>> identity(scenario) == identity(ss.load_scenario("default"))
    True
    >>> identity(scenario) == identity(ss.load_scenario("default", ["run.seed=2"]))
    False
    """
    return _digest(scenario, scenario.model_dump_json())


def network_identity(scenario: Scenario) -> str:
    """Return what the networks of a scenario depend on, shortened.

    Returns
    -------
    Letters and digits, the same for the same inputs.

    Examples
    --------
    >>> scenario = ss.load_scenario("default")
    >>> network_identity(scenario) == network_identity(ss.load_scenario("default", ["programme.support=0.9"]))
    True
    """
    parts = (scenario.network.model_dump_json(), scenario.services.model_dump_json(), scenario.run.seed)
    return _digest(scenario, repr(parts))


def _digest(scenario: Scenario, text: str) -> str:
    """Return the hash of a text and of the files of a scenario's network."""
    digest = hashlib.sha256(text.encode())
    if scenario.network.source == "file":
        for path in network_files(files_of_scenario(scenario), scenario.network):
            digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


class Progress:
    """Tells how far work is, at most a few times a second; lets more urgent work go first; stops what is not wanted.

    Parameters
    ----------
    total : pieces of work.
    slot : held by the work.

    Examples
    --------
    >>> with work_queue.slot(DETAIL) as slot:
    ...     progress = Progress(2, slot)
    ...     progress.step()
    ...     slot.standing().percent
    50.0
    """

    def __init__(self, total: int, slot: Slot) -> None:
        self.total, self.slot = max(1, total), slot
        self.n_done, self.last_report = 0, time.monotonic()

    def step(self) -> None:
        """Count one piece of work.

        Raises
        ------
        WorkCancelled : nobody waits any more.
        """
        self.n_done += 1
        self.slot.give_way(self.n_done / self.total)
        if time.monotonic() - self.last_report > 0.25:
            self.last_report = time.monotonic()
            self.slot.request.report(self.slot.standing())


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


def task_progress(task: Any) -> dict[str, Any]:
    """Return how far a task of the page is: per cent, and in words.

    Parameters
    ----------
    task : made by `library.use_task`, whose work reports a `Standing`.

    Returns
    -------
    ``progress`` in per cent, and ``words``.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> task_progress(SimpleNamespace(progress=Standing(n_ahead=3, seconds=14.2)))
    {'progress': 0, 'words': 'waiting: 3 before you, ready in about 15 seconds'}
    >>> task_progress(SimpleNamespace(progress=Standing(percent=40.0)))
    {'progress': 40, 'words': 'working, 40%'}
    """
    standing = task.progress or Standing()
    percent = round(standing.percent)
    words = f"waiting: {standing.n_ahead} before you" if standing.n_ahead else f"working, {percent}%"
    if standing.seconds is not None and standing.seconds > 2:
        words += f", ready in about {_duration(standing.seconds)}"
    return {"progress": percent, "words": words}


def _duration(seconds: float) -> str:
    """Return a duration in round words."""
    if seconds < 90:
        return f"{5 * max(1, round(seconds / 5))} seconds"
    return f"{round(seconds / 60)} minutes"


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
    request: Request = Request(),  # noqa: B008
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
    >>> first, last = compare_in_stages(scenario, base_network(scenario))
    >>> first.outcomes["blend"][0].groups == {}, len(last.outcomes["blend"][0].groups["reach"]) > 0
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

    size = base.n * k * len(own_plans) * scenario.run.months
    with work_queue.slot(INTERACTIVE if is_small else LARGE, request, size) as slot:
        progress = Progress(k, slot)
        if not is_small:
            tasks = [Task(r, own_plans, [True] * len(own_plans), r == 0) for r in range(k)]
            for result in _run_in_pieces(scenario, base, tasks, progress):
                for name, outcome in zip(outcomes, result, strict=True):
                    outcomes[name].append(outcome)
        else:
            for networks_here, runs, outcomes_here in _in_order(one, k, PIECE * k // size):
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
    with work_queue.slot(DETAIL, request, size) as slot:
        for place, (networks_here, runs) in enumerate(blocks):
            for p, own_runs in zip(own_plans, runs, strict=True):
                for net, run in zip(networks_here, own_runs, strict=True):
                    groups = measures.groups(run, net, p)
                    before = outcomes[p.name][len(details[p.name])]
                    details[p.name].append(replace(before, generations=measures.generations(run, p), groups=groups))
            slot.give_way(done=(place + 1) / len(blocks))
    yield Comparison(scenario, base, own_plans, details, fixed=fixed)


def _run_in_pieces(
    scenario: Scenario, base: Network, tasks: Sequence[Task], progress: Progress
) -> Iterator[list[Outcome]]:
    """Yield the outcomes of tasks that run the same plans, in order; more urgent work may go between pieces."""
    fixed, size = not scenario.network.redraw, base.n * sum(plan.months for plan in tasks[0].plans)

    def one(block: range) -> list[list[Outcome]]:
        return run_block(scenario, base, fixed, [tasks[place] for place in block], "compiled")

    for results in _in_order(one, len(tasks), PIECE // size):
        for result in results:
            yield result
            progress.step()


def _in_order(one: Callable[[range], T], k: int, most: int) -> Iterator[T]:
    """Yield the results of blocks of at most so many replicates in order, one a worker under way ahead."""
    n_workers = default_workers()
    size = max(1, min(most, -(-k // (4 * n_workers))))
    with ThreadPoolExecutor(n_workers) as pool:
        waiting: deque[Future[T]] = deque()
        try:
            for first in range(0, k, size):
                waiting.append(pool.submit(one, range(first, min(k, first + size))))
                if len(waiting) > n_workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def with_frontier(comparison: Comparison, request: Request = Request()) -> Comparison:  # noqa: B008
    """Return the comparison with the frontier over balances, the map over two levers, and in plausible worlds.

    Parameters
    ----------
    comparison : of the scenario's strategies.

    Returns
    -------
    The comparison with `frontier`, `lever_map` and `doubt`.

    Raises
    ------
    TooLarge : the frontier takes more runs than the app makes.

    Examples
    --------
    >>> scenario = ss.load_scenario("default", ["run.months=2", "run.replicates=2"])
    >>> comparison = ss.compare(scenario, frontier=False)
    >>> len(with_frontier(comparison).frontier.points)
    22
    """
    spec = comparison.scenario
    points, cells = frontier_points(spec), frontier_points(spec, MAP_LEVERS, ("as given",))
    k = min(spec.frontier.replicates or spec.run.replicates, spec.run.replicates)
    k_map = min(MAP_REPLICATES, k)
    planned = planned_sets(spec, comparison.network)
    n_sets = planned[1] if planned is not None else 0
    n_runs = k * len(points) + k_map * len(cells) + n_sets * spec.doubt.replicates * len(spec.strategies)
    if comparison.network.n * n_runs > 6 * MAX_RUNS_BY_SERVICES:
        raise TooLarge(
            "The frontier of this scenario takes more runs than the app can make; ask for fewer paired runs."
        )
    with work_queue.slot(BACKGROUND, request, comparison.network.n * n_runs * spec.run.months) as slot:
        progress = Progress(k + k_map + n_sets, slot)
        return replace(
            comparison,
            doubt=None
            if planned is None
            else run_sets(spec, comparison.network, comparison.fixed, planned, progress=progress.step),
            frontier=_frontier(spec, comparison.network, points, k, progress),
            lever_map=_frontier(spec, comparison.network, cells, k_map, progress),
        )


def _frontier(
    spec: Scenario, base: Network, points: Sequence[FrontierPoint], k: int, progress: Progress
) -> FrontierResults:
    tasks = [Task(r, [p.plan for p in points], [False] * len(points), False) for r in range(k)]
    return FrontierResults(points, measure_arrays(_run_in_pieces(spec, base, tasks, progress)))
