"""What is said of a comparison: never more than its intervals bear."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import spreadsim as ss
from spreadsim.comparison.comparison import Comparison
from spreadsim.comparison.findings import (
    CAUTION,
    findings,
    frontier_sentences,
    headline,
    leader_sentence,
    pair_sentence,
    people_sentences,
    standing,
    wins,
)
from spreadsim.comparison.report_tables import outcome_table
from spreadsim.comparison.results import FrontierResults
from spreadsim.outcomes.statistics import summarise
from spreadsim.telling import wording
from tests.comparison.small_comparisons import small_comparison, with_values
from tests.conftest import rows_of

NOISE = [0.00, 0.01, -0.01, 0.02, -0.02, 0.00]


def made(benefit: tuple[float, float, float], total: tuple[float, float, float]) -> Comparison:
    """Return a comparison with these mean benefits of top-down, organic and blend, each with its own luck."""
    c = small_comparison()

    def around(means: tuple[float, float, float]) -> dict[str, list[float]]:
        return {
            name: [mean + NOISE[(r + 2 * place) % 6] for r in range(6)]
            for place, (name, mean) in enumerate(zip(c.strategies, means, strict=True))
        }

    return with_values(c, {"benefit": around(benefit), "cumulative_benefit": around(total)})


def all_text(c: Comparison) -> str:
    return " ".join(sentence for finding in findings(c) for sentence in finding.sentences)


def test_a_clear_leader_is_named() -> None:
    c = made((0.2, 0.3, 0.5), (1.0, 1.2, 1.5))
    assert standing(c, "benefit").leader == "blend"
    assert "blend leads on both" in headline(c)
    assert "blend leads with 50.0%" in leader_sentence(c, "benefit")


def test_horizons_that_disagree_are_both_named() -> None:
    c = made((0.2, 0.3, 0.5), (1.5, 1.2, 1.0))
    assert "the horizon changes the answer" in headline(c)
    assert headline(c).startswith("With the scenario's own values, counting luck alone, ")
    assert "blend" in headline(c)
    assert "top-down" in headline(c)


def test_no_winner_where_the_interval_holds_nought() -> None:
    c = made((0.5, 0.3, 0.501), (1.5, 1.2, 1.501))
    assert c.paired["blend", "top-down"]["benefit"].told_apart is False
    place = standing(c, "benefit")
    assert place.leader is None
    assert place.tied == ("top-down", "blend")
    text = leader_sentence(c, "benefit")
    assert "top-down and blend cannot be distinguished" in text
    assert "leads" not in text
    assert "leads" not in headline(c)
    assert "not a clear difference" in pair_sentence(c, "blend", "top-down", "benefit")
    assert "no clear difference" in " ".join(people_sentences(c))


def test_equal_strategies_are_not_ranked() -> None:
    c = made((0.4, 0.4, 0.4), (1.0, 1.0, 1.0))
    same = with_values(c, {m: dict.fromkeys(c.strategies, [0.4] * 6) for m in ("benefit", "cumulative_benefit")})
    assert standing(same, "benefit").leader is None
    assert "leads" not in headline(same)


def test_one_run_gives_no_interval_and_no_winner() -> None:
    c = small_comparison(1)
    text = all_text(c)
    assert "One run" in text or "once" in text
    assert " leads " not in text
    assert "interval" in leader_sentence(c, "benefit")
    assert CAUTION in text


def test_one_strategy_is_compared_with_nothing() -> None:
    c = small_comparison()
    alone = replace(c, outcomes={"blend": c.outcomes["blend"]}, plans=[c.plans[2]])
    assert "nothing to compare" in headline(alone)
    assert "blend" in all_text(alone)


def test_a_null_measure_names_nobody() -> None:
    c = made((0.2, 0.3, 0.5), (1.0, 1.2, 1.5))
    nulls = with_values(c, {"benefit": {"blend": [float("nan")] * 6}})
    assert standing(nulls, "benefit").highest is None
    assert "leads" not in headline(nulls)
    assert people_sentences(nulls) == []


def test_wins_follow_the_way_that_is_better() -> None:
    c = small_comparison()
    cost = {"blend": [1.0, 1.0, 1.0, 3.0, 2.0, 2.0], "top-down": [2.0] * 6}
    c = with_values(c, {"cost": cost})
    assert wins(c, "blend", "top-down", "cost") == (3, 2, 6)
    assert "beats top-down in 3 of 6 paired runs (2 ties)" in pair_sentence(c, "blend", "top-down", "cost")


def test_people_are_benefit_times_the_people_of_the_same_run() -> None:
    c = made((0.25, 0.25, 0.5), (1.0, 1.2, 1.5))
    served = np.mean([sum(row["population"] for row in rows_of(o.groups, level="region")) for o in c.outcomes["blend"]])
    assert wording.people(float(served)) in people_sentences(c)[0]
    assert "more than under" in people_sentences(c)[1]


def with_frontier(best: float, others: float, noise: float) -> FrontierResults:
    frontier = small_comparison().frontier
    assert frontier is not None
    rng = np.random.default_rng(5)
    shape = frontier.values["benefit"].shape
    values = dict(frontier.values)
    for name in ("benefit", "cumulative_benefit"):
        rows = np.full(shape, others) + noise * rng.standard_normal(shape)
        rows[1] += best - others
        values[name] = rows
    return replace(frontier, values=values)


def test_the_range_that_cannot_be_told_from_the_best() -> None:
    clear = " ".join(frontier_sentences(with_frontier(0.5, 0.3, 0.001)))
    assert "highest at 0.5, clearly higher than at every other balance" in clear
    flat = " ".join(frontier_sentences(with_frontier(0.5, 0.5, 0.05)))
    assert "cannot be distinguished from" in flat
    assert "clearly" not in flat.split("With full latitude")[0]


def test_both_arms_are_named() -> None:
    sentences = frontier_sentences(small_comparison().frontier)
    assert any("the scenario's latitude" in s for s in sentences)
    assert any("full latitude after the programme" in s for s in sentences)


@pytest.mark.parametrize(
    ("measure", "number", "text"),
    [("benefit", 0.362, "36.2%"), ("cumulative_benefit", 1.374, "1.37 years"), ("cost", 30.11, "30.1 staff-days")],
)
def test_values_carry_their_unit(measure: str, number: float, text: str) -> None:
    assert wording.value(measure, number) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(1_650_432, "1.65 million"), (183_412, "183,000"), (999_600, "1.00 million"), (60_300_000, "60.3 million"),
     (42, "42"), (-7_490, "−7,490")],
)  # fmt: skip
def test_people_are_rounded_to_three_figures(number: float, text: str) -> None:
    assert wording.people(number) == text


def test_small_words() -> None:
    assert wording.listed(["a", "b", "c"]) == "a, b and c"
    assert wording.ranges([0.0, 0.1, 0.3], [0.0, 0.1, 0.2, 0.3]) == "0 to 0.1 and 0.3"
    assert wording.change("benefit", -0.0001) == "0.0 points"
    assert wording.years(60) == "five years"
    assert wording.years(30) == "30 months"
    assert wording.mean_cell("months_to_half", summarise(np.array([20.0, np.nan, np.nan]), never=True))[0] == "never"


def test_an_interval_shown_for_a_tie_holds_nought() -> None:
    """Between the level of one pair and the joint level, the wider interval is shown, and named."""
    c = small_comparison()
    top = [0.40, 0.42, 0.44, 0.46, 0.48, 0.50]
    blend = [value - 0.01 + gap for value, gap in zip(top, (0.0, 0.004, -0.02, 0.006, -0.015, 0.005), strict=True)]
    values = {"top-down": top, "organic": [0.1, 0.11, 0.09, 0.1, 0.12, 0.1], "blend": blend}
    c = with_values(c, {"benefit": values, "cumulative_benefit": values})
    assert c.paired["blend", "top-down"]["benefit"].told_apart is True
    assert standing(c, "benefit").tied == ("top-down", "blend")
    assert "at the joint level for 3 pairs" in leader_sentence(c, "benefit")
    assert "(−" in leader_sentence(c, "benefit")


def test_two_rows_of_parameters_name_no_leader_among_equals(repository: Path) -> None:
    """Three exchangeable lists of sites, two sets, two replicates: once "sites-a leads both"."""
    from spreadsim.scenario.parameter_sets import with_parameter_sets

    cases = repository / "tests" / "sweeps" / "cases"
    scenario = with_parameter_sets(ss.load_scenario(cases / "null.toml"), cases / "two-sets.csv")
    comparison = ss.compare(scenario, replicates=2, frontier=False, workers=1)
    assert " leads " not in headline(comparison)
    assert "are too few to say" in headline(comparison)
    assert all(d["benefit"].low is None for d in comparison.paired.values())


def test_nothing_is_called_better_by_an_amount_that_is_written_as_nothing() -> None:
    def steady(*means: float) -> Comparison:
        c = small_comparison()
        values = {name: [mean + luck for luck in NOISE] for name, mean in zip(c.strategies, means, strict=True)}
        return with_values(c, {"benefit": values})

    c = steady(0.5, 0.5, 0.5004)
    sentence = pair_sentence(c, "blend", "top-down", "benefit")
    assert "negligible" in sentence
    assert "beats" not in sentence
    assert "negligible" not in pair_sentence(steady(0.5, 0.5, 0.6), "blend", "top-down", "benefit")
    starred = outcome_table(c, ["benefit"]).strong
    assert not starred
    assert outcome_table(steady(0.5, 0.4, 0.6), ["benefit"]).strong == {(0, 4)}
