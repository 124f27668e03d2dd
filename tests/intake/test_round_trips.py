"""A network written in every format is read back the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spreadsim as ss
from tests.intake.exports import write_text, write_workbook


@dataclass(frozen=True)
class Drawn:
    """A network: ids, weights by pair."""

    ids: list[str]
    ties: dict[tuple[str, str], int]

    @property
    def edges(self) -> list[list[str]]:
        return [[a, b, str(w)] for (a, b), w in self.ties.items()]

    @property
    def graph(self) -> Any:
        graph = networkx.Graph()
        graph.add_nodes_from(self.ids)
        graph.add_weighted_edges_from([(a, b, w) for (a, b), w in self.ties.items()])
        return graph

    def weight(self, a: str, b: str) -> int:
        return self.ties.get((a, b), self.ties.get((b, a), 0))


IDS = st.lists(
    st.from_regex(r"[A-Z][a-zé]{2,5} ?[1-9]", fullmatch=True),
    min_size=4,
    max_size=9,
    unique_by=lambda x: x.casefold().replace(" ", ""),
)


@st.composite
def networks(draw: st.DrawFn) -> Drawn:
    """Return a network of which every service has a tie."""
    ids = draw(IDS)
    pairs = [(ids[k], ids[(k + 1) % len(ids)]) for k in range(len(ids))]
    more = draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids)), max_size=6))
    ties: dict[tuple[str, str], int] = {}
    for a, b in [*pairs, *more]:
        if a != b and (b, a) not in ties:
            ties[a, b] = draw(st.integers(1, 9))
    return Drawn(ids, ties)


def _text(separator: str, encoding: str) -> Callable[[Path, Drawn], list[Path]]:
    def write(folder: Path, net: Drawn) -> list[Path]:
        services = write_text(folder / "s.csv", [["id", "name"], *([i, "é" + i] for i in net.ids)], separator, encoding)
        return [
            services,
            write_text(folder / "t.csv", [["source", "target", "weight"], *net.edges], separator, encoding),
        ]

    return write


def _workbook(folder: Path, net: Drawn) -> list[Path]:
    sheets = {"S": [["id"], *([i] for i in net.ids)], "T": [["From", "To", "Weight"], *net.edges]}
    return [write_workbook(folder / "n.xlsx", sheets)]


def _parquet(folder: Path, net: Drawn) -> list[Path]:
    pd.DataFrame({"id": net.ids}).to_parquet(folder / "s.parquet")
    pd.DataFrame([(a, b, w) for (a, b), w in net.ties.items()], columns=["source", "target", "weight"]).to_parquet(
        folder / "t.parquet"
    )
    return [folder / "s.parquet", folder / "t.parquet"]


def _graph(suffix: str, write: Callable[[Any, Path], None]) -> Callable[[Path, Drawn], list[Path]]:
    def to_file(folder: Path, net: Drawn) -> list[Path]:
        write(net.graph, folder / f"n{suffix}")
        return [folder / f"n{suffix}"]

    return to_file


def _json(links: str, by_place: bool) -> Callable[[Path, Drawn], list[Path]]:
    def write(folder: Path, net: Drawn) -> list[Path]:
        place: dict[str, Any] = {identity: k if by_place else identity for k, identity in enumerate(net.ids)}
        ties = [{"source": place[a], "target": place[b], "value": w} for (a, b), w in net.ties.items()]
        document = {"nodes": [{"id": identity} for identity in net.ids], links: ties}
        (folder / "n.json").write_text(json.dumps(document), encoding="utf-8")
        return [folder / "n.json"]

    return write


def _dl(layout: str) -> Callable[[Path, Drawn], list[Path]]:
    def write(folder: Path, net: Drawn) -> list[Path]:
        labels = ",".join(f'"{identity}"' for identity in net.ids)
        place = {identity: str(k + 1) for k, identity in enumerate(net.ids)}
        if layout == "fullmatrix":
            data = "\n".join(" ".join(str(net.weight(a, b)) for b in net.ids) for a in net.ids)
        else:
            data = "\n".join(f"{place[a]} {place[b]} {w}" for (a, b), w in net.ties.items())
        head = f"dl n={len(net.ids)} format={layout}\nlabels:\n{labels}\ndata:\n{data}\n"
        (folder / "n.dl").write_text(head, encoding="utf-8")
        return [folder / "n.dl"]

    return write


def _matrix(folder: Path, net: Drawn) -> list[Path]:
    rows = [["", *net.ids], *([a, *(str(net.weight(a, b)) for b in net.ids)] for a in net.ids)]
    return [write_text(folder / "m.csv", rows)]


def _edges_alone(folder: Path, net: Drawn) -> list[Path]:
    return [write_text(folder / "t.csv", [["source", "target", "weight"], *net.edges])]


FORMATS: dict[str, Callable[[Path, Drawn], list[Path]]] = {
    "commas": _text(",", "utf-8"),
    "semicolons": _text(";", "utf-8-sig"),
    "tabs, UTF-16": _text("\t", "utf-16"),
    "bars, Windows-1252": _text("|", "cp1252"),
    "workbook": _workbook,
    "Parquet": _parquet,
    "GraphML": _graph(".graphml", networkx.write_graphml),
    "GEXF": _graph(".gexf", networkx.write_gexf),
    "GML": _graph(".gml", networkx.write_gml),
    "Pajek": _graph(".net", networkx.write_pajek),
    "JSON, links": _json("links", False),
    "JSON, edges": _json("edges", False),
    "JSON by place": _json("links", True),
    "DL matrix": _dl("fullmatrix"),
    "DL edge list": _dl("edgelist1"),
    "matrix": _matrix,
    "edge list alone": _edges_alone,
}


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=8)
@given(net=networks())
def test_a_network_is_read_back_as_it_was_written(
    name: str, net: Drawn, tmp_path_factory: pytest.TempPathFactory
) -> None:
    network = ss.import_network(FORMATS[name](tmp_path_factory.mktemp("net"), net))
    assert not network.ledger.questions
    assert sorted(network.services.columns["id"]) == sorted(net.ids)
    assert network.ties is not None
    columns = network.ties.columns
    read = {
        frozenset((a, b)): float(w)
        for a, b, w in zip(columns["source"], columns["target"], columns["weight"], strict=True)
    }
    assert read == {frozenset(pair): float(w) for pair, w in net.ties.items()}


@given(net=networks())
def test_survey_columns_are_ties_one_way(net: Drawn, tmp_path_factory: pytest.TempPathFactory) -> None:
    names = {identity: [b for a, b in net.ties if a == identity] for identity in net.ids}
    most = max(map(len, names.values()))
    heads = ["id", *(f"net{k + 1}" for k in range(most))]
    rows = [[i, *names[i], *[""] * (most - len(names[i]))] for i in net.ids]
    network = ss.import_network(write_text(tmp_path_factory.mktemp("net") / "s.csv", [heads, *rows]))
    assert network.ties is not None
    assert network.ties.directed
    assert set(zip(network.ties.columns["source"], network.ties.columns["target"], strict=True)) == set(net.ties)


@pytest.mark.parametrize("heads", [[], [["from", "to"]]])
def test_an_edge_list_of_codes_needs_no_headings(heads: list[list[str]], tmp_path: Path) -> None:
    file = write_text(tmp_path / "t.csv", [*heads, ["A81001", "A81002"], ["A81002", "A81003"], ["A81003", "A81001"]])
    network = ss.import_network(file)
    assert network.services.columns["id"] == ["A81001", "A81002", "A81003"]
    assert network.ties is not None
    assert len(network.ties) == 3


@pytest.mark.parametrize("ids", [("", ""), ('id="e1"', 'id="e2"')])
def test_weights_of_parallel_edges_are_summed_with_and_without_ids(ids: tuple[str, str], tmp_path: Path) -> None:
    text = (
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
        '<key id="w" for="edge" attr.name="weight" attr.type="double"/>'
        '<graph edgedefault="undirected"><node id="a"/><node id="b"/>'
        f'<edge {ids[0]} source="a" target="b"><data key="w">2</data></edge>'
        f'<edge {ids[1]} source="a" target="b"><data key="w">3</data></edge></graph></graphml>'
    )
    (tmp_path / "n.graphml").write_text(text)
    network = ss.import_network(tmp_path / "n.graphml")
    assert network.ties is not None
    assert network.ties.columns["weight"] == ["5"]


def test_what_a_graph_file_loses_is_named(tmp_path: Path) -> None:
    text = (
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
        '<key id="d" for="node" attr.name="readiness" attr.type="double"><default>0.4</default></key>'
        '<graph edgedefault="undirected"><node id="a"/><node id="b"/><edge source="a" target="b"/></graph>'
        '<graph edgedefault="undirected"><node id="c"/></graph></graphml>'
    )
    (tmp_path / "n.graphml").write_text(text)
    network = ss.import_network(tmp_path / "n.graphml")
    said = "\n".join(str(entry) for entry in network.ledger.entries)
    assert "1 further graph: only the first graph of a file is read" in said
    assert "1 default value" in said
