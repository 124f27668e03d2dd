"""Every parameter of the model but the programme's (``levers``), declared once, and how one is declared.

What belongs here: for each parameter its name, type, unit, bounds, plausible range, default, meaning, symbol
and where the default comes from. The scenario schema, ``--set``, error texts, the resolved file, the app's
controls, the ranges of sweeps and the reference page are made from these declarations.
What does not: rules (``rules``), how files are read and merged (``scenario.document``).

*Bounds* say what has a meaning: a value outside is refused. The *plausible range* is what sliders and sweeps use:
a value outside is allowed and noted. *Evidence* is one of

- ``published``: the value is a figure of the source named;
- ``set to match``: chosen so that the model meets the published cases named;
- ``judgement``: no direct measurement stands behind it;
- ``assumed``: the same, for a rule added to make a claim testable, with a value that switches it off.

What is not known is a *belief* over the plausible range (``Declaration.belief``): triangular with its peak at the
default where a published figure stands behind that, uniform where none does, log-uniform or beta where the declaration
says so. A scenario or an experiment may state another one (`Distribution`). What a programme or a design chooses is no
belief.

A default may have been set against a published figure that a pattern of the model (``experiments/patterns.py``) is
judged by too. The declaration then names the pattern's number: for the model that figure is a target and not a test.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Self, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo

Evidence = Literal["published", "set to match", "judgement", "assumed", "design"]
Belief = Literal["uniform", "log-uniform", "triangular", "beta"]
INFINITY = math.inf


class Table(BaseModel):
    """A table of a scenario file: frozen, every key declared, no silent conversion of types."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_default=False
    )


class Distribution(Table):
    """What is believed of a number, as a file states it: an interval, and how belief is spread over it.

    Examples
    --------
    >>> Distribution(low=0.0, high=0.1, distribution="beta", alpha=3.0, beta=9.0).weights
    (3.0, 9.0)
    """

    low: float | None = Field(None, description="Lower end.")
    high: float | None = Field(None, description="Upper end.")
    distribution: Belief = Field("uniform", description="uniform, log-uniform, triangular or beta.")
    mode: float | None = Field(None, description="Peak of a triangular distribution.")
    alpha: float | None = Field(
        None, ge=0.01, le=1e6, description="Weight of the upper end of a beta distribution: after 12 of 40 cases, 12."
    )
    beta: float | None = Field(None, ge=0.01, le=1e6, description="Weight of its lower end: after 12 of 40 cases, 28.")

    @property
    def weights(self) -> tuple[float, float] | None:
        """Weights of the upper and the lower end of a beta distribution; None of another."""
        return None if self.alpha is None or self.beta is None else (self.alpha, self.beta)

    @property
    def _has_interval(self) -> bool:
        return True

    @model_validator(mode="after")
    def _is_a_distribution(self) -> Self:
        if not self._has_interval:
            return self
        if self.low is None or self.high is None:
            raise ValueError("give 'low' and 'high', or 'values'" if "values" in type(self).model_fields
                             else "give 'low' and 'high'")  # fmt: skip
        if not self.low < self.high:
            raise ValueError(f"'low' ({self.low:g}) is not below 'high' ({self.high:g})")
        if self.distribution == "log-uniform" and self.low <= 0:
            raise ValueError(f"a log-uniform distribution needs a 'low' above 0, found {self.low:g}")
        if (self.mode is not None) != (self.distribution == "triangular"):
            raise ValueError("distribution = \"triangular\" needs 'mode', and no other distribution has one")
        if self.mode is not None and not self.low <= self.mode <= self.high:
            raise ValueError(f"'mode' ({self.mode:g}) is not between 'low' and 'high'")
        is_beta = self.distribution == "beta"
        if (self.alpha is not None, self.beta is not None) != (is_beta, is_beta):
            raise ValueError("distribution = \"beta\" needs 'alpha' and 'beta', and no other distribution has them")
        return self


def parameter(
    default: Any,
    meaning: str,
    *,
    unit: str = "share",
    bounds: tuple[float, float] | None = (0.0, 1.0),
    plausible: tuple[float, float] | None = None,
    symbol: str = "",
    source: str = "",
    evidence: Evidence = "judgement",
    patterns: tuple[int, ...] = (),
    label: str = "",
    above: float | None = None,
    infinite: bool = False,
    belief: Belief | None = None,
    weights: tuple[float, float] | None = None,
    not_below: str = "",
) -> Any:
    """Declare one parameter as a pydantic field that carries all that is known of it.

    Parameters
    ----------
    default : the value where a file names none.
    meaning : what it is, in a sentence.
    unit : in words.
    bounds : lowest and highest value allowed, both included; None where any will do.
    plausible : lowest and highest value that sliders and sweeps use; None where there is no such range.
    symbol : in the equations of the model's document.
    source : where the default comes from.
    evidence : what the default rests on.
    patterns : numbers of the patterns whose published figure the default was set against.
    label : its name in the report and the app; made from its path where it has none.
    above : replaces the lower bound by one that the value has to exceed.
    infinite : whether infinity is allowed.
    belief : shape of what is believed over the plausible range; follows from the evidence where None.
    weights : of the upper and the lower end of a beta belief, its alpha and beta; None for another shape.
    not_below : path of the parameter that no value believed in lies below.

    Returns
    -------
    The field, to stand in a `Table` under the parameter's name.

    Raises
    ------
    ValueError : a beta belief without weights, or another with them.

    Examples
    --------
    >>> class Weather(Table):
    ...     rain: float = parameter(0.2, "Share of days with rain.", plausible=(0.1, 0.4), evidence="assumed")
    >>> [(d.path, d.default, d.bounds, d.plausible) for d in declarations(Weather)]
    [('rain', 0.2, (0.0, 1.0), (0.1, 0.4))]
    """
    if (weights is None) == (belief == "beta"):
        raise ValueError("a beta belief has weights of its upper and its lower end, and no other has")
    limits: dict[str, Any] = {}
    if bounds is not None:
        low, high = bounds
        if above is not None:
            limits["gt"] = above
        elif low != -INFINITY:
            limits["ge"] = low
        if high != INFINITY:
            limits["le"] = high
    if infinite:
        limits["allow_inf_nan"] = True
    extra: dict[str, Any] = {
        "unit": unit,
        "plausible": list(plausible) if plausible else None,
        "symbol": symbol,
        "source": source,
        "evidence": evidence,
        "patterns": list(patterns),
        "label": label,
        "belief": belief,
        "weights": list(weights) if weights else None,
        "not_below": not_below,
    }
    return Field(default, description=meaning, json_schema_extra={"parameter": extra}, **limits)


