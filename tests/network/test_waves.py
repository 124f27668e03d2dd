"""Waves of the instruction: off they change nothing; on they delay groups in the order given, in both drivers."""

from __future__ import annotations

import numpy as np
import pytest

from spreadsim import rules
from spreadsim.drivers.running import run_plan
from spreadsim.errors import InputError
from spreadsim.network.construction import make_network
from spreadsim.network.waves import wave_months
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import plan

SMALL = (
    "network.services=60",
    'network.hierarchy=[{level="region", names=["North","South","West"]}, {level="system", count=6}]',
    "run.months=24",
)


def first_instructed(settings: tuple[str, ...]) -> tuple[list[float], object]:
    scenario = load_scenario("default", (*SMALL, *settings))
    network = make_network(scenario)
    run = run_plan(network, plan(scenario, "top-down"), 1, 0, "compiled")
    told = run.events["route"] == rules.MANDATED
    region = network.hierarchy.group_at(0)[run.events["service"]]
    groups = np.flatnonzero(network.hierarchy.level_of == 0)
    return [float(run.events["month"][told & (region == g)].min()) for g in groups], run


def test_without_months_between_the_order_changes_nothing() -> None:
    _, plain = first_instructed(())
    _, ordered = first_instructed(('programme.waves.order=["West"]',))
    for name, values in plain.events.items():
        np.testing.assert_array_equal(values, ordered.events[name])


def test_the_instruction_comes_in_the_order_given() -> None:
    months, _ = first_instructed(("programme.waves.months_between=4", 'programme.waves.order=["West"]'))
    north, south, west = months
    assert west < north < south
    assert north >= 4 + west - 2
    assert south >= 8


def test_both_drivers_agree_on_waves() -> None:
    scenario = load_scenario("default", (*SMALL, "programme.waves.months_between=5"))
    network = make_network(scenario)
    one = run_plan(network, plan(scenario, "blend"), 1, 3, "compiled")
    other = run_plan(network, plan(scenario, "blend"), 1, 3, "mesa")
    np.testing.assert_array_equal(one.sums, other.sums)


def test_waves_name_the_fault() -> None:
    scenario = load_scenario("default", (*SMALL, "programme.waves.months_between=5"))
    tree = make_network(scenario).hierarchy
    programme = scenario.programme
    changed = {"order": ["Nort"]}, {"order": ["North", "North"]}, {"level": "regoin"}
    for change, words in zip(changed, ("did you mean 'North'", "named twice", "did you mean 'region'"), strict=True):
        waves = programme.waves.model_copy(update=change)
        with pytest.raises(InputError, match=words):
            wave_months(tree, programme.model_copy(update={"waves": waves}))
