"""One chunk of a sweep: the runs of a few points, and the parts made of them.

What belongs here: what a worker does, wherever it is. A chunk's bytes depend on the job and the chunk alone, so that a
thread, a process and a machine elsewhere give the same. Networks are made once for all points that share them.
"""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim import rules
from spreadsim.drivers.running import SERVICES_AT_ONCE, Driver, networks_of, run_together
from spreadsim.errors import InputError, SpreadsimError
from spreadsim.network.construction import make_network
from spreadsim.network.data import Network
from spreadsim.outcomes import measures
from spreadsim.scenario.validation import as_document
from spreadsim.sweeps.designs import content_key
from spreadsim.sweeps.experiment import Values, scenario_at
from spreadsim.sweeps.job import (
    Chunk,
    ChunkResult,
    Job,
    WrongVersionError,
    run_identity,
    same_settings,
    setting_identity,
    sweep_identity,
)

if TYPE_CHECKING:
    from spreadsim.scenario.plan import Plan

NETWORK_SERVICES_KEPT = 400_000  # networks are kept for reuse up to this many services in all


@dataclass(frozen=True)
class _RunOutcome:
    """What a run gave, events in words where they are kept."""

    curves: Mapping[str, np.ndarray]
    measures: dict[str, float]
    events: Mapping[str, Any] | None


_Outcomes = Sequence[tuple[str, _RunOutcome | Exception]]  # identity of each run, and what it gave


class _Worker:
    """What a worker keeps between chunks of a job: the base document and recent networks."""

    def __init__(self, job: Job) -> None:
        if sweep_identity() != job.rulebook:
            raise WrongVersionError(
                f"this worker's rulebook is {sweep_identity()}, the coordinator's {job.rulebook}: install the same "
                "version of spreadsim everywhere"
            )
        self.job = job
        self.base = as_document(job.study.scenario)
        self._networks: OrderedDict[str, dict[int, Network]] = OrderedDict()  # by content, then by replicate
        self._first: OrderedDict[str, Network] = OrderedDict()

    def networks(self, scenario: Any, replicates: Sequence[int]) -> list[Network]:
        """Return the networks of some replicates; those met before are not made again."""
        table = scenario.network
        key = content_key([table.model_dump(), scenario.services.model_dump(), scenario.run.seed])
        if key not in self._networks:
            self._networks[key] = {0: self._first_network(scenario, key)}
        self._networks.move_to_end(key)
        by_replicate = self._networks[key]
        own, first = self.job.extensions.network, by_replicate[0]
        fixed = not table.redraw if own is None else first.maker is None
        networks = networks_of(scenario, first, fixed, replicates, by_replicate)
        while len(self._networks) > 1 and _n_services(self._networks.values()) > NETWORK_SERVICES_KEPT:
            self._networks.popitem(last=False)
        if _n_services([by_replicate]) > NETWORK_SERVICES_KEPT:
            self._networks[key] = {0: by_replicate[0]}
        return networks

    def _first_network(self, scenario: Any, key: str) -> Network:
        """Return the network of replicate 0; points with the same [network] share its hierarchy and names."""
        if self.job.extensions.network is not None:
            return self.job.extensions.base_network(scenario)[0]
        table = scenario.network
        is_random = table.source != "file" and table.redraw
        shared_key = content_key([table.model_dump(), scenario.run.seed]) if is_random else key
        if shared_key not in self._first:
            self._first[shared_key] = make_network(scenario, 0)
            if len(self._first) > 8:
                self._first.popitem(last=False)
        first = self._first[shared_key]
        return make_network(scenario, 0, like=first) if is_random else first


def _n_services(groups: Iterable[Mapping[int, Network]]) -> int:
    """Return the number of services of kept networks together."""
    return sum(network.n for networks in groups for network in networks.values())


_thread = threading.local()  # a worker of the cluster may run chunks in several threads


def _worker(job: Job) -> _Worker:
    key = job.key
    if getattr(_thread, "key", None) != key:
        _thread.worker, _thread.key = _Worker(job), key
    worker: _Worker = _thread.worker
    return worker


