"""The screen Sweeps: what a designed experiment found, and any point of it to compare.

What belongs here: what this screen shows of a sweep that the package read and analysed. Which folders there are is
``app.server.sweep_folders``.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spreadsim.app import runs, widgets
from spreadsim.app.display import exports
from spreadsim.app.library import Html, component, solara, use_task
from spreadsim.app.server import sweep_folders, uploads
from spreadsim.app.server.sweep_folders import OpenSweep
from spreadsim.app.session import Session
from spreadsim.network.size import network_size
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.sweeps.designs import SAMPLED
from spreadsim.sweeps.map import HeatMap, heat_map, points_of_cell
from spreadsim.sweeps.page import Analysis, AnalysisFigure, Rows, heat_rows
from spreadsim.sweeps.point import alternatives, scenario_of
from spreadsim.sweeps.report import examine
from spreadsim.sweeps.tables import NOT_CHOICES, Panel, short_names, value_text
from spreadsim.telling.figures import svg
from spreadsim.telling.spreadsheets import csv_text

CAPTIONS = {
    "best": "Over all points of the uncertainties. Line: its 95% interval.",
    "tornado": "Bar: the index. Line: its 95% interval. Grey: the interval covers zero, so there is no clear effect.",
    "trade-off": "Line: the regions on the way, the widest at the right. Point: the one chosen. Dotted: asked for.",
}
_analysis_slots = threading.BoundedSemaphore(1)  # sweeps are analysed one at a time, of all sessions
MAX_UNCERTAINTIES = 6  # uncertainties of a point that the list names


@dataclass(frozen=True)
class _SweepView:
    """What a user looks at: the sweep, the measure, the panel, the two factors and the cell."""

    sweep: str = ""
    measure: str = ""
    panel: int = 0
    across: str = ""
    down: str = ""
    cell: tuple[int, int] | None = None
    n_reads: int = 0  # raised to read the folder again


@dataclass(frozen=True)
class _SweepAnalysis:
    """A sweep, analysed for one measure and panel."""

    sweep: OpenSweep
    measure: str
    panel: Panel
    results: Analysis
    figures: tuple[dict[str, Any], ...]


def _measures_of(sweep: OpenSweep) -> list[str]:
    """Return the measures kept: first those the experiment looks at, and of these those that have a better side."""
    asked = sweep.tables.measures
    names = dict.fromkeys([*asked, *sweep.tables.stored])
    return sorted(names, key=lambda name: (name not in asked, BY_NAME[name].better == "neither"))


def _analyse_view(look: _SweepView) -> _SweepAnalysis:
    """Return a sweep analysed for what is looked at; nothing is written."""
    sweep = sweep_folders.open_sweep(look.sweep)
    measures = _measures_of(sweep)
    measure = look.measure if look.measure in measures else measures[0]
    panels = sweep.tables.panels
    panel = panels[look.panel if look.panel < len(panels) else 0]
    analysis = examine(sweep.tables, measures=[measure], inside=[measure], panels=[panel])
    figures = tuple(_figure_data(picture, number) for number, picture in enumerate(analysis.figures))
    return _SweepAnalysis(sweep, measure, panel, analysis, figures)


def _figure_data(picture: AnalysisFigure, number: int) -> dict[str, Any]:
    head = list(picture.rows[0]) if picture.rows else []
    table = {
        "key": "", "caption": picture.caption, "head": [[name, ""] for name in head], "texts": 1, "strong": [],
        "rows": [[[_cell(row[name]), ""] for name in head] for row in picture.rows],
    }  # fmt: skip
    return {
        "key": str(number), "title": picture.caption, "alt": f"{picture.words}.",
        "svg": svg(picture.figure(), f"sweep-{number}", picture.words), "caption": CAPTIONS[picture.kind],
        "tables": [table],
    }  # fmt: skip


def _cell(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _map_factors(analysis: _SweepAnalysis, look: _SweepView) -> tuple[str, str]:
    """Return the two factors of the map: those chosen, else levers first and what decides most next."""
    factors = analysis.sweep.factors
    rows = analysis.results.tables.get("sensitivity", ())
    order = {row["parameter"]: place for place, row in reversed(list(enumerate(rows)))}
    uncertain = {f.path for f in analysis.sweep.tables.study.uncertainties}
    ranked = sorted(factors, key=lambda name: order.get(name, len(rows)) if name in uncertain else -1)
    ranked = [name for name in ranked if not name.startswith(NOT_CHOICES) or name in uncertain] or ranked
    across = look.across if look.across in factors else next(iter(ranked), "")
    down = look.down if look.down in factors else next((name for name in ranked if name != across), "")
    return across, "" if down == across or (look.down == "-" and look.across) else down


def _factor_map(analysis: _SweepAnalysis, across: str, down: str) -> HeatMap | None:
    """Return the map over two factors: of the panel, or of all settings where a factor tells the panels apart."""
    if not across:
        return None
    tables = analysis.sweep.tables
    levers = {f.path for f in tables.study.levers}
    tells_panels_apart = any(name in levers and name.startswith(NOT_CHOICES) for name in (across, down))
    settings = None if tells_panels_apart else analysis.panel.settings
    return heat_map(tables, analysis.measure, across, down, settings, analysis.sweep.values(analysis.measure))


def _map_data(analysis: _SweepAnalysis, heat: HeatMap, cell: tuple[int, int] | None) -> dict[str, Any]:
    """Return a map and the list beside it for the page."""
    tables, measure = analysis.sweep.tables, BY_NAME[heat.measure]

    def numbers(array: np.ndarray) -> list[list[float | None]]:
        return [[None if value != value else float(f"{value:.3g}") for value in row] for row in array.tolist()]

    rows = points_of_cell(tables, heat, cell, analysis.sweep.values(heat.measure))
    strongest = [r["parameter"] for r in analysis.results.tables.get("sensitivity", ())]
    uncertain = list(dict.fromkeys([*strongest, *(f.path for f in tables.points.factors)]))[:MAX_UNCERTAINTIES]
    items = []
    for row in rows:
        setting, values = tables.settings[row.setting], tables.points.values(row.point)
        levers = [f"{name} {value_text(value)}" for name, value in short_names(setting.levers).items()]
        items.append({
            "point": row.point, "setting": row.setting,
            "name": ", ".join([setting.strategy, *levers]),
            "value": _cell(row.mean), "half": "" if row.half != row.half else f"±{row.half:.2g}",
            "about": ", ".join(f"{_short_name(name)} {_cell(values[name])}" for name in uncertain if name in values),
        })  # fmt: skip
    return {
        "measure": heat.measure, "meaning": measure.meaning, "unit": measure.unit, "better": measure.better,
        "across": _short_name(heat.across.name), "down": _short_name(heat.down.name),
        "columns": list(heat.across.labels), "rows": list(heat.down.labels),
        "mean": numbers(heat.mean), "half": numbers(heat.half),
        "runs": heat.runs.tolist(), "cell": list(cell) if cell else None, "sentence": heat.sentence, "points": items,
        "sampled": tables.points.method in SAMPLED,
    }  # fmt: skip


def _short_name(path: str) -> str:
    """Return a parameter's name without its tables."""
    return (
        path.split(".")[-1].replace("_", " ")
        if path.count(".") < 2 or "starting_sites" in path
        else (" ".join(path.split(".")[-2:]).replace("_", " "))
    )


