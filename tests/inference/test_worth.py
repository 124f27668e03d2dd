"""Economic evaluation against a published model, closed forms, and brute force.

The published model is that of zidovudine alone or with lamivudine for two years: Chancellor and others,
Pharmacoeconomics 1997;12:54, as given in Briggs, Claxton, Sculpher, *Decision Modelling for Health Economic
Evaluation*, Oxford 2006, exercises 2.5 and 4.7: 20 yearly cycles, costs discounted at 6%, life years not discounted.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from spreadsim.inference.worth import acceptability, discounted_total, expected_loss, incremental, net_benefit

TRANSITIONS = np.array([[1251, 350, 116, 17], [0, 731, 512, 15], [0, 0, 1312, 437], [0, 0, 0, 1]], dtype=float)
CARE = np.array([1701 + 1055, 1774 + 1278, 6948 + 2059, 0], dtype=float)  # pounds a year in each state
ZIDOVUDINE, LAMIVUDINE = 2278.0, 2086.5
RISK, LOW, HIGH = 0.509, 0.365, 0.710  # relative risk of progression, with the 95% interval of the meta-analysis
CYCLES, RATE, TREATED = 20, 0.06, 2


def hiv(relative_risk: float) -> tuple[list[float], list[float]]:
    """Return life years and costs under zidovudine alone, and under both drugs."""
    alone = TRANSITIONS / TRANSITIONS.sum(axis=1, keepdims=True)
    both = alone * np.triu(np.full((4, 4), relative_risk), 1)
    both += np.diag(1.0 - both.sum(axis=1))
    years, costs = [], []
    for treated in (0, TREATED):
        state, monthly = np.array([1.0, 0.0, 0.0, 0.0]), np.zeros(12 * CYCLES + 1)
        alive = 0.0
        for year in range(1, CYCLES + 1):
            state = state @ (both if year <= treated else alone)
            alive += state[:3].sum()
            drugs = ZIDOVUDINE + (LAMIVUDINE if year <= treated else 0.0)
            monthly[12 * year] = state @ CARE + state[:3].sum() * drugs
        years.append(alive)
        costs.append(float(discounted_total(monthly, RATE)))
    return years, costs


@pytest.fixture(scope="module")
def trials() -> tuple[np.ndarray, np.ndarray]:
    """The model at 4,000 equally likely relative risks, lognormal as the meta-analysis has it: sets without luck."""
    spread = np.log(HIGH / LOW) / (2 * norm.ppf(0.975))
    risks = np.exp(norm.ppf((np.arange(4000) + 0.5) / 4000, np.log(RISK), spread))
    runs = [hiv(float(risk)) for risk in risks]
    return np.array([r[0] for r in runs])[:, None, :], np.array([r[1] for r in runs])[:, None, :]


def test_the_published_ratio() -> None:
    years, costs = (np.array([[x]]) for x in hiv(RISK))
    assert costs[0, 0].round(0).tolist() == [44663.0, 50602.0]
    alone, both = incremental(years, costs)
    assert (alone.status, both.status, both.against) == ("on the frontier", "on the frontier", 0)
    assert both.ratio == pytest.approx(6276, abs=1)  # pounds a life year


def test_acceptability_gives_the_published_interval_of_the_ratio(trials: tuple[np.ndarray, np.ndarray]) -> None:
    """The curve at the ends of the published 95% interval, 5,337 to 9,075 pounds, is 2.5% and 97.5%."""
    curve = acceptability(*trials, np.array([0.0, 5337.0, 6276.0, 9075.0, 50_000.0]))
    assert curve.sum(axis=1) == pytest.approx(1.0)
    assert curve[:, 1] == pytest.approx([0.0, 0.025, 0.5, 0.975, 1.0], abs=0.002)


def test_the_curve_of_two_normal_strategies_is_in_closed_form() -> None:
    """With normal increments the probability is that of the net benefit being positive (van Hout and others 1994)."""
    rng = np.random.default_rng(1)
    covariance = np.array([[0.04, 30.0], [30.0, 250_000.0]])
    draws = rng.multivariate_normal([0.3, 2000.0], covariance, size=(500, 400))
    effect = np.stack([np.zeros(draws.shape[:2]), draws[..., 0]], axis=-1)
    cost = np.stack([np.zeros(draws.shape[:2]), draws[..., 1]], axis=-1)
    values = np.array([0.0, 3000.0, 6666.7, 10_000.0, 30_000.0])
    mean = values * 0.3 - 2000.0
    sd = np.sqrt(values**2 * 0.04 - 2 * values * 30.0 + 250_000.0)
    assert acceptability(effect, cost, values)[:, 1] == pytest.approx(norm.cdf(mean / sd), abs=0.004)
    # the unit normal loss integral (Raiffa, Schlaifer 1961) gives what is lost by keeping to the first
    loss = sd * norm.pdf(mean / sd) + mean * norm.cdf(mean / sd)
    assert expected_loss(effect, cost, values)[:, 0] == pytest.approx(loss, rel=0.02, abs=1.0)


def test_the_most_probable_strategy_need_not_have_the_highest_mean() -> None:
    """Fenwick, Claxton, Sculpher 2001: where net benefit is skewed, the curve does not show which to choose."""
    effect = np.array([[[1.0, 0.9], [1.0, 0.9], [1.0, 2.0]]])
    cost = np.zeros((1, 3, 2))
    assert acceptability(effect, cost, np.array([1.0]))[0] == pytest.approx([2 / 3, 1 / 3])
    assert net_benefit(effect, cost, 1.0).mean(axis=(0, 1)).argmax() == 1
    assert expected_loss(effect, cost, np.array([1.0]))[0].argmin() == 1


ARRAYS = st.integers(1, 6).flatmap(
    lambda n: st.tuples(
        *[st.lists(st.lists(st.integers(0, 6), min_size=n, max_size=n), min_size=1, max_size=4) for _ in range(2)]
    )
)


@given(ARRAYS)
def test_the_frontier_is_what_somebody_would_choose(arrays: tuple[list[list[int]], list[list[int]]]) -> None:
    """Brute force: a strategy is on the frontier if and only if some willingness makes it best by its means."""
    effect, cost = (np.array(a[:1], dtype=float)[None] for a in arrays)
    rows = incremental(effect, cost)
    means = effect[0, 0], cost[0, 0]
    cuts = sorted({(a - b) / (c - d) for a, c in zip(means[1], means[0], strict=True)
                   for b, d in zip(means[1], means[0], strict=True) if c != d and (a - b) / (c - d) > 0})  # fmt: skip
    tried = [1e-9, *cuts, *((x + y) / 2 for x, y in itertools.pairwise(cuts)), 1e9]
    chosen = set()
    for value in tried:
        benefit = net_benefit(effect, cost, value)[0, 0]
        top = np.flatnonzero(benefit >= benefit.max() - 1e-12 * max(1.0, abs(benefit.max())))
        if len(top) == 1:
            chosen.add(int(top[0]))
    for i, row in enumerate(rows):
        if i in chosen:
            assert row.status == "on the frontier"
        elif row.status == "on the frontier":
            same = [j for j in range(len(rows)) if (means[0][j], means[1][j]) == (means[0][i], means[1][i])]
            assert len(same) > 1
        if row.status == "dominated":
            assert row.against is not None
            assert means[1][row.against] <= means[1][i]
            assert means[0][row.against] >= means[0][i]
    ratios = [rows[i].ratio for i in sorted(range(len(rows)), key=lambda i: rows[i].cost) if rows[i].ratio is not None]
    assert ratios == sorted(ratios)
    assert len(set(ratios)) == len(ratios)


@given(ARRAYS, st.floats(0, 100))
def test_probabilities_sum_to_one_and_no_loss_is_negative(
    arrays: tuple[list[list[int]], list[list[int]]], value: float
) -> None:
    k = min(map(len, arrays))
    effect, cost = (np.array(a[:k], dtype=float)[None] for a in arrays)
    at = np.array([value])
    assert acceptability(effect, cost, at).sum() == pytest.approx(1.0)
    assert expected_loss(effect, cost, at).min() >= 0.0
    stacked = [np.concatenate([a, a]) for a in (effect, cost)]  # a second set of the same runs changes nothing
    assert np.allclose(acceptability(*stacked, at), acceptability(effect, cost, at))


def test_discounting_by_month() -> None:
    monthly = np.ones((2, 3, 61))
    months = np.arange(61)
    assert discounted_total(monthly, 0.035) == pytest.approx(np.full((2, 3), (1.035 ** (-months / 12)).sum()))
    assert discounted_total(monthly, 0.0) == pytest.approx(61.0)
