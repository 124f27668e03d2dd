"""The command line as a user meets it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.command_line import spreadsim, spreadsim_process

QUICK = [
    "--replicates",
    "3",
    "--set",
    "network.services=120",
    "--set",
    "run.months=24",
    "--set",
    "programme.stop_month=18",
    "--set",
    "frontier.balances=[0.0, 1.0]",
]
ALONE = [*QUICK, "--no-frontier", "--no-report", "--doubt", "none"]  # the strategies' runs, and nothing beside them


def test_help_is_light(tmp_path: Path) -> None:
    """--help loads none of the heavy packages."""
    code = (
        "import sys; sys.argv = ['spreadsim', '--help']\n"
        "from spreadsim import cli\n"
        "try: cli.main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('numpy','pydantic','mesa','numba','pandas','pyarrow','networkx','scipy','matplotlib')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    assert done.stdout.rstrip().endswith("[]"), done.stdout[-300:]


def test_import_is_light() -> None:
    code = "import sys, spreadsim; print([m for m in ('numpy','pydantic','mesa','numba','pandas') if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True).stdout.strip() == "[]"
    )


def test_without_a_command_the_help_is_printed_and_nothing_is_a_success(tmp_path: Path) -> None:
    done, asked = spreadsim_process(folder=tmp_path), spreadsim_process("--help", folder=tmp_path)
    assert (done.returncode, asked.returncode) == (2, 0)
    assert done.stdout == asked.stdout
    assert done.stderr == ""


def commands(folder: Path) -> list[str]:
    text = spreadsim("--help", folder=folder).stdout
    return re.findall(r"^  ([a-z]+)  ", text.split("Commands:")[1], flags=re.M)


def test_every_command_has_help_with_an_example(tmp_path: Path) -> None:
    names = commands(tmp_path)
    assert {"scenarios", "check", "compare", "frontier"} <= set(names)
    for name in names:
        done = spreadsim(name, "--help", folder=tmp_path)
        assert done.returncode == 0
        assert f"spreadsim {name}" in done.stdout.split("Options:")[0].split("\n", 1)[1], name


def test_compare_writes_a_folder_that_runs_alone(tmp_path: Path) -> None:
    done = spreadsim_process("compare", "default", *QUICK, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Sustained benefit" in done.stdout
    assert "blend - top-down" in done.stdout
    assert done.stderr == ""  # no progress bar where stderr is no terminal
    folder = tmp_path / "results" / "default"
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "summary.json",
        "runs.parquet",
        "curves.parquet",
        "events.parquet",
        "services.parquet",
        "generations.parquet",
        "groups.parquet",
        "frontier.parquet",
        "lever_map.parquet",
        "doubt.parquet",
        "assumption_sets.parquet",
        "report.html",
        "scenario.toml",
        "provenance.json",
    }
    runs = pd.read_parquet(folder / "runs.parquet")
    assert list(runs.columns[:2]) == ["strategy", "replicate"]
    assert list(runs["strategy"].unique()) == ["top-down", "organic", "blend"]
    assert len(runs) == 9
    curves = pd.read_parquet(folder / "curves.parquet")
    assert len(curves) == 9 * 25
    assert (curves["month"].min(), curves["month"].max()) == (0, 24)
    summary = json.loads((folder / "summary.json").read_text())
    assert list(summary["differences"]) == ["organic - top-down", "blend - top-down", "blend - organic"]
    mean = runs[runs.strategy == "blend"]["benefit"].mean()
    assert summary["strategies"]["blend"]["benefit"]["mean"] == pytest.approx(mean)
    assert [row["balance"] for row in summary["frontier"]] == [0.0, 1.0]
    everything = "".join(
        path.read_text(encoding="utf-8") for path in folder.iterdir() if path.suffix in (".json", ".toml", ".html")
    )
    assert str(tmp_path) not in everything, "no path of the machine"
    # the folder's own scenario gives the same runs, byte for byte
    alone = ["--no-report", "--no-frontier", "--doubt", "none", "--out", "again"]
    again = spreadsim("compare", str(folder / "scenario.toml"), *alone, folder=tmp_path)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again" / "runs.parquet").read_bytes() == (folder / "runs.parquet").read_bytes()


def test_curves_begin_at_the_start_and_events_tell_the_same_story(tmp_path: Path) -> None:
    spreadsim("compare", "default", *ALONE, "--events", "--out", "r", folder=tmp_path)
    curves, events = (pd.read_parquet(tmp_path / "r" / f"{n}.parquet") for n in ("curves", "events"))
    assert set(events["replicate"]) == {0, 1, 2}
    for (strategy, replicate), run in curves.groupby(["strategy", "replicate"], observed=True):
        own = events[(events["strategy"] == strategy) & (events["replicate"] == replicate)]
        for state in ("embedded", "implementing", "in name only"):
            entered = own[own["to_state"] == state].groupby("month").size()
            left = own[own["from_state"] == state].groupby("month").size()
            change = entered.reindex(range(25), fill_value=0) - left.reindex(range(25), fill_value=0)
            share = run.set_index("month")[f"share_{state.replace(' ', '_')}"] * 120
            assert share.round(6).tolist() == change.cumsum().astype(float).tolist()


def test_json_alone_on_stdout(tmp_path: Path) -> None:
    done = spreadsim_process("compare", "default", *ALONE, "--json", folder=tmp_path)
    assert json.loads(done.stdout)["replicates"] == 3
    done = spreadsim("check", "default", "--json", folder=tmp_path)
    assert json.loads(done.stdout)["behaviour"]["drift"]["rate"] == 0.01
    assert len(json.loads(spreadsim("scenarios", "--json", folder=tmp_path).stdout)) >= 2


def test_an_existing_folder_is_not_overwritten(tmp_path: Path) -> None:
    assert spreadsim("compare", "default", *ALONE, "--out", "r", folder=tmp_path).returncode == 0
    before = (tmp_path / "r" / "runs.parquet").read_bytes()
    done = spreadsim("compare", "default", *ALONE, "--seed", "9", "--out", "r", folder=tmp_path)
    assert done.returncode == 2
    assert "exists already; choose another folder, or give --force" in done.stderr
    assert (tmp_path / "r" / "runs.parquet").read_bytes() == before
    done = spreadsim("compare", "default", *ALONE, "--seed", "9", "--out", "r", "--force", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "r" / "runs.parquet").read_bytes() != before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r"], "nothing is left beside it"
    # without --out a second run takes the next free name
    for _ in range(2):
        assert spreadsim("compare", "default", *ALONE, folder=tmp_path).returncode == 0
    assert sorted(p.name for p in (tmp_path / "results").iterdir()) == ["default", "default-2", "latest"]


def test_force_never_replaces_what_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.txt").write_text("mine")
    done = spreadsim("compare", "default", *QUICK, "--out", "precious", "--force", folder=tmp_path)
    assert done.returncode == 2
    assert "is not a results folder" in done.stderr
    assert (tmp_path / "precious" / "thesis.txt").read_text() == "mine"


def test_a_folder_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure while writing leaves neither the folder nor its temporary twin."""
    from spreadsim.comparison import comparison
    from spreadsim.comparison import folder as results_folder
    from spreadsim.errors import SpreadsimError

    result = comparison.compare("default", replicates=1, months=6, frontier=False, doubt="none")
    calls = []

    def failing(columns: object, path: Path) -> None:
        calls.append(path)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        Path(path).write_bytes(b"x")

    monkeypatch.setattr(results_folder, "write_parquet", failing)
    with pytest.raises(SpreadsimError, match=r"could not be written .the disk is full.; nothing was left"):
        result.save(tmp_path / "r")
    assert list(tmp_path.iterdir()) == []


