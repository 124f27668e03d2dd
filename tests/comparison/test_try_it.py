"""The box *Try it* of the report: the model runs in the page, gives the report's numbers, and follows the levers."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spreadsim.comparison import try_it as module
from spreadsim.comparison.comparison import compare
from spreadsim.comparison.report import render_report
from spreadsim.comparison.try_it import MEASURES, MOST_BYTES, TryIt, try_it
from spreadsim.drivers.extensions import Extensions
from spreadsim.outcomes.statistics import difference
from spreadsim.scenario.validation import validate
from tests.browser.javascript import javascript
from tests.comparison.small_comparisons import small_comparison
from tests.comparison.test_report import HOSTILE, Page, hostile_comparison
from tests.conftest import small_document

SETTING = """
let opened;
async function answer(request) {
  const {open, name, steps, run} = JSON.parse(request);
  if (open) { opened = await unpacked(open); return JSON.stringify(opened.further); }
  return JSON.stringify(resultOf(opened, name, steps, run, false).measures);
}
"""

WATCH = """() => {
  window.laidOut = [];
  const watch = new MutationObserver((some) => window.laidOut.push(...some.map(({target}) => target.nodeName)));
  for (const one of document.querySelectorAll('.try table, .try .curves g, .try .curves ul')) {
    watch.observe(one, {childList: true, subtree: true, attributes: true, characterData: true});
  }
}"""


@pytest.fixture(scope="module")
def box() -> TryIt:
    answer = try_it(small_comparison())
    assert isinstance(answer, TryIt)
    return answer


@pytest.fixture(scope="module")
def page(box: TryIt) -> Iterator[Any]:
    with javascript(str(box.script) + SETTING) as ask:
        strategies = json.loads(ask(json.dumps({"open": box.data})))["strategies"]
        yield ask, {one["name"]: one["levers"] for one in strategies}


def measures_in_page(page: Any, name: str, steps: dict[str, int], run: int) -> dict[str, float]:
    return json.loads(page[0](json.dumps({"name": name, "steps": steps, "run": run})))


def test_the_pages_runs_have_the_reports_measures_to_the_last_bit(page: Any, box: TryIt) -> None:
    c = small_comparison()
    assert box.n_runs == c.n_replicates
    for name in c.strategies:
        for run in range(box.n_runs):
            expected = {measure: c.values(name, measure)[run] for measure in MEASURES}
            assert measures_in_page(page, name, {}, run) == expected


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_levers_in_the_page_are_those_of_a_scenario(page: Any, data: st.DataObject) -> None:
    """Several levers at once, with and without a collaborative: as if the scenario's file had had them."""
    c = small_comparison()
    name = data.draw(st.sampled_from(c.strategies))
    levers = page[1][name]
    assert len(levers) >= 8
    moved = [one for one in levers if data.draw(st.booleans())]
    steps = {one["name"]: data.draw(st.integers(0, len(one["steps"]) - 1)) for one in moved}
    document = small_document()
    values = {one["name"]: one["steps"][steps[one["name"]]] for one in moved}
    document["strategies"] = {name: document["strategies"][name] | values}
    changed = compare(validate(document, "changed"), replicates=2, workers=1, frontier=False)
    expected = {measure: changed.values(name, measure)[1] for measure in MEASURES}
    assert measures_in_page(page, name, steps, 1) == expected


def test_sums_of_any_length_are_numpys(box: TryIt) -> None:
    sums = "function answer(request) { return String(sumOf(Float64Array.from(JSON.parse(request)))); }"
    with javascript(str(box.script) + sums) as ask:
        for n in (0, 1, 7, 8, 13, 61, 128, 129, 200, 601, 1201):
            values = np.random.default_rng(n).random(n)
            assert float(ask(json.dumps(values.tolist()))) == values.sum(), n


def test_the_policy_allows_this_script_and_no_other() -> None:
    text = render_report(small_comparison(), with_model=True)
    scripts = re.findall(r"<script>(.*?)</script>", text, flags=re.S)
    assert len(scripts) == 1
    own = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    assert f"script-src 'sha256-{own}'; worker-src blob:" in policy[1]
    assert policy[1].startswith("default-src 'none'")
    assert not re.search(r"fetch\(|XMLHttpRequest|import\(|eval\(|innerHTML", scripts[0])
    assert not Page(text).open
    assert text == render_report(small_comparison(), with_model=True)


def test_hostile_names_stay_text_in_a_page_with_the_model() -> None:
    text = render_report(hostile_comparison(), with_model=True)
    parsed = Page(text)
    assert not parsed.open
    assert [tag for tag, _ in parsed.tags].count("script") == 2
    assert HOSTILE in "".join(parsed.text)


def test_where_there_is_no_box_the_report_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    c = small_comparison()
    assert "only the Python program has" in str(try_it(replace(c, extensions=Extensions(network=c.network))))
    monkeypatch.setattr(module, "MOST_SERVICES", 50)
    text = render_report(c, with_model=True)
    assert "A network of 60 services is too large to run in a page; 50 is the most." in text
    assert "<script" not in text
    assert "script-src" not in text


