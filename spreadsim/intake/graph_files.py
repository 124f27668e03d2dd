"""Graph files as tables: GraphML, GEXF, node-link JSON, GML, Pajek and UCINET DL.

What belongs here: nodes and edges as rows of cells, with what each reader leaves out. What does not: what their columns
mean (``recognisers``), the unsafe parts of XML, which ``network.reading.graphs`` refuses.
"""

from __future__ import annotations

import io
import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from spreadsim.errors import InputError
from spreadsim.intake import text as texts
from spreadsim.intake.ledger import Ledger
from spreadsim.network.reading.graphs import GraphSheets, read_graph
from spreadsim.network.reading.sheet import Sheet

Tables = dict[str, list[list[str]]]


def read_tables(content: bytes, file: str, ledger: Ledger, encoding: str | None = None) -> Tables:
    r"""Return the nodes and edges of a graph file.

    Parameters
    ----------
    content : of the file.
    file : its name, which says its kind.
    ledger : takes what was left out.
    encoding : of a file that is neither XML nor JSON; guessed where None.

    Returns
    -------
    Rows by table, ``services`` and ``ties`` and where there are groups ``tiers``; the first row holds the headings.

    Raises
    ------
    InputError : the file is not of that kind, or unsafe.

    Examples
    --------
    >>> read_tables(b'dl n=2 format=edgelist1\nlabels:\na,b\ndata:\n1 2 3\n', "pair.dl", Ledger())
    {'services': [['id'], ['a'], ['b']], 'ties': [['source', 'target', 'weight'], ['a', 'b', '3']]}
    """
    suffix = Path(file).suffix.lower()
    if suffix == ".xml" or suffix not in READERS:
        suffix = ".gexf" if b"<gexf" in content[:2000] else ".graphml"
    return READERS[suffix](content, file, ledger, encoding)


# --------------------------------------------------------------------------------------------------- XML and JSON


def _safe_graph(content: bytes, suffix: str, file: str) -> GraphSheets:
    with tempfile.TemporaryDirectory(prefix="spreadsim-") as folder:
        path = Path(folder) / f"graph{suffix}"
        path.write_bytes(content)
        return read_graph(path, file)


def _rows(sheet: Sheet) -> list[list[str]]:
    return [list(sheet.columns), *(list(cells) for cells in zip(*sheet.columns.values(), strict=True))]


def _tables(graph: GraphSheets) -> Tables:
    tables = {"services": _rows(graph.services), "ties": _rows(graph.ties)}
    if graph.directed:
        tables["ties"] = [[*tables["ties"][0], "directed"], *([*cells, "yes"] for cells in tables["ties"][1:])]
    if graph.tiers is not None:
        tables["tiers"] = _rows(graph.tiers)
    return tables


def _xml(content: bytes, file: str, ledger: Ledger, encoding: str | None) -> Tables:
    suffix = ".gexf" if b"<gexf" in content[:4000] else ".graphml"
    graph = _safe_graph(content, suffix, file)  # refuses what is unsafe before anything else looks at it
    _name_losses(content, file, graph, ledger)
    return _tables(graph)


def _name_losses(content: bytes, file: str, graph: GraphSheets, ledger: Ledger) -> None:
    """Say what of an XML graph is not read: counted in the file itself, independently of the reader."""
    counts: Counter[str] = Counter()
    directions: Counter[str] = Counter()
    keys: Counter[tuple[str, str]] = Counter()
    depth = nested = 0
    for event, element in ElementTree.iterparse(io.BytesIO(content), events=("start", "end")):
        tag = element.tag.rpartition("}")[2]
        if tag == "graph":
            depth += 1 if event == "start" else -1
            nested += event == "start" and depth > 1
        if event == "start":
            counts[tag] += 1
            if tag == "edge":
                mark = element.get("directed") or element.get("type")
                directions[str(mark).lower()] += 1
            if tag in ("key", "attribute"):
                keys[element.get("for", ""), element.get("attr.name") or element.get("title") or ""] += 1
    losses = [
        (counts["graph"] - nested - 1, "further graph", "only the first graph of a file is read"),
        (nested, "nested graph", "groups inside nodes are not read as levels: give them as columns"),
        (counts["default"], "default value", "what the file leaves to a default is taken as missing"),
        (counts["spell"], "spell", "when a node or tie exists is not read: it is taken as always there"),
        (counts["hyperedge"], "hyperedge", "ties of more than two services are not read"),
    ]  # fmt: skip
    for count, what, text in losses:
        if count > 0:
            ledger.add("left out", file, "", f"{count:,} {what}{'s' if count > 1 else ''}: {text}")
    if directions["directed"] + directions["true"] and directions["undirected"] + directions["false"]:
        ledger.add("left out", file, "", "some ties are marked as one-way and some not: the marks are not read")
    for (_, name), count in keys.items():
        if count > 1 and name:
            ledger.add("left out", file, name, f"{count} attributes have this name: the last one of each node is read")
    ledger.counts[file] = {"edges": counts["edge"], "edges read": len(graph.ties), "graphs": max(counts["graph"], 1)}


