"""Repairs of a table of services: what is set aside or put right, done and written down, or asked about.

What belongs here: one declaration a repair. What does not: doubts about the finished network (``checks``), ties
(``ties``).

sheet : a table of services under our names for its columns.
ledger : takes what was done and what is asked.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from spreadsim.intake import adoption_times
from spreadsim.intake.headings import CODE
from spreadsim.intake.ledger import Ledger
from spreadsim.intake.number_marks import plain_numbers
from spreadsim.intake.recognisers import FIELDS, LEVELS
from spreadsim.network.reading.faults import first_few
from spreadsim.network.reading.sheet import Sheet
from spreadsim.network.reading.tables import is_mangled_id

_ALIKE = 0.88  # likeness of two names, from 0 to 1, above which one of them may be a slip
_TOTAL = re.compile(
    r"((grand |sub-?|overall )?totals?( .*)?|.* (sub)?total|sum|overall|average|mean|england"
    r"|all( (practices|services|patients|surgeries|sites|regions|networks))?)",
    re.IGNORECASE,
)
_PLACEHOLDER_WORDS = ("unallocated", "unassigned", "unknown", "unmapped", "not known", "not applicable",
                      "not allocated", "not assigned", "not available", "not stated", "missing")  # fmt: skip
_PLACEHOLDER = re.compile(
    r"(un(allocated|assigned|known|mapped)|not ?(known|applicable|allocated|assigned|available|stated|in a pcn)|n/?a"
    r"|none|no pcn|#n/a|nan|null|tbc|[-–—.?]+)", re.I)  # fmt: skip


@dataclass(frozen=True)
class Repair:
    """One repair.

    Attributes
    ----------
    detects : what it looks for, in words.
    does : what becomes of it, in words.
    apply : the table without it.

    Examples
    --------
    >>> REPAIRS[0].detects
    'a total row'
    """

    detects: str
    does: str
    apply: Callable[[Sheet, Ledger], Sheet]


def repaired(sheet: Sheet, ledger: Ledger) -> Sheet:
    """Return a table of services after every repair, in their order.

    Returns
    -------
    `Sheet` with plain numbers, one row a service.

    Examples
    --------
    >>> columns = {"id": ["A81001", "Total"], "region": ["North", ""], "population": ["4,200", "4,200"]}
    >>> sheet, ledger = Sheet("gp.csv", columns, np.array([2, 3])), Ledger()
    >>> repaired(sheet, ledger).columns, len(ledger.entries)
    ({'id': ['A81001'], 'region': ['North'], 'population': ['4200']}, 2)
    """
    for repair in REPAIRS:
        sheet = repair.apply(sheet, ledger)
    return sheet


def _without(sheet: Sheet, places: list[int], text: str, ledger: Ledger) -> Sheet:
    if not places:
        return sheet
    ledger.add("left out", sheet, "", text, places)
    keep = np.ones(len(sheet), dtype=np.bool_)
    keep[places] = False
    return sheet.select(keep)


def _values(sheet: Sheet, name: str) -> np.ndarray:
    each = FIELDS[name]
    marks = plain_numbers(sheet.columns[name], each.whole, each.high)
    bad = set(marks.bad)
    values = np.array([float(cell) if cell and i not in bad else np.nan for i, cell in enumerate(marks.cells)])
    return np.where(np.isfinite(values), values, np.nan)


# --------------------------------------------------------------------------------------------------- rows


def _total_rows(sheet: Sheet, ledger: Ledger) -> Sheet:
    ids, names = sheet.columns["id"], sheet.columns.get("name", sheet.columns["id"])
    others = [name for name in sheet.columns if name not in ("id", "name", "population")]
    labels = [next((cell for cell in (ids[i], names[i]) if cell), "") for i in range(len(sheet))]
    size = _values(sheet, "population") if "population" in sheet.columns else np.full(len(sheet), np.nan)
    everyone = float(np.nansum(size))
    certain = []
    for i, label in enumerate(labels):
        blank = sum(not sheet.columns[name][i] for name in others)
        named = bool(_TOTAL.fullmatch(label)) and not CODE.fullmatch(ids[i])
        total = everyone - (size[i] if size[i] > 0 else 0.0)
        sums_up = len(sheet) > 3 and bool(size[i] > 0) and abs(size[i] - total) <= 0.05 * total
        if named and (sums_up or (others and 2 * blank >= len(others))):
            certain.append(i)
        elif named or (sums_up and len(sheet) > 5):
            why = "is named like a total" if named else f"serves as many ({size[i]:,.0f}) as all others together"
            text = f"'{label}' {why}: is it a total and no service?"
            answer = ledger.ask(
                f"total-row:{label}", sheet.file, text, ("leave-out", "keep"), "leave-out" if named else None
            )
            if answer == "leave-out":
                certain.append(i)
    shown = first_few([f"'{labels[i]}'" for i in certain], len(certain)) if certain else ""
    return _without(sheet, certain, f"a total row ({shown})", ledger)


def _rows_without_id(sheet: Sheet, ledger: Ledger) -> Sheet:
    places = [i for i, identity in enumerate(sheet.columns["id"]) if not identity]
    if places and 10 * len(places) > len(sheet):
        text = f"{len(places):,} of {len(sheet):,} rows have no id"
        if ledger.ask("rows-without-id", sheet.file, text + ": are they no services?", ("leave-out",)) is None:
            return sheet
    names = sheet.columns.get("name", [])
    with_id = {names[i]: i for i in range(len(names)) if names[i] and sheet.columns["id"][i]}
    for i in places:
        other = with_id.get(names[i]) if names else None
        if other is None or all(cells[i] in ("", cells[other]) for cells in sheet.columns.values()):
            continue
        rows = f"{sheet.row_numbers[i]} and {sheet.row_numbers[other]}"
        text = f"'{names[i]}' stands in a row without an id and in one with another content (rows {rows})"
        question = f"row-without-id:{names[i]}"
        if ledger.ask(question, sheet.file, text + ": leave out the row without?", ("leave-out",)) is None:
            return sheet
    return _without(sheet, places, "a row without an id", ledger)


def _duplicates(sheet: Sheet, ledger: Ledger) -> Sheet:
    """Set exact duplicates aside, merge rows that complete each other, and ask about those that contradict."""
    rows: dict[str, list[int]] = defaultdict(list)
    for i, identity in enumerate(sheet.columns["id"]):
        rows[identity.upper() if CODE.fullmatch(identity.upper()) else identity].append(i)
    exact: list[int] = []
    merged: list[int] = []
    conflicts: list[list[int]] = []
    columns = {name: list(cells) for name, cells in sheet.columns.items()}
    for identity, places in rows.items():
        if len(places) == 1 or not identity:
            continue
        differs = completes = False
        for name, cells in sheet.columns.items():
            if name == "id":
                continue
            values = {cells[i].casefold() for i in places if cells[i]}
            differs |= len(values) > 1
            completes |= len(values) == 1 and any(not cells[i] for i in places)
        if differs:
            conflicts.append(places)
            continue
        (merged if completes else exact).extend(places[1:])
        for cells in columns.values():
            cells[places[0]] = next((cells[i] for i in places if cells[i]), "")
    drop = [*exact, *merged]
    if conflicts:
        ids = [sheet.columns["id"][places[0]] for places in conflicts]
        rows_shown = first_few([int(sheet.row_numbers[i]) for i in conflicts[0]], len(conflicts[0]))
        text = f"{first_few(ids, len(ids))}: rows of one id contradict each other (rows {rows_shown}); which holds?"
        answer = ledger.ask("conflicting-duplicates", sheet.file, text, ("first", "last"))
        for places in conflicts if answer else ():
            drop += places[1:] if answer == "first" else places[:-1]
        if answer:
            ledger.add("left out", sheet, "id", f"rows of one id that contradict each other: the {answer} is kept",
                       [i for places in conflicts for i in places])  # fmt: skip
    if exact:
        ledger.add("left out", sheet, "", "the same row once more", sorted(exact))
    if merged:
        ledger.add("repaired", sheet, "", "rows of one service that complete each other: made one", sorted(merged))
    if not drop:
        return sheet
    keep = np.ones(len(sheet), dtype=np.bool_)
    keep[drop] = False
    return replace(sheet, columns=columns).select(keep)


def _changed_ids(sheet: Sheet, ledger: Ledger) -> Sheet:
    ids = sheet.columns["id"]
    places = [i for i, identity in enumerate(ids) if is_mangled_id(identity)]
    if not places:
        return sheet
    rows = first_few([int(sheet.row_numbers[i]) for i in places[:6]], len(places))
    text = (
        f"'{ids[places[0]]}' (row {rows}) is a date or a rounded number: a spreadsheet changed the id; "
        "format the column as text and enter it again, or leave the service out?"
    )
    answer = ledger.ask("changed-ids", sheet.file, text, ("leave-out", "keep"))
    return _without(sheet, places, "an id that a spreadsheet changed", ledger) if answer == "leave-out" else sheet


# --------------------------------------------------------------------------------------------------- groups


def _placeholders(sheet: Sheet, ledger: Ledger) -> Sheet:
    columns = dict(sheet.columns)
    for level in LEVELS:
        pair = [name for name in (level, f"{level}_code") if name in columns]
        if not pair:
            continue
        places = [i for i in range(len(sheet)) if any(_PLACEHOLDER.fullmatch(columns[name][i]) for name in pair)]
        if not places:
            continue
        shown = next(columns[name][places[0]] for name in pair if _PLACEHOLDER.fullmatch(columns[name][places[0]]))
        ledger.add("repaired", sheet, level, f"'{shown}' is no group: taken as missing", places)
        gone = set(places)
        for name in pair:
            columns[name] = ["" if i in gone else cell for i, cell in enumerate(columns[name])]
    return replace(sheet, columns=columns)


def plain_name(name: str) -> str:
    """Return a group's name without what people write now one way and now another: case, accents, spaces, dashes.

    Parameters
    ----------
    name : of a group.

    Returns
    -------
    A key by which variants of one name are the same.

    Examples
    --------
    >>> plain_name("Saint  ANDRÉ PCN ") == plain_name("Saint Andre PCN")
    True
    """
    letters = unicodedata.normalize("NFKD", name.casefold().replace("&", " and ").replace("ß", "ss"))
    letters = "".join(character for character in letters if not unicodedata.combining(character))
    return " ".join(re.sub(r"[-–—_'’.,]", " ", letters).split())


def _variants(sheet: Sheet, ledger: Ledger) -> Sheet:
    """Write each group's name one way: the commonest, and of two as common the one that is not all in capitals."""
    columns = dict(sheet.columns)
    for level in LEVELS:
        if level not in columns:
            continue
        cells = columns[level]
        spellings: dict[str, Counter[str]] = defaultdict(Counter)
        for cell in cells:
            if cell:
                spellings[plain_name(cell)][cell] += 1
        best = {
            key: max(
                counts, key=lambda name: (counts[name], not name.isupper(), not name.islower(), not name.isascii())
            )
            for key, counts in spellings.items()
        }
        changed = [i for i, cell in enumerate(cells) if cell and best[plain_name(cell)] != cell]
        if changed:
            pairs = list(dict.fromkeys(f"'{cells[i]}' is '{best[plain_name(cells[i])]}'" for i in changed))
            ledger.add(
                "repaired", sheet, level, f"one group written in several ways: {first_few(pairs, len(pairs))}", changed
            )
            columns[level] = [best[plain_name(cell)] if cell else "" for cell in cells]
    return replace(sheet, columns=columns)


