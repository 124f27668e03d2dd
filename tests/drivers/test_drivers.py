"""Two drivers, one answer: the Mesa agents and the compiled engine agree bit for bit, every variable, every month."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spreadsim as ss
from spreadsim import rules
from spreadsim.drivers import engine, loops
from spreadsim.drivers.mesa_model import SpreadModel, run_with_mesa
from spreadsim.network.construction import make_network
from spreadsim.network.graph import network_from_graph
from spreadsim.outcomes.run import Run
from spreadsim.scenario.plan import plans
from tests.conftest import small_document
from tests.random_scenarios import scenarios


def differences(a: Run, b: Run) -> list[str]:
    """Name everything in which two runs differ."""
    found = [f"final {k}" for k in a.final if not np.array_equal(a.final[k], b.final[k], equal_nan=True)]
    found += [f"events {k}" for k in a.events if not np.array_equal(a.events[k], b.events[k])]
    if not np.array_equal(a.sums, b.sums):
        found.append("sums")
    if not np.array_equal(a.late_effect, b.late_effect):
        found.append("late_effect")
    if not np.array_equal(a.specification, b.specification):
        found.append("specification")
    if (a.by_unit is None) != (b.by_unit is None):
        found.append("units")
    if a.by_unit is not None and b.by_unit is not None:
        names = ("unit_of", "sums", "levers")
        found += [f"{k} by unit" for k in names if not np.array_equal(getattr(a.by_unit, k), getattr(b.by_unit, k))]
        found += ["firings"] * (a.by_unit.firings != b.by_unit.firings)
    return found


@settings(max_examples=150)
@given(scenarios())
def test_drivers_agree_on_any_scenario(scenario: Any) -> None:
    network, (plan,) = make_network(scenario), plans(scenario)
    seed = scenario.run.seed
    assert differences(engine.run(network, plan, seed, 3), run_with_mesa(network, plan, seed, 3)) == []


@settings(max_examples=50)
@given(scenarios(), st.integers(0, 2**20))
def test_drivers_agree_where_ties_run_one_way(scenario: Any, seed: int) -> None:
    """Who listens to a service is then not whom it listens to."""
    n = scenario.network.services
    graph = nx.gnm_random_graph(n, 2 * n, seed=seed, directed=True)
    network, (plan,) = network_from_graph(graph, scenario), plans(scenario)
    assert network.ties.directed
    plan = replace(plan, triggers=tuple(replace(one, each=None) for one in plan.triggers))  # it has no levels
    assert differences(engine.run(network, plan, seed, 1), run_with_mesa(network, plan, seed, 1)) == []


@settings(max_examples=15)
@given(scenarios())
def test_drivers_agree_every_month(scenario: Any) -> None:
    """The engine stopped at month t holds what the stepped model holds at month t, for every t."""
    network, (plan,) = make_network(scenario), plans(scenario)
    model = SpreadModel(network=network, resolved=plan, seed=scenario.run.seed, replicate=0)
    for month in range(1, plan.months + 1):
        model.step()
        held = model.arrays()
        until = replace(plan, months=month, levers=plan.levers[: month + 1])  # what is observed last is under the next
        stopped = engine.run(network, until, scenario.run.seed, 0)
        names = [k for k in stopped.final if not np.array_equal(stopped.final[k], held[k])]
        assert names == [], f"month {month}"


def test_the_drivers_walk_the_rulebooks_phases() -> None:
    """Both drivers have something to do for every phase the rulebook declares, and for no other."""
    assert set(loops.LOOPS) == set(rules.PHASES)
    for phase in rules.ACTING:
        assert phase == "revision" or callable(getattr(ss.Service, phase))  # a revision is the programme's


def test_shipped_default_agrees_for_all_strategies() -> None:
    scenario = ss.load_scenario("default", ["run.months=30"])
    network = make_network(scenario, 1)
    for plan in plans(scenario):
        assert differences(engine.run(network, plan, 1, 1), run_with_mesa(network, plan, 1, 1)) == [], plan.name


def test_a_threshold_of_nought_is_met_where_nobody_has_adopted() -> None:
    """Services without any adopting peer adopt all the same, in both drivers."""
    settings = ["network.services=60", "network.hierarchy=[]", "run.months=6", "programme.starting_sites.share=0.0"]
    settings += [f"behaviour.adoption.{name}" for name in ("external_influence=0.0", "exposure_response='threshold'")]
    settings += ["behaviour.adoption.threshold_most_ready=0.0", "behaviour.adoption.threshold_least_ready=0.0"]
    scenario = ss.load_scenario("default", [*settings, "behaviour.awareness.start='aware'"])
    network = make_network(scenario, 1)
    plan = next(plan for plan in plans(scenario) if plan.name == "organic")
    run = engine.run(network, plan, 1, 1)
    assert len(run.events["month"]) > 10
    assert differences(run, run_with_mesa(network, plan, 1, 1)) == []


PROBE = """
import hashlib, json, sys
import numpy as np
from spreadsim.drivers.running import run_plan
from spreadsim.network.construction import make_network
from spreadsim.scenario.plan import plans
from spreadsim.scenario.validation import validate
import mesa
scenario = validate(json.loads(sys.stdin.read()), "probe")
answer = {"mesa_version": mesa.__version__}
for driver in sys.argv[1:]:
    digest = hashlib.sha256()
    for plan in plans(scenario):
        for replicate in range(2):
            run = run_plan(make_network(scenario, replicate), plan, scenario.run.seed, replicate, driver)
            for part in (run.events, run.final):
                for name in sorted(part):
                    digest.update(np.ascontiguousarray(part[name]).tobytes())
            digest.update(run.sums.tobytes() + run.late_effect.tobytes())
    answer[driver] = digest.hexdigest()
