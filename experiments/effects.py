"""Move every parameter across its plausible range and say what moves with it; writes docs/verification/effects.md.

``python experiments/effects.py [--replicates N]`` runs the default scenario's three strategies with each declared
parameter at the low end, the default and the high end of its plausible range (each choice, where it is a choice), on
the same networks with common random numbers, and tells effects from chance by paired intervals. A parameter that
changes nothing at all, to the last bit, is inert there, and an inert one is explained and moved where it acts.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import spreadsim as ss
from spreadsim.drivers.running import Task, run_tasks
from spreadsim.levers import BalanceLevers, Programme
from spreadsim.network.construction import make_network
from spreadsim.outcomes.measures import MEASURES
from spreadsim.outcomes.statistics import student_interval
from spreadsim.parameters import (
    Behaviour,
    Component,
    Cost,
    Declaration,
    Intervention,
    Services,
    declarations,
)
from spreadsim.scenario.document import PeerTies, Scenario
from spreadsim.scenario.plan import Plan, plan
from spreadsim.scenario.validation import as_document, validate, with_setting

FILE = Path(__file__).parent.parent / "docs" / "verification" / "effects.md"
STRATEGIES = ("top-down", "organic", "blend")
LEVEL = 0.999
UNEXPLAINED = "NOT EXPLAINED"
KEY = (
    "reach", "in_name_only", "core_fidelity", "local_fit", "effectiveness", "sustainment", "benefit",
    "cumulative_benefit", "equity_gap", "cost",
)  # fmt: skip
NAMES = [measure.name for measure in MEASURES]

# Where a parameter acts if not in the default scenario: settings that let it act, and why they are needed.
CONTEXTS: dict[str, tuple[dict[str, Any], str]] = {
    "behaviour.adoption.cascade_probability": (
        {"behaviour.adoption.exposure_response": "independent-cascade", "behaviour.awareness.start": "aware"},
        "used only by the independent cascade, a response for limiting cases",
    ),
    "behaviour.sustainment.support_multiplier": (
        {"programme.support_for": "implementing-and-embedded"},
        "acts on the support that embedded services receive, and by default they receive none",
    ),
    "programme.support_priority_share": (
        {"programme.support_priority": "most-deprived"},
        "says how many have priority for support, and by default nobody has",
    ),
}
CONTEXTS |= dict.fromkeys(
    ("programme.revision_of_form", "programme.revision_of_codification", "cost.revision"),
    (
        {"programme.revision_interval": 12},
        "acts only when the specification is revised, and by default it never is",
    ),
)
_INCENTIVE = {"programme.incentive": 0.5, "programme.incentive_stop_month": 24}
for _settings, _reason, _paths in (
    (_INCENTIVE, "acts where there is an incentive, and by default there is none",
     ("programme.incentive_start_month", "programme.incentive_stop_month", "cost.incentive_month",
      "behaviour.sustainment.incentive_multiplier", "behaviour.sustainment.incentive_withdrawal_rate")),
    ({"programme.hub": 0.5}, "acts where there are regional hubs, and by default there are none", ("cost.hub_month",)),
):  # fmt: skip
    CONTEXTS |= dict.fromkeys(_paths, (_settings, _reason))
# Why a parameter is inert under some strategies and not under others.
_NO_MANDATE = "without a mandate nobody is instructed, and nobody adopts in name only"
PARTLY: dict[str, str] = {
    **dict.fromkeys(
        (*(f"programme.collaborative.{name}" for name in ("share", "picks", "weight_after")), "cost.member_month"),
        "a collaborative meets under a peer programme, and there is none",
    ),
    "behaviour.adoption.peer_influence_facilitated": "acts in proportion to the peer programme, and there is none",
    "behaviour.adaptation.minimum_latitude": "sets the latitude of the dial below its organic end; a latitude that is "
    "set directly, as in blend, replaces it",
    "behaviour.drift.monitoring_reduction": "acts in proportion to monitoring, and there is none",
    "behaviour.engagement.reactance": _NO_MANDATE,
    "behaviour.engagement.misfit_penalty": _NO_MANDATE,
    "behaviour.mandate.compliance_rate": _NO_MANDATE,
    "programme.waves.months_between": _NO_MANDATE,
    "behaviour.mandate.months_per_level": _NO_MANDATE,
    "behaviour.mandate.conversion_rate": _NO_MANDATE,
    "behaviour.mandate.lapse_rate": _NO_MANDATE,
    "behaviour.mandate.delivery_in_name_only": _NO_MANDATE,
    "behaviour.copying.error_from_hierarchy": _NO_MANDATE,
}
# What moves nothing clearly, and why.
FAINT: dict[str, str] = {
    "services.deprivation.intraclass_correlation": "it affects which deprived services are in the same group, not "
    "how many there are",
    "services.population.median": "outcomes are shares, so the unit of population cancels; what remains is the "
    "rounding to whole people",
    "services.population.log_standard_deviation": "population weights outcomes, and is drawn independently of what "
    "decides them",
}
# Choices that need another field to hold.
NEEDS: dict[tuple[str, Any], dict[str, Any]] = {
    ("behaviour.adoption.exposure_response", "independent-cascade"): {"behaviour.awareness.start": "aware"},
}
# Ranges of those that declare none, or whose range another parameter's default cuts off.
RANGES: dict[str, tuple[Any, Any]] = {
    "intervention.components.weight": (0.05, 0.3),
    "services.readiness.minimum": (0.001, 0.2),
    "services.readiness.maximum": (0.8, 0.999),
    "behaviour.adoption.threshold_most_ready": (0.0, 0.35),
    "behaviour.adoption.threshold_least_ready": (0.05, 0.6),
}


@dataclass(frozen=True)
class Move:
    """A parameter and the values that it is moved to: low and high around the default, or one choice against it."""

    path: str
    label: str
    default: Any
    low: Any
    high: Any
    context: str = ""

    @property
    def base(self) -> str:
        """The name under which the runs at the default are kept."""
        return f"{self.context} at its default, where it acts" if self.context else ""


def declarations_of_moves() -> list[Declaration]:
    """Return every parameter that is moved, with its path in a scenario file."""
    tables: list[tuple[Any, str]] = [
        (Intervention, "intervention."),
        (Component, "intervention.components."),
        (Services, "services."),
        (PeerTies, "network.peer_ties."),
        (Programme, "programme."),
        (BalanceLevers, "strategies."),
        (Behaviour, "behaviour."),
        (Cost, "cost."),
    ]
    return [d for table, prefix in tables for d in declarations(table, prefix)]


def moves() -> list[Move]:
    """Return what is moved, parameter by parameter; one move for each choice other than the default."""
    result: list[Move] = []
    for d in declarations_of_moves():
        if d.kind in ("choice", "switch"):
            choices: Iterable[Any] = (not d.default,) if d.kind == "switch" else d.choices
            for choice in choices:
                if choice != d.default:
                    result.append(Move(d.path, f"{d.path} = {_value_text(choice)}", d.default, d.default, choice))
            continue
        ends = RANGES.get(d.path) or d.plausible
        if ends is None:
            raise ValueError(f"{d.path} has no range to move it over: give it one in RANGES")
        low, high = (int(ends[0]), int(ends[1])) if d.kind == "integer" else ends
        result.append(Move(d.path, d.path, d.default, low, high))
    result += [
        Move(path, f"{path}, where it acts", move.default, move.low, move.high, path)
        for path in CONTEXTS
        for move in result
        if move.path == path
    ]
    return result


@cache
def base() -> dict[str, Any]:
    """Return the default scenario as a document."""
    return as_document(ss.load_scenario("default"))


def document_with(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the default scenario with settings; those of components hold for all, or for the last core one."""
    doc = copy.deepcopy(base())
    for path, value in settings.items():
        keys = path.split(".")
        if path.startswith("intervention.components."):
            _set_component(doc["intervention"]["components"], keys[-1], value)
        elif keys[0] == "strategies":
            for name, levers in doc["strategies"].items():
                own = {keys[-1]: value} if keys[-1] == "balance" else {**levers, keys[-1]: value}
                doc["strategies"][name] = own
        else:
            doc = with_setting(doc, keys, value, "effects")
    return doc


