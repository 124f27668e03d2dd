"""Making a sweep again, whole or one row of it, and finding out what vouches for a row.

What belongs here: running what a sweep's folder says and naming the first thing that differs; computing the identity
of one row again from the folder's own inputs. Rows are matched by point, strategy, levers and replicate, so that a
sweep of an earlier version of the code can be compared too.
What does not: digests of the folder's files (``folder``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spreadsim.drivers.extensions import NetworkSource
from spreadsim.errors import InputError
from spreadsim.measures import Measure
from spreadsim.scenario.validation import as_document
from spreadsim.sweeps import store
from spreadsim.sweeps.coordinator import job_of, sweep
from spreadsim.sweeps.experiment import Study, load_experiment
from spreadsim.sweeps.folder import network_digest
from spreadsim.sweeps.job import Job, run_identity, setting_identity, sweep_identity
from spreadsim.sweeps.size import StoredRun, stored_run
from spreadsim.sweeps.work import single_run
from spreadsim.telling.atomic import folder_aside
from spreadsim.telling.folder import versions
from spreadsim.telling.reproduction import DIGITS, Reproduction, extensions_as_run
from spreadsim.telling.verification import CHANGED, WHOLE, Verification, own_record, receipt_document, verified

if TYPE_CHECKING:
    import pandas as pd

    from spreadsim.drivers.agents import Service

_NOT_COMPARED = ("run", "reproduce")  # of another version of the code the identity is another one


def reproduce_sweep(
    folder: Path,
    out: Path | None = None,
    *,
    run: str | None = None,
    workers: int | None = None,
    service_class: type[Service] | None = None,
    network: NetworkSource | None = None,
    measures: Sequence[Measure] = (),
) -> Reproduction:
    """Make a sweep again, or one row of it, and compare every number with what the folder holds.

    Parameters
    ----------
    folder : of a finished sweep.
    out : keeps the sweep that was made again; not used for a row.
    run : identity of one row, from the column ``run``; the whole sweep by default.
    workers : processes; one by default.
    service_class, network, measures : what a Python program added, given again as it was.

    Returns
    -------
    Reproduction
        A verdict a table, of a row one for all its measures.

    Raises
    ------
    InputError : the folder is damaged or unfinished, or holds no such row.

    Examples
    --------
    >>> result = ss.sweep("clustering", out="first", settings=["run.replicates=2", "run.months=12"])
    >>> dict(reproduce_sweep(result.folder).files)
    {'runs': True, 'events': True}
    >>> row = result.runs().iloc[3]["run"]
    >>> reproduce_sweep(result.folder, run=row).difference is None
    True
    """
    store.check_parts(folder)
    study, notes = load_experiment(folder), _version_notes(folder)
    if run is not None:
        return _row_again(study, folder, run, notes)
    own = extensions_as_run(folder, own_record(receipt_document(folder)), service_class, network, measures)
    with folder_aside(Path(tempfile.gettempdir()), "spreadsim") as place:
        again = sweep(
            study,
            out=out or place / "again",
            workers=workers or 1,
            service_class=own.service_class,
            network=own.network,
            measures=own.measures,
        )
        numbers = [_numbers(study, where) for where in (folder, again.folder)]
        if len(numbers[0]) != len(numbers[1]):
            raise InputError(
                str(folder),
                "runs",
                f"{len(numbers[0]):,} of {len(numbers[1]):,} runs are finished",
                "give the sweep command again, which goes on with the rest",
            )
        files: dict[str, bool] = {}
        differences: dict[str, str] = {}
        to_digits: list[str] = []
        for kind in dict.fromkeys(["runs", *study.experiment.outcomes.keep]):
            was, now = (_comparable(where, kind, n) for where, n in zip((folder, again.folder), numbers, strict=True))
            difference, is_close = _first_difference(kind, was, now)
            files[kind] = not difference
            if difference and is_close and notes:
                to_digits.append(kind)
            elif difference:
                differences[kind] = difference
    return Reproduction(files, next(iter(differences.values()), None), notes, tuple(to_digits))


def verify_row(folder: Path, run: str) -> Verification:
    """Find out whether a row is what was written, and whether it belongs to the folder's own inputs; nothing is run.

    Parameters
    ----------
    folder : of the sweep.
    run : identity of the row, from the column ``run``.

    Returns
    -------
    Verification
        A verdict for the part that holds the row, and one for its identity, computed again from scenario, point,
        levers, replicate and version of the code.

    Raises
    ------
    InputError : there is no such row, or it was made by a version of the code with other inputs.

    Examples
    --------
    >>> result = ss.sweep("clustering", out="first", settings=["run.replicates=2", "run.months=12"])
    >>> verification = verify_row(result.folder, result.runs().iloc[0]["run"])
    >>> verification.is_whole, len(verification.verdicts)
    (True, 2)
    """
    study = load_experiment(folder)
    row = stored_run(study, folder, run)
    rules = str(store.read_identity(folder).get("rules", ""))
    job = Job(study, rules, network_digest(study.scenario))
    setting = setting_identity(job, as_document(study.scenario), row.values, row.strategy, row.levers)
    is_own = run_identity(setting, row.replicate) == run
    if not is_own and rules != sweep_identity():
        raise InputError(
            str(folder),
            "rules",
            "was made by another version of the code, which computes identities otherwise",
            "verify the row with the version that its provenance.json names",
        )
    part = {row.part.relative_to(folder).as_posix(): row.sha256}
    return Verification({**verified(folder, part).verdicts, f"row {run}": WHOLE if is_own else CHANGED}, ())


def _version_notes(folder: Path) -> list[str]:
    """Return what the sweep was run with that is another now, in words."""
    now = {**versions(), "rules": sweep_identity()}
    then = receipt_document(folder).get("versions", {})
    then = then if isinstance(then, dict) else {}
    return [f"{name}: {then.get(name)} then, {now[name]} now" for name in now if then.get(name) != now[name]]


def _row_again(study: Study, folder: Path, run: str, notes: list[str]) -> Reproduction:
    row: StoredRun = stored_run(study, folder, run)
    now = single_run(job_of(study), row.values, row.strategy, row.levers, row.replicate)
    different = {name: (was, now.get(name, np.nan)) for name, was in row.measures.items() if not _same(was, now, name)}
    name = f"row {run}"
    if not different:
        return Reproduction({name: True}, None, notes)
    measure, (was, is_now) = next(iter(different.items()))
    if notes and all(np.isclose(a, b, rtol=10.0**-DIGITS, atol=10.0**-DIGITS) for a, b in different.values()):
        return Reproduction({name: False}, None, notes, (name,))
    return Reproduction({name: False}, f"{name}: {measure}: was {was}, is now {is_now}", notes)


def _same(was: float, now: dict[str, float], name: str) -> bool:
    return name in now and (was == now[name] or (was != was and now[name] != now[name]))


def _numbers(study: Study, folder: Path) -> pd.Series:
    """Return the place of each run by its identity, in order of point, strategy, levers and replicate."""
    keys = ["point", "strategy", *(f.path for f in study.levers), "replicate"]
    runs = store.read_table(folder, columns=["run", *keys]).to_pandas().sort_values(keys, ignore_index=True)
    return runs.reset_index().set_index("run")["index"]


def _comparable(folder: Path, kind: str, numbers: pd.Series) -> pd.DataFrame:
    """Return a table in the order of its runs, without what depends on the version of the code."""
    frame = store.read_table(folder, kind).to_pandas()
    order = [name for name in ("number", "month", "service") if name == "number" or name in frame.columns]
    frame = frame.assign(number=frame["run"].map(numbers)).sort_values(order, kind="stable", ignore_index=True)
    return frame.drop(columns=[name for name in _NOT_COMPARED if name in frame.columns])


def _first_difference(kind: str, was: pd.DataFrame, now: pd.DataFrame) -> tuple[str, bool]:
    """Return where two tables first differ, in words, empty if nowhere; and whether all numbers agree to `DIGITS`."""
    lost = [name for name in was.columns if name not in now.columns]
    if lost:
        return f"{kind}: the new sweep has no column {lost[0]}", False
    if len(was) != len(now):
        return f"{kind}: {len(was):,} rows, now {len(now):,}", False
    first, is_close = "", True
    for column in was.columns:
        x, y = was[column].to_numpy(), now[column].to_numpy()
        unequal = np.flatnonzero(~((x == y) | (was[column].isna() & now[column].isna()).to_numpy()))
        if not len(unequal):
            continue
        row = int(unequal[0])
        first = first or f"{kind}: column {column}, row {row}: was {x[row]}, is now {y[row]}"
        close = 10.0**-DIGITS
        is_close &= x.dtype.kind == y.dtype.kind == "f" and bool(
            np.allclose(x, y, rtol=close, atol=close, equal_nan=True)
        )
    return first, is_close
