"""The compiled driver: the rulebook over arrays, for sweeps and national networks.

What belongs here: the loop over services in each phase of a month, and how it is compiled and run. Every decision is
a rule's; the loops only look up whose turn it is and rule out, by the probability at full exposure, services that
cannot change this month, so that ties are added up and numbers drawn only where they matter.

With ``NUMBA_DISABLE_JIT=1`` the same code runs interpreted and gives the same numbers, which is the way to debug it.
"""

from __future__ import annotations

from collections import namedtuple

import numba
import numpy as np

from spreadsim import draws, record, rules
from spreadsim.compilation import cached, compiled_module, helper
from spreadsim.network import Network, starting_sites
from spreadsim.plan import Plan
from spreadsim.results import Run, first_late_month
from spreadsim.state import ATTRIBUTES, EVENT_FIELDS, STATE, empty

R = compiled_module(rules)
D = compiled_module(draws)
RECORD = compiled_module(record, {"rules": R})
Levers = rules.Levers

# An id as a machine word; interpreted, Python's integers do.
word = int if numba.config.DISABLE_JIT else helper(lambda number: np.uint64(number))

# Purposes whose prefix is made once a month, by their place in `keys`.
_MONTHLY = (
    draws.AWARE,
    draws.DECIDE,
    draws.MANDATE,
    draws.ENGAGE,
    draws.SOURCE,
    draws.ORIGIN,
    draws.ABANDON,
    draws.STOP,
    draws.CONVERT,
    draws.LEADER,
    draws.RELAPSE,
    draws.TEMPLATE,
    draws.COPY,
    draws.OMIT,
    draws.EROSION_CANDIDATE,
    draws.EROSION,
    draws.DRIFT_CANDIDATE,
    draws.DRIFT,
)
(
    AWARE,
    DECIDE,
    MANDATE,
    ENGAGE,
    SOURCE,
    ORIGIN,
    ABANDON,
    STOP,
    CONVERT,
    LEADER,
    RELAPSE,
    TEMPLATE,
    COPY,
    OMIT,
    EROSION_CANDIDATE,
    EROSION,
    DRIFT_CANDIDATE,
    DRIFT,
) = range(len(_MONTHLY))
PURPOSES = tuple(int(purpose) for purpose in _MONTHLY)

_ATTRIBUTE_NAMES = tuple(variable.name for variable in ATTRIBUTES)
_STATE_NAMES = tuple(variable.name for variable in STATE)
_EVENT_NAMES = tuple(f"event_{name}" for name, _ in EVENT_FIELDS)

World = namedtuple(
    "World",
    (
        *_ATTRIBUTE_NAMES,
        *_STATE_NAMES,
        *_EVENT_NAMES,
        "fit_as_published",
        "fifth",
        "first_call",
        "depth",
        "parent",
        "start",
        "peer",
        "weight",
        "weight_sum",
        "message",
        "message_generation",
        "group_parent",
        "group_depth",
        "keys",
        "next_state",
        "next_route",
        "counts",
        "support",
        "support_embedded",
        "core_places",
        "sums",
        "late_effect",
        "first_late_month",
    ),
)
N_EVENTS, OVERFLOW = 0, 1  # places in `counts`


# ------------------------------------------------------------------------------------------------- helpers


@helper
def draw(w, purpose, i):
    """Return the uniform number of service `i`, or of a component's id, for a purpose this month."""
    return D.uniform_at(w.keys[purpose], word(i))


@helper
def exposure_of(w, i):
    """Return the exposure of service `i` to its peers."""
    total = 0.0
    for entry in range(w.start[i], w.start[i + 1]):
        total += w.weight[entry] * w.persuasion[w.peer[entry]]
    return R.exposure(total, w.weight_sum[i])


@helper
def response_of(w, m, b, i, exposed):
    """Return the response of service `i` to its exposure."""
    not_persuaded = 1.0
    if b.adoption.exposure_response == rules.INDEPENDENT_CASCADE:
        for entry in range(w.start[i], w.start[i + 1]):
            j = w.peer[entry]
            if w.state[j] == rules.EMBEDDED and w.since[j] == m.month:
                not_persuaded = not_persuaded * R.not_persuaded_by(b, w.persuasion[j])
    return R.exposure_response(b, exposed, w.readiness[i], not_persuaded)


