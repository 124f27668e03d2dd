"""Programmes that respond: when each rule of a strategy began to apply, and in how many runs.

What belongs here: the counting over runs, and what is said of it. What does not: when a rule applies
(``drivers.pathways``).

Examples
--------
Those of the functions run a classroom whose programme responds:

>>> rule = "strategies.one-neighbour-is-enough.rules=[{when='reach >= 0.5', set={celebration=1.0}, months=2}]"
>>> scenario = ss.load_scenario("classroom", [rule])
>>> comparison = ss.compare(scenario, replicates=2, driver="mesa", workers=1, frontier=False)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spreadsim.drivers.running import Outcome
from spreadsim.levers import LEVERS
from spreadsim.network.data import Network
from spreadsim.outcomes.run import Firing, Run
from spreadsim.scenario.plan import Plan, Trigger
from spreadsim.telling.wording import listed

_LABELS = {one.name: one.label[0].lower() + one.label[1:] for one in LEVERS}


@dataclass(frozen=True)
class RuleSummary:
    """One rule of a strategy over all runs.

    Attributes
    ----------
    strategy : its name.
    rule : its number in the strategy's list, from 1.
    when, set, months, each : as in the scenario; `set` has the levers that a balance stands for.
    runs, replicates : in how many runs it began to apply, of how many.
    most_often : month in which it first began most often, over runs and groups; None if never.
    earliest, latest : first and last month in which it first began in any; None if never.
    groups : mean number of groups in which it began, over the runs in which it did; None where it judges all
        services together, or never began.

    Examples
    --------
    >>> row = rule_summaries(comparison.plans, comparison.outcomes)[0]
    >>> row.runs, row.replicates, row.most_often
    (2, 2, 4)
    """

    strategy: str
    rule: int
    when: str
    set: Mapping[str, Any]
    months: int | None
    each: str | None
    runs: int
    replicates: int
    most_often: int | None
    earliest: int | None
    latest: int | None
    groups: float | None


def rule_summaries(plans: Sequence[Plan], outcomes: Mapping[str, Sequence[Outcome]]) -> list[RuleSummary]:
    """Return when each rule of each strategy began to apply, and in how many runs.

    Parameters
    ----------
    plans : of the strategies.
    outcomes : of each strategy, by replicate.

    Returns
    -------
    A row a rule, by strategy.

    Examples
    --------
    >>> [(row.strategy, row.rule) for row in rule_summaries(comparison.plans, comparison.outcomes)]
    [('one-neighbour-is-enough', 1)]
    """
    rows = []
    for plan in plans:
        for place, trigger in enumerate(plan.triggers):
            first = [_first_by_group(outcome.firings, place) for outcome in outcomes[plan.name]]
            months = [month for groups in first for month in groups.values()]
            began = [groups for groups in first if groups]
            rows.append(
                RuleSummary(
                    strategy=plan.name,
                    rule=place + 1,
                    when=trigger.condition.text,
                    set=dict(trigger.settings),
                    months=trigger.months,
                    each=trigger.each,
                    runs=len(began),
                    replicates=len(first),
                    most_often=min(_commonest(months), default=None),
                    earliest=min(months, default=None),
                    latest=max(months, default=None),
                    groups=float(np.mean([len(groups) for groups in began])) if trigger.each and began else None,
                )
            )
    return rows


def _first_by_group(firings: Sequence[Firing], rule: int) -> dict[str, int]:
    """Return the month in which a rule first began, by group of services."""
    first: dict[str, int] = {}
    for firing in firings:
        if firing.rule == rule:
            first.setdefault(firing.group, firing.month)
    return first


def _commonest(months: Sequence[int]) -> list[int]:
    """Return the months that are listed most often."""
    counts = Counter(months)
    most = max(counts.values(), default=0)
    return [month for month, count in counts.items() if count == most]


def action_text(trigger: Trigger | RuleSummary) -> str:
    """Return what a rule does, in words.

    Parameters
    ----------
    trigger : a rule, or its summary.

    Returns
    -------
    A phrase.

    Examples
    --------
    >>> action_text(comparison.plans[0].triggers[0])
    'celebration of second leaders 1 for 2 months'
    """
    settings = trigger.settings if isinstance(trigger, Trigger) else trigger.set
    parts = [f"{_LABELS[name]} {value:g}" if not isinstance(value, str) else f"{_LABELS[name]}: {value}"
             for name, value in settings.items()]  # fmt: skip
    spell = "from then on" if trigger.months is None else "for one month" if trigger.months == 1 else (
        f"for {trigger.months} months"
    )  # fmt: skip
    return f"{listed(parts)} {spell}" + (f", {trigger.each} by {trigger.each}" if trigger.each else "")


def frequency_text(row: RuleSummary) -> str:
    """Return in how many runs a rule began to apply, and when.

    Parameters
    ----------
    row : of the rule.

    Returns
    -------
    A phrase.

    Examples
    --------
    >>> frequency_text(rule_summaries(comparison.plans, comparison.outcomes)[0])
    'in 2 of 2 runs, most often in month 4'
    """
    if not row.runs:
        return f"in none of {row.replicates} runs"
    where = "" if row.groups is None else f", there in {row.groups:.3g} {row.each}s on average"
    return f"in {row.runs} of {row.replicates} runs{where}, most often in month {row.most_often}"


def rules_line(plans: Sequence[Plan], outcomes: Mapping[str, Sequence[Outcome]]) -> str:
    """Return when the rules of all strategies began to apply, in one line; empty where there are none.

    Parameters
    ----------
    plans, outcomes : as of `rule_summaries`.

    Returns
    -------
    A sentence.

    Examples
    --------
    >>> rules_line(comparison.plans, comparison.outcomes)
    'Rules began to apply: one-neighbour-is-enough, rule 1 in 2 of 2 runs, most often in month 4.'
    """
    rows = rule_summaries(plans, outcomes)
    parts = [f"{row.strategy}, rule {row.rule} {frequency_text(row)}" for row in rows]
    return f"Rules began to apply: {'; '.join(parts)}." if parts else ""


def responses_to(network: Network, service: int, run: Run, plan: Plan) -> list[tuple[int, str]]:
    """Return how the programme responded where a service stands, by month.

    Parameters
    ----------
    network, run, plan : what was run.
    service : uid.

    Returns
    -------
    Month and text of each response.

    Examples
    --------
    >>> from spreadsim.drivers.mesa_model import run_with_mesa
    >>> run = run_with_mesa(comparison.network, comparison.plans[0], 1, 0)
    >>> responses_to(comparison.network, 0, run, comparison.plans[0])[0]
    (4, 'the programme responds (rule 1: reach >= 0.5): celebration of second leaders 1 for 2 months')
    """
    if run.by_unit is None:
        return []
    tree = network.hierarchy
    own = {""}
    for place, level in enumerate(tree.levels):
        group = int(tree.group_at(place)[service])
        own.add(tree.names[group] if group >= 0 else f"no {level}")
    answer = []
    for firing in run.by_unit.firings:
        trigger = plan.triggers[firing.rule]
        if firing.group in own:
            told = f"rule {firing.rule + 1}: {trigger.condition.text}"
            answer.append((firing.month, f"the programme responds ({told}): {action_text(trigger)}"))
    return answer