def _json(content: bytes, file: str, ledger: Ledger, encoding: str | None) -> Tables:
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        document = None  # the reader says in words what is wrong
    if isinstance(document, dict):
        content = _with_ids(document, file, ledger) or content
    return _tables(_safe_graph(content, ".json", file))


def _with_ids(document: dict[str, Any], file: str, ledger: Ledger) -> bytes | None:
    """Return the document with ids at the ends of its links, where it names nodes by `name` or links them by place."""
    nodes, links = document.get("nodes"), document.get("links", document.get("edges"))
    if not isinstance(nodes, list) or not isinstance(links, list):
        return None
    if not all(isinstance(item, dict) for item in (*nodes, *links)):
        return None
    changed = False
    for other in ("key", "name", "label"):
        if nodes and all("id" not in item and other in item for item in nodes):
            for item in nodes:
                item["id"] = item[other]
            ledger.add("assumed", file, "", f"nodes have no 'id': '{other}' is taken for it")
            changed = True
    ends = [item.get(end) for item in links for end in ("source", "target")]
    ids = {str(item.get("id")) for item in nodes}
    by_place = bool(ends) and all(isinstance(end, int) and 0 <= end < len(nodes) for end in ends)
    if by_place and not all(str(end) in ids for end in ends):
        for item in links:
            item["source"], item["target"] = nodes[item["source"]]["id"], nodes[item["target"]]["id"]
        ledger.add("assumed", file, "", "links name nodes by their place in the list, counted from 0")
        changed = True
    return json.dumps(document).encode() if changed else None


# --------------------------------------------------------------------------------------------------- text formats


def _networkx(read: str, kind: str) -> Callable[[bytes, str, Ledger, str | None], Tables]:
    def reader(content: bytes, file: str, ledger: Ledger, encoding: str | None) -> Tables:
        import networkx

        lines = texts.decode(content, file, ledger, encoding).splitlines()
        try:
            if read == "gml":
                graph: Any = networkx.parse_gml(lines, label="id")
            else:
                graph = networkx.parse_pajek(lines)
        except Exception as error:  # whatever a reader of untrusted text can raise
            problem = f"is not {kind} that can be read ({type(error).__name__}: {str(error)[:80]})"
            raise InputError(file, "", problem, "write it again, for example with NetworkX or Gephi") from None
        return _of_graph(graph)

    return reader


def _of_graph(graph: Any) -> Tables:
    """Return the tables of a NetworkX graph, each parallel edge on a row of its own."""
    identity = {key: str(data.get("id", "")) or str(key) for key, data in graph.nodes(data=True)}
    labels = {key: str(data.get("label", "")) for key, data in graph.nodes(data=True)}
    if all(labels.values()) and len(set(labels.values())) == len(labels):
        identity = labels  # GML numbers its nodes, and labels hold the ids
    elif not graph.nodes or isinstance(next(iter(graph.nodes)), str):
        identity = {key: str(key) for key in graph.nodes}  # Pajek numbers its nodes in 'id'
    drop = {"id", "label", "shape"}
    nodes = [{"id": identity[key], **_scalars(data, drop)} for key, data in graph.nodes(data=True)]
    edges = [
        {"source": identity[a], "target": identity[b], **_scalars(data, {"id", "key"})}
        for a, b, data in graph.edges(data=True)
    ]
    if graph.is_directed():
        edges = [{**edge, "directed": "yes"} for edge in edges]
    return {"services": _records(nodes, ("id",)), "ties": _records(edges, ("source", "target"))}


