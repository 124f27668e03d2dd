"""Ties from tables of pairs and from survey columns: each pair once, every loss named by row.

What belongs here: ends matched to services, loops, repeated and reversed pairs. What does not: finding the columns
(``recognisers``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spreadsim.intake.ledger import Ledger
from spreadsim.intake.number_marks import plain_numbers
from spreadsim.network.reading.faults import first_few
from spreadsim.network.reading.sheet import Sheet


@dataclass(frozen=True)
class Pairs:
    """Ties between services.

    Attributes
    ----------
    columns : ``source``, ``target`` and where they are given ``weight`` and ``kind``; one cell a tie.
    directed : whether a tie runs one way; None where no file says.

    Examples
    --------
    >>> len(Pairs({"source": ["a"], "target": ["b"]}, None))
    1
    """

    columns: Mapping[str, list[str]]
    directed: bool | None

    def __len__(self) -> int:
        return len(self.columns["source"])


def plain_id(identity: str) -> str:
    """Return an id without what programs add or lose: case, leading zeros, a trailing ``.0``, inner spaces.

    Parameters
    ----------
    identity : as a cell holds it.

    Returns
    -------
    A key by which the forms of one id are the same.

    Examples
    --------
    >>> plain_id("00123") == plain_id("123.0"), plain_id("d81000") == plain_id("D81000")
    (True, True)
    """
    return identity.casefold().replace(" ", "").removesuffix(".0").lstrip("0")


def places_of(cells: Sequence[str], ids: Sequence[str]) -> tuple[np.ndarray, list[int]]:
    """Return the place among `ids` that each cell names, and which cells write an id in another form.

    Parameters
    ----------
    cells : ids as another table writes them.
    ids : of the services.

    Returns
    -------
    Places, int64, -1 where no service is meant or several could be; positions of cells in another form.

    Examples
    --------
    >>> places_of(["A1", "a1", "B9"], ["A1", "A2"])
    (array([ 0,  0, -1]), [1])
    """
    exact = {identity: i for i, identity in enumerate(ids)}
    loose: dict[str, int] = {}
    for i, identity in enumerate(ids):
        loose[plain_id(identity)] = i if plain_id(identity) not in loose else -1
    places = np.array(
        [exact.get(cell, loose.get(plain_id(cell), -1)) if cell else -1 for cell in cells], dtype=np.int64
    )
    return places, [i for i, cell in enumerate(cells) if places[i] >= 0 and cell not in exact]


def pairs_of_survey(sheet: Sheet, columns: Sequence[str]) -> Sheet:
    """Return the ties that a survey's columns name, one row each: the service in the row names the one in the cell.

    Parameters
    ----------
    sheet : a table of services under our names, and the survey's columns under theirs.
    columns : that each name one tie.

    Returns
    -------
    `Sheet` with ``source``, ``target`` and ``directed``.

    Examples
    --------
    >>> sheet = Sheet("s.csv", {"id": ["a", "b"], "net1": ["b", "a"], "net2": ["", "c"]}, np.array([2, 3]))
    >>> pairs_of_survey(sheet, ["net1", "net2"]).columns["target"]
    ['b', 'a', 'c']
    """
    source, target, rows = [], [], []
    for i, identity in enumerate(sheet.columns["id"]):
        for name in columns:
            cell = sheet.columns[name][i]
            if cell and cell.lower() not in ("na", "n/a", "none", "-", "0"):
                source.append(identity)
                target.append(cell)
                rows.append(int(sheet.row_numbers[i]))
    pairs = {"source": source, "target": target, "directed": ["yes"] * len(source)}
    return Sheet(sheet.file, pairs, np.array(rows, dtype=np.int64), sheet.unit)


def ties_of(sheets: Sequence[Sheet], ids: Sequence[str], directed: bool | None, ledger: Ledger) -> Pairs:
    """Return the ties of one or more tables of pairs.

    Parameters
    ----------
    sheets : tables under our names for their columns.
    ids : of the services.
    directed : whether ties run one way, as the user says; as the files say where None.
    ledger : takes what was repaired and left out.

    Returns
    -------
    `Pairs`, each once: weights of repeated pairs are summed, of reversed ones the larger is kept.

    Examples
    --------
    >>> sheet = Sheet("links.csv", {"source": ["A1", "a1", "A2", "X9"], "target": ["A2", "A2", "A2", "A1"]},
    ...     np.array([2, 3, 4, 5]))
    >>> ledger = Ledger()
    >>> ties_of([sheet], ["A1", "A2"], None, ledger).columns
    {'source': ['A1'], 'target': ['A2']}
    >>> for entry in ledger.entries: print(entry)
    links.csv: source (row 3): 'a1' is taken as 'A1'
    links.csv: source (row 5): 'X9' is no service: these ties are left out
    links.csv (row 4): 'A2' is tied to itself: left out
    links.csv (row 3): the same tie again: counted once
    """
    if directed is None:
        marks = [bool(cell) for sheet in sheets for cell in sheet.columns.get("directed", [""] * len(sheet))]
        directed = True if marks and all(marks) else None
    merged: dict[tuple[int, int, str], float] = {}
    has_weight = has_kind = False
    for sheet in sheets:
        ends = {name: _ends(sheet, name, ids, ledger) for name in ("source", "target")}
        kinds = sheet.columns.get("kind", [""] * len(sheet))
        weights = _weights(sheet, ledger)
        has_weight |= weights is not None
        has_kind |= any(kinds)
        same, reverse, loops = [], [], []
        own: dict[tuple[int, int, str], float] = {}
        for i, (a, b) in enumerate(zip(ends["source"].tolist(), ends["target"].tolist(), strict=True)):
            if a < 0 or b < 0:
                continue
            if a == b:
                loops.append(i)
                continue
            weight = 1.0 if weights is None else weights[i]
            key = (a, b, kinds[i])
            if key in own:
                same.append(i)
                own[key] += weight if weights is not None else 0.0
            else:
                own[key] = weight
        if not directed:
            for key in list(own):
                mirror = (key[1], key[0], key[2])
                if key in own and mirror in own:
                    own[key] = max(own[key], own.pop(mirror))
                    reverse.append(key)
        if loops:
            first = ids[ends["source"][loops[0]]]
            ledger.add("left out", sheet, "", f"'{first}' is tied to itself: left out", loops)
        if same:
            how = "their weights are summed" if weights is not None else "counted once"
            ledger.add("repaired", sheet, "", f"the same tie again: {how}", same)
        if reverse:
            text = f"{len(reverse):,} ties stand there from both ends: made one"
            ledger.add("repaired", sheet.file, "", text + (", with the larger weight" if weights is not None else ""))
        for key, weight in own.items():
            merged.setdefault(key, weight)
        ledger.counts.setdefault(sheet.file, {})["ties read"] = len(own)
    columns = {"source": [ids[a] for a, _, _ in merged], "target": [ids[b] for _, b, _ in merged]}
    if has_weight:
        columns["weight"] = [f"{weight:.12g}" for weight in merged.values()]
    if has_kind:
        columns["kind"] = [kind for _, _, kind in merged]
    return Pairs(columns, directed)


def _ends(sheet: Sheet, name: str, ids: Sequence[str], ledger: Ledger) -> np.ndarray:
    cells = sheet.columns[name]
    places, other_form = places_of(cells, ids)
    if other_form:
        pairs = list(dict.fromkeys(f"'{cells[i]}' is taken as '{ids[places[i]]}'" for i in other_form))
        ledger.add("repaired", sheet, name, first_few(pairs, len(pairs)), other_form)
    unknown = np.flatnonzero(places < 0).tolist()
    if unknown:
        names = list(dict.fromkeys(f"'{cells[i]}'" if cells[i] else "a blank cell" for i in unknown))
        verb = "is no service" if len(names) == 1 else "are no services"
        ledger.add("left out", sheet, name, f"{first_few(names, len(names))} {verb}: these ties are left out", unknown)
    return places


def _weights(sheet: Sheet, ledger: Ledger) -> list[float] | None:
    """Return a weight for each row, 1 where it is missing; None where the table has none or a question is open."""
    cells = sheet.columns.get("weight")
    if cells is None or not any(cells):
        return None
    marks = plain_numbers(cells, whole=False)
    no_number = set(marks.bad)
    values = {i: float(cell) for i, cell in enumerate(marks.cells) if cell and i not in no_number}
    bad = sorted({*marks.bad, *(i for i, value in values.items() if value < 0)})
    if bad:
        rows = first_few([int(sheet.row_numbers[i]) for i in bad[:6]], len(bad))
        text = f"weight: '{cells[bad[0]]}' (row {rows}) is no weight; count these ties as 1?"
        if ledger.ask("no-weight", sheet.file, text, ("one",)) is None:
            return None
        ledger.add("repaired", sheet, "weight", "no weight: counted as 1", bad)
    gaps = [i for i, cell in enumerate(marks.cells) if not cell]
    if gaps:
        ledger.add("repaired", sheet, "weight", "missing: counted as 1", gaps)
    gone = set(bad)
    return [1.0 if i in gone else values.get(i, 1.0) for i in range(len(cells))]
