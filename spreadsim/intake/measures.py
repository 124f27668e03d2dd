"""Months of adoption from monthly measures: a table of practices by month becomes one row a practice.

What belongs here: such a table, long or wide, as a matrix, and the month in which each service adopted by a rule. What
does not: how the table is recognised (``recognisers``), times of adoption that are written as such
(``adoption_times``).

A rule is a level that is passed (``below 0.3``, ``above 10 for 3 months``), or the month of the largest change
(``falls``, ``rises``). Months count from the first of the table, 1. Who satisfies a level in month 1 had adopted by
then, perhaps before (left-censored): calibration takes these as given. Who does not adopt by the last month has none
(right-censored). A service that is low throughout has no change that could be found.

sheet : a table with one row a service and month, or one a service and a column a month.
ledger : takes what was assumed and what is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from spreadsim.errors import InputError, MissingExtraError
from spreadsim.intake.adoption_times import NAME, day_first, month_of, named_month
from spreadsim.intake.ledger import Ledger
from spreadsim.intake.number_marks import plain_numbers
from spreadsim.intake.recognisers import TableMapping
from spreadsim.network.reading.faults import first_few
from spreadsim.network.reading.sheet import Sheet

KEY = "adopted-when"
EXAMPLE = "below 0.3 for 3 months"
_RULE = re.compile(
    r"(?P<change>falls|rises)|(?P<side>below|above) (?P<level>[+-]?\d*\.?\d+)(?P<share> ?%)?"
    r"( for (?P<months>\d{1,3}) months?)?"
)
LEAST_MONTHS = 8  # values without which no change is looked for in a series
LEAST_STRETCH = 3  # months before a change, and after it
LEAST_F = 12.0  # reached by about 1 in 100 series that do not change (Andrews, Econometrica 1993;61:821)


@dataclass(frozen=True)
class AdoptionRule:
    """What counts as adoption in a series of monthly values.

    Attributes
    ----------
    direction : ``below`` or ``above`` a level; ``falls`` or ``rises`` for the largest change.
    level : to be passed; None for a change.
    months : for so many months in a row.

    Examples
    --------
    >>> AdoptionRule.read("above 10 for 3 months")
    AdoptionRule(direction='above', level=10.0, months=3)
    """

    direction: str
    level: float | None = None
    months: int = 1

    @classmethod
    def read(cls, text: str) -> AdoptionRule:
        """Return the rule that a text means.

        Raises
        ------
        InputError : it means none.
        """
        match = _RULE.fullmatch(" ".join(text.lower().split()))
        if match is None or match["months"] == "0":
            raise InputError("--answer", KEY, f"'{text}' is no rule", f"for example falls, rises, or '{EXAMPLE}'")
        if match["change"]:
            return cls(match["change"])
        level = float(match["level"]) / (100.0 if match["share"] else 1.0)
        return cls(match["side"], level, int(match["months"] or 1))

    def __str__(self) -> str:
        if self.level is None:
            return f"the month of the largest change, if the value {self.direction}"
        run = f" for {self.months} months in a row" if self.months > 1 else ""
        return f"the first month in which the value is {self.direction} {self.level:g}{run}"


@dataclass(frozen=True)
class Adoptions:
    """Services with their months of adoption, read off monthly values.

    Attributes
    ----------
    services : one row a service, with ``adopted_month`` where a rule was given.
    measured : ids of the services whose values say whether they adopted.
    n_periods : number of the last period.
    period_months : months in a period.

    Examples
    --------
    >>> Adoptions(Sheet("m.csv", {"id": ["a"]}, np.array([2])), frozenset({"a"}), 24, 1).n_periods
    24
    """

    services: Sheet
    measured: frozenset[str]
    n_periods: int
    period_months: int


def adoptions_of(mapping: TableMapping, ledger: Ledger) -> Adoptions | None:
    """Return the services of a table of monthly measures, with the month in which each adopted.

    Parameters
    ----------
    mapping : of a table whose role is ``measures``.

    Returns
    -------
    `Adoptions`; None where a question about its numbers or months is open.

    Raises
    ------
    InputError : the answer to `KEY` is no rule.
    MissingExtraError : a change is looked for, and what finds it is not installed.

    Examples
    --------
    >>> from spreadsim.intake.recognisers import recognise
    >>> months = [f"2020-{k:02}" for k in range(1, 9)]
    >>> columns = {"id": ["a"] * 8 + ["b"] * 8, "month": months * 2, "value": list("99993333") + list("99999999")}
    >>> sheet, ledger = Sheet("m.csv", columns, np.arange(2, 18)), Ledger(answers={KEY: "below 5"})
    >>> adoptions_of(recognise(sheet, ledger), ledger).services.columns
    {'id': ['a', 'b'], 'adopted_month': ['5', '']}
    """
    sheet = mapping.sheet
    table = _wide(mapping, ledger) if mapping.months else _long(mapping, ledger)
    if table is None:
        return None
    rows, months, values = table
    period = int(np.gcd.reduce(np.diff(np.unique(months)))) if len(set(months.tolist())) > 1 else 1
    first, last = int(months.min()), int(months.max())
    n_periods = (last - first) // period + 1
    grid = np.full((len(rows), n_periods), np.nan)
    grid[:, (months - first) // period] = values
    services = _one_row_each(mapping, rows, ledger)
    counted = f"{named_month(first)} = 1 to {named_month(last)} = {n_periods}"
    unit = "months" if period == 1 else f"periods of {period} months"
    if n_periods > len(months):
        ledger.add("assumed", sheet.file, "month", f"{n_periods - len(months):,} {unit} between have no values at all")
    rule = _rule(sheet, ledger)
    if rule is None:
        return Adoptions(services, frozenset(services.columns["id"]), n_periods, period)
    when, measured = _adopted(grid, rule, sheet, ledger)
    text = f"{rule}; {unit} are counted from {counted}"
    ledger.add("assumed", sheet.file, NAME, f"{text}: {int(np.isfinite(when).sum()):,} of {len(when):,} adopted")
    _tell_censoring(grid, when, measured, rule, sheet, ledger)
    cells = ["" if np.isnan(month) else str(int(month)) for month in when]
    services = replace(services, columns={**services.columns, NAME: cells})
    ids = frozenset(name for name, is_measured in zip(services.columns["id"], measured, strict=True) if is_measured)
    return Adoptions(services, ids, n_periods, period)


def without_unmeasured(services: Sheet, adoptions: Sequence[Adoptions], ledger: Ledger) -> Sheet:
    """Ask what becomes of services that no table measured: a blank month would count as not adopted.

    Parameters
    ----------
    services : joined from all tables.
    adoptions : of the tables of measures.

    Returns
    -------
    `Sheet`; as it was where all are measured or the question is open.

    Examples
    --------
    >>> services = Sheet("gp.csv", {"id": ["a", "b"], "adopted_month": ["4", ""]}, np.array([2, 3]))
    >>> measured = Adoptions(services, frozenset({"a"}), 24, 1)
    >>> without_unmeasured(services, [measured], Ledger(answers={"not-measured": "leave-out"})).columns
    {'id': ['a'], 'adopted_month': ['4']}
    """
    measured = frozenset[str]().union(*(each.measured for each in adoptions))
    places = [i for i, name in enumerate(services.columns["id"]) if name not in measured]
    if not adoptions or not places or NAME not in services.columns:
        return services
    named = first_few([f"'{services.columns['id'][i]}'" for i in places[:6]], len(places))
    text = (
        f"{len(places):,} services have too few monthly values to say whether they adopted ({named}): "
        "count them as not adopted, or leave them out?"
    )
    answer = ledger.ask("not-measured", services.file, text, ("not-adopted", "leave-out"))
    if answer == "leave-out":
        ledger.add("left out", services, NAME, "too few monthly values", places)
        keep = np.ones(len(services), dtype=np.bool_)
        keep[places] = False
        return services.select(keep)
    if answer is not None:
        ledger.add("assumed", services, NAME, "too few monthly values: counted as not adopted", places)
    return services


# --------------------------------------------------------------------------------------------------- tables


def _values(cells: list[str], name: str, sheet: Sheet, ledger: Ledger) -> np.ndarray | None:
    """Return cells as numbers, nan where blank; None where a question about them is open."""
    marks = plain_numbers(cells, whole=False)
    if marks.is_doubtful:
        example = next(cell for cell in cells if "," in cell or "." in cell)
        text = f"{name}: is '{example}' a number with decimals, or one with a mark for thousands?"
        answer = ledger.ask(f"decimal-mark:{name}", sheet.file, text, ("decimal-comma", "decimal-point"))
        if answer is None:
            return None
        marks = plain_numbers(cells, whole=False, mark="," if answer == "decimal-comma" else ".")
    if marks.text:
        ledger.add("repaired", sheet.file, name, marks.text)
    if marks.bad:
        bad = sorted({cells[i] for i in marks.bad})
        shown = first_few([f"'{cell[:20]}'" for cell in bad[:6]], len(bad))
        text = f"{name}: {shown} in {len(marks.bad):,} cells: no number"
        if ledger.ask(f"no-number:{name}", sheet.file, f"{text}; take it as missing?", ("missing",)) is None:
            return None
        ledger.add("repaired", sheet.file, name, f"{text}: taken as missing")
    bad_places = set(marks.bad)
    return np.array([float(c) if c and i not in bad_places else np.nan for i, c in enumerate(marks.cells)])


def _long(mapping: TableMapping, ledger: Ledger) -> tuple[dict[str, int], np.ndarray, np.ndarray] | None:
    """Return the first row of each service, the months, and values: shape (services, months)."""
    sheet = mapping.sheet
    ids, name = sheet.columns[mapping.matches["id"].column], mapping.matches["value"].column
    cells = sheet.columns[mapping.matches["month"].column]
    begins_with_day = day_first(cells, sheet, ledger)
    if begins_with_day is None:
        return None
    number = {cell: month_of(cell, begins_with_day) for cell in set(cells)}
    bad = [i for i, cell in enumerate(cells) if number[cell] is None or not ids[i]]
    if bad:
        shown = first_few([int(sheet.row_numbers[i]) for i in bad[:6]], len(bad))
        text = f"{len(bad):,} rows (row {shown}) have no month that can be read, or no id: leave them out?"
        if ledger.ask("no-month:value", sheet.file, text, ("leave-out",)) is None:
            return None
        ledger.add("left out", sheet, "month", "no month that can be read, or no id", bad)
    values = _values(sheet.columns[name], name, sheet, ledger)
    if values is None:
        return None
    skipped = set(bad)
    rows: dict[str, int] = {}
    for i, identity in enumerate(ids):
        if i not in skipped:
            rows.setdefault(identity, i)
    place = {identity: k for k, identity in enumerate(rows)}
    keep = np.array([i for i in range(len(ids)) if i not in skipped], dtype=np.int64)
    service = np.array([place[ids[i]] for i in keep], dtype=np.int64)
    month = np.array([number[cells[i]] or 0 for i in keep], dtype=np.int64)
    months, column = np.unique(month, return_inverse=True)
    own = values[keep]
    pair = service * len(months) + column
    present = np.isfinite(own)
    count = np.bincount(pair[present], minlength=len(rows) * len(months))
    total = np.bincount(pair[present], weights=own[present], minlength=len(rows) * len(months))
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    clash = present & (count[pair] > 1) & (np.abs(own - mean[pair]) > 1e-9 * np.maximum(1.0, np.abs(own)))
    if clash.any():
        shown = first_few([int(sheet.row_numbers[i]) for i in keep[clash][:6]], int(clash.sum()))
        text = (
            f"{name}: {len(set(pair[clash].tolist())):,} services and months have two values that differ (row {shown})"
        )
        if ledger.ask("two-values-a-month", sheet.file, f"{text}: take their mean?", ("mean",)) is None:
            return None
        ledger.add("repaired", sheet.file, name, f"{text}: their mean is taken")
    return rows, months, mean.reshape(len(rows), len(months))


def _wide(mapping: TableMapping, ledger: Ledger) -> tuple[dict[str, int], np.ndarray, np.ndarray] | None:
    """Return the row of each service, the months, and values: shape (services, months)."""
    sheet = mapping.sheet
    ids = sheet.columns[mapping.matches["id"].column]
    cells = [cell for name in mapping.months for cell in sheet.columns[name]]
    values = _values(cells, "value", sheet, ledger)
    if values is None:
        return None
    months = np.array([month_of(name, day_first=True) or 0 for name in mapping.months], dtype=np.int64)
    rows: dict[str, int] = {}
    for i, identity in enumerate(ids):
        rows.setdefault(identity, i)
    if len(rows) < len(ids) or "" in rows:
        text = "has rows without an id, or two rows of one id"
        raise InputError(sheet.file, mapping.matches["id"].column, text, "give each service one row of months")
    order = np.argsort(months, kind="stable")
    return rows, months[order], values.reshape(len(months), len(ids)).T[:, order]


def _one_row_each(mapping: TableMapping, rows: dict[str, int], ledger: Ledger) -> Sheet:
    """Return one row a service under our names; what changes over months keeps its last value."""
    sheet = mapping.sheet
    ids = sheet.columns[mapping.matches["id"].column]
    columns: dict[str, list[str]] = {"id": list(rows)}
    for name, match in mapping.matches.items():
        if name in ("id", "month", "value"):
            continue
        seen: dict[str, str] = {}
        changes = set()
        for identity, cell in zip(ids, sheet.columns[match.column], strict=True):
            if cell:
                if seen.get(identity, cell) != cell:
                    changes.add(identity)
                seen[identity] = cell
        columns[name] = [seen.get(identity, "") for identity in rows]
        if changes:
            text = f"changes over the months in {len(changes):,} services: the last is taken"
            ledger.add("assumed", sheet.file, name, text)
    return Sheet(sheet.file, columns, sheet.row_numbers[list(rows.values())], sheet.unit)


# --------------------------------------------------------------------------------------------------- the rule


def _rule(sheet: Sheet, ledger: Ledger) -> AdoptionRule | None:
    """Return the rule that the user gave; asks for it where none is."""
    text = ledger.answers.get(KEY)
    if text is None:
        what = "monthly values: what counts as adoption, a level that is passed, or the month of the largest change?"
        ledger.ask(KEY, sheet.file, what, ("falls", "rises", "none"), example=EXAMPLE)
        return None
    ledger.answered[KEY] = text
    if text == "none":
        ledger.add("left out", sheet.file, "value", "no month of adoption is read off the monthly values")
        return None
    return AdoptionRule.read(text)


def _adopted(grid: np.ndarray, rule: AdoptionRule, sheet: Sheet, ledger: Ledger) -> tuple[np.ndarray, np.ndarray]:
    """Return each service's period of adoption, nan where none, and whether its values can say."""
    if rule.level is None:
        return _changes(grid, rule.direction, sheet, ledger)
    with np.errstate(invalid="ignore"):
        passes = grid < rule.level if rule.direction == "below" else grid > rule.level
    run = passes.copy()
    for k in range(1, rule.months):
        run[:, :-k] &= passes[:, k:]
        run[:, -k:] = False
    when = np.where(run.any(axis=1), run.argmax(axis=1) + 1.0, np.nan)
    return when, np.isfinite(grid).sum(axis=1) >= rule.months


