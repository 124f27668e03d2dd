"""Documents and scenarios: laying one document upon another, setting a field, validating, and writing out in full.

What belongs here: what is done to a document in memory, and turning a validation error into words that name the file,
the field, the value and the remedy. What does not: files (``files``), the fields themselves (``document``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from spreadsim.errors import InputError, InputErrors, nearest
from spreadsim.scenario.document import Scenario

T = TypeVar("T", bound=BaseModel)
_REPLACED_WHOLE = {("intervention", "components"), ("strategies",)}


def merge(base: Mapping[str, Any], over: Mapping[str, Any], path: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return `base` with `over` laid upon it: tables key by key; components, strategies and lists whole.

    Parameters
    ----------
    base, over : documents.
    path : of these tables in a scenario.

    Returns
    -------
    A new document.

    Examples
    --------
    >>> merge({"run": {"months": 60, "seed": 1}}, {"run": {"months": 24}})
    {'run': {'months': 24, 'seed': 1}}
    """
    result = dict(base)
    for key, value in over.items():
        here = (*path, key)
        if isinstance(value, Mapping) and isinstance(result.get(key), Mapping) and here not in _REPLACED_WHOLE:
            result[key] = merge(result[key], value, here)
        else:
            result[key] = value
    return result


def flattened(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the values of a table and of the tables in it by dotted path.

    Parameters
    ----------
    table : of a document.
    prefix : of every path.

    Returns
    -------
    Values by path, in the order of the table.

    Examples
    --------
    >>> flattened({"drift": {"rate": 0.01}}, "behaviour.")
    {'behaviour.drift.rate': 0.01}
    """
    flat: dict[str, Any] = {}
    for name, value in table.items():
        flat |= flattened(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return flat


def with_setting(document: Mapping[str, Any], keys: list[str], value: Any, source: str) -> dict[str, Any]:
    """Return `document` with the field at the path `keys` set to `value`.

    Parameters
    ----------
    document : of a scenario.
    keys : path of the field.
    value : to set; a table is laid upon the table that is there.
    source : that the value comes from, for errors.

    Returns
    -------
    A new document.

    Raises
    ------
    InputError : the path leads through something that is no table.

    Examples
    --------
    >>> with_setting({"run": {"seed": 1}}, ["run", "months"], 24, "--set")
    {'run': {'seed': 1, 'months': 24}}
    """
    result = dict(document)
    here = result
    for depth, key in enumerate(keys[:-1]):
        below = here.get(key, {})
        if not isinstance(below, Mapping):
            raise InputError(
                source, ".".join(keys), f"'{'.'.join(keys[: depth + 1])}' is not a table", "check the path"
            )
        here[key] = dict(below)
        here = here[key]
    last = keys[-1]
    if isinstance(value, Mapping) and isinstance(here.get(last), Mapping):
        value = merge(here[last], value, tuple(keys))
    here[last] = value
    return result


def _names_of_table(root: type[BaseModel], location: tuple[Any, ...]) -> list[str]:
    """Return the names of the table, within `root`, that holds the field at `location`."""
    table: Any = root
    for step in location[:-1]:
        annotation = None
        if isinstance(table, type) and issubclass(table, BaseModel) and step in table.model_fields:
            annotation = table.model_fields[step].annotation
        else:
            inside = [a for a in get_args(table) if isinstance(a, type) and issubclass(a, BaseModel)]
            annotation = inside[-1] if inside else None
        options = get_args(annotation)
        containers = [option for option in options if getattr(option, "__origin__", None) in (dict, list)]
        if type(None) in options and containers:  # one that may be left out
            annotation = containers[0]
            options = get_args(annotation)
        models = [a for a in options if isinstance(a, type) and issubclass(a, BaseModel)]
        is_container = getattr(annotation, "__origin__", None) in (dict, list)
        table = models[0] if models and not is_container else annotation
    if isinstance(table, type) and issubclass(table, BaseModel):
        return list(table.model_fields)
    return []


def _path(location: tuple[Any, ...]) -> str:
    """Return a field's path as TOML writes it: names that hold a dot in quotes."""
    return ".".join(
        f'"{step}"' if "." in str(step) and not str(step).startswith('"') else str(step) for step in location
    )


_WANTED = {
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "string_type": "text in quotes",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}


def _problem_and_remedy(root: type[BaseModel], error: Mapping[str, Any], location: tuple[Any, ...]) -> tuple[str, str]:
    kind, value, context = error["type"], error.get("input"), error.get("ctx", {})
    text = repr(value) if not isinstance(value, (dict, list)) else f"a {'table' if isinstance(value, dict) else 'list'}"
    text = text if len(text) <= 80 else text[:77] + "..."
    if kind == "extra_forbidden":
        names = _names_of_table(root, location)
        return "unknown name", nearest(str(location[-1]), names) if names else "remove it"
    if kind == "missing":
        return "is missing", "add it"
    limits = {
        "greater_than_equal": ("ge", "at least"),
        "less_than_equal": ("le", "at most"),
        "greater_than": ("gt", "more than"),
        "less_than": ("lt", "less than"),
    }
    if kind in limits:
        key, word = limits[kind]
        return f"{text} is out of bounds", f"it must be {word} {context[key]:g}"
    if kind == "literal_error":
        choices = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ").split(", ")
        if isinstance(value, str):
            remedy = nearest(value, choices)
            if remedy.startswith("did"):
                remedy += " (known: " + ", ".join(choices) + ")"
            return f"{text} is not one of the choices", remedy.replace("known names", "choose one of")
        return f"{text} is not one of the choices", "choose one of: " + ", ".join(choices)
    if kind == "finite_number":
        return f"{text} is not a finite number", "give a finite number"
    if kind == "fault":
        return str(context["problem"]), str(context["remedy"])
    if kind in _WANTED:
        return f"{text} is not {_WANTED[kind]}", f"give {_WANTED[kind]}"
    if kind == "value_error":
        message = str(error["msg"]).removeprefix("Value error, ")
        return message, "change the file accordingly"
    return f"{text}: {str(error['msg'])[0].lower()}{str(error['msg'])[1:]}", "correct the value"


def validate_table(table: type[T], document: Mapping[str, Any], file: str, prefix: tuple[str, ...] = ()) -> T:
    """Return the table that a document describes.

    Parameters
    ----------
    table : the declaration of a file, or of one table in it.
    document : what the file holds.
    file : name under which faults are reported.
    prefix : keys under which the table stands in the file.

    Returns
    -------
    The table, validated.

    Raises
    ------
    InputErrors : one error for each fault, naming file, field, value and remedy.

    Examples
    --------
    >>> from spreadsim.levers import Waves
    >>> validate_table(Waves, {"months_between": 3}, "mine.toml").months_between
    3
    >>> validate_table(Waves, {"months_betwen": 3}, "mine.toml", ("programme", "waves"))
    Traceback (most recent call last):
    spreadsim.errors.InputErrors: mine.toml: programme.waves.months_betwen: unknown name; did you mean 'months_between'?
    """
    try:
        return table.model_validate(dict(document))
    except ValidationError as failure:
        faults = []
        for error in failure.errors(include_url=False):
            location = tuple(step for step in error["loc"] if step not in ("str", "list[str]"))
            problem, remedy = _problem_and_remedy(table, error, location)
            faults.append(InputError(file, _path((*prefix, *location)), problem, remedy))
        raise InputErrors(faults) from None


def validate(document: Mapping[str, Any], file: str, folder: Path | None = None) -> Scenario:
    """Return the scenario that a document describes.

    Parameters
    ----------
    document : tables of a scenario file; what is left out takes its default.
    file : name under which faults are reported.
    folder : that the paths of the network's files start from.

    Returns
    -------
    The scenario.

    Raises
    ------
    InputErrors : one error for each fault, naming file, field, value and remedy.

    Examples
    --------
    >>> document = {"name": "small", "strategies": {"mandate": {"balance": 0.0}}}
    >>> validate(document, "small.toml").strategies["mandate"].balance
    0.0
    """
    try:
        return Scenario.model_validate(dict(document)).with_folders(folder)
    except ValidationError as failure:
        faults: dict[str, InputError] = {}
        for error in failure.errors(include_url=False):
            location = tuple(step for step in error["loc"] if step not in ("float", "literal['as-before']"))
            field = error.get("ctx", {}).get("field") or _path(location)
            problem, remedy = _problem_and_remedy(Scenario, error, location)
            faults.setdefault(field + problem.split(" ")[0], InputError(file, field, problem, remedy))
        raise InputErrors(list(faults.values())) from None


def as_document(scenario: Scenario) -> dict[str, Any]:
    """Return the scenario as a document with every default written out; running it gives the same results.

    Parameters
    ----------
    scenario : any.

    Returns
    -------
    Tables and values, as they would stand in a file.

    Examples
    --------
    >>> as_document(ss.load_scenario("classroom"))["network"]["services"]
    12
    """
    document = scenario.model_dump(mode="python", exclude_none=True, exclude={"strategies"})
    document["strategies"] = {
        name: strategy.model_dump(mode="python", exclude_unset=True, exclude_none=True)
        for name, strategy in scenario.strategies.items()
    }
    return document
