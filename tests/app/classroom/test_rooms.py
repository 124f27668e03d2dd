"""Rooms of a class: who may do what, for how long, and how much there may be."""

from __future__ import annotations

import pytest

pytest.importorskip("solara", reason="the app's packages are not installed")

from spreadsim.app.classroom import rooms, routes
from spreadsim.app.classroom.rooms import Refusal, Rooms
from spreadsim.app.server import proxies
from spreadsim.errors import InputError


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


def test_rooms_and_places_are_bounded(class_rooms: Rooms) -> None:
    codes = {class_rooms.start("02-bridges")[0] for _ in range(rooms.MAX_ROOMS)}
    assert len(codes) == rooms.MAX_ROOMS
    assert status(class_rooms.start, "02-bridges") == 503
    code = codes.pop()
    for n in range(rooms.MAX_SEATS):
        room, device = class_rooms.join(code, "", f"address {n // 50}")
        class_rooms.predict(code, device, "02-bridges", 1)
    assert len(room.seats) == rooms.MAX_SEATS
    assert status(class_rooms.join, code, "", "another") == 503  # a prediction has come from every place
    assert status(class_rooms.join, code, device, "another") == 0  # who is inside goes on
    assert len(room.predictions) == rooms.MAX_SEATS


def test_one_client_cannot_take_every_place(class_rooms: Rooms, clock: Clock) -> None:
    code, _ = class_rooms.start("02-bridges")
    flood = [class_rooms.join(code, "", "flood")[1] for _ in range(1000)]
    room = class_rooms.join(code, flood[-1], "flood")[0]
    assert len(room.seats) == rooms.MAX_SEATS_BY_ADDRESS
    clock.now = 1.0
    students = [class_rooms.join(code, "", f"student {n}")[1] for n in range(rooms.MAX_SEATS)]
    assert len(room.seats) == rooms.MAX_SEATS
    assert room.seats.keys() == set(students)  # the flood gave way
    # Also where the flood shares the class's one address: who was not heard of for longest gives way.
    code, _ = class_rooms.start("02-bridges")
    for _ in range(1000):
        class_rooms.join(code, "", "one address")
    clock.now = 2.0
    students = [class_rooms.join(code, "", "one address")[1] for _ in range(40)]
    clock.now = 4.0
    for student in students:
        assert status(class_rooms.room_of_student, code, student) == 0  # their pages ask every two seconds
    for _ in range(rooms.MAX_SEATS_BY_ADDRESS - 40):
        class_rooms.join(code, "", "one address")
    assert all(status(class_rooms.predict, code, student, "02-bridges", 1) == 0 for student in students)
    for _ in range(1000):
        class_rooms.join(code, "", "one address")
    assert all(status(class_rooms.room_of_student, code, student) == 0 for student in students)


def test_a_device_has_one_place_and_one_prediction(class_rooms: Rooms) -> None:
    code, _ = class_rooms.start("02-bridges")
    room, device = class_rooms.join(code, "", "a")
    for address in ("a", "b", "a"):
        assert class_rooms.join(code, device, address) == (room, device)
    for prediction in range(5):
        class_rooms.predict(code, device, "02-bridges", prediction)
    assert (len(room.seats), room.predictions) == (1, {device: 4})
    other, _ = class_rooms.start("02-bridges")
    assert class_rooms.join(other, device, "a")[1] == device  # in another class too
    made_up = class_rooms.join(other, "<script>", "a")[1]
    assert made_up != "<script>"


def test_the_facilitator_clears_silent_places(class_rooms: Rooms) -> None:
    code, key = class_rooms.start("02-bridges")
    devices = [class_rooms.join(code, "", "a")[1] for _ in range(5)]
    class_rooms.predict(code, devices[2], "02-bridges", 1)
    class_rooms.set_pace(code, key, lesson="06-fit")
    room = class_rooms.room_of_facilitator(code, key)
    assert set(room.silent) == {*devices} - {devices[2]}  # who predicted in an earlier lesson is not silent
    assert status(class_rooms.clear_silent_seats, code, devices[0]) == 404
    assert class_rooms.clear_silent_seats(code, key) == 4
    assert room.seats.keys() == {devices[2]}
    assert status(class_rooms.predict, code, devices[0], "06-fit", 1) == 404
    assert class_rooms.join(code, devices[0], "a")[1] == devices[0]  # an open page comes back by itself
    assert status(class_rooms.predict, code, devices[0], "06-fit", 1) == 0


def test_wrong_codes_are_limited_and_a_right_one_never(
    class_rooms: Rooms, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _ = class_rooms.start("02-bridges")
    for _ in range(rooms.MAX_WRONG_BY_ADDRESS):
        assert status(class_rooms.join, "AAAAAA", "", "b") == 404
    for _ in range(1000):
        assert status(class_rooms.join, "AAAAAA", "", "b") == 429
    assert status(class_rooms.join, code, "", "b") == 0  # the right code, from the very address
    assert status(class_rooms.join, "AAAAAA", "", "c") == 404  # another's wrong codes are no matter
    clock.now += 61
    assert status(class_rooms.join, "AAAAAA", "", "b") == 404
    monkeypatch.setattr(rooms, "MAX_ADDRESSES", 10)
    for n in range(50):
        status(class_rooms.join, "AAAAAA", "", f"more {n}")
    assert len(class_rooms._wrong) <= 10


def test_settings_of_the_server_are_read_and_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (routes.seats_by_address(), proxies.trusted_proxies()) == (rooms.MAX_SEATS_BY_ADDRESS, [])
    monkeypatch.setenv("SPREADSIM_PLACES", "7")
    monkeypatch.setenv("SPREADSIM_PROXIES", "127.0.0.1, 10.0.0.0/8")
    assert (routes.seats_by_address(), proxies.trusted_proxies()) == (7, ["127.0.0.1", "10.0.0.0/8"])
    for text in ("0", "-1", "many", "9" * 5000):
        monkeypatch.setenv("SPREADSIM_PLACES", text)
        with pytest.raises(InputError, match="SPREADSIM_PLACES"):
            routes.seats_by_address()
    for text in ("*", "nginx", "127.0.0.1,*"):
        monkeypatch.setenv("SPREADSIM_PROXIES", text)
        with pytest.raises(InputError, match="SPREADSIM_PROXIES"):
            proxies.trusted_proxies()
