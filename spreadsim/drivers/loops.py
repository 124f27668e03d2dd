"""The loops of the compiled driver: whose turn it is in each phase of a month.

What belongs here: one function a phase, over the services in each state, and what they share. Every decision is a
rule's; the loops rule out, by the probability at no and at full exposure, services that cannot change this month or
surely do, so that ties are added up and numbers drawn only where they matter. Nothing is allocated: the compiler is
told so, and refuses what would.

w : the arrays of a run, `engine.World`.
m, n : `rules.Levers` of the month, and of the month after.
b, v : `rules.Behaviour` and `rules.Intervention`.
i : uid of a service.

``w.roster[s]`` lists the services in state s, ascending, and ``w.sizes[s]`` counts them: going through one state at a
time costs half as much as asking each service in turn for its state. A phase goes through it twice. The first time it
writes each service down in ``w.left`` and moves on only if the service may change: nothing is guessed, so that the
processor never guesses wrong. The second time it works out what becomes of those that are left. Some of them are put
``w.aside`` for a third time: those of another kind, or whose peers must be asked.

``w.reached`` says whether any peer of a service may ever have embedded the improvement. Before that nobody speaks for
it, so that its exposure is none, and its ties need not be looked at.
"""

from __future__ import annotations

import numba
import numpy as np

from spreadsim import draws, rules
from spreadsim.drivers.compilation import compiled_module, helper, in_place, prefetch_row
from spreadsim.outcomes import record

R = compiled_module(rules)
D = compiled_module(draws)
RECORD = compiled_module(record, {"rules": R})
Levers = rules.Levers

# An id as a machine word; interpreted, Python's integers do.
IS_INTERPRETED = bool(numba.config.DISABLE_JIT)
word = int if IS_INTERPRETED else helper(lambda number: np.uint64(number))

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

N_EVENTS, OVERFLOW, COMMITTED, ENTRANTS = range(4)  # places in `counts`
HEARS_FROM_ABOVE, READS_SPECIFICATION = -2, -1  # instead of a peer to learn from
NOT_SUMMED = -1.0  # instead of an exposure: ties have not been added up


# ------------------------------------------------------------------------------------------------- helpers


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
    return D.uniform_at(w.keys[purpose], word(i))


@helper
def exposure_of(w, i):
    """Return the exposure of service `i` to its peers: none while none of them has ever embedded it.

    Returns
    -------
    Exposure, 0 to 1.
    """
    if not w.reached[i]:
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
            if w.state[j] == rules.EMBEDDED and w.since[j] == m.month:
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
    w.counts[N_EVENTS] = place + 1


@helper
def update_presence(w, v, i):
    """Bring the sums over the components of service `i` up to date."""
    w.core[i] = R.core_presence(v, w.fidelity[i])
    w.adaptable[i] = R.adaptable_presence(v, w.fidelity[i])


@helper
def effect_of(w, b, v, i):
    """Return the effect of service `i` where it delivers in full.

    Returns
    -------
    Effect, 0 to 1.
    """
    return R.effect(b, v, w.core[i], w.adaptable[i], w.context[i], w.form[i])


# ------------------------------------------------------------------------------------------------- revision


@helper
def revision(w, m, n, b, v):
    """If a revision is due, move the specification towards what its effective adopters do, and pass it on."""
    if m.revises <= 0.0:
        return
    forms = effects = 0.0
    for place in range(w.sizes[rules.EMBEDDED]):
        i = w.roster[rules.EMBEDDED, place]
        forms += w.effect[i] * w.form[i]
        effects += w.effect[i]
    w.published_form[0] = R.form_revised(m, w.published_form[0], forms, effects)
    for k in range(v.n_components):
        presences = 0.0
        for place in range(w.sizes[rules.EMBEDDED]):
            i = w.roster[rules.EMBEDDED, place]
            presences += w.effect[i] * w.fidelity[i, k]
        v.codification[k] = R.codification_revised(m, v.codification[k], presences, effects)
    pass_down(w, b, v)
    for i in range(len(w.state)):
        w.fit_as_published[i] = R.fit(b, w.context[i], w.published_form[0])


@helper
def pass_down(w, b, v):
    """Make the message of every group: what is left of the specification after each level above has passed it on.

    The numbers are those of month 0 whenever it is passed down: the same people make the same slips.
    """
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
    enter_all(w, m, b, v)


