"""Assumption sets: plausible worlds in which the strategies of a scenario are compared.

What belongs here: which sets a scenario names, and which of their parameters it leaves in doubt. What does not: how the
shipped sets were made (``experiments/assumption_sets.py``) and running them (``comparison.doubt``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from spreadsim.errors import InputError, nearest
from spreadsim.parameters import Declaration, declarations
from spreadsim.scenario.beliefs import IN_DOUBT, believed, parameters_in_doubt, stated_beliefs
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import SHIPPED_SETS, shipped_folder
from spreadsim.scenario.parameter_sets import (
    ParameterSets,
    hidden_by,
    read_parameter_sets,
    read_shipped_sets,
    sets_file,
)

TABLES = tuple(dict.fromkeys(path.split(".")[0] for path in IN_DOUBT))


@lru_cache(maxsize=4)
def shipped_sets(name: str) -> ParameterSets:
    """Return assumption sets that are shipped.

    Parameters
    ----------
    name : ``published`` or ``plausible``.

    Returns
    -------
    `ParameterSets` of every parameter in doubt.

    Examples
    --------
    >>> sets = shipped_sets("plausible")
    >>> len(sets), len(sets.paths) == len(parameters_in_doubt())
    (512, True)
    """
    path = shipped_folder("assumptions") / f"{name}.csv"
    return read_shipped_sets(path, name, {path: d.kind for path, d in parameters_in_doubt().items()})


def _value(scenario: Scenario, path: str) -> Any:
    here: Any = scenario
    for part in path.split("."):
        here = getattr(here, part)
    return here


def _decided(scenario: Scenario, d: Declaration) -> bool:
    """Return whether a scenario says itself what a parameter is."""
    own = any(hidden_by(strategy, d.path) for strategy in scenario.strategies.values())
    return own or d.path in scenario.doubt.known or _value(scenario, d.path) != d.default


def _check_stated(scenario: Scenario, stated: Mapping[str, Declaration], without_effect: set[str]) -> None:
    """Refuse a belief that could have no effect, or no value."""
    file = scenario.name
    for path, declaration in stated.items():
        field, remedy = f'doubt.beliefs."{path}"', "leave the belief out"
        if path in without_effect:
            raise InputError(file, field, "is decided by the network's data", remedy)
        own = next((name for name, one in scenario.strategies.items() if hidden_by(one, path)), None)
        if own is not None:
            raise InputError(file, field, f"strategy '{own}' sets its own, so the belief would have no effect", remedy)
        assert declaration.plausible is not None
        if declaration.not_below in scenario.doubt.known and declaration.plausible[0] < _value(
            scenario, declaration.not_below
        ):
            raise InputError(file, field, f"begins below {declaration.not_below}, which is known", "raise 'low'")
        above = next((p for p, d in parameters_in_doubt().items() if d.not_below == path), None)
        if above in scenario.doubt.known and declaration.plausible[1] > _value(scenario, str(above)):
            raise InputError(file, field, f"ends above {above}, which is known", "lower 'high'")


def _as_believed(scenario: Scenario, sets: ParameterSets, stated: Mapping[str, Declaration]) -> ParameterSets:
    """Return sets with the values that the scenario's own beliefs have at each set's rank in the shipped values.

    So every part of a belief is met equally often, and what goes together in the shipped sets still does (Iman,
    Conover, Commun Stat Simul Comput 1982;11:311).
    """
    columns = dict(zip(sets.paths, map(list, zip(*sets.rows, strict=True)), strict=True))
    n = len(sets)
    for path, shipped in parameters_in_doubt().items():
        below = shipped.not_below
        if path not in columns or not (path in stated or below in stated):
            continue
        declaration = stated.get(path, shipped)
        least = columns.get(below, [_value(scenario, below)] * n) if below else [None] * n
        order = sorted(range(n), key=columns[path].__getitem__)
        for rank, row in enumerate(order):
            columns[path][row] = believed(declaration, (rank + 0.5) / n, least[row])
    return ParameterSets(sets.file, sets.paths, tuple(zip(*columns.values(), strict=True)))


def assumption_sets(scenario: Scenario, without_effect: Iterable[str] = ()) -> ParameterSets | None:
    """Return the assumption sets that a scenario is compared over.

    A parameter to which the scenario, ``--set`` or a strategy gives a value of its own is not in doubt, nor is one that
    may not lie below such a parameter, or the other way round. A parameter of which the scenario states a belief is.

    Parameters
    ----------
    scenario : any.
    without_effect : paths of parameters that data decide.

    Returns
    -------
    Sets of the parameters left in doubt; None where the scenario wants none, draws on sets of parameters in its runs,
    or leaves nothing in doubt.

    Raises
    ------
    InputError : the file of sets cannot be used, or holds fewer than two; or a belief that is stated has no effect.

    Examples
    --------
    >>> scenario = ss.load_scenario("default", ["doubt.sets=plausible", "behaviour.drift.rate=0.02"])
    >>> "behaviour.drift.rate" in assumption_sets(scenario).paths
    False
    >>> assumption_sets(ss.load_scenario("classroom")) is None
    True
    """
    name = scenario.doubt.sets
    if name == "none" or scenario.run.parameter_sets is not None:
        return None
    known, stated = set(without_effect), stated_beliefs(scenario)
    if name not in SHIPPED_SETS:
        if stated:
            raise InputError(scenario.name, "doubt.beliefs", f"the sets are those of {name}, which holds values",
                             "leave out one of doubt.beliefs and doubt.sets")  # fmt: skip
        return _own_sets(scenario)
    sets = shipped_sets(name)
    _check_stated(scenario, stated, known)
    known |= {d.path for d in declarations(Scenario) if d.path in sets.paths and _decided(scenario, d)}
    for path, declaration in parameters_in_doubt().items():
        if {path, declaration.not_below} & known and declaration.not_below:
            known |= {path, declaration.not_below}
    known -= set(stated)
    if stated:
        sets = _as_believed(scenario, sets, stated)
    kept = [j for j, path in enumerate(sets.paths) if path not in known]
    if not kept:
        return None
    return ParameterSets(
        sets.file, tuple(sets.paths[j] for j in kept), tuple(tuple(row[j] for j in kept) for row in sets.rows)
    )


def _own_sets(scenario: Scenario) -> ParameterSets:
    path = sets_file(scenario)
    assert path is not None
    if not path.is_file():
        remedy = nearest(scenario.doubt.sets, SHIPPED_SETS)
        raise InputError(scenario.name, "doubt.sets", f"there is no file '{scenario.doubt.sets}'", remedy)
    sets = read_parameter_sets(path, scenario, None, TABLES)
    if len(sets) < 2:
        raise InputError(path.name, "", "holds one set of assumptions", "give at least two rows")
    return sets


def with_doubt(scenario: Scenario, sets: str | Path) -> Scenario:
    """Return the scenario compared over other assumption sets.

    Parameters
    ----------
    scenario : any.
    sets : ``published``, ``plausible``, ``none``, or the path of a CSV file, which takes the place of stated beliefs.

    Returns
    -------
    A scenario; the one passed is left as it is.

    Raises
    ------
    InputError : there is no such file, or the scenario's runs draw on sets of parameters.

    Examples
    --------
    >>> with_doubt(ss.load_scenario("default"), "none").doubt.sets
    'none'
    """
    name = str(sets)
    if name in SHIPPED_SETS:
        doubt = scenario.doubt.model_copy(update={"sets": name})
        return scenario.model_copy(update={"doubt": doubt})
    if scenario.run.parameter_sets is not None:
        raise InputError(scenario.name, "doubt.sets", "run.parameter_sets names sets for the runs already",
                         "leave out one of them")  # fmt: skip
    path = Path(sets)
    if not path.is_file():
        raise InputError("doubt", name, "is neither a name of assumption sets nor a file", nearest(name, SHIPPED_SETS))
    doubt = scenario.doubt.model_copy(update={"sets": path.name, "beliefs": None})
    return scenario.model_copy(update={"doubt": doubt}).with_folders(scenario.folder, path.absolute().parent)
