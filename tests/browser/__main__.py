"""Three drivers beside each other, and what a page has left: ``python -m tests.browser [--only PART] [--write]``.

What they agree on, counted; the time of a run by each; what a page weighs; and how evenly a page draws while runs are
made. Written into ``docs/verification/browser.md``. Headless Chromium draws without a graphics processor.
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import hashlib
import json
import os
import shutil
import statistics
import tempfile
import time
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import HealthCheck, given, settings

import spreadsim as ss
from spreadsim.browser.data import levers_data, page_data, run_data
from spreadsim.browser.module import driver_source, worker_source
from spreadsim.comparison.comparison import compare
from spreadsim.comparison.report import render_report
from spreadsim.comparison.try_it import TryIt, try_it
from spreadsim.drivers import engine
from spreadsim.drivers.mesa_model import run_with_mesa
from spreadsim.network.construction import make_network, make_networks
from spreadsim.scenario.plan import plans
from spreadsim.website.site import SANDBOX, Site, make_site
from tests.app.browser import app_address, headless_browser, visit
from tests.browser.javascript import SOURCE, BrowserDriver, javascript
from tests.browser.test_browser_driver import without_rules
from tests.drivers.test_drivers import differences
from tests.random_scenarios import scenarios

PAGE = Path(__file__).parents[2] / "docs" / "verification" / "browser.md"
N_SCENARIOS, REPLICATES, SECONDS = 150, 30, 10
LESSON = "lesson-04-in-name-only.html"  # the most services and ways
TIMES = """
async function answer(request) {
  const page = await unpacked(JSON.parse(request).data), times = [];
  const first = performance.now();
  for (let run = 0; run < page.strategies[0].people.length; run++) {
    for (const strategy of page.strategies) {
      const began = performance.now();
      runOf(page, strategy, run);
      times.push(performance.now() - began);
    }
  }
  return JSON.stringify({times, all: performance.now() - first});
}
"""
WORKER = """async ({source, waits, runs}) => {
  const worker = new Worker(URL.createObjectURL(new Blob([source], {type: 'text/javascript'})));
  let settle;
  const said = () => new Promise((done) => { settle = done; }), times = [];
  worker.onmessage = ({data}) => { if (data.isWarm) { if (waits) settle(); } else settle(data); };
  if (waits) await said();
  for (const run of runs) {
    const began = performance.now(), answer = said();
    worker.postMessage(run);
    const {failed} = await answer;
    if (failed) throw new Error(failed);
    times.push(performance.now() - began);
  }
  worker.terminate();
  return times;
}"""
PARTS = ("Equality", "Times", "Sizes", "Frames")
HEAD = """# The browser driver beside the other two

Printed by `python -m tests.browser --write`, {date:%d %B %Y}, on {processors} processors that other work shared:
{load:.0f} processes at work, on average over the last 15 minutes. Where these are more than the processors, any
time is longer than it would be alone: read drivers against each other, and frames against the empty page.
Chromium is headless and draws without a graphics processor. [How it is made](../background/browser.md).
"""
FRAMES = """(milliseconds) => new Promise((done) => {
  const gaps = [], end = performance.now() + milliseconds;
  let last;
  const tick = (now) => {
    if (last !== undefined) gaps.push(now - last);
    last = now;
    if (now < end) requestAnimationFrame(tick); else done(gaps);
  };
  requestAnimationFrame(tick);
})"""
# Runs one after another in the app's own worker, as if a lever were moved again whenever a run is there.
RUNS = """async (milliseconds) => {
  const {levers, setting, arrays} = document.querySelector('.map').__vue__, end = performance.now() + milliseconds;
  window.nRuns = 0;
  while (performance.now() < end) { await window.spreadsimRuns.make({levers, setting, arrays}); window.nRuns += 1; }
}"""


def milliseconds(run: Callable[[], Any], times: int) -> list[float]:
    """Return the times of some runs."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        taken.append(1000.0 * (time.perf_counter() - began))
    return taken


