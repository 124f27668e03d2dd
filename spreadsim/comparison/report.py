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
from spreadsim.comparison.dial import mix_summary
from spreadsim.comparison.figures import strategies
from spreadsim.comparison.figures.doubt import worlds_alt, worlds_figure
from spreadsim.comparison.figures.effort import effort_alt, effort_figure
from spreadsim.comparison.figures.frontier import FRONTIER_MEASURES
from spreadsim.comparison.figures.groups import MAX_GROUPS
from spreadsim.comparison.figures.worth import acceptability_alt, acceptability_figure, plane_alt, plane_figure
from spreadsim.comparison.findings import CAUTION, HORIZONS, findings, pair_sentence
from spreadsim.comparison.report_tables import ReportTable
from spreadsim.comparison.results import ComparisonResults, EqualCost, FrontierResults
from spreadsim.comparison.standings import board_strategies
from spreadsim.comparison.topics import topic_tables, topics_of
from spreadsim.comparison.try_it import TryIt, try_it
from spreadsim.comparison.worth import worth_of
from spreadsim.network.layout import group_positions, layout
from spreadsim.telling.figures import svg
from spreadsim.telling.page import templates
from spreadsim.telling.wording import listed, unit, value, years

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_MAPPED = 1500  # services; more are not seen on paper


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