print(json.dumps(answer))
"""


def probe(python: str, *drivers: str, **environment: str) -> dict[str, str]:
    """Run both drivers in another interpreter and return a hash of all they give."""
    document = small_document()
    document["network"]["peer_ties"]["homophily_distance"] = 2.0
    done = subprocess.run(
        [python, "-c", PROBE, *drivers],
        input=json.dumps(document),
        text=True,
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


PLAIN = {"NUMBA_DISABLE_JIT": "1"}


@pytest.fixture(scope="module")
def here() -> dict[str, str]:
    return probe(sys.executable, "compiled", "mesa")


def test_the_compiler_changes_nothing(here: dict[str, str]) -> None:
    assert here["compiled"] == here["mesa"]
    assert probe(sys.executable, "compiled", **PLAIN)["compiled"] == here["compiled"]


def test_hash_randomisation_changes_nothing(here: dict[str, str]) -> None:
    assert probe(sys.executable, "compiled", "mesa", PYTHONHASHSEED="12345") == here


def find_python(version: str) -> str | None:
    """Return an interpreter of a version that works: on the PATH, or among pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(f"python{version}"), *(str(p) for p in pyenv.glob(f"{version}*/bin/python{version}"))]
    for candidate in candidates:
        if (
            candidate
            and subprocess.run([candidate, "-c", "import venv"], capture_output=True, check=False).returncode == 0
        ):
            return candidate
    return None


