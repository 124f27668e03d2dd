"""What advice gives: a choice, and how it stands against others.

What belongs here: the choice, what it was judged against, and the runs behind it. What does not: the search
(``advice``), words (``findings``), files (``folder``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spreadsim.advice.choices import Choice
from spreadsim.drivers.extensions import NO_EXTENSIONS, Extensions
from spreadsim.measures import Measure
from spreadsim.network.data import Network
from spreadsim.outcomes.statistics import Difference, Summary
from spreadsim.scenario.document import Scenario


@dataclass(frozen=True)
class Evaluation:
    """A choice on the held-out replicates.

    Attributes
    ----------
    name : of the choice, in words.
    against : ``sites alone``, ``within the budget``, ``for reference``, ``part left out``, or empty: the
        advice itself.
    rule : the simple rule that it follows, or empty.
    choice : sites, waves and support.
    values : by measure, one value a replicate.
    summaries : by measure.
    gains : advice minus this choice, by measure; paired intervals at the joint level.

    Examples
    --------
    >>> choice = Choice((0,), 0, (), support=0.2, support_capacity=0.1)
    >>> Evaluation("largest", "sites alone", "largest", choice, {"reach": np.array([0.4, 0.5])}, {}, {}).rule
    'largest'
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
    scenario, network : on which the advice was sought.
    strategy : name of the one that is advised on.
    parts : what was searched.
    measure, budget : what was sought, and the most it may cost, in staff-days per service.
    has_budget : whether the budget is the user's; else it is what the strategy costs in the scenario.
    baseline : the choice that the scenario has.
    choice, origin : the advice, and what proposed it: ``search`` or a simple rule.
    evaluations : the advice first, then what it is held against.
    replicates : number of replicates of the search, of the selection and of the evaluation.
    level : of each interval, so that all rules of a table are covered jointly at 95%.
    n_candidates : how many candidates the search ran.
    notes : what the reader should know of the search.
    extensions : what the Python program added.

    Examples
    --------
    >>> advice = ss.advise("classroom", months=12, candidates=4, search_replicates=2, replicates=2)
    >>> [row.name for row in advice.table("for reference")]
    ['the scenario as it stands']
    """

    scenario: Scenario
    network: Network
    strategy: str
    parts: tuple[str, ...]
    measure: str
    budget: float
    has_budget: bool
    baseline: Choice
    choice: Choice
    origin: str
    evaluations: Sequence[Evaluation]
    replicates: tuple[int, int, int]
    level: float
    n_candidates: int
    notes: Sequence[str]
    extensions: Extensions = NO_EXTENSIONS

    def declared(self, name: str) -> Measure:
        """Return the declaration of a measure, the package's or one's own."""
        return next(m for m in self.extensions.all_measures if m.name == name)

    @property
    def sought(self) -> Measure:
        """The declaration of the measure that was sought."""
        return self.declared(self.measure)

    def table(self, against: str) -> list[Evaluation]:
        """Return what the advice is held against in one table."""
        return [row for row in self.evaluations if row.against == against]
