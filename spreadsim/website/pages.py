"""The pages of a site, from templates: what stands in each, under a policy that allows its own scripts and no other.

What belongs here: the frame of every page, and the pages of scenarios, of the sandbox and of lessons. What does not:
where the files go (``site``), what a lesson's page is made from (``lessons``).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from markupsafe import Markup

from spreadsim.browser.module import page_script
from spreadsim.comparison.results import ComparisonResults
from spreadsim.comparison.try_it import MEASURES, TryIt, try_it
from spreadsim.errors import InputError
from spreadsim.lessons.wording import chart_script, chart_style
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.telling.page import templates
from spreadsim.telling.wording import value
from spreadsim.website.lessons import MOST_BYTES, MadeLesson, lesson_content, lesson_data
from spreadsim.website.texts import Texts


@dataclass(frozen=True)
class Frame:
    """What the pages of a site in one language share.

    Attributes
    ----------
    texts : of the language.
    menu : for each entry the file of a page, and its text.
    languages : tag, name and folder of each language, from the folder of this one; an empty folder for this one.

    Examples
    --------
    >>> from spreadsim.website.texts import Texts, english_texts
    >>> Frame(Texts("en", "English", english_texts([])), [], []).menu
    []
    """

    texts: Texts
    menu: Sequence[tuple[str, str]]
    languages: Sequence[tuple[str, str, str]]


@cache
def own_file(name: str) -> str:
    """Return a file of this folder.

    Parameters
    ----------
    name : of the file.

    Returns
    -------
    Its text.

    Examples
    --------
    >>> own_file("chrome.js").splitlines()[1]
    '"use strict";'
    """
    return (files("spreadsim.website") / name).read_text(encoding="utf-8")


def page_style() -> str:
    """Return the style of every page: that of the report, that of the box, and the site's own.

    Returns
    -------
    CSS.

    Examples
    --------
    >>> ".cards" in page_style()
    True
    """
    shared = [templates().get_template(name).render() for name in ("page.css", "box.css")]
    return "\n".join((*shared, own_file("site.css")))


def _allowed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def render(
    frame: Frame, template: str, page: str, *, data: str = "", scripts: Sequence[str] = (), early: str = "",
    more_style: str = "", **content: Any,
) -> str:  # fmt: skip
    """Return a page of a site; the same bytes for the same input.

    Parameters
    ----------
    frame : of the site.
    template : its file in ``templates``.
    page : the file that it becomes.
    data, scripts : with which the page runs the model, the script that holds the model last; none where it does not.
    early : script that runs before anything is drawn.
    more_style : CSS beside that of every page.
    content : of the template.

    Returns
    -------
    One HTML document that needs no other file.

    Examples
    --------
    >>> from spreadsim.website.texts import Texts, english_texts
    >>> frame = Frame(Texts("en", "English", english_texts([])), [("index.html", "Start")], [])
    >>> page = render(frame, "index.html.j2", "index.html", lessons=[], scenarios=[], sandbox="")
    >>> "<h1>How does an improvement spread?</h1>" in page
    True
    """
    from spreadsim import __version__

    style, late = "\n".join(filter(None, (page_style(), more_style))), [own_file("chrome.js"), *scripts]
    policy = [
        "default-src 'none'",
        f"style-src {_allowed(style)}",
        f"script-src {' '.join(map(_allowed, [*([early] if early else []), *late]))}",
        *(["worker-src blob:"] if data else []),
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    others = [(language, name, f"{folder}{page}" if folder else "") for language, name, folder in frame.languages]
    return templates("spreadsim.website").get_template(template).render(
        texts=frame.texts, say=frame.texts.say, menu=frame.menu, page=page, policy=Markup("; ".join(policy)),
        style=Markup(style), scripts=[Markup(text) for text in late], early=Markup(early), data=data,
        version=__version__, others=others if len(others) > 1 else [], **content,
    )  # fmt: skip


def box_of(comparison: ComparisonResults, texts: Texts, *, free: bool = False) -> TryIt:
    """Return the box of a scenario's page, or of the sandbox.

    Parameters
    ----------
    comparison : of the scenario's strategies.
    texts : of the page's language.
    free : whether it is that of the sandbox, in which both strategies have levers.

    Returns
    -------
    The box.

    Raises
    ------
    InputError : a page cannot run the scenario.

    Examples
    --------
    >>> from spreadsim.website.texts import Texts, english_texts
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> box_of(comparison, Texts("en", "English", english_texts([comparison.scenario]))).n_runs
    2
    """
    words = texts.table("box") | (texts.table("sandbox") if free else {})
    box = try_it(comparison, words, texts.in_place_of, MOST_BYTES, free=free)
    if isinstance(box, str):
        reason = box.rstrip(".")
        raise InputError("--scenario", comparison.scenario.name, reason, "leave this scenario out, or make it smaller")
    return box


def scenario_page(frame: Frame, page: str, comparison: ComparisonResults, command: str) -> str:
    """Return the page of a scenario.

    Parameters
    ----------
    frame : of the site.
    page : the file that it becomes.
    comparison : of the scenario's strategies.
    command : with which a reader makes the same numbers; empty where a reader has not the scenario.

    Returns
    -------
    One HTML document.

    Raises
    ------
    InputError : a page cannot run the scenario.

    Examples
    --------
    >>> from spreadsim.website.texts import Texts, english_texts
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> frame = Frame(Texts("en", "English", english_texts([comparison.scenario])), [], [])
    >>> scenario_page(frame, "scenario-classroom.html", comparison, "").count("<script")
    3
    """
    c, say = comparison, frame.texts.say
    box, scenario, name = box_of(comparison, frame.texts), c.scenario, c.scenario.name
    english = frame.texts.english

    def told(key: str) -> str:
        return say("scenarios", name, key) if ("scenarios", name, key) in english else ""

    one = c.n_replicates == 1
    facts = say(
        "scenario", "facts_one" if box.n_runs == 1 else "facts", services=c.network.n, months=scenario.run.months,
        n=box.n_runs, strategies=", ".join(c.strategies),
    )  # fmt: skip
    return render(
        frame, "scenario.html.j2", page, data=box.data, scripts=[str(box.script)],
        title=told("title"), question=told("question"), shows=told("shows"), facts=facts, left_out=box.left_out,
        strategies=[(s, say("scenarios", name, "strategies", s)) for s in c.strategies],
        caption=say("scenario", "outcomes_caption_one" if one else "outcomes_caption", n=c.n_replicates),
        heads=[frame.texts.in_place_of(BY_NAME[m].label, "measures", m) for m in MEASURES],
        rows=[(s, [_mean(c, s, m, frame.texts) for m in MEASURES]) for s in c.strategies],
        command=command, sources=scenario.sources,
    )  # fmt: skip


def _mean(c: ComparisonResults, strategy: str, measure: str, texts: Texts) -> str:
    """Return a mean as the page writes it: the number with the language's decimal mark, and its unit in words."""
    text = value(measure, float(np.mean(c.values(strategy, measure))))
    number, _, unit = text.partition(" ")
    number = number.replace(".", texts.say("box", "decimal_mark"))
    return f"{number} {texts.in_place_of(unit, 'units', unit)}" if unit else number


