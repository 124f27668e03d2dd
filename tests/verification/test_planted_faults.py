"""Faults planted in a copy of the program: each must make its named test fail, and the copy as it is must pass.

The list is `planted_faults`. A plain run checks that every entry still applies to the source, and makes every small
change of every rule in memory; the faults of the list are planted with ``pytest -m verification``, which also writes
docs/verification/planted-faults.md.
"""

from __future__ import annotations

import ast
import compileall
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy as copy_of
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any

import pytest

from spreadsim import rules
from tests.test_rules import BY_HAND, MORE_BY_HAND
from tests.verification.planted_faults import FAULTS, Fault

TABLE = Path("docs") / "verification" / "planted-faults.md"


def place_of(fault: Fault, package: Path) -> Path:
    """Return the file in which a fault's text stands, exactly once; fail where it stands elsewhere or more often."""
    counts = {
        path: path.read_text(encoding="utf-8").count(fault.old)
        for name in fault.modules.split(", ")
        if (path := package / f"{name}.py").exists()
    }
    found = [path for path, count in counts.items() if count]
    assert sum(counts.values()) == 1, f"{fault.name}: its text stands {sum(counts.values())} times in {fault.modules}"
    return found[0]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_still_applies(fault: Fault, repository: Path) -> None:
    place_of(fault, repository / "spreadsim")
    assert fault.new != fault.old
    file, _, test = fault.test.partition("::")
    assert f"def {test.partition('[')[0]}(" in (repository / file).read_text(encoding="utf-8"), "its test is there"


def test_there_are_enough_faults_and_no_two_of_a_name() -> None:
    assert len(FAULTS) >= 40
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert len({(fault.modules, fault.old, fault.new) for fault in FAULTS}) == len(FAULTS)


def test_the_table_kept_is_of_this_list_and_says_that_all_are_caught(repository: Path) -> None:
    text = (repository / TABLE).read_text(encoding="utf-8")
    rows = [line.split(" | ")[0].removeprefix("| ") for line in text.splitlines() if line.startswith("| ")][1:]
    assert rows == [fault.name for fault in FAULTS], (
        "run: pytest -m verification tests/verification/test_planted_faults.py"
    )
    assert "NOT CAUGHT" not in text


# ------------------------------------------------------------------------------------------------- every rule

_OPERATORS: dict[type, type] = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
_COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
}
# Changes that change no value: at 0 both branches give 0, or the same, or the comparison after it is false.
_SAME = {
    ("fidelity_as_intended", "form >= 0.0", "Gt"),
    ("reads_specification", "outside > 0.0", "GtE"),
    ("effect", "held > 0.0", "GtE"),
    ("fit", "b.adaptation.second_form_fit <= 0.0", "Lt"),
    ("form_aimed_at", "b.adaptation.second_form_fit <= 0.0", "Lt"),
    ("damage_unguarded", "b.adaptation.core_damage_rate <= 0.0", "Lt"),
}


def _changed(function: ast.FunctionDef, place: int, change: Callable[[Any], None]) -> ast.FunctionDef:
    """Return a copy of a function with a change made to the node at a place."""
    result = copy_of(function)
    change(list(ast.walk(result))[place])
    return result


def small_changes(function: ast.FunctionDef) -> Iterator[tuple[str, str, ast.FunctionDef]]:
    """Yield every small change of a rule: the text changed, into what, and the changed function.

    Plus and minus, times and divided by, least and greatest swapped; comparisons made strict or not, or turned round;
    *and* and *or* swapped; branches swapped; each number one higher.
    """

    def set_to(field: str, value: Any) -> Callable[[Any], None]:
        return lambda node: setattr(node, field, value)

    def swap(node: Any) -> None:
        node.body, node.orelse = node.orelse, node.body

    for place, node in enumerate(ast.walk(function)):
        text = ast.unparse(node) if isinstance(node, (ast.expr, ast.stmt)) else ""
        if isinstance(node, (ast.BinOp, ast.AugAssign)):
            other = _OPERATORS[type(node.op)]
            yield text, other.__name__, _changed(function, place, set_to("op", other()))
        elif isinstance(node, ast.Compare):
            for kind in _COMPARISONS[type(node.ops[0])]:
                yield text, kind.__name__, _changed(function, place, set_to("ops", [kind()]))
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
            yield text, f"{node.value + 1}", _changed(function, place, set_to("value", node.value + 1))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("min", "max"):
            word = "max" if node.func.id == "min" else "min"
            yield text, word, _changed(function, place, set_to("func", ast.Name(word, ast.Load())))
        elif isinstance(node, ast.BoolOp):
            junction = ast.And if isinstance(node.op, ast.Or) else ast.Or
            yield text, junction.__name__, _changed(function, place, set_to("op", junction()))
        elif isinstance(node, ast.IfExp):
            yield text, "swapped", _changed(function, place, swap)


