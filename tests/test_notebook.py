"""What objects show in a notebook: a small table and picture that say what they hold, and text that cannot act."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from PIL import Image

import spreadsim as ss
from spreadsim.comparison.findings import headline
from spreadsim.notebook import bars, dots, html_table

MOST = 50_000  # characters


@pytest.fixture(scope="module")
def comparison() -> ss.Comparison:
    scenario = ss.load_scenario("default", ["network.services=120", "run.months=24", "run.replicates=3"])
    return ss.compare(scenario, doubt="none", driver="mesa", workers=1, frontier=False)


TARGETS = """
[[targets]]
name = "uptake"
measure = "reported_uptake"
strategy = "one-neighbour-is-enough"
value = 0.5
standard_error = 0.3
source = "assumed"
[parameters]
"behaviour.awareness.broadcast_rate" = "plausible"
"""


def _calibration(folder: Path) -> Any:
    months = [1, 2, 3, 3, 4, 4, 5, None] * 2
    pd.DataFrame({"id": range(16), "readiness": 0.5, "adopted_month": months}).to_csv(folder / "services.csv")
    pd.DataFrame({"source": range(16), "target": np.roll(range(16), -1)}).to_csv(folder / "ties.csv")
    scenario = ss.load_scenario("default", ["network.source=file", "network.path=."]).with_folders(folder)
    return ss.calibrate(scenario, predict=False)


@pytest.fixture(scope="module")
def shown(comparison: ss.Comparison, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    model = ss.SpreadModel("classroom").run()
    folder = tmp_path_factory.mktemp("sweep")
    small = ["run.replicates=2", "run.months=12"]
    (folder / "targets.toml").write_text(TARGETS)
    sweep = ss.sweep("clustering", out=folder / "small", settings=small)
    quick: dict[str, Any] = {"months": 12, "search_replicates": 2, "replicates": 3, "workers": 1}
    levers = {"mandate": (0.0, 1.0), "latitude": (0.0, 1.0)}
    worlds = ss.load_scenario("default", ["network.services=80", "run.months=12", "run.replicates=2"])
    return {
        "scenario": comparison.scenario,
        "network": comparison.network,
        "comparison": comparison,
        "frontier": ss.frontier("classroom", replicates=2, driver="mesa", workers=1),
        "lever map": ss.frontier("classroom", levers=levers, replicates=2, driver="mesa", workers=1),
        "doubt": ss.compare(worlds, frontier=False).doubt,
        "sweep": sweep,
        "analysis": ss.analyse(sweep.folder),
        "advice": ss.advise("classroom", candidates=4, **quick),
        "mix": ss.advise_mix("classroom", budget=2.0, candidates=8, **quick),
        "fit": ss.fit("classroom", folder / "targets.toml", population=3, simulations=6),
        "calibration": _calibration(folder),
        "model": model,
        "service": model.services[3],
    }


OBJECTS = (
    "scenario", "network", "comparison", "frontier", "sweep", "analysis", "advice", "mix", "fit", "calibration",
    "model", "service",
)  # fmt: skip
RESULTS = ("comparison", "frontier", "lever map", "doubt", "sweep", "analysis", "advice", "mix", "fit", "calibration")


@pytest.mark.parametrize("name", OBJECTS)
def test_each_is_small_and_has_no_script(shown: dict[str, Any], name: str) -> None:
    html = shown[name]._repr_html_()
    assert len(html) < MOST
    assert "<table" in html
    assert not re.search(r"<script|<link|http|onload|onclick", html)
    if name in ("network", "comparison", "frontier", "model", "service"):
        assert len(repr(shown[name])) < 200


@pytest.fixture
def _no_figures_left() -> Iterator[None]:
    pyplot.close("all")  # those that another test has left
    yield
    pyplot.close("all")


@pytest.mark.usefixtures("_no_figures_left")
@pytest.mark.parametrize("name", RESULTS)
def test_each_result_draws_on_axes_that_are_passed_in_or_on_its_own(shown: dict[str, Any], name: str) -> None:
    mine, beside = Figure().subplots(1, 2)
    assert shown[name].plot(ax=mine) is mine
    assert mine.has_data()
    assert not beside.has_data()
    assert mine.get_xlabel()
    assert not pyplot.get_fignums()
    own = shown[name].plot()
    assert own.has_data()
    assert pyplot.get_fignums() == [own.figure.number]  # a notebook shows it by itself


@pytest.mark.usefixtures("_no_figures_left")
def test_what_is_asked_for_is_drawn_or_refused_in_words(shown: dict[str, Any]) -> None:
    assert shown["frontier"].plot("cost").get_title(loc="left") == "Cost"
    assert shown["mix"].plot("reach").get_title(loc="left") == "Reach"
    assert shown["sweep"].plot("benefit", "behaviour.adoption.exposure_response").get_xlabel() == (
        "behaviour.adoption.exposure_response"
    )
    for name, words in (("frontier", "reech"), ("mix", "reech"), ("doubt", "reech"), ("analysis", "reech")):
        with pytest.raises(ss.InputError, match="reech"):
            shown[name].plot(words)


def test_a_comparison_shows_its_headline_its_means_and_its_curves(comparison: ss.Comparison) -> None:
    html = comparison._repr_html_()
    assert escape(headline(comparison)) in html
    for name in comparison.strategies:
        assert f"{comparison.values(name, 'reach').mean():.3g}</td>" in html
    picture = Image.open(io.BytesIO(base64.b64decode(re.search(r'base64,([^"]+)"', html)[1])))  # type: ignore[index]
    colours = {colour for n, colour in picture.convert("RGB").getcolors(1 << 24) or [] if n > 50}
    assert {(0x00, 0x44, 0x88), (0xB5, 0x44, 0x6E), (0x8A, 0x65, 0x00)} <= colours  # a line for each strategy


def test_a_model_shows_the_services_that_are_embedded_filled(shown: dict[str, Any]) -> None:
    model = shown["model"]
    embedded = sum(service.state_name == "embedded" for service in model.services)
    rings, filled = re.findall(
        r'<path d="([^"]*)" stroke="currentColor" stroke-opacity="(?:0\.28|1\.0)"', model._repr_html_()
    )
    assert (rings.count("h0"), filled.count("h0")) == (12 - embedded, embedded)
    assert f"{100 * embedded / 12:.0f}%" in model._repr_html_()


def test_names_from_files_are_text() -> None:
    assert "<b>" not in html_table("<b>", [["<b>", "<b>"]], ["<b>"])
    assert "<b>" not in dots(np.zeros((1, 2)), np.array([True]), '"><b>')


def test_a_national_network_is_small_too() -> None:
    places = np.random.default_rng(1).uniform(-1, 1, (30_000, 2))
    assert len(dots(places, places[:, 0] > 0, "many", ((i, i + 1) for i in range(29_999)))) < MOST


def test_ties_are_drawn_where_they_can_be_told_apart() -> None:
    lines = re.findall(
        r'd="([^"]*)" stroke="currentColor" stroke-opacity=".25"', ss.SpreadModel("classroom")._repr_html_()
    )
    assert [path.count("L") for path in lines] == [12]
    places = np.zeros((2, 2))
    assert "L" not in dots(places, np.array([True, False]), "many", [(0, 1)] * 801)


def test_a_network_shows_how_many_peers_services_have(comparison: ss.Comparison) -> None:
    html = comparison.network._repr_html_()
    told = {int(peers): int(n) for n, peers in re.findall(r"<title>(\d+) with (\d+) peers</title>", html)}
    peers, n = np.unique(comparison.network.ties.degree, return_counts=True)
    assert told == dict(zip(peers.tolist(), n.tolist(), strict=True))
    assert "7 with 39 or more peers" in bars(np.concatenate([np.zeros(45, int), [7]]), "peers", "peers")
