"""The loops of the compiled driver: which services act in each phase of a month.

What belongs here: one function a phase, over the services in each state, and what they share. Every decision is a
rule's; the loops rule out, by the probability at no and at full exposure, services that cannot change this month or
surely do, so that ties are added up and numbers drawn only where they matter. Nothing is allocated: the compiler is
told so, and refuses what would.

w : the arrays of a run, `World`.
t : month, from 0; before the first one, -1.
m, n : `rules.Levers` of the month, and of the month after.
b, v : `rules.Behaviour` and `rules.Intervention`.
i : uid of a service.

``w.roster[s]`` lists the services in state s, ascending, and ``w.sizes[s]`` counts them: going through one state at a
time costs half as much as reading the state of every service. A phase goes through it twice. The first time it
writes each service down in ``w.shortlist`` and moves on only if the service may change: the step has no branch, so
that the processor mispredicts none. The second time it works out what becomes of those on the shortlist. Some of them
go to ``w.second_list`` for a third pass: those of another kind, or whose exposure decides.

Where a strategy has rules, levers may differ between *units*, parts of the services: there is then a roster of each,
and a phase that belongs to a unit is walked once for each of them, with its levers and its sums. Everywhere else there
is one unit. The phases of `PROGRAMME_PHASES` are the whole programme's, and are walked once.

``w.has_embedded_peer`` says whether any peer of a service may ever have embedded the improvement. Before that the
service has no exposure, and its ties need not be looked at.
"""

from __future__ import annotations

from collections import namedtuple

import numba
import numpy as np

from spreadsim import draws, rules
from spreadsim.drivers.compilation import compiled_module, helper, in_place, prefetch_row
from spreadsim.outcomes import record
from spreadsim.state import ATTRIBUTES, EVENT_FIELDS, STATE

_ATTRIBUTE_NAMES = tuple(variable.name for variable in ATTRIBUTES)
_STATE_NAMES = tuple(variable.name for variable in STATE)
_EVENT_NAMES = tuple(f"event_{name}" for name, _ in EVENT_FIELDS)

# Arrays with a row for each run of a block, or for each network (``engine``).
BY_RUN = (*_STATE_NAMES, *_EVENT_NAMES, "specification", "counts", "late_effect")
BY_NETWORK = (*_ATTRIBUTE_NAMES, "least_deprived", "most_deprived", "has_priority", "start", "weight_sum")
ENTRIES = ("peer", "weight", "is_made", "weight_while_met")  # rows of any length, one after another
BY_UNIT_OF_RUN = ("sums", "n_members")  # with a row for each run, in it one for each unit
BY_UNIT = ("roster", "sizes", "support", "support_embedded", "preparing_count", "tie_weight", "n_services")
SHARED = (  # the same for all runs, or used by one run after another
    "unit_of",
    "depth",
    "wave",
    "parent",
    "group_parent",
    "group_depth",
    "message",
    "message_generation",
    "keys",
    "tier_keys",
    "published_form",
    "next_state",
    "core_places",
    "shortlist",
    "entrant",
    "entrant_route",
    "entrant_source",
    "second_list",
    "has_embedded_peer",
    "any_has_priority",
    "has_directed_ties",
    "first_late_month",
    "keeps_events",
    "pressure_group",
    "is_pressed_together",
    "pressure_left",
)
_ALL_UNITS = tuple(f"all_{name}" for name in (*BY_UNIT_OF_RUN, *BY_UNIT))
_OF_ALL = (*BY_RUN, *BY_NETWORK, *ENTRIES, *SHARED, "levers", *_ALL_UNITS)
World = namedtuple("World", (*_OF_ALL, *BY_UNIT_OF_RUN, *BY_UNIT))  # what one unit of one run sees

R = compiled_module(rules)
D = compiled_module(draws)
RECORD = compiled_module(record, {"rules": R})
Levers = rules.Levers

# An id as a machine word; interpreted, Python's integers do.
IS_INTERPRETED = bool(numba.config.DISABLE_JIT)
machine_word = int if IS_INTERPRETED else helper(lambda number: np.uint64(number))

# In large networks a service's numbers are far from the processor. The list says which services come next, so that
# their numbers are prefetched into its cache. It changes no result.
prefetch = (lambda array, place: None) if IS_INTERPRETED else prefetch_row

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
    draws.TURNOVER,
    draws.TURNOVER_LOSS,
    draws.CORE_DAMAGE_CANDIDATE,
    draws.CORE_DAMAGE,
    draws.PRESSURE,
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
    TURNOVER,
    TURNOVER_LOSS,
    CORE_DAMAGE_CANDIDATE,
    CORE_DAMAGE,
    PRESSURE,
) = range(len(_MONTHLY))
PURPOSES = tuple(int(purpose) for purpose in _MONTHLY)

N_EVENTS, OVERFLOW, COMMITTED, ENTRANTS = range(4)  # places in `counts`
FROM_HIERARCHY, FROM_SPECIFICATION = -2, -1  # instead of a peer to learn from
NOT_SUMMED = -1.0  # instead of an exposure: ties have not been added up


# ------------------------------------------------------------------------------------------------- helpers


def _world_of_unit():
    """Return the text of a function that gives what unit u of a run sees: rows of the arrays of all, as `World` has.

    Compiled code cannot go through fields by name, so that they are written out here, from the lists above.
    """
    places = [*(f"w.{name}" for name in _OF_ALL), *(f"w.all_{name}[u]" for name in (*BY_UNIT_OF_RUN, *BY_UNIT))]
    return f"lambda w, u: World({', '.join(places)})"


def _levers_of_row():
    """Return the text of a function that gives the levers of month t from its row of a table."""
    places = ", ".join(f"row[{place}]" for place in range(1, len(Levers._fields)))
    return f"lambda t, row: Levers(t, {places})"


WRITTEN_OUT = {"world_of_unit": _world_of_unit(), "_levers": _levers_of_row()}  # by name, for every driver that reads
world_of_unit = helper(eval(WRITTEN_OUT["world_of_unit"], {"World": World}))
_levers = helper(eval(WRITTEN_OUT["_levers"], {"Levers": Levers}))


