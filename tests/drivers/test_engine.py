"""The compiled driver's promises: frozen numbers, no needless work, no allocation, a cache that is never stale."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spreadsim as ss
from spreadsim.drivers import engine
from spreadsim.drivers.compilation import helper
from spreadsim.network.construction import make_network, make_networks
from spreadsim.outcomes.record import SUMS
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import plans
from spreadsim.scenario.validation import validate
from tests import version_2
from tests.conftest import small_document
from tests.random_scenarios import scenarios

# The draw scheme is frozen: these numbers were printed by the test's own function, and change only with an entry in
# the changelog that says why. Sums at the horizon of replicate 0 on 60 services, seed 1; `version-2` is as it was.
VERSION_2: dict[str, dict[str, float]] = {
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

FROZEN: dict[str, dict[str, float]] = {
    "top-down": {
        "events": 193.0,
        "fidelity": 8.611112239719567,
        "effect": 7.904891370246116,
        "form_moved": 1.6098178694343888,
        "generation": 29.0,
    },
    "organic": {
        "events": 95.0,
        "fidelity": 8.260480766454183,
        "effect": 8.636499236096139,
        "form_moved": 6.735271356080576,
        "generation": 17.0,
    },
    "blend": {
        "events": 148.0,
        "fidelity": 15.892083613856194,
        "effect": 15.109414173233843,
        "form_moved": 5.377662159662357,
        "generation": 44.0,
    },
}
MEASURES_OF_VERSION_2 = (
    "reported_uptake", "embedded", "in_name_only", "in_name_only_of_reported", "discontinued",
    "lapsed_never_started", "reach", "population_reach", "fidelity", "core_fidelity", "fidelity_at_start",
    "fidelity_drift", "adaptation", "adaptation_ratio", "local_fit", "effectiveness", "effectiveness_ever",
    "benefit", "cumulative_benefit", "sustainment", "evaporation", "months_to_half", "generation", "equity_gap",
    "equity_ratio", "second_leaders", "cost", "cost_per_benefit_year",
)  # fmt: skip
HASH_OF_VERSION_2 = "5314708b08a6418c02127f18007041e5216ea9ad520552723db3361965c6aff9"


def sums_of(strategy: str, **changes: Any) -> dict[str, float]:
    scenario = validate(small_document(**changes), "frozen")
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
    assert sums_of(strategy, **version_2.TABLES) == VERSION_2[strategy]


def test_with_every_mechanism_off_the_runs_are_those_of_version_2() -> None:
    """Hash of the measures that version 2 had, of three replicates; made with version 2."""
    runs = ss.compare("version-2", replicates=3, frontier=False).runs
    text = hashlib.sha256()
    for name in MEASURES_OF_VERSION_2:
        text.update(name.encode() + np.ascontiguousarray(runs[name].to_numpy(dtype=float)).tobytes())
    assert text.hexdigest() == HASH_OF_VERSION_2


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


@given(scenarios(), st.lists(st.integers(0, 9), min_size=1, max_size=3, unique=True), st.booleans())
def test_every_run_is_of_one_compiled_form(document: dict[str, Any], replicates: list[int], keep_events: bool) -> None:
    """Whatever the scenario, one replicate or several: the types are those of the first form, so that none follows."""
    scenario = validate(document, "property")
    networks = make_networks(scenario, replicates)
    for plan in plans(scenario):
        block = engine.block_of(networks, plan, 1, replicates, 100, keep_events)
        types = [str(numba.typeof(part)) for part in (block, plan.behaviour, plan.intervention, plan.table[None])]
        assert types == _first_form()


@cache
def _first_form() -> list[str]:
    """Return the types of the arguments of the default scenario's runs in two replicates."""
    scenario = load_scenario("default")
    plan = plans(scenario)[0]
    block = engine.block_of(make_networks(scenario, [0, 1]), plan, 1, [0, 1], 100, True)
    return [str(numba.typeof(part)) for part in (block, plan.behaviour, plan.intervention, plan.table[None])]


def test_nothing_is_compiled_twice() -> None:
    """Blocks of one replicate and of two, with and without events, are of one form."""
    scenario = load_scenario("default", ["network.services=60", "network.hierarchy=[{level='n',count=6}]"])
    networks = make_networks(scenario, [0, 1])
    for plan in plans(scenario):
        engine.run(networks[0], plan, 1, 0)
        engine.run_together(networks, plan, 1, [0, 1], keep_events=False)
    assert len(engine.run_block.signatures) == 1


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
    looked[0] += bool(w.has_embedded_peer[i])
    return exposure_of(w, i)
loops.D.uniform_at, loops.exposure_of = counting, looking
for plan in plans(scenario):
    drawn[0] = looked[0] = 0
    run = engine.run(network, plan, 1, 0)
    counts[plan.name] = [drawn[0] / 240 / 60, looked[0] / 240 / 60]
print(json.dumps(counts))
"""


def test_draws_are_made_and_peers_looked_at_only_where_they_matter() -> None:
    """With eight components, under 4.5 draws and a thirteenth of a look at one's peers a service and month."""
    done = subprocess.run(
        [sys.executable, "-c", COUNT],
        text=True,
        capture_output=True,
        check=False,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
    )
    assert done.returncode == 0, done.stderr
    for strategy, (n_draws, n_looks) in json.loads(done.stdout).items():
        assert n_draws < 4.5, f"{strategy}: {n_draws} draws a service-month"
        assert n_looks < 1 / 13, f"{strategy}: {n_looks} sums over peers a service-month"


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


SHORT = """
from spreadsim.drivers import compilation
def answer_of(function):
    return str(function(2.0))
@compilation.compile_cached
def double(x):
    return 2.0 * x
print(compilation.cache_folder(), double(2.0), double(3), len(double.signatures), compilation.is_being_compiled())
"""


@pytest.fixture
def blocked(tmp_path: Path) -> str:
    """A place for compiled code that cannot be written."""
    (tmp_path / "file").write_text("not a folder")
    return str(tmp_path / "file")


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled with NUMBA_DISABLE_JIT=1")
def test_where_nothing_can_be_written_code_is_compiled_all_the_same(blocked: str) -> None:
    """Each form that is asked for is compiled and gives its answer; nobody waits for what cannot be kept."""
    done = subprocess.run(
        [sys.executable, "-c", SHORT],
        text=True,
        capture_output=True,
        check=False,
        env={**os.environ, "SPREADSIM_CACHE": blocked},
    )
    assert (done.returncode, done.stdout) == (0, "None 4.0 6.0 2 False\n"), done.stderr


@pytest.mark.verification
def test_a_place_that_cannot_be_written_does_no_harm(repository: Path, blocked: str) -> None:
    """On a read-only install with no writable cache, the whole engine is compiled anew and gives the same numbers."""
    assert probe(repository, repository, SPREADSIM_CACHE=blocked) == f"{sums_of('blend')}\n"


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
