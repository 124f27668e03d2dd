"""Scenario discovery: the region of the unknowns in which something holds, in words.

What belongs here: the patient rule induction method (Friedman and Fisher, Statistics and Computing 1999;9:123; Bryant
and Lempert, Technol Forecast Soc Change 2010;77:34) by the library ``prim``; the choice of one box, restrictions that
chance explains taken out, and its sentence with coverage and density.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from spreadsim.errors import InputError, MissingExtraError
from spreadsim.sweeps.designs import Points

MIN_CASES = 40
MIN_MASS = 0.05
MAX_QUASI_P = 0.05


@dataclass(frozen=True)
class Region:
    """A box of the unknowns.

    Attributes
    ----------
    limits : for each parameter that is restricted, its low and high in the scenario's units.
    density : share of the points inside in which the thing holds.
    coverage : share of the points in which it holds that lie inside.
    mass : share of all points inside.
    base : share of all points in which it holds.
    held_out_density, held_out_coverage : the same over points that had no part in the search for the box.

    Examples
    --------
    >>> region = Region({"reactance": (0.0, 1.2)}, 0.9, 0.8, 0.4, 0.45, np.nan, np.nan)
    >>> region.sentence("a mandate is best").split(":")[0]
    'a mandate is best mostly where reactance is between 0 and 1.2'
    """

    limits: dict[str, tuple[float, float]]
    density: float
    coverage: float
    mass: float
    base: float
    held_out_density: float
    held_out_coverage: float

    def sentence(self, what: str) -> str:
        """Say where `what` holds."""
        if not self.limits:
            return f"{what} in {self.base:.0%} of the points, and no region distinguishes them."
        inside = " and ".join(f"{name} is between {a:.3g} and {b:.3g}" for name, (a, b) in self.limits.items())
        check = (
            ""
            if np.isnan(self.held_out_density)
            else (
                f"; over points held out, density {self.held_out_density:.0%} and coverage {self.held_out_coverage:.0%}"
            )
        )
        often = "mostly" if self.density >= 0.5 and not self.held_out_density < 0.5 else "more often, not mostly,"
        return (
            f"{what} {often} where {inside}: in {self.density:.0%} of the points there (density), which are "
            f"{self.coverage:.0%} of all points in which this holds (coverage), against {self.base:.0%} overall{check}."
        )


def find_region(points: Points, holds: np.ndarray, *, density: float = 0.8) -> Region | None:
    """Return the box in which something holds: on the peeling path, the widest that reaches the density asked for.

    Half of the points find the box, and the other half check it.

    Parameters
    ----------
    points : of the design.
    holds : whether it holds, one value a point.
    density : share of the points inside in which it is to hold.

    Returns
    -------
    The box; None where the thing holds nearly always or nearly never.

    Raises
    ------
    MissingExtraError : the library is not installed.
    InputError : there are too few points.

    References
    ----------
    Friedman, Fisher, Stat Comput 1999;9:123 (the patient rule induction method). Bryant, Lempert, Technol Forecast Soc
    Change 2010;77:34.

    Examples
    --------
    >>> from spreadsim.sweeps.experiment import Factor
    >>> unit = np.random.default_rng(1).random((200, 2))
    >>> points = Points((Factor("a", "number", 0.0, 1.0), Factor("b", "number", 0.0, 1.0)), unit, "latin-hypercube")
    >>> region = find_region(points, unit[:, 0] > 0.5)
    >>> list(region.limits), round(region.density)
    (['a'], 1)
    """
    n = len(holds)
    if n < MIN_CASES:
        raise InputError("analyse", "design.samples", f"{n} points are too few to find a region", f"take {MIN_CASES}")
    base = float(np.mean(holds))
    if min(base, 1 - base) < MIN_MASS or not points.factors:
        return None
    training = np.arange(n) % 2 == 0
    if not holds[training].any():
        return None
    table = points.columns()
    columns = {
        f.path: np.array(table[f.path], dtype=np.float64)
        for f in points.factors
        if f.kind in ("number", "integer") and len(set(table[f.path])) > 1
    }
    limits = _box({name: column[training] for name, column in columns.items()}, holds[training], density)
    inside = np.ones(n, dtype=np.bool_)
    for name, (low, high) in limits.items():
        inside &= (columns[name] >= low) & (columns[name] <= high)

    def shares(which: np.ndarray) -> tuple[float, float]:
        here, members = inside & which, holds & which
        both = float((here & members).sum())
        return (both / here.sum() if here.any() else np.nan, both / members.sum() if members.any() else np.nan)

    mass = float(inside[training].mean())
    return Region(limits, *shares(training), mass, base, *shares(~training))


def _box(columns: dict[str, np.ndarray], holds: np.ndarray, density: float) -> dict[str, tuple[float, float]]:
    """Return the limits of the box chosen, restrictions that chance explains left out."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import prim  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        raise MissingExtraError(
            'scenario discovery needs prim; install it with: pip install "spreadsim[explore]"'
        ) from None
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        box = prim.Prim(
            pd.DataFrame(columns), holds.astype(np.float64), threshold=0.5, threshold_type=">", mass_min=MIN_MASS
        ).find_box()
        if box is None:
            return {}
        path = box.peeling_trajectory
        reach = np.flatnonzero(path["density"].to_numpy() >= density)
        place = int(reach[0]) if len(reach) else int(np.argmax(path["density"].to_numpy()))
        box.select(place)
        rows = box.limits
    limits: dict[str, tuple[float, float]] = {}
    for name, row in rows.iterrows():
        if float(row["qp values"]) <= MAX_QUASI_P:
            limits[str(name)] = (float(row["min"]), float(row["max"]))
    return limits
