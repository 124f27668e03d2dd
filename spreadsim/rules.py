"""The rulebook: what makes a service hear, decide, adapt, lapse and lead.

Each rule is a pure function of one service's own state, of its sums over ties, and of what holds for all:

``b``  the behaviour parameters, by the names of the scenario file (``b.adoption.external_influence``);
``m``  the levers of the month (``Levers``);
``v``  the intervention (``Intervention``): the components' numbers, and sums over them made once.

Both drivers call these functions: the Mesa agents as they stand, the engine compiled. Arithmetic is therefore kept
to ``+ - * /``, comparisons, ``min`` and ``max`` on 64-bit floats: no powers, no library functions, no reordering.
Probabilities are per month unless said otherwise, and rise with exposure, so that a driver may rule a change out
by the probability at full exposure before it adds up ties.

What belongs here: the rules, their order in a month, and the names of states. This module imports nothing of ours.
Sources are given in short; the reference page gives them in full.
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

# A month, in order. All services act on the state at the start of the month; `commit` makes the new state theirs.
# Services that enter implementation copy before anything drifts, so that every copy is of last month's version.
ACTING = (
    "revision",  # if one is due: the specification moves towards what its effective adopters did last month
    "transition",  # hear, decide, be directed, convert, finish, give up, stop; on entry, copy; on embedding, lead
    "change",  # adapt, erode, drift, repair
    "commit",  # the new state holds; leaders that stopped retire
)
OBSERVING = (
    "quality",  # what each service delivers and how far that persuades its peers
    "record",  # the month's sums
    "support",  # the support that each service gets; at the horizon a run stops here
)
PHASES = ACTING + OBSERVING  # before the first month, what holds at the start is observed


class Levers(NamedTuple):
    """What the programme does in one month: what the calendar says, then the levers, declared in ``levers``."""

    month: int
    on: float
    months_directed: float
    revises: float

    mandate: float
    latitude: float
    peer_programme: float
    monitoring: float
    support: float
    support_capacity: float
    support_for: float
    co_production: float
    celebration: float
    revision_of_form: float
    revision_of_codification: float


class PerComponent(Protocol[Number]):
    """One number a component, in file order: a list, or an array."""

    def __getitem__(self, k: int, /) -> Number: ...

    def __setitem__(self, k: int, value: Number, /) -> None: ...


class Intervention(NamedTuple):
    """The components as numbers, in file order, and the sums over them that rules use."""

    core: PerComponent[bool]
    weight: PerComponent[float]
    core_weight: PerComponent[float]
    adaptable_weight: PerComponent[float]
    complexity: PerComponent[float]
    codification: PerComponent[float]
    n_components: int
    n_core: int
    core_share: float
    adaptable_share: float
    mean_complexity: float
    core_exponent: int
    mechanism_clarity: float
    erosion_bound: float
    erosion_table: PerComponent[float]
    drift_bound: float
    drift_table: PerComponent[float]


# ------------------------------------------------------------------------------------------------ levers of a month


def external_influence(b: Behaviour, m: Levers) -> float:
    """Return the chance of deciding without peers; halved when the programme is off (Bass 1969; Sultan 1990)."""
    return b.adoption.external_influence * m.on + 0.5 * b.adoption.external_influence * (1.0 - m.on)


def peer_influence(b: Behaviour, m: Levers) -> float:
    """Return the chance of deciding at full response to peers, facilitated as far as the peer programme goes."""
    unaided = b.adoption.peer_influence_unaided
    return unaided + (b.adoption.peer_influence_facilitated - unaided) * m.peer_programme


def support_received(support: float, places: float, n_waiting: float) -> float:
    """Return the support each service gets when `places` full-strength places are shared by `n_waiting` services.

    The effect of facilitation falls as services per facilitator rise (Baskerville 2012).
    """
    if n_waiting <= 0.0:
        return support
    return support * min(1.0, places / n_waiting)


def is_directed(b: Behaviour, m: Levers, depth: int, wave: int = 0) -> bool:
    """Return whether the instruction has passed the levels above a service at `depth`; it set out `wave` months late.

    Programmes are rolled out in waves of groups, as the arms of a stepped-wedge trial are.
    """
    return m.mandate > 0.0 and m.months_directed >= b.mandate.months_per_level * depth + wave


def latitude_taken(m: Levers, adaptation_tendency: float) -> float:
    """Return the freedom a service takes: the latitude given, times its tendency to adapt (1 at tendency one half)."""
    return min(1.0, m.latitude * (0.5 + adaptation_tendency))


# ------------------------------------------------------------------------------------------------ quality


def weighted_presence(fidelity: PerComponent[float], weight: PerComponent[float], n: int) -> float:
    """Return the sum over components of weight times presence, left to right."""
    total = 0.0
    for k in range(n):
        total += weight[k] * fidelity[k]
    return total


def core_presence(v: Intervention, fidelity: PerComponent[float]) -> float:
    """Return core fidelity C: presence over core components alone, 0 to 1 (1 if nothing is core)."""
    if v.core_share <= 0.0:
        return 1.0
    return weighted_presence(fidelity, v.core_weight, v.n_components)


def adaptable_presence(v: Intervention, fidelity: PerComponent[float]) -> float:
    """Return presence over adaptable components alone, 0 to 1 (0 if none is adaptable)."""
    if v.adaptable_share <= 0.0:
        return 0.0
    return weighted_presence(fidelity, v.adaptable_weight, v.n_components)


def fit(b: Behaviour, context: float, form: float) -> float:
    """Return how well a form suits a context: 1 at no distance, one half at `fit_distance`."""
    distance = (context - form) / b.adaptation.fit_distance
    return 1.0 / (1.0 + distance * distance)


def effect(b: Behaviour, v: Intervention, core: float, adaptable: float, context: float, form: float) -> float:
    """Return the effect a service has where it delivers in full: core to a power, times fitted adaptable functions.

    ``C^gamma ((1 - omega) + omega fit presence)``: Durlak & DuPre 2008 for the power; Hawe 2004 for function and form.
    """
    power = 1.0
    for _ in range(v.core_exponent):
        power = power * core
    fitted = fit(b, context, form) * adaptable
    return power * ((1.0 - v.adaptable_share) + v.adaptable_share * fitted)


def fidelity_as_intended(v: Intervention, core: float, adaptable: float, form: float) -> float:
    """Return fidelity F: weighted presence, the adaptable part marked down by how far the form has moved.

    `form` is taken from the specification as it now stands: what its authors intend is what they last published.
    """
    moved = form if form >= 0.0 else -form
    return v.core_share * core + (1.0 - moved / (1.0 + moved)) * (v.adaptable_share * adaptable)


def share_delivered(b: Behaviour, state: int, progress: float) -> float:
    """Return the share of its effect that a service delivers: all when embedded, `progress` while implementing."""
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
    """
    if state == EMBEDDED:
        chi = b.adoption.observability
        voice = (1.0 - chi) + chi * effect_now
        return voice * (1.0 + b.second_leaders.persuasion_multiplier * is_leader)
    if state == DISCONTINUED:
        return -b.adoption.discouragement
    return 0.0


