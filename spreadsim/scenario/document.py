"""What a scenario is: the document that a user writes, with every default filled in.

What belongs here: the tables of a scenario file and the rules that hold between their fields.
What does not: reading and merging files (``files``), what drivers take (``plan``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, create_model, field_validator, model_validator
from pydantic_core import PydanticCustomError

from spreadsim.errors import nearest
from spreadsim.levers import SCHEDULED, SET_BY_BALANCE, BalanceLevers, Programme
from spreadsim.notebook import html_table
from spreadsim.parameters import (
    Behaviour,
    Cost,
    Distribution,
    Intervention,
    Run,
    Services,
    Table,
    parameter,
)
from spreadsim.scenario.conditions import ConditionError, condition
from spreadsim.scenario.network_options import NetworkFileOptions

MAX_COMPONENTS = 64
# Names of columns of the results, which a level of the hierarchy would overwrite.
RESERVED_LEVELS = frozenset(
    (
        "strategy", "replicate", "service", "name", "degree", "deprivation", "context", "readiness", "capability",
        "adaptation_tendency", "population", "regional_context", "second_form", "perception", "appraisal_error",
        "origin", "end_state", "share_embedded", "median_month_embedded",
        "level", "group", "number", "n_services", "reach", "benefit", "deprivation fifth",
    )
)
FORMAT: Literal[1] = 1

NetworkSource = Literal[
    "nested-hierarchy", "ring-lattice", "small-world", "scale-free", "random", "complete", "path", "tree", "star",
    "file", "graph",
]


class Sizes(Table):
    """How members are shared among groups: equally, in proportion to a lognormal draw, or as counted somewhere."""

    distribution: Literal["equal", "lognormal", "observed"] = parameter(
        "equal", "How group sizes are distributed; observed sizes are dealt out at random.", unit="choice",
        bounds=None, evidence="design", source="design",
    )
    counts: dict[str, int] | None = Field(
        None, description="For 'observed': the number of groups of each size, as { \"1\" = 45, \"2\" = 86 }."
    )
    median: float | None = Field(
        None, gt=0, description="Median of the lognormal; sizes are rescaled to the exact total in any case."
    )
    log_standard_deviation: float = parameter(
        0.5, "Standard deviation of the natural logarithm of sizes.", unit="log members", bounds=(0.0, 3.0),
        plausible=(0.0, 1.0), evidence="assumed",
    )

    @model_validator(mode="after")
    def _observed(self) -> Self:
        if (self.distribution == "observed") != (self.counts is not None):
            raise ValueError("distribution = \"observed\" needs 'counts', and no other distribution has them")
        for size, count in (self.counts or {}).items():
            if not size.isdecimal() or int(size) < 1 or count < 1:
                raise ValueError(f"'counts' holds sizes and counts of at least 1, found {size!r} = {count}")
        return self


class Level(Table):
    """One level of the hierarchy: exactly one of `count`, `names` and `children` says how many groups it has."""

    level: str = Field(min_length=1, max_length=100)
    count: int | None = Field(None, ge=1, le=10_000_000)
    names: list[str] | None = None
    children: list[int] | None = Field(None, description="Number of groups of this level in each group above.")
    sizes: Sizes = Sizes()

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        fields = [name for name in ("count", "names", "children") if getattr(self, name) is not None]
        if not fields or ("count" in fields and len(fields) > 1):
            raise ValueError("give exactly one of 'count', 'names' and 'children' (but names may go with children)")
        if self.children is not None and (not self.children or min(self.children) < 1):
            raise ValueError("every entry of 'children' must be at least 1")
        if self.names is not None and len(set(self.names)) != len(self.names):
            raise ValueError("the names of a level must all differ")
        if self.names is not None and self.children is not None and sum(self.children) != len(self.names):
            raise ValueError(f"'children' sum to {sum(self.children)}, but {len(self.names)} names are given")
        return self

    @property
    def size(self) -> int:
        """Number of groups of this level."""
        if self.count is not None:
            return self.count
        return len(self.names) if self.names is not None else sum(self.children or [])


class PeerTies(Table):
    """Who is in touch with whom."""

    picks_in_lowest_level: float = parameter(
        2.0, "Peers each service picks in its own lowest-level group; a fraction is a chance of one more.",
        label="Peers in its own group", unit="picks", bounds=(0.0, 20.0), plausible=(1.0, 6.0),
    )
    picks_in_next_level: float = parameter(
        1.0, "Peers each service picks in the group one level up.", label="Peers one level up", unit="picks",
        bounds=(0.0, 20.0), plausible=(0.0, 3.0),
    )
    picks_anywhere: float = parameter(
        0.3, "Peers each service picks anywhere.", label="Peers anywhere", unit="picks", bounds=(0.0, 20.0),
        plausible=(0.0, 2.0), source="weak ties: Granovetter 1973",
    )
    homophily_distance: float = parameter(
        1.5, "Difference in context at which a tie counts half; inf: all ties alike.",
        label="How different in context peers may be", unit="units of context", bounds=(0.0, math.inf), above=0.0,
        plausible=(0.5, 5.0), symbol="tau_h", infinite=True,
    )


class Affinity(Table):
    """Ties made where nobody publishes ties, from what services read from files share; beside those of peer_ties."""

    groups: list[str] = Field(
        default_factory=list,
        description="Columns of the table of services that name further groups whose members may be in touch: a "
        "federation, a training hub, a postcode (of which the first part counts).",
    )
    picks_in_groups: float = parameter(
        1.0, "Peers each service picks in each of its groups of 'groups'.", label="Peers in each further group",
        unit="picks", bounds=(0.0, 20.0), plausible=(0.0, 3.0),
    )
    picks_nearby: float = parameter(
        0.0, "Peers each service picks among those nearest to it on the map (map_x, map_y).", label="Peers nearby",
        unit="picks", bounds=(0.0, 20.0), plausible=(0.0, 4.0),
    )
    picks_alike: float = parameter(
        0.0, "Peers each service picks among those most like it in the attributes that files hold.",
        label="Peers most like it", unit="picks", bounds=(0.0, 20.0), plausible=(0.0, 4.0),
    )
    candidates: int = parameter(
        10, "Number of nearest, or most similar, services among which a service picks.", unit="services",
        bounds=(1, 1000), plausible=(5, 50),
    )

    @property
    def is_used(self) -> bool:
        """Whether any tie may come of it."""
        return bool(self.groups) or self.picks_nearby > 0.0 or self.picks_alike > 0.0


class Generator(Table):
    """Shape of the generated networks other than the nested hierarchy."""

    neighbours: int = parameter(
        6, "Ties of each service in a ring lattice or small world (even).", unit="ties", bounds=(2, 1000),
        plausible=(2, 12), evidence="design", source="Watts, Strogatz 1998",
    )
    rewiring: float = parameter(
        0.1, "Chance that a tie of the small world is rewired.", unit="probability", plausible=(0.0, 1.0),
        evidence="design", source="Watts, Strogatz 1998",
    )
    attachments: int = parameter(
        3, "Ties that each new service of a scale-free network makes.", unit="ties", bounds=(1, 1000),
        plausible=(1, 6), evidence="design", source="Barabasi, Albert 1999",
    )
    mean_degree: float = parameter(
        6.0, "Mean number of ties in a random network.", unit="ties", bounds=(0.0, 10_000.0), plausible=(1.0, 12.0),
        evidence="design", source="Erdos, Renyi 1959",
    )
    branching: int = parameter(
        2, "Children of each service in a tree of peers.", unit="ties", bounds=(1, 1000), plausible=(1, 6),
        evidence="design", source="design",
    )


def default_hierarchy() -> list[Level]:
    """Return 4 regions, 16 systems and 80 neighbourhoods.

    Returns
    -------
    Levels, from the top down.

    Examples
    --------
    >>> [(level.level, level.count) for level in default_hierarchy()]
    [('region', 4), ('system', 16), ('neighbourhood', 80)]
    """
    return [
        Level(level="region", count=4),
        Level(level="system", count=16),
        Level(level="neighbourhood", count=80),
    ]


class NetworkTable(NetworkFileOptions):
    """The network: hierarchy and peer ties, generated or read from files."""

    source: NetworkSource = parameter(
        "nested-hierarchy", "How the network is made.", label="How the network is made", unit="choice", bounds=None,
        evidence="design", source="design",
    )
    services: int = parameter(
        480, "Number of services.", label="Services", unit="services", bounds=(1, 100_000_000), plausible=(50, 5000),
        evidence="design", source="design",
    )
    hierarchy: list[Level] = Field(default_factory=default_hierarchy)
    group_sizes: Sizes = Sizes()
    redraw: bool = parameter(
        True, "Each replicate draws its own ties and services; false: one draw, replicate 0, for all.",
        label="New ties in every run", unit="yes or no", bounds=None, evidence="design", source="design",
    )
    generated: list[str] = Field(
        default_factory=list, description="What no one has published and is therefore generated, for the report."
    )
    peer_ties: PeerTies = PeerTies()
    affinity: Affinity = Affinity()
    generator: Generator = Generator()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.source == "file") != (self.path is not None):
            raise ValueError("source = \"file\" needs 'path', and no other source has one")
        groups_above = 1
        for level in self.hierarchy:
            who, above = f"level '{level.level}'", groups_above
            if level.children is not None and len(level.children) != above:
                raise ValueError(f"{who}: 'children' has {len(level.children)} entries for {above} groups above")
            if level.size < above:
                raise ValueError(f"{who} has {level.size} groups, fewer than the {above} above it")
            groups_above = level.size
        if self.source not in ("file", "graph") and self.services < groups_above:
            raise ValueError(f"{self.services} services cannot fill {groups_above} lowest-level groups")
        n_counted = None if self.group_sizes.counts is None else sum(self.group_sizes.counts.values())
        if n_counted is not None and n_counted != groups_above:
            raise ValueError(f"group_sizes.counts describe {n_counted} groups, the hierarchy has {groups_above}")
        for level in self.hierarchy:
            if level.level in RESERVED_LEVELS:
                raise ValueError(f"a level cannot be called '{level.level}': a column of the results has that name")
        names = [level.level for level in self.hierarchy]
        if len(set(names)) != len(names):
            raise ValueError("levels of the hierarchy must have different names")
        ties = self.peer_ties
        if sum(map(math.ceil, (ties.picks_in_lowest_level, ties.picks_in_next_level, ties.picks_anywhere))) > 63:
            raise ValueError("a service can pick at most 63 peers")
        affinity = self.affinity
        if affinity.is_used and self.source != "file":
            raise ValueError("network.affinity acts only on services read from files (source = \"file\")")
        if len(affinity.groups) > 16:
            raise ValueError("network.affinity.groups can name at most 16 columns")
        picks = len(affinity.groups) * math.ceil(affinity.picks_in_groups)
        if picks + math.ceil(affinity.picks_nearby) + math.ceil(affinity.picks_alike) > 63:
            raise ValueError("a service can pick at most 63 peers by affinity")
        if self.source in ("ring-lattice", "small-world") and self.generator.neighbours % 2:
            raise ValueError("generator.neighbours must be even")
        return self


class ScheduleEntryBase(BalanceLevers):
    """From `month` on, the levers named hold until another entry names them."""

    month: int = Field(ge=0, le=1200)


def _optional(table: type[Table], names: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Return the fields of `table`, each optional: absent means 'as in the scenario'."""
    fields: dict[str, Any] = {}
    for name, field in table.model_fields.items():
        if names is not None and name not in names:
            continue
        explanation = Field(description=field.description, json_schema_extra=field.json_schema_extra)
        fields[name] = (Annotated[field.annotation | None, *field.metadata, explanation], None)  # type: ignore[operator]
    return fields


