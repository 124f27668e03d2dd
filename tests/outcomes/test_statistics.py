"""Summaries: known answers, and what is said when nothing can be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from spreadsim.outcomes.measures import BY_NAME
from spreadsim.outcomes.statistics import (
    difference,
    difference_of,
    spread_interval,
    summarise,
    summary_of,
    told_apart_from_best,
)

NAN = float("nan")
numbers = st.lists(st.floats(-100, 100), min_size=2, max_size=30)


@given(numbers)
def test_intervals_are_scipys(values: list[float]) -> None:
    s = summarise(np.array(values))
    if np.std(values) < 1e-9:
        return
    low, high = stats.t.interval(0.95, len(values) - 1, np.mean(values), stats.sem(values))
    assert (s.low, s.high) == (pytest.approx(low, abs=1e-9), pytest.approx(high, abs=1e-9))
    assert s.median == pytest.approx(np.median(values))


def test_nulls_are_counted_and_not_averaged() -> None:
    s = summarise(np.array([1.0, NAN, 3.0]))
    assert (s.mean, s.low, s.high, s.n, s.median) == (None, None, None, 2, 2.0)
    s = summarise(np.array([NAN, NAN]))
    assert (s.mean, s.median, s.n) == (None, None, 0)
    s = summarise(np.array([5.0]))
    assert (s.mean, s.low, s.high, s.n) == (5.0, None, None, 1)


def test_never_is_later_than_any_month() -> None:
    assert summarise(np.array([10.0, NAN, 30.0]), never=True).median == 30.0
    assert summarise(np.array([10.0, NAN, NAN]), never=True).median is None
    d = difference(np.array([NAN, 5.0, NAN]), np.array([9.0, 5.0, NAN]), never=True)
    assert (d.share_higher, d.n, d.mean, d.told_apart) == ((1 + 0.5 + 0.5) / 3, 1, None, None)


def test_differences_are_paired() -> None:
    earlier = np.array([0.0, 10.0, 20.0, 30.0])
    d = difference(earlier + np.array([1.0, 1.1, 0.9, 1.0]), earlier)
    assert d.mean == pytest.approx(1.0)
    assert d.told_apart is True
    assert d.share_higher == 1.0
    wide = difference(np.array([1.0, -1.0, 1.0, -1.0]), np.zeros(4))
    assert wide.told_apart is False
    assert wide.share_higher == 0.5
    same = difference(np.ones(4), np.ones(4))
    assert (same.share_higher, same.told_apart) == (0.5, False)
    assert difference(np.ones(1), np.zeros(1)).told_apart is None


@given(numbers, numbers)
def test_a_difference_turned_round(a: list[float], b: list[float]) -> None:
    k = min(len(a), len(b))
    x, y = np.array(a[:k]), np.array(b[:k])
    d, e = difference(x, y), difference(y, x)
    assert d.mean == pytest.approx(-(e.mean or 0.0), abs=1e-9)
    assert d.share_higher == pytest.approx(1 - (e.share_higher or 0.0))
    assert d.told_apart == e.told_apart


def test_the_best_and_what_cannot_be_told_from_it() -> None:
    luck = np.random.default_rng(1).normal(size=50)
    columns = [luck, luck + 0.001 * np.arange(50) % 0.002, luck + 1]
    best, told = told_apart_from_best(columns)
    assert (best, told) == (2, [True, True, False])
    best, told = told_apart_from_best([luck, np.roll(luck, 1)])
    assert told == [False, False]
    assert told_apart_from_best(columns, lower_is_better=True)[0] in (0, 1)
    assert told_apart_from_best([np.array([1.0]), np.array([2.0])]) == (None, [None, None])
    assert told_apart_from_best([np.array([1.0, NAN]), np.array([2.0, 1.0])]) == (None, [None, None])


def test_joint_level_holds_for_equal_columns() -> None:
    """Eleven equal settings: some is told apart from the apparent best in at most 5% of experiments."""
    rng = np.random.default_rng(7)
    wrong = sum(any(told_apart_from_best(list(rng.normal(size=(11, 30))))[1]) for _ in range(400))
    assert wrong / 400 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_a_fall_is_told_apart_as_a_rise_is() -> None:
    higher, lower = np.array([5.0, 6.0, 7.0, 8.0]), np.array([1.0, 2.1, 2.9, 4.0])
    assert difference(higher, lower).told_apart is True
    assert difference(lower, higher).told_apart is True
    assert difference(lower, lower[::-1]).told_apart is False


def test_no_interval_of_a_share_goes_beyond_what_a_share_can_be() -> None:
    """Two runs of .01 and .2: Student's interval would begin at -1.1 and end at 1.3."""
    s = summarise(np.array([0.01, 0.2]), limits=BY_NAME["reach"].limits())
    assert (s.low, s.high) == (0.0, 1.0)
    gap = summarise(np.array([-0.5, 0.4]), limits=BY_NAME["equity_gap"].limits())
    assert (gap.low, gap.high) == (-1.0, 1.0)
    assert BY_NAME["cost"].limits() == (0.0, np.inf)
    apart = difference_of(BY_NAME["reach"], np.array([0.9, 0.2]), np.array([0.1, 0.2]))
    assert (apart.low, apart.high, apart.told_apart) == (-1.0, 1.0, False)
    assert summary_of(BY_NAME["cost"], np.array([1.0, 30.0])).low == 0.0
    dearer = difference_of(BY_NAME["cost"], np.array([1.0, 30.0]), np.array([1.0, 1.0]))
    assert dearer.low is not None
    assert dearer.low < -100


