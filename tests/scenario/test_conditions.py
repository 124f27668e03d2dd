"""Conditions of rules: what is read, what is refused and in which words, and what holds of a record."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreadsim.errors import InputErrors
from spreadsim.measures import SIGNPOSTS
from spreadsim.scenario.conditions import ConditionError, condition
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.validation import as_document, validate
from tests.random_scenarios import conditions


@given(conditions(), st.integers(0, 20), st.lists(st.sampled_from([0.0, 0.1, 0.3, 1.0]), min_size=30, max_size=30))
def test_a_condition_says_what_python_would(text: str, month: int, values: list[float]) -> None:
    record = dict(zip(SIGNPOSTS, values, strict=False))
    expected = bool(eval(text, {"__builtins__": {}}, {**record, "month": month}))
    read = condition(text)
    assert bool(read.holds({**record, "month": month})) == expected
    assert pickle.loads(pickle.dumps(read)) == read


def test_undefined_measures_neither_hold_nor_fail() -> None:
    record = {"month": 3, "reach": np.array([0.5, np.nan])}
    assert condition("reach < 0.6").holds(record).tolist() == [True, False]
    assert condition("not reach < 0.6").holds(record).tolist() == [False, False]
    assert condition("reach != 0.6 or month == 3").holds(record).tolist() == [True, True]
    assert condition("reach == reach and month == 3").holds(record).tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("reech < 1", "'reech' is not a measure"),
        ("benefit < 1", "'benefit' is not recorded by month"),
        ("published_form < 1", "'published_form' is not recorded for parts of the services"),
        ("reach", "'reach' neither holds nor fails"),
        ("reach + 1 < 2", "'reach + 1' cannot be compared"),
        ("reach < 1 & month > 2", "'1 & month' cannot be compared"),
        ("reach is 1", "'reach is 1' is not a comparison"),
        ("reach < True", "'True' cannot be compared"),
        ("reach < 1e999", "is not a finite number"),
        ("__import__('os').system('true') < 1", "cannot be compared"),
        ("reach <", "is not a condition"),
        ("(" * 400 + "reach < 1" + ")" * 400, "is not a condition"),
    ],
)
def test_what_is_no_condition_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ConditionError) as refusal:
        condition(text)
    assert problem in refusal.value.problem
    assert refusal.value.remedy


@pytest.mark.parametrize(
    ("rule", "field", "problem", "remedy"),
    [
        ("{when='reech<1', set={mandate=1.0}}", "0.when", "'reech' is not a measure", "did you mean 'reach'?"),
        ("{when='benefit<1', set={mandate=1.0}}", "0.when", "not recorded by month", "look at one of: "),
        (
            "{when='reach<1', set={team=1.0}}",
            "0.set",
            "'team' cannot be moved in the middle of a run",
            "a rule can set",
        ),
        ("{when='reach<1', set={stop_month=9}}", "0.set", "'stop_month' cannot be moved", "a rule can set"),
        ("{when='reach<1', set={mandat=1.0}}", "0.set.mandat", "unknown name", "did you mean 'mandate'?"),
        ("{when='reach<1', set={mandate=2.0}}", "0.set.mandate", "2.0 is out of bounds", "at most 1"),
        ("{when='reach<1', set={}}", "0.set", "sets nothing", "name at least one lever"),
        ("{when='reach<1', set={mandate=1.0}, months=0}", "0.months", "0 is out of bounds", "at least 1"),
        ("{when='reach<1', set={mandate=1.0}, each='regon'}", "0.each", "no level 'regon'", "did you mean 'region'?"),
        ("{when='reach<1'}", "0.set", "is missing", "add it"),
    ],
)
def test_a_faulty_rule_is_refused_by_file_field_value_and_remedy(
    rule: str, field: str, problem: str, remedy: str
) -> None:
    with pytest.raises(InputErrors) as refusal:
        load_scenario("default", [f"strategies.blend.rules=[{rule}]"])
    (error,) = refusal.value.errors
    assert error.field == f"strategies.blend.rules.{field}"
    assert problem in error.problem
    assert remedy in error.remedy


def test_a_scenario_written_out_has_its_rules_again() -> None:
    rule: dict[str, Any] = {"when": "reach < 0.5", "set": {"balance": 0.5}, "months": 3, "each": "region"}
    document = as_document(load_scenario("default"))
    document["strategies"]["blend"]["rules"] = [rule]
    again = as_document(validate(document, "mine"))
    assert again["strategies"]["blend"]["rules"] == [rule]
