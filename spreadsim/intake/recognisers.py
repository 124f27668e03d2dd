"""What the columns of a table mean: proposed from their headings and their content, with confidence and alternatives.

What belongs here: one table of the fields that are looked for, and how a column is matched to one. What does not: what
is done with the cells (``repairs``).

sheet : a table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from spreadsim.errors import InputError, nearest
from spreadsim.intake.adoption_times import month_of
from spreadsim.intake.headings import CODE, plain_heading
from spreadsim.intake.ledger import Ledger
from spreadsim.intake.number_marks import plain_numbers
from spreadsim.network.reading.sheet import Sheet
from spreadsim.network.reading.tables import MISSING

CERTAIN, POSSIBLE = 0.75, 0.45
SURVEY = re.compile(
    r"(net|peer|tie|contact|friend|nominee|nomination|alter|advice|partner)[ _-]?\d{1,2}", re.IGNORECASE
)


@dataclass(frozen=True)
class Field:
    """A field that is looked for among the columns of a table.

    Attributes
    ----------
    name : of the field, as services.csv and ties.csv have it.
    headings : what a heading must read in full, as a pattern, case and marks aside.
    hints : what a heading may hold somewhere, as a pattern; empty for none.
    kind : ``text``, ``group``, ``number`` or ``time``.
    low, high : no number of this field lies outside.
    whole : whether its numbers count something.

    Examples
    --------
    >>> FIELDS["population"].whole
    True
    """

    name: str
    headings: str
    hints: str = ""
    kind: str = "text"
    low: float = float("-inf")
    high: float = float("inf")
    whole: bool = False


_ORGANISATION = (
    r"(gp |gp practice |practice |partner |partner organisation |service |site |provider |organisation |org )"
)
_THING = r"(code|id|practice|service|site|node)"
_SERVICE_FIELDS = (
    Field("id", rf"id|code|ods|ods code|{_ORGANISATION}(ods )?(code|id)|practice|prac(tice)?code|service|node|node id"
          r"|area code|gp|surgery", r"\b(practice|gp|ods|service|site) ?(code|id)\b"),
    Field("name", rf"name|title|label|{_ORGANISATION}name|surgery name|area name", r"\b(practice|service|site) name\b"),
    Field("region", r"(nhs |gp )?region( name)?|(regional|area) team", r"\bregion\b(?!.*\bcode)", "group"),
    Field("system", r"(stp|ics|icb|system|health board)( name)?|integrated care (system|board)( name)?",
          r"\b(stp|ics|(?<!sub )icb|integrated care)\b(?!.*\bcode)", "group"),
    Field("place", r"(ccg|place|sub icb|sub icb location|borough|locality|local authority|county|district)( name)?"
          r"|practice parent sub icb loc name|commissioner", r"\b(ccg|sub icb)\b(?!.*\bcode)", "group"),
    Field("network", r"(pcn|primary care network|network|neighbou?rhood|cluster|gp cluster|team|group|village)( name)?",
          r"\b(pcn|primary care network|neighbou?rhood)\b(?!.*\b(code|date|match|parent))", "group"),
    Field("region_code", r"region (ods )?code", "", "group"),
    Field("system_code", r"(stp|ics|icb|system) (ods )?code", "", "group"),
    Field("place_code", r"(ccg|sub icb|sub icb loc|practice parent sub icb loc|commissioner) (ods )?code", "", "group"),
    Field("network_code", r"(pcn|network) (ods )?(code|id)", "", "group"),
    Field("population", r"(practice )?list( size)?|(total |registered |number of |no of )?patients|patient count"
          r"|((registered|practice) )?population|people( served)?|persons", r"\b(list size|patients|population)\b",
          "number", 0, 1e8, True),
    Field("deprivation", r"deprivation|imd|deprivation score|imd( 20\d\d)? score|imd score( 20\d\d)?"
          r"|index of multiple deprivation|deprivation score imd 20\d\d",
          r"\b(deprivation|imd)\b(?!.*(decile|rank|quintile))", "number", -100, 100),
    Field("deprivation_decile", r"(imd |deprivation )?decile|imd 20\d\d decile|imd decile( 20\d\d)?",
          r"\b(imd|deprivation)\b.*\bdecile\b", "number", 1, 10, True),
    Field("deprivation_quintile", r"(imd |deprivation )?(quintile|fifth)",
          r"\b(imd|deprivation)\b.*\b(quintile|fifth)\b",
          "number", 1, 5, True),
    Field("deprivation_rank", r"(imd |deprivation )?rank|imd 20\d\d rank", r"\b(imd|deprivation)\b.*\brank\b",
          "number", 1, 1e6, True),
    Field("readiness", r"readiness( score)?", r"\breadiness\b", "number", 0, 100),
    Field("capability", r"capability( score)?", "", "number", 0, 100),
    Field("adaptation_tendency", r"adaptation tendency", "", "number", 0, 100),
    Field("context", r"context", "", "number"),
    Field("perception", r"perception", "", "number"),
    Field("appraisal_error", r"appraisal error", "", "number"),
    Field("map_x", r"map x|x|easting|eastings|longitude|long|lon|lng", "", "number"),
    Field("map_y", r"map y|y|northing|northings|latitude|lat", "", "number"),
    Field("adopted_month", r"adopted( month| on| date| year)?|adoption( month| time| date| year| period)?"
          r"|(month|date) adopted|toa|time of adoption|go live( date)?|start(ed)? using",
          r"\b(adopted|adoption|go live)\b", "time"),
    Field("parent", r"parent", ""),
)  # fmt: skip
_TIE_FIELDS = (
    Field("source", rf"source|from|from {_THING}|ego|sender|nominator|respondent|{_THING} ?(a|1)|i"),
    Field("target", rf"target|to|to {_THING}|alter|receiver|nominee|nominated|{_THING} ?(b|2)|j"),
    Field("weight", r"weight|value|strength|count|times|frequency|contacts|number of contacts", "", "number", 0),
    Field("kind", r"kind|type|relation|relationship|tie type|edge type|relationship type"),
    Field("directed", r"directed"),
)  # fmt: skip
_MEASURE_FIELDS = (
    Field("month", r"(year )?(month|date|period)( ending| start| end| name)?|month year|time period|reporting period",
          "", "time"),
    Field("value", r"(calc |measure |indicator )?value|rate|ratio|share|percent(age)?|proportion|measure|indicator"
          r"|items|quantity|count|score", r"\b(value|rate|ratio|share|percent(age)?|proportion|per 1000)\b", "number"),
)  # fmt: skip
FIELDS: dict[str, Field] = {each.name: each for each in (*_SERVICE_FIELDS, *_TIE_FIELDS, *_MEASURE_FIELDS)}
TIE_FIELDS = frozenset(each.name for each in _TIE_FIELDS)
MEASURE_FIELDS = frozenset(each.name for each in _MEASURE_FIELDS)
LEAST_MONTHS = 4  # different months without which a table is no table of monthly measures
LEAST_MONTH_COLUMNS = 6  # columns that are months without which it is none
LEVELS = ("region", "system", "place", "network")  # from the top down


@dataclass(frozen=True)
class Match:
    """The column that a field is read from.

    Attributes
    ----------
    field, column : our name and the file's.
    confidence : from 0 to 1.
    reason : what it rests on, in words.
    alternatives : other columns that could be meant.
    preview : the first cells.

    Examples
    --------
    >>> Match("id", "Practice Code", 0.95, "heading", (), ("A81001",)).column
    'Practice Code'
    """

    field: str
    column: str
    confidence: float
    reason: str
    alternatives: tuple[str, ...]
    preview: tuple[str, ...]


@dataclass(frozen=True)
class TableMapping:
    """What a table is and which of its columns are read.

    Attributes
    ----------
    sheet : the table.
    role : ``services``, ``ties``, ``measures`` (by month), ``tiers`` or ``other``.
    matches : by field.
    survey : columns that each name one tie of the service in the row.
    unread : columns that are not read.
    months : columns that each hold one month of a measure.
    declined : fields that the user said no column is read for.

    Examples
    --------
    >>> import numpy as np
    >>> sheet = Sheet("links.csv", {"From": ["a"], "To": ["b"]}, np.array([2]))
    >>> recognise(sheet, Ledger()).role
    'ties'
    """

    sheet: Sheet
    role: str
    matches: Mapping[str, Match] = field(default_factory=dict)
    survey: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()


def recognise(
    sheet: Sheet,
    ledger: Ledger,
    columns: Mapping[str, str] | None = None,
    role: str | None = None,
    service_ids: frozenset[str] = frozenset(),
) -> TableMapping:
    """Return what a table is and which of its columns are read.

    Parameters
    ----------
    ledger : takes what is asked.
    columns : our name of a column = the file's name of it, as the user says or a saved mapping; empty: none.
    role : of the table, where its format says so.
    service_ids : of the services that other tables hold, which tell ties by their content.

    Returns
    -------
    `TableMapping`; of role ``other`` where the table holds neither services nor ties.

    Raises
    ------
    InputError : `columns` names a field that there is not.

    Examples
    --------
    >>> import numpy as np
    >>> sheet = Sheet("gp.csv", {"Practice Code": ["A81001"], "List Size": ["4,200"], "Fax": ["-"]}, np.array([2]))
    >>> mapping = recognise(sheet, Ledger())
    >>> [(match.field, match.column) for match in mapping.matches.values()], mapping.unread
    ([('id', 'Practice Code'), ('population', 'List Size')], ('Fax',))
    """
    for name in columns or {}:
        if name not in FIELDS:
            raise InputError("--column", name, "is not a field that is read", nearest(name, FIELDS))
    if role == "tiers":
        return TableMapping(sheet, "tiers")
    wanted = {name: column for name, column in (columns or {}).items() if column in sheet.columns}
    declined = tuple(name for name, column in (columns or {}).items() if not column)
    scores = _scores(sheet, service_ids)
    for name in declined:
        scores[name] = {}
    is_tie = role == "ties" or (
        role is None
        and _best(scores, "source", wanted) >= CERTAIN
        and _best(scores, "target", wanted) >= CERTAIN
        and _best(scores, "id", wanted) < 0.9
    )
    months = () if is_tie or role is not None else _month_columns(sheet)
    is_long = not is_tie and role is None and not months and _as_measures(sheet, scores, wanted)
    fields = [name for name in FIELDS if (name in TIE_FIELDS) == is_tie and (is_long or name not in MEASURE_FIELDS)]
    matches = _assign(sheet, scores, fields, wanted)
    needed = ("source", "target") if is_tie else ("id", "month", "value") if is_long else ("id",)
    sure = {match.column for match in matches.values() if match.confidence >= CERTAIN}
    rivals = {name: {column for column, (score, _) in scores[name].items() if score >= POSSIBLE} for name in matches}
    # A heading that only hints at a level is no question where a sure column hints at it as well.
    matches = {
        name: match
        for name, match in matches.items()
        if match.confidence >= CERTAIN or name in needed or not rivals[name] & sure
    }
    matches = {name: match for name, match in matches.items() if _is_settled(match, needed, sheet, ledger)}
    survey = () if is_tie else tuple(name for name in sheet.columns if SURVEY.fullmatch(name))
    survey = tuple(name for name in survey if name not in {match.column for match in matches.values()})
    read = {match.column for match in matches.values()} | set(survey) | set(months)
    kind = "ties" if is_tie else "measures" if is_long or months else "services"
    if not all(name in matches for name in needed):
        kind = "other"
    unread = tuple(name for name in sheet.columns if name not in read)
    return TableMapping(sheet, kind, matches, survey, unread, months, declined)


def _month_columns(sheet: Sheet) -> tuple[str, ...]:
    """Return the columns whose headings are months and whose cells are numbers, where there are enough of them."""
    months = tuple(name for name in sheet.columns if month_of(name, day_first=True) is not None)
    if len(months) < LEAST_MONTH_COLUMNS or len({month_of(name, True) for name in months}) < len(months):
        return ()
    cells = [cell for name in months for cell in sheet.columns[name][:200] if cell and cell.lower() not in MISSING]
    marks = plain_numbers(cells, whole=False)
    return months if cells and 2 * len(marks.bad) < len(cells) else ()


def _as_measures(sheet: Sheet, scores: dict[str, dict[str, tuple[float, str]]], wanted: Mapping[str, str]) -> bool:
    """Return whether a table has one row a service and month, and score its columns as such."""
    n = len(sheet)
    months = [wanted["month"]] if "month" in wanted else list(scores["month"])
    months += [name for name in sheet.columns if name not in months and "month" not in wanted]
    for month in months:
        cells = [cell for cell in sheet.columns[month] if cell]
        different = set(cells)
        if not LEAST_MONTHS <= len(different) <= 0.5 * n:
            continue
        if sum(month_of(cell, True) is not None or month_of(cell, False) is not None for cell in different) < (
            0.95 * len(different)
        ):
            continue
        for name in [wanted["id"]] if "id" in wanted else sheet.columns:
            ids = sheet.columns[name]
            coded = sum(CODE.fullmatch(cell) is not None for cell in ids[:2000]) > 0.9 * min(n, 2000)
            if name == month or not (coded or name in scores["id"] or "id" in wanted) or 2 * len(set(ids)) > n:
                continue
            if len(set(zip(ids, sheet.columns[month], strict=True))) < 0.95 * n:
                continue
            values = _value_columns(sheet, scores, {name, month})
            if not values and "value" not in wanted:
                continue
            scores["id"] = {name: (0.99, "codes, one a month") if coded else (0.95, "heading, one a month")}
            scores["month"] = {month: (0.95, "months")}
            scores["value"] = values
            return True
    return False


def _value_columns(
    sheet: Sheet, scores: Mapping[str, Mapping[str, tuple[float, str]]], taken: set[str]
) -> dict[str, tuple[float, str]]:
    """Return the columns that may hold what is measured: numbers, with no other meaning."""
    others = {name for field, columns in scores.items() if field not in ("value", "weight") for name in columns}
    numeric = {}
    for name, cells in sheet.columns.items():
        filled = [cell for cell in cells[:2000] if cell and cell.lower() not in MISSING]
        if name in taken or not filled or (name in others and name not in scores["value"]):
            continue
        if 10 * len(plain_numbers(filled, whole=False).bad) < len(filled):
            numeric[name] = scores["value"].get(name, (0.0, ""))
    best = max((score for score, _ in numeric.values()), default=0.0)
    if len(numeric) == 1:
        return dict.fromkeys(numeric, (0.9, "the only column of numbers"))
    # Several columns of numbers, such as a numerator and a denominator: the plain heading, or it is asked.
    sure = [name for name, (score, _) in numeric.items() if score == best and best >= CERTAIN]
    return {name: ((0.9, "heading and numbers") if [name] == sure else (0.6, "numbers")) for name in numeric}


def _is_settled(match: Match, needed: tuple[str, ...], sheet: Sheet, ledger: Ledger) -> bool:
    """Return whether a match is to be used: certain ones are, possible ones are asked about."""
    if match.confidence >= CERTAIN:
        return True
    if match.confidence < POSSIBLE or (match.field not in needed and match.reason == "content"):
        return False
    choices = (match.column, *match.alternatives, "none")
    shown = ", ".join(match.preview[:3])
    text = f"is '{match.column}' ({shown}) the column of {match.field.replace('_', ' ')}?"
    answer = ledger.ask(f"column:{match.field}:{match.column}", sheet.file, text, choices, match.column)
    return answer == match.column


def _best(scores: Mapping[str, Mapping[str, tuple[float, str]]], name: str, wanted: Mapping[str, str]) -> float:
    return 1.0 if name in wanted else max((score for score, _ in scores[name].values()), default=0.0)


def _assign(
    sheet: Sheet,
    scores: Mapping[str, Mapping[str, tuple[float, str]]],
    fields: list[str],
    wanted: Mapping[str, str],
) -> dict[str, Match]:
    """Return each field's best column, the surest first; no column is read twice."""
    pairs = [
        (
            1.0 if wanted.get(name) == column else score,
            name,
            column,
            "as you said" if wanted.get(name) == column else why,
        )
        for name in fields
        for column, (score, why) in {**scores[name], **({wanted[name]: (1.0, "")} if name in wanted else {})}.items()
        if name not in wanted or wanted[name] == column
    ]
    order = {column: k for k, column in enumerate(sheet.columns)}
    pairs.sort(key=lambda pair: (-pair[0], order[pair[2]]))
    matches: dict[str, Match] = {}
    used: set[str] = set()
    for score, name, column, why in pairs:
        if name in matches or column in used or score < POSSIBLE:
            continue
        others = [other for other, (rival, _) in scores[name].items() if other != column and rival >= score - 0.15]
        preview = tuple(cell for cell in sheet.columns[column][:200] if cell)[:10]
        matches[name] = Match(name, column, score, why, tuple(others[:4]), preview)
        used.add(column)
    return {name: matches[name] for name in fields if name in matches}


