"""Print the tables that the README of a shipped experiment holds and that ``spreadsim analyse`` does not.

``python experiments/findings.py NAME FOLDER`` reads the sweep in FOLDER; the experiment's page gives the command.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from spreadsim.network.construction import make_network
from spreadsim.scenario.validation import as_document
from spreadsim.sweeps.equal_effort import EqualEffort
from spreadsim.sweeps.experiment import scenario_at
from spreadsim.sweeps.tables import SweepTables

RULE, SHARE = "programme.starting_sites.rule", "programme.starting_sites.share"
Z = 1.96


def mean_text(values: np.ndarray, digits: int = 3) -> str:
    """Return mean and half of the 95% interval of independent values."""
    return f"{values.mean():+.{digits}f} ±{Z * values.std(ddof=1) / np.sqrt(len(values)):.{digits}f}"


def where_to_start(folder: Path) -> None:
    """Each rule less random sites, paired over replicates, averaged over readiness."""
    tables = SweepTables(folder)
    for measure in ("cumulative_benefit", "benefit"):
        values = tables.values(measure)
        for response in ("saturating", "threshold"):
            rows = [i for i in range(len(tables.points))
                    if tables.points.values(i)["behaviour.adoption.exposure_response"] == response]  # fmt: skip
            for strategy in ("organic", "blend"):
                places = {(s.levers[RULE], s.levers[SHARE]): i for i, s in enumerate(tables.settings)
                          if s.strategy == strategy}  # fmt: skip
                shares = sorted({share for _, share in places})
                print(f"\n{measure}, {strategy}, {response}\n| rule | " + " | ".join(f"{s:.0%}" for s in shares) + " |")
                base = {s: values[np.ix_(rows, [places["random", s]])].mean(axis=(0, 1)) for s in shares}
                print("| random sites: value | " + " | ".join(f"{base[s].mean():.3f}" for s in shares) + " |")
                for rule in dict.fromkeys(rule for rule, _ in places if rule != "random"):
                    gaps = [values[np.ix_(rows, [places[rule, s]])].mean(axis=(0, 1)) - base[s] for s in shares]
                    print(f"| {rule} | " + " | ".join(mean_text(gap) for gap in gaps) + " |")


def thirds(measure: np.ndarray, first: np.ndarray) -> float:
    """Return how much later the third with the most of something is than the third with the least."""
    late = first > 0
    low, high = np.quantile(measure[late], [1 / 3, 2 / 3])
    return float(first[late & (measure >= high)].mean() - first[late & (measure <= low)].mean())


def clustering(folder: Path) -> None:
    """Month of embedding by rewiring: of all, and of remote, small and little-connected services against the others."""
    tables = SweepTables(folder)
    runs, events = pd.read_parquet(folder / "runs"), pd.read_parquet(folder / "events")
    months = events[events.to_state == "embedded"].groupby(["run", "service"]).month.min()
    never = tables.study.scenario.run.months + 1
    print("| rewiring | exposure | clustering | mean month | ever embedded | remote: later by | small: later by | "
          "few ties: later by |")  # fmt: skip
    for number, key in enumerate(tables.points.all_keys()):
        point = tables.points.values(number)
        columns: dict[str, list[float]] = {name: [] for name in ("clustering", "mean", "ever", "far", "small", "few")}
        scenario = scenario_at(tables.study, as_document(tables.study.scenario), point, "organic", {})
        for run in runs[runs.point == key.decode()].itertuples():
            network = make_network(scenario, run.replicate)
            first = months.loc[run.run].reindex(network.ids).fillna(never).to_numpy(dtype=float)
            graph: Any = nx.Graph(list(zip(network.ties.listener.tolist(), network.ties.peer.tolist(), strict=True)))
            steps = nx.multi_source_dijkstra_path_length(graph, set(np.flatnonzero(first == 0).tolist()))
            nudge = np.arange(network.n) / 1e6  # services at the same distance are told apart by their number
            columns["clustering"].append(nx.average_clustering(graph))
            columns["mean"].append(first.mean())
            columns["ever"].append(100 * np.mean(first < never))
            columns["far"].append(thirds(np.array([steps.get(i, network.n) for i in range(network.n)]) + nudge, first))
            columns["small"].append(thirds(-np.asarray(network.attributes["population"]), first))
            degree = np.array([graph.degree(i) if i in graph else 0 for i in range(network.n)])
            columns["few"].append(thirds(-degree + nudge, first) if np.ptp(degree) else np.nan)
        cells = [mean_text(np.array(columns[k]), 1).lstrip("+") for k in ("mean", "ever", "far", "small", "few")]
        rewiring, response = (point[f] for f in ("network.generator.rewiring", "behaviour.adoption.exposure_response"))
        mean_clustering = np.mean(columns["clustering"])
        print(f"| {rewiring:g} | {response} | {mean_clustering:.2f} | " + " | ".join(cells) + " |")


def clustering_in_facilities(folder: Path) -> None:
    """Month of starting by exposure and clustering, doctors as agents: of all, and of small and remote facilities."""
    tables = SweepTables(folder)
    runs, events = pd.read_parquet(folder / "runs"), pd.read_parquet(folder / "events")
    months = events[events.to_state == "embedded"].groupby(["run", "service"]).month.min()
    never = tables.study.scenario.run.months + 1
    print("| exposure | ties within the facility, % | clustering | mean month | ever embedded, % | small facilities: "
          "later by (s.e.) | ties less in small ones | remote facilities: later by (s.e.) |")  # fmt: skip
    for number, key in enumerate(tables.points.all_keys()):
        point = tables.points.values(number)
        scenario = scenario_at(tables.study, as_document(tables.study.scenario), point, "organic", {})
        rows = []
        for run in runs[runs.point == key.decode()].itertuples():
            network = make_network(scenario, run.replicate)
            first = months.loc[run.run].reindex(network.ids).fillna(never).to_numpy(dtype=float)
            ends = network.ties.listener, network.ties.peer
            graph: Any = nx.Graph(list(zip(*(side.tolist() for side in ends), strict=True)))
            graph.add_nodes_from(range(network.n))  # in a small facility a doctor may have no ties
            steps = nx.multi_source_dijkstra_path_length(graph, set(np.flatnonzero(first == 0).tolist()))
            facility = np.unique(network.hierarchy.service_parent, return_inverse=True)[1]
            of_facility = doctors_by_facility(facility, first)
            n_doctors = np.bincount(facility)
            nudge = np.arange(len(n_doctors)) / 1e6  # facilities of one size are told apart by their number
            n_ties = np.bincount(ends[0], minlength=network.n).astype(float)
            far = doctors_by_facility(facility, np.array([steps.get(i, network.n) for i in range(network.n)], float))
            rows.append(
                (
                    100 * np.mean(facility[ends[0]] == facility[ends[1]]),
                    nx.average_clustering(graph),
                    first.mean(),
                    100 * np.mean(first < never),
                    thirds(-n_doctors + nudge, of_facility),
                    thirds(-n_doctors + nudge, doctors_by_facility(facility, n_ties)),
                    thirds(far + nudge, of_facility),
                )
            )
        within, clustered, mean, ever, small, fewer, remote = np.array(rows).T
        print(f"| {point['behaviour.adoption.exposure_response']} | {within.mean():.0f} | {clustered.mean():.2f} | "
              f"{mean.mean():.1f} | {ever.mean():.0f} | {with_error(small)} | {-fewer.mean():.1f} | "
              f"{with_error(remote)} |")  # fmt: skip


def doctors_by_facility(facility: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the mean of a value of doctors in each facility."""
    return np.asarray(np.bincount(facility, weights=values) / np.bincount(facility))