@helper
def support_of(w, i):
    """Return the support that service `i` gets, or would get, while implementing."""
    return w.support[1 if w.first_call[i] else 0]


@helper
def note(w, m, i, to_state, route, source_kind, source, generation, presence, leader, leader_source=False):
    """Write down that service `i` changes state."""
    place = w.counts[N_EVENTS]
    if place >= len(w.event_month):
        w.counts[OVERFLOW] = 1
        return
    w.event_month[place] = m.month + 1
    w.event_service[place] = i
    w.event_from_state[place] = w.state[i]
    w.event_to_state[place] = to_state
    w.event_route[place] = route
    w.event_source_kind[place] = source_kind
    w.event_source_service[place] = source
    w.event_generation[place] = generation
    w.event_presence[place] = presence
    w.event_leader[place] = leader
    w.event_leader_source[place] = leader_source
    w.counts[N_EVENTS] = place + 1


@helper
def weigh(w, v, i):
    """Bring the sums over the components of service `i` up to date."""
    w.core[i] = R.core_presence(v, w.fidelity[i])
    w.adaptable[i] = R.adaptable_presence(v, w.fidelity[i])


@helper
def effect_of(w, b, v, i):
    """Return the effect of service `i` where it delivers in full."""
    return R.effect(b, v, w.core[i], w.adaptable[i], w.context[i], w.form[i])


# ------------------------------------------------------------------------------------------------- before month 0


@helper
def pass_down(w, b, v, seed, replicate):
    """Make the message of every group: what is left of the specification after each level above has passed it on."""
    template = D.prefix(seed, replicate, word(0), word(draws.TIER_TEMPLATE))
    copy = D.prefix(seed, replicate, word(0), word(draws.TIER_COPY))
    n = len(w.state)
    for g in range(len(w.group_parent)):
        parent = w.group_parent[g]
        w.message_generation[g] = w.group_depth[g]
        for k in range(v.n_components):
            if parent < 0:
                w.message[g, k] = 1.0
                continue
            address = word(draws.COMPONENT_STRIDE * (n + g) + k)
            w.message[g, k] = R.component_copied(
                b,
                w.message[parent, k],
                v.codification[k],
                v.complexity[k],
                b.copying.error_from_hierarchy,
                D.uniform_at(template, address),
                D.uniform_at(copy, address),
            )


