"""Commands that run and analyse designed experiments: sweep, analyse."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from spreadsim.errors import SpreadsimError


def check_experiment(name: str, settings: tuple[str, ...], as_json: bool) -> None:
    """Validate an experiment file, say how large it is, and run nothing: `check` on an experiment."""
    from spreadsim.experiment import load_experiment
    from spreadsim.results_folder import as_json as to_json
    from spreadsim.sweep_folder import experiment_document
    from spreadsim.sweep_size import size_lines

    study = load_experiment(name, settings)
    lines = size_lines(study)
    if as_json:
        click.echo(to_json(experiment_document(study)), nl=False)
        return
    click.echo(f"{name}: valid")
    for label, value in lines:
        click.echo(f"  {label:<22}{value}")


@click.command()
@click.argument("experiment")
@click.option("--out", type=click.Path(path_type=Path), help="Results folder [default: results/NAME].")
@click.option("--workers", type=click.IntRange(1, 1024), help="Processes on this machine [default: all processors].")
@click.option("--scheduler", metavar="ADDRESS", help="Send the work to this running Dask scheduler instead.")
@click.option("--set", "settings", multiple=True, metavar="FIELD=VALUE", help="Change the experiment; repeatable.")
@click.option("--run", "identity", metavar="RUN", help="Run one run of the results again, by its identity.")
@click.option("--chunk", "chunk_runs", type=click.IntRange(1, 1_000_000), help="Runs in a chunk [default: seconds].")
@click.option("--json", "as_json", is_flag=True, help="Print the machine-readable summary alone.")
@click.option("--quiet", is_flag=True, help="Print only where the results are.")
def sweep(
    experiment: str, out: Path | None, workers: int | None, scheduler: str | None, settings: tuple[str, ...],
    identity: str | None, chunk_runs: int | None, as_json: bool, quiet: bool,
) -> None:
    """Run a designed experiment in parallel; give the same command again to go on where it stopped.

    EXPERIMENT is a shipped experiment's name, a path to a file, or the folder of an earlier sweep.

    \b
    Examples:
      spreadsim check best-balance
      spreadsim sweep best-balance --workers 4
      spreadsim sweep best-balance --scheduler tcp://192.168.0.7:8786
      spreadsim analyse results/best-balance
    """
    from spreadsim.execution import default_workers
    from spreadsim.experiment import load_experiment
    from spreadsim.results_folder import as_json as to_json
    from spreadsim.sweep_folder import default_folder
    from spreadsim.sweep_size import run_again, size_lines
    from spreadsim.sweeps import sweep as run

    study = load_experiment(experiment, settings)
    folder = out or default_folder(study)
    if identity is not None:
        found = run_again(study, folder, identity)
        click.echo(to_json(found) if as_json else "\n".join(f"{k:<26}{v:g}" for k, v in found.items()))
        return
    if not quiet and not as_json:
        for label, value in size_lines(study, workers):
            click.echo(f"  {label:<22}{value}")
    try:
        with _stopped_once():
            result = run(study, out=folder, workers=workers or default_workers(), scheduler=scheduler,
                         chunk_runs=chunk_runs, progress=not quiet and not as_json)
    except KeyboardInterrupt:
        raise SpreadsimError(
            f"{folder}: stopped by the user; finished chunks are kept, and the same command goes on from there"
        ) from None
    for note in result.notes:
        click.echo(f"note: {note}", err=True)
    if as_json:
        click.echo(to_json({"folder": str(folder), "runs": result.runs_done + result.runs_before,
                            "runs_now": result.runs_done, "failed": result.failed}), nl=False)
        return
    if result.failed:
        click.echo(f"{result.failed:,} runs failed; each has its message in the column 'error'. The first:", err=True)
        for text, command in first_failures(folder):
            click.echo(f"  {text}\n    cd {folder} && {command}", err=True)
    if not quiet:
        click.echo(f"{result.runs_done:,} runs now, {result.runs_before:,} before")
    click.echo(f"Results: {folder}  (next: spreadsim analyse {folder})")


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
    """Return the message of the first failed runs, and the command that runs each again."""
    import pyarrow.parquet as pq

    from spreadsim.sweep_store import part_path, standing

    found: list[tuple[str, str]] = []
    for record in standing(folder).values():
        if record["failed"] and len(found) < count:
            table = pq.read_table(part_path(folder, "runs", record["chunk"]), columns=["error", "reproduce"])
            found += [(row["error"], row["reproduce"]) for row in table.to_pylist() if row["error"] is not None]
    return found[:count]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--measure", "measures", multiple=True, metavar="NAME", help="Analyse this measure; repeatable.")
@click.option("--satisfice", "limits", multiple=True, metavar="MEASURE>=VALUE",
              help="What is good enough, for robustness; repeatable [default: the median over all settings].")
@click.option("--density", type=click.FloatRange(0.05, 1.0), default=0.8, show_default=True,
              help="Share of a region's points in which its strategy is to be best.")
@click.option("--equal", metavar="MEASURE", help="Compare settings at the same mean of this measure, as cost.")
@click.option("--along", metavar="LEVER", help="With --equal: the lever along which it is reached, as support.")
@click.option("--within", multiple=True, metavar="LEVER",
              help="A lever, or 'strategy', that is given and not chosen: compare within each value; repeatable.")
@click.option("--across", default="", metavar="FACTOR",
              help="Map the measure over this lever or uncertainty ... [default: the first two].")
@click.option("--down", default="", metavar="FACTOR", help="... and this one.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the analysis [default: FOLDER/analysis].")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def analyse(
    folder: Path, measures: tuple[str, ...], limits: tuple[str, ...], density: float, equal: str | None,
    along: str | None, within: tuple[str, ...], across: str, down: str,
    out: Path | None, as_json: bool,
) -> None:
    """Say what a finished sweep shows: what decides, where each setting does best, how robust, and with enough runs?

    Writes tables, and a report that opens with no network.

    \b
    Examples:
      spreadsim analyse results/best-balance --measure benefit --satisfice "benefit>=0.4"
      spreadsim analyse results/best-balance --across balance --down run.months
    """
    from spreadsim.results_folder import as_json as to_json
    from spreadsim.sweep_report import analyse as run

    analysis: Any = run(folder, measures=measures, limits=limits, density=density, equal=equal, along=along,
                        within=within, across=across, down=down, out=out)
    if as_json:
        click.echo(to_json(analysis.as_json()), nl=False)
        return
    for section, sentences in analysis.sentences().items():
        click.echo(click.style(section, bold=True))
        for sentence in sentences:
            click.echo(click.wrap_text(sentence, 110, "  ", "  "))
    click.echo(f"Analysis: {analysis.folder}  (read {analysis.folder / 'report.html'})")
