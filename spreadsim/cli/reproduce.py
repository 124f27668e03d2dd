"""The command ``reproduce``: makes a results folder again and names the first difference."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Keep the new results in this folder.")
@click.option("--workers", type=click.IntRange(1, 1024), help="Parallel workers [default: all processors].")
def reproduce(folder: Path, out: Path | None, workers: int | None) -> None:
    """Run a results folder again from its receipt, and name the first difference.

    Exits 0 if every result is the same byte for byte, 1 if one differs.

    \b
    Example: spreadsim reproduce results/default
    """
    from spreadsim.comparison.reproduction import reproduce as run

    found = run(folder, out, workers=workers)
    for note in found.notes:
        click.echo(note)
    for name, same in found.files.items():
        click.echo(f"  {'same' if same else 'DIFFERENT':<10}{name}")
    if found.difference is not None:
        click.echo(f"First difference: {found.difference}")
        raise SystemExit(1)
    click.echo(f"{folder}: reproduced, every result the same")