ScheduleEntry = create_model(
    "ScheduleEntry", __base__=ScheduleEntryBase, **_optional(Programme, tuple(one.name for one in SCHEDULED))
)


def fault(problem: str, remedy: str, field: str = "") -> PydanticCustomError:
    """Return an error with a remedy of its own, and with the field where that is not the one being validated.

    Parameters
    ----------
    problem, remedy, field : as of `errors.InputError`.

    Returns
    -------
    An error for pydantic.

    Examples
    --------
    >>> fault("'reech' is not a measure", "did you mean 'reach'?").type
    'fault'
    """
    return PydanticCustomError("fault", "{problem}", {"problem": problem, "remedy": remedy, "field": field})


class RuleLeversBase(BalanceLevers):
    """The levers that a rule sets."""

    @model_validator(mode="before")
    @classmethod
    def _can_be_moved(cls, values: Any) -> Any:
        if isinstance(values, Mapping):
            movable = [name for name in cls.model_fields if name != "balance"]
            elsewhere = {*Programme.model_fields, *StrategyBase.model_fields}
            for name in values:
                if name not in cls.model_fields and name in elsewhere:
                    raise fault(
                        f"'{name}' cannot be moved in the middle of a run",
                        f"a rule can set: balance, {', '.join(movable)}",
                    )
            if not values:
                raise fault("sets nothing", "name at least one lever and its value")
        return values


