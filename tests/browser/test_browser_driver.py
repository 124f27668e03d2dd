"""Three drivers, one answer: the browser driver agrees with the other two bit for bit, every variable, every month."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spreadsim as ss
from spreadsim import draws
from spreadsim.browser import translation
from spreadsim.browser.data import page_data, refuse_unfollowed
from spreadsim.browser.module import driver_source
from spreadsim.browser.translation import TranslationError, Translator
from spreadsim.drivers import engine
from spreadsim.drivers.mesa_model import SpreadModel, run_with_mesa
from spreadsim.errors import InputError
from spreadsim.network.construction import make_network, make_networks
from spreadsim.network.graph import network_from_graph
from spreadsim.scenario.plan import Plan, plans
from spreadsim.scenario.validation import validate
from tests.browser.javascript import ANSWER, SOURCE, BrowserDriver, javascript, until
from tests.conftest import small_document
from tests.drivers.test_drivers import differences
from tests.random_scenarios import scenarios


@pytest.fixture(scope="module")
def driver() -> Iterator[BrowserDriver]:
    with javascript(SOURCE) as ask:
        yield BrowserDriver(ask)


def without_rules(scenario: Any) -> Plan:
    """Return the plan of a scenario of one strategy without its rules, which are not run in a browser."""
    (plan,) = plans(scenario)
    return replace(plan, triggers=())


@settings(max_examples=150)
@given(scenario=scenarios())
def test_three_drivers_agree_on_any_scenario(driver: BrowserDriver, scenario: Any) -> None:
    network, plan = make_network(scenario), without_rules(scenario)
    seed = scenario.run.seed
    run = driver.run(network, plan, seed, 3)
    assert differences(run, engine.run(network, plan, seed, 3)) == []
    assert differences(run, run_with_mesa(network, plan, seed, 3)) == []


@settings(max_examples=30)
@given(scenario=scenarios(), seed=st.integers(0, 2**20))
def test_three_drivers_agree_where_ties_run_one_way(driver: BrowserDriver, scenario: Any, seed: int) -> None:
    n = scenario.network.services
    graph = nx.gnm_random_graph(n, 2 * n, seed=seed, directed=True)
    network, plan = network_from_graph(graph, scenario), without_rules(scenario)
    assert differences(driver.run(network, plan, seed, 1), engine.run(network, plan, seed, 1)) == []


@settings(max_examples=15)
@given(scenario=scenarios())
def test_they_agree_every_month(driver: BrowserDriver, scenario: Any) -> None:
    network, plan = make_network(scenario), without_rules(scenario)
    model = SpreadModel(network=network, resolved=plan, seed=scenario.run.seed, replicate=0)
    for month in range(1, plan.months + 1):
        model.step()
        held = model.arrays()
        stopped = driver.run(network, until(plan, month), scenario.run.seed, 0)
        assert [k for k in stopped.final if not np.array_equal(stopped.final[k], held[k])] == [], f"month {month}"


@pytest.mark.parametrize("name", ["default", "collaborative", "test-and-revise", "wrong-core", "turnover"])
def test_shipped_scenarios_agree_for_all_strategies(driver: BrowserDriver, name: str) -> None:
    scenario = ss.load_scenario(name, ["run.months=30"])
    network = make_network(scenario, 1)
    for plan in plans(scenario):
        seed = scenario.run.seed
        assert differences(driver.run(network, plan, seed, 1), engine.run(network, plan, seed, 1)) == [], plan.name


HASHES = """
function answer(request) {
  const {seed, addresses} = JSON.parse(request);
  return JSON.stringify(addresses.map(([replicate, month, purpose, word]) =>
    draws_uniform_at(draws_prefix(seed, replicate, month, purpose), word)));
}
"""


@settings(max_examples=50)
@given(
    seed=st.integers(0, 2**64 - 1),
    addresses=st.lists(
        st.tuples(st.integers(0, 2**53 - 1), st.integers(0, 1200), st.integers(0, 255), st.integers(0, 2**53 - 1)),
        min_size=50,
        max_size=50,
    ),
)
def test_draws_are_the_same_numbers_at_any_address(
    hashes: Any, seed: int, addresses: list[tuple[int, int, int, int]]
) -> None:
    words = {"high": seed >> 32, "low": seed & 0xFFFFFFFF}
    answer = json.loads(hashes(json.dumps({"seed": words, "addresses": addresses})))
    assert answer == [draws.uniform(seed, *address) for address in addresses]


@pytest.fixture(scope="module")
def hashes() -> Iterator[Any]:
    with javascript(driver_source() + HASHES) as ask:
        yield ask


FAULTS = {  # in JavaScript: text that stands once, and what stands there instead
    "a constant of the hash": ("Math.imul(b, 0x133111eb)", "Math.imul(b, 0x133111ea)"),
    "a shift of the hash": ("(low >>> 30)", "(low >>> 29)"),
    "a carry of the hash": ("sum > 4294967295 ? 1 : 0", "0"),
    "the upper bits of a draw alone": ("2097152 + (mixed.low >>> 11)", "1048576 + (mixed.low >>> 11)"),
    "min takes the larger": ("return b < a ? b : a;", "return b > a ? b : a;"),
    "weights without homophily": ("strength / (1.0 + gap * gap)", "strength"),
    "decimals read as others": ("number / one.scale", "number * (1 / one.scale)"),
    "starting sites of another replicate": ("[fields.first_site[run], ", "[0, "),
}
ILL_TRANSLATED = {ast.Lt: "<=", ast.Sub: "+", ast.Or: "&&", ast.Gt: ">=", ast.Div: "*"}


def is_caught(source: str) -> bool:
    """Return whether a run by JavaScript with a fault fails or differs from that of the compiled driver."""
    scenario = validate(small_document(run={"months": 24}), "small")
    networks = make_networks(scenario, [0, 1])
    with javascript(source) as ask:
        driver = BrowserDriver(ask)
        for plan in plans(scenario):
            try:
                run = driver.run_in(networks, plan, scenario.run.seed, [0, 1], 1)
            except AssertionError:
                return True
            if differences(run, engine.run(networks[1], plan, scenario.run.seed, 1)):
                return True
    return False


def test_nothing_is_caught_where_there_is_no_fault() -> None:
    assert not is_caught(SOURCE)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_driver_is_caught(fault: str) -> None:
    right, wrong = FAULTS[fault]
    assert SOURCE.count(right) == 1
    assert is_caught(SOURCE.replace(right, wrong))


@pytest.mark.parametrize("operator", ILL_TRANSLATED, ids=lambda operator: operator.__name__)
def test_a_fault_in_the_translation_is_caught(operator: type[ast.AST], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(translation.OPERATORS, operator, ILL_TRANSLATED[operator])
    assert is_caught(driver_source.__wrapped__() + ANSWER)


REFUSED = {
    "x ** 2.0": "the operator Pow",
    "x // 2.0": "the operator FloorDiv",
    "x if 0.0 < x < 1.0 else 0.0": "'0.0 < x < 1.0'",
    "math.exp(x)": "a call of 'math.exp'",
    "x[-1]": "the place [-1]",
    "sum(x)": "the name 'sum'",
    "[y for y in x]": "'[y for y in x]'",
    "float('inf') * x": "'inf'",
}


@pytest.mark.parametrize("expression", REFUSED)
def test_what_it_cannot_follow_is_refused_by_name(
    expression: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_rules.py").write_text(f"import math\n\n\ndef rule(x):\n    return {expression}\n", "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("own_rules", None)
    with pytest.raises(TranslationError, match=re.escape(REFUSED[expression])) as refusal:
        Translator().name_of("own_rules", "rule")
    assert str(refusal.value).startswith("own_rules.py, line 5: ")


def test_a_plan_with_something_new_is_refused_by_name() -> None:
    @dataclass(frozen=True)
    class Responding(Plan):
        responses: tuple[str, ...] = ()

    plan = plans(ss.load_scenario("classroom"))[0]
    new = Responding(**{f.name: getattr(plan, f.name) for f in fields(plan)}, responses=("when it stalls",))
    with pytest.raises(InputError, match="responses: not run in a browser"):
        refuse_unfollowed(new)
    refuse_unfollowed(replace(new, responses=()))


def test_a_number_that_a_page_cannot_carry_is_refused_by_name() -> None:
    scenario = ss.load_scenario("classroom")
    plan = plans(scenario)[0]
    endless = replace(plan, cost=plan.cost._replace(team_month=float("inf")))
    with pytest.raises(InputError, match="team_month"):
        page_data([endless], [make_network(scenario)], 1, [0])
