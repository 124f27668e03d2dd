"""What the page draws, as plain lists: the map, one run to play, bands over time.

What belongs here: arrays turned into what a browser component takes, once, with no more digits than are seen. What does
not: drawing, and figures that the package draws itself (``comparison.figures.strategies``).

scenario : as the user has it before them.
network : the services and ties that are drawn.
comparison : of a scenario's strategies.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spreadsim import rules
from spreadsim.browser.data import levers_data, run_data
from spreadsim.browser.module import worker_version
from spreadsim.comparison.aggregates import monthly
from spreadsim.comparison.comparison import Comparison
from spreadsim.drivers.running import run_plan
from spreadsim.network.construction import make_network
from spreadsim.network.data import Network
from spreadsim.network.layout import group_positions, layout
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import Plan, plan
from spreadsim.telling.figures import STYLES

DASHES = ("", "9 4", "9 4 2 4", "2 4", "14 4", "6 3 2 3")
CURVES = {
    "delivered": ("Effect delivered", "% of full effect"),
    "embedded": ("Embedded in routine practice", "% of services"),
    "reported_uptake": ("Reported uptake", "% of services"),
    "in_name_only": ("In name only", "% of services"),
    "core_fidelity": ("Core fidelity", "%"),
    "reach": ("Reach (ever embedded)", "% of services"),
}


def without_names(network: Network) -> Network:
    """Return a network whose services and groups are called by numbers.

    Returns
    -------
    The same network under other names.

    Examples
    --------
    >>> without_names(make_network(ss.load_scenario("default"))).names[:2]
    ('Service 1', 'Service 2')
    """
    from dataclasses import replace

    names = tuple(f"Service {i + 1}" for i in range(network.n))
    tree = network.hierarchy
    levels = [tree.levels[place] if place >= 0 else "programme" for place in tree.level_of.tolist()]
    groups = tuple(f"{level} {g}" for g, level in enumerate(levels))
    return replace(network, names=names, ids=names, hierarchy=replace(tree, names=groups))


def map_data(network: Network) -> dict[str, Any]:
    """Return positions, names, ties and the discs of groups; the same object serves every run on the network.

    Returns
    -------
    A key of the drawing, and its data as JSON.

    Examples
    --------
    >>> data = map_data(make_network(ss.load_scenario("default")))
    >>> len(json.loads(data["text"])["x"])
    480
    """
    positions = np.round(layout(network), 4)
    discs = np.round(group_positions(network), 4)
    ties, tree = network.ties, network.hierarchy
    one_way = ties.listener < ties.peer if not ties.directed else np.ones(len(ties.peer), dtype=bool)
    data = {
        "x": positions[:, 0].tolist(), "y": positions[:, 1].tolist(),
        "ids": list(network.ids), "names": list(network.names),
        "a": ties.listener[one_way].tolist(), "b": ties.peer[one_way].tolist(),
        "parent": tree.service_parent.tolist(),
        "groups": {
            "x": discs[:, 0].tolist(), "y": discs[:, 1].tolist(), "r": discs[:, 2].tolist(),
            "name": list(tree.names), "level": tree.level_of.tolist(), "parent": tree.parent.tolist(),
        },
        "levels": list(tree.levels),
    }  # fmt: skip
    key = hashlib.sha256(positions.tobytes() + ties.peer.tobytes() + repr(network.names[:50]).encode()).hexdigest()[:16]
    return {"key": key, "text": json.dumps(data)}


def replicate_network(scenario: Scenario, base: Network, replicate: int) -> Network:
    """Return the network of one replicate.

    Parameters
    ----------
    base : network of replicate 0.
    replicate : number of the run.

    Returns
    -------
    `base` itself where all replicates share it.

    Examples
    --------
    >>> scenario = ss.load_scenario("default")
    >>> base = make_network(scenario)
    >>> replicate_network(scenario, base, 0) is base
    True
    """
    if replicate == 0 or not scenario.network.redraw:
        return base
    return make_network(scenario, replicate, like=base)


def playback(scenario: Scenario, network: Network, strategy: str, replicate: int) -> dict[str, Any]:
    """Return every change of state of one run, for the browser to play.

    Parameters
    ----------
    strategy : name.
    replicate : number of the run.

    Returns
    -------
    Events as JSON, with title, months and the month in which the programme stops.

    Examples
    --------
    >>> scenario = ss.load_scenario("default", ["run.months=6"])
    >>> playback(scenario, make_network(scenario), "blend", 0)["months"]
    6
    """
    strategy_plan = plan(scenario, strategy, file=scenario.name)
    run = run_plan(network, strategy_plan, scenario.run.seed, replicate, "compiled")
    return {**_events_data(run.events), **_playback_facts(strategy_plan, strategy, replicate)}


def levers_for_page(strategy_plan: Plan, strategy: str, replicate: int) -> dict[str, Any]:
    """Return the levers of one run that the browser makes, and what `playback` says of it beside its changes.

    Parameters
    ----------
    strategy_plan : the strategy.
    strategy : name.
    replicate : number of the run.

    Returns
    -------
    Levers as JSON, with title, months and the month in which the programme stops.

    Raises
    ------
    InputError : the strategy uses what the browser driver cannot run.

    Examples
    --------
    >>> scenario = ss.load_scenario("default", ["run.months=6"])
    >>> levers_for_page(plan(scenario, "blend"), "blend", 0)["months"]
    6
    """
    return {"text": levers_data(strategy_plan), **_playback_facts(strategy_plan, strategy, replicate)}


def setting_for_page(
    strategy_plan: Plan, network: Network, seed: int, replicate: int
) -> tuple[dict[str, str], dict[str, str]]:
    """Return what one run has beside its levers, for the browser to make it: numbers, and the network's arrays.

    Parameters
    ----------
    strategy_plan : the strategy.
    seed, replicate : address of the random numbers.

    Returns
    -------
    The setting as JSON, with the version of the worker that takes it; and the arrays, with their key.

    Raises
    ------
    InputError : the strategy uses what the browser driver cannot run.

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom")
    >>> strategy_plan = plan(scenario, "one-neighbour-is-enough")
    >>> setting, arrays = setting_for_page(strategy_plan, make_network(scenario), 1, 0)
    >>> setting["arrays"] == arrays["key"]
    True
    """
    data = run_data(strategy_plan, network, seed, replicate)
    setting = {"text": data.setting, "arrays": data.key, "worker": worker_version()}
    return setting, {"key": data.key, "text": data.arrays}


def _playback_facts(strategy_plan: Plan, strategy: str, replicate: int) -> dict[str, Any]:
    return {
        "title": strategy, "replicate": replicate,
        "months": strategy_plan.months, "stop": strategy_plan.stop_month,
        "start": int(strategy_plan.behaviour.awareness.start == 1),
    }  # fmt: skip


def _events_data(events: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return events in order of month as flat lists, written as text: the browser need not watch them for changes."""
    order = np.argsort(events["month"], kind="stable")
    columns = {"month": "month", "service": "service", "to": "to_state", "leader": "leader"}
    return {"text": json.dumps({ours: events[name][order].astype(int).tolist() for ours, name in columns.items()})}


