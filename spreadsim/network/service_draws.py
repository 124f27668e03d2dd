"""Random numbers of all services, or of all groups, of several replicates.

What belongs here: drawing them at their addresses, and keeping them for the next network: networks of one seed that
differ in parameters, as those of plausible worlds do, share them. What does not: what is made of them (``attributes``,
``ties``), addresses (``draws``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from spreadsim import draws
from spreadsim.network.normal import standard_normal

MOST_NUMBERS = 20_000  # of an array that is kept
MOST_ARRAYS = 256


def uniforms(
    seed: int, replicates: Sequence[int], purpose: int, count: int, first: int = 0, step: int = 1
) -> np.ndarray:
    """Return uniform numbers in [0, 1) at the addresses of month 0.

    Parameters
    ----------
    seed : of the scenario.
    replicates : their numbers.
    purpose : of the draws.
    count : of services or groups.
    first, step : the ids are ``first``, ``first + step`` and so on.

    Returns
    -------
    Shape (replicates, count). Not to be changed.

    Examples
    --------
    >>> uniforms(1, [0], draws.STARTING_SITE, 3)[0].round(3).tolist()
    [0.74, 0.486, 0.61]
    >>> bool(uniforms(1, [0], draws.STARTING_SITE, 1, first=2)[0, 0] == uniforms(1, [0], draws.STARTING_SITE, 3)[0, 2])
    True
    """
    return _numbers(False, seed, replicates, purpose, count, first, step)


def normals(seed: int, replicates: Sequence[int], purpose: int, count: int, first: int = 0) -> np.ndarray:
    """Return standard normal values at the addresses of month 0.

    Parameters
    ----------
    seed, replicates, purpose, count, first : as of `uniforms`.

    Returns
    -------
    Shape (replicates, count). Not to be changed.

    Examples
    --------
    >>> normals(1, [0, 1], draws.ATTRIBUTE, 3).shape
    (2, 3)
    """
    return _numbers(True, seed, replicates, purpose, count, first, 1)


def _numbers(
    is_normal: bool, seed: int, replicates: Sequence[int], purpose: int, count: int, first: int, step: int
) -> np.ndarray:
    is_small = len(replicates) * count <= MOST_NUMBERS
    of = _kept if is_small else _kept.__wrapped__
    return of(is_normal, seed, tuple(map(int, replicates)), purpose, count, first, step)


@lru_cache(maxsize=MOST_ARRAYS)
def _kept(
    is_normal: bool, seed: int, replicates: tuple[int, ...], purpose: int, count: int, first: int, step: int
) -> np.ndarray:
    ids = np.uint64(first) + np.uint64(step) * np.arange(count, dtype=np.uint64)
    numbers: np.ndarray = draws.uniform(seed, np.array(replicates, dtype=np.uint64)[:, np.newaxis], 0, purpose, ids)
    numbers = standard_normal(numbers) if is_normal else numbers
    numbers.setflags(write=False)
    return numbers
