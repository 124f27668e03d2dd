"""Programmes that respond: when rules apply, for how long, to whom, and what they cost; on both drivers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spreadsim import rules
from spreadsim.drivers import engine
from spreadsim.drivers.mesa_model import SpreadModel, run_with_mesa
from spreadsim.drivers.pathways import Units
from spreadsim.errors import InputError
from spreadsim.measures import SIGNPOSTS
from spreadsim.network.construction import make_network
from spreadsim.outcomes.measures import curves
from spreadsim.outcomes.record import N_SUMS, SUMS
from spreadsim.outcomes.run import Firing, Run
from spreadsim.scenario.plan import Plan, plans
from spreadsim.scenario.validation import validate
from tests.conftest import small_document

DRIVERS = {"compiled": engine.run, "mesa": run_with_mesa}


def responding(*strategy_rules: dict[str, Any], name: str = "organic", **fields: Any) -> tuple[Any, Plan]:
    """Return the network of replicate 0 and the plan of a strategy with rules."""
    document = small_document()
    document["strategies"] = {name: {**document["strategies"][name], **fields, "rules": list(strategy_rules)}}
    scenario = validate(document, "responding")
    return make_network(scenario), plans(scenario)[0]


def held(run: Run, lever: str, unit: int = 0) -> list[float]:
    """Return the values that a lever had in a unit, month by month."""
    assert run.by_unit is not None
    return run.by_unit.levers[unit, :, rules.Levers._fields.index(lever)].tolist()


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_rule_holds_for_its_months_and_looks_again(driver: str) -> None:
    network, plan = responding({"when": "month >= 5", "set": {"mandate": 0.6}, "months": 3})
    run = DRIVERS[driver](network, plan, 1, 0)
    assert run.by_unit is not None
    assert held(run, "mandate")[:12] == [0.0] * 5 + [0.6] * 7
    assert [firing.month for firing in run.by_unit.firings] == list(range(5, 36, 3))
    assert held(run, "months_directed")[5:9] == [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize("driver", DRIVERS)
def test_without_months_it_holds_until_the_programme_stops_as_an_entry_of_the_schedule_would(driver: str) -> None:
    document = small_document()
    by_rule = {"rules": [{"when": "month >= 5", "set": {"mandate": 0.6, "support": 0.9}}]}
    by_schedule = {"schedule": [{"month": 5, "mandate": 0.6, "support": 0.9}]}
    organic = document["strategies"]["organic"]
    document["strategies"] = {"rule": organic | by_rule, "schedule": organic | by_schedule}
    scenario = validate(document, "two")
    network, (rule, schedule) = make_network(scenario), plans(scenario)
    one, other = (DRIVERS[driver](network, plan, 1, 0) for plan in (rule, schedule))
    assert np.array_equal(one.sums, other.sums)
    assert all(np.array_equal(one.final[name], other.final[name]) for name in one.final)
    assert held(one, "mandate") == [0.0] * 5 + [0.6] * 19 + [0.0] * 12
    assert curves(one, network, rule)["cost"].tolist() == curves(other, network, schedule)["cost"].tolist()


def test_a_rule_that_begins_once_the_programme_has_stopped_brings_back_what_it_names() -> None:
    network, plan = responding({"when": "month >= 30", "set": {"mandate": 0.6}})
    assert held(engine.run(network, plan, 1, 0), "mandate") == [0.0] * 30 + [0.6] * 6


def test_the_first_rule_that_holds_applies_and_one_in_force_does_not_begin_again() -> None:
    network, plan = responding(
        {"when": "4 <= month < 8", "set": {"mandate": 0.6}},
        {"when": "month >= 6", "set": {"support": 0.9}, "months": 2},
    )
    run = engine.run(network, plan, 1, 0)
    assert run.by_unit is not None
    assert [(f.month, f.rule) for f in run.by_unit.firings][:3] == [(4, 0), (8, 1), (10, 1)]
    assert held(run, "support")[7:9] == [0.5, 0.9]


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_rule_looks_at_the_record_of_the_month_before(driver: str) -> None:
    network, plan = responding({"when": "reach >= 0.1", "set": {"mandate": 0.6}}, name="blend")
    run = DRIVERS[driver](network, plan, 1, 0)
    first = int(np.argmax(curves(run, network, plan)["reach"] >= 0.1))
    assert 0 < first < 20
    assert run.by_unit is not None
    assert run.by_unit.firings == (Firing(first + 1, 0, ""),)
    assert held(run, "mandate")[first : first + 2] == [0.3, 0.6]


@pytest.mark.parametrize("driver", DRIVERS)
def test_each_group_is_judged_on_its_own_record_and_set_on_its_own(driver: str) -> None:
    rule = {"when": "month >= 3 and reach >= 0.15", "set": {"mandate": 0.6}, "each": "region"}
    network, plan = responding(rule, name="blend")
    run = DRIVERS[driver](network, plan, 1, 0)
    assert run.by_unit is not None
    region = network.hierarchy.group_at(0)
    began = {}
    for group in np.unique(region):
        members = region == group
        reach = [(run.final["first_embedded"][members] >= 0) & (run.final["first_embedded"][members] <= t) for t in
                 range(plan.months)]  # fmt: skip
        months = [t for t in range(3, plan.months) if reach[t - 1].mean() >= 0.15]
        if months:
            began[network.hierarchy.names[group]] = months[0]
    assert {firing.group: firing.month for firing in run.by_unit.firings} == began
    assert len(set(began.values())) > 1, "regions that differ, or the test says nothing"
    for service in range(network.n):
        month = began.get(network.hierarchy.names[region[service]], 99)
        expected = [0.0 if t >= 24 else 0.6 if month <= t else 0.3 for t in range(plan.months)]
        assert [m.mandate for m in run.by_unit.levers_of(service)] == expected


def test_the_sums_of_units_add_up_and_levers_cost_what_they_cost_where_they_hold() -> None:
    rule = {"when": "reported_uptake < 0.4 and month > 2", "set": {"mandate": 0.9, "tests": 1.0}, "each": "team"}
    network, plan = responding(rule)
    run = engine.run(network, plan, 1, 0)
    units = run.by_unit
    assert units is not None
    assert len(units.sums) == 12
    np.testing.assert_allclose(units.sums.sum(axis=0), run.sums)
    expected = np.zeros(plan.months + 1)
    for unit, size in enumerate(units.sizes.tolist()):
        for t in range(plan.months):
            m = rules.Levers(*units.levers[unit, t].tolist())
            s = dict(zip(SUMS, units.sums[unit, t].tolist(), strict=True))
            holding = s["n_embedded"] + s["n_in_name_only"]
            expected[t] += rules.monthly_cost(
                plan.cost, m, size, s["n_implementing"], s["supported"], holding, s["leaders"], s["n_preparing"],
                s["n_members"], s["n_embedded"],
            ) / network.n  # fmt: skip
    np.testing.assert_allclose(curves(run, network, plan)["cost"], expected)


@pytest.mark.parametrize("each", [None, "region", "team"])
@pytest.mark.parametrize("name", ["top-down", "organic", "blend"])
def test_a_rule_that_never_applies_changes_nothing(name: str, each: str | None) -> None:
    """Support is one team's whoever is judged; sums over units may differ from those over all in their last bits."""
    rule = {"when": "month < 0", "set": {"mandate": 1.0}} | ({} if each is None else {"each": each})
    network, plan = responding(rule, name=name)
    run, plain = engine.run(network, plan, 1, 0), engine.run(network, replace(plan, triggers=()), 1, 0)
    assert run.by_unit is not None
    assert run.by_unit.firings == ()
    assert all(np.array_equal(run.events[k], plain.events[k]) for k in plain.events)
    np.testing.assert_allclose(run.sums, plain.sums, rtol=1e-12, atol=1e-12)
    assert each is not None or np.array_equal(run.sums, plain.sums)


