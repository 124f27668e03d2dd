"""The screen Sweeps: what a designed experiment found, and any point of it to compare.

What belongs here: what this screen shows of a sweep that the package read and analysed. Which folders there are is
``sweep_folders``.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spreadsim.app import documents, runs, widgets
from spreadsim.app.display import exports
from spreadsim.app.library import Html, component, solara, use_task
from spreadsim.app.server import sweep_folders, uploads
from spreadsim.app.server.sweep_folders import Open
from spreadsim.app.session import Session
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.sweeps.map import HeatMap, heat_map, points_of_cell
from spreadsim.sweeps.page import Analysis, AnalysisFigure, Rows, heat_rows
from spreadsim.sweeps.point import alternatives, scenario_of
from spreadsim.sweeps.report import examine
from spreadsim.sweeps.tables import NOT_CHOICES, Panel, short_names, value_text
from spreadsim.telling.figures import svg

HOW = {
    "best": "Over all points of the uncertainties.",
    "tornado": "Bar: the index. Line: its 95% interval. Grey: the interval covers zero, so there is no clear effect.",
}
_studying = threading.BoundedSemaphore(1)  # sweeps are analysed one at a time, of all sessions
VARIED = 6  # uncertainties of a point that the list names


@dataclass(frozen=True)
class Look:
    """What a user looks at: the sweep, the measure, the panel, the two factors and the cell."""

    sweep: str = ""
    measure: str = ""
    panel: int = 0
    across: str = ""
    down: str = ""
    cell: tuple[int, int] | None = None
    turn: int = 0  # raised to read the folder again


@dataclass(frozen=True)
class Studied:
    """A sweep, analysed for one measure and panel."""

    sweep: Open
    measure: str
    panel: Panel
    analysis: Analysis
    figures: tuple[dict[str, Any], ...]


def measures_of(sweep: Open) -> list[str]:
    """Return the measures kept, those that have a better side first."""
    return sorted(sweep.tables.measures, key=lambda name: BY_NAME[name].better == "neither")


def studied(look: Look) -> Studied:
    """Return a sweep analysed for what is looked at; nothing is written."""
    sweep = sweep_folders.opened(look.sweep)
    known = measures_of(sweep)
    measure = look.measure if look.measure in known else known[0]
    panels = sweep.tables.panels
    panel = panels[look.panel if look.panel < len(panels) else 0]
    analysis = examine(sweep.tables, measures=[measure], inside=[measure], panels=[panel])
    figures = tuple(_drawn(picture, number) for number, picture in enumerate(analysis.figures))
    return Studied(sweep, measure, panel, analysis, figures)


def _drawn(picture: AnalysisFigure, number: int) -> dict[str, Any]:
    head = list(picture.rows[0]) if picture.rows else []
    table = {
        "key": "", "caption": picture.caption, "head": [[name, ""] for name in head], "texts": 1, "strong": [],
        "rows": [[[_cell(row[name]), ""] for name in head] for row in picture.rows],
    }  # fmt: skip
    return {
        "key": str(number), "title": picture.caption, "alt": f"{picture.words}.",
        "svg": svg(picture.figure(), f"sweep-{number}", picture.words), "caption": HOW[picture.kind],
        "tables": [table],
    }  # fmt: skip


def _cell(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def sides(found: Studied, look: Look) -> tuple[str, str]:
    """Return the two factors of the map: those chosen, else levers first and what decides most next."""
    known = found.sweep.factors
    rows = found.analysis.tables.get("sensitivity", ())
    order = {row["parameter"]: place for place, row in reversed(list(enumerate(rows)))}
    uncertain = {f.path for f in found.sweep.tables.study.uncertainties}
    ranked = sorted(known, key=lambda name: order.get(name, len(rows)) if name in uncertain else -1)
    ranked = [name for name in ranked if not name.startswith(NOT_CHOICES) or name in uncertain] or ranked
    across = look.across if look.across in known else next(iter(ranked), "")
    down = look.down if look.down in known else next((name for name in ranked if name != across), "")
    return across, "" if down == across or (look.down == "-" and look.across) else down


def mapped(found: Studied, across: str, down: str) -> HeatMap | None:
    """Return the map over two factors: of the panel, or of all settings where a factor tells the panels apart."""
    if not across:
        return None
    tables = found.sweep.tables
    levers = {f.path for f in tables.study.levers}
    apart = any(name in levers and name.startswith(NOT_CHOICES) for name in (across, down))
    settings = None if apart else found.panel.settings
    return heat_map(tables, found.measure, across, down, settings, found.sweep.values(found.measure))


def map_data(found: Studied, heat: HeatMap, cell: tuple[int, int] | None) -> dict[str, Any]:
    """Return a map and the list beside it for the page."""
    tables, measure = found.sweep.tables, BY_NAME[heat.measure]

    def numbers(array: np.ndarray) -> list[list[float | None]]:
        return [[None if value != value else float(f"{value:.3g}") for value in row] for row in array.tolist()]

    rows = points_of_cell(tables, heat, cell, found.sweep.values(heat.measure))
    strongest = [r["parameter"] for r in found.analysis.tables.get("sensitivity", ())]
    uncertain = list(dict.fromkeys([*strongest, *(f.path for f in tables.points.factors)]))[:VARIED]
    items = []
    for row in rows:
        setting, values = tables.settings[row.setting], tables.points.values(row.point)
        levers = [f"{name} {value_text(value)}" for name, value in short_names(setting.levers).items()]
        items.append({
            "point": row.point, "setting": row.setting,
            "name": ", ".join([setting.strategy, *levers]),
            "value": _cell(row.mean), "half": "" if row.half != row.half else f"±{row.half:.2g}",
            "about": ", ".join(f"{short(name)} {_cell(values[name])}" for name in uncertain if name in values),
        })  # fmt: skip
    return {
        "measure": heat.measure, "meaning": measure.meaning, "unit": measure.unit, "better": measure.better,
        "across": short(heat.across.name), "down": short(heat.down.name), "columns": list(heat.across.labels),
        "rows": list(heat.down.labels), "mean": numbers(heat.mean), "half": numbers(heat.half),
        "runs": heat.runs.tolist(), "cell": list(cell) if cell else None, "sentence": heat.sentence, "points": items,
        "sampled": tables.points.method in ("latin-hypercube", "sobol", "morris"),
    }  # fmt: skip


def short(path: str) -> str:
    """Return a parameter's name without its tables."""
    return (
        path.split(".")[-1].replace("_", " ")
        if path.count(".") < 2 or "starting_sites" in path
        else (" ".join(path.split(".")[-2:]).replace("_", " "))
    )


