"""Outcomes of a comparison across replicates: by group, by generation, by source of version.

What belongs here: arrays with one row a replicate, made from a comparison's outcomes, that sentences, figures and
tables share. What does not: words and figures.

comparison : outcomes of every strategy.
strategy : name of a strategy.
values : shape (replicates, columns), nan where a replicate has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spreadsim import rules
from spreadsim.comparison.results import ComparisonResults
from spreadsim.drivers.running import Outcome
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.outcomes.statistics import Difference, difference_of, joint_level

FIFTH = "deprivation fifth"


@dataclass(frozen=True)
class Groups:
    """Reach and benefit of the groups of one level.

    Attributes
    ----------
    level : of the hierarchy, or `FIFTH`.
    names : of the groups, in order.
    n_services : number of services in each group, in replicate 0; shape (groups,).
    reach, benefit : for each strategy an array of shape (replicates, groups), in [0, 1].

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> table = groups(comparison, FIFTH)
    >>> table.names, table.reach["one-neighbour-is-enough"].shape
    (('1 least deprived', '2', '3', '4', '5 most deprived'), (2, 5))
    """

    level: str
    names: tuple[str, ...]
    n_services: np.ndarray
    reach: Mapping[str, np.ndarray]
    benefit: Mapping[str, np.ndarray]


def levels(comparison: ComparisonResults) -> list[str]:
    """Return the levels of the hierarchy by which groups are compared, without fifths of deprivation.

    Returns
    -------
    Names from the top down.

    Examples
    --------
    >>> levels(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False))
    []
    """
    first = next(iter(comparison.outcomes.values()))[0]
    return [level for level in dict.fromkeys(first.groups.get("level", ())) if level != FIFTH]


def groups(comparison: ComparisonResults, level: str) -> Groups | None:
    """Return reach and benefit by group of a level.

    Parameters
    ----------
    level : of the hierarchy, or `FIFTH`.

    Returns
    -------
    `Groups`; None where the comparison has no such level.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> groups(comparison, FIFTH).n_services.tolist(), groups(comparison, "region")
    ([3, 2, 3, 2, 2], None)
    """

    first = next(iter(comparison.outcomes.values()))[0]
    if level not in first.groups.get("level", ()):
        return None

    def arrays(key: str) -> dict[str, np.ndarray]:
        return {
            name: np.array([_of_level(outcome, level, key) for outcome in outcomes])
            for name, outcomes in comparison.outcomes.items()
        }

    return Groups(
        level=level,
        names=tuple(_of_level(first, level, "group")),
        n_services=_of_level(first, level, "n_services"),
        reach=arrays("reach"),
        benefit=arrays("benefit"),
    )


def _of_level(outcome: Outcome, level: str, key: str) -> np.ndarray:
    """Return a column of the groups of a level."""
    return outcome.groups[key][outcome.groups["level"] == level]


def people_served(comparison: ComparisonResults) -> np.ndarray:
    """Return the number of people served by all services.

    Returns
    -------
    One value a replicate.

    Examples
    --------
    >>> people_served(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)).shape
    (2,)
    """
    outcomes = next(iter(comparison.outcomes.values()))
    if not comparison.network.has_fifths or FIFTH not in outcomes[0].groups.get("level", ()):
        return np.full(len(outcomes), float(comparison.network["population"].sum()))
    return np.array([_of_level(outcome, FIFTH, "population").sum() for outcome in outcomes])


@dataclass(frozen=True)
class Generations:
    """Fidelity by generation under one strategy; means over the replicates that have the generation.

    Attributes
    ----------
    generation, n_runs : generation, and the number of replicates that have it; shape (generations,), as the others.
    began, at_start : mean number of services that began with such a version, and its fidelity then.
    embedded, now, core_now : mean number embedded at the horizon, and their fidelity and core fidelity then.
    at_start_band, now_band : 5th and 95th percentile over replicates, shape (2, generations).

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> generations(comparison, "one-neighbour-is-enough").began.tolist()
    [1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 1.0]
    """

    generation: np.ndarray
    n_runs: np.ndarray
    began: np.ndarray
    at_start: np.ndarray
    embedded: np.ndarray
    now: np.ndarray
    core_now: np.ndarray
    at_start_band: np.ndarray
    now_band: np.ndarray


def generations(comparison: ComparisonResults, strategy: str) -> Generations:
    """Return fidelity by generation under a strategy, for generations that at least half of the replicates have.

    Returns
    -------
    `Generations`.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> generations(comparison, "one-neighbour-is-not-enough").generation.tolist()
    [0]
    """
    outcomes = comparison.outcomes[strategy]
    keys = ("n_began", "fidelity_at_start", "n_embedded", "fidelity", "core_fidelity")
    tables = [np.array([outcome.generations[key] for key in keys if outcome.generations]) for outcome in outcomes]
    cube = np.full((len(keys), len(outcomes), max((table.shape[-1] for table in tables), default=0)), np.nan)
    for r, table in enumerate(tables):
        cube[: len(table), r, : table.shape[-1]] = table
    n_runs = (np.nan_to_num(cube[0]) > 0).sum(axis=0)
    generation = np.flatnonzero(2 * n_runs >= len(outcomes))
    began, at_start, embedded, now, core = (_mean(part[:, generation]) for part in cube)
    return Generations(
        generation=generation,
        n_runs=n_runs[generation],
        began=began,
        at_start=at_start,
        embedded=embedded,
        now=now,
        core_now=core,
        at_start_band=_band(cube[1][:, generation]),
        now_band=_band(cube[3][:, generation]),
    )


def _mean(values: np.ndarray) -> np.ndarray:
    defined = ~np.isnan(values)
    count = defined.sum(axis=0)
    total = np.where(defined, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _band(values: np.ndarray) -> np.ndarray:
    answer = np.full((2, values.shape[1]), np.nan)
    for k in range(values.shape[1]):
        defined = values[:, k][~np.isnan(values[:, k])]
        if len(defined):
            answer[:, k] = np.quantile(defined, (0.05, 0.95))
    return answer


def sources_of_versions(comparison: ComparisonResults, strategy: str) -> dict[str, float] | None:
    """Return, for replicate 0, the share of beginnings by whose version was taken on.

    Beginnings are entries into implementing, or straight into embedded, after the start; ``second leader`` is the part
    of ``peer`` whose source was a second leader.

    Returns
    -------
    Number of ``beginnings``, and share by source; None without events.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> sources_of_versions(comparison, "one-neighbour-is-enough")["peer"]
    1.0
    """
    events = comparison.outcomes[strategy][0].events
    if events is None:
        return None
    is_beginning = np.isin(events["to_state"], (rules.IMPLEMENTING, rules.EMBEDDED))
    is_beginning &= (events["source_kind"] != rules.NO_SOURCE) & (events["month"] > 0)
    total = int(is_beginning.sum())
    shares = {"beginnings": float(total)}
    for kind in (rules.PEER, rules.SPECIFICATION, rules.HIERARCHY, rules.ORIGINATOR):
        count = int((is_beginning & (events["source_kind"] == kind)).sum())
        if kind != rules.ORIGINATOR or count:
            shares[rules.SOURCES[kind]] = count / total if total else float("nan")
    n_led = int((is_beginning & (events["source_kind"] == rules.PEER) & events["leader_source"]).sum())
    shares["second leader"] = n_led / total if total else float("nan")
    return shares


def lowest_and_highest(values: np.ndarray) -> tuple[int, int, Difference]:
    """Return the columns with the lowest and the highest mean, and their paired difference.

    The interval is at a joint level of 95% over all pairs of columns (Bonferroni), because the two were picked for
    being far apart.

    Returns
    -------
    Two column numbers, and the `Difference` of the second and the first.

    Examples
    --------
    >>> low, high, gap = lowest_and_highest(np.array([[0.1, 0.9, 0.5], [0.2, 0.8, 0.5], [0.1, 0.8, 0.5]]))
    >>> low, high, round(gap.mean, 3)
    (0, 1, 0.7)
    """
    means = np.nanmean(values, axis=0)
    low, high = int(np.nanargmin(means)), int(np.nanargmax(means))
    return low, high, difference_of(BY_NAME["reach"], values[:, high], values[:, low], joint_level(values.shape[1]))


def means(values: np.ndarray) -> np.ndarray:
    """Return means over replicates, nulls left out.

    Returns
    -------
    Shape (columns,), nan where no replicate has a value.

    Examples
    --------
    >>> means(np.array([[0.2, np.nan], [0.4, np.nan]])).round(3).tolist()
    [0.3, nan]
    """
    return _mean(np.asarray(values, dtype=np.float64))


def monthly(comparison: ComparisonResults, strategy: str, name: str) -> np.ndarray:
    """Return a column of the curves.

    Parameters
    ----------
    name : of the column, for example ``delivered``.

    Returns
    -------
    Shape (replicates, T + 1): months 0 to T.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> monthly(comparison, "one-neighbour-is-enough", "share_embedded").shape
    (2, 13)
    """
    return np.array([outcome.curves[name] for outcome in comparison.outcomes[strategy]])


def select_pairs(
    comparison: ComparisonResults, among: Sequence[str] | None = None, against: Sequence[str] | None = None
) -> list[tuple[str, str]]:
    """Return pairs of strategies.

    Parameters
    ----------
    among : strategies that both of a pair are of; any where None.
    against : strategies of which at least one of a pair is; any where None.

    Returns
    -------
    Pairs (later, earlier), in the scenario's order.

    Examples
    --------
    >>> select_pairs(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False))
    [('one-neighbour-is-not-enough', 'one-neighbour-is-enough')]
    """
    return [
        (later, earlier)
        for later, earlier in comparison.paired
        if (among is None or (later in among and earlier in among))
        and (against is None or later in against or earlier in against)
    ]
