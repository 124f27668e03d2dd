"""The size of a network before it is made, and what memory cannot hold."""

from __future__ import annotations

from pathlib import Path

import pytest

import spreadsim as ss
from spreadsim.errors import InputError
from spreadsim.network.size import NetworkSize, memory_available, network_size, refuse_too_large
from spreadsim.sweeps.coordinator import seconds_per_run
from spreadsim.sweeps.experiment import load_experiment
from tests.command_line import spreadsim

FAMILIES = [
    "nested-hierarchy",
    "ring-lattice",
    "small-world",
    "scale-free",
    "random",
    "complete",
    "path",
    "tree",
    "star",
]


@pytest.mark.parametrize("source", FAMILIES)
@pytest.mark.parametrize("services", [60, 480])
def test_the_size_foretold_is_that_of_the_network_made(source: str, services: int) -> None:
    hierarchy = "network.hierarchy=[{level='region',count=3},{level='team',count=12}]"
    scenario = ss.load_scenario("default", [f"network.source='{source}'", hierarchy, f"network.services={services}"])
    size, network = network_size(scenario), ss.make_network(scenario)
    assert (size.services, size.groups) == (network.n, network.hierarchy.n_groups)
    if size.exact:
        assert size.ties == network.ties.n_ties
    else:
        assert size.ties == pytest.approx(network.ties.n_ties, rel=0.06)


def test_a_network_that_memory_cannot_hold_is_refused_before_it_is_made() -> None:
    size = NetworkSize(1_000_000, 101, 4_000_000, True)
    refuse_too_large(size, size.bytes_needed)
    refuse_too_large(size, None)
    with pytest.raises(
        InputError, match=r"1,000,000 services with 4,000,000 ties need about 1 GB .* use at most 999,999"
    ):
        refuse_too_large(size, size.bytes_needed - 1)
    with pytest.raises(InputError, match="GB are available"):
        ss.make_network(
            ss.load_scenario("default", ["network.services=100000000", "network.peer_ties.picks_anywhere=20"])
        )
    assert memory_available() is None or memory_available() > 1_000_000


@pytest.mark.parametrize("command", ["check", "compare"])
def test_a_hundred_million_services_are_refused_in_words_at_once(command: str, tmp_path: Path) -> None:
    many = ["--set", "network.services=100000000", "--set", "network.peer_ties.picks_anywhere=20"]
    done = spreadsim(command, "default", *many, folder=tmp_path)
    assert done.returncode == 2
    assert "GB of memory" in done.stderr


def test_a_sweep_on_a_network_from_a_file_is_planned_by_the_file(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "services.csv").write_text("id\n" + "\n".join(f"s{k}" for k in range(60)) + "\n")
    (tmp_path / "s.toml").write_text("based_on = 'default'\n[network]\nsource = 'file'\npath = 'net'\n")
    text = "format = 1\nname = 'e'\nscenario = '{}'\nstrategy = 'blend'\n[levers]\nlatitude = [0.0, 1.0]\n"
    text += "[outcomes]\nmeasures = ['benefit']\n[design]\nmethod = 'grid'\n"
    (tmp_path / "e.toml").write_text(text.format("s.toml"))
    (tmp_path / "d.toml").write_text(text.format("default"))
    assert seconds_per_run(load_experiment(tmp_path / "e.toml")) < seconds_per_run(load_experiment(tmp_path / "d.toml"))
    done = spreadsim("check", "e.toml", folder=tmp_path)
    assert " 60 services" in done.stdout, done.stdout + done.stderr