@dataclass(frozen=True)
class Declaration:
    """What is known of one parameter, for readers other than pydantic (reference page, sliders, sweeps).

    `kind` is ``number``, ``integer``, ``switch``, ``choice`` or ``other``; `choices` holds a choice's values; `label`
    is its name in the app, where that is not made from its path.

    Attributes
    ----------
    path : dotted, as in the scenario file.
    kind : ``number``, ``integer``, ``switch``, ``choice`` or ``other``.
    default, meaning, unit, bounds, plausible, symbol, source, evidence, patterns, label : as in `parameter`.
    choices : a choice's values.
    belief : shape over the plausible range of what is not known; None where nothing is: a choice, or a known value.
    weights, not_below : as in `parameter`.

    Examples
    --------
    >>> next(d for d in declarations(Behaviour) if d.path == "drift.rate").plausible
    (0.0, 0.03)
    """

    path: str
    kind: str
    default: Any
    meaning: str
    unit: str
    bounds: tuple[float, float] | None
    plausible: tuple[float, float] | None
    symbol: str
    source: str
    evidence: str
    choices: tuple[str, ...] = ()
    patterns: tuple[int, ...] = ()
    label: str = ""
    belief: Belief | None = None
    weights: tuple[float, float] | None = None
    not_below: str = ""


def _belief(kind: str, default: Any, known: dict[str, Any]) -> Belief | None:
    """Return the shape of what is believed of a parameter."""
    if known["belief"] is not None:
        return cast("Belief", known["belief"])
    if kind not in ("number", "integer") or known["plausible"] is None or known["evidence"] == "design":
        return None
    low, high = known["plausible"]
    is_supported = known["evidence"] in ("published", "set to match")
    return "triangular" if is_supported and low <= default <= high else "uniform"


def _kind(annotation: Any) -> tuple[str, tuple[str, ...]]:
    if annotation is float:
        return "number", ()
    if annotation is int:
        return "integer", ()
    if annotation is bool:
        return "switch", ()
    if get_origin(annotation) is Literal:
        return "choice", tuple(str(value) for value in get_args(annotation))
    if any(get_args(option)[:1] == (float,) or option is float for option in get_args(annotation)):
        return "number", ()
    return "other", ()


def _bounds(field: FieldInfo) -> tuple[float, float] | None:
    low, high, found = -INFINITY, INFINITY, False
    options = [o for o in get_args(field.annotation) if hasattr(o, "__metadata__")]
    inner = [item for option in options for constraint in option.__metadata__ for item in constraint.metadata]
    for item in [*field.metadata, *inner]:
        for name in ("ge", "gt"):
            if getattr(item, name, None) is not None:
                low, found = float(getattr(item, name)), True
        if getattr(item, "le", None) is not None:
            high, found = float(item.le), True
    return (low, high) if found else None


def declarations(table: type[BaseModel], prefix: str = "") -> Iterator[Declaration]:
    """Yield the declaration of every parameter of `table`, nested tables included, in file order.

    Parameters
    ----------
    table : a `Table`, as a class.
    prefix : put before every path.

    Yields
    ------
    A declaration a parameter.

    Examples
    --------
    >>> [d.path for d in declarations(Drift, "behaviour.drift.")][:2]
    ['behaviour.drift.rate', 'behaviour.drift.monitoring_reduction']
    """
    for name, field in table.model_fields.items():
        path = f"{prefix}{name}"
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from declarations(annotation, f"{path}.")
            continue
        extra = field.json_schema_extra
        if not isinstance(extra, dict) or "parameter" not in extra:
            continue
        known: Any = extra["parameter"]
        kind, choices = _kind(annotation)
        plausible = known["plausible"]
        yield Declaration(
            path=path,
            kind=kind,
            default=field.get_default(call_default_factory=True, validated_data={}),
            meaning=field.description or "",
            unit=known["unit"],
            bounds=_bounds(field),
            plausible=(plausible[0], plausible[1]) if plausible else None,
            symbol=known["symbol"],
            source=known["source"],
            evidence=known["evidence"],
            patterns=tuple(known["patterns"]),
            choices=choices,
            label=known["label"],
            belief=_belief(kind, field.get_default(call_default_factory=True, validated_data={}), known),
            weights=(known["weights"][0], known["weights"][1]) if known["weights"] else None,
            not_below=known["not_below"],
        )


