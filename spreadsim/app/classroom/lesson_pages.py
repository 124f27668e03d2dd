"""Lessons as the browser takes them: text as HTML, what to predict, and what the runs showed.

What belongs here: the lessons that this server offers, their runs, and plain data for the screen Learn, the
class and the printed sheets alike. What does not: what a lesson is (``lessons.files``), the judging of it
(``lessons.runs``).

lesson : a lesson that this server offers.
run : a lesson's runs.
dates : dates of adoption that the lesson shows, if any.
option : the one thing changed, by its place in the lesson; None for none.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from spreadsim.app import runs
from spreadsim.app.display import charts
from spreadsim.app.server.shared_results import shared_results
from spreadsim.app.server.work_queue import INTERACTIVE, Request, short_queue
from spreadsim.errors import InputError
from spreadsim.lessons.data import Dates, dates_of
from spreadsim.lessons.files import Lesson, find_lesson, lesson_folders, load_lesson
from spreadsim.lessons.runs import LessonRun, Verdict, judge, n_points, parse_prediction, run_lesson
from spreadsim.lessons.text import glossary
from spreadsim.lessons.wording import markdown_html, measure_name, said
from spreadsim.network.reading.files import NetworkFile
from spreadsim.outcomes.measures import BY_NAME

FOLDER_VARIABLE = "SPREADSIM_LESSONS"  # a folder of lessons beside those shipped
MAX_CURVES = 30


@cache
def catalogue() -> dict[str, Lesson]:
    """Return the lessons by name, in order.

    Returns
    -------
    Lessons by name.

    Raises
    ------
    InputError, InputErrors : a lesson cannot be used.

    Examples
    --------
    >>> list(catalogue())[:2]
    ['01-one-contact', '02-bridges']
    """
    own = os.environ.get(FOLDER_VARIABLE, "")
    return {path.name: load_lesson(path) for path in lesson_folders(Path(own) if own else None)}


def lesson_of(name: Any) -> Lesson:
    """Return the lesson of a name, or of a number.

    Parameters
    ----------
    name : of the lesson, or its number.

    Returns
    -------
    The lesson.

    Raises
    ------
    InputError : there is none.

    Examples
    --------
    >>> lesson_of("2").name
    '02-bridges'
    """
    lessons = catalogue()
    if isinstance(name, str) and name in lessons:
        return lessons[name]
    return lessons[find_lesson(str(name)[:60], [lesson.folder for lesson in lessons.values()]).name]


@cache
def glossary_terms() -> list[list[str]]:
    """Return the terms of the glossary with their meaning as HTML.

    Returns
    -------
    Pairs of term and meaning.

    Examples
    --------
    >>> term, meaning = glossary_terms()[0]
    >>> meaning.startswith("<p>")
    True
    """
    return [[term, markdown_html(text)] for term, text in glossary()]


def lesson_list() -> list[dict[str, Any]]:
    """Return what the list of lessons says of each.

    Returns
    -------
    Name, number, title, idea and minutes of each lesson.

    Examples
    --------
    >>> lesson_list()[1]["number"]
    2
    """
    return [
        {"name": name, "number": lesson.number, "title": lesson.table.title, "idea": lesson.table.idea,
         "minutes": lesson.table.minutes}
        for name, lesson in catalogue().items()
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------- runs, kept


@cache
def _dates(name: str) -> Dates | None:
    return dates_of(catalogue()[name])


def dates_for(lesson: Lesson, network_file: NetworkFile | None) -> Dates | None:
    """Return the dates of adoption that a lesson shows this user.

    Parameters
    ----------
    network_file : network that the user uploaded, if any.

    Returns
    -------
    Dates, or None where the lesson shows none.

    Examples
    --------
    >>> dates_for(lesson_of("2"), None) is None
    True
    """
    if network_file is not None and network_file.adopted_month is not None and lesson.table.data is not None:
        return dates_of(lesson, network_file)
    return _dates(lesson.name)


def lesson_runs(lesson: Lesson, dates: Dates | None, option: int | None = None) -> LessonRun:
    """Return the runs of a lesson, as it is or with one thing changed; those of no user's own network are kept.

    Returns
    -------
    The runs of every arm.

    Raises
    ------
    TooLarge : the user's own network has too many services.

    Examples
    --------
    >>> lesson_runs(lesson_of("2"), None).lesson.name
    '02-bridges'
    """
    change = lesson.table.change.options[option].set if option is not None else {}
    settings = {**(dates.settings if dates else {}), **change}
    network = dates.network if dates else None
    n_runs = lesson.table.replicates * len(lesson.table.arms)
    if network is not None and network.n * n_runs > runs.MAX_RUNS_BY_SERVICES:
        raise runs.TooLarge(f"{network.n:,} services are more than the app can run in this lesson.")

    def compute(shared: Request) -> LessonRun:
        with short_queue.slot(INTERACTIVE, shared):
            return run_lesson(lesson, settings, network)

    if dates is not None and dates.kind == "own":
        return compute(Request())
    return shared_results.result(("lesson", lesson.name, option), compute)


# ------------------------------------------------------------------------------------------------- what is shown


def _numbers(values: Any) -> list[float | None]:
    return [None if v != v else round(float(v), 4) for v in values]


def question_page(run: LessonRun, dates: Dates | None) -> dict[str, Any]:
    """Return what a learner sees before predicting: the question, and what to draw or pick. Nothing of the result.

    Returns
    -------
    Text as HTML, with what to draw or pick, and nothing of the result.

    Examples
    --------
    >>> page = question_page(lesson_runs(lesson_of("2"), None), None)
    >>> page["number"], page["kind"]
    (2, 'curve')
    """
    lesson, predict = run.lesson, run.lesson.table.predict
    table = lesson.table
    data: dict[str, Any] = {
        "name": lesson.name, "number": lesson.number, "title": table.title, "minutes": table.minutes,
        "question": markdown_html(lesson.text["The question"]), "ask": markdown_html(lesson.text["Predict"]),
        "kind": predict.kind, "cards": [card.text for card in predict.cards], "pad": None, "dates": None,
    }  # fmt: skip
    if predict.kind == "curve":
        assert predict.arm is not None
        start = run.bands(predict.arm, predict.measure, predict.axis)[2][0]
        pad = _axes(run, predict.measure, predict.axis)
        count, length = n_points(run.length), run.length
        places = [round(i * (length - 1) / (count - 1), 2) for i in range(count)]
        pad |= {"start": round(float(start), 4), "places": places, "arm": table.arms[predict.arm].title, "series": []}
        if predict.shown is not None:
            arm = predict.shown_arm or predict.arm
            name = table.arms[arm].title + (
                "" if predict.shown == predict.measure else ": " + measure_name(predict.shown).lower()
            )
            pad["series"] = [_series(run, arm, predict.shown, "month", name, 4)]
        data["pad"] = pad
    if dates is not None:
        data["dates"] = _dates_chart(dates)
    return data


def _axes(run: LessonRun, measure: str, axis: str) -> dict[str, Any]:
    return {"last": run.length - 1 if axis == "copies" else run.lesson.scenario.run.months, "axis": axis,
            "title": measure_name(measure)}  # fmt: skip


def _series(run: LessonRun, arm: str, measure: str, axis: str, name: str, style: int) -> dict[str, Any]:
    bands = run.bands(arm, measure, axis)
    return {"name": name, "style": style, "q": [_numbers(row) for row in bands]}


def _dates_chart(dates: Dates) -> dict[str, Any]:
    curve = dates.curve
    return {
            "kind": dates.kind, "label": dates.label, "last": dates.last, "axis": "month",
            "title": said("dates", "title"), "points": [[m, round(v, 4)] for m, v in curve], "series": [],
            "points_name": said("dates", dates.kind),
            "sentence": said("dates", "ends", last=dates.last, share=f"{curve[-1][1]:.0%}", n=len(dates.months)),
    }  # fmt: skip


def result_chart(run: LessonRun) -> dict[str, Any]:
    """Return the curves of a lesson's runs: each arm's bands, single runs of what was predicted, and a sentence.

    Returns
    -------
    Axes, a series of quantiles for each arm, and a sentence.

    Examples
    --------
    >>> chart = result_chart(lesson_runs(lesson_of("2"), None))
    >>> chart["axis"], len(chart["series"][0]["q"])
    ('month', 5)
    """
    table = run.lesson.table
    measure = table.reveal.measure or table.predict.measure
    axis = table.predict.axis
    arms = table.reveal.arms or list(table.arms)
    chart = _axes(run, measure, axis)
    chart["series"] = [_series(run, arm, measure, axis, table.arms[arm].title, list(table.arms).index(arm))
                       for arm in arms]  # fmt: skip
    alone = arms if len(arms) <= 2 else [table.predict.arm]
    for place, arm in enumerate(arms):
        if arm in alone and axis == "month":
            values = run.curves(arm, measure)[:MAX_CURVES]
            chart["series"][place]["runs"] = [_numbers(np.round(row, 3)) for row in values]
    if table.predict.shown is not None and table.predict.shown != measure:
        arm = table.predict.shown_arm or table.predict.arm or arms[0]
        name = f"{table.arms[arm].title}: {measure_name(table.predict.shown).lower()}"
        chart["series"].append(_series(run, arm, table.predict.shown, "month", name, 4))
    ends = []
    for item in chart["series"]:
        low, middle, high = (next((v for v in reversed(item["q"][k]) if v is not None), 0.0) for k in (0, 2, 4))
        shares = {"middle": f"{middle:.0%}", "low": f"{low:.0%}", "high": f"{high:.0%}"}
        ends.append(said("chart", "end", name=item["name"], **shares))
    chart["sentence"] = said("chart", f"ends_{axis}", title=chart["title"], last=chart["last"], n=table.replicates,
                             ends="; ".join(ends))  # fmt: skip
    return chart


def _place(run: LessonRun, at: int) -> str:
    return said("chart", "after_copies" if run.lesson.table.predict.axis == "copies" else "at_month", n=at)


def _points(share: float) -> str:
    n = f"{100 * share:.0f}"
    return said("verdict", "one_point" if n == "1" else "points", n=n)


def _verdict_text(run: LessonRun, verdict: Verdict) -> dict[str, Any]:
    """Return how far off a prediction was, in words; a wrong one is what makes it interesting."""
    predict = run.lesson.table.predict
    if verdict.right is None:
        points = 100 * verdict.distance
        assert verdict.worst_at is not None
        assert verdict.prediction is not None
        assert verdict.outcome is not None
        head = said("verdict", "very_close" if points < 4 else "close" if points < 10 else "far")
        body = said("verdict", "curve", gap=_points(verdict.distance), place=_place(run, verdict.worst_at),
                    drawn=f"{verdict.prediction:.0%}", shown=f"{verdict.outcome:.0%}")  # fmt: skip
        if points >= 10:
            body += " " + said("verdict", "too_high" if verdict.prediction > verdict.outcome else "too_low")
        return {"head": head, "text": body, "off": round(verdict.distance, 4), "right": None, "answer": None}
    assert verdict.answer is not None
    unit = BY_NAME[predict.measure].unit if predict.measure in BY_NAME else "share"
    share = unit.startswith(("share", "0 to 1", "ratio"))
    gap = _points(verdict.distance) if share else f"{verdict.distance:.2g} {unit}"
    measure = measure_name(predict.measure).lower()
    head, body = said("verdict", "differs"), said("verdict", "differs_by", measure=measure, gap=gap)
    if verdict.right:
        head, body = said("verdict", "agrees"), said("verdict", "agrees_why")
    elif predict.cards[verdict.answer].same:
        body = said("verdict", "no_best", measure=measure, gap=gap)
        if verdict.distance < 0.005:
            head, body = said("verdict", "nearly"), said("verdict", "nearly_best", measure=measure)
    return {"head": head, "text": body, "off": round(verdict.distance, 4), "right": verdict.right,
            "answer": verdict.answer}  # fmt: skip


def result_page(run: LessonRun, answer: Any) -> dict[str, Any]:
    """Return the result of a lesson held against a prediction.

    Parameters
    ----------
    answer : prediction of a learner: the place of a card, or shares in [0, 1].

    Returns
    -------
    Chart, verdict and means.

    Raises
    ------
    InputError : the prediction is none.

    Examples
    --------
    >>> page = result_page(lesson_runs(lesson_of("2"), None), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5])
    >>> 0 <= page["verdict"]["off"] <= 1
    True
    """
    prediction = parse_prediction(run, answer)
    chart = result_chart(run)
    if not isinstance(prediction, int):
        chart["prediction"] = list(prediction)
    return {"chart": chart, "verdict": _verdict_text(run, judge(run, prediction)), "means": mean_table(run)}


def run_maps(run: LessonRun) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Return the first run of every arm to play on a map: a map for each network, with the arms that share it.

    Returns
    -------
    Pairs of a map and its playbacks.

    Examples
    --------
    >>> len(run_maps(lesson_runs(lesson_of("2"), None))) > 0
    True
    """
    maps_by_network: dict[tuple[Any, ...], tuple[dict[str, Any], list[dict[str, Any]]]] = {}
    for name, arm in run.lesson.table.arms.items():
        comparison = run.comparisons[name]
        ties = comparison.network.ties
        key = (comparison.network.n, ties.listener.tobytes(), ties.peer.tobytes())
        if key not in maps_by_network:
            maps_by_network[key] = (charts.map_data(comparison.network), [])
        if len(maps_by_network[key][1]) < 4:  # maps side by side
            maps_by_network[key][1].extend({**play, "title": arm.title} for play in charts.playbacks(comparison))
    return list(maps_by_network.values())


