"""How uploaded files were read, as the screen Network shows it and takes it back.

What belongs here: the import's mapping, questions and ledger as plain data, bounded; and the user's choices as the
mapping file that the import reads. What does not: deciding anything (``intake``), storing files (``server.uploads``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tomli_w

from spreadsim.errors import InputError
from spreadsim.intake.imports import NetworkImport
from spreadsim.intake.recognisers import FIELDS, MEASURE_FIELDS, TIE_FIELDS, TableMapping

MOST_TABLES, MOST_COLUMNS, MOST_ENTRIES, MOST_LETTERS = 12, 120, 400, 300
ROLES = {
    "services": "a table of services",
    "ties": "a table of ties",
    "measures": "measures by month",
    "tiers": "a table of groups",
    "other": "not read",
}


def _cut(text: str, most: int = MOST_LETTERS) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def fields_of(role: str) -> list[str]:
    """Return the fields that a column of a table may be read as.

    Parameters
    ----------
    role : of the table.

    Returns
    -------
    Names.

    Examples
    --------
    >>> fields_of("ties")
    ['source', 'target', 'weight', 'kind', 'directed']
    """
    if role == "ties":
        return [name for name in FIELDS if name in TIE_FIELDS]
    measures = [name for name in FIELDS if name in MEASURE_FIELDS] if role == "measures" else []
    return [name for name in FIELDS if name not in TIE_FIELDS and name not in MEASURE_FIELDS] + measures


def _table(each: TableMapping) -> dict[str, Any]:
    field_of = {match.column: (name, match) for name, match in each.matches.items()}
    hidden = {*each.months, *each.survey}
    rows = []
    for column in [name for name in each.sheet.columns if name not in hidden][:MOST_COLUMNS]:
        name, match = field_of.get(column, ("", None))
        cells = [cell for cell in each.sheet.columns[column][:200] if cell][:3]
        rows.append({
            "column": column,
            "cells": _cut(", ".join(cells), 80),
            "field": name,
            "sure": f"{match.confidence:.0%}, {match.reason}" if match else "",
            "rivals": _cut(", ".join(match.alternatives), 120) if match else "",
        })  # fmt: skip
    notes = []
    if each.months:
        notes.append(f"Months are in {len(each.months):,} columns, {each.months[0]} to {each.months[-1]}.")
    if each.survey:
        notes.append(_cut(f"Ties are named in {', '.join(each.survey)}."))
    return {
        "file": _cut(each.sheet.file, 120),
        "role": ROLES[each.role],
        "rows": f"{len(each.sheet):,} {each.sheet.unit}s",
        "columns": rows,
        "fields": fields_of(each.role),
        "notes": notes,
    }


def shown(network: NetworkImport, answers: Mapping[str, str]) -> dict[str, Any]:
    r"""Return an import as the page shows it.

    Parameters
    ----------
    network : as it was read.
    answers : that the user has given.

    Returns
    -------
    Plain data; long tables and texts are cut.

    Examples
    --------
    >>> from pathlib import Path
    >>> lines = Path("gp.csv").write_text("Practice Code,PCN,Fax\nA81001,Moor,1\nA81002,Moor,2\n")
    >>> table = shown(ss.import_network("gp.csv"), {})["tables"][0]
    >>> [(row["column"], row["field"]) for row in table["columns"]]
    [('Practice Code', 'id'), ('PCN', 'network'), ('Fax', '')]
    """
    preview = network.preview(10)
    ties = "no ties: they are generated" if network.ties is None else f"{len(network.ties):,} ties"
    groups = f"; groups: {' > '.join(network.levels)}" if network.levels else "; no groups"
    entries = network.ledger.entries
    return {
        "summary": f"{len(network.services):,} services, {ties}{groups}.",
        "tables": [_table(each) for each in network.mappings[:MOST_TABLES]],
        "questions": [
            {
                "key": each.key,
                "file": _cut(each.file, 120),
                "text": _cut(each.text),
                "choices": list(each.choices),
                "proposal": each.proposal or "",
                "example": each.example,
            }
            for each in network.ledger.questions
        ],
        "answers": [[key, value] for key, value in {**answers, **network.ledger.answered}.items()],
        "preview": {
            "columns": list(preview.columns),
            "rows": [[_cut(str(cell), 60) for cell in row] for row in preview.to_numpy().tolist()],
        },
        "entries": [[each.kind, _cut(each.where, 160), _cut(each.text)] for each in entries[:MOST_ENTRIES]],
        "more": max(0, len(entries) - MOST_ENTRIES),
        "file": network.mapping_file().decode("utf-8"),
    }


def mapping_of_choices(shown_before: Mapping[str, Any], message: Any) -> tuple[bytes, dict[str, str]]:
    """Return the mapping file and the answers that a user's choices make.

    Parameters
    ----------
    shown_before : what the page showed.
    message : what the page sends: for each table the field of each column, and an answer for each question.

    Returns
    -------
    ``import.toml`` as bytes; answers by key of the question.

    Raises
    ------
    InputError : it is not what the page sends, or two columns of a table are to be read as one field.

    Examples
    --------
    >>> before = {"tables": [{"columns": [{"column": "PCN", "field": "region"}], "fields": ["region", "network"]}],
    ...           "questions": [], "answers": []}
    >>> print(mapping_of_choices(before, {"fields": [["network"]], "answers": {}})[0].decode().strip())
    format = 1
    tables = [
        { columns = { network = "PCN", region = "" } },
    ]
    <BLANKLINE>
    [answers]
    """
    tables = shown_before["tables"]
    fields = message.get("fields") if isinstance(message, Mapping) else None
    given = message.get("answers") if isinstance(message, Mapping) else None
    well_formed = (
        isinstance(fields, list)
        and len(fields) == len(tables)
        and all(isinstance(own, list) and len(own) == len(t["columns"]) for own, t in zip(fields, tables, strict=True))
        and all(isinstance(name, str) for own in fields for name in own)
        and isinstance(given, Mapping)
        and all(isinstance(k, str) and isinstance(v, str) and len(k) + len(v) < 1000 for k, v in given.items())
    )
    if not well_formed or not isinstance(fields, list) or not isinstance(given, Mapping):
        raise InputError("upload", "", "is not what the page sends", "choose the files again")
    documents = []
    for own, table in zip(fields, tables, strict=True):
        columns: dict[str, str] = {}
        for name, row in zip(own, table["columns"], strict=True):
            if name and name not in table["fields"]:
                raise InputError("upload", "", "is not what the page sends", "choose the files again")
            if name in columns:
                problem = f"'{columns[name]}' and '{row['column']}' are both to be read as {name.replace('_', ' ')}"
                raise InputError(str(table.get("file", "upload")), "", problem, "choose one of them")
            if name:
                columns[name] = row["column"]
        columns |= {row["field"]: "" for row in table["columns"] if row["field"] and row["field"] not in columns}
        documents.append({"columns": columns})
    answers = {key: value for key, value in (*shown_before["answers"], *given.items()) if value}
    return tomli_w.dumps({"format": 1, "tables": documents, "answers": answers}).encode(), answers
