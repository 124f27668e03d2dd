"""Why a service did what it did: its timeline, where its version came from, and what else might have happened.

What belongs here: one service of one run, told from the run's events and from the same run stopped at each month; and
the same run, on common random numbers, without one cause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spreadsim import rules
from spreadsim.comparison.circumstances import KEPT, History, Month, months_of
from spreadsim.comparison.responses import responses_to
from spreadsim.drivers.extensions import Extensions, NetworkSource
from spreadsim.drivers.running import Driver, run_together
from spreadsim.errors import InputError, nearest
from spreadsim.network.construction import make_network
from spreadsim.network.data import Network
from spreadsim.network.provenance import drawn_traits
from spreadsim.network.waves import wave_months
from spreadsim.outcomes.run import Run
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import Plan, plan

if TYPE_CHECKING:
    from spreadsim.drivers.agents import Service


@dataclass(frozen=True)
class TimelineEntry:
    """Something that happened to a service.

    Attributes
    ----------
    month : in which it happened.
    text : what happened, in words.
    changes_state : whether the service changed its state; otherwise something befell it.

    Examples
    --------
    >>> TimelineEntry(3, "hears of the improvement").month
    3
    """

    month: int
    text: str
    changes_state: bool = True


@dataclass(frozen=True)
class Copy:
    """One step of the way a version came.

    Attributes
    ----------
    service, month : id of the service that took the version on, and when.
    source_kind : one of `rules.SOURCES`.
    source : id of the service from which it came; None where it came from no service.
    generation : number of copies from the originators.

    Examples
    --------
    >>> Copy("b", 3, "peer", "a", 1).source
    'a'
    """

    service: str
    month: int
    source_kind: str
    source: str | None
    generation: int


@dataclass(frozen=True)
class ComponentHistory:
    """What happened to one component of a service.

    Attributes
    ----------
    name, core : of the component, and whether it is core.
    presence : share of it that is there at the end, from 0 to 1.
    verdict : what happened to it, in a few words.
    timeline : when and why it changed.

    Examples
    --------
    >>> ComponentHistory("training", True, 0.0, "lost", [TimelineEntry(3, "drifted: 40% to 0%")]).verdict
    'lost'
    """

    name: str
    core: bool
    presence: float
    verdict: str
    timeline: Sequence[TimelineEntry]


@dataclass(frozen=True)
class Counterfactual:
    """The same run, on common random numbers, without one cause.

    Attributes
    ----------
    cause : what the run is without.
    end_state : of the service then.
    first_embedded : month in which it is first embedded then; None if never.
    text : the difference, in words.

    Examples
    --------
    >>> Counterfactual("support", "embedded", 9, "Without support: the same").first_embedded
    9
    """

    cause: str
    end_state: str
    first_embedded: int | None
    text: str


@dataclass(frozen=True)
class Explanation:
    """One service of one run, explained.

    Attributes
    ----------
    service, name : id and name of the service.
    strategy, replicate : which run.
    attributes : of the service, by the names of `state.ATTRIBUTES`.
    n_peers : number of services that it listens to.
    end_state : at the horizon.
    timeline : what happened to it, by month.
    chain : the way its version came, from the service back to the originators.
    components : what happened to each component.
    counterfactuals : what happens to it without one cause.
    drawn : what no file says of it, though it has a name: attributes, and ``ties``.
    notes : what is to be known of the explanation itself.

    Examples
    --------
    >>> story = ss.explain("classroom", "service-0002")
    >>> story.end_state, [entry.text for entry in story.timeline]
    ('embedded', ['adopts of its own accord; learns it from service-0001 (1 copy from the originators)'])
    """

    service: str
    name: str
    strategy: str
    replicate: int
    attributes: Mapping[str, float]
    n_peers: int
    end_state: str
    timeline: Sequence[TimelineEntry]
    chain: Sequence[Copy]
    components: Sequence[ComponentHistory]
    counterfactuals: Sequence[Counterfactual]
    drawn: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def explain(
    scenario: Scenario | str | Path,
    service: str,
    *,
    strategy: str | None = None,
    replicate: int = 0,
    seed: int | None = None,
    network: NetworkSource | None = None,
    service_class: type[Service] | None = None,
) -> Explanation:
    """Explain what happened to one service under one strategy.

    Parameters
    ----------
    scenario : a `Scenario`, a shipped name or a path.
    service : the service's id.
    strategy : name of the strategy; the first by default.
    replicate : number of the replicate.
    seed, network, service_class : as in `compare`.

    Returns
    -------
    `Explanation`.

    Raises
    ------
    InputError : there is no such service or strategy.

    Examples
    --------
    >>> story = ss.explain("classroom", "service-0003")
    >>> [(copy.service, copy.source) for copy in story.chain]
    [('service-0003', 'service-0002'), ('service-0002', 'service-0001'), ('service-0001', None)]
    """
    from spreadsim.comparison.comparison import with_run

    spec = with_run(scenario if isinstance(scenario, Scenario) else load_scenario(scenario), None, seed, None)
    extensions = Extensions.of(service_class, network)
    base, fixed = extensions.base_network(spec)
    net = base if fixed or replicate == 0 else make_network(spec, replicate, like=base)
    if service not in net.ids:
        near = nearest(service, net.ids) if net.n <= 5000 else "list them with 'spreadsim compare', services.parquet"
        raise InputError(spec.name, "service", f"there is no service '{service}'", near)
    i = net.ids.index(service)
    strategy_plan = plan(spec, strategy or next(iter(spec.strategies)), file=spec.name)
    run_seed = spec.run.seed
    own_class = extensions.service_class
    run = _run(net, strategy_plan, run_seed, replicate, own_class)
    held = strategy_plan if run.by_unit is None else replace(strategy_plan, levers=run.by_unit.levers_of(i))
    stopped = _month_by_month(net, strategy_plan, run_seed, replicate, own_class)
    start = _at_start(run, net, strategy_plan)
    final = {name: [start[name], *(month[name] for month in stopped)] for name in KEPT}
    components = list(spec.intervention.functions)
    months = months_of(History(final, components, run_seed, replicate), run, net, held, i)
    own = [k for k in range(len(run.events["month"])) if run.events["service"][k] == i]
    return Explanation(
        service=service,
        name=net.names[i],
        strategy=strategy_plan.name,
        replicate=replicate,
        attributes={name: float(values[i]) for name, values in net.attributes.items()},
        n_peers=int(net.ties.degree[i]),
        end_state=rules.STATES[int(run.final["state"][i])],
        timeline=_timeline(run, net, held, own, months, responses_to(net, i, run, strategy_plan)),
        chain=_chain(run, net, i, strategy_plan.months),
        components=_component_histories(run, own, final["fidelity"], i, components, held, months),
        counterfactuals=[
            _without(cause, net, strategy_plan, run_seed, replicate, i, run, own_class) for cause in _causes(held)
        ],
        drawn=drawn_traits(net, i),
        notes=() if own_class is None else (
            f"Your own service class ({own_class.__name__}) was run. Why components were lost, and what befell the "
            "service between its changes of state, is told by the package's rules: where the class overrides those, "
            "read it with care.",
        ),
    )  # fmt: skip


def _run(net: Network, strategy_plan: Plan, seed: int, replicate: int, own_class: type[Service] | None) -> Run:
    driver: Driver = "compiled" if own_class is None else "mesa"
    return run_together([net], strategy_plan, seed, [replicate], driver, own_class)[0]


def _month_by_month(
    net: Network, strategy_plan: Plan, seed: int, replicate: int, own_class: type[Service] | None
) -> list[Mapping[str, np.ndarray]]:
    """Return the state of all services after each month: of runs stopped there, or of one that is stepped."""
    if own_class is not None:
        from spreadsim.drivers.mesa_model import SpreadModel

        model = SpreadModel(
            resolved=strategy_plan, seed=seed, replicate=replicate, network=net, service_class=own_class
        )
        months: list[Mapping[str, np.ndarray]] = []
        for _ in range(strategy_plan.months):
            model.step()
            months.append(model.arrays())
        return months
    shorter = [
        replace(strategy_plan, months=t, levers=strategy_plan.levers[:t]) for t in range(1, strategy_plan.months + 1)
    ]
    return [_run(net, one, seed, replicate, None).final for one in shorter]


def _at_start(run: Run, net: Network, strategy_plan: Plan) -> dict[str, np.ndarray]:
    """Return what services hold in month 0: the starting sites their own version, the others nothing."""
    is_site = np.zeros(net.n, dtype=bool)
    is_site[run.events["service"][run.events["month"] == 0]] = True
    before = rules.AWARE if strategy_plan.behaviour.awareness.start == 1 else rules.UNAWARE
    return {
        "state": np.where(is_site, rules.EMBEDDED, before),
        "preparing": np.zeros(net.n, dtype=bool),
        "fidelity": np.repeat(is_site[:, None] * 1.0, strategy_plan.intervention.n_components, axis=1),
        "form": np.where(is_site, net["context"], 0.0),
        "co_produced": is_site * 1.0,
    }


def _timeline(
    run: Run,
    net: Network,
    strategy_plan: Plan,
    own: Sequence[int],
    months: Sequence[Month],
    responses: Sequence[tuple[int, str]],
) -> list[TimelineEntry]:
    """Return what happened to a service, by month: how the programme responded, what befell it, what it did."""
    entries = [TimelineEntry(month, text, False) for month, text in responses]
    entries += [TimelineEntry(month.month, text, False) for month in months for text in month.text]
    entries += [
        TimelineEntry(int(run.events["month"][k]), _event_text(run, net, k, strategy_plan, months)) for k in own
    ]
    return sorted(entries, key=lambda entry: entry.month)  # stable: what befell it comes first


def _revision_note(run: Run, month: int) -> str:
    """Return of which month the text is that was learnt or sent in the step to `month`; nothing if the first."""
    months = np.flatnonzero(np.any(np.diff(run.specification[: month + 1], axis=0) != 0.0, axis=1))
    return f", as revised in month {int(months[-1])}" if len(months) else ""


def _asked(net: Network, strategy_plan: Plan, service: int, month: int) -> str:
    """Return by what a service was brought to adopt in the step to `month`, in words."""
    m = strategy_plan.levers[month - 1]
    depth, wave = net.hierarchy.service_depth[service], wave_months(net.hierarchy, strategy_plan.programme)[service]
    is_told = m.mandate > 0.0 and rules.is_directed(strategy_plan.behaviour, m, int(depth), int(wave))
    return " and ".join(word for word, holds in (("directed", is_told), ("paid", m.incentive > 0.0)) if holds)


def _meanwhile(strategy_plan: Plan, months: Sequence[Month], month: int) -> str:
    """Return what may have brought a service to stop in the step to `month`, in words."""
    reasons = [", while its group is under pressure"] * months[month - 1].is_pressed
    reasons += [", no longer paid for it"] * (strategy_plan.levers[month - 1].incentive_lost > 0.0)
    return "".join(reasons)


def _event_text(run: Run, net: Network, k: int, strategy_plan: Plan, months: Sequence[Month]) -> str:
    """Return one event in words."""
    e, b = run.events, strategy_plan.behaviour
    month, service = int(e["month"][k]), int(e["service"][k])
    before, after = int(e["from_state"][k]), int(e["to_state"][k])
    kind, route = int(e["source_kind"][k]), int(e["route"][k])
    if kind == rules.ORIGINATOR:
        return "is a starting site: the improvement is embedded here from the start"
    if after == rules.AWARE:
        return "hears of the improvement"
    revision = _revision_note(run, int(e["month"][k]))
    learnt = {
        rules.PEER: f"learns it from {net.names[int(e['source_service'][k])]}"
        + (", a second leader" if e["leader_source"][k] else ""),
        rules.SPECIFICATION: "learns it from the published specification" + revision,
        rules.HIERARCHY: "takes the version passed down the hierarchy" + revision,
    }.get(kind, "")
    n_copies = int(e["generation"][k])
    copies = f" ({n_copies} {'copy' if n_copies == 1 else 'copies'} from the originators)"
    asks = b.appraisal.applies or b.implementation.unreadiness_multiplier > 0.0
    unready = "" if e["ready"][k] or not asks else ", though it is not ready"
    if after == rules.IN_NAME_ONLY and before in (rules.AWARE, rules.DISCONTINUED):
        return f"is {_asked(net, strategy_plan, service, month)} to adopt, and does so in name only"
    if before == rules.IN_NAME_ONLY and after in (rules.IMPLEMENTING, rules.EMBEDDED):
        return f"until now in name only, adopts it in earnest{unready}; {learnt}{copies}"
    if kind != rules.NO_SOURCE:
        again = " again" if before == rules.DISCONTINUED else ""
        if route == rules.VOLUNTARY:
            how = "adopts of its own accord"
        else:
            how = f"is {_asked(net, strategy_plan, service, month)} to adopt, and engages"
        return f"{how}{again}{unready}; {learnt}{copies}"
    if after == rules.EMBEDDED:
        return "embeds it in routine practice" + (", and becomes a second leader" if e["leader"][k] else "")
    if after == rules.IN_NAME_ONLY:
        what = "gives up" if before == rules.IMPLEMENTING else "stops"
        return f"{what}{_meanwhile(strategy_plan, months, month)}, but goes on reporting it (in name only)"
    if before == rules.IN_NAME_ONLY:
        paid = ", no longer paid for it" if strategy_plan.levers[month - 1].incentive_lost > 0.0 else ""
        return "lets its nominal adoption lapse" + paid
    what = "gives up before it is embedded" if before == rules.IMPLEMENTING else "stops"
    return what + _meanwhile(strategy_plan, months, month)


def _entry(run: Run, service: int, by: int) -> int | None:
    """Return the last event, up to a month, at which a service took a version on."""
    e = run.events
    events = np.flatnonzero((e["service"] == service) & (e["source_kind"] != rules.NO_SOURCE) & (e["month"] <= by))
    return int(events[-1]) if len(events) else None


def _chain(run: Run, net: Network, service: int, month: int) -> list[Copy]:
    """Return the way a service's version came, from the service back to the originators."""
    chain, e = [], run.events
    here: int | None = service
    while here is not None:
        k = _entry(run, here, month)
        if k is None:
            break
        source = int(e["source_service"][k])
        chain.append(
            Copy(
                net.ids[here],
                int(e["month"][k]),
                rules.SOURCES[int(e["source_kind"][k])],
                net.ids[source] if source >= 0 else None,
                int(e["generation"][k]),
            )
        )
        here, month = (source, int(e["month"][k]) - 1) if source >= 0 else (None, 0)
    return chain


