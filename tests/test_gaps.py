"""What no other test would notice: that every decision is made by the number at its own address, that a month keeps
its order, and what every measure makes of a run written out by hand.

Both drivers agree bit for bit (`test_drivers`), so that a fault made in both alike shows nowhere there. These cases
work out what must happen from the specification's equations and the addressed numbers, service by service.
"""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest

from spreadsim import draws, rules
from spreadsim.drivers.mesa_model import SpreadModel
from spreadsim.drivers.running import run_plan
from spreadsim.network.data import Network, ties_from_pairs
from spreadsim.network.graph import network_from_graph
from spreadsim.network.hierarchy import Hierarchy
from spreadsim.network.normal import standard_normal
from spreadsim.network.starting_sites import starting_sites
from spreadsim.outcomes import record
from spreadsim.outcomes.measures import curves, curves_of, generations, measures, measures_of
from spreadsim.outcomes.run import Run
from spreadsim.outcomes.statistics import difference
from tests.event_counts import counts_of_events
from tests.test_rules import behaviour, intervention, month
from tests.verification.limiting_cases import document, generated, like_components, network_with, only_plan, scenario_of

N, SEED = 60, 5
DRIVERS = pytest.mark.parametrize("driver", ["mesa", "compiled"])
UID = np.arange(N, dtype=np.uint64)
OFF_LINE = {"mandate": 0.0, "latitude": 1.0, "peer_programme": 0.0, "monitoring": 0.0}


def u(month: int, purpose: int, word: Any = UID) -> np.ndarray:
    """Return the numbers at an address, one a service."""
    return draws.uniform(SEED, 0, month, purpose, word)


def u_component(month: int, purpose: int, n_components: int, first: int = 0) -> np.ndarray:
    """Return the numbers of each component (columns) of each service or group (rows): id 64 uid + k."""
    uid = np.arange(first, first + N, dtype=np.uint64)
    return np.stack([u(month, purpose, uid * np.uint64(64) + np.uint64(k)) for k in range(n_components)], axis=1)


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


def test_attributes_are_the_normal_values_at_their_addresses() -> None:
    doc = document(services=N)
    doc["services"] = {"context": {"standard_deviation": 2.0}}
    doc["run"]["seed"] = SEED
    network = generated(doc)
    own = [standard_normal(u(0, draws.ATTRIBUTE + column)) for column in range(9)]
    slope = -0.35 * own[1]
    rest = np.sqrt(1 - 0.35**2)
    expected = {
        "deprivation": own[1],
        "context": 2.0 * own[3],
        "readiness": np.clip(0.5 + 0.2 * (slope + rest * own[4]), 0.02, 0.98),
        "capability": np.clip(0.5 + 0.2 * (slope + rest * own[5]), 0, 1),
        "adaptation_tendency": np.clip(0.5 + 0.2 * own[6], 0, 1),
        "perception": own[8],
    }
    for name, values in expected.items():
        assert network[name] == pytest.approx(np.round(values, 6), abs=1e-9), name
    assert network["population"].tolist() == np.round(np.exp(np.log(8519.0) + 0.5 * own[7])).tolist()


def test_attributes_of_a_group_are_shared_by_its_services() -> None:
    doc = document(services=N)
    doc["services"] = {}
    doc["run"]["seed"] = SEED
    doc["network"] |= {"hierarchy": [{"level": "team", "count": 6}], "source": "nested-hierarchy"}
    network = generated(doc)
    group = (N + network.hierarchy.service_parent).astype(np.uint64)
    for name, column, icc in (("deprivation", 0, 0.4), ("context", 2, 0.5)):
        shared = standard_normal(u(0, draws.ATTRIBUTE + column, group))
        own = standard_normal(u(0, draws.ATTRIBUTE + column + 1))
        expected = np.round(np.sqrt(icc) * shared + np.sqrt(1 - icc) * own, 6)
        assert network[name] == pytest.approx(expected, abs=1e-9), name


