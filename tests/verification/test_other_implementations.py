"""Other people's programs on the same graphs: NDlib, EoN and NetworkX.

Where the answer is fixed, it is equal service by service and month by month. Where it is random, two samples are
compared and refused at p < 1e-7 (or Z = 5.5 standard errors): all of this file raise a false alarm with chance less
than 1e-5. Each such comparison is made again with our rate changed, by as much as its size can see (the other
programs are a thousand times slower), and must then be refused.
"""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest
from scipy import stats

from spreadsim import rules
from spreadsim.drivers import engine
from spreadsim.network.graph import network_from_graph
from spreadsim.network.starting_sites import starting_sites
from spreadsim.scenario.plan import plan
from tests.verification.limiting_cases import document, generated, months_embedded, only_plan, scenario_of

Z = 5.5
LEAST = 1e-7


@pytest.fixture
def ndlib_models():
    """NDlib's models, or a reason why not."""
    pytest.importorskip("ndlib", reason="NDlib is not installed (development dependency, with six)")
    pytest.importorskip("six", reason="NDlib imports six without asking for it")
    import ndlib.models.epidemics as models
    from ndlib.models.ModelConfig import Configuration

    return models, Configuration


@pytest.fixture
def eon():
    """EoN, or a reason why not."""
    return pytest.importorskip("EoN", reason="EoN is not installed (development dependency)")


def spreading(kind: str, n: int, months: int, seeds: list[int], start: str = "unaware", **adoption) -> dict:
    """Return a document in which services respond to peers alone, in full, and begin at `seeds`."""
    full = {"peer_influence_unaided": 1.0, "peer_influence_facilitated": 1.0, "exposure_response": kind}
    doc = document(
        services=n,
        months=min(months, 1200),
        behaviour={"adoption": {**full, **adoption}, "awareness": {"start": start}},
    )
    doc["programme"]["starting_sites"] = {"ids": [str(seed) for seed in seeds]}
    return doc


def at(theta: float) -> dict[str, float]:
    """Return the thresholds of services that all respond at the same exposure."""
    return {"threshold_most_ready": theta, "threshold_least_ready": theta}


def month_of_each(graph: nx.Graph, doc: dict, replicate: int = 0) -> np.ndarray:
    """Return the month at which each node's service is embedded; -1 if never."""
    run = engine.run(network_from_graph(graph, scenario_of(doc)), only_plan(doc), 1, replicate)
    return months_embedded(run, len(graph))


def two_sample_p(a: np.ndarray, b: np.ndarray, least: int = 10) -> float:
    """Return the chi-square p-value of two samples of whole numbers; rare values are put together."""
    top = int(max(a.max(), b.max())) + 1
    table = np.array([np.bincount(a, minlength=top), np.bincount(b, minlength=top)], dtype=float)
    common = table.sum(axis=0) >= 2 * least
    rest = table[:, ~common].sum(axis=1, keepdims=True)
    table = np.hstack([table[:, common], rest]) if rest.sum() else table[:, common]
    return float(stats.chi2_contingency(table).pvalue)


def two_sample_z(a: np.ndarray, b: np.ndarray) -> float:
    """Return the difference of two means in its standard errors."""
    return float((np.mean(a) - np.mean(b)) / math.sqrt(np.var(a, ddof=1) / len(a) + np.var(b, ddof=1) / len(b)))


