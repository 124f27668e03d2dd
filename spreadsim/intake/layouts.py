"""Tables as English health bodies publish them, recognised by their shape.

What belongs here: one declaration a layout: how it is recognised, what its columns are and which of its rows are
practices. What does not: tables whose headings say it all (``recognisers``).

sheet : a table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from spreadsim.intake.headings import CODE, plain_heading
from spreadsim.intake.ledger import Ledger
from spreadsim.network.reading.sheet import Sheet

_EPRACCUR = {
    1: "Organisation Code", 2: "Name", 3: "Region Code", 4: "System Code", 10: "Postcode", 11: "Open Date",
    12: "Close Date", 13: "Status Code", 15: "Commissioner Code", 26: "Prescribing Setting",
}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """One published layout.

    Attributes
    ----------
    title : as it is told.
    matches : whether a table has this layout.
    read : the table with headings that are recognised, and without rows that are no practices.

    Examples
    --------
    >>> [layout.title[:22] for layout in LAYOUTS]
    ['the national list of p', 'patients by practice (', 'practices by primary c', 'a public-health profil']
    """

    title: str
    matches: Callable[[Sheet], bool]
    read: Callable[[Sheet, Ledger], Sheet]


def in_known_layout(sheet: Sheet, ledger: Ledger) -> Sheet:
    """Return a table as its published layout says it is to be read; as it stands where it has none.

    Parameters
    ----------
    ledger : takes what was assumed and left out.

    Returns
    -------
    `Sheet`.

    Examples
    --------
    >>> sheet = Sheet("a.csv", {"CODE": ["A1", "A1"], "SEX": ["ALL", "F"], "AGE": ["ALL", "0"], "NUMBER_OF_PATIENTS":
    ...     ["9", "1"]}, np.array([2, 3]))
    >>> in_known_layout(sheet, Ledger()).columns["NUMBER_OF_PATIENTS"]
    ['9']
    """
    for layout in LAYOUTS:
        if layout.matches(sheet):
            ledger.add("assumed", sheet.file, "", f"read as {layout.title}")
            return layout.read(sheet, ledger)
    return sheet


def _where(sheet: Sheet, keep: list[bool], text: str, ledger: Ledger) -> Sheet:
    if all(keep):
        return sheet
    ledger.add("left out", sheet, "", text, [i for i, kept in enumerate(keep) if not kept])
    return sheet.select(np.array(keep, dtype=np.bool_))


def _is_epraccur(sheet: Sheet) -> bool:
    if len(sheet.columns) != 27 or next(iter(sheet.columns)) != "column 1" or not len(sheet):
        return False
    codes, opened = sheet.columns["column 1"], sheet.columns["column 11"]
    return all(CODE.fullmatch(code) for code in codes) and all(len(cell) == 8 and cell.isdigit() for cell in opened)


def _read_epraccur(sheet: Sheet, ledger: Ledger) -> Sheet:
    columns = {_EPRACCUR[k]: sheet.columns[f"column {k}"] for k in _EPRACCUR}
    sheet = replace(sheet, columns=columns)
    active = [status == "A" for status in columns["Status Code"]]
    sheet = _where(sheet, active, "closed, dormant or proposed (status is not A)", ledger)
    practice = [setting == "4" for setting in sheet.columns["Prescribing Setting"]]
    return _where(sheet, practice, "no general practice (prescribing setting is not 4)", ledger)


def _is_list_size(sheet: Sheet) -> bool:
    return {"SEX", "AGE", "NUMBER_OF_PATIENTS", "CODE"} <= set(sheet.columns)


def _read_list_size(sheet: Sheet, ledger: Ledger) -> Sheet:
    pairs = list(zip(sheet.columns["SEX"], sheet.columns["AGE"], strict=True))
    if ("ALL", "ALL") not in pairs:
        return sheet
    return _where(
        sheet, [pair == ("ALL", "ALL") for pair in pairs], "counts by sex or age: all patients are read", ledger
    )


def _is_profile(sheet: Sheet) -> bool:
    return {"Indicator Name", "Area Code", "Area Type", "Value"} <= set(sheet.columns)


def _read_profile(sheet: Sheet, ledger: Ledger) -> Sheet:
    sheet = _where(
        sheet, [kind in ("GP", "GPs") for kind in sheet.columns["Area Type"]], "areas that are no practices", ledger
    )
    indicators = set(sheet.columns["Indicator Name"])
    columns = {"Area Code": sheet.columns["Area Code"], "Area Name": sheet.columns["Area Name"]}
    if len(indicators) == 1:
        columns[indicators.pop()] = sheet.columns["Value"]
    else:
        ledger.add("left out", sheet.file, "Value", f"{len(indicators)} indicators: export one of them")
    return replace(sheet, columns=columns)


def _is_membership(sheet: Sheet) -> bool:
    heads = {plain_heading(name) for name in sheet.columns}
    return {"partner organisation code", "pcn code", "practice to pcn relationship end date"} <= heads


def _read_membership(sheet: Sheet, ledger: Ledger) -> Sheet:
    ends = next(name for name in sheet.columns if plain_heading(name) == "practice to pcn relationship end date")
    return _where(sheet, [not end for end in sheet.columns[ends]], "the practice has left this network", ledger)


LAYOUTS: tuple[Layout, ...] = (
    Layout("the national list of practices (epraccur: 27 columns without headings)", _is_epraccur, _read_epraccur),
    Layout("patients by practice (of all sexes and ages)", _is_list_size, _read_list_size),
    Layout("practices by primary care network (ePCN)", _is_membership, _read_membership),
    Layout("a public-health profile by practice", _is_profile, _read_profile),
)
