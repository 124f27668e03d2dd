"""The results of a sweep as arrays, for the analyses.

What belongs here: reading a finished sweep, checking that it is whole, and one measure as an array of points, settings
and replicates. Settings are compared within a *panel*: levers that say how long or on what a run is (``run.months``,
[network], [services]) are not choices, and settings that differ in them are not compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from spreadsim.errors import InputError, nearest
from spreadsim.inference.crossed import censored, same_strategies
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.sweeps import store
from spreadsim.sweeps.designs import Points, Setting, points_of, settings_of
from spreadsim.sweeps.experiment import Study, load_experiment

NOT_CHOICES = ("run.", "network.", "services.")


@dataclass(frozen=True)
class Panel:
    """Settings that are alternatives to one another.

    Attributes
    ----------
    label : what they share, in words; empty where there is one panel.
    settings : their places among all settings.
    names : each in words.
    lever : values of the one numeric lever by which alone they differ, else None.
    lever_name : its name.

    Examples
    --------
    >>> Panel("", (0, 1), ("balance 0", "balance 1"), (0.0, 1.0), "balance").lever_name
    'balance'
    """

    label: str
    settings: tuple[int, ...]
    names: tuple[str, ...]
    lever: tuple[float, ...] | None
    lever_name: str = ""


def value_text(value: Any) -> str:
    """Return the value of a lever for people.

    Parameters
    ----------
    value : a number, text or truth value.

    Returns
    -------
    Text, a number without needless digits.

    Examples
    --------
    >>> value_text(0.50), value_text("most-ready")
    ('0.5', 'most-ready')
    """
    return f"{value:g}" if isinstance(value, float) else str(value)


def short_names(levers: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by the last name of their path, or by the whole path where two end alike.

    Parameters
    ----------
    levers : values by path.

    Returns
    -------
    The same values by name, with spaces for underscores.

    Examples
    --------
    >>> short_names({"programme.starting_sites.share": 0.1, "peer_programme": 1.0})
    {'share': 0.1, 'peer programme': 1.0}
    """
    last = [path.split(".")[-1] for path in levers]
    return {
        (name if last.count(name) == 1 else path).replace("_", " "): levers[path]
        for name, path in zip(last, levers, strict=True)
    }


