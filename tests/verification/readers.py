"""Everything that reads a file from outside, each with good files to begin from.

What belongs here: a reader's name, its good files, and how it is called: by the command that a user gives, or by the
function behind it where a whole run would be slow. A reader may refuse in words (`SpreadsimError`, exit 0, 1 or 2);
anything else it raises is a fault.
"""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import spreadsim as ss
from spreadsim import cli
from spreadsim.errors import SpreadsimError

REPOSITORY = Path(__file__).parent.parent.parent
SMALL = ("--replicates", "1", "--months", "3", "--driver", "mesa", "--workers", "1", "--no-frontier", "--no-report")


@dataclass(frozen=True)
class Reader:
    """One that reads files from outside.

    Attributes
    ----------
    name : of the reader, and of the folder in which its failing inputs are kept.
    make : writes good files into an empty folder.
    files : patterns of those of them that are damaged.
    read : is called with the folder and the damaged file.
    inputs : number of damaged files in a whole run.
    """

    name: str
    make: Callable[[Path], None]
    files: tuple[str, ...]
    read: Callable[[Path, Path], None]
    inputs: int


def command(*arguments: str) -> None:
    """Give a command in this process, its output set aside; raise what is a fault of ours."""
    said = io.StringIO()
    with (
        patch("sys.argv", ["spreadsim", *arguments]),
        patch("spreadsim.cli.fault.write_bundle", lambda error, *_: _raise(error)),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(said),
    ):
        try:
            cli.main()
        except SystemExit as end:
            if end.code not in (0, 1, 2, None):
                raise AssertionError(f"exit {end.code}: {said.getvalue()[:500]}") from None
    text = said.getvalue()
    if "Traceback" in text or "Warning" in text or "\x1b" in text or max(map(len, text.split("\n"))) > 4000:
        raise AssertionError(f"said: {text[:500]!r}")


def _raise(error: BaseException) -> Path:
    raise error


def _scenarios(place: Path) -> None:
    for path in (REPOSITORY / "scenarios").glob("*.toml"):
        shutil.copyfile(path, place / path.name)


def _experiments(place: Path) -> None:
    for path in (REPOSITORY / "experiments").glob("*.toml"):
        shutil.copyfile(path, place / path.name)
    text = (place / "clustering.toml").read_text()
    assert "scenario" in text
    (place / "points.csv").write_text("behaviour.drift.rate,behaviour.engagement.reactance\n0.01,1\n0.02,2\n")
    (place / "table.toml").write_text(
        'format = 1\nscenario = "classroom"\n[run]\nreplicates = 2\n[design]\nmethod = "table"\ntable = "points.csv"\n'
        "[levers]\nbalance = [0.0, 1.0]\n[uncertainties]\n"
        '"behaviour.drift.rate" = "plausible"\n"behaviour.engagement.reactance" = "plausible"\n'
        '[outcomes]\nmeasures = ["benefit"]\n'
    )


def _targets(place: Path) -> None:
    shutil.copyfile(REPOSITORY / "experiments" / "published-figures" / "targets.toml", place / "targets.toml")


def _sets(place: Path) -> None:
    shutil.copyfile(REPOSITORY / "experiments" / "published-figures" / "accepted.csv", place / "sets.csv")


def _network(place: Path) -> None:
    (place / "net").mkdir()
    months = [i % 7 if i % 5 else "" for i in range(24)]
    rows = "".join(f"s{i},{'north' if i % 2 else 'south'},{100 + i},0.{i % 9 + 1},{months[i]}\n" for i in range(24))
    (place / "net" / "services.csv").write_text("id,region,population,readiness,adopted_month\n" + rows)
    ties = "".join(f"s{i},s{(i + 1) % 24},0.5\n" for i in range(24))
    (place / "net" / "ties.csv").write_text("source,target,weight\n" + ties)
    (place / "own.toml").write_text(
        "based_on = 'classroom'\nname = 'own'\n[network]\nsource = 'file'\npath = 'net'\n[run]\nmonths = 6\n"
    )


def _graphs(place: Path) -> None:
    import json

    import networkx

    graph = networkx.watts_strogatz_graph(12, 2, 0.2, seed=1)
    networkx.set_node_attributes(graph, {node: node / 12 for node in graph}, "readiness")
    networkx.write_graphml(graph, place / "g.graphml")
    networkx.write_gexf(graph, place / "g.gexf")
    data = networkx.node_link_data(graph)
    (place / "g.json").write_text(
        json.dumps({"directed": False, "nodes": data["nodes"], "links": data.get("edges", data.get("links"))})
    )


def _lessons(place: Path) -> None:
    for path in sorted((REPOSITORY / "lessons").glob("0[18]-*")):
        shutil.copytree(path, place / path.name)


