"""The scenario that a user works on: a frozen document, each change a new one.

What belongs here: opening, changing, undoing, comparing with what was opened, and saving as the file that
``spreadsim compare`` runs. What does not: how fields are shown (``fields``), the browser.

scenario : a scenario as the user has it before them.
base : the scenario as it was opened.
path : dotted path of a field, such as ``run.months`` or ``strategies.blend.balance``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from spreadsim.errors import InputError, SpreadsimError
from spreadsim.levers import BalanceLevers
from spreadsim.scenario.document import Scenario, without_levers
from spreadsim.scenario.files import (
    MAX_BYTES,
    load_scenario,
    shipped_folder,
    shipped_names,
    shipped_networks,
    to_toml,
)
from spreadsim.scenario.plan import plans
from spreadsim.scenario.validation import as_document, validate, with_setting

MAX_HISTORY = 200  # that can be undone
MAX_STRATEGIES = 4  # that are compared
MAX_STRATEGIES_IN_FILE = 24  # strategies of a file that is opened
MAX_MESSAGE = 600  # characters of a message
CODIFICATION = "intervention.codification"  # of every component at once; no field of the file
ABSENT = object()


@dataclass(frozen=True)
class History:
    """The documents of a session, oldest first, and the position of the present one.

    Attributes
    ----------
    base : the document as it was opened; what differs from it is marked as changed.
    documents : oldest first.
    position : of the present one among them.

    Examples
    --------
    >>> history = history_from(shipped_scenario("default"))
    >>> history.push(with_value(history.current, "run.months", 24)).step(-1) == history.step(0)
    False
    >>> history.push(with_value(history.current, "run.months", 24)).can_undo
    True
    """

    base: Scenario
    documents: tuple[Scenario, ...]
    position: int = 0

    @property
    def current(self) -> Scenario:
        """The present document."""
        return self.documents[self.position]

    @property
    def can_undo(self) -> bool:
        """Whether there is an earlier document."""
        return self.position > 0

    @property
    def can_redo(self) -> bool:
        """Whether a later document was undone."""
        return self.position + 1 < len(self.documents)

    def push(self, document: Scenario) -> History:
        """Return the history with a new present document; what was undone is forgotten."""
        documents = (*self.documents[: self.position + 1], document)[-MAX_HISTORY:]
        return replace(self, documents=documents, position=len(documents) - 1)

    def step(self, steps: int) -> History:
        """Return the history some steps back (negative) or forth."""
        return replace(self, position=min(max(self.position + steps, 0), len(self.documents) - 1))


def history_from(scenario: Scenario, base: Scenario | None = None) -> History:
    """Return a new history that begins with a scenario.

    Returns
    -------
    A history of one document.

    Examples
    --------
    >>> history_from(shipped_scenario("default")).can_undo
    False
    """
    return History(base or scenario, (scenario,))


def shipped_scenario(name: str) -> Scenario:
    """Return a shipped scenario; no other name is looked for on the file system.

    Parameters
    ----------
    name : of the list of shipped scenarios.

    Returns
    -------
    The scenario, checked.

    Raises
    ------
    InputError : no shipped scenario has this name.

    Examples
    --------
    >>> shipped_scenario("default").name
    'default'
    """
    if name not in shipped_names():
        raise InputError(name[:80], "", "no shipped scenario has this name", "choose one from the list")
    return load_scenario(name)


def scenario_from_text(text: str, shown_as: str = "the file") -> Scenario:
    r"""Return the scenario that a TOML text describes; it may be based on a shipped scenario, and on no other file.

    Parameters
    ----------
    text : of a scenario file.
    shown_as : name of the file in messages.

    Returns
    -------
    The scenario, checked.

    Raises
    ------
    InputError, InputErrors : the text cannot be used.

    Examples
    --------
    >>> scenario_from_text('based_on = "default"\nname = "mine"').name
    'mine'
    """
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise InputError(shown_as, "", "is too large", f"a scenario file may have at most {MAX_BYTES:,} bytes")
    try:
        document = tomllib.loads(text.removeprefix("\ufeff"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(shown_as, "", f"is not valid TOML: {error}", "correct that line") from None
    parent = document.pop("based_on", None)
    if parent is not None:
        from spreadsim.scenario.validation import merge

        if not isinstance(parent, str):
            raise InputError(shown_as, "based_on", "is not text", "give the name of a shipped scenario")
        document = merge(as_document(shipped_scenario(parent)), document)
    document.setdefault("name", "scenario")
    strategies = document.get("strategies")
    if isinstance(strategies, dict) and len(strategies) > MAX_STRATEGIES_IN_FILE:
        raise InputError(
            shown_as,
            "strategies",
            f"holds {len(strategies):,} strategies",
            f"the app takes at most {MAX_STRATEGIES_IN_FILE}; use the command line",
        )
    scenario = _validate(document, shown_as)
    if scenario.network.path in shipped_networks():
        scenario = scenario.with_folders(shipped_folder("scenarios"))
    return scenario


def _validate(document: Mapping[str, Any], shown_as: str, like: Scenario | None = None) -> Scenario:
    scenario = validate(document, shown_as, None if like is None else like.folder)
    plans(scenario, shown_as)
    return scenario


def _keys(path: str) -> list[str]:
    """Return the keys on a dotted path; the name of a strategy may hold dots itself."""
    table, _, rest = path.partition(".")
    name, _, field = rest.rpartition(".")
    return [table, name, field] if table == "strategies" else path.split(".")


def value_at(scenario: Scenario, path: str) -> Any:
    """Return the value at a dotted path; None where it is not set, `ABSENT` where there is no such field.

    Returns
    -------
    A value; the weighted mean where a path stands for every component at once.

    Examples
    --------
    >>> value_at(shipped_scenario("default"), "run.months")
    60
    """
    if path == CODIFICATION:
        components = list(scenario.intervention.components.values())
        values = {component.codification for component in components}
        if len(values) == 1:
            return values.pop()
        total = sum(component.weight for component in components)
        return round(sum(component.codification * component.weight for component in components) / total, 4)
    here: Any = scenario
    for key in _keys(path):
        if isinstance(here, Mapping):
            if key not in here:
                return ABSENT
            here = here[key]
        elif hasattr(type(here), "model_fields") and key in type(here).model_fields:
            here = getattr(here, key)
        else:
            return ABSENT
    return here


def with_value(scenario: Scenario, path: str, value: Any) -> Scenario:
    """Return the scenario with another value at a dotted path.

    Parameters
    ----------
    value : of the field's type.

    Returns
    -------
    The scenario, checked.

    Raises
    ------
    InputError, InputErrors : the value cannot be used there.

    Examples
    --------
    >>> with_value(shipped_scenario("default"), "run.months", 24).run.months
    24
    """
    document = as_document(scenario)
    if path == CODIFICATION:
        components = document["intervention"]["components"]
        document["intervention"]["components"] = {k: {**c, "codification": value} for k, c in components.items()}
    else:
        keys = _keys(path)
        if keys[0] == "strategies" and keys[1] not in scenario.strategies:
            raise InputError("strategies", keys[1][:80], "there is no such strategy", "choose one from the list")
        if _is_balance(keys):  # the balance sets levers: those that were given one by one give way to it
            document = _with_levers(document, keys[1], {})
        document = with_setting(document, keys, value, "this change")
    return _validate(document, "this change", scenario)


def with_table(scenario: Scenario, table: str, field: str, value: Any) -> Scenario:
    """Return the scenario with a field of a table replaced whole: what is not in `value` is gone.

    Parameters
    ----------
    table, field : where the value stands in the file.
    value : of the field's type.

    Returns
    -------
    The scenario, checked.

    Raises
    ------
    InputError, InputErrors : the value cannot be used there.

    Examples
    --------
    >>> with_table(shipped_scenario("default"), "run", "months", 24).run.months
    24
    """
    document = as_document(scenario)
    document[table] = {**document[table], field: value}
    return _validate(document, "this change", scenario)


def without_file(scenario: Scenario) -> Scenario:
    """Return the scenario on a generated network instead of one read from files.

    Returns
    -------
    The scenario, checked.

    Examples
    --------
    >>> without_file(shipped_scenario("medical-innovation")).network.source
    'nested-hierarchy'
    """
    document = as_document(scenario)
    table = {key: value for key, value in document["network"].items() if key != "path"}
    document["network"] = {**table, "source": "nested-hierarchy"}
    return _validate(document, "this change")


def with_base_value(scenario: Scenario, base: Scenario, path: str) -> Scenario:
    """Return the scenario with the value at a path as it was opened, or as it is by default.

    Returns
    -------
    The scenario, checked.

    Examples
    --------
    >>> base = shipped_scenario("default")
    >>> with_base_value(with_value(base, "run.months", 24), base, "run.months").run.months
    60
    """
    if path == CODIFICATION:
        document = as_document(scenario)
        components = base.intervention.components
        for name, component in document["intervention"]["components"].items():
            if name in components:
                component["codification"] = components[name].codification
        return _validate(document, "this change", scenario)
    keys = _keys(path)
    if _is_balance(keys) and keys[1] in base.strategies and keys[1] in scenario.strategies:
        own = as_document(base)["strategies"][keys[1]]
        levers = {name: own[name] for name in BalanceLevers.model_fields if own.get(name) is not None}
        return _validate(_with_levers(as_document(scenario), keys[1], levers), "this change", scenario)
    value = value_at(base, path)
    if value is ABSENT or value is None:
        document = as_document(scenario)
        here: Any = document
        for key in keys[:-1]:
            here = here.get(key, {})
        here.pop(keys[-1], None)
        return _validate(document, "this change", scenario)
    return with_value(scenario, path, value)


def _is_balance(keys: list[str]) -> bool:
    return len(keys) == 3 and keys[0] == "strategies" and keys[2] == "balance"


def _with_levers(document: dict[str, Any], strategy: str, levers: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document in which a strategy gives its balance, and what that sets, by `levers` alone."""
    table = {**levers, **without_levers(document["strategies"][strategy])}
    return {**document, "strategies": {**document["strategies"], strategy: table}}


