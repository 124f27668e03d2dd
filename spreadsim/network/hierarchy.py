"""The formal hierarchy: who stands above whom.

What belongs here: the tree of groups above the services, its shape made from a scenario, and walks on it.
The shape is drawn once, from replicate 0: all replicates are of the same organisation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spreadsim import draws
from spreadsim.network.normal import standard_normal
from spreadsim.scenario.document import NetworkTable, Sizes


@dataclass(frozen=True)
class Hierarchy:
    """The groups above the services, from the root down.

    Attributes
    ----------
    levels : names of the levels below the root, from the top down.
    names : name of each group; group 0 is a programme body, the root. The uid of group g is n_services + g.
    level_of : int64, shape (groups,): place of each group's level in `levels`; -1 for a root.
    parent : int64, shape (groups,): the group above each, -1 for a root; a group stands after its parent.
    service_parent : int64, shape (n,): the group that each service belongs to; -1 if none.

    Examples
    --------
    >>> hierarchy = ss.make_network(ss.load_scenario("default")).hierarchy
    >>> hierarchy.levels, hierarchy.n_groups
    (('region', 'system', 'neighbourhood'), 101)
    >>> hierarchy.service_depth[:3].tolist()
    [4, 4, 4]
    """

    levels: tuple[str, ...]
    names: tuple[str, ...]
    level_of: np.ndarray
    parent: np.ndarray
    service_parent: np.ndarray

    @property
    def n_groups(self) -> int:
        """Number of groups, roots included."""
        return len(self.parent)

    def equals(self, other: Hierarchy) -> bool:
        """Return whether another hierarchy has the same groups above the same services."""
        own, others = ((h.level_of, h.parent, h.service_parent) for h in (self, other))
        same = all(np.array_equal(one, two) for one, two in zip(own, others, strict=True))
        return same and (self.levels, self.names) == (other.levels, other.names)

    @cached_property
    def depth(self) -> np.ndarray:
        """Number of line edges from each group to its root."""
        depth = np.zeros(self.n_groups, dtype=np.int32)
        for group in range(self.n_groups):
            if self.parent[group] >= 0:
                depth[group] = depth[self.parent[group]] + 1
        return depth

    @cached_property
    def service_depth(self) -> np.ndarray:
        """Number of line edges from each service to its root: the levels an instruction passes; 0 without a parent."""
        if self.n_groups == 0:
            return np.zeros(len(self.service_parent), dtype=np.int32)
        return np.where(self.service_parent >= 0, self.depth[self.service_parent] + 1, 0).astype(np.int32)

    def group_at(self, level: int) -> np.ndarray:
        """Return for each service its group at the place `level` in `levels`, -1 for none; not to be changed."""
        if level not in self._groups_at:
            self._groups_at[level] = self._find_groups_at(level)
            self._groups_at[level].setflags(write=False)
        return self._groups_at[level]

    @cached_property
    def _groups_at(self) -> dict[int, np.ndarray]:
        return {}

    def _find_groups_at(self, level: int) -> np.ndarray:
        above = np.arange(self.n_groups)
        group = np.full(self.n_groups, -1, dtype=np.int64)
        for _ in range(len(self.levels) + 1):
            here = (above >= 0) & (group < 0)
            is_match = here & (self.level_of[above] == level)
            group[is_match] = above[is_match]
            above = np.where(above >= 0, self.parent[above], -1)
        if self.n_groups == 0:
            return np.full(len(self.service_parent), -1, dtype=np.int64)
        return np.where(self.service_parent >= 0, group[self.service_parent], -1)

    def group_from_top(self, level: int) -> np.ndarray:
        """Return for each service its group at a level counted from the top, from 1; its own where that is higher up.

        Where there are fewer levels it is the lowest one's, or the root; where a service has no group at all, it is
        the number after the last group.
        """
        group = self.group_at(min(level, len(self.levels)) - 1)
        group = np.where(group >= 0, group, self.service_parent)
        return np.where(group >= 0, group, self.n_groups)


def largest_remainder(shares: np.ndarray, total: int) -> np.ndarray:
    """Return whole numbers of at least 1 that have a sum, in proportion to shares (Hamilton's method).

    Parameters
    ----------
    shares : positive numbers, one for each part; they need not sum to 1.
    total : the sum, at least the number of parts.

    Returns
    -------
    Whole numbers, one for each part.

    Examples
    --------
    >>> largest_remainder(np.array([5.0, 3.0, 2.0]), 7).tolist()
    [4, 2, 1]
    """
    n = len(shares)
    spare = total - n
    exact = np.maximum(shares / shares.sum() * total - 1.0, 0.0)
    exact = exact * (spare / exact.sum()) if exact.sum() > 0 else np.full(n, spare / n)
    whole = np.floor(exact).astype(np.int64)
    remainder = spare - int(whole.sum())
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[:remainder]] += 1
    return whole + 1


def _shares(sizes: Sizes, seed: int, uids: np.ndarray) -> np.ndarray:
    """Return a share for each of the groups with the `uids` given."""
    if sizes.distribution == "equal":
        return np.ones(len(uids))
    u = draws.uniform(seed, 0, 0, draws.GROUP_SIZE, uids.astype(np.uint64))
    if sizes.distribution == "lognormal":
        return np.exp(sizes.log_standard_deviation * standard_normal(u))
    counts = sizes.counts or {}
    group_sizes = np.concatenate([np.full(count, int(size)) for size, count in counts.items()])
    result = np.empty(len(uids))
    result[np.argsort(u, kind="stable")] = np.sort(group_sizes)
    return result


def make_hierarchy(table: NetworkTable, seed: int) -> Hierarchy:
    """Return the hierarchy that a scenario's [network] describes, over services in contiguous groups.

    Parameters
    ----------
    table : the scenario's [network].
    seed : of the run, for sizes that are drawn.

    Returns
    -------
    A `Hierarchy` of ``table.services`` services.

    Examples
    --------
    >>> make_hierarchy(ss.load_scenario("default").network, seed=1).names[:2]
    ('programme', 'region 1')
    """
    n = table.services
    names, level_of, parent = ["programme"], [-1], [-1]
    above = np.array([0])
    for place, level in enumerate(table.hierarchy):
        if level.children is not None:
            children = np.array(level.children)
        else:
            children = largest_remainder(_shares(level.sizes, seed, n + above), level.size)
        first = len(parent)
        for group, count in zip(above.tolist(), children.tolist(), strict=True):
            parent.extend([group] * count)
        here = np.arange(first, len(parent))
        names.extend(level.names or [f"{level.level} {k + 1}" for k in range(len(here))])
        level_of.extend([place] * len(here))
        above = here
    sizes = largest_remainder(_shares(table.group_sizes, seed, n + above), n)
    return Hierarchy(
        levels=tuple(level.level for level in table.hierarchy),
        names=tuple(names),
        level_of=np.array(level_of, dtype=np.int64),
        parent=np.array(parent, dtype=np.int64),
        service_parent=np.repeat(above, sizes),
    )
