"""The page and tables of an analysis.

What belongs here: what an analysis holds, its figures, and how it is written. The findings are ``report``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.errors import InputError
from spreadsim.input_files import read_text
from spreadsim.notebook import html_table
from spreadsim.sweeps.discovery import Region
from spreadsim.sweeps.experiment import Factor
from spreadsim.sweeps.map import HeatMap
from spreadsim.sweeps.robustness import Robustness, share_interval
from spreadsim.sweeps.sensitivity import Index
from spreadsim.sweeps.tables import Panel, SweepTables, value_text
from spreadsim.telling.atomic import RECEIPT, write_together
from spreadsim.telling.spreadsheets import frame_csv
from spreadsim.telling.verification import MAX_RECEIPT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Rows = list[dict[str, Any]]
MOST_BARS = 24
MOST_SENTENCES = 12  # in a notebook


def panel_text(panel: Panel) -> str:
    """Return the panel in brackets, to stand behind the name of a measure.

    Parameters
    ----------
    panel : whose label it is.

    Returns
    -------
    Text; empty where there is one panel.

    Examples
    --------
    >>> panel_text(Panel("run.months 60", (0, 1), ("balance 0", "balance 1"), (0.0, 1.0), "balance"))
    ' (run.months 60)'
    """
    return f" ({panel.label})" if panel.label else ""


@dataclass(frozen=True)
class AnalysisFigure:
    """A figure of an analysis, drawn when it is wanted.

    Attributes
    ----------
    kind, measure, panel : what it is of, for a page that chooses among figures.
    caption : what it shows.
    words : the same as the figure, for those who cannot see it.
    height : in inches.
    draw : draws it on Matplotlib's axes.
    rows : its numbers.

    Examples
    --------
    >>> bar = AnalysisFigure("best", "benefit", "", "How often", "A 60%", 1.0, lambda axes: axes.barh([0], [60]), [])
    >>> len(bar.figure().axes)
    1
    """

    kind: str
    measure: str
    panel: str
    caption: str
    words: str
    height: float
    draw: Callable[[Any], None]
    rows: Rows

    def figure(self) -> Figure:
        """Return it drawn."""
        from spreadsim.telling.figures import make_figure

        figure = make_figure(self.height)
        self.draw(figure.add_subplot())
        return figure


@dataclass
class Analysis:
    """What a sweep shows.

    Attributes
    ----------
    folder : where it is written.
    title, question : of the experiment.
    tables : rows by table: sensitivity, robustness, interior, regions, convergence, map.
    findings : sentences by section.
    figures : in the order of the page.

    Examples
    --------
    >>> analysis = Analysis(Path("analysis"), "Which balance?", "", findings={"Robustness": ["Blend is safest."]})
    >>> analysis.as_json()["findings"]
    {'Robustness': ['Blend is safest.']}
    """

    folder: Path
    title: str
    question: str
    tables: dict[str, Rows] = field(default_factory=dict)
    findings: dict[str, list[str]] = field(default_factory=dict)
    figures: list[AnalysisFigure] = field(default_factory=list)

    def _repr_html_(self) -> str:
        from spreadsim.telling.figures import png

        sentences = [(section, text) for section, texts in self.findings.items() for text in texts]
        picture = png(self.figures[0].figure(), self.figures[0].words, 360) if self.figures else ""
        rest = [("", f"{len(sentences) - MOST_SENTENCES} more: .findings")] if len(sentences) > MOST_SENTENCES else []
        return html_table(self.title, [*sentences[:MOST_SENTENCES], *rest], picture=picture)

    def plot(self, kind: str = "", measure: str = "", panel: str = "", *, ax: Axes | None = None) -> Axes:
        """Draw a figure of the page; `figures` lists them.

        Parameters
        ----------
        kind, measure, panel : of the figure: what is drawn (``best``, ``tornado``, ``trade-off`` or ``map``), of which
            measure, for which settings; the first of those that agree with what is given.
        ax : Matplotlib axes to draw on; those of a new figure if None.

        Returns
        -------
        The Matplotlib axes.

        Raises
        ------
        InputError : there is no such figure.

        Examples
        --------
        >>> folder = ss.sweep("clustering", out="small", settings=["run.replicates=2", "run.months=12"]).folder
        >>> ss.analyse(folder).plot().get_xlabel()
        'network.generator.rewiring'
        """
        from spreadsim.telling.figures import axes_for

        asked = (kind, measure, panel)
        for figure in self.figures:
            of = (figure.kind, figure.measure, figure.panel)
            if all(given in ("", own) for given, own in zip(asked, of, strict=True)):
                axes = axes_for(ax, figure.height)
                figure.draw(axes)
                return axes
        have = ", ".join(dict.fromkeys(f"{figure.kind} of {figure.measure}" for figure in self.figures)) or "none"
        words = " ".join(filter(None, asked)) or "any"
        raise InputError("plot", words, "this analysis has no such figure", f"it has: {have}")

    def sentences(self) -> Mapping[str, Sequence[str]]:
        """Return the findings, by section."""
        return self.findings

    def as_json(self) -> dict[str, Any]:
        """Return the findings for programs."""
        return {"folder": str(self.folder), "findings": self.findings, **self.tables}


# ------------------------------------------------------------------------------------------------- figures


def draw_bars(analysis: Analysis, measure: str, panel: Panel, standings: Sequence[Robustness]) -> None:
    """Add a figure of how often each setting is best; of many settings those most often best.

    Parameters
    ----------
    analysis : takes the figure.
    measure : its name.
    panel : settings that are alternatives to one another.
    standings : of the settings over the points, net of luck.

    Examples
    --------
    >>> from spreadsim.sweeps.robustness import robustness
    >>> analysis = Analysis(Path("analysis"), "", "")
    >>> panel = Panel("", (0, 1), ("organic", "blend"), None)
    >>> draw_bars(analysis, "benefit", panel, robustness(np.array([[[0.1], [0.4]], [[0.2], [0.3]]]), panel.names, 1.0))
    >>> analysis.figures[0].words
    'organic 0%, blend 100%'
    """
    by_name = {row.setting: row for row in standings}
    chosen = [by_name[name] for name in panel.names if name in by_name]
    if len(chosen) > MOST_BARS:
        chosen = sorted(chosen, key=lambda row: -row.best_in)[: MOST_BARS // 2]
    share, names = [row.best_in for row in chosen], [row.setting for row in chosen]

    def draw(axes: Any) -> None:
        axes.barh(range(len(share)), [100 * part for part in share], color="#004488")
        ends = [[100 * end for end in ends] for ends in ([r.best_low for r in chosen], [r.best_high for r in chosen])]
        axes.hlines(range(len(share)), *ends, color="#222222", linewidth=1)
        _label_bars(axes, names)
        axes.set_xlabel("% of the points in which it is best", fontsize=7.5)

    rows = [
        {"setting": row.setting, "best_in": row.best_in, "low": row.best_low, "high": row.best_high} for row in chosen
    ]
    words = ", ".join(f"{row.setting} {row.best_in:.0%}{share_interval(row.best_low, row.best_high)}" for row in chosen)
    caption = f"How often each setting is best: {measure}{panel_text(panel)}"
    height = 0.6 + 0.19 * len(share)
    analysis.figures.append(AnalysisFigure("best", measure, panel.label, caption, words, height, draw, rows))


def draw_tornado(analysis: Analysis, measure: str, panel: Panel, what: str, indices: Sequence[Index]) -> None:
    """Add a figure of the largest indices with their intervals.

    Parameters
    ----------
    analysis : takes the figure.
    measure, panel, what : of which the indices are: measure, settings, and response in words.
    indices : of all parameters.

    Examples
    --------
    >>> analysis = Analysis(Path("analysis"), "", "")
    >>> index = Index("behaviour.engagement.reactance", "total", 0.42, 0.3, 0.5, "")
    >>> draw_tornado(analysis, "benefit", Panel("", (0,), ("blend",), None), "blend", [index])
    >>> analysis.figures[0].words
    'behaviour.engagement.reactance 0.42 (0.30 to 0.50)'
    """
    kind = "total" if any(i.kind == "total" for i in indices) else indices[0].kind
    top = [i for i in indices if i.kind == kind][:12]

    def draw(axes: Any) -> None:
        places = range(len(top))
        colours = ["#004488" if i.excludes_zero else "#bbbbbb" for i in top]
        axes.barh(places, [i.value for i in top], color=colours)
        axes.hlines(places, [i.low for i in top], [i.high for i in top], color="#222222", linewidth=1)
        _label_bars(axes, [i.parameter.removeprefix("behaviour.") for i in top])
        axes.axvline(0, color="#222222", linewidth=0.8)
        axes.set_xlabel(f"{kind} (grey: the interval covers zero)", fontsize=7.5)

    words = ", ".join(f"{i.parameter} {i.value:.2f} ({i.low:.2f} to {i.high:.2f})" for i in top)
    caption = f"What decides {what}: {measure}{panel_text(panel)}"
    rows = [
        {"parameter": i.parameter, "index": i.kind, "value": i.value, "low": i.low, "high": i.high} for i in indices
    ]
    height = 0.7 + 0.19 * len(top)
    analysis.figures.append(AnalysisFigure("tornado", measure, panel.label, caption, words, height, draw, rows))


def draw_trade_off(analysis: Analysis, measure: str, panel: Panel, regions: Sequence[tuple[str, Region]]) -> None:
    """Add a figure of what the regions found on the way give up: coverage against density, the chosen box marked.

    Parameters
    ----------
    analysis : takes the figure.
    measure, panel : of which the regions are.
    regions : what holds in each, and the region.

    Examples
    --------
    >>> analysis = Analysis(Path("analysis"), "", "")
    >>> way = ((1.0, 0.4, 1.0), (0.9, 0.6, 0.6))
    >>> region = Region({"reactance": (0.0, 1.2)}, 0.6, 0.9, 0.6, 0.4, np.nan, np.nan, 0.4, 0.8, way)
    >>> draw_trade_off(analysis, "benefit", Panel("", (0, 1), ("organic", "blend"), None), [("blend is best", region)])
    >>> analysis.figures[0].words
    'blend is best: density 40% to 60%, chosen 60% at coverage 90%'
    """
    drawn = [(what, region) for what, region in regions if region.limits and len(region.trade_off) > 1]
    if not drawn:
        return

    def draw(axes: Any) -> None:
        from spreadsim.telling.figures import safe, style, tidy

        tidy(axes, grid="both")
        for i, (what, region) in enumerate(drawn):
            coverage, density, _ = (100 * np.array(part) for part in zip(*region.trade_off, strict=True))
            colour = style(i).colour
            axes.plot(coverage, density, color=colour, linewidth=1, label=safe(what))
            axes.plot([100 * region.coverage], [100 * region.density], "o", color=colour, markersize=4)
        axes.axhline(100 * drawn[0][1].asked, color="#222222", linewidth=0.8, linestyle=":")
        axes.set_xlabel("coverage, %", fontsize=7.5)
        axes.set_ylabel("density, % (dotted: asked for)", fontsize=7.5)
        axes.legend(fontsize=6.5, frameon=False)

    def way(region: Region) -> str:
        density = [step[1] for step in region.trade_off]
        return (
            f"density {min(density):.0%} to {max(density):.0%}, chosen {region.density:.0%} at coverage "
            f"{region.coverage:.0%}"
        )

    words = "; ".join(f"{what}: {way(region)}" for what, region in drawn)
    caption = f"Regions, coverage against density: {measure}{panel_text(panel)}"
    rows = [
        {"what": what, "coverage": coverage, "density": density, "mass": mass}
        for what, region in drawn
        for coverage, density, mass in region.trade_off
    ]
    analysis.figures.append(AnalysisFigure("trade-off", measure, panel.label, caption, words, 2.6, draw, rows))


def _label_bars(axes: Any, names: Sequence[str]) -> None:
    from spreadsim.telling.figures import safe, tidy

    tidy(axes, grid="x")
    axes.set_yticks(range(len(names)), [safe(name) for name in names], fontsize=7)
    axes.invert_yaxis()
    axes.tick_params(axis="x", labelsize=7)


def map_height(heat: HeatMap) -> float:
    """Return the height of a map's figure, in inches.

    Parameters
    ----------
    heat : the map.

    Returns
    -------
    Inches.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> map_height(SimpleNamespace(down=SimpleNamespace(labels=("0", "1"))))
    1.42
    """
    return 0.9 + 0.26 * len(heat.down.labels)


def draw_heat(axes: Any, heat: HeatMap) -> None:
    """Draw the mean of a measure over two factors.

    Parameters
    ----------
    axes : Matplotlib axes, changed in place.
    heat : the map.

    Examples
    --------
    >>> from spreadsim.sweeps.map import Axis
    >>> from spreadsim.telling.figures import make_figure
    >>> across, down = Axis("balance", ("0", "1"), False, np.array([0, 1])), Axis("", ("",), False, np.array([0, 0]))
    >>> mean, axes = np.array([[0.2, 0.3]]), make_figure(1.0).add_subplot()
    >>> draw_heat(axes, HeatMap("benefit", across, down, mean, mean / 20, np.array([[10, 10]]), (0, 1)))
    >>> [text.get_text() for text in axes.texts]
    ['0.2', '0.3']
    """
    from spreadsim.telling.figures import safe, tidy

    tidy(axes, grid="")
    image = axes.imshow(heat.mean, cmap="cividis", aspect="auto")
    low, high = image.get_clim()
    for (row, column), value in np.ndenumerate(heat.mean):
        if np.isfinite(value):
            dark = high > low and (value - low) / (high - low) < 0.5
            axes.text(
                column,
                row,
                f"{value:.3g}",
                ha="center",
                va="center",
                fontsize=6.5,
                color="white" if dark else "black",
            )
    axes.set_xticks(range(len(heat.across.labels)), [safe(text) for text in heat.across.labels], fontsize=6.5)
    axes.set_yticks(range(len(heat.down.labels)), [safe(text) for text in heat.down.labels], fontsize=6.5)
    axes.set_xlabel(safe(heat.across.name), fontsize=7.5)
    axes.set_ylabel(safe(heat.down.name), fontsize=7.5)


def draw_map(analysis: Analysis, heat: HeatMap) -> None:
    """Add a figure of the mean of a measure over two factors, and its rows to the table ``map``.

    Parameters
    ----------
    analysis : takes the figure.
    heat : the map.

    Examples
    --------
    >>> from spreadsim.sweeps.map import Axis
    >>> across, down = Axis("balance", ("0", "1"), False, np.array([0, 1])), Axis("", ("",), False, np.array([0, 0]))
    >>> mean = np.array([[0.2, 0.3]])
    >>> analysis = Analysis(Path("analysis"), "", "")
    >>> draw_map(analysis, HeatMap("benefit", across, down, mean, mean / 20, np.array([[10, 10]]), (0, 1)))
    >>> analysis.figures[0].caption, len(analysis.tables["map"])
    ('Mean benefit over balance', 2)
    """
    caption = f"Mean {heat.measure} over {' and '.join(n for n in (heat.across.name, heat.down.name) if n)}"
    rows = heat_rows(heat)
    analysis.tables.setdefault("map", []).extend(rows)
    height = map_height(heat)
    analysis.figures.append(
        AnalysisFigure("map", heat.measure, "", caption, heat.sentence, height, partial(draw_heat, heat=heat), rows)
    )


def heat_rows(heat: HeatMap) -> Rows:
    """Return a map as rows, one a cell.

    Parameters
    ----------
    heat : the map.

    Returns
    -------
    Measure, values of the two factors, mean with its 95% interval, and number of runs.

    Examples
    --------
    >>> from spreadsim.sweeps.map import Axis
    >>> across, down = Axis("balance", ("0",), False, np.array([0])), Axis("", ("",), False, np.array([0]))
    >>> mean, half = np.array([[0.25]]), np.array([[0.125]])
    >>> heat_rows(HeatMap("benefit", across, down, mean, half, np.array([[10]]), (0,)))
    [{'measure': 'benefit', 'balance': '0', 'mean': 0.25, 'low': 0.125, 'high': 0.375, 'runs': 10}]
    """
    return [
        {"measure": heat.measure, heat.across.name: heat.across.labels[column],
         **({heat.down.name: heat.down.labels[row]} if heat.down.name else {}),
         "mean": float(heat.mean[row, column]), **dict(zip(("low", "high"), heat.interval(row, column), strict=True)),
         "runs": int(heat.runs[row, column])}
        for row, column in np.ndindex(heat.mean.shape)
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------- writing


def write_analysis(analysis: Analysis, tables: SweepTables) -> None:
    """Write the tables, the findings and the page into the analysis's folder.

    Parameters
    ----------
    analysis : what is written.
    tables : of the sweep.

    Raises
    ------
    SpreadsimError : the disk is full or cannot be written.

    Examples
    --------
    >>> tables = SweepTables(ss.sweep("clustering", out="small", settings=["run.replicates=2", "run.months=12"]).folder)
    >>> write_analysis(Analysis(Path("analysis"), "Clustering", ""), tables)
    >>> sorted(path.name for path in Path("analysis").iterdir())
    ['findings.json', 'report.html']
    """
    import pandas as pd
    import pyarrow as pa

    from spreadsim.telling.folder import as_json
    from spreadsim.telling.page import templates

    tables_of_page, files = {}, {}
    for name, rows in analysis.tables.items():
        frame = pd.DataFrame(rows)
        files[f"{name}.csv"] = frame_csv(frame).encode()
        sink = pa.BufferOutputStream()
        frame.to_parquet(sink, index=False)
        files[f"{name}.parquet"] = sink.getvalue().to_pybytes()
        tables_of_page[name] = _table_cells(frame.drop(columns=["sentence"], errors="ignore").head(200))
    files["findings.json"] = as_json(analysis.as_json()).encode()
    figures = [(_svg(item, number), item.caption) for number, item in enumerate(analysis.figures)]
    receipt = read_text(tables.folder / RECEIPT, RECEIPT, MAX_RECEIPT, "a receipt")
    page = (
        templates()
        .get_template("sweep.html.j2")
        .render(
            analysis=analysis,
            pictures=figures,
            tables=tables_of_page,
            size=tables.size_text,
            receipt=receipt,
            varied=[(f.path, _values_text(f)) for f in tables.study.uncertainties],
            levers=[(f.path, _values_text(f)) for f in tables.study.levers],
        )
    )
    files["report.html"] = page.encode()
    write_together(analysis.folder, files)


def _values_text(factor: Factor) -> str:
    values = [value_text(value) for value in factor.ends]
    return ", ".join(values) if factor.values or len(set(values)) == 1 else " to ".join(values)


def _svg(figure: AnalysisFigure, number: int) -> str:
    from spreadsim.telling.figures import svg

    return svg(figure.figure(), f"p{number}", f"{figure.caption}: {figure.words}")


def _table_cells(frame: Any) -> dict[str, Any]:
    def cell(value: Any) -> str:
        return f"{value:.3g}" if isinstance(value, float) else str(value)

    return {"head": list(frame.columns), "rows": [[cell(v) for v in row] for row in frame.itertuples(index=False)]}
