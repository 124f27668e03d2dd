"""The network: services with their attributes, the hierarchy above them and the ties between them.

What belongs here: networks as arrays in one canonical order, and the NetworkX graph made from them when someone asks.
Services have permanent numbers (uid) 0..n-1, in file order, and groups follow from the root down: draws and sums go by
uid. What does not: how a network comes about (``construction``, ``graph``, ``reading``), starting sites
(``starting_sites``), drawing pictures (``layout``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.network.hierarchy import Hierarchy
from spreadsim.notebook import bars, html_table

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True)
class Ties:
    """Who listens to whom, in compressed rows: row i holds the services whose state persuades service i.

    Attributes
    ----------
    start : int64, shape (n + 1,); row i is ``peer[start[i]:start[i + 1]]``, ascending.
    peer : int32, shape (entries,): service numbers.
    strength : float64, shape (entries,): weight of each tie before homophily.
    directed : whether a tie may run one way.

    Examples
    --------
    >>> ties = ties_from_pairs(3, np.array([0, 1]), np.array([1, 2]))
    >>> ties.degree.tolist(), ties.n_ties
    ([1, 2, 1], 2)
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

    Parameters
    ----------
    n : number of services.
    listener, speaker : whole numbers, one of each a pair: the service that listens, and the one it listens to.
    strength : weight of each pair, at least 0; 1 for all where None.
    directed : whether a pair is a tie one way.

    Returns
    -------
    `Ties` in canonical order: by listener, then by speaker.

    Examples
    --------
    >>> ties = ties_from_pairs(3, np.array([0, 1, 2]), np.array([1, 0, 1]))
    >>> ties.listener.tolist(), ties.peer.tolist()
    ([0, 1, 1, 2], [1, 0, 2, 1])
    """
    a = np.asarray(listener, dtype=np.int64)
    b = np.asarray(speaker, dtype=np.int64)
    keep = a != b
    a, b = a[keep], b[keep]
    if strength is None:
        key = a * n + b if directed else np.concatenate([a * n + b, b * n + a])
        key.sort()
        is_first = np.ones(len(key), dtype=np.bool_)
        np.not_equal(key[1:], key[:-1], out=is_first[1:])
        key = key[is_first]
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
    drawn : names of what the scenario's distributions supplied: attributes, ``ties``, ``hierarchy``.
    facts : what files say of the network beyond its attributes, for example ``faults`` and ``adopted_month``.
    deaf : uids of services that hear nobody, so that their ties weigh nothing; others hear them as before.
    maker : what makes the networks of other replicates, given the scenario, the number of the replicate and this
        network; None where the scenario says how.

    Examples
    --------
    >>> network = ss.make_network(ss.load_scenario("classroom"))
    >>> network.n, network.ties.n_ties, network.ids[0]
    (12, 12, 'service-0001')
    >>> network["population"].shape
    (12,)
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    attributes: Mapping[str, np.ndarray]
    hierarchy: Hierarchy
    ties: Ties
    homophily_distance: float = float("inf")
    drawn: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    deaf: tuple[int, ...] = ()
    maker: Callable[[Any, int, Network], Network] | None = field(default=None, compare=False, repr=False)

    def __repr__(self) -> str:
        return f"<Network of {self.n:,} services and {self.ties.n_ties:,} ties>"

    def _repr_html_(self) -> str:
        tree = self.hierarchy
        groups = [f"{level}: {(tree.level_of == place).sum():,}" for place, level in enumerate(tree.levels)]
        rows = [
            ("services", f"{self.n:,}"),
            ("ties", f"{self.ties.n_ties:,}" + (", one way" if self.ties.directed else "")),
            ("peers of a service", f"{self.ties.degree.mean() if self.n else 0:.1f} on average"),
            ("groups", "; ".join(groups) or "none"),
            ("drawn, not from data", ", ".join(name.replace("_", " ") for name in self.drawn) or "nothing"),
        ]
        counts = np.bincount(self.ties.degree)
        return html_table("Network", rows, picture=bars(counts, "services by number of peers", "peers"))

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
        weight = self.ties.strength / (1.0 + gap * gap)
        return np.where(np.isin(self.ties.listener, self.deaf), 0.0, weight) if self.deaf else weight

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
        """Fifth by deprivation: 0 the least deprived, 4 the most; -1 where there are none (`has_fifths`).

        Services of equal deprivation that lie in several fifths stand in one of them; `membership` shares them.
        """
        if not self.has_fifths:
            return np.full(self.n, -1, dtype=np.int8)
        return np.minimum(4, (self.deprivation_rank * 5) // self.n).astype(np.int8)

    @cached_property
    def has_fifths(self) -> bool:
        """Whether there are fifths by deprivation: five services or more, and not all of equal deprivation."""
        return self.n >= 5 and bool(self["deprivation"].min() < self["deprivation"].max())

    @cached_property
    def membership(self) -> np.ndarray:
        """Share of each service that belongs to each fifth, shape (5, n); zeros where there are no fifths.

        Services of equal deprivation share the fifths in which they lie, so that the order of a file decides nothing.
        """
        shares = (self.fifth == np.arange(5)[:, None]).astype(np.float64)
        _, tied, count = np.unique(self["deprivation"], return_inverse=True, return_counts=True)
        if len(count) < self.n:
            shares = np.array([np.bincount(tied, weights=row)[tied] / count[tied] for row in shares])
        return np.ascontiguousarray(shares)

    @cached_property
    def people(self) -> float:
        """Number of people served by all services."""
        return float(self["population"].sum())

    @cached_property
    def people_by_fifth(self) -> tuple[float, ...]:
        """Number of people served by each fifth by deprivation; zeros where there are no fifths."""
        return tuple(float((self["population"] * share)[share > 0].sum()) for share in self.membership)

    def most_deprived(self, share: float) -> np.ndarray:
        """Return whether each service is among the most deprived.

        Parameters
        ----------
        share : of all services, from 0 to 1, rounded to whole services.

        Returns
        -------
        Booleans, shape (n,).

        Examples
        --------
        >>> network = ss.make_network(ss.load_scenario("classroom"))
        >>> int(network.most_deprived(0.25).sum())
        3
        """
        n_first = int(share * self.n + 0.5)
        by_need = np.argsort(-self["deprivation"], kind="stable")
        members = np.zeros(self.n, dtype=np.bool_)
        members[by_need[:n_first]] = True
        return members

    @cached_property
    def graph(self) -> networkx.Graph:
        """The whole as one NetworkX graph: nodes 0..n-1 are services, groups follow; edges are ``line`` or ``peer``.

        Directed (an edge runs from listener to speaker, and from parent to child) where ties are directed.
        """
        import networkx

        graph: Any = networkx.DiGraph() if self.ties.directed else networkx.Graph()
        graph.graph["ties"] = "made, not data" if "ties" in self.drawn else "data"
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
