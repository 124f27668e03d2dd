"""Designs: which points of the uncertainties, and which settings of the levers, an experiment holds.

What belongs here: grids, tables, Latin hypercubes, Halton and Sobol' sequences, Sobol' and Morris designs, made by
SciPy and SALib in the unit cube and carried to each factor's distribution. A design has a seed of its own; the same
seed gives the same points. A longer Halton or Sobol' sequence begins with the points of the shorter one, and a Sobol'
design of twice the size holds those of the smaller one; a Latin hypercube of another size is another design.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from spreadsim.errors import InputError, MissingExtraError
from spreadsim.input_files import read_text
from spreadsim.scenario.beliefs import integer_quantile, quantile
from spreadsim.scenario.files import inside_folder
from spreadsim.sweeps.experiment import Factor, Study, Values

MAX_TABLE_BYTES = 200_000_000
MAX_POINTS = 20_000_000
SEQUENCES = ("halton", "sobol-sequence")  # whose points fill space evenly, however many of them are taken
FILLING = ("latin-hypercube", *SEQUENCES)  # whose points are all cases of their own
SAMPLED = (*FILLING, "sobol", "morris")


@dataclass(frozen=True)
class Setting:
    """One combination of the levers under one strategy.

    Attributes
    ----------
    strategy : its name.
    levers : values of the levers, by path.

    Examples
    --------
    >>> Setting("blend", {"balance": 0.5}).label
    'blend (balance 0.5)'
    """

    strategy: str
    levers: Values

    @property
    def key(self) -> str:
        """Name of the setting, the same wherever it stands in a design."""
        return content_key([self.strategy, self.levers])

    @property
    def label(self) -> str:
        """The setting in words."""
        inside = ", ".join(f"{k} {v:g}" if isinstance(v, float) else f"{k} {v}" for k, v in self.levers.items())
        return f"{self.strategy} ({inside})" if inside else self.strategy


def content_key(content: Any, digits: int = 16) -> str:
    """Return a hash of plain content.

    Parameters
    ----------
    content : anything that JSON can hold.
    digits : length of the hash.

    Returns
    -------
    The first hexadecimal digits of the SHA-256 of the content as JSON, with sorted keys.

    Examples
    --------
    >>> content_key({"balance": 0.5, "month": 3}) == content_key({"month": 3, "balance": 0.5})
    True
    >>> content_key([1, 2], digits=6)
    '49a647'
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=True)
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


@dataclass(frozen=True)
class Points:
    """The points of a design, in order.

    Attributes
    ----------
    factors : the uncertainties.
    unit : shape (points, factors): places in the unit cube; a listed value's place is its number.
    method : of the design.

    Examples
    --------
    >>> factor = Factor("services.readiness.mean", "number", 0.4, 0.6)
    >>> points = Points((factor,), np.array([[0.0], [0.5]]), "table")
    >>> len(points), points.values(1)
    (2, {'services.readiness.mean': 0.5})
    """

    factors: tuple[Factor, ...]
    unit: np.ndarray
    method: str

    def __len__(self) -> int:
        return len(self.unit)

    def values(self, number: int) -> Values:
        """Return the values of one point by path."""
        return {f.path: factor_quantile(f, u) for f, u in zip(self.factors, self.unit[number].tolist(), strict=True)}

    def all_keys(self) -> np.ndarray:
        """Return the key of every point, in order: the same wherever the point stands in a design."""
        return np.fromiter((content_key(self.values(i)) for i in range(len(self))), dtype="S16", count=len(self))

    def columns(self) -> dict[str, list[Any]]:
        """Return the values of all points, one list a factor."""
        return {f.path: [factor_quantile(f, u) for u in self.unit[:, j].tolist()] for j, f in enumerate(self.factors)}


def factor_quantile(factor: Factor, u: float) -> Any:
    """Return a quantile of a factor's distribution.

    Parameters
    ----------
    factor : a lever or an uncertainty.
    u : the probability, from 0 to 1.

    Returns
    -------
    The value as the scenario's field takes it; numbers to twelve digits.

    Examples
    --------
    >>> factor_quantile(Factor("x", "number", 0.01, 1.0, "log-uniform"), 0.5)
    0.1
    >>> factor_quantile(Factor("x", "choice", values=("random", "most-ready")), 0.7)
    'most-ready'
    """
    if factor.values:
        return factor.values[min(len(factor.values) - 1, int(u * len(factor.values)))]
    take = integer_quantile if factor.kind == "integer" else quantile
    return take(u, factor.low, factor.high, factor.distribution, factor.mode, factor.weights)


