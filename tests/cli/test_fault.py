"""A fault of ours: said to be one, written down without what is private, exit 70."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from spreadsim import cli
from spreadsim.cli.fault import write_bundle


def test_a_fault_of_ours_is_said_and_written_down(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.toml").write_text(f"title = '{tmp_path}'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["spreadsim", "check", "mine.toml"])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def broken(**_: object) -> None:
        raise ZeroDivisionError("a rate of 0")

    monkeypatch.setattr(cli.commands, "main", broken)
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 70
    said = capsys.readouterr().err
    assert "this is a fault of ours, not of your input (ZeroDivisionError)" in said
    (path,) = tmp_path.glob("spreadsim-fault-*.zip")
    assert path.name in said
    with zipfile.ZipFile(path) as bundle:
        fault, own = (bundle.read(name).decode() for name in ("fault.txt", "input/mine.toml"))
    assert "ZeroDivisionError: a rate of 0" in fault
    assert "spreadsim check mine.toml" in fault
    assert "numpy: " in fault
    assert str(tmp_path) not in fault + own


def test_tables_and_tokens_are_not_put_into_the_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("patients.csv").write_text("id\nsecret\n")
    path = write_bundle(ValueError("x"), ["network", "patients.csv", "--token", "hidden"], tmp_path)
    with zipfile.ZipFile(path) as bundle:
        assert bundle.namelist() == ["fault.txt"]
        text = bundle.read("fault.txt").decode()
    assert "patients.csv: 10 bytes" in text
    assert "secret" not in text
    assert "hidden" not in text
