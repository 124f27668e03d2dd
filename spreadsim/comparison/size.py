"""How large a comparison is, before it is run. Times and bytes are estimates from measured rates."""

from __future__ import annotations

from dataclasses import dataclass

from spreadsim.comparison.comparison import frontier_points
from spreadsim.drivers.running import default_workers
from spreadsim.network.size import NetworkSize, memory_available, network_size, refuse_too_large
from spreadsim.scenario.document import Scenario

SECONDS_PER_SERVICE_MONTH = 70e-9  # one processor, measured on two-core virtual machines
SECONDS_PER_RUN = 3e-3  # making measures of a run
SECONDS_TO_COMPILE = 20.0  # once for each version of the rulebook
BYTES_PER_RUN = 6_000
BYTES_PER_EVENT = 12


@dataclass(frozen=True)
class Size:
    """The resolved size of a comparison.

    Attributes
    ----------
    network : its services, groups and ties.
    strategies, runs, frontier_runs : of the comparison.
    months : of each run.
    seconds, disk : expected time in seconds, and bytes.

    Examples
    --------
    >>> size = size_of(ss.load_scenario("classroom"))
    >>> size.network.services, size.runs, size.lines()[0]
    (12, 10, ('services', '12'))
    """

    network: NetworkSize
    strategies: int
    runs: int
    frontier_runs: int
    months: int
    seconds: float
    disk: int

    def lines(self) -> list[tuple[str, str]]:
        """Return labels and values for people."""
        return [
            ("services", f"{self.network.services:,}"),
            ("groups above them", f"{self.network.groups:,}"),
            ("peer ties", self.network.ties_in_words),
            ("strategies", str(self.strategies)),
            ("runs", f"{self.runs:,} of {self.months} months, and {self.frontier_runs:,} for the frontier"),
            (
                "expected time",
                f"about {_time(self.seconds)} on {default_workers()} processors"
                f" (the first time {SECONDS_TO_COMPILE:.0f} s more, to compile)",
            ),
            ("expected disk", f"about {max(1, self.disk // 1_000_000):,} MB"),
        ]


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    if seconds < 6000:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"


def size_of(scenario: Scenario) -> Size:
    """Return how large the comparison of a scenario's strategies is, from numbers: a generated network is not made.

    Parameters
    ----------
    scenario : a `Scenario`.

    Returns
    -------
    `Size`.

    Raises
    ------
    InputError, InputErrors : the network's files cannot be used, or memory cannot hold it.

    Examples
    --------
    >>> size_of(ss.load_scenario("classroom")).frontier_runs
    30
    """
    network = network_size(scenario)
    refuse_too_large(network, memory_available(), scenario.name)
    k = scenario.run.replicates
    points = len(frontier_points(scenario)) * min(scenario.frontier.replicates or k, k)
    runs = k * len(scenario.strategies)
    work = (runs + points) * (network.services * scenario.run.months * SECONDS_PER_SERVICE_MONTH + SECONDS_PER_RUN)
    return Size(
        network=network,
        strategies=len(scenario.strategies),
        runs=runs,
        frontier_runs=points,
        months=scenario.run.months,
        seconds=work / default_workers() + 3.0,
        disk=1_000_000 + runs * BYTES_PER_RUN + len(scenario.strategies) * network.services * 5 * BYTES_PER_EVENT,
    )
