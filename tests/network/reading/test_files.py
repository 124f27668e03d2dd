"""Reading real networks: what a user with messy files sees, and what is read from good ones."""
# ruff: noqa: E501 - what a user reads stands on one line

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreadsim.errors import InputError, InputErrors, SpreadsimError
from spreadsim.network.construction import make_network
from spreadsim.network.reading import tables
from spreadsim.network.reading.files import NetworkFile, draw_missing, load_network, read_network
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.network_options import NetworkFileOptions

DATA = Path(os.environ.get("SPREADSIM_DATA", Path(__file__).parents[4] / "shared" / "data"))
needs_data = pytest.mark.skipif(
    not (DATA / "coleman").is_dir(), reason="no real data: neither SPREADSIM_DATA nor ../shared/data holds it"
)
SERVICES = "id,readiness\na,0.2\nb,0.4\nc,0.6\n"
TIES = "source,target\na,b\nb,c\n"
TIERS = "id,parent,level\nx,,region\np,x,network\nq,x,network\n"


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("default")


def folder(
    path: Path, services: str | bytes = SERVICES, ties: str | bytes | None = TIES, **others: str | bytes
) -> Path:
    """Write a network's files into `path`/net and return it."""
    net = path / "net"
    net.mkdir(exist_ok=True)
    files = {"services.csv": services, "ties.csv": ties, **{f"{name}.csv": text for name, text in others.items()}}
    for name, text in files.items():
        if text is not None:
            (net / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return net


def read(path: Path, scenario: Scenario, **options: object) -> NetworkFile:
    return read_network(path, NetworkFileOptions.model_validate(options), scenario)


def said(result: NetworkFile) -> list[str]:
    return [f"{fault.severity}: {fault}" for fault in result.faults]


# --------------------------------------------------------------------------------------------------- refused

MANGLED = "a spreadsheet changed it (a date, a rounded number): format the column as text, enter the ids again"
UTF8 = "save it again as 'CSV UTF-8'"
REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "duplicate ids": (
        {"services": "id\na\nb\na\nb\n"},
        {},
        "services.csv: id (rows 4 and 5): 'a' is taken by row 2; give each service an id of its own, or remove the repeated ones",
    ),
    "ids a spreadsheet made dates": (
        {"services": "id\n2-Jan\nb\nJan-02\n"},
        {},
        f"services.csv: id (rows 2 and 4): '2-Jan' is no longer an id; {MANGLED}",
    ),
    "ids a spreadsheet rounded": (
        {"services": "id\n1.23E+11\nb\nc\na\n"},
        {},
        f"services.csv: id (row 2): '1.23E+11' is no longer an id; {MANGLED}",
    ),
    "dates in one table": (
        {"ties": "source,target\n1-Feb,b\na,b\n"},
        {},
        f"ties.csv: source (row 2): '1-Feb' is no longer an id; {MANGLED}",
    ),
    "missing ids": (
        {"services": "id,name\na,x\n,y\nb,z\nc,w\n"},
        {},
        "services.csv: id (row 3): is missing; give each service an id",
    ),
    "no id column": (
        {"services": "ID,name\na,x\n"},
        {},
        "services.csv: id: this column is missing; if 'ID' holds it, set columns = { id = \"ID\" }",
    ),
    "no source": (
        {"ties": "from,target\na,b\n"},
        {},
        "ties.csv: source: this column is missing; name the column that holds it in columns (found: from, target)",
    ),
    "Latin-1": (
        {"services": "id,name\na,Café\n".encode("latin-1")},
        {},
        f"services.csv: row 2: is not UTF-8 text (byte 0xe9; Latin-1 or Windows-1252?); {UTF8}",
    ),
    "UTF-16": (
        {"services": "id\na\n".encode("utf-16")},
        {},
        f"services.csv: is UTF-16 text ('Unicode text'), not UTF-8; {UTF8}",
    ),
    "workbook": (
        {"services": b"PK\x03\x04rest"},
        {},
        f"services.csv: is a spreadsheet workbook, not CSV text; {UTF8}",
    ),
    "empty file": (
        {"services": ""},
        {},
        "services.csv: the file is empty; a header and one row per record are needed",
    ),
    "header alone": ({"services": "id\n"}, {}, "services.csv: holds no services; one row per service is needed"),
    "a comma too many": (
        {"services": "id,name,readiness\na,Smith, and son,0.5\nb,x,0.1\nc,y,0.2\n"},
        {},
        "services.csv: row 2: 4 cells, but the header has 3; put text that holds a comma in quotes",
    ),
    "an open quote": (
        {"services": 'id,name\na,"x\nb,y\n'},
        {},
        "services.csv: row 2: cannot be read (unexpected end of data); look for a quote mark left open",
    ),
    "two columns of one name": (
        {"services": "id,id\na,b\n"},
        {},
        "services.csv: id: two columns have this name; rename one of them",
    ),
    "weights": (
        {"ties": "source,target,weight\na,b,-1\nb,c,inf\na,c,x\n"},
        {},
        "ties.csv: weight (row 4): 'x' is not a number; correct it, or leave it empty\n"
        "ties.csv: weight (row 3): 'inf' is not a finite number; correct it, or leave it empty\n"
        "ties.csv: weight (row 2): -1 is negative; a weight is 0 or more",
    ),
    "populations": (
        {"services": "id,population\na,-5\nb,10\nc,inf\n"},
        {},
        "services.csv: population (row 4): 'inf' is not a finite number; correct it, or leave it empty\n"
        "services.csv: population (row 2): -5 is negative; give the number of people served",
    ),
    "thousands": (
        {"services": 'id,population\na,"8,519"\nb,10\nc,9\n'},
        {},
        "services.csv: population (row 2): '8,519' is not a number; write decimals with a point, and thousands without a "
        "comma",
    ),
    "per cent signs": (
        {"services": "id,readiness\na,45%\nb,0.2\nc,0.1\n"},
        {},
        "services.csv: readiness (row 2): '45%' is not a number; write a share, 0.45 instead of 45%",
    ),
    "per cents": (
        {"services": "id,readiness\na,45\nb,60\nc,70\n"},
        {},
        "services.csv: readiness: values run from 45 to 70; give shares from 0 to 1: percentages over 100, a 1-to-5 score s "
        "as (s - 1) / 4",
    ),
    "mean scores": (
        {"services": "id,capability\na,1.5\nb,3\nc,5\n"},
        {},
        "services.csv: capability: values run from 1.5 to 5; give shares from 0 to 1: percentages over 100, a 1-to-5 score s "
        "as (s - 1) / 4",
    ),
    "both deprivations": (
        {"services": "id,deprivation_decile,deprivation\na,1,2\nb,10,3\nc,5,3\n"},
        {},
        "services.csv: deprivation_decile: is given as well as deprivation; leave one out: deprivation is higher, the decile "
        "lower, where people are more deprived",
    ),
    "deciles": (
        {"services": "id,deprivation_decile\na,0\nb,10\nc,5\n"},
        {},
        "services.csv: deprivation_decile (row 2): 0 is not a whole number from 1 to 10; give deciles, 1 the most deprived, "
        "or scores as deprivation",
    ),
    "dates of adoption": (
        {"services": "id,adopted_month\na,2021-03-01\nb,\nc,Mar-21\n"},
        {},
        "services.csv: adopted_month (rows 2 and 4): '2021-03-01' is a date; give the number of the period, 1 for the first, "
        "and leave it empty for services that did not adopt",
    ),
    "years of adoption": (
        {"services": "id,adopted_month\na,1963\nb,\nc,1965\n"},
        {},
        "services.csv: adopted_month: values run from 1963 to 1965: calendar years; count periods from 1 (the year less "
        "1962), and set period_months = 12",
    ),
    "negative months": (
        {"services": "id,adopted_month\na,1\nb,\nc,-2\n"},
        {},
        "services.csv: adopted_month (row 4): -2 is not a whole number of at least 0; give the number of the period, 1 for "
        "the first",
    ),
    "a parent without tiers": (
        {"services": "id,parent\na,x\nb,x\nc,y\n"},
        {},
        "services.csv: parent: names rows of tiers.csv, but there is no such file; add tiers.csv (id, parent, level), or set "
        'hierarchy_columns = ["parent"]',
    ),
    "an unknown parent": (
        {"services": "id,parent\na,q\nb,pp\nc,p\n", "tiers": TIERS},
        {},
        "services.csv: parent (row 3): 'pp' is not an id of tiers.csv; did you mean 'p'?",
    ),
    "a circle of tiers": (
        {"services": "id,parent\na,q\nb,p\nc,p\n", "tiers": "id,parent,level\np,q,x\nq,p,x\n"},
        {},
        "tiers.csv: parent (rows 2 and 3): 'p' is above itself; break the circle",
    ),
    "repeated tiers": (
        {"services": "id,parent\na,q\nb,p\nc,p\n", "tiers": TIERS + "p,x,network\n"},
        {},
        "tiers.csv: id (row 5): 'p' is taken by an earlier row; give each tier an id of its own",
    ),
    "an unknown level": (
        {"services": "id,region\na,x\nb,x\nc,y\n"},
        {"hierarchy_columns": ["regoin"]},
        "services.csv: hierarchy_columns: there is no column 'regoin'; did you mean 'region'?",
    ),
    "a path out of the folder": (
        {},
        {"ties_file": "../ties.csv"},
        "net: ties_file: '../ties.csv' is outside the file's folder; give a path inside the folder of the file that names "
        "it",
    ),
    "an absolute path": (
        {},
        {"services_file": "/etc/passwd"},
        "net: services_file: '/etc/passwd' is an absolute path; give a path inside the folder of the file that names it",
    ),
    "a column we do not know": (
        {},
        {"columns": {"adoptd_month": "toa"}},
        "columns: adoptd_month: is not a column that is read; did you mean 'adopted_month'?",
    ),
    "a column they do not have": (
        {"services": "id,tao\na,1\nb,\nc,2\n"},
        {"columns": {"adopted_month": "toa"}},
        "services.csv: columns.adopted_month: there is no column 'toa'; did you mean 'tao'?",
    ),
    "a kind they do not have": (
        {"ties": "source,target,kind\na,b,advice\nb,c,friends\n"},
        {"kinds": ["advise"]},
        "ties.csv: kinds: no tie is of the kind 'advise'; did you mean 'advice'?",
    ),
    "no kinds at all": (
        {},
        {"kinds": ["advice"]},
        "ties.csv: kind: kinds are chosen, but this column is missing; name it in columns, or leave out kinds",
    ),
    "influence without direction": (
        {},
        {"directed": False, "influence": "target-to-source"},
        "network: influence: has no meaning where directed = false; leave one of them out",
    ),
    "no table of ties of that name": (
        {},
        {"ties_file": "edges.csv"},
        "net: there is no edges.csv; name it with ties_file (found: services.csv, ties.csv)",
    ),
}


