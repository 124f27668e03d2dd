"""Experiment files: what is varied, over which design, and what is measured.

What belongs here: reading an experiment file, and resolving it against its scenario: levers (what
we choose), uncertainties (what we do not know), outcomes (what we measure). Faults are errors that name the file, the
field, the value and the remedy.
What does not: which points a design holds (``designs``), running them (``coordinator``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spreadsim.errors import InputError, InputErrors, nearest
from spreadsim.input_files import is_file, is_folder
from spreadsim.network.construction import make_network
from spreadsim.network.provenance import refuse_without_effect
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.parameters import Belief, Declaration
from spreadsim.scenario.document import Scenario, without_levers
from spreadsim.scenario.files import find_scenario, load_scenario, read_toml, shipped_folder, shipped_names
from spreadsim.scenario.paths import fields_that_vary
from spreadsim.scenario.validation import as_document, validate, validate_table, with_setting
from spreadsim.sweeps.document import Experiment, Range

Values = dict[str, Any]


@dataclass(frozen=True)
class Factor:
    """One lever or uncertainty: either `values`, or an interval from `low` to `high`.

    Attributes
    ----------
    path : of the field that it sets; a lever without a dot is a field of the strategy.
    kind : of the field: ``number``, ``integer``, ``choice``, ``boolean`` or ``text``.
    low, high : ends of the interval, in the field's own unit.
    distribution : over the interval: ``uniform``, ``log-uniform``, ``triangular`` or ``beta``.
    mode : peak of a triangular distribution.
    weights : of the upper and the lower end of a beta distribution.
    steps : number of values, in a grid and of a lever.
    values : the values themselves, where they are listed.

    Examples
    --------
    >>> Factor("behaviour.engagement.reactance", "number", 0.0, 3.0).ends
    (0.0, 3.0)
    >>> Factor("balance", "number", values=(0.0, 0.5, 1.0)).ends
    (0.0, 0.5, 1.0)
    """

    path: str
    kind: str
    low: float = 0.0
    high: float = 0.0
    distribution: Belief = "uniform"
    mode: float | None = None
    weights: tuple[float, float] | None = None
    steps: int | None = None
    values: tuple[Any, ...] = ()

    @property
    def ends(self) -> tuple[Any, ...]:
        """Every listed value, or the two ends."""
        return self.values or tuple(self.typed(end) for end in (self.low, self.high))

    def typed(self, value: Any) -> Any:
        """Return a value as the scenario's field takes it."""
        if self.kind == "integer" and isinstance(value, (int, float)) and not isinstance(value, bool):
            return round(value)
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@dataclass(frozen=True)
class Study:
    """An experiment resolved against its scenario.

    Attributes
    ----------
    experiment, file : the tables of the experiment file, and the file's name as the user gave it.
    scenario : with [run] and the settings laid upon it.
    folder : of the file, for the paths in it.
    strategies : names of those that are run.
    levers, uncertainties : what is varied.

    Examples
    --------
    >>> study = load_experiment("where-to-start")
    >>> study.strategies
    ('organic', 'blend')
    >>> [factor.path for factor in study.levers]
    ['programme.starting_sites.rule', 'programme.starting_sites.share']
    """

    experiment: Experiment
    file: str
    folder: Path
    scenario: Scenario
    strategies: tuple[str, ...]
    levers: tuple[Factor, ...]
    uncertainties: tuple[Factor, ...]


# ------------------------------------------------------------------------------------------------- reading


def experiment_names() -> list[str]:
    """Return the names of the shipped experiments.

    Returns
    -------
    Names, in alphabetical order.

    Examples
    --------
    >>> experiment_names()
    ['best-balance', 'clustering', 'clustering-in-facilities', 'equal-effort', 'where-to-start']
    """
    return sorted(path.stem for path in shipped_folder("experiments").glob("*.toml"))


