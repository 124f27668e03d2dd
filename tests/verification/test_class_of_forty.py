"""A class of forty phones behind one address: alone, and while somebody there takes places and tries wrong codes.

Every phone is a page of its own in a headless Chromium, with cookies of its own. All type the code at the same moment,
pick a card and send it; a phone's time runs, on its own clock, until its prediction is taken. Meanwhile, in the second
class, a client at the same address joins with the right code as a new device again and again, which would take every
place in half a second, and sends wrong codes. Times are told as multiples of one phone alone on the same server.
``python -m tests.verification.test_class_of_forty`` prints them.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.app.browser import app_address, headless_browser
from tests.app.classroom.test_class_browser import PHONE, Client, started

pytestmark = pytest.mark.verification

N_PHONES = 40
SECONDS = 120  # after which a phone whose prediction is not taken counts as shut out
WALK = """([at, most, code, card]) => { window.walk = new Promise((done) => setTimeout(() => {
  const $ = (id) => document.getElementById(id), begun = performance.now();
  $('code').value = code; $('enter').requestSubmit();
  const look = setInterval(() => {
    const seconds = (performance.now() - begun) / 1000, choice = document.querySelectorAll('#place input')[card];
    const isSent = $('state').textContent.startsWith('Sent');
    if (isSent || seconds > most) { clearInterval(look); done(isSent ? seconds : NaN); return; }
    if (choice && !choice.checked) choice.click();
    if (choice && !$('send').disabled && !window.pressed) { window.pressed = 1; $('send').click(); }
    if (!$('trouble').hidden) window.pressed = 0;
  }, 25); }, at - Date.now())); return 1; }"""


@dataclass(frozen=True)
class ClassTimes:
    """Seconds until each phone's prediction was taken, nan where it never was, and what the facilitator counted.

    Attributes
    ----------
    seconds : by phone.
    n_predicted : predictions on the facilitator's page.
    n_revealed : phones that showed the result.
    n_flood : places that the other client took meanwhile.
    """

    seconds: Sequence[float]
    n_predicted: int
    n_revealed: int
    n_flood: int

    @property
    def taken(self) -> list[float]:
        """Seconds of those whose prediction was taken, in order."""
        return sorted(s for s in self.seconds if s == s)

    def sentence(self, alone: float) -> str:
        """Return the times in words, as multiples of one phone alone."""
        middle, last = (value / alone for value in (statistics.median(self.taken), self.taken[-1]))
        words = f"{len(self.taken)} of {len(self.seconds)} predicted, {self.n_predicted} counted, {self.n_revealed} "
        words += f"saw the result: median {middle:.1f}, last {last:.1f} times one alone ({alone:.2f} s)"
        return words + (f"; {self.n_flood} places taken meanwhile by one client" if self.n_flood else "")


@contextmanager
def flood(address: str, code: str, is_on: bool) -> Iterator[list[int]]:
    """Join as a new device again and again, and try wrong codes, for as long as the block lasts; yield the answers."""
    answers: list[int] = []
    stop = threading.Event()

    def run(typed: str) -> None:
        while not stop.is_set():
            answers.append(Client(address).ask("POST", "/join/enter", {"code": typed})[0])

    typed = [code, code, "AAAAAA"] if is_on else []
    threads = [threading.Thread(target=run, args=(one,)) for one in typed]
    for thread in threads:
        thread.start()
    time.sleep(2 if is_on else 0)
    try:
        yield answers
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def walked(browser: Any, address: str, n_phones: int, with_flood: bool = False) -> ClassTimes:
    """Return how a class of phones went, from the code to the result."""
    leader, code = started(address)
    contexts = [browser.new_context(viewport=PHONE) for _ in range(n_phones)]
    phones = [context.new_page() for context in contexts]
    for phone in phones:
        phone.goto(address + "join")
    with flood(address, code, with_flood) as answers:
        at = 1000 * (time.time() + 2)
        for number, phone in enumerate(phones):
            phone.evaluate(WALK, [at, SECONDS, code, number % 2])
        seconds = [float(phone.evaluate("() => window.walk")) for phone in phones]
        n_predicted = leader.ask("GET", f"/class/{code}/now")[1]["predicted"]
        assert leader.ask("POST", f"/class/{code}/lead", {"stage": "reveal"})[0] == 200
        n_revealed = 0
        for phone in phones:
            phone.locator("#result").wait_for(timeout=60_000)
            n_revealed += 1
    for context in contexts:
        context.close()
    assert leader.ask("POST", f"/class/{code}/end", {})[0] == 200
    return ClassTimes(seconds, n_predicted, n_revealed, answers.count(200))


def measured(n_phones: int = N_PHONES) -> tuple[float, ClassTimes, ClassTimes]:
    """Return the seconds of one phone alone, and how a class went without and with somebody who takes places."""
    with app_address() as shown, headless_browser() as browser:
        address = shown.split("?")[0]
        walked(browser, address, 1)  # compiles what is not yet compiled
        alone = statistics.median(walked(browser, address, 1).seconds[0] for _ in range(3))
        return alone, walked(browser, address, n_phones), walked(browser, address, n_phones, with_flood=True)


def test_a_class_of_forty_phones_is_not_kept_out() -> None:
    _, calm, flooded = measured()
    for times in (calm, flooded):
        assert len(times.taken) == times.n_predicted == times.n_revealed == N_PHONES
    assert flooded.n_flood > 200  # more than there are places in the room


def main() -> None:
    """Measure and print."""
    alone, calm, flooded = measured()
    print(f"forty phones: {calm.sentence(alone)}")
    print(f"forty phones, beside a client that takes places: {flooded.sentence(alone)}")


if __name__ == "__main__":
    main()
