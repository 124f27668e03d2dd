"""Metrics of adoption and structure: netdiffuseR's own numbers, small cases by hand, and NetworkX."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreadsim.errors import InputError
from spreadsim.network import adoption_metrics as metrics
from spreadsim.network import adoption_tests
from spreadsim.network.adoption_summary import adoption_summary
from spreadsim.network.data import Ties, ties_from_pairs
from spreadsim.network.reading.files import load_network
from spreadsim.network.structure import structure

DATA = Path(os.environ.get("SPREADSIM_DATA", Path(__file__).parents[3] / "shared" / "data"))
needs_data = pytest.mark.skipif(
    not (DATA / "coleman").is_dir(), reason="no real data: neither SPREADSIM_DATA nor ../shared/data holds it"
)
PRINTED = 5.000001e-9  # the reference is printed with 8 decimals: half a unit of the last
NAN = float("nan")

# --------------------------------------------------------------------------------------------------- netdiffuseR


@dataclass(frozen=True)
class Case:
    """A data set as read, and what netdiffuseR says of it; `n_periods` holds its period of censoring too."""

    ties: Ties
    adopted: np.ndarray
    n_periods: int
    reference: dict[str, Any]
    nodes: list[dict[str, str]]

    def column(self, name: str) -> np.ndarray:
        return np.array([float(row[name]) if row[name] != "NA" else NAN for row in self.nodes])


@cache
def case(name: str) -> Case:
    observed = {"coleman": 17, "kfamily": 10}[name]
    result = load_network(
        DATA / name,
        services_file="nodes.csv",
        ties_file="edges.csv",
        hierarchy_columns=["group"],
        columns={"adopted_month": "toa", "kind": "nomination"},
        influence="target-to-source",
        observed_periods=observed,
    )
    reference = json.loads((DATA / name / "reference.json").read_text())
    with (DATA / name / "reference_nodes.csv").open() as file:
        rows = {int(row["id"]): row for row in csv.DictReader(file)}
    nodes = [rows[1000 * int(group) + int(number)] for group, number in (i.split("-") for i in result.network.ids)]
    assert result.adopted_period is not None
    return Case(result.network.ties, result.adopted_period, observed + 1, reference, nodes)


both = pytest.mark.parametrize("name", ["coleman", "kfamily"])


def equal(found: Any, printed: Any) -> None:
    assert len(found) == len(printed)
    assert np.max(np.abs(np.array(found, dtype=np.float64) - np.array(printed, dtype=np.float64))) <= PRINTED


@needs_data
@both
def test_every_number_of_the_reference(name: str) -> None:
    data = case(name)
    reference = data.reference["censored_as_NA"]
    found = adoption_summary(data.ties, data.adopted, data.n_periods)
    equal(found["hazard"], reference["hazard_rate"])
    equal(found["mean_exposure"], reference["mean_exposure_by_period"])
    equal(found["cuts_by_time"], reference["cutoffs_toa"])
    equal(found["cuts_by_threshold"], reference["cutoffs_thr"])
    equal(found["morans_i"]["observed"], reference["moran_I"])
    equal(found["morans_i"]["standard_deviation"], reference["moran_sd"])
    equal(found["morans_i"]["p_value"], reference["moran_p"])
    level = found["threshold"]
    equal(
        [level["n"], level["mean"], level["standard_deviation"], level["share_at_zero"]],
        [reference[f"threshold_{key}"] for key in ("n", "mean", "sd", "zero_share")],
    )
    assert found["categories_by_time"] == reference["adopter_categories"]
    assert {key: found["categories_by_threshold"][key] for key in reference["threshold_categories"]} == reference[
        "threshold_categories"
    ]


@needs_data
@both
def test_the_cross_table_of_categories(name: str) -> None:
    data = case(name)
    by_time, _ = metrics.categories(data.adopted)
    level = metrics.threshold(data.ties, data.adopted, data.n_periods)
    by_threshold, _ = metrics.categories(level, metrics.BY_THRESHOLD)
    for row in data.reference["censored_as_NA"]["cross_tab"]:
        found = {key: int(((by_time == row["_row"]) & (by_threshold == key)).sum()) for key in row if key != "_row"}
        assert found == {key: value for key, value in row.items() if key != "_row"}


@needs_data
@both
def test_every_service_of_the_reference(name: str) -> None:
    data = case(name)
    level = metrics.threshold(data.ties, data.adopted, data.n_periods)
    np.testing.assert_allclose(level, data.column("threshold_censored_NA"), atol=1e-14, rtol=0)
    assert metrics.categories(data.adopted)[0].tolist() == [row["category_censored_NA"] for row in data.nodes]
    adopters = ~np.isnan(data.adopted)
    lagged = metrics.threshold(data.ties, data.adopted, data.n_periods, lag=1)
    np.testing.assert_allclose(lagged[adopters], data.column("threshold_lag1")[adopters], atol=1e-14, rtol=0)
    assert np.array_equal(data.ties.degree, data.column("outdegree"))
    assert np.array_equal(np.bincount(data.ties.peer, minlength=len(adopters)), data.column("indegree"))
    exposure = metrics.exposure(data.ties, data.adopted, data.n_periods)
    for period in range(1, data.n_periods):  # in the last the reference counts the censored as adopters
        printed = data.column(f"exposure_t{period}")
        assert np.max(np.abs(exposure[:, period - 1] - printed)) <= 5.01e-7  # printed with 6 decimals


@needs_data
@both
def test_cumulative_adoption_before_censoring(name: str) -> None:
    data = case(name)
    found = metrics.cumulative_adoption(data.adopted, data.n_periods - 1)
    printed = data.reference["cumulative_adopt_count"]
    assert found["count"].tolist() == printed["num"][:-1]
    equal(found["share"], printed["prop"][:-1])
    equal(found["growth"], printed["rate"][:-1])


@needs_data
@both
def test_structure_of_the_reference(name: str) -> None:
    data = case(name)
    found = structure(data.ties)
    assert found["ties"] == data.reference["n_edges"]
    assert found["isolates"] == data.reference["isolates"]
    equal(
        [found["mean_degree"], found["density"]],
        [data.reference["mean_outdegree_binary"], data.reference["summary"][0]["density"]],
    )


@needs_data
def test_coleman_differs_from_random_places_not_from_random_ties() -> None:
    data = case("coleman")
    rewired = adoption_tests.structure_test(data.ties, data.adopted, data.n_periods, n=60)
    placed = adoption_tests.structure_test(data.ties, data.adopted, data.n_periods, n=200, method="permute")
    assert rewired.observed == placed.observed == pytest.approx(0.5114678899)
    assert rewired.p_value > 0.1
    assert placed.p_value < 0.1


# --------------------------------------------------------------------------------------------------- by hand

# 0 listens to 1 and 2, 1 to 2, 3 to no one; 2 adopts in period 1, 1 in 2, 0 in 3, 3 never.
SMALL = ties_from_pairs(4, np.array([0, 0, 1]), np.array([1, 2, 2]), np.array([3.0, 1.0, 1.0]), directed=True)
WHEN = np.array([3.0, 2.0, 1.0, NAN])


def test_exposure_and_threshold_by_hand() -> None:
    assert metrics.exposure(SMALL, WHEN, 3).tolist() == [[0.5, 1, 1], [1, 1, 1], [0, 0, 0], [0, 0, 0]]
    assert metrics.exposure(SMALL, WHEN, 3, weighted=True)[0].tolist() == [0.25, 1, 1]
    np.testing.assert_array_equal(metrics.threshold(SMALL, WHEN, 3), [1, 1, 0, NAN])
    np.testing.assert_array_equal(metrics.threshold(SMALL, WHEN, 3, lag=2), [0.5, NAN, NAN, NAN])
    np.testing.assert_array_equal(metrics.threshold(SMALL, WHEN, 2), [NAN, 1, 0, NAN])  # 0's adoption was not seen


def test_hazard_and_growth_by_hand() -> None:
    assert metrics.hazard(WHEN, 3).tolist() == [0, 1 / 3, 1 / 2]
    np.testing.assert_array_equal(metrics.hazard(np.array([1.0, 2.0]), 3), [0, 1, NAN])  # no one is left in period 3
    found = metrics.cumulative_adoption(np.array([2.0, 3.0, NAN]), 3)
    assert found["count"].tolist() == [0, 1, 2]
    np.testing.assert_array_equal(found["growth"], [0, NAN, 1])


def test_simulated_runs_start_at_month_0() -> None:
    months = WHEN - 1  # first month embedded; starting sites at month 0
    np.testing.assert_array_equal(metrics.threshold(SMALL, months, 3, 0), metrics.threshold(SMALL, WHEN, 3))
    assert metrics.hazard(months, 3, 0).tolist() == metrics.hazard(WHEN, 3).tolist()
    summary = adoption_summary(SMALL, months, 3, 0, rewirings=3)
    assert summary["periods"] == [0, 1, 2]
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_categories_cut_at_the_mean_and_one_standard_deviation() -> None:
    found, cuts = metrics.categories(np.array([1.0, 2.0, 3.0, NAN]))
    assert cuts.tolist() == [1, 2, 3]
    assert found.tolist() == ["Early Majority", "Late Majority", "Laggards", "Non-Adopters"]
    nobody, cuts = metrics.categories(np.array([NAN, NAN]))
    assert nobody.tolist() == ["Non-Adopters"] * 2
    assert np.isnan(cuts).all()


def test_susceptibility_and_infectiousness_by_hand() -> None:
    # 0 (period 3) listens to 1 (period 2) and 2 (period 1): one of the two adopted just before it, and one service did.
    np.testing.assert_array_equal(metrics.susceptibility(SMALL, WHEN, 3), [0.5, 1, 0, NAN])
    # 2 (period 1) is listened to by 0 (period 3) and 1 (period 2): one of the two followed at once.
    np.testing.assert_array_equal(metrics.infectiousness(SMALL, WHEN, 3), [0, 1, 0.5, NAN])
    # Two periods back count a half: (1 + 1/2) over (2 + 1/2), over 1 + 1/2 adopters.
    assert metrics.susceptibility(SMALL, WHEN, 3, periods=2)[0] == pytest.approx(1.5 / 2.5 / 1.5)
    assert metrics.susceptibility(SMALL, WHEN, 3, periods=2, normalised=False)[0] == pytest.approx(1.5 / 2.5)


def test_the_example_of_valente_2015() -> None:
    """Five listens to 1, 2, 3 and 4; 6, 7 and 8 listen to 5 (the example in netdiffuseR's source)."""
    listener, speaker = np.array([5, 5, 5, 5, 6, 7, 8]) - 1, np.array([1, 2, 3, 4, 5, 5, 5]) - 1
    ties = ties_from_pairs(8, listener, speaker, directed=True)
    when = np.array([1.0, 2, 5, 5, 3, 4, 5, 5])
    infection = metrics.infectiousness(ties, when, 5, normalised=False)
    susceptible = metrics.susceptibility(ties, when, 5, normalised=False)
    assert infection[4] == pytest.approx(1 / 3)
    assert susceptible[4] == pytest.approx(1 / 2)
    assert metrics.infectiousness(ties, when, 5)[1] == pytest.approx(1.0)  # 5 follows 2 at once, alone in period 3
    assert infection[0] == 0  # no one follows 1 in period 2


def test_times_that_make_no_sense_are_refused() -> None:
    for bad in ([1.5], [0.0], [-1.0]):
        with pytest.raises(InputError, match="holds a time that is not a whole number of at least 1"):
            metrics.hazard(np.array(bad), 3)


# --------------------------------------------------------------------------------------------------- checks of a kind

networks = st.builds(
    lambda n, ends, directed: ties_from_pairs(
        n,
        np.array([a % n for a, _ in ends], dtype=np.int64),
        np.array([b % n for _, b in ends], dtype=np.int64),
        directed=directed,
    ),
    st.integers(1, 25),
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), max_size=80),
    st.booleans(),
)


