"""Which services begin: what is known of each service, simple rules, and choosing by a weighted index.

What belongs here: pure functions from a network to numbers and to service numbers. Nothing here runs the model.

network : services, hierarchy and ties.
count : number of services to choose.
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
    """Return for each service the number of services that it may persuade.

    Returns
    -------
    Shape (n,).

    Examples
    --------
    >>> listeners(ss.make_network(ss.load_scenario("classroom")))[:3].tolist()
    [2.0, 2.0, 2.0]
    """
    return np.bincount(network.ties.peer, minlength=network.n).astype(np.float64)


def core_numbers(network: Network) -> np.ndarray:
    """Return the core number of each service in the graph of peer ties, directions left out.

    Returns
    -------
    Shape (n,).

    References
    ----------
    Seidman. Soc Networks 1983;5:269.

    Examples
    --------
    >>> core_numbers(ss.make_network(ss.load_scenario("classroom")))[:3].tolist()
    [2.0, 2.0, 2.0]
    """
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(range(network.n))
    graph.add_edges_from(zip(network.ties.listener.tolist(), network.ties.peer.tolist(), strict=True))
    numbers = networkx.core_number(graph)
    return np.array([numbers[i] for i in range(network.n)], dtype=np.float64)


def features(network: Network) -> dict[str, np.ndarray]:
    """Return the features by which services may be chosen.

    Returns
    -------
    An array of shape (n,) for each of `FEATURES`, by name.

    Examples
    --------
    >>> features(ss.make_network(ss.load_scenario("classroom")))["listeners"][:3].tolist()
    [2.0, 2.0, 2.0]
    """
    n_listeners = listeners(network)
    readiness_sum = np.bincount(
        network.ties.peer, weights=network["readiness"][network.ties.listener], minlength=network.n
    )
    return {
        "listeners": n_listeners,
        "core_number": core_numbers(network),
        "readiness": network["readiness"],
        "capability": network["capability"],
        "deprivation": network["deprivation"],
        "population": network["population"],
        "closeness": -np.abs(network["context"]),
        "neighbours": np.divide(readiness_sum, n_listeners, out=np.zeros(network.n), where=n_listeners > 0),
    }


def percentile_ranks(values: np.ndarray) -> np.ndarray:
    """Return the place of each value among all; equal values share theirs.

    Parameters
    ----------
    values : shape (n,).

    Returns
    -------
    Shape (n,): 0 the lowest and 1 the highest.

    Examples
    --------
    >>> percentile_ranks(np.array([10.0, 30.0, 20.0])).tolist()
    [0.0, 1.0, 0.5]
    """
    from scipy.stats import rankdata

    n = len(values)
    return (rankdata(values) - 1.0) / (n - 1.0) if n > 1 else np.ones(n)


def sites_by_rule(network: Network, rule: str, count: int) -> tuple[int, ...] | None:
    """Return the services that a simple rule chooses.

    Parameters
    ----------
    rule : one of `SIMPLE_RULES`.

    Returns
    -------
    Service numbers, ascending; None for ``random``, which draws in each replicate.

    Examples
    --------
    >>> sites_by_rule(ss.make_network(ss.load_scenario("classroom")), "most-connected", 3)
    (0, 1, 2)
    """
    if rule == "random":
        return None
    if rule == "k-core":
        order = np.lexsort((np.arange(network.n), -listeners(network), -core_numbers(network)))
        return tuple(sorted(order[:count].tolist()))
    if rule == "largest":
        return tuple(sorted(np.argsort(-network["population"], kind="stable")[:count].tolist()))
    choice: Any = rule
    starting = StartingSites(share=count / network.n, rule=choice)
    sites = starting_sites(network, Programme(starting_sites=starting), 0, 0)
    return tuple(sites.tolist())


def sites_by_index(
    network: Network, ranks: Mapping[str, np.ndarray], weights: Mapping[str, float], spread: float, count: int
) -> tuple[int, ...]:
    """Return the services that a weighted index chooses one by one.

    Parameters
    ----------
    ranks : place of each service among all by feature, from 0 to 1 (`percentile_ranks`).
    weights : of each feature, any sign.
    spread : how much a service's index falls for each site already chosen among its peers or in its lowest-level group;
        negative draws sites together.

    Returns
    -------
    Service numbers, ascending.

    Examples
    --------
    >>> network = ss.make_network(ss.load_scenario("classroom"))
    >>> ranks = {"readiness": percentile_ranks(network["readiness"])}
    >>> len(sites_by_index(network, ranks, {"readiness": 1.0}, spread=0.5, count=3))
    3
    """
    score = np.zeros(network.n)
    for name, weight in weights.items():
        score += weight * ranks[name]
    parent, ties = network.hierarchy.service_parent, network.ties
    sites: list[int] = []
    for _ in range(min(count, network.n)):
        i = int(np.argmax(score))
        sites.append(i)
        score[i] = -np.inf
        if spread:
            if parent[i] >= 0:
                score[parent == parent[i]] -= spread
            score[ties.peer[ties.start[i] : ties.start[i + 1]]] -= spread
    return tuple(sorted(sites))
