"""The app without a browser: documents, controls, exports, uploads, bounded work and who may come in."""

from __future__ import annotations

import asyncio
import base64
import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("solara", reason="the app's packages are not installed")

from spreadsim.app import documents, fields, runs
from spreadsim.app.display import exports
from spreadsim.app.server import uploads
from spreadsim.app.server.security import TOKEN_COOKIE, Guard, content_security_policy, host_name, page_with_nonce
from spreadsim.app.server.work_queue import INTERACTIVE, Request, WorkCancelled, work_queue
from spreadsim.comparison.comparison import MAP_REPLICATES, compare
from spreadsim.drivers.running import run_block
from spreadsim.errors import InputError, InputErrors
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import plan
from spreadsim.scenario.validation import as_document, validate
from spreadsim.telling import spreadsheets
from tests.intake.exports import HEADS, practices, write_text, write_workbook

# ------------------------------------------------------------------------------------------------- documents


def test_a_change_makes_a_new_document_and_can_be_undone() -> None:
    history = documents.history_from(load_scenario("default"))
    changed = documents.with_value(history.current, "programme.support", 0.9)
    later = history.push(changed)
    assert (history.current.programme.support, later.current.programme.support) == (0.5, 0.9)
    assert later.step(-1).current == history.current
    assert later.step(-1).step(1).current == changed
    assert later.step(-1).push(documents.with_value(history.current, "run.seed", 4)).can_redo is False
    assert documents.with_base_value(changed, history.base, "programme.support") == history.current


@pytest.mark.parametrize(
    ("path", "value"),
    [("programme.support", 3.0), ("no.such.thing", 1), ("run.months", "many"), ("strategies.top-down.balance", -1.0)],
)
def test_a_wrong_change_is_refused_in_words(path: str, value: Any) -> None:
    with pytest.raises((InputError, InputErrors)) as failure:
        documents.with_value(load_scenario("default"), path, value)
    assert "this change" not in documents.error_text(failure.value)
    assert path.split(".")[0] in documents.error_text(failure.value)


def test_codification_of_all_components_is_one_control() -> None:
    scenario = documents.with_value(load_scenario("default"), documents.CODIFICATION, 0.8)
    assert {c.codification for c in scenario.intervention.components.values()} == {0.8}
    assert documents.value_at(scenario, documents.CODIFICATION) == 0.8


def test_the_balance_sets_the_four_levers_also_where_they_were_given_one_by_one() -> None:
    """Moving the dial of `blend`, which gives its levers itself, changes what runs; putting it back restores them."""
    base = load_scenario("default")
    moved = documents.with_value(base, "strategies.blend.balance", 1.0)
    organic, blend = (plan(moved, name).levers[0] for name in ("organic", "blend"))
    assert blend == organic != plan(base, "blend").levers[0]
    assert documents.with_base_value(moved, base, "strategies.blend.balance") == base
    # one lever set again holds beside the dial
    mandated = documents.with_value(moved, "strategies.blend.mandate", 0.4)
    assert plan(mandated, "blend").levers[0].mandate == 0.4
    assert plan(mandated, "blend").levers[0].peer_programme == 1.0


def test_the_saved_file_is_the_document() -> None:
    scenario = documents.with_value(load_scenario("default"), "strategies.blend.balance", 0.35)
    assert as_document(documents.scenario_from_text(documents.to_toml(scenario))) == as_document(scenario)


HOSTILE = ["based_on = '/etc/passwd'", "based_on = '../default.toml'", "x = [", "\x00", "a = 1\n" * 400_000]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_file_is_refused(text: str) -> None:
    with pytest.raises((InputError, InputErrors)):
        documents.scenario_from_text(text)


def test_only_shipped_names_are_opened() -> None:
    with pytest.raises(InputError):
        documents.shipped_scenario("/etc/hostname")


# ------------------------------------------------------------------------------------------------- controls


