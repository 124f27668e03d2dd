"""What the columns of a network's tables mean, and how their values are checked.

What belongs here: ids, ties, attributes and times of adoption, each from a sheet of text to arrays, with faults
recorded row by row. What does not: finding and reading files (``files``), groups (``groups``).

services : the table of services.
options : how ties and periods are meant.
log : takes the faults.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import numpy as np

from spreadsim.errors import nearest
from spreadsim.network.attributes import attribute_in_range
from spreadsim.network.data import Ties, ties_from_pairs
from spreadsim.network.reading.faults import FaultLog, first_few
from spreadsim.network.reading.sheet import Sheet
from spreadsim.network.reading.tables import gaps, is_date, is_mangled_id, numbers
from spreadsim.scenario.network_options import NetworkFileOptions

if TYPE_CHECKING:
    from spreadsim.scenario.document import Scenario

MAX_SERVICES = 2_000_000
MAX_TIES = 20_000_000
SHARES = ("readiness", "capability", "adaptation_tendency")
NUMERIC = (
    "deprivation", "context", *SHARES, "population", "regional_context", "second_form", "perception", "appraisal_error",
    "map_x", "map_y",
)  # fmt: skip
SERVICE_COLUMNS = ("id", "name", "parent", "region", *NUMERIC, "deprivation_decile", "adopted_month")
TIE_COLUMNS = ("source", "target", "weight", "kind")
TIER_COLUMNS = ("id", "parent", "level", "name")
MANGLED_REMEDY = "a spreadsheet changed it (a date, a rounded number): format the column as text, enter the ids again"


def _has_columns(sheet: Sheet, names: tuple[str, ...], log: FaultLog) -> bool:
    """Record each required column that is missing; return whether all are there."""
    for name in names:
        if name not in sheet.columns:
            headers = list(sheet.columns)
            close = difflib.get_close_matches(name, [column.lower() for column in headers], n=1, cutoff=0.6)
            if close:
                header = next(column for column in headers if column.lower() == close[0])
                remedy = f"if '{header}' holds it, set columns = {{ {name} = \"{header}\" }}"
            else:
                remedy = f"name the column that holds it in columns (found: {', '.join(headers[:10]) or 'none'})"
            log.add("refused", sheet.file, name, "this column is missing", remedy)
    return all(name in sheet.columns for name in names)


# --------------------------------------------------------------------------------------------------- services


def identities(services: Sheet, log: FaultLog) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return ids and names of services, in the order of the file.

    Returns
    -------
    Ids and names; both empty where the table cannot be used.

    Examples
    --------
    >>> from spreadsim.network.reading.sheet import Sheet
    >>> services = Sheet("services.csv", {"id": ["a", "b"], "name": ["North", ""]}, np.array([2, 3]))
    >>> identities(services, FaultLog())
    (('a', 'b'), ('North', 'b'))
    """
    if not _has_columns(services, ("id",), log):
        return (), ()
    if len(services) == 0:
        log.add("refused", services.file, "", "holds no services", f"one {services.unit} per service is needed")
    if len(services) > MAX_SERVICES:
        log.add("refused", services.file, "", f"holds {len(services):,} services", f"at most {MAX_SERVICES:,} are read")
        return (), ()
    ids = services.columns["id"]
    place: dict[str, int] = {}
    blank, mangled, duplicates = [], [], []
    for i, identity in enumerate(ids):
        if not identity:
            blank.append(i)
        elif is_mangled_id(identity):
            mangled.append(i)
        if identity and place.setdefault(identity, i) != i:
            duplicates.append(i)
    if blank:
        log.add("refused", services, "id", "is missing", "give each service an id", blank)
    if mangled:
        log.add("refused", services, "id", f"'{ids[mangled[0]]}' is no longer an id", MANGLED_REMEDY, mangled)
    if duplicates:
        earlier = int(services.row_numbers[place[ids[duplicates[0]]]])
        log.add(
            "refused",
            services,
            "id",
            f"'{ids[duplicates[0]]}' is taken by {services.unit} {earlier}",
            "give each service an id of its own, or remove the repeated ones",
            duplicates,
        )
    names = services.columns.get("name", ids)
    return tuple(ids), tuple(name or identity for name, identity in zip(names, ids, strict=True))


# --------------------------------------------------------------------------------------------------- ties


