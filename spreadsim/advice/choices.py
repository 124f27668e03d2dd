"""Choices of how to begin, and the strategy that each makes.

What belongs here: starting sites, waves and support as one choice. What does not: the search among choices
(``advice``), how sites are chosen from a network (``network.site_choice``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spreadsim.comparison.equal_cost import with_support
from spreadsim.levers import StartingSites, Waves
from spreadsim.network.data import Network
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import plan

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Choice:
    """One way of beginning.

    Attributes
    ----------
    sites : numbers of the starting sites; None draws them at random in each replicate.
    months_between, order : of the waves; 0 and nothing: all at once.
    support, support_capacity : of the programme.
    """

    sites: tuple[int, ...] | None
    months_between: int
    order: tuple[str, ...]
    support: float
    support_capacity: float


def strategy_of(scenario: Scenario, name: str, network: Network, choice: Choice) -> Any:
    """Return a strategy of the scenario with a choice laid upon it."""
    own, _ = with_support(scenario, name, choice.support)
    changed: dict[str, Any] = {
        "support_capacity": choice.support_capacity,
        "waves": Waves(
            months_between=choice.months_between,
            level=plan(scenario, name).programme.waves.level,
            order=list(choice.order),
        ),
    }
    if choice.sites is not None:
        changed["starting_sites"] = StartingSites(ids=[network.ids[i] for i in choice.sites])
    else:
        share = n_starting_sites(scenario, name, network) / network.n
        changed["starting_sites"] = StartingSites(share=share, rule="random")
    return own.model_copy(update=changed)


def n_starting_sites(scenario: Scenario, name: str, network: Network) -> int:
    """Return the number of starting sites that a strategy of the scenario has on a network."""
    sites = plan(scenario, name).programme.starting_sites
    if sites.ids is not None:
        return len(set(sites.ids))
    return min(network.n, max(1, int(sites.share * network.n + 0.5))) if sites.share > 0 else 0
