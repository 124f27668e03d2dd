"""Special functions: those of SciPy, without waiting for all of its package.

What belongs here: which of SciPy's functions of numbers the package uses on its way to a first answer. Importing
``scipy.special`` takes a third of a second for what none of them needs; the compiled module that holds them takes a
fortieth.
"""

from __future__ import annotations

import importlib
import sys
import types
from pathlib import Path
from typing import Any


def _functions() -> Any:
    """Return SciPy's module of compiled functions, or its whole package where that cannot be loaded alone."""
    if "scipy.special" not in sys.modules:
        import scipy

        stand_in = types.ModuleType("scipy.special")
        stand_in.__path__ = [str(Path(scipy.__file__).parent / "special")]
        sys.modules["scipy.special"] = stand_in
        try:
            return importlib.import_module("scipy.special._ufuncs")
        except ImportError:
            pass
        finally:
            del sys.modules["scipy.special"]  # whoever imports the package gets it whole
    return importlib.import_module("scipy.special")


_special = _functions()
ndtr, ndtri, stdtrit, betaincinv = _special.ndtr, _special.ndtri, _special.stdtrit, _special.betaincinv
