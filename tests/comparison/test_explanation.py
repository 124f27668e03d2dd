"""Why a service did what it did: the story agrees with the run, and taking a cause away changes what it caused."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

import spreadsim as ss
from spreadsim import rules
from spreadsim.comparison.explanation import explain
from spreadsim.drivers import engine
from spreadsim.network.construction import make_network
from spreadsim.outcomes import record
from spreadsim.scenario.plan import plan
from spreadsim.scenario.validation import validate
from tests.conftest import small_document


@pytest.fixture(scope="module")
def scenario() -> Any:
    return validate(small_document(), "small")


@pytest.fixture(scope="module")
def stories(scenario: Any) -> dict[str, Any]:
    ids = make_network(scenario).ids
    return {i: explain(scenario, i, strategy="blend") for i in ids}


def test_the_timeline_is_the_events(scenario: Any, stories: dict[str, Any]) -> None:
    network = make_network(scenario)
    run = engine.run(network, plan(scenario, "blend"), scenario.run.seed, 0)
    for uid, identity in enumerate(network.ids):
        months = run.events["month"][run.events["service"] == uid].tolist()
        timeline = stories[identity].timeline
        assert [moment.month for moment in timeline if moment.changes_state] == months
        assert [moment.month for moment in timeline] == sorted(moment.month for moment in timeline)
        assert stories[identity].end_state == rules.STATES[run.final["state"][uid]]


def test_the_chain_of_copies_leads_to_the_originators(stories: dict[str, Any]) -> None:
    long = 0
    for story in stories.values():
        if not story.chain:
            continue
        months = [copy.month for copy in story.chain]
        assert months == sorted(months, reverse=True)
        generations = [copy.generation for copy in story.chain]
        assert all(a == b + 1 for a, b in itertools.pairwise(generations)), "one copy a step"
        assert story.chain[-1].source is None
        assert story.chain[-1].source_kind in ("originator", "specification", "hierarchy")
        long = max(long, len(story.chain))
    assert long >= 3


def test_components_end_as_the_run_has_them(scenario: Any, stories: dict[str, Any]) -> None:
    network = make_network(scenario)
    run = engine.run(network, plan(scenario, "blend"), scenario.run.seed, 0)
    changed = 0
    for uid, identity in enumerate(network.ids):
        story = stories[identity]
        assert [c.presence for c in story.components] == run.final["fidelity"][uid].tolist()
        for component in story.components:
            if component.verdict in ("weakened", "lost"):
                assert component.timeline, "says when and why"
                changed += 1
            if component.verdict == "never taken on":
                assert component.timeline == []
    assert changed > 10


def test_without_its_peers_a_service_learns_from_nobody(scenario: Any, stories: dict[str, Any]) -> None:
    """Taking peers away matters to those who learned from a peer, and never to those whom the mandate reached first."""
    affected = []
    for story in stories.values():
        from_peer = bool(story.chain) and story.chain[0].source_kind == "peer"
        (alone,) = [c for c in story.counterfactuals if c.cause == "its peers"]
        if from_peer:
            affected.append(alone.text != "Without its peers: the same")
    assert len(affected) >= 5
    assert all(affected)


def test_without_the_mandate_nobody_adopts_in_name_only(scenario: Any, stories: dict[str, Any]) -> None:
    told = [s for s in stories.values() if any("name only" in moment.text for moment in s.timeline)]
    assert told
    for story in told:
        (free,) = [c for c in story.counterfactuals if c.cause == "the mandate"]
        assert free.end_state != "in name only"


def test_the_same_luck_explains_the_same(scenario: Any) -> None:
    a = explain(scenario, "service-0007", strategy="organic", replicate=3)
    assert a == explain(scenario, "service-0007", strategy="organic", replicate=3)


@pytest.mark.parametrize(
    ("service", "strategy", "seen"),
    [
        ("service-007", "blend", "there is no service 'service-007'; did you mean"),
        ("service-0007", "blendd", "there is no strategy 'blendd'; did you mean 'blend'"),
    ],
)
def test_unknown_names_are_refused(scenario: Any, service: str, strategy: str, seen: str) -> None:
    with pytest.raises(ss.InputError, match=seen):
        explain(scenario, service, strategy=strategy)


def test_a_starting_site_says_so(scenario: Any, stories: dict[str, Any]) -> None:
    sites = [s for s in stories.values() if s.timeline and s.timeline[0].month == 0]
    assert len(sites) == 2
    for site in sites:
        assert "starting site" in site.timeline[0].text
        assert site.chain[-1].source_kind == "originator"


LEAVE, PRESSED, OVER = "people who know how it works leave", "comes under pressure", "pressure on its group is over"
WAIT, DROP, UNREADY = "finds that it is not ready", "drops the plan", "though it is not ready"
DAMAGE, END_OF_PAY, UNPAID = "damages", "payment for reporting it has stopped", "no longer paid for it"


def stories_of(document: dict[str, Any], strategy: str) -> tuple[Any, list[Any]]:
    """Return a run and the story of each of its services."""
    scenario = validate(document, "stories")
    network = make_network(scenario)
    run = engine.run(network, plan(scenario, strategy), scenario.run.seed, 0)
    return run, [explain(scenario, i, strategy=strategy) for i in network.ids]


def n_entries(story: Any, phrase: str) -> int:
    return sum(phrase in moment.text for moment in story.timeline)


@pytest.fixture(scope="module")
def eventful() -> tuple[Any, list[Any]]:
    """Services that all know of it from the start, whose people leave often and whose adapting does much damage."""
    behaviour = {
        "awareness": {"start": "aware"},
        "turnover": {"rate": 0.05},
        "adaptation": {"core_damage_rate": 2.0},
    }
    return stories_of(small_document(behaviour=behaviour), "organic")


def test_what_befell_a_service_is_what_the_run_holds(eventful: tuple[Any, list[Any]]) -> None:
    """Turnover, pressure, waiting, declining and damage: as often, and where, as the run has them."""
    run, stories = eventful
    total = dict(zip(record.SUMS, run.sums.sum(axis=0), strict=True))
    assert sum(n_entries(story, LEAVE) for story in stories) == total["n_turnovers"] > 0
    starts = [n_entries(story, PRESSED) - n_entries(story, OVER) for story in stories]
    assert set(starts) <= {0, 1}
    assert sum(starts) == run.sums[-1, record.UNDER_PRESSURE]
    assert [n_entries(story, WAIT) > 0 for story in stories] == run.final["waited"].tolist()
    assert [n_entries(story, DROP) > 0 for story in stories] == run.final["declined"].tolist()
    unready = sum(n_entries(story, UNREADY) for story in stories)
    assert unready == total["n_beginning_unready"] > 0
    for story, damaged in zip(stories, run.final["damaged"], strict=True):
        began = max((m.month for m in story.timeline if "learns it" in m.text), default=0)
        assert any(DAMAGE in m.text and m.month > began for m in story.timeline) == damaged, story.service
    assert run.final["damaged"].any()
    assert any(n_entries(story, PRESSED) for story in stories)
    assert run.final["declined"].any()


def test_a_component_says_what_took_part_of_it(eventful: tuple[Any, list[Any]]) -> None:
    _, stories = eventful
    for story in stories:
        for component in story.components:
            for moment in component.timeline:
                here = [m.text for m in story.timeline if m.month == moment.month]
                if "forgotten" in moment.text:
                    assert any(LEAVE in text and component.name in text for text in here)
                if "damaged" in moment.text:
                    assert any(DAMAGE in text and component.name in text for text in here)
                if "drifted" in moment.text:
                    assert "by adapting" in moment.text or not any(DAMAGE in t and component.name in t for t in here)
    texts = [m.text for story in stories for component in story.components for m in component.timeline]
    assert any("forgotten when people left" in text for text in texts)
    assert any("damaged by adapting" in text for text in texts)


def test_each_cause_taken_away_changes_some_services_and_not_others(eventful: tuple[Any, list[Any]]) -> None:
    _, stories = eventful
    for cause in ("people leaving", "pressure", "the appraisal of readiness", "the damage of adapting"):
        texts = [c.text for story in stories for c in story.counterfactuals if c.cause == cause]
        assert len(texts) == len(stories)
        same = [text == f"Without {cause}: the same" for text in texts]
        assert any(same), cause
        assert not all(same), cause


def test_a_world_without_the_mechanisms_tells_none_of_them() -> None:
    off = small_document(
        behaviour={
            "appraisal": {"applies": False},
            "turnover": {"rate": 0.0},
            "pressure": {"rate": 0.0},
            "adaptation": {"core_damage_rate": 0.0},
            "implementation": {"unreadiness_multiplier": 0.0},
        }
    )
    _, stories = stories_of(off, "blend")
    for story in stories:
        for phrase in (LEAVE, PRESSED, OVER, WAIT, DROP, UNREADY, DAMAGE, END_OF_PAY, UNPAID):
            assert not n_entries(story, phrase), phrase
        assert [c.cause for c in story.counterfactuals] == ["the mandate", "its peers", "support", "the peer programme"]


@pytest.mark.parametrize("stops", [True, False])
def test_the_end_of_pay_is_told_to_those_who_were_paid(stops: bool) -> None:
    document = small_document(programme={"stop_month": 36})
    levers = {"mandate": 0.0, "latitude": 0.25, "peer_programme": 0.0, "monitoring": 1.0, "incentive": 1.0}
    document["strategies"] = {"paid": levers | {"incentive_stop_month": 18 if stops else 36}}
    document["behaviour"]["sustainment"]["incentive_withdrawal_rate"] = 0.1
    _, stories = stories_of(document, "paid")
    told = [story for story in stories if n_entries(story, END_OF_PAY)]
    assert any(n_entries(story, "is paid to adopt") for story in stories)
    assert not any(n_entries(story, "directed") for story in stories)
    for story in told:
        (month,) = [m.month for m in story.timeline if END_OF_PAY in m.text]
        assert month == 19
    assert any(n_entries(story, UNPAID) for story in stories) == stops
    assert bool(told) == stops
    kept = [c.text for story in stories for c in story.counterfactuals if c.cause == "the end of pay"]
    assert len(kept) == (len(stories) if stops else 0)
    assert any(text != "Without the end of pay: the same" for text in kept) == stops
