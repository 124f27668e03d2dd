"""The command ``import``: reads spreadsheets and graph files as they are, and writes the tables of a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spreadsim.cli.options import force_option, json_option
from spreadsim.errors import InputError

if TYPE_CHECKING:
    from spreadsim.intake.imports import NetworkImport

_ENTRIES_SHOWN = 40
_ROLES = {
    "services": "services",
    "ties": "ties",
    "measures": "measures by month",
    "tiers": "groups",
    "other": "not read",
}


def _pairs(option: str, texts: tuple[str, ...], example: str) -> dict[str, str]:
    result = {}
    for text in texts:
        key, sign, value = text.rpartition("=") if option == "--answer" else text.partition("=")
        if not sign or not key or not value:
            raise InputError(option, text, "is not of the form NAME=VALUE", f"for example {example}")
        result[key] = value
    return result


@click.command("import")
@click.argument("files", metavar="FILES...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write; without it nothing is written.")
@click.option("--yes", "accept", is_flag=True, help="Take what is proposed; what is doubtful is still refused.")
@click.option("--answer", "answers", multiple=True, metavar="QUESTION=ANSWER", help="Answer a question; repeatable.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="OURS=THEIRS",
    help="Our name of a column, and its heading in the file; repeatable.",
)
@click.option("--keep", multiple=True, metavar="COLUMN", help="Column to write as it stands, a covariate; repeatable.")
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="import.toml of an earlier import [default: the one in --out, or beside the first file].",
)
@click.option("--encoding", help="Encoding of text files [default: guessed and said].")
@click.option("--directed/--undirected", default=None, help="Whether a tie runs one way [default: as the files say].")
@force_option()
@json_option()
def import_files(
    files: tuple[Path, ...],
    out: Path | None,
    accept: bool,
    answers: tuple[str, ...],
    columns: tuple[str, ...],
    keep: tuple[str, ...],
    mapping: Path | None,
    encoding: str | None,
    directed: bool | None,
    force: bool,
    as_json: bool,
) -> None:
    """Read spreadsheets and graph files as they are; say what was understood, and write a network that runs.

    FILES are CSV of any separator and encoding, workbooks, Parquet, GraphML, GEXF, node-link JSON, GML, Pajek or UCINET
    DL. Tables of services are joined by their ids. What is certain is done and written down; what is doubtful is asked,
    and nothing is written until it is answered.

    \b
    Example:
      spreadsim import gp-list.xlsx links.csv --out my-network
      spreadsim compare my-network/scenario.toml
    """
    from spreadsim.intake.imports import MAPPING_FILE, import_network

    if mapping is None:
        places = [out / MAPPING_FILE] if out is not None else []
        mapping = next((place for place in [*places, files[0].parent / MAPPING_FILE] if place.is_file()), None)
    network = import_network(
        files,
        answers=_pairs("--answer", answers, "total-row:Total=leave-out"),
        accept=accept,
        columns=_pairs("--column", columns, "population='List size'"),
        keep=keep,
        mapping=mapping,
        encoding=encoding,
        directed=directed,
    )
    if as_json:
        _show_json(network)
    else:
        if mapping is not None:
            click.echo(f"Columns and answers of {mapping} are used.\n")
        _show(network)
    n_questions = len(network.ledger.questions)
    if n_questions:
        problem = "a question is open" if n_questions == 1 else f"{n_questions} questions are open"
        raise InputError("import", "", problem, "answer with --answer KEY=ANSWER as shown; nothing was written")
    if out is None:
        if not as_json:
            click.echo("\nNothing was written: name a folder with --out.")
        return
    network.save(out, force)
    if not as_json:
        click.echo(f"\nWritten to {out}: {', '.join(network.files())}")
        click.echo(f"Next:  spreadsim compare {out / 'scenario.toml'}")


def _show_json(network: NetworkImport) -> None:
    from spreadsim.telling.folder import as_json as to_json

    click.echo(
        to_json(
            {
                "services": len(network.services),
                "ties": None if network.ties is None else len(network.ties),
                "levels": network.levels,
                "tables": [
                    {
                        "file": each.sheet.file,
                        "role": each.role,
                        "columns": {
                            name: {
                                "column": match.column,
                                "confidence": round(match.confidence, 2),
                                "alternatives": match.alternatives,
                            }
                            for name, match in each.matches.items()
                        },
                        "not_read": each.unread,
                    }
                    for each in network.mappings
                ],
                "entries": [
                    {"kind": e.kind, "file": e.file, "subject": e.subject, "text": e.text, "count": e.count}
                    for e in network.ledger.entries
                ],
                "questions": [
                    {"key": q.key, "file": q.file, "text": q.text, "choices": q.choices, "proposal": q.proposal}
                    for q in network.ledger.questions
                ],
            }
        ),
        nl=False,
    )


def _show(network: NetworkImport) -> None:
    """Print the mapping, a preview, and what was done."""
    import tabulate

    for each in network.mappings:
        title = _ROLES[each.role]
        click.echo(f"{each.sheet.file}: {title}, {len(each.sheet):,} {each.sheet.unit}s")
        rows: list[list[Any]] = [
            [
                name.replace("_", " "),
                match.column,
                f"{match.confidence:.0%} ({match.reason})",
                ", ".join(cell[:24] for cell in match.preview[:3]),
                ", ".join(match.alternatives),
            ]
            for name, match in each.matches.items()
        ]
        if rows and each.role in ("services", "ties", "measures"):
            headings = ["read as", "column", "how sure", "first cells", "or else"]
            click.echo(tabulate.tabulate(rows, headings, disable_numparse=True))
        if each.months:
            click.echo(f"months are in {len(each.months):,} columns, {each.months[0]} to {each.months[-1]}")
        if each.survey:
            click.echo(f"ties are named in {', '.join(each.survey)}")
        click.echo()
    preview = network.preview()
    click.echo(tabulate.tabulate(preview.values.tolist(), list(preview.columns), disable_numparse=True))
    n_ties = "no ties: they are generated" if network.ties is None else f"{len(network.ties):,} ties"
    levels = f"; groups: {' > '.join(network.levels)}" if network.levels else "; no groups"
    click.echo(f"\n{len(network.services):,} services, {n_ties}{levels}\n")
    for kind in ("assumed", "repaired", "joined", "left out"):
        entries = [entry for entry in network.ledger.entries if entry.kind == kind]
        if entries:
            click.echo(f"{kind.capitalize()}:")
            for entry in entries[:_ENTRIES_SHOWN]:
                click.echo(f"  {entry}")
            if len(entries) > _ENTRIES_SHOWN:
                click.echo(f"  and {len(entries) - _ENTRIES_SHOWN:,} more, all in ledger.json")
    if network.ledger.questions:
        click.echo("To be answered:")
        for question in network.ledger.questions:
            click.echo(f"  {question}")
