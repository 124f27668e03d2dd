"""A finished study, made again from its receipt.

What belongs here: reading a results folder, running it again, and saying whether the runs are the same. What does not:
comparing every file (``comparison.reproduction``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spreadsim.comparison.comparison import Comparison, compare
from spreadsim.comparison.reproduction import read_receipt
from spreadsim.errors import InputError
from spreadsim.scenario.files import load_scenario
from spreadsim.sweeps.folder import is_sweep
from spreadsim.telling.atomic import RECEIPT
from spreadsim.telling.folder import read_parquet
from spreadsim.telling.verification import needs_of
from spreadsim.telling.wording import listed


@dataclass(frozen=True)
class Study:
    """A results folder, and its comparison run again.

    Attributes
    ----------
    folder : where the results are.
    receipt : of the folder.
    comparison : every strategy, run again.
    largest_difference : between the runs of the folder and those made again, over all measures; 0 where they are equal.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> read_study(comparison.save("saved", force=True), workers=1).sentence
    'Its 4 runs were made again from the receipt and are the same to the last bit.'
    """

    folder: Path
    receipt: Mapping[str, Any]
    comparison: Comparison
    largest_difference: float

    @property
    def sentence(self) -> str:
        """Whether the runs are those of the folder."""
        n = self.comparison.n_replicates * len(self.comparison.strategies)
        if self.largest_difference == 0:
            return f"Its {n:,} runs were made again from the receipt and are the same to the last bit."
        return (
            f"Its {n:,} runs were made again from the receipt; the largest difference in any measure is "
            f"{self.largest_difference:.2g}: look at the versions of the libraries, and at `spreadsim reproduce`."
        )


def _largest_difference(was: Any, now: Any) -> float:
    """Return the largest difference between two tables of runs; infinity where they have other rows or nulls."""
    measures = [name for name in now.columns if name not in ("strategy", "replicate")]
    if list(was.columns) != list(now.columns) or len(was) != len(now):
        return float("inf")
    a, b = (table[measures].to_numpy(dtype=np.float64) for table in (was, now))
    if (np.isnan(a) != np.isnan(b)).any():
        return float("inf")
    return float(np.nanmax(np.abs(a - b), initial=0.0))


def read_study(folder: str | Path, *, workers: int | None = None, progress: bool = True) -> Study:
    """Read a results folder of `compare`, and run its comparison again.

    Parameters
    ----------
    folder : a results folder.
    workers, progress : as in `compare`.

    Returns
    -------
    The study.

    Raises
    ------
    InputError : it is no results folder of `compare`, or was run on something that only Python had.

    Examples
    --------
    >>> read_study("nowhere")
    Traceback (most recent call last):
    spreadsim.errors.InputError: ...
    """
    folder = Path(folder)
    if is_sweep(folder):
        raise InputError(
            str(folder), "", "is a sweep, of which there is no reviewer's package yet",
            "compare the experiment's scenario and give that folder; the sweep's own receipt is checked by verify",
        )  # fmt: skip
    receipt = read_receipt(folder)
    if str(receipt["command"]).split()[1:2] != ["compare"]:
        raise InputError(str(folder), RECEIPT, "is of a frontier, which compares no strategies", "give one of compare")
    options = receipt["options"]
    needs = needs_of(receipt)
    if needs:
        raise InputError(
            str(folder), RECEIPT, f"was run with what only a Python program had: {listed(needs)}",
            "write it to files, and compare again",
        )  # fmt: skip
    comparison = compare(
        load_scenario(folder / "scenario.toml"), driver=options["driver"], frontier=False, workers=workers,
        progress=progress,
    )  # fmt: skip
    was = read_parquet(folder / "runs.parquet")
    return Study(folder, receipt, comparison, _largest_difference(was, comparison.runs))
