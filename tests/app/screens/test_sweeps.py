"""The screen Sweeps and what stands behind it: a map over two factors, a point to compare, and no way to other folders.

Numbers of the map are held against the tables' own; those of a point opened in Compare against the sweep's rows.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from spreadsim.comparison.comparison import compare
from spreadsim.errors import InputError, SpreadsimError
from spreadsim.sweeps import store
from spreadsim.sweeps.coordinator import sweep
from spreadsim.sweeps.map import heat_map, points_of_cell
from spreadsim.sweeps.point import alternatives, scenario_of
from spreadsim.sweeps.report import analyse
from spreadsim.sweeps.tables import SweepTables
from tests.app.browser import Visit, app_address, axe, chromium, faults, headless_browser, visit

HOSTILE = "A <b>trial</b> of ${x}^2 <img src=x onerror=alert(1)>"
SMALL = '[settings]\n"network.services" = 40\n"network.hierarchy" = [{ level = "region", count = 2 }]\n'
LHS = f"""format = 1
name = "lhs"
title = "{HOSTILE}"
question = "What <script>document.title='taken'</script> decides?"
scenario = "default"
strategy = "blend"
{SMALL}[run]
months = 24
replicates = 4
[design]
method = "latin-hypercube"
samples = 64
[levers]
balance = [0.0, 0.5, 1.0]
"run.months" = [12, 24]
[uncertainties]
"intervention.mechanism_clarity" = "plausible"
"behaviour.mandate.compliance_rate" = "plausible"
"behaviour.adoption.exposure_response" = ["saturating", "threshold"]
[outcomes]
measures = ["benefit", "reported_uptake", "cost"]
"""
GRID = f"""format = 1
name = "grid"
scenario = "default"
strategy = ["organic", "blend"]
{SMALL}[run]
months = 24
replicates = 4
[levers]
"programme.starting_sites.rule" = ["random", "most-connected"]
"programme.starting_sites.share" = [0.05, 0.2]
[uncertainties]
"services.readiness.mean" = [0.3, 0.6]
[outcomes]
measures = ["benefit", "months_to_half"]
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two finished sweeps, one whose runs are damaged, and folders that are no sweeps."""
    top = tmp_path_factory.mktemp("sweeps")
    for name, text in (("lhs", LHS), ("grid", GRID)):
        (top / f"{name}.toml").write_text(text)
        sweep(top / f"{name}.toml", out=top / "root" / name)
    shutil.copytree(top / "root" / "grid", top / "root" / "harmed")
    part = next((top / "root" / "harmed" / "runs").glob("*.parquet"))
    part.write_bytes(part.read_bytes()[:-9])
    (top / "root" / "other").mkdir()
    shutil.copytree(top / "root" / "grid", top / "outside")
    (top / "root" / "linked").symlink_to(top / "outside")
    return top / "root"


@pytest.mark.parametrize(("name", "across", "down"), [
    ("lhs", "balance", "behaviour.adoption.exposure_response"), ("grid", "programme.starting_sites.rule", "strategy"),
    ("grid", "services.readiness.mean", ""),
])  # fmt: skip
def test_a_map_holds_the_means_of_the_tables(root: Path, name: str, across: str, down: str) -> None:
    tables = SweepTables(root / name)
    heat = heat_map(tables, "benefit", across, down)
    runs = store.read_table(root / name).to_pandas().merge(_points(root / name), on="point")
    for row, lower in enumerate(heat.down.labels):
        for column, label in enumerate(heat.across.labels):
            here = runs[runs[across].map(_label) == label]
            here = here[here[down].map(_label) == lower] if down else here
            assert heat.runs[row, column] == len(here)
            assert heat.mean[row, column] == pytest.approx(here["benefit"].mean(), rel=1e-12)
    assert (heat.half > 0).all()
    assert f"{np.nanmax(heat.mean):.3g}" in heat.sentence


def _points(folder: Path) -> Any:
    import pandas as pd

    return pd.read_parquet(folder / "points.parquet")


def _label(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def test_classes_of_a_number_hold_every_point_once_and_a_cell_lists_its_own(root: Path) -> None:
    tables = SweepTables(root / "lhs")
    heat = heat_map(tables, "cost", "behaviour.mandate.compliance_rate", "balance")
    assert len(heat.across.labels) == 6
    assert heat.runs.sum() == 64 * 6 * 4
    found = points_of_cell(tables, heat, (2, 5), tables.values("cost"))
    low = float(heat.across.labels[5].split(" to ")[0])
    for row in found:
        assert tables.settings[row.setting].levers["balance"] == 1.0
        assert tables.points.values(row.point)["behaviour.mandate.compliance_rate"] >= 0.98 * low
    means = [row.mean for row in found]
    assert means == sorted(means)  # of cost less is better
    with pytest.raises(InputError, match="is not varied by this sweep"):
        heat_map(tables, "cost", "balanse")


@pytest.mark.parametrize(("name", "chosen"), [("lhs", 3), ("grid", 2)])
def test_a_point_compared_gives_the_rows_of_the_sweep(root: Path, name: str, chosen: int) -> None:
    tables = SweepTables(root / name)
    panel = next(p for p in tables.panels if chosen in p.settings)
    values = tables.values("benefit")
    places = alternatives(tables, panel, values, 1.0, 1, chosen)
    assert places[0] == chosen
    assert int(values[1, list(panel.settings)].mean(axis=1).argmax()) in [panel.settings.index(i) for i in places]
    scenario = scenario_of(tables.study, tables.points.values(1), [tables.settings[i] for i in places])
    found = compare(scenario)
    assert len(found.strategies) == len(places) > 2
    for strategy, place in zip(found.strategies, places, strict=True):
        assert [o.measures["benefit"] for o in found.outcomes[strategy]] == values[1, place].tolist()


def test_the_analysis_writes_the_map(root: Path, tmp_path: Path) -> None:
    found = analyse(root / "grid", across="strategy", down="services.readiness.mean", out=tmp_path / "a")
    assert "highest" in found.findings["Over two factors"][0]
    assert "mean,low,high,runs" in (tmp_path / "a" / "map.csv").read_text().splitlines()[0]
    assert "Mean benefit over strategy and services.readiness.mean" in (tmp_path / "a" / "report.html").read_text()


def test_settings_are_compared_within_a_lever_that_is_given(root: Path, tmp_path: Path) -> None:
    share = "programme.starting_sites.share"
    found = analyse(root / "grid", measures=["benefit"], within=["strategy", share], out=tmp_path / "a")
    labels = [f"strategy {s}, share {v}" for s in ("organic", "blend") for v in ("0.05", "0.2")]
    assert list(dict.fromkeys(row["panel"] for row in found.tables["robustness"])) == labels
    assert {row["setting"] for row in found.tables["robustness"]} == {"rule random", "rule most-connected"}
    with pytest.raises(InputError, match="is not a lever of this sweep"):
        analyse(root / "grid", within=["shares"], out=tmp_path / "b")


def test_only_sweeps_of_the_folder_are_offered_and_opened(root: Path) -> None:
    pytest.importorskip("solara")
    from spreadsim.app.server import sweep_folders

    sweep_folders.offer_folder(root)
    try:
        listed = {item.name: item.state for item in sweep_folders.sweep_entries()}
        assert listed == {"grid": "64 runs", "harmed": "64 runs", "lhs": "1,536 runs"}
        for name in ("../outside", str(root / "grid"), "linked", "other", "..", ""):
            with pytest.raises(SpreadsimError, match="no longer in the folder"):
                sweep_folders.open_sweep(name)
        with pytest.raises(SpreadsimError, match="give the sweep command again") as caught:
            sweep_folders.open_sweep("harmed")
        assert str(root) not in str(caught.value)
        assert sweep_folders.open_sweep("grid") is sweep_folders.open_sweep("grid")
        sweep_folders.offer_folder(None)
        assert sweep_folders.sweep_entries() == []
    finally:
        sweep_folders.offer_folder(None)


def test_a_sweep_on_files_opens_on_a_copy_of_them(tmp_path: Path) -> None:
    pytest.importorskip("solara")
    from spreadsim.app.server import uploads

    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "services.csv").write_text("id,region\n" + "".join(f"s{i},r{i % 2}\n" for i in range(12)))
    ring = "".join(f"s{i},s{(i + 1) % 12}\n" for i in range(12))
    (tmp_path / "net" / "ties.csv").write_text(f"source,target\n{ring}")
    (tmp_path / "own.toml").write_text('format = 1\nbased_on = "default"\n[network]\nsource = "file"\npath = "net"\n')
    (tmp_path / "e.toml").write_text(
        'format = 1\nname = "e"\nscenario = "own.toml"\nstrategy = "blend"\n[run]\nmonths = 12\nreplicates = 3\n'
        "[levers]\nbalance = [0.0, 1.0]\n"
    )
    sweep(tmp_path / "e.toml", out=tmp_path / "out")
    tables = SweepTables(tmp_path / "out")
    scenario = uploads.with_own_copy(scenario_of(tables.study, {}, tables.settings))
    shutil.rmtree(tmp_path / "out" / "inputs")
    assert uploads.may_read(scenario)
    assert sorted(uploads.scenario_files(scenario)) == ["e.toml", "network/services.csv", "network/ties.csv"]
    found = compare(scenario)
    for place, strategy in enumerate(found.strategies):
        assert [o.measures["benefit"] for o in found.outcomes[strategy]] == tables.values("benefit")[0, place].tolist()


# ------------------------------------------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def address(root: Path) -> Iterator[str]:
    """The app, served with the folder."""
    chromium()
    with app_address("--sweeps", str(root)) as where:
        yield where


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    with headless_browser() as found:
        yield found


DONE = "How often each setting is best"


def look_at(page: Visit, sweep_name: str) -> None:
    """Go to the screen and choose a sweep."""
    page.tab("Sweeps")
    choice = page.page.locator(".sweep-choice select").first
    choice.wait_for()
    choice.select_option(sweep_name)


def test_a_sweep_is_read_and_a_point_opens_in_compare(browser: Any, address: str, root: Path) -> None:
    with visit(browser, address, viewport={"width": 1280, "height": 900}) as page:
        p = page.page
        look_at(page, "lhs")
        page.ready(DONE)
        assert p.get_by_role("heading", name=HOSTILE).is_visible()
        assert p.locator("img[src=x]").count() == 0
        assert "taken" not in p.title()
        for words in ("Where each has the highest mean", "Were there enough runs?", "What decides"):
            assert p.get_by_role("heading", name=words, exact=words != "What decides").first.is_visible()
        page.ready("rank correlation")
        p.get_by_text("Where this sweep comes from").click()
        known = json.loads((root / "lhs" / "provenance.json").read_text())
        assert p.get_by_text(known["files"]["scenario.toml"]).is_visible()
        assert str(root) not in p.content()
        p.get_by_label("Within").select_option(label="run.months 24")
        page.ready(f"{DONE}: benefit (run.months 24)")
        p.get_by_label("Measure").select_option("cost")
        page.ready(f"{DONE}: cost (run.months 24)")
        p.get_by_label("Down").select_option("behaviour.adoption.exposure_response")
        page.ready("exposure response (down) by balance (across)")
        cells = p.locator(".cells button")
        assert cells.count() == 6
        cells.first.focus()
        p.keyboard.press("ArrowRight")
        p.keyboard.press("ArrowDown")
        p.keyboard.press("Enter")
        page.ready("Points of the cell, best first")
        assert cells.nth(4).get_attribute("aria-pressed") == "true"
        tables = SweepTables(root / "lhs")
        heat = heat_map(tables, "cost", "balance", "behaviour.adoption.exposure_response", tables.panels[1].settings)
        assert float(cells.nth(4).inner_text()) == float(f"{heat.mean[1, 1]:.3g}")
        saved = page.saved(p.get_by_role("button", name="The map as CSV")).decode().splitlines()
        assert len(saved) == 7
        assert repr(float(heat.mean[1, 1])) in "".join(saved)
        best = points_of_cell(tables, heat, (1, 1), tables.values("cost"))[0]
        p.get_by_role("button", name="Open in Compare").first.click()
        page.ready("Who is left behind: by deprivation")
        shown = json.loads(page.saved(p.get_by_role("button", name="Summary (JSON)")))
        assert shown["strategies"]["blend, balance 0.5"]["cost"]["mean"] == pytest.approx(best.mean, rel=1e-12)
        page.tab("Sweeps")
        page.ready("Points of the cell, best first")  # what was looked at is kept
        assert not page.complaints
        place = urlsplit(address).netloc
        assert not [r for r in page.requests if urlsplit(r).netloc != place and not r.startswith(("data:", "blob:"))]


def test_damage_is_said_and_the_screen_is_fit_for_everyone(browser: Any, address: str, root: Path) -> None:
    source = axe()
    for scheme, width in (("light", 1280), ("dark", 640)):
        with visit(browser, address, viewport={"width": width, "height": 800}, color_scheme=scheme) as page:
            for name, text in (("lhs", "rank correlation"), ("harmed", "give the sweep command again")):
                look_at(page, name)
                page.ready(text)
                assert faults(page.page, source) == [], f"{name}, {scheme}"
                assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name}, {width}"
            assert str(root) not in page.page.content()
            assert not page.complaints