def test_peers_are_picked_at_their_addresses() -> None:
    """Two picks in one's own team of ten, one in all, and a third of one anywhere: which, and whether, by address."""
    doc = document(services=N, source="nested-hierarchy")
    doc["run"]["seed"] = SEED
    doc["network"]["hierarchy"] = [{"level": "team", "count": 6}]
    expected = set()
    for number, (size, chance) in enumerate([(10, 1.0), (10, 1.0), (10, 1.0), (N, 0.3)]):
        word = UID * np.uint64(64) + np.uint64(number)
        kept, which = u(0, draws.PICK_KEPT, word) < chance, u(0, draws.PICK, word)
        for i in range(N):
            first = i // size * size
            other = first + int(which[i] * (size - 1))
            other += other >= i
            if kept[i]:
                expected |= {(i, other), (other, i)}
    ties = generated(doc).ties
    assert set(zip(ties.listener.tolist(), ties.peer.tolist(), strict=True)) == expected


def test_random_starting_sites_are_those_with_the_smallest_numbers() -> None:
    doc = document(services=N)
    doc["programme"]["starting_sites"] = {"share": 0.129, "rule": "random"}  # 7.74 services: 8
    doc["run"]["seed"] = SEED
    sites = starting_sites(generated(doc), scenario_of(doc).programme, SEED, 0)
    assert set(sites.tolist()) == set(np.argsort(u(0, draws.STARTING_SITE))[:8].tolist())


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


# ------------------------------------------------------------------------------------------------- measures


def run_by_hand() -> tuple[Run, Network, Any]:
    """Return a run of ten services over 24 months, the programme stopping at month 12, written out by hand."""
    U, A, I, E, X, D = range(6)  # noqa: E741
    chosen, told, peer, line = rules.VOLUNTARY, rules.MANDATED, rules.PEER, rules.HIERARCHY
    origin, none = rules.ORIGINATOR, rules.NO_SOURCE
    rows = [  # month, service, from, to, route, source kind, source, generation, presence, leader, leader source
        (0, 0, U, E, chosen, origin, -1, 0, 1.0, False, False),
        (1, 1, U, A, -1, none, -1, -1, 0.0, False, False),
        (1, 2, U, A, -1, none, -1, -1, 0.0, False, False),
        (1, 3, U, A, -1, none, -1, -1, 0.0, False, False),
        (2, 1, A, I, chosen, peer, 0, 1, 0.8, False, False),
        (2, 3, A, X, told, line, -1, 2, 0.9, False, False),
        (6, 1, I, E, chosen, none, -1, 1, 0.8, True, False),
        (6, 2, A, I, chosen, peer, 1, 2, 0.6, False, True),
        (8, 0, E, D, chosen, none, -1, 0, 0.0, False, False),
        (9, 2, I, E, chosen, none, -1, 2, 0.6, False, False),
        (11, 4, U, A, -1, none, -1, -1, 0.0, False, False),
        (12, 4, A, X, told, line, -1, 2, 0.9, False, False),
        (14, 3, X, D, told, none, -1, 2, 0.0, False, False),
        (15, 0, D, I, chosen, rules.SPECIFICATION, -1, 1, 0.7, False, False),
        (16, 0, I, E, chosen, none, -1, 1, 0.7, False, False),
        (18, 2, E, D, chosen, none, -1, 2, 0.0, False, False),
    ]
    fields = [name for name, _ in _event_fields()]
    events = {name: np.array([row[c] for row in rows], dtype=dtype) for c, (name, dtype) in enumerate(_event_fields())}
    assert list(events) == fields
    sums = np.zeros((25, record.N_SUMS))
    column = {name: place for place, name in enumerate(record.SUMS)}
    sums[0, column["effect"]] = 0.8  # the starting site
    for name, value in {
        "fidelity": 1.2, "core_fidelity": 1.6, "effect": 1.0, "fit": 1.4, "form_moved": 0.6, "context_distance": 1.5,
        "generation": 2.0, "presence_at_start": 1.5, "presence": 1.3,
    }.items():  # fmt: skip
        sums[24, column[name]] = value
    months = np.arange(25)
    sums[:, column["delivered"]] = 10.0 * months
    sums[:, column["delivered_least_deprived"]] = 4.0 * months
    sums[:, column["delivered_most_deprived"]] = 2.0 * months
    sums[:, column["leaders"]] = (months >= 6) * 1.0
    sums[:, column["supported"]] = 0.5
    doc = document(services=10, months=24, levers={"mandate": 0.4, "monitoring": 0.6})
    doc["programme"] |= {"stop_month": 12, "celebration": 0.5, "co_production": 0.25}
    nobody = np.empty(0, dtype=np.int64)
    deprivation = np.arange(10.0)  # fifths: services 0 and 1 least deprived, 8 and 9 most
    population = np.array([100.0, 200, 300, 100, 100, 100, 100, 100, 400, 500])
    network = network_with(doc, ties_from_pairs(10, nobody, nobody), deprivation=deprivation, population=population)
    counts = counts_of_events(events, population, 24, U)
    for name in record.SUMS[record.FIRST_STATE :]:
        sums[:, column[name]] = counts[name]
    final = {name: counts[name] for name in ("first_embedded", "began", "ever_led")} | {
        "state": np.array([E, E, D, D, X, U, U, U, U, U], dtype=np.int8),
        "form": np.array([1.0, -1.0, 0, 0, 0, 0, 0, 0, 0, 0]),
        "core": np.array([0.9, 0.7, 0.5, 0, 0, 0, 0, 0, 0, 0]),
        "adaptable": np.zeros(10),
        "generation": np.array([1, 1, 2, 2, 2, -1, -1, -1, -1, -1]),
    }
    resolved = only_plan(doc)
    specification = np.zeros((25, 1 + resolved.intervention.n_components))
    return Run(events, sums, np.zeros(10), final, specification), network, resolved


