"""Every decision is made by the number at its own address, and a month keeps its order.

Both drivers agree bit for bit (`test_drivers`), so that a fault made in both alike shows nowhere there. These cases
work out what must happen from the specification's equations and the addressed numbers, service by service.
"""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest

from spreadsim import draws, rules
from spreadsim.drivers.running import run_plan
from spreadsim.network.data import Network, ties_from_pairs
from spreadsim.network.graph import network_from_graph
from spreadsim.network.hierarchy import Hierarchy
from spreadsim.outcomes import record
from spreadsim.outcomes.run import Run
from tests.addresses import SEED, UID, N, u, u_component
from tests.verification.limiting_cases import document, generated, like_components, network_with, only_plan, scenario_of

DRIVERS = pytest.mark.parametrize("driver", ["mesa", "compiled"])
OFF_LINE = {"mandate": 0.0, "latitude": 1.0, "peer_programme": 0.0, "monitoring": 0.0}


def lived(driver: str, doc: dict[str, Any], network: Network | None = None) -> Run:
    """Return one run of a document's only strategy on services without ties, or on the network given."""
    nobody = np.empty(0, dtype=np.int64)
    network = (
        network_with(doc, ties_from_pairs(doc["network"]["services"], nobody, nobody)) if network is None else network
    )
    return run_plan(network, only_plan(doc), SEED, 0, driver)  # type: ignore[arg-type]


def doc_of(months: int, services: int = N, **tables: Any) -> dict[str, Any]:
    """Return the common document of the limiting cases, with everyone aware from the start."""
    doc = document(services=services, months=months, **tables)
    doc["behaviour"]["awareness"].setdefault("start", "aware")
    return doc


def state(run: Run) -> list[int]:
    return run.final["state"].tolist()


# ------------------------------------------------------------------------------------------------- addresses


@DRIVERS
def test_hearing_is_decided_at_its_address(driver: str) -> None:
    doc = doc_of(2, behaviour={"awareness": {"broadcast_rate": 0.3, "start": "unaware"}})
    heard = (u(0, draws.AWARE) < 0.3) | (u(1, draws.AWARE) < 0.3)
    assert state(lived(driver, doc)) == np.where(heard, rules.AWARE, rules.UNAWARE).tolist()


@DRIVERS
def test_deciding_and_leading_are_decided_at_their_addresses(driver: str) -> None:
    doc = doc_of(
        1,
        programme={"celebration": 1.0},
        behaviour={"adoption": {"external_influence": 0.5}, "second_leaders": {"emergence_probability": 0.4}},
    )
    run, adopts = lived(driver, doc), u(0, draws.DECIDE) < 0.5
    assert state(run) == np.where(adopts, rules.EMBEDDED, rules.AWARE).tolist()
    assert run.final["leader"].tolist() == (adopts & (u(0, draws.LEADER) < 0.4)).tolist()


@DRIVERS
def test_complying_engaging_converting_and_lapsing_are_decided_at_their_addresses(driver: str) -> None:
    doc = doc_of(
        2,
        programme={"support": 0.8, "support_capacity": 1.0},
        behaviour={
            "engagement": {"gate": True, "support_odds": 0.0},
            "mandate": {"compliance_rate": 0.9, "conversion_rate": 0.5, "lapse_rate": 0.6},
            "implementation": {"months_to_embed": 600.0},
        },
    )
    doc["strategies"]["only"] = {**OFF_LINE, "mandate": 0.8, "schedule": [{"month": 1, "mandate": 0.5}]}
    complies = u(0, draws.MANDATE) < 0.9 * 0.8 * 0.8
    # odds 1 over a reactance of 1 + 1.5 x burden 1 x mandate .8
    engages = u(0, draws.ENGAGE) < (1 / 2.2) / (1 + 1 / 2.2)
    nominal = complies & ~engages
    converts = u(1, draws.CONVERT) < 0.5 * 0.5 * 0.8
    lapses = u(1, draws.RELAPSE) < 0.6 * 0.5
    later = u(1, draws.MANDATE) < 0.9 * 0.5 * 0.5
    engages_later = u(1, draws.ENGAGE) < (1 / 1.75) / (1 + 1 / 1.75)
    expected = np.full(N, rules.AWARE)
    expected[complies & engages] = rules.IMPLEMENTING
    expected[nominal] = rules.IN_NAME_ONLY
    expected[nominal & lapses] = rules.DISCONTINUED
    expected[nominal & converts] = rules.IMPLEMENTING
    expected[~complies & later] = np.where(engages_later, rules.IMPLEMENTING, rules.IN_NAME_ONLY)[~complies & later]
    run = lived(driver, doc)
    assert state(run) == expected.tolist()
    assert set(np.flatnonzero(run.final["route"] == rules.MANDATED)) == set(np.flatnonzero(complies | later))
    # conversion keeps the route, and with it the ownership of a mandated start
    assert set(run.final["ownership"][nominal & converts].tolist()) == {0.2}
    assert {int(run.final["generation"][i]) for i in np.flatnonzero(nominal)} == {1}
    # and what is converted to is learned from the specification, not from the line
    began = (run.events["from_state"] == rules.IN_NAME_ONLY) & (run.events["to_state"] == rules.IMPLEMENTING)
    assert set(run.events["source_kind"][began].tolist()) == {rules.SPECIFICATION}