def exposure(persuasion: float, weight: float) -> float:
    """Return exposure X: the weighted mean of peers' persuasiveness, within 0 and 1 (Valente 1996); 0 without ties."""
    if weight <= 0.0:
        return 0.0
    return min(1.0, max(0.0, persuasion / weight))


def threshold(b: Behaviour, readiness: float) -> float:
    """Return the exposure at which a service responds: low for ready services (Granovetter 1978; Valente 1996)."""
    low = b.adoption.threshold_most_ready
    return low + (b.adoption.threshold_least_ready - low) * (1.0 - readiness)


def exposure_response(b: Behaviour, exposed: float, readiness: float, not_persuaded: float) -> float:
    """Return response G to exposure, 0 to 1.

    `not_persuaded` is the chance that no newly embedded peer persuades (Kempe, Kleinberg, Tardos 2003); it counts
    under ``independent-cascade`` alone. A threshold of 0 is met without exposure.
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
    """Return the chance that one newly embedded peer does not persuade."""
    return 1.0 - b.adoption.cascade_probability * min(1.0, max(0.0, persuasion))


# ------------------------------------------------------------------------------------------------ engagement


def engagement_odds(
    b: Behaviour, m: Levers, v: Intervention, readiness: float, support: float, response: float
) -> float:
    """Return the odds that a service takes the change on in earnest.

    Readiness times ease, multiplied by support, co-production and peers (Weiner 2009; Baskerville 2012).
    """
    ease = 1.0 / ((0.5 + v.mean_complexity) * (0.5 + v.mean_complexity))
    return (
        readiness
        / (1.0 - readiness)
        * ease
        * (1.0 + b.engagement.support_odds * support)
        * (1.0 + b.engagement.co_production_odds * m.co_production)
        * (1.0 + b.engagement.peer_odds * response)
    )


def engagement(b: Behaviour, odds: float) -> float:
    """Return the chance R that goes with `odds` (1 where the gate is off)."""
    return odds / (1.0 + odds) if b.engagement.gate else 1.0


def mandated_engagement(b: Behaviour, m: Levers, v: Intervention, odds: float, fit_as_published: float) -> float:
    """Return the chance of engaging under instruction: less where the package does not fit and may not be fitted,
    and where demands are met with force instead of with co-production (Pickering 2013; Dixon-Woods 2013)."""
    misfit = b.engagement.misfit_penalty * v.adaptable_share * (1.0 - m.latitude) * (1.0 - fit_as_published)
    burden = 2.0 * v.mean_complexity
    reactance = 1.0 + b.engagement.reactance * burden * m.mandate * (1.0 - m.co_production)
    return engagement(b, odds * max(0.0, 1.0 - misfit) / reactance)


# ------------------------------------------------------------------------------------------------ transitions


def awareness_probability(b: Behaviour, m: Levers, exposed: float, directed: bool) -> float:
    """Return the chance of hearing of the improvement: from the programme, from peers, or by instruction."""
    return min(1.0, b.awareness.broadcast_rate * m.on + b.awareness.exposure_rate * exposed + m.mandate * directed)


def adoption_probability(b: Behaviour, m: Levers, response: float, engaged: float, stopped_before: bool) -> float:
    """Return the chance of adopting of one's own accord: (external + peer influence x response) x engagement (Bass)."""
    ratio = b.adoption.readoption_ratio if stopped_before else 1.0
    return min(1.0, external_influence(b, m) + peer_influence(b, m) * response) * engaged * ratio


