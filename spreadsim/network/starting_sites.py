"""Starting sites: the services in which the improvement is embedded at month 0.

What belongs here: the sites that a programme's rule or list names. What does not: choosing sites well
(``site_choice``).

programme : holds the rule, the share of services, or the ids of the sites.
seed : of the run.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spreadsim import draws
from spreadsim.errors import InputError, nearest
from spreadsim.levers import Programme, StartingSites
from spreadsim.network.data import Network


def starting_sites(network: Network, programme: Programme, seed: int, replicate: int) -> np.ndarray:
    """Return the services in which the improvement is embedded at month 0.

    Parameters
    ----------
    network : of the replicate.
    replicate : number of the replicate.

    Returns
    -------
    Service numbers, int64, ascending.

    Raises
    ------
    InputError : a site that is named is not in the network.

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom")
    >>> starting_sites(ss.make_network(scenario), scenario.programme, seed=1, replicate=0).tolist()
    [0]
    """
    return starting_sites_by_replicate([network], programme, seed, [replicate])[0]


def starting_sites_by_replicate(
    networks: Sequence[Network], programme: Programme, seed: int, replicates: Sequence[int]
) -> list[np.ndarray]:
    """Return `starting_sites` of several replicates of one size.

    Parameters
    ----------
    networks : of the replicates, all with as many services.
    replicates : numbers of the replicates.

    Returns
    -------
    Service numbers for each replicate, ascending.

    Raises
    ------
    InputError : a site that is named is not in a network.

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom")
    >>> network = ss.make_network(scenario)
    >>> [sites.tolist() for sites in starting_sites_by_replicate([network, network], scenario.programme, 1, [0, 1])]
    [[0], [0]]
    """
    sites: StartingSites = programme.starting_sites
    if sites.ids is not None:
        sites_of_ids: dict[int, np.ndarray] = {}
        for network in networks:
            if id(network.ids) not in sites_of_ids:
                sites_of_ids[id(network.ids)] = _sites_of_ids(network.ids, sites.ids)
        return [sites_of_ids[id(network.ids)] for network in networks]
    n = networks[0].n
    count = max(1, int(sites.share * n + 0.5)) if sites.share > 0 else 0
    if sites.rule == "random":
        numbers, places = np.array(replicates, dtype=np.uint64)[:, None], np.arange(n, dtype=np.uint64)
        key = draws.uniform(seed, numbers, 0, draws.STARTING_SITE, places)
    elif sites.rule == "most-ready":
        key = np.stack([-network["readiness"] for network in networks])
    elif sites.rule == "most-connected":
        key = np.stack([-network.ties.degree for network in networks])
    elif sites.rule == "most-deprived":
        key = np.stack([-network["deprivation"] for network in networks])
    else:
        key = np.tile(np.arange(n), (len(networks), 1))
    return _lowest(key, min(count, n))


def _lowest(key: np.ndarray, count: int) -> list[np.ndarray]:
    """Return the places of the `count` lowest numbers of each row, ascending; of equal ones the first."""
    if count == 0:
        return [np.empty(0, dtype=np.int64)] * len(key)
    highest = np.partition(key, count - 1, axis=1)[:, [count - 1]]
    below, level = key < highest, key == highest
    is_lowest = below | (level & (np.cumsum(level, axis=1) <= count - below.sum(axis=1, keepdims=True)))
    return list(np.nonzero(is_lowest)[1].reshape(len(key), count))


def _sites_of_ids(ids: Sequence[str], site_ids: Sequence[str]) -> np.ndarray:
    place = {identity: i for i, identity in enumerate(ids)}
    for identity in site_ids:
        if identity not in place:
            raise InputError(
                "scenario",
                "programme.starting_sites.ids",
                f"there is no service '{identity}'",
                nearest(identity, list(ids)[:2000]) if len(ids) <= 2000 else "check the id",
            )
    return np.unique(np.array([place[identity] for identity in site_ids], dtype=np.int64))
