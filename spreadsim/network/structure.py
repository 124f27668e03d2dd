"""The shape of a network in numbers.

What belongs here: size, degrees, reciprocity, clustering, components, depth. Everything is sparse and works at national
scale. What does not: adoption (``adoption_metrics``), figures.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from spreadsim.network.data import Ties
from spreadsim.network.hierarchy import Hierarchy

BLOCK = 4096  # rows of the triangle count held at a time


def symmetric_matrix(ties: Ties) -> sparse.csr_array:
    """Return the ties as a symmetric matrix of ones, whichever way they run.

    Parameters
    ----------
    ties : of n services.

    Returns
    -------
    A sparse matrix, shape (n, n).

    Examples
    --------
    >>> from spreadsim.network.data import ties_from_pairs
    >>> symmetric_matrix(ties_from_pairs(2, np.array([0]), np.array([1]), directed=True)).toarray().tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    n = len(ties.start) - 1
    matrix = sparse.csr_array((np.ones(len(ties.peer)), ties.peer.astype(np.int64), ties.start), shape=(n, n))
    both = (matrix + matrix.T).tocsr()
    both.data[:] = 1.0
    return both


def triangles(both: sparse.csr_array) -> np.ndarray:
    """Return the number of triangles that each service is part of.

    Each tie is followed from the end with fewer peers to the other, so that no hub is ever expanded.

    Parameters
    ----------
    both : a sparse symmetric matrix of ones, shape (n, n), as `symmetric_matrix` makes it.

    Returns
    -------
    Shape (n,).

    Examples
    --------
    >>> from spreadsim.network.data import ties_from_pairs
    >>> triangles(symmetric_matrix(ties_from_pairs(4, np.array([0, 1, 2, 2]), np.array([1, 2, 0, 3])))).tolist()
    [1.0, 1.0, 1.0, 0.0]
    """
    n = both.shape[0]
    degree = np.diff(both.indptr)
    rank = np.empty(n, dtype=np.int64)
    rank[np.argsort(degree, kind="stable")] = np.arange(n)
    a, b = both.nonzero()
    up = rank[a] < rank[b]
    upward = sparse.csr_array((np.ones(int(up.sum())), (a[up], b[up])), shape=(n, n))
    downward = upward.T.tocsr()
    count = np.zeros(n)
    for first in range(0, n, BLOCK):
        rows = slice(first, min(first + BLOCK, n))
        closed = (upward[rows] @ upward).multiply(upward[rows])  # (u, w): u -> v -> w and u -> w
        count[rows] += np.asarray(closed.sum(axis=1))
        count += np.asarray(closed.sum(axis=0))
        middle = (downward[rows] @ upward).multiply(upward[rows])  # (v, w): u -> v, u -> w and v -> w
        count[rows] += np.asarray(middle.sum(axis=1))
    return count


def structure(ties: Ties, hierarchy: Hierarchy | None = None) -> dict[str, Any]:
    """Return the description of a network as plain numbers, None where undefined.

    Parameters
    ----------
    ties : of the services.
    hierarchy : above the services; its depth, levels and groups are left out where None.

    Returns
    -------
    By name: ``services``, ``ties``, ``directed``, ``density``; ``mean_degree``, ``largest_degree`` of the number of
    peers a service listens to, ``largest_influence`` of its listeners; ``isolates``, services with no tie either way;
    ``reciprocity``, the share of directed ties that are mutual, None where ties are undirected; ``clustering``, the
    mean over services of the share of pairs of their peers that are tied (0 with fewer than two peers), and
    ``transitivity``, the same share over all such pairs, direction set aside; ``components``, the parts of the network
    that no tie joins, isolates among them, and the size of the ``largest_component``; ``depth``, the largest number of
    levels an instruction passes, ``levels`` and ``groups`` of the hierarchy.

    Examples
    --------
    >>> network = ss.make_network(ss.load_scenario("classroom"))
    >>> numbers = structure(network.ties)
    >>> numbers["services"], numbers["mean_degree"], numbers["components"]
    (12, 2.0, 1)
    """
    n = len(ties.start) - 1
    both = symmetric_matrix(ties)
    degree = np.diff(both.indptr)
    n_listeners = np.bincount(ties.peer, minlength=n)
    count = triangles(both)
    possible = degree * (degree - 1) / 2.0
    local = np.divide(count, possible, out=np.zeros(n), where=possible > 0)
    n_components, component = connected_components(both, directed=False) if n else (0, np.empty(0, dtype=np.int32))
    possible_ties = n * (n - 1) / (1 if ties.directed else 2)
    result: dict[str, Any] = {
        "services": n,
        "ties": ties.n_ties,
        "directed": ties.directed,
        "density": ties.n_ties / possible_ties if n > 1 else None,
        "mean_degree": len(ties.peer) / n if n else None,
        "largest_degree": int(ties.degree.max()) if n else None,
        "largest_influence": int(n_listeners.max()) if n else None,
        "isolates": int((degree == 0).sum()),
        "reciprocity": _reciprocity(ties),
        "clustering": float(local.mean()) if n else None,
        "transitivity": float(count.sum() / possible.sum()) if possible.sum() > 0 else None,
        "components": int(n_components),
        "largest_component": int(np.bincount(component).max()) if n else 0,
    }
    if hierarchy is not None:
        result["depth"] = int(hierarchy.service_depth.max()) if n else 0
        result["levels"] = list(hierarchy.levels)
        result["groups"] = {
            level: int((hierarchy.level_of == place).sum()) for place, level in enumerate(hierarchy.levels)
        }
    return result


def _reciprocity(ties: Ties) -> float | None:
    if not ties.directed or len(ties.peer) == 0:
        return None
    n = len(ties.start) - 1
    there = ties.listener * n + ties.peer
    back = ties.peer.astype(np.int64) * n + ties.listener
    return float(np.isin(there, back).mean())
