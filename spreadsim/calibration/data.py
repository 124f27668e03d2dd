"""What calibration reads beside the network: covariates, groups and people named outside the survey.

What belongs here: columns of the scenario's table of services as a design, and the table written again with a column of
readiness. What does not: the columns that every reader of a network knows (``network.reading.columns``).
"""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np

from spreadsim.calibration.likelihood import DesignMatrix
from spreadsim.errors import InputError, nearest
from spreadsim.network.reading.faults import FaultLog
from spreadsim.network.reading.files import files_of_scenario, network_files
from spreadsim.network.reading.graphs import read_graph
from spreadsim.network.reading.sheet import Sheet
from spreadsim.network.reading.tables import read_sheet
from spreadsim.scenario.document import Scenario

CATEGORY = "category"
MAX_CATEGORIES = 20
MAX_GROUPS = 400


def services_sheet(scenario: Scenario) -> Sheet:
    """Return the scenario's table of services as text.

    Parameters
    ----------
    scenario : with a network read from files.

    Returns
    -------
    Cells by column.

    Examples
    --------
    >>> import pandas as pd
    >>> months = [1, 2, 3, 3, 4, 4, 5, None] * 2
    >>> pd.DataFrame({"id": range(16), "readiness": 0.5, "adopted_month": months}).to_csv("services.csv", index=False)
    >>> pd.DataFrame({"source": range(16), "target": np.roll(range(16), -1)}).to_csv("ties.csv", index=False)
    >>> scenario = ss.load_scenario("default", ["network.source=file", "network.path=."]).with_folders(Path())
    >>> sheet = services_sheet(scenario)
    >>> len(sheet), list(sheet.columns)
    (16, ['id', 'readiness', 'adopted_month'])
    """
    path = files_of_scenario(scenario)
    if not path.is_dir():
        return read_graph(path, path.name).services
    name = scenario.network.services_file or "services.csv"
    return read_sheet(path / name, name, FaultLog())


def _cells(sheet: Sheet, name: str, option: str) -> list[str]:
    if name not in sheet.columns:
        raise InputError(sheet.file, option, f"there is no column '{name}'", nearest(name, sheet.columns))
    return sheet.columns[name]


def _numbers(sheet: Sheet, name: str, option: str) -> np.ndarray:
    result = np.full(len(sheet), np.nan)
    for i, cell in enumerate(_cells(sheet, name, option)):
        if cell in ("", "NA", "nan"):
            continue
        try:
            result[i] = float(cell)
        except ValueError:
            result[i] = np.inf
        if not np.isfinite(result[i]):
            remedy = f"correct it, or give {name}={CATEGORY}" if option == "covariate" else "correct it"
            raise InputError(
                sheet.file, f"{sheet.unit} {sheet.row_numbers[i]}: {name}", f"'{cell}' is not a number", remedy
            )
    return result


def outside_counts(sheet: Sheet, name: str) -> np.ndarray:
    """Return how many people outside the survey each service named.

    Parameters
    ----------
    sheet : the table of services.
    name : of the column that counts them.

    Returns
    -------
    Counts, one a service; 0 where the cell is empty.

    Raises
    ------
    InputError : there is no such column, or it holds what is not a number of at least 0.

    Examples
    --------
    >>> sheet = Sheet("services.csv", {"id": ["a", "b"], "outside": ["2", ""]}, [2, 3])
    >>> outside_counts(sheet, "outside")
    array([2., 0.])
    """
    values = np.nan_to_num(_numbers(sheet, name, "outside-column"), nan=0.0)
    if np.any(values < 0):
        row = int(sheet.row_numbers[int(np.argmax(values < 0))])
        raise InputError(sheet.file, f"{sheet.unit} {row}: {name}", f"{values.min():g} is negative", "give a count")
    return values


def covariate_design(sheet: Sheet, covariates: tuple[str, ...]) -> tuple[DesignMatrix, list[str]]:
    """Return the covariates as columns, and notes of what was filled.

    A numeric column counts in its standard deviations from its mean, so that an effect is an odds ratio a standard
    deviation; a gap takes the mean, and a category's gap is a category of its own.

    Parameters
    ----------
    sheet : the table of services.
    covariates : names of columns; ``NAME=category`` makes a column of each of its values but the most frequent.

    Returns
    -------
    The columns, and notes in sentences.

    Raises
    ------
    InputError : no such column, text that is not a number, a column that does not vary, too many categories.

    Examples
    --------
    >>> sheet = Sheet("services.csv", {"id": ["a", "b", "c"], "size": ["1", "3", ""]}, [2, 3, 4])
    >>> design, notes = covariate_design(sheet, ("size",))
    >>> design.values[:, 0].tolist(), len(notes)
    ([-1.0, 1.0, 0.0], 1)
    """
    design, notes = DesignMatrix.empty(len(sheet)), []
    for text in covariates:
        name, _, kind = text.partition("=")
        if kind not in ("", CATEGORY):
            raise InputError(
                "--covariate", text, f"'{kind}' is not a kind of covariate", f"give NAME or NAME={CATEGORY}"
            )
        cells = _cells(sheet, name, "covariate")
        if kind == CATEGORY:
            design = design.with_columns(_categories(sheet, name, cells))
            continue
        values = _numbers(sheet, name, "covariate")
        present = ~np.isnan(values)
        if present.sum() < 2 or float(np.std(values[present])) == 0.0:
            raise InputError(sheet.file, name, "does not vary", "leave it out")
        mean, spread = float(values[present].mean()), float(values[present].std())
        if not present.all():
            notes.append(
                f"{name}: missing in {int((~present).sum()):,} of {len(present):,}; the mean, {mean:.3g}, is used."
            )
        column = np.where(present, (values - mean) / spread, 0.0)
        label = f"{name} (odds ratio for {spread:.3g} more)"
        design = design.with_columns(DesignMatrix(column[:, None], (name,), (label,)))
    return design, notes


