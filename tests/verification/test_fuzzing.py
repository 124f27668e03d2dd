"""Damaged files, thousands of them: every reader reads them or refuses in words.

``pytest -m verification tests/verification/test_fuzzing.py`` damages 5,100 files, the same ones each time;
SPREADSIM_FUZZ_SEED asks for others, SPREADSIM_FUZZ_SHARE for fewer or more. An input that fails is made small and
written to ``tests/verification/damaged/READER/``, where it is an ordinary test from then on.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.verification.mutation import damaged, shrunk
from tests.verification.readers import READERS, Reader

KEPT = Path(__file__).parent / "damaged"
SEED = int(os.environ.get("SPREADSIM_FUZZ_SEED", "1"))
SHARE = float(os.environ.get("SPREADSIM_FUZZ_SHARE", "1"))
SECONDS = 120  # in which a reader answers, on the slowest machine
BY_NAME = {reader.name: reader for reader in READERS}


class SlowError(BaseException):
    """A reader that does not come to an end."""


@contextmanager
def limited() -> Iterator[None]:
    """End what takes too long."""

    def slow(*_: Any) -> None:
        raise SlowError

    before = signal.signal(signal.SIGALRM, slow)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def fault(reader: Reader, place: Path, file: Path, content: bytes) -> str:
    """Return what a reader raised on some content, and where; empty where it read it or refused in words."""
    good = file.read_bytes()
    file.write_bytes(content)
    try:
        with limited(), warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("ignore", FutureWarning)
            reader.read(place, file)
    except (Exception, SlowError) as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f"{os.sep}spreadsim{os.sep}" in f.filename]
        where = f"{Path(frames[-1].filename).name}:{frames[-1].name}" if frames else ""
        return f"{type(error).__name__} in {where}: {str(error)[:300]}"
    finally:
        file.write_bytes(good)
    return ""


def good_files(reader: Reader, place: Path) -> list[Path]:
    """Return a reader's good files, made in a folder."""
    reader.make(place)
    return sorted(file for pattern in reader.files for file in place.glob(pattern) if file.is_file())


@pytest.mark.verification
@pytest.mark.skipif(sys.platform == "win32", reason="needs a timer that interrupts")
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_damaged_files_are_read_or_refused_in_words(
    reader: Reader, tmp_path: Path, record_property: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = good_files(reader, tmp_path)
    assert files
    faults: dict[str, str] = {}
    count = max(1, round(reader.inputs * SHARE))
    for number in range(count):
        chance = random.Random(f"{SEED} {reader.name} {number}")
        file = chance.choice(files)
        content = damaged(file.read_bytes(), file.suffix, chance)
        problem = fault(reader, tmp_path, file, content)
        kind = problem.split(":")[0] + problem.partition("in ")[2].split(":")[1] if problem else ""
        if problem and kind not in faults:

            def fails(smaller: bytes, file: Path = file, head: str = problem.split(": ")[0]) -> bool:
                return fault(reader, tmp_path, file, smaller).startswith(head)

            small = shrunk(content, fails)
            name = f"{hashlib.sha256(small).hexdigest()[:8]}@{file.relative_to(tmp_path).as_posix().replace('/', '@')}"
            (KEPT / reader.name).mkdir(parents=True, exist_ok=True)
            (KEPT / reader.name / name).write_bytes(small)
            faults[kind] = f"{name}: {problem}"
    record_property("inputs", count)
    print(f"\n{reader.name}: {count} inputs, {len(faults)} kinds of fault")
    assert not faults, "\n".join(faults.values())


CASES = sorted(path for path in KEPT.glob("*/*@*"))


@pytest.mark.skipif(sys.platform == "win32", reason="needs a timer that interrupts")
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_inputs_that_failed_once_are_refused_in_words(
    case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    reader = BY_NAME[case.parent.name]
    reader.make(tmp_path)
    file = tmp_path.joinpath(*case.name.split("@")[1:])
    if not file.exists():  # a part of a sweep, whose name is of the code that made it
        shutil.copyfile(case, file)
    assert fault(reader, tmp_path, file, case.read_bytes()) == ""
