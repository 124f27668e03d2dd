"""The assumption sets that every comparison rests on: made from what is not known, kept where published figures allow.

``python experiments/assumption_sets.py [--points N] [--write]`` draws a scrambled Sobol' design over every parameter
in doubt, runs the conditions of each published figure at every point, and keeps the points whose worst figure lies
within the tolerance of ``published-figures/targets.toml`` (as `spreadsim fit` does, of a few parameters). It writes
``assumptions/published.csv``, those kept; ``assumptions/plausible.csv``, the design's first points, whatever the
figures say; and docs/verification/assumption-sets.md.
"""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from spreadsim.drivers.running import default_workers, run_together
from spreadsim.errors import InputErrors
from spreadsim.fitting.fitting import figure
from spreadsim.fitting.results import distances
from spreadsim.fitting.targets import Targets, condition_plan, load_targets
from spreadsim.network.construction import make_networks
from spreadsim.scenario.beliefs import believed, parameters_in_doubt
from spreadsim.scenario.validation import as_document, validate, with_setting

HERE = Path(__file__).parent
FOLDER = HERE.parent / "assumptions"
PAGE = HERE.parent / "docs" / "verification" / "assumption-sets.md"
POINTS = 65_536  # a power of two, which a Sobol' design needs
KEPT = 512
SEED = 1
REPLICATES = (0, 1)


@cache
def targets() -> Targets:
    """Return the published figures."""
    return load_targets("default", HERE / "published-figures" / "targets.toml")


def design(points: int) -> np.ndarray:
    """Return the points in the unit cube, shape (points, parameters)."""
    from scipy.stats import qmc

    sampler = qmc.Sobol(len(parameters_in_doubt()), scramble=True, seed=np.random.default_rng(SEED))
    return np.asarray(sampler.random(points))


def values_at(place: Sequence[float]) -> dict[str, float | int]:
    """Return the value of every parameter in doubt at a point of the unit cube."""
    values: dict[str, float | int] = {}
    for (path, declaration), u in zip(parameters_in_doubt().items(), place, strict=True):
        least = values[declaration.not_below] if declaration.not_below else None
        values[path] = believed(declaration, float(u), least)
    return values


def figures_at(place: Sequence[float]) -> np.ndarray:
    """Return the figures at a point, one a target; nan where one is not defined."""
    goal, document = targets(), as_document(targets().scenario)
    for path, value in values_at(place).items():
        document = with_setting(document, path.split("."), value, "assumption set")
    result = np.full((len(REPLICATES), len(goal.table.targets)), np.nan)
    try:
        scenario = validate(document, "assumption set")
    except InputErrors:
        return np.asarray(result[0])
    networks = make_networks(scenario, REPLICATES)
    for strategy, settings in goal.conditions():
        plan = condition_plan(scenario, document, strategy, settings, "assumption set")
        runs = run_together(networks, plan, scenario.run.seed, REPLICATES, "compiled")
        for t, target in enumerate(goal.table.targets):
            if (target.strategy, target.settings) == (strategy, settings):
                result[:, t] = [figure(target, run, net, plan) for run, net in zip(runs, networks, strict=True)]
    return np.asarray(result.mean(axis=0))


def table(places: np.ndarray) -> str:
    """Return sets of parameters as a CSV file."""
    rows = [values_at(place) for place in places.tolist()]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows([f"{value:.6g}" for value in row.values()] for row in rows)
    return text.getvalue()


