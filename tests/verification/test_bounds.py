"""Every command runs with the oldest and the newest dependencies that are declared, on each Python that is found."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.mark.verification
@pytest.mark.skipif(
    shutil.which("uv") is None and importlib.util.find_spec("uv") is None, reason="uv, which installs, is not here"
)
def test_every_command_runs_at_the_declared_bounds() -> None:
    script = Path(__file__).parents[2] / ".ci" / "bounds"
    done = subprocess.run([script, "--every-python"], text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok      ") >= 3
