"""The screen Learn as a learner meets it: every lesson walked in a headless Chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from spreadsim.lessons.files import load_lesson, shipped_lessons
from tests.app.browser import Visit, app_address, axe, chromium, faults, headless_browser, visit

LESSONS = [load_lesson(path) for path in shipped_lessons()]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A served app that was asked for the first lesson."""
    chromium()
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("SPREADSIM_DATA", raising=False)  # lessons then show generated data
        with app_address("--lesson", "1") as where:
            assert where.endswith("?lesson=01-one-contact")
            yield where


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    with headless_browser() as found:
        yield found


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Visit]:
    """A learner; at the end all that the page asked for came from the app, and nothing went wrong in it."""
    with visit(browser, address, viewport={"width": 1280, "height": 900}) as visitor:
        yield visitor
        place = urlsplit(address).netloc
        inside = ("data:", "blob:", "about:")
        assert not [r for r in visitor.requests if urlsplit(r).netloc != place and not r.startswith(inside)]
        assert not visitor.complaints


def predict(p: Any, lesson: Any) -> None:
    """Draw a straight line up, or pick the first card, and commit to it."""
    if lesson.table.predict.kind == "card":
        p.locator("label.pick").first.click()
    else:
        boxes = p.locator(".pad-boxes input")
        boxes.first.wait_for()
        for i in range(boxes.count()):
            boxes.nth(i).fill(str(round(100 * (i + 1) / boxes.count())))
    p.get_by_role("button", name="This is my prediction").click()
    p.get_by_role("button", name="Why?").wait_for(timeout=60_000)


def test_every_lesson_is_walked_from_question_to_exercises(page: Visit) -> None:
    p, source = page.page, axe()
    for number, lesson in enumerate(LESSONS):
        p.get_by_role("heading", name=lesson.table.title, exact=True).wait_for(timeout=60_000)
        p.locator("curve-pad .lesson-svg, label.pick").first.wait_for()
        assert p.get_by_role("button", name="2. See").is_disabled()  # nothing is shown before the prediction
        assert p.get_by_role("button", name="This is my prediction").is_disabled()
        if lesson.table.data is not None:
            page.ready("A generated twin, not real data")
        if number in (0, 1, 7):
            assert faults(p, source) == []
        predict(p, lesson)
        chart = p.locator(".lesson-body lesson-chart .lesson-svg").first
        chart.wait_for()
        said = chart.get_attribute("aria-label")
        for arm in lesson.table.arms.values():
            assert arm.title in said
        if number in (0, 1, 7):
            assert faults(p, source) == []
        verdict = p.locator(".verdict").inner_text()
        if lesson.table.predict.kind == "curve":
            assert "points off on average" in verdict
            assert chart.locator("path.guess").count() == 1
        else:
            assert p.locator(".pick.truth").count() == 1
        p.get_by_role("button", name="Show as table").click()
        assert p.get_by_role("region", name="The curves as a table").locator("tbody tr").count() >= 5
        if number in (0, 1):
            p.get_by_role("button", name="Watch one run of each on the map").click()
            p.locator(".lesson-maps canvas").first.wait_for(timeout=60_000)
            assert p.locator(".lesson-maps section.map").count() == number + 1  # a map for each network
            p.get_by_role("button", name="Hide the maps").click()
        p.get_by_role("button", name="Why?").click()
        assert p.locator(".lesson-body .lesson-text p").count() == 2
        assert p.locator(".sources li").count() == len(lesson.table.sources)
        p.locator("button.main", has_text="Change one thing").click()
        group = p.get_by_role("group", name="Change one thing")
        assert group.get_by_role("button").count() == 1 + len(lesson.table.change.options)
        group.get_by_role("button").last.click()
        p.locator(".twin figure").nth(1).locator(".lesson-svg").wait_for(timeout=60_000)
        before, after = (p.locator(".twin .lesson-svg").nth(i).get_attribute("aria-label") for i in (0, 1))
        assert before == said
        assert after != before
        if number in (0, 1, 7):
            assert faults(p, source) == []
        p.locator("button.main", has_text="Take home").click()
        p.locator("details.exercise > summary").first.click()
        p.locator("details.exercise details summary").first.click()
        assert p.locator("details.exercise details .lesson-text").first.is_visible()
        assert p.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert f"{number + 1} of 8 done" in p.locator(".lesson-list").inner_text()
        if number < 7:
            p.get_by_role("button", name="Next lesson").click()

    p.reload()  # what was done and predicted is kept in the browser
    page.ready("8 of 8 done")
    p.get_by_role("button", name="2. Bridges and clusters").click()
    p.get_by_role("heading", name="Bridges and clusters", exact=True).wait_for()  # not the first one
    p.get_by_role("button", name="See the result").click()
    page.ready("points off on average")
    p.get_by_role("button", name="1. Predict").click()
    p.get_by_role("button", name="Predict again").click()
    p.get_by_role("button", name="This is my prediction").wait_for()
    assert p.get_by_role("button", name="This is my prediction").is_disabled()
    p.get_by_role("button", name="Glossary").click()
    page.ready("Shaping the change with those who will use it")
    assert faults(p, source) == []
    p.get_by_role("button", name="Sandbox").click()
    assert faults(p, source) == []
    p.get_by_role("button", name="Open Whispers in Explore").click()
    page.ready("This is a single run")
    assert p.get_by_label("Scenario's name").input_value() == "lesson-whispers"


