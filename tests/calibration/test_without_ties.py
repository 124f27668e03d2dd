"""Calibration where nobody said who is tied to whom: periods, groups and covariates, and no word on peers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import spreadsim as ss
from spreadsim.calibration.calibration import BASE
from spreadsim.calibration.estimation import MAX_PROFILED, fit_likelihood
from spreadsim.calibration.likelihood import Likelihood
from spreadsim.calibration.reduced_model import reduced_scenario, strategy_plan
from spreadsim.calibration.risk_sets import services_alike
from spreadsim.cli import commands

STEPS = 48


def write(folder: Path, services: pd.DataFrame, months: int, ties: pd.DataFrame | None = None) -> Path:
    """Write a network's tables and a scenario that reads them; return the scenario's path."""
    (folder / "data").mkdir()
    services.to_csv(folder / "data" / "services.csv", index=False)
    if ties is not None:
        ties.to_csv(folder / "data" / "ties.csv", index=False)
    path = folder / "monthly.toml"
    network = f'source = "file"\npath = "data"\nobserved_periods = {months}'
    path.write_text(f'format = 1\nbased_on = "default"\n[network]\n{network}\n')
    return path


@pytest.fixture(scope="module")
def truth() -> dict[str, np.ndarray]:
    """A push that jumps in month 30, groups and a covariate that differ: 4,000 services, drawn by hand."""
    rng = np.random.default_rng(7)
    n, n_groups = 4000, 50
    push = np.full(STEPS, 0.02)
    push[29:32] = 0.25
    effect = rng.normal(0.0, 0.6, n_groups)
    effect -= effect.mean()
    group = np.arange(n) % n_groups
    size = rng.normal(size=n)
    size = (size - size.mean()) / size.std()
    readiness = np.clip(1 / (1 + np.exp(-(effect[group] + 0.5 * size))), 0.02, 0.98)
    happens = rng.random((n, STEPS)) < push[None, :] * readiness[:, None]
    when = np.where(happens.any(axis=1), happens.argmax(axis=1) + 2.0, np.nan)  # month 1 is the start
    return {"push": push, "effect": effect, "group": group, "size": size, "when": when}


@pytest.fixture(scope="module")
def fitted(truth: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> ss.Calibration:
    table = pd.DataFrame({
        "id": [f"P{i:04}" for i in range(len(truth["when"]))],
        "region": [f"G{g:02}" for g in truth["group"]],
        "size": truth["size"],
        "adopted_month": truth["when"],
    })  # fmt: skip
    path = write(tmp_path_factory.mktemp("drawn"), table, STEPS + 1)
    return ss.calibrate(str(path), covariates=["size"], predict=False)


def test_a_push_by_period_groups_and_a_covariate_are_recovered(
    fitted: ss.Calibration, truth: dict[str, np.ndarray]
) -> None:
    fit = fitted.fits["push-by-period-covariates-groups"]
    assert fitted.choice == fit.likelihood.hypothesis.name
    assert fit.converged
    assert len(fit.values) > MAX_PROFILED
    interval = fitted.intervals[fitted.choice]["size"]
    assert interval.low < 0.5 < interval.high
    assert interval.high - interval.low < 0.3
    pushes = fit.likelihood.pushes(fit.estimates)
    error = np.sqrt(np.diag(fit.covariance))
    assert np.mean(np.abs(pushes - truth["push"]) < 1.96 * error[:STEPS]) > 0.85
    names = [p.name for p in fit.likelihood.parameters]
    places = [names.index(f"group G{g:02}") for g in range(49)]
    assert np.mean(np.abs(fit.values[places] - truth["effect"][:49]) < 1.96 * error[places]) > 0.85
    assert np.corrcoef(fit.values[places], truth["effect"][:49])[0, 1] > 0.85
    asked = {test.question: test.p_value for test in fitted.tests}
    assert asked["Do groups differ, at equal covariates and in one period?"] < 1e-6
    assert asked["Do covariates matter, between services of one group and in one period?"] < 1e-6


def test_scoring_ends_where_the_slope_is_flat_or_at_bounds(fitted: ss.Calibration) -> None:
    fit = fitted.fits["push-by-period-covariates-groups"]
    slope = fit.likelihood.gradient(fit.values)
    low = np.array([p.low for p in fit.likelihood.parameters])
    inside = fit.values > low
    standard = np.sqrt(np.diag(fit.likelihood.information(fit.values)))
    assert np.all(np.abs(slope[inside]) < 0.02 * standard[inside])


def test_the_expected_information_is_the_variance_of_the_slope(fitted: ss.Calibration) -> None:
    """The information of a row is the square of its slope, averaged over what may happen: against it, by hand."""
    likelihood = fitted.fits["covariates"].likelihood
    values = fitted.fits["covariates"].values
    h = likelihood.chances(values)
    rows = likelihood.rows
    x = likelihood.design.values[rows.service, 0]
    own = h / values[0]
    slopes = np.stack([own, h * (1 - own) * x], axis=1)  # readiness r = own: its slope by log odds is r (1 - r)
    inside = (own > 0.02) & (own < 0.98)
    slopes[~inside, 1] = 0.0
    expected = slopes.T @ (slopes / (h * (1 - h))[:, None])
    assert likelihood.information(values) == pytest.approx(expected, rel=1e-5)


def test_nothing_is_said_of_peers_where_nobody_gave_ties(fitted: ss.Calibration) -> None:
    assert BASE not in fitted.fits
    assert not any(fit.likelihood.hypothesis.peers for fit in fitted.fits.values())
    sections = fitted.sentences()
    assert "Do peers add anything?" not in sections
    first = sections["What tells services and periods apart"]
    assert first[0].startswith("No finding on peers: nobody said who is tied to whom.")
    assert not any("peer influence" in line for lines in sections.values() for line in lines)
    assert fitted.scenario.behaviour.adoption.peer_influence_facilitated == 0.0


def test_a_hypothesis_with_peers_is_refused_without_ties(tmp_path: Path) -> None:
    table = pd.DataFrame({"id": range(16), "adopted_month": [1, 2, 3, 3, 4, 4, 5, None] * 2})
    path = write(tmp_path, table, 6)
    with pytest.raises(ss.InputError, match="nobody said who is tied to whom"):
        ss.calibrate(str(path), explanation="push-and-peers", predict=False)
    ties = pd.DataFrame({"source": range(16), "target": np.roll(range(16), -1)})
    (tmp_path / "with").mkdir()
    path = write(tmp_path / "with", table, 6, ties)
    assert ss.calibrate(str(path), explanation="push-and-peers", predict=False).choice == "push-and-peers"


def test_services_with_one_history_are_counted_once(fitted: ss.Calibration) -> None:
    """The likelihood over services that are alike is that over each by itself."""
    rows = fitted.rows
    alike = services_alike(rows, np.empty((rows.n_services, 0)))
    assert alike is not None
    assert alike.count.sum() == len(np.unique(rows.service))
    assert len(alike.count) <= 2 * STEPS
    assert np.array_equal(rows.step[alike.kept][alike.row], rows.step)
    assert np.array_equal(rows.adopted[alike.kept][alike.row], rows.adopted)
    model = fitted.fits["push"].likelihood
    merged = fitted.fits["varied-readiness"].likelihood
    own = merged.by_service(np.array([0.05, 0.2]))
    first = rows.only(rows.service == rows.service[0])
    plan = strategy_plan(reduced_scenario(fitted.source, fitted.history.n_steps, {}, []))
    single = Likelihood(first, merged.hypothesis, plan, model.readiness)
    assert own[rows.service[0]] == pytest.approx(single.log_likelihood(np.array([0.05, 0.2])), rel=1e-12)
    assert merged.log_likelihood(np.array([0.05, 0.2])) == pytest.approx(own.sum(), rel=1e-12)


def test_a_push_by_period_alone_is_adopters_over_those_left(fitted: ss.Calibration) -> None:
    fit = fit_likelihood(fitted.fits["push-by-period"].likelihood, curvature=False)
    rows = pd.DataFrame({"step": fitted.rows.step, "adopted": fitted.rows.adopted})
    assert fit.likelihood.pushes(fit.estimates) == pytest.approx(rows.groupby("step").adopted.mean(), abs=1e-6)


def test_progress_runs_from_nothing_to_all(tmp_path: Path) -> None:
    table = pd.DataFrame({"id": range(16), "adopted_month": [1, 2, 3, 3, 4, 4, 5, None] * 2})
    told: list[tuple[str, float]] = []
    ss.calibrate(str(write(tmp_path, table, 6)), replicates=4, progress=lambda text, share: told.append((text, share)))
    shares = [share for _, share in told]
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert shares == sorted(shares)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send")
def test_ctrl_c_says_so_and_leaves_nothing(tmp_path: Path, truth: dict[str, np.ndarray]) -> None:
    n = len(truth["when"])
    table = pd.DataFrame({"id": range(n), "region": truth["group"], "size": truth["size"],
                          "adopted_month": truth["when"]})  # fmt: skip
    table = pd.concat([table.assign(id=table["id"] + 10_000 * k) for k in range(8)])  # enough to be at work for a while
    path = write(tmp_path, table, STEPS + 1)
    before = sorted(each.name for each in tmp_path.iterdir())
    words = [sys.executable, "-m", "spreadsim.cli", "calibrate", str(path), "--covariate", "size", "--out", "out"]
    work = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(3)
    work.send_signal(signal.SIGINT)
    _, errors = work.communicate(timeout=60)
    assert work.returncode == 130, errors
    assert "stopped by the user; nothing was written" in errors
    assert "Traceback" not in errors
    assert sorted(each.name for each in tmp_path.iterdir()) == before


# ------------------------------------------------------------------------------------------------- real data


def test_prescribing_change_tells_periods_groups_and_covariates_apart(real_data: Path, tmp_path: Path) -> None:
    """7,679 practices in 192 groups, no ties surveyed. What is checked is counted here with pandas alone."""
    table = pd.read_csv(real_data / "prescribing-change" / "services.csv")
    path = write(tmp_path, table, 65)
    out = tmp_path / "out"
    words = ["calibrate", str(path), "--covariate", "deprivation", "--covariate", "population", "--no-prediction",
             "--no-report", "--out", str(out)]  # fmt: skip
    result = CliRunner().invoke(commands, words, standalone_mode=False)
    assert result.exception is None, result.output
    record = json.loads((out / "calibration.json").read_text())
    adopted = int(table["adopted_month"].notna().sum())
    assert (record["data"]["services"], record["data"]["groups"]) == (7679, 192)
    assert (record["data"]["adoptions"], record["data"]["censored"]) == (adopted, 1360) == (6319, 7679 - 6319)
    assert record["chosen"] == "push-by-period-covariates-groups"
    fits = {each["name"]: each for each in record["explanations"]}
    assert all(each["converged"] for each in fits.values())
    # By hand: adopters of a month over those left, and what that is worth.
    events = np.array([(table["adopted_month"] == month).sum() for month in range(2, 66)])
    left = 7679 - np.concatenate([[0], np.cumsum(events)[:-1]])
    hazard = events / left
    alone = [fits["push-by-period"]["parameters"][f"push_in_step_{k}"]["value"] for k in range(1, 65)]
    assert alone == pytest.approx(hazard, abs=1e-5)
    worth = np.sum(np.where(events > 0, events * np.log(np.maximum(hazard, 1e-300)), 0.0))
    worth += np.sum((left - events) * np.log1p(-hazard))
    assert fits["push-by-period"]["log_likelihood"] == pytest.approx(worth, abs=0.01)
    assert int(np.argmax(hazard)) + 2 == 47
    assert "No finding on peers" in result.output
    assert "47 (" in result.output
