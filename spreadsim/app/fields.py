"""The controls, made from the declared parameters.

What belongs here: which parameters stand under Basics, their labels, and for each control its sentence, unit, range,
value, where the value comes from and whether the user changed it. What does not: drawing them.

scenario : as the user has it before them.
base : the scenario as it was opened.
strategy : name of the strategy whose controls stand in view.
file_columns : columns of attributes that the user's own files hold.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from spreadsim.app.documents import ABSENT, CODIFICATION, value_at
from spreadsim.levers import BalanceLevers
from spreadsim.parameters import Component, Declaration, declarations
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import balance_levers

BASICS = (
    CODIFICATION, "intervention.mechanism_clarity", "programme.co_production", "programme.support",
    "programme.celebration", "services.context.standard_deviation",
)  # fmt: skip
NETWORK_PARAMETERS = (
    "network.source", "network.services", "network.peer_ties.picks_in_lowest_level",
    "network.peer_ties.picks_in_next_level", "network.peer_ties.picks_anywhere", "network.affinity.picks_in_groups",
    "network.affinity.picks_nearby", "network.affinity.picks_alike", "network.generator.neighbours",
    "network.generator.rewiring", "network.generator.attachments", "network.generator.mean_degree",
    "network.generator.branching", "network.peer_ties.homophily_distance", "network.redraw",
)  # fmt: skip
_NETWORK_KINDS = {
    "neighbours": ("ring-lattice", "small-world"), "rewiring": ("small-world",), "attachments": ("scale-free",),
    "mean_degree": ("random",), "branching": ("tree",),
}  # fmt: skip
TABLE_TITLES = {
    "run": "The runs", "intervention": "The intervention", "network": "The network", "services": "The services",
    "programme": "The programme", "behaviour": "How services behave", "cost": "Effort",
}  # fmt: skip
EVIDENCE_LABELS = {
    "published": "literature", "set to match": "matched to literature", "judgement": "assumption",
    "assumed": "assumption", "design": "design choice",
}  # fmt: skip
_FILE_COLUMNS = {"readiness", "capability", "adaptation_tendency", "context", "deprivation", "population"}


@cache
def _parameter_declarations() -> dict[str, Declaration]:
    """Return the declarations of a scenario's parameters by path, with those of strategies' levers and components."""
    by_path = {d.path: d for d in declarations(Scenario)}
    by_path |= {f"strategy.{d.path}": d for d in declarations(BalanceLevers)}
    codification = next(d for d in declarations(Component) if d.path == "codification")
    return by_path | {CODIFICATION: codification}


def label(path: str) -> str:
    """Return a parameter's label: the declared one, else made from its path.

    Parameters
    ----------
    path : of a parameter.

    Returns
    -------
    A short text that begins with a capital.

    Examples
    --------
    >>> label("run.months"), label("services.readiness.mean")
    ('Months', 'Readiness: mean')
    """
    if declared := _parameter_declarations()[path].label:
        return declared
    parts = path.split(".")[1:]
    words = [part.replace("_", " ") for part in parts]
    if words and words[-1] == "standard deviation":
        words[-1] = "spread"
    text = ": ".join(words)
    return text[:1].upper() + text[1:]


def control(scenario: Scenario, base: Scenario, path: str, file_columns: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return what the page needs to show one parameter of a scenario.

    Parameters
    ----------
    path : of a parameter.

    Returns
    -------
    Value, range, unit, meaning, source and mark of one control.

    Examples
    --------
    >>> from spreadsim.app.documents import shipped_scenario
    >>> default = shipped_scenario("default")
    >>> item = control(default, default, "run.months")
    >>> item["value"], item["unit"], item["changed"]
    (60, 'months', False)
    """
    d = _parameter_declarations()[path]
    return _control(d, path, label(path), value_at(scenario, path), value_at(base, path), file_columns)


