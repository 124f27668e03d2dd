"""Sets of parameters that a comparison draws on, so that its intervals cover uncertainty about them as well as chance.

What belongs here: reading a table whose columns are fields of a scenario and whose rows are sets, and the scenario as
one set has it. Replicate r takes row r modulo the number of rows, for every strategy alike, so that differences stay
paired.
What does not: how the sets were found (``fitting.fitting``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spreadsim.errors import InputError, nearest
from spreadsim.input_files import read_text
from spreadsim.parameters import Declaration
from spreadsim.scenario.document import Scenario, Strategy
from spreadsim.scenario.files import MAX_BYTES, SHIPPED_SETS, inside_folder
from spreadsim.scenario.paths import fields_that_vary
from spreadsim.scenario.validation import as_document, validate, with_setting

# What all strategies and replicates share, or a strategy says for itself, cannot differ from set to set.
TABLES = ("behaviour", "intervention", "programme", "cost")


@dataclass(frozen=True)
class ParameterSets:
    """A table of parameters.

    Attributes
    ----------
    file : the table's name.
    paths : fields of the scenario, one a column.
    rows : values, one row a set.

    Examples
    --------
    >>> sets = ParameterSets("sets.csv", ("behaviour.drift.rate",), ((0.01,), (0.02,)))
    >>> len(sets), sets.scenario(ss.load_scenario("default"), replicate=3).behaviour.drift.rate
    (2, 0.02)
    """

    file: str
    paths: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def __len__(self) -> int:
        return len(self.rows)

    def scenario(self, base: Scenario, replicate: int) -> Scenario:
        """Return the scenario with the set of a replicate.

        Raises
        ------
        InputErrors : a value is out of bounds, or the values do not go together.
        """
        place = replicate % len(self.rows)
        document = as_document(base)
        for path, value in zip(self.paths, self.rows[place], strict=True):
            document = with_setting(document, path.split("."), value, self.file)
        return validate(document, f"{self.file}: line {place + 2}", base.folder)


def hidden_by(strategy: Strategy, path: str) -> bool:
    """Return whether a strategy gives a field of the scenario a value of its own.

    Parameters
    ----------
    strategy : of the scenario.
    path : dotted, of the field.

    Returns
    -------
    A boolean.

    Examples
    --------
    >>> blend = ss.load_scenario("default").strategies["blend"]
    >>> hidden_by(blend, "behaviour.drift.rate")
    False
    """
    own, parts = strategy.model_dump(exclude_unset=True, exclude_none=True), path.split(".")
    hidden = parts[0] == "programme" and parts[1] in own
    hidden |= path == "intervention.mechanism_clarity" and "mechanism_clarity" in own
    hidden |= parts[0] == "intervention" and parts[-1] == "codification" and "codification" in own
    return hidden or path in own.get("overrides", {})


def check_path(scenario: Scenario, path: str, file: str, tables: Sequence[str] = TABLES) -> Declaration:
    """Return what is by_path of a field that may differ from set to set.

    Parameters
    ----------
    scenario : whose field it is.
    path : dotted, of the field.
    file : that names the field, for errors.
    tables : of the scenario whose fields may differ.

    Returns
    -------
    The field's `Declaration`.

    Raises
    ------
    InputError : there is no such number, it is shared by all sets, or a strategy sets its own.

    Examples
    --------
    >>> check_path(ss.load_scenario("default"), "behaviour.drift.rate", "sets.csv").plausible
    (0.0, 0.03)
    """
    by_path = {name: d for name, d in fields_that_vary(scenario).items() if name.split(".")[0] in tables}
    if path not in by_path:
        raise InputError(file, path, "is not a field that a set of parameters can hold", nearest(path, by_path))
    if by_path[path].kind not in ("number", "integer"):
        raise InputError(file, path, "is not a number", "leave out the column")
    for name, strategy in scenario.strategies.items():
        if hidden_by(strategy, path):
            raise InputError(file, path, f"strategy '{name}' sets its own, so the sets would have no effect there",
                             "remove it from the strategy, or leave out the column")  # fmt: skip
    return by_path[path]


def read_parameter_sets(
    path: Path, scenario: Scenario, label: str | None = None, tables: Sequence[str] = TABLES
) -> ParameterSets:
    r"""Return the sets of a CSV file whose header holds fields of the scenario.

    Parameters
    ----------
    path : of the file.
    scenario : whose fields the columns are.
    label : the file's name in errors; its own if None.
    tables : of the scenario whose fields may differ from set to set.

    Returns
    -------
    The sets, in the file's order.

    Raises
    ------
    InputError : the file cannot be read, holds no set, or a column or cell cannot be used.

    Examples
    --------
    >>> _ = Path("sets.csv").write_text("behaviour.drift.rate,cost.revision\n0.01,0.2\n0.02,0.3\n")
    >>> sets = read_parameter_sets(Path("sets.csv"), ss.load_scenario("default"))
    >>> sets.paths, sets.rows
    (('behaviour.drift.rate', 'cost.revision'), ((0.01, 0.2), (0.02, 0.3)))
    """
    file = label or path.name
    return _table(path, file, lambda name: check_path(scenario, name, file, tables).kind)


def read_shipped_sets(path: Path, label: str, kinds: Mapping[str, str]) -> ParameterSets:
    r"""Return the sets of a file that is shipped, whose columns are of no scenario in particular.

    Parameters
    ----------
    path : of the file.
    label : that the sets are called by.
    kinds : of the parameters that may be columns, ``number`` or ``integer`` by path.

    Returns
    -------
    The sets, in the file's order.

    Raises
    ------
    InputError : the file cannot be read, or names another parameter.

    Examples
    --------
    >>> _ = Path("sets.csv").write_text("behaviour.drift.rate\n0.01\n")
    >>> read_shipped_sets(Path("sets.csv"), "mine", {"behaviour.drift.rate": "number"}).rows
    ((0.01,),)
    """

    def kind(name: str) -> str:
        if name not in kinds:
            raise InputError(label, name, "is not a parameter in doubt", nearest(name, kinds))
        return kinds[name]

    return _table(path, label, kind)


def _table(path: Path, file: str, kind_of: Callable[[str], str]) -> ParameterSets:
    text = read_text(path, file, MAX_BYTES, "a table of parameters")
    try:
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise InputError(file, "", f"cannot be read ({error})", "give a CSV file in UTF-8") from None
    header, body = (lines[0] if lines else []), [line for line in lines[1:] if line]
    if not header or not body:
        raise InputError(file, "", "holds no set of parameters", "give a header of fields, and one row for each set")
    if len(set(header)) != len(header):
        raise InputError(file, "", "names a column twice", "give each field once")
    kinds = [kind_of(name) for name in header]
    return ParameterSets(
        file, tuple(header), tuple(_row(line, header, kinds, file, n) for n, line in enumerate(body, 2))
    )


def _row(line: Sequence[str], header: Sequence[str], kinds: Sequence[str], file: str, number: int) -> tuple[Any, ...]:
    if len(line) != len(header):
        raise InputError(file, f"line {number}", f"has {len(line)} cells for {len(header)} columns", "correct the line")
    values: list[Any] = []
    for text, name, kind in zip(line, header, kinds, strict=True):
        try:
            values.append(int(text) if kind == "integer" else float(text))
        except ValueError:
            raise InputError(file, f"line {number}: {name}", f"{text!r} is not a number", "correct it") from None
    return tuple(values)


def with_parameter_sets(scenario: Scenario, path: Path) -> Scenario:
    """Return the scenario with its sets of parameters in another file.

    Parameters
    ----------
    scenario : any.
    path : of the file.

    Returns
    -------
    A scenario; the one passed is left as it is.

    Examples
    --------
    >>> with_parameter_sets(ss.load_scenario("default"), Path("sets.csv")).run.parameter_sets
    'sets.csv'
    """
    run = scenario.run.model_copy(update={"parameter_sets": path.name})
    return scenario.model_copy(update={"run": run}).with_folders(scenario.folder, path.absolute().parent)


def sets_file(scenario: Scenario) -> Path | None:
    """Return the file of the scenario's sets of parameters, or of its assumption sets; None if it has neither.

    Parameters
    ----------
    scenario : any.

    Returns
    -------
    The path of the file, which need not exist.

    Raises
    ------
    InputError : the path leaves the folder of the file that names it, or no file does.

    Examples
    --------
    >>> print(sets_file(ss.load_scenario("default")))
    None
    >>> sets_file(with_parameter_sets(ss.load_scenario("default"), Path("sets.csv"))).name
    'sets.csv'
    """
    name, field = scenario.run.parameter_sets, "run.parameter_sets"
    if name is None and scenario.doubt.sets not in SHIPPED_SETS:
        name, field = scenario.doubt.sets, "doubt.sets"
    if name is None:
        return None
    if scenario.sets_folder is None:
        raise InputError(scenario.name, field, "has no file to be relative to", "load it from a file")
    return inside_folder(scenario.sets_folder, name, field, scenario.name)


def with_sets_file(scenario: Scenario, name: str) -> Scenario:
    """Return the scenario with another name for the file of its sets.

    Parameters
    ----------
    scenario : that has one (`sets_file`).
    name : of the file, from the folder of the scenario's own.

    Returns
    -------
    A scenario; the one passed is left as it is.

    Examples
    --------
    >>> scenario = with_parameter_sets(ss.load_scenario("default"), Path("sets.csv"))
    >>> with_sets_file(scenario, "inputs/sets.csv").run.parameter_sets
    'inputs/sets.csv'
    """
    if scenario.run.parameter_sets is not None:
        return scenario.model_copy(update={"run": scenario.run.model_copy(update={"parameter_sets": name})})
    return scenario.model_copy(update={"doubt": scenario.doubt.model_copy(update={"sets": name})})


def sets_of_scenario(scenario: Scenario) -> ParameterSets | None:
    """Return the sets that the scenario names, None if it names none.

    Parameters
    ----------
    scenario : any.

    Returns
    -------
    The sets, as `read_parameter_sets` reads them.

    Raises
    ------
    InputError : the file cannot be used.

    Examples
    --------
    >>> print(sets_of_scenario(ss.load_scenario("default")))
    None
    """
    path = sets_file(scenario) if scenario.run.parameter_sets is not None else None
    return None if path is None else read_parameter_sets(path, scenario)
