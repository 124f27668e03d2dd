"""Queues of work of all sessions: one piece at a time in each, the most urgent first, visitors in turn.

What belongs here: who goes next, how many go before, and how long that is likely to take. A piece of work uses every
processor, so that two at once would make both wait; long work gives way whenever something more urgent waits. Short
work (one run, one explanation, one figure) has a queue of its own and never waits for a comparison. What does not: what
the work is (``app.runs``), and which of it is the same (``server.shared_results``).

Among equally urgent work the visitor goes first whose last turn is longest ago, so that whoever asks for ten things
does not hold up whoever asks for one; work that has begun and gave way goes on before other work begins. Work that has
waited for long counts as more urgent, so that nothing waits for ever.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cachetools import LRUCache

INTERACTIVE, DETAIL, FIGURES, LARGE, BACKGROUND = range(5)
"""How urgent work is: what a moved slider waits for; its details; figures and reports; comparisons too large to be kept
in memory while their details are worked out; frontiers and other long studies."""

POLL_SECONDS = 0.1  # seconds after which a waiting piece of work asks again whether anyone wants it
SECONDS_PER_STEP = 20.0  # of waiting, after which work counts as more urgent by one step
QUANTUM_SECONDS = 2.0  # for which work keeps the urgency that it gained by waiting
MAX_VISITORS = 2000  # whose last turn is remembered
WEIGHT_OF_LATEST = 0.3  # of the latest piece of work, in what a unit of work is expected to take


class WorkCancelled(Exception):
    """Nobody waits for the result any more.

    Examples
    --------
    >>> with WorkQueue().slot(DETAIL, Request(is_wanted=lambda: False)) as slot:
    ...     slot.give_way()
    Traceback (most recent call last):
        ...
    spreadsim.app.server.work_queue.WorkCancelled
    """


@dataclass(frozen=True)
class Standing:
    """How far a piece of work is.

    Attributes
    ----------
    percent : share of the work that is done, in per cent.
    n_ahead : pieces of work that go before it; 0 once it is at work.
    seconds : until it is likely to be done; None where nothing is known yet.

    Examples
    --------
    >>> Standing(percent=40.0).n_ahead
    0
    """

    percent: float = 0.0
    n_ahead: int = 0
    seconds: float | None = None


def _always() -> bool:
    return True


def _tell_nobody(standing: Standing) -> None:
    pass


@dataclass(frozen=True)
class Request:
    """Who asks for work, whether they still want it, and whom to tell how far it is.

    Attributes
    ----------
    visitor : whose turn the work counts as; one browser, however many pages it has open.
    is_wanted : whether anybody still waits for the result.
    report : called with a `Standing` while the work waits and is done.

    Examples
    --------
    >>> Request("a browser").is_wanted()
    True
    """

    visitor: str = ""
    is_wanted: Callable[[], bool] = _always
    report: Callable[[Standing], None] = _tell_nobody


class Slot:
    """The right to work now: waited for, held, and, by long work, given up to others from time to time.

    Parameters
    ----------
    queue : that the work waits in.
    priority : of the work, the lowest number first.
    request : who asks for it.
    size : of the work, in any unit that is the same for all work of a priority.
    number : of the slot in the queue, in the order of arrival.

    Examples
    --------
    >>> queue = WorkQueue()
    >>> with queue.slot(BACKGROUND) as slot:
    ...     slot.give_way(done=0.5)
    ...     slot.is_held, slot.done
    (True, 0.5)
    """

    def __init__(self, queue: WorkQueue, priority: int, request: Request, size: float, number: int) -> None:
        self.priority, self.request, self.size, self.number = priority, request, max(1.0, size), number
        self.is_held, self.has_begun, self.done = False, False, 0.0
        self.since, self.seconds_held, self.urgency = 0.0, 0.0, priority
        self._queue = queue

    def give_way(self, done: float = 0.0) -> None:
        """Let more urgent work go first, where any waits.

        Parameters
        ----------
        done : share of the work that is done.

        Raises
        ------
        WorkCancelled : nobody waits for this work any more.
        """
        self.done = done
        if not self.request.is_wanted():
            raise WorkCancelled
        if self._queue.has_waiting_before(self):
            self._queue.release(self)
            self._queue.acquire(self)

    def standing(self) -> Standing:
        """Return how far the work is."""
        return self._queue.standing(self)


class WorkQueue:
    """A queue of work of all sessions: by priority, then each visitor in turn, then first come, first served.

    Parameters
    ----------
    clock : returns seconds since any moment.

    Examples
    --------
    >>> queue = WorkQueue()
    >>> with queue.slot(FIGURES) as slot:
    ...     queue.has_waiting_before(slot), queue.standing(slot).n_ahead
    (False, 0)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: list[Slot] = []
        self._holder: Slot | None = None
        self._numbers = itertools.count(1)
        self._last_turns: LRUCache[str, int] = LRUCache(MAX_VISITORS)
        self._turns = itertools.count(1)
        self._seconds_per_unit: dict[int, float] = {}

    @property
    def n_waiting(self) -> int:
        """Pieces of work that wait."""
        with self._changed:
            return len(self._waiting)

    @contextmanager
    def slot(self, priority: int, request: Request = Request(), size: float = 1.0) -> Iterator[Slot]:
        """Wait for a slot and hold it.

        Parameters
        ----------
        priority : of the work, the lowest number first.
        request : who asks for it.
        size : of the work, in any unit that is the same for all work of a priority.

        Yields
        ------
        The slot.

        Raises
        ------
        WorkCancelled : nobody wants the work any more; a newer request of a session makes its older one unwanted.
        """
        slot = Slot(self, priority, request, size, next(self._numbers))
        self.acquire(slot)
        try:
            yield slot
        finally:
            self.release(slot)
        self._learn(slot)

    def acquire(self, slot: Slot) -> None:
        """Wait for a slot, which `release` gives back."""
        with self._changed:
            slot.since = self._clock()
            self._waiting.append(slot)
        try:
            while not self._takes_turn(slot):
                if not slot.request.is_wanted():
                    raise WorkCancelled
                slot.request.report(self.standing(slot))
        except BaseException:
            with self._changed:
                self._waiting.remove(slot)
                self._changed.notify_all()
            raise

    def _takes_turn(self, slot: Slot) -> bool:
        """Return whether it is this slot's turn, and take it; wait a moment where it is not."""
        with self._changed:
            if self._holder is not None or self._in_order()[0] is not slot:
                self._changed.wait(POLL_SECONDS)
            if self._holder is not None or self._in_order()[0] is not slot:
                return False
            slot.urgency = self._urgency(slot)
            self._waiting.remove(slot)
            slot.is_held = slot.has_begun = True
            self._holder, slot.since = slot, self._clock()
            self._last_turns[slot.request.visitor] = next(self._turns)
            return True

    def release(self, slot: Slot) -> None:
        """Give a slot back, where it is held."""
        with self._changed:
            if not slot.is_held:
                return
            slot.seconds_held += self._clock() - slot.since
            self._holder, slot.is_held = None, False
            self._changed.notify_all()

    def _learn(self, slot: Slot) -> None:
        """Remember how long work took, to say how long the next is likely to take."""
        with self._changed:
            latest = slot.seconds_held / slot.size
            usual = self._seconds_per_unit.get(slot.priority, latest)
            self._seconds_per_unit[slot.priority] = usual + WEIGHT_OF_LATEST * (latest - usual)

    def has_waiting_before(self, slot: Slot) -> bool:
        """Return whether more urgent work waits than that of the slot, which is held."""
        with self._changed:
            is_in_quantum = self._clock() - slot.since < QUANTUM_SECONDS
            urgency = slot.urgency if is_in_quantum else slot.priority
            return bool(self._waiting) and self._urgency(self._in_order()[0]) < urgency

    def standing(self, slot: Slot) -> Standing:
        """Return how far a slot's work is: how many go before it, and how long it is likely to take."""
        with self._changed:
            ahead: list[Slot] = []
            if slot in self._waiting:
                order = self._in_order()
                ahead = order[: order.index(slot)]
                if self._holder is not None:
                    ahead.insert(0, self._holder)
            times = [self._remaining(one) for one in (*ahead, slot)]
            seconds = None if None in times else sum(filter(None, times))
            return Standing(100.0 * slot.done, len(ahead), seconds)

    def _remaining(self, slot: Slot) -> float | None:
        """Return the seconds until a piece of work that has its turn is likely to be done."""
        held = slot.seconds_held + (self._clock() - slot.since if slot.is_held else 0.0)
        if slot.done > 0.05:
            return held * (1.0 - slot.done) / slot.done
        usual = self._seconds_per_unit.get(slot.priority)
        return None if usual is None else max(0.0, usual * slot.size - held)

    def _urgency(self, slot: Slot) -> int:
        """Return the priority of a slot, raised by the time that it has waited."""
        return slot.priority - int((self._clock() - slot.since) // SECONDS_PER_STEP)

    def _in_order(self) -> list[Slot]:
        """Return the slots that wait, in the order in which they have their turn if nothing else comes."""
        n_before: Counter[tuple[int, str]] = Counter()  # of the same visitor, equally urgent
        keys: dict[Slot, tuple[int, bool, int, int, int]] = {}
        for slot in sorted(self._waiting, key=lambda one: one.number):
            urgency, visitor = self._urgency(slot), slot.request.visitor
            last_turn = self._last_turns.get(visitor, 0)
            keys[slot] = (urgency, not slot.has_begun, n_before[urgency, visitor], last_turn, slot.number)
            n_before[urgency, visitor] += 1
        return sorted(keys, key=keys.__getitem__)


work_queue = WorkQueue()  # comparisons and studies of all sessions: there is one machine
short_queue = WorkQueue()  # single runs, explanations, lessons, and figures, of all sessions
