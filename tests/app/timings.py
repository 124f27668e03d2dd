"""What the app does in how long, in a headless Chromium: ``python -m tests.app.timings [--only WORD]`` prints it.

What a moved slider costs the server; frames a second while a run plays; milliseconds from a slider to fresh bands; ten
sessions that each compare a setting of their own at the same moment: their latency, their numbers held against the
package's, and the server's memory.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil

from spreadsim.app import documents
from spreadsim.comparison.comparison import compare
from spreadsim.scenario.document import Scenario
from spreadsim.telling.folder import as_json
from tests.app.browser import Visit, app_address, app_process, headless_browser, visit
from tests.app.client import PageClient

SESSIONS, MOVES = 10, 2
MOVE = """([path, value, wait]) => { window.fresh = new Promise((done) => setTimeout(() => {
  const bands = document.querySelector('.bands'), said = () => (bands.querySelector('.said') || {}).innerText;
  const before = said(), begun = performance.now();
  setTimeout(() => done(NaN), 60000);
  const look = new MutationObserver(() => {
    if (said() === before || bands.querySelector('.chart.stale')) return;
    look.disconnect(); done(performance.now() - begun); });
  look.observe(bands, {subtree: true, childList: true, characterData: true, attributes: true});
  const box = document.querySelector(`input[type=range][data-path="${path}"]`);
  box.value = value; box.dispatchEvent(new Event('input', {bubbles: true}));
  box.dispatchEvent(new Event('change', {bubbles: true})); }, wait)); return 1; }"""
RATE = """async () => { const shown = () => Number(document.querySelector('.map canvas').dataset.frames);
  const wait = (time) => new Promise((done) => setTimeout(done, time));
  await wait(1000); const from = shown(), begun = performance.now();
  await wait(8000); return 1000 * (shown() - from) / (performance.now() - begun); }"""


def scenario_to_time() -> Scenario:
    """Return the scenario that is compared: 200 services, two strategies, 100 paired runs."""
    scenario = documents.with_only(documents.shipped_scenario("default"), ["top-down", "blend"])
    for path, value in (("network.services", 200), ("run.replicates", 100)):
        scenario = documents.with_value(scenario, path, value)
    return scenario


@contextmanager
def comparing(browser: Any, address: str, file: Path) -> Iterator[Visit]:
    """Open a session on Compare, with the scenario of a file compared."""
    with visit(browser, address, viewport={"width": 1280, "height": 900}) as visitor:
        visitor.page.locator("#open-file").set_input_files(str(file))
        visitor.ready("200 services", 120_000)
        visitor.tab("Compare")
        visitor.ready("What is lost from copy to copy", 240_000)
        yield visitor


def move(visitor: Visit, value: float, wait: int = 0) -> None:
    """Move the slider of support after some milliseconds; `milliseconds_to_bands` says how long the bands took."""
    visitor.page.evaluate(MOVE, ["programme.support", str(value), wait])


def milliseconds_to_bands(visitor: Visit) -> float:
    """Return the milliseconds from the slider to fresh bands."""
    return float(visitor.page.evaluate("() => window.fresh"))


def summary(visitor: Visit) -> dict[str, Any]:
    """Return the numbers that a session hands over."""
    answer: dict[str, Any] = json.loads(visitor.saved(visitor.page.get_by_role("button", name="Summary (JSON)")))
    return answer


def expected(value: float) -> dict[str, Any]:
    """Return what the package says of the same setting."""
    scenario = documents.with_value(scenario_to_time(), "programme.support", value)
    answer: dict[str, Any] = json.loads(as_json(compare(scenario, frontier=False).as_json()))
    return answer


def memory(pid: int) -> float:
    """Return the megabytes that a process holds."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def latency(browser: Any, file: Path) -> None:
    """Print the milliseconds from slider to bands of one session."""
    with app_address() as address, comparing(browser, address, file) as visitor:
        times = []
        for k in range(12):
            move(visitor, 0.3 + 0.05 * k)
            times.append(milliseconds_to_bands(visitor))
            visitor.page.wait_for_timeout(1500)
    print(f"slider to bands: median {statistics.median(times):.0f} ms, all " + " ".join(f"{t:.0f}" for t in times))


