"""The library of the interface, by the names that the screens use.

What belongs here: its functions under our names, with types that its packages do not declare. What does not: screens.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

solara: Any = importlib.import_module("solara")
Html: Any = importlib.import_module("ipyvue").Html
_lab: Any = importlib.import_module("solara.lab")

F = TypeVar("F", bound=Callable[..., Any])


def component(function: F) -> F:
    """Make a function a component of the page."""
    return cast(F, solara.component(function))


def template(path: str) -> Callable[[F], F]:
    """Make a function, of which only the arguments matter, a component drawn by a template in the browser."""
    return cast(Callable[[F], F], solara.component_vue(path, vuetify=False))


def use_task(dependencies: Sequence[Any] | None) -> Callable[[Callable[[], Any]], Any]:
    """Run a function in a thread of its own whenever what it depends on changes; None: when it is called.

    What it raises is kept for the screen to say in words; the page goes on.
    """
    return cast(Callable[[Callable[[], Any]], Any], _lab.use_task(dependencies=dependencies, raise_error=False))
