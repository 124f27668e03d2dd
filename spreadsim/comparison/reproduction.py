"""Making a results folder again from its receipt.

What belongs here: reading the receipt, running what it says, and naming the first thing that differs.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.comparison.folder import write_comparison, write_frontier
from spreadsim.drivers.extensions import NetworkSource
from spreadsim.errors import InputError
from spreadsim.input_files import read_text
from spreadsim.measures import Measure
from spreadsim.telling.atomic import RECEIPT, folder_aside
from spreadsim.telling.folder import hashes, read_parquet, versions
from spreadsim.telling.reproduction import DIGITS, Reproduction, extensions_as_run
from spreadsim.telling.verification import CHANGED, WHOLE, own_record, receipt_document, verified

if TYPE_CHECKING:
    from spreadsim.drivers.agents import Service

MAX_TEXT = 200_000_000  # bytes of a result that is text
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def read_receipt(folder: Path) -> dict[str, Any]:
    """Return the receipt of a results folder.

    Parameters
    ----------
    folder : path of a results folder.

    Returns
    -------
    The receipt, by name.

    Raises
    ------
    InputError : the folder has none, or its inputs are no longer those that were run.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> read_receipt(comparison.save("saved"))["seed"]
    1
    """
    receipt = receipt_document(folder)
    inputs, command = receipt.get("inputs", {}), receipt.get("options")
    words = str(receipt.get("command", "")).split()
    if words[1:2] == ["calibrate"]:
        raise InputError(
            str(folder), RECEIPT, "belongs to a calibration, which keeps what was fitted but not its data",
            f"run its command again where the data are: {receipt['command']}",
        )  # fmt: skip
    if words[1:2] in (["advise"], ["fit"]):
        raise InputError(
            str(folder),
            RECEIPT,
            f"belongs to '{words[1]}', which this command cannot reproduce",
            f"run {words[1]} again with the options in the receipt",
        )
    is_frontier = words[1:2] == ["frontier"]
    sound = (
        isinstance(inputs, dict)
        and isinstance(command, dict)
        and isinstance(receipt.get("results"), dict)
        and isinstance(receipt.get("versions", {}), dict)
        and words[1:2] in (["compare"], ["frontier"])
        and command.get("driver") in ("compiled", "mesa")
        and (isinstance(command.get("replicates"), int) if is_frontier else {"frontier", "events"} <= set(command))
    )
    if not sound:
        raise InputError(str(folder), RECEIPT, "is not a receipt", "name a results folder of spreadsim")
    for name, verdict in verified(folder, inputs).verdicts.items():
        if verdict != WHOLE:
            raise InputError(
                str(folder), str(name), "is not the input that was run", "use the folder as it was written"
            )
    return receipt


def same_to_digits(was: Path, now: Path) -> bool:
    """Return whether two results hold the same but for what is beyond the first `DIGITS` digits of their numbers.

    Parameters
    ----------
    was, now : two Parquet files or two text files.

    Returns
    -------
    bool
        False also where one of them is missing, or cannot be read.

    Examples
    --------
    >>> for name, value in (("a", "0.30000000000000004"), ("b", "0.3"), ("c", "0.31")):
    ...     _ = Path(f"{name}.json").write_text(value)
    >>> same_to_digits(Path("a.json"), Path("b.json")), same_to_digits(Path("a.json"), Path("c.json"))
    (True, False)
    """
    if not was.is_file() or not now.is_file():
        return False
    close = 10.0**-DIGITS
    if was.suffix == ".parquet":
        try:
            a, b = read_parquet(was), read_parquet(now)
        except InputError:
            return False
        if list(a.columns) != list(b.columns) or len(a) != len(b):
            return False
        for column in a.columns:
            x, y = a[column].to_numpy(), b[column].to_numpy()
            if x.dtype.kind == "f" and y.dtype.kind == "f":
                if not np.allclose(x, y, rtol=close, atol=close, equal_nan=True):
                    return False
            elif not a[column].equals(b[column]):
                return False
        return True
    try:
        first, second = (read_text(path, path.name, MAX_TEXT) for path in (was, now))
    except InputError:
        return False
    if _NUMBER.split(first) != _NUMBER.split(second):
        return False
    x, y = (np.array([float(n) for n in _NUMBER.findall(text)]) for text in (first, second))
    return bool(np.allclose(x, y, rtol=close, atol=close))


def _first_difference(name: str, was: Path, now: Path) -> str:
    """Say in words where two results first differ."""
    if not was.exists() or not now.exists():
        return f"{name}: {'missing in the folder' if not was.exists() else 'missing in the new run'}"
    try:
        if was.suffix != ".parquet":
            first, second = (read_text(path, path.name, MAX_TEXT).splitlines() for path in (was, now))
            for number, (x, y) in enumerate(zip(first, second, strict=False), start=1):
                if x != y:
                    return f"{name}: line {number}: was {x.strip()[:80]!r}, is now {y.strip()[:80]!r}"
            return f"{name}: a different length"
        a, b = read_parquet(was), read_parquet(now)
    except InputError as error:
        return f"{name}: {error.problem}"
    if list(a.columns) != list(b.columns):
        return f"{name}: different columns"
    if len(a) != len(b):
        return f"{name}: {len(a)} rows, now {len(b)}"
    for column in a.columns:
        x, y = a[column].to_numpy(), b[column].to_numpy()
        unequal = np.flatnonzero(~((x == y) | ((x != x) & (y != y))))
        if len(unequal):
            row = int(unequal[0])
            return f"{name}: column {column}, row {row}: was {x[row]}, is now {y[row]}"
    return f"{name}: the same values in different bytes (another version of the Parquet library)"


def reproduce(
    folder: str | Path,
    out: str | Path | None = None,
    *,
    workers: int | None = None,
    service_class: type[Service] | None = None,
    network: NetworkSource | None = None,
    measures: Sequence[Measure] = (),
) -> Reproduction:
    """Make a results folder again, and compare every result with what the folder holds.

    Parameters
    ----------
    folder : a results folder.
    out : keeps what was made again, in a folder that does not exist yet.
    workers : runs side by side.
    service_class, network, measures : what the Python program added to the run, given again as it was; each is held
        against its identity in the receipt.

    Returns
    -------
    `Reproduction`.

    Raises
    ------
    InputError : the folder has no receipt, or was run with something that only Python had and that is not given.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> folder = comparison.save("first")
    >>> all(ss.reproduce(folder, workers=1).files.values())
    True
    """
    from spreadsim.comparison.comparison import compare, frontier
    from spreadsim.scenario.files import load_scenario

    folder = Path(folder)
    receipt = read_receipt(folder)
    options = receipt["options"]
    extensions = extensions_as_run(folder, own_record(receipt), service_class, network, measures)
    own: dict[str, Any] = {
        "service_class": extensions.service_class, "network": extensions.network, "measures": extensions.measures
    }  # fmt: skip
    old_versions, new_versions = receipt.get("versions", {}), versions()
    notes = [
        f"{name}: {old_versions.get(name)} then, {new_versions[name]} now"
        for name in new_versions
        if old_versions.get(name) != new_versions[name]
    ]
    scenario = load_scenario(folder / "scenario.toml")
    with folder_aside(Path(tempfile.gettempdir()), "spreadsim") as place:
        target = Path(out) if out is not None else place / "again"
        if receipt["command"].split()[1:2] == ["frontier"]:
            levers = options.get("levers") or None
            new_frontier = frontier(
                scenario,
                levers=levers,
                replicates=options["replicates"],
                driver=options["driver"],
                workers=workers,
                progress=True,
                **own,
            )
            write_frontier(
                new_frontier,
                scenario,
                target,
                levers=levers,
                replicates=options["replicates"],
                driver=options["driver"],
                extensions=extensions,
            )
        else:
            comparison = compare(
                scenario,
                driver=options["driver"],
                frontier=bool(options["frontier"]),
                all_events=bool(options["events"]),
                workers=workers,
                progress=True,
                **own,
            )
            write_comparison(
                comparison,
                target,
                all_events=bool(options["events"]),
                report=bool(options.get("report", True)),
            )
        receipt_hashes, new_hashes = receipt["results"], hashes(target)
        names = sorted(
            set(receipt_hashes) | {n for n in new_hashes if n != "scenario.toml" and not n.startswith("inputs/")}
        )
        verdicts = verified(folder, receipt_hashes).verdicts
        files = {
            name: receipt_hashes.get(name) == new_hashes.get(name) and verdicts.get(name) == WHOLE for name in names
        }
        to_digits = tuple(
            name for name, same in files.items()
            if not same and notes and verdicts.get(name) == WHOLE and same_to_digits(folder / name, target / name)
        )  # fmt: skip
        different = next((name for name, same in files.items() if not same and name not in to_digits), None)
        difference = None
        if different is not None:
            if verdicts.get(different, WHOLE) == WHOLE or verdicts[different] == CHANGED:
                difference = _first_difference(different, folder / different, target / different)
            else:
                difference = f"{different}: missing in the folder, or no regular file"
            if verdicts.get(different, WHOLE) != WHOLE:
                difference += " (the folder no longer holds what its receipt says)"
        return Reproduction(files, difference, notes, to_digits)
