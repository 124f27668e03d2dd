"""The tables of the report: outcomes, differences, and the numbers behind each figure.

What belongs here: rows of text made from a comparison. What does not: markup (``templates/report.html.j2``) and what
the scenario assumes (``report_assumptions``).

c : the comparison.
measures : names of measures.
against : strategies of which at least one of a pair is; any where None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spreadsim.comparison.aggregates import (
    FIFTH,
    Groups,
    generations,
    groups,
    monthly,
    people_served,
    select_pairs,
    sources_of_versions,
)
from spreadsim.comparison.answer import share_bounds, share_text
from spreadsim.comparison.findings import standing, wins
from spreadsim.comparison.mixes import mix_words
from spreadsim.comparison.responses import action_text, rule_summaries
from spreadsim.comparison.results import ARMS, AS_GIVEN, ComparisonResults, EqualCost, FrontierResults
from spreadsim.inference.crossed import Estimate
from spreadsim.outcomes.measures import BY_NAME, STATE_COLUMNS
from spreadsim.outcomes.statistics import quantile_bands, summary_of
from spreadsim.scenario.beliefs import parameter_label
from spreadsim.telling.figures import STATES
from spreadsim.telling.wording import bounds, change, change_cell, is_negligible, mean_cell, people, unit, value

Cell = str | tuple[str, str]
OUTCOMES = (
    "benefit", "cumulative_benefit", "reported_uptake", "reach", "embedded", "sustainment", "in_name_only",
    "core_fidelity", "fidelity", "effectiveness_ever", "months_to_half", "equity_gap", "cost",
)  # fmt: skip
DIFFERENCES = (
    "benefit", "cumulative_benefit", "reach", "sustainment", "in_name_only", "core_fidelity", "equity_gap", "cost",
)  # fmt: skip
ARROWS = {"higher": "▲", "lower": "▼", "neither": "–"}


@dataclass(frozen=True)
class ReportTable:
    """A table of the report. A cell is a text, or a text and a smaller one beneath it.

    Attributes
    ----------
    caption : of the table.
    head : cells of the head.
    rows : cells of each row, whose first cell is a head.
    strong : row and column of the cells that are set in bold.
    texts : how many leading columns hold words; the others hold numbers.

    Examples
    --------
    >>> ReportTable("Outcomes", ("Measure", "organic"), (("Reach", ("40.1", "38.9 to 41.3")),)).rows[0][1]
    ('40.1', '38.9 to 41.3')
    """

    caption: str
    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    strong: frozenset[tuple[int, int]] = frozenset()
    texts: int = 1


def outcome_table(c: ComparisonResults, measures: Sequence[str] = OUTCOMES) -> ReportTable:
    """Return the mean of each measure by strategy with its interval; in bold what is clearly best.

    Returns
    -------
    `ReportTable`, one row a measure.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> outcome_table(comparison, ["reach"]).rows[0][2]
    ('100.0', '100.0 to 100.0')
    """
    rows, strong = [], set()
    for place, name in enumerate(measures):
        m = c.measure(name)
        cells: list[Cell] = [(m.label, unit(m)), ARROWS[m.better]]
        for strategy in c.strategies:
            cells.append(mean_cell(m, c.summaries[strategy][name]))
        rows.append(tuple(cells))
        leader = standing(c, name).leader if m.better != "neither" else None
        means = {s: c.summaries[s][name].mean for s in c.strategies}
        rest = [mean for s, mean in means.items() if s != leader and mean is not None]
        if leader is not None and not any(is_negligible(m, (means[leader] or 0.0) - mean) for mean in rest):
            strong.add((place, 2 + c.strategies.index(leader)))
    return ReportTable(
        f"Outcomes at month {c.scenario.run.months}: mean of {_runs(c.n_replicates)}"
        + (", and its 95% interval" if c.n_replicates > 1 else ""),
        ("Measure", "Better", *c.strategies), tuple(rows), frozenset(strong),
    )  # fmt: skip


def worlds_table(c: ComparisonResults) -> ReportTable | None:
    """Return for each strategy in how many plausible worlds it is best, and what choosing it loses.

    Returns
    -------
    `ReportTable`, one row a strategy and horizon; None without plausible worlds.

    Examples
    --------
    >>> worlds_table(ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False))
    """
    doubt = c.doubt
    if doubt is None or not doubt.answers:
        return None
    rows = []
    for measure, answer in doubt.answers.items():
        label = (BY_NAME[measure].label, unit(measure))
        for name, row in zip(doubt.strategies, answer.standings.strategies, strict=True):
            cells = [_estimate(measure, one) for one in (row.level, row.expected_loss, row.worst_loss)]
            share = (f"{100 * row.best.value:.0f}", share_bounds(row.best))
            rows.append((name, label, share, *cells))
    return ReportTable(
        f"In {doubt.n_sets} {doubt.worlds}, {doubt.n_replicates} runs of each; 95% intervals over worlds and luck",
        (
            "Strategy", "Measure", ("Best in", "% of worlds"), "Mean over worlds",
            ("Mean loss", "below the best of each world"), ("Worst loss", "of these worlds"),
        ),
        tuple(rows),
        texts=2,
    )  # fmt: skip


def _estimate(measure: str, one: Estimate) -> Cell:
    return value(measure, one.value), bounds(measure, one.low, one.high)


def knowing_table(c: ComparisonResults) -> ReportTable | None:
    """Return what finding out an assumption before choosing is worth, the most valuable first.

    Returns
    -------
    `ReportTable`, one row an assumption and a last one for all; None without plausible worlds.

    Examples
    --------
    >>> knowing_table(ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False))
    """
    doubt = c.doubt
    if doubt is None or "benefit" not in doubt.answers or doubt.answers["benefit"].verdict.best is None:
        return None
    answer, served = doubt.answers["benefit"], float(np.mean(people_served(c)))
    known = [(parameter_label(path).removeprefix("the "), path, one) for path, one in answer.worth_knowing]
    rows = [
        ((label, path), _estimate("benefit", one), people(one.value * served))
        for label, path, one in [*known, ("everything in doubt", "", answer.perfect)]
    ]
    return ReportTable(
        "What it is worth to find out before choosing, for what lasts",
        ("Assumption", ("Worth", "% of full effect"), ("Worth", "people who would have the full effect")),
        tuple(rows),
    )


def _runs(n: int) -> str:
    return "one run" if n == 1 else f"{n} runs"


def response_table(c: ComparisonResults) -> ReportTable | None:
    """Return what the rules of strategies say, in how many runs each began to apply, and when.

    Returns
    -------
    `ReportTable`, one row a rule; None where no strategy has any.

    Examples
    --------
    >>> response_table(ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False)) is None
    True
    """
    rows = []
    for row in rule_summaries(c.plans, c.outcomes):
        months = f"{row.earliest}" if row.earliest == row.latest else f"{row.earliest} to {row.latest}"
        first = (str(row.most_often), months) if row.runs else ("never", "")
        where = "" if row.groups is None else f"in {row.groups:.3g} groups on average"
        rule = f"{row.strategy}, rule {row.rule}"
        rows.append((rule, row.when, action_text(row), (f"{row.runs} of {row.replicates}", where), first))
    head = ("Rule", "Where", "What is then set", "Runs in which it began", ("First began", "most often; in any"))
    return ReportTable("When the rules of the strategies began to apply", head, tuple(rows), texts=3) if rows else None


def difference_table(
    c: ComparisonResults, measures: Sequence[str] = DIFFERENCES, against: Sequence[str] | None = None
) -> ReportTable:
    """Return paired differences with their intervals.

    Returns
    -------
    `ReportTable`, one row a pair and measure.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> difference_table(comparison, ["reach"]).rows[0][2]
    ('−91.7', '−91.7 to −91.7')
    """
    rows = []
    for later, earlier in select_pairs(c, against=against):
        for name in measures:
            m, d = c.measure(name), c.paired[later, earlier][name]
            won, _, n = wins(c, later, earlier, name)
            answer = "no interval" if d.told_apart is None else "yes" if d.told_apart else "no"
            better = f"{won} of {n}" if m.better != "neither" else "–"
            label = (m.label, "points" if unit(m).startswith("%") else unit(m))
            rows.append((f"{later} minus {earlier}", label, change_cell(m, d), better, answer))
    return ReportTable(
        "Paired differences with the same luck: mean and 95% interval",
        ("Pair", "Measure", "Difference", "Runs in which the first does better", "Clear difference"),
        tuple(rows),
        texts=2,
    )


def pair_table(c: ComparisonResults, measures: Sequence[str], against: Sequence[str] | None = None) -> ReportTable:
    """Return for each measure the difference, and the runs in which the first strategy does better.

    Returns
    -------
    `ReportTable`, one row a pair.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> pair_table(comparison, ["reach"]).rows[0][0]
    'one-neighbour-is-not-enough minus one-neighbour-is-enough'
    """
    rows = []
    for later, earlier in select_pairs(c, against=against):
        cells: list[Cell] = [f"{later} minus {earlier}"]
        for name in measures:
            d = c.paired[later, earlier][name]
            won, _, n = wins(c, later, earlier, name)
            cells += [change_cell(name, d), (f"{won} of {n}", "no clear difference" if d.told_apart is False else "")]
        rows.append(tuple(cells))
    head: list[Cell] = ["Pair"]
    for name in measures:
        m = BY_NAME[name]
        head += [
            (m.label, "points" if unit(name).startswith("%") else unit(name)),
            "Runs in which the first does better",
        ]
    interval = " and its 95% interval" if c.n_replicates > 1 else ""
    return ReportTable(f"Paired differences{interval}", tuple(head), tuple(rows))


def state_table(c: ComparisonResults) -> ReportTable:
    """Return the share of services in each state once a year, mean over replicates.

    Returns
    -------
    `ReportTable`, one row a strategy and year.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> len(state_table(comparison).rows)
    4
    """
    months = sorted({*range(0, c.scenario.run.months + 1, 12), c.scenario.run.months})
    rows = []
    for name in c.strategies:
        shares = {s: monthly(c, name, f"share_{s}").mean(axis=0) for s in STATE_COLUMNS}
        rows += [(name, str(t), *(f"{100 * float(shares[s][t]):.1f}" for s in STATE_COLUMNS)) for t in months]
    return ReportTable(
        "Share of services in each state, %, mean of all runs",
        ("Strategy", "Month", *(label for label, *_ in STATES)), tuple(rows),
    )  # fmt: skip


def curve_table(c: ComparisonResults, name: str, label: str, scale: float = 100.0) -> ReportTable:
    """Return a monthly column once a year: median, and the middle 90% of replicates.

    Parameters
    ----------
    name : of the column.
    label : of the column, in words.
    scale : by which values are multiplied.

    Returns
    -------
    `ReportTable`, one row a year.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> curve_table(comparison, "share_embedded", "Embedded, %").rows[-1][1]
    ('100.0', '100.0 to 100.0')
    """
    months = sorted({*range(0, c.scenario.run.months + 1, 12), c.scenario.run.months})
    rows = []
    for t in months:
        cells: list[Cell] = [str(t)]
        for strategy in c.strategies:
            low, middle, high = scale * quantile_bands(monthly(c, strategy, name)[:, t], (0.05, 0.5, 0.95))
            cells.append((f"{middle:.1f}", f"{low:.1f} to {high:.1f}" if c.n_replicates > 1 else ""))
        rows.append(tuple(cells))
    return ReportTable(
        f"{label}: median of all runs, and the middle 90% of them", ("Month", *c.strategies), tuple(rows)
    )


def frontier_tables(frontier: FrontierResults, measures: Sequence[str]) -> list[ReportTable]:
    """Return the means along the frontier; in bold what cannot be distinguished from the best.

    Parameters
    ----------
    frontier : outcomes by balance or by levers.

    Returns
    -------
    A `ReportTable` for each arm.

    Examples
    --------
    >>> frontier = ss.frontier("classroom", replicates=2, driver="mesa", workers=1)
    >>> [len(table.rows) for table in frontier_tables(frontier, ["reach"])]
    [3, 3]
    """
    tables = []
    for arm, words in ARMS.items():
        places = frontier.arm(arm)
        if not places:
            continue
        same = {name: frontier.best(name, arm)[1] for name in ("benefit", "cumulative_benefit")}
        rows, strong = [], set()
        for row, i in enumerate(places):
            cells: list[Cell] = [" · ".join(f"{v:g}" for v in frontier.points[i].settings.values())]
            for column, name in enumerate(measures):
                cells.append(mean_cell(name, summary_of(BY_NAME[name], frontier.values[name][i])))
                if i in same.get(name, ()):
                    strong.add((row, column + 1))
            rows.append(tuple(cells))
        head = " · ".join(key.replace("_", " ") for key in frontier.points[0].settings)
        n = next(iter(frontier.values.values())).shape[1]
        tables.append(ReportTable(
            f"Outcomes by {head}, {words}: mean of {_runs(n)} and 95% interval; "
            "bold: highest benefit, or not clearly different from it",
            (head, *((BY_NAME[name].label, unit(name)) for name in measures)), tuple(rows), frozenset(strong),
        ))  # fmt: skip
    return tables


def fifth_table(c: ComparisonResults) -> ReportTable | None:
    """Return reach and benefit by fifth of deprivation.

    Returns
    -------
    `ReportTable`; None where there are too few services.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> len(fifth_table(comparison).rows)
    5
    """
    table = groups(c, FIFTH)
    return None if table is None else _group_rows(c, table, "Fifth of services by deprivation")


def group_table(c: ComparisonResults, level: str) -> ReportTable | None:
    """Return reach and benefit by group of a level.

    Parameters
    ----------
    level : of the hierarchy.

    Returns
    -------
    `ReportTable`; None where there is no such level.

    Examples
    --------
    >>> group_table(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False), "region")
    """
    table = groups(c, level)
    return None if table is None else _group_rows(c, table, level.capitalize())


def _group_rows(c: ComparisonResults, table: Groups, first: str) -> ReportTable:
    rows = []
    columns = {name: (table.reach[name], table.benefit[name]) for name in c.strategies}
    for g, name in enumerate(table.names):
        cells: list[Cell] = [name, f"{int(table.n_services[g]):,}"]
        for strategy in c.strategies:
            cells += [_share_cell(values[:, g]) for values in columns[strategy]]
        rows.append(tuple(cells))
    head: list[Cell] = [first, "Services"]
    for strategy in c.strategies:
        head += [("Reach, %", strategy), ("Benefit, %", strategy)]
    return ReportTable("Reach and sustained benefit by group: mean and 95% interval", tuple(head), tuple(rows))


def _share_cell(values: np.ndarray) -> Cell:
    s = summary_of(BY_NAME["reach"], values)
    if s.mean is None:
        return "not defined" if s.median is None else (f"{100 * s.median:.1f}", f"median of {s.n}")
    return f"{100 * s.mean:.1f}", bounds("reach", s.low, s.high)


def drift_table(c: ComparisonResults) -> ReportTable:
    """Return fidelity by generation under each strategy.

    Returns
    -------
    `ReportTable`, one row a strategy and generation.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> drift_table(comparison).rows[0]
    ('one-neighbour-is-enough', '0', '1.0', '100.0', '1.0', '100.0', '100.0')
    """

    def percent(x: float) -> str:
        return "–" if np.isnan(x) else f"{100 * x:.1f}"

    rows = []
    for name in c.strategies:
        t = generations(c, name)
        for k, g in enumerate(t.generation):
            rows.append((
                name, str(int(g)), f"{t.began[k]:,.1f}", percent(t.at_start[k]), f"{t.embedded[k]:,.1f}",
                percent(t.now[k]), percent(t.core_now[k]),
            ))  # fmt: skip
    return ReportTable(
        "Fidelity by generation: means over the runs in which the generation occurs (at least half of all runs)",
        ("Strategy", "Copies from the originators", "Services that began", "At the start, %", "Embedded now",
         "Fidelity now, %", "Core now, %"), tuple(rows),
    )  # fmt: skip


def source_table(c: ComparisonResults) -> ReportTable | None:
    """Return where versions came from in the first run.

    Returns
    -------
    `ReportTable`; None where its events were not kept.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> source_table(comparison).rows[0][:3]
    ('one-neighbour-is-enough', '11', '100')
    """
    rows = []
    for name in c.strategies:
        shares = sources_of_versions(c, name)
        if shares is None:
            return None
        kinds = ("peer", "second leader", "specification", "hierarchy")
        cells = [f"{100 * shares.get(key, 0.0):.0f}" if shares["beginnings"] else "nobody began" for key in kinds]
        mean = c.outcomes[name][0].measures["generation"]
        rows.append((name, f"{int(shares['beginnings']):,}", *cells, value("generation", mean)))
    return ReportTable(
        "Where services took their version from, in the first run: % of all beginnings after month 0",
        ("Strategy", "Beginnings", "A peer", "of which a second leader", "The published specification",
         "The hierarchy", "Mean generation, embedded"), tuple(rows),
    )  # fmt: skip


def equal_cost_table(e: EqualCost) -> ReportTable:
    """Return what support each strategy has at equal effort, and whether the cost was reached.

    Parameters
    ----------
    e : the strategies at equal effort.

    Returns
    -------
    `ReportTable`, one row a strategy.

    Examples
    --------
    >>> from spreadsim.comparison.equal_cost import at_equal_cost
    >>> scenario = ss.load_scenario("classroom")
    >>> comparison = ss.compare(scenario, replicates=2, frontier=False)
    >>> [row[0] for row in equal_cost_table(at_equal_cost(scenario, comparison)).rows]
    ['one-neighbour-is-enough', 'one-neighbour-is-not-enough']
    """
    rows = tuple(
        (row.strategy, f"{row.support_given:g}", f"{row.support:.2f}", f"{row.cost_given:.1f}", f"{row.cost:.1f}",
         "yes" if row.reached else "no")
        for row in e.rows
    )  # fmt: skip
    return ReportTable(
        f"Support scaled until mean effort per service is about {e.reference:.1f} staff-days",
        ("Strategy", "Support in scenario", "Support used", "Effort in scenario", "Effort reached", "Target met"), rows,
    )  # fmt: skip


MIX_MEASURES = ("benefit", "cumulative_benefit", "equity_gap", "cost")


def mix_table(c: ComparisonResults) -> ReportTable | None:
    """Return each strategy beside the best mix of levers at no more cost, on the runs that it was not chosen on.

    Returns
    -------
    `ReportTable`, one row a strategy for which a mix was found; None where there was no search, or none was found.

    Examples
    --------
    >>> print(mix_table(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)))
    None
    """
    mixes = c.better_mixes
    if mixes is None or not mixes.rows:
        return None
    rows, in_worlds = [], any(row.in_worlds for row in mixes.rows)
    for row in mixes.rows:
        cells: list[Cell] = [row.strategy, mix_words(row.levers)]
        for name in MIX_MEASURES:
            difference = row.differences[name]
            text, interval = change_cell(name, difference)
            cells.append((mean_cell(name, row.summaries[name])[0], f"{text} ({interval})" if interval else text))
        if in_worlds:
            found = row.in_worlds
            mean = None if found is None else found.benefit.mean
            shown = "" if found is None else f"in {share_text(found.pair.better)} of {found.n_worlds}"
            cells.append(
                ("-", "")
                if mean is None
                else (f"{change('benefit', mean.value)} ({bounds('benefit', mean.low, mean.high)})", shown)
            )
        rows.append(tuple(cells))
    over = (("Benefit over worlds, minus the strategy's", unit("benefit")),) if in_worlds else ()
    return ReportTable(
        f"The best mix that was found at no more cost than each strategy: mean of {_runs(mixes.n_evaluation)} that it "
        "was not chosen on, and beneath it the mix minus the strategy with an interval that covers all rows jointly at "
        "95%",
        ("At no more cost than", "Mix", *((BY_NAME[name].label, unit(name)) for name in MIX_MEASURES), *over),
        tuple(rows),
        texts=2,
    )


def effort_table(c: ComparisonResults) -> ReportTable:
    """Return benefit, equity gap and effort of the strategies and of the dial's points.

    Parameters
    ----------
    c : the comparison, which has a dial.

    Returns
    -------
    `ReportTable`, one row a strategy or a balance.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> effort_table(comparison).rows[0][0]
    'one-neighbour-is-enough'
    """
    names = ("benefit", "equity_gap", "cost")
    rows: list[tuple[Cell, ...]] = [
        (strategy, *(mean_cell(m, c.summaries[strategy][m]) for m in names)) for strategy in c.strategies
    ]
    frontier = c.frontier
    for i in frontier.arm(AS_GIVEN) if frontier is not None else ():
        assert frontier is not None
        cells = (mean_cell(m, summary_of(BY_NAME[m], frontier.values[m][i])) for m in names)
        rows.append((f"balance {frontier.points[i].settings['balance']:g}", *cells))
    return ReportTable(
        "Benefit, equity gap and effort: mean and 95% interval",
        ("Strategy", *((BY_NAME[m].label, unit(m)) for m in names)),
        tuple(rows),
    )
