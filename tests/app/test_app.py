"""The app without a browser: documents, controls, exports, uploads, bounded work and who may come in."""

from __future__ import annotations

import asyncio
import base64
import csv
import io
import threading
import time
from typing import Any

import numpy as np
import pytest

pytest.importorskip("solara", reason="the app's packages are not installed")

from spreadsim.app import documents, fields, runs
from spreadsim.app.display import exports
from spreadsim.app.server import uploads
from spreadsim.app.server.security import TOKEN_COOKIE, Guard, content_security_policy, host_name, page_with_nonce
from spreadsim.app.server.work_queue import BACKGROUND, FIGURES, INTERACTIVE, WorkCancelled, WorkQueue, work_queue
from spreadsim.comparison.comparison import compare
from spreadsim.errors import InputError, InputErrors
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import plan
from spreadsim.scenario.validation import as_document, validate
from spreadsim.telling import spreadsheets

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
    first, last = runs.compare_in_stages(small, base, lambda: True)
    expected = compare(small, frontier=False)
    assert last.as_json() == expected.as_json()
    for name, column in expected.runs_table().items():
        assert np.array_equal(first.runs_table()[name], column, equal_nan=column.dtype.kind == "f"), name
    for what in ("generations", "groups"):
        made, wanted = ({k: v.tolist() for k, v in c.rows_table(what).items()} for c in (last, expected))
        assert repr(made) == repr(wanted)  # as text, where not defined is the same as itself


def test_the_frontier_has_the_numbers_of_the_full_one(small: Any) -> None:
    *_, last = runs.compare_in_stages(small, runs.base_network(small), lambda: True)
    made, expected = runs.with_frontier(last, lambda: True), compare(small)
    assert made.frontier is not None
    assert expected.frontier is not None
    for name, values in expected.frontier.values.items():
        assert np.array_equal(made.frontier.values[name], values, equal_nan=True), name
    assert made.lever_map is not None
    assert expected.lever_map is not None
    assert repr(made.lever_map.summary()) == repr(expected.lever_map.summary())


def test_work_stops_when_nobody_waits(small: Any) -> None:
    asked = iter([True, True, False])
    with pytest.raises(WorkCancelled):
        list(runs.compare_in_stages(small, runs.base_network(small), lambda: next(asked, False)))
    with work_queue.slot(INTERACTIVE, lambda: True) as mine:  # the turn was given back
        assert mine.is_held


def test_urgent_work_goes_first_and_long_work_gives_way() -> None:
    queue, done = WorkQueue(), []

    def take(name: str, urgency: int) -> None:
        with queue.slot(urgency, lambda: True):
            done.append(name)

    def waiting(count: int) -> None:
        while len(queue._waiting) < count:
            time.sleep(0.002)

    with queue.slot(BACKGROUND, lambda: True) as mine:
        threads = []
        for name, urgency in (("figure", FIGURES), ("first slider", INTERACTIVE), ("second slider", INTERACTIVE)):
            threads.append(threading.Thread(target=take, args=(name, urgency)))
            threads[-1].start()
            waiting(len(threads))
        mine.give_way()
        assert mine.is_held
        assert done == ["first slider", "second slider", "figure"]
        with pytest.raises(WorkCancelled), queue.slot(INTERACTIVE, lambda: False):
            pass  # a newer request of the session took its place
    for thread in threads:
        thread.join(5)
    take("last", BACKGROUND)
    assert done[-1] == "last"


def test_too_much_is_refused_with_what_to_do() -> None:
    document = as_document(load_scenario("england-primary-care"))
    document["run"]["replicates"] = 10_000
    with pytest.raises(runs.TooLarge, match="at most"):
        runs.check_size(validate(document, "large"))
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
    assert any("row" in error for error in found.errors)
    good = uploads.receive(default, uploads.files_of_message(sent(services_csv=SERVICES, ties_csv=ties)))
    assert good.scenario is not None, good.errors
    assert good.network is not None
    assert good.network.network.ids == ("a", "b", "c")
    assert good.faults
    assert set(uploads.scenario_files(good.scenario)) == {"default.toml", "network/services.csv", "network/ties.csv"}
    assert uploads.attach(good.scenario, uploads.upload_key(good.scenario)).scenario is not None


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
    ("/resourcez", "GET", 404), ("/_solara/api/evict/x", "POST", 404), ("/", "POST", 405), ("/", "PUT", 405),
    ("/_solara/api/close/x", "POST", "passed"),
])  # fmt: skip
def test_what_no_page_needs_is_closed(path: str, method: str, answer: Any) -> None:
    assert asked(Guard(None, HERE), path=path, method=method, host="127.0.0.1") == answer  # type: ignore[arg-type]


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
