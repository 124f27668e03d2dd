"""The exact likelihood of observed times of adoption under the reduced model.

What belongs here: which parameters a hypothesis has, and the log-likelihood of a risk set and its gradient. What does
not: maximising it (``estimation``), which hypotheses are compared (``hypotheses``).

In each step a service that has not adopted does so with the rulebook's chance: `rules.adoption_probability` of the
response to its exposure (`rules.exposure_response`), times its engagement (`rules.engagement`), which that rule
multiplies by. The rules are called as they stand, once for each different exposure (a *cell*) and each different
readiness; derivatives are taken of the rules' values by central differences, so that no rule is written twice.

Readiness enters in one of three ways: as covariates and groups (its log odds are a weighted sum of them), as a spread
that nobody observed (integrated over by quadrature), or as what sets each service's threshold (likewise integrated).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from spreadsim import rules
from spreadsim.calibration.risk_sets import RiskSet, services_alike
from spreadsim.network.normal import standard_normal
from spreadsim.scenario.plan import Plan

Push = Literal["none", "constant", "curved", "by-period"]
Form = Literal["linear", "saturating", "threshold"]
KINDS = {"linear": rules.LINEAR, "saturating": rules.SATURATING, "threshold": rules.THRESHOLD}
N_NODES = 24
STEP = 1e-6
ROUND_OFF = 1e-12
PUSH_IN_STEP = "push_in_step_"
MAX_CACHE = 2000  # chances remembered, so that a step along one parameter asks the rules for what it changes alone

EXTERNAL = "behaviour.adoption.external_influence"
PEERS = "behaviour.adoption.peer_influence_facilitated"
LOW = "behaviour.adoption.threshold_most_ready"
HIGH = "behaviour.adoption.threshold_least_ready"
SPREAD = "services.readiness.standard_deviation"


@dataclass(frozen=True)
class Hypothesis:
    """One hypothesis of who adopted when.

    Attributes
    ----------
    name, title : short name, and in words.
    push : external influence: none, constant, a curve over time (its logarithm quadratic), or free in each step.
    peers : whether peers influence.
    form : how exposure becomes influence.
    thresholds_vary : whether thresholds differ with an unobserved readiness.
    readiness_varies : whether engagement differs with an unobserved readiness.
    covariates, groups : whether readiness depends on them.

    Examples
    --------
    >>> Hypothesis("changing-push", "push that changes over time", "curved", peers=False).push_varies
    True
    """

    name: str
    title: str
    push: Push = "constant"
    peers: bool = True
    form: Form = "linear"
    thresholds_vary: bool = False
    readiness_varies: bool = False
    covariates: bool = False
    groups: bool = False

    @property
    def push_varies(self) -> bool:
        """Whether the push from outside changes over time."""
        return self.push in ("curved", "by-period")

    @property
    def gate(self) -> bool:
        """Whether services differ in engagement."""
        return self.readiness_varies or self.covariates or self.groups


@dataclass(frozen=True)
class Parameter:
    """A free parameter of a hypothesis.

    Attributes
    ----------
    name, label : short name, and in words.
    low, high : its bounds.
    start, size : where its search starts, and about how large it is.
    path : of the scenario's field; None where there is none.

    Examples
    --------
    >>> Parameter("peer_influence", "peer influence", 0.0, 1.0, 0.2, 0.3, PEERS).path
    'behaviour.adoption.peer_influence_facilitated'
    """

    name: str
    label: str
    low: float
    high: float
    start: float
    size: float
    path: str | None = None


@dataclass(frozen=True)
class DesignMatrix:
    """What the log odds of readiness may depend on.

    Attributes
    ----------
    values : shape (services, columns).
    names, labels : of the columns: short, and in words.

    Examples
    --------
    >>> size = DesignMatrix(np.array([[-1.0], [1.0]]), ("size",), ("size (odds ratio)",))
    >>> DesignMatrix.empty(2).with_columns(size).names
    ('size',)
    """

    values: np.ndarray
    names: tuple[str, ...]
    labels: tuple[str, ...]

    @classmethod
    def empty(cls, n: int) -> DesignMatrix:
        """Return a design without columns."""
        return cls(np.empty((n, 0)), (), ())

    def with_columns(self, other: DesignMatrix) -> DesignMatrix:
        """Return this design with another's columns after its own."""
        values = np.concatenate([self.values, other.values], axis=1)
        return DesignMatrix(values, self.names + other.names, self.labels + other.labels)


