"""The app's command with a record of what its process connects to, writes and removes: one line each.

``python -m tests.app.server.recorded_app RECORD ...`` takes the command's own options after the name of the record.
"""

from __future__ import annotations

import os
import sys
from typing import Any

CHANGES = ("os.remove", "os.rmdir", "os.rename", "os.mkdir", "os.link", "os.symlink", "shutil.rmtree", "os.truncate")
OUTSIDE = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system")
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def record_to(path: str) -> None:
    """Record from now on what this process changes and whom it asks."""
    record = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        is_write = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & WRITES)
        if event in CHANGES or event in OUTSIDE or is_write:
            os.write(record, f"{event} {arguments[1:2] if event == 'socket.connect' else arguments[:2]}\n".encode())

    sys.addaudithook(hook)


if __name__ == "__main__":
    record_to(sys.argv.pop(1))
    from spreadsim.cli.app import app

    app()
