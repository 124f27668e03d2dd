"""A mix that nobody gave: found where it is known to be, within cost, judged on runs that it was not chosen on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spreadsim.comparison.better_mixes import (
    BetterMix,
    BetterMixes,
    MixInWorlds,
    better_mixes,
    likely_excess,
    surface,
    terms,
)
from spreadsim.comparison.comparison import compare
from spreadsim.comparison.dial import is_on_dial, mix_sentences, mix_summary, off_dial, off_dial_sentences
from spreadsim.comparison.findings import findings
from spreadsim.comparison.mixes import CENTRAL, LEVERS_OF_MIX, AssumptionSet, Mix, MixRuns
from spreadsim.comparison.report import render_report
from spreadsim.comparison.results import AS_GIVEN
from spreadsim.outcomes.measures import MEASURES
from spreadsim.outcomes.statistics import difference, summarise
from spreadsim.scenario.plan import plan
from spreadsim.scenario.validation import validate
from tests.comparison.small_comparisons import small_comparison, with_values
from tests.conftest import small_document

BEST = np.array([0.6, 0.2, 0.8, 0.4, 0.5, 0.7, 0.3, 0.5])


class KnownRuns:
    """Runs whose answer is known: benefit falls with the squared distance from a mix, every lever costs alike."""

    service_months = 480 * 60

    def __init__(self) -> None:
        self.seen: list[Sequence[int]] = []

    @staticmethod
    def true(mix: Mix) -> tuple[float, float]:
        """Return benefit and cost without luck."""
        x = np.array(mix.values)
        return float(0.5 - 0.2 * ((x - BEST) ** 2).sum()), float(10.0 * x.sum())

    def values(self, mixes: Sequence[Mix], replicates: Sequence[int], sets: Any = None) -> dict[str, np.ndarray]:
        """Return what `MixRuns` does; each replicate has luck, and each run a little of its own."""
        self.seen.append(replicates)
        result = {m.name: np.zeros((1, len(mixes), len(replicates))) for m in MEASURES}
        for i, mix in enumerate(mixes):
            for k, r in enumerate(replicates):
                luck = np.random.default_rng([r]).normal(0.0, 0.05)
                own = np.random.default_rng([r, *(round(20 * v) for v in mix.values)]).normal(0.0, 0.004, 2)
                benefit, cost = self.true(mix)
                result["benefit"][0, i, k] = benefit + luck + own[0]
                result["cost"][0, i, k] = cost + 10 * luck + own[1]
        return result


def search(arms: Sequence[Mix], n: int = 60) -> tuple[BetterMixes, KnownRuns]:
    runs: Any = KnownRuns()
    base = plan(validate(small_document(), "small"), "blend")
    month = base.levers[0]
    plans = [replace(base, levers=(month._replace(**arm.levers),)) for arm in arms]
    values = runs.values(arms, range(n))
    by_arm = {f"arm {i}": {m: v[0, i] for m, v in values.items()} for i in range(len(arms))}
    runs.seen.clear()
    answer = better_mixes(runs, plans, by_arm, seed=1)
    assert answer is not None
    return answer, runs


def test_a_quadratic_is_fitted_to_the_last_digits_but_for_the_ridge() -> None:
    points = np.random.default_rng(1).random((120, 8))
    values = 1.0 - ((points - BEST) ** 2).sum(axis=1)
    np.testing.assert_allclose(terms(points) @ surface(points, values), values, atol=1e-3)


def test_the_best_mix_within_the_cost_is_found() -> None:
    rich, poor = Mix.at([0.5] * 8), Mix.at([0.2] * 8)  # costs 40, which the best one has too; and 16
    answer, _ = search([rich, poor])
    first, second = answer.row("arm 0"), answer.row("arm 1")
    assert first is not None
    assert second is not None
    benefit, _ = KnownRuns.true(Mix(tuple(first.levers.values())))
    assert benefit > 0.48  # the best of all is .5
    assert first.is_better
    assert not first.is_dearer
    # The best at a cost of 16: every lever lower by the same amount, none below 0 (Lagrange).
    x = np.maximum(BEST - 0.3167, 0.0)
    assert 10 * x.sum() == pytest.approx(16.0, abs=0.01)
    bound = 0.5 - 0.2 * ((x - BEST) ** 2).sum()
    benefit, cost = KnownRuns.true(Mix(tuple(second.levers.values())))
    assert cost <= 16.01
    assert bound - 0.04 < benefit <= bound + 1e-9
    assert KnownRuns.true(poor)[0] < bound - 0.04


def test_a_strategy_that_is_best_already_is_not_beaten() -> None:
    answer, _ = search([Mix.at(BEST)])
    row = answer.row("arm 0")
    assert row is not None
    assert not row.is_better
    assert row.differences["benefit"].mean == pytest.approx(0.0, abs=0.01)


def test_choice_and_evaluation_share_no_replicate() -> None:
    answer, runs = search([Mix.at([0.5] * 8)], n=20)
    chosen = {r for replicates in runs.seen[:-1] for r in replicates}
    assert chosen == set(range(10))
    assert list(runs.seen[-1]) == list(range(10, 20))
    assert (answer.n_choice, answer.n_evaluation) == (10, 10)


def test_the_cost_is_told_cautiously() -> None:
    cost = np.array([[9.0, 11.0], [10.0, 10.0]])
    np.testing.assert_allclose(likely_excess(cost, np.array([10.0, 10.0])), [1.0, 0.0])


def test_runs_of_a_mix_are_those_of_the_strategy() -> None:
    c = small_comparison(4)
    runs = MixRuns(c.scenario, c.network, c.fixed, workers=1)
    own = Mix.of_plan(c.plans[2])
    assert own.levers["latitude"] == 0.25
    values = runs.values([own], range(4))["benefit"][0, 0]
    np.testing.assert_array_equal(values, c.values("blend", "benefit"))
    slow = AssumptionSet({"behaviour.adoption.peer_influence_facilitated": 0.0, "services.readiness.mean": 0.1})
    by_set = runs.values([own], range(4), [CENTRAL, slow])["reach"]
    assert by_set.shape == (2, 1, 4)
    np.testing.assert_array_equal(by_set[0, 0], c.values("blend", "reach"))
    assert by_set[1].mean() < by_set[0].mean()


def test_a_comparison_with_enough_runs_has_them_for_any_number_of_workers() -> None:
    assert small_comparison(4).better_mixes is None
    one, two = small_comparison(8).better_mixes, small_comparison(8, workers=2).better_mixes
    assert one is not None
    assert two is not None
    assert one.as_json() == two.as_json()
    assert [*(row.strategy for row in one.rows), *one.without] == ["top-down", "organic", "blend"]


@pytest.fixture(scope="module")
def in_worlds(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, list[tuple[int, list[int]]]]:
    """Return a small comparison in 20 worlds of strength of peers, and the luck that mixes were run with in worlds."""
    seen: list[tuple[int, list[int]]] = []
    own = MixRuns.values_of

    def watched(self: MixRuns, strategies: Any, replicates: Any, sets: Any = (CENTRAL,)) -> Any:
        seen.append((len(sets), list(replicates)))
        return own(self, strategies, replicates, sets)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MixRuns, "values_of", watched)
        sets = [f"{0.04 * (k + 1):g}" for k in range(20)]
        path = tmp_path_factory.mktemp("worlds") / "worlds.csv"
        path.write_text("behaviour.adoption.peer_influence_facilitated\n" + "\n".join(sets) + "\n", encoding="utf-8")
        document = small_document()
        document["run"] |= {"replicates": 12}
        document["doubt"] = {"replicates": 4, "at_least": 20}
        return compare(validate(document, "small"), doubt=path, workers=1), seen


def test_a_mix_is_judged_in_worlds_and_with_luck_that_it_was_not_chosen_on(in_worlds: Any) -> None:
    c, seen = in_worlds
    mixes = c.better_mixes
    assert mixes is not None
    assert mixes.n_choice_worlds == 10
    judged = [replicates for n_sets, replicates in seen if n_sets > 1 and len(replicates) == 4]
    assert judged
    assert all(replicates == [0, 1, 2, 3] for replicates in judged)
    others = {r for n_sets, replicates in seen for r in replicates if not (n_sets > 1 and len(replicates) == 4)}
    assert others == set(range(4, 12))
    assert mixes.rows
    for row in mixes.rows:
        found = row.in_worlds
        assert found is not None
        assert found.n_worlds == 10
        mix = Mix(tuple(row.levers.values()))
        one = AssumptionSet({"behaviour.adoption.peer_influence_facilitated": c.doubt.sets.rows[1][0]})
        runs = MixRuns(c.scenario, c.network, c.fixed, workers=1)
        again = runs.values([mix], range(4), [one, *_odd(c)])["benefit"][:, 0]
        np.testing.assert_array_equal(again[0], again[1])
        arm = list(c.strategies).index(row.strategy)
        gain = (again[1:] - c.doubt.values["benefit"][1::2, :, arm]).mean()
        assert found.benefit.mean.value == pytest.approx(gain, abs=1e-12)


def _odd(c: Any) -> list[AssumptionSet]:
    path = "behaviour.adoption.peer_influence_facilitated"
    return [AssumptionSet({path: row[0]}) for row in c.doubt.sets.rows[1::2]]


def test_too_few_worlds_or_runs_of_one_judge_no_mix() -> None:
    c = small_comparison(8)
    assert c.better_mixes is not None
    assert c.better_mixes.n_choice_worlds == 0
    assert all(row.in_worlds is None for row in c.better_mixes.rows)


def test_worlds_decide_what_is_said_of_a_mix() -> None:
    c = small_comparison(4)
    zero = np.zeros((20, 4))
    spread = np.linspace(-0.04, 0.04, 20)[:, None] + 0.001 * np.arange(4)

    def said(gain: float, more: float = 0.0) -> str:
        found = MixInWorlds.of(gain + spread, zero, more + 10 * spread, zero, level=0.95)
        row = replace(_judged(0.05), in_worlds=found)
        mixes = BetterMixes((row,), (), 171, 24, 50, 32)
        both = replace(c, better_mixes=mixes)
        return f"{' '.join(mix_sentences(both))} {mix_summary(both)}"

    better = said(0.06)
    assert "by 6.2 points" in better
    assert "on average over 20 plausible worlds that it was not chosen in, and in 100%" in better
    assert "staff-days per service at the scenario's own values, with" in better
    assert "chosen from the best of them in 32 plausible worlds" in better
    assert "do better on sustained benefit, on average over plausible worlds, by 6.2 points than blend" in better
    assert "on these worlds 3.0 staff-days more than blend" in said(0.06, more=3.0)
    for gain in (0.0, -0.06):  # although it does better at the scenario's own values
        assert "does better" not in said(gain)
        assert "no mix that, on average over plausible worlds, does clearly better" in said(gain)


def _judged(gain: float, dearer: float = 0.0, gap: float = 0.0) -> BetterMix:
    luck = np.linspace(-0.01, 0.01, 10)
    gains = {m.name: difference(luck, np.zeros(10)) for m in MEASURES}
    gains |= {
        "benefit": difference(gain + luck, np.zeros(10)),
        "cost": difference(dearer + luck, np.zeros(10)),
        "equity_gap": difference(gap + luck, np.zeros(10)),
    }
    return BetterMix(
        "blend", dict.fromkeys(LEVERS_OF_MIX, 0.5), {m.name: summarise(0.4 + luck) for m in MEASURES}, gains
    )


def test_what_is_said_of_a_mix_follows_from_the_runs() -> None:
    c = small_comparison(4)

    def said(*rows: BetterMix, without: tuple[str, ...] = ()) -> str:
        return " ".join(mix_sentences(replace(c, better_mixes=BetterMixes(rows, without, 171, 24, 50))))

    better = said(_judged(0.05))
    assert "At no more cost than blend, a mix that you did not give does better on sustained benefit, by 5.0" in better
    assert "does not clearly change" in better
    assert "more than blend" not in better
    assert "171 mixes" in better
    assert "narrower by 3.0 points" in said(_judged(0.05, gap=-0.03))
    assert "wider by 3.0 points" in said(_judged(0.05, gap=0.03))
    assert "3.0 staff-days more than blend" in said(_judged(0.05, dearer=3.0))
    for gain in (0.0, -0.05):
        assert "does better" not in said(_judged(gain))
        assert "found no mix that does clearly better" in said(_judged(gain))
    assert "no other mix that costs no more" in said(without=("blend",))
    assert mix_sentences(c) == []


def test_a_strategy_off_the_dial_is_said_to_beat_it_only_where_it_does() -> None:
    c = small_comparison(6)
    assert c.frontier is not None
    assert [is_on_dial(c, name) for name in c.strategies] == [True, True, False]
    assert [one.strategy for one in off_dial(c)] == ["blend"]
    best = c.frontier.best("benefit")[0]
    places = c.frontier.arm(AS_GIVEN)
    level = np.max([c.frontier.values["benefit"][i] for i in places], axis=0)
    steps = 0.001 * np.arange(6)

    def said(values: np.ndarray) -> str:
        return " ".join(off_dial_sentences(with_values(c, {"benefit": {"blend": list(values)}})))

    above, below = said(level + 0.2 + steps), said(level - 0.4 - steps)
    assert "blend is not a point of this dial; it beats every point of it on sustained benefit" in above
    assert "beats" not in below
    assert "the dial does better" in below
    assert best is not None
    same = said(c.frontier.values["benefit"][best] + steps - steps.mean())
    assert "cannot be distinguished" in same
    assert "beats" not in same
    assert off_dial_sentences(small_comparison(6, frontier=False)) == []


def test_the_page_draws_the_strategies_on_the_dials_chart_at_their_cost() -> None:
    c = small_comparison(8)
    page = render_report(c)
    assert "Benefit against effort" in page
    assert "The best mix that was found at no more cost" in page
    assert "Sustained benefit and equity gap against effort per service" in page
    assert {"off_dial", "mixes"} <= {finding.key for finding in findings(c)}
    without = render_report(small_comparison(6, frontier=False))
    assert "Benefit against effort" not in without
    assert "against effort per service" not in without
