"""A folder is what its receipt says, or each file that is not is named; no folder does harm to who looks at it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import spreadsim as ss
from spreadsim.errors import InputError
from spreadsim.telling.verification import CHANGED, MISSING, REFUSED, verify
from tests.command_line import spreadsim

UNIX = sys.platform != "win32"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept") / "whole"
    ss.compare("classroom", replicates=2, frontier=False).save(folder)
    return folder


def cut(folder: Path) -> None:
    path = folder / "runs.parquet"
    path.write_bytes(path.read_bytes()[:-10])


def flip_a_bit(folder: Path) -> None:
    path = folder / "report.html"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)


def linked_out(folder: Path) -> None:
    (folder / "summary.json").unlink()
    (folder / "summary.json").symlink_to("/etc/passwd")


def piped(folder: Path) -> None:
    (folder / "curves.parquet").unlink()
    os.mkfifo(folder / "curves.parquet")


def foldered(folder: Path) -> None:
    (folder / "groups.parquet").unlink()
    (folder / "groups.parquet").mkdir()


DAMAGES: dict[str, tuple[Callable[[Path], None], dict[str, str]]] = {
    "a file is gone": (lambda f: (f / "services.parquet").unlink(), {"services.parquet": MISSING}),
    "a file is cut short": (cut, {"runs.parquet": CHANGED}),
    "one bit differs": (flip_a_bit, {"report.html": CHANGED}),
    "a file is empty": (lambda f: (f / "events.parquet").write_bytes(b""), {"events.parquet": CHANGED}),
    "the scenario was edited": (
        lambda f: (f / "scenario.toml").write_text((f / "scenario.toml").read_text() + "\n"),
        {"scenario.toml": CHANGED},
    ),
    "a folder stands for a file": (foldered, {"groups.parquet": REFUSED}),
    **({"a link leads out": (linked_out, {"summary.json": REFUSED}),
        "a pipe stands for a file": (piped, {"curves.parquet": REFUSED})} if UNIX else {}),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damaged_file_is_named(damage: str, whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(whole, folder)
    assert verify(folder).is_whole
    hurt, expected = DAMAGES[damage]
    hurt(folder)
    result = verify(folder)
    assert not result.is_whole
    assert {name: verdict for name, verdict in result.verdicts.items() if verdict != "whole"} == expected


RECEIPTS: dict[str, tuple[Any, str]] = {
    "not JSON": ("{", "not valid JSON"),
    "a list": ("[]", "is not a receipt"),
    "nothing in it": ("{}", "is not a receipt"),
    "tables that are none": ('{"results": [1]}', "is not a receipt"),
    "one table that is none": ('{"results": {}, "inputs": 3}', "is not a receipt: .* is not a table of files"),
    "a file above the folder": ('{"results": {"../../etc/passwd": "00"}}', "outside the folder"),
    "an absolute path": ('{"results": {"/etc/passwd": "00"}}', "outside the folder"),
    "a drive": ('{"results": {"C:evil": "00"}}', "outside the folder"),
    "no hash": ('{"results": {"runs.parquet": 7}}', "has no hash"),
    "nested deeply": ("[" * 200_000, "nested too deeply"),
    "a number without end": ('{"seed": ' + "9" * 5000 + "}", "not valid JSON"),
}


@pytest.mark.parametrize("receipt", RECEIPTS)
def test_a_receipt_that_is_none_is_refused(receipt: str, tmp_path: Path) -> None:
    text, problem = RECEIPTS[receipt]
    (tmp_path / "provenance.json").write_text(text)
    with pytest.raises(InputError, match=problem):
        verify(tmp_path)


def test_what_the_receipt_does_not_name_is_said_and_is_no_damage(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(whole, folder)
    (folder / "notes.txt").write_text("mine")
    result = verify(folder)
    assert result.is_whole
    assert result.unlisted == ("notes.txt",)


def test_the_command_exits_as_documented(whole: Path, tmp_path: Path) -> None:
    done = spreadsim("verify", str(whole), folder=tmp_path)
    assert (done.returncode, "each as it was written" in done.stdout) == (0, True), done.stderr
    folder = tmp_path / "copy"
    shutil.copytree(whole, folder)
    cut(folder)
    done = spreadsim("verify", "copy", folder=tmp_path)
    assert done.returncode == 1
    assert "CHANGED  runs.parquet" in done.stdout
    done = spreadsim("verify", "copy", "--json", folder=tmp_path)
    assert json.loads(done.stdout)["files"]["runs.parquet"] == CHANGED
    done = spreadsim("verify", "nowhere", folder=tmp_path)
    assert done.returncode == 2
    assert "provenance.json: cannot be read" in done.stderr


def test_reproduce_names_damage_before_it_runs(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(whole, folder)
    (folder / "summary.json").unlink()
    done = spreadsim("reproduce", "copy", folder=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "MISSING  summary.json: not as it was written" in done.stderr
    assert "First difference: summary.json: missing in the folder" in done.stdout