def _slips(sheet: Sheet, ledger: Ledger) -> Sheet:
    """Ask about a group of one whose name is almost that of a larger group, where no code tells them apart."""
    columns = dict(sheet.columns)
    for level in LEVELS:
        if level not in columns or f"{level}_code" in columns:
            continue
        counts = Counter(cell for cell in columns[level] if cell)
        for name in counts:
            words = difflib.get_close_matches(plain_name(name), _PLACEHOLDER_WORDS, n=1, cutoff=_ALIKE)
            if not words or name not in columns[level]:
                continue
            places = [i for i, cell in enumerate(columns[level]) if cell == name]
            rows = first_few([int(sheet.row_numbers[i]) for i in places[:6]], len(places))
            text = f"{level}: is '{name}' (row {rows}) a group, or does it mean '{words[0]}'?"
            if ledger.ask(f"placeholder:{level}:{name}", sheet.file, text, ("missing", "a-group")) == "missing":
                ledger.add("repaired", sheet, level, f"'{name}' is no group: taken as missing", places)
                columns[level] = ["" if cell == name else cell for cell in columns[level]]
        counts = Counter(cell for cell in columns[level] if cell)
        others = {plain_name(name): name for name in counts}
        for name in [name for name, count in counts.items() if count == 1][:200]:
            others.pop(plain_name(name), None)  # of two groups of one that are alike, one is asked about
            close = difflib.get_close_matches(plain_name(name), list(others), n=1, cutoff=_ALIKE)
            close = [others[each] for each in close]
            if not close or re.findall(r"\d+", name) != re.findall(r"\d+", close[0]):
                continue
            place = columns[level].index(name)
            text = f"{level}: '{name}' (row {sheet.row_numbers[place]}) holds one service: is it '{close[0]}'?"
            if ledger.ask(f"group:{level}:{name}", sheet.file, text, ("same", "different")) == "same":
                ledger.add("repaired", sheet, level, f"'{name}' is taken as '{close[0]}'", [place])
                columns[level] = [close[0] if cell == name else cell for cell in columns[level]]
    return replace(sheet, columns=columns)


