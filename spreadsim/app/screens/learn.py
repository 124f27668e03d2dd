"""The screen Learn: lessons, each with a prediction first; a sandbox; a glossary.

What belongs here: what this screen asks for and shows. What does not: lessons themselves (``lessons.files``), what is
said of their runs (``app.classroom.lesson_pages``), a class (``app.classroom``).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from spreadsim.app import documents, widgets
from spreadsim.app.classroom import lesson_pages
from spreadsim.app.display import charts
from spreadsim.app.library import Html, component, solara, use_task
from spreadsim.app.session import Session
from spreadsim.errors import SpreadsimError
from spreadsim.lessons.runs import parse_prediction

LOOK = {"compact": True, "states": charts.state_names()}


def lesson_in_address(session: Session, search: str) -> str:
    """Return the lesson that the page's address asks for, and go to this screen if there is one.

    Parameters
    ----------
    session : of the page.
    search : query of the address.

    Returns
    -------
    Name or number of a lesson; empty where there is none.

    Examples
    --------
    >>> session = Session(["Explore", "Learn"])
    >>> lesson_in_address(session, "lesson=2"), session.tab.value
    ('2', 'Learn')
    """
    name = dict(parse_qsl(search)).get("lesson", "")[:60]
    if name:
        session.show("Learn")
    return name


def _lesson_list() -> list[dict[str, Any]]:
    lessons = lesson_pages.catalogue()
    return [{**item, "tries": lessons[item["name"]].scenario.title} for item in lesson_pages.lesson_list()]


@component
def Learn(session: Session, name_at_start: str = "") -> None:
    """Lessons; `name_at_start` is opened to begin with."""
    name, set_name = solara.use_state(name_at_start)
    commitment, set_given = solara.use_state(None)
    option, set_option = solara.use_state(-1)
    message, set_message = solara.use_state("")
    watched, set_watched = solara.use_state(False)
    network_file = session.upload.value.network if session.upload.value is not None else None

    def find() -> tuple[Any, str]:
        if not name:
            return None, ""
        try:
            return lesson_pages.lesson_of(name), ""
        except SpreadsimError as error:
            return None, str(error)

    lesson, problem = solara.use_memo(find, [name])

    @use_task(dependencies=[name, id(network_file)])
    def question() -> Any:
        if lesson is None:
            return None
        dates = lesson_pages.dates_for(lesson, network_file)
        run = lesson_pages.lesson_runs(lesson, dates)
        return name, run, lesson_pages.question_page(run, dates), dates

    current = question.latest if question.latest is not None and question.latest[0] == name else None

    @use_task(dependencies=[name, option, id(current)])
    def variant() -> Any:
        if lesson is None or current is None or option < 0:
            return None
        return option, lesson_pages.result_chart(lesson_pages.lesson_runs(lesson, current[3], option))

    def answer() -> Any:
        if current is None or commitment is None or commitment[0] != current[1].lesson.name:
            return None
        run, prediction = current[1], commitment[1]
        return {
            **lesson_pages.result_page(run, prediction), "plain": lesson_pages.result_chart(run),
            "rest": lesson_pages.follow_up_page(run), "given": prediction,
        }  # fmt: skip

    @use_task(dependencies=[watched, id(current)])
    def maps() -> Any:
        return lesson_pages.run_maps(current[1]) if watched and current is not None else []

    result = solara.use_memo(answer, [id(current), commitment])

    def commit(prediction: Any) -> None:
        if current is None:
            return
        try:
            parse_prediction(current[1], prediction)
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
        n_options = len(lesson.table.change.options) if lesson is not None else 0
        if isinstance(which, int) and -1 <= which < n_options:
            set_option(which)

    def sandbox(which: Any) -> None:
        try:
            scenario = lesson_pages.lesson_of(which).scenario
        except SpreadsimError as error:
            set_message(str(error))
            return
        session.attempt(lambda: session.open(documents.scenario_from_text(documents.to_toml(scenario), "the lesson")))
        session.show("Explore")

    trouble = question if question.error else variant if variant.error else None
    if trouble is not None and trouble.exception is not None:
        problem = documents.error_text(trouble.exception)
    change_chart = variant.latest if variant.latest is not None and variant.latest[0] == option else None
    with Html.element(tag="div"):  # always the same around them: else the page would begin the lesson anew
        widgets.Lessons(
            look={
                "lessons": solara.use_memo(_lesson_list, []), "terms": solara.use_memo(lesson_pages.glossary_terms, []),
                "page": current[2] if current is not None else None, "result": result,
                "changed": change_chart[1] if change_chart is not None else None, "option": option,
                "busy": bool(question.pending or variant.pending or maps.pending), "watched": watched,
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