def peer_ties(
    sheet: Sheet, ids: tuple[str, ...], options: NetworkFileOptions, directed: bool, log: FaultLog
) -> Ties | None:
    """Return the ties of a table, each pair once.

    Parameters
    ----------
    sheet : the table of ties.
    ids : of the services.
    directed : whether a tie runs one way.

    Returns
    -------
    `Ties`; None where the table cannot be used.

    Examples
    --------
    >>> from spreadsim.network.reading.sheet import Sheet
    >>> log = FaultLog()
    >>> ties = Sheet("ties.csv", {"source": ["a", "b", "a"], "target": ["b", "a", "a"]}, np.array([2, 3, 4]))
    >>> peer_ties(ties, ("a", "b"), NetworkFileOptions(), False, log).n_ties
    1
    >>> print(log.faults[0])
    ties.csv: row 4: 'a' is tied to itself; dropped
    """
    if not _has_columns(sheet, ("source", "target"), log):
        return None
    if len(sheet) > MAX_TIES:
        log.add("refused", sheet.file, "", f"holds {len(sheet):,} ties", f"at most {MAX_TIES:,} are read")
        return None
    sheet = _of_kinds(sheet, options, log)
    place = {identity: i for i, identity in enumerate(ids)}
    ends = []
    for name in ("source", "target"):
        ends.append(np.array([place.get(cell, -1) for cell in sheet.columns[name]], dtype=np.int64))
        _unknown_ends(sheet, name, np.flatnonzero(ends[-1] < 0), ids, log)
    weight = _weights(sheet, log)
    loops = (ends[0] == ends[1]) & (ends[0] >= 0)
    if loops.any():
        first_loop = sheet.columns["source"][int(np.argmax(loops))]
        log.add("repaired", sheet, "", f"'{first_loop}' is tied to itself", "dropped", np.flatnonzero(loops))
    keep = (ends[0] >= 0) & (ends[1] >= 0) & ~loops
    sheet, source, target, weight = sheet.select(keep), ends[0][keep], ends[1][keep], weight[keep]
    n = len(ids)
    if directed and options.influence == "source-to-target":
        source, target = target, source
    key = source * n + target if directed else np.minimum(source, target) * n + np.maximum(source, target)
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    strength = weight[first]
    if len(first) < len(key):
        strength = _merge_duplicates(sheet, weight, first, which, options, log)
    has_tie = np.zeros(n, dtype=np.bool_)
    has_tie[source] = has_tie[target] = True
    if n > 1 and not has_tie.all():
        alone = [ids[i] for i in np.flatnonzero(~has_tie)]
        log.add(
            "noted",
            sheet.file,
            "",
            f"{len(alone):,} of {n:,} services have no ties ({first_few(alone, len(alone))})",
            "kept: peers do not reach them",
        )
    return ties_from_pairs(n, source[first], target[first], strength, directed=directed)


def _of_kinds(sheet: Sheet, options: NetworkFileOptions, log: FaultLog) -> Sheet:
    if options.kinds is None:
        return sheet
    if "kind" not in sheet.columns:
        log.add(
            "refused",
            sheet.file,
            "kind",
            "kinds are chosen, but this column is missing",
            "name it in columns, or leave out kinds",
        )
        return sheet
    kinds = sheet.columns["kind"]
    present = sorted(set(kinds))
    for kind in options.kinds:
        if kind not in present:
            log.add("refused", sheet.file, "kinds", f"no tie is of the kind '{kind}'", nearest(kind, present[:50]))
    selection = set(options.kinds)
    keep = np.array([kind in selection for kind in kinds], dtype=np.bool_)
    if not keep.all():
        others = [kind or "(blank)" for kind in present if kind not in selection]
        log.add(
            "noted",
            sheet.file,
            "kind",
            f"{int((~keep).sum()):,} of {len(keep):,} ties are of other kinds ({first_few(others, len(others))})",
            "left out, as kinds says",
        )
    return sheet.select(keep)


def _unknown_ends(sheet: Sheet, name: str, places: np.ndarray, ids: tuple[str, ...], log: FaultLog) -> None:
    if len(places) == 0:
        return
    cells = sheet.columns[name]
    mangled = [int(i) for i in places if is_mangled_id(cells[i])]
    if mangled:
        log.add("refused", sheet, name, f"'{cells[mangled[0]]}' is no longer an id", MANGLED_REMEDY, mangled)
    unknown = [int(i) for i in places if not is_mangled_id(cells[i])]
    if not unknown:
        return
    canonical_ids = {_canonical_id(identity): identity for identity in ids}
    meant = next((i for i in unknown if cells[i] and _canonical_id(cells[i]) in canonical_ids), None)
    remedy = "these ties are dropped"
    if meant is not None:
        remedy += (
            f"; '{cells[meant]}' may be '{canonical_ids[_canonical_id(cells[meant])]}': write ids alike in both tables"
        )
    first = f"'{cells[unknown[0]]}' is not a service" if cells[unknown[0]] else "is missing"
    log.add("repaired", sheet, name, first, remedy, unknown)


