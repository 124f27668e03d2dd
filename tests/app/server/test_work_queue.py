"""The queue of work: who goes next, on a clock that stands until it is moved."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

pytest.importorskip("solara", reason="the app's packages are not installed")

from spreadsim.app.server import work_queue
from spreadsim.app.server.work_queue import (
    BACKGROUND,
    DETAIL,
    FIGURES,
    INTERACTIVE,
    LARGE,
    Request,
    Slot,
    Standing,
    WorkCancelled,
    WorkQueue,
)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Crowd:
    """Visitors who ask for work one after the other, each in a thread of its own."""

    def __init__(self, queue: WorkQueue) -> None:
        self.queue = queue
        self.done: list[str] = []
        self.threads: list[threading.Thread] = []
        self.standings: dict[str, Standing] = {}

    def ask(self, name: str, priority: int, size: float = 1.0) -> None:
        """Ask for work called ``visitor`` or ``visitor:what``, and wait until it stands in the queue."""

        def work() -> None:
            def report(standing: Standing) -> None:
                self.standings[name] = standing

            with self.queue.slot(priority, Request(name.split(":")[0], report=report), size):
                self.done.append(name)

        n_before = self.queue.n_waiting
        self.threads.append(threading.Thread(target=work))
        self.threads[-1].start()
        until(lambda: self.queue.n_waiting > n_before)

    def finish(self) -> list[str]:
        """Return the names in the order in which their work was done."""
        for thread in self.threads:
            thread.join(10)
        return self.done


def until(condition: object) -> None:
    """Wait until something is so."""
    end = time.monotonic() + 10
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.002)


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


@pytest.fixture
def queue(clock: Clock) -> WorkQueue:
    """A queue on that clock."""
    return WorkQueue(clock)


@pytest.fixture
def crowd(queue: WorkQueue) -> Iterator[Crowd]:
    """Visitors of that queue."""
    visitors = Crowd(queue)
    yield visitors
    visitors.finish()


def test_urgent_work_goes_first_and_long_work_gives_way(queue: WorkQueue, crowd: Crowd) -> None:
    with queue.slot(BACKGROUND) as mine:
        crowd.ask("figure", FIGURES)
        crowd.ask("first slider", INTERACTIVE)
        crowd.ask("second slider", INTERACTIVE)
        mine.give_way()
        assert mine.is_held
        assert crowd.finish() == ["first slider", "second slider", "figure"]
        with pytest.raises(WorkCancelled), queue.slot(INTERACTIVE, Request(is_wanted=lambda: False)):
            pass  # a newer request of the session took its place
    with queue.slot(BACKGROUND) as last:
        assert last.is_held


def test_visitors_take_turns_however_much_one_asks_for(queue: WorkQueue, crowd: Crowd) -> None:
    with queue.slot(INTERACTIVE, Request("host")):
        for n in range(4):
            crowd.ask(f"greedy:{n}", INTERACTIVE)
        crowd.ask("modest:0", INTERACTIVE)
        crowd.ask("modest:1", INTERACTIVE)
        crowd.ask("single:0", INTERACTIVE)
    assert crowd.finish() == ["greedy:0", "modest:0", "single:0", "greedy:1", "modest:1", "greedy:2", "greedy:3"]


def test_who_had_a_turn_last_goes_after_who_had_none(queue: WorkQueue, crowd: Crowd) -> None:
    for visitor in ("a", "b", "c"):
        with queue.slot(INTERACTIVE, Request(visitor)):
            pass
    with queue.slot(INTERACTIVE, Request("host")):
        for name in ("c", "b", "new", "a"):
            crowd.ask(name, INTERACTIVE)
    assert crowd.finish() == ["new", "a", "b", "c"]


def test_details_and_figures_do_not_wait_for_a_large_comparison(queue: WorkQueue, crowd: Crowd) -> None:
    with queue.slot(LARGE, Request("england")) as mine:
        crowd.ask("other england", LARGE)
        crowd.ask("details", DETAIL)
        crowd.ask("figure", FIGURES)
        mine.give_way(done=0.1)  # one piece of a few is done
        assert crowd.done == ["details", "figure"]
        assert mine.is_held
    assert crowd.finish() == ["details", "figure", "other england"]


def test_nothing_waits_for_ever(queue: WorkQueue, crowd: Crowd, clock: Clock) -> None:
    with queue.slot(INTERACTIVE, Request("host")):
        crowd.ask("england", LARGE)
        clock.now = (LARGE - INTERACTIVE + 1) * work_queue.SECONDS_PER_STEP
        for n in range(3):
            crowd.ask(f"slider {n}", INTERACTIVE)
    assert crowd.finish()[0] == "england"


def test_urgency_gained_by_waiting_lasts_for_a_moment(queue: WorkQueue, crowd: Crowd, clock: Clock) -> None:
    held: list[Slot] = []
    entered, go_on = threading.Event(), threading.Event()

    def england() -> None:
        with queue.slot(LARGE, Request("england")) as slot:
            held.append(slot)
            entered.set()
            go_on.wait(10)

    with queue.slot(INTERACTIVE, Request("host")):
        thread = threading.Thread(target=england)
        thread.start()
        until(lambda: queue.n_waiting == 1)
        clock.now = 5 * work_queue.SECONDS_PER_STEP
    assert entered.wait(10)
    crowd.ask("slider", INTERACTIVE)
    assert not queue.has_waiting_before(held[0])
    clock.now += work_queue.QUANTUM_SECONDS + 0.1
    assert queue.has_waiting_before(held[0])
    go_on.set()
    thread.join(10)


def test_the_page_is_told_how_many_go_before_and_how_long_it_takes(
    queue: WorkQueue, crowd: Crowd, clock: Clock
) -> None:
    assert WorkQueue(clock).standing(Slot(queue, INTERACTIVE, Request(), 1.0, 0)).seconds is None  # nothing known yet
    with queue.slot(INTERACTIVE, Request("first"), size=100.0):
        clock.now += 10.0  # a tenth of a second for a unit
    with queue.slot(INTERACTIVE, Request("host"), size=100.0) as mine:
        clock.now += 4.0
        crowd.ask("a", INTERACTIVE, size=50.0)
        crowd.ask("b", INTERACTIVE, size=20.0)
        until(lambda: {"a", "b"} <= set(crowd.standings))
        assert crowd.standings["a"] == Standing(0.0, 1, pytest.approx(6.0 + 5.0))
        assert crowd.standings["b"] == Standing(0.0, 2, pytest.approx(6.0 + 5.0 + 2.0))
        mine.give_way(done=0.8)  # quicker than usual: what is left is judged by what is done
        assert mine.standing() == Standing(80.0, 0, pytest.approx(1.0))


def test_the_memory_of_turns_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work_queue, "MAX_VISITORS", 10)
    queue = WorkQueue()
    for n in range(50):
        with queue.slot(INTERACTIVE, Request(f"visitor {n}")):
            pass
    assert len(queue._last_turns) == 10
