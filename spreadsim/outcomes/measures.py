"""Measures computed: curves and measures from what runs left behind, each defined once.

What belongs here: the functions that compute what ``spreadsim.measures`` declares. A ratio with nothing below it is
null (nan here), never 0.

Examples
--------
Those of the functions take a run of the classroom:

>>> model = ss.SpreadModel("classroom").run()
>>> run, network, plan = model.result(), model.structure, model.strategy
>>> network.n, plan.months
(12, 12)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

import numpy as np

from spreadsim import rules
from spreadsim.measures import BY_NAME, CURVE_COLUMNS, CURVES_ALONE, MEASURES, STATE_COLUMNS, Better, Measure
from spreadsim.network.data import Network
from spreadsim.outcomes.record import SUMS
from spreadsim.outcomes.run import Run, n_late_months
from spreadsim.scenario.plan import Plan

NEVER = float("nan")
FOLLOWED_MONTHS = 24  # that a start has to show whether the improvement is embedded
MOVED = 0.25  # fit distances from the published form, from which a form has moved


Columns = dict[str, np.ndarray]  # of one length


def _over(above: Any, below: Any) -> np.ndarray:
    """Return a ratio, null where there is nothing below it."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.greater(below, 0), np.divide(above, below), NEVER)


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


def _final(runs: Sequence[Run], name: str) -> np.ndarray:
    """Return a variable of services at the horizon of runs, shape (runs, n)."""
    return np.stack([run.final[name] for run in runs])


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
    people = np.array([[network.people] for network in networks])
    sums = np.stack([run.sums for run in runs])
    result = monthly(sums, float(networks[0].n), people)
    if any(run.by_unit is not None for run in runs):
        spending = np.stack([_spending_by_unit(plan, run) for run in runs])
    else:
        spending = spending_of(plan, plan.levers_by_month, float(networks[0].n), sums[:, :-1])
    result["cost"] = np.pad(spending, ((0, 0), (0, 1))) / networks[0].n
    published = np.stack([run.specification for run in runs])
    result["published_form"] = published[:, :, 0]
    codification = np.zeros(published.shape[:2])
    for k in range(plan.intervention.n_components):
        codification += plan.intervention.weight[k] * published[:, :, 1 + k]
    result["published_codification"] = codification
    return {name: result[name] for name in CURVE_COLUMNS}


def monthly(sums: np.ndarray, n: Any, people: Any, names: Sequence[str] | None = None) -> dict[str, np.ndarray]:
    """Return monthly measures of groups of services, by the sums recorded of them.

    Parameters
    ----------
    sums : shape (groups, months, N_SUMS), from month 0 on.
    n, people : how many services there are in each group and how many people they serve; one number, or shape
        (groups, 1).
    names : of the measures wanted; None for all but cost.

    Returns
    -------
    Arrays of shape (groups, months), by name.

    Examples
    --------
    >>> monthly(run.sums[None], 12.0, network.people, ["reach"])["reach"].round(2).tolist()
    [[0.08, 0.25, 0.42, 0.58, 0.75, 0.92, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]
    """
    s = {name: sums[..., place] for place, name in enumerate(SUMS)}
    counts = [s[f"n_{name}"] for name in STATE_COLUMNS]
    implementing, embedded, nominal = (
        counts[state] for state in (rules.IMPLEMENTING, rules.EMBEDDED, rules.IN_NAME_ONLY)
    )
    reporting = implementing + embedded + nominal
    n_ever = np.cumsum(s["n_first_embedded"], axis=1)
    people_ever = np.cumsum(s["people_first_embedded"], axis=1)
    starting_effect = np.ones((len(sums), 1))
    np.divide(s["effect"][:, :1], embedded[:, :1], out=starting_effect, where=embedded[:, :1] > 0)
    result: dict[str, Callable[[], np.ndarray]] = {
        f"share_{name}": partial(np.divide, count, n) for name, count in zip(STATE_COLUMNS, counts, strict=True)
    }
    result |= {
        "reported_uptake": lambda: reporting / n,
        "embedded": lambda: embedded / n,
        "in_name_only": lambda: nominal / n,
        "in_name_only_of_reported": lambda: _over(nominal, reporting),
        "discontinued": lambda: counts[rules.DISCONTINUED] / n,
        "reach": lambda: n_ever / n,
        "population_reach": lambda: _over(people_ever, people),
        "fidelity": lambda: _over(s["fidelity"], embedded),
        "core_fidelity": lambda: _over(s["core_fidelity"], embedded),
        "adaptation": lambda: _over(s["form_moved"], embedded),
        "local_fit": lambda: _over(s["fit"], embedded),
        "effectiveness": lambda: _over(s["effect"], embedded) / starting_effect,
        "effectiveness_ever": lambda: _over(s["effect"], n_ever) / starting_effect,
        "sustainment": lambda: _over(embedded, n_ever),
        "generation": lambda: _over(s["generation"], embedded),
        "delivered": lambda: _over(s["delivered"], people),
        "leading": lambda: s["leaders"] / n,
        "preparing": lambda: s["n_preparing"] / n,
        "under_pressure": lambda: s["n_under_pressure"] / n,
        "starters_from_leaders": lambda: _over(s["n_beginning_from_leaders"], s["n_beginning"]),
    }
    return {name: result[name]() for name in (result if names is None else names)}


