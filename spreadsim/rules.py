"""The rulebook: what makes a service hear, decide, adapt, lapse and lead.

Each rule is a pure function of one service's own state, of its sums over ties, and of what holds for all:

b : `Behaviour`, the behaviour parameters by the names of the scenario file (``b.adoption.external_influence``).
m : `Levers`, what the programme does this month.
v : `Intervention`, the components' numbers, and sums over them made once.

Both drivers call these functions: the Mesa agents as they stand, the engine compiled. Arithmetic is therefore kept
to ``+ - * /``, comparisons, ``min`` and ``max`` on 64-bit floats: no powers, no library functions, no reordering.
Probabilities are per month unless said otherwise, and rise with exposure, so that a driver may rule a change out
by the probability at full exposure before it adds up ties.

What belongs here: the rules, their order in a month, and the names of states. This module imports nothing of ours.
Sources are given in short; the reference page gives them in full.

Examples
--------
Those of the rules take the default scenario's blend, in its first month:

>>> from spreadsim.scenario.plan import plan
>>> blend = plan(ss.load_scenario("default"), "blend")
>>> b, v, m = blend.behaviour, blend.intervention, blend.levers[0]
>>> m.mandate, m.latitude, m.peer_programme, m.support
(0.3, 0.25, 1.0, 0.5)
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, TypeVar

Number = TypeVar("Number", float, bool)

# A service is always in one of six states.
UNAWARE, AWARE, IMPLEMENTING, EMBEDDED, IN_NAME_ONLY, DISCONTINUED = range(6)
STATES = ("unaware", "aware", "implementing", "embedded", "in name only", "discontinued")

# How a service came to its present spell.
NO_ROUTE, VOLUNTARY, MANDATED = -1, 0, 1
ROUTES = {NO_ROUTE: "none", VOLUNTARY: "voluntary", MANDATED: "mandated"}

# Whose version a service took.
NO_SOURCE, ORIGINATOR, PEER, SPECIFICATION, HIERARCHY = range(5)
SOURCES = ("none", "originator", "peer", "specification", "hierarchy")

# Whom support reaches, by its number in `m.support_for`.
IMPLEMENTING_ALONE, EMBEDDED_TOO = range(2)

# How exposure becomes influence, by its number in `b.adoption.exposure_response`.
SATURATING, LINEAR, THRESHOLD, INDEPENDENT_CASCADE = range(4)

# What preparing comes ever closer to: the highest readiness that services have by default.
READINESS_ATTAINABLE = 0.98

# A month, in order. All services act on the state at the start of the month; `commit` makes the new state theirs.
# Services that enter implementation copy before anything drifts, so that every copy is of last month's version.
ACTING = (
    "pressure",  # groups of services come under pressure, or are past it
    "revision",  # if one is due: the specification moves towards what its effective adopters did last month
    "transition",  # hear, decide, prepare, be directed, convert, finish, give up, stop; on entry, copy; embedding, lead
    "change",  # adapt, erode, drift, repair
    "turnover",  # people leave: what was not written down goes with them
    "commit",  # the new state holds; leaders that stopped retire
)
OBSERVING = (
    "quality",  # what each service delivers and how far that persuades its peers
    "record",  # the month's sums
    "support",  # the support that each service gets; at the horizon a run stops here
)
PHASES = ACTING + OBSERVING  # before the first month, what holds at the start is observed


class Levers(NamedTuple):
    """What the programme does in one month: what the calendar says, then the levers, declared in ``levers``.

    Attributes
    ----------
    month : the month, from 0.
    on : 1 while the programme runs, else 0.
    months_directed : months since the present mandate began; 0 without one.
    revises : 1 in a month in which the specification is revised, else 0.
    push : factor on what reaches services from outside, the programme's announcements included; 1 by default.
    incentive_lost : how far the incentive has fallen below what services have got used to, 0 to 1.
    collaborates : 1 in a month in which the members of a collaborative meet, else 0.
    tie_weight : weight of the ties that it makes, relative to while it meets, 0 to 1.
    mandate, latitude, peer_programme, monitoring, support, co_production, celebration : strength, 0 to 1.
    co_production_patients : how far patients shape the change, where that is not as far as staff do, 0 to 1.
    tests : how far changes are tested on a small scale before they are kept, 0 to 1.
    incentive : pay for reporting the improvement, 0 to 1.
    hub : how far regional hubs rewrite the specification for their regions, 0 to 1.
    support_capacity : share of all services that can be supported at full strength at once, 0 to 1.
    support_for : whom support is for, IMPLEMENTING_ALONE or EMBEDDED_TOO.
    light_support_place : share of a place that a service takes that prepares or is only kept up, 0 to 1.
    team : strength of the programme's team, 0 to 1; one half is neutral.
    revision_of_form, revision_of_codification : share of the gap that one revision closes, 0 to 1.

    Examples
    --------
    >>> m._replace(mandate=1.0).mandate
    1.0
    """

    month: int
    on: float
    months_directed: float
    revises: float
    push: float
    incentive_lost: float
    collaborates: float
    tie_weight: float

    mandate: float
    latitude: float
    peer_programme: float
    monitoring: float
    support: float
    support_capacity: float
    support_for: float
    light_support_place: float
    team: float
    co_production: float
    co_production_patients: float
    tests: float
    celebration: float
    incentive: float
    hub: float
    revision_of_form: float
    revision_of_codification: float


class PerComponent(Protocol[Number]):
    """One number a component, in file order: a list, or an array."""

    def __getitem__(self, k: int, /) -> Number: ...

    def __setitem__(self, k: int, value: Number, /) -> None: ...


class Intervention(NamedTuple):
    """The components as numbers, one for each function in file order, and the sums over them that rules use.

    Attributes
    ----------
    core : whether each component is core.
    weight : share of each component in the whole; they sum to 1.
    core_weight, adaptable_weight : the same within the core and the adaptable components; 0 for the others.
    complexity, codification : of each component, 0 to 1.
    n_components, n_core : how many functions there are, and how many are core.
    listing : square root of the number of components listed, which is at least that of functions.
    core_share, adaptable_share : sum of the weights of the core and of the adaptable components.
    truly_core : whether each component is core, whatever people believe of it.
    as_believed : whether that is so for all.
    true_core_weight, adapted_weight, held_weight : weights of those truly core within these, and of the truly adaptable
        within those: the ones believed adaptable, which are adapted, and the ones held as core, which are not.
    true_core_share, true_adaptable_share : sums of the weights of those truly core and truly adaptable.
    mean_complexity : weighted mean, 0 to 1.
    core_exponent : how steeply the effect falls with lost core, 1 to 3.
    mechanism_clarity : how well people know why the components work, 0 to 1.
    erosion_bound, drift_bound : probability that a component is a candidate for a change; see `draws`.
    erosion_table, drift_table : probability that the first candidate is among the first 1, 2, ... components.

    Examples
    --------
    >>> v.n_components, v.n_core, v.core_share
    (8, 4, 0.5)
    >>> v._replace(mechanism_clarity=1.0).mechanism_clarity
    1.0
    """

    core: PerComponent[bool]
    weight: PerComponent[float]
    core_weight: PerComponent[float]
    adaptable_weight: PerComponent[float]
    complexity: PerComponent[float]
    codification: PerComponent[float]
    n_components: int
    n_core: int
    listing: float
    core_share: float
    adaptable_share: float
    truly_core: PerComponent[bool]
    as_believed: bool
    true_core_weight: PerComponent[float]
    adapted_weight: PerComponent[float]
    held_weight: PerComponent[float]
    true_core_share: float
    true_adaptable_share: float
    mean_complexity: float
    core_exponent: int
    mechanism_clarity: float
    erosion_bound: float
    erosion_table: PerComponent[float]
    drift_bound: float
    drift_table: PerComponent[float]


# ------------------------------------------------------------------------------------------------ levers of a month


def team_strength(m: Levers) -> float:
    """Return what the programme's team makes of explaining, inspiring and supporting: 1 where it is as good as most.

    That external support and leadership bear on results is known (Zamboni 2020, weak evidence); the size is assumed.

    Returns
    -------
    A factor, 0.5 to 1.5.

    Examples
    --------
    >>> team_strength(m), team_strength(m._replace(team=1.0))
    (1.0, 1.5)
    """
    return 0.5 + m.team


def inspiration(m: Levers) -> float:
    """Return by how much the programme's team raises the odds of engaging, while the programme runs.

    Returns
    -------
    A factor, 0.5 to 1.5.

    Examples
    --------
    >>> inspiration(m._replace(team=1.0)), inspiration(m._replace(team=1.0, on=0.0))
    (1.5, 1.0)
    """
    return team_strength(m) if m.on > 0.0 else 1.0


def external_influence(b: Behaviour, m: Levers) -> float:
    """Return the chance of deciding without peers; halved when the programme is off (Bass 1969; Sultan 1990).

    The push from outside may vary from period to period, as data may ask for.

    Returns
    -------
    A probability a month.

    Examples
    --------
    >>> external_influence(b, m)
    0.007
    >>> external_influence(b, m._replace(on=0.0))
    0.0035
    >>> external_influence(b, m._replace(push=2.0))
    0.014
    """
    p = b.adoption.external_influence
    return min(1.0, (p * m.on + 0.5 * p * (1.0 - m.on)) * m.push)


def peer_influence(b: Behaviour, m: Levers) -> float:
    """Return the chance of deciding at full response to peers, facilitated as far as the peer programme goes.

    Returns
    -------
    A probability a month.

    Examples
    --------
    >>> round(peer_influence(b, m), 6)
    0.28
    """
    unaided = b.adoption.peer_influence_unaided
    return unaided + (b.adoption.peer_influence_facilitated - unaided) * m.peer_programme


def support_places(m: Levers, n_services: float) -> float:
    """Return how many services the programme's team can support at full strength at once.

    Parameters
    ----------
    n_services : number of services.

    Returns
    -------
    Places.

    Examples
    --------
    >>> support_places(m, 480.0), support_places(m._replace(team=1.0), 480.0)
    (72.0, 108.0)
    """
    return m.support_capacity * n_services * team_strength(m)


def places_wanted(m: Levers, n_implementing: float, n_preparing: float, n_embedded: float) -> float:
    """Return the places that services ask for: a whole one to implement, a part to prepare or to be kept up.

    Parameters
    ----------
    n_implementing, n_preparing, n_embedded : numbers of services; the last count only where support reaches them.

    Returns
    -------
    Places.

    Examples
    --------
    >>> places_wanted(m._replace(light_support_place=0.1), 40.0, 20.0, 100.0)
    42.0
    >>> places_wanted(m._replace(light_support_place=0.1, support_for=EMBEDDED_TOO), 40.0, 20.0, 100.0)
    52.0
    """
    wanted = n_implementing + m.light_support_place * n_preparing
    if m.support_for == EMBEDDED_TOO:
        wanted = wanted + m.light_support_place * n_embedded
    return wanted


def support_received(support: float, places: float, n_waiting: float) -> float:
    """Return the support each service gets when `places` full-strength places are shared by `n_waiting` services.

    The effect of facilitation falls as services per facilitator rise (Baskerville 2012).

    Parameters
    ----------
    support : strength of the lever, 0 to 1.
    places : services that can be supported at full strength.
    n_waiting : services that want support.

    Returns
    -------
    Support, 0 to 1.

    Examples
    --------
    >>> support_received(0.5, places=72.0, n_waiting=144.0)
    0.25
    >>> support_received(0.5, places=72.0, n_waiting=10.0)
    0.5
    """
    if n_waiting <= 0.0:
        return support
    return support * min(1.0, places / n_waiting)


def is_directed(b: Behaviour, m: Levers, depth: int, wave: int = 0) -> bool:
    """Return whether the instruction has passed the levels above a service at `depth`; it set out `wave` months late.

    Programmes are rolled out in waves of groups, as the arms of a stepped-wedge trial are.

    Parameters
    ----------
    depth : levels of the hierarchy above the service.
    wave : months by which the instruction to the service's group set out later.

    Returns
    -------
    Whether the service has been told; never without a mandate.

    Examples
    --------
    >>> is_directed(b, m._replace(months_directed=4.0), depth=2)
    True
    >>> is_directed(b, m._replace(months_directed=4.0), depth=2, wave=3)
    False
    """
    return m.mandate > 0.0 and m.months_directed >= b.mandate.months_per_level * depth + wave


def latitude_taken(m: Levers, adaptation_tendency: float) -> float:
    """Return the freedom a service takes: the latitude given, times its tendency to adapt (1 at tendency one half).

    Parameters
    ----------
    adaptation_tendency : of the service, 0 to 1.

    Returns
    -------
    Latitude, 0 to 1.

    Examples
    --------
    >>> round(latitude_taken(m, 0.8), 6)
    0.325
    """
    return min(1.0, m.latitude * (0.5 + adaptation_tendency))


def latitude_licensed(b: Behaviour, m: Levers, adaptation_tendency: float, co_produced: float) -> float:
    """Return the freedom to change the form: what patients have helped to shape counts as licensed.

    Parameters
    ----------
    adaptation_tendency : of the service, 0 to 1.
    co_produced : how far its version was shaped with patients, 0 to 1.

    Returns
    -------
    Latitude, 0 to 1; that of `latitude_taken` where co-production licenses nothing.

    Examples
    --------
    >>> half = b._replace(adaptation=b.adaptation._replace(co_production_licence=0.5))
    >>> latitude_licensed(half, m, adaptation_tendency=0.5, co_produced=0.4)
    0.4
    """
    licensed = m.latitude + (1.0 - m.latitude) * b.adaptation.co_production_licence * co_produced
    return min(1.0, licensed * (0.5 + adaptation_tendency))


def form_as_published(m: Levers, published: float, regional_context: float) -> float:
    """Return the specification's form as it reaches a service: a hub may have rewritten it for its region.

    Parameters
    ----------
    published : form of the specification as it now stands, in fit distances.
    regional_context : how far the region's circumstances lie from those of all, in fit distances.

    Returns
    -------
    A form, in fit distances.

    Examples
    --------
    >>> form_as_published(m._replace(hub=0.5), published=0.1, regional_context=0.8)
    0.5
    """
    return published + m.hub * regional_context


# ------------------------------------------------------------------------------------------------ quality


def weighted_presence(fidelity: PerComponent[float], weight: PerComponent[float], n: int) -> float:
    """Return the sum over components of weight times presence, left to right.

    Parameters
    ----------
    fidelity : presence of each component, 0 to 1.
    weight : of each component.
    n : number of components.

    Returns
    -------
    A share, 0 to 1 where the weights sum to 1.

    Examples
    --------
    >>> weighted_presence([1.0, 0.5], [0.75, 0.25], 2)
    0.875
    """
    total = 0.0
    for k in range(n):
        total += weight[k] * fidelity[k]
    return total


def core_presence(v: Intervention, fidelity: PerComponent[float]) -> float:
    """Return core fidelity C: presence over core components alone, 0 to 1 (1 if nothing is core).

    Parameters
    ----------
    fidelity : presence of each component, 0 to 1.

    Returns
    -------
    A share, 0 to 1.

    Examples
    --------
    >>> float(core_presence(v, [1.0, 1.0, 1.0, 0.0] + [0.0] * 4))  # the first four are core
    0.75
    """
    if v.core_share <= 0.0:
        return 1.0
    return weighted_presence(fidelity, v.core_weight, v.n_components)


def adaptable_presence(v: Intervention, fidelity: PerComponent[float]) -> float:
    """Return presence over adaptable components alone, 0 to 1 (0 if none is adaptable).

    Parameters
    ----------
    fidelity : presence of each component, 0 to 1.

    Returns
    -------
    A share, 0 to 1.

    Examples
    --------
    >>> float(adaptable_presence(v, [1.0] * 4 + [1.0, 0.0, 0.0, 0.0]))
    0.25
    """
    if v.adaptable_share <= 0.0:
        return 0.0
    return weighted_presence(fidelity, v.adaptable_weight, v.n_components)


def fit_at(b: Behaviour, distance: float) -> float:
    """Return the fit at a distance from a good form: 1 at none, one half at `fit_distance`.

    Parameters
    ----------
    distance : in units of context.

    Returns
    -------
    Fit, 0 to 1.

    Examples
    --------
    >>> fit_at(b, 0.0), fit_at(b, -1.0)
    (1.0, 0.5)
    """
    distance = distance / b.adaptation.fit_distance
    return 1.0 / (1.0 + distance * distance)


def fit(b: Behaviour, context: float, form: float, second_form: float = 0.0) -> float:
    """Return how well a form suits a context: that of the better of the forms that work there.

    Parameters
    ----------
    context : of the service, in fit distances from the originators'.
    form : of its version, in fit distances from the one first published.
    second_form : how far, and which way, a second good form lies, in standard deviations.

    Returns
    -------
    Fit, 0 to 1.

    Examples
    --------
    >>> fit(b, context=1.0, form=1.0), fit(b, context=1.0, form=0.0)
    (1.0, 0.5)
    >>> two = b._replace(adaptation=b.adaptation._replace(second_form_fit=0.9))
    >>> fit(two, context=1.0, form=0.0, second_form=-1.0)
    0.9
    """
    first = fit_at(b, context - form)
    if b.adaptation.second_form_fit <= 0.0:
        return first
    return max(first, fit_of_second_form(b, context, form, second_form))


def fit_of_second_form(b: Behaviour, context: float, form: float, second_form: float) -> float:
    """Return how well a form suits a context for being near the second form that works there.

    Parameters
    ----------
    context, form, second_form : as of `fit`.

    Returns
    -------
    Fit, 0 to `second_form_fit`.

    Examples
    --------
    >>> fit_of_second_form(b, context=1.0, form=0.0, second_form=-1.0)
    0.9
    """
    there = context + b.adaptation.second_form_distance * second_form
    return b.adaptation.second_form_fit * fit_at(b, there - form)


def is_second_form(b: Behaviour, context: float, form: float, second_form: float) -> bool:
    """Return whether a form suits a context for being near the second form that works there, not the first.

    Parameters
    ----------
    context, form, second_form : as of `fit`.

    Returns
    -------
    Whether the second suits it better.

    Examples
    --------
    >>> is_second_form(b, context=1.0, form=0.0, second_form=-1.0), is_second_form(b, 1.0, 1.0, -1.0)
    (True, False)
    """
    return fit_of_second_form(b, context, form, second_form) > fit_at(b, context - form)


def form_aimed_at(b: Behaviour, perceived: float, form: float, second_form: float) -> float:
    """Return the form that a team works towards: the one good in the context as it reads it that is the better now.

    Parameters
    ----------
    perceived : context as the team reads it, in fit distances.
    form : of its version, in fit distances.
    second_form : how far, and which way, a second good form lies, in standard deviations.

    Returns
    -------
    A form, in fit distances; the first one where both are as good.

    Examples
    --------
    >>> two = b._replace(adaptation=b.adaptation._replace(second_form_fit=0.9))
    >>> form_aimed_at(two, perceived=2.0, form=0.0, second_form=-1.0)
    1.0
    """
    if b.adaptation.second_form_fit <= 0.0:
        return perceived
    there = perceived + b.adaptation.second_form_distance * second_form
    return there if is_second_form(b, perceived, form, second_form) else perceived


def parts_that_work(
    v: Intervention, fidelity: PerComponent[float], core: float, adaptable: float
) -> tuple[float, float, float]:
    """Return presence over the components truly core, and of the truly adaptable over those adapted and those held.

    Parameters
    ----------
    fidelity : presence of each component, 0 to 1.
    core, adaptable : presence over those believed core and adaptable, which is all there is to it if beliefs are true.

    Returns
    -------
    Three shares; the last two sum to 1 where all is present and any component is truly adaptable.

    Examples
    --------
    >>> parts_that_work(v, [1.0] * 8, core=0.75, adaptable=0.5)
    (0.75, 0.5, 0.0)
    """
    if v.as_believed:
        return core, adaptable, 0.0
    true_core = weighted_presence(fidelity, v.true_core_weight, v.n_components) if v.true_core_share > 0.0 else 1.0
    adapted = weighted_presence(fidelity, v.adapted_weight, v.n_components)
    return true_core, adapted, weighted_presence(fidelity, v.held_weight, v.n_components)


def effect(
    b: Behaviour,
    v: Intervention,
    core: float,
    adaptable: float,
    context: float,
    form: float,
    second_form: float = 0.0,
    held: float = 0.0,
    published: float = 0.0,
) -> float:
    """Return the effect a service has where it delivers in full: core to a power, times fitted adaptable functions.

    ``C^gamma ((1 - omega) + omega fit presence)``: Durlak & DuPre 2008 for the power; Hawe 2004 for function and form.

    Parameters
    ----------
    core, adaptable : presence over components truly core, and over those truly adaptable that are adapted, 0 to 1.
    context, form : of the service and its version, in fit distances.
    second_form : how far, and which way, a second good form lies, in standard deviations.
    held : presence over truly adaptable components that are held as core, and stay in the published form, 0 to 1.
    published : that form, in fit distances.

    Returns
    -------
    Effect, 0 to 1: a share of what the originators achieve.

    Examples
    --------
    >>> effect(b, v, 1.0, 1.0, context=0.0, form=0.0)
    1.0
    >>> effect(b, v, 0.5, 1.0, context=1.0, form=0.0)
    0.375
    """
    power = 1.0
    for _ in range(v.core_exponent):
        power = power * core
    fitted = fit(b, context, form, second_form) * adaptable
    if held > 0.0:
        fitted = fitted + fit(b, context, published, second_form) * held
    return power * ((1.0 - v.true_adaptable_share) + v.true_adaptable_share * fitted)


def fidelity_as_intended(v: Intervention, core: float, adaptable: float, form: float) -> float:
    """Return fidelity F: weighted presence, the adaptable part marked down by how far the form has moved.

    `form` is taken from the specification as it reaches the service: what its authors intend is what they last
    published, and what a hub makes of it for its region.

    Parameters
    ----------
    core, adaptable : presence over core and over adaptable components, 0 to 1.
    form : how far the form has moved from the specification as it now stands, in fit distances.

    Returns
    -------
    Fidelity, 0 to 1.

    Examples
    --------
    >>> fidelity_as_intended(v, 1.0, 1.0, form=0.0), fidelity_as_intended(v, 1.0, 1.0, form=1.0)
    (1.0, 0.75)
    """
    moved = form if form >= 0.0 else -form
    return v.core_share * core + (1.0 - moved / (1.0 + moved)) * (v.adaptable_share * adaptable)


def share_delivered(b: Behaviour, state: int, progress: float) -> float:
    """Return the share of its effect that a service delivers: all when embedded, `progress` while implementing.

    Parameters
    ----------
    state : of the service.
    progress : of its implementation, 0 to 1.

    Returns
    -------
    A share, 0 to 1.

    Examples
    --------
    >>> share_delivered(b, EMBEDDED, 1.0), share_delivered(b, IMPLEMENTING, 0.25), share_delivered(b, IN_NAME_ONLY, 0.0)
    (1.0, 0.25, 0.15)
    """
    if state == EMBEDDED:
        return 1.0
    if state == IMPLEMENTING:
        return progress
    if state == IN_NAME_ONLY:
        return b.mandate.delivery_in_name_only
    return 0.0


# ------------------------------------------------------------------------------------------------ exposure to peers


def persuasiveness(b: Behaviour, state: int, effect_now: float, is_leader: bool) -> float:
    """Return how far a service speaks for the improvement: its results if embedded, against if it stopped.

    Rogers 2003 (observability); Flodgren 2019 (opinion leaders).

    Parameters
    ----------
    state : of the service.
    effect_now : the effect it has, 0 to 1.
    is_leader : whether it is a second leader.

    Returns
    -------
    Embedded peers that it counts for; below 0 it speaks against.

    Examples
    --------
    >>> round(persuasiveness(b, EMBEDDED, 0.8, False), 6), round(persuasiveness(b, EMBEDDED, 0.8, True), 6)
    (0.86, 1.72)
    >>> persuasiveness(b, DISCONTINUED, 0.8, False)
    -0.3
    """
    if state == EMBEDDED:
        chi = b.adoption.observability
        voice = (1.0 - chi) + chi * effect_now
        return voice * (1.0 + b.second_leaders.persuasion_multiplier * is_leader)
    if state == DISCONTINUED:
        return -b.adoption.discouragement
    return 0.0


def exposure(persuasion: float, weight: float) -> float:
    """Return exposure X: the weighted mean of peers' persuasiveness, within 0 and 1 (Valente 1996); 0 without ties.

    Parameters
    ----------
    persuasion : sum over peers of persuasiveness times the weight of the tie.
    weight : sum of the weights.

    Returns
    -------
    Exposure, 0 to 1.

    Examples
    --------
    >>> exposure(persuasion=1.5, weight=3.0), exposure(persuasion=-0.3, weight=3.0)
    (0.5, 0.0)
    """
    if weight <= 0.0:
        return 0.0
    return min(1.0, max(0.0, persuasion / weight))


def threshold(b: Behaviour, readiness: float) -> float:
    """Return the exposure at which a service responds: low for ready services (Granovetter 1978; Valente 1996).

    Parameters
    ----------
    readiness : of the service, 0 to 1.

    Returns
    -------
    Exposure, 0 to 1.

    Examples
    --------
    >>> threshold(b, 1.0), threshold(b, 0.0)
    (0.05, 0.35)
    """
    low = b.adoption.threshold_most_ready
    return low + (b.adoption.threshold_least_ready - low) * (1.0 - readiness)


def exposure_response(b: Behaviour, exposed: float, readiness: float, not_persuaded: float) -> float:
    """Return response G to exposure, 0 to 1.

    `not_persuaded` is the chance that no newly embedded peer persuades (Kempe, Kleinberg, Tardos 2003); it counts
    under ``independent-cascade`` alone. A threshold of 0 is met without exposure.

    Parameters
    ----------
    exposed : exposure to peers, 0 to 1.
    readiness : of the service, 0 to 1.
    not_persuaded : a probability.

    Returns
    -------
    Response, 0 to 1.

    Examples
    --------
    >>> round(exposure_response(b, 0.2, readiness=0.5, not_persuaded=1.0), 6)  # one half at the threshold
    0.5
    >>> exposure_response(b, 0.4, 0.5, 1.0) > exposure_response(b, 0.2, 0.5, 1.0)
    True
    """
    kind = b.adoption.exposure_response
    if kind == LINEAR:
        return exposed
    if kind == INDEPENDENT_CASCADE:
        return 1.0 - not_persuaded
    theta = threshold(b, readiness)
    if kind == THRESHOLD:
        return 1.0 if exposed >= theta else 0.0
    if exposed <= 0.0:
        return 0.0
    return exposed * exposed / (exposed * exposed + theta * theta)


def not_persuaded_by(b: Behaviour, persuasion: float) -> float:
    """Return the chance that one newly embedded peer does not persuade.

    Parameters
    ----------
    persuasion : persuasiveness of that peer.

    Returns
    -------
    A probability.

    Examples
    --------
    >>> not_persuaded_by(b, 1.0), not_persuaded_by(b, -0.3)
    (0.9, 1.0)
    """
    return 1.0 - b.adoption.cascade_probability * min(1.0, max(0.0, persuasion))


# ------------------------------------------------------------------------------------------------ engagement


def engagement_odds(
    b: Behaviour, m: Levers, complexity: float, readiness: float, support: float, response: float, pressure: float
) -> float:
    """Return the odds that a service takes the change on in earnest.

    Readiness times ease, multiplied by support, co-production, peers and the programme's team, less under pressure
    (Weiner 2009; Baskerville 2012).

    Parameters
    ----------
    complexity : of the improvement as a whole, 0 to 1; or what the service takes it for.
    readiness : of the service now, strictly between 0 and 1.
    support : that it gets, 0 to 1.
    response : to its peers, 0 to 1.
    pressure : factor from `pressure_factor`; 1 without any.

    Returns
    -------
    Odds, from 0.

    Examples
    --------
    >>> round(engagement_odds(b, m, 0.5, readiness=0.5, support=0.0, response=0.0, pressure=1.0), 6)
    1.3
    >>> round(engagement_odds(b, m, 0.5, readiness=0.5, support=0.5, response=0.5, pressure=2.0), 6)
    1.495
    """
    ease = 1.0 / ((0.5 + complexity) * (0.5 + complexity))
    return (
        readiness
        / (1.0 - readiness)
        * ease
        * (1.0 + b.engagement.support_odds * support)
        * (1.0 + b.engagement.co_production_odds * m.co_production)
        * (1.0 + b.engagement.peer_odds * response)
        * inspiration(m)
        / pressure
    )


def engagement(b: Behaviour, odds: float) -> float:
    """Return the chance R that goes with `odds` (1 where the gate is off).

    Parameters
    ----------
    odds : of engaging.

    Returns
    -------
    A probability.

    Examples
    --------
    >>> engagement(b, 3.0)
    0.75
    """
    return odds / (1.0 + odds) if b.engagement.gate else 1.0


def mandated_engagement(b: Behaviour, m: Levers, v: Intervention, odds: float, fit_as_published: float) -> float:
    """Return the chance of engaging under instruction: less where the package does not fit and may not be fitted,
    and where demands are met with force instead of with co-production (Pickering 2013; Dixon-Woods 2013).

    Parameters
    ----------
    odds : of engaging of its own accord.
    fit_as_published : fit of the published form to the service's context, 0 to 1.

    Returns
    -------
    A probability.

    Examples
    --------
    >>> round(mandated_engagement(b, m, v, odds=3.0, fit_as_published=0.5), 6)
    0.649567
    >>> round(mandated_engagement(b, m._replace(co_production=1.0), v, odds=3.0, fit_as_published=0.5), 6)
    0.709091
    """
    misfit = b.engagement.misfit_penalty * v.adaptable_share * (1.0 - m.latitude) * (1.0 - fit_as_published)
    burden = 2.0 * v.mean_complexity
    reactance = 1.0 + b.engagement.reactance * burden * m.mandate * (1.0 - m.co_production)
    return engagement(b, odds * max(0.0, 1.0 - misfit) / reactance)


# ------------------------------------------------------------------------------------------------ readiness


def complexity_as_judged(b: Behaviour, m: Levers, v: Intervention, codification: float, error: float) -> float:
    """Return how demanding a service takes the improvement to be: the error shrinks with the number of items listed
    and with what is written down of them (Kruger & Evans, J Exp Soc Psychol 2004;40:586).

    Parameters
    ----------
    codification : of the improvement as a whole, 0 to 1.
    error : of this service's appraisals, in standard deviations.

    Returns
    -------
    Complexity, from 0.

    Examples
    --------
    >>> bold = b._replace(appraisal=b.appraisal._replace(error=1.5))
    >>> round(complexity_as_judged(bold, m, v, codification=0.35, error=-1.0), 6)
    0.327643
    >>> complexity_as_judged(bold, m, v, codification=1.0, error=-1.0)
    0.5
    """
    spread = b.appraisal.error * (1.0 - codification) / v.listing / team_strength(m)
    return max(0.0, v.mean_complexity * (1.0 + spread * error))


def engagement_in_decision(b: Behaviour, engaged: float) -> float:
    """Return the part that engagement has in deciding: none of its own where services appraise their readiness.

    Parameters
    ----------
    engaged : chance of engaging.

    Returns
    -------
    A probability.

    Examples
    --------
    >>> engagement_in_decision(b, 0.75)
    1.0
    >>> engagement_in_decision(b._replace(appraisal=b.appraisal._replace(applies=False)), 0.75)
    0.75
    """
    return 1.0 if b.appraisal.applies else engaged


def is_judged_ready(b: Behaviour, odds_as_judged: float) -> bool:
    """Return whether a service takes itself to be ready; always where it does not ask (Weiner 2009).

    Parameters
    ----------
    odds_as_judged : of engaging, from `engagement_odds` with `complexity_as_judged`.

    Returns
    -------
    Whether it does.

    Examples
    --------
    >>> unasked = b._replace(appraisal=b.appraisal._replace(applies=False))
    >>> is_judged_ready(unasked, 0.5), is_judged_ready(b, 0.5), is_judged_ready(b, 3.0)
    (True, False, True)
    """
    return odds_as_judged >= b.appraisal.readiness_threshold if b.appraisal.applies and b.engagement.gate else True


def is_ready(b: Behaviour, odds: float) -> bool:
    """Return whether a service is ready in truth.

    Parameters
    ----------
    odds : of engaging.

    Returns
    -------
    Whether it is.

    Examples
    --------
    >>> is_ready(b, 2.9), is_ready(b, 3.0)
    (False, True)
    """
    return odds >= b.appraisal.readiness_threshold


def readiness_prepared(b: Behaviour, readiness: float, capability: float, support: float) -> float:
    """Return readiness after a month of preparing: sooner if capable and supported.

    Sites that complete the steps before start-up are the ones that start (Saldana 2012); the rate is assumed.

    Parameters
    ----------
    readiness, capability : of the service, 0 to 1.
    support : that it gets, 0 to 1.

    Returns
    -------
    Readiness, 0 to 1.

    Examples
    --------
    >>> preparing = b._replace(appraisal=b.appraisal._replace(preparation_rate=0.05))
    >>> round(readiness_prepared(preparing, 0.5, capability=0.5, support=0.0), 6)
    0.524
    """
    rate = min(1.0, b.appraisal.preparation_rate * (0.5 + capability) * (1.0 + support))
    return readiness + rate * max(0.0, READINESS_ATTAINABLE - readiness)


# ------------------------------------------------------------------------------------------------ turnover, pressure


def forgotten_probability(b: Behaviour, codification: float) -> float:
    """Return the chance that a function loses part of itself when people leave: what is written down survives.

    Woltmann 2008; Pascoe 2021.

    Parameters
    ----------
    codification : of the function, 0 to 1.

    Returns
    -------
    A probability a function and turnover.

    Examples
    --------
    >>> changing = b._replace(turnover=b.turnover._replace(knowledge_loss=0.4))
    >>> round(forgotten_probability(changing, 0.35), 6), forgotten_probability(changing, 1.0)
    (0.26, 0.0)
    """
    return b.turnover.knowledge_loss * (1.0 - codification)


def ownership_after_turnover(b: Behaviour, m: Levers, ownership: float) -> float:
    """Return ownership where newcomers did not choose the change: theirs as far as it is co-produced.

    Parameters
    ----------
    ownership : so far, 0 to 1.

    Returns
    -------
    Ownership, 0 to 1, never more than before.

    Examples
    --------
    >>> round(ownership_after_turnover(b, m, 1.0), 6), ownership_after_turnover(b, m, 0.1)
    (0.44, 0.1)
    """
    return min(ownership, ownership_at_start(b, m, MANDATED))


def months_of_pressure(b: Behaviour, u: float, left: int) -> int:
    """Return how many months of pressure a group has before it, this month included: winter, mergers, priorities.

    Hemler (51% of practices disrupted in a year); Mold (Oklahoma).

    Parameters
    ----------
    u : uniform number in [0, 1).
    left : months so far.

    Returns
    -------
    Months, from 0.

    Examples
    --------
    >>> pressed = b._replace(pressure=b.pressure._replace(rate=0.03, months=6))
    >>> months_of_pressure(pressed, 0.01, 0), months_of_pressure(pressed, 0.5, 6), months_of_pressure(pressed, 0.5, 0)
    (6, 5, 0)
    """
    return b.pressure.months if u < b.pressure.rate else max(0, left - 1)


def pressure_factor(b: Behaviour, left: int) -> float:
    """Return what pressure does: odds and progress are divided by it, and stopping is multiplied.

    Parameters
    ----------
    left : months of pressure, this one included.

    Returns
    -------
    A factor, from 1.

    Examples
    --------
    >>> pressed = b._replace(pressure=b.pressure._replace(effect=1.0))
    >>> pressure_factor(pressed, 2), pressure_factor(pressed, 0)
    (2.0, 1.0)
    """
    return 1.0 + b.pressure.effect if left > 0 else 1.0


# ------------------------------------------------------------------------------------------------ transitions


def awareness_probability(b: Behaviour, m: Levers, exposed: float, directed: bool) -> float:
    """Return the chance of hearing of the improvement: from the programme, from peers, or by instruction.

    Parameters
    ----------
    exposed : exposure to peers, 0 to 1.
    directed : whether the instruction has reached the service.

    Returns
    -------
    A probability a month.

    Examples
    --------
    >>> round(awareness_probability(b, m, 0.2, directed=False), 6)
    0.16
    >>> round(awareness_probability(b, m, 0.2, directed=True), 6)
    0.46
    """
    told = b.awareness.broadcast_rate * m.on * team_strength(m) * m.push
    return min(1.0, told + b.awareness.exposure_rate * exposed + m.mandate * directed)


def adoption_probability(b: Behaviour, m: Levers, response: float, engaged: float, stopped_before: bool) -> float:
    """Return the chance of adopting of one's own accord: (external + peer influence x response) x engagement (Bass).

    Parameters
    ----------
    response : to peers, 0 to 1.
    engaged : chance of engaging.
    stopped_before : whether the service is discontinued.

    Returns
    -------
    A probability a month.

    Examples
    --------
    >>> round(adoption_probability(b, m, response=0.5, engaged=0.8, stopped_before=False), 6)
    0.1176
    """
    ratio = b.adoption.readoption_ratio if stopped_before else 1.0
    return min(1.0, external_influence(b, m) + peer_influence(b, m) * response) * engaged * ratio


def compliance_probability(b: Behaviour, m: Levers, directed: bool, stopped_before: bool) -> float:
    """Return the chance of acting on the instruction, or for pay: squares, for neither bites without consequences.

    Pay reaches a service that no instruction has reached (Morales et al., BMJ 2023;380:e072098, for what it moves).

    Parameters
    ----------
    directed : whether the instruction has reached the service.
    stopped_before : whether it is discontinued.

    Returns
    -------
    A probability a month.

    Examples
    --------
    >>> compliance_probability(b, m, directed=True, stopped_before=False)
    0.0225
    >>> compliance_probability(b, m._replace(mandate=1.0), directed=True, stopped_before=False)
    0.25
    >>> compliance_probability(b, m._replace(incentive=0.5), directed=False, stopped_before=False)
    0.0625
    """
    ratio = b.adoption.readoption_ratio if stopped_before else 1.0
    instructed = b.mandate.compliance_rate * m.mandate * m.mandate if directed else 0.0
    paid = b.mandate.compliance_rate * m.incentive * m.incentive
    return min(b.mandate.compliance_rate, instructed + paid) * ratio


def conversion_probability(b: Behaviour, m: Levers, response: float, support: float, engaged: float) -> float:
    """Return the chance that a name-only adopter takes the improvement on in earnest.

    Parameters
    ----------
    response : to peers, 0 to 1.
    support : that the service would get, 0 to 1.
    engaged : chance of engaging.

    Returns
    -------
    A probability a month.

    Examples
    --------
    >>> round(conversion_probability(b, m, response=0.5, support=0.5, engaged=0.5), 6)
    0.0195
    """
    return min(1.0, b.mandate.conversion_rate * engaged * (response + support + m.co_production))


def lapse_probability(b: Behaviour, m: Levers) -> float:
    """Return the chance that a nominal adoption lapses: nobody keeps up appearances without a mandate or pay.

    Returns
    -------
    A probability a month.

    Examples
    --------
    >>> round(lapse_probability(b, m), 6), lapse_probability(b, m._replace(mandate=1.0))
    (0.021, 0.0)
    """
    unasked = b.mandate.lapse_rate * (1.0 - m.mandate) * (1.0 - m.incentive)
    return min(1.0, unasked + b.sustainment.incentive_withdrawal_rate * m.incentive_lost)


def progress_made(
    b: Behaviour, capability: float, support: float, complexity_included: float, pressure: float
) -> float:
    """Return the share of implementation done in a month: sooner if capable and supported, later if demanding.

    Parameters
    ----------
    capability : of the service, 0 to 1.
    support : that it gets, 0 to 1.
    complexity_included : weighted complexity of the components taken on, 0 to 1.
    pressure : factor from `pressure_factor`; 1 without any.

    Returns
    -------
    A share of the whole; implementation ends at 1.

    Examples
    --------
    >>> progress = progress_made(b, capability=0.5, support=0.0, complexity_included=0.5, pressure=1.0)
    >>> round(progress * b.implementation.months_to_embed, 6)
    1.0
    """
    done = (0.5 + capability) * (1.0 + support) / (b.implementation.months_to_embed * (0.5 + complexity_included))
    return done / pressure


def abandonment_probability(b: Behaviour, engaged: float, odds: float) -> float:
    """Return the chance of giving up while implementing, or preparing to: more where the service is not ready.

    Parameters
    ----------
    engaged : chance of engaging.
    odds : of engaging.

    Returns
    -------
    A probability a month.

    Examples
    --------
    >>> abandonment_probability(b, 0.5, 3.0), abandonment_probability(b, 1.0, 5.0)
    (0.04, 0.0)
    >>> round(abandonment_probability(b, 0.5, 1.0), 6)
    0.12
    """
    threshold = b.appraisal.readiness_threshold
    lacking = max(0.0, 1.0 - odds / threshold) if threshold > 0.0 else 0.0
    multiplier = 1.0 + b.implementation.unreadiness_multiplier * lacking
    return b.implementation.abandonment_rate * (2.0 - 2.0 * engaged) * multiplier


def discontinuation_probability(
    b: Behaviour,
    m: Levers,
    v: Intervention,
    effect_now: float,
    ownership: float,
    support: float,
    capability: float,
    pressure: float,
) -> float:
    """Return the chance that an embedded service stops: sooner without visible effect or ownership or under pressure,
    later if supported and capable (Scheirer 2005; Bradley 2005). Pay protects what it is paid for; when it goes, part
    of that goes (Morales et al. 2023).

    Parameters
    ----------
    effect_now : the effect it has, 0 to 1.
    ownership : how far the change is its own, 0 to 1.
    support : that it gets, 0 to 1.
    capability : of the service, 0 to 1.
    pressure : factor from `pressure_factor`; 1 without any.

    Returns
    -------
    A probability a month.

    Examples
    --------
    >>> discontinuation_probability(b, m, v, 1.0, 1.0, support=0.0, capability=0.5, pressure=1.0)
    0.0065
    >>> round(discontinuation_probability(b, m, v, 0.5, 0.2, support=0.0, capability=0.5, pressure=2.0), 6)
    0.0715
    >>> paid_no_more = m._replace(incentive_lost=1.0)
    >>> round(discontinuation_probability(b, paid_no_more, v, 1.0, 1.0, support=0.0, capability=0.5, pressure=1.0), 6)
    0.0365
    """
    burden = 2.0 * v.mean_complexity
    s = b.sustainment
    sooner = (
        s.discontinuation_rate
        * (1.0 + s.ineffectiveness_multiplier * (1.0 - effect_now))
        * (1.0 + s.lack_of_ownership_multiplier * burden * (1.0 - ownership))
    )
    later = (1.0 + s.support_multiplier * support) * (0.5 + s.capability_weight * capability)
    protected = 1.0 + s.incentive_multiplier * m.incentive
    return min(1.0, sooner / later * pressure / protected + s.incentive_withdrawal_rate * m.incentive_lost)


def leadership_probability(b: Behaviour, m: Levers, effect_now: float) -> float:
    """Return the chance of becoming a second leader on embedding: celebrated, and with results to show.

    Parameters
    ----------
    effect_now : the effect it has, 0 to 1.

    Returns
    -------
    A probability, drawn once on embedding.

    Examples
    --------
    >>> round(leadership_probability(b, m, 0.8), 6)
    0.12
    """
    return b.second_leaders.emergence_probability * m.celebration * effect_now


def after_stopping(m: Levers, route: int) -> int:
    """Return the state of a service that gives up or stops: in name only while a mandate or pay stands over it.

    Parameters
    ----------
    route : how its present spell began, VOLUNTARY or MANDATED.

    Returns
    -------
    A state.

    Examples
    --------
    >>> STATES[after_stopping(m, MANDATED)], STATES[after_stopping(m, VOLUNTARY)]
    ('in name only', 'discontinued')
    """
    unasked = m.mandate == 0.0 and m.incentive == 0.0
    return DISCONTINUED if route == VOLUNTARY or unasked else IN_NAME_ONLY


def after_aware(
    starts: bool, u_mandate: float, compliance: float, u_engage: float, engaged_if_told: float, state: int
) -> tuple[int, int]:
    """Return the next state and route of an aware or discontinued service: adopt, be directed, or stay.

    Parameters
    ----------
    starts : whether it adopts of its own accord.
    u_mandate, u_engage : uniform numbers in [0, 1).
    compliance : chance of acting on the instruction.
    engaged_if_told : chance of engaging under instruction.
    state : AWARE or DISCONTINUED, its state so far.

    Returns
    -------
    State and route.

    Examples
    --------
    >>> after_aware(True, 0.9, 0.0, 0.9, 0.5, AWARE) == (IMPLEMENTING, VOLUNTARY)
    True
    >>> after_aware(False, 0.1, 0.3, 0.9, 0.5, AWARE) == (IN_NAME_ONLY, MANDATED)
    True
    """
    if starts:
        return IMPLEMENTING, VOLUNTARY
    if u_mandate < compliance:
        return (IMPLEMENTING if u_engage < engaged_if_told else IN_NAME_ONLY), MANDATED
    return state, NO_ROUTE


def after_in_name_only(u_convert: float, conversion: float, u_lapse: float, lapse: float) -> int:
    """Return the next state of a name-only adopter: convert, lapse, or stay.

    Parameters
    ----------
    u_convert, u_lapse : uniform numbers in [0, 1).
    conversion, lapse : the chances of each.

    Returns
    -------
    A state.

    Examples
    --------
    >>> STATES[after_in_name_only(0.9, 0.1, 0.01, 0.03)]
    'discontinued'
    """
    if u_convert < conversion:
        return IMPLEMENTING
    return DISCONTINUED if u_lapse < lapse else IN_NAME_ONLY


# ------------------------------------------------------------------------------------------------ copying


def reads_specification(b: Behaviour, m: Levers, u_origin: float, response: float, voices: float) -> bool:
    """Return whether an adopter learns from the published specification rather than from a peer.

    So if no peer speaks for it (`voices` is 0), else with the specification's share of the influence to adopt.

    Parameters
    ----------
    u_origin : uniform number in [0, 1).
    response : to peers, 0 to 1.
    voices : sum over peers of persuasiveness above 0 times the weight of the tie.

    Returns
    -------
    Whether the published specification is what is copied.

    Examples
    --------
    >>> reads_specification(b, m, 0.5, response=0.5, voices=0.0)
    True
    >>> reads_specification(b, m, 0.5, response=0.5, voices=1.0)
    False
    """
    if voices <= 0.0:
        return True
    outside = external_influence(b, m)
    return outside > 0.0 and u_origin * (outside + peer_influence(b, m) * response) < outside


def copying_error(b: Behaviour, m: Levers, source: int, from_leader: bool) -> float:
    """Return the error of one transfer at complexity and capability one half, by whose version is copied.

    The programme's team explains what it publishes and passes on.

    Parameters
    ----------
    source : whose version is copied: ORIGINATOR, PEER, SPECIFICATION or HIERARCHY.
    from_leader : whether that is a second leader.

    Returns
    -------
    A probability a component.

    Examples
    --------
    >>> copying_error(b, m, PEER, False), copying_error(b, m, PEER, True), copying_error(b, m, SPECIFICATION, False)
    (0.15, 0.075, 0.05)
    >>> copying_error(b, m._replace(team=0.0), HIERARCHY, False)
    0.1
    """
    if source == PEER:
        ratio = b.copying.second_leader_error_ratio if from_leader else 1.0
        return b.copying.error_from_peer * ratio
    if source == HIERARCHY:
        return b.copying.error_from_hierarchy / team_strength(m)
    return b.copying.error_from_specification / team_strength(m)


def component_copied(
    b: Behaviour, original: float, codification: float, complexity: float, slip: float, u_template: float, u_copy: float
) -> float:
    """Return what arrives of a component: whole if read from the template, less if copied with an error.

    `slip` is the error of this transfer before the component's complexity (Acerbi & Tennie 2016 for the template).

    Parameters
    ----------
    original : presence of the component in what is copied, 0 to 1.
    codification, complexity : of the component, 0 to 1.
    slip : from 0.
    u_template, u_copy : uniform numbers in [0, 1).

    Returns
    -------
    Presence, 0 to 1.

    Examples
    --------
    >>> component_copied(b, 0.8, codification=0.35, complexity=0.5, slip=0.15, u_template=0.2, u_copy=0.9)
    1.0
    >>> component_copied(b, 0.8, codification=0.35, complexity=0.5, slip=0.15, u_template=0.5, u_copy=0.1)
    0.4
    """
    if u_template < codification:
        return 1.0
    if u_copy < min(1.0, slip * (0.5 + complexity)):
        return original * (1.0 - b.copying.component_loss)
    return original


def copying_slip(b: Behaviour, error: float, capability: float, support: float) -> float:
    """Return the error of a transfer to a service: less if it is capable and supported.

    Parameters
    ----------
    error : from `copying_error`.
    capability : of the service that copies, 0 to 1.
    support : that it gets, 0 to 1.

    Returns
    -------
    The error, from 0.

    Examples
    --------
    >>> copying_slip(b, 0.15, capability=0.5, support=0.0)
    0.15
    >>> round(copying_slip(b, 0.15, capability=0.5, support=0.5), 6)
    0.1
    """
    return error * (1.5 - capability) / (1.0 + b.copying.support_error_reduction * support)


def omission_probability(
    b: Behaviour, v: Intervention, latitude: float, complexity: float, is_core: bool, fit_as_perceived: float
) -> float:
    """Return the chance that a team leaves a component out at the start: of the adaptable ones those that do not
    seem to fit, of the core any, where nobody knows why it works.

    Parameters
    ----------
    latitude : that the service takes, 0 to 1.
    complexity : of the component, 0 to 1.
    is_core : whether the component is core.
    fit_as_perceived : of the form to the context as the team reads it, 0 to 1.

    Returns
    -------
    A probability a component and entry.

    Examples
    --------
    >>> omission_probability(b, v, 0.5, 0.5, is_core=True, fit_as_perceived=0.2)
    0.0125
    >>> round(omission_probability(b, v, 0.5, 0.5, is_core=False, fit_as_perceived=0.2), 6)
    0.04
    """
    reason = 1.0 - v.mechanism_clarity if is_core else 1.0 - fit_as_perceived
    if is_core and b.copying.core_omission_by_square:
        latitude = latitude * latitude
    return min(1.0, b.copying.omission_rate * latitude * (0.5 + complexity) * reason)


def ownership_at_start(b: Behaviour, m: Levers, route: int) -> float:
    """Return how far the change is the team's own: wholly if chosen, else as far as it was co-produced.

    Parameters
    ----------
    route : VOLUNTARY or MANDATED.

    Returns
    -------
    Ownership, 0 to 1.

    Examples
    --------
    >>> ownership_at_start(b, m, VOLUNTARY), round(ownership_at_start(b, m, MANDATED), 6)
    (1.0, 0.44)
    """
    if route == VOLUNTARY:
        return 1.0
    own = b.sustainment.ownership_when_mandated
    return own + (1.0 - own) * m.co_production


# ------------------------------------------------------------------------------------------------ change over time


def care_taken(b: Behaviour, m: Levers, v: Intervention, guarded: float) -> float:
    """Return how much is left to misreading: less where the mechanism is clear and the change co-produced.

    Where co-production with patients licenses adaptation it also guards it, from the start of a spell; else it is this
    month's that counts, by half.

    Parameters
    ----------
    guarded : share that what was co-produced guards against, 0 to 1.

    Returns
    -------
    A share, 0 to 1; 0: the context is read as it is.

    Examples
    --------
    >>> care_taken(b, m, v, guarded=0.0)
    0.5
    """
    if b.adaptation.co_production_licence > 0.0:
        return (1.0 - v.mechanism_clarity) * (1.0 - guarded)
    return (1.0 - v.mechanism_clarity) * (1.0 - 0.5 * m.co_production_patients)


def misreading_at_start(b: Behaviour, co_produced: float) -> float:
    """Return how much of its misreading a team begins with: patients who help to shape the change read the context.

    Parameters
    ----------
    co_produced : how far its version was shaped with patients, 0 to 1.

    Returns
    -------
    A share, 0 to 1.

    Examples
    --------
    >>> misreading_at_start(b._replace(adaptation=b.adaptation._replace(co_production_licence=0.5)), 0.4)
    0.8
    """
    return 1.0 - b.adaptation.co_production_licence * co_produced


def misreading_after_tests(b: Behaviour, m: Levers, misreading: float, capability: float) -> float:
    """Return what is left of a team's misreading after a month of tests (Taylor 2014; Knudsen 2019 for their use).

    Parameters
    ----------
    misreading : share so far, 0 to 1.
    capability : of the service, 0 to 1.

    Returns
    -------
    A share, 0 to 1.

    Examples
    --------
    >>> round(misreading_after_tests(b, m._replace(tests=1.0), 0.8, capability=0.5), 6)
    0.68
    """
    return misreading * (1.0 - min(1.0, b.adaptation.learning_rate * m.tests * (0.5 + capability)))


def context_perceived(
    b: Behaviour, m: Levers, v: Intervention, context: float, perception: float, misreading: float = 1.0
) -> float:
    """Return the context as the team reads it.

    Parameters
    ----------
    context : of the service, in fit distances from the originators'.
    perception : how far, and which way, it misreads its context, in standard deviations.
    misreading : share of that which is left, 0 to 1.

    Returns
    -------
    A context, in fit distances.

    Examples
    --------
    >>> context_perceived(b, m, v, context=1.0, perception=-1.0)
    0.5
    """
    return context + b.adaptation.misjudgement * care_taken(b, m, v, 0.0) * perception * misreading


def form_adjusted(
    b: Behaviour,
    m: Levers,
    form: float,
    perceived: float,
    latitude: float,
    adaptation_tendency: float,
    capability: float,
    published: float,
) -> float:
    """Return the local form a month later: some of the way from the published form to the perceived context.

    Latitude says how much of that gap may be closed, so that a revised specification draws its adopters after it.

    Parameters
    ----------
    form : of the service's version, in fit distances from the one first published.
    perceived : its context as it reads it.
    latitude : that it takes, 0 to 1.
    adaptation_tendency, capability : of the service, 0 to 1.
    published : form of the specification as it now stands.

    Returns
    -------
    A form, in fit distances.

    Examples
    --------
    >>> round(form_adjusted(b, m, 0.0, 1.0, latitude=0.5, adaptation_tendency=0.5, capability=0.5, published=0.0), 6)
    0.0975
    """
    rate = min(
        1.0, b.adaptation.adjustment_rate * (0.5 + adaptation_tendency) * (0.5 + capability) * (1.0 + m.co_production)
    )
    return form + rate * (published + latitude * (perceived - published) - form)


def erosion_probability(b: Behaviour, m: Levers, v: Intervention, latitude: float, co_produced: float = 0.0) -> float:
    """Return the chance that adapting while implementing costs part of a core component.

    Parameters
    ----------
    latitude : that the service takes, 0 to 1.
    co_produced : how far its version was shaped with patients, 0 to 1.

    Returns
    -------
    A probability a month and core component.

    Examples
    --------
    >>> eroding = b._replace(adaptation=b.adaptation._replace(core_erosion_rate=0.04))
    >>> round(erosion_probability(eroding, m, v, latitude=0.5), 6)
    0.01
    """
    guarded = b.adaptation.co_production_licence * co_produced
    return b.adaptation.core_erosion_rate * latitude * care_taken(b, m, v, guarded)


def damage_unguarded(b: Behaviour, before: float, after: float, published: float) -> float:
    """Return the chance that moving the form damages a core function that nobody guards: the growth of its square.

    Small changes seldom reach the core, large ones do; the law is a claim to be tested (Stirman 2017; Moore 2013).

    Parameters
    ----------
    before, after : form of the version before and after the month, in fit distances.
    published : form of the specification as it reaches the service.

    Returns
    -------
    A probability a month and function; 0 where it is less than one in a million, and nothing is drawn.

    Examples
    --------
    >>> hurt = b._replace(adaptation=b.adaptation._replace(core_damage_rate=0.5))
    >>> damage_unguarded(hurt, before=0.0, after=0.5, published=0.0)
    0.125
    >>> damage_unguarded(hurt, before=0.5, after=0.25, published=0.0)
    0.0
    """
    if b.adaptation.core_damage_rate <= 0.0:
        return 0.0
    far, near = (after - published) / b.adaptation.fit_distance, (before - published) / b.adaptation.fit_distance
    damage = b.adaptation.core_damage_rate * max(0.0, far * far - near * near)
    return damage if damage >= 1.0 / 1048576.0 else 0.0


def damage_guarded(b: Behaviour, m: Levers, v: Intervention, damage: float, co_produced: float) -> float:
    """Return the chance of damage to a function believed core: less where people know why it works, and test.

    Parameters
    ----------
    damage : from `damage_unguarded`.
    co_produced : how far the version was shaped with patients, 0 to 1.

    Returns
    -------
    A probability a month and function.

    Examples
    --------
    >>> damage_guarded(b, m._replace(tests=1.0), v, damage=0.4, co_produced=0.0)
    0.1
    """
    open_to_it = damage * (1.0 - v.mechanism_clarity) * (1.0 - b.adaptation.co_production_licence * co_produced)
    return open_to_it * (1.0 - 0.5 * m.tests)


def drift_probability(b: Behaviour, m: Levers, complexity: float, capability: float) -> float:
    """Return the chance that an embedded component loses part of itself: less if capable and audited.

    Parameters
    ----------
    complexity : of the component, 0 to 1.
    capability : of the service, 0 to 1.

    Returns
    -------
    A probability a month and component.

    Examples
    --------
    >>> round(drift_probability(b, m, complexity=0.5, capability=0.5), 6)
    0.003
    """
    return b.drift.rate * (0.5 + complexity) * (1.5 - capability) * (1.0 - b.drift.monitoring_reduction * m.monitoring)


def repair_probability(
    b: Behaviour, m: Levers, codification: float, is_core: bool, support: float, exposed: float
) -> float:
    """Return the chance that an embedded component is repaired: by audit, support, the template, or peers.

    Parameters
    ----------
    codification : of the component, 0 to 1.
    is_core : whether it is core.
    support : that the service gets, 0 to 1.
    exposed : exposure to peers, 0 to 1.

    Returns
    -------
    A probability a month and component.

    Examples
    --------
    >>> round(repair_probability(b, m, 0.35, is_core=True, support=0.0, exposed=0.5), 6)
    0.0155
    >>> round(repair_probability(b, m, 0.35, is_core=False, support=0.0, exposed=0.5), 6)
    0.0105
    """
    watched = max(m.monitoring, support, m.tests)
    if is_core:
        watched = max(watched, b.drift.repair_without_audit)
        return b.drift.repair_rate * codification * watched + b.drift.repair_from_peers * exposed
    return b.drift.repair_rate * codification * watched


def eroded(b: Behaviour, presence: float) -> float:
    """Return what is left of a component after one loss.

    Parameters
    ----------
    presence : of the component, 0 to 1.

    Returns
    -------
    Presence, 0 to 1.

    Examples
    --------
    >>> eroded(b, 1.0), eroded(b, 0.5)
    (0.5, 0.25)
    """
    return presence * (1.0 - b.copying.component_loss)


def repaired(b: Behaviour, presence: float) -> float:
    """Return a component after one repair.

    Parameters
    ----------
    presence : of the component, 0 to 1.

    Returns
    -------
    Presence, 0 to 1.

    Examples
    --------
    >>> repaired(b, 0.5)
    0.75
    """
    return presence + (1.0 - presence) * b.copying.component_loss


def drifted(b: Behaviour, presence: float, u: float, bound: float, drift: float, repair: float) -> float:
    """Return a candidate component after a month embedded: `u`, in [0, 1), picks loss, repair or neither.

    Loss takes the lowest `drift` of [0, bound) and repair the highest `repair`: never both.

    Parameters
    ----------
    presence : of the component, 0 to 1.
    u : uniform number in [0, 1).
    bound : probability of a candidate; at least `drift` and `repair` together.
    drift, repair : the chances of each.

    Returns
    -------
    Presence, 0 to 1.

    Examples
    --------
    >>> [drifted(b, 0.5, u, bound=0.1, drift=0.01, repair=0.02) for u in (0.05, 0.5, 0.9)]
    [0.25, 0.5, 0.75]
    """
    mark = u * bound
    if mark < drift:
        return eroded(b, presence)
    if mark >= bound - repair:
        return repaired(b, presence)
    return presence


def largest_erosion(b: Behaviour) -> float:
    """Return the largest chance of erosion in any service, under any levers.

    Returns
    -------
    A probability a month and core component.

    Examples
    --------
    >>> largest_erosion(b._replace(adaptation=b.adaptation._replace(core_erosion_rate=0.04)))
    0.04
    """
    return b.adaptation.core_erosion_rate


def largest_drift(b: Behaviour) -> float:
    """Return the largest chance of drift or repair in any component of any service, under any levers.

    Returns
    -------
    A probability a month and component.

    Examples
    --------
    >>> round(largest_drift(b), 6)
    0.0625
    """
    return b.drift.rate * 1.5 * 1.5 + b.drift.repair_rate + b.drift.repair_from_peers


# ------------------------------------------------------------------------------------------------ the specification


def form_revised(m: Levers, published: float, forms: float, effects: float) -> float:
    """Return the published form after a revision: some of the way to the mean form of its effective adopters.

    `forms` is the sum over embedded services of effect times form, `effects` that of effect; where nobody has any,
    nothing is learnt. Horton et al. 2018 (test and revise); the rule itself is assumed.

    Parameters
    ----------
    published : form of the specification so far, in fit distances.
    forms, effects : sums over embedded services.

    Returns
    -------
    A form, in fit distances.

    Examples
    --------
    >>> form_revised(m, published=0.0, forms=8.0, effects=10.0)
    0.4
    """
    if effects <= 0.0:
        return published
    return published + m.revision_of_form * (forms / effects - published)


def codification_revised(m: Levers, codification: float, presences: float, effects: float) -> float:
    """Return the codification of a component after a revision: some of the way to its presence in effective adopters.

    `presences` is the sum over embedded services of effect times presence. What is written down stays so.

    Parameters
    ----------
    codification : of the component so far, 0 to 1.
    presences, effects : sums over embedded services.

    Returns
    -------
    Codification, 0 to 1, never less than before.

    Examples
    --------
    >>> round(codification_revised(m, 0.35, presences=7.5, effects=10.0), 6)
    0.45
    """
    if effects <= 0.0:
        return codification
    return codification + m.revision_of_codification * max(0.0, presences / effects - codification)


# ------------------------------------------------------------------------------------------------ cost


def monthly_cost(
    c: Cost,
    m: Levers,
    n_services: float,
    n_implementing: float,
    supported: float,
    n_holding: float,
    n_leaders: float,
    n_preparing: float,
    n_members: float,
    n_embedded: float,
) -> float:
    """Return the staff-days of a month, over all services.

    `supported` is the sum of support received over services; `n_holding` those embedded or in name only.

    Parameters
    ----------
    c : the cost parameters.
    n_services, n_implementing, n_holding, n_leaders, n_preparing, n_members, n_embedded : numbers of services: all,
        implementing, embedded or in name only, second leaders, preparing, members of a collaborative, embedded.
    supported : in services at full support.

    Returns
    -------
    Staff-days.

    Examples
    --------
    >>> round(monthly_cost(blend.cost, m, 480.0, 60.0, 20.0, 40.0, 5.0, 10.0, n_members=0.0, n_embedded=40.0), 6)
    352.35
    """
    return (
        c.programme_month * (m.mandate + m.peer_programme + m.monitoring) * n_services
        + (c.implementing_month + c.co_production_month * (0.5 * m.co_production + 0.5 * m.co_production_patients))
        * n_implementing
        + c.supported_month * supported
        + c.embedded_month * n_holding
        + c.second_leader_month * m.celebration * n_leaders
        + c.revision * m.revises * n_services
        + c.preparing_month * n_preparing
        + c.team_month * m.team * m.on * n_services
        + c.incentive_month * m.incentive * (n_implementing + n_holding)
        + c.hub_month * m.hub * m.on * n_services
        + c.member_month * m.collaborates * n_members
        + m.tests * (c.testing_month * n_implementing + c.testing_month_embedded * n_embedded)
    )


# ------------------------------------------------------------------------------------------------ parameters, by name
#
# What `b` and `c` hold: the numbers of a scenario's [behaviour] and [cost], whose meaning, unit, bounds and source
# `parameters` declares. A test holds the two to the same names.


class Awareness(NamedTuple):
    """Hearing of the improvement."""

    broadcast_rate: float
    exposure_rate: float
    start: int  # 0 unaware, 1 aware


class Adoption(NamedTuple):
    """Deciding to adopt of one's own accord."""

    external_influence: float
    peer_influence_unaided: float
    peer_influence_facilitated: float
    exposure_response: int  # SATURATING, LINEAR, THRESHOLD or INDEPENDENT_CASCADE
    cascade_probability: float
    threshold_most_ready: float
    threshold_least_ready: float
    observability: float
    discouragement: float
    readoption_ratio: float