def mean_table(run: LessonRun) -> dict[str, Any] | None:
    """Return the mean of the measure that cards are about, by arm; None where a curve is predicted.

    Returns
    -------
    Title and rows.

    Examples
    --------
    >>> mean_table(lesson_runs(lesson_of("2"), None)) is None
    True
    """
    predict = run.lesson.table.predict
    if predict.kind != "card" or predict.cards[0].low is not None:
        return None
    rows = []
    for name, arm in run.lesson.table.arms.items():
        values = run.values(name, predict.measure)
        low, high = np.quantile(values, (0.05, 0.95))
        rows.append([arm.title, f"{np.mean(values):.1%}", f"{low:.1%} to {high:.1%}"])
    return {"title": measure_name(predict.measure), "rows": rows}


def follow_up_page(run: LessonRun) -> dict[str, Any]:
    """Return the rest of a lesson: why, what to change, what to take home, exercises.

    Returns
    -------
    Text as HTML.

    Examples
    --------
    >>> page = follow_up_page(lesson_runs(lesson_of("2"), None))
    >>> page["why"].startswith("<")
    True
    """
    lesson = run.lesson
    return {
        "why": markdown_html(lesson.text["Why"]), "sources": list(lesson.table.sources),
        "change": markdown_html(lesson.text["Change one thing"]),
        "options": [option.label for option in lesson.table.change.options],
        "home": markdown_html(lesson.text["Take home"]),
        "facilitator": markdown_html(lesson.text["For the facilitator"]),
        "exercises": [[e.title, markdown_html(e.text), markdown_html(e.answer)] for e in lesson.exercises],
        "claims": [claim.says for claim in lesson.table.claims],
    }  # fmt: skip


def option_place(lesson: Lesson, option: Any) -> int:
    """Return the place of an option that a page named.

    Parameters
    ----------
    option : place of an option, as the browser sent it.

    Returns
    -------
    The same place, checked.

    Raises
    ------
    InputError : there is none.

    Examples
    --------
    >>> option_place(lesson_of("2"), 0)
    0
    """
    if isinstance(option, int) and not isinstance(option, bool) and 0 <= option < len(lesson.table.change.options):
        return option
    raise InputError("change", "option", "is not one of the lesson's options", "choose one of them")