def words(analysis: Analysis) -> list[dict[str, Any]]:
    """Return the findings of an analysis under their headings."""
    return [
        {"key": f"sweep-{place}", "heading": heading, "sentences": list(sentences)}
        for place, (heading, sentences) in enumerate(analysis.findings.items())
    ]


def facts(sweep: Open) -> list[list[str]]:
    """Return where a sweep comes from."""
    found, study = sweep.receipt, sweep.tables.study
    versions: Mapping[str, Any] = found.get("versions") or {}
    files: Mapping[str, Any] = found.get("files") or {}
    return [
        ["Question", study.experiment.question or "none"],
        ["Scenario", f"{study.scenario.name}: {study.scenario.network.services:,} services, "
                     f"{study.scenario.run.months} months"],
        ["Design", f"{study.experiment.design.method}, {len(sweep.tables.points):,} points of "
                   f"{len(study.uncertainties)} uncertainties"],
        ["Runs", f"{len(sweep.tables.points):,} points x {len(sweep.tables.settings):,} settings x "
                 f"{sweep.tables.replicates:,} replicates; {int(found.get('failed', 0)):,} failed"],
        ["Seed", str(found.get("seed", "unknown"))],
        ["Started and ended", f"{found.get('started', 'unknown')} to {found.get('ended', 'unknown')}"],
        ["Command", str(found.get("command", "unknown"))],
        ["Versions", ", ".join(f"{key} {value}" for key, value in versions.items() if value)],
        *[[f"SHA-256 of {name}", str(value)] for name, value in files.items()],
    ]  # fmt: skip


def to_compare(session: Session, found: Studied, item: Any) -> None:
    """Open a point under a setting in Compare, beside the best setting there and the ends of the lever."""

    def act() -> None:
        tables = found.sweep.tables
        point, setting = int(item["point"]), int(item["setting"])
        if not (0 <= point < len(tables.points) and 0 <= setting < len(tables.settings)):
            raise ValueError
        panel = next(p for p in tables.panels if setting in p.settings)
        values = found.sweep.values(found.measure)
        places = alternatives(tables, panel, values, tables.sign(found.measure), point, setting)
        scenario = scenario_of(
            tables.study, tables.points.values(point), [tables.settings[i] for i in places], f"point {point + 1}"
        )
        runs.check_size(scenario)
        session.open(uploads.shelved(scenario))
        session.tab.set("Compare")

    session.attempt(act)


