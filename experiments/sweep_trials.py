"""What a sweep costs and what it survives; writes docs/verification/sweeps.md.

``python experiments/sweep_trials.py rates|memory|faults|all`` measures 10,000 runs of 200 services over 60 months by
workers of this machine, by a Dask scheduler with two worker processes over TCP, and by ``mesa.batch_run`` on
a plain model beside them; the peak memory of the coordinator at 10,000 and 100,000 runs; and it does
to a sweep what the tests of ``tests/sweeps/test_coordinator.py`` do, and counts. Each part rewrites its own section of
the page.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mesa
import networkx as nx

TOP = Path(__file__).parent.parent
FILE = TOP / "docs" / "verification" / "sweeps.md"
HEAD = """# What a sweep costs and survives

Written by `python experiments/sweep_trials.py all`; each part says when and where.
"""
RUNS, MESA_RUNS = 10_000, 400
EXPERIMENT = """format = 1
name = "rates"
scenario = "default"
strategy = "blend"
[settings]
"network.services" = 200
[run]
months = 60
replicates = 10
[design]
method = "latin-hypercube"
samples = {points}
[levers]
balance = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
[uncertainties]
"behaviour.engagement.reactance" = "plausible"
"behaviour.mandate.compliance_rate" = "plausible"
[outcomes]
measures = ["benefit", "cumulative_benefit", "reported_uptake", "in_name_only", "fidelity", "equity_gap", "cost"]
"""
SWEEP = """
import json, resource, sys, time
from spreadsim.sweeps.coordinator import sweep
from spreadsim.sweeps.store import table_digest
if __name__ == "__main__":
    file, out, workers, scheduler = sys.argv[1:5]
    start = time.perf_counter()
    result = sweep(file, out=out, workers=int(workers), scheduler=scheduler or None)
    spent = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps([result.runs_done, spent, peak, table_digest(result.folder)]))
