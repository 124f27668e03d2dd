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

import hashlib
from collections import namedtuple
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from spreadsim import draws, rules
from spreadsim.drivers.compilation import compile_cached, helper
from spreadsim.drivers.loops import (
    BY_NETWORK,
    BY_RUN,
    BY_UNIT,
    BY_UNIT_OF_RUN,
    ENTRIES,
    IS_INTERPRETED,
    N_EVENTS,
    OVERFLOW,
    PURPOSES,
    SHARED,
    D,
    Levers,
    R,
    World,
    act,
    commit,
    effect_of,
    levers_of,
    machine_word,
    note,
    observe,
    pass_down,
    update_presence,
    weigh_ties,
)
from spreadsim.drivers.pathways import Units
from spreadsim.network.collaborative import tie_members
from spreadsim.network.construction import make_networks
from spreadsim.network.data import Network
from spreadsim.network.starting_sites import starting_sites_by_replicate
from spreadsim.network.waves import wave_months
from spreadsim.outcomes import record
from spreadsim.outcomes.run import Run, first_late_month
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import Plan, plans
from spreadsim.state import ATTRIBUTES, EVENT_FIELDS, STATE, empty

_STATE_NAMES = tuple(variable.name for variable in STATE)
_ATTRIBUTE_NAMES = tuple(variable.name for variable in ATTRIBUTES)

# A block is several runs of one plan, in several replicates. Its arrays have a row for each run, or for each network.
Block = namedtuple(
    "Block",
    (
        *(*BY_RUN, *BY_NETWORK, *ENTRIES, *SHARED, *BY_UNIT_OF_RUN, *BY_UNIT),
        *("network_of", "first_entry", "sites", "first_site", "replicates", "codification"),
    ),
)


def _world_of_run():
    """Return the text of a function that gives run r of a block the world of its first unit, in the order of `World`.

    Compiled code cannot go through fields by name, so that they are written out here, from the lists of ``loops``.
    """
    places = [
        *(f"block.{name}[r]" for name in BY_RUN),
        *(f"block.{name}[k]" for name in BY_NETWORK),
        *(f"block.{name}[first:last]" for name in ENTRIES),
        *(f"block.{name}" for name in SHARED),
        "levers",
        *(f"block.{name}[r]" for name in BY_UNIT_OF_RUN),
        *(f"block.{name}" for name in BY_UNIT),
        *(f"block.{name}[r, 0]" for name in BY_UNIT_OF_RUN),
        *(f"block.{name}[0]" for name in BY_UNIT),
    ]
    return f"lambda block, r, k, first, last, levers: World({', '.join(places)})"


WRITTEN_OUT = {"_world": _world_of_run()}  # functions by name, for every driver that reads
_world = helper(eval(WRITTEN_OUT["_world"], {"World": World}))
QUESTION = ("network.services=40", "network.hierarchy=[{level='n',count=4}]", "run.months=24")
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
    w.pressure_left[:] = 0
    for u in range(len(w.all_preparing_count)):
        w.all_preparing_count[u][:] = 0
    for i in range(len(w.state)):
        w.current_readiness[i] = w.readiness[i]
        if b.awareness.start == 1:
            w.state[i] = rules.AWARE
        w.next_state[i] = w.state[i]
        w.has_embedded_peer[i] = w.has_directed_ties[0]  # its ties do not say who listens to it
    for i in sites:
        for k in range(v.n_components):
            w.fidelity[i, k] = 1.0
        w.form[i] = w.context[i]
        w.co_produced[i] = 1.0
        w.misreading[i] = R.misreading_at_start(b, 1.0)
        w.progress[i] = 1.0
        w.complexity_included[i] = v.mean_complexity
        w.generation[i] = 0
        w.ownership[i] = 1.0
        w.presence_at_start[i] = v.core_share + v.adaptable_share
        update_presence(w, v, i)
        w.effect[i] = effect_of(w, m, b, v, i)
        note(w, m, i, rules.EMBEDDED, rules.VOLUNTARY, rules.ORIGINATOR, -1, 0, w.presence_at_start[i], False)
    commit(w, m, m, b, v)


# ------------------------------------------------------------------------------------------------- a run


