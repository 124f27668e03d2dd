"""Targets files: observed figures that a scenario's parameters are to reproduce, and where each was observed.

What belongs here: the names, types and bounds of what a user writes, and what must hold between them. How parameters
are fitted to them is ``fitting``'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from spreadsim.errors import InputError, InputErrors, nearest
from spreadsim.outcomes.measures import MEASURES
from spreadsim.parameters import Table
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import load_scenario, parse_setting, read_toml
from spreadsim.scenario.parameter_sets import check_path
from spreadsim.scenario.paths import fields_that_vary
from spreadsim.scenario.plan import plan
from spreadsim.scenario.validation import as_document, validate, validate_table, with_setting
from spreadsim.sweeps.document import RunTable
from spreadsim.sweeps.experiment import Factor, factors_of_table

COHORT_MEASURES = ("still_embedded", "ever_embedded")


class Target(Table):
    """One observed figure, what it measures in the model, and the conditions under which it was observed."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")
    measure: str = Field(description="A monthly measure; or still_embedded or ever_embedded, of a cohort.")
    month: int | None = Field(None, ge=0, le=1200, description="Of a monthly measure; the horizon if absent.")
    cohort: Literal["implementing", "embedded"] | None = Field(None, description="State from which it is followed.")
    months_after: int | None = Field(None, ge=1, le=1200, description="Length of a cohort's follow-up.")
    route: Literal["any", "voluntary", "mandated"] = "any"
    strategy: str = Field(description="Under which it was observed.")
    settings: dict[str, Any] = Field(default_factory=dict, description="Other fields as they were where observed.")
    value: float
    standard_error: float = Field(gt=0, description="Of the figure, for this use: sampling and definition together.")
    source: str = Field(min_length=1, max_length=500)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        of_cohort = self.measure in COHORT_MEASURES
        if of_cohort != (self.cohort is not None) or of_cohort != (self.months_after is not None):
            raise ValueError(
                "still_embedded and ever_embedded need 'cohort' and 'months_after', and no other measure has them"
            )
        if of_cohort and self.month is not None:
            raise ValueError("a cohort is followed for 'months_after'; 'month' has no meaning for it")
        if self.route != "any" and not of_cohort:
            raise ValueError("'route' can only be used with a cohort")
        return self


class TargetsTable(Table):
    """A targets file."""

    format: Literal[1] = 1
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")
    title: str = Field("", max_length=300)
    question: str = Field("", max_length=1000)
    settings: dict[str, Any] = Field(default_factory=dict, description="Fields of the scenario, held fixed.")
    run: RunTable = RunTable()
    tolerance: float = Field(
        2.0, gt=0, le=10, description="Number of standard errors within which every target must lie."
    )
    targets: list[Target] = Field(min_length=1)
    parameters: dict[str, Any] = Field(min_length=1)


@dataclass(frozen=True)
class Targets:
    """A targets file resolved against its scenario.

    Attributes
    ----------
    table, file : the tables of the targets file, and the file's name as the user gave it.
    scenario : with [run] and the settings laid upon it.
    parameters : what is fitted.

    Examples
    --------
    >>> from spreadsim.scenario.files import shipped_folder
    >>> targets = load_targets("default", shipped_folder("experiments") / "published-figures" / "targets.toml")
    >>> targets.conditions()[0]
    ('top-down', {})
    """

    table: TargetsTable
    file: str
    scenario: Scenario
    parameters: tuple[Factor, ...]

    def conditions(self) -> list[tuple[str, dict[str, Any]]]:
        """Return each distinct strategy and settings under which something was observed."""
        conditions: list[tuple[str, dict[str, Any]]] = []
        for target in self.table.targets:
            if (target.strategy, target.settings) not in conditions:
                conditions.append((target.strategy, target.settings))
        return conditions