# --------------------------------------------------------------------------------------------------------------
# Run
# --------------------------------------------------------------------------------------------------------------


class Run(Table):
    """How long, how often, and with which random numbers."""

    months: int = parameter(
        60, "Number of monthly steps; month 0 is the start.", label="Months", unit="months", bounds=(1, 1200),
        plausible=(12, 120), symbol="T", evidence="design",
        source="five years, so that two follow the end of a three-year programme",
    )
    replicates: int = parameter(
        100, "Number of paired runs of each strategy.", label="Paired runs", unit="runs", bounds=(1, 1_000_000),
        plausible=(10, 1000), evidence="design", source="design",
    )
    seed: int = parameter(
        1, "Integer from which every random number is derived.", label="Seed (of the random numbers)", unit="integer",
        bounds=(0, 2**63 - 1), evidence="design", source="design",
    )
    parameter_sets: str | None = Field(
        None, max_length=300, description="CSV file of sets of parameters, beside this file; each replicate takes one."
    )


# --------------------------------------------------------------------------------------------------------------
# Intervention
# --------------------------------------------------------------------------------------------------------------


class Component(Table):
    """One item of the intervention."""

    core: bool = parameter(
        True, "Whether the component must be kept for the improvement to work.", unit="yes or no", bounds=None,
        symbol="core", source="Hawe et al., BMJ 2004 (function and form); marked by the user",
    )
    weight: float = parameter(
        0.125, "Share of the whole intervention; the weights of all components sum to 1.",
        symbol="w", source="equal shares",
    )
    complexity: float = parameter(
        0.5, "How demanding the component is; demanding ones take longer, suffer more copying errors and are omitted "
            "more.",
        unit="0 to 1", plausible=(0.0, 1.0), symbol="c", source="Rogers 2003; Greenhalgh et al. 2017 (NASSS)",
    )
    codification: float = parameter(
        0.35, "How fully the component is written down as a template that an adopter can read.",
        label="How much is written down", unit="0 to 1", plausible=(0.0, 1.0), symbol="kappa",
        source="Horton et al. 2018; Winter et al., Organ Sci 2012;23:672",
    )
    truly_core: bool | None = Field(
        None, description="Whether the component is core, whatever people believe: they act on `core`, the effect "
        "follows this. Absent: as believed.",
    )
    function: str | None = Field(
        None, min_length=1, max_length=100,
        description="What the component is for. Components of one function stand or fall together, so that listing "
        "them one by one changes nothing; absent: a function of its own.",
    )


def default_components() -> dict[str, Component]:
    """Return the illustrative pathway: four core components, then four adaptable ones.

    Returns
    -------
    Components by name.

    Examples
    --------
    >>> [name for name, component in default_components().items() if component.core]
    ['risk-assessment', 'named-coordinator', 'shared-care-plan', 'review-meeting']
    """
    core = ("risk-assessment", "named-coordinator", "shared-care-plan", "review-meeting")
    adaptable = ("referral-route", "team-roles", "patient-materials", "visit-schedule")
    return {name: Component(core=name in core) for name in core + adaptable}


class Intervention(Table):
    """The thing that spreads, itemised."""

    title: str = Field("A pathway of eight components (illustrative)", max_length=200)
    mechanism_clarity: float = parameter(
        0.5, "How well people know why the components work.", label="People know why it works", unit="0 to 1",
        plausible=(0.0, 1.0), symbol="mu", source="Horton et al. 2018 (clarity of the change mechanism)",
    )
    core_exponent: int = parameter(
        1, "How steeply the effect falls as core components are lost.", unit="power", bounds=(1, 3), plausible=(1, 3),
        symbol="gamma", evidence="set to match", patterns=(15,),
        source="effect 2-3 times larger at core fidelity .9 than .6: Durlak & DuPre 2008;41:327",
    )
    components: dict[str, Component] = Field(default_factory=default_components)

    @property
    def functions(self) -> dict[str, list[str]]:
        """Names of the components of each function, in order of first appearance in the file.

        Examples
        --------
        >>> from spreadsim.parameters import Component, Intervention
        >>> referral = Component(function="referral")
        >>> parts = {"form": referral, "review": Component(), "phone": referral}
        >>> Intervention(components=parts).functions
        {'referral': ['form', 'phone'], 'review': ['review']}
        """
        members: dict[str, list[str]] = {}
        for name, component in self.components.items():
            members.setdefault(component.function or name, []).append(name)
        return members

    def together_with(self, name: str) -> list[str]:
        """Return the names of the components that stand or fall together with one, it included.

        Parameters
        ----------
        name : of a component.

        Returns
        -------
        list[str]
            The components of its function, in the file's order.

        Raises
        ------
        KeyError : no component has this name.

        Examples
        --------
        >>> from spreadsim.parameters import Component, Intervention
        >>> referral = Component(function="referral")
        >>> parts = {"form": referral, "review": Component(), "phone": referral}
        >>> Intervention(components=parts).together_with("phone")
        ['form', 'phone']
        """
        return self.functions[self.components[name].function or name]


# --------------------------------------------------------------------------------------------------------------
# Services
# --------------------------------------------------------------------------------------------------------------