@helper
def begin(w, b, v, sites):
    """Put the starting sites in place; the others know of the improvement only if they start aware."""
    m = Levers(-1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    for i in range(len(w.state)):
        w.fit_as_published[i] = R.fit(b, w.context[i], 0.0)
        if b.awareness.start == 1:
            w.state[i] = rules.AWARE
    for i in sites:
        for k in range(v.n_components):
            w.fidelity[i, k] = 1.0
        w.form[i] = w.context[i]
        w.progress[i] = 1.0
        w.complexity_included[i] = v.mean_complexity
        w.generation[i] = 0
        w.ownership[i] = 1.0
        w.presence_at_start[i] = v.core_share + v.adaptable_share
        weigh(w, v, i)
        w.effect[i] = effect_of(w, b, v, i)
        note(w, m, i, rules.EMBEDDED, rules.VOLUNTARY, rules.ORIGINATOR, -1, 0, w.presence_at_start[i], False)
        w.state[i] = rules.EMBEDDED
        w.route[i] = rules.VOLUNTARY


# ------------------------------------------------------------------------------------------------- phases of a month


@helper
def support(w, m, b, v):
    """Work out the support that each service gets this month."""
    n_rest = n_first = 0.0
    for i in range(len(w.state)):
        state = w.state[i]
        if state == rules.IMPLEMENTING or (m.supports_embedded > 0.0 and state == rules.EMBEDDED):
            if w.first_call[i]:
                n_first += 1.0
            else:
                n_rest += 1.0
    places = m.support_capacity * len(w.state)
    w.support[1] = R.support_received(m.support, places, n_first)
    w.support[0] = R.support_received(m.support, max(0.0, places - n_first), n_rest)
    for c in range(2):
        w.support_embedded[c] = w.support[c] if m.supports_embedded > 0.0 else 0.0


@helper
def quality(w, m, b, v):
    """What each service delivers and how far that persuades its peers."""
    for i in range(len(w.state)):
        state = w.state[i]
        if state == rules.IMPLEMENTING or state == rules.EMBEDDED:
            w.effect[i] = effect_of(w, b, v, i)
        w.persuasion[i] = R.persuasiveness(b, state, w.effect[i], w.leader[i])


@helper
def record_sums(w, m, b, v):
    """Record the sums of the month."""
    late = m.month >= w.first_late_month
    RECORD.record_month(w, b, v, w.support, w.support_embedded, late, w.late_effect, w.sums[m.month])


@helper
def transition(w, m, b, v):
    """One transition a service, chosen by its state at the start of the month."""
    for i in range(len(w.state)):
        state = w.state[i]
        following, route = state, w.route[i]
        if state == rules.UNAWARE:
            u = draw(w, AWARE, i)
            directed = R.is_directed(b, m, w.depth[i])
            if u < R.awareness_probability(b, m, 1.0, directed) and u < R.awareness_probability(
                b, m, exposure_of(w, i), directed
            ):
                following = rules.AWARE
                note(w, m, i, following, rules.NO_ROUTE, rules.NO_SOURCE, -1, -1, 0.0, False)
        elif state == rules.AWARE or state == rules.DISCONTINUED:
            again = state == rules.DISCONTINUED
            u_decide = draw(w, DECIDE, i)
            compliance = R.compliance_probability(b, m, R.is_directed(b, m, w.depth[i]), again)
            u_mandate = draw(w, MANDATE, i) if compliance > 0.0 else 1.0
            if u_decide < R.adoption_probability(b, m, 1.0, 1.0, again) or u_mandate < compliance:
                response = response_of(w, m, b, i, exposure_of(w, i))
                odds = R.engagement_odds(b, m, v, w.readiness[i], support_of(w, i), response)
                following, new_route = R.after_aware(
                    u_decide,
                    R.adoption_probability(b, m, response, R.engagement(b, odds), again),
                    u_mandate,
                    compliance,
                    draw(w, ENGAGE, i),
                    R.mandated_engagement(b, m, v, odds, w.fit_as_published[i]),
                    state,
                )
                if following != state:
                    route = new_route
                if following == rules.IMPLEMENTING:
                    following = enter(w, m, b, v, i, route, route, response)
                elif following == rules.IN_NAME_ONLY:
                    hold_in_name(w, m, b, v, i)
        elif state == rules.IMPLEMENTING:
            support = support_of(w, i)
            progress = R.progress_made(b, w.capability[i], support, w.complexity_included[i])
            w.progress[i] = min(1.0, w.progress[i] + progress)
            if w.progress[i] >= 1.0:
                following = rules.EMBEDDED
                w.leader[i] = draw(w, LEADER, i) < R.leadership_probability(b, m, w.effect[i])
                note(
                    w, m, i, following, route, rules.NO_SOURCE, -1, w.generation[i], w.presence_at_start[i], w.leader[i]
                )
            else:
                u = draw(w, ABANDON, i)
                if u < R.abandonment_probability(b, 0.0):
                    response = response_of(w, m, b, i, exposure_of(w, i))
                    odds = R.engagement_odds(b, m, v, w.readiness[i], support, response)
                    if u < R.abandonment_probability(b, R.engagement(b, odds)):
                        following = R.after_stopping(m, route)
                        note(w, m, i, following, route, rules.NO_SOURCE, -1, w.generation[i], 0.0, False)
        elif state == rules.EMBEDDED:
            u = draw(w, STOP, i)
            supported = w.support_embedded[1 if w.first_call[i] else 0]
            if u < R.discontinuation_probability(b, v, w.effect[i], w.ownership[i], supported, w.capability[i]):
                following = R.after_stopping(m, route)
                note(w, m, i, following, route, rules.NO_SOURCE, -1, w.generation[i], 0.0, False)
        else:
            u_convert, u_lapse = draw(w, CONVERT, i), draw(w, RELAPSE, i)
            support, lapse = support_of(w, i), R.lapse_probability(b, m)
            if u_lapse < lapse or u_convert < R.conversion_probability(b, m, 1.0, support, 1.0):
                response = response_of(w, m, b, i, exposure_of(w, i))
                odds = R.engagement_odds(b, m, v, w.readiness[i], support, response)
                conversion = R.conversion_probability(b, m, response, support, R.engagement(b, odds))
                following = R.after_in_name_only(u_convert, conversion, u_lapse, lapse)
                if following == rules.IMPLEMENTING:
                    following = enter(w, m, b, v, i, route, rules.VOLUNTARY, response)
                elif following == rules.DISCONTINUED:
                    note(w, m, i, following, route, rules.NO_SOURCE, -1, w.generation[i], 0.0, False)
        w.next_state[i] = following
        w.next_route[i] = route


@helper
def enter(w, m, b, v, i, route, learns_as, response):
    """Take the improvement on: find whose version to learn from, copy it, leave some out; return the state entered."""
    kind, source = rules.HIERARCHY, -1
    voices, last = 0.0, -1
    if learns_as == rules.VOLUNTARY:
        kind = rules.SPECIFICATION
        for entry in range(w.start[i], w.start[i + 1]):
            voice = w.weight[entry] * max(0.0, w.persuasion[w.peer[entry]])
            voices += voice
            if voice > 0.0:
                last = w.peer[entry]
        if not R.reads_specification(b, m, draw(w, ORIGIN, i), response, voices):
            kind, source = rules.PEER, last
            mark, running = draw(w, SOURCE, i) * voices, 0.0
            for entry in range(w.start[i], w.start[i + 1]):
                running += w.weight[entry] * max(0.0, w.persuasion[w.peer[entry]])
                if running > mark:
                    source = w.peer[entry]
                    break
    group = w.parent[i]
    form, generation = 0.0, 1
    if kind == rules.PEER:
        form, generation = w.form[source], w.generation[source] + 1
    elif kind == rules.HIERARCHY and group >= 0:
        generation = w.message_generation[group] + 1
    latitude = R.latitude_taken(m, w.adaptation_tendency[i])
    seen = R.context_perceived(b, m, v, w.context[i], w.perception[i])
    fit_seen = R.fit(b, seen, form)
    from_leader = kind == rules.PEER and w.leader[source]
    error = R.copying_error(b, kind, from_leader)
    slip = R.copying_slip(b, error, w.capability[i], support_of(w, i))
    included = 0.0
    for k in range(v.n_components):
        original = 1.0
        if kind == rules.PEER:
            original = w.fidelity[source, k]
        elif kind == rules.HIERARCHY and group >= 0:
            original = w.message[group, k]
        address = draws.COMPONENT_STRIDE * i + k
        if draw(w, OMIT, address) < R.omission_probability(b, v, latitude, v.complexity[k], v.core[k], fit_seen):
            w.fidelity[i, k] = 0.0
        else:
            w.fidelity[i, k] = R.component_copied(
                b,
                original,
                v.codification[k],
                v.complexity[k],
                slip,
                draw(w, TEMPLATE, address),
                draw(w, COPY, address),
            )
            included += v.weight[k] * v.complexity[k]
    w.form[i] = form
    w.generation[i] = generation
    w.progress[i] = 0.0
    w.complexity_included[i] = included
    w.ownership[i] = R.ownership_at_start(b, m, route)
    weigh(w, v, i)
    w.presence_at_start[i] = v.core_share * w.core[i] + v.adaptable_share * w.adaptable[i]
    following = rules.IMPLEMENTING
    if b.implementation.months_to_embed <= 0.0:
        following = rules.EMBEDDED
        w.progress[i] = 1.0
        w.effect[i] = effect_of(w, b, v, i)
        w.leader[i] = draw(w, LEADER, i) < R.leadership_probability(b, m, w.effect[i])
    note(w, m, i, following, route, kind, source, generation, w.presence_at_start[i], w.leader[i], from_leader)
    return following


@helper
def hold_in_name(w, m, b, v, i):
    """Adopt in name only: hold the instruction's version, and do little of it."""
    group = w.parent[i]
    for k in range(v.n_components):
        w.fidelity[i, k] = w.message[group, k] if group >= 0 else 1.0
    w.form[i] = 0.0
    w.generation[i] = w.message_generation[group] + 1 if group >= 0 else 1
    w.progress[i] = 0.0
    weigh(w, v, i)
    w.effect[i] = effect_of(w, b, v, i)
    w.presence_at_start[i] = v.core_share * w.core[i] + v.adaptable_share * w.adaptable[i]
    note(
        w, m, i, rules.IN_NAME_ONLY, rules.MANDATED, rules.HIERARCHY, -1, w.generation[i], w.presence_at_start[i], False
    )


@helper
def change(w, m, b, v):
    """Adapt, erode, drift and repair, in services implementing or embedded before and after."""
    for i in range(len(w.state)):
        state, following = w.state[i], w.next_state[i]
        if not (state == rules.IMPLEMENTING or state == rules.EMBEDDED):
            continue
        if not (following == rules.IMPLEMENTING or following == rules.EMBEDDED):
            continue
        latitude = R.latitude_taken(m, w.adaptation_tendency[i])
        seen = R.context_perceived(b, m, v, w.context[i], w.perception[i])
        w.form[i] = R.form_adjusted(b, m, w.form[i], seen, latitude, w.adaptation_tendency[i], w.capability[i])
        if state == rules.IMPLEMENTING:
            erode(w, m, b, v, i, latitude)
        else:
            drift(w, m, b, v, i)


@helper
def erode(w, m, b, v, i, latitude):
    """Lose parts of core components to adapting, in a service that implements."""
    at, altered = 0, False
    probability = R.erosion_probability(b, m, v, latitude)
    while at < v.n_core:
        address = draws.COMPONENT_STRIDE * i + at
        at += D.candidates_before(draw(w, EROSION_CANDIDATE, address), v.erosion_table, v.n_core - at)
        if at >= v.n_core:
            break
        k = w.core_places[at]
        if draw(w, EROSION, draws.COMPONENT_STRIDE * i + at) * v.erosion_bound < probability:
            w.fidelity[i, k] = R.eroded(b, w.fidelity[i, k])
            altered = True
        at += 1
    if altered:
        weigh(w, v, i)


@helper
def drift(w, m, b, v, i):
    """Lose and regain parts of components, in an embedded service."""
    at, altered, exposed = 0, False, -1.0
    while at < v.n_components:
        address = draws.COMPONENT_STRIDE * i + at
        at += D.candidates_before(draw(w, DRIFT_CANDIDATE, address), v.drift_table, v.n_components - at)
        if at >= v.n_components:
            break
        k = at
        at += 1
        if v.core[k] and exposed < 0.0:
            exposed = exposure_of(w, i)
        loss = R.drift_probability(b, m, v.complexity[k], w.capability[i])
        supported = w.support_embedded[1 if w.first_call[i] else 0]
        repair = R.repair_probability(b, m, v.codification[k], v.core[k], supported, max(0.0, exposed))
        u = draw(w, DRIFT, draws.COMPONENT_STRIDE * i + k)
        after = R.drifted(b, w.fidelity[i, k], u, v.drift_bound, loss, repair)
        if after != w.fidelity[i, k]:
            w.fidelity[i, k] = after
            altered = True
    if altered:
        weigh(w, v, i)


@helper
def commit(w, m, b, v):
    """Make the new state hold; a leader that is no longer embedded leads no more."""
    for i in range(len(w.state)):
        if w.next_state[i] != w.state[i]:
            w.since[i] = m.month + 1
            w.state[i] = w.next_state[i]
        w.route[i] = w.next_route[i]
        if w.leader[i] and w.state[i] != rules.EMBEDDED:
            w.leader[i] = False


_LOOPS = {
    "support": support,
    "quality": quality,
    "record": record_sums,
    "transition": transition,
    "change": change,
    "commit": commit,
}


def in_order(names):
    """Return one function that walks the phases named, in the rulebook's order."""
    first = _LOOPS[names[0]]
    if len(names) == 1:
        return first
    rest = in_order(names[1:])

    @helper
    def walk(w, m, b, v):
        first(w, m, b, v)
        rest(w, m, b, v)

    return walk


observe = in_order(rules.OBSERVING)
act = in_order(rules.ACTING)


# ------------------------------------------------------------------------------------------------- a run


@cached
def run_months(w, b, v, levers, sites, seed, replicate):
    """Run all months from the start, filling the sums and the events; return whether the events overflowed."""
    pass_down(w, b, v, seed, replicate)
    begin(w, b, v, sites)
    months = len(levers)
    for t in range(months + 1):
        row = levers[min(t, months - 1)]
        m = Levers(t, row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8], row[9], row[10], row[11])
        for p in range(len(PURPOSES)):
            w.keys[p] = D.prefix(seed, replicate, word(t), word(PURPOSES[p]))
        observe(w, m, b, v)
        if t == months:
            break
        act(w, m, b, v)
    return w.counts[OVERFLOW] > 0