def run_chunk(job: Job, chunk: Chunk) -> ChunkResult:
    """Run a chunk; a run that fails is a row with its message, and does not stop the others.

    Parameters
    ----------
    job : that all chunks share.
    chunk : what is run.

    Returns
    -------
    The chunk's tables, as Parquet in bytes.

    Raises
    ------
    WrongVersionError : this worker's rules are not the coordinator's.

    Examples
    --------
    >>> from spreadsim.sweeps.coordinator import job_of
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> job = job_of(load_experiment("clustering", ["run.months=12"]))
    >>> chunk = Chunk("c0", (("p0", {"network.generator.rewiring": 0.2}),), (("organic", {}),), (0, 2))
    >>> result = run_chunk(job, chunk)
    >>> result.runs, result.failed, list(result.parts)
    (2, 0, ['runs', 'events'])
    """
    began = time.perf_counter()
    worker = _worker(job)
    rows = _Rows(job)
    first = same_settings(worker.base, chunk.settings)
    for point_key, values in chunk.points:
        replicates = range(*chunk.replicates)
        outcomes: list[_Outcomes] = []
        for i, (strategy, levers) in enumerate(chunk.settings):
            same = outcomes[first[i]] if first[i] < i else ()
            outcomes.append(rows.run(worker, values, strategy, levers, replicates, same))
        for k, replicate in enumerate(replicates):
            for (strategy, levers), results in zip(chunk.settings, outcomes, strict=True):
                rows.add(point_key, strategy, levers, replicate, *results[k])
    return ChunkResult(rows.parts(), rows.n, rows.failed, time.perf_counter() - began)


class _Rows:
    """The rows of a chunk, column by column."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.outcomes = job.study.experiment.outcomes
        self.levers = [factor.path for factor in job.study.levers]
        self.columns: dict[str, dict[str, list[Any]]] = {kind: {} for kind in ("runs", *self.extra)}
        self.n = self.failed = 0

    @property
    def extra(self) -> list[str]:
        """The tables kept beside the runs."""
        return [kind for kind in ("curves", "events") if kind in self.outcomes.keep]

    def run(
        self,
        worker: _Worker,
        values: Values,
        strategy: str,
        levers: Values,
        replicates: Sequence[int],
        same: _Outcomes = (),
    ) -> _Outcomes:
        """Run replicates of one setting together; return for each its identity, and what it gave or why it failed.

        What a setting that resolves to the same gave is taken where none of its runs failed.
        """
        identity = setting_identity(worker.job, worker.base, values, strategy, levers)
        keys = [run_identity(identity, replicate) for replicate in replicates]
        results: Iterable[_RunOutcome | Exception] = [result for _, result in same]
        if not same or any(isinstance(result, Exception) for result in results):
            try:
                scenario, plan = _prepare(worker, values, strategy, levers)
            except Exception as error:
                results = [error] * len(keys)
            else:
                results = _run_with_fallback(worker, scenario, plan, replicates)
        return list(zip(keys, results, strict=True))

    def add(
        self, point: str, strategy: str, levers: Values, replicate: int, run_key: str, result: _RunOutcome | Exception
    ) -> None:
        """Add the rows of one run."""
        if isinstance(result, Exception):
            self._row(run_key, point, strategy, levers, replicate, None, result)
            return
        self._row(run_key, point, strategy, levers, replicate, result.measures, None)
        if "curves" in self.extra:
            n_months = len(next(iter(result.curves.values())))
            kept = {name: result.curves[name] for name in self.outcomes.curve_columns}
            self._extend("curves", run_key, {"month": np.arange(n_months, dtype=np.int32), **kept})
        if result.events is not None:
            self._extend("events", run_key, result.events)

    def _row(
        self, run: str, point: str, strategy: str, levers: Values, replicate: int, values: Any, error: Exception | None
    ) -> None:
        row = {
            "run": run,
            "point": point,
            "strategy": strategy,
            **{path: levers[path] for path in self.levers},
            "replicate": replicate,
        }
        row |= {m.name: values[m.name] if values else np.nan for m in self.job.extensions.all_measures}
        row["error"] = None if error is None else _error_text(error)
        row["reproduce"] = None if error is None else f"spreadsim sweep experiment.toml --run {run}"
        table = self.columns["runs"]
        for name, value in row.items():
            table.setdefault(name, []).append(value)
        self.n += 1
        self.failed += error is not None

    def _extend(self, kind: str, run: str, columns: Mapping[str, Any]) -> None:
        table = self.columns[kind]
        length = len(next(iter(columns.values())))
        table.setdefault("run", []).append(np.full(length, run, dtype=object))
        for name, values in columns.items():
            table.setdefault(name, []).append(np.asarray(values))

    def parts(self) -> dict[str, bytes]:
        """Return the tables as Parquet, in bytes."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        result = {}
        for kind, columns in self.columns.items():
            fields, arrays = schema(self.job, kind), []
            for name, kind_of in fields.items():
                values: Any = columns.get(name, [])
                if kind != "runs":
                    values = np.concatenate(values) if values else []
                arrays.append(pa.array(values, type=kind_of, from_pandas=True))
            table = pa.table(arrays, names=list(fields))
            sink = pa.BufferOutputStream()
            pq.write_table(table, sink, compression="zstd")
            result[kind] = sink.getvalue().to_pybytes()
        return result


