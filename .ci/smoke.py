"""Runs every command once, small: ``python .ci/smoke.py`` with the Python in whose environment spreadsim is.

What belongs here: that each command starts, writes what it says and exits as it should, with the packages that happen
to be installed. What does not: whether its numbers are right, which the tests say. Needs the standard library alone.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

SMALL = ["--replicates", "2", "--set", "network.services=60", "--set", "network.hierarchy=[]", "--set", "run.months=12",
         "--set", "programme.stop_month=9", "--quiet", "--workers", "1"]  # fmt: skip
EXPERIMENT = """
format = 1
name = "small"
scenario = "default"
strategy = "blend"
[settings]
"network.services" = 60
"network.hierarchy" = []
"programme.stop_month" = 9
[run]
months = 12
replicates = 2
[design]
method = "METHOD"
samples = 8
[levers]
balance = [0.0, 1.0]
[uncertainties]
"behaviour.drift.rate" = { low = 0.002, high = 0.03, distribution = "log-uniform" }
"behaviour.engagement.reactance" = "plausible"
"""
TARGETS = """
format = 1
name = "small"
[settings]
"network.services" = 60
"network.hierarchy" = []
"programme.stop_month" = 9
[run]
months = 12
replicates = 2
[[targets]]
name = "reach"
measure = "reach"
month = 12
strategy = "blend"
value = 0.3
standard_error = 0.3
source = "none: a figure to try the command with"
[parameters]
"behaviour.sustainment.discontinuation_rate" = { low = 0.002, high = 0.03, distribution = "log-uniform" }
"""
OBSERVED = """
format = 1
name = "observed"
[network]
source = "file"
path = "ties"
observed_periods = 8
[run]
months = 12
[programme]
start_month = 0
stop_month = 9
[strategies.organic]
balance = 1.0
"""


commands: set[str] = set()


def spreadsim(*arguments: str, code: int = 0, compiled: bool = False) -> str:
    """Run a command and return what it prints; it must exit with `code`, and without a traceback."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "" if compiled else "1"}
    if compiled:
        del environment["NUMBA_DISABLE_JIT"]
    command = [sys.executable, "-m", "spreadsim.cli", *arguments]
    commands.update(arguments[:1] if code == 0 else [])
    started = time.monotonic()
    done = subprocess.run(command, text=True, capture_output=True, check=False, env=environment)
    if "--times" in sys.argv:
        print(f"{time.monotonic() - started:6.1f} s  spreadsim {' '.join(arguments[:2])}")
    if done.returncode != code or "Traceback" in done.stderr:
        raise SystemExit(f"spreadsim {' '.join(arguments)}: exit {done.returncode} instead of {code}\n{done.stderr}")
    if code and arguments and not done.stderr.startswith("error: "):
        raise SystemExit(f"spreadsim {' '.join(arguments)}: the fault is not told in words\n{done.stderr}")
    return done.stdout


EXTRAS = {"app": "solara", "advise": "cma", "fit": "pyabc", "paper": "rocrate"}


def has(package: str) -> bool:
    """Return whether an extra's package is installed; without it the command must say so in words."""
    return importlib.util.find_spec(package) is not None


