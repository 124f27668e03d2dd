"""What compare, frontier and explain print: the answer first, in 80 columns, for every shipped scenario."""

from __future__ import annotations

import re

import pytest

import spreadsim as ss
from spreadsim.comparison.findings import findings
from spreadsim.comparison.standings import standing
from spreadsim.comparison.terminal import (
    NO_BREAK,
    TABLE_MEASURES,
    answer,
    comparison_text,
    explanation_text,
    frontier_text,
)
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.scenario.files import load_scenario, shipped_names
from spreadsim.scenario.validation import as_document, validate
from spreadsim.telling.terminal import WIDTH, folded


def widest(text: str) -> int:
    return max(map(len, text.split("\n")))


def longest_name(name: str) -> int:
    """Return how long the longest name of a strategy is, where plausible worlds are run."""
    scenario = load_scenario(name)
    return 0 if scenario.doubt.sets == "none" else max(map(len, scenario.strategies))


LONGEST = max(shipped_names(), key=longest_name)


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_scenario_fits(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if load_scenario(name).network.path in ("coleman", "kfamily"):
        monkeypatch.setenv("SPREADSIM_DATA", str(request.getfixturevalue("real_data")))
    worlds = None if name in ("default", LONGEST) else "none"  # what is said of them is as wide as the longest name
    result = ss.compare(name, replicates=2, months=3, frontier=False, doubt=worlds)
    assert (result.doubt is None) == (worlds == "none")
    text = folded(comparison_text(result))
    assert widest(text) <= WIDTH
    assert NO_BREAK not in text
    for strategy in result.strategies:
        assert strategy.replace("-", "") in "".join(text.split()).replace("-", "") or len(strategy) > 20
    for measure in TABLE_MEASURES:
        assert BY_NAME[measure].label in text


def test_long_and_many_names_fit() -> None:
    document = as_document(load_scenario("classroom"))
    first = next(iter(document["strategies"].values()))
    names = [f"a-rather-long-name-of-a-strategy that has spaces as well {i}" for i in range(8)] + ["x" * 60]
    document["strategies"] = dict.fromkeys(names, first)
    result = ss.compare(validate(document, "long"), replicates=2, workers=1)
    assert widest(folded(comparison_text(result))) <= WIDTH
    assert widest(comparison_text(result, wide=True)) > WIDTH
    assert result.frontier is not None
    assert widest(folded(frontier_text(result.frontier))) <= WIDTH
    assert widest(folded(explanation_text(ss.explain("classroom", "service-0002")))) <= WIDTH


def test_the_answer_comes_first_in_the_words_of_the_findings() -> None:
    result = ss.compare("classroom", replicates=3, driver="mesa", workers=1, frontier=False)
    sentences = {part.key: part.sentences for part in findings(result)}
    assert answer(result) == [*sentences["headline"], *sentences["benefit"]]
    lines = comparison_text(result).split("\n")
    assert lines[2:5] == answer(result)
    assert lines.index(next(line for line in lines if line.startswith("outcome"))) > 5


def test_marks_of_differences_do_not_contradict_the_answer() -> None:
    """On cumulative benefit a 95% interval of one pair leaves 0 out; over three pairs at once it is not clear."""
    result = ss.compare("default", replicates=40, months=60, frontier=False, doubt="none")
    tied = [set(standing(result, m).tied) for m in ("benefit", "cumulative_benefit")]
    rows = comparison_text(result).split("difference  ")[1].split("\n")[2:5]
    for row, (later, earlier) in zip(rows, result.paired, strict=True):
        cells = re.findall(r"[+-][\d.]+\W±[\d.]+(?:\W~)?", row)
        for cell, names in zip(cells, tied, strict=False):
            if len(names) > 1 and {later, earlier} <= names:
                assert cell.endswith("~")


def test_wide_tables_have_every_pair_and_both_ends() -> None:
    result = ss.compare("sustaining-gains", replicates=3, months=40, frontier=False, doubt="none")
    brief, full = comparison_text(result), comparison_text(result, wide=True)
    assert len(result.paired) == 6
    for later, earlier in result.paired:
        assert f"{later} - {earlier}" in full
    s = result.summaries["taper"]["benefit"]
    assert s.mean is not None
    assert s.low is not None
    assert f"{s.mean:.3f} ({s.low:.3f} to {s.high:.3f})" in full
    assert f"{s.mean:.3f} ±{s.mean - s.low:.3f}" in brief
