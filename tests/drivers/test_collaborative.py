"""Ties that a collaborative makes: who is tied to whom, when they count, and what changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spreadsim import draws, rules
from spreadsim.drivers import engine
from spreadsim.drivers.mesa_model import SpreadModel, run_with_mesa
from spreadsim.levers import Collaborative
from spreadsim.network.collaborative import are_members, tie_members
from spreadsim.network.construction import make_network
from spreadsim.network.data import ties_from_pairs
from spreadsim.network.starting_sites import starting_sites
from spreadsim.outcomes import record
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import plans
from tests.addresses import SEED, N, u
from tests.verification.limiting_cases import document, generated, network_with, network_without_ties, only_plan

RUNS = {"compiled": engine.run, "mesa": run_with_mesa}
DRIVERS = pytest.mark.parametrize("driver", list(RUNS))
SITES = np.array([3, 7])


def collaborating(share: float, peer_programme: float = 1.0, **fields: Any) -> dict[str, Any]:
    """Return a document whose programme runs in months 1 to 4 with a collaborative, services aware from the start."""
    programme = {"start_month": 1, "stop_month": 5, "collaborative": {"share": share, "picks": 2, "weight_after": 0.25}}
    doc = document(services=N, months=8, programme=programme, levers={"peer_programme": peer_programme}, **fields)
    doc["behaviour"]["awareness"]["start"] = "aware"
    doc["run"]["seed"] = SEED
    return doc


def test_members_are_the_sites_and_who_draws_below_the_share() -> None:
    network = network_without_ties(document(services=N))
    expected = u(0, draws.MEMBER) < 0.3
    expected[SITES] = True
    assert are_members(network, 0.3, SITES, SEED, 0).tolist() == expected.tolist()


def test_each_member_picks_others_of_its_region_at_its_addresses() -> None:
    doc = document(services=N)
    doc["network"] |= {"hierarchy": [{"level": "region", "count": 3}], "source": "nested-hierarchy"}
    doc["run"]["seed"] = SEED
    network = generated(doc)
    tied = tie_members(network, Collaborative(share=0.4, picks=3), SITES, SEED, 0)
    members = are_members(network, 0.4, SITES, SEED, 0)
    region, existing = network.hierarchy.group_at(0), set(zip(network.ties.listener, network.ties.peer, strict=True))
    expected = set()
    for i in np.flatnonzero(members):
        others = [j for j in np.flatnonzero(members & (region == region[i])) if j != i]
        for number in range(3):
            j = others[int(u(0, draws.PICK_MEMBER, np.array([64 * i + number], dtype=np.uint64))[0] * len(others))]
            expected |= {(i, j), (j, i)}
    ties = tied.network.ties
    pairs = list(zip(ties.listener, ties.peer, strict=True))
    assert pairs == sorted(pairs)
    assert {pair for pair, made in zip(pairs, tied.is_made, strict=True) if made} == expected - existing
    assert set(pairs) == expected | existing
    assert tied.n_members == members.sum()
    assert expected & existing, "some picks fall on ties that exist: they stay one tie"


def test_two_members_in_a_region_get_exactly_one_tie() -> None:
    tied = tie_members(network_without_ties(document(services=N)), Collaborative(share=0.0, picks=4), SITES, SEED, 0)
    assert tied.network.ties.n_ties == 1
    assert tied.network.ties.listener.tolist() == SITES.tolist()
    assert tied.n_members == 2


def test_a_tie_that_runs_one_way_is_joined_by_the_other() -> None:
    one_way = ties_from_pairs(N, np.array([3]), np.array([7]), np.array([0.5]), directed=True)
    tied = tie_members(network_with(document(services=N), one_way), Collaborative(share=0.0, picks=1), SITES, SEED, 0)
    assert tied.network.ties.listener.tolist() == [3, 7]
    assert tied.network.ties.strength.tolist() == [0.5, 1.0]
    assert tied.is_made.tolist() == [False, True]


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_ties_weigh_in_while_it_meets_and_in_part_afterwards(share: float) -> None:
    levers = only_plan(collaborating(share)).levers
    assert [m.collaborates for m in levers] == [0.0, *[1.0] * 4, *[0.0] * 3]
    assert [m.tie_weight for m in levers] == [0.0, *[1.0] * 4, *[0.25] * 3]
    model = SpreadModel(
        network=network_without_ties(collaborating(share), context=np.linspace(-1.0, 1.0, N)),
        resolved=only_plan(collaborating(share)),
        seed=SEED,
    )
    full = tie_members(model.structure, Collaborative(share=share, picks=2), np.empty(0, dtype=int), SEED, 0).network
    for month in range(7):
        model.step()
        held = np.array([service.weight_sum for service in model.services])
        assert held == pytest.approx(full.weight_sum * [0.0, *[1.0] * 4, *[0.25] * 3][month], abs=1e-15)


def test_a_peer_programme_that_pauses_keeps_part_of_its_ties() -> None:
    doc = collaborating(0.5)
    doc["strategies"]["only"]["schedule"] = [{"month": 2, "peer_programme": 0.0}, {"month": 4, "peer_programme": 0.5}]
    assert [m.tie_weight for m in only_plan(doc).levers] == [0.0, 1.0, 0.25, 0.25, 1.0, *[0.25] * 3]


@DRIVERS
def test_services_hear_and_copy_over_the_ties_made(driver: str) -> None:
    """No other ties: those tied to a starting site, and they alone, start in the month after it meets."""
    doc = collaborating(1.0, behaviour={"adoption": {"peer_influence_facilitated": 1.0}})
    doc["behaviour"]["adoption"]["exposure_response"] = "threshold"
    doc["behaviour"]["adoption"] |= {"threshold_most_ready": 0.0001, "threshold_least_ready": 0.0001}
    doc["programme"]["starting_sites"] = {"share": 1 / N, "rule": "adjacent"}
    network = network_without_ties(doc)
    run = RUNS[driver](network, only_plan(doc), SEED, 0)
    tied = tie_members(network, Collaborative(share=1.0, picks=2), np.array([0]), SEED, 0).network.ties
    reached, expected = {0}, {}
    for month in range(1, 5):
        expected[month + 1] = {int(i) for i, j in zip(tied.listener, tied.peer, strict=True) if j in reached} - reached
        reached |= expected[month + 1]
    for month, services in expected.items():
        assert set(run.events["service"][run.events["month"] == month]) == services, month
    assert not (run.events["month"] == 1).any()
    assert len(expected[2]) >= 2


@DRIVERS
@pytest.mark.parametrize(("share", "peer_programme"), [(1.0, 0.0), (0.0, 1.0)])
def test_without_a_peer_programme_or_members_no_bit_changes(driver: str, share: float, peer_programme: float) -> None:
    fields = {"behaviour": {"adoption": {"external_influence": 0.1, "peer_influence_facilitated": 0.5}}}
    doc = collaborating(share, peer_programme, source="ring-lattice", **fields)
    plain = collaborating(0.0, peer_programme, source="ring-lattice", **fields)
    plain["programme"]["collaborative"]["picks"] = 0
    runs = [RUNS[driver](generated(d), only_plan(d), SEED, 0) for d in (doc, plain)]
    assert all(np.array_equal(runs[0].final[name], runs[1].final[name]) for name in runs[0].final)
    assert np.array_equal(runs[0].sums, runs[1].sums)


@DRIVERS
def test_a_cascade_does_not_run_over_ties_yet_to_be_made(driver: str) -> None:
    """Month 0, before it meets: no starting site persuades over a tie of the collaborative, sure as it would be."""
    doc = collaborating(
        1.0, behaviour={"adoption": {"exposure_response": "independent-cascade", "cascade_probability": 1.0}}
    )
    doc["behaviour"]["adoption"] |= {"peer_influence_unaided": 1.0, "peer_influence_facilitated": 1.0}
    doc["programme"]["starting_sites"] = {"share": 1 / N, "rule": "adjacent"}
    run = RUNS[driver](network_without_ties(doc), only_plan(doc), SEED, 0)
    assert (run.final["state"] == rules.EMBEDDED).sum() == 1


def test_replicates_of_one_network_have_members_of_their_own() -> None:
    doc = collaborating(0.5, source="ring-lattice")
    network = generated(doc)
    together = engine.run_together([network] * 3, only_plan(doc), SEED, [0, 1, 2])
    alone = [engine.run(network, only_plan(doc), SEED, replicate) for replicate in range(3)]
    for a, b in zip(together, alone, strict=True):
        assert np.array_equal(a.sums, b.sums)
    assert len({run.sums[-1, record.MEMBERS] for run in together}) > 1


def test_drivers_agree_on_ties_that_are_kept_in_part() -> None:
    """It meets from month 4 to month 11; before it its ties weigh nothing, after it a third, beside other ties."""
    settings = ["network.services=60", "network.hierarchy=[{level='n',count=6}]", "programme.collaborative.share=0.6"]
    settings += ["programme.collaborative.weight_after=0.3", "programme.start_month=4", "programme.stop_month=12"]
    scenario = load_scenario("default", [*settings, "programme.starting_sites.share=0.2", "run.months=30"])
    network = make_network(scenario)
    for strategy in plans(scenario):
        compiled, mesa = (RUNS[driver](network, strategy, SEED, 0) for driver in ("compiled", "mesa"))
        assert np.array_equal(compiled.sums, mesa.sums), strategy.name


def test_strategies_share_the_ties_made_and_a_run_leaves_them_as_they_are() -> None:
    scenario = load_scenario("default", ("network.services=40", "network.hierarchy=[{level='n',count=4}]"))
    network, plan = make_network(scenario), plans(scenario)[2]
    sites = starting_sites(network, plan.programme, SEED, 0)
    tied = tie_members(network, plan.programme.collaborative, sites, SEED, 0)
    assert tie_members(network, plan.programme.collaborative, sites, SEED, 0) is tied
    assert tie_members(network, plan.programme.collaborative, sites, SEED, 1) is not tied
    before = tied.network.weight.copy(), tied.network.weight_sum.copy()
    first, again = (engine.run(network, plan, SEED, 0) for _ in range(2))
    assert np.array_equal(first.sums, again.sums)
    assert all(map(np.array_equal, before, (tied.network.weight, tied.network.weight_sum)))
