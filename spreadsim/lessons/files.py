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

from spreadsim.errors import InputError, InputErrors, nearest
from spreadsim.lessons.document import Arm, LessonTable
from spreadsim.lessons.text import Exercise, read_text
from spreadsim.network.size import network_size
from spreadsim.outcomes.measures import BY_NAME, CURVE_COLUMNS
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import inside_folder, load_scenario, read_toml, shipped_folder
from spreadsim.scenario.plan import plans
from spreadsim.scenario.validation import as_document, validate, validate_table, with_setting

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

    Examples
    --------
    >>> lesson = load_lesson(find_lesson("one-contact", shipped_lessons()))
    >>> lesson.number, list(lesson.text)[:2]
    (1, ['The question', 'Predict'])
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

    Parameters
    ----------
    scenario : of the lesson.
    arm : its strategy, and the fields that it sets.
    settings : more fields, by path; ``strategy.`` begins the path of a field of the arm's own strategy.
    source : name under which faults are reported.

    Returns
    -------
    The scenario, validated.

    Raises
    ------
    InputError, InputErrors : a field cannot be set so.

    Examples
    --------
    >>> arm = Arm(title="Blend for three years", strategy="blend", set={"run.months": 36})
    >>> scenario = arm_scenario(ss.load_scenario("default"), arm, {"strategy.mandate": 0.5}, "lesson.toml")
    >>> scenario.run.months, scenario.strategies["blend"].mandate
    (36, 0.5)
    """
    document = as_document(scenario)
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
    result = validate(document, source, scenario.folder)
    plans(result, source)
    return result


# ------------------------------------------------------------------------------------------------- finding


def shipped_lessons() -> list[Path]:
    """Return the folders of the shipped lessons.

    Returns
    -------
    Paths, in the order of the lessons.

    Examples
    --------
    >>> [folder.name for folder in shipped_lessons()][:2]
    ['01-one-contact', '02-bridges']
    """
    return _folders(shipped_folder("lessons"))


def _folders(place: Path) -> list[Path]:
    return sorted(path.parent for path in place.glob(f"*/{FILE}") if _NAME.fullmatch(path.parent.name))


def lesson_folders(own: Path | None = None) -> list[Path]:
    """Return the folders of all lessons: those shipped, then those in a folder of one's own.

    Parameters
    ----------
    own : folder that holds folders of lessons.

    Returns
    -------
    Paths, in the order of the lessons.

    Raises
    ------
    InputError : the folder of one's own is none, holds no lesson, or one whose name or number is taken.

    Examples
    --------
    >>> len(lesson_folders()) == len(shipped_lessons())
    True
    >>> lesson_folders(Path("lessons-of-mine"))
    Traceback (most recent call last):
    spreadsim.errors.InputError: lessons-of-mine: is not a folder; ...
    """
    folders = shipped_lessons()
    if own is None:
        return folders
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
    numbers = {path.name[:2]: path.name for path in folders}
    for path in mine:
        if path.name[:2] in numbers:
            raise InputError(
                str(path),
                "",
                f"the number {path.name[:2]} is taken by {numbers[path.name[:2]]}",
                "begin the folder's name with a number that is free",
            )
        numbers[path.name[:2]] = path.name
    return folders + mine


def find_lesson(name: str, folders: Iterable[Path]) -> Path:
    """Return the folder of the lesson that a number, a name or a part of a name means.

    Parameters
    ----------
    name : as ``1``, ``01-one-contact`` or ``one-contact``.
    folders : of lessons.

    Returns
    -------
    One of the folders.

    Raises
    ------
    InputError : there is none, or more than one.

    Examples
    --------
    >>> find_lesson("bridges", shipped_lessons()).name
    '02-bridges'
    """
    by_name = {path.name: path for path in folders}
    if name.isdecimal():
        matches = [path for key, path in by_name.items() if int(key[:2]) == int(name)]
    else:
        matches = [by_name[name]] if name in by_name else [path for key, path in by_name.items() if key[3:] == name]
    if len(matches) == 1:
        return matches[0]
    remedy = f"there are lessons {', '.join(str(int(key[:2])) for key in by_name)}"
    raise InputError("lesson", name, "there is no such lesson", remedy if name.isdecimal() else nearest(name, by_name))


# ------------------------------------------------------------------------------------------------- reading


def load_lesson(folder: Path) -> Lesson:
    """Return the lesson in a folder.

    Parameters
    ----------
    folder : with the three files of a lesson.

    Returns
    -------
    The lesson, its files checked against each other.

    Raises
    ------
    InputError, InputErrors : a file is missing or cannot be used, or the files do not fit together.

    Examples
    --------
    >>> lesson = load_lesson(find_lesson("bridges", shipped_lessons()))
    >>> lesson.table.predict.kind, lesson.table.predict.measure
    ('curve', 'reach')
    """
    match = _NAME.fullmatch(folder.name)
    if match is None:
        raise InputError(str(folder), "", "a lesson's folder has a name like 09-my-lesson", "rename it")
    file = f"{folder.name}/{FILE}"
    table = validate_table(LessonTable, read_toml(folder / FILE, file), file)
    text, exercises = read_text(folder / TEXT, f"{folder.name}/{TEXT}")
    scenario = load_scenario(folder / SCENARIO)
    lesson = Lesson(folder.name, int(match[1]), table, text, exercises, scenario, folder)
    faults = list(_faults(lesson, file))
    if faults:
        raise InputErrors(faults)
    _check_arms(lesson, file)
    return lesson


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
    references = [("predict.arm", table.predict.arm)]
    references += [("predict.shown_arm", table.predict.shown_arm)]
    references += [(f"predict.cards.{i}.arm", card.arm) for i, card in enumerate(table.predict.cards)]
    references += [(f"reveal.arms.{i}", name) for i, name in enumerate(table.reveal.arms)]
    references += [(f"claims.{i}.{key}", getattr(claim, key)) for i, claim in enumerate(table.claims)
              for key in ("arm", "than")]  # fmt: skip
    for field, value in references:
        if value is not None and value not in table.arms:
            yield InputError(file, field, f"'{value}' is not an arm of the lesson", nearest(value, arms))
    by_copies = table.predict.axis == "copies"
    curves = (BY_COPIES,) if by_copies else DRAWN
    if table.predict.kind == "curve" and table.predict.measure not in curves:
        yield InputError(
            file,
            "predict.measure",
            f"'{table.predict.measure}' cannot be drawn here",
            nearest(table.predict.measure, curves),
        )
    if table.predict.kind == "card" and table.predict.measure not in BY_NAME:
        yield InputError(
            file,
            "predict.measure",
            f"'{table.predict.measure}' is not a measure",
            nearest(table.predict.measure, BY_NAME),
        )
    measure = table.reveal.measure or table.predict.measure
    if measure not in curves:
        yield InputError(file, "reveal.measure", f"'{measure}' is not a curve", nearest(measure, curves))
    if table.predict.shown is not None and table.predict.shown not in DRAWN:
        yield InputError(
            file, "predict.shown", f"'{table.predict.shown}' is not a curve", nearest(table.predict.shown, DRAWN)
        )
    months = lesson.scenario.run.months
    for i, claim in enumerate(table.claims):
        measures = (BY_COPIES,) if claim.copies is not None else CURVE_COLUMNS if claim.month is not None else BY_NAME
        if claim.measure not in measures:
            yield InputError(
                file,
                f"claims.{i}.measure",
                f"'{claim.measure}' is not available here",
                nearest(claim.measure, measures),
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
        work += network_size(scenario).services * table.replicates
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