def test_a_compressed_table_is_read(tmp_path: Path, scenario: Scenario) -> None:
    net = folder(tmp_path, ties=None)
    plain = read_network(net, NetworkFileOptions(), scenario).network
    (net / "services.csv.gz").write_bytes(gzip.compress(SERVICES.encode()))
    options = NetworkFileOptions(services_file="services.csv.gz")
    network = read_network(net, options, scenario).network
    assert network.ids == plain.ids
    assert np.array_equal(network["readiness"], plain["readiness"])


def test_a_compressed_table_is_bounded_and_whole(
    tmp_path: Path, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = folder(tmp_path, ties=None)
    whole = gzip.compress(SERVICES.encode() + b"d,0.5\n" * 1000)
    options = NetworkFileOptions(services_file="services.csv.gz")
    (net / "services.csv.gz").write_bytes(whole[:-20])
    with pytest.raises(InputError, match=r"services.csv.gz: is a gzip file that is damaged .* compress it again"):
        read_network(net, options, scenario)
    (net / "services.csv.gz").write_bytes(whole)
    monkeypatch.setattr(tables, "MAX_BYTES", 2000)
    with pytest.raises(InputError, match="holds more than 2,000 bytes; a network file has at most 2,000"):
        read_network(net, options, scenario)


def test_services_outside_all_groups_share_none(tmp_path: Path, scenario: Scenario) -> None:
    rows = "".join(f"s{i},north,{'' if i < 6 else f'pcn{i % 4}'}\n" for i in range(60))
    net = folder(tmp_path, "id,region,pcn\n" + rows, None)
    ties = scenario.network.peer_ties.model_copy(update={"picks_in_next_level": 0.0, "picks_anywhere": 0.0})
    only_lowest = scenario.model_copy(update={"network": scenario.network.model_copy(update={"peer_ties": ties})})
    options = NetworkFileOptions(hierarchy_columns=["region", "pcn"])
    network = read_network(net, options, only_lowest).network
    assert network.ties.degree[:6].tolist() == [0] * 6  # "no network" is no network
    assert network.ties.degree[6:].min() > 0
    network = read_network(net, options, scenario).network
    assert network.ties.degree[:6].min() > 0  # in the region, as everyone


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str, tmp_path: Path, scenario: Scenario) -> None:
    files, options, words = REFUSED[case]
    with pytest.raises(SpreadsimError) as failure:
        read(folder(tmp_path, **files), scenario, **options)
    assert str(failure.value) == words