def page(places: np.ndarray, figures: np.ndarray, kept: np.ndarray) -> str:
    """Return what the figures keep and narrow, as a page."""
    goal = targets().table
    worst = distances(figures, targets())
    chosen = places[kept]
    lines = [
        "# The assumption sets",
        "",
        "What is best depends on numbers that nobody has measured. Every comparison is therefore run in many plausible",
        "worlds: *assumption sets*, a value for each of the parameters in doubt. This page says how the shipped sets",
        "were made and what published figures do to them. It is written by",
        "",
        "```sh notest: takes a quarter of an hour",
        f"python experiments/assumption_sets.py --points {len(places)} --write",
        "```",
        "",
        f"**The parameters in doubt.** {places.shape[1]}: all of behaviour, services, ties, cost and how well the",
        "intervention is understood of which a plausible range is declared. What is believed within the range",
        "is declared with each: a triangle with its peak at the default where a published figure stands behind that,",
        "even where none does, log-uniform for some rates. The belief is ours, except for the figures below.",
        "",
        f"**The published figures.** {len(places):,} points of a scrambled Sobol' design, each run {len(REPLICATES)}",
        f"times under the conditions of {len(goal.targets)} figures",
        "([targets.toml](../../experiments/published-figures/targets.toml) gives their sources). A point is kept where",
        f"every figure lies within {goal.tolerance:g} standard errors of the one observed.",
        "",
        "| figure | observed (error) | all points: median (5% to 95%) | kept: median (5% to 95%) | within tolerance |",
        "| --- | --- | --- | --- | --- |",
    ]
    for t, target in enumerate(goal.targets):
        before, after = figures[:, t], figures[kept, t]
        low, middle, high = np.nanquantile(before, (0.05, 0.5, 0.95))
        a, b, c = np.nanquantile(after, (0.05, 0.5, 0.95))
        share = np.mean(worst[:, t] <= goal.tolerance)
        lines.append(
            f"| {target.name} | {target.value:.3f} ({target.standard_error:.3f}) "
            f"| {middle:.3f} ({low:.3f} to {high:.3f}) | {b:.3f} ({a:.3f} to {c:.3f}) | {100 * share:.0f}% |"
        )
    lines += [
        "",
        f"**{len(kept):,} of {len(places):,} points are kept** ({100 * len(kept) / len(places):.2g}%), all of equal",
        f"weight: `assumptions/published.csv` holds {min(len(kept), KEPT)} of them, which is their effective number.",
        f"`assumptions/plausible.csv` holds the first {KEPT} points of the design as they come.",
        "",
        "**What the figures narrow.** The ten parameters whose middle 90% among the points kept is narrowest, as a",
        "share of what it was before, and the figure that moves with each most (rank correlation over all points):",
        "",
        "| parameter | believed: 5% to 95% | kept: median (5% to 95%) | share | figure |",
        "| --- | --- | --- | --- | --- |",
    ]
    ranks = np.argsort(np.argsort(places, axis=0), axis=0)
    of_figure = np.argsort(np.argsort(np.nan_to_num(figures, nan=np.inf), axis=0), axis=0)
    declarations = list(parameters_in_doubt().values())
    ends = np.quantile(chosen, (0.05, 0.5, 0.95), axis=0)
    share = (ends[2] - ends[0]) / 0.9
    for j in np.argsort(share)[:10].tolist():
        declaration = declarations[j]
        low, high = believed(declaration, 0.05), believed(declaration, 0.95)
        a, b, c = (believed(declaration, float(u)) for u in ends[:, j])
        correlations = [abs(np.corrcoef(ranks[:, j], of_figure[:, t])[0, 1]) for t in range(len(goal.targets))]
        strongest = int(np.argmax(correlations))
        lines.append(
            f"| `{declaration.path}` | {low:.3g} to {high:.3g} | {b:.3g} ({a:.3g} to {c:.3g}) | {100 * share[j]:.0f}% "
            f"| {goal.targets[strongest].name} ({correlations[strongest]:.2f}) |"
        )
    n_open = int(np.sum(share >= 0.8))
    lines += [
        "",
        f"{n_open} of the {len(share)} parameters keep at least four fifths of their width: the figures say little of",
        "each of them alone, and an answer that depends on one of them depends on our belief.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Run the design, print the page and write it and the sets if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--points", type=int, default=POINTS)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    places = design(options.points)
    with ProcessPoolExecutor(default_workers()) as pool:
        results: list[Any] = list(pool.map(figures_at, places.tolist(), chunksize=64))
    figures = np.array(results)
    kept = np.flatnonzero(distances(figures, targets()).max(axis=1) <= targets().table.tolerance)
    text = page(places, figures, kept)
    print(text)
    if options.write:
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / "published.csv").write_text(table(places[kept[:KEPT]]), encoding="utf-8")
        (FOLDER / "plausible.csv").write_text(table(places[:KEPT]), encoding="utf-8")
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