def agrees(rule: Callable[..., Any], arguments: tuple[Any, ...], expected: Any) -> bool:
    """Return whether a rule gives what was worked out by hand."""
    try:
        got = rule(*arguments)
    except (ArithmeticError, ValueError):
        return False
    if isinstance(expected, float):
        return bool(abs(got - expected) <= 1e-12 * abs(expected) + 1e-15)
    return bool(got == expected)


def test_every_small_change_of_any_rule_is_noticed_by_a_value_worked_out_by_hand() -> None:
    """About four hundred changes, one at a time, each refused by some case of `test_rules`."""
    tree = ast.parse(Path(rules.__file__).read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    cases = [*BY_HAND, *MORE_BY_HAND]
    calls = {
        name: {n.id for n in ast.walk(f) if isinstance(n, ast.Name)} & set(functions) for name, f in functions.items()
    }
    n_changes, unnoticed = 0, []
    for name, function in functions.items():
        users = {name} | {user for user, used in calls.items() if name in used}
        concerned = [case for case in cases if case[0] in users]
        for text, into, changed in small_changes(function):
            n_changes += 1
            names = dict(vars(rules))
            body = [changed, *(copy_of(functions[user]) for user in users - {name})]
            module = ast.fix_missing_locations(ast.Module(body, []))
            exec(compile(module, "<changed>", "exec"), names)
            if all(agrees(names[rule], arguments, expected) for rule, arguments, expected in concerned):
                unnoticed.append((name, text, into))
    assert n_changes > 350
    assert set(unnoticed) == _SAME


# ------------------------------------------------------------------------------------------------- planted


def outcome_of(copy: Path, tests: list[str]) -> subprocess.CompletedProcess[str]:
    """Run tests of a copy against the package of that copy, interpreted, in a process of their own."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NUMBA_DISABLE_JIT": "1",
        "SPREADSIM_CACHE": str(copy / "cache"),
    }
    options = ["-q", "-x", "-n", "0", "-p", "no:cacheprovider", "--assert=plain"]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    return subprocess.run(command, cwd=copy, env=environment, text=True, capture_output=True, check=False)


@pytest.fixture(scope="module")
def copy(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package, its tests and scenarios."""
    home = tmp_path_factory.mktemp("planted") / "copy"
    leave_out = shutil.ignore_patterns("__pycache__", "*.pyc")
    for folder in ("spreadsim", "tests", "scenarios"):
        shutil.copytree(repository / folder, home / folder, ignore=leave_out)
    shutil.copy(repository / "pyproject.toml", home)
    # Compiled bytes go by what the source holds; by its date, two faults of one length in one second would share them.
    compileall.compile_dir(home, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return home


@pytest.mark.verification
def test_the_copy_without_a_fault_passes(copy: Path) -> None:
    where = subprocess.run(
        [sys.executable, "-c", "import spreadsim; print(spreadsim.__file__)"],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        text=True,
        capture_output=True,
        check=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(copy)
    done = outcome_of(copy, sorted({fault.test for fault in FAULTS}))
    assert done.returncode == 0, done.stdout[-3000:]


def caught(fault: Fault, copy: Path) -> tuple[bool, str]:
    """Plant a fault, run its test, take the fault out; return whether the test failed, and the output's end."""
    path = place_of(fault, copy / "spreadsim")
    source = path.read_text(encoding="utf-8")
    path.write_text(source.replace(fault.old, fault.new), encoding="utf-8")
    try:
        done = outcome_of(copy, [fault.test])
    finally:
        path.write_text(source, encoding="utf-8")
    return done.returncode == 1 and " failed" in done.stdout, (done.stdout + done.stderr)[-1500:]


@pytest.mark.verification
def test_every_planted_fault_is_caught(copy: Path, repository: Path) -> None:
    rows, missed = [], []
    for fault in FAULTS:
        place = place_of(fault, copy / "spreadsim").name
        found, output = caught(fault, copy)
        print(fault.name, "caught" if found else "NOT CAUGHT", flush=True)  # with -s, as it goes
        if not found:
            missed.append(f"{fault.name}\n{output}")
        test = fault.test.removeprefix("tests/").replace("::", " ") if found else "NOT CAUGHT"
        rows.append(f"| {fault.name} | {place} | {test} |")
    n_caught = len(FAULTS) - len(missed)
    text = [
        "# Planted faults",
        "",
        "Each fault is planted alone in a copy of the program; the test named must then fail. Written by",
        "`pytest -m verification tests/verification/test_planted_faults.py`; the list is",
        "`tests/verification/planted_faults.py`. Besides these, a plain run makes every small change of every",
        "rule in memory (plus for minus, at most for below, a number one",
        "higher, branches swapped ...) and asserts that a value worked out by hand refuses it.",
        "",
        f"{n_caught} of {len(FAULTS)} caught.",
        "",
        "| fault | module | caught by |",
        "|-|-|-|",
        *rows,
        "",
    ]
    (repository / TABLE).write_text("\n".join(text), encoding="utf-8")
    assert not missed, "\n\n".join(missed)