class Engagement(NamedTuple):
    """Whether a service takes the change on in earnest; factors multiply its odds."""

    gate: bool
    support_odds: float
    co_production_odds: float
    peer_odds: float
    reactance: float
    misfit_penalty: float


class Appraisal(NamedTuple):
    """Asking what a start takes and whether one is ready for it, and preparing until one is."""

    applies: bool
    readiness_threshold: float
    error: float
    preparation_rate: float


class Mandate(NamedTuple):
    """What an instruction from above does."""

    compliance_rate: float
    months_per_level: int
    conversion_rate: float
    lapse_rate: float
    delivery_in_name_only: float


class Implementation(NamedTuple):
    """From decision to routine."""

    months_to_embed: float
    abandonment_rate: float
    unreadiness_multiplier: float


class Sustainment(NamedTuple):
    """Whether what is embedded lasts."""

    discontinuation_rate: float
    ineffectiveness_multiplier: float
    lack_of_ownership_multiplier: float
    support_multiplier: float
    capability_weight: float
    ownership_when_mandated: float
    incentive_multiplier: float
    incentive_withdrawal_rate: float


class Turnover(NamedTuple):
    """People leave, and others come."""

    rate: float
    knowledge_loss: float


class Pressure(NamedTuple):
    """Times in which a whole group of services has other priorities."""

    rate: float
    months: int
    effect: float
    level: int


