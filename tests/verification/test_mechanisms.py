"""Appraisal, preparing, turnover and pressure against closed forms, and against the numbers at their addresses.

What belongs here: what a mechanism must do where theory, or the equation and the addressed numbers, say it exactly.
What does not: values of single rules (`tests/test_rules.py`), drivers against each other (`tests/drivers`).
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

import spreadsim as ss
from spreadsim import draws, rules
from spreadsim.drivers.running import run_plan
from spreadsim.network.construction import make_network
from spreadsim.network.data import ties_from_pairs
from spreadsim.outcomes import record
from spreadsim.outcomes.run import Run
from spreadsim.scenario.plan import plan
from tests.addresses import SEED, UID, N, u, u_component
from tests.verification.limiting_cases import document, generated, like_components, network_with, only_plan

DRIVERS = pytest.mark.parametrize("driver", ["mesa", "compiled"])
AWARE = {"start": "aware"}
EVERYONE_MINDED = {"external_influence": 1.0}


def lived(driver: str, doc: dict[str, Any], replicate: int = 0, **attributes: np.ndarray) -> Run:
    """Return one run of a document's only strategy on services without ties."""
    nobody = np.empty(0, dtype=np.int64)
    network = network_with(doc, ties_from_pairs(doc["network"]["services"], nobody, nobody), **attributes)
    return run_plan(network, only_plan(doc), SEED, replicate, driver)  # type: ignore[arg-type]


def months_of(run: Run, name: str) -> np.ndarray:
    return run.sums[:, record.SUMS.index(name)]


# ------------------------------------------------------------------------------------------------- appraisal


def appraising(
    n: int, months: int, readiness: float, n_items: int, error: float, codification: float
) -> dict[str, Any]:
    """Return services of one readiness, all minded to start in month 0, that first ask whether they are ready."""
    doc = document(
        services=n,
        months=months,
        components=like_components(n_items, codification=codification),
        behaviour={
            "awareness": AWARE,
            "adoption": EVERYONE_MINDED,
            "engagement": {"gate": True},
            "appraisal": {"applies": True, "readiness_threshold": 3.0, "error": error},
            "implementation": {"months_to_embed": 600.0},
        },
    )
    doc["services"]["readiness"]["mean"] = readiness
    return doc


@pytest.mark.parametrize(("readiness", "n_items"), [(0.8, 1), (0.8, 8), (0.7, 8), (0.75, 32)])
def test_the_share_that_starts_at_first_sight_is_the_normal_share(readiness: float, n_items: int) -> None:
    """Ready in its own eyes where v <= (sqrt(r / (1 - r) / ready) - .5 - cbar) / (cbar s_app (1 - kbar) / sqrt(n))."""
    n, error, codification = 20_000, 1.5, 0.35
    sample = np.random.default_rng(1).normal(size=n).round(6)
    doc = appraising(n, 1, readiness, n_items, error, codification)
    run = lived("compiled", doc, readiness=np.full(n, readiness), appraisal_error=sample)
    starts = run.final["state"] == rules.IMPLEMENTING
    bound = (math.sqrt(readiness / (1 - readiness) / 3.0) - 1.0) / (
        0.5 * error * (1 - codification) / math.sqrt(n_items)
    )
    clear = np.abs(sample - bound) > 1e-9
    assert starts[clear].tolist() == (sample <= bound)[clear].tolist()
    share = NormalDist().cdf(bound)
    assert abs(starts.mean() - share) < 4 * math.sqrt(share * (1 - share) / n)
    # everyone else has seen that it is not ready, and prepares
    assert run.final["waited"].tolist() == run.final["preparing"].tolist() == (~starts).tolist()
    assert months_of(run, "n_preparing")[1] == (~starts).sum()


def test_a_fuller_list_and_fuller_writing_leave_fewer_unready_starts() -> None:
    n = 4_000
    sample = np.random.default_rng(2).normal(size=n).round(6)
    unready = []
    for n_items, codification in ((1, 0.0), (8, 0.0), (32, 0.0), (32, 1.0)):
        run = lived(
            "compiled",
            appraising(n, 1, 0.7, n_items, 1.5, codification),
            readiness=np.full(n, 0.7),
            appraisal_error=sample,
        )
        starts = run.final["state"] == rules.IMPLEMENTING
        assert not run.final["ready_at_start"][starts].any()  # odds 7 / 3 at a threshold of 3
        unready.append(int(starts.sum()))
    assert unready == sorted(unready, reverse=True)
    assert unready[0] > unready[-1] == 0


