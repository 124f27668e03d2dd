"""A site whole: which pages it has, and the folder or package that it is written to.

What belongs here: the choice of scenarios and lessons, the files of every language, and writing them whole or not at
all. What does not: what stands in a page, what a package holds beside them (``package``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from spreadsim.comparison.comparison import Comparison, compare
from spreadsim.comparison.try_it import MOST_RUNS
from spreadsim.errors import InputError
from spreadsim.lessons.files import Lesson, find_lesson, lesson_folders, load_lesson
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import load_scenario, shipped_names
from spreadsim.telling.atomic import RECEIPT, atomic_folder, atomic_path, check_target
from spreadsim.telling.folder import as_json, hashes, versions, write_text
from spreadsim.website.lessons import MadeLesson, make_lesson
from spreadsim.website.package import PACKAGES, Item, package_bytes
from spreadsim.website.pages import Frame, lesson_page, own_file, render, sandbox_page, scenario_page
from spreadsim.website.texts import Place, Texts, english_texts, languages, template_text

SCENARIOS = ("default", "paper-compliance", "sustaining-gains", "equity-first", "one-contact-is-not-enough")
INDEX, SANDBOX = "index.html", "sandbox.html"


@dataclass(frozen=True)
class Site:
    """A site that was written.

    Attributes
    ----------
    folder : with its pages; of a package the zip.
    pages : its files of English, the first page first.
    missing : for each file of a language, the places of texts that it does not translate.

    Examples
    --------
    >>> Site(Path("site"), ("index.html",), {}).pages
    ('index.html',)
    """

    folder: Path
    pages: tuple[str, ...]
    missing: dict[str, list[Place]]


@dataclass(frozen=True)
class _Content:
    """What a site shows: scenarios, lessons and the sandbox's scenario, as chosen and as run."""

    scenarios: Mapping[str, Scenario]
    lessons: Sequence[Lesson]
    sandbox: Scenario | None
    comparisons: dict[str, Comparison] = field(default_factory=dict)
    made: dict[str, MadeLesson] = field(default_factory=dict)

    def english(self) -> dict[Place, str]:
        """Return every text in English."""
        more = [] if self.sandbox is None or self.sandbox.name in self.scenarios else [self.sandbox]
        return english_texts([*self.scenarios.values(), *more], self.lessons)

    def run(self, replicates: int | None, step: Callable[[str], None]) -> None:
        """Run what is shown."""
        for lesson in self.lessons:
            step(lesson.name)
            self.made[lesson.name] = make_lesson(lesson)
        for scenario in [*self.scenarios.values(), *([] if self.sandbox is None else [self.sandbox])]:
            if scenario.name not in self.comparisons:
                step(scenario.name)
                self.comparisons[scenario.name] = _compared(scenario, replicates)


def _content(
    scenarios: Sequence[str | Path], lessons: Sequence[str] | None, own_lessons: Path | None, sandbox: str | Path | None
) -> _Content:
    chosen = load_scenarios(scenarios)
    folders = lesson_folders(own_lessons)
    names = dict.fromkeys(folders if lessons is None else [find_lesson(str(one), folders) for one in lessons])
    first = next(iter(chosen.values()), None)
    if sandbox:
        of_sandbox = load_scenario(str(sandbox))
        first = chosen.get(of_sandbox.name, of_sandbox)
    content = _Content(chosen, [load_lesson(one) for one in names], None if sandbox == "" else first)
    if not (content.scenarios or content.lessons or content.sandbox):
        raise InputError("--scenario", "none", "leaves a site without pages", "choose a scenario, or a lesson")
    return content