def _scores(sheet: Sheet, service_ids: frozenset[str]) -> dict[str, dict[str, tuple[float, str]]]:
    """Return how well each column fits each field, and why."""
    scores: dict[str, dict[str, tuple[float, str]]] = {name: {} for name in FIELDS}
    for column, cells in sheet.columns.items():
        heading = plain_heading(column)
        filled = [cell for cell in cells if cell and cell.lower() not in MISSING]
        for each in FIELDS.values():
            exact = heading == each.name.replace("_", " ") or re.fullmatch(each.headings, heading) is not None
            near = bool(each.hints) and re.search(each.hints, heading) is not None
            score = 0.95 if exact else 0.65 if near else 0.0
            if not score:
                continue
            fit, why = _fit(each, cells, filled, exact)
            scores[each.name][column] = (min(0.99, score * fit), why)
        _by_content(column, cells, filled, service_ids, scores)
    _as_pairs(sheet, scores)
    return scores


def _as_pairs(sheet: Sheet, scores: dict[str, dict[str, tuple[float, str]]]) -> None:
    """Take two columns without headings for the ends of ties, where names of one stand in the other as well."""
    names = list(sheet.columns)
    if names[:2] != ["column 1", "column 2"] or len(names) > 3:
        return
    first, second = (set(sheet.columns[name]) - {""} for name in names[:2])
    if first & second:
        scores["source"]["column 1"] = (0.8, "no headings: names of the second column")
        scores["target"]["column 2"] = (0.8, "no headings: names of the first column")
        if len(names) == 3:
            scores["weight"]["column 3"] = (0.8, "no headings: the third column")


