"""Plans: a strategy as the numbers that a driver takes, month by month."""

from __future__ import annotations

import pytest

from tests.verification.limiting_cases import document, only_plan


def test_the_intervention_as_numbers() -> None:
    doc = document(
        components={
            "a": {"core": True, "weight": 0.1, "complexity": 0.2},
            "b": {"core": True, "weight": 0.3, "complexity": 0.4},
            "c": {"core": False, "weight": 0.2, "complexity": 0.6},
            "d": {"core": False, "weight": 0.4, "complexity": 1.0},
        }
    )
    v = only_plan(doc).intervention
    assert v.core_weight.tolist() == pytest.approx([0.25, 0.75, 0, 0])
    assert v.adaptable_weight.tolist() == pytest.approx([0, 0, 1 / 3, 2 / 3])
    assert (v.core_share, v.adaptable_share) == (pytest.approx(0.4), pytest.approx(0.6))
    assert v.mean_complexity == pytest.approx(0.02 + 0.12 + 0.12 + 0.4)
    assert (v.n_components, v.n_core) == (4, 2)


def test_an_instruction_taken_back_sets_out_again() -> None:
    doc = document(months=10)
    doc["strategies"]["only"] |= {
        "mandate": 1.0,
        "schedule": [{"month": 3, "mandate": 0.0}, {"month": 5, "mandate": 0.5}],
    }
    assert [m.months_directed for m in only_plan(doc).levers] == [0, 1, 2, 0, 0, 0, 1, 2, 3, 4]


def test_before_the_programme_latitude_is_that_of_after() -> None:
    doc = document(months=4, levers={"latitude": 0.2})
    doc["programme"] |= {"start_month": 2, "latitude_after": 0.7, "stop_month": 3}
    assert [m.latitude for m in only_plan(doc).levers] == [0.7, 0.7, 0.2, 0.7]
