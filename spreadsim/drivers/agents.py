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
from spreadsim.state import ATTRIBUTES, STATE


class Surroundings(Protocol):
    """What a service reads of the model it stands in, `SpreadModel`, and the two things it asks of it.

    Attributes
    ----------
    b, v, m : the behaviour, the intervention and this month's levers, as the rules take them.
    month : the month that holds now, from 0.
    structure : the network as arrays.
    wave, has_priority : by service, the month of its wave and whether it comes first for support.
    message, message_generation : by group, what the line passes on and how often it was passed on.
    published_form : the form that the specification has now.
    support, support_embedded : what a service gets while implementing and once embedded; second, those who come first.
    """

    b: Any
    v: Any
    m: Any
    month: int
    structure: Network
    wave: Sequence[int]
    has_priority: np.ndarray
    message: Sequence[list[float]]
    message_generation: Sequence[int]
    published_form: float
    support: Sequence[float]
    support_embedded: Sequence[float]

    def draw(self, purpose: int, number: int) -> float:
        """Return the uniform number at an address of this month."""

    def note(self, **event: Any) -> None:
        """Write a change of state down."""


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
    group: int
    wave: int
    has_priority: bool
    fit_as_published: float
    # what it is
    deprivation: float
    context: float
    readiness: float
    capability: float
    adaptation_tendency: float
    population: float
    perception: float
    # what changes
    state: int
    route: int
    since: int
    first_embedded: int
    began: bool
    ever_led: bool
    fidelity: list[float]
    form: float
    progress: float
    complexity_included: float
    generation: int
    ownership: float
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
        self.wave = model.wave[uid]
        self.group = int(structure.hierarchy.service_parent[uid])
        self.peers = []
        self.weight_sum = float(structure.weight_sum[uid])
        self.has_priority = bool(model.has_priority[uid])
        self.fit_as_published = rules.fit(model.b, self.context, model.published_form)
        self.next_state, self.next_route = self.state, self.route
        if model.b.awareness.start == 1:
            self.state = rules.AWARE

    # ------------------------------------------------------------------------------------------ what it sees

    @property
    def state_name(self) -> str:
        """The state in words."""
        return rules.STATES[self.state]

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
            for peer, _ in self.peers:
                if peer.state == rules.EMBEDDED and peer.since == self.model.month:
                    not_persuaded = not_persuaded * rules.not_persuaded_by(b, peer.persuasion)
        return rules.exposure_response(b, self.exposure(), self.readiness, not_persuaded)

    def support(self) -> float:
        """Return the support it gets, or would get, while implementing.

        Returns
        -------
        Support, 0 to 1.
        """
        return self.model.support[1 if self.has_priority else 0]

    def support_embedded(self) -> float:
        """Return the support it gets, or would get, once embedded.

        Returns
        -------
        Support, 0 to 1.
        """
        return self.model.support_embedded[1 if self.has_priority else 0]

    def directed(self) -> bool:
        """Return whether the instruction has reached it.

        Returns
        -------
        Whether it has; never without a mandate.
        """
        return rules.is_directed(self.model.b, self.model.m, self.depth, self.wave)

    def odds(self) -> float:
        """Return the odds of engaging, of its own accord.

        Returns
        -------
        Odds, from 0.
        """
        model = self.model
        return rules.engagement_odds(model.b, model.m, model.v, self.readiness, self.support(), self.response())

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
        return self.draw(draws.AWARE) < rules.awareness_probability(model.b, model.m, self.exposure(), self.directed())

    def adoption(self) -> float:
        """Return the chance of adopting of its own accord this month.

        Returns
        -------
        A probability a month.
        """
        again = self.state == rules.DISCONTINUED
        return rules.adoption_probability(self.model.b, self.model.m, self.response(), self.engagement(), again)

    def compliance(self) -> float:
        """Return the chance of acting on the instruction this month.

        Returns
        -------
        A probability a month.
        """
        again = self.state == rules.DISCONTINUED
        return rules.compliance_probability(self.model.b, self.model.m, self.directed(), again)

    def engagement_when_told(self) -> float:
        """Return the chance of engaging under instruction.

        Returns
        -------
        A probability.
        """
        model = self.model
        return rules.mandated_engagement(model.b, model.m, model.v, self.odds(), self.fit_as_published)

    def chooses(self) -> tuple[int, int]:
        """Return the next state and route of an aware or discontinued service.

        Returns
        -------
        State and route, by their numbers in `rules`.
        """
        compliance = self.compliance()
        u_mandate = self.draw(draws.MANDATE) if compliance > 0.0 else 1.0
        return rules.after_aware(
            self.draw(draws.DECIDE),
            self.adoption(),
            u_mandate,
            compliance,
            self.draw(draws.ENGAGE),
            self.engagement_when_told(),
            self.state,
        )

    def gives_up(self) -> bool:
        """Return whether it gives up implementing this month.

        Returns
        -------
        Whether it does.
        """
        return self.draw(draws.ABANDON) < rules.abandonment_probability(self.model.b, self.engagement())

    def stops(self) -> bool:
        """Return whether an embedded service stops this month.

        Returns
        -------
        Whether it does.
        """
        model = self.model
        return self.draw(draws.STOP) < rules.discontinuation_probability(
            model.b, model.v, self.effect, self.ownership, self.support_embedded(), self.capability
        )

    def converts_or_lapses(self) -> int:
        """Return the next state of a name-only adopter.

        Returns
        -------
        A state, by its number in `rules`.
        """
        model = self.model
        conversion = rules.conversion_probability(model.b, model.m, self.response(), self.support(), self.engagement())
        lapse = rules.lapse_probability(model.b, model.m)
        return rules.after_in_name_only(self.draw(draws.CONVERT), conversion, self.draw(draws.RELAPSE), lapse)

    def becomes_leader(self) -> bool:
        """Return whether it becomes a second leader on embedding.

        Returns
        -------
        Whether it does.
        """
        return self.draw(draws.LEADER) < rules.leadership_probability(self.model.b, self.model.m, self.effect)

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
            if following == rules.IMPLEMENTING:
                self._enter(route, learns_from_peers=route == rules.VOLUNTARY)
            elif following == rules.IN_NAME_ONLY:
                self._hold_in_name()
        elif self.state == rules.IMPLEMENTING:
            model = self.model
            self.progress = min(
                1.0,
                self.progress + rules.progress_made(model.b, self.capability, self.support(), self.complexity_included),
            )
            if self.progress >= 1.0:
                self.leader = self.becomes_leader()
                self._become(rules.EMBEDDED, self.route, presence=self.presence_at_start)
            elif self.gives_up():
                self._become(rules.after_stopping(model.m, self.route), self.route)
        elif self.state == rules.EMBEDDED:
            if self.stops():
                self._become(rules.after_stopping(self.model.m, self.route), self.route)
        else:
            following = self.converts_or_lapses()
            if following == rules.IMPLEMENTING:
                self._enter(self.route, learns_from_peers=True)
            elif following == rules.DISCONTINUED:
                self._become(following, self.route)

    def change(self) -> None:
        """Adapt, erode, drift and repair, if implementing or embedded before and after."""
        active = (rules.IMPLEMENTING, rules.EMBEDDED)
        if self.state not in active or self.next_state not in active:
            return
        model = self.model
        latitude = rules.latitude_taken(model.m, self.adaptation_tendency)
        seen = rules.context_perceived(model.b, model.m, model.v, self.context, self.perception)
        self.form = rules.form_adjusted(
            model.b,
            model.m,
            self.form,
            seen,
            latitude,
            self.adaptation_tendency,
            self.capability,
            model.published_form,
        )
        if self.state == rules.IMPLEMENTING:
            self._erode(latitude)
        else:
            self._drift()
        self._update_presence()

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

    def _remember(self) -> None:
        """Remember that it got as far as its new state."""
        if self.state == rules.EMBEDDED:
            self.ever_led = self.ever_led or self.leader
            if self.first_embedded < 0:
                self.first_embedded = self.since
        self.began = self.began or self.state in (rules.IMPLEMENTING, rules.EMBEDDED)

    def _effect(self) -> float:
        model = self.model
        return rules.effect(model.b, model.v, self.core, self.adaptable, self.context, self.form)

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
        )

    def start_here(self) -> None:
        """Be a starting site: the improvement is embedded, in a form that is its own."""
        v = self.model.v
        self.fidelity = [1.0] * v.n_components
        self.form, self.progress, self.generation, self.ownership = self.context, 1.0, 0, 1.0
        self.complexity_included = v.mean_complexity
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
        voices = [(peer, weight * max(0.0, peer.persuasion)) for peer, weight in self.peers]
        total = 0.0
        for _, voice in voices:
            total += voice
        if rules.reads_specification(model.b, model.m, self.draw(draws.ORIGIN), response, total):
            return None
        mark, running = self.draw(draws.SOURCE) * total, 0.0
        for peer, voice in voices:
            running += voice
            if running > mark:
                return peer
        return [peer for peer, voice in voices if voice > 0.0][-1]

    def _enter(self, route: int, learns_from_peers: bool) -> None:
        """Take the improvement on: find whose version to learn from, copy it, leave some out."""
        model = self.model
        b, m, v = model.b, model.m, model.v
        source = self.chooses_source(self.response()) if learns_from_peers else None
        original, form, generation = [1.0] * v.n_components, model.published_form, 1
        kind = rules.SPECIFICATION
        if source is not None:
            kind, original, form, generation = rules.PEER, source.fidelity, source.form, source.generation + 1
        elif not learns_from_peers:
            kind = rules.HIERARCHY
            if self.group >= 0:
                original, generation = model.message[self.group], model.message_generation[self.group] + 1
        latitude = rules.latitude_taken(m, self.adaptation_tendency)
        fit_seen = rules.fit(b, rules.context_perceived(b, m, v, self.context, self.perception), form)
        error = rules.copying_error(b, kind, source is not None and source.leader)
        slip = rules.copying_slip(b, error, self.capability, self.support())
        copied, included = [], 0.0
        for k in range(v.n_components):
            omission = rules.omission_probability(b, v, latitude, v.complexity[k], v.core[k], fit_seen)
            if self.draw(draws.OMIT, k) < omission:
                copied.append(0.0)
                continue
            included += v.weight[k] * v.complexity[k]
            copied.append(
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
        self.fidelity = copied
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

    def _hold_in_name(self) -> None:
        """Adopt in name only: hold the instruction's version, and do little of it."""
        model, v = self.model, self.model.v
        has_group = self.group >= 0
        self.fidelity = list(model.message[self.group]) if has_group else [1.0] * v.n_components
        self.generation = model.message_generation[self.group] + 1 if has_group else 1
        self.form, self.progress = model.published_form, 0.0
        self._update_presence()
        self.effect = self._effect()
        self.presence_at_start = v.core_share * self.core + v.adaptable_share * self.adaptable
        self._become(rules.IN_NAME_ONLY, rules.MANDATED, rules.HIERARCHY, presence=self.presence_at_start)

    def _erode(self, latitude: float) -> None:
        b, v = self.model.b, self.model.v
        probability = rules.erosion_probability(b, self.model.m, v, latitude)
        places = [k for k in range(v.n_components) if v.core[k]]
        at = 0
        while at < v.n_core:
            at += draws.candidates_before(self.draw(draws.EROSION_CANDIDATE, at), v.erosion_table, v.n_core - at)
            if at >= v.n_core:
                break
            if self.draw(draws.EROSION, at) * v.erosion_bound < probability:
                self.fidelity[places[at]] = rules.eroded(b, self.fidelity[places[at]])
            at += 1

    def _drift(self) -> None:
        model, v = self.model, self.model.v
        at = 0
        while at < v.n_components:
            at += draws.candidates_before(self.draw(draws.DRIFT_CANDIDATE, at), v.drift_table, v.n_components - at)
            if at >= v.n_components:
                break
            k = at
            loss = rules.drift_probability(model.b, model.m, v.complexity[k], self.capability)
            exposed = self.exposure() if v.core[k] else 0.0
            repair = rules.repair_probability(
                model.b, model.m, v.codification[k], v.core[k], self.support_embedded(), exposed
            )
            u = self.draw(draws.DRIFT, k)
            self.fidelity[k] = rules.drifted(model.b, self.fidelity[k], u, v.drift_bound, loss, repair)
            at += 1
