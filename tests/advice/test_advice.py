"""Advice: rules are what they say, the search keeps to its budget and its replicates, and what is said is so."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import spreadsim as ss
from spreadsim.advice.advice import Advice, advise
from spreadsim.advice.findings import advice_json, advice_text, findings, verdict
from spreadsim.advice.folder import advice_scenario
from spreadsim.advice.search import Budget
from spreadsim.errors import InputError, MissingExtraError
from spreadsim.network.construction import make_network
from spreadsim.network.site_choice import features, percentile_ranks, sites_by_index, sites_by_rule
from spreadsim.network.starting_sites import starting_sites
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import plan
from spreadsim.telling.folder import read_parquet

SMALL = (
    "network.services=100",
    'network.hierarchy=[{level="region", names=["North","South"]}, {level="system", count=10}]',
    "run.months=30",
    "programme.stop_month=18",
    "programme.starting_sites.share=0.05",
)


@pytest.fixture(scope="module")
def advice() -> Advice:
    scenario = load_scenario("default", SMALL)
    return advise(scenario, candidates=60, search_replicates=6, replicates=20)


def test_simple_rules_are_those_of_the_programme_and_of_the_graph() -> None:
    network = make_network(load_scenario("default", SMALL))
    programme = load_scenario("default", (*SMALL, "programme.starting_sites.rule=most-ready")).programme
    assert sites_by_rule(network, "most-ready", 5) == tuple(starting_sites(network, programme, 1, 0).tolist())
    assert sites_by_rule(network, "random", 5) is None
    core = features(network)["core_number"]
    inner = sites_by_rule(network, "k-core", 5)
    assert core[list(inner or ())].min() >= np.sort(core)[-5]
    population = network["population"]
    assert set(sites_by_rule(network, "largest", 5) or ()) == set(np.argsort(-population)[:5].tolist())


def test_an_index_of_one_weight_is_the_simple_rule_and_spread_moves_sites_apart() -> None:
    network = make_network(load_scenario("default", SMALL))
    standing = {name: percentile_ranks(values) for name, values in features(network).items()}
    assert sites_by_index(network, standing, {"readiness": 1.0}, 0.0, 5) == sites_by_rule(network, "most-ready", 5)
    group = network.hierarchy.service_parent
    apart = sites_by_index(network, standing, {"readiness": 0.01}, 1.0, 10)
    assert len(set(group[list(apart)].tolist())) == 10
    together = sites_by_index(network, standing, {"readiness": 0.01}, -1.0, 10)
    assert len(set(group[list(together)].tolist())) < 5


def test_the_budget_is_told_cautiously() -> None:
    baseline = np.array([10.0, 12.0, 11.0, 9.0])
    budget = Budget(11.0, baseline)
    steady = budget.likely_cost((baseline[:2] + 0.5)[None], range(2))
    np.testing.assert_allclose(steady, [11.0])
    shaky = budget.likely_cost((baseline[:2] + [0.0, 1.0])[None], range(2))
    assert shaky[0] > steady[0]


def test_the_three_sets_of_replicates_share_no_number(advice: Advice, tmp_path: Path) -> None:
    folder = advice.save(tmp_path / "advice")
    evaluations = read_parquet(folder / "judged.parquet")
    a, b, c = advice.replicates
    assert sorted(evaluations["replicate"].unique()) == list(range(a + b, a + b + c))
    # The advice as a scenario gives the judged numbers again: replicate for replicate, on the same network.
    scenario = load_scenario(folder / "advised.toml")
    assert list(scenario.strategies) == ["blend", "blend, as advised"]
    again = ss.compare(scenario, replicates=a + b + c, frontier=False, doubt="none", workers=1)
    own = evaluations[evaluations["table"] == "the advice"]
    np.testing.assert_array_equal(again.values("blend, as advised", "benefit")[a + b :], own["benefit"])
    reference = evaluations[evaluations["table"] == "for reference"]
    np.testing.assert_array_equal(again.values("blend", "cost")[a + b :], reference["cost"])
    assert (folder / "report.html").read_text("utf-8").count("<table>") == 2
    assert len((folder / "sites.csv").read_text("utf-8").splitlines()) == 6
    receipt = json.loads((folder / "provenance.json").read_text("utf-8"))
    assert receipt["command"] == "spreadsim advise default"
    document = tomllib.loads((folder / "scenario.toml").read_text("utf-8"))
    assert document["network"]["redraw"] is False


def test_advice_is_the_same_again_whatever_the_workers(advice: Advice) -> None:
    scenario = load_scenario("default", SMALL)
    again = advise(scenario, candidates=60, search_replicates=6, replicates=20, workers=1)
    assert again.choice == advice.choice
    assert advice_json(again) == advice_json(advice)


def test_the_advice_is_held_against_every_rule_and_says_where_it_is_no_better(advice: Advice) -> None:
    rules = {"random", "most-connected", "most-ready", "k-core", "most-deprived", "largest"}
    assert {j.rule for j in advice.table("sites alone")} == rules == {j.rule for j in advice.table("within the budget")}
    text = advice_text(advice)
    said = [sentence for sentence in findings(advice) if sentence.startswith("With ")]
    for rows, sentence in zip((advice.table("sites alone"), advice.table("within the budget")), said, strict=True):
        same = [j for j in rows if verdict(j.gains[advice.measure], advice.measure) == "no clear difference"]
        assert ("no better than the simple rule" in sentence) == bool(same)
        for evaluations in same:
            assert f"'{evaluations.rule}'" in sentence
    assert "Price in equity" in text
    assert "within the budget of" in text or "over the budget of" in text


def test_a_rule_that_wins_is_said_to_be_a_simple_rule() -> None:
    scenario = load_scenario("default", SMALL)
    found = advise(scenario, candidates=10, search_replicates=2, replicates=4, parts=("sites",))
    assert found.choice.support == plan(scenario, "blend").programme.support or found.origin != "search"
    assert {j.against for j in found.evaluations} >= {"sites alone", "within the budget", "for reference"}
    if found.origin != "search":
        assert "simple rule won" in findings(found)[0]


def test_named_sites_hold_in_the_advised_strategy(advice: Advice) -> None:
    own = plan(advice_scenario(advice), "blend, as advised").programme
    if advice.choice.sites is not None:
        assert own.starting_sites.ids == [advice.network.ids[i] for i in advice.choice.sites]
    assert own.support == advice.choice.support


@pytest.mark.parametrize(("missing", "extra"), [("cma", "advise"), ("pyabc", "fit")])
def test_a_missing_extra_is_said(missing: str, extra: str, monkeypatch: pytest.MonkeyPatch, repository: Path) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    figures = repository / "experiments" / "published-figures" / "targets.toml"
    scenario = load_scenario("default", SMALL)

    def use() -> object:
        if extra == "advise":
            return advise(scenario, candidates=10, search_replicates=2, replicates=2)
        return ss.fit("default", figures)

    with pytest.raises(MissingExtraError, match=rf"spreadsim\[{extra}\]"):
        use()


def test_the_receipt_says_how_to_make_it_again(advice: Advice, tmp_path: Path) -> None:
    folder = advice.save(tmp_path / "advice")
    with pytest.raises(InputError, match="run advise again"):
        ss.reproduce(folder)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"measure": "cost"}, "cannot be sought"),
        ({"measure": "benefitt"}, "did you mean 'benefit'"),
        ({"strategy": "blendd"}, "did you mean 'blend'"),
        ({"parts": ("site",)}, "did you mean 'sites'"),
        ({"sites": 101}, "of 100 services"),
        ({"budget": 0.5, "candidates": 10, "search_replicates": 2}, "give at least"),
        ({"parts": ("waves",), "strategy": "organic"}, "leaves nothing to search"),
    ],
)
def test_faults_are_named(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        advise(load_scenario("default", SMALL), replicates=4, **arguments)  # type: ignore[arg-type]
