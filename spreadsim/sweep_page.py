"""The page and tables of an analysis.

What belongs here: what an analysis holds, its pictures, and how it is written. What is said is ``sweep_report``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from spreadsim import sweep_store
from spreadsim.sensitivity import Index
from spreadsim.sweep_tables import Panel, SweepTables

Rows = list[dict[str, Any]]


def where(panel: Panel) -> str:
    """Return the panel in brackets; nothing where there is one."""
    return f" ({panel.label})" if panel.label else ""


@dataclass
class Analysis:
    """What a sweep shows.

    Attributes
    ----------
    folder : where it is written.
    tables : rows by table: sensitivity, robustness, interior, regions, convergence.
    said : sentences by section.
    """

    folder: Path
    title: str
    question: str
    tables: dict[str, Rows] = field(default_factory=dict)
    said: dict[str, list[str]] = field(default_factory=dict)
    pictures: list[tuple[str, str]] = field(default_factory=list)

    def sentences(self) -> Mapping[str, Sequence[str]]:
        """Return the findings, by section."""
        return self.said

    def as_json(self) -> dict[str, Any]:
        """Return the findings for programs."""
        return {"folder": str(self.folder), "findings": self.said, **self.tables}


# ------------------------------------------------------------------------------------------------- pictures


def draw_bars(analysis: Analysis, measure: str, panel: Panel, values: np.ndarray, sign: float) -> None:
    """Draw how often each setting is best."""
    means = sign * values.mean(axis=2)
    use = np.all(np.isfinite(means), axis=1)
    if not 2 <= len(panel.names) <= 24 or not use.any():
        return
    share = np.bincount(means[use].argmax(axis=1), minlength=len(panel.names)) / use.sum()

    def draw(axes: Any) -> None:
        axes.barh(range(len(share)), share * 100, color="#004488")
        axes.set_yticks(range(len(share)), panel.names, fontsize=7)
        axes.invert_yaxis()
        axes.set_xlabel("% of the points in which it is best", fontsize=7.5)

    words = ", ".join(f"{name} {part:.0%}" for name, part in zip(panel.names, share, strict=True))
    _picture(analysis, f"How often each setting is best: {measure}{where(panel)}", words, 0.6 + 0.19 * len(share), draw)


def draw_tornado(analysis: Analysis, measure: str, panel: Panel, what: str, found: Sequence[Index]) -> None:
    """Draw the largest indices with their intervals."""
    kind = "total" if any(i.kind == "total" for i in found) else found[0].kind
    top = [i for i in found if i.kind == kind][:12]

    def draw(axes: Any) -> None:
        places = range(len(top))
        colours = ["#004488" if i.seen else "#bbbbbb" for i in top]
        axes.barh(places, [i.value for i in top], color=colours)
        axes.hlines(places, [i.low for i in top], [i.high for i in top], color="#222222", linewidth=1)
        axes.set_yticks(places, [i.parameter.removeprefix("behaviour.") for i in top], fontsize=7)
        axes.invert_yaxis()
        axes.axvline(0, color="#222222", linewidth=0.8)
        axes.set_xlabel(f"{kind} (grey: the interval covers zero)", fontsize=7.5)

    words = ", ".join(f"{i.parameter} {i.value:.2f} ({i.low:.2f} to {i.high:.2f})" for i in top)
    _picture(analysis, f"What decides {what}: {measure}{where(panel)}", words, 0.7 + 0.19 * len(top), draw)


def _picture(analysis: Analysis, caption: str, words: str, height: float, draw: Callable[[Any], None]) -> None:
    from spreadsim.figures import make_figure, svg, tidy

    figure = make_figure(height)
    axes = figure.add_subplot()
    draw(axes)
    tidy(axes, grid="x")
    axes.tick_params(axis="x", labelsize=7)
    analysis.pictures.append((svg(figure, f"p{len(analysis.pictures)}", f"{caption}: {words}"), caption))


# ------------------------------------------------------------------------------------------------- writing


def write_analysis(analysis: Analysis, tables: SweepTables) -> None:
    """Write the tables, the findings and the page."""
    import pandas as pd
    import pyarrow as pa
    from jinja2 import Environment, PackageLoader, select_autoescape

    from spreadsim.results_folder import as_json

    folder = analysis.folder
    shown = {}
    for name, rows in analysis.tables.items():
        frame = pd.DataFrame(rows)
        sweep_store.write_aside(folder / f"{name}.csv", frame.to_csv(index=False).encode())
        sink = pa.BufferOutputStream()
        frame.to_parquet(sink, index=False)
        sweep_store.write_aside(folder / f"{name}.parquet", sink.getvalue().to_pybytes())
        shown[name] = _shown(frame.drop(columns=["sentence"], errors="ignore").head(200))
    sweep_store.write_aside(folder / "findings.json", as_json(analysis.as_json()).encode())
    environment = Environment(
        loader=PackageLoader("spreadsim", "templates"), autoescape=select_autoescape(default=True), trim_blocks=True,
        lstrip_blocks=True,
    )
    receipt = (tables.folder / "provenance.json").read_text(encoding="utf-8")
    page = environment.get_template("sweep.html.j2").render(
        analysis=analysis, tables=shown, experiment=tables.study.experiment, n_points=len(tables.points),
        n_settings=len(tables.settings), replicates=tables.replicates, receipt=receipt,
        varied=[(f.path, *f.ends[:1], *f.ends[-1:]) for f in tables.study.uncertainties],
        levers=[(f.path, f.ends) for f in tables.study.levers],
    )
    sweep_store.write_aside(folder / "report.html", page.encode())


def _shown(frame: Any) -> dict[str, Any]:
    def cell(value: Any) -> str:
        return f"{value:.3g}" if isinstance(value, float) else str(value)

    return {"head": list(frame.columns), "rows": [[cell(v) for v in row] for row in frame.itertuples(index=False)]}