def graph_of(ties: Ties) -> Any:
    graph: Any = networkx.DiGraph() if ties.directed else networkx.Graph()
    graph.add_nodes_from(range(len(ties.start) - 1))
    graph.add_edges_from(zip(ties.listener.tolist(), ties.peer.tolist(), strict=True))
    return graph


@settings(max_examples=200, deadline=None)
@given(ties=networks)
def test_structure_equals_networkx(ties: Ties) -> None:
    graph, found = graph_of(ties), structure(ties)
    plain = graph.to_undirected() if ties.directed else graph
    assert found["ties"] == graph.number_of_edges()
    assert found["isolates"] == networkx.number_of_isolates(graph)
    assert found["components"] == networkx.number_connected_components(plain)
    assert found["largest_component"] == max(map(len, networkx.connected_components(plain)))
    assert found["clustering"] == pytest.approx(networkx.average_clustering(plain))
    assert (found["transitivity"] or 0) == pytest.approx(networkx.transitivity(plain))
    if len(plain) > 1:
        assert found["density"] == pytest.approx(networkx.density(graph))
    if ties.directed and ties.n_ties:
        assert found["reciprocity"] == pytest.approx(networkx.reciprocity(graph))


def dense_morans_i(ties: Ties, state: np.ndarray, steps: int) -> tuple[float, float]:
    """Moran's I and its standard deviation from whole matrices, as in Cliff and Ord 1981."""
    n = len(state)
    weight = np.zeros((n, n))
    for a, reached in networkx.all_pairs_shortest_path_length(graph_of(ties), cutoff=steps):
        for b, distance in reached.items():
            if distance:
                weight[a, b] = 1 / distance
    rows = weight.sum(axis=1, keepdims=True)
    weight = np.divide(weight, rows, out=np.zeros_like(weight), where=rows > 0)
    x, total = state - state.mean(), weight.sum()
    observed = n / total * (x @ weight @ x) / (x @ x)
    s1 = ((weight + weight.T) ** 2).sum() / 2
    s2 = ((weight.sum(axis=0) + weight.sum(axis=1)) ** 2).sum()
    k = (x**4).mean() / (x**2).mean() ** 2
    upper = n * ((n * n - 3 * n + 3) * s1 - n * s2 + 3 * total**2) - k * (n * (n - 1) * s1 - 2 * n * s2 + 6 * total**2)
    return observed, np.sqrt(upper / ((n - 1) * (n - 2) * (n - 3) * total**2) - 1 / (n - 1) ** 2)


