"""Standard normal values from uniform ones."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri


def standard_normal(u: np.ndarray) -> np.ndarray:
    """Return the standard normal quantile of uniform numbers in [0, 1)."""
    return np.asarray(ndtri(np.maximum(u, 2.0**-54)))
