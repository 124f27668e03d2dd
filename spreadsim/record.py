"""What is recorded of each month: sums over services, from which curves and measures are made.

What belongs here: one loop over services, in ascending uid, called by both drivers; the names of its columns. Changes
of state are events and are not recorded here.
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
)
N_SUMS = len(SUMS)


def record_month(
    w: Any, b: Any, v: Any, support: Any, support_embedded: Any, late: bool, late_effect: Any, row: Any
) -> None:
    """Fill `row` with the sums over services at the start of a month.

    Parameters
    ----------
    w : arrays by the names of `state.STATE` and `state.ATTRIBUTES`, with `fifth` and `first_call`.
    support, support_embedded : received by services without and with first call on it.
    late : whether the month counts for what is sustained; then `late_effect` gains each service's delivered effect.
    """
    fidelity = core = effect = fit = moved = context = generation = at_start = presence = 0.0
    delivered = least = most = leaders = supported = 0.0
    for i in range(len(w.state)):
        state = w.state[i]
        if state == rules.EMBEDDED:
            form = w.form[i]
            now = v.core_share * w.core[i] + v.adaptable_share * w.adaptable[i]
            fidelity += rules.fidelity_as_intended(v, w.core[i], w.adaptable[i], form)
            core += w.core[i]
            effect += w.effect[i]
            fit += rules.fit(b, w.context[i], form)
            moved += form if form >= 0.0 else -form
            context += w.context[i] if w.context[i] >= 0.0 else -w.context[i]
            generation += w.generation[i]
            at_start += w.presence_at_start[i]
            presence += now
            if w.leader[i]:
                leaders += 1.0
            supported += support_embedded[1 if w.first_call[i] else 0]
        elif state == rules.IMPLEMENTING:
            supported += support[1 if w.first_call[i] else 0]
        elif state != rules.IN_NAME_ONLY:
            continue
        achieved = rules.share_delivered(b, state, w.progress[i]) * w.effect[i]
        if late:
            late_effect[i] += achieved
        people = w.population[i] * achieved
        delivered += people
        if w.fifth[i] == 0:
            least += people
        elif w.fifth[i] == 4:
            most += people
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
    row[13] = supported
