"""The report: self-contained, safe with any name, the same every time, and readable without its pictures."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from spreadsim.comparison.comparison import Comparison, compare, frontier
from spreadsim.comparison.equal_cost import at_equal_cost
from spreadsim.comparison.findings import CAUTION
from spreadsim.comparison.report import render_report
from spreadsim.scenario.validation import validate
from tests.comparison.small_comparisons import small_comparison
from tests.conftest import small_document

HOSTILE = "<script>alert('x')</script>"
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """What a page holds: tags with their attributes, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.figures: list[dict[str, Any]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag == "figure":
            self.figures.append({"svg": None, "tables": 0})
        if "figure" in self.open:
            if tag == "svg":
                self.figures[-1]["svg"] = dict(attributes)
            self.figures[-1]["tables"] += tag == "table"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> where <{self.open[-1]}> is open"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def page() -> str:
    c = small_comparison()
    equal = at_equal_cost(c.scenario, c)
    levers = frontier(c.scenario, levers={"mandate": [0.0, 1.0], "latitude": [0.0, 1.0]}, replicates=3, workers=1)
    receipt = {"command": "spreadsim compare small", "versions": {"numpy": "2.0"}, "seed": 1}
    return render_report(c, provenance=receipt, lever_map=levers, equal_cost=equal)


def hostile_comparison() -> Comparison:
    document = small_document(title=f"{HOSTILE} & $x_1$", question="</main><img src=http://example.invalid/x>")
    strategies = document["strategies"]
    document["strategies"] = {
        f'{HOSTILE} $a$"': strategies["top-down"] | {"title": "--> <b>"},
        "$\\frac{": strategies["blend"],
    }
    document["network"]["hierarchy"][0] = {"level": "<i>$r", "names": ["<u>&amp;", "x' onload='y", "日本"]}
    document["network"]["generated"] = [HOSTILE]
    document["sources"] = ["https://example.invalid <script>"]
    return compare(validate(document, "hostile"), replicates=2, workers=1)


def test_it_is_well_formed_and_says_what_matters(page: str) -> None:
    parsed = Page(page)
    assert not parsed.open
    assert ("html", {"lang": "en"}) in parsed.tags
    assert [tag for tag, _ in parsed.tags].count("h1") == 1
    assert CAUTION in page
    assert "equal effort" in page
    assert "map of two levers" in page
    assert "spreadsim reproduce" in page
    assert "spreadsim compare small" in page


def test_it_loads_nothing(page: str) -> None:
    for tag, attributes in Page(page).tags:
        assert tag not in ("script", "link", "iframe", "object", "embed", "base")
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("src", "href", "xlink:href", "srcset", "action", "data"):
                assert value is not None
                assert value.startswith(("#", "data:image/png;base64,")), f"{tag} {name}={value[:60]}"
    assert not re.search(r"url\((?!#)", page)
    assert "@import" not in page


def test_every_figure_has_a_sentence_and_a_table(page: str) -> None:
    figures = Page(page).figures
    assert len(figures) >= 9
    for figure in figures:
        assert figure["svg"]["role"] == "img"
        assert len(figure["svg"]["aria-label"]) > 20
        assert figure["tables"] >= 1


def test_ids_are_unique_and_links_find_them(page: str) -> None:
    ids = [a["id"] for _, a in Page(page).tags if "id" in a]
    assert len(ids) == len(set(ids))
    wanted = {a["href"][1:] for _, a in Page(page).tags if (a.get("href") or "").startswith("#")}
    assert wanted <= set(ids)


def test_every_parameter_is_shown_with_its_source(page: str) -> None:
    for name in ("conversion_rate", "mechanism_clarity", "picks_anywhere", "support_capacity", "implementing_month"):
        assert name in page
    assert "no data: the most decisive unknown" in page
    assert "changed by the scenario (default 480)" in page


def test_hostile_names_stay_text() -> None:
    text = render_report(hostile_comparison())
    parsed = Page(text)
    assert not parsed.open
    tags = {tag for tag, _ in parsed.tags}
    assert not tags & {"script", "img", "b", "u", "i"}
    assert all(not name.startswith("on") for _, attributes in parsed.tags for name in attributes)
    assert HOSTILE in "".join(parsed.text)


def test_the_same_comparison_gives_the_same_bytes() -> None:
    c = small_comparison()
    fresh = replace(c)  # without what was worked out and kept
    assert render_report(c) == render_report(fresh)


def test_one_run_and_no_frontier() -> None:
    text = render_report(small_comparison(1, False))
    assert not Page(text).open
    assert "no strategy can be called better" in text
    assert 'class="n best"' not in text


def test_one_strategy_alone() -> None:
    document = small_document()
    document["strategies"] = {"blend": document["strategies"]["blend"]}
    text = render_report(compare(validate(document, "alone"), replicates=2, workers=1, frontier=False))
    assert not Page(text).open
    assert "nothing to compare" in text


def test_equal_effort_is_reached_or_said_to_be_out_of_reach() -> None:
    c = small_comparison()
    equal = at_equal_cost(c.scenario, c)
    assert equal is not None
    for row in equal.rows:
        assert 0 <= row.support <= 1
        assert row.reached == (abs(row.cost - equal.reference) <= 0.02 * equal.reference)
        assert row.reached or row.support in (0.0, 1.0) or abs(row.cost - equal.reference) < 0.1 * equal.reference
    assert equal.comparison.strategies == c.strategies
    assert at_equal_cost(c.scenario, replace(c, outcomes={"blend": c.outcomes["blend"]})) is None


def test_a_strategy_at_the_reference_is_left_alone() -> None:
    c = small_comparison()
    equal = at_equal_cost(c.scenario, c)
    assert equal is not None
    middle = sorted(equal.rows, key=lambda row: row.cost_given)[1]
    assert middle.support == middle.support_given
    again, before = equal.comparison.outcomes[middle.strategy], c.outcomes[middle.strategy]
    for one, other in zip(again, before, strict=True):
        assert np.array_equal(list(one.measures.values()), list(other.measures.values()), equal_nan=True)
