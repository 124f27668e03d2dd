"""Plans: one strategy of a scenario as the numbers that a driver takes.

What belongs here: the balance and the levers it sets, programme fields, overrides and schedules of a strategy, resolved
to levers month by month; behaviour and intervention as nested named tuples of numbers, with the scenario file's names.
What does not: rules, networks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args, get_origin

import numpy as np

from spreadsim import draws, rules
from spreadsim.errors import InputError, InputErrors, nearest
from spreadsim.levers import LEVERS, BalanceLevers, Programme
from spreadsim.parameters import Behaviour, Cost, Table
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.validation import as_document, validate, with_setting

_NOT_OVERRIDDEN = ("network", "services", "run", "strategies", "frontier", "format", "name")
_BY_STRATEGY = tuple(Programme.model_fields)


@dataclass(frozen=True)
class Plan:
    """One strategy, resolved.

    Attributes
    ----------
    name, title : of the strategy.
    levers : one `rules.Levers` a month, months 0 to T-1.
    behaviour, cost : `rules.Behaviour` and `rules.Cost`, with the scenario file's names; choices as small integers.
    intervention : `rules.Intervention`.
    programme : the programme's fields after the strategy's own.
    stop_month : first month without the programme.
    months : the horizon T.

    Examples
    --------
    >>> blend = plan(ss.load_scenario("default"), "blend")
    >>> blend.months, blend.stop_month, blend.levers[0].mandate, blend.levers[36].mandate
    (60, 36, 0.3, 0.0)
    >>> blend.table.shape
    (60, 15)
    """

    name: str
    title: str
    levers: tuple[rules.Levers, ...]
    behaviour: rules.Behaviour
    cost: rules.Cost
    intervention: rules.Intervention
    programme: Programme
    months: int

    @cached_property
    def levers_by_month(self) -> rules.Levers:
        """The levers as one array a lever, months 0 to T-1."""
        return rules.Levers(*(np.array(column) for column in zip(*self.levers, strict=True)))  # type: ignore[arg-type]

    @cached_property
    def table(self) -> np.ndarray:
        """The levers as numbers: shape (T, levers)."""
        return np.array([tuple(month) for month in self.levers])

    @property
    def stop_month(self) -> int:
        """First month without the programme."""
        return self.programme.stop_month


def numbers(table: Table) -> Any:
    """Return a table of parameters as the rulebook's tuple of that name; a choice becomes its place in the list.

    Parameters
    ----------
    table : of a scenario, such as its ``behaviour``.

    Returns
    -------
    A named tuple of numbers and of named tuples.

    Examples
    --------
    >>> numbers(ss.load_scenario("default").behaviour).drift.rate
    0.01
    """
    values: dict[str, Any] = {}
    for name, field in type(table).model_fields.items():
        value = getattr(table, name)
        if isinstance(value, Table):
            values[name] = numbers(value)
        elif get_origin(field.annotation) is Literal:
            values[name] = get_args(field.annotation).index(value)
        else:
            values[name] = value if isinstance(value, (bool, int)) else float(value)
    return getattr(rules, type(table).__name__)(**values)


def balance_levers(table: Any, minimum_latitude: float) -> dict[str, float]:
    """Return the levers that a table sets: those of its balance, replaced by those given one by one.

    Parameters
    ----------
    table : a strategy, or an entry of its schedule.
    minimum_latitude : latitude at balance 0, 0 to 1.

    Returns
    -------
    Values by the name of the lever, 0 to 1.

    Examples
    --------
    >>> balance_levers(ss.load_scenario("default").strategies["top-down"], 0.05)
    {'mandate': 1.0, 'latitude': 0.05, 'peer_programme': 0.0, 'monitoring': 1.0}
    """
    levers: dict[str, float] = {}
    for one in LEVERS:
        if one.balance is None:
            continue
        own = getattr(table, one.name)
        if own is not None:
            levers[one.name] = float(own)
        elif table.balance is not None:
            levers[one.name] = one.balance(float(table.balance), minimum_latitude)
    return levers


def _changes(strategy: Any, programme: Programme, minimum_latitude: float) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Yield what changes in which month, from before the first one on: start, stop and schedule, in this order."""
    set_by_balance = balance_levers(strategy, minimum_latitude)
    for one in LEVERS:
        value = set_by_balance[one.name] if one.balance is not None else getattr(programme, one.name)
        outside = one.outside(programme)
        yield -1, 0, {one.name: value if outside is None else outside}
        if one.months is not None and one.off is not None:
            start, stop = (getattr(programme, field) for field in one.months)
            yield start, 0, {one.name: value}
            yield stop, 1, {} if outside is None else {one.name: outside}
    for entry in strategy.schedule:
        fields = entry.model_dump(exclude_none=True, exclude={"month", *BalanceLevers.model_fields})
        yield entry.month, 2, {**fields, **balance_levers(entry, minimum_latitude)}


