"""What stands in a sweep's folder beside its tables.

What belongs here: the experiment and scenario resolved, the points, the data dictionary, the receipt, and what the
folder is held to. Parts, manifest and lock are ``store``'s.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from spreadsim.errors import InputError
from spreadsim.input_files import is_file, read_bytes
from spreadsim.outcomes.measures import CURVES_ALONE
from spreadsim.sweeps import store
from spreadsim.sweeps.designs import MAX_TABLE_BYTES, Points, content_key, lever_values
from spreadsim.sweeps.experiment import Factor, Study, Values
from spreadsim.sweeps.job import Job
from spreadsim.sweeps.work import schema
from spreadsim.telling.atomic import RECEIPT
from spreadsim.telling.folder import sha256
from spreadsim.telling.verification import WHOLE, Verification, is_inside, needs_of, receipt_document, verified

_COLUMNS = {
    "run": "identity of the run: a hash of its resolved inputs, seed, replicate and the version of the code",
    "point": "key of the point of the uncertainties: see points.parquet",
    "strategy": "name of the strategy",
    "replicate": "number of the replicate; equal numbers share their random numbers at every point, strategy and lever",
    "error": "why the run failed; null if it did not",
    "reproduce": "the command that runs a failed run again, given in this folder; null if it did not fail",
    "month": "0 is the start",
    "service": "id of the service",
    "number": "place of the point in the design, from 0",
    "from_state": "state before the change", "to_state": "state after it",
    "route": "how the present spell began: none, voluntary or mandated",
    "source_kind": "whom the version came from: none, a peer, the specification, the hierarchy or the originator",
    "source_service": "id of the peer it came from; null where from none",
    "generation": "number of copies between the service's version and the originators'",
    **CURVES_ALONE,
}  # fmt: skip
_STATE_PREFIX = "share_"  # curves of the share of services in each state


def default_folder(study: Study) -> Path:
    """Return the folder that an experiment file stands in if a sweep wrote it, else ``results/NAME``.

    Parameters
    ----------
    study : the experiment.

    Returns
    -------
    A path, relative to the current folder for a new sweep.

    Examples
    --------
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> default_folder(load_experiment("clustering")).as_posix()
    'results/clustering'
    """
    if (study.folder / store.IDENTITY).is_file():
        return study.folder
    return Path("results") / study.experiment.name


def network_digest(scenario: Any) -> str:
    """Return a hash of the files that a network is read from.

    Parameters
    ----------
    scenario : whose network it is.

    Returns
    -------
    Hexadecimal digits; empty where the network is generated.

    Examples
    --------
    >>> network_digest(ss.load_scenario("default"))
    ''
    """
    if scenario.network.source != "file":
        return ""
    from spreadsim.network.reading.files import files_of_scenario, network_files

    files = network_files(files_of_scenario(scenario), scenario.network)
    return content_key([(path.name, sha256(path)) for path in sorted(files)], 32)


def identity(job: Job, base: Values) -> Values:
    """Return what a folder is held to: with any of it changed, finished runs would be another experiment's.

    Parameters
    ----------
    job : that all chunks share.
    base : what decides the runs before any factor is set (`sweeps.job.base_content`).

    Returns
    -------
    Version of the rules, seed, months, hash of the scenario, names of factors, tables and curves.

    Examples
    --------
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> from spreadsim.sweeps.job import base_content
    >>> job = Job(load_experiment("clustering"), "0123abcd", "")
    >>> identity(job, base_content(job))["keep"]
    ['events', 'runs']
    """
    experiment = job.study.experiment
    return {
        "rules": job.rulebook,
        "seed": job.study.scenario.run.seed,
        "months": job.study.scenario.run.months,
        "scenario": content_key(base, 32),
        "levers": [factor.path for factor in job.study.levers],
        "uncertainties": [factor.path for factor in job.study.uncertainties],
        "keep": sorted({"runs", *experiment.outcomes.keep}),
        "curves": list(experiment.outcomes.curve_columns) if "curves" in experiment.outcomes.keep else [],
        "own": job.extensions.identities or None,
    }


def _factor_table(factor: Factor, lever: bool) -> Any:
    if lever:
        return lever_values(factor)
    if factor.values:
        return {"values": list(factor.values)}  # a table like the others: a file puts lists before tables
    table: dict[str, Any] = {"low": factor.low, "high": factor.high, "distribution": factor.distribution}
    alpha, beta = factor.weights or (None, None)
    own = {"mode": factor.mode, "alpha": alpha, "beta": beta, "steps": factor.steps}
    return table | {key: value for key, value in own.items() if value is not None}


def experiment_document(study: Study) -> dict[str, Any]:
    """Return the experiment with every range written out, on the scenario beside it.

    Parameters
    ----------
    study : the experiment.

    Returns
    -------
    The tables of an experiment file.

    Examples
    --------
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> document = experiment_document(load_experiment("best-balance"))
    >>> document["uncertainties"]["behaviour.engagement.reactance"]
    {'low': 0.0, 'high': 3.0, 'distribution': 'uniform'}
    """
    document = study.experiment.model_dump(exclude_none=True)
    run = study.scenario.run
    document |= {
        "scenario": "scenario.toml",
        "strategy": list(study.strategies),
        "settings": {},
        "run": {"months": run.months, "replicates": run.replicates, "seed": run.seed},
        "levers": {factor.path: _factor_table(factor, True) for factor in study.levers},
        "uncertainties": {factor.path: _factor_table(factor, False) for factor in study.uncertainties},
    }
    if study.experiment.design.table is not None:
        document["design"]["table"] = "design.csv"
    return document


def write_inputs(study: Study, points: Points, folder: Path) -> None:
    """Write the resolved inputs, so that the folder runs alone, and the points.

    Parameters
    ----------
    study : the experiment.
    points : of its design.
    folder : of the sweep.

    Raises
    ------
    SpreadsimError : the disk is full or cannot be written.

    Examples
    --------
    >>> from spreadsim.sweeps.designs import points_of
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> study = load_experiment("clustering")
    >>> write_inputs(study, points_of(study), Path("small"))
    >>> sorted(path.name for path in Path("small").iterdir())
    ['experiment.toml', 'points.parquet', 'scenario.toml']
    """
    import pyarrow as pa
    import pyarrow.parquet as pq
    import tomli_w

    from spreadsim.scenario.files import to_toml
    from spreadsim.telling.folder import copy_inputs

    own = study.folder.resolve() == folder.resolve()
    if not own:
        if study.experiment.design.table is not None:
            table = read_bytes(study.folder / study.experiment.design.table, "design.table", MAX_TABLE_BYTES)
            store.write_atomic(folder / "design.csv", table)
        store.write_atomic(folder / "scenario.toml", to_toml(copy_inputs(study.scenario, folder)).encode())
    store.write_atomic(folder / "experiment.toml", tomli_w.dumps(experiment_document(study)).encode())
    columns = {"point": [key.decode() for key in points.all_keys()], "number": list(range(len(points)))}
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({**columns, **points.columns()}), sink, compression="zstd")
    store.write_atomic(folder / "points.parquet", sink.getvalue().to_pybytes())


def dictionary(job: Job) -> str:
    r"""Return the data dictionary as CSV: every column of every table, its type, unit and meaning.

    Parameters
    ----------
    job : that all chunks share.

    Returns
    -------
    Text with one line a column.

    Examples
    --------
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> lines = dictionary(Job(load_experiment("clustering"), "0123abcd", "")).splitlines()
    >>> print(lines[0], lines[3], sep="\n")
    table,column,type,unit,better,meaning
    runs,strategy,string,,,name of the strategy
    """
    by_name = {measure.name: measure for measure in job.extensions.all_measures}
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["table", "column", "type", "unit", "better", "meaning"])
    for kind in dict.fromkeys(["runs", *job.study.experiment.outcomes.keep]):
        for name, of in schema(job, kind).items():
            m = by_name.get(name) if kind != "events" else None
            unit, better, meaning = (m.unit, m.better, m.meaning) if m else ("", "", _COLUMNS.get(name, ""))
            if name.startswith(_STATE_PREFIX) and m is None:
                unit = "share"
                meaning = f"share of services that are {name.removeprefix(_STATE_PREFIX).replace('_', ' ')}"
            if name in {factor.path for factor in job.study.levers}:
                unit, better, meaning = "", "", "lever: something we choose"
            writer.writerow([kind, name, str(of), unit, better, meaning])
    for name in ("point", "number"):
        writer.writerow(["points", name, "", "", "", _COLUMNS[name]])
    for factor in job.study.uncertainties:
        writer.writerow(["points", factor.path, factor.kind, "", "", "uncertainty: something we do not know"])
    return text.getvalue()


_README = """# Results of the sweep '{name}'

