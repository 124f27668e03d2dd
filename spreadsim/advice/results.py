"""What advice gives: a choice, and how it stands against others.

What belongs here: the choice, what it was judged against, and the runs behind it. What does not: the search
(``advice``), words (``findings``), files (``folder``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spreadsim.advice.choices import Choice
from spreadsim.network.data import Network
from spreadsim.outcomes.statistics import Difference, Summary
from spreadsim.scenario.document import Scenario

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Judged:
    """A choice on the held-out replicates.

    Attributes
    ----------
    name : of the choice, in words.
    against : ``sites alone``, ``within the budget``, ``for reference``, ``part left out``, or empty: the
        advice itself.
    rule : the simple rule that it follows, or empty.
    values : by measure, one value a replicate.
    summaries : by measure.
    gains : advice minus this choice, by measure; paired intervals at the joint level.
    """

    name: str
    against: str
    rule: str
    choice: Choice
    values: Mapping[str, np.ndarray]
    summaries: Mapping[str, Summary]
    gains: Mapping[str, Difference]


@dataclass(frozen=True)
class AdviceResults:
    """What to do, and how it compares with simple rules on replicates that it was not chosen on.

    Attributes
    ----------
    scenario : on one network; `strategy` the one that is advised on.
    measure, budget : what was sought, and the most it may cost, in staff-days per service.
    choice, found_by : the advice, and what proposed it: ``search`` or a simple rule.
    judged : the advice first, then what it is held against.
    replicates : number of replicates of the search, of the picking and of the judging.
    level : of each interval, so that all rules of a table are covered jointly at 95%.
    n_candidates : how many candidates the search ran.
    """

    scenario: Scenario
    network: Network
    strategy: str
    parts: tuple[str, ...]
    measure: str
    budget: float
    budget_given: bool
    as_it_stands: Choice
    choice: Choice
    found_by: str
    judged: Sequence[Judged]
    replicates: tuple[int, int, int]
    level: float
    n_candidates: int
    notes: Sequence[str]

    def table(self, against: str) -> list[Judged]:
        """Return what the advice is held against in one table."""
        return [row for row in self.judged if row.against == against]
