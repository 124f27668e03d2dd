"""What a comparison shows, in plain words.

What belongs here: functions of a `Comparison` that return sentences for a board paper, and what those sentences rest
on. Nothing is called better unless its interval says so: with one run of each strategy nothing is. What does not: how
sentences are laid out (``report``) and how numbers are written (``telling.wording``).

comparison : outcomes of every strategy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spreadsim.comparison.aggregates import (
    FIFTH,
    generations,
    groups,
    levels,
    lowest_and_highest,
    means,
    monthly,
    people_served,
)
from spreadsim.comparison.answer import best_in_worlds, hinge_sentence, size_sentence
from spreadsim.comparison.dial import mix_sentences, off_dial_sentences
from spreadsim.comparison.doubt import difference_that_matters
from spreadsim.comparison.results import ARMS, AS_GIVEN, ComparisonResults, FrontierResults
from spreadsim.comparison.standings import (
    HORIZONS,
    Standing,
    leader_sentence,
    mean_text,
    pair_sentence,
    paired_difference,
    standing,
    tied_difference,
    wins,
)
from spreadsim.network.provenance import extent_of_draws
from spreadsim.outcomes.statistics import difference, told_apart_from_best
from spreadsim.telling.wording import bounds, change, listed, people, ranges, value, years

CAUTION = "This compares ways of spreading under stated assumptions; it does not forecast."


@dataclass(frozen=True)
class Finding:
    """One part of what a comparison shows.

    Attributes
    ----------
    key : its name in the report.
    heading : in words.
    sentences : in order.

    Examples
    --------
    >>> Finding("caution", "Caution", (CAUTION,)).heading
    'Caution'
    """

    key: str
    heading: str
    sentences: tuple[str, ...]


def _whose_luck(comparison: ComparisonResults) -> str:
    """Return what the headline of a comparison without plausible worlds speaks of, as the beginning of a sentence."""
    if comparison.sets is not None:
        return f"Over luck and the {len(comparison.sets.paths)} parameters of {comparison.sets.file}, "
    return "With the scenario's own values, counting luck alone, "


def _lead_that_matters(comparison: ComparisonResults, place: Standing) -> str:
    """Return a remark where the leader leads by less than matters; empty where by enough."""
    names = comparison.strategies
    decision, months = comparison.scenario.decision, comparison.scenario.run.months
    matters = difference_that_matters(decision.difference_that_matters, place.measure, months)
    best = comparison.summaries[place.leader or names[0]][place.measure].mean
    others = [comparison.summaries[name][place.measure].mean for name in names if name != place.leader]
    if best is None or any(other is None for other in others):
        return ""
    gap = min(abs(best - other) for other in others if other is not None)
    return "" if gap >= matters else f" by {change(place.measure, gap).lstrip('+')}, less than matters here"


def headline(comparison: ComparisonResults) -> str:
    """Return the finding in one sentence: under doubt where plausible worlds were run, else of luck alone.

    Returns
    -------
    A sentence that names both horizons.

    Examples
    --------
    >>> print(headline(ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False)))
    Each strategy was run only once, so no strategy can be called better.
    """
    if len(comparison.strategies) == 1:
        return f"Only one strategy was run, {comparison.strategies[0]}, so there is nothing to compare it with."
    return best_in_worlds(comparison.doubt) or headline_of_luck(comparison)


def headline_of_luck(comparison: ComparisonResults) -> str:
    """Return which strategy leads with the scenario's own values, where only luck is counted.

    Returns
    -------
    A sentence.

    Examples
    --------
    >>> print(headline_of_luck(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)))
    With the scenario's own values, counting luck alone, ...
    """
    if comparison.n_replicates == 1:
        return "Each strategy was run only once, so no strategy can be called better."
    if comparison.has_too_few_sets:
        return (
            f"{comparison.n_replicates} runs, each with parameters of its own, are too few to say which strategy is "
            "better."
        )
    span = years(comparison.scenario.run.months)
    lasting, total = standing(comparison, "benefit"), standing(comparison, "cumulative_benefit")
    if lasting.highest is None or total.highest is None:
        return "Not every run has a value for benefit, so no strategy can be called better."
    whose = _whose_luck(comparison)
    of_lasting, of_total = "sustained benefit (what lasts)", f"cumulative benefit (the total over {span})"
    small, small_total = (_lead_that_matters(comparison, p) if p.leader else "" for p in (lasting, total))
    if lasting.leader and lasting.leader == total.leader:
        return f"{whose}{lasting.leader} leads on both {of_lasting}{small} and {of_total}{small_total}."
    if lasting.leader and total.leader:
        return (
            f"{whose}the horizon changes the answer: {lasting.leader} leads on {of_lasting}{small}, {total.leader} on "
            f"{of_total}{small_total}."
        )
    if lasting.tied == total.tied:
        return f"{whose}{listed(list(lasting.tied))} cannot be distinguished, either on {of_lasting} or on {of_total}."
    parts = []
    for place, what, remark in ((lasting, of_lasting, small), (total, of_total, small_total)):
        if place.leader:
            parts.append(f"on {what}, {place.leader} leads{remark}")
        else:
            parts.append(f"on {what}, {listed(list(place.tied))} cannot be distinguished")
    return f"{whose}{'; '.join(parts)}."


def answer(comparison: ComparisonResults) -> list[str]:
    """Return what a reader should know first: the headline, and under doubt by how much and what it hangs on.

    Returns
    -------
    One to three sentences.

    Examples
    --------
    >>> len(answer(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)))
    1
    """
    rest = (size_sentence(comparison), hinge_sentence(comparison))
    return [headline(comparison), *(sentence for sentence in rest if sentence)]


def own_values_sentences(comparison: ComparisonResults) -> list[str]:
    """Return which strategy leads with the scenario's own values, on either horizon.

    Returns
    -------
    Sentences; the first says, under doubt, that these and all that follow are of one world.

    Examples
    --------
    >>> len(own_values_sentences(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)))
    2
    """
    one_world = "All that follows is of one more plausible world, the scenario's own; its intervals count luck alone."
    remark = [one_world] if comparison.doubt is not None and comparison.doubt.answers else []
    return remark + [leader_sentence(comparison, measure) for measure in HORIZONS]


def people_sentences(comparison: ComparisonResults) -> list[str]:
    """Return sustained benefit in people: benefit times the people served, as if each had the full effect or none.

    Returns
    -------
    Sentences; none where a run has no benefit.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> print(people_sentences(comparison)[0])
    Of about 126,000 people served (numbers drawn at random, not taken from data), the sustained ...
    """
    n_people = people_served(comparison)
    values = {name: comparison.values(name, "benefit") * n_people for name in comparison.strategies}
    if any(np.isnan(v).any() for v in values.values()):
        return []
    amounts = listed([f"{people(float(np.mean(v)))} under {name}" for name, v in values.items()])
    extent = extent_of_draws(comparison.network, "population")
    whose = "" if extent in ("", "all") else f" for {extent}"
    note = f" (numbers drawn at random, not taken from data{whose})" if extent else ""
    sentences = [
        f"Of about {people(float(np.mean(n_people)))} people served{note}, the sustained benefit is worth the full "
        f"effect for {amounts}."
    ]
    place = standing(comparison, "benefit")
    if place.highest is None:
        return sentences
    parts = []
    for name in comparison.strategies:
        if name == place.highest:
            continue
        d, joint = difference(values[place.highest], values[name], spread=comparison.sets is not None), ""
        if name in place.tied:
            d, joint = tied_difference(comparison, values[place.highest], values[name])
        if d.mean is None or d.low is None or d.high is None:
            continue
        tail = "" if name not in place.tied else "; no clear difference"
        parts.append(
            f"{people(abs(d.mean))} {'more' if d.mean >= 0 else 'fewer'} than under {name} "
            f"({people(d.low, sign=True)} to {people(d.high, sign=True)}{joint}{tail})"
        )
    if parts:
        sentences.append(f"Under {place.highest}, that is {listed(parts)}.")
    return sentences


def name_only_sentences(comparison: ComparisonResults) -> list[str]:
    """Return how many report adoption without practising it, when the programme stops and at the horizon.

    Returns
    -------
    Sentences.

    Examples
    --------
    >>> name_only_sentences(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False))
    ['No services adopt in name only.']
    """
    months, stops = comparison.scenario.run.months, {plan.stop_month for plan in comparison.plans}
    if not any(monthly(comparison, name, "in_name_only").any() for name in comparison.strategies):
        return ["No services adopt in name only."]
    if len(stops) == 1 and max(stops) < months:
        stop = stops.pop()
        then = [
            f"{value('in_name_only', float(np.mean(monthly(comparison, n, 'in_name_only')[:, stop])), 0)} under {n}"
            for n in comparison.strategies
        ]
        end = [
            f"{value('in_name_only', comparison.summaries[n]['in_name_only'].mean, 0)}" for n in comparison.strategies
        ]
        return [
            f"When the programme stops (month {stop}), the share of services that report adoption without practising "
            "it "
            f"is {listed(then)}; at month {months} it is {listed(end)}{' respectively' if len(end) > 1 else ''}."
        ]
    end = [
        f"{value('in_name_only', comparison.summaries[n]['in_name_only'].mean, 0)} under {n}"
        for n in comparison.strategies
    ]
    return [f"At month {months} the share of services that report adoption without practising it is {listed(end)}."]


def cost_sentences(comparison: ComparisonResults) -> list[str]:
    """Return what each strategy costs in effort.

    Returns
    -------
    Sentences.

    Examples
    --------
    >>> print(*cost_sentences(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)))
    Effort per service is 2.1 staff-days under one-neighbour-is-enough and 1.3 staff-days under ...
    """
    costs = [f"{mean_text(comparison, name, 'cost')} under {name}" for name in comparison.strategies]
    return [
        f"Effort per service is {listed(costs)}; these costs are illustrative, and part of the difference reflects "
        "reach."
    ]


def equity_sentences(comparison: ComparisonResults) -> list[str]:
    """Return who is left behind: by fifth of deprivation, and between the groups of the top level.

    Returns
    -------
    Sentences; none where there are neither fifths nor groups.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> print(equity_sentences(comparison)[-1])
    Deprivation was drawn at random, not taken from data: these gaps follow from how it is assumed to ...
    """
    sentences = []
    fifths = groups(comparison, FIFTH)
    if fifths is not None:
        at = {name: 100 * means(fifths.reach[name]) for name in comparison.strategies}
        reach = [f"{values[-1]:.0f}% against {values[0]:.0f}% under {name}" for name, values in at.items()]
        sentences.append(
            "The share of services in which the improvement was ever embedded, in the most deprived fifth compared "
            "with "
            f"the least deprived, is {listed(reach)}."
        )
        parts = []
        for name in comparison.strategies:
            s = comparison.summaries[name]["equity_gap"]
            if s.mean is not None:
                interval = f" ({bounds('equity_gap', s.low, s.high)})" if s.low is not None else ""
                parts.append(f"{value('equity_gap', s.mean).replace('%', ' points')}{interval} under {name}")
        if parts:
            sentences.append(
                f"The gap in sustained benefit between the least and the most deprived fifth is {listed(parts)}; "
                "a smaller gap can also mean that less is achieved for everyone."
            )
        most = {name: fifths.benefit[name][:, -1] for name in comparison.strategies}
        if len(most) > 1 and comparison.n_replicates > 1:
            best, is_apart = told_apart_from_best(list(most.values()), spread=comparison.sets is not None)
            if best is not None:
                name = comparison.strategies[best]
                tied = [n for n, apart in zip(comparison.strategies, is_apart, strict=True) if not apart]
                amount = f"{100 * float(np.mean(most[name])):.0f}% of the full effect"
                sentences.append(
                    f"The most deprived fifth itself gains most under {name} ({amount})."
                    if len(tied) == 1
                    else f"It is not clear which of {listed(tied)} does most for the most deprived fifth itself."
                )
    extent = extent_of_draws(comparison.network, "deprivation")
    if sentences and extent not in ("", "all"):
        sentences.append(f"Deprivation is taken from data, but drawn at random for {extent}.")
    if sentences and extent == "all":
        sentences.append(
            "Deprivation was drawn at random, not taken from data: these gaps follow from how it is assumed to lower "
            "readiness and capability."
        )
    return sentences + region_sentences(comparison)


def region_sentences(comparison: ComparisonResults) -> list[str]:
    """Return whether groups of the top level differ in reach, under each strategy.

    Returns
    -------
    Sentences; none where there are fewer than two groups, or one replicate.

    Examples
    --------
    >>> region_sentences(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False))
    []
    """
    level_names = levels(comparison)
    top = groups(comparison, level_names[0]) if level_names else None
    if top is None or not 2 <= len(top.names) <= 200 or comparison.n_replicates < 2:
        return []
    apart, similar = [], []
    for name in comparison.strategies:
        values = top.reach[name]
        if np.isnan(values).any():
            continue
        low, high, d = lowest_and_highest(values)
        if d.told_apart:
            at = means(values)
            span = f"from {100 * at[low]:.0f}% in {top.names[low]} to {100 * at[high]:.0f}% in {top.names[high]}"
            apart.append(f"{span} under {name}")
        else:
            similar.append(name)
    sentences = [f"Reach differs from one {top.level} to another: {listed(apart)}."] if apart else []
    if similar:
        sentences.append(f"Under {listed(similar)}, reach does not clearly differ from one {top.level} to another.")
    return sentences


def drift_sentences(comparison: ComparisonResults) -> list[str]:
    """Return how fidelity falls from copy to copy, and since each service began.

    Returns
    -------
    Sentences.

    Examples
    --------
    >>> print(drift_sentences(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False))[0])
    Services start with this share of what the originators intended: 100% after 1 copy and 100% after 6 ...
    """
    parts, since = [], []
    for name in comparison.strategies:
        table = generations(comparison, name)
        defined = [
            (int(g), float(f)) for g, f in zip(table.generation, table.at_start, strict=True) if f == f and g > 0
        ]
        if defined:
            (first, at_first), (last, at_last) = defined[0], defined[-1]
            tail = f" and {100 * at_last:.0f}% after {last}" if last > first else ""
            parts.append(f"{100 * at_first:.0f}% after {first} {'copy' if first == 1 else 'copies'}{tail} under {name}")
        d = comparison.summaries[name]["fidelity_drift"].mean
        if d is not None:
            since.append(f"{change('fidelity_drift', d)} under {name}")
    sentences = []
    if parts:
        sentences.append(f"Services start with this share of what the originators intended: {listed(parts)}.")
    if since:
        sentences.append(f"Since starting, the services in which it is still embedded have changed by {listed(since)}.")
    return sentences


def frontier_sentences(frontier: FrontierResults | None) -> list[str]:
    """Return the balances that cannot be distinguished from the best, for both horizons and both arms.

    Parameters
    ----------
    frontier : outcomes by balance; None where there are none.

    Returns
    -------
    Sentences; none where there is no frontier, or one over levers.

    Examples
    --------
    >>> frontier_sentences(ss.frontier("classroom", replicates=1, driver="mesa", workers=1))
    ['Each balance was run only once, so no range of best balances can be given.']
    """
    if frontier is None:
        return []
    if "balance" not in frontier.points[0].settings:
        return []
    sentences: list[str] = []
    in_worlds = best_in_worlds(frontier.doubt)
    after = frontier.points[0].plan.programme.latitude_after
    for arm, words in ARMS.items():
        places = frontier.arm(arm)
        if not places:
            continue
        balances = [frontier.points[i].settings["balance"] for i in places]
        parts = []
        for measure, label in HORIZONS.items():
            best, same = frontier.best(measure, arm)
            if best is None:
                continue
            at = frontier.points[best].settings["balance"]
            rest = [frontier.points[i].settings["balance"] for i in same if i != best]
            also = (
                f", which cannot be distinguished from {ranges(rest, balances)}"
                if rest
                else ", clearly higher than at every other balance"
            )
            parts.append(f"{label} is highest at {at:g}{also}")
        if parts:
            value = f" ({after if isinstance(after, str) else f'{after:g}'})" if arm == AS_GIVEN else ""
            sentences.append(f"With {words}{value}, {'; '.join(parts)}.")
    if not sentences:
        return ["Each balance was run only once, so no range of best balances can be given."]
    return [
        *([in_worlds] if in_worlds else []),
        "With the scenario's own values, on the dial from 0 (a fixed package, mandated) to 1 (organic):",
        *sentences,
        "The dial moves its levers together, and effort falls from one end of it to the other: it is only one of many "
        "possible paths.",
    ]


def findings(comparison: ComparisonResults) -> list[Finding]:
    """Return what a comparison shows, in the order in which a board would read it.

    Returns
    -------
    One `Finding` for each part that has a sentence.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> [finding.key for finding in findings(comparison)]
    ['headline', 'benefit', 'people', 'name_only', 'cost', 'equity', 'drift', 'caution']
    """
    parts: list[tuple[str, str, Sequence[str]]] = [
        ("headline", "Finding", answer(comparison)),
        ("benefit", "How certain", own_values_sentences(comparison)),
        ("people", "In numbers of people", people_sentences(comparison)),
        ("name_only", "In name only", name_only_sentences(comparison)),
        ("cost", "Effort", cost_sentences(comparison)),
        ("frontier", "The balance", frontier_sentences(comparison.frontier)),
        ("off_dial", "Beside the dial", off_dial_sentences(comparison)),
        ("mixes", "A mix that you did not give", mix_sentences(comparison)),
        ("equity", "Who is left behind", equity_sentences(comparison)),
        ("drift", "Fidelity drift", drift_sentences(comparison)),
        ("caution", "Caution", [CAUTION]),
    ]
    return [Finding(key, heading, tuple(sentences)) for key, heading, sentences in parts if sentences]


__all__ = [
    "CAUTION", "HORIZONS", "Finding", "Standing", "answer", "cost_sentences", "drift_sentences", "equity_sentences",
    "findings", "frontier_sentences", "headline", "headline_of_luck", "leader_sentence", "name_only_sentences",
    "own_values_sentences", "pair_sentence", "paired_difference", "people_sentences", "region_sentences", "standing",
    "wins",
]  # fmt: skip
