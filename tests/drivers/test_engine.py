"""The compiled driver's promises: frozen numbers, no needless work, no allocation, a cache that is never stale."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from spreadsim.drivers import engine
from spreadsim.drivers.compilation import helper
from spreadsim.network.construction import make_network, make_networks
from spreadsim.outcomes.record import SUMS
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import plans
from spreadsim.scenario.validation import validate
from tests.conftest import small_document

# The draw scheme is frozen: these numbers were printed by the test's own function, and change only with an entry in
# the changelog that says why. Sums at the horizon of replicate 0 on 60 services, seed 1.
FROZEN: dict[str, dict[str, float]] = {
    "top-down": {
        "events": 186.0,
        "fidelity": 11.376803763572356,
        "effect": 12.105639808152809,
        "form_moved": 12.553611656839173,
        "generation": 45.0,
    },
    "organic": {
        "events": 84.0,
        "fidelity": 6.823654829418371,
        "effect": 5.470290406507278,
        "form_moved": 5.521974303480219,
        "generation": 12.0,
    },
    "blend": {
        "events": 152.0,
        "fidelity": 15.548668121227918,
        "effect": 15.422536030496627,
        "form_moved": 17.435778701526456,
        "generation": 59.0,
    },
}


def sums_of(strategy: str) -> dict[str, float]:
    scenario = validate(small_document(), "frozen")
    network = make_network(scenario)
    plan = next(p for p in plans(scenario) if p.name == strategy)
    run = engine.run(network, plan, 1, 0)
    named = dict(zip(SUMS, run.sums[-1].tolist(), strict=True))
    return {
        "events": float(len(run.events["month"])),
        "fidelity": named["fidelity"],
        "effect": named["effect"],
        "form_moved": named["form_moved"],
        "generation": named["generation"],
    }


@pytest.mark.parametrize("strategy", ["top-down", "organic", "blend"])
def test_the_numbers_are_frozen(strategy: str) -> None:
    assert sums_of(strategy) == FROZEN[strategy]


@pytest.mark.parametrize("redraw", ["true", "false"])
@pytest.mark.parametrize("rule", ["random", "most-connected"])
def test_runs_made_together_are_those_made_alone(redraw: str, rule: str) -> None:
    """A block of replicates gives the bytes of each by itself, also where one rewrites what the next starts from."""
    settings = [
        "network.services=60",
        "network.hierarchy=[{level='n',count=6}]",
        f"network.redraw={redraw}",
        "programme.revision_interval=6",
        f"programme.starting_sites.rule={rule}",
        "programme.support_priority=most-deprived",
    ]
    scenario = load_scenario("default", settings)
    networks = make_networks(scenario, range(4))
    for plan in plans(scenario):
        for keep in (True, False):
            together = engine.run_together(networks, plan, 7, range(4), keep_events=keep)
            for replicate, run in enumerate(together):
                alone = engine.run(networks[replicate], plan, 7, replicate, keep_events=keep)
                for name in ("sums", "late_effect", "specification"):
                    assert np.array_equal(getattr(run, name), getattr(alone, name), equal_nan=True), name
                for kind in ("final", "events"):
                    for name, values in getattr(alone, kind).items():
                        assert np.array_equal(getattr(run, kind)[name], values), f"{kind}: {name}"


COUNT = """
import json
from spreadsim import draws, rules
from spreadsim.drivers import engine, loops
from spreadsim.network.construction import make_network
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import plans
scenario = load_scenario("default", ["network.services=240", "network.hierarchy=[{level='n',count=40}]"])
network = make_network(scenario)
counts = {}
drawn, looked = [0], [0]
uniform_at, exposure_of = loops.D.uniform_at, loops.exposure_of
def counting(state, word):
    drawn[0] += 1
    return uniform_at(state, word)
def looking(w, i):
    looked[0] += bool(w.reached[i])
    return exposure_of(w, i)
loops.D.uniform_at, loops.exposure_of = counting, looking
for plan in plans(scenario):
    drawn[0] = looked[0] = 0
    run = engine.run(network, plan, 1, 0)
    counts[plan.name] = [drawn[0] / 240 / 60, looked[0] / 240 / 60]