def _component_histories(
    run: Run,
    own: Sequence[int],
    presence: Sequence[np.ndarray],
    i: int,
    names: Sequence[str],
    strategy_plan: Plan,
    months: Sequence[Month],
) -> list[ComponentHistory]:
    """Return what happened to each component of a service."""
    e, stories = run.events, []
    entries = {int(e["month"][k]): k for k in own if int(e["source_kind"][k]) != rules.NO_SOURCE}
    state = rules.UNAWARE
    state_at = []
    changes = {int(e["month"][k]): int(e["to_state"][k]) for k in own}
    for t in range(len(presence)):
        state = changes.get(t, state)
        state_at.append(state)
    for c, name in enumerate(names):
        timeline: list[TimelineEntry] = []
        for t in range(1, len(presence)):
            was, now = float(presence[t - 1][i, c]), float(presence[t][i, c])
            if t in entries:
                k = entries[t]
                source = int(e["source_service"][k])
                source_presence = float(presence[t - 1][source, c]) if source >= 0 else 1.0
                if now == 0.0 and source_presence > 0.0:
                    timeline.append(TimelineEntry(t, "left out at the start"))
                elif now < source_presence:
                    timeline.append(
                        TimelineEntry(t, f"lost in copying: its source had {source_presence:.0%}, it has {now:.0%}")
                    )
                elif now > source_presence:
                    timeline.append(
                        TimelineEntry(t, f"read from the template: its source had only {source_presence:.0%}")
                    )
                elif now < 1.0:
                    timeline.append(TimelineEntry(t, f"copied as its source had it, {now:.0%}"))
            elif now < was:
                others = "lost in adapting" if state_at[t - 1] == rules.IMPLEMENTING else "drifted"
                why = _why_lost(strategy_plan, months[t - 1], c, was, now, others)
                timeline.append(TimelineEntry(t, f"{why}: {was:.0%} to {now:.0%}"))
            elif now > was:
                timeline.append(TimelineEntry(t, f"repaired: {was:.0%} to {now:.0%}"))
        end = float(presence[-1][i, c])
        took_on = any(t in entries for t in range(len(presence)))
        verdict = "never taken on" if not took_on else "kept" if end == 1.0 else "lost" if end == 0.0 else "weakened"
        stories.append(ComponentHistory(name, bool(strategy_plan.intervention.core[c]), end, verdict, timeline))
    return stories


