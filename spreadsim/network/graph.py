"""The network that a NetworkX graph describes.

What belongs here: which nodes are services and groups, which edges lines and ties, and what is refused. What does not:
graph files (``reading.graphs``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.errors import InputError
from spreadsim.network.attributes import attribute_in_range, draw_attributes, regional_deviation
from spreadsim.network.data import Network, ties_from_pairs
from spreadsim.network.hierarchy import Hierarchy

if TYPE_CHECKING:
    import networkx

    from spreadsim.scenario.document import Scenario


def network_from_graph(graph: networkx.Graph, scenario: Scenario, replicate: int = 0) -> Network:
    """Return the network that a NetworkX graph describes.

    A node is a service unless its attribute ``kind`` is ``group``; an edge is a peer tie unless its ``kind`` is
    ``line``. Line edges of a directed graph run from parent to child; in an undirected one the groups with no
    attribute ``level``, or ``level="root"``, or ``root=True`` are the roots. A directed peer tie runs from the service
    that listens to the one that influences it; ``weight`` is its strength. Services may carry any of the model's
    attributes; those missing in any service are drawn from the scenario. A service attribute ``uid`` fixes the
    canonical order; otherwise it is the graph's own order.

    Parameters
    ----------
    graph : a NetworkX graph, directed or not.
    scenario : supplies the attributes that are missing, the limits of readiness and the distance of homophily.
    replicate : number of the replicate whose draws supply what is missing.

    Returns
    -------
    A `Network`.

    Raises
    ------
    InputError : a node has two parents, an attribute is not a finite number, uids repeat, a weight is negative.

    Examples
    --------
    >>> import networkx
    >>> network = ss.network_from_graph(networkx.cycle_graph(5), ss.load_scenario("classroom"))
    >>> network.n, network.ties.n_ties
    (5, 5)
    """
    source = "graph"
    nodes = list(graph.nodes(data=True))
    services = [node for node, data in nodes if data.get("kind", "service") == "service"]
    groups = [node for node, data in nodes if data.get("kind", "service") != "service"]
    if not services:
        raise InputError(source, "", "the graph has no services", "give it at least one node")
    if any("uid" in graph.nodes[node] for node in services):
        uids = [graph.nodes[node].get("uid") for node in services]
        whole = all(isinstance(uid, (int, np.integer)) for uid in uids)
        if not whole or sorted(uids) != list(range(len(services))):
            raise InputError(source, "uid", "uids are not 0 to n-1, each once", "number the services, or leave uid out")
        services.sort(key=lambda node: graph.nodes[node]["uid"])
    place = {node: i for i, node in enumerate(services)}
    parents = _parents(graph, set(groups))
    hierarchy = _hierarchy_of(graph, services, groups, parents)
    listener, speaker, strength = [], [], []
    for a, b, data in graph.edges(data=True):
        if data.get("kind", "peer") == "line" or a not in place or b not in place:
            continue
        w = float(data.get("weight", 1.0))
        if not np.isfinite(w) or w < 0:
            raise InputError(source, f"edge {a} - {b}", f"weight {w} is not a number of at least 0", "correct it")
        listener.append(place[a])
        speaker.append(place[b])
        strength.append(w)
    ties = ties_from_pairs(
        len(services),
        np.array(listener, dtype=np.int64),
        np.array(speaker, dtype=np.int64),
        np.array(strength),
        directed=graph.is_directed(),
    )
    attributes = draw_attributes(scenario, hierarchy, replicate if scenario.network.redraw else 0)
    missing = []
    for name in list(attributes):
        values = [graph.nodes[node].get(name) for node in services]
        if any(value is None for value in values):
            missing.append(name)
            continue
        attributes[name] = attribute_in_range(scenario, name, np.array(values, dtype=np.float64), source)
    if "regional_context" in missing and "context" not in missing:
        attributes["regional_context"] = regional_deviation(attributes["context"], hierarchy)
    return Network(
        ids=tuple(str(graph.nodes[node].get("id", node)) for node in services),
        names=tuple(str(graph.nodes[node].get("name", node)) for node in services),
        attributes=attributes,
        hierarchy=hierarchy,
        ties=ties,
        homophily_distance=scenario.network.peer_ties.homophily_distance,
        drawn=tuple(missing),
    )


def _parents(graph: Any, groups: set[Any]) -> dict[Any, Any]:
    """Return the parent of each node that has one."""
    lines = [(a, b) for a, b, data in graph.edges(data=True) if data.get("kind") == "line"]
    parents: dict[Any, Any] = {}
    if graph.is_directed():
        for a, b in lines:
            if b in parents:
                raise InputError("graph", str(b), "has two parents", "keep one line edge into it")
            parents[b] = a
    else:
        below: dict[Any, list[Any]] = {}
        for a, b in lines:
            below.setdefault(a, []).append(b)
            below.setdefault(b, []).append(a)
        roots = [g for g in groups if graph.nodes[g].get("root") or graph.nodes[g].get("level", "root") == "root"]
        front, seen = list(roots), set(roots)
        while front:
            node = front.pop()
            for child in below.get(node, []):
                if child in seen:
                    if parents.get(node) != child:
                        raise InputError("graph", str(child), "has two parents", "keep one line edge above it")
                    continue
                seen.add(child)
                parents[child] = node
                if child in groups:
                    front.append(child)
    for child, parent in parents.items():
        if parent not in groups:
            raise InputError("graph", str(child), f"its parent {parent} is not a group", "mark it kind='group'")
        walk, steps = parent, 0
        while walk in parents:
            walk, steps = parents[walk], steps + 1
            if steps > len(groups):
                raise InputError("graph", str(child), "the hierarchy is circular", "break the circle")
    return parents


def _hierarchy_of(graph: Any, services: list[Any], groups: list[Any], parents: dict[Any, Any]) -> Hierarchy:
    """Return the hierarchy, groups ordered from the root down, tier by tier, in order of first child."""
    depth: dict[Any, int] = {}
    first: dict[Any, int] = {}
    for i, node in enumerate(services):
        walk = parents.get(node)
        while walk is not None:
            first.setdefault(walk, i)
            walk = parents.get(walk)
    for node in groups:
        walk, steps = node, 0
        while walk in parents:
            walk, steps = parents[walk], steps + 1
        depth[node] = steps
    last = len(services)
    order = sorted(groups, key=lambda g: (depth[g], first.get(g, last)))
    number = {node: g for g, node in enumerate(order)}
    top = max(depth.values(), default=0)
    levels = []
    for d in range(1, top + 1):
        names = [str(graph.nodes[g].get("level", f"level {d}")) for g in order if depth[g] == d]
        levels.append(names[0] if names else f"level {d}")
    return Hierarchy(
        levels=tuple(levels),
        names=tuple(str(graph.nodes[g].get("name", g)) for g in order),
        level_of=np.array([depth[g] - 1 for g in order], dtype=np.int64),
        parent=np.array([number.get(parents.get(g), -1) for g in order], dtype=np.int64),
        service_parent=np.array([number.get(parents.get(s), -1) for s in services], dtype=np.int64),
    )