def crowd(browser: Any, file: Path) -> None:
    """Print the latency of ten sessions at once, whether each had its own numbers, and memory."""
    with app_process() as (address, pid), ExitStack() as stack:
        bare = memory(pid)
        visits = [stack.enter_context(comparing(browser, address, file)) for _ in range(SESSIONS)]
        before = memory(pid)
        times, values = [], [0.12 + 0.08 * k for k in range(SESSIONS)]  # none the default, which changes nothing
        for turn in range(MOVES):
            for visitor, value in zip(visits, values, strict=True):
                move(visitor, round(value + 0.04 * turn, 3), 2000)
            times += [milliseconds_to_bands(visitor) for visitor in visits]
            visits[0].page.wait_for_timeout(4000)
        own = sum(
            summary(visitor)["strategies"] == expected(round(value + 0.04 * (MOVES - 1), 3))["strategies"]
            for visitor, value in zip(visits, values, strict=True)
        )
        after = memory(pid)
    times.sort()
    print(f"{SESSIONS} sessions at once, {MOVES} moves each: median {statistics.median(times):.0f} ms, "
          f"95th percentile {times[int(0.95 * len(times))]:.0f} ms, longest {times[-1]:.0f} ms")  # fmt: skip
    print(f"sessions whose numbers are the package's own of their setting: {own} of {SESSIONS}")
    print(
        f"memory of the server: {bare:.0f} MB without sessions, {before:.0f} MB with {SESSIONS}, {after:.0f} MB after"
    )


def frames(browser: Any) -> None:
    """Print frames a second while a run plays."""
    small = documents.with_value(documents.shipped_scenario("default"), "network.services", 1000)
    england = documents.shipped_scenario("england-primary-care")
    with app_address() as address, tempfile.TemporaryDirectory() as folder:
        for scenario, n in ((small, 1000), (england, 6571)):
            file = Path(folder) / f"{n}.toml"
            file.write_text(documents.to_toml(scenario), encoding="utf-8")
            with visit(browser, address, viewport={"width": 1280, "height": 900}) as visitor:
                p = visitor.page
                p.locator("#open-file").set_input_files(str(file))
                visitor.ready(f"of {n:,} services", 240_000)
                p.wait_for_timeout(3000)
                p.get_by_label("Speed").select_option("slow")
                p.get_by_role("button", name="Play", exact=True).click()
                rate = p.evaluate(RATE)
                print(f"frames a second at {n:,} services: {rate:.0f}")


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has taken."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def moves(n: int = 100) -> None:
    """Print what a moved slider on Explore costs the server: where the page makes the run, and where the server does.

    Two servers take turns, so that whatever else the machine does bears on both alike.
    """
    path, names = "programme.support", ("the page makes the run", "the server makes the run")
    with ExitStack() as stack:
        served = [stack.enter_context(app_process()) for _ in names]
        pages = [PageClient(address) for address, _ in served]
        pages[1].event("levers", "server", "measured")
        pages[1].wait(lambda: any(state.get("plays") for state in pages[1].states()), 120)

        def move(page: PageClient, value: float) -> None:
            page.event("sections", "change", {"path": path, "value": value})
            page.wait(lambda: (path, value) in {
                (c["path"], c["value"]) for state in page.states() for section in state.get("sections", ())
                for c in section["controls"]
            })  # fmt: skip
            time.sleep(0.1)

        for k in range(10):
            for page in pages:
                move(page, round(0.3 + 0.01 * k, 3))
        time.sleep(3)
        before = [(processor_seconds(pid), page.n_bytes) for (_, pid), page in zip(served, pages, strict=True)]
        for k in range(n):
            for page in pages:
                move(page, round(0.41 + 0.002 * k, 4))
        time.sleep(3)
        for name, (_, pid), page, (seconds, n_bytes) in zip(names, served, pages, before, strict=True):
            print(f"a moved slider, {name}: {1000 * (processor_seconds(pid) - seconds) / n:.1f} ms of the server's "
                  f"processor, {(page.n_bytes - n_bytes) / n / 1000:.1f} kB sent (mean of {n})")  # fmt: skip


def main() -> None:
    """Measure everything."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--only", default="", help="measures whose name holds this: moves, frames, latency, crowd")
    arguments = ask.parse_args()
    if arguments.only in "moves":
        moves()
    if arguments.only == "moves":
        return
    with headless_browser() as browser, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "asked.toml"
        file.write_text(documents.to_toml(scenario_to_time()), encoding="utf-8")
        if arguments.only in "frames":
            frames(browser)
        if arguments.only in "latency":
            latency(browser, file)
        if arguments.only in "crowd":
            crowd(browser, file)


if __name__ == "__main__":
    main()
