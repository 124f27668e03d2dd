"""Where services are drawn: positions in the unit disc, the same every time.

What belongs here: a nested packing of discs where there is a hierarchy, a ring for rings and paths, springs for small
networks without a hierarchy and a fast spectral arrangement for large ones. What does not: drawing.

network : services, ties and hierarchy.
"""

from __future__ import annotations

import math

import numpy as np

from spreadsim.network.data import Network
from spreadsim.network.packing import pack

GOLDEN_ANGLE = math.pi * (3.0 - math.sqrt(5.0))
DIGITS = 4
MAX_SPRING = 1000
_SEED = 20180901
_RIM = 0.9995  # so that rounding stays within the disc
_GAP = 1.04  # of a group's disc beyond what its members fill


def layout(network: Network) -> np.ndarray:
    """Return the position of each service within the unit disc.

    Returns
    -------
    Shape (n, 2): x and y, rounded to four digits.

    Examples
    --------
    >>> layout(ss.make_network(ss.load_scenario("classroom")))[:2].tolist()
    [[0.0, 0.9995], [0.4997, 0.8656]]
    """
    n = network.n
    if n == 0:
        return np.zeros((0, 2))
    if n == 1:
        return np.zeros((1, 2))
    if _is_ring(network):
        return _round(_ring(n))
    if _has_groups(network):
        return _round(_nested_discs(network)[0])
    return _round(_by_ties(network))


def group_positions(network: Network) -> np.ndarray:
    """Return the disc of each group of the hierarchy.

    Where services are not placed by the hierarchy, the disc is the centre of the group's services and radius 0.

    Returns
    -------
    Shape (groups, 3): x, y and radius, rounded to four digits.

    Examples
    --------
    >>> group_positions(ss.make_network(ss.load_scenario("default")))[0].tolist()
    [0.0, 0.0, 1.0]
    """
    tree = network.hierarchy
    if tree.n_groups == 0:
        return np.zeros((0, 3))
    if not _is_ring(network) and _has_groups(network) and network.n > 1:
        return _round(_nested_discs(network)[1])
    at = layout(network)
    discs = np.zeros((tree.n_groups, 3))
    count = np.zeros(tree.n_groups)
    group = tree.service_parent.copy()
    while np.any(group >= 0):
        inside = group >= 0
        np.add.at(discs[:, :2], group[inside], at[inside])
        np.add.at(count, group[inside], 1.0)
        group = np.where(inside, tree.parent[group], -1)
    discs[:, :2] /= np.maximum(count, 1.0)[:, None]
    return _round(discs)


def _round(values: np.ndarray) -> np.ndarray:
    return np.round(values, DIGITS) + 0.0


def _has_groups(network: Network) -> bool:
    """Return whether the hierarchy sorts services into two groups or more."""
    parent = network.hierarchy.service_parent
    return network.hierarchy.n_groups > 0 and len(np.unique(parent[parent >= 0])) > 1


def _is_ring(network: Network) -> bool:
    """Return whether nearly every service is tied to the next one in the file, and to few others: a ring or a path."""
    n, ties = network.n, network.ties
    if n < 4 or ties.n_ties == 0:
        return False
    next_one = (ties.listener + 1) % n == ties.peer
    before = (ties.peer.astype(np.int64) + 1) % n == ties.listener
    links = np.zeros(n, dtype=np.bool_)
    links[ties.listener[next_one]] = True
    links[ties.peer[before]] = True
    degree = len(ties.peer) / n
    distance = np.abs(ties.listener - ties.peer)
    near = np.minimum(distance, n - distance) <= max(2.0, degree)
    return bool(links.mean() >= 0.8 and near.mean() >= 0.6 and degree <= 20.0)


def _ring(n: int) -> np.ndarray:
    """Return a ring, clockwise from the top."""
    angle = math.pi / 2 - 2.0 * math.pi * np.arange(n) / n
    return np.column_stack([np.cos(angle), np.sin(angle)]) * _RIM


def sunflower(n: int) -> np.ndarray:
    """Return points spread evenly over the unit disc (Vogel 1979).

    Parameters
    ----------
    n : number of points.

    Returns
    -------
    Shape (n, 2): x and y.

    References
    ----------
    Vogel. Math Biosci 1979;44:179.

    Examples
    --------
    >>> sunflower(2).round(3).tolist()
    [[0.5, 0.0], [-0.639, 0.585]]
    """
    k = np.arange(n)
    radius = np.sqrt((k + 0.5) / max(n, 1))
    return np.column_stack([radius * np.cos(k * GOLDEN_ANGLE), radius * np.sin(k * GOLDEN_ANGLE)])


# ------------------------------------------------------------------------------------------------------- nested discs