def _set_component(components: dict[str, dict[str, Any]], field: str, value: Any) -> None:
    """Set a field of all components; of one alone where it says which share or kind it has."""
    one = next(reversed([name for name, component in components.items() if component["core"]]))
    if field == "core":
        components[one]["core"] = value
    elif field == "weight":
        rest = (1.0 - value) / (len(components) - 1)
        for name, component in components.items():
            component["weight"] = value if name == one else rest
    else:
        for component in components.values():
            component[field] = value


def scenario_with(settings: dict[str, Any]) -> Scenario:
    """Return the default scenario with settings, checked."""
    return validate(document_with(settings), "effects")


def settings_of(move: Move, value: Any) -> dict[str, Any]:
    """Return the settings of one value of a move."""
    context = CONTEXTS[move.context][0] if move.context else {}
    return {**context, **NEEDS.get((move.path, value), {}), move.path: value}


def on_own_network(path: str) -> bool:
    """Return whether a parameter changes the network, so that a run needs one of its own."""
    return path.split(".")[0] in ("services", "network")


def values_of(move: Move) -> list[Any]:
    """Return low, default and high, where they differ from the default of the scenario."""
    return [move.low, move.high]


def outcomes(replicates: int, selection: Sequence[Move]) -> dict[tuple[str, int], np.ndarray]:
    """Return for each move and value (0 low, 1 high; and ("", 0) the default) an array (strategy, replicate, measure).

    The default of a context is kept under the move's `base`.
    """
    common: dict[tuple[str, int], Scenario] = {("", 0): scenario_with({})}
    own: dict[tuple[str, int], Scenario] = {}
    for path, (context, _) in CONTEXTS.items():
        common[f"{path} at its default, where it acts", 0] = scenario_with(context)
    for move in selection:
        for place, value in enumerate(values_of(move)):
            where = own if on_own_network(move.path) else common
            where[move.label, place] = scenario_with(settings_of(move, value))
    scenario = common["", 0]
    batches = {key: _plans(s) for key, s in common.items()}
    everything = [p for batch in batches.values() for p in batch]
    result = {key: np.empty((3, replicates, len(NAMES))) for key in (*common, *own)}
    network_0 = make_network(scenario)
    tasks = [Task(r, everything, [False] * len(everything), False) for r in range(replicates)]
    for r, results in enumerate(run_tasks(scenario, network_0, False, tasks)):
        for k, key in enumerate(batches):
            result[key][:, r] = [[o.measures[m] for m in NAMES] for o in results[3 * k : 3 * k + 3]]
    for key, other in own.items():
        three = _plans(other)
        tasks = [Task(r, three, [False] * 3, False) for r in range(replicates)]
        for r, runs in enumerate(run_tasks(other, make_network(other), False, tasks)):
            result[key][:, r] = [[o.measures[m] for m in NAMES] for o in runs]
    return result