# ------------------------------------------------------------------------------------------------- thresholds


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_thresholds_spread_as_in_ndlib_node_by_node_and_round_by_round(ndlib_models, directed, seed, known_answer):
    models, configuration = ndlib_models
    n, seeds = 400, list(range(20))
    graph = (
        nx.gnm_random_graph(n, 6 * n, seed=seed, directed=True)
        if directed
        else nx.watts_strogatz_graph(n, 8, 0.2, seed)
    )
    threshold = np.random.default_rng(seed).uniform(0.05, 0.5, n)
    for node in graph:
        graph.nodes[node]["readiness"] = 1.0 - threshold[node]
    doc = spreading("threshold", n, 200, seeds, threshold_most_ready=0.0, threshold_least_ready=1.0)
    got = month_of_each(graph, doc)
    # In NDlib a node hears those who point at it, here those that it points at.
    model = models.ThresholdModel(graph.reverse() if directed else graph)
    config = configuration()
    config.add_model_initial_configuration("Infected", seeds)
    for node in graph:
        config.add_node_configuration("threshold", node, 1.0 - graph.nodes[node]["readiness"])
    model.set_initial_status(config)
    expected = np.full(n, -1)
    for round_ in model.iteration_bunch(100):
        for node, status in round_["status"].items():
            if status == 1:
                expected[node] = round_["iteration"] + (1 if round_["iteration"] else 0)
    differ, kind = int(np.sum(got != expected)), "directed" if directed else "small world"
    known_answer(
        f"NDlib ThresholdModel, {kind} {seed}: month of each of {n}",
        f"{int(np.sum(expected >= 0))} reached",
        f"{int(np.sum(got >= 0))} reached",
        differ,
        differ == 0,
        0,
    )
    assert differ == 0
    assert got.max() > 4


def test_an_improvement_that_one_peer_suffices_for_spreads_as_eons_certain_infection(eon, known_answer):
    graph = nx.gnm_random_graph(600, 700, seed=4)
    seeds = [5, 77]
    got = month_of_each(graph, spreading("threshold", 600, 700, seeds, **at(1e-6)))
    t, susceptible, _, _ = eon.basic_discrete_SIR(graph, 1.0, initial_infecteds=seeds)
    ever = np.array([600 - int(np.sum((got >= 0) & (got <= (0 if step == 0 else step + 1)))) for step in t])
    gap = int(np.abs(ever - susceptible).max())
    known_answer(
        "EoN basic_discrete_SIR with p=1: not yet reached, step by step",
        int(susceptible[-1]),
        int(ever[-1]),
        gap,
        gap == 0,
        0,
    )
    assert gap == 0
    assert len(t) > 10


# ------------------------------------------------------------------------------------------------- cascades


