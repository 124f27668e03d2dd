"""The strategies in plausible worlds: which worlds, the crossed runs, and what may be said of them."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import spreadsim as ss
from spreadsim.comparison.answer import best_in_worlds, hinge_sentence, size_sentence
from spreadsim.comparison.comparison import Comparison
from spreadsim.comparison.doubt import OF_ANSWER, Doubt, answer_of, sets_in_doubt
from spreadsim.comparison.findings import answer, headline, own_values_sentences
from spreadsim.errors import InputError, InputErrors
from spreadsim.inference.crossed import Estimate
from spreadsim.inference.evidence import Thresholds
from spreadsim.network.construction import make_network
from spreadsim.outcomes.measures import MEASURES
from spreadsim.scenario.assumption_sets import assumption_sets, shipped_sets, with_doubt
from spreadsim.scenario.beliefs import believed, integer_quantile, parameters_in_doubt, quantile, stated_beliefs
from spreadsim.scenario.parameter_sets import ParameterSets
from spreadsim.scenario.validation import as_document, validate

# ------------------------------------------------------------------------------------------------- which worlds


@pytest.mark.parametrize("name", ["published", "plausible"])
def test_the_shipped_sets_hold_every_parameter_in_doubt_and_nothing_implausible(name: str) -> None:
    sets, beliefs = shipped_sets(name), parameters_in_doubt()
    assert list(sets.paths) == list(beliefs)
    assert len(sets) == (512 if name == "plausible" else 244)
    values = np.array(sets.rows, dtype=float)
    for j, declaration in enumerate(beliefs.values()):
        assert declaration.plausible is not None
        low, high = declaration.plausible
        assert low <= values[:, j].min()
        assert values[:, j].max() <= high
        if declaration.not_below:
            assert (values[:, j] >= values[:, sets.paths.index(declaration.not_below)]).all()


def test_what_is_believed_follows_the_evidence() -> None:
    beliefs = parameters_in_doubt()
    supported = [d for d in beliefs.values() if d.evidence in ("published", "set to match")]
    assert {d.belief for d in supported} == {"triangular", "log-uniform"}
    assert all(d.belief in ("uniform", "log-uniform") for d in beliefs.values() if d.evidence == "judgement")
    assert not any(path.startswith(("programme.", "run.")) for path in beliefs)
    turnover = beliefs["behaviour.turnover.rate"]
    values = np.array([believed(turnover, u) for u in (np.arange(10_000) + 0.5) / 10_000])
    low, high = turnover.plausible or (0.0, 0.0)
    assert values.mean() == pytest.approx((low + high + turnover.default) / 3, rel=1e-3)  # of a triangle


def test_what_the_user_the_scenario_or_a_strategy_says_is_not_in_doubt() -> None:
    whole = assumption_sets(ss.load_scenario("default"))
    assert whole is not None
    one = assumption_sets(ss.load_scenario("default", ["behaviour.drift.rate=0.01"]))  # even where it is the default
    assert one is not None
    assert set(whole.paths) - set(one.paths) == {"behaviour.drift.rate"}
    table = assumption_sets(ss.load_scenario("default", ["services.readiness={mean=0.6}"]))
    assert table is not None
    assert not any(path.startswith("services.readiness.") for path in table.paths)
    clear = assumption_sets(ss.load_scenario("default", ["strategies.blend.mechanism_clarity=0.9"]))
    assert clear is not None
    assert "intervention.mechanism_clarity" not in clear.paths
    joint = assumption_sets(ss.load_scenario("default", ["behaviour.adoption.threshold_most_ready=0.2"]))
    assert joint is not None
    assert not any("threshold" in path for path in joint.paths if "adoption" in path)


DRIFT = "behaviour.drift.rate"
BETA = '{low = 0.0, high = 0.02, distribution = "beta", alpha = 2, beta = 6}'


@pytest.mark.parametrize("weights", [(2.0, 6.0), (0.5, 0.5), (12.0, 28.0), (1.0, 1.0), (300.0, 4.0)])
def test_quantiles_of_a_beta_belief_are_those_of_scipy(weights: tuple[float, float]) -> None:
    from scipy.stats import beta

    places = [0.0, 1e-6, *np.linspace(0.01, 0.99, 99).tolist(), 1 - 1e-6, 1.0]
    ours = [quantile(u, -0.5, 2.0, "beta", weights=weights) for u in places]
    assert ours == pytest.approx((-0.5 + 2.5 * beta.ppf(places, *weights)).tolist(), rel=1e-8, abs=1e-9)
    assert ours == sorted(ours)
    assert min(ours) >= -0.5
    assert max(ours) <= 2.0
    whole = [integer_quantile(u, 0, 3, "beta", weights=weights) for u in places]
    assert set(whole) <= {0, 1, 2, 3}
    assert np.mean(np.array(whole[2:-2]) <= 1) == pytest.approx(beta.cdf(0.5, *weights), abs=0.02)


def test_a_stated_belief_takes_the_place_of_the_shipped_one() -> None:
    from scipy.stats import beta

    shipped = assumption_sets(ss.load_scenario("default", ["doubt.sets=plausible"]))
    scenario = ss.load_scenario("default", ["doubt.sets=plausible", f"doubt.beliefs={{'{DRIFT}' = {BETA}}}"])
    own = assumption_sets(scenario)
    assert shipped is not None
    assert own is not None
    assert own.paths == shipped.paths
    before, after = np.array(shipped.rows, dtype=float), np.array(own.rows, dtype=float)
    j = own.paths.index(DRIFT)
    others = [i for i in range(len(own.paths)) if i != j]
    assert np.array_equal(before[:, others], after[:, others])
    n = len(after)
    exact = 0.02 * beta.ppf((np.arange(n) + 0.5) / n, 2, 6)  # every part of the belief is met equally often
    assert np.sort(after[:, j]) == pytest.approx(exact, rel=1e-5)
    order = np.argsort(before[:, j], kind="stable")
    assert (np.diff(after[order, j]) >= 0).all()  # and a set keeps its rank
    assert assumption_sets(validate(as_document(scenario), "again")) == own  # the resolved file says the same


def test_a_stated_belief_keeps_what_has_to_hold_between_parameters() -> None:
    low, high = "behaviour.adoption.threshold_most_ready", "behaviour.adoption.threshold_least_ready"
    for path in (low, high):
        belief = '{low = 0.2, high = 0.6, distribution = "beta", alpha = 3, beta = 3}'
        sets = assumption_sets(ss.load_scenario("default", [f"doubt.beliefs={{'{path}' = {belief}}}"]))
        assert sets is not None
        values = np.array(sets.rows, dtype=float)
        assert (values[:, sets.paths.index(high)] >= values[:, sets.paths.index(low)]).all()
        assert values[:, sets.paths.index(path)].min() >= 0.2
        assert values[:, sets.paths.index(path)].max() <= 0.6


def test_what_is_set_beside_the_file_is_certain_whatever_the_file_believes(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(f'based_on = "default"\n[doubt.beliefs]\n"{DRIFT}" = {BETA}\n')
    assert list(stated_beliefs(ss.load_scenario(tmp_path / "mine.toml"))) == [DRIFT]
    scenario = ss.load_scenario(tmp_path / "mine.toml", [f"{DRIFT}=0.01"])
    sets = assumption_sets(scenario)
    assert not stated_beliefs(scenario)
    assert sets is not None
    assert DRIFT not in sets.paths
    ss.load_scenario(tmp_path / "mine.toml", ["doubt.sets=none"])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ([f"doubt.beliefs={{'behaviour.drift.rat' = {BETA}}}"], "did you mean 'behaviour.drift.rate'"),
        ([f"doubt.beliefs={{'programme.support' = {BETA}}}"], "is not a parameter in doubt"),
        ([f"doubt.beliefs={{'{DRIFT}' = {BETA.replace('beta = 6', 'bet = 6')}}}"], "did you mean 'beta'"),
        ([f"doubt.beliefs={{'{DRIFT}' = {BETA.replace(', alpha = 2', '')}}}"], "needs 'alpha' and 'beta'"),
        ([f"doubt.beliefs={{'{DRIFT}' = {BETA.replace('alpha = 2', 'alpha = 0')}}}"], "at least 0.01"),
        ([f"doubt.beliefs={{'{DRIFT}' = {{low = 0.1, high = 0.1}}}}"], "is not below 'high'"),
        ([f"doubt.beliefs={{'{DRIFT}' = {{low = 0.1, high = 2.0}}}}"], "stay between 0 and 0.2"),
        ([f"doubt.beliefs={{'{DRIFT}' = {{low = 0.1}}}}"], "give 'low' and 'high'"),
        ([f"doubt.beliefs={{'{DRIFT}' = {BETA}}}", f"doubt.known=['{DRIFT}']"], "leave one of them out"),
    ],
)
def test_a_belief_that_cannot_be_is_refused_in_words(settings: list[str], words: str) -> None:
    with pytest.raises((InputError, InputErrors), match=r"doubt\.beliefs") as fault:
        ss.load_scenario("default", settings)
    assert words in str(fault.value)


def test_a_belief_without_effect_is_refused(tmp_path: Path) -> None:
    belief = f"doubt.beliefs={{'{DRIFT}' = {BETA}}}"
    own = ss.load_scenario("default", [belief, f"strategies.blend.overrides={{'{DRIFT}' = 0.01}}"])
    with pytest.raises(InputError, match="strategy 'blend' sets its own"):
        assumption_sets(own)
    with pytest.raises(InputError, match="is decided by the network's data"):
        assumption_sets(ss.load_scenario("default", [belief]), [DRIFT])
    (tmp_path / "sets.csv").write_text(f"{DRIFT}\n0.01\n0.02\n")
    (tmp_path / "mine.toml").write_text(
        f'based_on = "default"\n[doubt]\nsets = "sets.csv"\n[doubt.beliefs]\n"{DRIFT}" = {BETA}\n'
    )
    with pytest.raises(InputError, match=r"leave out one of doubt\.beliefs and doubt\.sets"):
        assumption_sets(ss.load_scenario(tmp_path / "mine.toml"))
    other = with_doubt(ss.load_scenario("default", [belief]), tmp_path / "sets.csv")  # --doubt takes their place
    sets = assumption_sets(other)
    assert sets is not None
    assert len(sets) == 2
    adoption = "behaviour.adoption.threshold_"
    least = f'doubt.beliefs={{"{adoption}least_ready" = {{low = 0.0, high = 0.6}}}}'
    with pytest.raises(InputError, match="begins below"):
        assumption_sets(ss.load_scenario("default", [f"{adoption}most_ready=0.2", least]))


def test_what_files_decide_is_not_in_doubt() -> None:
    scenario = ss.load_scenario("england-primary-care")
    sets = sets_in_doubt(scenario, make_network(scenario))
    assert sets is not None
    assert "services.readiness.mean" in sets.paths
    assert "services.deprivation.intraclass_correlation" in sets.paths  # 173 practices have none
    assert "network.peer_ties.picks_anywhere" in sets.paths


def test_a_table_of_sets_that_names_what_files_decide_is_refused(tmp_path: Path) -> None:
    scenario = ss.load_scenario("england-primary-care")
    (tmp_path / "sets.csv").write_text("services.population.median\n8000\n9000\n")
    with pytest.raises(InputErrors, match="the files give population for every service"):
        sets_in_doubt(with_doubt(scenario, tmp_path / "sets.csv"), make_network(scenario))


def test_a_scenario_without_doubt_has_no_sets(tmp_path: Path) -> None:
    assert assumption_sets(ss.load_scenario("version-2")) is None
    assert assumption_sets(with_doubt(ss.load_scenario("default"), "none")) is None
    with pytest.raises(InputError, match="neither a name of assumption sets nor a file"):
        with_doubt(ss.load_scenario("default"), "publishd")
    lonely = tmp_path / "one.csv"
    lonely.write_text("behaviour.drift.rate\n0.01\n")
    with pytest.raises(InputError, match="at least two"):
        assumption_sets(with_doubt(ss.load_scenario("default"), lonely))
    with pytest.raises(InputErrors, match="at_least"):
        ss.load_scenario("default", ["doubt.at_least=600"])


# ------------------------------------------------------------------------------------------------- the crossed runs


def three_worlds(folder: Path) -> Path:
    file = folder / "worlds.csv"
    rows = [
        ["behaviour.drift.rate", "services.readiness.mean", "network.peer_ties.picks_anywhere"],
        [0.0, 0.4, 0.1],
        [0.01, 0.5, 0.4],
        [0.03, 0.65, 1.0],
    ]
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return file


SMALL = ["doubt.replicates=2", "doubt.at_least=3", "run.months=8", "network.services=100"]


def test_a_run_of_a_world_is_that_of_the_scenario_with_its_values(tmp_path: Path) -> None:
    scenario = ss.load_scenario("default", SMALL)
    result = ss.compare(scenario, replicates=2, frontier=False, doubt=three_worlds(tmp_path))
    doubt = result.doubt
    assert doubt is not None
    assert doubt.values["benefit"].shape == (3, 2, 3)
    for w in range(3):
        document = as_document(scenario)
        world = doubt.sets.scenario(validate(document, "world"), w)
        alone = ss.compare(world, replicates=2, frontier=False, doubt="none")
        for s, name in enumerate(alone.strategies):
            for measure in MEASURES:
                np.testing.assert_array_equal(doubt.values[measure.name][w, :, s], alone.values(name, measure.name))
    without = ss.compare(scenario, replicates=2, frontier=False, doubt="none")
    assert without.runs.equals(result.runs)
    assert without.doubt is None


def test_doubt_is_written_and_told(tmp_path: Path) -> None:
    scenario = ss.load_scenario("default", SMALL)
    result = ss.compare(scenario, replicates=2, frontier=False, doubt=three_worlds(tmp_path))
    folder = result.save(tmp_path / "out")
    import pandas as pd

    runs, sets = pd.read_parquet(folder / "doubt.parquet"), pd.read_parquet(folder / "assumption_sets.parquet")
    assert len(runs) == 3 * 2 * 3
    assert sets["behaviour.drift.rate"].tolist() == [0.0, 0.01, 0.03]
    assert "too few worlds or runs" in (folder / "report.html").read_text()


# ------------------------------------------------------------------------------------------------- the words


@pytest.fixture(scope="module")
def two() -> Comparison:
    return ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)


def told(two: Comparison, benefit: np.ndarray, total: np.ndarray | None = None, places: np.ndarray | None = None):
    n = len(benefit)
    place = np.random.default_rng(3).random((n, 2)) if places is None else places
    names = ("behaviour.drift.rate", "services.readiness.mean")
    sets = ParameterSets("published", names, tuple(map(tuple, place.tolist())))
    values = {"benefit": benefit, "cumulative_benefit": benefit if total is None else total}
    return replace(two, doubt=Doubt(sets, tuple(two.strategies), values, 60, Thresholds()))


def verdict_sentence(comparison: Comparison) -> str:
    return best_in_worlds(comparison.doubt)


def worlds(gap: np.ndarray, noise: float = 0.001, replicates: int = 6) -> np.ndarray:
    """Return worlds in which the second strategy lies above the first by a gap."""
    luck = np.random.default_rng(5).normal(0.0, noise, (len(gap), replicates, 2))
    return 0.4 + luck + np.stack([np.zeros((len(gap), replicates)), np.repeat(gap[:, None], replicates, 1)], axis=2)


def test_clearly_best_needs_both_a_share_of_worlds_and_a_difference_that_matters(two: Comparison) -> None:
    _, second = two.strategies
    clear = told(two, worlds(np.full(200, 0.1)))
    assert f"{second} is clearly best" in verdict_sentence(clear)
    assert f"{second} is clearly best" in headline(clear)
    small = told(two, worlds(np.full(200, 0.01)))
    assert "clearly" not in verdict_sentence(small)
    assert f"{second} is probably best: in 100%" in verdict_sentence(small)
    assert "less than the 2 that matter here" in size_sentence(small)
    assert "matter here" not in size_sentence(clear)
    assert "10.0 points more of the full effect at the end than" in size_sentence(clear)


def test_no_strategy_is_called_best_where_worlds_disagree(two: Comparison) -> None:
    even = told(two, worlds(np.linspace(-0.1, 0.1, 200)))
    assert "no strategy is clearly best" in verdict_sentence(even)
    assert " is probably best" not in verdict_sentence(even)
    nulls = told(two, worlds(np.zeros(200), noise=0.05))
    assert "no strategy is clearly best" in verdict_sentence(nulls)
    assert "a tenth of a point" in size_sentence(nulls) or "matter here" in size_sentence(nulls)


def test_the_same_runs_are_said_to_be_the_same(two: Comparison) -> None:
    same = worlds(np.zeros(100), noise=0.0)
    assert "do exactly the same" in verdict_sentence(told(two, same))
    assert size_sentence(told(two, same)) == hinge_sentence(told(two, same)) == ""


def test_too_few_worlds_or_runs_say_so(two: Comparison) -> None:
    for few in (worlds(np.full(200, 0.1), replicates=2), worlds(np.full(7, 0.1))):
        assert "too few worlds or runs" in verdict_sentence(told(two, few))
        assert "best:" not in verdict_sentence(told(two, few))


def test_where_it_turns_is_told_only_where_one_assumption_decides(two: Comparison) -> None:
    first, second = two.strategies
    places = np.random.default_rng(4).random((300, 2))
    turns = told(two, worlds(np.where(places[:, 1] > 0.6, 0.1, -0.1)), places=places)
    sentence = hinge_sentence(turns)
    assert f"{first} does better where the mean (readiness) is at most 0.6, {second} elsewhere" in sentence
    assert "picks the best strategy in " in sentence
    noise = told(two, worlds(np.random.default_rng(9).choice([-0.1, 0.1], 300)), places=places)
    assert "turns round" not in hinge_sentence(noise)
    assert "No single assumption decides it" in hinge_sentence(noise)
    clear = told(two, worlds(np.full(300, 0.1)), places=places)
    assert "There is little to find out first" in hinge_sentence(clear)


def test_what_to_find_out_first_is_in_people(two: Comparison) -> None:
    places = np.random.default_rng(4).random((300, 2))
    one = told(two, worlds(np.where(places[:, 0] > 0.5, 0.1, -0.1)), places=places)
    assert one.doubt is not None
    found = one.doubt.answers["benefit"]
    worth = replace(found, turning=None, worth_knowing=(("behaviour.drift.rate", Estimate(0.05, 0.04, 0.06)),))
    vars(one.doubt)["answers"] = {"benefit": worth}
    assert "What to find out first is the rate (drift)" in hinge_sentence(one)
    assert "5.0 points of the full effect" in hinge_sentence(one)
    assert "people" in hinge_sentence(one)


def test_both_horizons_are_named_and_the_rest_is_called_one_world(two: Comparison) -> None:
    first, second = two.strategies
    c = told(two, worlds(np.full(200, 0.1)), worlds(np.full(200, -0.4)))
    assert f"on what lasts, {second}" in verdict_sentence(c).lower()
    assert f"on the total over five years, {first} is clearly best" in verdict_sentence(c)
    assert "one more plausible world" in own_values_sentences(c)[0]
    assert "one more plausible world" not in " ".join(own_values_sentences(two))
    assert len(answer(c)) == 3


def test_without_doubt_the_headline_speaks_of_luck_alone(two: Comparison) -> None:
    assert "counting luck alone" in headline(two)
    assert len(answer(two)) == 1
    assert "counting luck alone" not in headline(told(two, worlds(np.full(200, 0.1))))


def test_interval_of_a_clear_share_has_no_impossible_end(two: Comparison) -> None:
    doubt = told(two, worlds(np.full(200, 0.1))).doubt
    assert doubt is not None
    for measure in OF_ANSWER:
        for row in doubt.answers[measure].standings.strategies:
            assert row.best.low is not None
            assert row.best.high is not None
            assert 0.0 <= row.best.low <= row.best.value <= row.best.high <= 1.0


def test_the_dial_is_asked_the_same(tmp_path: Path) -> None:
    scenario = ss.load_scenario("default", [*SMALL, "frontier.balances=[0.0, 1.0]"])
    result = ss.frontier(scenario, replicates=2, doubt=three_worlds(tmp_path))
    assert result.doubt is not None
    assert result.doubt.strategies == ("balance 0", "balance 1")
    assert result.doubt.values["benefit"].shape == (3, 2, 2)
    point = next(p for p in result.points if p.settings == {"balance": 1.0} and p.arm == "as given")
    alone = result.doubt.sets.scenario(scenario.model_copy(update={"strategies": {"organic": point.strategy}}), 0)
    one = ss.compare(alone, replicates=2, frontier=False, doubt="none")
    np.testing.assert_array_equal(result.doubt.values["cost"][0, :, 1], one.values("organic", "cost"))
    assert ss.frontier(scenario, replicates=2, doubt="none").doubt is None


def test_a_cost_is_never_worth_knowing_for_a_benefit() -> None:
    """Told by chance among many parameters it would be false; the same column under another name is told."""
    gap = np.repeat(np.linspace(-0.1, 0.3, 64)[:, None], 4, axis=1)
    values = np.stack([gap, 0 * gap], axis=2)
    place = np.linspace(0, 1, 64)[:, None]
    assert [path for path, _ in answer_of(place, ("behaviour.drift.rate",), values, Thresholds()).worth_knowing]
    as_cost = answer_of(place, ("cost.team_month",), values, Thresholds())
    assert not as_cost.worth_knowing
    assert as_cost.turning is None
    assert answer_of(place, ("behaviour.drift.rate",), values, Thresholds()).turning is not None
