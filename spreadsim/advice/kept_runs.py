"""Runs of mixes that are kept as they are made, so that a search that was stopped goes on where it was.

What belongs here: the folder of such a search, held to what decides its runs, and reading back what stands in it. A
search asks for the same runs in the same order each time, as it follows from the seed alone; what is there already is
read, whatever was asked of the folder before. Parts, manifest and lock are those of a sweep (``sweeps.store``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from spreadsim.comparison.mixes import LEVERS_OF_MIX, AssumptionSet, MixRuns
from spreadsim.drivers.compilation import code_identity
from spreadsim.outcomes.measures import MEASURES
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.validation import as_document
from spreadsim.sweeps import store
from spreadsim.sweeps.designs import content_key
from spreadsim.sweeps.folder import network_digest
from spreadsim.telling.folder import read_table

AT_ONCE = 10  # strategies in a part: what is lost at most when a search is stopped
_NOT_INPUTS = (
    "format", "name", "title", "question", "shows", "sources", "frontier", "strategies", "doubt", "decision", "worth",
)  # fmt: skip


def identity(scenario: Scenario) -> dict[str, Any]:
    """Return what decides the runs of a search, whichever mixes and assumptions it tries.

    Parameters
    ----------
    scenario : whose programme the mixes have.

    Returns
    -------
    Version of the code, seed, months and a hash of the scenario.

    Examples
    --------
    >>> sorted(identity(ss.load_scenario("default")))
    ['keep', 'measures', 'months', 'rules', 'scenario', 'seed']
    """
    document = {key: value for key, value in as_document(scenario).items() if key not in _NOT_INPUTS}
    document["run"] = {key: value for key, value in document["run"].items() if key != "replicates"}
    return {
        "rules": code_identity(),
        "seed": scenario.run.seed,
        "months": scenario.run.months,
        "scenario": content_key([document, network_digest(scenario)], 32),
        "measures": [m.name for m in MEASURES],
        "keep": ["runs"],
    }


class KeptRuns:
    """Runs of strategies under assumption sets, kept in a folder where there is one.

    Parameters
    ----------
    runs : runs any mix.
    folder : of the search, which is locked; None keeps nothing.

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom", ["run.months=6"])
    >>> kept = KeptRuns(MixRuns(scenario, ss.make_network(scenario), fixed=False), None)
    >>> kept.values(list(scenario.strategies.values()), range(2))["cost"].shape, kept.n_new
    ((1, 2, 2), 4)
    """

    def __init__(self, runs: MixRuns, folder: Path | None) -> None:
        self.runs, self.folder = runs, folder
        self.base = content_key(identity(runs.scenario), 32)
        self.n_new = self.n_kept = 0
        self.notes: list[str] = []
        self._records: Mapping[str, Any] = {}
        if folder is not None:
            store.check_identity(folder, identity(runs.scenario))
            self._records, self.notes = store.repair(folder)

    def values(
        self, strategies: Sequence[Any], replicates: range, sets: Sequence[AssumptionSet] = (AssumptionSet(),)
    ) -> dict[str, np.ndarray]:
        """Return every measure of every run, from the folder or made now.

        Parameters
        ----------
        strategies : as a scenario file holds them.
        replicates : their numbers.
        sets : assumptions under which each is run, in every replicate.

        Returns
        -------
        An array of shape (sets, strategies, replicates) by measure; nan where null.
        """
        parts = [
            self._part(strategies[at : at + AT_ONCE], replicates, sets) for at in range(0, len(strategies), AT_ONCE)
        ]
        return {m.name: np.concatenate([part[m.name] for part in parts], axis=1) for m in MEASURES}

    def _part(
        self, strategies: Sequence[Any], replicates: range, sets: Sequence[AssumptionSet]
    ) -> dict[str, np.ndarray]:
        contents = [s.model_dump(exclude={"title"}, exclude_none=True, exclude_unset=True) for s in strategies]
        assumed = [dict(one.values) for one in sets]
        key = content_key([self.base, contents, assumed, [replicates.start, replicates.stop]])
        shape = (len(sets), len(strategies), len(replicates))
        if key in self._records and self.folder is not None:
            self.n_kept += int(np.prod(shape))
            table = read_table(store.part_path(self.folder, "runs", key), ["place", *(m.name for m in MEASURES)])
            order = np.argsort(table["place"].to_numpy(), kind="stable")
            return {m.name: table[m.name].to_numpy()[order].reshape(shape) for m in MEASURES}
        values = self.runs.values_of(strategies, replicates, sets)
        self.n_new += int(np.prod(shape))
        if self.folder is not None:
            points = [content_key([self.base, content]) for content in contents]
            record = {
                "chunk": key, "points": points, "settings": [], "replicates": [replicates.start, replicates.stop],
                "runs": int(np.prod(shape)), "failed": 0,
            }  # fmt: skip
            store.write_chunk(self.folder, record, {"runs": self._table(points, contents, assumed, values, replicates)})
        return values

    def _table(
        self,
        points: Sequence[str],
        contents: Sequence[Mapping[str, Any]],
        assumed: Sequence[Mapping[str, Any]],
        values: Mapping[str, np.ndarray],
        replicates: range,
    ) -> bytes:
        """Return the runs as a Parquet file: identity of the run, of its strategy and assumptions, levers, measures."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        worlds = [content_key(values) for values in assumed]
        rows = [(w, p, r) for w in range(len(worlds)) for p in range(len(points)) for r in replicates]
        columns: dict[str, Any] = {
            "run": [content_key([points[p], worlds[w], r], 32) for w, p, r in rows],
            "point": [points[p] for _, p, _ in rows],
            "assumptions": [worlds[w] for w, _, _ in rows],
            "replicate": [r for _, _, r in rows],
            "place": list(range(len(rows))),
        }
        for name in LEVERS_OF_MIX:
            own = [content.get(name) for content in contents]
            columns[name] = pa.array([own[p] for _, p, _ in rows], pa.float64())
        columns |= {m.name: values[m.name].reshape(-1) for m in MEASURES}
        sink = pa.BufferOutputStream()
        pq.write_table(pa.table(columns), sink, compression="zstd")
        return bytes(sink.getvalue().to_pybytes())
