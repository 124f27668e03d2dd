"""What advice says: which sites and why, the waves, the support, and whether it beats a simple rule, in words.

What belongs here: sentences and tables made of an `Advice`, for the terminal, the page and JSON. No winner is named
where the paired interval on held-out replicates holds zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from spreadsim.advice.results import AdviceResults, Evaluation
from spreadsim.comparison.terminal import number
from spreadsim.measures import Measure
from spreadsim.network.provenance import drawn_traits
from spreadsim.network.site_choice import FEATURES, SIMPLE_RULES, features, percentile_ranks
from spreadsim.outcomes.statistics import Difference, Summary
from spreadsim.scenario.plan import plan
from spreadsim.telling.terminal import WIDTH, text_table
from spreadsim.telling.wording import listed, measure_of

MAIN_MEASURES = ("cumulative_benefit", "benefit", "equity_gap", "reach", "months_to_half", "cost")
HIGH, LOW = 0.75, 0.25  # a mean rank among all services that is worth mentioning


def _sign(measure: str | Measure) -> float:
    """Return 1 where higher is better, else -1."""
    return -1.0 if measure_of(measure).better == "lower" else 1.0


def verdict(gain: Difference, measure: str | Measure) -> str:
    """Return how the advice stands to another choice.

    Parameters
    ----------
    gain : advice minus the other choice.
    measure : of the gain.

    Returns
    -------
    ``better``, ``worse`` or ``no clear difference``.

    Examples
    --------
    >>> from spreadsim.outcomes.statistics import difference
    >>> gain = difference(np.array([0.5, 0.6, 0.7]), np.array([0.3, 0.4, 0.5]))
    >>> verdict(gain, "reach"), verdict(gain, "cost")
    ('better', 'worse')
    """
    if gain.mean is None or not gain.told_apart:
        return "no clear difference"
    return "better" if _sign(measure) * gain.mean > 0 else "worse"


def interval(gain: Difference, measure: str | Measure) -> str:
    """Return a paired difference with its interval.

    Parameters
    ----------
    gain : the difference.
    measure : of it, for the number of digits.

    Returns
    -------
    Text.

    Examples
    --------
    >>> from spreadsim.outcomes.statistics import difference
    >>> interval(difference(np.array([0.5, 0.6, 0.7]), np.array([0.3, 0.4, 0.5])), "reach")
    '+0.200 (0.200 to 0.200)'
    """
    unit = measure_of(measure).unit
    if gain.mean is None:
        return f"not in every run (n {gain.n})"
    text = f"{gain.mean:+.3f}" if not number(0.0, unit).endswith(".0") else f"{gain.mean:+.1f}"
    if gain.low is None:
        return text
    return f"{text} ({number(gain.low, unit)} to {number(gain.high, unit)})"


def _cell(summary: Summary, measure: str | Measure) -> str:
    unit = measure_of(measure).unit
    if summary.mean is None:
        return "never" if summary.median is None else f"median {number(summary.median, unit)}"
    return number(summary.mean, unit)


def support_and_waves(advice: AdviceResults) -> str:
    """Return the support and waves of the advice in words.

    Parameters
    ----------
    advice : what to do.

    Returns
    -------
    A sentence.

    Examples
    --------
    >>> advice = ss.advise("classroom", months=12, candidates=4, search_replicates=2, replicates=2)
    >>> support_and_waves(advice).split()[0]
    'Support'
    """
    choice = advice.choice
    words = f"Support {choice.support:g} with room for {choice.support_capacity:.1%} of services at full strength"
    if not any(m.mandate > 0 for m in plan(advice.scenario, advice.strategy).levers):
        return f"{words}."
    if not choice.months_between:
        return f"{words}; the instruction goes to everyone at once."
    order = f": {', '.join(choice.order)}" if choice.order else ""
    months = "a month" if choice.months_between == 1 else f"{choice.months_between} months"
    return f"{words}; the instruction goes out in waves {months} apart{order}."


def _is_over_budget(advice: AdviceResults, evaluation: Evaluation) -> bool:
    """Return whether a choice costs more than the budget on the held-out replicates."""
    cost = evaluation.summaries["cost"].mean
    return cost is not None and cost > advice.budget


# ------------------------------------------------------------------------------------------------- why these sites


def site_rows(advice: AdviceResults) -> list[dict[str, Any]]:
    """Return the starting sites: who each is, where it stands, and why in words.

    Parameters
    ----------
    advice : what to do.

    Returns
    -------
    One row a site; none where sites are drawn at random.

    Examples
    --------
    >>> advice = ss.advise("classroom", months=12, candidates=4, search_replicates=2, replicates=2)
    >>> len(site_rows(advice)) == len(advice.choice.sites or [])
    True
    """
    net, values = advice.network, features(advice.network)
    ranks = {name: percentile_ranks(values) for name, values in values.items()}
    tree = net.hierarchy
    of_level = {level: tree.group_at(place) for place, level in enumerate(tree.levels)}
    rows = []
    for i in advice.choice.sites or ():
        row: dict[str, Any] = {"service": net.ids[i], "name": net.names[i]}
        for level, group in of_level.items():
            row[level] = tree.names[group[i]] if group[i] >= 0 else None
        row |= {
            "listeners": int(values["listeners"][i]),
            "core_number": int(values["core_number"][i]),
            "readiness": float(net["readiness"][i]),
            "capability": float(net["capability"][i]),
            "deprivation_fifth": int(net.fifth[i]) + 1 if net.fifth[i] >= 0 else None,
            "context": float(net["context"][i]),
            "population": float(net["population"][i]),
            "why": _why_one(net.names[i], {name: float(ranks[name][i]) for name in ranks}, values, i),
            "drawn": ", ".join(name.replace("_", " ") for name in drawn_traits(net, i)),
        }
        rows.append(row)
    return rows


def _why_one(name: str, ranks: Mapping[str, float], values: Mapping[str, np.ndarray], i: int) -> str:
    words = {
        "listeners": f"{int(values['listeners'][i])} services listen to it",
        "readiness": f"readiness {values['readiness'][i]:.2f}",
        "capability": f"capability {values['capability'][i]:.2f}",
        "deprivation": "among the most deprived",
        "population": f"serves {values['population'][i]:,.0f} people",
        "closeness": "its context is close to the originators'",
        "neighbours": "those that listen to it are ready",
    }
    reasons = [words[key] for key in words if ranks[key] >= 0.8]
    return "; ".join(reasons) if reasons else "chosen for its combination of attributes, not for any one of them"


def why(advice: AdviceResults) -> list[str]:
    """Return what marks the chosen sites off from all services.

    Parameters
    ----------
    advice : what to do.

    Returns
    -------
    Sentences.

    Examples
    --------
    >>> advice = ss.advise("classroom", months=12, candidates=4, search_replicates=2, replicates=2)
    >>> len(why(advice)) > 0
    True
    """
    if advice.choice.sites is None:
        return ["Any services will do: nothing beat sites chosen at random when the winner was selected."]
    sites, net = np.array(advice.choice.sites), advice.network
    mean = {name: float(percentile_ranks(values)[sites].mean()) for name, values in features(net).items()}
    high = [f"{FEATURES[name]} ({at:.0%})" for name, at in mean.items() if at >= HIGH]
    low = [f"{FEATURES[name]} ({at:.0%})" for name, at in mean.items() if at <= LOW]
    lines = []
    if high or low:
        lines.append(
            "What distinguishes the chosen sites (their mean rank among all services, 50% being the middle): "
            + "; ".join(([f"high {listed(high)}"] if high else []) + ([f"low {listed(low)}"] if low else []))
            + "."
        )
    else:
        lines.append("No single attribute distinguishes the chosen sites: all their mean ranks lie in the middle half.")
    if advice.network.hierarchy.levels:
        tree = net.hierarchy
        groups = tree.group_at(0)[sites]
        counts = Counter(tree.names[g] for g in groups.tolist() if g >= 0)
        lines.append(
            f"By {tree.levels[0]}: " + listed([f"{name}: {count}" for name, count in sorted(counts.items())]) + "."
        )
    fifths = Counter((net.fifth[sites] + 1).tolist())
    lines.append(
        "By fifth of deprivation, from the least deprived: "
        + ", ".join(str(fifths.get(k, 0)) for k in range(1, 6))
        + "."
    )
    return lines


# ------------------------------------------------------------------------------------------------- findings


def findings(advice: AdviceResults) -> list[str]:
    """Return the findings: the verdict on each table, the budget, the price in equity.

    Parameters
    ----------
    advice : what to do.

    Returns
    -------
    Sentences.

    Examples
    --------
    >>> advice = ss.advise("classroom", months=12, candidates=4, search_replicates=2, replicates=2)
    >>> any("equity" in sentence for sentence in findings(advice))
    True
    """
    a, label = advice, advice.sought.label.lower()
    lines = []
    if a.origin in SIMPLE_RULES:
        lines.append(
            f"The sites of a simple rule won the selection: {SIMPLE_RULES[a.origin]}. The search found nothing "
            "that did better there."
        )
    if "sites" in a.parts:
        lines.append(_against(a, a.table("sites alone"), label, "With the same waves and support for all,"))
    lines.append(
        _against(
            a,
            a.table("within the budget"),
            label,
            "With the scenario's waves and support for each rule's sites, support cut where the budget requires it,",
        )
    )
    reference = a.table("for reference")[0]
    lines.append(
        "Compared with the scenario as it stands, the advice is "
        f"{_difference_words(reference.gains[a.measure], a.sought)} in {label}."
    )
    for row in a.table("part left out"):
        dear = (
            f"; without that part it costs {row.summaries['cost'].mean:.1f}, over the budget"
            if _is_over_budget(a, row)
            else ""
        )
        lines.append(
            f"Compared with the same advice with {row.name}, it is "
            f"{_difference_words(row.gains[a.measure], a.sought)} in {label}{dear}."
        )
    cost = a.evaluations[0].summaries["cost"]
    if cost.mean is not None:
        over = cost.mean - a.budget
        within = "within" if over <= 0 else f"{over:.2f} over"
        lines.append(
            f"On held-out replicates it costs {cost.mean:.1f} staff-days per service, {within} the budget of "
            f"{a.budget:.1f}"
            + ("" if a.has_budget else ", which is what the strategy costs in the scenario")
            + f"; {cost.mean * a.network.n:,.0f} staff-days in all."
        )
    lines.append(_equity_sentence(a))
    return lines


def _difference_words(gain: Difference, measure: str | Measure) -> str:
    verdict_here = verdict(gain, measure)
    return verdict_here.replace("no clear difference", "not clearly different") + f" ({interval(gain, measure)})"


def _against(advice: AdviceResults, rows: list[Evaluation], label: str, how: str) -> str:
    by = {word: [r for r in rows if verdict(r.gains[advice.measure], advice.sought) == word]
          for word in ("better", "worse", "no clear difference")}  # fmt: skip

    def names(choices: list[Evaluation]) -> str:
        return listed(
            [
                f"'{r.name}' ("
                + ("the same choice" if r.choice == advice.choice else interval(r.gains[advice.measure], advice.sought))
                + (f"; over budget at {r.summaries['cost'].mean:.1f}" if _is_over_budget(advice, r) else "")
                + ")"
                for r in choices
            ]
        )

    same = [r for r in by["no clear difference"] if r.choice != advice.choice]
    own = [r for r in rows if r.choice == advice.choice]
    parts = []
    if by["worse"]:
        parts.append(f"the advice is worse than {names(by['worse'])}")
    if same or own:
        parts.append(f"it is no better than the simple rule {names([*own, *same])}")
    if by["better"]:
        parts.append(f"it beats {names(by['better'])}")
    return f"{how} {'; '.join(parts)} in {label}."


def _equity_sentence(advice: AdviceResults) -> str:
    """Return the price of the advice in equity: what becomes of the gap between least and most deprived."""
    gain = advice.table("for reference")[0].gains["equity_gap"]
    gap = advice.evaluations[0].summaries["equity_gap"]
    if gain.mean is None or gap.mean is None:
        return "The equity gap is not defined here."
    start = f"Price in equity: the gap between the least and the most deprived fifth is {gap.mean:.3f} in benefit"
    if not gain.told_apart:
        return (
            f"{start}; its change from the scenario as it stands is not clearly different from zero "
            f"({interval(gain, 'equity_gap')})."
        )
    word = "wider" if gain.mean > 0 else "narrower"
    return f"{start}, {word} than in the scenario as it stands by {interval(gain, 'equity_gap')}."


# ------------------------------------------------------------------------------------------------- tables


def evaluation_table(advice: AdviceResults) -> tuple[list[str], list[list[str]]]:
    """Return the table against simple rules.

    Parameters
    ----------
    advice : what to do.

    Returns
    -------
    Head, and cells row by row.

    Examples
    --------
    >>> advice = ss.advise("classroom", months=12, candidates=4, search_replicates=2, replicates=2)
    >>> head, cells = evaluation_table(advice)
    >>> head[:3], len(cells) == len(advice.evaluations)
    (['table', 'choice', 'support'], True)
    """
    measures = [advice.declared(name) for name in dict.fromkeys((advice.measure, *MAIN_MEASURES))]
    label = advice.sought.label.lower()
    head = ["table", "choice", "support", *(m.label for m in measures), "budget", f"advice minus it, {label}",
            "in equity gap", "advice is"]  # fmt: skip
    cells = []
    for j in advice.evaluations:
        row = [
            j.against,
            j.name,
            f"{j.choice.support:.2f}",
            *(_cell(j.summaries[m.name], m) for m in measures),
            "over" if _is_over_budget(advice, j) else "within",
        ]
        if j.against:
            gain = j.gains[advice.measure]
            same = j.choice == advice.choice
            row += ["the same", "", "the same choice"] if same else [
                interval(gain, advice.sought), interval(j.gains["equity_gap"], "equity_gap"),
                verdict(gain, advice.sought),
            ]  # fmt: skip
        else:
            row += ["", "", ""]
        cells.append(row)
    return head, cells


def about(advice: AdviceResults) -> str:
    """Return how the advice was reached: network, replicates, intervals.

    Parameters
    ----------
    advice : what to do.

    Returns
    -------
    Sentences, as one text.

    Examples
    --------
    >>> advice = ss.advise("classroom", months=12, candidates=4, search_replicates=2, replicates=2)
    >>> about(advice).split(",")[0]
    '12 services'
    """
    a, b, c = advice.replicates
    return (
        f"{advice.network.n:,} services, one network, strategy '{advice.strategy}', {advice.scenario.run.months} "
        f"months, seed {advice.scenario.run.seed}. {advice.n_candidates:,} candidates were tried on {a} replicates; "
        f"the winner was selected from the best of them and the simple rules on {b} others; all figures come from {c} "
        f"further replicates that neither step saw. Paired {advice.level:.1%} intervals: {len(SIMPLE_RULES)} rules "
        "are covered jointly at 95%. They reflect chance, not uncertainty about the parameters."
    )


def advice_json(advice: AdviceResults) -> dict[str, Any]:
    """Return the advice for programs.

    Parameters
    ----------
    advice : what to do.

    Returns
    -------
    The content of ``advice.json``.

    Examples
    --------
    >>> advice = ss.advise("classroom", months=12, candidates=4, search_replicates=2, replicates=2)
    >>> advice_json(advice)["measure"]
    'cumulative_benefit'
    """
    choice = advice.choice
    return {
        "scenario": advice.scenario.name,
        "strategy": advice.strategy,
        "seed": advice.scenario.run.seed,
        "months": advice.scenario.run.months,
        "measure": advice.measure,
        "budget": advice.budget,
        "budget_given": advice.has_budget,
        "replicates": dict(zip(("search", "picking", "held_out"), advice.replicates, strict=True)),
        "candidates": advice.n_candidates,
        "level": advice.level,
        "advice": {
            "sites": site_rows(advice),
            "found_by": advice.origin,
            "months_between_waves": choice.months_between,
            "waves": list(choice.order),
            "support": choice.support,
            "support_capacity": choice.support_capacity,
        },
        "outcomes": {m: vars(s) for m, s in advice.evaluations[0].summaries.items()},
        "against": [
            {
                "table": j.against,
                "choice": j.name,
                "outcomes": {m: vars(s) for m, s in j.summaries.items()},
                "advice_minus_it": {m: vars(d) for m, d in j.gains.items()},
                "over_budget": _is_over_budget(advice, j),
                "verdict": "the same" if j.choice == choice else verdict(j.gains[advice.measure], advice.sought),
            }
            for j in advice.evaluations[1:]
        ],
        "findings": findings(advice),
        "notes": list(advice.notes),
    }


def advice_text(advice: AdviceResults, most: int = 20, wide: bool = False) -> str:
    """Return the advice as text for a terminal.

    Parameters
    ----------
    advice : what to do.
    most : how many sites are listed.
    wide : tables as wide as they are; else they fit 80 columns.

    Returns
    -------
    Text.

    Examples
    --------
    >>> advice = ss.advise("classroom", months=12, candidates=4, search_replicates=2, replicates=2)
    >>> advice_text(advice).startswith("Where to start")
    True
    """
    width = None if wide else WIDTH
    head, cells = evaluation_table(advice)
    rows = site_rows(advice)
    tree = advice.network.hierarchy
    columns = [*(["name"] if any(r["name"] != r["service"] for r in rows) else []), *tree.levels[:1], "why"]
    parts = [f"Where to start: {advice.scenario.title or advice.scenario.name}", about(advice), ""]
    parts += [f"Do: {support_and_waves(advice)}", ""]
    if rows:
        site_cells = [[r["service"], *(str(r[c]) for c in columns)] for r in rows[:most]]
        parts += [f"Start with these {len(rows)}", text_table(["service", *columns], site_cells, width)]
        if len(rows) > most:
            parts.append(f"... and {len(rows) - most} more, in sites.csv")
        parts.append("")
    parts += [*why(advice), "", text_table(head, cells, width), "", *findings(advice), *advice.notes]
    return "\n".join(parts)
