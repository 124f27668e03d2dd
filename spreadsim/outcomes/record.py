"""What is recorded of each month: sums over services, from which curves and measures are made.

What belongs here: what both drivers call each month to record it, in ascending uid, and the names of the columns. Which
service changed when is an event (`state.EVENT_FIELDS`); here changes are counted.
"""

from __future__ import annotations

from typing import Any

from spreadsim import rules

# Sums over embedded services unless said otherwise. The order is that of the columns.
SUMS = (
    "fidelity",
    "core_fidelity",
    "effect",
    "fit",
    "form_moved",
    "context_distance",
    "generation",
    "presence_at_start",
    "presence",
    "delivered",  # over all services: effect delivered times population
    "delivered_least_deprived",  # the same over the least deprived fifth
    "delivered_most_deprived",
    "leaders",  # number of second leaders now
    "supported",  # support received, over implementing services (and embedded ones where it reaches them)
    *(f"n_{name.replace(' ', '_')}" for name in rules.STATES),  # number of services in each state
    "n_first_embedded",  # number embedded for the first time this month
    "people_first_embedded",  # the people they serve
    "n_beginning",  # number that took the improvement on this month, starting sites left out
    "n_beginning_from_leaders",  # number of those that copied a second leader
    "n_beginning_unready",  # number of those that were not ready
    "n_beginning_by_choice",  # number of those that began of their own accord
    "n_beginning_by_choice_unready",  # number of those that were not ready
    "n_giving_up",  # number that gave up implementing this month
    "n_giving_up_unready",  # number of those that were not ready when they began
    "n_preparing",  # number that prepare to start now
    "n_under_pressure",  # number in a group that was under pressure in the month that led here
    "n_members",  # number of members of a collaborative
    "n_turnovers",  # number of services, implementing or embedded, whose people have changed this month
)
N_SUMS = len(SUMS)
SUPPORTED = SUMS.index("supported")  # filled when support is shared out
FIRST_STATE = SUMS.index("n_unaware")
FIRST_EMBEDDED, PEOPLE_FIRST_EMBEDDED = SUMS.index("n_first_embedded"), SUMS.index("people_first_embedded")
BEGINNING, FROM_LEADERS, UNREADY, BY_CHOICE, BY_CHOICE_UNREADY = (
    SUMS.index(f"n_beginning{of}") for of in ("", "_from_leaders", "_unready", "_by_choice", "_by_choice_unready")
)
GIVING_UP, GIVING_UP_UNREADY = SUMS.index("n_giving_up"), SUMS.index("n_giving_up_unready")
PREPARING, UNDER_PRESSURE, TURNOVERS, MEMBERS = (
    SUMS.index(f"n_{name}") for name in ("preparing", "under_pressure", "turnovers", "members")
)


def record_change(
    month: int,
    from_state: int,
    to_state: int,
    route: int,
    source_kind: int,
    from_leader: bool,
    ready: bool,
    row: Any,
) -> None:
    """Count in `row`, the sums of `month`, a service that takes the improvement on or gives it up.

    Parameters
    ----------
    month : in which the new state holds.
    from_state, to_state : the states before and after.
    route : how the spell began, by its number in `rules`.
    source_kind : whose version the service took, by its number in `rules`.
    from_leader : whether that is a second leader.
    ready : whether the service was ready when it began.
    row : sums of the month, shape (N_SUMS,), in the order of `SUMS`.

    Examples
    --------
    >>> row = np.zeros(N_SUMS)
    >>> record_change(3, rules.AWARE, rules.IMPLEMENTING, rules.VOLUNTARY, rules.PEER, True, False, row)
    >>> [SUMS[column].removeprefix("n_beginning") for column in np.flatnonzero(row)]
    ['', '_from_leaders', '_unready', '_by_choice', '_by_choice_unready']
    """
    if month <= 0:
        return
    unready = 0.0 if ready else 1.0
    if (to_state == rules.IMPLEMENTING or to_state == rules.EMBEDDED) and source_kind != rules.NO_SOURCE:
        row[BEGINNING] += 1.0
        row[UNREADY] += unready
        if from_leader and source_kind == rules.PEER:
            row[FROM_LEADERS] += 1.0
        if route == rules.VOLUNTARY:
            row[BY_CHOICE] += 1.0
            row[BY_CHOICE_UNREADY] += unready
    elif from_state == rules.IMPLEMENTING and to_state != rules.EMBEDDED:
        row[GIVING_UP] += 1.0
        row[GIVING_UP_UNREADY] += unready


