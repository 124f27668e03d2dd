"""Among whom services pick peers where no file holds ties: further groups, neighbours on the map, and those alike.

What belongs here: what the columns that ``network.affinity`` names mean, and what is refused. What does not: the picks
themselves (``network.ties``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from spreadsim.errors import nearest
from spreadsim.network.reading.faults import FaultLog
from spreadsim.network.reading.sheet import Sheet
from spreadsim.network.ties import Pools, nearest_services
from spreadsim.scenario.document import Affinity

POSTCODE = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?) ?\d[A-Z]{2}")
LIKENESS = ("population", "deprivation", "context", "readiness", "capability", "adaptation_tendency")


def affinity_pools(
    services: Sheet, values: Mapping[str, np.ndarray], affinity: Affinity, has_ties: bool, log: FaultLog
) -> Pools | None:
    """Return among whom services may pick peers by affinity.

    Parameters
    ----------
    services : the table of services.
    values : the numbers it holds, by name, nan where a row's value is missing.
    affinity : what the scenario asks for.
    has_ties : whether the files hold ties, which then stand alone.
    log : takes the faults.

    Returns
    -------
    `Pools`; None where nothing is asked for, or where it is refused.

    Examples
    --------
    >>> services = Sheet("services.csv", {"id": ["a", "b"], "post": ["NE65 7UW", "NE65 9UT"]}, np.array([2, 3]))
    >>> affinity_pools(services, {}, Affinity(groups=["post"]), False, FaultLog()).groups[0].tolist()
    [0, 0]
    """
    if not affinity.is_used:
        return None
    if has_ties:
        remedy = "leave network.affinity out, or the table of ties"
        log.add("refused", services.file, "network.affinity", "makes no ties where the files hold them", remedy)
        return None
    for name in affinity.groups:
        if name not in services.columns:
            remedy = nearest(name, list(services.columns))
            log.add("refused", services.file, "network.affinity.groups", f"there is no column '{name}'", remedy)
    groups = [_groups(services, name, log) for name in affinity.groups if name in services.columns]
    nearby = alike = None
    if affinity.picks_nearby > 0.0:
        if "map_x" in values and "map_y" in values:
            nearby = nearest_services(np.column_stack([values["map_x"], values["map_y"]]), affinity.candidates)
        else:
            remedy = "add them (eastings and northings, say), or name a column of postcodes in network.affinity.groups"
            log.add("refused", services.file, "network.affinity.picks_nearby", "needs map_x and map_y", remedy)
    if affinity.picks_alike > 0.0:
        likeness = [_standardised(name, values[name]) for name in LIKENESS if name in values]
        if likeness:
            alike = nearest_services(np.column_stack(likeness), affinity.candidates)
        else:
            remedy = f"give one of {', '.join(LIKENESS)}"
            problem = "compares attributes that files hold, and these hold none"
            log.add("refused", services.file, "network.affinity.picks_alike", problem, remedy)
    return Pools(tuple(groups), nearby, alike)


def _groups(services: Sheet, name: str, log: FaultLog) -> np.ndarray:
    """Return a number for each service's group, one of its own where the cell is blank."""
    cells = services.columns[name]
    matches = [POSTCODE.fullmatch(cell.strip().upper()) for cell in cells]
    if any(matches) and all(match or not cell for match, cell in zip(matches, cells, strict=True)):
        cells = [match.group(1) if match else "" for match in matches]
        log.add("noted", services.file, name, "holds postcodes", "services whose first part is the same share a group")
    number: dict[str, int] = {}
    return np.array(
        [number.setdefault(cell, len(number)) if cell else len(cells) + i for i, cell in enumerate(cells)],
        dtype=np.int64,
    )


def _standardised(name: str, values: np.ndarray) -> np.ndarray:
    """Return values in standard deviations, of the logarithm for people; what is missing counts as the mean."""
    values = np.log(np.maximum(values, 1.0)) if name == "population" else values
    spread = float(np.nanstd(values))
    standard = (values - np.nanmean(values)) / spread if spread > 0.0 else np.zeros(len(values))
    return np.where(np.isnan(values), 0.0, standard)
