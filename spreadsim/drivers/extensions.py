"""What a Python program adds to the model: a class of services, a network, measures.

What belongs here: `Extensions`, made once by each function that takes them and handed on whole: what they are for a
run, their identity, how they travel to other processes, and how they are named. What does not: how a run is made of
them (``running``), what files say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Union

import numpy as np

from spreadsim.drivers.fingerprint import fingerprint
from spreadsim.errors import InputError
from spreadsim.measures import BY_NAME, CURVE_COLUMNS, MEASURES, Measure
from spreadsim.network.construction import make_network
from spreadsim.network.data import Network
from spreadsim.outcomes.run import FinishedRun, Run
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import Plan

if TYPE_CHECKING:
    import networkx

    from spreadsim.drivers.agents import Service
    from spreadsim.network.reading.files import NetworkFile

NetworkSource = Union["Network", "NetworkFile", "networkx.Graph", Callable[[int], Any]]


@dataclass(frozen=True, eq=False)
class Extensions:
    """What a Python program adds to a scenario; nothing by default.

    Attributes
    ----------
    service_class : a subclass of `Service`, which the Mesa driver runs.
    network : a `Network`, a `NetworkFile`, a NetworkX graph, or a function that returns one of them for the number of
        a replicate; None for the scenario's own.
    measures : measures with functions of their own, taken beside those of the package.

    Examples
    --------
    >>> late = ss.Measure("late", of=lambda run: float((run.final["first_embedded"] > 6).mean()), unit="share")
    >>> own = Extensions.of(measures=[late])
    >>> own.names, own.needs_mesa
    (('measure late',), False)
    """

    service_class: type[Service] | None = None
    network: NetworkSource | None = None
    measures: tuple[Measure, ...] = ()

    @classmethod
    def of(
        cls,
        service_class: type[Service] | None = None,
        network: NetworkSource | None = None,
        measures: Iterable[Measure] = (),
    ) -> Extensions:
        """Return extensions, checked before anything runs.

        Parameters
        ----------
        service_class, network, measures : as the attributes.

        Returns
        -------
        `Extensions`.

        Raises
        ------
        InputError : one of them is not of its kind, a measure's name is taken, or something they refer to could not
            travel to another process.
        """
        measures = _checked_measures(measures)
        if service_class is not None:
            from spreadsim.drivers.agents import Service

            if not (isinstance(service_class, type) and issubclass(service_class, Service)):
                remedy = "derive from ss.Service, and give the class itself"
                raise InputError("python", "service_class", f"{service_class!r} is not a Service", remedy)
            service_class = None if service_class is Service else service_class
        extensions = cls(service_class, getattr(network, "network", network), measures)
        extensions.__dict__["identities"] = {name: _checked(name, part) for name, part in extensions._parts().items()}
        return extensions

    def __bool__(self) -> bool:
        return self.service_class is not None or self.network is not None or bool(self.measures)

    def __reduce__(self) -> Any:
        return _received, (self.as_bytes,)

    @cached_property
    def as_bytes(self) -> bytes:
        """The three as bytes that another process can read, even what this program's main file defines.

        Their identities go with them: where the source is not at hand, they could not be worked out again.
        """
        import cloudpickle

        return cloudpickle.dumps((self.service_class, self.network, self.measures, self.identities))

    # ------------------------------------------------------------------------------------------ what they are called

    def _parts(self) -> dict[str, Any]:
        parts: dict[str, Any] = {}
        if self.service_class is not None:
            parts["service_class"] = self.service_class
        if self.network is not None:
            parts["network"] = self.network
        return parts | {f"measures.{measure.name}": measure.of for measure in self.measures}

    @property
    def names(self) -> tuple[str, ...]:
        """Each in words, for notes and refusals."""
        names = [] if self.service_class is None else [f"service class {self.service_class.__name__}"]
        if callable(self.network):
            names.append(f"network function {getattr(self.network, '__name__', 'without a name')}")
        elif self.network is not None:
            names.append("network")
        return (*names, *(f"measure {measure.name}" for measure in self.measures))

    @property
    def of_the_model(self) -> tuple[str, ...]:
        """Those that change what is run, and not only what is measured of it, in words."""
        return self.names[: len(self.names) - len(self.measures)]

    @cached_property
    def identities(self) -> dict[str, str]:
        """The hash of each, by source and by value, for receipts and the identity of runs."""
        return {name: fingerprint(part) for name, part in self._parts().items()}

    @property
    def identities_of_the_model(self) -> dict[str, str]:
        """The hashes of those that change what is run."""
        return {name: identity for name, identity in self.identities.items() if not name.startswith("measures.")}

    def record(self) -> dict[str, Any]:
        """Return what a receipt says of them.

        Returns
        -------
        A table for each: its name, where it was defined, and its identity.
        """
        record: dict[str, Any] = {}
        for name, part in self._parts().items():
            record[name] = {"identity": self.identities[name]}
            if isinstance(part, type) or hasattr(part, "__qualname__"):
                record[name] |= {"name": part.__qualname__, "module": part.__module__}
        for measure in self.measures:
            record[f"measures.{measure.name}"] |= {"unit": measure.unit, "better": measure.better}
        return record

    # ------------------------------------------------------------------------------------------ what they are for a run

    @property
    def needs_mesa(self) -> bool:
        """Whether the Mesa driver alone can run them: a class of services is made of its agents."""
        return self.service_class is not None

    @property
    def all_measures(self) -> tuple[Measure, ...]:
        """The package's measures, then one's own."""
        return (*MEASURES, *self.measures)

    def base_network(self, scenario: Scenario) -> tuple[Network, bool]:
        """Return the network of replicate 0, and whether it serves every replicate.

        Parameters
        ----------
        scenario : that supplies what the network does not say.

        Returns
        -------
        A `Network` and a boolean.

        Raises
        ------
        InputError, InputErrors : it cannot be used.
        """
        if self.network is None:
            return make_network(scenario), not scenario.network.redraw
        if callable(self.network):
            maker = NetworkMaker(self)
            return replace(maker(scenario, 0, None), maker=maker), False
        return _as_network(self.network, scenario, 0), True

    def values(
        self,
        runs: Sequence[Run],
        networks: Sequence[Network],
        plan: Plan,
        monthly: Mapping[str, np.ndarray],
        measures: Mapping[str, np.ndarray],
    ) -> dict[str, np.ndarray]:
        """Return one's own measures of runs of one plan.

        Parameters
        ----------
        runs, networks : one a replicate.
        plan : the strategy.
        monthly, measures : the runs' curves and measures, one row a run.

        Returns
        -------
        One array a measure, of shape (runs,); nan where null.

        Raises
        ------
        InputError : a function fails, or returns no number.
        """  # fmt: skip
        columns = {measure.name: np.full(len(runs), np.nan) for measure in self.measures}
        if not columns:
            return columns
        for k, (run, network) in enumerate(zip(runs, networks, strict=True)):
            finished = FinishedRun(
                run,
                network,
                plan,
                {name: rows[k] for name, rows in monthly.items()},
                {name: float(column[k]) for name, column in measures.items()},
            )
            for measure in self.measures:
                columns[measure.name][k] = _value_of(measure, finished)
        return columns


NO_EXTENSIONS = Extensions()


@dataclass(frozen=True)
class NetworkMaker:
    """A function of the replicate as the maker of networks, which travels as `Extensions` do.

    Attributes
    ----------
    extensions : whose network is that function.

    Examples
    --------
    >>> import networkx
    >>> own = Extensions.of(network=lambda replicate: networkx.gnp_random_graph(20, 0.2, seed=replicate))
    >>> network, fixed = own.base_network(ss.load_scenario("classroom"))
    >>> network.n, fixed, network.maker(ss.load_scenario("classroom"), 1, network).n
    (20, False, 20)
    """

    extensions: Extensions

    def __call__(self, scenario: Scenario, replicate: int, like: Network | None) -> Network:
        """Return the network of a replicate.

        Parameters
        ----------
        scenario : that supplies what the network does not say.
        replicate : its number.
        like : the network of replicate 0, whose services the others have too; None for that one.

        Returns
        -------
        A `Network`.

        Raises
        ------
        InputError : the function fails, or returns no network of the same services.
        """
        function: Any = self.extensions.network
        try:
            answer = function(replicate)
        except Exception as error:
            problem = f"the function failed for replicate {replicate} ({type(error).__name__}: {error})"
            raise InputError("python", "network", problem, "correct the function") from error
        network = _as_network(getattr(answer, "network", answer), scenario, replicate)
        if like is None:
            return network
        if network.ids != like.ids or not network.hierarchy.equals(like.hierarchy):
            raise InputError(
                "python",
                "network",
                f"replicate {replicate} has other services or groups than replicate 0",
                "let only ties and attributes differ between replicates",
            )
        return replace(network, maker=self)


@lru_cache(maxsize=8)
def _received(content: bytes) -> Extensions:
    """Return extensions that came from another process; the same bytes are read once."""
    import pickle

    *parts, identities = pickle.loads(content)
    extensions = Extensions(*parts)
    extensions.__dict__["identities"] = identities
    extensions.__dict__["as_bytes"] = content
    return extensions


def unreadable(extensions: Extensions, error: BaseException) -> InputError:
    """Return what to say where a worker could not find again what it was given.

    Parameters
    ----------
    extensions : that were sent.
    error : what the worker said.

    Returns
    -------
    The error to raise.

    Examples
    --------
    >>> print(unreadable(Extensions(), ModuleNotFoundError("No module named 'mine'")))
    python: workers: cannot find what they need (ModuleNotFoundError: No module named 'mine'); put its module ...
    """
    what = " and ".join(extensions.names) or "what they need"
    return InputError(
        "python",
        "workers",
        f"cannot find {what} ({type(error).__name__}: {error})",
        "put its module where the workers can import it, or define it in the program's main file",
    )


def arrived(content: bytes) -> tuple[str, ...]:
    """Return what extensions are called where they were read, which shows that a worker has what it needs.

    Parameters
    ----------
    content : `Extensions.as_bytes`.

    Returns
    -------
    Their names.

    Examples
    --------
    >>> arrived(Extensions.of(network=lambda replicate: None).as_bytes)
    ('network function <lambda>',)
    """
    return _received(content).names


def _checked_measures(measures: Iterable[Measure]) -> tuple[Measure, ...]:
    if isinstance(measures, (str, Measure)) or not isinstance(measures, Iterable):
        raise InputError("python", "measures", f"{measures!r} is not a list", "give a list of ss.Measure(...)")
    measures = tuple(measures)
    seen: set[str] = set()
    for measure in measures:
        if not isinstance(measure, Measure):
            remedy = 'give ss.Measure("name", of=function, unit="share", better="higher")'
            raise InputError("python", "measures", f"{measure!r} is not a measure", remedy)
        if measure.of is None:
            remedy = "give of=, a function of a finished run that returns a number"
            raise InputError("python", f"measures.{measure.name}", "has no function", remedy)
        if measure.name in BY_NAME or measure.name in CURVE_COLUMNS or measure.name in seen:
            raise InputError("python", f"measures.{measure.name}", "the name is taken", "give it a name of its own")
        seen.add(measure.name)
    return measures


def _checked(name: str, part: Any) -> str:
    """Return the identity of a part; refuse what has none, or could not be sent to another process."""
    import cloudpickle

    try:
        cloudpickle.dumps(part)
        return fingerprint(part)
    except Exception as error:
        raise InputError(
            "python",
            name,
            f"could not be sent to another process ({type(error).__name__}: {error})",
            "let it refer to nothing that is open or running, as a file, a lock or a connection",
        ) from error


def _as_network(network: Any, scenario: Scenario, replicate: int) -> Network:
    """Return a network from a `Network` or a NetworkX graph."""
    if isinstance(network, Network):
        return network
    if not all(hasattr(network, name) for name in ("nodes", "edges", "is_directed")):
        remedy = "give a Network, a NetworkX graph, or a function of the replicate that returns one"
        raise InputError("python", "network", f"{network!r} is not a network", remedy)
    from spreadsim.network.graph import network_from_graph

    return network_from_graph(network, scenario, replicate)


def _value_of(measure: Measure, run: FinishedRun) -> float:
    assert measure.of is not None
    field = f"measures.{measure.name}"
    try:
        value = measure.of(run)
    except Exception as error:
        problem = f"its function failed under '{run.plan.name}' ({type(error).__name__}: {error})"
        raise InputError("python", field, problem, "correct the function") from error
    if value is None:
        return float("nan")
    if isinstance(value, (bool, int, float, np.number, np.bool_)) and not isinstance(value, np.complexfloating):
        return float(value)
    remedy = "return one number, or None where there is none"
    raise InputError("python", field, f"its function returned {value!r}", remedy)
