"""The compiled driver: the rulebook over arrays, for sweeps and national networks.

What belongs here: the arrays of a run, what holds before month 0, and the walk over months. The loops over services
are ``loops``'.

With ``NUMBA_DISABLE_JIT=1`` the same code runs interpreted and gives the same numbers, which is the way to debug it.

w : the arrays of a run, `World`.
b, v : `rules.Behaviour` and `rules.Intervention`.

Examples
--------
Those of the functions run the classroom interpreted, so that they do not wait for the compiler:

>>> from spreadsim.drivers.compilation import interpreted_engine
>>> from spreadsim.scenario.plan import plans
>>> scenario, engine = ss.load_scenario("classroom"), interpreted_engine()
>>> network, plan = ss.make_network(scenario), plans(scenario)[0]
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence

import numpy as np

from spreadsim import draws, rules
from spreadsim.drivers.compilation import cached, helper
from spreadsim.drivers.loops import (
    IS_INTERPRETED,
    N_EVENTS,
    OVERFLOW,
    PURPOSES,
    D,
    Levers,
    R,
    act,
    commit,
    effect_of,
    note,
    observe,
    pass_down,
    update_presence,
    word,
)
from spreadsim.network.data import Network
from spreadsim.network.starting_sites import starting_sites_by_replicate
from spreadsim.network.waves import wave_months
from spreadsim.outcomes import record
from spreadsim.outcomes.run import Run, first_late_month
from spreadsim.scenario.plan import Plan
from spreadsim.state import ATTRIBUTES, EVENT_FIELDS, STATE, empty

_ATTRIBUTE_NAMES = tuple(variable.name for variable in ATTRIBUTES)
_STATE_NAMES = tuple(variable.name for variable in STATE)
_EVENT_NAMES = tuple(f"event_{name}" for name, _ in EVENT_FIELDS)

# A block is several runs of one plan, in several replicates. Its arrays have a row for each run, or for each network.
_BY_RUN = (*_STATE_NAMES, *_EVENT_NAMES, "specification", "counts", "sums", "late_effect")
_BY_NETWORK = (*_ATTRIBUTE_NAMES, "fifth", "has_priority", "start", "weight_sum")
_ENTRIES = ("peer", "weight")  # rows of any length, one after another
_SHARED = (  # the same for all runs, or used by one run after another
    "depth",
    "wave",
    "parent",
    "group_parent",
    "group_depth",
    "fit_as_published",
    "message",
    "message_generation",
    "keys",
    "tier_keys",
    "published_form",
    "next_state",
    "support",
    "support_embedded",
    "core_places",
    "roster",
    "sizes",
    "left",
    "entrant",
    "entrant_route",
    "entrant_source",
    "aside",
    "reached",
    "any_has_priority",
    "has_directed_ties",
    "first_late_month",
    "keeps_events",
)
World = namedtuple("World", (*_BY_RUN, *_BY_NETWORK, *_ENTRIES, *_SHARED))  # what one run sees
Block = namedtuple(
    "Block", (*World._fields, "network_of", "first_entry", "sites", "first_site", "replicates", "codification")
)


def _picking_a_world():
    """Return a function that gives run r of a block its world: rows of the block's arrays, in the order of `World`.

    Compiled code cannot go through fields by name, so that they are written out here, from the lists above.
    """
    places = [
        *(f"block.{name}[r]" for name in _BY_RUN),
        *(f"block.{name}[k]" for name in _BY_NETWORK),
        *(f"block.{name}[first:last]" for name in _ENTRIES),
        *(f"block.{name}" for name in _SHARED),
    ]
    return eval(f"lambda block, r, k, first, last: World({', '.join(places)})", {"World": World})


_world = helper(_picking_a_world())


def _picking_levers():
    """Return a function that gives the levers of month t from its row of a plan's table."""
    places = ", ".join(f"row[{place}]" for place in range(1, len(Levers._fields)))
    return eval(f"lambda t, row: Levers(t, {places})", {"Levers": Levers})


_levers = helper(_picking_levers())
BEFORE = Levers(-1, *(0.0 for _ in Levers._fields[1:]))  # month 0: no programme


# ------------------------------------------------------------------------------------------------- before month 0


