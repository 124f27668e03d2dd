"""Plans: one strategy of a scenario as the numbers that a driver takes.

What belongs here: the balance and the levers it sets, programme fields, overrides and schedules of a strategy, resolved
to levers month by month; behaviour and intervention as nested named tuples of numbers, with the scenario file's names.
What does not: rules, networks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, get_args, get_origin

import numpy as np

from spreadsim import draws, rules
from spreadsim.errors import InputError, InputErrors, nearest
from spreadsim.levers import LEVERS, BalanceLevers, Lever, Programme
from spreadsim.parameters import Behaviour, Cost, Table
from spreadsim.scenario.conditions import Condition, condition
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.validation import as_document, validate, with_setting

_NOT_OVERRIDDEN = ("network", "services", "run", "strategies", "frontier", "format", "name")
MONTHS_TO_GET_USED = 12.0  # mean time in which services come to count on an incentive, and cease to
_BY_STRATEGY = tuple(Programme.model_fields)
Levers = tuple[rules.Levers, ...]


@dataclass(frozen=True)
class Trigger:
    """A rule of a strategy, resolved.

    Attributes
    ----------
    condition : on the record of the month before.
    settings : what it sets, by the names of levers.
    months : for how long; None from then on.
    each : level whose groups are judged and set one by one; None for all services together.

    Examples
    --------
    >>> late = Trigger(condition("month >= 12 and reach < 0.2"), {"mandate": 0.6}, 6, None)
    >>> late.is_in_force(12, 17), late.is_in_force(12, 18)
    (True, False)
    """

    condition: Condition
    settings: Mapping[str, Any]
    months: int | None
    each: str | None

    def is_in_force(self, began: int, month: int) -> bool:
        """Return whether what it set in month `began` holds in a later month."""
        return self.months is None or month < began + self.months


@dataclass(frozen=True)
class Standing:
    """What a month of the programme hands on to the next one.

    Attributes
    ----------
    directed_since : first month of the present mandate; None without one.
    usual_incentive : the incentive that services have got used to, 0 to 1.
    tie_weight : weight of the ties of a collaborative, 0 to 1.

    Examples
    --------
    >>> Standing().directed_since is None
    True
    """

    directed_since: int | None = None
    usual_incentive: float = 0.0
    tie_weight: float = 0.0


@dataclass(frozen=True)
class Calendar:
    """What is laid down for each month before the programme begins: start, stop and schedule.

    Attributes
    ----------
    values : for each month, by lever, the month in which it was last set and what it was set to.
    programme : the programme's fields after the strategy's own.

    Examples
    --------
    >>> calendar = plan(ss.load_scenario("default"), "blend").calendar
    >>> calendar.month(20, Standing())[0].mandate, calendar.month(20, Standing(), [(12, {"mandate": 0.6})])[0].mandate
    (0.3, 0.6)
    """

    values: Sequence[Mapping[str, tuple[int, Any]]]
    programme: Programme

    def month(
        self, month: int, before: Standing, settings: Sequence[tuple[int, Mapping[str, Any]]] = ()
    ) -> tuple[rules.Levers, Standing]:
        """Return the levers of a month, and what it hands on to the next one.

        Parameters
        ----------
        month : from 0.
        before : what the month before has handed on.
        settings : what rules have set, and in which month, ascending. As in a schedule, a lever is what was set last.

        Returns
        -------
        `rules.Levers` and a `Standing`.
        """
        dated = dict(self.values[month])
        for since, values_set in settings:
            dated |= {name: (since, value) for name, value in values_set.items() if since >= dated[name][0]}
        values = {name: value for name, (_, value) in dated.items()}
        return self._month(month, before, values, {one.name: one.number(_value(values, one)) for one in LEVERS})

    def _month(
        self, month: int, before: Standing, values: Mapping[str, Any], numbers: Mapping[str, float]
    ) -> tuple[rules.Levers, Standing]:
        """Return what `month` does, by the value of each lever and by its number in the rulebook."""
        programme = self.programme
        on = float(programme.start_month <= month < programme.stop_month)
        since, interval = month - programme.start_month, programme.revision_interval
        push = next((c.factor for c in reversed(programme.external_push) if c.month <= month), 1.0)
        collaborates = programme.collaborative.share > 0.0 and on > 0.0 and float(values["peer_programme"]) > 0.0
        tie_weight = 1.0 if collaborates else min(before.tie_weight, programme.collaborative.weight_after)
        incentive, usual, directed_since = float(values["incentive"]), before.usual_incentive, before.directed_since
        directed_since = (month if directed_since is None else directed_since) if values["mandate"] > 0 else None
        levers = rules.Levers(
            month=month,
            on=on,
            months_directed=float(month - directed_since) if directed_since is not None else 0.0,
            revises=float(on > 0 and interval > 0 and since > 0 and since % interval == 0),
            push=push,
            collaborates=float(collaborates),
            tie_weight=tie_weight,
            incentive_lost=max(0.0, usual - incentive),
            **numbers,
        )
        return levers, Standing(directed_since, usual + (incentive - usual) / MONTHS_TO_GET_USED, tie_weight)

    def levers(self) -> tuple[rules.Levers, ...]:
        """Return the levers of every month where no rule ever sets any."""
        months, standing = [], Standing()
        laid_down: Mapping[str, tuple[int, Any]] | None = None
        values: dict[str, Any] = {}
        numbers: dict[str, float] = {}
        for month, dated in enumerate(self.values):
            if dated is not laid_down:  # most months have what the month before has
                laid_down, values = dated, {name: value for name, (_, value) in dated.items()}
                numbers = {one.name: one.number(_value(values, one)) for one in LEVERS}
            levers, standing = self._month(month, standing, values, numbers)
            months.append(levers)
        return tuple(months)


@dataclass(frozen=True)
class Plan:
    """One strategy, resolved.

    Attributes
    ----------
    name, title : of the strategy.
    levers : one `rules.Levers` a month, months 0 to T-1; with triggers, where none ever fires.
    behaviour, cost : `rules.Behaviour` and `rules.Cost`, with the scenario file's names; choices as small integers.
    intervention : `rules.Intervention`.
    programme : the programme's fields after the strategy's own.
    stop_month : first month without the programme.
    months : the horizon T.
    calendar : what the levers of each month are made from.
    triggers : the strategy's rules, in order.
    variation : what is then done to the levers, given those of all months so far; None for nothing.

    Examples
    --------
    >>> blend = plan(ss.load_scenario("default"), "blend")
    >>> blend.months, blend.stop_month, blend.levers[0].mandate, blend.levers[36].mandate
    (60, 36, 0.3, 0.0)
    >>> blend.table.shape
    (60, 25)
    """

    name: str
    title: str
    levers: tuple[rules.Levers, ...]
    behaviour: rules.Behaviour
    cost: rules.Cost
    intervention: rules.Intervention
    programme: Programme
    months: int
    calendar: Calendar
    triggers: tuple[Trigger, ...] = ()
    variation: Callable[[Levers], Levers] | None = None

    def varied(self, variation: Callable[[Levers], Levers]) -> Plan:
        """Return the plan with something done to its levers, whatever rules set.

        Parameters
        ----------
        variation : takes the levers of the first months, as many as there are, and returns them changed.

        Returns
        -------
        A plan; this one is left as it is.

        Examples
        --------
        >>> blend = plan(ss.load_scenario("default"), "blend")
        >>> blend.varied(lambda months: tuple(m._replace(mandate=0.0) for m in months)).levers[0].mandate
        0.0
        """
        return replace(self, levers=variation(self.levers), variation=variation)

    @cached_property
    def levers_by_month(self) -> rules.Levers:
        """The levers as one array a lever, months 0 to T-1."""
        return rules.Levers(*(np.array(column) for column in zip(*self.levers, strict=True)))  # type: ignore[arg-type]

    @cached_property
    def table(self) -> np.ndarray:
        """The levers as numbers: shape (T, levers)."""
        return np.array([tuple(month) for month in self.levers])

    @property
    def has_collaborative(self) -> bool:
        """Whether a collaborative ever meets, or may."""
        may_meet = self.programme.collaborative.share > 0.0 and any(
            trigger.settings.get("peer_programme", 0.0) > 0.0 for trigger in self.triggers
        )
        return may_meet or any(month.collaborates > 0.0 for month in self.levers)

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
        if value is None:  # it follows another lever, in whatever months
            yield -1, 0, {one.name: None}
            continue
        outside = one.outside(programme)
        yield -1, 0, {one.name: value if outside is None else outside}
        if one.months is not None and one.off is not None:
            start, stop = (getattr(programme, field) for field in one.months)
            yield start, 0, {one.name: value}
            yield stop, 1, {} if outside is None else {one.name: outside}
    for entry in strategy.schedule:
        fields = entry.model_dump(exclude_none=True, exclude={"month", *BalanceLevers.model_fields})
        yield entry.month, 2, {**fields, **balance_levers(entry, minimum_latitude)}


def _value(values: dict[str, Any], lever: Lever) -> Any:
    """Return a lever's value in a month: its own, or that of the lever that it follows."""
    own = values[lever.name]
    return values[lever.follows] if own is None and lever.follows else own


