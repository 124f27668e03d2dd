"""The command ``reproduce``: makes a results folder again and names the first difference."""

from __future__ import annotations

from pathlib import Path

import click

from spreadsim.cli.options import ResultsFolder, out_option, workers_option


@click.command()
@click.argument("folder", type=ResultsFolder())
@out_option("Keep the new results in this folder.")
@click.option("--run", "identity", metavar="RUN", help="Run one row of a sweep again, by its identity.")
@workers_option()
def reproduce(folder: Path, out: Path | None, identity: str | None, workers: int | None) -> None:
    """Run a results folder, or a sweep's, again from its receipt, and name the first difference.

    Files that are damaged or missing are named before anything is run. Exits 0 if every result is the same byte for
    byte, or to 12 digits where the libraries are of other versions; 1 if one differs.

    \b
    Examples:
      spreadsim reproduce results/default
      spreadsim reproduce results/best-balance --run RUN
    """
    from spreadsim.receipts import reproduce as run
    from spreadsim.receipts import verify
    from spreadsim.telling.reproduction import DIGITS
    from spreadsim.telling.verification import WHOLE

    for name, verdict in verify(folder).verdicts.items():
        if verdict != WHOLE:
            click.echo(f"{verdict:<9}{name}: not as it was written", err=True)
    result = run(folder, out, run=identity, workers=workers)
    for note in result.notes:
        click.echo(note)
    for name, same in result.files.items():
        word = "same" if same else f"same to {DIGITS} digits" if name in result.to_digits else "DIFFERENT"
        click.echo(f"  {word:<18}{name}")
    if result.difference is not None:
        click.echo(f"First difference: {result.difference}")
        raise SystemExit(1)
    if result.to_digits:
        n = len(result.to_digits)
        click.echo(f"{folder}: reproduced; {n} of {len(result.files)} results to {DIGITS} digits, the others exactly")
    else:
        click.echo(f"{folder}: reproduced, every result the same")