def test_every_refused_fault_is_told_at_once_and_repairs_are_kept(tmp_path: Path, scenario: Scenario) -> None:
    net = folder(tmp_path, "id,readiness\na,x\nb,0.5\nb,0.5\n", "source,target,weight\na,a,1\na,b,-1\n")
    with pytest.raises(InputErrors) as failure:
        read(net, scenario)
    assert [error.field for error in failure.value.errors] == ["id (row 4)", "weight (row 3)", "readiness (row 2)"]
    assert [fault.severity for fault in failure.value.faults].count("repaired") == 1  # type: ignore[attr-defined]


# --------------------------------------------------------------------------------------------------- repaired

TOLD: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "nothing": ({}, {}, []),
    "self-loops": (
        {"ties": "source,target\na,a\na,b\nb,c\n"},
        {},
        ["repaired: ties.csv: row 2: 'a' is tied to itself; dropped"],
    ),
    "unknown ends": (
        {"services": "id\n012\nb\n", "ties": "source,target\n12.0,b\nzz,b\nb,012\n,b\n"},
        {},
        [
            "repaired: ties.csv: source (rows 2, 3 and 5): '12.0' is not a service; these ties are dropped; '12.0' may be '012': "
            "write ids alike in both tables"
        ],
    ),
    "repeated": (
        {"ties": "source,target,weight\na,b,1\nb,a,3\nb,c,1\n"},
        {},
        ["repaired: ties.csv: row 3: only 2 of 3 ties differ; merged, with the weight listed first"],
    ),
    "repeated and summed": (
        {"ties": "source,target,weight\na,b,1\nb,a,3\nb,c,1\n"},
        {"repeated_ties": "sum"},
        ["repaired: ties.csv: row 3: only 2 of 3 ties differ; their weights are summed"],
    ),
    "more rows than are shown": (
        {"ties": TIES + "a,z\n" * 9},
        {},
        ["repaired: ties.csv: target (rows 4, 5, 6, 7, 8 and 4 more): 'z' is not a service; these ties are dropped"],
    ),
    "missing weights": (
        {"ties": "source,target,weight\na,b,2\nb,c,\n"},
        {},
        ["repaired: ties.csv: weight (row 3): missing; treated as 1"],
    ),
    "islands": (
        {"services": "id\na\nb\nc\nd\ne\n"},
        {},
        ["noted: ties.csv: 2 of 5 services have no ties (d and e); kept: peers do not reach them"],
    ),
    "byte-order mark and Windows line ends": (
        {"services": b"\xef\xbb\xbfid\r\na\r\nb\r\nc\r\n"},
        {},
        [
            "noted: services.csv: begins with a byte-order mark, as spreadsheets write it; read without it",
            "noted: services.csv: has Windows line ends; read like any others",
        ],
    ),
    "semicolons": (
        {"services": "id;name\na;x\nb;y\nc;z\n"},
        {},
        ["repaired: services.csv: columns are separated by semicolons; read so; decimals need a point"],
    ),
    "blank rows": (
        {"services": "id\na\n\n\nb\nc\n\n"},
        {},
        ["repaired: services.csv: rows 3 and 4: blank; skipped"],
    ),
    "short rows": (
        {"services": "id,name\na,x\nb\nc,z\n"},
        {},
        ["repaired: services.csv: row 3: 1 cells, but the header has 2; the rest is taken as missing"],
    ),
    "unknown columns": (
        {"services": "id,readines,colour\na,1,2\nb,1,2\nc,1,1\n"},
        {},
        [
            "noted: services.csv: readines, colour: these columns are not read; ignored; is 'readines' meant as 'readiness'?"
        ],
    ),
    "scores": (
        {"services": "id,capability\na,1\nb,3\nc,5\n"},
        {},
        ["repaired: services.csv: capability: holds scores from 1 to 5; a score s is treated as (s - 1) / 4"],
    ),
    "out of range": (
        {"services": "id,readiness,capability\na,1.2,1.1\nb,0.2,0.4\nc,0.3,0.3\n"},
        {},
        [
            "repaired: services.csv: readiness (row 2): 1.2 is not within 0.02 to 0.98; moved to the nearest limit",
            "repaired: services.csv: capability (row 2): 1.1 is not within 0 to 1; moved to the nearest limit",
        ],
    ),
    "missing values": (
        {"services": "id,readiness,deprivation\na,NA,20\nb,0.4,\nc,0.6,30.5\n"},
        {},
        [
            "repaired: services.csv: deprivation (row 3): missing in 1 of 3 services; drawn at random for these",
            "repaired: services.csv: readiness (row 2): missing in 1 of 3 services; drawn at random for these",
        ],
    ),
    "deciles": (
        {"services": "id,deprivation_decile\na,1\nb,10\nc,5\n"},
        {},
        ["noted: services.csv: deprivation_decile: 1 is the most deprived; deprivation = 11 - decile"],
    ),
    "scores that may be deciles": (
        {"services": "id,deprivation\na,1\nb,10\nc,5\nd,6\ne,2\n", "ties": "source,target\na,b\nc,d\ne,a\n"},
        {},
        [
            "noted: services.csv: deprivation: all values are whole numbers from 1 to 10, and higher is taken as more deprived; "
            "if they are deciles with 1 the most deprived, name the column deprivation_decile"
        ],
    ),
    "late adoption": (
        {"services": "id,adopted_month\na,3\nb,18\nc,\n"},
        {"observed_periods": 17},
        [
            "repaired: services.csv: adopted_month (row 3): 18 is after the last period observed (17); treated as not adopted in "
            "the time observed"
        ],
    ),
    "other kinds": (
        {"ties": "source,target,kind\na,b,x\nb,c,y\nb,c,x\n"},
        {"kinds": ["x"]},
        ["noted: ties.csv: kind: 1 of 3 ties are of other kinds (y); left out, as kinds says"],
    ),
    "no ties": (
        {"ties": None},
        {},
        [
            "noted: net: there is no table of ties; ties are made from chance alone: each service picks 3.3 peers anywhere"
        ],
    ),
    "a gap in the hierarchy": (
        {"services": "id,region\na,x\nb,\nc,y\n"},
        {},
        ["repaired: services.csv: region (row 3): missing; placed directly under the group above"],
    ),
    "a group under two": (
        {"services": "id,region,pcn\na,x,1\nb,x,2\nc,y,1\n"},
        {"hierarchy_columns": ["region", "pcn"]},
        [
            "noted: services.csv: pcn: '1' stands under more than one group of the level above; taken as groups of their own"
        ],
    ),
}


