"""Sweeps whose analysis once said what was not so, each with the right value (``cases/``)."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spreadsim as ss
from spreadsim.errors import InputError
from spreadsim.sweeps import work
from spreadsim.sweeps.coordinator import sweep
from spreadsim.sweeps.designs import Points
from spreadsim.sweeps.experiment import Factor, load_experiment
from spreadsim.sweeps.map import Axis, HeatMap
from spreadsim.sweeps.page import heat_rows
from spreadsim.sweeps.report import analyse, examine
from spreadsim.sweeps.robustness import Convergence, convergence, interior
from spreadsim.sweeps.sensitivity import rank_correlations, sobol_indices
from spreadsim.sweeps.size import size_lines
from spreadsim.sweeps.tables import SweepTables

CASES = Path(__file__).parent / "cases"


def test_luck_that_all_points_share_is_not_noise_between_points() -> None:
    """Points differ by 1, luck moves all of them by 1, the remainder by .1: noise is .01 / 4, not half of it all."""
    rng = np.random.default_rng(1)
    shape = (60, 2, 4)
    values = rng.standard_normal((60, 1, 1)) + 1.0 * rng.standard_normal((1, 1, 4)) + 0.1 * rng.standard_normal(shape)
    result = convergence(values, ("a", "b"), 1.0)
    assert result is not None
    assert result.share_noise == pytest.approx(0.0025, abs=0.001)


def test_a_grid_gives_no_advice_from_its_first_half(tmp_path: Path) -> None:
    folder = sweep(CASES / "grid.toml", settings=["run.months=24"], out=tmp_path / "grid").folder
    tables = SweepTables(folder)
    said = " ".join(examine(tables, measures=["benefit"]).sentences()["Were there enough runs?"])
    assert "first half" not in said
    months = examine(tables, measures=["months_to_half"])
    assert "Never reached" in months.sentences()
    values = tables.values("months_to_half")
    assert np.isfinite(values).all()
    assert values.max() == 24


def test_half_of_a_sobol_design_is_a_smaller_one() -> None:
    result = convergence(np.random.default_rng(2).standard_normal((64, 2, 4)), ("a", "b"), 1.0)
    assert result is not None
    assert "first half" in result.sentence


def test_a_table_without_uncertainties_is_refused() -> None:
    with pytest.raises(InputError, match="rows would be ignored"):
        load_experiment(str(CASES / "tab.toml"))


def test_strategies_that_the_dial_makes_equal_are_run_and_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(CASES, tmp_path / "cases")
    file = tmp_path / "cases" / "pn.toml"
    file.write_text(file.read_text().replace("[design]", '[outcomes]\nmeasures = ["benefit"]\n[design]'))
    computed = []
    run = work._run_setting

    def count(worker: Any, scenario: Any, plan: Any, replicates: Sequence[int]) -> Any:
        computed.append(len(replicates))
        return run(worker, scenario, plan, replicates)

    monkeypatch.setattr(work, "_run_setting", count)
    study = load_experiment(str(file), ["run.months=18"])
    assert dict(size_lines(study))["run once"].startswith("3 settings")
    folder = sweep(study, out=tmp_path / "pn").folder
    assert sum(computed) == 64 * 3 * 3  # of 64 points, 3 strategies by 3 balances, 3 replicates
    assert SweepTables(folder).values("benefit").shape == (64, 9, 3)
    analysis = analyse(folder)
    assert len(analysis.sentences()["Settings that do not differ"]) == 3
    assert [row["setting"] for row in analysis.tables["robustness"]].count("balance 0.5") == 1
    assert not any("strategy" in str(row["setting"]) for row in analysis.tables["robustness"])


def test_indices_of_the_second_order_are_shown() -> None:
    """The product of two is all interaction: its second-order index is 1, its first-order ones 0."""
    pytest.importorskip("SALib")
    from spreadsim.sweeps.designs import points_of

    study = load_experiment(str(CASES / "sob.toml"), ["design.samples=2048"])
    points = points_of(study)
    unit = points.unit
    found = sobol_indices(points, (unit[:, 0] - 0.5) * (unit[:, 1] - 0.5), second_order=True)
    pairs = [index for index in found if index.kind == "second"]
    assert len(pairs) == 6
    assert pairs[0].parameter == "behaviour.engagement.reactance with behaviour.copying.omission_rate"
    assert pairs[0].value == pytest.approx(1.0, abs=0.15)
    assert "by their interaction" in pairs[0].sentence
    assert not any(index.excludes_zero for index in pairs[1:])


def test_an_index_that_no_share_can_be_is_flagged() -> None:
    from spreadsim.sweeps.sensitivity import _sobol

    assert "no share of a variance" in _sobol("a", "total", 1.3, 1.1, 1.5).sentence
    assert "no share of a variance" in _sobol("a", "first", -0.2, -0.3, -0.1).sentence
    near_one, near_none = _sobol("a", "total", 0.9, 0.8, 1.05), _sobol("a", "first", 0.01, -0.11, 0.13)
    assert "no share" not in near_one.sentence
    assert (near_one.high, near_none.low) == (1.0, 0.0)
    assert "interval 0.00 to 0.13 covers zero" in near_none.sentence


def test_a_map_of_a_share_has_no_impossible_limits() -> None:
    axes = Axis("balance", ("0", "1"), False, np.array([0, 1])), Axis("", ("",), False, np.array([0, 0]))
    mean, half = np.array([[0.01, 0.98]]), np.array([[0.12, 0.12]])
    heat = HeatMap("reach", *axes, mean, half, np.array([[10, 10]]), (0, 1))
    assert (heat.interval(0, 0)[0], heat.interval(0, 1)[1]) == (0.0, 1.0)
    assert heat_rows(heat)[0]["low"] == 0.0


def test_options_without_order_are_not_ranked() -> None:
    """The middle option gives more: a rank correlation would be 0; the share of ranks says so, in any order."""
    rng = np.random.default_rng(3)
    number = np.arange(90) % 3
    y = np.where(number == 1, 1.0, 0.0) + 0.01 * rng.standard_normal(90)
    values = []
    for options in (("a", "b", "c"), ("b", "a", "c")):
        place = np.array([options.index("abc"[i]) for i in number])
        unit = np.stack([(place + 0.5) / 3, rng.random(90)], axis=1)
        factors = (Factor("x", "choice", values=options), Factor("y", "number", 0.0, 1.0))
        index = next(i for i in rank_correlations(Points(factors, unit, "table"), y) if i.parameter == "x")
        assert index.kind == "share of ranks"
        assert "differs between the options" in index.sentence
        values.append(index.value)
    assert values[0] == pytest.approx(values[1])
    assert values[0] > 0.6


def test_the_share_inside_knows_that_luck_is_one_at_every_point() -> None:
    """An end is best everywhere by .01; the luck of four replicates moves all hundred points by .02 together."""
    held = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        curve = np.array([0.0, 0.0, 0.01])[None, :, None] + 0.002 * rng.standard_normal((100, 1, 1))
        luck = 0.02 * rng.standard_normal((1, 3, 4)) + 0.01 * rng.standard_normal((100, 3, 4))
        result = interior(curve + luck, (0.1, 0.5, 0.9), 1.0)
        assert result is not None
        held += result.low == 0.0
    assert held >= 60 * 0.9


def test_a_region_has_the_density_asked_for_or_says_that_none_has() -> None:
    from spreadsim.sweeps.discovery import find_region

    pytest.importorskip("prim")
    rng = np.random.default_rng(4)
    unit = rng.random((400, 2))
    points = Points((Factor("a", "number", 0.0, 1.0), Factor("b", "number", 0.0, 1.0)), unit, "latin-hypercube")
    there = find_region(points, unit[:, 0] > 0.5, density=0.9)
    assert there is not None
    assert there.reaches
    assert "No region has" not in there.sentence("it")
    assert [mass for _, _, mass in there.trade_off] == sorted((m for _, _, m in there.trade_off), reverse=True)
    faint = find_region(points, rng.random(400) < 0.2 + 0.3 * unit[:, 0], density=0.95)
    assert faint is not None
    assert not faint.reaches
    assert faint.is_confirmed == ("No region has the density" in faint.sentence("it"))
    assert faint.is_confirmed != ("no region distinguishes" in faint.sentence("it"))


def test_a_region_is_named_only_where_points_held_out_bear_it_out() -> None:
    from spreadsim.sweeps.discovery import Region

    found = Region({"a": (0.0, 0.5)}, 0.7976, 0.81, 0.6, 0.61, 0.59, 0.64, 0.61, 0.8)
    found = replace(found, density_low=0.5, density_high=0.68)
    assert not found.is_confirmed
    said = found.sentence("a mandate is best")
    assert said.startswith("a mandate is best in 61% of the points, and no region distinguishes them beyond chance:")
    assert (
        "it holds in 79.8% of the points that found the region, and in 59% (50% to 68%) of those held out there" in said
    )
    assert "there, against 61% of all held out." in said
    assert "mostly" not in said
    named = replace(found, held_out_density=0.78, density_low=0.66, density_high=0.87)
    said = named.sentence("a mandate is best")
    assert said.startswith("a mandate is best mostly where a is between 0 and 0.5: in 79.8% of the points there")
    assert said.endswith("No region has the density asked for, 80%: this is the densest.")
    rarer = replace(named, density=0.4, base=0.2, held_out_base=0.2, held_out_density=0.39, density_low=0.3)
    assert rarer.sentence("it").startswith("it more often where a is")
    untested = replace(found, held_out_density=np.nan, density_low=np.nan, density_high=np.nan)
    assert "no point held out lies there" in untested.sentence("it")


@pytest.mark.parametrize(
    ("share_noise", "agree", "said", "unsaid"),
    [
        (0.02, 0.9, "enough replicates", "more replicates"),
        (0.02, 0.4, "more replicates would tell more of them apart", "enough replicates"),
        (0.4, 0.9, "more replicates would help", "enough replicates"),
    ],
)
def test_enough_replicates_is_said_only_where_the_best_is_told_apart(
    share_noise: float, agree: float, said: str, unsaid: str
) -> None:
    sentence = Convergence(share_noise, agree, 0.6, 0.62, "blend").sentence
    assert said in sentence
    assert unsaid not in sentence


def test_the_page_says_how_many_runs_and_uncertainties_there_were(tmp_path: Path) -> None:
    """Mixes at equal effort are fewer than what was run; a star stands for many parameters; options have no range."""
    levers = "levers={mandate=[0.3], latitude=[0.1, 0.3], peer_programme=[1], monitoring=[0], support=[0, 1]}"
    small = ["run.replicates=2", "design.samples=4", "run.months=12", levers]
    folder = sweep("equal-effort", settings=small, out=tmp_path / "effort").folder
    analyse(folder, equal="cost", along="support")
    page = (folder / "analysis" / "report.html").read_text(encoding="utf-8")
    assert "4 points of 66 uncertainties (latin-hypercube), 4 settings of the levers, 2 replicates: 32 runs." in page
    assert "<code>mandate</code>: 0.3</li>" in page
    assert "<code>support</code>: 0, 1</li>" in page
    options = sweep("clustering", settings=["run.replicates=2", "run.months=12"], out=tmp_path / "clustering").folder
    analyse(options)
    page = (options / "analysis" / "report.html").read_text(encoding="utf-8")
    assert "exposure_response</code>: saturating, threshold</li>" in page
    assert "rewiring</code>: 0, 0.05, 0.2, 1</li>" in page


def test_a_region_is_judged_on_points_held_out_net_of_luck() -> None:
    """One setting is better where a is above .5: boxes found with luck hold the true density of points held out."""
    from spreadsim.sweeps.discovery import find_region, judged

    pytest.importorskip("prim")
    held = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        unit = rng.random((160, 2))
        points = Points((Factor("a", "number", 0.0, 1.0), Factor("b", "number", 0.0, 1.0)), unit, "latin-hypercube")
        gap = 0.2 * (unit[:, 0] - 0.5)
        values = np.stack([gap, 0 * gap], axis=1)[:, None] + 0.05 * rng.standard_normal((160, 4, 2))
        region = find_region(points, values.mean(axis=1).argmax(axis=1) == 0)
        assert region is not None
        result = judged(region, points, values, lambda level: (level[..., 0] > level[..., 1]) * 1.0)
        a, b = (np.array(points.columns()[name]) for name in "ab")
        inside = np.arange(160) % 2 == 1
        for name, column in (("a", a), ("b", b)):
            low, high = region.limits.get(name, (0.0, 1.0))
            inside &= (column >= low) & (column <= high)
        truth = float(np.mean(gap[inside] > 0))
        held += result.density_low <= truth <= result.density_high
    assert held >= 16


@pytest.mark.verification
def test_over_run_seeds_the_share_of_inner_balances_has_intervals_that_hold_the_truth(tmp_path: Path) -> None:
    """Of 12 run seeds, with four replicates each, fewer than ten would hold it in 2% of cases (an interval of 95%)."""
    lever = (0.1, 0.5, 0.9)
    many = ["run.replicates=120", "run.seed=1000"]
    truth = SweepTables(sweep(CASES / "tab2.toml", settings=many, out=tmp_path / "many").folder).values("benefit")
    best = truth.mean(axis=2).argmax(axis=1)
    share = float(np.mean(best == 1))
    held = []
    for seed in range(21, 33):
        folder = sweep(CASES / "tab2.toml", settings=[f"run.seed={seed}"], out=tmp_path / str(seed)).folder
        result = interior(SweepTables(folder).values("benefit"), lever, 1.0)
        assert result is not None
        held.append(result.low <= share <= result.high)
        print(seed, f"{result.inside:.2f} ({result.low:.2f} to {result.high:.2f}), truth {share:.2f}")
    assert sum(held) >= 10


def test_strategies_that_respond_are_swept_as_they_are_compared(tmp_path: Path) -> None:
    """Every point and setting of a strategy with a rule is the comparison of that scenario, in which the rule fires."""
    path = tmp_path / "rules.toml"
    path.write_text(
        'format = 1\nname = "rules"\nscenario = "look-before-you-push"\nstrategy = "look-weak"\n'
        '[run]\nreplicates = 3\nmonths = 24\n[design]\nmethod = "grid"\n'
        '[uncertainties]\n"behaviour.drift.rate" = [0.0, 0.03]\n[levers]\nsupport = [0.2, 0.9]\n',
        encoding="utf-8",
    )
    values = SweepTables(sweep(path, out=tmp_path / "out").folder).values("cost")
    fired = 0
    for point, rate in enumerate((0.0, 0.03)):
        for setting, support in enumerate((0.2, 0.9)):
            own = [f"behaviour.drift.rate={rate}", f"strategies.look-weak.support={support}", "run.months=24"]
            scenario = ss.load_scenario("look-before-you-push", own)
            alone = scenario.model_copy(update={"strategies": {"look-weak": scenario.strategies["look-weak"]}})
            result = ss.compare(alone, replicates=3, frontier=False, doubt="none")
            np.testing.assert_array_equal(values[point, setting], result.values("look-weak", "cost"))
            fired += sum(bool(one.firings) for one in result.outcomes["look-weak"])
    assert fired > 0
