"""The tables of the report: outcomes, differences, and the numbers behind each figure.

What belongs here: rows of text made from a comparison. What does not: markup (``templates/report.html.j2``) and what
the scenario assumes (``report_assumptions``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spreadsim.comparison.aggregates import (
    FIFTH,
    Groups,
    chosen_pairs,
    generations,
    groups,
    monthly,
    sources_of_versions,
)
from spreadsim.comparison.findings import standing, wins
from spreadsim.comparison.results import AS_BEFORE, AS_GIVEN, ComparisonResults, EqualCost, Frontier
from spreadsim.outcomes.measures import BY_NAME, STATE_COLUMNS
from spreadsim.outcomes.statistics import quantile_bands, summarise
from spreadsim.telling.figures import STATES
from spreadsim.telling.wording import bounds, change_cell, mean_cell, unit, value

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
class Table:
    """A table: its caption, its column heads, and rows whose first cell is a head; `strong` cells are set in bold.

    A cell is a text, or a text and a smaller one beneath it. `texts`: how many leading columns hold words; the others
    hold numbers.
    """

    caption: str
    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    strong: frozenset[tuple[int, int]] = frozenset()
    texts: int = 1


def outcome_table(c: ComparisonResults, measures: Sequence[str] = OUTCOMES) -> Table:
    """Return the mean of each measure by strategy with its interval; in bold what is clearly best."""
    rows, strong = [], set()
    for place, name in enumerate(measures):
        m = BY_NAME[name]
        cells: list[Cell] = [(m.label, unit(m)), ARROWS[m.better]]
        for strategy in c.strategies:
            cells.append(mean_cell(m, c.summaries[strategy][name]))
        rows.append(tuple(cells))
        leader = standing(c, name).leader if m.better != "neither" else None
        if leader is not None:
            strong.add((place, 2 + c.strategies.index(leader)))
    return Table(
        f"Outcomes at month {c.scenario.run.months}: mean of {_runs(c.n_replicates)}"
        + (", and its 95% interval" if c.n_replicates > 1 else ""),
        ("Measure", "Better", *c.strategies), tuple(rows), frozenset(strong),
    )  # fmt: skip


def _runs(n: int) -> str:
    return "one run" if n == 1 else f"{n} runs"


def difference_table(
    c: ComparisonResults, measures: Sequence[str] = DIFFERENCES, against: Sequence[str] | None = None
) -> Table:
    """Return paired differences with their intervals, one row a pair and measure."""
    rows = []
    for later, earlier in chosen_pairs(c, against=against):
        for name in measures:
            d = c.paired[later, earlier][name]
            won, _, n = wins(c, later, earlier, name)
            told = "no interval" if d.told_apart is None else "yes" if d.told_apart else "no"
            better = f"{won} of {n}" if BY_NAME[name].better != "neither" else "–"
            label = (BY_NAME[name].label, "points" if unit(name).startswith("%") else unit(name))
            rows.append((f"{later} minus {earlier}", label, change_cell(name, d), better, told))
    return Table(
        "Paired differences with the same luck: mean and 95% interval",
        ("Pair", "Measure", "Difference", "Runs in which the first does better", "Clear difference"),
        tuple(rows),
        texts=2,
    )


def pair_table(c: ComparisonResults, measures: Sequence[str], against: Sequence[str] | None = None) -> Table:
    """Return one row a pair: for each measure the difference, and the runs in which the first strategy does better."""
    rows = []
    for later, earlier in chosen_pairs(c, against=against):
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
    return Table(f"Paired differences{interval}", tuple(head), tuple(rows))


def state_table(c: ComparisonResults) -> Table:
    """Return the share of services in each state once a year, mean over replicates."""
    months = sorted({*range(0, c.scenario.run.months + 1, 12), c.scenario.run.months})
    rows = []
    for name in c.strategies:
        shares = {s: monthly(c, name, f"share_{s}").mean(axis=0) for s in STATE_COLUMNS}
        rows += [(name, str(t), *(f"{100 * float(shares[s][t]):.1f}" for s in STATE_COLUMNS)) for t in months]
    return Table(
        "Share of services in each state, %, mean of all runs",
        ("Strategy", "Month", *(label for label, *_ in STATES)), tuple(rows),
    )  # fmt: skip


def curve_table(c: ComparisonResults, name: str, label: str, scale: float = 100.0) -> Table:
    """Return a monthly column once a year: median, and the middle 90% of replicates."""
    months = sorted({*range(0, c.scenario.run.months + 1, 12), c.scenario.run.months})
    rows = []
    for t in months:
        cells: list[Cell] = [str(t)]
        for strategy in c.strategies:
            low, middle, high = scale * quantile_bands(monthly(c, strategy, name)[:, t], (0.05, 0.5, 0.95))
            cells.append((f"{middle:.1f}", f"{low:.1f} to {high:.1f}" if c.n_replicates > 1 else ""))
        rows.append(tuple(cells))
    return Table(f"{label}: median of all runs, and the middle 90% of them", ("Month", *c.strategies), tuple(rows))


def frontier_tables(frontier: Frontier, measures: Sequence[str]) -> list[Table]:
    """Return the means along the frontier, a table an arm; in bold what cannot be distinguished from the best."""
    tables = []
    words = {
        AS_GIVEN: "the scenario's latitude after the programme",
        AS_BEFORE: "latitude kept as during the programme",
    }
    for arm in (AS_GIVEN, AS_BEFORE):
        places = frontier.arm(arm)
        if not places:
            continue
        same = {name: frontier.best(name, arm)[1] for name in ("benefit", "cumulative_benefit")}
        rows, strong = [], set()
        for row, i in enumerate(places):
            cells: list[Cell] = [" · ".join(f"{v:g}" for v in frontier.points[i].settings.values())]
            for column, name in enumerate(measures):
                cells.append(mean_cell(name, summarise(frontier.values[name][i], BY_NAME[name].never)))
                if i in same.get(name, ()):
                    strong.add((row, column + 1))
            rows.append(tuple(cells))
        head = " · ".join(key.replace("_", " ") for key in frontier.points[0].settings)
        n = next(iter(frontier.values.values())).shape[1]
        tables.append(Table(
            f"Outcomes by {head}, {words[arm]}: mean of {_runs(n)} and 95% interval; "
            "bold: highest benefit, or not clearly different from it",
            (head, *((BY_NAME[name].label, unit(name)) for name in measures)), tuple(rows), frozenset(strong),
        ))  # fmt: skip
    return tables


def fifth_table(c: ComparisonResults) -> Table | None:
    """Return reach and benefit by fifth of deprivation; None where there are too few services."""
    table = groups(c, FIFTH)
    return None if table is None else _group_rows(c, table, "Fifth of services by deprivation")


def group_table(c: ComparisonResults, level: str) -> Table | None:
    """Return reach and benefit by group of a level; None where there is none."""
    table = groups(c, level)
    return None if table is None else _group_rows(c, table, level.capitalize())


def _group_rows(c: ComparisonResults, table: Groups, first: str) -> Table:
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
    return Table("Reach and sustained benefit by group: mean and 95% interval", tuple(head), tuple(rows))


def _share_cell(values: np.ndarray) -> Cell:
    s = summarise(values)
    if s.mean is None:
        return "not defined" if s.median is None else (f"{100 * s.median:.1f}", f"median of {s.n}")
    return f"{100 * s.mean:.1f}", bounds("reach", s.low, s.high)


def drift_table(c: ComparisonResults) -> Table:
    """Return fidelity by generation under each strategy."""

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
    return Table(
        "Fidelity by generation: means over the runs in which the generation occurs (at least half of all runs)",
        ("Strategy", "Copies from the originators", "Services that began", "At the start, %", "Embedded now",
         "Fidelity now, %", "Core now, %"), tuple(rows),
    )  # fmt: skip


def source_table(c: ComparisonResults) -> Table | None:
    """Return where versions came from in the first run; None where its events were not kept."""
    rows = []
    for name in c.strategies:
        shares = sources_of_versions(c, name)
        if shares is None:
            return None
        cells = [f"{100 * shares.get(key, 0.0):.0f}" for key in ("peer", "second leader", "specification", "hierarchy")]
        mean = c.outcomes[name][0].measures["generation"]
        rows.append((name, f"{int(shares['beginnings']):,}", *cells, value("generation", mean)))
    return Table(
        "Where services took their version from, in the first run: % of all beginnings after month 0",
        ("Strategy", "Beginnings", "A peer", "of which a second leader", "The published specification",
         "The hierarchy", "Mean generation, embedded"), tuple(rows),
    )  # fmt: skip


def equal_cost_table(e: EqualCost) -> Table:
    """Return what support each strategy has at equal effort, and whether the cost was reached."""
    rows = tuple(
        (row.strategy, f"{row.support_given:g}", f"{row.support:.2f}", f"{row.cost_given:.1f}", f"{row.cost:.1f}",
         "yes" if row.reached else "no")
        for row in e.rows
    )  # fmt: skip
    return Table(
        f"Support scaled until mean effort per service is about {e.reference:.1f} staff-days",
        ("Strategy", "Support in scenario", "Support used", "Effort in scenario", "Effort reached", "Target met"), rows,
    )  # fmt: skip
