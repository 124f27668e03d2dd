"""Scenarios made up at random, for properties that hold of all of them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from spreadsim.levers import SCHEDULED
from spreadsim.measures import SIGNPOSTS
from spreadsim.parameters import Behaviour, declarations
from spreadsim.scenario.validation import validate


@st.composite
def components(draw: Any) -> dict[str, Any]:
    n = draw(st.integers(1, 6))
    weights = draw(st.lists(st.integers(1, 9), min_size=n, max_size=n))
    share = st.sampled_from([0.0, 0.2, 0.35, 0.5, 0.9, 1.0])
    return {
        f"part-{k}": {
            "core": draw(st.booleans()),
            "weight": weights[k] / sum(weights),
            "complexity": draw(share),
            "codification": draw(share),
            **draw(st.sampled_from([{}, {}, {"truly_core": True}, {"truly_core": False}])),
        }
        for k in range(n)
    }


@st.composite
def behaviours(draw: Any) -> dict[str, Any]:
    """A few parameters moved anywhere in their plausible range, or a choice changed; the rest at their defaults."""
    document: dict[str, Any] = {}
    known = [d for d in declarations(Behaviour) if d.kind in ("number", "integer", "switch", "choice")]
    for d in draw(st.lists(st.sampled_from(known), max_size=8, unique_by=lambda d: d.path)):
        value: Any
        if d.kind == "switch":
            value = draw(st.booleans())
        elif d.kind == "choice":
            value = draw(st.sampled_from(d.choices))
        else:
            assert d.plausible is not None, d.path
            low, high = d.plausible
            value = draw(st.integers(int(low), int(high)) if d.kind == "integer" else st.floats(low, high))
        table, name = d.path.split(".")
        document.setdefault(table, {})[name] = value
    adoption = document.get("adoption", {})
    if adoption.get("exposure_response") == "independent-cascade":
        document.setdefault("awareness", {})["start"] = "aware"
    if adoption.get("threshold_most_ready", 0.05) > adoption.get("threshold_least_ready", 0.35):
        adoption["threshold_most_ready"] = adoption["threshold_least_ready"] = 0.2
    if draw(st.booleans()) and draw(st.booleans()):
        document.setdefault("implementation", {})["months_to_embed"] = 0.0
    if draw(st.booleans()):
        document["appraisal"] = {
            "applies": draw(st.booleans()),
            "readiness_threshold": draw(st.sampled_from([0.0, 1.0, 3.0, 10.0])),
            "error": draw(st.sampled_from([0.0, 1.5, 5.0])),
            "preparation_rate": draw(st.sampled_from([0.0, 0.05, 0.5])),
        }
        document.setdefault("implementation", {})["unreadiness_multiplier"] = draw(st.sampled_from([0.0, 3.0]))
    if draw(st.booleans()):
        document["turnover"] = {
            "rate": draw(st.sampled_from([0.01, 0.3, 1.0])),
            "knowledge_loss": draw(st.sampled_from([0.0, 0.4, 1.0])),
        }
    if draw(st.booleans()):
        document["pressure"] = {
            "rate": draw(st.sampled_from([0.03, 0.5])),
            "months": draw(st.sampled_from([1, 6])),
            "effect": draw(st.sampled_from([0.0, 1.0])),
            "level": draw(st.sampled_from([1, 2, 5])),
        }
    return document


@st.composite
def networks(draw: Any) -> dict[str, Any]:
    n = draw(st.integers(1, 40))
    levels = []
    if draw(st.booleans()):
        levels.append({"level": "region", "count": draw(st.integers(1, min(3, n)))})
        if draw(st.booleans()):
            levels.append({"level": "team", "count": draw(st.integers(levels[0]["count"], min(9, n) if n >= 9 else n))})
    source = draw(
        st.sampled_from(
            [
                "nested-hierarchy",
                "ring-lattice",
                "small-world",
                "scale-free",
                "random",
                "path",
                "star",
                "tree",
                "complete",
            ]
        )
    )
    return {
        "source": source,
        "services": n,
        "hierarchy": levels,
        "peer_ties": {"homophily_distance": draw(st.sampled_from([0.7, 1.5, float("inf")]))},
    }


def levers() -> Any:
    """Every lever that a schedule may name, and so those that a strategy has to."""
    number = st.sampled_from([0.0, 0.05, 0.25, 0.3, 0.7, 1.0])
    return st.fixed_dictionaries(
        {one.name: st.sampled_from(one.declaration.choices) if one.declaration.choices else number for one in SCHEDULED}
    )


@st.composite
def conditions(draw: Any, depth: int = 2) -> str:
    """What a rule may look at: comparisons of any monthly measure, joined in any way."""
    if depth and draw(st.booleans()):
        joined = f" {draw(st.sampled_from(['and', 'or']))} ".join(draw(conditions(depth - 1)) for _ in range(2))
        return f"not ({joined})" if draw(st.booleans()) else f"({joined})"
    sign = draw(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
    if draw(st.booleans()):
        return f"month {sign} {draw(st.integers(0, 20))}"
    return f"{draw(st.sampled_from(SIGNPOSTS))} {sign} {draw(st.sampled_from([0.0, 0.05, 0.1, 0.3, 0.6, 1.0]))}"


@st.composite
def strategy_rules(draw: Any, hierarchy: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Up to three rules, each for all services or for every group of a level."""
    rules = []
    for _ in range(draw(st.integers(0, 3))):
        own = draw(levers())
        names = draw(st.lists(st.sampled_from(sorted(own)), min_size=1, max_size=6, unique=True))
        rule = {"when": draw(conditions()), "set": {name: own[name] for name in names}}
        months = draw(st.sampled_from([None, 1, 4, 12]))
        each = draw(st.sampled_from([None, *(level["level"] for level in hierarchy)]))
        rule |= ({} if months is None else {"months": months}) | ({} if each is None else {"each": each})
        rules.append(rule)
    return rules


