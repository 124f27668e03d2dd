"""Positions: within the disc, the same every time, groups within groups."""

from __future__ import annotations

import time

import networkx as nx
import numpy as np
import pytest

from spreadsim.network.construction import make_network
from spreadsim.network.data import Network
from spreadsim.network.graph import network_from_graph
from spreadsim.network.layout import group_positions, layout
from spreadsim.network.packing import pack
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.validation import validate
from tests.conftest import small_document


def generated(source: str, services: int = 60, **changes: object) -> Network:
    document = small_document(network={"source": source, "services": services, **changes})
    return make_network(validate(document, "generated"))


def from_graph(graph: nx.Graph) -> Network:
    return network_from_graph(graph, load_scenario("default"))


NETWORKS = {
    "nested": lambda: generated("nested-hierarchy"),
    "ring": lambda: generated("ring-lattice"),
    "path": lambda: generated("path"),
    "springs": lambda: from_graph(nx.barabasi_albert_graph(80, 2, seed=1)),
    "spectral": lambda: from_graph(nx.gnp_random_graph(1500, 0.004, seed=1)),
    "no ties": lambda: from_graph(nx.empty_graph(30)),
    "one": lambda: from_graph(nx.empty_graph(1)),
    "two": lambda: from_graph(nx.path_graph(2)),
    "islands": lambda: from_graph(nx.disjoint_union(nx.cycle_graph(5), nx.empty_graph(4))),
    "directed": lambda: from_graph(nx.gnp_random_graph(40, 0.1, seed=3, directed=True)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_within_the_disc_rounded_and_the_same_again(name: str) -> None:
    network = NETWORKS[name]()
    at = layout(network)
    assert at.shape == (network.n, 2)
    assert np.all(np.isfinite(at))
    assert np.hypot(at[:, 0], at[:, 1]).max() <= 1.0
    assert np.array_equal(at, np.round(at, 4))
    assert np.array_equal(at, layout(NETWORKS[name]()))
    assert group_positions(network).shape == (network.hierarchy.n_groups, 3)


def test_services_lie_in_their_group_and_groups_in_theirs() -> None:
    network = generated("nested-hierarchy")
    at, discs, tree = layout(network), group_positions(network), network.hierarchy
    for i, g in enumerate(tree.service_parent):
        assert np.hypot(*(at[i] - discs[g, :2])) <= discs[g, 2] + 1e-3
    for g, above in enumerate(tree.parent):
        if above >= 0:
            assert np.hypot(*(discs[g, :2] - discs[above, :2])) + discs[g, 2] <= discs[above, 2] + 1e-3
    siblings = [g for g in range(tree.n_groups) if tree.level_of[g] == 0]
    for a in siblings:
        for b in siblings:
            if a < b:
                assert np.hypot(*(discs[a, :2] - discs[b, :2])) >= discs[a, 2] + discs[b, 2] - 1e-3


def test_a_ring_is_a_ring() -> None:
    at = layout(generated("ring-lattice"))
    assert np.allclose(np.hypot(at[:, 0], at[:, 1]), 1.0, atol=1e-3)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 8, 40])
@pytest.mark.parametrize("equal", [True, False])
def test_packed_circles_do_not_overlap(n: int, equal: bool) -> None:
    radii = np.ones(n) if equal else 0.2 + np.random.default_rng(n).random(n)
    centres, around = pack(radii)
    distance = np.hypot(*(centres[:, None] - centres[None]).transpose(2, 0, 1))
    room = distance - radii[:, None] - radii[None] + np.eye(n) * 1e9
    assert room.min() > -1e-9
    assert np.all(np.hypot(centres[:, 0], centres[:, 1]) + radii <= around + 1e-9)
    assert (radii**2).sum() > 0.35 * around**2


def test_a_country_takes_seconds() -> None:
    network = make_network(load_scenario("england-primary-care"))
    started = time.perf_counter()
    at = layout(network)
    assert time.perf_counter() - started < 10
    assert len(np.unique(at, axis=0)) > 0.95 * network.n
