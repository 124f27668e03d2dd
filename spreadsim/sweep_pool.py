"""Workers on this machine.

What belongs here: what the coordinator asks of any pool of workers, and the pool of local processes. A worker that dies
costs the chunks in flight, which are tried again; workers end with their coordinator, however that ends.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol

from spreadsim.sweep_job import Chunk, Job, Result, WrongVersionError
from spreadsim.sweep_work import run_chunk

ATTEMPTS = 3


class Pool(Protocol):
    """Anything that runs chunks. A chunk comes back with its result, or with the reason why there is none."""

    @property
    def room(self) -> int:
        """Chunks that may be out at a time."""
        ...

    @property
    def waiting(self) -> int:
        """Chunks handed in and not come back."""
        ...

    def submit(self, job: Job, chunk: Chunk) -> None:
        """Hand in a chunk."""
        ...

    def finished(self) -> Iterator[tuple[Chunk, Result | str]]:
        """Wait for one chunk at least, and yield those that are back."""
        ...

    def close(self) -> None:
        """Let go of the workers."""
        ...


def end_with_parent() -> None:
    """End this worker when its coordinator ends, even by a signal that cannot be caught, and leave Ctrl-C to it."""
    import multiprocessing
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class LocalPool:
    """Processes of this machine; with one worker, this very process."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._here: deque[tuple[Job, Chunk]] = deque()
        self._futures: dict[Future[Result], tuple[Job, Chunk, int, ProcessPoolExecutor]] = {}
        self._pool: ProcessPoolExecutor | None = None
        self._others: set[int | None] | None = None  # processes of this one that are not the pool's

    @property
    def room(self) -> int:
        """Chunks that may be out at a time."""
        return 1 if self.workers == 1 else 2 * self.workers

    @property
    def waiting(self) -> int:
        """Chunks handed in and not come back."""
        return len(self._here) + len(self._futures)

    def submit(self, job: Job, chunk: Chunk) -> None:
        """Hand in a chunk."""
        if self.workers == 1:
            self._here.append((job, chunk))
        else:
            self._start(job, chunk, 1)

    def _start(self, job: Job, chunk: Chunk, attempt: int) -> None:
        if self._pool is None:
            import multiprocessing

            if self._others is None:
                self._others = {process.pid for process in multiprocessing.active_children()}
            self._pool = ProcessPoolExecutor(
                self.workers, mp_context=multiprocessing.get_context("spawn"), initializer=end_with_parent
            )
        try:
            future = self._pool.submit(run_chunk, job, chunk)
        except BrokenProcessPool:  # a worker died since the last result; those in flight are seen to in `finished`
            self._pool.shutdown(wait=False)
            self._pool = None
            self._start(job, chunk, attempt)
            return
        self._futures[future] = (job, chunk, attempt, self._pool)

    def finished(self) -> Iterator[tuple[Chunk, Result | str]]:
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
                yield chunk, future.result()
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

    def close(self) -> None:
        """Let go of the workers; those still at work are ended, for nobody waits for what they do."""
        results: Any = None
        if self._pool is not None:
            results = self._pool._result_queue
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
        if self._futures:
            import multiprocessing

            others = self._others or ()
            ended = [process for process in multiprocessing.active_children() if process.pid not in others]
            for process in ended:
                process.kill()
            for process in ended:
                process.join()
            # One that was ended while it sent a result leaves half of it behind. The pool's thread waits for the rest
            # as long as anybody could still send it, and this process, when it ends, for that thread: so nobody can.
            if results is not None:
                results._writer.close()
