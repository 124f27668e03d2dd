"""The server's memory before, during and after many sessions: ``python -m tests.app.memory`` prints them.

Each session opens a page, compares strategies and closes its page, as a browser would. Sessions are clients that speak
the page's protocol (``tests.app.client``), so that one machine can hold several dozen.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil

from tests.app.browser import app_process
from tests.app.client import PageClient

N_SESSIONS = 40
SECONDS_AFTER = 60  # after the last page was closed; a busy machine takes a while to forget forty


def open_session(address: str, seed: int = 1) -> PageClient:
    """Open a page and compare the default scenario's strategies under a seed; return it when the details are there.

    Sessions with a seed of their own share no results.
    """
    page = PageClient(address)
    page.event("sections", "change", {"path": "run.seed", "value": seed})
    page.event("draft", "tab", "Compare")
    page.wait(lambda: any(state.get("title") == "In detail" for state in page.states()), 900)
    return page


def megabytes(process: psutil.Process) -> float:
    """Return the memory that a process holds."""
    return float(process.memory_info().rss) / 1e6


def measure(n_sessions: int) -> list[tuple[str, float]]:
    """Return what was measured, and megabytes."""
    rows = []
    with app_process(environment={"SPREADSIM_PAGES_PER_ADDRESS": "60"}) as (address, number):
        process = psutil.Process(number)
        rows.append(("started", megabytes(process)))
        open_session(address).close()
        time.sleep(SECONDS_AFTER)
        rows.append(("before: after one session, which loads what all use", megabytes(process)))
        for turn in range(2):
            seeds = range(2 + turn * n_sessions, 2 + (turn + 1) * n_sessions)
            with ThreadPoolExecutor(n_sessions) as pool:
                pages = list(pool.map(open_session, [address] * n_sessions, seeds))
            rows.append((f"during: {n_sessions} sessions", megabytes(process)))
            for page in pages:
                page.close()
            time.sleep(SECONDS_AFTER)
            rows.append((f"after: {SECONDS_AFTER} seconds after the last was closed", megabytes(process)))
    return rows


if __name__ == "__main__":
    for name, value in measure(int(sys.argv[1]) if len(sys.argv) > 1 else N_SESSIONS):
        print(f"| {name} | {value:,.0f} MB |", flush=True)
