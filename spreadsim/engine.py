"""The compiled driver: the rulebook over arrays, for sweeps and national networks.

What belongs here: the arrays of a run, what holds before month 0, and the walk over months. The loops over services
are ``loops``'.

With ``NUMBA_DISABLE_JIT=1`` the same code runs interpreted and gives the same numbers, which is the way to debug it.
"""

from __future__ import annotations

from collections import namedtuple

import numpy as np

from spreadsim import draws, record, rules
from spreadsim.compilation import cached, helper
from spreadsim.loops import (
    IS_INTERPRETED,
    N_EVENTS,
    OVERFLOW,
    PURPOSES,
    D,
    Levers,
    R,
    commit,
    effect_of,
    note,
    observe,
    pass_down,
    walk,
    weigh,
    word,
)
from spreadsim.network import Network, starting_sites
from spreadsim.plan import Plan
from spreadsim.results import Run, first_late_month
from spreadsim.state import ATTRIBUTES, EVENT_FIELDS, STATE, empty
from spreadsim.waves import wave_months

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
        "wave",
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
        "tier_keys",
        "published_form",
        "specification",
        "next_state",
        "counts",
        "support",
        "support_embedded",
        "core_places",
        "roster",
        "sizes",
        "has_first_call",
        "sums",
        "late_effect",
        "first_late_month",
        "keeps_events",
    ),
)


# ------------------------------------------------------------------------------------------------- before month 0


@helper
def begin(w, b, v, sites):
    """Put the starting sites in place; the others know of the improvement only if they start aware."""
    m = Levers(-1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    for i in range(len(w.state)):
        w.fit_as_published[i] = R.fit(b, w.context[i], w.published_form[0])
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
    for i in range(len(w.state)):
        if w.next_state[i] != rules.EMBEDDED:
            w.next_state[i] = w.state[i]
    commit(w, m, m, b, v)


# ------------------------------------------------------------------------------------------------- a run


@helper
def levers_of(levers, t):
    """Return the levers of month `t`; at the horizon those of the last month."""
    row = levers[min(t, len(levers) - 1)]
    return Levers(
        t,
        row[1],
        row[2],
        row[3],
        row[4],
        row[5],
        row[6],
        row[7],
        row[8],
        row[9],
        row[10],
        row[11],
        row[12],
        row[13],
        row[14],
    )


@cached
def run_months(w, b, v, levers, sites, seed, replicate):
    """Run all months from the start, filling the sums and the events; return whether the events overflowed."""
    w.tier_keys[0] = D.prefix(seed, replicate, word(0), word(draws.TIER_TEMPLATE))
    w.tier_keys[1] = D.prefix(seed, replicate, word(0), word(draws.TIER_COPY))
    pass_down(w, b, v)
    begin(w, b, v, sites)
    months = len(levers)
    following = levers_of(levers, 0)
    observe(w, following, following, b, v)
    for t in range(months):
        m, following = following, levers_of(levers, t + 1)
        for p in range(len(PURPOSES)):
            w.keys[p] = D.prefix(seed, replicate, word(t), word(PURPOSES[p]))
        walk(w, m, following, b, v)
    return w.counts[OVERFLOW] > 0


def world_of(network: Network, plan: Plan, n_events: int, keeps_events: bool = True) -> World:
    """Return the arrays of a run at their start values, with room for `n_events` events."""
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
    keys, tier_keys = (
        [0] * length if IS_INTERPRETED else np.zeros(length, dtype=np.uint64) for length in (len(PURPOSES), 2)
    )
    return World(
        **{name: network[name] for name in _ATTRIBUTE_NAMES},
        **state,
        **events,
        fit_as_published=np.empty(n),
        fifth=network.fifth,
        first_call=first_call,
        depth=tree.service_depth,
        wave=wave_months(tree, programme),
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
        tier_keys=tier_keys,
        published_form=np.zeros(1),
        specification=np.zeros((plan.months + 1, 1 + v.n_components)),
        next_state=np.zeros(n, dtype=np.int8),
        roster=np.empty((len(rules.STATES), n), dtype=np.int32),
        sizes=np.zeros(len(rules.STATES), dtype=np.int64),
        has_first_call=np.array([bool(first_call.any())]),
        counts=np.zeros(3, dtype=np.int64),
        support=np.zeros(2),
        support_embedded=np.zeros(2),
        core_places=np.flatnonzero(v.core).astype(np.int64),
        sums=np.zeros((plan.months + 1, record.N_SUMS)),
        late_effect=np.zeros(n),
        first_late_month=first_late_month(plan.months),
        keeps_events=keeps_events,
    )


def run(network: Network, plan: Plan, seed: int, replicate: int, *, keep_events: bool = True) -> Run:
    """Return one run of one strategy.

    Parameters
    ----------
    network : of this replicate.
    plan : the strategy.
    seed, replicate : address of the luck; equal for all strategies that are compared.
    keep_events : whether to keep every change of state; else the run has none, and needs less memory.
    """
    sites = starting_sites(network, plan.programme, seed, replicate)
    n_events = 6 * network.n + 64 if keep_events else network.n  # a service changes state once a month at most
    number = int if IS_INTERPRETED else np.uint64
    while True:
        w = world_of(network, plan, n_events, keep_events)
        # a revision writes down more of the components, in this run alone
        v = plan.intervention._replace(codification=plan.intervention.codification.copy())
        if not run_months(w, plan.behaviour, v, plan.table, sites, number(seed), number(replicate)):
            break
        n_events *= 2  # a run that changes more often than there was room for is run again, with the same luck
    kept = int(w.counts[N_EVENTS])
    events = {name: getattr(w, f"event_{name}")[:kept] for name, _ in EVENT_FIELDS}
    if keep_events:
        order = np.lexsort((events["service"], events["month"]))
        events = {name: values[order] for name, values in events.items()}
    return Run(
        events=events,
        sums=w.sums,
        late_effect=w.late_effect,
        final={name: getattr(w, name) for name in _STATE_NAMES},
        specification=w.specification,
    )