_SLOPE = "standard deviations per standard deviation of deprivation"


class Readiness(Table):
    """Commitment and efficacy of a service (Weiner 2009)."""

    mean: float = parameter(
        0.5, "Mean readiness of services.", unit="0 to 1", plausible=(0.3, 0.7), symbol="r",
        source="Weiner, Implement Sci 2009; scale as ORIC (Shea 2014)",
    )
    standard_deviation: float = parameter(
        0.2, "Spread of readiness between services.", unit="0 to 1", plausible=(0.1, 0.3), source="ORIC-like",
    )
    minimum: float = parameter(0.02, "Lowest readiness a service can have.", unit="0 to 1", bounds=(0.001, 0.999))
    maximum: float = parameter(0.98, "Highest readiness a service can have.", unit="0 to 1", bounds=(0.001, 0.999))
    deprivation_slope: float = parameter(
        -0.35, "How readiness changes with deprivation.", unit=_SLOPE, bounds=(-1.0, 1.0), plausible=(-0.5, 0.0),
        symbol="slope", source="inverse care: Tudor Hart 1971; Victora 2000; Health Foundation 2022",
    )


class Capability(Table):
    """Skill in making change happen."""

    mean: float = parameter(
        0.5, "Mean capability for improvement.", unit="0 to 1", plausible=(0.3, 0.7), symbol="q",
        source="scale as readiness",
    )
    standard_deviation: float = parameter(
        0.2, "Spread of capability between services.", unit="0 to 1", plausible=(0.1, 0.3), source="as readiness",
    )
    deprivation_slope: float = parameter(
        -0.35, "How capability changes with deprivation.", unit=_SLOPE, bounds=(-1.0, 1.0), plausible=(-0.5, 0.0),
        source="inverse care, as for readiness",
    )


class AdaptationTendency(Table):
    """How far a service tends to make things its own."""

    mean: float = parameter(
        0.5, "Mean tendency to adapt.", unit="0 to 1", plausible=(0.3, 0.7), symbol="a",
        source="Rogers 2003 (re-invention)",
    )
    standard_deviation: float = parameter(
        0.2, "Spread of the tendency between services.", unit="0 to 1", plausible=(0.1, 0.3), source="as readiness",
    )


class Context(Table):
    """How far local circumstances lie from the originators'."""

    mean: float = parameter(
        0.0, "Mean context: how far services as a whole are from the originators' circumstances.",
        unit="fit distances", bounds=(-100.0, 100.0), plausible=(0.0, 2.0), symbol="mx", evidence="assumed",
        source="0: the originators are typical of those who follow",
    )
    standard_deviation: float = parameter(
        1.0, "Spread of contexts; at a distance of one fit_distance the fit is one half.",
        label="How different contexts are", unit="fit distances", bounds=(0.0, 100.0), plausible=(0.0, 2.0),
        symbol="sx",
    )
    intraclass_correlation: float = parameter(
        0.5, "Share of the variance of context that lies between lowest-level groups.", plausible=(0.0, 0.9),
        symbol="icc",
    )


class Deprivation(Table):
    """Deprivation of the population served; higher is more deprived."""

    intraclass_correlation: float = parameter(
        0.4, "Share of the variance of deprivation that lies between lowest-level groups.", plausible=(0.0, 0.9),
    )


class Population(Table):
    """People served by a service."""

    distribution: Literal["lognormal"] = Field("lognormal")
    median: float = parameter(
        8519.0, "Median number of people served by a service.", unit="people", bounds=(1.0, 1e9),
        plausible=(1000.0, 50_000.0), source="mean 9,650: English general practice, about 2021",
    )
    log_standard_deviation: float = parameter(
        0.5, "Standard deviation of the natural logarithm of population.", unit="log people", bounds=(0.0, 3.0),
        plausible=(0.0, 1.0), source="skew of practice list sizes",
    )


class Services(Table):
    """Distributions from which attributes are drawn where no data are given."""

    regional_intraclass_correlation: float = parameter(
        0.2, "Share of the variance of context, readiness and capability that lies between top-level groups.",
        bounds=(0.0, 0.9), plausible=(0.05, 0.4), symbol="rho",
        source="regional variability of GP turnover (BMJ Open 2021); no measurement of the size",
    )
    readiness: Readiness = Readiness()
    capability: Capability = Capability()
    adaptation_tendency: AdaptationTendency = AdaptationTendency()
    context: Context = Context()
    deprivation: Deprivation = Deprivation()
    population: Population = Population()


# --------------------------------------------------------------------------------------------------------------
# Behaviour
# --------------------------------------------------------------------------------------------------------------

_MONTHLY = "per month"


class Awareness(Table):
    """Hearing of the improvement."""

    broadcast_rate: float = parameter(
        0.06, "Monthly chance of hearing from the programme while it runs.", unit=_MONTHLY,
        plausible=(0.01, 0.2), belief="log-uniform", symbol="a_b",
    )
    exposure_rate: float = parameter(
        0.5, "Monthly chance of hearing from peers, at full exposure.", unit=_MONTHLY, plausible=(0.0, 1.0),
        symbol="a_e",
    )
    start: Literal["unaware", "aware"] = parameter(
        "unaware", "What services other than starting sites know at month 0.", unit="choice", bounds=None,
        evidence="design", source="'aware' is for the limiting cases and for calibration",
    )