def _changes(grid: np.ndarray, direction: str, sheet: Sheet, ledger: Ledger) -> tuple[np.ndarray, np.ndarray]:
    """Return the first period after the largest change of each series, where it is one and has the direction."""
    try:
        import ruptures
    except ImportError:
        raise MissingExtraError(
            "the month of the largest change is found by ruptures; give a level instead (--answer "
            f"'{KEY}={EXAMPLE}'), or install it: python -m pip install 'spreadsim[changepoint]'"
        ) from None
    when = np.full(len(grid), np.nan)
    n_other = 0
    enough = np.isfinite(grid).sum(axis=1) >= LEAST_MONTHS
    for i in np.flatnonzero(enough):
        places = np.flatnonzero(np.isfinite(grid[i]))
        series = grid[i, places]
        n = len(series)
        if np.ptp(series) == 0.0:
            continue
        search = ruptures.KernelCPD(kernel="linear", min_size=LEAST_STRETCH).fit((series / series.std())[:, None])
        split = search.predict(n_bkps=1)[0]
        before, after = series[:split], series[split:]
        left = n * series.var() - len(before) * before.var() - len(after) * after.var()
        rest = (len(before) * before.var() + len(after) * after.var()) / (n - 2)
        if left < LEAST_F * rest:
            continue
        if (after.mean() < before.mean()) != (direction == "falls"):
            n_other += 1
            continue
        when[i] = places[split] + 1.0
    if n_other:
        other = "rises" if direction == "falls" else "falls"
        ledger.add("assumed", sheet.file, NAME, f"in {n_other:,} services the value {other}: not adopted")
    return when, enough


