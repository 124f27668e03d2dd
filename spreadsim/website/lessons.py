"""The pages of lessons: the runs of every arm travel with the page, and the reader's browser makes them.

What belongs here: which runs of a lesson fit into a page, what the page's script needs to judge a prediction, and the
texts that stand in the page. What does not: the frame of pages (``pages``); how a lesson is judged in the page
(``lesson.js``) is what ``lessons.runs`` does for the program.

lesson : as its files have it.
made : a lesson whose runs are made.
texts : of a language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from markupsafe import Markup

from spreadsim import rules
from spreadsim.browser.data import page_data, seed_halves
from spreadsim.comparison.try_it import MEASURES, MOST_SERVICES, shared_facts
from spreadsim.drivers.extensions import Extensions
from spreadsim.drivers.running import networks_of
from spreadsim.errors import InputError
from spreadsim.lessons.data import Dates, dates_of
from spreadsim.lessons.files import Lesson
from spreadsim.lessons.runs import LessonRun, n_points, run_lesson
from spreadsim.lessons.wording import markdown_html
from spreadsim.network.data import Network
from spreadsim.network.layout import layout
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.outcomes.statistics import LEVEL, joint_level
from spreadsim.scenario.plan import Plan, plans
from spreadsim.special import stdtrit
from spreadsim.website.texts import Texts

CURVES = ("delivered", "reach")  # that the driver's outcomes have
SUMMED = {  # curves that a page sums from what a run records: over all services
    "reported_uptake": ("n_implementing", "n_embedded", "n_in_name_only"),
    "embedded": ("n_embedded",),
    "in_name_only": ("n_in_name_only",),
    "discontinued": ("n_discontinued",),
}
MOST_BYTES = 355_000  # of a page's data, compressed: with script and texts a page stays below 400 kB
MARGIN = 24_000  # of these for texts, which some alphabets make longer, numbers to compare with and places on the map


@dataclass(frozen=True)
class MadeLesson:
    """A lesson with as many runs as a page carries.

    Attributes
    ----------
    run : of the program, with so many replicates.
    dates : that it shows.
    plans, networks, seeds : of every arm as it is and with each option, an entry each; plans are called ``ARM/OPTION``.

    Examples
    --------
    >>> from spreadsim.lessons.files import find_lesson, load_lesson, shipped_lessons
    >>> made = make_lesson(load_lesson(find_lesson("whispers", shipped_lessons())))
    >>> [plan.name for plan in made.plans][:2]
    ['spoken/0', 'spoken/1']
    """

    run: LessonRun
    dates: Dates | None
    plans: Sequence[Plan]
    networks: Sequence[Sequence[Network]]
    seeds: Sequence[int]

    @property
    def n_runs(self) -> int:
        """Runs of each arm."""
        return self.run.lesson.table.replicates


def make_lesson(lesson: Lesson, most_bytes: int = MOST_BYTES) -> MadeLesson:
    """Return a lesson with its runs.

    Parameters
    ----------
    most_bytes : that the data of its page may weigh, compressed.

    Returns
    -------
    The lesson with its runs.

    Raises
    ------
    InputError : a page cannot run it.

    Examples
    --------
    >>> from spreadsim.lessons.files import find_lesson, load_lesson, shipped_lessons
    >>> make_lesson(load_lesson(find_lesson("whispers", shipped_lessons())), 40_000).n_runs < 100
    True
    """
    _refuse_measures(lesson)
    dates = dates_of(lesson, published=False)
    settings, network = (dates.settings, dates.network) if dates else ({}, None)
    n = lesson.table.replicates
    own_plans: list[Plan] = []
    networks: list[list[Network]] = []
    seeds: list[int] = []
    for arm in lesson.table.arms:
        for place, option in enumerate([{}, *(one.set for one in lesson.table.change.options)]):
            scenario = lesson.arm(arm, {**settings, **option})
            base, fixed = Extensions.of(network=network).base_network(scenario)
            if base.n > MOST_SERVICES:
                problem = f"{base.n:,} services are too many to run in a page; {MOST_SERVICES:,} is the most"
                raise InputError("--lesson", lesson.name, problem, "leave this lesson out, or make it smaller")
            own_plans.append(replace(plans(scenario, scenario.name)[0], name=f"{arm}/{place}"))
            networks.append(networks_of(scenario, base, fixed, list(range(n))))
            seeds.append(scenario.run.seed)
    size = len(page_data(own_plans, networks, seeds[0], list(range(n)))) * 3 // 4
    if size > most_bytes - MARGIN:
        n = int(0.98 * n * (most_bytes - MARGIN) / size)
    if n < 2:
        raise InputError("--lesson", lesson.name, "is too large to run in a page", "leave it out, or make it smaller")
    shorter = replace(lesson, table=lesson.table.model_copy(update={"replicates": n}))
    return MadeLesson(run_lesson(shorter, settings, network), dates, own_plans, [one[:n] for one in networks], seeds)


def _refuse_measures(lesson: Lesson) -> None:
    """Refuse by name what a page's driver does not count."""
    table = lesson.table
    if table.predict.axis == "copies":
        return
    curves = {*CURVES, *SUMMED}
    known = curves if table.predict.kind == "curve" else {*MEASURES, *SUMMED}
    wanted = [("predict.measure", table.predict.measure, known), ("predict.shown", table.predict.shown, curves)]
    wanted.append(("reveal.measure", table.reveal.measure or table.predict.measure, curves))
    for field, measure, some in wanted:
        if measure is not None and measure not in some:
            problem = f"{field} '{measure}' is not counted in a page; it counts {', '.join(sorted(some))}"
            raise InputError("--lesson", lesson.name, problem, "leave this lesson out, or choose another measure")


