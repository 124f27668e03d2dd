"""Every file of the cases and of England as published, read in one command, against counts made without our reader.

The counting here knows each file: its encoding, where its header stands and what is no practice. It uses csv, pandas
and openpyxl, and nothing of the package.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

import spreadsim as ss
from spreadsim.cli import commands

TEXTS = {
    "gp_comma_utf8.csv": ("utf-8", ","),
    "gp_semi_cp1252.csv": ("cp1252", ";"),
    "gp_utf16_tab.csv": ("utf-16", "\t"),
    "gp_utf8bom_title.csv": ("utf-8-sig", ","),
    "gp_heads_only.csv": ("utf-8", ","),
    "services_final.csv": ("utf-8", ","),
    "services_final_plus_total.csv": ("utf-8", ","),
}


@pytest.fixture(scope="module")
def cases(real_data: Path) -> Path:
    folder = real_data.parent / "cases" / "import"
    if not folder.is_dir():
        pytest.skip(f"no cases: {folder} does not exist")
    return folder


@pytest.fixture(scope="module")
def raw(real_data: Path) -> Path:
    return real_data / "england-2021" / "raw"


def imported(tmp_path: Path, *files: Path) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Import files in one command; return what it wrote."""
    words = ["import", *map(str, files), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(commands, words, standalone_mode=False)
    assert result.exception is None, f"{result.exception}\n{result.output}"
    ties = tmp_path / "out" / "ties.csv"
    services = pd.read_csv(tmp_path / "out" / "services.csv", dtype=str, keep_default_na=False)
    return services, pd.read_csv(ties, dtype=str, keep_default_na=False) if ties.exists() else None


def counted(rows: list[list[str]]) -> dict[str, Any]:
    """Return the practices of a list, and their sums, counted by hand."""
    top = next(i for i, row in enumerate(rows) if sum(map(bool, row)) > 3)
    seen = {tuple(row) for row in rows[top + 1 :] if row and row[0] and "total" not in row[0].lower()}
    heads = [head.lower() for head in rows[top]]
    size = next(k for k, head in enumerate(heads) if "list" in head or head == "population")
    region = next(k for k, head in enumerate(heads) if head == "region") if "region" in heads else None
    plain = [row[size].replace(",", "").replace(" ", "") for row in seen]
    numbers = [int(cell) for cell in plain if cell not in ("", "n/a")]
    return {
        "services": len({row[0].upper() for row in seen}),
        "people": sum(numbers),
        "lists": len(numbers),
        "regions": Counter(row[region].strip().casefold() for row in seen) if region is not None else None,
    }


def of_import(services: pd.DataFrame) -> dict[str, Any]:
    sizes = [int(cell) for cell in services["population"] if cell]
    return {
        "services": services["id"].nunique(),
        "people": sum(sizes),
        "lists": len(sizes),
        "regions": Counter(services["region"].str.casefold()) if "region" in services else None,
    }


@pytest.mark.parametrize("name", TEXTS)
def test_each_text_export_holds_what_a_plain_count_finds(name: str, cases: Path, tmp_path: Path) -> None:
    encoding, separator = TEXTS[name]
    text = io.StringIO((cases / name).read_bytes().decode(encoding), newline="")
    expected = counted([[cell.strip() for cell in row] for row in csv.reader(text, delimiter=separator)])
    services, _ = imported(tmp_path, cases / name)
    assert expected["services"] == 150
    assert of_import(services) == expected


def test_the_workbook_holds_what_a_plain_count_finds(cases: Path, tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(cases / "gp.xlsx", read_only=True)
    rows = [["" if cell is None else str(cell) for cell in row] for row in book["GP list"].iter_rows(values_only=True)]
    expected = counted(rows)
    services, ties = imported(tmp_path, cases / "gp.xlsx")
    assert of_import(services) == expected
    known = set(services["id"])
    links = [[str(cell).upper() for cell in row[:2]] for row in book["Links"].iter_rows(values_only=True, min_row=2)]
    pairs = {frozenset(link) for link in links if set(link) <= known and link[0] != link[1]}
    assert ties is not None
    assert {frozenset(pair) for pair in zip(ties["source"], ties["target"], strict=True)} == pairs
    assert len(ties) == len(pairs) == 301


@pytest.mark.parametrize("name", ["links.csv", "links_st.csv"])
def test_links_hold_what_a_plain_count_finds(name: str, cases: Path, tmp_path: Path) -> None:
    services, ties = imported(tmp_path, cases / "services_final.csv", cases / name)
    known = set(services["id"])
    with (cases / name).open(encoding="utf-8", newline="") as file:
        links = [[cell.strip().upper() for cell in row[:2]] for row in list(csv.reader(file))[1:]]
    pairs = {frozenset(link) for link in links if set(link) <= known and link[0] != link[1]}
    assert ties is not None
    assert {frozenset(pair) for pair in zip(ties["source"], ties["target"], strict=True)} == pairs
    alone, _ = imported(tmp_path / "alone", cases / name)
    assert set(alone["id"]) == {end for link in links for end in link}


def test_the_finding_is_the_same_with_and_without_the_total_row(cases: Path, tmp_path: Path) -> None:
    findings = []
    for name in ("services_final.csv", "services_final_plus_total.csv"):
        imported(tmp_path / name, cases / name, cases / "links.csv")
        result = ss.compare(str(tmp_path / name / "out" / "scenario.toml"), replicates=3, frontier=False, doubt="none")
        findings.append((result.summary(), result.differences()))
    for one, other in zip(*findings, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_england_in_one_command(raw: Path, tmp_path: Path) -> None:
    facts = json.loads((raw.parent / "facts.json").read_text(encoding="utf-8"))
    names = ("MAPPING_NHS_GEOGRAPHIES_2021.csv", "gp-reg-pat-prac-all.csv", "practice_imd.csv")
    services, _ = imported(tmp_path, *(raw / name for name in names))
    mapping, lists, scores = (pd.read_csv(raw / name, dtype=str, encoding="latin-1") for name in names)
    codes = set(mapping["PRACTICE_CODE"])
    assert set(services["id"]) == codes
    assert len(services) == facts["practices"] == len(codes)
    own = lists[lists["CODE"].isin(codes) & (lists["SEX"] == "ALL") & (lists["AGE"] == "ALL")]
    people = own["NUMBER_OF_PATIENTS"].astype(int)
    assert services["population"].astype(int).sum() == people.sum()
    assert people.sum() == facts["list sizes summed over practices in the mapping"]
    unallocated = mapping["PCN_NAME"].str.casefold() == "unallocated"
    assert (services["network"] == "").sum() == unallocated.sum() == facts["practices in a network called Unallocated"]
    assert services["network"].replace("", None).nunique() == mapping.loc[~unallocated, "PCN_ODS_CODE"].nunique()
    code = next(name for name in scores.columns if set(scores[name]) & codes)
    joined = scores[scores[code].isin(codes)]
    assert (services["deprivation"] != "").sum() == joined[code].nunique() == facts["deprivation given for"]


def test_the_national_list_as_published(raw: Path, tmp_path: Path) -> None:
    table = pd.read_csv(raw / "epraccur-first600.csv", header=None, dtype=str, keep_default_na=False)
    active = table[(table[12] == "A") & (table[25] == "4")]
    services, _ = imported(tmp_path, raw / "epraccur-first600.csv")
    assert set(services["id"]) == set(active[0])
    assert Counter(services["region"]) == Counter(active[2])


def test_members_of_networks_as_published(raw: Path, tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.load_workbook(raw / "ePCN-first600.xlsx", read_only=True)
    rows = [list(row) for sheet in book for row in sheet.iter_rows(values_only=True)]
    heads = next(row for row in rows if row[0] and "Partner" in str(row[0]))
    end = next(k for k, head in enumerate(heads) if head and "Relationship End" in str(head).replace("\n", " "))
    body = rows[rows.index(heads) + 1 :]
    members = {str(row[0]) for row in body if row[0] and not row[end]}
    services, _ = imported(tmp_path, raw / "ePCN-first600.xlsx")
    assert set(services["id"]) == members


def test_a_profile_by_practice_as_published(raw: Path, tmp_path: Path) -> None:
    table = pd.read_csv(raw / "fingertips-imd-first400.csv", dtype=str)
    own = table[table["Area Type"].isin(["GP", "GPs"])]
    services, _ = imported(tmp_path, raw / "fingertips-imd-first400.csv")
    assert set(services["id"]) == set(own["Area Code"])
    assert services["deprivation"].astype(float).sum() == pytest.approx(own["Value"].astype(float).sum())