class Adoption(Table):
    """Deciding to adopt of one's own accord."""

    external_influence: float = parameter(
        0.007, "Monthly chance of deciding without peers; halved when the programme is not running.", unit=_MONTHLY,
        plausible=(0.0025, 0.03), symbol="p", evidence="set to match", patterns=(2,),
        source="Sultan, Farley, Lehmann 1990;27:70 (.03 a year); McCannon, BMJ 2006;332:1328 for the top",
    )
    peer_influence_unaided: float = parameter(
        0.03, "Monthly chance of deciding at full exposure to peers, with no peer programme.", unit=_MONTHLY,
        plausible=(0.015, 0.06), symbol="q0", evidence="set to match", source="Sultan et al. 1990 (.38 a year)",
    )
    peer_influence_facilitated: float = parameter(
        0.28, "The same with a full peer programme.", unit=_MONTHLY, plausible=(0.05, 0.6), symbol="q1",
        evidence="set to match", patterns=(2,),
        source="set so that facilitated spread fits a Bass q near 1 a year; McCannon 2006",
    )
    exposure_response: Literal["saturating", "linear", "threshold", "independent-cascade"] = parameter(
        "saturating", "How exposure to peers becomes influence.", unit="choice", bounds=None, symbol="G",
        source="Granovetter 1978; Valente 1996;18:60; Kempe, Kleinberg, Tardos 2003 for the cascade",
    )
    cascade_probability: float = parameter(
        0.1, "Chance that one newly embedded peer persuades, once; used only by independent-cascade.",
        unit="per newly embedded peer", plausible=(0.01, 0.5), symbol="beta", evidence="design",
        source="Kempe, Kleinberg, Tardos 2003; for the limiting cases",
    )
    threshold_most_ready: float = parameter(
        0.05, "Exposure at which the readiest service responds by half.", unit="exposure", plausible=(0.0, 0.6),
        symbol="th_lo", source="Valente 1996; Granovetter 1978",
    )
    threshold_least_ready: float = parameter(
        0.35, "The same for the least ready service.", unit="exposure", plausible=(0.0, 0.6), symbol="th_hi",
        not_below="behaviour.adoption.threshold_most_ready", source="Valente 1996; Granovetter 1978",
    )
    observability: float = parameter(
        0.7, "How far a peer's results, rather than its mere adoption, persuade.", unit="0 to 1",
        plausible=(0.0, 1.0), symbol="chi", source="Rogers 2003 (observability)",
    )
    discouragement: float = parameter(
        0.3, "How much a peer that stopped counts against adoption.", unit="embedded peers", bounds=(0.0, 10.0),
        plausible=(0.0, 1.0), symbol="nu",
    )
    readoption_ratio: float = parameter(
        0.25, "Chance of deciding again after stopping, relative to a first decision.", unit="ratio",
        plausible=(0.0, 1.0), symbol="c_re",
    )


class Engagement(Table):
    """Whether a service takes the change on in earnest; factors multiply its odds."""

    gate: bool = parameter(
        True, "False: every service that decides engages; for the limiting cases.", unit="yes or no", bounds=None,
        symbol="gate", evidence="design", source="design",
    )
    support_odds: float = parameter(
        0.3, "Gain in odds from full support: odds times 1 + this.", unit="odds", bounds=(0.0, 100.0),
        plausible=(0.1, 1.0), symbol="k_sup", evidence="set to match", patterns=(10,),
        source="odds ratio 2.76 (2.18-3.43) of facilitation as a whole, which also speeds, copies and prepares: "
        "Baskerville 2012;10:63",
    )
    co_production_odds: float = parameter(
        1.0, "Gain in odds from full co-production.", unit="odds", bounds=(0.0, 100.0), plausible=(0.0, 3.0),
        symbol="k_cop",
    )
    peer_odds: float = parameter(
        2.0, "Gain in odds at full response to peers.", unit="odds", bounds=(0.0, 100.0), plausible=(0.0, 3.0),
        symbol="k_peer",
    )
    reactance: float = parameter(
        1.5, "Loss of odds under a full mandate without co-production.", unit="odds", bounds=(0.0, 100.0),
        plausible=(0.0, 3.0), symbol="k_react", evidence="set to match", patterns=(5,),
        source="name-only cases: Pickering 2013; Dixon-Woods 2013;8:70",
    )
    misfit_penalty: float = parameter(
        1.0, "Loss of odds when a mandated package may not be adapted to a different context.", unit="ratio",
        bounds=(0.0, 100.0), plausible=(0.0, 3.0), symbol="k_fit",
    )


class Appraisal(Table):
    """Asking what a start takes and whether one is ready for it, and preparing until one is."""

    applies: bool = parameter(
        True, "Whether a service that is minded to start first asks whether it is ready; if it is not, it prepares.",
        unit="yes or no", bounds=None, symbol="appraise", evidence="assumed",
        source="readiness as an appraisal of demands, resources and situation: Weiner, Implement Sci 2009",
    )
    readiness_threshold: float = parameter(
        3.0, "Odds of engaging from which a service is ready.", unit="odds", bounds=(0.0, 1000.0),
        plausible=(1.0, 5.0), symbol="ready", source="about two in three are ready at first sight with a programme",
    )
    error: float = parameter(
        1.5, "How far off a service's judgement of what a start takes is, relative to it, for one unlisted item.",
        unit="standard deviations, relative", bounds=(0.0, 5.0), plausible=(0.5, 3.0), symbol="s_app",
        evidence="assumed", source="unpacked tasks are judged better: Kruger & Evans, J Exp Soc Psychol 2004;40:586",
    )
    preparation_rate: float = parameter(
        0.05, "Share of the gap to full readiness that a month of preparing closes.", unit=_MONTHLY,
        plausible=(0.02, 0.15), symbol="g_r", evidence="assumed",
        source="completing the steps before start-up predicts it: Saldana 2012",
    )


