"""Measures: what is compared between strategies, each defined once.

What belongs here: for every measure its name, unit, meaning and which way is better, and the functions that make
curves and measures from what runs left behind. A ratio with nothing below it is null (nan here), never 0.

Examples
--------
Those of the functions take a run of the classroom:

>>> model = ss.SpreadModel("classroom").run()
>>> run, network, plan = model.result(), model.structure, model.strategy
>>> network.n, plan.months
(12, 12)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np

from spreadsim import rules
from spreadsim.network.data import Network
from spreadsim.outcomes.record import SUMS
from spreadsim.outcomes.run import Run, n_late_months
from spreadsim.scenario.plan import Plan

Better = Literal["higher", "lower", "neither"]
NEVER = float("nan")


@dataclass(frozen=True)
class Measure:
    """One outcome of a run.

    Attributes
    ----------
    name : of the column.
    label : in reports and the app.
    unit : in words.
    better : which way is better, ``higher``, ``lower`` or ``neither``.
    meaning : in a phrase.
    monthly : whether it is a column of the curves too.
    never : whether it is a month that may not be reached.

    Examples
    --------
    >>> [measure.name for measure in MEASURES if measure.never]
    ['months_to_half']
    >>> BY_NAME["reach"].label, BY_NAME["reach"].better
    ('Reach', 'higher')
    """

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
    Measure(
        "in_name_only", "In name only", "share", "lower", "share that reports adoption without practising it", True
    ),
    Measure(
        "in_name_only_of_reported",
        "In name only, of those reporting",
        "share",
        "lower",
        "share of the services reporting adoption that do not practise it",
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
        "how far their form lies from that of the present specification",
        True,
    ),
    Measure("core_fidelity", "Core fidelity", "share", "higher", "the same over core components only", True),
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
        "mean over the same services of that share at the horizon minus at the start; negative is loss",
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
        "Adaptation, relative to what context asks for",
        "ratio",
        "neither",
        "the same, divided by how far their contexts lie from the originators'",
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
        "the same over all services ever embedded, 0 where stopped: free of survivorship bias",
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
        "benefit in the most deprived fifth divided by that in the least deprived fifth",
    ),
    Measure(
        "second_leaders", "Second leaders", "share", "neither", "share of services that emerged as leaders of spread"
    ),
    Measure("cost", "Cost", "staff-days per service", "lower", "support, programme and delivery effort per service"),
    Measure(
        "cost_per_benefit_year",
        "Cost per benefit-year",
        "staff-days",
        "lower",
        "cost per service divided by cumulative benefit",
    ),
)
BY_NAME = {measure.name: measure for measure in MEASURES}
STATE_COLUMNS = ("unaware", "aware", "implementing", "embedded", "in_name_only", "discontinued")
CURVES_ALONE = {  # columns of the curves that are not measures, with their meaning
    "delivered": "effect delivered in the month times population served, relative to all having the full effect",
    "leading": "share of services that are second leaders now",
    "starters_from_leaders": "share of the services beginning in the month that copied a second leader",
    "published_form": "form of the published specification, moved by revisions (fit distances)",
    "published_codification": "weighted mean codification of the published specification's components (0 to 1)",
}
CURVE_COLUMNS = (
    *(f"share_{name}" for name in STATE_COLUMNS),
    *(measure.name for measure in MEASURES if measure.monthly),
    "cost",
    *CURVES_ALONE,
)


def _over(above: Any, below: Any) -> np.ndarray:
    """Return a ratio, null where there is nothing below it."""
    result = np.full(np.broadcast_shapes(np.shape(above), np.shape(below)), NEVER)
    return np.divide(above, below, out=result, where=np.broadcast_to(below, result.shape) > 0)


def first_months_embedded(run: Run) -> np.ndarray:
    """Return for each service the first month in which it was embedded; nan if never.

    Parameters
    ----------
    run : of either driver.

    Returns
    -------
    Months, shape (n,).

    Examples
    --------
    >>> first_months_embedded(run)[:4].tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
    first = run.final["first_embedded"]
    return np.where(first >= 0, first, NEVER)


def _sums(runs: Sequence[Run]) -> dict[str, np.ndarray]:
    """Return each of the recorded sums of runs, shape (runs, T + 1)."""
    return dict(zip(SUMS, np.moveaxis(np.stack([run.sums for run in runs]), -1, 0), strict=True))