@helper
def begin(w, b, v, sites):
    """Put the starting sites in place; the others know of the improvement only if they start aware.

    Parameters
    ----------
    sites : uids of the starting sites.
    """
    m = BEFORE
    for i in range(len(w.state)):
        w.fit_as_published[i] = R.fit(b, w.context[i], w.published_form[0])
        if b.awareness.start == 1:
            w.state[i] = rules.AWARE
        w.next_state[i] = w.state[i]
        w.reached[i] = w.has_directed_ties[0]  # its ties do not say who listens to it
    for i in sites:
        for k in range(v.n_components):
            w.fidelity[i, k] = 1.0
        w.form[i] = w.context[i]
        w.progress[i] = 1.0
        w.complexity_included[i] = v.mean_complexity
        w.generation[i] = 0
        w.ownership[i] = 1.0
        w.presence_at_start[i] = v.core_share + v.adaptable_share
        update_presence(w, v, i)
        w.effect[i] = effect_of(w, b, v, i)
        note(w, m, i, rules.EMBEDDED, rules.VOLUNTARY, rules.ORIGINATOR, -1, 0, w.presence_at_start[i], False)
    commit(w, m, m, b, v)


# ------------------------------------------------------------------------------------------------- a run


@helper
def levers_of(levers, t):
    """Return the levers of month `t`; at the horizon those of the last month.

    Parameters
    ----------
    levers : of all months, shape (T, levers); `Plan.table`.
    t : month, from 0.

    Returns
    -------
    `rules.Levers`.
    """
    return _levers(t, levers[min(t, len(levers) - 1)])


@cached
def run_block(block, b, v, levers, seed):
    """Run all months of every run of a block, filling its sums and events; return whether any run's overflowed.

    Parameters
    ----------
    block : arrays at their start values, from `block_of`; they are filled.
    levers : of all months, shape (T, levers); `Plan.table`.
    seed : of the scenario, a machine word.

    Returns
    -------
    Whether any run had more events than there was room for.
    """
    overflowed = False
    for r in range(len(block.replicates)):
        k = block.network_of[r]
        w = _world(block, r, k, block.first_entry[k], block.first_entry[k + 1])
        w.published_form[0] = 0.0
        for c in range(v.n_components):  # a revision may have written down more of them in the run before
            v.codification[c] = block.codification[c]
        replicate = block.replicates[r]
        w.tier_keys[0] = D.prefix(seed, replicate, word(0), word(draws.TIER_TEMPLATE))
        w.tier_keys[1] = D.prefix(seed, replicate, word(0), word(draws.TIER_COPY))
        pass_down(w, b, v)
        begin(w, b, v, block.sites[block.first_site[r] : block.first_site[r + 1]])
        m = following = levers_of(levers, 0)
        for t in range(-1, len(levers)):  # before the first month, what holds at the start is observed
            if t >= 0:
                m, following = following, levers_of(levers, t + 1)
                for p in range(len(PURPOSES)):
                    w.keys[p] = D.prefix(seed, replicate, word(t), word(PURPOSES[p]))
                act(w, m, following, b, v)
            observe(w, m, following, b, v)
        overflowed = overflowed or w.counts[OVERFLOW] > 0
    return overflowed


