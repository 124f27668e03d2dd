"""The command ``sweep``: runs a designed experiment."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from spreadsim.cli.options import (
    out_option,
    quiet_option,
    settings_option,
    summary_option,
    tell,
    tell_results,
    workers_option,
)
from spreadsim.errors import StoppedError


@click.command()
@click.argument("experiment")
@out_option()
@workers_option("Processes on this machine")
@click.option("--scheduler", metavar="ADDRESS", help="Send the work to this running Dask scheduler instead.")
@settings_option("the experiment")
@click.option("--run", "identity", metavar="RUN", help="Repeat one run of the results, by its identity.")
@click.option(
    "--chunk",
    "chunk_runs",
    type=click.IntRange(1, 1_000_000),
    help="Runs in a chunk [default: as many as take a few seconds].",
)
@summary_option()
@quiet_option()
def sweep(
    experiment: str,
    out: Path | None,
    workers: int | None,
    scheduler: str | None,
    settings: tuple[str, ...],
    identity: str | None,
    chunk_runs: int | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run a designed experiment in parallel; give the same command again to continue where it stopped.

    EXPERIMENT is a shipped experiment's name, a path to a file, or the folder of an earlier sweep.

    \b
    Examples:
      spreadsim check best-balance
      spreadsim sweep best-balance --workers 4
      spreadsim sweep best-balance --scheduler tcp://192.168.0.7:8786
      spreadsim analyse results/best-balance
    """
    from spreadsim.drivers.running import default_workers
    from spreadsim.sweeps.coordinator import sweep as run
    from spreadsim.sweeps.experiment import load_experiment
    from spreadsim.sweeps.folder import default_folder
    from spreadsim.sweeps.size import run_again, size_lines
    from spreadsim.telling.folder import as_json as to_json

    study = load_experiment(experiment, settings)
    folder = out or default_folder(study)
    if identity is not None:
        measures = run_again(study, folder, identity)
        click.echo(to_json(measures) if as_json else "\n".join(f"{k:<26}{v:g}" for k, v in measures.items()))
        return
    if not quiet and not as_json:
        for label, value in size_lines(study, workers):
            tell(f"  {label:<22}{value}")
    try:
        with _stopped_once():
            result = run(
                study,
                out=folder,
                workers=workers or default_workers(),
                scheduler=scheduler,
                chunk_runs=chunk_runs,
                progress=not quiet and not as_json,
            )
    except KeyboardInterrupt:
        raise StoppedError(
            f"{folder}: stopped by the user; finished chunks are kept, and the same command continues from there"
        ) from None
    from spreadsim.telling.earlier import name_latest

    name_latest(folder)
    for note in result.notes:
        click.echo(f"note: {note}", err=True)
    if as_json:
        click.echo(
            to_json(
                {
                    "folder": str(folder),
                    "runs": result.runs_done + result.runs_before,
                    "runs_now": result.runs_done,
                    "failed": result.failed,
                }
            ),
            nl=False,
        )
        return
    if result.failed:
        click.echo(f"{result.failed:,} runs failed; each has its message in the column 'error'. The first:", err=True)
        for text, command in first_failures(folder):
            click.echo(f"  {text}\n    cd {folder} && {command}", err=True)
    if not quiet:
        click.echo(f"{result.runs_done:,} runs now, {result.runs_before:,} before")
    tell_results(folder, f"next: spreadsim analyse {folder}")


@contextmanager
def _stopped_once() -> Iterator[None]:
    """Take the first Ctrl-C and no other, so that a second one breaks off neither the clearing up nor the ending."""

    def stop(number: int, frame: Any) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is stop:  # once stopped, the process ends, and is not to be disturbed in it
            signal.signal(signal.SIGINT, before)


def first_failures(folder: Path, count: int = 3) -> list[tuple[str, str]]:
    """Return the message of the first failed runs, and the command that runs each again.

    Parameters
    ----------
    folder : of the sweep.
    count : most failures.

    Returns
    -------
    Pairs of message and command.

    Examples
    --------
    >>> first_failures(Path("no-sweep"))
    []
    """
    from spreadsim.sweeps.store import chunk_records, part_path
    from spreadsim.telling.folder import read_table

    failures: list[tuple[str, str]] = []
    for record in chunk_records(folder).values():
        if record["failed"] and len(failures) < count:
            table = read_table(part_path(folder, "runs", record["chunk"]), columns=["error", "reproduce"])
            failures += [(row["error"], row["reproduce"]) for row in table.to_pylist() if row["error"] is not None]
    return failures[:count]