def _tell_censoring(
    grid: np.ndarray, when: np.ndarray, measured: np.ndarray, rule: AdoptionRule, sheet: Sheet, ledger: Ledger
) -> None:
    """Say who had adopted before values begin, and who not by their end."""
    finite = np.isfinite(grid)
    first = np.where(finite.any(axis=1), finite.argmax(axis=1) + 1.0, np.nan)
    last = grid.shape[1] - finite[:, ::-1].argmax(axis=1)

    def tell(who: np.ndarray, text: str) -> None:
        if np.any(who):
            ledger.add("assumed", sheet.file, NAME, f"{int(np.sum(who)):,} {text}")

    if rule.level is not None:
        tell((when == first) & (when == 1), "had adopted by the first month, perhaps before (left-censored): month 1")
        tell(
            (when == first) & (when > 1), "had adopted by their first value, which is later than the table's: taken so"
        )
    else:
        text = (
            f"have no month from which the value {rule.direction}: never, or before month 1; both count as not adopted"
        )
        tell(np.isnan(when) & measured, text)
    tell(np.isnan(when) & measured, f"had not adopted by period {grid.shape[1]} (right-censored): blank")
    ends = np.isnan(when) & measured & (last < grid.shape[1])
    tell(ends, "of these have no values up to the end: they count as not adopted until then")