@dataclass(frozen=True)
class ReadinessDistribution:
    """What the scenario says of readiness.

    Attributes
    ----------
    mean, spread : mean and standard deviation of what is not observed.
    minimum, maximum : its limits.

    Examples
    --------
    >>> ReadinessDistribution(0.5, 0.2, 0.02, 0.98).spread
    0.2
    """

    mean: float
    spread: float
    minimum: float
    maximum: float


class Likelihood:
    """The log-likelihood of a risk set under a hypothesis.

    Parameters
    ----------
    rows : the risk set, by service.
    hypothesis : decides the parameters.
    plan : of the reduced model; supplies levers, intervention and the behaviour that is not fitted.
    readiness : of the scenario.
    design : columns that readiness may depend on; used where the hypothesis has covariates or groups.

    Examples
    --------
    >>> from spreadsim.calibration.reduced_model import reduced_scenario, strategy_plan
    >>> from spreadsim.calibration.risk_sets import history_of, risk_set
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> plan = strategy_plan(reduced_scenario(ss.load_scenario("classroom"), history.n_steps, {}, []))
    >>> readiness = ReadinessDistribution(0.5, 0.2, 0.02, 0.98)
    >>> likelihood = Likelihood(risk_set(history), Hypothesis("push", "", peers=False), plan, readiness)
    >>> p, rows = 0.2, likelihood.rows
    >>> by_hand = rows.adopted.sum() * np.log(p) + (~rows.adopted).sum() * np.log(1 - p)
    >>> round(likelihood.log_likelihood(np.array([p])), 9) == round(float(by_hand), 9)
    True
    """

    def __init__(
        self,
        rows: RiskSet,
        hypothesis: Hypothesis,
        plan: Plan,
        readiness: ReadinessDistribution,
        design: DesignMatrix | None = None,
    ) -> None:
        self.rows, self.hypothesis, self.readiness = rows, hypothesis, readiness
        self._b, self._m, self._v = plan.behaviour, plan.levers[0], plan.intervention
        self.design = design if design is not None else DesignMatrix.empty(rows.n_services)
        exposure = rows.exposure
        self._alike = None
        if not hypothesis.peers:  # exposure says nothing, and services with one history have one likelihood
            exposure = np.zeros(len(rows))
            self._alike = services_alike(rows, self.design.values) if hypothesis.gate else None
        if self._alike is not None:
            rows, exposure = rows.only(self._alike.kept), exposure[self._alike.kept]
        self._rows = rows
        key = rows.step if hypothesis.push_varies else np.zeros(len(rows), dtype=np.int64)
        self._exposure, at = np.unique(exposure, return_inverse=True)
        cells, self._cell = np.unique(key * (len(self._exposure) + 1) + at, return_inverse=True)
        self._cell_step, self._cell_exposure = np.divmod(cells, len(self._exposure) + 1)
        self._n_adoptions = np.bincount(self._cell, weights=rows.adopted, minlength=len(cells))
        self._n_stays = np.bincount(self._cell, weights=~rows.adopted, minlength=len(cells))
        self._first = np.flatnonzero(np.diff(rows.service, prepend=-1))
        self._number = np.cumsum(np.diff(rows.service, prepend=-1) != 0) - 1
        self._count = self._alike.count if self._alike is not None else np.ones(len(self._first))
        u, weight = np.polynomial.legendre.leggauss(N_NODES)
        has_nodes = hypothesis.readiness_varies or hypothesis.thresholds_vary
        self._z = standard_normal((u + 1.0) / 2.0) if has_nodes else np.zeros(1)
        self._log_weight = np.log(weight / 2.0) if has_nodes else np.zeros(1)
        self._steps = [(int(step), np.flatnonzero(self._cell_step == step)) for step in np.unique(self._cell_step)]
        self._last_response: tuple[Any, np.ndarray] | None = None
        self._last_services: tuple[bytes, tuple[np.ndarray, ...]] | None = None
        self._chances_by_key: dict[Any, np.ndarray] = {}

    # ------------------------------------------------------------------------------------------- parameters

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The free parameters, in order."""
        e, rows = self.hypothesis, self.rows
        hazard = max(float(rows.adopted.mean()), 1e-6) * (2.0 if e.gate else 1.0)
        share = 0.5 if e.peers and e.push != "none" else 1.0
        low = hazard * share
        parameters: list[Parameter] = []
        if e.push == "constant":
            parameters.append(Parameter("external_influence", "external influence", 0.0, 1.0, low, hazard, EXTERNAL))
        elif e.push == "curved":
            parameters.append(
                Parameter("push_at_middle", "push from outside, middle of the time", 0.0, 1.0, low, hazard)
            )
            parameters.append(Parameter("push_slope", "its change over time", -12.0, 12.0, 0.0, 1.0))
            parameters.append(Parameter("push_bend", "its bend over time", -12.0, 12.0, 0.0, 1.0))
        elif e.push == "by-period":
            at_risk = np.maximum(np.bincount(rows.step, minlength=rows.n_steps + 1)[1:], 1)
            hazards = np.bincount(rows.step, weights=rows.adopted, minlength=rows.n_steps + 1)[1:] / at_risk
            starts = np.clip(hazards * low / hazard * (2.0 if e.gate else 1.0), 1e-6, 0.9)
            parameters += [
                Parameter(f"{PUSH_IN_STEP}{t}", f"push in step {t}", 0.0, 1.0, float(start), hazard)
                for t, start in enumerate(starts, start=1)
            ]
        if e.peers:
            at_work = max(float(rows.exposure.mean()), 0.05)
            parameters.append(
                Parameter(
                    "peer_influence",
                    "peer influence",
                    0.0,
                    1.0,
                    min(0.5, low / at_work),
                    min(1.0, hazard / at_work),
                    PEERS,
                )
            )
            if e.form != "linear":
                parameters.append(Parameter("threshold", "threshold", 0.0, 1.0, 0.3, 0.2, LOW))
                if e.thresholds_vary:
                    parameters.append(
                        Parameter("threshold_range", "threshold, least ready less most ready", 0.0, 1.0, 0.3, 0.3, HIGH)
                    )
        if e.readiness_varies:
            parameters.append(
                Parameter("readiness_spread", "standard deviation of readiness", 0.0, 0.6, 0.2, 0.2, SPREAD)
            )
        parameters += [
            Parameter(name, label, -6.0, 6.0, 0.0, 1.0)
            for name, label in zip(self.design.names, self.design.labels, strict=True)
        ]
        return tuple(parameters)

    @property
    def n_terms(self) -> int:
        """Number of terms of the sum, which says how long one evaluation takes."""
        return len(self._n_stays) if self._is_grouped else len(self._rows) * len(self._z)

    @cached_property
    def impossible(self) -> int:
        """Number of adoptions that the hypothesis gives no chance, whatever its parameters."""
        if self.hypothesis.push != "none":
            return 0
        return int(np.sum(self.rows.adopted & (self.rows.exposure <= 0.0)))

    def by_name(self, values: np.ndarray) -> dict[str, float]:
        """Return values by name of parameter."""
        return dict(zip((p.name for p in self.parameters), map(float, values), strict=True))

    # ------------------------------------------------------------------------------------------- the rules

    def pushes(self, estimates: Mapping[str, float]) -> np.ndarray:
        """Return external influence in steps 1..T."""
        n, push = self.rows.n_steps, self.hypothesis.push
        if push == "by-period":
            return np.array([estimates[f"{PUSH_IN_STEP}{t}"] for t in range(1, n + 1)])
        if push == "curved":
            at = np.linspace(-1.0, 1.0, n)
            curve = np.exp(np.clip(estimates["push_slope"] * at + estimates["push_bend"] * at * at, -40.0, 40.0))
            return np.minimum(1.0, estimates["push_at_middle"] * curve)
        return np.full(n, estimates.get("external_influence", 0.0))

    def _behaviour(self, estimates: Mapping[str, float], push: float) -> Any:
        low = estimates.get("threshold", 0.0)
        adoption = self._b.adoption._replace(
            external_influence=push,
            peer_influence_facilitated=estimates.get("peer_influence", 0.0),
            exposure_response=KINDS[self.hypothesis.form],
            threshold_most_ready=low,
            threshold_least_ready=min(1.0, low + estimates.get("threshold_range", 0.0)),
        )
        return self._b._replace(adoption=adoption, engagement=self._b.engagement._replace(gate=self.hypothesis.gate))

    def _readiness_nodes(self, spread: float) -> np.ndarray:
        r = self.readiness
        return np.clip(r.mean + spread * self._z, r.minimum, r.maximum)

    def _response(self, estimates: Mapping[str, float]) -> np.ndarray:
        """Return the rule's response for each different exposure and node: shape (exposures, nodes)."""
        e = self.hypothesis
        key = (estimates.get("threshold", 0.0), estimates.get("threshold_range", 0.0))
        if self._last_response is not None and self._last_response[0] == key:
            return self._last_response[1]
        b = self._behaviour(estimates, 0.0)
        nodes = self._readiness_nodes(self.readiness.spread) if e.thresholds_vary else np.full(1, self.readiness.mean)
        rule = np.frompyfunc(lambda x, r: rules.exposure_response(b, x, r, 1.0), 2, 1)
        response = np.asarray(rule(self._exposure[:, None], nodes[None, :]), dtype=np.float64)
        self._last_response = (key, response)
        return response

    def _chance(self, estimates: Mapping[str, float]) -> np.ndarray:
        """Return the rule's chance of adopting, engagement aside, for each cell and node."""
        response = self._response(estimates)[self._cell_exposure]
        pushes, peers = self.pushes(estimates), estimates.get("peer_influence", 0.0)
        result = np.empty(response.shape)
        for step, here in self._steps:
            push = float(pushes[max(step - 1, 0)])
            key = (step, push, peers, self._last_response[0] if self._last_response else None)
            if key not in self._chances_by_key:
                if len(self._chances_by_key) >= MAX_CACHE:
                    self._chances_by_key.clear()
                self._chances_by_key[key] = self._adoption(estimates, push, response[here])
            result[here] = self._chances_by_key[key]
        return result

    def _adoption(self, estimates: Mapping[str, float], push: float, response: np.ndarray) -> np.ndarray:
        b, m = self._behaviour(estimates, push), self._m
        rule = np.frompyfunc(lambda g: rules.adoption_probability(b, m, g, 1.0, False), 1, 1)
        return np.asarray(rule(response), dtype=np.float64)

    def chance_at(self, values: np.ndarray, exposure: np.ndarray, step: int) -> np.ndarray:
        """Return the chance of adopting in a step at given exposures, where all services are alike."""
        estimates = self.by_name(values)
        b = self._behaviour(estimates, 0.0)
        rule = np.frompyfunc(lambda x: rules.exposure_response(b, x, self.readiness.mean, 1.0), 1, 1)
        response = np.asarray(rule(exposure), dtype=np.float64)
        return self._adoption(estimates, float(self.pushes(estimates)[step - 1]), response)

    def _engagement_at(self, readiness: np.ndarray) -> np.ndarray:
        """Return the rule's engagement at each readiness."""
        b, m, v = self._behaviour({}, 0.0), self._m, self._v
        r: Any = readiness  # the two rules are arithmetic alone, so that an array goes through them as a number does
        return np.asarray(
            rules.engagement(b, rules.engagement_odds(b, m, v.mean_complexity, r, 0.0, 0.0, 1.0)) * np.ones_like(r)
        )

    def readiness_of(self, coefficients: np.ndarray) -> np.ndarray:
        """Return each service's readiness: its log odds are the design times the coefficients."""
        return self.readiness_at(self.design.values @ coefficients)

    def readiness_at(self, log_odds: np.ndarray) -> np.ndarray:
        """Return the readiness that goes with log odds, within the scenario's limits."""
        from scipy.special import expit

        return np.asarray(np.clip(expit(log_odds), self.readiness.minimum, self.readiness.maximum))

    def _coefficients(self, values: np.ndarray) -> np.ndarray:
        return values[len(values) - len(self.design.names) :]

    def _engagement(self, values: np.ndarray) -> np.ndarray:
        """Return engagement for each service and node; one row where services do not differ."""
        e = self.hypothesis
        if e.readiness_varies:
            return self._engagement_at(self._readiness_nodes(self.by_name(values)["readiness_spread"]))[None, :]
        if len(self.design.names):
            return self._engagement_at(self.readiness_of(self._coefficients(values)))[:, None]
        return np.ones((1, 1))

    # ------------------------------------------------------------------------------------------- the likelihood

    def log_likelihood(self, values: np.ndarray) -> float:
        """Return the log-likelihood; -inf where something that happened has no chance."""
        if self.impossible:
            return -np.inf
        if self._is_grouped:
            chance = np.clip(self._chance(self.by_name(values))[:, 0], 1e-300, 1.0 - ROUND_OFF)
            return float(self._n_adoptions @ np.log(chance) + self._n_stays @ np.log1p(-chance))
        return float(self._services(values)[0] @ self._count)

    def chances(self, values: np.ndarray) -> np.ndarray:
        """Return each row's chance of adopting; a mean over nodes where readiness was not observed."""
        chance, engagement = self._chance(self.by_name(values)), self._engagement(values)
        own = engagement[self._rows.service] if len(engagement) > 1 else engagement
        result = np.asarray((chance[self._cell] * own) @ np.exp(self._log_weight))
        return result if self._alike is None else result[self._alike.row]

    def by_service(self, values: np.ndarray) -> np.ndarray:
        """Return each service's part of the log-likelihood, 0 for who has no row."""
        result = np.zeros(self.rows.n_services)
        own = self._services(values)[0]
        own = own if self._alike is None else own[self._alike.number]
        result[np.unique(self.rows.service)] = own
        return result

    @property
    def _is_grouped(self) -> bool:
        return not (self.hypothesis.gate or self.hypothesis.thresholds_vary)

    def _services(self, values: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return each service's log-likelihood, its nodes' weights given its history, and rows' chances."""
        key = values.tobytes()
        if self._last_services is not None and self._last_services[0] == key:
            return self._last_services[1]
        chance, engagement = self._chance(self.by_name(values)), self._engagement(values)
        own = engagement[self._rows.service] if len(engagement) > 1 else engagement
        h = np.clip(chance[self._cell] * own, 1e-300, 1.0 - ROUND_OFF)
        term = np.log1p(-h)
        term[self._rows.adopted] = np.log(h[self._rows.adopted])
        history = np.add.reduceat(term, self._first, axis=0) + self._log_weight[None, :]
        top = history.max(axis=1, keepdims=True)
        weight = np.exp(history - top)
        total = weight.sum(axis=1, keepdims=True)
        result = ((top + np.log(total))[:, 0], weight / total, h, chance, own)
        self._last_services = (key, result)
        return result

    def gradient(self, values: np.ndarray) -> np.ndarray:
        """Return the derivative of the log-likelihood by each parameter."""
        rows, n_columns = self._rows, len(self.design.names)
        n_own = len(values) - n_columns
        if self._is_grouped:
            chance = np.clip(self._chance(self.by_name(values)), 1e-300, 1.0 - ROUND_OFF)
            by_chance = self._n_adoptions[:, None] / chance - self._n_stays[:, None] / (1.0 - chance)
            by_engagement = None
        else:
            _, weight, h, chance, own = self._services(values)
            slope = -1.0 / (1.0 - h)
            slope[rows.adopted] = 1.0 / h[rows.adopted]
            slope *= (weight * self._count[:, None])[self._number]
            by_chance = np.stack(
                [np.bincount(self._cell, weights=column, minlength=len(chance)) for column in (slope * own).T], axis=1
            )
            by_engagement = slope * chance[self._cell]
        result = np.zeros(len(values))
        for k in range(n_own):
            up, down, width = self._beside(values, k)
            name = self.parameters[k].name
            if name == "readiness_spread":
                assert by_engagement is not None
                change = self._engagement(up) - self._engagement(down)
                result[k] = float(np.sum(by_engagement.sum(axis=0) * change[0])) / width
            elif name.startswith(PUSH_IN_STEP):
                result[k] = self._slope_by_push(values, by_chance, k, float(up[k]), float(down[k])) / width
            else:
                change = self._chance(self.by_name(up)) - self._chance(self.by_name(down))
                result[k] = float(np.sum(by_chance * change)) / width
        if n_columns and by_engagement is not None:
            log_odds = self.design.values @ self._coefficients(values)
            high, low = (self._engagement_at(self.readiness_at(log_odds + sign * 1e-5)) for sign in (1.0, -1.0))
            per_service = np.bincount(rows.service, weights=by_engagement[:, 0], minlength=rows.n_services)
            result[n_own:] = (per_service * (high - low) / 2e-5) @ self.design.values
        return result

    def _slope_by_push(self, values: np.ndarray, by_chance: np.ndarray, k: int, up: float, down: float) -> float:
        """Return the change of the log-likelihood between two pushes of one step, which move its cells alone."""
        step = int(self.parameters[k].name.removeprefix(PUSH_IN_STEP))
        here = next((cells for each, cells in self._steps if each == step), None)
        if here is None:
            return 0.0
        estimates = self.by_name(values)
        response = self._response(estimates)[self._cell_exposure[here]]
        change = self._adoption(estimates, up, response) - self._adoption(estimates, down, response)
        return float(np.sum(by_chance[here] * change))

    @property
    def has_information(self) -> bool:
        """Whether `information` can be asked for: services differ by a design alone, and nothing is integrated over."""
        return self.hypothesis.gate and len(self._z) == 1

    def information(self, values: np.ndarray) -> np.ndarray:
        """Return the expected information of the parameters: shape (parameters, parameters).

        A row's chance is the chance of its cell times the engagement of its service, so that the sums over rows are
        taken by cell, by service and by both, and the rows are never multiplied out by the parameters.
        """
        from scipy.sparse import csr_matrix

        rows, n_columns = self._rows, len(self.design.names)
        n_own = len(values) - n_columns
        _, _, h, chance, own = (part for part in self._services(values))
        h, own, cell = h[:, 0], own[:, 0], self._cell
        weight = self._count[self._number] / (h * (1.0 - h))
        by_own = np.zeros((len(chance), n_own))
        for k in range(n_own):
            up, down, width = self._beside(values, k)
            by_own[:, k] = (self._chance(self.by_name(up)) - self._chance(self.by_name(down)))[:, 0] / width
        log_odds = self.design.values @ self._coefficients(values)
        high, low = (self._engagement_at(self.readiness_at(log_odds + sign * 1e-5)) for sign in (1.0, -1.0))
        slope = ((high - low) / 2e-5)[rows.service] * chance[cell, 0]
        result = np.empty((len(values), len(values)))
        squares = np.bincount(cell, weights=weight * own * own, minlength=len(chance))
        result[:n_own, :n_own] = by_own.T @ (squares[:, None] * by_own)
        both = csr_matrix((weight * own * slope, (cell, rows.service)), shape=(len(chance), rows.n_services))
        result[:n_own, n_own:] = by_own.T @ (both @ self.design.values)
        result[n_own:, :n_own] = result[:n_own, n_own:].T
        per_service = np.bincount(rows.service, weights=weight * slope * slope, minlength=rows.n_services)
        result[n_own:, n_own:] = self.design.values.T @ (per_service[:, None] * self.design.values)
        return result

    def _beside(self, values: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, float]:
        """Return values a little above and below in parameter `k`, within its bounds, and how far apart they are."""
        p, up, down = self.parameters[k], values.copy(), values.copy()
        width = STEP * max(p.size, abs(values[k]))
        up[k], down[k] = min(p.high, values[k] + width), max(p.low, values[k] - width)
        return up, down, up[k] - down[k]