def _fit(each: Field, cells: list[str], filled: list[str], exact: bool) -> tuple[float, str]:
    """Return what the cells make of a heading's claim: 1 where they bear it out, less where not."""
    if not filled:
        return 0.8, "heading; the column is empty"
    if each.kind == "number":
        marks = plain_numbers(filled[:2000], each.whole, each.high)
        right = 1.0 - len(marks.bad) / len(marks.cells)
        if exact and right > 0.5:  # the heading is plain: what is wrong with single numbers is asked about later
            return 1.05 if right > 0.95 else 1.0, "heading and numbers"
        if exact:
            return 0.5, "heading, but few numbers"
        values = [float(cell) for cell in marks.cells if re.fullmatch(r"[+-]?[\d.]+", cell)]
        inside = sum(each.low <= value <= each.high for value in values) / max(1, len(values))
        return (1.05 if right * inside > 0.95 else right * inside), "heading and numbers"
    if each.name == "id":
        distinct = len(set(filled)) / len(filled)
        coded = sum(CODE.fullmatch(cell) is not None for cell in filled[:2000]) / len(filled[:2000])
        return (1.04 if coded > 0.9 else 1.0) * (
            1.0 if distinct > 0.5 else 0.6
        ), "heading and codes" if coded > 0.9 else "heading"
    if each.kind == "group":
        number = sum(re.fullmatch(r"[+-]?\d+\.\d+", cell) is not None for cell in filled[:2000]) / len(filled[:2000])
        return (0.4 if number > 0.8 else 1.0), "heading"
    return 1.0, "heading"


def _by_content(
    column: str,
    cells: list[str],
    filled: list[str],
    service_ids: frozenset[str],
    scores: dict[str, dict[str, tuple[float, str]]],
) -> None:
    """Add what the cells alone suggest: codes of organisations, and ids that other tables hold."""
    if not filled:
        return
    sample = filled[:2000]
    coded = sum(CODE.fullmatch(cell) is not None for cell in sample) / len(sample)
    distinct = len(set(filled)) == len(filled) == len(cells)
    if coded > 0.9 and distinct and column not in scores["id"]:
        scores["id"][column] = (0.8, "codes of practices")
    elif (
        distinct
        and len(cells) > 2
        and column not in scores["id"]
        and not any(scores[name].get(column) for name in FIELDS)
    ):
        scores["id"][column] = (0.5, "every cell differs")
    known = bool(service_ids) and sum(cell in service_ids for cell in sample) / len(sample) > 0.8
    if known and not distinct:
        free = [name for name in ("source", "target") if not scores[name]]
        if free and column not in scores["source"] and column not in scores["target"]:
            scores[free[0]][column] = (0.8, "ids of services")
