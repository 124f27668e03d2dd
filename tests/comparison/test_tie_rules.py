"""The same comparison with ties made in other ways, beside each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from spreadsim.comparison.tie_rules import compare_tie_rules, tie_rules_text
from spreadsim.errors import InputError
from spreadsim.scenario.files import load_scenario


def test_rates_and_rules_are_beside_each_other(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    rows = "".join(f"s{i},team{i % 12},{i},{i % 7},{1000 + i}\n" for i in range(60))
    (tmp_path / "net" / "services.csv").write_text("id,region,map_x,map_y,population\n" + rows, encoding="utf-8")
    text = 'format = 1\nname = "mine"\nbased_on = "default"\n[network]\nsource = "file"\npath = "net"\n'
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    rules = compare_tie_rules(load_scenario(tmp_path / "mine.toml", ["run.months=12"]), replicates=3, workers=1)
    assert [rule.title for rule in rules] == [
        "as the scenario makes them",
        "half as many",
        "twice as many",
        "as many, with anyone",
        "as many, with those nearby",
        "as many, with those most like it",
        "none at all",
    ]
    degrees = {rule.title: rule.mean_degree for rule in rules}
    assert degrees["half as many"] < degrees["as the scenario makes them"] < degrees["twice as many"]
    assert degrees["none at all"] == 0.0
    network = rules[4].comparison.network
    assert abs(network["population"][network.ties.listener] - network["population"][network.ties.peer]).max() < 30
    told = tie_rules_text(rules, wide=True)
    assert told.startswith("Ties are made from shared membership: each service picks 3 peers in its region")
    assert all(rule.title in told for rule in rules)
    assert "The finding (" in told.splitlines()[-1]


def test_ties_from_data_are_not_varied() -> None:
    with pytest.raises(InputError, match="has no rates of picks"):
        compare_tie_rules("classroom", replicates=1)
