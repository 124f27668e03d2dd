"""How settings of the levers stand up over the unknowns: regret, satisficing, where the best lies, enough runs?

What belongs here: functions of one measure as an array of points, settings and replicates. The best setting of a point
is chosen from some replicates and checked on the others, since the best of many noisy means flatters itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spreadsim.inference.crossed import Estimate, Levels, best_of, standings
from spreadsim.telling.wording import listed

Z = 1.959963984540054


@dataclass(frozen=True)
class Robustness:
    """One setting over all points.

    Attributes
    ----------
    setting : its name.
    mean, worst_tenth : of the outcome over points; the mean of the worst tenth of points.
    best_in : share of points in which it is best, net of luck; shared where settings are equal.
    best_low, best_high : a 95% interval of it, over points and over the luck that all points share.
    mean_regret, regret_90, max_regret : how far below the best setting of the point: mean, 90th percentile, largest.
    regret_low, regret_high, regret_90_low, regret_90_high : 95% intervals of the mean and of the 90th percentile.
    satisfies : share of points in which every limit is met; nan without limits.
    satisfies_low, satisfies_high : a 95% interval of it.

    Ends of intervals are nan where there are too few points or replicates.

    Examples
    --------
    >>> values = np.array([[[0.1], [0.4]], [[0.3], [0.2]]])
    >>> [(row.setting, round(row.mean_regret, 3)) for row in robustness(values, ("organic", "blend"), 1.0)]
    [('blend', 0.05), ('organic', 0.15)]
    """

    setting: str
    mean: float
    worst_tenth: float
    best_in: float
    best_low: float
    best_high: float
    mean_regret: float
    regret_low: float
    regret_high: float
    regret_90: float
    regret_90_low: float
    regret_90_high: float
    max_regret: float
    satisfies: float
    satisfies_low: float
    satisfies_high: float


def robustness(
    values: np.ndarray,
    names: tuple[str, ...],
    sign: float,
    meets: np.ndarray | None = None,
    satisfying: Sequence[Estimate] | None = None,
) -> list[Robustness]:
    """Return how each setting stands up over the points.

    Parameters
    ----------
    values : shape (points, settings, replicates).
    names : of the settings.
    sign : 1 where higher is better, -1 where lower is.
    meets : whether every limit is met, shape (points, settings).
    satisfying : the share of points in which every limit is met, one a setting, in place of `meets`.

    Returns
    -------
    One row a setting, least mean regret first; none where no point has a value for every setting.

    References
    ----------
    Herman and others, J Water Resour Plan Manag 2015;141:04015012 (measures of robustness).

    Examples
    --------
    >>> values = np.array([[[0.1], [0.4]], [[0.3], [0.2]]])
    >>> best, other = robustness(values, ("organic", "blend"), 1.0, meets=values.mean(axis=2) >= 0.2)
    >>> best.setting, best.best_in, best.satisfies, other.satisfies
    ('blend', 0.5, 1.0, 0.5)
    """
    means = sign * values.mean(axis=2)
    use = np.all(np.isfinite(means), axis=1)
    if not use.any():
        return []
    means = means[use]
    tenth = max(1, len(means) // 10)
    shares = (
        [Estimate(float(share), None, None) for share in meets[use].mean(axis=0)]
        if meets is not None
        else [Estimate(np.nan, None, None)] * len(names)
    )
    rows = [
        Robustness(
            setting=name,
            mean=float(sign * means[:, i].mean()),
            worst_tenth=float(sign * np.sort(means[:, i])[:tenth].mean()),
            best_in=row.best.value,
            best_low=end_of(row.best.low),
            best_high=end_of(row.best.high),
            mean_regret=row.expected_loss.value,
            regret_low=end_of(row.expected_loss.low),
            regret_high=end_of(row.expected_loss.high),
            regret_90=row.loss_90.value,
            regret_90_low=end_of(row.loss_90.low),
            regret_90_high=end_of(row.loss_90.high),
            max_regret=row.worst_loss.value,
            satisfies=share.value,
            satisfies_low=end_of(share.low),
            satisfies_high=end_of(share.high),
        )
        for i, (name, row, share) in enumerate(
            zip(names, standings(sign * values[use].transpose(0, 2, 1)).strategies, satisfying or shares, strict=True)
        )
    ]
    return sorted(rows, key=lambda row: row.mean_regret)


def robustness_sentence(rows: Sequence[Robustness], limits: str) -> str:
    """Return which setting loses least, and which most often meets the limits, each figure with its interval.

    Parameters
    ----------
    rows : as `robustness` returns them, at least one.
    limits : in words.

    Returns
    -------
    Sentences; the last says which figures have no interval, where points or replicates are too few for one.

    Examples
    --------
    >>> rows = robustness(np.array([[[0.1], [0.4]], [[0.3], [0.2]]]), ("organic", "blend"), 1.0)
    >>> robustness_sentence(rows, "benefit >= 0.2").split(". ")[0]
    "'blend' has the lowest mean regret, 0.05, with a 90th percentile of 0.09"
    """
    safest, often = rows[0], max(rows, key=lambda row: -1.0 if np.isnan(row.satisfies) else row.satisfies)
    silent = [
        name
        for name, low in (
            ("mean regret", safest.regret_low),
            ("its 90th percentile", safest.regret_90_low),
            ("how often a setting is best", safest.best_low),
            ("how often it meets the limits", often.satisfies_low),
        )
        if np.isnan(low)
    ]
    text = (
        f"'{safest.setting}' has the lowest mean regret, {safest.mean_regret:.3g}"
        f"{_amount_interval(safest.regret_low, safest.regret_high)}, with a 90th percentile of {safest.regret_90:.3g}"
        f"{_amount_interval(safest.regret_90_low, safest.regret_90_high)}. It is best in {safest.best_in:.0%} of the "
        f"points{share_interval(safest.best_low, safest.best_high)}. '{often.setting}' most often meets {limits}: in "
        f"{often.satisfies:.0%} of the points{share_interval(often.satisfies_low, often.satisfies_high)}."
    )
    none = f" Points or replicates are too few for an interval of {listed(silent)}." if silent else ""
    return text + none


def _amount_interval(low: float, high: float) -> str:
    return "" if np.isnan(low) else f" ({low:.3g} to {high:.3g})"


def share_interval(low: float, high: float) -> str:
    """Return the interval of a share of points in brackets; empty where there is none.

    Parameters
    ----------
    low, high : its ends, 0 to 1; nan where there is none.

    Returns
    -------
    Text.

    Examples
    --------
    >>> share_interval(0.4, 0.625), share_interval(float("nan"), float("nan"))
    (' (40% to 62%)', '')
    """
    return "" if np.isnan(low) else f" ({low:.0%} to {high:.0%})"


def end_of(limit: float | None) -> float:
    """Return the end of an interval as a number, nan where there is no interval.

    Parameters
    ----------
    limit : the end, or None.

    Returns
    -------
    A number.

    Examples
    --------
    >>> end_of(0.5), end_of(None)
    (0.5, nan)
    """
    return float("nan") if limit is None else limit


def satisficing(parts: Sequence[tuple[np.ndarray, str, float]]) -> list[Estimate]:
    """Return in what share of points each setting meets every limit, net of luck.

    Parameters
    ----------
    parts : for each limit the values of its measure, shape (points, settings, replicates), ``>=`` or ``<=``, and where
        it lies.

    Returns
    -------
    One estimate a setting, over the points at which every measure is defined.

    Examples
    --------
    >>> values = np.array([[[0.1], [0.4]], [[0.3], [0.2]]])
    >>> [share.value for share in satisficing([(values, ">=", 0.2)])]
    [0.5, 1.0]
    """
    n = parts[0][0].shape[1]
    columns = np.concatenate([values for values, _, _ in parts], axis=1)
    use = np.all(np.isfinite(columns), axis=(1, 2))
    if not use.any():
        return [Estimate(float("nan"), None, None)] * n

    def meets(levels: np.ndarray) -> np.ndarray:
        result = np.ones((*levels.shape[:-1], n), dtype=np.bool_)
        for i, (_, relation, limit) in enumerate(parts):
            own = levels[..., i * n : (i + 1) * n]
            result &= (own >= limit) if relation == ">=" else (own <= limit)
        return result

    return Levels(columns[use].transpose(0, 2, 1)).share(meets)


@dataclass(frozen=True)
class Interior:
    """How often the best value of a lever lies strictly inside its range, chosen and checked on separate replicates.

    Attributes
    ----------
    points : counted.
    inside : share of points in which the best value lies inside, by all replicates and net of luck.
    low, high : a 95% interval of that share, over points and over the luck that all points share; nan where there are
        too few points.
    low_end, high_end : share in which it is the lowest or the highest value, likewise.
    chosen : share of points in which the best mean of the first half of the replicates lies inside.
    confirmed : share in which the value chosen inside beats, in the other half, the better end (chosen likewise).
    told_apart : share in which that holds beyond chance: a paired 95% interval over the other half leaves zero out.
    beaten : share in which it is worse than that end beyond chance.
    gain : mean advantage in the other half of the value chosen inside, over the points in which one was chosen.

    Examples
    --------
    >>> curve = np.array([0.1, 0.4, 0.2])[None, :, None] + 0.01 * np.arange(4)
    >>> result = interior(curve, (0.0, 0.5, 1.0), 1.0)
    >>> result.points, result.chosen, result.confirmed, round(result.gain, 3)
    (1, 1.0, 1.0, 0.2)
    """

    points: int
    inside: float
    low: float
    high: float
    low_end: float
    high_end: float
    chosen: float
    confirmed: float
    told_apart: float
    beaten: float
    gain: float


def wilson(share: float, n: int) -> tuple[float, float]:
    """Return Wilson's 95% interval of a share.

    Parameters
    ----------
    share : from 0 to 1.
    n : number of cases that it is a share of.

    Returns
    -------
    Low and high.

    References
    ----------
    Wilson, J Am Stat Assoc 1927;22:209.

    Examples
    --------
    >>> low, high = wilson(0.5, 100)
    >>> round(low, 3), round(high, 3)
    (0.404, 0.596)
    """
    middle, spread = share + Z * Z / (2 * n), Z * np.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    below = 1 + Z * Z / n
    return float((middle - spread) / below), float((middle + spread) / below)


def interior(values: np.ndarray, lever: tuple[float, ...], sign: float) -> Interior | None:
    """Return how often an inner value of a lever is best.

    Parameters
    ----------
    values : shape (points, values of the lever, replicates).
    lever : its values, in the order of `values`.
    sign : 1 where higher is better, -1 where lower is.

    Returns
    -------
    Shares of points; None with fewer than three values or four replicates, and where no point has a value throughout.

    Examples
    --------
    >>> curve = np.array([0.1, 0.4, 0.2])[None, :, None] + 0.01 * np.arange(4)
    >>> interior(curve, (0.0, 0.5, 1.0), 1.0).chosen, interior(curve, (0.0, 0.5, 1.0), -1.0).chosen
    (1.0, 0.0)
    """
    from spreadsim.special import stdtrit

    order = np.argsort(lever)
    use = np.all(np.isfinite(values), axis=(1, 2))
    if len(lever) < 3 or values.shape[2] < 4 or not use.any():
        return None
    v = sign * values[use][:, order]
    choose, check = v[:, :, 0::2], v[:, :, 1::2]
    n, last = len(v), len(lever) - 1
    means = choose.mean(axis=2)
    best = means.argmax(axis=1)
    inside = (best > 0) & (best < last)
    end = np.where(means[:, last] > means[:, 0], last, 0)
    at = np.arange(n)
    gap = check[at, best] - check[at, end]
    mean = gap.mean(axis=1)
    k = check.shape[2]
    half = float(stdtrit(k - 1, 0.975)) * gap.std(axis=1, ddof=1) / np.sqrt(k)

    def places(levels: np.ndarray) -> np.ndarray:
        share = best_of(levels)
        return np.stack([share[..., 1:-1].sum(axis=-1), share[..., 0], share[..., -1]], axis=-1)

    where, low_end, high_end = Levels(v.transpose(0, 2, 1)).share(places)
    return Interior(
        n,
        where.value,
        end_of(where.low),
        end_of(where.high),
        low_end.value,
        high_end.value,
        float(inside.mean()),
        float(np.mean(inside & (mean > 0))),
        float(np.mean(inside & (mean - half > 0))),
        float(np.mean(inside & (mean + half < 0))),
        float(mean[inside].mean()) if inside.any() else float("nan"),
    )


def interior_gain(values: np.ndarray, lever: tuple[float, ...], sign: float) -> np.ndarray:
    """Return for each point how far the best inner mean lies above the better end.

    Parameters
    ----------
    values : shape (points, values of the lever, replicates).
    lever : its values, in the order of `values`.
    sign : 1 where higher is better, -1 where lower is.

    Returns
    -------
    One value a point, in the measure's unit; negative where an end is best.

    Examples
    --------
    >>> interior_gain(np.array([[[0.25], [0.5], [0.25]], [[0.5], [0.25], [0.0]]]), (0.0, 0.5, 1.0), 1.0)
    array([ 0.25, -0.25])
    """
    order = np.argsort(lever)
    means = (sign * values.mean(axis=2))[:, order]
    return np.asarray(means[:, 1:-1].max(axis=1) - np.maximum(means[:, 0], means[:, -1]))


@dataclass(frozen=True)
class Convergence:
    """Whether more runs would change the finding.

    Attributes
    ----------
    share_noise : share of the variance of a setting's mean over points that is chance, from too few replicates: the
        interaction of points and replicates, since the luck that all points share does not tell them apart.
    agree : share of points in which both halves of the replicates name the same best setting.
    half_share : how often the setting most often best is best in the first half of the points; nan where that half says
        nothing about fewer points, as with a grid.
    share : how often it is best in all.
    favourite : that setting.

    Examples
    --------
    >>> Convergence(0.04, 0.9, 0.62, 0.6, "blend").favourite
    'blend'
    """

    share_noise: float
    agree: float
    half_share: float
    share: float
    favourite: str

    @property
    def sentence(self) -> str:
        """Were there enough runs?"""
        chance = f"Chance accounts for {self.share_noise:.0%} of the variance of means between points"
        halves = f"the two halves of the replicates give the same best setting in {self.agree:.0%} of the points"
        if self.share_noise >= 0.1:
            verdict = f"{chance}, and {halves}: more replicates would help."
        elif self.agree < 0.5:
            verdict = (
                f"{chance}, so that means are known well enough; but {halves}, so that which is best at a point is "
                f"often a matter of chance: more replicates would tell more of them apart."
            )
        else:
            verdict = f"{chance}, and {halves}: enough replicates."
        return f"{verdict} '{self.favourite}' has the best mean in {self.share:.0%} of all points{self._halves}"

    @property
    def _halves(self) -> str:
        if np.isnan(self.half_share):
            return "."
        enough = abs(self.share - self.half_share) < 0.05
        return (
            f" and in {self.half_share:.0%} of the first half: "
            f"{'more points would change little' if enough else 'more points may change this'}."
        )


def convergence(values: np.ndarray, names: tuple[str, ...], sign: float, first_half: bool = True) -> Convergence | None:
    """Return whether there were enough replicates and points.

    Parameters
    ----------
    values : shape (points, settings, replicates).
    names : of the settings.
    sign : 1 where higher is better, -1 where lower is.
    first_half : whether the first half of the points is a smaller design of the same kind.

    Returns
    -------
    Shares; None with fewer than four points or two replicates.

    Examples
    --------
    >>> values = np.zeros((4, 2, 2))
    >>> values[:, 1] = np.arange(1.0, 5.0)[:, None]
    >>> result = convergence(values, ("organic", "blend"), 1.0)
    >>> result.share_noise, result.agree, result.favourite
    (0.0, 1.0, 'blend')
    """
    use = np.all(np.isfinite(values), axis=(1, 2))
    v = sign * values[use]
    if len(v) < 4 or v.shape[2] < 2:
        return None
    n, _, k = v.shape
    rest = v - v.mean(axis=2, keepdims=True) - v.mean(axis=0, keepdims=True) + v.mean(axis=(0, 2), keepdims=True)
    noise = float(np.mean((rest**2).sum(axis=(0, 2))) / ((n - 1) * (k - 1)) / k)
    total = float(np.mean(v.mean(axis=2).var(axis=0, ddof=1)))
    halves = [v[:, :, part::2].mean(axis=2).argmax(axis=1) for part in (0, 1)]
    best = v.mean(axis=2).argmax(axis=1)
    favourite = int(np.bincount(best, minlength=len(names)).argmax())
    half = best[: len(best) // 2]
    return Convergence(
        min(1.0, noise / total) if total > 0 else 1.0,
        float(np.mean(halves[0] == halves[1])),
        float(np.mean(half == favourite)) if first_half else float("nan"),
        float(np.mean(best == favourite)),
        names[favourite],
    )
