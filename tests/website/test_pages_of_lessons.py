"""Lessons and the sandbox on a site: judged in the page as by the program, and told to a learning platform."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

import spreadsim as ss
from spreadsim.app.classroom import lesson_pages
from spreadsim.browser.module import page_script
from spreadsim.cli.site import site as command
from spreadsim.errors import InputError
from spreadsim.lessons.files import find_lesson, load_lesson, shipped_lessons
from spreadsim.lessons.runs import run_lesson
from spreadsim.website.lessons import MARGIN, SUMMED, make_lesson
from spreadsim.website.pages import own_file
from spreadsim.website.site import make_site
from spreadsim.website.texts import Texts, english_texts
from tests.app.browser import axe, faults, headless_browser
from tests.browser.javascript import javascript
from tests.conftest import small_document
from tests.website.test_site import served, small_file

LESSONS = ("one-contact", "whispers", "balance")
GERMAN = """
language = "de"
name = "Deutsch"
[lesson]
commit = "Das ist meine Vorhersage"
[chart]
as_number = "{arm}, {place}, Prozent"
[lessons.01-one-contact]
title = "Ein Kontakt genügt nicht"
predict = "Welche **zehn**?"
"""
SHOWN = """
let opened;
async function answer(request) {
  const {open, name, run} = JSON.parse(request);
  if (open) { opened = await unpacked(open); return "{}"; }
  const {shown, curves, measures} = resultOf(opened, name, {}, run, false);
  const numbers = {...shown, ...curves};
  for (const key of Object.keys(numbers)) numbers[key] = Array.from(numbers[key]);
  return JSON.stringify({curves: numbers, measures});
}
"""
PLATFORM = """<!DOCTYPE html><title>platform</title><script>
window.said = [];
window.state = "new";  // a session opens once and closes once, and nothing is told outside it
window.kept = JSON.parse(sessionStorage.getItem("kept") || '{"cmi.core.lesson_status": "not attempted"}');
const say = (...call) => { window.said.push(call); return String(window.state === "open"); };
window.API = {
  LMSInitialize: () => {
    const isNew = window.state === "new";
    if (isNew) window.state = "open";
    return String(isNew && say("LMSInitialize"));
  },
  LMSFinish: () => { const answer = say("LMSFinish"); window.state = "closed"; return answer; },
  LMSCommit: () => say("LMSCommit"),
  LMSGetValue: (name) => window.state === "open" ? window.kept[name] ?? "" : "",
  LMSSetValue: (name, value) => {
    if (window.state !== "open") return "false";
    window.kept[name] = value;
    sessionStorage.setItem("kept", JSON.stringify(window.kept));
    return say("LMSSetValue", name, value);
  },
};
</script><iframe src="lesson-05-whispers.html" width="900" height="800"></iframe>"""


def lesson_named(name: str) -> Any:
    return load_lesson(find_lesson(name, shipped_lessons()))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("lessons")
    (place / "de.toml").write_text(GERMAN, encoding="utf-8")
    make_site(place / "site", scenarios=[small_file(place)], lessons=LESSONS, replicates=4,
              language_files=[place / "de.toml"])  # fmt: skip
    return place / "site"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with headless_browser() as one:
        yield one


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 360, "height": 800})
    context.set_offline(True)
    page = context.new_page()
    page.set_default_timeout(60_000)
    errors: list[Any] = []
    page.on("pageerror", lambda error: errors.append(error))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield page
    assert not errors
    context.close()


def text_of(page: Any, place: str) -> str:
    return " ".join((page.locator(place).first.text_content() or "").split())


@pytest.mark.parametrize(("name", "prediction"), [
    ("one-contact", 0), ("one-contact", 1), ("balance", 4), ("whispers", [1.0, 0.9, 0.6, 0.5, 0.5, 0.4]),
])  # fmt: skip
def test_a_page_says_of_a_prediction_what_the_program_says(made: Path, page: Any, name: str, prediction: Any) -> None:
    """From a file with the network off: the runs, the verdict, the curves in words, and the one thing changed."""
    lesson = lesson_named(name)
    if lesson.table.data is None:
        run, changed = run_lesson(lesson), run_lesson(lesson, lesson.table.change.options[0].set)
    else:
        own = make_lesson(lesson)
        assert own.dates is not None
        run = own.run
        settings = {**own.dates.settings, **lesson.table.change.options[0].set}
        changed = run_lesson(run.lesson, settings, own.dates.network)
    told = lesson_pages.result_page(run, prediction)
    numbers = [prediction + 1] if isinstance(prediction, int) else [round(100 * one) for one in prediction[1:]]
    link = f"{made.as_uri()}/lesson-{lesson.name}.html#lesson&step=see&prediction={'-'.join(map(str, numbers))}"
    page.goto(link)
    page.locator(".verdict h3").wait_for()
    n = lesson.table.replicates * len(lesson.table.arms)
    assert f"{n} of {n} have the numbers of the program to the last digit" in text_of(page, "#lesson-see .about")
    assert text_of(page, ".verdict h3") == told["verdict"]["head"]
    assert text_of(page, ".verdict p") == told["verdict"]["text"]
    assert text_of(page, "#lesson-see lesson-chart + p") == told["chart"]["sentence"]
    if told["verdict"]["answer"] is not None:
        right = [card.text for card in lesson.table.predict.cards][told["verdict"]["answer"]]
        assert text_of(page, ".pick.truth").startswith(right)
    page.goto(link.replace("step=see", "step=change") + "&option=1")
    page.locator("#lesson-change .twin figure").nth(1).wait_for()
    assert text_of(page, "#lesson-change > p[aria-live]") == lesson_pages.result_chart(changed)["sentence"]


def test_a_lesson_is_taken_step_by_step(made: Path, page: Any) -> None:
    """Nothing of the result before the prediction; every step in the address; Back, another language, a wrong link."""
    page.goto(f"{made.as_uri()}/lesson-01-one-contact.html")
    page.locator("input[name=card]").first.wait_for()
    assert not page.locator("#step-see").is_visible()
    assert not page.locator("#step-why").is_visible()
    assert page.get_by_role("button", name="2. See").is_disabled()
    assert page.get_by_role("button", name="This is my prediction").is_disabled()
    assert not faults(page, axe())
    page.get_by_label("The ten neighbours, side by side.").check()
    page.get_by_role("button", name="This is my prediction").click()
    page.locator(".verdict").get_by_text("The runs agree with you").wait_for()
    assert page.url.endswith("#lesson&step=see&prediction=2")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator("details.watch summary").click()
    page.locator("#lesson-month").fill("0")
    page.locator(".watch .states").first.filter(has_text="embedded 10").wait_for()
    assert not faults(page, axe())
    for step, button in (("why", "Why"), ("change", "Change one thing"), ("home", "Take home")):
        page.locator(".step.shown button.main").last.filter(has_text=button).click()
        assert f"step={step}" in page.url
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.get_by_role("link", name="Next lesson: Whispers").is_visible()
    page.go_back()
    page.locator("#step-change").wait_for()
    page.locator(".languages a").click()
    page.locator("h1").get_by_text("Ein Kontakt genügt nicht").wait_for()
    page.locator("#step-change").wait_for()
    page.goto("about:blank")
    page.goto(f"{made.as_uri()}/lesson-01-one-contact.html#lesson&step=why&prediction=4&colour=red")
    page.locator(".fault").wait_for()
    assert page.locator("#step-predict").is_visible()
    assert "left out: prediction=4; step=why; colour=red." in text_of(page, ".fault")


def test_a_curve_is_drawn_or_typed(made: Path, page: Any) -> None:
    page.goto(f"{made.as_uri()}/lesson-05-whispers.html")
    page.locator("curve-pad input").first.wait_for()
    page.get_by_label("Word of mouth, after 10 copies, per cent").fill("7")
    box = page.locator("curve-pad svg").bounding_box()
    x, y, width = page.locator("curve-pad").evaluate("(pad) => [pad.px(4), pad.py(0.4), pad.w]")
    scale = box["width"] / width
    page.mouse.move(box["x"] + x * scale, box["y"] + y * scale)
    page.mouse.down()
    page.mouse.up()
    page.get_by_role("button", name="This is my prediction").click()
    page.locator(".verdict h3").wait_for()
    drawn = re.search(r"prediction=100-(\d+)-100-100-7$", page.url)
    assert drawn is not None, page.url
    assert abs(int(drawn[1]) - 40) <= 2
    page.get_by_role("button", name="1. Predict").click()
    page.get_by_role("button", name="Predict again").click()
    assert page.url.endswith("#lesson&step=predict")
    assert page.get_by_label("Word of mouth, after 10 copies, per cent").input_value() == "100"


def test_without_script_a_lesson_is_readable(made: Path, browser: Any) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{made.as_uri()}/lesson-08-balance.html")
    for place in ("#try-without", "#step-predict", "#step-see", "#step-why", "#step-change", "#step-home"):
        assert page.locator(place).is_visible()
    assert "Effect delivered at month 60, median of 30 runs: All from above" in text_of(page, "#step-see")
    assert "A generated twin, not real data" in text_of(page, "#step-predict")
    assert page.locator("#step-predict li").count() == 6
    page.context.close()


def test_both_ways_of_the_sandbox_have_every_lever(made: Path, page: Any, tmp_path: Path) -> None:
    document = small_document()
    document["strategies"]["organic"] |= {"mandate": 0.9}
    document["strategies"]["top-down"] |= {"support": 0.1}
    changed = ss.compare(str(small_file(tmp_path, strategies=document["strategies"])), replicates=4, workers=1,
                         frontier=False, doubt="none")  # fmt: skip
    page.goto(f"{made.as_uri()}/sandbox.html")
    page.locator("#try-check").filter(has_text="12 of 12 runs are equal").wait_for()
    page.locator("#try-mandate").fill("9")
    page.locator("#try-with-support").fill("1")
    row = page.locator(".try tbody tr").first.locator("td")
    for place, name in enumerate(("organic", "top-down")):
        row.nth(place).filter(has_text=f"{100 * changed.values(name, 'benefit').mean():.1f}%").wait_for()
    assert page.url.endswith("#try&change=organic&with=top-down&mandate=0.9&with.support=0.1")
    page.locator(".try thead").filter(has_text="B: top-down, changed").wait_for()
    assert page.locator(".try canvas").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert not faults(page, axe())
    page.reload()
    row.nth(1).filter(has_text=f"{100 * changed.values('top-down', 'benefit').mean():.1f}%").wait_for()
    assert page.locator("#try-with-support").get_attribute("aria-valuetext") == "0.1"


def test_what_a_page_counts_is_what_the_program_counts() -> None:
    """Every curve that a lesson may show, of every arm and under every option, to the last bit."""
    from spreadsim.website.lessons import lesson_data

    lesson = lesson_named("in-name-only")
    own = make_lesson(lesson, 80_000)
    assert 2 <= own.n_runs < 10
    texts = Texts("en", "English", english_texts([], [lesson]))
    with javascript(page_script("") + SHOWN) as ask:
        ask(json.dumps({"open": lesson_data(own, texts)}))
        for option in (None, *range(len(lesson.table.change.options))):
            settings = {} if option is None else lesson.table.change.options[option].set
            run = run_lesson(own.run.lesson, settings)
            for arm in lesson.table.arms:
                name = f"{arm}/{0 if option is None else option + 1}"
                answer = json.loads(ask(json.dumps({"name": name, "run": 1})))
                for curve in (*SUMMED, "delivered", "reach"):
                    assert answer["curves"][curve] == run.curves(arm, curve)[1].tolist(), (name, curve)
                assert answer["measures"]["benefit"] == run.values(arm, "benefit")[1]


def test_a_lesson_that_a_page_cannot_run_is_refused_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "09-own"
    shutil.copytree(find_lesson("one-contact", shipped_lessons()), folder)
    file = folder / "lesson.toml"
    shown = file.read_text().replace('measure = "reach"\nbest', 'measure = "equity_gap"\nbest')
    file.write_text(shown.replace("[change]", '[reveal]\nmeasure = "reach"\n[change]'))
    with pytest.raises(InputError, match=r"--lesson: 09-own: predict.measure 'equity_gap' is not counted in a page"):
        make_lesson(load_lesson(folder))
    whispers = lesson_named("whispers")
    with pytest.raises(InputError, match=r"--lesson: 05-whispers: is too large to run in a page"):
        make_lesson(whispers, MARGIN + 100)
    large = replace(
        whispers, scenario=ss.load_scenario(str(whispers.folder / "scenario.toml"), ["network.services=1600"])
    )
    with pytest.raises(InputError, match=r"1,600 services are too many"):
        make_lesson(large)


def test_lessons_are_chosen_by_number_or_name(tmp_path: Path) -> None:
    options = ["--scenario", "none", "--lesson", "5", "--lesson", "whispers", "--quiet"]
    done = CliRunner().invoke(command, [str(tmp_path / "site"), *options])
    assert done.exit_code == 0, done.output
    assert "2 pages; open" in done.output
    text = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert 'href="lesson-05-whispers.html">5. Whispers</a>' in text
    assert "Sandbox" not in text
    own = make_site(tmp_path / "own", scenarios=[], lessons=[], sandbox="classroom", replicates=1)
    assert own.pages == ("index.html", "sandbox.html")
    with pytest.raises(InputError, match="there is no such lesson"):
        make_site(tmp_path / "other", scenarios=[], lessons=["17"])
    with pytest.raises(InputError, match="leaves a site without pages"):
        make_site(tmp_path / "other", scenarios=[], lessons=[])


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("package")
    (place / "de.toml").write_text(GERMAN, encoding="utf-8")
    make_site(place / "lessons.zip", package="scorm", scenarios=[small_file(place)], lessons=["whispers"], replicates=2,
              language_files=[place / "de.toml"])  # fmt: skip
    return place / "lessons.zip"


def test_a_package_has_what_scorm_asks_of_it(package: Path, tmp_path: Path) -> None:
    """The rules of the content packaging schema (imscp_rootv1p1p2) and of ADL's (adlcp_rootv1p2) that apply here."""
    content, scorm = "{http://www.imsproject.org/xsd/imscp_rootv1p1p2}", "{http://www.adlnet.org/xsd/adlcp_rootv1p2}"
    with zipfile.ZipFile(package) as opened:
        assert opened.testzip() is None
        names = opened.namelist()
        top = ElementTree.fromstring(opened.read("imsmanifest.xml"))
    assert names[0] == "imsmanifest.xml"
    assert top.tag == f"{content}manifest"
    assert [one.tag for one in top] == [f"{content}{name}" for name in ("metadata", "organizations", "resources")]
    assert [one.text for one in top[0]] == ["ADL SCORM", "1.2"]
    identifiers = [one.get("identifier") for one in top.iter() if one.get("identifier") is not None]
    assert len(identifiers) == len(set(identifiers))
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", str(one)) for one in identifiers)
    organizations = top[1]
    assert organizations.get("default") in [one.get("identifier") for one in organizations]
    items = organizations[0].findall(f"{content}item")
    assert [one.tag for one in organizations[0]] == [f"{content}title", *[f"{content}item"] * len(items)]
    resources = {one.get("identifier"): one for one in top[2]}
    assert [one.get("identifierref") for one in items] == list(resources)
    kinds = []
    listed: set[str] = set()
    for one in resources.values():
        assert one.tag == f"{content}resource"
        assert one.get("type") == "webcontent"
        files = [file.get("href") for file in one.findall(f"{content}file")]
        assert one.get("href") in files
        assert set(files) <= set(names)
        listed |= {str(file) for file in files}
        kinds.append(one.get(f"{scorm}scormtype"))
    assert listed == set(names) - {"imsmanifest.xml"}
    assert [str(one.findtext(f"{content}title")) for one in items][::2] == [
        "Whispers",
        "Two ways of spreading, side by side",
    ]
    assert kinds == ["sco", "asset", "asset"]
    with zipfile.ZipFile(package) as opened:
        for name in listed:  # a page leads to no other page but itself in another language
            text = opened.read(name).decode()
            assert {one.rpartition("/")[2] for one in re.findall(r'<a [^>]*href="([^"#]+)"', text)} <= {
                name.rpartition("/")[2]
            }
    again = tmp_path / "again.zip"
    (tmp_path / "de.toml").write_text(GERMAN, encoding="utf-8")
    make_site(again, package="scorm", scenarios=[small_file(tmp_path)], lessons=["whispers"], replicates=2,
              language_files=[tmp_path / "de.toml"])  # fmt: skip
    assert again.read_bytes() == package.read_bytes()


