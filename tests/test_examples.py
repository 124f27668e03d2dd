"""The examples in docstrings print what they say they print.

The names of its module are at hand in an example, as are `ss` (spreadsim) and `np` (numpy), and what the example of the
module's own docstring sets; it runs in an empty folder.
"""

from __future__ import annotations

import doctest
import importlib
import io
from pathlib import Path

import numpy as np
import pytest

import spreadsim as ss

PACKAGE = Path(ss.__file__).parent
MODULES = [
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    options = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    runner = doctest.DocTestRunner(verbose=False, optionflags=options)
    examples = doctest.DocTestFinder().find(module, name, globs={"ss": ss, "np": np, **vars(module)})
    complaint = io.StringIO()
    set_by_module: dict[str, object] = {}
    for example in sorted(examples, key=lambda example: example.name != name):  # the module's own first
        example.globs |= set_by_module
        runner.run(example, out=complaint.write, clear_globs=example.name != name)
        if example.name == name:
            set_by_module = example.globs
    assert runner.tries > 0, f"{name} has a '>>>' that stands in no docstring"
    if runner.failures:
        pytest.fail(complaint.getvalue(), pytrace=False)
