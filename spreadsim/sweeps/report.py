"""Analysing a finished sweep: findings in sentences.

What belongs here: which analyses are made of which measure, and what is said of them. The analyses themselves are in
``sensitivity``, ``discovery`` and ``robustness``; figures and the page in ``page``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from spreadsim.errors import InputError, MissingExtraError, nearest
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.sweeps.designs import FILLING
from spreadsim.sweeps.discovery import MIN_CASES, Region, find_region, judged
from spreadsim.sweeps.equal_effort import EqualEffort
from spreadsim.sweeps.map import axis_names, heat_map
from spreadsim.sweeps.page import (
    Analysis,
    draw_bars,
    draw_map,
    draw_tornado,
    draw_trade_off,
    panel_text,
    write_analysis,
)
from spreadsim.sweeps.robustness import (
    convergence,
    interior,
    interior_gain,
    robustness,
    robustness_sentence,
    satisficing,
    share_interval,
)
from spreadsim.sweeps.sensitivity import Index, indices
from spreadsim.sweeps.tables import Panel, SweepTables

MAIN_MEASURES = 2  # analysed in full where none is named
MAX_SENTENCES = 8  # indices said in words
MAX_RESPONSES = 12  # settings whose own indices are taken
MAX_REGIONS = 12  # settings whose regions are looked for, those that are best most often
_LIMIT = re.compile(r"^\s*(\w+)\s*(>=|<=)\s*([-+.\deE]+)\s*$")


def _limits(texts: Sequence[str], measures: Sequence[str]) -> list[tuple[str, str, float]]:
    limits = []
    for text in texts:
        match = _LIMIT.match(text)
        if match is None:
            raise InputError("--satisfice", text, "is not of the form MEASURE>=VALUE", 'for example "benefit>=0.4"')
        if match[1] not in measures:
            raise InputError("--satisfice", match[1], "was not kept by this sweep", nearest(match[1], measures))
        limits.append((match[1], match[2], float(match[3])))
    return limits


def analyse(
    folder: str | Path,
    *,
    measures: Sequence[str] = (),
    limits: Sequence[str] = (),
    density: float = 0.8,
    equal: str | None = None,
    along: str | None = None,
    across: str = "",
    down: str = "",
    within: Sequence[str] = (),
    out: str | Path | None = None,
) -> Analysis:
    """Analyse a finished sweep and write tables and a report.

    Parameters
    ----------
    folder : that `sweep` wrote.
    measures : to analyse; the first two kept by default, and for the best inner value all that have a better side.
    limits : ``MEASURE>=VALUE``: what is good enough. By default the median of each measure over all settings.
    density : what a region is to reach.
    equal, along : compare settings at the same mean of this measure (``cost``), reached along this lever (``support``).
    across, down : factors of a heat map: levers, ``strategy`` or uncertainties; the first two by default.
    within : levers, or ``strategy``, that are given and not chosen: settings that differ in them are not compared.
    out : folder to write in; ``analysis`` in the sweep's own by default.

    Returns
    -------
    Findings, tables and figures, as written.

    Raises
    ------
    InputError : the sweep is unfinished or damaged, or a measure was not kept.

    Examples
    --------
    >>> levers = 'levers={balance=[0.0, 1.0], "run.months"=[12]}'
    >>> small = ["run.replicates=4", "design.samples=4", levers]
    >>> sweep = ss.sweep("best-balance", out="small", settings=small)
    >>> analysis = analyse(sweep.folder, measures=["reported_uptake"])
    >>> list(analysis.findings)
    ['Robustness', 'Were there enough runs?', 'Over two factors']
    >>> (sweep.folder / "analysis" / "report.html").is_file()
    True
    """
    tables = SweepTables(Path(folder), within)
    note = ""
    if equal is not None or along is not None:
        if equal is None or along is None:
            raise InputError("--equal", str(equal or along), "must be given together with --along", "give both")
        tables = EqualEffort(tables, equal, along)
        note = tables.sentence
    for name in measures:
        if name not in tables.stored:
            raise InputError("--measure", name, "was not kept by this sweep", nearest(name, tables.stored))
    targets = list(measures) or [m for m in tables.measures if BY_NAME[m].better != "neither"][:MAIN_MEASURES]
    analysis = examine(tables, measures=targets, inside=measures, limits=limits, density=density)
    analysis.folder = Path(out) if out else analysis.folder
    if note:
        analysis.findings = {"At equal effort": [note], **analysis.findings}
    first, second = (across or down, down if across else "") if across or down else [*axis_names(tables), "", ""][:2]
    if first:
        for measure in targets:
            heat = heat_map(tables, measure, first, second)
            _add_sentence(analysis, "Over two factors", heat.sentence)
            draw_map(analysis, heat)
    write_analysis(analysis, tables)
    return analysis


def examine(
    tables: SweepTables,
    *,
    measures: Sequence[str],
    inside: Sequence[str] = (),
    limits: Sequence[str] = (),
    density: float = 0.8,
    panels: Sequence[Panel] | None = None,
) -> Analysis:
    """Return what the tables of a sweep show; nothing is written.

    Parameters
    ----------
    tables : a finished sweep.
    measures : to analyse.
    inside : measures whose best inner value of a lever is sought; all that have a better side where it is empty.
    limits, density : as for `analyse`.
    panels : of the sweep; all by default.

    Returns
    -------
    Findings, tables and figures.

    Raises
    ------
    InputError : a limit cannot be read, or is of a measure that was not kept.

    Examples
    --------
    >>> small = ["run.replicates=2", "run.months=12", "strategy=blend"]
    >>> tables = SweepTables(ss.sweep("where-to-start", out="starts", settings=small).folder)
    >>> analysis = examine(tables, measures=["reach"], limits=["reach>=0.1"])
    >>> analysis.tables["robustness"][0]["limits"]
    'reach >= 0.1'
    """
    experiment, bounds = tables.study.experiment, _limits(limits, tables.stored)
    analysis = Analysis(tables.folder / "analysis", experiment.title or experiment.name, experiment.question)
    arrays = {name: tables.values(name) for name in {*measures, *(name for name, _, _ in bounds)}}
    if tables.failed:
        analysis.findings["Failed runs"] = [f"{tables.failed:,} runs failed; points with one are left out."]
    if any(BY_NAME[name].never for name in measures):
        analysis.findings["Never reached"] = ["A month that was never reached counts as the last month of the run."]
    looked_at = list(dict.fromkeys([*tables.measures, *arrays]))
    which = ", ".join(looked_at) if len(looked_at) <= 3 else f"all {len(looked_at)} measures that are looked at"
    for whole in tables.panels if panels is None else panels:
        panel, same = tables.distinct(whole, looked_at)
        for names in same:
            text = f"{', '.join(names)}: the same in every run in {which}, so counted as one."
            _add_sentence(analysis, "Settings that do not differ", text)
        _add_robustness(analysis, tables, panel, measures, arrays, bounds)
        _add_interior(analysis, tables, panel, inside)
        _add_regions(analysis, tables, panel, measures, arrays, density)
        _add_sensitivity(analysis, tables, panel, measures, arrays)
        _add_convergence(analysis, tables, panel, measures, arrays)
    return analysis


def _add_sentence(analysis: Analysis, section: str, text: str) -> None:
    analysis.findings.setdefault(section, []).append(text)


def _add_row(analysis: Analysis, table: str, measure: str, panel: Panel, **values: Any) -> None:
    analysis.tables.setdefault(table, []).append({"measure": measure, "panel": panel.label, **values})


def _add_robustness(
    analysis: Analysis,
    tables: SweepTables,
    panel: Panel,
    measures: Sequence[str],
    arrays: Mapping[str, np.ndarray],
    bounds: Sequence[tuple[str, str, float]],
) -> None:
    if len(panel.settings) < 2:
        return
    columns, points = list(panel.settings), tables.independent
    for measure in measures:
        sign, values = tables.sign(measure), arrays[measure][points][:, columns]
        limits = bounds or [(measure, ">=" if sign > 0 else "<=", float(np.nanmedian(values)))]
        shares = satisficing([(arrays[name][points][:, columns], rel, limit) for name, rel, limit in limits])
        rows = robustness(values, panel.names, sign, satisfying=shares)
        words = " and ".join(f"{name} {relation} {limit:.3g}" for name, relation, limit in limits)
        for row in rows:
            _add_row(analysis, "robustness", measure, panel, **asdict(row), limits=words)
        if not rows:
            continue
        _add_sentence(analysis, "Robustness", f"{measure}{panel_text(panel)}: {robustness_sentence(rows, words)}")
        draw_bars(analysis, measure, panel, rows)


def _interval(low: float, high: float) -> str:
    return ", too few for an interval" if np.isnan(low) else share_interval(low, high)


def _add_interior(analysis: Analysis, tables: SweepTables, panel: Panel, measures: Sequence[str]) -> None:
    if panel.lever is None:
        return
    for measure in measures or [m for m in tables.measures if BY_NAME[m].better != "neither"]:
        values = tables.values(measure)[tables.independent][:, list(panel.settings)]
        result = interior(values, panel.lever, tables.sign(measure))
        if result is None:
            continue
        _add_row(analysis, "interior", measure, panel, lever=panel.lever_name, **asdict(result))
        gain = "" if np.isnan(result.gain) else f", with a mean gain of {result.gain:.3g} where chosen"
        _add_sentence(
            analysis,
            "Is the best value inside the range?",
            (
                f"{measure}{panel_text(panel)}: the best {panel.lever_name} lies strictly inside in "
                f"{result.inside:.0%} of {result.points} points{_interval(result.low, result.high)}. Chosen on half of "
                f"the replicates it lies inside in {result.chosen:.0%}; on the other half it beats the better end in "
                f"{result.confirmed:.0%}, beyond chance in {result.told_apart:.0%}{gain}. "
                f"The lowest value is best in {result.low_end:.0%}, the highest in {result.high_end:.0%}."
            ),
        )


def _add_regions(
    analysis: Analysis,
    tables: SweepTables,
    panel: Panel,
    measures: Sequence[str],
    arrays: Mapping[str, np.ndarray],
    density: float,
) -> None:
    if len(tables.independent) < MIN_CASES or len(panel.settings) < 2 or not tables.points.factors:
        return
    rows = tables.independent
    part = type(tables.points)(tables.points.factors, tables.points.unit[rows], tables.points.method)
    for measure in measures:
        values = arrays[measure][rows][:, list(panel.settings)]
        means = tables.sign(measure) * values.mean(axis=2)
        if not np.all(np.isfinite(means)):
            continue
        top = means == means.max(axis=1, keepdims=True)
        tied = top.sum(axis=1) > 1
        best = np.where(tied, -1, means.argmax(axis=1))
        words = "is best, or as good as the best," if tied.any() else "is best"
        better = tables.sign(measure) * values.transpose(0, 2, 1)
        groups: list[tuple[str, np.ndarray, list[int]]] = [
            (f"'{name}' {words}", top[:, i], [i]) for i, name in enumerate(panel.names)
        ]
        if panel.lever is not None and len(panel.lever) > 3:
            order = np.argsort(panel.lever)
            name, first, last = panel.lever_name, order[0], order[-1]
            groups = [
                (f"the lowest {name} ({panel.lever[first]:g}) is best", best == first, [int(first)]),
                (
                    f"a {name} strictly inside is best",
                    (best >= 0) & (best != first) & (best != last),
                    order[1:-1].tolist(),
                ),
                (f"the highest {name} ({panel.lever[last]:g}) is best", best == last, [int(last)]),
            ]
        if len(groups) > MAX_REGIONS:
            ranked = sorted((g for g in groups if g[1].any()), key=lambda g: -int(g[1].sum()))
            never, groups = len(groups) - len(ranked), ranked[:MAX_REGIONS]
            _add_sentence(
                analysis,
                "Where each has the highest mean",
                f"{measure}{panel_text(panel)}: of {len(panel.names)} settings {never} are best in none of the points; "
                f"the {len(groups)} that are best most often are described below.",
            )
        drawn = []
        for what, holds, places in groups:
            try:
                region = find_region(part, holds, density=density)
            except MissingExtraError as error:
                _add_sentence(analysis, "Where each has the highest mean", str(error))
                return
            if region is None:
                text = f"{measure}{panel_text(panel)}: {what} in {holds.mean():.0%} of the points."
                _add_sentence(analysis, "Where each has the highest mean", text)
                continue
            region = judged(region, part, better, partial(_is_best_among, places))
            _add_region(analysis, measure, panel, what, region)
            drawn.append((what, region))
        draw_trade_off(analysis, measure, panel, drawn)


def _is_best_among(places: list[int], levels: np.ndarray) -> np.ndarray:
    return np.asarray(levels[..., places].max(axis=-1) == levels.max(axis=-1)) * 1.0


def _add_region(analysis: Analysis, measure: str, panel: Panel, what: str, region: Region) -> None:
    _add_sentence(analysis, "Where each has the highest mean", f"{measure}{panel_text(panel)}: {region.sentence(what)}")
    shares = {key: value for key, value in asdict(region).items() if key not in ("limits", "trade_off")}
    shares["confirmed"] = region.is_confirmed
    for coverage, density, mass in region.trade_off:
        _add_row(analysis, "trade_off", measure, panel, what=what, coverage=coverage, density=density, mass=mass)
    for name, (low, high) in (region.limits or {"": (float("nan"), float("nan"))}).items():
        _add_row(analysis, "regions", measure, panel, what=what, parameter=name, low=low, high=high, **shares)


def _add_sensitivity(
    analysis: Analysis, tables: SweepTables, panel: Panel, measures: Sequence[str], arrays: Mapping[str, np.ndarray]
) -> None:
    design = tables.study.experiment.design
    for measure in measures:
        values, sign = arrays[measure][:, list(panel.settings)], tables.sign(measure)
        responses: list[tuple[str, np.ndarray]] = []
        if panel.lever is not None and len(panel.lever) >= 3:
            responses.append(
                (
                    f"advantage of an inner {panel.lever_name} over the better end",
                    interior_gain(values, panel.lever, sign),
                )
            )
            order = np.argsort(panel.lever)
            responses.append(
                (
                    f"highest {panel.lever_name} minus lowest",
                    values[:, order[-1]].mean(axis=1) - values[:, order[0]].mean(axis=1),
                )
            )
        places = range(len(panel.names)) if len(panel.names) <= MAX_RESPONSES else ()
        responses += [(panel.names[i], values[:, i].mean(axis=1)) for i in places]
        for what, response in responses:
            if not np.all(np.isfinite(response)):
                _add_sentence(
                    analysis, "What decides", f"{measure}{panel_text(panel)}, {what}: not defined at every point."
                )
                continue
            effects = indices(tables.points, response, second_order=design.second_order, levels=design.levels)
            for index in effects:
                _add_row(analysis, "sensitivity", measure, panel, response=what, **asdict(index))
            if effects and (what == responses[0][0] or len(responses) <= 3):
                _add_indices(analysis, measure, panel, what, effects)


def _add_indices(analysis: Analysis, measure: str, panel: Panel, what: str, effects: Sequence[Index]) -> None:
    visible = [index for index in effects if index.excludes_zero]
    for index in visible[:MAX_SENTENCES]:
        _add_sentence(analysis, "What decides", f"{measure}{panel_text(panel)}, {what}: {index.sentence}")
    n_invisible = len({i.parameter for i in effects}) - len({i.parameter for i in visible})
    if n_invisible:
        _add_sentence(
            analysis,
            "What decides",
            f"{measure}{panel_text(panel)}, {what}: for {n_invisible} of "
            f"{len({i.parameter for i in effects})} parameters the interval covers zero: no effect can be seen.",
        )
    draw_tornado(analysis, measure, panel, what, effects)


def _add_convergence(
    analysis: Analysis, tables: SweepTables, panel: Panel, measures: Sequence[str], arrays: Mapping[str, np.ndarray]
) -> None:
    if len(panel.settings) < 2:
        return
    for measure in measures:
        values = arrays[measure][tables.independent][:, list(panel.settings)]
        halves = tables.points.method in ("sobol", *FILLING)
        result = convergence(values, panel.names, tables.sign(measure), halves)
        if result is not None:
            _add_row(analysis, "convergence", measure, panel, **asdict(result))
            _add_sentence(analysis, "Were there enough runs?", f"{measure}{panel_text(panel)}: {result.sentence}")
