"""What is recorded of a month, worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spreadsim.drivers.mesa_model import SpreadModel
from spreadsim.network.data import ties_from_pairs
from spreadsim.outcomes import record
from tests.addresses import SEED
from tests.verification.limiting_cases import document, like_components, network_with, only_plan


def test_what_is_recorded_of_a_month_by_hand() -> None:
    """Ten services, one in each state and four more unaware: what each adds to the month's sums."""
    held: dict[str, list[Any]] = {
        "state": [0, 1, 2, 3, 4, 5],
        "form": [0.0, 0.0, 5.0, -1.0, 7.0, 7.0],
        "core": [0.0, 0.0, 0.5, 0.5, 1.0, 0.25],
        "adaptable": [0.0, 0.0, 0.5, 0.25, 1.0, 0.5],
        "effect": [0.0, 0.0, 0.5, 0.4, 0.8, 0.9],
        "context": [0.0, 0.0, 2.0, -2.0, 3.0, 3.0],
        "generation": [-1, -1, 4, 3, 2, 9],
        "presence_at_start": [0.0, 0.0, 0.9, 0.7, 0.9, 0.9],
        "progress": [0.0, 0.0, 0.5, 1.0, 0.0, 0.0],
        "population": [1.0, 1.0, 8.0, 10.0, 20.0, 40.0],
        "leader": [False, False, False, True, False, False],
        "first_embedded": [-1, -1, -1, 1, 0, 1],
    }
    deprivation = np.array([1.0, 2, 8, 0, 9, 7, 3, 4, 5, 6])  # fifths: 0 and 3 least deprived, 2 and 4 most, 5 next
    doc = document(services=10, months=1, components=like_components(4, 2))
    nobody = np.empty(0, dtype=np.int64)
    network = network_with(doc, ties_from_pairs(10, nobody, nobody), deprivation=deprivation)
    model = SpreadModel(network=network, resolved=only_plan(doc), seed=SEED)
    for name, values in held.items():
        for service, value in zip(model.services[:6], values, strict=True):
            setattr(service, name, value)
    model.month = 1  # the last month, which counts for what is sustained
    model._record()
    got = dict(zip(record.SUMS, model._sums[0, 1].tolist(), strict=True))
    del got["supported"]
    implementing, nominal = 0.5 * 0.5, 0.15 * 0.8
    assert got == pytest.approx(
        {
            "fidelity": 0.5 * 0.5 + 0.5 * 0.5 * 0.25,
            "core_fidelity": 0.5,
            "effect": 0.4,
            "fit": 0.5,  # one fit distance from -1 to -2
            "form_moved": 1.0,
            "context_distance": 2.0,
            "generation": 3.0,
            "presence_at_start": 0.7,
            "presence": 0.5 * 0.5 + 0.5 * 0.25,
            "delivered": 8 * implementing + 10 * 0.4 + 20 * nominal,
            "delivered_least_deprived": 4.0,
            "delivered_most_deprived": 8 * implementing + 20 * nominal,
            "leaders": 1.0,
            "n_unaware": 5.0,  # one, and the four that nobody touched
            "n_aware": 1.0,
            "n_implementing": 1.0,
            "n_embedded": 1.0,
            "n_in_name_only": 1.0,
            "n_discontinued": 1.0,
            "n_first_embedded": 1.0,  # the one that still is
            "people_first_embedded": 10.0,
            "n_beginning": 0.0,
            "n_beginning_from_leaders": 0.0,
            "n_beginning_unready": 0.0,
            "n_beginning_by_choice": 0.0,
            "n_beginning_by_choice_unready": 0.0,
            "n_giving_up": 0.0,
            "n_giving_up_unready": 0.0,
            "n_preparing": 0.0,
            "n_under_pressure": 0.0,
            "n_members": 0.0,
            "n_turnovers": 0.0,
        }
    )
    assert model._late_effect.tolist() == pytest.approx([0.0, 0.0, implementing, 0.4, nominal, 0.0] + [0.0] * 4)