def spending_of(plan: Plan, levers: rules.Levers, n: Any, sums: np.ndarray) -> np.ndarray:
    """Return the staff-days of each month, by the sums recorded of it.

    Parameters
    ----------
    plan : holds what things cost.
    levers : one array a lever, over the months or over groups and months.
    n : number of services; one number, or shape (groups, 1).
    sums : shape (groups, months, N_SUMS).

    Returns
    -------
    Staff-days, shape (groups, months).

    Examples
    --------
    >>> spending_of(plan, plan.levers_by_month, 12.0, run.sums[None, :-1]).round(1).tolist()[0][:3]
    [1.3, 1.5, 1.7]
    """
    s = {name: sums[..., place] for place, name in enumerate(SUMS)}
    counts = [s[f"n_{name}"] for name in STATE_COLUMNS]
    implementing, embedded, nominal = (
        counts[state] for state in (rules.IMPLEMENTING, rules.EMBEDDED, rules.IN_NAME_ONLY)
    )
    monthly_cost = cast(Any, rules.monthly_cost)  # arithmetic: all at once
    staff_days: np.ndarray = monthly_cost(
        plan.cost,
        levers,
        n,
        implementing,
        s["supported"],
        embedded + nominal,
        s["leaders"],
        s["n_preparing"],
        s["n_members"],
        embedded,
    )
    return staff_days


def _spending_by_unit(plan: Plan, run: Run) -> np.ndarray:
    """Return the staff-days of each month of a run whose programme responds, by the levers that held in each unit."""
    units = run.by_unit
    assert units is not None
    levers = rules.Levers(*np.moveaxis(units.levers, -1, 0))
    return np.asarray(np.sum(spending_of(plan, levers, units.sizes[:, None], units.sums[:, :-1]), axis=0))


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
    never_began = (_final(runs, "state") == rules.DISCONTINUED) & ~_final(runs, "began")
    half = c["reach"] >= 0.5
    fifths = np.array([network.people_by_fifth for network in networks])
    least = np.mean(_over(sums["delivered_least_deprived"][:, late], fifths[:, :1]), axis=1)
    most = np.mean(_over(sums["delivered_most_deprived"][:, late], fifths[:, 4:]), axis=1)
    cost, cumulative = np.sum(c["cost"], axis=1), np.sum(c["delivered"], axis=1) / 12.0
    at_start, now = (_over(sums[name][:, months], embedded) for name in ("presence_at_start", "presence"))
    uptake = c["reported_uptake"]
    total = {name: np.sum(values, axis=1) for name, values in sums.items() if name.startswith("n_")}
    ready_starts = total["n_beginning"] - total["n_beginning_unready"]
    result = last | {
        "waited": np.sum(_final(runs, "waited"), axis=1) / n,
        "declined": np.sum(_final(runs, "declined"), axis=1) / n,
        "unready_starts": _over(total["n_beginning_by_choice_unready"], total["n_beginning_by_choice"]),
        "given_up": _over(total["n_giving_up"], total["n_beginning"]),
        "given_up_ready": _over(total["n_giving_up"] - total["n_giving_up_unready"], ready_starts),
        "given_up_unready": _over(total["n_giving_up_unready"], total["n_beginning_unready"]),
        "embedded_of_started": _embedded_of_started(runs, months),
        "turnover_events": total["n_turnovers"] / n,
        "region_gap": _region_gap(runs, networks),
        **_adaptations(runs, networks, plan),
        "lapsed_never_started": np.sum(never_began, axis=1) / n,
        "fidelity_at_start": at_start,
        "fidelity_drift": now - at_start,
        "adaptation_ratio": _over(sums["form_moved"][:, months], sums["context_distance"][:, months]),
        "benefit": np.mean(c["delivered"][:, late], axis=1),
        "cumulative_benefit": cumulative,
        "evaporation": uptake[:, stop] - uptake[:, months] if stop <= months else np.full(len(runs), NEVER),
        "months_to_half": np.where(half.any(axis=1), np.argmax(half, axis=1), NEVER),
        "equity_gap": least - most,
        "equity_ratio": _over(most, least),
        "second_leaders": np.sum(_final(runs, "ever_led"), axis=1) / n,
        "cost": cost,
        "cost_per_benefit_year": _over(cost, cumulative),
    }
    return {measure.name: result[measure.name] for measure in MEASURES}


