"""Topics of the report and the app that are told only where their mechanism acts: readiness, adaptation, stopping.

What belongs here: one declaration of each topic, and its tables. What does not: markup, and the topics that every
comparison has (``report_tables``).

c : the comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from spreadsim import rules
from spreadsim.comparison.aggregates import FIFTH, levels
from spreadsim.comparison.circumstances import IN_USE, turnovers, under_pressure
from spreadsim.comparison.figures.groups import MAX_GROUPS
from spreadsim.comparison.report_tables import Cell, ReportTable, outcome_table
from spreadsim.comparison.results import ComparisonResults
from spreadsim.drivers.running import run_plan
from spreadsim.scenario.plan import Plan


@dataclass(frozen=True)
class Topic:
    """A topic, and in which comparisons it is told.

    Attributes
    ----------
    key : its name in the page.
    heading, text : what it is about, and how to read it.
    measures : shown by strategy.
    acts : whether its mechanism acts under a strategy.

    Examples
    --------
    >>> [topic.key for topic in TOPICS]
    ['readiness', 'adaptation', 'stopping']
    """

    key: str
    heading: str
    text: str
    measures: tuple[str, ...]
    acts: Callable[[Plan], bool]


TOPICS = (
    Topic(
        "readiness",
        "Who was ready",
        "A service that would start asks first whether it is ready. One that finds it is not prepares, and starts "
        "later or drops the plan. It may misjudge, and those under an instruction are not asked: they may start "
        "unready.",
        ("waited", "declined", "unready_starts", "given_up_ready", "given_up_unready", "embedded_of_started"),
        lambda plan: plan.behaviour.appraisal.applies,
    ),
    Topic(
        "adaptation",
        "What was adapted, and how well",
        "Of the services in which it is embedded at the end. A form has moved where it lies a quarter of a fit "
        "distance or more from the published one.",
        ("moved", "consistent_adaptations", "equal_success", "adapted_effect_ratio", "second_form", "local_fit"),
        lambda plan: plan.behaviour.adaptation.core_damage_rate > 0.0,
    ),
    Topic(
        "stopping",
        "Under what circumstances services stopped",
        "What held when a service gave up or stopped is a circumstance and not always the cause; 'spreadsim explain' "
        "takes causes away one at a time, for one service.",
        ("given_up", "sustainment", "evaporation", "turnover_events"),
        lambda plan: (
            plan.behaviour.turnover.rate > 0.0
            or plan.behaviour.pressure.rate > 0.0
            or any(m.incentive_lost > 0.0 for m in plan.levers)
            or any("incentive" in trigger.settings for trigger in plan.triggers)
        ),
    ),
)


def topics_of(c: ComparisonResults) -> list[Topic]:
    """Return the topics whose mechanism acts under a strategy at least.

    Returns
    -------
    In the order of the page.

    Examples
    --------
    >>> topics_of(ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False))
    []
    """
    return [topic for topic in TOPICS if any(topic.acts(plan) for plan in c.plans)]


def topic_tables(c: ComparisonResults, topic: Topic) -> list[ReportTable]:
    """Return the tables of a topic: its measures by strategy, then what the events of the first run say of it.

    Parameters
    ----------
    topic : one of `topics_of`.

    Returns
    -------
    One table or more.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False)
    >>> [len(table.rows) for table in topic_tables(comparison, TOPICS[0])]
    [6, 5]
    """
    further: list[ReportTable | None] = []
    if topic.key == "readiness":
        further = [starts_table(c, level) for level in (FIFTH, *levels(c)[:1])]
    elif topic.key == "stopping":
        further = [stops_table(c)]
    return [outcome_table(c, topic.measures), *(table for table in further if table is not None)]


def starts_table(c: ComparisonResults, level: str) -> ReportTable | None:
    """Return which services started in the first run, ready or not, by group.

    Parameters
    ----------
    level : of the hierarchy, or `FIFTH`.

    Returns
    -------
    `ReportTable`, one row a group; None where events were not kept, or groups are one or too many.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False)
    >>> starts_table(comparison, FIFTH).rows[0][:4]
    ('1 least deprived', '3', '67', '33')
    """
    tree, fifth = c.network.hierarchy, c.network.fifth.astype(np.int64)
    names, member_of = ["1 least deprived", "2", "3", "4", "5 most deprived"], fifth
    if level != FIFTH:
        own = tree.group_at(tree.levels.index(level))
        groups = np.unique(own[own >= 0])
        names, member_of = [tree.names[g] for g in groups], np.where(own >= 0, np.searchsorted(groups, own), -1)
    if not 2 <= len(names) <= MAX_GROUPS or c.network.n < len(names):
        return None
    sizes = np.bincount(member_of[member_of >= 0], minlength=len(names))
    rows: list[list[str]] = [[name, f"{size:,}"] for name, size in zip(names, sizes, strict=True)]
    head: list[Cell] = ["Deprivation" if level == FIFTH else level.capitalize(), "Services"]
    for strategy in c.strategies:
        events = c.outcomes[strategy][0].events
        if events is None:
            return None
        begins = (events["source_kind"] != rules.NO_SOURCE) & np.isin(events["to_state"], IN_USE)
        first = {int(events["service"][k]): k for k in np.flatnonzero(begins)[::-1]}
        is_ready = {service: bool(events["ready"][k] or events["month"][k] == 0) for service, k in first.items()}
        for g, row in enumerate(rows):
            starts = [is_ready[i] for i in np.flatnonzero(member_of == g).tolist() if i in is_ready]
            row += [
                f"{100 * n / sizes[g]:.0f}" if sizes[g] else "no services"
                for n in (sum(starts), len(starts) - sum(starts))
            ]
        head += [("Ready, %", strategy), ("Unready, %", strategy)]
    return ReportTable(
        "Services that started in the first run, by whether they were ready when they first did, % of all services of "
        "a group; the others never started. Starting sites count as ready",
        tuple(head),
        tuple(tuple(row) for row in rows),
    )


def stops_table(c: ComparisonResults) -> ReportTable | None:
    """Return under what circumstances services gave up or stopped in the first run.

    Returns
    -------
    `ReportTable`, one row a strategy; None where its events were not kept or it had parameters of its own.

    Examples
    --------
    >>> stops_table(ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False)).rows[0][:2]
    ('one-neighbour-is-enough', '0')
    """
    if c.sets is not None:
        return None
    rows = []
    for plan in c.plans:
        events = c.outcomes[plan.name][0].events
        if events is None:
            return None
        is_stop = np.isin(events["from_state"], IN_USE) & ~np.isin(events["to_state"], IN_USE)
        places = np.flatnonzero(is_stop)
        service, month = events["service"][places], events["month"][places]
        pressed = under_pressure(c.network, plan, c.scenario.run.seed, 0)[month - 1, service]
        people_left = turnovers(c.network, plan, c.scenario.run.seed, 0)
        entered = [_entered(events, int(place)) for place in places]
        lost_people = [people_left[a : b - 1, i].any() for a, b, i in zip(entered, month, service, strict=True)]
        unpaid = _incentive_lost(c, plan)[month - 1, service]
        ended = month > plan.stop_month
        held = np.array([pressed, np.array(lost_people, dtype=bool), unpaid, ended])
        cells = (*held.sum(axis=1), np.sum(~held.any(axis=0)))
        n = len(places)
        shares = [f"{100 * int(count) / n:.0f}" if n else "nobody stopped" for count in cells]
        rows.append((plan.name, f"{n:,}", *shares))
    return ReportTable(
        "Services that gave up or stopped in the first run, and % of them by what held then; several may hold at once",
        (
            "Strategy",
            "Times",
            "Group under pressure",
            "People had left since it began",
            "Pay had stopped",
            "Programme, and its support, had ended",
            "None of these",
        ),
        tuple(rows),
    )


def _incentive_lost(c: ComparisonResults, plan: Plan) -> np.ndarray:
    """Return in which months, and for which services, pay had stopped in the first run: shape (months, n)."""
    if not plan.triggers:
        lost = np.array([m.incentive_lost > 0.0 for m in plan.levers], dtype=bool)
        return np.repeat(lost[:, None], c.network.n, axis=1)
    by_unit = run_plan(c.network, plan, c.scenario.run.seed, 0, "compiled").by_unit
    assert by_unit is not None
    return np.asarray(by_unit.levers[by_unit.unit_of, :, rules.Levers._fields.index("incentive_lost")].T > 0.0)


def _entered(events: Mapping[str, np.ndarray], place: int) -> int:
    """Return the month in which the spell began that ends with the event at `place`."""
    own = np.flatnonzero(events["service"][:place] == events["service"][place])
    begins = own[events["source_kind"][own] != rules.NO_SOURCE]
    return int(events["month"][begins[-1]])
