"""Commands as a user gives them: in a process of their own, or in this one, which has its packages loaded already."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

from spreadsim.cli import main


def spreadsim(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Give a command in a folder, in this process; return its exit code and what it printed."""
    code, out, err = 0, io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        patch.dict(os.environ, environment),
        patch("sys.argv", ["spreadsim", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def spreadsim_process(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Give a command in a folder, in a process of its own; return its exit code and what it printed."""
    return subprocess.run(
        [sys.executable, "-m", "spreadsim.cli", *arguments],
        cwd=folder,
        text=True,
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )
