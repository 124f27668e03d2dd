"""Settings of a sweep compared at equal effort.

What belongs here: carrying every mix of the levers to the value of one lever at which its mean cost is the same as the
others', between the values that were run, in a straight line. A mix that cannot cost that much, or so little, at every
point is left out and counted.
"""

from __future__ import annotations

import numpy as np

from spreadsim.errors import InputError, nearest
from spreadsim.sweeps.designs import Setting, content_key
from spreadsim.sweeps.tables import SweepTables

QUANTILES = tuple(k / 20 for k in range(3, 18))


class EqualEffort(SweepTables):
    """A finished sweep, one setting a mix of the other levers.

    Parameters
    ----------
    tables : the sweep.
    measure : what is to be equal, as ``cost``; the target at a point is one quantile over all settings there, the same
        at every point: of ``QUANTILES`` that at which most mixes can be compared, the nearest to the median of these.
    along : numeric lever along which it is reached.

    Raises
    ------
    InputError : there is no such measure or lever, or no two mixes can be brought to the same effort.

    Examples
    --------
    >>> levers = "levers={mandate=[0.3], latitude=[0.1, 0.3], peer_programme=[1], monitoring=[0], support=[0, 1]}"
    >>> small = ["run.replicates=2", "design.samples=4", "run.months=12", levers]
    >>> tables = SweepTables(ss.sweep("equal-effort", out="small", settings=small).folder)
    >>> mixes = EqualEffort(tables, "cost", "support")
    >>> [setting.levers["latitude"] for setting in mixes.settings], mixes.values("benefit").shape
    ([0.1, 0.3], (4, 2, 2))
    """

    def __init__(self, tables: SweepTables, measure: str, along: str) -> None:
        vars(self).update({k: v for k, v in vars(tables).items() if k not in ("panels", "independent")})
        self._tables = tables
        levers = [f.path for f in tables.study.levers]
        if measure not in tables.stored:
            raise InputError("--equal", measure, "was not kept by this sweep", nearest(measure, tables.stored))
        if along not in levers or not all(isinstance(s.levers[along], (int, float)) for s in tables.settings):
            raise InputError("--along", along, "is not a numeric lever of this sweep", nearest(along, levers))
        self.measure, self.along = measure, along
        groups: dict[str, list[int]] = {}
        mixes: dict[str, Setting] = {}
        for i, setting in enumerate(tables.settings):
            mix = Setting(setting.strategy, {k: v for k, v in setting.levers.items() if k != along})
            key = content_key([mix.strategy, mix.levers])
            mixes[key] = mix
            groups.setdefault(key, []).append(i)
        cost = tables.values(measure).mean(axis=2)
        order = {
            key: sorted(places, key=lambda i: float(tables.settings[i].levers[along])) for key, places in groups.items()
        }
        best: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for quantile in sorted(QUANTILES, key=lambda q: abs(q - 0.5)):
            target = np.quantile(cost, quantile, axis=1)
            crossings = {
                key: crossing for key, places in order.items() if (crossing := first_crossing(cost[:, places], target))
            }
            if not best or len(crossings) > len(best):
                best, self.target, self.quantile = crossings, target, quantile
        self._weights = [(order[key], *crossing) for key, crossing in best.items()]
        self.settings = [mixes[key] for key in best]
        self.n_mixes = len(groups)
        if len(self.settings) < 2:
            raise InputError(
                "--equal",
                measure,
                "fewer than two mixes reach the same at every point",
                f"vary '{along}' over a wider range",
            )

    @property
    def sentence(self) -> str:
        """What was done, in words."""
        return (
            f"At each point every mix is moved along '{self.along}' to the same mean {self.measure}, the "
            f"{self.quantile:.0%} quantile over all settings there ({self.target.min():.3g} to {self.target.max():.3g} "
            f"over the points), by linear interpolation between values that were run. {len(self.settings)} of "
            f"{self.n_mixes} mixes reach it at every point and are compared."
        )

    def values(self, measure: str) -> np.ndarray:
        """Return a measure at equal effort, shape (points, mixes, replicates)."""
        all_values = self._tables.values(measure)
        rows = np.arange(len(all_values))
        columns = []
        for places, lower, share in self._weights:
            at = np.array(places)
            below, above = all_values[rows, at[lower]], all_values[rows, at[lower + 1]]
            columns.append(below + share[:, None] * (above - below))
        return np.stack(columns, axis=1)


def first_crossing(cost: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return for each point the first step along a lever that passes a target cost, and how far along it.

    Parameters
    ----------
    cost : mean cost, shape (points, values of the lever).
    target : cost to reach, one value a point.

    Returns
    -------
    For each point the number of the value before the target, and the share of the step, from 0 to 1; None where the
    target is out of reach at a point.

    Examples
    --------
    >>> first_crossing(np.array([[10.0, 20.0, 30.0]]), np.array([25.0]))
    (array([1]), array([0.5]))
    """
    if cost.shape[1] < 2 or not np.all(np.isfinite(cost)):
        return None
    low, high = np.minimum(cost[:, :-1], cost[:, 1:]), np.maximum(cost[:, :-1], cost[:, 1:])
    passes = (low <= target[:, None]) & (target[:, None] <= high)
    if not passes.any(axis=1).all():
        return None
    lower = passes.argmax(axis=1)
    rows = np.arange(len(cost))
    a, b = cost[rows, lower], cost[rows, lower + 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(b == a, 0.0, (target - a) / (b - a))
    return lower, share