def test_every_control_says_what_it_is() -> None:
    scenario = load_scenario("default")
    groups = fields.other_controls(scenario, scenario, ())
    controls = [c for group in groups for c in group["controls"]]
    controls += fields.basic_controls(scenario, scenario, "blend", ())
    controls += fields.balance_controls(scenario, scenario, "blend") + fields.network_controls(scenario, scenario)
    assert len(controls) > 80
    for c in controls:
        assert all(c[key] for key in ("label", "meaning", "chip", "source")), c["path"]
        assert not c["changed"]
    assert len({c["path"] for c in controls}) == len(controls)


def test_what_the_user_changed_is_marked_and_nothing_else() -> None:
    base = load_scenario("default")
    now = documents.with_value(documents.with_value(base, "programme.support", 0.8), "strategies.blend.mandate", 0.4)
    basics = {c["path"]: c for c in fields.basic_controls(now, base, "blend", ())}
    levers = {c["path"]: c for c in fields.balance_controls(now, base, "blend")}
    assert [path for path, c in basics.items() if c["changed"]] == ["programme.support"]
    assert levers["strategies.blend.mandate"]["chip"] == "changed by you"
    assert basics["programme.support"]["was"] == 0.5


def test_values_from_the_page_are_given_their_type() -> None:
    assert fields.typed_value("run.replicates", 50.0) == 50
    assert fields.typed_value("strategies.anything.balance", "0.5") == 0.5
    with pytest.raises(ValueError, match="no such control"):
        fields.typed_value("__class__.mro", 1)


# ------------------------------------------------------------------------------------------------- work


def test_the_quick_comparison_has_the_numbers_of_the_full_one(small: Any) -> None:
    base = runs.base_network(small)
    first, last = runs.compare_in_stages(small, base)
    expected = compare(small, frontier=False)
    assert last.as_json() == expected.as_json()
    for name, column in expected.runs_table().items():
        assert np.array_equal(first.runs_table()[name], column, equal_nan=column.dtype.kind == "f"), name
    for what in ("generations", "groups"):
        made, wanted = ({k: v.tolist() for k, v in c.rows_table(what).items()} for c in (last, expected))
        assert repr(made) == repr(wanted)  # as text, where not defined is the same as itself


def test_the_frontier_has_the_numbers_of_the_full_one(small: Any) -> None:
    *_, last = runs.compare_in_stages(small, runs.base_network(small))
    made, expected = runs.with_frontier(last), compare(small)
    assert made.frontier is not None
    assert expected.frontier is not None
    for name, values in expected.frontier.values.items():
        assert np.array_equal(made.frontier.values[name], values, equal_nan=True), name
    assert made.lever_map is not None
    assert expected.lever_map is not None
    assert repr(made.lever_map.summary()) == repr(expected.lever_map.summary())


