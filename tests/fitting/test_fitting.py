"""Fitting to figures: cohorts by hand, known truth recovered, files' faults named, and sets that a comparison takes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import spreadsim as ss
from spreadsim import rules
from spreadsim.errors import InputError, InputErrors
from spreadsim.fitting.fitting import FigureSimulator, Fit, fit
from spreadsim.fitting.results import distances
from spreadsim.fitting.targets import load_targets
from spreadsim.outcomes.cohorts import ever_embedded, still_embedded
from spreadsim.outcomes.statistics import spread_interval
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.parameter_sets import read_parameter_sets, with_parameter_sets

FILE = """
format = 1
name = "twin"
tolerance = 2.0
[settings]
"network.services" = 60
"network.hierarchy" = [{ level = "region", count = 2 }, { level = "system", count = 6 }]
[run]
months = 40
replicates = 2
[[targets]]
name = "name-only"
measure = "in_name_only_of_reported"
month = 36
strategy = "top-down"
value = VALUE
standard_error = 0.02
source = "made"
[[targets]]
name = "lasting"
measure = "still_embedded"
cohort = "embedded"
months_after = 12
strategy = "organic"
value = 0.8
standard_error = 0.5
source = "made"
[parameters]
"behaviour.mandate.conversion_rate" = "plausible"
"behaviour.awareness.exposure_rate" = "plausible"
"""


def events_of(*rows: tuple[int, int, int, int]) -> dict[str, np.ndarray]:
    """Events from (month, service, to_state, route)."""
    month, service, to_state, route = (np.array(column) for column in zip(*rows, strict=True))
    return {"month": month, "service": service, "to_state": to_state, "route": route}


def test_cohorts_by_hand() -> None:
    i, e, d, n = rules.IMPLEMENTING, rules.EMBEDDED, rules.DISCONTINUED, rules.IN_NAME_ONLY
    events = events_of(
        (0, 0, e, 0),  # a starting site: in no cohort
        (2, 1, i, 0), (5, 1, e, 0),  # begins in month 2, embedded from 5 on
        (3, 2, i, 1), (6, 2, e, 1), (9, 2, d, 1),  # embedded from 6 to 8
        (4, 3, n, 1), (7, 3, i, 1), (8, 3, d, 1),  # gives up
        (18, 4, i, 0),  # followed for too short a time
    )  # fmt: skip
    assert still_embedded(events, 20, "implementing", 6) == pytest.approx(1 / 3)
    assert still_embedded(events, 20, "implementing", 5) == pytest.approx(2 / 3)
    assert ever_embedded(events, 20, "implementing", 6) == pytest.approx(2 / 3)
    assert ever_embedded(events, 20, "implementing", 2) == 0
    assert still_embedded(events, 20, "embedded", 3, "mandated") == 0
    assert still_embedded(events, 20, "embedded", 3, "voluntary") == 1
    assert np.isnan(still_embedded(events, 20, "embedded", 20))


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Fit:
    """A fit to the figure that conversion_rate = 0.07 gives."""
    folder = tmp_path_factory.mktemp("twin")
    file = folder / "twin.toml"
    file.write_text(FILE.replace("VALUE", "0.1"), encoding="utf-8")
    figures = FigureSimulator(load_targets("default", file), 2)
    value = float(figures.at([0.07, 0.5])[0])
    file.write_text(FILE.replace("VALUE", f"{value:.4f}"), encoding="utf-8")
    return fit("default", file, population=40, simulations=600)


def test_known_truth_is_among_the_accepted_and_what_does_not_matter_is_said_to_be_undetermined(twin: Fit) -> None:
    assert twin.accepted
    assert distances(twin.figures, twin.targets).max() <= 2.0
    known = {k.path: k for k in twin.parameter_ranges()}
    conversion = known["behaviour.mandate.conversion_rate"]
    assert conversion.after[0] - 0.01 <= 0.07 <= conversion.after[1] + 0.01
    assert conversion.verdict in ("determined", "narrowed")
    assert known["behaviour.awareness.exposure_rate"].verdict == "left undetermined"


def test_a_fit_is_the_same_again_and_leaves_the_global_draws_alone(twin: Fit) -> None:
    np.random.seed(3)  # noqa: NPY002
    before = np.random.random()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    again = fit("default", twin.targets, population=40, simulations=600)
    assert again.sets.rows == twin.sets.rows
    assert np.random.random() == before  # noqa: NPY002


def test_a_push_that_changes_over_time_acts_in_a_fit(tmp_path: Path) -> None:
    """A scenario's push by period, as `calibrate` hands one over, holds for every set; so does one in `[settings]`."""
    file, pushed = tmp_path / "plain.toml", tmp_path / "pushed.toml"
    text = FILE.replace("VALUE", "0.1").replace('measure = "in_name_only_of_reported"', 'measure = "reach"')
    file.write_text(text, encoding="utf-8")
    push = '"programme.external_push" = [{ month = 0, factor = 8.0 }, { month = 12, factor = 1.0 }]\n'
    pushed.write_text(text.replace("[run]\n", f"{push}[run]\n"), encoding="utf-8")
    scenario = tmp_path / "scenario.toml"
    scenario.write_text(
        "format = 1\nname = 'pushed'\nbased_on = 'default'\n[programme]\n"
        "external_push = [{ month = 0, factor = 8.0 }, { month = 12, factor = 1.0 }]\n",
        encoding="utf-8",
    )
    without, by_settings, by_scenario = (
        float(FigureSimulator(load_targets(name, path), 2).at([0.07, 0.5])[0])
        for name, path in (("default", file), ("default", pushed), (str(scenario), file))
    )
    assert by_settings == by_scenario > without