@helper
def levers_of(levers, u, t):
    """Return the levers of unit `u` in month `t`; at the horizon those of the last month, before the first the first's.

    Parameters
    ----------
    levers : of all units and months, shape (units, T, levers).
    u : number of the unit.

    Returns
    -------
    `rules.Levers`.
    """
    return _levers(t, levers[u, max(0, min(t, len(levers[u]) - 1))])


@helper
def draw(w, purpose, i):
    """Return the uniform number of service `i`, or of a component's id, for a purpose this month.

    Parameters
    ----------
    purpose : place of the purpose among those of a month, such as `DECIDE`.
    i : uid, or ``COMPONENT_STRIDE * uid + k`` for component k.

    Returns
    -------
    A number in [0, 1).
    """
    return D.uniform_at(w.keys[purpose], machine_word(i))


@helper
def exposure_of(w, i):
    """Return the exposure of service `i` to its peers: none while none of them has ever embedded it.

    Returns
    -------
    Exposure, 0 to 1.
    """
    if not w.has_embedded_peer[i]:
        return 0.0
    total = 0.0
    for entry in range(w.start[i], w.start[i + 1]):
        total += w.weight[entry] * w.persuasion[w.peer[entry]]
    return R.exposure(total, w.weight_sum[i])


@helper
def prefetch_peers(w, services, place, n):
    """Prefetch what the next services of a list need to look at their peers.

    Parameters
    ----------
    services : uids, in the order in which they are visited.
    place : of the service that is visited now.
    n : number of services in the list.
    """
    if place + 12 < n:
        prefetch(w.start, services[place + 12])
        prefetch(w.weight_sum, services[place + 12])
    if place + 8 < n:
        for entry in (w.start[services[place + 8]], w.start[services[place + 8] + 1] - 1):  # ties may fill two lines
            prefetch(w.peer, entry)
            prefetch(w.weight, entry)
        prefetch(w.readiness, services[place + 8])
        prefetch(w.current_readiness, services[place + 8])
    if place + 4 < n:
        i = services[place + 4]
        for entry in range(w.start[i], w.start[i + 1]):
            prefetch(w.persuasion, w.peer[entry])


@helper
def prefetch_components(w, services, place, n):
    """Prefetch what the next services of a list need to change their components.

    Parameters
    ----------
    services : uids, in the order in which they are visited.
    place : of the service that is visited now.
    n : number of services in the list.
    """
    if place + 8 < n:
        i = services[place + 8]
        prefetch(w.fidelity, i)
        prefetch(w.core, i)
        prefetch(w.adaptable, i)
        prefetch(w.capability, i)
        prefetch(w.adaptation_tendency, i)


@helper
def prefetch_spell(w, services, place, n):
    """Prefetch what the next services of a list need to embed the improvement, or to stop.

    Parameters
    ----------
    services : uids, in the order in which they are visited.
    place : of the service that is visited now.
    n : number of services in the list.
    """
    if place + 6 < n:
        i = services[place + 6]
        prefetch(w.effect, i)
        prefetch(w.route, i)
        prefetch(w.generation, i)
        prefetch(w.ownership, i)
        prefetch(w.presence_at_start, i)
        prefetch(w.capability, i)


@helper
def prefetch_version(w, i):
    """Prefetch the version of service `i`, to copy it or to replace it."""
    prefetch(w.fidelity, i)
    prefetch(w.form, i)
    prefetch(w.generation, i)
    prefetch(w.leader, i)


@helper
def prefetch_own(w, i):
    """Prefetch what entering reads and writes of service `i`."""
    prefetch_version(w, i)
    prefetch(w.progress, i)
    prefetch(w.complexity_included, i)
    prefetch(w.ownership, i)
    prefetch(w.core, i)
    prefetch(w.adaptable, i)
    prefetch(w.presence_at_start, i)
    prefetch(w.adaptation_tendency, i)
    prefetch(w.context, i)
    prefetch(w.perception, i)
    prefetch(w.capability, i)
    prefetch(w.parent, i)
    prefetch(w.next_state, i)


@helper
def response_of(w, m, b, i, exposed):
    """Return the response of service `i` to its exposure.

    Parameters
    ----------
    exposed : its exposure, 0 to 1.

    Returns
    -------
    Response, 0 to 1.
    """
    not_persuaded = 1.0
    if b.adoption.exposure_response == rules.INDEPENDENT_CASCADE:
        for entry in range(w.start[i], w.start[i + 1]):
            j = w.peer[entry]
            if w.weight[entry] > 0.0 and w.state[j] == rules.EMBEDDED and w.since[j] == m.month:
                not_persuaded = not_persuaded * R.not_persuaded_by(b, w.persuasion[j])
    return R.exposure_response(b, exposed, w.readiness[i], not_persuaded)


@helper
def largest_response_unexposed(b):
    """Return the largest response, over all readiness, of a service without exposure.

    Returns
    -------
    Response, 0 to 1.
    """
    return max(R.exposure_response(b, 0.0, 0.0, 1.0), R.exposure_response(b, 0.0, 1.0, 1.0))


@helper
def support_of(w, i):
    """Return the support that service `i` gets, or would get, while implementing.

    Returns
    -------
    Support, 0 to 1.
    """
    return w.support[1 if w.has_priority[i] else 0]


@helper
def support_embedded_of(w, i):
    """Return the support that service `i` gets, or would get, once embedded.

    Returns
    -------
    Support, 0 to 1.
    """
    return w.support_embedded[1 if w.has_priority[i] else 0]


@helper
def pressure_of(w, b, i):
    """Return the factor of the pressure that service `i` is under.

    Returns
    -------
    A factor, from 1.
    """
    return R.pressure_factor(b, w.pressure_left[w.pressure_group[i]])


