"""Graph files (GraphML, GEXF, node-link JSON), turned into the same tables that CSV files give.

What belongs here: refusing what is unsafe in an untrusted file, and nodes and edges as sheets.
What does not: what the attributes mean (``files``).

Notes
-----
NetworkX reads the two XML formats, after a pass that refuses document types and entities. Node-link JSON is taken
apart here, because NetworkX would merge repeated nodes and ties without a word.
"""

from __future__ import annotations

import io
import json
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np

from spreadsim.errors import InputError
from spreadsim.network.reading.sheet import Sheet
from spreadsim.network.reading.tables import read_bytes

SUFFIXES = (".graphml", ".gexf", ".json")
MAX_DEPTH = 64
Node = tuple[str, dict[str, Any]]
Edge = tuple[str, str, dict[str, Any]]


@dataclass(frozen=True)
class GraphSheets:
    """A graph file as tables.

    Attributes
    ----------
    services, ties : nodes and edges.
    tiers : nodes of kind ``group``; None where there are none.
    directed : whether the file says that ties run one way.

    Examples
    --------
    >>> text = '{"nodes": [{"id": "a"}, {"id": "b"}], "links": [{"source": "a", "target": "b"}], "directed": false}'
    >>> characters = Path("pair.json").write_text(text)
    >>> read_graph(Path("pair.json"), "pair.json").services.columns["id"]
    ['a', 'b']
    """

    services: Sheet
    ties: Sheet
    tiers: Sheet | None
    directed: bool


@dataclass
class _Outline:
    """What one pass over an XML file finds, before anything is built from it."""

    ids: list[str] = field(default_factory=list)
    depth: int = 0


def read_graph(path: Path, label: str) -> GraphSheets:
    """Return a graph file as tables.

    Parameters
    ----------
    path : a GraphML, GEXF or node-link JSON file.
    label : its name in errors.

    Returns
    -------
    `GraphSheets`.

    Raises
    ------
    InputError : the file is unsafe, or not of the format its name says.

    Examples
    --------
    >>> characters = Path("empty.json").write_text('{"nodes": [], "links": []}')
    >>> len(read_graph(Path("empty.json"), "empty.json").ties)
    0
    """
    content = read_bytes(path, label)
    if path.suffix.lower() == ".json":
        nodes, edges, directed = _from_json(content, label)
    else:
        nodes, edges, directed = _from_xml(path, content, label)
    return _sheets(nodes, edges, directed, label)


# --------------------------------------------------------------------------------------------------- XML


def _outline(content: bytes, label: str) -> _Outline:
    outline = _Outline()
    parser = expat.ParserCreate()

    def refuse(*_: Any) -> None:
        remedy = "remove the <!DOCTYPE ...>: it is not needed, and is unsafe"
        raise InputError(label, "", "declares a document type or an entity", remedy)

    def start(name: str, attributes: dict[str, str]) -> None:
        outline.depth += 1
        if outline.depth > MAX_DEPTH:
            raise InputError(label, "", f"is nested more than {MAX_DEPTH} deep", "write it as a flat graph")
        if name.rpartition(":")[2] == "node":
            outline.ids.append(attributes.get("id", ""))

    def end(_: str) -> None:
        outline.depth -= 1

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise InputError(
            label,
            f"line {error.lineno}",
            f"is not well-formed XML ({expat.ErrorString(error.code)})",
            "write the file again",
        ) from None
    return outline


def _from_xml(path: Path, content: bytes, label: str) -> tuple[list[Node], list[Edge], bool]:
    import warnings

    import networkx

    outline = _outline(content, label)
    is_gexf = path.suffix.lower() == ".gexf"
    seen: set[str] = set()
    for identity in outline.ids:
        if identity in seen:
            raise InputError(label, "id", f"two nodes have the id '{identity}'", "give each node an id of its own")
        seen.add(identity)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            source = io.BytesIO(content)
            graph: Any = networkx.read_gexf(source) if is_gexf else networkx.read_graphml(source)
    except Exception as error:  # whatever a reader of untrusted XML can raise
        kind = "GEXF" if is_gexf else "GraphML"
        raise InputError(
            label,
            "",
            f"is not {kind} that can be read ({type(error).__name__}: {error})",
            "write it again, for example with NetworkX or Gephi",
        ) from None
    nodes: list[Node] = []
    for key, data in graph.nodes(data=True):
        if str(key) in seen:  # the others are ends of edges that no node declares
            values = {name: value for name, value in data.items() if not isinstance(value, (dict, list))}
            if is_gexf and "name" not in values:
                values["name"] = values.pop("label", "")
            values.pop("label", None)
            nodes.append((str(key), values))
    edges: list[Edge] = [(str(a), str(b), data) for a, b, data in graph.edges(data=True)]
    for _, _, data in edges:
        data.pop("id", None)  # of the edge itself
    return nodes, edges, bool(graph.is_directed())