def _gaps_below(sheet: Sheet, ledger: Ledger) -> Sheet:
    """Ask about a level that is written in the first row of each group alone, as merged cells are."""
    columns = dict(sheet.columns)
    for level in LEVELS:
        for name in (level, f"{level}_code"):
            cells = columns.get(name, [])
            filled = [cell for cell in cells if cell]
            if len(cells) < 5 or not filled or len(filled) > 0.6 * len(cells):
                continue
            once = bool(cells[0]) and len(filled) == len(set(filled))
            text = (
                f"{name}: {len(cells) - len(filled):,} of {len(cells):,} cells are blank: do they repeat the one above?"
            )
            if (
                ledger.ask(f"blank-below:{name}", sheet.file, text, ("repeat", "missing"), "repeat" if once else None)
                == "repeat"
            ):
                gaps = [i for i, cell in enumerate(cells) if not cell]
                ledger.add("repaired", sheet, name, "blank: taken as the cell above", gaps)
                last, column = "", []
                for cell in cells:
                    last = cell or last
                    column.append(last)
                columns[name] = column
    return replace(sheet, columns=columns)


def _codes_of_groups(sheet: Sheet, ledger: Ledger) -> Sheet:
    """Make one column of a group's name and its code: rows of one code are one group, which its name calls."""
    columns = dict(sheet.columns)
    for level in LEVELS:
        codes = columns.pop(f"{level}_code", None)
        if codes is None:
            continue
        if level not in columns:
            columns[level] = codes
            continue
        names = columns[level]
        by_code: dict[str, Counter[str]] = defaultdict(Counter)
        for code, name in zip(codes, names, strict=True):
            if code and name:
                by_code[code][name] += 1
        title = {code: counts.most_common(1)[0][0] for code, counts in by_code.items()}
        several = [code for code, counts in by_code.items() if len(counts) > 1]
        if several:
            ledger.add(
                "repaired", sheet.file, level, f"{len(several):,} codes have more than one name: the commonest is kept"
            )
        uses = Counter(title.values())
        columns[level] = [
            name if not code else title.get(code, code) + (f" ({code})" if uses[title.get(code, "")] > 1 else "")
            for code, name in zip(codes, names, strict=True)
        ]
    order = [name for name in sheet.columns if name in columns] + [n for n in columns if n not in sheet.columns]
    return replace(sheet, columns={name: columns[name] for name in order})


