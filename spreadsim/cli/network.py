"""The command ``network.data``: reads a real network and reports its structure and faults."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from spreadsim.cli.options import json_option, tell, wide_option
from spreadsim.errors import InputError


def _pairs(texts: tuple[str, ...]) -> dict[str, str]:
    result = {}
    for text in texts:
        ours, sign, theirs = text.partition("=")
        if not sign or not ours or not theirs:
            raise InputError("--column", text, "is not of the form OURS=THEIRS", "for example adopted_month=toa")
        result[ours] = theirs
    return result


@click.command()
@click.argument("place", metavar="FOLDER-OR-FILE", type=click.Path(path_type=Path))
@click.option(
    "--services", "services_file", metavar="FILE", help="File with the table of services, if not services.csv."
)
@click.option("--ties", "ties_file", metavar="FILE", help="File with the table of ties, if not ties.csv.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="OURS=THEIRS",
    help="Our name of a column, and its name in the file; repeatable.",
)
@click.option(
    "--hierarchy",
    "hierarchy_columns",
    multiple=True,
    metavar="COLUMN",
    help="Column that names a level, from the top down; repeatable.",
)
@click.option("--kind", "kinds", multiple=True, help="Keep ties of this kind; repeatable [default: all].")
@click.option("--directed/--undirected", default=None, help="Whether a tie runs one way.")
@click.option(
    "--influence",
    type=click.Choice(["target-to-source", "source-to-target"]),
    help="Which end of a directed tie influences the other.",
)
@click.option(
    "--repeated-ties",
    type=click.Choice(["merge", "sum"]),
    default="merge",
    show_default=True,
    help="Whether a tie listed twice counts once, or with the sum of its weights.",
)
@click.option(
    "--period-months",
    type=click.IntRange(1, 120),
    default=1,
    show_default=True,
    help="Months in one period of adopted_month.",
)
@click.option("--observed-periods", type=click.IntRange(1, 10_000), help="Number of periods observed.")
@click.option(
    "--rewirings",
    type=click.IntRange(0, 10_000),
    default=0,
    show_default=True,
    help="Number of rewired networks for the structure test, which takes time.",
)
@json_option()
@wide_option()
def network(
    place: Path,
    services_file: str | None,
    ties_file: str | None,
    columns: tuple[str, ...],
    hierarchy_columns: tuple[str, ...],
    kinds: tuple[str, ...],
    directed: bool | None,
    influence: Any,
    repeated_ties: Any,
    period_months: int,
    observed_periods: int | None,
    rewirings: int,
    as_json: bool,
    wide: bool,
) -> None:
    """Read a real network; report its structure, adoption (where times are known) and every fault in the data.

    FOLDER-OR-FILE is a folder with services.csv and ties.csv, or a GraphML, GEXF or node-link JSON file.

    \b
    Example:
      spreadsim network coleman --services nodes.csv --ties edges.csv --column adopted_month=toa \\
        --hierarchy group --influence target-to-source --observed-periods 17
    """
    from spreadsim.errors import InputErrors
    from spreadsim.network.reading.files import load_network

    options = {
        "services_file": services_file,
        "ties_file": ties_file,
        "columns": _pairs(columns),
        "hierarchy_columns": list(hierarchy_columns) or None,
        "kinds": list(kinds) or None,
        "directed": directed,
        "influence": influence,
        "repeated_ties": repeated_ties,
        "period_months": period_months,
        "observed_periods": observed_periods,
    }
    try:
        network_file = load_network(place, **options)
    except InputErrors as failure:
        for fault in getattr(failure, "faults", ()):
            if fault.severity != "refused":
                click.echo(str(fault), err=True)
        raise
    metrics = network_file.metrics(rewirings)
    if as_json:
        from spreadsim.telling.folder import as_json as to_json

        faults = [
            {
                "file": f.file,
                "where": f.where,
                "field": f.field,
                "problem": f.problem,
                "remedy": f.remedy,
                "severity": f.severity,
                "count": f.count,
            }
            for f in network_file.faults
        ]
        click.echo(
            to_json({**metrics, "faults": faults, "given": network_file.given, "drawn": network_file.drawn}), nl=False
        )
        return
    from spreadsim.comparison.terminal import network_text

    tell(network_text(network_file, metrics), wide)
    sys.stdout.flush()
