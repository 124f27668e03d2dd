"""Measures: what is compared between strategies, each defined once.

What belongs here: for every measure its name, unit, meaning and which way is better, and the functions that make
curves and measures from a run's events and sums. A ratio with nothing below it is null (nan here), never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np

from spreadsim import rules
from spreadsim.network import Network
from spreadsim.plan import Plan
from spreadsim.record import SUMS
from spreadsim.results import Run, n_late_months

Better = Literal["higher", "lower", "neither"]
NEVER = float("nan")


@dataclass(frozen=True)
class Measure:
    """One outcome of a run. `monthly` measures are also columns of the curves; `never` ones may not be reached."""

    name: str
    label: str
    unit: str
    better: Better
    meaning: str
    monthly: bool = False
    never: bool = False


MEASURES = (
    Measure(
        "reported_uptake",
        "Reported uptake",
        "share",
        "higher",
        "share that reports having adopted: implementing, embedded or in name only",
        True,
    ),
    Measure(
        "embedded",
        "Embedded",
        "share",
        "higher",
        "share in which the improvement is embedded in routine practice",
        True,
    ),
    Measure("in_name_only", "In name only", "share", "lower", "share that reports adoption and does not do it", True),
    Measure(
        "in_name_only_of_reported",
        "In name only, of those reporting",
        "share",
        "lower",
        "share of the services reporting adoption that do not do it",
        True,
    ),
    Measure(
        "discontinued", "Discontinued", "share", "lower", "share that stopped, or let a nominal adoption lapse", True
    ),
    Measure(
        "lapsed_never_started",
        "Lapsed, never started",
        "share",
        "lower",
        "share that let a nominal adoption lapse and never began: part of the discontinued",
    ),
    Measure("reach", "Reach", "share", "higher", "share in which it was ever embedded, starting sites included", True),
    Measure("population_reach", "People reached", "share of people", "higher", "reach, weighted by population", True),
    Measure(
        "fidelity",
        "Fidelity",
        "share",
        "neither",
        "mean over embedded services: weighted presence of components as intended, the adaptable ones marked down by "
        "how far their form lies from the specification's as it now stands",
        True,
    ),
    Measure("core_fidelity", "Core fidelity", "share", "higher", "the same over core components alone", True),
    Measure(
        "fidelity_at_start",
        "Fidelity at the start",
        "share",
        "neither",
        "mean over services embedded at the horizon of the weighted share of components present when they began",
    ),
    Measure(
        "fidelity_drift",
        "Fidelity drift",
        "share",
        "higher",
        "mean over the same of that share now minus then; negative is loss",
    ),
    Measure(
        "adaptation",
        "Adaptation",
        "fit distances",
        "neither",
        "mean over embedded services of how far their form has moved from the original",
        True,
    ),
    Measure(
        "adaptation_ratio",
        "Adaptation, of what context asks",
        "ratio",
        "neither",
        "the same over how far their contexts lie from the originators'",
    ),
    Measure(
        "local_fit",
        "Local fit",
        "0 to 1",
        "higher",
        "mean over embedded services of the fit of their form to their own context",
        True,
    ),
    Measure(
        "effectiveness",
        "Effectiveness",
        "ratio",
        "higher",
        "mean over embedded services of the effect achieved, relative to the originating sites'",
        True,
    ),
    Measure(
        "effectiveness_ever",
        "Effectiveness, all ever embedded",
        "ratio",
        "higher",
        "the same over all ever embedded, 0 where stopped: free of survivorship",
        True,
    ),
    Measure(
        "benefit",
        "Sustained benefit",
        "share of full effect",
        "higher",
        "effect achieved times population served, over all services, mean of the last 12 months, relative to every "
        "service having the full effect",
    ),
    Measure(
        "cumulative_benefit",
        "Cumulative benefit",
        "years of full effect",
        "higher",
        "the same summed over months 0 to the horizon, in years",
    ),
    Measure(
        "sustainment", "Sustainment", "share", "higher", "share of the services ever embedded that still are", True
    ),
    Measure(
        "evaporation", "Evaporation", "share", "lower", "reported uptake when the programme stops minus at the horizon"
    ),
    Measure(
        "months_to_half",
        "Months to half",
        "months",
        "lower",
        "first month by which reach is at least one half; null if never",
        never=True,
    ),
    Measure(
        "generation",
        "Generation",
        "copies",
        "neither",
        "mean number of copies between an embedded service's version and the originators'",
        True,
    ),
    Measure(
        "equity_gap",
        "Equity gap",
        "share of full effect",
        "lower",
        "benefit in the least deprived fifth of services minus that in the most deprived fifth",
    ),
    Measure(
        "equity_ratio",
        "Equity ratio",
        "ratio",
        "higher",
        "benefit in the most deprived fifth over that in the least deprived fifth",
    ),
    Measure(
        "second_leaders", "Second leaders", "share", "neither", "share of services that emerged as leaders of spread"
    ),
    Measure("cost", "Cost", "staff-days a service", "lower", "support, programme and delivery effort per service"),
    Measure(
        "cost_per_benefit_year",
        "Cost per benefit-year",
        "staff-days",
        "lower",
        "cost per service over cumulative benefit",
    ),
)
BY_NAME = {measure.name: measure for measure in MEASURES}
STATE_COLUMNS = ("unaware", "aware", "implementing", "embedded", "in_name_only", "discontinued")
CURVE_COLUMNS = (
    *(f"share_{name}" for name in STATE_COLUMNS),
    *(measure.name for measure in MEASURES if measure.monthly),
    "delivered",
    "leading",
    "starters_from_leaders",
    "cost",
    "published_form",
    "published_codification",
)


def _over(above: Any, below: Any) -> Any:
    """Return a ratio, null where there is nothing below it."""
    if isinstance(below, (float, int)):
        return above / below if below > 0 else above * NEVER
    result = np.full(below.shape, NEVER)
    return np.divide(above, below, out=result, where=below > 0)


def state_counts(events: Any, n: int, months: int, start_aware: bool) -> np.ndarray:
    """Return the number of services in each state at each month, from the events: shape (T + 1, 6)."""
    cells = (months + 1) * len(STATE_COLUMNS)
    row = events["month"] * len(STATE_COLUMNS)
    entered = np.bincount(row + events["to_state"], minlength=cells)
    left = np.bincount(row + events["from_state"], minlength=cells)
    change = (entered - left).reshape(months + 1, len(STATE_COLUMNS)).astype(np.float64)
    change[0, rules.AWARE if start_aware else rules.UNAWARE] += n
    return np.asarray(np.cumsum(change, axis=0))


def first_months_embedded(events: Any, n: int) -> np.ndarray:
    """Return for each service the first month in which it was embedded; nan if never."""
    first = np.full(n, NEVER)
    entering = np.flatnonzero(events["to_state"] == rules.EMBEDDED)[::-1]  # the earliest is written last
    first[events["service"][entering]] = events["month"][entering]
    return first


def curves(run: Run, network: Network, plan: Plan) -> dict[str, np.ndarray]:
    """Return the monthly measures of a run, months 0 to T, from its events and sums."""
    n, months, events = network.n, plan.months, run.events
    sums = dict(zip(SUMS, run.sums.T, strict=True))
    counts = state_counts(events, n, months, plan.behaviour.awareness.start == 1)
    implementing, embedded, nominal = (counts[:, s] for s in (rules.IMPLEMENTING, rules.EMBEDDED, rules.IN_NAME_ONLY))
    reporting = implementing + embedded + nominal
    population = network["population"]
    people = float(population.sum())
    first = first_months_embedded(events, n)
    ever = ~np.isnan(first)
    at = first[ever].astype(np.int64)
    n_ever = np.cumsum(np.bincount(at, minlength=months + 1)).astype(np.float64)
    people_ever = np.cumsum(np.bincount(at, weights=population[ever], minlength=months + 1))
    starting_effect = sums["effect"][0] / embedded[0] if embedded[0] > 0 else 1.0
    started = np.isin(events["to_state"], (rules.IMPLEMENTING, rules.EMBEDDED)) & (
        events["source_kind"] != rules.NO_SOURCE
    )
    started &= events["month"] > 0
    copied = started & (events["source_kind"] == rules.PEER)
    from_leader = copied & events["leader_source"]
    starters = np.bincount(events["month"][started], minlength=months + 1).astype(np.float64)
    led = np.bincount(events["month"][from_leader], minlength=months + 1).astype(np.float64)
    result = {f"share_{name}": counts[:, s] / n for s, name in enumerate(STATE_COLUMNS)}
    result |= {
        "reported_uptake": reporting / n,
        "embedded": embedded / n,
        "in_name_only": nominal / n,
        "in_name_only_of_reported": _over(nominal, reporting),
        "discontinued": counts[:, rules.DISCONTINUED] / n,
        "reach": n_ever / n,
        "population_reach": _over(people_ever, people),
        "fidelity": _over(sums["fidelity"], embedded),
        "core_fidelity": _over(sums["core_fidelity"], embedded),
        "adaptation": _over(sums["form_moved"], embedded),
        "local_fit": _over(sums["fit"], embedded),
        "effectiveness": _over(sums["effect"], embedded) / starting_effect,
        "effectiveness_ever": _over(sums["effect"], n_ever) / starting_effect,
        "sustainment": _over(embedded, n_ever),
        "generation": _over(sums["generation"], embedded),
        "delivered": _over(sums["delivered"], people),
        "leading": sums["leaders"] / n,
        "starters_from_leaders": _over(led, starters),
    }
    spent, monthly_cost = np.zeros(months + 1), cast(Any, rules.monthly_cost)  # arithmetic: all months at once
    waiting, leading = sums["supported"][:months], sums["leaders"][:months]
    holding = embedded[:months] + nominal[:months]
    spent[:months] = monthly_cost(
        plan.cost, plan.levers_by_month, float(n), implementing[:months], waiting, holding, leading
    )
    result["cost"] = spent / n
    result["published_form"] = run.specification[:, 0]
    written = np.zeros(months + 1)
    for k, weight in enumerate(plan.intervention.weight):
        written += weight * run.specification[:, 1 + k]
    result["published_codification"] = written
    return {name: result[name] for name in CURVE_COLUMNS}


def measures(run: Run, network: Network, plan: Plan, monthly: dict[str, np.ndarray] | None = None) -> dict[str, float]:
    """Return every measure of a run at its horizon; nan where null.

    Parameters
    ----------
    run, network, plan : what was run, on what, under which strategy.
    monthly : the run's `curves`, if they are at hand.
    """
    c = curves(run, network, plan) if monthly is None else monthly
    n, months, events = network.n, plan.months, run.events
    sums = dict(zip(SUMS, run.sums.T, strict=True))
    last = {measure.name: float(c[measure.name][months]) for measure in MEASURES if measure.monthly}
    embedded = last["embedded"] * n
    late = slice(months - n_late_months(months) + 1, months + 1)
    began = np.zeros(n, dtype=np.bool_)
    began[events["service"][np.isin(events["to_state"], (rules.IMPLEMENTING, rules.EMBEDDED))]] = True
    stopped = run.final["state"] == rules.DISCONTINUED
    half = np.flatnonzero(c["reach"] >= 0.5)
    led = np.zeros(n, dtype=np.bool_)
    led[events["service"][events["leader"] & (events["to_state"] == rules.EMBEDDED)]] = True
    population, fifth = network["population"], network.fifth
    least = _over(sums["delivered_least_deprived"][late], population[fifth == 0].sum())
    most = _over(sums["delivered_most_deprived"][late], population[fifth == 4].sum())
    stop = plan.stop_month
    cost, cumulative = float(np.sum(c["cost"])), float(np.sum(c["delivered"])) / 12.0
    at_start, now = (_over(sums[name][months], embedded) for name in ("presence_at_start", "presence"))
    result = last | {
        "lapsed_never_started": float(np.sum(stopped & ~began)) / n,
        "fidelity_at_start": float(at_start),
        "fidelity_drift": float(now - at_start),
        "adaptation_ratio": float(_over(sums["form_moved"][months], sums["context_distance"][months])),
        "benefit": float(np.mean(c["delivered"][late])),
        "cumulative_benefit": cumulative,
        "evaporation": float(c["reported_uptake"][stop] - c["reported_uptake"][months]) if stop <= months else NEVER,
        "months_to_half": float(half[0]) if len(half) else NEVER,
        "equity_gap": float(np.mean(least) - np.mean(most)),
        "equity_ratio": float(_over(np.mean(most), np.mean(least))),
        "second_leaders": float(np.sum(led)) / n,
        "cost": cost,
        "cost_per_benefit_year": float(_over(cost, cumulative)),
    }
    return {measure.name: result[measure.name] for measure in MEASURES}


def generations(run: Run, plan: Plan) -> list[dict[str, float]]:
    """Return fidelity by generation: at the start over all who began, and now over those embedded."""
    events, final, v = run.events, run.final, plan.intervention
    entering = (events["source_kind"] != rules.NO_SOURCE) & (events["to_state"] != rules.IN_NAME_ONLY)
    rows = []
    embedded = final["state"] == rules.EMBEDDED
    moved = np.abs(final["form"] - run.specification[-1, 0])
    fidelity = v.core_share * final["core"] + (1 - moved / (1 + moved)) * v.adaptable_share * final["adaptable"]
    highest = int(max(events["generation"][entering].max(initial=0), final["generation"][embedded].max(initial=0)))
    for g in range(highest + 1):
        began = entering & (events["generation"] == g)
        here = embedded & (final["generation"] == g)
        rows.append(
            {
                "generation": g,
                "n_began": int(began.sum()),
                "fidelity_at_start": float(np.mean(events["presence"][began])) if began.any() else NEVER,
                "n_embedded": int(here.sum()),
                "fidelity": float(np.mean(fidelity[here])) if here.any() else NEVER,
                "core_fidelity": float(np.mean(final["core"][here])) if here.any() else NEVER,
            }
        )
    return rows


def groups(run: Run, network: Network, plan: Plan) -> list[dict[str, Any]]:
    """Return reach and benefit by group at each level of the hierarchy, and by fifth of deprivation."""
    ever = ~np.isnan(first_months_embedded(run.events, network.n))
    population = network["population"]
    effect = run.late_effect / n_late_months(plan.months)
    rows: list[dict[str, Any]] = []

    def add(level: str, member_of: np.ndarray, names: list[str], numbers: np.ndarray) -> None:
        size = np.bincount(member_of[member_of >= 0], minlength=len(names))
        known = member_of >= 0
        n_ever = np.bincount(member_of[known], weights=ever[known], minlength=len(names))
        people = np.bincount(member_of[known], weights=population[known], minlength=len(names))
        achieved = np.bincount(member_of[known], weights=(population * effect)[known], minlength=len(names))
        reach, benefit = _over(n_ever, size), _over(achieved, people)
        for g in range(len(names)):
            rows.append(
                {
                    "level": level,
                    "group": names[g],
                    "number": int(numbers[g]),
                    "n_services": int(size[g]),
                    "population": float(people[g]),
                    "reach": float(reach[g]),
                    "benefit": float(benefit[g]),
                }
            )

    tree = network.hierarchy
    for place, level in enumerate(tree.levels):
        here = np.flatnonzero(tree.level_of == place)
        number = np.full(max(tree.n_groups, 1), -1)
        number[here] = np.arange(len(here))
        of_service = tree.group_at(place)
        add(level, np.where(of_service >= 0, number[of_service], -1), [tree.names[g] for g in here], here)
    if network.n >= 5:
        labels = ["1 least deprived", "2", "3", "4", "5 most deprived"]
        add("deprivation fifth", network.fifth.astype(np.int64), labels, np.arange(1, 6))
    return rows
