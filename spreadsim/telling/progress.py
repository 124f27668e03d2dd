"""How far a long piece of work is: a bar on a terminal and in a notebook, a line in the log elsewhere.

What belongs here: how progress is shown, for all that runs long. What does not: the log file of a sweep
(``sweeps.progress``).

The log is Python's, under the name ``spreadsim``, at the level INFO: a program sees it once it asks for it
(``logging.basicConfig(level=logging.INFO)``), and the command line shows it on stderr.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

LOG = logging.getLogger("spreadsim")
SECONDS_BETWEEN_LINES = 30.0


def in_notebook() -> bool:
    """Return whether this is Jupyter's kernel.

    Returns
    -------
    False in IPython on a terminal.

    Examples
    --------
    >>> in_notebook()
    False
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "IPKernelApp" in getattr(shell, "config", ())


class ProgressBar:
    """A bar in a notebook and on a terminal; elsewhere a line in the log every half minute.

    Parameters
    ----------
    total : number of steps; None where it is not known.
    label : that stands before the bar.
    visible : whether to show anything at all.
    unit : what a step is.
    before : steps that were done earlier.
    form : of the bar, as tqdm takes it; its own where None.

    Examples
    --------
    >>> bar = ProgressBar(2, "classroom", visible=False)
    >>> bar.step(), bar.close()
    (None, None)
    """

    def __init__(
        self,
        total: float | None,
        label: str,
        visible: bool,
        unit: str = "replicate",
        *,
        before: int = 0,
        form: str | None = None,
    ) -> None:
        self.total, self.label, self.unit, self.count = total, label, unit, float(before)
        self._bar: Any = None
        self._is_logged = visible
        self._last = time.monotonic()
        if visible and (in_notebook() or sys.stderr.isatty()):
            from tqdm.auto import tqdm

            self._is_logged = False
            self._bar = tqdm(
                total=total, desc=label, unit=unit, initial=before, leave=False, bar_format=form, dynamic_ncols=True
            )

    def step(self, n: float = 1) -> None:
        """Move the bar on."""
        self.count += n
        if self._bar is not None:
            self._bar.update(n)
        elif self._is_logged and time.monotonic() - self._last >= SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            LOG.info("%s: %s", self.label, self.text())

    def text(self) -> str:
        """Return how far it is, in words."""
        if self.unit == "share":
            return f"{self.count:.0%}"
        of = "" if self.total is None else f" of {self.total:,.0f}"
        return f"{self.count:,.0f}{of} {self.unit}{'' if (self.total or self.count) == 1 else 's'}"

    def describe(self, label: str, form: str | None = None) -> None:
        """Say what is being done now, and show it in another form."""
        self.label = label
        if self._bar is not None:
            self._bar.bar_format = form or self._bar.bar_format
            self._bar.set_description_str(label)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()


@contextmanager
def progress_steps(
    progress: bool | Callable[[int], None], label: str, unit: str, total: int | None = None
) -> Iterator[Callable[[int], None]]:
    """Give a function to call after each piece of work, and take its bar away at the end.

    Parameters
    ----------
    progress : whether to show a bar, or a function that is called instead.
    label, unit, total : as of `ProgressBar`.

    Returns
    -------
    A function of the number of steps.

    Examples
    --------
    >>> told = []
    >>> with progress_steps(told.append, "classroom", "run") as step:
    ...     step(3)
    >>> told
    [3]
    """
    if callable(progress):
        yield progress
        return
    bar = ProgressBar(total, label, progress, unit)
    try:
        yield bar.step
    finally:
        bar.close()
