"""A fault of ours: what is written down of it, so that whoever meets it can send it.

What belongs here: the bundle: versions, the command, what was read, and the traceback, without the user's paths, tokens
or data. What does not: errors that a user can do something about, which are told in words (``errors``).
"""

from __future__ import annotations

import platform
import re
import tempfile
import traceback
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from spreadsim.errors import InputError
from spreadsim.input_files import is_file, read_text

EXIT_CODE = 70  # EX_SOFTWARE of BSD's sysexits.h: an internal fault
MAX_INPUT = 200_000  # bytes of a scenario or experiment file that is put into the bundle
_SECRET = re.compile(r"(--?token[= ]|token=)\S+", re.IGNORECASE)


def scrubbed(text: str) -> str:
    """Return text without what is private: the user's home, the current folder, and tokens.

    Parameters
    ----------
    text : any.

    Returns
    -------
    str
        The same, with ``~``, ``.`` and ``...`` in their places.

    Examples
    --------
    >>> scrubbed("spreadsim app --token abc --port 1")
    'spreadsim app --token ... --port 1'
    """
    text = _SECRET.sub(r"\1...", text)
    for place, mark in ((str(Path.cwd()), "."), (str(Path("~").expanduser()), "~")):
        if len(place) > 1:
            text = text.replace(place, mark)
    return text


def write_bundle(error: BaseException, arguments: Sequence[str], folder: Path | None = None) -> Path:
    """Write what is known of a fault as one file that can be sent.

    Parameters
    ----------
    error : what was raised.
    arguments : the command's.
    folder : where to write; the system's temporary folder by default.

    Returns
    -------
    Path
        The bundle: ``fault.txt`` with versions, command and traceback, and those scenario and experiment files that
        the command names. Of other files it holds names and sizes alone.

    Raises
    ------
    OSError : nothing can be written there.

    Examples
    --------
    >>> path = write_bundle(ValueError("a sum is negative"), ["compare", "default"], Path("."))
    >>> zipfile.ZipFile(path).namelist()
    ['fault.txt']
    """
    from spreadsim.telling.folder import versions

    lines = [
        f"{name}: {version}" for name, version in {**versions(), "system": platform.platform()}.items()
    ]  # fmt: skip
    lines += ["", "spreadsim " + scrubbed(" ".join(arguments)), ""]
    texts: dict[str, str] = {}
    for argument in arguments:
        path = Path(argument)
        if argument.startswith("-") or not is_file(path):
            continue
        lines.append(f"{path.name}: {path.stat().st_size:,} bytes")
        if path.suffix == ".toml":
            try:
                texts[f"input/{path.name}"] = scrubbed(read_text(path, path.name, MAX_INPUT))
            except InputError as unreadable:
                lines.append(str(unreadable))
    lines += ["", scrubbed("".join(traceback.format_exception(error)))]
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    home = folder or Path(tempfile.gettempdir())
    with tempfile.NamedTemporaryFile(prefix=f"spreadsim-fault-{stamp}-", suffix=".zip", dir=home, delete=False) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
            bundle.writestr("fault.txt", "\n".join(lines))
            for name, text in texts.items():
                bundle.writestr(name, text)
        return Path(file.name)