def sandbox_page(frame: Frame, page: str, comparison: ComparisonResults) -> str:
    """Return the page on which two strategies of a scenario stand side by side, with every lever free.

    Parameters
    ----------
    frame : of the site.
    page : the file that it becomes.
    comparison : of the scenario's strategies.

    Returns
    -------
    One HTML document.

    Raises
    ------
    InputError : a page cannot run the scenario.

    Examples
    --------
    >>> from spreadsim.website.texts import Texts, english_texts
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> frame = Frame(Texts("en", "English", english_texts([comparison.scenario])), [], [])
    >>> "with every lever free" in sandbox_page(frame, "sandbox.html", comparison)
    False
    """
    c, say = comparison, frame.texts.say
    box, name = box_of(c, frame.texts, free=True), c.scenario.name
    about = say(
        "sandbox", "about_one" if box.n_runs == 1 else "about", title=say("scenarios", name, "title"),
        services=c.network.n, months=c.scenario.run.months, n=box.n_runs,
    )  # fmt: skip
    return render(
        frame, "sandbox.html.j2", page, data=box.data, scripts=[str(box.script)], about=about, left_out=box.left_out,
        strategies=[(s, say("scenarios", name, "strategies", s)) for s in c.strategies],
    )  # fmt: skip


def lesson_page(
    frame: Frame, page: str, made: MadeLesson, *, following: Mapping[str, str] | None = None, sandbox: str = "",
    platform: str = "",
) -> str:  # fmt: skip
    """Return the page of a lesson.

    Parameters
    ----------
    frame : of the site.
    page : the file that it becomes.
    made : the lesson with its runs.
    following : ``page`` and ``title`` of the lesson after it.
    sandbox : file of the sandbox; empty where there is none.
    platform : script that tells a learning platform how far the reader is; empty where there is none.

    Returns
    -------
    One HTML document.

    Examples
    --------
    >>> from spreadsim.lessons.files import find_lesson, load_lesson, shipped_lessons
    >>> from spreadsim.website.lessons import make_lesson
    >>> from spreadsim.website.texts import Texts, english_texts
    >>> lesson = load_lesson(find_lesson("whispers", shipped_lessons()))
    >>> frame = Frame(Texts("en", "English", english_texts([], [lesson])), [], [])
    >>> "<h1>Whispers</h1>" in lesson_page(frame, "lesson-05-whispers.html", make_lesson(lesson))
    True
    """
    texts = frame.texts
    scripts = [platform, chart_script(texts.table("chart")), page_script(own_file("lesson.js"))]
    return render(
        frame, "lesson.html.j2", page, data=lesson_data(made, texts), scripts=list(filter(None, scripts)),
        early=own_file("early.js"), more_style=f"{chart_style()}\n{own_file('lesson.css')}", following=following,
        sandbox=sandbox, is_packaged=bool(platform), **lesson_content(made, texts),
    )  # fmt: skip