@DRIVERS
def test_who_judges_without_error_never_starts_unready_of_its_own_accord(driver: str) -> None:
    scenario = ss.load_scenario(
        "default",
        [
            "run.months=24", "network.services=60", "network.hierarchy=[]", "behaviour.appraisal.applies=true",
            "behaviour.appraisal.error=0.0", "behaviour.appraisal.preparation_rate=0.05",
        ],
    )  # fmt: skip
    network = make_network(scenario, 0)
    for name in ("organic", "blend"):
        run = run_plan(network, plan(scenario, name), 1, 0, driver)  # type: ignore[arg-type]
        chose = (run.final["route"] == rules.VOLUNTARY) & np.isin(
            run.final["state"], (rules.IMPLEMENTING, rules.EMBEDDED)
        ) & (run.final["generation"] > 0)  # fmt: skip
        assert chose.any()
        assert run.final["ready_at_start"][chose].all()


# ------------------------------------------------------------------------------------------------- preparing


@DRIVERS
@pytest.mark.parametrize(("readiness", "rate", "n_months"), [(0.69, 0.05, 5), (0.5, 0.05, 15), (0.74, 0.15, 1)])
def test_a_service_prepares_for_as_long_as_the_closed_form_says(
    driver: str, readiness: float, rate: float, n_months: int
) -> None:
    """r(t) = .98 - (.98 - r0)(1 - rho)^t; heard in month 0, asked in month 1, started n months of preparing later."""
    enough = 0.75  # odds 3 at complexity one half
    assert n_months == math.ceil(math.log((0.98 - enough) / (0.98 - readiness)) / math.log(1 - rate))
    doc = appraising(3, n_months + 3, readiness, 8, 0.0, 0.35)
    doc["behaviour"]["awareness"] = {"broadcast_rate": 1.0, "start": "unaware"}
    doc["behaviour"]["appraisal"]["preparation_rate"] = rate
    run = lived(driver, doc, readiness=np.full(3, readiness))
    begun = run.events["month"][run.events["to_state"] == rules.IMPLEMENTING]
    assert begun.tolist() == [1 + n_months + 2] * 3  # in the month after: it holds from then on
    assert run.final["current_readiness"] == pytest.approx(
        0.98 - (0.98 - readiness) * (1 - rate) ** n_months, abs=1e-12
    )
    assert run.final["waited"].all()
    assert not run.final["preparing"].any()
    assert months_of(run, "n_preparing").tolist() == [0.0] * 2 + [3.0] * (n_months + 1) + [0.0]


@DRIVERS
def test_dropping_the_plan_is_decided_at_its_address_and_takes_readiness_back(driver: str) -> None:
    doc = appraising(N, 3, 0.5, 8, 0.0, 0.0)
    doc["behaviour"]["appraisal"]["preparation_rate"] = 0.1
    doc["behaviour"]["implementation"] |= {"abandonment_rate": 0.2, "unreadiness_multiplier": 1.5}
    run = lived(driver, doc)
    built = 0.5 + 0.1 * 0.48  # after one month of preparing
    odds = built / (1 - built)  # 3 make ready
    drops_first = u(1, draws.ABANDON) < 0.2 * (1 + 1.5 * (1 - 1 / 3))
    drops_then = ~drops_first & (u(2, draws.ABANDON) < 0.2 * (2 - 2 * odds / (1 + odds)) * (1 + 1.5 * (1 - odds / 3)))
    assert drops_then.any()
    assert run.final["declined"].tolist() == (drops_first | drops_then).tolist()
    assert run.final["preparing"].tolist() == (~drops_then).tolist()  # who dropped it in month 1 is minded again in 2
    expected = np.where(drops_first | drops_then, 0.5, built + 0.1 * (0.98 - built))
    assert run.final["current_readiness"] == pytest.approx(expected)
    assert set(run.final["state"].tolist()) == {rules.AWARE}


@DRIVERS
def test_an_instruction_asks_nobody(driver: str) -> None:
    """Told, all start though none is ready: odds 1, over a reactance of 1."""
    doc = appraising(N, 1, 0.5, 8, 0.0, 0.0)
    doc["behaviour"]["mandate"] = {"compliance_rate": 1.0, "months_per_level": 0}
    doc["behaviour"]["engagement"] |= {"reactance": 0.0, "misfit_penalty": 0.0}
    doc["strategies"]["only"]["mandate"] = 1.0
    run = lived(driver, doc)
    engages = u(0, draws.ENGAGE) < 0.5
    expected = np.where(engages, rules.IMPLEMENTING, rules.IN_NAME_ONLY)
    assert run.final["state"].tolist() == expected.tolist()
    assert not run.final["ready_at_start"].any()
    assert not run.final["preparing"].any()


