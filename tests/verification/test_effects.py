"""Every declared parameter changes some outcome somewhere; where one is inert, that is expected and explained.

The table itself, with effects told from luck, is written by experiments/effects.py; here a few replicates are
enough, since with the same luck an inert parameter leaves every measure equal to the last bit.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from spreadsim.parameters import declarations
from spreadsim.scenario.document import Scenario


@pytest.fixture(scope="module")
def effects(repository: Path) -> ModuleType:
    """The experiment, as a module."""
    path = repository / "experiments" / "effects.py"
    spec = importlib.util.spec_from_file_location("effects_experiment", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def inert(effects: ModuleType) -> dict[str, set[str]]:
    """For each move, the strategies in which nothing changes to the last bit."""
    moves = effects.moves()
    found = effects.outcomes(3, moves)
    return {
        move.label: {
            name
            for s, name in enumerate(effects.STRATEGIES)
            if all(
                np.array_equal(found[move.label, place][s], found[move.base, 0][s], equal_nan=True) for place in (0, 1)
            )
        }
        for move in moves
    }


def test_every_declared_parameter_is_moved(effects: ModuleType) -> None:
    moved = {move.path for move in effects.moves()}
    tables = ("services.", "programme.", "behaviour.", "cost.", "network.peer_ties.")
    of_scenario = {d.path for d in declarations(Scenario) if d.path.startswith(tables)}
    assert of_scenario <= moved
    assert {"intervention.core_exponent", "intervention.mechanism_clarity"} <= moved
    assert {f"strategies.{name}" for name in ("balance", "mandate", "latitude", "monitoring")} <= moved
    for move in effects.moves():
        assert (move.low, move.high) != (None, None), f"{move.path} has no range"


def test_every_parameter_changes_something_somewhere(effects: ModuleType, inert: dict[str, set[str]]) -> None:
    everywhere = set(effects.STRATEGIES)
    acts = {move.path for move in effects.moves() if inert[move.label] != everywhere}
    assert {move.path for move in effects.moves()} == acts


def test_every_choice_changes_something(effects: ModuleType, inert: dict[str, set[str]]) -> None:
    everywhere = set(effects.STRATEGIES)
    assert [move.label for move in effects.moves() if "=" in move.label and inert[move.label] == everywhere] == []


def test_what_is_inert_is_explained(effects: ModuleType, inert: dict[str, set[str]], repository: Path) -> None:
    everywhere = set(effects.STRATEGIES)
    nowhere = {move.path for move in effects.moves() if not move.context and inert[move.label] == everywhere}
    assert nowhere == set(effects.CONTEXTS)
    partly = {move.path for move in effects.moves() if set() < inert[move.label] < everywhere}
    assert set(effects.PARTLY) <= partly
    written = (repository / "docs" / "verification" / "effects.md").read_text(encoding="utf-8")
    assert effects.UNEXPLAINED not in written
    for move in effects.moves():
        assert f"`{move.label}`" in written, "run: python experiments/effects.py"


def test_marks_tell_effects_from_luck(effects: ModuleType) -> None:
    luck = np.random.default_rng(3).normal(size=30)
    assert effects.mark(luck, luck, luck) == "0"
    assert effects.mark(luck, luck + 1.0, luck + 2.0 + 0.01 * luck) == "+"
    assert effects.mark(luck + 2.0 + 0.01 * luck, luck + 1.0, luck) == "-"
    assert effects.mark(luck, luck + 1.0 + 0.01 * luck, luck + 0.001 * np.roll(luck, 1)) == "~"
    assert effects.mark(luck, np.roll(luck, 1), np.roll(luck, 2)) == "."