def _control(
    d: Declaration, path: str, name: str, value: Any, was: Any, file_columns: tuple[str, ...] = (), follows: str = ""
) -> dict[str, Any]:
    is_changed = was is not ABSENT and value != was
    low, high = d.plausible or d.bounds or (0.0, 1.0)
    table = path.split(".")
    chip, kind = EVIDENCE_LABELS[d.evidence], d.evidence.replace(" ", "-")
    if table[0] == "services" and len(table) > 1 and table[1] in _FILE_COLUMNS & set(file_columns):
        chip, kind = "your data", "data"
    if was is not ABSENT and was != d.default and not is_changed and d.default is not None:
        chip, kind = "set by the scenario", "scenario"
    if is_changed:
        chip, kind = "changed by you", "changed"
    return {
        "path": path, "label": name, "meaning": d.meaning, "unit": "" if d.unit == "yes or no" else d.unit,
        "kind": "text" if isinstance(value, str) and d.kind == "number" else d.kind, "choices": list(d.choices),
        "low": _finite(low), "high": _finite(high), "step": _step(d, low, high),
        "bounds": [_finite(b) for b in d.bounds] if d.bounds else None,
        "value": _plain(value), "was": _plain(was), "changed": is_changed, "chip": chip, "chipKind": kind,
        "source": d.source or "none: assumed", "follows": follows,
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _plain(value: Any) -> Any:
    if value is ABSENT or (isinstance(value, float) and not math.isfinite(value)):
        return None if value is ABSENT else "inf"
    return value


def _step(d: Declaration, low: float, high: float) -> float:
    if d.kind == "integer":
        return 1
    span = high - low
    return float(10 ** math.floor(math.log10(span / 50))) if span > 0 and math.isfinite(span) else 0.01


def balance_controls(scenario: Scenario, base: Scenario, strategy: str) -> list[dict[str, Any]]:
    """Return the balance of a strategy and the levers that it sets, unless they are given one by one.

    Returns
    -------
    Five controls, the balance first.

    Examples
    --------
    >>> from spreadsim.app.documents import shipped_scenario
    >>> default = shipped_scenario("default")
    >>> [item["value"] for item in balance_controls(default, default, "top-down")][:2]
    [0.0, 1.0]
    """
    table = scenario.strategies[strategy]
    base_table = base.strategies.get(strategy)
    minimum_latitude = scenario.behaviour.adaptation.minimum_latitude
    levers = balance_levers(table, minimum_latitude)
    base_levers = balance_levers(base_table, minimum_latitude) if base_table is not None else {}
    controls = []
    for name in BalanceLevers.model_fields:
        own = getattr(table, name)
        before = getattr(base_table, name) if base_table is not None else ABSENT
        value = own if name == "balance" else levers.get(name)
        item = _control(
            _parameter_declarations()[f"strategy.{name}"], f"strategies.{strategy}.{name}", label(f"strategy.{name}"),
            value,
            base_levers.get(name, before) if name != "balance" and base_table is not None else before,
        )  # fmt: skip
        if name != "balance" and own is None:
            item |= {"follows": "follows the balance", "changed": False}
            item |= {"chip": "from the balance", "chipKind": "design"}
        if name == "balance":
            item["ends"] = ["mandated", "organic"]
        if name == "balance" and own is None:
            item |= {"value": None, "follows": "not used: its levers are set one by one; moving it sets them"}
        elif own is not None and before is not ABSENT and own != before:
            item |= {"changed": True, "chip": "changed by you", "chipKind": "changed"}
        controls.append(item)
    return controls


def basic_controls(
    scenario: Scenario, base: Scenario, strategy: str, file_columns: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Return the elements of spread, and how different contexts are; noted where the strategy sets its own.

    Returns
    -------
    A control for each of `BASICS`.

    Examples
    --------
    >>> from spreadsim.app.documents import shipped_scenario
    >>> default = shipped_scenario("default")
    >>> len(basic_controls(default, default, "blend", ())) == len(BASICS)
    True
    """
    controls = []
    table = scenario.strategies[strategy]
    for path in BASICS:
        item = control(scenario, base, path, file_columns)
        own = getattr(table, path.rsplit(".", 1)[-1], None) if not path.startswith("services.") else None
        if own is not None:
            item["follows"] = f"{strategy} sets its own: {own:g}"
        controls.append(item)
    return controls


def other_controls(scenario: Scenario, base: Scenario, file_columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return every other parameter, by table of the file; those of the network stand on its screen.

    Returns
    -------
    Groups of controls with their titles.

    Examples
    --------
    >>> from spreadsim.app.documents import shipped_scenario
    >>> default = shipped_scenario("default")
    >>> [group["title"] for group in other_controls(default, default, ())][:2]
    ['The runs', 'The intervention']
    """
    groups: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLE_TITLES}
    for path, d in _parameter_declarations().items():
        head = path.split(".")[0]
        if path in BASICS or head not in groups or head == "network" or d.kind == "other":
            continue
        groups[head].append(control(scenario, base, path, file_columns))
    return [{"title": TABLE_TITLES[name], "controls": items} for name, items in groups.items() if items]


def network_controls(scenario: Scenario, base: Scenario, file_columns: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """Return the controls that have a meaning for how the network is made.

    Returns
    -------
    Controls, without those that the user's own files make idle.

    Examples
    --------
    >>> from spreadsim.app.documents import shipped_scenario
    >>> default = shipped_scenario("default")
    >>> network_controls(default, default)[0]["path"]
    'network.source'
    """
    source = scenario.network.source
    controls = []
    for path in NETWORK_PARAMETERS:
        last = path.rsplit(".", 1)[-1]
        if last in _NETWORK_KINDS and source not in _NETWORK_KINDS[last]:
            continue
        if "picks" in last and source not in ("nested-hierarchy", "file"):
            continue
        if source == "file" and path in ("network.source", "network.services"):
            continue
        if path.startswith("network.affinity.") and source != "file":
            continue
        if (last == "picks_nearby" and "map_x" not in file_columns) or (
            last == "picks_in_groups" and not scenario.network.affinity.groups
        ):
            continue
        if "target" in file_columns and ("picks" in last or last in ("homophily_distance", "redraw")):
            continue  # the ties are the user's own
        item = control(scenario, base, path)
        if path == "network.source":
            item["choices"] = [choice for choice in item["choices"] if choice not in ("file", "graph")]
        controls.append(item)
    return controls


def typed_value(path: str, value: Any) -> Any:
    """Return a value as it came from the page, in the type that the parameter has.

    Parameters
    ----------
    path : of a parameter.
    value : as the browser sent it.

    Returns
    -------
    A number, a switch or a choice.

    Raises
    ------
    ValueError : it is not of that type.

    Examples
    --------
    >>> typed_value("run.months", 24.0), typed_value("strategies.blend.balance", "0.5")
    (24, 0.5)
    """
    key = f"strategy.{path.rsplit('.', 1)[-1]}" if path.startswith("strategies.") else path
    d = _parameter_declarations().get(key)
    if d is None:
        raise ValueError("there is no such control")
    if d.kind == "switch":
        return bool(value)
    if d.kind == "choice":
        return str(value)
    if isinstance(value, str) and value in ("as-before", "inf"):
        return math.inf if value == "inf" else value
    number = float(value)
    return int(number) if d.kind == "integer" else number