def _event_fields() -> tuple[tuple[str, str], ...]:
    from spreadsim.state import EVENT_FIELDS

    return EVENT_FIELDS


BY_HAND = {
    "reported_uptake": 0.3,  # 0 and 1 embedded, 4 in name only
    "embedded": 0.2,
    "in_name_only": 0.1,
    "in_name_only_of_reported": 1 / 3,
    "discontinued": 0.2,
    "lapsed_never_started": 0.1,  # 3 was never more than in name; 2 had begun
    "reach": 0.3,  # 0, 1, 2
    "population_reach": 0.3,  # 600 of 2000 people
    "fidelity": 0.6,
    "core_fidelity": 0.8,
    "fidelity_at_start": 0.75,
    "fidelity_drift": -0.1,
    "adaptation": 0.3,
    "adaptation_ratio": 0.4,
    "local_fit": 0.7,
    "effectiveness": 0.5 / 0.8,
    "effectiveness_ever": 1 / 3 / 0.8,
    "benefit": 10 * 18.5 / 2000,  # months 13 to 24
    "cumulative_benefit": 10 * 300 / 2000 / 12,
    "sustainment": 2 / 3,
    "evaporation": 0.4 - 0.3,  # month 12: 1 and 2 embedded, 3 and 4 in name only
    "generation": 1.0,
    "equity_gap": 4 * 18.5 / 300 - 2 * 18.5 / 900,
    "equity_ratio": (2 * 18.5 / 900) / (4 * 18.5 / 300),
    "second_leaders": 0.1,
    # programme .1 (.4 + .6) x 10 for 12 months; (2 + .25) a month for 1 (2-5) and 2 (6-8) under the programme, 2 for 0
    # in month 15; 3 x .5 in 24 months; .1 for each holding; .5 x .5 x one leader, months 6 to 11
    "cost": (12 * 1.0 + 7 * 2.25 + 2.0 + 24 * 1.5 + 0.1 * 69 + 6 * 0.25) / 10,
}


def held_months() -> int:
    """Return the service-months embedded or in name only, months 0 to 23, in the run by hand."""
    embedded = {0: (0, 8), 1: (6, 24), 2: (9, 18)}
    again, nominal = (16, 24), {3: (2, 14), 4: (12, 24)}
    return sum(b - a for a, b in [*embedded.values(), again, *nominal.values()])


def test_every_measure_of_a_run_written_by_hand() -> None:
    run, network, plan = run_by_hand()
    m = measures(run, network, plan)
    expected = BY_HAND | {"cost": BY_HAND["cost"] + 0.1 * (held_months() - 69) / 10}
    expected["cost_per_benefit_year"] = expected["cost"] / expected["cumulative_benefit"]
    for name, value in expected.items():
        assert m[name] == pytest.approx(value, rel=1e-12), name
    assert np.isnan(m["months_to_half"])
    assert set(m) == set(expected) | {"months_to_half"}


