"""Peer ties of the generated networks, each drawn at an address.

What belongs here: one function a family. Two services are tied at most once; who picked whom does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from spreadsim import draws
from spreadsim.errors import InputError
from spreadsim.network.data import Ties, ties_from_pairs
from spreadsim.network.hierarchy import Hierarchy
from spreadsim.scenario.document import NetworkTable

Pairs = tuple[np.ndarray, np.ndarray]
MAX_COMPLETE = 5000


def generated_ties(table: NetworkTable, hierarchy: Hierarchy, seed: int, replicates: Sequence[int]) -> Ties:
    """Return the peer ties of one or more replicates of a generated network, side by side.

    Services of the k-th replicate are numbered from k times the number of services on.

    Raises
    ------
    InputError : the family cannot be made at this size.
    """
    n = table.services
    if table.source == "nested-hierarchy":
        listener, speaker = picked_pairs(table, hierarchy, seed, replicates)
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


def picked_pairs(table: NetworkTable, hierarchy: Hierarchy, seed: int, replicates: Sequence[int]) -> Pairs:
    """Return pairs in which each service picks peers in its lowest group, in the group above, and anywhere.

    Services of the k-th replicate are numbered from k times the number of services on.
    """
    n, rates = table.services, table.peer_ties
    everyone = np.zeros(n, dtype=np.int64)
    lowest = hierarchy.service_parent
    above = np.where(hierarchy.parent[lowest] >= 0, hierarchy.parent[lowest], lowest)
    # With a single level, the group one up is the whole body; the level itself then serves as both.
    above = np.where(hierarchy.level_of[above] >= 0, above, lowest)
    picks = (
        (lowest, rates.picks_in_lowest_level),
        (above, rates.picks_in_next_level),
        (everyone, rates.picks_anywhere),
    )
    listeners, speakers, number = [], [], 0
    uid = np.arange(n, dtype=np.uint64)
    luck = np.array(replicates, dtype=np.uint64)[:, np.newaxis]
    for pool, rate in picks:
        order = np.argsort(pool, kind="stable")
        groups, first, size = np.unique(pool[order], return_index=True, return_counts=True)
        where = np.searchsorted(groups, pool)
        position = np.empty(n, dtype=np.int64)
        position[order] = np.arange(n) - first[where[order]]
        others, before = size[where] - 1, first[where]
        for chance in _rounds(rate):
            word = uid * np.uint64(draws.COMPONENT_STRIDE) + np.uint64(number)
            keep = np.broadcast_to(others > 0, (len(replicates), n))
            if chance < 1.0:
                keep = keep & (draws.uniform(seed, luck, 0, draws.PICK_KEPT, word) < chance)
            k, i = np.nonzero(keep)
            u = draws.uniform(seed, luck, 0, draws.PICK, word)[k, i]
            other = np.floor(u * others[i]).astype(np.int64)
            other += other >= position[i]
            listeners.append(k * n + i)
            speakers.append(k * n + order[before[i] + other])
            number += 1
    return np.concatenate(listeners or [np.empty(0, np.int64)]), np.concatenate(speakers or [np.empty(0, np.int64)])


def _rounds(rate: float) -> list[float]:
    """Return the chance of each round of picks: whole rounds, then a chance of one more."""
    whole = math.floor(rate)
    rest = rate - whole
    return [1.0] * whole + ([rest] if rest > 0 else [])


def ring_lattice(n: int, neighbours: int) -> Pairs:
    """Return pairs in which each service is tied to the `neighbours` nearest on a ring (Watts, Strogatz 1998)."""
    i = np.arange(n)
    steps = range(1, min(neighbours // 2, max((n - 1) // 2 + (n - 1) % 2, 0)) + 1)
    return (
        np.concatenate([i for _ in steps] or [np.empty(0, np.int64)]),
        np.concatenate([(i + step) % n for step in steps] or [np.empty(0, np.int64)]),
    )


def small_world(n: int, neighbours: int, rewiring: float, seed: int, replicate: int) -> Pairs:
    """Return a ring lattice each of whose ties is, with chance `rewiring`, given another far end at random.

    A new far end that makes a tie there is already is drawn again, up to 63 times; then the tie is dropped.
    """
    a, b = ring_lattice(n, neighbours)
    word = np.arange(len(a), dtype=np.uint64) * np.uint64(64)
    moved = draws.uniform(seed, replicate, 0, draws.REWIRE_KEPT, word) < rewiring
    b = b.copy()
    again = moved.copy()
    for attempt in range(64):
        u = draws.uniform(seed, replicate, 0, draws.REWIRE, word[again] + np.uint64(attempt))
        other = np.floor(u * (n - 1)).astype(np.int64)
        b[again] = other + (other >= a[again])
        key = np.minimum(a, b) * n + np.maximum(a, b)
        order = np.lexsort((moved, key))  # of equal ties, one that never moved stays
        repeated = np.zeros(len(a), dtype=np.bool_)
        repeated[order[1:]] = key[order[1:]] == key[order[:-1]]
        again = repeated & moved
        if not again.any():
            break
    return a, b


def random_pairs(n: int, mean_degree: float, seed: int, replicate: int) -> Pairs:
    """Return round(n * mean_degree / 2) different pairs chosen uniformly (Erdos, Renyi 1959), or all there are."""
    count = min(int(n * mean_degree / 2 + 0.5), n * (n - 1) // 2)
    if 2 * count > n * (n - 1) // 2 and n <= MAX_COMPLETE:  # dense: deal out all pairs instead of picking
        a, b = np.triu_indices(n, 1)
        u = draws.uniform(seed, replicate, 0, draws.PICK, np.arange(len(a), dtype=np.uint64))
        chosen = np.argsort(u, kind="stable")[:count]
        return a[chosen], b[chosen]
    drawn = count
    while True:
        u = draws.uniform(seed, replicate, 0, draws.PICK, np.arange(2 * drawn, dtype=np.uint64))
        a = np.floor(u[0::2] * n).astype(np.int64)
        other = np.floor(u[1::2] * (n - 1)).astype(np.int64)
        b = other + (other >= a)
        _, first = np.unique(np.minimum(a, b) * n + np.maximum(a, b), return_index=True)
        if len(first) >= count:
            kept = np.sort(first)[:count]
            return a[kept], b[kept]
        drawn = drawn + drawn // 4 + 16


def scale_free(n: int, attachments: int, seed: int, replicate: int) -> Pairs:
    """Return preferential attachment: each new service ties itself to earlier ones in proportion to their ties.

    Barabasi, Albert 1999, by copying one end of an earlier tie chosen at random (Batagelj, Brandes 2005).
    """
    m = attachments
    core = min(m, n)
    ends: list[int] = []
    listener, speaker = [], []
    for new in range(core, n):
        chosen: list[int] = []
        if not ends:
            chosen = list(range(core))
        else:
            attempt = 0
            while len(chosen) < m:
                u = draws.uniform(seed, replicate, 0, draws.PICK, (new << 24) + attempt)
                target = ends[int(u * len(ends))]
                if target not in chosen:
                    chosen.append(target)
                attempt += 1
        for target in chosen:
            listener.append(new)
            speaker.append(target)
            ends.extend((new, target))
    return np.array(listener, dtype=np.int64), np.array(speaker, dtype=np.int64)