def _embedded_of_started(runs: Sequence[Run], months: int) -> np.ndarray:
    """Return the share ever embedded of those that first started 24 months or more before the horizon."""
    first = _final(runs, "first_began")
    started = (first > 0) & (first <= months - FOLLOWED_MONTHS)
    return _over(np.sum(started & (_final(runs, "first_embedded") >= 0), axis=1), np.sum(started, axis=1))


def _region_gap(runs: Sequence[Run], networks: Sequence[Network]) -> np.ndarray:
    """Return the largest minus the smallest reach of a group of the top level; the hierarchy is that of all runs."""
    tree = networks[0].hierarchy
    group = tree.group_at(0) if tree.levels else np.empty(0, dtype=np.int64)
    has_group = group >= 0
    member = group[has_group]
    size = np.bincount(member)
    is_group = size > 0
    if np.count_nonzero(is_group) < 2:
        return np.full(len(runs), NEVER)
    ever = _final(runs, "first_embedded")[:, has_group] >= 0
    reach = np.array([np.bincount(member, weights=row)[is_group] for row in ever]) / size[is_group]
    return np.asarray(reach.max(axis=1) - reach.min(axis=1))


def _adaptations(runs: Sequence[Run], networks: Sequence[Network], plan: Plan) -> dict[str, np.ndarray]:
    """Return the measures of embedded services whose form has moved, beside those whose form has not."""
    b = plan.behaviour
    embedded, form, effect = _final(runs, "state") == rules.EMBEDDED, _final(runs, "form"), _final(runs, "effect")
    context, regional, second = (
        np.stack([network[name] for network in networks]) for name in ("context", "regional_context", "second_form")
    )
    hub: Any = plan.levers[-1].hub
    if any(run.by_unit is not None for run in runs):
        hub = np.stack([_last_hub(run, hub) for run in runs])
    intended = np.array([[run.specification[-1, 0]] for run in runs]) + hub * regional
    has_moved = embedded & (np.abs(form - intended) >= MOVED * b.adaptation.fit_distance)
    is_second = embedded & cast(Any, rules.is_second_form)(b, context, form, second)
    copied = has_moved & (_final(runs, "generation") > 0)
    n_embedded = np.sum(embedded, axis=1)
    equal_success, effect_ratio = np.full((2, len(runs)), NEVER)
    for r in range(len(runs)):
        adapted, unadapted = effect[r, has_moved[r]], effect[r, embedded[r] & ~has_moved[r]]
        if len(adapted) and len(unadapted):
            equal_success[r] = np.count_nonzero(adapted >= np.median(unadapted)) / len(adapted)
            effect_ratio[r] = _over(adapted.mean(), unadapted.mean())
    return {
        "moved": _over(np.sum(has_moved, axis=1), n_embedded),
        "equal_success": equal_success,
        "adapted_effect_ratio": effect_ratio,
        "consistent_adaptations": _over(np.sum(copied & ~_final(runs, "damaged"), axis=1), np.sum(copied, axis=1)),
        "second_form": _over(np.sum(is_second, axis=1), n_embedded),
    }


def _last_hub(run: Run, hub: float) -> np.ndarray:
    """Return how far hubs rewrite the specification in the last month, for each service of a run."""
    if run.by_unit is None:
        return np.full(len(run.final["state"]), hub)
    return run.by_unit.levers[run.by_unit.unit_of, -1, rules.Levers._fields.index("hub")]


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


