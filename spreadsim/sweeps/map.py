"""A measure over two factors of a sweep, and the points behind each cell.

What belongs here: a lever, an uncertainty or the strategies as an axis, a number with many values cut into classes of
equal count; the mean of every cell with its interval; the points of a cell in order.
What does not: drawing (``page``), the screen.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spreadsim.errors import InputError, nearest
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.sweeps.designs import SAMPLED
from spreadsim.sweeps.tables import NOT_CHOICES, SweepTables

STRATEGY = "strategy"
MOST_VALUES = 12  # values of a factor that are shown one by one
CLASSES = 6  # of equal count, where there are more
Z = 1.959963984540054


@dataclass(frozen=True)
class Axis:
    """A factor as an axis.

    Attributes
    ----------
    name : of the factor: its path, or ``strategy``; empty where there is no second factor.
    labels : of its values or classes, in order.
    of_points : whether it differs by point; else by setting.
    place : of every point, or of every setting, among the labels.

    Examples
    --------
    >>> Axis("strategy", ("organic", "blend"), False, np.array([0, 1])).labels
    ('organic', 'blend')
    """

    name: str
    labels: tuple[str, ...]
    of_points: bool
    place: np.ndarray


@dataclass(frozen=True)
class HeatMap:
    """The mean of a measure over two factors and all else.

    Attributes
    ----------
    measure : its name.
    across, down : the two factors.
    mean, half : shape (down, across): the mean, and half of its 95% interval; nan where there are no runs. The
        interval covers the chance that replicates share, and where points are sampled also which points were drawn.
    runs : runs in each cell, shape (down, across).
    settings : places of the settings that are counted.

    Examples
    --------
    >>> across = Axis("balance", ("0", "1"), False, np.array([0, 1]))
    >>> down = Axis("", ("",), False, np.array([0, 0]))
    >>> mean, half = np.array([[0.2, 0.3]]), np.array([[0.01, 0.01]])
    >>> HeatMap("benefit", across, down, mean, half, np.array([[10, 10]]), (0, 1)).sentence.split(", and ")[0]
    'Mean benefit is highest, 0.3 (±0.01) where balance is 1'
    """

    measure: str
    across: Axis
    down: Axis
    mean: np.ndarray
    half: np.ndarray
    runs: np.ndarray
    settings: tuple[int, ...]

    def interval(self, row: int, column: int) -> tuple[float, float]:
        """Return the 95% interval of a cell's mean, within what the measure can be."""
        least, most = BY_NAME[self.measure].limits()
        mean, half = float(self.mean[row, column]), float(self.half[row, column])
        return max(mean - half, min(least, mean)), min(mean + half, max(most, mean))

    @property
    def sentence(self) -> str:
        """What the map shows."""
        if not np.isfinite(self.mean).any():
            return f"{self.measure} is not defined in any cell."

        def cell_text(flat: int) -> str:
            row, column = np.unravel_index(flat, self.mean.shape)
            where = [f"{self.across.name} is {self.across.labels[int(column)]}"]
            where += [f"{self.down.name} is {self.down.labels[int(row)]}"] if self.down.name else []
            half = self.half[row, column]
            sure = "" if np.isnan(half) else f" (±{half:.2g})"
            return f"{self.mean[row, column]:.3g}{sure} where {' and '.join(where)}"

        high, low = cell_text(int(np.nanargmax(self.mean))), cell_text(int(np.nanargmin(self.mean)))
        return f"Mean {self.measure} is highest, {high}, and lowest, {low}. Each cell is the mean over everything else."


@dataclass(frozen=True)
class PointRow:
    """One point under one setting.

    Attributes
    ----------
    point, setting : their places in the design.
    mean, half : mean over replicates, and half of its 95% interval; nan with one replicate.

    Examples
    --------
    >>> PointRow(3, 0, 0.41, 0.02).mean
    0.41
    """

    point: int
    setting: int
    mean: float
    half: float


def axis_names(tables: SweepTables) -> list[str]:
    """Return the names of what may be an axis: levers that are choices, strategies, other levers, uncertainties.

    Parameters
    ----------
    tables : a finished sweep.

    Returns
    -------
    Names of factors with more than one value.

    Examples
    --------
    >>> tables = SweepTables(ss.sweep("clustering", out="small", settings=["run.replicates=2", "run.months=12"]).folder)
    >>> axis_names(tables)
    ['network.generator.rewiring', 'behaviour.adoption.exposure_response']
    """
    levers = [f.path for f in tables.study.levers if len({repr(s.levers.get(f.path)) for s in tables.settings}) > 1]
    levers = [name for name in levers if all(name in s.levers for s in tables.settings)]
    several = [STRATEGY] if len({s.strategy for s in tables.settings}) > 1 else []
    choices = [name for name in levers if not name.startswith(NOT_CHOICES)]
    others = [name for name in levers if name.startswith(NOT_CHOICES)]
    columns = tables.points.columns()
    uncertainties = [name for name, values in columns.items() if len(set(map(repr, values))) > 1]
    return [*choices, *several, *others, *uncertainties]


def axis(tables: SweepTables, name: str) -> Axis:
    """Return a factor as an axis.

    Parameters
    ----------
    tables : a finished sweep.
    name : path of the factor, or ``strategy``.

    Returns
    -------
    The axis; a number with more than twelve values in six classes of equal count.

    Raises
    ------
    InputError : the sweep does not vary it.

    Examples
    --------
    >>> tables = SweepTables(ss.sweep("clustering", out="small", settings=["run.replicates=2", "run.months=12"]).folder)
    >>> axis(tables, "network.generator.rewiring").labels
    ('0', '0.05', '0.2', '1')
    """
    names = axis_names(tables)
    if name not in names:
        raise InputError("map", name, "is not varied by this sweep", nearest(name, names))
    if name == STRATEGY:
        return _value_axis(name, [s.strategy for s in tables.settings], False)
    if name in {f.path for f in tables.study.levers}:
        return _value_axis(name, [s.levers[name] for s in tables.settings], False)
    values = tables.points.columns()[name]
    numeric = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)
    if numeric and len(set(values)) > MOST_VALUES:
        return _class_axis(name, np.asarray(values, dtype=np.float64))
    return _value_axis(name, values, True)


