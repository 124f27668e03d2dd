"""What users of Mesa do with any model: run it in a batch, save it, branch it, and misspell an argument."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Callable
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest

import spreadsim as ss
from spreadsim.outcomes.run import Run
from spreadsim.scenario.files import load_scenario

SCENARIOS = pytest.mark.parametrize("scenario", ["default", "collaborative", "look-before-you-push"])


class Hopeful(ss.Service):
    """A service of one's own, which pickle finds by name."""

    def adoption(self) -> float:
        """Return the chance of adopting, a little higher."""
        return 0.1 + 0.9 * super().adoption()


def same(one: Run, other: Run) -> bool:
    parts = ("events", "final")
    return np.array_equal(one.sums, other.sums) and all(
        np.array_equal(getattr(one, part)[name], getattr(other, part)[name])
        for part in parts
        for name in getattr(one, part)
    )


@SCENARIOS
@pytest.mark.parametrize("branch", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_branch_has_the_same_future(scenario: str, branch: Callable[[Any], Any]) -> None:
    """Saved at month 20 and taken up again: every event, sum and final value is that of the model that went on."""
    small = load_scenario(scenario, ["network.services=120", "run.months=30"])
    model = ss.SpreadModel(small, service_class=Hopeful)
    for _ in range(20):
        model.step()
    other = branch(model)
    assert same(model.run().result(), other.run().result())
    assert other.services[7].cell is other.space[7]
    assert all(peer in other.services for peer, _ in other.services[7].peers)
    mine, its = (one.datacollector.get_model_vars_dataframe() for one in (model, other))
    pd.testing.assert_frame_equal(mine, its)


def test_a_branch_may_take_another_way() -> None:
    """What is changed in the branch does not reach the model it came from."""
    model, straight = (ss.SpreadModel("classroom") for _ in range(2))
    other = copy.deepcopy(model)
    for service in other.services:
        service.readiness = 0.0
    other.run()
    assert same(model.run().result(), straight.run().result())


@pytest.mark.parametrize("processes", [1, 2])
def test_each_iteration_of_a_batch_is_a_replicate(processes: int) -> None:
    rows = mesa.batch_run(
        ss.SpreadModel,
        {"scenario": "classroom", "strategy": ["one-neighbour-is-enough", "one-neighbour-is-not-enough"]},
        iterations=2,
        number_processes=processes,
        display_progress=False,
    )
    rows += mesa.batch_run(ss.SpreadModel, {"scenario": "default"}, iterations=3, max_steps=11, display_progress=False)
    table = pd.DataFrame(rows)
    ends = table[table.scenario == "default"].groupby("iteration")["embedded"].first()
    for replicate in range(3):
        model = ss.SpreadModel("default", replicate=replicate)
        for _ in range(11):  # the row of the last step but one is the last that Mesa hands out
            model.step()
        assert ends[replicate] == model.share_in(3)
    assert ends.nunique() == 3
    assert len(table[table.scenario == "classroom"]) == 2 * 2 * 12


def test_a_replicate_that_is_asked_for_is_that_one() -> None:
    """Outside of a batch it is 0, and what is given prevails inside one."""
    assert ss.SpreadModel("classroom").replicate == 0
    rows = mesa.batch_run(
        ss.SpreadModel, {"scenario": "default", "replicate": [5]}, iterations=2, max_steps=5, display_progress=False
    )
    table = pd.DataFrame(rows)
    assert table.groupby("iteration")["embedded"].first().nunique() == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"replicate": -3}, "python: replicate: -3 is out of bounds; give a whole number from 0 to 4294967295"),
        ({"replicate": "x"}, "python: replicate: 'x' is not a whole number; give one from 0"),
        ({"seed": 1.5}, "python: seed: 1.5 is not a whole number; give one from 0"),
        ({"seed": -1}, "python: seed: -1 is out of bounds; give a whole number from 0 to 9223372036854775807"),
        ({"seed": 1, "rng": 1}, "python: rng: stands beside seed; give one of them: both are the seed"),
        ({"service_class": int}, "python: service_class: <class 'int'> is not a Service; derive from ss.Service"),
    ],
)
def test_a_wrong_argument_is_told_in_words(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ss.InputError) as told:
        ss.SpreadModel("classroom", **arguments)
    assert str(told.value) == message


def test_the_seed_may_be_called_rng_as_in_mesa() -> None:
    """And whole numbers of NumPy are whole numbers."""
    one, other = ss.SpreadModel("classroom", rng=np.int64(3)), ss.SpreadModel("classroom", seed=3)
    assert same(one.run().result(), other.run().result())


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda c: c.values("one-neighbour-is-enough", "benefti"),
            "'benefti' is not a measure; did you mean 'benefit'?",
        ),
        (lambda c: c.values("one-neighbor-is-enough", "reach"), "did you mean 'one-neighbour-is-enough'?"),
        (lambda c: c.plot("deliverd"), "'deliverd' is not a curve; did you mean 'delivered'?"),
        (lambda c: c.adoption("one-neighbour-is-enough", 9), "there is no replicate 9; give a number from 0 to 1"),
    ],
)
def test_a_wrong_name_is_told_in_words(ask: Callable[[ss.Comparison], Any], message: str) -> None:
    comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False, doubt="none")
    with pytest.raises(ss.InputError) as told:
        ask(comparison)
    assert message in str(told.value)


def compare_in_daemon(workers: int | None) -> str:
    """Compare by the Mesa driver; return the reach of the first replicate, or what was told."""
    try:
        comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=workers, frontier=False, doubt="none")
    except ss.InputError as error:
        return str(error)
    return str(comparison.values("one-neighbour-is-enough", "reach")[0])


def test_a_daemon_process_runs_by_itself_or_says_that_it_cannot_start_workers() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(compare_in_daemon, (None,)) == "1.0"
        assert "a daemon process cannot start 2 workers; give workers=1 there" in pool.apply(compare_in_daemon, (2,))
