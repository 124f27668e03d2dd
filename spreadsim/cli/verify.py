"""The command ``verify``: receipt against bytes, at once."""

from __future__ import annotations

from pathlib import Path

import click

from spreadsim.cli.options import ResultsFolder, json_option


@click.command()
@click.argument("folder", type=ResultsFolder())
@click.option("--run", metavar="RUN", help="Verify one row of a sweep, by its identity.")
@json_option()
def verify(folder: Path, run: str | None, as_json: bool) -> None:
    """Compare a results folder, or a sweep's, with its receipt, without running anything.

    Exits 0 if every file is the one that was written, 1 if one is damaged or missing, 2 if it is no results folder.
    Of one row of a sweep, the part that holds it is compared with its digest, and its identity is computed again from
    the folder's scenario, point, levers and replicate.

    \b
    Examples:
      spreadsim verify results/default
      spreadsim verify results/best-balance --run RUN
    """
    from spreadsim.receipts import verify
    from spreadsim.telling.verification import WHOLE

    result = verify(folder, run)
    if as_json:
        from spreadsim.telling.folder import as_json as to_json

        answer = {"whole": result.is_whole, "files": result.verdicts, "unlisted": result.unlisted}
        click.echo(to_json(answer | ({"needs": result.needs} if result.needs else {})), nl=False)
    else:
        damaged = {name: verdict for name, verdict in result.verdicts.items() if verdict != WHOLE}
        for name, verdict in damaged.items():
            click.echo(f"  {verdict:<9}{name}")
        for name in result.unlisted:
            click.echo(f"  not in the receipt: {name}")
        count = f"{len(result.verdicts):,} files"
        said = f"{len(damaged):,} of {count} are not as written" if damaged else f"{count}, each as it was written"
        click.echo(f"{folder}: {said}")
        for part in result.needs:
            click.echo(f"  no file holds what it was run with: {part}; give it again from Python to make it again")
    if not result.is_whole:
        raise SystemExit(1)
