"""Pay, its withdrawal, and a push from outside that varies: closed forms, and what changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spreadsim import draws, rules
from spreadsim.drivers import engine
from spreadsim.drivers.mesa_model import run_with_mesa
from spreadsim.errors import InputErrors
from spreadsim.scenario.validation import validate
from tests.addresses import SEED, N, u
from tests.verification.limiting_cases import document, network_without_ties, only_plan

RUNS = {"compiled": engine.run, "mesa": run_with_mesa}
DRIVERS = pytest.mark.parametrize("driver", list(RUNS))
FOREVER = {"incentive_start_month": 0, "incentive_stop_month": 1200}


def run_of(driver: str, doc: dict[str, Any]) -> Any:
    """Return one run of a document's only strategy on services without ties."""
    doc["run"]["seed"] = SEED
    return RUNS[driver](network_without_ties(doc), only_plan(doc), SEED, 0)


def test_services_get_used_to_pay_and_lose_it_by_a_twelfth_a_month() -> None:
    programme = {"incentive": 0.8, "incentive_start_month": 2, "incentive_stop_month": 14}
    levers = only_plan(document(months=40, programme=programme)).levers
    assert [m.incentive for m in levers] == [0.0, 0.0, *[0.8] * 12, *[0.0] * 26]
    usual = 0.8 * (1 - (11 / 12) ** 12)
    expected = [0.0] * 14 + [usual * (11 / 12) ** j for j in range(26)]
    assert [m.incentive_lost for m in levers] == pytest.approx(expected, abs=1e-15)


def test_a_raise_is_no_loss() -> None:
    doc = document(months=30, programme={**FOREVER, "incentive": 0.4})
    doc["strategies"]["only"]["schedule"] = [{"month": 10, "incentive": 0.9}, {"month": 20, "incentive": 0.7}]
    levers = only_plan(doc).levers
    assert all(m.incentive_lost == 0.0 for m in levers[:20])
    assert levers[29].incentive_lost == pytest.approx(0.0, abs=1e-15)


def test_what_is_kept_after_a_withdrawal_is_the_product_of_the_months(known_answer: Any) -> None:
    """Everything embedded and paid for ten years, then not: kept after j months is the product of 1 - w (11/12)^i."""
    n, stop, w = 20_000, 120, 0.03
    doc = document(
        services=n,
        months=stop + 36,
        starting_share=1.0,
        programme={**FOREVER, "incentive": 1.0, "incentive_stop_month": stop},
        behaviour={"sustainment": {"incentive_withdrawal_rate": w}},
    )
    run = run_of("compiled", doc)
    stopped = run.events["month"][run.events["to_state"] == rules.DISCONTINUED]
    assert stopped.min() > stop
    habit = 1 - (11 / 12) ** stop
    for j in (12, 36):
        expected = np.prod([1 - w * habit * (11 / 12) ** i for i in range(j)])
        error = np.sqrt(expected * (1 - expected) / n)
        assert expected == pytest.approx({12: 0.7899, 36: 0.7067}[j], abs=2e-4)
        kept = float(np.mean(stopped <= stop + j) * len(stopped) / n)
        got = (1 - kept - expected) / error
        assert known_answer(f"pay withdrawn: kept after {j} months", expected, 1 - kept, got, abs(got) < 4, 4)


@DRIVERS
def test_pay_reaches_services_that_no_instruction_has_reached(driver: str) -> None:
    """Paid .6, told nothing: each month a share .36 of m_max engages or, where it does not, holds it in name only."""
    doc = document(services=N, months=2, programme={**FOREVER, "incentive": 0.6, "starting_sites": {"share": 0.0}})
    doc["behaviour"]["awareness"]["start"] = "aware"
    doc["behaviour"]["engagement"]["gate"] = True
    run = run_of(driver, doc)
    in_month = run.events["month"] == 1
    takes = u(0, draws.MANDATE) < 0.6 * 0.6
    assert run.events["service"][in_month].tolist() == np.flatnonzero(takes).tolist()
    engages = u(0, draws.ENGAGE)[takes] < 0.5  # readiness and complexity one half: even odds, whatever the pay
    expected = np.where(engages, rules.EMBEDDED, rules.IN_NAME_ONLY)
    assert run.events["to_state"][in_month].tolist() == expected.tolist()


@DRIVERS
def test_a_paid_service_that_gives_up_keeps_the_name_while_pay_lasts(driver: str) -> None:
    doc = document(
        services=N,
        months=3,
        programme={**FOREVER, "incentive": 1.0, "starting_sites": {"share": 0.0}},
        behaviour={
            "awareness": {"start": "aware"},
            "implementation": {"months_to_embed": 500.0, "abandonment_rate": 0.5},
            "engagement": {"gate": True},
            "mandate": {"conversion_rate": 0.0},
        },
    )
    run = run_of(driver, doc)
    gave_up = run.events["from_state"] == rules.IMPLEMENTING
    assert gave_up.sum() > 10
    assert set(run.events["to_state"][gave_up]) == {rules.IN_NAME_ONLY}


@DRIVERS
def test_the_push_holds_from_its_month_until_the_next(driver: str) -> None:
    """Without peers, who starts in a month is who draws below p times the factor of its period."""
    push = [{"month": 2, "factor": 3.0}, {"month": 4, "factor": 0.0}]
    doc = document(
        services=N,
        months=6,
        programme={"external_push": push, "starting_sites": {"share": 0.0}},
        behaviour={"awareness": {"start": "aware"}, "adoption": {"external_influence": 0.1}},
    )
    assert [m.push for m in only_plan(doc).levers] == [1.0, 1.0, 3.0, 3.0, 0.0, 0.0]
    run = run_of(driver, doc)
    waiting = np.ones(N, dtype=bool)
    for month, chance in enumerate([0.1, 0.1, 0.1 * 3.0, 0.1 * 3.0, 0.0, 0.0]):
        starts = waiting & (u(month, draws.DECIDE) < chance)
        waiting &= ~starts
        embedded = run.events["month"] == month + 1
        assert run.events["service"][embedded].tolist() == np.flatnonzero(starts).tolist(), month


@pytest.mark.parametrize("months", [[4, 2], [3, 3]])
def test_periods_of_the_push_are_in_order(months: list[int]) -> None:
    push = [{"month": month, "factor": 2.0} for month in months]
    with pytest.raises(InputErrors, match="ascending"):
        validate(document(programme={"external_push": push}), "test")
