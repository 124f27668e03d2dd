"""Standard normal values from uniform ones."""

from __future__ import annotations

import numpy as np

from spreadsim.special import ndtri


def standard_normal(u: np.ndarray) -> np.ndarray:
    """Return the standard normal quantile of uniform numbers.

    Parameters
    ----------
    u : numbers in [0, 1), of any shape.

    Returns
    -------
    Of the same shape, finite.

    Examples
    --------
    >>> standard_normal(np.array([0.5, 0.975])).round(3).tolist()
    [0.0, 1.96]
    """
    return np.asarray(ndtri(np.maximum(u, 2.0**-54)))
