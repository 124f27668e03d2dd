"""A progress bar on a terminal, for whatever is run."""

from __future__ import annotations

import sys
from typing import Any


class ProgressBar:
    """A progress bar on a terminal, and nothing where stderr is none.

    Parameters
    ----------
    total : number of steps.
    label : that stands before the bar.
    visible : whether to show one at all.
    unit : what a step is.

    Examples
    --------
    >>> bar = ProgressBar(2, "classroom", visible=False)
    >>> bar.step(), bar.close()
    (None, None)
    """

    def __init__(self, total: int, label: str, visible: bool, unit: str = "replicate") -> None:
        self._bar: Any = None
        if visible and sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=total, desc=label, unit=unit, file=sys.stderr, leave=False)

    def step(self) -> None:
        """Move the bar by one."""
        if self._bar is not None:
            self._bar.update()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
