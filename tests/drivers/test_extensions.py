"""What a Python program adds: a class of services, a network, measures; what they are called, and how they travel."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

import spreadsim as ss
from spreadsim import rules
from spreadsim.drivers.fingerprint import fingerprint
from spreadsim.telling.folder import read_parquet


class InCompany(ss.Service):
    """Stops only where fewer than two peers have it embedded."""

    def stops(self) -> Any:
        company = sum(peer.state == rules.EMBEDDED for peer, _ in self.peers)
        return super().stops() and company < 2


def late(run: ss.FinishedRun) -> float:
    return float((run.final["first_embedded"] > 3).mean())


def ring(replicate: int) -> nx.Graph:
    graph: nx.Graph = nx.connected_watts_strogatz_graph(20, 4, 0.2, seed=replicate)
    return graph


LATE = ss.Measure("late", unit="share", better="lower", of=late)
QUICK: dict[str, Any] = {"replicates": 3, "frontier": False, "doubt": "none", "workers": 1}


# ------------------------------------------------------------------------------------------------- measures


def test_an_own_measure_stands_in_every_table_and_in_the_receipt(tmp_path: Path) -> None:
    comparison = ss.compare("classroom", measures=[LATE], **QUICK)
    by_hand = [(o.first_month > 3).mean() for o in comparison.outcomes["one-neighbour-is-enough"]]
    assert comparison.values("one-neighbour-is-enough", "late").tolist() == by_hand
    assert "late" in comparison.summary()
    assert ("one-neighbour-is-not-enough - one-neighbour-is-enough", "late") in comparison.differences().index
    folder = comparison.save(tmp_path / "out")
    assert list(read_parquet(folder / "runs.parquet"))[-1] == "late"
    assert "Late" in (folder / "report.html").read_text()
    assert '"measures.late"' in (folder / "provenance.json").read_text()
    without = ss.compare("classroom", **QUICK)
    assert comparison.runs.drop(columns="late").equals(without.runs)


def test_a_frontier_has_own_measures_too() -> None:
    frontier = ss.frontier("classroom", replicates=2, measures=[LATE], workers=1, doubt="none")
    assert frontier.values["late"].shape == (6, 2)
    assert frontier.best("late")[0] is not None
    assert "late" in frontier.table()


def test_an_own_measure_reads_events_curves_and_the_network() -> None:
    def everything(run: ss.FinishedRun) -> float:
        assert run.curves["reach"][-1] == run.measures["reach"]
        assert run.network.n == len(run.final["state"])
        return len(run.events["month"])

    comparison = ss.compare("classroom", measures=[ss.Measure("changes", of=everything)], **QUICK)
    assert comparison.values("one-neighbour-is-enough", "changes").min() >= 12


def test_advice_seeks_an_own_measure() -> None:
    advice = ss.advise(
        "classroom", measure="late", measures=[LATE], months=12, candidates=4, search_replicates=2, replicates=2
    )
    assert advice.sought is LATE
    assert advice.evaluations[0].values["late"].shape == (2,)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ss.Measure("Too Late", of=late), "'Too Late' cannot name a measure"),
        (lambda: ss.Measure("late", better="more", of=late), "'more'"),  # type: ignore[arg-type]
        (lambda: ss.Measure("late", of=3), "3 is not a function"),  # type: ignore[arg-type]
        (lambda: ss.compare("classroom", measures=[ss.Measure("late")]), "measures.late: has no function"),
        (lambda: ss.compare("classroom", measures=[ss.Measure("reach", of=late)]), "reach: the name is taken"),
        (lambda: ss.compare("classroom", measures=[LATE, LATE]), "late: the name is taken"),
        (lambda: ss.compare("classroom", measures=[late]), "is not a measure; give ss.Measure"),  # type: ignore[list-item]
        (lambda: ss.compare("classroom", measures=LATE), "is not a list"),  # type: ignore[arg-type]
        (lambda: ss.compare("classroom", service_class=int), "is not a Service"),  # type: ignore[arg-type]
        (lambda: ss.compare("classroom", network=3), "3 is not a network"),  # type: ignore[arg-type]
        (lambda: ss.compare("classroom", network=lambda r: 1 / r), "failed for replicate 0 (ZeroDivisionError"),
        (lambda: ss.compare("classroom", network=lambda r: nx.cycle_graph(9 + r), **QUICK), "replicate 1 has other"),
        (
            lambda: ss.compare("classroom", measures=[ss.Measure("a", of=lambda run: "x")], **QUICK),
            "measures.a: its function returned 'x'; return one number",
        ),
        (
            lambda: ss.compare("classroom", measures=[ss.Measure("a", of=lambda run: run.fianl)], **QUICK),
            "its function failed under 'one-neighbour-is-enough' (AttributeError",
        ),
    ],
)
def test_what_cannot_be_used_is_told_in_words(make: Any, words: str) -> None:
    with pytest.raises(ss.InputError) as refusal:
        make()
    assert words in str(refusal.value)


def test_what_cannot_be_sent_is_told_before_the_first_run() -> None:
    lock, ran = threading.Lock(), []

    def counted(run: ss.FinishedRun) -> float:
        ran.append(1)
        return float(lock.locked())

    with pytest.raises(ss.InputError, match=r"measures.counted: could not be sent to another process \(TypeError"):
        ss.compare("classroom", measures=[ss.Measure("counted", of=counted)], **QUICK)
    assert not ran


# ------------------------------------------------------------------------------------------------- networks


def test_a_function_of_the_replicate_makes_the_network_of_each() -> None:
    comparison = ss.compare("classroom", network=ring, **QUICK)
    for replicate in range(3):
        network = ss.network_from_graph(ring(replicate), ss.load_scenario("classroom"), replicate)
        alone = ss.compare("classroom", network=network, **QUICK)
        name = "one-neighbour-is-enough"
        assert comparison.values(name, "benefit")[replicate] == alone.values(name, "benefit")[replicate]


def test_a_story_is_told_of_an_own_class_on_an_own_network() -> None:
    story = ss.explain("classroom", "3", network=ring, service_class=InCompany, replicate=1)
    plain = ss.explain("classroom", "3", network=ring(1), replicate=1)
    assert story.end_state == plain.end_state
    assert "InCompany" in story.notes[0]
    assert plain.notes == ()


# ------------------------------------------------------------------------------------------------- travelling


def test_processes_run_an_own_class_as_this_one_does() -> None:
    own: dict[str, Any] = {"service_class": InCompany, "network": ring, "measures": [LATE]}
    one = ss.compare("classroom", **QUICK | own)
    two = ss.compare("classroom", **QUICK | own | {"workers": 2})
    assert one.runs.equals(two.runs)


def test_what_a_worker_cannot_import_is_told_before_the_first_run(tmp_path: Path) -> None:
    (tmp_path / "vanishing.py").write_text("def late(run):\n    return 0.0\n")
    program = """
