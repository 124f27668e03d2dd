"""When rules began, counted over runs, and everywhere it is told."""

from __future__ import annotations

import pytest

import spreadsim as ss
from spreadsim.comparison.comparison import Comparison
from spreadsim.comparison.report import render_report
from spreadsim.comparison.responses import RuleSummary, frequency_text, rule_summaries, rules_line
from spreadsim.comparison.terminal import comparison_text
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.validation import validate
from tests.conftest import small_document

RULES = [
    {"when": "reach >= 0.12", "set": {"mandate": 0.6}, "months": 4},
    {"when": "month == 7", "set": {"support": 1.0}, "each": "region"},
    {"when": "month < 0", "set": {"hub": 1.0}},
]


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    document = small_document()
    document["strategies"]["blend"]["rules"] = RULES
    return validate(document, "responding")


@pytest.fixture(scope="module")
def comparison(scenario: Scenario) -> Comparison:
    return ss.compare(scenario, frontier=False, workers=1, doubt="none")


def test_beginnings_are_counted_over_runs(comparison: Comparison) -> None:
    first, second, third = rule_summaries(comparison.plans, comparison.outcomes)
    months = []
    for outcome in comparison.outcomes["blend"]:
        reached = [t + 1 for t in range(35) if outcome.curves["reach"][t] >= 0.12]
        months += reached[:1]
    assert first.runs == len(months)
    assert (first.earliest, first.latest) == (min(months), max(months))
    assert first.most_often == min(months, key=lambda month: (-months.count(month), month))
    assert first.groups is None
    assert 0 < second.runs <= 4
    assert (second.most_often, second.groups) == (7, 3.0)
    assert (third.runs, third.replicates, third.most_often, third.earliest) == (0, 4, None, None)
    table = comparison.firings_table()
    assert {len(column) for column in table.values()} == {sum(len(o.firings) for o in comparison.outcomes["blend"])}
    assert set(table["group"]) == {"all", "region 1", "region 2", "region 3"}


def test_words_say_in_how_many_runs_and_when() -> None:
    row = RuleSummary("staged", 1, "month >= 12", {"mandate": 0.6}, 12, None, 37, 100, 13, 12, 20, None)
    assert frequency_text(row) == "in 37 of 100 runs, most often in month 13"
    never = RuleSummary("staged", 1, "month < 0", {"mandate": 0.6}, 12, None, 0, 100, None, None, None, None)
    assert frequency_text(never) == "in none of 100 runs"


def test_they_are_told_everywhere(comparison: Comparison) -> None:
    line = rules_line(comparison.plans, comparison.outcomes)
    assert line in " ".join(comparison_text(comparison).split())
    assert [row["rule"] for row in comparison.as_json()["rules"]] == [1, 2, 3]
    page = render_report(comparison)
    assert page.count("How the programme responded") == 2
    assert "reach &gt;= 0.12" in page


def test_where_no_strategy_has_rules_nothing_is_said(scenario: Scenario) -> None:
    plain = ss.compare(validate(small_document(), "plain"), replicates=1, frontier=False, workers=1, doubt="none")
    assert rules_line(plain.plans, plain.outcomes) == ""
    assert "rules" not in plain.as_json()
    assert "How the programme responded" not in render_report(plain)


def test_the_history_of_a_service_names_responses_and_removes_causes_all_the_same(scenario: Scenario) -> None:
    story = ss.explain(scenario, "service-0005", strategy="blend")
    told = [entry for entry in story.timeline if entry.text.startswith("the programme responds (rule 2")]
    assert [entry.month for entry in told] in ([7], [])
    assert any(entry.text.startswith("the programme responds (rule 1: reach >= 0.12)") for entry in story.timeline)
    without = next(one for one in story.counterfactuals if one.cause == "the mandate")
    assert without.text.startswith("Without the mandate: ")
