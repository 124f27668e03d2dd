"""What a fit gives: the accepted sets of parameters, and what they say of each.

What belongs here: the sets, the figures they lead to, what is known of each parameter. What does not: the search
(``fitting``), words and files (``folder``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spreadsim.fitting.targets import Targets
from spreadsim.scenario.parameter_sets import ParameterSets
from spreadsim.sweeps.designs import factor_quantile

FAR = 1e3  # standard errors: a figure that is not defined, or a set that the scenario refuses
DETERMINED, NARROWED = 0.5, 0.8  # accepted width over the prior's: determined below, left undetermined above


@dataclass(frozen=True)
class ParameterRange:
    """What the figures say of one parameter: middle 90% before and after, and the verdict.

    `share` is the width after over the width before, on the scale of the prior's quantiles.
    """

    path: str
    before: tuple[float, float]
    after: tuple[float, float]
    median: float
    share: float
    verdict: str


@dataclass(frozen=True)
class FitResults:
    """Sets of parameters that reproduce the targets.

    Attributes
    ----------
    targets : what was to be reproduced.
    sets : the accepted sets, of equal weight; a set of large weight stands in it several times.
    places : of the sets on the unit scale of the prior's quantiles, shape (sets, parameters).
    figures : of the sets, shape (sets, targets); `at_defaults` those of the scenario as it stands.
    threshold : worst figure of the last population's threshold, in standard errors.
    generations : threshold and simulations of each generation.
    """

    targets: Targets
    sets: ParameterSets
    places: np.ndarray
    figures: np.ndarray
    at_defaults: np.ndarray
    threshold: float
    generations: Sequence[tuple[float, int]]
    seed: int
    simulations: int

    @property
    def n_distinct(self) -> int:
        """Number of different sets among those kept."""
        return len(set(self.sets.rows))

    @property
    def accepted(self) -> bool:
        """Whether every accepted set reproduces every target within the tolerance."""
        return self.threshold <= self.targets.table.tolerance + 1e-9

    def parameter_ranges(self) -> list[ParameterRange]:
        """Return what the figures say of each parameter."""
        ranges = []
        for j, factor in enumerate(self.targets.parameters):
            low, middle, high = np.quantile(self.places[:, j], (0.05, 0.5, 0.95))
            share = float((high - low) / 0.9)
            verdict = "determined" if share < DETERMINED else "narrowed" if share < NARROWED else "left undetermined"
            ranges.append(
                ParameterRange(
                    factor.path,
                    (factor_quantile(factor, 0.05), factor_quantile(factor, 0.95)),
                    (factor_quantile(factor, float(low)), factor_quantile(factor, float(high))),
                    factor_quantile(factor, float(middle)),
                    share,
                    verdict,
                )
            )
        return ranges

    def pairs(self, least: float = 0.4) -> list[tuple[str, str, float]]:
        """Return the pairs of parameters that the figures tie together: rank correlations of at least `least`."""
        from scipy.stats import rankdata

        names = [factor.path for factor in self.targets.parameters]
        if len(names) < 2:
            return []
        with np.errstate(invalid="ignore", divide="ignore"):
            correlations = np.corrcoef(np.apply_along_axis(rankdata, 0, self.places), rowvar=False)
        pairs = [
            (names[i], names[j], float(correlations[i, j]))
            for i in range(len(names)) for j in range(i + 1, len(names)) if abs(correlations[i, j]) >= least
        ]  # fmt: skip
        return sorted(pairs, key=lambda pair: -abs(pair[2]))


def distances(figures: np.ndarray, targets: Targets) -> np.ndarray:
    """Return how many standard errors each figure lies from its target; a figure not defined lies far."""
    value = np.array([target.value for target in targets.table.targets])
    error = np.array([target.standard_error for target in targets.table.targets])
    return np.where(np.isnan(figures), FAR, np.abs(figures - value) / error)
