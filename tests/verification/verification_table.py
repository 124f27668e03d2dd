"""One row for each known answer, as text: on the screen, and as a table that is kept.

Run as ``python -m pytest`` (the plugin beside this file collects the rows); this module only holds and writes them.
"""

from __future__ import annotations

import os
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2] / "docs" / "verification" / "table.md"
HEAD = ("known answer", "expected", "got", "error", "limit", "verdict")


@dataclass(frozen=True)
class Answer:
    """One known answer and what became of it."""

    case: str
    expected: str
    got: str
    error: str
    limit: str
    met: bool
    test: str = ""
    test_passed: bool = True

    def as_list(self) -> list[Any]:
        """Return the fields as a list that can be sent between processes."""
        return list(astuple(self))

    @classmethod
    def from_list(cls, values: list[Any], test: str, passed: bool) -> Answer:
        """Return the answer that a test sent."""
        return cls(*values[:6], test=test, test_passed=passed)

    @property
    def row(self) -> tuple[str, ...]:
        """The cells of its row."""
        return (self.case, self.expected, self.got, self.error, self.limit, "met" if self.met else "NOT MET")


def as_text(value: Any) -> str:
    """Return a number with six digits, anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:.6g}"


def as_lines(answers: list[Answer]) -> list[str]:
    """Return the table, aligned."""
    rows = [HEAD, *(answer.row for answer in answers)]
    widths = [max(len(row[c]) for row in rows) for c in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    n_met = sum(answer.met for answer in answers)
    return [*lines, f"{n_met} of {len(answers)} known answers met"]


def as_markdown(answers: list[Answer]) -> str:
    """Return the table as Markdown."""
    lines = ["# Known answers", "", "| " + " | ".join(HEAD) + " |", "|-" * len(HEAD) + "|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in answer.row) + " |" for answer in answers]
    n_met = sum(answer.met for answer in answers)
    return "\n".join([*lines, "", f"{n_met} of {len(answers)} known answers met.", ""])


def write_if_asked(answers: list[Answer]) -> list[str]:
    """Write the table where SPREADSIM_WRITE_TABLES=1; return it as lines for the screen."""
    ordered = sorted(answers, key=lambda answer: answer.test)
    lines = as_lines(ordered)
    if os.environ.get("SPREADSIM_WRITE_TABLES") == "1":
        FILE.parent.mkdir(parents=True, exist_ok=True)
        FILE.write_text(as_markdown(ordered), encoding="utf-8")
        lines.append(f"written to {FILE}")
    return lines