@pytest.mark.parametrize("case", TOLD)
def test_repaired_and_noted(case: str, tmp_path: Path, scenario: Scenario) -> None:
    files, options, words = TOLD[case]
    assert said(read(folder(tmp_path, **files), scenario, **options)) == words


def test_faults_name_their_rows(tmp_path: Path, scenario: Scenario) -> None:
    (fault,) = read(folder(tmp_path, ties=TIES + "a,z\n" * 9), scenario).faults
    assert (fault.file, fault.row, fault.rows, fault.count, fault.field) == (
        "ties.csv",
        4,
        (4, 5, 6, 7, 8),
        9,
        "target",
    )


# --------------------------------------------------------------------------------------------------- what is read


def test_given_values_are_kept_and_the_rest_is_drawn(tmp_path: Path, scenario: Scenario) -> None:
    result = read(folder(tmp_path), scenario)
    assert result.network.ids == ("a", "b", "c")
    assert result.network["readiness"].tolist() == [0.2, 0.4, 0.6]
    assert result.given == ("id", "readiness", "source", "target")
    assert "readiness" not in result.drawn
    assert {"capability", "context", "population"} <= set(result.drawn)
    assert result.network.hierarchy.service_depth.tolist() == [1, 1, 1]
    assert result.adopted_month is None
    assert result.graph.number_of_nodes() == 4
    assert result.metrics()["adoption"] is None