def _why_lost(strategy_plan: Plan, month: Month, component: int, was: float, now: float, others: str) -> str:
    """Return why a component is less present than a month before; `others`: what else there may have been."""
    reasons = ["damaged by adapting"] * (component in month.damaged)
    reasons += ["forgotten when people left"] * (component in month.forgotten)
    for _ in reasons:
        was = rules.eroded(strategy_plan.behaviour, was)
    if not reasons or now < was:
        reasons.append(others)
    return " and ".join(reasons)


def _first_embedded(run: Run, i: int) -> int | None:
    e = run.events
    months = e["month"][(e["service"] == i) & (e["to_state"] == rules.EMBEDDED)]
    return int(months.min()) if len(months) else None


def _origin(run: Run, net: Network, i: int) -> str | None:
    """Return whose version a service took on last, in words; None if it never took one on."""
    k = _entry(run, i, len(run.sums))
    if k is None:
        return None
    source = int(run.events["source_service"][k])
    kind = int(run.events["source_kind"][k])
    return (
        net.names[source]
        if source >= 0
        else {rules.HIERARCHY: "the hierarchy", rules.ORIGINATOR: "its own"}.get(kind, "the published specification")
    )


def _causes(strategy_plan: Plan) -> list[str]:
    """Return the causes that are taken away one at a time: those of every strategy, and those that act in this one."""
    b, pay = strategy_plan.behaviour, [m.incentive for m in strategy_plan.levers]
    acting = {
        "people leaving": b.turnover.rate > 0.0,
        "pressure": b.pressure.rate > 0.0,
        "the appraisal of readiness": b.appraisal.applies,
        "the cost of starting unready": b.implementation.unreadiness_multiplier > 0.0,
        "the damage of adapting": b.adaptation.core_damage_rate > 0.0,
        "the end of pay": any(before > 0.0 >= after for before, after in pairwise(pay)),
    }
    return ["the mandate", "its peers", "support", "the peer programme", *(cause for cause in acting if acting[cause])]


