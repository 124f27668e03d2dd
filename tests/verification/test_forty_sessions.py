"""Forty people at once: all with the same question, and each with one of their own.

Three of them are pages in a headless Chromium; the others speak the page's protocol as the interface does, so that one
machine can hold them all. Each is a visitor of its own. All press *Compare* at the same moment; the time of each runs
until its comparison stands there with all its details. Times are told as multiples of one person alone on the same
server, so that the machine matters little. ``python -m tests.verification.test_forty_sessions [PEOPLE]`` prints them.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.app.browser import Visit, app_process, headless_browser, visit
from tests.app.client import PageClient
from tests.app.timings import memory

pytestmark = pytest.mark.verification

N_PEOPLE, N_BROWSERS = 40, 3
SECONDS = 600  # after which who is not done counts as not finished
SUPPORT = "programme.support"
PRESS = """([at, most]) => { window.compared = new Promise((done) => setTimeout(() => {
  const tabs = [...document.querySelectorAll('nav[aria-label=Screens] button')], begun = performance.now();
  tabs.find((tab) => tab.innerText.trim() === 'Compare').click();
  const look = setInterval(() => {
    const bands = document.querySelector('.bands'), seconds = (performance.now() - begun) / 1000;
    const words = bands ? [...bands.querySelectorAll('.soft')].map((e) => e.innerText) : [];
    window.waited = words.find((text) => text.includes('before you')) || window.waited;
    const isDone = bands && (bands.querySelector('.said') || {}).innerText && !bands.querySelector('.chart.stale')
      && !bands.querySelector('.bar-of-progress');
    if (isDone || seconds > most) { clearInterval(look); done([isDone ? seconds : NaN, window.waited || '']); }
  }, 50); }, at - Date.now())); return 1; }"""


@dataclass(frozen=True)
class Wait:
    """Seconds until a comparison was there, nan if it never was; and the page's last words on who goes before."""

    seconds: float
    words: str


class BrowserPerson:
    """A person with a page in Chromium, which does not stop for others while it waits."""

    def __init__(self, visitor: Visit) -> None:
        self.visitor = visitor

    def set_support(self, value: float) -> None:
        """Change a setting where nothing is compared yet."""
        self.visitor.tab("Explore")
        self.visitor.put(SUPPORT, f"{value:.3f}")

    def press(self, at: float) -> None:
        """Compare at a moment, in seconds since the epoch."""
        self.visitor.page.evaluate("() => { window.waited = ''; }")
        self.visitor.page.evaluate(PRESS, [1000 * at, SECONDS])

    def wait(self) -> Wait:
        """Return how long it took."""
        seconds, words = self.visitor.page.evaluate("() => window.compared")
        return Wait(float(seconds), words)


class WirePerson:
    """A person whose page speaks the protocol without a browser."""

    def __init__(self, address: str) -> None:
        self.page = PageClient(address)
        self.page.widget("sections")

    def set_support(self, value: float) -> None:
        """Change a setting where nothing is compared yet."""
        self.page.event("draft", "tab", "Explore")
        self.page.event("sections", "change", {"path": SUPPORT, "value": value})

    def compare(self, at: float) -> Wait:
        """Compare at a moment, in seconds since the epoch; return how long it took."""
        words: list[str] = []

        def is_there() -> bool:
            for state in self.page.widgets.values():
                if "curves" in state and state.get("chart"):
                    status = state["status"]
                    words.append(status["words"])
                    return status["state"] == "done" and not status["stale"]
                if "curves" in state:
                    words.append(state["status"]["words"])
            return False

        time.sleep(max(0.0, at - time.time()))
        began = time.monotonic()
        self.page.event("draft", "tab", "Compare")
        try:
            self.page.wait(is_there, SECONDS)
        except (TimeoutError, ConnectionError):
            return Wait(float("nan"), "")
        said = [text for text in words if "before you" in text]
        return Wait(time.monotonic() - began, said[-1] if said else "")


@dataclass(frozen=True)
class Times:
    """How long those waited who pressed at the same moment."""

    waits: Sequence[Wait]

    @property
    def finished(self) -> list[float]:
        """Seconds of those who had their comparison, in order."""
        return sorted(wait.seconds for wait in self.waits if wait.seconds == wait.seconds)

    def sentence(self, alone: float) -> str:
        """Return the times in words, as multiples of one person alone."""
        done = self.finished
        if not done:
            return f"0 of {len(self.waits)} finished"
        first, middle, last = (value / alone for value in (done[0], statistics.median(done), done[-1]))
        words = f"first {first:.1f}, median {middle:.1f}, last {last:.1f} times one alone"
        n_told = sum(bool(wait.words) for wait in self.waits)
        return f"{len(done)} of {len(self.waits)} finished: {words}; {n_told} were told how many go before"


def compared(
    wires: Sequence[WirePerson], browsers: Sequence[BrowserPerson], supports: Sequence[float], pool: ThreadPoolExecutor
) -> Times:
    """Return how long each takes who sets support to a value, then compares, all at the same moment."""
    for person, support in zip((*wires, *browsers), supports, strict=True):
        person.set_support(support)
    time.sleep(5)  # by then the single runs on Explore are played
    at = time.time() + 3
    futures = [pool.submit(person.compare, at) for person in wires]
    for browser in browsers:
        browser.press(at)
    return Times([*(future.result() for future in futures), *(browser.wait() for browser in browsers)])


def measured(browser: Any, n_people: int = N_PEOPLE, n_browsers: int = N_BROWSERS) -> dict[str, Any]:
    """Return the times of one person alone, of all with the same question, and of each with one of their own."""
    with ExitStack() as stack:
        address, pid = stack.enter_context(app_process())
        pool = stack.enter_context(ThreadPoolExecutor(n_people))
        bare, wires = memory(pid), [WirePerson(address)]
        compared(wires, [], [0.21], pool)  # compiles what is not yet compiled
        alone = [compared(wires, [], [0.22 + 0.01 * k], pool).waits[0].seconds for k in range(3)]
        visits = [stack.enter_context(visit(browser, address, viewport={"width": 1000, "height": 800}))
                  for _ in range(n_browsers)]  # fmt: skip
        browsers = [BrowserPerson(visitor) for visitor in visits]
        wires += [WirePerson(address) for _ in range(n_people - n_browsers - 1)]
        same = compared(wires, browsers, [0.35] * n_people, pool)
        different = compared(wires, browsers, [0.4 + 0.01 * k for k in range(n_people)], pool)
        times = {"alone": statistics.median(alone), "same": same, "different": different, "memory": (bare, memory(pid))}
        for person in wires:
            person.page.close()
        return times


def test_forty_of_forty_finish() -> None:
    with headless_browser() as browser:
        times = measured(browser)
    assert len(times["same"].finished) == N_PEOPLE
    assert len(times["different"].finished) == N_PEOPLE
    assert times["same"].finished[-1] < times["different"].finished[-1]  # one computation, and forty
    assert any(wait.words for wait in times["different"].waits)


def main() -> None:
    """Measure and print."""
    n_people = int(sys.argv[1]) if len(sys.argv) > 1 else N_PEOPLE
    with headless_browser() as browser:
        times = measured(browser, n_people)
    print(f"one alone: {times['alone']:.2f} s")
    print(f"the same question: {times['same'].sentence(times['alone'])}")
    print(f"different questions: {times['different'].sentence(times['alone'])}")
    print("memory of the server: {:.0f} MB without sessions, {:.0f} MB after".format(*times["memory"]))


if __name__ == "__main__":
    main()