def test_scores_deciles_and_summed_weights_have_their_values(tmp_path: Path, scenario: Scenario) -> None:
    services = "id,capability,deprivation_decile\na,1,1\nb,3,10\nc,5,5\n"
    ties = "source,target,weight\na,b,1\nb,a,3\nb,c,0.5\n"
    network = read(folder(tmp_path, services, ties), scenario, repeated_ties="sum").network
    assert network["capability"].tolist() == [0.0, 0.5, 1.0]
    assert network["deprivation"].tolist() == [10.0, 1.0, 6.0]
    assert network.ties.strength.tolist() == [4.0, 4.0, 0.5, 0.5]
    first = read(folder(tmp_path, services, ties), scenario).network
    assert first.ties.strength.tolist() == [1.0, 1.0, 0.5, 0.5]


def test_missing_deprivation_is_drawn_on_the_given_scale_and_readiness_follows(
    tmp_path: Path, scenario: Scenario
) -> None:
    n = 2000
    scores = np.linspace(0.5, 80.25, n)
    rows = "".join(f"s{i},{'' if i % 10 == 0 else scores[i]}\n" for i in range(n))
    network = read(folder(tmp_path, "id,deprivation\n" + rows, "source,target\n"), scenario).network
    given = np.arange(n) % 10 != 0
    assert np.array_equal(network["deprivation"][given], scores[given])
    assert abs(network["deprivation"][~given].mean() - 40) < 6
    slope = scenario.services.readiness.deprivation_slope
    assert abs(np.corrcoef(network["deprivation"], network["readiness"])[0, 1] - slope) < 0.06


def test_direction(tmp_path: Path, scenario: Scenario) -> None:
    net = folder(tmp_path, ties="source,target\na,b\n")
    both, named, naming = (
        read(net, scenario, **options).network.ties
        for options in ({}, {"influence": "target-to-source"}, {"directed": True, "influence": "source-to-target"})
    )
    assert (both.degree.tolist(), both.directed) == ([1, 1, 0], False)
    assert (named.listener.tolist(), named.peer.tolist(), named.directed) == ([0], [1], True)
    assert (naming.listener.tolist(), naming.peer.tolist()) == ([1], [0])