# --------------------------------------------------------------------------------------------------- numbers


def _numbers(sheet: Sheet, ledger: Ledger) -> Sheet:
    columns = dict(sheet.columns)
    for name, cells in sheet.columns.items():
        each = FIELDS.get(name)
        if each is None or each.kind != "number":
            continue
        marks = plain_numbers(cells, each.whole, each.high)
        if marks.is_doubtful:
            example = next(cell for cell in cells if "," in cell or "." in cell)
            text = f"{name}: does the mark in '{example}' stand before decimals, or is it of thousands?"
            answer = ledger.ask(f"decimal-mark:{name}", sheet.file, text, ("decimal-comma", "decimal-point"))
            if answer is None:
                continue
            marks = plain_numbers(cells, each.whole, each.high, "," if answer == "decimal-comma" else ".")
        if marks.text:
            ledger.add("repaired", sheet.file, name, marks.text)
        plain = list(marks.cells)
        bad = set(marks.bad)
        values = {i: float(cell) for i, cell in enumerate(plain) if cell and i not in bad}
        outside = [i for i, value in values.items() if not each.low <= value <= each.high]
        infinite = [i for i, value in values.items() if not np.isfinite(value)]
        outside = [i for i in outside if i not in set(infinite)]
        values = {i: value for i, value in values.items() if np.isfinite(value)}
        middle = float(np.median(list(values.values()))) if values else 0.0
        broken = [  # '16.00' among thousands is a mark of thousands, too
            i
            for i, value in values.items()
            if each.whole
            and i not in outside
            and (value != int(value) or (re.search(r"[.,]\d", cells[i]) is not None and 50 * value < middle))
        ]
        if name == "population" and 2 * len(broken) > len(values):
            ledger.add("assumed", sheet.file, name, "numbers with decimals: taken as averages")
        else:
            outside = sorted(outside + broken)
        for problem, places in (
            ("no number", marks.bad),
            ("not possible", outside),
            ("not a finite number", infinite),
        ):
            if not places:
                continue
            rows = first_few([int(sheet.row_numbers[i]) for i in places[:6]], len(places))
            text = f"{name}: '{cells[places[0]][:30]}' (row {rows}) is {problem}; take it as missing?"
            key = f"{problem.replace(' ', '-')}:{name}"
            if ledger.ask(key, sheet.file, text, ("missing",)) == "missing":
                ledger.add("repaired", sheet, name, f"{problem}: taken as missing", places)
                for i in places:
                    plain[i] = ""
        columns[name] = plain
    return replace(sheet, columns=columns)


