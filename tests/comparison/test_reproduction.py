"""A results folder is made again from its receipt, and the first difference is named."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import spreadsim as ss
from spreadsim.comparison.comparison import frontier
from spreadsim.comparison.folder import write_frontier
from spreadsim.comparison.reproduction import reproduce
from spreadsim.scenario.files import load_scenario
from tests.cli.test_cli import ALONE, QUICK
from tests.command_line import spreadsim

SETTINGS = [text for flag, text in itertools.pairwise(QUICK) if flag == "--set"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made")
    done = spreadsim("compare", "default", *QUICK, "--out", "r", folder=place)
    assert done.returncode == 0, done.stderr
    return place / "r"


@pytest.fixture(scope="module")
def runs_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder that is soon made again: the strategies' runs, and nothing beside them."""
    place = tmp_path_factory.mktemp("alone")
    done = spreadsim("compare", "default", *ALONE, "--out", "r", folder=place)
    assert done.returncode == 0, done.stderr
    return place / "r"


def test_every_result_is_made_again_byte_for_byte(made: Path) -> None:
    found = reproduce(made)
    assert found.difference is None
    assert all(found.files.values())
    assert {"runs.parquet", "report.html", "summary.json", "lever_map.parquet"} <= set(found.files)


def test_a_changed_result_is_named(runs_alone: Path, tmp_path: Path) -> None:
    folder = tmp_path / "changed"
    shutil.copytree(runs_alone, folder)
    runs = pd.read_parquet(folder / "runs.parquet")
    runs.loc[4, "benefit"] += 1e-9
    runs.to_parquet(folder / "runs.parquet")
    found = reproduce(folder)
    assert found.difference is not None
    assert "runs.parquet: column benefit, row 4" in found.difference
    assert "no longer holds what its receipt says" in found.difference
    done = spreadsim("reproduce", str(folder), folder=tmp_path)
    assert done.returncode == 1
    assert "First difference: runs.parquet" in done.stdout


def test_changed_inputs_are_refused(runs_alone: Path, tmp_path: Path) -> None:
    folder = tmp_path / "changed"
    shutil.copytree(runs_alone, folder)
    path = folder / "scenario.toml"
    path.write_text(path.read_text().replace("seed = 1", "seed = 2", 1))
    with pytest.raises(ss.InputError, match="is not the input that was run"):
        reproduce(folder)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"inputs": 3, "options": 4}'])
def test_what_is_no_results_folder_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "provenance.json").write_text(content)
    done = spreadsim("reproduce", str(tmp_path), folder=tmp_path)
    assert done.returncode == 2
    assert "name a results folder of spreadsim" in done.stderr


def test_what_only_python_had_is_not_pretended(tmp_path: Path) -> None:
    import networkx as nx

    network = nx.path_graph(20)
    ss.compare("default", network=network, replicates=2, months=6, frontier=False, doubt="none").save(tmp_path / "r")
    with pytest.raises(ss.InputError, match="only a Python program had: network "):
        reproduce(tmp_path / "r")


def test_a_frontier_is_made_again(tmp_path: Path) -> None:
    scenario = load_scenario("default", SETTINGS)
    result = frontier(scenario, replicates=2)
    write_frontier(result, scenario, tmp_path / "f", levers=None, replicates=2, driver="compiled")
    assert reproduce(tmp_path / "f").difference is None


def test_inputs_travel_with_the_results(tmp_path: Path) -> None:
    """A network read from files is copied into the folder, which then runs alone."""
    network = tmp_path / "mine" / "net"
    network.mkdir(parents=True)
    (network / "services.csv").write_text("id,region\n" + "".join(f"s{i},r{i % 3}\n" for i in range(30)))
    (network / "ties.csv").write_text("source,target\n" + "".join(f"s{i},s{(i + 1) % 30}\n" for i in range(30)))
    (tmp_path / "mine" / "mine.toml").write_text(
        "based_on = 'default'\nname = 'mine'\n[network]\nsource = 'file'\npath = 'net'\n"
    )
    done = spreadsim(
        "compare",
        "mine/mine.toml",
        "--replicates",
        "2",
        "--months",
        "12",
        "--no-frontier",
        "--doubt",
        "none",
        "--out",
        "r",
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in (tmp_path / "r" / "inputs" / "net").iterdir()) == ["services.csv", "ties.csv"]
    elsewhere = tmp_path / "elsewhere"
    shutil.move(tmp_path / "r", elsewhere)
    shutil.rmtree(tmp_path / "mine")
    assert reproduce(elsewhere).difference is None
    receipt = json.loads((elsewhere / "provenance.json").read_text())
    assert set(receipt["inputs"]) == {"scenario.toml", "inputs/net/services.csv", "inputs/net/ties.csv"}