def lever_values(factor: Factor) -> list[Any]:
    """Return the values of a lever: those listed, or equal steps (of the logarithm where it is log-uniform).

    Parameters
    ----------
    factor : the lever.

    Returns
    -------
    Its values, five where the experiment does not say how many.

    Examples
    --------
    >>> lever_values(Factor("mandate", "number", 0.0, 1.0, steps=3))
    [0.0, 0.5, 1.0]
    """
    if factor.values:
        return list(factor.values)
    steps = factor.steps or 5
    return [factor.typed(_at_step(factor, i, steps)) for i in range(steps)]


def _at_step(factor: Factor, i: int, steps: int) -> float:
    share = i / (steps - 1) if steps > 1 else 0.5
    if factor.distribution == "log-uniform":
        value = factor.low * (factor.high / factor.low) ** share
    else:
        value = factor.low + share * (factor.high - factor.low)
    return float(f"{value:.12g}")


def settings_of(study: Study) -> list[Setting]:
    """Return every strategy and combination of the levers, in the file's order.

    Parameters
    ----------
    study : the experiment.

    Returns
    -------
    Settings, the last lever changing fastest.

    Examples
    --------
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> settings = settings_of(load_experiment("where-to-start"))
    >>> len(settings), settings[0].levers
    (40, {'programme.starting_sites.rule': 'random', 'programme.starting_sites.share': 0.01})
    """
    names = [factor.path for factor in study.levers]
    combinations = list(itertools.product(*(lever_values(factor) for factor in study.levers)))
    return [Setting(s, dict(zip(names, values, strict=True))) for s in study.strategies for values in combinations]


def points_of(study: Study) -> Points:
    """Return the points of an experiment's design.

    Parameters
    ----------
    study : the experiment.

    Returns
    -------
    One point where there are no uncertainties.

    Raises
    ------
    InputError : the design cannot be made of these uncertainties.
    MissingExtraError : a Sobol' or Morris design is wanted and SALib is not installed.

    Examples
    --------
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> points = points_of(load_experiment("where-to-start"))
    >>> len(points), points.values(0)
    (6, {'behaviour.adoption.exposure_response': 'saturating', 'services.readiness.mean': 0.35})
    """
    design, factors = study.experiment.design, study.uncertainties
    if not factors:
        if design.method in SAMPLED:
            raise InputError(
                study.file,
                "design.method",
                f"'{design.method}' needs uncertainties",
                'add [uncertainties], or take method = "grid"',
            )
        return Points((), np.zeros((1, 0)), design.method)
    if design.method == "table":
        return _table(study)
    if design.method == "grid":
        return _grid(study)
    size = design_size(design.method, design.samples, len(factors), design.second_order)
    if size > MAX_POINTS:
        raise InputError(study.file, "design.samples", f"makes {size:,} points", f"at most {MAX_POINTS:,} are taken")
    if design.method in FILLING:
        from scipy.stats import qmc

        engines = {"latin-hypercube": qmc.LatinHypercube, "halton": qmc.Halton, "sobol-sequence": qmc.Sobol}
        unit = engines[design.method](len(factors), seed=np.random.default_rng(design.seed)).random(design.samples)
    else:
        unit = _by_salib(study)
    return Points(factors, np.asarray(unit, dtype=np.float64), design.method)


def design_size(method: str, samples: int, n_factors: int, second_order: bool = False) -> int:
    """Return the number of points of a sampled design.

    Parameters
    ----------
    method : ``latin-hypercube``, ``halton``, ``sobol-sequence``, ``sobol`` or ``morris``.
    samples : points of a Latin hypercube or sequence; base sample of a Sobol' design; trajectories of a Morris design.
    n_factors : number of uncertainties.
    second_order : whether a Sobol' design serves second-order indices too.

    Returns
    -------
    Number of points.

    References
    ----------
    Saltelli, Comput Phys Commun 2002;145:280 (Sobol'). Morris, Technometrics 1991;33:161.

    Examples
    --------
    >>> design_size("sobol", 64, 3), design_size("sobol", 64, 3, second_order=True), design_size("morris", 10, 3)
    (320, 512, 40)
    """
    if method == "sobol":
        return samples * (2 * n_factors + 2 if second_order else n_factors + 2)
    return samples * (n_factors + 1) if method == "morris" else samples