def test_flat_columns_make_levels_in_order_of_first_child(tmp_path: Path, scenario: Scenario) -> None:
    services = "id,pcn,region\na,n2,south\nb,n1,north\nc,n3,south\nd,n1,north\n"
    tree = read(folder(tmp_path, services), scenario, hierarchy_columns=["region", "pcn"]).network.hierarchy
    assert tree.levels == ("region", "pcn")
    assert tree.names == ("programme", "south", "north", "n2", "n1", "n3")
    assert tree.parent.tolist() == [-1, 0, 0, 1, 2, 1]
    assert tree.level_of.tolist() == [-1, 0, 0, 1, 1, 1]
    assert tree.service_parent.tolist() == [3, 4, 5, 4]
    assert tree.service_depth.tolist() == [3, 3, 3, 3]


def test_tiers_make_the_same_tree(tmp_path: Path, scenario: Scenario) -> None:
    services = "id,parent\na,n2\nb,n1\nc,n3\nd,n1\n"
    tiers = "id,parent,level,name\nn1,N,pcn,First\nn2,S,pcn,\nn3,S,pcn,\nN,,region,North\nS,,region,South\n"
    tree = read(folder(tmp_path, services, tiers=tiers), scenario).network.hierarchy
    assert tree.levels == ("region", "pcn")
    assert tree.names == ("programme", "South", "North", "n2", "First", "n3")
    assert tree.service_parent.tolist() == [3, 4, 5, 4]


def test_adoption_in_years_becomes_months(tmp_path: Path, scenario: Scenario) -> None:
    net = folder(tmp_path, "id,toa\na,1\nb,3\nc,\n")
    result = read(net, scenario, columns={"adopted_month": "toa"}, period_months=12)
    assert result.adopted_period is not None
    assert result.adopted_month is not None
    assert result.adopted_period[:2].tolist() == [1, 3]
    assert result.adopted_month[:2].tolist() == [12, 36]
    assert np.isnan(result.adopted_month[2])
    assert result.observed_periods == 3
    assert result.network.facts["adopted_month"][1] == 36
    assert json.loads(json.dumps(result.metrics(rewirings=5)))["adoption"]["adopted"] == 2


def test_replicates_share_what_is_given_and_draw_the_rest(tmp_path: Path, scenario: Scenario) -> None:
    network = read(folder(tmp_path, ties=None), scenario).network
    other = draw_missing(network, scenario, 3)
    assert np.array_equal(other["readiness"], network["readiness"])
    assert not np.array_equal(other["capability"], network["capability"])
    assert other.hierarchy is network.hierarchy
    assert "ties" in other.drawn
    again = draw_missing(other, scenario, 0)
    assert all(np.array_equal(again[name], network[name]) for name in network.attributes)


def test_load_network_takes_options_by_name(tmp_path: Path) -> None:
    net = folder(tmp_path)
    assert load_network(net).network.n == 3
    with pytest.raises(InputError, match=r"python: tie_file: unknown name; did you mean 'ties_file'\?"):
        load_network(net, tie_file="edges.csv")
    with pytest.raises(InputErrors, match="python: repeated_ties: 'add' cannot be used"):
        load_network(net, repeated_ties="add")


def test_size_is_limited(tmp_path: Path, scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_BYTES", 20)
    with pytest.raises(InputError, match=r"services.csv: the file has 31 bytes; a network file has at most 20"):
        read(folder(tmp_path), scenario)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, scenario: Scenario) -> None:
    net = folder(tmp_path, ties=None)
    (tmp_path / "outside.csv").write_text(TIES)
    (net / "ties.csv").symlink_to(tmp_path / "outside.csv")
    with pytest.raises(InputError, match="is outside the file's folder"):
        read(net, scenario)


@settings(max_examples=60, deadline=None)
@given(
    pairs=st.lists(st.tuples(st.sampled_from("abcdez"), st.sampled_from("abcdez")), max_size=30), directed=st.booleans()
)
def test_every_row_of_ties_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]], directed: bool
) -> None:
    """z is no service: the ties read are the different pairs of the others, and no pair is lost."""
    net = folder(
        tmp_path_factory.mktemp("ties"),
        "id\na\nb\nc\nd\ne\n",
        "source,target\n" + "".join(f"{a},{b}\n" for a, b in pairs),
    )
    ties = read(net, load_scenario("default"), directed=directed).network.ties
    good = [(a, b) for a, b in pairs if "z" not in (a, b) and a != b]
    expected = {(a, b) if directed else tuple(sorted((a, b))) for a, b in good}
    assert ties.n_ties == len(expected)
    listed = {("abcde"[i], "abcde"[j]) for i, j in zip(ties.listener.tolist(), ties.peer.tolist(), strict=True)}
    assert listed == (expected if directed else expected | {(b, a) for a, b in expected})