def test_months_to_half_is_the_first_month_with_half_reached_and_counts_re_entry_once() -> None:
    run, network, plan = run_by_hand()
    c = curves_of([run], [network], plan)
    c["reach"] = np.linspace(0.0, 1.0, 25)[np.newaxis]  # one half exactly at month 12
    assert measures_of([run], [network], plan, c)["months_to_half"] == [12.0]
    c = curves(run, network, plan)
    assert c["reach"].tolist() == [0.1] * 6 + [0.2] * 3 + [0.3] * 16
    assert c["sustainment"][[0, 6, 8, 9, 16, 18]] == pytest.approx([1.0, 1.0, 0.5, 2 / 3, 1.0, 2 / 3])
    assert c["leading"].tolist() == [0.0] * 6 + [0.1] * 19
    led = c["starters_from_leaders"]
    assert np.flatnonzero(~np.isnan(led)).tolist() == [2, 6, 15]
    assert led[[2, 6, 15]].tolist() == [0.0, 1.0, 0.0]
    assert c["share_in_name_only"][[1, 2, 12, 14]].tolist() == [0.0, 0.1, 0.2, 0.1]


def test_fidelity_by_generation_of_a_run_written_by_hand() -> None:
    run, _, plan = run_by_hand()
    rows = generations(run, plan)
    assert [row["n_began"] for row in rows] == [1, 2, 1]
    assert [row["n_embedded"] for row in rows] == [0, 2, 0]
    assert [row["fidelity_at_start"] for row in rows] == pytest.approx([1.0, 0.75, 0.6])
    assert rows[1]["core_fidelity"] == pytest.approx(0.8)


def test_what_is_recorded_of_a_month_by_hand() -> None:
    """Ten services, one in each state and four more unaware: what each adds to the month's sums."""
    held: dict[str, list[Any]] = {
        "state": [0, 1, 2, 3, 4, 5],
        "form": [0.0, 0.0, 5.0, -1.0, 7.0, 7.0],
        "core": [0.0, 0.0, 0.5, 0.5, 1.0, 0.25],
        "adaptable": [0.0, 0.0, 0.5, 0.25, 1.0, 0.5],
        "effect": [0.0, 0.0, 0.5, 0.4, 0.8, 0.9],
        "context": [0.0, 0.0, 2.0, -2.0, 3.0, 3.0],
        "generation": [-1, -1, 4, 3, 2, 9],
        "presence_at_start": [0.0, 0.0, 0.9, 0.7, 0.9, 0.9],
        "progress": [0.0, 0.0, 0.5, 1.0, 0.0, 0.0],
        "population": [1.0, 1.0, 8.0, 10.0, 20.0, 40.0],
        "leader": [False, False, False, True, False, False],
        "first_embedded": [-1, -1, -1, 1, 0, 1],
    }
    deprivation = np.array([1.0, 2, 8, 0, 9, 7, 3, 4, 5, 6])  # fifths: 0 and 3 least deprived, 2 and 4 most, 5 next
    doc = document(services=10, months=1, components=like_components(4, 2))
    nobody = np.empty(0, dtype=np.int64)
    network = network_with(doc, ties_from_pairs(10, nobody, nobody), deprivation=deprivation)
    model = SpreadModel(network=network, resolved=only_plan(doc), seed=SEED)
    for name, values in held.items():
        for service, value in zip(model.services[:6], values, strict=True):
            setattr(service, name, value)
    model.month = 1  # the last month, which counts for what is sustained
    model._record()
    got = dict(zip(record.SUMS, model._sums[1].tolist(), strict=True))
    del got["supported"]
    implementing, nominal = 0.5 * 0.5, 0.15 * 0.8
    assert got == pytest.approx(
        {
            "fidelity": 0.5 * 0.5 + 0.5 * 0.5 * 0.25,
            "core_fidelity": 0.5,
            "effect": 0.4,
            "fit": 0.5,  # one fit distance from -1 to -2
            "form_moved": 1.0,
            "context_distance": 2.0,
            "generation": 3.0,
            "presence_at_start": 0.7,
            "presence": 0.5 * 0.5 + 0.5 * 0.25,
            "delivered": 8 * implementing + 10 * 0.4 + 20 * nominal,
            "delivered_least_deprived": 4.0,
            "delivered_most_deprived": 8 * implementing + 20 * nominal,
            "leaders": 1.0,
            "n_unaware": 5.0,  # one, and the four that nobody touched
            "n_aware": 1.0,
            "n_implementing": 1.0,
            "n_embedded": 1.0,
            "n_in_name_only": 1.0,
            "n_discontinued": 1.0,
            "n_first_embedded": 1.0,  # the one that still is
            "people_first_embedded": 10.0,
            "n_beginning": 0.0,
            "n_beginning_from_leaders": 0.0,
        }
    )
    assert model._late_effect.tolist() == pytest.approx([0.0, 0.0, implementing, 0.4, nominal, 0.0] + [0.0] * 4)


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