def make_site(
    folder: str | Path,
    *,
    scenarios: Sequence[str | Path] = SCENARIOS,
    lessons: Sequence[str] | None = None,
    own_lessons: str | Path | None = None,
    sandbox: str | Path | None = None,
    language_files: Sequence[str | Path] = (),
    replicates: int | None = None,
    package: str | None = None,
    force: bool = False,
    step: Callable[[str], None] | None = None,
) -> Site:
    """Write a site whose model runs in the reader's browser, whole or not at all; the same bytes each time.

    Parameters
    ----------
    folder : path of the site; of a package that of a zip.
    scenarios : names of shipped scenarios, or scenario files.
    lessons : numbers or names of lessons; all by default.
    own_lessons : folder with lessons of one's own, beside those shipped.
    sandbox : name or file of the sandbox's scenario, the first of `scenarios` by default; empty for no sandbox.
    language_files : a file of translated texts for each language beside English.
    replicates : paired runs of each strategy of a scenario; the scenario's own number by default, and 30 at most.
    package : ``scorm`` for a package that a learning platform takes, by SCORM 1.2.
    force : whether a site that is there is replaced.
    step : called with the name of each lesson and scenario before it is run.

    Returns
    -------
    What was written.

    Raises
    ------
    InputError, InputErrors : the folder cannot be written, a file cannot be used, or a page cannot run a scenario or a
        lesson.

    Examples
    --------
    >>> site = make_site("site", scenarios=["classroom"], lessons=["whispers"], replicates=2)
    >>> site.pages
    ('index.html', 'lesson-05-whispers.html', 'scenario-classroom.html', 'sandbox.html')
    """
    place = Path(folder)
    if package is None:
        check_target(place, force)
    else:
        _check_package(place, package, force)
    content = _content(scenarios, lessons, None if own_lessons is None else Path(own_lessons), sandbox)
    every = languages([Path(one) for one in language_files], content.english())
    content.run(replicates, step or (lambda name: None))
    files: dict[str, str] = {}
    for texts in every:
        own = "" if texts is every[0] else f"{texts.language}/"
        for page, text in _files(_frame(texts, every), content, scenarios, is_packaged=package is not None).items():
            files[own + page] = text
    if package is None:
        with atomic_folder(place, force) as new:
            for name, text in files.items():
                (new / name).parent.mkdir(exist_ok=True)
                write_text(new / name, text)
            receipt = {"command": "spreadsim site", "versions": versions(), "files": hashes(new)}
            write_text(new / RECEIPT, as_json(receipt))
    else:
        with atomic_path(place, "FOLDER") as new:
            new.write_bytes(package_bytes(every[0].say("site", "title"), _items(every[0], content), files))
    pages = tuple(name for name in files if "/" not in name)
    return Site(place, pages, {texts.file: texts.missing for texts in every[1:]})


def _check_package(place: Path, package: str, force: bool) -> None:
    """Refuse a package that cannot be written, before anything is run."""
    if package not in PACKAGES:
        raise InputError("--package", package, "is no kind of package", f"choose {' or '.join(PACKAGES)}")
    if place.suffix != ".zip":
        raise InputError("FOLDER", str(place), "is not the name of a zip", "give a package a name like my-lessons.zip")
    if place.is_dir() or (place.exists() and not force):
        raise InputError(
            "FOLDER", str(place), "exists already", "choose another name, or give --force to replace a zip"
        )
    if not place.absolute().parent.is_dir():
        raise InputError("FOLDER", str(place), "its folder does not exist", "make it first, or choose another place")


def load_scenarios(names: Sequence[str | Path]) -> dict[str, Scenario]:
    """Return scenarios by name.

    Parameters
    ----------
    names : of shipped scenarios, or scenario files.

    Returns
    -------
    Scenarios, in that order.

    Raises
    ------
    InputError, InputErrors : one cannot be used, or two have one name.

    Examples
    --------
    >>> list(load_scenarios(["classroom", "default"]))
    ['classroom', 'default']
    """
    chosen: dict[str, Scenario] = {}
    for one in names:
        scenario = load_scenario(str(one))
        if scenario.name.lower() in {name.lower() for name in chosen}:
            raise InputError(
                "--scenario", str(one), f"is called '{scenario.name}', as another is", "rename one of them"
            )
        chosen[scenario.name] = scenario
    return chosen


def page_of(scenario: str) -> str:
    """Return the file of a scenario's page.

    Parameters
    ----------
    scenario : its name.

    Returns
    -------
    Name of a file.

    Examples
    --------
    >>> page_of("classroom")
    'scenario-classroom.html'
    """
    return f"scenario-{re.sub(r'[^A-Za-z0-9_-]', '-', scenario)}.html"


def _compared(scenario: Scenario, replicates: int | None) -> Comparison:
    n = min(MOST_RUNS, replicates or scenario.run.replicates)
    return compare(scenario, replicates=n, frontier=False, doubt="none", progress=False)


def _lesson_file(name: str) -> str:
    return f"lesson-{name}.html"


