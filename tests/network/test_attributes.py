"""Attributes of services: each is the normal number at its address, as the specification transforms it."""

from __future__ import annotations

import numpy as np
import pytest

from spreadsim import draws
from spreadsim.network.normal import standard_normal
from tests.addresses import SEED, N, u
from tests.verification.limiting_cases import document, generated


def test_attributes_are_the_normal_values_at_their_addresses() -> None:
    doc = document(services=N)
    doc["services"] = {"context": {"standard_deviation": 2.0}}
    doc["run"]["seed"] = SEED
    network = generated(doc)
    own = [standard_normal(u(0, draws.ATTRIBUTE + column)) for column in range(14)]
    slope = -0.35 * own[1]
    rest = np.sqrt(1 - 0.35**2)
    expected = {
        "deprivation": own[1],
        "context": 2.0 * own[3],
        "readiness": np.clip(0.5 + 0.2 * (slope + rest * own[4]), 0.02, 0.98),
        "capability": np.clip(0.5 + 0.2 * (slope + rest * own[5]), 0, 1),
        "adaptation_tendency": np.clip(0.5 + 0.2 * own[6], 0, 1),
        "perception": own[8],
        "appraisal_error": own[13],
    }
    for name, values in expected.items():
        assert network[name] == pytest.approx(np.round(values, 6), abs=1e-9), name
    assert network["population"].tolist() == np.round(np.exp(np.log(8519.0) + 0.5 * own[7])).tolist()


def test_attributes_of_a_group_are_shared_by_its_services() -> None:
    doc = document(services=N)
    doc["services"] = {"regional_intraclass_correlation": 0.0}
    doc["run"]["seed"] = SEED
    doc["network"] |= {"hierarchy": [{"level": "team", "count": 6}], "source": "nested-hierarchy"}
    network = generated(doc)
    group = (N + network.hierarchy.service_parent).astype(np.uint64)
    for name, column, icc in (("deprivation", 0, 0.4), ("context", 2, 0.5)):
        shared = standard_normal(u(0, draws.ATTRIBUTE + column, group))
        own = standard_normal(u(0, draws.ATTRIBUTE + column + 1))
        expected = np.round(np.sqrt(icc) * shared + np.sqrt(1 - icc) * own, 6)
        assert network[name] == pytest.approx(expected, abs=1e-9), name
