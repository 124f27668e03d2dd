"""What a type checker and an editor make of the package: a slip of the pen is an error before anything runs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import spreadsim as ss
from tests.conftest import REPOSITORY

PACKAGE = Path(ss.__file__).parent

# Each line of a user's file, and what the checker says of it: nothing, or an error with these words.
LINES = (
    ('ss.compare("default", replicates=3).values("blend", "benefit").mean()', ""),
    ('ss.compare("default", replicats=3)', 'Unexpected keyword argument "replicats" for "compare"'),
    ('ss.compare("default", replicates="3")', "incompatible type"),
    ('ss.compare("default").sumary()', '"Comparison" has no attribute "sumary"'),
    ("ss.compar", 'Module has no attribute "compar"'),
    ('ss.load_scenario("default").run.month', '"Run" has no attribute "month"'),
    ('ss.sweep("clustering").poins', '"Sweep" has no attribute "poins"'),
    ('ss.load_network("net").metrics()', ""),
    ('ss.SpreadModel("default").run().b.adoption.externl_influence', '"Adoption" has no attribute'),
    ('ss.compare("default", service_class=ss.Network)', "incompatible type"),
)


def checked(*arguments: str) -> list[str]:
    """Return the errors that mypy finds, by the repository's own settings."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", "--no-error-summary", *arguments],
        cwd=REPOSITORY, text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode < 2, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_a_slip_in_a_call_fails_the_type_check(tmp_path: Path) -> None:
    file = tmp_path / "users_file.py"
    file.write_text("import spreadsim as ss\n" + "".join(f"{line}\n" for line, _ in LINES), encoding="utf-8")
    found = checked(str(file))
    for number, (line, words) in enumerate(LINES, start=2):
        said = [error for error in found if f"users_file.py:{number}:" in error]
        assert bool(said) == bool(words), (line, said)
        assert not words or words in said[0], (line, said)


@pytest.mark.parametrize(
    ("as_it_is", "slip", "words"),
    [
        ("b.adoption.observability", "b.adoption.observabilty", '"Adoption" has no attribute "observabilty"'),
        ("m.co_production)", "m.coproduction)", '"Levers" has no attribute "coproduction"'),
        ("v.core_share <= 0.0", "v.coreshare <= 0.0", '"Intervention" has no attribute "coreshare"'),
    ],
)
def test_a_slip_in_the_rulebook_fails_the_type_check(tmp_path: Path, as_it_is: str, slip: str, words: str) -> None:
    rules, copy = PACKAGE / "rules.py", tmp_path / "rules.py"
    text = rules.read_text(encoding="utf-8")
    assert as_it_is in text
    copy.write_text(text.replace(as_it_is, slip), encoding="utf-8")
    found = checked("--shadow-file", str(rules), str(copy), str(rules))
    assert found
    assert all(words in error for error in found), found


def test_an_editor_completes_the_public_names() -> None:
    """`dir` lists the names of the stub, and each of them is there."""
    stub = ast.parse(Path(ss.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    names = {alias.name for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert set(dir(ss)) == set(ss.__all__) == names
    listed = next(node for node in stub.body if isinstance(node, ast.Assign))
    assert ast.literal_eval(listed.value) == sorted(names)
    for name in names:
        assert getattr(ss, name).__name__ == name
