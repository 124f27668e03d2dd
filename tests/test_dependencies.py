"""Licences of what users install are on the list; what was not looked up is not taken for safe."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="module")
def dependencies() -> ModuleType:
    path = Path(__file__).parent.parent / ".ci" / "dependencies"
    spec = importlib.util.spec_from_loader(
        "dependencies", importlib.machinery.SourceFileLoader("dependencies", str(path))
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("metadata", "classifiers", "allowed"),
    [
        ({"License-Expression": "MIT"}, [], True),
        ({"License-Expression": "Apache-2.0 OR GPL-3.0"}, [], True),
        ({"License-Expression": "MIT AND GPL-3.0"}, [], False),
        ({}, ["License :: OSI Approved :: BSD License"], True),
        (
            {},
            ["License :: OSI Approved :: GNU General Public License (GPL)", "License :: OSI Approved :: BSD License"],
            False,
        ),
        ({"License": "The MIT License\nCopyright ..."}, [], True),
        ({"License": "Proprietary"}, [], False),
        ({}, [], False),
    ],
)
def test_licences_are_read_from_metadata(
    dependencies: ModuleType, metadata: dict[str, str], classifiers: list[str], allowed: bool
) -> None:
    assert dependencies.is_allowed(dependencies.licences(metadata, classifiers)) is allowed


def test_every_package_that_users_install_has_a_licence_on_the_list(dependencies: ModuleType) -> None:
    packages = dependencies.needed()
    assert {"numpy", "numba", "mesa", "solara"} <= set(packages)
    assert "pytest" not in packages
    assert dependencies.check_licences(packages) == []


def test_what_was_not_looked_up_is_said(
    dependencies: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    packages: list[dict[str, Any]] = [{"name": "a", "version": "1", "vulns": []}]

    def answer(words: list[Any], **_: Any) -> Any:
        Path(words[-1]).write_text(json.dumps({"dependencies": packages}))

    monkeypatch.setattr(dependencies.subprocess, "run", answer)
    installed = dependencies.needed(extras=())
    assert dependencies.audit(installed) == 0
    packages.append({"name": "b", "skip_reason": "Dependency could not be audited"})
    assert dependencies.audit(installed) == 3
    assert "NOT LOOKED UP: 1 packages" in capsys.readouterr().out
    packages[0]["vulns"] = [{"id": "X-1", "fix_versions": ["2"]}]
    assert dependencies.audit(installed) == 1
    assert "VULNERABLE  a 1: X-1; mended in: 2" in capsys.readouterr().out
