"""The Mesa driver: the same month, walked by agents.

What belongs here: `SpreadModel`, which sets up services, groups' messages and the month's levers, walks the rulebook's
phases and keeps what is recorded. Slower than the compiled driver by two orders of magnitude, and equal to it bit for
bit.
"""

from __future__ import annotations

import inspect
from functools import partial
from operator import attrgetter, index
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
from mesa.discrete_space import Network as CellNetwork

from spreadsim import draws, rules
from spreadsim.drivers.agents import Service
from spreadsim.drivers.pathways import Units
from spreadsim.errors import InputError
from spreadsim.network.collaborative import TiedNetwork, tie_members
from spreadsim.network.data import Network
from spreadsim.network.starting_sites import starting_sites
from spreadsim.network.waves import wave_months
from spreadsim.notebook import dots, html_table
from spreadsim.outcomes import record
from spreadsim.outcomes.run import Run, first_late_month
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import Plan, plan
from spreadsim.state import ATTRIBUTES, EVENT_FIELDS, STATE

if TYPE_CHECKING:
    import networkx


def _share_in(state: int, model: SpreadModel) -> float:
    return model.share_in(state)


# functions that pickle can name, so that a model can be saved
MODEL_REPORTERS = {name.replace(" ", "_"): partial(_share_in, state) for state, name in enumerate(rules.STATES)}
AGENT_REPORTERS = {name: attrgetter(name) for name in ("state", "form", "effect", "generation")}


def _iteration_of_batch_run() -> int:
    """Return the number of the iteration where Mesa's ``batch_run`` makes the model, else 0.

    Mesa gives each iteration the same arguments, and its own models differ by entropy of the machine. Draws have an
    address here, so that the iteration has to be asked of Mesa's frame.
    """
    frame: FrameType | None = inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_name == "_model_run_func" and frame.f_globals.get("__name__") == "mesa.batchrunner":
            return int(frame.f_locals.get("iteration", 0))
        frame = frame.f_back
    return 0