def _value_axis(name: str, values: Sequence[Any], of_points: bool) -> Axis:
    different = list(dict.fromkeys(values))
    if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in different):
        different.sort()
    place = {repr(value): i for i, value in enumerate(different)}
    labels = tuple(f"{v:g}" if isinstance(v, float) else str(v) for v in different)
    return Axis(name, labels, of_points, np.array([place[repr(value)] for value in values]))


def _class_axis(name: str, values: np.ndarray) -> Axis:
    edges = np.unique(np.quantile(values, np.linspace(0, 1, CLASSES + 1)))
    place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    labels = tuple(f"{a:.2g} to {b:.2g}" for a, b in itertools.pairwise(edges.tolist()))
    return Axis(name, labels, True, place)


def heat_map(
    tables: SweepTables,
    measure: str,
    across: str,
    down: str = "",
    settings: Sequence[int] | None = None,
    values: np.ndarray | None = None,
) -> HeatMap:
    """Return the mean of a measure over two factors.

    Parameters
    ----------
    tables : a finished sweep.
    measure : its name.
    across, down : names of factors; without `down` the map has one row.
    settings : places of the settings that are counted; all by default.
    values : of the measure, shape (points, settings, replicates), where they have been read.

    Returns
    -------
    Means, intervals and number of runs, one a cell.

    Raises
    ------
    InputError : a factor is not varied, or both are the same.

    Examples
    --------
    >>> tables = SweepTables(ss.sweep("clustering", out="small", settings=["run.replicates=2", "run.months=12"]).folder)
    >>> heat = heat_map(tables, "benefit", "network.generator.rewiring", "behaviour.adoption.exposure_response")
    >>> heat.mean.shape, int(heat.runs.sum())
    ((2, 4), 16)
    """
    if across == down:
        raise InputError("map", across, "is given for both sides", "give two factors")
    use = tuple(range(len(tables.settings))) if settings is None else tuple(settings)
    one = axis(tables, across)
    other = axis(tables, down) if down else Axis("", ("",), False, np.zeros(len(tables.settings), dtype=np.int64))
    rows = tables.independent
    v = (tables.values(measure) if values is None else values)[np.ix_(rows, np.array(use))]
    shape = (len(other.labels), len(one.labels))
    cell = _cells(other, rows, use) * len(one.labels) + _cells(one, rows, use)  # (points, settings)
    mean, half, runs = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, dtype=np.int64)
    is_random = tables.points.method in SAMPLED
    for flat in np.unique(cell):
        here = cell == flat
        samples = v[here]  # (point and setting, replicate)
        complete = np.all(np.isfinite(samples), axis=1)
        if not complete.any():
            continue
        samples, of = samples[complete], np.nonzero(here)[0][complete]
        variance = np.var(samples.mean(axis=0), ddof=1) / v.shape[2] if v.shape[2] > 1 else np.nan
        if is_random:
            count = np.bincount(of)
            means = np.bincount(of, weights=samples.mean(axis=1))[count > 0] / count[count > 0]
            variance += np.var(means, ddof=1) / len(means) if len(means) > 1 else np.nan
        place = np.unravel_index(int(flat), shape)
        mean[place], half[place], runs[place] = samples.mean(), Z * np.sqrt(variance), samples.size
    return HeatMap(measure, one, other, mean, half, runs, use)


def _cells(side: Axis, rows: np.ndarray, settings: Sequence[int]) -> np.ndarray:
    if side.of_points:
        return np.repeat(side.place[rows][:, None], len(settings), axis=1)
    return np.repeat(side.place[list(settings)][None, :], len(rows), axis=0)


def points_of_cell(
    tables: SweepTables, heat: HeatMap, cell: tuple[int, int] | None, values: np.ndarray, most: int = 12
) -> list[PointRow]:
    """Return the points under the settings of a cell, best first.

    Parameters
    ----------
    tables : a finished sweep.
    heat : a map of it.
    cell : row and column; None for the whole map.
    values : of the measure, shape (points, settings, replicates).
    most : how many points at most.

    Returns
    -------
    One row a point and setting.

    Examples
    --------
    >>> tables = SweepTables(ss.sweep("clustering", out="small", settings=["run.replicates=2", "run.months=12"]).folder)
    >>> heat = heat_map(tables, "benefit", "network.generator.rewiring")
    >>> len(points_of_cell(tables, heat, (0, 0), tables.values("benefit")))
    2
    """
    rows, use = tables.independent, heat.settings
    inside = np.ones((len(rows), len(use)), dtype=np.bool_)
    if cell is not None:
        inside = (_cells(heat.down, rows, use) == cell[0]) & (_cells(heat.across, rows, use) == cell[1])
    v = values[np.ix_(rows, np.array(use))]
    means = tables.sign(heat.measure) * v.mean(axis=2)
    inside &= np.isfinite(means)
    places = np.flatnonzero(inside)
    places = places[np.argsort(-means.ravel()[places], kind="stable")][:most]
    k = v.shape[2]
    point_rows = []
    for place in places.tolist():
        i, s = divmod(place, len(use))
        half = float(Z * v[i, s].std(ddof=1) / np.sqrt(k)) if k > 1 else float("nan")
        point_rows.append(PointRow(int(rows[i]), use[s], float(v[i, s].mean()), half))
    return point_rows