def compliance_probability(b: Behaviour, m: Levers, directed: bool, stopped_before: bool) -> float:
    """Return the chance of acting on the instruction; the square says it bites only with consequences as well."""
    ratio = b.adoption.readoption_ratio if stopped_before else 1.0
    return b.mandate.compliance_rate * m.mandate * m.mandate * ratio if directed else 0.0


def conversion_probability(b: Behaviour, m: Levers, response: float, support: float, engaged: float) -> float:
    """Return the chance that a name-only adopter takes the improvement on in earnest."""
    return min(1.0, b.mandate.conversion_rate * engaged * (response + support + m.co_production))


def lapse_probability(b: Behaviour, m: Levers) -> float:
    """Return the chance that a nominal adoption lapses: nobody keeps up appearances without a mandate."""
    return b.mandate.lapse_rate * (1.0 - m.mandate)


def progress_made(b: Behaviour, capability: float, support: float, complexity_included: float) -> float:
    """Return the share of implementation done in a month: sooner if capable and supported, later if demanding."""
    return (0.5 + capability) * (1.0 + support) / (b.implementation.months_to_embed * (0.5 + complexity_included))


def abandonment_probability(b: Behaviour, engaged: float) -> float:
    """Return the chance of giving up while implementing."""
    return b.implementation.abandonment_rate * (2.0 - 2.0 * engaged)


def discontinuation_probability(
    b: Behaviour, v: Intervention, effect_now: float, ownership: float, support: float, capability: float
) -> float:
    """Return the chance that an embedded service stops: sooner without visible effect or ownership, later if
    supported and capable (Scheirer 2005; Bradley 2005)."""
    burden = 2.0 * v.mean_complexity
    s = b.sustainment
    sooner = (
        s.discontinuation_rate
        * (1.0 + s.ineffectiveness_multiplier * (1.0 - effect_now))
        * (1.0 + s.lack_of_ownership_multiplier * burden * (1.0 - ownership))
    )
    later = (1.0 + s.support_multiplier * support) * (0.5 + s.capability_weight * capability)
    return min(1.0, sooner / later)


def leadership_probability(b: Behaviour, m: Levers, effect_now: float) -> float:
    """Return the chance of becoming a second leader on embedding: celebrated, and with results to show."""
    return b.second_leaders.emergence_probability * m.celebration * effect_now


