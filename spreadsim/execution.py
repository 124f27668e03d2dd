"""Running plans: every strategy of every replicate on the same network with the same luck.

What belongs here: one replicate as a unit of work, and the pool that runs replicates. Results come back in order of
replicate whatever the number of workers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from spreadsim import measures
from spreadsim.network import Network, make_network
from spreadsim.plan import Plan
from spreadsim.results import Run
from spreadsim.scenario import Scenario

Driver = Literal["compiled", "mesa"]


@dataclass(frozen=True)
class Outcome:
    """What is kept of one run.

    Attributes
    ----------
    measures : every measure; nan where null.
    curves, generations, groups : as in `measures`; empty where not asked for.
    end_state : state of each service at the horizon.
    first_month : first month in which each service was embedded; nan if never.
    events : every change of state, or None where they are not kept.
    """

    measures: dict[str, float]
    curves: Mapping[str, np.ndarray]
    generations: list[dict[str, float]]
    groups: list[dict[str, Any]]
    end_state: np.ndarray
    first_month: np.ndarray
    events: Mapping[str, np.ndarray] | None


@dataclass(frozen=True)
class Task:
    """One replicate: which plans to run on its network, and what to keep of each run."""

    replicate: int
    plans: Sequence[Plan]
    in_full: Sequence[bool]
    keep_events: bool


def run_plan(network: Network, plan: Plan, seed: int, replicate: int, driver: Driver, service_class: Any = None) -> Run:
    """Return one run by either driver."""
    if driver == "mesa":
        from spreadsim.model import run_with_mesa

        return run_with_mesa(network, plan, seed, replicate, service_class)
    from spreadsim import engine

    return engine.run(network, plan, seed, replicate)


def run_replicate(
    scenario: Scenario, base: Network, fixed: bool, task: Task, driver: Driver, service_class: Any = None
) -> list[Outcome]:
    """Return the outcomes of a task's plans, in their order.

    `base` is the network of replicate 0; `fixed`: it is given and serves every replicate.
    """
    network = base if fixed or task.replicate == 0 else make_network(scenario, task.replicate, like=base)
    outcomes = []
    for plan, in_full in zip(task.plans, task.in_full, strict=True):
        run = run_plan(network, plan, scenario.run.seed, task.replicate, driver, service_class)
        monthly = measures.curves(run, network, plan)
        outcomes.append(
            Outcome(
                measures=measures.measures(run, network, plan, monthly),
                curves=monthly if in_full else {},
                generations=measures.generations(run, plan) if in_full else [],
                groups=measures.groups(run, network, plan) if in_full else [],
                end_state=run.final["state"] if in_full else np.empty(0, dtype=np.int8),
                first_month=measures.first_months_embedded(run.events, network.n) if in_full else np.empty(0),
                events=run.events if in_full and task.keep_events else None,
            )
        )
    return outcomes


def default_workers() -> int:
    """Return the number of processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def run_tasks(
    scenario: Scenario,
    base: Network,
    fixed: bool,
    tasks: Sequence[Task],
    *,
    driver: Driver = "compiled",
    workers: int | None = None,
    service_class: Any = None,
    progress: Callable[[], None] | None = None,
) -> Iterator[list[Outcome]]:
    """Yield the outcomes of each task, in order.

    The compiled driver runs in threads, which it does not hold up; the Mesa driver in processes.
    """
    n_workers = min(workers or default_workers(), max(1, len(tasks)))

    def finished(result: list[Outcome]) -> list[Outcome]:
        if progress is not None:
            progress()
        return result

    if n_workers == 1 or service_class is not None:
        for task in tasks:
            yield finished(run_replicate(scenario, base, fixed, task, driver, service_class))
        return
    if driver == "compiled":
        from spreadsim import engine  # noqa: F401  (loaded once, before threads ask for it)
    pool: Executor
    if driver == "mesa":
        import multiprocessing

        pool = ProcessPoolExecutor(n_workers, mp_context=multiprocessing.get_context("spawn"))
    else:
        pool = ThreadPoolExecutor(n_workers)
    with pool:
        waiting: list[Future[list[Outcome]]] = []
        ahead = 4 * n_workers  # results are handed on as they come, so that memory does not grow with replicates
        try:
            for task in tasks:
                waiting.append(pool.submit(run_replicate, scenario, base, fixed, task, driver))
                if len(waiting) >= ahead:
                    yield finished(waiting.pop(0).result())
            while waiting:
                yield finished(waiting.pop(0).result())
        except BaseException:
            for future in waiting:
                future.cancel()
            raise