def _canonical_id(identity: str) -> str:
    """Return an id without what programs add or lose: case, leading zeros, a trailing '.0', inner spaces."""
    return identity.casefold().replace(" ", "").removesuffix(".0").lstrip("0")


def _weights(sheet: Sheet, log: FaultLog) -> np.ndarray:
    if "weight" not in sheet.columns:
        return np.ones(len(sheet))
    weight = numbers(sheet, "weight", log)
    negative = np.flatnonzero(weight < 0)
    if len(negative):
        log.add("refused", sheet, "weight", f"{weight[negative[0]]:g} is negative", "a weight is 0 or more", negative)
    if gaps(sheet, "weight"):
        log.add("repaired", sheet, "weight", "missing", "treated as 1", gaps(sheet, "weight"))
    return np.where(np.isnan(weight), 1.0, weight)


def _merge_duplicates(
    sheet: Sheet, weight: np.ndarray, first: np.ndarray, which: np.ndarray, options: NetworkFileOptions, log: FaultLog
) -> np.ndarray:
    """Return the strength of each pair that is listed more than once, and record how many were."""
    is_duplicate = np.ones(len(weight), dtype=np.bool_)
    is_duplicate[first] = False
    problem = f"only {len(first):,} of {len(weight):,} ties differ"
    if options.repeated_ties == "sum":
        log.add("repaired", sheet, "", problem, "their weights are summed", np.flatnonzero(is_duplicate))
        return np.bincount(which, weights=weight, minlength=len(first)).astype(np.float64)
    differ = bool(np.any(weight != weight[first][which]))
    log.add(
        "repaired",
        sheet,
        "",
        problem,
        "merged" + (", with the weight listed first" if differ else ""),
        np.flatnonzero(is_duplicate),
    )
    return weight[first]


# --------------------------------------------------------------------------------------------------- attributes


def attributes(services: Sheet, scenario: Scenario, log: FaultLog) -> dict[str, np.ndarray]:
    """Return the attributes that a table holds, readiness and the like within their range.

    Parameters
    ----------
    scenario : holds the limits of readiness.

    Returns
    -------
    Arrays of shape (n,) by name, nan where a row's value is missing.

    Examples
    --------
    >>> from spreadsim.network.reading.sheet import Sheet
    >>> services = Sheet("services.csv", {"id": ["a", "b"], "capability": ["0.4", ""]}, np.array([2, 3]))
    >>> attributes(services, ss.load_scenario("classroom"), FaultLog())["capability"].tolist()
    [0.4, nan]
    """
    values: dict[str, np.ndarray] = {}
    for name in NUMERIC:
        if name not in services.columns:
            continue
        column = numbers(services, name, log)
        empty = gaps(services, name)
        if len(empty) == len(column):
            log.add(
                "noted",
                services.file,
                name,
                "this column is empty",
                "drawn at random" if "map" not in name else "ignored",
            )
            continue
        if empty and name not in ("map_x", "map_y"):
            problem = f"missing in {len(empty):,} of {len(column):,} services"
            log.add("repaired", services, name, problem, "drawn at random for these", empty)
        if name == "population" and np.any(column < 0):
            bad = np.flatnonzero(column < 0)
            problem = f"{column[bad[0]]:g} is negative"
            log.add("refused", services, name, problem, "give the number of people served", bad)
            continue
        if np.isnan(column).all():
            continue  # what is there was refused
        if name in SHARES:
            column = _shares(services, name, column, scenario, log)
        values[name] = column
    _deprivation(services, values, log)
    return values


def _shares(services: Sheet, name: str, column: np.ndarray, scenario: Scenario, log: FaultLog) -> np.ndarray:
    has_value = ~np.isnan(column)
    scores = column[has_value]
    low, high = float(scores.min()), float(scores.max())
    if low >= 1 and high > 1 and high <= 5 and bool(np.all(scores == np.round(scores))):
        log.add("repaired", services.file, name, "holds scores from 1 to 5", "a score s is treated as (s - 1) / 4")
        scores = (scores - 1.0) / 4.0
    outside = np.flatnonzero(has_value)[(scores < 0) | (scores > 1)]
    if 2 * len(outside) > len(scores):
        log.add(
            "refused",
            services.file,
            name,
            f"values run from {low:g} to {high:g}",
            "give shares from 0 to 1: percentages over 100, a 1-to-5 score s as (s - 1) / 4",
        )
        return column
    in_range = attribute_in_range(scenario, name, scores, services.file)
    outliers = np.flatnonzero(has_value)[in_range != scores]
    if len(outliers):
        bounds = scenario.services.readiness if name == "readiness" else None
        limits = f"{bounds.minimum:g} to {bounds.maximum:g}" if bounds else "0 to 1"
        problem = f"{scores[in_range != scores][0]:g} is not within {limits}"
        log.add("repaired", services, name, problem, "moved to the nearest limit", outliers)
    result = np.full(len(column), np.nan)
    result[has_value] = in_range
    return result


