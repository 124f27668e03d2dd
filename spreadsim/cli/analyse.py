"""The command ``analyse``: what a finished sweep shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from spreadsim.cli.options import ResultsFolder, json_option, out_option, tell, tell_results, wide_option


@click.command()
@click.argument("folder", type=ResultsFolder())
@click.option("--measure", "measures", multiple=True, metavar="NAME", help="Analyse this measure; repeatable.")
@click.option(
    "--satisfice",
    "limits",
    multiple=True,
    metavar="MEASURE>=VALUE",
    help="What is good enough, for robustness; repeatable [default: the median over all settings].",
)
@click.option(
    "--density",
    type=click.FloatRange(0.05, 1.0),
    default=0.8,
    show_default=True,
    help="Share of a region's points in which its strategy should be best.",
)
@click.option("--equal", metavar="MEASURE", help="Compare settings at the same mean of this measure, such as cost.")
@click.option("--along", metavar="LEVER", help="With --equal: the lever that is changed to reach it, such as support.")
@click.option(
    "--within",
    multiple=True,
    metavar="LEVER",
    help="A lever, or 'strategy', that nobody chooses: compare only within each of its values; repeatable.",
)
@click.option(
    "--across",
    default="",
    metavar="FACTOR",
    help="Map the measure over this lever or uncertainty ... [default: the first two].",
)
@click.option("--down", default="", metavar="FACTOR", help="... and this one.")
@out_option("Folder for the analysis [default: FOLDER/analysis].")
@json_option("Print the findings as JSON.")
@wide_option()
def analyse(
    folder: Path,
    measures: tuple[str, ...],
    limits: tuple[str, ...],
    density: float,
    equal: str | None,
    along: str | None,
    within: tuple[str, ...],
    across: str,
    down: str,
    out: Path | None,
    as_json: bool,
    wide: bool,
) -> None:
    """Report what a finished sweep shows: what decides, where each setting does best, whether there were enough runs.

    Writes tables, and a report that opens without a network connection.

    \b
    Examples:
      spreadsim analyse results/best-balance --measure benefit --satisfice "benefit>=0.4"
      spreadsim analyse results/best-balance --across balance --down run.months
    """
    from spreadsim.sweeps.report import analyse as run
    from spreadsim.telling.folder import as_json as to_json
    from spreadsim.telling.folder import hashes

    target = out if out is not None else folder / "analysis"
    before = hashes(target) if target.is_dir() else {}
    analysis: Any = run(
        folder,
        measures=measures,
        limits=limits,
        density=density,
        equal=equal,
        along=along,
        within=within,
        across=across,
        down=down,
        out=out,
    )
    if before:
        after = hashes(target)
        differing = sum(before.get(name) != after.get(name) for name in {*before, *after})
        change = f"{differing} of {len(after)} files differ" if differing else "the same files, byte for byte"
        click.echo(f"{target} was replaced: {change}", err=True)
    if as_json:
        click.echo(to_json(analysis.as_json()), nl=False)
        return
    for section, sentences in analysis.sentences().items():
        click.echo(click.style(section, bold=True))
        for sentence in sentences:
            tell(f"  {sentence}", wide)
    tell_results(analysis.folder, f"read {analysis.folder / 'report.html'}", "Analysis")