def test_a_package_is_written_only_as_a_zip_of_its_own(package: Path, tmp_path: Path) -> None:
    for place, options, said in (
        (tmp_path / "folder", {}, "is not the name of a zip"),
        (package, {}, "exists already"),
        (tmp_path / "none" / "a.zip", {}, "its folder does not exist"),
        (tmp_path / "a.zip", {"package": "cmi5"}, "is no kind of package; choose scorm"),
    ):
        with pytest.raises(InputError, match=said):
            make_site(place, **({"package": "scorm", "scenarios": ["classroom"], "lessons": []} | options))
    done = CliRunner().invoke(command, [str(tmp_path / "a.zip"), "--package", "cmi5"])
    assert done.exit_code == 2


def test_a_platform_is_told_that_a_lesson_is_finished(package: Path, browser: Any, tmp_path: Path) -> None:
    with zipfile.ZipFile(package) as opened:
        opened.extractall(tmp_path)
    (tmp_path / "platform.html").write_text(PLATFORM, encoding="utf-8")
    with served(tmp_path) as address:
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{address}/platform.html")
        lesson = page.frame_locator("iframe")
        lesson.get_by_label("Word of mouth, after 10 copies, per cent").fill("7")
        lesson.get_by_role("button", name="This is my prediction").click()
        lesson.locator(".verdict h3").wait_for()
        kept = page.evaluate("window.kept")
        assert page.evaluate("window.said")[0] == ["LMSInitialize"]
        assert kept["cmi.core.lesson_status"] == "incomplete"
        assert kept["cmi.core.lesson_location"].startswith("#lesson&step=see&prediction=")
        page.evaluate("document.querySelector('iframe').src = 'about:blank'")
        page.wait_for_function("window.said.at(-1)[0] === 'LMSFinish'")
        assert page.evaluate("window.kept")["cmi.core.exit"] == "suspend"
        page.reload()  # where the reader was
        lesson.locator(".verdict h3").wait_for()
        lesson.locator(".languages a").click()  # the same lesson in another language goes on in the same session
        lesson.locator("html[lang=de] .verdict h3").wait_for()
        assert ["LMSFinish"] not in page.evaluate("window.said")
        lesson.get_by_role("button", name="5. Take home").click()
        lesson.get_by_text("Your learning platform has been told").wait_for()
        kept = page.evaluate("window.kept")
        assert kept["cmi.core.lesson_status"] == "completed"
        assert ["LMSCommit"] in page.evaluate("window.said")
        page.evaluate("document.querySelector('iframe').src = 'about:blank'")
        page.wait_for_function("window.said.at(-1)[0] === 'LMSFinish'")
        kept = page.evaluate("window.kept")
        assert kept["cmi.core.exit"] == ""
        assert re.fullmatch(r"\d{4}:\d\d:\d\d", kept["cmi.core.session_time"])
        page.goto(f"{address}/lesson-05-whispers.html")  # with no platform above it
        page.get_by_role("button", name="This is my prediction").wait_for()
        page.close()


def test_the_script_for_a_platform_stands_in_packages_alone(made: Path) -> None:
    text = (made / "lesson-05-whispers.html").read_text(encoding="utf-8")
    assert "LMSInitialize" not in text
    assert "LMSInitialize" in own_file("scorm.js")


def test_quantiles_are_numpys(browser: Any, made: Path) -> None:
    """The middle 90% of runs, in the table of means: as NumPy's quantiles."""
    run = run_lesson(lesson_named("one-contact"))
    page = browser.new_page()
    page.goto(f"{made.as_uri()}/lesson-01-one-contact.html#lesson&step=see&prediction=1")
    page.locator(".verdict h3").wait_for()
    low, high = np.quantile(run.values("scattered", "reach"), (0.05, 0.95))
    cells = page.locator("#lesson-see table").first.locator("tbody tr").nth(1).locator("td")
    assert cells.nth(0).text_content() == f"{run.values('scattered', 'reach').mean():.1%}"
    assert cells.nth(1).text_content() == f"{low:.1%} to {high:.1%}"
    page.close()
