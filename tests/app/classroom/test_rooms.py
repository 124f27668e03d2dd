"""Rooms of a class: who may do what, for how long, and how much there may be."""

from __future__ import annotations

import pytest

pytest.importorskip("solara", reason="the app's packages are not installed")

from spreadsim.app.classroom import rooms
from spreadsim.app.classroom.rooms import Refusal, Rooms


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


@pytest.fixture
def class_rooms(clock: Clock) -> Rooms:
    """No rooms yet."""
    return Rooms(clock)


def status(action: object, *args: object, **named: object) -> int:
    """Return with which status something is refused; 0 if it is not."""
    try:
        action(*args, **named)  # type: ignore[operator]
    except Refusal as refusal:
        return refusal.status
    return 0


def test_a_code_lets_in_and_a_key_leads(class_rooms: Rooms) -> None:
    code, key = class_rooms.start("02-bridges")
    assert len(code) == 6
    assert not set(code) & set("ILO01")
    room, seat = class_rooms.join(f" {code[:3].lower()}-{code[3:]} ", "", "a")
    assert class_rooms.join(code, seat, "a") == (room, seat)
    assert class_rooms.predict(code, seat, "02-bridges", 1).predictions == {seat: 1}
    class_rooms.predict(code, seat, "02-bridges", 2)
    assert list(class_rooms.room_of_facilitator(code, key).predictions.values()) == [2]  # one a seat
    assert status(class_rooms.room_of_facilitator, code, "another") == 404
    assert status(class_rooms.set_pace, code, seat, stage="reveal") == 404
    assert status(class_rooms.predict, code, "nobody", "02-bridges", 1) == 404
    assert key not in repr(room)


def test_the_facilitator_sets_the_pace(class_rooms: Rooms) -> None:
    code, key = class_rooms.start("02-bridges")
    _, seat = class_rooms.join(code, "", "a")
    before = class_rooms.room_of_student(code, seat).version
    class_rooms.predict(code, seat, "02-bridges", 1)
    assert class_rooms.set_pace(code, key, stage="fan").version > before
    assert status(class_rooms.predict, code, seat, "02-bridges", 2) == 409
    room = class_rooms.set_pace(code, key, lesson="06-fit")
    assert (room.stage, room.predictions) == ("predict", {})
    assert status(class_rooms.predict, code, seat, "02-bridges", 2) == 409
    assert class_rooms.set_pace(code, key, lesson="02-bridges").predictions == {seat: 1}
    assert status(class_rooms.set_pace, code, key, stage="dance") == 400


def test_a_room_ends_when_the_facilitator_ends_it_or_after_hours_of_silence(class_rooms: Rooms, clock: Clock) -> None:
    code, key = class_rooms.start("02-bridges")
    _, seat = class_rooms.join(code, "", "a")
    clock.now = rooms.IDLE_SECONDS - 1
    class_rooms.room_of_facilitator(code, key)
    clock.now = 2 * rooms.IDLE_SECONDS - 2
    assert status(class_rooms.room_of_student, code, seat) == 0
    assert status(class_rooms.predict, code, seat, "02-bridges", 1) == 0
    class_rooms.end(code, key)
    assert status(class_rooms.room_of_student, code, seat) == 404
    other, _ = class_rooms.start("02-bridges")
    clock.now += rooms.IDLE_SECONDS + 1
    assert status(class_rooms.join, other, "", "a") == 404
    third, key = class_rooms.start("02-bridges")
    clock.now += rooms.IDLE_SECONDS - 1
    class_rooms.room_of_facilitator(
        third, key, is_in_use=False
    )  # a page left open asks, and that is no use of the room
    clock.now += 2
    assert status(class_rooms.room_of_facilitator, third, key) == 404


def test_rooms_places_and_tries_are_bounded(class_rooms: Rooms, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = {class_rooms.start("02-bridges")[0] for _ in range(rooms.MAX_ROOMS)}
    assert len(codes) == rooms.MAX_ROOMS
    assert status(class_rooms.start, "02-bridges") == 503
    code = codes.pop()
    seats = {class_rooms.join(code, "", "a")[1] for _ in range(rooms.MAX_SEATS)}
    assert len(seats) == rooms.MAX_SEATS
    assert status(class_rooms.join, code, "", "a") == 503
    for _ in range(rooms.MAX_WRONG_BY_ADDRESS):
        assert status(class_rooms.join, "AAAAAA", "", "b") == 404
    assert status(class_rooms.join, codes.pop(), "", "b") == 429  # that address waits
    assert status(class_rooms.join, code, seats.pop(), "b") == 0  # who is inside goes on
    assert status(class_rooms.join, codes.pop(), "", "c") == 0  # and others come in
    for n in range(rooms.MAX_WRONG - rooms.MAX_WRONG_BY_ADDRESS):
        status(class_rooms.join, "AAAAAA", "", f"many {n}")
    assert status(class_rooms.join, codes.pop(), "", "c") == 429  # many addresses together are slowed down too
    clock.now += 61
    assert status(class_rooms.join, codes.pop(), "", "b") == 0
    monkeypatch.setattr(rooms, "MAX_ADDRESSES", 10)
    for n in range(50):
        status(class_rooms.join, "AAAAAA", "", f"more {n}")
    assert len(class_rooms._wrong) <= 10