@DRIVERS
def test_giving_up_and_stopping_are_decided_at_their_addresses(driver: str) -> None:
    doc = doc_of(
        2,
        behaviour={
            "adoption": {"external_influence": 1.0},
            "engagement": {"gate": True},
            "implementation": {"months_to_embed": 600.0, "abandonment_rate": 0.4},
        },
    )
    began = u(0, draws.DECIDE) < 0.5  # odds 1
    expected = np.where(u(1, draws.DECIDE) < 0.5, rules.IMPLEMENTING, rules.AWARE)
    expected[began] = np.where(u(1, draws.ABANDON) < 0.4, rules.DISCONTINUED, rules.IMPLEMENTING)[began]
    assert state(lived(driver, doc)) == expected.tolist()
    doc = doc_of(2, starting_share=1.0, behaviour={"sustainment": {"discontinuation_rate": 0.2}})
    stops = (u(0, draws.STOP) < 0.2) | (u(1, draws.STOP) < 0.2)
    assert state(lived(driver, doc)) == np.where(stops, rules.DISCONTINUED, rules.EMBEDDED).tolist()


@DRIVERS
def test_each_component_is_read_copied_or_left_out_by_its_own_numbers(driver: str) -> None:
    doc = doc_of(
        1,
        components=like_components(3, 2, codification=0.3),
        behaviour={
            "adoption": {"external_influence": 1.0},
            "copying": {"error_from_specification": 0.4, "omission_rate": 0.4},
        },
    )
    doc["intervention"]["mechanism_clarity"] = 0.5
    read, slips = u_component(0, draws.TEMPLATE, 3) < 0.3, u_component(0, draws.COPY, 3) < 0.4
    # core: .4 x latitude 1 x (.5 + .5) x (1 - .5); adaptable: the fit of context 0 is 1, so none is left out
    left_out = u_component(0, draws.OMIT, 3) < np.array([0.2, 0.2, 0.0])
    expected = np.where(left_out, 0.0, np.where(read, 1.0, np.where(slips, 0.5, 1.0)))
    run = lived(driver, doc)
    assert run.final["fidelity"].tolist() == expected.tolist()
    assert run.final["complexity_included"] == pytest.approx(np.sum(~left_out, axis=1) * 0.5 / 3)
    assert run.final["presence_at_start"] == pytest.approx(expected.mean(axis=1))