class Mandate(Table):
    """What an instruction from above does."""

    compliance_rate: float = parameter(
        0.25, "Monthly chance of acting on the instruction, at full mandate.", unit=_MONTHLY,
        plausible=(0.05, 1.0), belief="log-uniform", symbol="m_max",
    )
    months_per_level: int = parameter(
        2, "Months that an instruction takes to pass one level of the hierarchy.", unit="months per level",
        bounds=(0, 120), plausible=(0, 6), symbol="lag",
    )
    conversion_rate: float = parameter(
        0.03, "Monthly chance that a name-only adopter takes it on in earnest, at full engagement and influence.",
        unit=_MONTHLY, plausible=(0.0, 0.1), symbol="c_conv", source="no data: the most decisive unknown",
    )
    lapse_rate: float = parameter(
        0.03, "Monthly chance that a nominal adoption lapses without a mandate.", unit=_MONTHLY,
        plausible=(0.0, 0.1), symbol="c_relapse",
    )
    delivery_in_name_only: float = parameter(
        0.15, "Share of the effect delivered where adoption is in name only.", unit="share of effect",
        plausible=(0.0, 0.4), symbol="phi_N", source="low: Urbach, NEJM 2014",
    )


class Implementation(Table):
    """From decision to routine."""

    months_to_embed: float = parameter(
        9.0, "Months to embed at complexity and capability 0.5, without support; 0: at once, for limiting cases.",
        unit="months", bounds=(0.0, 600.0), plausible=(1.0, 24.0), symbol="T0",
        source="Schouten 2008 (collaboratives) to Fixsen 2005 (2-4 years)",
    )
    abandonment_rate: float = parameter(
        0.04, "Monthly chance of giving up, at engagement one half.", unit=_MONTHLY, plausible=(0.01, 0.08),
        symbol="ab0", patterns=(19,),
        source="judgement, with 58.5% of sites that reach competence in view: Wong 2022",
    )
    unreadiness_multiplier: float = parameter(
        3.0, "How much more often a service gives up that was not ready at all.", unit="ratio", bounds=(0.0, 10.0),
        plausible=(1.0, 5.0), symbol="k_unr", evidence="assumed", patterns=(23,),
        source="direction: Saldana 2012; no size",
    )


class Sustainment(Table):
    """Whether what is embedded lasts."""

    discontinuation_rate: float = parameter(
        0.0065, "Monthly chance of stopping at full effect, full ownership and capability one half.", unit=_MONTHLY,
        plausible=(0.002, 0.03), belief="log-uniform", symbol="d0", evidence="set to match", patterns=(11,),
        source="Wong 2022;3:2; Nevedal 2024;19:34; Bradley 2005;53:1455",
    )
    ineffectiveness_multiplier: float = parameter(
        3.0, "How much sooner a service stops when the effect is nil.", unit="ratio", bounds=(0.0, 100.0),
        plausible=(0.0, 6.0), symbol="k_eff", evidence="set to match", patterns=(11,),
        source="direction: Scheirer, Am J Eval 2005;26:320 (visible benefit); size with d0",
    )
    lack_of_ownership_multiplier: float = parameter(
        1.5, "How much sooner a service stops when the change is not its own.", unit="ratio", bounds=(0.0, 100.0),
        plausible=(0.0, 3.0), symbol="k_own", evidence="set to match", patterns=(11,),
        source="with d0: Wong 2022;3:2; Nevedal 2024;19:34; Bradley 2005;53:1455",
    )
    support_multiplier: float = parameter(
        1.0, "How much longer full support keeps a service going, where it reaches embedded services.", unit="ratio",
        bounds=(0.0, 100.0), plausible=(0.0, 3.0), symbol="k_sus", source="Parchman 2013;8:93",
    )
    capability_weight: float = parameter(
        1.0, "How much longer capable services keep going.", unit="ratio", bounds=(0.0, 10.0), plausible=(0.5, 2.0),
        symbol="k_cap",
    )
    ownership_when_mandated: float = parameter(
        0.2, "Ownership of a mandated change without co-production.", unit="0 to 1",
        plausible=(0.0, 1.0), symbol="own_m",
    )
    incentive_multiplier: float = parameter(
        0.5, "How much longer a full incentive keeps a service going.", unit="ratio", bounds=(0.0, 5.0),
        plausible=(0.2, 1.0), symbol="k_inc", evidence="set to match", patterns=(17, 18),
        source="what Scottish practices kept when pay for it stopped: Morales et al., BMJ 2023;380:e072098",
    )
    incentive_withdrawal_rate: float = parameter(
        0.03, "Monthly chance of stopping, or of letting a nominal adoption lapse, in the month after a full incentive "
        "that services were used to is withdrawn.", unit=_MONTHLY, bounds=(0.0, 0.2), plausible=(0.01, 0.06),
        symbol="w_pay", evidence="set to match",
        patterns=(17, 18), source="as incentive_multiplier",
    )


