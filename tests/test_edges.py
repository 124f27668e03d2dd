"""What users meet at the edges: odd data, odd places, odd arguments. Words, never a traceback; null, never a crash."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import spreadsim as ss
from tests.cli.test_cli import spreadsim

SCENARIO = "based_on = 'default'\nname = 'mine'\n[network]\nsource = 'file'\npath = 'net'\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A scenario on a network of one's own in which nobody is served, and one tie leads nowhere."""
    (tmp_path / "net").mkdir()
    rows = "".join(f"s{i},{'north' if i % 2 else 'south'},0\n" for i in range(12))
    (tmp_path / "net" / "services.csv").write_text("id,region,population\n" + rows)
    (tmp_path / "net" / "ties.csv").write_text("source,target\ns0,s1\ns1,s2\ns2,s77\n")
    (tmp_path / "mine.toml").write_text(SCENARIO)
    return tmp_path


def test_a_network_that_serves_nobody_has_null_benefit(place: Path) -> None:
    c = ss.compare(place / "mine.toml", replicates=2, months=12, frontier=False)
    for measure in ("benefit", "population_reach", "equity_gap", "cumulative_benefit", "cost_per_benefit_year"):
        assert np.isnan(c.values("blend", measure)).all(), measure
    assert (c.values("blend", "reach") > 0).all()
    c.save(place / "r")


def test_faults_in_the_files_are_said_in_every_command_and_in_the_report(place: Path) -> None:
    seen = "'s77' is not a service"
    for arguments in (
        ["check", "mine.toml"],
        ["compare", "mine.toml", "--replicates", "2", "--months", "6", "--no-frontier", "--out", "r"],
    ):
        done = spreadsim(*arguments, folder=place)
        assert done.returncode == 0, done.stderr
        assert seen in done.stderr
    assert "s77" in (place / "r" / "report.html").read_text(encoding="utf-8")


def test_a_level_cannot_take_the_name_of_a_column(tmp_path: Path) -> None:
    with pytest.raises(ss.SpreadsimError, match="a level cannot be called 'strategy'"):
        ss.load_scenario("default", ['network.hierarchy=[{level="strategy",count=4}]'])
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "services.csv").write_text("id,strategy\na,A\nb,B\nc,A\n")
    (tmp_path / "net" / "ties.csv").write_text("source,target\na,b\n")
    (tmp_path / "mine.toml").write_text(SCENARIO + "hierarchy_columns = ['strategy']\n")
    table = ss.compare(tmp_path / "mine.toml", replicates=1, months=3, frontier=False).services_table()
    assert sorted(set(table["strategy"])) == ["blend", "organic", "top-down"]
    assert sorted(set(table["group: strategy"])) == ["A", "B"]


@pytest.mark.parametrize("out", ["/proc/x", "/dev/null/x", "z" * 300])
def test_odd_places_are_refused_before_anything_is_run(tmp_path: Path, out: str) -> None:
    done = spreadsim("compare", "default", "--replicates", "100000", "--out", out, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: --out: ")
    assert "Traceback" not in done.stderr


def test_a_copy_to_nowhere_is_refused(tmp_path: Path) -> None:
    done = spreadsim("scenarios", "--copy", "default", "--to", "/nowhere/x.toml", folder=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_what_cannot_be_printed_is_refused() -> None:
    with pytest.raises(ss.SpreadsimError, match="cannot be printed"):
        ss.load_scenario("default", ['title="a\\u001b[31mb"'])


def test_a_misspelt_component_is_named() -> None:
    with pytest.raises(ss.InputError, match="there is no component 'team-rols'; did you mean 'team-roles'"):
        ss.load_scenario("default", ["intervention.components.team-rols.core=true"])


@pytest.mark.parametrize(
    ("arguments", "seen"),
    [
        ({"driver": "mesaa"}, "did you mean 'mesa'"),
        ({"workers": 0}, "0 workers are too few"),
        ({"replicates": 0}, "replicates"),
        ({"replicates": -1}, "replicates"),
        ({"months": 0}, "months"),
    ],
)
def test_odd_arguments_are_refused_in_words(arguments: dict, seen: str) -> None:
    for function in (ss.compare, ss.frontier):
        with pytest.raises(ss.SpreadsimError, match=seen):
            function("classroom", **arguments)
    with pytest.raises(ss.InputError, match="a lever lies between 0 and 1"):
        ss.frontier("classroom", levers={"mandate": [2.0]}, replicates=1)


def test_numpy_numbers_are_numbers(place: Path) -> None:
    c = ss.compare("classroom", replicates=np.int64(2), seed=np.int64(3), frontier=False)
    assert c.n_replicates == 2


def test_a_network_that_was_loaded_can_be_compared_on(place: Path) -> None:
    found = ss.load_network(place / "net")
    a = ss.compare("default", network=found, replicates=2, months=6, frontier=False)
    b = ss.compare("default", network=found.network, replicates=2, months=6, frontier=False)
    assert a.runs.equals(b.runs)


@pytest.mark.parametrize(
    "change", [{"results": None}, {"command": 5}, {"versions": 3}, {"results": [1]}, {"options": {"driver": "zz"}}]
)
def test_an_edited_receipt_is_no_receipt(tmp_path: Path, change: dict) -> None:
    ss.compare("classroom", replicates=1, frontier=False).save(tmp_path / "r")
    path = tmp_path / "r" / "provenance.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    done = spreadsim("reproduce", "r", folder=tmp_path)
    assert (done.returncode, "is not a receipt" in done.stderr) == (2, True), done.stderr


def test_services_table_reads_back(place: Path) -> None:
    ss.compare("classroom", replicates=2, frontier=False).save(place / "r")
    table = pd.read_parquet(place / "r" / "services.parquet")
    assert len(table) == 2 * 12
    shutil.rmtree(place / "r")