def lesson_data(made: MadeLesson, texts: Texts) -> str:
    """Return what travels with the page of a lesson.

    Returns
    -------
    Text, which the page's script reads.

    Examples
    --------
    >>> from spreadsim.lessons.files import find_lesson, load_lesson, shipped_lessons
    >>> from spreadsim.website.texts import english_texts
    >>> lesson = load_lesson(find_lesson("whispers", shipped_lessons()))
    >>> len(lesson_data(make_lesson(lesson), Texts("en", "English", english_texts([], [lesson])))) < 40_000
    True
    """
    run, n = made.run, made.n_runs
    tables = ("box", "chart", "verdict", "lesson")
    facts = {
        "strategies": [_entry(made, place) for place in range(len(made.plans))],
        **shared_facts(n, texts.in_place_of),
        "texts": {key: text for table in tables for key, text in texts.table(table).items()},
        "shown": {"names": SUMMED, "constants": _constants(run)},
        "positions": {arm: layout(comparison.network) for arm, comparison in run.comparisons.items()},
        "lesson": _of_lesson(made, texts),
    }
    return page_data(made.plans, made.networks, made.seeds[0], list(range(n)), facts)


def _entry(made: MadeLesson, place: int) -> dict[str, Any]:
    """Return what the script knows of one arm under one option, beside its plan."""
    arm, _, option = made.plans[place].name.rpartition("/")
    expected = {name: made.run.values(arm, name) for name in MEASURES} if option == "0" else {}
    return {"name": made.plans[place].name, "levers": [], "expected": expected, "seed": seed_halves(made.seeds[place])}


def _constants(run: LessonRun) -> dict[str, int] | None:
    if run.lesson.table.predict.axis != "copies":
        return None
    return {"noSource": int(rules.NO_SOURCE), "inNameOnly": int(rules.IN_NAME_ONLY), "embedded": int(rules.EMBEDDED)}


