"""Choices of how to begin, and the strategy that each makes.

What belongs here: starting sites, waves and support as one choice. What does not: the search among choices
(``advice``), how sites are chosen from a network (``network.site_choice``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spreadsim.comparison.equal_cost import with_support
from spreadsim.levers import StartingSites, Waves
from spreadsim.network.data import Network
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import plan


@dataclass(frozen=True)
class Choice:
    """One way of beginning.

    Attributes
    ----------
    sites : numbers of the starting sites; None draws them at random in each replicate.
    months_between, order : of the waves; 0 and nothing: all at once.
    support, support_capacity : of the programme.

    Examples
    --------
    >>> Choice(sites=(0, 4), months_between=3, order=("North", "South"), support=0.5, support_capacity=0.15).order
    ('North', 'South')
    """

    sites: tuple[int, ...] | None
    months_between: int
    order: tuple[str, ...]
    support: float
    support_capacity: float


def strategy_of(scenario: Scenario, name: str, network: Network, choice: Choice) -> Any:
    """Return a strategy of the scenario with a choice laid upon it.

    Parameters
    ----------
    scenario : that has the strategy.
    name : of the strategy.
    network : whose services the choice names.
    choice : sites, waves and support.

    Returns
    -------
    The strategy, as a scenario file holds it.

    Examples
    --------
    >>> scenario = ss.load_scenario("default")
    >>> choice = Choice((0, 4), 0, (), support=0.2, support_capacity=0.1)
    >>> strategy = strategy_of(scenario, "blend", ss.make_network(scenario), choice)
    >>> strategy.starting_sites.ids, strategy.support
    (['service-0001', 'service-0005'], 0.2)
    """
    own, _ = with_support(scenario, name, choice.support)
    changes: dict[str, Any] = {
        "support_capacity": choice.support_capacity,
        "waves": Waves(
            months_between=choice.months_between,
            level=plan(scenario, name).programme.waves.level,
            order=list(choice.order),
        ),
    }
    if choice.sites is not None:
        changes["starting_sites"] = StartingSites(ids=[network.ids[i] for i in choice.sites])
    else:
        share = n_starting_sites(scenario, name, network) / network.n
        changes["starting_sites"] = StartingSites(share=share, rule="random")
    return own.model_copy(update=changes)


def n_starting_sites(scenario: Scenario, name: str, network: Network) -> int:
    """Return the number of starting sites that a strategy of the scenario has on a network.

    Parameters
    ----------
    scenario : that has the strategy.
    name : of the strategy.
    network : whose services start.

    Returns
    -------
    Number of services; a share that is not 0 gives at least one.

    Examples
    --------
    >>> scenario = ss.load_scenario("default")
    >>> n_starting_sites(scenario, "blend", ss.make_network(scenario))
    14
    """
    sites = plan(scenario, name).programme.starting_sites
    if sites.ids is not None:
        return len(set(sites.ids))
    return min(network.n, max(1, int(sites.share * network.n + 0.5))) if sites.share > 0 else 0