def with_strategies(scenario: Scenario, strategies: Mapping[str, Mapping[str, Any]]) -> Scenario:
    """Return the scenario with other strategies, in the order given.

    Parameters
    ----------
    strategies : fields of each strategy by its name.

    Returns
    -------
    The scenario, checked.

    Raises
    ------
    InputError, InputErrors : a strategy cannot be used.

    Examples
    --------
    >>> list(with_strategies(shipped_scenario("default"), {"mandate": {"balance": 0.0}}).strategies)
    ['mandate']
    """
    return _validate({**as_document(scenario), "strategies": dict(strategies)}, "this change", scenario)


def strategy_fields(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """Return what each strategy sets itself.

    Returns
    -------
    Fields by strategy, without those that take their default.

    Examples
    --------
    >>> strategy_fields(with_name(shipped_scenario("default"), "mine"))["top-down"]["balance"]
    0.0
    """
    strategies: dict[str, dict[str, Any]] = as_document(scenario)["strategies"]
    return strategies


def with_only(scenario: Scenario, names: list[str]) -> Scenario:
    """Return the scenario with some of its strategies, in the file's order.

    Parameters
    ----------
    names : of the strategies that stay.

    Returns
    -------
    The scenario; the same one where nothing is left out.

    Examples
    --------
    >>> list(with_only(shipped_scenario("default"), ["blend"]).strategies)
    ['blend']
    """
    strategies = {name: table for name, table in scenario.strategies.items() if name in names}
    if not strategies or len(strategies) == len(scenario.strategies):
        return scenario
    return scenario.model_copy(update={"strategies": strategies})


def with_name(scenario: Scenario, name: str) -> Scenario:
    """Return the scenario under another name, made of the characters that a name may hold.

    Parameters
    ----------
    name : as the user typed it.

    Returns
    -------
    The scenario, checked.

    Examples
    --------
    >>> with_name(shipped_scenario("default"), "My plan, 2nd try").name
    'My-plan--2nd-try'
    """
    characters = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in name.strip())[:80]
    return with_value(scenario, "name", characters.lstrip("._-") or "scenario")


def error_text(error: Exception) -> str:
    """Return a failure in words for the page, without the name of the file where the page itself is the source.

    Parameters
    ----------
    error : any exception of an action.

    Returns
    -------
    A sentence or a few.

    Examples
    --------
    >>> error_text(ValueError("x"))
    'This could not be done. Undo the last change, or open the scenario again.'
    """
    if isinstance(error, SpreadsimError):
        text = str(error).replace("this change: ", "")
        return text if len(text) <= MAX_MESSAGE else text[:MAX_MESSAGE] + "…"
    return "This could not be done. Undo the last change, or open the scenario again."


__all__ = [
    "ABSENT", "CODIFICATION", "MAX_STRATEGIES", "History", "error_text", "history_from", "scenario_from_text",
    "shipped_scenario", "strategy_fields", "to_toml", "value_at", "with_base_value", "with_name", "with_only",
    "with_strategies", "with_table", "with_value", "without_file",
]  # fmt: skip
