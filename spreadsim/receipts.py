"""What a folder's receipt allows, whatever kind of folder it is: to verify it, and to make it again.

What belongs here: asking what kind a folder is. What does not: doing it (``telling.verification``,
``comparison.reproduction``, ``sweeps.folder``, ``sweeps.reproduction``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spreadsim.comparison.reproduction import reproduce as reproduce_comparison
from spreadsim.drivers.extensions import NetworkSource
from spreadsim.errors import InputError
from spreadsim.measures import Measure
from spreadsim.sweeps.folder import is_sweep, verify_sweep
from spreadsim.sweeps.reproduction import reproduce_sweep, verify_row
from spreadsim.telling.reproduction import Reproduction
from spreadsim.telling.verification import Verification
from spreadsim.telling.verification import verify as verify_results

if TYPE_CHECKING:
    from spreadsim.drivers.agents import Service


def _check_row(folder: Path, run: str | None) -> None:
    if run is not None and not is_sweep(folder):
        raise InputError(str(folder), "run", "is not the folder of a sweep, whose rows have identities", "leave it out")


def verify(folder: str | Path, run: str | None = None) -> Verification:
    """Compare a folder with its receipt, or one row of a sweep with what vouches for it; nothing is run.

    Parameters
    ----------
    folder : of results, or of a sweep.
    run : identity of one row of a sweep, from the column ``run``.

    Returns
    -------
    Verification
        A verdict a file; of a row, one for the part that holds it and one for its identity.

    Raises
    ------
    InputError : the folder has no receipt, or holds no such row.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> verify(comparison.save("kept")).is_whole
    True
    """
    folder = Path(folder)
    _check_row(folder, run)
    if run is not None:
        return verify_row(folder, run)
    return verify_sweep(folder) if is_sweep(folder) else verify_results(folder)


def reproduce(
    folder: str | Path,
    out: str | Path | None = None,
    *,
    run: str | None = None,
    workers: int | None = None,
    service_class: type[Service] | None = None,
    network: NetworkSource | None = None,
    measures: Sequence[Measure] = (),
) -> Reproduction:
    """Make a folder again, or one row of a sweep, and compare every result with what the folder holds.

    Parameters
    ----------
    folder : of results, or of a finished sweep.
    out : keeps what was made again, in a folder that does not exist yet.
    run : identity of one row of a sweep, from the column ``run``.
    workers : runs side by side.
    service_class, network, measures : what a Python program added, given again as it was;
        each is held against its identity in the receipt.

    Returns
    -------
    Reproduction
        Verdicts, and the first difference in words.

    Raises
    ------
    InputError : the folder has no receipt, or was run with something that only Python had and that is not given.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> folder = comparison.save("first")
    >>> all(ss.reproduce(folder, workers=1).files.values())
    True
    """
    folder = Path(folder)
    _check_row(folder, run)
    if is_sweep(folder):
        return reproduce_sweep(
            folder,
            Path(out) if out is not None else None,
            run=run,
            workers=workers,
            service_class=service_class,
            network=network,
            measures=measures,
        )
    return reproduce_comparison(
        folder, out, workers=workers, service_class=service_class, network=network, measures=measures
    )
