"""The first run: small work waits for no compiler, one process compiles, and code that is shipped is checked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import spreadsim as ss
from spreadsim.drivers import compilation, engine, first_run, running
from spreadsim.drivers.compilation import interpreted_engine
from spreadsim.network.construction import make_network
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import plans

FIRST = """
import sys
import spreadsim as ss
from spreadsim.drivers import compilation, first_run
begun = []
first_run.start_compiling = lambda: begun.append(1) or True
result = ss.compare("classroom", replicates=4, frontier=False)
story = ss.explain("classroom", "service-0003")
print(result.runs.to_json(double_precision=15), [copy.service for copy in story.chain], sep="|", end="|")
print(compilation.is_compiled(), "spreadsim.drivers.engine" in sys.modules, len(begun) > 0)
"""


def in_new_process(program: str, repository: Path, cache: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(repository), "SPREADSIM_CACHE": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", program], text=True, capture_output=True, check=False, cwd=cache, env=environment
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_a_small_first_run_waits_for_no_compiler_and_gives_the_same(repository: Path, tmp_path: Path) -> None:
    """With nothing compiled yet compare and explain run as plain Python, let another process compile, and are equal."""
    numbers, chain, state = in_new_process(FIRST, repository, tmp_path).split("|")
    assert state == "False False True"
    assert numbers == ss.compare("classroom", replicates=4, frontier=False).runs.to_json(double_precision=15)
    assert chain == str([copy.service for copy in ss.explain("classroom", "service-0003").chain])


@pytest.mark.verification
def test_another_process_compiles_while_this_one_interprets(repository: Path, tmp_path: Path) -> None:
    """With an empty cache: the code is there some time after the first run has ended, and the next run loads it."""
    program = 'import spreadsim as ss; print(ss.compare("classroom", frontier=False).runs.to_json())'
    begin = time.monotonic()
    first = in_new_process(program, repository, tmp_path)
    assert not list(tmp_path.rglob("*.code"))
    while not list(tmp_path.rglob("*.code")):
        assert time.monotonic() - begin < 600, "nothing was compiled"
        time.sleep(1)
    tell = '\nimport sys; print("spreadsim.drivers.engine" in sys.modules)'
    assert in_new_process(program + tell, repository, tmp_path) == f"{first}\nTrue"
    (file,) = tmp_path.rglob("*.code")
    assert file.name.startswith("run_block-")


def test_a_thread_waits_for_the_driver_that_another_one_imports(repository: Path, tmp_path: Path) -> None:
    """As in the app, where two threads begin at once: the module stands half made in ``sys.modules`` meanwhile."""
    program = """
import sys, threading
import spreadsim.drivers.first_run as first_run, spreadsim.drivers.compilation as compilation
compilation.is_compiled = lambda: True
thread = threading.Thread(target=lambda: __import__("spreadsim.drivers.engine"))
thread.start()
while "spreadsim.drivers.engine" not in sys.modules:
    pass
half_made = not hasattr(sys.modules["spreadsim.drivers.engine"], "run_block")
print(half_made, first_run.is_interpreted(1))
thread.join()
"""
    assert in_new_process(program, repository, tmp_path) == "True False"


@pytest.fixture
def nothing_compiled(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Pretend that nothing is compiled yet; whether another process compiles is the last of the list."""
    compiles = [True]
    monkeypatch.setattr(first_run, "_interpreted", 0)
    monkeypatch.setattr(first_run, "start_compiling", lambda: compiles[-1])
    monkeypatch.setattr(compilation, "is_compiled", lambda: False)
    monkeypatch.delitem(sys.modules, "spreadsim.drivers.engine")
    return compiles


