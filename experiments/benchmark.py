"""Cost of a service-month: spreadsim beside what one would pick instead, on the same graph and the same work.

    python experiments/benchmark.py [--sizes 1000,10000] [--repeats 3] [--write]
    python experiments/benchmark.py --alone 100000,1000000 --write
    python experiments/benchmark.py --phases 10000,1000000
    python experiments/benchmark.py --memory

The work is a bare rule over 60 months on a small-world graph of degree 8: the linear threshold (one fifth of peers),
and a stochastic susceptible-infected process (each adopted peer persuades with a chance of .02 a month).
Before anything is timed, all programs are checked to agree: month by month for the threshold, within five standard
errors of the mean for the process. Programs run in turn in one process, set-up left out, medians over repeats.
spreadsim also runs its full science, with eight components, beside their bare rule: small networks as replicates,
large ones alone, all with about four ties a service. The C loop needs a compiler.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.metadata
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np

from spreadsim import draws
from spreadsim.drivers import engine
from spreadsim.drivers.mesa_model import SpreadModel
from spreadsim.drivers.running import Task, run_tasks
from spreadsim.network.construction import make_network, make_networks
from spreadsim.network.data import Network
from spreadsim.network.graph import network_from_graph
from spreadsim.network.starting_sites import starting_sites
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import Plan, plans

OURS = "spreadsim, compiled"
MONTHS, DEGREE, THETA, BETA = 60, 8, 0.2, 0.02
BARE = [
    "run.months=60",
    "programme.stop_month=60",
    "network.hierarchy=[]",
    "network.peer_ties.homophily_distance=inf",
    "behaviour.adoption.threshold_most_ready=0.2",
    "behaviour.adoption.threshold_least_ready=0.2",
]
C_SOURCE = r"""
#include <stdint.h>
#include <stdlib.h>
static uint64_t mix(uint64_t z){
  z=(z^(z>>30))*0xBF58476D1CE4E5B9ULL;z=(z^(z>>27))*0x94D049BB133111EBULL;return z^(z>>31);}
/* Every service that has not adopted looks at its peers once a month; months[i] is when i adopted, -1 if never. */
void spread(int n,const int64_t*start,const int32_t*peer,int32_t*months,int T,double theta,double beta,uint64_t seed){
  char*now=malloc(n),*next=malloc(n);
  for(int i=0;i<n;i++)now[i]=next[i]=months[i]==0;
  for(int t=0;t<T;t++){
    for(int i=0;i<n;i++)if(!now[i]){
      int k=0,d=start[i+1]-start[i];
      for(int64_t e=start[i];e<start[i+1];e++)k+=now[peer[e]];
      int adopts;
      if(theta>=0)adopts=d>0&&(double)k/(double)d>=theta;
      else{double stay=1;for(int j=0;j<k;j++)stay*=1-beta;
        adopts=k&&(mix(mix(seed+t)^(uint64_t)i)>>11)*0x1.0p-53>=stay;}
      if(adopts){next[i]=1;months[i]=t+1;}
    }
    for(int i=0;i<n;i++)now[i]=next[i];
  }
  free(now);free(next);
}
"""


# ------------------------------------------------------------------------------------------------- programs


def c_library() -> Any:
    """Return the C loop, compiled, or None where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    folder = Path(tempfile.mkdtemp())
    (folder / "spread.c").write_text(C_SOURCE)
    subprocess.run(
        [compiler, "-O3", "-shared", "-fPIC", "-o", str(folder / "spread.so"), str(folder / "spread.c")], check=True
    )
    return ctypes.CDLL(str(folder / "spread.so"))


def run_c(library: Any, network: Network, sites: np.ndarray, theta: float, seed: int) -> tuple[float, np.ndarray]:
    months = np.full(network.n, -1, dtype=np.int32)
    months[sites] = 0
    start, peer = network.ties.start, network.ties.peer
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (start, peer, months)]
    start_time = time.perf_counter()
    library.spread(
        ctypes.c_int(network.n),
        *pointers,
        ctypes.c_int(MONTHS),
        ctypes.c_double(theta),
        ctypes.c_double(BETA),
        ctypes.c_uint64(seed),
    )
    return time.perf_counter() - start_time, np.where(months >= 0, months, MONTHS + 1)