def after_stopping(m: Levers, route: int) -> int:
    """Return the state of a service that gives up or stops: in name only while a mandate stands over it."""
    return DISCONTINUED if route == VOLUNTARY or m.mandate == 0.0 else IN_NAME_ONLY


def after_aware(
    u_decide: float,
    adoption: float,
    u_mandate: float,
    compliance: float,
    u_engage: float,
    engaged_if_told: float,
    state: int,
) -> tuple[int, int]:
    """Return the next state and route of an aware or discontinued service: adopt, be directed, or stay."""
    if u_decide < adoption:
        return IMPLEMENTING, VOLUNTARY
    if u_mandate < compliance:
        return (IMPLEMENTING if u_engage < engaged_if_told else IN_NAME_ONLY), MANDATED
    return state, NO_ROUTE


def after_in_name_only(u_convert: float, conversion: float, u_lapse: float, lapse: float) -> int:
    """Return the next state of a name-only adopter: convert, lapse, or stay."""
    if u_convert < conversion:
        return IMPLEMENTING
    return DISCONTINUED if u_lapse < lapse else IN_NAME_ONLY


# ------------------------------------------------------------------------------------------------ copying


def reads_specification(b: Behaviour, m: Levers, u_origin: float, response: float, voices: float) -> bool:
    """Return whether an adopter learns from the published specification rather than from a peer.

    So if no peer speaks for it (`voices` is 0), else with the specification's share of the influence to adopt.
    """
    if voices <= 0.0:
        return True
    outside = external_influence(b, m)
    return outside > 0.0 and u_origin * (outside + peer_influence(b, m) * response) < outside


def copying_error(b: Behaviour, source: int, from_leader: bool) -> float:
    """Return the error of one transfer at complexity and capability one half, by whose version is copied."""
    if source == PEER:
        ratio = b.copying.second_leader_error_ratio if from_leader else 1.0
        return b.copying.error_from_peer * ratio
    if source == HIERARCHY:
        return b.copying.error_from_hierarchy
    return b.copying.error_from_specification


def component_copied(
    b: Behaviour, original: float, codification: float, complexity: float, slip: float, u_template: float, u_copy: float
) -> float:
    """Return what arrives of a component: whole if read from the template, less if copied with an error.

    `slip` is the error of this transfer before the component's complexity (Acerbi & Tennie 2016 for the template).
    """
    if u_template < codification:
        return 1.0
    if u_copy < min(1.0, slip * (0.5 + complexity)):
        return original * (1.0 - b.copying.component_loss)
    return original


def copying_slip(b: Behaviour, error: float, capability: float, support: float) -> float:
    """Return the error of a transfer to a service: less if it is capable and supported."""
    return error * (1.5 - capability) / (1.0 + b.copying.support_error_reduction * support)


def omission_probability(
    b: Behaviour, v: Intervention, latitude: float, complexity: float, is_core: bool, fit_as_perceived: float
) -> float:
    """Return the chance that a team leaves a component out at the start: of the adaptable ones those that do not
    seem to fit, of the core any, where nobody knows why it works."""
    reason = 1.0 - v.mechanism_clarity if is_core else 1.0 - fit_as_perceived
    return min(1.0, b.copying.omission_rate * latitude * (0.5 + complexity) * reason)


def ownership_at_start(b: Behaviour, m: Levers, route: int) -> float:
    """Return how far the change is the team's own: wholly if chosen, else as far as it was co-produced."""
    if route == VOLUNTARY:
        return 1.0
    own = b.sustainment.ownership_when_mandated
    return own + (1.0 - own) * m.co_production


# ------------------------------------------------------------------------------------------------ change over time


def care_taken(m: Levers, v: Intervention) -> float:
    """Return how much is left to misreading: less where the mechanism is clear and the change co-produced."""
    return (1.0 - v.mechanism_clarity) * (1.0 - 0.5 * m.co_production)


