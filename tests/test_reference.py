"""Documents that are made from the code are what the code makes; the README's blocks run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from spreadsim.parameters import declarations
from spreadsim.reference import reference_page
from spreadsim.scenario import Scenario


def test_the_reference_page_is_up_to_date(repository: Path) -> None:
    assert (repository / "docs" / "reference.md").read_text(encoding="utf-8") == reference_page(), (
        "run: python -m spreadsim.reference > docs/reference.md"
    )


@pytest.mark.parametrize("d", list(declarations(Scenario)), ids=lambda d: d.path)
def test_every_parameter_says_what_it_is(d) -> None:
    assert d.meaning.endswith(".")
    assert d.unit
    assert d.evidence in ("published", "set against", "judgement", "assumed", "design")
    if d.evidence in ("published", "set against"):
        assert d.source, "names its source"
    if d.kind == "number":
        assert d.bounds is not None
        assert d.plausible is not None or d.path.endswith(("minimum", "maximum"))
    if d.plausible and d.bounds:
        assert d.bounds[0] <= d.plausible[0] <= d.plausible[1] <= d.bounds[1]
        if d.default is not None:
            assert d.plausible[0] <= d.default <= d.plausible[1]


def blocks(language: str, path: Path) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.S)


def test_the_readmes_python_runs(repository: Path, tmp_path: Path) -> None:
    found = blocks("python", repository / "README.md")
    assert len(found) >= 2
    for block in found:
        done = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, text=True, capture_output=True, check=False)
        assert done.returncode == 0, f"{block}\n{done.stderr}"
        assert done.stdout


def test_the_readmes_first_steps_run(repository: Path, tmp_path: Path) -> None:
    """Every line of the strategy team's steps, at fewer replicates so that the test is quick."""
    (steps,) = [b for b in blocks("sh", repository / "README.md") if b.startswith("spreadsim scenarios")]
    for line in steps.strip().splitlines():
        arguments = line.split()[1:]
        if arguments[0] == "compare":
            arguments += ["--replicates", "3"]
        done = subprocess.run(
            [sys.executable, "-m", "spreadsim.cli", *arguments],
            cwd=tmp_path,
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"


def test_the_readmes_closer_looks_run(repository: Path, tmp_path: Path) -> None:
    """The lines after them, in the folder in which the first steps were taken, with a network of one's own beside."""
    (steps,) = [b for b in blocks("sh", repository / "README.md") if b.startswith("spreadsim components")]
    network = tmp_path / "my-network"
    network.mkdir()
    (network / "services.csv").write_text("id,region\na,north\nb,north\nc,south\n")
    (network / "ties.csv").write_text("source,target\na,b\nb,c\n")
    for line in ["spreadsim compare default --replicates 2 --no-frontier", *steps.strip().splitlines()]:
        done = subprocess.run(
            [sys.executable, "-m", "spreadsim.cli", *line.split()[1:]],
            cwd=tmp_path,
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert done.stdout
