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
    """What the figures say of one parameter: its middle 90% before and after, and the verdict.

    Attributes
    ----------
    path : of the parameter.
    before, after : low and high of the middle 90%.
    median : of the accepted sets.
    share : width after over width before, on the scale of the prior's quantiles.
    verdict : ``determined``, ``narrowed`` or ``left undetermined``.

    Examples
    --------
    >>> ParameterRange("behaviour.engagement.reactance", (0.15, 2.85), (0.9, 1.6), 1.2, 0.26, "determined").verdict
    'determined'
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
    figures : of the sets, shape (sets, targets).
    at_defaults : figures of the scenario as it stands, one a target.
    threshold : of the last population: its worst figure, in standard errors.
    generations : threshold and simulations of each generation.
    seed : of the search.
    simulations : number of sets that were tried.

    Examples
    --------
    >>> from spreadsim.fitting.targets import load_targets
    >>> from spreadsim.scenario.files import shipped_folder
    >>> targets = load_targets("default", shipped_folder("experiments") / "published-figures" / "targets.toml")
    >>> n, d = len(targets.table.targets), len(targets.parameters)
    >>> sets = ParameterSets("accepted.csv", tuple(factor.path for factor in targets.parameters), ((0.1,) * d,) * 3)
    >>> fit = FitResults(targets, sets, np.full((3, d), 0.5), np.zeros((3, n)), np.zeros(n), 1.8, [(1.8, 40)], 1, 40)
    >>> fit.accepted, fit.n_distinct, fit.parameter_ranges()[0].verdict
    (True, 1, 'determined')
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
    """Return how many standard errors each figure lies from its target.

    Parameters
    ----------
    figures : of sets of parameters, shape (sets, targets).
    targets : the figures observed, and their standard errors.

    Returns
    -------
    Array of the same shape; a figure that is not defined lies a thousand away.

    Examples
    --------
    >>> from spreadsim.fitting.targets import load_targets
    >>> from spreadsim.scenario.files import shipped_folder
    >>> targets = load_targets("default", shipped_folder("experiments") / "published-figures" / "targets.toml")
    >>> observed = np.array([target.value for target in targets.table.targets])
    >>> float(distances(observed[None], targets).max())
    0.0
    """
    value = np.array([target.value for target in targets.table.targets])
    error = np.array([target.standard_error for target in targets.table.targets])
    return np.where(np.isnan(figures), FAR, np.abs(figures - value) / error)