import os
import spreadsim as ss
if __name__ == "__main__":
    import vanishing
    os.remove("vanishing.py")
    try:
        late = ss.Measure("late", of=vanishing.late)
        ss.compare("classroom", replicates=3, driver="mesa", workers=2, frontier=False, measures=[late])
    except ss.InputError as error:
        print(error)
"""
    (tmp_path / "study.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-B", "study.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert "python: workers: cannot find measure late (ModuleNotFoundError: No module named 'vanishing')" in done.stdout


def test_a_main_file_without_a_guard_is_told_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "study.py").write_text(
        "import spreadsim as ss\nss.compare('classroom', replicates=3, driver='mesa', workers=2, frontier=False)\n"
    )
    done = subprocess.run(
        [sys.executable, "-B", "study.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert (
        "InputError: python: workers: the processes ended as they began; guard the program's main file" in done.stderr
    )


# ------------------------------------------------------------------------------------------------- identity


def _scaled(factor: float) -> Any:
    return lambda x: factor * x


SHIFT = 1.0


def _shifted(x: float) -> float:
    return x + SHIFT


def test_the_identity_follows_source_closure_and_globals(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fingerprint(_scaled(2.0)) == fingerprint(_scaled(2.0))
    assert fingerprint(_scaled(2.0)) != fingerprint(_scaled(3.0))
    before = fingerprint(_shifted)
    monkeypatch.setitem(_shifted.__globals__, "SHIFT", 2.0)
    assert fingerprint(_shifted) != before


def test_the_identity_follows_what_a_class_inherits_and_calls() -> None:
    def made(limit: int) -> type[ss.Service]:
        class Base(ss.Service):
            def stops(self) -> Any:
                return super().stops() and limit > 2

        class Own(Base):
            pass

        return Own

    assert fingerprint(made(3)) == fingerprint(made(3))
    assert fingerprint(made(3)) != fingerprint(made(1))
    assert fingerprint(made(3)) != fingerprint(ss.Service)


def test_the_identity_of_data_is_its_content() -> None:
    one, two = ring(1), ring(1)
    assert fingerprint(one) == fingerprint(two) != fingerprint(ring(2))
    two.nodes[0]["readiness"] = 0.5
    assert fingerprint(one) != fingerprint(two)
    assert fingerprint(np.arange(3)) != fingerprint(np.arange(3.0))
    network = ss.make_network(ss.load_scenario("classroom"))
    before = fingerprint(network)
    assert network.weight_sum.sum() > 0  # what is worked out of it since does not count
    assert fingerprint(network) == before


def test_another_process_finds_the_same_identity(tmp_path: Path) -> None:
    program = """
import networkx as nx
from spreadsim.drivers.fingerprint import fingerprint
import helpers
LIMITS = {"low": [0.1, 0.2], "names": {"b", "a", "c"}}
def of(run, weight=0.5):
    return helpers.mean(run) + weight * LIMITS["low"][0]
print(fingerprint(of), fingerprint(nx.path_graph(5)))
"""
    (tmp_path / "study.py").write_text(program)
    (tmp_path / "helpers.py").write_text("def mean(run):\n    return 0.0\n")
    seen = set()
    for seed in "01":
        done = subprocess.run(
            [sys.executable, "-B", "study.py"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(ss.__file__).parent.parent), "PATH": ""},
        )
        seen.add(done.stdout)
    assert len(seen) == 1


# ------------------------------------------------------------------------------------------------- receipts


def test_a_folder_says_what_it_needs_and_is_made_again_with_it(tmp_path: Path) -> None:
    own: dict[str, Any] = {"service_class": InCompany, "network": ring, "measures": [LATE]}
    folder = ss.compare("classroom", **QUICK | own).save(tmp_path / "out")
    needs = ss.verify(folder).needs
    assert [phrase.split(" ")[0] for phrase in needs] == ["service_class", "network", "measures.late"]
    with pytest.raises(ss.InputError, match=r"InCompany of tests.drivers.test_extensions.*service_class=..., network="):
        ss.reproduce(folder, workers=1)
    with pytest.raises(ss.InputError, match="network: is not what was run"):
        ss.reproduce(folder, workers=1, **own | {"network": ring(0)})
    assert all(ss.reproduce(folder, workers=1, **own).files.values())
    plain = ss.compare("classroom", **QUICK).save(tmp_path / "plain")
    assert ss.verify(plain).needs == ()
    with pytest.raises(ss.InputError, match=r"measures.late: was not there when it was run"):
        ss.reproduce(plain, workers=1, measures=[LATE])
