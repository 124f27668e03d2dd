"""The command ``reproduce``: makes a results folder again and names the first difference."""

from __future__ import annotations

from pathlib import Path

import click

from spreadsim.cli.options import out_option, workers_option


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@out_option("Keep the new results in this folder.")
@workers_option()
def reproduce(folder: Path, out: Path | None, workers: int | None) -> None:
    """Run a results folder again from its receipt, and name the first difference.

    Exits 0 if every result is the same byte for byte, 1 if one differs.

    \b
    Example: spreadsim reproduce results/default
    """
    from spreadsim.comparison.reproduction import reproduce as run

    result = run(folder, out, workers=workers)
    for note in result.notes:
        click.echo(note)
    for name, same in result.files.items():
        click.echo(f"  {'same' if same else 'DIFFERENT':<10}{name}")
    if result.difference is not None:
        click.echo(f"First difference: {result.difference}")
        raise SystemExit(1)
    click.echo(f"{folder}: reproduced, every result the same")