def playbacks(comparison: Comparison) -> list[dict[str, Any]]:
    """Return the first run of every strategy, for maps in step.

    Returns
    -------
    One playback for each strategy, as `playback` returns it.

    Examples
    --------
    >>> [item["title"] for item in playbacks(ss.compare("default", replicates=2, months=6, frontier=False))]
    ['top-down', 'organic', 'blend']
    """
    plays = []
    for strategy_plan in comparison.plans:
        events = comparison.outcomes[strategy_plan.name][0].events
        if events is not None:
            plays.append({**_events_data(events), **_playback_facts(strategy_plan, strategy_plan.name, 0)})
    return plays


def band_chart(comparison: Comparison, curve: str) -> dict[str, Any]:
    """Return median, middle half and middle 90% over runs, by month, for every strategy.

    Parameters
    ----------
    curve : one of `CURVES`.

    Returns
    -------
    Title, unit and sentence, and for each strategy five quantiles by month, in per cent.

    Examples
    --------
    >>> chart = band_chart(ss.compare("default", replicates=2, months=6, frontier=False), "reach")
    >>> len(chart["series"]), [len(row) for row in chart["series"][0]["q"]]
    (3, [7, 7, 7, 7, 7])
    """
    title, unit = CURVES[curve]
    series = []
    for place, name in enumerate(comparison.strategies):
        values = 100 * monthly(comparison, name, curve)
        defined = ~np.isnan(values).all(axis=0)
        parts = np.full((5, values.shape[1]), np.nan)
        parts[:, defined] = np.nanquantile(values[:, defined], (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
        rounded = [[None if v != v else round(v, 2) for v in row] for row in parts.tolist()]
        series.append({"name": name, "style": place % len(STYLES), "q": rounded})
    stops = {p.stop_month for p in comparison.plans}
    return {
        "title": title, "unit": unit, "curve": curve, "runs": comparison.n_replicates,
        "months": comparison.scenario.run.months, "series": series, "stop": stops.pop() if len(stops) == 1 else None,
        "sentence": _sentence(title, comparison, series),
    }  # fmt: skip


def _sentence(title: str, comparison: Comparison, series: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for item in series:
        low, _, middle, _, high = (row[-1] for row in item["q"])
        if middle is None:
            parts.append(f"{item['name']}: not defined")
        elif comparison.n_replicates > 1:
            parts.append(f"{item['name']} {middle:.0f}% (middle 90% of runs {low:.0f} to {high:.0f})")
        else:
            parts.append(f"{item['name']} {middle:.0f}% in the one run made")
    months = comparison.scenario.run.months
    return f"{title} at month {months}, median of {comparison.n_replicates} runs: " + "; ".join(parts) + "."


def state_names() -> list[str]:
    """Return the names of the six states, in the order of their numbers.

    Returns
    -------
    Names.

    Examples
    --------
    >>> state_names()
    ['unaware', 'aware', 'implementing', 'embedded', 'in name only', 'discontinued']
    """
    return [str(name) for name in rules.STATES]
