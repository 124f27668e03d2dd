"""Where the best latitude lies, and that the pages on it and on what is said of spread are whole."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


def experiment(repository: Path, name: str) -> ModuleType:
    """Return an experiment as a module."""
    spec = importlib.util.spec_from_file_location(f"{name}_experiment", repository / "experiments" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("clarity", "spread", "lowest", "highest"),
    [(0.5, 1.75, 0.25, 0.75), (1.0, 1.0, 1.0, 1.0), (0.5, 0.0, 0.0, 0.0)],
    ids=["a core that can be hurt and contexts that differ", "nobody can hurt the core", "nothing to fit"],
)
def test_the_best_latitude_is_inside_unless_one_side_of_the_balance_is_empty(
    repository: Path, clarity: float, spread: float, lowest: float, highest: float
) -> None:
    m = experiment(repository, "latitude")
    best = m.best(m.Case("", {m.CLARITY: clarity, m.SPREAD: spread}), "benefit", 16)
    assert lowest <= best.latitude <= highest
    assert best.is_between == (lowest > 0.0 and highest < 1.0)


def test_a_price_in_proportion_puts_the_best_at_an_end(repository: Path) -> None:
    m = experiment(repository, "latitude")
    assert m.best(m.Case("", m.LINEAR), "benefit", 16).latitude == 0.0


@pytest.mark.parametrize("name", ["latitude", "seed"])
def test_the_page_is_of_this_experiment(repository: Path, name: str) -> None:
    text = (repository / "docs" / "verification" / f"{name}.md").read_text(encoding="utf-8")
    m = experiment(repository, name)
    for words in [one.text for one in m.SENTENCES] if name == "seed" else [case.title for case in m.OTHERS]:
        assert f"| {words} |" in text, f"run: python experiments/{name}.py --write"


def test_a_sentence_is_carried_or_not_by_its_interval(repository: Path) -> None:
    m = experiment(repository, "seed")
    place = next(k for k, one in enumerate(m.SENTENCES) if one.measure == "in_name_only")
    assert m.result(place, 6).verdict == "carried"
    m.SENTENCES = (m.Sentence("The reverse.", "in_name_only", False, "organic", "top-down"),)
    m._run.cache_clear()
    assert m.result(0, 6).verdict == "**contradicted**"
    m.SENTENCES = (m.Sentence("None.", "in_name_only", True, "a", "b", strategies={"a": m.BLEND, "b": m.BLEND}),)
    m._run.cache_clear()
    assert m.result(0, 6).verdict == "not shown"
