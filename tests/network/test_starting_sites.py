"""Starting sites: at random, those with the smallest numbers."""

from __future__ import annotations

import numpy as np

from spreadsim import draws
from spreadsim.network.starting_sites import starting_sites
from tests.addresses import SEED, N, u
from tests.verification.limiting_cases import document, generated, scenario_of


def test_random_starting_sites_are_those_with_the_smallest_numbers() -> None:
    doc = document(services=N)
    doc["programme"]["starting_sites"] = {"share": 0.129, "rule": "random"}  # 7.74 services: 8
    doc["run"]["seed"] = SEED
    sites = starting_sites(generated(doc), scenario_of(doc).programme, SEED, 0)
    assert set(sites.tolist()) == set(np.argsort(u(0, draws.STARTING_SITE))[:8].tolist())