def generations(run: Run, plan: Plan) -> Columns:
    """Return fidelity by generation: at the start over all who began, and now over those embedded.

    Parameters
    ----------
    run : of either driver.
    plan : the strategy.

    Returns
    -------
    Columns by name, one row a number of copies between a version and the originators', from 0; nan where there is
    nobody.

    Examples
    --------
    >>> table = generations(run, plan)
    >>> table["n_began"][:3].tolist(), table["fidelity"][:3].tolist()
    ([1, 2, 2], [1.0, 1.0, 1.0])
    """
    events, final, v = run.events, run.final, plan.intervention
    entering = (events["source_kind"] != rules.NO_SOURCE) & (events["to_state"] != rules.IN_NAME_ONLY)
    embedded = final["state"] == rules.EMBEDDED
    distance = np.abs(final["form"] - run.specification[-1, 0])
    fidelity = v.core_share * final["core"] + (1 - distance / (1 + distance)) * v.adaptable_share * final["adaptable"]
    highest = int(max(events["generation"][entering].max(initial=0), final["generation"][embedded].max(initial=0)))
    began = [entering & (events["generation"] == g) for g in range(highest + 1)]
    here = [embedded & (final["generation"] == g) for g in range(highest + 1)]

    def mean(values: np.ndarray, parts: list[np.ndarray]) -> np.ndarray:
        return np.array([np.mean(values[part]) if part.any() else NEVER for part in parts], dtype=np.float64)

    return {
        "generation": np.arange(highest + 1),
        "n_began": np.sum(began, axis=1),
        "fidelity_at_start": mean(events["presence"], began),
        "n_embedded": np.sum(here, axis=1),
        "fidelity": mean(fidelity, here),
        "core_fidelity": mean(final["core"], here),
    }


def groups(run: Run, network: Network, plan: Plan) -> Columns:
    """Return reach and benefit by group at each level of the hierarchy, and by fifth of deprivation.

    Parameters
    ----------
    run : of either driver.
    network : it was run on.
    plan : the strategy.

    Returns
    -------
    Columns by name, one row a group; the fifths are left out where there are none, and there are no columns where
    there are no groups at all.

    Examples
    --------
    >>> table = groups(run, network, plan)
    >>> table["group"][:2].tolist(), table["n_services"][:2].tolist(), table["reach"][:2].tolist()
    (['1 least deprived', '2'], [3, 2], [1.0, 1.0])
    """
    ever = run.final["first_embedded"] >= 0
    population = network["population"]
    effect = run.late_effect / n_late_months(plan.months)
    parts: list[Columns] = []

    def add(
        level: str, group: np.ndarray, service: np.ndarray, share: np.ndarray, names: list[str], numbers: np.ndarray
    ) -> None:
        """Add a level: `share` of `service` belongs to `group`, entry by entry."""

        def total(values: np.ndarray) -> np.ndarray:
            return np.bincount(group, weights=share * values[service], minlength=len(names))

        size, people = total(np.ones(len(population))), total(population)
        reach, benefit = _over(total(ever), size), _over(total(population * effect), people)
        parts.append(
            {
                "level": np.full(len(names), level, dtype=object),
                "group": np.array(names, dtype=object),
                "number": numbers,
                "n_services": np.rint(size).astype(np.int64),
                "population": people,
                "reach": reach,
                "benefit": benefit,
            }
        )

    tree = network.hierarchy
    for place, level in enumerate(tree.levels):
        here = np.flatnonzero(tree.level_of == place)
        number = np.full(max(tree.n_groups, 1), -1)
        number[here] = np.arange(len(here))
        of_service = tree.group_at(place)
        members = np.flatnonzero(of_service >= 0)
        names = [tree.names[g] for g in here]
        add(level, number[of_service[members]], members, np.ones(len(members)), names, here)
    if network.has_fifths:
        labels = ["1 least deprived", "2", "3", "4", "5 most deprived"]
        service, fifth = np.nonzero(network.membership.T)
        add("deprivation fifth", fifth, service, network.membership[fifth, service], labels, np.arange(1, 6))
    return stacked(parts)


def stacked(tables: Sequence[Columns]) -> Columns:
    """Return tables below one another.

    Parameters
    ----------
    tables : with the same columns; those without any are left out.

    Returns
    -------
    Columns by name; none where no table has any.

    Examples
    --------
    >>> {name: values.tolist() for name, values in stacked([{"a": np.arange(2)}, {}, {"a": np.arange(1)}]).items()}
    {'a': [0, 1, 0]}
    """
    given = [table for table in tables if table]
    return {name: np.concatenate([table[name] for table in given]) for name in (given[0] if given else ())}


__all__ = [
    "BY_NAME",
    "CURVES_ALONE",
    "CURVE_COLUMNS",
    "FOLLOWED_MONTHS",
    "MEASURES",
    "MOVED",
    "NEVER",
    "STATE_COLUMNS",
    "Better",
    "Measure",
    "curves",
    "curves_of",
    "first_months_embedded",
    "generations",
    "groups",
    "measures",
    "measures_of",
    "monthly",
    "spending_of",
]