def changed(look: Look, item: Any, found: Studied | None, heat: HeatMap | None) -> Look:
    """Return what is looked at after a choice on the page; what is not offered changes nothing."""
    if not isinstance(item, Mapping):
        return look
    if item.get("again"):
        return replace(look, turn=look.turn + 1)
    name = item.get("sweep")
    if isinstance(name, str) and name in {listed.name for listed in sweep_folders.offered()}:
        return Look(sweep=name, turn=look.turn)
    if found is None:
        return look
    if item.get("measure") in found.sweep.tables.measures:
        return replace(look, measure=str(item["measure"]))
    panel = item.get("panel")
    if isinstance(panel, int) and 0 <= panel < len(found.sweep.tables.panels):
        return replace(look, panel=panel, cell=None)
    across, down = sides(found, look)
    if item.get("across") in found.sweep.factors:
        new = str(item["across"])
        return replace(look, across=new, down=across if new == down else down or "-", cell=None)
    if item.get("down") in (*found.sweep.factors, "-"):
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


def csv_of_rows(rows: Rows) -> str:
    """Return rows as CSV."""
    head = list(dict.fromkeys(key for row in rows for key in row))
    return exports.csv_text(head, [["" if row.get(key) is None else row[key] for key in head] for row in rows])


@component
def Sweeps(session: Session) -> None:
    """A sweep's findings."""
    look: Look = session.sweep.value or Look()
    listed = solara.use_memo(sweep_folders.offered, [look.turn])
    if not look.sweep and listed:
        look = replace(look, sweep=listed[0].name)

    @use_task(dependencies=[look.sweep, look.measure, look.panel, look.turn])
    def study() -> Studied | None:
        if not look.sweep:
            return None
        while not _studying.acquire(timeout=0.1):
            if not study.is_current():
                return None
        try:
            return studied(look)
        finally:
            _studying.release()

    found: Studied | None = study.latest
    if found is not None and found.sweep.name != look.sweep:
        found = None
    across, down = sides(found, look) if found else ("", "")
    heat = solara.use_memo(lambda: mapped(found, across, down) if found else None, [id(found), across, down])
    cell = look.cell
    if heat is None or (cell is not None and not (cell[0] < heat.mean.shape[0] and cell[1] < heat.mean.shape[1])):
        cell = None
    drawn = solara.use_memo(
        lambda: map_data(found, heat, cell) if found and heat else None, [id(found), across, down, cell]
    )

    def change(item: Any) -> None:
        session.sweep.set(changed(look, item, found, heat))

    def export(item: Any) -> None:
        if found is None or not isinstance(item, Mapping):
            return
        key = str(item.get("key", ""))
        if key == "map" and heat is not None:
            session.hand_over("map.csv", csv_of_rows(heat_rows(heat)), "text/csv")
        elif key.isdecimal() and int(key) < len(found.analysis.figures):
            picture = found.analysis.figures[int(key)]
            if item.get("kind") == "png":
                session.hand_over(f"{picture.kind}.png", exports.png(picture.figure()), "image/png")
            else:
                session.hand_over(f"{picture.kind}.csv", csv_of_rows(picture.rows), "text/csv")

    status = {
        "busy": study.pending, "error": documents.explained(study.exception) if study.error and study.exception else "",
    }  # fmt: skip
    choice = {
        "sweeps": [[item.name, item.title, item.state] for item in listed], "sweep": look.sweep,
        "title": found.analysis.title if found else "", "question": found.analysis.question if found else "",
        "measures": measures_of(found.sweep) if found else [], "measure": found.measure if found else "",
        "panels": [panel.label for panel in found.sweep.tables.panels] if found else [], "panel": look.panel,
        "facts": facts(found.sweep) if found else [],
    }  # fmt: skip
    with Html.element(tag="div"):
        widgets.SweepChoice(choice=choice, status=status, event_change=change)
        if found is not None and drawn is not None:
            widgets.HeatMap(
                heat=drawn, factors=[[name, short(name)] for name in found.sweep.factors], across=across, down=down,
                event_change=change, event_open=lambda item: to_compare(session, found, item), event_export=export,
            )  # fmt: skip
        if found is not None:
            widgets.Prose(parts=words(found.analysis), tables=[], live=False, event_export=lambda _: None)
        if found is not None and found.figures:
            widgets.Figures(
                title="What decides, and how often each is best", figures=list(found.figures),
                status={"state": "none"}, event_export=export, event_work=lambda _: None,
                event_cancel=lambda _: None, event_view=lambda _: None,
            )  # fmt: skip