def _nested_discs(network: Network) -> tuple[np.ndarray, np.ndarray]:
    """Return services (n, 2) and groups (g, 3), groups within the disc of the group above, services within theirs."""
    tree, n = network.hierarchy, network.n
    members: list[list[int]] = [[] for _ in range(tree.n_groups)]
    children: list[list[int]] = [[] for _ in range(tree.n_groups)]
    alone: list[int] = []
    for i, g in enumerate(tree.service_parent.tolist()):
        (members[g] if g >= 0 else alone).append(i)
    tops: list[int] = []
    for g, above in enumerate(tree.parent.tolist()):
        (children[above] if above >= 0 else tops).append(g)
    radius = np.zeros(tree.n_groups)
    own_place = np.zeros((tree.n_groups, 2))  # of a group's own services, within it
    place = np.zeros((tree.n_groups, 2))  # of a group, within the one above
    for g in range(tree.n_groups - 1, -1, -1):  # a group stands after its parent
        below = [c for c in children[g] if radius[c] > 0]
        own = math.sqrt(len(members[g])) if members[g] else 0.0
        if not below:
            radius[g] = own * _GAP
            continue
        radii = [float(radius[c]) for c in below] + ([own] if own else [])
        centres, around = pack(np.array(radii))
        place[below] = centres[: len(below)]
        if own:
            own_place[g] = centres[-1]
        radius[g] = around * _GAP
    tops = [g for g in tops if radius[g] > 0]
    radii = [float(radius[g]) for g in tops] + ([math.sqrt(len(alone))] if alone else [])
    centres, around = pack(np.array(radii))
    place[tops] = centres[: len(tops)]
    discs = np.zeros((tree.n_groups, 3))
    services = np.zeros((n, 2))
    for g in range(tree.n_groups):
        above = int(tree.parent[g])
        discs[g, :2] = place[g] + (discs[above, :2] if above >= 0 else 0.0)
        discs[g, 2] = radius[g]
        if members[g]:
            services[members[g]] = discs[g, :2] + own_place[g] + math.sqrt(len(members[g])) * sunflower(len(members[g]))
    if alone:
        services[alone] = centres[-1] + math.sqrt(len(alone)) * sunflower(len(alone))
    inner = discs[(tree.parent >= 0) & (radius > 0)]
    extent = float(np.hypot(services[:, 0], services[:, 1]).max(initial=1e-12))
    extent = max(extent, float((np.hypot(inner[:, 0], inner[:, 1]) + inner[:, 2]).max(initial=0.0)))
    if len(tops) > 1 or alone:
        extent = max(extent, around)
    scale = _RIM / extent
    discs *= scale
    if len(tops) == 1 and not alone:
        discs[tops[0]] = (0.0, 0.0, 1.0)  # one root: the disc that is drawn on
    return services * scale, discs


# --------------------------------------------------------------------------------------------------- without groups


def _by_ties(network: Network) -> np.ndarray:
    """Return positions by who is tied to whom; services without a tie stand on the rim."""
    n, ties = network.n, network.ties
    has_tie = np.zeros(n, dtype=np.bool_)
    has_tie[ties.listener] = True
    has_tie[ties.peer] = True
    if not has_tie.any():
        return sunflower(n) * _RIM
    inside = np.flatnonzero(has_tie)
    number = np.full(n, -1)
    number[inside] = np.arange(len(inside))
    a, b = number[ties.listener], number[ties.peer]
    at = np.zeros((n, 2))
    alone = np.flatnonzero(~has_tie)
    room = 0.9 if len(alone) else _RIM
    at[inside] = room * (_springs(len(inside), a, b) if len(inside) <= MAX_SPRING else _spectral(len(inside), a, b))
    if len(alone):
        at[alone] = _ring(len(alone))
    return at


def _springs(n: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(zip(a.tolist(), b.tolist(), strict=True))
    positions = networkx.spring_layout(graph, seed=_SEED, iterations=60 if n <= 300 else 25)
    at = np.array([positions[i] for i in range(n)])
    at = at - at.mean(axis=0)
    return np.asarray(at / max(float(np.hypot(at[:, 0], at[:, 1]).max()), 1e-12))


def _spectral(n: int, a: np.ndarray, b: np.ndarray, rounds: int = 120) -> np.ndarray:
    """Return each service among its peers: the two directions in which averaging over ties is slowest."""
    from scipy.sparse import coo_array

    one = np.ones(2 * len(a))
    matrix = coo_array((one, (np.concatenate([a, b]), np.concatenate([b, a]))), shape=(n, n)).tocsr()
    degree = np.maximum(np.asarray(matrix.sum(axis=1)).reshape(-1), 1.0)
    at = np.random.default_rng(_SEED).standard_normal((n, 2))
    share = degree / degree.sum()
    for _ in range(rounds):
        at = 0.5 * (at + (matrix @ at) / degree[:, None])
        at -= (share[:, None] * at).sum(axis=0)
        at[:, 1] -= at[:, 0] * ((share * at[:, 0] * at[:, 1]).sum() / max((share * at[:, 0] ** 2).sum(), 1e-300))
        at /= np.maximum(np.sqrt((share[:, None] * at**2).sum(axis=0)), 1e-300)
    length = np.hypot(at[:, 0], at[:, 1])
    rank = np.empty(n)
    rank[np.argsort(length, kind="stable")] = np.arange(n)
    even = np.sqrt((rank + 0.5) / n) / np.maximum(length, 1e-300)
    return np.asarray(at * even[:, None])
