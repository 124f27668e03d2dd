"""What strategies are worth: totals by hand, what is refused, and silence about money where nothing is declared."""

from __future__ import annotations

import csv
import html
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spreadsim as ss
from spreadsim.comparison.comparison import Comparison
from spreadsim.comparison.report import render_report
from spreadsim.comparison.terminal import comparison_text
from spreadsim.comparison.worth import StrategyWorth, worth_of
from spreadsim.errors import InputError, InputErrors
from spreadsim.scenario.document import Worth
from spreadsim.scenario.parameter_sets import with_parameter_sets
from spreadsim.telling.terminal import WIDTH, folded
from tests.conftest import rows_of

MONEY = ["worth.currency=£", "worth.staff_day=100", "worth.full_effect_person_year=0.01", "worth.willingness=20000"]
SMALL = ["network.services=120", "run.months=24", "programme.stop_month=18"]


def compared(*settings: str, replicates: int = 6) -> Comparison:
    scenario = ss.load_scenario("default", [*SMALL, *settings])
    return ss.compare(scenario, replicates=replicates, frontier=False, doubt="none")


@pytest.fixture(scope="module")
def valued() -> Comparison:
    return compared(*MONEY)


def test_totals_are_those_of_the_measures_where_nothing_is_discounted() -> None:
    c = compared(*MONEY, "worth.discount_rate=0")
    of = worth_of(c)
    assert of is not None
    people = sum(row["population"] for row in rows_of(c.outcomes["blend"][0].groups, level="deprivation fifth"))
    i = c.strategies.index("blend")
    assert of.effect[0, 0, i] == pytest.approx(c.values("blend", "cumulative_benefit")[0] * people * 0.01)
    assert of.cost[0, 0, i] == pytest.approx(c.values("blend", "cost")[0] * 120 * 100)


def test_discounting_takes_each_month_to_the_start(valued: Comparison) -> None:
    of = worth_of(valued)
    assert of is not None
    spent = valued.outcomes["blend"][0].curves["cost"]
    weights = [1.035 ** (-month / 12) for month in range(25)]
    assert of.cost[0, 0, 2] == pytest.approx(sum(w * s for w, s in zip(weights, spent, strict=True)) * 120 * 100)


def test_nothing_is_said_in_money_where_nothing_is_declared(tmp_path: Path) -> None:
    c = compared(replicates=2)
    assert worth_of(c) is None
    folder = c.save(tmp_path / "out")
    assert not {"worth.csv", "acceptability.csv"} & {path.name for path in folder.iterdir()}
    assert "worth" not in json.loads((folder / "summary.json").read_text())
    page = (folder / "report.html").read_text()
    assert 'id="worth"' not in page
    assert "QALY" not in page
    assert "willingness" not in page
    for text in (comparison_text(c), comparison_text(c, wide=True)):
        assert not {"QALY", "£", "net benefit", "worth"} & set(text.split())


def test_folder_report_and_terminal_agree(valued: Comparison, tmp_path: Path) -> None:
    of = worth_of(valued)
    assert of is not None
    folder = valued.save(tmp_path / "out")
    summary = json.loads((folder / "summary.json").read_text())["worth"]
    assert summary["declared"]["willingness"] == 20_000
    rows = list(csv.DictReader(io.StringIO((folder / "worth.csv").read_text())))
    assert len(rows) == 3 * 6
    for name in valued.strategies:
        mean = np.mean([float(row["net_benefit"]) for row in rows if row["strategy"] == name])
        assert summary["strategies"][name]["net_benefit"] == pytest.approx(mean)
    curve = list(csv.DictReader(io.StringIO((folder / "acceptability.csv").read_text())))
    at = [row for row in curve if float(row["willingness"]) == 20_000]
    assert [float(row["probability_best"]) for row in at] == [
        summary["strategies"][name]["probability_best"] for name in valued.strategies
    ]
    text = folded(comparison_text(valued))
    assert of.sentence in comparison_text(valued)
    assert max(map(len, text.split("\n"))) <= WIDTH
    page = render_report(valued)
    assert of.sentence in html.unescape(page)
    assert page.count("<svg") == render_report(compared(replicates=6)).count("<svg") + 2
    assert ss.load_scenario(str(folder / "scenario.toml")).worth == valued.scenario.worth


def of(values: list[list[float]], costs: list[list[float]], **fields: Any) -> StrategyWorth:
    worth = Worth(**{"currency": "£", "staff_day": 1.0, "full_effect_person_year": 1.0, "willingness": 10.0} | fields)
    names = ("peers", "blend", "mandate")[: len(values[0])]
    return StrategyWorth(worth, names, np.array([values]), np.array([costs]), 60)


def test_a_sure_leader_is_named_and_an_unsure_one_is_not() -> None:
    sure = of([[1.0, 9.0], [1.1, 9.2], [0.9, 9.1]], [[1.0, 2.0]] * 3)
    assert "blend is clearly best on average: +£80" in sure.sentence
    assert "run by run, it is the best in 100% of them" in sure.sentence
    unsure = of([[1.0, 9.0], [9.0, 1.0], [5.0, 5.1]], [[1.0, 1.0]] * 3)
    assert "there is no clear best" in unsure.sentence
    assert "clearly best on" not in unsure.sentence
    assert "all strategies are the same" in of([[1.0, 1.0]] * 3, [[2.0, 2.0]] * 3).sentence
    assert "too few runs" in of([[1.0, 9.0]], [[1.0, 2.0]]).sentence


