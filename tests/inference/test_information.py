"""What is worth finding out, and where an answer turns round: closed forms, nested simulation, and nothing to find."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from spreadsim.inference.information import partial_information, perfect_information
from spreadsim.inference.turning import turning


def unit_normal_loss(mean: float, deviation: float) -> float:
    """E max(d, 0) - max(E d, 0) of a normal d."""
    z = mean / deviation
    return float(deviation * norm.pdf(z) + mean * norm.cdf(z) - max(mean, 0.0))


@pytest.mark.parametrize("mean", [0.0, 0.05])
def test_two_normal_strategies_in_closed_form(mean: float) -> None:
    """The difference is the mean plus two normal parts, .08 and .06, and luck, which must not count."""
    rng = np.random.default_rng(11)
    x = rng.standard_normal((2000, 2))
    gap = (mean + 0.08 * x[:, 0] + 0.06 * x[:, 1])[:, None] + 0.1 * rng.standard_normal((2000, 4))
    values = np.stack([np.zeros_like(gap), gap], axis=2)
    assert perfect_information(values).value == pytest.approx(unit_normal_loss(mean, 0.1), abs=0.004)
    assert partial_information(x, values, [0]).value == pytest.approx(unit_normal_loss(mean, 0.08), abs=0.004)
    assert partial_information(x, values, [1]).value == pytest.approx(unit_normal_loss(mean, 0.06), abs=0.004)
    both = partial_information(x, values, [0, 1])
    assert both.value == pytest.approx(unit_normal_loss(mean, 0.1), abs=0.004)
    assert both.low is not None
    assert both.high is not None
    assert both.low <= unit_normal_loss(mean, 0.1) <= both.high


def test_a_nested_simulation_agrees_where_there_is_no_closed_form() -> None:
    """Three strategies, a product and a square: 2,000 outer by 2,000 inner draws beside the regression."""

    def model(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.stack([0 * a * b, a * a - 0.4 + 0.3 * b, a * b + 0.0 * a], axis=-1)

    rng = np.random.default_rng(12)
    outer, inner = rng.uniform(-1, 1, 2000), rng.uniform(-1, 1, 2000)
    conditional = np.array([model(np.full(2000, a), inner).mean(axis=0) for a in outer])
    nested = conditional.max(axis=1).mean() - conditional.mean(axis=0).max()
    x = rng.uniform(-1, 1, (1500, 2))
    values = model(x[:, 0], x[:, 1])[:, None] + 0.1 * rng.standard_normal((1500, 3, 3))
    assert partial_information(x, values, [0]).value == pytest.approx(nested, abs=0.015)


def test_a_parameter_that_decides_nothing_is_worth_nothing() -> None:
    rng = np.random.default_rng(13)
    x = rng.random((64, 10))
    values = rng.standard_normal((64, 4, 2)) * 0.01 + np.array([0.0, 0.1])
    assert max(partial_information(x, values, [i]).value for i in range(10)) < 0.002


def test_a_nominal_parameter_is_not_ranked() -> None:
    """Only the middle of three options favours the second strategy, whatever order they are in."""
    option = np.arange(90) % 3
    gap = np.where(option == 1, 1.0, -1.0)[:, None].repeat(3, axis=1)
    values = np.stack([np.zeros_like(gap), gap], axis=2)
    for order in ([0, 1, 2], [1, 0, 2], [2, 0, 1]):
        x = np.array(order)[option][:, None]
        assert partial_information(x, values, [0], nominal=[0]).value == pytest.approx(1 / 3)


def test_the_answer_turns_where_it_was_put_and_nowhere_in_noise() -> None:
    rng = np.random.default_rng(14)
    x = rng.random((120, 8))
    luck = 0.05 * rng.standard_normal((120, 4, 2))
    there = luck + np.stack([np.where(x[:, 3] > 0.6, 0.2, -0.2), np.zeros(120)], axis=1)[:, None]
    result = turning(x, there)
    assert result is not None
    assert result.holds
    assert result.rule.parameter == 3
    assert result.rule.at == pytest.approx(0.6, abs=0.05)
    assert result.right > 0.9


def test_noise_turns_nowhere() -> None:
    """Of 40 nulls at most 2.5% one-sided, and two standard errors, would be told."""
    told = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        result = turning(rng.random((64, 10)), 0.05 * rng.standard_normal((64, 4, 3)))
        told += result is not None and result.holds
    assert told <= 3
