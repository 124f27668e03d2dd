"""How much may be said: clearly best, probably best, no clear best, too few runs.

What belongs here: the thresholds, declared once, and the verdict that follows from them. What does not: its words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from spreadsim.inference.crossed import MIN_REPLICATES, Levels, best_of, components, same_strategies
from spreadsim.outcomes.statistics import MIN_SETS

MIN_REPLICATES_OF_SETS = 4  # with three, a leader among equals is named in one case of ten
Strength = Literal["clearly best", "probably best", "no clear best", "the same", "too few runs"]


@dataclass(frozen=True)
class Thresholds:
    """What has to hold before a strategy is called best.

    Attributes
    ----------
    clearly, probably : what the lower limit of the share of sets in which it is best has to reach, or to exceed.
    matters : the least mean difference, in the measure's unit, that is worth a choice.

    Examples
    --------
    >>> Thresholds().clearly, Thresholds().probably, Thresholds().matters
    (0.8, 0.5, 0.02)
    """

    clearly: float = 0.8
    probably: float = 0.5
    matters: float = 0.02


@dataclass(frozen=True)
class Verdict:
    """What may be said of which strategy is best.

    Attributes
    ----------
    strength : how much.
    best : place of the strategy that is best in most sets, or by its mean where there is one set; None where none is.

    Examples
    --------
    >>> Verdict("no clear best", 1).leader is None
    True
    """

    strength: Strength
    best: int | None

    @property
    def leader(self) -> int | None:
        """The strategy that a headline may name; None where it may name none."""
        return self.best if self.strength in ("clearly best", "probably best") else None


def verdict(values: np.ndarray, thresholds: Thresholds | None = None) -> Verdict:
    """Return what may be said of which strategy is best.

    Parameters
    ----------
    values : shape (sets, replicates, strategies), higher being better, all defined.
    thresholds : what has to hold; the defaults where None.

    Returns
    -------
    `Verdict`. With several sets it follows from the share of sets in which a strategy is best. With one it speaks of
    luck alone: clearly best where it lies above each other, jointly at 95%, by a mean difference that matters; probably
    best where by a smaller one. Strategies with the same runs count as one.

    Raises
    ------
    InputError : a value is missing.

    Examples
    --------
    >>> luck = np.random.default_rng(1).normal(0.0, 0.01, (64, 4, 1))
    >>> verdict(np.concatenate([luck, luck + 0.1], axis=2)), verdict(np.concatenate([luck, luck], axis=2)).strength
    (Verdict(strength='clearly best', best=1), 'the same')
    """
    limits = thresholds or Thresholds()
    values = np.asarray(values, dtype=np.float64)
    same = same_strategies(values)
    places = sorted(set(same))
    if len(places) < 2:
        return Verdict("the same", None)
    n_sets, n_replicates, _ = values.shape
    least = MIN_REPLICATES if n_sets == 1 else MIN_REPLICATES_OF_SETS
    if n_replicates < least or 1 < n_sets < MIN_SETS:
        return Verdict("too few runs", None)
    distinct = values[:, :, places]
    means = distinct.mean(axis=(0, 1))
    if n_sets == 1:
        best = int(means.argmax())
        pairs = len(places) * (len(places) - 1) / 2
        gaps = [
            components(distinct[:, :, best] - distinct[:, :, i], level=1 - 0.05 / pairs).mean
            for i in range(len(places))
            if i != best
        ]
        if not all(gap.low is not None and gap.low > 0 for gap in gaps):
            return Verdict("no clear best", places[best])
        enough = min(gap.value for gap in gaps) >= limits.matters
        return Verdict("clearly best" if enough else "probably best", places[best])
    shares = Levels(distinct).share(best_of)
    best = int(np.argmax([share.value for share in shares]))
    low = shares[best].low or 0.0
    ahead = means[best] - np.delete(means, best).max()
    if low >= limits.clearly and ahead >= limits.matters:
        return Verdict("clearly best", places[best])
    return Verdict("probably best" if low > limits.probably and ahead > 0 else "no clear best", places[best])
