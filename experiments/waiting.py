"""Time what people wait for: python experiments/waiting.py [NAME=CHECKOUT ...] [--runs 3] [--write].

Each command is run as a user runs it, in a process of its own, by turns with the same command of other checkouts of the
program, so that all meet the same machine. What is timed: until the first line of the answer, until the command has
ended, and the processor time of both. *Cold* is with nothing compiled yet. ``--write`` puts the table into
docs/verification/waiting.md; run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent.parent
FILE = HERE / "docs" / "verification" / "waiting.md"
COMMANDS = {
    "the main job": ("compare", "default"),
    "a quick look": ("compare", "default", "--quick"),
    "England": ("compare", "england-primary-care"),
    "England, luck alone": ("compare", "england-primary-care", "--doubt", "none"),
    "a scenario is checked": ("check", "default"),
}
COLD = ("a quick look", "the main job")
UNKNOWN = 2  # exit code of a command line that a checkout does not have


@dataclass(frozen=True)
class Wait:
    """Seconds until the first line of the answer, until the end, and of processor time."""

    first: float
    whole: float
    processor: float


def timed(checkout: Path, arguments: tuple[str, ...], cache: Path) -> Wait | None:
    """Return how long a command takes; None where the checkout does not know it."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"PYTHONPATH": str(checkout), "XDG_CACHE_HOME": str(cache)}
        environment |= {"PYTHONPYCACHEPREFIX": str(cache / "bytecode"), "PYTHONDONTWRITEBYTECODE": ""}
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "spreadsim.cli", *arguments],
            cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        first = time.perf_counter() - started
        process.stdout.read()
        code = process.wait()
        whole, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if code == UNKNOWN:
        return None
    if code:
        raise SystemExit(f"{checkout}: {' '.join(arguments)} ended with {code}")
    return Wait(first, whole, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measure(checkouts: dict[str, Path], runs: int) -> dict[tuple[str, bool, str], list[Wait]]:
    """Return the waits by command, whether cold, and checkout."""
    found: dict[tuple[str, bool, str], list[Wait]] = {}
    with tempfile.TemporaryDirectory() as kept:
        warm = {name: Path(kept) / str(k) for k, name in enumerate(checkouts)}
        for what, arguments in COMMANDS.items():
            for name, checkout in checkouts.items():  # what it compiles is kept for the runs that are timed
                timed(checkout, arguments, warm[name])
            for _ in range(runs):
                for name, checkout in checkouts.items():
                    wait = timed(checkout, arguments, warm[name])
                    if wait is not None:
                        found.setdefault((what, False, name), []).append(wait)
            if what not in COLD:
                continue
            for name, checkout in checkouts.items():
                with tempfile.TemporaryDirectory() as empty:
                    wait = timed(checkout, arguments, Path(empty))
                if wait is not None:
                    found.setdefault((what, True, name), []).append(wait)
    return found


def page_of(found: dict[tuple[str, bool, str], list[Wait]], command: str, load: float) -> str:
    """Return the page with the table."""
    lines = [
        "# What people wait for",
        "",
        f"Written by `{command}`, on {os.cpu_count()} processors ({platform.machine()}, Python "
        f"{platform.python_version()}); load when it began: {load:.1f}.",
        "Each command is run in a process of its own, by turns with that of the other checkouts; medians, in seconds.",
        "*Answer*: until the first line of it stands on the screen. *Cold*: with nothing compiled yet, once.",
        "",
        "| command | checkout | answer | whole | processor | times |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for what, is_cold, name in found:
        waits = found[what, is_cold, name]
        first, whole, processor = (
            statistics.median(getattr(wait, key) for wait in waits) for key in ("first", "whole", "processor")
        )
        label = f"{what}{', cold' if is_cold else ''}: `spreadsim {' '.join(COMMANDS[what])}`"
        lines.append(f"| {label} | {name} | {first:.1f} | {whole:.1f} | {processor:.1f} | {len(waits)} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Time the commands, print the table and, if asked, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkouts", nargs="*", metavar="NAME=CHECKOUT")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    checkouts = {"this one": HERE}
    for one in arguments.checkouts:
        name, _, folder = one.partition("=")
        checkouts[name] = Path(folder).resolve()
    load = os.getloadavg()[0]
    names = [shlex.quote(f"{name}=FOLDER") for name in list(checkouts)[1:]]
    command = " ".join(["python experiments/waiting.py", *names, "--runs", str(arguments.runs), "--write"])
    page = page_of(measure(checkouts, arguments.runs), command, load)
    print(page)
    if arguments.write:
        FILE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