def load_targets(scenario: str | Path | Scenario, file: str | Path, settings: Iterable[str] = ()) -> Targets:
    """Return a targets file, resolved against a scenario and validated.

    Parameters
    ----------
    scenario : a `Scenario`, a shipped name or a path.
    file : a TOML file.
    settings : ``FIELD=VALUE`` strings laid upon the scenario.

    Returns
    -------
    Targets and parameters.

    Raises
    ------
    InputError, InputErrors : the file cannot be used.

    Examples
    --------
    >>> from spreadsim.scenario.files import shipped_folder
    >>> targets = load_targets("default", shipped_folder("experiments") / "published-figures" / "targets.toml")
    >>> targets.table.targets[0].name
    'name-only-checklist'
    """
    name, path = str(file), Path(file)
    document = read_toml(path, name)
    document.setdefault("name", path.stem)
    table = validate_table(TargetsTable, document, name)
    base = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    whole = as_document(base)
    for key, value in table.settings.items():
        whole = _with_field(base, whole, key, value, f'settings."{key}"', name)
    whole["run"] = whole["run"] | table.run.model_dump(exclude_none=True)
    for text in settings:
        keys, value = parse_setting(text)
        whole = with_setting(whole, keys, value, "--set")
    spec = validate(whole, f"{name} (scenario {base.name}, with settings)", base.folder)
    names = [target.name for target in table.targets]
    if len(set(names)) != len(names):
        raise InputError(name, "targets", "names a target twice", "give each a name of its own")
    for target in table.targets:
        _check(target, spec, name)
    for key in table.parameters:
        if not key.endswith(".*"):
            check_path(spec, key, f'{name}: parameters."{key}"')
    factors = tuple(factors_of_table(table.parameters, "parameters", name, spec))
    for factor in factors:
        check_path(spec, factor.path, name)
        for target in table.targets:
            if factor.path in target.settings:
                raise InputError(name, f"targets.{target.name}.settings", f"'{factor.path}' is fitted",
                                 "take it out of one of them")  # fmt: skip
    return Targets(table, name, spec, factors)


def _with_field(
    base: Scenario, document: dict[str, Any], key: str, value: Any, field: str, file: str
) -> dict[str, Any]:
    fields = fields_that_vary(base)
    if key not in fields and key.split(".")[0] not in Scenario.model_fields:
        raise InputError(file, field, f"'{key}' is an unknown name", nearest(key, fields))
    return with_setting(document, key.split("."), value, file)


def _check(target: Target, scenario: Scenario, file: str) -> None:
    field = f"targets.{target.name}"
    monthly = [m.name for m in MEASURES if m.monthly]
    if target.measure not in (*monthly, *COHORT_MEASURES):
        raise InputError(file, f"{field}.measure", f"'{target.measure}' is neither monthly nor a measure of a cohort",
                         nearest(target.measure, (*monthly, *COHORT_MEASURES)))  # fmt: skip
    if target.strategy not in scenario.strategies:
        raise InputError(file, f"{field}.strategy", f"the scenario has no strategy '{target.strategy}'",
                         nearest(target.strategy, scenario.strategies))  # fmt: skip
    last = target.month if target.month is not None else target.months_after or 0
    if last > scenario.run.months:
        raise InputError(file, field, f"lies at month {last}, after the horizon of {scenario.run.months}",
                         "give a later run.months")  # fmt: skip
    try:
        condition_plan(scenario, as_document(scenario), target.strategy, target.settings, file)
    except InputErrors as failure:
        first = failure.errors[0]
        raise InputError(file, f"{field}.settings", f"{first.field}: {first.problem}", first.remedy) from None


def condition_plan(
    scenario: Scenario, document: dict[str, Any], strategy: str, settings: dict[str, Any], file: str
) -> Any:
    """Return the plan of a strategy under the settings of a target.

    A setting of [programme] takes the place of the strategy's own.

    Parameters
    ----------
    scenario : that is fitted.
    document : of it, resolved, with the parameters' values.
    strategy, settings : of the target.
    file : name under which faults are reported.

    Returns
    -------
    The plan that a driver takes.

    Raises
    ------
    InputErrors : the scenario refuses the settings.

    Examples
    --------
    >>> scenario = ss.load_scenario("default")
    >>> condition = condition_plan(scenario, as_document(scenario), "blend", {"programme.support": 0.9}, "targets.toml")
    >>> condition.programme.support
    0.9
    """
    own = dict(document["strategies"][strategy])
    for key, value in settings.items():
        parts = key.split(".")
        if parts[0] == "programme":
            own = {name: value for name, value in own.items() if name != parts[1]}
        document = with_setting(document, parts, value, file)
    document = document | {"strategies": {strategy: own}}
    return plan(validate(document, file, scenario.folder), strategy, file=file)