_LEVERS_WITHOUT = {
    "the mandate": {"mandate": 0.0, "months_directed": 0.0},
    "support": {"support": 0.0},
    "the peer programme": {"peer_programme": 0.0, "collaborates": 0.0, "tie_weight": 0.0},
}


def _all_months(**values: float) -> Callable[[Sequence[rules.Levers]], tuple[rules.Levers, ...]]:
    """Return what sets levers in every month."""
    return lambda levers: tuple(m._replace(**values) for m in levers)  # type: ignore[arg-type]


def _paid_for_good(levers: Sequence[rules.Levers]) -> tuple[rules.Levers, ...]:
    """Return levers under which pay, once it is there, never falls."""
    result, pay = [], 0.0
    for m in levers:
        pay = max(pay, m.incentive)
        result.append(m._replace(incentive=pay, incentive_lost=0.0))
    return tuple(result)


def _behaviour_without(cause: str, b: rules.Behaviour) -> rules.Behaviour:
    """Return behaviour without one of its causes."""
    if cause == "people leaving":
        return b._replace(turnover=b.turnover._replace(rate=0.0))
    if cause == "pressure":
        return b._replace(pressure=b.pressure._replace(rate=0.0))
    if cause == "the appraisal of readiness":
        return b._replace(appraisal=b.appraisal._replace(applies=False))
    if cause == "the cost of starting unready":
        return b._replace(implementation=b.implementation._replace(unreadiness_multiplier=0.0))
    if cause == "the damage of adapting":
        return b._replace(adaptation=b.adaptation._replace(core_damage_rate=0.0))
    return b