def _months(strategy: Any, programme: Programme, minimum_latitude: float, months: int) -> tuple[rules.Levers, ...]:
    """Return the levers of each month."""
    changes = sorted(_changes(strategy, programme, minimum_latitude), key=lambda change: change[:2])
    values: dict[str, Any] = {}
    result, directed_since, position = [], None, 0
    for month in range(months):
        while position < len(changes) and changes[position][0] <= month:
            values |= changes[position][2]
            position += 1
        on = float(programme.start_month <= month < programme.stop_month)
        since, interval = month - programme.start_month, programme.revision_interval
        directed_since = (month if directed_since is None else directed_since) if values["mandate"] > 0 else None
        result.append(
            rules.Levers(
                month=month,
                on=on,
                months_directed=float(month - directed_since) if directed_since is not None else 0.0,
                revises=float(on > 0 and interval > 0 and since > 0 and since % interval == 0),
                **{one.name: one.number(values[one.name]) for one in LEVERS},
            )
        )
    return tuple(result)


def _intervention(table: Any, behaviour: rules.Behaviour) -> rules.Intervention:
    """Return the intervention as numbers, function by function: components of one function stand or fall together."""
    functions = [[table.components[name] for name in names] for names in table.functions.values()]
    weights = [math.fsum(component.weight for component in members) for members in functions]
    components = [members[0] for members in functions]  # its function's others differ in weight alone
    total = 0.0
    for own in weights:
        total += own
    weight = [own / total for own in weights]
    core_share = adaptable_share = mean_complexity = 0.0
    for share, component in zip(weight, components, strict=True):
        if component.core:
            core_share += share
        else:
            adaptable_share += share
        mean_complexity += share * component.complexity
    core_weight = [
        w / core_share if c.core and core_share > 0 else 0.0 for w, c in zip(weight, components, strict=True)
    ]
    adaptable_weight = [
        w / adaptable_share if not c.core and adaptable_share > 0 else 0.0
        for w, c in zip(weight, components, strict=True)
    ]
    n_core = sum(component.core for component in components)
    erosion = draws.candidate_bound(rules.largest_erosion(behaviour))
    drift = draws.candidate_bound(rules.largest_drift(behaviour))
    return rules.Intervention(
        core=np.array([component.core for component in components], dtype=np.bool_),
        weight=np.array(weight),
        core_weight=np.array(core_weight),
        adaptable_weight=np.array(adaptable_weight),
        complexity=np.array([float(component.complexity) for component in components]),
        codification=np.array([float(component.codification) for component in components]),
        n_components=len(components),
        n_core=n_core,
        core_share=core_share,
        adaptable_share=adaptable_share,
        mean_complexity=mean_complexity,
        core_exponent=table.core_exponent,
        mechanism_clarity=float(table.mechanism_clarity),
        erosion_bound=erosion,
        erosion_table=np.array(draws.candidate_table(erosion, len(components))),
        drift_bound=drift,
        drift_table=np.array(draws.candidate_table(drift, len(components))),
    )