def unit_problem(factors: tuple[Factor, ...]) -> dict[str, Any]:
    """Return SALib's description of the unit cube.

    Parameters
    ----------
    factors : the uncertainties, one dimension each.

    Returns
    -------
    Names, bounds and number of the dimensions.

    Examples
    --------
    >>> unit_problem((Factor("x", "number", 0.0, 5.0),))
    {'num_vars': 1, 'names': ['x'], 'bounds': [[0.0, 1.0]]}
    """
    return {"num_vars": len(factors), "names": [f.path for f in factors], "bounds": [[0.0, 1.0]] * len(factors)}


def require_salib(what: str) -> None:
    """Raise an error that says how to install SALib where it is missing.

    Parameters
    ----------
    what : that needs it, in words.

    Raises
    ------
    MissingExtraError : SALib is not installed.

    Examples
    --------
    >>> require_salib("a Sobol' design")
    """
    try:
        import SALib  # noqa: F401
    except ImportError:
        raise MissingExtraError(f'{what} needs SALib; install it with: pip install "spreadsim[explore]"') from None


def _by_salib(study: Study) -> Any:
    design = study.experiment.design
    require_salib(f"a {design.method} design")
    problem = unit_problem(study.uncertainties)
    if design.method == "sobol":
        from SALib.sample import sobol

        return sobol.sample(problem, design.samples, calc_second_order=design.second_order, seed=design.seed)
    if len(study.uncertainties) < 2:
        raise InputError(study.file, "design.method", "'morris' needs two uncertainties or more", "add one")
    from SALib.sample import morris

    return morris.sample(problem, design.samples, num_levels=design.levels, seed=design.seed)


def _grid(study: Study) -> Points:
    counts = []
    for factor in study.uncertainties:
        if not factor.values and factor.steps is None:
            raise InputError(
                study.file,
                f'uncertainties."{factor.path}"',
                "is a range, and a grid needs its 'steps'",
                "give { low = ..., high = ..., steps = 5 }, or a list",
            )
        counts.append(len(factor.values) or factor.steps or 1)
    if math.prod(counts) > MAX_POINTS:
        raise InputError(study.file, "uncertainties", f"make {math.prod(counts):,} points", "take fewer steps")
    factors = tuple(Factor(f.path, f.kind, values=tuple(lever_values(f))) for f in study.uncertainties)
    places = [(np.arange(k) + 0.5) / k for k in counts]
    unit = np.array(list(itertools.product(*places)), dtype=np.float64)
    return Points(factors, unit, "grid")


def _table(study: Study) -> Points:
    name = study.experiment.design.table or ""
    path = inside_folder(study.folder, name, "design.table", study.file)
    text = read_text(path, f"{study.file}: design.table '{name}'", MAX_TABLE_BYTES, "a table of points")
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise InputError(study.file, "design.table", f"'{name}' cannot be read ({error})", "check the file") from None
    header = list(rows[0]) if rows else []
    paths = [factor.path for factor in study.uncertainties]
    for number, row in enumerate(rows, start=2):
        if None in row:
            problem = f"has more cells than the header, {len(header) - (None in header)}"
            raise InputError(f"{study.file}: {name}", f"line {number}", problem, "correct the line")
    if sorted(header) != sorted(paths):
        odd = sorted(set(header) ^ set(paths))
        raise InputError(
            study.file,
            "design.table",
            f"'{name}' and [uncertainties] do not name the same: {odd}",
            "the header holds the names of the uncertainties, each once",
        )
    values: dict[str, list[Any]] = {path: [] for path in paths}
    for number, row in enumerate(rows, start=2):
        for factor in study.uncertainties:
            values[factor.path].append(_cell(factor, row[factor.path], f"{name}: line {number}"))
    factors = [Factor(f.path, f.kind, values=tuple(sorted(set(values[f.path]), key=repr))) for f in study.uncertainties]
    unit = np.array(
        [
            [(f.values.index(v) + 0.5) / len(f.values) for f, v in zip(factors, row, strict=True)]
            for row in zip(*(values[path] for path in paths), strict=True)
        ]
    )
    return Points(tuple(factors), unit, "table")


def _cell(factor: Factor, text: str | None, where: str) -> Any:
    value: Any
    if factor.kind in ("number", "integer"):
        try:
            value = float(text or "")
        except ValueError:
            raise InputError(where, factor.path, f"{text!r} is not a number", "correct the table") from None
    else:
        value = {"true": True, "false": False}.get(str(text).lower(), text)
    inside = value in factor.values if factor.values else factor.low <= value <= factor.high
    if not inside:
        raise InputError(where, factor.path, f"{text!r} is outside the values of the uncertainty", "correct either")
    return factor.typed(value)
