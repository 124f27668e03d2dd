"""The reviewer's package: what it says follows from the study, what it cannot know is left, and its crate is whole."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from markdown_it import MarkdownIt

import spreadsim as ss
from spreadsim.comparison.standings import standing
from spreadsim.parameters import declarations
from spreadsim.publication.convergence import convergence
from spreadsim.publication.package import Package
from spreadsim.publication.structures import structures, under
from spreadsim.scenario.document import Scenario
from tests.command_line import spreadsim


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = ["network.services=90", "run.months=18", "run.replicates=6", "doubt.at_least=8", "doubt.at_most=8"]
    comparison = ss.compare(ss.load_scenario("default", settings), workers=1, frontier=False)
    return comparison.save(tmp_path_factory.mktemp("study") / "results")


@pytest.fixture(scope="module")
def package(results: Path) -> Package:
    return ss.paper(results, worlds=False, workers=1)


def text(package: Package, name: str) -> str:
    return (package.folder / name).read_text(encoding="utf-8")


def test_it_is_whole_and_its_texts_are_markdown_with_no_broken_link(package: Package) -> None:
    assert ss.verify(package.folder).is_whole
    assert ss.verify(package.folder / "results").is_whole
    for path in package.folder.glob("*.md"):
        for token in MarkdownIt().enable("table").parse(path.read_text(encoding="utf-8")):
            for child in token.children or []:
                target = child.attrGet("href") or child.attrGet("src")
                if target and not str(target).startswith("https:"):
                    assert (package.folder / str(target)).is_file(), f"{path.name}: {target}"
        assert not re.search(r"\| (None|nan) \|", path.read_text(encoding="utf-8")), path.name


def test_the_odd_text_has_every_element_with_the_values_of_the_study(package: Package) -> None:
    odd = text(package, "odd.md")
    assert re.findall(r"^## (\d)\. ", odd, flags=re.M) == list("1234567")
    assert odd.count("### In this study") == odd.count("### In the model") == 7
    assert "| Services | 90 |" in odd
    assert "18 months are run" in odd
    assert "Seed 1, 6 replicates" in odd
    assert "Default scenario, 40 replicates" not in odd  # its results are not this study's
    assert "`discontinuation_probability`" in odd


def test_every_declared_parameter_stands_in_the_table_once(package: Package) -> None:
    with (package.folder / "parameters.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [row["parameter"] for row in rows]
    assert len(set(names)) == len(names)
    wanted = {d.path for d in declarations(Scenario) if d.path.startswith("behaviour.")}
    assert wanted <= set(names)
    values = {row["parameter"]: row["value"] for row in rows}
    assert values["run.months"] == "18"
    assert all(row["evidence and source"] for row in rows if row["parameter"].startswith("behaviour."))


def test_the_checklists_are_whole_and_say_what_is_left(package: Package) -> None:
    assert [item.number for item in package.checklists["CHEERS"]] == [str(n) for n in range(1, 29)]
    assert len({item.number for item in package.checklists["STRESS"]}) == 23
    left = {item.topic for item in package.checklists["CHEERS"] if not item.is_filled}
    assert {"Source of funding", "Conflicts of interest", "Discount rate", "Study population"} <= left
    assert all(item.known or item.left for items in package.checklists.values() for item in items)
    n = sum(item.is_filled for item in package.checklists["CHEERS"])
    assert f"Of 28 items, the program fills {n}," in text(package, "cheers.md")


def test_what_a_study_is_worth_fills_items_of_an_economic_evaluation(tmp_path: Path) -> None:
    worth = ['worth.currency="£"', "worth.staff_day=300", "worth.full_effect_person_year=0.01"]
    scenario = ss.load_scenario("classroom", worth)
    folder = ss.compare(scenario, replicates=2, driver="mesa", workers=1, frontier=False).save(tmp_path / "study")
    package = ss.paper(folder, structures=False, workers=1)
    items = {item.topic: item for item in package.checklists["CHEERS"]}
    assert items["Discount rate"].known == "0.035 a year"
    assert items["Discount rate"].is_filled
    assert "£300" in items["Measurement and valuation of resources and costs"].known


def test_structures_are_those_that_the_scenario_declares(package: Package) -> None:
    scenario = ss.load_scenario("default")
    names = [structure.name for structure in structures()]
    assert names == [
        "saturating response to peers", "linear response to peers", "threshold response to peers",
        "exponent 1 of the core", "exponent 2 of the core", "exponent 3 of the core", "rules of version 2",
    ]  # fmt: skip
    assert [run.structure.name for run in package.structures] == ["as in this study", *names[1:3], *names[4:]]
    old = under(scenario, structures()[-1])
    version_2 = ss.load_scenario("version-2")
    assert old.behaviour == version_2.behaviour
    assert old.intervention == version_2.intervention
    assert old.programme == scenario.programme
    changed = under(scenario, structures()[2])
    assert changed.behaviour.adoption.exposure_response == "threshold"
    assert changed.doubt.sets == scenario.doubt.sets
    assert "intervention.core_exponent" in under(scenario, structures()[3]).doubt.known


def test_a_structure_is_run_on_the_same_design_and_told_as_it_came_out(package: Package) -> None:
    own = package.structures[0].comparison
    for run in package.structures[1:]:
        again = ss.compare(run.comparison.scenario, workers=1, frontier=False, doubt="none")
        assert again.runs.equals(run.comparison.runs)
        assert run.comparison.scenario.run == own.scenario.run
    supplement = text(package, "supplement.md")
    for run in package.structures:
        assert f"| {run.structure.name} |" in supplement
        place = standing(run.comparison, "benefit")
        row = re.search(rf"^\| {re.escape(run.structure.name)} \|.*$", supplement, flags=re.M)
        assert row is not None
        assert (f"{place.leader} leads" if place.leader else "no leader") in row[0]
    first = package.structures[0].finding("benefit")
    same = sum(run.finding("benefit") == first for run in package.structures[1:])
    assert f"{first}, the same in {same} of 5 other structures" in text(package, "README.md")


def test_convergence_shows_ever_more_of_the_runs_that_were_made(package: Package) -> None:
    c = package.study.comparison
    rows = [row for row in convergence(c) if row.figure.endswith(", benefit") and row.over == "replicates"]
    assert [row.n for row in rows] == [3, 6]
    one, other = rows[0].figure.removesuffix(", benefit").split(" - ")
    gap = c.values(one, "benefit") - c.values(other, "benefit")
    assert [row.mean for row in rows] == pytest.approx([gap[:3].mean(), gap.mean()])
    worlds = [row for row in convergence(c) if row.over == "worlds" and row.figure.endswith("is best, benefit")]
    assert worlds[-1].n == 8
    assert c.doubt is not None
    share = c.doubt.answers["benefit"].standings.strategies
    assert worlds[-1].mean in [row.best.value for row in share]


def test_the_crate_describes_every_file_and_refers_to_nothing_else(package: Package) -> None:
    """What its own validator asks, offline: it asks the network for the context, which a test may not."""
    document = json.loads(text(package, "ro-crate-metadata.json"))
    assert document["@context"] == "https://w3id.org/ro/crate/1.1/context"
    entities = {entity["@id"]: entity for entity in document["@graph"]}
    root = entities["./"]
    assert {"name", "description", "datePublished", "license"} <= set(root)
    files = {p.relative_to(package.folder).as_posix() for p in package.folder.rglob("*") if p.is_file()}
    described = {name for name, entity in entities.items() if entity["@type"] == "File"}
    assert described == files - {"ro-crate-metadata.json"}
    assert {part["@id"] for part in root["hasPart"]} == described
    for entity in document["@graph"]:
        for value in entity.values():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict) and not one["@id"].startswith("https:"):
                    assert one["@id"] in entities
    run = entities["#run"]
    assert {part["@id"] for part in run["result"]} == {f"results/{name}" for name in package.study.receipt["results"]}


def test_runs_that_are_not_those_of_the_folder_are_told(results: Path, tmp_path: Path) -> None:
    import shutil

    import pandas as pd

    copy = tmp_path / "copy"
    shutil.copytree(results, copy)
    runs = pd.read_parquet(copy / "runs.parquet")
    runs.loc[0, "benefit"] += 0.25
    runs.to_parquet(copy / "runs.parquet")
    package = ss.paper(copy, structures=False, workers=1)
    assert "the largest difference in any measure is 0.25" in text(package, "README.md")


def test_bad_input_is_refused_in_words_before_anything_is_run(results: Path, tmp_path: Path) -> None:
    for arguments, words in (
        ((str(tmp_path / "nowhere"),), "name a results folder"),
        ((str(results), "--out", str(results / "inside")), "lies in the results folder"),
    ):
        done = spreadsim("paper", *arguments, "--no-structures", "--quiet", folder=tmp_path)
        assert done.returncode == 2
        assert words in done.stderr
    ss.sweep("clustering", out=tmp_path / "sweep", settings=["run.replicates=2", "run.months=6"])
    assert "is a sweep" in spreadsim("paper", "sweep", folder=tmp_path).stderr
    again = spreadsim("paper", str(results), "--out", str(tmp_path / "two"), "--no-structures", folder=tmp_path)
    assert again.returncode == 0
    assert "items are left to the authors" in " ".join(again.stdout.split())
    assert spreadsim("paper", str(results), "--out", str(tmp_path / "two"), folder=tmp_path).returncode == 2


def test_what_only_python_had_is_named(tmp_path: Path) -> None:
    network = ss.make_network(ss.load_scenario("classroom"))
    folder = ss.compare("classroom", replicates=1, network=network, driver="mesa", workers=1).save(tmp_path / "own")
    with pytest.raises(ss.InputError, match="only a Python program had: network "):
        ss.paper(folder)


def test_the_same_study_gives_the_same_texts(results: Path, package: Package, tmp_path: Path) -> None:
    again = ss.paper(results, tmp_path / "again", worlds=False, workers=1)
    for name in ("odd.md", "stress.md", "cheers.md", "supplement.md", "structures.csv", "convergence.svg"):
        assert text(again, name) == text(package, name)
    assert np.isclose(again.study.largest_difference, 0.0)
