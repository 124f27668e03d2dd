"""What advice says: which sites and why, the waves, the support, and whether it beats a simple rule, in words.

What belongs here: sentences and tables made of an `Advice`, for the terminal, the page and JSON. No winner is named
where the paired interval on held-out replicates holds zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from spreadsim.advice.results import AdviceResults, Judged
from spreadsim.comparison.terminal import number, text_table
from spreadsim.network.site_choice import FEATURES, SIMPLE_RULES, features, places
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.outcomes.statistics import Difference, Summary
from spreadsim.scenario.plan import plan
from spreadsim.telling.wording import listed

SHOWN = ("cumulative_benefit", "benefit", "equity_gap", "reach", "months_to_half", "cost")
HIGH, LOW = 0.75, 0.25  # a mean rank among all services that is worth mentioning


def sign_of(measure: str) -> float:
    """Return 1 where higher is better, else -1."""
    return -1.0 if BY_NAME[measure].better == "lower" else 1.0


def verdict(gain: Difference, measure: str) -> str:
    """Return how the advice stands to another choice: ``better``, ``worse`` or ``no clear difference``."""
    if gain.mean is None or not gain.told_apart:
        return "no clear difference"
    return "better" if sign_of(measure) * gain.mean > 0 else "worse"


def interval(gain: Difference, measure: str) -> str:
    """Return a paired difference with its interval."""
    unit = BY_NAME[measure].unit
    if gain.mean is None:
        return f"not in every run (n {gain.n})"
    text = f"{gain.mean:+.3f}" if not number(0.0, unit).endswith(".0") else f"{gain.mean:+.1f}"
    if gain.low is None:
        return text
    return f"{text} ({number(gain.low, unit)} to {number(gain.high, unit)})"


def _cell(summary: Summary, measure: str) -> str:
    unit = BY_NAME[measure].unit
    if summary.mean is None:
        return "never" if summary.median is None else f"median {number(summary.median, unit)}"
    return number(summary.mean, unit)


def setting(advice: AdviceResults) -> str:
    """Return the support and waves of the advice in words."""
    choice = advice.choice
    said = f"Support {choice.support:g} with room for {choice.support_capacity:.1%} of services at full strength"
    if not any(m.mandate > 0 for m in plan(advice.scenario, advice.strategy).levers):
        return f"{said}."
    if not choice.months_between:
        return f"{said}; the instruction goes to everyone at once."
    order = f": {', '.join(choice.order)}" if choice.order else ""
    months = "a month" if choice.months_between == 1 else f"{choice.months_between} months"
    return f"{said}; the instruction goes out in waves {months} apart{order}."


def over_budget(advice: AdviceResults, judged: Judged) -> bool:
    """Return whether a choice costs more than the budget on the held-out replicates."""
    cost = judged.summaries["cost"].mean
    return cost is not None and cost > advice.budget


# ------------------------------------------------------------------------------------------------- why these sites


def site_rows(advice: AdviceResults) -> list[dict[str, Any]]:
    """Return one row a starting site: who it is, where it stands, and why in words; empty where drawn at random."""
    net, found = advice.network, features(advice.network)
    standing = {name: places(values) for name, values in found.items()}
    tree = net.hierarchy
    of_level = {level: tree.group_at(place) for place, level in enumerate(tree.levels)}
    rows = []
    for i in advice.choice.sites or ():
        row: dict[str, Any] = {"service": net.ids[i], "name": net.names[i]}
        for level, group in of_level.items():
            row[level] = tree.names[group[i]] if group[i] >= 0 else None
        row |= {
            "listeners": int(found["listeners"][i]),
            "core_number": int(found["core_number"][i]),
            "readiness": float(net["readiness"][i]),
            "capability": float(net["capability"][i]),
            "deprivation_fifth": int(net.fifth[i]) + 1 if net.fifth[i] >= 0 else None,
            "context": float(net["context"][i]),
            "population": float(net["population"][i]),
            "why": _why_one(net.names[i], {name: float(standing[name][i]) for name in standing}, found, i),
        }
        rows.append(row)
    return rows


def _why_one(name: str, standing: Mapping[str, float], found: Mapping[str, np.ndarray], i: int) -> str:
    words = {
        "listeners": f"{int(found['listeners'][i])} services listen to it",
        "readiness": f"readiness {found['readiness'][i]:.2f}",
        "capability": f"capability {found['capability'][i]:.2f}",
        "deprivation": "among the most deprived",
        "population": f"serves {found['population'][i]:,.0f} people",
        "closeness": "its context is close to the originators'",
        "neighbours": "those that listen to it are ready",
    }
    said = [words[key] for key in words if standing[key] >= 0.8]
    return "; ".join(said) if said else "chosen for its combination of attributes, not for any one of them"


def why(advice: AdviceResults) -> list[str]:
    """Return what marks the chosen sites off from all services."""
    if advice.choice.sites is None:
        return ["Any services will do: nothing beat sites chosen at random when the winner was selected."]
    chosen, net = np.array(advice.choice.sites), advice.network
    mean = {name: float(places(values)[chosen].mean()) for name, values in features(net).items()}
    high = [f"{FEATURES[name]} ({at:.0%})" for name, at in mean.items() if at >= HIGH]
    low = [f"{FEATURES[name]} ({at:.0%})" for name, at in mean.items() if at <= LOW]
    said = []
    if high or low:
        said.append(
            "What distinguishes the chosen sites (their mean rank among all services, 50% being the middle): "
            + "; ".join(([f"high {listed(high)}"] if high else []) + ([f"low {listed(low)}"] if low else []))
            + "."
        )
    else:
        said.append("No single attribute distinguishes the chosen sites: all their mean ranks lie in the middle half.")
    if advice.network.hierarchy.levels:
        tree = net.hierarchy
        groups = tree.group_at(0)[chosen]
        counts = Counter(tree.names[g] for g in groups.tolist() if g >= 0)
        said.append(
            f"By {tree.levels[0]}: " + listed([f"{name}: {count}" for name, count in sorted(counts.items())]) + "."
        )
    fifths = Counter((net.fifth[chosen] + 1).tolist())
    said.append(
        "By fifth of deprivation, from the least deprived: "
        + ", ".join(str(fifths.get(k, 0)) for k in range(1, 6))
        + "."
    )
    return said


# ------------------------------------------------------------------------------------------------- findings


def findings(advice: AdviceResults) -> list[str]:
    """Return the findings in sentences: the verdict on each table, the budget, the price in equity."""
    a, label = advice, BY_NAME[advice.measure].label.lower()
    said = []
    if a.found_by in SIMPLE_RULES:
        said.append(
            f"The sites of a simple rule won the selection: {SIMPLE_RULES[a.found_by]}. The search found nothing "
            "that did better there."
        )
    if "sites" in a.parts:
        said.append(_against(a, a.table("sites alone"), label, "With the same waves and support for all,"))
    said.append(
        _against(
            a,
            a.table("within the budget"),
            label,
            "With the scenario's waves and support for each rule's sites, support cut where the budget requires it,",
        )
    )
    reference = a.table("for reference")[0]
    said.append(
        "Compared with the scenario as it stands, the advice is "
        f"{_difference_words(reference.gains[a.measure], a.measure)} in {label}."
    )
    for row in a.table("part left out"):
        dear = (
            f"; without that part it costs {row.summaries['cost'].mean:.1f}, over the budget"
            if over_budget(a, row)
            else ""
        )
        said.append(
            f"Compared with the same advice with {row.name}, it is "
            f"{_difference_words(row.gains[a.measure], a.measure)} in {label}{dear}."
        )
    cost = a.judged[0].summaries["cost"]
    if cost.mean is not None:
        over = cost.mean - a.budget
        within = "within" if over <= 0 else f"{over:.2f} over"
        said.append(
            f"On held-out replicates it costs {cost.mean:.1f} staff-days per service, {within} the budget of "
            f"{a.budget:.1f}"
            + ("" if a.budget_given else ", which is what the strategy costs in the scenario")
            + f"; {cost.mean * a.network.n:,.0f} staff-days in all."
        )
    said.append(equity(a))
    return said


def _difference_words(gain: Difference, measure: str) -> str:
    verdict_here = verdict(gain, measure)
    return verdict_here.replace("no clear difference", "not clearly different") + f" ({interval(gain, measure)})"


def _against(advice: AdviceResults, rows: list[Judged], label: str, how: str) -> str:
    by = {word: [r for r in rows if verdict(r.gains[advice.measure], advice.measure) == word]
          for word in ("better", "worse", "no clear difference")}  # fmt: skip

    def names(found: list[Judged]) -> str:
        return listed(
            [
                f"'{r.name}' ("
                + (
                    "the same choice"
                    if r.choice == advice.choice
                    else interval(r.gains[advice.measure], advice.measure)
                )
                + (f"; over budget at {r.summaries['cost'].mean:.1f}" if over_budget(advice, r) else "")
                + ")"
                for r in found
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


def equity(advice: AdviceResults) -> str:
    """Return the price of the advice in equity: what becomes of the gap between least and most deprived."""
    gain = advice.table("for reference")[0].gains["equity_gap"]
    gap = advice.judged[0].summaries["equity_gap"]
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


def judged_rows(advice: AdviceResults) -> list[dict[str, Any]]:
    """Return one row a choice: its outcomes, and the advice minus it with the interval."""
    rows = []
    for judged in advice.judged:
        row: dict[str, Any] = {"table": judged.against or "the advice", "choice": judged.name}
        row |= {measure: judged.summaries[measure].mean for measure in SHOWN}
        if judged.against:
            for measure in dict.fromkeys((advice.measure, "equity_gap")):
                gain = judged.gains[measure]
                row |= {f"{measure}_gain": gain.mean, f"{measure}_low": gain.low, f"{measure}_high": gain.high}
            row["verdict"] = verdict(judged.gains[advice.measure], advice.measure)
        row["over_budget"] = over_budget(advice, judged)
        rows.append(row)
    return rows


def judged_table(advice: AdviceResults) -> tuple[list[str], list[list[str]]]:
    """Return head and cells of the table against simple rules."""
    shown = list(dict.fromkeys((advice.measure, *SHOWN)))
    label = BY_NAME[advice.measure].label.lower()
    head = ["table", "choice", "support", *(BY_NAME[m].label for m in shown), "budget", f"advice minus it, {label}",
            "in equity gap", "advice is"]  # fmt: skip
    cells = []
    for j in advice.judged:
        row = [
            j.against,
            j.name,
            f"{j.choice.support:.2f}",
            *(_cell(j.summaries[m], m) for m in shown),
            "over" if over_budget(advice, j) else "within",
        ]
        if j.against:
            gain = j.gains[advice.measure]
            same = j.choice == advice.choice
            row += ["the same", "", "the same choice"] if same else [
                interval(gain, advice.measure), interval(j.gains["equity_gap"], "equity_gap"),
                verdict(gain, advice.measure),
            ]  # fmt: skip
        else:
            row += ["", "", ""]
        cells.append(row)
    return head, cells


def about(advice: AdviceResults) -> str:
    """Return how the advice was reached."""
    a, b, c = advice.replicates
    return (
        f"{advice.network.n:,} services, one network, strategy '{advice.strategy}', {advice.scenario.run.months} "
        f"months, seed {advice.scenario.run.seed}. {advice.n_candidates:,} candidates were tried on {a} replicates; "
        f"the winner was selected from the best of them and the simple rules on {b} others; all figures come from {c} "
        f"further replicates that neither step saw. Paired {advice.level:.1%} intervals: {len(SIMPLE_RULES)} rules "
        "are covered jointly at 95%. They reflect chance, not uncertainty about the parameters."
    )


def advice_json(advice: AdviceResults) -> dict[str, Any]:
    """Return the advice for programs."""
    choice = advice.choice
    return {
        "scenario": advice.scenario.name,
        "strategy": advice.strategy,
        "seed": advice.scenario.run.seed,
        "months": advice.scenario.run.months,
        "measure": advice.measure,
        "budget": advice.budget,
        "budget_given": advice.budget_given,
        "replicates": dict(zip(("search", "picking", "held_out"), advice.replicates, strict=True)),
        "candidates": advice.n_candidates,
        "level": advice.level,
        "advice": {
            "sites": site_rows(advice),
            "found_by": advice.found_by,
            "months_between_waves": choice.months_between,
            "waves": list(choice.order),
            "support": choice.support,
            "support_capacity": choice.support_capacity,
        },
        "outcomes": {m: vars(s) for m, s in advice.judged[0].summaries.items()},
        "against": [
            {
                "table": j.against,
                "choice": j.name,
                "outcomes": {m: vars(s) for m, s in j.summaries.items()},
                "advice_minus_it": {m: vars(d) for m, d in j.gains.items()},
                "over_budget": over_budget(advice, j),
                "verdict": "the same" if j.choice == choice else verdict(j.gains[advice.measure], advice.measure),
            }
            for j in advice.judged[1:]
        ],
        "findings": findings(advice),
        "notes": list(advice.notes),
    }


def advice_text(advice: AdviceResults, most: int = 20) -> str:
    """Return the advice as text for a terminal."""
    head, cells = judged_table(advice)
    rows = site_rows(advice)
    tree = advice.network.hierarchy
    columns = [*(["name"] if any(r["name"] != r["service"] for r in rows) else []), *tree.levels[:1], "why"]
    parts = [f"Where to start: {advice.scenario.title or advice.scenario.name}", about(advice), ""]
    parts += [f"Do: {setting(advice)}", ""]
    if rows:
        shown = [[r["service"], *(str(r[c]) for c in columns)] for r in rows[:most]]
        parts += [f"Start with these {len(rows)}", text_table(["service", *columns], shown)]
        if len(rows) > most:
            parts.append(f"... and {len(rows) - most} more, in sites.csv")
        parts.append("")
    parts += [*why(advice), "", text_table(head, cells), "", *findings(advice), *advice.notes]
    return "\n".join(parts)
