"""Reading a real network: services, the hierarchy above them and their ties, with every fault named.

What belongs here: what the columns of a network's tables mean, what is checked, repaired or refused, and what is drawn
because no file holds it. What does not: CSV (``tables``), graph files (``graphs``), the tree of groups (``groups``).

A folder holds services.csv (``id``; and what `SERVICE_COLUMNS` names), ties.csv (``source``, ``target``; ``weight``,
``kind``) and perhaps tiers.csv (``id``, ``parent``, ``level``; ``name``). No path leaves the folder.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from spreadsim.errors import InputError, InputErrors, nearest
from spreadsim.input_files import is_file, is_folder, read_json
from spreadsim.network.attributes import draw_attributes, regional_deviation
from spreadsim.network.data import Network, Ties, ties_from_pairs
from spreadsim.network.provenance import refuse_without_effect, ties_in_words
from spreadsim.network.reading.affinity import affinity_pools
from spreadsim.network.reading.columns import (
    SERVICE_COLUMNS,
    TIE_COLUMNS,
    TIER_COLUMNS,
    adoption,
    attributes,
    identities,
    peer_ties,
)
from spreadsim.network.reading.faults import Fault, FaultLog
from spreadsim.network.reading.graphs import SUFFIXES, read_graph
from spreadsim.network.reading.groups import read_hierarchy
from spreadsim.network.reading.sheet import Sheet
from spreadsim.network.reading.tables import read_sheet
from spreadsim.network.ties import pairs_by_affinity, pairs_by_level
from spreadsim.scenario.files import inside_folder, load_scenario, shipped_folder
from spreadsim.scenario.network_options import NetworkFileOptions

if TYPE_CHECKING:
    import networkx

    from spreadsim.scenario.document import Scenario

__all__ = ["Fault", "NetworkFile", "NetworkFileOptions", "draw_missing", "load_network", "read_network"]

LEDGER = "ledger.json"
MAX_LEDGER_BYTES = 50_000_000


@dataclass(frozen=True)
class NetworkFile:
    r"""A network as it was read.

    Attributes
    ----------
    network : services, hierarchy and ties; what no file holds is drawn and named in ``network.drawn``.
    faults : every fault in the files, each `Fault` noted or repaired (a refused one is an error instead).
    given : columns of the tables that were used.
    drawn : what the scenario's distributions supplied, in whole or for some rows.
    adopted_period : for each service the period in which it adopted, nan where it did not, shape (n,); None where no
        file holds it.
    observed_periods : number of the last period observed; 0 where adoption is not known.
    period_months : months in a period.

    Examples
    --------
    >>> from pathlib import Path
    >>> Path("pair").mkdir()
    >>> lines = Path("pair/services.csv").write_text("id,readiness\na,0.4\nb,0.6\n")
    >>> lines = Path("pair/ties.csv").write_text("source,target\na,b\n")
    >>> pair = ss.load_network("pair")
    >>> pair.network.n, pair.given, pair.graph.number_of_edges()
    (2, ('id', 'readiness', 'source', 'target'), 3)
    """

    network: Network
    faults: tuple[Fault, ...] = ()
    given: tuple[str, ...] = ()
    drawn: tuple[str, ...] = ()
    adopted_period: np.ndarray | None = None
    observed_periods: int = 0
    period_months: int = 1

    @property
    def graph(self) -> networkx.Graph:
        """The network as a NetworkX graph."""
        return self.network.graph

    @property
    def adopted_month(self) -> np.ndarray | None:
        """For each service the month by the end of which it had adopted, nan where it did not; None where not known."""
        return None if self.adopted_period is None else self.adopted_period * self.period_months

    def metrics(self, rewirings: int = 0) -> dict[str, Any]:
        """Return the description of the network and, where adoption is known, the standard metrics of adoption.

        Parameters
        ----------
        rewirings : number of rewired networks for the structure test, which takes time; 0 leaves it out.

        Returns
        -------
        ``structure`` (`network.structure.structure`) and ``adoption`` (`network.adoption_summary`), None where no file
        holds times of adoption.
        """
        from spreadsim.network.adoption_summary import adoption_summary
        from spreadsim.network.structure import structure

        result: dict[str, Any] = {"structure": structure(self.network.ties, self.network.hierarchy), "adoption": None}
        if self.adopted_period is not None:
            first = 0 if np.any(self.adopted_period == 0) else 1
            result["adoption"] = adoption_summary(
                self.network.ties,
                self.adopted_period,
                self.observed_periods + 1 - first,
                first_period=first,
                rewirings=rewirings,
            )
        return result


# --------------------------------------------------------------------------------------------------- reading


@dataclass(frozen=True)
class _Tables:
    """What was found: the tables with our names for their columns, and whether a graph file says it is directed."""

    services: Sheet
    ties: Sheet | None
    tiers: Sheet | None
    directed: bool | None = None


def read_network(path: Path, options: NetworkFileOptions, scenario: Scenario, replicate: int = 0) -> NetworkFile:
    r"""Return a real network.

    Parameters
    ----------
    path : a folder of CSV files, or one GraphML, GEXF or node-link JSON file; it stands instead of ``options.path``.
    options : names of files and columns, and how ties are meant.
    scenario : supplies what no file holds, the limits of readiness and the distance of homophily.
    replicate : number of the replicate whose draws supply what no file holds.

    Returns
    -------
    `NetworkFile`.

    Raises
    ------
    InputError : a file cannot be read at all.
    InputErrors : values that cannot be used; its attribute ``faults`` holds every fault in the files.

    Examples
    --------
    >>> Path("two").mkdir()
    >>> lines = Path("two/services.csv").write_text("id\na\nb\n")
    >>> file = read_network(Path("two"), NetworkFileOptions(), load_scenario("classroom"))
    >>> file.network.ids, file.drawn[:2]
    (('a', 'b'), ('deprivation', 'context'))
    """
    log = FaultLog()
    tables = _tables(Path(path), options, log)
    ids, names = identities(tables.services, log)
    if not ids:
        log.raise_refused()
    hierarchy, above = read_hierarchy(tables.services, tables.tiers, options.hierarchy_columns, log)
    directed = _is_directed(options, tables, log)
    ties = None
    if tables.ties is not None:
        ties = peer_ties(tables.ties, ids, options, directed, log)
    values = attributes(tables.services, scenario, log)
    affinity = scenario.network.affinity
    pools = affinity_pools(tables.services, values, affinity, tables.ties is not None, log)
    adoption_period, observed = adoption(tables.services, options, log)
    _unknown_columns(tables, (*above, *affinity.groups), log)
    log.raise_refused()
    facts: dict[str, Any] = {"observed": values, "ties_observed": ties is not None}
    if pools is not None:
        facts["pools"] = pools
    facts |= _of_ledger(Path(path))
    for name, repaired in log.repaired_places.items():
        if name in values:
            earlier = facts["repaired"].get(name, frozenset())
            facts["repaired"][name] = earlier | {ids[i] for i in repaired}
    for name in ("map_x", "map_y"):
        if name in values:
            facts[name] = values.pop(name)
    if adoption_period is not None:
        facts["adopted_month"] = adoption_period * options.period_months
    blank = Network(
        ids=ids,
        names=names,
        attributes={},
        hierarchy=hierarchy,
        ties=ties if ties is not None else Ties(np.zeros(len(ids) + 1, np.int64), np.empty(0, np.int32), np.empty(0)),
        homophily_distance=scenario.network.peer_ties.homophily_distance,
        facts=facts,
    )
    network = draw_missing(blank, scenario, replicate)
    refuse_without_effect(scenario.settings, network, "--set")
    if ties is None:
        remedy = f"ties are {ties_in_words(network, scenario.network.model_copy(update={'source': 'file'}))}"
        log.add("noted", Path(path).name, "", "there is no table of ties", remedy)
    columns = [name for name in tables.services.columns if name in SERVICE_COLUMNS or name in above]
    columns += [name for name in (tables.ties.columns if tables.ties is not None else ()) if name in TIE_COLUMNS]
    return NetworkFile(
        network=network,
        faults=tuple(log.faults),
        given=tuple(dict.fromkeys(columns)),
        drawn=network.drawn,
        adopted_period=adoption_period,
        observed_periods=observed,
        period_months=options.period_months,
    )


def load_network(path: str | Path, scenario: str | Path = "default", **options: Any) -> NetworkFile:
    r"""Return a real network, with what is missing drawn from a scenario (the shipped ``default``).

    Parameters
    ----------
    path : a folder with services.csv and ties.csv, or one GraphML, GEXF or node-link JSON file.
    scenario : a shipped scenario's name, or a path.
    options : fields of `NetworkFileOptions`, for example ``services_file="nodes.csv"``.

    Returns
    -------
    `NetworkFile`.

    Raises
    ------
    InputError, InputErrors : an option or a file cannot be used.

    Examples
    --------
    >>> from pathlib import Path
    >>> Path("three").mkdir()
    >>> lines = Path("three/services.csv").write_text("id,region\na,north\nb,north\nc,south\n")
    >>> lines = Path("three/ties.csv").write_text("source,target\na,b\nb,c\n")
    >>> file = ss.load_network("three")
    >>> file.network.hierarchy.levels, file.metrics()["structure"]["ties"]
    (('region',), 2)
    """
    fields = NetworkFileOptions.model_fields
    for name in options:
        if name not in fields:
            raise InputError("python", name, "unknown name", nearest(name, fields))
    try:
        file_options = NetworkFileOptions.model_validate(options)
    except ValidationError as failure:
        raise InputErrors(
            [
                InputError(
                    "python",
                    ".".join(str(step) for step in error["loc"]),
                    f"{error['input']!r} cannot be used",
                    f"{error['msg'][0].lower()}{error['msg'][1:]}",
                )
                for error in failure.errors(include_url=False)
            ]
        ) from None
    return read_network(Path(path), file_options, load_scenario(scenario))


def _tables(path: Path, options: NetworkFileOptions, log: FaultLog) -> _Tables:
    columns = (*SERVICE_COLUMNS, *TIE_COLUMNS, *TIER_COLUMNS)
    for name in options.columns:
        if name not in columns:
            raise InputError("columns", name, "is not a column that is read", nearest(name, dict.fromkeys(columns)))
    if is_folder(path):
        tables = _folder(path, options, log)
    elif path.suffix.lower() in SUFFIXES and is_file(path):
        sheets = read_graph(path, path.name)
        tables = _Tables(sheets.services, sheets.ties, sheets.tiers, sheets.directed)
    elif is_file(path):
        is_table = path.suffix.lower() == ".csv"
        remedy = "name the folder it is in" if is_table else f"give a folder, or a file of {', '.join(SUFFIXES)}"
        raise InputError(path.name, "", "is not a network that can be read", remedy)
    else:
        raise InputError(path.name, "", "there is no such folder or file", "check the path")
    headers = {name for sheet in (tables.services, tables.ties) if sheet is not None for name in sheet.columns}
    for name, header in options.columns.items():
        if header not in headers:
            raise InputError(
                tables.services.file,
                f"columns.{name}",
                f"there is no column '{header}'",
                nearest(header, sorted(headers)),
            )
    return _Tables(
        tables.services.rename(options.columns),
        tables.ties.rename(options.columns) if tables.ties is not None else None,
        tables.tiers,
        tables.directed,
    )


def _folder(path: Path, options: NetworkFileOptions, log: FaultLog) -> _Tables:
    present = sorted(entry.name for entry in path.iterdir() if entry.suffix.lower() in (".csv", *SUFFIXES))

    def sheet(name: str, option: str, required: bool) -> Sheet | None:
        file = inside_folder(path, name, option, path.name)
        if not file.is_file():
            if not required:
                return None
            listing = f"found: {', '.join(present[:10])}" if present else "the folder has no CSV file"
            remedy = f"name it with {option} ({listing})" if option else f"add it ({listing})"
            raise InputError(path.name, "", f"there is no {name}", remedy)
        return read_sheet(file, name, log)

    services = sheet(options.services_file or "services.csv", "services_file", True)
    ties = sheet(options.ties_file or "ties.csv", "ties_file", options.ties_file is not None)
    if ties is None and len([name for name in present if name.endswith(".csv")]) > 1 and options.services_file:
        others = [name for name in present if name.endswith(".csv") and name != options.services_file]
        log.add(
            "noted",
            path.name,
            "ties_file",
            f"there is no ties.csv, but {', '.join(others[:5])}",
            "name the table of ties with ties_file, if it is one of them",
        )
    assert services is not None
    return _Tables(services, ties, sheet("tiers.csv", "", False))


def _of_ledger(path: Path) -> dict[str, Any]:
    """Return what the ledger of an import says of cells: which were put right, and what was joined from where."""
    file = path / LEDGER
    facts: dict[str, Any] = {"repaired": {}, "joined": {}}
    if not file.is_file():
        return facts
    document = read_json(file, LEDGER, MAX_LEDGER_BYTES, "a ledger")
    try:
        facts["repaired"] = {str(name): frozenset(map(str, ids)) for name, ids in document.get("repaired", {}).items()}
        for name, files in document.get("joined", {}).items():
            facts["joined"][str(name)] = {
                str(file): None if ids is None else frozenset(map(str, ids)) for file, ids in files.items()
            }
    except (AttributeError, TypeError) as error:
        remedy = "take the one that the import wrote, or remove it"
        raise InputError(LEDGER, "", f"is no ledger of an import ({error})", remedy) from None
    return facts


def _is_directed(options: NetworkFileOptions, tables: _Tables, log: FaultLog) -> bool:
    if options.directed is False and options.influence is not None:
        log.add("refused", "network", "influence", "has no meaning where directed = false", "leave one of them out")
    if options.directed is not None:
        return options.directed
    if options.influence is None and tables.directed:
        log.add(
            "noted",
            tables.services.file,
            "directed",
            "the file says that ties run one way",
            "the target of a tie is assumed to influence its source; otherwise set influence",
        )
    return options.influence is not None or bool(tables.directed)


def _unknown_columns(tables: _Tables, above: tuple[str, ...], log: FaultLog) -> None:
    """Note columns that are not read, with the name that the first near miss may have been meant for."""
    for sheet, columns in (
        (tables.services, SERVICE_COLUMNS),
        (tables.ties, TIE_COLUMNS),
        (tables.tiers, TIER_COLUMNS),
    ):
        others = [name for name in (sheet.columns if sheet else ()) if name not in columns and name not in above]
        if sheet is None or not others:
            continue
        free = [column for column in columns if column not in sheet.columns]
        close = {name: difflib.get_close_matches(name.lower(), free, n=1, cutoff=0.8) for name in others}
        meant = next((f"; is '{name}' meant as '{matches[0]}'?" for name, matches in close.items() if matches), "")
        noun = "this column is" if len(others) == 1 else "these columns are"
        label = ", ".join(others[:8]) + (f" and {len(others) - 8} more" if len(others) > 8 else "")
        log.add("noted", sheet.file, label, f"{noun} not read", f"ignored{meant}")


# --------------------------------------------------------------------------------------------------- what is drawn


def draw_missing(network: Network, scenario: Scenario, replicate: int) -> Network:
    r"""Return a network that was read, with what its files do not hold drawn for a replicate.

    Values of the files stay as they are. Where a row's deprivation is missing it is drawn on the scale of the others
    (their mean and standard deviation, and no further than they go). Readiness and capability that are drawn follow the
    deprivation of the files, in standard deviations, by the scenario's slopes. Without a table of ties, ties are picked
    as in a generated network, and by affinity where the scenario says so.

    Parameters
    ----------
    network : as it was read.
    scenario : supplies what no file holds.
    replicate : number of the replicate.

    Returns
    -------
    A `Network` with every attribute and with ties.

    Examples
    --------
    >>> Path("four").mkdir()
    >>> lines = Path("four/services.csv").write_text("id,readiness\na,0.4\nb,0.6\nc,0.5\nd,0.5\n")
    >>> network = load_network("four").network
    >>> draw_missing(network, load_scenario("default"), 1)["readiness"].tolist()
    [0.4, 0.6, 0.5, 0.5]
    """
    observed: Mapping[str, np.ndarray] = network.facts["observed"]
    number = replicate if scenario.network.redraw else 0
    values = draw_attributes(scenario, network.hierarchy, number)
    if "deprivation" in observed:
        values.update(
            _draws_around_deprivation(observed["deprivation"], values["deprivation"], scenario, network, number)
        )
    missing = [name for name in values if name not in observed or bool(np.any(np.isnan(observed[name])))]
    for name in observed:
        values[name] = np.where(np.isnan(observed[name]), values[name], observed[name])
    if "context" in observed and "regional_context" not in observed:
        values["regional_context"] = regional_deviation(values["context"], network.hierarchy)
    ties = network.ties
    if not network.facts["ties_observed"]:
        missing.append("ties")
        table = scenario.network.model_copy(update={"services": network.n})
        pairs = pairs_by_level(table, network.hierarchy, scenario.run.seed, [number])
        if "pools" in network.facts:
            more = pairs_by_affinity(table.affinity, network.facts["pools"], scenario.run.seed, [number])
            pairs = np.concatenate([pairs[0], more[0]]), np.concatenate([pairs[1], more[1]])
        ties = ties_from_pairs(network.n, *pairs)
    return replace(network, attributes=values, ties=ties, drawn=tuple(missing))


def _draws_around_deprivation(
    observed: np.ndarray, standard_draws: np.ndarray, scenario: Scenario, network: Network, number: int
) -> dict[str, Any]:
    """Return deprivation without gaps, and readiness and capability drawn around it."""
    finite = observed[~np.isnan(observed)]
    middle, spread = float(finite.mean()), float(finite.std())
    # No draw lies beyond what was observed: a score below nought is none.
    inside = np.clip(np.round(middle + spread * standard_draws, 6), finite.min(), finite.max())
    deprivation = np.where(np.isnan(observed), inside, observed)
    standard = (deprivation - middle) / spread if spread > 0 else np.zeros(len(observed))
    values = draw_attributes(scenario, network.hierarchy, number, standard)
    return {"deprivation": deprivation, "readiness": values["readiness"], "capability": values["capability"]}


# --------------------------------------------------------------------------------------------------- of a scenario


def files_of_scenario(scenario: Scenario) -> Path:
    """Return the folder or file that a scenario's [network] names.

    It lies in the scenario's own folder, in the folder that the user's ``SPREADSIM_DATA`` names, or among the shipped
    scenarios, so that a copy of a shipped scenario runs anywhere.

    Parameters
    ----------
    scenario : with the path of a network.

    Returns
    -------
    A path that exists.

    Raises
    ------
    InputError : the path leaves the folder, or nothing is there.

    Examples
    --------
    >>> scenario = load_scenario("classroom", ["network.source=file", "network.path=nowhere"])
    >>> files_of_scenario(scenario)
    Traceback (most recent call last):
    spreadsim.errors.InputError: ...
    """
    name = scenario.network.path or ""
    places = [scenario.folder or Path()]
    if os.environ.get("SPREADSIM_DATA"):
        places.append(Path(os.environ["SPREADSIM_DATA"]))
    places.append(shipped_folder("scenarios"))
    for place in places:
        path = inside_folder(place, name, "network.path", scenario.name)
        if path.exists():
            return path
    raise InputError(
        scenario.name,
        "network.path",
        f"there is no '{name}' beside the scenario file",
        f"put the data there (spreadsim scenarios --copy NAME writes a shipped scenario beside your data), or name the "
        f"folder that holds '{name}' in SPREADSIM_DATA",
    )


def network_files(path: Path, options: NetworkFileOptions) -> list[Path]:
    r"""Return the files that a network is read from.

    Parameters
    ----------
    path : a folder of CSV files, or one graph file.
    options : names of the files.

    Returns
    -------
    The file itself, or the tables in the folder.

    Examples
    --------
    >>> Path("five").mkdir()
    >>> lines = Path("five/services.csv").write_text("id\na\n")
    >>> [file.name for file in network_files(Path("five"), NetworkFileOptions())]
    ['services.csv']
    """
    if not path.is_dir():
        return [path]
    names = (options.services_file or "services.csv", options.ties_file or "ties.csv", "tiers.csv", LEDGER)
    files = [inside_folder(path, name, "network.path", path.name) for name in names]
    return [file for file in files if file.is_file()]


def network_of_scenario(scenario: Scenario, replicate: int, like: Network | None) -> Network:
    r"""Return the network that a scenario's files describe, with what they do not hold drawn for a replicate.

    Parameters
    ----------
    scenario : with the path of a network.
    replicate : number of the replicate.
    like : the network of another replicate, which spares reading the files again.

    Returns
    -------
    A `Network`.

    Raises
    ------
    InputError, InputErrors : the files cannot be used.

    Examples
    --------
    >>> Path("six").mkdir()
    >>> lines = Path("six/services.csv").write_text("id\na\nb\n")
    >>> scenario = load_scenario("classroom", ["network.source=file", "network.path=six"])
    >>> network_of_scenario(scenario.with_folders(Path()), 0, None).ids
    ('a', 'b')
    """
    if like is None:
        network_file = read_network(files_of_scenario(scenario), scenario.network, scenario, replicate)
        facts = {**network_file.network.facts, "faults": [str(fault) for fault in network_file.faults]}
        return replace(network_file.network, facts=facts)
    return draw_missing(like, scenario, replicate)
