"""The text of lessons: Markdown under fixed headings, exercises with worked answers, and the glossary.

What belongs here: splitting a text at its headings, and refusing one that is not whole. What does not: turning Markdown
into HTML.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spreadsim import input_files
from spreadsim.errors import InputError, nearest
from spreadsim.lessons.document import SECTIONS
from spreadsim.scenario.files import shipped_folder

GLOSSARY = "glossary.md"
MAX_TEXT = 60_000  # bytes of a lesson's text


@dataclass(frozen=True)
class Exercise:
    """A question with its worked answer; both are Markdown.

    Attributes
    ----------
    title, text, answer : heading, question and worked answer.

    Examples
    --------
    >>> Exercise("How many?", "Count the services that ...", "There are 12.").title
    'How many?'
    """

    title: str
    text: str
    answer: str


def read_text(path: Path, file: str) -> tuple[dict[str, str], tuple[Exercise, ...]]:
    """Return the text under each heading of a lesson's Markdown, and its exercises.

    Parameters
    ----------
    path : of the Markdown file.
    file : name under which faults are reported.

    Returns
    -------
    Markdown by heading, and the exercises.

    Raises
    ------
    InputError : the file cannot be read, a heading is unknown or missing, or an exercise has no answer.

    Examples
    --------
    >>> text, exercises = read_text(shipped_folder("lessons") / "01-one-contact" / "lesson.md", "lesson.md")
    >>> list(text)[:2], len(exercises) > 0
    (['The question', 'Predict'], True)
    """
    parts = _parts(_read(path, file), "## ")
    text: dict[str, str] = {}
    for heading, body in parts:
        if heading not in SECTIONS:
            raise InputError(file, heading, "is not a heading of a lesson", nearest(heading, SECTIONS))
        if heading in text:
            raise InputError(file, heading, "appears twice", "keep one of them")
        if not body.strip():
            raise InputError(file, heading, "has no text below it", "write it")
        text[heading] = body.strip()
    missing = [heading for heading in SECTIONS if heading not in text]
    if missing:
        raise InputError(file, "", f"the heading '## {missing[0]}' is missing", "add it, with its text below")
    exercises = []
    for title, body in _parts(text.pop("Exercises"), "### "):
        question, sign, answer = body.partition("#### Answer")
        if not sign or not answer.strip() or not question.strip():
            raise InputError(
                file,
                f"Exercises: {title}",
                "has no worked answer",
                "write the question, then '#### Answer' and the answer below it",
            )
        exercises.append(Exercise(title, question.strip(), answer.strip()))
    if not exercises:
        raise InputError(file, "Exercises", "holds no exercise", "begin each with '### ' and its title")
    return text, tuple(exercises)


def glossary() -> list[tuple[str, str]]:
    """Return the terms of the glossary and what each means.

    Returns
    -------
    Term and Markdown, in alphabetical order.

    Examples
    --------
    >>> terms = [term for term, _ in glossary()]
    >>> terms == sorted(terms, key=str.lower)
    True
    """
    return sorted(
        ((term, body.strip()) for term, body in _parts(_read(shipped_folder("lessons") / GLOSSARY, GLOSSARY), "## ")),
        key=lambda item: item[0].lower(),
    )


def _read(path: Path, file: str) -> str:
    return input_files.read_text(path, file, MAX_TEXT, "a lesson's text")


def _parts(text: str, mark: str) -> list[tuple[str, str]]:
    """Split Markdown at headings of one depth; what stands before the first is left out."""
    parts: list[tuple[str, str]] = []
    in_fence = False
    for line in text.splitlines():
        in_fence ^= line.lstrip().startswith("```")
        if line.startswith(mark) and not in_fence:
            parts.append((line[len(mark) :].strip(), ""))
        elif parts:
            parts[-1] = (parts[-1][0], parts[-1][1] + line + "\n")
    return parts
