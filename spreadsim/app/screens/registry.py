"""The screens of the app, one entry each, in the order of their tabs.

What belongs here: what the page has to know of a screen. What does not: what a screen shows, which is its own module's.
A module of this folder that no entry shows, or two screens of one name, is an error at import.
"""

from __future__ import annotations

import pkgutil
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spreadsim.app.screens import compare, explore, intervention, learn, network, report, sweeps
from spreadsim.app.session import Session
from spreadsim.network.data import Network


@dataclass(frozen=True)
class PageState:
    """What the page has for its screens.

    Attributes
    ----------
    session : of this user.
    base, network : the network of replicate 0; `network` without names where they are hidden. None where there is none.
    drawing : the same as the map draws it.
    stage, status, cancel : the comparison as far as it has come, how it stands, and what ends it.
    frontier_task : the task that adds the frontier.
    lesson : the one that the page's address asks for.

    Examples
    --------
    >>> PageState(session=None, lesson="01-one-contact").base is None
    True
    """

    session: Session
    base: Network | None = None
    network: Network | None = None
    drawing: dict[str, Any] | None = None
    stage: compare.ComparisonStage | None = None
    status: dict[str, Any] | None = None
    cancel: Callable[[], None] | None = None
    frontier_task: Any = None
    lesson: str = ""


@dataclass(frozen=True)
class Screen:
    """One screen.

    Attributes
    ----------
    name : on its tab.
    component : what is drawn.
    arguments : what the component takes of the page.
    has_controls : whether the scenario's controls stand beside it.
    compares : whether it shows the comparison of all strategies, which is then kept up to date.
    needs_network : whether there is nothing to show without a network.
    fills_page : whether it has the whole page, without frame and controls.

    Examples
    --------
    >>> [name for name, screen in SCREENS.items() if screen.compares]
    ['Compare', 'Report']
    """

    name: str
    component: Callable[..., Any]
    arguments: Callable[[PageState], tuple[Any, ...]]
    has_controls: bool = True
    compares: bool = False
    needs_network: bool = True
    fills_page: bool = False

    def show(self, page: PageState) -> None:
        """Draw the screen."""
        self.component(*self.arguments(page))


def by_name(screens: Iterable[Screen]) -> dict[str, Screen]:
    """Return screens by their names, all of which have their place.

    Parameters
    ----------
    screens : in the order of their tabs.

    Returns
    -------
    dict
        The same, by name.

    Raises
    ------
    TypeError : two screens have one name, or a module of this folder has no screen among them.

    Examples
    --------
    >>> by_name([*SCREENS.values(), SCREENS["Explore"]])
    Traceback (most recent call last):
    TypeError: two screens have the name 'Explore'
    """
    screens = tuple(screens)
    for name, count in Counter(screen.name for screen in screens).items():
        if count > 1:
            raise TypeError(f"two screens have the name '{name}'")
    modules = {screen.component.__module__ for screen in screens} | {__name__}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)], f"{__package__}."):
        if module.name not in modules:
            raise TypeError(f"{module.name} is a screen that no entry of {__name__} shows")
    return {screen.name: screen for screen in screens}


SCREENS = by_name(
    (
        Screen("Explore", explore.Explore, lambda page: (page.session, page.base)),
        Screen(
            "Compare",
            compare.Compare,
            lambda page: (page.session, page.stage, page.status, page.cancel, page.frontier_task, page.drawing),
            compares=True,
        ),
        Screen("Intervention", intervention.Intervention, lambda page: (page.session, page.base, page.network)),
        Screen("Network", network.Networks, lambda page: (page.session, page.base, page.drawing), needs_network=False),
        Screen(
            "Report",
            report.Report,
            lambda page: (page.session, page.stage, page.status, page.frontier_task),
            compares=True,
        ),
        Screen("Sweeps", sweeps.Sweeps, lambda page: (page.session,), has_controls=False, needs_network=False),
        Screen("Learn", learn.Learn, lambda page: (page.session, page.lesson), needs_network=False, fills_page=True),
    )
)

__all__ = ["SCREENS", "PageState", "Screen", "by_name"]