@pytest.mark.parametrize("n", [8, 20])
def test_few_single_runs_do_not_tell_equal_strategies_apart(n: int) -> None:
    """The extremes of eight runs are no 95% interval: they would tell equal ones apart too often."""
    rng = np.random.default_rng(n)
    told = [difference(rng.standard_normal(n), rng.standard_normal(n), spread=True).told_apart for _ in range(2000)]
    assert np.mean(told) < 0.05


def test_an_interval_of_single_runs_holds_the_next_one() -> None:
    rng = np.random.default_rng(8)
    held = []
    for _ in range(4000):
        values = rng.standard_normal(11)
        _, low, high = spread_interval(values[:10]) or (0.0, 0.0, 0.0)
        held.append(low <= values[10] <= high)
    assert np.mean(held) == pytest.approx(0.95, abs=0.012)


def test_few_runs_with_parameters_of_their_own_give_no_interval_and_no_leader() -> None:
    clear = np.array([0.1, 0.11, 0.12, 0.1, 0.11, 0.12, 0.1])
    for n in (2, 7):
        s = summarise(clear[:n], spread=True)
        assert (s.low, s.high) == (None, None)
        assert s.mean == pytest.approx(clear[:n].mean())
        gap = difference(clear[:n] + 0.5, clear[:n], spread=True)
        assert (gap.low, gap.told_apart) == (None, None)
        assert told_apart_from_best([clear[:n], clear[:n] + 0.5], spread=True) == (None, [None, None])
    eight = np.append(clear, 0.11)
    assert difference(eight + 0.5, eight, spread=True).told_apart
    assert summarise(eight, spread=True).low is not None


def test_no_total_goes_beyond_the_horizon() -> None:
    runs = np.array([0.1, 0.2, 0.1, 4.8, 0.3, 0.1, 4.9, 0.2])
    total = BY_NAME["cumulative_benefit"]
    assert summary_of(total, runs, True).high > 5.0  # type: ignore[operator]
    assert summary_of(total, runs, True, months=60).high == 5.0
    gap = difference_of(total, runs, runs[::-1], spread=True, months=60)
    assert gap.low is not None
    assert gap.low >= -5.0
    assert BY_NAME["months_to_half"].limits(60) == (0.0, 60)