@helper
def hear(w, m, b):
    """Unaware services hear of the improvement."""
    n_left = 0
    for place in range(w.sizes[rules.UNAWARE]):
        i = w.roster[rules.UNAWARE, place]
        directed = R.is_directed(b, m, w.depth[i], w.wave[i])
        w.left[n_left] = i
        u = draw(w, AWARE, i)
        n_left += (u < R.awareness_probability(b, m, 0.0, directed)) | (
            (u < R.awareness_probability(b, m, 1.0, directed)) & w.reached[i]
        )
    for place in range(n_left):
        prefetch_peers(w, w.left, place, n_left)
        i = w.left[place]
        u, directed = draw(w, AWARE, i), R.is_directed(b, m, w.depth[i], w.wave[i])
        if u < R.awareness_probability(b, m, 0.0, directed) or u < R.awareness_probability(
            b, m, exposure_of(w, i), directed
        ):
            note(w, m, i, rules.AWARE, rules.NO_ROUTE, rules.NO_SOURCE, -1, -1, 0.0, False)


@helper
def decide(w, m, b, v):
    """Aware and discontinued services adopt of their own accord, are directed, or stay."""
    for state in (rules.AWARE, rules.DISCONTINUED):
        again = state == rules.DISCONTINUED
        at_most = R.adoption_probability(b, m, 1.0, 1.0, again)
        unexposed = R.adoption_probability(b, m, largest_response_unexposed(b), 1.0, again)
        n_left = 0
        for place in range(w.sizes[state]):
            i = w.roster[state, place]
            compliance = R.compliance_probability(b, m, R.is_directed(b, m, w.depth[i], w.wave[i]), again)
            w.left[n_left] = i
            u = draw(w, DECIDE, i)
            n_left += (
                (u < unexposed)
                | ((u < at_most) & w.reached[i])
                | (compliance > 0.0 and draw(w, MANDATE, i) < compliance)
            )
        for place in range(n_left):
            prefetch_peers(w, w.left, place, n_left)
            i = w.left[place]
            compliance = R.compliance_probability(b, m, R.is_directed(b, m, w.depth[i], w.wave[i]), again)
            response = response_of(w, m, b, i, exposure_of(w, i))
            odds = R.engagement_odds(b, m, v, w.readiness[i], support_of(w, i), response)
            u_mandate = draw(w, MANDATE, i) if compliance > 0.0 else 1.0
            following, route = R.after_aware(
                draw(w, DECIDE, i),
                R.adoption_probability(b, m, response, R.engagement(b, odds), again),
                u_mandate,
                compliance,
                draw(w, ENGAGE, i) if u_mandate < compliance else 1.0,
                R.mandated_engagement(b, m, v, odds, w.fit_as_published[i]),
                state,
            )
            if following != state:
                by_choice = route == rules.VOLUNTARY
                source = peer_to_learn_from(w, m, b, i, response) if by_choice else HEARS_FROM_ABOVE
                queue_entry(w, i, following, route, source)


@helper
def finish_or_give_up(w, m, b, v):
    """Implementing services make progress, and embed it or give up."""
    at_most = R.abandonment_probability(b, 0.0)
    n_left = n_done = 0
    for place in range(w.sizes[rules.IMPLEMENTING]):
        i = w.roster[rules.IMPLEMENTING, place]
        progress = R.progress_made(b, w.capability[i], support_of(w, i), w.complexity_included[i])
        w.progress[i] = min(1.0, w.progress[i] + progress)
        is_done = w.progress[i] >= 1.0
        w.aside[n_done] = w.left[n_left] = i
        n_done += is_done
        n_left += (not is_done) & (draw(w, ABANDON, i) < at_most)
    for place in range(n_done):
        prefetch_spell(w, w.aside, place, n_done)
        i = w.aside[place]
        w.leader[i] = draw(w, LEADER, i) < R.leadership_probability(b, m, w.effect[i])
        now, leads = w.presence_at_start[i], w.leader[i]
        note(w, m, i, rules.EMBEDDED, w.route[i], rules.NO_SOURCE, -1, w.generation[i], now, leads)
    for place in range(n_left):
        prefetch_peers(w, w.left, place, n_left)
        i = w.left[place]
        response = response_of(w, m, b, i, exposure_of(w, i))
        odds = R.engagement_odds(b, m, v, w.readiness[i], support_of(w, i), response)
        if draw(w, ABANDON, i) < R.abandonment_probability(b, R.engagement(b, odds)):
            after = R.after_stopping(m, w.route[i])
            note(w, m, i, after, w.route[i], rules.NO_SOURCE, -1, w.generation[i], 0.0, False)


