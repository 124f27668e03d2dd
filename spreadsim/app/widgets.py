"""The components of the page: what each takes and what it tells back. Their templates stand in ``vue/``.

What belongs here: declarations. Arguments beginning ``event_`` are called by the page; all others are sent to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spreadsim.app.library import template

Event = Callable[[Any], None]


@template("vue/bar.vue")
def Bar(
    look: dict[str, Any],
    file: dict[str, Any] | None,
    draft: dict[str, Any],
    event_tab: Event,
    event_shipped: Event,
    event_opened: Event,
    event_save: Event,
    event_undo: Event,
    event_redo: Event,
    event_restore: Event,
    event_rename: Event,
    event_dismiss: Event,
) -> None:
    """The head of the page: name, open, save, undo, light and dark, the tabs, and what went wrong."""


@template("vue/controls.vue")
def Controls(
    sections: list[dict[str, Any]],
    strategies: list[str],
    strategy: str,
    more: bool,
    event_change: Event,
    event_reset: Event,
    event_strategy: Event,
    event_more: Event,
) -> None:
    """Labelled controls with a slider and a number box each."""


@template("vue/map.vue")
def Map(
    network: dict[str, Any] | None,
    plays: list[dict[str, Any]],
    look: dict[str, Any],
    event_pick: Event,
    event_again: Event,
    levers: dict[str, Any] | None = None,
    setting: dict[str, Any] | None = None,
    arrays: dict[str, Any] | None = None,
    event_server: Event | None = None,
) -> None:
    """Maps of the network on which runs are played; one that the browser makes itself, where it is given levers."""


@template("vue/why.vue")
def Why(story: dict[str, Any] | None, busy: bool, event_close: Event) -> None:
    """Why one service did what it did."""


@template("vue/bands.vue")
def Bands(
    chart: dict[str, Any] | None,
    curves: list[list[str]],
    status: dict[str, Any],
    event_curve: Event,
    event_export: Event,
    event_cancel: Event,
) -> None:
    """Median and bands over runs, by month."""


@template("vue/strategies.vue")
def Strategies(items: list[dict[str, Any]], shown: str, most: int, event_act: Event, event_show: Event) -> None:
    """The strategies that are compared."""


@template("vue/prose.vue")
def Prose(parts: list[dict[str, Any]], tables: list[dict[str, Any]], live: bool, event_export: Event) -> None:
    """Headings with sentences, and tables."""


@template("vue/figures.vue")
def Figures(
    title: str,
    figures: list[dict[str, Any]],
    status: dict[str, Any],
    event_export: Event,
    event_work: Event,
    event_cancel: Event,
    event_view: Event,
) -> None:
    """Figures that the package drew, each with its sentence, its numbers and its files; told which are in view."""


@template("vue/components.vue")
def Components(
    title: str,
    items: list[dict[str, Any]],
    readiness: list[dict[str, Any]],
    study: dict[str, Any],
    event_change: Event,
    event_add: Event,
    event_remove: Event,
    event_study: Event,
    event_cancel: Event,
    event_export: Event,
) -> None:
    """The intervention, itemised."""


@template("vue/network_upload.vue")
def NetworkUpload(
    about: dict[str, Any],
    faults: list[dict[str, Any]],
    errors: list[str],
    hide: bool,
    is_file: bool,
    most: int,
    event_files: Event,
    event_hide: Event,
    event_generated: Event,
    event_example: Event,
) -> None:
    """Files of a network that the user uploads, and what is wrong with them."""


@template("vue/network_mapping.vue")
def NetworkMapping(
    mapping: dict[str, Any],
    hide: bool,
    event_again: Event,
    event_download: Event,
) -> None:
    """How the files of a network were read: columns, questions, a preview and what was done."""


@template("vue/report_page.vue")
def ReportPage(
    html: str,
    status: dict[str, Any],
    event_download: Event,
    event_work: Event,
    event_cancel: Event,
    event_export: Event,
) -> None:
    """The report, as it prints."""


@template("vue/sweep_choice.vue")
def SweepChoice(choice: dict[str, Any], status: dict[str, Any], event_change: Event) -> None:
    """The sweeps that may be chosen, what is looked at in one, and where it comes from."""


@template("vue/heat_map.vue")
def HeatMap(
    heat: dict[str, Any],
    factors: list[list[str]],
    across: str,
    down: str,
    event_change: Event,
    event_open: Event,
    event_export: Event,
) -> None:
    """A measure over two factors, and the points behind it, each of which opens in Compare."""


@template("vue/learn.vue")
def Lessons(
    look: dict[str, Any],
    event_open: Event,
    event_commit: Event,
    event_again: Event,
    event_change: Event,
    event_sandbox: Event,
    event_watch: Event,
) -> None:
    """The list of lessons, and the one that is open."""