@dataclass(frozen=True)
class Drawings:
    """What takes longest to make of a report, and waits for no search: most of its figures, and the box.

    Attributes
    ----------
    figures : by their place in the page.
    box : to try other levers in; the sentence that says why there is none; None where none was asked for.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False)
    >>> sorted(drawings_of(comparison).figures)[:3]
    ['delivered', 'differences', 'drift']
    """

    figures: Mapping[str, ReportFigure]
    box: TryIt | str | None


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
    lever_map: FrontierResults | None = None,
    equal_cost: EqualCost | None = None,
    with_model: bool = False,
    drawings: Drawings | None = None,
) -> str:
    """Return the report as one HTML page that needs no network and no scripts; the same bytes for the same input.

    Parameters
    ----------
    comparison : outcomes of every strategy.
    provenance : what the results folder says of versions, command and seed; shown as it stands.
    lever_map : a frontier over two levers, for the map beside the dial.
    equal_cost : the strategies again at equal effort.
    with_model : whether the page carries the model too, for readers to try other levers where scripts may run.
    drawings : what was made of it before, by `drawings_of`; made now where None.

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
    drawings = drawings or drawings_of(c, with_model=with_model)
    synthetic, observed = assumptions.synthetic_and_observed(c)
    own = [m.name for m in c.extensions.measures]
    return str(templates().get_template("report.html.j2").render(
        c=c,
        scenario=c.scenario,
        span=years(c.scenario.run.months),
        findings=sections,
        caution=CAUTION,
        few=c.n_replicates == 1,
        arrows=tables.ARROWS,
        outcomes=tables.outcome_table(c, (*tables.OUTCOMES, *own)),
        pairs=_pair_sentences(c, select_pairs(c, against=board)),
        pair_table=tables.pair_table(c, tuple(HORIZONS), board),
        knowing=tables.knowing_table(c),
        worlds=_worlds(c),
        pictures={**drawings.figures, **_effort_figure(c)},
        mixes=tables.mix_table(c),
        mix_summary=mix_summary(c),
        lever_map=_lever_map(lever_map),
        equal_cost=equal_cost,
        equal=_equal(equal_cost),
        worth=_worth(c),
        strategies=assumptions.strategy_table(c),
        levers=assumptions.lever_sentences(),
        own_changes=assumptions.own_changes(c.scenario),
        responses=tables.response_table(c),
        sources_of_versions=tables.source_table(c),
        topics=[(topic, topic_tables(c, topic)) for topic in topics_of(c)],
        difference_table=tables.difference_table(c, (*tables.DIFFERENCES, *own)),
        group_tables=_group_tables(c),
        network=assumptions.network_table(c),
        synthetic=synthetic,
        observed=observed,
        components=assumptions.component_table(c),
        changed=assumptions.changed_parameters(c),
        parameters=assumptions.parameter_tables(c),
        measures=[(m.label, m.meaning, unit(m), m.better) for m in c.measures],
        provenance=_receipt(provenance),
        n_pairs=max(1, len(c.paired)),
        box=drawings.box,
    ))  # fmt: skip


def _pair_sentences(c: ComparisonResults, pairs: list[tuple[str, str]]) -> list[str]:
    """Return what is said of each pair on either horizon, the strategy with the higher mean named first."""
    answer = []
    for measure in HORIZONS:
        for later, earlier in pairs:
            mean = c.paired[later, earlier][measure].mean
            one, other = (later, earlier) if mean is None or mean >= 0 else (earlier, later)
            answer.append(pair_sentence(c, one, other, measure))
    return answer


def drawings_of(comparison: ComparisonResults, *, with_model: bool = False) -> Drawings:
    """Return what takes longest to make of a report; it is the same before a comparison's searches and after them.

    Parameters
    ----------
    comparison : outcomes of every strategy.
    with_model : whether to make the box to try other levers in.

    Returns
    -------
    `Drawings`.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False)
    >>> drawings_of(comparison).box is None
    True
    """
    c = comparison
    many = c.n_replicates > 1
    bands = "line: median; shade: the middle 90% of runs" if many else "one run"
    top, board = strategies.figure_groups(c), board_strategies(c)
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
    answer["worlds"] = _report_figure(
        "worlds", worlds_figure(c), worlds_alt(c),
        "Bars: the share of worlds in which a strategy is best, and its 95% interval. Circles: worlds; diamond and "
        "bar: the middle one, and nine worlds of ten.", tables.worlds_table(c))  # fmt: skip
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
    figures = {key: figure for key, figure in answer.items() if figure is not None}
    return Drawings(figures, try_it(c) if with_model else None)


def _effort_figure(c: ComparisonResults) -> dict[str, ReportFigure]:
    """Return the figure of effect against cost by its place, which shows the mixes that the search found."""
    if c.frontier is None or "balance" not in c.frontier.points[0].settings:
        return {}
    figure = _report_figure(
        "effort", effort_figure(c), effort_alt(c),
        "Means. Grey: the dial, with the scenario's latitude after the programme; the balances at its ends and at "
        "its best point are named. Stars: the best mix of levers that was found at no more cost, joined to its "
        "strategy.",
        tables.effort_table(c))  # fmt: skip
    return {} if figure is None else {"effort": figure}


def _worlds(c: ComparisonResults) -> dict[str, Any] | None:
    """Return where the plausible worlds come from, in words."""
    doubt = c.doubt
    if doubt is None or not doubt.answers:
        return None
    sources = {
        "published": "They are drawn from what is held plausible of each parameter, and kept where six published "
        "figures on sustainment, adoption in name only and fidelity allow them.",
        "plausible": "They are drawn from what is held plausible of each parameter, whatever published figures say.",
    }
    source = sources.get(doubt.sets.file, f"They are the rows of {doubt.sets.file}.")
    stated = [path for path in c.scenario.doubt.beliefs or {} if path in doubt.sets.paths]
    if stated:
        source += f" What is believed of {listed(stated)} is the scenario's own."
    return {
        "n": doubt.n_sets,
        "replicates": doubt.n_replicates,
        "source": source,
        "parameters": [(path, f"{low:g} to {high:g}") for path, low, high in doubt.ranges()],
        "thresholds": doubt.thresholds,
    }


def _group_tables(c: ComparisonResults) -> list[tuple[str, ReportTable]]:
    """Return reach and benefit by group of every level with few enough groups to read."""
    answer = []
    for level in levels(c):
        rows = groups(c, level)
        if rows is None or not 2 <= len(rows.names) <= MAX_GROUPS:
            continue
        table = tables.group_table(c, level)
        if table is not None:
            answer.append((level, table))
    return answer


def _lever_map(frontier: FrontierResults | None) -> ReportFigure | None:
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


def _worth(c: ComparisonResults) -> dict[str, Any] | None:
    worth = worth_of(c)
    if worth is None:
        return None
    head, rows = worth.table()
    plane = _report_figure(
        "plane", plane_figure(worth), plane_alt(worth),
        "Each small mark is a run, each large one a mean. Above and to the left of the broken line, which is what "
        "would be paid, a strategy is not worth its cost." if worth.willingness is not None
        else "Each small mark is a run, each large one a mean.")  # fmt: skip
    curve = None
    if worth.worth.effect_unit == "QALYs":
        curve = _report_figure(
            "acceptability", acceptability_figure(worth), acceptability_alt(worth),
            "Along what would be paid for a unit of effect. The strategy that is most often best need not be the one "
            "with the highest mean.")  # fmt: skip
    names = ("Strategy", *(f"{name}: {what}" for name in worth.strategies for what in ("best in, %", "loss")))
    points = tuple(
        (
            worth.cost_text(float(worth.values[k])),
            *(
                cell
                for i in range(len(worth.strategies))
                for cell in (f"{100 * worth.curves[k, i]:.0f}", worth.cost_text(float(worth.losses[k, i])))
            ),
        )
        for k in range(0, len(worth.values), 4)
    )
    return {
        "sentences": [worth.sentence, *worth.increments],
        "basis": worth.basis,
        "table": ReportTable("Effect, cost and net benefit: means over runs", tuple(head), tuple(map(tuple, rows))),
        "pictures": [picture for picture in (plane, curve) if picture is not None],
        "curves": ReportTable("Along what would be paid", ("Paid for one more", *names[1:]), points),
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