def _plans(scenario: Scenario) -> list[Plan]:
    """Return the plans of the three strategies."""
    return [plan(scenario, name) for name in STRATEGIES]


def mark(low: np.ndarray, default: np.ndarray, high: np.ndarray) -> str:
    """Return how a measure moves from low to high over replicates: + - ~ (not one way), . (not told apart) or 0."""
    if np.array_equal(low, high, equal_nan=True) and np.array_equal(low, default, equal_nan=True):
        return "0"
    signs = {_sign(high - low), _sign(high - default), _sign(default - low)}
    direct = _sign(high - low)
    if {1, -1} <= signs:
        return "~"
    if direct:
        return "+" if direct > 0 else "-"
    return "~" if signs != {0} else "."


def _sign(gaps: np.ndarray) -> int:
    """Return the sign of a mean paired difference that can be told from none, else 0."""
    gaps = gaps[~np.isnan(gaps)]
    if len(gaps) < 2 or not np.any(gaps != gaps[0]):
        return int(np.sign(gaps[0])) if len(gaps) > 1 and gaps[0] else 0
    _, low, high = student_interval(gaps, LEVEL)
    return 1 if low > 0 else -1 if high < 0 else 0


@dataclass(frozen=True)
class Effect:
    """What one move does: for each strategy the marks of all measures, and the change in sustained benefit."""

    move: Move
    marks: dict[str, dict[str, str]]
    change: dict[str, float]

    def n_clear(self) -> int:
        """Return how many measures move beyond chance, over the strategies."""
        return sum(m in "+-~" for row in self.marks.values() for m in row.values())

    def inert_in(self) -> list[str]:
        """Return the strategies in which nothing at all changes."""
        return [name for name, row in self.marks.items() if set(row.values()) == {"0"}]