def find_experiment(name: str) -> Path:
    """Return the file of a shipped experiment's name, or of a path.

    Parameters
    ----------
    name : a shipped experiment's name, a path to a file, or a folder that `sweep` wrote.

    Returns
    -------
    Path of the experiment file.

    Raises
    ------
    InputError : there is no such experiment or file.

    Examples
    --------
    >>> find_experiment("clustering").name
    'clustering.toml'
    """
    if name in experiment_names():
        return shipped_folder("experiments") / f"{name}.toml"
    path = Path(name)
    if is_folder(path) and is_file(path / "experiment.toml"):
        return path / "experiment.toml"
    if is_file(path):
        return path
    names = experiment_names()
    remedy = "check the path" if path.suffix == ".toml" or "/" in name or not names else nearest(name, names)
    raise InputError(name, "", "no shipped experiment and no file has this name", remedy)


def is_experiment(name: str) -> bool:
    """Say whether a name or path is that of an experiment rather than of a scenario.

    Parameters
    ----------
    name : a shipped name, or a path to a file or folder.

    Returns
    -------
    False for a scenario, and where there is nothing of that name.

    Examples
    --------
    >>> is_experiment("clustering"), is_experiment("default")
    (True, False)
    """
    if name in experiment_names():
        return name not in shipped_names()
    path = Path(name)
    if is_folder(path):
        return is_file(path / "experiment.toml")
    return is_file(path) and "scenario" in read_toml(path, name)


def load_experiment(name: str | Path, settings: Iterable[str] = ()) -> Study:
    """Return an experiment, resolved and validated.

    Parameters
    ----------
    name : a shipped experiment's name, a path to a file, or a folder that `sweep` wrote.
    settings : ``FIELD=VALUE`` strings laid upon the experiment file, in order.

    Returns
    -------
    The experiment resolved against its scenario.

    Raises
    ------
    InputError, InputErrors : the file cannot be used.

    Examples
    --------
    >>> study = load_experiment("clustering", ["run.replicates=5"])
    >>> study.scenario.run.replicates
    5
    >>> load_experiment("clustering", ["run.replicats=5"])
    Traceback (most recent call last):
    spreadsim.errors.InputErrors: clustering: run.replicats: unknown name; did you mean 'replicates'?
    """
    from spreadsim.scenario.files import parse_setting

    file = str(name)
    path = find_experiment(file)
    document = read_toml(path, file)
    document.setdefault("name", path.stem)
    for text in settings:
        keys, value = parse_setting(text)
        document = with_setting(document, keys, value, "--set")
    experiment = validate_table(Experiment, document, file)
    for measure in experiment.outcomes.measures:
        if measure not in BY_NAME:
            raise InputError(file, "outcomes.measures", f"'{measure}' is not a measure", nearest(measure, BY_NAME))
    return _resolve(experiment, file, path.parent)


def _resolve(experiment: Experiment, file: str, folder: Path) -> Study:
    path = find_scenario(experiment.scenario, folder)
    base = load_scenario(str(path) if is_file(path) else experiment.scenario)
    document = as_document(base)
    paths = fields_that_vary(base)
    for key, value in experiment.settings.items():
        if key not in paths and key.split(".")[0] not in Scenario.model_fields:
            raise InputError(file, f'settings."{key}"', "unknown name", nearest(key, paths))
        document = with_setting(document, key.split("."), value, file)
    document["run"] = document["run"] | experiment.run.model_dump(exclude_none=True)
    scenario = validate(document, f"{file} (scenario {experiment.scenario}, with settings)", base.folder)
    if scenario.run.parameter_sets is not None:
        raise InputError(
            file,
            "scenario",
            "has run.parameter_sets, which a comparison reads and a sweep does not",
            'take it out, and name the table as design.table with method = "table"',
        )
    choice = experiment.strategy
    names = list(scenario.strategies) if choice is None else [choice] if isinstance(choice, str) else choice
    for one in names:
        if one not in scenario.strategies:
            raise InputError(
                file, "strategy", f"the scenario has no strategy '{one}'", nearest(one, scenario.strategies)
            )
    study = Study(
        experiment=experiment,
        file=file,
        folder=folder,
        scenario=scenario,
        strategies=tuple(names),
        levers=tuple(factors_of_table(experiment.levers, "levers", file, scenario)),
        uncertainties=tuple(factors_of_table(experiment.uncertainties, "uncertainties", file, scenario)),
    )
    if experiment.design.method == "table" and not study.uncertainties:
        raise InputError(
            file,
            "uncertainties",
            "names none of the columns of design.table, whose rows would be ignored",
            "name each column, with its range or its values",
        )
    _check(study)
    if scenario.network.source == "file":
        moved = [*experiment.settings, *(factor.path for factor in (*study.levers, *study.uncertainties))]
        refuse_without_effect(moved, make_network(scenario), file)
    return study