def _items(texts: Texts, content: _Content) -> list[Item]:
    """Return the pages that a learning platform lists."""
    items = [Item(_lesson_file(name), texts.say("lessons", name, "title"), True) for name in content.made]
    items += [Item(page_of(name), texts.say("scenarios", name, "title"), False) for name in content.scenarios]
    return [*items, *([] if content.sandbox is None else [Item(SANDBOX, texts.say("sandbox", "title"), False)])]


def _frame(texts: Texts, every: Sequence[Texts]) -> Frame:
    up = "" if texts is every[0] else "../"
    folders = [
        (one.language, one.name, "" if one is texts else (up or "./") if one is every[0] else f"{up}{one.language}/")
        for one in every
    ]
    return Frame(texts, [(INDEX, texts.say("site", "home"))], folders)


def _files(frame: Frame, content: _Content, given: Sequence[str | Path], *, is_packaged: bool) -> dict[str, str]:
    """Return the pages of one language by file; a package's lead nowhere else, for the platform has a list of them."""
    say, english = frame.texts.say, frame.texts.english
    lessons: list[dict[str, str]] = [
        {"page": _lesson_file(name), "title": say("lessons", name, "title"), "idea": say("lessons", name, "idea"),
         "number": str(made.run.lesson.number), "minutes": str(made.run.lesson.table.minutes)}
        for name, made in content.made.items()
    ]  # fmt: skip
    cards = [
        {"page": page_of(name), "title": say("scenarios", name, "title"),
         "question": say("scenarios", name, "question") if ("scenarios", name, "question") in english else ""}
        for name in content.scenarios
    ]  # fmt: skip
    sandbox = "" if content.sandbox is None else SANDBOX
    pages = {}
    if is_packaged:
        frame = Frame(frame.texts, [], frame.languages)
    else:
        pages[INDEX] = render(frame, "index.html.j2", INDEX, lessons=lessons, scenarios=cards, sandbox=sandbox)
    for made, card, following in zip(content.made.values(), lessons, [*lessons[1:], None], strict=False):
        pages[card["page"]] = lesson_page(
            frame, card["page"], made, following=None if is_packaged else following,
            sandbox="" if is_packaged else sandbox, platform=own_file("scorm.js") if is_packaged else "",
        )  # fmt: skip
    for name in content.scenarios:
        comparison = content.comparisons[name]
        pages[page_of(name)] = scenario_page(frame, page_of(name), comparison, _command(name, comparison, given))
    if content.sandbox is not None:
        pages[SANDBOX] = sandbox_page(frame, SANDBOX, content.comparisons[content.sandbox.name])
    return pages


def _command(name: str, comparison: Comparison, given: Sequence[str | Path]) -> str:
    """Return with which command a reader makes a page's numbers; empty for a scenario of one's own."""
    if name not in shipped_names() or name not in [str(one) for one in given]:
        return ""
    return f"spreadsim compare {name} --replicates {comparison.n_replicates}"


def write_texts(
    path: str | Path,
    *,
    scenarios: Sequence[str | Path] = SCENARIOS,
    lessons: Sequence[str] | None = None,
    own_lessons: str | Path | None = None,
    sandbox: str | Path | None = None,
    language_files: Sequence[str | Path] = (),
) -> int:
    """Write the texts of a site for a translator: each in English, and below it what is translated already.

    Parameters
    ----------
    path : of the file, which must not be there yet.
    scenarios, lessons, own_lessons, sandbox : as of `make_site`.
    language_files : one whose translations are kept, or none.

    Returns
    -------
    Number of texts that are still to be translated.

    Raises
    ------
    InputError, InputErrors : the file is there already or cannot be written, or a file cannot be used.

    Examples
    --------
    >>> write_texts("cy.toml", scenarios=["classroom"], lessons=[]) > 50
    True
    """
    target = Path(path)
    if target.exists():
        raise InputError("--texts", str(target), "exists already", "choose another file")
    if not target.absolute().parent.is_dir():
        raise InputError("--texts", str(target), "its folder does not exist", "make it first, or choose another file")
    if len(language_files) > 1:
        raise InputError("--language", str(language_files[1]), "is one too many with --texts", "give one at a time")
    english = _content(scenarios, lessons, None if own_lessons is None else Path(own_lessons), sandbox).english()
    every = languages([Path(one) for one in language_files], english)
    kept = every[1] if len(every) > 1 else None
    with atomic_path(target, "--texts") as new:
        write_text(new, template_text(english, kept))
    return len(kept.missing) if kept else len(english)
