"""The Mesa driver: the same month, walked by agents.

What belongs here: `SpreadModel`, which sets up services, groups' messages and the month's levers, walks the rulebook's
phases and keeps what is recorded. Slower than the compiled driver by two orders of magnitude, and equal to it bit for
bit.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
from mesa.discrete_space import Network as CellNetwork

from spreadsim import draws, rules
from spreadsim.drivers.agents import Service
from spreadsim.network.data import Network
from spreadsim.network.starting_sites import starting_sites
from spreadsim.network.waves import wave_months
from spreadsim.outcomes import record
from spreadsim.outcomes.run import Run, first_late_month
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import Plan, plan
from spreadsim.state import ATTRIBUTES, EVENT_FIELDS, STATE

if TYPE_CHECKING:
    import networkx


def _share(state: int) -> Callable[[SpreadModel], float]:
    def share(model: SpreadModel) -> float:
        return model.share_in(state)

    return share


MODEL_REPORTERS = {name.replace(" ", "_"): _share(state) for state, name in enumerate(rules.STATES)}
AGENT_REPORTERS = {"state": "state", "form": "form", "effect": "effect", "generation": "generation"}


class SpreadModel(mesa.Model):
    """One strategy of a scenario, run by agents.

    Parameters
    ----------
    scenario : a `Scenario`, a shipped name or a path.
    strategy : the strategy's name; the first one by default.
    seed : replaces the scenario's.
    replicate : number of the replicate, part of every draw's address.
    network : a `Network` or a NetworkX graph instead of the scenario's.
    service_class : `Service` or a subclass.
    resolved : a `Plan` to run instead of a scenario's strategy.

    Attributes
    ----------
    agents : the services, in order of uid.
    month : the month that holds now, from 0.
    network : the NetworkX graph, hierarchy and peer ties.
    structure : the same as arrays (`Network`).
    space : `mesa.discrete_space.Network`; each service stands in the cell of its uid.
    datacollector : shares in each state, a row a month.
    spec, strategy : the scenario (None where a plan was given) and the resolved `Plan`.

    Examples
    --------
    >>> model = ss.SpreadModel("classroom", seed=1)
    >>> model.step()
    >>> model.month, model.share_in(rules.EMBEDDED)
    (1, 0.25)
    >>> model.run().month
    12
    """

    def __init__(
        self,
        scenario: Scenario | str | Path = "default",
        strategy: str | None = None,
        *,
        seed: int | None = None,
        replicate: int = 0,
        network: Network | networkx.Graph | None = None,
        service_class: type[Service] = Service,
        resolved: Plan | None = None,
    ) -> None:
        self.spec: Scenario | None = None
        if resolved is None:
            from spreadsim.scenario.files import load_scenario

            self.spec = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
            if seed is not None:
                self.spec = self.spec.model_copy(update={"run": self.spec.run.model_copy(update={"seed": seed})})
            resolved = plan(self.spec, strategy or next(iter(self.spec.strategies)))
            seed = self.spec.run.seed
        assert seed is not None, "a plan comes with a seed"
        super().__init__(rng=seed % 2**32)  # Mesa's own generators are not used for state
        self.strategy, self.seed_of_draws, self.replicate = resolved, seed, replicate
        self.structure = self._structure(network)
        self.b, self.v = resolved.behaviour, _as_lists(resolved.intervention)
        self.month = 0
        self.m = resolved.levers[0]
        self.support, self.support_embedded = [0.0, 0.0], [0.0, 0.0]
        self._events: list[dict[str, Any]] = []
        self._sums = np.zeros((resolved.months + 1, record.N_SUMS))
        self.published_form = 0.0
        self._specification = np.zeros((resolved.months + 1, 1 + self.v.n_components))
        self._late_effect = np.zeros(self.structure.n)
        self._prefixes: dict[int, int] = {}
        programme = resolved.programme
        self.has_priority = (
            self.structure.most_deprived(programme.support_priority_share)
            if programme.support_priority == "most-deprived"
            else np.zeros(self.structure.n, dtype=np.bool_)
        )
        self.wave = wave_months(self.structure.hierarchy, programme).tolist()
        self.message, self.message_generation = self._messages()
        self.services = [service_class(self, uid) for uid in range(self.structure.n)]
        self._tie_and_place()
        self._begin()
        self.datacollector = mesa.DataCollector(model_reporters=MODEL_REPORTERS, agent_reporters=AGENT_REPORTERS)
        self._observe()

    # ------------------------------------------------------------------------------------------ set-up

    def _structure(self, network: Network | networkx.Graph | None) -> Network:
        if isinstance(network, Network):
            return network
        if self.spec is None:
            raise ValueError("a plan comes with a Network")
        if network is not None:
            from spreadsim.network.graph import network_from_graph

            return network_from_graph(network, self.spec, self.replicate)
        from spreadsim.network.construction import make_network

        return make_network(self.spec, self.replicate)

    @property
    def network(self) -> networkx.Graph:
        """The NetworkX graph: services 0..n-1, groups from n on; edges are ``line`` or ``peer``."""
        return self.structure.graph

    def _messages(self) -> tuple[list[list[float]], list[int]]:
        """Return what is left of the specification in each group, and how often it was passed on."""
        tree, v, n = self.structure.hierarchy, self.v, self.structure.n
        at = [draws.prefix(self.seed_of_draws, self.replicate, 0, p) for p in (draws.TIER_TEMPLATE, draws.TIER_COPY)]
        message: list[list[float]] = []
        for g, parent in enumerate(tree.parent.tolist()):
            if parent < 0:
                message.append([1.0] * v.n_components)
                continue
            held = []
            for k in range(v.n_components):
                u_template, u_copy = (draws.uniform_at(p, draws.COMPONENT_STRIDE * (n + g) + k) for p in at)
                held.append(
                    rules.component_copied(
                        self.b,
                        message[parent][k],
                        v.codification[k],
                        v.complexity[k],
                        self.b.copying.error_from_hierarchy,
                        u_template,
                        u_copy,
                    )
                )
            message.append(held)
        return message, tree.depth.tolist()

    def _tie_and_place(self) -> None:
        """Tell each service who its peers are, and put it in its cell."""
        ties, weight = self.structure.ties, self.structure.weight.tolist()
        start, peer = ties.start.tolist(), ties.peer.tolist()
        for service in self.services:
            row = range(start[service.uid], start[service.uid + 1])
            service.peers = [(self.services[peer[entry]], weight[entry]) for entry in row]
        options: dict[str, Any] = {}
        if "layout" in inspect.signature(CellNetwork.__init__).parameters:
            from spreadsim.network.layout import layout

            options["layout"] = dict(enumerate(layout(self.structure).tolist()))
        self.space = CellNetwork(self.network, random=self.random, **options)
        for service in self.services:
            service.cell = self.space[service.uid]

    def _begin(self) -> None:
        self.month = -1  # what holds at month 0 has come about by then
        for uid in starting_sites(self.structure, self.strategy.programme, self.seed_of_draws, self.replicate):
            self.services[uid].start_here()
        self.month = 0

    # ------------------------------------------------------------------------------------------ the month

    def draw(self, purpose: int, number: int) -> float:
        """Return the uniform number at an address of this month.

        Parameters
        ----------
        purpose : what the number is for, one of those in `draws`.
        number : id of the service, or ``COMPONENT_STRIDE * uid + k`` for component k.

        Returns
        -------
        A number in [0, 1).
        """
        if purpose not in self._prefixes:
            self._prefixes[purpose] = draws.prefix(self.seed_of_draws, self.replicate, self.month, purpose)
        return float(draws.uniform_at(self._prefixes[purpose], number))

    def note(self, **event: Any) -> None:
        """Write a change of state down.

        Parameters
        ----------
        event : one value for each of `state.EVENT_FIELDS`, by name.
        """
        self._events.append(event)
        record.record_beginning(
            event["month"], event["to_state"], event["source_kind"], event["leader_source"], self._sums[event["month"]]
        )

    def share_in(self, state: int) -> float:
        """Return the share of services in a state now.

        Parameters
        ----------
        state : by its number in `rules`.

        Returns
        -------
        A share, 0 to 1.
        """
        return sum(service.state == state for service in self.services) / len(self.services)

    def step(self) -> None:
        """Live through one month: act on what holds, then observe what holds after it."""
        if self.month >= self.strategy.months:
            self.running = False
            return
        for phase in rules.ACTING:
            if phase == "revision":
                self._revise()
            else:
                self.agents.do(phase)
        self.month += 1
        self._prefixes.clear()
        self._observe()
        self.running = self.month < self.strategy.months

    def run(self) -> SpreadModel:
        """Step to the horizon; return the model.

        Returns
        -------
        This model.
        """
        while self.month < self.strategy.months:
            self.step()
        return self

    def _observe(self) -> None:
        self.m = self.strategy.levers[min(self.month, self.strategy.months - 1)]
        for phase in rules.OBSERVING:
            if phase == "support":
                self._share_support()
            elif phase == "record":
                self._record()
            else:
                self.agents.do(phase)
        self.datacollector.collect(self)

    def _revise(self) -> None:
        """If a revision is due, move the specification towards what its effective adopters do, and pass it on."""
        if self.m.revises <= 0.0:
            return
        forms = effects = 0.0
        presences = [0.0] * self.v.n_components
        for service in self.services:
            if service.state == rules.EMBEDDED:
                forms += service.effect * service.form
                effects += service.effect
                for k in range(self.v.n_components):
                    presences[k] += service.effect * service.fidelity[k]
        self.published_form = rules.form_revised(self.m, self.published_form, forms, effects)
        for k in range(self.v.n_components):
            self.v.codification[k] = rules.codification_revised(self.m, self.v.codification[k], presences[k], effects)
        self.message, self.message_generation = self._messages()
        for service in self.services:
            service.fit_as_published = rules.fit(self.b, service.context, self.published_form)

    def _share_support(self) -> None:
        waiting = [0.0, 0.0]
        for service in self.services:
            if service.state == rules.IMPLEMENTING or (
                self.m.support_for == rules.EMBEDDED_TOO and service.state == rules.EMBEDDED
            ):
                waiting[1 if service.has_priority else 0] += 1.0
        places = self.m.support_capacity * len(self.services)
        first = rules.support_received(self.m.support, places, waiting[1])
        rest = rules.support_received(self.m.support, max(0.0, places - waiting[1]), waiting[0])
        self.support = [rest, first]
        self.support_embedded = [rest, first] if self.m.support_for == rules.EMBEDDED_TOO else [0.0, 0.0]
        self._sums[self.month, record.SUPPORTED] = waiting[0] * rest + waiting[1] * first

    def arrays(self) -> dict[str, np.ndarray]:
        """Return attributes and state of all services as arrays, services first.

        Returns
        -------
        Arrays by name, of shape (n,) or (n, components).
        """
        return {
            variable.name: np.array([getattr(service, variable.name) for service in self.services], variable.dtype)
            for variable in (*ATTRIBUTES, *STATE)
        }

    def _record(self) -> None:
        held = {name: values.tolist() for name, values in self.arrays().items()}
        world = SimpleNamespace(**held, fifth=self.structure.fifth.tolist(), published_form=[self.published_form])
        written = [self.v.codification[k] for k in range(self.v.n_components)]
        self._specification[self.month] = [self.published_form, *written]
        late = self.month >= first_late_month(self.strategy.months)
        roster = [[s.uid for s in self.services if s.state == state] for state in range(len(rules.STATES))]
        sizes = [len(services) for services in roster]
        row = self._sums[self.month]
        record.record_month(world, self.b, self.v, roster, sizes, self.month, late, self._late_effect, row)

    def result(self) -> Run:
        """Return the record of the run, as the compiled driver does.

        Returns
        -------
        The run so far.
        """
        arrays = self.arrays()
        return Run(
            events={
                name: np.array([event[name] for event in self._events], dtype=dtype) for name, dtype in EVENT_FIELDS
            },
            sums=self._sums,
            late_effect=self._late_effect,
            final={variable.name: arrays[variable.name] for variable in STATE},
            specification=self._specification,
        )


def _as_lists(v: rules.Intervention) -> rules.Intervention:
    """Return the intervention with lists for arrays, which are quicker to read one by one."""
    return v._replace(**{name: value.tolist() for name, value in v._asdict().items() if isinstance(value, np.ndarray)})


def run_with_mesa(
    network: Network, resolved: Plan, seed: int, replicate: int, service_class: type[Service] | None = None
) -> Run:
    """Return one run by the Mesa driver.

    Parameters
    ----------
    network : of the replicate.
    resolved : the strategy.
    seed, replicate : address of the random numbers.
    service_class : `Service` or a subclass.

    Returns
    -------
    The run.

    Examples
    --------
    >>> from spreadsim.scenario.plan import plans
    >>> scenario = ss.load_scenario("classroom")
    >>> run = run_with_mesa(ss.make_network(scenario), plans(scenario)[0], seed=1, replicate=0)
    >>> run.final["state"].tolist()[:3]
    [3, 3, 3]
    """
    model = SpreadModel(
        seed=seed, replicate=replicate, network=network, resolved=resolved, service_class=service_class or Service
    )
    return model.run().result()
