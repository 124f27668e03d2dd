"""Memory given back to the system after pages were closed.

What belongs here: collecting what closed pages held, and asking the C library to return what it keeps. Nothing of a
closed page is held by the app; without this the library keeps its memory for later use, and the process never shrinks.
"""

from __future__ import annotations

import ctypes
import gc
from functools import cache
from typing import Any


@cache
def _c_library() -> Any:
    """Return the C library where it can give memory back (glibc); else None."""
    try:
        library = ctypes.CDLL("libc.so.6")
        library.malloc_trim.argtypes = [ctypes.c_size_t]
    except (OSError, AttributeError):
        return None
    return library


def give_memory_back() -> bool:
    """Collect what is no longer used and return its memory to the system.

    Returns
    -------
    True where memory went back; False where there was none, or the C library cannot do it (macOS, Windows, musl).

    Examples
    --------
    >>> give_memory_back() in (True, False)
    True
    """
    gc.collect()
    library = _c_library()
    return library is not None and bool(library.malloc_trim(0))