def curves_of(runs: Sequence[Run], networks: Sequence[Network], plan: Plan) -> dict[str, np.ndarray]:
    """Return the monthly measures of runs of one plan: one array each, of shape (runs, T + 1), months 0 to T.

    Parameters
    ----------
    runs, networks : what was run, on what: one network a run, all of one size.
    plan : the strategy.

    Returns
    -------
    Curves by name.

    Examples
    --------
    >>> curves_of([run], [network], plan)["reach"].shape
    (1, 13)
    """
    n, months = networks[0].n, plan.months
    sums = _sums(runs)
    counts = [sums[f"n_{name}"] for name in STATE_COLUMNS]
    implementing, embedded, nominal = (counts[s] for s in (rules.IMPLEMENTING, rules.EMBEDDED, rules.IN_NAME_ONLY))
    reporting = implementing + embedded + nominal
    people = np.array([[network.people] for network in networks])
    n_ever = np.cumsum(sums["n_first_embedded"], axis=1)
    people_ever = np.cumsum(sums["people_first_embedded"], axis=1)
    starting_effect = np.ones((len(runs), 1))
    np.divide(sums["effect"][:, :1], embedded[:, :1], out=starting_effect, where=embedded[:, :1] > 0)
    result = {f"share_{name}": count / n for name, count in zip(STATE_COLUMNS, counts, strict=True)}
    result |= {
        "reported_uptake": reporting / n,
        "embedded": embedded / n,
        "in_name_only": nominal / n,
        "in_name_only_of_reported": _over(nominal, reporting),
        "discontinued": counts[rules.DISCONTINUED] / n,
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
        "starters_from_leaders": _over(sums["n_beginning_from_leaders"], sums["n_beginning"]),
    }
    spending, monthly_cost = np.zeros((len(runs), months + 1)), cast(Any, rules.monthly_cost)  # arithmetic: all at once
    sums_before_horizon = [
        part[:, :months] for part in (implementing, sums["supported"], embedded + nominal, sums["leaders"])
    ]
    spending[:, :months] = monthly_cost(plan.cost, plan.levers_by_month, float(n), *sums_before_horizon)
    result["cost"] = spending / n
    published = np.stack([run.specification for run in runs])
    result["published_form"] = published[:, :, 0]
    codification = np.zeros(published.shape[:2])
    for k in range(plan.intervention.n_components):
        codification += plan.intervention.weight[k] * published[:, :, 1 + k]
    result["published_codification"] = codification
    return {name: result[name] for name in CURVE_COLUMNS}


