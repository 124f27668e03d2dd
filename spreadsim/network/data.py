"""The network: services with their attributes, the hierarchy above them and the ties between them.

What belongs here: networks as arrays in one canonical order, made from a scenario or from a NetworkX graph, and the
NetworkX graph made from them when someone asks. Services have permanent numbers (uid) 0..n-1, in file order, and
groups follow from the root down: draws and sums go by uid.
What does not: ties of the generated families (``ties``), reading files, drawing pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim import draws
from spreadsim.errors import InputError, nearest
from spreadsim.levers import Programme, StartingSites
from spreadsim.network.hierarchy import Hierarchy, make_hierarchy
from spreadsim.network.normal import standard_normal
from spreadsim.state import ATTRIBUTES

if TYPE_CHECKING:
    import networkx

    from spreadsim.scenario.document import Scenario


@dataclass(frozen=True)
class Ties:
    """Who listens to whom, in compressed rows: row i holds the services whose state persuades service i.

    Attributes
    ----------
    start : int64, shape (n + 1,); row i is ``peer[start[i]:start[i + 1]]``, ascending.
    peer : int32 service numbers.
    strength : tie weights as given, before homophily.
    directed : whether a tie may run one way.
    """

    start: np.ndarray
    peer: np.ndarray
    strength: np.ndarray
    directed: bool = False

    @property
    def degree(self) -> np.ndarray:
        """Number of peers that each service listens to."""
        return np.diff(self.start)

    @cached_property
    def listener(self) -> np.ndarray:
        """For each entry of `peer`, the service that listens."""
        return np.repeat(np.arange(len(self.start) - 1, dtype=np.int64), self.degree)

    @property
    def n_ties(self) -> int:
        """Number of ties: a mutual tie counts once where ties are undirected."""
        return len(self.peer) if self.directed else len(self.peer) // 2


def ties_from_pairs(
    n: int, listener: np.ndarray, speaker: np.ndarray, strength: np.ndarray | None = None, *, directed: bool = False
) -> Ties:
    """Return ties from pairs of service numbers; undirected ones count both ways.

    Pairs of a service with itself are dropped; repeated pairs are one tie, with the first one's strength. Undirected
    pairs are repeated whichever way they are written.
    """
    a = np.asarray(listener, dtype=np.int64)
    b = np.asarray(speaker, dtype=np.int64)
    keep = a != b
    a, b = a[keep], b[keep]
    if strength is None:
        key = a * n + b if directed else np.concatenate([a * n + b, b * n + a])
        key.sort()
        fresh = np.ones(len(key), dtype=np.bool_)
        np.not_equal(key[1:], key[:-1], out=fresh[1:])
        key = key[fresh]
        w = np.broadcast_to(np.float64(1.0), key.shape)
    else:
        w = np.asarray(strength, dtype=np.float64)[keep]
        if not directed:
            a, b = np.minimum(a, b), np.maximum(a, b)
        key, first = np.unique(a * n + b, return_index=True)
        w = w[first]
        if not directed:
            key = np.concatenate([key, (key % n) * n + key // n])
            order = np.argsort(key, kind="stable")
            key, w = key[order], np.concatenate([w, w])[order]
    row = key // n
    start = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(row, minlength=n), out=start[1:])
    return Ties(start, (key - row * n).astype(np.int32), w, directed)


@dataclass(frozen=True)
class Network:
    """Services, the hierarchy above them and the ties between them.

    Attributes
    ----------
    ids, names : of services, in order of uid.
    attributes : one array of shape (n,) for each of `state.ATTRIBUTES`.
    hierarchy : `Hierarchy`.
    ties : `Ties`.
    homophily_distance : difference in context at which a tie counts half.
    drawn : what was generated or drawn rather than given.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    attributes: Mapping[str, np.ndarray]
    hierarchy: Hierarchy
    ties: Ties
    homophily_distance: float = float("inf")
    drawn: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Number of services."""
        return len(self.ids)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.attributes[name]

    @cached_property
    def weight(self) -> np.ndarray:
        """Weight of each entry of ``ties.peer``: its strength, less for peers in other contexts (homophily)."""
        x = self["context"]
        gap = (x[self.ties.listener] - x[self.ties.peer]) / self.homophily_distance
        return self.ties.strength / (1.0 + gap * gap)

    @cached_property
    def weight_sum(self) -> np.ndarray:
        """Sum of the weights in each row, in ascending order of peer."""
        sums = np.bincount(self.ties.listener, weights=self.weight, minlength=len(self.ties.degree))
        return sums.astype(np.float64)

    @cached_property
    def deprivation_rank(self) -> np.ndarray:
        """Rank of each service by deprivation, 0 the least deprived; ties by uid."""
        rank = np.empty(self.n, dtype=np.int64)
        rank[np.argsort(self["deprivation"], kind="stable")] = np.arange(self.n)
        return rank

    @cached_property
    def fifth(self) -> np.ndarray:
        """Fifth by deprivation: 0 the least deprived, 4 the most, -1 where there are fewer than five services."""
        if self.n < 5:
            return np.full(self.n, -1, dtype=np.int8)
        return np.minimum(4, (self.deprivation_rank * 5) // self.n).astype(np.int8)

    @cached_property
    def people(self) -> float:
        """Number of people served by all services."""
        return float(self["population"].sum())

    @cached_property
    def people_by_fifth(self) -> tuple[float, ...]:
        """Number of people served by each fifth by deprivation; zeros where there are no fifths."""
        return tuple(float(self["population"][self.fifth == number].sum()) for number in range(5))

    def most_deprived(self, share: float) -> np.ndarray:
        """Return whether each service is among the `share` most deprived (rounded to whole services)."""
        n_first = int(share * self.n + 0.5)
        by_need = np.argsort(-self["deprivation"], kind="stable")
        chosen = np.zeros(self.n, dtype=np.bool_)
        chosen[by_need[:n_first]] = True
        return chosen

    @cached_property
    def graph(self) -> networkx.Graph:
        """The whole as one NetworkX graph: nodes 0..n-1 are services, groups follow; edges are ``line`` or ``peer``.

        Directed (an edge runs from listener to speaker, and from parent to child) where ties are directed.
        """
        import networkx

        graph: Any = networkx.DiGraph() if self.ties.directed else networkx.Graph()
        for i, (identity, name) in enumerate(zip(self.ids, self.names, strict=True)):
            values = {key: float(array[i]) for key, array in self.attributes.items()}
            graph.add_node(i, kind="service", id=identity, name=name, **values)
        tree = self.hierarchy
        for g, name in enumerate(tree.names):
            level = tree.levels[tree.level_of[g]] if tree.level_of[g] >= 0 else "root"
            graph.add_node(self.n + g, kind="group", id=f"group-{g}", name=name, level=level)
        for g, parent in enumerate(tree.parent.tolist()):
            if parent >= 0:
                graph.add_edge(self.n + parent, self.n + g, kind="line")
        for i, parent in enumerate(tree.service_parent.tolist()):
            if parent >= 0:
                graph.add_edge(self.n + parent, i, kind="line")
        entries = zip(self.ties.listener.tolist(), self.ties.peer.tolist(), self.ties.strength.tolist(), strict=True)
        for i, j, w in entries:
            if self.ties.directed or i < j:
                graph.add_edge(i, j, kind="peer", weight=w)
        return graph


# --------------------------------------------------------------------------------------------------- attributes


def draw_attributes(
    scenario: Scenario, hierarchy: Hierarchy, replicate: int, given_deprivation: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Return every attribute drawn from the scenario's distributions, rounded to what a file can hold.

    Readiness and capability follow `given_deprivation`, in standard deviations, where it is given.
    """
    drawn = drawn_attributes(scenario, hierarchy, [replicate], given_deprivation)
    return {name: values[0] for name, values in drawn.items()}