def _error_text(error: Exception) -> str:
    text = str(error) if isinstance(error, SpreadsimError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())[:500]


def _prepare(worker: _Worker, values: Values, strategy: str, levers: Values) -> tuple[Any, Any]:
    from spreadsim.scenario.plan import plan

    scenario = scenario_at(worker.job.study, worker.base, values, strategy, levers)
    return scenario, plan(scenario, strategy, file=worker.job.study.file)


def _run_setting(worker: _Worker, scenario: Any, plan: Plan, replicates: Sequence[int]) -> list[_RunOutcome]:
    """Return what some replicates of one setting give."""
    networks = worker.networks(scenario, replicates)
    keep_events = "events" in worker.job.study.experiment.outcomes.keep
    own = worker.job.extensions
    driver: Driver = "mesa" if own.needs_mesa else "compiled"
    with_events = keep_events or bool(own.measures)
    runs = run_together(
        networks, plan, scenario.run.seed, replicates, driver, own.service_class, keep_events=with_events
    )
    monthly = measures.curves_of(runs, networks, plan)
    by_measure = measures.measures_of(runs, networks, plan, monthly)
    by_measure |= own.values(runs, networks, plan, monthly, by_measure)
    return [
        _RunOutcome(
            {name: column[k] for name, column in monthly.items()},
            {name: float(column[k]) for name, column in by_measure.items()},
            _event_columns(run, network) if keep_events else None,
        )
        for k, (run, network) in enumerate(zip(runs, networks, strict=True))
    ]


