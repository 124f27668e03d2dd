"""The results of a sweep as data frames, and as labelled arrays.

What belongs here: opening a sweep's folder, its runs, curves, events and design as pandas DataFrames, and its measures
as an xarray Dataset. Nothing is run here, and an unfinished sweep is read as far as it is.
What does not: arrays for the analyses, which need every run (``tables``); the folder's parts (``store``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.errors import InputError, MissingExtraError, nearest
from spreadsim.notebook import html_table
from spreadsim.sweeps import store
from spreadsim.sweeps.designs import lever_values
from spreadsim.sweeps.experiment import Study, load_experiment
from spreadsim.sweeps.folder import is_sweep
from spreadsim.telling.folder import read_parquet

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Sweep:
    """A sweep's folder, and what came of running it. What it gives is read when it is asked for.

    Attributes
    ----------
    folder : where the tables are.
    runs_done, runs_before, failed : runs finished now, runs that were finished before, runs with an error in all.
    notes : what was repaired on the way.

    Examples
    --------
    >>> result = ss.sweep("clustering", out="small", settings=["run.replicates=2", "run.months=12"])
    >>> result.runs_done, len(result.runs()), len(result.design)
    (16, 16, 8)
    """

    folder: Path
    runs_done: int
    runs_before: int
    failed: int
    notes: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        rows = [
            ("folder", self.folder),
            ("runs", f"{self.runs_done:,} now, {self.runs_before:,} before, {self.failed:,} failed"),
            ("points", f"{len(self.design):,}"),
            *(("repaired", note) for note in self.notes),
        ]
        return html_table("Sweep", rows)

    def plot(self, measure: str = "", across: str = "", down: str = "", *, ax: Axes | None = None) -> Axes:
        """Draw the mean of a measure over one or two factors of the design.

        Parameters
        ----------
        measure : its name; the first that the experiment looks at if empty.
        across, down : names of factors, or ``strategy``; if both are empty, the first two that the sweep varies.
        ax : Matplotlib axes to draw on; those of a new figure if None.

        Returns
        -------
        The Matplotlib axes.

        Raises
        ------
        InputError : the sweep did not keep the measure or does not vary the factor.

        Examples
        --------
        >>> result = ss.sweep("clustering", out="small", settings=["run.replicates=2", "run.months=12"])
        >>> result.plot("benefit").get_xlabel()
        'network.generator.rewiring'
        """
        from spreadsim.sweeps.map import axis_names, heat_map
        from spreadsim.sweeps.page import draw_heat, map_height
        from spreadsim.sweeps.tables import SweepTables
        from spreadsim.telling.figures import axes_for, heading

        tables = SweepTables(self.folder)
        measure = measure or tables.measures[0]
        names = axis_names(tables)
        if not across:
            across, down = names[0], down or (names[1] if len(names) > 1 else "")
        heat = heat_map(tables, measure, across, down)
        axes = axes_for(ax, map_height(heat))
        draw_heat(axes, heat)
        heading(axes, f"Mean of {measure}")
        return axes

    @property
    def study(self) -> Study:
        """The experiment, as the folder holds it."""
        return load_experiment(self.folder)

    @property
    def design(self) -> pd.DataFrame:
        """One row a point of the design: its key, number and values."""
        return read_parquet(self.folder / "points.parquet")

    def runs(self, measures: Sequence[str] | None = None, *, design: bool = False) -> pd.DataFrame:
        """Return one row a run, sorted by its identity.

        Parameters
        ----------
        measures : columns to read; every measure by default.
        design : whether the values of the uncertainties stand beside the levers.

        Returns
        -------
        pandas.DataFrame
            Columns ``run``, ``point``, ``strategy``, the levers, ``replicate``, the measures, ``error``, ``reproduce``.

        Raises
        ------
        InputError : a measure was not kept, or a part is damaged.

        Examples
        --------
        >>> result = ss.sweep("clustering", out="clustering", settings=["run.replicates=2", "run.months=12"])
        >>> list(result.runs(["reach"], design=True).columns[3:6])
        ['replicate', 'network.generator.rewiring', 'behaviour.adoption.exposure_response']
        """
        keys = ["run", "point", "strategy", *(f.path for f in self.study.levers), "replicate"]
        stored = store.table_columns(self.folder)
        kept = [name for name in stored if name not in (*keys, "error", "reproduce")]
        for name in measures or ():
            if name not in kept:
                raise InputError("measures", name, "was not kept by this sweep", nearest(name, kept))
        names = kept if measures is None else list(measures)
        frame = store.read_table(self.folder, columns=[*keys, *names, "error", "reproduce"]).to_pandas()
        if design:
            points = self.design.drop(columns="number").drop_duplicates("point")
            frame = frame.merge(points, on="point", how="left")
            frame = frame[[*keys, *points.columns.drop("point"), *names, "error", "reproduce"]]
        return frame

    def curves(self) -> pd.DataFrame:
        """Return one row a run and month, sorted by both.

        Returns
        -------
        pandas.DataFrame
            Columns ``run``, ``month``, and the curves that were kept.

        Raises
        ------
        InputError : the sweep kept none, or a part is damaged.

        Examples
        --------
        >>> keep = 'outcomes={keep=["runs", "curves"], curves=["reach"]}'
        >>> result = ss.sweep("clustering", out="monthly", settings=["run.replicates=2", "run.months=12", keep])
        >>> list(result.curves().columns), len(result.curves()) == 16 * 13
        (['run', 'month', 'reach'], True)
        """
        return self._kept("curves")

    def events(self) -> pd.DataFrame:
        """Return one row a change of state, sorted by run, month and service.

        Returns
        -------
        pandas.DataFrame
            Columns ``run``, ``month``, ``service``, and what changed.

        Raises
        ------
        InputError : the sweep kept none, or a part is damaged.

        Examples
        --------
        >>> result = ss.sweep("clustering", out="changes", settings=["run.replicates=2", "run.months=12"])
        >>> list(result.events().columns)[:4]
        ['run', 'month', 'service', 'from_state']
        """
        return self._kept("events")

    def _kept(self, kind: str) -> pd.DataFrame:
        if kind not in self.study.experiment.outcomes.keep:
            raise InputError(
                str(self.folder),
                "outcomes.keep",
                f"the sweep kept no {kind}",
                f'sweep with "{kind}" in outcomes.keep, in another folder',
            )
        return store.read_table(self.folder, kind).to_pandas()

    def to_xarray(self, measures: Sequence[str] | None = None) -> xr.Dataset:
        """Return the measures, and the curves where they were kept, as labelled arrays.

        A run that is not finished or failed is nan. A curve that has the name of a measure has ``_by_month`` added.

        Parameters
        ----------
        measures : to return; every measure by default.

        Returns
        -------
        xarray.Dataset
            Dimensions ``point``, ``strategy``, one a lever, ``replicate`` and, of curves, ``month``; the uncertainties
            are coordinates of the points.

        Raises
        ------
        InputError : a measure was not kept, or a part is damaged.
        MissingExtraError : xarray is not installed.

        Examples
        --------
        >>> result = ss.sweep("clustering", out="arrays", settings=["run.replicates=2", "run.months=12"])
        >>> arrays = result.to_xarray(["reach"])
        >>> dict(arrays.sizes)
        {'point': 8, 'strategy': 1, 'replicate': 2}
        >>> arrays.reach.mean("replicate").sel(strategy="organic").shape
        (8,)
        """
        try:
            import xarray as xr
        except ImportError:
            raise MissingExtraError(
                'labelled arrays need xarray; install it with: pip install "spreadsim[explore]"'
            ) from None
        study = self.study
        levers = [factor.path for factor in study.levers]
        runs = self.runs(measures)
        others = ("run", "point", "strategy", *levers, "replicate", "error", "reproduce")
        names = [name for name in runs.columns if name not in others]
        design = self.design.drop_duplicates("point")
        coordinates: dict[str, Any] = {
            "point": design["point"].to_numpy(),
            "strategy": _labels(study.strategies),
            **{factor.path: _labels(lever_values(factor)) for factor in study.levers},
            "replicate": np.arange(study.scenario.run.replicates),
        }
        shape = tuple(len(values) for values in coordinates.values())
        places = tuple(_places(values, runs[name].to_numpy()) for name, values in coordinates.items())

        def filled(column: Any) -> np.ndarray:
            result = np.full(shape, np.nan)
            result[places] = column
            return result

        arrays: dict[str, Any] = {name: (tuple(coordinates), filled(runs[name].to_numpy())) for name in names}
        if "curves" in study.experiment.outcomes.keep:
            curves = self.curves()
            months = np.arange(int(curves["month"].max()) + 1)
            row = _places(runs["run"].to_numpy(), curves["run"].to_numpy())
            at = (*(place[row] for place in places), curves["month"].to_numpy())
            for name in (name for name in curves.columns if name not in ("run", "month")):
                by_month = np.full((*shape, len(months)), np.nan)
                by_month[at] = curves[name].to_numpy()
                arrays[f"{name}_by_month" if name in names else name] = ((*coordinates, "month"), by_month)
            coordinates["month"] = months
        own = [name for name in design.columns if name not in ("point", "number")]
        points = {name: ("point", design[name].to_numpy()) for name in own}
        return xr.Dataset(arrays, coords={**coordinates, **points})


def _labels(values: Sequence[Any]) -> np.ndarray:
    """Return values of a dimension; text as objects, as data frames have it."""
    return np.array(values, dtype=object if isinstance(values[0], str) else None)


def _places(known: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the place of each value among known ones, each of which stands once."""
    order = np.argsort(known, kind="stable")
    return np.asarray(order[np.searchsorted(known[order], values)])


def load_sweep(folder: str | Path) -> Sweep:
    """Open the folder of a sweep, finished or not; nothing is run.

    Parameters
    ----------
    folder : that `sweep` wrote, by this or an earlier version.

    Returns
    -------
    Its results, as data frames.

    Raises
    ------
    InputError : the folder is not a sweep's.

    Examples
    --------
    >>> _ = ss.sweep("clustering", out="earlier", settings=["run.replicates=2", "run.months=12"])
    >>> result = load_sweep("earlier")
    >>> result.runs_before, result.runs_done, len(result.runs())
    (16, 0, 16)
    """
    folder = Path(folder)
    if not is_sweep(folder):
        raise InputError(str(folder), "", "is not the folder of a sweep", "name a folder that 'spreadsim sweep' wrote")
    records = store.chunk_records(folder).values()
    return Sweep(folder, 0, sum(r.get("runs", 0) for r in records), sum(r.get("failed", 0) for r in records))