class SweepTables:
    """A finished sweep.

    Parameters
    ----------
    folder : that `sweep` wrote.
    within : levers, or ``strategy``, that are no choices here either: settings that differ in them are not compared.

    Raises
    ------
    InputError : the folder is not a sweep's, a part is damaged, runs are missing, or there is no such lever.

    Examples
    --------
    >>> tables = SweepTables(ss.sweep("clustering", out="small", settings=["run.replicates=2", "run.months=12"]).folder)
    >>> tables.values("reach").shape
    (8, 1, 2)
    """

    def __init__(self, folder: Path, within: Sequence[str] = ()) -> None:
        store.check_parts(folder)
        self.folder = folder
        self.study: Study = load_experiment(folder)
        self.points: Points = points_of(self.study)
        self.settings: list[Setting] = settings_of(self.study)
        self.within = tuple(within)
        names = ["strategy", *(f.path for f in self.study.levers)]
        for name in self.within:
            if name not in names:
                raise InputError("--within", name, "is not a lever of this sweep", nearest(name, names))
        self.replicates = self.study.scenario.run.replicates
        self.n_settings = len(self.settings)
        keys = self.points.all_keys()
        self._unique, self._back = np.unique(keys, return_inverse=True)
        columns = ["point", "strategy", *(f.path for f in self.study.levers), "replicate", "error"]
        self._index = self._places(store.read_table(folder, columns=["run", *columns]))
        n_expected = len(self._unique) * len(self.settings) * self.replicates
        if len(np.unique(self._index)) != n_expected:
            raise InputError(
                str(folder),
                "runs",
                f"{len(self._index):,} of {n_expected:,} runs are finished",
                "give the sweep command again, which goes on with the rest",
            )

    def _places(self, table: Any) -> np.ndarray:
        keys = table["point"].to_numpy().astype("S16")
        points = np.minimum(np.searchsorted(self._unique, keys), len(self._unique) - 1)
        if not np.array_equal(self._unique[points], keys):
            raise InputError(
                str(self.folder),
                "experiment.toml",
                "does not make the points that were run",
                "put back the file that the sweep wrote: give its command again",
            )
        place: dict[Any, int] = {}
        names = [f.path for f in self.study.levers]
        for i, setting in enumerate(self.settings):
            place[(setting.strategy, *(setting.levers[name] for name in names))] = i
        rows = zip(*(table[name].to_pylist() for name in ("strategy", *names)), strict=True)
        setting_of = np.fromiter((place.get(row, -1) for row in rows), dtype=np.int64, count=table.num_rows)
        self.failed = table.num_rows - table["error"].null_count
        replicates = table["replicate"].to_numpy()
        if (
            replicates.dtype.kind not in "iu"
            or (setting_of < 0).any()
            or not (((replicates >= 0) & (replicates < self.replicates)).all())
        ):
            raise InputError(
                str(self.folder),
                "runs",
                "hold settings or replicates that the experiment does not have",
                "put back the files that the sweep wrote: give its command again",
            )
        return np.asarray((points * len(self.settings) + setting_of) * self.replicates + replicates)

    def values(self, measure: str) -> np.ndarray:
        """Return a measure, shape (points, settings, replicates); nan where null or failed.

        A month that was never reached counts as the last month of the run: means are restricted means.
        """
        table = store.read_table(self.folder, columns=["run", measure, "error"])
        column = table[measure]
        flat = np.full(len(self._unique) * len(self.settings) * self.replicates, np.nan)
        try:
            flat[self._index] = column.cast("float64").to_numpy()
        except (ValueError, NotImplementedError):
            problem = "is not a column of numbers"
            raise InputError(str(self.folder), f"runs: {measure}", problem, "give the sweep command again") from None
        if BY_NAME[measure].never:
            months = [float(s.levers.get("run.months", self.study.scenario.run.months)) for s in self.settings]
            horizon = np.array(months)[(self._index // self.replicates) % len(self.settings)]
            finished = table["error"].is_null().to_numpy()
            flat[self._index] = np.where(finished, censored(flat[self._index], horizon), np.nan)
        return flat.reshape(len(self._unique), len(self.settings), self.replicates)[self._back]

    def distinct(self, panel: Panel, measures: Sequence[str]) -> tuple[Panel, list[list[str]]]:
        """Return a panel with one setting of those whose measures are the same in every run, and who they are."""
        keys: list[tuple[int, ...]] = [()] * len(panel.settings)
        for measure in measures:
            values = self.values(measure)[:, list(panel.settings)].transpose(0, 2, 1)
            keys = [(*key, first) for key, first in zip(keys, same_strategies(values), strict=True)]
            if len(set(keys)) == len(keys):
                return panel, []
        groups: dict[tuple[int, ...], list[int]] = {}
        for i, key in enumerate(keys):
            groups.setdefault(key, []).append(i)
        names = [[panel.names[i] for i in places] for places in groups.values() if len(places) > 1]
        return self._panel(panel.label, [panel.settings[places[0]] for places in groups.values()]), names

    @property
    def size_text(self) -> str:
        """How large the sweep is, in words."""

        def counted(n: int, one: str, many: str) -> str:
            return f"{n:,} {one if n == 1 else many}"

        n_points, n_factors = len(self.points), len(self.study.uncertainties)
        of = f" of {counted(n_factors, 'uncertainty', 'uncertainties')} ({self.points.method})" if n_factors else ""
        settings = counted(self.n_settings, "setting", "settings") + " of the levers"
        runs = n_points * self.n_settings * self.replicates
        return (
            f"{counted(n_points, 'point', 'points')}{of}, {settings}, "
            f"{counted(self.replicates, 'replicate', 'replicates')}: {counted(runs, 'run', 'runs')}"
        )

    @cached_property
    def measures(self) -> list[str]:
        """The measures that the experiment looks at."""
        return list(self.study.experiment.outcomes.measures)

    @cached_property
    def stored(self) -> list[str]:
        """The measures that were kept: all, but in the folders of earlier versions."""
        columns = store.table_columns(self.folder)
        return [name for name in BY_NAME if name in columns]

    def sign(self, measure: str) -> float:
        """Return 1 where higher is better or neither is, -1 where lower is."""
        return -1.0 if BY_NAME[measure].better == "lower" else 1.0

    @cached_property
    def independent(self) -> np.ndarray:
        """The points that may be counted as separate cases: of a Sobol' design its two base samples."""
        n, d = len(self.points), len(self.points.factors)
        if self.points.method == "sobol":
            step = 2 * d + 2 if self.study.experiment.design.second_order else d + 2
            return np.sort(np.concatenate([np.arange(0, n, step), np.arange(step - 1, n, step)]))
        return np.arange(n)

    @cached_property
    def panels(self) -> list[Panel]:
        """The settings in groups of alternatives."""
        groups: dict[str, list[int]] = {}
        for i, setting in enumerate(self.settings):
            common = {k: v for k, v in self._levers(setting).items() if not self._is_choice(k)}
            words = {k: v for k, v in common.items() if k.startswith("run.")} | short_names(
                {k: v for k, v in common.items() if not k.startswith("run.")}
            )
            groups.setdefault(", ".join(f"{k} {value_text(v)}" for k, v in words.items()), []).append(i)
        return [self._panel(label, places) for label, places in groups.items()]

    def _is_choice(self, lever: str) -> bool:
        return not lever.startswith(NOT_CHOICES) and lever not in self.within

    def _levers(self, setting: Setting) -> dict[str, Any]:
        return {"strategy": setting.strategy, **setting.levers}

    def _panel(self, label: str, places: list[int]) -> Panel:
        choices = [{k: v for k, v in self._levers(self.settings[i]).items() if self._is_choice(k)} for i in places]
        varying = [name for name in choices[0] if len({repr(choice[name]) for choice in choices}) > 1]
        words = [short_names({name: choice[name] for name in varying}) for choice in choices]
        names = tuple(", ".join(f"{k} {value_text(v)}" for k, v in one.items()) or "as given" for one in words)
        lever, name = None, varying[0] if len(varying) == 1 else ""
        if name and all(isinstance(choice[name], (int, float)) for choice in choices):
            lever = tuple(float(choice[name]) for choice in choices)
        return Panel(label, tuple(places), names, lever, name)