BAD_CALLS = [
    (["compare"], "Missing argument 'NAME'"),
    (["compare", "defualt"], "did you mean 'default'?"),
    (
        ["compare", "default", "--set", "run.month=3"],
        "default (with --set): run.month: unknown name; did you mean 'months'?",
    ),
    (["compare", "default", "--replicates", "0"], "--replicates"),
    (["compare", "default", "--replicates", "many"], "--replicates"),
    (["compare", "default", "--driver", "mesh"], "--driver"),
    (["compare", "default", "--out", "file.txt"], "is a file; choose another name"),
    (
        ["frontier", "default", "--levers", "mandat"],
        "--levers: mandat: is not a lever that the balance sets; did you mean 'mandate'?",
    ),
    (["scenarios", "--copy", "defalt"], "did you mean 'default'?"),
    (["comparee", "default"], "there is no command 'comparee'; did you mean 'compare'?"),
    (["check", "no/such.toml"], "there is no such file; check the path"),
    (["compare", "default", "--set", 'programme.starting_sites.ids=["nobody"]'], "there is no service 'nobody'"),
]


@pytest.mark.parametrize(("arguments", "seen"), BAD_CALLS)
def test_a_bad_call_is_refused_in_words(tmp_path: Path, arguments: list[str], seen: str) -> None:
    (tmp_path / "file.txt").write_text("")
    done = spreadsim(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert seen in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "results").exists() or not any((tmp_path / "results").iterdir())


def test_copy_a_scenario_edit_it_and_run_it(tmp_path: Path) -> None:
    assert spreadsim("scenarios", "--copy", "default", folder=tmp_path).returncode == 0
    path = tmp_path / "default.toml"
    path.write_text(path.read_text().replace("support = 0.5\n", "support = 0.8\n"))
    done = spreadsim("check", "default.toml", "--json", folder=tmp_path)
    # a shipped name wins over nothing: the path names the edited copy
    assert json.loads(done.stdout)["programme"]["support"] == 0.8
    again = spreadsim("scenarios", "--copy", "default", folder=tmp_path)
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_check_says_how_large_it_is(tmp_path: Path) -> None:
    text = spreadsim("check", "england-primary-care", folder=tmp_path).stdout
    for part in ("valid", "6,571", "1,304", "300 of 60 months", "expected time", "expected disk"):
        assert part in text
    assert not (tmp_path / "results").exists()