def _with_overrides(scenario: Scenario, name: str, strategy: Any, file: str) -> Scenario:
    """Return the scenario as it holds for one strategy."""
    own = strategy.model_dump(mode="python", exclude_unset=True, exclude_none=True)
    programme = {key: own[key] for key in _BY_STRATEGY if key in own}
    overrides: dict[str, Any] = own.get("overrides", {})
    if not programme and not overrides and "codification" not in own and "mechanism_clarity" not in own:
        return scenario
    document = as_document(scenario)
    # Replacing one way of naming starting sites replaces the other.
    sites = programme.get("starting_sites", {})
    if sites and "ids" not in sites:
        document["programme"]["starting_sites"].pop("ids", None)
    document = with_setting(document, ["programme"], programme, file)
    if "mechanism_clarity" in own:
        document["intervention"]["mechanism_clarity"] = own["mechanism_clarity"]
    if "codification" in own:
        for component in document["intervention"]["components"].values():
            component["codification"] = own["codification"]
    for path, value in overrides.items():
        keys = path.split(".")
        where = f"strategies.{name}.overrides.{path}"
        if keys[0] in _NOT_OVERRIDDEN:
            raise InputError(
                file, where, f"[{keys[0]}] is shared by all strategies", "change it for the whole scenario"
            )
        if keys[0] not in Scenario.model_fields:
            raise InputError(file, where, "unknown name", nearest(keys[0], Scenario.model_fields))
        document = with_setting(document, keys, value, file)
    try:
        return validate(document, file)
    except InputErrors as failure:
        raise InputErrors(
            [InputError(file, f"strategies.{name}: {e.field}", e.problem, e.remedy) for e in failure.errors]
        ) from None


def plan(scenario: Scenario, name: str, strategy: Any | None = None, file: str = "scenario") -> Plan:
    """Return one strategy of a scenario, resolved.

    Parameters
    ----------
    scenario : that the strategy belongs to.
    name : of the strategy.
    strategy : replaces the one of that name.
    file : that errors name.

    Returns
    -------
    Levers by month, and what the rules are told.

    Raises
    ------
    InputError, InputErrors : the strategy names something that it cannot change, or gives a value out of bounds.

    Examples
    --------
    >>> top_down = plan(ss.load_scenario("default"), "top-down")
    >>> top_down.title, top_down.levers[12].mandate
    ('Top-down: a fixed package, mandated', 1.0)
    """
    if strategy is None:
        if name not in scenario.strategies:
            raise InputError(file, "strategies", f"there is no strategy '{name}'", nearest(name, scenario.strategies))
        strategy = scenario.strategies[name]
    own = _with_overrides(scenario, name, strategy, file)
    behaviour = numbers(own.behaviour)
    minimum = own.behaviour.adaptation.minimum_latitude
    return Plan(
        name=name,
        title=strategy.title or name,
        levers=_months(strategy, own.programme, minimum, scenario.run.months),
        behaviour=behaviour,
        cost=numbers(own.cost),
        intervention=_intervention(own.intervention, behaviour),
        programme=own.programme,
        months=scenario.run.months,
    )


def plans(scenario: Scenario, file: str = "scenario") -> list[Plan]:
    """Return every strategy of the scenario, resolved, in the file's order.

    Parameters
    ----------
    scenario : any.
    file : that errors name.

    Returns
    -------
    A plan a strategy.

    Raises
    ------
    InputError, InputErrors : as of `plan`.

    Examples
    --------
    >>> [one.name for one in plans(ss.load_scenario("default"))]
    ['top-down', 'organic', 'blend']
    """
    return [plan(scenario, name, file=file) for name in scenario.strategies]


__all__ = ["Behaviour", "Cost", "Plan", "balance_levers", "numbers", "plan", "plans"]