def run_engine(network: Network, plan: Plan, seed: int) -> tuple[float, np.ndarray]:
    from spreadsim.outcomes.measures import first_months_embedded

    start = time.perf_counter()
    run = engine.run(network, plan, seed, 0)
    spent = time.perf_counter() - start
    first = first_months_embedded(run)
    return spent, np.where(np.isnan(first), MONTHS + 1, first)


def run_agents(network: Network, plan: Plan, seed: int) -> tuple[float, np.ndarray]:
    from spreadsim.outcomes.measures import first_months_embedded

    model = SpreadModel(network=network, resolved=plan, seed=seed)
    start = time.perf_counter()
    model.run()
    spent = time.perf_counter() - start
    first = first_months_embedded(model.result())
    return spent, np.where(np.isnan(first), MONTHS + 1, first)


def run_plain_mesa(network: Network, sites: np.ndarray, theta: float, seed: int) -> tuple[float, np.ndarray]:
    import mesa

    class Site(mesa.Agent):
        def __init__(self, model: Any) -> None:
            super().__init__(model)
            self.adopted, self.next, self.month, self.peers = False, False, MONTHS + 1, []

        def decide(self) -> None:
            if self.adopted or not self.peers:
                return
            k = sum(peer.adopted for peer in self.peers)
            if theta >= 0:
                self.next = k / len(self.peers) >= theta
            else:
                self.next = k > 0 and self.model.random.random() >= (1 - BETA) ** k

        def commit(self) -> None:
            if self.next and not self.adopted:
                self.adopted, self.month = True, self.model.t + 1

    model = mesa.Model(rng=seed)
    model.t = 0
    agents = [Site(model) for _ in range(network.n)]
    for i, agent in enumerate(agents):
        row = network.ties.peer[network.ties.start[i] : network.ties.start[i + 1]]
        agent.peers = [agents[j] for j in row.tolist()]
    for i in sites.tolist():
        agents[i].adopted = agents[i].next = True
        agents[i].month = 0
    start = time.perf_counter()
    for t in range(MONTHS):
        model.t = t
        model.agents.do("decide")
        model.agents.do("commit")
    return time.perf_counter() - start, np.array([agent.month for agent in agents])


def run_ndlib(graph: nx.Graph, sites: np.ndarray, theta: float, seed: int) -> tuple[float, np.ndarray]:
    from ndlib.models import ModelConfig
    from ndlib.models.epidemics import SIModel, ThresholdModel

    np.random.seed(seed)  # noqa: NPY002 (NDlib draws from the global generator)
    model = (ThresholdModel if theta >= 0 else SIModel)(graph)
    settings = ModelConfig.Configuration()
    settings.add_model_initial_configuration("Infected", sites.tolist())
    if theta >= 0:
        for node in graph.nodes:
            settings.add_node_configuration("threshold", node, theta)
    else:
        settings.add_model_parameter("beta", BETA)
    model.set_initial_status(settings)
    start = time.perf_counter()
    rows = model.iteration_bunch(MONTHS + 1)
    spent = time.perf_counter() - start
    months = np.full(graph.number_of_nodes(), MONTHS + 1)
    for t, row in enumerate(rows):
        for node, status in row["status"].items():
            if status == 1:
                months[node] = min(months[node], t)
    return spent, months


def run_eon(graph: nx.Graph, sites: np.ndarray, seed: int) -> tuple[float, np.ndarray]:
    import EoN

    start = time.perf_counter()
    t, _, adopters, _ = EoN.fast_SIR(
        graph,
        -float(np.log(1 - BETA)),
        0.0,
        initial_infecteds=sites.tolist(),
        tmax=MONTHS,
        rng=np.random.default_rng(seed),
    )
    spent = time.perf_counter() - start
    months = np.full(graph.number_of_nodes(), MONTHS + 1)  # which service is not told without its full record; when is
    adoption_months = np.repeat(np.ceil(np.asarray(t)), np.diff(np.asarray(adopters), prepend=0).astype(int))
    months[: len(adoption_months)] = adoption_months
    return spent, months


