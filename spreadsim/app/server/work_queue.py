"""The queue of work: one piece at a time, of all sessions together, the most urgent first.

What belongs here: who goes next. A piece of work uses every processor, so that two at once would make both wait; long
work gives way whenever something more urgent waits. What does not: what the work is (``app.runs``).
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

IsWanted = Callable[[], bool]

INTERACTIVE, DETAIL, FIGURES, BACKGROUND = range(4)
"""How urgent work is: what a moved slider waits for; its details; figures; frontiers and other long studies."""

POLL_SECONDS = 0.1  # seconds after which a waiting piece of work asks again whether anyone wants it


class WorkCancelled(Exception):
    """Nobody waits for the result any more.

    Examples
    --------
    >>> with WorkQueue().slot(DETAIL, lambda: False) as slot:
    ...     slot.give_way()
    Traceback (most recent call last):
        ...
    spreadsim.app.server.work_queue.WorkCancelled
    """


class Slot:
    """The right to work now: waited for, held, and, by long work, given up to others from time to time.

    Parameters
    ----------
    queue : that the work waits in.
    priority : of the work, the lowest number first.
    is_wanted : whether anybody still waits for the result.

    Examples
    --------
    >>> queue = WorkQueue()
    >>> with queue.slot(BACKGROUND, lambda: True) as slot:
    ...     slot.give_way()
    ...     slot.is_held
    True
    """

    def __init__(self, queue: WorkQueue, priority: int, is_wanted: IsWanted) -> None:
        self.priority, self.is_wanted, self.is_held = priority, is_wanted, False
        self._queue = queue

    def give_way(self) -> None:
        """Let more urgent work go first, where any waits.

        Raises
        ------
        WorkCancelled : nobody waits for this work any more.
        """
        if not self.is_wanted():
            raise WorkCancelled
        if self._queue.has_waiting_before(self.priority):
            self._queue.release(self)
            self._queue.acquire(self)


class WorkQueue:
    """A queue of work of all sessions: by priority, then first come, first served.

    Examples
    --------
    >>> queue = WorkQueue()
    >>> with queue.slot(FIGURES, lambda: True):
    ...     queue.has_waiting_before(FIGURES)
    False
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[tuple[int, int]] = []
        self._numbers = itertools.count()
        self._is_busy = False

    @contextmanager
    def slot(self, priority: int, is_wanted: IsWanted) -> Iterator[Slot]:
        """Wait for a slot and hold it.

        Raises
        ------
        WorkCancelled : nobody wants the work any more; a newer request of a session makes its older one unwanted.
        """
        slot = Slot(self, priority, is_wanted)
        self.acquire(slot)
        try:
            yield slot
        finally:
            self.release(slot)

    def acquire(self, slot: Slot) -> None:
        """Wait for a slot, which `release` gives back."""
        with self._changed:
            entry = (slot.priority, next(self._numbers))
            heapq.heappush(self._waiting, entry)
            try:
                while self._is_busy or self._waiting[0] != entry:
                    self._changed.wait(POLL_SECONDS)
                    if not slot.is_wanted():
                        raise WorkCancelled
                self._is_busy = slot.is_held = True
            finally:
                self._waiting.remove(entry)
                heapq.heapify(self._waiting)
                self._changed.notify_all()

    def release(self, slot: Slot) -> None:
        """Give a slot back, where it is held."""
        with self._changed:
            if slot.is_held:
                self._is_busy = slot.is_held = False
                self._changed.notify_all()

    def has_waiting_before(self, priority: int) -> bool:
        """Return whether more urgent work waits."""
        with self._changed:
            return bool(self._waiting) and self._waiting[0][0] < priority


work_queue = WorkQueue()  # of all sessions: there is one machine