@settings(max_examples=150, deadline=None)
@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.text(alphabet='id,a1-\n"\r;\t x.é', max_size=120).map(lambda text: b"id,parent,readiness\n" + text.encode()),
    )
)
def test_any_bytes_are_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    net = folder(tmp_path_factory.mktemp("bytes"), content)
    try:
        network = read(net, load_scenario("default")).network
    except SpreadsimError:
        return
    assert network.n > 0
    assert all(np.isfinite(network[name]).all() for name in network.attributes)


# --------------------------------------------------------------------------------------------------- graph files


def written(network_file_folder: Path, graph: networkx.Graph, suffix: str) -> Path:
    path = network_file_folder / f"net{suffix}"
    if suffix == ".json":
        path.write_text(json.dumps(networkx.node_link_data(graph, edges="links")))
    else:
        {".graphml": networkx.write_graphml, ".gexf": networkx.write_gexf}[suffix](graph, path)
    return path


@pytest.mark.parametrize("suffix", [".graphml", ".gexf", ".json"])
def test_graph_files_hold_what_the_tables_hold(suffix: str, tmp_path: Path, scenario: Scenario) -> None:
    graph = networkx.DiGraph()
    for name, readiness in (("a", 0.2), ("b", 0.4), ("c", 0.6)):
        graph.add_node(name, readiness=readiness, region="north", name=name.upper())
    graph.add_edge("a", "b", weight=2.0)
    graph.add_edge("c", "c")
    result = read(written(tmp_path, graph, suffix), scenario)
    assert result.network.ids == ("a", "b", "c")
    assert result.network.names == ("A", "B", "C")
    assert result.network["readiness"].tolist() == [0.2, 0.4, 0.6]
    assert result.network.hierarchy.names == ("programme", "north")
    assert (result.network.ties.listener.tolist(), result.network.ties.peer.tolist()) == ([0], [1])
    assert result.network.ties.strength.tolist() == [2.0]
    assert f"repaired: net{suffix}: edge 2: 'c' is tied to itself; dropped" in said(result)
    assert (
        f"noted: net{suffix}: directed: the file says that ties run one way; the target of a tie is assumed to influence "
        "its source; otherwise set influence"
    ) in said(result)


@pytest.mark.parametrize("suffix", [".graphml", ".json"])
@pytest.mark.parametrize("services", [40, 480])
def test_a_network_written_as_a_graph_is_read_as_it_was(
    suffix: str, services: int, tmp_path: Path, scenario: Scenario
) -> None:
    levels = [{"level": "region", "count": 2}, {"level": "system", "count": 5}]
    network = make_network(
        load_scenario("default", [f"network.services={services}", f"network.hierarchy={toml(levels)}"])
    )
    result = read(written(tmp_path, network.graph, suffix), scenario)
    assert not [fault for fault in result.faults if fault.severity != "noted"]
    for name in network.attributes:
        assert np.array_equal(result.network[name], network[name])
    assert np.array_equal(result.network.ties.peer, network.ties.peer)
    assert np.array_equal(result.network.ties.start, network.ties.start)
    tree = result.network.hierarchy
    assert (tree.levels, tree.names) == (network.hierarchy.levels, network.hierarchy.names)
    assert np.array_equal(tree.parent, network.hierarchy.parent)
    assert np.array_equal(tree.service_parent, network.hierarchy.service_parent)
    assert result.drawn == ()


def toml(levels: list[dict[str, object]]) -> str:
    return "[" + ", ".join(f'{{level = "{level["level"]}", count = {level["count"]}}}' for level in levels) + "]"