RuleLevers = create_model(
    "RuleLevers", __base__=RuleLeversBase, **_optional(Programme, tuple(one.name for one in SCHEDULED))
)


class StrategyRule(Table):
    """What a strategy does where its record of the month before says so."""

    when: str = Field(
        min_length=1,
        max_length=500,
        description="Comparisons of monthly measures, month and numbers, joined by and, or, not. The measures are "
        "those of the month before.",
    )
    set: RuleLevers = Field(description="Levers, and the values that they then have.")
    months: int | None = Field(
        None, ge=1, le=1200, description="How long they have them; absent: from then on, as in a schedule."
    )
    each: str | None = Field(
        None,
        max_length=100,
        description="A level of the hierarchy: each of its groups is judged on its own record, and set on its own; "
        "absent: all services together.",
    )

    @field_validator("when")
    @classmethod
    def _is_condition(cls, text: str) -> str:
        try:
            condition(text)
        except ConditionError as error:
            raise fault(error.problem, error.remedy) from None
        return text


class StrategyBase(BalanceLevers):
    """One way of driving spread."""

    title: str = Field("", max_length=200)
    codification: float | None = Field(None, ge=0, le=1, description="Codification of every component.")
    mechanism_clarity: float | None = Field(None, ge=0, le=1, description="Clarity of the mechanism.")
    overrides: dict[str, Any] = Field(default_factory=dict)
    schedule: list[ScheduleEntry] = Field(default_factory=list)
    rules: list[StrategyRule] = Field(
        default_factory=list, max_length=20, description="In each month the first that holds applies."
    )

    @model_validator(mode="after")
    def _levers_given(self) -> Self:
        missing = [name for name in SET_BY_BALANCE if getattr(self, name) is None]
        if self.balance is None and missing:
            raise ValueError(f"give 'balance', or every lever that it sets (missing: {', '.join(missing)})")
        return self


