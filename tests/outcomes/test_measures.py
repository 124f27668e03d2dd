"""Measures: definitions on small cases worked by hand, nulls, and agreement with what the agents hold."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spreadsim as ss
from spreadsim import rules
from spreadsim.drivers import engine
from spreadsim.drivers.mesa_model import SpreadModel
from spreadsim.drivers.running import run_plan
from spreadsim.network.construction import make_network, make_networks
from spreadsim.outcomes import record
from spreadsim.outcomes.measures import BY_NAME, MEASURES, curves, curves_of, generations, groups, measures, measures_of
from spreadsim.scenario.plan import plans
from spreadsim.scenario.validation import validate
from tests.conftest import rows_of, small_document
from tests.event_counts import assert_counts_follow_from_events
from tests.random_scenarios import scenarios

CONTRACT = [
    "reported_uptake",
    "embedded",
    "in_name_only",
    "discontinued",
    "reach",
    "fidelity",
    "core_fidelity",
    "fidelity_at_start",
    "fidelity_drift",
    "adaptation",
    "local_fit",
    "effectiveness",
    "effectiveness_ever",
    "benefit",
    "cumulative_benefit",
    "sustainment",
    "evaporation",
    "months_to_half",
    "generation",
    "equity_gap",
    "second_leaders",
    "cost",
    "cost_per_benefit_year",
]


def test_the_contracts_measures_are_all_there() -> None:
    assert set(CONTRACT) <= set(BY_NAME)
    better = {name: BY_NAME[name].better for name in CONTRACT}
    assert [n for n, b in better.items() if b == "lower"] == [
        "in_name_only",
        "discontinued",
        "evaporation",
        "months_to_half",
        "equity_gap",
        "cost",
        "cost_per_benefit_year",
    ]


def run_of(**changes: Any) -> tuple[Any, Any, Any]:
    scenario = validate(small_document(**changes), "case")
    network, plan = make_network(scenario), plans(scenario)[-1]
    return engine.run(network, plan, scenario.run.seed, 0), network, plan


def test_nobody_anywhere_gives_null_never_zero() -> None:
    run, network, plan = run_of(
        programme={"starting_sites": {"share": 0.0}, "collaborative": {"share": 0.0}},
        behaviour={"awareness": {"broadcast_rate": 0.0}},
        strategies={"alone": {"balance": 1.0}},
    )
    m = measures(run, network, plan)
    for name in (
        "fidelity",
        "core_fidelity",
        "local_fit",
        "effectiveness",
        "effectiveness_ever",
        "sustainment",
        "adaptation",
        "adaptation_ratio",
        "generation",
        "in_name_only_of_reported",
        "cost_per_benefit_year",
        "months_to_half",
        "fidelity_at_start",
        "fidelity_drift",
        "equity_ratio",
    ):
        assert np.isnan(m[name]), name
    for name in (
        "reported_uptake",
        "embedded",
        "reach",
        "benefit",
        "cumulative_benefit",
        "equity_gap",
        "second_leaders",
    ):
        assert m[name] == 0.0, name
    assert m["cost"] == pytest.approx((0.1 + 0.1 * 0.5) * 24)  # the peer programme and its team, for 24 months


def test_evaporation_is_null_when_the_programme_outlasts_the_run() -> None:
    run, network, plan = run_of(programme={"stop_month": 60})
    assert np.isnan(measures(run, network, plan)["evaporation"])


def test_equity_needs_five_services() -> None:
    run, network, plan = run_of(network={"services": 4, "hierarchy": []})
    assert np.isnan(measures(run, network, plan)["equity_gap"])


def test_benefit_is_a_mean_over_the_last_year_and_a_sum_over_all() -> None:
    run, network, plan = run_of()
    c = curves(run, network, plan)
    m = measures(run, network, plan)
    assert m["benefit"] == pytest.approx(c["delivered"][25:37].mean(), abs=1e-15)
    assert m["cumulative_benefit"] == pytest.approx(c["delivered"].sum() / 12, abs=1e-12)
    people = network["population"]
    late = run.late_effect / 12
    assert m["benefit"] == pytest.approx((people * late).sum() / people.sum(), rel=1e-12)


def test_a_short_run_counts_months_one_to_the_end() -> None:
    run, network, plan = run_of(run={"months": 5})
    c = curves(run, network, plan)
    assert measures(run, network, plan)["benefit"] == pytest.approx(c["delivered"][1:6].mean(), abs=1e-15)


def test_starting_sites_deliver_the_full_effect_at_month_zero() -> None:
    run, network, plan = run_of()
    c = curves(run, network, plan)
    assert c["effectiveness"][0] == 1.0
    assert c["core_fidelity"][0] == 1.0
    assert c["local_fit"][0] == 1.0
    assert c["reach"][0] == c["embedded"][0] == 2 / 60
    assert c["fidelity"][0] < 1.0  # their form is their own


def published_at(model: SpreadModel, service: Any) -> float:
    """Return the form that a service was to take."""
    return rules.form_as_published(model.m, model.published_form, service.regional_context)


@given(scenarios())
def test_events_and_sums_agree_with_the_agents(scenario: Any) -> None:
    """Curves derived from events equal what a look at every agent gives, at every month."""
    network, (plan,) = make_network(scenario), plans(scenario)
    model = SpreadModel(network=network, resolved=plan, seed=scenario.run.seed, replicate=0)
    run = engine.run(network, plan, scenario.run.seed, 0)
    c = curves(run, network, plan)
    ever: set[int] = set()
    for month in range(plan.months + 1):
        if month:
            model.step()
        services = model.services
        ever |= {s.uid for s in services if s.state == rules.EMBEDDED}
        for state, name in enumerate(("unaware", "aware", "implementing", "embedded", "in_name_only", "discontinued")):
            assert c[f"share_{name}"][month] == sum(s.state == state for s in services) / network.n
        assert c["reach"][month] == len(ever) / network.n
        people = sum(s.population for s in services)
        delivered = sum(s.population * rules.share_delivered(model.b, s.state, s.progress) * s.effect for s in services)
        assert c["delivered"][month] == pytest.approx(delivered / people, rel=1e-12, abs=1e-15)
        here = [s for s in services if s.state == rules.EMBEDDED]
        if here:
            assert c["core_fidelity"][month] == pytest.approx(np.mean([s.core for s in here]), rel=1e-12)
            assert c["generation"][month] == pytest.approx(np.mean([s.generation for s in here]), rel=1e-12)
            # fidelity from its definition: weighted presence, adaptable components marked down by the form's move
            v = plan.intervention
            worked = [
                sum(
                    v.weight[k] * s.fidelity[k] * (1 if v.core[k] else 1 - moved / (1 + moved))
                    for k in range(v.n_components)
                )
                for s, moved in ((s, abs(s.form - published_at(model, s))) for s in here)
            ]
            assert c["fidelity"][month] == pytest.approx(np.mean(worked), rel=1e-12)
        else:
            assert np.isnan(c["core_fidelity"][month])


@given(scenarios())
def test_measures_keep_within_what_they_mean(scenario: Any) -> None:
    network, (plan,) = make_network(scenario), plans(scenario)
    m = measures(engine.run(network, plan, scenario.run.seed, 0), network, plan)
    assert list(m) == [measure.name for measure in MEASURES]
    for measure in MEASURES:
        if measure.unit.startswith("share") and measure.name not in ("equity_gap", "evaporation", "fidelity_drift"):
            assert np.isnan(m[measure.name]) or -1e-12 <= m[measure.name] <= 1 + 1e-12, measure.name
    assert m["lapsed_never_started"] <= m["discontinued"] + 1e-12
    assert m["embedded"] <= m["reach"] + 1e-12


@given(scenarios())
def test_readiness_and_adaptation_follow_from_what_services_hold(scenario: Any) -> None:
    """Each worked out again, service by service, from what both the run and its events leave behind."""
    network, (plan,) = make_network(scenario), plans(scenario)
    run = engine.run(network, plan, scenario.run.seed, 0)
    m, c, final, e = measures(run, network, plan), curves(run, network, plan), run.final, run.events
    assert m["waited"] == np.mean(final["waited"])
    assert m["declined"] == np.mean(final["declined"]) <= m["waited"]
    assert c["preparing"][-1] == m["preparing"] == np.mean(final["preparing"])
    assert not np.any(final["preparing"] & ~np.isin(final["state"], [rules.AWARE, rules.DISCONTINUED]))
    if not plan.behaviour.appraisal.applies:
        assert m["waited"] == 0.0
    elif plan.behaviour.appraisal.error == 0.0 and plan.behaviour.engagement.gate:
        assert not m["unready_starts"] > 0.0  # who judges right never starts unready
    begins = np.isin(e["to_state"], [rules.IMPLEMENTING, rules.EMBEDDED]) & (e["source_kind"] != rules.NO_SOURCE)
    begins &= e["month"] > 0
    gives_up = (e["from_state"] == rules.IMPLEMENTING) & (e["to_state"] != rules.EMBEDDED)
    for name, chosen in (
        ("given_up", np.full(len(begins), True)),
        ("given_up_ready", e["ready"]),
        ("given_up_unready", ~e["ready"]),
    ):
        n = np.sum(begins & chosen)
        assert m[name] == np.sum(gives_up & chosen) / n if n else np.isnan(m[name]), name
    started = {s: e["month"][k] for k, s in reversed(list(enumerate(e["service"]))) if begins[k]}
    sites = set(e["service"][(e["month"] == 0) & (e["to_state"] == rules.EMBEDDED)].tolist())
    followed = [s for s, month in started.items() if s not in sites and month <= plan.months - 24]
    share = np.mean([final["first_embedded"][s] >= 0 for s in followed]) if followed else np.nan
    assert m["embedded_of_started"] == share or np.isnan(share)
    here = final["state"] == rules.EMBEDDED
    intended = run.specification[-1, 0] + plan.levers[-1].hub * network["regional_context"]
    far = np.abs(final["form"] - intended) >= 0.25 * plan.behaviour.adaptation.fit_distance
    if here.any():
        assert m["moved"] == np.mean(far[here])
    both = (here & far).any() and (here & ~far).any()
    assert np.isnan(m["equal_success"]) != both
    if both:
        typical = np.median(final["effect"][here & ~far])
        assert m["equal_success"] == np.mean(final["effect"][here & far] >= typical)
    copied = here & far & (final["generation"] > 0)
    assert np.isnan(m["consistent_adaptations"]) != copied.any()
    if copied.any():
        assert m["consistent_adaptations"] == np.mean(~final["damaged"][copied].astype(bool))
    a = plan.behaviour.adaptation
    x, z = network["context"] - final["form"], network["second_form"] * a.second_form_distance
    second = a.second_form_fit / (1 + ((x + z) / a.fit_distance) ** 2) > 1 / (1 + (x / a.fit_distance) ** 2)
    assert np.isnan(m["second_form"]) != here.any()
    if here.any():
        assert m["second_form"] == pytest.approx(np.mean(second[here]), abs=1 / here.sum())


def test_groups_add_up_to_the_whole() -> None:
    run, network, plan = run_of()
    m = measures(run, network, plan)
    rows = rows_of(groups(run, network, plan))
    for level in ("region", "team", "deprivation fifth"):
        own = [row for row in rows if row["level"] == level]
        assert sum(row["n_services"] for row in own) == 60
        people = sum(row["population"] for row in own)
        assert sum(row["reach"] * row["n_services"] for row in own) / 60 == pytest.approx(m["reach"])
        assert sum(row["benefit"] * row["population"] for row in own) / people == pytest.approx(m["benefit"])
    fifths = [row["benefit"] for row in rows if row["level"] == "deprivation fifth"]
    assert fifths[0] - fifths[4] == pytest.approx(m["equity_gap"])


def test_generations_add_up_to_the_whole() -> None:
    run, network, plan = run_of()
    m, rows = measures(run, network, plan), rows_of(generations(run, plan))
    n = sum(row["n_embedded"] for row in rows)
    assert n == round(m["embedded"] * 60)
    worked = sum(row["core_fidelity"] * row["n_embedded"] for row in rows if row["n_embedded"]) / n
    assert worked == pytest.approx(m["core_fidelity"])
    assert rows[0]["fidelity_at_start"] == 1.0
    assert rows[0]["n_began"] == 2


def test_cost_by_hand() -> None:
    """Two months of a programme over two services, one a starting site: what each month costs."""
    document = small_document(
        network={"services": 2, "hierarchy": []},
        run={"months": 2},
        programme={"starting_sites": {"share": 0.5}, "stop_month": 2, "support": 0.5},
        behaviour={"awareness": {"broadcast_rate": 0.0, "exposure_rate": 0.0}, "mandate": {"compliance_rate": 0.0}},
    )
    document["strategies"] = {"a": {"balance": 1.0}}
    scenario = validate(document, "cost")
    network, (plan,) = make_network(scenario), plans(scenario)
    run = engine.run(network, plan, 1, 0)
    # a month: peer programme .1 * 1 and team .1 * .5 for 2 services, one embedded service .1 and its tests .1 * .3, and
    # one member of the collaborative .2; over 2 services
    assert measures(run, network, plan)["cost"] == pytest.approx(
        2 * ((0.1 + 0.1 * 0.5) * 2 + 0.1 + 0.1 * 0.3 + 0.2) / 2
    )


@given(scenarios(), st.integers(1, 5))
def test_many_runs_at_once_are_measured_as_each_alone(scenario: Any, size: int) -> None:
    """Networks, curves and measures of a block of replicates equal those of each replicate alone, to the bit."""
    replicates, resolved = list(range(size)), plans(scenario)[0]
    together = make_networks(scenario, replicates)
    apart = [make_network(scenario, replicate) for replicate in replicates]
    for one, other in zip(together, apart, strict=True):
        for name in ("weight", "weight_sum", "fifth", "membership"):
            assert np.array_equal(getattr(one, name), getattr(other, name)), name
        assert all(np.array_equal(one[name], other[name]) for name in one.attributes)
        assert np.array_equal(one.ties.peer, other.ties.peer)
        assert np.array_equal(one.ties.start, other.ties.start)
    runs = [
        engine.run(network, resolved, scenario.run.seed, r, keep_events=False) for r, network in enumerate(together)
    ]
    monthly = curves_of(runs, together, resolved)
    found = measures_of(runs, together, resolved, monthly)
    for r, (network, run) in enumerate(zip(apart, runs, strict=True)):
        alone = engine.run(network, resolved, scenario.run.seed, r)
        assert np.array_equal(alone.sums, run.sums)
        assert len(run.events["month"]) == 0
        for name, values in curves(alone, network, resolved).items():
            assert np.array_equal(values, monthly[name][r], equal_nan=True), name
        for name, value in measures(alone, network, resolved).items():
            assert np.array_equal(value, found[name][r], equal_nan=True), name


@pytest.mark.parametrize("driver", ["compiled", "mesa"])
def test_what_is_counted_follows_from_the_events(driver: Any) -> None:
    """Counts of each month, and what is remembered of each service, equal those made from the events one by one."""
    document = small_document(run={"months": 60}, programme={"stop_month": 60, "celebration": 1.0})
    document["behaviour"]["sustainment"]["discontinuation_rate"] = 0.05
    document["behaviour"]["adoption"]["readoption_ratio"] = 1.0
    scenario = validate(document, "small")
    network, again = make_network(scenario), 0
    for resolved in plans(scenario):
        run = run_plan(network, resolved, scenario.run.seed, 0, driver)
        assert_counts_follow_from_events(run, network["population"], rules.UNAWARE)
        assert run.sums[:, record.FROM_LEADERS].sum() < run.sums[:, record.BEGINNING].sum()
        again += int(np.sum(run.events["to_state"] == rules.EMBEDDED)) - int(np.sum(run.final["first_embedded"] >= 0))
    assert again > 0, "some were embedded a second time"


def fifths_of(deprivation: list[float], order: list[int]) -> tuple[list[dict[str, Any]], float]:
    """Return the rows by fifth, and the equity gap, of services that a file lists in an order."""
    ordered = nx.Graph()
    for i in order:
        ordered.add_node(f"s{i}", deprivation=deprivation[i], readiness=0.9, population=100.0)
    ordered.add_edges_from((f"s{i}", f"s{(i + 1) % len(order)}") for i in range(len(order)))
    c = ss.compare("classroom", network=ordered, replicates=1, driver="mesa", workers=1, frontier=False)
    outcome = c.outcomes["one-neighbour-is-enough"][0]
    rows = rows_of(outcome.groups, level="deprivation fifth")
    return rows, outcome.measures["equity_gap"]


def test_services_of_equal_deprivation_share_their_fifths_whatever_the_order_of_the_file() -> None:
    deprivation = [0.0] * 6 + [1.0] * 4  # the first six share the first three fifths
    rows, gap = fifths_of(deprivation, list(range(10)))
    assert [row["n_services"] for row in rows] == [2, 2, 2, 2, 2]
    assert rows[0]["benefit"] == rows[1]["benefit"] == rows[2]["benefit"]
    again, gap_again = fifths_of(deprivation, [5, 4, 3, 2, 1, 0, 9, 8, 7, 6])
    assert gap == pytest.approx(rows[0]["benefit"] - rows[4]["benefit"])
    assert [row["n_services"] for row in again] == [2, 2, 2, 2, 2]
    assert np.isfinite(gap_again)


def test_there_are_no_fifths_where_all_are_equally_deprived() -> None:
    rows, gap = fifths_of([0.3] * 10, list(range(10)))
    assert rows == []
    assert np.isnan(gap)
