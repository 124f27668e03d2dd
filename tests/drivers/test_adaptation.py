"""Adaptation at a price: damage to the core, tests, co-production with patients, two good forms, a wrong core."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spreadsim import draws, rules
from spreadsim.drivers import engine
from spreadsim.drivers.mesa_model import run_with_mesa
from spreadsim.errors import InputErrors
from tests.addresses import SEED, N, u_component
from tests.verification.limiting_cases import document, like_components, network_without_ties, only_plan, scenario_of

RUNS = {"compiled": engine.run, "mesa": run_with_mesa}
DRIVERS = pytest.mark.parametrize("driver", list(RUNS))
RATE = 0.15  # of adjustment, at capability and tendency one half


def adapting(services: int = N, months: int = 30, **adaptation: Any) -> dict[str, Any]:
    """Return a document in which all read the specification in month 0, embed it at once, and may then adapt fully."""
    doc = document(services=services, months=months, behaviour={"adaptation": adaptation})
    doc["behaviour"]["awareness"]["start"] = "aware"
    doc["behaviour"]["adoption"]["external_influence"] = 1.0
    doc["run"]["seed"] = SEED
    return doc


def run_of(driver: str, doc: dict[str, Any], **attributes: float) -> Any:
    """Return one run of a document's only strategy on services without ties, alike but for the attributes given."""
    values = {name: np.full(doc["network"]["services"], value) for name, value in attributes.items()}
    return RUNS[driver](network_without_ties(doc, **values), only_plan(doc), SEED, 0)


def path(months: int, context: float) -> np.ndarray:
    """Return the form in months 1 (as it was read) to `months` of a service that may close the whole gap."""
    return np.array([context * (1 - (1 - RATE) ** t) for t in range(months)])


def test_what_is_left_of_the_core_is_the_product_over_the_way(known_answer: Any) -> None:
    """C = product of 1 - lam e_t, near exp(-lam eta2 (1 - mu) z^2): the way counts, and hardly its speed."""
    n, months, context, eta = 1500, 30, 1.9, 0.4
    run = run_of("mesa", adapting(n, months, core_damage_rate=eta), context=context)
    forms = path(months, context)
    chances = eta * np.diff(forms**2) * 0.5
    expected = float(np.prod(1 - 0.5 * chances))
    assert run.final["form"] == pytest.approx(forms[-1], abs=1e-12)
    assert expected == pytest.approx(np.exp(-0.5 * eta * 0.5 * forms[-1] ** 2), abs=0.02)
    got = float(np.mean(run.final["core"]))
    error = (got - expected) / (np.std(run.final["core"]) / np.sqrt(n))
    assert known_answer("core left when the form has moved", expected, got, error, abs(error) < 4, 4)
    assert np.array_equal(run.final["damaged"], run.final["core"] < 1.0)


def candidates(u: np.ndarray, chance: float) -> np.ndarray:
    """Return which functions of each service are candidates: each number that is used finds the next from its place."""
    found = np.zeros(u.shape, dtype=bool)
    for service, numbers in enumerate(u):
        at = 0
        while at < len(numbers):
            ways = 1 - (1 - chance) ** np.arange(1, len(numbers) - at + 1)
            at += int(np.searchsorted(ways, numbers[at], side="right"))
            if at < len(numbers):
                found[service, at] = True
            at += 1
    return found


@DRIVERS
def test_damage_is_decided_for_each_function_at_its_address(driver: str) -> None:
    """Believed core: less where the mechanism is clear; believed adaptable but truly core: unguarded; others: never."""
    doc = adapting(months=2, core_damage_rate=2.0)
    doc["intervention"]["components"] = like_components(4, 2)
    doc["intervention"]["components"]["c01"]["truly_core"] = False
    doc["intervention"]["components"]["c02"]["truly_core"] = True
    run = run_of(driver, doc, context=2.0)
    damage = 2.0 * (RATE * 2.0) ** 2
    chance = damage * np.array([0.5, 0.5, 1.0, 0.0])
    candidate = candidates(u_component(1, draws.CORE_DAMAGE_CANDIDATE, 4), damage)
    hurt = candidate & (u_component(1, draws.CORE_DAMAGE, 4) * damage < chance)
    assert 0 < hurt[:, 2].sum() < N
    assert np.array_equal(run.final["fidelity"], np.where(hurt, 0.5, 1.0))
    assert np.array_equal(run.final["damaged"], hurt.any(axis=1))


@DRIVERS
def test_tests_leave_a_power_of_the_misreading(driver: str) -> None:
    doc = adapting(months=20, learning_rate=0.2)
    doc["programme"]["tests"] = 0.5
    doc["programme"]["stop_month"] = 4  # the habit lasts
    run = run_of(driver, doc)
    assert run.final["misreading"] == pytest.approx((1 - 0.2 * 0.5) ** 19, rel=1e-14)


@DRIVERS
def test_newcomers_misread_afresh(driver: str) -> None:
    doc = adapting(months=20, learning_rate=0.2)
    doc["programme"]["tests"] = 1.0
    doc["behaviour"]["turnover"] = {"rate": 1.0}
    assert set(run_of(driver, doc).final["misreading"]) == {1.0}


