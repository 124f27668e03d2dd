"""Sweeps that are killed, damaged, starved of disk and spread over a cluster: the table is that of an undisturbed one.

Real processes, real signals. What counts as lost: a row that differs, a row missing, a row twice, a finished chunk run
again.
"""

from __future__ import annotations

import json
import os
import pickle
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from spreadsim.drivers import compilation
from spreadsim.errors import InputError, SpreadsimError
from spreadsim.sweeps import job, store
from spreadsim.sweeps.coordinator import sweep

EXPERIMENT = """
format = 1
name = "tiny"
scenario = "default"
strategy = "blend"
[settings]
"network.services" = 40
"network.hierarchy" = [{ level = "region", count = 2 }, { level = "team", count = 8 }]
[run]
months = 24
replicates = REPLICATES
[design]
method = "sobol"
samples = SAMPLES
seed = 3
[levers]
balance = BALANCES
[uncertainties]
"behaviour.engagement.reactance" = "plausible"
"behaviour.adaptation.core_erosion_rate" = "plausible"
[outcomes]
measures = ["benefit", "reported_uptake", "months_to_half"]
keep = ["runs", "curves"]
"""
CHUNK = 12
COMMAND = """
import sys
from spreadsim.sweeps.coordinator import sweep
file, out, workers, scheduler = sys.argv[1:5]
sweep(file, out=out, workers=int(workers), scheduler=scheduler or None, chunk_runs=int(sys.argv[5]))
"""


def write_experiment(folder: Path, samples: int = 16, replicates: int = 4, balances: str = "[0.0, 0.5, 1.0]") -> Path:
    """Write a small experiment: samples x 4 points x balances x replicates; 768 runs in 64 chunks as it stands."""
    text = EXPERIMENT.replace("SAMPLES", str(samples)).replace("REPLICATES", str(replicates))
    path = folder / "tiny.toml"
    path.write_text(text.replace("BALANCES", balances))
    return path


def start(file: Path, out: Path, workers: int = 1, scheduler: str = "", chunk: int = CHUNK) -> subprocess.Popen[bytes]:
    arguments = [str(file), str(out), str(workers), scheduler, str(chunk)]
    return subprocess.Popen([sys.executable, "-c", COMMAND, *arguments], stderr=subprocess.PIPE)


def finish(file: Path, out: Path, workers: int = 1) -> None:
    process = start(file, out, workers)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()


