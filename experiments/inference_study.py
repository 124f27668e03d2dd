"""How often a verdict names a leader among equals, and how often intervals hold the truth.

``python experiments/inference_study.py [--seeds 300] [--quick]`` draws values of exchangeable strategies, and of
strategies that differ, over sets and replicates; no simulation is run. It writes docs/verification/inference.md. What
belongs here: the cases, and the table. The statistics are `spreadsim.inference` and `spreadsim.sweeps`.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from SALib.sample import morris, sobol
from scipy.stats import norm, rankdata

from spreadsim.inference.crossed import Estimate, pair_standing, standings
from spreadsim.inference.evidence import verdict
from spreadsim.sweeps.designs import Points, unit_problem
from spreadsim.sweeps.experiment import Factor
from spreadsim.sweeps.robustness import interior, satisficing
from spreadsim.sweeps.sensitivity import morris_indices, rank_correlations, sobol_indices

FILE = Path(__file__).parent.parent / "docs" / "verification" / "inference.md"
ARMS, REPLICATES, SETS = (2, 3, 5), (2, 3, 4, 20, 100), (1, 8, 64)
QUICK_ARMS, QUICK_REPLICATES, QUICK_SETS = (2, 5), (2, 4, 20), (1, 64)
MATTERS = 0.02
FIRST_SEED = 40_000  # what the intervals are made from was chosen on seeds below 20,000
LIMIT = 0.05  # that a strategy has to reach
COMMON = 0.2  # deviation between sets that all strategies share
CASES = {  # sets, replicates, means, deviation between sets, of replicates, of the remainder
    "luck small": (64, 4, (0.0, 0.05), 0.05, 0.01, 0.03),
    "luck as large as the sets": (64, 4, (0.0, 0.02), 0.01, 0.01, 0.03),
    "luck shared by all sets large": (100, 4, (0.0, 0.02, 0.01), 0.03, 0.03, 0.05),
    "three strategies, ten replicates": (64, 10, (0.0, 0.03, 0.05), 0.05, 0.02, 0.05),
    "five strategies": (128, 4, (0.0, 0.01, 0.02, 0.03, 0.05), 0.05, 0.01, 0.05),
    "as the default scenario": (100, 4, (0.007, -0.07, 0.0), 0.04, 0.006, 0.015),
    "few sets": (16, 20, (0.0, 0.05), 0.05, 0.01, 0.03),
}
KINDS = (
    "share best",
    "best inside",
    "meets a limit",
    "mean",
    "mean difference",
    "share better",
    "better by what matters",
    "expected loss",
    "90% of losses",
)
INDICES = ("first-order", "total", "mean absolute effect", "rank correlation, all jointly")


def _seeds(count: int) -> range:
    """Return seeds that were not used while the statistics were being chosen."""
    return range(FIRST_SEED, FIRST_SEED + count)


def values_of(
    seed: int, shape: tuple[int, int, int], sets: float, luck: float, rest: float, means: np.ndarray | float = 0.0
) -> np.ndarray:
    """Return values over sets, replicates and strategies with these standard deviations and means."""
    rng = np.random.default_rng(seed)
    n, k, s = shape
    common = COMMON * rng.standard_normal((n, 1, 1)) + 0.05 * rng.standard_normal((1, k, 1))
    own = sets * rng.standard_normal((n, 1, s)) + luck * rng.standard_normal((1, k, s))
    return np.asarray(means + common + own + rest * rng.standard_normal(shape))


def null_share(case: tuple[int, int, int, int]) -> float:
    """Return in what share of seeds a leader is named among strategies that do not differ."""
    arms, n, k, seeds = case
    shape = (n, k, arms)
    led = [verdict(values_of(i, shape, 0.0, 0.02, 0.03)).leader is not None for i in _seeds(seeds)]
    return float(np.mean(led))


def coverage(case: tuple[str, int]) -> dict[str, float]:
    """Return in what share of seeds each kind of interval holds the truth; nan where there is none."""
    name, seeds = case
    n, k, means, sets, luck, rest = CASES[name]
    mean, last = np.array(means), len(means) - 1
    truth = mean + sets * np.random.default_rng(99).standard_normal((400_000, len(means)))
    best = np.bincount(truth.argmax(axis=1), minlength=len(means)) / len(truth)
    loss = truth.max(axis=1, keepdims=True) - truth
    gap = truth[:, last] - truth[:, 0]
    reaches = norm.sf((LIMIT - mean) / np.hypot(COMMON, sets))
    held: dict[str, list[float]] = {kind: [] for kind in KINDS}

    def add(kind: str, estimate: Estimate, right: float) -> None:
        if estimate.low is not None and estimate.high is not None:
            held[kind].append(float(estimate.low <= right <= estimate.high))

    for seed in _seeds(seeds):
        values = values_of(seed, (n, k, len(means)), sets, luck, rest, mean)
        for i, row in enumerate(standings(values).strategies):
            add("share best", row.best, float(best[i]))
            add("mean", row.level, float(mean[i]))
            add("expected loss", row.expected_loss, float(loss[:, i].mean()))
            add("90% of losses", row.loss_90, float(np.quantile(loss[:, i], 0.9)))
        pair = pair_standing(values[:, :, last], values[:, :, 0], MATTERS)
        add("mean difference", pair.components.mean, float(mean[last] - mean[0]))
        add("share better", pair.better, float(np.mean(gap > 0)))
        add("better by what matters", pair.better_by, float(np.mean(gap > MATTERS)))
        by_setting = values.transpose(0, 2, 1)
        for i, share in enumerate(satisficing([(by_setting, ">=", LIMIT)])):
            add("meets a limit", share, float(reaches[i]))
        inner = interior(by_setting, tuple(range(len(means))), 1.0)
        if inner is not None:
            add("best inside", Estimate(inner.inside, inner.low, inner.high), float(best[1:-1].sum()))
    return {kind: float(np.mean(shares)) if shares else float("nan") for kind, shares in held.items()}


def _points(method: str, samples: int, seed: int) -> Points:
    factors = tuple(Factor(name, "number", -np.pi, np.pi) for name in ("x", "y", "z"))
    problem = unit_problem(factors)
    if method == "sobol":
        return Points(factors, sobol.sample(problem, samples, calc_second_order=False, seed=seed), method)
    if method == "morris":
        return Points(factors, morris.sample(problem, samples, num_levels=4, seed=seed), method)
    return Points(factors, np.random.default_rng(seed).random((samples, 3)), method)


def _ishigami(points: Points) -> np.ndarray:
    x, y, z = (2 * points.unit.T - 1) * np.pi
    return np.asarray(np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x))


def index_coverage(seeds: int) -> dict[str, float]:
    """Return in what share of seeds the intervals of indices of sensitivity hold the truth.

    Variance shares are those of Ishigami's function, in closed form; mean absolute effects are those of 20,000
    trajectories; rank correlations are those of a sum of three independent parts, over 400,000 draws.
    """
    a, b = 7.0, 0.1
    parts = {"x": (1 + b * np.pi**4 / 5) ** 2 / 2, "y": a**2 / 8, "z": 0.0}
    both = b**2 * np.pi**8 * (1 / 18 - 1 / 50)
    whole = sum(parts.values()) + both
    right = {("first", name): part / whole for name, part in parts.items()}
    right |= {("total", name): (part + both * (name != "y")) / whole for name, part in parts.items()}
    large = _points("morris", 20_000, 0)
    right |= {("mean absolute effect", i.parameter): i.value for i in morris_indices(large, _ishigami(large))}
    weights = np.array([1.0, 0.5, 0.0])
    unit = np.random.default_rng(98).random((400_000, 3))
    noisy = unit @ weights + 0.3 * np.random.default_rng(97).standard_normal(len(unit))
    ranks = [float(np.corrcoef(rankdata(column), rankdata(noisy))[0, 1]) for column in unit.T]
    right |= {("rank correlation", name): rank for name, rank in zip("xyz", ranks, strict=True)}
    held: dict[str, list[float]] = {kind: [] for kind in INDICES}
    names = dict(zip(("first", "total", "mean absolute effect"), INDICES, strict=False))
    for seed in _seeds(seeds):
        points, tours = _points("sobol", 512, seed), _points("morris", 40, seed)
        for index in (*sobol_indices(points, _ishigami(points)), *morris_indices(tours, _ishigami(tours))):
            held[names[index.kind]].append(index.low <= right[index.kind, index.parameter] <= index.high)
        cube = _points("latin-hypercube", 200, seed)
        y = cube.unit @ weights + 0.3 * np.random.default_rng(seed + 10_000).standard_normal(200)
        correlations = rank_correlations(cube, y)
        inside = all(index.low <= right[index.kind, index.parameter] <= index.high for index in correlations)
        held[INDICES[3]].append(inside)
    return {kind: float(np.mean(shares)) for kind, shares in held.items()}


def page(seeds: int, quick: bool, workers: int) -> str:
    """Return the page with its tables."""
    arms, replicates, sets = (QUICK_ARMS, QUICK_REPLICATES, QUICK_SETS) if quick else (ARMS, REPLICATES, SETS)
    error = 1.96 * float(np.sqrt(0.05 * 0.95 / seeds))
    cells = [(s, n, k, seeds) for s in arms for n in sets for k in replicates]
    silent = [verdict(values_of(0, (n, k, s), 0.0, 0.02, 0.03)).strength == "too few runs" for s, n, k, _ in cells]
    with ProcessPoolExecutor(workers) as pool:
        shares = pool.map(coverage, [(name, seeds) for name in CASES])
        indices = pool.submit(index_coverage, seeds)
        named = pool.map(null_share, [cell for cell, none in zip(cells, silent, strict=True) if not none])
        texts = ["-" if none else f"{next(named):.1%}" for none in silent]
        intervals, index_shares = list(shares), indices.result()
    lines = [
        "# Leaders among equals, and intervals that hold the truth",
        "",
        f"Written by `python experiments/inference_study.py --seeds {seeds}{' --quick' if quick else ''}`. Values are",
        "drawn, with luck that all sets share; no simulation is run.",
        "",
        "## A leader among strategies that do not differ",
        "",
        f"The share of {seeds} seeds in which one is called clearly or probably best. At most 5% should be;",
        f"chance may make that {0.05 + error:.1%}. `-`: too few runs or sets, so nothing is said.",
        "",
        "| strategies | sets | " + " | ".join(f"{k} replicates" for k in replicates) + " |",
        "| --- " * (2 + len(replicates)) + "|",
    ]
    for row in range(0, len(cells), len(replicates)):
        s, n, _, _ = cells[row]
        lines.append(f"| {s} | {n} | " + " | ".join(texts[row : row + len(replicates)]) + " |")
    lines += [
        "",
        "## Intervals",
        "",
        "The share of 95% intervals that hold the truth; 93% to 97% is wanted, and chance makes a true 95% appear as",
        f"{0.95 - error:.1%} to {0.95 + error:.1%} where one interval a seed is counted. `-`: none is given, from too",
        "few sets. *Best inside*: the share of points in which an inner value of a lever is best; *meets a limit*: in",
        "which a strategy is good enough. What `compare` and `analyse` say of several strategies is of these kinds.",
        "",
        "| case | sets | replicates | " + " | ".join(KINDS) + " |",
        "| --- " * (3 + len(KINDS)) + "|",
    ]
    for (name, (n, k, *_)), shares_of in zip(CASES.items(), intervals, strict=True):
        texts = ["-" if np.isnan(shares_of[kind]) else f"{shares_of[kind]:.1%}" for kind in KINDS]
        lines.append(f"| {name} | {n} | {k} | " + " | ".join(texts) + " |")
    lines += [
        "",
        "## Indices of sensitivity",
        "",
        "Ishigami's function for Sobol' indices (base sample 512) and Morris' (40 trajectories); a sum with noise for",
        "rank correlations (200 points). Sobol' points fill space evenly, so that the bootstrap's intervals, which",
        "take them for random ones, hold the truth more often than 95%: on the safe side.",
        "",
        "| " + " | ".join(INDICES) + " |",
        "| --- " * len(INDICES) + "|",
        "| " + " | ".join(f"{index_shares[kind]:.1%}" for kind in INDICES) + " |",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--quick", action="store_true", help="fewer cases of the first table")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    FILE.write_text(page(options.seeds, options.quick, options.workers), encoding="utf-8")
    print(FILE.read_text(encoding="utf-8"))
