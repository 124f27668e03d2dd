"""Sweeps of a class, a network and measures of one's own: the same runs wherever they are made, named in the folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import pytest

import spreadsim as ss
from spreadsim.sweeps.store import table_digest
from spreadsim.telling.folder import read_parquet
from tests.command_line import spreadsim

EXPERIMENT = """
name = "own"
scenario = "default"
strategy = "blend"
[run]
months = 6
replicates = 2
seed = 1
[levers]
balance = [0.0, 1.0]
"""


def made() -> dict[str, Any]:
    """Return what a program holds, defined within a function, so that nobody can import it."""

    class Stubborn(ss.Service):
        def stops(self) -> Any:
            return super().stops() and self.readiness < 0.5

    def ring(replicate: int) -> nx.Graph:
        graph: nx.Graph = nx.connected_watts_strogatz_graph(16, 4, 0.2, seed=replicate)
        return graph

    late = ss.Measure("late", unit="share", better="lower", of=lambda run: (run.final["first_embedded"] > 3).mean())
    return {"service_class": Stubborn, "network": ring, "measures": [late]}


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(EXPERIMENT)
    return path


def test_a_subclass_on_an_own_graph_is_swept_the_same_over_processes_and_dask(tmp_path: Path, experiment: Path) -> None:
    distributed = pytest.importorskip("distributed")
    quick: dict[str, Any] = {"progress": False, "chunk_runs": 1}
    one = ss.sweep(experiment, out=tmp_path / "one", **quick, **made())
    assert (one.runs_done, one.failed) == (4, 0)
    two = ss.sweep(experiment, out=tmp_path / "two", workers=2, **quick, **made())
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        three = ss.sweep(experiment, out=tmp_path / "three", scheduler=cluster.scheduler_address, **quick, **made())
    assert table_digest(one.folder) == table_digest(two.folder) == table_digest(three.folder)
    assert read_parquet(next((one.folder / "runs").glob("*.parquet")))["late"].between(0.0, 1.0).all()
    needs = [phrase.split(" ")[0] for phrase in ss.verify(one.folder).needs]
    assert needs == ["service_class", "network", "measures.late"]
    assert "no file holds what it was run with" in spreadsim("verify", str(one.folder), folder=tmp_path).stdout
    with pytest.raises(ss.InputError, match="was run with what only a Python program had"):
        ss.reproduce(one.folder)
    assert all(ss.reproduce(one.folder, **made()).files.values())
    with pytest.raises(ss.InputError, match=r"own: the folder holds runs made with another class, network or measures"):
        ss.sweep(experiment, out=one.folder, **quick, **made() | {"measures": []})
    with pytest.raises(ss.InputError, match=r"own: the folder holds runs made with another"):
        ss.sweep(experiment, out=one.folder, **quick)
    with pytest.raises(ss.InputError, match="own: was run with what only a Python program had"):
        ss.reproduce(one.folder, run=one.runs().iloc[0]["run"])


def test_how_a_network_is_made_cannot_vary_where_it_is_given(tmp_path: Path) -> None:
    with pytest.raises(ss.InputError, match="has no effect on a network that the program gives"):
        ss.sweep("clustering", out=tmp_path / "out", network=nx.cycle_graph(9), progress=False)
