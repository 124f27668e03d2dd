"""The site: whole pages under a strict policy, the same bytes each time, in more than one language."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from click.testing import CliRunner

import spreadsim as ss
from spreadsim.cli.site import site as command
from spreadsim.errors import InputError, InputErrors
from spreadsim.lessons.files import find_lesson, load_lesson, shipped_lessons
from spreadsim.website import pages
from spreadsim.website.site import INDEX, make_site, write_texts
from spreadsim.website.texts import Texts, english_texts, read_language, template_text
from tests.comparison.test_report import HOSTILE, Page
from tests.conftest import small_document

WELSH = """
language = "cy"
name = "Cymraeg"
[site]
home = "Hafan"
lessons = "Gwersi"
[scenario]
try = "Rhowch gynnig arni"
[levers.mandate]
label = "Gorchymyn"
[box]
changed = "{name}, wedi newid"
"""


def small_file(folder: Path, **changes: Any) -> Path:
    document = small_document() | {"name": "small"} | changes
    path = folder / "small.toml"
    path.write_text(tomli_w.dumps({key: value for key, value in document.items() if value is not None}))
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    (place / "cy.toml").write_text(WELSH)
    make_site(place / "site", scenarios=[small_file(place)], lessons=["whispers"], replicates=4,
              language_files=[place / "cy.toml"])  # fmt: skip
    return place / "site"


def pages_of(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.html"))


def test_every_page_is_whole_and_allows_its_own_scripts_alone(made: Path) -> None:
    assert len(pages_of(made)) == 8
    for path in pages_of(made):
        text = path.read_text(encoding="utf-8")
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
        assert policy is not None
        assert policy[1].startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy[1]
        bodies = re.findall(r"<(?:style|script)>(.*?)</(?:style|script)>", text, flags=re.S)
        hashes = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in bodies]
        assert all(f"'sha256-{one}'" in policy[1] for one in hashes)
        assert policy[1].count("sha256-") == len(bodies)
        assert not re.search(r'style="|\son[a-z]+="|(?:src|href)="(?:https?:)?//', text)
        assert not re.search(r"\bfetch\(|XMLHttpRequest|\bimport\(|\beval\(|innerHTML", text)
        assert not Page(text).open
        assert len(gzip.compress(path.read_bytes(), 9)) < 400_000
        for target in re.findall(r'href="([^"#]+)"', text):
            resolved = (path.parent / target).resolve()
            assert (resolved / INDEX if resolved.is_dir() else resolved).is_file(), (path, target)


def test_the_bytes_are_the_same_each_time(made: Path, tmp_path: Path) -> None:
    (tmp_path / "cy.toml").write_text(WELSH)
    make_site(tmp_path / "site", scenarios=[small_file(tmp_path)], lessons=["whispers"], replicates=4,
              language_files=[tmp_path / "cy.toml"])  # fmt: skip
    for path in made.rglob("*.*"):
        assert (tmp_path / "site" / path.relative_to(made)).read_bytes() == path.read_bytes(), path
    with pytest.raises(InputError, match="exists already"):
        make_site(tmp_path / "site", scenarios=["classroom"], lessons=[])


def test_a_language_has_pages_of_its_own_and_what_is_missing_is_counted(made: Path, tmp_path: Path) -> None:
    text = (made / "cy" / INDEX).read_text(encoding="utf-8")
    assert '<html lang="cy">' in text
    assert ">Hafan</a>" in text
    assert 'href="../index.html" lang="en" hreflang="en">English<' in text
    assert "Some texts of this page are in English still." in text
    assert "still" not in (made / INDEX).read_text(encoding="utf-8")
    page = (made / "cy" / "scenario-small.html").read_text(encoding="utf-8")
    assert ">Rhowch gynnig arni</h2>" in page
    (tmp_path / "cy.toml").write_text(WELSH)
    english = english_texts([ss.load_scenario(str(small_file(tmp_path)))])
    assert len(read_language(tmp_path / "cy.toml", english).missing) == len(english) - 5


def test_texts_to_translate_and_back(tmp_path: Path) -> None:
    file, again = tmp_path / "de.toml", tmp_path / "again.toml"
    n = write_texts(file, scenarios=["classroom"], lessons=["whispers"])
    lesson = load_lesson(find_lesson("whispers", shipped_lessons()))
    english = english_texts([ss.load_scenario("classroom")], [lesson])
    assert ("lessons", "05-whispers", "exercises", "1", "answer") in english
    assert n == len(english)
    text = file.read_text().replace('language = ""', 'language = "de"').replace('name = ""', 'name = "Deutsch"', 1)
    file.write_text(text.replace('home = ""', 'home = "An\\"fang"', 1))
    assert write_texts(again, scenarios=["classroom"], lessons=["whispers"], language_files=[file]) == n - 1
    assert read_language(again, english).own == {("site", "home"): 'An"fang'}
    every = Texts("de", "Deutsch", english, {place: text.upper() for place, text in english.items() if "{" not in text})
    whole = tmp_path / "whole.toml"
    whole.write_text(template_text(english, every))
    assert read_language(whole, english).own == every.own
    with pytest.raises(InputError, match="exists already"):
        write_texts(again, scenarios=["classroom"], lessons=[])


@pytest.mark.parametrize(("change", "said"), [
    ('language = "cy"\nname = "C"\n[site]\nhomes = "x"', "homes: the site has no such text; did you mean 'site.home'?"),
    ('language = "cy"\nname = "C"\n[site]\nminutes = "munud"', r"site.minutes: lacks \{n\}"),
    ('language = "cy"\nname = "C"\n[site]\nhome = "{n}"', r"site.home: has \{n\}, which the English text has not"),
    ('language = "cy"\nname = "C"\n[site]\nhome = 3', "site.home: 3 is not a text"),
    ('language = "../cy"\nname = "C"', "'../cy' is not the tag of a language"),
    ('language = "en"\nname = "English"', "'en' is the language of another file, or English"),
    ('language = "cy"', "name: is missing"),
])  # fmt: skip
def test_a_file_of_texts_that_cannot_be_used_is_refused(tmp_path: Path, change: str, said: str) -> None:
    (tmp_path / "x.toml").write_text(change)
    with pytest.raises((InputError, InputErrors), match=said):
        make_site(tmp_path / "site", scenarios=["classroom"], lessons=[], language_files=[tmp_path / "x.toml"])
    assert not (tmp_path / "site").exists()


def test_a_page_says_how_many_runs_it_carries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_BYTES", 9_000)
    make_site(tmp_path / "site", scenarios=[small_file(tmp_path)], lessons=[], sandbox="", replicates=12)
    text = (tmp_path / "site" / "scenario-small.html").read_text(encoding="utf-8")
    carried = re.search(r"and on this page (\d+) paired runs of each strategy", text)
    assert carried is not None
    assert 1 < int(carried[1]) < 12
    assert "Means of 12 runs" in text


def test_hostile_titles_stay_text(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(
        tomli_w.dumps({"language": "cy", "name": HOSTILE, "site": {"title": HOSTILE, "home": HOSTILE},
                       "box": {"play": HOSTILE}})
    )  # fmt: skip
    file = small_file(tmp_path, title=HOSTILE, question=HOSTILE)
    lesson = tmp_path / "lessons" / "09-hostile"
    shutil.copytree(find_lesson("whispers", shipped_lessons()), lesson)
    for name in ("lesson.toml", "lesson.md"):
        text = (lesson / name).read_text().replace("Word of mouth", HOSTILE)
        (lesson / name).write_text(text.replace("eight parts", HOSTILE))
    make_site(tmp_path / "site", scenarios=[file], lessons=["9"], own_lessons=tmp_path / "lessons", replicates=1,
              language_files=[tmp_path / "x.toml"])  # fmt: skip
    for path in pages_of(tmp_path / "site"):
        parsed = Page(path.read_text(encoding="utf-8"))
        assert not parsed.open
        n_scripts = {"index": 1, "lesson": 5}.get(re.split("[-.]", path.name)[0], 3)
        assert [tag for tag, _ in parsed.tags].count("script") == n_scripts
        assert HOSTILE in "".join(parsed.text)


def test_what_a_page_cannot_run_is_refused_by_name(tmp_path: Path) -> None:
    file = small_file(tmp_path, network={**small_document()["network"], "services": 1600})
    with pytest.raises(InputError, match=r"--scenario: small: A network of 1,600 services is too large"):
        make_site(tmp_path / "site", scenarios=[file], lessons=[], replicates=1)
    assert not (tmp_path / "site").exists()


def test_the_command_says_what_it_wrote(tmp_path: Path) -> None:
    (tmp_path / "cy.toml").write_text(WELSH)
    options = [
        "--scenario",
        "classroom",
        "--lesson",
        "none",
        "--sandbox",
        "none",
        "--replicates",
        "2",
        "--language",
        str(tmp_path / "cy.toml"),
    ]
    done = CliRunner().invoke(command, [str(tmp_path / "site"), *options])
    assert done.exit_code == 0, done.output
    assert re.search(r"cy.toml: \d+ texts are not translated and stay in English: site.title,", done.output)
    assert "2 pages; open" in done.output


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder as ``python -m http.server`` does."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium is installed")
def test_a_link_is_a_scenario(made: Path, tmp_path: Path) -> None:
    """From a file and from a server, wide and narrow: the numbers of the program, links, Back, and a wrong link."""
    from playwright.sync_api import sync_playwright

    from tests.app.browser import axe, faults

    document = small_document()
    document["strategies"]["organic"] |= {"mandate": 0.9}
    path = small_file(tmp_path, strategies=document["strategies"])
    changed = ss.compare(str(path), replicates=4, workers=1, frontier=False, doubt="none")
    as_given = ss.compare(str(small_file(tmp_path)), replicates=4, workers=1, frontier=False, doubt="none")
    before, mean = (f"{100 * one.values('organic', 'benefit').mean():.1f}%" for one in (as_given, changed))
    with served(made) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for base, width in ((made.as_uri(), 360), (address, 1280)):
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.set_default_timeout(60_000)
            errors: list[Any] = []
            page.on("pageerror", lambda error, errors=errors: errors.append(error))
            page.goto(f"{base}/{INDEX}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert not faults(page, axe())
            page.locator("a[href='scenario-small.html']").click()
            page.locator("#try-check").filter(has_text="12 of 12 runs are equal").wait_for()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            first = page.locator(".try tbody tr").first.locator("td").nth(0)
            first.filter(has_text=before).wait_for()
            page.locator("#try-mandate").fill("9")
            first.filter(has_text=mean).wait_for()
            link = page.url
            assert link.endswith("#try&change=organic&with=top-down&mandate=0.9")
            assert not faults(page, axe())
            page.go_back()
            first.filter(has_text=before).wait_for()
            assert page.locator("#try-mandate").get_attribute("aria-valuetext") == "0"
            page.goto("about:blank")
            page.goto(link + "&latitude=7&nonsense=1")
            first.filter(has_text=mean).wait_for()
            said = page.locator(".fault").text_content() or ""
            assert said == (
                "The link asks for what this page does not have, and that part of it was left out: "
                "Latitude to adapt 7; nonsense=1."
            )
            page.locator(".languages a").click()
            first.filter(has_text=mean).wait_for()
            assert "/cy/scenario-small.html#try&change=organic" in page.url
            assert "Gorchymyn 0.9" in (page.locator("label:has(#try-mandate)").text_content() or "")
            page.locator(".try thead").filter(has_text="organic, wedi newid").wait_for()
            assert not errors
            page.close()
        without = browser.new_context(java_script_enabled=False).new_page()
        without.goto(f"{made.as_uri()}/scenario-small.html")
        assert without.locator("#try-without").is_visible()
        assert without.locator("table tbody tr").count() == 3
        browser.close()