@helper
def stop(w, m, b, v):
    """Embedded services stop."""
    # Nobody stops with a higher probability than a service without effect, ownership, support or capability.
    at_most = R.discontinuation_probability(b, v, 0.0, 0.0, 0.0, 0.0)
    n_left = 0
    for place in range(w.sizes[rules.EMBEDDED]):
        i = w.roster[rules.EMBEDDED, place]
        w.left[n_left] = i
        n_left += draw(w, STOP, i) < at_most
    for place in range(n_left):
        prefetch_spell(w, w.left, place, n_left)
        i = w.left[place]
        if draw(w, STOP, i) < R.discontinuation_probability(
            b, v, w.effect[i], w.ownership[i], support_embedded_of(w, i), w.capability[i]
        ):
            after = R.after_stopping(m, w.route[i])
            note(w, m, i, after, w.route[i], rules.NO_SOURCE, -1, w.generation[i], 0.0, False)


@helper
def convert_or_lapse(w, m, b, v):
    """Name-only adopters take the improvement on in earnest, or let it lapse."""
    lapse = R.lapse_probability(b, m)
    n_left = 0
    for place in range(w.sizes[rules.IN_NAME_ONLY]):
        i = w.roster[rules.IN_NAME_ONLY, place]
        at_most = R.conversion_probability(b, m, 1.0, support_of(w, i), 1.0)
        w.left[n_left] = i
        n_left += (draw(w, RELAPSE, i) < lapse) | (draw(w, CONVERT, i) < at_most)
    for place in range(n_left):
        prefetch_peers(w, w.left, place, n_left)
        i = w.left[place]
        support = support_of(w, i)
        response = response_of(w, m, b, i, exposure_of(w, i))
        odds = R.engagement_odds(b, m, v, w.readiness[i], support, response)
        conversion = R.conversion_probability(b, m, response, support, R.engagement(b, odds))
        following = R.after_in_name_only(draw(w, CONVERT, i), conversion, draw(w, RELAPSE, i), lapse)
        if following == rules.IMPLEMENTING:
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
    source : uid of a peer, or `HEARS_FROM_ABOVE` or `READS_SPECIFICATION`.
    """
    w.next_state[i] = following
    place = w.counts[ENTRANTS]
    w.entrant[place] = i
    w.entrant_route[place] = route
    w.entrant_source[place] = source
    w.counts[ENTRANTS] = place + 1


@helper
def enter_all(w, m, b, v):
    """Let those who adopt this month do so."""
    n = w.counts[ENTRANTS]
    for place in range(n):
        if place + 3 < n:
            prefetch_own(w, w.entrant[place + 3])
            prefetch_version(w, max(0, w.entrant_source[place + 3]))
        if w.next_state[w.entrant[place]] == rules.IN_NAME_ONLY:
            hold_in_name(w, m, b, v, w.entrant[place])
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
    The uid of a peer, or `READS_SPECIFICATION`.
    """
    voices, last = 0.0, -1
    for entry in range(w.start[i], w.start[i + 1]):
        voice = w.weight[entry] * max(0.0, w.persuasion[w.peer[entry]])
        voices += voice
        if voice > 0.0:
            last = w.peer[entry]
    if R.reads_specification(b, m, draw(w, ORIGIN, i), response, voices):
        return READS_SPECIFICATION
    mark, running = draw(w, SOURCE, i) * voices, 0.0
    for entry in range(w.start[i], w.start[i + 1]):
        running += w.weight[entry] * max(0.0, w.persuasion[w.peer[entry]])
        if running > mark:
            return w.peer[entry]
    return last


