"""A sweep, and one row of it, is verified and made again; what differs is named."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import spreadsim as ss
from spreadsim.cli.reproduce import reproduce as reproducing
from spreadsim.cli.verify import verify as verifying
from spreadsim.errors import InputError
from spreadsim.sweeps import job, store
from spreadsim.sweeps.coordinator import sweep
from tests.sweeps.test_results import write


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> ss.Sweep:
    folder = tmp_path_factory.mktemp("small")
    return sweep(write(folder, samples=2), out=folder / "out")


@pytest.fixture
def copy(result: ss.Sweep, tmp_path: Path) -> Path:
    return Path(shutil.copytree(result.folder, tmp_path / "copy"))


def changed(folder: Path, column: str, by: float) -> str:
    """Change one number of one run and vouch for it as for any other; return the run's identity."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    record = next(iter(store.chunk_records(folder).values()))
    path = store.part_path(folder, "runs", record["chunk"])
    frame = pq.read_table(path)
    values = frame[column].to_pylist()
    values[0] += by
    frame = frame.set_column(frame.column_names.index(column), column, pa.array(values))
    pq.write_table(frame, path)
    parts = {kind: store.part_path(folder, kind, record["chunk"]).read_bytes() for kind in record["parts"]}
    store.write_chunk(folder, dict(record), parts)
    return str(frame["run"][0])


def test_a_sweep_is_made_again(result: ss.Sweep, tmp_path: Path) -> None:
    again = ss.reproduce(result.folder, tmp_path / "again")
    assert (again.difference, dict(again.files)) == (None, {"runs": True, "curves": True})
    assert store.table_digest(tmp_path / "again") == store.table_digest(result.folder)


def test_a_number_that_differs_is_named(copy: Path) -> None:
    run = changed(copy, "cost", 1e-6)
    again = ss.reproduce(copy)
    assert again.difference is not None
    assert again.difference.startswith("runs: column cost, row ")
    assert again.files["curves"]
    done = CliRunner().invoke(reproducing, [str(copy), "--run", run])
    assert done.exit_code == 1
    assert f"First difference: row {run}: cost: was " in done.output


def test_a_sweep_of_earlier_code_is_compared_number_by_number(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from spreadsim.sweeps import coordinator, reproduction, work

    for module in (job, coordinator, reproduction, work):
        monkeypatch.setattr(module, "sweep_identity", lambda: "0123456789abcdef")
    again = ss.reproduce(copy)
    assert again.difference is None
    assert any(note.startswith("rules: ") for note in again.notes)


def test_an_unfinished_sweep_is_not_made_again(copy: Path) -> None:
    records = (copy / store.MANIFEST).read_bytes().splitlines(keepends=True)
    (copy / store.MANIFEST).write_bytes(b"".join(records[:-1]))
    with pytest.raises(InputError, match="runs are finished; give the sweep command again"):
        ss.reproduce(copy)


def test_a_row_is_verified_by_its_part_and_its_inputs(result: ss.Sweep, copy: Path) -> None:
    run = result.runs().iloc[0]["run"]
    assert ss.verify(result.folder).is_whole
    assert ss.verify(result.folder, run=run).is_whole
    done: Any = CliRunner().invoke(verifying, [str(copy), "--run", run])
    assert done.exit_code == 0, done.output
    assert "2 files, each as it was written" in done.output
    scenario = copy / "scenario.toml"
    scenario.write_text(scenario.read_text().replace("stop_month = 36", "stop_month = 35"))
    assert not ss.verify(copy).is_whole
    verdicts = ss.verify(copy, run=run).verdicts
    assert sorted(verdicts.values()) == ["CHANGED", "whole"]
    part = next((copy / "runs").glob("part-*.parquet"))
    part.write_bytes(part.read_bytes()[:-5])
    assert not ss.verify(copy).is_whole


def test_a_row_that_is_not_there_is_said(result: ss.Sweep, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no such run; take it from the column 'run'"):
        ss.reproduce(result.folder, run="0" * 32)
    with pytest.raises(InputError, match="is not the folder of a sweep, whose rows have identities"):
        ss.verify(tmp_path, run="0" * 32)
