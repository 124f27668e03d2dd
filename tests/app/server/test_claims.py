"""Every claim of docs/app-safety.md names the tests that hold it to a running server, and those tests exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

pytest.importorskip("solara", reason="the app's packages are not installed")

from tests.app.browser import app_process
from tests.app.server.hostile_inputs import INPUTS

TOP = Path(__file__).parents[3]
DOCUMENT = TOP / "docs" / "app-safety.md"


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, int]]:
    """A running app, and the number of its process."""
    with app_process() as (address, number):
        yield address, number


def test_only_this_machine_reaches_the_app_by_default(served: tuple[str, int]) -> None:
    address, number = served
    listening = [c.laddr for c in psutil.Process(number).net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    assert [(place.ip, place.port) for place in listening] == [("127.0.0.1", urlsplit(address).port)]


def claims() -> list[tuple[str, str]]:
    """Return the claims of the document and what is named beside each."""
    text = DOCUMENT.read_text(encoding="utf-8").split("| What is said | Held to it by |")[1].split("\n\n")[0]
    return re.findall(r"^\| (.+?) \| (.+?) \|$", text, re.MULTILINE)[1:]


@pytest.mark.parametrize(("claim", "holders"), claims(), ids=[claim for claim, _ in claims()])
def test_each_claim_is_held_by_tests_that_exist(claim: str, holders: str) -> None:
    names = re.findall(r"`([\w/]+\.py)::(\w+)`", holders)
    for path, name in names:
        tree = ast.parse((TOP / "tests" / "app" / path).read_text(encoding="utf-8"))
        assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, (path, name)
    tried = re.findall(r"“([^”]+)”", holders)
    assert {what for what in tried if what not in {hostile.what for hostile in INPUTS}} == set()
    assert names or tried, "no test holds this claim"