def test_what_is_small_is_interpreted_until_the_code_is_there(
    nothing_compiled: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A month more than is small waits; what is small does not, however often, while somebody compiles."""
    assert not first_run.is_interpreted(first_run.SMALL + 1)
    assert all(first_run.is_interpreted(first_run.SMALL) for _ in range(3))
    monkeypatch.setattr(compilation, "is_compiled", lambda: True)
    assert not first_run.is_interpreted(1)


def test_where_nobody_can_compile_for_others_little_is_interpreted(nothing_compiled: list[bool]) -> None:
    """No cache, or a process that failed: as much as is small in all, then this process compiles."""
    nothing_compiled.append(False)
    half = first_run.SMALL // 2
    assert [first_run.is_interpreted(half) for _ in range(4)] == [True, True, False, False]


def test_the_code_takes_over_between_replicates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of five replicates are interpreted before the code is there: the same outcomes, in the same order."""
    scenario = load_scenario("classroom", ["run.replicates=5"])
    network, some = make_network(scenario), plans(scenario)
    tasks = [running.Task(r, some, [True] * len(some), keep_events=True) for r in range(5)]
    expected = [str([one.measures for one in runs]) for runs in running.run_tasks(scenario, network, False, tasks)]
    answers, forms = iter([True, True]), []
    run_together = running.run_together

    def run(networks, plan, seed, replicates, driver, *rest, **more):  # type: ignore[no-untyped-def]
        forms.extend([driver] * len(replicates))
        return run_together(networks, plan, seed, replicates, driver, *rest, **more)

    monkeypatch.setattr(running, "is_interpreted", lambda service_months: next(answers, False))
    monkeypatch.setattr(running, "run_together", run)
    results = running.run_tasks(scenario, network, False, tasks, workers=1)
    assert [str([one.measures for one in runs]) for runs in results] == expected
    assert forms == ["interpreted"] * 2 * len(some) + ["compiled"] * 3 * len(some)


def test_a_large_job_is_compiled_for_first(nothing_compiled: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is interpreted, in the first run or in threads; a small job does not wait."""
    scenario = load_scenario("classroom", ["run.replicates=4"])
    network, some = make_network(scenario), plans(scenario)
    tasks = [running.Task(r, some, [True] * len(some), keep_events=False) for r in range(4)]
    waited: list[bool] = []

    def compiled() -> str:
        waited.append(True)
        monkeypatch.setattr(compilation, "is_compiled", lambda: True)
        return ""

    monkeypatch.setattr(first_run, "compile_now", compiled)
    monkeypatch.setattr(type(engine.run_block), "signatures", [])
    expected = len(list(running.run_tasks(scenario, network, False, tasks[:1], workers=2)))
    assert (expected, waited) == (1, [])
    monkeypatch.setattr(first_run, "LARGE", 1)
    monkeypatch.setattr(
        running, "is_interpreted", lambda service_months: pytest.fail("interpreted") if not waited else False
    )
    assert len(list(running.run_tasks(scenario, network, False, tasks, workers=2))) == 4
    assert waited == [True]


def test_the_answer_is_that_of_every_form() -> None:
    interpreted = interpreted_engine()
    assert engine.answer_of(engine.run_block) == interpreted.answer_of(interpreted.run_block)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[compilation._KeptCode, Path, Path]:
    """A store of code, a file that holds run_block's, and the folder of code that came with the package: empty."""
    first_run.compile_now()
    here, own, shipped = compilation.cache_folder(), tmp_path / "own", tmp_path / "shipped"
    if here is None or compilation.numba.config.DISABLE_JIT:
        pytest.skip("no compiled code is kept")
    (file,) = here.glob("*.code")
    own.mkdir()
    shipped.mkdir()
    monkeypatch.setattr(compilation, "cache_folder", lambda: own)
    monkeypatch.setattr(compilation, "shipped_folder", lambda: shipped)
    return compilation._KeptCode(engine.run_block.py_func), Path(shutil.copy(file, own)), shipped


def is_loaded(store: compilation._KeptCode) -> bool:
    (signature,) = engine.run_block.signatures
    return store.load_overload(signature, engine.run_block.targetctx) is not None


def test_a_damaged_file_is_compiled_again(kept: tuple[compilation._KeptCode, Path, Path]) -> None:
    """Half a file is no code: the process that finds it holds the lock until it has tried to write a whole one."""
    store, file, _ = kept
    content = file.read_bytes()
    assert is_loaded(store)
    assert not compilation.is_being_compiled()
    file.write_bytes(content[:1000])
    assert not is_loaded(store)
    assert compilation.is_being_compiled()
    store._release()
    file.write_bytes(content)
    assert is_loaded(store)


def test_shipped_code_is_used_only_if_it_gives_the_right_answer(
    kept: tuple[compilation._KeptCode, Path, Path],
) -> None:
    """Without an answer beside it, or with another one, the code that came with the package is left alone."""
    store, file, shipped = kept
    shutil.move(file, shipped)
    assert not is_loaded(store)
    store._release()
    answer = engine.answer_of(engine.run_block)
    for text, is_used in (("", False), ("0" * 64, False), (f"{answer}\n", True)):
        (shipped / "answer.txt").write_text(text)
        assert is_loaded(store) == is_used
        store._release()


def test_shipped_code_is_for_processors_that_can_run_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder's name holds the code's identity and the processor; one that lacks what the code needs has none."""
    monkeypatch.setattr(compilation.platform, "machine", lambda: "AMD64")
    features = dict.fromkeys(compilation.COMMON_PROCESSORS["x86_64"][1], True)
    monkeypatch.setattr(compilation.binding, "get_host_cpu_features", lambda: features)
    folder = compilation.shipped_folder()
    assert folder is not None
    assert folder.name.startswith(compilation.code_identity())
    assert folder.name.endswith("-x86-64-v3")
    features["avx2"] = False
    assert compilation.shipped_folder() is None
    monkeypatch.setattr(compilation.platform, "machine", lambda: "riscv64")
    assert compilation.shipped_folder() is None