def _deprivation(services: Sheet, values: dict[str, np.ndarray], log: FaultLog) -> None:
    """Turn deciles round, so that higher is more deprived: deprivation = 11 - decile."""
    if "deprivation_decile" not in services.columns:
        has_value = values.get("deprivation", np.empty(0))
        has_value = has_value[~np.isnan(has_value)]
        if len(has_value) > 4 and set(np.unique(has_value)) <= set(range(1, 11)):
            problem = "all values are whole numbers from 1 to 10, and higher is taken as more deprived"
            remedy = "if they are deciles with 1 the most deprived, name the column deprivation_decile"
            log.add("noted", services.file, "deprivation", problem, remedy)
        return
    if "deprivation" in services.columns:
        log.add(
            "refused",
            services.file,
            "deprivation_decile",
            "is given as well as deprivation",
            "leave one out: deprivation is higher, the decile lower, where people are more deprived",
        )
        return
    decile = numbers(services, "deprivation_decile", log)
    has_value = ~np.isnan(decile)
    bad = np.flatnonzero(has_value & ~np.isin(decile, np.arange(1, 11)))
    if len(bad):
        log.add(
            "refused",
            services,
            "deprivation_decile",
            f"{decile[bad[0]]:g} is not a whole number from 1 to 10",
            "give deciles, 1 the most deprived, or scores as deprivation",
            bad,
        )
        return
    if not has_value.any():
        return
    log.add("noted", services.file, "deprivation_decile", "1 is the most deprived", "deprivation = 11 - decile")
    empty = gaps(services, "deprivation_decile")
    if empty:
        problem = f"missing in {len(empty):,} of {len(has_value):,} services"
        log.add("repaired", services, "deprivation_decile", problem, "drawn at random for these", empty)
    values["deprivation"] = 11.0 - decile


# --------------------------------------------------------------------------------------------------- adoption


def adoption(services: Sheet, options: NetworkFileOptions, log: FaultLog) -> tuple[np.ndarray | None, int]:
    """Return the period of adoption of each service, and the number of periods observed.

    Returns
    -------
    Periods, shape (n,), nan where a service did not adopt; None and 0 where the table does not hold them.

    Examples
    --------
    >>> from spreadsim.network.reading.sheet import Sheet
    >>> services = Sheet("services.csv", {"id": ["a", "b"], "adopted_month": ["3", ""]}, np.array([2, 3]))
    >>> period, n_periods = adoption(services, NetworkFileOptions(), FaultLog())
    >>> period.tolist(), n_periods
    ([3.0, nan], 3)
    """
    name = "adopted_month"
    if name not in services.columns:
        return None, 0
    cells = services.columns[name]
    dates = [i for i, cell in enumerate(cells) if is_date(cell)]
    if dates:
        log.add(
            "refused",
            services,
            name,
            f"'{cells[dates[0]]}' is a date",
            "give the number of the period, 1 for the first, and leave it empty for services that did not adopt",
            dates,
        )
        return None, 0
    period = numbers(services, name, log)
    has_value = ~np.isnan(period)
    bad = np.flatnonzero(has_value & ((period < 0) | (period != np.round(period))))
    if len(bad):
        log.add(
            "refused",
            services,
            name,
            f"{period[bad[0]]:g} is not a whole number of at least 0",
            "give the number of the period, 1 for the first",
            bad,
        )
        return None, 0
    if not has_value.any():
        log.add("noted", services.file, name, "no service has adopted", "there is nothing to measure")
        return period, options.observed_periods or 1
    low, high = int(np.nanmin(period)), int(np.nanmax(period))
    if low >= 1900 and high <= 2200:
        log.add(
            "refused",
            services.file,
            name,
            f"values run from {low} to {high}: calendar years",
            f"count periods from 1 (the year less {low - 1}), and set period_months = 12",
        )
        return None, 0
    if options.observed_periods is None and high > 10_000:
        log.add("refused", services.file, name, f"values run up to {high:,}", "count periods from 1, at most 10,000")
        return None, 0
    observed = options.observed_periods or max(high, 1)
    late = np.flatnonzero(has_value & (period > observed))
    if len(late):
        log.add(
            "repaired",
            services,
            name,
            f"{period[late[0]]:g} is after the last period observed ({observed})",
            "treated as not adopted in the time observed",
            late,
        )
        period[late] = np.nan
    return period, observed
