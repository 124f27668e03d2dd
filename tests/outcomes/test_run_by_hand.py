"""A run of ten services, written out event by event, and what every measure makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spreadsim import rules
from spreadsim.network.data import Network, ties_from_pairs
from spreadsim.outcomes import record
from spreadsim.outcomes.measures import curves, curves_of, generations, measures, measures_of
from spreadsim.outcomes.run import Run
from spreadsim.state import EVENT_FIELDS
from tests.conftest import rows_of
from tests.event_counts import counts_of_events
from tests.verification.limiting_cases import document, network_with, only_plan


def run_by_hand() -> tuple[Run, Network, Any]:
    """Return a run of ten services over 24 months, the programme stopping at month 12, written out by hand."""
    U, A, I, E, X, D = range(6)  # noqa: E741
    chosen, told, peer, line = rules.VOLUNTARY, rules.MANDATED, rules.PEER, rules.HIERARCHY
    origin, none = rules.ORIGINATOR, rules.NO_SOURCE
    rows = [  # month, service, from, to, route, source kind, source, generation, presence, leader, leader source, ready
        (0, 0, U, E, chosen, origin, -1, 0, 1.0, False, False, False),
        (1, 1, U, A, -1, none, -1, -1, 0.0, False, False, True),
        (1, 2, U, A, -1, none, -1, -1, 0.0, False, False, False),
        (1, 3, U, A, -1, none, -1, -1, 0.0, False, False, False),
        (2, 1, A, I, chosen, peer, 0, 1, 0.8, False, False, True),
        (2, 3, A, X, told, line, -1, 2, 0.9, False, False, False),
        (6, 1, I, E, chosen, none, -1, 1, 0.8, True, False, True),
        (6, 2, A, I, chosen, peer, 1, 2, 0.6, False, True, False),
        (8, 0, E, D, chosen, none, -1, 0, 0.0, False, False, False),
        (9, 2, I, E, chosen, none, -1, 2, 0.6, False, False, False),
        (11, 4, U, A, -1, none, -1, -1, 0.0, False, False, False),
        (12, 4, A, X, told, line, -1, 2, 0.9, False, False, False),
        (14, 3, X, D, told, none, -1, 2, 0.0, False, False, False),
        (15, 0, D, I, chosen, rules.SPECIFICATION, -1, 1, 0.7, False, False, False),
        (16, 0, I, E, chosen, none, -1, 1, 0.7, False, False, False),
        (18, 2, E, D, chosen, none, -1, 2, 0.0, False, False, False),
    ]
    fields = [name for name, _ in EVENT_FIELDS]
    events = {name: np.array([row[c] for row in rows], dtype=dtype) for c, (name, dtype) in enumerate(EVENT_FIELDS)}
    assert list(events) == fields
    sums = np.zeros((25, record.N_SUMS))
    column = {name: place for place, name in enumerate(record.SUMS)}
    sums[0, column["effect"]] = 0.8  # the starting site
    for name, value in {
        "fidelity": 1.2, "core_fidelity": 1.6, "effect": 1.0, "fit": 1.4, "form_moved": 0.6, "context_distance": 1.5,
        "generation": 2.0, "presence_at_start": 1.5, "presence": 1.3,
    }.items():  # fmt: skip
        sums[24, column[name]] = value
    months = np.arange(25)
    sums[:, column["delivered"]] = 10.0 * months
    sums[:, column["delivered_least_deprived"]] = 4.0 * months
    sums[:, column["delivered_most_deprived"]] = 2.0 * months
    sums[:, column["leaders"]] = (months >= 6) * 1.0
    sums[:, column["supported"]] = 0.5
    sums[24, column["n_preparing"]] = 1.0  # at the horizon, which costs nothing
    sums[5:11, column["n_turnovers"]] = 1.0
    doc = document(services=10, months=24, levers={"mandate": 0.4, "monitoring": 0.6})
    doc["programme"] |= {"stop_month": 12, "celebration": 0.5, "co_production": 0.25}
    nobody = np.empty(0, dtype=np.int64)
    deprivation = np.arange(10.0)  # fifths: services 0 and 1 least deprived, 8 and 9 most
    population = np.array([100.0, 200, 300, 100, 100, 100, 100, 100, 400, 500])
    network = network_with(doc, ties_from_pairs(10, nobody, nobody), deprivation=deprivation, population=population)
    counts = counts_of_events(events, population, 24, U)
    for name in record.SUMS[record.FIRST_STATE : record.PREPARING]:
        sums[:, column[name]] = counts[name]
    final = {name: counts[name] for name in ("first_embedded", "began", "first_began", "ever_led")} | {
        "state": np.array([E, E, D, D, X, U, U, U, U, U], dtype=np.int8),
        "form": np.array([1.0, -0.2, 0, 0, 0, 0, 0, 0, 0, 0]),
        "effect": np.array([0.3, 0.6, 0.9, 0, 0, 0, 0, 0, 0, 0]),
        "waited": np.arange(10) < 3,
        "declined": np.arange(10) == 2,
        "core": np.array([0.9, 0.7, 0.5, 0, 0, 0, 0, 0, 0, 0]),
        "adaptable": np.zeros(10),
        "generation": np.array([1, 1, 2, 2, 2, -1, -1, -1, -1, -1]),
        "damaged": np.arange(10) == 1,
    }
    resolved = only_plan(doc)
    specification = np.zeros((25, 1 + resolved.intervention.n_components))
    return Run(events, sums, np.zeros(10), final, specification), network, resolved


BY_HAND = {
    "reported_uptake": 0.3,  # 0 and 1 embedded, 4 in name only
    "embedded": 0.2,
    "in_name_only": 0.1,
    "in_name_only_of_reported": 1 / 3,
    "discontinued": 0.2,
    "lapsed_never_started": 0.1,  # 3 was never more than in name; 2 had begun
    "reach": 0.3,  # 0, 1, 2
    "population_reach": 0.3,  # 600 of 2000 people
    "fidelity": 0.6,
    "core_fidelity": 0.8,
    "fidelity_at_start": 0.75,
    "fidelity_drift": -0.1,
    "adaptation": 0.3,
    "adaptation_ratio": 0.4,
    "local_fit": 0.7,
    "effectiveness": 0.5 / 0.8,
    "effectiveness_ever": 1 / 3 / 0.8,
    "benefit": 10 * 18.5 / 2000,  # months 13 to 24
    "cumulative_benefit": 10 * 300 / 2000 / 12,
    "sustainment": 2 / 3,
    "evaporation": 0.4 - 0.3,  # month 12: 1 and 2 embedded, 3 and 4 in name only
    "generation": 1.0,
    "equity_gap": 4 * 18.5 / 300 - 2 * 18.5 / 900,
    "equity_ratio": (2 * 18.5 / 900) / (4 * 18.5 / 300),
    "second_leaders": 0.1,
    "preparing": 0.1,
    "waited": 0.3,
    "declined": 0.1,
    "unready_starts": 2 / 3,  # 2 and 0 of 1, 2 and 0
    "given_up": 0.0,
    "given_up_ready": 0.0,
    "given_up_unready": 0.0,
    "moved": 0.5,  # 0 has, 1 has not
    "equal_success": 0.0,
    "adapted_effect_ratio": 0.5,
    "consistent_adaptations": 1.0,
    "second_form": 0.0,
    "turnover_events": 0.6,
    # programme .1 (.4 + .6) x 10 for 12 months; (2 + .25) a month for 1 (2-5) and 2 (6-8) under the programme, 2 for 0
    # in month 15; 3 x .5 in 24 months; .1 for each holding; .5 x .5 x one leader, months 6 to 11
    "cost": (12 * 1.0 + 7 * 2.25 + 2.0 + 24 * 1.5 + 0.1 * 69 + 6 * 0.25) / 10,
}


def held_months() -> int:
    """Return the service-months embedded or in name only, months 0 to 23, in the run by hand."""
    embedded = {0: (0, 8), 1: (6, 24), 2: (9, 18)}
    again, nominal = (16, 24), {3: (2, 14), 4: (12, 24)}
    return sum(b - a for a, b in [*embedded.values(), again, *nominal.values()])


def test_every_measure_of_a_run_written_by_hand() -> None:
    run, network, plan = run_by_hand()
    m = measures(run, network, plan)
    expected = BY_HAND | {"cost": BY_HAND["cost"] + 0.1 * (held_months() - 69) / 10}
    expected["cost_per_benefit_year"] = expected["cost"] / expected["cumulative_benefit"]
    for name, value in expected.items():
        assert m[name] == pytest.approx(value, rel=1e-12), name
    null = {"months_to_half", "embedded_of_started", "region_gap"}  # nobody began by month 0; there are no regions
    assert all(np.isnan(m[name]) for name in null)
    assert set(m) == set(expected) | null


def test_months_to_half_is_the_first_month_with_half_reached_and_counts_re_entry_once() -> None:
    run, network, plan = run_by_hand()
    c = curves_of([run], [network], plan)
    c["reach"] = np.linspace(0.0, 1.0, 25)[np.newaxis]  # one half exactly at month 12
    assert measures_of([run], [network], plan, c)["months_to_half"] == [12.0]
    c = curves(run, network, plan)
    assert c["reach"].tolist() == [0.1] * 6 + [0.2] * 3 + [0.3] * 16
    assert c["sustainment"][[0, 6, 8, 9, 16, 18]] == pytest.approx([1.0, 1.0, 0.5, 2 / 3, 1.0, 2 / 3])
    assert c["leading"].tolist() == [0.0] * 6 + [0.1] * 19
    led = c["starters_from_leaders"]
    assert np.flatnonzero(~np.isnan(led)).tolist() == [2, 6, 15]
    assert led[[2, 6, 15]].tolist() == [0.0, 1.0, 0.0]
    assert c["share_in_name_only"][[1, 2, 12, 14]].tolist() == [0.0, 0.1, 0.2, 0.1]


def test_fidelity_by_generation_of_a_run_written_by_hand() -> None:
    run, _, plan = run_by_hand()
    rows = rows_of(generations(run, plan))
    assert [row["n_began"] for row in rows] == [1, 2, 1]
    assert [row["n_embedded"] for row in rows] == [0, 2, 0]
    assert [row["fidelity_at_start"] for row in rows] == pytest.approx([1.0, 0.75, 0.6])
    assert rows[1]["core_fidelity"] == pytest.approx(0.8)
