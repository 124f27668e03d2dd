"""How large a network will be, from numbers alone, and whether memory can hold it.

What belongs here: services, groups and ties of a scenario's network before it is made, and what a run of it needs.
What does not: making it (``construction``), times (``comparison.size``).
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

from spreadsim.errors import InputError
from spreadsim.network.reading.files import files_of_scenario, read_network
from spreadsim.scenario.document import NetworkTable, Scenario

# Of one run of one strategy: measured at a million and ten million services with four ties each (docs: speed).
BYTES_PER_SERVICE = 450
BYTES_PER_TIE = 40


@dataclass(frozen=True)
class NetworkSize:
    """The size of a network.

    Attributes
    ----------
    services, groups, ties : numbers of them; `ties` is an expectation where they are drawn.
    exact : whether `ties` is their number.
    faults : what was found in the files that it is read from.

    Examples
    --------
    >>> NetworkSize(services=480, groups=101, ties=1275, exact=False).ties_in_words
    'about 1,275'
    """

    services: int
    groups: int
    ties: int
    exact: bool
    faults: tuple[str, ...] = ()

    @property
    def ties_in_words(self) -> str:
        """The number of ties, for people."""
        return f"{self.ties:,}" if self.exact else f"about {self.ties:,}"

    @property
    def bytes_needed(self) -> int:
        """About how much memory a run of one strategy needs."""
        return self.services * BYTES_PER_SERVICE + self.ties * BYTES_PER_TIE


def network_size(scenario: Scenario) -> NetworkSize:
    """Return how large a scenario's network is; one that is generated is not made, one in files is read.

    Parameters
    ----------
    scenario : whose network it is.

    Returns
    -------
    NetworkSize
        Its services, groups and ties.

    Raises
    ------
    InputError, InputErrors : the network's files cannot be used.

    Examples
    --------
    >>> network_size(ss.load_scenario("default", ["network.services=100000000"])).services
    100000000
    """
    table = scenario.network
    if table.source == "file":
        network_file = read_network(files_of_scenario(scenario), table, scenario)
        network = network_file.network
        faults = tuple(str(fault) for fault in network_file.faults)
        exact = "ties" not in network.drawn or not table.redraw
        return NetworkSize(network.n, network.hierarchy.n_groups, network.ties.n_ties, exact, faults)
    ties, exact = _ties(table)
    return NetworkSize(table.services, 1 + sum(level.size for level in table.hierarchy), ties, exact)


def _ties(table: NetworkTable) -> tuple[int, bool]:
    """Return the number of ties of a generated network, and whether it is exact."""
    n, shape = table.services, table.generator
    if table.source in ("path", "tree", "star"):
        return max(0, n - 1), True
    if table.source == "complete":
        return n * (n - 1) // 2, True
    if table.source == "nested-hierarchy":
        return _picked_ties(table), False
    each = {"scale-free": float(shape.attachments), "random": shape.mean_degree / 2}
    return round(n * each.get(table.source, shape.neighbours / 2)), False


def _picked_ties(table: NetworkTable) -> int:
    """Return the expected number of pairs of whom one picks the other at least once, for groups of equal size."""
    n, rates = table.services, table.peer_ties
    sizes = [n / level.size for level in table.hierarchy] or [float(n)]
    lowest = sizes[-1]
    next_up = sizes[-2] if len(sizes) > 1 else lowest
    pools = (
        (lowest, rates.picks_in_lowest_level),
        (next_up, rates.picks_in_next_level),
        (float(n), rates.picks_anywhere),
    )
    ties, inside = 0.0, 1.0
    for k, (size, _) in enumerate(pools):  # pairs of this pool that are in none of the smaller ones
        nobody = 1.0
        for reach, picks in pools[k:]:
            if reach > 2.0:
                nobody *= (1.0 - 1.0 / (reach - 1.0)) ** (2.0 * picks)
            elif reach > 1.0 and picks > 0.0:
                nobody = 0.0
        ties += n * max(0.0, size - inside) / 2.0 * (1.0 - nobody)
        inside = size
    return math.ceil(ties)


def memory_available() -> int | None:
    """Return the bytes of memory that this machine can give now; None where it does not say.

    Returns
    -------
    int | None
        Free memory, and what the system keeps only as long as nobody needs it.

    Examples
    --------
    >>> memory_available() != 0
    True
    """
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def refuse_too_large(size: NetworkSize, available: int | None, where: str = "scenario") -> None:
    """Refuse a network that memory cannot hold, before anything is made.

    Parameters
    ----------
    size : of the network.
    available : bytes of memory; None if unknown, and then nothing is refused.
    where : the file's name, for the error.

    Raises
    ------
    InputError : a run needs more memory than there is.

    Examples
    --------
    >>> refuse_too_large(NetworkSize(100_000_000, 101, 400_000_000, False), 24_000_000_000)
    Traceback (most recent call last):
    spreadsim.errors.InputError: scenario: network.services: 100,000,000 services with about 400,000,000 ties need about 61 GB of memory, and 24 GB are available; use at most 39,344,262 services
    """  # noqa: E501
    if available is None or size.bytes_needed <= available:
        return
    most = size.services * available // size.bytes_needed
    raise InputError(
        where,
        "network.services",
        f"{size.services:,} services with {size.ties_in_words} ties need about {size.bytes_needed / 1e9:.0f} GB of "
        f"memory, and {available / 1e9:.0f} GB are available",
        f"use at most {most:,} services",
    )
