"""A class as it is taught: a facilitator's browser, students' phones, and thirty more who join by the wire."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from spreadsim.app.classroom.rooms import MAX_SEATS_BY_ADDRESS
from tests.app.browser import app_address, axe, chromium, faults, headless_browser

PHONE = {"width": 360, "height": 740}
PROJECTOR = {"width": 1280, "height": 800}


class Client:
    """A student without a browser."""

    def __init__(self, address: str) -> None:
        self.where = urlsplit(address).netloc
        self.cookie = ""

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Return the status and what was answered."""
        connection = http.client.HTTPConnection(self.where, timeout=60)
        given = {"Origin": f"http://{self.where}", "Cookie": self.cookie, **headers}
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, body=data, headers={k: v for k, v in given.items() if v})
        answer = connection.getresponse()
        content = answer.read()
        for value in answer.headers.get_all("Set-Cookie") or []:
            self.cookie = value.split(";")[0]
        connection.close()
        try:
            return answer.status, json.loads(content)
        except ValueError:
            return answer.status, content.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A served app."""
    chromium()
    with app_address() as where:
        yield where.split("?")[0]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    with headless_browser() as found:
        yield found


def opened(browser: Any, address: str, size: dict[str, int], complaints: list[str], scheme: str = "light") -> Any:
    """Return a page of a user of its own."""
    page = browser.new_context(viewport=size, color_scheme=scheme).new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    netloc = urlsplit(address).netloc
    page.on("request", lambda r: complaints.append(r.url) if urlsplit(r.url).netloc not in (netloc, "") else None)
    page.goto(address)
    return page


def test_a_class_of_three_phones_and_thirty_more(browser: Any, address: str) -> None:
    complaints: list[str] = []
    source = axe()
    front = opened(browser, address + "class", PROJECTOR, complaints)
    front.get_by_role("button", name="Start a class with Bridges and clusters").click()
    front.locator(".code").wait_for()
    code = front.locator(".code").inner_text()
    assert len(code) == 6

    phones = [opened(browser, address + "join", PHONE, complaints, scheme) for scheme in ("light", "dark", "light")]
    for phone in phones:
        phone.get_by_label("Code on the screen in front").fill(code.lower())
        phone.get_by_role("button", name="Join").click()
        phone.locator("curve-pad .lesson-svg").wait_for()
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults(phones[0], source) == []
    assert faults(phones[1], source) == []

    # One draws with a finger, one types, one leaves it to the last moment.
    pad = phones[0].locator("curve-pad .lesson-svg")
    box = pad.bounding_box()
    phones[0].mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.7)
    phones[0].mouse.down()
    phones[0].mouse.move(box["x"] + box["width"] * 0.95, box["y"] + box["height"] * 0.1, steps=20)
    phones[0].mouse.up()
    heights = [int(phones[0].locator(".pad-boxes input").nth(i).input_value()) for i in range(5)]
    assert heights == sorted(heights)
    assert heights[-1] > heights[0] + 30
    for i in range(5):
        phones[1].locator(".pad-boxes input").nth(i).fill(str(18 * (i + 1)))
    for phone in phones[:2]:
        phone.get_by_role("button", name="Send my prediction").click()
        phone.get_by_text("Sent. You can change it").wait_for()

    def attend(number: int) -> int:
        client = Client(address)
        status, form = client.ask("POST", "/join/enter", {"code": code})
        assert status == 200
        assert form["lesson"]["pad"]["series"][0]["name"] == "Neighbours only"
        assert "rest" not in form
        assert form["result"] is None
        heights = [0.01, *(min(1.0, (0.1 + number / 60) * k) for k in range(1, 6))]
        sent = {"code": code, "lesson": form["lesson"]["name"], "prediction": heights}
        for _ in range(3):  # they look again every few seconds
            assert client.ask("GET", f"/join/now?code={code}")[0] == 200
        return client.ask("POST", "/join/predict", sent)[0]

    with ThreadPoolExecutor(30) as pool:
        assert list(pool.map(attend, range(30))) == [200] * 30

    front.wait_for_function("document.getElementById('predicted').textContent === '32'")
    assert front.locator("#joined").inner_text() == "33"
    assert (
        front.locator("#chart .lesson-svg path.fan").count() == 0
    )  # nobody's prediction is shown while others still think
    front.get_by_role("button", name="2. Close, show predictions").click()
    front.wait_for_function("document.querySelectorAll('#chart .lesson-svg path.fan').length === 32")
    phones[2].get_by_text("Predictions are closed").wait_for()
    assert not phones[2].get_by_role("button", name="Send my prediction").is_visible()
    assert faults(front, source) == []
    front.get_by_role("button", name="3. Reveal the result").click()
    front.get_by_text("32 predictions; the middle one is").wait_for()
    assert front.locator("#chart .lesson-svg path.fan").count() >= 32
    front.get_by_role("group", name="Change one thing").get_by_role("button", name="three of six are needed").click()
    front.locator("#changed .lesson-svg").first.wait_for()
    assert faults(front, source) == []
    phones[1].get_by_text("points off on average").wait_for()
    assert phones[1].evaluate("document.documentElement.scrollWidth <= innerWidth")

    # The facilitator goes on to a lesson with cards.
    front.get_by_label("Lesson").select_option("06-fit")
    phones[0].locator("fieldset.cards").wait_for()
    phones[0].get_by_label("Let each service fit it").check()
    phones[0].get_by_role("button", name="Send my prediction").click()
    front.wait_for_function("document.getElementById('predicted').textContent === '1'")
    front.get_by_role("button", name="3. Reveal the result").click()
    front.get_by_text("1 of 1 picked what the runs show").wait_for()

    # A reload keeps one's place; the end of the class is the end.
    phones[0].reload()
    phones[0].get_by_text("The runs agree with you").wait_for()
    front.get_by_role("button", name="End the class").click()
    front.get_by_role("button", name="End it").click()
    front.get_by_role("heading", name="Teach a class").wait_for()
    for phone in phones:
        phone.get_by_text("This class has ended.").wait_for()
    assert Client(address).ask("POST", "/join/enter", {"code": code})[0] == 404
    kept = [text for text in complaints if "404" not in text]  # the browser notes the answer that the class has ended
    assert kept == []


def test_sheets_print_and_keep_the_answers_for_the_facilitator(browser: Any, address: str) -> None:
    complaints: list[str] = []
    page = opened(browser, address + "class/sheet/02-bridges?for=learner", PROJECTOR, complaints)
    page.locator("lesson-chart .lesson-svg").first.wait_for()
    assert page.get_by_text("forty months").count() == 0
    assert faults(page, axe()) == []
    assert len(page.pdf(format="A4")) > 10_000
    page.goto(address + "class/sheet/02-bridges?for=facilitator")
    page.locator("lesson-chart .lesson-svg").first.wait_for()
    assert page.get_by_text("forty months").count() == 1
    assert faults(page, axe()) == []
    assert complaints == []


def started(address: str) -> tuple[Client, str]:
    """Return a facilitator without a browser, and the code of the room."""
    leader = Client(address)
    status, answer = leader.ask("POST", "/class/start", {"lesson": "06-fit"})
    assert status == 200
    return leader, answer["code"]


def test_who_may_do_what_over_the_wire(address: str) -> None:
    leader, code = started(address)
    student = Client(address)
    assert student.ask("GET", f"/join/now?code={code}")[0] == 404  # before joining
    assert student.ask("POST", "/join/enter", {"code": code})[0] == 200
    good = {"code": code, "lesson": "06-fit", "prediction": 1}
    assert student.ask("POST", "/join/predict", good)[0] == 200
    for prediction in (7, -1, True, "1", None, [0.5] * 6, {"a": 1}):
        assert student.ask("POST", "/join/predict", {**good, "prediction": prediction})[0] == 400, prediction
    assert student.ask("POST", "/join/predict", {**good, "lesson": "05-whispers"})[0] == 409
    assert student.ask("POST", "/join/predict", b"x" * 5000)[0] == 413
    assert student.ask("POST", "/join/predict", b"[" * 3000)[0] == 400
    assert student.ask("POST", "/join/predict", good, Origin="")[0] == 403
    assert student.ask("POST", "/join/predict", good, Origin="http://evil.example")[0] == 403
    # A place in the room gives nothing of the facilitator's.
    for method, path in (("GET", f"/class/{code}"), ("GET", f"/class/{code}/now"), ("POST", f"/class/{code}/lead"),
                         ("POST", f"/class/{code}/end")):  # fmt: skip
        assert student.ask(method, path, {} if method == "POST" else None)[0] == 404, path
    assert leader.ask("POST", f"/class/{code}/lead", {"stage": "nonsense"})[0] == 400
    assert leader.ask("POST", f"/class/{code}/lead", {"option": 9})[0] == 400
    assert leader.ask("POST", f"/class/{code}/lead", {"stage": "reveal"})[0] == 200
    assert student.ask("POST", "/join/predict", good)[0] == 409
    _, form = student.ask("POST", "/join/enter", {"code": code})
    assert form["result"]["verdict"]["right"] is True
    assert leader.ask("POST", f"/class/{code}/end", {})[0] == 200
    assert student.ask("POST", "/join/predict", good)[0] == 404


def test_a_class_cannot_be_denied(browser: Any, address: str) -> None:
    leader, code = started(address)
    inside = Client(address)
    assert inside.ask("POST", "/join/enter", {"code": code})[0] == 200
    guesser = Client(address)
    answers = [guesser.ask("POST", "/join/enter", {"code": f"AAAA{a}{b}"})[0] for a in "ABCDEF" for b in "GHJKMNPQRS"]
    assert answers[0] == 404
    assert answers[-1] == 429
    assert guesser.ask("POST", "/join/enter", {"code": code})[0] == 200  # a right one is never limited
    assert inside.ask("POST", "/join/enter", {"code": code})[0] == 200

    def flood(count: int) -> None:
        with ThreadPoolExecutor(8) as pool:
            taken = pool.map(lambda _: Client(address).ask("POST", "/join/enter", {"code": code})[0], range(count))
        assert set(taken) <= {200}

    flood(2 * MAX_SEATS_BY_ADDRESS)
    assert leader.ask("GET", f"/class/{code}/now")[1]["joined"] == MAX_SEATS_BY_ADDRESS
    complaints: list[str] = []
    phone = opened(browser, f"{address}join#{code}", PHONE, complaints)
    phone.locator("fieldset.cards").wait_for()
    phone.get_by_label("Let each service fit it").check()
    status, cleared = leader.ask("POST", f"/class/{code}/clear", {})
    assert (status, cleared["cleared"]) == (200, MAX_SEATS_BY_ADDRESS)
    phone.get_by_role("button", name="Send my prediction").click()  # its place was cleared under its hands
    phone.get_by_text("Sent. You can change it").wait_for()
    assert leader.ask("GET", f"/class/{code}/now")[1]["predicted"] == 1
    flood(MAX_SEATS_BY_ADDRESS + 10)  # who has predicted keeps the place
    assert phone.evaluate("fetch('/join/now?code=" + code + "').then(a => a.status)") == 200
    forged = {"X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.1"}  # nobody is believed who is no proxy
    assert Client(address).ask("POST", "/join/enter", {"code": code}, **forged)[0] == 200
    assert leader.ask("GET", f"/class/{code}/now")[1]["joined"] == MAX_SEATS_BY_ADDRESS
    assert leader.ask("POST", f"/class/{code}/end", {})[0] == 200
    assert [text for text in complaints if "404" not in text] == []


def test_a_trusted_proxy_says_where_students_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPREADSIM_PROXIES", "127.0.0.1")
    monkeypatch.setenv("SPREADSIM_PLACES", "2")
    with app_address() as proxied:
        leader, code = started(proxied)

        def joined(forwarded: str) -> int:
            Client(proxied).ask("POST", "/join/enter", {"code": code}, **{"X-Forwarded-For": forwarded})
            count: int = leader.ask("GET", f"/class/{code}/now")[1]["joined"]
            return count

        assert [joined("192.0.2.1") for _ in range(3)] == [1, 2, 2]
        assert [joined("192.0.2.2") for _ in range(3)] == [3, 4, 4]
        assert [joined(f"198.51.100.{n}, 192.0.2.3") for n in range(3)] == [5, 6, 6]  # what a client says is no matter
        assert [joined(f"2001:db8::{n}") for n in range(1, 4)] == [7, 8, 8]  # one subscriber


def test_on_a_shared_server_the_code_reaches_the_form_and_nothing_else(address: str) -> None:
    token = "a-token-that-is-long-enough"
    with app_address("--host", "127.0.0.2", "--token", token) as shared:
        where = shared.split("?")[0]
        leader, student = Client(where), Client(where)
        leader.cookie = f"spreadsim_token={token}"
        status, answer = leader.ask("POST", "/class/start", {"lesson": "06-fit"})
        assert status == 200
        assert student.ask("GET", "/join")[0] == 200
        assert student.ask("GET", "/join/static/join.js")[0] == 200
        assert student.ask("GET", "/join/static/..%2f..%2fserver.py")[0] == 404
        assert student.ask("POST", "/join/enter", {"code": answer["code"]})[0] == 200
        for path in ("/", "/class", f"/class/{answer['code']}", "/class/sheet/06-fit", "/joint",
                     "/join/../class", "/join/", "/join/more",
                     "/static/public/", "/jupyter/api/kernels", "//class"):  # fmt: skip
            assert student.ask("GET", path)[0] in (403, 404), path
        assert student.ask("POST", "/class/start", {"lesson": "06-fit"})[0] == 403