def world_of(network: Network, plan: Plan, n_events: int) -> World:
    """Return the arrays of a run at their start values."""
    n, v = network.n, plan.intervention
    tree = network.hierarchy
    state = empty(STATE, n, v.n_components)
    events = {f"event_{name}": np.empty(n_events, dtype=dtype) for name, dtype in EVENT_FIELDS}
    programme = plan.programme
    first_call = (
        network.most_deprived(programme.support_priority_share)
        if programme.support_priority == "most-deprived"
        else np.zeros(n, dtype=np.bool_)
    )
    keys = [0] * len(PURPOSES) if numba.config.DISABLE_JIT else np.zeros(len(PURPOSES), dtype=np.uint64)
    return World(
        **{name: network[name] for name in _ATTRIBUTE_NAMES},
        **state,
        **events,
        fit_as_published=np.empty(n),
        fifth=network.fifth,
        first_call=first_call,
        depth=tree.service_depth,
        parent=tree.service_parent,
        start=network.ties.start,
        peer=network.ties.peer,
        weight=network.weight,
        weight_sum=network.weight_sum,
        message=np.empty((tree.n_groups, v.n_components)),
        message_generation=np.empty(tree.n_groups, dtype=np.int32),
        group_parent=tree.parent,
        group_depth=tree.depth,
        keys=keys,
        next_state=np.empty(n, dtype=np.int8),
        next_route=np.empty(n, dtype=np.int8),
        counts=np.zeros(2, dtype=np.int64),
        support=np.zeros(2),
        support_embedded=np.zeros(2),
        core_places=np.flatnonzero(v.core).astype(np.int64),
        sums=np.zeros((plan.months + 1, record.N_SUMS)),
        late_effect=np.zeros(n),
        first_late_month=first_late_month(plan.months),
    )


def run(network: Network, plan: Plan, seed: int, replicate: int) -> Run:
    """Return one run of one strategy.

    Parameters
    ----------
    network : of this replicate.
    plan : the strategy.
    seed, replicate : address of the luck; equal for all strategies that are compared.
    """
    levers = np.array([tuple(m) for m in plan.levers])
    sites = starting_sites(network, plan.programme, seed, replicate)
    n_events = 6 * network.n + 64
    number = int if numba.config.DISABLE_JIT else np.uint64
    while True:
        w = world_of(network, plan, n_events)
        if not run_months(w, plan.behaviour, plan.intervention, levers, sites, number(seed), number(replicate)):
            break
        n_events *= 2  # a run that changes more often than there was room for is run again, with the same luck
    kept = int(w.counts[N_EVENTS])
    return Run(
        events={name: getattr(w, f"event_{name}")[:kept] for name, _ in EVENT_FIELDS},
        sums=w.sums,
        late_effect=w.late_effect,
        final={name: getattr(w, name) for name in _STATE_NAMES},
    )
