"""Running an experiment: the coordinator.

What belongs here: which runs are still to do, cutting them into chunks, handing chunks to workers here or on a cluster,
and keeping what comes back. The coordinator holds the design, one bit a run and a few chunks, never the results.
What does not: what a chunk does (``work``), files (``store``), the cluster (``cluster``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.drivers.compilation import is_compiled
from spreadsim.drivers.extensions import Extensions, NetworkSource
from spreadsim.drivers.first_run import compile_now
from spreadsim.errors import InputError, SpreadsimError
from spreadsim.measures import Measure
from spreadsim.network.size import network_size
from spreadsim.sweeps import folder as sweep_folder
from spreadsim.sweeps import store
from spreadsim.sweeps.designs import Points, Setting, content_key, points_of, settings_of
from spreadsim.sweeps.experiment import Study, load_experiment
from spreadsim.sweeps.job import Chunk, Job, base_content, sweep_identity
from spreadsim.sweeps.pool import LocalPool, Pool
from spreadsim.sweeps.progress import Progress
from spreadsim.sweeps.results import Sweep

if TYPE_CHECKING:
    from spreadsim.drivers.agents import Service

CHUNK_SECONDS = 2.5
SECONDS_PER_RUN = 1.0e-3  # measured; the rest of a run grows with services and months
SECONDS_PER_SERVICE_MONTH = 85e-9
BYTES_PER_RUN = 100
BYTES_PER_EVENT = 8


def job_of(study: Study) -> Job:
    """Return what every chunk of an experiment shares.

    Parameters
    ----------
    study : the experiment.

    Returns
    -------
    The job, with the version of this machine's rules.

    Examples
    --------
    >>> job_of(load_experiment("clustering")).files
    ''
    """
    return Job(study, sweep_identity(), sweep_folder.network_digest(study.scenario))


def seconds_per_run(study: Study) -> float:
    """Return how long a run takes on one processor, on average over the design, from measured rates.

    Parameters
    ----------
    study : the experiment.

    Returns
    -------
    Seconds.

    Examples
    --------
    >>> short, long = load_experiment("clustering", ["run.months=12"]), load_experiment("clustering")
    >>> seconds_per_run(short) < seconds_per_run(long)
    True
    """
    months, services = float(study.scenario.run.months), float(network_size(study.scenario).services)
    for factor in (*study.levers, *study.uncertainties):
        if factor.path == "run.months":
            months = sum(factor.ends) / len(factor.ends)
        elif factor.path == "network.services":
            services = sum(factor.ends) / len(factor.ends)
    return SECONDS_PER_RUN + services * months * SECONDS_PER_SERVICE_MONTH


# ------------------------------------------------------------------------------------------------- what is to do


class Ledger:
    """Which runs are finished: one bit a run, in order of point, setting and replicate.

    Parameters
    ----------
    points, settings, replicates : of the experiment.
    file : name of the experiment, for errors.

    Examples
    --------
    >>> study = load_experiment("clustering", ["run.replicates=2"])
    >>> ledger = Ledger(points_of(study), settings_of(study), 2, study.file)
    >>> ledger.total, [chunk.n_runs for chunk in ledger.chunks(6)]
    (16, [6, 6, 4])
    """

    def __init__(self, points: Points, settings: list[Setting], replicates: int, file: str) -> None:
        self.points, self.settings, self.replicates, self.file = points, settings, replicates, file
        keys = points.all_keys()
        unique, first = np.unique(keys, return_index=True)
        self._sorted, self._first = unique, first  # a point that the design holds twice is run once
        self.order = np.sort(first)
        self._setting = {setting.key: i for i, setting in enumerate(settings)}
        self._row = np.empty(len(unique), dtype=np.int64)
        self._row[:] = np.searchsorted(self.order, first)
        self.keys = keys[self.order]
        self.bits = np.zeros((len(unique), len(settings), (replicates + 7) // 8), dtype=np.uint8)

    @property
    def total(self) -> int:
        """Number of runs."""
        return len(self.order) * len(self.settings) * self.replicates

    def mark(self, record: dict[str, Any]) -> None:
        """Count a finished chunk's runs.

        Raises
        ------
        InputError : they are not in the design, which has changed and not grown.
        """
        first, last = record["replicates"]
        keys = np.array(record["points"], dtype="S16")
        place = np.searchsorted(self._sorted, keys)
        in_design = place < len(self._sorted)
        in_design[in_design] = self._sorted[place[in_design]] == keys[in_design]
        if not in_design.all() or not set(record["settings"]) <= set(self._setting) or last > self.replicates:
            what = (
                "points"
                if not in_design.all()
                else "replicates"
                if last > self.replicates
                else "settings of the levers"
            )
            remedy = "give another --out"
            if what == "points" and self.points.method == "latin-hypercube":
                remedy += (
                    "; a Latin hypercube of another size is another design, while 'halton' and 'sobol-sequence' go on"
                )
            raise InputError(
                self.file,
                "design",
                f"the folder holds finished runs of {what} that this experiment does not "
                "have: a design may grow in a folder, but not change",
                remedy,
            )
        row = np.zeros(self.replicates, dtype=np.bool_)
        row[first:last] = True
        columns = np.array([self._setting[key] for key in record["settings"]])
        self.bits[np.ix_(self._row[place], columns)] |= np.packbits(row)

    def chunks(self, size: int) -> Iterator[Chunk]:
        """Yield chunks of about `size` runs that hold all runs not finished, in order of point."""
        rows: list[int] = []
        shape: list[tuple[tuple[int, ...], int, int]] = []
        for row in range(len(self.order)):
            here = self._rectangles(row)
            if rows and (here != shape or len(rows) * max(1, _area(shape)) >= size):
                yield from self._cut(rows, shape, size)
                rows = []
            shape = here
            if here:
                rows.append(row)
        if rows:
            yield from self._cut(rows, shape, size)

    def _rectangles(self, row: int) -> list[tuple[tuple[int, ...], int, int]]:
        """Return the runs to do at a point, as (settings, first replicate, last replicate + 1)."""
        done = np.unpackbits(self.bits[row], axis=1, count=self.replicates).astype(np.bool_)
        if not done.any():
            return [(tuple(range(len(self.settings))), 0, self.replicates)]
        columns_of: dict[tuple[int, int], list[int]] = {}
        for s in range(len(self.settings)):
            edges = np.flatnonzero(np.diff(np.concatenate([[True], done[s], [True]])))
            for a, b in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
                columns_of.setdefault((a, b), []).append(s)
        return [(tuple(columns), a, b) for (a, b), columns in sorted(columns_of.items())]

    def _cut(self, rows: list[int], shape: list[tuple[tuple[int, ...], int, int]], size: int) -> Iterator[Chunk]:
        points = tuple((self.keys[row].decode(), self.points.values(int(self.order[row]))) for row in rows)
        for columns, first, last in shape:
            settings = [self.settings[s] for s in columns]
            step = max(1, size // max(1, len(columns) * len(rows)))
            for a in range(first, last, step):
                b = min(last, a + step)
                content = [[key for key, _ in points], [s.key for s in settings], [a, b]]
                yield Chunk(content_key(content), points, tuple((s.strategy, s.levers) for s in settings), (a, b))


def _area(shape: list[tuple[tuple[int, ...], int, int]]) -> int:
    return sum(len(columns) * (b - a) for columns, a, b in shape)


# ------------------------------------------------------------------------------------------------- running


def sweep(
    experiment: str | Path | Study,
    *,
    out: str | Path | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    settings: Iterable[str] = (),
    chunk_runs: int | None = None,
    service_class: type[Service] | None = None,
    network: NetworkSource | None = None,
    measures: Sequence[Measure] = (),
    progress: bool = True,
) -> Sweep:
    """Run what an experiment has not run yet; give it again to go on where it stopped.

    Parameters
    ----------
    experiment : a shipped name, a path, a folder of an earlier sweep, or a `Study`.
    out : folder of the results; ``results/NAME`` by default.
    workers : processes on this machine. More than one needs a script that is guarded by ``__name__ == "__main__"``.
    scheduler : address of a running Dask scheduler, which then does the work instead.
    settings : ``FIELD=VALUE`` strings laid upon the experiment file.
    chunk_runs : runs in a chunk; by default a few seconds of them.
    service_class : a subclass of `Service`, which the Mesa driver runs.
    network : what to run on instead of the scenario's network: a `Network`, a NetworkX graph, or a function that
        returns one of them for the number of a replicate.
    measures : measures of your own, each a `Measure` with a function of a finished run.
    progress : show a bar in a notebook and on a terminal, and lines in the log elsewhere.

    Returns
    -------
    The folder, and how many runs were finished now and before.

    Raises
    ------
    InputError : the experiment, or what you add to it, cannot be used; the folder is another's; or the workers cannot
        find what they need.
    SpreadsimError : the disk is full, or a chunk's worker dies again and again; finished chunks are kept.

    Examples
    --------
    >>> small = ["run.replicates=2", "run.months=12"]
    >>> sweep("clustering", out="clustering", settings=small).runs_done
    16
    >>> again = sweep("clustering", out="clustering", settings=small)
    >>> again.runs_done, again.runs_before
    (0, 16)
    """
    study = experiment if isinstance(experiment, Study) else load_experiment(experiment, settings)
    folder = Path(out) if out is not None else sweep_folder.default_folder(study)
    points, lever_settings, replicates = points_of(study), settings_of(study), study.scenario.run.replicates
    job = replace(job_of(study), extensions=Extensions.of(service_class, network, measures))
    _refuse_network_factors(job)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    with store.lock(folder):
        store.check_identity(folder, sweep_folder.identity(job, base_content(job)))
        ledger = Ledger(points, lever_settings, replicates, study.file)
        records, notes = store.repair(folder)
        before = failed = 0
        for record in records.values():
            ledger.mark(record)
            before, failed = before + record["runs"], failed + record["failed"]
        records.clear()
        sweep_folder.write_inputs(study, points, folder)
        size = chunk_runs or chunk_size(study, ledger.total)
        log = Progress(folder / "sweep.log", ledger.total, before, progress)
        for note in notes:
            log.write(note)
        pool: Pool
        if scheduler is not None:
            from spreadsim.sweeps.cluster import DaskPool

            pool = DaskPool(scheduler)
        else:
            pool = LocalPool(workers if ledger.total - before > size else 1)
            if pool.workers > 1 and not is_compiled():  # once here, not once a worker
                log.write("compiling the model, once: about half a minute")
                compile_now()
        try:
            if job.extensions:
                pool.check(job.extensions)
            n_done, n_failed = _run(job, ledger.chunks(size), pool, folder, log)
        finally:
            pool.close()
            log.close()
        sweep_folder.write_receipt(job, folder, started, ledger.total, failed + n_failed)
    return Sweep(folder, n_done, before, failed + n_failed, tuple(notes))


def _refuse_network_factors(job: Job) -> None:
    """Refuse to vary how a network is made where the program gives it: nothing would change."""
    if job.extensions.network is None:
        return
    for section, factors in (("levers", job.study.levers), ("uncertainties", job.study.uncertainties)):
        for factor in factors:
            if factor.path.startswith("network."):
                problem = "has no effect on a network that the program gives"
                raise InputError(
                    job.study.file, f'{section}."{factor.path}"', problem, "leave it out, or give no network="
                )


def _run(job: Job, chunks: Iterator[Chunk], pool: Pool, folder: Path, log: Progress) -> tuple[int, int]:
    n_done = n_failed = 0
    losses: list[str] = []
    more = True
    while more or pool.in_flight:
        while more and pool.in_flight < pool.capacity:
            chunk = next(chunks, None)
            if chunk is None:
                more = False
                break
            pool.submit(job, chunk)
        for chunk, result in pool.results():
            if isinstance(result, str):
                losses.append(result)
                log.write(f"set aside {chunk.n_runs} runs: {result}")
                continue
            store.write_chunk(
                folder,
                {
                    "chunk": chunk.key,
                    "points": [key for key, _ in chunk.points],
                    "settings": [Setting(*setting).key for setting in chunk.settings],
                    "replicates": list(chunk.replicates),
                    "runs": result.runs,
                    "failed": result.failed,
                    "seconds": round(result.seconds, 3),
                    "ended": datetime.now(UTC).isoformat(timespec="seconds"),
                },
                result.parts,
            )
            n_done, n_failed = n_done + result.runs, n_failed + result.failed
            log.step(result.runs)
    if losses:
        raise SpreadsimError(
            f"{len(losses)} chunks could not be run ({losses[0]}); all others are finished and kept: with fewer "
            "--workers each has more memory; give the same command again for the rest"
        )
    return n_done, n_failed


def chunk_size(study: Study, total: int) -> int:
    """Return the number of runs in a chunk of a few seconds; less where there are few runs.

    Parameters
    ----------
    study : the experiment.
    total : its number of runs.

    Returns
    -------
    At least one run, at most 5,000.

    Examples
    --------
    >>> chunk_size(load_experiment("clustering"), 16)
    1
    """
    return int(max(1, min(CHUNK_SECONDS / seconds_per_run(study), 5000, -(-total // 16))))
