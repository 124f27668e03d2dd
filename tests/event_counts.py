"""What a run's events say of each month, counted one event at a time: beside what the drivers count as they go."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from spreadsim import rules
from spreadsim.outcomes import record
from spreadsim.outcomes.run import Run


def counts_of_events(
    events: Mapping[str, np.ndarray], population: np.ndarray, months: int, start: int
) -> dict[str, np.ndarray]:
    """Return the counts of `record.SUMS`, months 0 to T, and what each service went through.

    `start` is the state of every service before the first event.
    """
    n = len(population)
    names = record.SUMS[record.FIRST_STATE : record.PREPARING]
    columns = {name: np.zeros(months + 1) for name in names}
    state = np.full(n, start)
    first_began = np.full(n, -1)
    first, began, led = np.full(n, -1), np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    at = 0
    for month in range(months + 1):
        while at < len(events["month"]) and events["month"][at] == month:
            e = {name: values[at].item() for name, values in events.items()}
            i, to, at = e["service"], e["to_state"], at + 1
            assert state[i] == e["from_state"]
            state[i] = to
            took_on = to in (rules.IMPLEMENTING, rules.EMBEDDED)
            if took_on and not began[i]:
                began[i], first_began[i] = True, month
            led[i] |= to == rules.EMBEDDED and e["leader"]
            if to == rules.EMBEDDED and first[i] < 0:
                first[i] = month
                columns["n_first_embedded"][month] += 1
                columns["people_first_embedded"][month] += population[i]
            if took_on and e["source_kind"] != rules.NO_SOURCE and month > 0:
                columns["n_beginning"][month] += 1
                columns["n_beginning_from_leaders"][month] += e["source_kind"] == rules.PEER and e["leader_source"]
                columns["n_beginning_unready"][month] += not e["ready"]
                columns["n_beginning_by_choice"][month] += e["route"] == rules.VOLUNTARY
                columns["n_beginning_by_choice_unready"][month] += e["route"] == rules.VOLUNTARY and not e["ready"]
            if e["from_state"] == rules.IMPLEMENTING and to != rules.EMBEDDED and month > 0:
                columns["n_giving_up"][month] += 1
                columns["n_giving_up_unready"][month] += not e["ready"]
        for number, name in enumerate(rules.STATES):
            columns[f"n_{name.replace(' ', '_')}"][month] = np.sum(state == number)
    assert at == len(events["month"])
    return {**columns, "first_embedded": first, "began": began, "first_began": first_began, "ever_led": led}


def assert_counts_follow_from_events(run: Run, population: np.ndarray, start: int) -> None:
    """Check every count of a run, and what it remembers of each service, against its events."""
    expected = counts_of_events(run.events, population, len(run.sums) - 1, start)
    sums = dict(zip(record.SUMS, run.sums.T, strict=True))
    for name, values in expected.items():
        assert np.array_equal(values, sums[name] if name in sums else run.final[name]), name