# --------------------------------------------------------------------------------------------------- JSON


def _from_json(content: bytes, label: str) -> tuple[list[Node], list[Edge], bool]:
    remedy = "write it with networkx.node_link_data"
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError(label, "", "is not UTF-8 text", "save it as UTF-8") from None
    except RecursionError:
        raise InputError(label, "", "is nested too deeply", remedy) from None
    except ValueError as error:
        raise InputError(label, "", f"is not valid JSON ({error})", remedy) from None
    if not isinstance(document, dict):
        raise InputError(label, "", "is not a table of nodes and links", remedy)
    links = "links" if "links" in document else "edges"
    for name in ("nodes", links):
        items = document.get(name)
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise InputError(label, name, "is not a list of tables", remedy)
    nodes = []
    for number, item in enumerate(document["nodes"], start=1):
        if not isinstance(item.get("id"), (str, int, float)) or isinstance(item.get("id"), bool):
            raise InputError(label, f"node {number}", "has no id", "give each node an id")
        nodes.append((str(item["id"]), {key: value for key, value in item.items() if key != "id"}))
    edges = []
    for number, item in enumerate(document[links], start=1):
        if "source" not in item or "target" not in item:
            raise InputError(label, f"edge {number}", "has no source or no target", "name both ends of each edge")
        rest = {key: value for key, value in item.items() if key not in ("source", "target")}
        edges.append((str(item["source"]), str(item["target"]), rest))
    return nodes, edges, document.get("directed") is True


# --------------------------------------------------------------------------------------------------- sheets


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _table(
    label: str, records: list[dict[str, Any]], numbers: list[int], required: tuple[str, ...], unit: str
) -> Sheet:
    names = list(dict.fromkeys((*required, *(name for record in records for name in record))))
    columns = {name: [_text(record.get(name)) for record in records] for name in names}
    return Sheet(label, columns, np.array(numbers, dtype=np.int64), unit)


def _sheets(nodes: list[Node], edges: list[Edge], directed: bool, label: str) -> GraphSheets:
    # A node may carry its service's own id as an attribute (as ours do), under a key that only numbers it.
    identity = {key: _text(data.get("id")) or key for key, data in nodes}
    groups = {key for key, data in nodes if data.get("kind", "service") != "service"}
    lines = [(a, b) for a, b, data in edges if data.get("kind") == "line"]
    roots = [key for key, data in nodes if key in groups and data.get("level", "root") == "root"]
    parents = _parents(lines, roots, groups, directed, label)
    services: list[dict[str, Any]] = []
    tiers: list[dict[str, Any]] = []
    service_numbers: list[int] = []
    tier_numbers: list[int] = []
    for number, (key, data) in enumerate(nodes, start=1):
        record = {**data, "id": identity[key]}
        record.pop("kind", None)
        if key in parents:
            record["parent"] = identity[parents[key]]
        (tiers if key in groups else services).append(record)
        (tier_numbers if key in groups else service_numbers).append(number)
    ties: list[dict[str, Any]] = []
    tie_numbers = []
    for number, (a, b, data) in enumerate(edges, start=1):
        if data.get("kind") != "line":
            scalars = {name: value for name, value in data.items() if not isinstance(value, (dict, list))}
            ties.append({**scalars, "source": identity.get(a, a), "target": identity.get(b, b)})
            tie_numbers.append(number)
    return GraphSheets(
        services=_table(label, services, service_numbers, ("id",), "node"),
        ties=_table(label, ties, tie_numbers, ("source", "target"), "edge"),
        tiers=_table(label, tiers, tier_numbers, ("id", "parent", "level"), "node") if tiers else None,
        directed=directed,
    )


def _parents(
    lines: list[tuple[str, str]], roots: list[str], groups: set[str], directed: bool, label: str
) -> dict[str, str]:
    """Return the group above each node: lines run downwards, and away from the roots in an undirected graph."""
    parents: dict[str, str] = {}
    if directed:
        for parent, child in lines:
            if child in parents:
                raise InputError(label, child, "has two parents", "keep one edge of kind 'line' into it")
            parents[child] = parent
    else:
        if lines and not roots:
            raise InputError(label, "level", "no group is the root of the hierarchy", "give the top group level='root'")
        beside: dict[str, list[str]] = {}
        for a, b in lines:
            beside.setdefault(a, []).append(b)
            beside.setdefault(b, []).append(a)
        front, seen = deque(roots), set(roots)
        while front:
            group = front.popleft()
            for child in beside.get(group, []):
                if child in seen:
                    if parents.get(group) != child:
                        raise InputError(label, child, "has two parents", "keep one edge of kind 'line' above it")
                    continue
                seen.add(child)
                parents[child] = group
                if child in groups:
                    front.append(child)
    for child, parent in parents.items():
        if parent not in groups:
            raise InputError(label, child, f"its parent '{parent}' is not a group", "mark the parent kind='group'")
    return parents