def _run_with_fallback(
    worker: _Worker, scenario: Any, plan: Plan, replicates: Sequence[int]
) -> Iterator[_RunOutcome | Exception]:
    """Yield what each replicate gives, as many together as memory likes; where one fails, each is run alone."""
    try:
        at_once = max(1, SERVICES_AT_ONCE // max(1, worker.networks(scenario, replicates[:1])[0].n))
    except Exception:
        at_once = 1
    for first in range(0, len(replicates), at_once):
        some = replicates[first : first + at_once]
        try:
            yield from _run_setting(worker, scenario, plan, some)
        except Exception:
            for replicate in some:
                try:
                    yield from _run_setting(worker, scenario, plan, [replicate])
                except Exception as error:
                    yield error


def single_run(job: Job, values: Values, strategy: str, levers: Values, replicate: int) -> dict[str, float]:
    """Return the measures of one run, here and now; its failure is raised as it is.

    Parameters
    ----------
    job : that all chunks share.
    values : of the uncertainties, by path.
    strategy, levers : of the setting.
    replicate : its number, from 0.

    Returns
    -------
    Measures by name.

    Raises
    ------
    WrongVersionError : this machine's rules are not the job's.

    Examples
    --------
    >>> from spreadsim.sweeps.coordinator import job_of
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> job = job_of(load_experiment("clustering", ["run.months=12"]))
    >>> 0.0 < single_run(job, {"network.generator.rewiring": 0.2}, "organic", {}, 0)["reach"] < 1.0
    True
    """
    return runs_at(job, values, strategy, levers, [replicate])[0]


def runs_at(
    job: Job, values: Values, strategy: str, levers: Values, replicates: Sequence[int]
) -> list[dict[str, float]]:
    """Return the measures of some replicates at one point, here and now; a failure is raised as it is.

    Networks met before in this job are not made again.

    Parameters
    ----------
    job : that all chunks share.
    values : of the uncertainties, by path.
    strategy, levers : of the setting.
    replicates : their numbers, from 0.

    Returns
    -------
    Measures by name, one dictionary a replicate.

    Raises
    ------
    WrongVersionError : this machine's rules are not the job's.

    Examples
    --------
    >>> from spreadsim.sweeps.coordinator import job_of
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> job = job_of(load_experiment("clustering", ["run.months=12"]))
    >>> len(runs_at(job, {"network.generator.rewiring": 0.2}, "organic", {}, range(3)))
    3
    """
    worker = _worker(job)
    scenario, plan = _prepare(worker, values, strategy, levers)
    return [run.measures for run in _run_setting(worker, scenario, plan, replicates)]


def _event_columns(run: Any, network: Network) -> dict[str, Any]:
    """Return the changes of state of a run, in words."""
    e = run.events
    ids = np.array([*network.ids, None], dtype=object)
    states = np.array(rules.STATES, dtype=object)
    routes = np.array([rules.ROUTES[rules.VOLUNTARY], rules.ROUTES[rules.MANDATED], rules.ROUTES[-1]], dtype=object)
    return {
        "month": e["month"],
        "service": ids[e["service"]],
        "from_state": states[e["from_state"]],
        "to_state": states[e["to_state"]],
        "route": routes[e["route"]],
        "source_kind": np.array(rules.SOURCES, dtype=object)[e["source_kind"]],
        "source_service": ids[e["source_service"]],
        "generation": e["generation"],
    }


def schema(job: Job, kind: str) -> dict[str, Any]:
    """Return the columns of one table and their Arrow types.

    Parameters
    ----------
    job : that all chunks share.
    kind : of the table: ``runs``, ``curves`` or ``events``.

    Returns
    -------
    Types by name of column, in order.

    Raises
    ------
    InputError : a lever mixes numbers with text.

    Examples
    --------
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> columns = schema(Job(load_experiment("clustering"), "0123abcd", ""), "runs")
    >>> list(columns)[:4], str(columns["replicate"])
    (['run', 'point', 'strategy', 'replicate'], 'int32')
    """
    import pyarrow as pa

    if kind == "runs":
        lever = {f.path: _arrow_type(f.values or (f.typed(f.low),)) for f in job.study.levers}
        return {
            "run": pa.string(),
            "point": pa.string(),
            "strategy": pa.string(),
            **lever,
            "replicate": pa.int32(),
            **{m.name: pa.float64() for m in job.extensions.all_measures},
            "error": pa.string(),
            "reproduce": pa.string(),
        }
    if kind == "curves":
        columns = job.study.experiment.outcomes.curve_columns
        return {"run": pa.string(), "month": pa.int32(), **{name: pa.float64() for name in columns}}
    words = ("service", "from_state", "to_state", "route", "source_kind", "source_service")
    return {"run": pa.string(), "month": pa.int32(), **{name: pa.string() for name in words}, "generation": pa.int32()}


def _arrow_type(values: Sequence[Any]) -> Any:
    import pyarrow as pa

    if all(isinstance(value, bool) for value in values):
        return pa.bool_()
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return pa.int64()
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        return pa.float64()
    if all(isinstance(value, str) for value in values):
        return pa.string()
    raise InputError("levers", json.dumps(list(values)), "mixes numbers with text", "give values of one kind")
