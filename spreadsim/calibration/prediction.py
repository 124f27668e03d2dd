"""Predicting what was not used to fit: other groups, and the second half of the time.

What belongs here: splits, forecasts of curves by simulation, proper scores, and the hypotheses without a network that
a network has to beat. What does not: fitting (``estimation``), simulating the reduced model (``reduced_model``).

Two proper scores. The *log score* is the mean over person-periods held out of the logarithm of the chance given to what
happened, one step ahead: exposure is what was observed up to then. The *continuous ranked probability score* (CRPS,
Gneiting, Raftery 2007) is of the whole curve, forecast from the state at the start of the time held out: in shares of
services, the mean over steps; lower is better. Forecasts hold the fitted values fixed: bands are chance alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spreadsim import draws
from spreadsim.calibration.estimation import LikelihoodFit, fit_likelihood
from spreadsim.calibration.likelihood import DesignMatrix, Hypothesis, Likelihood, ReadinessDistribution
from spreadsim.calibration.reduced_model import readiness_of, scenario_of_fit, simulate
from spreadsim.calibration.risk_sets import (
    AdoptionHistory,
    RiskSet,
    adoption_share,
    in_groups,
    risk_set,
    risk_set_without_network,
)
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import Plan

MAX_FOLDS = 5
CONSTANT, BASS, CHANGING, NETWORK = "constant-hazard", "bass", "changing-push", "network"
WITHOUT_NETWORK = {
    CONSTANT: Hypothesis(CONSTANT, "constant hazard, no network", peers=False),
    BASS: Hypothesis(BASS, "Bass curve: push and the share of the group, no network"),
    CHANGING: Hypothesis(CHANGING, "push that changes over time, no network", "curved", peers=False),
}


@dataclass(frozen=True)
class Curve:
    """A forecast curve in shares of services, at each step, and what happened.

    Attributes
    ----------
    first_step : from which the curve was forecast.
    members : number of services that it is of.
    observed : what happened.
    median, low, high : of the runs; the band is their middle 90%.
    crps : continuous ranked probability score, in shares of services; lower is better.

    Examples
    --------
    >>> curve = curve_of(np.array([[0.1, 0.3], [0.1, 0.5]]), np.array([0.1, 0.4]), members=20, first_step=0)
    >>> curve.within, round(curve.crps, 3)
    (1.0, 0.05)
    """

    first_step: int
    members: int
    observed: np.ndarray
    median: np.ndarray
    low: np.ndarray
    high: np.ndarray
    crps: float

    @property
    def within(self) -> float:
        """Share of the steps forecast at which what happened lies in the band."""
        inside = (self.observed >= self.low) & (self.observed <= self.high)
        return float(inside[1:].mean())


@dataclass(frozen=True)
class Score:
    """How one hypothesis predicted what was held out.

    Attributes
    ----------
    name, title : of the hypothesis.
    log_score : mean over person-periods; higher is better.
    difference, low, high : of the log score from the constant hazard's, with a 95% interval over services.
    crps : of the curve; None where it cannot be forecast.
    curves : one for each part held out.

    Examples
    --------
    >>> Score("bass", "Bass curve", -0.31, 0.02, 0.01, 0.03, crps=None, curves=()).difference
    0.02
    """

    name: str
    title: str
    log_score: float
    difference: float
    low: float
    high: float
    crps: float | None
    curves: tuple[Curve, ...]


@dataclass(frozen=True)
class Split:
    """One way of holding out.

    Attributes
    ----------
    name, title : ``groups`` or ``time``, and what was held out in words.
    n_rows : number of person-periods held out.
    scores : of each hypothesis.

    Examples
    --------
    >>> Split("time", "Held out: steps 4 to 6", 120, ()).n_rows
    120
    """

    name: str
    title: str
    n_rows: int
    scores: tuple[Score, ...]


@dataclass(frozen=True)
class CalibrationModel:
    """What forecasts need beside a history: a way to make a scenario of a fit, and the parts of a likelihood.

    Attributes
    ----------
    scenario : that is calibrated.
    plan : of the reduced model.
    readiness : of the scenario.
    design : columns that readiness may depend on, by name of hypothesis.
    replicates : runs of each forecast.
    seed : of the forecasts' random numbers.

    Examples
    --------
    >>> from spreadsim.calibration.reduced_model import reduced_scenario, strategy_plan
    >>> from spreadsim.calibration.risk_sets import history_of
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> scenario = ss.load_scenario("classroom")
    >>> plan = strategy_plan(reduced_scenario(scenario, history.n_steps, {}, []))
    >>> model = CalibrationModel(scenario, plan, ReadinessDistribution(0.5, 0.2, 0.02, 0.98), {}, replicates=4, seed=1)
    >>> model.likelihood(risk_set(history), Hypothesis("both", "")).parameters[1].name
    'peer_influence'
    """

    scenario: Scenario
    plan: Plan
    readiness: ReadinessDistribution
    design: Mapping[str, DesignMatrix]
    replicates: int
    seed: int

    def likelihood(self, rows: RiskSet, hypothesis: Hypothesis) -> Likelihood:
        """Return the likelihood of rows under a hypothesis."""
        return Likelihood(rows, hypothesis, self.plan, self.readiness, self.design.get(hypothesis.name))


def _forecast_network(
    model: CalibrationModel, history: AdoptionHistory, fit: LikelihoodFit, first_step: int = 0
) -> np.ndarray:
    """Return the step of adoption of each service in simulated runs that begin with who had adopted by `first_step`.

    The package's own driver runs the fitted scenario: shape (replicates, n).
    """
    starting = [history.network.ids[i] for i in np.flatnonzero(history.when <= first_step)]
    steps = history.n_steps - first_step
    scenario = scenario_of_fit(model.scenario, fit, steps, starting)
    when = simulate(scenario, history.network, model.replicates, model.seed, readiness_of(fit))
    return np.where(when == 0, np.where(history.when <= first_step, history.when, 0.0)[None, :], when + first_step)


def _forecast_without_network(
    model: CalibrationModel, history: AdoptionHistory, fit: LikelihoodFit, members: np.ndarray, first_step: int = 0
) -> np.ndarray:
    """Return the share of `members` adopted at the end of steps first_step..T in simulated runs, by group.

    Each step, as many of a group's services adopt as a binomial draw with the chance at the group's own share says.
    """
    from scipy.stats import binom

    groups, place = np.unique(history.group[members], return_inverse=True)
    size = np.bincount(place).astype(np.float64)
    start = np.bincount(place, weights=history.when[members] <= first_step)
    n_adopters = np.tile(start, (model.replicates, 1))
    shares = [n_adopters.sum(axis=1) / size.sum()]
    for step in range(first_step + 1, history.n_steps + 1):
        exposure = np.clip(n_adopters / np.maximum(size - 1.0, 1.0), 0.0, 1.0)
        different, at = np.unique(exposure, return_inverse=True)
        chance = fit.likelihood.chance_at(fit.values, different, step)[at.reshape(-1)].reshape(exposure.shape)
        u = np.stack(
            [
                draws.uniform(model.seed, k, step, draws.STRUCTURE_TEST, groups.astype(np.uint64) + np.uint64(1))
                for k in range(model.replicates)
            ]
        )
        n_adopters = n_adopters + binom.ppf(np.maximum(u, 2.0**-54), size - n_adopters, chance)
        shares.append(n_adopters.sum(axis=1) / size.sum())
    return np.stack(shares, axis=1)


def curve_of(shares: np.ndarray, observed: np.ndarray, members: int, first_step: int) -> Curve:
    """Return runs of a curve as a forecast of what was observed.

    Parameters
    ----------
    shares : of services that had adopted, shape (replicates, steps + 1).
    observed : the same as it happened, shape (steps + 1,).
    members : number of services.
    first_step : from which the curve was forecast.

    Returns
    -------
    Median, band and score.

    References
    ----------
    Gneiting, Raftery, J Am Stat Assoc 2007;102:359.

    Examples
    --------
    >>> curve = curve_of(np.array([[0.1, 0.3], [0.1, 0.5]]), np.array([0.1, 0.4]), members=20, first_step=0)
    >>> curve.median
    array([0.1, 0.4])
    """
    from scipy.stats import energy_distance

    low, median, high = np.quantile(shares, (0.05, 0.5, 0.95), axis=0)
    # The score of an ensemble is half the squared energy distance to what happened (Gneiting, Raftery 2007).
    crps = [
        energy_distance(runs, [outcome]) ** 2 / 2.0 for runs, outcome in zip(shares[:, 1:].T, observed[1:], strict=True)
    ]
    return Curve(first_step, members, observed, median, low, high, float(np.mean(crps)))


def network_curve(
    model: CalibrationModel,
    history: AdoptionHistory,
    fit: LikelihoodFit,
    members: np.ndarray | None = None,
    first_step: int = 0,
) -> Curve:
    """Return the forecast of a fitted network hypothesis.

    Parameters
    ----------
    model : that forecasts.
    history : what happened.
    fit : of the hypothesis.
    members : numbers of the services whose curve it is; all by default.
    first_step : from which the curve is forecast.

    Returns
    -------
    Median, band and score.

    Examples
    --------
    >>> from spreadsim.calibration.reduced_model import reduced_scenario, strategy_plan
    >>> from spreadsim.calibration.risk_sets import history_of
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> scenario = ss.load_scenario("classroom")
    >>> plan = strategy_plan(reduced_scenario(scenario, history.n_steps, {}, []))
    >>> model = CalibrationModel(scenario, plan, ReadinessDistribution(0.5, 0.2, 0.02, 0.98), {}, replicates=4, seed=1)
    >>> fit = fit_likelihood(model.likelihood(risk_set(history), Hypothesis("both", "")))
    >>> curve = network_curve(model, history, fit)
    >>> curve.members, curve.observed.shape
    (12, (6,))
    """
    services = np.arange(history.n) if members is None else members
    when = _forecast_network(model, history, fit, first_step)[:, services]
    shares = adoption_share(when, history.n_steps, first_step)
    return curve_of(shares, history.curve(services, first_step), len(services), first_step)


# --------------------------------------------------------------------------------------------------- held out


@dataclass(frozen=True)
class _Part:
    """One part held out: the rows to fit on, the services whose curve is forecast, and from which step."""

    train: np.ndarray
    test: np.ndarray
    members: np.ndarray
    first_step: int


def splits(model: CalibrationModel, history: AdoptionHistory, network: tuple[Hypothesis, ...]) -> list[Split]:
    """Return the scores by group held out (where there are two groups or more) and by half of the time.

    Parameters
    ----------
    model : that forecasts.
    history : what happened.
    network : hypotheses on the network, beside those without one: a constant hazard, a push that changes over time
        and, where there are ties, the Bass curve.

    Returns
    -------
    At most two ways of holding out.

    Examples
    --------
    >>> from spreadsim.calibration.reduced_model import reduced_scenario, strategy_plan
    >>> from spreadsim.calibration.risk_sets import history_of
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> scenario = ss.load_scenario("classroom")
    >>> plan = strategy_plan(reduced_scenario(scenario, history.n_steps, {}, []))
    >>> model = CalibrationModel(scenario, plan, ReadinessDistribution(0.5, 0.2, 0.02, 0.98), {}, replicates=4, seed=1)
    >>> [split.name for split in splits(model, history, (Hypothesis("both", "push and peers"),))]
    ['time']
    """
    result = []
    rows = risk_set(history)
    n_groups = len(history.group_names)
    if n_groups >= 2:
        n_folds = min(MAX_FOLDS, n_groups)
        parts = []
        for fold in range(n_folds):
            groups = [g for g in range(n_groups) if g % n_folds == fold]
            test = in_groups(rows, history, groups)
            if test.any() and rows.adopted[~test].any():
                members = np.flatnonzero(np.isin(history.group, groups))
                parts.append(_Part(~test, test, members, 0))
        parts_text = "each group in turn" if n_folds == n_groups else f"a fifth of the {n_groups} groups in turn"
        result.append(_split(model, history, rows, network, "groups", f"Held out: {parts_text}", parts))
    middle = history.n_steps // 2
    test = rows.step > middle
    if test.any() and rows.adopted[~test].any() and middle >= 2:
        part = _Part(~test, test, np.arange(history.n), middle)
        title = f"Held out: steps {middle + 1} to {history.n_steps}, fitted on steps 1 to {middle}"
        result.append(_split(model, history, rows, network, "time", title, [part]))
    return result


def _split(
    model: CalibrationModel,
    history: AdoptionHistory,
    rows: RiskSet,
    network: tuple[Hypothesis, ...],
    name: str,
    title: str,
    parts: list[_Part],
) -> Split:
    plain = risk_set_without_network(history)
    n_rows = int(sum(part.test.sum() for part in parts))
    gains: dict[str, np.ndarray] = {}
    curves: dict[str, list[Curve]] = {}
    # Without ties there are no peers: the Bass curve, in which members of a group follow one another, is left out.
    plain_names = [name for name in WITHOUT_NETWORK if history.has_ties or name != BASS]
    everything = [*(WITHOUT_NETWORK[name] for name in plain_names), *network]
    for e in everything:
        on_network = e.name not in WITHOUT_NETWORK
        own = rows if on_network else plain
        gains[e.name], curves[e.name] = np.zeros(history.n), []
        for part in parts:
            train = own.only(part.train)
            fit = fit_likelihood(model.likelihood(train, e), curvature=False)
            both = model.likelihood(own.only(part.train | part.test), e)
            inside = model.likelihood(train, e)
            gains[e.name] += both.by_service(fit.values) - inside.by_service(fit.values)
            if on_network:
                curves[e.name].append(network_curve(model, history, fit, part.members, part.first_step))
                continue
            shares = _forecast_without_network(model, history, fit, part.members, part.first_step)
            observed = history.curve(part.members, part.first_step)
            curves[e.name].append(curve_of(shares, observed, len(part.members), part.first_step))
    services = np.unique(np.concatenate([rows.service[part.test] for part in parts]))
    scores = []
    for e in everything:
        d = (gains[e.name] - gains[CONSTANT])[services]
        half = 1.96 * float(np.std(d, ddof=1)) * np.sqrt(len(d))
        total = float(d.sum())
        crps = float(np.mean([c.crps for c in curves[e.name]])) if curves[e.name] else None
        scores.append(
            Score(
                e.name,
                e.title,
                float(gains[e.name].sum()) / n_rows,
                total / n_rows,
                (total - half) / n_rows,
                (total + half) / n_rows,
                crps,
                tuple(curves[e.name]),
            )
        )
    return Split(name, title, n_rows, tuple(scores))


def verdict(split: Split) -> list[str]:
    """Return which hypothesis predicted best, by each score, and whether there is a clear difference.

    Parameters
    ----------
    split : with its scores.

    Returns
    -------
    Sentences.

    Examples
    --------
    >>> constant = Score(CONSTANT, "constant hazard", -0.33, 0.0, 0.0, 0.0, None, ())
    >>> bass = Score("bass", "Bass curve", -0.31, 0.02, 0.01, 0.03, None, ())
    >>> len(verdict(Split("time", "Held out: steps 4 to 6", 120, (constant, bass))))
    2
    """
    scores = sorted(split.scores, key=lambda s: -s.log_score)
    best = scores[0]
    constant = next(s for s in split.scores if s.name == CONSTANT)
    sentences = [
        f"{split.title}. By the log score of {split.n_rows:,} person-periods, the best is {best.title} "
        f"({best.log_score:.4f}; constant hazard {constant.log_score:.4f})."
    ]
    if best.name == CONSTANT:
        sentences.append("Nothing predicts better one step ahead than a constant hazard.")
    elif best.low > 0:
        sentences.append(
            f"It is better than the constant hazard by {best.difference:.4f} per person-period "
            f"({best.low:.4f} to {best.high:.4f}, over services)."
        )
    else:
        sentences.append(
            f"It does not differ clearly from the constant hazard: {best.difference:+.4f} per person-period "
            f"({best.low:+.4f} to {best.high:+.4f}, over services)."
        )
    with_crps = [(s.crps, s) for s in split.scores if s.crps is not None]
    if with_crps:
        least, score = min(with_crps, key=lambda pair: pair[0])
        others = ", ".join(f"{s.title} {c:.4f}" for c, s in with_crps if s is not score)
        sentences.append(f"By the CRPS of the curve, the best is {score.title} ({least:.4f}; {others}).")
    return sentences
