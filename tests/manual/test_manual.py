"""The manual does what it says: its blocks run and print what is shown, its links lead somewhere, its site builds."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

import spreadsim as ss
from tests.manual.scripts import script

MANUAL = script("blocks")
PAGES = MANUAL.pages()
RUN = [
    page
    for page in PAGES
    if not MANUAL.is_followed(page)
    and any(b.reason is None and b.language in MANUAL.RUN and not b.file for b in MANUAL.blocks(page))
]
FOLLOWED = [page for page in PAGES if MANUAL.is_followed(page)]
NAMES = [page.relative_to(MANUAL.REPOSITORY).as_posix() for page in PAGES]

# What a test cannot run, counted: page, and why.
EXCUSED = {
    ("README.md", "installs, and runs the tests themselves"): 1,
    ("README.md", "installs"): 1,
    ("README.md", "writes into docs/site; another test builds it"): 1,
    ("CONTRIBUTING.md", "installs, and runs the tests themselves"): 1,
    ("docs/advise.md", "a search of some minutes"): 2,
    ("docs/calibration.md", "real data"): 1,
    ("docs/verification/assumption-sets.md", "takes a quarter of an hour"): 1,
    ("docs/fit.md", "a search of some minutes"): 1,
    ("docs/how-to/add-a-lesson.md", "a server"): 1,
    ("docs/how-to/teach.md", "a server"): 4,
    ("docs/how-to/site.md", "a server"): 1,
    ("docs/how-to/add-a-lever.md", "installs"): 1,
    ("docs/how-to/add-a-measure.md", "installs"): 1,
    ("docs/how-to/add-a-rule.md", "installs"): 1,
    ("docs/how-to/add-a-scenario.md", "installs"): 1,
    (
        "docs/how-to/other-tools.md",
        "EMAworkbench 3 needs Python 3.12; tests/test_adapters.py runs the same where it is installed",
    ): 1,
    ("docs/how-to/server-for-a-team.md", "a server"): 3,
    ("docs/how-to/import-your-files.md", "a part of a scenario"): 1,
    ("docs/how-to/import-your-files.md", "the files are published elsewhere"): 1,
    ("docs/how-to/sweeps-on-a-cluster.md", "a cluster"): 2,
    ("docs/sweeps.md", "a server"): 1,
    ("docs/sweeps.md", "three minutes"): 1,
    ("docs/sweeps.md", "a cluster; the how-to runs one on one machine"): 1,
    ("docs/sweeps.md", "a cluster"): 1,
    ("docs/tutorial/first-comparison.md", "installs packages"): 1,
    ("docs/verification/README.md", "the verification suite itself"): 1,
    ("docs/verification/structure.md", "the peers are downloaded by hand"): 1,
}


def name_of(page: Path) -> str:
    return page.relative_to(MANUAL.REPOSITORY).as_posix()


def done(run: object, page: Path, folder: Path) -> None:
    """Run a page; fail where a block fails or prints something else than the page shows."""
    printed = list(run(page, folder))  # type: ignore[operator]
    assert printed
    for block, text in printed:
        if block.output is not None:
            assert MANUAL.same(block.output.text, text), (
                f"{block.where} printed:\n{text}\nrun: python docs/blocks.py --write {name_of(page)}"
            )


@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_the_blocks_of_a_page_run_and_print_what_it_shows(page: Path, tmp_path: Path) -> None:
    done(MANUAL.run_page, page, tmp_path)


@pytest.mark.verification
@pytest.mark.parametrize("page", FOLLOWED, ids=name_of)
def test_what_a_page_tells_to_change_works_in_a_copy(page: Path, tmp_path: Path) -> None:
    """Word for word: its patches apply, its commands succeed, its checks pass."""
    done(MANUAL.follow, page, tmp_path)


def test_patches_of_the_how_tos_apply(tmp_path: Path) -> None:
    """The quick part of following them: each patch fits the files as they are."""
    for page in FOLLOWED:
        copy = tmp_path / page.stem
        session = MANUAL.Session(copy, copy=True)
        for block in MANUAL.blocks(page):
            if block.language == "diff":
                for name in re.findall(r"^--- a/(\S+)$", block.text, flags=re.M):
                    if not (copy / name).exists():
                        (copy / name).parent.mkdir(parents=True, exist_ok=True)
                        (copy / name).write_bytes((MANUAL.REPOSITORY / name).read_bytes())
            if block.file or block.language == "diff":
                session.run(block)


def test_what_is_not_run_is_counted_with_its_reason() -> None:
    found = Counter((name_of(page), b.reason) for page in PAGES for b in MANUAL.blocks(page) if b.reason is not None)
    assert dict(found) == EXCUSED
    assert all(reason for _, reason in found)
    for page in FOLLOWED:
        for block in MANUAL.blocks(page):
            assert block.followed or block.file or block.reason or block.language not in (*MANUAL.RUN, "diff"), (
                f"{block.where}: on a page that is followed in a copy, each block says 'follow'"
            )


def test_a_page_that_shows_something_else_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    monkeypatch.setattr(MANUAL, "REPOSITORY", tmp_path)
    page.write_text("```python\nprint(1)\nprint(2)\nprint(3)\n```\n```text\n1\n...\n4\n```\n")
    (block,) = MANUAL.blocks(page)
    printed = MANUAL.Session(tmp_path).run(block)
    assert printed == "1\n2\n3\n"
    assert not MANUAL.same(block.output.text, printed)
    assert MANUAL.same("1\n...\n3", printed)
    assert MANUAL.rewritten(page, [(block, printed)]).endswith("```text\n1\n2\n3\n```\n")
    failing = "```python\nprint(1 / 0)\n```\n```sh\nfalse\n```\n"
    page.write_text(failing)
    for block in MANUAL.blocks(page):
        with pytest.raises(MANUAL.BlockError, match=r"page.md:\d"):
            MANUAL.Session(tmp_path).run(block)


# ------------------------------------------------------------------------------------------------- links


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and the site make them."""
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    headings = [after.content for token, after in itertools.pairwise(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> list[str]:
    """Return where the links and images of a page lead, those of HTML comments and code left out."""
    found = []
    for token in MarkdownIt().enable("table").parse(page.read_text(encoding="utf-8")):
        for child in token.children or []:
            target = child.attrGet("href") or child.attrGet("src")
            if target:
                found.append(str(target))
    return found


ALL_PAGES = [*PAGES, MANUAL.REPOSITORY / "CHANGELOG.md", *sorted((MANUAL.REPOSITORY / "experiments").glob("*.md"))]


@pytest.mark.parametrize("page", ALL_PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        if re.match(r"[a-z]+:", target):
            assert target.startswith("https://"), f"{name_of(page)}: {target}"
            continue
        place, _, anchor = target.partition("#")
        other = (page.parent / place) if place else page
        assert other.exists(), f"{name_of(page)}: {target}"
        if anchor and other.suffix == ".md":
            assert anchor in anchors(other), f"{name_of(page)}: {target}"


# ------------------------------------------------------------------------------------------------- the site


def test_the_site_builds_with_no_warning_and_fetches_nothing(repository: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", str(tmp_path / "doctrees"), "-b", "html",
         str(repository / "docs"), str(site)],
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    assert built.stderr == ""
    for page in (repository / "docs").rglob("*.md"):
        if "site" not in page.parts:
            assert (site / page.relative_to(repository / "docs").with_suffix(".html")).is_file()
    fetched = re.compile(r"""(?:<(?:script|img|iframe|source)\b[^>]*\bsrc|<link\b[^>]*\bhref)=["'](?:https?:)?//""")
    for page in site.rglob("*.html"):
        assert not fetched.findall(page.read_text(encoding="utf-8")), page.name
    for sheet in site.rglob("*.css"):
        assert not re.findall(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", sheet.read_text(encoding="utf-8")), (
            sheet.name
        )


# ------------------------------------------------------------------------------------------------- what stands beside


def test_the_citation_is_of_this_version(repository: Path) -> None:
    """Its schema was checked with cffconvert; here, that it is complete and agrees with the package."""
    citation = yaml.safe_load((repository / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"cff-version", "message", "title", "authors", "type", "abstract"} <= set(citation)
    assert str(citation["version"]) == ss.__version__ == project["version"]
    assert citation["license"] == project["license"] == "MIT"
    assert set(citation["keywords"]) == set(project["keywords"])


def test_the_licence_is_there_in_full(repository: Path) -> None:
    text = " ".join((repository / "LICENSE").read_text(encoding="utf-8").split())
    assert text.startswith("MIT License Copyright (c) ")
    assert "to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies" in text
    assert text.endswith("OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.")


def test_the_changelog_opens_each_version_with_what_changes_in_results(repository: Path) -> None:
    text = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    entries = re.split(r"^## ", text, flags=re.M)[1:]
    assert entries
    for entry in entries:
        _, _, body = entry.partition("\n\n")
        assert body.startswith("**Results.** "), entry[:40]
