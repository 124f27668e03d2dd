"""How far long work is: a bar on a terminal and in a notebook, lines in the log elsewhere, nothing where not wanted."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest

import spreadsim as ss
from spreadsim.telling import progress
from tests.command_line import spreadsim


def test_where_there_is_no_terminal_the_log_says_how_far_it_is(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    with caplog.at_level(logging.INFO, logger="spreadsim"):
        ss.compare("classroom", replicates=3, driver="mesa", workers=1, frontier=False, doubt="none")
    assert [record.getMessage() for record in caplog.records] == [f"classroom: {n} of 3 replicates" for n in (1, 2, 3)]
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="spreadsim"):
        ss.compare("classroom", replicates=3, driver="mesa", workers=1, frontier=False, doubt="none", progress=False)
    assert not caplog.records


def test_a_terminal_has_a_bar_and_no_lines(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with caplog.at_level(logging.INFO, logger="spreadsim"):
        ss.compare("classroom", replicates=3, driver="mesa", workers=1, frontier=False, doubt="none")
    assert not caplog.records
    assert "classroom" in capfd.readouterr().err


def test_a_command_whose_output_is_kept_says_so_too_unless_it_is_to_be_quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("compare", "classroom", "--replicates", "2", "--driver", "mesa", "--no-report", "--no-frontier")
    assert "replicates\n" not in spreadsim(*command, folder=tmp_path).stderr  # it was quick
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    assert "classroom: 2 of 2 replicates\n" in spreadsim(*command, "--force", folder=tmp_path).stderr
    assert spreadsim(*command, "--force", "--quiet", folder=tmp_path).stderr.count("replicates\n") == 0
