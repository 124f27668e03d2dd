"""Running plans: every strategy of every replicate on the same network with common random numbers.

What belongs here: a block of replicates as a unit of work, and the pool that runs blocks. Results come back in order of
replicate, the same to the bit, whatever the number of workers and the size of the blocks.

Examples
--------
Those of the functions run the classroom:

>>> from spreadsim.scenario.plan import plans
>>> scenario = ss.load_scenario("classroom")
>>> network, plan = ss.make_network(scenario), plans(scenario)[0]
>>> tasks = [Task(replicate, [plan], [True], keep_events=True) for replicate in range(3)]
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from spreadsim.drivers.extensions import NO_EXTENSIONS, Extensions, arrived, unreadable
from spreadsim.drivers.first_run import compile_first, is_interpreted
from spreadsim.errors import InputError
from spreadsim.network.construction import make_networks
from spreadsim.network.data import Network
from spreadsim.outcomes import measures
from spreadsim.outcomes.measures import Columns
from spreadsim.outcomes.run import Firing, Run
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import Plan

if TYPE_CHECKING:
    from spreadsim.drivers.agents import Service

Driver = Literal["compiled", "mesa"]
Form = Literal["compiled", "mesa", "interpreted"]  # the compiled driver's code may run as plain Python
SERVICES_AT_ONCE = 100_000  # services of all replicates of a block together
SERVICES_KEPT = 500_000  # services of all networks that are kept from one call to the next
FEW_TASKS = 12  # for each worker


@dataclass(frozen=True)
class Outcome:
    """What is kept of one run.

    Attributes
    ----------
    measures : every measure; nan where null.
    curves, generations, groups : as in `measures`; empty where they are not kept.
    end_state : state of each service at the horizon.
    first_month : first month in which each service was embedded; nan if never.
    events : every change of state, or None where they are not kept.
    firings : of the strategy's rules, by month.

    Examples
    --------
    >>> outcome = run_block(scenario, network, False, tasks[:1], "interpreted")[0][0]
    >>> outcome.measures["reach"], outcome.end_state.tolist()[:3]
    (1.0, [3, 3, 3])
    """

    measures: dict[str, float]
    curves: Mapping[str, np.ndarray]
    generations: Columns
    groups: Columns
    end_state: np.ndarray
    first_month: np.ndarray
    events: Mapping[str, np.ndarray] | None
    firings: tuple[Firing, ...] = ()


@dataclass(frozen=True)
class Task:
    """One replicate: which plans to run on its network, and what to keep of each run.

    Attributes
    ----------
    replicate : its number.
    plans : to run on its network, in this order.
    in_full : for each plan, whether curves and services are kept too.
    keep_events : whether every change of state is kept of the plans that are kept in full.

    Examples
    --------
    >>> tasks[2].replicate, len(tasks[2].plans)
    (2, 1)
    """

    replicate: int
    plans: Sequence[Plan]
    in_full: Sequence[bool]
    keep_events: bool


def run_plan(network: Network, plan: Plan, seed: int, replicate: int, driver: Form) -> Run:
    """Return one run by either driver.

    Parameters
    ----------
    network : of the replicate.
    plan : the strategy.
    seed, replicate : address of the random numbers.
    driver : ``compiled``, ``mesa`` or ``interpreted``.

    Returns
    -------
    The run.

    Examples
    --------
    >>> run_plan(network, plan, seed=1, replicate=0, driver="mesa").final["state"].tolist()[:3]
    [3, 3, 3]
    """
    return run_together([network], plan, seed, [replicate], driver)[0]


def run_together(
    networks: Sequence[Network],
    plan: Plan,
    seed: int,
    replicates: Sequence[int],
    driver: Form,
    service_class: type[Service] | None = None,
    *,
    keep_events: bool = True,
) -> list[Run]:
    """Return runs of one plan in several replicates, by either driver.

    While nothing is compiled yet, small work for the compiled driver goes as plain Python: the same numbers, sooner.

    Parameters
    ----------
    networks : of each replicate; all of one size and under the same hierarchy.
    plan : the strategy.
    seed, replicates : addresses of the random numbers.
    driver : ``compiled``, ``mesa`` or ``interpreted``.
    service_class : for the Mesa driver, a subclass of `Service`.
    keep_events : whether to keep every change of state.

    Returns
    -------
    A run a replicate, in their order.

    Examples
    --------
    >>> len(run_together([network] * 2, plan, 1, [0, 1], "interpreted"))
    2
    """
    if driver == "mesa":
        from spreadsim.drivers.mesa_model import run_with_mesa

        return [
            run_with_mesa(network, plan, seed, replicate, service_class)
            for network, replicate in zip(networks, replicates, strict=True)
        ]
    if driver == "interpreted" or is_interpreted(_service_months(networks[0].n, [plan], len(replicates))):
        from spreadsim.drivers.compilation import interpreted_engine

        engine = interpreted_engine()
    else:
        from spreadsim.drivers import engine

    return engine.run_together(networks, plan, seed, replicates, keep_events=keep_events)


def run_block(
    scenario: Scenario,
    base: Network,
    fixed: bool,
    block: Sequence[Task],
    driver: Form,
    extensions: Extensions = NO_EXTENSIONS,
    network_cache: dict[int, Network] | None = None,
) -> list[list[Outcome]]:
    """Return for each task of a block the outcomes of its plans, in their order.

    The tasks run the same plans in several replicates: networks are made, and measures taken, of all of them at once.

    Parameters
    ----------
    scenario : that the networks are made by.
    base : network of replicate 0.
    fixed : whether it serves every replicate.
    block : tasks that run the same plans in several replicates.
    driver : ``compiled``, ``mesa`` or ``interpreted``.
    extensions : what a program adds; its measures are taken of every run.
    network_cache : networks made before, by replicate; takes what is made now, while there is room.

    Returns
    -------
    Outcomes, by task and plan.

    Examples
    --------
    >>> block = run_block(scenario, network, False, tasks, "interpreted")
    >>> [outcomes[0].measures["months_to_half"] for outcomes in block]
    [3.0, 3.0, 3.0]
    """
    replicates = [task.replicate for task in block]
    networks = networks_of(scenario, base, fixed, replicates, network_cache)
    seed, columns = scenario.run.seed, []
    for plan, in_full in zip(block[0].plans, block[0].in_full, strict=True):
        keep_events = in_full or bool(extensions.measures)
        runs = run_together(networks, plan, seed, replicates, driver, extensions.service_class, keep_events=keep_events)
        keep = [task.keep_events for task in block]
        columns.append(outcomes_of(runs, networks, plan, in_full, keep, extensions=extensions))
    return [list(outcomes) for outcomes in zip(*columns, strict=True)]


def networks_of(
    scenario: Scenario,
    base: Network,
    fixed: bool,
    replicates: Sequence[int],
    network_cache: dict[int, Network] | None = None,
) -> list[Network]:
    """Return the networks of some replicates.

    Parameters
    ----------
    scenario : that the networks are made by.
    base : network of replicate 0.
    fixed : whether it serves every replicate.
    replicates : their numbers.
    network_cache : networks made before, by replicate; takes what is made now, while there is room.

    Returns
    -------
    A network a replicate, in their order.

    Examples
    --------
    >>> [one.n for one in networks_of(scenario, network, False, [0, 1])]
    [12, 12]
    """
    if fixed:
        return [base] * len(replicates)
    cache = {} if network_cache is None else network_cache
    cache.setdefault(0, base)
    by_replicate = {replicate: cache[replicate] for replicate in replicates if replicate in cache}
    missing = [replicate for replicate in replicates if replicate not in by_replicate]
    if missing:
        made = dict(zip(missing, make_networks(scenario, missing, base), strict=True))
        room = max(0, SERVICES_KEPT // max(1, base.n) - len(cache))
        cache.update(itertools.islice(made.items(), room))
        by_replicate |= made
    return [by_replicate[replicate] for replicate in replicates]


def outcomes_of(
    runs: Sequence[Run],
    networks: Sequence[Network],
    plan: Plan,
    in_full: bool,
    keep_events: Sequence[bool],
    *,
    in_detail: bool = True,
    extensions: Extensions = NO_EXTENSIONS,
) -> list[Outcome]:
    """Return what is kept of runs of one plan.

    Parameters
    ----------
    runs, networks : one a replicate.
    plan : the strategy.
    in_full : whether to keep curves and services too.
    keep_events : for each run, whether to keep every change of state; in full alone.
    in_detail : in full, whether to keep generations and groups, which take longest.
    extensions : whose measures are taken too.

    Returns
    -------
    An outcome a run.

    Examples
    --------
    >>> run = run_plan(network, plan, 1, 0, "interpreted")
    >>> outcomes = outcomes_of([run], [network], plan, in_full=False, keep_events=[False])
    >>> outcomes[0].measures["reach"], outcomes[0].events
    (1.0, None)
    """
    detailed = in_full and in_detail
    monthly = measures.curves_of(runs, networks, plan)
    by_measure = measures.measures_of(runs, networks, plan, monthly)
    by_measure |= extensions.values(runs, networks, plan, monthly, by_measure)
    rows = np.stack(list(by_measure.values()), axis=1).tolist()
    outcomes = []
    for k, (run, network) in enumerate(zip(runs, networks, strict=True)):
        outcomes.append(
            Outcome(
                measures=dict(zip(by_measure, rows[k], strict=True)),
                curves={name: values[k] for name, values in monthly.items()} if in_full else {},
                generations=measures.generations(run, plan) if detailed else {},
                groups=measures.groups(run, network, plan) if detailed else {},
                end_state=run.final["state"] if in_full else np.empty(0, dtype=np.int8),
                first_month=measures.first_months_embedded(run) if in_full else np.empty(0),
                events=run.events if in_full and keep_events[k] else None,
                firings=() if run.by_unit is None else run.by_unit.firings,
            )
        )
    return outcomes


def blocks_of(tasks: Sequence[Task], n_services: int, n_workers: int) -> list[list[Task]]:
    """Return tasks in blocks of those that run the same plans: enough for every worker, small enough for memory.

    Parameters
    ----------
    tasks : in order of replicate.
    n_services : of a network.
    n_workers : that run blocks side by side.

    Returns
    -------
    The tasks in their order, in blocks.

    Examples
    --------
    >>> [len(block) for block in blocks_of(tasks, n_services=12, n_workers=1)]
    [3]
    """
    # Few tasks of many plans are done soonest in as many blocks as there are workers; of many, the last ones are short.
    shares = n_workers if len(tasks) <= FEW_TASKS * n_workers else 2 * n_workers
    most = max(1, min(SERVICES_AT_ONCE // max(1, n_services), -(-len(tasks) // shares)))
    blocks: list[list[Task]] = []
    for task in tasks:
        last = blocks[-1] if blocks else []
        alike = bool(last) and last[0].in_full == task.in_full and _same(last[0].plans, task.plans)
        if alike and len(last) < most:
            last.append(task)
        else:
            blocks.append([task])
    return blocks


def _same(some: Sequence[Plan], others: Sequence[Plan]) -> bool:
    return len(some) == len(others) and all(a is b for a, b in zip(some, others, strict=True))


def _service_months(n_services: int, some: Sequence[Plan], replicates: int = 1) -> int:
    return n_services * replicates * sum(plan.months for plan in some)


def default_workers() -> int:
    """Return the number of processors this process may use.

    Returns
    -------
    A number of at least 1.

    Examples
    --------
    >>> default_workers() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def _free_workers(driver: Driver) -> int:
    """Return how many workers a driver may have here where none are asked for: a daemon process starts no processes."""
    import multiprocessing

    return 1 if driver != "compiled" and multiprocessing.current_process().daemon else default_workers()