def with_error(values: np.ndarray) -> str:
    """Return the mean of independent values and its standard error."""
    return f"{values.mean():+.1f} ({values.std(ddof=1) / np.sqrt(len(values)):.1f})"


def best_of(choose: np.ndarray, check: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return for each point the value, in one half of the replicates, of the mix that is best in the other half."""
    places = np.flatnonzero(among)
    return check[np.arange(len(check)), places[choose[:, places].argmax(axis=1)]]


def equal_effort(folder: Path) -> None:
    """At the same staff-days: what each value of each lever gives, the best mixes, and where full latitude is best."""
    tables = EqualEffort(SweepTables(folder), "cost", "support")
    print(tables.sentence)
    levers = [f.path for f in tables.study.levers if f.path != "support"]
    mixes = pd.DataFrame([s.levers for s in tables.settings])
    for measure in ("benefit", "cumulative_benefit"):
        values = tables.values(measure)
        choose, check = values[:, :, 0::2].mean(axis=2), values[:, :, 1::2].mean(axis=2)
        regret = choose.max(axis=1, keepdims=True) - choose
        print(f"\n{measure}: the ten mixes with the least mean regret\n| mix | mean | mean regret | best in |")
        best = choose.argmax(axis=1)
        for i in np.argsort(regret.mean(axis=0))[:10]:
            words = ", ".join(f"{name} {mixes.loc[i, name]:g}" for name in levers)
            print(f"| {words} | {values[:, i].mean():.3f} | {regret[:, i].mean():.3f} | {np.mean(best == i):.0%} |")
        print("| lever | value | mixes | share of points whose best mix has it, chosen on half | mean of the best mix "
              "with it less the best without, other half |")  # fmt: skip
        for name in levers:
            for value in sorted(mixes[name].unique()):
                has = (mixes[name] == value).to_numpy()
                if not has.any() or has.all():
                    continue
                gap = best_of(choose, check, has) - best_of(choose, check, ~has)
                print(f"| {name} | {value:g} | {has.sum()} | {np.mean(has[best]):.0%} | {mean_text(gap)} |")
        moderate = ((mixes.mandate >= 0.25) & (mixes.mandate <= 0.5) & (mixes.latitude == 1)).to_numpy()
        if moderate.any():
            gap = best_of(choose, check, moderate) - best_of(choose, check, ~moderate)
            print(f"moderate mandate (.25 to .5) with full latitude: best in {np.mean(moderate[best]):.0%} of the "
                  f"points; its best mix less the best other, on the other half {mean_text(gap)}")  # fmt: skip


WHAT = {
    "where-to-start": where_to_start,
    "clustering": clustering,
    "clustering-in-facilities": clustering_in_facilities,
    "equal-effort": equal_effort,
}


def main() -> None:
    """Print the tables of one experiment."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment", choices=list(WHAT))
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    WHAT[options.experiment](options.folder)


if __name__ == "__main__":
    main()
