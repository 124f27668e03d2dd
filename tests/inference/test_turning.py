"""Where an answer turns round: a rule is told only where it gains and is right more often than no rule."""

from __future__ import annotations

import numpy as np

from spreadsim.inference.crossed import Estimate
from spreadsim.inference.turning import Cut, Turning, turning


def test_a_rule_that_gains_but_is_right_less_often_is_not_told() -> None:
    gain = Estimate(0.1, 0.05, 0.15)
    assert Turning(Cut(0, 0.5, 0, 1), gain, 0.6, 0.5).holds
    assert not Turning(Cut(0, 0.5, 0, 1), gain, 0.55, 0.58).holds


def test_how_often_one_strategy_alone_is_right_is_counted() -> None:
    x = np.random.default_rng(4).random((100, 1))
    found = turning(x, np.repeat(np.concatenate([x, 0.3 + 0.0 * x], axis=1)[:, None], 4, axis=1))
    assert found is not None
    assert found.right > 0.95
    assert abs(found.right_without - float((x > 0.3).mean())) < 0.02
