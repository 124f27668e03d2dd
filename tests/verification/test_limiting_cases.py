"""Limiting cases with a known answer (science.md section 8), on the compiled driver.

A statistical case is refused beyond Z = 5.5 standard errors: each limit raises a false alarm with chance 4e-8, all
limits of this file together with less than 1e-5. Each such case is run again with its rate 2% higher, and must then
be refused: that is its power. Seeds are fixed, so verdicts never change unless the program does.
"""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest
from scipy import stats

from spreadsim import rules
from spreadsim.drivers import engine
from spreadsim.network.data import ties_from_pairs
from spreadsim.network.graph import network_from_graph
from spreadsim.network.hierarchy import Hierarchy
from spreadsim.outcomes import measures
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import plans
from spreadsim.scenario.validation import as_document, validate
from tests.event_counts import assert_counts_follow_from_events
from tests.verification.limiting_cases import (
    chi_square,
    document,
    generated,
    like_components,
    many,
    months_embedded,
    network_with,
    network_without_ties,
    only_plan,
    scenario_of,
)

Z = 5.5
FAULT = 1.02


def refused(z: float) -> bool:
    """Return whether a deviation in standard errors is beyond the limit."""
    return abs(z) > Z


def run_of(doc: dict, network=None, replicate: int = 0):
    """Return one run of a document's only strategy."""
    network = generated(doc, replicate) if network is None else network
    return engine.run(network, only_plan(doc), doc["run"]["seed"], replicate)


def same_run(a, b) -> bool:
    """Return whether two runs agree bit for bit, a value that is not a number being equal to itself."""
    pairs = [(a.sums, b.sums), (a.late_effect, b.late_effect)]
    pairs += [(a.events[name], b.events[name]) for name in a.events]
    pairs += [(a.final[name], b.final[name]) for name in a.final]
    return all(x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes() for x, y in pairs)


# ------------------------------------------------------------------------------------------------- 1, 2: Bass and SI


def embedded_by_month(doc: dict, n_runs: int) -> np.ndarray:
    """Return the number embedded at months 0..T in each of many runs on one network."""
    network, plan, months = generated(doc), only_plan(doc), doc["run"]["months"]
    counts = np.empty((n_runs, months + 1))
    for replicate in range(n_runs):
        events = engine.run(network, plan, doc["run"]["seed"], replicate).events
        here = events["month"][events["to_state"] == rules.EMBEDDED]
        counts[replicate] = np.cumsum(np.bincount(here, minlength=months + 1))
    return counts


def complete(n: int, p: float, q: float, months: int, share: float = 0.0) -> dict:
    """Return a complete network with linear response, external influence `p` and peer influence `q`."""
    adoption = {"external_influence": p, "peer_influence_unaided": q, "peer_influence_facilitated": q}
    return document(services=n, months=months, starting_share=share, behaviour={"adoption": adoption})


def score(counts: np.ndarray, p: float, q: float) -> tuple[float, float]:
    """Return the deviations of adoptions from chance p + q X, in standard errors: weighted as tells most of p, of q.

    The sum of (adoptions less their chance times those left), weighted by anything known before, has mean 0 and the
    sum of the binomial variances as its variance, exactly.
    """
    n = 400
    before, new = counts[:, 1:-1], np.diff(counts[:, 1:], axis=1)
    exposed = before / (n - 1)
    chance = p + q * exposed
    left = n - before
    deviation, variance = new - left * chance, left * chance * (1 - chance)
    found = []
    for weight in (1.0 / np.maximum(chance, 1e-12), exposed / np.maximum(chance, 1e-12)):
        spread = math.sqrt(float(np.sum(weight**2 * variance)))
        found.append(float(np.sum(weight * deviation)) / spread if spread else 0.0)
    return found[0], found[1]


