"""Readiness and components: hand-worked chances, and paired runs that answer 'what if'."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import spreadsim as ss
from spreadsim.comparison.components import component_changes, readiness_of, study_components
from spreadsim.network.construction import make_network
from spreadsim.parameters import Component
from spreadsim.scenario.plan import plan
from spreadsim.scenario.validation import validate
from tests.conftest import small_document


def test_readiness_by_hand(small: Any) -> None:
    """Odds r/(1-r), ease 1 at complexity one half, support .5 and co-production .3: times 1.15 and 1.3."""
    network = make_network(small)
    found = readiness_of(network, plan(small, "blend"))
    r = network["readiness"]
    odds = r / (1 - r) * (1 + 0.3 * 0.5) * (1 + 1.0 * 0.3)
    assert found.of_own_accord == pytest.approx(odds / (1 + odds))
    there = network["context"] + network["second_form"]
    fit = np.maximum(1 / (1 + network["context"] ** 2), 0.9 / (1 + there**2))
    told = odds * (1 - 1.0 * 0.5 * (1 - 0.25) * (1 - fit)) / (1 + 1.5 * 1.0 * 0.3 * (1 - 0.3))
    assert found.under_mandate == pytest.approx(told / (1 + told))
    assert found.ready.sum() == int((odds >= 3).sum())


def test_a_harder_intervention_finds_fewer_ready() -> None:
    easy, hard = (
        validate(small_document(intervention={"components": {"a": {"weight": 1.0, "complexity": c}}}), "x")
        for c in (0.1, 0.9)
    )
    counts = [int(readiness_of(make_network(s), plan(s, "blend")).ready.sum()) for s in (easy, hard)]
    assert counts[0] > counts[1]


def test_changes_stay_within_bounds() -> None:
    assert component_changes(Component(core=True, complexity=0.1, codification=0.9)) == {
        "adaptable": {"core": False},
        "simpler": {"complexity": 0.0},
        "better written down": {"codification": 1.0},
    }
    assert set(component_changes(Component(core=False, complexity=0.0, codification=1.0))) == {"core"}


def test_what_if_is_the_paired_difference_of_two_comparisons(small: Any) -> None:
    study = study_components(small, only=["team-roles"], strategies=["blend"], replicates=4)
    document = small_document()
    document["intervention"]["components"]["team-roles"]["core"] = True
    changed = ss.compare(validate(document, "changed"), frontier=False)
    plain = ss.compare(small, frontier=False)
    (what_if,) = [w for w in study.what_ifs if w.change == "core"]
    gap = changed.values("blend", "benefit") - plain.values("blend", "benefit")
    assert what_if.differences["blend"]["benefit"].mean == pytest.approx(np.mean(gap), abs=1e-15)


def test_writing_a_core_component_down_helps(small: Any) -> None:
    study = study_components(small, only=["risk-assessment"], strategies=["organic"], replicates=40)
    better = next(w for w in study.what_ifs if w.change == "better written down").differences["organic"][
        "core_fidelity"
    ]
    assert better.told_apart
    assert better.mean is not None
    assert better.mean > 0


def test_unknown_component(small: Any) -> None:
    with pytest.raises(ss.InputError, match="did you mean 'team-roles'"):
        study_components(small, only=["team-rols"], replicates=1)
