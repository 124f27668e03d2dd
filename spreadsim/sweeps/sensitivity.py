"""Which unknowns matter: Sobol' and Morris indices, and rank correlations for other designs.

What belongs here: indices with their intervals, each in a sentence, from SALib for the designs that it needs. A design
that does not fit a method is refused. An index whose interval covers zero is said to be none that can be seen.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from spreadsim.errors import InputError
from spreadsim.sweeps.designs import FILLING, Points, require_salib, unit_problem

Z = 1.959963984540054
RESAMPLES = 200


@dataclass(frozen=True)
class Index:
    """One index of one parameter, with a 95% interval.

    Attributes
    ----------
    parameter : path of the uncertainty; two, for an index of the second order.
    kind : ``first``, ``total``, ``second``, ``mean absolute effect``, ``rank correlation`` or, of a parameter whose
        values have no order, ``share of ranks``.
    value, low, high : of the index, and the ends of its interval.
    sentence : what it says.

    Examples
    --------
    >>> Index("behaviour.engagement.reactance", "total", 0.42, 0.3, 0.5, "").excludes_zero
    True
    """

    parameter: str
    kind: str
    value: float
    low: float
    high: float
    sentence: str

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


def _check_method(points: Points, method: str) -> None:
    if points.method != method:
        raise InputError(
            "analyse",
            "design.method",
            f"a {points.method} design cannot give {method} indices",
            f'sweep with method = "{method}", or take what this design gives',
        )


def _check_values(values: np.ndarray, points: Points) -> np.ndarray:
    values = np.asarray(values, dtype=np.float64)
    if values.shape != (len(points),):
        raise InputError("analyse", "values", f"{values.shape} values for {len(points)} points", "give one a point")
    if not np.all(np.isfinite(values)):
        raise InputError(
            "analyse",
            "values",
            f"{int((~np.isfinite(values)).sum())} points have no value",
            "analyse a measure that is defined at every point",
        )
    return values


def sobol_indices(points: Points, values: np.ndarray, *, second_order: bool = False) -> list[Index]:
    """Return first-order and total Sobol' indices.

    Parameters
    ----------
    points : of a Sobol' design.
    values : one a point.
    second_order : whether the design serves second-order indices too.

    Returns
    -------
    Two indices a parameter, as shares of the variance, largest total first, and then those of pairs where they were
    asked for; none where all values are the same.

    Raises
    ------
    InputError : the design is not Sobol's, or a point has no value.
    MissingExtraError : SALib is not installed.

    References
    ----------
    Saltelli and others, Comput Phys Commun 2010;181:259.

    Examples
    --------
    >>> from spreadsim.sweeps.designs import points_of
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> study = load_experiment("where-to-start", ["design.method=sobol", "design.samples=32"])
    >>> points = points_of(study)
    >>> [(index.parameter, index.kind) for index in sobol_indices(points, points.unit[:, 1])][:2]
    [('services.readiness.mean', 'first'), ('services.readiness.mean', 'total')]
    """
    _check_method(points, "sobol")
    y = _check_values(values, points)
    if np.ptp(y) == 0:
        return []
    require_salib("a Sobol' analysis")
    from SALib.analyze import sobol

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        analysis = sobol.analyze(
            unit_problem(points.factors),
            (y - y.mean()) / y.std(),
            calc_second_order=second_order,
            num_resamples=RESAMPLES,
            conf_level=0.95,
            seed=1,
        )
    result = []
    for i, factor in enumerate(points.factors):
        for kind in ("first", "total"):
            key = "S1" if kind == "first" else "ST"
            value, half = float(analysis[key][i]), float(analysis[f"{key}_conf"][i])
            result.append(_sobol(factor.path, kind, value, value - half, value + half))
    total = {index.parameter: index.value for index in result if index.kind == "total"}
    pairs = []
    for i, one in enumerate(points.factors if second_order else ()):
        for j in range(i + 1, len(points.factors)):
            value, half = float(analysis["S2"][i, j]), float(analysis["S2_conf"][i, j])
            pairs.append(
                _sobol(f"{one.path} with {points.factors[j].path}", "second", value, value - half, value + half)
            )
    return sorted(result, key=lambda index: (-total[index.parameter], index.kind)) + sorted(
        pairs, key=lambda index: -index.value
    )


def _sobol(name: str, kind: str, value: float, low: float, high: float) -> Index:
    raw = low, high
    low, high = max(0.0, low), min(1.0, max(0.0, high))
    what = {"first": "by itself", "total": "by itself and with others", "second": "by their interaction"}[kind]
    if low <= 0 or value <= 0:
        text = f"{name}: no effect {what} can be seen (index {value:.2f}, interval {low:.2f} to {high:.2f} covers zero)"
    else:
        text = f"{name} accounts {what} for {value:.0%} of the variance ({low:.0%} to {high:.0%})"
    if value > 1 or raw[1] < 0:
        low, high = raw
        text = f"{name}: the index {what} is {value:.2f}, which no share of a variance can be: more points are needed"
    return Index(name, kind, value, low, high, text + ".")


def morris_indices(points: Points, values: np.ndarray, levels: int = 4) -> list[Index]:
    """Return Morris' mean absolute effects, with intervals, and the spread of effects.

    Parameters
    ----------
    points : of a Morris design.
    values : one a point.
    levels : of the design.

    Returns
    -------
    One index a parameter, in the unit of the values, largest first; none where all values are the same.

    Raises
    ------
    InputError : the design is not Morris', or a point has no value.
    MissingExtraError : SALib is not installed.

    References
    ----------
    Campolongo, Cariboni, Saltelli, Environ Model Softw 2007;22:1509.

    Examples
    --------
    >>> from spreadsim.sweeps.designs import points_of
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> study = load_experiment("where-to-start", ["design.method=morris", "design.samples=10"])
    >>> points = points_of(study)
    >>> first, other = morris_indices(points, 3 * points.unit[:, 1])
    >>> first.parameter, round(first.value, 6), other.excludes_zero
    ('services.readiness.mean', 3.0, False)
    """
    _check_method(points, "morris")
    y = _check_values(values, points)
    if np.ptp(y) == 0:
        return []
    require_salib("a Morris analysis")
    from SALib.analyze import morris

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        analysis = morris.analyze(
            unit_problem(points.factors),
            points.unit,
            y,
            num_resamples=RESAMPLES,
            conf_level=0.95,
            num_levels=levels,
            seed=1,
        )
    result = []
    for i, factor in enumerate(points.factors):
        value, half = float(analysis["mu_star"][i]), float(analysis["mu_star_conf"][i])
        low, high, sigma = max(0.0, value - half), value + half, float(analysis["sigma"][i])
        if low <= 0:
            text = f"{factor.path}: no effect can be seen (mean absolute effect {value:.3g}, interval covers zero)"
        else:
            text = f"{factor.path} over its whole range moves the outcome by {value:.3g} ({low:.3g} to {high:.3g})"
            text += ", by how much depends on the others" if sigma > value else ", much the same whatever the others"
        result.append(Index(factor.path, "mean absolute effect", value, low, high, text + "."))
    return sorted(result, key=lambda index: -index.value)


def rank_correlations(points: Points, values: np.ndarray) -> list[Index]:
    """Return rank correlations of parameters with a response; intervals allow for their number.

    They see what rises or falls throughout, not humps or interactions. Intervals are 95% jointly over all parameters.

    Parameters
    ----------
    points : of any design.
    values : one a point.

    Returns
    -------
    One index a parameter that varies, strongest first; none with fewer than ten points.

    Raises
    ------
    InputError : a point has no value.

    Examples
    --------
    >>> from spreadsim.sweeps.experiment import Factor
    >>> unit = np.random.default_rng(1).random((50, 2))
    >>> points = Points((Factor("a", "number", 0.0, 1.0), Factor("b", "number", 0.0, 1.0)), unit, "latin-hypercube")
    >>> first, other = rank_correlations(points, unit[:, 0] ** 3)
    >>> first.parameter, round(first.value, 3), other.excludes_zero
    ('a', 1.0, False)
    """
    from scipy.stats import rankdata

    from spreadsim.special import ndtri

    y = _check_values(values, points)
    n, d = points.unit.shape
    if n < 10 or np.ptp(y) == 0:
        return []
    half = float(ndtri(1 - 0.025 / max(1, d))) / np.sqrt(n - 3)
    result, columns = [], points.columns()
    for factor in points.factors:
        if len(set(columns[factor.path])) == 1:
            continue
        if factor.kind not in ("number", "integer"):
            result.append(_share_of_ranks(factor.path, np.array(columns[factor.path], dtype=str), y, d))
            continue
        x = np.array(columns[factor.path], dtype=np.float64)  # as run: whole numbers have ties
        r = float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])
        at = np.arctanh(min(max(r, -0.999999), 0.999999))
        low, high = float(np.tanh(at - half)), float(np.tanh(at + half))
        if low <= 0 <= high:
            text = f"{factor.path}: no rise or fall can be seen (rank correlation {r:.2f}, its interval covers zero)"
        else:
            word = "rises" if r > 0 else "falls"
            text = f"The outcome {word} with {factor.path} (rank correlation {r:.2f}, {low:.2f} to {high:.2f})"
        result.append(Index(factor.path, "rank correlation", r, low, high, text + "."))
    return sorted(result, key=lambda index: -abs(index.value))


def _share_of_ranks(name: str, options: np.ndarray, y: np.ndarray, n_tests: int) -> Index:
    """Return how much of the variance of ranks lies between options, which have no order (Kruskal and Wallis)."""
    from scipy.stats import chi2, rankdata

    def share(which: np.ndarray) -> float:
        ranks, chosen = rankdata(y[which]), options[which]
        mean, total = ranks.mean(), float(((ranks - ranks.mean()) ** 2).sum())
        between = sum((chosen == o).sum() * (ranks[chosen == o].mean() - mean) ** 2 for o in np.unique(chosen))
        return float(between) / total if total > 0 else 0.0

    n, classes, rng = len(y), len(np.unique(options)), np.random.default_rng(1)
    value = share(np.arange(n))
    tail = 0.025 / max(1, n_tests)
    low, high = np.quantile([share(rng.integers(n, size=n)) for _ in range(RESAMPLES)], (tail, 1 - tail))
    if chi2.sf(value * (n - 1), classes - 1) > 0.05 / max(1, n_tests):
        text = f"{name}: no difference between its options can be seen (share of the variance of ranks {value:.2f})"
        return Index(name, "share of ranks", value, 0.0, float(max(high, value)), text + ".")
    low, high = float(min(low, value)), float(max(high, value))
    text = f"The outcome differs between the options of {name} (share of the variance of ranks {value:.0%}, "
    return Index(name, "share of ranks", value, low, high, text + f"{low:.0%} to {high:.0%}).")


def indices(points: Points, values: np.ndarray, *, second_order: bool = False, levels: int = 4) -> list[Index]:
    """Return the indices that the design gives.

    Parameters
    ----------
    points : of the design.
    values : one a point.
    second_order, levels : of a Sobol' and of a Morris design.

    Returns
    -------
    Indices, largest first; none for a grid, whose points say themselves what they hold.

    Raises
    ------
    InputError : a point has no value.
    MissingExtraError : the design's analysis needs SALib, which is not installed.

    Examples
    --------
    >>> indices(Points((), np.zeros((1, 0)), "grid"), np.zeros(1))
    []
    """
    if points.method == "sobol":
        return sobol_indices(points, values, second_order=second_order)
    if points.method == "morris":
        return morris_indices(points, values, levels)
    return rank_correlations(points, values) if points.method in (*FILLING, "table") else []