def answer_of(run_block: Callable[..., bool]) -> str:
    """Return what a form of `run_block` answers to a question whose answer comes with code that is shipped.

    Parameters
    ----------
    run_block : the function, compiled or not.

    Returns
    -------
    A hash of the sums of two replicates of a shipped scenario, under each of its strategies.

    Examples
    --------
    >>> len(engine.answer_of(engine.run_block))
    64
    """
    digest = hashlib.sha256()
    scenario = load_scenario("default", QUESTION)
    networks = make_networks(scenario, [0, 1])
    for plan in plans(scenario):
        block = block_of(networks, plan, 1, [0, 1], 64 * networks[0].n, True)
        seed = 1 if IS_INTERPRETED else np.uint64(1)
        run_block(block, plan.behaviour, plan.intervention, plan.table[None], seed, -1, plan.months)
        digest.update(block.sums.tobytes())
    return digest.hexdigest()


@compile_cached
def run_block(block, b, v, levers, seed, first, last):
    """Run months of every run of a block, filling its sums and events; return whether any run's overflowed.

    Parameters
    ----------
    block : arrays from `block_of`, at their start values for the first month; they are filled.
    levers : of all units and months, shape (units, T, levers).
    seed : of the scenario, a machine word.
    first, last : the months are ``first`` to ``last - 1``; from -1, before the first month, the runs begin. A block
        that is run in parts has one run.

    Returns
    -------
    Whether any run had more events than there was room for.
    """
    overflowed = False
    for r in range(len(block.replicates)):
        k = block.network_of[r]
        w = _world(block, r, k, block.first_entry[k], block.first_entry[k + 1], levers)
        replicate = block.replicates[r]
        for t in range(first, last):  # before the first month, what holds at the start is observed
            if t < 0:
                w.published_form[0] = 0.0
                for u in range(len(w.all_tie_weight)):
                    w.all_tie_weight[u, 0] = -1.0  # the weights are not yet those of any month
                for c in range(v.n_components):  # a revision may have written down more of them in the run before
                    v.codification[c] = block.codification[c]
                w.tier_keys[0] = D.prefix(seed, replicate, machine_word(0), machine_word(draws.TIER_TEMPLATE))
                w.tier_keys[1] = D.prefix(seed, replicate, machine_word(0), machine_word(draws.TIER_COPY))
                pass_down(w, levers_of(levers, 0, 0), b, v)
                begin(w, b, v, block.sites[block.first_site[r] : block.first_site[r + 1]])
            else:
                for p in range(len(PURPOSES)):
                    w.keys[p] = D.prefix(seed, replicate, machine_word(t), machine_word(PURPOSES[p]))
                weigh_ties(w, t)
                act(w, t, b, v)
            observe(w, t, b, v)
        overflowed = overflowed or w.counts[OVERFLOW] > 0
    return overflowed


