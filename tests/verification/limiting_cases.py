"""Documents and networks of the limiting cases: everything off that the case at hand does not ask for.

Science.md section 8, "common": no support, co-production or celebration; effect, drift, erosion, giving up, omission,
misjudgement and re-adoption off; ties regardless of context; nothing codified; all aware after one month; every
service that decides engages, at once; the programme never ends; and every mechanism of version 3 off.
"""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np

from spreadsim.network.construction import make_network
from spreadsim.network.data import Network, Ties, ties_from_pairs
from spreadsim.network.hierarchy import Hierarchy
from spreadsim.rules import EMBEDDED
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import Plan, plan
from spreadsim.scenario.validation import merge, validate
from spreadsim.state import ATTRIBUTES
from tests import version_2

_COMMON: dict[str, Any] = {
    "name": "limiting-case",
    "run": {"months": 60, "replicates": 1, "seed": 1},
    "intervention": {
        "components": {
            "whole": {"core": True, "weight": 1.0, "complexity": 0.5, "codification": 0.0},
        },
    },
    "network": {
        "source": "complete",
        "services": 100,
        "hierarchy": [],
        "redraw": False,
        "peer_ties": {"homophily_distance": math.inf},
    },
    "services": {
        "readiness": {"standard_deviation": 0.0},
        "capability": {"standard_deviation": 0.0},
        "adaptation_tendency": {"standard_deviation": 0.0},
        "context": {"standard_deviation": 0.0},
    },
    "programme": {
        "start_month": 0,
        "stop_month": 1200,
        "support": 0.0,
        "co_production": 0.0,
        "celebration": 0.0,
        "starting_sites": {"share": 0.0, "rule": "adjacent"},
    },
    "strategies": {"only": {"mandate": 0.0, "latitude": 1.0, "peer_programme": 0.0, "monitoring": 0.0}},
    "behaviour": {
        "awareness": {"broadcast_rate": 1.0, "exposure_rate": 0.0},
        "adoption": {
            "external_influence": 0.0,
            "peer_influence_unaided": 0.0,
            "peer_influence_facilitated": 0.0,
            "exposure_response": "linear",
            "observability": 0.0,
            "discouragement": 0.0,
            "readoption_ratio": 0.0,
        },
        "engagement": {"gate": False, "peer_odds": 0.0},
        "mandate": {"compliance_rate": 1.0, "months_per_level": 0},
        "implementation": {"months_to_embed": 0.0, "abandonment_rate": 0.0},
        "sustainment": {"discontinuation_rate": 0.0},
        "adaptation": {"misjudgement": 0.0, "core_erosion_rate": 0.0},
        "copying": {
            "omission_rate": 0.0,
            "error_from_peer": 0.0,
            "error_from_specification": 0.0,
            "error_from_hierarchy": 0.0,
        },
        "drift": {"rate": 0.0, "repair_rate": 0.0, "repair_from_peers": 0.0},
    },
}
COMMON = merge(copy.deepcopy(version_2.TABLES), _COMMON)


def document(
    *,
    source: str = "complete",
    services: int = 100,
    months: int = 60,
    starting_share: float = 0.0,
    components: dict[str, Any] | None = None,
    behaviour: dict[str, Any] | None = None,
    levers: dict[str, float] | None = None,
    **tables: Any,
) -> dict[str, Any]:
    """Return the common document of the limiting cases, with what this case asks for laid upon it.

    `starting_share` of the services, those of lowest number, are starting sites. `tables` are laid upon the whole.
    """
    over: dict[str, Any] = {
        "run": {"months": months},
        "network": {"source": source, "services": services},
        "programme": {"starting_sites": {"share": starting_share}},
        "behaviour": behaviour or {},
    }
    result = merge(copy.deepcopy(COMMON), over)
    if components is not None:
        result["intervention"]["components"] = components
    if levers is not None:
        result["strategies"] = {"only": {**result["strategies"]["only"], **levers}}
    return merge(result, tables)


def scenario_of(doc: dict[str, Any]) -> Scenario:
    """Return the scenario that a document describes."""
    return validate(doc, "limiting case")


def only_plan(doc: dict[str, Any]) -> Plan:
    """Return the plan of a document's one strategy."""
    return plan(scenario_of(doc), "only")


def like_components(n: int, n_core: int | None = None, **fields: Any) -> dict[str, Any]:
    """Return `n` components of equal weight, the first `n_core` of them core (all, if not said)."""
    common = {"complexity": 0.5, "codification": 0.0, **fields}
    last = n if n_core is None else n_core
    return {f"c{k:02d}": {"core": k < last, "weight": 1.0 / n, **common} for k in range(n)}


def network_with(doc: dict[str, Any], ties: Ties, **attributes: np.ndarray) -> Network:
    """Return the network of a document's services with the ties given, and attributes where they are given."""
    n = doc["network"]["services"]
    names = tuple(f"s{i}" for i in range(n))
    values = {one.name: np.full(n, one.start) for one in ATTRIBUTES} | attributes
    nobody = np.empty(0, dtype=np.int64)
    no_hierarchy = Hierarchy((), (), nobody, nobody, np.full(n, -1, dtype=np.int64))
    return Network(names, names, values, no_hierarchy, ties)


def network_without_ties(doc: dict[str, Any], **attributes: np.ndarray) -> Network:
    """Return the network of a document's services, each alone."""
    nobody = np.empty(0, dtype=np.int64)
    return network_with(doc, ties_from_pairs(doc["network"]["services"], nobody, nobody), **attributes)


def many(pairs: tuple[np.ndarray, np.ndarray], n_copies: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of many copies of a small graph: service `j` of copy `c` has number ``j * n_copies + c``.

    The first `n_copies` services are thus service 0 of each copy, and "adjacent" starting sites with a share of one
    over the size of the small graph are just these.
    """
    copies = np.arange(n_copies)
    return tuple((np.asarray(end)[:, None] * n_copies + copies).ravel() for end in pairs)  # type: ignore[return-value]


def generated(doc: dict[str, Any], replicate: int = 0) -> Network:
    """Return the generated network of a document."""
    return make_network(scenario_of(doc), replicate)


def months_embedded(run: Any, n: int) -> np.ndarray:
    """Return the first month in which each service was embedded; -1 if never."""
    first = np.full(n, np.iinfo(np.int32).max, dtype=np.int64)
    embedding = run.events["to_state"] == EMBEDDED
    np.minimum.at(first, run.events["service"][embedding], run.events["month"][embedding])
    return np.where(first == np.iinfo(np.int32).max, -1, first)


def chi_square(counts: np.ndarray, chances: np.ndarray, least: float = 5.0) -> float:
    """Return the p-value of counts against chances; cells with fewer than `least` expected are put together."""
    from scipy.stats import chisquare

    counts, expected = np.asarray(counts, dtype=float), np.asarray(chances, dtype=float) * np.sum(counts)
    rare = expected < least
    if rare.any():
        counts = np.append(counts[~rare], counts[rare].sum())
        expected = np.append(expected[~rare], expected[rare].sum())
        if expected[-1] < least:  # still too few: into the smallest of the others
            smallest = int(np.argmin(expected[:-1]))
            expected[smallest] += expected[-1]
            counts[smallest] += counts[-1]
            counts, expected = counts[:-1], expected[:-1]
    if len(counts) < 2:
        return 1.0
    return float(chisquare(counts, expected * (counts.sum() / expected.sum())).pvalue)