def exact_chain(n: int, p: float, q: float, steps: int, start: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the exact mean and variance of the number of adopters after 0..steps steps on a complete network."""
    adopters = np.arange(n + 1)
    chance = p + q * adopters / (n - 1)
    step = stats.binom.pmf(
        adopters[None, :] - adopters[:, None], (n - adopters)[:, None], np.minimum(chance, 1)[:, None]
    )
    now = np.zeros(n + 1)
    now[start] = 1.0
    mean, variance = np.empty(steps + 1), np.empty(steps + 1)
    for t in range(steps + 1):
        mean[t] = now @ adopters
        variance[t] = now @ (adopters - mean[t]) ** 2
        now = now @ step
    return mean, variance


def bass_recursion(n: int, p: float, q: float, steps: int, start: float) -> np.ndarray:
    """Return the share of adopters by A' = A + (1 - A)(p + q A N/(N-1))."""
    share = np.empty(steps + 1)
    share[0] = start
    for t in range(steps):
        share[t + 1] = share[t] + (1 - share[t]) * (p + q * share[t] * n / (n - 1))
    return share


@pytest.mark.parametrize(("p", "q", "n_runs", "which"), [(0.05, 0.05, 1000, "p"), (0.01, 0.15, 700, "q")])
def test_bass_adoptions_have_chance_p_plus_q_times_exposure(p, q, n_runs, which, known_answer):
    place = "pq".index(which)
    counts = embedded_by_month(complete(400, p, q, 60), n_runs)
    z = score(counts, p, q)
    wrong = complete(400, p * (FAULT if which == "p" else 1), q * (FAULT if which == "q" else 1), 60)
    z_wrong = score(embedded_by_month(wrong, n_runs), p, q)[place]
    known_answer(
        f"Bass p={p} q={q}: chance p + qX, score of {which}",
        0,
        z[place],
        f"{z[place]:.2f} s.e.",
        not refused(z[place]),
        f"{Z} s.e.; 2% fault: {z_wrong:.1f}",
    )
    assert not refused(z[0])
    assert not refused(z[1])
    assert refused(z_wrong)
    # The curve: against the exact chain at every month, and against the recursion.
    mean, variance = exact_chain(400, p, q, 59, 0)
    got, error = counts[:, 1:].mean(axis=0), np.sqrt(variance / n_runs)
    z_curve = np.abs(got - mean)[1:] / np.maximum(error[1:], 1e-9)
    known_answer(
        f"Bass p={p} q={q}: exact mean of all months",
        f"{mean[20]:.2f} at month 21",
        f"{got[20]:.2f}",
        f"{z_curve.max():.2f} s.e.",
        z_curve.max() < Z,
        f"{Z} s.e.",
    )
    assert z_curve.max() < Z
    recursion = bass_recursion(400, p, q, 59, 0.0)
    gap = np.abs(got / 400 - recursion)
    known_answer(
        f"Bass p={p} q={q}: recursion",
        f"{recursion[20]:.4f}",
        f"{got[20] / 400:.4f}",
        gap.max(),
        bool(np.all(gap <= 4 * error / 400 + 10 / 400)),
        "4 s.e. + 10/N",
    )
    assert np.all(gap <= 4 * error / 400 + 10 / 400)


def test_bass_approaches_its_differential_equation_as_rates_per_month_go_to_zero(known_answer):
    gaps = []
    for scale in (1.0, 0.5):
        p, q, n, months, n_runs = 0.004 * scale, 0.06 * scale, 1000, int(100 / scale), 30
        counts = embedded_by_month(complete(n, p, q, months), n_runs)[:, 1:] / n
        t = np.arange(months)
        decay = np.exp(-(p + q) * t)
        equation = (1 - decay) / (1 + q / p * decay)
        error = counts.std(axis=0, ddof=1).max() / math.sqrt(n_runs)
        gap = np.abs(counts.mean(axis=0) - equation).max()
        known_answer(
            f"Bass ODE, p={p} q={q} a month",
            f"{equation[months // 2]:.4f}",
            f"{counts.mean(axis=0)[months // 2]:.4f}",
            gap,
            gap < 0.75 * q + 4 * error + 4 / n,
            "0.75 q + 4 s.e. + 4/N",
        )
        assert gap < 0.75 * q + 4 * error + 4 / n
        # The error of months instead of moments is of first order: of the recursion, where nothing is random.
        gaps.append(np.abs(bass_recursion(10**9, p, q, months - 1, 0.0) - equation).max())
    assert 0.4 < gaps[1] / gaps[0] < 0.6


def test_contagion_alone_grows_logistically_from_its_starting_sites(known_answer):
    gaps = []
    for q, n_runs in ((0.08, 700), (0.02, 60)):
        months, share = int(6 / q), 0.1
        counts = embedded_by_month(complete(400, 0.0, q, months, share), n_runs)
        t = np.arange(months)
        logistic = share * np.exp(q * t) / (1 - share + share * np.exp(q * t))
        mean, variance = exact_chain(400, 0.0, q, months - 1, 40)
        got, error = counts[:, 1:].mean(axis=0), np.sqrt(variance / n_runs)
        z_curve = float((np.abs(got - mean)[1:] / np.maximum(error[1:], 1e-9)).max())
        gap = float(np.abs(got / 400 - logistic).max())
        gaps.append(float(np.abs(mean / 400 - logistic).max()))
        known_answer(
            f"SI q={q}: logistic",
            f"{logistic[months // 2]:.4f}",
            f"{got[months // 2] / 400:.4f}",
            gap,
            gap < q / 2 + 0.01,
            "q/2 + .01",
        )
        known_answer(
            f"SI q={q}: exact mean",
            f"{mean[months // 2]:.2f}",
            f"{got[months // 2]:.2f}",
            f"{z_curve:.2f} s.e.",
            z_curve < Z,
            f"{Z} s.e.",
        )
        assert gap < q / 2 + 0.01
        assert z_curve < Z
        if n_runs == 700:
            z = score(counts, 0.0, q)[1]
            z_wrong = score(embedded_by_month(complete(400, 0.0, q * FAULT, months, share), n_runs), 0.0, q)[1]
            known_answer(
                f"SI q={q}: chance qX, score",
                0,
                z,
                f"{z:.2f} s.e.",
                not refused(z),
                f"{Z} s.e.; 2% fault: {z_wrong:.1f}",
            )
            assert not refused(z)
            assert refused(z_wrong)
    assert gaps[1] < gaps[0] / 2  # the error is of the order of q


# ------------------------------------------------------------------------------------------------- 3, 4: thresholds


def threshold_document(n: int, share: float, low: float, high: float, months: int = 60, **tables) -> dict:
    """Return a document of services that adopt, one month after hearing, once their exposure meets their threshold."""
    adoption = {
        "exposure_response": "threshold",
        "peer_influence_unaided": 1.0,
        "peer_influence_facilitated": 1.0,
        "threshold_most_ready": low,
        "threshold_least_ready": high,
    }
    return document(services=n, months=months, starting_share=share, behaviour={"adoption": adoption}, **tables)


def iterated(graph: nx.Graph, threshold: dict, seeds: set, steps: int) -> dict:
    """Return the step at which each node adopts: all look at the last step, then all decide together."""
    at = dict.fromkeys(seeds, 0)
    for step in range(1, steps + 1):
        new = []
        for node in graph:
            heard = list(graph[node])
            total = sum(graph[node][other].get("weight", 1.0) for other in heard)
            adopted = sum(graph[node][other].get("weight", 1.0) for other in heard if other in at)
            if node not in at and total > 0 and adopted / total >= threshold[node]:
                new.append(node)
        if not new:
            break
        at.update(dict.fromkeys(new, step))
    return at


def small_world(n, seed):
    return nx.watts_strogatz_graph(n, 6, 0.2, seed=seed)


def weighted(n, seed):
    graph = nx.gnm_random_graph(n, 4 * n, seed=seed)
    for number, edge in enumerate(graph.edges):
        graph.edges[edge]["weight"] = 1.0 + number % 4  # whole numbers, so that sums are exact in any order
    return graph


def directed(n, seed):
    return nx.gnm_random_graph(n, 5 * n, seed=seed, directed=True)


@pytest.mark.parametrize("make", [small_world, weighted, directed])
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_linear_threshold_equals_direct_iteration_month_by_month(make, seed, known_answer):
    n, share = 300, 0.06
    graph = make(n, seed)
    readiness = np.random.default_rng(seed).uniform(0.05, 0.95, n)
    low, high = 0.02, 0.45
    for node in graph:
        graph.nodes[node]["readiness"] = readiness[node]
    doc = threshold_document(n, share, low, high, months=n)
    network = network_from_graph(graph, scenario_of(doc))
    got = months_embedded(run_of(doc, network), n)
    threshold = {node: low + (high - low) * (1.0 - readiness[node]) for node in graph}
    at = iterated(graph, threshold, set(range(18)), n)
    # Services hear in month 0 and decide from month 1: the first round of adopters is embedded at month 2.
    expected = np.array([-1 if node not in at else at[node] + (1 if at[node] else 0) for node in range(n)])
    reached, rounds = int(np.sum(got >= 0)), int(got.max())
    known_answer(
        f"linear threshold, {make.__name__} {seed}: month of each service",
        f"{len(at)} in {max(at.values())} rounds",
        f"{reached} by month {rounds}",
        int(np.sum(got != expected)),
        np.array_equal(got, expected),
        0,
    )
    assert np.array_equal(got, expected)
    assert rounds > 3  # it spreads: the case says something


def test_peers_in_other_contexts_count_less_by_the_square_of_the_distance(known_answer):
    """Linear threshold again, each tie weighing 1/(1 + ((x_i - x_j)/tau)^2)."""
    n, tau = 300, 0.8
    graph, rng = weighted(n, 9), np.random.default_rng(9)
    context, readiness = rng.normal(size=n), rng.uniform(0.05, 0.95, n)
    for node in graph:
        graph.nodes[node].update(readiness=readiness[node], context=context[node])
    doc = threshold_document(n, 0.06, 0.02, 0.45, months=n)
    doc["network"]["peer_ties"] = {"homophily_distance": tau}
    got = months_embedded(run_of(doc, network_from_graph(graph, scenario_of(doc))), n)
    for i, j, data in graph.edges(data=True):
        data["weight"] /= 1.0 + ((context[i] - context[j]) / tau) ** 2
    threshold = {node: 0.02 + 0.43 * (1.0 - readiness[node]) for node in graph}
    at = iterated(graph, threshold, set(range(18)), n)
    expected = np.array([-1 if node not in at else at[node] + (1 if at[node] else 0) for node in range(n)])
    differ = int(np.sum(got != expected))
    known_answer(
        "linear threshold with homophily: month of each service", len(at), int(np.sum(got >= 0)), differ, not differ, 0
    )
    assert differ == 0
    assert got.max() > 3


def centola(graph: nx.Graph, threshold: float) -> float:
    """Return the share reached from ten adjacent starting sites."""
    doc = threshold_document(480, 10 / 480, threshold, threshold, months=300)
    network = network_from_graph(graph, scenario_of(doc))
    return float(np.mean(run_of(doc, network).final["state"] == rules.EMBEDDED))


def test_costly_change_crosses_a_clustered_network_and_not_a_rewired_one(known_answer):
    lattice = nx.watts_strogatz_graph(480, 6, 0.0)
    clustered = {theta: centola(lattice, theta) for theta in (0.3, 0.16)}
    rewired = {theta: [centola(_rewired(lattice, seed), theta) for seed in range(20)] for theta in (0.3, 0.16)}
    known_answer(
        "Centola: ring lattice, threshold .3 (2 of 6)", 1.0, clustered[0.3], 1 - clustered[0.3], clustered[0.3] == 1, 0
    )
    known_answer(
        "Centola: rewired, threshold .3, most of 20 networks",
        "near 10/480 = .021",
        max(rewired[0.3]),
        max(rewired[0.3]) - 10 / 480,
        max(rewired[0.3]) < 0.05,
        "reach < .05",
    )
    known_answer(
        "Centola: both, threshold .16 (1 of 6)",
        1.0,
        min(clustered[0.16], *rewired[0.16]),
        1 - min(clustered[0.16], *rewired[0.16]),
        min(clustered[0.16], *rewired[0.16]) == 1,
        0,
    )
    assert clustered == {0.3: 1.0, 0.16: 1.0}
    assert max(rewired[0.3]) < 0.05
    assert min(rewired[0.16]) == 1.0


def _rewired(lattice: nx.Graph, seed: int) -> nx.Graph:
    """Return the lattice with its ties swapped at random, every degree kept, as Centola did."""
    graph = lattice.copy()
    for attempt in range(100):
        nx.double_edge_swap(graph, nswap=5 * graph.number_of_edges(), max_tries=10**6, seed=1000 * seed + attempt)
        if nx.is_connected(graph):
            return graph
    raise AssertionError("no connected network found")


def test_our_own_ring_lattice_and_rewired_network_show_the_same_contrast():
    doc = threshold_document(480, 10 / 480, 0.3, 0.3, months=300)
    doc["network"] |= {"source": "ring-lattice", "generator": {"neighbours": 6}}
    assert np.mean(run_of(doc).final["state"] == rules.EMBEDDED) == 1.0
    doc["network"] |= {"source": "small-world", "generator": {"neighbours": 6, "rewiring": 1.0}}
    assert np.mean(run_of(doc).final["state"] == rules.EMBEDDED) < 0.05


# ------------------------------------------------------------------------------------------------- 5: cascade


def cascade_document(n: int, share: float, beta: float, months: int, **tables) -> dict:
    """Return a document in which a newly embedded service persuades each peer once, with chance `beta`."""
    adoption = {
        "exposure_response": "independent-cascade",
        "peer_influence_unaided": 1.0,
        "peer_influence_facilitated": 1.0,
        "cascade_probability": beta,
    }
    behaviour = {"adoption": adoption, "awareness": {"start": "aware"}}
    return document(services=n, months=months, starting_share=share, behaviour=behaviour, **tables)


def cascade_sizes(pairs, n_nodes: int, copies: int, beta: float, seed: int = 1) -> np.ndarray:
    """Return the final size of the cascade from node 0 in each of many copies of a small graph."""
    doc = cascade_document(n_nodes * copies, 1 / n_nodes, beta, n_nodes + 2, run={"seed": seed})
    network = network_with(doc, ties_from_pairs(n_nodes * copies, *many(pairs, copies)))
    reached = run_of(doc, network).final["state"] == rules.EMBEDDED
    return reached.reshape(n_nodes, copies).sum(axis=0)


def z_of_mean(values: np.ndarray, sizes: np.ndarray, chances: np.ndarray) -> float:
    """Return the deviation of a mean from that of a known distribution, in its standard errors."""
    mean = float(sizes @ chances)
    return (float(values.mean()) - mean) / math.sqrt(float((sizes - mean) ** 2 @ chances) / len(values))


def test_cascade_along_a_path_has_the_size_of_bond_percolation(known_answer):
    n, beta, copies = 12, 0.6, 150_000
    path = (np.arange(n - 1), np.arange(1, n))
    sizes = np.arange(1, n + 1)
    chances = np.append(beta ** (sizes[:-1] - 1) * (1 - beta), beta ** (n - 1))
    expected = (1 - beta**n) / (1 - beta)
    assert abs(sizes @ chances - expected) < 1e-12
    got = cascade_sizes(path, n, copies, beta)
    z, p = z_of_mean(got, sizes, chances), chi_square(np.bincount(got, minlength=n + 1)[1:], chances)
    z_wrong = z_of_mean(cascade_sizes(path, n, copies, beta * FAULT), sizes, chances)
    known_answer(
        f"independent cascade, path of {n}, beta {beta}: mean size (1-b^n)/(1-b)",
        expected,
        float(got.mean()),
        f"{z:.2f} s.e.",
        not refused(z),
        f"{Z} s.e.; 2% fault: {z_wrong:.1f}",
    )
    known_answer(
        "independent cascade, path: distribution of sizes",
        "geometric, cut",
        "chi-square",
        f"p = {p:.3f}",
        p > 1e-7,
        "p > 1e-7",
    )
    assert not refused(z)
    assert p > 1e-7
    assert refused(z_wrong)


def test_cascade_on_a_star_has_the_size_of_bond_percolation(known_answer):
    n, beta, copies = 21, 0.3, 20_000
    star = (np.zeros(n - 1, dtype=np.int64), np.arange(1, n))
    sizes = np.arange(1, n + 1)
    chances = stats.binom.pmf(sizes - 1, n - 1, beta)
    expected = 1 + (n - 1) * beta
    got = cascade_sizes(star, n, copies, beta)
    z, p = z_of_mean(got, sizes, chances), chi_square(np.bincount(got, minlength=n + 1)[1:], chances)
    z_wrong = z_of_mean(cascade_sizes(star, n, copies, beta * FAULT), sizes, chances)
    known_answer(
        f"independent cascade, star of {n}, beta {beta}: mean size 1+(n-1)b",
        expected,
        float(got.mean()),
        f"{z:.2f} s.e.",
        not refused(z),
        f"{Z} s.e.; 2% fault: {z_wrong:.1f}",
    )
    known_answer(
        "independent cascade, star: distribution of sizes",
        "binomial",
        "chi-square",
        f"p = {p:.3f}",
        p > 1e-7,
        "p > 1e-7",
    )
    assert not refused(z)
    assert p > 1e-7
    assert refused(z_wrong)


def test_cascade_on_a_cycle_meets_itself_as_bond_percolation_does(known_answer):
    """On a ring of four the last service may be persuaded from both sides in one month: 1 - (1-b)^2, one draw."""
    beta, copies = 0.5, 200_000
    ring = (np.array([0, 1, 2, 3]), np.array([1, 2, 3, 0]))
    graph = nx.cycle_graph(4)
    chances = np.zeros(5)
    edges = list(graph.edges)
    for kept in range(2 ** len(edges)):
        open_edges = [edge for place, edge in enumerate(edges) if kept >> place & 1]
        part = nx.Graph(open_edges)
        part.add_nodes_from(graph)
        size = len(nx.node_connected_component(part, 0))
        chances[size] += beta ** len(open_edges) * (1 - beta) ** (len(edges) - len(open_edges))
    got = cascade_sizes(ring, 4, copies, beta)
    z, p = z_of_mean(got, np.arange(5), chances), chi_square(np.bincount(got, minlength=5)[1:], chances[1:])
    z_wrong = z_of_mean(cascade_sizes(ring, 4, copies, beta * FAULT), np.arange(5), chances)
    known_answer(
        "independent cascade, ring of 4, beta .5: mean size",
        float(np.arange(5) @ chances),
        float(got.mean()),
        f"{z:.2f} s.e.; sizes p = {p:.3f}",
        not refused(z) and p > 1e-7,
        f"{Z} s.e.; 2% fault: {z_wrong:.1f}",
    )
    assert not refused(z)
    assert p > 1e-7
    assert refused(z_wrong)


def giant_shares(n: int, degree: float, beta: float, n_runs: int, n_sites: int) -> np.ndarray:
    """Return the share reached from a few starting sites on random networks."""
    doc = cascade_document(
        n,
        n_sites / n,
        beta,
        200,
        network={
            "source": "random",
            "services": n,
            "redraw": True,
            "generator": {"mean_degree": degree},
        },
    )
    return np.array([np.mean(run_of(doc, replicate=r).final["state"] == rules.EMBEDDED) for r in range(n_runs)])


def test_cascade_on_a_random_network_fills_the_giant_component_of_bond_percolation(known_answer):
    n, degree, beta, n_runs, n_sites = 20_000, 3.0, 0.6, 20, 20
    share = 0.5
    for _ in range(500):
        share = 1 - math.exp(-degree * beta * share)
    # Sites outside the giant component add their own small components.
    small = 1 / (1 - degree * beta * (1 - share))
    expected = share + (1 - share) * n_sites * small / n
    got = giant_shares(n, degree, beta, n_runs, n_sites)
    error = got.std(ddof=1) / math.sqrt(n_runs)
    z = float(got.mean() - expected) / error
    wrong = giant_shares(n, degree, beta * FAULT, n_runs, n_sites)
    z_wrong = float(wrong.mean() - expected) / error
    known_answer(
        "independent cascade, random network, mean degree 3, beta .6: S = 1-e^(-c b S)",
        expected,
        float(got.mean()),
        f"{z:.2f} s.e.",
        not refused(z),
        f"{Z} s.e.; 2% fault: {z_wrong:.1f}",
    )
    assert not refused(z)
    assert refused(z_wrong)


# ------------------------------------------------------------------------------------------------- 6: transmission


def chain_fidelity(length: int, copies: int, components: int, error: float, loss: float, codified: float) -> np.ndarray:
    """Return presence by generation, shape (length, copies, components), along paths whose first service began."""
    behaviour = {"copying": {"error_from_peer": error, "component_loss": loss}}
    doc = threshold_document(
        length * copies,
        1 / length,
        0.4,
        0.4,
        months=length + 2,
        intervention={
            "components": like_components(components, codification=codified),
        },
    )
    doc["behaviour"]["copying"] |= behaviour["copying"]
    path = (np.arange(length - 1), np.arange(1, length))
    network = network_with(doc, ties_from_pairs(length * copies, *many(path, copies)))
    final = run_of(doc, network).final
    assert np.array_equal(final["generation"], np.repeat(np.arange(length), copies))
    return final["fidelity"].reshape(length, copies, components)


def chain_moments(length: int, error: float, loss: float, codified: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and variance of a component's presence by generation."""
    mean, square = np.ones(length), np.ones(length)
    for g in range(1, length):
        mean[g] = codified + (1 - codified) * (1 - error * loss) * mean[g - 1]
        square[g] = codified + (1 - codified) * (1 - error + error * (1 - loss) ** 2) * square[g - 1]
    return mean, square - mean**2


@pytest.mark.parametrize(
    ("length", "copies", "error", "loss", "codified", "faulty"),
    [
        (10, 9000, 0.2, 1.0, 0.0, "error"),
        (10, 9000, 0.2, 0.5, 0.0, "error"),
        (10, 9000, 0.2, 0.5, 0.0, "loss"),
        (20, 9000, 0.2, 1.0, 0.3, "codified"),
        (20, 9000, 0.4, 0.5, 0.3, "error"),
    ],
)
def test_copies_of_copies_lose_what_the_chain_says(length, copies, error, loss, codified, faulty, known_answer):
    rates = {"error": error, "loss": loss, "codified": codified}
    mean, variance = chain_moments(length, **rates)
    if codified == 0.0:
        np.testing.assert_allclose(mean, (1 - error * loss) ** np.arange(length))
    standard_error = np.sqrt(variance[1:] / (copies * 64))

    def deviations(**given: float) -> tuple[np.ndarray, np.ndarray]:
        presence = chain_fidelity(length, copies, 64, **given)
        got = presence.mean(axis=(1, 2))
        return presence, (got[1:] - mean[1:]) / standard_error

    presence, z = deviations(**rates)
    worst = float(np.abs(z).max())
    _, z_wrong = deviations(**{**rates, faulty: rates[faulty] * FAULT})
    name = f"transmission chain, e={error} lam={loss} kappa={codified}"
    got = presence.mean(axis=(1, 2))
    known_answer(
        f"{name}: mean presence, all generations",
        f"{mean[-1]:.5f} at g={length - 1}",
        f"{got[-1]:.5f}",
        f"{worst:.2f} s.e.",
        worst < Z,
        f"{Z} s.e.; 2% fault in {faulty}: {np.abs(z_wrong).max():.1f}",
    )
    assert worst < Z
    assert np.abs(z_wrong).max() > Z
    if codified > 0.0:
        fixed = codified / (1 - (1 - codified) * (1 - error * loss))
        z_fixed = (float(got[-1]) - fixed) / standard_error[-1]
        known_answer(
            f"{name}: fixed point", fixed, float(got[-1]), f"{z_fixed:.2f} s.e.", not refused(z_fixed), f"{Z} s.e."
        )
        assert not refused(z_fixed)
    elif loss == 1.0:
        p = min(
            chi_square(
                np.bincount((presence[g] == 1.0).sum(axis=1), minlength=65), stats.binom.pmf(np.arange(65), 64, mean[g])
            )
            for g in range(1, length)
        )
        known_answer(
            f"{name}: counts of components, each generation",
            "binomial",
            "chi-square",
            f"least p = {p:.3f}",
            p > 1e-8,
            "p > 1e-8",
        )
        assert set(np.unique(presence)) == {0.0, 1.0}
        assert p > 1e-8


# ------------------------------------------------------------------------------------------------- 7, 8: hierarchy


def hierarchy_of_chains(depth: int, n_chains: int, services_per_group: int = 1) -> Hierarchy:
    """Return one root above many chains of groups, with services at every group, the root among them."""
    parent, level = [-1], [-1]
    for d in range(depth):
        for chain in range(n_chains):
            parent.append(0 if d == 0 else len(parent) - n_chains)
            level.append(d)
            assert chain >= 0
    groups = np.repeat(np.arange(len(parent)), services_per_group)
    names = tuple(f"g{g}" for g in range(len(parent)))
    return Hierarchy(tuple(f"l{d}" for d in range(depth)), names, np.array(level), np.array(parent), groups)


def test_an_instruction_reaches_each_service_when_it_has_passed_the_levels_above_it(known_answer):
    worst = 0
    for lag in (0, 1, 2, 5):
        tree = hierarchy_of_chains(4, 3)
        n = len(tree.service_parent)
        doc = document(
            services=n,
            months=30,
            levers={"mandate": 1.0},
            behaviour={
                "awareness": {"broadcast_rate": 0.0},
                "mandate": {"months_per_level": lag},
            },
        )
        bare = network_without_ties(doc)
        network = type(bare)(bare.ids, bare.names, bare.attributes, tree, bare.ties)
        events = run_of(doc, network).events
        for state, extra in ((rules.AWARE, 1), (rules.EMBEDDED, 2)):
            month = np.full(n, -1)
            there = events["to_state"] == state
            month[events["service"][there]] = events["month"][there]
            worst = max(worst, int(np.abs(month - (lag * tree.service_depth + extra)).max()))
    known_answer(
        "tree cascade: month of hearing and deciding, every depth and lag",
        "l d + 1, l d + 2",
        "all equal" if not worst else "not",
        worst,
        worst == 0,
        0,
    )
    assert worst == 0


def test_the_whole_tree_reports_in_the_month_after_it_was_told(known_answer):
    doc = document(
        services=480,
        months=20,
        levers={"mandate": 1.0},
        source="nested-hierarchy",
        behaviour={
            "awareness": {"broadcast_rate": 0.0},
            "mandate": {"months_per_level": 2},
        },
    )
    doc["network"]["hierarchy"] = [
        {"level": "region", "count": 4},
        {"level": "system", "count": 16},
        {"level": "neighbourhood", "count": 80},
    ]
    network = generated(doc)
    reported = measures.curves(run_of(doc, network), network, only_plan(doc))["reported_uptake"]
    expected = [0.0] * 10 + [1.0] * 11
    known_answer(
        "tree cascade, lag 2, depth 4: reported uptake",
        "0 to month 9, 1 from 10",
        f"{reported[9]:g}, {reported[10]:g}",
        float(np.abs(reported - expected).max()),
        reported.tolist() == expected,
        0,
    )
    assert reported.tolist() == expected


@pytest.mark.parametrize("engages", [False, True])
def test_each_level_keeps_of_the_specification_what_its_copying_error_leaves(engages, known_answer):
    """Services in name only hold their group's message as it is; those that engage copy it once more."""
    depth, n_chains, components, error, complexity = 4, 8000, 64, 0.1, 0.7
    tree = hierarchy_of_chains(depth, n_chains)
    n = len(tree.service_parent)

    def presence(given: float) -> np.ndarray:
        doc = document(
            services=n,
            months=3,
            levers={"mandate": 1.0, "latitude": 0.0},
            behaviour={
                "copying": {"error_from_hierarchy": given, "component_loss": 1.0},
                "engagement": {"gate": engages is False, "misfit_penalty": 100.0} if not engages else {"gate": False},
            },
            components=like_components(components, 0, complexity=complexity),
        )
        bare = network_without_ties(doc, context=np.ones(n))
        run = run_of(doc, type(bare)(bare.ids, bare.names, bare.attributes, tree, bare.ties))
        assert np.all(run.final["state"] == (rules.EMBEDDED if engages else rules.IN_NAME_ONLY))
        assert np.array_equal(run.final["generation"], tree.depth + 1)
        return np.array([run.final["fidelity"][tree.depth == d].mean() for d in range(1, depth + 1)])

    copies = np.arange(1, depth + 1) + engages
    expected = (1 - error * (0.5 + complexity)) ** copies
    standard_error = np.sqrt(expected * (1 - expected) / (n_chains * components))
    got = presence(error)
    z = float(np.abs((got - expected) / standard_error).max())
    z_wrong = float(np.abs((presence(error * FAULT) - expected) / standard_error).max())
    who = "copied once more by services that engage" if engages else "held in name only"
    known_answer(
        f"tier fidelity (1-e(.5+c))^d, {who}",
        f"{expected[-1]:.5f} at d=4",
        f"{got[-1]:.5f}",
        f"{z:.2f} s.e.",
        z < Z,
        f"{Z} s.e.; 2% fault: {z_wrong:.1f}",
    )
    assert z < Z
    assert z_wrong > Z


# ------------------------------------------------------------------------------------------------- 9, 10: exit, form


def test_embedded_services_stop_at_a_constant_rate(known_answer):
    n, rate, months = 400_000, 0.02, 48

    def stops(given: float) -> np.ndarray:
        doc = document(
            services=n,
            months=months,
            starting_share=1.0,
            behaviour={
                "sustainment": {"discontinuation_rate": given},
            },
        )
        events = run_of(doc, network_without_ties(doc)).events
        assert np.all(events["to_state"][n:] == rules.DISCONTINUED)
        return events["month"][n:]

    def deviation(month: np.ndarray) -> float:
        survivors = n - np.concatenate([[0], np.cumsum(np.bincount(month, minlength=months + 1)[1:])])
        at_risk = survivors[:-1].sum()
        return float(len(month) - rate * at_risk) / math.sqrt(rate * (1 - rate) * at_risk)

    month = stops(rate)
    z, z_wrong = deviation(month), deviation(stops(rate * FAULT))
    t = np.arange(1, months + 1)
    chances = np.append(rate * (1 - rate) ** (t - 1), (1 - rate) ** months)
    counts = np.append(np.bincount(month, minlength=months + 1)[1:], n - len(month))
    p = chi_square(counts, chances)
    known_answer(
        f"constant exit: survival (1-d0)^t to month {months}",
        (1 - rate) ** months,
        1 - len(month) / n,
        f"{z:.2f} s.e.",
        not refused(z),
        f"{Z} s.e.; 2% fault: {z_wrong:.1f}",
    )
    known_answer("constant exit: months of stopping", "geometric", "chi-square", f"p = {p:.3f}", p > 1e-7, "p > 1e-7")
    assert not refused(z)
    assert p > 1e-7
    assert refused(z_wrong)


@pytest.mark.parametrize("latitude", [0.05, 0.4, 1.0])
def test_the_form_approaches_what_latitude_leaves_of_the_context(latitude, known_answer):
    rate, context = 0.15, np.array([-2.0, -0.3, 0.0, 0.7, 3.1])
    gap = 0.0
    for months in (2, 3, 4, 10, 60):
        doc = document(
            services=5,
            months=months,
            levers={"latitude": latitude},
            behaviour={
                "adoption": {"external_influence": 1.0},
                "adaptation": {"adjustment_rate": rate},
            },
        )
        final = run_of(doc, network_without_ties(doc, context=context)).final
        assert np.all(final["state"] == rules.EMBEDDED)
        t = months - 2  # embedded at month 2, and not yet adapted
        expected = latitude * context * (1 - (1 - rate) ** t)
        gap = max(gap, float(np.abs(final["form"] - expected).max()))
    known_answer(
        f"adaptation z_t = P x (1-(1-g0)^t), P={latitude}", "5 contexts, months 0-58", "", gap, gap < 1e-12, 1e-12
    )
    assert gap < 1e-12


# ------------------------------------------------------------------------------------------------- 11, 12: exact


def default_with(strategy: dict, **settings) -> dict:
    """Return the default scenario with one strategy."""
    doc = as_document(load_scenario("default"))
    doc["strategies"] = {"only": strategy}
    for path, value in settings.items():
        table, key = doc, path.split("__")
        for name in key[:-1]:
            table = table[name]
        table[key[-1]] = value
    return doc


def test_the_balance_changes_nothing_where_all_four_levers_are_given(known_answer):
    levers = {"mandate": 0.3, "latitude": 0.4, "peer_programme": 0.8, "monitoring": 0.6}
    docs = [default_with({"balance": b, **levers}) for b in (0.0, 0.5, 1.0)] + [default_with(levers)]
    network = generated(docs[0])
    runs = [run_of(doc, network) for doc in docs]
    equal = all(same_run(runs[0], run) for run in runs[1:])
    known_answer(
        "neutrality: B 0, .5, 1 or none with four levers given",
        "bit-identical",
        "equal" if equal else "differ",
        "",
        equal,
        "",
    )
    assert equal
    other = run_of(default_with({**levers, "mandate": 0.31}), network)
    assert not same_run(runs[0], other)  # the comparison can tell runs apart


@pytest.mark.parametrize("balance", [0.0, 0.5, 1.0])
def test_the_order_in_which_a_graph_names_its_nodes_changes_nothing(balance, known_answer):
    doc = default_with({"balance": balance})
    scenario, base = scenario_of(doc), generated(doc)
    graph = base.graph
    for i in range(base.n):
        graph.nodes[i]["uid"] = i
    rng = np.random.default_rng(7)
    reference = run_of(doc, network_from_graph(graph, scenario))
    assert same_run(reference, run_of(doc, base))
    equal = True
    for _ in range(3):
        labels = {node: f"n{rng.integers(10**12)}-{node}" for node in graph}
        shuffled = nx.Graph()
        nodes, edges = list(graph), list(graph.edges)
        for node in rng.permutation(nodes).tolist():
            shuffled.add_node(labels[node], **graph.nodes[node])
        for place in rng.permutation(len(edges)):
            a, b = edges[place][:: 1 if rng.random() < 0.5 else -1]
            shuffled.add_edge(labels[a], labels[b], **graph.edges[a, b])
        assert list(shuffled) != [labels[node] for node in nodes]
        equal = equal and same_run(reference, run_of(doc, network_from_graph(shuffled, scenario)))
    known_answer(
        f"permutation of nodes and ties, B={balance}", "bit-identical", "equal" if equal else "differ", "", equal, ""
    )
    assert equal


def test_the_order_of_nodes_changes_nothing_in_a_directed_graph_with_weights():
    doc = default_with({"balance": 0.7}, network__services=120, network__hierarchy=[])
    scenario, graph = scenario_of(doc), nx.gnm_random_graph(120, 700, seed=3, directed=True)
    rng = np.random.default_rng(8)
    for i in graph:
        graph.nodes[i].update(uid=i, context=float(rng.normal()))
    for edge in graph.edges:
        graph.edges[edge]["weight"] = float(rng.exponential())
    shuffled = nx.DiGraph()
    for node in rng.permutation(120).tolist():
        shuffled.add_node(node, **graph.nodes[node])
    edges = list(graph.edges(data=True))
    shuffled.add_edges_from(edges[place] for place in rng.permutation(len(edges)))
    runs = [run_of(doc, network_from_graph(g, scenario)) for g in (graph, shuffled)]
    assert same_run(*runs)


# ------------------------------------------------------------------------------------------------- must also run


def sound(doc: dict, replicates: int = 2) -> list:
    """Run every strategy, check what must hold of any run, and return the runs."""
    runs = []
    scenario = validate(doc, "limiting case")
    for replicate in range(replicates):
        network = generated(doc, replicate)
        for plan in plans(scenario):
            run = engine.run(network, plan, scenario.run.seed, replicate)
            months = scenario.run.months
            assert run.sums.shape[0] == months + 1
            assert np.all(np.isfinite(run.sums))
            assert np.all(run.sums >= 0.0)
            for name, values in run.final.items():
                assert np.all(np.isfinite(values)), name
            for name in ("fidelity", "progress", "core", "adaptable", "ownership"):
                assert np.all((run.final[name] >= 0.0) & (run.final[name] <= 1.0 + 1e-12)), name
            start = rules.AWARE if plan.behaviour.awareness.start == 1 else rules.UNAWARE
            assert_counts_follow_from_events(run, network["population"], start)
            measures.measures(run, network, plan)
            runs.append(run)
    return runs


BOTH_ENDS = {"top-down": {"balance": 0.0}, "organic": {"balance": 1.0}}


def small(**settings) -> dict:
    """Return the default scenario on 96 services in 8 neighbourhoods, at both ends of the dial."""
    doc = default_with({"balance": 0.5}, **settings)
    doc["strategies"] = BOTH_ENDS
    doc["network"]["services"] = doc["network"]["services"] if "network__services" in settings else 96
    if "network__hierarchy" not in settings:
        doc["network"]["hierarchy"] = [{"level": "system", "count": 2}, {"level": "neighbourhood", "count": 8}]
    return doc


def test_without_core_components_core_fidelity_is_one():
    for run in sound(small(intervention__components=like_components(4, 0))):
        assert np.all(run.final["core"][run.final["state"] == rules.EMBEDDED] == 1.0)


@pytest.mark.parametrize("exponent", [1, 2])
def test_with_core_components_alone_the_effect_is_a_power_of_core_fidelity(exponent: int):
    settings = {"intervention__components": like_components(4), "intervention__core_exponent": exponent}
    for run in sound(small(**settings)):
        now = run.final["state"] == rules.EMBEDDED
        np.testing.assert_array_equal(run.final["effect"][now], run.final["core"][now] ** exponent)
        assert np.all(run.final["adaptable"] == 0.0)


def test_a_core_of_weight_nought_counts_as_whole():
    parts = like_components(5, 2)
    for name, part in parts.items():
        part["weight"] = 0.0 if part["core"] else 1 / 3
        assert name
    for run in sound(small(intervention__components=parts)):
        assert np.all(run.final["core"][run.final["state"] == rules.EMBEDDED] == 1.0)


def test_one_component_is_an_intervention():
    for run in sound(small(intervention__components=like_components(1))):
        assert run.final["fidelity"].shape == (96, 1)
        assert len(run.events["month"]) > 100


def test_one_service_is_a_network():
    for run in sound(small(network__services=1, network__hierarchy=[])):
        assert run.events["service"].tolist() == [0] * len(run.events["service"])
        assert run.events["to_state"][0] == rules.EMBEDDED  # the starting site


def test_services_without_ties_hear_from_above_and_from_the_programme_alone():
    doc = small()
    doc["network"]["peer_ties"] |= {"picks_in_lowest_level": 0.0, "picks_in_next_level": 0.0, "picks_anywhere": 0.0}
    doc["programme"]["collaborative"]["picks"] = 0
    for run in sound(doc):
        assert np.all(run.events["source_kind"] != rules.PEER)
        assert np.sum(run.events["to_state"] == rules.EMBEDDED) > 3


def test_without_starting_sites_the_improvement_comes_from_the_programme():
    doc = small()
    doc["programme"]["starting_sites"] = {"share": 0.0}
    for run in sound(doc):
        assert np.all(run.events["month"] > 0)
        assert np.sum(run.events["to_state"] == rules.EMBEDDED) > 3


def test_a_threshold_of_nought_is_met_unprompted(known_answer):
    doc = threshold_document(50, 0.0, 0.0, 0.0, months=3)
    month = months_embedded(run_of(doc, network_without_ties(doc)), 50)
    known_answer(
        "theta = 0, no starting sites, no ties: month of adoption",
        2,
        int(month[0]),
        int(np.abs(month - 2).max()),
        bool(np.all(month == 2)),
        0,
    )
    assert np.all(month == 2)
    sound(small(behaviour__adoption__threshold_most_ready=0.0, behaviour__adoption__threshold_least_ready=0.0))


def test_a_misfit_that_leaves_no_odds_lets_nobody_engage_under_instruction():
    doc = small(behaviour__engagement__misfit_penalty=3.0, behaviour__adaptation__second_form_fit=0.0)
    doc["strategies"] = {"top-down": {"balance": 0.0}}
    misfits = engaged = 0
    for replicate, run in enumerate(sound(doc)):
        context = generated(doc, replicate)["context"]
        no_odds = 1 - 3.0 * 0.5 * (1 - 0.05) * (1 - 1 / (1 + context * context)) <= 0.0
        told = (run.events["from_state"] == rules.AWARE) & (run.events["route"] == rules.MANDATED)
        began = run.events["to_state"] == rules.IMPLEMENTING
        hopeless = no_odds[run.events["service"]]
        misfits += int(np.sum(told & hopeless))
        engaged += int(np.sum(told & began))
        assert not np.any(told & began & hopeless)
    assert misfits > 5
    assert engaged > 5


def test_a_programme_that_stops_as_it_starts_is_no_programme():
    doc = small(programme__start_month=6, programme__stop_month=6, programme__latitude_after=1.0)
    runs = sound(doc)
    for mandated, organic in zip(runs[::2], runs[1::2], strict=True):
        assert same_run(mandated, organic)
        assert np.all(mandated.events["to_state"] != rules.IN_NAME_ONLY)


@pytest.mark.parametrize("months", [1, 2, 11])
def test_a_horizon_under_a_year_is_a_run(months):
    for run in sound(small(run__months=months)):
        assert run.events["month"].max(initial=0) <= months


def test_support_can_reach_embedded_services_too():
    with_both = sound(small(programme__support_for="implementing-and-embedded"))
    without = sound(small())
    assert all(not same_run(a, b) for a, b in zip(with_both, without, strict=True))