def equality() -> Iterator[str]:
    """Yield a sentence on what three drivers agree about."""
    digest, counts = hashlib.sha256(), {"scenarios": 0, "months": 0, "service_months": 0, "changes": 0, "differ": 0}
    with javascript(SOURCE) as ask:
        driver = BrowserDriver(ask)

        @settings(max_examples=N_SCENARIOS, derandomize=True, database=None, deadline=None,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(scenario=scenarios())
        def compared(scenario: Any) -> None:
            network, plan, seed = make_network(scenario), without_rules(scenario), scenario.run.seed
            run = driver.run(network, plan, seed, 3)
            others = (engine.run(network, plan, seed, 3), run_with_mesa(network, plan, seed, 3))
            counts["differ"] += any(differences(run, other) for other in others)
            counts["scenarios"] += 1
            counts["months"] += plan.months
            counts["service_months"] += plan.months * network.n
            counts["changes"] += len(run.events["month"])
            for values in (run.sums, *run.final.values(), *run.events.values()):
                digest.update(values.tobytes())

        compared()
    yield (
        f"{counts['scenarios']} generated scenarios (always the same under Hypothesis {hypothesis.__version__}), "
        f"without their strategies' rules: {counts['months']:,} months, {counts['service_months']:,} service-months, "
        f"{counts['changes']:,} changes of state. Scenarios in which two of the drivers differ in any bit of state, "
        f"changes or sums: {counts['differ']}. SHA-256 of all of it: `{digest.hexdigest()[:16]}`."
    )


def times(browser: Any) -> Iterator[str]:
    """Yield a table of the times of a run by each driver."""
    scenario = ss.load_scenario("default")
    seed, two = scenario.run.seed, plans(scenario)[:2]
    replicates = list(range(REPLICATES))
    networks = make_networks(scenario, replicates)
    network, plan = networks[0], two[1]
    yield f"{network.n} services, {plan.months} months, strategy '{plan.name}'; milliseconds, but for the last column."
    yield ""
    yield f"| driver | one run, median | quickest | the first run | {REPLICATES} paired runs of two strategies |"
    yield "|-|-|-|-|-|"
    engine.run(network, plan, seed, 0)
    compiled = milliseconds(lambda: engine.run(network, plan, seed, 0), 30)
    (pairs,) = milliseconds(lambda: [engine.run_together(networks, one, seed, replicates) for one in two], 1)
    yield f"| compiled | {_middle(compiled)} | | {pairs / 1000:.2f} s |"
    yield f"| Mesa | {_middle(milliseconds(lambda: run_with_mesa(network, plan, seed, 0), 3))} | | |"
    data = page_data(two, networks, seed, replicates)
    page = browser.new_page()
    page.add_script_tag(content=driver_source() + TIMES)
    request = json.dumps({"data": data})
    answers = {"Chromium, in a new page": page.evaluate("(request) => answer(request)", request)}
    if shutil.which("node"):
        with javascript(driver_source() + TIMES) as ask:
            answers = {"Node": ask(request), **answers}
    for label, text in answers.items():
        answer = json.loads(text)
        yield f"| {label} | {_middle(answer['times'])} | {answer['times'][0]:.0f} | {answer['all'] / 1000:.2f} s |"
    one = run_data(plan, network, seed, 0)
    runs = [{"id": k, "key": one.key, "setting": one.setting, "levers": levers_data(plan)} for k in range(31)]
    runs[0]["arrays"] = one.arrays
    for label, waits in (("the app's worker, asked at once", False), ("the app's worker, warmed up", True)):
        answer = page.evaluate(WORKER, {"source": worker_source(), "waits": waits, "runs": runs})
        yield f"| Chromium, {label} | {_middle(answer[1:])} | {answer[0]:.0f} | |"
    page.close()


def _middle(taken: list[float]) -> str:
    return f"{statistics.median(taken):.1f} | {min(taken):.1f}"


def sizes(box: TryIt, site: Site) -> Iterator[str]:
    """Yield a table of what travels."""
    scenario = ss.load_scenario("default")
    plan = plans(scenario)[1]
    one = run_data(plan, make_network(scenario), scenario.run.seed, 0)

    def compressed(text: str) -> str:
        return f"{len(zlib.compress(text.encode(), 9)) / 1000:.1f}"

    yield "| what, for the default scenario | kB, compressed |"
    yield "|-|-|"
    yield f"| the driver | {compressed(driver_source())} |"
    yield f"| the app's worker, with what it warms up on | {compressed(worker_source())} |"
    yield f"| a report's box *Try it*: script, and data of {box.n_runs} networks | {compressed(box.script)} + " \
          f"{len(b64decode(box.data)) / 1000:.1f} |"  # fmt: skip
    yield f"| the app's first run: arrays, setting, levers | {len(b64decode(one.arrays)) / 1000:.1f} + " \
          f"{compressed(one.setting)} + {compressed(levers_data(plan))} |"  # fmt: skip
    yield f"| the app's next run, where a lever was moved | {compressed(levers_data(plan))} |"
    yield ""
    yield "| pages of the site, as `spreadsim site` writes it | number | kB, compressed: smallest, largest |"
    yield "|-|-|-|"
    weights = {page: len(gzip.compress((site.folder / page).read_bytes(), 9)) / 1000 for page in site.pages}
    kinds = {"first page": "index", "lessons": "lesson", "scenarios": "scenario", "sandbox": "sandbox"}
    for label, first in kinds.items():
        own = [weight for page, weight in weights.items() if page.startswith(first)]
        yield f"| {label} | {len(own)} | {min(own):.1f}, {max(own):.1f} |"


def frames(browser: Any, report: str, n_runs: int, site: Site) -> Iterator[str]:
    """Yield a table of how evenly pages draw while runs are made."""
    yield "| page | frames a second | median gap | gaps over 20 ms | longest |"
    yield "|-|-|-|-|-|"

    def row(label: str, gaps: list[float]) -> str:
        late = sum(gap > 20 for gap in gaps) / len(gaps)
        rate = 1000 * len(gaps) / sum(gaps)
        return f"| {label} | {rate:.0f} | {statistics.median(gaps):.1f} ms | {late:.1%} | {max(gaps):.0f} ms |"

    page = browser.new_page()
    yield row("an empty page, to compare with", page.evaluate(FRAMES, 1000 * SECONDS))
    page.close()
    with app_address() as address, visit(browser, address, viewport={"width": 1280, "height": 900}) as visitor:
        p = visitor.page
        visitor.ready("Your browser made this run.", 120_000)
        p.wait_for_timeout(8000)
        p.get_by_label("Speed").select_option("medium")
        yield row("Explore, nothing moves", p.evaluate(FRAMES, 1000 * SECONDS))
        p.get_by_role("button", name="Play", exact=True).click()
        yield row("Explore plays", p.evaluate(FRAMES, 1000 * SECONDS))
        p.wait_for_timeout(4000)
        p.evaluate(f"void ({RUNS})({1000 * SECONDS})")
        gaps = p.evaluate(FRAMES, 1000 * SECONDS)
        yield row(f"Explore, {p.evaluate('window.nRuns')} runs made meanwhile", gaps)
        p.get_by_role("button", name="Play", exact=True).click()
        p.evaluate(f"void ({RUNS})({1000 * SECONDS})")
        gaps = p.evaluate(FRAMES, 1000 * SECONDS)
        yield row(f"Explore plays, {p.evaluate('window.nRuns')} runs made meanwhile", gaps)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        file.write_text(report, encoding="utf-8")
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(file.as_uri())
        page.locator("#try-check").filter(has_text="runs are equal").wait_for(timeout=240_000)
        page.locator("#try-box").scroll_into_view_if_needed()
        page.evaluate(f"window.gaps = ({FRAMES})({1000 * SECONDS}); void 0")
        page.locator("#try-support").fill("9")
        page.locator(".try caption").filter(has_text=f"{n_runs} runs").wait_for(timeout=120_000)
        yield row(f"the report's box, {n_runs} paired runs", page.evaluate("window.gaps"))
        page.locator("#try-play").click()
        yield row("the report's box plays", page.evaluate(FRAMES, 6000))
        page.close()
    for label, name in (("the site's scenario plays", "scenario-default.html"), ("the site's sandbox plays", SANDBOX)):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto((site.folder / name).as_uri())
        page.locator("#try-check").filter(has_text="runs are equal").wait_for(timeout=240_000)
        page.locator(".try canvas").first.scroll_into_view_if_needed()
        page.locator("#try-play").click()
        yield row(label, page.evaluate(FRAMES, 6000))
        page.close()
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((site.folder / LESSON).as_uri() + "#lesson&step=see&prediction=20-30-40-50-50-50")
    page.locator(".steps button").first.wait_for()
    gaps = page.evaluate(FRAMES, 4000)
    yield row("a lesson of the site, its runs being made", gaps)
    page.locator(".verdict h3").wait_for(timeout=240_000)
    page.locator("details.watch summary").click()
    page.locator("#lesson-play").click()
    yield row("a lesson's maps play", page.evaluate(FRAMES, 4000))
    page.close()


def main() -> None:
    """Measure everything, or one part; with ``--write``, into the page, whose other parts then stay."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    ask.add_argument("--only", choices=PARTS, help="one part: sizes, say, do not depend on what else a machine does")
    arguments = ask.parse_args()
    comparison = compare("default", replicates=REPLICATES, frontier=False)
    box = try_it(comparison)
    assert isinstance(box, TryIt)
    texts: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder, headless_browser() as browser:
        site = make_site(Path(folder) / "site")
        report = render_report(comparison, with_model=True)
        parts = (equality(), times(browser), sizes(box, site), frames(browser, report, box.n_runs, site))
        for title, lines in zip(PARTS, parts, strict=True):
            if arguments.only in (None, title):
                print(f"\n{title}\n", flush=True)
                texts[title] = "\n".join(_printed(lines))
    if arguments.write and arguments.only is None:
        text = HEAD.format(date=datetime.date.today(), processors=os.cpu_count(), load=os.getloadavg()[2])
        PAGE.write_text(text + "".join(f"\n## {title}\n\n{part}\n" for title, part in texts.items()), encoding="utf-8")
    elif arguments.write:
        before, mark, rest = PAGE.read_text(encoding="utf-8").partition(f"\n## {arguments.only}\n\n")
        _, *after = rest.partition("\n## ")
        PAGE.write_text(f"{before}{mark}{texts[arguments.only]}\n{''.join(after)}", encoding="utf-8")


def _printed(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        print(line, flush=True)
        yield line


if __name__ == "__main__":
    main()
