"""Scenario discovery: the region of the unknowns in which something holds, in words.

What belongs here: the patient rule induction method (Friedman and Fisher, Statistics and Computing 1999;9:123; Bryant
and Lempert, Technol Forecast Soc Change 2010;77:34) by the library ``prim``; the choice of one box, restrictions that
chance explains taken out, and its sentence with coverage and density.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from spreadsim.errors import InputError, MissingExtraError
from spreadsim.inference.crossed import Levels
from spreadsim.sweeps.designs import Points
from spreadsim.sweeps.robustness import end_of, share_interval, wilson

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
    held_out_base : share of all points that had no part in the search in which it holds.
    density_low, density_high, coverage_low, coverage_high : 95% intervals of density and coverage over the points held
        out; nan where there are none.
    asked : the density asked for.
    trade_off : coverage, density and mass of every box on the way, over the points that found it, the widest first.

    Examples
    --------
    >>> sure = {"density_low": 0.7, "density_high": 0.95}
    >>> region = Region({"reactance": (0.0, 1.2)}, 0.9, 0.8, 0.4, 0.45, 0.85, 0.7, 0.44, **sure)
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
    held_out_base: float = np.nan
    asked: float = 0.0
    trade_off: tuple[tuple[float, float, float], ...] = ()
    density_low: float = np.nan
    density_high: float = np.nan
    coverage_low: float = np.nan
    coverage_high: float = np.nan

    @property
    def reaches(self) -> bool:
        """Whether the box has the density asked for."""
        return self.density >= self.asked

    @property
    def is_confirmed(self) -> bool:
        """Whether over the points held out it holds more often inside than in all of them, beyond chance."""
        return bool(self.limits) and self.density_low > self.held_out_base

    def sentence(self, what: str) -> str:
        """Say where `what` holds."""
        overall = f"{what} in {self.base:.0%} of the points"
        if not self.limits:
            return f"{overall}, and no region distinguishes them."
        inside = " and ".join(f"{name} is between {a:.3g} and {b:.3g}" for name, (a, b) in self.limits.items())
        density = share_below(self.density, self.asked)
        held_out = f"{self.held_out_density:.0%}{share_interval(self.density_low, self.density_high)}"
        if not self.is_confirmed:
            check = (
                "no point held out lies there"
                if np.isnan(self.held_out_density)
                else f"in {held_out} of those held out there, against {self.held_out_base:.0%} of all held out"
            )
            return (
                f"{overall}, and no region distinguishes them beyond chance: where {inside}, it holds in {density} of "
                f"the points that found the region, and {check}."
            )
        often = "mostly" if min(self.density, self.held_out_density) >= 0.5 else "more often"
        return (
            f"{what} {often} where {inside}: in {density} of the points there (density), which are "
            f"{self.coverage:.0%} of all points in which this holds (coverage), against {self.base:.0%} overall; over "
            f"points held out, density {held_out} against {self.held_out_base:.0%} and coverage "
            f"{self.held_out_coverage:.0%}{share_interval(self.coverage_low, self.coverage_high)}."
            f"{'' if self.reaches else f' No region has the density asked for, {self.asked:.0%}: this is the densest.'}"
        )


def share_below(share: float, asked: float) -> str:
    """Return a share as text that does not look like the one asked for where it falls short of it.

    Parameters
    ----------
    share, asked : 0 to 1.

    Returns
    -------
    Per cent, to one digit more where the share would else be rounded up to what was asked for.

    Examples
    --------
    >>> share_below(0.7976, 0.8), share_below(0.72, 0.8), share_below(0.8, 0.8)
    ('79.8%', '72%', '80%')
    """
    return f"{share:.1%}" if share < asked and f"{share:.0%}" == f"{asked:.0%}" else f"{share:.0%}"


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
    training = _finds_box(n)
    if not holds[training].any():
        return None
    table = points.columns()
    columns = {
        f.path: np.array(table[f.path], dtype=np.float64)
        for f in points.factors
        if f.kind in ("number", "integer") and len(set(table[f.path])) > 1
    }
    train = {name: column[training] for name, column in columns.items()}
    limits, path = _box(train, holds[training], density)
    inside = np.ones(n, dtype=np.bool_)
    for name, (low, high) in limits.items():
        inside &= (columns[name] >= low) & (columns[name] <= high)

    def shares(which: np.ndarray) -> tuple[float, float]:
        here, members = inside & which, holds & which
        both = float((here & members).sum())
        return (both / here.sum() if here.any() else np.nan, both / members.sum() if members.any() else np.nan)

    mass, held_out = float(inside[training].mean()), ~training
    there = inside & held_out
    low, high = wilson(float(holds[there].mean()), int(there.sum())) if there.any() else (np.nan, np.nan)
    return Region(
        limits,
        *shares(training),
        mass,
        base,
        *shares(held_out),
        float(holds[held_out].mean()),
        density,
        path,
        density_low=low,
        density_high=high,
    )


def _finds_box(n: int) -> np.ndarray:
    return np.arange(n) % 2 == 0


def judged(region: Region, points: Points, values: np.ndarray, holds: Callable[[np.ndarray], np.ndarray]) -> Region:
    """Return a region with its density and coverage over the points held out, net of luck and with their intervals.

    Parameters
    ----------
    region : the box.
    points : of the design.
    values : of the settings at these points, shape (points, replicates, settings), higher being better. Those
        inside and outside the box are each drawn to their own mean: drawn to that of all, the box would lose its own.
    holds : of levels, shape (..., points, settings): 0 to 1 for each point, shape (..., points).

    Returns
    -------
    The same box; unchanged where there is none, or no point held out lies in it.

    Examples
    --------
    >>> from spreadsim.sweeps.experiment import Factor
    >>> unit = np.random.default_rng(1).random((200, 1))
    >>> points = Points((Factor("a", "number", 0.0, 1.0),), unit, "latin-hypercube")
    >>> values = np.repeat(np.stack([unit[:, 0], 0 * unit[:, 0] + 0.5], axis=1)[:, None], 4, axis=1)
    >>> region = find_region(points, unit[:, 0] > 0.5)
    >>> result = judged(region, points, values, lambda level: level[..., 0] > level[..., 1])
    >>> round(result.density_low, 1), round(result.density_high, 1), result.coverage_high
    (0.6, 0.8, 1.0)
    """
    table = points.columns()
    inside = ~_finds_box(len(points))
    held_out = np.flatnonzero(inside)
    for name, (low, high) in region.limits.items():
        column = np.array(table[name], dtype=np.float64)
        inside &= (column >= low) & (column <= high)
    if not region.limits or not inside.any():
        return region
    (density,) = Levels(values[inside]).share(lambda level: holds(level)[..., None] * 1.0)
    outside = np.setdiff1d(held_out, np.flatnonzero(inside))

    rng = np.random.default_rng(20076)
    parts = [
        np.concatenate([holds(block[:, 0]).sum(axis=-1) for block in Levels(values[part]).draws()])
        for part in (inside, outside)
        if len(values[part])
    ]
    whole = np.sum(parts, axis=0)
    share = parts[0] / np.where(whole > 0, whole, 1.0)
    drawn = rng.beta(share * whole + 0.5, (1 - share) * whole + 0.5)  # Jeffreys' interval, of each draw
    coverage = float(share.mean())
    ends = np.quantile(drawn, (0.025, 0.975)) if density.low is not None else (np.nan, np.nan)
    return replace(
        region,
        held_out_density=density.value,
        held_out_coverage=coverage,
        held_out_base=float(whole.mean()) / len(held_out),
        density_low=end_of(density.low),
        density_high=end_of(density.high),
        coverage_low=min(coverage, float(ends[0])),
        coverage_high=max(coverage, float(ends[1])),
    )


Limits = dict[str, tuple[float, float]]


def _box(
    columns: dict[str, np.ndarray], holds: np.ndarray, density: float
) -> tuple[Limits, tuple[tuple[float, float, float], ...]]:
    """Return the limits of the box chosen, restrictions that chance explains left out, and the way to it.

    The widest box that still has the density without these restrictions; the densest where none has.
    """
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
            return {}, ()
        path = box.peeling_trajectory
        steps = tuple(zip(*(path[key].astype(float) for key in ("coverage", "density", "mass")), strict=True))
        best, chosen = -1.0, {}
        for place in range(len(path)):
            if place and steps[place][1] <= best:
                continue
            box.select(place)
            limits = {
                str(name): (float(row["min"]), float(row["max"]))
                for name, row in box.limits.iterrows()
                if float(row["qp values"]) <= MAX_QUASI_P
            }
            inside = np.ones(len(holds), dtype=np.bool_)
            for name, (low, high) in limits.items():
                inside &= (columns[name] >= low) & (columns[name] <= high)
            here = float(holds[inside].mean())
            if here > best:
                best, chosen = here, limits
            if best >= density:
                break
    return chosen, steps
