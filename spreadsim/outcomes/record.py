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
)
N_SUMS = len(SUMS)
SUPPORTED = SUMS.index("supported")  # filled when support is shared out
FIRST_STATE = SUMS.index("n_unaware")
FIRST_EMBEDDED, PEOPLE_FIRST_EMBEDDED = SUMS.index("n_first_embedded"), SUMS.index("people_first_embedded")
BEGINNING, BEGINNING_FROM_LEADERS = SUMS.index("n_beginning"), SUMS.index("n_beginning_from_leaders")


def record_beginning(month: int, to_state: int, source_kind: int, from_leader: bool, row: Any) -> None:
    """Count in `row`, the sums of `month`, a service that takes the improvement on.

    Parameters
    ----------
    month : in which the new state holds.
    to_state : that state.
    source_kind : whose version the service took, by its number in `rules`.
    from_leader : whether that is a second leader.
    row : sums of the month, shape (N_SUMS,), in the order of `SUMS`.

    Examples
    --------
    >>> row = np.zeros(N_SUMS)
    >>> record_beginning(3, rules.IMPLEMENTING, rules.PEER, True, row)
    >>> row[BEGINNING].item(), row[BEGINNING_FROM_LEADERS].item()
    (1.0, 1.0)
    """
    taken_on = to_state == rules.IMPLEMENTING or to_state == rules.EMBEDDED
    if month > 0 and taken_on and source_kind != rules.NO_SOURCE:
        row[BEGINNING] += 1.0
        if from_leader and source_kind == rules.PEER:
            row[BEGINNING_FROM_LEADERS] += 1.0


def record_month(
    w: Any,
    b: rules.Behaviour,
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
    w : arrays by the names of `state.STATE` and `state.ATTRIBUTES`, with `fifth` and `published_form`.
    roster, sizes : for each state the services in it, ascending, and how many they are.
    late : whether the month counts for what is sustained; then `late_effect` gains each service's delivered effect.
    b : the behaviour parameters.
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
    >>> w = SimpleNamespace(**model.arrays(), fifth=model.structure.fifth, published_form=[model.published_form])
    >>> record_month(w, model.b, model.v, roster, [len(uids) for uids in roster], 12, False, np.zeros(12), row)
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
                fidelity += rules.fidelity_as_intended(v, own_core, own_adaptable, form - published)
                core += own_core
                effect += own_effect
                fit += rules.fit(b, w.context[i], form)
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
            least += people if w.fifth[i] == 0 else 0.0
            most += people if w.fifth[i] == 4 else 0.0
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
