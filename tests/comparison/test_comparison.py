"""Comparisons at their edges: odd arguments and networks. Words, never a traceback; null, never a crash."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import spreadsim as ss
from tests.conftest import OWN_SCENARIO


def test_a_network_that_serves_nobody_has_null_benefit(own_network: Path) -> None:
    c = ss.compare(own_network / "mine.toml", replicates=2, months=12, frontier=False, doubt="none")
    for measure in ("benefit", "population_reach", "equity_gap", "cumulative_benefit", "cost_per_benefit_year"):
        assert np.isnan(c.values("blend", measure)).all(), measure
    assert (c.values("blend", "reach") > 0).all()
    c.save(own_network / "r")


def test_a_level_cannot_take_the_name_of_a_column(tmp_path: Path) -> None:
    with pytest.raises(ss.SpreadsimError, match="a level cannot be called 'strategy'"):
        ss.load_scenario("default", ['network.hierarchy=[{level="strategy",count=4}]'])
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "services.csv").write_text("id,strategy\na,A\nb,B\nc,A\n")
    (tmp_path / "net" / "ties.csv").write_text("source,target\na,b\n")
    (tmp_path / "mine.toml").write_text(OWN_SCENARIO + "hierarchy_columns = ['strategy']\n")
    table = ss.compare(tmp_path / "mine.toml", replicates=1, months=3, frontier=False, doubt="none").services_table()
    assert sorted(set(table["strategy"])) == ["blend", "organic", "top-down"]
    assert sorted(set(table["group: strategy"])) == ["A", "B"]


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


def test_numpy_numbers_are_numbers(own_network: Path) -> None:
    c = ss.compare("classroom", replicates=np.int64(2), seed=np.int64(3), frontier=False)
    assert c.n_replicates == 2


def test_a_network_that_was_loaded_can_be_compared_on(own_network: Path) -> None:
    found = ss.load_network(own_network / "net")
    a = ss.compare("default", network=found, replicates=2, months=6, frontier=False, doubt="none")
    b = ss.compare("default", network=found.network, replicates=2, months=6, frontier=False, doubt="none")
    assert a.runs.equals(b.runs)


def test_services_table_reads_back(own_network: Path) -> None:
    ss.compare("classroom", replicates=2, frontier=False).save(own_network / "r")
    table = pd.read_parquet(own_network / "r" / "services.parquet")
    assert len(table) == 2 * 12
    shutil.rmtree(own_network / "r")
