"""The analyses against answers that are known: the Ishigami function, a box that was put there, coin tosses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from spreadsim.errors import InputError
from spreadsim.sweeps.designs import Points
from spreadsim.sweeps.discovery import find_region
from spreadsim.sweeps.equal_effort import first_crossing
from spreadsim.sweeps.experiment import Factor
from spreadsim.sweeps.robustness import (
    convergence,
    interior,
    robustness,
    robustness_sentence,
    satisficing,
    wilson,
)
from spreadsim.sweeps.sensitivity import morris_indices, rank_correlations, sobol_indices

THREE = tuple(Factor(f"x{i}", "number", -np.pi, np.pi) for i in (1, 2, 3))


def ishigami(unit: np.ndarray) -> np.ndarray:
    x = -np.pi + 2 * np.pi * unit
    return np.asarray(np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))


def sobol_points(samples: int) -> Points:
    sobol = pytest.importorskip("SALib.sample.sobol")
    problem = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[0, 1]] * 3}
    return Points(THREE, sobol.sample(problem, samples, calc_second_order=False, seed=1), "sobol")


def test_sobol_indices_of_ishigami() -> None:
    """Exact: first order .3139, .4424, 0; total .5576, .4424, .2437 (a = 7, b = .1)."""
    points = sobol_points(2048)
    found = {(i.parameter, i.kind): i for i in sobol_indices(points, ishigami(points.unit))}
    exact = {"first": (0.3139, 0.4424, 0.0), "total": (0.5576, 0.4424, 0.2437)}
    for kind, values in exact.items():
        for parameter, value in zip(("x1", "x2", "x3"), values, strict=True):
            index = found[parameter, kind]
            assert index.value == pytest.approx(value, abs=0.03)
            assert index.low - 0.02 <= value <= index.high + 0.02
    assert not found["x3", "first"].excludes_zero
    assert "covers zero" in found["x3", "first"].sentence
    assert "accounts by itself and with others for" in found["x1", "total"].sentence


def test_morris_ranks_ishigami() -> None:
    """x3 acts through x1 alone: its effects are as large as their spread."""
    morris = pytest.importorskip("SALib.sample.morris")
    problem = {"num_vars": 3, "names": ["x1", "x2", "x3"], "bounds": [[0, 1]] * 3}
    points = Points(THREE, morris.sample(problem, 400, num_levels=4, seed=1), "morris")
    found = {i.parameter: i for i in morris_indices(points, ishigami(points.unit))}
    assert set(found) == {"x1", "x2", "x3"}
    assert all(index.excludes_zero for index in found.values())
    assert "depends on the others" in found["x3"].sentence
    linear = {i.parameter: i for i in morris_indices(points, 3 * points.unit[:, 0] + points.unit[:, 1])}
    assert linear["x1"].value == pytest.approx(3.0)
    assert linear["x2"].value == pytest.approx(1.0)
    assert not linear["x3"].excludes_zero


def test_a_design_that_does_not_fit_is_refused() -> None:
    points = Points(THREE, np.random.default_rng(1).random((64, 3)), "latin-hypercube")
    values = ishigami(points.unit)
    with pytest.raises(InputError, match="a latin-hypercube design cannot give sobol indices"):
        sobol_indices(points, values)
    with pytest.raises(InputError, match="a latin-hypercube design cannot give morris indices"):
        morris_indices(points, values)
    with pytest.raises(InputError, match="1 points have no value"):
        rank_correlations(points, np.where(np.arange(64) == 3, np.nan, values))


def test_rank_correlations_see_a_rise_and_not_noise() -> None:
    rng = np.random.default_rng(2)
    points = Points(THREE, rng.random((300, 3)), "latin-hypercube")
    found = {i.parameter: i for i in rank_correlations(points, -points.unit[:, 1] + 0.3 * rng.standard_normal(300))}
    assert found["x2"].high < -0.4
    assert "falls with x2" in found["x2"].sentence
    assert not found["x1"].excludes_zero
    assert not found["x3"].excludes_zero


def test_prim_finds_the_box_that_was_put_there() -> None:
    pytest.importorskip("prim")
    rng = np.random.default_rng(3)
    factors = tuple(Factor(name, "number", 0.0, 1.0) for name in "abcdef")
    points = Points(factors, rng.random((800, 6)), "latin-hypercube")
    holds = (points.unit[:, 0] > 0.6) & (points.unit[:, 3] < 0.5)
    region = find_region(points, holds, density=0.95)
    assert region is not None
    assert set(region.limits) == {"a", "d"}
    assert region.limits["a"][0] == pytest.approx(0.6, abs=0.08)
    assert region.limits["d"][1] == pytest.approx(0.5, abs=0.08)
    assert region.density >= 0.95
    assert region.coverage >= 0.95
    assert region.held_out_density >= 0.85
    assert "a is between" in region.sentence("it is so")
    assert "(density)" in region.sentence("it is so")


def test_prim_finds_no_box_in_coin_tosses() -> None:
    pytest.importorskip("prim")
    rng = np.random.default_rng(4)
    points = Points(THREE, rng.random((400, 3)), "latin-hypercube")
    region = find_region(points, rng.random(400) < 0.3)
    assert region is not None
    assert not region.is_confirmed
    assert "no region distinguishes them" in region.sentence("it is so")


def test_the_best_of_noise_is_inside_by_luck_and_not_confirmed() -> None:
    """Eleven settings that do not differ: the best is inside nine times in eleven, and beats an end half the time."""
    noise = np.random.default_rng(5).standard_normal((4000, 11, 8))
    found = interior(noise, tuple(i / 10 for i in range(11)), 1.0)
    assert found is not None
    assert found.chosen == pytest.approx(9 / 11, abs=0.02)
    assert found.confirmed == pytest.approx(found.chosen / 2, abs=0.03)
    assert found.told_apart == pytest.approx(0.025 * found.chosen, abs=0.01)
    hump = -((np.linspace(0, 1, 11) - 0.4) ** 2)
    there = interior(0.01 * noise[:200] + hump[None, :, None], tuple(i / 10 for i in range(11)), 1.0)
    assert there is not None
    assert there.told_apart == 1.0
    lower = interior(0.01 * noise[:200] - hump[None, :, None], tuple(i / 10 for i in range(11)), 1.0)
    assert lower is not None
    assert lower.chosen == 0.0


def test_regret_and_satisficing() -> None:
    means = np.array([[1.0, 2.0, 1.5], [4.0, 0.0, 3.5]])
    rows = {r.setting: r for r in robustness(means[:, :, None].repeat(2, axis=2), ("a", "b", "c"), 1.0, means >= 1.5)}
    assert rows["a"].max_regret == 1.0
    assert rows["b"].max_regret == 4.0
    assert rows["c"].mean_regret == 0.5
    assert (rows["a"].satisfies, rows["b"].satisfies, rows["c"].satisfies) == (0.5, 0.5, 1.0)
    assert (rows["a"].best_in, rows["b"].best_in, rows["c"].best_in) == (0.5, 0.5, 0.0)
    fewer = robustness(means[:, :, None], ("a", "b", "c"), -1.0)
    assert {r.setting: r.best_in for r in fewer} == {"a": 0.5, "b": 0.5, "c": 0.0}


@pytest.mark.parametrize(
    ("points", "replicates", "silent"),
    [
        (64, 4, []),
        (40, 4, ["its 90th percentile"]),
        (12, 4, ["mean regret", "its 90th percentile"]),
        (64, 2, ["mean regret", "its 90th percentile", "how often a setting is best", "how often it meets the limits"]),
    ],
)
def test_every_figure_of_robustness_has_its_interval_or_says_that_it_has_none(
    points: int, replicates: int, silent: list[str]
) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(0.3, 0.1, (points, 2, 1)) + rng.normal(0.0, 0.01, (points, 2, replicates))
    rows = robustness(values, ("a", "b"), 1.0, satisfying=satisficing([(values, ">=", 0.3)]))
    text = robustness_sentence(rows, "benefit >= 0.3")
    least = rows[0]
    assert (f"mean regret, {least.mean_regret:.3g} ({least.regret_low:.3g} to " in text) == (
        "mean regret" not in silent
    )
    tail = f" of {least.regret_90:.3g} ({least.regret_90_low:.3g} to "
    assert (tail in text) == ("its 90th percentile" not in silent)
    assert len(re.findall(r"% of the points \(\d+% to \d+%\)", text)) == (2 if len(silent) < 4 else 0)
    assert ("too few for an interval" in text) == bool(silent)
    for name in silent:
        assert name in text.split("too few for an interval of")[1]


def test_convergence_tells_noise_from_a_difference() -> None:
    rng = np.random.default_rng(6)
    noise = convergence(rng.standard_normal((200, 3, 4)), ("a", "b", "c"), 1.0)
    assert noise is not None
    assert noise.share_noise > 0.8
    clear = np.array([0.0, 1.0, 2.0])[None, :, None] + rng.random((200, 1, 1)) + 0.01 * rng.standard_normal((200, 3, 4))
    found = convergence(clear, ("a", "b", "c"), 1.0)
    assert found is not None
    assert found.share_noise < 0.01
    assert found.agree == 1.0
    assert found.favourite == "c"


def test_equal_effort_lies_between_what_was_run() -> None:
    found = first_crossing(np.array([[10.0, 20.0, 30.0], [30.0, 26.0, 20.0]]), np.array([25.0, 25.0]))
    assert found is not None
    assert found[0].tolist() == [1, 1]
    assert found[1].tolist() == pytest.approx([0.5, 1 / 6])
    assert first_crossing(np.array([[10.0, 20.0]]), np.array([25.0])) is None


def test_wilson() -> None:
    assert wilson(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert wilson(0.0, 20)[1] == pytest.approx(0.1611, abs=1e-4)


def test_a_small_sweep_is_analysed_into_one_page(tmp_path: Path) -> None:
    pytest.importorskip("prim")
    from spreadsim.sweeps.coordinator import sweep
    from spreadsim.sweeps.report import analyse

    file = tmp_path / "small.toml"
    file.write_text(
        'format = 1\nname = "small"\nscenario = "default"\nstrategy = "blend"\n[settings]\n"network.services" = 40\n'
        '"network.hierarchy" = [{ level = "team", count = 8 }]\n[run]\nmonths = 18\nreplicates = 4\n'
        '[design]\nmethod = "latin-hypercube"\nsamples = 60\n[levers]\nbalance = [0.7, 0.8, 0.9, 1.0]\n'
        'support = [0.0, 1.0]\n[uncertainties]\n"behaviour.engagement.reactance" = "plausible"\n'
        '"behaviour.mandate.compliance_rate" = { low = 0.01, high = 0.3 }\n[outcomes]\nmeasures = ["benefit", "cost"]\n'
    )
    sweep(file, out=tmp_path / "out")
    analysis = analyse(tmp_path / "out", limits=["benefit>=0.05"])
    assert {"Robustness", "Where each has the highest mean", "Were there enough runs?"} <= set(analysis.sentences())
    page = (tmp_path / "out" / "analysis" / "report.html").read_text()
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert "<script" not in page
    found = json.loads((tmp_path / "out" / "analysis" / "findings.json").read_text())
    assert len(found["robustness"]) == 16
    at_equal = analyse(tmp_path / "out", equal="cost", along="support", measures=["benefit"], out=tmp_path / "equal")
    assert "mixes reach it at every point" in at_equal.sentences()["At equal effort"][0]
    (next((tmp_path / "out" / "runs").glob("*.parquet"))).write_bytes(b"no")
    with pytest.raises(InputError, match="give the sweep command again"):
        analyse(tmp_path / "out")


def test_the_settings_told_of_are_those_that_are_best_most_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With more settings than are told of, not the first of the file, which here are best nowhere."""
    pytest.importorskip("prim")
    from spreadsim.sweeps import report
    from spreadsim.sweeps.coordinator import sweep

    file = tmp_path / "mixes.toml"
    file.write_text(
        'format = 1\nname = "mixes"\nscenario = "default"\nstrategy = "blend"\n[settings]\n"network.services" = 40\n'
        '"network.hierarchy" = [{ level = "team", count = 8 }]\n[run]\nmonths = 18\nreplicates = 2\n'
        '[design]\nmethod = "latin-hypercube"\nsamples = 50\n[levers]\nmandate = [0.0, 0.2, 1.0]\n'
        "latitude = [0.05, 0.5]\npeer_programme = [0.0, 1.0]\n[uncertainties]\n"
        '"behaviour.mandate.compliance_rate" = { low = 0.01, high = 0.3 }\n[outcomes]\nmeasures = ["reported_uptake"]\n'
    )
    sweep(file, out=tmp_path / "out")
    monkeypatch.setattr(report, "MAX_REGIONS", 2)
    analysis = report.analyse(tmp_path / "out")
    best = {row["setting"]: row["best_in"] for row in analysis.tables["robustness"]}
    first, *told = analysis.sentences()["Where each has the highest mean"]
    most_often = sorted(best, key=lambda name: -best[name])[:2]
    assert first.startswith("reported_uptake: of 6 settings")  # latitude changes no uptake: the same in every run
    assert len(analysis.sentences()["Settings that do not differ"]) == 6
    assert len(told) == 2
    assert {name for name in best if any(f"'{name}'" in text for text in told)} == set(most_often)
    assert all("'mandate 1," in text for text in told)


def test_whole_numbers_are_ranked_as_they_are_run() -> None:
    unit = np.random.default_rng(3).random((60, 2))
    points = Points((Factor("n", "integer", 1, 3), Factor("x", "number", 0.0, 1.0)), unit, "latin-hypercube")
    first = rank_correlations(points, np.array(points.columns()["n"], dtype=float))[0]
    assert first.parameter == "n"
    assert first.value == pytest.approx(1.0)
