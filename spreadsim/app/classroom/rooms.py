"""Rooms of a class: a code, the lesson and step that the facilitator chose, and the predictions of those who joined.

What belongs here: the state of rooms, in memory and bounded, and who may do what with it. Nothing is kept of anybody:
a place in a room is a random number that the browser holds. What does not: pages and addresses (``classroom``).
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
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is taken for another
CODE_LENGTH = 6
MAX_ROOMS = 20
MAX_PLACES = 200  # in one room
SILENCE = 4 * 3600.0  # seconds after which a room that nobody used is ended
WRONG_BY_ADDRESS, WRONG_BY_ALL = 30, 60  # wrong codes a minute
MAX_ADDRESSES = 1000


class Refused(Exception):
    """What was asked for is not given; `status` is that of the answer."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(text)


@dataclass
class Room:
    """One class. `places` holds who joined; `rounds` the predictions by lesson and place."""

    code: str
    key: bytes
    lesson: str
    stage: Stage = "predict"
    option: int = -1
    version: int = 0
    used: float = 0.0
    places: set[str] = field(default_factory=set)
    rounds: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def predictions(self) -> dict[str, Any]:
        """Predictions for the present lesson, by place."""
        return self.rounds.setdefault(self.lesson, {})


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


class Rooms:
    """All rooms of a server.

    Parameters
    ----------
    clock : seconds from any start.
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
        Refused : there are as many rooms as there may be.
        """
        with self._lock:
            self._sweep()
            if len(self._rooms) >= MAX_ROOMS:
                raise Refused(503, "This server cannot hold any more classes. End one first.")
            code = ""
            while not code or code in self._rooms:
                code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
            key = secrets.token_urlsafe(24)
            self._rooms[code] = Room(code, _digest(key), lesson, used=self._clock())
            return code, key

    def led(self, code: str, key: str, used: bool = True) -> Room:
        """Return the room of a code to whoever holds its key; `used`: somebody did something, not a page left open.

        Raises
        ------
        Refused : there is no such room, or the key is another's.
        """
        with self._lock:
            self._sweep()
            room = self._rooms.get(plain(code))
            if room is None or not hmac.compare_digest(room.key, _digest(key)):
                raise Refused(404, "There is no such class, or it has ended.")
            if used:
                room.used = self._clock()
            return room

    def lead(self, code: str, key: str, *, lesson: str = "", stage: str = "", option: int | None = None) -> Room:
        """Set the pace: another lesson, another step, or one thing changed.

        Raises
        ------
        Refused : the key is another's, or there is no such step.
        """
        with self._lock:
            room = self.led(code, key)
            if stage and stage not in STAGES:
                raise Refused(400, "There is no such step.")
            if lesson and lesson != room.lesson:
                room.lesson, room.stage, room.option = lesson, "predict", -1
            room.stage = next((known for known in STAGES if known == stage), room.stage)
            if option is not None:
                room.option = option
            room.version += 1
            return room

    def end(self, code: str, key: str) -> None:
        """End a room; all that it held is gone.

        Raises
        ------
        Refused : the key is another's.
        """
        with self._lock:
            del self._rooms[self.led(code, key).code]

    # ------------------------------------------------------------------------------------------ those who join

    def join(self, code: str, place: str, address: str) -> tuple[Room, str]:
        """Return the room of a code and a place in it: the one held already, or a new one.

        Raises
        ------
        Refused : the code is wrong, too many wrong ones were tried, or the room is full.
        """
        with self._lock:
            self._sweep()
            room = self._rooms.get(plain(code))
            if room is not None and place in room.places:
                room.used = self._clock()
                return room, place
            self._check_tries(address)
            if room is None:
                self._count_wrong(address)
                raise Refused(404, "No class has this code. Check it with the screen in front.")
            if len(room.places) >= MAX_PLACES:
                raise Refused(503, "This class is full.")
            fresh = secrets.token_urlsafe(18)
            room.places.add(fresh)
            room.used = self._clock()
            return room, fresh

    def seated(self, code: str, place: str) -> Room:
        """Return the room in which somebody has a place.

        Raises
        ------
        Refused : it has ended, or they have none.
        """
        with self._lock:
            room = self._rooms.get(plain(code))
            if room is None or place not in room.places:
                raise Refused(404, "This class has ended.")
            return room

    def predict(self, code: str, place: str, lesson: str, prediction: Any) -> Room:
        """Take a prediction, in place of an earlier one.

        Raises
        ------
        Refused : the class has ended, has gone on to another lesson, or predictions are closed.
        """
        with self._lock:
            room = self.seated(code, place)
            if room.lesson != lesson or room.stage != "predict":
                raise Refused(409, "Predictions for this lesson are closed.")
            room.predictions[place] = prediction
            room.used = self._clock()
            return room

    # ------------------------------------------------------------------------------------------ bounds

    def _sweep(self) -> None:
        now = self._clock()
        for code in [c for c, room in self._rooms.items() if now - room.used > SILENCE]:
            del self._rooms[code]

    def _recent(self, tries: deque[float]) -> int:
        while tries and self._clock() - tries[0] > 60.0:
            tries.popleft()
        return len(tries)

    def _check_tries(self, address: str) -> None:
        mine = self._wrong.get(address, deque())
        if self._recent(mine) >= WRONG_BY_ADDRESS or self._recent(self._all_wrong) >= WRONG_BY_ALL:
            raise Refused(429, "Too many wrong codes. Wait a minute, then try again.")

    def _count_wrong(self, address: str) -> None:
        self._wrong.setdefault(address, deque(maxlen=WRONG_BY_ADDRESS)).append(self._clock())
        self._wrong.move_to_end(address)
        while len(self._wrong) > MAX_ADDRESSES:
            self._wrong.popitem(last=False)
        self._all_wrong.append(self._clock())


def plain(code: str) -> str:
    """Return a code as it was given out, however it was typed."""
    return "".join(c for c in code.upper()[:20] if c in LETTERS)