@settings(max_examples=100, deadline=None)
@given(ties=networks, steps=st.integers(1, 6), data=st.data())
def test_morans_i_equals_whole_matrices(ties: Ties, steps: int, data: st.DataObject) -> None:
    n = len(ties.start) - 1
    adopted = np.array(data.draw(st.lists(st.sampled_from([1.0, NAN]), min_size=n, max_size=n)))
    found = adoption_tests.morans_i(ties, adopted, 1, steps=steps)
    state = (~np.isnan(adopted)).astype(float)
    if state.std() == 0 or ties.n_ties == 0:
        assert np.isnan(found.p_value[0])
    elif n > 3:
        observed, deviation = dense_morans_i(ties, state, steps)
        assert found.observed[0] == pytest.approx(observed)
        if deviation > 1e-6:
            assert found.standard_deviation[0] == pytest.approx(deviation, rel=1e-6)


def test_morans_i_is_the_same_from_any_number_of_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    ties = ties_from_pairs(300, *rng.integers(0, 300, (2, 700)), directed=True)
    adopted = rng.integers(1, 9, 300).astype(float)
    whole = adoption_tests.morans_i(ties, adopted, 8)
    monkeypatch.setattr(adoption_tests, "BLOCK_CELLS", 300 * 7)
    parts = adoption_tests.morans_i(ties, adopted, 8)
    np.testing.assert_allclose(parts.observed, whole.observed, atol=1e-12)
    np.testing.assert_allclose(parts.standard_deviation, whole.standard_deviation, atol=1e-12)


