"""The app as its users meet it: each screen walked in a headless Chromium, and what happens to hostile visitors."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from spreadsim.app import documents
from spreadsim.intake.imports import import_network
from spreadsim.scenario.validation import validate
from tests.app.browser import Visit, app_address, axe, chromium, faults, headless_browser, visit
from tests.conftest import small_document

SERVICES = (
    "id,name,region,deprivation,readiness\n"
    + "\n".join(f"s{i},Practice {i},{'North' if i < 6 else 'South'},{i % 5},{0.3 + 0.03 * i:.2f}" for i in range(12))
    + "\n"
)
TIES = "source,target\n" + "\n".join(f"s{i},s{(i + k) % 12}" for i in range(12) for k in (1, 3)) + "\n"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A served app."""
    chromium()
    with app_address() as where:
        yield where


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    with headless_browser() as found:
        yield found


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Visit]:
    """A visitor; at the end all that the page asked for came from the app, and nothing went wrong in it."""
    with visit(browser, address, viewport={"width": 1280, "height": 900}) as visitor:
        yield visitor
        place = urlsplit(address).netloc
        inside = ("data:", "blob:", "about:")
        foreign = [r for r in visitor.requests if urlsplit(r).netloc != place and not r.startswith(inside)]
        assert not foreign
        assert not visitor.complaints


@pytest.fixture
def small_file(tmp_path: Path) -> Path:
    """A scenario file that is quick to run."""
    path = tmp_path / "small.toml"
    path.write_text(documents.to_toml(validate(small_document(run={"replicates": 6}), "small")), encoding="utf-8")
    return path


def opened(page: Visit, path: Path) -> None:
    """Open a scenario file through the page."""
    page.page.locator("#open-file").set_input_files(str(path))
    page.page.get_by_text("60 services").first.wait_for(timeout=60_000)


