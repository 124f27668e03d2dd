"""The description of the model says what the code says: its tables, its figures, its rules, its headings."""

from __future__ import annotations

import importlib.util
import inspect
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from spreadsim import rules

HEADINGS = (
    "Purpose and patterns",
    "Entities, state variables and scales",
    "Process overview and scheduling",
    "Design concepts",
    "Initialization",
    "Input data",
    "Submodels",
)
CONCEPTS = (
    "Basic principles",
    "Emergence",
    "Adaptation",
    "Objectives",
    "Learning",
    "Prediction",
    "Sensing",
    "Interaction",
    "Stochasticity",
    "Collectives",
    "Observation",
)


@pytest.fixture(scope="module")
def make_model(repository: Path) -> ModuleType:
    """The script that fills the document."""
    spec = importlib.util.spec_from_file_location("make_model", repository / "docs" / "make_model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def text(repository: Path) -> str:
    """The document."""
    return (repository / "docs" / "model.md").read_text(encoding="utf-8")


def test_tables_and_figures_are_those_of_the_code(make_model: ModuleType, text: str) -> None:
    assert make_model.fill(text) == text, "run: python docs/make_model.py"
    assert set(re.findall(r"<!-- begin (\w+) -->", text)) == set(make_model.BLOCKS)


def test_the_headings_are_those_of_the_protocol(text: str) -> None:
    found = re.findall(r"^## \d+\. (.*)$", text, flags=re.M)
    assert tuple(found[: len(HEADINGS)]) == HEADINGS
    assert re.findall(r"^# (.*)$", text, flags=re.M) == ["The model", "Overview", "Design concepts", "Details"]
    assert tuple(re.findall(r"^\*\*(.*?)\.\*\*", text, flags=re.M))[: len(CONCEPTS)] == CONCEPTS


def test_every_rule_stands_in_it(text: str) -> None:
    names = {
        name for name, value in vars(rules).items() if inspect.isfunction(value) and value.__module__ == rules.__name__
    }
    assert {name for name in names if not re.search(rf"\b{name}\b", text)} == set()


def test_what_it_points_to_is_there(text: str, repository: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (repository / "docs" / target).exists(), target
    for script in re.findall(r"`python (\S+\.py)", text):
        assert (repository / script).exists(), script


def test_all_patterns_are_measured_and_those_that_fail_are_explained(repository: Path) -> None:
    page = (repository / "docs" / "verification" / "patterns.md").read_text(encoding="utf-8")
    summary, _, rest = page.partition("## Measured")
    rows = re.findall(r"^\| (\d+) \|.*\| (.*?) \|$", summary, flags=re.M)
    assert [int(number) for number, _ in rows] == [*range(1, 24)]
    for number, verdict in rows:
        assert verdict == "met" or f"- **{number}. " in rest, f"pattern {number} fails and is not explained"
    assert len(re.findall(r"^\| \d+ \|", rest, flags=re.M)) > 40