def curve_name(measure: str, texts: Texts) -> str:
    """Return what a page calls a curve, or a measure.

    Parameters
    ----------
    measure : its name.

    Returns
    -------
    Words.

    Examples
    --------
    >>> from spreadsim.website.texts import english_texts
    >>> texts = Texts("en", "English", english_texts([]))
    >>> curve_name("reach", texts), curve_name("benefit", texts)
    ('Services reached', 'Sustained benefit')
    """
    if ("curves", measure) in texts.english:
        return texts.say("curves", measure)
    return texts.in_place_of(BY_NAME[measure].label, "measures", measure)


def _of_lesson(made: MadeLesson, texts: Texts) -> dict[str, Any]:
    """Return what the script shows and judges by."""
    run, table = made.run, made.run.lesson.table
    predict, name = table.predict, run.lesson.name
    titles = {arm: texts.say("lessons", name, "arms", arm) for arm in table.arms}
    arms = table.reveal.arms or list(table.arms)
    measure = table.reveal.measure or predict.measure
    shown = None
    if predict.shown is not None and predict.shown != predict.measure:
        arm = predict.shown_arm or predict.arm or arms[0]
        shown = {"arm": arm, "measure": predict.shown, "name": f"{titles[arm]}: {curve_name(predict.shown, texts)}"}
    n_names = sum(card.arm is not None for card in predict.cards)
    level = 0.5 + (joint_level(n_names) if n_names else LEVEL) / 2
    unit = BY_NAME[predict.measure].unit if predict.measure in BY_NAME else "share"
    return {
        "kind": predict.kind, "measure": predict.measure, "measureName": curve_name(predict.measure, texts),
        "axis": predict.axis, "arm": predict.arm, "best": predict.best,
        "unit": "" if unit.startswith(("share", "0 to 1", "ratio")) else unit,
        "arms": [{"name": arm, "title": title} for arm, title in titles.items()],
        "cards": [
            {"text": texts.say("lessons", name, "cards", str(k + 1)),
             **card.model_dump(include={"arm", "same", "low", "high"}, exclude_none=True)}
            for k, card in enumerate(predict.cards)
        ],
        "options": [texts.say("lessons", name, "options", str(k + 1)) for k in range(len(table.change.options))],
        "reveal": {"measure": measure, "title": curve_name(measure, texts), "arms": arms, "shown": shown,
                   "alone": arms if len(arms) <= 2 else [arm for arm in arms if arm == predict.arm]},
        "last": run.lesson.scenario.run.months,
        "pad": _pad(run, titles, texts) if predict.kind == "curve" else None,
        "dates": _dates(made.dates, texts),
        "students": [0.0, 0.0, *(float(stdtrit(k - 1, level)) for k in range(2, made.n_runs + 1))],
    }  # fmt: skip


