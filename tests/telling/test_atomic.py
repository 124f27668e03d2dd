"""What is written appears whole or not at all; what a killed process left goes with the next run, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spreadsim.errors import SpreadsimError
from spreadsim.telling.atomic import atomic_folder, atomic_path, clear_leftovers, write_together

WRITER = """
import sys, time
from pathlib import Path
from spreadsim.telling.atomic import atomic_folder
with atomic_folder(Path("results"), force=False) as place:
    (place / "half.txt").write_text("half")
    print("writing", flush=True)
    time.sleep(600)
"""


def writer(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", WRITER], cwd=folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    return process


def partial(folder: Path) -> list[Path]:
    return list(folder.glob(".*.partial"))


def test_what_a_killed_run_left_goes_with_the_next_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    killed, alive = writer(tmp_path), writer(tmp_path)
    try:
        killed.kill()
        killed.wait()
        assert len(partial(tmp_path)) == 2
        with atomic_folder(tmp_path / "others", force=False) as place:
            (place / "whole.txt").write_text("whole")
        (left,) = partial(tmp_path)
        assert (left / "new" / "half.txt").read_text() == "half"
    finally:
        alive.kill()
        for process in (killed, alive):
            process.communicate()
    clear_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["others"]


def test_a_run_killed_between_the_two_renames_loses_nothing(tmp_path: Path) -> None:
    for name, inside in (("a", ("old",)), ("b", ("old", "new")), ("c", ("old", "new"))):
        aside = tmp_path / f".{name}-01234567.partial"
        aside.mkdir()
        (aside / "lock").touch()
        for kind in inside:
            (aside / kind).mkdir()
            (aside / kind / kind).touch()
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "there").touch()
    clear_leftovers(tmp_path)
    holding = {path.name: [inner.name for inner in path.iterdir()] for path in tmp_path.iterdir()}
    assert holding == {"a": ["old"], "b": ["new"], "c": ["there"]}


def test_what_is_not_ours_stays(tmp_path: Path) -> None:
    mine = tmp_path / ".mine-01234567.partial"
    mine.mkdir()
    (mine / "thesis.txt").touch()
    just_begun = tmp_path / ".begun-01234567.partial"
    just_begun.mkdir()
    clear_leftovers(tmp_path)
    assert (mine / "thesis.txt").exists()
    assert just_begun.exists()
    long_ago = time.time() - 1000
    os.utime(just_begun, (long_ago, long_ago))
    clear_leftovers(tmp_path)
    assert (mine / "thesis.txt").exists()
    assert not just_begun.exists()


def write_half(path: Path, error: Exception) -> None:
    with atomic_path(path) as new:
        new.write_text("hal")
        raise error


def test_what_fails_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("before")
    with pytest.raises(SpreadsimError, match="the disk is full"):
        write_half(tmp_path / "a.txt", OSError(28, "No space left on device"))
    with pytest.raises(ZeroDivisionError):
        write_half(tmp_path / "a.txt", ZeroDivisionError())
    with pytest.raises(SpreadsimError, match="could not be written"):
        write_together(tmp_path, {"a.txt": b"after", "no/such/folder.txt": b"after"})
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "before"
