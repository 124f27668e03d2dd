"""What users meet at the edges of commands: odd data and odd places. Words, never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import spreadsim as ss
from tests.command_line import spreadsim, spreadsim_process


def test_faults_in_the_files_are_said_in_every_command_and_in_the_report(own_network: Path) -> None:
    seen, alone = "'s77' is not a service", ["--no-frontier", "--doubt", "none"]
    for arguments in (
        ["check", "mine.toml"],
        ["compare", "mine.toml", "--replicates", "2", "--months", "6", *alone, "--out", "r"],
    ):
        done = spreadsim(*arguments, folder=own_network)
        assert done.returncode == 0, done.stderr
        assert seen in done.stderr
    assert "s77" in (own_network / "r" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("out", ["/proc/x", "/dev/null/x", "z" * 300])
def test_odd_places_are_refused_before_anything_is_run(tmp_path: Path, out: str) -> None:
    done = spreadsim("compare", "default", "--replicates", "100000", "--out", out, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: --out: ")
    assert "Traceback" not in done.stderr


ON_UNIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits and signals")


SWEPT = """
format = 1
scenario = "classroom"
strategy = "one-neighbour-is-enough"
[run]
replicates = 2
months = 6
[levers]
mandate = [0.0, 1.0]
"""


@ON_UNIX
@pytest.mark.parametrize(
    "arguments",
    [
        ("compare", "classroom", "--replicates", "2", "--no-frontier", "--driver", "mesa", "--out", "written/r"),
        ("scenarios", "--copy", "england-primary-care", "--to", "written/s.toml"),
        ("lessons", "--copy", "1", "--to", "written/01-mine"),
        ("analyse", "swept", "--out", "written/a"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_where_there_is_no_room_the_place_and_why_are_said_and_nothing_is_left(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    import resource

    if arguments[0] == "analyse":
        (tmp_path / "swept.toml").write_text(SWEPT)
        ss.sweep(tmp_path / "swept.toml", out=tmp_path / "swept", workers=1)
    (tmp_path / "written").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "spreadsim.cli", *arguments],
        cwd=tmp_path,
        text=True,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},  # it would be cut at the limit, and kept
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500)),
    )
    assert done.returncode in (1, 2), done.stderr
    assert arguments[-1] in done.stderr
    assert "the file would be larger than is allowed here" in done.stderr
    assert not list((tmp_path / "written").iterdir())


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_no_name_makes_output_fail(tmp_path: Path, encoding: str) -> None:
    """Titles, strategies and paths with characters that a console lacks, or that are no characters at all."""
    name = os.fsdecode(b"no\xff")
    report = [] if encoding == "cp1252" else ["--no-report"]  # its encoding is its own: one console is enough
    text = "based_on = 'classroom'\ntitle = 'Ω ≥ 名前'\n[strategies.'Ω 名前 −']\nbalance = 0.5\n"
    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    for arguments, code in (
        (("check", name), 2),
        (("check", "m.toml", "--json"), 0),
        (("compare", "m.toml", "--replicates", "2", "--no-frontier", "--driver", "mesa", *report, "--out", "Ωr"), 0),
        (("compare", "m.toml", "--set", "title='\x1b[2J'", "--set", "run.seed='\x1b[2J'"), 2),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "spreadsim.cli", *arguments],
            cwd=tmp_path,
            capture_output=True,
            check=False,
            env={**os.environ, "PYTHONIOENCODING": encoding},
        )
        assert done.returncode == code, done.stderr
        assert b"\x1b" not in done.stderr
    if encoding != "utf-8":
        return
    done = spreadsim_process("check", "m.toml", "--json", folder=tmp_path, PYTHONIOENCODING="cp1252")
    assert json.loads(done.stdout)["title"] == "Ω >= 名前"


@ON_UNIX
def test_ctrl_c_in_a_sweep_and_a_reader_that_goes_away_have_exit_codes_of_their_own(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "spreadsim.cli", "sweep", "best-balance", "--workers", "1", "--out", "s"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        while process.poll() is None and not (tmp_path / "s" / "sweep.log").exists():
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130, errors
    assert "s: stopped by the user; finished chunks are kept" in errors
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "spreadsim.cli", "scenarios"], stdout=closed, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_error_blames_the_option_whose_file_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "sets.csv").write_text("behaviour.drift.rat\n0.1\n")
    (tmp_path / "long.csv").write_text("behaviour.drift.rate\n" + "x" * 5000 + "\n")
    (tmp_path / "out.csv").write_text("behaviour.drift.rate\n7\n")
    for file, said in (
        ("none.csv", "error: none.csv: cannot be read"),
        ("sets.csv", "error: sets.csv: behaviour.drift.rat: is not a field"),
        ("long.csv", "error: long.csv: line 2: behaviour.drift.rate: 'xxx"),
        ("out.csv", "error: out.csv: line 2: behaviour.drift.rate: 7.0 is out of bounds"),
    ):
        done = spreadsim("compare", "default", "--parameters", file, "--driver", "mesa", folder=tmp_path)
        assert done.returncode == 2
        assert done.stderr.startswith(said), done.stderr
        assert len(done.stderr) < 500


def test_a_copy_to_nowhere_is_refused(tmp_path: Path) -> None:
    done = spreadsim("scenarios", "--copy", "default", "--to", "/nowhere/x.toml", folder=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A results folder."""
    folder = tmp_path_factory.mktemp("kept") / "r"
    ss.compare("classroom", replicates=1, frontier=False).save(folder)
    return folder


@pytest.mark.parametrize(
    "change", [{"results": None}, {"command": 5}, {"versions": 3}, {"results": [1]}, {"options": {"driver": "zz"}}]
)
def test_an_edited_receipt_is_no_receipt(kept: Path, tmp_path: Path, change: dict) -> None:
    path = Path(shutil.copytree(kept, tmp_path / "r")) / "provenance.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    done = spreadsim("reproduce", "r", folder=tmp_path)
    assert (done.returncode, "is not a receipt" in done.stderr) == (2, True), done.stderr
