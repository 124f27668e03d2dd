"""Peer ties of the generated networks, each drawn at an address.

What belongs here: one function a family. Two services are tied at most once; who picked whom does not matter.

n : number of services.
table : the scenario's [network].
hierarchy : above the services.
seed : of the run.
replicate : number of the replicate.
replicates : numbers of the replicates; services of the k-th are numbered from k times the number of services on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spreadsim import draws
from spreadsim.errors import InputError
from spreadsim.network.data import Ties, ties_from_pairs
from spreadsim.network.hierarchy import Hierarchy
from spreadsim.network.service_draws import uniforms
from spreadsim.scenario.document import Affinity, NetworkTable

Pairs = tuple[np.ndarray, np.ndarray]
MAX_COMPLETE = 5000


def make_ties(table: NetworkTable, hierarchy: Hierarchy, seed: int, replicates: Sequence[int]) -> Ties:
    """Return the peer ties of one or more replicates of a generated network, side by side.

    Returns
    -------
    `Ties` of all replicates' services.

    Raises
    ------
    InputError : the family cannot be made at this size.

    Examples
    --------
    >>> table = ss.load_scenario("classroom").network
    >>> hierarchy = ss.make_network(ss.load_scenario("classroom")).hierarchy
    >>> make_ties(table, hierarchy, seed=1, replicates=[0, 1]).n_ties
    24
    """
    n = table.services
    if table.source == "nested-hierarchy":
        listener, speaker = pairs_by_level(table, hierarchy, seed, replicates)
    else:
        pairs = [_pairs_of_family(table, seed, replicate) for replicate in replicates]
        listener = np.concatenate([a + k * n for k, (a, _) in enumerate(pairs)])
        speaker = np.concatenate([b + k * n for k, (_, b) in enumerate(pairs)])
    return ties_from_pairs(n * len(replicates), listener, speaker)


def _pairs_of_family(table: NetworkTable, seed: int, replicate: int) -> Pairs:
    """Return the pairs of one replicate."""
    n, shape = table.services, table.generator
    if table.source == "ring-lattice":
        return ring_lattice(n, shape.neighbours)
    if table.source == "small-world":
        return small_world(n, shape.neighbours, shape.rewiring, seed, replicate)
    if table.source == "scale-free":
        return scale_free(n, shape.attachments, seed, replicate)
    if table.source == "random":
        return random_pairs(n, shape.mean_degree, seed, replicate)
    if table.source == "complete":
        if n > MAX_COMPLETE:
            raise InputError(
                "scenario",
                "network.services",
                f"a complete network of {n} services has {n * (n - 1) // 2:,} ties",
                f"use at most {MAX_COMPLETE} services",
            )
        return np.triu_indices(n, 1)
    if table.source == "path":
        return np.arange(n - 1), np.arange(1, n)
    if table.source == "tree":
        child = np.arange(1, n)
        return (child - 1) // shape.branching, child
    if table.source == "star":
        return np.zeros(max(n - 1, 0), dtype=np.int64), np.arange(1, n)
    raise InputError("scenario", "network.source", f"'{table.source}' needs a network given", "pass network=...")


def pairs_by_level(table: NetworkTable, hierarchy: Hierarchy, seed: int, replicates: Sequence[int]) -> Pairs:
    """Return pairs in which each service picks peers in its lowest group, in the group above, and anywhere.

    A service that stands directly among groups, because its own is not known, shares a lowest group with nobody.

    Returns
    -------
    Service numbers of those who pick, and of those they pick.

    Examples
    --------
    >>> scenario = ss.load_scenario("default")
    >>> listener, speaker = pairs_by_level(scenario.network, ss.make_network(scenario).hierarchy, 1, [0])
    >>> len(listener) == len(speaker)
    True
    """
    n, rates = table.services, table.peer_ties
    everyone = np.zeros(n, dtype=np.int64)
    lowest = hierarchy.service_parent
    above = np.where(hierarchy.parent[lowest] >= 0, hierarchy.parent[lowest], lowest)
    # With a single level, the group one up is the whole body; the level itself then serves as both.
    above = np.where(hierarchy.level_of[above] >= 0, above, lowest)
    has_groups_below = np.isin(np.arange(hierarchy.n_groups), hierarchy.parent)
    without_group = has_groups_below[lowest]
    if without_group.any():
        alone = hierarchy.n_groups + np.arange(n)
        above = np.where(without_group, np.where(hierarchy.level_of[lowest] >= 0, lowest, alone), above)
        lowest = np.where(without_group, alone, lowest)
    picks = (
        (lowest, rates.picks_in_lowest_level),
        (above, rates.picks_in_next_level),
        (everyone, rates.picks_anywhere),
    )
    lottery = _Lottery(seed, replicates, draws.PICK_KEPT, draws.PICK)
    return _concatenated([pair for pool, rate in picks for pair in _picks_in_groups(pool, rate, lottery)])


@dataclass(frozen=True)
class Pools:
    """Among whom the services of a network may pick peers by affinity.

    Attributes
    ----------
    groups : for each column of groups, a number for each service's group, shape (n,); one of its own without a group.
    nearby, alike : the services nearest to each, and most like it, shape (n, candidates); None where nobody asks.

    Examples
    --------
    >>> Pools((np.array([0, 0, 1]),)).nearby is None
    True
    """

    groups: tuple[np.ndarray, ...] = ()
    nearby: np.ndarray | None = None
    alike: np.ndarray | None = None


def pairs_by_affinity(rates: Affinity, pools: Pools, seed: int, replicates: Sequence[int]) -> Pairs:
    """Return pairs in which each service picks peers in further groups, nearby, and among those like it.

    Parameters
    ----------
    rates : how many peers it picks in each.
    pools : among whom.

    Returns
    -------
    Service numbers of those who pick, and of those they pick.

    Examples
    --------
    >>> from spreadsim.scenario.document import Affinity
    >>> hub = np.array([0, 0, 1, 1])
    >>> listener, speaker = pairs_by_affinity(Affinity(groups=["hub"]), Pools((hub,)), seed=1, replicates=[0])
    >>> speaker.tolist()
    [1, 0, 3, 2]
    """
    lottery = _Lottery(seed, replicates, draws.AFFINITY_KEPT, draws.AFFINITY)
    pairs = [pair for group in pools.groups for pair in _picks_in_groups(group, rates.picks_in_groups, lottery)]
    for candidates, rate in ((pools.nearby, rates.picks_nearby), (pools.alike, rates.picks_alike)):
        if candidates is None:
            continue
        n, width = candidates.shape
        for k, i, other in lottery.picks(rate, np.full(n, width)):
            pairs.append((k * n + i, k * n + candidates[i, other]))
    return _concatenated(pairs)


def nearest_services(points: np.ndarray, count: int) -> np.ndarray:
    """Return the services nearest to each in some space, itself left out.

    Parameters
    ----------
    points : shape (n, dimensions); not finite where a service has no place, which then is near nobody.
    count : number of services for each; fewer where there are not as many.

    Returns
    -------
    Service numbers, shape (n, count); a service without a place has itself alone.

    Examples
    --------
    >>> nearest_services(np.array([[0.0], [1.0], [3.0]]), 1).tolist()
    [[1], [0], [1]]
    """
    from scipy.spatial import KDTree

    n = len(points)
    placed = np.flatnonzero(np.isfinite(points).all(axis=1))
    width = min(count, len(placed) - 1)
    nearest = np.repeat(np.arange(n)[:, np.newaxis], max(width, 1), axis=1)
    if width < 1:
        return nearest
    _, index = KDTree(points[placed]).query(points[placed], k=width + 1)
    itself = index == np.arange(len(placed))[:, np.newaxis]
    order = np.argsort(itself, axis=1, kind="stable")  # where many share a place, it may not be among its own nearest
    nearest[placed] = placed[np.take_along_axis(index, order, axis=1)[:, :width]]
    return nearest


@dataclass
class _Lottery:
    """Picks, each drawn at an address of its own.

    seed, replicates : of the runs.
    kept, pick : purposes of the draws: whether a pick is made, and which peer it is.
    number : of rounds so far.
    """

    seed: int
    replicates: Sequence[int]
    kept: int
    pick: int
    number: int = 0

    def picks(self, rate: float, n_others: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Yield for each round the replicate's place, the service, and the place of its pick among its others."""
        n = len(n_others)
        for chance in _rounds(rate):
            keep = np.broadcast_to(n_others > 0, (len(self.replicates), n))
            if chance < 1.0:
                keep = keep & (self._numbers(self.kept, n) < chance)
            k, i = np.nonzero(keep)
            u = self._numbers(self.pick, n)[k, i]
            self.number += 1
            yield k, i, np.floor(u * n_others[i]).astype(np.int64)

    def _numbers(self, purpose: int, n: int) -> np.ndarray:
        """Return the uniform numbers of this round, shape (replicates, n)."""
        return uniforms(self.seed, self.replicates, purpose, n, first=self.number, step=draws.COMPONENT_STRIDE)


