"""What a comparison rests on, as tables: strategies, network, components and every parameter.

What belongs here: what is assumed, observed, drawn or changed, read from the scenario and the declarations of
parameters. What does not: outcomes (``report_tables``).

c : the comparison.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from spreadsim.comparison.report_tables import Cell, ReportTable
from spreadsim.comparison.results import ComparisonResults
from spreadsim.levers import PROGRAMME_RUNS, SCHEDULED, SET_BY_BALANCE, BalanceLevers, Lever
from spreadsim.network.provenance import extent_of_draws, ties_in_words
from spreadsim.parameters import Declaration, declarations
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import Plan
from spreadsim.scenario.validation import flattened
from spreadsim.state import ATTRIBUTES
from spreadsim.telling.wording import listed

TABLES = ("run", "intervention", "network", "services", "programme", "behaviour", "cost")
_USED_BY = {  # parameters that only some networks use
    "network.generator.neighbours": ("ring-lattice", "small-world"),
    "network.generator.rewiring": ("small-world",),
    "network.generator.attachments": ("scale-free",),
    "network.generator.mean_degree": ("random",),
    "network.generator.branching": ("tree",),
    "network.peer_ties.picks_in_lowest_level": ("nested-hierarchy",),
    "network.peer_ties.picks_in_next_level": ("nested-hierarchy",),
    "network.peer_ties.picks_anywhere": ("nested-hierarchy",),
    "network.affinity.picks_in_groups": ("affinity",),
    "network.affinity.picks_nearby": ("affinity",),
    "network.affinity.picks_alike": ("affinity",),
    "network.affinity.candidates": ("affinity",),
    "network.directed": ("file",),
    "network.influence": ("file",),
    "network.repeated_ties": ("file",),
    "network.period_months": ("file",),
}


def periods(plan: Plan) -> list[tuple[int, int, Any]]:
    """Return the spells of months in which a strategy's levers stand still.

    Parameters
    ----------
    plan : `Plan` of the strategy.

    Returns
    -------
    First month, last month and levers of each spell.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False)
    >>> [(first, last) for first, last, _ in periods(comparison.plans[0])]
    [(0, 11)]
    """
    answer: list[tuple[int, int, Any]] = []
    for levers in plan.levers:
        same = answer and all(
            getattr(answer[-1][2], n) == getattr(levers, n) for n in ("on", *(one.name for one in SCHEDULED))
        )
        if same:
            answer[-1] = (answer[-1][0], levers.month, answer[-1][2])
        else:
            answer.append((levers.month, levers.month, levers))
    return answer


def lever_sentences() -> str:
    """Return what the balance sets, and what becomes of each lever when the programme stops, in words.

    Returns
    -------
    Sentences.

    Examples
    --------
    >>> lever_sentences().split(". ")[1]
    'It sets mandate, latitude to adapt, peer programme and monitoring, unless a strategy sets them one by one'
    """
    named = {one.name: one.label[0].lower() + one.label[1:] for one in SCHEDULED}
    after: dict[str, list[str]] = {}
    for one in SCHEDULED:
        if one.off is None or one.months is None:
            after.setdefault("keeps its value", []).append(named[one.name])
        elif one.months == PROGRAMME_RUNS:
            becomes = "takes its value for afterwards" if one.off_field else f"goes to {one.off:g}"
            after.setdefault(becomes, []).append(named[one.name])
    parts = [
        f"each of {listed(names)} {words}" if len(names) > 1 else f"{names[0]} {words}"
        for words, names in after.items()
    ]
    return (
        "The balance runs from 0, a fixed package mandated from above, to 1, organic. It sets "
        f"{listed([named[name] for name in SET_BY_BALANCE])}, unless a strategy sets them one by one. When the "
        f"programme stops, {'; '.join(parts)}, unless a schedule or a rule says otherwise."
    )


def strategy_table(c: ComparisonResults) -> ReportTable:
    """Return the levers of each strategy, spell by spell.

    Returns
    -------
    `ReportTable`.

    Examples
    --------
    >>> table = strategy_table(ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False))
    >>> table.head[:3]
    ('Strategy', 'When', 'Mandate')
    """
    rows: list[tuple[Cell, ...]] = []
    for plan in c.plans:
        title = plan.title if plan.title != plan.name else ""
        for first, last, levers in periods(plan):
            span = f"month {first}" if first == last else f"months {first} to {last}"
            cells = [_level(one, getattr(levers, one.name)) for one in SCHEDULED]
            rows.append(((plan.name, title), span + ("" if levers.on else ", programme off"), *cells))
    head = ("Strategy", "When", *(one.label for one in SCHEDULED))
    return ReportTable(
        "Levers, numbers from 0 to 1; one row for each period in which they stay the same", head, tuple(rows), texts=2
    )


def _level(one: Lever, number: float) -> str:
    """Return the value of a lever in a month as a reader sees it."""
    choices = one.declaration.choices
    return choices[int(number)] if choices else f"{number:.2f}".rstrip("0").rstrip(".")


def own_changes(scenario: Scenario) -> list[str]:
    """Return what single strategies change beside the levers, in words.

    Parameters
    ----------
    scenario : with its strategies.

    Returns
    -------
    One text for each strategy that changes anything.

    Examples
    --------
    >>> print(*own_changes(ss.load_scenario("classroom")))
    one-neighbour-is-not-enough: behaviour.adoption.threshold_least_ready = 0.6; ...
    """
    lines = []
    for name, strategy in scenario.strategies.items():
        fields = strategy.model_dump(mode="python", exclude_unset=True, exclude_none=True)
        for key in ("title", "schedule", "rules", *BalanceLevers.model_fields):
            fields.pop(key, None)
        flat = [*flattened(fields.pop("overrides", {})).items(), *flattened(fields).items()]
        if flat:
            lines.append(f"{name}: " + "; ".join(f"{key} = {value_text(value)}" for key, value in flat))
    return lines


def value_text(value: Any) -> str:
    """Return a parameter's value as a reader sees it.

    Parameters
    ----------
    value : of a parameter.

    Returns
    -------
    Text.

    Examples
    --------
    >>> value_text(0.5), value_text(True), value_text(float("inf")), value_text([1, 2])
    ('0.5', 'yes', 'unlimited', '1, 2')
    """
    if value is None:
        return "not given"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "unlimited" if np.isinf(value) else f"{value:,.10g}"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, tuple)):
        return f"{', '.join(map(str, value[:5]))}{f' and {len(value) - 5} more' if len(value) > 5 else ''}"
    return str(value)


def _at(scenario: Scenario, path: str) -> Any:
    value: Any = scenario
    for key in path.split("."):
        value = getattr(value, key)
    return value


def status(c: ComparisonResults, declaration: Declaration, value: Any) -> str:
    """Return where a parameter's value comes from: default, changed, or not used because the data hold it.

    Parameters
    ----------
    declaration : of the parameter.
    value : in the scenario.

    Returns
    -------
    Text.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False)
    >>> declaration = next(d for d in declarations(type(comparison.scenario.run), "run.") if d.path == "run.months")
    >>> status(comparison, declaration, 12)
    'changed by the scenario (default 60)'
    """
    path, drawn = declaration.path, c.network.drawn
    parts = path.split(".")
    if path in _USED_BY and not set(_USED_BY[path]) & _kinds_of_network(c):
        return "not used here"
    if path == "behaviour.adoption.cascade_probability" and (
        c.scenario.behaviour.adoption.exposure_response != "independent-cascade"
    ):
        return "not used here"
    if path == "network.services" and (c.scenario.network.source == "file" or "ties" not in drawn):
        return f"set by the data: the network has {c.network.n:,}"
    if parts[0] == "services" and parts[1] not in drawn:
        return "not used: taken from the data"
    text = (
        "default"
        if value == declaration.default
        else f"changed by the scenario (default {value_text(declaration.default)})"
    )
    if parts[0] == "services":
        extent = extent_of_draws(c.network, parts[1])
        text += "; services are drawn from it" if extent in ("", "all") else f"; {extent} are drawn from it"
    span = declaration.plausible
    if span and isinstance(value, (int, float)) and not isinstance(value, bool) and not span[0] <= value <= span[1]:
        text += f"; outside the plausible range {span[0]:g} to {span[1]:g}"
    if _set_by_strategy(c, path):
        text += "; some strategies set their own"
    return text


def _kinds_of_network(c: ComparisonResults) -> set[str]:
    """Return of which kinds the network is: by its source, and by how its ties come about."""
    source = c.scenario.network.source
    if "ties" not in c.network.drawn:
        return {"file"}
    if source != "file":
        return {source}
    return {"file", "nested-hierarchy", *(["affinity"] if c.scenario.network.affinity.is_used else [])}


def _set_by_strategy(c: ComparisonResults, path: str) -> bool:
    for strategy in c.scenario.strategies.values():
        own = strategy.model_dump(mode="python", exclude_unset=True, exclude_none=True)
        if path in own.get("overrides", {}):
            return True
        if path.startswith("programme.") and any(f"programme.{key}" == path for key in flattened(own)):
            return True
    return False


def parameter_tables(c: ComparisonResults) -> list[tuple[str, ReportTable]]:
    """Return every parameter with value, unit, source, evidence and status.

    Returns
    -------
    Name and `ReportTable` for each table of the scenario file.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False)
    >>> [name for name, _ in parameter_tables(comparison)][:3]
    ['run', 'intervention', 'network']
    """
    answer = []
    for name in TABLES:
        table = getattr(c.scenario, name)
        rows: list[tuple[Cell, ...]] = []
        for d in declarations(type(table), f"{name}."):
            value = _at(c.scenario, d.path)
            source = "; ".join(part for part in (d.evidence, d.source) if part and part != d.evidence) or d.evidence
            if d.evidence and d.source and d.source != d.evidence:
                source = f"{d.evidence}: {d.source}"
            rows.append(((d.path.split(".", 1)[1], d.meaning), value_text(value), d.unit, source, status(c, d, value)))
        caption = f"[{name}]: every parameter and its value"
        head = ("Parameter", "Value", "Unit", "Evidence and source", "Where the value comes from")
        if rows:
            answer.append((name, ReportTable(caption, head, tuple(rows), texts=9)))
    return answer


def changed_parameters(c: ComparisonResults) -> list[str]:
    """Return the parameters that the scenario changes from their defaults, in words.

    Returns
    -------
    One text for each parameter.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False)
    >>> changed_parameters(comparison)[0]
    'run.months = 12 (default 60)'
    """
    lines = []
    for name in TABLES:
        for d in declarations(type(getattr(c.scenario, name)), f"{name}."):
            value = _at(c.scenario, d.path)
            if value != d.default and "changed" in status(c, d, value):
                lines.append(f"{d.path} = {value_text(value)} (default {value_text(d.default)})")
    return lines


def component_table(c: ComparisonResults) -> ReportTable:
    """Return the components of the intervention.

    Returns
    -------
    `ReportTable`.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False)
    >>> component_table(comparison).rows
    (('the-thing', 'core', '1', '0.5', '0.35'),)
    """
    components = c.scenario.intervention.components
    shared = any(one.function is not None for one in components.values())
    rows: list[tuple[Cell, ...]] = [
        (name, *([one.function or name] if shared else []), "core" if one.core else "adaptable", f"{one.weight:g}",
         f"{one.complexity:g}", f"{one.codification:g}")
        for name, one in components.items()
    ]  # fmt: skip
    head = ("Component", *(["Function"] if shared else []), "Kind", "Weight", "Complexity", "Codification")
    return ReportTable("Components", head, tuple(rows), texts=3 if shared else 2)


def network_table(c: ComparisonResults) -> ReportTable:
    """Return the description of the network of the first run.

    Returns
    -------
    `ReportTable`.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False)
    >>> network_table(comparison).rows[0]
    ('Services', '12')
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    net = c.network
    tree, degree = net.hierarchy, net.ties.degree
    rows: list[tuple[Cell, ...]] = [
        ("Services", f"{net.n:,}"), ("People served", f"{net['population'].sum():,.0f}"),
    ]  # fmt: skip
    for place, level in enumerate(tree.levels):
        size = np.bincount(tree.group_at(place)[tree.group_at(place) >= 0], minlength=max(tree.n_groups, 1))
        size = size[np.flatnonzero(tree.level_of == place)]
        if len(size):
            each = f"{size.min():,}" if size.min() == size.max() else f"{size.min():,} to {size.max():,}"
            rows.append((f"Groups at the level '{level}'", f"{len(size):,}, of {each} services"))
    matrix = csr_array((np.ones(len(net.ties.peer)), net.ties.peer, net.ties.start), shape=(net.n, net.n))
    parts, label = connected_components(matrix, directed=False)
    is_heard = np.zeros(net.n, dtype=np.bool_)
    is_heard[net.ties.peer] = True
    rows += [
        ("Peer ties", f"{net.ties.n_ties:,}, {'which may run one way' if net.ties.directed else 'mutual'}"),
        ("Peers that a service listens to", f"mean {degree.mean():.1f}, from {degree.min()} to {degree.max()}"),
        ("Services without any peer", f"{int((~is_heard & (degree == 0)).sum()):,}"),
        ("Separate parts", f"{parts:,}; the largest has {int(np.bincount(label).max()):,} services"),
        (
            "Drawn anew for each run",
            "yes: ties and services" if c.scenario.network.redraw and "ties" in net.drawn else "no",
        ),
    ]
    return ReportTable("The network of the first run", ("What", "Value"), tuple(rows), texts=9)


def synthetic_and_observed(c: ComparisonResults) -> tuple[list[str], list[str]]:
    """Return what was drawn or generated, and what data supplied, in words.

    Returns
    -------
    Names of parts of the network, drawn ones first.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False)
    >>> synthetic_and_observed(comparison)[1]
    []
    """
    names = ["hierarchy", "ties", *(variable.name for variable in ATTRIBUTES)]
    synthetic: list[str] = []
    observed: list[str] = []
    for name in names:
        word, extent = name.replace("_", " "), extent_of_draws(c.network, name)
        if name == "ties" and extent:
            synthetic.append(f"ties ({ties_in_words(c.network, c.scenario.network) or 'generated'})")
        elif extent in ("", "all"):
            (synthetic if extent else observed).append(word)
        else:
            synthetic.append(f"{word} ({extent})")
            observed.append(f"{word} (the others)")
    return synthetic, observed
