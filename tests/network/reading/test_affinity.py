"""Ties that are made where no file holds any: from groups, distance and likeness, at rates that a scenario sets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spreadsim.errors import InputError, InputErrors
from spreadsim.network.data import Network
from spreadsim.network.provenance import ties_in_words
from spreadsim.network.reading.files import draw_missing, read_network
from spreadsim.network.ties import nearest_services
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import load_scenario

N = 40
NO_OTHERS = tuple(f"network.peer_ties.picks_{where}=0" for where in ("in_lowest_level", "in_next_level", "anywhere"))


def scenario_with(*settings: str) -> Scenario:
    return load_scenario("default", ["network.source=file", "network.path=net", *NO_OTHERS, *settings])


def network_of(folder: Path, *settings: str, ties: str | None = None) -> Network:
    """Return 40 services in a line, in five hubs (but the first) and four postal areas, every other one deprived."""
    net = folder / "net"
    net.mkdir(exist_ok=True)
    rows = [
        f"s{i},{f'hub{i % 5}' if i else ''},N{1 + i // 10} {i % 10}AB,{i},0,{5000 + i},{i % 2 * 30 + i / 100}\n"
        for i in range(N)
    ]
    table = "id,hub,post,map_x,map_y,population,deprivation\n" + "".join(rows)
    (net / "services.csv").write_text(table, encoding="utf-8")
    if ties is not None:
        (net / "ties.csv").write_text(ties, encoding="utf-8")
    scenario = scenario_with(*settings)
    return read_network(net, scenario.network, scenario).network


def gaps(network: Network, value: Callable[[int], int]) -> np.ndarray:
    """Return how far the two ends of each tie differ."""
    values = np.array([value(i) for i in range(N)])
    return np.abs(values[network.ties.listener] - values[network.ties.peer])


def test_members_of_a_hub_are_in_touch_and_nobody_else(tmp_path: Path) -> None:
    network = network_of(tmp_path, 'network.affinity.groups=["hub"]', "network.affinity.picks_in_groups=3")
    assert network.ties.degree[0] == 0  # without a hub
    assert network.ties.degree[1:].min() >= 1
    assert gaps(network, lambda i: i % 5).max() == 0


def test_the_first_part_of_a_postcode_is_the_area(tmp_path: Path) -> None:
    network = network_of(tmp_path, 'network.affinity.groups=["post"]')
    assert gaps(network, lambda i: i // 10).max() == 0
    assert network.ties.degree.min() >= 1


def test_neighbours_on_the_map_are_in_touch(tmp_path: Path) -> None:
    network = network_of(tmp_path, "network.affinity.picks_nearby=2", "network.affinity.candidates=4")
    assert 2 <= gaps(network, lambda i: i).max() <= 4  # at an end of the line, the four nearest are on one side
    assert network.ties.degree.min() >= 1


def test_the_most_similar_are_in_touch(tmp_path: Path) -> None:
    network = network_of(tmp_path, "network.affinity.picks_alike=2", "network.affinity.candidates=6")
    assert gaps(network, lambda i: i % 2).max() == 0  # deprived with deprived


@pytest.mark.parametrize("rate", ["picks_in_groups", "picks_nearby", "picks_alike"])
def test_a_higher_rate_makes_more_ties(rate: str, tmp_path: Path) -> None:
    few, many = (
        network_of(tmp_path, 'network.affinity.groups=["hub"]', f"network.affinity.{rate}={value}").ties.n_ties
        for value in (0.5, 3)
    )
    assert many > few


def test_a_replicate_picks_anew_and_always_the_same(tmp_path: Path) -> None:
    network = network_of(tmp_path, "network.affinity.picks_nearby=2")
    scenario = scenario_with("network.affinity.picks_nearby=2")
    same, other = (draw_missing(network, scenario, k).ties.peer.tolist() for k in (0, 1))
    assert same == network.ties.peer.tolist()
    assert other != same


def test_ties_by_affinity_are_called_made(tmp_path: Path) -> None:
    settings = ('network.affinity.groups=["hub"]', "network.affinity.picks_nearby=0.5")
    words = ties_in_words(network_of(tmp_path, *settings), scenario_with(*settings).network)
    basis, rates = words.split(": ")
    assert basis == "made from shared membership and distance"
    assert rates == "each service picks 1 peer with the same hub, 0.5 among the 10 nearest"


@pytest.mark.parametrize(
    ("setting", "ties", "words"),
    [
        ('network.affinity.groups=["hbu"]', None, "there is no column 'hbu'; did you mean 'hub'?"),
        ("network.affinity.picks_nearby=1", "source,target\ns1,s2\n", "makes no ties where the files hold them"),
    ],
)
def test_what_cannot_be_made_is_refused(setting: str, ties: str | None, words: str, tmp_path: Path) -> None:
    with pytest.raises((InputError, InputErrors), match=r"network\.affinity") as failure:
        network_of(tmp_path, setting, ties=ties)
    assert words in str(failure.value)


def test_columns_that_are_missing_are_named(tmp_path: Path) -> None:
    (tmp_path / "services.csv").write_text("id\na\nb\n", encoding="utf-8")
    scenario = scenario_with("network.affinity.picks_nearby=1", "network.affinity.picks_alike=1")
    with pytest.raises(InputErrors) as failure:
        read_network(tmp_path, scenario.network, scenario)
    assert "network.affinity.picks_nearby: needs map_x and map_y" in str(failure.value)
    assert "network.affinity.picks_alike: compares attributes that files hold" in str(failure.value)


def test_generated_services_have_no_affinity() -> None:
    with pytest.raises(InputErrors, match="acts only on services read from files"):
        load_scenario("default", ["network.affinity.picks_nearby=1"])


def test_nearest_services_never_include_oneself() -> None:
    points = np.array([[0.0, 0.0]] * 6 + [[1.0, 1.0], [np.nan, 0.0]])
    nearest = nearest_services(points, 3)
    assert all(i not in nearest[i] for i in range(7))
    assert nearest[7].tolist() == [7, 7, 7]
