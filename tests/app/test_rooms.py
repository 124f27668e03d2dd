"""Rooms of a class: who may do what, for how long, and how much there may be."""

from __future__ import annotations

import pytest

pytest.importorskip("solara", reason="the app's packages are not installed")

from spreadsim.app.classroom import rooms
from spreadsim.app.classroom.rooms import Refused, Rooms


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
def made(clock: Clock) -> Rooms:
    """No rooms yet."""
    return Rooms(clock)


def status(action: object, *args: object, **named: object) -> int:
    """Return with which status something is refused; 0 if it is not."""
    try:
        action(*args, **named)  # type: ignore[operator]
    except Refused as refusal:
        return refusal.status
    return 0


def test_a_code_lets_in_and_a_key_leads(made: Rooms) -> None:
    code, key = made.start("02-bridges")
    assert len(code) == 6
    assert not set(code) & set("ILO01")
    room, place = made.join(f" {code[:3].lower()}-{code[3:]} ", "", "a")
    assert made.join(code, place, "a") == (room, place)
    assert made.predict(code, place, "02-bridges", 1).predictions == {place: 1}
    made.predict(code, place, "02-bridges", 2)
    assert list(made.led(code, key).predictions.values()) == [2]  # one a place
    assert status(made.led, code, "another") == 404
    assert status(made.lead, code, place, stage="reveal") == 404
    assert status(made.predict, code, "nobody", "02-bridges", 1) == 404
    assert key not in repr(room)


def test_the_facilitator_sets_the_pace(made: Rooms) -> None:
    code, key = made.start("02-bridges")
    _, place = made.join(code, "", "a")
    before = made.seated(code, place).version
    made.predict(code, place, "02-bridges", 1)
    assert made.lead(code, key, stage="fan").version > before
    assert status(made.predict, code, place, "02-bridges", 2) == 409
    room = made.lead(code, key, lesson="06-fit")
    assert (room.stage, room.predictions) == ("predict", {})
    assert status(made.predict, code, place, "02-bridges", 2) == 409
    assert made.lead(code, key, lesson="02-bridges").predictions == {place: 1}
    assert status(made.lead, code, key, stage="dance") == 400


def test_a_room_ends_when_the_facilitator_ends_it_or_after_hours_of_silence(made: Rooms, clock: Clock) -> None:
    code, key = made.start("02-bridges")
    _, place = made.join(code, "", "a")
    clock.now = rooms.SILENCE - 1
    made.led(code, key)
    clock.now = 2 * rooms.SILENCE - 2
    assert status(made.seated, code, place) == 0
    assert status(made.predict, code, place, "02-bridges", 1) == 0
    made.end(code, key)
    assert status(made.seated, code, place) == 404
    other, _ = made.start("02-bridges")
    clock.now += rooms.SILENCE + 1
    assert status(made.join, other, "", "a") == 404
    third, key = made.start("02-bridges")
    clock.now += rooms.SILENCE - 1
    made.led(third, key, used=False)  # a page left open asks, and that is no use of the room
    clock.now += 2
    assert status(made.led, third, key) == 404


def test_rooms_places_and_tries_are_bounded(made: Rooms, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = {made.start("02-bridges")[0] for _ in range(rooms.MAX_ROOMS)}
    assert len(codes) == rooms.MAX_ROOMS
    assert status(made.start, "02-bridges") == 503
    code = codes.pop()
    places = {made.join(code, "", "a")[1] for _ in range(rooms.MAX_PLACES)}
    assert len(places) == rooms.MAX_PLACES
    assert status(made.join, code, "", "a") == 503
    for _ in range(rooms.WRONG_BY_ADDRESS):
        assert status(made.join, "AAAAAA", "", "b") == 404
    assert status(made.join, codes.pop(), "", "b") == 429  # that address waits
    assert status(made.join, code, places.pop(), "b") == 0  # who is inside goes on
    assert status(made.join, codes.pop(), "", "c") == 0  # and others come in
    for n in range(rooms.WRONG_BY_ALL - rooms.WRONG_BY_ADDRESS):
        status(made.join, "AAAAAA", "", f"many {n}")
    assert status(made.join, codes.pop(), "", "c") == 429  # many addresses together are slowed down too
    clock.now += 61
    assert status(made.join, codes.pop(), "", "b") == 0
    monkeypatch.setattr(rooms, "MAX_ADDRESSES", 10)
    for n in range(50):
        status(made.join, "AAAAAA", "", f"more {n}")
    assert len(made._wrong) <= 10
