"""The texts of a site in one or more languages: one catalogue, a file a language.

What belongs here: every text of the pages by its place in the catalogue, the template for translators, and reading what
they wrote. What does not: the pages.

scenarios, lessons : of the site.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from spreadsim.browser.texts import box_texts
from spreadsim.comparison.try_it import MEASURES, format_of
from spreadsim.errors import InputError, InputErrors, nearest
from spreadsim.lessons.files import Lesson, shipped_lessons
from spreadsim.lessons.wording import wording
from spreadsim.levers import LEVERS
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import read_toml, shipped_names
from spreadsim.telling.figures import STATES

Place = tuple[str, ...]
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_NAMES = re.compile(r"\{(\w+)\}")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Texts:
    """The texts of a site in one language.

    Attributes
    ----------
    language : its tag, as ``cy``.
    name : what its speakers call it.
    english : every text by its place.
    own : those that are translated.
    file : that they are from; empty for English.

    Examples
    --------
    >>> texts = Texts("en", "English", {("site", "n_runs"): "{n} runs"})
    >>> texts.say("site", "n_runs", n=3)
    '3 runs'
    """

    language: str
    name: str
    english: Mapping[Place, str]
    own: Mapping[Place, str] = field(default_factory=dict)
    file: str = ""

    def say(self, *place: str, **values: Any) -> str:
        """Return a text, with values in place of the names in braces."""
        text = self.own.get(place) or self.english[place]
        return _NAMES.sub(lambda match: str(values.get(match[1], match[0])), text)

    def in_place_of(self, english: str, *place: str) -> str:
        """Return what stands in place of a text in English; the text itself where that place has no translation."""
        return self.own.get(place) or english

    def table(self, *place: str) -> dict[str, str]:
        """Return the texts of a table by key."""
        depth = len(place)
        return {one[depth]: self.say(*one) for one in self.english if one[:depth] == place and len(one) == depth + 1}

    @property
    def missing(self) -> list[Place]:
        """Places without a translation."""
        return [place for place in self.english if not self.own.get(place)] if self.file else []


@cache
def _own() -> Mapping[str, Any]:
    return tomllib.loads((files("spreadsim.website") / "texts.toml").read_text(encoding="utf-8"))


def english_texts(scenarios: Iterable[Scenario], lessons: Iterable[Lesson] = ()) -> dict[Place, str]:
    """Return every text of a site in English.

    Returns
    -------
    Texts by their place in the catalogue.

    Examples
    --------
    >>> texts = english_texts([ss.load_scenario("classroom")])
    >>> texts["states", "in_name_only"]
    'in name only'
    """
    tree: dict[str, Any] = {
        **_own(),
        "box": {**box_texts("box"), **_own()["box"]},
        "measures": {name: BY_NAME[name].label for name in MEASURES},
        "units": {unit: unit for name in MEASURES for unit in units_of(name)},
        "states": {name.replace(" ", "_"): name for name, *_ in STATES},
        "levers": {
            one.name: {"label": one.label, "meaning": one.declaration.meaning}
            for one in LEVERS
            if one.scheduled and one.declaration.kind == "number"
        },
        "chart": wording()["chart"],
        "curves": wording()["measures"],
        "dates": wording()["dates"],
        "verdict": wording()["verdict"],
        "scenarios": {one.name: _of_scenario(one) for one in scenarios},
        "lessons": {one.name: _of_lesson(one) for one in lessons},
    }
    return {place: text for place, text in _flat(tree) if text}


def units_of(measure: str) -> list[str]:
    """Return the words that values of a measure and their differences end in.

    Parameters
    ----------
    measure : its name.

    Returns
    -------
    Words.

    Examples
    --------
    >>> units_of("benefit")
    ['points']
    """
    form = format_of(measure)
    return [word for word in (form["suffix"].strip(), form["changed"].strip()) if word not in ("", "%")]


def _of_scenario(scenario: Scenario) -> dict[str, Any]:
    return {
        "title": scenario.title or scenario.name,
        "question": scenario.question,
        "shows": scenario.shows,
        "strategies": {name: strategy.title or name for name, strategy in scenario.strategies.items()},
    }


def _of_lesson(lesson: Lesson) -> dict[str, Any]:
    table, text = lesson.table, lesson.text
    return {
        "title": table.title, "idea": table.idea, "question": text["The question"], "predict": text["Predict"],
        "why": text["Why"], "change": text["Change one thing"], "home": text["Take home"],
        "arms": {name: arm.title for name, arm in table.arms.items()},
        "cards": {str(k): card.text for k, card in enumerate(table.predict.cards, 1)},
        "options": {str(k): option.label for k, option in enumerate(table.change.options, 1)},
        "exercises": {
            str(k): {"title": one.title, "text": one.text, "answer": one.answer}
            for k, one in enumerate(lesson.exercises, 1)
        },
    }  # fmt: skip


def _flat(tree: Mapping[str, Any], before: Place = ()) -> Iterator[tuple[Place, str]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(value, (*before, key))
        else:
            yield (*before, key), value


def template_text(english: Mapping[Place, str], texts: Texts | None = None) -> str:
    """Return a file to translate: every text in English as a comment, and below it the translation or nothing.

    Parameters
    ----------
    english : every text by its place.
    texts : what is translated already.

    Returns
    -------
    TOML.

    Examples
    --------
    >>> print(template_text({("site", "n_runs"): "{n} runs"}), end="")
    # Write each translation between the quotes; where one is left empty, the site shows the English text.
    # Names in braces, as {n}, stay as they are.
    language = ""
    name = ""
    <BLANKLINE>
    [site]
    # {n} runs
    n_runs = ""
    """
    lines = [
        "# Write each translation between the quotes; where one is left empty, the site shows the English text.",
        "# Names in braces, as {n}, stay as they are.",
        f"language = {_quoted(texts.language if texts else '')}",
        f"name = {_quoted(texts.name if texts else '')}",
    ]
    table: Place = ()
    for place, text in sorted(english.items(), key=lambda item: _order(english, item[0])):
        if place[:-1] != table:
            table = place[:-1]
            lines += ["", f"[{'.'.join(map(_key, table))}]"]
        lines += [f"# {line}".rstrip() for line in text.splitlines()]
        lines.append(f"{_key(place[-1])} = {_quoted(texts.own.get(place, '') if texts else '')}")
    return "\n".join(lines) + "\n"


def _order(english: Mapping[Place, str], place: Place) -> tuple[int, int]:
    """Keep the order of tables and keys, but the keys of a table together: TOML has no way back into one."""
    places = list(english)
    first = next(k for k, one in enumerate(places) if one[:-1] == place[:-1])
    return first, places.index(place)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def read_language(path: Path, english: Mapping[Place, str]) -> Texts:
    """Return the texts that a file translates.

    Parameters
    ----------
    path : of the file.
    english : every text by its place.

    Returns
    -------
    The texts; a place that the file leaves out or empty is missing, and said in English. Texts of a shipped scenario or
    lesson that the site leaves out are passed over.

    Raises
    ------
    InputError, InputErrors : the file cannot be read, names no language, has a place that the site has not, or a name
        in braces that the English text has not.

    Examples
    --------
    >>> _ = Path("cy.toml").write_text('language = "cy"\\nname = "Cymraeg"\\n[site]\\nhome = "Hafan"')
    >>> texts = read_language(Path("cy.toml"), {("site", "home"): "Home", ("site", "month"): "Month"})
    >>> texts.say("site", "home"), texts.missing
    ('Hafan', [('site', 'month')])
    """
    file = str(path)
    table = dict(read_toml(path, file))
    language, name = (table.pop(key, "") for key in ("language", "name"))
    if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
        raise InputError(file, "language", f"'{language}' is not the tag of a language", 'write one like "cy" or "de"')
    if not isinstance(name, str) or not name.strip():
        raise InputError(file, "name", "is missing", 'write what its speakers call it, like "Cymraeg"')
    own: dict[Place, str] = {}
    faults: list[InputError] = []
    known = {".".join(place) for place in english}
    for place, text in _flat(table):
        field_name = ".".join(place)
        if place not in english and place[:2] in _shipped():
            continue  # of a site with more pages
        if place not in english:
            faults.append(InputError(file, field_name, "the site has no such text", nearest(field_name, known)))
        elif not isinstance(text, str):
            faults.append(InputError(file, field_name, f"{text!r} is not a text", "write it between quotes"))
        elif text.strip():
            new = sorted(set(_NAMES.findall(text)) - set(_NAMES.findall(english[place])))
            gone = sorted(set(_NAMES.findall(english[place])) - set(_NAMES.findall(text)))
            if new or gone:
                problem = f"lacks {{{gone[0]}}}" if gone else f"has {{{new[0]}}}, which the English text has not"
                faults.append(InputError(file, field_name, problem, "keep the names in braces as they are"))
            own[place] = text
    if faults:
        raise InputErrors(faults)
    return Texts(language, name.strip(), english, own, file)


@cache
def _shipped() -> set[Place]:
    names = {("scenarios", name) for name in shipped_names()}
    return {*names, *(("lessons", folder.name) for folder in shipped_lessons())}


def languages(paths: Sequence[Path], english: Mapping[Place, str]) -> list[Texts]:
    """Return English and the languages of some files.

    Parameters
    ----------
    paths : of the files.
    english : every text by its place.

    Returns
    -------
    Texts of each language, English first.

    Raises
    ------
    InputError, InputErrors : as of `read_language`, and where two files have one language.

    Examples
    --------
    >>> [texts.name for texts in languages([], {})]
    ['English']
    """
    answer = [Texts("en", "English", english)]
    for path in paths:
        texts = read_language(path, english)
        if any(texts.language == one.language for one in answer):
            problem = f"'{texts.language}' is the language of another file, or English"
            raise InputError(str(path), "language", problem, "keep one file a language")
        answer.append(texts)
    return answer