def test_a_strategy_that_responds_is_left_out_by_name() -> None:
    rule = {"when": "month >= 12 and reach < 0.9", "set": {"mandate": 0.6}}
    document = small_document()
    document["strategies"]["blend"]["rules"] = [rule]
    c = compare(validate(document, "responding"), replicates=1, workers=1, frontier=False)
    text = render_report(c, with_model=True)
    assert "Left out: strategy &#39;blend&#39;: rules: not run in a browser; use another driver." in text
    box = try_it(c)
    assert isinstance(box, TryIt)
    with javascript(str(box.script) + SETTING) as ask:
        strategies = json.loads(ask(json.dumps({"open": box.data})))["strategies"]
    assert [one["name"] for one in strategies] == ["top-down", "organic"]
    for strategy in document["strategies"].values():
        strategy["rules"] = [rule]
    every = compare(validate(document, "responding"), replicates=1, workers=1, frontier=False)
    assert "strategy 'organic': rules: not run in a browser" in str(try_it(every))


def test_a_page_carries_as_many_runs_as_it_may_weigh(monkeypatch: pytest.MonkeyPatch, box: TryIt) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", len(box.data) * 3 // 4 - 1000)
    fewer = try_it(small_comparison())
    assert isinstance(fewer, TryIt)
    assert 1 <= fewer.n_runs < box.n_runs
    assert len(fewer.data) * 3 // 4 <= len(box.data) * 3 // 4 - 1000


def test_the_default_scenarios_page_stays_below_400_kilobytes() -> None:
    box = try_it(compare("default", replicates=30, frontier=False))
    assert isinstance(box, TryIt)
    assert box.n_runs >= 15
    assert MOST_BYTES < 400_000
    assert len(box.data) * 3 // 4 + len(zlib.compress(box.script.encode(), 9)) < 400_000


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium is installed")
def test_the_report_runs_from_a_file_with_the_network_off(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    document = small_document()
    c = compare(validate(document, "small"), replicates=4, workers=1, frontier=False)
    document["strategies"]["organic"] |= {"mandate": 0.9}
    changed = compare(validate(document, "changed"), replicates=4, workers=1, frontier=False)
    file = tmp_path / "report.html"
    file.write_text(render_report(c, with_model=True), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for width in (1280, 360):
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.context.set_offline(True)
            errors: list[Any] = []
            page.on("pageerror", lambda error, errors=errors: errors.append(error))
            page.goto(file.as_uri())
            page.locator("#try-check").filter(has_text="12 of 12 runs are equal").wait_for(timeout=60_000)
            assert "all 4 paired runs" in (page.locator("#try-check").text_content() or "")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            right = page.evaluate("document.querySelector('.curves svg > line').getBoundingClientRect().x")
            row = page.locator(".try tbody tr").first
            assert c.summaries["organic"]["benefit"].mean is not None
            mean, gap = (100 * one for one in (c.values("organic", "benefit").mean(), _gap(c, c)))
            row.locator("td").nth(0).filter(has_text=f"{mean:.1f}%").wait_for(timeout=10_000)
            shown = f"{gap:+.1f} points".replace("-", "−")
            row.locator("td").nth(1).filter(has_text=shown).wait_for(timeout=10_000)
            page.evaluate(WATCH)
            page.locator("#try-play").click()
            page.locator("#try-play").filter(has_text="Play").wait_for()
            page.locator("#try-month").fill("5")
            assert page.evaluate("window.laidOut") == []  # a month that is played moves a line, and lays out nothing
            assert page.evaluate("document.querySelector('.curves svg > line').getBoundingClientRect().x") < right
            page.locator("#try-mandate").fill(str(9))
            page.locator(".try caption").filter(has_text="4 runs").wait_for()
            page.locator(".try thead").filter(has_text="organic, changed").wait_for()
            mean = 100 * changed.values("organic", "benefit").mean()
            row.locator("td").nth(0).filter(has_text=f"{mean:.1f}%").wait_for(timeout=10_000)
            link = page.url
            assert link.endswith("#try&change=organic&with=top-down&mandate=0.9")
            page.locator("#try-reset").click()
            page.locator(".try thead").filter(has_not_text="changed").wait_for()
            page.goto("about:blank")
            page.goto(link + "&latitude=7&nonsense=1")  # a link is a setting; what it cannot mean is left out
            page.locator(".try thead").filter(has_text="organic, changed").wait_for()
            assert page.locator("#try-mandate").get_attribute("aria-valuetext") == "0.9"
            assert page.locator("#try-latitude").get_attribute("aria-valuetext") == "1"
            assert not errors
            page.close()
        without = browser.new_context(java_script_enabled=False).new_page()
        without.goto(file.as_uri())
        assert without.locator("#try-without").is_visible()
        assert not without.locator("#try-box").is_visible()
        browser.close()


def _gap(one: Any, other: Any) -> float:
    mean = difference(one.values("organic", "benefit"), other.values("top-down", "benefit")).mean
    assert mean is not None
    return mean