@helper
def note(w, m, i, to_state, route, source_kind, source, generation, presence, leader, leader_source=False):
    """Write down that service `i` changes state; it does so when the month is over.

    Parameters
    ----------
    to_state, route : the new state, and how the spell began.
    source_kind, source : whose version it took, and the uid of that peer, or -1.
    generation : copies between its version and the originators'; -1 for none.
    presence : weighted share of components present, 0 to 1.
    leader : whether it is a second leader as it enters the state.
    leader_source : whether the peer it copied is one.
    """
    w.next_state[i] = to_state
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
    w.event_ready[place] = w.ready_at_start[i]
    w.counts[N_EVENTS] = place + 1


@helper
def update_presence(w, v, i):
    """Bring the sums over the components of service `i` up to date."""
    w.core[i] = R.core_presence(v, w.fidelity[i])
    w.adaptable[i] = R.adaptable_presence(v, w.fidelity[i])


@helper
def published_for(w, m, i):
    """Return the specification's form as it reaches service `i`.

    Returns
    -------
    A form, in fit distances.
    """
    return R.form_as_published(m, w.published_form[0], w.regional_context[i])


@helper
def effect_of(w, m, b, v, i):
    """Return the effect of service `i` where it delivers in full.

    Returns
    -------
    Effect, 0 to 1.
    """
    core, adapted, held = R.parts_that_work(v, w.fidelity[i], w.core[i], w.adaptable[i])
    return R.effect(b, v, core, adapted, w.context[i], w.form[i], w.second_form[i], held, published_for(w, m, i))


# ------------------------------------------------------------------------------------------------- a collaborative


@helper
def weigh_ties(w, t):
    """Let the ties that a collaborative has made weigh what they do this month."""
    for u in range(len(w.all_tie_weight)):
        share = levers_of(w.levers, u, t).tie_weight
        if len(w.is_made) == 0 or w.all_tie_weight[u, 0] == share:
            continue
        w.all_tie_weight[u, 0] = share
        for i in range(len(w.state)):
            if w.unit_of[i] == u:
                total = 0.0
                for entry in range(w.start[i], w.start[i + 1]):
                    if w.is_made[entry]:
                        w.weight[entry] = w.weight_while_met[entry] * share
                    total += w.weight[entry]
                w.weight_sum[i] = total


# ------------------------------------------------------------------------------------------------- pressure


@helper
def pressure(w, m, n, b, v):
    """Groups of services come under pressure, or are past it."""
    if b.pressure.rate <= 0.0:
        return
    n_services = len(w.state)
    for g in range(len(w.is_pressed_together)):
        if w.is_pressed_together[g]:
            w.pressure_left[g] = R.months_of_pressure(b, draw(w, PRESSURE, n_services + g), w.pressure_left[g])
    for i in range(n_services):
        w.all_sums[w.unit_of[i], m.month + 1, record.UNDER_PRESSURE] += w.pressure_left[w.pressure_group[i]] > 0


# ------------------------------------------------------------------------------------------------- revision


@helper
def revision(w, m, n, b, v):
    """If a revision is due, move the specification towards what its effective adopters do, and pass it on."""
    if m.revises <= 0.0:
        return
    forms = effects = 0.0
    for u in range(len(w.all_sizes)):
        hub = levers_of(w.levers, u, m.month).hub  # what a hub has done is its region's alone
        for place in range(w.all_sizes[u, rules.EMBEDDED]):
            i = w.all_roster[u, rules.EMBEDDED, place]
            forms += w.effect[i] * (w.form[i] - hub * w.regional_context[i])
            effects += w.effect[i]
    w.published_form[0] = R.form_revised(m, w.published_form[0], forms, effects)
    for k in range(v.n_components):
        presences = 0.0
        for u in range(len(w.all_sizes)):
            for place in range(w.all_sizes[u, rules.EMBEDDED]):
                i = w.all_roster[u, rules.EMBEDDED, place]
                presences += w.effect[i] * w.fidelity[i, k]
        v.codification[k] = R.codification_revised(m, v.codification[k], presences, effects)
    pass_down(w, m, b, v)


@helper
def pass_down(w, m, b, v):
    """Make the message of every group: what is left of the specification after each level above has passed it on.

    The numbers are those of month 0 whenever it is passed down: the same people make the same slips.
    """
    n, error = len(w.state), R.copying_error(b, m, rules.HIERARCHY, False)
    for g in range(len(w.group_parent)):
        parent = w.group_parent[g]
        w.message_generation[g] = w.group_depth[g]
        for k in range(v.n_components):
            if parent < 0:
                w.message[g, k] = 1.0
                continue
            address = machine_word(draws.COMPONENT_STRIDE * (n + g) + k)
            w.message[g, k] = R.component_copied(
                b,
                w.message[parent, k],
                v.codification[k],
                v.complexity[k],
                error,
                D.uniform_at(w.tier_keys[0], address),
                D.uniform_at(w.tier_keys[1], address),
            )


# ------------------------------------------------------------------------------------------------- transition


@in_place
def transition(w, m, n, b, v):
    """One transition a service, chosen by its state at the start of the month."""
    hear(w, m, b)
    decide(w, m, b, v)
    finish_or_give_up(w, m, b, v)
    stop(w, m, b, v)
    convert_or_lapse(w, m, b, v)
    enter_queued(w, m, b, v)


@helper
def hear(w, m, b):
    """Unaware services hear of the improvement."""
    n_shortlist = 0
    for place in range(w.sizes[rules.UNAWARE]):
        i = w.roster[rules.UNAWARE, place]
        is_directed = R.is_directed(b, m, w.depth[i], w.wave[i])
        w.shortlist[n_shortlist] = i
        u = draw(w, AWARE, i)
        n_shortlist += (u < R.awareness_probability(b, m, 0.0, is_directed)) | (
            (u < R.awareness_probability(b, m, 1.0, is_directed)) & w.has_embedded_peer[i]
        )
    for place in range(n_shortlist):
        prefetch_peers(w, w.shortlist, place, n_shortlist)
        i = w.shortlist[place]
        u, is_directed = draw(w, AWARE, i), R.is_directed(b, m, w.depth[i], w.wave[i])
        if u < R.awareness_probability(b, m, 0.0, is_directed) or u < R.awareness_probability(
            b, m, exposure_of(w, i), is_directed
        ):
            note(w, m, i, rules.AWARE, rules.NO_ROUTE, rules.NO_SOURCE, -1, -1, 0.0, False)


