"""Calibration: the likelihood against the rules by hand, known truths recovered, and what a user gets."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats
from scipy.integrate import quad

import spreadsim as ss
from spreadsim import rules
from spreadsim.calibration import findings
from spreadsim.calibration.calibration import load_history
from spreadsim.calibration.data import group_design
from spreadsim.calibration.estimation import (
    fit_likelihood,
    identification_problems,
    likelihood_ratio,
    profile_fall,
    profile_interval,
)
from spreadsim.calibration.hypotheses import candidate_hypotheses, nested_tests, peer_tests
from spreadsim.calibration.likelihood import DesignMatrix, Hypothesis, Likelihood, ReadinessDistribution
from spreadsim.calibration.prediction import CONSTANT, CalibrationModel, curve_of, splits
from spreadsim.calibration.reduced_model import reduced_scenario, scenario_of_fit, simulate, strategy_plan
from spreadsim.calibration.risk_sets import AdoptionHistory, history_of, risk_set, risk_set_without_network
from spreadsim.cli import commands
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.validation import as_document, validate

READINESS = ReadinessDistribution(0.5, 0.2, 0.02, 0.98)
PUSH, PEERS = "behaviour.adoption.external_influence", "behaviour.adoption.peer_influence_facilitated"
FORM = "behaviour.adoption.exposure_response"
BOTH, ALONE = Hypothesis("push-and-peers", ""), Hypothesis("push", "", peers=False)


def base(n: int = 150) -> Any:
    """Return a scenario on a small-world network in three regions."""
    document = as_document(load_scenario("default"))
    document["network"] |= {
        "source": "small-world", "services": n, "hierarchy": [{"level": "region", "count": 3}], "redraw": False,
    }  # fmt: skip
    document["frontier"]["balances"] = [0.0, 1.0]
    return validate(document, "test")


def simulated(values: dict[str, Any], steps: int = 15, sets: int = 1, n: int = 150) -> list[AdoptionHistory]:
    """Return histories that the compiled driver made, from six services at the start."""
    scenario = base(n)
    network = ss.make_network(scenario)
    network = replace(network, homophily_distance=float("inf"))
    ids = [network.ids[i] for i in range(0, n, n // 6)]
    model = reduced_scenario(scenario, steps, {FORM: "linear", PUSH: 0.0, PEERS: 0.0, **values}, ids)
    return [history_of(network, when, steps) for when in simulate(model, network, sets, 3)]


def likelihood(history: AdoptionHistory, explanation: Hypothesis, design: DesignMatrix | None = None) -> Likelihood:
    plan = strategy_plan(reduced_scenario(base(), history.n_steps, {}, []))
    return Likelihood(risk_set(history), explanation, plan, READINESS, design)


@pytest.fixture(scope="module")
def history() -> AdoptionHistory:
    return simulated({PUSH: 0.05, PEERS: 0.2})[0]


# ------------------------------------------------------------------------------------------------- rows


def path_history(**options: Any) -> AdoptionHistory:
    """Three services in a row, a - b - c: a adopts in period 1, b in 3, c not in 4."""
    document = as_document(base())
    document["network"] |= {"source": "path", "services": 3, "hierarchy": []}
    network = replace(ss.make_network(validate(document, "path")), homophily_distance=float("inf"))
    return history_of(network, np.array([1.0, 3.0, np.nan]), 4, **options)


def test_exposure_is_last_steps_and_the_censored_stay_at_risk_to_the_end() -> None:
    rows = risk_set(path_history())
    columns = (rows.service, rows.step, rows.exposure, rows.adopted)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == [
        (1, 1, 0.5, False), (1, 2, 0.5, True), (2, 1, 0.0, False), (2, 2, 0.0, False), (2, 3, 1.0, False),
    ]  # fmt: skip


def test_the_first_period_is_given_or_at_risk() -> None:
    given, at_risk = path_history(), path_history(first_period="at-risk")
    assert (given.n_at_start, given.n_adoptions, given.n_steps) == (1, 1, 3)
    assert (at_risk.n_at_start, at_risk.n_adoptions, at_risk.n_steps) == (0, 2, 4)
    rows = risk_set(at_risk)
    assert rows.adopted[(rows.service == 0) & (rows.step == 1)].tolist() == [True]
    assert rows.exposure[rows.step == 1].tolist() == [0.0, 0.0, 0.0]


def test_peers_outside_the_survey_thin_exposure_out_or_follow_the_group() -> None:
    known = replace(path_history(), outside=np.array([0.0, 2.0, 0.0]))
    first = (risk_set(known, way).exposure[0] for way in ("ignored", "not-adopted", "as-the-rest"))
    assert list(first) == [
        0.5,
        0.25,
        (1 + 2 * 0.5) / 4,
    ]  # of b's two peers one adopted; of the other two of the group, one


# ------------------------------------------------------------------------------------------------- likelihood


def by_hand(history: AdoptionHistory, chance: Any) -> float:
    """Return the log-likelihood, a service and step at a time."""
    network, total = history.network, 0.0
    for i in range(history.n):
        peers = network.ties.peer[network.ties.start[i] : network.ties.start[i + 1]]
        for step in range(1, history.n_steps + 1):
            if history.when[i] < step:
                continue
            heard = sum(1.0 for j in peers if history.when[j] < step)
            h = chance(rules.exposure(heard, float(len(peers))), i)
            total += np.log(h if history.when[i] == step else 1.0 - h)
    return total


@pytest.mark.parametrize(("form", "kind"), [("linear", 1), ("saturating", 0), ("threshold", 2)])
def test_the_likelihood_is_the_rules(history: AdoptionHistory, form: Any, kind: int) -> None:
    e = Hypothesis(form, "", form=form)
    made = likelihood(history, e)
    values = np.array([0.04, 0.3, 0.25][: len(made.parameters)])
    plan = strategy_plan(reduced_scenario(base(), 3, {PUSH: 0.04, PEERS: 0.3, FORM: form,
                                           "behaviour.adoption.threshold_most_ready": 0.25,
                                           "behaviour.adoption.threshold_least_ready": 0.25}, []))  # fmt: skip
    b, m = plan.behaviour, plan.levers[0]
    assert b.adoption.exposure_response == kind
    expected = by_hand(
        history, lambda x, _: rules.adoption_probability(b, m, rules.exposure_response(b, x, 0.5, 1.0), 1.0, False)
    )
    assert made.log_likelihood(values) == pytest.approx(expected, rel=1e-12)


def test_readiness_by_a_covariate_is_the_rules_engagement(history: AdoptionHistory) -> None:
    x = np.linspace(-1.5, 1.5, history.n)
    made = likelihood(history, Hypothesis("c", "", covariates=True), DesignMatrix(x[:, None], ("x",), ("x",)))
    plan = strategy_plan(
        reduced_scenario(base(), 3, {PUSH: 0.08, PEERS: 0.3, FORM: "linear", "behaviour.engagement.gate": True}, [])
    )
    b, m, v = plan.behaviour, plan.levers[0], plan.intervention

    def chance(exposed: float, i: int) -> float:
        r = float(np.clip(1 / (1 + np.exp(-0.8 * x[i])), 0.02, 0.98))
        engaged = rules.engagement(b, rules.engagement_odds(b, m, v.mean_complexity, r, 0.0, exposed, 1.0))
        return rules.adoption_probability(b, m, exposed, engaged, False)

    assert made.log_likelihood(np.array([0.08, 0.3, 0.8])) == pytest.approx(by_hand(history, chance), rel=1e-10)


def test_readiness_nobody_observed_is_integrated_out(history: AdoptionHistory) -> None:
    made = likelihood(history, Hypothesis("v", "", readiness_varies=True))
    own = made.by_service(np.array([0.1, 0.4, 0.2]))
    rows = risk_set(history)
    for i in (1, 20, 77):
        mine = rows.service == i
        exposed, adopted = rows.exposure[mine], rows.adopted[mine]

        def at(z: float, exposed: np.ndarray = exposed, adopted: np.ndarray = adopted) -> float:
            h = (0.1 + 0.4 * exposed) * np.clip(0.5 + 0.2 * z, 0.02, 0.98)
            return float(np.prod(np.where(adopted, h, 1 - h)) * stats.norm.pdf(z))

        assert own[i] == pytest.approx(np.log(quad(at, -8, 8, points=[-2.4, 2.4], limit=200)[0]), abs=2e-3)


@pytest.mark.parametrize("e", candidate_hypotheses(True, True, False), ids=lambda e: e.name)
def test_the_gradient_is_the_likelihoods_slope(history: AdoptionHistory, e: Hypothesis) -> None:
    design = DesignMatrix.empty(history.n)
    if e.covariates:
        design = DesignMatrix(np.linspace(-1, 1, history.n)[:, None], ("x",), ("x",))
    if e.groups:
        design = design.with_columns(group_design(np.arange(history.n) % 3, ("a", "b", "c")))
    made = likelihood(history, e, design)
    if made.impossible:
        assert e.name == "peers"
        assert made.log_likelihood(np.array([0.3])) == -np.inf
        return
    values = np.array([p.start for p in made.parameters]) * 1.05 + 0.01
    slope = made.gradient(values)
    for k in range(len(values)):
        if e.form == "threshold" and made.parameters[k].name == "threshold":
            continue  # it jumps
        step = np.zeros(len(values))
        step[k] = 1e-5
        numeric = (made.log_likelihood(values + step) - made.log_likelihood(values - step)) / 2e-5
        assert slope[k] == pytest.approx(numeric, rel=1e-4, abs=1e-3)


# ------------------------------------------------------------------------------------------------- fits, intervals


def test_a_constant_hazard_is_adoptions_over_person_periods(history: AdoptionHistory) -> None:
    rows = risk_set(history)
    found = fit_likelihood(likelihood(history, ALONE))
    rate = rows.adopted.mean()
    assert found.values[0] == pytest.approx(rate, rel=1e-5)
    interval = profile_interval(found, "external_influence")
    n, k = len(rows), int(rows.adopted.sum())

    def fall(p: float) -> float:
        return 2 * (k * np.log(rate / p) + (n - k) * np.log((1 - rate) / (1 - p)))

    assert fall(interval.low) == pytest.approx(3.8415, abs=0.01)
    assert fall(interval.high) == pytest.approx(3.8415, abs=0.01)


def test_a_parameter_at_its_bound_has_a_one_sided_interval_and_says_so() -> None:
    found = fit_likelihood(likelihood(simulated({PUSH: 0.1})[0], BOTH))
    interval = profile_interval(found, "peer_influence")
    assert interval.low == 0.0
    assert interval.low_is_bound
    assert not interval.high_is_bound
    said = identification_problems(found, {"peer_influence": interval})
    assert any("does not differ clearly from 0" in text and "one-sided" in text for text in said)


def test_a_threshold_without_peers_is_said_not_to_be_identified() -> None:
    found = fit_likelihood(likelihood(simulated({PUSH: 0.1})[0], Hypothesis("s", "", form="saturating")))
    interval = profile_interval(found, "threshold")
    assert interval.low_is_bound
    assert interval.high_is_bound
    assert any("threshold: not identified" in text for text in identification_problems(found, {"threshold": interval}))


def test_a_test_at_the_bound_halves_the_tail(history: AdoptionHistory) -> None:
    alone, both = fit_likelihood(likelihood(history, ALONE)), fit_likelihood(likelihood(history, BOTH))
    gain, extra, p = likelihood_ratio(alone, both, at_bound=True)
    assert extra == 1
    assert p == pytest.approx(stats.chi2.sf(gain, 1) / 2)
    assert likelihood_ratio(alone, replace(both, log_likelihood=alone.log_likelihood), at_bound=True)[2] == 1.0
    wide = fit_likelihood(likelihood(history, Hypothesis("v", "", "curved")))
    assert likelihood_ratio(both, wide, at_bound=False)[1] == 2


# ------------------------------------------------------------------------------------------------- a known truth


def test_a_known_truth_is_recovered() -> None:
    """Sixty data sets of the compiled driver: intervals hold the truth about as often as they say, without bias.

    The kept table (`docs/verification/recovery.md`) has 200 at the sizes of both real networks.
    """
    true = {"external_influence": 0.06, "peer_influence": 0.25}
    covered, values = [], []
    for made in simulated({PUSH: 0.06, PEERS: 0.25}, sets=60):
        found = fit_likelihood(likelihood(made, BOTH))
        values.append(found.values)
        covered.append([profile_fall(found, name, value) <= 3.8415 for name, value in true.items()])
    share = np.mean(covered, axis=0)
    assert np.all(share >= 51 / 60)  # below by chance once in a thousand
    error = np.std(values, axis=0, ddof=1) / np.sqrt(len(values))
    assert np.all(np.abs(np.mean(values, axis=0) - list(true.values())) < 3 * error)


def test_an_s_curve_without_contagion_is_not_taken_for_it_once_time_is_controlled() -> None:
    """Awareness grows from outside alone; with a constant push that looks like peers, with a free one it does not."""
    values = {PUSH: 0.4, "behaviour.awareness.start": "unaware", "behaviour.awareness.broadcast_rate": 0.12,
              "behaviour.awareness.exposure_rate": 0.0}  # fmt: skip
    found = {"constant": 0, "by-period": 0}
    for made in simulated(values, sets=6, n=300):
        for push in found:
            alone = fit_likelihood(likelihood(made, Hypothesis("a", "", push, peers=False)), curvature=False)  # type: ignore[arg-type]
            both = fit_likelihood(likelihood(made, Hypothesis("b", "", push)), curvature=False)  # type: ignore[arg-type]
            found[push] += likelihood_ratio(alone, both, at_bound=True)[2] < 0.05
    assert found["constant"] >= 5
    assert found["by-period"] <= 1


def test_the_fitted_scenario_has_the_chances_that_were_fitted(history: AdoptionHistory) -> None:
    """A fitted scenario run by the driver has the fitted hazard at each exposure, within chance."""
    found = fit_likelihood(likelihood(history, BOTH))
    ids = [history.network.ids[i] for i in np.flatnonzero(history.when == 0)]
    model = scenario_of_fit(base(), found, history.n_steps, ids)
    z = []
    for when in simulate(model, history.network, 20, 9):
        rows = risk_set(history.with_times(when))
        chance = found.estimates["external_influence"] + found.estimates["peer_influence"] * rows.exposure
        z.append((rows.adopted.sum() - chance.sum()) / np.sqrt(np.sum(chance * (1 - chance))))
    assert abs(np.mean(z)) < 3.5 / np.sqrt(len(z))


# ------------------------------------------------------------------------------------------------- prediction


def setting(history: AdoptionHistory, replicates: int = 20) -> CalibrationModel:
    plan = strategy_plan(reduced_scenario(base(), history.n_steps, {}, []))
    return CalibrationModel(base(), plan, READINESS, {}, replicates, 1)


def test_held_out_log_scores_are_the_rows_chances(history: AdoptionHistory) -> None:
    found = splits(setting(history), history, (BOTH,))
    assert [split.name for split in found] == ["groups", "time"]
    time = found[1]
    rows = risk_set(history)
    first, late = rows.step <= history.n_steps // 2, rows.step > history.n_steps // 2
    rate = rows.adopted[first].mean()
    expected = np.where(rows.adopted[late], np.log(rate), np.log(1 - rate)).mean()
    constant = next(s for s in time.scores if s.name == CONSTANT)
    assert time.n_rows == int(late.sum())
    assert constant.log_score == pytest.approx(expected, rel=1e-5)
    assert constant.difference == 0.0


def test_a_network_wins_where_it_is_what_matters_and_is_not_said_to_where_it_is_not() -> None:
    strong = simulated({PUSH: 0.005, PEERS: 0.6}, n=300)[0]
    scores = {s.name: s for s in splits(setting(strong), strong, (BOTH,))[0].scores}
    assert scores["push-and-peers"].low > 0
    assert scores["push-and-peers"].log_score > scores["bass"].log_score
    none = simulated({PUSH: 0.12}, n=300)[0]
    weak = {s.name: s for s in splits(setting(none), none, (BOTH,))[0].scores}
    assert weak["push-and-peers"].low < 0.001


def test_the_score_of_a_curve_is_zero_for_a_sure_and_right_forecast() -> None:
    observed = np.array([0.1, 0.2, 0.4])
    assert curve_of(np.tile(observed, (5, 1)), observed, 10, 0).crps == pytest.approx(0.0)
    assert curve_of(np.tile(observed + 0.1, (5, 1)), observed, 10, 0).crps == pytest.approx(0.1)


def test_a_bass_curve_mixes_within_groups(history: AdoptionHistory) -> None:
    rows = risk_set_without_network(history)
    others = history.group == history.group[rows.service[0]]
    others[rows.service[0]] = False
    assert rows.exposure[0] == pytest.approx(np.mean(history.when[others] <= rows.step[0] - 1))


# ------------------------------------------------------------------------------------------------- as its user


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty people in two towns, with a number and a name of each, as CSV tables and a scenario."""
    folder = tmp_path_factory.mktemp("survey")
    made = simulated({PUSH: 0.08, PEERS: 0.3}, steps=8, n=60)[0]
    (folder / "data").mkdir()
    with (folder / "data" / "services.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "region", "adopted_month", "age", "trade", "outside"])
        for i in range(60):
            when = made.when[i] + 1
            age = "" if i == 7 else 30 + i % 9
            writer.writerow([made.network.ids[i], f"town <{i % 2}>", "" if np.isnan(when) else int(when), age,
                             "abc"[i % 3], i % 4])  # fmt: skip
    with (folder / "data" / "ties.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["source", "target"])
        ties = made.network.ties
        writer.writerows((made.network.ids[i], made.network.ids[j])
                         for i, j in zip(ties.listener.tolist(), ties.peer.tolist(), strict=True) if i < j)  # fmt: skip
    (folder / "survey.toml").write_text(
        'based_on = "default"\ntitle = "A <survey>"\n[run]\nreplicates = 5\n[network]\nsource = "file"\npath = "data"\n'
        "period_months = 3\nobserved_periods = 9\n"
    )
    return folder


def run(*words: str) -> Any:
    return CliRunner().invoke(commands, ["calibrate", *words], standalone_mode=False)


def test_a_calibration_from_the_command_line(survey: Path, tmp_path: Path) -> None:
    out = tmp_path / "fitted"
    words = (str(survey / "survey.toml"), "--covariate", "age", "--covariate", "trade=category",
             "--outside-column", "outside", "--explanation", "covariates-and-peers", "--replicates", "10")  # fmt: skip
    result = run(*words, "--out", str(out))
    assert result.exception is None, result.output
    assert "An S-shaped curve does not prove contagion" in result.output.replace("\n    ", " ")
    found = json.loads((out / "calibration.json").read_text())
    assert found["data"] | {"adoptions": 0, "censored": 0, "person_periods": 0} == {
        "services": 60, "adoptions": 0, "given_at_start": 6, "censored": 0, "steps": 8, "first_period": 1,
        "period_months": 3, "person_periods": 0, "groups": 2, "named_outside": 90,
    }  # fmt: skip
    chosen = next(e for e in found["explanations"] if e["name"] == "covariates-and-peers")
    peers = chosen["parameters"]["peer_influence"]
    assert peers["field"] == PEERS
    assert peers["low"] <= peers["value"] <= peers["high"]
    assert (1 - peers["per_month"]) ** 3 == pytest.approx(1 - peers["value"])
    page = (out / "report.html").read_text()
    assert "A &lt;survey&gt;" in page
    assert "A <survey>" not in page
    assert "src=" not in page
    assert "town <" not in page
    # The scenario runs as it stands, with the readiness that was fitted.
    scenario = ss.load_scenario(out / "scenario.toml")
    assert scenario.behaviour.adoption.peer_influence_facilitated == peers["value"]
    compared = ss.compare(scenario, replicates=3, frontier=False, doubt="none")
    assert list(compared.strategies) == ["without-peers", "as-fitted"]
    effect = chosen["parameters"]["age"]["value"]
    ages = np.array([30 + i % 9 if i != 7 else np.nan for i in range(60)])
    z = np.nan_to_num((ages - np.nanmean(ages)) / np.nanstd(ages))
    trades = [chosen["parameters"].get(f"trade={'abc'[i % 3]}", {"value": 0.0})["value"] for i in range(60)]
    expected = np.clip(1 / (1 + np.exp(-(effect * z + trades))), 0.02, 0.98)
    assert compared.network["readiness"] == pytest.approx(expected, rel=1e-9)
    # Nothing is replaced unasked; the same words give the same bytes.
    refused = run(*words, "--out", str(out))
    assert isinstance(refused.exception, ss.InputError)
    again = tmp_path / "again"
    assert run(*words, "--out", str(again), "--quiet", "--no-prediction", "--no-report").exception is None
    assert (again / "scenario.toml").read_bytes() == (out / "scenario.toml").read_bytes()
    same = json.loads((again / "calibration.json").read_text())
    for part in ("data", "explanations", "tests", "sensitivity", "not_identified"):
        assert same[part] == found[part]


@pytest.mark.parametrize("push", ["curved", "by-period"])
def test_a_push_that_changes_over_time_is_handed_over_whole(push: Any) -> None:
    """The chance of adopting without peers, in each month of the scenario, is that of the fit."""
    history = simulated({PUSH: 0.15, PEERS: 0.0}, steps=6, n=200)[0]
    fit = fit_likelihood(likelihood(history, Hypothesis("changing", "", push, peers=False)), curvature=False)
    pushes = fit.likelihood.pushes(fit.estimates)
    assert np.ptp(pushes) > 0.01
    plan = strategy_plan(scenario_of_fit(ss.load_scenario("default"), fit, history.n_steps, []))
    told = [rules.external_influence(plan.behaviour, m) for m in plan.levers]
    assert told == pytest.approx(pushes, rel=1e-12)


@pytest.mark.parametrize("push", ["changing-push", "push-by-period"])
def test_calibrate_gives_the_explanation_asked_for_as_a_scenario(survey: Path, tmp_path: Path, push: str) -> None:
    out = tmp_path / "fitted"
    words = (str(survey / "survey.toml"), "--explanation", push, "--no-prediction", "--no-report", "--quiet")
    assert run(*words, "--out", str(out)).exception is None
    programme = ss.load_scenario(out / "scenario.toml").programme
    assert [change.month for change in programme.external_push] == list(range(8))
    assert max(change.factor for change in programme.external_push) == 1.0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("default",), "generated network"),
        (("{survey}", "--covariate", "agee"), "did you mean 'age'"),
        (("{survey}", "--covariate", "trade"), "trade=category"),
        (("{survey}", "--covariate", "age=number"), "not a kind of covariate"),
        (("{survey}", "--outside-column", "trade"), "is not a number"),
        (("{survey}", "--explanation", "peer"), "there is no explanation 'peer'"),
        (("{survey}", "--set", "network.columns.adopted_month=trade"), "'a' is not a number"),
    ],
)
def test_what_cannot_be_used_is_said_with_a_remedy(
    survey: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    result = run(*(w.format(survey=survey / "survey.toml") for w in words), "--out", str(tmp_path / "out"))
    assert isinstance(result.exception, (ss.InputError, ss.SpreadsimError))
    assert said in str(result.exception)
    assert not (tmp_path / "out").exists()


# ------------------------------------------------------------------------------------------------- real data


def fits_of(name: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> dict[str, Any]:
    monkeypatch.setenv("SPREADSIM_DATA", str(folder))
    history = load_history(load_scenario(name))
    tried = [e for e in candidate_hypotheses(False, False, False) if e.form == "linear"]
    return {e.name: fit_likelihood(likelihood(history, e), curvature=False) for e in tried}


def test_prescribing_asks_for_a_push_by_period_and_the_scenario_has_it(real_data: Path) -> None:
    """Nobody surveyed ties: only pushes are compared. Practices changed in waves, after an incentive."""
    settings = ["network.source=file", "network.path=prescribing-change", "network.observed_periods=65"]
    source = ss.load_scenario("default", settings).with_folders(real_data)
    history = load_history(source)
    assert (history.n, history.n_adoptions) == (7679, 6319)
    pushes: tuple[Any, ...] = ("constant", "curved", "by-period")
    alone = [Hypothesis(push, "", push, peers=False) for push in pushes]
    fits = [fit_likelihood(likelihood(history, e), curvature=False) for e in alone]
    assert fits[0].aic > fits[1].aic + 1000
    assert fits[1].aic > fits[2].aic + 1000
    plan = strategy_plan(scenario_of_fit(source, fits[2], history.n_steps, []))
    told = [rules.external_influence(plan.behaviour, m) for m in plan.levers]
    assert told == pytest.approx(fits[2].likelihood.pushes(fits[2].estimates), rel=1e-12)


def test_on_medical_innovation_nothing_speaks_for_peers(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fits = fits_of("medical-innovation", monkeypatch, real_data)
    assert all(test.p_value > 0.05 for test in peer_tests(nested_tests(fits)))
    assert fits["peers"].likelihood.impossible == 38


def test_on_family_planning_exposure_matters_whatever_the_push(
    real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = fits_of("family-planning", monkeypatch, real_data)
    assert all(test.p_value < 1e-9 for test in peer_tests(nested_tests(fits)))


def test_words_for_what_the_tests_say() -> None:
    assert findings.p_words(0.0004) == "p < .001"
    assert findings.p_words(0.034) == "p = .034"
    assert findings.p_words(1.0) == "p = 1"
