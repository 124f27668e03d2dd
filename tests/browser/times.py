"""Times of the three drivers beside each other: ``python -m tests.browser.times``, after checking that they agree."""

from __future__ import annotations

import json
import statistics
import time
import zlib
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import spreadsim as ss
from spreadsim.browser.data import page_data
from spreadsim.browser.module import driver_source
from spreadsim.drivers import engine
from spreadsim.drivers.mesa_model import run_with_mesa
from spreadsim.network.construction import make_networks
from spreadsim.scenario.plan import plans
from tests.browser.javascript import SOURCE, BrowserDriver, javascript
from tests.drivers.test_drivers import differences

REPLICATES = 30
TIMES = """
async function answer(request) {
  const page = await unpacked(JSON.parse(request).data), times = [];
  const first = performance.now();
  for (let run = 0; run < page.people.length; run++) {
    for (const strategy of page.strategies) {
      const began = performance.now();
      runOf(page, strategy, run);
      times.push(performance.now() - began);
    }
  }
  return JSON.stringify({times, all: performance.now() - first});
}
"""


def milliseconds(run: Callable[[], Any], times: int) -> float:
    """Return the median time of a run."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        taken.append(1000.0 * (time.perf_counter() - began))
    return statistics.median(taken)


def main() -> None:
    """Print the median time of a run by each driver, and what a page weighs."""
    scenario = ss.load_scenario("default")
    seed, two = scenario.run.seed, plans(scenario)[:2]
    networks = make_networks(scenario, list(range(REPLICATES)))
    network, plan = networks[0], two[1]
    with javascript(SOURCE) as ask:
        run = BrowserDriver(ask).run(network, plan, seed, 0)
    assert not differences(run, engine.run(network, plan, seed, 0))
    assert not differences(run, run_with_mesa(network, plan, seed, 0))
    print(f"{network.n} services, {plan.months} months, one run of '{plan.name}', median; equal to the last bit")
    print(f"compiled  {milliseconds(lambda: engine.run(network, plan, seed, 0), 30):8.1f} ms")
    print(f"Mesa      {milliseconds(lambda: run_with_mesa(network, plan, seed, 0), 3):8.1f} ms")
    data = page_data(two, networks, seed, list(range(REPLICATES)))
    for label, with_browser in (("Node", False), ("Chromium", True)):
        with javascript(driver_source() + TIMES, with_browser) as ask:
            answer = json.loads(ask(json.dumps({"data": data})))
        median, first, total = statistics.median(answer["times"]), answer["times"][0], answer["all"] / 1000
        pairs = f"{REPLICATES} paired runs of two strategies {total:.2f} s, first run {first:.0f} ms"
        print(f"{label:9} {median:8.1f} ms; {pairs}")
    print(f"driver, compressed {len(zlib.compress(driver_source().encode(), 9)) / 1000:.0f} kB")
    print(f"data of {REPLICATES} networks, compressed {len(b64decode(data)) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
