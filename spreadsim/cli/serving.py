"""The command that serves the app: app."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from spreadsim.errors import InputError, MissingExtraError

NEEDS = "solara"


@click.command()
@click.option("--port", type=click.IntRange(0, 65_535), default=8765, show_default=True,
              help="Port; 0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True,
              help="Address to listen on. Other than this machine's own, a token is required and made.")
@click.option("--token", default="", help="Token that visitors must bring [default: made where one is required].")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.option("--sweeps", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER",
              help="Folder whose sweeps the screen Sweeps offers [default: results, on this machine alone].")
@click.option("--lesson", metavar="NAME", help="Open a lesson (reserved: lessons are not part of the app yet).")
def app(port: int, host: str, token: str, no_browser: bool, sweeps: Path | None, lesson: str | None) -> None:
    """Explore, compare and decide in a browser: serves the app on this machine.

    \b
    Examples:
      spreadsim app --port 8765
      spreadsim app --sweeps results
    """
    import importlib.util

    if lesson is not None:
        raise InputError("--lesson", lesson, "lessons are not part of the app yet", "leave --lesson out")
    if importlib.util.find_spec(NEEDS) is None:
        raise MissingExtraError(
            'the app needs more packages; install them with: python -m pip install "spreadsim[app]"'
        )
    from spreadsim.app import sweep_folders
    from spreadsim.app.security import is_loopback
    from spreadsim.app.server import free_socket, serve

    usual = Path("results") if is_loopback(host) and Path("results").is_dir() else None
    sweep_folders.offer(sweeps or usual)
    if token and (len(token) < 16 or not token.replace("-", "").replace("_", "").isalnum() or not token.isascii()):
        raise InputError("--token", "", "is too short or not plain",
                         "give at least 16 letters, digits, hyphens or underscores")
    if not is_loopback(host) and not token:
        token = secrets.token_urlsafe(24)
    try:
        listener = free_socket(host, port)
    except OSError as error:
        raise InputError("--port", str(port), f"{host} cannot be listened on ({error.strerror})",
                         "choose another port, or 0 for a free one") from None
    number = listener.getsockname()[1]
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{number}/" + (f"?token={token}" if token else "")

    def ready() -> None:
        click.echo(f"spreadsim is at {address}")
        if not is_loopback(host):
            click.echo("Whoever has this whole address can use the app. Replace the name by this machine's own.")
        click.echo("Stop it with Ctrl+C.")
        if not no_browser:
            import webbrowser

            webbrowser.open(address)

    serve(host, listener, token, ready)


if __name__ == "__main__":
    app()