@settings(max_examples=100, deadline=None)
@given(ties=networks, replicate=st.integers(0, 5))
def test_rewiring_keeps_everyones_number_of_peers(ties: Ties, replicate: int) -> None:
    n = len(ties.start) - 1
    other = adoption_tests.rewire(ties, 1, replicate)
    assert other.degree.tolist() == ties.degree.tolist()
    assert np.bincount(other.peer, minlength=n).tolist() == np.bincount(ties.peer, minlength=n).tolist()
    assert not np.any(other.listener == other.peer)
    again = adoption_tests.rewire(ties, 1, replicate)
    assert again.peer.tolist() == other.peer.tolist()


def test_rewiring_reaches_every_network_alike() -> None:
    """Six ends in pairs, one each: 15 perfect matchings, each as likely."""
    ties = ties_from_pairs(6, np.array([0, 2, 4]), np.array([1, 3, 5]))
    found: dict[tuple[int, ...], int] = {}
    for replicate in range(3000):
        key = tuple(adoption_tests.rewire(ties, 1, replicate).peer.tolist())
        found[key] = found.get(key, 0) + 1
    assert len(found) == 15
    expected = 3000 / 15
    assert sum((count - expected) ** 2 / expected for count in found.values()) < 36.1  # chi-squared, 14, p = .001