class SpreadModel(mesa.Model):
    """One strategy of a scenario, run by agents.

    Parameters
    ----------
    scenario : a `Scenario`, a shipped name or a path.
    strategy : the strategy's name; the first one by default.
    seed : replaces the scenario's.
    replicate : number of the replicate, part of every draw's address; by default 0, or the number of the iteration
        where Mesa's ``batch_run`` makes the model.
    network : a `Network` or a NetworkX graph instead of the scenario's.
    service_class : `Service` or a subclass.
    resolved : a `Plan` to run instead of a scenario's strategy.
    rng : the seed as Mesa calls it; give one of the two.

    Raises
    ------
    InputError, InputErrors : the scenario, the strategy, or one of the other arguments cannot be used.

    Attributes
    ----------
    agents : the services, in order of uid.
    month : the month that holds now, from 0.
    network : the NetworkX graph, hierarchy and peer ties.
    structure : the same as arrays (`Network`).
    units, unit_of, levers : where the strategy has rules, the parts of the services whose levers may differ; the unit
        of each service; and the levers of each unit this month. Without rules `units` is None, and there is one unit.
    space : `mesa.discrete_space.Network`; each service stands in the cell of its uid.
    datacollector : shares in each state, a row a month.
    spec, strategy : the scenario (None where a plan was given) and the resolved `Plan`.

    Examples
    --------
    >>> model = ss.SpreadModel("classroom", seed=1)
    >>> model.step()
    >>> model.month, model.share_in(rules.EMBEDDED)
    (1, 0.25)
    >>> import copy
    >>> saved = copy.deepcopy(model)  # or pickle: a branch from here has the same future
    >>> model.run().month, saved.month
    (12, 1)
    """

    def __init__(
        self,
        scenario: Scenario | str | Path = "default",
        strategy: str | None = None,
        *,
        seed: int | None = None,
        replicate: int | None = None,
        network: Network | networkx.Graph | None = None,
        service_class: type[Service] = Service,
        resolved: Plan | None = None,
        rng: int | None = None,
    ) -> None:
        if seed is not None and rng is not None:
            raise InputError("python", "rng", "stands beside seed", "give one of them: both are the seed")
        seed = rng if seed is None else seed
        replicate = _iteration_of_batch_run() if replicate is None else _whole_number("replicate", replicate, 2**32)
        seed = None if seed is None else _whole_number("seed", seed, 2**63)
        if not (isinstance(service_class, type) and issubclass(service_class, Service)):
            raise InputError("python", "service_class", f"{service_class!r} is not a Service", "derive from ss.Service")
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
        self.units = Units(self.structure, resolved) if resolved.triggers else None
        self.unit_of = [0] * self.structure.n if self.units is None else self.units.unit_of.tolist()
        n_units = 1 if self.units is None else self.units.n_units
        self.levers = [resolved.levers[0]] if self.units is None else self.units.levers
        self._next_levers = self.levers
        self.support, self.support_embedded = [[0.0, 0.0]] * n_units, [[0.0, 0.0]] * n_units
        self._events: list[dict[str, Any]] = []
        self._sums = np.zeros((n_units, resolved.months + 1, record.N_SUMS))
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
        self.pressure_group = self.structure.hierarchy.group_from_top(self.b.pressure.level).tolist()
        self.pressure_left = [0] * (self.structure.hierarchy.n_groups + 1)
        self.message, self.message_generation = self._messages()
        self.services = [service_class(self, uid) for uid in range(self.structure.n)]
        self._tied: TiedNetwork | None = None
        self._tie_weights = [-1.0] * n_units  # the weights are not yet those of any month
        self._tie_and_place()
        self._begin()
        self.datacollector = mesa.DataCollector(model_reporters=MODEL_REPORTERS, agent_reporters=AGENT_REPORTERS)
        self._observe()

    def __repr__(self) -> str:
        when = f"month {self.month} of {self.strategy.months}"
        return f"<{type(self).__name__} '{self.strategy.name}': {len(self.services)} services, {when}>"

    def _repr_html_(self) -> str:
        from spreadsim.network.layout import layout

        embedded = np.array([service.state == rules.EMBEDDED for service in self.services])
        rows = [(name, f"{100 * self.share_in(state):.0f}%") for state, name in enumerate(rules.STATES)]
        ties = self.structure.ties
        pairs = {(min(pair), max(pair)) for pair in zip(ties.listener.tolist(), ties.peer.tolist(), strict=True)}
        label = f"{embedded.sum()} of {len(embedded)} services embedded"
        picture = dots(layout(self.structure), embedded, label, sorted(pairs))
        return html_table(f"{repr(self).strip('<>')} (filled: embedded)", rows, picture=picture)

    @property
    def m(self) -> rules.Levers:
        """The levers of this month; where the strategy has rules, those of the first unit."""
        return self.levers[0]

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
            presence = []
            for k in range(v.n_components):
                u_template, u_copy = (draws.uniform_at(p, draws.COMPONENT_STRIDE * (n + g) + k) for p in at)
                presence.append(
                    rules.component_copied(
                        self.b,
                        message[parent][k],
                        v.codification[k],
                        v.complexity[k],
                        rules.copying_error(self.b, self.m, rules.HIERARCHY, False),
                        u_template,
                        u_copy,
                    )
                )
            message.append(presence)
        return message, tree.depth.tolist()

    def _tie_and_place(self) -> None:
        """Tell each service who its peers are, and put it in its cell."""
        self._tie(self.structure, self.structure.weight, self.structure.weight_sum)
        options: dict[str, Any] = {}
        if "layout" in inspect.signature(CellNetwork.__init__).parameters:
            from spreadsim.network.layout import layout

            options["layout"] = dict(enumerate(layout(self.structure).tolist()))
        self.space = CellNetwork(self.network, random=self.random, **options)
        for service in self.services:
            service.cell = self.space[service.uid]

    def _tie(self, network: Network, weight: np.ndarray, weight_sum: np.ndarray, unit: int | None = None) -> None:
        """Give each service, or those of a unit, its peers, with the weights of the ties."""
        start, peer, weights = network.ties.start.tolist(), network.ties.peer.tolist(), weight.tolist()
        for service in self.services:
            if unit is None or service.unit == unit:
                row = range(start[service.uid], start[service.uid + 1])
                service.peers = [(self.services[peer[entry]], weights[entry]) for entry in row]
                service.weight_sum = float(weight_sum[service.uid])

    def _weigh_ties(self) -> None:
        """Let the ties that a collaborative has made weigh what they do this month."""
        for unit, levers in enumerate(self.levers):
            if self._tied is not None and self._tie_weights[unit] != levers.tie_weight:
                self._tie_weights[unit] = levers.tie_weight
                self._tie(self._tied.network, *self._tied.weights(levers.tie_weight), unit)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without what `__setstate__` makes again."""
        return {name: value for name, value in self.__dict__.items() if name not in ("space", "step")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a state over, and tie and place the services again."""
        self.__dict__.update(state)
        self.__dict__["step"] = self._wrapped_step  # as `mesa.Model` does
        self._tie_and_place()
        weighed, self._tie_weights = self._tie_weights, [-1.0] * len(self._tie_weights)
        for unit, weight in enumerate(weighed):
            if self._tied is not None and weight >= 0.0:
                self._tie_weights[unit] = weight
                self._tie(self._tied.network, *self._tied.weights(weight), unit)

    def _begin(self) -> None:
        self.month = -1  # what holds at month 0 has come about by then
        programme, seed, replicate = self.strategy.programme, self.seed_of_draws, self.replicate
        sites = starting_sites(self.structure, programme, seed, replicate)
        for uid in sites:
            self.services[uid].start_here()
        self.month = 0
        if self.strategy.has_collaborative:
            self._tied = tie_members(self.structure, programme.collaborative, sites, seed, replicate)

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
        record.record_change(
            event["month"],
            event["from_state"],
            event["to_state"],
            event["route"],
            event["source_kind"],
            event["leader_source"],
            event["ready"],
            self._sums[self.unit_of[event["service"]], event["month"]],
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
        if self.units is not None and self.month + 1 < self.strategy.months:
            self._next_levers = self.units.look(self._sums[:, : self.month + 1])
        self._weigh_ties()
        for phase in rules.ACTING:
            if phase == "revision":
                self._revise()
            elif phase == "pressure":
                self._press()
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
        calendar = [self.strategy.levers[min(self.month, self.strategy.months - 1)]]
        self.levers = calendar if self.units is None else self._next_levers
        for phase in rules.OBSERVING:
            if phase == "support":
                self._share_support()
            elif phase == "record":
                self._record()
            else:
                self.agents.do(phase)
        self.datacollector.collect(self)

    def _press(self) -> None:
        """Groups of services come under pressure, or are past it."""
        if self.b.pressure.rate <= 0.0:
            return
        n_services = len(self.services)
        for g in sorted({g for g in self.pressure_group if g < len(self.pressure_left) - 1}):
            u = self.draw(draws.PRESSURE, n_services + g)
            self.pressure_left[g] = rules.months_of_pressure(self.b, u, self.pressure_left[g])
        for service in self.services:
            is_pressed = self.pressure_left[service.pressure_group] > 0
            self._sums[service.unit, self.month + 1, record.UNDER_PRESSURE] += is_pressed

    def count_turnover(self, service: Service) -> None:
        """Count a service whose people have changed this month.

        Parameters
        ----------
        service : of the model.
        """
        self._sums[service.unit, self.month + 1, record.TURNOVERS] += 1.0

    def by_unit(self) -> list[list[Service]]:
        """Return the services of each unit of the programme, in order of uid.

        Returns
        -------
        Services by unit; one unit where the strategy has no rules.
        """
        units: list[list[Service]] = [[] for _ in self.levers]
        for service in self.services:
            units[service.unit].append(service)
        return units

    def _revise(self) -> None:
        """If a revision is due, move the specification towards what its effective adopters do, and pass it on."""
        if self.m.revises <= 0.0:
            return
        forms = effects = 0.0
        presences = [0.0] * self.v.n_components
        for service in (service for unit in self.by_unit() for service in unit):
            if service.state == rules.EMBEDDED:
                forms += service.effect * (service.form - service.m.hub * service.regional_context)
                effects += service.effect
                for k in range(self.v.n_components):
                    presences[k] += service.effect * service.fidelity[k]
        self.published_form = rules.form_revised(self.m, self.published_form, forms, effects)
        for k in range(self.v.n_components):
            self.v.codification[k] = rules.codification_revised(self.m, self.v.codification[k], presences[k], effects)
        self.message, self.message_generation = self._messages()

    def _share_support(self) -> None:
        """Work out the support that each service gets: one team serves all, with the places of every unit."""
        units = self.by_unit()
        wanted = [
            [self._places_wanted(m, services, first) for first in (False, True)]
            for m, services in zip(self.levers, units, strict=True)
        ]
        rest, first, places = 0.0, 0.0, 0.0
        for m, services, (wanted_by_rest, wanted_first) in zip(self.levers, units, wanted, strict=True):
            places += rules.support_places(m, len(services))
            first += wanted_first
            rest += wanted_by_rest
        self.support, self.support_embedded = [], []
        for unit, (m, services) in enumerate(zip(self.levers, units, strict=True)):
            support = [
                rules.support_received(m.support, max(0.0, places - first), rest),
                rules.support_received(m.support, places, first),
            ]
            self.support.append(support)
            self.support_embedded.append(support if m.support_for == rules.EMBEDDED_TOO else [0.0, 0.0])
            row = self._sums[unit, self.month]
            row[record.SUPPORTED] = wanted[unit][0] * support[0] + wanted[unit][1] * support[1]
            row[record.MEMBERS] = 0 if self._tied is None else sum(self._tied.is_member[s.uid] for s in services)
            row[record.PREPARING] = sum(service.preparing for service in services)

    @staticmethod
    def _places_wanted(m: rules.Levers, services: list[Service], has_priority: bool) -> float:
        """Return the places wanted by the services of a unit that come first, or by the others."""
        of_them = [service for service in services if service.has_priority == has_priority]
        n_implementing = sum(service.state == rules.IMPLEMENTING for service in of_them)
        n_embedded = sum(service.state == rules.EMBEDDED for service in of_them)
        return rules.places_wanted(m, n_implementing, sum(service.preparing for service in of_them), n_embedded)

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
        lists = {name: values.tolist() for name, values in self.arrays().items()}
        world = SimpleNamespace(
            **lists,
            least_deprived=self.structure.membership[0].tolist(),
            most_deprived=self.structure.membership[4].tolist(),
            published_form=[self.published_form],
        )
        written = [self.v.codification[k] for k in range(self.v.n_components)]
        self._specification[self.month] = [self.published_form, *written]
        late = self.month >= first_late_month(self.strategy.months)
        for unit, services in enumerate(self.by_unit()):
            roster = [[s.uid for s in services if s.state == state] for state in range(len(rules.STATES))]
            sizes = [len(uids) for uids in roster]
            m, row = self.levers[unit], self._sums[unit, self.month]
            record.record_month(world, self.b, m, self.v, roster, sizes, self.month, late, self._late_effect, row)

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
            sums=self._sums[0] if len(self._sums) == 1 else np.sum(self._sums, axis=0),
            late_effect=self._late_effect,
            final={variable.name: arrays[variable.name] for variable in STATE},
            specification=self._specification,
            by_unit=None if self.units is None else self.units.record(self._sums, self.strategy.months),
        )


def _whole_number(field: str, value: Any, below: int) -> int:
    """Return a whole number from 0; numbers of NumPy are welcome."""
    try:
        number = index(value)
    except TypeError:
        raise InputError("python", field, f"{value!r} is not a whole number", "give one from 0") from None
    if not 0 <= number < below:
        raise InputError("python", field, f"{number} is out of bounds", f"give a whole number from 0 to {below - 1}")
    return number


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