@helper
def decide(w, m, b, v):
    """Aware and discontinued services adopt of their own accord, prepare to, are directed, or stay."""
    codification = R.weighted_presence(v.codification, v.weight, v.n_components) if b.appraisal.applies else 0.0
    for state in (rules.AWARE, rules.DISCONTINUED):
        again = state == rules.DISCONTINUED
        at_most = R.adoption_probability(b, m, 1.0, 1.0, again)
        unexposed = R.adoption_probability(b, m, largest_response_unexposed(b), 1.0, again)
        n_shortlist = 0
        for place in range(w.sizes[state]):
            i = w.roster[state, place]
            compliance = R.compliance_probability(b, m, R.is_directed(b, m, w.depth[i], w.wave[i]), again)
            w.shortlist[n_shortlist] = i
            u = draw(w, DECIDE, i)
            n_shortlist += (
                (u < unexposed)
                | ((u < at_most) & w.has_embedded_peer[i])
                | w.preparing[i]
                | (compliance > 0.0 and draw(w, MANDATE, i) < compliance)
            )
        for place in range(n_shortlist):
            prefetch_peers(w, w.shortlist, place, n_shortlist)
            i = w.shortlist[place]
            compliance = R.compliance_probability(b, m, R.is_directed(b, m, w.depth[i], w.wave[i]), again)
            response = response_of(w, m, b, i, exposure_of(w, i))
            ready, support, pressed = w.current_readiness[i], support_of(w, i), pressure_of(w, b, i)
            odds = R.engagement_odds(b, m, v.mean_complexity, ready, support, response, pressed)
            engaged = R.engagement(b, odds)
            wish = R.adoption_probability(b, m, response, R.engagement_in_decision(b, engaged), again)
            is_minded, starts = draw(w, DECIDE, i) < wish, False
            if is_minded or w.preparing[i]:
                judged = odds
                if b.appraisal.applies:
                    complexity = R.complexity_as_judged(b, m, v, codification, w.appraisal_error[i])
                    judged = R.engagement_odds(b, m, complexity, ready, support, response, pressed)
                starts = R.is_judged_ready(b, judged)
            u_mandate = draw(w, MANDATE, i) if compliance > 0.0 else 1.0
            following, route = R.after_aware(
                starts,
                u_mandate,
                compliance,
                draw(w, ENGAGE, i) if u_mandate < compliance else 1.0,
                R.mandated_engagement(b, m, v, odds, R.fit(b, w.context[i], published_for(w, m, i), w.second_form[i])),
                state,
            )
            if following == state:
                prepare(w, b, i, is_minded, engaged, odds)
            else:
                if w.preparing[i]:
                    stop_preparing(w, i)
                w.ready_at_start[i] = R.is_ready(b, odds)
                by_choice = route == rules.VOLUNTARY
                source = peer_to_learn_from(w, m, b, i, response) if by_choice else FROM_HIERARCHY
                queue_entry(w, i, following, route, source)


@helper
def prepare(w, b, i, is_minded, engaged, odds):
    """Service `i`, which does not start, prepares to, or drops the plan; or it finds that it is not ready.

    Parameters
    ----------
    is_minded : whether it would start this month.
    engaged, odds : chance and odds of engaging.
    """
    if w.preparing[i]:
        if draw(w, ABANDON, i) < R.abandonment_probability(b, engaged, odds):
            stop_preparing(w, i)
            w.declined[i] = True
            w.current_readiness[i] = w.readiness[i]
        else:
            w.current_readiness[i] = R.readiness_prepared(b, w.current_readiness[i], w.capability[i], support_of(w, i))
    elif is_minded:
        w.preparing[i] = w.waited[i] = True
        w.preparing_count[1 if w.has_priority[i] else 0] += 1


@helper
def stop_preparing(w, i):
    """Service `i` prepares no longer."""
    w.preparing[i] = False
    w.preparing_count[1 if w.has_priority[i] else 0] -= 1


@helper
def finish_or_give_up(w, m, b, v):
    """Implementing services make progress, and embed it or give up."""
    at_most = R.abandonment_probability(b, 0.0, 0.0)
    n_shortlist = n_done = 0
    for place in range(w.sizes[rules.IMPLEMENTING]):
        i = w.roster[rules.IMPLEMENTING, place]
        pressed = pressure_of(w, b, i)
        progress = R.progress_made(b, w.capability[i], support_of(w, i), w.complexity_included[i], pressed)
        w.progress[i] = min(1.0, w.progress[i] + progress)
        is_done = w.progress[i] >= 1.0
        w.second_list[n_done] = w.shortlist[n_shortlist] = i
        n_done += is_done
        n_shortlist += (not is_done) & (draw(w, ABANDON, i) < at_most)
    for place in range(n_done):
        prefetch_spell(w, w.second_list, place, n_done)
        i = w.second_list[place]
        w.leader[i] = draw(w, LEADER, i) < R.leadership_probability(b, m, w.effect[i])
        now, leads = w.presence_at_start[i], w.leader[i]
        note(w, m, i, rules.EMBEDDED, w.route[i], rules.NO_SOURCE, -1, w.generation[i], now, leads)
    for place in range(n_shortlist):
        prefetch_peers(w, w.shortlist, place, n_shortlist)
        i = w.shortlist[place]
        response = response_of(w, m, b, i, exposure_of(w, i))
        ready, pressed = w.current_readiness[i], pressure_of(w, b, i)
        odds = R.engagement_odds(b, m, v.mean_complexity, ready, support_of(w, i), response, pressed)
        if draw(w, ABANDON, i) < R.abandonment_probability(b, R.engagement(b, odds), odds):
            after = R.after_stopping(m, w.route[i])
            note(w, m, i, after, w.route[i], rules.NO_SOURCE, -1, w.generation[i], 0.0, False)