def _rows(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Return arrays of one shape as rows of one; a single one is not copied."""
    return arrays[0][None] if len(arrays) == 1 else np.stack(arrays)


def _after(arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return arrays one after another, and where each begins; a single one is not copied."""
    begins = np.cumsum([0, *(len(array) for array in arrays)])
    return (arrays[0] if len(arrays) == 1 else np.concatenate(arrays)), begins


def block_of(
    networks: Sequence[Network], plan: Plan, seed: int, replicates: Sequence[int], n_events: int, keeps_events: bool
) -> Block:
    """Return the arrays of a block of runs at their start values, with room for `n_events` events a run.

    Parameters
    ----------
    networks : of each replicate; all of one size and under the same hierarchy.
    plan : the strategy.
    seed, replicates : addresses of the random numbers.
    n_events : changes of state that there is room for in each run.
    keeps_events : whether they are kept; else the room is used anew every month.

    Returns
    -------
    A `Block`.

    Examples
    --------
    >>> block = engine.block_of([network], plan, 1, [0], n_events=100, keeps_events=True)
    >>> block.state.shape, block.sums.shape, block.event_month.shape
    ((1, 12), (1, 13, 24), (1, 100))
    """
    different = list({id(network): network for network in networks}.values())
    place = {id(network): k for k, network in enumerate(different)}
    n, v, programme, n_runs = networks[0].n, plan.intervention, plan.programme, len(replicates)
    tree = networks[0].hierarchy
    if programme.support_priority == "most-deprived":
        has_priority = [network.most_deprived(programme.support_priority_share) for network in different]
    else:
        has_priority = [np.zeros(n, dtype=np.bool_)] * len(different)
    peer, first_entry = _after([network.ties.peer for network in different])
    sites, first_site = _after(starting_sites_by_replicate(networks, programme, seed, replicates))
    keys, tier_keys = (
        [0] * length if IS_INTERPRETED else np.zeros(length, dtype=np.uint64) for length in (len(PURPOSES), 2)
    )
    return Block(
        **empty(STATE, n, v.n_components, n_runs),
        **{f"event_{name}": np.empty((n_runs, n_events), dtype=dtype) for name, dtype in EVENT_FIELDS},
        specification=np.zeros((n_runs, plan.months + 1, 1 + v.n_components)),
        counts=np.zeros((n_runs, 4), dtype=np.int64),
        sums=np.zeros((n_runs, plan.months + 1, record.N_SUMS)),
        late_effect=np.zeros((n_runs, n)),
        **{name: _rows([network[name] for network in different]) for name in _ATTRIBUTE_NAMES},
        fifth=_rows([network.fifth for network in different]),
        has_priority=_rows(has_priority),
        start=_rows([network.ties.start for network in different]),
        weight_sum=_rows([network.weight_sum for network in different]),
        peer=peer,
        weight=_after([network.weight for network in different])[0],
        depth=tree.service_depth,
        wave=wave_months(tree, programme),
        parent=tree.service_parent,
        group_parent=tree.parent,
        group_depth=tree.depth,
        fit_as_published=np.empty(n),
        message=np.empty((tree.n_groups, v.n_components)),
        message_generation=np.empty(tree.n_groups, dtype=np.int32),
        keys=keys,
        tier_keys=tier_keys,
        published_form=np.zeros(1),
        next_state=np.zeros(n, dtype=np.int8),
        support=np.zeros(2),
        support_embedded=np.zeros(2),
        core_places=np.flatnonzero(v.core).astype(np.int64),
        roster=np.empty((len(rules.STATES), n), dtype=np.int32),
        sizes=np.zeros(len(rules.STATES), dtype=np.int64),
        left=np.empty(n, dtype=np.int32),
        entrant=np.empty(n, dtype=np.int32),
        entrant_route=np.empty(n, dtype=np.int8),
        entrant_source=np.empty(n, dtype=np.int32),
        aside=np.empty(n, dtype=np.int32),
        reached=np.empty(n, dtype=np.bool_),
        any_has_priority=np.array([bool(has_priority[0].any())]),
        has_directed_ties=np.array([any(network.ties.directed for network in different)]),
        first_late_month=first_late_month(plan.months),
        keeps_events=keeps_events,
        network_of=np.array([place[id(network)] for network in networks]),
        first_entry=first_entry,
        sites=sites,
        first_site=first_site,
        codification=v.codification,
        replicates=list(replicates) if IS_INTERPRETED else np.array(replicates, dtype=np.uint64),
    )


def run_together(
    networks: Sequence[Network], plan: Plan, seed: int, replicates: Sequence[int], *, keep_events: bool = True
) -> list[Run]:
    """Return runs of one strategy in several replicates: those of `run` one by one, in less time.

    Parameters
    ----------
    networks : of each replicate; all of one size and under the same hierarchy.
    plan : the strategy.
    seed, replicates : addresses of the random numbers; equal for all strategies that are compared.
    keep_events : whether to keep every change of state; else the runs have none, and need less memory.

    Returns
    -------
    A run a replicate, in their order.

    Examples
    --------
    >>> runs = engine.run_together([network] * 2, plan, 1, [0, 1])
    >>> [int(one.final["first_embedded"].max()) for one in runs]
    [6, 6]
    """
    n = networks[0].n
    n_events = 6 * n + 64 if keep_events else n  # a service changes state once a month at most
    v = plan.intervention._replace(codification=plan.intervention.codification.copy())  # revised in these runs alone
    number = int if IS_INTERPRETED else np.uint64
    while True:
        block = block_of(networks, plan, seed, replicates, n_events, keep_events)
        if not run_block(block, plan.behaviour, v, plan.table, number(seed)):
            break
        n_events *= 2  # runs that change more often than there was room for are run again, with the same random numbers
    runs = []
    for r in range(len(replicates)):
        kept = int(block.counts[r, N_EVENTS])
        events = {name: getattr(block, f"event_{name}")[r, :kept] for name, _ in EVENT_FIELDS}
        if keep_events:
            order = np.lexsort((events["service"], events["month"]))
            events = {name: values[order] for name, values in events.items()}
        runs.append(
            Run(
                events=events,
                sums=block.sums[r],
                late_effect=block.late_effect[r],
                final={name: getattr(block, name)[r] for name in _STATE_NAMES},
                specification=block.specification[r],
            )
        )
    return runs


def run(network: Network, plan: Plan, seed: int, replicate: int, *, keep_events: bool = True) -> Run:
    """Return one run of one strategy; `run_together` says of what.

    Parameters
    ----------
    network : of the replicate.
    plan : the strategy.
    seed, replicate : address of the random numbers.
    keep_events : as in `run_together`.

    Returns
    -------
    The run.

    Examples
    --------
    >>> engine.run(network, plan, 1, 0).final["state"].tolist()
    [3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]
    """
    return run_together([network], plan, seed, [replicate], keep_events=keep_events)[0]