def command_line(path: Path, folder: Path) -> dict[str, Any]:
    """Return what ``spreadsim compare`` says of a file."""
    done = subprocess.run(
        [sys.executable, "-m", "spreadsim.cli", "compare", str(path), "--no-frontier", "--no-report", "--json",
         "--out", str(folder / "out")],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def exported(page: Visit) -> dict[str, Any]:
    """Return the summary that the page hands over."""
    answer: dict[str, Any] = json.loads(page.saved(page.page.get_by_role("button", name="Summary (JSON)")))
    return answer


def board_pages(context: Any, report: str) -> int:
    """Return on how many sheets of A4 the board's part of a report prints."""
    sheet = context.new_page()
    sheet.set_content(report)
    sheet.evaluate("document.querySelectorAll('.appendices').forEach((part) => part.remove())")
    printed = sheet.pdf(prefer_css_page_size=True)
    sheet.close()
    return len(re.findall(rb"/Type\s*/Page\b", printed))


def test_explore_plays_finds_and_explains(page: Visit, small_file: Path) -> None:
    opened(page, small_file)
    p = page.page
    assert p.evaluate("document.documentElement.lang") == "en"
    p.locator(".map canvas").first.focus()
    p.locator("output.month", has_text="36").wait_for()  # how it ends is shown first
    p.keyboard.press("Home")
    p.keyboard.press("ArrowRight")
    p.keyboard.press("ArrowRight")
    assert p.locator("output.month").inner_text() == "2"
    p.keyboard.press(" ")
    p.wait_for_function("Number(document.querySelector('output.month').innerText) > 4")
    p.locator(".map canvas").first.focus()
    p.keyboard.press(" ")
    assert p.get_by_role("button", name="Play", exact=True).is_visible()
    p.get_by_label("Find a service").fill("service-0007")
    p.get_by_label("Find a service").press("Enter")
    page.ready("With the same luck, but one cause removed")
    month = p.locator("output.month").inner_text()
    assert p.get_by_role("heading", name="Why? service-0007").is_visible()
    assert p.locator(".why").get_by_text("Without the mandate").count() == 1
    assert int(month) > 4  # the map stayed where it was
    p.get_by_role("button", name="Show as table").click()
    assert p.get_by_role("region", name="States by month").locator("tbody tr").count() > 6
    p.get_by_role("button", name="Run again (new luck)").click()
    page.ready("run 2")


def test_the_keyboard_is_enough(page: Visit, small_file: Path) -> None:
    opened(page, small_file)
    p = page.page
    p.locator("body").press("Tab")
    assert p.evaluate("document.activeElement.innerText") == "Skip to the screen"
    p.keyboard.press("Enter")
    assert p.evaluate("document.activeElement.id") == "screen"
    p.locator('input[data-path="programme.support"]').focus()
    p.keyboard.press("ArrowRight")
    page.ready("changed by you")
    p.keyboard.press("Control+z")
    p.get_by_text("changed by you").wait_for(state="detached")
    p.get_by_role("button", name="Support: assumption").focus()
    p.keyboard.press("Enter")
    page.ready("Source:")
    p.get_by_role("button", name="Compare", exact=True).focus()
    p.keyboard.press("Enter")
    p.get_by_role("button", name="Paired differences: show as table").wait_for(timeout=60_000)
    p.get_by_role("heading", name="Paired differences").scroll_into_view_if_needed()
    p.locator("figure svg").first.wait_for(timeout=60_000)
    p.get_by_role("button", name="Paired differences: show as table").focus()
    p.keyboard.press("Enter")
    p.get_by_role("region", name="Paired differences as a table").locator("td").first.wait_for()
    for region in ("Maps of the strategies", "Outcomes over time"):
        p.get_by_role("region", name=region).get_by_role("button", name="Show as table").press("Enter")
    assert p.get_by_role("region", name="The maps as a table").locator("tbody tr").count() == 3
    assert p.get_by_role("region", name="Effect delivered as a table").locator("td").count() > 6


def test_compare_save_reload_and_the_command_line_agree(page: Visit, small_file: Path, tmp_path: Path) -> None:
    opened(page, small_file)
    p = page.page
    p.get_by_label("Strategy", exact=True).select_option("blend")
    page.put("programme.support", "0.9")
    page.ready("changed by you")
    p.get_by_role("button", name="Undo").click()
    p.get_by_text("changed by you").wait_for(state="detached")
    p.get_by_role("button", name="Redo").click()
    page.ready("changed by you")
    page.tab("Compare")
    page.ready("Who is left behind: by deprivation")
    first = exported(page)
    page.put("intervention.codification", "0.8")
    p.wait_for_function("document.querySelectorAll('.chip.changed').length >= 3")
    second = exported(page)
    until = time.monotonic() + 60
    while second["strategies"] == first["strategies"] and time.monotonic() < until:  # the control moves first
        p.wait_for_timeout(200)
        second = exported(page)
    assert second["strategies"] != first["strategies"]
    p.locator(".chart.stale").wait_for(state="detached")
    file = tmp_path / "saved.toml"
    file.write_bytes(page.saved(p.get_by_role("button", name="Save")))
    said = command_line(file, tmp_path)
    assert said["strategies"] == second["strategies"]
    assert said["differences"] == second["differences"]
    runs = page.saved(p.get_by_role("button", name="Every run (CSV)")).decode()
    assert runs.count("\n") == 1 + 6 * 3
    p.reload()
    page.ready("Who is left behind: by deprivation")
    assert exported(page)["strategies"] == second["strategies"]
    drawing = page.saved(p.get_by_role("button", name="Paired differences as PNG"))
    assert drawing.startswith(b"\x89PNG")
    assert b"benefit" in page.saved(p.get_by_role("button", name="Paired differences as CSV"))
    page.page.get_by_role("button", name="Work out the frontier").click()
    page.ready("The balance, from mandated to organic")
    page.tab("Report")
    p.locator("iframe.page").wait_for()
    report = page.saved(p.get_by_role("button", name="Download the report")).decode()
    assert "cannot be distinguished" in report
    assert "<script" not in report
    assert board_pages(p.context, report) == 2


def test_itemise_an_intervention_with_a_hostile_name(page: Visit, small_file: Path) -> None:
    opened(page, small_file)
    p = page.page
    page.tab("Intervention")
    p.get_by_label("risk-assessment: core or adaptable").select_option("adaptable")
    p.get_by_label("named-coordinator: how hard", exact=True).select_option("very hard")
    from playwright.sync_api import expect

    hostile = "<script>document.title='taken'</script>"
    p.get_by_label("New component").fill(hostile)
    p.get_by_role("button", name="Add", exact=True).click()
    p.get_by_role("rowheader", name=hostile).wait_for()
    p.get_by_label("visit-schedule: how well written down", exact=True).select_option("fully")
    number = p.get_by_label("visit-schedule: how well written down, 0 to 1")
    expect(number).to_have_value("0.9")
    assert "60 services" in p.get_by_text("of their own accord").first.inner_text()
    p.get_by_role("button", name="Try every change").click()
    p.locator("table.what-if").wait_for(timeout=60_000)
    rows = p.locator("table.what-if tbody tr")
    assert rows.count() >= 9 * 2
    assert "taken" not in p.title()
    assert b"what-if" not in page.saved(p.get_by_role("region", name="What if").get_by_role("button", name="CSV"))[:8]
    page.tab("Compare")
    page.ready("Who is left behind: by deprivation")
    saved = page.saved(p.get_by_role("button", name="Save")).decode()
    kept = documents.scenario_from_text(saved).intervention.components
    assert kept[hostile].core is False
    assert (kept["risk-assessment"].core, kept["named-coordinator"].complexity) == (False, 0.9)


def test_a_messy_network_is_mended_and_runs_as_on_the_command_line(
    page: Visit, small_file: Path, tmp_path: Path
) -> None:
    opened(page, small_file)
    p = page.page
    page.tab("Network")
    choose = p.locator("#bring-files")

    def files(services: str, ties: str = TIES) -> list[dict[str, Any]]:
        return [{"name": name, "mimeType": "text/csv", "buffer": text.encode()}
                for name, text in (("../../services.csv", services), ("ties.csv", ties))]  # fmt: skip

    choose.set_input_files(files(SERVICES + "s3,Again,North,1,0.5\n"))
    page.ready("This network cannot be used yet")
    page.ready("To be answered before the network is used")
    assert p.get_by_text(re.compile(r"contradict each other \(rows .*14\)")).count() >= 1
    choose.set_input_files(files(SERVICES.replace("Practice 4", "<img src=x onerror=alert(1)>"), TIES + "s1,nobody\n"))
    page.ready("Your own network")
    assert p.get_by_role("region", name="What was done with the files").get_by_text("nobody").count() >= 1
    assert p.locator("img[src=x]").count() == 0
    page.tab("Compare")
    p.get_by_role("heading", name="Who is left behind: by place").wait_for(timeout=60_000)
    mine = exported(page)
    packed = zipfile.ZipFile(io.BytesIO(page.saved(p.get_by_role("button", name="Save"))))
    assert sorted(packed.namelist()) == ["default.toml", "network/services.csv", "network/ties.csv"]
    packed.extractall(tmp_path)
    said = command_line(tmp_path / "default.toml", tmp_path)
    assert said["strategies"] == mine["strategies"]
    page.tab("Explore")
    p.get_by_role("button", name="Run again (new luck)").wait_for()
    p.get_by_label("Find a service").fill("Practice 7")
    p.get_by_label("Find a service").press("Enter")
    p.get_by_role("heading", name="Why? Practice 7").wait_for(timeout=30_000)
    page.tab("Network")
    p.get_by_label("Hide names").check()
    page.tab("Explore")
    p.get_by_role("button", name="Run again (new luck)").wait_for()
    p.get_by_label("Find a service").fill("Practice 7")
    p.get_by_label("Find a service").press("Enter")
    page.ready("No service is called")
    p.reload()
    page.ready("Play")
    page.tab("Network")
    page.ready("Your own network")


LIST = (
    "Practice Code,Practice Name,PCN,Region,People\n"
    + "".join(f"A8100{i},Surgery {i},{'Moor' if i < 5 else 'Dean'},North,{4000 + 97 * i}\n" for i in range(9))
    + "A81009,Grange <b>,Dean,North,4900\nA81009,Grange,Moor,North,4900\n"
)
RATES = "Practice Code,Month,Rate\n" + "".join(
    f"A8100{i},2023-{month:02}-01,{0.5 if month < 4 + i % 3 else 0.2}\n" for i in range(10) for month in range(1, 10)
)


@pytest.mark.parametrize("width", [1280, 390])
def test_files_are_mapped_asked_about_and_used(browser: Any, address: str, width: int, tmp_path: Path) -> None:
    """By keyboard alone: a column is chosen, questions are answered, the network is used, the mapping is kept."""
    with visit(browser, address, viewport={"width": width, "height": 900}) as visitor:
        p = visitor.page
        visitor.tab("Network")
        p.locator("#bring-files").set_input_files([
            {"name": "gp.csv", "mimeType": "text/csv", "buffer": LIST.encode()},
            {"name": "rates.csv", "mimeType": "text/csv", "buffer": RATES.encode()},
        ])  # fmt: skip
        visitor.ready("To be answered before the network is used")
        card = p.get_by_role("region", name="How your files were read")
        assert not faults(p, axe())
        assert p.evaluate("document.documentElement.scrollWidth <= innerWidth")
        name = card.get_by_label("Practice Name is read as")
        name.focus()
        p.keyboard.press("n")  # a select takes the first option that begins so
        while name.input_value() != "":
            p.keyboard.press("ArrowUp")
        card.get_by_label("rows of one id contradict each other").focus()
        p.keyboard.press("f")
        card.get_by_label("what counts as adoption").focus()
        p.keyboard.type("below 0.3")
        p.keyboard.press("Enter")
        visitor.ready("10 services, no ties: they are generated; groups: network.")
        p.get_by_text("To be answered before the network is used").wait_for(state="detached")
        p.get_by_text("This network cannot be used yet").wait_for(state="detached")
        assert name.input_value() == ""
        assert card.get_by_role("region", name="The first services").get_by_text("Surgery").count() == 0
        assert card.get_by_label("People is read as").input_value() == "population"
        assert not faults(p, axe())
        # The same choices on the command line read the same network.
        (tmp_path / "import.toml").write_bytes(visitor.saved(card.get_by_role("button", name="Download the mapping")))
        for file, text in (("gp.csv", LIST), ("rates.csv", RATES)):
            (tmp_path / file).write_text(text)
        files = [tmp_path / "gp.csv", tmp_path / "rates.csv"]
        network = import_network(files, mapping=tmp_path / "import.toml")
        assert not network.ledger.questions
        assert "name" not in network.services.columns
        assert network.services.columns["adopted_month"] == [str(4 + i % 3) for i in range(10)]
        packed = zipfile.ZipFile(io.BytesIO(visitor.saved(p.get_by_role("button", name="Save", exact=True))))
        assert packed.read("network/services.csv") == network.files()["services.csv"]
        assert not visitor.complaints


def test_too_large_an_upload_is_refused_in_the_page_and_wrong_kinds_on_the_server(page: Visit) -> None:
    page.tab("Network")
    choose = page.page.locator("#bring-files")
    choose.set_input_files([{"name": "services.csv", "mimeType": "text/csv", "buffer": b"id\n" + b"a\n" * 4_100_000}])
    page.ready("Too large")
    choose.set_input_files([{"name": "evil.exe", "mimeType": "text/csv", "buffer": b"MZ"}])
    page.ready("holds a file that is not a network")
    page.page.locator("#open-file").set_input_files(
        [{"name": "x.toml", "mimeType": "text/plain", "buffer": b"based_on = '/etc/passwd'"}]
    )
    page.ready("no shipped scenario has this name")


def test_two_users_get_their_own_numbers(browser: Any, address: str, small_file: Path) -> None:
    with visit(browser, address) as one, visit(browser, address) as other:
        for visitor in (one, other):
            opened(visitor, small_file)
        one.put("programme.support", "0")
        other.put("programme.support", "1")
        for visitor in (one, other):
            visitor.ready("changed by you")
            visitor.tab("Compare")
        found = []
        for visitor in (one, other):
            visitor.ready("Who is left behind: by deprivation")
            found.append(exported(visitor))
        assert found[0]["strategies"] != found[1]["strategies"]
        for visitor, support in ((one, 0.0), (other, 1.0)):
            saved = documents.scenario_from_text(
                visitor.saved(visitor.page.get_by_role("button", name="Save")).decode()
            )
            assert saved.programme.support == support


def test_no_serious_fault_of_accessibility(browser: Any, address: str, small_file: Path) -> None:
    source = axe()
    for scheme, width in (("light", 1280), ("dark", 640)):  # 640: a screen of 1280 at 200%
        with visit(browser, address, viewport={"width": width, "height": 800}, color_scheme=scheme) as visitor:
            opened(visitor, small_file)
            for tab, text in (
                ("Explore", "This is a single run"), ("Compare", "Who is left behind: by deprivation"),
                ("Intervention", "Who is ready for it?"), ("Network", "Structure of the network in use"),
                ("Report", "Download the report"),
            ):  # fmt: skip
                visitor.tab(tab)
                visitor.ready(text)
                assert faults(visitor.page, source) == [], f"{tab}, {scheme}"
                assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{tab}, {width}"


@pytest.mark.parametrize(("headers", "status"), [
    ({"Host": "evil.example"}, 400), ({"Origin": "http://evil.example"}, 403), ({}, 200),
])  # fmt: skip
def test_hosts_origins_and_headers_over_the_wire(address: str, headers: dict[str, str], status: int) -> None:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    connection.request("GET", "/", headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == status
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_foreign_page_gets_no_websocket(browser: Any, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto("about:blank")
    where = address.replace("http", "ws") + "jupyter/api/kernels/x/channels?session_id=y"
    answer = page.evaluate(
        "u => new Promise(d => { const s = new WebSocket(u);"
        " s.onopen = () => d('open'); s.onerror = () => d('refused'); })",
        where,
    )
    context.close()
    assert answer == "refused"
