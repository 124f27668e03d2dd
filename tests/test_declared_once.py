"""A lever, a measure and a screen are declared once: a dummy of each, added to a copy, is wherever others are.

And nothing falls through: one that lacks its place is an error at import.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

Changes = Mapping[str, Mapping[str, str]]  # by file: the text as it is, and as it becomes

DECLARATION = """
    reminders: float = lever(
        0.25, "How often services are reminded.", label="Reminders sent", off=0.0, symbol="Rem",
        plausible=(0.1, 0.9), source="a dummy", evidence="assumed",
    )
"""
PROGRAMME = "    latitude_after: Annotated["
FIELD = "    celebration: float\n"
DECLARED = {"levers.py": {PROGRAMME: DECLARATION.lstrip("\n") + PROGRAMME}}
READ = {
    "rules.py": {
        FIELD: FIELD + "    reminders: float\n",
        "b.awareness.broadcast_rate * m.on *": "b.awareness.broadcast_rate * m.on * (1.0 + m.reminders) *",
    }
}
LEVER = DECLARED | READ


@pytest.fixture
def copy(repository: Path, tmp_path: Path) -> Path:
    """A copy of the package, with what it ships."""
    shutil.copytree(repository / "spreadsim", tmp_path / "spreadsim", ignore=shutil.ignore_patterns("__pycache__"))
    for shipped in ("scenarios", "experiments", "assumptions", "lessons"):
        (tmp_path / shipped).symlink_to(repository / shipped)
    return tmp_path


def change(copy: Path, changes: Changes) -> None:
    """Make changes; the text of each stands once."""
    for name, texts in changes.items():
        path = copy / "spreadsim" / name
        source = path.read_text(encoding="utf-8") if path.exists() else ""
        for old, new in texts.items():
            assert (source.count(old) if old else not source) == 1, f"{name}: {old}"
            source = source.replace(old, new) if old else new
        path.write_text(source, encoding="utf-8")


def run(copy: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script in the copy, interpreted: nothing is compiled for it."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", dedent(script)],
        cwd=copy, text=True, capture_output=True, check=False,
        env={**os.environ, "PYTHONPATH": str(copy), "NUMBA_DISABLE_JIT": "1"},
    )  # fmt: skip


def answer(copy: Path, script: str) -> Any:
    """Return what a script prints as JSON."""
    done = run(copy, script)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


# ------------------------------------------------------------------------------------------------- a lever

SMALL = """
    import json
    import spreadsim as ss
    from spreadsim.scenario.plan import plan
    SMALL = ["network.services=80", "run.months=24", "run.replicates=2", "programme.stop_month=18", "doubt.sets='none'"]
    def scenario(*settings):
        return ss.load_scenario("default", [*SMALL, *settings])
