"""Whether adoption and the structure of a network go together: Moran's I, and a test against random structure.

What belongs here: statistics with a distribution under chance. They show that adopters stand together, not that they
persuade one another: peers are alike in other ways too. What does not: metrics without such a distribution
(``adoption_metrics``).

ties : `Ties` of n services.
adoption_time : for each service the period in which it adopted, nan where it did not; shape (n,).
n_periods, first_period : number of periods observed, and number of the first.
seed : of the random networks or times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse

from spreadsim import draws
from spreadsim.network.adoption_metrics import adjacency, has_adopted, observed_times, threshold
from spreadsim.network.data import Ties, ties_from_pairs
from spreadsim.special import ndtr

DISTANCE_STEPS = 6
BLOCK_CELLS = 4_000_000  # of a block of rows, the most that is held at a time
DISTANCE_SERVICES = 20_000  # above this many services Moran's I uses direct ties alone


# --------------------------------------------------------------------------------------------------- autocorrelation


@dataclass(frozen=True)
class MoransI:
    """Moran's I of having adopted, by period, with its mean and standard deviation under no autocorrelation.

    Attributes
    ----------
    observed : shape (n_periods,); nan where all services are alike.
    expected : the mean under no autocorrelation, -1 / (n - 1).
    standard_deviation, p_value : shape (n_periods,).
    steps : number of ties over which services count as close.

    Examples
    --------
    >>> from spreadsim.network.data import ties_from_pairs
    >>> path = ties_from_pairs(4, np.array([0, 1, 2]), np.array([1, 2, 3]))
    >>> morans_i(path, np.array([1.0, 1.0, np.nan, np.nan]), n_periods=1, steps=1).observed.tolist()
    [0.5]
    """

    observed: np.ndarray
    expected: float
    standard_deviation: np.ndarray
    p_value: np.ndarray
    steps: int


def morans_i(
    ties: Ties, adoption_time: np.ndarray, n_periods: int, first_period: int = 1, *, steps: int | None = None
) -> MoransI:
    """Return whether services close in the network are alike in having adopted.

    Weights are the inverse of the distance along ties, each row summing to 1; the standard deviation is that under
    random permutation, the p-value two-sided and normal.

    Parameters
    ----------
    steps : the most ties over which services count as close. Where None: 6, as in netdiffuseR, or 1 above 20,000
        services (all pairs within 6 steps would take too long).

    Returns
    -------
    `MoransI`, by period.

    References
    ----------
    Moran. Biometrika 1950;37:17. Cliff, Ord 1981, Spatial processes.

    Examples
    --------
    >>> network = ss.make_network(ss.load_scenario("classroom"))
    >>> result = morans_i(network.ties, np.where(np.arange(12) < 6, 1.0, np.nan), n_periods=1, steps=1)
    >>> result.observed.round(3).tolist(), result.p_value.round(3).tolist()
    ([0.667], [0.008])
    """
    n = len(ties.start) - 1
    reach = steps or (DISTANCE_STEPS if n <= DISTANCE_SERVICES else 1)
    state = has_adopted(adoption_time, n_periods, first_period).astype(np.float64)
    centred = state - state.mean(axis=0) if n else state
    product, total, s1, s2 = _weight_sums(adjacency(ties), ties.directed, centred, reach)
    squares = (centred**2).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        observed = n / total * product / squares if total > 0 else np.full(n_periods, np.nan)
        kurtosis = (centred**4).sum(axis=0) / n / (squares / n) ** 2
        s4 = (n * n - 3.0 * n + 3.0) * s1 - n * s2 + 3.0 * total**2
        s5 = n * (n - 1.0) * s1 - 2.0 * n * s2 + 6.0 * total**2
        below = (n - 1.0) * (n - 2.0) * (n - 3.0) * total**2
        variance = (n * s4 - kurtosis * s5) / below - 1.0 / (n - 1.0) ** 2 if below > 0 else np.full(n_periods, np.nan)
        expected = -1.0 / (n - 1.0) if n > 1 else float("nan")
        deviation = np.sqrt(variance)
        p_value = 2.0 * ndtr(-np.abs(observed - expected) / deviation)
    varies = squares > 0
    return MoransI(
        np.where(varies, observed, np.nan),
        expected,
        np.where(varies, deviation, np.nan),
        np.where(varies, p_value, np.nan),
        reach,
    )


def _weight_sums(
    matrix: sparse.csr_array, directed: bool, centred: np.ndarray, steps: int
) -> tuple[np.ndarray, float, float, float]:
    """Return x'Wx by period, the sum of W, and the sums S1 and S2 of its variance, from a block of rows at a time."""
    n = matrix.shape[0]
    block = max(1, min(n, BLOCK_CELLS // max(n, 1)))
    blocks = [np.arange(first, min(first + block, n)) for first in range(0, n, block)]
    if steps == 1:
        rows = np.asarray(matrix.sum(axis=1))
        weights = sparse.diags_array(_inverse(rows)) @ matrix
        product = (centred * (weights @ centred)).sum(axis=0)
        squares, mutual = float(weights.power(2).sum()), float(weights.multiply(weights.T).sum())
        columns = np.asarray(weights.sum(axis=0))
    else:
        forward, back = matrix.T.tocsr(), matrix
        rows = np.concatenate([_closeness(forward, part, steps).sum(axis=0) for part in blocks] or [np.zeros(0)])
        inverse = _inverse(rows)
        product, squares, mutual, columns = np.zeros(centred.shape[1]), 0.0, 0.0, np.zeros(n)
        for part in blocks:
            towards = _closeness(forward, part, steps)  # one column for each service of the block
            weight = towards * inverse[part]
            product += (centred[part] * (weight.T @ centred)).sum(axis=0)
            squares += float((weight**2).sum())
            columns += weight.sum(axis=1)
            other = _closeness(back, part, steps) if directed else towards
            mutual += float((weight * other * inverse[:, None]).sum())
    row_sums = (rows > 0).astype(np.float64)
    return product, float(row_sums.sum()), squares + mutual, float(((row_sums + columns) ** 2).sum())


def _inverse(values: np.ndarray) -> np.ndarray:
    return np.divide(1.0, values, out=np.zeros(len(values)), where=values > 0)


def _closeness(step: sparse.csr_array, sources: np.ndarray, steps: int) -> np.ndarray:
    """Return 1 / distance from each of the `sources` to every service, 0 beyond `steps`: shape (n, sources)."""
    n = step.shape[0]
    within = np.zeros((n, len(sources)), dtype=np.bool_)
    within[sources, np.arange(len(sources))] = True
    front = within.astype(np.float64)
    result = np.zeros((n, len(sources)))
    for distance in range(1, steps + 1):
        new = (step @ front > 0) & ~within
        if not new.any():
            break
        result[new] = 1.0 / distance
        within |= new
        front = new.astype(np.float64)
    return result


# --------------------------------------------------------------------------------------------------- structure test


@dataclass(frozen=True)
class StructureTest:
    """The mean threshold against its distribution where the structure, or the place of adopters in it, is random.

    Attributes
    ----------
    observed : mean threshold on the network itself.
    expected : its mean over the random ones.
    p_value : two-sided.
    n : number of random networks or orders.

    Examples
    --------
    >>> StructureTest(observed=0.5, expected=0.4, p_value=0.1, n=99).n
    99
    """

    observed: float
    expected: float
    p_value: float
    n: int


def structure_test(
    ties: Ties,
    adoption_time: np.ndarray,
    n_periods: int,
    first_period: int = 1,
    *,
    n: int = 200,
    seed: int = 1,
    method: Literal["rewire", "permute"] = "rewire",
) -> StructureTest:
    """Return whether the mean threshold depends on who is tied to whom.

    The p-value is twice the smaller tail, the network observed counted in (Davison, Hinkley 1997).

    Parameters
    ----------
    n : number of random networks or orders.
    method : ``rewire`` exchanges ends of ties, 20 times for each tie, so that everyone keeps the number of peers
        (netdiffuseR's ``struct_test``; about a microsecond an exchange); ``permute`` deals the times of adoption out
        again, which is quick at any size.

    Returns
    -------
    `StructureTest`; nan where no service adopted.

    References
    ----------
    Davison, Hinkley 1997, Bootstrap methods and their application.

    Examples
    --------
    >>> network = ss.make_network(ss.load_scenario("classroom"))
    >>> result = structure_test(network.ties, np.arange(1.0, 13.0), n_periods=12, n=19, method="permute")
    >>> round(result.observed, 3), result.n
    (0.5, 19)
    """
    time = observed_times(adoption_time, n_periods, first_period)
    if np.isnan(time).all() or n < 1:
        return StructureTest(float("nan"), float("nan"), float("nan"), 0)
    observed = float(np.nanmean(threshold(ties, time, n_periods, first_period)))
    means = np.empty(n)
    services = np.arange(len(time), dtype=np.uint64)
    for k in range(n):
        if method == "permute":
            order = np.argsort(draws.uniform(seed, k, 0, draws.STRUCTURE_TEST, services), kind="stable")
            means[k] = np.nanmean(threshold(ties, time[order], n_periods, first_period))
        else:
            means[k] = np.nanmean(threshold(rewire(ties, seed, k), time, n_periods, first_period))
    low, high = (1 + int(np.sum(means <= observed))) / (n + 1), (1 + int(np.sum(means >= observed))) / (n + 1)
    return StructureTest(observed, float(means.mean()), min(1.0, 2.0 * min(low, high)), n)


def rewire(ties: Ties, seed: int, replicate: int, exchanges: int = 20) -> Ties:
    """Return ties with ends exchanged at random: everyone listens, and is listened to, as often as before.

    Parameters
    ----------
    replicate : number of the random network.
    exchanges : tried for each tie.

    Returns
    -------
    `Ties` with as many ties.

    Examples
    --------
    >>> ties = ss.make_network(ss.load_scenario("classroom")).ties
    >>> other = rewire(ties, seed=1, replicate=0)
    >>> other.degree.tolist() == ties.degree.tolist(), other.n_ties
    (True, 12)
    """
    forward = np.ones(len(ties.peer), dtype=np.bool_) if ties.directed else ties.listener < ties.peer
    a, b = ties.listener[forward].tolist(), ties.peer[forward].tolist()
    m, n = len(a), len(ties.start) - 1
    words = np.arange(3 * exchanges * m, dtype=np.uint64)
    u = draws.uniform(seed, replicate, 0, draws.STRUCTURE_TEST, words)
    first, second = (np.floor(u[0::3] * m).astype(np.int64).tolist(), np.floor(u[1::3] * m).astype(np.int64).tolist())
    turns = (u[2::3] < 0.5).tolist()
    present = {a[t] * n + b[t] for t in range(m)}
    for s, t, turn in zip(first, second, turns, strict=True):
        i, j, k, x = a[s], b[s], a[t], b[t]
        if not ties.directed:
            if turn:
                k, x = x, k
            ends = (min(i, x) * n + max(i, x), min(k, j) * n + max(k, j))
        else:
            ends = (i * n + x, k * n + j)
        if i == x or k == j or ends[0] == ends[1] or ends[0] in present or ends[1] in present:
            continue
        present.difference_update((a[s] * n + b[s], a[t] * n + b[t]))
        present.update(ends)
        (a[s], b[s]), (a[t], b[t]) = divmod(ends[0], n), divmod(ends[1], n)
    return ties_from_pairs(n, np.array(a, dtype=np.int64), np.array(b, dtype=np.int64), directed=ties.directed)