def test_preparing_and_keeping_up_take_light_places() -> None:
    doc = appraising(10, 2, 0.5, 8, 0.0, 0.0)
    doc["programme"] |= {"support": 1.0, "support_capacity": 0.05, "light_support_place": 0.1}
    doc["behaviour"]["engagement"]["support_odds"] = 0.0
    run = lived("mesa", doc)
    assert months_of(run, "n_preparing").tolist() == [0.0, 10.0, 10.0]
    assert months_of(run, "supported")[1:].tolist() == [0.5, 0.5]  # ten tenths of a place, and half a place to share


# ------------------------------------------------------------------------------------------------- turnover


def leaving(n: int, months: int, rate: float, loss: float, codification: float, n_items: int = 1) -> dict[str, Any]:
    """Return services that all begin with it embedded, and whose people leave."""
    return document(
        services=n,
        months=months,
        starting_share=1.0,
        components=like_components(n_items, codification=codification),
        behaviour={"turnover": {"rate": rate, "knowledge_loss": loss}},
    )


def test_what_is_left_of_a_function_is_what_the_closed_form_says() -> None:
    """E[f] = (1 - h l (1 - kappa) lam)^t; h t turnovers a service."""
    n, months, rate, loss, codification = 20_000, 24, 0.05, 0.4, 0.25
    run = lived("compiled", leaving(n, months, rate, loss, codification))
    left = run.final["fidelity"][:, 0]
    expected = (1 - rate * loss * (1 - codification) * 0.5) ** months
    assert abs(left.mean() - expected) < 4 * left.std() / math.sqrt(n)
    n_turnovers = months_of(run, "n_turnovers").sum()
    assert abs(n_turnovers - n * rate * months) < 4 * math.sqrt(n * months * rate * (1 - rate))
    faulty = (1 - 0.9 * rate * loss * (1 - codification) * 0.5) ** months  # a tenth of the loss missing would be seen
    assert abs(left.mean() - faulty) > 4 * left.std() / math.sqrt(n)


@DRIVERS
def test_who_leaves_and_what_goes_with_them_is_decided_at_its_address(driver: str) -> None:
    doc = leaving(N, 2, 0.3, 0.8, 0.25, n_items=3)
    doc["strategies"]["only"]["co_production"] = 0.5
    doc["behaviour"]["sustainment"] = {"discontinuation_rate": 0.0, "ownership_when_mandated": 0.2}
    run = lived(driver, doc)
    left, own = np.ones((N, 3)), np.ones(N)
    n_turnovers = [0]
    for month in range(2):
        leaves = u(month, draws.TURNOVER) < 0.3
        forgets = leaves[:, None] & (u_component(month, draws.TURNOVER_LOSS, 3) < 0.8 * 0.75)
        left[forgets] *= 0.5
        own[leaves] = 0.2 + 0.8 * 0.5
        n_turnovers.append(int(leaves.sum()))
    assert run.final["fidelity"].tolist() == left.tolist()
    assert run.final["ownership"].tolist() == own.tolist()
    assert months_of(run, "n_turnovers").tolist() == n_turnovers


@DRIVERS
def test_people_who_leave_take_the_second_leader_with_them_and_what_was_prepared(driver: str) -> None:
    doc = appraising(N, 3, 0.5, 8, 0.0, 0.0)
    doc["behaviour"] |= {"turnover": {"rate": 0.4, "knowledge_loss": 0.0}}
    doc["behaviour"]["appraisal"]["preparation_rate"] = 0.1
    run = lived(driver, doc)
    now = np.full(N, 0.5)
    for month in range(3):
        if month > 0:
            now = now + 0.1 * (0.98 - now)
        now[u(month, draws.TURNOVER) < 0.4] = 0.5
    assert run.final["current_readiness"] == pytest.approx(now, abs=1e-12)
    assert run.final["preparing"].all()
    # a service that has just embedded it is named a leader after the losses of the month
    doc = document(
        services=N,
        months=2,
        behaviour={
            "awareness": AWARE,
            "adoption": EVERYONE_MINDED,
            "second_leaders": {"emergence_probability": 1.0},
            "turnover": {"rate": 0.4, "knowledge_loss": 0.0},
        },
    )
    doc["programme"]["celebration"] = 1.0
    run = lived(driver, doc)
    assert run.final["ever_led"].all()
    assert run.final["leader"].tolist() == (u(1, draws.TURNOVER) >= 0.4).tolist()