class Turnover(Table):
    """People leave, and others come."""

    rate: float = parameter(
        0.01, "Monthly chance that the people leave who know how it works.", unit=_MONTHLY, plausible=(0.006, 0.035),
        symbol="h_turn", evidence="published", patterns=(22,),
        source="11.5% of nurses in a year (England 2022); 25-50% a year in US mental health: Woltmann 2008",
    )
    knowledge_loss: float = parameter(
        0.4, "Chance that a function of which nothing is written down loses part of itself when they leave.",
        unit="per function and turnover", plausible=(0.2, 0.6), symbol="l_turn", evidence="set to match",
        patterns=(16,), source="fidelity and team turnover: Woltmann 2008",
    )


class Pressure(Table):
    """Times in which a whole group of services has other priorities: winter, mergers, crises."""

    rate: float = parameter(
        0.03, "Monthly chance that a group comes under pressure.", unit=_MONTHLY, plausible=(0.01, 0.06),
        symbol="p_press", evidence="set to match", patterns=(22,),
        source="51% of 987 practices disrupted in 3-15 months: Hemler; 58 and 32%: Mold (Oklahoma)",
    )
    months: int = parameter(
        6, "Months that pressure lasts.", unit="months", bounds=(1, 120), plausible=(3, 12), symbol="D_press",
    )
    effect: float = parameter(
        1.0, "Odds of engaging and progress are divided by 1 + this, and stopping is multiplied by it.", unit="ratio",
        bounds=(0.0, 5.0), plausible=(0.5, 2.0), symbol="k_press", evidence="assumed",
    )
    level: int = parameter(
        2, "Level of the hierarchy, from the top, whose groups come under pressure together; the lowest if there are "
        "fewer.", unit="level", bounds=(1, 20), plausible=(1, 3), symbol="level", evidence="design",
        source="the second level: systems of an English region",
    )


class Adaptation(Table):
    """Fitting the form to the local context."""

    fit_distance: float = parameter(
        1.0, "Distance in context at which the fit is one half.", unit="units of context",
        bounds=(0.0, INFINITY), above=0.0, plausible=(0.5, 2.0), symbol="tau", infinite=True,
    )
    adjustment_rate: float = parameter(
        0.15, "Share of the remaining gap in form that is closed each month.", unit=_MONTHLY,
        plausible=(0.02, 0.5), belief="log-uniform", symbol="g0",
    )
    core_erosion_rate: float = parameter(
        0.0, "Monthly chance that adapting while implementing costs part of a core component, however little is "
        "changed.",
        unit="per month and core component", plausible=(0.0, 0.15), symbol="eta",
        source="Winter et al. 2012 against Hall 2016",
    )
    misjudgement: float = parameter(
        1.0, "How far a context is misread where the mechanism is unclear; 0: never.", unit="units of context",
        bounds=(0.0, 10.0), plausible=(0.0, 2.0), symbol="s_mis", evidence="assumed",
    )
    core_damage_rate: float = parameter(
        0.4, "Chance that moving the form one fit distance from the published one damages a core function that nobody "
        "guards; it grows with the square of the distance. 0: adapting the form harms nothing.",
        unit="per square fit distance", bounds=(0.0, 5.0), plausible=(0.2, 1.0), symbol="eta2",
        evidence="set to match", patterns=(20,),
        source="Stirman 2017; Moore 2013: most unassisted adaptations were not aligned with the programme",
    )
    co_production_licence: float = parameter(
        0.5, "How far full co-production with patients licenses the adaptation of a version, and guards it.",
        plausible=(0.25, 0.75), symbol="c_co", evidence="assumed",
    )
    learning_rate: float = parameter(
        0.15, "Share of its misreading that a team loses in a month of full use of tests, at capability one half.",
        unit=_MONTHLY, plausible=(0.05, 0.3), symbol="g_pdsa", source="Taylor 2014; Knudsen 2019 (plan-do-study-act)",
    )
    second_form_fit: float = parameter(
        0.9, "Fit of a second form that works in a service's context; 0: only one form does.",
        plausible=(0.5, 1.0), symbol="y_h", evidence="assumed",
    )
    second_form_distance: float = parameter(
        1.0, "Spread of the distance between the first and the second form.", unit="units of context",
        bounds=(0.0, 3.0), plausible=(0.5, 1.5), symbol="y_D", evidence="assumed",
    )
    minimum_latitude: float = parameter(
        0.05, "Latitude left under a fixed intervention.", unit="lever", plausible=(0.0, 0.3), symbol="P_min",
        source="some change always happens: Durlak & DuPre 2008",
    )