Strategy = create_model("Strategy", __base__=StrategyBase, **_optional(Programme))


def without_levers(strategy: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a strategy but its balance and what that sets: whoever moves the balance sets them anew.

    Parameters
    ----------
    strategy : fields of a strategy, by name.

    Returns
    -------
    The fields that are left.

    Examples
    --------
    >>> without_levers({"title": "Blend", "balance": 0.5, "mandate": 0.3, "support": 0.5})
    {'title': 'Blend', 'support': 0.5}
    """
    return {name: value for name, value in strategy.items() if name not in BalanceLevers.model_fields}


class FrontierTable(Table):
    """What the frontier is drawn over."""

    balances: list[float] = Field(default_factory=lambda: [i / 10 for i in range(11)], min_length=2, max_length=101)
    replicates: int | None = Field(None, ge=1, le=1_000_000)

    @field_validator("balances")
    @classmethod
    def _in_order(cls, values: list[float]) -> list[float]:
        if any(not 0 <= value <= 1 for value in values):
            raise ValueError("balances must lie between 0 and 1")
        if sorted(set(values)) != values:
            raise ValueError("balances must be in ascending order, each only once")
        return values


class Doubt(Table):
    """In which plausible worlds the strategies are compared, beside the scenario's own."""

    sets: str = Field(
        "published", min_length=1, max_length=300,
        description="Assumption sets: 'published', those that published figures allow; 'plausible', all that is held "
        "possible; 'none', the scenario's own values alone; or a CSV file beside this file. A parameter that the "
        "scenario gives another value than its default is not in doubt.",
    )
    known: list[str] = Field(
        default_factory=list,
        description="Parameters that are not in doubt although they have their default; what --set sets is added.",
    )
    beliefs: dict[str, Distribution] | None = Field(
        None,
        description="What you believe of parameters, by path, in place of the shipped belief: low, high and a "
        "distribution, which is uniform, log-uniform, triangular (with mode) or beta (with alpha and beta).",
    )
    at_least: int = parameter(
        64, "Assumption sets that are run before it is asked whether more are needed.", unit="sets",
        bounds=(2, 100_000), plausible=(64, 512), evidence="design", source="design",
    )
    at_most: int = parameter(
        512, "Most assumption sets that are run.", unit="sets", bounds=(2, 100_000), plausible=(64, 512),
        evidence="design", source="design",
    )
    replicates: int = parameter(
        4, "Paired runs of each assumption set.", unit="runs", bounds=(1, 1000), plausible=(3, 20), evidence="design",
        source="design",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.at_least > self.at_most:
            raise ValueError(f"doubt.at_least ({self.at_least}) is above doubt.at_most ({self.at_most})")
        return self


class Decision(Table):
    """What has to hold before the answer names a strategy."""

    difference_that_matters: float = parameter(
        0.02, "The least difference in benefit that is worth a choice.", unit="share of the full effect",
        plausible=(0.0, 0.1), evidence="design", source="judgement",
    )
    clearly: float = parameter(
        0.8, "Lower limit of the share of worlds in which a strategy is best, from which it is clearly best.",
        plausible=(0.6, 0.95), evidence="design", source="judgement",
    )
    probably: float = parameter(
        0.5, "The same, above which it is probably best.", plausible=(0.3, 0.8), evidence="design", source="judgement",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.probably > self.clearly:
            raise ValueError(f"decision.probably ({self.probably:g}) is above decision.clearly ({self.clearly:g})")
        return self


class Worth(Table):
    """What effort and effect are worth; where nothing is declared, nothing is said in money."""

    currency: str = parameter(
        "", "Sign or code of the money, such as £ or GBP.", label="Currency", unit="text", bounds=None,
        evidence="design", source="the user's",
    )
    staff_day: float | None = parameter(
        None, "What a staff-day costs; absent: costs stay in staff-days.", label="Cost of a staff-day",
        unit="money", bounds=(0.0, 1e9), above=0.0, plausible=(50.0, 2000.0), evidence="design", source="the user's",
    )
    full_effect_person_year: float | None = parameter(
        None, "What the full effect is worth, in a year, to a person served; absent: effects stay in person-years of "
        "full effect.", label="Worth of the full effect to a person in a year", unit="effect_unit", bounds=(0.0, 1e9),
        above=0.0, plausible=(0.0001, 1.0), evidence="design", source="the user's",
    )
    effect_unit: Literal["QALYs", "money"] = parameter(
        "QALYs", "What full_effect_person_year is in.", label="Unit of the effect", unit="choice", bounds=None,
        evidence="design", source="design",
    )
    discount_rate: float = parameter(
        0.035, "Rate at which costs and effects of later years count less, per year.", label="Discount rate",
        unit="per year", bounds=(0.0, 1.0), plausible=(0.0, 0.06), evidence="design",
        source="NICE health technology evaluations: the manual (PMG36) 2022, 4.5",
    )
    willingness: float | None = parameter(
        None, "Most that would be paid for one unit of effect, in the unit of cost.", label="Willingness to pay",
        unit="cost per unit of effect", bounds=(0.0, 1e12), above=0.0,
        plausible=(1000.0, 100_000.0), evidence="design", source="the user's",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.currency) > 10 or any(c.isspace() or c.isdigit() or not c.isprintable() for c in self.currency):
            raise ValueError("worth.currency is a sign or a code of at most 10 characters, without spaces and digits")
        is_money = self.effect_unit == "money"
        if is_money and (self.full_effect_person_year is None or self.staff_day is None):
            raise ValueError(
                "an effect in money is set against cost in money: give worth.full_effect_person_year and "
                "worth.staff_day, or effect_unit = \"QALYs\""
            )
        if is_money and self.willingness is not None:
            raise ValueError("an effect in money needs no worth.willingness; leave it out")
        if self.staff_day is not None and not self.currency:
            raise ValueError("worth.staff_day needs worth.currency, such as \"£\"")
        if self.currency and self.staff_day is None:
            raise ValueError(f"nothing is in the currency '{self.currency}'; give worth.staff_day")
        return self

    @property
    def is_declared(self) -> bool:
        """Whether the scenario says what anything is worth."""
        return (self.staff_day, self.full_effect_person_year, self.willingness) != (None, None, None)


class Scenario(Table):
    """A question, the structure it is asked of, and the strategies compared."""

    format: Literal[1] = FORMAT
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")
    title: str = Field("", max_length=300)
    question: str = Field("", max_length=1000)
    shows: str = Field("", max_length=2000)
    sources: list[str] = Field(default_factory=list)
    run: Run = Run()
    intervention: Intervention = Field(default_factory=Intervention)
    network: NetworkTable = Field(default_factory=NetworkTable)
    services: Services = Services()
    programme: Programme = Programme()
    strategies: dict[str, Strategy] = Field(min_length=1)
    frontier: FrontierTable = Field(default_factory=FrontierTable)
    behaviour: Behaviour = Behaviour()
    cost: Cost = Cost()
    doubt: Doubt = Doubt()
    decision: Decision = Decision()
    worth: Worth = Worth()

    _folder: Path | None = PrivateAttr(None)
    _sets_folder: Path | None = PrivateAttr(None)
    _settings: tuple[str, ...] = PrivateAttr(())

    def _repr_html_(self) -> str:
        rows = [
            ("question", self.question or "-"),
            ("strategies", ", ".join(self.strategies)),
            ("components", ", ".join(self.intervention.components)),
            ("network", f"a file: {self.network.path}" if self.network.path else f"{self.network.services:,} services"),
            ("run", f"{self.run.months} months, {self.run.replicates} replicates, seed {self.run.seed}"),
        ]
        return html_table(f"{self.name}: {self.title}" if self.title else self.name, rows)

    @property
    def folder(self) -> Path | None:
        """Folder that the paths of a network's files start from; None for a scenario that no file holds."""
        return self._folder

    @property
    def sets_folder(self) -> Path | None:
        """Folder of the file that names sets of parameters or assumption sets; None where no file names any."""
        return self._sets_folder

    def with_folders(self, folder: Path | None, sets_folder: Path | None = None) -> Self:
        """Return the scenario with other folders for the paths in it.

        Parameters
        ----------
        folder : that the paths of the network's files start from.
        sets_folder : that the path of the sets of parameters starts from.

        Returns
        -------
        A scenario; this one is left as it is.

        Examples
        --------
        >>> from pathlib import Path
        >>> from spreadsim.scenario.files import load_scenario
        >>> load_scenario("default").with_folders(Path("data")).folder.name
        'data'
        """
        scenario = self.model_copy()
        scenario._folder, scenario._sets_folder = folder, sets_folder
        return scenario

    @property
    def settings(self) -> tuple[str, ...]:
        """Paths of the fields that the user set beside the file: refused where data decide."""
        return self._settings

    def with_settings(self, paths: tuple[str, ...]) -> Self:
        """Return the scenario with a note of the fields that the user set beside the file.

        Parameters
        ----------
        paths : of the fields.

        Returns
        -------
        A scenario; this one is left as it is.

        Examples
        --------
        >>> from spreadsim.scenario.files import load_scenario
        >>> load_scenario("default").with_settings(("run.months",)).settings
        ('run.months',)
        """
        scenario = self.model_copy()
        scenario._settings = paths
        return scenario

    @field_validator("title", "question", "shows")
    @classmethod
    def _printable(cls, text: str) -> str:
        if not all(character.isprintable() or character == "\n" for character in text):
            raise ValueError("holds a character that cannot be printed")
        return text

    @field_validator("strategies")
    @classmethod
    def _strategy_names(cls, strategies: dict[str, Any]) -> dict[str, Any]:
        for name in strategies:
            if not strategies[name].title.isprintable():
                raise ValueError(f"the title of '{name}' holds a character that cannot be printed")
            if not name or len(name) > 60 or " - " in name or not name.isprintable():
                raise ValueError(f"'{name}' cannot name a strategy: 1 to 60 printable characters without ' - '")
        return strategies

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        components = self.intervention.components
        if not 1 <= len(components) <= MAX_COMPONENTS:
            raise ValueError(f"an intervention must have 1 to {MAX_COMPONENTS} components, found {len(components)}")
        total = math.fsum(component.weight for component in components.values())
        if abs(total - 1) > 1e-6:
            raise ValueError(f"the weights of components sum to {total:.6g}; they must sum to 1")
        for function, names in self.intervention.functions.items():
            for field in ("core", "truly_core", "complexity", "codification"):
                values = [getattr(components[name], field) for name in names]
                if len(set(values)) > 1:
                    raise ValueError(
                        f"components of one function stand or fall together: '{field}' of {' and '.join(names)} "
                        f"(function '{function}') must be the same, found {' and '.join(map(str, values))}"
                    )
        readiness = self.services.readiness
        if readiness.minimum > readiness.maximum:
            raise ValueError("services.readiness.minimum is above services.readiness.maximum")
        adoption = self.behaviour.adoption
        if adoption.threshold_most_ready > adoption.threshold_least_ready:
            raise ValueError(
                "behaviour.adoption.threshold_most_ready is above behaviour.adoption.threshold_least_ready"
            )
        if adoption.exposure_response == "independent-cascade" and self.behaviour.awareness.start != "aware":
            raise ValueError(
                "behaviour.adoption.exposure_response = \"independent-cascade\" needs behaviour.awareness.start = "
                "\"aware\": a peer persuades once, and a service that has not heard of it by then never will be"
            )
        if self.programme.stop_month < self.programme.start_month:
            raise ValueError("programme.stop_month is before programme.start_month")
        if self.network.source not in ("file", "graph"):  # whose levels are those of the files
            self._check_levels_of_rules([level.level for level in self.network.hierarchy])
        return self

    def _check_levels_of_rules(self, levels: list[str]) -> None:
        for name, strategy in self.strategies.items():
            for place, rule in enumerate(strategy.rules):
                if rule.each is not None and rule.each not in levels:
                    raise fault(
                        f"there is no level '{rule.each}'",
                        nearest(rule.each, levels) if levels else "the network has no levels: leave 'each' out",
                        f"strategies.{name}.rules.{place}.each",
                    )


__all__ = [
    "Affinity", "Decision", "Doubt", "Level", "NetworkTable", "Scenario", "Sizes", "Strategy", "Worth",
    "without_levers",
]