def test_a_lesson_by_keyboard_alone_at_200_per_cent_in_the_dark(browser: Any, address: str) -> None:
    small = {"width": 640, "height": 450}
    where = address.replace("01-one-contact", "5")
    with visit(browser, where, viewport=small, color_scheme="dark", reduced_motion="reduce") as visitor:
        p = visitor.page
        p.locator(".pad-boxes input").first.wait_for(timeout=60_000)
        p.get_by_label("Word of mouth, after 2 copies, per cent").focus()
        for height in ("64", "41", "26", "17", "11"):
            p.keyboard.press("Control+A")
            p.keyboard.type(height)
            p.keyboard.press("Tab")
        assert p.evaluate("document.activeElement.innerText") == "This is my prediction"
        p.keyboard.press("Enter")
        visitor.ready("Very close")
        assert p.evaluate("document.activeElement.id") == "lesson-head"  # the focus goes to where there is news
        assert faults(p, axe()) == []
        assert p.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert not visitor.complaints


def test_the_last_lesson_takes_the_dates_that_the_user_brings(page: Visit) -> None:
    p = page.page
    services = "id,adopted_month\n" + "\n".join(f"s{i},{i % 9 + 1 if i < 45 else ''}" for i in range(60)) + "\n"
    ties = "source,target\n" + "\n".join(f"s{i},s{(i + k) % 60}" for i in range(60) for k in (1, 5)) + "\n"
    page.tab("Network")
    p.locator("#bring-files").set_input_files([
        {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
        for name, text in (("services.csv", services), ("ties.csv", ties))
    ])  # fmt: skip
    page.ready("Your own network")
    page.tab("Learn")
    p.get_by_role("button", name="8. Getting the balance right").click()
    page.ready("Your own data")
    page.ready("75% of the 60 had taken it up")
    predict(p, LESSONS[7])
    assert "Half and half" in p.locator(".lesson-body .lesson-svg").first.get_attribute("aria-label")


def test_what_the_browser_kept_may_be_anything(browser: Any, address: str) -> None:
    context = browser.new_context()
    p = context.new_page()
    kept = {"01-one-contact": {"prediction": "<img src=x onerror=alert(1)>"}, "02-bridges": 7}
    p.add_init_script(f"localStorage.setItem('spreadsim-lessons', JSON.stringify({json.dumps(kept)}))")
    p.goto(address)
    p.locator("label.pick").nth(1).click(timeout=60_000)
    p.get_by_role("button", name="This is my prediction").click()
    p.get_by_text("The runs agree with you").wait_for()
    context.close()


def test_a_lesson_that_is_not_there_is_refused_at_the_start() -> None:
    from click.testing import CliRunner

    from spreadsim.cli.app import app
    from spreadsim.errors import InputError

    failed = CliRunner().invoke(app, ["--lesson", "12", "--no-browser"])
    assert isinstance(failed.exception, InputError)
    assert "1, 2, 3" in str(failed.exception)