# ------------------------------------------------------------------------------------------------- factors


def factors_of_table(table: Mapping[str, Any], section: str, file: str, scenario: Scenario) -> list[Factor]:
    """Return the factors that a table of an experiment names.

    Parameters
    ----------
    table : entries by path: ``"plausible"`` (evenly over the declared range), ``"believed"`` (as the declaration says
        that belief lies over it), a value, a list, or a range; a path that ends in ``.*`` stands for every
        parameter below it with a plausible range, save those named ``"fixed"``.
    section : of the table in the file: ``levers``, ``uncertainties`` or ``parameters``.
    file : name under which faults are reported.
    scenario : whose fields are varied.

    Returns
    -------
    Factors, in the order of the table.

    Raises
    ------
    InputError, InputErrors : a path is not a field that may be varied, or an entry does not fit its field.

    Examples
    --------
    >>> table = {"behaviour.engagement.reactance": "plausible", "balance": {"low": 0.0, "high": 1.0, "steps": 3}}
    >>> [factor.ends for factor in factors_of_table(table, "levers", "mine.toml", ss.load_scenario("default"))]
    [(0.0, 3.0), (0.0, 1.0)]
    """
    fields, result = fields_that_vary(scenario), []
    for path, entry in table.items():
        if path.endswith(".*"):
            inside = [
                d
                for d in fields.values()
                if d.path.startswith(path[:-1]) and d.kind in ("number", "integer") and d.plausible
            ]
            if not inside:
                raise InputError(
                    file,
                    f'{section}."{path}"',
                    "names no parameter with a plausible range",
                    nearest(path[:-2], {d.path.rsplit(".", 1)[0] for d in fields.values()}),
                )
            result += [_factor(d.path, entry, section, file, d) for d in inside if d.path not in table]
            continue
        if path not in fields:
            raise InputError(file, f'{section}."{path}"', "unknown name", nearest(path, fields))
        if section == "uncertainties" and "." not in path:
            raise InputError(
                file, f"{section}.{path}", "is a lever of a strategy, not an uncertainty", "put it under [levers]"
            )
        if entry != "fixed":  # left out of what a name with .* stands for
            result.append(_factor(path, entry, section, file, fields[path]))
    return result


def _factor(path: str, entry: Any, section: str, file: str, declaration: Declaration) -> Factor:
    field = f'{section}."{path}"'
    if entry in ("plausible", "believed"):
        if declaration.plausible is None:
            raise InputError(file, field, "has no plausible range declared", "give { low = ..., high = ... } or a list")
        shape = declaration.belief or "uniform" if entry == "believed" else "uniform"
        mode = float(declaration.default) if shape == "triangular" else None
        return Factor(path, declaration.kind, *declaration.plausible, shape, mode, declaration.weights)
    if isinstance(entry, Mapping):
        r = validate_table(Range, entry, file, (section, f'"{path}"'))
        if r.values is None:
            if declaration.kind not in ("number", "integer"):
                raise InputError(file, field, f"is a {declaration.kind}, which has no range", "give a list of values")
            ends = float(r.low or 0.0), float(r.high or 0.0)
            return Factor(path, declaration.kind, *ends, r.distribution, r.mode, r.weights, r.steps)
        entry = r.values
    values = entry if isinstance(entry, list) else [entry]
    if not values:
        raise InputError(file, field, "is an empty list", "give at least one value")
    if any(isinstance(value, (list, dict)) for value in values):
        raise InputError(file, field, "holds a list or a table as a value", "give numbers, text, true or false")
    factor = Factor(path, declaration.kind)
    converted = tuple(factor.typed(value) for value in values)
    if len(set(map(repr, converted))) != len(converted):
        raise InputError(file, field, "names a value twice", "give each value once")
    return Factor(path, declaration.kind, values=converted)