def effects(replicates: int, selection: Sequence[Move] | None = None) -> list[Effect]:
    """Return the effect of every move."""
    selection = moves() if selection is None else selection
    arrays = outcomes(replicates, selection)
    result = []
    for move in selection:
        default = arrays[move.base, 0]
        low, high = arrays[move.label, 0], arrays[move.label, 1]
        marks = {
            name: {m: mark(low[s, :, k], default[s, :, k], high[s, :, k]) for k, m in enumerate(NAMES)}
            for s, name in enumerate(STRATEGIES)
        }
        benefit = NAMES.index("benefit")
        change = {name: float(np.mean(high[s, :, benefit] - low[s, :, benefit])) for s, name in enumerate(STRATEGIES)}
        result.append(Effect(move, marks, change))
    return result


# ------------------------------------------------------------------------------------------------- writing


def _value_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _row(effect: Effect) -> str:
    move = effect.move
    cells = []
    for name in STRATEGIES:
        row = effect.marks[name]
        if name in effect.inert_in():
            cells.append("inert")
            continue
        n_moves = sum(m in "+-~" for m in row.values())
        cells.append(f"`{''.join(row[m] for m in KEY)}` {effect.change[name]:+.3f}, {n_moves}")
    values = f"{_value_text(move.low)} / {_value_text(move.default)} / {_value_text(move.high)}".replace("None", "-")
    if "=" in move.label:
        values = f"{_value_text(move.default)} to {_value_text(move.high)}"
    return f"| `{move.label}` | {values} | " + " | ".join(cells) + " |"


def page(rows: list[Effect], replicates: int) -> str:
    """Return the page as Markdown."""
    nowhere = {e.move.path for e in rows if len(e.inert_in()) == 3 and not e.move.context}
    acts = {e.move.path for e in rows if len(e.inert_in()) < 3}
    paths = {e.move.path for e in rows}
    letters = ", ".join(f"{k + 1} {name.replace('_', ' ')}" for k, name in enumerate(KEY))
    lines = [
        "# What every parameter does",
        "",
        f"Written by `python experiments/effects.py --replicates {replicates}`: each parameter at the low end, the",
        "default and the high end of its plausible range, under the default scenario's three strategies,",
        f"{replicates} replicates on common random numbers. Other parameters stay at their defaults, so that",
        "interactions do not show.",
        "",
        f"Each cell: {len(KEY)} marks ({letters});",
        f"then the change in sustained benefit from low to high, and how many of all {len(NAMES)} measures move.",
        "`+` higher, `-` lower at the high end; `~` moves, not one way; `.` no clear move",
        f"({LEVEL:.1%} paired intervals); `0` equal to the last bit. *Inert*: all measures of all replicates are",
        "equal to the last bit.",
        "",
        f"{len(acts)} of {len(paths)} parameters change some outcome; {len(nowhere)} of them only where another",
        "setting lets them act.",
        "",
        "| parameter | low / default / high | " + " | ".join(STRATEGIES) + " |",
        "|-|-|-|-|-|",
        *map(_row, rows),
        "",
        "Components: `complexity` and `codification` are moved in all; `weight` and `core` in the last core one. The",
        "four levers are moved in each strategy, while the others stay; `balance` replaces them all.",
        "",
        "## Inert ones, explained",
        "",
    ]
    for path in sorted(nowhere):
        why = CONTEXTS[path][1] if path in CONTEXTS else UNEXPLAINED
        lines.append(f"- `{path}`: inert in the default scenario; {why}. It acts there (row *where it acts*).")
    for e in rows:
        if 0 < len(e.inert_in()) < len(STRATEGIES):
            where, why = ", ".join(e.inert_in()), PARTLY.get(e.move.path, UNEXPLAINED)
            lines.append(f"- `{e.move.label}`: inert under {where}; {why}.")
    faint = [e for e in rows if len(e.inert_in()) < len(STRATEGIES) and not e.n_clear()]
    if faint:
        lines += ["", "## Moved, but not clearly", ""]
        lines += [f"- `{e.move.label}`" + (f": {FAINT[e.move.path]}." if e.move.path in FAINT else "") for e in faint]
    return "\n".join([*lines, ""])


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--replicates", type=int, default=40, help="runs of every setting (default 40)")
    parser.add_argument("--output", type=Path, default=FILE, help="where to write the page")
    options = parser.parse_args()
    text = page(effects(options.replicates), options.replicates)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