"""
FAULTS = (
    ("coordinator killed with SIGKILL at random moments", 5, "test_coordinator_killed_five_times"),
    ("coordinator killed with SIGKILL at random moments", 20, "test_coordinator_killed_twenty_times"),
    ("Ctrl-C twice, to the coordinator and its workers", 1, "test_ctrl_c_twice_ends_the_sweep_and_its_workers"),
    ("a worker of this machine killed in the middle", 1, "test_a_worker_killed_in_the_middle"),
    (
        "a worker of a Dask cluster killed in the middle",
        1,
        "test_a_dask_cluster_gives_the_same_bytes_and_survives_a_worker",
    ),
    ("a part cut short", 1, "test_a_damaged_part_is_found_and_run_again[truncated]"),
    ("one bit of a part flipped", 1, "test_a_damaged_part_is_found_and_run_again[flipped]"),
    ("a part removed", 1, "test_a_damaged_part_is_found_and_run_again[removed]"),
    ("a line of the manifest torn", 1, "test_a_damaged_line_of_the_manifest_costs_its_chunk[torn]"),
    ("a line of the manifest altered", 1, "test_a_damaged_line_of_the_manifest_costs_its_chunk[flipped]"),
    ("a file system of 600 kB that fills", 1, "test_a_disk_that_fills"),
    ("a write refused, at the second, fifth and ninth", 3, "test_a_write_that_fails"),
    ("a second coordinator in the folder", 1, "test_a_second_coordinator_is_refused"),
)


class Service(mesa.Agent):
    """A service of the plain model: not yet, implementing, embedded."""

    def __init__(self, model: mesa.Model, state: int) -> None:
        super().__init__(model)
        self.state = state
        self.peers: list[Service] = []

    def step(self) -> None:
        """Begin with the share of peers that have, then embed within nine months on average."""
        if self.state == 0:
            share = sum(peer.state > 0 for peer in self.peers) / max(1, len(self.peers))
            self.state = int(self.random.random() < 0.007 + self.model.persuasion * share)
        elif self.state == 1 and self.random.random() < 1 / 9:
            self.state = 2


class Plain(mesa.Model):
    """Spread among 200 services on random ties, as a newcomer to Mesa writes it; no components, no copying."""

    def __init__(self, persuasion: float, **options: Any) -> None:
        super().__init__(**options)
        self.persuasion = persuasion
        services = [Service(self, int(i < 6)) for i in range(200)]
        for a, b in nx.gnm_random_graph(200, 660, seed=self.random.randrange(2**32)).edges:
            services[a].peers.append(services[b])
            services[b].peers.append(services[a])
        self.datacollector = mesa.DataCollector({"embedded": lambda m: sum(s.state == 2 for s in m.agents)})
        self.datacollector.collect(self)  # `mesa.batch_run` looks months up by their place, the beginning included

    def step(self) -> None:
        """Go on by a month."""
        self.agents.shuffle_do("step")
        self.datacollector.collect(self)
        self.running = self.steps < 60


def run_sweep(folder: Path, runs: int, workers: int, scheduler: str = "") -> tuple[int, float, int, str]:
    """Run a sweep in a process of its own; return runs, seconds, peak kB of the coordinator, the digest."""
    place = Path(tempfile.mkdtemp(dir=folder))
    (place / "rates.toml").write_text(EXPERIMENT.format(points=runs // 100))
    (place / "run.py").write_text(SWEEP)
    arguments = [str(place / "rates.toml"), str(place / "out"), str(workers), scheduler]
    process = subprocess.run([sys.executable, str(place / "run.py"), *arguments], capture_output=True, text=True)
    if process.returncode:
        raise SystemExit(process.stderr)
    result: tuple[int, float, int, str] = tuple(json.loads(process.stdout.splitlines()[-1]))
    return result


def mesa_seconds(runs: int, processes: int) -> float:
    """Return the seconds that ``mesa.batch_run`` takes for a plain model of spread among 200 services in 60 months."""
    start = time.perf_counter()
    mesa.batch_run(
        Plain, parameters={"persuasion": 0.2}, iterations=runs, max_steps=60, number_processes=processes,
        data_collection_period=-1, display_progress=False,
    )  # fmt: skip
    return time.perf_counter() - start


def rates(folder: Path) -> str:
    """Measure 10,000 runs in the three ways."""
    sys.path.insert(0, str(TOP))
    from tests.sweeps.test_coordinator import cluster

    run_sweep(folder, 500, 2)  # the compiler's cache
    one, two = run_sweep(folder, RUNS, 1), run_sweep(folder, RUNS, 2)
    with cluster(2, folder) as (address, _):
        over = run_sweep(folder, RUNS, 2, address)
    plain = mesa_seconds(MESA_RUNS, 2) * RUNS / MESA_RUNS
    rows = [
        ("this process alone", one[1]),
        ("two workers of this machine", two[1]),
        ("a Dask scheduler, two worker processes over TCP", over[1]),
        (f"`mesa.batch_run`, two processes, a plain model ({MESA_RUNS} runs, scaled)", plain),
    ]
    lines = [f"| {name} | {s:.1f} s | {RUNS / s:,.0f} | {s / two[1]:.1f} |" for name, s in rows]
    same = "the same bytes" if two[3] == over[3] else "DIFFERENT BYTES"
    return "\n".join([
        f"{RUNS:,} runs of the default scenario on 200 services over 60 months, one strategy, starting up included; "
        f"Mesa's model has three states on random ties and none of the rest. Local workers and Dask gave {same}.",
        "", "| how | wall time | runs a second | times two workers |", "|-|-|-|-|", *lines,
    ])  # fmt: skip


def memory(folder: Path) -> str:
    """Measure the peak memory at 10,000 and 100,000 runs."""
    few, many = (run_sweep(folder, runs, 2) for runs in (RUNS, 10 * RUNS))
    lines = [f"| {run[0]:,} | {run[2] / 1024:.0f} MB |" for run in (few, many)]
    return "\n".join([
        "The same experiment by two local workers: the largest resident size of the coordinator.",
        "", "| runs | coordinator |", "|-|-|", *lines, f"| ratio | {many[2] / few[2]:.2f} |",
    ])  # fmt: skip


def faults(folder: Path) -> str:
    """Do to a sweep what the tests do, and count."""
    report = folder / "report.xml"
    names = sorted({name.split("[")[0] for _, _, name in FAULTS})
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "verification or not verification",
               "--junitxml", str(report), *(f"tests/sweeps/test_coordinator.py::{name}" for name in names)]  # fmt: skip
    subprocess.run(command, cwd=TOP, stdout=subprocess.DEVNULL)
    verdicts: dict[str, list[str]] = {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        verdict = next((child.tag for child in case if child.tag in ("failure", "error", "skipped")), "passed")
        for name in {case.attrib["name"], case.attrib["name"].split("[")[0]}:
            verdicts.setdefault(name, []).append(verdict)
    lines = []
    for what, often, name in FAULTS:
        outcomes = set(verdicts.get(name, ["not run"]))
        loss = "nothing" if outcomes == {"passed"} else ", ".join(sorted(outcomes)).upper()
        lines.append(f"| {what} | {often} | {loss} |")
    return "\n".join([
        "A sweep of 1,536 runs with real processes and real signals. *Nothing lost*: afterwards the sorted tables were "
        "those of an undisturbed run byte for byte, and no finished chunk had run twice.",
        "", "| what was done | how often | lost |", "|-|-|-|", *lines,
    ])  # fmt: skip


PARTS: dict[str, tuple[str, Callable[[Path], str]]] = {
    "rates": ("Rates", rates), "memory": ("Memory", memory), "faults": ("Faults", faults),
}  # fmt: skip


def where() -> str:
    """Return the machine and versions, for the foot of a section."""
    load = os.getloadavg()[0]
    versions = ", ".join(f"{name} {version(name)}" for name in ("spreadsim", "mesa", "distributed", "numba"))
    return (
        f"*{datetime.now(UTC):%d %B %Y}; {os.cpu_count()} processors ({platform.machine()}), load {load:.1f} at the "
        f"end; Python {platform.python_version()}, {versions}.*"
    )


def write_section(part: str, text: str) -> None:
    """Put a section in its place on the page."""
    title = PARTS[part][0]
    page = FILE.read_text(encoding="utf-8") if FILE.exists() else HEAD
    texts = dict(re.findall(r"^## (.+?)\n\n(.*?)(?=^## |\Z)", page, re.M | re.S))
    texts[title] = f"{text}\n\n{where()}\n"
    sections = [f"## {name}\n\n{texts[name].strip()}\n" for name, _ in PARTS.values() if name in texts]
    FILE.write_text("\n".join([HEAD, *sections]), encoding="utf-8")
    print(f"{title}\n{text}\n{where()}\n")


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=[*PARTS, "all"])
    choice = parser.parse_args().part
    with tempfile.TemporaryDirectory() as folder:
        for part in PARTS if choice == "all" else [choice]:
            write_section(part, PARTS[part][1](Path(folder)))


if __name__ == "__main__":
    main()