@helper
def enter(w, m, b, v, i, route, source):
    """Take the improvement on: copy the version of `source`, and leave some of it out.

    Parameters
    ----------
    route : VOLUNTARY or MANDATED.
    source : uid of a peer, or `HEARS_FROM_ABOVE` or `READS_SPECIFICATION`.
    """
    kind = rules.PEER
    if source < 0:
        kind = rules.HIERARCHY if source == HEARS_FROM_ABOVE else rules.SPECIFICATION
        source = -1
    group = w.parent[i]
    form, generation = w.published_form[0], 1
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
    update_presence(w, v, i)
    w.presence_at_start[i] = v.core_share * w.core[i] + v.adaptable_share * w.adaptable[i]
    following = rules.IMPLEMENTING
    if b.implementation.months_to_embed <= 0.0:
        following = rules.EMBEDDED
        w.progress[i] = 1.0
        w.effect[i] = effect_of(w, b, v, i)
        w.leader[i] = draw(w, LEADER, i) < R.leadership_probability(b, m, w.effect[i])
    note(w, m, i, following, route, kind, source, generation, w.presence_at_start[i], w.leader[i], from_leader)


@helper
def hold_in_name(w, m, b, v, i):
    """Adopt in name only: hold the instruction's version, and do little of it."""
    group = w.parent[i]
    for k in range(v.n_components):
        w.fidelity[i, k] = w.message[group, k] if group >= 0 else 1.0
    w.form[i] = w.published_form[0]
    w.generation[i] = w.message_generation[group] + 1 if group >= 0 else 1
    w.progress[i] = 0.0
    update_presence(w, v, i)
    w.effect[i] = effect_of(w, b, v, i)
    w.presence_at_start[i] = v.core_share * w.core[i] + v.adaptable_share * w.adaptable[i]
    note(
        w, m, i, rules.IN_NAME_ONLY, rules.MANDATED, rules.HIERARCHY, -1, w.generation[i], w.presence_at_start[i], False
    )


# ------------------------------------------------------------------------------------------------- change


@helper
def change(w, m, n, b, v):
    """Adapt, erode, drift and repair, in services implementing or embedded before and after."""
    n_left = 0
    for place in range(w.sizes[rules.IMPLEMENTING]):
        i = w.roster[rules.IMPLEMENTING, place]
        if w.next_state[i] == rules.IMPLEMENTING or w.next_state[i] == rules.EMBEDDED:
            adapt(w, m, b, v, i)
            w.left[n_left] = i
            n_left += D.is_any(draw(w, EROSION_CANDIDATE, draws.COMPONENT_STRIDE * i), v.erosion_table, v.n_core)
    for place in range(n_left):
        prefetch_components(w, w.left, place, n_left)
        i = w.left[place]
        erode(w, m, b, v, i, R.latitude_taken(m, w.adaptation_tendency[i]))
    n_left = 0
    for place in range(w.sizes[rules.EMBEDDED]):
        i = w.roster[rules.EMBEDDED, place]
        if w.next_state[i] == rules.EMBEDDED:
            adapt(w, m, b, v, i)
            w.left[n_left] = i
            n_left += D.is_any(draw(w, DRIFT_CANDIDATE, draws.COMPONENT_STRIDE * i), v.drift_table, v.n_components)
    n_aside = 0
    for place in range(n_left):
        prefetch_components(w, w.left, place, n_left)
        w.aside[n_aside] = w.left[place]
        n_aside += drift(w, m, b, v, w.left[place], NOT_SUMMED)
    for place in range(n_aside):
        prefetch_peers(w, w.aside, place, n_aside)
        drift(w, m, b, v, w.aside[place], exposure_of(w, w.aside[place]))


@helper
def adapt(w, m, b, v, i):
    """Move the form of a service towards its context as it reads it."""
    latitude = R.latitude_taken(m, w.adaptation_tendency[i])
    seen = R.context_perceived(b, m, v, w.context[i], w.perception[i])
    tendency, published = w.adaptation_tendency[i], w.published_form[0]
    w.form[i] = R.form_adjusted(b, m, w.form[i], seen, latitude, tendency, w.capability[i], published)