def _scalars(data: dict[str, Any], drop: set[str]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in data.items():
        items = value.items() if isinstance(value, dict) else ((name, value),)
        for key, item in items:
            if key not in drop and not isinstance(item, (dict, list, tuple)):
                flat[key] = "" if item is None else f"{item:.12g}" if isinstance(item, float) else str(item)
    return flat


def _records(records: list[dict[str, str]], required: tuple[str, ...]) -> list[list[str]]:
    names = list(dict.fromkeys((*required, *(name for record in records for name in record))))
    return [names, *([record.get(name, "") for name in names] for record in records)]


def _dl(content: bytes, file: str, ledger: Ledger, encoding: str | None) -> Tables:
    """Return the tables of a UCINET DL file: full matrix, edge list or node list, with or without labels."""
    text = texts.decode(content, file, ledger, encoding)
    head, marker, data = re.split(r"(\bdata\s*:)", text, maxsplit=1, flags=re.IGNORECASE) if re.search(
        r"\bdata\s*:", text, re.IGNORECASE) else (text, "", "")  # fmt: skip
    size = re.search(r"\bn\s*=\s*(\d+)", head, re.IGNORECASE)
    if not marker or size is None:
        raise InputError(file, "", "is not a DL file that can be read", "it needs 'DL n=...' and 'data:'")
    n = int(size.group(1))
    named = re.search(r"\bformat\s*=\s*(\w+)", head, re.IGNORECASE)
    layout = named.group(1).lower() if named else "fullmatrix"
    embedded = re.search(r"labels\s+embedded", head, re.IGNORECASE) is not None
    listing = re.search(r"\blabels\s*:(.*)", head, re.IGNORECASE | re.DOTALL)
    labels = re.findall(r'"[^"]*"|[^\s,]+', listing.group(1)) if listing and not embedded else []
    ids = [label.strip('"') for label in labels] or ([] if embedded else [str(k + 1) for k in range(n)])
    if not embedded and len(ids) != n:
        raise InputError(file, "labels", f"{len(ids)} labels for n={n}", "give one label to each node")
    lines = [re.findall(r'"[^"]*"|[^\s,]+', line) for line in data.splitlines()]
    lines = [[cell.strip('"') for cell in cells] for cells in lines if cells]

    def identity(cell: str) -> str:
        if embedded:
            if cell not in ids:
                ids.append(cell)
            return cell
        if cell.isdigit() and 1 <= int(cell) <= n:
            return ids[int(cell) - 1]
        raise InputError(
            file, "data", f"'{cell}' is not a node from 1 to {n}", "correct it, or declare labels embedded"
        )

    ties: list[dict[str, str]] = []
    if layout == "fullmatrix":
        if embedded:
            ids, lines = lines[0], [cells[1:] for cells in lines[1:]]
        values = [cell for cells in lines for cell in cells]
        if len(values) != n * n:
            raise InputError(file, "data", f"{len(values):,} values for a matrix of {n} by {n}", "write it again")
        for place, value in enumerate(values):
            if value not in ("0", "0.0"):
                ties.append({"source": ids[place // n], "target": ids[place % n], "weight": value})
    elif layout in ("edgelist1", "nodelist1"):
        for cells in lines:
            ends = [cells[1:2]] if layout == "edgelist1" else [[cell] for cell in cells[1:]]
            for end in ends:
                if not end:
                    raise InputError(file, "data", f"'{' '.join(cells)}' names one node", "name both ends of each tie")
                tie = {"source": identity(cells[0]), "target": identity(end[0])}
                ties.append(tie | ({"weight": cells[2]} if layout == "edgelist1" and len(cells) > 2 else {}))
    else:
        raise InputError(file, "format", f"'{layout}' is not read", "write it as fullmatrix, edgelist1 or nodelist1")
    directed = [{**tie, "directed": "yes"} for tie in ties] if layout == "fullmatrix" and not _symmetric(ties) else ties
    return {"services": [["id"], *([each] for each in ids)], "ties": _records(directed, ("source", "target"))}


def _symmetric(ties: list[dict[str, str]]) -> bool:
    pairs = {(tie["source"], tie["target"]): tie.get("weight") for tie in ties}
    return all(pairs.get((b, a)) == weight for (a, b), weight in pairs.items())


READERS: dict[str, Callable[[bytes, str, Ledger, str | None], Tables]] = {
    ".graphml": _xml,
    ".gexf": _xml,
    ".xml": _xml,
    ".json": _json,
    ".gml": _networkx("gml", "GML"),
    ".net": _networkx("pajek", "Pajek"),
    ".paj": _networkx("pajek", "Pajek"),
    ".dl": _dl,
}
