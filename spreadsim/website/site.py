"""A site whole: which pages it has, and the folder that it is written to.

What belongs here: the choice of scenarios and lessons, the files of every language, and writing them whole or not at
all. What does not: what stands in a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spreadsim.comparison.comparison import Comparison, compare
from spreadsim.comparison.try_it import MOST_RUNS
from spreadsim.errors import InputError
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import load_scenario, shipped_names
from spreadsim.telling.atomic import RECEIPT, atomic_folder, atomic_path, check_target
from spreadsim.telling.folder import as_json, hashes, versions, write_text
from spreadsim.website.pages import Frame, render, scenario_page
from spreadsim.website.texts import Place, Texts, english_texts, languages, template_text

SCENARIOS = ("default", "paper-compliance", "sustaining-gains", "equity-first", "one-contact-is-not-enough")
INDEX = "index.html"


@dataclass(frozen=True)
class Site:
    """A site that was written.

    Attributes
    ----------
    folder : with its pages.
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


def make_site(
    folder: str | Path,
    *,
    scenarios: Sequence[str | Path] = SCENARIOS,
    language_files: Sequence[str | Path] = (),
    replicates: int | None = None,
    force: bool = False,
    step: Callable[[str], None] | None = None,
) -> Site:
    """Write a site whose model runs in the reader's browser, whole or not at all; the same bytes each time.

    Parameters
    ----------
    folder : path of the site.
    scenarios : names of shipped scenarios, or scenario files.
    language_files : a file of translated texts for each language beside English.
    replicates : paired runs of each strategy; the scenario's own number by default, and 30 at most.
    force : whether a site that is there is replaced.
    step : called with the name of each page before it is made.

    Returns
    -------
    What was written.

    Raises
    ------
    InputError, InputErrors : the folder cannot be written, a file cannot be used, or a page cannot run a scenario.

    Examples
    --------
    >>> site = make_site("site", scenarios=["classroom"], replicates=2)
    >>> site.pages
    ('index.html', 'scenario-classroom.html')
    """
    place = Path(folder)
    check_target(place, force)
    chosen = load_scenarios(scenarios)
    every = languages([Path(one) for one in language_files], english_texts(chosen.values()))
    comparisons: dict[str, Comparison] = {}
    for name, scenario in chosen.items():
        if step is not None:
            step(name)
        comparisons[name] = _compared(scenario, replicates)
    with atomic_folder(place, force) as new:
        pages: dict[str, None] = {}
        for texts in every:
            own = new if texts is every[0] else new / texts.language
            own.mkdir(exist_ok=True)
            for page, text in _files(_frame(texts, every, chosen), comparisons, scenarios).items():
                write_text(own / page, text)
                pages[page] = None
        receipt = {"command": "spreadsim site", "versions": versions(), "files": hashes(new)}
        write_text(new / RECEIPT, as_json(receipt))
    return Site(place, tuple(pages), {texts.file: texts.missing for texts in every[1:]})


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
    return compare(scenario, replicates=n, frontier=False, doubt="none")


def _frame(texts: Texts, every: Sequence[Texts], chosen: dict[str, Scenario]) -> Frame:
    up = "" if texts is every[0] else "../"
    folders = [
        (one.language, one.name, "" if one is texts else (up or "./") if one is every[0] else f"{up}{one.language}/")
        for one in every
    ]
    menu = [(INDEX, texts.say("site", "home"))]
    menu += [(page_of(name), texts.say("scenarios", name, "title")) for name in chosen]
    return Frame(texts, menu[:1], folders)


def _files(frame: Frame, comparisons: dict[str, Comparison], given: Sequence[str | Path]) -> dict[str, str]:
    """Return the pages of one language by file."""
    say, english = frame.texts.say, frame.texts.english
    cards = [
        {
            "page": page_of(name),
            "title": say("scenarios", name, "title"),
            "question": say("scenarios", name, "question") if ("scenarios", name, "question") in english else "",
        }
        for name in comparisons
    ]
    pages = {INDEX: render(frame, "index.html.j2", INDEX, lessons=[], scenarios=cards, sandbox="")}
    for name, comparison in comparisons.items():
        pages[page_of(name)] = scenario_page(frame, page_of(name), comparison, _command(name, comparison, given))
    return pages


def _command(name: str, comparison: Comparison, given: Sequence[str | Path]) -> str:
    """Return with which command a reader makes a page's numbers; empty for a scenario of one's own."""
    if name not in shipped_names() or name not in [str(one) for one in given]:
        return ""
    return f"spreadsim compare {name} --replicates {comparison.n_replicates}"


def write_texts(
    path: str | Path, *, scenarios: Sequence[str | Path] = SCENARIOS, language_files: Sequence[str | Path] = ()
) -> int:
    """Write the texts of a site for a translator: each in English, and below it what is translated already.

    Parameters
    ----------
    path : of the file, which must not be there yet.
    scenarios : as of `make_site`.
    language_files : one whose translations are kept, or none.

    Returns
    -------
    Number of texts that are still to be translated.

    Raises
    ------
    InputError, InputErrors : the file is there already or cannot be written, or a file cannot be used.

    Examples
    --------
    >>> write_texts("cy.toml", scenarios=["classroom"]) > 50
    True
    """
    target = Path(path)
    if target.exists():
        raise InputError("--texts", str(target), "exists already", "choose another file")
    if not target.absolute().parent.is_dir():
        raise InputError("--texts", str(target), "its folder does not exist", "make it first, or choose another file")
    if len(language_files) > 1:
        raise InputError("--language", str(language_files[1]), "is one too many with --texts", "give one at a time")
    english = english_texts(load_scenarios(scenarios).values())
    every = languages([Path(one) for one in language_files], english)
    kept = every[1] if len(every) > 1 else None
    with atomic_path(target, "--texts") as new:
        write_text(new, template_text(english, kept))
    return len(kept.missing) if kept else len(english)
