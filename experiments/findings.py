"""Keep what the page of a shipped experiment is made from: tables of its analysis, and what ``analyse`` does not say.

``python experiments/findings.py NAME FOLDER`` reads the sweep in FOLDER, run and analysed as the experiment's page
says, and prints the findings; ``--keep`` writes them with the tables into ``experiments/results/NAME``, from which
``experiments/pages.py`` writes the pages. NAME is an experiment, or ``default``: FOLDER is then that of ``spreadsim
compare default``.

Intervals are 95%, over points and replicates where points are a sample, else over replicates alone.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from spreadsim.inference.crossed import Estimate, Levels, components
from spreadsim.inference.evidence import Thresholds
from spreadsim.network.construction import make_network
from spreadsim.scenario.validation import as_document
from spreadsim.sweeps.experiment import scenario_at
from spreadsim.sweeps.tables import SweepTables

RESULTS = Path(__file__).parent / "results"
RULE, SHARE = "programme.starting_sites.rule", "programme.starting_sites.share"
RESPONSE, READINESS = "behaviour.adoption.exposure_response", "services.readiness.mean"
REWIRING = "network.generator.rewiring"
DIGITS = 6


def interval(estimate: Estimate) -> dict[str, float | None]:
    """Return an estimate and the ends of its interval, rounded."""
    ends = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {name: None if end is None else round(float(end), DIGITS) for name, end in ends.items()}


def mean_of(values: np.ndarray | list[float]) -> dict[str, float | None]:
    """Return the mean of values, one a replicate, with its interval."""
    return interval(components(np.asarray(values, dtype=np.float64)[None]).mean)


def where_to_start(folder: Path) -> dict[str, Any]:
    """Each rule less random sites, paired over replicates, averaged over readiness."""
    tables, rows = SweepTables(folder), []
    for measure in ("cumulative_benefit", "benefit"):
        values = tables.values(measure)
        for response in ("saturating", "threshold"):
            points = [i for i in range(len(tables.points)) if tables.points.values(i)[RESPONSE] == response]
            for strategy in ("organic", "blend"):
                places = {(s.levers[RULE], s.levers[SHARE]): i for i, s in enumerate(tables.settings)
                          if s.strategy == strategy}  # fmt: skip
                for (rule, share), place in places.items():
                    random = values[np.ix_(points, [places["random", share]])].mean(axis=(0, 1))
                    gap = values[np.ix_(points, [place])].mean(axis=(0, 1)) - (random if rule != "random" else 0.0)
                    rows.append({"measure": measure, "strategy": strategy, "response": response, "rule": rule,
                                 "share": share, **mean_of(gap)})  # fmt: skip
    return {"rules": rows}


def thirds(measure: np.ndarray, first: np.ndarray) -> float:
    """Return how much later the third with the most of something is than the third with the least."""
    late = first > 0
    low, high = np.quantile(measure[late], [1 / 3, 2 / 3])
    return float(first[late & (measure >= high)].mean() - first[late & (measure <= low)].mean())


def clustering(folder: Path) -> dict[str, Any]:
    """Month of embedding by rewiring: of all, and of remote, small and little-connected services against the others."""
    tables, rows = SweepTables(folder), []
    runs, events = pd.read_parquet(folder / "runs"), pd.read_parquet(folder / "events")
    months = events[events.to_state == "embedded"].groupby(["run", "service"]).month.min()
    never = tables.study.scenario.run.months + 1
    for number, key in enumerate(tables.points.all_keys()):
        point = tables.points.values(number)
        columns: dict[str, list[float]] = {name: [] for name in ("mean", "ever", "remote", "small", "few_ties")}
        clustered = []
        scenario = scenario_at(tables.study, as_document(tables.study.scenario), point, "organic", {})
        for run in runs[runs.point == key.decode()].itertuples():
            network = make_network(scenario, run.replicate)
            first = months.loc[run.run].reindex(network.ids).fillna(never).to_numpy(dtype=float)
            graph: Any = nx.Graph(list(zip(network.ties.listener.tolist(), network.ties.peer.tolist(), strict=True)))
            steps = nx.multi_source_dijkstra_path_length(graph, set(np.flatnonzero(first == 0).tolist()))
            nudge = np.arange(network.n) / 1e6  # services at the same distance are told apart by their number
            degree = np.array([graph.degree(i) if i in graph else 0 for i in range(network.n)])
            far = np.array([steps.get(i, network.n) for i in range(network.n)])
            clustered.append(nx.average_clustering(graph))
            columns["mean"].append(first.mean())
            columns["ever"].append(float(np.mean(first < never)))
            columns["remote"].append(thirds(far + nudge, first))
            columns["small"].append(thirds(-np.asarray(network.attributes["population"]), first))
            if np.ptp(degree):
                columns["few_ties"].append(thirds(-degree + nudge, first))
        rows.append({"rewiring": point[REWIRING], "response": point[RESPONSE],
                     "clustering": round(float(np.mean(clustered)), DIGITS),
                     **{name: mean_of(column) if column else None for name, column in columns.items()}})  # fmt: skip
    return {"never": never, "points": rows}


def clustering_in_facilities(folder: Path) -> dict[str, Any]:
    """Month of embedding by exposure and clustering, doctors as agents: of all, and of small and remote facilities."""
    tables, table = SweepTables(folder), []
    runs, events = pd.read_parquet(folder / "runs"), pd.read_parquet(folder / "events")
    months = events[events.to_state == "embedded"].groupby(["run", "service"]).month.min()
    never = tables.study.scenario.run.months + 1
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
                    np.mean(facility[ends[0]] == facility[ends[1]]),
                    nx.average_clustering(graph),
                    first.mean(),
                    np.mean(first < never),
                    thirds(-n_doctors + nudge, of_facility),
                    -thirds(-n_doctors + nudge, doctors_by_facility(facility, n_ties)),
                    thirds(far + nudge, of_facility),
                )
            )
        within, clustered, *others = np.array(rows).T
        names = ("mean", "ever", "small", "fewer_ties", "remote")
        table.append({"response": point[RESPONSE], "within": round(float(within.mean()), DIGITS),
                      "clustering": round(float(clustered.mean()), DIGITS),
                      **{name: mean_of(column) for name, column in zip(names, others, strict=True)}})  # fmt: skip
    return {"never": never, "points": table}


def doctors_by_facility(facility: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the mean of a value of doctors in each facility."""
    return np.asarray(np.bincount(facility, weights=values) / np.bincount(facility))