@DRIVERS
def test_the_message_of_each_level_is_made_of_its_own_numbers(driver: str) -> None:
    """Sixty services, each under a group of its own below one root: in name only, each holds its group's message."""
    doc = doc_of(
        1,
        components=like_components(2, codification=0.25),
        levers={"mandate": 1.0},
        behaviour={
            "engagement": {"gate": True, "reactance": 100.0},
            "copying": {"error_from_hierarchy": 0.5},
            "awareness": {"start": "aware"},
        },
    )
    doc["services"]["readiness"]["minimum"] = 0.001
    nobody = np.empty(0, dtype=np.int64)
    network = network_with(doc, ties_from_pairs(N, nobody, nobody), readiness=np.full(N, 0.001))
    tree = Hierarchy(
        ("group",),
        ("root", *(f"g{i}" for i in range(N))),
        np.array([-1] + [0] * N),
        np.array([-1] + [0] * N),
        np.arange(1, N + 1),
    )
    network = Network(network.ids, network.names, network.attributes, tree, network.ties)
    run = lived(driver, doc, network)
    read = u_component(0, draws.TIER_TEMPLATE, 2, N + 1) < 0.25  # groups have the uids n + g; group 0 is the root
    slips = u_component(0, draws.TIER_COPY, 2, N + 1) < 0.5
    nominal = run.final["state"] == rules.IN_NAME_ONLY
    assert nominal.sum() >= N - 2
    expected = np.where(read, 1.0, np.where(slips, 0.5, 1.0))
    assert run.final["fidelity"][nominal].tolist() == expected[nominal].tolist()
    assert set(run.final["generation"][nominal].tolist()) == {2}


def weighted_stars(n_stars: int) -> nx.Graph:
    """Return stars of three starting sites and one service that hears from them with weights 1, 2 and 3."""
    graph = nx.Graph()
    graph.add_nodes_from(range(4 * n_stars))
    for star in range(n_stars):
        for weight in (1, 2, 3):
            graph.add_edge((weight - 1) * n_stars + star, 3 * n_stars + star, weight=float(weight))
    return graph


@DRIVERS
def test_whose_version_is_copied_is_decided_at_its_address(driver: str) -> None:
    n_stars = 15
    doc = doc_of(
        1,
        4 * n_stars,
        starting_share=0.75,
        behaviour={
            "adoption": {
                "external_influence": 0.3,
                "peer_influence_unaided": 0.7,
                "peer_influence_facilitated": 0.7,
            }
        },
    )
    run = lived(driver, doc, network_from_graph(weighted_stars(n_stars), scenario_of(doc)))
    hears = np.arange(3 * n_stars, 4 * n_stars)
    from_specification = u(0, draws.ORIGIN)[hears] * (0.3 + 0.7) < 0.3
    mark = u(0, draws.SOURCE)[hears] * 6.0
    peer = np.where(mark < 1.0, 0, np.where(mark < 3.0, 1, 2)) * n_stars + np.arange(n_stars)
    event = {int(s): k for k, s in enumerate(run.events["service"])}
    places = [event[int(i)] for i in hears]
    assert run.events["source_service"][places].tolist() == np.where(from_specification, -1, peer).tolist()
    kinds = np.where(from_specification, rules.SPECIFICATION, rules.PEER).tolist()
    assert run.events["source_kind"][places].tolist() == kinds


@DRIVERS
@pytest.mark.parametrize("what", ["drift", "erosion"])
def test_losses_over_time_are_decided_at_their_addresses(driver: str, what: str) -> None:
    """Three components, walked from candidate to candidate by the inverse of the geometric distribution.

    Peers may repair, but nobody has any: what is lost stays lost.
    """
    behaviour: dict[str, Any] = {"drift": {"rate": 0.2, "repair_from_peers": 0.5}}
    candidate, decision, chance = draws.DRIFT_CANDIDATE, draws.DRIFT, 0.2
    bound = np.ceil((0.2 * 1.5 * 1.5 + 0.5) * 64) / 64
    share, months = 1.0, (0, 1)
    if what == "erosion":
        candidate, decision, chance, bound = draws.EROSION_CANDIDATE, draws.EROSION, 0.9 * 0.5, np.ceil(0.9 * 64) / 64
        behaviour = {
            "adoption": {"external_influence": 1.0},
            "adaptation": {"core_erosion_rate": 0.9},
            "implementation": {"months_to_embed": 600.0},
        }
        share, months = 0.0, (1, 2)
    doc = doc_of(months[-1] + 1, components=like_components(3), starting_share=share, behaviour=behaviour)
    doc["intervention"]["mechanism_clarity"] = 0.5
    expected = np.ones((N, 3))
    for t in months:
        for i in range(N):
            at = 0
            while at < 3:
                first = draws.uniform(SEED, 0, t, candidate, 64 * i + at)
                while at < 3 and first >= bound:  # the geometric law one component at a time, on the rest of [0, 1)
                    first, at = (first - bound) / (1 - bound), at + 1
                if at < 3 and draws.uniform(SEED, 0, t, decision, 64 * i + at) * bound < chance:
                    expected[i, at] *= 0.5
                at += 1
    assert 20 < np.sum(expected < 1.0) < 150
    assert lived(driver, doc).final["fidelity"].tolist() == expected.tolist()


