"""Where values come from, cell by cell, and what is refused because data decide."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import spreadsim as ss
from spreadsim.comparison.report import render_report
from spreadsim.comparison.terminal import comparison_text, explanation_text
from spreadsim.errors import InputErrors
from spreadsim.network.construction import make_network
from spreadsim.network.provenance import drawn_traits, extent_of_draws, is_drawn, origin, reason_without_effect
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import load_scenario

READY = "id,region,readiness,population,deprivation\na,n,0.4,100,10\nb,n,,200,\nc,s,0.6,300,30\nd,s,1.7,400,40\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "services.csv").write_text(READY, encoding="utf-8")
    text = 'format = 1\nname = "mine"\nbased_on = "default"\n[network]\nsource = "file"\npath = "net"\n'
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    return tmp_path


def mine(folder: Path, *settings: str) -> Scenario:
    return load_scenario(folder / "mine.toml", settings)


def test_each_cell_has_its_origin(folder: Path) -> None:
    network = make_network(mine(folder))
    assert is_drawn(network, "readiness").tolist() == [False, True, False, False]
    assert [origin(network, "readiness", i) for i in range(4)] == ["given", "drawn", "given", "repaired"]
    assert [origin(network, "population", i) for i in range(4)] == ["given"] * 4
    assert extent_of_draws(network, "deprivation") == "1 of 4 services"
    assert (extent_of_draws(network, "context"), extent_of_draws(network, "population")) == ("all", "")
    assert drawn_traits(network, 0) == ("capability", "adaptation_tendency", "context", "ties")
    assert drawn_traits(network, 1)[:2] == ("deprivation", "readiness")


def test_an_import_hands_on_what_it_repaired_and_joined(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        'Practice Code,PCN,List Size\nA81001,Moor,"4,200"\nA81002,Moor,"5,100"\nA81003,Moor,"6,100"\n', encoding="utf-8"
    )
    (tmp_path / "imd.csv").write_text("Practice Code,IMD score\nA81001,22.5\nA81002,31\n", encoding="utf-8")
    imported = ss.import_network([tmp_path / "list.csv", tmp_path / "imd.csv"])
    imported.save(tmp_path / "out")
    network = make_network(load_scenario(tmp_path / "out" / "scenario.toml"))
    assert origin(network, "deprivation", 0) == "joined from imd.csv"
    assert origin(network, "deprivation", 2) == "drawn"
    assert origin(network, "population", 0) == "given"


def test_tables_stories_and_report_say_what_is_drawn(folder: Path) -> None:
    result = ss.compare(mine(folder), replicates=2, months=6, workers=1, frontier=False, doubt="none")
    table = result.services_table()
    assert table["origin"][0] == (
        "given: population, deprivation, readiness; drawn: capability, adaptation_tendency, context"
    )
    assert "repaired: readiness" in table["origin"][3]
    text = comparison_text(result)
    assert "Not in the files: ties (made from shared membership: each service picks 3 peers in its region" in text
    assert "readiness (1 of 4 services)" in text
    story = ss.explain(mine(folder), "a")
    assert story.drawn == ("capability", "adaptation_tendency", "context", "ties")
    assert "drawn at random and not measured: capability, adaptation tendency, context, ties." in explanation_text(
        story
    )
    assert result.network.graph.graph["ties"] == "made, not data"
    page = render_report(result)
    assert "Ties that were made are no data" in page
    assert "deprivation (1 of 4 services)" in page


def test_generated_services_have_no_such_notes() -> None:
    assert ss.explain("classroom", "service-0002").drawn == ()


@pytest.mark.parametrize(
    ("path", "acts"),
    [
        ("services.population.median", False),
        ("services.readiness.mean", True),  # drawn for one of them
        ("services.readiness.minimum", True),
        ("services.context.mean", True),
        ("network.services", False),
        ("network.hierarchy", False),
        ("network.group_sizes.distribution", False),
        ("network.generator.rewiring", False),
        ("network.peer_ties.picks_anywhere", True),
        ("network.affinity.candidates", True),
        ("behaviour.drift.rate", True),
    ],
)
def test_settings_that_cannot_act_have_a_reason(path: str, acts: bool, folder: Path) -> None:
    assert (reason_without_effect(path, make_network(mine(folder))) is None) == acts


def test_rates_of_ties_cannot_act_where_ties_are_given(folder: Path) -> None:
    (folder / "net" / "ties.csv").write_text("source,target\na,b\n", encoding="utf-8")
    network = make_network(mine(folder))
    assert reason_without_effect("network.peer_ties.picks_anywhere", network) == "the files hold the ties"
    assert reason_without_effect("network.peer_ties.homophily_distance", network) is None


def test_a_setting_that_cannot_act_is_refused(folder: Path) -> None:
    with pytest.raises(InputErrors, match=r"--set: services.population.median: would change nothing: the files give"):
        ss.compare(mine(folder, "services.population.median=9000"), replicates=1, months=2, driver="mesa", workers=1)
    network = make_network(mine(folder, "services.readiness.mean=0.9"))
    assert np.isfinite(network["readiness"]).all()


def test_a_sweep_over_a_setting_that_cannot_act_is_refused(folder: Path) -> None:
    text = (
        'format = 1\nname = "useless"\nscenario = "mine.toml"\nstrategy = "blend"\n[design]\nmethod = "grid"\n'
        '[levers]\nbalance = [0.0, 1.0]\n[uncertainties]\n"services.population.median" = [5000, 9000]\n'
        '[outcomes]\nmeasures = ["benefit"]\n'
    )
    (folder / "useless.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputErrors, match=r"useless.toml: services.population.median: would change nothing"):
        ss.load_experiment(folder / "useless.toml")
    (folder / "useful.toml").write_text(text.replace("population.median", "context.mean").replace("5000, 9000", "0, 1"))
    assert ss.load_experiment(folder / "useful.toml").strategies == ("blend",)
