"""Uploads go with the server that held them: on SIGTERM, and after a kill with the next start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("solara", reason="the app's packages are not installed")

from spreadsim.app.server import uploads

SERVER = """
from spreadsim.app.application import listening_socket, serve
from spreadsim.app.server.uploads import upload_store
def ready():
    print(upload_store.folder(upload_store.add({"services.csv": b"id"})), flush=True)
serve("127.0.0.1", listening_socket("127.0.0.1", 0), "", ready)
"""
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of this kind are not on Windows")


@contextmanager
def server(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Serve the app with one upload; yield its process and where the upload lies."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER], env={**os.environ, "TMPDIR": str(folder)}, text=True, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        upload = Path(process.stdout.readline().strip())
        assert (upload / "network" / "services.csv").is_file()
        yield process, upload
    finally:
        process.kill()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def left_in(folder: Path) -> list[str]:
    """Return the folders of uploads in a temporary folder."""
    return sorted(path.name for path in folder.glob(f"{uploads.PREFIX}*"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_uploads_go_when_the_server_is_told_to_stop(tmp_path: Path, number: int) -> None:
    with server(tmp_path) as (process, upload):
        process.send_signal(number)
        process.wait(20)
        assert not upload.exists()
        assert left_in(tmp_path) == []


def test_what_a_killed_server_left_goes_with_the_next_start(tmp_path: Path) -> None:
    with server(tmp_path) as (killed, upload):
        killed.kill()
        killed.wait(10)
        assert upload.exists()
        with server(tmp_path) as (_, other), server(tmp_path) as (_, third):
            assert not upload.exists()
            assert other.exists()  # of a server that runs
            assert third.exists()


def test_only_what_is_surely_left_behind_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads.tempfile, "gettempdir", lambda: str(tmp_path))
    precious = tmp_path / "precious"
    precious.mkdir()
    (tmp_path / f"{uploads.PREFIX}link").symlink_to(precious)
    (tmp_path / f"{uploads.PREFIX}file").write_text("not a folder")
    (tmp_path / f"{uploads.PREFIX}new").mkdir()  # not locked yet
    (tmp_path / "spreadsim-other").mkdir()
    old = tmp_path / f"{uploads.PREFIX}old"
    old.mkdir()
    before = time.time() - 2 * uploads.SECONDS_TO_LOCK
    os.utime(old, (before, before))
    uploads.remove_left_behind()
    assert left_in(tmp_path) == [f"{uploads.PREFIX}{name}" for name in ("file", "link", "new")]
    assert precious.is_dir()
    assert (tmp_path / "spreadsim-other").is_dir()


def test_a_closed_store_can_be_used_again() -> None:
    store = uploads.UploadStore()
    folder = store.folder(first := store.add({"services.csv": b"id"}))
    assert folder is not None
    store.close()
    assert not folder.exists()
    assert store.folder(first) is None
    assert store.folder(store.add({"services.csv": b"id"})) is not None
    store.close()