# ------------------------------------------------------------------------------------------------- the comparison


def bare_plan(response: str, n: int) -> tuple[Any, Plan]:
    """Return the scenario and plan of the bare rule: all aware, no delay, nothing lost, nobody stops."""
    settings = [
        *BARE,
        f"network.services={n}",
        f"behaviour.adoption.exposure_response={response}",
        "behaviour.adoption.peer_influence_facilitated=1.0",
    ]
    if response == "linear":  # k of 8 peers: an influence of 8 beta a month is the same to first order in beta
        settings[-1] = f"behaviour.adoption.peer_influence_facilitated={DEGREE * BETA}"
    scenario = load_scenario("classroom", settings)
    return scenario, plans(scenario)[0]


def programs(n: int, library: Any, kind: str) -> tuple[dict[str, Callable[[int], tuple[float, np.ndarray]]], int]:
    """Return what is run for one rule at one size, by name."""
    graph = nx.watts_strogatz_graph(n, DEGREE, 0.1, seed=1)
    theta = THETA if kind == "threshold" else -1.0
    scenario, plan = bare_plan("threshold" if kind == "threshold" else "linear", n)
    network = network_from_graph(graph, scenario)
    sites = starting_sites(network, plan.programme, 1, 0)
    result: dict[str, Callable[[int], tuple[float, np.ndarray]]] = {
        OURS: lambda seed: run_engine(network, plan, seed),
    }
    if library is not None:
        result["C -O3, scan"] = lambda seed: run_c(library, network, sites, theta, seed)
    if kind != "threshold":
        result["EoN fast_SI"] = lambda seed: run_eon(graph, sites, seed)
    if n <= 20_000:
        result["NDlib"] = lambda seed: run_ndlib(graph, sites, theta, seed)
        result["plain Mesa"] = lambda seed: run_plain_mesa(network, sites, theta, seed)
    if n <= 2_000:
        result["spreadsim, Mesa agents"] = lambda seed: run_agents(network, plan, seed)
    return result, len(sites)


def agree(kind: str, results: dict[str, list[np.ndarray]]) -> None:
    """Stop if the programs do not agree."""
    names = list(results)
    for name in names[1:]:
        if kind == "threshold":
            if not np.array_equal(results[name][0], results[names[0]][0]):
                raise SystemExit(f"{name} and {names[0]} disagree on the threshold rule")
            continue
        a, b = (np.array([months.mean() for months in results[k]]) for k in (name, names[0]))
        error = np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
        if abs(a.mean() - b.mean()) > 5 * error + 0.02 * b.mean():  # to first order in beta
            raise SystemExit(f"{name} and {names[0]} disagree on the process: {a.mean():.2f}, {b.mean():.2f}")


Row = tuple[str, int, str, float, float | None]  # rule, services, program, ns a service-month, times the engine


def bare_rows(kind: str, n: int, library: Any, repeats: int) -> list[Row]:
    """Return what each program takes for a bare rule, once all are seen to agree."""
    candidates, _ = programs(n, library, kind)
    few = 1 if kind == "threshold" else 4
    agree(kind, {name: [program(seed)[1] for seed in range(few)] for name, program in candidates.items()})
    spent: dict[str, list[float]] = {name: [] for name in candidates}
    for repeat in range(repeats):
        for name, program in candidates.items():
            spent[name].append(program(repeat)[0])
    each = {name: statistics.median(times) / n / MONTHS * 1e9 for name, times in spent.items()}
    return [(kind, n, name, cost, cost / each[OURS]) for name, cost in each.items()]