# ------------------------------------------------------------------------------------------------- rules off centre


b, clear = behaviour(copying={"component_loss": 0.2}), intervention(mechanism_clarity=0.9)
met = behaviour(adoption={"exposure_response": rules.THRESHOLD, "threshold_most_ready": 0.0})
keen = behaviour(adoption={"external_influence": 0.9, "peer_influence_unaided": 0.9})
often = behaviour(mandate={"conversion_rate": 1.0}, sustainment={"discontinuation_rate": 1.0})
burdened = intervention(mean_complexity=0.2)
MORE_BY_HAND = [
    # values at which one minus a share is not the share itself
    ("component_copied", (b, 0.5, 0.0, 0.5, 1.0, 0.5, 0.5), 0.4),
    ("eroded", (b, 0.5), 0.4),
    ("repaired", (b, 0.5), 0.6),
    ("copying_slip", (b, 0.1, 0.9, 0.0), 0.06),
    ("omission_probability", (b, clear, 1.0, 0.5, True, 0.25), 0.01),
    ("care_taken", (month(co_production=0.4), clear), 0.08),
    ("progress_made", (b, 0.9, 0.0, 0.1), 1.4 / (9 * 0.6)),
    ("engagement", (b, 0.25), 0.2),
    ("threshold", (b, 0.9), 0.08),
    ("leadership_probability", (b, month(celebration=0.5), 0.1), 0.025),
    ("discontinuation_probability", (b, intervention(), 0.9, 1.0, 0.0, 0.5), 0.0104),
    # factors that are 1 at complexity, capability or tendency one half
    ("mandated_engagement", (b, month(mandate=1.0, latitude=1.0), burdened, 4.0, 1.0), 2.5 / 3.5),  # 4 / 1.6
    ("discontinuation_probability", (b, burdened, 1.0, 0.0, 0.0, 0.5), 0.0128),  # .008 (1 + 1.5 x .4)
    ("conversion_probability", (b, month(co_production=0.25), 0.5, 0.5, 0.5), 0.01875),
    ("component_copied", (b, 0.5, 0.0, 0.0, 0.4, 0.5, 0.25), 0.5),  # .4 x .5 = .2
    ("component_copied", (b, 0.5, 0.0, 0.0, 0.6, 0.5, 0.25), 0.4),  # .6 x .5 = .3
    ("omission_probability", (b, clear, 1.0, 0.0, False, 0.25), 0.0375),
    ("form_adjusted", (b, month(), 0.0, 1.0, 1.0, 0.9, 0.5, 0.0), 0.21),  # .15 x 1.4
    # limits and edges
    ("support_received", (0.5, 0.2, 0.8), 0.125),
    ("fidelity_as_intended", (intervention(), 0.0, 1.0, 0.5), 0.4),  # (1 - 1/3) x .6
    ("exposure", (0.2, 0.5), 0.4),
    ("exposure_response", (met, 0.0, 1.0, 1.0), 1.0),
    ("exposure_response", (met, 0.35, 0.0, 1.0), 1.0),
    ("exposure_response", (behaviour(adoption={"threshold_most_ready": 0.0}), 0.0, 1.0, 1.0), 0.0),
    ("adoption_probability", (keen, month(), 1.0, 0.5, False), 0.5),
    ("conversion_probability", (often, month(co_production=1.0), 1.0, 1.0, 1.0), 1.0),
    ("discontinuation_probability", (often, intervention(), 0.0, 0.0, 0.0, 0.0), 1.0),
    ("component_copied", (b, 0.5, 0.0, 0.5, 1.5, 0.5, 1.0), 0.5),  # an error is never surer than 1, nor u as high
    ("omission_probability", (behaviour(copying={"omission_rate": 1.0}), intervention(), 1.0, 1.0, False, 0.0), 1.0),
    ("reads_specification", (behaviour(adoption={"external_influence": 0.5}), month(), 1.0, 0.0, 1.0), False),
    ("drifted", (b, 0.5, 0.25, 1.0, 0.25, 0.25), 0.5),  # loss takes less than .25
    ("drifted", (b, 0.5, 0.75, 1.0, 0.25, 0.25), 0.6),  # repair takes .75 and more
]