GRAPHML = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph edgedefault="undirected">{}</graph></graphml>'
REFUSED_GRAPHS: dict[str, tuple[str, str | bytes, str]] = {
    "an entity": (
        "net.graphml",
        '<!DOCTYPE g [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + GRAPHML.format('<node id="&b;"/>'),
        "net.graphml: declares a document type or an entity; remove the <!DOCTYPE ...>: it is not needed, and is unsafe",
    ),
    "an external entity": (
        "net.gexf",
        '<!DOCTYPE g SYSTEM "file:///etc/passwd"><gexf/>',
        "net.gexf: declares a document type or an entity; remove the <!DOCTYPE ...>: it is not needed, and is unsafe",
    ),
    "an entity in UTF-16": (
        "net.graphml",
        ('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE g [<!ENTITY a "x">]><g>&a;</g>').encode("utf-16"),
        "net.graphml: declares a document type or an entity; remove the <!DOCTYPE ...>: it is not needed, and is unsafe",
    ),
    "deep XML": ("net.graphml", "<a>" * 100_000, "net.graphml: is nested more than 64 deep; write it as a flat graph"),
    "broken XML": (
        "net.graphml",
        "<graphml><graph>",
        "net.graphml: line 1: is not well-formed XML (no element found); write the file again",
    ),
    "repeated nodes": (
        "net.graphml",
        GRAPHML.format('<node id="a"/><node id="a"/>'),
        "net.graphml: id: two nodes have the id 'a'; give each node an id of its own",
    ),
    "deep JSON": ("net.json", "[" * 200_000, "net.json: is nested too deeply; write it with networkx.node_link_data"),
    "another JSON": (
        "net.json",
        "[1, 2]",
        "net.json: is not a table of nodes and links; write it with networkx.node_link_data",
    ),
    "no links": (
        "net.json",
        '{"nodes": [{"id": 1}]}',
        "net.json: edges: is not a list of tables; write it with networkx.node_link_data",
    ),
    "repeated JSON nodes": (
        "net.json",
        '{"nodes": [{"id": 1}, {"id": "1"}], "links": []}',
        "net.json: id (node 2): '1' is taken by node 1; give each service an id of its own, or remove the repeated ones",
    ),
    "not a number": (
        "net.json",
        '{"nodes": [{"id": 1, "population": Infinity}], "links": []}',
        "net.json: population (node 1): 'inf' is not a finite number; correct it, or leave it empty",
    ),
    "no services": (
        "net.json",
        '{"nodes": [], "links": []}',
        "net.json: holds no services; one node per service is needed",
    ),
    "a table alone": (
        "services.csv",
        SERVICES,
        "services.csv: is not a network that can be read; name the folder it is in",
    ),
    "a pickle": (
        "net.pickle",
        b"\x80\x04.",
        "net.pickle: is not a network that can be read; give a folder, or a file of .graphml, .gexf, .json",
    ),
}


@pytest.mark.parametrize("case", REFUSED_GRAPHS)
def test_refused_graph_files(case: str, tmp_path: Path, scenario: Scenario) -> None:
    name, content, words = REFUSED_GRAPHS[case]
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SpreadsimError) as failure:
        read(tmp_path / name, scenario)
    assert str(failure.value) == words


def test_edges_to_nodes_that_are_not_declared_are_dropped(tmp_path: Path, scenario: Scenario) -> None:
    path = tmp_path / "net.graphml"
    path.write_text(
        GRAPHML.format('<node id="a"/><node id="b"/><edge source="a" target="b"/><edge source="a" target="q"/>')
    )
    result = read(path, scenario)
    assert result.network.ids == ("a", "b")
    assert said(result) == ["repaired: net.graphml: target (edge 2): 'q' is not a service; these ties are dropped"]


def test_there_is_no_such_network(tmp_path: Path, scenario: Scenario) -> None:
    with pytest.raises(InputError, match="nowhere: there is no such folder or file; check the path"):
        read(tmp_path / "nowhere", scenario)


# --------------------------------------------------------------------------------------------------- real data


@needs_data
@pytest.mark.parametrize(
    ("name", "services", "groups", "ties", "isolates", "adopted", "periods"),
    [
        ("coleman", 125, 4, 294, 6, 109, 17),
        ("kfamily", 1047, 25, 4999, 11, 673, 10),
    ],
)
def test_real_networks(
    name: str, services: int, groups: int, ties: int, isolates: int, adopted: int, periods: int, scenario: Scenario
) -> None:
    result = read(
        DATA / name,
        scenario,
        services_file="nodes.csv",
        ties_file="edges.csv",
        hierarchy_columns=["group"],
        columns={"adopted_month": "toa", "kind": "nomination"},
        influence="target-to-source",
        observed_periods=periods,
    )
    structure = result.metrics()["structure"]
    facts = json.loads((DATA / name / "facts.json").read_text())
    assert (structure["services"], structure["ties"], structure["isolates"]) == (services, ties, isolates)
    assert structure["groups"] == {"group": groups}
    assert structure["mean_degree"] == pytest.approx(facts["mean_outdegree"], abs=5e-4)
    assert result.adopted_period is not None
    assert int((~np.isnan(result.adopted_period)).sum()) == adopted
    rows = facts["edges_rows"]
    assert any(f"only {ties:,} of {rows:,} ties differ; merged" in line for line in said(result))


@needs_data
def test_coleman_read_undirected_and_by_kind(scenario: Scenario) -> None:
    options = {"services_file": "nodes.csv", "ties_file": "edges.csv", "columns": {"kind": "nomination"}}
    facts = json.loads((DATA / "coleman" / "facts.json").read_text())
    undirected = read(DATA / "coleman", scenario, **options)
    assert undirected.network.ties.n_ties == facts["distinct_undirected_pairs"]
    advice = read(DATA / "coleman", scenario, **options, kinds=["advice"], directed=True)
    assert advice.network.ties.n_ties == facts["by_nomination"]["advice"]
