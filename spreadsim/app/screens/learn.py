"""The screen Learn: lessons, each with a prediction first; a sandbox; a glossary.

What belongs here: what this screen asks for and shows. What does not: lessons themselves (``lessons.files``), what is
said of their runs (``lesson_pages``), a class (``classroom``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from spreadsim.app import documents, widgets
from spreadsim.app.classroom import lesson_pages
from spreadsim.app.display import charts
from spreadsim.app.library import Html, component, solara, template, use_task
from spreadsim.app.session import Session
from spreadsim.errors import SpreadsimError
from spreadsim.lessons.runs import checked_prediction

Event = Callable[[Any], None]
LOOK = {"compact": True, "states": charts.states()}


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


def wanted(session: Session, search: str) -> str:
    """Return the lesson that the page's address asks for, and go to this screen if there is one."""
    found = dict(parse_qsl(search)).get("lesson", "")[:60]
    if found:
        session.tab.set("Learn")
    return found


def _listed() -> list[dict[str, Any]]:
    known = lesson_pages.catalogue()
    return [{**item, "tries": known[item["name"]].scenario.title} for item in lesson_pages.listed()]


@component
def Learn(session: Session, first: str = "") -> None:
    """Lessons; `first` is opened to begin with."""
    name, set_name = solara.use_state(first)
    given, set_given = solara.use_state(None)
    option, set_option = solara.use_state(-1)
    message, set_message = solara.use_state("")
    watched, set_watched = solara.use_state(False)
    brought = session.brought.value.network if session.brought.value is not None else None

    def find() -> tuple[Any, str]:
        if not name:
            return None, ""
        try:
            return lesson_pages.lesson_named(name), ""
        except SpreadsimError as error:
            return None, str(error)

    lesson, problem = solara.use_memo(find, [name])

    @use_task(dependencies=[name, id(brought)])
    def asking() -> Any:
        if lesson is None:
            return None
        dates = lesson_pages.dates_for(lesson, brought)
        run = lesson_pages.runs(lesson, dates)
        return name, run, lesson_pages.asked(run, dates), dates

    current = asking.latest if asking.latest is not None and asking.latest[0] == name else None

    @use_task(dependencies=[name, option, id(current)])
    def changing() -> Any:
        if lesson is None or current is None or option < 0:
            return None
        return option, lesson_pages.shown(lesson_pages.runs(lesson, current[3], option))

    def answer() -> Any:
        if current is None or given is None or given[0] != current[1].lesson.name:
            return None
        found = lesson_pages.revealed(current[1], given[1])
        return {**found, "plain": lesson_pages.shown(current[1]), "rest": lesson_pages.told(current[1]),
                "given": given[1]}  # fmt: skip

    @use_task(dependencies=[watched, id(current)])
    def maps() -> Any:
        return lesson_pages.maps(current[1]) if watched and current is not None else []

    result = solara.use_memo(answer, [id(current), given])

    def commit(prediction: Any) -> None:
        if current is None:
            return
        try:
            checked_prediction(current[1], prediction)
        except SpreadsimError as error:
            set_message(str(error))
            return
        set_message("")
        set_given((lesson.name, prediction))

    def open_lesson(which: Any) -> None:
        set_option(-1)
        set_given(None)
        set_watched(False)
        set_message("")
        set_name(str(which)[:60])

    def change(which: Any) -> None:
        known = len(lesson.table.change.options) if lesson is not None else 0
        if isinstance(which, int) and -1 <= which < known:
            set_option(which)

    def sandbox(which: Any) -> None:
        try:
            scenario = lesson_pages.lesson_named(which).scenario
        except SpreadsimError as error:
            set_message(str(error))
            return
        session.attempt(lambda: session.open(documents.from_text(documents.to_toml(scenario), "the lesson")))
        session.tab.set("Explore")

    trouble = asking if asking.error else changing if changing.error else None
    if trouble is not None and trouble.exception is not None:
        problem = documents.explained(trouble.exception)
    changed = changing.latest if changing.latest is not None and changing.latest[0] == option else None
    with Html.element(tag="div"):  # always the same around them: else the page would begin the lesson anew
        Lessons(
            look={
                "lessons": solara.use_memo(_listed, []), "terms": solara.use_memo(lesson_pages.terms, []),
                "page": current[2] if current is not None else None, "result": result,
                "changed": changed[1] if changed is not None else None, "option": option,
                "busy": bool(asking.pending or changing.pending or maps.pending), "watched": watched,
                "message": message or problem,
            },
            event_open=open_lesson, event_commit=commit, event_again=lambda _: set_given(None), event_change=change,
            event_sandbox=sandbox, event_watch=lambda value: set_watched(bool(value)),
        )  # fmt: skip
        if watched and result is not None and maps.latest:
            with Html.element(tag="div", class_="lesson-maps"):
                for drawing, plays in maps.latest:
                    widgets.Map(network=drawing, plays=plays, look=LOOK, event_pick=lambda _: None,
                                event_again=lambda _: None)  # fmt: skip