def write_network(folder: Path) -> None:
    """Write a ring of 20 services, the first half of which adopted one after another."""
    folder.mkdir()
    with (folder / "services.csv").open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["id", "adopted_month"])
        rows.writerows([f"s{i}", i // 2 + 1 if i < 10 else ""] for i in range(20))
    with (folder / "ties.csv").open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["source", "target"])
        rows.writerows([f"s{i}", f"s{(i + 1) % 20}"] for i in range(20))


def write_practices(path: Path) -> None:
    """Write a table of 24 practices in four networks, without ties."""
    rows = [f"A81{i:03d},Practice {i},{'North' if i < 12 else 'South'},Network {i // 6}\n" for i in range(24)]
    path.write_text("Practice,Name,Region,PCN\n" + "".join(rows))


def serve() -> None:
    """Start the app, fetch its page, and stop it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "spreadsim.cli", "app", "--port", "0", "--no-browser"],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = line.removeprefix("spreadsim is at ").strip()
        if not address.startswith("http://"):
            raise SystemExit(f"the app does not start: {line}{process.communicate(timeout=30)[1]}")
        with urllib.request.urlopen(address, timeout=60) as page:
            if b"<html" not in page.read():
                raise SystemExit("the app's page is no page")
    finally:
        process.terminate()
        process.wait(timeout=30)


def main() -> None:
    """Run the commands in an empty folder."""
    started = time.monotonic()
    os.chdir(tempfile.mkdtemp())
    spreadsim(code=2)
    spreadsim("nonsense", code=2)
    spreadsim("compare", code=2)
    spreadsim("compare", "nonsense", code=2)
    spreadsim("compare", "default", "--set", "programme.suport=1", code=2)
    spreadsim("compare", "default", "--replicates", "0", code=2)
    spreadsim("scenarios", "--copy", "default")
    spreadsim("check", "default.toml")
    spreadsim("check", "best-balance")
    digests = set()
    for driver in ("compiled", "mesa"):
        spreadsim(
            "compare",
            "default",
            *SMALL,
            "--driver",
            driver,
            "--no-frontier",
            "--out",
            driver,
            compiled=driver == "compiled",
        )
        digests.add(hashlib.sha256(Path(driver, "runs.parquet").read_bytes()).hexdigest())
    assert len(digests) == 1, "the drivers differ"
    assert Path("mesa/report.html").stat().st_size > 10_000
    spreadsim("reproduce", "mesa")
    spreadsim("verify", "mesa")
    spreadsim("compare", "classroom", "--replicates", "2", "--no-report", "--quiet", "--out", "ring")
    spreadsim("paper", "ring", "--no-structures", "--quiet", code=0 if has("rocrate") else 2)
    spreadsim("frontier", "default", *SMALL, "--levers", "mandate,latitude", "--steps", "2", "--out", "frontier")
    few = SMALL[:-3]
    spreadsim("components", "default", *few, "--workers", "1", "--component", "referral-route", "--strategy", "blend")
    spreadsim("explain", "default", *few[2:], "--service", "service-0042")
    write_network(Path("ties"))
    network = json.loads(spreadsim("network", "ties", "--observed-periods", "8", "--json"))
    assert network["faults"] == []
    write_practices(Path("practices.csv"))
    spreadsim("import", "practices.csv", "--out", "imported")
    spreadsim("ties", "imported/scenario.toml", "--replicates", "2", "--set", "run.months=12", "--workers", "1")
    Path("observed.toml").write_text(OBSERVED)
    spreadsim("calibrate", "observed.toml", "--replicates", "2", "--out", "calibrated")
    Path("small.toml").write_text(EXPERIMENT.replace("METHOD", "sobol" if has("SALib") else "latin-hypercube"))
    spreadsim("sweep", "small.toml", "--workers", "1", "--out", "swept", "--quiet")
    spreadsim("analyse", "swept", "--measure", "benefit")
    spreadsim("verify", "swept")
    spreadsim("reproduce", "swept")
    spreadsim("lessons")
    spreadsim("site", "--texts", "texts.toml", "--scenario", "classroom")
    spreadsim("site", "pages", "--scenario", "classroom", "--replicates", "2", "--quiet")
    spreadsim("site", "pages", "--scenario", "classroom", code=2)
    small = ["--set", "network.services=60", "--set", "network.hierarchy=[]", "--months", "12", "--candidates", "10",
             "--search-replicates", "2", "--replicates", "2", "--workers", "1"]  # fmt: skip
    spreadsim("advise", "default", *small, "--search", "sites,support", code=0 if has("cma") else 2)
    spreadsim("advise", "default", *small, "--budget", "30", code=0 if has("pymoo") else 2)
    Path("targets.toml").write_text(TARGETS)
    spreadsim(
        "fit", "default", "targets.toml", "--population", "10", "--simulations", "50", code=0 if has("pyabc") else 2
    )
    if has("solara"):
        serve()
    else:
        spreadsim("app", code=2)
    listed = set(re.findall(r"^  ([a-z]+)  ", spreadsim("--help").split("Commands:")[1], flags=re.M))
    without_extra = {name for name, package in EXTRAS.items() if not has(package)}
    missing = listed - commands - without_extra - {"app"}
    assert not missing, f"not run: {missing}"
    print(f"every command on Python {platform.python_version()}: {time.monotonic() - started:.0f} s")


main()