def _stack(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Return arrays of one shape as rows of one without gaps; a single one without gaps is not copied."""
    return np.ascontiguousarray(arrays[0])[None] if len(arrays) == 1 else np.stack(arrays)


def _concatenate(arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return arrays one after another without gaps, and where each begins; a single one without gaps is not copied.

    A view with gaps is another type to the compiler, which would compile everything a second time for it.
    """
    begins = np.cumsum([0, *(len(array) for array in arrays)])
    return (np.ascontiguousarray(arrays[0]) if len(arrays) == 1 else np.concatenate(arrays)), begins


def block_of(
    networks: Sequence[Network],
    plan: Plan,
    seed: int,
    replicates: Sequence[int],
    n_events: int,
    keeps_events: bool,
    unit_of: np.ndarray | None = None,
) -> Block:
    """Return the arrays of a block of runs at their start values, with room for `n_events` events a run.

    Parameters
    ----------
    networks : of each replicate; all of one size and under the same hierarchy.
    plan : the strategy.
    seed, replicates : addresses of the random numbers.
    n_events : changes of state that there is room for in each run.
    keeps_events : whether they are kept; else the room is used anew every month.
    unit_of : unit of each service, int32; None for one unit.

    Returns
    -------
    A `Block`.

    Examples
    --------
    >>> block = engine.block_of([network], plan, 1, [0], n_events=100, keeps_events=True)
    >>> block.state.shape, block.sums.shape, block.event_month.shape
    ((1, 12), (1, 1, 13, 33), (1, 100))
    """
    sites_by_replicate = starting_sites_by_replicate(networks, plan.programme, seed, replicates)
    is_made: list[np.ndarray] = []
    is_member = [np.zeros(networks[0].n, dtype=np.bool_)] * len(replicates)
    if plan.has_collaborative:  # each replicate has members, and so ties, of its own
        tied = [
            tie_members(network, plan.programme.collaborative, sites, seed, replicate)
            for network, sites, replicate in zip(networks, sites_by_replicate, replicates, strict=True)
        ]
        networks, is_made = [one.network for one in tied], [one.is_made for one in tied]
        is_member = [one.is_member for one in tied]
    different = list({id(network): network for network in networks}.values())
    place = {id(network): k for k, network in enumerate(different)}
    n, v, programme, n_runs = networks[0].n, plan.intervention, plan.programme, len(replicates)
    unit_of = np.zeros(n, dtype=np.int32) if unit_of is None else unit_of
    n_services = np.bincount(unit_of).astype(np.float64)
    n_units = len(n_services)
    tree = networks[0].hierarchy
    pressure_group = tree.group_from_top(plan.behaviour.pressure.level)
    if programme.support_priority == "most-deprived":
        has_priority = [network.most_deprived(programme.support_priority_share) for network in different]
    else:
        has_priority = [np.zeros(n, dtype=np.bool_)] * len(different)
    peer, first_entry = _concatenate([network.ties.peer for network in different])
    sites, first_site = _concatenate(sites_by_replicate)
    weight = _concatenate([network.weight for network in different])[0]
    weight_sum = _stack([network.weight_sum for network in different])
    if plan.has_collaborative:  # the weights come and go with the programme, and the network's own stay what they are
        weight, weight_sum = weight.copy(), weight_sum.copy()
    keys, tier_keys = (
        [0] * length if IS_INTERPRETED else np.zeros(length, dtype=np.uint64) for length in (len(PURPOSES), 2)
    )
    return Block(
        **empty(STATE, n, v.n_components, n_runs),
        **{f"event_{name}": np.empty((n_runs, n_events), dtype=dtype) for name, dtype in EVENT_FIELDS},
        specification=np.zeros((n_runs, plan.months + 1, 1 + v.n_components)),
        counts=np.zeros((n_runs, 4), dtype=np.int64),
        sums=np.zeros((n_runs, n_units, plan.months + 1, record.N_SUMS)),
        late_effect=np.zeros((n_runs, n)),
        **{name: _stack([network[name] for network in different]) for name in _ATTRIBUTE_NAMES},
        least_deprived=_stack([network.membership[0] for network in different]),
        most_deprived=_stack([network.membership[4] for network in different]),
        has_priority=_stack(has_priority),
        start=_stack([network.ties.start for network in different]),
        weight_sum=weight_sum,
        peer=peer,
        weight=weight,
        is_made=np.concatenate([np.empty(0, dtype=np.bool_), *is_made]),
        weight_while_met=weight.copy() if plan.has_collaborative else np.empty(0),
        n_members=np.array([np.bincount(unit_of, weights=members) for members in is_member])[:, :, None],
        tie_weight=np.zeros((n_units, 1)),
        n_services=n_services[:, None],
        unit_of=unit_of,
        depth=tree.service_depth,
        wave=wave_months(tree, programme),
        parent=tree.service_parent,
        group_parent=tree.parent,
        group_depth=tree.depth,
        message=np.empty((tree.n_groups, v.n_components)),
        message_generation=np.empty(tree.n_groups, dtype=np.int32),
        keys=keys,
        tier_keys=tier_keys,
        published_form=np.zeros(1),
        next_state=np.zeros(n, dtype=np.int8),
        support=np.zeros((n_units, 2)),
        support_embedded=np.zeros((n_units, 2)),
        core_places=np.flatnonzero(v.core).astype(np.int64),
        roster=np.empty((n_units, len(rules.STATES), int(n_services.max())), dtype=np.int32),
        sizes=np.zeros((n_units, len(rules.STATES)), dtype=np.int64),
        shortlist=np.empty(n, dtype=np.int32),
        entrant=np.empty(n, dtype=np.int32),
        entrant_route=np.empty(n, dtype=np.int8),
        entrant_source=np.empty(n, dtype=np.int32),
        second_list=np.empty(n, dtype=np.int32),
        has_embedded_peer=np.empty(n, dtype=np.bool_),
        any_has_priority=np.array([bool(has_priority[0].any())]),
        has_directed_ties=np.array([any(network.ties.directed for network in different)]),
        first_late_month=first_late_month(plan.months),
        keeps_events=keeps_events,
        pressure_group=pressure_group,
        is_pressed_together=np.bincount(pressure_group, minlength=tree.n_groups + 1)[:-1] > 0,
        pressure_left=np.zeros(tree.n_groups + 1, dtype=np.int64),
        preparing_count=np.zeros((n_units, 2), dtype=np.int64),
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
    if plan.triggers:
        return [
            _run_responding(network, plan, seed, replicate, keep_events)
            for network, replicate in zip(networks, replicates, strict=True)
        ]
    n_events = _room(networks[0].n, keep_events)
    while True:
        block = block_of(networks, plan, seed, replicates, n_events, keep_events)
        if not _run_months(block, plan, _intervention(plan), plan.table[None], seed, -1, plan.months):
            break
        n_events *= 2  # runs that change more often than there was room for are run again, with the same random numbers
    return [_run_of(block, r, keep_events) for r in range(len(replicates))]


def _run_responding(network: Network, plan: Plan, seed: int, replicate: int, keep_events: bool) -> Run:
    """Return one run of a strategy with rules: month by month, looking at the record of the month before."""
    n_events = _room(network.n, keep_events)
    while True:
        units, v = Units(network, plan), _intervention(plan)
        block = block_of([network], plan, seed, [replicate], n_events, keep_events, units.unit_of)
        levers = np.zeros((units.n_units, len(plan.levers), len(Levers._fields)))
        levers[:, 0] = units.levers
        overflowed = _run_months(block, plan, v, levers, seed, -1, 0)
        for month in range(plan.months):
            if month + 1 < len(plan.levers):
                levers[:, month + 1] = units.look(block.sums[0, :, : month + 1])
            overflowed = _run_months(block, plan, v, levers, seed, month, month + 1) or overflowed
        if not overflowed:
            break
        n_events *= 2
    return replace(_run_of(block, 0, keep_events), by_unit=units.record(block.sums[0], plan.months))


def _room(n: int, keep_events: bool) -> int:
    """Return the events that there is room for at first: a service changes state once a month at most."""
    return 6 * n + 64 if keep_events else n


def _intervention(plan: Plan) -> rules.Intervention:
    """Return the intervention with a codification of its own, which is revised in these runs alone."""
    return plan.intervention._replace(codification=plan.intervention.codification.copy())  # type: ignore[attr-defined]


def _run_months(
    block: Block, plan: Plan, v: rules.Intervention, levers: np.ndarray, seed: int, first: int, last: int
) -> bool:
    """Run months of a block; return whether any run had more events than there was room for."""
    number = int if IS_INTERPRETED else np.uint64
    return bool(run_block(block, plan.behaviour, v, levers, number(seed), first, last))


def _run_of(block: Block, r: int, keep_events: bool) -> Run:
    """Return the record of run `r` of a block that has been run."""
    n_recorded = int(block.counts[r, N_EVENTS])
    events = {name: getattr(block, f"event_{name}")[r, :n_recorded] for name, _ in EVENT_FIELDS}
    if keep_events:
        order = np.lexsort((events["service"], events["month"]))
        events = {name: values[order] for name, values in events.items()}
    sums = block.sums[r]
    return Run(
        events=events,
        sums=sums[0] if len(sums) == 1 else np.sum(sums, axis=0),
        late_effect=block.late_effect[r],
        final={name: getattr(block, name)[r] for name in _STATE_NAMES},
        specification=block.specification[r],
    )


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
