"""How far a sweep is: rate and time left, on a bar and in the sweep's own log file.

What belongs here: counting and saying. Nothing that fails here stops a sweep.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from spreadsim.telling.progress import ProgressBar


class Progress:
    """Rate and time left: a bar, and a line in the log file now and then.

    Parameters
    ----------
    path : of the log.
    total, before : runs in all, and runs that were finished before.
    show_bar : whether a bar is shown, or lines in Python's log where there is none.
    every : seconds between lines of the log.

    Examples
    --------
    >>> progress = Progress(Path("sweep.log"), total=100, before=40, show_bar=False)
    >>> progress.step(20)
    >>> progress.text(10.0)
    '60 of 100 runs (60%), 2 a second, 20 s left'
    >>> progress.close()
    """

    def __init__(self, path: Path, total: int, before: int, show_bar: bool, every: float = 10.0) -> None:
        self.path, self.total, self.before, self.every = path, total, before, every
        self.count, self.start, self._last = 0, time.monotonic(), 0.0
        self._bar = ProgressBar(total, "sweep", show_bar, "run", before=before)
        self.write(f"{total:,} runs, {before:,} finished before")

    def write(self, line: str) -> None:
        """Add a line to the log; a log that cannot be written stops nothing."""
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {line}\n")
        except OSError:
            pass

    def step(self, runs: int) -> None:
        """Count finished runs."""
        self.count += runs
        self._bar.step(runs)
        spent = time.monotonic() - self.start
        if spent - self._last >= self.every:
            self._last = spent
            self.write(self.text(spent))

    def text(self, spent: float) -> str:
        """Return how far it is, at what rate, and the time left."""
        rate = self.count / max(spent, 1e-9)
        count = self.before + self.count
        remaining = (self.total - count) / rate if rate > 0 else float("inf")
        share = count / self.total
        return f"{count:,} of {self.total:,} runs ({share:.0%}), {rate:,.0f} a second, {remaining:,.0f} s left"

    def close(self) -> None:
        """Write the last line."""
        self._bar.close()
        self.write(f"stopped: {self.text(time.monotonic() - self.start)}")
