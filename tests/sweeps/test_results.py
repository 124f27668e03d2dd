"""A sweep keeps every measure, grows by what is new alone, and gives its results as data frames and labelled arrays."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spreadsim as ss
from spreadsim.errors import InputError, InputErrors
from spreadsim.outcomes.measures import MEASURES
from spreadsim.sweeps import store
from spreadsim.sweeps.coordinator import sweep
from spreadsim.sweeps.designs import points_of
from spreadsim.sweeps.experiment import load_experiment
from spreadsim.sweeps.tables import SweepTables
from tests.sweeps.test_coordinator import finish, lines, nothing_lost, start, write_experiment

TEXT = """
format = 1
name = "small"
scenario = "default"
strategy = "organic"
[settings]
"network.services" = 40
"network.hierarchy" = [{ level = "region", count = 2 }, { level = "team", count = 8 }]
[run]
months = 12
replicates = 2
[design]
method = "METHOD"
samples = SAMPLES
seed = 5
[levers]
latitude = [0.2, 0.8]
[uncertainties]
"behaviour.engagement.reactance" = "plausible"
"behaviour.adoption.exposure_response" = ["saturating", "linear"]
[outcomes]
measures = ["MEASURE"]
keep = ["runs", "curves"]
curves = ["reach", "share_aware"]
"""


def write(folder: Path, method: str = "halton", samples: int = 4, measure: str = "reach") -> Path:
    path = folder / "small.toml"
    path.write_text(TEXT.replace("METHOD", method).replace("SAMPLES", str(samples)).replace("MEASURE", measure))
    return path


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> ss.Sweep:
    folder = tmp_path_factory.mktemp("small")
    return sweep(write(folder), out=folder / "out")


def test_every_measure_is_kept_and_another_one_runs_nothing(tmp_path: Path) -> None:
    first = sweep(write(tmp_path, measure="reach"), out=tmp_path / "out")
    assert first.runs_done == 16
    assert {m.name for m in MEASURES} <= set(first.runs().columns)
    parts = {path.name for path in (tmp_path / "out" / "runs").iterdir()}
    again = sweep(write(tmp_path, measure="cost"), out=tmp_path / "out")
    assert (again.runs_done, again.runs_before) == (0, 16)
    assert {path.name for path in (tmp_path / "out" / "runs").iterdir()} == parts
    assert SweepTables(tmp_path / "out").measures == ["cost"]
    analysis = ss.analyse(tmp_path / "out")
    assert any("cost" in sentence for sentences in analysis.findings.values() for sentence in sentences)
    other = ss.analyse(tmp_path / "out", measures=["equity_gap"])  # which no experiment of the folder ever named
    assert any("equity_gap" in sentence for sentences in other.findings.values() for sentence in sentences)


@pytest.mark.parametrize(("method", "small", "large"), [("halton", 3, 8), ("sobol-sequence", 4, 8), ("sobol", 4, 8)])
def test_a_sequence_goes_on_and_only_its_new_points_are_run(
    method: str, small: int, large: int, tmp_path: Path
) -> None:
    if method == "sobol":
        pytest.importorskip("SALib")
    first = sweep(write(tmp_path, method, small), out=tmp_path / "out")
    runs, points = set(first.runs()["run"]), first.design["point"].tolist()
    grown = sweep(write(tmp_path, method, large), out=tmp_path / "out")
    fresh = sweep(write(tmp_path, method, large), out=tmp_path / "fresh")
    assert grown.runs_before == first.runs_done == len(runs)
    assert grown.runs_done == fresh.runs_done - first.runs_done > 0
    assert runs < set(grown.runs()["run"])
    assert store.table_digest(grown.folder) == store.table_digest(fresh.folder)
    if method != "sobol":
        assert grown.design["point"].tolist()[:small] == points


def test_a_latin_hypercube_cannot_go_on_and_it_is_said_what_can(tmp_path: Path) -> None:
    sweep(write(tmp_path, "latin-hypercube", 4), out=tmp_path / "out")
    with pytest.raises(InputError, match="another size is another design, while 'halton' and 'sobol-sequence' go on"):
        sweep(write(tmp_path, "latin-hypercube", 8), out=tmp_path / "out")


@pytest.mark.parametrize("method", ["halton", "sobol-sequence"])
def test_a_sequence_fills_space_more_evenly_than_chance(method: str, tmp_path: Path) -> None:
    from scipy.stats import qmc

    unit = points_of(load_experiment(write(tmp_path, method, 128))).unit
    by_chance = np.median([qmc.discrepancy(np.random.default_rng(i).random((128, 2))) for i in range(20)])
    assert qmc.discrepancy(unit) < by_chance / 4


def test_a_sobol_sequence_takes_a_power_of_two(tmp_path: Path) -> None:
    with pytest.raises(InputErrors, match="sobol-sequence takes a power of two as 'samples', found 6: try 8"):
        load_experiment(write(tmp_path, "sobol-sequence", 6))


def test_the_data_frames_hold_what_the_tables_do(result: ss.Sweep) -> None:
    runs = result.runs(["reach"], design=True)
    assert len(runs) == 16
    assert runs["behaviour.engagement.reactance"].nunique() == 4
    tables = SweepTables(result.folder)
    values = tables.values("reach")
    for row in runs.merge(result.design[["point", "number"]], on="point").itertuples():
        assert row.reach == values[row.number, (0.2, 0.8).index(row.latitude), row.replicate]
    curves = result.curves()
    assert list(curves.columns) == ["run", "month", "share_aware", "reach"]
    last = curves[curves["month"] == 12].merge(runs, on="run")
    assert (last["reach_x"] == last["reach_y"]).all()
    with pytest.raises(InputError, match="was not kept by this sweep; did you mean 'reach'"):
        result.runs(["raech"])
    with pytest.raises(InputError, match="the sweep kept no events"):
        result.events()


def test_labelled_arrays_hold_the_same_numbers(result: ss.Sweep) -> None:
    pytest.importorskip("xarray")
    arrays = result.to_xarray(["reach", "cost"])
    assert dict(arrays.sizes) == {"point": 4, "strategy": 1, "latitude": 2, "replicate": 2, "month": 13}
    runs = result.runs(["reach", "cost"])
    for row in runs.itertuples():
        one = arrays.sel(point=row.point, strategy=row.strategy, latitude=row.latitude, replicate=row.replicate)
        assert (float(one["reach"]), float(one["cost"])) == (row.reach, row.cost)
        assert float(one["reach_by_month"].sel(month=12)) == row.reach
    assert float(arrays["share_aware"].isnull().sum()) == 0
    assert set(arrays["behaviour.adoption.exposure_response"].values) <= {"saturating", "linear"}


def test_a_sweep_without_curves_or_half_finished_is_opened_too(result: ss.Sweep, tmp_path: Path) -> None:
    import shutil

    pytest.importorskip("xarray")
    copy = Path(shutil.copytree(result.folder, tmp_path / "copy"))
    records = (copy / store.MANIFEST).read_bytes().splitlines(keepends=True)
    (copy / store.MANIFEST).write_bytes(b"".join(records[: len(records) // 2]))
    half = ss.load_sweep(copy)
    assert 0 < len(half.runs()) == half.runs_before < 16
    assert int(half.to_xarray(["reach"])["reach"].isnull().sum()) == 16 - half.runs_before
    with pytest.raises(InputError, match="is not the folder of a sweep"):
        ss.load_sweep(tmp_path)


def test_the_folder_of_an_earlier_version_is_read(result: ss.Sweep, tmp_path: Path) -> None:
    """Its parts hold the measures that its experiment names, and no others."""
    import shutil

    import pyarrow.parquet as pq

    old = Path(shutil.copytree(result.folder, tmp_path / "old"))
    lost = [m.name for m in MEASURES if m.name != "reach"]
    records = list(store.manifest_records(old))
    (old / store.MANIFEST).unlink()
    for record in records:
        path = store.part_path(old, "runs", record["chunk"])
        table = pq.read_table(path).drop_columns(lost)
        pq.write_table(table, path)
        parts = {kind: store.part_path(old, kind, record["chunk"]).read_bytes() for kind in record["parts"]}
        store.write_chunk(old, record, parts)
    identity = json.loads((old / store.IDENTITY).read_text())
    identity["measures"] = ["reach"]
    del identity["curves"]
    (old / store.IDENTITY).write_text(json.dumps(identity))
    assert SweepTables(old).stored == ["reach"]
    assert ss.load_sweep(old).runs()["reach"].tolist() == result.runs()["reach"].tolist()
    assert ss.analyse(old).findings
    with pytest.raises(InputError, match="was not kept"):
        ss.analyse(old, measures=["cost"])


# ------------------------------------------------------------------------------------------------- kills while growing


def killed_in_grown_parts(file: Path, out: Path, kills: int) -> int:
    """Kill the sweep in a folder that holds a finished part already, each time after one more chunk is finished."""
    hit = 0
    for _ in range(kills):
        before, process = lines(out), start(file, out)
        while process.poll() is None and lines(out) <= before:
            pass
        process.send_signal(signal.SIGKILL)
        hit += process.wait() == -signal.SIGKILL
        assert process.stderr is not None
        process.stderr.close()
    return hit


def grown_under_kills(tmp_path: Path, kills: int) -> int:
    """Grow a finished sweep by points, replicates and values of a lever, killing it on the way; return the hits."""
    out, hit = tmp_path / "out", 0
    finish(write_experiment(tmp_path, 8, 2, "[0.0, 1.0]"), out)
    first = set(store.chunk_records(out))
    sizes: list[tuple[Any, ...]] = [(16, 2, "[0.0, 1.0]"), (16, 4, "[0.0, 1.0]"), (16, 4, "[0.0, 0.5, 1.0]")]
    for size in sizes:
        file = write_experiment(tmp_path, *size)
        hit += killed_in_grown_parts(file, out, -(-kills // len(sizes)))
        finish(file, out)
    sweep(file, out=tmp_path / "fresh", chunk_runs=17)
    nothing_lost(out, tmp_path / "fresh")
    assert first <= set(store.chunk_records(out))
    return hit


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_growing_sweep_killed_three_times(tmp_path: Path) -> None:
    assert grown_under_kills(tmp_path, 3) >= 2


@pytest.mark.verification
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_growing_sweep_killed_twenty_four_times(tmp_path: Path) -> None:
    assert grown_under_kills(tmp_path, 24) >= 20