@helper
def stop(w, m, b, v):
    """Embedded services stop."""
    # Nobody stops with a higher probability than a service without effect, ownership, support or capability.
    pressed_at_most = R.pressure_factor(b, 1) if b.pressure.rate > 0.0 else 1.0
    at_most = R.discontinuation_probability(b, m, v, 0.0, 0.0, 0.0, 0.0, pressed_at_most)
    n_shortlist = 0
    for place in range(w.sizes[rules.EMBEDDED]):
        i = w.roster[rules.EMBEDDED, place]
        w.shortlist[n_shortlist] = i
        n_shortlist += draw(w, STOP, i) < at_most
    for place in range(n_shortlist):
        prefetch_spell(w, w.shortlist, place, n_shortlist)
        i = w.shortlist[place]
        if draw(w, STOP, i) < R.discontinuation_probability(
            b, m, v, w.effect[i], w.ownership[i], support_embedded_of(w, i), w.capability[i], pressure_of(w, b, i)
        ):
            after = R.after_stopping(m, w.route[i])
            note(w, m, i, after, w.route[i], rules.NO_SOURCE, -1, w.generation[i], 0.0, False)


@helper
def convert_or_lapse(w, m, b, v):
    """Name-only adopters take the improvement on in earnest, or let it lapse."""
    lapse = R.lapse_probability(b, m)
    n_shortlist = 0
    for place in range(w.sizes[rules.IN_NAME_ONLY]):
        i = w.roster[rules.IN_NAME_ONLY, place]
        at_most = R.conversion_probability(b, m, 1.0, support_of(w, i), 1.0)
        w.shortlist[n_shortlist] = i
        n_shortlist += (draw(w, RELAPSE, i) < lapse) | (draw(w, CONVERT, i) < at_most)
    for place in range(n_shortlist):
        prefetch_peers(w, w.shortlist, place, n_shortlist)
        i = w.shortlist[place]
        support = support_of(w, i)
        response = response_of(w, m, b, i, exposure_of(w, i))
        ready, pressed = w.current_readiness[i], pressure_of(w, b, i)
        odds = R.engagement_odds(b, m, v.mean_complexity, ready, support, response, pressed)
        conversion = R.conversion_probability(b, m, response, support, R.engagement(b, odds))
        following = R.after_in_name_only(draw(w, CONVERT, i), conversion, draw(w, RELAPSE, i), lapse)
        if following == rules.IMPLEMENTING:
            w.ready_at_start[i] = R.is_ready(b, odds)
            queue_entry(w, i, following, w.route[i], peer_to_learn_from(w, m, b, i, response))
        elif following == rules.DISCONTINUED:
            note(w, m, i, following, w.route[i], rules.NO_SOURCE, -1, w.generation[i], 0.0, False)


@helper
def queue_entry(w, i, following, route, source):
    """Write down that service `i` adopts, and whose version it learns from; it copies when all have decided.

    Parameters
    ----------
    following : the state that it enters.
    route : VOLUNTARY or MANDATED.
    source : uid of a peer, or `FROM_HIERARCHY` or `FROM_SPECIFICATION`.
    """
    w.next_state[i] = following
    place = w.counts[ENTRANTS]
    w.entrant[place] = i
    w.entrant_route[place] = route
    w.entrant_source[place] = source
    w.counts[ENTRANTS] = place + 1


@helper
def enter_queued(w, m, b, v):
    """Let those who adopt this month do so."""
    n = w.counts[ENTRANTS]
    for place in range(n):
        if place + 3 < n:
            prefetch_own(w, w.entrant[place + 3])
            prefetch_version(w, max(0, w.entrant_source[place + 3]))
        if w.next_state[w.entrant[place]] == rules.IN_NAME_ONLY:
            adopt_in_name(w, m, b, v, w.entrant[place])
        else:
            enter(w, m, b, v, w.entrant[place], w.entrant_route[place], w.entrant_source[place])
    w.counts[ENTRANTS] = 0


@helper
def peer_to_learn_from(w, m, b, i, response):
    """Return the peer whose version service `i` learns from, or that it reads the specification.

    Parameters
    ----------
    response : to its peers, 0 to 1.

    Returns
    -------
    The uid of a peer, or `FROM_SPECIFICATION`.
    """
    influences, last = 0.0, -1
    for entry in range(w.start[i], w.start[i + 1]):
        influence = w.weight[entry] * max(0.0, w.persuasion[w.peer[entry]])
        influences += influence
        if influence > 0.0:
            last = w.peer[entry]
    if R.reads_specification(b, m, draw(w, ORIGIN, i), response, influences):
        return FROM_SPECIFICATION
    threshold, cumulative = draw(w, SOURCE, i) * influences, 0.0
    for entry in range(w.start[i], w.start[i + 1]):
        cumulative += w.weight[entry] * max(0.0, w.persuasion[w.peer[entry]])
        if cumulative > threshold:
            return w.peer[entry]
    return last