def drawn_attributes(
    scenario: Scenario, hierarchy: Hierarchy, replicates: Sequence[int], given_deprivation: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Return `draw_attributes` of several replicates: arrays of shape (replicates, services).

    The groups are the lowest level's. Where there is no level below the root there is no group to vary between, and
    all variance is the services' own.
    """
    s, n, seed = scenario.services, len(hierarchy.service_parent), scenario.run.seed
    number = np.array(replicates, dtype=np.uint64)[:, np.newaxis]
    own_uid = np.arange(n, dtype=np.uint64)
    group = hierarchy.service_parent
    grouped = hierarchy.n_groups > 0 and bool(np.any(hierarchy.level_of[group] >= 0))
    group_uid = (n + np.arange(hierarchy.n_groups)).astype(np.uint64)

    def normal(column: int, of_group: bool = False) -> np.ndarray:
        if not of_group:
            return standard_normal(draws.uniform(seed, number, 0, draws.ATTRIBUTE + column, own_uid))
        if not grouped:
            return np.zeros((len(replicates), n))
        values = standard_normal(draws.uniform(seed, number, 0, draws.ATTRIBUTE + column, group_uid))
        return np.where(group >= 0, values[:, group], 0.0)

    def shared(icc: float, first_column: int) -> np.ndarray:
        between = icc if grouped else 0.0
        return np.sqrt(between) * normal(first_column, True) + np.sqrt(1.0 - between) * normal(first_column + 1)

    def sloped(table: Any, own: np.ndarray) -> np.ndarray:
        slope = table.deprivation_slope
        return table.mean + table.standard_deviation * (slope * deprivation + np.sqrt(1.0 - slope * slope) * own)

    deprivation = shared(s.deprivation.intraclass_correlation, 0) if given_deprivation is None else given_deprivation
    tendency = s.adaptation_tendency
    drawn = {
        "deprivation": np.broadcast_to(deprivation, (len(replicates), n)),
        "context": s.context.mean + s.context.standard_deviation * shared(s.context.intraclass_correlation, 2),
        "readiness": np.clip(sloped(s.readiness, normal(4)), s.readiness.minimum, s.readiness.maximum),
        "capability": np.clip(sloped(s.capability, normal(5)), 0.0, 1.0),
        "adaptation_tendency": np.clip(tendency.mean + tendency.standard_deviation * normal(6), 0.0, 1.0),
        "population": np.exp(np.log(s.population.median) + s.population.log_standard_deviation * normal(7)),
        "perception": normal(8),
    }
    rounded = {name: np.round(drawn[name], 6) + 0.0 for name in drawn}
    rounded["population"] = np.round(drawn["population"])
    return {variable.name: rounded[variable.name] for variable in ATTRIBUTES}


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

    Raises
    ------
    InputError : the scenario's network cannot be made.
    """
    return make_networks(scenario, [replicate], like)[0]


def make_networks(scenario: Scenario, replicates: Sequence[int], like: Network | None = None) -> list[Network]:
    """Return `make_network` of several replicates, which is quicker than one by one and gives the same."""
    from spreadsim.network.ties import generated_ties

    table = scenario.network
    drawn_as = [replicate if table.redraw else 0 for replicate in replicates]
    if table.source == "file":
        from spreadsim.network.reading.files import network_of_scenario

        return [network_of_scenario(scenario, number, like) for number in drawn_as]
    if like is not None and not table.redraw:
        return [like] * len(replicates)
    hierarchy = like.hierarchy if like is not None else make_hierarchy(table, scenario.run.seed)
    ids = like.ids if like is not None else _service_names(table.services)
    attributes = drawn_attributes(scenario, hierarchy, drawn_as)
    together = Network(
        ids=(),
        names=(),
        attributes={name: values.reshape(-1) for name, values in attributes.items()},
        hierarchy=hierarchy,
        ties=generated_ties(table, hierarchy, scenario.run.seed, drawn_as),
        homophily_distance=table.peer_ties.homophily_distance,
        drawn=("hierarchy", "ties", *attributes),
    )
    return _apart(together, len(replicates), ids)


def _apart(together: Network, count: int, ids: tuple[str, ...]) -> list[Network]:
    """Return the `count` networks of one size that stand side by side in one, with what was worked out of it."""
    n, ties = len(ids), together.ties
    parts = []
    for k in range(count):
        first, last = ties.start[k * n], ties.start[(k + 1) * n]
        entries, services = slice(first, last), slice(k * n, (k + 1) * n)
        part = replace(
            together,
            ids=ids,
            names=ids,
            attributes={name: values[services] for name, values in together.attributes.items()},
            ties=Ties(
                ties.start[k * n : (k + 1) * n + 1] - first,
                ties.peer[entries] - np.int32(k * n),
                ties.strength[entries],
                ties.directed,
            ),
        )
        vars(part).update(weight=together.weight[entries], weight_sum=together.weight_sum[services])
        parts.append(part)
    return parts


def network_from_graph(graph: networkx.Graph, scenario: Scenario, replicate: int = 0) -> Network:
    """Return the network that a NetworkX graph describes.

    A node is a service unless its attribute ``kind`` is ``group``; an edge is a peer tie unless its ``kind`` is
    ``line``. Line edges of a directed graph run from parent to child; in an undirected one the groups with no
    attribute ``level``, or ``level="root"``, or ``root=True`` are the roots. A directed peer tie runs from the service
    that listens to the one that influences it; ``weight`` is its strength. Services may carry any of the model's
    attributes; those missing in any service are drawn from the scenario. A service attribute ``uid`` fixes the
    canonical order; otherwise it is the graph's own order.

    Raises
    ------
    InputError : a node has two parents, an attribute is not a finite number, uids repeat, a weight is negative.
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
    drawn = []
    for name in list(attributes):
        values = [graph.nodes[node].get(name) for node in services]
        if any(value is None for value in values):
            drawn.append(name)
            continue
        attributes[name] = checked_attribute(scenario, name, np.array(values, dtype=np.float64), source)
    return Network(
        ids=tuple(str(graph.nodes[node].get("id", node)) for node in services),
        names=tuple(str(graph.nodes[node].get("name", node)) for node in services),
        attributes=attributes,
        hierarchy=hierarchy,
        ties=ties,
        homophily_distance=scenario.network.peer_ties.homophily_distance,
        drawn=tuple(drawn),
    )


def checked_attribute(scenario: Scenario, name: str, values: np.ndarray, source: str) -> np.ndarray:
    """Return given values of an attribute within the range that has a meaning; readiness never quite 0 or 1."""
    if not np.all(np.isfinite(values)):
        raise InputError(
            source, name, "holds a value that is not a finite number", "correct it, or leave the column out"
        )
    if name == "population" and np.any(values < 0):
        raise InputError(source, name, "holds a negative population", "correct it")
    if name == "readiness":
        table = scenario.services.readiness
        return np.clip(values, table.minimum, table.maximum)
    if name in ("capability", "adaptation_tendency"):
        return np.clip(values, 0.0, 1.0)
    return values


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
    ordered = sorted(groups, key=lambda g: (depth[g], first.get(g, last)))
    number = {node: g for g, node in enumerate(ordered)}
    top = max(depth.values(), default=0)
    levels = []
    for d in range(1, top + 1):
        names = [str(graph.nodes[g].get("level", f"level {d}")) for g in ordered if depth[g] == d]
        levels.append(names[0] if names else f"level {d}")
    return Hierarchy(
        levels=tuple(levels),
        names=tuple(str(graph.nodes[g].get("name", g)) for g in ordered),
        level_of=np.array([depth[g] - 1 for g in ordered], dtype=np.int64),
        parent=np.array([number.get(parents.get(g), -1) for g in ordered], dtype=np.int64),
        service_parent=np.array([number.get(parents.get(s), -1) for s in services], dtype=np.int64),
    )


# --------------------------------------------------------------------------------------------------- starting sites


def starting_sites(network: Network, programme: Programme, seed: int, replicate: int) -> np.ndarray:
    """Return the services in which the improvement is embedded at month 0, ascending.

    Raises
    ------
    InputError : a site named is not in the network.
    """
    return starting_sites_together([network], programme, seed, [replicate])[0]


def starting_sites_together(
    networks: Sequence[Network], programme: Programme, seed: int, replicates: Sequence[int]
) -> list[np.ndarray]:
    """Return `starting_sites` of several replicates of one size."""
    sites: StartingSites = programme.starting_sites
    if sites.ids is not None:
        named: dict[int, np.ndarray] = {}
        for network in networks:
            if id(network.ids) not in named:
                named[id(network.ids)] = _sites_named(network.ids, sites.ids)
        return [named[id(network.ids)] for network in networks]
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
    chosen = below | (level & (np.cumsum(level, axis=1) <= count - below.sum(axis=1, keepdims=True)))
    return list(np.nonzero(chosen)[1].reshape(len(key), count))


def _sites_named(ids: Sequence[str], wanted: Sequence[str]) -> np.ndarray:
    place = {identity: i for i, identity in enumerate(ids)}
    for identity in wanted:
        if identity not in place:
            raise InputError(
                "scenario",
                "programme.starting_sites.ids",
                f"there is no service '{identity}'",
                nearest(identity, list(ids)[:2000]) if len(ids) <= 2000 else "check the id",
            )
    return np.unique(np.array([place[identity] for identity in wanted], dtype=np.int64))


__all__ = [
    "Hierarchy",
    "Network",
    "Ties",
    "draw_attributes",
    "drawn_attributes",
    "make_network",
    "make_networks",
    "network_from_graph",
    "replace",
    "starting_sites",
    "starting_sites_together",
    "ties_from_pairs",
]