# ------------------------------------------------------------------------------------------------- order of a month


@DRIVERS
def test_a_copy_is_of_last_months_version_and_changes_from_the_month_after(driver: str) -> None:
    """The starting site's form leaves its context in the month in which its peer copies it: the peer gets the old."""
    doc = doc_of(
        1,
        2,
        starting_share=0.5,
        levers={"latitude": 0.0},
        components=like_components(2, 1),
        behaviour={
            "adoption": {"peer_influence_unaided": 1.0, "peer_influence_facilitated": 1.0},
            "adaptation": {"adjustment_rate": 1.0},
            "implementation": {"months_to_embed": 600.0},
        },
    )
    ties = ties_from_pairs(2, np.array([0]), np.array([1]))
    network = network_with(doc, ties, context=np.array([1.0, 0.0]))
    run = lived(driver, doc, network)
    assert run.final["form"].tolist() == [0.0, 1.0]
    assert run.final["generation"].tolist() == [0, 1]
    assert run.events["month"].tolist() == [0, 1]
    # what is recorded of month 1 is the effect of month 1: half core and whole, half adaptable at a fit of one half
    assert run.sums[:, record.SUMS.index("effect")].tolist() == [1.0, 0.75]
    doc["run"]["months"] = 2
    assert lived(driver, doc, network).final["form"].tolist() == [0.0, 0.0]


@DRIVERS
def test_all_decide_from_last_months_state(driver: str) -> None:
    """Along a path, what one service starts in a month the next one hears of in the month after, whatever the order."""
    doc = doc_of(
        4,
        6,
        source="path",
        starting_share=1 / 6,
        behaviour={
            "adoption": {
                "peer_influence_unaided": 1.0,
                "peer_influence_facilitated": 1.0,
                "exposure_response": "threshold",
            }
        },
    )
    first = lived(driver, doc, generated(doc)).events["month"].tolist()
    assert first == [0, 1, 2, 3, 4]


@DRIVERS
def test_an_instruction_passes_a_level_in_the_months_it_takes(driver: str) -> None:
    doc = doc_of(
        8,
        2,
        levers={"mandate": 1.0},
        behaviour={"mandate": {"months_per_level": 3}, "awareness": {"broadcast_rate": 0.0, "start": "unaware"}},
    )
    nobody = np.empty(0, dtype=np.int64)
    network = network_with(doc, ties_from_pairs(2, nobody, nobody))
    tree = Hierarchy((), ("root",), np.array([-1]), np.array([-1]), np.array([0, -1]))
    network = Network(network.ids, network.names, network.attributes, tree, network.ties)
    run = lived(driver, doc, network)
    months = {
        (int(s), int(t)): int(m)
        for s, t, m in zip(*(run.events[k] for k in ("service", "to_state", "month")), strict=True)
    }
    assert months == {(1, rules.AWARE): 1, (1, rules.EMBEDDED): 2, (0, rules.AWARE): 4, (0, rules.EMBEDDED): 5}


@DRIVERS
def test_a_service_that_gives_up_under_a_mandate_keeps_up_appearances(driver: str) -> None:
    """Route and mandate decide: who was told goes on in name, who chose stops."""
    for route, expected in ((rules.MANDATED, rules.IN_NAME_ONLY), (rules.VOLUNTARY, rules.DISCONTINUED)):
        told = route == rules.MANDATED
        doc = doc_of(
            2,
            3,
            levers={"mandate": 1.0},
            programme={"celebration": 1.0},
            behaviour={
                "adoption": {"external_influence": 0.0 if told else 1.0},
                "sustainment": {"discontinuation_rate": 1.0},
                "second_leaders": {"emergence_probability": 1.0},
            },
        )
        run = lived(driver, doc)
        assert run.events["leader"].tolist() == [True] * 3 + [False] * 3
        assert state(run) == [expected] * 3
        assert set(run.final["leader"].tolist()) == {False}


