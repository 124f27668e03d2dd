"""Runs that the page makes itself: on Explore, in a real Chromium, the same bits as the server's; else the server's."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spreadsim.app import documents
from spreadsim.app.server.routes import WORKER_PATH
from spreadsim.browser.module import worker_source, worker_version
from spreadsim.drivers import engine
from spreadsim.network.construction import make_network
from spreadsim.outcomes.measures import curves_of
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import plan
from spreadsim.scenario.validation import validate
from spreadsim.state import STATE
from tests.app.browser import Visit, app_address, chromium, headless_browser, visit
from tests.app.client import fetch
from tests.conftest import small_document

MADE = """() => { const map = document.querySelector('.map').__vue__;
  return map.made && ['month', 'service', 'to', 'leader'].map((name) => [...map.made[name]]); }"""
SENT = """() => { const {levers, setting, arrays, plays} = document.querySelector('.map').__vue__;
  return {levers: levers.text, setting: setting.text, arrays: arrays.text, nPlays: plays.length}; }"""
# The whole state and the recorded sums of the page's run, by the driver and the data that it was given.
BITS = """async ([address, names]) => {
  const source = await (await fetch(address)).text();
  const {levers, setting, arrays} = document.querySelector('.map').__vue__;
  const driver = new Function(source.slice(0, source.indexOf('const WARM_UP')) +
    'return {read, prepared, withArrays, runOf, outcomeOf}')();
  const page = driver.prepared(JSON.parse(setting.text), (await driver.read(arrays.text)).arrays);
  const strategy = {...page.strategies[0], ...driver.withArrays(page, JSON.parse(levers.text))};
  const block = driver.runOf(page, strategy, 0);
  const bytes = (values) => ArrayBuffer.isView(values)
    ? [...new Uint8Array(values.buffer, values.byteOffset, values.byteLength)] : values.flatMap(bytes);
  const text = (values) => btoa(bytes(values).reduce((a, b) => a + String.fromCharCode(b), ''));
  const {curves} = driver.outcomeOf(page, strategy, 0, strategy.levers, block);
  const state = names.map((name) => [name, text(block[name][0])]);
  return Object.fromEntries([...state, ['delivered', text(curves.delivered)]]);
}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    chromium()
    with app_address() as where:
        yield where


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with headless_browser() as found:
        yield found


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Visit]:
    with visit(browser, address, viewport={"width": 1280, "height": 900}) as visitor:
        yield visitor


def opened(page: Visit, scenario: Scenario, folder: Path) -> None:
    """Open a scenario through the page."""
    path = folder / "small.toml"
    path.write_text(documents.to_toml(scenario), encoding="utf-8")
    page.page.locator("#open-file").set_input_files(str(path))
    page.page.get_by_text(f"{scenario.network.services} services").first.wait_for(timeout=60_000)


def expected(scenario: Scenario, strategy: str, replicate: int) -> Any:
    """Return the run that the server would make, its network and its plan."""
    network, own = make_network(scenario, replicate), plan(scenario, strategy)
    return engine.run(network, own, scenario.run.seed, replicate), network, own


def held_against(page: Visit, scenario: Scenario, strategy: str, replicate: int = 0) -> None:
    """Hold the run that the page shows, and every bit of its state and curve, against the server's."""
    run, network, own = expected(scenario, strategy, replicate)
    events = [run.events[name].astype(int).tolist() for name in ("month", "service", "to_state", "leader")]
    page.page.wait_for_function(f"(expected) => JSON.stringify(({MADE})()) === expected", arg=_compact(events))
    names = [one.name for one in STATE]
    bits = page.page.evaluate(BITS, [f"{WORKER_PATH}?{worker_version()}", [*names, "sums"]])
    for name in names:
        assert base64.b64decode(bits[name]) == np.ascontiguousarray(run.final[name]).tobytes(), name
    assert base64.b64decode(bits["sums"]) == run.sums.tobytes()
    delivered = curves_of([run], [network], own)["delivered"][0]
    assert base64.b64decode(bits["delivered"]) == delivered.tobytes()


def _compact(value: Any) -> str:
    return str(value).replace(" ", "")


def test_the_page_makes_the_servers_runs_bit_for_bit_at_any_lever(page: Visit, tmp_path: Path) -> None:
    scenario = validate(small_document(run={"replicates": 6}), "small")
    opened(page, scenario, tmp_path)
    strategy = next(iter(scenario.strategies))
    held_against(page, scenario, strategy)
    page.ready("Your browser made this run.")
    first = page.page.evaluate(SENT)
    for path, value in (
        ("programme.support", 0.9),
        ("programme.celebration", 0.8),
        (f"strategies.{strategy}.balance", 0.6),
        ("intervention.mechanism_clarity", 0.7),
        ("services.context.standard_deviation", 0.3),
    ):
        scenario = documents.with_value(scenario, path, value)
        page.put(path, str(value))
        held_against(page, scenario, strategy)
        sent = page.page.evaluate(SENT)
        assert sent["nPlays"] == 0
        if path.startswith("programme."):  # a lever is sent alone
            assert (sent["setting"], sent["arrays"]) == (first["setting"], first["arrays"])
            assert len(sent["levers"]) < 3000
    page.page.get_by_role("button", name="Run again (new luck)").click()
    page.ready("run 2")
    held_against(page, scenario, strategy, 1)
    page.page.get_by_role("button", name="Undo").click()
    page.page.reload()
    page.ready("Your browser made this run.")
    assert page.complaints == []


@pytest.mark.parametrize("what", ["no script", "no worker", "a worker that fails"])
def test_the_server_makes_the_run_where_the_page_cannot(page: Visit, what: str) -> None:
    p = page.page
    if what == "no script":
        p.route(f"**{WORKER_PATH}*", lambda route: route.abort())
    elif what == "no worker":
        p.add_init_script("delete window.Worker")
    else:
        p.route(f"**{WORKER_PATH}*", lambda route: route.fulfill(
            content_type="text/javascript", body="onmessage = ({data: {id}}) => postMessage({id, failed: 'planted'})"
        ))  # fmt: skip
    p.reload()
    page.ready("The server made this run:", 120_000)
    if what == "a worker that fails":
        page.ready("planted")
    shown = p.locator(".map .said").inner_text()
    page.put("programme.support", "0.9")
    p.wait_for_function("(shown) => document.querySelector('.map .said').innerText !== shown", arg=shown)
    assert p.get_by_text("Your browser made this run.").count() == 0


def test_what_a_browser_cannot_run_is_named_and_run_by_the_server(page: Visit, tmp_path: Path) -> None:
    document = small_document()
    name = next(iter(document["strategies"]))
    document["strategies"][name]["rules"] = [{"when": "reach < 0.9", "set": {"support": 1.0}}]
    opened(page, validate(document, "small"), tmp_path)
    page.ready(f"The server made this run: strategy '{name}': rules: not run in a browser")


def test_the_workers_script_is_there_by_its_version_alone(address: str) -> None:
    status, headers, body = fetch(address, f"{WORKER_PATH}?{worker_version()}")
    assert (status, body.decode()) == (200, worker_source())
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    for other in ("", "?", "?0123456789abcdef"):
        assert fetch(address, WORKER_PATH + other)[0] == 404
    assert fetch(address, WORKER_PATH, "POST", origin=address.rstrip("/"))[0] == 405