def context_perceived(b: Behaviour, m: Levers, v: Intervention, context: float, perception: float) -> float:
    """Return the context as the team reads it."""
    return context + b.adaptation.misjudgement * care_taken(m, v) * perception


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
    """
    rate = min(
        1.0, b.adaptation.adjustment_rate * (0.5 + adaptation_tendency) * (0.5 + capability) * (1.0 + m.co_production)
    )
    return form + rate * (published + latitude * (perceived - published) - form)


def erosion_probability(b: Behaviour, m: Levers, v: Intervention, latitude: float) -> float:
    """Return the chance that adapting while implementing costs part of a core component."""
    return b.adaptation.core_erosion_rate * latitude * care_taken(m, v)


def drift_probability(b: Behaviour, m: Levers, complexity: float, capability: float) -> float:
    """Return the chance that an embedded component loses part of itself: less if capable and audited."""
    return b.drift.rate * (0.5 + complexity) * (1.5 - capability) * (1.0 - b.drift.monitoring_reduction * m.monitoring)


def repair_probability(
    b: Behaviour, m: Levers, codification: float, is_core: bool, support: float, exposed: float
) -> float:
    """Return the chance that an embedded component is repaired: by audit, support, the template, or peers."""
    watched = max(m.monitoring, support)
    if is_core:
        watched = max(watched, b.drift.repair_without_audit)
        return b.drift.repair_rate * codification * watched + b.drift.repair_from_peers * exposed
    return b.drift.repair_rate * codification * watched


def eroded(b: Behaviour, presence: float) -> float:
    """Return what is left of a component after one loss."""
    return presence * (1.0 - b.copying.component_loss)


def repaired(b: Behaviour, presence: float) -> float:
    """Return a component after one repair."""
    return presence + (1.0 - presence) * b.copying.component_loss


def drifted(b: Behaviour, presence: float, u: float, bound: float, drift: float, repair: float) -> float:
    """Return a candidate component after a month embedded: `u`, in [0, 1), picks loss, repair or neither.

    Loss takes the lowest `drift` of [0, bound) and repair the highest `repair`: never both.
    """
    mark = u * bound
    if mark < drift:
        return eroded(b, presence)
    if mark >= bound - repair:
        return repaired(b, presence)
    return presence


def largest_erosion(b: Behaviour) -> float:
    """Return the largest chance of erosion in any service, under any levers."""
    return b.adaptation.core_erosion_rate


def largest_drift(b: Behaviour) -> float:
    """Return the largest chance of drift or repair in any component of any service, under any levers."""
    return b.drift.rate * 1.5 * 1.5 + b.drift.repair_rate + b.drift.repair_from_peers


# ------------------------------------------------------------------------------------------------ the specification


def form_revised(m: Levers, published: float, forms: float, effects: float) -> float:
    """Return the published form after a revision: some of the way to the mean form of its effective adopters.

    `forms` is the sum over embedded services of effect times form, `effects` that of effect; where nobody has any,
    nothing is learnt. Horton et al. 2018 (test and revise); the rule itself is assumed.
    """
    if effects <= 0.0:
        return published
    return published + m.revision_of_form * (forms / effects - published)


def codification_revised(m: Levers, codification: float, presences: float, effects: float) -> float:
    """Return the codification of a component after a revision: some of the way to its presence in effective adopters.

    `presences` is the sum over embedded services of effect times presence. What is written down stays so.
    """
    if effects <= 0.0:
        return codification
    return codification + m.revision_of_codification * max(0.0, presences / effects - codification)


# ------------------------------------------------------------------------------------------------ cost


def monthly_cost(
    c: Cost, m: Levers, n_services: float, n_implementing: float, supported: float, n_holding: float, n_leaders: float
) -> float:
    """Return the staff-days of a month, over all services.

    `supported` is the sum of support received over services; `n_holding` those embedded or in name only.
    """
    return (
        c.programme_month * (m.mandate + m.peer_programme + m.monitoring) * n_services
        + (c.implementing_month + c.co_production_month * m.co_production) * n_implementing
        + c.supported_month * supported
        + c.embedded_month * n_holding
        + c.second_leader_month * m.celebration * n_leaders
        + c.revision * m.revises * n_services
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


class Sustainment(NamedTuple):
    """Whether what is embedded lasts."""

    discontinuation_rate: float
    ineffectiveness_multiplier: float
    lack_of_ownership_multiplier: float
    support_multiplier: float
    capability_weight: float
    ownership_when_mandated: float


class Adaptation(NamedTuple):
    """Fitting the form to the local context."""

    fit_distance: float
    adjustment_rate: float
    core_erosion_rate: float
    misjudgement: float
    minimum_latitude: float


class Copying(NamedTuple):
    """What arrives when one service learns from another."""

    error_from_peer: float
    error_from_specification: float
    error_from_hierarchy: float
    omission_rate: float
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
    mandate: Mandate
    implementation: Implementation
    sustainment: Sustainment
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