@helper
def enter(w, m, b, v, i, route, source):
    """Take the improvement on: copy the version of `source`, and leave some of it out.

    Parameters
    ----------
    route : VOLUNTARY or MANDATED.
    source : uid of a peer, or `FROM_HIERARCHY` or `FROM_SPECIFICATION`.
    """
    kind = rules.PEER
    if source < 0:
        kind = rules.HIERARCHY if source == FROM_HIERARCHY else rules.SPECIFICATION
        source = -1
    group = w.parent[i]
    form, generation = published_for(w, m, i), 1
    if kind == rules.PEER:
        form, generation = w.form[source], w.generation[source] + 1
    elif kind == rules.HIERARCHY and group >= 0:
        generation = w.message_generation[group] + 1
    latitude = R.latitude_taken(m, w.adaptation_tendency[i])
    w.co_produced[i] = m.co_production_patients
    w.misreading[i] = R.misreading_at_start(b, w.co_produced[i])
    w.damaged[i] = False
    context_view = R.context_perceived(b, m, v, w.context[i], w.perception[i], w.misreading[i])
    fit_seen = R.fit(b, context_view, form, w.second_form[i])
    from_leader = kind == rules.PEER and w.leader[source]
    error = R.copying_error(b, m, kind, from_leader)
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
    update_presence(w, v, i)
    w.presence_at_start[i] = v.core_share * w.core[i] + v.adaptable_share * w.adaptable[i]
    following = rules.IMPLEMENTING
    if b.implementation.months_to_embed <= 0.0:
        following = rules.EMBEDDED
        w.progress[i] = 1.0
        w.effect[i] = effect_of(w, m, b, v, i)
        w.leader[i] = draw(w, LEADER, i) < R.leadership_probability(b, m, w.effect[i])
    note(w, m, i, following, route, kind, source, generation, w.presence_at_start[i], w.leader[i], from_leader)


@helper
def adopt_in_name(w, m, b, v, i):
    """Adopt in name only: hold the instruction's version, and do little of it."""
    group = w.parent[i]
    for k in range(v.n_components):
        w.fidelity[i, k] = w.message[group, k] if group >= 0 else 1.0
    w.form[i] = published_for(w, m, i)
    w.generation[i] = w.message_generation[group] + 1 if group >= 0 else 1
    w.progress[i] = 0.0
    update_presence(w, v, i)
    w.effect[i] = effect_of(w, m, b, v, i)
    w.presence_at_start[i] = v.core_share * w.core[i] + v.adaptable_share * w.adaptable[i]
    note(
        w, m, i, rules.IN_NAME_ONLY, rules.MANDATED, rules.HIERARCHY, -1, w.generation[i], w.presence_at_start[i], False
    )


# ------------------------------------------------------------------------------------------------- change


@helper
def change(w, m, n, b, v):
    """Adapt, erode, drift and repair, in services implementing or embedded before and after."""
    n_shortlist = 0
    for place in range(w.sizes[rules.IMPLEMENTING]):
        i = w.roster[rules.IMPLEMENTING, place]
        if w.next_state[i] == rules.IMPLEMENTING or w.next_state[i] == rules.EMBEDDED:
            adapt(w, m, b, v, i)
            w.shortlist[n_shortlist] = i
            n_shortlist += D.is_any(draw(w, EROSION_CANDIDATE, draws.COMPONENT_STRIDE * i), v.erosion_table, v.n_core)
    for place in range(n_shortlist):
        prefetch_components(w, w.shortlist, place, n_shortlist)
        i = w.shortlist[place]
        erode(w, m, b, v, i, R.latitude_taken(m, w.adaptation_tendency[i]))
    n_shortlist = 0
    for place in range(w.sizes[rules.EMBEDDED]):
        i = w.roster[rules.EMBEDDED, place]
        if w.next_state[i] == rules.EMBEDDED:
            adapt(w, m, b, v, i)
            w.shortlist[n_shortlist] = i
            n_shortlist += D.is_any(draw(w, DRIFT_CANDIDATE, draws.COMPONENT_STRIDE * i), v.drift_table, v.n_components)
    n_second = 0
    for place in range(n_shortlist):
        prefetch_components(w, w.shortlist, place, n_shortlist)
        w.second_list[n_second] = w.shortlist[place]
        n_second += drift(w, m, b, v, w.shortlist[place], NOT_SUMMED)
    for place in range(n_second):
        prefetch_peers(w, w.second_list, place, n_second)
        drift(w, m, b, v, w.second_list[place], exposure_of(w, w.second_list[place]))


@helper
def adapt(w, m, b, v, i):
    """Move the form of a service towards its context as it reads it."""
    latitude = R.latitude_licensed(b, m, w.adaptation_tendency[i], w.co_produced[i])
    context_view = R.context_perceived(b, m, v, w.context[i], w.perception[i], w.misreading[i])
    tendency, published, before = w.adaptation_tendency[i], published_for(w, m, i), w.form[i]
    aim = R.form_aimed_at(b, context_view, before, w.second_form[i])
    w.form[i] = R.form_adjusted(b, m, before, aim, latitude, tendency, w.capability[i], published)
    if m.tests > 0.0:
        w.misreading[i] = R.misreading_after_tests(b, m, w.misreading[i], w.capability[i])
    damage = R.damage_unguarded(b, before, w.form[i], published)
    if damage > 0.0:
        damage_core(w, m, b, v, i, damage)


@helper
def damage_core(w, m, b, v, i, damage):
    """Lose parts of core functions of service `i` to the move of its form.

    Parameters
    ----------
    damage : chance for a function that nobody guards.
    """
    at, has_changed = 0, False
    guarded = R.damage_guarded(b, m, v, damage, w.co_produced[i])
    while at < v.n_components:
        u = draw(w, CORE_DAMAGE_CANDIDATE, draws.COMPONENT_STRIDE * i + at)
        at += D.equals_before(u, damage, v.n_components - at)
        if at >= v.n_components:
            break
        chance = guarded if v.core[at] else damage if v.truly_core[at] else 0.0
        if draw(w, CORE_DAMAGE, draws.COMPONENT_STRIDE * i + at) * damage < chance:
            w.fidelity[i, at] = R.eroded(b, w.fidelity[i, at])
            has_changed = True
        at += 1
    if has_changed:
        w.damaged[i] = True
        update_presence(w, v, i)


@helper
def erode(w, m, b, v, i, latitude):
    """Lose parts of core components to adapting, in a service that implements.

    Parameters
    ----------
    latitude : that it takes, 0 to 1.
    """
    at, has_changed = 0, False
    probability = R.erosion_probability(b, m, v, latitude, w.co_produced[i])
    while at < v.n_core:
        address = draws.COMPONENT_STRIDE * i + at
        at += D.candidates_before(draw(w, EROSION_CANDIDATE, address), v.erosion_table, v.n_core - at)
        if at >= v.n_core:
            break
        k = w.core_places[at]
        if draw(w, EROSION, draws.COMPONENT_STRIDE * i + at) * v.erosion_bound < probability:
            w.fidelity[i, k] = R.eroded(b, w.fidelity[i, k])
            has_changed = True
        at += 1
    if has_changed:
        update_presence(w, v, i)


