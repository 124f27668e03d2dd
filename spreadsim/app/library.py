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

Function = TypeVar("Function", bound=Callable[..., Any])


def component(function: Function) -> Function:
    """Make a function a component of the page.

    Parameters
    ----------
    function : that draws the page.

    Returns
    -------
    A component, called as the function is.

    Examples
    --------
    >>> @component
    ... def Greeting(name: str) -> None:
    ...     solara.Text(name)
    >>> type(Greeting("you")).__name__
    'Element'
    """
    return cast(Function, solara.component(function))


def template(path: str) -> Callable[[Function], Function]:
    """Make a function, of which only the arguments matter, a component drawn by a template in the browser.

    Parameters
    ----------
    path : of the template, from the folder of the function's module.

    Returns
    -------
    A decorator.

    Examples
    --------
    >>> template("vue/bar.vue")  # doctest: +ELLIPSIS
    <function ...>
    """
    return cast(Callable[[Function], Function], solara.component_vue(path, vuetify=False))


def use_task(dependencies: Sequence[Any] | None) -> Callable[[Callable[[], Any]], Any]:
    """Run a function in a thread of its own whenever what it depends on changes; None: when it is called.

    What it raises is kept for the screen to say in words; the page goes on.

    Parameters
    ----------
    dependencies : whose change starts the function again; None where only a call does.

    Returns
    -------
    A decorator, for use within a component.

    Examples
    --------
    >>> use_task(None)  # doctest: +SKIP
    """
    return cast(Callable[[Callable[[], Any]], Any], _lab.use_task(dependencies=dependencies, raise_error=False))