{title}

Open the runs in one line:

```python
import pandas as pd; runs = pd.read_parquet("runs")
import polars as pl; runs = pl.read_parquet("runs/*.parquet")
import duckdb; duckdb.sql("select strategy, avg({measure}) from 'runs/*.parquet' group by strategy")
runs = pd.read_parquet("runs").merge(pd.read_parquet("points.parquet"), on="point")   # with the uncertainties
```

`dictionary.csv` explains every column. `manifest.jsonl` holds the digest of every part. `experiment.toml` and
`scenario.toml` are what was run; `spreadsim sweep experiment.toml`, given in this folder, continues it.
"""


def write_receipt(job: Job, folder: Path, started: str, runs: int, failed: int) -> None:
    """Write the data dictionary, how to open the tables, and the receipt.

    Parameters
    ----------
    job : that all chunks share.
    folder : of the sweep.
    started : time of the start, in ISO format.
    runs, failed : number of runs in the experiment, and of those with an error.

    Raises
    ------
    SpreadsimError : the disk is full or cannot be written.

    Examples
    --------
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> job = Job(load_experiment("clustering"), "0123abcd", "")
    >>> write_receipt(job, Path("ready"), "2026-11-28T12:00:00+00:00", runs=16, failed=0)
    >>> sorted(path.name for path in Path("ready").iterdir())
    ['README.md', 'dictionary.csv', 'provenance.json']
    """
    from spreadsim.telling.folder import as_json, versions

    experiment = job.study.experiment
    readme = _README.format(name=experiment.name, title=experiment.title, measure=experiment.outcomes.measures[0])
    store.write_atomic(folder / "dictionary.csv", dictionary(job).encode())
    store.write_atomic(folder / "README.md", readme.encode())
    files = ("experiment.toml", "scenario.toml", "points.parquet", "dictionary.csv", store.MANIFEST)
    receipt = {
        "command": f"spreadsim sweep {experiment.name}",
        "seed": job.study.scenario.run.seed,
        "versions": {**versions(), "rules": job.rulebook},
        "runs": runs,
        "failed": failed,
        **({"own": job.extensions.record()} if job.extensions else {}),
        "files": {name: sha256(folder / name) for name in files if (folder / name).is_file()},
        "started": started,
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    store.write_atomic(folder / RECEIPT, as_json(receipt).encode())


def is_sweep(folder: Path) -> bool:
    """Return whether a folder is a sweep's.

    Parameters
    ----------
    folder : any path.

    Returns
    -------
    bool
        Whether it holds the identity of an experiment.

    Examples
    --------
    >>> is_sweep(Path("."))
    False
    """
    return is_file(folder / store.IDENTITY)


def verify_sweep(folder: Path) -> Verification:
    """Compare a sweep's folder with its receipt and its manifest, without running anything.

    Parameters
    ----------
    folder : of the sweep, finished or not.

    Returns
    -------
    Verification
        A verdict for each file of the receipt and each part that the manifest vouches for.

    Raises
    ------
    InputError : the folder has no receipt: the sweep is not finished, or it is none.

    Examples
    --------
    >>> verify_sweep(Path("nowhere"))
    Traceback (most recent call last):
    spreadsim.errors.InputError: nowhere: provenance.json: cannot be read (No such file or directory); name a results folder of spreadsim
    """  # noqa: E501
    receipt = receipt_document(folder)
    files = verified(folder, receipt.get("files", {}))
    parts: dict[str, str] = {}
    if files.verdicts.get(store.MANIFEST) == WHOLE:
        try:
            for key, record in store.chunk_records(folder).items():
                for kind, part in record["parts"].items():
                    parts[store.part_path(Path(), kind, key).as_posix()] = str(part["sha256"])
        except (KeyError, TypeError, AttributeError):
            raise InputError(str(folder), store.MANIFEST, "is not a manifest", "name a sweep's folder") from None
    if not all(map(is_inside, parts)):
        raise InputError(str(folder), store.MANIFEST, "names a part outside the folder", "name a sweep's folder")
    verdicts = {**files.verdicts, **verified(folder, parts).verdicts}
    beside = (store.IDENTITY, store.LOCK, store.HOLDER, "sweep.log", "README.md", "design.csv", "analysis/")
    unlisted = (name for name in files.unlisted if name not in parts and not name.startswith(beside))
    return Verification(verdicts, tuple(unlisted), needs_of(receipt))