def cascade_sample(graph: nx.Graph, seed: int, beta: float, n_runs: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the number reached in the end, and in the second round, in each of many runs."""
    doc = spreading("independent-cascade", len(graph), 40, [seed], "aware", cascade_probability=beta)
    network, plan_ = network_from_graph(graph, scenario_of(doc)), only_plan(doc)
    sizes, second = [], []
    for replicate in range(n_runs):
        events = engine.run(network, plan_, 1, replicate).events
        month = events["month"][events["to_state"] == rules.EMBEDDED]
        sizes.append(len(month))
        second.append(int(np.sum(month == 2)))
    return np.array(sizes), np.array(second)


def compare_cascades(name, ours, theirs, wrong, change, known_answer):
    """Compare sizes and second rounds with another program's, and check that a changed rate would be seen."""
    p = [two_sample_p(a, b) for a, b in zip(ours, theirs, strict=True)]
    z, z_wrong = two_sample_z(ours[0], theirs[0]), two_sample_z(wrong[0], theirs[0])
    known_answer(
        f"{name}: mean size, {len(theirs[0])} runs of theirs",
        float(theirs[0].mean()),
        float(ours[0].mean()),
        f"{z:.2f} s.e.; sizes p = {p[0]:.3f}, second round p = {p[1]:.3f}",
        min(p) > LEAST and abs(z) < Z,
        f"p > 1e-7, {Z} s.e.; rate x {change}: {z_wrong:.1f}",
    )
    assert min(p) > LEAST
    assert abs(z) < Z
    assert abs(z_wrong) > Z


def test_cascades_have_the_sizes_and_the_pace_of_ndlibs(ndlib_models, known_answer):
    models, configuration = ndlib_models
    graph, beta, n_theirs = nx.karate_club_graph(), 0.15, 2000
    nx.set_edge_attributes(graph, 1.0, "weight")
    config = configuration()
    config.add_model_initial_configuration("Infected", [0])
    for edge in graph.edges:
        config.add_edge_configuration("threshold", edge, beta)
    model = models.IndependentCascadesModel(graph, seed=1)
    np.random.seed(20_260_102)  # noqa: NPY002  NDlib draws from the global generator
    model.set_initial_status(config)
    sizes, second = [], []
    for _ in range(n_theirs):
        model.reset()
        rounds = model.iteration_bunch(30, node_status=False)
        sizes.append(34 - rounds[-1]["node_count"][0])
        second.append(rounds[2]["node_count"][1])
        assert rounds[-1]["node_count"][1] == 0
    compare_cascades(
        "NDlib IndependentCascadesModel, karate club, beta .15",
        cascade_sample(graph, 0, beta, 8000),
        (np.array(sizes), np.array(second)),
        cascade_sample(graph, 0, beta * 1.1, 8000),
        1.1,
        known_answer,
    )


@pytest.mark.verification
def test_cascades_have_the_sizes_and_the_pace_of_eons_discrete_epidemic(eon, known_answer):
    graph, beta, n_theirs = nx.gnm_random_graph(60, 150, seed=9), 0.25, 12_000
    rng = np.random.default_rng(20_260_103)
    sizes, second = [], []
    for _ in range(n_theirs):
        _, _, infected, recovered = eon.basic_discrete_SIR(graph, beta, initial_infecteds=[0], rng=rng)
        sizes.append(int(recovered[-1]))
        second.append(int(infected[2]) if len(infected) > 2 else 0)
    compare_cascades(
        "EoN basic_discrete_SIR, random graph of 60, p=.25",
        cascade_sample(graph, 0, beta, 30_000),
        (np.array(sizes), np.array(second)),
        cascade_sample(graph, 0, beta * 1.05, 30_000),
        1.05,
        known_answer,
    )


@pytest.mark.verification
def test_cascades_end_as_large_as_the_component_of_eons_percolated_network(eon, known_answer):
    graph, beta, n_theirs = nx.barabasi_albert_graph(80, 2, seed=3), 0.35, 6000
    rng = np.random.default_rng(20_260_104)
    sizes = np.array(
        [len(nx.node_connected_component(eon.percolate_network(graph, beta, rng=rng), 7)) for _ in range(n_theirs)]
    )
    ours, wrong = (cascade_sample(graph, 7, rate, 30_000)[0] for rate in (beta, beta * 1.1))
    p, z, z_wrong = two_sample_p(ours, sizes), two_sample_z(ours, sizes), two_sample_z(wrong, sizes)
    known_answer(
        "EoN percolate_network, scale-free 80, p=.35: mean size of the component",
        float(sizes.mean()),
        float(ours.mean()),
        f"{z:.2f} s.e.; sizes p = {p:.3f}",
        p > LEAST and abs(z) < Z,
        f"{Z} s.e.; rate x 1.1: {z_wrong:.1f}",
    )
    assert p > LEAST
    assert abs(z) < Z
    assert abs(z_wrong) > Z


@pytest.mark.verification
def test_contagion_at_a_small_rate_keeps_the_time_of_eons_epidemic_without_recovery(eon, known_answer):
    """EoN's time is continuous, ours monthly: at 2% a month the difference is about half a month in two hundred."""
    n, degree, rate, seeds, n_theirs, n_ours = 200, 4, 0.02, list(range(10)), 600, 2000
    graph = nx.random_regular_graph(degree, n, seed=5)
    rng = np.random.default_rng(20_260_105)

    def ours(given: float) -> np.ndarray:
        doc = spreading(
            "linear", n, 900, seeds, "aware", peer_influence_unaided=given, peer_influence_facilitated=given
        )
        network, plan_, times = network_from_graph(graph, scenario_of(doc)), only_plan(doc), []
        for replicate in range(n_ours):
            events = engine.run(network, plan_, 1, replicate).events
            times.append(np.sort(events["month"][events["to_state"] == rules.EMBEDDED])[[n // 4, n // 2]])
        return np.array(times)

    theirs = []
    for _ in range(n_theirs):
        t, _, infected, _ = eon.fast_SIR(graph, rate / degree, 0.0, initial_infecteds=seeds, tmax=5000, rng=rng)
        theirs.append([t[np.searchsorted(infected, n // 4 + 1)], t[np.searchsorted(infected, n // 2 + 1)]])
    theirs, got, wrong = np.array(theirs), ours(rate), ours(rate * 1.05)
    for column, part in enumerate(("a quarter", "half")):
        z, z_wrong = two_sample_z(got[:, column], theirs[:, column]), two_sample_z(wrong[:, column], theirs[:, column])
        known_answer(
            f"EoN fast_SIR without recovery, 4-regular 200, 2% a month: months to {part}",
            float(theirs[:, column].mean()),
            float(got[:, column].mean()),
            f"{z:.2f} s.e.",
            abs(z) < Z,
            f"{Z} s.e.; rate x 1.05: {z_wrong:.1f}",
        )
        assert abs(z) < Z
        assert abs(z_wrong) > Z
        # Months are whole: an event of theirs falls, on average, half a month before it is counted here.
        assert stats.ks_2samp(got[:, column] - 0.5, theirs[:, column]).pvalue > LEAST


# ------------------------------------------------------------------------------------------------- NetworkX: reach


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_peer_sufficing_reaches_the_connected_component_at_the_distance_of_each(seed, known_answer):
    graph = nx.gnm_random_graph(500, 480, seed=seed)
    start = max(nx.connected_components(graph), key=len).pop()
    got = month_of_each(graph, spreading("threshold", 500, 500, [start], **at(1e-9)))
    distance = nx.single_source_shortest_path_length(graph, start)
    expected = np.array([-1 if i not in distance else distance[i] + (1 if distance[i] else 0) for i in range(500)])
    reached = set(np.flatnonzero(got >= 0).tolist())
    assert reached == nx.node_connected_component(graph, start)
    differ = int(np.sum(got != expected))
    known_answer(
        f"NetworkX shortest paths, sparse random graph {seed}: month of each",
        f"{len(distance)} reached",
        f"{len(reached)} reached",
        differ,
        differ == 0,
        0,
    )
    assert differ == 0


def test_in_a_directed_network_influence_runs_from_the_named_to_those_that_name_them(known_answer):
    graph = nx.gnm_random_graph(400, 700, seed=2, directed=True)
    start = 17
    got = month_of_each(graph, spreading("threshold", 400, 400, [start], **at(1e-9)))
    reached, expected = set(np.flatnonzero(got >= 0).tolist()), nx.ancestors(graph, start) | {start}
    known_answer(
        "NetworkX ancestors: directed reach",
        len(expected),
        len(reached),
        len(reached ^ expected),
        reached == expected,
        0,
    )
    assert reached == expected
    assert reached != nx.descendants(graph, start) | {start}


@pytest.mark.parametrize("k", [3, 4, 5])
def test_what_resists_a_threshold_is_the_k_core_of_what_was_not_a_starting_site(k, known_answer):
    """A service of degree 6 that adopts at 7 - k adopting peers holds out with k others, and those are a k-core."""
    graph = nx.random_regular_graph(6, 600, seed=k)
    n_seeds = {3: 220, 4: 88, 5: 22}[k]
    theta = (6 - k + 0.5) / 6
    got = month_of_each(
        graph,
        spreading("threshold", 600, 600, list(range(n_seeds)), **at(theta)),
    )
    resisting = set(np.flatnonzero(got < 0).tolist())
    expected = set(nx.k_core(graph.subgraph(range(n_seeds, 600)), k))
    known_answer(
        f"NetworkX k-core, k={k}: services that never adopt",
        len(expected),
        len(resisting),
        len(resisting ^ expected),
        resisting == expected,
        0,
    )
    assert resisting == expected
    assert 0 < len(resisting) < 600 - n_seeds


# ------------------------------------------------------------------------------------------------- NetworkX: graphs


def peers(doc: dict, replicate: int = 0) -> nx.Graph:
    """Return the peer ties of a generated network as a graph."""
    network = generated(doc, replicate)
    graph = nx.Graph()
    graph.add_nodes_from(range(network.n))
    graph.add_edges_from(zip(network.ties.listener.tolist(), network.ties.peer.tolist(), strict=True))
    assert graph.number_of_edges() == network.ties.n_ties
    return graph


def shaped(source: str, n: int, **generator) -> dict:
    """Return a document whose network is of one generated family, drawn anew in every replicate."""
    return document(network={"source": source, "services": n, "redraw": True, "generator": generator})


@pytest.mark.parametrize(
    ("source", "n", "shape", "expected"),
    [
        ("ring-lattice", 50, {"neighbours": 6}, nx.watts_strogatz_graph(50, 6, 0.0)),
        ("ring-lattice", 7, {"neighbours": 6}, nx.complete_graph(7)),
        ("ring-lattice", 6, {"neighbours": 2}, nx.cycle_graph(6)),
        ("small-world", 50, {"neighbours": 4, "rewiring": 0.0}, nx.watts_strogatz_graph(50, 4, 0.0)),
        ("path", 20, {}, nx.path_graph(20)),
        ("star", 20, {}, nx.star_graph(19)),
        ("complete", 20, {}, nx.complete_graph(20)),
        ("tree", 40, {"branching": 3}, nx.full_rary_tree(3, 40)),
        ("path", 1, {}, nx.path_graph(1)),
        ("star", 1, {}, nx.star_graph(0)),
        ("complete", 1, {}, nx.complete_graph(1)),
        ("tree", 1, {"branching": 2}, nx.full_rary_tree(2, 1)),
        ("ring-lattice", 1, {"neighbours": 2}, nx.empty_graph(1)),
        ("ring-lattice", 2, {"neighbours": 2}, nx.path_graph(2)),
        ("random", 30, {"mean_degree": 0.0}, nx.empty_graph(30)),
        ("scale-free", 3, {"attachments": 3}, nx.empty_graph(3)),
    ],
)
def test_regular_families_have_the_ties_of_networkx(source, n, shape, expected, known_answer):
    got = peers(shaped(source, n, **shape))
    differ = len({frozenset(e) for e in got.edges} ^ {frozenset(e) for e in expected.edges})
    known_answer(
        f"NetworkX, {source} of {n} {shape or ''}: ties",
        expected.number_of_edges(),
        got.number_of_edges(),
        differ,
        differ == 0,
        0,
    )
    assert set(got) == set(expected)
    assert differ == 0


def test_random_networks_have_the_degrees_of_networkx(known_answer):
    n, degree, n_graphs = 1000, 6.0, 40
    ours = [peers(shaped("random", n, mean_degree=degree), r) for r in range(n_graphs)]
    theirs = [nx.gnm_random_graph(n, int(n * degree / 2), seed=1000 + r) for r in range(n_graphs)]
    a, b = (np.array([d for g in graphs for _, d in g.degree]) for graphs in (ours, theirs))
    p = two_sample_p(a, b)
    ties = {g.number_of_edges() for g in ours}
    known_answer(
        "random network, mean degree 6: degrees, against NetworkX gnm",
        "6",
        f"{a.mean():.4f}",
        f"p = {p:.3f}",
        p > LEAST,
        "p > 1e-7",
    )
    known_answer(
        "random network of 1,000, mean degree 6: ties",
        3000,
        sorted(ties),
        0,
        ties == {3000},
        "exact",
    )
    assert p > LEAST
    assert ties == {3000}
    rare = np.array([nx.transitivity(g) for g in ours]), np.array([nx.transitivity(g) for g in theirs])
    assert abs(two_sample_z(*rare)) < Z
    thinner = np.array([d for r in range(n_graphs) for _, d in peers(shaped("random", n, mean_degree=5.8), r).degree])
    assert two_sample_p(thinner, b) < LEAST


def summary(graph: nx.Graph) -> list[float]:
    """Return what tells scale-free graphs apart: hubs, leaves, spread of degrees, triangles, degrees of neighbours."""
    degrees = np.array([d for _, d in graph.degree])
    return [
        float(degrees.max()),
        float(np.mean(degrees == degrees.min())),
        float(np.mean(degrees**2.0)),
        nx.transitivity(graph),
        nx.degree_assortativity_coefficient(graph),
        float(np.sort(degrees)[-20:].mean()),
    ]


@pytest.mark.verification
def test_scale_free_networks_are_those_of_preferential_attachment(known_answer):
    n, m, n_graphs = 500, 3, 150
    ours = np.array([summary(peers(shaped("scale-free", n, attachments=m), r)) for r in range(n_graphs)])
    theirs = np.array([summary(nx.barabasi_albert_graph(n, m, seed=5000 + r)) for r in range(n_graphs)])
    p = [float(stats.ks_2samp(ours[:, c], theirs[:, c]).pvalue) for c in range(ours.shape[1])]
    known_answer(
        "scale-free: largest hub, leaves, spread, triangles, mixing, against NetworkX",
        f"{theirs[:, 0].mean():.1f} (hub)",
        f"{ours[:, 0].mean():.1f} (hub)",
        "p = " + ", ".join(f"{value:.2f}" for value in p),
        min(p) > LEAST,
        "p > 1e-7",
    )
    assert min(p) > LEAST
    # Sources other than preferential attachment would be seen: attaching evenly gives no hubs.
    even = np.array([summary(nx.gnm_random_graph(n, 3 * (n - 3), seed=r)) for r in range(n_graphs)])
    assert stats.ks_2samp(ours[:, 0], even[:, 0]).pvalue < LEAST


def test_scale_free_degrees_fall_off_as_the_cube(known_answer):
    """P(at least k) = m (m + 1) / (k (k + 1)) in a large network (Bollobas et al. 2001)."""
    n, m = 20_000, 3
    degrees = np.array([d for _, d in peers(shaped("scale-free", n, attachments=m)).degree])
    assert degrees.min() == m or np.sum(degrees < m) <= m  # the first m may have fewer
    worst = 0.0
    for k in (3, 4, 5, 8, 12, 20, 40):
        expected = m * (m + 1) / (k * (k + 1))
        got = float(np.mean(degrees >= k))
        spread = math.sqrt(expected * (1 - expected) / n) + 1e-9
        worst = max(worst, abs(got - expected) / (Z * spread + 10 / n))
    known_answer(
        "scale-free, 20,000: P(degree >= k) = m(m+1)/(k(k+1)), k 3 to 40",
        1.0,
        worst,
        worst,
        worst < 1,
        "5.5 s.e. + 10/n",
    )
    assert worst < 1


@pytest.mark.parametrize("rewiring", [0.1, pytest.param(0.5, marks=pytest.mark.verification)])
def test_small_worlds_cluster_as_those_of_networkx(rewiring, known_answer):
    n, n_graphs = 500, 100
    ours = [peers(shaped("small-world", n, neighbours=6, rewiring=rewiring), r) for r in range(n_graphs)]
    theirs = [nx.watts_strogatz_graph(n, 6, rewiring, seed=r) for r in range(n_graphs)]
    a, b = (np.array([nx.average_clustering(g) for g in graphs]) for graphs in (ours, theirs))
    ties = float(np.mean([g.number_of_edges() for g in ours]))
    gap = float(a.mean() - b.mean())
    known_answer(
        f"small world, rewiring {rewiring}: mean clustering, against NetworkX",
        float(b.mean()),
        float(a.mean()),
        f"{gap:.4f}; {two_sample_z(a, b):.1f} s.e.; ties {ties:.1f} of 1500",
        abs(gap) < 0.005,
        ".005",
    )
    # Ours may rewire a tie onto another, which then are one: about rewiring x 6 / n of them.
    assert abs(gap) < 0.005
    assert 1500 - 3 * 1500 * rewiring * 6 / n < ties <= 1500


# ------------------------------------------------------------------------------------------------- NetworkX: sites


def test_the_most_connected_sites_are_those_of_highest_degree_in_networkx():
    doc = shaped("scale-free", 200, attachments=2)
    doc["programme"]["starting_sites"] = {"share": 0.05, "rule": "most-connected"}
    scenario, graph = scenario_of(doc), peers(doc)
    sites = starting_sites(generated(doc), plan(scenario, "only").programme, 1, 0).tolist()
    ranked = sorted(graph, key=lambda node: (-graph.degree[node], node))
    assert sites == sorted(ranked[:10])