def _without(
    cause: str,
    net: Network,
    strategy_plan: Plan,
    seed: int,
    replicate: int,
    i: int,
    was: Run,
    own_class: type[Service] | None,
) -> Counterfactual:
    """Return what happens to service `i` with the same random numbers without one cause."""
    variant, on = replace(strategy_plan, behaviour=_behaviour_without(cause, strategy_plan.behaviour)), net
    if cause in _LEVERS_WITHOUT:
        variant = strategy_plan.varied(_all_months(**_LEVERS_WITHOUT[cause]))
    elif cause == "the end of pay":
        variant = strategy_plan.varied(_paid_for_good)
    elif cause == "its peers":
        on = replace(net, deaf=(i,))  # what others hear of this service stays; it alone hears nobody
    run = _run(on, variant, seed, replicate, own_class)
    end, first = rules.STATES[int(run.final["state"][i])], _first_embedded(run, i)
    end_was, first_was = rules.STATES[int(was.final["state"][i])], _first_embedded(was, i)
    origin, origin_was = _origin(run, net, i), _origin(was, net, i)
    if (end, first, origin) == (end_was, first_was, origin_was):
        text = f"Without {cause}: the same"
    elif (end, first) == (end_was, first_was):
        text = f"Without {cause}: the same, but with its version from {origin} (in this run: {origin_was})"
    else:
        when = "never embedded" if first is None else f"first embedded in month {first}"
        was_when = "never" if first_was is None else f"month {first_was}"
        text = f"Without {cause}: {when} (in this run: {was_when}); at the end {end} (in this run: {end_was})"
    return Counterfactual(cause, end, first, text)
