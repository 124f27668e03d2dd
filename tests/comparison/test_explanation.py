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
        assert [moment.month for moment in stories[identity].timeline] == months
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