def science_rows(n: int, repeats: int) -> list[Row]:
    """Return what the full science takes, with eight components, in each of the default strategies."""
    full = full_scenario(n)
    runs = max(1, 40_000 // n)  # small networks as replicates, as they are in a comparison
    networks = make_networks(full, range(runs))
    rows: list[Row] = []
    for plan in plans(full):
        times = []
        for seed in range(repeats + 1):
            start = time.perf_counter()
            engine.run_together(networks, plan, seed, range(runs), keep_events=False)
            times.append(time.perf_counter() - start)
        times = times[1:]
        rows.append((f"full science, {plan.name}", n, OURS, statistics.median(times) / n / runs / MONTHS * 1e9, None))
    return rows


def paired_runs(repeats: int) -> None:
    """Print how long paired runs of two strategies take with one worker and two, networks and measures included."""
    settings = ["network.hierarchy=[{level='region',count=4},{level='team',count=20}]"]
    for n, replicates in ((200, 100), (200, 1000), (6_500, 30)):
        spec = load_scenario("default", [f"network.services={n}", *settings])
        base, two = make_network(spec), plans(spec)[:2]
        tasks = [Task(replicate, two, [False] * 2, False) for replicate in range(replicates)]
        spent: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(repeats + 1):
            for workers, times in spent.items():
                start = time.perf_counter()
                list(run_tasks(spec, base, False, tasks, workers=workers))
                times.append(time.perf_counter() - start)
        one, both = (1000 * statistics.median(times[1:]) for times in spent.values())
        print(f"| {n:,} | {replicates:,} | {one:,.0f} ms | {both:,.0f} ms | {one / both:.2f} |", flush=True)


def plot(rows: list[Row], path: Path) -> None:
    """Draw cost against size, on logarithmic scales."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4), layout="constrained")
    for axes, rule in zip(figure.subplots(1, 2, sharey=True), ("threshold", "process"), strict=True):
        selection = [row for row in rows if row[0] == rule or row[0].startswith("full")]
        for label in dict.fromkeys((row[0], row[2]) for row in selection):
            points = sorted((row[1], row[3]) for row in selection if (row[0], row[2]) == label)
            name = label[1] if label[0] == rule else label[0]
            axes.plot(*zip(*points, strict=True), marker="o", markersize=3, linewidth=1, label=name)
        axes.set(xscale="log", yscale="log", xlabel="services", title=f"bare rule: {rule}")
        axes.grid(visible=True, linewidth=0.3)
        axes.legend(fontsize=6)
    figure.axes[0].set_ylabel("ns a service-month")
    figure.savefig(path, dpi=110)


def full_scenario(n: int) -> Any:
    """Return `default` with `n` services in regions and teams: four ties each, a third across the country."""
    settings = [
        f"network.services={n}",
        f"network.hierarchy=[{{level='region',count={max(1, n // 10_000)}}},{{level='team',count={n // 6}}}]",
        "network.peer_ties.picks_in_next_level=1.25",
        "network.peer_ties.picks_anywhere=1.3",
    ]
    return load_scenario("default", settings)


def large(n: int) -> None:
    """Make one network of `n` services with about four ties each, run each strategy on it, and print what it took.

    Up to a million services medians of five runs, after one to warm up.
    """
    import resource

    spec = full_scenario(n)
    start = time.perf_counter()
    network = make_network(spec)
    network_seconds = time.perf_counter() - start
    seconds = {}
    for plan in plans(spec):
        times: list[float] = []
        sums = []
        for _ in range(6 if n <= 1_000_000 else 2):
            start = time.perf_counter()
            run = engine.run(network, plan, spec.run.seed, 0, keep_events=False)
            times.append(time.perf_counter() - start)
            sums.append(run.sums)
            del run
        assert all(np.array_equal(sums[0], again) for again in sums)
        seconds[plan.name] = statistics.median(times[1:])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    costs = ", ".join(f"{name} {spent / n / MONTHS * 1e9:.0f}" for name, spent in seconds.items())
    print(
        f"| {n:,} | {network.ties.n_ties:,} | {network_seconds:.1f} s | {max(seconds.values()):.1f} s | {costs} | "
        f"{peak:.2f} GB | {1e9 * peak / n:,.0f} |",
        flush=True,
    )


PHASES = (  # of a month, in order; a transition's parts one by one
    "hear",
    "decide",
    "finish_or_give_up",
    "stop",
    "convert_or_lapse",
    "enter_queued",
    "change",
    "commit",
    "quality",
    "record_sums",
    "support",
)


def phases(sizes: list[int], repeats: int) -> None:
    """Print what each phase of a month takes, called by itself, in the last strategy of `default`.

    The time of a call that does nothing is taken off; medians over runs.
    """
    import inspect

    import numba

    from spreadsim.drivers import loops

    def call_of(name: str) -> Any:
        function = getattr(loops, name)
        arguments = ", ".join(inspect.signature(function.py_func).parameters)
        return numba.njit(_nrt=False)(eval(f"lambda w, m, n, b, v: function({arguments})", {"function": function}))

    @numba.njit(_nrt=False)
    def begin(w: Any, b: Any, v: Any, levers: Any, sites: Any) -> None:
        loops.pass_down(w, loops.levers_of(levers, 0, 0), b, v)
        engine.begin(w, b, v, sites)
        loops.observe(w, -1, b, v)

    parts = {name: call_of(name) for name in PHASES}
    nothing = numba.njit(_nrt=False)(lambda w, m, n, b, v: None)
    prefix, levers_of = draws.prefix, loops.levers_of.py_func
    columns: dict[int, dict[str, float]] = {}
    for n in sizes:
        spec = full_scenario(n)
        network, plan = make_network(spec), plans(spec)[-1]
        b, v, table = plan.behaviour, plan.intervention, plan.table[None]
        spent: dict[str, list[float]] = {name: [] for name in PHASES}
        for repeat in range(max(repeats, 400_000 // n) + 1):
            block = engine.block_of([network], plan, 1, [0], n, False)
            w = engine._world.py_func(block, 0, 0, 0, block.first_entry[1], table)
            w.tier_keys[:] = [prefix(1, 0, 0, purpose) for purpose in (draws.TIER_TEMPLATE, draws.TIER_COPY)]
            begin(w, b, v, table, block.sites)
            total = dict.fromkeys(PHASES, 0.0)
            for t in range(plan.months):
                m, following = levers_of(table, 0, t), levers_of(table, 0, t + 1)
                w.keys[:] = [prefix(1, 0, t, purpose) for purpose in loops.PURPOSES]
                begun = time.perf_counter()
                nothing(w, m, following, b, v)
                idle = time.perf_counter() - begun
                for name, part in parts.items():
                    begun = time.perf_counter()
                    part(w, m, following, b, v)
                    total[name] += time.perf_counter() - begun - idle
            for name in PHASES if repeat > 0 else ():  # the first one compiles
                spent[name].append(total[name] / n / len(table) * 1e9)
        columns[n] = {name: statistics.median(times) for name, times in spent.items()}
    print("| phase | " + " | ".join(f"{n:,}" for n in sizes) + " |\n| --- |" + " --- |" * len(sizes))
    for name in PHASES:
        print(f"| {name.replace('_', ' ')} | " + " | ".join(f"{columns[n][name]:.1f}" for n in sizes) + " |")
    print("| all | " + " | ".join(f"{sum(columns[n].values()):.1f}" for n in sizes) + " |")


def memory(repeats: int) -> None:
    """Print how fast this machine's memory is read in order, in any order, and where each read waits for the last."""
    import numba

    @numba.njit(fastmath=True)
    def in_order(values: Any) -> float:
        total = 0.0
        for i in range(len(values)):
            total += values[i]
        return total

    @numba.njit
    def at(values: Any, places: Any) -> float:
        total = 0.0
        for i in range(len(places)):
            total += values[places[i]]
        return total

    @numba.njit
    def along(following: Any, steps: int) -> int:
        place = 0
        for _ in range(steps):
            place = following[place]
        return place

    def spent(function: Any, *arguments: Any) -> float:
        times = []
        for _ in range(repeats + 1):  # the first one compiles
            begun = time.perf_counter()
            function(*arguments)
            times.append(time.perf_counter() - begun)
        return statistics.median(times[1:])

    rng = np.random.default_rng(1)
    many, few, steps = np.ones(50_000_000), np.ones(1_000_000), 2_000_000
    ring = np.empty(len(many), dtype=np.int64)
    order = rng.permutation(len(many))
    ring[order] = np.roll(order, -1)
    print("| memory | |\n| --- | --- |")
    print(f"| in order | {many.nbytes / spent(in_order, many) / 1e9:.0f} GB/s |")
    for values, what in ((few, "a million numbers"), (many, "fifty million numbers")):
        places = rng.integers(0, len(values), steps).astype(np.int32)
        print(f"| {what} in any order, many reads at once | {spent(at, values, places) / steps * 1e9:.1f} ns each |")
    waits = spent(along, ring, steps) / steps
    print(f"| fifty million numbers, each read waits for the last | {waits * 1e9:.0f} ns each |")


def in_its_own_process(*options: str) -> list[str]:
    """Return the lines that this program prints with some options, free of what was loaded here."""
    command = [sys.executable, __file__, *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def main() -> None:
    """Check, time and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="write docs/verification/benchmark.md and its plot")
    parser.add_argument("--alone", default="", help="sizes of single networks to make and run, each in its own process")
    parser.add_argument("--large", type=int, metavar="N", help="only make and run one network of N services")
    parser.add_argument("--paired", action="store_true", help="only time paired runs, with one worker and two")
    parser.add_argument("--phases", default="", help="only time each phase of a month, at these sizes")
    parser.add_argument("--memory", action="store_true", help="only time how fast the memory is read")
    options = parser.parse_args()
    if options.phases:
        phases([int(size) for size in options.phases.split(",")], options.repeats)
        return
    if options.memory:
        memory(options.repeats)
        return
    if options.paired:
        paired_runs(max(15, options.repeats))
        return
    if options.large:
        large(options.large)
        return
    sizes = [int(size) for size in options.sizes.split(",")]
    library = c_library()
    rows: list[Row] = []
    for n in sizes:
        for kind in ("threshold", "process"):
            rows += bare_rows(kind, n, library, options.repeats)
    for n in sorted({200, 6_500, *sizes}):
        rows += science_rows(n, options.repeats)
    lines = [
        "| rule | services | program | ns a service-month | times the compiled engine |",
        "| --- | --- | --- | --- | --- |",
    ]
    for rule, n, name, cost, ratio in rows:
        lines.append(f"| {rule} | {n:,} | {name} | {cost:,.1f} | {'' if ratio is None else f'{ratio:,.2f}'} |")
    pairs = ["| services | paired runs of two strategies | one worker | two | one over two |"]
    pairs += ["| --- | --- | --- | --- | --- |", *in_its_own_process("--paired")]
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("spreadsim", "mesa", "ndlib", "EoN", "numba")
    )
    alone = [
        "| services | ties | made | slowest run of 60 months | ns a service-month | peak memory | bytes a service |"
    ]
    alone.append("| --- | --- | --- | --- | --- | --- | --- |")
    for n in [int(size) for size in options.alone.split(",") if size]:
        alone += in_its_own_process("--large", str(n))
    print("\n".join([*lines, "", *pairs, "", *alone, "", versions]))
    if options.write:
        folder = Path(__file__).parent.parent / "docs" / "verification"
        text = ["# Benchmark", "", "Printed by `python experiments/benchmark.py --write`.", "", versions, "", *lines]
        text += ["", "![Cost against size](benchmark.png)", "", *pairs, "", *alone, ""]
        (folder / "benchmark.md").write_text("\n".join(text), encoding="utf-8")
        plot(rows, folder / "benchmark.png")


if __name__ == "__main__":
    main()