def _numbers(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


def _pad(run: LessonRun, titles: dict[str, str], texts: Texts) -> dict[str, Any]:
    """Return what a curve is drawn upon."""
    predict = run.lesson.table.predict
    assert predict.arm is not None
    count, length = n_points(run.length), run.length
    series = []
    if predict.shown is not None:
        arm = predict.shown_arm or predict.arm
        name = titles[arm] + ("" if predict.shown == predict.measure else f": {curve_name(predict.shown, texts)}")
        series = [{"name": name, "style": 4, "q": [_numbers(row) for row in run.bands(arm, predict.shown)]}]
    return {
        "last": length - 1, "axis": predict.axis, "title": curve_name(predict.measure, texts),
        "start": float(run.bands(predict.arm, predict.measure, predict.axis)[2][0]),
        "places": [round(i * (length - 1) / (count - 1), 2) for i in range(count)],
        "arm": titles[predict.arm], "series": series,
    }  # fmt: skip


def _dates(dates: Dates | None, texts: Texts) -> dict[str, Any] | None:
    if dates is None:
        return None
    return {
        "last": dates.last, "axis": "month", "title": texts.say("dates", "title"), "series": [],
        "points": [[month, share] for month, share in dates.curve], "points_name": texts.say("dates", dates.kind),
        "sentence": dates_sentence(dates, texts),
    }  # fmt: skip


def dates_sentence(dates: Dates, texts: Texts) -> str:
    """Return in a sentence how many had taken it up.

    Parameters
    ----------
    dates : that a lesson shows.

    Returns
    -------
    A sentence.

    Examples
    --------
    >>> from spreadsim.lessons.files import find_lesson, load_lesson, shipped_lessons
    >>> from spreadsim.website.texts import english_texts
    >>> dates = dates_of(load_lesson(find_lesson("balance", shipped_lessons())), published=False)
    >>> dates_sentence(dates, Texts("en", "English", english_texts([]))).startswith("By month ")
    True
    """
    return texts.say(
        "dates", "ends", last=dates.last, share=f"{dates.curve[-1][1]:.0%}", n=len(dates.months)
    )  # fmt: skip


def shown_sentence(made: MadeLesson, texts: Texts) -> str:
    """Return in a sentence what the program's runs show: for readers without script.

    Returns
    -------
    A sentence.

    Examples
    --------
    >>> from spreadsim.lessons.files import find_lesson, load_lesson, shipped_lessons
    >>> from spreadsim.website.texts import english_texts
    >>> lesson = load_lesson(find_lesson("whispers", shipped_lessons()))
    >>> texts = Texts("en", "English", english_texts([], [lesson]))
    >>> shown_sentence(make_lesson(lesson), texts).startswith("Share of the original left after 10 copies")
    True
    """
    run, table = made.run, made.run.lesson.table
    measure, axis = table.reveal.measure or table.predict.measure, table.predict.axis
    ends, last = [], 0
    for arm in table.reveal.arms or table.arms:
        bands = run.bands(arm, measure, axis)
        low, middle, high = (row[~np.isnan(row)][-1] for row in (bands[0], bands[2], bands[4]))
        last = max(last, bands.shape[1] - 1)
        name = texts.say("lessons", run.lesson.name, "arms", arm)
        ends.append(texts.say("chart", "end", name=name, middle=f"{middle:.0%}", low=f"{low:.0%}", high=f"{high:.0%}"))
    return texts.say(
        "chart", f"ends_{axis}", title=curve_name(measure, texts), last=last, n=made.n_runs, ends="; ".join(ends)
    )  # fmt: skip


def lesson_content(made: MadeLesson, texts: Texts) -> dict[str, Any]:
    """Return what the template of a lesson's page is filled with.

    Returns
    -------
    Texts and HTML by name.

    Examples
    --------
    >>> from spreadsim.lessons.files import find_lesson, load_lesson, shipped_lessons
    >>> from spreadsim.website.texts import english_texts
    >>> lesson = load_lesson(find_lesson("whispers", shipped_lessons()))
    >>> lesson_content(make_lesson(lesson), Texts("en", "English", english_texts([], [lesson])))["title"]
    'Whispers'
    """
    lesson = made.run.lesson
    table, place = lesson.table, ("lessons", lesson.name)

    def html(*key: str) -> Markup:
        return Markup(markdown_html(texts.say(*place, *key)))

    exercises = [
        {"title": texts.say(*place, "exercises", k, "title"), "text": html("exercises", k, "text"),
         "answer": html("exercises", k, "answer")}
        for k in map(str, range(1, len(lesson.exercises) + 1))
    ]  # fmt: skip
    return {
        "number": lesson.number, "minutes": table.minutes, "title": texts.say(*place, "title"),
        "question": html("question"), "ask": html("predict"), "why": html("why"), "change": html("change"),
        "home": html("home"), "exercises": exercises, "sources": table.sources, "n_runs": made.n_runs,
        "cards": [texts.say(*place, "cards", str(k + 1)) for k in range(len(table.predict.cards))],
        "options": [texts.say(*place, "options", str(k + 1)) for k in range(len(table.change.options))],
        "sentence": shown_sentence(made, texts),
        "dates": dates_sentence(made.dates, texts) if made.dates else "",
    }  # fmt: skip