class Copying(Table):
    """What arrives when one service learns from another."""

    error_from_peer: float = parameter(
        0.15, "Chance that a component is damaged when copied from a peer.", unit="per component and transfer",
        plausible=(0.0, 0.5), symbol="e_peer", source="Pearce 2012 (train-the-trainer); HSW 2008: weak",
    )
    error_from_specification: float = parameter(
        0.05, "The same when learning from the published specification.", unit="per component and transfer",
        plausible=(0.0, 0.5), symbol="e_spec",
    )
    error_from_hierarchy: float = parameter(
        0.05, "The same at each level that a directive passes.", unit="per component and transfer",
        plausible=(0.0, 0.5), symbol="e_casc", source="one document, one error rate",
    )
    omission_rate: float = parameter(
        0.1, "Chance that a team with latitude leaves a component out at the start; 0: nothing is left out.",
        unit="per component and entry", plausible=(0.0, 0.5), symbol="o0", evidence="assumed",
    )
    core_omission_by_square: bool = parameter(
        True, "Whether leaving out core components grows with the square of the latitude.", unit="yes or no",
        bounds=None, symbol="lat2", evidence="assumed", source="small freedoms seldom reach the core",
    )
    component_loss: float = parameter(
        0.5, "Share of a component lost in one error, and regained in one repair.", unit="share of component",
        plausible=(0.2, 1.0), symbol="lam",
    )
    support_error_reduction: float = parameter(
        1.0, "How far full support reduces copying errors.", unit="ratio", bounds=(0.0, 100.0),
        plausible=(0.0, 2.0), symbol="b_err",
    )
    second_leader_error_ratio: float = parameter(
        0.5, "Copying error from a second leader relative to other peers.", unit="ratio", plausible=(0.0, 1.0),
        symbol="e_L",
    )


class Drift(Table):
    """Unintended loss over time, and repair."""

    rate: float = parameter(
        0.01, "Monthly chance that an embedded component loses part of itself.", unit="per month and component",
        bounds=(0.0, 0.2), plausible=(0.0, 0.03), symbol="dr0",
        source="Chambers, Glasgow, Stange 2013;8:117 (drift is an assumption, not a law)",
    )
    monitoring_reduction: float = parameter(
        0.7, "How far full monitoring reduces drift.", unit="share", plausible=(0.0, 1.0), symbol="u_dr",
    )
    repair_rate: float = parameter(
        0.03, "Monthly chance that a fully codified component is repaired under full audit.",
        unit="per month and component", bounds=(0.0, 0.5), plausible=(0.0, 0.1), symbol="rep0",
    )
    repair_without_audit: float = parameter(
        0.2, "Share of the repair rate that rereading the template gives, for core components only.",
        unit="share", plausible=(0.0, 1.0), symbol="r0", evidence="assumed",
    )
    repair_from_peers: float = parameter(
        0.01, "Monthly chance that a core component is repaired at full exposure to peers.",
        unit="per month and core component", bounds=(0.0, 0.5), plausible=(0.0, 0.05), symbol="rep_peer",
        evidence="assumed",
    )


class SecondLeaders(Table):
    """Services that emerge as leaders of spread after the originators."""

    emergence_probability: float = parameter(
        0.5, "Chance that a service becomes a second leader on embedding, at full celebration and effect.",
        unit="probability", plausible=(0.0, 1.0), symbol="pi_L", source="Flodgren, Cochrane CD000125, 2019",
    )
    persuasion_multiplier: float = parameter(
        1.0, "How much more a second leader persuades than another embedded peer.", unit="ratio", bounds=(0.0, 100.0),
        plausible=(0.0, 2.0), symbol="k_L", source="Flodgren, Cochrane CD000125, 2019",
    )


class Behaviour(Table):
    """How services behave: the parameters of the rules."""

    awareness: Awareness = Awareness()
    adoption: Adoption = Adoption()
    engagement: Engagement = Engagement()
    appraisal: Appraisal = Appraisal()
    mandate: Mandate = Mandate()
    implementation: Implementation = Implementation()
    sustainment: Sustainment = Sustainment()
    turnover: Turnover = Turnover()
    pressure: Pressure = Pressure()
    adaptation: Adaptation = Adaptation()
    copying: Copying = Copying()
    drift: Drift = Drift()
    second_leaders: SecondLeaders = SecondLeaders()


# --------------------------------------------------------------------------------------------------------------
# Cost
# --------------------------------------------------------------------------------------------------------------


def _cost(default: float, meaning: str) -> Any:
    return parameter(
        default, meaning, unit="staff-days", bounds=(0.0, 1e6), plausible=(0.0, 3 * default), evidence="assumed",
        source="illustrative",
    )


class Cost(Table):
    """Effort, in staff-days; all assumed."""

    programme_month: float = _cost(0.1, "Per service and month, times mandate + peer programme + monitoring.")
    implementing_month: float = _cost(2.0, "Per implementing service and month.")
    supported_month: float = _cost(3.0, "In addition, per supported service and month, times support received.")
    co_production_month: float = _cost(
        1.0, "In addition, per implementing service and month, times the mean of co-production with staff and patients."
    )
    embedded_month: float = _cost(0.1, "Per service and month, embedded or in name only.")
    second_leader_month: float = _cost(0.5, "Per second leader and month, times celebration.")
    revision: float = _cost(
        0.2, "Per service and revision of the specification: observing adopters, rewriting, publishing."
    )
    preparing_month: float = _cost(0.5, "Per service and month in which it prepares to start.")
    team_month: float = _cost(0.1, "Per service and month of the programme, times the strength of its team.")
    incentive_month: float = _cost(
        0.5, "Per service and month, implementing, embedded or in name only, times the incentive: recording, claiming."
    )
    hub_month: float = _cost(0.1, "Per service and month of the programme, times the work of regional hubs.")
    member_month: float = _cost(0.2, "Per member of a collaborative and month in which it meets.")
    testing_month: float = _cost(0.5, "Per implementing service and month, times the use of tests.")
    testing_month_embedded: float = _cost(0.1, "Per embedded service and month, times the use of tests.")
