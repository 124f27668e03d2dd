"""Workers on this machine.

What belongs here: what the coordinator asks of any pool of workers, and the pool of local processes. A worker that dies
costs the chunks in flight, which are tried again; workers end with their coordinator, however that ends.
"""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Protocol

from spreadsim.drivers.extensions import Extensions
from spreadsim.drivers.running import check_arrival
from spreadsim.sweeps.job import Chunk, ChunkResult, Job, WrongVersionError
from spreadsim.sweeps.work import run_chunk

ATTEMPTS = 3


class Pool(Protocol):
    """Anything that runs chunks. A chunk comes back with its result, or with the reason why there is none."""

    @property
    def capacity(self) -> int:
        """Chunks that may be out at a time."""
        ...

    @property
    def in_flight(self) -> int:
        """Chunks handed in and not come back."""
        ...

    def submit(self, job: Job, chunk: Chunk) -> None:
        """Hand in a chunk."""
        ...

    def results(self) -> Iterator[tuple[Chunk, ChunkResult | str]]:
        """Wait for one chunk at least, and yield those that are back."""
        ...

    def check(self, extensions: Extensions) -> None:
        """Refuse, before the first run, what a worker cannot find again."""
        ...

    def close(self) -> None:
        """Let go of the workers."""
        ...


def _end_with_parent(folder: str) -> None:
    """End this worker, and what is in `folder`, when its coordinator ends, even by a signal that cannot be caught.

    Ctrl-C is left to the coordinator.
    """
    import multiprocessing
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def run_to_file(folder: str, job: Job, chunk: Chunk) -> str:
    """Run a chunk and return the file that holds its result.

    A worker that is killed while it sends a long message leaves half of it behind, for whose rest the coordinator would
    wait for ever. The name of a file is sent whole or not at all.

    Parameters
    ----------
    folder : to write in.
    job, chunk : what is run.

    Returns
    -------
    Path of the file.

    Examples
    --------
    >>> from spreadsim.sweeps.coordinator import job_of
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> job = job_of(load_experiment("clustering", ["run.months=12"]))
    >>> chunk = Chunk("c0", (("p0", {"network.generator.rewiring": 0.2}),), (("organic", {}),), (0, 2))
    >>> read_result(run_to_file(".", job, chunk)).runs
    2
    """
    result = run_chunk(job, chunk)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        pickle.dump(result, file)
    return file.name


def read_result(path: str) -> ChunkResult:
    """Return the result that a worker left in a file of the pool's, where nobody else may write; remove the file.

    Parameters
    ----------
    path : of the file.

    Returns
    -------
    The chunk's result.

    Examples
    --------
    >>> import pickle
    >>> from spreadsim.sweeps.job import ChunkResult
    >>> _ = Path("result").write_bytes(pickle.dumps(ChunkResult({}, runs=8, failed=0, seconds=0.1)))
    >>> read_result("result").runs, Path("result").exists()
    (8, False)
    """
    content = Path(path).read_bytes()
    os.unlink(path)
    result: ChunkResult = pickle.loads(content)
    return result


class LocalPool:
    """Processes of this machine; with one worker, this very process.

    Parameters
    ----------
    workers : number of processes.

    Examples
    --------
    >>> pool = LocalPool(1)
    >>> pool.capacity, pool.in_flight
    (1, 0)
    >>> pool.close()
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._here: deque[tuple[Job, Chunk]] = deque()
        self._futures: dict[Future[str], tuple[Job, Chunk, int, ProcessPoolExecutor]] = {}
        self._pool: ProcessPoolExecutor | None = None
        self._folder: str | None = None  # where workers leave their results
        self._others: set[int | None] | None = None  # processes of this one that are not the pool's

    @property
    def capacity(self) -> int:
        """Chunks that may be out at a time."""
        return 1 if self.workers == 1 else 2 * self.workers

    @property
    def in_flight(self) -> int:
        """Chunks handed in and not come back."""
        return len(self._here) + len(self._futures)

    def submit(self, job: Job, chunk: Chunk) -> None:
        """Hand in a chunk."""
        if self.workers == 1:
            self._here.append((job, chunk))
        else:
            self._start(job, chunk, 1)

    def _processes(self) -> ProcessPoolExecutor:
        if self._pool is None:
            import multiprocessing

            if self._others is None:
                self._others = {process.pid for process in multiprocessing.active_children()}
            if self._folder is None:
                self._folder = tempfile.mkdtemp(prefix="spreadsim-")
            self._pool = ProcessPoolExecutor(
                self.workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_end_with_parent,
                initargs=(self._folder,),
            )
        return self._pool

    def _start(self, job: Job, chunk: Chunk, attempt: int) -> None:
        pool = self._processes()
        try:
            future = pool.submit(run_to_file, self._folder or "", job, chunk)
        except BrokenProcessPool:  # a worker died since the last result; those in flight are seen to in `finished`
            pool.shutdown(wait=False)
            self._pool = None
            self._start(job, chunk, attempt)
            return
        self._futures[future] = (job, chunk, attempt, pool)

    def results(self) -> Iterator[tuple[Chunk, ChunkResult | str]]:
        """Wait for one chunk at least, and yield those that are back."""
        if self._here:
            job, chunk = self._here.popleft()
            yield chunk, run_chunk(job, chunk)
            return
        if not self._futures:
            return
        back, _ = wait(self._futures, return_when=FIRST_COMPLETED)
        for future in back:
            job, chunk, attempt, pool = self._futures.pop(future)
            try:
                yield chunk, read_result(future.result())
            except WrongVersionError:
                raise
            except BrokenProcessPool:
                if self._pool is pool:  # all that was in flight breaks with it; the pool is made anew once
                    pool.shutdown(wait=False)
                    self._pool = None
                if attempt >= ATTEMPTS:
                    yield chunk, f"its worker died {attempt} times"
                else:
                    self._start(job, chunk, attempt + 1)

    def check(self, extensions: Extensions) -> None:
        """Refuse, before the first run, what a worker cannot find again; this process has it all.

        Raises
        ------
        InputError : the processes cannot be started, or cannot read what they are given.
        """
        if self.workers > 1:
            check_arrival(self._processes(), extensions)

    def close(self) -> None:
        """Let go of the workers; those still at work are ended, for nobody waits for what they do."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
        if self._futures:
            import multiprocessing

            for process in multiprocessing.active_children():
                if process.pid not in (self._others or ()):
                    process.kill()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
