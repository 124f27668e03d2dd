"""Regions that differ, and hubs that rewrite the specification for theirs: closed forms, and what changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spreadsim import draws, rules
from spreadsim.drivers import engine
from spreadsim.drivers.mesa_model import run_with_mesa
from spreadsim.network.construction import make_network
from spreadsim.network.normal import standard_normal
from tests.addresses import SEED, N, u
from tests.verification.limiting_cases import document, generated, only_plan, scenario_of

RUNS = {"compiled": engine.run, "mesa": run_with_mesa}
DRIVERS = pytest.mark.parametrize("driver", list(RUNS))
RHO = 0.3


def regional(services: int, regions: int, rho: float = RHO, **tables: Any) -> dict[str, Any]:
    """Return a document of services in regions that differ, all of whom start from the specification."""
    doc = document(services=services, months=2, behaviour={"awareness": {"start": "aware"}}, **tables)
    doc["services"] = {"regional_intraclass_correlation": rho, "adaptation_tendency": {"standard_deviation": 0.0}}
    doc["network"] |= {"hierarchy": [{"level": "region", "count": regions}], "source": "nested-hierarchy"}
    doc["run"]["seed"] = SEED
    return doc


def test_a_region_shares_its_part_of_context_readiness_and_capability() -> None:
    network = generated(regional(N, 3))
    region = network.hierarchy.group_at(0)
    group = (N + region).astype(np.uint64)
    lowest = (N + network.hierarchy.service_parent).astype(np.uint64)
    shared = {column: standard_normal(u(0, draws.ATTRIBUTE + column, group)) for column in (9, 10, 11)}
    own = {column: standard_normal(u(0, draws.ATTRIBUTE + column)) for column in (3, 4, 5)}
    by_group = {column: standard_normal(u(0, draws.ATTRIBUTE + column, lowest)) for column in (0, 2)}
    deprivation = np.sqrt(0.4) * by_group[0] + np.sqrt(0.6) * standard_normal(u(0, draws.ATTRIBUTE + 1))
    slope, rest = -0.35, np.sqrt(1 - 0.35**2)
    within, between = np.sqrt(1 - RHO), np.sqrt(RHO)
    expected = {
        "regional_context": between * shared[9],
        "context": within * (np.sqrt(0.5) * by_group[2] + np.sqrt(0.5) * own[3]) + between * shared[9],
        "readiness": np.clip(
            0.5 + 0.2 * (within * (slope * deprivation + rest * own[4]) + between * shared[10]), 0.02, 0.98
        ),
        "capability": np.clip(
            0.5 + 0.2 * (within * (slope * deprivation + rest * own[5]) + between * shared[11]), 0, 1
        ),
    }
    for name, values in expected.items():
        assert network[name] == pytest.approx(np.round(values, 6), abs=1.1e-6), name


def test_the_share_of_the_variance_between_regions(known_answer: Any) -> None:
    """Over many networks of four regions, the variance of the regions' part is rho, and that of context stays 1."""
    doc = regional(4000, 400)
    doc["services"]["context"] = {"intraclass_correlation": 0.0}
    network = generated(doc)
    region = network.hierarchy.group_at(0)
    means = np.bincount(region[region >= 0], weights=network["context"])[1:] / 10
    # Each mean of ten adds a tenth of the variance within: rho + (1 - rho) / 10.
    expected, got = RHO + (1 - RHO) / 10, float(np.var(means, ddof=1))
    error = (got - expected) / (expected * np.sqrt(2 / 399))
    assert known_answer("variance of context between regions", expected, got, error, abs(error) < 4, 4)
    total = float(np.var(network["context"]))
    error = (total - 1.0) / np.sqrt(2 * (RHO**2 / 400 + (1 - RHO) ** 2 / 4000 + 2 * RHO * (1 - RHO) / 4000))
    assert known_answer("variance of context in all", 1.0, total, error, abs(error) < 4, 4)