def run_tasks(
    scenario: Scenario,
    base: Network,
    fixed: bool,
    tasks: Sequence[Task],
    *,
    driver: Driver = "compiled",
    workers: int | None = None,
    extensions: Extensions = NO_EXTENSIONS,
    progress: Callable[[], None] | None = None,
    network_cache: dict[int, Network] | None = None,
) -> Iterator[list[Outcome]]:
    """Yield the outcomes of each task, in order.

    The compiled driver runs in threads, which it does not hold up; the Mesa driver in processes. `network_cache` keeps
    networks from one call to the next, by replicate; it belongs to one scenario and `base`.

    Parameters
    ----------
    scenario : that the networks are made by.
    base : network of replicate 0.
    fixed : whether it serves every replicate.
    tasks : in order of replicate.
    driver : ``compiled`` or ``mesa``.
    workers : threads or processes; all processors by default, but this process alone with a class of services.
    extensions : what a program adds; they travel to the processes.
    progress : called after each task.
    network_cache : networks made before, by replicate; takes what is made now, while there is room.

    Yields
    ------
    Outcomes of a task, by plan.

    Raises
    ------
    InputError : workers of the Mesa driver are asked for in a daemon process, or cannot find what a program adds.

    Examples
    --------
    >>> results = list(run_tasks(scenario, network, False, tasks, driver="mesa", workers=1))
    >>> len(results), results[0][0].measures["reach"]
    (3, 1.0)
    """
    most = workers or (1 if extensions.needs_mesa else _free_workers(driver))
    n_workers = min(most, max(1, len(tasks)))

    def finished(results: list[list[Outcome]]) -> Iterator[list[Outcome]]:
        for result in results:
            if progress is not None:
                progress()
            yield result

    quick = driver == "compiled"
    if quick:
        compile_first(sum(_service_months(base.n, task.plans) for task in tasks))
    n_first = 0  # tasks that are run while another process compiles
    while quick and n_first < len(tasks) and is_interpreted(_service_months(base.n, tasks[n_first].plans)):
        first = [tasks[n_first]]
        yield from finished(run_block(scenario, base, fixed, first, "interpreted", extensions, network_cache))
        n_first += 1
    tasks = tasks[n_first:]
    if not tasks:
        return
    blocks = blocks_of(tasks, base.n, n_workers) if quick else [[task] for task in tasks]
    if n_workers == 1:
        for block in blocks:
            yield from finished(run_block(scenario, base, fixed, block, driver, extensions, network_cache))
        return
    pool: Executor
    if quick:
        from spreadsim.drivers import engine  # noqa: F401  (loaded once, before threads ask for it)

        pool = ThreadPoolExecutor(n_workers)
    else:
        import multiprocessing

        if multiprocessing.current_process().daemon:  # as those of multiprocessing.Pool, which may start no others
            remedy = "give workers=1 there, or take the compiled driver, which needs no processes"
            raise InputError("python", "workers", f"a daemon process cannot start {n_workers} workers", remedy)

        pool = ProcessPoolExecutor(n_workers, mp_context=multiprocessing.get_context("spawn"))
    with pool:
        if not quick:
            check_arrival(pool, extensions)
            extensions = replace(extensions, network=None)  # `base` is it, and knows how others are made
        waiting: list[Future[list[list[Outcome]]]] = []
        ahead = 2 * n_workers  # results are handed on as they come, so that memory does not grow with replicates
        try:
            for block in blocks:
                shared = network_cache if quick else None
                waiting.append(pool.submit(run_block, scenario, base, fixed, block, driver, extensions, shared))
                if len(waiting) > ahead:
                    yield from finished(waiting.pop(0).result())
            while waiting:
                yield from finished(waiting.pop(0).result())
        except BaseException:
            for future in waiting:
                future.cancel()
            raise


def check_arrival(pool: Executor, extensions: Extensions) -> None:
    """Refuse processes that cannot be started from this program, or cannot read what they are given.

    Parameters
    ----------
    pool : of processes.
    extensions : what a program adds.

    Raises
    ------
    InputError : in words what the program lacks.

    Examples
    --------
    >>> with ThreadPoolExecutor(1) as pool:
    ...     check_arrival(pool, NO_EXTENSIONS)
    """
    remedy = 'guard the program\'s main file by if __name__ == "__main__", or give workers=1'
    try:
        first = pool.submit(arrived, extensions.as_bytes)
    except RuntimeError:  # this process was itself started by such a program, and reads its main file
        raise InputError("python", "workers", "the program starts processes whenever it is read", remedy) from None
    try:
        first.result()
    except BrokenProcessPool:
        raise InputError("python", "workers", "the processes ended as they began", remedy) from None
    except Exception as error:
        raise unreadable(extensions, error) from error
