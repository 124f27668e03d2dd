"""Ties that a collaborative of the peer programme makes between its members.

What belongs here: who is a member, whom each is tied to, and how much the ties weigh as the programme comes and goes.
Membership and picks are drawn per replicate at addresses of their own, so that strategies with the same starting sites
share them. What does not: ties of the network as it is (``ties``), when the collaborative meets (``scenario.plan``).

network : of one replicate.
programme : of the strategy.
sites : uids of the starting sites.
seed, replicate : addresses of the random numbers.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spreadsim import draws
from spreadsim.levers import Collaborative
from spreadsim.network.data import Network, Ties, ties_from_pairs

MOST_KEPT = 2_000_000  # entries of ties that a network keeps of collaboratives: some 50 MB
_keeping = threading.Lock()


@dataclass(frozen=True)
class TiedNetwork:
    """A network with the ties of a collaborative.

    Attributes
    ----------
    network : the services with all ties; the weights are those while the collaborative meets.
    is_made : whether each entry of ``network.ties.peer`` is a tie that the collaborative made, shape (entries,).
    is_member : whether each service is a member, shape (n,).

    Examples
    --------
    >>> from spreadsim.levers import Collaborative
    >>> network = ss.make_network(ss.load_scenario("default"))
    >>> tied = tie_members(network, Collaborative(share=0.3), np.array([0, 1]), seed=1, replicate=0)
    >>> bool(tied.network.ties.n_ties - network.ties.n_ties == tied.is_made.sum() // 2)
    True
    """

    network: Network
    is_made: np.ndarray
    is_member: np.ndarray

    @property
    def n_members(self) -> int:
        """Number of services that are members."""
        return int(self.is_member.sum())

    def weights(self, share: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the weight of each entry, and the sum in each row, where ties made weigh `share` of what they may.

        Parameters
        ----------
        share : 0 to 1.

        Returns
        -------
        Weights, shape (entries,), and sums, shape (n,).

        Examples
        --------
        >>> from spreadsim.levers import Collaborative
        >>> network = ss.make_network(ss.load_scenario("default"))
        >>> tied = tie_members(network, Collaborative(share=0.3), np.array([0, 1]), seed=1, replicate=0)
        >>> weight, weight_sum = tied.weights(0.0)
        >>> bool(np.array_equal(weight_sum, network.weight_sum))
        True
        """
        weight, ties = self.network.weight, self.network.ties
        weight = np.where(self.is_made, weight * share, weight)
        return weight, np.bincount(ties.listener, weights=weight, minlength=len(ties.degree)).astype(np.float64)


def are_members(network: Network, share: float, sites: np.ndarray, seed: int, replicate: int) -> np.ndarray:
    """Return whether each service is a member: starting sites always, as faculty, and a share of the others.

    Parameters
    ----------
    share : of services that are invited, 0 to 1.

    Returns
    -------
    Booleans, shape (n,).

    Examples
    --------
    >>> network = ss.make_network(ss.load_scenario("classroom"))
    >>> are_members(network, 0.0, np.array([0, 4]), seed=1, replicate=0).nonzero()[0].tolist()
    [0, 4]
    """
    uid = np.arange(network.n, dtype=np.uint64)
    members = draws.uniform(seed, replicate, 0, draws.MEMBER, uid) < share
    members[sites] = True
    return members


def tie_members(
    network: Network, collaborative: Collaborative, sites: np.ndarray, seed: int, replicate: int
) -> TiedNetwork:
    """Return the network with ties between members of a region, each of whom picks a few; a tie that exists stays.

    Services that stand under no group of the top level are a region of their own. A network keeps the last answers:
    strategies with the same starting sites and the same collaborative share one.

    Parameters
    ----------
    collaborative : the share of services invited, and how many others each member picks.

    Returns
    -------
    The network with the ties added.

    Examples
    --------
    >>> from spreadsim.levers import Collaborative
    >>> network = ss.make_network(ss.load_scenario("default"))
    >>> tied = tie_members(network, Collaborative(share=0.0, picks=4), np.array([0]), seed=1, replicate=0)
    >>> tied.n_members, int(tied.is_made.sum())
    (1, 0)
    """
    # The key is what the answer follows from; a collaborative is a table, which has no hash.
    key = (repr(collaborative), sites.tobytes(), seed, replicate)
    with _keeping:
        kept: dict[Any, TiedNetwork] = vars(network).setdefault("_tied", {})
        tied = kept.get(key)
    if tied is None:
        tied = _tied(network, collaborative, sites, seed, replicate)
        with _keeping:
            kept[key] = tied
            while len(kept) > 1 and len(kept) * len(tied.is_made) > MOST_KEPT:
                del kept[next(iter(kept))]
    return tied


def _tied(network: Network, collaborative: Collaborative, sites: np.ndarray, seed: int, replicate: int) -> TiedNetwork:
    n, members = network.n, are_members(network, collaborative.share, sites, seed, replicate)
    uid = np.flatnonzero(members)
    region = network.hierarchy.group_at(0)[uid]
    uid, region = uid[order := np.argsort(region, kind="stable")], region[order]
    _, first, of_region, size = np.unique(region, return_index=True, return_inverse=True, return_counts=True)
    others, first = size[of_region] - 1, first[of_region]
    number = np.arange(collaborative.picks, dtype=np.uint64)[:, None]
    word = uid.astype(np.uint64) * np.uint64(draws.COMPONENT_STRIDE) + number
    other = np.floor(draws.uniform(seed, replicate, 0, draws.PICK_MEMBER, word) * others).astype(np.int64)
    other += other >= np.arange(len(uid)) - first
    has_others = np.broadcast_to(others > 0, other.shape)
    speaker = uid[np.where(has_others, first + other, 0)] if len(uid) else other
    made = ties_from_pairs(n, np.broadcast_to(uid, other.shape)[has_others], speaker[has_others])
    ties = network.ties
    keys, made_keys = ties.listener * n + ties.peer, made.listener * n + made.peer
    if len(keys):
        made_keys = made_keys[keys[np.minimum(np.searchsorted(keys, made_keys), len(keys) - 1)] != made_keys]
    all_keys = np.concatenate([keys, made_keys])
    order = np.argsort(all_keys, kind="stable")
    start = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(all_keys // n, minlength=n), out=start[1:])
    together = Ties(
        start,
        (all_keys % n)[order].astype(np.int32),
        np.concatenate([ties.strength, np.ones(len(made_keys))])[order],
        ties.directed,
    )
    tied = replace(network, ties=together)
    vars(tied)["membership"] = network.membership  # it does not follow from ties
    return TiedNetwork(tied, (np.arange(len(order)) >= len(keys))[order], members)
