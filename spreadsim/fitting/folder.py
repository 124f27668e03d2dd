"""What a fit says, and its results folder: accepted sets that `compare` and `sweep` take, and a page.

What belongs here: sentences and tables made of a `Fit`, and which files there are. How sets are found is ``fitting``'s.

fit : the accepted sets, and what they say of each parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from spreadsim.fitting.results import DETERMINED, NARROWED, FitResults, distances
from spreadsim.network.size import network_size
from spreadsim.sweeps.designs import factor_quantile
from spreadsim.telling.figures import make_figure, svg, tidy
from spreadsim.telling.folder import as_json, write_folder, write_text
from spreadsim.telling.page import render_findings
from spreadsim.telling.spreadsheets import csv_text
from spreadsim.telling.terminal import WIDTH, text_table
from spreadsim.telling.wording import listed

EXPERIMENT = "experiment.toml"
ACCEPTED = "accepted.csv"


def _about(fit: FitResults) -> str:
    """Return how the sets were found."""
    goal = fit.targets
    runs = goal.table.run.replicates
    return (
        f"{len(goal.parameters)} parameters, {len(goal.table.targets)} figures; {fit.simulations:,} sets tried in "
        f"{len(fit.generations)} generations, {len(fit.sets)} kept ({fit.n_distinct} different); "
        f"{network_size(goal.scenario).services:,} services, "
        + (f"{runs} runs of each set and condition, " if runs else "")
        + f"{goal.scenario.run.months} months, seed of the search {fit.seed}."
    )


def _findings(fit: FitResults) -> list[str]:
    """Return what was reproduced, and what the figures leave undetermined, in sentences."""
    goal, far = fit.targets, distances(fit.figures, fit.targets)
    lines = []
    if fit.accepted:
        lines.append(f"Every accepted set reproduces every figure within {goal.table.tolerance:g} standard errors.")
    else:
        worst = np.argsort(-np.median(far, axis=0), kind="stable")
        names = [goal.table.targets[t].name for t in worst if np.median(far[:, t]) > goal.table.tolerance / 2]
        lines.append(
            f"The sets reproduce the figures within {fit.threshold:.2f} standard errors, not within the "
            f"{goal.table.tolerance:g} requested: either more simulations are needed, or the model cannot reproduce "
            f"these figures together. Furthest away: {listed(names[:3]) if names else 'no single figure'}."
        )
    if fit.n_distinct < 0.5 * len(fit.sets):
        lines.append(
            f"Only {fit.n_distinct} of the {len(fit.sets)} sets are different: the ranges below are rough and probably "
            "too narrow; use a larger --population."
        )
    before = distances(fit.at_defaults[None], goal)[0]
    off = [f"{t.name} ({d:.1f})" for t, d in zip(goal.table.targets, before, strict=True) if d > goal.table.tolerance]
    lines.append(
        "The scenario as it stands reproduces all of them." if not off
        else f"The scenario as it stands misses these figures (by so many standard errors): {listed(off)}."
    )  # fmt: skip
    ranges = fit.parameter_ranges()
    for verdict, words in (
        ("determined", f"The figures determine (accepted range under {DETERMINED:.0%} of the original range)"),
        ("narrowed", "They narrow"),
        ("left undetermined", f"They leave undetermined (over {NARROWED:.0%} of the original range)"),
    ):
        names = [
            f"{k.path} ({k.after[0]:.3g} to {k.after[1]:.3g}, originally {k.before[0]:.3g} to {k.before[1]:.3g})"
            for k in ranges if k.verdict == verdict
        ]  # fmt: skip
        lines.append(f"{words}: {listed(names) if names else 'none'}.")
    pairs = fit.pairs()
    if pairs:
        texts = [f"{a} and {b} ({r:+.2f})" for a, b, r in pairs[:5]]
        lines.append(
            f"Correlated, so that the figures say more about the pair than about either alone (rank correlation): "
            f"{listed(texts)}."
        )
    return lines


def _figure_rows(fit: FitResults) -> tuple[list[str], list[list[str]]]:
    head = ["figure", "observed", "error", "scenario as it stands", "accepted: median", "5%", "95%", "source"]
    rows = []
    for t, target in enumerate(fit.targets.table.targets):
        figures = fit.figures[:, t]
        low, middle, high = np.nanquantile(figures, (0.05, 0.5, 0.95)) if not np.isnan(figures).all() else [np.nan] * 3
        cells = [target.value, target.standard_error, fit.at_defaults[t], middle, low, high]
        rows.append([target.name, *(f"{x:.3f}" for x in cells), target.source])
    return head, rows


def _parameter_rows(fit: FitResults) -> tuple[list[str], list[list[str]]]:
    head = ["parameter", "originally: 5%", "95%", "accepted: median", "5%", "95%", "share of range", "verdict"]
    return head, [
        [k.path, *(f"{x:.3g}" for x in (*k.before, k.median, *k.after)), f"{k.share:.0%}", k.verdict]
        for k in fit.parameter_ranges()
    ]


def fit_text(fit: FitResults, wide: bool = False) -> str:
    """Return the fit as text for a terminal.

    Parameters
    ----------
    fit : the results.
    wide : tables as wide as they are; else they fit 80 columns.

    Returns
    -------
    Text.

    Examples
    --------
    >>> figure = '''
    ... [[targets]]
    ... name = "uptake"
    ... measure = "reported_uptake"
    ... strategy = "one-neighbour-is-enough"
    ... value = 0.5
    ... standard_error = 0.3
    ... source = "assumed"
    ... [parameters]
    ... "behaviour.awareness.broadcast_rate" = "plausible"
    ... '''
    >>> _ = Path("targets.toml").write_text(figure)
    >>> result = ss.fit("classroom", "targets.toml", population=3, simulations=6)
    >>> print(fit_text(result).splitlines()[1].split(";")[0])
    1 parameters, 1 figures
    """
    head, rows = _figure_rows(fit)
    title = fit.targets.table.title or fit.targets.table.name
    width = None if wide else WIDTH
    figures = text_table(head[:-1], [row[:-1] for row in rows], width)
    parameters = text_table(*_parameter_rows(fit), width)
    return "\n".join([title, _about(fit), "", *_findings(fit), "", figures, "", parameters])


def fit_json(fit: FitResults) -> dict[str, Any]:
    """Return the fit for programs.

    Parameters
    ----------
    fit : the results.

    Returns
    -------
    The content of ``fit.json``.

    Examples
    --------
    >>> figure = '''
    ... [[targets]]
    ... name = "uptake"
    ... measure = "reported_uptake"
    ... strategy = "one-neighbour-is-enough"
    ... value = 0.5
    ... standard_error = 0.3
    ... source = "assumed"
    ... [parameters]
    ... "behaviour.awareness.broadcast_rate" = "plausible"
    ... '''
    >>> _ = Path("targets.toml").write_text(figure)
    >>> result = ss.fit("classroom", "targets.toml", population=3, simulations=6)
    >>> fit_json(result)["targets"][0]["observed"]
    0.5
    """
    bounds = np.nanquantile(fit.figures, (0.05, 0.5, 0.95), axis=0)
    targets = [
        {
            "name": target.name,
            "observed": target.value,
            "standard_error": target.standard_error,
            "at_defaults": fit.at_defaults[i],
            "accepted": dict(zip(("low", "median", "high"), bounds[:, i].tolist(), strict=True)),
        }
        for i, target in enumerate(fit.targets.table.targets)
    ]
    return {
        "scenario": fit.targets.scenario.name,
        "targets": targets,
        "parameters": [vars(k) for k in fit.parameter_ranges()],
        "pairs": fit.pairs(),
        "tolerance": fit.targets.table.tolerance,
        "reached": fit.threshold,
        "accepted": fit.accepted,
        "generations": [{"threshold": e, "sets_tried": n} for e, n in fit.generations],
        "sets": len(fit.sets),
        "seed": fit.seed,
        "findings": _findings(fit),
    }


def ranges_height(fit: FitResults) -> float:
    """Return the height of the figure of `draw_ranges`, in inches.

    Returns
    -------
    Inches.

    Examples
    --------
    >>> figure = '''
    ... [[targets]]
    ... name = "uptake"
    ... measure = "reported_uptake"
    ... strategy = "one-neighbour-is-enough"
    ... value = 0.5
    ... standard_error = 0.3
    ... source = "assumed"
    ... [parameters]
    ... "behaviour.awareness.broadcast_rate" = "plausible"
    ... '''
    >>> _ = Path("targets.toml").write_text(figure)
    >>> result = ss.fit("classroom", "targets.toml", population=3, simulations=6)
    >>> round(ranges_height(result), 2)
    1.04
    """
    return 0.8 + 0.24 * len(fit.targets.parameters)


def draw_ranges(axes: Any, fit: FitResults) -> None:
    """Draw the middle 90% of each parameter before (grey) and accepted (blue), and the median.

    Parameters
    ----------
    axes : Matplotlib axes, changed in place.

    Examples
    --------
    >>> figure = '''
    ... [[targets]]
    ... name = "uptake"
    ... measure = "reported_uptake"
    ... strategy = "one-neighbour-is-enough"
    ... value = 0.5
    ... standard_error = 0.3
    ... source = "assumed"
    ... [parameters]
    ... "behaviour.awareness.broadcast_rate" = "plausible"
    ... '''
    >>> _ = Path("targets.toml").write_text(figure)
    >>> result = ss.fit("classroom", "targets.toml", population=3, simulations=6)
    >>> axes = make_figure(1.0).add_subplot()
    >>> draw_ranges(axes, result)
    >>> [text.get_text() for text in axes.get_yticklabels()]
    ['awareness.broadcast_rate']
    """
    ranges = fit.parameter_ranges()
    at = range(len(ranges))
    axes.hlines(at, 0.05, 0.95, color="#c8c8c8", linewidth=5)
    low, middle, high = np.quantile(fit.places, (0.05, 0.5, 0.95), axis=0)
    axes.hlines(at, low, high, color="#004488", linewidth=2.5)
    axes.scatter(middle, at, color="#004488", marker="D", s=22, zorder=3)
    axes.set_yticks(at, [k.path.removeprefix("behaviour.") for k in ranges], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("position in the original range (0 lowest, 1 highest)", fontsize=7.5)
    tidy(axes, grid="x")
    axes.tick_params(axis="x", labelsize=7)


def _picture(fit: FitResults) -> tuple[str, str]:
    ranges = fit.parameter_ranges()
    figure = make_figure(ranges_height(fit))
    draw_ranges(figure.add_subplot(), fit)
    caption = (
        "What the figures say about each parameter: the middle 90% before (grey) and accepted (blue), and the median."
    )
    words = "; ".join(f"{k.path} {k.after[0]:.3g} to {k.after[1]:.3g}, {k.verdict}" for k in ranges)
    return svg(figure, "known", f"{caption} {words}"), caption


def _write_sets(fit: FitResults, path: Path) -> None:
    write_text(path, csv_text(fit.sets.paths, fit.sets.rows))


def _experiment_document(fit: FitResults) -> dict[str, Any]:
    """Return an experiment over the accepted sets, for `sweep`: each one a point of a table."""
    goal = fit.targets
    return {
        "format": 1,
        "name": f"{goal.table.name}-accepted",
        "title": f"Over the sets accepted in: {goal.table.title or goal.table.name}",
        "scenario": "scenario.toml",
        "strategy": list(goal.scenario.strategies),
        "run": {"replicates": 10},
        "design": {"method": "table", "table": ACCEPTED},
        "uncertainties": {
            f.path: {"low": float(factor_quantile(f, 0.0)), "high": float(factor_quantile(f, 1.0))}
            for f in goal.parameters
        },
    }


def write_fit(
    fit: FitResults, folder: Path, *, force: bool = False, started: str | None = None, targets: Path | None = None
) -> Path:
    """Write the results folder of a fit, whole or not at all.

    ``accepted.csv`` is for ``compare --parameters`` and ``run.parameter_sets``; ``experiment.toml`` for `sweep`.

    Parameters
    ----------
    fit : the results.
    folder : to write.
    force : whether an existing folder is replaced.
    started : time of the start, in ISO format.
    targets : the targets file, to be copied into ``inputs``.

    Returns
    -------
    Path of the folder.

    Raises
    ------
    InputError : the folder exists and `force` is false.

    Examples
    --------
    >>> figure = '''
    ... [[targets]]
    ... name = "uptake"
    ... measure = "reported_uptake"
    ... strategy = "one-neighbour-is-enough"
    ... value = 0.5
    ... standard_error = 0.3
    ... source = "assumed"
    ... [parameters]
    ... "behaviour.awareness.broadcast_rate" = "plausible"
    ... '''
    >>> _ = Path("targets.toml").write_text(figure)
    >>> result = ss.fit("classroom", "targets.toml", population=3, simulations=6)
    >>> folder = write_fit(result, Path("fit"), targets=Path("targets.toml"))
    >>> (folder / "inputs" / "targets.toml").is_file()
    True
    """
    import tomli_w

    files: dict[str, Callable[[Path], None]] = {
        ACCEPTED: lambda path: _write_sets(fit, path),
        "fit.json": lambda path: _text(path, as_json(fit_json(fit))),
        EXPERIMENT: lambda path: _text(path, tomli_w.dumps(_experiment_document(fit))),
    }
    if targets is not None:
        content = targets.read_bytes()

        def keep(path: Path) -> None:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)

        files["inputs/targets.toml"] = keep

    def last(place: Path, receipt: dict[str, Any]) -> None:
        _text(place / "report.html", _page(fit, receipt))

    options = {
        "command": "fit", "targets": "inputs/targets.toml" if targets is not None else None,
        "population": len(fit.sets), "simulations": fit.simulations, "search_seed": fit.seed,
    }  # fmt: skip
    return write_folder(folder, force, fit.targets.scenario, options, started, files, last)


def _page(fit: FitResults, receipt: Mapping[str, Any]) -> str:
    table_of = fit.targets.table
    return render_findings(
        title=table_of.title or f"Fit: {table_of.name}", question=table_of.question, about=_about(fit),
        sections={"What the figures say": _findings(fit)},
        tables=[("Figures", *_figure_rows(fit)), ("Parameters", *_parameter_rows(fit))],
        receipt=receipt, pictures=[_picture(fit)],
    )  # fmt: skip


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