@pytest.mark.parametrize(
    ("name", "arguments", "expected"), MORE_BY_HAND, ids=[f"{i}-{case[0]}" for i, case in enumerate(MORE_BY_HAND)]
)
def test_rules_away_from_the_middle(name: str, arguments: tuple[Any, ...], expected: Any) -> None:
    """Values that tell a share from one minus it, a product from a quotient, and a limit from what lies beyond it."""
    got = getattr(rules, name)(*arguments)
    assert got == (pytest.approx(expected, rel=1e-13) if isinstance(expected, float) else expected)


def test_a_threshold_met_exactly_is_met() -> None:
    b = behaviour(adoption={"exposure_response": rules.THRESHOLD, "threshold_most_ready": 0.0})
    assert rules.exposure_response(b, 0.0, 1.0, 1.0) == 1.0
    assert rules.exposure_response(b, 0.35, 0.0, 1.0) == 1.0
    assert rules.reads_specification(b, month(), 1.0, 0.0, 1.0) is False  # all influence is outside, and is met exactly


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


# ------------------------------------------------------------------------------------------------- plans and numbers


def test_the_intervention_as_numbers() -> None:
    doc = document(
        components={
            "a": {"core": True, "weight": 0.1, "complexity": 0.2},
            "b": {"core": True, "weight": 0.3, "complexity": 0.4},
            "c": {"core": False, "weight": 0.2, "complexity": 0.6},
            "d": {"core": False, "weight": 0.4, "complexity": 1.0},
        }
    )
    v = only_plan(doc).intervention
    assert v.core_weight.tolist() == pytest.approx([0.25, 0.75, 0, 0])
    assert v.adaptable_weight.tolist() == pytest.approx([0, 0, 1 / 3, 2 / 3])
    assert (v.core_share, v.adaptable_share) == (pytest.approx(0.4), pytest.approx(0.6))
    assert v.mean_complexity == pytest.approx(0.02 + 0.12 + 0.12 + 0.4)
    assert (v.n_components, v.n_core) == (4, 2)


def test_an_instruction_taken_back_sets_out_again() -> None:
    doc = document(months=10)
    doc["strategies"]["only"] |= {
        "mandate": 1.0,
        "schedule": [{"month": 3, "mandate": 0.0}, {"month": 5, "mandate": 0.5}],
    }
    assert [m.months_directed for m in only_plan(doc).levers] == [0, 1, 2, 0, 0, 0, 1, 2, 3, 4]


def test_before_the_programme_latitude_is_that_of_after() -> None:
    doc = document(months=4, levers={"latitude": 0.2})
    doc["programme"] |= {"start_month": 2, "latitude_after": 0.7, "stop_month": 3}
    assert [m.latitude for m in only_plan(doc).levers] == [0.7, 0.7, 0.2, 0.7]


def test_published_numbers_without_a_compiler() -> None:
    """Known answers of the specification, in Python and in NumPy alone."""
    for *address, expected in (
        (1, 0, 0, 1, 0, 0.8903483491414294),
        (1, 0, 0, 1, 2, 0.1772505557779075),
        (42, 3, 17, 100, 64, 0.514871744924861),
        (7, 2, 5, 180, 194, 0.43764843612996507),
        (2**64 - 1, 2**64 - 1, 60, 120, 30663, 0.2788145665266868),
    ):
        assert draws.uniform(*address) == expected
        words = np.array([address[4]], dtype=np.uint64)
        assert draws.uniform(*address[:4], words).tolist() == [expected]


def test_a_fall_is_told_apart_as_a_rise_is() -> None:
    higher, lower = np.array([5.0, 6.0, 7.0, 8.0]), np.array([1.0, 2.1, 2.9, 4.0])
    assert difference(higher, lower).told_apart is True
    assert difference(lower, higher).told_apart is True
    assert difference(lower, lower[::-1]).told_apart is False