def _finding_sections(results: Analysis) -> list[dict[str, Any]]:
    """Return the findings of an analysis under their headings."""
    return [
        {"key": f"sweep-{place}", "heading": heading, "sentences": list(sentences)}
        for place, (heading, sentences) in enumerate(results.findings.items())
    ]


def _provenance(sweep: OpenSweep) -> list[list[str]]:
    """Return where a sweep comes from."""
    receipt, study = sweep.receipt, sweep.tables.study
    versions: Mapping[str, Any] = receipt.get("versions") or {}
    files: Mapping[str, Any] = receipt.get("files") or {}
    return [
        ["Question", study.experiment.question or "none"],
        ["Scenario", f"{study.scenario.name}: {network_size(study.scenario).services:,} services, "
                     f"{study.scenario.run.months} months"],
        ["Design", f"{study.experiment.design.method}, {len(sweep.tables.points):,} points of "
                   f"{len(study.uncertainties)} uncertainties"],
        ["Runs", f"{len(sweep.tables.points):,} points x {len(sweep.tables.settings):,} settings x "
                 f"{sweep.tables.replicates:,} replicates; {int(receipt.get('failed', 0)):,} failed"],
        ["Seed", str(receipt.get("seed", "unknown"))],
        ["Started and ended", f"{receipt.get('started', 'unknown')} to {receipt.get('ended', 'unknown')}"],
        ["Command", str(receipt.get("command", "unknown"))],
        ["Versions", ", ".join(f"{key} {value}" for key, value in versions.items() if value)],
        *[[f"SHA-256 of {name}", str(value)] for name, value in files.items()],
    ]  # fmt: skip


def _open_in_compare(session: Session, analysis: _SweepAnalysis, item: Any) -> None:
    """Open a point under a setting in Compare, beside the best setting there and the ends of the lever."""

    def act() -> None:
        tables = analysis.sweep.tables
        point, setting = int(item["point"]), int(item["setting"])
        if not (0 <= point < len(tables.points) and 0 <= setting < len(tables.settings)):
            raise ValueError
        panel = next(p for p in tables.panels if setting in p.settings)
        values = analysis.sweep.values(analysis.measure)
        places = alternatives(tables, panel, values, tables.sign(analysis.measure), point, setting)
        scenario = scenario_of(
            tables.study, tables.points.values(point), [tables.settings[i] for i in places], f"point {point + 1}"
        )
        runs.check_size(scenario)
        session.open(uploads.with_own_copy(scenario))
        session.show("Compare")

    session.attempt(act)


