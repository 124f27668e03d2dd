"""The command that serves the app: app."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import urlencode

import click

from spreadsim.errors import InputError, MissingExtraError

NEEDS = "solara"


def _own_address() -> str:
    """Return the address under which this machine is likely to be reached from its own network."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address set aside for examples: nothing is sent to it
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8765, show_default=True, help="Port; 0 uses any free one."
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on. Any other than this machine's own requires a token, which is made if not given.",
)
@click.option("--token", default="", help="Token that visitors need [default: made where one is required].")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.option(
    "--sweeps",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Folder of sweeps for the screen Sweeps [default: results, if only this machine can reach the app].",
)
@click.option("--lesson", metavar="NAME", help="Open a lesson, by its number or name.")
@click.option("--class", "teaching", is_flag=True, help="Open the page for starting a class.")
@click.option(
    "--lessons", "own", type=click.Path(file_okay=False, path_type=Path), help="Folder with your own lessons."
)
def app(
    port: int, host: str, token: str, no_browser: bool, sweeps: Path | None, lesson: str | None, teaching: bool,
    own: Path | None,
) -> None:  # fmt: skip
    """Explore, compare and decide in a browser: serves the app on this machine.

    \b
    Examples:
      spreadsim app --port 8765
      spreadsim app --sweeps results
      spreadsim app --lesson 1
      spreadsim app --class --host 0.0.0.0
    """
    import importlib.util

    if importlib.util.find_spec(NEEDS) is None:
        raise MissingExtraError(
            'the app needs more packages; install them with: python -m pip install "spreadsim[app]"'
        )
    if lesson is not None or own is not None:
        from spreadsim.lessons.files import find_lesson, lesson_folders, load_lesson

        folders = lesson_folders(own)
        for folder in folders:
            load_lesson(folder)
        lesson = find_lesson(lesson, folders).name if lesson is not None else None
    if own is not None:
        os.environ["SPREADSIM_LESSONS"] = str(own.resolve())
    from spreadsim.app.application import listening_socket, serve
    from spreadsim.app.server import sweep_folders
    from spreadsim.app.server.security import is_loopback
    from spreadsim.drivers.compilation import is_compiled
    from spreadsim.drivers.first_run import compile_now

    default_folder = Path("results") if is_loopback(host) and Path("results").is_dir() else None
    sweep_folders.offer_folder(sweeps or default_folder)
    if token and (len(token) < 16 or not token.replace("-", "").replace("_", "").isalnum() or not token.isascii()):
        raise InputError(
            "--token",
            "",
            "is too short, or holds other characters",
            "give at least 16 letters, digits, hyphens or underscores",
        )
    if not is_loopback(host) and not token:
        token = secrets.token_urlsafe(24)
    try:
        listener = listening_socket(host, port)
    except OSError as error:
        raise InputError(
            "--port",
            str(port),
            f"cannot listen on {host} ({error.strerror})",
            "choose another port, or 0 for a free one",
        ) from None
    number = listener.getsockname()[1]
    shown_host = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    query = urlencode([item for item in (("token", token), ("lesson", lesson)) if item[1]])
    address = f"http://{shown_host}:{number}/" + ("class" if teaching else "") + (f"?{query}" if query else "")
    class_address = (
        f"http://{_own_address()}:{number}/" if host in ("0.0.0.0", "::") else f"http://{shown_host}:{number}/"
    )
    if not is_loopback(host):
        os.environ.setdefault("SPREADSIM_JOIN", class_address)

    def ready() -> None:
        click.echo(f"spreadsim is at {address}")
        if teaching and not is_loopback(host):
            click.echo(f"Students of a class go to {os.environ['SPREADSIM_JOIN']}join")
        if not is_loopback(host):
            click.echo(
                "Anyone who has this whole address can use the app. Replace the host in it with this machine's name."
            )
        click.echo("Stop it with Ctrl+C.")
        if not no_browser:
            import webbrowser

            webbrowser.open(address)

    if not is_compiled():
        click.echo("Compiling the model, once: about half a minute ...", err=True)
    compile_now()
    serve(host, listener, token, ready)


if __name__ == "__main__":
    app()
