"""Shared by all tests: small scenarios, quick property tests, and where real data may lie."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.validation import as_document, validate

settings.register_profile(
    "quick",
    deadline=None,
    max_examples=40,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
settings.load_profile("quick")

REPOSITORY = Path(__file__).parent.parent
OWN_SCENARIO = "based_on = 'default'\nname = 'mine'\n[network]\nsource = 'file'\npath = 'net'\n"
pytest_plugins = ["tests.verification.plugin"]

# Where no bytecode may be written, as in many containers, each process that a test starts compiles every package that
# it imports anew, which takes longer than what it is started for. Such processes keep it beside pytest's cache instead.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(REPOSITORY / ".pytest_cache" / "bytecode"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run a test of a live server or browser once more if it fails: on a busy machine their clocks are not ours.

    Such a test is counted and listed as rerun; one that fails twice fails. No other test gets a second chance.
    """
    for item in items:
        opened = {"app_process", "headless_browser"} & vars(getattr(item, "module", None) or object).keys()
        if opened or item.path.is_relative_to(REPOSITORY / "tests" / "app"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The top of the repository."""
    return REPOSITORY


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real adoption data; tests that need it are skipped where there is none."""
    folder = Path(os.environ.get("SPREADSIM_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} does not exist (set SPREADSIM_DATA)")
    return folder


def small_document(**changes: Any) -> dict[str, Any]:
    """Return the default scenario on 60 services in two levels, as a document; tables merge with `changes`."""
    from spreadsim.scenario.validation import merge

    document = as_document(load_scenario("default"))
    document["network"] |= {
        "services": 60,
        "hierarchy": [{"level": "region", "count": 3}, {"level": "team", "count": 12}],
    }
    document["run"] |= {"months": 36, "replicates": 4}
    document["programme"]["stop_month"] = 24
    document["frontier"]["balances"] = [0.0, 0.5, 1.0]
    document["doubt"] = {"sets": "none"}
    return merge(document, changes)


def rows_of(table: dict[str, Any], **values: Any) -> list[dict[str, Any]]:
    """Return a table's rows as dictionaries: those that hold the values given, by column."""
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    return [row for row in rows if all(row[name] == value for name, value in values.items())]


@pytest.fixture
def small() -> Any:
    """A small scenario, quick to run."""
    return validate(small_document(), "small")


@pytest.fixture
def own_network(tmp_path: Path) -> Path:
    """A scenario on a network of one's own in which nobody is served, and one tie leads nowhere."""
    (tmp_path / "net").mkdir()
    rows = "".join(f"s{i},{'north' if i % 2 else 'south'},0\n" for i in range(12))
    (tmp_path / "net" / "services.csv").write_text("id,region,population\n" + rows)
    (tmp_path / "net" / "ties.csv").write_text("source,target\ns0,s1\ns1,s2\ns2,s77\n")
    (tmp_path / "mine.toml").write_text(OWN_SCENARIO)
    return tmp_path