def lines(out: Path) -> int:
    path = out / store.MANIFEST
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_for(condition: Any, seconds: float = 180.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def nothing_lost(out: Path, undisturbed: Path, dropped: int = 0) -> None:
    """Assert that every table is the undisturbed one byte for byte, and that no finished chunk was run twice."""
    for kind in ("runs", "curves"):
        assert store.table_digest(out, kind) == store.table_digest(undisturbed, kind)
    records = list(store.manifest_records(out))
    assert sum("dropped" in record for record in records) == dropped
    assert len(store.chunk_records(out)) + 2 * dropped == len(records)
    assert len(set(store.read_table(out).column("run").to_pylist())) == store.read_table(out).num_rows
    assert not list(out.rglob("*.partial"))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_experiment(tmp_path_factory.mktemp("experiment"))


@pytest.fixture(scope="module")
def undisturbed(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    sweep(file, out=out, chunk_runs=CHUNK)
    return out


@pytest.fixture
def copy(undisturbed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(undisturbed, tmp_path / "copy"))


# ------------------------------------------------------------------------------------------------- kills


def killed_at_random(file: Path, out: Path, kills: int, seed: int) -> int:
    """Start the sweep and kill it with SIGKILL at random places, `kills` times; return how many hit it at work."""
    moments, hit = random.Random(seed), 0
    for _ in range(kills):
        process = start(file, out)
        before = lines(out)
        target, delay = before + moments.randint(0, 64 // kills), moments.random() * 0.05
        while process.poll() is None and lines(out) <= target:
            time.sleep(0.002)
        time.sleep(delay)
        process.kill()
        hit += process.wait() == -signal.SIGKILL
        assert process.stderr is not None
        process.stderr.close()
    return hit


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_coordinator_killed_five_times(file: Path, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert killed_at_random(file, out, 5, seed=1) >= 3
    finish(file, out)
    nothing_lost(out, undisturbed)


@pytest.mark.verification
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_coordinator_killed_twenty_times(file: Path, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert killed_at_random(file, out, 20, seed=2) >= 15
    finish(file, out)
    nothing_lost(out, undisturbed)


def children(process: int) -> list[int]:
    """Return the workers of a coordinator."""
    psutil = pytest.importorskip("psutil")
    try:
        return [c.pid for c in psutil.Process(process).children() if "spawn_main" in " ".join(c.cmdline())]
    except psutil.Error:
        return []


def test_a_worker_killed_in_the_middle(file: Path, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start(file, out, workers=2)
    wait_for(lambda: lines(out) >= 3)
    os.kill(children(process.pid)[0], signal.SIGKILL)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()
    nothing_lost(out, undisturbed)


def test_workers_end_with_their_coordinator(file: Path, tmp_path: Path) -> None:
    psutil = pytest.importorskip("psutil")
    process = start(file, tmp_path / "out", workers=2)
    wait_for(lambda: lines(tmp_path / "out") >= 1)
    workers = children(process.pid)
    assert workers
    process.kill()
    process.communicate()
    wait_for(lambda: not any(psutil.pid_exists(worker) for worker in workers), 120)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_twice_ends_the_sweep_and_its_workers(file: Path, undisturbed: Path, tmp_path: Path) -> None:
    psutil, out = pytest.importorskip("psutil"), tmp_path / "out"
    command = [sys.executable, "-m", "spreadsim.cli", "sweep", str(file), "--out", str(out), "--chunk", str(CHUNK)]
    process = subprocess.Popen([*command, "--workers", "2"], stderr=subprocess.PIPE, start_new_session=True)
    wait_for(lambda: lines(out) >= 3)
    workers = children(process.pid)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to workers too
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert b"finished chunks are kept" in errors
    assert b"Traceback" not in errors
    wait_for(lambda: not any(psutil.pid_exists(worker) for worker in workers), 120)
    finish(file, out)
    nothing_lost(out, undisturbed)


def run_for_a_large_result(*arguments: Any) -> str:
    """In a worker: run a chunk as ever, but for its result."""
    from spreadsim.sweeps import pool as sweep_pool

    sweep_pool.run_chunk = lambda job, chunk: bytes(1_000_000)  # type: ignore[assignment,misc]
    return sweep_pool.run_to_file(*arguments)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_worker_sends_nothing_that_can_arrive_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the coordinator of a worker that is killed in the middle of sending waits for the rest for ever."""
    from spreadsim.sweeps import pool as sweep_pool

    monkeypatch.setattr(sweep_pool, "run_to_file", run_for_a_large_result)
    pool: Any = sweep_pool.LocalPool(2)
    pool.submit(None, "chunk")
    folder = Path(pool._folder)
    (sent,) = (future.result(180) for future in pool._futures)
    assert len(pickle.dumps(sent)) < select.PIPE_BUF  # POSIX: written whole, or not at all
    assert list(pool.results()) == [("chunk", bytes(1_000_000))]
    assert not list(folder.iterdir())
    pool.close()
    assert not folder.exists()


# ------------------------------------------------------------------------------------------------- damage


def a_part(out: Path) -> Path:
    return sorted((out / "runs").glob("part-*.parquet"))[3]


@pytest.mark.parametrize("how", ["truncated", "flipped", "removed"])
def test_a_damaged_part_is_found_and_run_again(how: str, file: Path, undisturbed: Path, copy: Path) -> None:
    part = a_part(copy)
    content = bytearray(part.read_bytes())
    if how == "truncated":
        part.write_bytes(content[: len(content) // 2])
    elif how == "flipped":
        content[len(content) // 3] ^= 0x10
        part.write_bytes(content)
    else:
        part.unlink()
    with pytest.raises(InputError, match="give the sweep command again"):
        store.check_parts(copy)
    again = sweep(file, out=copy, chunk_runs=CHUNK)
    assert again.runs_done == CHUNK
    assert part.name in again.notes[0]
    nothing_lost(copy, undisturbed, dropped=1)


@pytest.mark.parametrize("how", ["torn", "flipped"])
def test_a_damaged_line_of_the_manifest_costs_its_chunk(how: str, file: Path, undisturbed: Path, copy: Path) -> None:
    path = copy / store.MANIFEST
    text = path.read_bytes()
    whole = text.splitlines(keepends=True)
    if how == "torn":
        path.write_bytes(b"".join(whole[:-1]) + whole[-1][:80])
    else:
        path.write_bytes(b"".join(whole[:-1]) + whole[-1].replace(b'"runs":', b'"ruNs":'))
    again = sweep(file, out=copy, chunk_runs=CHUNK)
    assert again.runs_done == CHUNK
    nothing_lost(copy, undisturbed)


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Any]:
    """Give a small file system and the way to make room on it; skip where none can be mounted."""
    folder.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    if not hasattr(os, "geteuid") or os.geteuid() or subprocess.run(options, capture_output=True).returncode:
        pytest.skip("no small file system can be mounted here")
    try:
        yield lambda: subprocess.run(["mount", "-o", "remount,size=64m", str(folder)], check=True)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_fills(file: Path, undisturbed: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 400) as make_room:
        out = tmp_path / "disk" / "out"
        process = start(file, out)
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 1
        assert b"the disk is full" in errors
        assert b"every finished chunk is kept" in errors
        kept = len(store.chunk_records(out))
        assert kept >= 3
        assert not list(out.rglob("*.partial"))
        store.check_parts(out)
        make_room()
        finish(file, out)
        nothing_lost(out, undisturbed)
        assert lines(out) >= 64


@pytest.mark.parametrize("place", [2, 5, 9])
def test_a_write_that_fails(
    place: int, file: Path, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, real, count = tmp_path / "out", os.fsync, [0]

    def full(number: int) -> None:
        count[0] += 1
        if count[0] > 6 + place:
            raise OSError(28, "No space left on device")
        real(number)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SpreadsimError, match="the disk is full"):
        sweep(file, out=out, chunk_runs=CHUNK)
    assert not list(out.rglob("*.partial"))
    monkeypatch.undo()
    sweep(file, out=out, chunk_runs=CHUNK)
    nothing_lost(out, undisturbed)


# ------------------------------------------------------------------------------------------------- two at once


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_second_coordinator_is_refused(file: Path, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start(file, out)
    wait_for(lambda: lines(out) >= 1)
    process.send_signal(signal.SIGSTOP)  # else it may have ended before it is met
    with pytest.raises(InputError, match=f"a sweep is at work in this folder .process {process.pid}"):
        sweep(file, out=out)
    process.send_signal(signal.SIGCONT)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()
    nothing_lost(out, undisturbed)


# ------------------------------------------------------------------------------------------------- a cluster


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextmanager
def cluster(workers: int, folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Run a Dask scheduler and workers as processes of their own, over TCP."""
    pytest.importorskip("distributed")
    address = f"tcp://127.0.0.1:{free_port()}"
    dask = [sys.executable, "-m", "dask"]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    scheduler = [*dask, "scheduler", "--host", "127.0.0.1", "--port", address.rsplit(":", 1)[1], "--no-dashboard"]
    processes = [subprocess.Popen(scheduler, **quiet)]
    worker = [*dask, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    processes += [subprocess.Popen(worker, **quiet) for _ in range(workers)]
    try:
        yield address, processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_dask_cluster_gives_the_same_bytes_and_survives_a_worker(
    file: Path, undisturbed: Path, tmp_path: Path
) -> None:
    with cluster(2, tmp_path) as (address, processes):
        out = tmp_path / "out"
        process = start(file, out, scheduler=address)
        wait_for(lambda: lines(out) >= 3)
        processes[1].kill()
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors.decode()
        nothing_lost(out, undisturbed)
        before = (out / store.MANIFEST).read_bytes()
        again = start(file, out, scheduler=address)
        _, errors = again.communicate(timeout=300)
        assert again.returncode == 0, errors.decode()
        assert (out / store.MANIFEST).read_bytes() == before


def test_no_scheduler_is_said(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    from spreadsim.sweeps import cluster as module

    monkeypatch.setattr(module, "SECONDS_TO_CONNECT", 1)
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        sweep(file, out=tmp_path / "out", scheduler=f"tcp://127.0.0.1:{free_port()}")


# ------------------------------------------------------------------------------------------------- growing


def test_a_design_grows_without_running_anything_twice(tmp_path: Path) -> None:
    out, sizes = tmp_path / "out", []
    for samples, replicates, balances in (
        (4, 2, "[0.0, 1.0]"),
        (4, 3, "[0.0, 1.0]"),
        (8, 3, "[0.0, 1.0]"),
        (8, 3, "[0.0, 0.5, 1.0]"),
    ):
        file = write_experiment(tmp_path, samples, replicates, balances)
        result = sweep(file, out=out, chunk_runs=10)
        assert result.runs_before == sum(sizes)
        sizes.append(result.runs_done)
    assert sizes == [64, 32, 96, 96]
    sweep(file, out=tmp_path / "fresh", chunk_runs=17)
    nothing_lost(out, tmp_path / "fresh")
    assert sweep(out, chunk_runs=5).runs_done == 0  # the folder is an experiment of its own


def test_a_changed_design_or_scenario_is_refused(tmp_path: Path) -> None:
    out, file = tmp_path / "out", write_experiment(tmp_path, 4, 2)
    sweep(file, out=out)
    with pytest.raises(InputError, match="may grow in a folder, but not change"):
        sweep(file, out=out, settings=["design.seed=4"])
    with pytest.raises(InputError, match="seed: the folder holds runs made with another seed: 1 there, 2 now"):
        sweep(file, out=out, settings=["run.seed=2"])
    with pytest.raises(InputError, match="is not a sweep's"):
        sweep(file, out=tmp_path)


@pytest.mark.parametrize("name", ["outcomes/run.py", "sweeps/work.py"])
def test_after_a_change_of_the_code_runs_are_other_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep begun before a change in outcomes, or in sweeps themselves, is not continued with runs made after it."""
    file, sources = write_experiment(tmp_path, 2, 1), compilation.code_sources
    first = sweep(file, out=tmp_path / "first")

    def changed(*arguments: Any, **options: Any) -> dict[str, bytes]:
        return {key: text + b"# changed" * (key == name) for key, text in sources(*arguments, **options).items()}

    monkeypatch.setattr(compilation, "code_sources", changed)
    monkeypatch.setattr(compilation, "code_identity", compilation.code_identity.__wrapped__)
    monkeypatch.setattr(job, "code_identity", compilation.code_identity)
    with pytest.raises(InputError, match="the folder holds runs made with another version of the code"):
        sweep(file, out=tmp_path / "first")
    again = sweep(file, out=tmp_path / "again")
    assert not set(first.runs()["run"]) & set(again.runs()["run"])
    assert sorted(first.runs()["benefit"]) == sorted(again.runs()["benefit"])


def test_a_failed_run_is_a_row_and_stops_nothing(tmp_path: Path) -> None:
    file = tmp_path / "fails.toml"
    file.write_text(
        'format = 1\nscenario = "default"\nstrategy = "blend"\n[settings]\n"network.source" = "complete"\n'
        '[run]\nmonths = 6\nreplicates = 2\n[uncertainties]\n"network.services" = [200, 6000, 210]\n'
    )
    result = sweep(file, out=tmp_path / "out")
    runs = result.runs().merge(result.design, on="point").sort_values(["number", "replicate"])
    assert result.failed == 2
    assert runs["error"].isna().tolist() == [True, True, False, False, True, True]
    assert runs["benefit"].isna().tolist() == [False, False, True, True, False, False]
    bad = runs[~runs["error"].isna()].iloc[0]
    assert "a complete network of 6000 services" in bad["error"]
    assert bad["reproduce"] == f"spreadsim sweep experiment.toml --run {bad['run']}"
    from spreadsim.sweeps.experiment import load_experiment
    from spreadsim.sweeps.size import run_again

    study = load_experiment(tmp_path / "out")
    with pytest.raises(InputError, match="a complete network"):
        run_again(study, tmp_path / "out", bad["run"])
    good = runs[runs["error"].isna()].iloc[0]
    assert run_again(study, tmp_path / "out", good["run"])["benefit"] == good["benefit"]


def test_the_folder_says_what_it_holds(undisturbed: Path) -> None:
    receipt = json.loads((undisturbed / "provenance.json").read_text())
    assert receipt["runs"] == 768
    dictionary = (undisturbed / "dictionary.csv").read_text()
    assert "runs,benefit,double,share of full effect,higher" in dictionary
    assert "curves,month," in dictionary
    assert "768 of 768 runs (100%)" in (undisturbed / "sweep.log").read_text()
    assert str(undisturbed) not in (undisturbed / "experiment.toml").read_text()


def test_the_commands(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from spreadsim.cli import analyse as analysing
    from spreadsim.cli import sweep as sweeping

    file, runner = write_experiment(tmp_path, 16, 4), CliRunner()
    arguments = [str(file), "--out", str(tmp_path / "out"), "--workers", "1"]
    first = runner.invoke(sweeping.sweep, arguments)
    assert first.exit_code == 0, first.output
    assert "64 points x 3 settings x 4 replicates = 768" in first.output
    again = runner.invoke(sweeping.sweep, [*arguments, "--json"])
    assert json.loads(again.stdout) == {"folder": str(tmp_path / "out"), "runs": 768, "runs_now": 0, "failed": 0}
    run = store.read_table(tmp_path / "out").to_pylist()[0]
    one = runner.invoke(sweeping.sweep, [str(tmp_path / "out"), "--run", run["run"], "--json"])
    assert json.loads(one.stdout)["benefit"] == run["benefit"]
    pytest.importorskip("SALib")
    found = runner.invoke(analysing.analyse, [str(tmp_path / "out"), "--measure", "reported_uptake", "--json"])
    assert found.exit_code == 0, found.output
    kinds = {row["kind"] for row in json.loads(found.stdout)["sensitivity"]}
    assert kinds == {"first", "total"}


@pytest.mark.verification
def test_memory_does_not_grow_with_runs(tmp_path: Path) -> None:
    import resource  # noqa: F401  (a system without it has no such figure)

    command = COMMAND + "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    peaks = []
    for samples in (16, 256):
        file = write_experiment(tmp_path, samples, 10)
        found = subprocess.run(
            [sys.executable, "-c", command, str(file), str(tmp_path / str(samples)), "2", "", "100"],
            capture_output=True,
            check=True,
        )
        peaks.append(int(found.stdout))
    assert peaks[1] < 1.2 * peaks[0]
