"""What users meet at the edges of commands: odd data and odd places. Words, never a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import spreadsim as ss
from tests.cli.test_cli import spreadsim


def test_faults_in_the_files_are_said_in_every_command_and_in_the_report(own_network: Path) -> None:
    seen = "'s77' is not a service"
    for arguments in (
        ["check", "mine.toml"],
        ["compare", "mine.toml", "--replicates", "2", "--months", "6", "--no-frontier", "--out", "r"],
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


def test_a_copy_to_nowhere_is_refused(tmp_path: Path) -> None:
    done = spreadsim("scenarios", "--copy", "default", "--to", "/nowhere/x.toml", folder=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


@pytest.mark.parametrize(
    "change", [{"results": None}, {"command": 5}, {"versions": 3}, {"results": [1]}, {"options": {"driver": "zz"}}]
)
def test_an_edited_receipt_is_no_receipt(tmp_path: Path, change: dict) -> None:
    ss.compare("classroom", replicates=1, frontier=False).save(tmp_path / "r")
    path = tmp_path / "r" / "provenance.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    done = spreadsim("reproduce", "r", folder=tmp_path)
    assert (done.returncode, "is not a receipt" in done.stderr) == (2, True), done.stderr
