"""Where a network's values come from: held by files, or drawn; and how ties were made where no file holds them.

What belongs here: the words for it, for whole attributes and for single services. What does not: drawing
(``attributes``) and making ties (``ties``).

A network's facts hold, where files name its services: ``observed``, the attributes that they give, nan where a row's is
missing; ``repaired``, for each attribute the ids whose value was put right; ``joined``, the files from which each
attribute was joined, with the ids of those whose cell one filled, or None for all.

network : a network.
name : of an attribute.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from spreadsim.errors import InputError, InputErrors
from spreadsim.network.data import Network
from spreadsim.scenario.document import NetworkTable

NAMED_ATTRIBUTES = ("population", "deprivation", "readiness", "capability", "adaptation_tendency", "context")
_LIMITS_OF_DATA = ("services.readiness.minimum", "services.readiness.maximum")  # hold for what files give, too


def is_drawn(network: Network, name: str) -> np.ndarray:
    r"""Return for each service whether its attribute was drawn, and is in no file.

    Returns
    -------
    Booleans, shape (n,).

    Examples
    --------
    >>> from pathlib import Path
    >>> Path("cells").mkdir()
    >>> lines = Path("cells/services.csv").write_text("id,readiness\na,0.4\nb,\n")
    >>> is_drawn(ss.load_network("cells").network, "readiness").tolist()
    [False, True]
    """
    if name not in network.drawn:
        return np.zeros(network.n, dtype=np.bool_)
    observed = network.facts.get("observed", {}).get(name)
    return np.ones(network.n, dtype=np.bool_) if observed is None else np.isnan(observed)


def extent_of_draws(network: Network, name: str) -> str:
    """Return for how many services an attribute was drawn, in words.

    Returns
    -------
    Empty for none, ``all``, or ``173 of 6,571 services``.

    Examples
    --------
    >>> network = ss.make_network(ss.load_scenario("classroom"))
    >>> extent_of_draws(network, "readiness")
    'all'
    """
    count = int(is_drawn(network, name).sum())
    if count in (0, network.n):
        return "all" if count else ""
    return f"{count:,} of {network.n:,} services"


def ties_in_words(network: Network, table: NetworkTable) -> str:
    """Return how the ties were made, where they are not from data.

    Parameters
    ----------
    table : the scenario's [network].

    Returns
    -------
    A clause; empty where files hold the ties.

    Examples
    --------
    >>> scenario = ss.load_scenario("england-primary-care")
    >>> print(ties_in_words(ss.make_network(scenario), scenario.network))
    made from shared membership: each service picks 2 peers in its primary care network, 1 in its system, 0.3 anywhere
    """
    if "ties" not in network.drawn:
        return ""
    if table.source not in ("file", "nested-hierarchy"):
        return f"generated as a {table.source.replace('-', ' ')}"
    rates, affinity = table.peer_ties, table.affinity
    levels = network.hierarchy.levels
    lowest = f"in its {levels[-1]}" if levels else "anywhere"
    above = f"in its {levels[-2]}" if len(levels) > 1 else lowest
    picks = [
        (rates.picks_in_lowest_level, lowest),
        (rates.picks_in_next_level, above),
        (rates.picks_anywhere, "anywhere"),
    ]
    picks += [(affinity.picks_in_groups, f"with the same {name}") for name in affinity.groups]
    picks += [(affinity.picks_nearby, f"among the {affinity.candidates} nearest")]
    picks += [(affinity.picks_alike, f"among the {affinity.candidates} most like it")]
    totals: dict[str, float] = {}
    for rate, where in picks:
        totals[where] = totals.get(where, 0.0) + rate
    parts = [f"{rate:g} {where}" for where, rate in totals.items() if rate > 0.0]
    if not parts:
        return "none: all rates at which ties are made are 0"
    first, *rest = parts
    number, where = first.split(" ", 1)
    noun = "peer" if number == "1" else "peers"
    basis = _basis(table, bool(levels))
    return f"made from {basis}: each service picks {', '.join([f'{number} {noun} {where}', *rest])}"


def _basis(table: NetworkTable, has_levels: bool) -> str:
    """Return what ties were made from."""
    rates, affinity = table.peer_ties, table.affinity
    shares_groups = has_levels and rates.picks_in_lowest_level + rates.picks_in_next_level > 0.0
    bases = ["shared membership"] if shares_groups or (affinity.groups and affinity.picks_in_groups > 0.0) else []
    bases += ["distance"] if affinity.picks_nearby > 0.0 else []
    bases += ["similarity"] if affinity.picks_alike > 0.0 else []
    return " and ".join(bases) if bases else "chance alone"


def origin(network: Network, name: str, service: int) -> str:
    """Return where the value of one service's attribute comes from.

    Parameters
    ----------
    service : its number.

    Returns
    -------
    ``drawn``, ``given``, ``repaired``, or ``joined from FILE``.

    Examples
    --------
    >>> network = ss.make_network(ss.load_scenario("england-primary-care"))
    >>> [origin(network, name, 0) for name in ("readiness", "population", "deprivation")]
    ['drawn', 'joined from gp-reg-pat-prac-all.csv', 'joined from practice_imd.csv']
    """
    if is_drawn(network, name)[service]:
        return "drawn"
    return _origin_in_files(network, name, service)


def _origin_in_files(network: Network, name: str, service: int) -> str:
    identity, headings = network.ids[service], (name, f"{name}_decile")
    repaired, joined = network.facts.get("repaired", {}), network.facts.get("joined", {})
    if any(identity in repaired.get(heading, ()) for heading in headings):
        return "repaired"
    for heading in headings:
        whole = [file for file, ids in joined.get(heading, {}).items() if ids is None]
        filled = [file for file, ids in joined.get(heading, {}).items() if ids is not None and identity in ids]
        if filled or whole:
            return f"joined from {(filled or whole)[0]}"
    return "given"


def origins_by_service(network: Network) -> list[str]:
    """Return for each service where the values of its attributes come from, in one text.

    Returns
    -------
    One text a service: origins, each with the attributes of that origin.

    Examples
    --------
    >>> origins_by_service(ss.make_network(ss.load_scenario("classroom")))[0]
    'drawn: population, deprivation, readiness, capability, adaptation_tendency, context'
    """
    is_drawn_by_name = {name: is_drawn(network, name) for name in NAMED_ATTRIBUTES}
    texts = []
    for i in range(network.n):
        names: dict[str, list[str]] = {}
        for name in NAMED_ATTRIBUTES:
            where = "drawn" if is_drawn_by_name[name][i] else _origin_in_files(network, name, i)
            names.setdefault(where, []).append(name)
        texts.append("; ".join(f"{where}: {', '.join(those)}" for where, those in names.items()))
    return texts


def drawn_traits(network: Network, service: int) -> tuple[str, ...]:
    """Return which attributes of a service that files name are drawn, and so say nothing of the real one.

    Parameters
    ----------
    service : its number.

    Returns
    -------
    Names, ``ties`` among them; none where the services themselves are generated.

    Examples
    --------
    >>> drawn_traits(ss.make_network(ss.load_scenario("england-primary-care")), 0)
    ('readiness', 'capability', 'adaptation_tendency', 'context', 'ties')
    >>> drawn_traits(ss.make_network(ss.load_scenario("classroom")), 0)
    ()
    """
    if "observed" not in network.facts:
        return ()
    names = [name for name in NAMED_ATTRIBUTES if is_drawn(network, name)[service]]
    return (*names, *(["ties"] if "ties" in network.drawn else []))


def reason_without_effect(path: str, network: Network) -> str | None:
    """Return why a setting of a scenario that reads this network from files cannot act, because data decide.

    Parameters
    ----------
    path : of the setting.

    Returns
    -------
    A reason in words; None where the setting may act.

    Examples
    --------
    >>> network = ss.make_network(ss.load_scenario("england-primary-care"))
    >>> reason_without_effect("services.population.median", network)
    'the files give population for every service'
    >>> reason_without_effect("services.readiness.mean", network) is None
    True
    """
    if "observed" not in network.facts:
        return None
    parts = path.split(".")
    if path == "network.services" or parts[:2] in (["network", "hierarchy"], ["network", "group_sizes"]):
        return f"the files say that there are {network.n:,} services, and how they are grouped"
    if parts[:2] == ["network", "generator"]:
        return "the services are read from files, and no network is generated"
    makes_ties = "picks" in parts[-1] or parts[:2] == ["network", "affinity"]
    if parts[0] == "network" and makes_ties and "ties" not in network.drawn:
        return "the files hold the ties"
    if path == "network.redraw" and not network.drawn:
        return "nothing is drawn: the files give all"
    if parts[0] != "services" or len(parts) < 3 or path in _LIMITS_OF_DATA:
        return None
    if parts[1] in NAMED_ATTRIBUTES and not extent_of_draws(network, parts[1]):
        return f"the files give {parts[1].replace('_', ' ')} for every service"
    return None


def refuse_without_effect(paths: Iterable[str], network: Network, file: str) -> None:
    """Refuse settings that cannot act because data decide.

    Parameters
    ----------
    paths : of the settings.
    file : that holds them, for the error.

    Raises
    ------
    InputErrors : one error for each setting that cannot act.

    Examples
    --------
    >>> network = ss.make_network(ss.load_scenario("england-primary-care"))
    >>> refuse_without_effect(["services.readiness.mean"], network, "--set")
    >>> refuse_without_effect(["network.services"], network, "--set")
    Traceback (most recent call last):
    spreadsim.errors.InputErrors: --set: network.services: would change nothing: the files say that ...
    """
    reasons = {path: reason_without_effect(path, network) for path in paths}
    remedy = "leave it out, or change the files"
    errors = [InputError(file, path, f"would change nothing: {why}", remedy) for path, why in reasons.items() if why]
    if errors:
        raise InputErrors(errors)