def record_month(
    w: Any,
    b: rules.Behaviour,
    m: rules.Levers,
    v: rules.Intervention,
    roster: Any,
    sizes: Any,
    month: int,
    late: bool,
    late_effect: Any,
    row: Any,
) -> None:
    """Fill `row` with a month's sums: over embedded services, then implementing ones, then those in name only.

    Parameters
    ----------
    w : arrays by the names of `state.STATE` and `state.ATTRIBUTES`, with `published_form`, and the shares of each
        service that belong to the `least_deprived` and the `most_deprived` fifth.
    roster, sizes : for each state the services in it, ascending, and how many they are.
    late : whether the month counts for what is sustained; then `late_effect` gains each service's delivered effect.
    b : the behaviour parameters.
    m : the levers of the month.
    v : the intervention.
    month : from 0.
    late_effect : for each service the effect delivered so far in months that count for what is sustained.
    row : shape (N_SUMS,), in the order of `SUMS`.

    Examples
    --------
    >>> model = ss.SpreadModel("classroom").run()
    >>> services, row = model.services, np.zeros(N_SUMS)
    >>> roster = [[service.uid for service in services if service.state == state] for state in range(len(rules.STATES))]
    >>> from types import SimpleNamespace
    >>> least, *_, most = model.structure.membership
    >>> of_fifths = {"least_deprived": least, "most_deprived": most}
    >>> w = SimpleNamespace(**model.arrays(), **of_fifths, published_form=[model.published_form])
    >>> record_month(w, model.b, model.m, model.v, roster, [len(uids) for uids in roster], 12, False, np.zeros(12), row)
    >>> row[SUMS.index("n_embedded")].item(), row[SUMS.index("core_fidelity")].item()
    (12.0, 12.0)
    """
    fidelity = core = effect = fit = moved = context = generation = at_start = presence = 0.0
    delivered = least = most = leaders = n_first = people_first = 0.0
    published = w.published_form[0]
    for state in (rules.EMBEDDED, rules.IMPLEMENTING, rules.IN_NAME_ONLY):
        for place in range(sizes[state]):
            i = roster[state][place]
            own_effect = w.effect[i]
            if state == rules.EMBEDDED:
                form, own_core, own_adaptable = w.form[i], w.core[i], w.adaptable[i]
                intended = rules.form_as_published(m, published, w.regional_context[i])
                fidelity += rules.fidelity_as_intended(v, own_core, own_adaptable, form - intended)
                core += own_core
                effect += own_effect
                fit += rules.fit(b, w.context[i], form, w.second_form[i])
                moved += form if form >= 0.0 else -form
                context += w.context[i] if w.context[i] >= 0.0 else -w.context[i]
                generation += w.generation[i]
                at_start += w.presence_at_start[i]
                presence += v.core_share * own_core + v.adaptable_share * own_adaptable
                leaders += 1.0 if w.leader[i] else 0.0
                if w.first_embedded[i] == month:
                    n_first += 1.0
                    people_first += w.population[i]
            achieved = rules.share_delivered(b, state, w.progress[i]) * own_effect
            if late:
                late_effect[i] += achieved
            people = w.population[i] * achieved
            delivered += people
            least += people * w.least_deprived[i]
            most += people * w.most_deprived[i]
    row[0] = fidelity
    row[1] = core
    row[2] = effect
    row[3] = fit
    row[4] = moved
    row[5] = context
    row[6] = generation
    row[7] = at_start
    row[8] = presence
    row[9] = delivered
    row[10] = least
    row[11] = most
    row[12] = leaders
    for state in range(len(sizes)):
        row[FIRST_STATE + state] = float(sizes[state])
    row[FIRST_EMBEDDED] = n_first
    row[PEOPLE_FIRST_EMBEDDED] = people_first