@helper
def drift(w, m, b, v, i, exposed):
    """Lose and regain parts of components, in an embedded service; return whether its exposure decides on any.

    Components that need the exposure wait for it: they change once it is given, and then they alone.

    Parameters
    ----------
    exposed : its exposure, 0 to 1, or `NOT_SUMMED`.

    Returns
    -------
    Whether its exposure is needed.
    """
    at, has_changed, needs_exposure = 0, False, False
    while at < v.n_components:
        address = draws.COMPONENT_STRIDE * i + at
        at += D.candidates_before(draw(w, DRIFT_CANDIDATE, address), v.drift_table, v.n_components - at)
        if at >= v.n_components:
            break
        k = at
        at += 1
        u = draw(w, DRIFT, draws.COMPONENT_STRIDE * i + k)
        loss = R.drift_probability(b, m, v.complexity[k], w.capability[i])
        supported = support_embedded_of(w, i)
        repair = R.repair_probability(b, m, v.codification[k], v.core[k], supported, 0.0)
        after = R.drifted(b, w.fidelity[i, k], u, v.drift_bound, loss, repair)
        if v.core[k] and after == w.fidelity[i, k]:
            repair = R.repair_probability(b, m, v.codification[k], v.core[k], supported, 1.0)
            if R.drifted(b, w.fidelity[i, k], u, v.drift_bound, loss, repair) == after:
                continue
            if exposed == NOT_SUMMED:  # its peers make the difference
                needs_exposure = True
                continue
            repair = R.repair_probability(b, m, v.codification[k], v.core[k], supported, exposed)
            after = R.drifted(b, w.fidelity[i, k], u, v.drift_bound, loss, repair)
        elif exposed != NOT_SUMMED:  # it has changed already
            continue
        if after != w.fidelity[i, k]:
            w.fidelity[i, k] = after
            has_changed = True
    if has_changed:
        update_presence(w, v, i)
    return needs_exposure


# ------------------------------------------------------------------------------------------------- turnover


@helper
def turnover(w, m, n, b, v):
    """People leave: readiness falls back, and part of what is not written down goes, where the improvement is used."""
    if b.turnover.rate <= 0.0:
        return
    n_shortlist = 0
    for i in range(len(w.state)):
        w.shortlist[n_shortlist] = i
        n_shortlist += draw(w, TURNOVER, i) < b.turnover.rate
    for place in range(n_shortlist):
        i = w.shortlist[place]
        before, after = w.state[i], w.next_state[i]
        w.current_readiness[i] = w.readiness[i]
        w.leader[i] = w.leader[i] and before != rules.EMBEDDED  # one that becomes a leader this month is new itself
        if (before == rules.IMPLEMENTING or before == rules.EMBEDDED) and (
            after == rules.IMPLEMENTING or after == rules.EMBEDDED
        ):
            forget(w, levers_of(w.levers, w.unit_of[i], m.month), b, v, i)
            w.all_sums[w.unit_of[i], m.month + 1, record.TURNOVERS] += 1.0


@helper
def forget(w, m, b, v, i):
    """Lose parts of functions, and ownership, with the people who leave service `i`."""
    for k in range(v.n_components):
        if draw(w, TURNOVER_LOSS, draws.COMPONENT_STRIDE * i + k) < R.forgotten_probability(b, v.codification[k]):
            w.fidelity[i, k] = R.eroded(b, w.fidelity[i, k])
    update_presence(w, v, i)
    w.ownership[i] = R.ownership_after_turnover(b, m, w.ownership[i])
    w.misreading[i] = 1.0


# ------------------------------------------------------------------------------------------------- commit, observe


@helper
def commit(w, m, n, b, v):
    """Make the new state of those who change hold; a leader that is no longer embedded leads no more."""
    n_first = 0
    for place in range(w.counts[COMMITTED], w.counts[N_EVENTS]):
        i = w.event_service[place]
        state = w.event_to_state[place]
        w.state[i] = state
        w.route[i] = w.event_route[place]
        w.since[i] = m.month + 1
        RECORD.record_change(
            m.month + 1,
            w.event_from_state[place],
            state,
            w.event_route[place],
            w.event_source_kind[place],
            w.event_leader_source[place],
            w.event_ready[place],
            w.all_sums[w.unit_of[i], m.month + 1],
        )
        if state == rules.EMBEDDED:
            w.ever_led[i] = w.ever_led[i] or w.leader[i]
            if w.first_embedded[i] < 0:
                w.first_embedded[i] = m.month + 1
                w.shortlist[n_first] = i
                n_first += 1
        if not w.began[i] and (state == rules.IMPLEMENTING or state == rules.EMBEDDED):
            w.began[i] = True
            w.first_began[i] = m.month + 1
        if state != rules.EMBEDDED:
            w.leader[i] = False
            w.persuasion[i] = R.persuasiveness(b, state, w.effect[i], False)
    mark_peers(w, w.shortlist, n_first)
    if not w.keeps_events:
        w.counts[N_EVENTS] = 0
    w.counts[COMMITTED] = w.counts[N_EVENTS]
    list_by_state(w)


@helper
def mark_peers(w, services, n):
    """Let the peers of services that embed the improvement for the first time know whom they may now look at.

    Parameters
    ----------
    services : uids of those who embed it for the first time.
    n : how many they are.
    """
    for place in range(n):
        if place + 8 < n:
            prefetch(w.start, services[place + 8])
        if place + 4 < n:
            prefetch(w.peer, w.start[services[place + 4]])
        i = services[place]
        for entry in range(w.start[i], w.start[i + 1]):
            w.has_embedded_peer[w.peer[entry]] = True