def _picks_in_groups(group: np.ndarray, rate: float, lottery: _Lottery) -> list[Pairs]:
    """Return pairs in which each service picks peers in its own group."""
    n = len(group)
    order = np.argsort(group, kind="stable")
    groups, first, size = np.unique(group[order], return_index=True, return_counts=True)
    where = np.searchsorted(groups, group)
    position = np.empty(n, dtype=np.int64)
    position[order] = np.arange(n) - first[where[order]]
    before = first[where]
    pairs = []
    for k, i, other in lottery.picks(rate, size[where] - 1):
        place = other + (other >= position[i])
        pairs.append((k * n + i, k * n + order[before[i] + place]))
    return pairs


def _concatenated(pairs: list[Pairs]) -> Pairs:
    nobody = np.empty(0, np.int64)
    return np.concatenate([a for a, _ in pairs] or [nobody]), np.concatenate([b for _, b in pairs] or [nobody])


def _rounds(rate: float) -> list[float]:
    """Return the chance of each round of picks: whole rounds, then a chance of one more."""
    whole = math.floor(rate)
    rest = rate - whole
    return [1.0] * whole + ([rest] if rest > 0 else [])


def ring_lattice(n: int, neighbours: int) -> Pairs:
    """Return pairs in which each service is tied to the nearest on a ring.

    Parameters
    ----------
    neighbours : number of the nearest services, half of them on either side; an odd one is rounded down.

    Returns
    -------
    Service numbers of both ends.

    References
    ----------
    Watts, Strogatz. Nature 1998;393:440.

    Examples
    --------
    >>> [ends.tolist() for ends in ring_lattice(4, 2)]
    [[0, 1, 2, 3], [1, 2, 3, 0]]
    """
    i = np.arange(n)
    steps = range(1, min(neighbours // 2, max((n - 1) // 2 + (n - 1) % 2, 0)) + 1)
    return (
        np.concatenate([i for _ in steps] or [np.empty(0, np.int64)]),
        np.concatenate([(i + step) % n for step in steps] or [np.empty(0, np.int64)]),
    )


def small_world(n: int, neighbours: int, rewiring: float, seed: int, replicate: int) -> Pairs:
    """Return a ring lattice in which the far end of some ties is another service, at random.

    A new far end that would repeat a tie is drawn again, up to 63 times; then the tie is dropped.

    Parameters
    ----------
    neighbours : of the ring lattice.
    rewiring : chance that a tie has another far end.

    Returns
    -------
    Service numbers of both ends.

    References
    ----------
    Watts, Strogatz. Nature 1998;393:440.

    Examples
    --------
    >>> near, far = small_world(100, 4, 0.1, seed=1, replicate=0)
    >>> len(near), bool((near == far).any())
    (200, False)
    """
    a, b = ring_lattice(n, neighbours)
    word = np.arange(len(a), dtype=np.uint64) * np.uint64(64)
    is_rewired = draws.uniform(seed, replicate, 0, draws.REWIRE_KEPT, word) < rewiring
    b = b.copy()
    redraw = is_rewired.copy()
    for attempt in range(64):
        u = draws.uniform(seed, replicate, 0, draws.REWIRE, word[redraw] + np.uint64(attempt))
        other = np.floor(u * (n - 1)).astype(np.int64)
        b[redraw] = other + (other >= a[redraw])
        key = np.minimum(a, b) * n + np.maximum(a, b)
        order = np.lexsort((is_rewired, key))  # of equal ties, one that never moved stays
        is_duplicate = np.zeros(len(a), dtype=np.bool_)
        is_duplicate[order[1:]] = key[order[1:]] == key[order[:-1]]
        redraw = is_duplicate & is_rewired
        if not redraw.any():
            break
    return a, b


def random_pairs(n: int, mean_degree: float, seed: int, replicate: int) -> Pairs:
    """Return different pairs chosen uniformly.

    Parameters
    ----------
    mean_degree : mean number of peers; there are round(n * mean_degree / 2) pairs, or all that there can be.

    Returns
    -------
    Service numbers of both ends.

    References
    ----------
    Erdos, Renyi. Publ Math Debrecen 1959;6:290.

    Examples
    --------
    >>> a, b = random_pairs(100, 6.0, seed=1, replicate=0)
    >>> len(a)
    300
    """
    count = min(int(n * mean_degree / 2 + 0.5), n * (n - 1) // 2)
    if 2 * count > n * (n - 1) // 2 and n <= MAX_COMPLETE:  # dense: deal out all pairs instead of picking
        a, b = np.triu_indices(n, 1)
        u = draws.uniform(seed, replicate, 0, draws.PICK, np.arange(len(a), dtype=np.uint64))
        picks = np.argsort(u, kind="stable")[:count]
        return a[picks], b[picks]
    n_draws = count
    while True:
        u = draws.uniform(seed, replicate, 0, draws.PICK, np.arange(2 * n_draws, dtype=np.uint64))
        a = np.floor(u[0::2] * n).astype(np.int64)
        other = np.floor(u[1::2] * (n - 1)).astype(np.int64)
        b = other + (other >= a)
        _, first = np.unique(np.minimum(a, b) * n + np.maximum(a, b), return_index=True)
        if len(first) >= count:
            picks = np.sort(first)[:count]
            return a[picks], b[picks]
        n_draws = n_draws + n_draws // 4 + 16


def scale_free(n: int, attachments: int, seed: int, replicate: int) -> Pairs:
    """Return preferential attachment: each new service ties itself to earlier ones in proportion to their ties.

    One end of an earlier tie chosen at random is copied.

    Parameters
    ----------
    attachments : number of ties that each new service makes.

    Returns
    -------
    Service numbers of the new services, and of those they are tied to.

    References
    ----------
    Barabasi, Albert. Science 1999;286:509. Batagelj, Brandes. Phys Rev E 2005;71:036113.

    Examples
    --------
    >>> listener, speaker = scale_free(50, 2, seed=1, replicate=0)
    >>> len(listener)
    96
    """
    m = attachments
    core = min(m, n)
    ends: list[int] = []
    listener, speaker = [], []
    for new in range(core, n):
        targets: list[int] = []
        if not ends:
            targets = list(range(core))
        else:
            attempt = 0
            while len(targets) < m:
                u = draws.uniform(seed, replicate, 0, draws.PICK, (new << 24) + attempt)
                target = ends[int(u * len(ends))]
                if target not in targets:
                    targets.append(target)
                attempt += 1
        for target in targets:
            listener.append(new)
            speaker.append(target)
            ends.extend((new, target))
    return np.array(listener, dtype=np.int64), np.array(speaker, dtype=np.int64)