@DRIVERS
@pytest.mark.parametrize(("second", "form", "fit"), [(-1.0, 1.0, 0.9), (1.0, 2.0, 1.0)])
def test_services_go_to_the_form_that_is_better_from_where_they_are(
    driver: str, second: float, form: float, fit: float
) -> None:
    """Context 2 with a second form at 1 or 3 of fit .9, from 0: it ends at 1 and at 2."""
    doc = adapting(services=3, months=300, second_form_fit=0.9)
    run = run_of(driver, doc, context=2.0, second_form=second)
    assert run.final["form"] == pytest.approx(form, abs=1e-12)
    assert run.sums[-1, 3] / 3 == pytest.approx(fit, abs=1e-12)


@DRIVERS
def test_co_production_counts_from_the_start_of_a_spell(driver: str) -> None:
    doc = adapting(months=3, co_production_licence=0.5)
    doc["programme"] |= {"co_production": 0.9, "co_production_patients": 0.4, "stop_month": 1}
    doc["programme"]["starting_sites"]["share"] = 0.2
    run = run_of(driver, doc)
    is_site = np.arange(N) < N // 5
    assert run.final["co_produced"] == pytest.approx(np.where(is_site, 1.0, 0.4), abs=0)
    assert run.final["misreading"] == pytest.approx(np.where(is_site, 0.5, 0.8), abs=1e-15)


@DRIVERS
def test_what_was_co_produced_is_licensed(driver: str) -> None:
    """Nothing may be changed but what patients helped to shape: half of the gap is closed."""
    doc = adapting(months=300, co_production_licence=0.5)
    doc["programme"] |= {"co_production_patients": 1.0, "latitude_after": 0.0}
    doc["strategies"]["only"]["latitude"] = 0.0
    run = run_of(driver, doc, context=2.0)
    assert run.final["form"] == pytest.approx(1.0, abs=1e-12)


def test_co_production_is_with_patients_too_unless_told_otherwise() -> None:
    doc = document(months=6, programme={"co_production": 0.6, "stop_month": 3})
    levers = only_plan(doc).levers
    assert [m.co_production_patients for m in levers] == [m.co_production for m in levers] == [0.6] * 3 + [0.0] * 3
    doc["strategies"]["only"]["schedule"] = [
        {"month": 1, "co_production": 0.2},
        {"month": 2, "co_production_patients": 0.9},
        {"month": 4, "co_production": 0.5},
    ]
    assert [m.co_production for m in only_plan(doc).levers] == [0.6, 0.2, 0.2, 0.0, 0.5, 0.5]
    assert [m.co_production_patients for m in only_plan(doc).levers][:3] == [0.6, 0.2, 0.9]
    doc["programme"]["co_production_patients"] = 0.1
    assert only_plan(doc).levers[0].co_production_patients == 0.1


def test_the_effect_follows_what_is_truly_core() -> None:
    """One of four functions is core and not known to be: without it, three quarters of the effect are left."""
    doc = document(components=like_components(4, 3))
    doc["intervention"] |= {"core_exponent": 1}
    doc["intervention"]["components"]["c03"]["truly_core"] = True
    p = only_plan(doc)
    fidelity = [1.0, 1.0, 1.0, 0.0]
    parts = rules.parts_that_work(p.intervention, fidelity, 1.0, 0.0)
    assert rules.effect(p.behaviour, p.intervention, *parts[:2], 0.0, 0.0, 0.0, parts[2], 0.0) == 0.75


def test_what_is_held_as_core_stays_in_the_published_form() -> None:
    """One of four functions is adaptable and not known to be: at a distance of one it works by half."""
    doc = document(components=like_components(4, 4))
    doc["intervention"]["components"]["c03"]["truly_core"] = False
    p = only_plan(doc)
    parts = rules.parts_that_work(p.intervention, [1.0] * 4, 1.0, 0.0)
    assert parts == (1.0, 0.0, 1.0)
    effect = rules.effect(p.behaviour, p.intervention, *parts[:2], 1.0, 1.0, 0.0, parts[2], 0.0)
    assert effect == pytest.approx(0.75 + 0.25 * 0.5)


def test_components_of_one_function_are_truly_core_together() -> None:
    doc = document(components=like_components(2, 2, function="one"))
    doc["intervention"]["components"]["c01"]["truly_core"] = False
    with pytest.raises(InputErrors, match="truly_core"):
        scenario_of(doc)


def test_damage_is_told_of_the_present_spell_alone() -> None:
    """A service that stopped and takes a version on again begins undamaged, whatever its first spell did."""
    doc = adapting(services=60, months=1, core_damage_rate=5.0)
    doc["behaviour"]["sustainment"] |= {"discontinuation_rate": 0.3}
    doc["behaviour"]["adoption"]["readoption_ratio"] = 1.0
    was = np.zeros(60, dtype=bool)
    n_again = 0
    for months in range(1, 20):
        doc["run"]["months"] = months
        run = run_of("compiled", doc, context=2.0)
        e = run.events
        begins = e["service"][(e["month"] == months) & (e["source_kind"] != rules.NO_SOURCE)]
        assert not run.final["damaged"][begins].any()
        n_again += int(np.sum(was[begins]))
        was = run.final["damaged"]
    assert n_again > 0
