"""The programme and its levers, each declared once.

What belongs here: what a programme does, month by month (*levers*), and how it is set up (where it starts, in which
waves). A lever is declared by `lever`, in `BalanceLevers` if the balance sets it and in `Programme` if not. A
strategy's fields, its schedule, the levers of a month (`rules.Levers`) in both drivers, the report's columns, the
app's controls, the ranges of sweeps and the reference page are made from that declaration; one that does not fit is an
error when this module is imported.
What does not: what levers do (``rules``), how strategies become months (``scenario.plan``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import Field, field_validator

from spreadsim import rules
from spreadsim.parameters import Declaration, Evidence, Table, declarations, parameter

Balanced = Callable[[float, float], float]
AS_BEFORE = "as-before"
PROGRAMME_RUNS = ("start_month", "stop_month")
# What the calendar says of a month (`scenario.plan`); all other fields of `rules.Levers` are levers.
CALENDAR = ("month", "on", "months_directed", "revises", "push", "incentive_lost", "collaborates", "tie_weight")


def lever(
    default: Any,
    meaning: str,
    *,
    label: str,
    off: float | None,
    off_field: str = "",
    months: tuple[str, str] | None = PROGRAMME_RUNS,
    balance: Balanced | None = None,
    follows: str = "",
    scheduled: bool = True,
    symbol: str,
    unit: str = "lever",
    bounds: tuple[float, float] | None = (0.0, 1.0),
    plausible: tuple[float, float] | None = (0.0, 1.0),
    source: str,
    evidence: Evidence = "judgement",
) -> Any:
    """Declare one lever as a pydantic field that carries all that is known of it.

    Parameters
    ----------
    default : the programme's value; None where the balance sets it.
    meaning : what it is, in a sentence.
    label : its name in the report and the app.
    off : the value at which it does nothing; None if it only shapes what another lever does.
    off_field : the programme's field that holds, instead of `off`, its value outside `months`.
    months : the programme's fields that name its first month and the first month without it; None: all months, so that
        it is not switched off with the programme.
    balance : its value, from the balance and the minimum latitude.
    follows : the lever whose value it takes while its own is None.
    scheduled : whether a strategy's schedule may name it.
    symbol, unit, bounds, plausible, source, evidence : as of any parameter.

    Returns
    -------
    Any
        The field, to stand in `BalanceLevers` or `Programme` under the lever's name.

    Examples
    --------
    >>> from spreadsim.levers import LEVERS
    >>> [(one.name, one.label, one.off) for one in LEVERS if one.name == "co_production"]
    [('co_production', 'Co-production', 0.0)]
    """
    field = parameter(
        default, meaning, label=label, unit=unit, bounds=bounds, plausible=plausible, symbol=symbol, source=source,
        evidence=evidence,
    )
    field.json_schema_extra["lever"] = {
        "off": off, "off_field": off_field, "months": months, "balance": balance, "follows": follows,
        "scheduled": scheduled,
    }
    return field


# --------------------------------------------------------------------------------------------------------------
# The levers that the balance sets
# --------------------------------------------------------------------------------------------------------------


def _from_above(balance: float, minimum_latitude: float) -> float:
    return 1.0 - balance


def _between_peers(balance: float, minimum_latitude: float) -> float:
    return balance


def _latitude(balance: float, minimum_latitude: float) -> float:
    return minimum_latitude + (1.0 - minimum_latitude) * balance


_BALANCE_SOURCE = "Greenhalgh, Papoutsi 2019"


class BalanceLevers(Table):
    """The balance and the levers it sets; each lever may be given instead."""

    balance: float | None = parameter(
        None, "From 0, a fixed package mandated from above, to 1, organic: sets the levers below.", label="Balance",
        unit="lever", plausible=(0.0, 1.0), symbol="B", evidence="design", source=_BALANCE_SOURCE,
    )
    mandate: float | None = lever(
        None, "Force of instruction from above.", label="Mandate", off=0.0, balance=_from_above, symbol="M",
        evidence="design", source=_BALANCE_SOURCE,
    )
    latitude: float | None = lever(
        None, "Share of the gap to the local context that a service may close, and freedom over what to include.",
        label="Latitude to adapt", off=0.0, off_field="latitude_after", balance=_latitude, symbol="P",
        evidence="design", source=_BALANCE_SOURCE,
    )
    peer_programme: float | None = lever(
        None, "Facilitated exchange between peers.", label="Peer programme", off=0.0, balance=_between_peers,
        symbol="Q", evidence="design", source=_BALANCE_SOURCE,
    )
    monitoring: float | None = lever(
        None, "Audit against the specification.", label="Monitoring", off=0.0, balance=_from_above, symbol="V",
        evidence="design", source=_BALANCE_SOURCE,
    )


# --------------------------------------------------------------------------------------------------------------
# The programme
# --------------------------------------------------------------------------------------------------------------


class StartingSites(Table):
    """Where the improvement is at month 0."""

    share: float = parameter(
        0.03, "Share of services in which the improvement is embedded at the start.", unit="share of services",
        plausible=(0.01, 0.1), symbol="n_seed", source="pilots",
    )
    rule: Literal["random", "most-ready", "most-connected", "most-deprived", "adjacent"] = parameter(
        "random", "How the starting sites are chosen; ties by order of services.", unit="rule", bounds=None,
        source="netdiffuseR's and Centola's seeding rules", evidence="design",
    )
    ids: list[str] | None = Field(None, description="Starting sites named one by one; replaces share and rule.")


class Waves(Table):
    """In which order the instruction goes out to the groups of a level; the announcement is made to all at once."""

    months_between: int = parameter(
        0, "Months between one group's instruction and the next one's; 0: all at once.", unit="months",
        bounds=(0, 120), plausible=(0, 12), evidence="design",
        source="roll-out in waves, as in stepped-wedge trials",
    )
    level: str | None = Field(None, description="Level whose groups are the waves; the top one if absent.")
    order: list[str] = Field(
        default_factory=list, description="Groups by name, the first wave first; others follow in their own order."
    )


class PushChange(Table):
    """A month from which on the push from outside is stronger or weaker."""

    month: int = parameter(0, "First month of the factor.", unit="month", bounds=(0, 1200), evidence="design")
    factor: float = parameter(
        1.0, "Factor on external influence and on broadcasts, until the next change.", unit="ratio",
        bounds=(0.0, 20.0), plausible=(0.0, 5.0), evidence="design", source="data",
    )


class Collaborative(Table):
    """A collaborative of the peer programme, whose members get ties to one another in their region."""

    share: float = parameter(
        0.3, "Share of services that are invited, beside the starting sites; 0: there is no collaborative.",
        unit="share of services", plausible=(0.1, 0.5), symbol="coll",
        source="SCOPE, Implement Sci Commun 2024 (teams made new connections); Zamboni 2020; no size",
    )
    picks: int = parameter(
        4, "Number of other members that each member picks.", unit="ties", bounds=(0, 16), plausible=(0, 8),
        symbol="coll_ties", source="as share",
    )
    weight_after: float = parameter(
        0.3, "Weight of such a tie once the collaborative no longer meets, relative to before.", unit="ratio",
        plausible=(0.0, 1.0), symbol="coll_keep", source="as share",
    )


SupportFor = Literal["implementing", "implementing-and-embedded"]  # in the order of the rulebook's numbers


class Programme(Table):
    """What the programme does, beside the levers that the balance sets."""

    start_month: int = parameter(
        0, "First month of the programme.", unit="month", bounds=(0, 1200), plausible=(0, 12), symbol="t_on",
        evidence="design", source="design",
    )
    stop_month: int = parameter(
        36, "First month without the programme.", unit="month", bounds=(0, 1200), plausible=(12, 60),
        symbol="t_off", evidence="design", source="three-year programmes, then two years to see what lasts",
    )
    support: float = lever(
        0.5, "Facilitation of services while they implement.", label="Support", off=0.0, symbol="S",
        source="Baskerville, Ann Fam Med 2012;10:63 (practice facilitation)",
    )
    support_capacity: float = lever(
        0.15, "Share of all services that can be supported at full strength at once.", label="Support capacity",
        off=None, unit="share of services", plausible=(0.02, 1.0), symbol="cap",
        source="effect falls as practices per facilitator rise: Baskerville 2012",
    )
    support_for: SupportFor = lever(
        "implementing", "Whether support also reaches embedded services.", label="Who is supported", off=None,
        unit="choice", bounds=None, plausible=None, symbol="", source="Parchman, Implement Sci 2013;8:93",
        evidence="design",
    )
    light_support_place: float = lever(
        0.1, "Share of a place that a supported service takes that prepares to start, or only has to be kept up.",
        label="Place taken by light support", off=None, scheduled=False, unit="places", plausible=(0.05, 0.3),
        symbol="light", source="no measurement; 1: as much as to implement",
    )
    team: float = lever(
        0.5, "How well the programme's team explains, inspires and supports; one half is neutral.",
        label="Programme team", off=0.5, months=None, scheduled=False, symbol="team",
        source="support and leadership bear on results of collaboratives: Zamboni 2020 (weak); no size",
    )
    support_priority: Literal["none", "most-deprived"] = parameter(
        "none", "Who has priority for support when capacity is short.", unit="choice", bounds=None,
        source="proportionate universalism", evidence="design",
    )
    support_priority_share: float = parameter(
        0.4, "Share of services, the most deprived first, that have priority for support.",
        unit="share of services", plausible=(0.2, 0.6), evidence="design", source="two fifths",
    )
    co_production: float = lever(
        0.3, "How far front-line staff shape the change, and patients, unless co_production_patients says otherwise.",
        label="Co-production", off=0.0, symbol="Co",
        source="Horton et al. 2018",
    )
    co_production_patients: float | None = lever(
        None, "How far patients shape the change, where that is not as co_production says: they read the context, "
        "license adaptation and guard it.", label="Co-production with patients", off=0.0,
        follows="co_production", symbol="Cp", source="PMC8056601: of 93 studies less than half evaluate outcomes",
    )
    tests: float = lever(
        0.3, "How far changes are tested on a small scale before they are kept (plan-do-study-act); services keep the "
        "habit after the programme.", label="Tests of change", off=0.0, months=None, symbol="Tq",
        source="Taylor 2014 (under 20% of reports use repeated cycles); Knudsen 2019 (4% all features)",
    )
    celebration: float = lever(
        0.3, "How far second leaders are identified, named and used.", label="Celebration of second leaders", off=0.0,
        symbol="L", source="Horton et al. 2018; Flodgren, Cochrane CD000125",
    )
    incentive: float = lever(
        0.0, "Pay for reporting the improvement: it engages as an instruction with consequences does, without its "
        "reactance.", label="Incentive", off=0.0, months=("incentive_start_month", "incentive_stop_month"),
        symbol="Inc", source="Quality and Outcomes Framework: Morales et al., BMJ 2023;380:e072098",
    )
    incentive_start_month: int = parameter(
        0, "First month of the incentive.", unit="month", bounds=(0, 1200), plausible=(0, 12), symbol="inc_on",
        evidence="design", source="design",
    )
    incentive_stop_month: int = parameter(
        36, "First month without the incentive.", unit="month", bounds=(0, 1200), plausible=(12, 60),
        symbol="inc_off", evidence="design", source="as stop_month",
    )
    hub: float = lever(
        0.0, "How far regional hubs rewrite the specification for their regions before they pass it on.",
        label="Regional hubs", off=0.0, months=None, symbol="hub", evidence="assumed",
        source="no measurement; what has been rewritten stays so when the programme ends",
    )
    external_push: list[PushChange] = Field(
        default_factory=list,
        description="Factors on external influence and broadcasts by period, ascending by month; 1 before the first.",
    )
    latitude_after: Annotated[float, Field(ge=0.0, le=1.0)] | Literal["as-before"] = parameter(
        "as-before", "Latitude once the programme has ended; 'as-before' keeps its value during the programme.",
        unit="lever", bounds=None, plausible=(0.0, 1.0), symbol="P_after", evidence="assumed",
        source="habits outlive programmes; 1: nobody enforces the specification once the programme has ended",
    )
    revision_interval: int = parameter(
        0, "Months between revisions of the specification, based on what its effective adopters do, while the "
        "programme runs; 0: it is never revised.", unit="months", bounds=(0, 1200), plausible=(0, 24), symbol="rev",
        evidence="assumed", source="test and revise: Horton et al., The spread challenge, 2018",
    )
    revision_of_form: float = lever(
        0.5, "Share of the gap between the published form and the mean form of effective adopters that one revision "
        "closes.", label="Revision of form", off=None, scheduled=False, unit="share", symbol="rev_z",
        evidence="assumed", source="test and revise: Horton et al. 2018; no measurement",
    )
    revision_of_codification: float = lever(
        0.25, "Share of the gap between a component's codification and its presence in effective adopters that one "
        "revision closes.", label="Revision of codification", off=None, scheduled=False, unit="share",
        symbol="rev_kappa", evidence="assumed", source="test and revise: Horton et al. 2018; no measurement",
    )
    starting_sites: StartingSites = StartingSites()
    waves: Waves = Waves()
    collaborative: Collaborative = Collaborative()

    @field_validator("external_push")
    @classmethod
    def _ascending(cls, changes: list[PushChange]) -> list[PushChange]:
        months = [change.month for change in changes]
        if sorted(set(months)) != months:
            raise ValueError("the months must be ascending, each only once")
        return changes


# --------------------------------------------------------------------------------------------------------------
# The levers, read from their declarations
# --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lever:
    """What is known of one lever, for whoever makes something of all of them.

    Attributes
    ----------
    name : of its field in a scenario file, and in `rules.Levers`.
    table : the table that declares it.
    declaration : what is known of it as a parameter: meaning, unit, bounds, plausible range, label.
    off, off_field, months, balance, follows, scheduled : as `lever` takes them.

    Examples
    --------
    >>> from spreadsim.levers import LEVERS, Programme
    >>> [one.name for one in LEVERS if one.outside(Programme()) is None][:3]
    ['latitude', 'support_capacity', 'support_for']
    """

    name: str
    table: type[Table]
    declaration: Declaration
    off: float | None
    off_field: str
    months: tuple[str, str] | None
    balance: Balanced | None
    follows: str
    scheduled: bool

    @property
    def label(self) -> str:
        """Its name in the report and the app."""
        return self.declaration.label

    def number(self, value: Any) -> float:
        """Return a value as a number, as rules take it; a choice becomes its place in the list."""
        choices = self.declaration.choices
        return float(choices.index(value)) if choices else float(value)

    def outside(self, programme: Programme) -> float | None:
        """Return the value outside its months; None if it stays what it is."""
        if self.months is None or self.off is None:
            return None
        value = getattr(programme, self.off_field) if self.off_field else self.off
        return None if value == AS_BEFORE else float(value)


def _read(*tables: type[Table]) -> Iterator[Lever]:
    for table in tables:
        declared = {d.path: d for d in declarations(table)}
        for name, field in table.model_fields.items():
            extra = field.json_schema_extra
            if isinstance(extra, dict) and "lever" in extra:
                facts: Any = extra["lever"]
                yield Lever(name=name, table=table, declaration=declared[name], **facts)


def _faults(one: Lever) -> Iterator[str]:
    """Yield what keeps a lever from having its place everywhere."""
    d, low, high = one.declaration, *(one.declaration.bounds or (0.0, 0.0))
    if get_type_hints(rules.Levers).get(one.name) is not float:
        yield f"rules.Levers has no field '{one.name}: float'"
    if not d.label.strip():
        yield "it has no label"
    if d.kind not in ("number", "choice"):
        yield f"it is a {d.kind}; a lever is a number or a choice"
    if d.kind == "number" and not (d.bounds and d.plausible):
        yield "it has no bounds or no plausible range"
    if one.off is not None and not (d.kind == "number" and low <= one.off <= high):
        yield f"its value off, {one.off}, is out of bounds"
    for field in (one.off_field, *(one.months or ())):
        if field and field not in Programme.model_fields:
            yield f"the programme has no field '{field}'"
    if (one.balance is not None) != (one.table is BalanceLevers):
        yield "what the balance sets stands in BalanceLevers and says how, and nothing else does"
    if one.balance is not None and not one.scheduled:
        yield "a schedule may name the balance, and so what it sets"


def _checked(levers: tuple[Lever, ...]) -> tuple[Lever, ...]:
    """Return the levers, all of which have their place.

    Raises
    ------
    TypeError : one has not, or the rulebook's levers have a field that nobody declares.
    """
    for one in levers:
        for fault in _faults(one):
            raise TypeError(f"lever '{one.name}': {fault}")
    for name in rules.Levers._fields:
        if name not in CALENDAR and name not in {one.name for one in levers}:
            raise TypeError(f"rules.Levers has a field '{name}', which no lever declares")
    return levers


LEVERS = _checked(tuple(_read(BalanceLevers, Programme)))
SCHEDULED = tuple(one for one in LEVERS if one.scheduled)
SET_BY_BALANCE = tuple(one.name for one in LEVERS if one.balance is not None)

__all__ = [
    "AS_BEFORE", "CALENDAR", "LEVERS", "PROGRAMME_RUNS", "SCHEDULED", "SET_BY_BALANCE", "BalanceLevers",
    "Collaborative", "Lever", "Programme", "PushChange", "StartingSites", "SupportFor", "Waves", "lever",
]
