"""Documents that are made from the code are what the code makes."""

from __future__ import annotations

import click
import pytest

import spreadsim as ss
from spreadsim.cli import commands
from spreadsim.levers import AS_BEFORE
from spreadsim.outcomes.measures import MEASURES
from spreadsim.parameters import declarations
from spreadsim.scenario.document import Scenario
from tests.manual.scripts import DOCS, script


def test_the_reference_pages_are_up_to_date() -> None:
    assert script("make_reference").stale() == [], "run: python docs/make_reference.py"


def test_nothing_is_missing_from_the_reference() -> None:
    """Every command and option, field, measure and public name has its place."""
    written = {name: (DOCS / name).read_text(encoding="utf-8") for name in script("make_reference").PAGES}
    for name, command in commands.commands.items():
        assert f"\n## {name}\n" in written["reference/commands.md"]
        for option in command.params:
            if isinstance(option, click.Option):
                assert f"`{option.opts[0]}`" in written["reference/commands.md"], option.opts
    for d in declarations(Scenario):
        assert f"| `{d.path}` |" in written["reference.md"]
    for measure in MEASURES:
        assert f"| `{measure.name}` |" in written["reference.md"]
    for name in ss.__all__:
        assert f"\n## {name}\n" in written["reference/python.md"]


@pytest.mark.parametrize("d", list(declarations(Scenario)), ids=lambda d: d.path)
def test_every_parameter_says_what_it_is(d) -> None:
    assert d.meaning.endswith(".")
    assert d.unit
    assert d.evidence in ("published", "set to match", "judgement", "assumed", "design")
    if d.evidence in ("published", "set to match"):
        assert d.source, "names its source"
    if d.kind == "number":
        assert d.bounds is not None
        assert d.plausible is not None or d.path.endswith(("minimum", "maximum"))
    if d.plausible and d.bounds:
        assert d.bounds[0] <= d.plausible[0] <= d.plausible[1] <= d.bounds[1]
        if d.default not in (None, AS_BEFORE):
            assert d.plausible[0] <= d.default <= d.plausible[1]
