"""Comparisons for tests of what is said about them: small ones that were run, and the same with values put in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from spreadsim.comparison.comparison import Comparison, compare
from spreadsim.scenario.validation import validate
from tests.conftest import small_document


@cache
def small_comparison(replicates: int = 6, frontier: bool = True, workers: int = 1) -> Comparison:
    """Return the three strategies of a small scenario, run."""
    return compare(validate(small_document(), "small"), replicates=replicates, workers=workers, frontier=frontier)


def with_values(comparison: Comparison, values: Mapping[str, Mapping[str, Sequence[float]]]) -> Comparison:
    """Return a comparison in which measures have the values given: measure, strategy, one a replicate."""
    outcomes: dict[str, list[Any]] = {}
    for name in comparison.strategies:
        outcomes[name] = [
            replace(outcome, measures=outcome.measures | {m: row[name][r] for m, row in values.items() if name in row})
            for r, outcome in enumerate(comparison.outcomes[name])
        ]
    return replace(comparison, outcomes=outcomes)
