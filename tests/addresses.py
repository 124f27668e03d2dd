"""Random numbers of sixty services by their addresses, from which tests work out by hand what must happen."""

from __future__ import annotations

from typing import Any

import numpy as np

from spreadsim import draws

N, SEED = 60, 5
UID = np.arange(N, dtype=np.uint64)


def u(month: int, purpose: int, word: Any = UID) -> np.ndarray:
    """Return the numbers at an address, one a service."""
    return draws.uniform(SEED, 0, month, purpose, word)


def u_component(month: int, purpose: int, n_components: int, first: int = 0) -> np.ndarray:
    """Return the numbers of each component (columns) of each service or group (rows): id 64 uid + k."""
    uid = np.arange(first, first + N, dtype=np.uint64)
    return np.stack([u(month, purpose, uid * np.uint64(64) + np.uint64(k)) for k in range(n_components)], axis=1)