"""


def test_a_lever_is_in_the_month_the_schedule_and_both_drivers(copy: Path) -> None:
    change(copy, LEVER)
    told = answer(copy, SMALL + """
    from spreadsim import rules
    from spreadsim.drivers import engine
    from spreadsim.drivers.mesa_model import SpreadModel
    changed = scenario("strategies.organic.reminders=0.5",
                       "strategies.blend.schedule=[{month=6, reminders=1.0}, {month=20, reminders=0.75}]")
    months = {name: [m.reminders for m in plan(changed, name).levers] for name in changed.strategies}
    blend = plan(changed, "blend")
    model = SpreadModel(changed, "blend")
    rows = {t: [engine.levers_of(blend.table[None], 0, t), model.strategy.levers[t]] for t in (0, 6, 18, 20)}
    assert all(compiled == mesa and type(compiled) is rules.Levers for compiled, mesa in rows.values())
    runs = {
        driver: ss.compare(changed, driver=driver, frontier=False, doubt="none", workers=1).runs
        for driver in ("compiled", "mesa")
    }
    without = ss.compare(scenario("programme.reminders=0.0"), frontier=False, doubt="none", workers=1).runs
    print(json.dumps([months, runs["mesa"].equals(runs["compiled"]), runs["mesa"].equals(without)]))
    """)  # fmt: skip
    months, are_equal, is_idle = told
    assert months["top-down"] == [0.25] * 18 + [0.0] * 6  # it ends with the programme
    assert months["organic"] == [0.5] * 18 + [0.0] * 6
    assert months["blend"] == [0.25] * 6 + [1.0] * 12 + [0.0] * 2 + [0.75] * 4
    assert are_equal
    assert not is_idle


def test_a_lever_is_in_the_report_the_app_the_reference_and_sweeps(copy: Path) -> None:
    change(copy, LEVER)
    (copy / "experiment.toml").write_text(
        'scenario = "default"\nstrategy = "blend"\n[run]\nreplicates = 1\n[design]\nmethod = "latin-hypercube"\n'
        'samples = 4\n[levers]\nreminders = "plausible"\n[outcomes]\nmeasures = ["reach"]\n',
        encoding="utf-8",
    )
    told = answer(copy, SMALL + """
    from spreadsim.app import fields
    from spreadsim.comparison.report_assumptions import lever_sentences, own_changes, strategy_table
    from spreadsim.telling.reference import reference_page
    changed = scenario("strategies.blend.schedule=[{month=6, reminders=1.0}]", "strategies.organic.reminders=0.5")
    table = strategy_table(ss.compare(changed, replicates=1, frontier=False, doubt="none", workers=1))
    column = table.head.index("Reminders sent")
    controls = [c for group in fields.other_controls(changed, changed, ()) for c in group["controls"]]
    lever = ss.load_experiment("experiment.toml").levers[0]
    print(json.dumps({
        "column": [row[column] for row in table.rows if row[0][0] == "blend"],
        "changes": own_changes(changed),
        "sentences": lever_sentences(),
        "control": next(c for c in controls if c["path"] == "programme.reminders"),
        "accepted": fields.typed_value("programme.reminders", 0.7),
        "reference": [line for line in reference_page().splitlines() if "reminders`" in line],
        "sweep": [lever.path, lever.kind, lever.low, lever.high],
    }))
    """)  # fmt: skip
    assert told["column"] == ["0.25", "1", "0"]
    assert "organic: reminders = 0.5" in told["changes"]
    assert "celebration of second leaders and reminders sent goes to 0;" in told["sentences"]
    control = told["control"]
    assert (control["label"], control["meaning"]) == ("Reminders sent", "How often services are reminded.")
    assert (control["kind"], control["value"], control["low"], control["high"]) == ("number", 0.25, 0.1, 0.9)
    assert told["accepted"] == 0.7
    parameter, lever = told["reference"]
    assert parameter.startswith("| `programme.reminders` | Rem | 0.25 | lever | 0 to 1 | 0.1 to 0.9 | How often")
    assert lever == "| `reminders` | Rem | Reminders sent | no | yes | becomes 0 |"
    assert told["sweep"] == ["reminders", "number", 0.1, 0.9]


@pytest.mark.parametrize(
    ("added", "months"),
    [
        ("months=None, ", [0.25] * 6 + [1.0] * 18),  # not switched off with the programme
        ("off_field='support', ", [0.5] * 2 + [0.25] * 4 + [1.0] * 12 + [0.5] * 6),
        ("months=('start_month', 'revision_interval'), ", [0.0] * 2 + [0.25] * 4 + [1.0] * 6 + [0.0] * 12),
        ("scheduled=False, ", None),
    ],
)
def test_a_lever_says_when_it_holds(copy: Path, added: str, months: list[float] | None) -> None:
    change(copy, LEVER)
    change(copy, {"levers.py": {'off=0.0, symbol="Rem",': f'off=0.0, {added}symbol="Rem",'}})
    told = answer(copy, SMALL + """
    try:
        changed = scenario("programme.start_month=2", "programme.revision_interval=12",
                           "strategies.blend.schedule=[{month=6, reminders=1.0}]")
        print(json.dumps([m.reminders for m in plan(changed, "blend").levers]))
    except ss.SpreadsimError as error:
        print(json.dumps(str(error)))
    """)  # fmt: skip
    if months is None:
        assert "strategies.blend.schedule.0.reminders: unknown name" in told
    else:
        assert told == months


def test_a_lever_that_the_balance_sets_is_one_entry_too(copy: Path) -> None:
    monitoring = "    monitoring: float | None = lever("
    fresh = (
        '    reminders: float | None = lever(\n        None, "How often services are reminded.", label="Reminders", '
        'off=0.0, balance=_between_peers,\n        symbol="Rem", source="a dummy", evidence="design",\n    )\n'
    )
    change(copy, {"levers.py": {monitoring: fresh + monitoring}} | READ)
    told = answer(copy, SMALL + """
    from spreadsim.app import fields
    s = scenario("strategies.blend.reminders=0.3")
    labels = [c["label"] for c in fields.balance_controls(s, s, "blend")]
    print(json.dumps([[plan(s, name).levers[0].reminders for name in s.strategies], labels,
                      len(ss.frontier(s, levers={"reminders": [0.0, 1.0]}, replicates=1, workers=1).points)]))
    """)  # fmt: skip
    levels, labels, n_points = told
    assert levels == [0.0, 1.0, 0.3]
    assert labels == ["Balance", "Mandate", "Latitude to adapt", "Peer programme", "Reminders", "Monitoring"]
    assert n_points >= 2


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (DECLARED, "lever 'reminders': rules.Levers has no field 'reminders: float'"),
        (READ, "rules.Levers has a field 'reminders', which no lever declares"),
        (LEVER | {"rules.py": {FIELD: FIELD + "    reminders: int\n"}}, "rules.Levers has no field 'reminders: float'"),
    ],
)
def test_a_lever_without_its_place_in_the_month_is_an_error_at_import(copy: Path, changes: Changes, fault: str) -> None:
    change(copy, changes)
    done = run(copy, "import spreadsim.levers")
    assert done.returncode != 0
    assert fault in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('label="Reminders sent", ', "", "missing 1 required keyword-only argument: 'label'"),
        ('label="Reminders sent"', 'label=" "', "it has no label"),
        ("off=0.0, ", "", "missing 1 required keyword-only argument: 'off'"),
        ("off=0.0", "off=1.5", "its value off, 1.5, is out of bounds"),
        ("off=0.0", "off=0.0, off_field='reminders_after'", "the programme has no field 'reminders_after'"),
        ("off=0.0", "off=0.0, months=('start_month', 'last_month')", "the programme has no field 'last_month'"),
        ("off=0.0", "off=0.0, balance=_between_peers", "what the balance sets stands in BalanceLevers"),
        ("plausible=(0.1, 0.9), ", "plausible=None, ", "it has no bounds or no plausible range"),
        ("reminders: float", "reminders: bool", "it is a switch; a lever is a number or a choice"),
    ],
)
def test_a_lever_that_does_not_say_all_is_an_error_at_import(copy: Path, old: str, new: str, fault: str) -> None:
    assert DECLARATION.count(old) == 1
    change(copy, {"levers.py": {PROGRAMME: DECLARATION.lstrip("\n").replace(old, new) + PROGRAMME}} | READ)
    done = run(copy, "import spreadsim.levers")
    assert done.returncode != 0
    assert "TypeError" in done.stderr.splitlines()[-1]
    assert fault in done.stderr.splitlines()[-1]


# ------------------------------------------------------------------------------------------------- a measure


def test_a_measure_is_wherever_measures_are(copy: Path) -> None:
    first, computed = '    Measure(\n        "evaporation",', '        "fidelity_at_start": at_start,\n'
    change(copy, {
        "measures.py": {
            first: '    Measure("begun", "Ever begun", "share", "higher", "share that ever began it"),\n' + first,
        },
        "outcomes/measures.py": {
            computed: '        "begun": np.array([np.sum(run.final["began"]) for run in runs]) / n,\n' + computed,
        },
    })  # fmt: skip
    (copy / "experiment.toml").write_text(
        'scenario = "default"\nstrategy = "blend"\n[run]\nreplicates = 1\n[levers]\nbalance = [0.0, 1.0]\n'
        '[outcomes]\nmeasures = ["begun"]\n',
        encoding="utf-8",
    )
    told = answer(copy, SMALL + """
    from spreadsim.comparison.report import render_report
    from spreadsim.telling.reference import reference_page
    c = ss.compare(scenario(), frontier=False, doubt="none", workers=1)
    print(json.dumps({
        "runs": list(c.runs["begun"]),
        "reach": list(c.runs["reach"]),
        "summary": "begun" in c.as_json()["strategies"]["blend"],
        "differences": "begun" in c.as_json()["differences"]["blend - organic"],
        "frame": "begun" in str(c.summary().columns),
        "report": "Ever begun" in render_report(c),
        "reference": [line for line in reference_page().splitlines() if line.startswith("| `begun`")],
        "sweep": ss.load_experiment("experiment.toml").experiment.outcomes.measures,
    }))
    """)  # fmt: skip
    assert len(told["runs"]) == 6
    assert all(began >= reach > 0 for began, reach in zip(told["runs"], told["reach"], strict=True))
    assert told["summary"]
    assert told["differences"]
    assert told["frame"]
    assert told["report"]
    assert len(told["reference"]) == 1
    assert told["sweep"] == ["begun"]


# ------------------------------------------------------------------------------------------------- a screen

REGISTRY = "app/screens/registry.py"
NOTES = {
    "app/screens/notes.py": {
        "": dedent('''
        """The screen Notes."""

        from spreadsim.app.library import component, solara
        from spreadsim.app.session import Session


        @component
        def Notes(session: Session) -> None:
            """A dummy."""
            solara.Text(f"Notes on {session.scenario.name}")
        ''').lstrip()
    }
}
IMPORTED = {"import compare, explore, intervention, learn, network, report": "import compare, explore, intervention, "
            "learn, network, notes, report"}  # fmt: skip
LAST = '        Screen("Learn",'
ENTRY = '        Screen("Notes", notes.Notes, lambda page: (page.session,), has_controls=False, needs_network=False),\n'


def test_a_screen_has_a_tab_and_is_what_its_tab_shows(copy: Path) -> None:
    change(copy, NOTES | {REGISTRY: IMPORTED | {LAST: ENTRY + LAST}})
    told = answer(copy, """
    import json
    import ipyvue
    import solara
    from spreadsim.app.page import Page
    from spreadsim.app.screens.registry import SCREENS
    from spreadsim.app.session import Session
    box, context = solara.render(Page(), handle_error=False)
    def below(widget):
        yield widget
        for child in getattr(widget, "children", None) or []:
            yield from below(child)
    def shown():
        tags = [w for w in below(box) if isinstance(w, ipyvue.Html)]
        return [[w.attributes["aria-label"] for w in tags if w.tag == "main"], sum(w.tag == "aside" for w in tags)]
    bar = next(w for w in below(box) if hasattr(w, "look"))
    seen = [shown()]
    bar.vue_tab("Notes")
    seen.append(shown())
    text = [w for w in below(box) if w == "Notes on default"]
    bar.vue_tab("Nowhere")
    seen.append(shown())
    session = Session(SCREENS)
    session.show("Notes")
    try:
        session.show("Nowhere")
    except LookupError as error:
        refused = str(error)
    print(json.dumps([[tab for tab, _ in bar.look["tabs"]], seen, len(text) > 0, session.tab.value, refused]))
    """)  # fmt: skip
    tabs, seen, has_text, tab, refused = told
    assert tabs == ["Explore", "Compare", "Intervention", "Network", "Report", "Sweeps", "Notes", "Learn"]
    assert seen == [[["Explore"], 1], [["Notes"], 0], [["Notes"], 0]]  # its own content, no controls beside it
    assert has_text
    assert tab == "Notes"
    assert refused == "there is no screen 'Nowhere'"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (NOTES, "spreadsim.app.screens.notes is a screen that no entry of spreadsim.app.screens.registry shows"),
        (NOTES | {REGISTRY: IMPORTED | {LAST: ENTRY + ENTRY + LAST}}, "two screens have the name 'Notes'"),
    ],
)
def test_a_screen_without_its_one_entry_is_an_error_at_import(copy: Path, changes: Changes, fault: str) -> None:
    change(copy, changes)
    done = run(copy, "import spreadsim.app.page")
    assert done.returncode != 0
    assert fault in done.stderr.splitlines()[-1]
