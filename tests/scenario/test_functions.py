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
    """Drivers take a plan and nothing else of a scenario: equal plans are equal runs, exact or to rounding.

    The number of items listed alone differs; services use it where they appraise their readiness, and nowhere else.
    """
    names = list(scenario.intervention.components)
    parts = dict(zip(names, counts, strict=False))
    exact = all(n & (n - 1) == 0 for n in parts.values())  # halves of a float are floats
    for before, after in zip(plans(scenario), plans(itemised(scenario, parts)), strict=True):
        assert before.levers == after.levers
        assert before.behaviour == after.behaviour
        # how many items are listed counts, but only for how well services appraise what a start takes
        assert after.intervention.listing == pytest.approx(
            len(itemised(scenario, parts).intervention.components) ** 0.5
        )
        for field in set(before.intervention._fields) - {"listing"}:
            own, split = getattr(before.intervention, field), getattr(after.intervention, field)
            if exact:
                np.testing.assert_array_equal(own, split, err_msg=field)
            else:
                np.testing.assert_allclose(own, split, rtol=1e-12, atol=1e-15, err_msg=field)


NOBODY_ERRS = {"appraisal": {"error": 0.0}}
EVERYTHING_ON = {
    "appraisal": {"applies": True, "error": 0.0, "preparation_rate": 0.05},
    "turnover": {"rate": 0.02, "knowledge_loss": 0.4},
    "pressure": {"rate": 0.03, "effect": 1.0},
    "adaptation": {"core_damage_rate": 0.4, "second_form_fit": 0.9, "co_production_licence": 0.5},
}


@pytest.mark.parametrize("driver", ["compiled", "mesa"])
@pytest.mark.parametrize("behaviour", [NOBODY_ERRS, EVERYTHING_ON], ids=["default", "everything on"])
def test_eight_components_listed_as_thirty_two_give_the_same_runs(driver: Any, behaviour: dict[str, Any]) -> None:
    """Where nobody errs in judging what a start takes."""
    document = small_document(run={"replicates": 2, "months": 30}, behaviour=behaviour)
    scenario = validate(document, "small")
    finely = itemised(scenario, dict.fromkeys(scenario.intervention.components, 4))
    assert len(finely.intervention.components) == 4 * len(scenario.intervention.components)
    coarse, fine = (ss.compare(one, frontier=False, driver=driver, workers=1) for one in (scenario, finely))
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
    scenario = validate(small_document(run={"replicates": 2, "months": 12}, behaviour=NOBODY_ERRS), "small")
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
