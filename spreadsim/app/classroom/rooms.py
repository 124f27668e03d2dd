"""Rooms of a class: a code, the lesson and step that the facilitator chose, and the predictions of those who joined.

What belongs here: the state of rooms, in memory and bounded, and who may do what with it. Nothing is kept of anybody:
a seat in a room is a random number that the browser holds. What does not: pages and addresses (``routes``).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Stage = Literal["predict", "fan", "reveal"]
STAGES: tuple[Stage, ...] = ("predict", "fan", "reveal")
CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is taken for another
CODE_LENGTH = 6
MAX_ROOMS = 20
MAX_SEATS = 200  # in one room
IDLE_SECONDS = 4 * 3600.0  # seconds after which a room that nobody used is ended
MAX_WRONG_BY_ADDRESS, MAX_WRONG = 30, 60  # wrong codes a minute
MAX_ADDRESSES = 1000


class Refusal(Exception):
    """A request that is not granted.

    Parameters
    ----------
    status : of the answer.
    text : for whoever asked.

    Examples
    --------
    >>> Refusal(404, "There is no such class.").status
    404
    """

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(text)


@dataclass
class Room:
    """One class.

    Attributes
    ----------
    code : that students type.
    key : digest of the key that the facilitator holds.
    lesson : name of the present lesson.
    stage : of the lesson.
    option : the one thing changed, by its place in the lesson; -1 for none.
    version : raised with every change that a page has to show.
    last_use : seconds on the clock of the rooms.
    seats : tokens of those who joined.
    rounds : predictions by lesson and seat.

    Examples
    --------
    >>> room = Room("ABCDEF", b"", "01-first")
    >>> room.predictions
    {}
    """

    code: str
    key: bytes
    lesson: str
    stage: Stage = "predict"
    option: int = -1
    version: int = 0
    last_use: float = 0.0
    seats: set[str] = field(default_factory=set)
    rounds: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def predictions(self) -> dict[str, Any]:
        """Predictions for the present lesson, by seat."""
        return self.rounds.setdefault(self.lesson, {})


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


class Rooms:
    """All rooms of a server.

    Parameters
    ----------
    clock : returns seconds since any moment.

    Examples
    --------
    >>> rooms = Rooms()
    >>> code, key = rooms.start("02-bridges")
    >>> room, seat = rooms.join(code.lower(), "", "192.0.2.1")
    >>> rooms.predict(code, seat, "02-bridges", 1).predictions == {seat: 1}
    True
    >>> rooms.set_pace(code, key, stage="reveal").stage
    'reveal'
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._rooms: dict[str, Room] = {}
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()
        self._all_wrong: deque[float] = deque()

    # ------------------------------------------------------------------------------------------ the facilitator

    def start(self, lesson: str) -> tuple[str, str]:
        """Open a room; return its code, and the key that its facilitator alone holds.

        Raises
        ------
        Refusal : there are as many rooms as there may be.
        """
        with self._lock:
            self._end_idle_rooms()
            if len(self._rooms) >= MAX_ROOMS:
                raise Refusal(503, "This server cannot hold any more classes. End one first.")
            code = ""
            while not code or code in self._rooms:
                code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
            key = secrets.token_urlsafe(24)
            self._rooms[code] = Room(code, _digest(key), lesson, last_use=self._clock())
            return code, key

    def room_of_facilitator(self, code: str, key: str, is_in_use: bool = True) -> Room:
        """Return the room of a code to whoever holds its key.

        Parameters
        ----------
        is_in_use : whether somebody did something; False where a page that is left open asks.

        Raises
        ------
        Refusal : there is no such room, or the key is another's.
        """
        with self._lock:
            self._end_idle_rooms()
            room = self._rooms.get(_normal_code(code))
            if room is None or not hmac.compare_digest(room.key, _digest(key)):
                raise Refusal(404, "There is no such class, or it has ended.")
            if is_in_use:
                room.last_use = self._clock()
            return room

    def set_pace(self, code: str, key: str, *, lesson: str = "", stage: str = "", option: int | None = None) -> Room:
        """Set the pace: another lesson, another step, or one thing changed.

        Raises
        ------
        Refusal : the key is another's, or there is no such stage.
        """
        with self._lock:
            room = self.room_of_facilitator(code, key)
            if stage and stage not in STAGES:
                raise Refusal(400, "There is no such step.")
            if lesson and lesson != room.lesson:
                room.lesson, room.stage, room.option = lesson, "predict", -1
            room.stage = next((name for name in STAGES if name == stage), room.stage)
            if option is not None:
                room.option = option
            room.version += 1
            return room

    def end(self, code: str, key: str) -> None:
        """End a room; all that it held is gone.

        Raises
        ------
        Refusal : the key is another's.
        """
        with self._lock:
            del self._rooms[self.room_of_facilitator(code, key).code]

    # ------------------------------------------------------------------------------------------ those who join

    def join(self, code: str, seat: str, address: str) -> tuple[Room, str]:
        """Return the room of a code and a seat in it: the one taken already, or a new one.

        Raises
        ------
        Refusal : the code is wrong, too many wrong ones were tried, or the room is full.
        """
        with self._lock:
            self._end_idle_rooms()
            room = self._rooms.get(_normal_code(code))
            if room is not None and seat in room.seats:
                room.last_use = self._clock()
                return room, seat
            self._check_tries(address)
            if room is None:
                self._count_wrong(address)
                raise Refusal(404, "No class has this code. Check it with the screen in front.")
            if len(room.seats) >= MAX_SEATS:
                raise Refusal(503, "This class is full.")
            fresh = secrets.token_urlsafe(18)
            room.seats.add(fresh)
            room.last_use = self._clock()
            return room, fresh

    def room_of_student(self, code: str, seat: str) -> Room:
        """Return the room in which somebody has a seat.

        Raises
        ------
        Refusal : it has ended, or they have none.
        """
        with self._lock:
            room = self._rooms.get(_normal_code(code))
            if room is None or seat not in room.seats:
                raise Refusal(404, "This class has ended.")
            return room

    def predict(self, code: str, seat: str, lesson: str, prediction: Any) -> Room:
        """Take a prediction, in place of an earlier one.

        Raises
        ------
        Refusal : the class has ended, has gone on to another lesson, or predictions are closed.
        """
        with self._lock:
            room = self.room_of_student(code, seat)
            if room.lesson != lesson or room.stage != "predict":
                raise Refusal(409, "Predictions for this lesson are closed.")
            room.predictions[seat] = prediction
            room.last_use = self._clock()
            return room

    # ------------------------------------------------------------------------------------------ bounds

    def _end_idle_rooms(self) -> None:
        now = self._clock()
        for code in [c for c, room in self._rooms.items() if now - room.last_use > IDLE_SECONDS]:
            del self._rooms[code]

    def _recent(self, tries: deque[float]) -> int:
        while tries and self._clock() - tries[0] > 60.0:
            tries.popleft()
        return len(tries)

    def _check_tries(self, address: str) -> None:
        mine = self._wrong.get(address, deque())
        if self._recent(mine) >= MAX_WRONG_BY_ADDRESS or self._recent(self._all_wrong) >= MAX_WRONG:
            raise Refusal(429, "Too many wrong codes. Wait a minute, then try again.")

    def _count_wrong(self, address: str) -> None:
        self._wrong.setdefault(address, deque(maxlen=MAX_WRONG_BY_ADDRESS)).append(self._clock())
        self._wrong.move_to_end(address)
        while len(self._wrong) > MAX_ADDRESSES:
            self._wrong.popitem(last=False)
        self._all_wrong.append(self._clock())


def _normal_code(code: str) -> str:
    """Return a code as it was given out, however it was typed."""
    return "".join(c for c in code.upper()[:20] if c in CODE_LETTERS)
