"""The table of known answers: what was expected, what the program got, how far apart they are.

Use: a test asks for the fixture `known_answer` and calls it once for each answer that it checks, before it asserts. At
the end of the run all of them are printed, and written to docs/verification/table.md if SPREADSIM_WRITE_TABLES=1.

``pytest -m verification`` runs the long tests marked so and every test that fills this table; a plain run leaves out
the long ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.verification.verification_table import Answer, as_text, write_if_asked

_KEY = "known answer"
_answers: list[Answer] = []


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Count every test with known answers as verification where verification alone is asked for."""
    if str(config.getoption("markexpr", "") or "").strip() == "verification":
        for item in items:
            if "known_answer" in getattr(item, "fixturenames", ()):
                item.add_marker("verification")


@pytest.fixture
def known_answer(request: pytest.FixtureRequest) -> Callable[..., bool]:
    """Return a function that notes one known answer and returns whether it is met.

    Call it as ``known_answer(case, expected, got, error, met, limit)``: numbers or words; `error` in the unit of
    `limit`, for instance standard errors.
    """

    def note(case: str, expected: Any, got: Any, error: Any, met: bool, limit: Any = "") -> bool:
        answer = Answer(case, as_text(expected), as_text(got), as_text(error), as_text(limit), bool(met))
        request.node.user_properties.append((_KEY, answer.as_list()))
        return bool(met)

    return note


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Take what a test noted; reports come from every worker."""
    if report.when == "call":
        for key, value in report.user_properties:
            if key == _KEY:
                _answers.append(Answer.from_list(value, report.nodeid, report.passed))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table."""
    if not _answers:
        return
    terminalreporter.section("known answers")
    for line in write_if_asked(_answers):
        terminalreporter.write_line(line)
