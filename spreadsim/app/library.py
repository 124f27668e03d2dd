"""The library of the interface, by the names that the screens use.

What belongs here: its functions under our names, with types that its packages do not declare. What does not: screens.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from spreadsim.app.server.work_queue import Request, Standing

solara: Any = importlib.import_module("solara")
Html: Any = importlib.import_module("ipyvue").Html
_lab: Any = importlib.import_module("solara.lab")
_sessions: Any = importlib.import_module("solara.server.kernel_context")

SECONDS_BETWEEN_REPORTS = 0.5
SHARE_OF_REPORTING = 0.05  # of a session's time; a report draws the page again, and many sessions wait at once

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


def request_of(task: Any) -> Request:
    """Return a task's request for work: its visitor's, wanted while the task is, told on the page how far it is.

    Parameters
    ----------
    task : made by `use_task`, which asks in its own thread.

    Returns
    -------
    A request; reports come the less often, the longer the page takes to show one.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> task = SimpleNamespace(is_current=lambda: True, progress=None)
    >>> request_of(task).report(Standing(percent=10.0))
    >>> task.progress.percent
    10.0
    """
    next_report = 0.0
    latest: Standing | None = None

    def report(standing: Standing) -> None:
        nonlocal next_report, latest
        began = time.monotonic()
        if standing == latest or began < next_report:
            return
        task.progress = latest = standing
        ended = time.monotonic()
        next_report = ended + max(SECONDS_BETWEEN_REPORTS, (ended - began) / SHARE_OF_REPORTING)

    visitor = _sessions.get_current_context().session_id if _sessions.has_current_context() else ""
    return Request(visitor, task.is_current, report)