def _is_plain(cell: str) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", cell) is not None


def _percentages(sheet: Sheet, ledger: Ledger) -> Sheet:
    columns = dict(sheet.columns)
    for name in ("readiness", "capability", "adaptation_tendency"):
        cells = columns.get(name, [])
        values = [float(cell) for cell in cells if _is_plain(cell)]
        if not values or max(values) <= 5:
            continue
        text = f"{name} runs up to {max(values):g}: are these percentages?"
        if ledger.ask(f"percentages:{name}", sheet.file, text, ("yes",), "yes" if max(values) > 10 else None):
            columns[name] = [f"{float(cell) / 100:.10g}" if _is_plain(cell) else cell for cell in cells]
    return replace(sheet, columns=columns)


def _deprivation(sheet: Sheet, ledger: Ledger) -> Sheet:
    """Keep one measure of deprivation: a score before deciles, fifths and ranks, which run the other way."""
    columns = dict(sheet.columns)
    measures = [
        name
        for name in ("deprivation", "deprivation_decile", "deprivation_quintile", "deprivation_rank")
        if name in columns
    ]
    measures = [name for name in measures if any(columns[name])] or measures[:1]
    if not measures:
        return sheet
    for name in ("deprivation", "deprivation_decile", "deprivation_quintile", "deprivation_rank"):
        if name in columns and name not in measures[:1]:
            cells = columns.pop(name)
            if any(cells):
                text = f"{name.replace('_', ' ')} is not needed beside {measures[0].replace('_', ' ')}"
                if _same_direction(columns[measures[0]], cells) == (measures[0] == "deprivation"):
                    text = f"{name} and {measures[0]} run the same way: which of them is the wrong way round?"
                    if ledger.ask("deprivation-direction", sheet.file, text, (measures[0],)) is None:
                        continue
                ledger.add("left out", sheet.file, name, text)
    measure, cells = measures[0], columns[measures[0]]
    values = [float(cell) for cell in cells if _is_plain(cell)]
    if measure == "deprivation" and len(values) > 9 and set(values) <= set(range(1, 11)) and len(set(values)) > 1:
        text = (
            "deprivation holds whole numbers from 1 to 10: deciles (1 the most deprived) or a score (higher is worse)?"
        )
        answer = ledger.ask("deprivation-scale", sheet.file, text, ("decile", "score"))
        if answer == "decile":
            columns["deprivation_decile"] = columns.pop("deprivation")
    elif measure != "deprivation" and values:
        ledger.add("assumed", sheet.file, measure, "1 is taken as the most deprived, as published")
        if measure != "deprivation_decile":
            top = 6 if measure == "deprivation_quintile" else int(max(values)) + 1
            columns["deprivation"] = [f"{top - float(cell):g}" if cell else "" for cell in columns.pop(measure)]
    return replace(sheet, columns=columns)


def _same_direction(a: list[str], b: list[str]) -> bool | None:
    """Return whether two columns rise together; None where that cannot be told."""
    pairs = [(float(x), float(y)) for x, y in zip(a, b, strict=True) if x and y]
    if len(pairs) < 10 or len({x for x, _ in pairs}) < 2 or len({y for _, y in pairs}) < 2:
        return None
    correlation = float(np.corrcoef(np.array(pairs).T)[0, 1])
    return correlation > 0 if abs(correlation) > 0.3 else None


REPAIRS: tuple[Repair, ...] = (
    Repair("a total row", "left out", _total_rows),
    Repair("a row without an id", "left out", _rows_without_id),
    Repair("rows of one id", "made one, or asked about where they contradict each other", _duplicates),
    Repair("an id that a spreadsheet made a date or rounded", "asked about", _changed_ids),
    Repair("a group written in its first row alone", "proposed to be repeated", _gaps_below),
    Repair("a group called Unallocated, Not known or the like", "taken as missing", _placeholders),
    Repair("one group written in several ways", "written in one way", _variants),
    Repair("a group of one with almost the name of a larger one", "asked about", _slips),
    Repair("a group's code beside its name", "made one column", _codes_of_groups),
    Repair("marks of thousands and decimals", "read", _numbers),
    Repair("percentages", "read as shares", _percentages),
    Repair("several measures of deprivation", "the score is kept", _deprivation),
    Repair("times of adoption as dates or years, and a code for never", "counted in months", adoption_times.counted),
)
