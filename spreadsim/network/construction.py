"""Making the networks of a scenario's replicates, whichever source it names.

What belongs here: one replicate's network or several at once, generated or read. What does not: what a network is
(``data``), the families of ties (``ties``), files (``reading``), a NetworkX graph (``graph``).

scenario : says how the network is made.
like : the network of another replicate, whose hierarchy and names are shared instead of made again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spreadsim.network.attributes import attribute_draws
from spreadsim.network.data import Network, Ties
from spreadsim.network.hierarchy import make_hierarchy
from spreadsim.network.reading.files import network_of_scenario
from spreadsim.network.size import memory_available, network_size, refuse_too_large
from spreadsim.network.ties import make_ties

if TYPE_CHECKING:
    from spreadsim.scenario.document import Scenario


def _service_names(n: int) -> tuple[str, ...]:
    width = max(4, len(str(n)))
    return tuple(f"service-{i + 1:0{width}d}" for i in range(n))


def make_network(scenario: Scenario, replicate: int = 0, like: Network | None = None) -> Network:
    """Return the network of one replicate.

    Parameters
    ----------
    scenario : says how the network is made.
    replicate : number of the replicate; without ``network.redraw`` every replicate has the network of replicate 0.
    like : the network of another replicate, whose hierarchy and names are shared instead of made again.

    Returns
    -------
    A `Network`.

    Raises
    ------
    InputError : the scenario's network cannot be made.

    Examples
    --------
    >>> network = ss.make_network(ss.load_scenario("classroom"))
    >>> network.n, network.ties.degree.tolist()[:3]
    (12, [2, 2, 2])
    """
    return make_networks(scenario, [replicate], like)[0]


def network_under(scenario: Scenario, base: Network, is_own: bool) -> Network:
    """Return the network of replicate 0 under other assumptions, which shares with the given one what they leave.

    Parameters
    ----------
    scenario : with the assumptions.
    base : the network of replicate 0 without them.
    is_own : whether that came from Python, and serves every assumption as it is.

    Returns
    -------
    A `Network`.

    Raises
    ------
    InputError : the scenario's network cannot be made.

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom")
    >>> network = make_network(scenario)
    >>> network_under(scenario, network, is_own=True) is network
    True
    """
    if is_own:
        return base
    shared = base if scenario.network.source == "file" or scenario.network.redraw else None
    return make_network(scenario, 0, shared)


def make_networks(scenario: Scenario, replicates: Sequence[int], like: Network | None = None) -> list[Network]:
    """Return `make_network` of several replicates, which is quicker than one by one and gives the same.

    Parameters
    ----------
    replicates : numbers of the replicates.

    Returns
    -------
    One `Network` for each replicate.

    Raises
    ------
    InputError : the scenario's network cannot be made.

    Examples
    --------
    >>> networks = make_networks(ss.load_scenario("classroom"), [0, 1])
    >>> [network.n for network in networks]
    [12, 12]
    """
    if like is not None and like.maker is not None:
        return [like if replicate == 0 else like.maker(scenario, replicate, like) for replicate in replicates]
    table = scenario.network
    if like is None and table.source != "file":
        refuse_too_large(network_size(scenario), memory_available(), scenario.name)
    numbers = [replicate if table.redraw else 0 for replicate in replicates]
    if table.source == "file":
        return [network_of_scenario(scenario, replicate_number, like) for replicate_number in numbers]
    if like is not None and not table.redraw:
        return [like] * len(replicates)
    hierarchy = like.hierarchy if like is not None else make_hierarchy(table, scenario.run.seed)
    ids = like.ids if like is not None else _service_names(table.services)
    attributes = attribute_draws(scenario, hierarchy, numbers)
    batch = Network(
        ids=(),
        names=(),
        attributes={name: values.reshape(-1) for name, values in attributes.items()},
        hierarchy=hierarchy,
        ties=make_ties(table, hierarchy, scenario.run.seed, numbers),
        homophily_distance=table.peer_ties.homophily_distance,
        drawn=("hierarchy", "ties", *attributes),
    )
    return _split_batch(batch, len(replicates), ids)


def _split_batch(batch: Network, count: int, ids: tuple[str, ...]) -> list[Network]:
    """Return the `count` networks of one size that stand side by side in one, with what was worked out of it."""
    n, ties = len(ids), batch.ties
    networks = []
    for k in range(count):
        first, last = ties.start[k * n], ties.start[(k + 1) * n]
        entries, services = slice(first, last), slice(k * n, (k + 1) * n)
        network = replace(
            batch,
            ids=ids,
            names=ids,
            attributes={name: values[services] for name, values in batch.attributes.items()},
            ties=Ties(
                ties.start[k * n : (k + 1) * n + 1] - first,
                ties.peer[entries] - np.int32(k * n),
                ties.strength[entries],
                ties.directed,
            ),
        )
        vars(network).update(weight=batch.weight[entries], weight_sum=batch.weight_sum[services])
        networks.append(network)
    return networks
