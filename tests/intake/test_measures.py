"""Adoption from monthly measures: known months recovered, censoring said, and nothing swallowed."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import spreadsim as ss
from spreadsim.cli import commands
from spreadsim.errors import InputErrors
from spreadsim.intake.adoption_times import month_of
from spreadsim.intake.imports import NetworkImport
from spreadsim.intake.measures import AdoptionRule

N, T = 120, 40
MONTHS = [str(month) for month in pd.period_range("2017-04", periods=T, freq="M")]


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    """The month in which each practice falls from about 0.5 to about 0.3; nan for who does not."""
    rng = np.random.default_rng(11)
    when = rng.integers(4, T - 3, N).astype(float)
    when[rng.random(N) < 0.2] = np.nan
    return when


@pytest.fixture(scope="module")
def wide(truth: np.ndarray) -> pd.DataFrame:
    rng = np.random.default_rng(12)
    values = 0.5 + rng.normal(0, 0.02, (N, T))
    for i, month in enumerate(truth):
        if np.isfinite(month):
            values[i, int(month) - 1 :] -= 0.2
    table = pd.DataFrame(values.round(4), columns=MONTHS)
    table.insert(0, "Practice Code", [f"A{81000 + i}" for i in range(N)])
    return table


def long_of(wide: pd.DataFrame, month: str = "date", value: str = "calc_value") -> pd.DataFrame:
    return wide.melt("Practice Code", var_name=month, value_name=value)


def save(table: pd.DataFrame, folder: Path, name: str = "measures.csv") -> Path:
    table.to_csv(folder / name, index=False)
    return folder / name


def adopted(network: NetworkImport) -> np.ndarray:
    cells = dict(zip(network.services.columns["id"], network.services.columns["adopted_month"], strict=True))
    return np.array([float(cells[f"A{81000 + i}"] or "nan") for i in range(N)])


def said(network: NetworkImport) -> str:
    return "\n".join(map(str, network.ledger.entries))


@pytest.mark.parametrize("shape", ["long", "wide", "workbook", "shuffled", "first-of-month", "american", "year-month"])
@pytest.mark.parametrize("rule", ["falls", "below 0.4", "below 40% for 3 months"])
def test_known_months_are_recovered(
    shape: str, rule: str, wide: pd.DataFrame, truth: np.ndarray, tmp_path: Path
) -> None:
    table = wide if shape in ("wide", "workbook", "year-month") else long_of(wide)
    if shape == "shuffled":
        table = table.sample(frac=1.0, random_state=1)
    elif shape == "first-of-month":
        table["date"] = pd.to_datetime(table["date"]).dt.strftime("%d/%m/%Y")
    elif shape == "american":
        table["date"] = pd.to_datetime(table["date"]).dt.strftime("%m/%d/%Y")
    elif shape == "year-month":
        table = table.rename(columns={name: name.replace("-", "") for name in MONTHS})
    if shape == "workbook":
        table.to_excel(tmp_path / "measures.xlsx", index=False)
        path = tmp_path / "measures.xlsx"
    else:
        path = save(table, tmp_path)
    network = ss.import_network(path, answers={"adopted-when": rule})
    assert not network.ledger.questions, network.ledger.questions
    assert np.array_equal(adopted(network), truth, equal_nan=True)
    assert (network.observed_periods, network.options()["observed_periods"]) == (T, T)
    assert f"April 2017 = 1 to July 2020 = {T}" in said(network)
    assert f"{int(np.isnan(truth).sum())} had not adopted by period {T} (right-censored)" in said(network)


def test_what_counts_as_adoption_is_asked(wide: pd.DataFrame, tmp_path: Path) -> None:
    network = ss.import_network(save(wide, tmp_path), accept=True)
    assert [question.key for question in network.ledger.questions] == ["adopted-when"]
    assert "below 0.3 for 3 months" in str(network.ledger.questions[0])
    with pytest.raises(InputErrors):
        network.save(tmp_path / "out")
    with pytest.raises(ss.InputError, match="is no rule"):
        ss.import_network(save(wide, tmp_path), answers={"adopted-when": "lower"})


def test_a_rise_is_no_fall(wide: pd.DataFrame, truth: np.ndarray, tmp_path: Path) -> None:
    network = ss.import_network(save(wide, tmp_path), answers={"adopted-when": "rises"})
    assert np.isnan(adopted(network)[np.isfinite(truth)]).all()
    assert np.isfinite(adopted(network)).sum() <= 2  # chance: see `LEAST_F`
    assert f"in {int(np.isfinite(truth).sum())} services the value falls: not adopted" in said(network)


def test_who_adopted_before_the_first_month_is_left_censored(wide: pd.DataFrame, tmp_path: Path) -> None:
    early = wide.copy()
    early.loc[:4, MONTHS] = 0.1
    early.loc[5, MONTHS[:9]] = np.nan  # its values begin in month 10, and are low already
    early.loc[5, MONTHS[9:]] = 0.1
    network = ss.import_network(save(early, tmp_path), answers={"adopted-when": "below 0.4"})
    assert adopted(network)[:6].tolist() == [1, 1, 1, 1, 1, 10]
    assert "5 had adopted by the first month, perhaps before (left-censored)" in said(network)
    assert "1 had adopted by their first value" in said(network)


def test_a_series_that_ends_early_is_said(wide: pd.DataFrame, truth: np.ndarray, tmp_path: Path) -> None:
    never = int(np.flatnonzero(np.isnan(truth))[0])
    closed = wide.copy()
    closed.loc[never, MONTHS[-10:]] = np.nan
    network = ss.import_network(save(closed, tmp_path), answers={"adopted-when": "below 0.4"})
    assert "1 of these have no values up to the end" in said(network)


def test_services_without_values_are_asked_about_and_not_counted_in_silence(wide: pd.DataFrame, tmp_path: Path) -> None:
    practices = pd.DataFrame(
        {"Practice Code": [*wide["Practice Code"], "A99999"], "PCN": ["Moor", "Dean"] * 60 + ["Moor"]}
    )
    files = [save(practices, tmp_path, "gp.csv"), save(wide, tmp_path)]
    network = ss.import_network(files, answers={"adopted-when": "below 0.4"})
    assert [question.key for question in network.ledger.questions] == ["not-measured"]
    assert "A99999" in network.ledger.questions[0].text
    without = ss.import_network(files, answers={"adopted-when": "below 0.4", "not-measured": "leave-out"})
    assert len(without.services) == N
    counted = ss.import_network(files, answers={"adopted-when": "below 0.4", "not-measured": "not-adopted"})
    assert counted.services.columns["adopted_month"][-1] == ""
    assert len(counted.services) == N + 1
    assert without.levels == counted.levels == ("network",)


def test_a_total_row_is_no_practice(wide: pd.DataFrame, tmp_path: Path) -> None:
    table = long_of(wide)
    total = table.groupby("date", as_index=False)["calc_value"].sum()
    total.insert(0, "Practice Code", "England")
    network = ss.import_network(
        save(pd.concat([table, total]), tmp_path),
        answers={"adopted-when": "below 0.4", "total-row:England": "leave-out"},
    )
    assert not network.ledger.questions
    assert len(network.services) == N


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda table: table.assign(calc_value=["*", *table["calc_value"].astype(str)[1:]]), "no-number:calc_value"),
        (lambda table: table.assign(date=["soon", *table["date"][1:]]), "no-month:value"),
        (lambda table: pd.concat([table, table[:1].assign(calc_value=9.0)]), "two-values-a-month"),
        (lambda table: table.rename(columns={"calc_value": "first"}).assign(second=2.5), "column:value:first"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_asked_about(change, key: str, wide: pd.DataFrame, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = save(change(long_of(wide)), tmp_path)
    network = ss.import_network(path, answers={"adopted-when": "below 0.4"}, accept=not key.startswith("column"))
    assert key in [question.key for question in network.ledger.questions], network.ledger.questions
    with pytest.raises(InputErrors):
        network.raise_questions()


def test_quarters_are_periods_of_three_months(wide: pd.DataFrame, truth: np.ndarray, tmp_path: Path) -> None:
    quarters = wide[["Practice Code", *MONTHS[::3]]]
    network = ss.import_network(save(quarters, tmp_path), answers={"adopted-when": "below 0.4"})
    assert (network.period_months, network.observed_periods) == (3, len(MONTHS[::3]))
    expected = np.ceil((truth - 1) / 3) + 1
    expected[expected > len(MONTHS[::3])] = np.nan
    assert np.array_equal(adopted(network), expected, equal_nan=True)


def test_series_that_do_not_change_are_seldom_taken_to(tmp_path: Path) -> None:
    """The promise beside ``LEAST_F``: about 1 in 100 series without a change."""
    rng = np.random.default_rng(5)
    table = pd.DataFrame(rng.normal(1, 0.1, (3000, 60)), columns=[f"month {k}" for k in range(1, 61)])
    table.insert(0, "id", [f"s{i}" for i in range(3000)])
    share = []
    for rule in ("falls", "rises"):
        network = ss.import_network(save(table, tmp_path), answers={"adopted-when": rule})
        share.append(np.mean([cell != "" for cell in network.services.columns["adopted_month"]]))
    assert 0.002 < sum(share) < 0.02


def test_columns_are_kept_for_covariates_and_the_next_export_is_read_unasked(
    wide: pd.DataFrame, truth: np.ndarray, tmp_path: Path
) -> None:
    practices = pd.DataFrame({"Practice Code": wide["Practice Code"], "PCN": ["Moor", "Dean"] * 60,
                              "supplier": ["one", "two", "two"] * 40})  # fmt: skip
    files = [str(save(practices, tmp_path, "gp.csv")), str(save(wide, tmp_path))]
    out = tmp_path / "out"
    words = ["import", *files, "--answer", "adopted-when=falls", "--keep", "supplier", "--out", str(out)]
    assert CliRunner().invoke(commands, words, standalone_mode=False).exception is None
    written = pd.read_csv(out / "services.csv", dtype=str).set_index("id")
    assert written["supplier"].tolist() == practices["supplier"].tolist()
    entries = json.loads((out / "ledger.json").read_text())["entries"]
    assert any("the month of the largest change, if the value falls" in each["text"] for each in entries)
    again = ss.import_network(files, mapping=out / "import.toml")
    assert not again.ledger.questions
    assert again.services.columns == ss.import_network(files, answers={"adopted-when": "falls"},
                                                       keep=["supplier"]).services.columns  # fmt: skip
    calibration = ss.calibrate(str(out / "scenario.toml"), covariates=["supplier=category"], predict=False)
    assert (calibration.history.n_adoptions, calibration.history.n_steps) == (int(np.isfinite(truth).sum()), T - 1)
    assert not calibration.history.has_ties


def test_a_list_with_two_dates_is_no_table_of_measures(tmp_path: Path) -> None:
    table = pd.DataFrame({"Practice Code": [f"A{81000 + i}" for i in range(30)], "Open date": ["2001-04-01"] * 30,
                          "List size": range(4000, 4030)})  # fmt: skip
    assert [each.role for each in ss.import_network(save(table, tmp_path)).mappings] == ["services"]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("falls", AdoptionRule("falls")),
        ("Below 0.3", AdoptionRule("below", 0.3, 1)),
        ("above 25% for 1 month", AdoptionRule("above", 0.25, 1)),
    ],
)
def test_a_rule_is_read_from_words(text: str, rule: AdoptionRule) -> None:
    assert AdoptionRule.read(text) == rule


@pytest.mark.parametrize("text", ["", "fall", "below", "below x", "above 3 for 0 months", "below 1 for ever"])
def test_a_rule_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ss.InputError, match="is no rule"):
        AdoptionRule.read(text)


def test_months_are_read_as_people_write_them() -> None:
    for text in ("2019-02", "2019-02-01", "Feb-19", "February 2019", "201902", "01/02/2019", "2019-02-01 00:00:00"):
        assert month_of(text, True) == 12 * 2019 + 2, text
    assert month_of("02/01/2019", False) == 12 * 2019 + 2
    assert [month_of(text, True) for text in ("M07", "month_7", "period 7")] == [7, 7, 7]


def test_without_ruptures_the_extra_is_named(wide: pd.DataFrame, tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['ruptures'] = None\n"
        "import spreadsim as ss\n"
        "ss.import_network('measures.csv', answers={'adopted-when': 'below 0.4'})\n"
        "try: ss.import_network('measures.csv', answers={'adopted-when': 'falls'})\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    save(wide, tmp_path)
    words = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert words.startswith("MissingExtraError")
    assert "spreadsim[changepoint]" in words


# --------------------------------------------------------------------------------------------------- accidents


def _one(draw: np.random.Generator, table: pd.DataFrame, column: str, change: Callable[[str], str]) -> pd.DataFrame:
    cells = table[column].astype(str).tolist()
    k = int(draw.integers(len(cells)))
    cells[k] = change(cells[k])
    return table.assign(**{column: cells})


Accident = Callable[[np.random.Generator, pd.DataFrame], pd.DataFrame]
ACCIDENTS: dict[str, Accident] = {
    "suppressed value": lambda draw, table: _one(draw, table, "calc_value", lambda _: "*"),
    "decimal comma": lambda draw, table: table.assign(
        calc_value=[cell.replace(".", ",") for cell in table["calc_value"].astype(str)]),
    "per cent": lambda draw, table: table.assign(calc_value=[f"{float(c):.2%}" for c in table["calc_value"]]),
    "one value in per cent": lambda draw, table: _one(draw, table, "calc_value", lambda c: f"{100 * float(c):.2f}"),
    "value blank": lambda draw, table: _one(draw, table, "calc_value", lambda _: ""),
    "month as words": lambda draw, table: table.assign(date=pd.to_datetime(table["date"]).dt.strftime("%b %Y")),
    "month with two digits": lambda draw, table: table.assign(date=pd.to_datetime(table["date"]).dt.strftime("%b-%y")),
    "one month in another way": lambda draw, table: _one(draw, table, "date", lambda c: f"{c}-01"),
    "month lost": lambda draw, table: _one(draw, table, "date", lambda _: ""),
    "id in lower case": lambda draw, table: _one(draw, table, "Practice Code", str.lower),
    "id lost": lambda draw, table: _one(draw, table, "Practice Code", lambda _: ""),
    "row twice": lambda draw, table: pd.concat([table, table.sample(3, random_state=int(draw.integers(99)))]),
    "two values a month": lambda draw, table: pd.concat([table, table[:1].assign(calc_value="0.01")]),
    "total by month": lambda draw, table: pd.concat([
        table, pd.DataFrame({"Practice Code": "Total", "date": MONTHS, "calc_value": 0.4})]),
    "another order": lambda draw, table: table.sample(frac=1.0, random_state=int(draw.integers(99))),
    "other columns": lambda draw, table: table.assign(Name="Surgery", denominator=100),
    "rows missing": lambda draw, table: table.drop(table.index[int(draw.integers(len(table)))]),
}  # fmt: skip


def _verdict(table: pd.DataFrame, truth: np.ndarray, path: Path) -> str:
    """Return ``right``, ``asked``, ``refused`` or ``swallowed``."""
    table.to_csv(path, index=False)
    try:
        network = ss.import_network(path, answers={"adopted-when": "below 0.4 for 2 months"})
    except ss.SpreadsimError:
        return "refused"
    if network.ledger.questions:
        return "asked"
    if network.services.columns["id"] != [f"A{81000 + i}" for i in range(N)]:
        names = set(network.services.columns["id"])
        return "right" if names == {f"A{81000 + i}" for i in range(N)} and _same(network, truth) else "swallowed"
    return "right" if _same(network, truth) else "swallowed"


def _same(network: NetworkImport, truth: np.ndarray) -> bool:
    """Return whether months are right; where one value is missing, that of one service may be a month or two later."""
    when = adopted(network)
    differs = ~((when == truth) | (np.isnan(when) & np.isnan(truth)))
    return bool(differs.sum() <= 2 and np.all(np.abs(when - truth)[differs] <= 2))


@pytest.mark.parametrize("name", ACCIDENTS)
def test_accidents_with_monthly_tables_are_never_swallowed(
    name: str, wide: pd.DataFrame, truth: np.ndarray, tmp_path: Path
) -> None:
    draw = np.random.default_rng(1)
    verdict = _verdict(ACCIDENTS[name](draw, long_of(wide)), truth, tmp_path / "m.csv")
    assert verdict != "swallowed"


@pytest.mark.verification
def test_two_hundred_accidents_with_monthly_tables(wide: pd.DataFrame, truth: np.ndarray, tmp_path: Path) -> None:
    seed = secrets.randbelow(2**31)
    verdicts: dict[str, list[str]] = {"right": [], "asked": [], "refused": [], "swallowed": []}
    for k in range(200):
        draw = np.random.default_rng([seed, k])
        names = list(draw.choice(sorted(ACCIDENTS), size=int(draw.integers(1, 4)), replace=False))
        table = long_of(wide)
        try:
            for name in names:
                table = ACCIDENTS[name](draw, table)
        except ValueError:
            continue  # one accident spoilt what the next one needs
        verdicts[_verdict(table, truth, tmp_path / "m.csv")].append(" and ".join(names))
    told = ", ".join(f"{name} {len(each)}" for name, each in verdicts.items())
    print(f"seed {seed}: {told}")
    assert verdicts["swallowed"] == [], f"seed {seed}: {told}: {verdicts['swallowed']}"