def _categories(sheet: Sheet, name: str, cells: list[str]) -> DesignMatrix:
    different, place, count = np.unique(
        np.array(cells, dtype=object).astype(str), return_inverse=True, return_counts=True
    )
    if not 2 <= len(different) <= MAX_CATEGORIES:
        raise InputError(
            sheet.file,
            name,
            f"holds {len(different)} different values",
            f"2 to {MAX_CATEGORIES} are categories that can be fitted",
        )
    usual = int(np.argmax(count))
    others = [k for k in range(len(different)) if k != usual]
    labels = [different[k] or "missing" for k in others]
    return DesignMatrix(
        np.stack([(place == k).astype(np.float64) for k in others], axis=1),
        tuple(f"{name}={value}" for value in labels),
        tuple(f"{name} {value} (odds ratio against {different[usual] or 'missing'})" for value in labels),
    )


def group_design(group: np.ndarray, names: tuple[str, ...]) -> DesignMatrix:
    """Return groups as columns that sum to 0 over groups: each is a group's log odds against the mean of groups.

    The last group has no column: it is what the others leave.

    Parameters
    ----------
    group : number of the group of each service.
    names : of the groups.

    Returns
    -------
    One column fewer than there are groups.

    Examples
    --------
    >>> group_design(np.array([0, 1, 2]), ("North", "South", "West")).values
    array([[ 1.,  0.],
           [ 0.,  1.],
           [-1., -1.]])
    """
    n = len(names)
    values = np.zeros((len(group), n - 1))
    for g in range(n - 1):
        values[group == g, g] = 1.0
    values[group == n - 1] = -1.0
    columns = tuple(f"group {name}" for name in names[:-1])
    return DesignMatrix(values, columns, columns)


def has_groups(group: np.ndarray, names: tuple[str, ...]) -> bool:
    """Return whether effects of groups can be fitted: 2 to 400 groups, and everyone in one.

    Parameters
    ----------
    group : number of the group of each service, -1 where it has none.
    names : of the groups.

    Returns
    -------
    True where they can.

    Examples
    --------
    >>> has_groups(np.array([0, 1, 1]), ("North", "South")), has_groups(np.array([0, 1, -1]), ("North", "South"))
    (True, False)
    """
    return 2 <= len(names) <= MAX_GROUPS and bool(np.all(group >= 0))


def with_readiness(scenario: Scenario, readiness: np.ndarray, place: Path) -> Scenario:
    """Write the scenario's network again with a column of readiness.

    Parameters
    ----------
    scenario : with a network read from a folder of tables.
    readiness : from 0 to 1, one a service.
    place : folder to write in.

    Returns
    -------
    The scenario that reads what was written.

    Raises
    ------
    InputError : the network is one graph file.

    Examples
    --------
    >>> import pandas as pd
    >>> Path("net").mkdir()
    >>> pd.DataFrame({"id": range(3), "adopted_month": [1, 2, None]}).to_csv("net/services.csv", index=False)
    >>> pd.DataFrame({"source": [0, 1], "target": [1, 2]}).to_csv("net/ties.csv", index=False)
    >>> scenario = ss.load_scenario("default", ["network.source=file", "network.path=net"]).with_folders(Path())
    >>> fitted = with_readiness(scenario, np.array([0.2, 0.5, 0.8]), Path("fitted"))
    >>> services_sheet(fitted).columns["readiness"]
    ['0.2', '0.5', '0.8']
    """
    source = files_of_scenario(scenario)
    if not source.is_dir():
        raise InputError(
            scenario.name,
            "network.path",
            "a graph file takes no fitted column of readiness",
            "keep services and ties as CSV tables in a folder, or choose an explanation without covariates and groups",
        )
    target = place / source.name
    target.mkdir(parents=True)
    name = scenario.network.services_file or "services.csv"
    for file in network_files(source, scenario.network):
        shutil.copyfile(file, target / file.name)
    sheet = services_sheet(scenario)
    own = {"readiness", scenario.network.columns.get("readiness")}
    other_columns = {column: cells for column, cells in sheet.columns.items() if column not in own}
    with (target / name).open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow([*other_columns, "readiness"])
        for i, row in enumerate(zip(*other_columns.values(), strict=True)):
            writer.writerow([*row, repr(float(readiness[i]))])
    columns = {ours: theirs for ours, theirs in scenario.network.columns.items() if ours != "readiness"}
    network = scenario.network.model_copy(update={"path": source.name, "columns": columns})
    return scenario.model_copy(update={"network": network}).with_folders(place, scenario.sets_folder)