print(json.dumps(counts))
"""


def test_draws_are_made_and_peers_looked_at_only_where_they_matter() -> None:
    """With eight components, under three draws and a sixteenth of a look at one's peers a service and month."""
    done = subprocess.run(
        [sys.executable, "-c", COUNT],
        text=True,
        capture_output=True,
        check=False,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
    )
    assert done.returncode == 0, done.stderr
    for strategy, (n_draws, n_looks) in json.loads(done.stdout).items():
        assert n_draws < 3.0, f"{strategy}: {n_draws} draws a service-month"
        assert n_looks < 0.0625, f"{strategy}: {n_looks} sums over peers a service-month"


def test_compiled_code_cannot_allocate() -> None:
    """Code compiled as the loops are is refused by the compiler if it makes an array."""

    @helper
    def makes_an_array(n):
        return np.zeros(n)[0]

    @numba.njit(_nrt=False)
    def outer(n):
        return makes_an_array(n)

    with pytest.raises(numba.core.errors.NumbaError):
        outer(3)


def test_memory_grows_with_services_and_ties_alone() -> None:
    """No array of a run has services times services elements: doubling the services doubles the bytes."""

    def size(n: int) -> int:
        scenario = load_scenario("default", [f"network.services={n}", "network.hierarchy=[{level='n',count=100}]"])
        network, plan = make_network(scenario), plans(scenario)[0]
        block = engine.block_of([network], plan, 1, [0], 6 * n, True)
        return sum(part.nbytes for part in block if isinstance(part, np.ndarray))

    small, large = size(1000), size(4000)
    assert 3.5 < large / small < 4.5
    assert large / 4000 < 1000, "bytes a service"


RUN = "import sys; sys.path.insert(0, sys.argv[1]); import tests.drivers.test_engine as t; print(t.sums_of('blend'))"


def probe(folder: Path, repository: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(folder)],
        text=True,
        capture_output=True,
        check=False,
        cwd=repository,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{repository}", **environment},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_a_place_that_cannot_be_written_does_no_harm(repository: Path, tmp_path: Path) -> None:
    """On a read-only install with no writable cache, code is compiled anew and gives the same numbers."""
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert probe(repository, repository, SPREADSIM_CACHE=str(blocked)) == f"{sums_of('blend')}\n"


@pytest.mark.verification
def test_a_changed_rule_never_runs_stale(repository: Path, tmp_path: Path) -> None:
    """With the cache warm, a rule edited in another module changes the results at once, and back again."""
    copy = tmp_path / "copy"
    shutil.copytree(repository / "spreadsim", copy / "spreadsim", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(repository / "scenarios", copy / "scenarios")
    cache = str(tmp_path / "cache")
    first = probe(copy, repository, SPREADSIM_CACHE=cache)
    assert probe(copy, repository, SPREADSIM_CACHE=cache) == first
    rules = copy / "spreadsim" / "rules.py"
    original = rules.read_text()
    rules.write_text(original.replace("return presence * (1.0 - b.copying.component_loss)", "return presence * 0.25"))
    assert rules.read_text() != original
    assert probe(copy, repository, SPREADSIM_CACHE=cache) != first
    rules.write_text(original)
    assert probe(copy, repository, SPREADSIM_CACHE=cache) == first


FIRST = """
import sys
import spreadsim as ss
from spreadsim.drivers import compilation
result = ss.compare("classroom", replicates=4, frontier=False)
print(result.runs.to_json(double_precision=15), compilation.is_compiled(), "spreadsim.drivers.engine" in sys.modules)
"""


def test_a_small_first_run_waits_for_no_compiler_and_gives_the_same(repository: Path, tmp_path: Path) -> None:
    """With nothing compiled yet a small comparison runs as plain Python and compiles nothing; its numbers are equal."""
    environment = {**os.environ, "PYTHONPATH": str(repository), "SPREADSIM_CACHE": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", FIRST], text=True, capture_output=True, check=True, cwd=tmp_path, env=environment
    )
    numbers, compiled, loaded = done.stdout.rsplit(" ", 2)
    assert (compiled, loaded.strip()) == ("False", "False")
    import spreadsim as ss

    compiled_runs = ss.compare("classroom", replicates=4, frontier=False, driver="compiled", workers=1).runs
    assert numbers == compiled_runs.to_json(double_precision=15)
