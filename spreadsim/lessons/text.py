"""The text of lessons: Markdown under fixed headings, exercises with worked answers, and the glossary.

What belongs here: splitting a text at its headings, and refusing one that is not whole. What does not: turning Markdown
into HTML.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spreadsim.errors import InputError, nearest
from spreadsim.lessons.document import SECTIONS
from spreadsim.scenario.files import shipped_folder

GLOSSARY = "glossary.md"
MAX_TEXT = 60_000  # bytes of a lesson's text


@dataclass(frozen=True)
class Exercise:
    """A question with its worked answer; both are Markdown."""

    title: str
    text: str
    answer: str


def read_text(path: Path, shown: str) -> tuple[dict[str, str], tuple[Exercise, ...]]:
    """Return the text under each heading of a lesson's Markdown, and its exercises.

    Raises
    ------
    InputError : the file cannot be read, a heading is unknown or missing, or an exercise has no answer.
    """
    parts = _parts(_read(path, shown), "## ")
    text: dict[str, str] = {}
    for heading, body in parts:
        if heading not in SECTIONS:
            raise InputError(shown, heading, "is not a heading of a lesson", nearest(heading, SECTIONS))
        if heading in text:
            raise InputError(shown, heading, "appears twice", "keep one of them")
        if not body.strip():
            raise InputError(shown, heading, "has no text below it", "write it")
        text[heading] = body.strip()
    missing = [heading for heading in SECTIONS if heading not in text]
    if missing:
        raise InputError(shown, "", f"the heading '## {missing[0]}' is missing", "add it, with its text below")
    exercises = []
    for title, body in _parts(text.pop("Exercises"), "### "):
        question, sign, answer = body.partition("#### Answer")
        if not sign or not answer.strip() or not question.strip():
            raise InputError(
                shown,
                f"Exercises: {title}",
                "has no worked answer",
                "write the question, then '#### Answer' and the answer below it",
            )
        exercises.append(Exercise(title, question.strip(), answer.strip()))
    if not exercises:
        raise InputError(shown, "Exercises", "holds no exercise", "begin each with '### ' and its title")
    return text, tuple(exercises)


def glossary() -> list[tuple[str, str]]:
    """Return the terms of the glossary and what each means, as Markdown, in alphabetical order."""
    return sorted(
        ((term, body.strip()) for term, body in _parts(_read(shipped_folder("lessons") / GLOSSARY, GLOSSARY), "## ")),
        key=lambda item: item[0].lower(),
    )


def _read(path: Path, shown: str) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(shown, "", f"cannot be read ({error.strerror})", "write it beside lesson.toml") from None
    if len(content) > MAX_TEXT:
        raise InputError(shown, "", f"has {len(content):,} bytes", f"a lesson's text has at most {MAX_TEXT:,}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(shown, "", f"is not UTF-8 text (byte {error.start})", "save it as UTF-8") from None


def _parts(text: str, mark: str) -> list[tuple[str, str]]:
    """Split Markdown at headings of one depth; what stands before the first is left out."""
    found: list[tuple[str, str]] = []
    fenced = False
    for line in text.splitlines():
        fenced ^= line.lstrip().startswith("```")
        if line.startswith(mark) and not fenced:
            found.append((line[len(mark) :].strip(), ""))
        elif found:
            found[-1] = (found[-1][0], found[-1][1] + line + "\n")
    return found
