"""How strategies that are no points of the dial stand beside it, and the mixes that nobody gave.

What belongs here: which strategies lie off the dial, whether one beats every point of it, and sentences of these and of
the best mixes at no more cost. What does not: which balance is best (``findings``), the search (``better_mixes``).

comparison : outcomes of every strategy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from spreadsim.comparison.answer import share_text
from spreadsim.comparison.better_mixes import BetterMix
from spreadsim.comparison.mixes import mix_words
from spreadsim.comparison.results import AS_GIVEN, ComparisonResults
from spreadsim.levers import LEVERS
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.outcomes.statistics import LEVEL, Difference, difference_of
from spreadsim.scenario.document import Strategy
from spreadsim.scenario.plan import plan
from spreadsim.telling.wording import bounds, change, listed, value

MOST_SENTENCES = 3
OF_LEVERS = {"title", "balance", "schedule", *(one.name for one in LEVERS)}


@dataclass(frozen=True)
class OffDial:
    """A strategy that is no point of the dial, beside the points.

    Attributes
    ----------
    strategy : its name.
    best : balance of the point with the highest benefit.
    gain : the strategy minus that point, in sustained benefit; paired, at a level that covers all points jointly.
    beats_all : whether its benefit is clearly above that of every point.
    cost, costs : mean staff-days per service of the strategy, and of the points from least to most.

    Examples
    --------
    >>> from spreadsim.outcomes.statistics import difference
    >>> gain = difference(np.array([0.40, 0.42, 0.41]), np.array([0.30, 0.31, 0.32]))
    >>> OffDial("blend", 0.6, gain, beats_all=True, cost=34.2, costs=(24.6, 32.3)).costs_most
    True
    """

    strategy: str
    best: float
    gain: Difference
    beats_all: bool
    cost: float
    costs: tuple[float, float]

    @property
    def costs_most(self) -> bool:
        """Whether it costs more than every point of the dial."""
        return self.cost > self.costs[1]


def is_on_dial(comparison: ComparisonResults, name: str) -> bool:
    """Return whether a strategy is a point of the dial.

    Parameters
    ----------
    name : of the strategy.

    Returns
    -------
    A boolean: whether a balance alone, with the scenario's programme, does in every month what the strategy does.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> is_on_dial(comparison, "one-neighbour-is-enough")
    True
    """
    scenario = comparison.scenario
    strategy: Any = scenario.strategies[name]
    if set(strategy.model_dump(exclude_unset=True, exclude_none=True)) - OF_LEVERS:
        return False
    balance = strategy.balance if strategy.balance is not None else strategy.peer_programme
    return plan(scenario, name, strategy).levers == plan(scenario, name, Strategy(balance=balance)).levers


def off_dial(comparison: ComparisonResults) -> list[OffDial]:
    """Return how every strategy that is no point of the dial stands beside it.

    Returns
    -------
    In the scenario's order; nothing where there is no dial, or a single run of each balance.

    Examples
    --------
    >>> off_dial(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False))
    []
    """
    frontier = comparison.frontier
    if frontier is None or "balance" not in frontier.points[0].settings:
        return []
    best, _ = frontier.best("benefit")
    if best is None:
        return []
    places = frontier.arm(AS_GIVEN)
    costs = [float(frontier.values["cost"][i].mean()) for i in places]
    rows = []
    for name in comparison.strategies:
        own = comparison.values(name, "benefit")[: frontier.values["benefit"].shape[1]]
        if np.isnan(own).any() or is_on_dial(comparison, name):
            continue
        level = 1.0 - (1.0 - LEVEL) / len(places)
        gains = {i: difference_of(BY_NAME["benefit"], own, frontier.values["benefit"][i], level) for i in places}
        beats_all = all(bool(d.told_apart) and d.mean is not None and d.mean > 0 for d in gains.values())
        rows.append(
            OffDial(
                name,
                float(frontier.points[best].settings["balance"]),
                gains[best],
                beats_all,
                float(comparison.values(name, "cost").mean()),
                (min(costs), max(costs)),
            )
        )
    return rows


def off_dial_sentences(comparison: ComparisonResults) -> list[str]:
    """Return how the strategies that are no points of the dial stand beside it, in words.

    Returns
    -------
    One sentence a strategy; none where there is no dial.

    Examples
    --------
    >>> off_dial_sentences(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False))
    []
    """
    return [_off_dial_sentence(one) for one in off_dial(comparison)]


def _off_dial_sentence(one: OffDial) -> str:
    head = f"Your strategy {one.strategy} is not a point of this dial"
    gain, interval = one.gain, bounds("benefit", one.gain.low, one.gain.high, sign=True)
    size = f"{change('benefit', gain.mean)} ({interval})"
    effort = f"its effort is {value('cost', one.cost)} per service, against {bounds('cost', *one.costs)} on the dial"
    if one.beats_all:
        return (
            f"{head}; it beats every point of it on sustained benefit, the best of them (balance {one.best:g}) by "
            f"{size.lstrip('+')}; {effort}."
        )
    if gain.told_apart and gain.mean is not None and gain.mean < 0:
        return f"{head}; the dial does better on sustained benefit at balance {one.best:g}: {size}; {effort}."
    if gain.told_apart:
        return (
            f"{head}; on sustained benefit it lies above the dial's highest mean, at balance {one.best:g}, by "
            f"{size.lstrip('+')}, but not clearly above every point; {effort}."
        )
    return (
        f"{head}; on sustained benefit it cannot be distinguished from the dial's best point, balance {one.best:g}: "
        f"{size}; {effort}."
    )


def mix_sentences(comparison: ComparisonResults) -> list[str]:
    """Return the mixes that nobody gave: the best that was found at no more cost than each strategy, in words.

    Returns
    -------
    Sentences; none where there was no search.

    Examples
    --------
    >>> mix_sentences(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False))
    []
    """
    mixes = comparison.better_mixes
    if mixes is None:
        return []
    better = [row for row in mixes.rows if row.is_better]
    rest = [row.strategy for row in mixes.rows if not row.is_better]
    sentences = [_mix_sentence(row) for row in better[:MOST_SENTENCES]]
    if len(better) > MOST_SENTENCES:
        others = listed([row.strategy for row in better[MOST_SENTENCES:]])
        sentences.append(f"There is such a mix for {others} too; the table has them.")
    if rest:
        over = ", on average over plausible worlds," if mixes.n_choice_worlds else ""
        sentences.append(
            f"For {listed(rest)} the search found no mix that{over} does clearly better on sustained benefit at no "
            "more cost."
        )
    if mixes.without:
        sentences.append(f"For {listed(list(mixes.without))} it found no other mix that costs no more.")
    tried = f"{mixes.n_mixes} mixes of the levers were tried, within the scenario's programme and at its own parameters"
    judged = f"each was chosen on {mixes.n_choice} runs and judged on {mixes.n_evaluation} others"
    if mixes.n_choice_worlds:
        judged = (
            f"each that is named was chosen from the best of them in {mixes.n_choice_worlds} plausible worlds and "
            "judged in others, with other luck"
        )
    return [*sentences, f"{tried}; {judged}. A longer search may find better ones ('spreadsim advise')."]


def mix_summary(comparison: ComparisonResults) -> str:
    """Return for a board by how much mixes that nobody gave do better at no more cost; what they are is told elsewhere.

    Returns
    -------
    A sentence; empty where no mix does better.

    Examples
    --------
    >>> mix_summary(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False))
    ''
    """
    mixes = comparison.better_mixes
    better = [] if mixes is None else [row for row in mixes.rows if row.is_better]
    if not better:
        return ""
    gains = [f"{_gain(row)[0]} than {row.strategy}" for row in better[:MOST_SENTENCES]]
    over = ", on average over plausible worlds" if better[0].in_worlds else ""
    return (
        f"At no more cost, mixes of the levers that you did not give do better on sustained benefit{over}, by "
        f"{listed(gains)}; the appendix on benefit against effort says which."
    )


def _gain(row: BetterMix) -> tuple[str, str]:
    """Return by how much a mix does better, and the interval: on average over worlds, where there are any."""
    own = row.differences["benefit"]
    mean, low, high = own.mean, own.low, own.high
    if row.in_worlds is not None:
        found = row.in_worlds.benefit.mean
        mean, low, high = found.value, found.low, found.high
    return change("benefit", mean).lstrip("+"), bounds("benefit", low, high)


def _mix_sentence(row: BetterMix) -> str:
    gap, cost, found = row.differences["equity_gap"], row.differences["cost"].mean, row.in_worlds
    effort = f"{value('cost', row.summaries['cost'].mean)} per service"
    if found is not None:
        effort += " at the scenario's own values"
    if row.is_dearer:
        more, on = (cost, "runs") if found is None else (found.cost.mean.value, "worlds")
        effort += f", on these {on} {change('cost', more).lstrip('+')} more than {row.strategy}"
    equity = "the gap between the least and the most deprived fifth does not clearly change"
    if gap.mean is None:
        equity = "the equity gap is not defined"
    elif gap.told_apart:
        size = f"{'wider' if gap.mean > 0 else 'narrower'} by {change('equity_gap', abs(gap.mean)).lstrip('+')}"
        equity = f"the gap between the least and the most deprived fifth is {size}"
    size, interval = _gain(row)
    over = ""
    if found is not None:
        over = (
            f" on average over {found.n_worlds} plausible worlds that it was not chosen in, and in "
            f"{share_text(found.pair.better)} of them"
        )
    return (
        f"At no more cost than {row.strategy}, a mix that you did not give does better on sustained benefit, by {size} "
        f"({interval}){over}: {value('benefit', row.summaries['benefit'].mean)} of the full effect for {effort}, "
        f"with {mix_words(row.levers)}; {equity}."
    )