def test_dominance_is_said_in_words() -> None:
    lines = of([[1.0, 2.0, 1.5]] * 3, [[1.0, 5.0, 9.0]] * 3).increments
    assert lines[0].startswith("peers costs least")
    assert lines[1] == "blend instead of peers achieves 1 QALYs more for £4 more: £4 a QALY."
    assert lines[2] == "mandate is dominated: blend achieves no less and costs no more, on average."
    lines = of([[1.0, 2.0, 4.0]] * 3, [[1.0, 9.0, 10.0]] * 3).increments
    assert lines[1].startswith("blend is extendedly dominated: mandate costs more")


def test_an_effect_in_money_needs_no_willingness() -> None:
    money = of([[100.0, 300.0]] * 3, [[50.0, 90.0]] * 3, effect_unit="money", willingness=None)
    assert money.willingness == 1.0
    assert money.sentence.startswith(
        "On net benefit, over five years, with the scenario's own values, counting luck alone: blend is"
    )
    assert money.rows[1].ratio == pytest.approx(0.2)


def test_without_money_costs_stay_in_staff_days() -> None:
    plain = of([[1.0, 2.0]] * 3, [[10.0, 30.0]] * 3, currency="", staff_day=None, full_effect_person_year=None)
    assert plain.increments[1] == (
        "blend instead of peers achieves 1 person-years of full effect more for 20 staff-days more: "
        "20 staff-days a person-year of full effect."
    )


def test_sets_of_parameters_count_as_doubt(tmp_path: Path) -> None:
    rows = "\n".join(str(rate) for rate in np.linspace(0.002, 0.02, 12))
    (tmp_path / "sets.csv").write_text(f"behaviour.drift.rate\n{rows}\n")
    scenario = with_parameter_sets(ss.load_scenario("default", [*SMALL, *MONEY]), tmp_path / "sets.csv")
    valued = worth_of(ss.compare(scenario, replicates=12, frontier=False, doubt="none"))
    assert valued is not None
    assert "luck and 12 sets of parameters" in valued.basis
    best = valued.verdict.best
    assert best is not None
    assert valued.probability(best) == max(valued.probability(i) or 0.0 for i in range(3))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["worth.staff_day=100"], "worth.staff_day needs worth.currency"),
        (["worth.currency=pounds of 1971"], "a sign or a code"),
        (["worth.currency=£"], "nothing is in the currency"),
        (["worth.currency=£", "worth.staff_day=1", "worth.effect_unit=money"], "an effect in money is set against"),
        ([*MONEY, "worth.effect_unit=money"], "needs no worth.willingness"),
        (["worth.willingness=0"], "more than 0"),
        (["worth.discount_rate=3.5"], "at most 1"),
        (["worth.qaly=1"], "unknown name"),
    ],
)
def test_what_makes_no_sense_is_refused(settings: list[str], words: str) -> None:
    with pytest.raises((InputError, InputErrors), match=words):
        ss.load_scenario("default", settings)


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [
        (1_234_567.0, "£", "£1.23 million"), (-1234.0, "£", "−£1,230"), (0.012345, "QALYs", "0.0123 QALYs"),
        (12.0, "GBP", "GBP 12"), (999_999.0, "$", "$1 million"), (2.5e9, "€", "€2.5 billion"), (0.0, "£", "£0"),
        (1234.0, "staff-days", "1,230 staff-days"),
    ],
)  # fmt: skip
def test_amounts_have_three_figures(amount: float, unit: str, text: str) -> None:
    from spreadsim.comparison import worth

    assert worth.amount_text(amount, unit) == text


def test_assumption_sets_count_as_worlds() -> None:
    """The same functions take sets crossed with replicates: who leads is then judged over sets, net of luck."""
    rng = np.random.default_rng(2)
    worlds, luck = rng.normal(size=(64, 1, 1)), rng.normal(size=(1, 4, 1))
    worth = Worth(currency="£", staff_day=1.0, full_effect_person_year=1.0, willingness=10.0)
    base = worlds + 0.2 * luck
    cost = np.ones((64, 4, 2))

    def with_gap(gap: np.ndarray) -> StrategyWorth:
        effect = np.concatenate([base, base + gap], axis=2)
        return StrategyWorth(worth, ("peers", "blend"), effect, cost, 60, "luck and 64 assumption sets")

    noise = 0.01 * rng.normal(size=(64, 4, 1))
    sure, split = with_gap(1.0 + noise), with_gap(np.where(np.arange(64) % 2, 1.0, -1.0)[:, None, None] + noise)
    assert (sure.verdict.strength, sure.verdict.leader) == ("clearly best", 1)
    assert split.verdict.leader is None
    assert "there is no clear best" in split.sentence
    assert split.probability(0) == pytest.approx(0.5)
    assert "shares of 256 runs" in split.basis
    assert split.runs_csv().count("\n") == 1 + 2 * 256


def test_plausible_worlds_are_valued_where_they_are_run() -> None:
    few = ["doubt.at_least=8", "doubt.at_most=8", "doubt.replicates=3"]
    scenario = ss.load_scenario("default", [*SMALL, *MONEY, "worth.discount_rate=0", *few])
    c = ss.compare(scenario, replicates=3, frontier=False, doubt="plausible")
    valued = worth_of(c)
    assert c.doubt is not None
    assert valued is not None
    assert valued.effect.shape == valued.cost.shape == (8, 3, 3)
    assert valued.cost == pytest.approx(c.doubt.values["cost"] * 120 * 100)
    people = valued.effect / c.doubt.values["cumulative_benefit"] / 0.01
    assert people == pytest.approx(np.broadcast_to(people[:, :, :1], people.shape))
    assert people.min() > 120
    assert "counting luck and 8 plausible worlds" in valued.sentence
    assert "on average" not in valued.sentence