def _calendar(strategy: Any, programme: Programme, minimum_latitude: float, months: int) -> Calendar:
    """Return what is laid down for each month."""
    changes = sorted(_changes(strategy, programme, minimum_latitude), key=lambda change: change[:2])
    dated: dict[str, tuple[int, Any]] = {}
    result, position = [], 0
    for month in range(months):
        while position < len(changes) and changes[position][0] <= month:
            since, _, values = changes[position]
            dated = {**dated, **{name: (since, value) for name, value in values.items()}}
            position += 1
        result.append(dated)
    return Calendar(tuple(result), programme)


def _triggers(strategy: Any, minimum_latitude: float) -> tuple[Trigger, ...]:
    """Return the rules of a strategy, resolved."""
    triggers = []
    for rule in strategy.rules:
        own = rule.set.model_dump(exclude_none=True, exclude=set(BalanceLevers.model_fields))
        settings = {**own, **balance_levers(rule.set, minimum_latitude)}
        triggers.append(Trigger(condition(rule.when), settings, rule.months, rule.each))
    return tuple(triggers)


def _within(weight: list[float], is_in: list[bool], share: float) -> np.ndarray:
    """Return the weights of some components within a share of the whole; 0 for the others."""
    return np.array([w / share if here and share > 0 else 0.0 for w, here in zip(weight, is_in, strict=True)])


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
    truly = [c.core if c.truly_core is None else c.truly_core for c in components]
    as_believed = all(true == c.core for true, c in zip(truly, components, strict=True))
    true_core_share, true_adaptable_share = core_share, adaptable_share
    if not as_believed:
        true_core_share = math.fsum(w for w, true in zip(weight, truly, strict=True) if true)
        true_adaptable_share = math.fsum(w for w, true in zip(weight, truly, strict=True) if not true)
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
        listing=math.sqrt(len(table.components)),
        core_share=core_share,
        adaptable_share=adaptable_share,
        truly_core=np.array(truly, dtype=np.bool_),
        as_believed=as_believed,
        true_core_weight=_within(weight, truly, true_core_share),
        adapted_weight=_within(
            weight, [not true and not c.core for true, c in zip(truly, components, strict=True)], true_adaptable_share
        ),
        held_weight=_within(
            weight, [not true and c.core for true, c in zip(truly, components, strict=True)], true_adaptable_share
        ),
        true_core_share=true_core_share,
        true_adaptable_share=true_adaptable_share,
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
    calendar = _calendar(strategy, own.programme, minimum, scenario.run.months)
    return Plan(
        name=name,
        title=strategy.title or name,
        levers=calendar.levers(),
        behaviour=behaviour,
        cost=numbers(own.cost),
        intervention=_intervention(own.intervention, behaviour),
        programme=own.programme,
        months=scenario.run.months,
        calendar=calendar,
        triggers=_triggers(strategy, minimum),
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


__all__ = ["Behaviour", "Calendar", "Cost", "Plan", "Standing", "Trigger", "balance_levers", "numbers", "plan", "plans"]
