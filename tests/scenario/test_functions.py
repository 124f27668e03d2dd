"""Itemising: components of one function stand or fall together, so that how finely they are listed changes nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spreadsim as ss
from spreadsim.errors import InputErrors
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import plans
from spreadsim.scenario.validation import as_document, validate
from tests.conftest import small_document
from tests.random_scenarios import scenarios


def itemised(scenario: Scenario, parts: dict[str, int]) -> Scenario:
    """Return the scenario with some components listed in several parts of one function, equal in weight."""
    document = as_document(scenario)
    components: dict[str, Any] = {}
    for name, component in document["intervention"]["components"].items():
        n = parts.get(name, 1)
        for part in range(n):
            own = {**component, "weight": component["weight"] / n, "function": name}
            components[name if n == 1 else f"{name}-{part}"] = own
    document["intervention"]["components"] = components
    return validate(document, "itemised").with_folders(scenario.folder, scenario.sets_folder)


@given(scenarios(), st.lists(st.integers(1, 9), min_size=6, max_size=6))
@settings(max_examples=60, deadline=None)
def test_any_split_into_parts_of_one_function_gives_the_same_numbers(scenario: Scenario, counts: list[int]) -> None:
    """Drivers take a plan and nothing else of a scenario: equal plans are equal runs, exact or to rounding."""
    names = list(scenario.intervention.components)
    parts = dict(zip(names, counts, strict=False))
    exact = all(n & (n - 1) == 0 for n in parts.values())  # halves of a float are floats
    for before, after in zip(plans(scenario), plans(itemised(scenario, parts)), strict=True):
        assert before.levers == after.levers
        assert before.behaviour == after.behaviour
        for field in before.intervention._fields:
            own, split = getattr(before.intervention, field), getattr(after.intervention, field)
            if exact:
                np.testing.assert_array_equal(own, split, err_msg=field)
            else:
                np.testing.assert_allclose(own, split, rtol=1e-12, atol=1e-15, err_msg=field)


@pytest.mark.parametrize("driver", ["compiled", "mesa"])
def test_eight_components_listed_as_thirty_two_give_the_same_runs(driver: Any) -> None:
    scenario = validate(small_document(run={"replicates": 2, "months": 30}), "small")
    finely = itemised(scenario, dict.fromkeys(scenario.intervention.components, 4))
    assert len(finely.intervention.components) == 4 * len(scenario.intervention.components)
    coarse, fine = (ss.compare(one, frontier=False, driver=driver) for one in (scenario, finely))
    assert coarse.runs.equals(fine.runs)
    assert coarse.curves.equals(fine.curves)


def test_parts_of_one_function_that_differ_are_refused() -> None:
    document = small_document()
    components = dict(document["intervention"]["components"])
    first, second = list(components)[:2]
    components[first] = {**components[first], "function": "one", "codification": 0.2}
    components[second] = {
        **components[second],
        "function": "one",
        "codification": 0.7,
        "core": components[first]["core"],
    }
    document["intervention"] = {**document["intervention"], "components": components}
    with pytest.raises(
        InputErrors, match=r"'codification' of .* \(function 'one'\) must be the same, found 0.2 and 0.7"
    ):
        validate(document, "small")


def test_a_what_if_changes_every_part_of_the_function() -> None:
    scenario = validate(small_document(run={"replicates": 2, "months": 12}), "small")
    name = next(iter(scenario.intervention.components))
    finely = itemised(scenario, {name: 2})
    whole = ss.study_components(scenario, only=[name], replicates=2)
    part = ss.study_components(finely, only=[f"{name}-1"], replicates=2)
    assert [w.change for w in whole.what_ifs] == [w.change for w in part.what_ifs]
    for one, other in zip(whole.what_ifs, part.what_ifs, strict=True):
        assert one.differences == other.differences


def test_the_report_names_functions_that_several_components_share(tmp_path: Path) -> None:
    scenario = validate(small_document(run={"replicates": 2, "months": 12}), "small")
    name = next(iter(scenario.intervention.components))
    ss.compare(itemised(scenario, {name: 2}), frontier=False).save(tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert re.search(r"<th[^>]*>Function</th>", page)
