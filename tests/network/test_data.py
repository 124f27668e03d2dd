"""Generated networks: shape, order, addressing."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spreadsim as ss
from spreadsim.errors import SpreadsimError
from spreadsim.network.construction import make_network
from spreadsim.network.data import ties_from_pairs
from spreadsim.network.graph import network_from_graph
from spreadsim.network.hierarchy import largest_remainder
from spreadsim.network.starting_sites import starting_sites
from spreadsim.scenario.validation import validate
from tests.conftest import small_document
from tests.random_scenarios import scenarios


def made(source: str, services: int, **generator: Any) -> ss.Network:
    document = small_document()
    document["network"] |= {"source": source, "services": services, "hierarchy": []}
    document["network"]["generator"] |= generator
    return make_network(validate(document, source))


def peers(network: ss.Network) -> nx.Graph:
    graph = network.graph
    return nx.Graph((a, b) for a, b, data in graph.edges(data=True) if data["kind"] == "peer")


def test_path_star_tree_complete_and_ring_are_what_networkx_makes() -> None:
    assert set(map(frozenset, peers(made("path", 9)).edges)) == set(map(frozenset, nx.path_graph(9).edges))
    assert set(map(frozenset, peers(made("star", 9)).edges)) == set(map(frozenset, nx.star_graph(8).edges))
    assert set(map(frozenset, peers(made("complete", 9)).edges)) == set(map(frozenset, nx.complete_graph(9).edges))
    tree = peers(made("tree", 15, branching=2))
    assert set(map(frozenset, tree.edges)) == set(map(frozenset, nx.balanced_tree(2, 3).edges))
    ring = peers(made("ring-lattice", 20, neighbours=6))
    assert set(map(frozenset, ring.edges)) == set(map(frozenset, nx.watts_strogatz_graph(20, 6, 0).edges))


@pytest.mark.parametrize(("n", "neighbours"), [(1, 2), (2, 2), (3, 2), (4, 6), (5, 4), (6, 10)])
def test_small_rings_are_complete_at_most(n: int, neighbours: int) -> None:
    network = made("ring-lattice", n, neighbours=neighbours)
    assert network.ties.n_ties == min(n * (n - 1) // 2, n * neighbours // 2 if n > neighbours else n * (n - 1) // 2)


def test_random_scale_free_and_small_world_have_their_marks() -> None:
    random = made("random", 4000, mean_degree=6.0).ties.degree
    assert abs(random.mean() - 6) < 0.05
    assert abs(random.var() - 6) < 0.6  # Poisson
    free = made("scale-free", 4000, attachments=3).ties
    assert free.n_ties == 3 * (4000 - 3)
    assert free.degree.max() > 60
    world = made("small-world", 2000, neighbours=6, rewiring=0.1)
    assert 0.35 < nx.average_clustering(peers(world)) < 0.6  # .6 without rewiring, times (1 - .1)^3
    assert nx.average_clustering(peers(made("small-world", 2000, neighbours=6, rewiring=1.0))) < 0.02


def test_too_large_a_complete_network_is_refused() -> None:
    with pytest.raises(SpreadsimError, match="use at most 5000 services"):
        made("complete", 5001)


def test_nested_hierarchy_ties_stay_mostly_near(small: Any) -> None:
    network = make_network(small)
    same = (
        network.hierarchy.service_parent[network.ties.listener] == network.hierarchy.service_parent[network.ties.peer]
    )
    assert same.mean() > 0.4
    assert network.hierarchy.service_depth.tolist() == [3] * 60


@given(scenarios())
def test_every_network_is_canonical(scenario: Any) -> None:
    network = make_network(scenario, 2)
    ties = network.ties
    for i in range(network.n):
        row = ties.peer[ties.start[i] : ties.start[i + 1]]
        assert np.all(np.diff(row) > 0), "ascending, each once"
        assert i not in row
    mirrored = {(int(b), int(a)) for a, b in zip(ties.listener, ties.peer, strict=True)}
    assert mirrored == {(int(a), int(b)) for a, b in zip(ties.listener, ties.peer, strict=True)}
    tree = network.hierarchy
    assert np.all(tree.parent < np.arange(tree.n_groups)), "a group stands after its parent"
    assert set(tree.service_parent.tolist()) <= set(range(tree.n_groups))
    for variable, values in network.attributes.items():
        assert np.array_equal(values, np.round(values, 6)), f"{variable} can be held by a file"


@given(scenarios(), st.integers(0, 5))
@settings(max_examples=20)
def test_a_network_survives_its_networkx_graph(scenario: Any, replicate: int) -> None:
    network = make_network(scenario, replicate)
    again = network_from_graph(network.graph, scenario, replicate)
    assert again.drawn == ()
    assert np.array_equal(again.weight, network.weight)
    assert np.array_equal(again.weight_sum, network.weight_sum)
    assert np.array_equal(again.hierarchy.service_parent, network.hierarchy.service_parent)
    assert np.array_equal(again.hierarchy.parent, network.hierarchy.parent)
    assert again.ids == network.ids


def test_set_up_draws_are_addressed(small: Any) -> None:
    """Attributes and ties depend on seed and replicate alone, not on what else is drawn or how many there are."""
    first, again = make_network(small, 1), make_network(small, 1)
    other = make_network(small, 2)
    assert all(np.array_equal(first[name], again[name]) for name in first.attributes)
    assert not np.array_equal(first["readiness"], other["readiness"])
    document = small_document()
    document["network"]["peer_ties"]["picks_anywhere"] = 3.0
    more = make_network(validate(document, "more"), 1)
    assert np.array_equal(first["readiness"], more["readiness"])
    assert set(zip(first.ties.listener.tolist(), first.ties.peer.tolist(), strict=True)) <= set(
        zip(more.ties.listener.tolist(), more.ties.peer.tolist(), strict=True)
    ) | set(zip(first.ties.listener.tolist(), first.ties.peer.tolist(), strict=True))
    assert np.array_equal(first.hierarchy.parent, other.hierarchy.parent), "one organisation in all replicates"


def test_without_redraw_all_replicates_share_one_draw() -> None:
    document = small_document()
    document["network"]["redraw"] = False
    scenario = validate(document, "one draw")
    assert np.array_equal(make_network(scenario, 5)["readiness"], make_network(scenario, 0)["readiness"])


def test_attributes_have_their_declared_distributions() -> None:
    document = small_document()
    document["network"] |= {"services": 60_000, "hierarchy": [{"level": "team", "count": 6000}]}
    document["services"]["regional_intraclass_correlation"] = 0.0
    network = make_network(validate(document, "large"))
    assert abs(network["readiness"].mean() - 0.5) < 0.005
    assert abs(network["context"].std() - 1) < 0.02
    assert abs(np.median(network["population"]) - 8519) < 80
    assert abs(np.corrcoef(network["deprivation"], network["readiness"])[0, 1] + 0.35) < 0.015
    team = network.hierarchy.service_parent
    for name, icc in (("context", 0.5), ("deprivation", 0.4)):
        means = np.bincount(team - team.min(), weights=network[name]) / 10
        between = (means.var() - network[name].var() / 10) / (1 - 1 / 10)
        assert abs(between / network[name].var() - icc) < 0.03, name


def test_homophily_weighs_ties_by_context() -> None:
    network = made("path", 2)
    gap = (network["context"][0] - network["context"][1]) / 1.5
    assert network.weight.tolist() == [1.0 / (1.0 + gap * gap)] * 2


def test_graphs_given_in_python(small: Any) -> None:
    graph = nx.DiGraph()
    graph.add_node("trust", kind="group")
    for name, ready in (("a", 0.9), ("b", 0.1), ("c", 0.5)):
        graph.add_node(name, readiness=ready)
        graph.add_edge("trust", name, kind="line")
    graph.add_edge("a", "b", weight=2.0)  # a listens to b
    network = network_from_graph(graph, small)
    assert network.ids == ("a", "b", "c")
    assert network["readiness"].tolist() == [0.9, 0.1, 0.5]
    assert "readiness" not in network.drawn
    assert "context" in network.drawn
    assert network.ties.degree.tolist() == [1, 0, 0]
    assert network.ties.strength.tolist() == [2.0]
    assert network.hierarchy.service_depth.tolist() == [1, 1, 1]
    result = ss.compare(small, replicates=2, network=graph, frontier=False)
    assert result.network.ids == ("a", "b", "c")


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lambda g: g.add_edge("x", "a", kind="line"), "two parents"),
        (
            lambda g: g.nodes["a"].update(readiness=float("nan")) or g.nodes["b"].update(readiness=0.1),
            "not a finite number",
        ),
        (lambda g: g.add_edge("a", "b", weight=-1.0), "not a number of at least 0"),
        (lambda g: g.nodes["a"].update(uid=5), "uids are not 0 to n-1"),
        (lambda g: g.nodes["a"].update(population=-1.0) or g.nodes["b"].update(population=1.0), "negative population"),
        (lambda g: g.add_edge("a", "trust", kind="line"), "is not a group|circle"),
    ],
)
def test_a_bad_graph_is_refused_in_words(small: Any, change: Any, seen: str) -> None:
    graph = nx.DiGraph()
    graph.add_node("trust", kind="group")
    graph.add_node("x", kind="group")
    for name in "ab":
        graph.add_edge("trust", name, kind="line")
    change(graph)
    with pytest.raises(SpreadsimError, match=seen):
        network_from_graph(graph, small)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=30), st.integers(0, 500))
def test_sharing_out_is_exact(shares: list[float], more: int) -> None:
    total = len(shares) + more
    parts = largest_remainder(np.array(shares), total)
    assert parts.sum() == total
    assert parts.min() >= 1


def test_equal_sharing_differs_by_one_at_most() -> None:
    assert largest_remainder(np.ones(7), 24).tolist() == [4, 4, 4, 3, 3, 3, 3]


def test_repeated_ties_are_one_and_self_ties_none() -> None:
    ties = ties_from_pairs(3, np.array([0, 1, 0, 2]), np.array([1, 0, 1, 2]))
    assert (ties.n_ties, ties.degree.tolist()) == (1, [1, 1, 0])


@pytest.mark.parametrize("rule", ["random", "most-ready", "most-connected", "most-deprived", "adjacent"])
def test_starting_sites_follow_their_rule(rule: str) -> None:
    document = small_document(programme={"starting_sites": {"rule": rule, "share": 0.1}})
    scenario = validate(document, rule)
    network = make_network(scenario)
    sites = starting_sites(network, scenario.programme, 1, 0)
    assert len(sites) == 6
    others = np.setdiff1d(np.arange(60), sites)
    key = {
        "most-ready": network["readiness"],
        "most-deprived": network["deprivation"],
        "most-connected": network.ties.degree,
        "adjacent": -np.arange(60),
    }.get(rule)
    if key is not None:
        assert key[sites].min() >= key[others].max()
    assert np.array_equal(sites, starting_sites(network, scenario.programme, 1, 0))


@settings(max_examples=50, deadline=None)
@given(services=st.integers(2, 40), share=st.floats(0.0, 1.0), seed=st.integers(0, 99))
def test_starting_sites_are_those_that_sorting_finds_first(services: int, share: float, seed: int) -> None:
    document = small_document(programme={"starting_sites": {"rule": "most-connected", "share": share}})
    document["network"]["services"] = services
    document["network"]["hierarchy"] = []
    document["run"]["seed"] = seed
    scenario = validate(document, "ties of equal number")
    network = make_network(scenario)
    count = max(1, int(share * services + 0.5)) if share > 0 else 0
    first = sorted(range(services), key=lambda i: (-network.ties.degree[i], i))[:count]
    assert starting_sites(network, scenario.programme, 1, 0).tolist() == sorted(first)