def _next_view(look: _SweepView, item: Any, analysis: _SweepAnalysis | None, heat: HeatMap | None) -> _SweepView:
    """Return what is looked at after a choice on the page; what is not offered changes nothing."""
    if not isinstance(item, Mapping):
        return look
    if item.get("again"):
        return replace(look, n_reads=look.n_reads + 1)
    name = item.get("sweep")
    if isinstance(name, str) and name in {entry.name for entry in sweep_folders.sweep_entries()}:
        return _SweepView(sweep=name, n_reads=look.n_reads)
    if analysis is None:
        return look
    if item.get("measure") in analysis.sweep.tables.stored:
        return replace(look, measure=str(item["measure"]))
    panel = item.get("panel")
    if isinstance(panel, int) and 0 <= panel < len(analysis.sweep.tables.panels):
        return replace(look, panel=panel, cell=None)
    across, down = _map_factors(analysis, look)
    if item.get("across") in analysis.sweep.factors:
        new = str(item["across"])
        return replace(look, across=new, down=across if new == down else down or "-", cell=None)
    if item.get("down") in (*analysis.sweep.factors, "-"):
        new = str(item["down"])
        return replace(look, across=down if new == across and down else across, down=new, cell=None)
    cell = item.get("cell")
    if cell is None and "cell" in item:
        return replace(look, cell=None)
    if heat is not None and isinstance(cell, Sequence) and len(cell) == 2 and all(isinstance(c, int) for c in cell):
        row, column = cell
        if 0 <= row < heat.mean.shape[0] and 0 <= column < heat.mean.shape[1]:
            return replace(look, cell=None if look.cell == (row, column) else (row, column))
    return look


def _csv_of_rows(rows: Rows) -> str:
    """Return rows as CSV."""
    head = list(dict.fromkeys(key for row in rows for key in row))
    return csv_text(head, [["" if row.get(key) is None else row[key] for key in head] for row in rows])


@component
def Sweeps(session: Session) -> None:
    """A sweep's findings."""
    look: _SweepView = session.sweep.value or _SweepView()
    entries = solara.use_memo(sweep_folders.sweep_entries, [look.n_reads])
    if not look.sweep and entries:
        look = replace(look, sweep=entries[0].name)

    @use_task(dependencies=[look.sweep, look.measure, look.panel, look.n_reads])
    def study() -> _SweepAnalysis | None:
        if not look.sweep:
            return None
        while not _analysis_slots.acquire(timeout=0.1):
            if not study.is_current():
                return None
        try:
            return _analyse_view(look)
        finally:
            _analysis_slots.release()

    analysis: _SweepAnalysis | None = study.latest
    if analysis is not None and analysis.sweep.name != look.sweep:
        analysis = None
    across, down = _map_factors(analysis, look) if analysis else ("", "")
    heat = solara.use_memo(
        lambda: _factor_map(analysis, across, down) if analysis else None, [id(analysis), across, down]
    )
    cell = look.cell
    if heat is None or (cell is not None and not (cell[0] < heat.mean.shape[0] and cell[1] < heat.mean.shape[1])):
        cell = None
    heat_data = solara.use_memo(
        lambda: _map_data(analysis, heat, cell) if analysis and heat else None, [id(analysis), across, down, cell]
    )

    def change(item: Any) -> None:
        session.sweep.set(_next_view(look, item, analysis, heat))

    def export(item: Any) -> None:
        if analysis is None or not isinstance(item, Mapping):
            return
        key = str(item.get("key", ""))
        if key == "map" and heat is not None:
            session.send_file("map.csv", _csv_of_rows(heat_rows(heat)), "text/csv")
        elif key.isdecimal() and int(key) < len(analysis.results.figures):
            picture = analysis.results.figures[int(key)]
            if item.get("kind") == "png":
                session.send_file(f"{picture.kind}.png", exports.png(picture.figure()), "image/png")
            else:
                session.send_file(f"{picture.kind}.csv", _csv_of_rows(picture.rows), "text/csv")

    status = {
        "busy": study.pending,
        "error": runs.task_message(study),
    }  # fmt: skip
    choice = {
        "sweeps": [[item.name, item.title, item.state] for item in entries], "sweep": look.sweep,
        "title": analysis.results.title if analysis else "", "question": analysis.results.question if analysis else "",
        "measures": _measures_of(analysis.sweep) if analysis else [], "measure": analysis.measure if analysis else "",
        "panels": [panel.label for panel in analysis.sweep.tables.panels] if analysis else [], "panel": look.panel,
        "facts": _provenance(analysis.sweep) if analysis else [],
    }  # fmt: skip
    with Html.element(tag="div"):
        widgets.SweepChoice(choice=choice, status=status, event_change=change)
        if analysis is not None and heat_data is not None:
            widgets.HeatMap(
                heat=heat_data, factors=[[name, _short_name(name)] for name in analysis.sweep.factors],
                across=across, down=down, event_change=change, event_export=export,
                event_open=lambda item: _open_in_compare(session, analysis, item),
            )  # fmt: skip
        if analysis is not None:
            widgets.Prose(parts=_finding_sections(analysis.results), tables=[], live=False, event_export=lambda _: None)
        if analysis is not None and analysis.figures:
            widgets.Figures(
                title="What decides, and how often each is best", figures=list(analysis.figures),
                status={"state": "none"}, event_export=export, event_work=lambda _: None,
                event_cancel=lambda _: None, event_view=lambda _: None,
            )  # fmt: skip