def _results(place: Path) -> None:
    ss.compare("classroom", replicates=1, driver="mesa", workers=1, frontier=False).save(place / "r")


def _sweep(place: Path) -> None:
    ss.sweep("clustering", out=place / "s", settings=["run.replicates=1", "run.months=3"])


def _read_results(place: Path, file: Path) -> None:
    from spreadsim.comparison.reproduction import read_receipt, same_to_digits
    from spreadsim.telling.folder import read_parquet

    command("verify", str(place / "r"))
    _refused(lambda: read_receipt(place / "r"))
    same_to_digits(file, file)
    if file.suffix == ".parquet":
        _refused(lambda: read_parquet(file))


def _read_sweep(place: Path, file: Path) -> None:
    from spreadsim.app.server.sweep_folders import offer_folder, open_sweep, sweep_entries
    from spreadsim.cli.sweep import first_failures
    from spreadsim.sweeps.tables import SweepTables

    command("verify", str(place / "s"))
    _refused(lambda: SweepTables(place / "s").values("benefit"))
    _refused(lambda: first_failures(place / "s"))
    offer_folder(place / "s")
    try:
        sweep_entries()
        _refused(lambda: open_sweep("s"))
    finally:
        offer_folder(None)


def _read_lesson(place: Path, file: Path) -> None:
    from spreadsim.lessons.files import load_lesson

    _refused(lambda: load_lesson(file.parent))


def _read_targets(place: Path, file: Path) -> None:
    from spreadsim.fitting.targets import load_targets

    _refused(lambda: load_targets("default", file))


def _read_sets(place: Path, file: Path) -> None:
    from spreadsim.scenario.parameter_sets import read_parameter_sets

    scenario = ss.load_scenario("default")

    def every_set() -> None:
        sets = read_parameter_sets(file, scenario)
        for replicate in range(min(3, len(sets))):
            sets.scenario(scenario, replicate)

    _refused(every_set)


def _refused(read: Callable[[], object]) -> None:
    with contextlib.suppress(SpreadsimError):
        read()


def _run(place: Path, file: Path) -> None:
    """Run a damaged scenario that is valid and small, for three months."""
    from spreadsim.network.size import network_size

    try:
        scenario = ss.load_scenario(file)
        if network_size(scenario).services > 60 or len(scenario.strategies) > 5:
            return
    except SpreadsimError:
        return
    command("compare", str(file), *SMALL, "--quiet", "--force", "--out", str(place / "out"))


def _classroom(place: Path) -> None:
    shutil.copyfile(REPOSITORY / "scenarios" / "classroom.toml", place / "classroom.toml")
    (place / "base.toml").write_text(
        "based_on = 'test-and-revise'\n[network]\nservices = 24\nhierarchy = []\n"
        "[programme.starting_sites]\ncount = 2\n[run]\nmonths = 3\n"
    )


def _intake(place: Path) -> None:
    _network(place)
    (place / "export.csv").write_text("Practice Code,PCN,List Size\nA1,North,1200\nA2,North,900\nTotal,,2100\n")
    frame = (place / "export.csv").read_text().splitlines()
    (place / "export.tsv").write_bytes("\n".join(line.replace(",", "\t") for line in frame).encode("utf-16"))


def _import(place: Path, file: Path) -> None:
    target = place / "imported"
    shutil.rmtree(target, ignore_errors=True)
    command("import", str(file), "--yes", "--out", str(target))


READERS = (
    Reader("check-scenario", _scenarios, ("*.toml",), lambda p, f: command("check", str(f)), 1200),
    Reader("run-scenario", _classroom, ("*.toml",), _run, 300),
    Reader("check-experiment", _experiments, ("*.toml", "*.csv"), lambda p, f: command("check", str(
        f if f.suffix == ".toml" else p / "table.toml")), 700),
    Reader("network-tables", _network, ("net/*.csv",), lambda p, f: command("network", str(p / "net")), 500),
    Reader("network-scenario", _network, ("net/*.csv", "own.toml"),
           lambda p, f: command("check", str(p / "own.toml")), 300),
    Reader("network-graphs", _graphs, ("g.*",), lambda p, f: command("network", str(f)), 500),
    Reader("import", _intake, ("export.*", "net/*.csv"), _import, 300),
    Reader("parameter-sets", _sets, ("sets.csv",), _read_sets, 300),
    Reader("targets", _targets, ("targets.toml",), _read_targets, 250),
    Reader("lessons", _lessons, ("*/*.*",), _read_lesson, 250),
    Reader("results", _results, ("r/*.*",), _read_results, 250),
    Reader("sweep", _sweep, ("s/*.*", "s/*/*.*"), _read_sweep, 250),
)  # fmt: skip