def best_balance(folder: Path) -> dict[str, Any]:
    """In how many points the best balance strictly inside beats the better end by a difference that matters."""
    tables, rows, matters = SweepTables(folder), [], Thresholds().matters
    for panel in tables.panels:
        order = np.argsort(panel.lever)
        inner = np.isin(np.arange(len(order)), [0, len(order) - 1], invert=True)
        levels = Levels(tables.values("benefit")[:, [panel.settings[i] for i in order]].transpose(0, 2, 1))

        def ahead(level: np.ndarray, inner: np.ndarray = inner) -> np.ndarray:
            lead = level[..., inner].max(axis=-1) - level[..., ~inner].max(axis=-1)
            return np.asarray(lead > matters)[..., None]

        rows.append({"measure": "benefit", "panel": panel.label, **interval(levels.share(ahead)[0])})
    return {"matters": matters, "inside_by_what_matters": rows}


def default(folder: Path) -> dict[str, Any]:
    """The headline of the default scenario: its standings under doubt."""
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["doubt"]
    measures = {name: summary[name] for name in ("benefit", "cumulative_benefit")}
    for answer in measures.values():
        for strategy in answer["strategies"].values():
            del strategy["expected_loss"], strategy["loss_90"], strategy["worst_loss"]
    size = {name: summary[name] for name in ("sets", "n_sets", "replicates", "thresholds")}
    return {**size, "parameters": len(summary["parameters"]), **measures}


WHAT = {
    "best-balance": best_balance,
    "clustering": clustering,
    "clustering-in-facilities": clustering_in_facilities,
    "where-to-start": where_to_start,
    "default": default,
}
OTHERS = ("equal-effort",)  # whose analysis says all that its page needs
KEPT = ("convergence", "interior", "map", "regions", "robustness", "sensitivity")


def keep(name: str, folder: Path, findings: dict[str, Any]) -> None:
    """Write the findings and the small tables of the analysis into the repository's results."""
    place = RESULTS / name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    if findings:
        (place / "findings.json").write_text(json.dumps(findings, indent=1) + "\n", encoding="utf-8")
    files = [folder / "provenance.json", folder / "dictionary.csv", folder / "analysis" / "report.html"]
    files += [folder / "analysis" / f"{table}.csv" for table in KEPT]
    for file in files:
        if file.is_file():
            shutil.copyfile(file, place / file.name)


def main() -> None:
    """Print the findings of one experiment, and keep them if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("experiment", choices=[*WHAT, *OTHERS])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    findings = {} if options.experiment in OTHERS else WHAT[options.experiment](options.folder)
    print(json.dumps(findings, indent=1))
    if options.keep:
        keep(options.experiment, options.folder, findings)


if __name__ == "__main__":
    main()