def measures_of(
    runs: Sequence[Run], networks: Sequence[Network], plan: Plan, monthly: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return every measure of runs of one plan at their horizon: one array each, of shape (runs,); nan where null.

    Parameters
    ----------
    runs, networks, plan : what was run, on what, under which strategy, as in `curves_of`.
    monthly : the runs' curves.

    Returns
    -------
    Measures by name.

    Examples
    --------
    >>> measures_of([run], [network], plan, curves_of([run], [network], plan))["reach"].tolist()
    [1.0]
    """
    c, sums = monthly, _sums(runs)
    n, months, stop = networks[0].n, plan.months, plan.stop_month
    last = {measure.name: c[measure.name][:, months] for measure in MEASURES if measure.monthly}
    embedded = sums["n_embedded"][:, months]
    late = slice(months - n_late_months(months) + 1, months + 1)
    never_began = [np.sum((run.final["state"] == rules.DISCONTINUED) & ~run.final["began"]) for run in runs]
    half = c["reach"] >= 0.5
    fifths = np.array([network.people_by_fifth for network in networks])
    least = np.mean(_over(sums["delivered_least_deprived"][:, late], fifths[:, :1]), axis=1)
    most = np.mean(_over(sums["delivered_most_deprived"][:, late], fifths[:, 4:]), axis=1)
    cost, cumulative = np.sum(c["cost"], axis=1), np.sum(c["delivered"], axis=1) / 12.0
    at_start, now = (_over(sums[name][:, months], embedded) for name in ("presence_at_start", "presence"))
    uptake = c["reported_uptake"]
    result = last | {
        "lapsed_never_started": np.array(never_began) / n,
        "fidelity_at_start": at_start,
        "fidelity_drift": now - at_start,
        "adaptation_ratio": _over(sums["form_moved"][:, months], sums["context_distance"][:, months]),
        "benefit": np.mean(c["delivered"][:, late], axis=1),
        "cumulative_benefit": cumulative,
        "evaporation": uptake[:, stop] - uptake[:, months] if stop <= months else np.full(len(runs), NEVER),
        "months_to_half": np.where(half.any(axis=1), np.argmax(half, axis=1), NEVER),
        "equity_gap": least - most,
        "equity_ratio": _over(most, least),
        "second_leaders": np.array([np.sum(run.final["ever_led"]) for run in runs]) / n,
        "cost": cost,
        "cost_per_benefit_year": _over(cost, cumulative),
    }
    return {measure.name: result[measure.name] for measure in MEASURES}


def curves(run: Run, network: Network, plan: Plan) -> dict[str, np.ndarray]:
    """Return the monthly measures of a run, months 0 to T.

    Parameters
    ----------
    run : of either driver.
    network : it was run on.
    plan : the strategy.

    Returns
    -------
    Curves by name, each of shape (T + 1,).

    Examples
    --------
    >>> curves(run, network, plan)["reach"].round(2).tolist()
    [0.08, 0.25, 0.42, 0.58, 0.75, 0.92, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    return {name: values[0] for name, values in curves_of([run], [network], plan).items()}


def measures(run: Run, network: Network, plan: Plan) -> dict[str, float]:
    """Return every measure of a run at its horizon; nan where null.

    Parameters
    ----------
    run : of either driver.
    network : it was run on.
    plan : the strategy.

    Returns
    -------
    Measures by name.

    Examples
    --------
    >>> measures(run, network, plan)["months_to_half"]
    3.0
    """
    values_by_name = measures_of([run], [network], plan, curves_of([run], [network], plan))
    return {name: float(values[0]) for name, values in values_by_name.items()}


def generations(run: Run, plan: Plan) -> list[dict[str, float]]:
    """Return fidelity by generation: at the start over all who began, and now over those embedded.

    Parameters
    ----------
    run : of either driver.
    plan : the strategy.

    Returns
    -------
    A row a number of copies between a version and the originators', from 0; nan where there is nobody.

    Examples
    --------
    >>> [(row["generation"], row["n_began"], row["fidelity"]) for row in generations(run, plan)][:3]
    [(0, 1, 1.0), (1, 2, 1.0), (2, 2, 1.0)]
    """
    events, final, v = run.events, run.final, plan.intervention
    entering = (events["source_kind"] != rules.NO_SOURCE) & (events["to_state"] != rules.IN_NAME_ONLY)
    rows = []
    embedded = final["state"] == rules.EMBEDDED
    distance = np.abs(final["form"] - run.specification[-1, 0])
    fidelity = v.core_share * final["core"] + (1 - distance / (1 + distance)) * v.adaptable_share * final["adaptable"]
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
    """Return reach and benefit by group at each level of the hierarchy, and by fifth of deprivation.

    Parameters
    ----------
    run : of either driver.
    network : it was run on.
    plan : the strategy.

    Returns
    -------
    A row a group; the fifths are left out where there are fewer than five services.

    Examples
    --------
    >>> [(row["group"], row["n_services"], row["reach"]) for row in groups(run, network, plan)][:2]
    [('1 least deprived', 3, 1.0), ('2', 2, 1.0)]
    """
    ever = run.final["first_embedded"] >= 0
    population = network["population"]
    effect = run.late_effect / n_late_months(plan.months)
    rows: list[dict[str, Any]] = []

    def add(level: str, member_of: np.ndarray, names: list[str], numbers: np.ndarray) -> None:
        size = np.bincount(member_of[member_of >= 0], minlength=len(names))
        is_member = member_of >= 0
        n_ever = np.bincount(member_of[is_member], weights=ever[is_member], minlength=len(names))
        people = np.bincount(member_of[is_member], weights=population[is_member], minlength=len(names))
        achieved = np.bincount(member_of[is_member], weights=(population * effect)[is_member], minlength=len(names))
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