def test_frontier_names_what_cannot_be_told_from_the_best(tmp_path: Path) -> None:
    done = spreadsim("frontier", "default", *QUICK, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Sustained benefit" in done.stdout
    assert re.search(r"highest at balance \d", done.stdout)
    table = pd.read_parquet(tmp_path / "results" / "default-frontier" / "frontier.parquet")
    assert set(table["latitude_after"]) == {"as given", "free"}
    assert len(table) == 2 * 2 * 3
    done = spreadsim(
        "frontier", "default", *QUICK, "--levers", "mandate,latitude", "--steps", "2", "--out", "l", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr
    table = pd.read_parquet(tmp_path / "l" / "frontier.parquet")
    assert set(zip(table["mandate"], table["latitude"], strict=True)) == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_england_is_as_published() -> None:
    import spreadsim as ss
    from spreadsim.network.construction import make_network

    scenario = ss.load_scenario("england-primary-care")
    network, other = make_network(scenario), make_network(scenario, 1)
    tree = network.hierarchy
    assert network.n == 6571
    assert tree.levels == ("region", "system", "primary care network")
    assert [int((tree.level_of == k).sum()) for k in range(3)] == [7, 42, 1254]
    assert len({tree.names[g] for g in np.flatnonzero(tree.level_of == 2)}) == 1251
    assert int((tree.level_of[tree.service_parent] < 2).sum()) == 70  # in no network
    assert network["population"].sum() == 60_395_531
    assert network.ids[0] == "A81001"
    assert network["deprivation"][0] == 34.5687
    assert np.array_equal(network["population"], other["population"])
    assert int((network["deprivation"] != other["deprivation"]).sum()) == 173
    assert set(network.drawn) == {
        "deprivation", "context", "readiness", "capability", "adaptation_tendency", "regional_context",
        "second_form", "perception", "appraisal_error", "ties",
    }  # fmt: skip
    assert any("readiness" in name for name in scenario.network.generated)
    assert any("Open Government Licence v3.0" in source for source in scenario.sources)


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    import signal
    import time

    process = subprocess.Popen(
        [sys.executable, "-m", "spreadsim.cli", "compare", "default", "--replicates", "100000", "--no-frontier"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # a background shell ignores it
    )
    try:
        time.sleep(6)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "stopped by the user; nothing was written" in errors
    assert "Traceback" not in errors
    assert not list(tmp_path.rglob("*.parquet"))


def test_every_command_is_run_once_with_all_bounds_of_dependencies(repository: Path, tmp_path: Path) -> None:
    text = (repository / ".ci" / "smoke.py").read_text(encoding="utf-8")
    assert set(commands(tmp_path)) <= set(re.findall(r'spreadsim\(\s*"([a-z]+)"', text))


def test_results_of_the_same_name_are_never_replaced_in_silence(tmp_path: Path) -> None:
    quick = [*ALONE, "--quiet"]
    first = spreadsim("compare", "default", *quick, folder=tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    kept = spreadsim("compare", "default", *quick, "--seed", "9", folder=tmp_path)
    assert "results/default was kept, and these results are in results/default-2: " in kept.stderr.replace("\n", " ")
    assert (tmp_path / "results" / "latest").resolve().name == "default-2"
    same = spreadsim("compare", "default", *quick, "--force", folder=tmp_path)
    assert same.stderr == "results/default was replaced: the same results, byte for byte\n"
    assert (tmp_path / "results" / "latest").resolve().name == "default"
    other = spreadsim("compare", "default", *quick, "--force", "--seed", "9", "--json", folder=tmp_path)
    assert other.stderr.replace("\n", " ").endswith("(seed 1 -> 9) ")
    json.loads(other.stdout)
    whole = spreadsim("verify", "results/latest", folder=tmp_path)
    assert whole.returncode == 0, whole.stderr
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == ["default", "default-2", "latest"]


def test_no_color_is_respected() -> None:
    from click.testing import CliRunner

    from spreadsim.cli import commands

    coloured = CliRunner().invoke(commands, ["scenarios"], color=True)
    plain = CliRunner(env={"NO_COLOR": "1"}).invoke(commands, ["scenarios"], color=True)
    assert "\x1b[1m" in coloured.output
    assert "\x1b" not in plain.output
    assert max(map(len, plain.output.split("\n"))) <= 80


def test_the_answer_is_printed_before_the_report_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from spreadsim.cli import commands
    from spreadsim.comparison import folder

    def fail(*arguments: object, **options: object) -> None:
        raise RuntimeError("no figures today")

    monkeypatch.setattr(folder, "write_comparison", fail)
    line = ["compare", "classroom", "--replicates", "2", "--no-frontier", "--out", str(tmp_path / "results")]
    done = CliRunner().invoke(commands, line)
    assert done.stdout.startswith("Twelve services in a ring")
    assert "no figures today" in str(done.exception)
