"""Readiness, adaptation and stopping in the report: told where their mechanism acts, and as the run has them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from spreadsim import rules
from spreadsim.comparison.aggregates import FIFTH
from spreadsim.comparison.circumstances import turnovers, under_pressure
from spreadsim.comparison.comparison import Comparison, compare
from spreadsim.comparison.report import render_report
from spreadsim.comparison.topics import TOPICS, starts_table, stops_table, topic_tables, topics_of
from spreadsim.drivers import engine
from spreadsim.network.construction import make_network
from spreadsim.outcomes import record
from spreadsim.scenario.plan import plan
from spreadsim.scenario.validation import validate
from tests.conftest import small_document

OFF: dict[str, dict[str, Any]] = {
    "readiness": {"appraisal": {"applies": False}},
    "adaptation": {"adaptation": {"core_damage_rate": 0.0}},
    "stopping": {"turnover": {"rate": 0.0}, "pressure": {"rate": 0.0}},
}


def comparison_of(**behaviour: Any) -> Comparison:
    return compare(validate(small_document(behaviour=behaviour), "topics"), replicates=2, workers=1, frontier=False)


@pytest.fixture(scope="module")
def everything() -> Comparison:
    return comparison_of()


def test_all_topics_are_told_where_all_act(everything: Comparison) -> None:
    page = render_report(everything)
    assert topics_of(everything) == list(TOPICS)
    for topic in TOPICS:
        assert f'<h2 id="{topic.key}">{topic.heading}</h2>' in page
        assert f'<a href="#{topic.key}">' in page


@pytest.mark.parametrize("key", list(OFF))
def test_a_topic_whose_mechanism_is_off_is_not_told(key: str) -> None:
    c = comparison_of(**OFF[key])
    assert [topic.key for topic in topics_of(c)] == [topic.key for topic in TOPICS if topic.key != key]
    assert f'id="{key}"' not in render_report(c)


def test_pressure_and_turnover_worked_out_again_are_the_run_s() -> None:
    scenario = validate(small_document(behaviour={"turnover": {"rate": 0.1}}), "topics")
    network, strategy = make_network(scenario), plan(scenario, "organic")
    run = engine.run(network, strategy, scenario.run.seed, 0)
    sums = dict(zip(record.SUMS, run.sums.T, strict=True))
    pressed = under_pressure(network, strategy, scenario.run.seed, 0)
    assert pressed.sum(axis=1).tolist() == sums["n_under_pressure"][1:].tolist()
    assert pressed.any()
    left = turnovers(network, strategy, scenario.run.seed, 0)
    in_use = np.zeros((strategy.months + 1, network.n), dtype=bool)
    for month, service, state in zip(*(run.events[name] for name in ("month", "service", "to_state")), strict=True):
        in_use[month:, service] = state in (rules.IMPLEMENTING, rules.EMBEDDED)
    assert (left & in_use[:-1] & in_use[1:]).sum(axis=1).tolist() == sums["n_turnovers"][1:].tolist()


def test_stops_are_the_events_and_their_circumstances(everything: Comparison) -> None:
    table = stops_table(everything)
    assert table is not None
    for row, name in zip(table.rows, everything.strategies, strict=True):
        events = everything.outcomes[name][0].events
        assert events is not None
        ends = [
            int(month)
            for month, before, after in zip(events["month"], events["from_state"], events["to_state"], strict=True)
            if before in (rules.IMPLEMENTING, rules.EMBEDDED) and after in (rules.DISCONTINUED, rules.IN_NAME_ONLY)
        ]
        assert row[1] == f"{len(ends):,}"
        stop = next(p for p in everything.plans if p.name == name).stop_month
        assert row[5] == f"{100 * sum(month > stop for month in ends) / len(ends):.0f}"
        assert row[4] == "0"  # nobody was paid


def test_pay_that_a_rule_stopped_is_told_by_what_the_rule_did() -> None:
    pays = {"incentive": 0.9, "peer_programme": 1.0, "mandate": 0.3, "latitude": 0.25, "monitoring": 0.5}
    stops = {"when": "month >= 8", "set": {"incentive": 0.0}}
    document = small_document() | {"strategies": {"paid": pays, "withdrawn": pays | {"rules": [stops]}}}
    c = compare(validate(document, "small"), replicates=1, frontier=False)
    assert "stopping" in [topic.key for topic in topics_of(c)]
    table = stops_table(c)
    assert table is not None
    never, withdrawn = (row[4] for row in table.rows)
    events = c.outcomes["withdrawn"][0].events
    assert events is not None
    late = events["month"][np.isin(events["to_state"], [rules.DISCONTINUED]) & (events["month"] > 9)]
    assert len(late)
    assert (never, int(withdrawn) > 0) == ("0", True)


def test_starts_by_deprivation_and_region_are_the_events(everything: Comparison) -> None:
    by_fifth, by_region = starts_table(everything, FIFTH), starts_table(everything, "region")
    assert by_fifth is not None
    assert by_region is not None
    assert (len(by_fifth.rows), len(by_region.rows)) == (5, 3)
    for place, name in enumerate(everything.strategies):
        events = everything.outcomes[name][0].events
        assert events is not None
        began: dict[int, bool] = {}
        for month, service, source, state, ready in zip(
            *(events[key] for key in ("month", "service", "source_kind", "to_state", "ready")), strict=True
        ):
            if source != rules.NO_SOURCE and state in (rules.IMPLEMENTING, rules.EMBEDDED):
                began.setdefault(service, bool(ready) or month == 0)
        assert 0 < sum(began.values()) < len(began)
        for table in (by_fifth, by_region):
            assert sum(int(str(row[1])) for row in table.rows) == everything.network.n
            for k, n in enumerate((sum(began.values()), len(began) - sum(began.values()))):
                counted = sum(int(str(row[1])) * int(str(row[2 + 2 * place + k])) / 100 for row in table.rows)
                assert counted == pytest.approx(n, abs=0.005 * everything.network.n)


def test_what_is_not_defined_is_said_in_words() -> None:
    """Nobody starts: no share of starts, nobody moved a form but perhaps the starting sites, and nobody stopped."""
    document = small_document(behaviour={"awareness": {"broadcast_rate": 0.0, "exposure_rate": 0.0}})
    document["strategies"] = {"nothing": {"mandate": 0.0, "latitude": 0.0, "peer_programme": 0.0, "monitoring": 0.0}}
    c = compare(validate(document, "nothing"), replicates=1, workers=1, frontier=False)
    cells = {row[0][0]: row[2] for row in topic_tables(c, TOPICS[0])[0].rows}
    assert cells["Unready starts"][0] == "not defined"
    assert not re.search(r">\s*nan\b", render_report(c))
