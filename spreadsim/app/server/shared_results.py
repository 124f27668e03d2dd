"""Results that sessions share: the same question is computed once, whoever asks.

What belongs here: who waits for which computation, and which results are kept, within a number of bytes. What does not:
what makes two questions the same (``app.runs``), which computation goes next (``server.work_queue``).

A key says everything that a result depends on and nothing of who asks. The first who asks starts the computation in a
thread of its own; others wait for it with them. It goes on for as long as anybody waits, so that nobody's *Stop* takes
a result from others. An error reaches all who wait, and is not kept: whoever asks next starts again.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Generic, TypeVar, cast

from cachetools import LRUCache

from spreadsim.app.server.work_queue import POLL_SECONDS, Request, Standing, WorkCancelled

MAX_BYTES = 256_000_000  # of all results that are kept
SHARE_OF_ONE = 4  # a result that would take more than this part of it is not kept

T = TypeVar("T")
Compute = Callable[[Request], Iterator[T]]


class _ByteCount:
    """A file that counts what is written to it and keeps nothing."""

    def __init__(self) -> None:
        self.n = 0

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self.n += size
        return size


def size_in_bytes(value: object) -> int:
    """Return about how many bytes a result takes in memory.

    Parameters
    ----------
    value : result.

    Returns
    -------
    Bytes of it when it is written out, arrays included.

    Examples
    --------
    >>> size_in_bytes(bytes(1000)) // 100
    10
    """
    count = _ByteCount()
    pickle.Pickler(count, protocol=5).dump(value)  # nothing is ever read back
    return count.n


class _Computation(Generic[T]):
    """One computation and those who wait for it."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.values: list[T] = []
        self.error: BaseException | None = None
        self.is_done = False
        self.n_waiting = 0
        self.standing = Standing()

    def report(self, standing: Standing) -> None:
        self.standing = standing

    def add(self, value: T) -> None:
        with self.changed:
            self.values.append(value)
            self.changed.notify_all()

    def end(self, error: BaseException | None = None) -> None:
        with self.changed:
            self.error, self.is_done = error, True
            self.changed.notify_all()

    def follow(self, request: Request) -> Iterator[T]:
        """Yield the values as they come."""
        n = 0
        while True:
            with self.changed:
                if len(self.values) == n and not self.is_done:
                    self.changed.wait(POLL_SECONDS)
                fresh, is_done = self.values[n:], self.is_done
            if not request.is_wanted():
                raise WorkCancelled
            n += len(fresh)
            yield from fresh
            if is_done:
                if self.error is not None:
                    raise self.error
                return
            request.report(self.standing)


class SharedResults:
    """Results by what they depend on: computed once while others wait, and kept while there is room.

    Parameters
    ----------
    max_bytes : of all results that are kept; those asked for longest ago go first.

    Examples
    --------
    >>> results = SharedResults(1_000_000)
    >>> results.result("answer", lambda request: 6 * 7)
    42
    >>> results.result("answer", lambda request: 1 / 0)  # kept: not computed again
    42
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._lock = threading.Lock()
        self._kept: LRUCache[Hashable, tuple[Any, int]] = LRUCache(max_bytes, getsizeof=lambda kept: kept[1])
        self._under_way: dict[Hashable, _Computation[Any]] = {}
        self.n_computed = 0

    @property
    def n_bytes(self) -> int:
        """Bytes of all results that are kept."""
        with self._lock:
            return int(self._kept.currsize)

    def n_waiting(self, key: Hashable) -> int:
        """Return how many wait for the result of a key."""
        with self._lock:
            return self._under_way[key].n_waiting if key in self._under_way else 0

    def result(self, key: Hashable, compute: Callable[[Request], T], request: Request = Request()) -> T:  # noqa: B008
        """Return the result of a key.

        Parameters
        ----------
        key : all that the result depends on.
        compute : called with a `Request` that is wanted for as long as anybody waits.
        request : who asks.

        Returns
        -------
        The result, which all who ask share: nobody may change it.

        Raises
        ------
        WorkCancelled : the request is not wanted any more.
        """
        *_, last = self.stages(key, lambda shared: iter((compute(shared),)), request)
        return last

    def stages(self, key: Hashable, compute: Compute[T], request: Request = Request()) -> Iterator[T]:  # noqa: B008
        """Yield the stages of a result as they come; of one that is kept, the last alone.

        Parameters
        ----------
        key : all that the result depends on.
        compute : called with a `Request` that is wanted for as long as anybody waits.
        request : who asks.

        Yields
        ------
        Stages, each of which replaces the one before.

        Raises
        ------
        WorkCancelled : the request is not wanted any more.
        """
        with self._lock:
            if key in self._kept:
                value = cast(T, self._kept[key][0])
                computation = None
            else:
                computation = self._under_way.get(key) or self._start(key, compute, request.visitor)
                computation.n_waiting += 1
        if computation is None:
            yield value
            return
        try:
            yield from computation.follow(request)
        finally:
            with self._lock:
                computation.n_waiting -= 1

    def _start(self, key: Hashable, compute: Compute[T], visitor: str) -> _Computation[T]:
        computation: _Computation[T] = _Computation()
        self._under_way[key] = computation
        self.n_computed += 1
        thread = threading.Thread(target=self._run, args=(key, computation, compute, visitor), daemon=True)
        thread.current_context = None  # type: ignore[attr-defined]  # the interface's threads hold on to their session
        thread.start()
        return computation

    def _run(self, key: Hashable, computation: _Computation[T], compute: Compute[T], visitor: str) -> None:
        def is_wanted() -> bool:
            with self._lock:
                if computation.n_waiting > 0:
                    return True
                if self._under_way.get(key) is computation:  # whoever asks from now on starts anew
                    del self._under_way[key]
                return False

        error: BaseException | None = None
        size = 0
        try:
            for value in compute(Request(visitor, is_wanted, computation.report)):
                computation.add(value)
            size = size_in_bytes(computation.values[-1])
        except BaseException as reason:
            error = reason
        with self._lock:
            if 0 < size <= self._kept.maxsize // SHARE_OF_ONE:
                self._kept[key] = (computation.values[-1], size)
            if self._under_way.get(key) is computation:
                del self._under_way[key]
        computation.end(error)


shared_results = SharedResults()  # of all sessions