@helper
def list_by_state(w):
    """List the services of each unit in each state, ascending."""
    for u in range(len(w.all_sizes)):
        w.all_sizes[u][:] = 0
    if len(w.all_sizes) == 1:
        for i in range(len(w.state)):
            s = w.state[i]
            w.roster[s, w.sizes[s]] = i
            w.sizes[s] += 1
        return
    for i in range(len(w.state)):
        u, s = w.unit_of[i], w.state[i]
        w.all_roster[u, s, w.all_sizes[u, s]] = i
        w.all_sizes[u, s] += 1


@helper
def quality(w, m, n, b, v):
    """What each service delivers and how far that persuades its peers."""
    for place in range(w.sizes[rules.IMPLEMENTING]):
        i = w.roster[rules.IMPLEMENTING, place]
        w.effect[i] = effect_of(w, n, b, v, i)
    for place in range(w.sizes[rules.EMBEDDED]):
        i = w.roster[rules.EMBEDDED, place]
        w.effect[i] = effect_of(w, n, b, v, i)
        w.persuasion[i] = R.persuasiveness(b, rules.EMBEDDED, w.effect[i], w.leader[i])


@helper
def record_sums(w, m, n, b, v):
    """Record the sums of the month."""
    w.specification[n.month, 0] = w.published_form[0]
    for k in range(v.n_components):
        w.specification[n.month, 1 + k] = v.codification[k]
    late = n.month >= w.first_late_month
    RECORD.record_month(w, b, n, v, w.roster, w.sizes, n.month, late, w.late_effect, w.sums[n.month])


@helper
def support(w, m, n, b, v):
    """Work out the support that each service gets: one team serves all, with the places that every unit gives it."""
    places = first = rest = 0.0
    for u in range(len(w.all_sizes)):
        own, levers = world_of_unit(w, u), levers_of(w.levers, u, n.month)
        places += R.support_places(levers, own.n_services[0])
        first += wanted_first(own, levers)
        rest += wanted_by_rest(own, levers)
    for u in range(len(w.all_sizes)):
        own, levers = world_of_unit(w, u), levers_of(w.levers, u, n.month)
        own.support[1] = R.support_received(levers.support, places, first)
        own.support[0] = R.support_received(levers.support, max(0.0, places - first), rest)
        for c in range(2):
            own.support_embedded[c] = own.support[c] if levers.support_for == rules.EMBEDDED_TOO else 0.0
        supported = wanted_by_rest(own, levers) * own.support[0] + wanted_first(own, levers) * own.support[1]
        own.sums[n.month, record.SUPPORTED] = supported
        own.sums[n.month, record.MEMBERS] = own.n_members[0]
        own.sums[n.month, record.PREPARING] = own.preparing_count[0] + own.preparing_count[1]


@helper
def wanted_first(w, n):
    """Return the places wanted by the services of a unit that come first for support."""
    n_implementing, n_embedded = n_with_priority(w, rules.IMPLEMENTING), n_with_priority(w, rules.EMBEDDED)
    return R.places_wanted(n, n_implementing, w.preparing_count[1], n_embedded)


@helper
def wanted_by_rest(w, n):
    """Return the places wanted by the other services of a unit."""
    n_implementing = w.sizes[rules.IMPLEMENTING] - n_with_priority(w, rules.IMPLEMENTING)
    n_embedded = w.sizes[rules.EMBEDDED] - n_with_priority(w, rules.EMBEDDED)
    return R.places_wanted(n, n_implementing, w.preparing_count[0], n_embedded)


@helper
def n_with_priority(w, state):
    """Return how many services in a state come first for support.

    Parameters
    ----------
    state : by its number in `rules`.

    Returns
    -------
    A number of services.
    """
    number = 0
    for place in range(w.sizes[state] if w.any_has_priority[0] else 0):
        number += w.has_priority[w.roster[state, place]]
    return number


LOOPS = {
    "pressure": pressure,
    "revision": revision,
    "transition": transition,
    "change": change,
    "turnover": turnover,
    "commit": commit,
    "quality": quality,
    "record": record_sums,
    "support": support,
}


PROGRAMME_PHASES = ("pressure", "revision", "turnover", "commit", "support")


def of_units(phase):
    """Return a phase walked once for each unit, with its levers.

    Parameters
    ----------
    phase : one of `LOOPS`.

    Returns
    -------
    A function of the runs' arrays, the month, and the parameters.

    Examples
    --------
    >>> callable(of_units(LOOPS["quality"]))
    True
    """

    @in_place
    def each(w, t, b, v):
        for u in range(len(w.all_sizes)):
            phase(world_of_unit(w, u), levers_of(w.levers, u, t), levers_of(w.levers, u, t + 1), b, v)

    return each


def of_programme(phase):
    """Return a phase walked once, with the levers of the first unit.

    Parameters
    ----------
    phase : one of `LOOPS`.

    Returns
    -------
    A function of the runs' arrays, the month, and the parameters.

    Examples
    --------
    >>> callable(of_programme(LOOPS["support"]))
    True
    """

    @in_place
    def once(w, t, b, v):
        phase(w, levers_of(w.levers, 0, t), levers_of(w.levers, 0, t + 1), b, v)

    return once


def in_order(names):
    """Return one function that walks the phases named, in the rulebook's order.

    Parameters
    ----------
    names : of phases, in the rulebook's order.

    Returns
    -------
    A function of (w, t, b, v).

    Examples
    --------
    >>> in_order(("quality", "record")).__name__
    'both'
    """
    phase = LOOPS[names[0]]
    first = of_programme(phase) if names[0] in PROGRAMME_PHASES else of_units(phase)
    if len(names) == 1:
        return first
    rest = in_order(names[1:])

    @in_place
    def both(w, t, b, v):
        first(w, t, b, v)
        rest(w, t, b, v)

    return both


act = in_order(rules.ACTING)
observe = in_order(rules.OBSERVING)
