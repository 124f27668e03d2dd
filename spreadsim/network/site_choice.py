"""Which services begin: what is known of a service, simple rules, and choosing by a weighted index.

What belongs here: pure functions from a network to numbers and to service numbers. Nothing here runs the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from spreadsim.levers import Programme, StartingSites
from spreadsim.network.data import Network
from spreadsim.network.starting_sites import starting_sites

# The simple rules that advice is held against, with what each does in words. `random` draws anew in every replicate.
SIMPLE_RULES = {
    "random": "at random",
    "most-connected": "the most connected first",
    "most-ready": "the readiest first",
    "k-core": "those in the innermost part of the network first (k-core; then by connections)",
    "most-deprived": "the most deprived first",
    "largest": "those that serve the most people first",
}
# What an index may weigh, with how a high place reads.
FEATURES = {
    "listeners": "services that listen to it",
    "core_number": "depth in the k-core of the network",
    "readiness": "readiness",
    "capability": "capability",
    "deprivation": "deprivation",
    "population": "people served",
    "closeness": "closeness of its context to the originators'",
    "neighbours": "readiness of those that listen to it",
}


def listeners(network: Network) -> np.ndarray:
    """Return for each service the number of services that it may persuade."""
    return np.bincount(network.ties.peer, minlength=network.n).astype(np.float64)


def core_numbers(network: Network) -> np.ndarray:
    """Return the core number of each service in the graph of peer ties, directions left out (Seidman 1983)."""
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(range(network.n))
    graph.add_edges_from(zip(network.ties.listener.tolist(), network.ties.peer.tolist(), strict=True))
    found = networkx.core_number(graph)
    return np.array([found[i] for i in range(network.n)], dtype=np.float64)


def features(network: Network) -> dict[str, np.ndarray]:
    """Return what is known of each service, by the names of `FEATURES`; arrays of shape (n,)."""
    heard = listeners(network)
    ready = np.bincount(network.ties.peer, weights=network["readiness"][network.ties.listener], minlength=network.n)
    return {
        "listeners": heard,
        "core_number": core_numbers(network),
        "readiness": network["readiness"],
        "capability": network["capability"],
        "deprivation": network["deprivation"],
        "population": network["population"],
        "closeness": -np.abs(network["context"]),
        "neighbours": np.divide(ready, heard, out=np.zeros(network.n), where=heard > 0),
    }


def places(values: np.ndarray) -> np.ndarray:
    """Return the place of each value among all, 0 the lowest and 1 the highest; equal values share theirs."""
    from scipy.stats import rankdata

    n = len(values)
    return (rankdata(values) - 1.0) / (n - 1.0) if n > 1 else np.ones(n)


def by_rule(network: Network, rule: str, count: int) -> tuple[int, ...] | None:
    """Return the services that a simple rule chooses, ascending; None for ``random``, which draws in each replicate."""
    if rule == "random":
        return None
    if rule == "k-core":
        order = np.lexsort((np.arange(network.n), -listeners(network), -core_numbers(network)))
        return tuple(sorted(order[:count].tolist()))
    if rule == "largest":
        return tuple(sorted(np.argsort(-network["population"], kind="stable")[:count].tolist()))
    named: Any = rule
    sites = StartingSites(share=count / network.n, rule=named)
    chosen = starting_sites(network, Programme(starting_sites=sites), 0, 0)
    return tuple(chosen.tolist())


def by_index(
    network: Network, standing: Mapping[str, np.ndarray], weights: Mapping[str, float], spread: float, count: int
) -> tuple[int, ...]:
    """Return the services that a weighted index chooses one by one, ascending.

    Parameters
    ----------
    standing : place of each service by feature, 0 to 1 (`places`).
    weights : of each feature, any sign.
    spread : how much a service's index falls for each site already chosen among its peers or in its lowest-level group;
        negative draws sites together.
    count : how many to choose.
    """
    score = np.zeros(network.n)
    for name, weight in weights.items():
        score += weight * standing[name]
    parent, ties = network.hierarchy.service_parent, network.ties
    chosen: list[int] = []
    for _ in range(min(count, network.n)):
        i = int(np.argmax(score))
        chosen.append(i)
        score[i] = -np.inf
        if spread:
            if parent[i] >= 0:
                score[parent == parent[i]] -= spread
            score[ties.peer[ties.start[i] : ties.start[i + 1]]] -= spread
    return tuple(sorted(chosen))