def test_the_structure_test_finds_clusters_of_like_adopters() -> None:
    groups = [networkx.complete_graph(range(8 * k, 8 * k + 8)).edges for k in range(6)]
    pairs = np.array([edge for edges in groups for edge in edges])
    ties = ties_from_pairs(48, pairs[:, 0], pairs[:, 1])
    together = np.repeat(np.arange(1.0, 7.0), 8)
    assert adoption_tests.structure_test(ties, together, 6, n=99, method="permute").p_value == pytest.approx(0.02)
    assert adoption_tests.structure_test(ties, together, 6, n=99).p_value == pytest.approx(0.02)
    nobody = adoption_tests.structure_test(ties, np.full(48, NAN), 6)
    assert np.isnan(nobody.p_value)


@settings(max_examples=100, deadline=None)
@given(ties=networks, data=st.data())
def test_metrics_hang_together(ties: Ties, data: st.DataObject) -> None:
    n = len(ties.start) - 1
    adopted = np.array(data.draw(st.lists(st.sampled_from([1.0, 2.0, 3.0, 4.0, NAN]), min_size=n, max_size=n)))
    exposure = metrics.exposure(ties, adopted, 4)
    assert np.all((exposure >= 0) & (exposure <= 1))
    assert np.all(np.diff(exposure, axis=1) >= 0)
    level = metrics.threshold(ties, adopted, 4)
    for i in np.flatnonzero(~np.isnan(adopted)):
        assert level[i] == exposure[i, int(adopted[i]) - 1]
    survived = np.cumprod(1 - np.nan_to_num(metrics.hazard(adopted, 4)))
    first = (adopted == 1).mean()
    assert 1 - (1 - first) * survived[-1] == pytest.approx((~np.isnan(adopted)).mean())
    assert sum(adoption_summary(ties, adopted, 4)["categories_by_time"].values()) == n


def test_simulated_runs_have_the_same_metrics() -> None:
    """In the classroom's ring two more adopt each month: thresholds, hazard and exposure are known by hand."""
    import spreadsim as ss

    c = ss.compare("classroom", replicates=1, frontier=False)
    found = c.adoption("one-neighbour-is-enough")
    assert found["periods"] == list(range(13))
    assert found["cumulative_count"] == [1, 3, 5, 7, 9, 11, 12, 12, 12, 12, 12, 12, 12]
    assert found["hazard"][1:6] == pytest.approx([2 / 11, 2 / 9, 2 / 7, 2 / 5, 2 / 3])
    assert found["threshold"]["mean_lag_1"] == pytest.approx((0.0 + 10 * 0.5 + 1.0) / 12, abs=0.05)
    alone = c.adoption("one-neighbour-is-not-enough")
    assert (alone["adopted"], alone["not_adopted"]) == (1, 11)
