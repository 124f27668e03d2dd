"""Whatever a command prints fits 80 columns, but for lines that name a file and a command to copy."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from spreadsim.cli import commands
from spreadsim.telling.terminal import WIDTH

EXPERIMENT = """
format = 1
name = "grid"
scenario = "classroom"
strategy = "one-neighbour-is-enough"
[run]
replicates = 3
months = 6
[design]
method = "sobol"
samples = 8
[levers]
mandate = [0.0, 1.0]
[uncertainties]
"behaviour.drift.rate" = "plausible"
"behaviour.copying.error_from_peer" = "plausible"
[outcomes]
measures = ["benefit", "reach"]
"""
TARGETS = """
[[targets]]
name = "uptake"
measure = "reported_uptake"
strategy = "one-neighbour-is-enough"
value = 0.5
standard_error = 0.3
source = "assumed"
[parameters]
"behaviour.awareness.broadcast_rate" = "plausible"
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grid.toml").write_text(EXPERIMENT)
    (tmp_path / "targets.toml").write_text(TARGETS)
    return tmp_path


def printed(line: str) -> list[str]:
    done = CliRunner().invoke(commands, line.split())
    assert done.exit_code == 0, done.output
    return [text for text in done.output.split("\n") if "results/" not in text]


@pytest.mark.parametrize(
    "line",
    [
        "scenarios",
        "check default",
        "check best-balance",
        "explain classroom --service service-0002",
        "frontier classroom --replicates 2 --workers 1",
        "frontier classroom --levers mandate,latitude --steps 2 --replicates 2 --workers 1",
        "components classroom --replicates 2 --workers 1",
        "fit classroom targets.toml --population 10 --simulations 50",
        "advise classroom --months 12 --candidates 10 --search-replicates 2 --replicates 2 --workers 1",
    ],
)
def test_what_is_printed_fits(line: str, place: Path) -> None:
    assert max(map(len, printed(line))) <= WIDTH


def test_sweep_and_its_analysis_fit_and_wide_lines_do_not(place: Path) -> None:
    assert max(map(len, printed("sweep grid.toml --workers 1"))) <= WIDTH
    folded, wide = printed("analyse results/grid"), printed("analyse results/grid --wide")
    assert max(map(len, folded)) <= WIDTH < max(map(len, wide))
    assert " ".join(" ".join(folded).split()) == " ".join(" ".join(wide).split())


def test_an_analysis_is_not_replaced_in_silence(place: Path) -> None:
    printed("sweep grid.toml --workers 1")
    first = CliRunner().invoke(commands, ["analyse", "results/grid", "--measure", "reach"])
    again = CliRunner().invoke(commands, ["analyse", "results/grid", "--measure", "benefit"])
    assert "was replaced" not in first.output
    assert "results/grid/analysis was replaced: " in again.output
    assert "files differ" in again.output