# ------------------------------------------------------------------------------------------------- pressure


def pressed(rate: float, months: int, effect: float, horizon: int, n_groups: int, n: int) -> dict[str, Any]:
    """Return services in groups that come under pressure together."""
    doc = document(
        services=n,
        months=horizon,
        starting_share=1.0,
        behaviour={"pressure": {"rate": rate, "months": months, "effect": effect, "level": 2}},
    )
    doc["network"]["hierarchy"] = [{"level": "region", "count": 1}, {"level": "system", "count": n_groups}]
    return doc


def test_the_share_under_pressure_is_what_the_closed_form_says() -> None:
    """From month D on 1 - (1 - p)^D; before that 1 - (1 - p)^t."""
    rate, duration, horizon, n_groups = 0.03, 6, 40, 600
    doc = pressed(rate, duration, 0.0, horizon, n_groups, n_groups)
    counts = np.array(
        [
            months_of(run_plan(generated(doc), only_plan(doc), SEED, replicate, "compiled"), "n_under_pressure")
            for replicate in range(10)
        ]
    )
    month = np.arange(horizon + 1)
    expected = 1 - (1 - rate) ** np.minimum(month, duration)
    share = counts.mean(axis=0) / n_groups
    n_groups_seen = 10 * n_groups
    assert share[0] == 0.0
    assert np.all(np.abs(share - expected) < 4.5 * np.sqrt(expected * (1 - expected) / n_groups_seen + 1e-12))


@DRIVERS
def test_groups_come_under_pressure_at_their_addresses(driver: str) -> None:
    """Months of pressure and stopping, group by group; a pressed service stops three times as often."""
    n_groups, horizon = 6, 3
    doc = pressed(0.4, 2, 2.0, horizon, n_groups, N)
    doc["behaviour"]["sustainment"] = {"discontinuation_rate": 0.1}
    network = generated(doc)
    run = run_plan(network, only_plan(doc), SEED, 0, driver)  # type: ignore[arg-type]
    group = network.hierarchy.group_at(1)
    uid = np.array([N + g for g in range(network.hierarchy.n_groups)], dtype=np.uint64)
    left, stopped, seen = np.zeros(network.hierarchy.n_groups), np.zeros(N, dtype=bool), [0]
    for month in range(horizon):
        left = np.where(u(month, draws.PRESSURE, uid) < 0.4, 2, np.maximum(0, left - 1))
        under = left[group] > 0
        chance = 0.1 / (0.5 + network["capability"]) * np.where(under, 3.0, 1.0)
        stopped |= u(month, draws.STOP, UID) < chance
        seen.append(int(under.sum()))
    assert months_of(run, "n_under_pressure").tolist() == seen
    assert (run.final["state"] == rules.DISCONTINUED).tolist() == stopped.tolist()


# ------------------------------------------------------------------------------------------------- off


def test_what_is_off_changes_no_bit_whatever_else_is_said_of_it() -> None:
    """Neutral values: the other numbers of a mechanism do nothing without the one that switches it on."""
    told = [
        "behaviour.appraisal.readiness_threshold=1.0", "behaviour.appraisal.error=5.0",
        "behaviour.appraisal.preparation_rate=1.0", "behaviour.turnover.knowledge_loss=1.0",
        "behaviour.pressure.effect=5.0", "behaviour.pressure.months=24", "programme.light_support_place=0.0",
        "programme.team=0.5",
    ]  # fmt: skip
    runs = []
    for settings in ([], told):
        scenario = ss.load_scenario("version-2", ["run.months=24", "network.services=240", *settings])
        network = make_network(scenario, 0)
        runs.append([run_plan(network, plan(scenario, name), 1, 0, "compiled") for name in scenario.strategies])
    for before, after in zip(*runs, strict=True):
        for name in before.final:
            if name != "ready_at_start":  # recorded by the threshold, on which nothing else depends
                assert np.array_equal(before.final[name], after.final[name]), name
        same = [k for k, name in enumerate(record.SUMS) if "unready" not in name]
        assert np.array_equal(before.sums[:, same], after.sums[:, same])
