"""The command line: everything that spreadsim does, from a terminal.

What belongs here: options, output and exit codes, one module a command.
What does not: the work, which is done elsewhere.
What it may import: app, website and all below them.

Exit codes: 0 success, 1 a run that failed, 2 bad input or usage, 70 a fault of ours, 130 stopped by the user, 141 the
reader of the output went away (``| head``). Heavy packages are loaded by the command that needs them, so that help is
quick.
"""

from __future__ import annotations

import codecs
import io
import json
import logging
import os
import sys
from typing import Any

import click

from spreadsim import __version__
from spreadsim.errors import (
    InputError,
    InputErrors,
    MissingExtraError,
    SpreadsimError,
    StoppedError,
    nearest,
    system_reason,
    visible,
)


class _OutputClosedError(Exception):
    """Who read the output has gone away: spreadsim ... | head."""


class _Commands(click.Group):
    """Commands in the order in which a newcomer meets them; failures in words, never as a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # click would exit with 1, as if the run had failed
            raise _OutputClosedError from None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise click.UsageError(f"there is no command '{args[0]}'; {nearest(args[0], self.commands)}")
        return super().resolve_command(ctx, args)


def _fail(text: str, code: int) -> None:
    for line in text.split("\n"):
        click.echo(f"error: {visible(line)}", err=True)
    raise SystemExit(code)


def _tell_fault(error: Exception) -> None:
    """Say that this is a fault of ours, and where what is known of it was written."""
    from spreadsim.cli.fault import EXIT_CODE, write_bundle

    try:
        place = f"please send {write_bundle(error, sys.argv[1:])}, which holds no data of yours but the scenario file"
    except OSError:
        place = "nothing about it could be written down here"
    _fail(f"this is a fault of ours, not of your input ({type(error).__name__}); {place}", EXIT_CODE)


_PLAIN = {"−": "-", "–": "-", "×": "x", "±": "+/-", "·": "|", "…": "...", "▲": "^", "▼": "v", "≥": ">=", "≤": "<="}


def _plain_characters(error: UnicodeError) -> tuple[str, int]:
    """Write what a console's encoding lacks in its own characters: signs as ASCII, all else as JSON would escape it."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = "".join(_PLAIN.get(c) or json.dumps(c)[1:-1] for c in error.object[error.start : error.end])
    return text, error.end


def _write_any_name() -> None:
    """Let no name make output fail, whatever the console's encoding."""
    codecs.register_error("spreadsim", _plain_characters)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="spreadsim")


class _Lines(logging.Handler):
    """Lines of the log on stderr, whichever that is when they come."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(self.format(record), err=True)


def _show_log() -> None:
    """Show how far long work is, where stderr is no terminal and has no bar."""
    log = logging.getLogger("spreadsim")
    if not log.handlers:
        log.addHandler(_Lines())
    log.setLevel(logging.INFO)


def main() -> None:
    """Run the command line; console script.

    Raises
    ------
    SystemExit : a command failed, with its exit code.

    Examples
    --------
    >>> from unittest.mock import patch
    >>> with patch("sys.argv", ["spreadsim", "--version"]):
    ...     main()
    spreadsim, version ...
    """
    _write_any_name()
    _show_log()
    try:
        commands.main(standalone_mode=False)
    except StoppedError as error:
        _fail(str(error), 130)
    except (click.exceptions.Abort, KeyboardInterrupt):
        _fail("stopped by the user; nothing was written", 130)
    except click.ClickException as error:
        _fail(error.format_message(), 2)
    except (InputError, InputErrors, MissingExtraError) as error:
        _fail(str(error), 2)
    except SpreadsimError as error:
        _fail(str(error), 1)
    except (_OutputClosedError, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at its end
        raise SystemExit(141) from None
    except OSError as error:
        place = error.filename or "output"
        _fail(f"{place}: {system_reason(error)}; check that there is room and permission to write", 1)
    except MemoryError:
        _fail("there is not enough memory for this; fewer services or replicates, or --workers 1, need less", 1)
    except Exception as error:
        _tell_fault(error)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    subcommand_metavar="COMMAND [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, prog_name="spreadsim")
@click.pass_context
def commands(context: click.Context) -> None:
    """How does an improvement spread through a network of health services: mandate it, let it spread, or blend the two?

    \b
    First steps:
      spreadsim scenarios                          what is shipped
      spreadsim compare default                    480 services, three strategies
      spreadsim compare england-primary-care       English general practice
    """
    context.color = False if os.environ.get("NO_COLOR") else None
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        raise SystemExit(2)


# The commands, in the order in which a newcomer meets them. These modules load nothing heavy.
from spreadsim.cli import (  # noqa: E402
    advise,
    analyse,
    app,
    calibrate,
    check,
    compare,
    components,
    explain,
    fit,
    frontier,
    import_files,
    lessons,
    network,
    paper,
    reproduce,
    scenarios,
    site,
    sweep,
    ties,
    verify,
)

for _command in (
    scenarios.scenarios,
    check.check,
    compare.compare,
    frontier.frontier,
    sweep.sweep,
    analyse.analyse,
    advise.advise,
    fit.fit,
    calibrate.calibrate,
    components.components,
    explain.explain,
    import_files.import_files,
    network.network,
    ties.ties,
    verify.verify,
    reproduce.reproduce,
    paper.paper,
    lessons.lessons,
    site.site,
    app.app,
):
    commands.add_command(_command)
