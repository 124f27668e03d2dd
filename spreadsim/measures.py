"""Measures: what is compared between strategies, each declared once.

What belongs here: for every measure its name, unit, meaning and which way is better, and which are recorded by month.
What does not: how the package's are computed (``outcomes.measures``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from spreadsim.errors import InputError, nearest

Better = Literal["higher", "lower", "neither"]


@dataclass(frozen=True)
class Measure:
    """One outcome of a run: one of the package's, or one of your own with a function.

    Attributes
    ----------
    name : of the column: small letters, digits and ``_``.
    label : in reports and the app; made from the name where it is left out.
    unit : in words; one that begins with ``share`` lies from 0 to 1.
    better : which way is better, ``higher``, ``lower`` or ``neither``.
    meaning : in a phrase.
    monthly : whether it is a column of the curves too; never of one of your own.
    never : whether it is a month that may not be reached.
    signed : whether it is a difference, which may be negative.
    of : of one of your own, a function of a `FinishedRun` that returns a number, or None where there is none.

    Raises
    ------
    InputError : the name is none that a column can have, or `better` is not one of the three.

    Examples
    --------
    >>> [measure.name for measure in MEASURES if measure.never]
    ['months_to_half']
    >>> BY_NAME["reach"].label, BY_NAME["reach"].better
    ('Reach', 'higher')
    >>> def late_starts(run):
    ...     first = run.final["first_embedded"]
    ...     return ((first > 6) | (first < 0)).mean()
    >>> late = ss.Measure("late_starts", unit="share", better="lower", of=late_starts)
    >>> comparison = ss.compare("classroom", replicates=2, measures=[late], driver="mesa", workers=1, frontier=False)
    >>> comparison.summary()["late_starts"].round(2).tolist()
    [0.0, 0.92]
    """

    name: str
    label: str = ""
    unit: str = ""
    better: Better = "neither"
    meaning: str = ""
    monthly: bool = False
    never: bool = False
    signed: bool = False
    of: Callable[[Any], Any] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", self.name):
            remedy = "give 1 to 60 small letters, digits and _, a letter first"
            raise InputError("python", "measures", f"{self.name!r} cannot name a measure", remedy)
        field = f"measures.{self.name}"
        if self.better not in get_args(Better):
            raise InputError(
                "python", f"{field}.better", f"{self.better!r}", nearest(str(self.better), get_args(Better))
            )
        if self.of is not None and not callable(self.of):
            raise InputError(
                "python", f"{field}.of", f"{self.of!r} is not a function", "give a function of a finished run"
            )
        object.__setattr__(self, "label", self.label or self.name.replace("_", " ").capitalize())
        object.__setattr__(self, "meaning", self.meaning or f"your own: {self.label.lower()}")

    def limits(self, months: int | None = None) -> tuple[float, float]:
        """Return the least and the largest possible value: shares lie in [0, 1], and their differences in [-1, 1].

        Parameters
        ----------
        months : horizon, beyond which no month and no total goes; no limit to these where None.

        Returns
        -------
        Two numbers.

        Examples
        --------
        >>> BY_NAME["reach"].limits(), BY_NAME["cumulative_benefit"].limits(months=60)
        ((0.0, 1.0), (0.0, 5.0))
        """
        high = 1.0 if self.unit.startswith("share") else np.inf
        if months is not None and self.unit.startswith(("month", "years")):
            high = months if self.unit.startswith("month") else months / 12
        return (-high if self.signed else 0.0), high


MEASURES = (
    Measure(
        "reported_uptake",
        "Reported uptake",
        "share",
        "higher",
        "share that reports having adopted: implementing, embedded or in name only",
        True,
    ),
    Measure(
        "embedded",
        "Embedded",
        "share",
        "higher",
        "share in which the improvement is embedded in routine practice",
        True,
    ),
    Measure(
        "in_name_only", "In name only", "share", "lower", "share that reports adoption without practising it", True
    ),
    Measure(
        "in_name_only_of_reported",
        "In name only, of those reporting",
        "share",
        "lower",
        "share of the services reporting adoption that do not practise it",
        True,
    ),
    Measure(
        "discontinued", "Discontinued", "share", "lower", "share that stopped, or let a nominal adoption lapse", True
    ),
    Measure(
        "lapsed_never_started",
        "Lapsed, never started",
        "share",
        "lower",
        "share that let a nominal adoption lapse and never began: part of the discontinued",
    ),
    Measure("reach", "Reach", "share", "higher", "share in which it was ever embedded, starting sites included", True),
    Measure("population_reach", "People reached", "share of people", "higher", "reach, weighted by population", True),
    Measure(
        "fidelity",
        "Fidelity",
        "share",
        "neither",
        "mean over embedded services: weighted presence of components as intended, the adaptable ones marked down by "
        "how far their form lies from that of the present specification",
        True,
    ),
    Measure("core_fidelity", "Core fidelity", "share", "higher", "the same over core components only", True),
    Measure(
        "fidelity_at_start",
        "Fidelity at the start",
        "share",
        "neither",
        "mean over services embedded at the horizon of the weighted share of components present when they began",
    ),
    Measure(
        "fidelity_drift",
        "Fidelity drift",
        "share",
        "higher",
        "mean over the same services of that share at the horizon minus at the start; negative is loss",
        signed=True,
    ),
    Measure(
        "adaptation",
        "Adaptation",
        "fit distances",
        "neither",
        "mean over embedded services of how far their form has moved from the original",
        True,
    ),
    Measure(
        "adaptation_ratio",
        "Adaptation, relative to what context asks for",
        "ratio",
        "neither",
        "the same, divided by how far their contexts lie from the originators'",
    ),
    Measure(
        "local_fit",
        "Local fit",
        "0 to 1",
        "higher",
        "mean over embedded services of the fit of their form to their own context",
        True,
    ),
    Measure(
        "effectiveness",
        "Effectiveness",
        "ratio",
        "higher",
        "mean over embedded services of the effect achieved, relative to the originating sites'",
        True,
    ),
    Measure(
        "effectiveness_ever",
        "Effectiveness, all ever embedded",
        "ratio",
        "higher",
        "the same over all services ever embedded, 0 where stopped: free of survivorship bias",
        True,
    ),
    Measure(
        "benefit",
        "Sustained benefit",
        "share of full effect",
        "higher",
        "effect achieved times population served, over all services, mean of the last 12 months, relative to every "
        "service having the full effect",
    ),
    Measure(
        "cumulative_benefit",
        "Cumulative benefit",
        "years of full effect",
        "higher",
        "the same summed over months 0 to the horizon, in years",
    ),
    Measure(
        "sustainment", "Sustainment", "share", "higher", "share of the services ever embedded that still are", True
    ),
    Measure(
        "evaporation",
        "Evaporation",
        "share",
        "lower",
        "reported uptake when the programme stops minus at the horizon",
        signed=True,
    ),
    Measure(
        "months_to_half",
        "Months to half",
        "months",
        "lower",
        "first month by which reach is at least one half; null if never",
        never=True,
    ),
    Measure(
        "generation",
        "Generation",
        "copies",
        "neither",
        "mean number of copies between an embedded service's version and the originators'",
        True,
    ),
    Measure(
        "equity_gap",
        "Equity gap",
        "share of full effect",
        "lower",
        "benefit in the least deprived fifth of services minus that in the most deprived fifth",
        signed=True,
    ),
    Measure(
        "equity_ratio",
        "Equity ratio",
        "ratio",
        "higher",
        "benefit in the most deprived fifth divided by that in the least deprived fifth",
    ),
    Measure(
        "second_leaders", "Second leaders", "share", "neither", "share of services that emerged as leaders of spread"
    ),
    Measure("preparing", "Preparing", "share", "neither", "share that prepares to start", True),
    Measure("waited", "Ever waited", "share", "neither", "share that ever judged itself not ready to start"),
    Measure("declined", "Ever declined", "share", "lower", "share that ever dropped a plan to start"),
    Measure(
        "unready_starts",
        "Unready starts",
        "share of starts by choice",
        "lower",
        "share of the starts of a service's own accord that were made unready; null if there were none",
    ),
    Measure(
        "given_up",
        "Given up",
        "per start",
        "lower",
        "times that implementing was given up, per start; null if there were none",
    ),
    Measure("given_up_ready", "Given up, ready starts", "per start", "lower", "the same for starts made ready"),
    Measure("given_up_unready", "Given up, unready starts", "per start", "lower", "the same for starts made unready"),
    Measure(
        "embedded_of_started",
        "Embedded, of those that started",
        "share",
        "higher",
        "of the services that first started at least 24 months before the horizon, the share in which it was ever "
        "embedded; starting sites left out; null if there are none",
    ),
    Measure(
        "moved",
        "Moved form",
        "share of embedded services",
        "neither",
        "share of embedded services whose form lies a quarter of a fit distance or more from the published one",
    ),
    Measure(
        "equal_success",
        "Equally successful adaptations",
        "share of moved",
        "higher",
        "of those, the share with at least the median effect of the embedded services that have not moved; null if "
        "there are none of either",
    ),
    Measure(
        "adapted_effect_ratio",
        "Effect of adapted over unadapted",
        "ratio",
        "higher",
        "mean effect of embedded services that moved their form over that of those that did not; null if there are "
        "none of either",
    ),
    Measure(
        "consistent_adaptations",
        "Adaptations that left the core whole",
        "share of moved",
        "higher",
        "of the embedded services whose form has moved and that are no starting sites, the share in which adapting has "
        "damaged no core function in this spell; null if there are none",
    ),
    Measure(
        "second_form",
        "Second form in use",
        "share of embedded services",
        "neither",
        "share of embedded services that the second of the forms which work there suits better than the first; null if "
        "there are none",
    ),
    Measure(
        "turnover_events",
        "Turnover where in use",
        "per service",
        "neither",
        "times that the people changed in services implementing or embedded, per service",
    ),
    Measure(
        "region_gap",
        "Gap in reach between regions",
        "share",
        "lower",
        "largest minus smallest reach of a top-level group; null with fewer than two",
    ),
    Measure("cost", "Cost", "staff-days per service", "lower", "support, programme and delivery effort per service"),
    Measure(
        "cost_per_benefit_year",
        "Cost per benefit-year",
        "staff-days",
        "lower",
        "cost per service divided by cumulative benefit",
    ),
)
BY_NAME = {measure.name: measure for measure in MEASURES}
STATE_COLUMNS = ("unaware", "aware", "implementing", "embedded", "in_name_only", "discontinued")
CURVES_ALONE = {  # columns of the curves that are not measures, with their meaning
    "delivered": "effect delivered in the month times population served, relative to all having the full effect",
    "leading": "share of services that are second leaders now",
    "starters_from_leaders": "share of the services beginning in the month that copied a second leader",
    "under_pressure": "share of services in a group that was under pressure in the month that led here",
    "published_form": "form of the published specification, moved by revisions (fit distances)",
    "published_codification": "weighted mean codification of the published specification's components (0 to 1)",
}
CURVE_COLUMNS = (
    *(f"share_{name}" for name in STATE_COLUMNS),
    *(measure.name for measure in MEASURES if measure.monthly),
    "cost",
    *CURVES_ALONE,
)
# What the rules of a strategy may look at: what is recorded by month of any part of the services.
SIGNPOSTS = tuple(name for name in CURVE_COLUMNS if not name.startswith("published_"))