class Adaptation(NamedTuple):
    """Fitting the form to the local context."""

    fit_distance: float
    adjustment_rate: float
    core_erosion_rate: float
    misjudgement: float
    core_damage_rate: float
    co_production_licence: float
    learning_rate: float
    second_form_fit: float
    second_form_distance: float
    minimum_latitude: float


class Copying(NamedTuple):
    """What arrives when one service learns from another."""

    error_from_peer: float
    error_from_specification: float
    error_from_hierarchy: float
    omission_rate: float
    core_omission_by_square: bool
    component_loss: float
    support_error_reduction: float
    second_leader_error_ratio: float


class Drift(NamedTuple):
    """Unintended loss over time, and repair."""

    rate: float
    monitoring_reduction: float
    repair_rate: float
    repair_without_audit: float
    repair_from_peers: float


class SecondLeaders(NamedTuple):
    """Services that emerge as leaders of spread after the originators."""

    emergence_probability: float
    persuasion_multiplier: float


class Behaviour(NamedTuple):
    """How services behave: the parameters of the rules."""

    awareness: Awareness
    adoption: Adoption
    engagement: Engagement
    appraisal: Appraisal
    mandate: Mandate
    implementation: Implementation
    sustainment: Sustainment
    turnover: Turnover
    pressure: Pressure
    adaptation: Adaptation
    copying: Copying
    drift: Drift
    second_leaders: SecondLeaders


class Cost(NamedTuple):
    """Effort, in staff-days; all assumed."""

    programme_month: float
    implementing_month: float
    supported_month: float
    co_production_month: float
    embedded_month: float
    second_leader_month: float
    revision: float
    preparing_month: float
    team_month: float
    incentive_month: float
    hub_month: float
    member_month: float
    testing_month: float
    testing_month_embedded: float
