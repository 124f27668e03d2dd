"""Advice on a mix: the optimiser reaches a known front, the answer is judged elsewhere, a stopped search goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import spreadsim as ss
from spreadsim.advice.front import non_dominated, search_front
from spreadsim.advice.kept_runs import KeptRuns
from spreadsim.advice.mix import MixQuestion, advise_mix, ranked, thinned
from spreadsim.advice.mix_findings import answer_sentences, mix_advice_json, mix_advice_text, strategy_sentences
from spreadsim.advice.mix_folder import advised_scenario, write_mix_advice
from spreadsim.cli.advise import advise as command
from spreadsim.comparison.mixes import AssumptionSet, MixRuns
from spreadsim.errors import InputError, MissingExtraError
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.validation import validate
from spreadsim.sweeps import store
from spreadsim.telling.terminal import folded
from tests.conftest import small_document

FEW: dict[str, Any] = {"candidates": 60, "search_replicates": 2, "replicates": 6, "workers": 1}


def small_scenario() -> Any:
    return validate(small_document(run={"months": 24}), "small")


def test_the_optimiser_reaches_a_known_front() -> None:
    """ZDT1 in five dimensions: the front is f2 = 1 - sqrt(f1), where all coordinates but the first are 0."""
    tried: list[np.ndarray] = []

    def zdt1(points: np.ndarray) -> np.ndarray:
        g = 1.0 + 9.0 * points[:, 1:].mean(axis=1)
        rows = np.stack([points[:, 0], g * (1.0 - np.sqrt(points[:, 0] / g))], axis=1)
        tried.append(rows)
        return rows

    def tries(seed: int) -> np.ndarray:
        tried.clear()
        search_front(zdt1, np.random.default_rng(seed).random((60, 5)), 2, generations=100, seed=seed, steps=20)
        return np.vstack(tried)

    everything = tries(1)
    front = everything[non_dominated(everything)]
    distance = front[:, 1] - (1.0 - np.sqrt(front[:, 0]))
    assert distance.max() < 0.01
    assert len(np.unique(front[:, 0])) == 21  # every step of the first coordinate
    start = everything[:60]
    assert (start[:, 1] - (1.0 - np.sqrt(start[:, 0]))).mean() > 1.0  # far from it at first
    np.testing.assert_array_equal(everything, tries(1))


def test_no_point_of_a_front_is_beaten() -> None:
    points = np.random.default_rng(1).random((60, 3))
    for i, is_on in enumerate(non_dominated(points)):
        beats = (points <= points[i]).all(axis=1) & (points < points[i]).any(axis=1)
        assert is_on == (not beats.any())
    few = thinned(points, 12)
    assert len(few) <= 12
    assert points[:, -1].argmin() in few or not non_dominated(points[:, [0, -1]])[points[:, -1].argmin()]


def test_what_answers_a_question_comes_first() -> None:
    outcome, cost = np.array([0.1, 0.3, 0.35, 0.4]), np.array([5.0, 20.0, 15.0, 30.0])
    assert ranked(MixQuestion("benefit", 0.25, None), outcome, cost)[0] == 2  # the cheapest that does
    assert ranked(MixQuestion("benefit", None, 25.0), outcome, cost)[0] == 2
    assert ranked(MixQuestion("benefit", 0.38, 25.0), outcome, cost)[0] == 2  # none does: the best within the budget
    assert ranked(MixQuestion("benefit", None, 1.0), outcome, cost)[0] == 0  # nothing is so cheap: the cheapest
    months, cost = -np.array([30.0, 20.0]), np.array([5.0, 9.0])
    assert ranked(MixQuestion("months_to_half", 24.0, None), months, cost)[0] == 1


def test_the_answer_is_judged_on_runs_that_nothing_was_chosen_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, range, list[float]]] = []
    whole = KeptRuns.values

    def noted(self: KeptRuns, strategies: Sequence[Any], replicates: range, sets: Any = ()) -> Any:
        asked.append((len(strategies), replicates, [one.values["behaviour.drift.rate"] for one in sets]))
        return whole(self, strategies, replicates, sets)

    monkeypatch.setattr(KeptRuns, "values", noted)
    sets = [AssumptionSet({"behaviour.drift.rate": rate}) for rate in (0.0, 0.01, 0.02, 0.03)]
    advice = advise_mix(small_scenario(), budget=30.0, over=sets, over_name="drift", **FEW | {"candidates": 30})
    *before, last = asked
    assert {r for _, replicates, _ in before for r in replicates} == set(range(6))
    assert list(last[1]) == list(range(6, 12))
    assert all(rates == [0.0, 0.02] for _, _, rates in before)
    assert last[2] == [0.01, 0.03]
    assert last[0] == 4  # the advice and the three strategies
    assert advice.advice.values["benefit"].shape == (2, 6)
    assert "In 2 worlds of drift, 6 runs in each, that it was not chosen on" in answer_sentences(advice)[1]


def test_a_search_that_was_stopped_goes_on_and_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = small_scenario()
    whole = advise_mix(scenario, budget=30.0, out=tmp_path / "whole", **FEW | {"workers": 2})
    assert whole.n_kept == 0
    calls = 0
    run = MixRuns.values_of

    def breaks(self: MixRuns, *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise KeyboardInterrupt
        return run(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(MixRuns, "values_of", breaks)
        with pytest.raises(KeyboardInterrupt):
            advise_mix(scenario, budget=30.0, out=tmp_path / "stopped", **FEW)
    part = next((tmp_path / "stopped" / "runs").glob("part-*.parquet"))
    part.write_bytes(part.read_bytes()[:-1])  # and one part is damaged
    again = advise_mix(scenario, budget=30.0, out=tmp_path / "stopped", **FEW)
    assert again.n_kept > 0
    assert again.n_new < whole.n_new
    assert again.n_new + again.n_kept == whole.n_new
    assert again.notes
    assert store.table_digest(tmp_path / "stopped") == store.table_digest(tmp_path / "whole")
    assert mix_advice_json(again) == mix_advice_json(whole)
    assert mix_advice_json(advise_mix(scenario, budget=30.0, **FEW)) == mix_advice_json(whole)  # and with no folder


def test_another_question_uses_the_runs_and_another_scenario_is_refused(tmp_path: Path) -> None:
    scenario = small_scenario()
    first = advise_mix(scenario, budget=30.0, out=tmp_path / "mix", **FEW)
    second = advise_mix(scenario, budget=20.0, out=tmp_path / "mix", **FEW)
    assert second.n_kept > 0
    assert second.n_new < first.n_new
    with pytest.raises(InputError, match="another scenario"):
        advise_mix(validate(small_document(run={"months": 24}, cost={"revision": 0.3}), "small"), budget=30.0,
                   out=tmp_path / "mix", **FEW)  # fmt: skip


def test_what_is_said_follows_from_the_runs(tmp_path: Path) -> None:
    scenario = small_scenario()
    none = advise_mix(scenario, at_least=0.99, **FEW)
    assert not none.is_met
    assert answer_sentences(none)[0].startswith("No mix that was tried does what was asked")
    assert any("misses what was asked by" in sentence for sentence in answer_sentences(none))
    easy = advise_mix(scenario, at_least=0.02, out=tmp_path / "mix", **FEW)
    assert easy.is_met
    assert answer_sentences(easy)[0].startswith("The cheapest mix found that does")
    assert not any("misses" in sentence for sentence in answer_sentences(easy))
    assert float(np.mean(easy.advice.values["cost"])) < min(float(np.mean(s.values["cost"])) for s in easy.strategies)
    assert "on average over" not in mix_advice_text(easy)
    assert "in each" not in mix_advice_text(easy)
    same = replace(easy, strategies=[replace(easy.advice, name="twin")])
    assert strategy_sentences(same) == ["Compared with twin: the same in every run."]
    assert not any("the same in every run" in sentence for sentence in strategy_sentences(easy))
    within = advise_mix(scenario, **FEW)
    assert within.question.budget_of == "blend"
    assert mix_advice_text(easy).splitlines()[0] == "Which is the cheapest mix with sustained benefit of at least 2.0%?"
    assert max(map(len, folded(mix_advice_text(easy)).splitlines())) <= 80
    write_mix_advice(easy, tmp_path / "mix", "2026-11-28T12:00:00")
    assert ss.verify(tmp_path / "mix").is_whole
    page = (tmp_path / "mix" / "report.html").read_text(encoding="utf-8")
    assert page.index("The answer") < page.index("<svg") < page.index("The front, mixes that no other beats")
    for name in ("top-down", "organic", "blend", "the advice"):
        assert name in page
    # The advice as a strategy gives the judged numbers again.
    again = load_scenario(tmp_path / "mix" / "advised.toml")
    assert list(again.strategies) == ["top-down", "organic", "blend", "as-advised"]
    result = ss.compare(again, replicates=12, frontier=False, workers=1)
    np.testing.assert_array_equal(result.values("as-advised", "benefit")[6:], easy.advice.values["benefit"][0])
    assert advised_scenario(easy).strategies["as-advised"].title == "As advised"


def test_the_command_answers_first_and_asks_again_of_its_folder(tmp_path: Path) -> None:
    out = str(tmp_path / "mix")
    small = ["--set", "network.services=60", "--set", "network.hierarchy=[]", "--months", "12", "--candidates", "20",
             "--search-replicates", "2", "--replicates", "3", "--workers", "1", "--out", out]  # fmt: skip
    result = CliRunner().invoke(command, ["default", "--budget", "20", *small])
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0].startswith("Which mix gives the best sustained benefit for at most 20.0 staff-days")
    result = CliRunner().invoke(command, ["default", "--at-least", "0.1", "--json", *small])
    assert json.loads(result.stdout)["question"]["at_least"] == 0.1
    sets = tmp_path / "sets.csv"
    sets.write_text("behaviour.drift.rate\n" + "".join(f"{0.002 * i}\n" for i in range(4)))
    result = CliRunner().invoke(command, ["default", "--budget", "20", "--over", str(sets), "--json", *small])
    over = json.loads(result.stdout)
    assert over["sets"] == {"choice": 2, "evaluation": 2}
    assert over["question"]["text"].endswith("per service, on average over the worlds of sets.csv?")
    assert over["findings"][1].startswith("In 2 worlds of sets.csv, 3 runs in each, that it was not chosen on, its ")
    result = CliRunner().invoke(command, ["default", "--at-least", "99%", "--over", str(sets), *small])
    text = " ".join(result.output.split())
    assert "benefit of at least 99.0%, on average over the worlds of sets.csv?" in text
    assert "It reaches what was asked in 0 of these 2 worlds." in text
    assert "2 worlds of sets.csv for the search and the choice, 2 others for the figures" in text
    assert "were tried on 2 runs in each world" in text
    assert "assumption sets" not in text
    result = CliRunner().invoke(command, ["default", "--at-least", "most", *small])
    assert "give a number such as 0.6, or a share such as 60%" in result.output
    no_sets = ["--set", "doubt.sets=none", "--over", "worlds"]
    for wrong in (no_sets, ["--sites", "3"], ["--search", "sites", "--at-least", "0.3"], ["--measure", "cost"]):
        result = CliRunner().invoke(command, ["default", *wrong, *small])
        assert isinstance(result.exception, InputError), result.output
    shutil.rmtree(out)


def test_a_missing_extra_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"spreadsim\[advise\]"):
        search_front(lambda points: points, np.zeros((4, 2)), 2, 1, 1, 20)