def test_a_large_comparison_runs_in_small_pieces_with_the_numbers_of_the_full_one(
    small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []

    def counted(scenario: Any, base: Any, fixed: bool, block: Any, *rest: Any) -> Any:
        sizes.append(base.n * sum(plan.months for task in block for plan in task.plans))
        return run_block(scenario, base, fixed, block, *rest)

    base, k = runs.base_network(small), small.run.replicates
    one = base.n * small.run.months * len(small.strategies)
    monkeypatch.setattr(runs, "run_block", counted)
    monkeypatch.setattr(runs, "MAX_RUNS_IN_MEMORY", 0)  # what is large
    monkeypatch.setattr(runs, "PIECE", one)
    (only,) = runs.compare_in_stages(small, base)
    assert only.as_json() == compare(small, frontier=False).as_json()
    assert sizes == [one] * k
    sizes.clear()
    monkeypatch.setattr(runs, "PIECE", 1)
    runs.with_frontier(only)
    assert len(sizes) == k + min(MAP_REPLICATES, k)  # one replicate of all settings is the smallest piece


def test_work_stops_when_nobody_waits(small: Any) -> None:
    asked = iter([True, True, False])
    with pytest.raises(WorkCancelled):
        list(runs.compare_in_stages(small, runs.base_network(small), Request(is_wanted=lambda: next(asked, False))))
    with work_queue.slot(INTERACTIVE) as mine:  # the turn was given back
        assert mine.is_held


def test_rates_of_made_ties_are_shown_where_they_act() -> None:
    def paths(name: str, *columns: str) -> set[str]:
        scenario = load_scenario(name)
        return {item["path"] for item in fields.network_controls(scenario, scenario, columns)}

    assert "network.affinity.picks_alike" in paths("england-primary-care")
    assert "network.affinity.picks_nearby" not in paths("england-primary-care")
    assert "network.affinity.picks_nearby" in paths("england-primary-care", "map_x", "map_y")
    assert not any("picks" in path for path in paths("england-primary-care", "source", "target"))
    assert not any("affinity" in path for path in paths("default"))


def test_too_much_is_refused_with_what_to_do() -> None:
    document = as_document(load_scenario("england-primary-care"))
    document["run"]["replicates"] = 10_000
    with pytest.raises(runs.TooLarge, match="at most"):
        runs.check_size(validate(document, "large"), 6571)
    document = as_document(load_scenario("default"))
    document["network"]["services"] = 1_000_000
    with pytest.raises(runs.TooLarge, match="command line"):
        runs.check_size(validate(document, "large"))


# ------------------------------------------------------------------------------------------------- exports


@pytest.mark.parametrize("cell", ["=cmd|'/c calc'!A1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_cells_that_a_spreadsheet_would_run_are_neutralised(cell: str) -> None:
    row = next(csv.reader(io.StringIO(spreadsheets.csv_text([cell], []), newline="")))
    assert row[0].startswith("'")


def test_numbers_stay_numbers() -> None:
    kept = ["-1.5", "+3%", -2.0, "1e-9", "plain"]
    assert [spreadsheets.neutral_cell(value) for value in kept] == kept


def test_file_names_are_plain() -> None:
    assert exports.file_name("../../etc/passwd", "csv") == "etc-passwd.csv"
    assert exports.file_name("<script>", "png") == "script.png"


# ------------------------------------------------------------------------------------------------- uploads


def sent(**files: str) -> list[dict[str, str]]:
    return [{"name": name.replace("_csv", ".csv"), "data": base64.b64encode(text.encode()).decode()}
            for name, text in files.items()]  # fmt: skip


SERVICES = "id,name,deprivation\na,Alpha,1\nb,Beta,2\nc,=cmd(),3\n"


def test_a_network_is_brought_and_runs() -> None:
    default, ties = load_scenario("default"), "source,target\na,b\na,a\n"
    message = sent(services_csv=SERVICES + "a,Again,4\n", ties_csv=ties)
    found = uploads.receive(default, uploads.files_of_message(message))
    assert found.scenario is None
    assert found.mapping is not None
    assert any("row" in question["text"] for question in found.mapping["questions"])
    good = uploads.receive(default, uploads.files_of_message(sent(services_csv=SERVICES, ties_csv=ties)))
    assert good.scenario is not None, good.errors
    assert good.network is not None
    assert good.network.network.ids == ("a", "b", "c")
    assert good.faults
    assert set(uploads.scenario_files(good.scenario)) == {"default.toml", "network/services.csv", "network/ties.csv"}
    assert uploads.attach(good.scenario, uploads.upload_key(good.scenario)).scenario is not None


def test_spreadsheets_are_read_as_they_are(tmp_path: Path) -> None:
    rows = practices(40, 1)
    total = ["Total", "", "", "", str(sum(int(row[4]) for row in rows)), ""]
    codes = [row[0] for row in rows]
    links = [["From", "To"], *([codes[k], codes[k + 1]] for k in range(30))]
    book = write_workbook(tmp_path / "gp.xlsx", {"GP list": [HEADS, *rows, total], "Links": links})
    text = write_text(tmp_path / "gp.csv", [HEADS, *rows, total], ";", "cp1252")
    for path in (book, text):
        upload = uploads.receive(load_scenario("default"), {path.name: path.read_bytes()})
        assert upload.network is not None, upload.errors
        assert upload.network.network.n == 40
        assert upload.network.network.hierarchy.levels == ("region", "network")
        assert upload.mapping is not None
        assert any("a total row" in text for _, _, text in upload.mapping["entries"])
        assert upload.scenario is not None
        again = uploads.attach(upload.scenario, uploads.upload_key(upload.scenario))
        assert again.network is not None
        assert again.network.network.hierarchy.levels == ("region", "network")


def test_doubtful_spreadsheets_are_asked_about_in_words() -> None:
    text = b"id,population\n" + b"".join(b"s%d,1000\n" % k for k in range(9)) + b"x,9000\n"
    upload = uploads.receive(load_scenario("default"), {"services.csv": text})
    assert upload.scenario is None
    assert upload.mapping is not None
    asked = {question["key"]: question for question in upload.mapping["questions"]}
    assert "'x' serves as many (9,000) as all others together" in asked["total-row:x"]["text"]
    assert asked["total-row:x"]["proposal"] == ""


def chosen(upload: uploads.Upload, **answers: str) -> dict[str, Any]:
    """Return what the page sends for columns as they were recognised, with answers."""
    assert upload.mapping is not None
    fields = [[row["field"] for row in table["columns"]] for table in upload.mapping["tables"]]
    return {"fields": fields, "answers": answers}


def test_columns_are_chosen_and_the_mapping_reads_the_next_export(tmp_path: Path) -> None:
    default = load_scenario("default")
    rows = practices(40, 1)
    text = write_text(tmp_path / "gp.csv", [[*HEADS[:4], "Number", HEADS[5]], *rows]).read_bytes()
    first = uploads.receive(default, {"gp.csv": text})
    assert first.network is not None
    assert first.mapping is not None
    assert "population" in first.network.drawn
    # A column that was not recognised is named; one that was is left out.
    choice = chosen(first)
    places = [row["column"] for row in first.mapping["tables"][0]["columns"]]
    choice["fields"][0][places.index("Number")] = "population"
    choice["fields"][0][places.index("IMD Decile")] = ""
    second = uploads.revise(default, first, choice)
    assert second.network is not None, second.errors
    assert "population" not in second.network.drawn
    assert "deprivation" in second.network.drawn
    assert second.mapping is not None
    # The mapping reads the next export by itself, and so does the command line.
    file = second.mapping["file"].encode()
    third = uploads.receive(default, {"may.csv": text, "import.toml": file})
    assert third.network is not None
    assert third.network.network["population"].tolist() == second.network.network["population"].tolist()
    assert "deprivation" in third.network.drawn


def test_an_answer_is_taken_and_a_doubt_stays_open_without_it() -> None:
    default = load_scenario("default")
    text = b"id,population,region\n" + b"".join(b"s%d,1000,North\n" % k for k in range(9)) + b"x,9000,\n"
    first = uploads.receive(default, {"services.csv": text})
    again = uploads.revise(default, first, chosen(first))
    assert again.scenario is None
    done = uploads.revise(default, first, chosen(first, **{"total-row:x": "leave-out"}))
    assert done.network is not None, done.mapping
    assert done.network.network.n == 9


def test_monthly_measures_are_asked_about_and_read() -> None:
    months = [f"2023-{k:02}" for k in range(1, 9)]
    text = "id," + ",".join(months) + "\n" + "".join(f"s{k},5,5,5,{k},1,1,1,1\n" for k in range(6))
    first = uploads.receive(load_scenario("default"), {"rates.csv": text.encode()})
    assert first.mapping is not None
    assert [question["example"] for question in first.mapping["questions"]] == ["below 0.3 for 3 months"]
    done = uploads.revise(load_scenario("default"), first, chosen(first, **{"adopted-when": "below 3"}))
    assert done.network is not None, done.errors
    assert done.network.adopted_period is not None
    assert done.network.adopted_period.tolist() == [4, 4, 4, 5, 5, 5]
    assert done.scenario is not None
    assert done.scenario.network.observed_periods == 8
    wrong = uploads.revise(load_scenario("default"), first, chosen(first, **{"adopted-when": "lower"}))
    assert wrong.scenario is None
    assert "is no rule" in wrong.errors[0]
    assert wrong.mapping == first.mapping


@pytest.mark.parametrize("message", [
    None, {}, {"fields": [], "answers": {}}, {"fields": [["id"] * 99], "answers": {}}, {"fields": [["id", "id", ""]],
    "answers": {}}, {"fields": [["no such field", "", ""]], "answers": {}}, {"fields": [["id", "", ""]], "answers": []},
    {"fields": [["id", "", ""]], "answers": {"x": "y" * 2000}}, {"fields": "id", "answers": {}},
    {"fields": [[{}, "", ""]], "answers": {}},
])  # fmt: skip
def test_hostile_choices_are_refused_and_leave_the_page_as_it_was(message: Any) -> None:
    first = uploads.receive(load_scenario("default"), {"services.csv": b"id,population,x\na,5,1\nb,6,1\nc,7,1\n"})
    again = uploads.revise(load_scenario("default"), first, message)
    assert again.scenario is None
    assert again.errors
    assert again.mapping == first.mapping


NAMES = ["../../../tmp/x.csv", "..\\..\\x.csv", "/etc/cron.d/x.csv", "services\x00.csv", "a" * 5000 + ".csv"]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_no_name_of_a_user_reaches_the_file_system(name: str) -> None:
    given = [{"name": name, "data": base64.b64encode(SERVICES.encode()).decode()}]
    found = uploads.receive(load_scenario("default"), uploads.files_of_message(given))
    folder = uploads.upload_store.folder(found.key)
    assert folder is not None
    assert [p.relative_to(folder).as_posix() for p in sorted(folder.rglob("*"))] == ["network", "network/services.csv"]


@pytest.mark.parametrize("given", [
    None, "text", [], [{}], [{"name": "a.csv"}], [{"name": "a.csv", "data": "%%%"}], [{"name": 1, "data": ""}],
    [{"name": "services.csv", "data": "A" * 12_000_000}], [{"name": "a.csv", "data": ""}] * 9,
])  # fmt: skip
def test_hostile_uploads_are_refused(given: Any) -> None:
    with pytest.raises(InputError):
        uploads.files_of_message(given)


@pytest.mark.parametrize("name", ["x.exe", "services", "x.csv.html"])
def test_other_kinds_of_file_are_refused(name: str) -> None:
    found = uploads.receive(load_scenario("default"), {name: b"x"})
    assert found.scenario is None
    assert found.errors


def test_a_scenario_of_a_user_reads_no_file_of_the_server() -> None:
    own = documents.scenario_from_text('based_on = "default"\n[network]\nsource = "file"\npath = "tests"\n')
    assert not uploads.may_read(own)
    assert not uploads.may_read(documents.with_value(own, "run.seed", 5))
    assert uploads.may_read(documents.shipped_scenario("medical-innovation"))


@pytest.mark.parametrize("ticket", ["", "..", "0" * 32, "../" * 4, "g" * 32])
def test_a_ticket_cannot_be_guessed(ticket: str) -> None:
    assert uploads.upload_store.folder(ticket) is None


# ------------------------------------------------------------------------------------------------- who may come in


def asked(
    guard: Guard, kind: str = "http", path: str = "/", method: str = "GET", query: str = "", **headers: str
) -> Any:
    """Return what the guard answers: the first message sent, or 'passed'."""
    answers: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        answers.append("passed")

    async def send(message: Any) -> None:
        answers.append(message.get("status", message.get("code")) if "body" not in message else None)

    async def receive() -> Any:
        return {}

    guard.app = app
    pairs = [(key.replace("_", "-").encode(), value.encode()) for key, value in headers.items()]
    scope = {"type": kind, "path": path, "method": method, "headers": pairs, "query_string": query.encode()}
    asyncio.run(guard(scope, receive, send))
    return answers[0]


HERE = frozenset({"127.0.0.1", "localhost"})


@pytest.mark.parametrize(("headers", "answer"), [
    ({"host": "127.0.0.1:8765"}, "passed"),
    ({"host": "localhost:8765", "origin": "http://localhost:8765"}, "passed"),
    ({"host": "evil.example"}, 400), ({"host": ""}, 400), ({}, 400), ({"host": "127.0.0.1:8765@evil.example"}, 400),
    ({"host": "127.0.0.1:8765", "origin": "http://evil.example"}, 403),
    ({"host": "127.0.0.1:8765", "origin": "null"}, 403),
    ({"host": "127.0.0.1:8765", "origin": "http://127.0.0.1:9999"}, 403),
])  # fmt: skip
def test_foreign_hosts_and_origins_are_refused(headers: dict[str, str], answer: Any) -> None:
    assert asked(Guard(None, HERE), **headers) == answer  # type: ignore[arg-type]


@pytest.mark.parametrize(("headers", "answer"), [
    ({"host": "127.0.0.1:1", "origin": "http://127.0.0.1:1"}, "passed"),
    ({"host": "127.0.0.1:1", "origin": "http://evil.example"}, 1008),
    ({"host": "127.0.0.1:1", "origin": "null"}, 1008), ({"host": "127.0.0.1:1"}, 1008),
    ({"host": "evil.example", "origin": "http://evil.example"}, 1008),
])  # fmt: skip
def test_foreign_websockets_are_refused(headers: dict[str, str], answer: Any) -> None:
    assert asked(Guard(None, HERE), "websocket", **headers) == answer  # type: ignore[arg-type]


def test_a_shared_server_asks_for_its_token() -> None:
    guard = Guard(None, None, "a-long-enough-token")  # type: ignore[arg-type]
    assert asked(guard, host="10.0.0.1:8765") == 403
    assert asked(guard, host="10.0.0.1:8765", query="token=wrong") == 403
    assert asked(guard, host="10.0.0.1:8765", query="token=a-long-enough-token") == 303
    assert asked(guard, host="10.0.0.1:8765", cookie=f"x=1; {TOKEN_COOKIE}=a-long-enough-token") == "passed"
    assert asked(guard, "websocket", host="10.0.0.1:1", origin="http://10.0.0.1:1") == 1008


@pytest.mark.parametrize(("path", "method", "answer"), [
    ("/_solara/api/evict/x", "POST", 405), ("/", "POST", 405), ("/", "PUT", 405),
    ("/_solara/api/close/x", "POST", "passed"),
])  # fmt: skip
def test_what_no_page_needs_is_closed(path: str, method: str, answer: Any) -> None:
    guard = Guard(None, HERE)  # type: ignore[arg-type]
    assert asked(guard, path=path, method=method, host="127.0.0.1", origin="http://127.0.0.1") == answer


def test_pages_are_mended() -> None:
    head = '<html><meta name="viewport" content="user-scalable=no"><script>1</script><script src="x">'
    page = page_with_nonce(head, "abc")
    assert page.count('nonce="abc"') == 2
    assert 'lang="en"' in page
    assert "user-scalable" not in page
    assert "frame-ancestors 'none'" in content_security_policy("abc")
    assert "unsafe-inline" not in content_security_policy("abc").split("style-src")[0]
    assert host_name("[::1]:80") == "[::1]"


def test_a_page_outside_this_machine_needs_a_token() -> None:
    from click.testing import CliRunner

    from spreadsim.cli.app import app

    failed = CliRunner().invoke(app, ["--host", "0.0.0.0", "--token", "short", "--no-browser"])
    assert isinstance(failed.exception, InputError)
