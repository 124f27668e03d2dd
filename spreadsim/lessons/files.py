"""Lessons: finding them, reading them, and refusing what does not hang together.

A lesson is a folder: ``lesson.toml`` (what to predict, to reveal, to change, and what it claims), ``lesson.md`` (its
text under fixed headings) and ``scenario.toml`` (what is run). What belongs here: turning a folder into a checked
`Lesson`, with errors that name file, field, value and remedy. What does not: running it (``runs``), showing it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from spreadsim.errors import InputError, InputErrors, nearest
from spreadsim.lessons.document import Arm, LessonTable
from spreadsim.lessons.text import Exercise, read_text
from spreadsim.outcomes.measures import BY_NAME, CURVE_COLUMNS
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import (
    _in_words,
    inside_folder,
    load_scenario,
    read_toml,
    resolved,
    shipped_folder,
    validate,
    with_setting,
)
from spreadsim.scenario.plan import plans

FILE, TEXT, SCENARIO = "lesson.toml", "lesson.md", "scenario.toml"
MAX_WORK = 600_000  # services x runs x arms: a class waits for it
DRAWN = tuple(name for name in CURVE_COLUMNS if name not in ("cost", "generation", "adaptation"))
BY_COPIES = "fidelity_at_start"
_NAME = re.compile(r"(\d{2})-([a-z0-9]+(?:-[a-z0-9]+)*)")


@dataclass(frozen=True)
class Lesson:
    """A lesson, checked.

    Attributes
    ----------
    name, number : of the folder, ``01-one-contact``, and the number it begins with.
    table : what its file holds.
    text : Markdown by heading, the exercises apart.
    exercises : with worked answers.
    scenario : what its arms are made of.
    folder : where it lies.
    """

    name: str
    number: int
    table: LessonTable
    text: Mapping[str, str]
    exercises: tuple[Exercise, ...]
    scenario: Scenario
    folder: Path

    def arm(self, name: str, settings: Mapping[str, Any] | None = None) -> Scenario:
        """Return the scenario of one arm: its strategy alone, its fields set, and `settings` laid upon them."""
        return arm_scenario(self.scenario, self.table.arms[name], settings or {}, f"{self.name}/{FILE}")


def arm_scenario(scenario: Scenario, arm: Arm, settings: Mapping[str, Any], source: str) -> Scenario:
    """Return a scenario with one strategy and some fields set.

    Raises
    ------
    InputError, InputErrors : a field cannot be set so.
    """
    document = resolved(scenario)
    document["strategies"] = {arm.strategy: document["strategies"][arm.strategy]}
    for path, value in {**arm.set, **settings}.items():
        keys = path.split(".")
        if keys[0] == "strategy":  # the arm's own, whatever it is called
            keys = ["strategies", arm.strategy, *keys[1:]]
        if keys == ["intervention", "components"]:  # given whole, as in a scenario file
            document["intervention"] = {**document["intervention"], "components": value}
            continue
        strategy = document["strategies"][arm.strategy]
        if keys[0] == "programme" and len(keys) == 2 and keys[1] in strategy:
            strategy = {**strategy, keys[1]: value}  # where the strategy says so itself, its word would stand
            document["strategies"] = {arm.strategy: strategy}
            continue
        if path in strategy.get("overrides", {}):
            overrides = {**strategy["overrides"], path: value}
            document["strategies"] = {arm.strategy: {**strategy, "overrides": overrides}}
            continue
        document = with_setting(document, keys, value, source)
    made = validate(document, source, scenario.folder)
    plans(made, source)
    return made


# ------------------------------------------------------------------------------------------------- finding


def shipped_lessons() -> list[Path]:
    """Return the folders of the shipped lessons, in order."""
    return _folders(shipped_folder("lessons"))


def _folders(place: Path) -> list[Path]:
    return sorted(path.parent for path in place.glob(f"*/{FILE}") if _NAME.fullmatch(path.parent.name))


def lesson_folders(own: Path | None = None) -> list[Path]:
    """Return the folders of all lessons in order: those shipped, then those in a folder of one's own.

    Raises
    ------
    InputError : the folder of one's own is none, holds no lesson, or one whose name or number is taken.
    """
    found = shipped_lessons()
    if own is None:
        return found
    if not own.is_dir():
        raise InputError(str(own), "", "is not a folder", "name the folder that holds your lessons' folders")
    mine = _folders(own)
    if not mine:
        raise InputError(
            str(own),
            "",
            f"holds no lesson: no folder called like 09-my-lesson with a {FILE} in it",
            "copy one with: spreadsim lessons --copy NAME",
        )
    taken = {path.name[:2]: path.name for path in found}
    for path in mine:
        if path.name[:2] in taken:
            raise InputError(
                str(path),
                "",
                f"the number {path.name[:2]} is taken by {taken[path.name[:2]]}",
                "begin the folder's name with a number that is free",
            )
        taken[path.name[:2]] = path.name
    return found + mine


def find_lesson(name: str, folders: Iterable[Path]) -> Path:
    """Return the folder of the lesson that a number, a name or a part of a name means.

    Raises
    ------
    InputError : there is none, or more than one.
    """
    known = {path.name: path for path in folders}
    if name.isdecimal():
        found = [path for key, path in known.items() if int(key[:2]) == int(name)]
    else:
        found = [known[name]] if name in known else [path for key, path in known.items() if key[3:] == name]
    if len(found) == 1:
        return found[0]
    remedy = f"there are lessons {', '.join(str(int(key[:2])) for key in known)}"
    raise InputError("lesson", name, "there is no such lesson", remedy if name.isdecimal() else nearest(name, known))


# ------------------------------------------------------------------------------------------------- reading


def load_lesson(folder: Path) -> Lesson:
    """Return the lesson in a folder.

    Raises
    ------
    InputError, InputErrors : a file is missing or cannot be used, or the files do not fit together.
    """
    match = _NAME.fullmatch(folder.name)
    if match is None:
        raise InputError(str(folder), "", "a lesson's folder has a name like 09-my-lesson", "rename it")
    shown = f"{folder.name}/{FILE}"
    table = _validated(read_toml(folder / FILE, shown), shown)
    text, exercises = read_text(folder / TEXT, f"{folder.name}/{TEXT}")
    scenario = load_scenario(folder / SCENARIO)
    lesson = Lesson(folder.name, int(match[1]), table, text, exercises, scenario, folder)
    faults = list(_faults(lesson, shown))
    if faults:
        raise InputErrors(faults)
    _check_arms(lesson, shown)
    return lesson


def _known(location: tuple[Any, ...]) -> list[str]:
    """Return the names known in the table that holds the field at `location`."""
    from typing import get_args

    table: Any = LessonTable
    for step in location[:-1]:
        if not (isinstance(table, type) and issubclass(table, BaseModel) and step in table.model_fields):
            continue  # the number of an entry, or the name of an arm
        found = table.model_fields[step].annotation
        inside = [a for a in (found, *get_args(found)) if isinstance(a, type) and issubclass(a, BaseModel)]
        table = inside[0] if inside else None
    return list(table.model_fields) if table is not None else []


def _validated(document: Mapping[str, Any], file: str) -> LessonTable:
    try:
        return LessonTable.model_validate(document)
    except ValidationError as failure:
        faults = []
        for error in failure.errors(include_url=False):
            location = tuple(error["loc"])
            problem, remedy = _in_words(error, location)
            if error["type"] == "extra_forbidden":
                remedy = nearest(str(location[-1]), _known(location))
            faults.append(InputError(file, ".".join(map(str, location)), problem, remedy))
        raise InputErrors(faults) from None


def _faults(lesson: Lesson, file: str) -> Iterable[InputError]:
    """Yield what does not fit together: names that nothing has, and measures that cannot be shown so."""
    table, arms = lesson.table, list(lesson.table.arms)
    for name, arm in table.arms.items():
        if arm.strategy not in lesson.scenario.strategies:
            yield InputError(
                file,
                f"arms.{name}.strategy",
                f"'{arm.strategy}' is not a strategy of {SCENARIO}",
                nearest(arm.strategy, lesson.scenario.strategies),
            )
    named = [("predict.arm", table.predict.arm)]
    named += [("predict.shown_arm", table.predict.shown_arm)]
    named += [(f"predict.cards.{i}.arm", card.arm) for i, card in enumerate(table.predict.cards)]
    named += [(f"reveal.arms.{i}", name) for i, name in enumerate(table.reveal.arms)]
    named += [(f"claims.{i}.{key}", getattr(claim, key)) for i, claim in enumerate(table.claims)
              for key in ("arm", "than")]  # fmt: skip
    for field, value in named:
        if value is not None and value not in table.arms:
            yield InputError(file, field, f"'{value}' is not an arm of the lesson", nearest(value, arms))
    by_copies = table.predict.axis == "copies"
    drawn = (BY_COPIES,) if by_copies else DRAWN
    if table.predict.kind == "curve" and table.predict.measure not in drawn:
        yield InputError(
            file,
            "predict.measure",
            f"'{table.predict.measure}' cannot be drawn here",
            nearest(table.predict.measure, drawn),
        )
    if table.predict.kind == "card" and table.predict.measure not in BY_NAME:
        yield InputError(
            file,
            "predict.measure",
            f"'{table.predict.measure}' is not a measure",
            nearest(table.predict.measure, BY_NAME),
        )
    shown = table.reveal.measure or table.predict.measure
    if shown not in drawn:
        yield InputError(file, "reveal.measure", f"'{shown}' is not a curve", nearest(shown, drawn))
    if table.predict.shown is not None and table.predict.shown not in DRAWN:
        yield InputError(
            file, "predict.shown", f"'{table.predict.shown}' is not a curve", nearest(table.predict.shown, DRAWN)
        )
    months = lesson.scenario.run.months
    for i, claim in enumerate(table.claims):
        known = (BY_COPIES,) if claim.copies is not None else CURVE_COLUMNS if claim.month is not None else BY_NAME
        if claim.measure not in known:
            yield InputError(
                file, f"claims.{i}.measure", f"'{claim.measure}' is not available here", nearest(claim.measure, known)
            )
        if claim.month is not None and claim.month > months:
            yield InputError(
                file, f"claims.{i}.month", f"{claim.month} is after the last month, {months}", "name an earlier month"
            )


def _check_arms(lesson: Lesson, file: str) -> None:
    """Refuse arms, changes and switches that cannot be run, and lessons that a class would wait for."""
    table, work = lesson.table, 0
    for name in table.arms:
        scenario = lesson.arm(name)
        work += scenario.network.services * table.replicates
        for option in table.change.options:
            lesson.arm(name, option.set)
    for claim in table.claims:
        for name in filter(None, (claim.arm, claim.than)):
            lesson.arm(name, {**claim.under, **claim.switch})
    if work > MAX_WORK:
        raise InputError(
            file,
            "replicates",
            f"the lesson runs {work:,} services in all, and a class waits for it",
            f"keep services x replicates x arms to {MAX_WORK:,}",
        )
    if table.data is not None:
        for name in (table.data.real, table.data.twin):
            inside_folder(lesson.folder, name, "data", file)
