"""Rooms of a class: a code, the lesson and step that the facilitator chose, and the predictions of those who joined.

What belongs here: the state of rooms, in memory and bounded, and who may do what with it. Nothing is kept of anybody:
a device is a random number that its browser holds, and has one place in a room. What does not: pages and addresses
(``routes``).

Whoever has the right code is let in. A place from which no prediction has come yet gives way to somebody new where
there is no other, so that nobody can keep a class out by taking its places; its page takes another by itself.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Stage = Literal["predict", "fan", "reveal"]
STAGES: tuple[Stage, ...] = ("predict", "fan", "reveal")
CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is taken for another
CODE_LENGTH = 6
MAX_ROOMS = 20
MAX_SEATS = 200  # in one room
MAX_SEATS_BY_ADDRESS = 100  # in one room, where no setting says otherwise: a class often shares one address
IDLE_SECONDS = 4 * 3600.0  # seconds after which a room that nobody used is ended
MAX_WRONG_BY_ADDRESS = 30  # wrong codes a minute
MAX_ADDRESSES = 1000
_DEVICE = re.compile(r"[A-Za-z0-9_-]{24}")


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
class Seat:
    """The place of one device in a room.

    Attributes
    ----------
    address : from which it was taken.
    last_heard : seconds on the clock of the rooms.

    Examples
    --------
    >>> Seat("192.0.2.1", 0.0).address
    '192.0.2.1'
    """

    address: str
    last_heard: float


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
    seats : of those who joined, by device.
    rounds : predictions by lesson and device: one each, the last that was sent.

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
    seats: dict[str, Seat] = field(default_factory=dict)
    rounds: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def predictions(self) -> dict[str, Any]:
        """Predictions for the present lesson, by device."""
        return self.rounds.setdefault(self.lesson, {})

    @property
    def silent(self) -> list[str]:
        """Devices from which no prediction has come in this class, those not heard of for longest first."""
        heard = {device for predictions in self.rounds.values() for device in predictions}
        return sorted(self.seats.keys() - heard, key=lambda device: self.seats[device].last_heard)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


class Rooms:
    """All rooms of a server.

    Parameters
    ----------
    clock : returns seconds since any moment.
    seats_by_address : places in a room that one address may take.

    Examples
    --------
    >>> rooms = Rooms()
    >>> code, key = rooms.start("02-bridges")
    >>> room, device = rooms.join(code.lower(), "", "192.0.2.1")
    >>> rooms.predict(code, device, "02-bridges", 1).predictions == {device: 1}
    True
    >>> rooms.set_pace(code, key, stage="reveal").stage
    'reveal'
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, seats_by_address: int = MAX_SEATS_BY_ADDRESS
    ) -> None:
        self._clock, self._seats_by_address = clock, seats_by_address
        self._lock = threading.RLock()
        self._rooms: dict[str, Room] = {}
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

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

    def clear_silent_seats(self, code: str, key: str) -> int:
        """Take away the places from which no prediction has come; return how many there were.

        An open page takes a place again by itself.

        Raises
        ------
        Refusal : the key is another's.
        """
        with self._lock:
            room = self.room_of_facilitator(code, key)
            silent = room.silent
            for device in silent:
                del room.seats[device]
            return len(silent)

    def end(self, code: str, key: str) -> None:
        """End a room; all that it held is gone.

        Raises
        ------
        Refusal : the key is another's.
        """
        with self._lock:
            del self._rooms[self.room_of_facilitator(code, key).code]

    # ------------------------------------------------------------------------------------------ those who join

    def join(self, code: str, device: str, address: str) -> tuple[Room, str]:
        """Return the room of a code and the device that has a place in it: the one that asks, or a new number for it.

        Parameters
        ----------
        code : as it was typed.
        device : number that the browser holds; empty where it holds none.
        address : from which it asks.

        Raises
        ------
        Refusal : the code is wrong, or a prediction has come from every place that might be given.
        """
        with self._lock:
            self._end_idle_rooms()
            room = self._rooms.get(_normal_code(code))
            if room is None:
                self._count_wrong(address)
                raise Refusal(404, "No class has this code. Check it with the screen in front.")
            if device not in room.seats:
                device = device if _DEVICE.fullmatch(device) else secrets.token_urlsafe(18)
                self._make_way(room, address)
                room.seats[device] = Seat(address, self._clock())
            room.seats[device].last_heard = room.last_use = self._clock()
            return room, device

    def _make_way(self, room: Room, address: str) -> None:
        """Free a place for somebody new where there is none left, in the room or for an address.

        Raises
        ------
        Refusal : a prediction has come from each of them.
        """
        by_address = Counter(seat.address for seat in room.seats.values())
        if by_address[address] >= self._seats_by_address:
            _free_one(room, [address], "Your network has as many places in this class as it may have.")
        elif len(room.seats) >= MAX_SEATS:
            _free_one(room, [crowd for crowd, _ in by_address.most_common()], "This class is full.")

    def room_of_student(self, code: str, device: str) -> Room:
        """Return the room in which a device has a place.

        Raises
        ------
        Refusal : the room has ended, or the device has no place in it.
        """
        with self._lock:
            room = self._rooms.get(_normal_code(code))
            if room is None or device not in room.seats:
                raise Refusal(404, "This class has ended, or you have no place in it.")
            room.seats[device].last_heard = self._clock()
            return room

    def predict(self, code: str, device: str, lesson: str, prediction: Any) -> Room:
        """Take a prediction, in place of an earlier one.

        Raises
        ------
        Refusal : the class has ended, has gone on to another lesson, or predictions are closed.
        """
        with self._lock:
            room = self.room_of_student(code, device)
            if room.lesson != lesson or room.stage != "predict":
                raise Refusal(409, "Predictions for this lesson are closed.")
            room.predictions[device] = prediction
            room.last_use = self._clock()
            return room

    # ------------------------------------------------------------------------------------------ bounds

    def _end_idle_rooms(self) -> None:
        now = self._clock()
        for code in [c for c, room in self._rooms.items() if now - room.last_use > IDLE_SECONDS]:
            del self._rooms[code]

    def _count_wrong(self, address: str) -> None:
        """Count a wrong code.

        Raises
        ------
        Refusal : too many came from this address within a minute; a right one is let in all the same.
        """
        now = self._clock()
        tries = self._wrong.setdefault(address, deque(maxlen=MAX_WRONG_BY_ADDRESS))
        self._wrong.move_to_end(address)
        while len(self._wrong) > MAX_ADDRESSES:
            self._wrong.popitem(last=False)
        is_too_often = len(tries) == MAX_WRONG_BY_ADDRESS and now - tries[0] <= 60.0
        tries.append(now)
        if is_too_often:
            raise Refusal(429, "Too many wrong codes. Check the code with the screen in front.")


def _free_one(room: Room, addresses: Iterable[str], text: str) -> None:
    """Free the place, of the first address that has any, from which no prediction came and least was heard lately.

    Raises
    ------
    Refusal : there is none.
    """
    silent = room.silent
    for address in addresses:
        for device in silent:
            if room.seats[device].address == address:
                del room.seats[device]
                return
    raise Refusal(503, text)


def _normal_code(code: str) -> str:
    """Return a code as it was given out, however it was typed."""
    return "".join(c for c in code.upper()[:20] if c in CODE_LETTERS)