@DRIVERS
def test_newcomers_take_the_form_that_the_hub_has_made(driver: str, known_answer: Any) -> None:
    """All start from the specification and may not adapt: what a hub leaves of the distance is within regions."""
    gaps = {}
    for hub in (0.0, 1.0):
        doc = regional(600, 20, programme={"hub": hub, "starting_sites": {"share": 0.0}})
        doc["behaviour"]["adoption"]["external_influence"] = 1.0
        doc["strategies"]["only"]["latitude"] = 0.0
        doc["programme"]["stop_month"] = 2
        network = make_network(scenario_of(doc), 0)
        run = RUNS[driver](network, only_plan(doc), SEED, 0)
        entered = run.final["state"] == rules.EMBEDDED
        assert entered.all()
        assert run.final["form"] == pytest.approx(hub * network["regional_context"], abs=1e-15)
        gaps[hub] = float(np.mean(np.abs(network["context"] - run.final["form"])))
        fidelity = run.sums[-1, 0] / len(entered)
        assert fidelity == pytest.approx(1.0, abs=1e-12)  # as intended where they are
    ratio = gaps[1.0] / gaps[0.0]
    expected = np.sqrt(1 - RHO)
    assert known_answer(
        "distance to context with a hub, relative to without",
        expected,
        ratio,
        ratio - expected,
        abs(ratio - expected) < 0.08,
        0.08,
    )


@DRIVERS
def test_a_hub_changes_nothing_where_regions_are_alike(driver: str) -> None:
    runs = []
    for hub in (0.0, 1.0):
        doc = regional(60, 3, rho=0.0, programme={"hub": hub, "starting_sites": {"share": 0.1}})
        doc["behaviour"]["adoption"]["external_influence"] = 0.3
        runs.append(RUNS[driver](generated(doc), only_plan(doc), SEED, 0))
    assert all(np.array_equal(runs[0].final[name], runs[1].final[name]) for name in runs[0].final)
    assert np.array_equal(runs[0].sums, runs[1].sums)


@DRIVERS
def test_names_and_instructions_carry_the_regions_form(driver: str) -> None:
    """Told and not engaging, a service holds in name what the hub has made of the text."""
    doc = regional(90, 5, programme={"hub": 0.5, "starting_sites": {"share": 0.0}})
    doc["strategies"]["only"] |= {"mandate": 1.0, "latitude": 0.0}
    doc["behaviour"]["engagement"] = {"gate": True, "peer_odds": 0.0, "reactance": 3.0}
    network = generated(doc)
    run = RUNS[driver](network, only_plan(doc), SEED, 0)
    for state in (rules.IN_NAME_ONLY, rules.EMBEDDED):
        here = run.final["state"] == state
        assert here.any()
        assert run.final["form"][here] == pytest.approx(0.5 * network["regional_context"][here], abs=1e-15)


def test_a_revision_learns_what_adopters_do_beside_what_hubs_made() -> None:
    """Starting sites of two regions, whose hubs went their ways: the text moves by what is left."""
    doc = regional(
        40,
        2,
        programme={
            "hub": 1.0,
            "starting_sites": {"share": 1.0},
            "revision_interval": 1,
            "revision_of_form": 1.0,
        },
    )
    network = generated(doc)
    expected = float(np.mean(network["context"] - network["regional_context"]))
    for driver in RUNS.values():
        specification = driver(network, only_plan(doc), SEED, 0).specification
        assert specification[2, 0] == pytest.approx(expected, abs=1e-9)


def test_observed_contexts_say_what_their_regions_share(tmp_path: Any) -> None:
    from spreadsim.network.reading.files import draw_missing, load_network

    lines = ["id,region,context", "a,North,1.0", "b,North,2.0", "c,South,-1.0", "d,South,0.0"]
    (tmp_path / "services.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    network = draw_missing(load_network(tmp_path).network, scenario_of(document()), 0)
    assert network["regional_context"].tolist() == [1.0, 1.0, -1.0, -1.0]
