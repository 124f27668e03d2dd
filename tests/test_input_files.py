"""Files from outside: whatever they are, they are read whole or refused in words, and nothing waits for them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from spreadsim.errors import InputError
from spreadsim.input_files import read_bytes, read_json, read_text
from tests.command_line import spreadsim

DIGITS = "9" * 5000
ON_UNIX = pytest.mark.skipif(sys.platform == "win32", reason="there are no such files on Windows")


@ON_UNIX
def test_a_pipe_a_device_and_a_folder_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, what in ((tmp_path / "pipe", "a pipe"), (Path("/dev/zero"), "a device"), (tmp_path, "a folder")):
        with pytest.raises(InputError, match=f"given: is {what}, not a file"):
            read_bytes(path, "given", 100)


def test_size_encoding_names_and_json_are_told_in_words(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 101)
    with pytest.raises(InputError, match=r"the file has 101 bytes; a receipt has at most 100"):
        read_bytes(file, "given", 100, "a receipt")
    file.write_bytes(b"\xff\xfea\x00")
    with pytest.raises(InputError, match=r"is not UTF-8 text \(byte 0\)"):
        read_text(file, "given", 100)
    with pytest.raises(InputError, match="cannot be read"):
        read_bytes(Path("a\0b"), "given", 100)
    for content, problem in (("{", "not valid JSON"), ("[" * 100_000, "nested too deeply"), (DIGITS, "not valid JSON")):
        file.write_text(content)
        with pytest.raises(InputError, match=problem):
            read_json(file, "given", 1_000_000)


@ON_UNIX
@pytest.mark.parametrize(
    "command",
    [
        ("compare", "{}"),
        ("check", "{}"),
        ("sweep", "{}"),
        ("network", "{}"),
        ("compare", "default", "--parameters", "{}"),
        ("fit", "default", "{}"),
        ("calibrate", "{}"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("file", ["pipe.toml", "/dev/zero"])
def test_no_command_waits_for_a_pipe_or_a_device(command: tuple[str, ...], file: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    done = spreadsim(*(part.replace("{}", file) for part in command), folder=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "error: " in done.stderr


def test_numbers_of_thousands_of_digits_are_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(f"based_on = 'default'\n[run]\nmonths = {DIGITS}\n")
    for command in (("check", "a.toml"), ("check", "default", "--set", f"run.months={DIGITS}")):
        done = spreadsim(*command, folder=tmp_path)
        assert done.returncode == 2, done.stderr
        assert "Traceback" not in done.stderr
