"""Shared results: the same question is computed once, whoever asks, and goes on for as long as anybody waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("solara", reason="the app's packages are not installed")

from spreadsim.app import runs
from spreadsim.app.documents import shipped_scenario, with_value
from spreadsim.app.screens.compare import comparison_stages
from spreadsim.app.server import shared_results, uploads
from spreadsim.app.server.shared_results import SharedResults
from spreadsim.app.server.work_queue import Request, Standing, WorkCancelled

N_PEOPLE = 40


@pytest.fixture
def results() -> SharedResults:
    """Nothing kept yet."""
    return SharedResults(10_000_000)


@pytest.fixture
def people() -> Iterator[ThreadPoolExecutor]:
    """People who ask at the same time."""
    with ThreadPoolExecutor(N_PEOPLE) as pool:
        yield pool


def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_forty_people_cost_one_computation(results: SharedResults, people: ThreadPoolExecutor) -> None:
    go_on = threading.Event()

    def compute(request: Request) -> bytes:
        request.report(Standing(percent=30.0))
        go_on.wait(10)
        return b"the answer"

    reports: list[Standing] = []
    futures = [people.submit(results.result, "key", compute, Request(report=reports.append)) for _ in range(N_PEOPLE)]
    until(lambda: results.n_waiting("key") == N_PEOPLE)
    until(lambda: Standing(percent=30.0) in reports)
    go_on.set()
    answers = [future.result(10) for future in futures]
    assert len({id(answer) for answer in answers}) == 1
    assert results.n_computed == 1
    assert results.result("key", compute) is answers[0]  # kept
    assert results.n_computed == 1


def test_stages_reach_those_who_come_late_too(results: SharedResults, people: ThreadPoolExecutor) -> None:
    go_on = threading.Event()

    def compute(request: Request) -> Iterator[str]:
        yield "bands"
        go_on.wait(10)
        yield "details"

    early = results.stages("key", compute)
    assert next(early) == "bands"
    late = people.submit(lambda: list(results.stages("key", compute)))
    until(lambda: results.n_waiting("key") == 2)
    go_on.set()
    assert list(early) == ["details"]
    assert late.result(10) == ["bands", "details"]
    assert list(results.stages("key", compute)) == ["details"]


def test_nobody_takes_a_result_from_others(results: SharedResults, people: ThreadPoolExecutor) -> None:
    go_on, stopped = threading.Event(), threading.Event()

    def compute(request: Request) -> str:
        while not go_on.wait(0.005):
            if not request.is_wanted():
                raise WorkCancelled
        return "the answer"

    first = people.submit(results.result, "key", compute, Request(is_wanted=lambda: not stopped.is_set()))
    until(lambda: results.n_waiting("key") == 1)
    second = people.submit(results.result, "key", compute)
    until(lambda: results.n_waiting("key") == 2)
    stopped.set()  # by the one who began it
    assert isinstance(first.exception(10), WorkCancelled)
    assert not second.done()
    go_on.set()
    assert second.result(10) == "the answer"
    assert results.n_computed == 1


def test_work_that_nobody_waits_for_stops_and_can_be_asked_for_again(
    results: SharedResults, people: ThreadPoolExecutor
) -> None:
    stopped, ended = threading.Event(), threading.Event()

    def endless(request: Request) -> str:
        while request.is_wanted():
            time.sleep(0.005)
        ended.set()
        raise WorkCancelled

    future = people.submit(results.result, "key", endless, Request(is_wanted=lambda: not stopped.is_set()))
    until(lambda: results.n_waiting("key") == 1)
    stopped.set()
    assert ended.wait(10)
    assert isinstance(future.exception(10), WorkCancelled)
    assert results.result("key", lambda request: "again") == "again"


def test_an_error_reaches_all_who_wait_and_is_not_kept(results: SharedResults, people: ThreadPoolExecutor) -> None:
    go_on = threading.Event()

    def compute(request: Request) -> str:
        go_on.wait(10)
        raise runs.TooLarge("Ask for less.")

    futures: list[Future[str]] = [people.submit(results.result, "key", compute) for _ in range(5)]
    until(lambda: results.n_waiting("key") == 5)
    go_on.set()
    assert [str(future.exception(10)) for future in futures] == ["Ask for less."] * 5
    assert results.result("key", lambda request: "now it works") == "now it works"


def test_what_is_kept_is_bounded_in_bytes(results: SharedResults) -> None:
    for n in range(50):
        results.result(n, lambda request: bytes(1_000_000))
        assert results.n_bytes <= 10_000_000
    assert results.n_computed == 50
    results.result(49, lambda request: bytes(1))
    assert results.n_computed == 50  # the latest is kept
    results.result(0, lambda request: bytes(1))
    assert results.n_computed == 51  # the oldest is not
    large = len(results.result("large", lambda request: bytes(10_000_000 // shared_results.SHARE_OF_ONE + 1)))
    assert large > 2_000_000
    assert results.n_bytes <= 10_000_000
    results.result("large", lambda request: bytes(1))
    assert results.n_computed == 53  # one that would push out many others is not kept


def test_a_computation_holds_on_to_no_session(results: SharedResults) -> None:
    assert results.result("key", lambda request: threading.current_thread().current_context) is None  # type: ignore[attr-defined]


def test_the_same_inputs_are_the_same_question_whoever_asks() -> None:
    scenario = with_value(shipped_scenario("default"), "run.replicates", 5)
    assert runs.identity(scenario) == runs.identity(with_value(shipped_scenario("default"), "run.replicates", 5))
    assert runs.identity(scenario) != runs.identity(shipped_scenario("default"))
    files = {"services.csv": b"id\na\nb\nc\n", "ties.csv": b"source,target\na,b\nb,c\n"}
    one, same = (uploads.receive(scenario, files).scenario for _ in range(2))
    other = uploads.receive(scenario, {**files, "ties.csv": b"source,target\na,b\n"}).scenario
    assert one is not None
    assert same is not None
    assert other is not None
    assert one.folder != same.folder
    assert runs.identity(one) == runs.identity(same)
    assert runs.network_identity(one) == runs.network_identity(same)
    assert runs.identity(one) != runs.identity(other)
    assert runs.network_identity(one) != runs.network_identity(other)


def test_a_shared_comparison_is_each_session_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = with_value(with_value(shipped_scenario("default"), "run.replicates", 2), "run.months", 6)
    files = {"services.csv": b"id\n" + b"".join(b"s%d\n" % n for n in range(20))}
    own: list[Any] = [uploads.receive(scenario, files).scenario for _ in range(2)]
    n_before = shared_results.shared_results.n_computed
    stages = [list(comparison_stages(one, runs.base_network(one), {}))[-1] for one in own]
    assert shared_results.shared_results.n_computed == n_before + 1
    assert stages[0].number == stages[1].number
    for one, stage in zip(own, stages, strict=True):
        assert stage.comparison.scenario == one
        folder: Path | None = stage.comparison.scenario.folder
        assert folder == one.folder  # nothing of the other's upload
