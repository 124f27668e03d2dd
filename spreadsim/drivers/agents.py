"""Services as Mesa agents: the rulebook acted out by someone you can read, watch and subclass.

What belongs here: `Service`, and what it reads of its `Surroundings`. Each method looks at the service's own state and
its peers, asks the rulebook, and writes down what it decides; nothing changes for others before `commit`.

A rule of your own is a subclass: override `hears`, `adoption`, `compliance`, `engagement_when_told`, `gives_up`,
`stops`, `converts_or_lapses`, `exposure` or any other method, and pass the class to
``compare(scenario, service_class=MyService)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from types import FunctionType
from typing import Any, Protocol

import numpy as np
from mesa.discrete_space import FixedAgent

from spreadsim import draws, rules
from spreadsim.errors import InputError, nearest
from spreadsim.network.data import Network
from spreadsim.notebook import html_table
from spreadsim.state import ATTRIBUTES, STATE


class Surroundings(Protocol):
    """What a service reads of the model it stands in, `SpreadModel`, and the two things it asks of it.

    Attributes
    ----------
    b, v : the behaviour and the intervention, as the rules take them.
    levers, unit_of : this month's levers, by unit, and the unit of each service; one unit where no rules respond.
    month : the month that holds now, from 0.
    structure : the network as arrays.
    wave, has_priority : by service, the month of its wave and whether it comes first for support.
    pressure_group : by service, the group with which it comes under pressure.
    message, message_generation : by group, what the line passes on and how often it was passed on.
    published_form : the form that the specification has now.
    support, support_embedded : by unit, what a service gets while implementing and once embedded; second, those who
        come first.
    pressure_left : by group, and last for services without one, the months of pressure before it.
    """

    b: Any
    v: Any
    levers: Sequence[Any]
    unit_of: Sequence[int]
    month: int
    structure: Network
    wave: Sequence[int]
    pressure_group: Sequence[int]
    has_priority: np.ndarray
    message: Sequence[list[float]]
    message_generation: Sequence[int]
    published_form: float
    support: Sequence[Sequence[float]]
    support_embedded: Sequence[Sequence[float]]
    pressure_left: Sequence[int]

    def draw(self, purpose: int, number: int) -> float:
        """Return the uniform number at an address of this month."""

    def note(self, **event: Any) -> None:
        """Write a change of state down."""

    def count_turnover(self, service: Service) -> None:
        """Count a service whose people have changed."""


def _public_methods(of: type) -> list[str]:
    """Return the names of the methods and properties that a class itself defines, without those of its bases."""
    kinds = (FunctionType, property, cached_property, classmethod, staticmethod)
    return [name for name, value in vars(of).items() if isinstance(value, kinds) and not name.startswith("_")]


class Service(FixedAgent):
    """A service that may take an improvement on.

    A subclass changes what its methods decide. A public method or property that `Service` does not have is refused, for
    nothing would call it and a misspelt name would change nothing in silence; a class that has some of its own names
    them, ``class MyService(ss.Service, own=("bonus",))``. Names with a leading underscore are free.

    Attributes are those of `state.ATTRIBUTES` (what it is) and `state.STATE` (what changes); `uid` is its permanent
    number, `id` and `name` are the network's, `peers` the services it listens to with the weight of each tie.

    Parameters
    ----------
    model : that the service belongs to.
    uid : its number, 0 to n - 1.

    Examples
    --------
    >>> class Cautious(Service):
    ...     def adoption(self) -> float:
    ...         return 0.5 * super().adoption()
    >>> model = ss.SpreadModel("classroom", service_class=Cautious)
    >>> service = model.services[1]
    >>> service.state_name, len(service.peers), service.exposure()
    ('aware', 2, 0.5)
    """

    model: Surroundings
    uid: int
    id: str
    name: str
    peers: list[tuple[Service, float]]
    weight_sum: float
    # where it stands
    depth: int
    unit: int
    group: int
    pressure_group: int
    wave: int
    has_priority: bool
    # what it is
    deprivation: float
    context: float
    readiness: float
    capability: float
    adaptation_tendency: float
    population: float
    perception: float
    regional_context: float
    second_form: float
    appraisal_error: float
    # what changes
    state: int
    route: int
    since: int
    first_embedded: int
    began: bool
    first_began: int
    ever_led: bool
    current_readiness: float
    preparing: bool
    waited: bool
    declined: bool
    ready_at_start: bool
    fidelity: list[float]
    form: float
    progress: float
    complexity_included: float
    generation: int
    ownership: float
    co_produced: float
    misreading: float
    damaged: bool
    leader: bool
    core: float
    adaptable: float
    presence_at_start: float
    effect: float
    persuasion: float
    # what it will be once the month's decisions hold
    next_state: int
    next_route: int

    def __init_subclass__(cls, *, own: Iterable[str] = (), **options: Any) -> None:
        """Refuse a method or property that `Service` does not have, unless the class says that it is its own."""
        super().__init_subclass__(**options)
        of_services = [base for base in cls.__mro__[1:] if issubclass(base, Service)]
        allowed = {*own, *Service.__annotations__, *(name for base in of_services for name in dir(base))}
        for part in cls.__mro__:
            if part in of_services or part in Service.__mro__:
                continue
            for name in _public_methods(part):
                if name not in allowed:
                    raise InputError(
                        "python",
                        f"{part.__name__}.{name}",
                        "a service has no such method, so that nothing would call it",
                        f"{nearest(name, _public_methods(Service))} If it is one of your own, say so: "
                        f'class {cls.__name__}(ss.Service, own=("{name}",))',
                    )

    def __init__(self, model: Surroundings, uid: int) -> None:
        super().__init__(model)
        structure = model.structure
        self.uid = uid
        self.id, self.name = structure.ids[uid], structure.names[uid]
        for variable in ATTRIBUTES:
            setattr(self, variable.name, float(structure[variable.name][uid]))
        for variable in STATE:
            start = variable.start
            setattr(self, variable.name, [start] * model.v.n_components if variable.per_component else start)
        self.depth = int(structure.hierarchy.service_depth[uid])
        self.wave, self.unit = model.wave[uid], model.unit_of[uid]
        self.group = int(structure.hierarchy.service_parent[uid])
        self.pressure_group = model.pressure_group[uid]
        self.current_readiness = self.readiness
        self.peers = []
        self.weight_sum = float(structure.weight_sum[uid])
        self.has_priority = bool(model.has_priority[uid])
        self.next_state, self.next_route = self.state, self.route
        if model.b.awareness.start == 1:
            self.state = rules.AWARE

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}: {self.state_name}>"

    def _repr_html_(self) -> str:
        rows = [("state", self.state_name), ("peers", len(self.peers)), ("effect", f"{self.effect:.2f}")]
        rows += [(variable.name.replace("_", " "), f"{getattr(self, variable.name):.3g}") for variable in ATTRIBUTES]
        title = self.id if self.name in ("", self.id) else f"{self.name} ({self.id})"
        return html_table(title, rows)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without peers and cell, which the model makes again: pickle would follow all ties."""
        return {name: value for name, value in self.__dict__.items() if name not in ("peers", "_mesa_cell")}

    # ------------------------------------------------------------------------------------------ what it sees

    @property
    def state_name(self) -> str:
        """The state in words."""
        return rules.STATES[self.state]

    @property
    def m(self) -> Any:
        """The levers that hold for it this month (`rules.Levers`)."""
        return self.model.levers[self.unit]

    @property
    def published_form(self) -> float:
        """The specification's form as it reaches the service: a hub may have rewritten it for the region."""
        return rules.form_as_published(self.m, self.model.published_form, self.regional_context)

    @property
    def fit_as_published(self) -> float:
        """The fit of that form to the service's context."""
        return rules.fit(self.model.b, self.context, self.published_form, self.second_form)

    def draw(self, purpose: int, component: int | None = None) -> float:
        """Return this service's uniform number for a purpose this month.

        Parameters
        ----------
        purpose : what the number is for, one of those in `draws`.
        component : its place in the file, for a number of its own; None for the service as a whole.

        Returns
        -------
        A number in [0, 1).
        """
        number = self.uid if component is None else draws.COMPONENT_STRIDE * self.uid + component
        return self.model.draw(purpose, number)

    def exposure(self) -> float:
        """Return the exposure to peers, 0 to 1.

        Returns
        -------
        Exposure, 0 to 1.
        """
        total = 0.0
        for peer, weight in self.peers:
            total += weight * peer.persuasion
        return rules.exposure(total, self.weight_sum)

    def response(self) -> float:
        """Return the response to that exposure, 0 to 1.

        Returns
        -------
        Response, 0 to 1.
        """
        b, not_persuaded = self.model.b, 1.0
        if b.adoption.exposure_response == rules.INDEPENDENT_CASCADE:
            for peer, weight in self.peers:
                if weight > 0.0 and peer.state == rules.EMBEDDED and peer.since == self.model.month:
                    not_persuaded = not_persuaded * rules.not_persuaded_by(b, peer.persuasion)
        return rules.exposure_response(b, self.exposure(), self.readiness, not_persuaded)

    def support(self) -> float:
        """Return the support it gets, or would get, while implementing.

        Returns
        -------
        Support, 0 to 1.
        """
        return self.model.support[self.unit][1 if self.has_priority else 0]

    def support_embedded(self) -> float:
        """Return the support it gets, or would get, once embedded.

        Returns
        -------
        Support, 0 to 1.
        """
        return self.model.support_embedded[self.unit][1 if self.has_priority else 0]

    def directed(self) -> bool:
        """Return whether the instruction has reached it.

        Returns
        -------
        Whether it has; never without a mandate.
        """
        return rules.is_directed(self.model.b, self.m, self.depth, self.wave)

    def odds(self) -> float:
        """Return the odds of engaging, of its own accord.

        Returns
        -------
        Odds, from 0.
        """
        return self._odds_at(self.model.v.mean_complexity)

    def odds_as_judged(self) -> float:
        """Return the odds of engaging as the service itself judges them, from what it takes a start to ask of it.

        Returns
        -------
        Odds, from 0.
        """
        model = self.model
        codification = rules.weighted_presence(model.v.codification, model.v.weight, model.v.n_components)
        return self._odds_at(rules.complexity_as_judged(model.b, self.m, model.v, codification, self.appraisal_error))

    def _odds_at(self, complexity: float) -> float:
        model = self.model
        return rules.engagement_odds(
            model.b, self.m, complexity, self.current_readiness, self.support(), self.response(), self.pressure()
        )

    def pressure(self) -> float:
        """Return the factor of the pressure that it is under.

        Returns
        -------
        A factor, from 1.
        """
        return rules.pressure_factor(self.model.b, self.model.pressure_left[self.pressure_group])

    def engagement(self) -> float:
        """Return the chance of engaging, of its own accord.

        Returns
        -------
        A probability.
        """
        return rules.engagement(self.model.b, self.odds())

    # ------------------------------------------------------------------------------------------ what it decides

    def hears(self) -> bool:
        """Return whether an unaware service hears of the improvement this month.

        Returns
        -------
        Whether it becomes aware.
        """
        model = self.model
        return self.draw(draws.AWARE) < rules.awareness_probability(model.b, self.m, self.exposure(), self.directed())

    def adoption(self) -> float:
        """Return the chance of adopting of its own accord this month.

        Returns
        -------
        A probability a month.
        """
        again, engaged = self.state == rules.DISCONTINUED, rules.engagement_in_decision(self.model.b, self.engagement())
        return rules.adoption_probability(self.model.b, self.m, self.response(), engaged, again)

    def is_minded(self) -> bool:
        """Return whether it would start of its own accord this month.

        Returns
        -------
        Whether it would; where services appraise their readiness it may not be ready.
        """
        return self.draw(draws.DECIDE) < self.adoption()

    def judges_itself_ready(self) -> bool:
        """Return whether it takes itself to be ready; always where services do not ask.

        Returns
        -------
        Whether it does.
        """
        b = self.model.b
        return rules.is_judged_ready(b, self.odds_as_judged() if b.appraisal.applies else self.odds())

    def compliance(self) -> float:
        """Return the chance of acting on the instruction this month.

        Returns
        -------
        A probability a month.
        """
        again = self.state == rules.DISCONTINUED
        return rules.compliance_probability(self.model.b, self.m, self.directed(), again)

    def engagement_when_told(self) -> float:
        """Return the chance of engaging under instruction.

        Returns
        -------
        A probability.
        """
        model = self.model
        return rules.mandated_engagement(model.b, self.m, model.v, self.odds(), self.fit_as_published)

    def chooses(self) -> tuple[int, int]:
        """Return the next state and route of an aware or discontinued service.

        Returns
        -------
        State and route, by their numbers in `rules`.
        """
        compliance = self.compliance()
        u_mandate = self.draw(draws.MANDATE) if compliance > 0.0 else 1.0
        return rules.after_aware(
            (self.is_minded() or self.preparing) and self.judges_itself_ready(),
            u_mandate,
            compliance,
            self.draw(draws.ENGAGE),
            self.engagement_when_told(),
            self.state,
        )

    def gives_up(self) -> bool:
        """Return whether it gives up implementing this month, or the plan to start.

        Returns
        -------
        Whether it does.
        """
        chance = rules.abandonment_probability(self.model.b, self.engagement(), self.odds())
        return self.draw(draws.ABANDON) < chance

    def stops(self) -> bool:
        """Return whether an embedded service stops this month.

        Returns
        -------
        Whether it does.
        """
        model = self.model
        return self.draw(draws.STOP) < rules.discontinuation_probability(
            model.b,
            self.m,
            model.v,
            self.effect,
            self.ownership,
            self.support_embedded(),
            self.capability,
            self.pressure(),
        )

    def converts_or_lapses(self) -> int:
        """Return the next state of a name-only adopter.

        Returns
        -------
        A state, by its number in `rules`.
        """
        model = self.model
        conversion = rules.conversion_probability(model.b, self.m, self.response(), self.support(), self.engagement())
        lapse = rules.lapse_probability(model.b, self.m)
        return rules.after_in_name_only(self.draw(draws.CONVERT), conversion, self.draw(draws.RELAPSE), lapse)

    def becomes_leader(self) -> bool:
        """Return whether it becomes a second leader on embedding.

        Returns
        -------
        Whether it does.
        """
        return self.draw(draws.LEADER) < rules.leadership_probability(self.model.b, self.m, self.effect)

    # ------------------------------------------------------------------------------------------ phases of a month

    def quality(self) -> None:
        """Judge what it delivers and how far that persuades."""
        if self.state in (rules.IMPLEMENTING, rules.EMBEDDED):
            self.effect = self._effect()
        self.persuasion = rules.persuasiveness(self.model.b, self.state, self.effect, self.leader)

    def transition(self) -> None:
        """Hear, decide, be directed, convert, finish, give up or stop."""
        self.next_state, self.next_route = self.state, self.route
        if self.state == rules.UNAWARE:
            if self.hears():
                self._become(rules.AWARE, rules.NO_ROUTE, generation=-1)
        elif self.state in (rules.AWARE, rules.DISCONTINUED):
            following, route = self.chooses()
            if following == self.state:
                if self.model.b.appraisal.applies:
                    self._prepare()
            else:
                self.preparing, self.ready_at_start = False, rules.is_ready(self.model.b, self.odds())
            if following == rules.IMPLEMENTING:
                self._enter(route, learns_from_peers=route == rules.VOLUNTARY)
            elif following == rules.IN_NAME_ONLY:
                self._adopt_in_name()
        elif self.state == rules.IMPLEMENTING:
            model = self.model
            self.progress = min(
                1.0,
                self.progress
                + rules.progress_made(
                    model.b, self.capability, self.support(), self.complexity_included, self.pressure()
                ),
            )
            if self.progress >= 1.0:
                self.leader = self.becomes_leader()
                self._become(rules.EMBEDDED, self.route, presence=self.presence_at_start)
            elif self.gives_up():
                self._become(rules.after_stopping(self.m, self.route), self.route)
        elif self.state == rules.EMBEDDED:
            if self.stops():
                self._become(rules.after_stopping(self.m, self.route), self.route)
        else:
            following = self.converts_or_lapses()
            if following == rules.IMPLEMENTING:
                self.ready_at_start = rules.is_ready(self.model.b, self.odds())
                self._enter(self.route, learns_from_peers=True)
            elif following == rules.DISCONTINUED:
                self._become(following, self.route)

    def change(self) -> None:
        """Adapt, erode, drift and repair, if implementing or embedded before and after."""
        active = (rules.IMPLEMENTING, rules.EMBEDDED)
        if self.state not in active or self.next_state not in active:
            return
        model = self.model
        b, m, before = model.b, self.m, self.form
        context_view = rules.context_perceived(b, m, model.v, self.context, self.perception, self.misreading)
        self.form = rules.form_adjusted(
            b,
            m,
            before,
            rules.form_aimed_at(b, context_view, before, self.second_form),
            rules.latitude_licensed(b, m, self.adaptation_tendency, self.co_produced),
            self.adaptation_tendency,
            self.capability,
            self.published_form,
        )
        if m.tests > 0.0:
            self.misreading = rules.misreading_after_tests(b, m, self.misreading, self.capability)
        if self.state == rules.IMPLEMENTING:
            self._erode(rules.latitude_taken(m, self.adaptation_tendency))
        self._damage_core(rules.damage_unguarded(b, before, self.form, self.published_form))
        if self.state == rules.EMBEDDED:
            self._drift()
        self._update_presence()

    def turnover(self) -> None:
        """If its people leave: readiness falls back, and part of what is not written down goes."""
        model, active = self.model, (rules.IMPLEMENTING, rules.EMBEDDED)
        if model.b.turnover.rate <= 0.0 or self.draw(draws.TURNOVER) >= model.b.turnover.rate:
            return
        self.current_readiness = self.readiness
        self.leader = self.leader and self.state != rules.EMBEDDED  # one that becomes a leader this month is new itself
        if self.state in active and self.next_state in active:
            for k in range(model.v.n_components):
                forgotten = rules.forgotten_probability(model.b, model.v.codification[k])
                if self.draw(draws.TURNOVER_LOSS, k) < forgotten:
                    self.fidelity[k] = rules.eroded(model.b, self.fidelity[k])
            self._update_presence()
            self.ownership = rules.ownership_after_turnover(model.b, self.m, self.ownership)
            self.misreading = 1.0
            model.count_turnover(self)

    def commit(self) -> None:
        """Make the new state hold; a leader that is no longer embedded leads no more."""
        if self.next_state != self.state:
            self.since = self.model.month + 1
            self.state = self.next_state
            self._remember()
        self.route = self.next_route
        if self.state != rules.EMBEDDED:
            self.leader = False

    # ------------------------------------------------------------------------------------------ what then happens

    def _prepare(self) -> None:
        """Prepare to start, or drop the plan; or find that it is not ready."""
        if self.preparing:
            if self.gives_up():
                self.preparing, self.declined, self.current_readiness = False, True, self.readiness
            else:
                self.current_readiness = rules.readiness_prepared(
                    self.model.b, self.current_readiness, self.capability, self.support()
                )
        elif self.is_minded():
            self.preparing = self.waited = True

    def _remember(self) -> None:
        """Remember that it got as far as its new state."""
        if self.state == rules.EMBEDDED:
            self.ever_led = self.ever_led or self.leader
            if self.first_embedded < 0:
                self.first_embedded = self.since
        if not self.began and self.state in (rules.IMPLEMENTING, rules.EMBEDDED):
            self.began, self.first_began = True, self.since

    def _effect(self) -> float:
        model = self.model
        core, adapted, held = rules.parts_that_work(model.v, self.fidelity, self.core, self.adaptable)
        return rules.effect(
            model.b, model.v, core, adapted, self.context, self.form, self.second_form, held, self.published_form
        )

    def _update_presence(self) -> None:
        self.core = rules.core_presence(self.model.v, self.fidelity)
        self.adaptable = rules.adaptable_presence(self.model.v, self.fidelity)

    def _become(
        self,
        state: int,
        route: int,
        source_kind: int = rules.NO_SOURCE,
        source: Service | None = None,
        generation: int | None = None,
        presence: float = 0.0,
    ) -> None:
        self.next_state, self.next_route = state, route
        self.model.note(
            month=self.model.month + 1,
            service=self.uid,
            from_state=self.state,
            to_state=state,
            route=route,
            source_kind=source_kind,
            source_service=-1 if source is None else source.uid,
            generation=self.generation if generation is None else generation,
            presence=presence,
            leader=self.leader and state == rules.EMBEDDED,
            leader_source=source is not None and source.leader,
            ready=self.ready_at_start,
        )

    def start_here(self) -> None:
        """Be a starting site: the improvement is embedded, in a form that is its own."""
        v = self.model.v
        self.fidelity = [1.0] * v.n_components
        self.form, self.progress, self.generation, self.ownership = self.context, 1.0, 0, 1.0
        self.complexity_included = v.mean_complexity
        self.co_produced, self.misreading = 1.0, rules.misreading_at_start(self.model.b, 1.0)
        self.presence_at_start = v.core_share + v.adaptable_share
        self._update_presence()
        self.effect = self._effect()
        self._become(rules.EMBEDDED, rules.VOLUNTARY, rules.ORIGINATOR, presence=self.presence_at_start)
        self.state, self.route = rules.EMBEDDED, rules.VOLUNTARY
        self._remember()

    def chooses_source(self, response: float) -> Service | None:
        """Return the peer whose version is copied, or None for the published specification.

        Parameters
        ----------
        response : to its peers, 0 to 1.

        Returns
        -------
        A peer, or None.
        """
        model = self.model
        influences = [(peer, weight * max(0.0, peer.persuasion)) for peer, weight in self.peers]
        total = 0.0
        for _, influence in influences:
            total += influence
        if rules.reads_specification(model.b, self.m, self.draw(draws.ORIGIN), response, total):
            return None
        threshold, cumulative = self.draw(draws.SOURCE) * total, 0.0
        for peer, influence in influences:
            cumulative += influence
            if cumulative > threshold:
                return peer
        return [peer for peer, influence in influences if influence > 0.0][-1]

    def _enter(self, route: int, learns_from_peers: bool) -> None:
        """Take the improvement on: find whose version to learn from, copy it, leave some out."""
        model = self.model
        b, m, v = model.b, self.m, model.v
        source = self.chooses_source(self.response()) if learns_from_peers else None
        original, form, generation = [1.0] * v.n_components, self.published_form, 1
        kind = rules.SPECIFICATION
        if source is not None:
            kind, original, form, generation = rules.PEER, source.fidelity, source.form, source.generation + 1
        elif not learns_from_peers:
            kind = rules.HIERARCHY
            if self.group >= 0:
                original, generation = model.message[self.group], model.message_generation[self.group] + 1
        latitude = rules.latitude_taken(m, self.adaptation_tendency)
        self.co_produced, self.damaged = m.co_production_patients, False
        self.misreading = rules.misreading_at_start(b, self.co_produced)
        context_view = rules.context_perceived(b, m, v, self.context, self.perception, self.misreading)
        fit_seen = rules.fit(b, context_view, form, self.second_form)
        error = rules.copying_error(b, m, kind, source is not None and source.leader)
        slip = rules.copying_slip(b, error, self.capability, self.support())
        fidelity, included = [], 0.0
        for k in range(v.n_components):
            omission = rules.omission_probability(b, v, latitude, v.complexity[k], v.core[k], fit_seen)
            if self.draw(draws.OMIT, k) < omission:
                fidelity.append(0.0)
                continue
            included += v.weight[k] * v.complexity[k]
            fidelity.append(
                rules.component_copied(
                    b,
                    original[k],
                    v.codification[k],
                    v.complexity[k],
                    slip,
                    self.draw(draws.TEMPLATE, k),
                    self.draw(draws.COPY, k),
                )
            )
        self.fidelity = fidelity
        self.form, self.generation, self.progress = form, generation, 0.0
        self.complexity_included = included
        self.ownership = rules.ownership_at_start(b, m, route)
        self._update_presence()
        self.presence_at_start = v.core_share * self.core + v.adaptable_share * self.adaptable
        following = rules.IMPLEMENTING
        if b.implementation.months_to_embed <= 0.0:
            following, self.progress, self.effect = rules.EMBEDDED, 1.0, self._effect()
            self.leader = self.becomes_leader()
        self._become(following, route, kind, source, presence=self.presence_at_start)

    def _adopt_in_name(self) -> None:
        """Adopt in name only: hold the instruction's version, and do little of it."""
        model, v = self.model, self.model.v
        has_group = self.group >= 0
        self.fidelity = list(model.message[self.group]) if has_group else [1.0] * v.n_components
        self.generation = model.message_generation[self.group] + 1 if has_group else 1
        self.form, self.progress = self.published_form, 0.0
        self._update_presence()
        self.effect = self._effect()
        self.presence_at_start = v.core_share * self.core + v.adaptable_share * self.adaptable
        self._become(rules.IN_NAME_ONLY, rules.MANDATED, rules.HIERARCHY, presence=self.presence_at_start)

    def _erode(self, latitude: float) -> None:
        b, v = self.model.b, self.model.v
        probability = rules.erosion_probability(b, self.m, v, latitude, self.co_produced)
        places = [k for k in range(v.n_components) if v.core[k]]
        at = 0
        while at < v.n_core:
            at += draws.candidates_before(self.draw(draws.EROSION_CANDIDATE, at), v.erosion_table, v.n_core - at)
            if at >= v.n_core:
                break
            if self.draw(draws.EROSION, at) * v.erosion_bound < probability:
                self.fidelity[places[at]] = rules.eroded(b, self.fidelity[places[at]])
            at += 1

    def _damage_core(self, damage: float) -> None:
        """Lose parts of core functions to the move of the form; `damage` is the chance where nobody guards them."""
        if damage <= 0.0:
            return
        b, v = self.model.b, self.model.v
        guarded = rules.damage_guarded(b, self.m, v, damage, self.co_produced)
        at = 0
        while at < v.n_components:
            u = self.draw(draws.CORE_DAMAGE_CANDIDATE, at)
            at += draws.equals_before(u, damage, v.n_components - at)
            if at >= v.n_components:
                break
            chance = guarded if v.core[at] else damage if v.truly_core[at] else 0.0
            if self.draw(draws.CORE_DAMAGE, at) * damage < chance:
                self.fidelity[at] = rules.eroded(b, self.fidelity[at])
                self.damaged = True
            at += 1

    def _drift(self) -> None:
        model, v = self.model, self.model.v
        at = 0
        while at < v.n_components:
            at += draws.candidates_before(self.draw(draws.DRIFT_CANDIDATE, at), v.drift_table, v.n_components - at)
            if at >= v.n_components:
                break
            k = at
            loss = rules.drift_probability(model.b, self.m, v.complexity[k], self.capability)
            exposed = self.exposure() if v.core[k] else 0.0
            repair = rules.repair_probability(
                model.b, self.m, v.codification[k], v.core[k], self.support_embedded(), exposed
            )
            u = self.draw(draws.DRIFT, k)
            self.fidelity[k] = rules.drifted(model.b, self.fidelity[k], u, v.drift_bound, loss, repair)
            at += 1