def test_accepted_sets_go_into_a_comparison_and_a_sweep(twin: Fit, tmp_path: Path) -> None:
    folder = twin.save(tmp_path / "fit")
    told = json.loads((folder / "fit.json").read_text("utf-8"))
    assert told["accepted"] is True
    scenario = load_scenario("default", ("network.services=60", "network.hierarchy=[]", "run.months=24"))
    with_sets = with_parameter_sets(scenario, folder / "accepted.csv")
    result = ss.compare(with_sets, replicates=8, frontier=False, workers=1)
    # Replicate 3 is the scenario with the third set, whatever the strategy.
    one = read_parameter_sets(folder / "accepted.csv", scenario).scenario(scenario, 3)
    alone = ss.compare(one, replicates=4, frontier=False, workers=1)
    for name in result.strategies:
        assert result.values(name, "benefit")[3] == alone.values(name, "benefit")[3]
    told = result.summaries["top-down"]["in_name_only"]
    interval = spread_interval(result.values("top-down", "in_name_only"))
    assert interval is not None
    mean, low, high = interval
    assert (told.mean, told.low, told.high) == (mean, max(low, 0.0), min(high, 1.0))  # a share goes no further
    # The folder runs alone, and says what it is.
    saved = result.save(tmp_path / "compared")
    assert (saved / "inputs" / "accepted.csv").read_bytes() == (folder / "accepted.csv").read_bytes()
    again = ss.compare(saved / "scenario.toml", frontier=False, workers=1)
    np.testing.assert_array_equal(again.values("blend", "cost"), result.values("blend", "cost"))
    assert "sets of 2 parameters" in (saved / "report.html").read_text("utf-8")
    assert json.loads((saved / "summary.json").read_text("utf-8"))["parameter_sets"]["n"] == 40
    study = ss.load_experiment(folder / "experiment.toml")
    from spreadsim.sweeps.designs import points_of

    assert len(points_of(study)) == len(twin.sets)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"in_name_only_of_reported"', '"in_name_onli"', "did you mean"),
        ('strategy = "organic"', 'strategy = "organik"', "did you mean 'organic'"),
        ("months_after = 12", "months_after = 50", "after the horizon of 40"),
        ("months_after = 12", "", "still_embedded and ever_embedded need"),
        ("standard_error = 0.5", "standard_error = 0", "more than 0"),
        (
            '"behaviour.mandate.conversion_rate" = "plausible"',
            '"network.services" = "plausible"',
            "not a field that a set",
        ),
        ('"behaviour.awareness.exposure_rate" = "plausible"', '"behaviour.awarenes.x" = "plausible"', "did you mean"),
        ('source = "made"', "", "is missing"),
    ],
)
def test_faults_of_a_targets_file_are_named(old: str, new: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(FILE.replace("VALUE", "0.1").replace(old, new, 1), encoding="utf-8")
    with pytest.raises((InputError, InputErrors), match=words) as failure:
        load_targets("default", file)
    assert "bad.toml" in str(failure.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no set of parameters"),
        ("behaviour.drift.rate\n", "no set of parameters"),
        ("behaviour.drift.rat\n0.1\n", "did you mean"),
        ("behaviour.drift.rate\nx\n", "is not a number"),
        ("behaviour.drift.rate\n0.1,2\n", "2 cells for 1 columns"),
        ("behaviour.drift.rate,behaviour.drift.rate\n0.1,0.1\n", "twice"),
        ("services.readiness.mean\n0.1\n", "not a field that a set"),
        ("behaviour.adoption.exposure_response\n1\n", "is not a number"),
        ("behaviour.drift.rate\n7\n", "line 2: behaviour.drift.rate: 7.0 is out of bounds"),
    ],
)
def test_faults_of_a_table_of_parameters_are_named(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "sets.csv"
    file.write_text(text, encoding="utf-8")
    scenario = load_scenario("default")
    with pytest.raises((InputError, InputErrors), match=words):
        read_parameter_sets(file, scenario).scenario(scenario, 0)
