"""The report: one self-contained page, from a comparison.

What belongs here: which figures, tables and sentences stand where. What does not: how they are made (``figures``,
``report_tables``, ``report_assumptions``, ``findings``) and the markup (``templates/report.html.j2``, which escapes
every text).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from spreadsim.comparison import report_assumptions as assumptions
from spreadsim.comparison import report_tables as tables
from spreadsim.comparison.aggregates import groups, levels, select_pairs
from spreadsim.comparison.figures import strategies
from spreadsim.comparison.figures.frontier import FRONTIER_MEASURES
from spreadsim.comparison.figures.groups import MAX_GROUPS
from spreadsim.comparison.findings import CAUTION, HORIZONS, findings, pair_sentence, standing
from spreadsim.comparison.report_tables import ReportTable
from spreadsim.comparison.results import ComparisonResults, EqualCost, Frontier
from spreadsim.network.layout import group_positions, layout
from spreadsim.outcomes.measures import MEASURES
from spreadsim.telling.figures import svg
from spreadsim.telling.page import templates
from spreadsim.telling.wording import listed, unit, value, years

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_MAPPED = 1500  # services; more are not seen on paper
MAX_BOARD_PAIRS = 6


@dataclass(frozen=True)
class ReportFigure:
    """A figure in the page.

    Attributes
    ----------
    drawing : SVG.
    alt : what it shows, in a sentence.
    caption : how to read it.
    tables : its numbers.

    Examples
    --------
    >>> ReportFigure(Markup("<svg></svg>"), "Nothing.", "An empty figure.", ()).alt
    'Nothing.'
    """

    drawing: Markup
    alt: str
    caption: str
    tables: tuple[ReportTable, ...]


def _report_figure(
    name: str, figure: Figure | None, alt: str, caption: str, *numbers: ReportTable | None
) -> ReportFigure | None:
    if figure is None:
        return None
    drawing = Markup(svg(figure, name, alt))  # drawn by us; every text in it is escaped
    return ReportFigure(drawing, alt, caption, tuple(table for table in numbers if table is not None))


def render_report(
    comparison: ComparisonResults,
    *,
    provenance: Mapping[str, Any] | None = None,
    lever_map: Frontier | None = None,
    equal_cost: EqualCost | None = None,
) -> str:
    """Return the report as one HTML page that needs no network and no scripts; the same bytes for the same input.

    Parameters
    ----------
    comparison : outcomes of every strategy.
    provenance : what the results folder says of versions, command and seed; shown as it stands.
    lever_map : a frontier over two levers, for the map beside the dial.
    equal_cost : the strategies again at equal effort.

    Returns
    -------
    One HTML document.

    Examples
    --------
    >>> page = render_report(ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False))
    >>> page.count("<svg") > 3
    True
    """
    c = comparison
    sections = {finding.key: finding for finding in findings(c)}
    board = board_strategies(c)
    synthetic, observed = assumptions.synthetic_and_observed(c)
    return str(templates().get_template("report.html.j2").render(
        c=c,
        scenario=c.scenario,
        span=years(c.scenario.run.months),
        findings=sections,
        caution=CAUTION,
        few=c.n_replicates == 1,
        arrows=tables.ARROWS,
        outcomes=tables.outcome_table(c),
        pairs=_pair_sentences(c, select_pairs(c, against=board)),
        pair_table=tables.pair_table(c, tuple(HORIZONS), board),
        pictures={key: picture for key, picture in _report_figures(c, board).items() if picture is not None},
        lever_map=_lever_map(lever_map),
        equal_cost=equal_cost,
        equal=_equal(equal_cost),
        strategies=assumptions.strategy_table(c),
        own_changes=assumptions.own_changes(c.scenario),
        sources_of_versions=tables.source_table(c),
        difference_table=tables.difference_table(c),
        group_tables=_group_tables(c),
        network=assumptions.network_table(c),
        synthetic=synthetic,
        observed=observed,
        components=assumptions.component_table(c),
        changed=assumptions.changed_parameters(c),
        parameters=assumptions.parameter_tables(c),
        measures=[(m.label, m.meaning, unit(m), m.better) for m in MEASURES],
        provenance=_receipt(provenance),
        n_pairs=max(1, len(c.paired)),
    ))  # fmt: skip


def board_strategies(c: ComparisonResults) -> list[str] | None:
    """Return the strategies whose pairs the board reads.

    Parameters
    ----------
    c : the comparison.

    Returns
    -------
    None for all; where there are many pairs, the strategies that are highest on either horizon.

    Examples
    --------
    >>> board_strategies(ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False))
    """
    if len(c.paired) <= MAX_BOARD_PAIRS:
        return None
    leaders = {standing(c, measure).highest for measure in HORIZONS}
    return [name for name in c.strategies if name in leaders] or c.strategies[:1]


def _pair_sentences(c: ComparisonResults, pairs: list[tuple[str, str]]) -> list[str]:
    """Return what is said of each pair on either horizon, the strategy with the higher mean named first."""
    answer = []
    for measure in HORIZONS:
        for later, earlier in pairs:
            mean = c.paired[later, earlier][measure].mean
            one, other = (later, earlier) if mean is None or mean >= 0 else (earlier, later)
            answer.append(pair_sentence(c, one, other, measure))
    return answer


def _report_figures(c: ComparisonResults, board: list[str] | None) -> dict[str, ReportFigure | None]:
    many = c.n_replicates > 1
    bands = "line: median; shade: the middle 90% of runs" if many else "one run"
    top = strategies.figure_groups(c)
    answer: dict[str, ReportFigure | None] = {
        "states": _report_figure(
            "states", strategies.state_figure(c), strategies.state_alt(c),
            "Mean of all runs. The dotted line marks the month in which the programme stops.", tables.state_table(c)),
        "drift": _report_figure(
            "drift", strategies.drift_figure(c), strategies.drift_alt(c),
            "Each generation is one more copy. An instruction is copied once at every level it passes, so under a "
            "mandate later generations come down the hierarchy rather than from peers. Shade: the middle 90% of runs.",
            tables.drift_table(c)),
        "delivered": _report_figure(
            "delivered", strategies.curve_figure(c, "delivered"), strategies.curve_alt(c, "delivered"),
            "Effect delivered each month, as a share of the full effect for everyone served: "
            + ("line: median; dark shade: the middle 50% of runs; light: the middle 90%." if many else "one run."),
            tables.curve_table(c, "delivered", "Effect delivered, % of full effect")),
        "fifths": _report_figure(
            "fifths", strategies.deprivation_figure(c), strategies.deprivation_alt(c),
            f"Services in five equal groups by deprivation; {bands.replace('median', 'mean')}.", tables.fifth_table(c)),
        "groups": _report_figure(
            "groups", strategies.group_figure(c), strategies.group_alt(c),
            "Mean of all runs; bar: the middle 90% of them." if many else "One run.",
            tables.group_table(c, top.level) if top is not None else None),
    }  # fmt: skip
    if c.paired:
        answer["differences"] = _report_figure(
            "differences", strategies.difference_figure(c, against=board), strategies.difference_alt(c, against=board),
            "Each circle is a pair of runs with the same luck. Diamond and bar: mean and 95% interval; a hollow "
            "diamond means no clear difference." if many else "One pair of runs: no interval can be given.",
            tables.difference_table(c, tuple(HORIZONS), board))  # fmt: skip
    if c.frontier is not None and "balance" in c.frontier.points[0].settings:
        answer["frontier"] = _report_figure(
            "frontier", strategies.frontier_figure(c.frontier), strategies.frontier_alt(c.frontier),
            "Bars at the foot of the first two panels: the balances that cannot be distinguished from the best "
            f"(tick), one bar for each rule on latitude after the programme; {bands}."
            if c.frontier.values["benefit"].shape[1] > 1 else "A single run of each balance: no range can be given.",
            *tables.frontier_tables(c.frontier, FRONTIER_MEASURES))  # fmt: skip
    if c.network.n <= MAX_MAPPED:
        answer["map"] = _report_figure(
            "map", strategies.map_figure(c, layout(c.network), group_positions(c.network)), strategies.map_alt(c),
            "A single run: others will differ. Each mark is a service; rings, where there is a hierarchy, are its "
            "groups.",
            tables.state_table(c))  # fmt: skip
    return answer


def _group_tables(c: ComparisonResults) -> list[tuple[str, ReportTable]]:
    """Return reach and benefit by group of every level with few enough groups to read."""
    answer = []
    for level in levels(c):
        rows = groups(c, level)
        table = tables.group_table(c, level)
        if rows is not None and table is not None and 2 <= len(rows.names) <= MAX_GROUPS:
            answer.append((level, table))
    return answer


def _lever_map(frontier: Frontier | None) -> ReportFigure | None:
    if frontier is None or len(frontier.points[0].settings) != 2:
        return None
    return _report_figure(
        "levers", strategies.lever_map_figure(frontier), strategies.lever_map_alt(frontier),
        "The other levers are held where the middle of the dial puts them. Each cell is a mean.",
        *tables.frontier_tables(frontier, FRONTIER_MEASURES))  # fmt: skip


def _equal(e: EqualCost | None) -> dict[str, Any] | None:
    if e is None:
        return None
    sentences = []
    out = [row for row in e.rows if not row.reached]
    for row in out:
        end = "full" if row.support >= 1 else "no" if row.support <= 0 else f"{row.support:g} of full"
        sentences.append(
            f"Support alone cannot bring {row.strategy} to this effort: with {end} support it comes to "
            f"{value('cost', row.cost)} per service."
        )
    sentences += _pair_sentences(e.comparison, select_pairs(e.comparison, among=e.reached))
    if len(e.reached) > 1:
        sentences.insert(0, f"Brought to about the same effort: {listed(e.reached)}.")
    return {
        "sentences": sentences,
        "levels": tables.equal_cost_table(e),
        "outcomes": tables.outcome_table(e.comparison),
        "differences": tables.difference_table(e.comparison, ("benefit", "cumulative_benefit", "cost")),
        "replicates": e.comparison.n_replicates,
    }


def _receipt(provenance: Mapping[str, Any] | None) -> Sequence[tuple[str, str]]:
    """Return what the receipt says, flattened into names and texts."""
    rows: list[tuple[str, str]] = []

    def add(prefix: str, item: Any) -> None:
        if isinstance(item, Mapping):
            for key, inner in item.items():
                add(f"{prefix} {key}".strip(), inner)
        elif isinstance(item, (list, tuple)):
            if item:
                rows.append((prefix, "; ".join(map(str, item))))
        elif item is not None:
            rows.append((prefix, "yes" if item is True else "no" if item is False else str(item)))

    add("", {key: item for key, item in (provenance or {}).items() if key not in ("inputs", "results")})
    return rows