@st.composite
def scenarios(draw: Any) -> Any:
    """A valid scenario of one strategy on up to 40 services over up to 30 months."""
    months = draw(st.integers(1, 30))
    strategy: dict[str, Any] = draw(levers())
    if draw(st.booleans()):
        month = draw(st.integers(0, 30))
        strategy["schedule"] = [{"month": month, **draw(levers())}]
    network = draw(networks())
    if draw(st.booleans()):
        strategy["rules"] = draw(strategy_rules(network["hierarchy"]))
    document = {
        "name": "generated",
        "run": {"months": months, "replicates": 1, "seed": draw(st.integers(0, 2**40))},
        "intervention": {
            "components": draw(components()),
            "mechanism_clarity": draw(st.sampled_from([0.0, 0.5, 1.0])),
            "core_exponent": draw(st.integers(1, 3)),
        },
        "network": network,
        "services": {
            "context": {"mean": draw(st.sampled_from([0.0, -0.4, 1.0]))},
            "regional_intraclass_correlation": draw(st.sampled_from([0.0, 0.2, 0.9])),
        },
        "programme": {
            "stop_month": draw(st.integers(0, 30)),
            "revision_interval": draw(st.sampled_from([0, 1, 2, 5])),
            "revision_of_form": draw(st.sampled_from([0.0, 0.5, 1.0])),
            "revision_of_codification": draw(st.sampled_from([0.0, 0.25, 1.0])),
            "support_priority": draw(st.sampled_from(["none", "most-deprived"])),
            "starting_sites": {
                "share": draw(st.sampled_from([0.0, 0.03, 0.2, 1.0])),
                "rule": draw(st.sampled_from(["random", "most-ready", "most-connected", "most-deprived", "adjacent"])),
            },
            "latitude_after": draw(st.sampled_from([1.0, 0.3, "as-before"])),
            "light_support_place": draw(st.sampled_from([1.0, 0.1])),
            "team": draw(st.sampled_from([0.5, 0.0, 1.0])),
            "collaborative": {
                "share": draw(st.sampled_from([0.0, 0.3, 1.0])),
                "picks": draw(st.integers(0, 4)),
                "weight_after": draw(st.sampled_from([0.0, 0.3, 1.0])),
            },
            "incentive_start_month": draw(st.integers(0, 10)),
            "incentive_stop_month": draw(st.integers(0, 30)),
            "external_push": draw(st.sampled_from([[], [{"month": 3, "factor": 0.0}, {"month": 7, "factor": 4.0}]])),
        },
        "behaviour": draw(behaviours()),
        "strategies": {"only": strategy},
    }
    return validate(document, "generated")