@helper
def erode(w, m, b, v, i, latitude):
    """Lose parts of core components to adapting, in a service that implements.

    Parameters
    ----------
    latitude : that it takes, 0 to 1.
    """
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
    at, altered, needs_exposure = 0, False, False
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
            altered = True
    if altered:
        update_presence(w, v, i)
    return needs_exposure


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
        RECORD.record_beginning(
            m.month + 1, state, w.event_source_kind[place], w.event_leader_source[place], w.sums[m.month + 1]
        )
        if state == rules.EMBEDDED:
            w.ever_led[i] = w.ever_led[i] or w.leader[i]
            if w.first_embedded[i] < 0:
                w.first_embedded[i] = m.month + 1
                w.left[n_first] = i
                n_first += 1
        w.began[i] = w.began[i] or state == rules.IMPLEMENTING or state == rules.EMBEDDED
        if state != rules.EMBEDDED:
            w.leader[i] = False
            w.persuasion[i] = R.persuasiveness(b, state, w.effect[i], False)
    reach_peers(w, w.left, n_first)
    if not w.keeps_events:
        w.counts[N_EVENTS] = 0
    w.counts[COMMITTED] = w.counts[N_EVENTS]
    list_by_state(w)


@helper
def reach_peers(w, services, n):
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
            w.reached[w.peer[entry]] = True


@helper
def list_by_state(w):
    """List the services in each state, ascending."""
    for s in range(len(w.sizes)):
        w.sizes[s] = 0
    for i in range(len(w.state)):
        s = w.state[i]
        w.roster[s, w.sizes[s]] = i
        w.sizes[s] += 1


@helper
def quality(w, m, n, b, v):
    """What each service delivers and how far that persuades its peers."""
    for place in range(w.sizes[rules.IMPLEMENTING]):
        i = w.roster[rules.IMPLEMENTING, place]
        w.effect[i] = effect_of(w, b, v, i)
    for place in range(w.sizes[rules.EMBEDDED]):
        i = w.roster[rules.EMBEDDED, place]
        w.effect[i] = effect_of(w, b, v, i)
        w.persuasion[i] = R.persuasiveness(b, rules.EMBEDDED, w.effect[i], w.leader[i])


@helper
def record_sums(w, m, n, b, v):
    """Record the sums of the month."""
    w.specification[n.month, 0] = w.published_form[0]
    for k in range(v.n_components):
        w.specification[n.month, 1 + k] = v.codification[k]
    late = n.month >= w.first_late_month
    RECORD.record_month(w, b, v, w.roster, w.sizes, n.month, late, w.late_effect, w.sums[n.month])


@helper
def support(w, m, n, b, v):
    """Work out the support that each service gets."""
    n_first = 0.0
    n_all = float(w.sizes[rules.IMPLEMENTING])
    for place in range(w.sizes[rules.IMPLEMENTING] if w.any_has_priority[0] else 0):
        n_first += w.has_priority[w.roster[rules.IMPLEMENTING, place]]
    if n.support_for == rules.EMBEDDED_TOO:
        n_all += w.sizes[rules.EMBEDDED]
        for place in range(w.sizes[rules.EMBEDDED] if w.any_has_priority[0] else 0):
            n_first += w.has_priority[w.roster[rules.EMBEDDED, place]]
    n_rest = n_all - n_first
    places = n.support_capacity * len(w.state)
    w.support[1] = R.support_received(n.support, places, n_first)
    w.support[0] = R.support_received(n.support, max(0.0, places - n_first), n_rest)
    for c in range(2):
        w.support_embedded[c] = w.support[c] if n.support_for == rules.EMBEDDED_TOO else 0.0
    w.sums[n.month, record.SUPPORTED] = n_rest * w.support[0] + n_first * w.support[1]


_LOOPS = {
    "revision": revision,
    "transition": transition,
    "change": change,
    "commit": commit,
    "quality": quality,
    "record": record_sums,
    "support": support,
}


def in_order(names):
    """Return one function that walks the phases named, in the rulebook's order.

    Parameters
    ----------
    names : of phases, in the rulebook's order.

    Returns
    -------
    A function of (w, m, n, b, v).

    Examples
    --------
    >>> in_order(("quality",)) is quality
    True
    """
    first = _LOOPS[names[0]]
    if len(names) == 1:
        return first
    rest = in_order(names[1:])

    @in_place
    def both(w, m, n, b, v):
        first(w, m, n, b, v)
        rest(w, m, n, b, v)

    return both


act = in_order(rules.ACTING)
observe = in_order(rules.OBSERVING)
