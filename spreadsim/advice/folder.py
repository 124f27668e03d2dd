"""The results folder of advice: the advice as a scenario that runs, its sites, its standing, and a page.

What belongs here: which files there are and what each holds. What is said is ``findings``'.

advice : what to do, and what it was held against.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spreadsim.advice.choices import Choice, strategy_of
from spreadsim.advice.findings import (
    about,
    advice_json,
    evaluation_table,
    findings,
    interval,
    site_rows,
    support_and_waves,
    why,
)
from spreadsim.advice.results import AdviceResults, Evaluation
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import to_toml
from spreadsim.telling.figures import make_figure, svg, tidy
from spreadsim.telling.folder import as_json, copy_inputs, write_folder, write_parquet, write_text
from spreadsim.telling.page import render_findings
from spreadsim.telling.spreadsheets import csv_text


def advice_scenario(advice: AdviceResults) -> Scenario:
    """Return a scenario with two strategies, as it stands and as advised, which `compare` runs.

    Parameters
    ----------
    advice : what to do.

    Returns
    -------
    The scenario.

    Examples
    --------
    >>> advice = ss.advise("classroom", months=12, candidates=4, search_replicates=2, replicates=2)
    >>> list(advice_scenario(advice).strategies)
    ['one-neighbour-is-not-enough', 'one-neighbour-is-not-enough, as advised']
    """
    name, scenario = advice.strategy, advice.scenario
    own: Any = scenario.strategies[name]
    strategy = strategy_of(scenario, name, advice.network, advice.choice)
    strategy = strategy.model_copy(update={"title": "As advised"})
    strategies = {name: own, f"{name}, as advised": strategy}
    return scenario.model_copy(update={"strategies": strategies, "name": f"{scenario.name}-advised"})


def _write_sites(rows: Sequence[dict[str, Any]], path: Path) -> None:
    head = list(rows[0]) if rows else ["service"]
    write_text(path, csv_text(head, ([row[name] for name in head] for row in rows)))


def _evaluation_columns(advice: AdviceResults) -> dict[str, np.ndarray]:
    k = advice.replicates[2]
    first = sum(advice.replicates[:2])
    rows = advice.evaluations
    columns: dict[str, np.ndarray] = {
        "table": np.repeat(np.array([j.against or "the advice" for j in rows], dtype=object), k),
        "choice": np.repeat(np.array([j.name for j in rows], dtype=object), k),
        "replicate": np.tile(np.arange(first, first + k), len(rows)),
    }
    return columns | {m.name: np.concatenate([j.values[m.name] for j in rows]) for m in advice.extensions.all_measures}


def rules_judged(advice: AdviceResults) -> list[Evaluation]:
    """Return the simple rules that the advice is held against, where they choose something else.

    Returns
    -------
    Their evaluations.

    Examples
    --------
    >>> advice = ss.advise("classroom", months=12, candidates=4, search_replicates=2, replicates=2)
    >>> all(row.rule for row in rules_judged(advice))
    True
    """
    return [
        j
        for j in advice.evaluations
        if j.rule and j.choice != advice.choice and j.gains[advice.measure].low is not None
    ]


def draw_gains(axes: Any, advice: AdviceResults) -> None:
    """Draw the advice minus each simple rule, with intervals.

    Parameters
    ----------
    axes : Matplotlib axes, changed in place.

    Examples
    --------
    >>> advice = ss.advise("classroom", months=12, candidates=4, search_replicates=2, replicates=2)
    >>> axes = make_figure(1.0).add_subplot()
    >>> draw_gains(axes, advice)
    >>> axes.get_xlabel()
    'advice minus rule, cumulative benefit (hollow: no clear difference)'
    """
    rows = rules_judged(advice)
    gains: list[Any] = [j.gains[advice.measure] for j in rows]
    axes.hlines(range(len(rows)), [g.low for g in gains], [g.high for g in gains], color="#222222", linewidth=1.2)
    colours = ["#004488" if g.told_apart else "#ffffff" for g in gains]
    axes.scatter([g.mean for g in gains], range(len(rows)), c=colours, edgecolors="#004488", marker="D", zorder=3, s=26)
    axes.set_yticks(range(len(rows)), [f"{j.rule} ({j.against})" for j in rows], fontsize=7)
    axes.invert_yaxis()
    axes.axvline(0, color="#222222", linewidth=0.8)
    label = advice.sought.label.lower()
    axes.set_xlabel(f"advice minus rule, {label} (hollow: no clear difference)", fontsize=7.5)
    tidy(axes, grid="x")
    axes.tick_params(axis="x", labelsize=7)


def gains_height(advice: AdviceResults) -> float:
    """Return the height of the figure of `draw_gains`, in inches.

    Returns
    -------
    Inches.

    Examples
    --------
    >>> advice = ss.advise("classroom", months=12, candidates=4, search_replicates=2, replicates=2)
    >>> gains_height(advice) >= 0.8
    True
    """
    return 0.8 + 0.21 * len(rules_judged(advice))


def _picture(advice: AdviceResults) -> tuple[str, str]:
    """Return the advice minus each rule, with intervals."""
    rows = rules_judged(advice)
    figure = make_figure(gains_height(advice))
    draw_gains(figure.add_subplot(), advice)
    words = "; ".join(f"{j.rule}, {j.against}: {interval(j.gains[advice.measure], advice.sought)}" for j in rows)
    caption = (
        "The advice minus each simple rule on held-out replicates. 'Sites alone': the rule's sites with the advice's "
        "waves and support. 'Within the budget': the rule's sites with the scenario's waves and support, cut where the "
        "budget requires it."
    )
    return svg(figure, "against", f"{caption} {words}"), caption


def _page(advice: AdviceResults, receipt: dict[str, Any]) -> str:
    head, cells = evaluation_table(advice)
    rows = site_rows(advice)
    title = f"Where to start: {advice.scenario.title or advice.scenario.name}"
    tables: list[Any] = [("Against simple rules, on held-out replicates", head, cells)]
    if rows:

        def cell(value: Any) -> str:
            return "" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)

        body = [[cell(value) for value in row.values()] for row in rows]
        tables.append((f"The {len(rows)} starting sites", [key.replace("_", " ") for key in rows[0]], body))
    sections = {
        "What to do": [support_and_waves(advice), *why(advice)],
        "Is it better than a simple rule?": findings(advice),
        "To bear in mind": list(advice.notes),
    }
    return render_findings(
        title=title, question=advice.scenario.question, about=about(advice), sections=sections, tables=tables,
        receipt=receipt, pictures=[_picture(advice)],
    )  # fmt: skip


def write_advice(
    advice: AdviceResults, folder: Path, *, force: bool = False, started: str | None = None, report: bool = True
) -> Path:
    """Write the results folder of advice, whole or not at all.

    ``advised.toml`` is a scenario of two strategies, as it stands and as advised, for `compare`.

    Parameters
    ----------
    advice : what to do.
    folder : to write.
    force : whether an existing folder is replaced.
    started : time of the start, in ISO format.
    report : whether to write the page.

    Returns
    -------
    Path of the folder.

    Raises
    ------
    InputError : the folder exists and `force` is false.

    Examples
    --------
    >>> advice = ss.advise("classroom", months=12, candidates=4, search_replicates=2, replicates=2)
    >>> folder = write_advice(advice, Path("advice"), report=False)
    >>> (folder / "judged.parquet").is_file()
    True
    """
    scenario = advice_scenario(advice)
    files: dict[str, Callable[[Path], None]] = {
        "advice.json": lambda path: _text(path, as_json(advice_json(advice))),
        "advised.toml": lambda path: _text(path, to_toml(copy_inputs(scenario, path.parent))),
        "sites.csv": lambda path: _write_sites(site_rows(advice), path),
        "judged.parquet": lambda path: write_parquet(_evaluation_columns(advice), path),
    }

    def last(place: Path, receipt: dict[str, Any]) -> None:
        if report:
            _text(place / "report.html", _page(advice, receipt))

    a, _, c = advice.replicates
    options = {
        "command": "advise", "strategy": advice.strategy, "measure": advice.measure,
        "budget": advice.budget if advice.has_budget else None, "sites": _n_sites(advice.choice),
        "search": list(advice.parts), "candidates": advice.n_candidates, "search_replicates": a, "replicates": c,
    }  # fmt: skip
    return write_folder(folder, force, advice.scenario, options, started, files, last)


def _n_sites(choice: Choice) -> int | None:
    return None if choice.sites is None else len(choice.sites)


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