def test_an_undefined_measure_neither_holds_nor_fails() -> None:
    """Nobody has it at the start: there is no fidelity to be low, nor to be not low."""
    network, plan = responding(
        {"when": "fidelity < 0.5", "set": {"mandate": 0.6}},
        {"when": "not fidelity < 0.5", "set": {"mandate": 0.7}},
        {"when": "not fidelity < 0.5 or month == 3", "set": {"mandate": 0.8}},
        starting_sites={"share": 0.0},
    )
    units = Units(network, plan)
    sums = np.zeros((1, 1, N_SUMS))
    seen = []
    for _ in range(4):
        seen.append(units.look(sums)[0].mandate)
        sums = np.concatenate([sums, np.zeros((1, 1, N_SUMS))], axis=1)
    assert seen == [0.0, 0.0, 0.8, 0.8]


def test_every_signpost_is_what_the_curves_say() -> None:
    """A rule on a measure begins in the month after the curve first says so, whatever the measure."""
    for name in SIGNPOSTS:
        network, plan = responding({"when": f"{name} > 0", "set": {"hub": 0.0}})
        run = engine.run(network, plan, 1, 0)
        assert run.by_unit is not None
        says = np.flatnonzero(curves(run, network, plan)[name][:-1] > 0.0)
        months = [firing.month for firing in run.by_unit.firings]
        assert months == [month + 1 for month in says.tolist()[:1] if month + 1 < plan.months], name


def test_a_level_that_the_network_does_not_have_is_refused() -> None:
    network, plan = responding({"when": "month > 3", "set": {"mandate": 1.0}})
    bad = replace(plan, triggers=(replace(plan.triggers[0], each="regon"),))
    with pytest.raises(InputError, match=r"strategies.organic.rules.0.each: there is no level 'regon'; did you mean"):
        engine.run(network, bad, 1, 0)


def test_the_mesa_model_shows_the_levers_of_each_service() -> None:
    rule = {"when": "month >= 3 and reach >= 0.15", "set": {"mandate": 0.6}, "each": "region"}
    network, plan = responding(rule, name="blend")
    model = SpreadModel(network=network, resolved=plan, seed=1)
    while len(set(model.levers)) == 1:
        model.step()
    assert {service.m.mandate for service in model.services} == {0.3, 0.6}
    assert len({service.m.mandate for service in model.services if service.group == model.services[0].group}) == 1
