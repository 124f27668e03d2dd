"""The hierarchy above the services of a real network, from the columns of its tables.

What belongs here: flat columns (region, system, neighbourhood), or parents that name the rows of a table of tiers.
What does not: what a hierarchy is (``network.hierarchy``), other columns (``files``).

One programme body, group 0, stands above the first level. Other groups follow from the root down, tier by tier, in
order of first child. A service or group whose place is not given stands under the nearest group above that is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spreadsim.errors import nearest
from spreadsim.network.hierarchy import Hierarchy
from spreadsim.network.reading.faults import FaultLog
from spreadsim.network.reading.sheet import Sheet
from spreadsim.network.reading.tables import is_mangled_id

ROOT = "programme"


@dataclass(frozen=True)
class _Group:
    """A group before it has a number: its key in the input, its name, its level and the key above it."""

    name: str
    level: str
    parent: str | None  # None: directly under the programme body


def read_hierarchy(
    services: Sheet, tiers: Sheet | None, columns: list[str] | None, log: FaultLog
) -> tuple[Hierarchy, tuple[str, ...]]:
    """Return the hierarchy and the columns it was read from.

    Parameters
    ----------
    services : the table of services.
    tiers : the table that the column ``parent`` of services points into, if there is one.
    columns : columns of `services` from the top down; where None, ``parent`` if it is there, else ``region``.
    log : takes the faults; where one is refused, the hierarchy returned is not to be used.

    Returns
    -------
    `Hierarchy`, and the names of the columns.

    Examples
    --------
    >>> services = Sheet("services.csv", {"id": ["a", "b"], "region": ["north", "south"]}, np.array([2, 3]))
    >>> hierarchy, columns = read_hierarchy(services, None, None, FaultLog())
    >>> hierarchy.names, columns
    (('programme', 'north', 'south'), ('region',))
    """
    cells = services.columns
    if columns:
        missing = [name for name in columns if name not in cells]
        for name in missing:
            log.add("refused", services.file, "hierarchy_columns", f"there is no column '{name}'", nearest(name, cells))
        if "parent" in cells and "parent" not in columns:
            log.add("noted", services.file, "parent", "hierarchy_columns is given as well", "not used")
        return _hierarchy_of_columns(services, [name for name in columns if name not in missing], log), tuple(columns)
    if "parent" in cells and any(cells["parent"]):
        if tiers is None:
            log.add(
                "refused",
                services.file,
                "parent",
                "names rows of tiers.csv, but there is no such file",
                'add tiers.csv (id, parent, level), or set hierarchy_columns = ["parent"]',
            )
            return _hierarchy_of_columns(services, [], log), ()
        return _hierarchy_of_tiers(services, tiers, log), ("parent",)
    if "region" in cells:
        return _hierarchy_of_columns(services, ["region"], log), ("region",)
    return _hierarchy_of_columns(services, [], log), ()


# --------------------------------------------------------------------------------------------------- flat columns


def _hierarchy_of_columns(services: Sheet, columns: list[str], log: FaultLog) -> Hierarchy:
    n = len(services)
    groups: dict[str, _Group] = {}
    lowest: list[str | None] = [None] * n
    above_of: dict[tuple[str, str], str | None] = {}
    ambiguous: dict[str, set[str]] = {}
    keys: dict[tuple[str | None, str, str], str] = {}
    for name in columns:
        cells = services.columns[name]
        gaps = [i for i in range(n) if not cells[i]]
        if gaps:
            log.add("repaired", services, name, "missing", "placed directly under the group above", gaps)
        for i in range(n):
            if not cells[i]:
                continue
            above = lowest[i]
            key = keys.setdefault((above, name, cells[i]), str(len(keys)))
            if key not in groups:
                groups[key] = _Group(cells[i], name, above)
                if above_of.setdefault((name, cells[i]), above) != above:
                    ambiguous.setdefault(name, set()).add(cells[i])
            lowest[i] = key
    for name, values in ambiguous.items():
        first = sorted(values)[0]
        log.add(
            "noted",
            services.file,
            name,
            f"'{first}' stands under more than one group of the level above"
            + (f", and {len(values) - 1} more such" if len(values) > 1 else ""),
            "taken as groups of their own",
        )
    return _number_groups(groups, lowest, tuple(columns), ROOT)


# --------------------------------------------------------------------------------------------------- tiers


def _hierarchy_of_tiers(services: Sheet, tiers: Sheet, log: FaultLog) -> Hierarchy:
    n = len(services)
    for name in ("id", "parent", "level"):
        if name not in tiers.columns:
            present = ", ".join(tiers.columns)
            log.add("refused", tiers.file, name, "this column is missing", f"add it (found: {present})")
    empty = _number_groups({}, [None] * n, (), ROOT)
    if log.refused:
        return empty
    ids, levels = tiers.columns["id"], tiers.columns["level"]
    names = tiers.columns.get("name", ids)
    place: dict[str, int] = {}
    duplicates = [i for i, identity in enumerate(ids) if place.setdefault(identity, i) != i]
    blank = [i for i, identity in enumerate(ids) if not identity]
    mangled = [i for i, identity in enumerate(ids) if is_mangled_id(identity)]
    for positions, problem, remedy in (
        (duplicates, "is taken by an earlier row", "give each tier an id of its own"),
        (blank, "is missing", "give each tier an id"),
        (mangled, "is no longer an id", "a spreadsheet changed it: format the column as text, enter the ids again"),
    ):
        if positions:
            label = f"'{ids[positions[0]]}' {problem}" if ids[positions[0]] else problem
            log.add("refused", tiers, "id", label, remedy, positions)
    for sheet in (tiers, services):
        cells = sheet.columns["parent"]
        unknown = [i for i, parent in enumerate(cells) if parent and parent not in place]
        if unknown:
            remedy = nearest(cells[unknown[0]], ids[:2000])
            remedy = remedy if remedy.startswith("did") else "add it there"
            log.add("refused", sheet, "parent", f"'{cells[unknown[0]]}' is not an id of {tiers.file}", remedy, unknown)
    orphans = [i for i, parent in enumerate(services.columns["parent"]) if not parent]
    if orphans:
        log.add("repaired", services, "parent", "missing", "placed directly under the programme body", orphans)
    if log.refused:
        return empty
    parents: list[str | None] = [parent or None for parent in tiers.columns["parent"]]
    circle = _cycle(ids, parents)
    if circle:
        log.add("refused", tiers, "parent", f"'{ids[circle[0]]}' is above itself", "break the circle", circle)
        return empty
    tops = [i for i, parent in enumerate(parents) if parent is None]
    root = None
    if len(tops) == 1 and levels[tops[0]].lower() in ("root", ROOT):
        root = ids[tops[0]]  # the file holds the programme body itself
    groups = {}
    for i, identity in enumerate(ids):
        if identity != root:
            parent = parents[i] if parents[i] != root else None
            groups[identity] = _Group(names[i] or identity, levels[i], parent)
    lowest = [parent if parent and parent != root else None for parent in services.columns["parent"]]
    depth = _depths(groups)
    groups = {key: replace(group, level=group.level or f"level {depth[key]}") for key, group in groups.items()}
    deepest: dict[str, int] = {}
    for key, group in groups.items():
        deepest[group.level] = max(depth[key], deepest.get(group.level, 0))
    order = tuple(sorted(deepest, key=lambda level: deepest[level]))
    return _number_groups(groups, lowest, order, names[place[root]] if root is not None else ROOT)


def _cycle(ids: list[str], parents: list[str | None]) -> list[int]:
    """Return the places of ids that stand above themselves."""
    above = dict(zip(ids, parents, strict=True))
    safe: set[str] = set()
    cycle: set[str] = set()
    for identity in ids:
        path: dict[str, None] = {}
        walk: str | None = identity
        while walk is not None and walk not in safe and walk not in cycle and walk not in path:
            path[walk] = None
            walk = above[walk]
        if walk is not None and walk in path:
            steps = list(path)
            cycle.update(steps[steps.index(walk) :])
        safe.update(step for step in path if step not in cycle)
    return [i for i, identity in enumerate(ids) if identity in cycle]


# --------------------------------------------------------------------------------------------------- numbering


def _depths(groups: dict[str, _Group]) -> dict[str, int]:
    """Return the number of groups from the programme body down to each group, itself included."""
    depth: dict[str, int] = {}
    for key in groups:
        path, walk = [], key
        while walk not in depth:
            path.append(walk)
            parent = groups[walk].parent
            if parent is None:
                break
            walk = parent
        for step in reversed(path):
            parent = groups[step].parent
            depth[step] = 1 if parent is None else depth[parent] + 1
    return depth


def _number_groups(
    groups: dict[str, _Group], lowest: list[str | None], levels: tuple[str, ...], root: str
) -> Hierarchy:
    """Return the hierarchy with its groups in canonical order; `lowest` is the key of each service's group."""
    n = len(lowest)
    first: dict[str, int] = {}
    for i, key in enumerate(lowest):
        walk = key
        while walk is not None and walk not in first:
            first[walk] = i
            walk = groups[walk].parent
    depth = _depths(groups)
    order = sorted(groups, key=lambda key: (depth[key], first.get(key, n)))
    number: dict[str | None, int] = {None: 0}
    number.update({key: g for g, key in enumerate(order, start=1)})
    place = {level: k for k, level in enumerate(levels)}
    return Hierarchy(
        levels=levels,
        names=(root, *(groups[key].name for key in order)),
        level_of=np.array([-1, *(place[groups[key].level] for key in order)], dtype=np.int64),
        parent=np.array([-1, *(number[groups[key].parent] for key in order)], dtype=np.int64),
        service_parent=np.array([number[key] for key in lowest], dtype=np.int64),
    )
