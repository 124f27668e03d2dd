"""Tables, figures and findings of a comparison in the form that the page takes.

What belongs here: choosing which of the package's tables and figures a screen shows, and their files. What does not:
the numbers, the drawing and the words, which are the package's.

c : the comparison.
detailed : whether generations and groups are measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from spreadsim.app.display import exports
from spreadsim.comparison import report_tables
from spreadsim.comparison.aggregates import select_pairs
from spreadsim.comparison.comparison import Comparison
from spreadsim.comparison.figures import strategies
from spreadsim.comparison.figures.doubt import worlds_alt, worlds_figure
from spreadsim.comparison.figures.frontier import FRONTIER_MEASURES
from spreadsim.comparison.findings import HORIZONS, findings, pair_sentence, paired_difference
from spreadsim.comparison.report_tables import ReportTable
from spreadsim.comparison.topics import topic_tables, topics_of
from spreadsim.telling.figures import svg


@dataclass(frozen=True)
class ComparisonFigure:
    """A figure of a comparison, which can be shown and sent as a file.

    Attributes
    ----------
    key : of the figure.
    title : heading.
    draw : returns the figure, or None where there is nothing to draw.
    alt : returns what the figure shows, in words.
    caption : how to read the figure.
    tables : returns the numbers behind the figure.

    Examples
    --------
    >>> item = ComparisonFigure("empty", "Empty", lambda: None, lambda: "", "", list)
    >>> figure_data(item) is None
    True
    """

    key: str
    title: str
    draw: Callable[[], Any]
    alt: Callable[[], str]
    caption: str
    tables: Callable[[], Sequence[ReportTable]]


def comparison_figures(c: Comparison, detailed: bool) -> list[ComparisonFigure]:
    """Return the figures of a comparison.

    Returns
    -------
    Figures that are drawn when they are asked for.

    Examples
    --------
    >>> comparison = ss.compare("default", replicates=2, months=6, frontier=False)
    >>> [figure.key for figure in comparison_figures(comparison, True)]
    ['differences', 'states', 'fifths', 'groups', 'drift']
    """
    figures = []
    if c.paired:
        figures.append(ComparisonFigure(
            "differences", "Paired differences",
            lambda: strategies.difference_figure(c), lambda: strategies.difference_alt(c),
            "Each circle is a pair of runs with the same luck. Diamond and bar: mean and 95% interval; a hollow "
            "diamond means no clear difference.",
            lambda: [report_tables.difference_table(c, tuple(HORIZONS))]))  # fmt: skip
    figures.append(ComparisonFigure(
        "states", "Where services stand", lambda: strategies.state_figure(c), lambda: strategies.state_alt(c),
        "Mean of all runs. The dotted line marks the month in which the programme stops.",
        lambda: [report_tables.state_table(c)]))  # fmt: skip
    if detailed:
        figures += [
            ComparisonFigure("fifths", "Who is left behind: by deprivation", lambda: strategies.deprivation_figure(c),
                    lambda: strategies.deprivation_alt(c), "Services in five equal groups by deprivation.",
                    lambda: _as_list(report_tables.fifth_table(c))),
            ComparisonFigure("groups", "Who is left behind: by place", lambda: strategies.group_figure(c),
                    lambda: strategies.group_alt(c), "Mean of all runs; bar: the middle 90% of them.",
                    lambda: _group_tables(c)),
            ComparisonFigure("drift", "What is lost from copy to copy", lambda: strategies.drift_figure(c),
                    lambda: strategies.drift_alt(c), "Each generation is one more copy. Shade: the middle 90% of runs.",
                    lambda: [report_tables.drift_table(c)]),
        ]  # fmt: skip
    return figures


def frontier_figures(c: Comparison) -> list[ComparisonFigure]:
    """Return the figures of plausible worlds, the frontier and the map over two levers, where they were worked out.

    Returns
    -------
    Figures that are drawn when they are asked for.

    Examples
    --------
    >>> comparison = ss.compare("default", replicates=2, months=6, frontier=False, doubt="none")
    >>> frontier_figures(comparison)
    []
    """
    figures = []
    if c.doubt is not None and c.doubt.answers:
        figures.append(ComparisonFigure(
            "worlds", "In how many plausible worlds", lambda: worlds_figure(c), lambda: worlds_alt(c),
            "Bars: the share of worlds in which a strategy is best, and its 95% interval. Circles: worlds.",
            lambda: [t for t in (report_tables.worlds_table(c), report_tables.knowing_table(c)) if t]))  # fmt: skip
    if c.frontier is not None:
        frontier = c.frontier
        figures.append(ComparisonFigure(
            "frontier", "The balance, from mandated to organic", lambda: strategies.frontier_figure(frontier),
            lambda: strategies.frontier_alt(frontier),
            "Bars at the foot of the first two panels: the balances not clearly different from the best (tick).",
            lambda: report_tables.frontier_tables(frontier, FRONTIER_MEASURES)))  # fmt: skip
    if c.lever_map is not None:
        levers = c.lever_map
        figures.append(ComparisonFigure(
            "levers", "Mandate by latitude", lambda: strategies.lever_map_figure(levers),
            lambda: strategies.lever_map_alt(levers),
            "The other levers are held where the middle of the dial puts them. Each cell is a mean.",
            lambda: report_tables.frontier_tables(levers, FRONTIER_MEASURES)))  # fmt: skip
    return figures


def _as_list(table: ReportTable | None) -> list[ReportTable]:
    return [] if table is None else [table]


def _group_tables(c: Comparison) -> list[ReportTable]:
    level = strategies.figure_groups(c)
    return [] if level is None else _as_list(report_tables.group_table(c, level.level))


def figure_data(picture: ComparisonFigure) -> dict[str, Any] | None:
    """Return a figure for the page; None where there is nothing to draw.

    Parameters
    ----------
    picture : the figure.

    Returns
    -------
    The drawing as SVG, with its words and tables.

    Examples
    --------
    >>> comparison = ss.compare("default", replicates=2, months=6, frontier=False)
    >>> data = figure_data(comparison_figures(comparison, True)[1])
    >>> data["title"], data["svg"].startswith("<svg")
    ('Where services stand', True)
    """
    figure = picture.draw()
    if figure is None:
        return None
    alt = picture.alt()
    return {
        "key": picture.key, "title": picture.title, "svg": svg(figure, f"app-{picture.key}", alt), "alt": alt,
        "caption": picture.caption, "tables": [table_data(table) for table in picture.tables()],
    }  # fmt: skip


def table_data(table: ReportTable, key: str = "") -> dict[str, Any]:
    """Return a table as lists of cells; each is a text, or a text and a smaller one.

    Parameters
    ----------
    table : as the report has it.
    key : of the table, where the page asks for it.

    Returns
    -------
    Caption, head and rows; `strong` names the cells in bold as row-column.

    Examples
    --------
    >>> data = table_data(ReportTable("Reach", ["strategy", "mean"], [["blend", ("40%", "30 to 50")]]))
    >>> data["rows"]
    [[['blend', ''], ['40%', '30 to 50']]]
    """

    def cells(row: Sequence[Any]) -> list[list[str]]:
        return [[cell, ""] if isinstance(cell, str) else [str(cell[0]), str(cell[1])] for cell in row]

    strong = {f"{r}-{k}" for r, k in table.strong}
    return {
        "key": key, "caption": table.caption, "head": cells(table.head), "rows": [cells(row) for row in table.rows],
        "strong": sorted(strong), "texts": table.texts,
    }  # fmt: skip


def outcome_tables(c: Comparison) -> list[dict[str, Any]]:
    """Return the table of outcomes and those of the topics whose mechanism acts.

    Returns
    -------
    Tables for the page, in order.

    Examples
    --------
    >>> comparison = ss.compare("default", replicates=2, months=6, frontier=False)
    >>> [table["key"] for table in outcome_tables(comparison)]
    ['outcomes', 'readiness', 'readiness-2', 'readiness-3', 'adaptation', 'stopping', 'stopping-2']
    """
    data = [table_data(report_tables.outcome_table(c), "outcomes")]
    for topic in topics_of(c):
        for k, table in enumerate(topic_tables(c, topic)):
            key = topic.key if k == 0 else f"{topic.key}-{k + 1}"
            data.append(table_data(replace(table, caption=f"{topic.heading}: {table.caption}"), key))
    return data


def figure_file(picture: ComparisonFigure, kind: str) -> tuple[str, bytes | str, str] | None:
    """Return a figure as a file, ``csv`` or ``png``: its name, content and type.

    Parameters
    ----------
    picture : the figure.
    kind : ``csv`` or ``png``.

    Returns
    -------
    Name, content and media type; None where there is nothing to draw.

    Examples
    --------
    >>> comparison = ss.compare("default", replicates=2, months=6, frontier=False)
    >>> figure_file(comparison_figures(comparison, True)[1], "csv")[0]
    'states.csv'
    """
    if kind == "csv":
        return exports.file_name(picture.key, "csv"), exports.csv_of_tables(picture.tables()), "text/csv"
    figure = picture.draw()
    return None if figure is None else (exports.file_name(picture.key, "png"), exports.png(figure), "image/png")


def _pair_sentence(c: Comparison, later: str, earlier: str, measure: str) -> str:
    """Return how a pair does, the strategy with the higher mean named first."""
    mean = paired_difference(c, later, earlier, measure).mean
    one, other = (later, earlier) if mean is None or mean >= 0 else (earlier, later)
    return pair_sentence(c, one, other, measure)


def finding_sections(c: Comparison, detailed: bool) -> list[dict[str, Any]]:
    """Return the findings of a comparison under their headings, with one section of pairs of strategies.

    Returns
    -------
    Key, heading and sentences of each section.

    Examples
    --------
    >>> comparison = ss.compare("default", replicates=2, months=6, frontier=False)
    >>> [section["key"] for section in finding_sections(comparison, False)]
    ['headline', 'benefit', 'pairs', 'name_only', 'cost']
    """
    keys = ("headline", "benefit", "name_only", "cost") + (("people", "equity", "drift") if detailed else ())
    by_key = {finding.key: finding for finding in findings(c)} if detailed else {}
    if not detailed:
        from spreadsim.comparison.findings import answer, cost_sentences, leader_sentence, name_only_sentences

        quick: dict[str, tuple[str, Sequence[str]]] = {
            "headline": ("Finding", answer(c)),
            "benefit": ("How certain", [leader_sentence(c, measure) for measure in HORIZONS]),
            "name_only": ("In name only", name_only_sentences(c)),
            "cost": ("Effort", cost_sentences(c)),
        }
        parts = [{"key": key, "heading": quick[key][0], "sentences": list(quick[key][1])} for key in keys]
    else:
        parts = [
            {"key": key, "heading": by_key[key].heading, "sentences": list(by_key[key].sentences)}
            for key in keys
            if key in by_key
        ]
    pairs = [_pair_sentence(c, later, earlier, measure) for measure in HORIZONS for later, earlier in select_pairs(c)]
    if pairs:
        parts.insert(2, {"key": "pairs", "heading": "Pair by pair", "sentences": pairs})
    return parts