@pytest.mark.parametrize("environment", [PLAIN, pytest.param({}, marks=pytest.mark.verification)], ids=["", "compiled"])
def test_the_other_python_and_mesa_agree(
    environment: dict[str, str], here: dict[str, str], repository: Path, pytestconfig: Any
) -> None:
    """Python 3.11 gets Mesa 3.3.1 and Python 3.12 a newer one: both give the same bytes, interpreted and compiled."""
    other = "3.12" if sys.version_info[:2] == (3, 11) else "3.11"
    found = find_python(other)
    if found is None:
        pytest.skip(f"no Python {other} here")
    home = Path(pytestconfig.cache.mkdir(f"python-{other}"))
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([found, "-m", "venv", str(home)], check=True, capture_output=True)
    uv = os.environ.get("UV") or shutil.which("uv")  # it takes from its cache what pip would fetch and unpack again
    install = [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
    installed = subprocess.run([*install, "-q", "-e", str(repository)], capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        pytest.skip(f"cannot install for Python {other}: {installed.stderr[-300:]}")
    there = probe(str(python), "compiled", "mesa", **environment)
    mesa_there = there.pop("mesa_version")
    assert mesa_there != here["mesa_version"]
    assert there == {k: v for k, v in here.items() if k != "mesa_version"}


def test_model_is_steppable_and_collectable(small: Any) -> None:
    model = SpreadModel(small, "organic", seed=5, replicate=2)
    assert [service.uid for service in model.agents] == list(range(60))
    assert model.network.number_of_nodes() == 60 + model.structure.hierarchy.n_groups
    assert {data["kind"] for _, _, data in model.network.edges(data=True)} == {"line", "peer"}
    assert model.space[0].agents[0] is model.services[0]
    model.step()
    assert model.month == 1
    model.run()
    frame = model.datacollector.get_model_vars_dataframe()
    assert len(frame) == small.run.months + 1  # month 0 and every month after it
    assert np.allclose(frame.sum(axis=1), 1.0)
    assert frame["embedded"].iloc[-1] == pytest.approx(model.share_in(rules.EMBEDDED))
    model.step()  # past the horizon nothing happens
    assert model.month == small.run.months
    assert not model.running


def test_a_rule_of_ones_own_by_subclassing(small: Any) -> None:
    class Stubborn(ss.Service):
        """A service that never adopts of its own accord."""

        def adoption(self) -> float:
            return 0.0

    plain = ss.compare(small, replicates=2, driver="mesa", workers=1, frontier=False)
    own = ss.compare(small, replicates=2, service_class=Stubborn, workers=1)
    assert own.driver == "mesa"
    assert any("Stubborn" in note for note in own.notes)
    assert own.frontier is None
    start = np.mean(own.values("organic", "reach"))
    assert start < np.mean(plain.values("organic", "reach"))
    assert start == pytest.approx(2 / 60)  # the starting sites alone


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("stop", "stops"),
        ("engages_when_told", "engagement_when_told"),
        ("Exposure", "exposure"),
        ("gives_upp", "gives_up"),
    ],
)
@pytest.mark.parametrize("kind", [lambda method: method, property, staticmethod])
def test_a_method_that_nothing_would_call_is_refused(name: str, nearest: str, kind: Any) -> None:
    """A misspelt override would run unchanged, in silence."""
    with pytest.raises(ss.InputError) as error:
        type("Mine", (ss.Service,), {name: kind(lambda self: 0.0)})
    assert f"Mine.{name}: a service has no such method" in str(error.value)
    assert f"did you mean '{nearest}'?" in str(error.value)
    assert f'class Mine(ss.Service, own=("{name}",))' in str(error.value)


def test_a_method_of_ones_own_is_named_and_inherited() -> None:
    class Mine(ss.Service, own=("bonus",)):
        label = "mine"  # what is no method is free

        def bonus(self) -> float:
            return self._half() + 0.5

        def _half(self) -> float:
            return 0.5

        @property
        def readiness(self) -> float:  # a state or attribute may be worked out instead of held
            return 0.5

    class Yours(Mine):
        def bonus(self) -> float:
            return 2.0

        def stops(self) -> bool:
            return False

    with pytest.raises(ss.InputError, match=r"Theirs\.bonuses: .*own=\(\"bonuses\",\)"):

        class Theirs(Yours):
            def bonuses(self) -> float:
                return 0.0

    class Aside:
        def stopz(self) -> bool:
            return False

    with pytest.raises(ss.InputError, match=r"Aside\.stopz: .*'stops'"):

        class Mixed(Aside, ss.Service):
            pass


def test_workers_and_drivers_give_the_same_table(small: Any) -> None:
    tables = [
        ss.compare(small, driver=driver, workers=workers, frontier=driver == "compiled").runs.to_csv()
        for driver, workers in (("compiled", 1), ("compiled", 2), ("mesa", 1), ("mesa", 2))
    ]
    digests = {hashlib.sha256(table.encode()).hexdigest() for table in tables}
    assert len(digests) == 1


def test_horizon_and_strategies_beside_it_change_nothing(small: Any) -> None:
    """A strategy's runs do not depend on which others are compared with it, nor on how many replicates follow."""
    alone = small.model_copy(update={"strategies": {"blend": small.strategies["blend"]}})
    a = ss.compare(small, frontier=False).values("blend", "benefit")
    b = ss.compare(alone, replicates=2, frontier=False).values("blend", "benefit")
    assert np.array_equal(a[:2], b)
