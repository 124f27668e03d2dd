"""Every shipped scenario shows what it says it shows. A claim that fails is reworded, not tuned."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import spreadsim as ss
from spreadsim.comparison.comparison import Comparison
from spreadsim.scenario.files import shipped_names


@cache
def run(name: str, replicates: int = 40) -> Comparison:
    return ss.compare(name, replicates=replicates, frontier=False)


def mean(c: Comparison, strategy: str, measure: str) -> float:
    return float(np.mean(c.values(strategy, measure)))


def at(c: Comparison, strategy: str, measure: str, month: int) -> float:
    return float(np.mean([o.curves[measure][month] for o in c.outcomes[strategy]]))


def told(c: Comparison, later: str, earlier: str, measure: str) -> float:
    """Return the sign of a difference that can be told from none, else 0."""
    d = c.paired[later, earlier][measure]
    return float(np.sign(d.mean or 0.0)) if d.told_apart else 0.0


def default() -> None:
    c = run("default")
    assert at(c, "top-down", "reported_uptake", 36) > 0.95
    assert at(c, "top-down", "in_name_only", 36) > 0.3
    assert told(c, "organic", "top-down", "core_fidelity") < 0
    assert told(c, "organic", "top-down", "sustainment") > 0
    assert told(c, "blend", "top-down", "benefit") > 0
    assert told(c, "blend", "organic", "benefit") > 0
    assert told(c, "blend", "top-down", "cumulative_benefit") < 0


def england_primary_care() -> None:
    c = run("england-primary-care", 6)
    assert told(c, "blend", "top-down", "benefit") > 0
    assert told(c, "blend", "organic", "benefit") > 0
    assert told(c, "blend", "top-down", "cumulative_benefit") < 0
    assert told(c, "organic", "top-down", "cumulative_benefit") < 0
    assert told(c, "organic", "top-down", "cost") < 0
    assert told(c, "blend", "organic", "cost") > 0
    for strategy in c.strategies:
        low = c.summaries[strategy]["equity_gap"].low
        assert low is not None
        assert low > 0
        fifths = np.mean(
            [[r["benefit"] for r in o.groups if r["level"] == "deprivation fifth"] for o in c.outcomes[strategy]],
            axis=0,
        )
        assert fifths.argmin() == 4


def classroom() -> None:
    c = run("classroom", 2)
    reach = c.outcomes["one-neighbour-is-enough"][0].curves["reach"] * 12
    assert reach.round(9).tolist() == [1, 3, 5, 7, 9, 11, 12, 12, 12, 12, 12, 12, 12]
    assert mean(c, "one-neighbour-is-not-enough", "reach") == pytest.approx(1 / 12)


def one_contact_is_not_enough() -> None:
    c = run("one-contact-is-not-enough", 20)
    assert mean(c, "side-by-side", "reach") == 1.0
    reach = c.values("scattered", "reach")
    assert np.mean(reach < 0.06) > 0.5, "in most runs nobody, or next to nobody, beyond the ten"
    assert np.median(reach) < 0.06
    assert reach.max() > 0.5, "and in some it spreads"


def whispers() -> None:
    c = run("whispers", 200)
    by_generation = {}
    for strategy in c.strategies:
        rows = [row for o in c.outcomes[strategy] for row in o.generations]
        by_generation[strategy] = [
            float(np.mean([r["fidelity_at_start"] for r in rows if r["generation"] == g])) for g in range(11)
        ]
    spoken, written = by_generation["word-of-mouth"], by_generation["with-a-template"]
    assert spoken == pytest.approx([0.8**g for g in range(11)], abs=0.05)
    assert written[5:] == pytest.approx([0.5 / (1 - 0.5 * 0.8)] * 6, abs=0.04)  # five sixths


def three_logics() -> None:
    c = run("three-logics")
    for other in ("ecological", "social"):
        assert told(c, other, "mechanistic", "cumulative_benefit") < 0
        assert told(c, other, "mechanistic", "in_name_only") < 0
        assert told(c, other, "mechanistic", "sustainment") > 0
    halves = {s: np.mean([np.argmax(o.curves["reach"] >= 0.4) for o in c.outcomes[s]]) for s in c.strategies}
    assert min(halves, key=lambda s: halves[s]) == "mechanistic"
    lasting = [mean(c, s, "benefit") for s in c.strategies]
    assert max(lasting) - min(lasting) < 0.03


def paper_compliance() -> None:
    c = run("paper-compliance")
    for strategy in c.strategies:
        assert at(c, strategy, "reported_uptake", 36) > 0.97
    alone = mean(c, "mandate-alone", "in_name_only")
    assert 0.25 < alone < 0.35
    for better in ("mandate-with-support", "mandate-co-produced"):
        assert mean(c, better, "in_name_only") < 0.6 * alone


def complex_pathway() -> None:
    c, plain = run("complex-pathway"), run("default")
    for strategy in c.strategies:
        assert mean(c, strategy, "embedded") < mean(plain, strategy, "embedded")
        assert 0.45 < mean(c, strategy, "benefit") / mean(plain, strategy, "benefit") < 0.65
    assert told(c, "blend", "top-down", "benefit") > 0
    assert told(c, "blend", "organic", "benefit") > 0
    assert told(c, "blend", "top-down", "cumulative_benefit") < 0


def sustaining_gains() -> None:
    c = run("sustaining-gains")
    for strategy in c.strategies:
        assert 0.35 < mean(c, strategy, "evaporation") < 0.47
    gain = {s: mean(c, s, "benefit") - mean(c, "stop", "benefit") for s in c.strategies}
    assert max(gain, key=lambda s: gain[s]) == "refresh"
    assert told(c, "refresh", "stop", "benefit") > 0
    assert gain["taper"] < gain["refresh"] / 2
    assert told(c, "refresh", "taper", "cost") < 0
    assert told(c, "keep-the-specification", "stop", "benefit") == 0


def equity_first() -> None:
    c = run("equity-first")
    before, after = mean(c, "everyone-at-once", "equity_gap"), mean(c, "most-deprived-first", "equity_gap")
    assert 0.25 < 1 - after / before < 0.55
    assert told(c, "most-deprived-first", "everyone-at-once", "equity_gap") < 0
    assert told(c, "most-deprived-first", "everyone-at-once", "benefit") == 0
    assert told(c, "most-deprived-first", "everyone-at-once", "cost") == 0


def test_and_revise() -> None:
    c = run("test-and-revise")
    assert at(c, "form-revised", "published_form", 6) == 0.0
    assert 0.5 < at(c, "form-revised", "published_form", 60) < 1.5
    for measure in ("reach", "benefit", "cumulative_benefit", "local_fit", "cost"):
        assert told(c, "form-revised", "as-published", measure) > 0, measure
    assert told(c, "form-revised", "as-published", "cost_per_benefit_year") < 0
    for measure in ("benefit", "cumulative_benefit"):
        gain = {s: mean(c, s, measure) - mean(c, "as-published", measure) for s in c.strategies}
        assert 0 < gain["form-revised-late"] < gain["form-revised"] / 4
        assert 1.6 < gain["form-and-text-revised"] / gain["form-revised"] < 3.0


def revised_in_vain() -> None:
    c = run("revised-in-vain")
    for measure in ("reach", "benefit", "cumulative_benefit"):
        assert told(c, "form-revised", "as-published", measure) == 0, measure
    assert 0.9 < mean(c, "form-revised", "cost") - mean(c, "as-published", "cost") < 1.1
    for measure in ("local_fit", "cumulative_benefit"):
        assert told(c, "form-revised-in-haste", "as-published", measure) < 0, measure
    assert told(c, "text-revised", "as-published", "benefit") > 0
    assert told(c, "text-revised", "as-published", "cost_per_benefit_year") < 0


CLAIMS: dict[str, Callable[[], None]] = {
    "default": default,
    "england-primary-care": england_primary_care,
    "classroom": classroom,
    "one-contact-is-not-enough": one_contact_is_not_enough,
    "whispers": whispers,
    "three-logics": three_logics,
    "paper-compliance": paper_compliance,
    "complex-pathway": complex_pathway,
    "sustaining-gains": sustaining_gains,
    "equity-first": equity_first,
    "test-and-revise": test_and_revise,
    "revised-in-vain": revised_in_vain,
}


ON_REAL_DATA = ("medical-innovation", "family-planning")


@pytest.mark.parametrize("name", [n for n in shipped_names() if n not in ON_REAL_DATA])
def test_a_scenario_shows_what_it_says(name: str) -> None:
    assert len(ss.load_scenario(name).strategies) >= 2
    CLAIMS[name]()


def test_medical_innovation_shows_what_it_says(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPREADSIM_DATA", str(real_data))
    c = ss.compare("medical-innovation", replicates=40, frontier=False)
    assert c.network.n == 125
    assert told(c, "marketing-and-peers", "marketing-alone", "cumulative_benefit") > 0
    reach = np.mean([o.curves["reach"] for o in c.outcomes["marketing-and-peers"]], axis=0)
    assert np.diff(reach).argmax() < 8  # adoption is fastest early, then levels off
    assert reach[-1] > 0.85


def test_family_planning_shows_what_it_says(real_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty-five villages, 1,047 women."""
    monkeypatch.setenv("SPREADSIM_DATA", str(real_data))
    c = ss.compare("family-planning", replicates=10, frontier=False)
    assert c.network.n == 1047
    assert int((c.network.hierarchy.level_of == 0).sum()) == 25
    assert told(c, "marketing-and-peers", "marketing-alone", "cumulative_benefit") > 0


def test_medical_innovation_without_data_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPREADSIM_DATA", raising=False)
    with pytest.raises(ss.InputError, match="SPREADSIM_DATA"):
        ss.compare("medical-innovation", replicates=1)
