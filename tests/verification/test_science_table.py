"""Version 2 of the default scenario beside the table of an independent implementation of the same specification.

The reference figures are those of the specification's section 10 (8 replicates on the dial, 24 for the three
strategies), measured by another program with other random numbers. Each measure must lie within 4 standard errors of
the difference; the reference's standard error is taken from our own spread and its number of replicates, and its
rounding is allowed for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import spreadsim as ss
from spreadsim.comparison.comparison import Comparison
from spreadsim.scenario.validation import as_document, validate

# measure: (reference value, last digit printed)
DIAL = {
    0.0: {
        "in_name_only@36": 0.42,
        "months_to_half": 27,
        "embedded": 0.36,
        "sustainment": 0.49,
        "fidelity": 0.70,
        "core_fidelity": 0.86,
        "effectiveness": 0.68,
        "effectiveness_ever": 0.34,
        "benefit": 0.320,
        "cumulative_benefit": 1.52,
        "cost": 31,
        "reported_uptake@36": 0.99,
    },
    0.5: {
        "in_name_only@36": 0.21,
        "months_to_half": 30,
        "embedded": 0.41,
        "sustainment": 0.53,
        "fidelity": 0.66,
        "core_fidelity": 0.81,
        "effectiveness": 0.60,
        "effectiveness_ever": 0.31,
        "benefit": 0.302,
        "cumulative_benefit": 1.35,
        "cost": 28,
        "reported_uptake@36": 0.86,
    },
    0.7: {
        "in_name_only@36": 0.10,
        "months_to_half": 34,
        "embedded": 0.42,
        "sustainment": 0.56,
        "fidelity": 0.65,
        "core_fidelity": 0.78,
        "effectiveness": 0.56,
        "effectiveness_ever": 0.32,
        "benefit": 0.281,
        "cumulative_benefit": 1.14,
        "cost": 25,
        "reported_uptake@36": 0.74,
    },
    1.0: {
        "in_name_only@36": 0.00,
        "embedded": 0.33,
        "sustainment": 0.61,
        "fidelity": 0.62,
        "core_fidelity": 0.75,
        "effectiveness": 0.51,
        "effectiveness_ever": 0.31,
        "benefit": 0.193,
        "cumulative_benefit": 0.73,
        "cost": 18,
        "reported_uptake@36": 0.46,
    },
}
ARM = {0.0: 0.283, 0.5: 0.291, 0.7: 0.279, 1.0: 0.193}  # sustained benefit with latitude kept as before
STRATEGIES = {
    "top-down": {
        "reach": 0.738,
        "embedded": 0.361,
        "in_name_only@36": 0.41,
        "sustainment": 0.489,
        "fidelity": 0.707,
        "core_fidelity": 0.861,
        "effectiveness": 0.687,
        "effectiveness_ever": 0.336,
        "benefit": 0.321,
        "cumulative_benefit": 1.55,
        "cost": 30.4,
        "months_to_half": 26.2,
    },
    "organic": {
        "reach": 0.543,
        "embedded": 0.341,
        "in_name_only@36": 0.00,
        "sustainment": 0.629,
        "fidelity": 0.629,
        "core_fidelity": 0.755,
        "effectiveness": 0.522,
        "effectiveness_ever": 0.328,
        "benefit": 0.203,
        "cumulative_benefit": 0.76,
        "cost": 18.1,
    },
    "blend": {
        "reach": 0.780,
        "embedded": 0.480,
        "in_name_only@36": 0.10,
        "sustainment": 0.616,
        "fidelity": 0.687,
        "core_fidelity": 0.837,
        "effectiveness": 0.645,
        "effectiveness_ever": 0.397,
        "benefit": 0.365,
        "cumulative_benefit": 1.40,
        "cost": 30.3,
        "months_to_half": 32.8,
    },
}
REPLICATES = 64


def rounding(value: float) -> float:
    """Return half a unit of the last digit that the reference prints."""
    text = f"{value:.10g}"
    return 0.5 * 10.0 ** -(len(text.split(".")[1]) if "." in text else 0)


def values(comparison: Comparison, strategy: str, measure: str) -> np.ndarray:
    name, _, month = measure.partition("@")
    if month:
        return np.array([outcome.curves[name][int(month)] for outcome in comparison.outcomes[strategy]])
    return comparison.values(strategy, name)


@pytest.fixture(scope="module")
def dial() -> Comparison:
    document = as_document(ss.load_scenario("version-2"))
    document["strategies"] = {f"B{b}": {"balance": b} for b in DIAL}
    document["strategies"] |= {f"arm{b}": {"balance": b, "latitude_after": "as-before"} for b in DIAL}
    return ss.compare(validate(document, "dial"), replicates=REPLICATES, frontier=False, doubt="none")


@pytest.fixture(scope="module")
def three() -> Comparison:
    return ss.compare("version-2", replicates=REPLICATES, frontier=False, doubt="none")


def standing(ours: np.ndarray, reference: float, n_reference: int) -> float:
    """Return how many standard errors of the difference lie between our mean and the reference."""
    assert np.isfinite(ours).all(), "no replicate may be null"
    spread = float(np.std(ours, ddof=1))
    error = spread * np.sqrt(1 / len(ours) + 1 / n_reference)
    gap = max(0.0, abs(float(np.mean(ours)) - reference) - rounding(reference))
    return gap / error if error > 0 else (0.0 if gap == 0 else np.inf)


@pytest.mark.parametrize(("balance", "measure"), [(b, m) for b, row in DIAL.items() for m in row])
def test_dial_agrees_with_the_reference(dial: Comparison, balance: float, measure: str) -> None:
    assert standing(values(dial, f"B{balance}", measure), DIAL[balance][measure], 8) < 4


@pytest.mark.parametrize("balance", list(ARM))
def test_latitude_kept_as_before_agrees(dial: Comparison, balance: float) -> None:
    assert standing(values(dial, f"arm{balance}", "benefit"), ARM[balance], 8) < 4


@pytest.mark.parametrize(("strategy", "measure"), [(s, m) for s, row in STRATEGIES.items() for m in row])
def test_three_strategies_agree_with_the_reference(three: Comparison, strategy: str, measure: str) -> None:
    assert standing(values(three, strategy, measure), STRATEGIES[strategy][measure], 24) < 4


@pytest.mark.parametrize(
    ("later", "earlier", "measure", "reference", "error"),
    [
        ("blend", "top-down", "benefit", 0.045, 0.003),
        ("blend", "organic", "benefit", 0.162, 0.006),
        ("blend", "top-down", "cumulative_benefit", -0.15, 0.01),
        ("blend", "organic", "cumulative_benefit", 0.64, 0.01),
        ("organic", "top-down", "benefit", -0.117, 0.005),
    ],
)
def test_paired_differences_agree(
    three: Any, later: str, earlier: str, measure: str, reference: float, error: float
) -> None:
    gaps = three.values(later, measure) - three.values(earlier, measure)
    ours = float(np.std(gaps, ddof=1)) / np.sqrt(len(gaps))
    gap = max(0.0, abs(float(np.mean(gaps)) - reference) - rounding(reference))
    assert gap < 4 * np.hypot(ours, error)
