"""How large an experiment is, and running one of its runs again.

What belongs here: points, runs, time and disk before anything starts, from measured rates; one run by its identity.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spreadsim.drivers.running import default_workers
from spreadsim.errors import InputError
from spreadsim.network.size import network_size
from spreadsim.outcomes.measures import BY_NAME, MEASURES
from spreadsim.scenario.validation import as_document
from spreadsim.sweeps import store
from spreadsim.sweeps.coordinator import (
    BYTES_PER_EVENT,
    BYTES_PER_RUN,
    chunk_size,
    job_of,
    seconds_per_run,
)
from spreadsim.sweeps.designs import points_of, settings_of
from spreadsim.sweeps.experiment import Study, Values
from spreadsim.sweeps.job import same_settings

BYTES_PER_MEASURE = 7
BYTES_PER_CURVE_VALUE = 4


def time_in_words(seconds: float) -> str:
    """Return a length of time for people.

    Parameters
    ----------
    seconds : how long.

    Returns
    -------
    Seconds, minutes, hours or days.

    Examples
    --------
    >>> [time_in_words(seconds) for seconds in (12, 600, 9000, 400_000)]
    ['12 s', '10 min', '2.5 h', '4.6 days']
    """
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    if seconds < 6000:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:,.1f} days"


def _bytes_of(study: Study, runs: int) -> int:
    """Return about how many bytes the tables take."""
    outcomes = study.experiment.outcomes
    one = BYTES_PER_RUN + BYTES_PER_MEASURE * len(MEASURES)
    if "curves" in outcomes.keep:
        one += study.scenario.run.months * len(outcomes.curve_columns) * BYTES_PER_CURVE_VALUE
    if "events" in outcomes.keep:
        one += 4 * network_size(study.scenario).services * BYTES_PER_EVENT
    return runs * one


def size_lines(study: Study, workers: int | None = None) -> list[tuple[str, str]]:
    """Return how large an experiment is, nothing run.

    Parameters
    ----------
    study : the experiment.
    workers : processes that would run it; one a processor by default.

    Returns
    -------
    Labels and values, for people.

    Examples
    --------
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> dict(size_lines(load_experiment("clustering"), workers=2))["runs"]
    '8 points x 1 settings x 100 replicates = 800'
    """
    settings, k = settings_of(study), study.scenario.run.replicates
    n_points, n_settings = len(points_of(study)), len(settings)
    runs = n_points * n_settings * k
    same = same_settings(as_document(study.scenario), [(s.strategy, s.levers) for s in settings])
    n_distinct = len(set(same))
    once = [("run once", f"{n_distinct:,} settings; the others are the same but for the strategy's name")]
    n = workers or default_workers()
    seconds = n_points * n_distinct * k * seconds_per_run(study) / n + 3
    size = chunk_size(study, runs)
    return [
        (
            "scenario",
            f"{study.experiment.scenario}: {network_size(study.scenario).services:,} services, "
            f"{study.scenario.run.months} months",
        ),
        ("strategies", ", ".join(study.strategies)),
        ("levers", ", ".join(f.path for f in study.levers) or "none"),
        ("uncertainties", str(len(study.uncertainties))),
        ("design", study.experiment.design.method),
        ("runs", f"{n_points:,} points x {n_settings:,} settings x {k:,} replicates = {runs:,}"),
        *(once if n_distinct < n_settings else []),
        ("chunks", f"{-(-runs // size):,} of about {size:,} runs"),
        (
            "expected time",
            f"about {time_in_words(seconds)} on {n} processors",
        ),
        ("expected disk", f"about {max(1, _bytes_of(study, runs) // 1_000_000):,} MB"),
    ]


@dataclass(frozen=True)
class StoredRun:
    """One row of a sweep, and where it stands.

    Attributes
    ----------
    part, sha256 : file that holds the row, and the digest that the manifest has of it.
    values : of the uncertainties, by path.
    strategy, levers, replicate : of the row.
    measures : those that were kept, by name.

    Examples
    --------
    >>> StoredRun(Path("runs/part-0.parquet"), "", {}, "organic", {}, 0, {"reach": 0.5}).measures["reach"]
    0.5
    """

    part: Path
    sha256: str
    values: Values
    strategy: str
    levers: Values
    replicate: int
    measures: dict[str, float]


def own_of(folder: Path) -> dict[str, Any]:
    """Return the identities of what a Python program added to a sweep.

    Parameters
    ----------
    folder : of the sweep.

    Returns
    -------
    Hashes by part; none where it was made of files alone.

    Examples
    --------
    >>> own_of(ss.sweep("clustering", out="small", settings=["run.replicates=2", "run.months=12"]).folder)
    {}
    """
    own = store.read_identity(folder).get("own")
    return own if isinstance(own, dict) else {}


def stored_run(study: Study, folder: Path, identity: str) -> StoredRun:
    """Return one row of a sweep by its identity.

    Parameters
    ----------
    study : the experiment.
    folder : of the sweep.
    identity : the run's, from the column ``run``.

    Returns
    -------
    The row.

    Raises
    ------
    InputError : the folder holds no such run, or one with something that only a Python program had.

    Examples
    --------
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> sweep = ss.sweep("clustering", out="small", settings=["run.replicates=2", "run.months=12"])
    >>> stored_run(load_experiment("small"), sweep.folder, sweep.runs().iloc[0]["run"]).strategy
    'organic'
    """
    from spreadsim.telling.folder import read_table

    own = own_of(folder)
    if own:
        problem = f"was run with what only a Python program had ({', '.join(own)})"
        raise InputError(
            str(folder), "own", problem, "make the whole sweep again from Python: ss.reproduce(folder, ...)"
        )
    for key, record in store.chunk_records(folder).items():
        path = store.part_path(folder, "runs", key)
        rows = read_table(path, filters=[("run", "=", identity)]).to_pylist()
        if not rows:
            continue
        row = rows[0]
        points = read_table(folder / "points.parquet", filters=[("point", "=", row["point"])]).to_pylist()
        try:
            values = {f.path: f.typed(points[0][f.path]) for f in study.uncertainties}
            levers = {f.path: row[f.path] for f in study.levers}
            measures = {name: float("nan" if row[name] is None else row[name]) for name in BY_NAME if name in row}
            digest = str(record["parts"]["runs"]["sha256"])
            return StoredRun(path, digest, values, row["strategy"], levers, row["replicate"], measures)
        except (IndexError, KeyError, TypeError, ValueError):
            problem = "its point or its levers are not those of the experiment"
            raise InputError(
                str(folder), "points.parquet", problem, "put back the files that the sweep wrote"
            ) from None
    raise InputError("--run", identity, f"{folder} holds no such run", "take it from the column 'run'")


def run_again(study: Study, folder: Path, identity: str) -> dict[str, Any]:
    """Return the measures of one run of a sweep, run here and now by its identity; a failure is raised as it is.

    Parameters
    ----------
    study : the experiment.
    folder : of the sweep.
    identity : the run's, from the column ``run``.

    Returns
    -------
    Measures by name.

    Raises
    ------
    InputError : the folder holds no such run, or one with something that only a Python program had.

    Examples
    --------
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> sweep = ss.sweep("clustering", out="small", settings=["run.replicates=2", "run.months=12"])
    >>> row = sweep.runs().iloc[0]
    >>> run_again(load_experiment("small"), sweep.folder, row["run"])["benefit"] == float(row["benefit"])
    True
    """
    from spreadsim.sweeps.work import single_run

    row = stored_run(study, folder, identity)
    return dict(single_run(job_of(study), row.values, row.strategy, row.levers, row.replicate))
