"""Turns: one piece of work at a time, of all sessions together, the most urgent first.

What belongs here: who goes next. A piece of work uses every processor, so that two at once would make both wait; long
work gives way whenever something more urgent waits. What does not: what the work is (``work``).
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

IsWanted = Callable[[], bool]

AT_ONCE, SOON, PICTURES, LONG = range(4)
"""How urgent work is: what a moved slider waits for; its details; figures; frontiers and other long studies."""

LOOK = 0.1  # seconds after which a waiting piece of work asks again whether anyone wants it


class NotWanted(Exception):
    """Nobody waits for the result any more."""


class Turn:
    """A piece of work's turn: waited for, held, and, by long work, offered to others from time to time."""

    def __init__(self, turns: Turns, urgency: int, is_wanted: IsWanted) -> None:
        self.urgency, self.is_wanted, self.is_held = urgency, is_wanted, False
        self._turns = turns

    def give_way(self) -> None:
        """Let more urgent work go first, where any waits.

        Raises
        ------
        NotWanted : nobody waits for this work any more.
        """
        if not self.is_wanted():
            raise NotWanted
        if self._turns.is_waiting_before(self.urgency):
            self._turns.end(self)
            self._turns.begin(self)


class Turns:
    """A queue of work of all sessions: by urgency, then first come, first served."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[tuple[int, int]] = []
        self._numbers = itertools.count()
        self._is_taken = False

    @contextmanager
    def turn(self, urgency: int, is_wanted: IsWanted) -> Iterator[Turn]:
        """Wait for a turn and hold it.

        Raises
        ------
        NotWanted : nobody wants the work any more; a newer request of a session makes its older one unwanted.
        """
        mine = Turn(self, urgency, is_wanted)
        self.begin(mine)
        try:
            yield mine
        finally:
            self.end(mine)

    def begin(self, mine: Turn) -> None:
        """Wait for a turn, which ``end`` gives back."""
        with self._changed:
            place = (mine.urgency, next(self._numbers))
            heapq.heappush(self._waiting, place)
            try:
                while self._is_taken or self._waiting[0] != place:
                    self._changed.wait(LOOK)
                    if not mine.is_wanted():
                        raise NotWanted
                self._is_taken = mine.is_held = True
            finally:
                self._waiting.remove(place)
                heapq.heapify(self._waiting)
                self._changed.notify_all()

    def end(self, mine: Turn) -> None:
        """Give a turn back, where it is held."""
        with self._changed:
            if mine.is_held:
                self._is_taken = mine.is_held = False
                self._changed.notify_all()

    def is_waiting_before(self, urgency: int) -> bool:
        """Return whether more urgent work waits."""
        with self._changed:
            return bool(self._waiting) and self._waiting[0][0] < urgency


turns = Turns()  # of all sessions: there is one machine
