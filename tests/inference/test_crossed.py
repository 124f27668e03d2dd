"""What is best over sets crossed with replicates: known answers, ties, censoring, and too few runs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from spreadsim.errors import InputError
from spreadsim.inference.crossed import Levels, censored, components, pair_standing, same_strategies, standings
from spreadsim.inference.evidence import Thresholds, verdict


def crossed(seed: int, shape: tuple[int, int, int], sets: float, luck: float, rest: float) -> np.ndarray:
    """Return values of strategies with the same mean 0, with these standard deviations."""
    rng = np.random.default_rng(seed)
    n, k, s = shape
    common = rng.standard_normal((n, 1, 1)) + rng.standard_normal((1, k, 1))
    own = sets * rng.standard_normal((n, 1, s)) + luck * rng.standard_normal((1, k, s))
    return np.asarray(common + own + rest * rng.standard_normal(shape))


def test_the_components_of_a_table_by_hand() -> None:
    """Two sets by three replicates: sums of squares 6, 4 and 0 over 1, 2 and 2 degrees of freedom."""
    result = components(np.array([[0.0, 1.0, 2.0], [2.0, 3.0, 4.0]]))
    assert (result.mean.value, result.sets, result.replicates, result.remainder) == (2.0, 2.0, 1.0, 0.0)


def test_one_set_gives_students_interval() -> None:
    from spreadsim.outcomes.statistics import student_interval

    gap = np.array([0.1, 0.3, 0.2, 0.5])
    mean = components(gap[None]).mean
    assert (mean.value, mean.low, mean.high) == pytest.approx(student_interval(gap))


def test_luck_is_taken_out_of_the_spread_over_sets() -> None:
    """Truth: a difference of mean .02 and deviation .03 between sets. Raw means of two replicates have .078."""
    rng = np.random.default_rng(3)
    gap = 0.02 + 0.03 * rng.standard_normal((2000, 1)) + 0.1 * rng.standard_normal((2000, 4))
    raw = float(np.mean(gap.mean(axis=1) > 0))
    pair = pair_standing(gap, np.zeros((2000, 4)), matters=0.02)
    right = float(norm.cdf(0.02 / 0.03))
    assert abs(pair.better.value - right) < 0.05 < right - raw
    assert pair.better_by.value == pytest.approx(0.5, abs=0.06)
    assert (pair.low_set, pair.high_set) == pytest.approx((0.02 - 1.645 * 0.03, 0.02 + 1.645 * 0.03), abs=0.02)


def test_common_luck_is_one_piece_of_luck_however_many_sets() -> None:
    """Four replicates that all favour one strategy by chance do not become certain with a thousand sets."""
    rng = np.random.default_rng(4)
    gap = 0.001 * rng.standard_normal((1000, 1)) + np.array([[0.03, -0.01, 0.02, 0.01]])
    better = pair_standing(gap, np.zeros((1000, 4))).better
    assert better.low is not None
    assert better.low < 0.05
    assert better.high == 1.0


def test_losses_by_hand_where_there_is_no_luck() -> None:
    means = np.array([[1.0, 2.0, 1.5], [4.0, 0.0, 3.5]])
    rows = standings(means[:, None]).strategies
    assert [row.best.value for row in rows] == [0.5, 0.5, 0.0]
    assert [row.expected_loss.value for row in rows] == pytest.approx([0.5, 2.0, 0.5])
    assert [row.worst_loss.value for row in rows] == pytest.approx([1.0, 4.0, 0.5])
    assert all(row.best.low is None for row in rows)


def test_equal_strategies_are_found_and_never_ranked_by_order() -> None:
    values = crossed(5, (40, 5, 2), 0.1, 0.02, 0.05)
    values = np.concatenate([values, values[:, :, :1]], axis=2)
    assert same_strategies(values) == (0, 1, 0)
    forward, backward = standings(values).strategies, standings(values[:, :, ::-1]).strategies
    assert forward[0].best == forward[2].best
    assert forward[0].best.value == pytest.approx(backward[0].best.value, abs=0.02)
    assert sum(row.best.value for row in forward) == pytest.approx(1.0)


def test_strategies_that_are_equal_in_some_sets_share_these() -> None:
    """Half of sets: both 0 in every run. The other half: the second better."""
    values = np.zeros((40, 4, 2))
    values[20:, :, 1] = 0.1
    assert [row.best.value for row in standings(values).strategies] == pytest.approx([0.25, 0.75])


def test_never_reached_counts_at_the_horizon() -> None:
    assert censored(np.array([[30.0, np.nan], [70.0, 20.0]]), 60).tolist() == [[30.0, 60.0], [60.0, 20.0]]
    with pytest.raises(InputError, match="some are missing"):
        Levels(np.array([[[np.nan, 1.0]]]))


@pytest.mark.parametrize("shape", [(1, 2, 2), (3, 20, 2), (64, 2, 3), (7, 4, 2)])
def test_too_few_runs_or_sets_give_no_verdict_and_no_interval(shape: tuple[int, int, int]) -> None:
    values = crossed(6, shape, 0.0, 0.0, 0.01)
    values[:, :, 0] += 5.0
    assert verdict(values).strength == "too few runs"
    assert standings(values).strategies[0].best.low is None
    assert components(values[:, :, 0]).mean.low is None


def test_a_difference_too_small_to_matter_is_not_clear() -> None:
    values = crossed(7, (64, 4, 2), 0.001, 0.0005, 0.001)
    values[:, :, 1] += 0.01
    assert verdict(values).strength == "probably best"
    assert verdict(values, Thresholds(matters=0.005)).strength == "clearly best"
    assert verdict(values[:1]).strength == "probably best"
    assert verdict(values[:1], Thresholds(matters=0.005)).strength == "clearly best"


def test_half_of_the_worlds_each_is_no_clear_best() -> None:
    values = crossed(8, (64, 4, 2), 0.1, 0.01, 0.03)
    assert verdict(values).strength == "no clear best"
    assert verdict(values).leader is None


@pytest.mark.parametrize(("n", "k", "s"), [(1, 3, 2), (1, 20, 5), (16, 4, 3)])
def test_exchangeable_strategies_have_no_leader(n: int, k: int, s: int) -> None:
    """At most 5% of 100 seeds, and two standard errors."""
    named = sum(verdict(crossed(seed, (n, k, s), 0.0, 0.02, 0.03)).leader is not None for seed in range(100))
    assert named <= 5 + 2 * 100 * np.sqrt(0.05 * 0.95 / 100)
