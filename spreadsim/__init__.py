"""spreadsim: how an improvement spreads through a network of health services.

Names are loaded on first use, so that ``import spreadsim`` stays light. What is public stands in ``__init__.pyi``, from
which Python and type checkers both take it (Scientific Python's SPEC 1).
"""

from __future__ import annotations

import lazy_loader

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