@DRIVERS
def test_what_is_stopped_stays_as_it_was(driver: str) -> None:
    """Forms leave their contexts in the first month, but not those of services that stop in it."""
    doc = doc_of(
        1,
        starting_share=1.0,
        levers={"latitude": 0.0},
        components=like_components(2, 1),
        behaviour={"adaptation": {"adjustment_rate": 1.0}, "sustainment": {"discontinuation_rate": 0.4}},
    )
    nobody = np.empty(0, dtype=np.int64)
    network = network_with(doc, ties_from_pairs(N, nobody, nobody), context=np.ones(N))
    stops = u(0, draws.STOP) < 0.4
    run = lived(driver, doc, network)
    assert (run.final["state"] == rules.DISCONTINUED).tolist() == stops.tolist()
    assert run.final["form"].tolist() == stops.astype(float).tolist()


@DRIVERS
def test_who_has_stopped_persuades_nobody(driver: str) -> None:
    """The only site stops in the first month: whom it has not won by then it never wins."""
    doc = doc_of(
        4,
        source="star",
        starting_share=1 / N,
        behaviour={
            "adoption": {"peer_influence_unaided": 0.5, "peer_influence_facilitated": 0.5, "discouragement": 1.0},
            "sustainment": {"discontinuation_rate": 1.0},
        },
    )
    run = lived(driver, doc, generated(doc))
    ever = np.isin(UID, run.events["service"][run.events["to_state"] == rules.EMBEDDED])
    expected = u(0, draws.DECIDE) < 0.5
    expected[0] = True
    assert ever.tolist() == expected.tolist()


@DRIVERS
@pytest.mark.parametrize("covers", [False, True])
def test_support_is_shared_by_those_waiting_and_recorded(driver: str, covers: bool) -> None:
    """Ten places for forty implementing: a quarter of .8 each; where embedded ones are covered, for sixty: a sixth."""
    doc = doc_of(
        1,
        starting_share=1 / 3,
        programme={
            "support": 0.8,
            "support_capacity": 1 / 6,
            "support_for": "implementing-and-embedded" if covers else "implementing",
        },
        behaviour={
            "adoption": {"external_influence": 1.0},
            "implementation": {"months_to_embed": 600.0},
        },
    )
    doc["run"]["months"] = 2
    run = lived(driver, doc)
    supported = run.sums[:, record.SUMS.index("supported")]
    # month 0: nobody implements; 20 embedded share 10 places where they are covered
    assert supported.tolist()[:2] == pytest.approx([8.0 if covers else 0.0, 8.0])
    each = 0.8 / 6 if covers else 0.8 / 4
    assert run.final["progress"][20:] == pytest.approx([1.0 * (1 + each) / (600 * 1.0)] * 40)


@DRIVERS
def test_a_newly_embedded_peer_persuades_once(driver: str) -> None:
    """Twenty paths of three: each service has one chance, in the month its neighbour is first embedded."""
    doc = doc_of(
        4,
        starting_share=1 / 3,
        behaviour={
            "adoption": {
                "peer_influence_unaided": 1.0,
                "peer_influence_facilitated": 1.0,
                "exposure_response": "independent-cascade",
                "cascade_probability": 0.6,
            },
            "awareness": {"start": "aware"},
        },
    )
    pairs = (np.concatenate([np.arange(20), np.arange(20, 40)]), np.arange(20, 60))
    network = network_with(doc, ties_from_pairs(N, *pairs))
    middle = u(0, draws.DECIDE)[20:40] < 0.6
    last = middle & (u(1, draws.DECIDE)[40:] < 0.6)
    expected = np.concatenate([np.full(20, True), middle, last])
    assert (np.array(state(lived(driver, doc, network))) == rules.EMBEDDED).tolist() == expected.tolist()
