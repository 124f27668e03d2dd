"""Adoption dates that a lesson shows: the user's own, published ones where they are at hand, or a generated twin's.

What belongs here: finding the dates, saying which kind they are, and what they mean for the lesson's runs. What does
not: reading network files (``network.reading.files``), running arms (``runs``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from spreadsim.drivers.running import run_plan
from spreadsim.errors import InputError
from spreadsim.lessons.files import Lesson
from spreadsim.network.construction import make_network
from spreadsim.network.data import Network
from spreadsim.network.reading.files import NetworkFile, files_of_scenario, read_network
from spreadsim.outcomes.measures import first_months_embedded
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import plans

Kind = Literal["own", "real", "twin"]
STARTING_SHARE = 0.03  # of services, the earliest adopters, start the lesson's runs


@dataclass(frozen=True)
class Dates:
    """When each service of a network took something up.

    Attributes
    ----------
    kind, label : the user's own, published, or a generated twin's; and that in words, to stand beside the picture.
    months : by the end of which each service had adopted, nan where it had not; shape (services,).
    last : the last month observed.
    network : whose services they are.

    Examples
    --------
    >>> from spreadsim.lessons.files import find_lesson, load_lesson, shipped_lessons
    >>> dates = dates_of(load_lesson(find_lesson("8", shipped_lessons())))
    >>> len(dates.curve) == dates.last + 1
    True
    """

    kind: Kind
    label: str
    months: np.ndarray
    last: int
    network: Network

    @property
    def curve(self) -> list[tuple[int, float]]:
        """Month and share that had adopted by then."""
        n = len(self.months)
        return [(month, float(np.sum(self.months <= month)) / n) for month in range(self.last + 1)]

    @property
    def settings(self) -> Mapping[str, Any]:
        """Fields that the dates set in the lesson's scenario: the earliest adopters start."""
        n_start = max(1, int(STARTING_SHARE * len(self.months) + 0.5))
        first = np.argsort(np.where(np.isnan(self.months), np.inf, self.months), kind="stable")[:n_start]
        return {"programme.starting_sites.ids": [self.network.ids[i] for i in first]}


def dates_of(lesson: Lesson, own: NetworkFile | None = None, *, published: bool = True) -> Dates | None:
    """Return the adoption dates that a lesson shows.

    The user's own network, with dates, comes first; then the published data where they are installed; else a twin.

    Parameters
    ----------
    lesson : whose dates they are.
    own : a network of the user's.
    published : whether published data may be shown where they are installed.

    Returns
    -------
    The dates; None for a lesson without.

    Examples
    --------
    >>> from spreadsim.lessons.files import find_lesson, load_lesson, shipped_lessons
    >>> dates_of(load_lesson(find_lesson("1", shipped_lessons()))) is None
    True
    """
    table = lesson.table.data
    if table is None:
        return None
    if own is not None and own.adopted_month is not None:
        return _of_file("own", "Your own data: the dates in the network that you brought.", own)
    if not published:
        return _twin(lesson)
    try:
        scenario = load_scenario(lesson.folder / table.real)
        path = files_of_scenario(scenario)
    except InputError:
        return _twin(lesson)
    file = read_network(path, scenario.network, scenario)
    return _of_file("real", f"Real data: {table.title}.", file)


def _of_file(kind: Kind, label: str, file: NetworkFile) -> Dates:
    assert file.adopted_month is not None
    return Dates(kind, label, file.adopted_month, file.observed_periods * file.period_months, file.network)


def _twin(lesson: Lesson) -> Dates:
    assert lesson.table.data is not None
    scenario = load_scenario(lesson.folder / lesson.table.data.twin)
    network = make_network(scenario)
    run = run_plan(network, plans(scenario, scenario.name)[0], scenario.run.seed, 0, "compiled")
    label = (
        "A generated twin, not real data: dates from one run of the model on a generated network. Bring your own on "
        "the Network screen, with a column adopted_month."
    )
    return Dates("twin", label, first_months_embedded(run), scenario.run.months, network)