def _check(study: Study) -> None:
    """Refuse values that the scenario cannot take and factors that could change nothing, before anything runs."""
    from spreadsim.scenario.plan import plan

    both = {f.path for f in study.levers} & {f.path for f in study.uncertainties}
    if both:
        raise InputError(study.file, f'uncertainties."{min(both)}"', "is a lever too", "keep one of them")
    for section, factors in (("levers", study.levers), ("uncertainties", study.uncertainties)):
        for factor in factors:
            _check_effect(study, section, factor)
            for value in factor.ends:
                one = {factor.path: value}
                for strategy in study.strategies:
                    try:
                        scenario = scenario_at(study, as_document(study.scenario), {}, strategy, one)
                        plan(scenario, strategy, file=study.file)
                    except (InputError, InputErrors) as failure:
                        first = failure.errors[0] if isinstance(failure, InputErrors) else failure
                        raise InputError(
                            study.file, f'{section}."{factor.path}"', f"{value!r}: {first.problem}", first.remedy
                        ) from None


def _check_effect(study: Study, section: str, factor: Factor) -> None:
    parts = factor.path.split(".")
    swept = {lever.path for lever in study.levers}
    for name in study.strategies:
        own = study.scenario.strategies[name].model_dump(exclude_unset=True, exclude_none=True)
        has_no_effect = parts[0] == "programme" and parts[1] in own and parts[1] not in swept
        has_no_effect |= factor.path == "intervention.mechanism_clarity" and "mechanism_clarity" in own
        has_no_effect |= parts[0] == "intervention" and parts[-1] == "codification" and "codification" in own
        has_no_effect |= factor.path in own.get("overrides", {})
        if has_no_effect:
            raise InputError(
                study.file,
                f'{section}."{factor.path}"',
                f"strategy '{name}' sets its own, so that nothing would change",
                f"make '{parts[-1]}' a lever, or take it out of the strategy",
            )


# ------------------------------------------------------------------------------------------------- one point


def scenario_at(study: Study, base: Values, point: Values, strategy: str, levers: Values) -> Scenario:
    """Return the scenario of one point and one setting of the levers, with one strategy.

    Parameters
    ----------
    study : the experiment.
    base : its scenario as a resolved document.
    point : values of the uncertainties, by path.
    strategy : name of the strategy that the levers act upon.
    levers : values of the levers, by path.

    Returns
    -------
    The scenario, validated.

    Raises
    ------
    InputErrors : the values do not make a scenario.

    Examples
    --------
    >>> from spreadsim.scenario.files import as_document
    >>> study = load_experiment("where-to-start")
    >>> point, levers = {"services.readiness.mean": 0.35}, {"programme.starting_sites.share": 0.1}
    >>> scenario = scenario_at(study, as_document(study.scenario), point, "blend", levers)
    >>> list(scenario.strategies), scenario.services.readiness.mean, scenario.programme.starting_sites.share
    (['blend'], 0.35, 0.1)
    """
    return validate(document_at(base, point, strategy, levers), study.file, study.scenario.folder)


def document_at(base: Values, point: Values, strategy: str, levers: Values) -> Values:
    """Return the resolved document of one point and one setting.

    A lever without a dot is a field of the strategy. Where `balance` is a lever, the levers that it sets are the
    strategy's own no longer, unless they are levers too.

    Parameters
    ----------
    base : the experiment's scenario as a resolved document.
    point : values of the uncertainties, by path.
    strategy : name of the strategy that the levers act upon.
    levers : values of the levers, by path.

    Returns
    -------
    The document, with the one strategy.

    Examples
    --------
    >>> from spreadsim.scenario.files import as_document
    >>> base = as_document(ss.load_scenario("default"))
    >>> base["strategies"]["blend"]["mandate"]
    0.3
    >>> document_at(base, {}, "blend", {"balance": 0.5})["strategies"]["blend"]["balance"]
    0.5
    """
    document = base
    for path, value in {**point, **{k: v for k, v in levers.items() if "." in k}}.items():
        document = with_setting(document, path.split("."), value, "experiment")
    own = dict(document["strategies"][strategy])
    if "balance" in levers:
        own = without_levers(own)
    own |= {k: v for k, v in levers.items() if "." not in k}
    return {**document, "strategies": {strategy: own}}
