"""Maximum likelihood, profile intervals, and what the data cannot identify.

What belongs here: functions of a `Likelihood` alone. What does not: the rules (``likelihood``), which hypotheses are
compared (``hypotheses``).

A profile interval holds every value of a parameter at which the best likelihood over all others lies less than
``chi2(0.95, 1) / 2`` below the best of all (Venzon, Moolgavkar 1988). A parameter estimated at its bound has a
one-sided interval, and says so.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from spreadsim.calibration.likelihood import Likelihood, Parameter

RIDGE = 0.9
MAX_PROFILED = 40  # parameters beyond which a fit is by scoring, and intervals are from the curvature
MAX_SCORING_STEPS = 100
LEAST_GAIN, LITTLE_GAIN = 1e-6, 0.1  # of log-likelihood: below it scoring ends, or takes the exact step
_TRIED_THRESHOLDS = 9


@dataclass(frozen=True)
class Interval:
    """A 95% profile interval.

    Attributes
    ----------
    low, high : its ends.
    low_is_bound, high_is_bound : whether it ends where the parameter does, rather than where the data end it.
    profile : values of the parameter and twice the fall of the log-likelihood there, ascending.

    Examples
    --------
    >>> Interval(low=0.0, high=0.12, low_is_bound=True, high_is_bound=False).high
    0.12
    """

    low: float
    high: float
    low_is_bound: bool
    high_is_bound: bool
    profile: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class LikelihoodFit:
    """A hypothesis fitted.

    Attributes
    ----------
    likelihood : what was maximised.
    values : of its parameters.
    log_likelihood : at the maximum; -inf where the hypothesis gives no chance to something that happened.
    converged : whether the search ended where the slope is flat or at bounds.
    covariance : of parameters inside their bounds, from the curvature; nan for the others.

    Examples
    --------
    >>> from spreadsim.calibration.likelihood import Hypothesis, ReadinessDistribution
    >>> from spreadsim.calibration.reduced_model import reduced_scenario, strategy_plan
    >>> from spreadsim.calibration.risk_sets import history_of, risk_set
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> plan = strategy_plan(reduced_scenario(ss.load_scenario("classroom"), history.n_steps, {}, []))
    >>> readiness = ReadinessDistribution(0.5, 0.2, 0.02, 0.98)
    >>> fit = fit_likelihood(Likelihood(risk_set(history), Hypothesis("push", "", peers=False), plan, readiness))
    >>> fit.converged, list(fit.estimates)
    (True, ['external_influence'])
    """

    likelihood: Likelihood
    values: np.ndarray
    log_likelihood: float
    converged: bool
    covariance: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))

    @property
    def n_parameters(self) -> int:
        """Number of free parameters."""
        return len(self.values)

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return 2.0 * self.n_parameters - 2.0 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Bayesian criterion; its sample size is the number of adoptions (Volinsky, Raftery 2000)."""
        n_adoptions = max(1, int(self.likelihood.rows.adopted.sum()))
        return float(np.log(n_adoptions)) * self.n_parameters - 2.0 * self.log_likelihood

    @property
    def estimates(self) -> dict[str, float]:
        """Values by name of parameter."""
        return self.likelihood.by_name(self.values)


def _is_step_like(likelihood: Likelihood, p: Parameter) -> bool:
    """Return whether the likelihood jumps in a parameter: a sharp threshold, shared by all."""
    e = likelihood.hypothesis
    return e.form == "threshold" and not e.thresholds_vary and p.name == "threshold"


def _maximise(likelihood: Likelihood, start: np.ndarray, fixed: dict[int, float]) -> tuple[np.ndarray, float, bool]:
    """Return the best values with some parameters fixed, the log-likelihood, and whether the search converged."""
    from scipy.optimize import minimize

    names = likelihood.parameters
    free = [k for k in range(len(names)) if k not in fixed]
    size = np.array([names[k].size for k in free])
    whole = start.astype(np.float64).copy()
    for k, value in fixed.items():
        whole[k] = value
    if not free:
        return whole, likelihood.log_likelihood(whole), True
    if len(free) > MAX_PROFILED and likelihood.has_information:
        return _maximise_by_scoring(likelihood, whole, np.array(free))

    def at(x: np.ndarray) -> np.ndarray:
        values = whole.copy()
        values[free] = np.clip(x * size, [names[k].low for k in free], [names[k].high for k in free])
        return values

    def fall(x: np.ndarray) -> tuple[float, np.ndarray]:
        values = at(x)
        return -likelihood.log_likelihood(values), -likelihood.gradient(values)[free] * size

    bounds = [(names[k].low / names[k].size, names[k].high / names[k].size) for k in free]
    optimum = minimize(
        fall,
        whole[free] / size,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-6},
    )
    values = at(optimum.x)
    return values, likelihood.log_likelihood(values), bool(optimum.success)


def _maximise_by_scoring(likelihood: Likelihood, start: np.ndarray, free: np.ndarray) -> tuple[np.ndarray, float, bool]:
    """Return the best values by Fisher scoring within the bounds, for hypotheses with hundreds of parameters.

    Each step is the one that the expected information asks for, among the parameters that are not held at a bound; it
    is cut at the bounds, and halved until the likelihood rises (projected scoring; Bertsekas, SIAM J Control Optim
    1982;20:221).
    """
    low = np.array([likelihood.parameters[k].low for k in free])
    high = np.array([likelihood.parameters[k].high for k in free])

    def climb(values: np.ndarray, top: float, step: np.ndarray) -> tuple[np.ndarray, float]:
        """Return the first values along the step, halved as often as needed, that are likelier."""
        for halvings in range(20):
            ahead = values.copy()
            ahead[free] = np.clip(values[free] + step / 2.0**halvings, low, high)
            better = likelihood.log_likelihood(ahead)
            if better > top:
                return ahead, better
        return values, top

    values, top = start, likelihood.log_likelihood(start)
    for _ in range(MAX_SCORING_STEPS):
        slope = likelihood.gradient(values)[free]
        moves = ~(((values[free] <= low) & (slope <= 0)) | ((values[free] >= high) & (slope >= 0)))
        information = likelihood.information(values)[np.ix_(free, free)]
        room = (low - values[free], high - values[free])
        ahead, better = climb(values, top, _bounded_step(information, slope, moves, *room, exact=False))
        if better - top < LITTLE_GAIN:
            exact = climb(values, top, _bounded_step(information, slope, moves, *room, exact=True))
            ahead, better = max((ahead, better), exact, key=lambda one: one[1])
        gain, values, top = better - top, ahead, better
        if gain < LEAST_GAIN:
            return values, top, True
    return values, top, False


def _bounded_step(
    information: np.ndarray,
    slope: np.ndarray,
    moves: np.ndarray,
    least: np.ndarray,
    most: np.ndarray,
    *,
    exact: bool,
) -> np.ndarray:
    """Return the scoring step of the parameters that move; what it would take beyond a bound stops there.

    The exact step is the best within the bounds; the quick one does not come back from a bound that it met.
    """
    from scipy.optimize import lsq_linear

    scale = 1.0 / np.sqrt(np.maximum(np.diag(information), 1e-9))
    scaled = information * np.outer(scale, scale) + 1e-9 * np.eye(len(scale))
    slope, least, most = slope * scale, least / scale, most / scale
    if exact:
        root = np.linalg.cholesky(scaled).T
        room = (least, np.maximum(most, least + 1e-12))
        return np.asarray(lsq_linear(root, np.linalg.solve(root.T, slope), bounds=room, method="bvls").x * scale)
    step, moves = np.zeros(len(slope)), moves.copy()
    while moves.any():
        rest = slope[moves] - scaled[np.ix_(moves, ~moves)] @ step[~moves]
        step[moves] = np.linalg.solve(scaled[np.ix_(moves, moves)], rest)
        beyond = moves & ((step < least) | (step > most))
        if not beyond.any():
            break
        step[beyond] = np.clip(step[beyond], least[beyond], most[beyond])
        moves &= ~beyond
    return np.asarray(step * scale)


def _best(likelihood: Likelihood, starts: list[np.ndarray], fixed: dict[int, float]) -> tuple[np.ndarray, float, bool]:
    return max((_maximise(likelihood, start, fixed) for start in starts), key=lambda maximum: maximum[1])


def _threshold_places(likelihood: Likelihood) -> np.ndarray:
    """Return every value of a sharp threshold that tells exposures apart: the exposures that occur, above 0."""
    different = np.unique(likelihood.rows.exposure)
    return different[different > 0]


def with_curvature(fit: LikelihoodFit) -> LikelihoodFit:
    """Return a fit with its covariance, which was left out.

    Parameters
    ----------
    fit : of a hypothesis.

    Returns
    -------
    The same fit, with the covariance.

    Examples
    --------
    >>> from spreadsim.calibration.likelihood import Hypothesis, ReadinessDistribution
    >>> from spreadsim.calibration.reduced_model import reduced_scenario, strategy_plan
    >>> from spreadsim.calibration.risk_sets import history_of, risk_set
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> plan = strategy_plan(reduced_scenario(ss.load_scenario("classroom"), history.n_steps, {}, []))
    >>> readiness = ReadinessDistribution(0.5, 0.2, 0.02, 0.98)
    >>> likelihood = Likelihood(risk_set(history), Hypothesis("push", "", peers=False), plan, readiness)
    >>> with_curvature(fit_likelihood(likelihood, curvature=False)).covariance.shape
    (1, 1)
    """
    return replace(fit, covariance=_covariance(fit.likelihood, fit.values))


def fit_likelihood(likelihood: Likelihood, start: np.ndarray | None = None, *, curvature: bool = True) -> LikelihoodFit:
    """Return the maximum-likelihood fit.

    A saturating threshold is searched from several starts, a sharp one over every exposure that occurs.

    Parameters
    ----------
    likelihood : of a risk set under a hypothesis.
    start : where to begin, instead of the parameters' own starts.
    curvature : whether to take the covariance as well.

    Returns
    -------
    The fit.

    Examples
    --------
    With a push alone, the chance of adopting is adoptions over person-periods.

    >>> from spreadsim.calibration.likelihood import Hypothesis, ReadinessDistribution
    >>> from spreadsim.calibration.reduced_model import reduced_scenario, strategy_plan
    >>> from spreadsim.calibration.risk_sets import history_of, risk_set
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> plan = strategy_plan(reduced_scenario(ss.load_scenario("classroom"), history.n_steps, {}, []))
    >>> readiness = ReadinessDistribution(0.5, 0.2, 0.02, 0.98)
    >>> fit = fit_likelihood(Likelihood(risk_set(history), Hypothesis("push", "", peers=False), plan, readiness))
    >>> round(fit.estimates["external_influence"], 4) == round(float(risk_set(history).adopted.mean()), 4)
    True
    """
    own = np.array([p.start for p in likelihood.parameters])
    if likelihood.impossible:
        return LikelihoodFit(likelihood, np.full(len(own), np.nan), -np.inf, True, np.full((len(own),) * 2, np.nan))
    begin = own if start is None else start
    place = next((k for k, p in enumerate(likelihood.parameters) if p.name == "threshold"), None)
    if place is None:
        values, top, converged = _maximise(likelihood, begin, {})
    elif _is_step_like(likelihood, likelihood.parameters[place]):
        values, top, converged = _maximise(likelihood, begin, {place: 1.0})
        here = values
        for x in _threshold_places(likelihood)[::-1]:
            here, value, flat = _maximise(likelihood, here, {place: float(x)})
            if value > top:
                values, top, converged = here, value, flat
    else:
        starts = [begin] if start is not None else []
        for x in (0.05, 0.2, 0.5):
            other = own.copy()
            other[place] = x
            starts.append(other)
        values, top, converged = _best(likelihood, starts, {})
    covariance = _covariance(likelihood, values) if curvature else np.full((len(values),) * 2, np.nan)
    return LikelihoodFit(likelihood, values, top, converged, covariance)


def _covariance(likelihood: Likelihood, values: np.ndarray) -> np.ndarray:
    """Return the inverse of the information: observed, by central differences of the gradient, or expected."""
    n = len(values)
    result = np.full((n, n), np.nan)
    inside: list[int] = []
    for k, p in enumerate(likelihood.parameters):
        room = 1e-4 * p.size
        if p.low + room < values[k] < p.high - room and not _is_step_like(likelihood, p):
            inside.append(k)
    if not inside:
        return result
    information = np.empty((len(inside), len(inside)))
    if n > MAX_PROFILED and likelihood.has_information:
        information = likelihood.information(values)[np.ix_(inside, inside)]
        result[np.ix_(inside, inside)] = np.linalg.pinv(information, hermitian=True)
        return result
    for row, k in enumerate(inside):
        step = 1e-4 * likelihood.parameters[k].size
        up, down = values.copy(), values.copy()
        up[k] += step
        down[k] -= step
        slope = (likelihood.gradient(up) - likelihood.gradient(down)) / (2.0 * step)
        information[row] = -slope[inside]
    inverse = np.linalg.pinv((information + information.T) / 2.0)
    result[np.ix_(inside, inside)] = inverse
    return result


# --------------------------------------------------------------------------------------------------- profiles


def profile_interval(fit: LikelihoodFit, name: str, level: float = 0.95) -> Interval:
    """Return the profile interval of a parameter.

    Parameters
    ----------
    fit : of a hypothesis.
    name : of the parameter.
    level : of the interval.

    Returns
    -------
    The interval, and the profile.

    Raises
    ------
    KeyError : the hypothesis has no such parameter.

    References
    ----------
    Venzon, Moolgavkar, Appl Stat 1988;37:87.

    Examples
    --------
    >>> from spreadsim.calibration.likelihood import Hypothesis, ReadinessDistribution
    >>> from spreadsim.calibration.reduced_model import reduced_scenario, strategy_plan
    >>> from spreadsim.calibration.risk_sets import history_of, risk_set
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> plan = strategy_plan(reduced_scenario(ss.load_scenario("classroom"), history.n_steps, {}, []))
    >>> readiness = ReadinessDistribution(0.5, 0.2, 0.02, 0.98)
    >>> fit = fit_likelihood(Likelihood(risk_set(history), Hypothesis("push", "", peers=False), plan, readiness))
    >>> interval = profile_interval(fit, "external_influence")
    >>> interval.low < fit.estimates["external_influence"] < interval.high
    True
    """
    from scipy.stats import chi2

    likelihood, place = fit.likelihood, _place(fit, name)
    p, best = likelihood.parameters[place], float(fit.values[place])
    limit = float(chi2.ppf(level, 1))
    profile = _Profile(fit, place)
    if _is_step_like(likelihood, p):
        return _step_interval(likelihood, p, profile, limit)
    variance = fit.covariance[place, place] if fit.covariance.size else np.nan
    step = float(np.sqrt(variance)) if variance > 0 else 0.25 * p.size
    low, low_is_bound = _end(profile, best, p.low, -min(2.0 * step, 2.0 * p.size), limit)
    high, high_is_bound = _end(profile, best, p.high, min(2.0 * step, 2.0 * p.size), limit)
    for share in (1 / 3, 2 / 3):  # so that the shape of the profile is seen
        profile(best + share * (low - best))
        profile(best + share * (high - best))
    return Interval(low, high, low_is_bound, high_is_bound, tuple(sorted(profile.falls.items())))


def curvature_interval(fit: LikelihoodFit, name: str, level: float = 0.95) -> Interval:
    """Return the interval of a parameter from the curvature of the log-likelihood at its maximum.

    It stands for the profile interval where there are so many parameters that each point of a profile would take
    seconds; with that many observations the two agree. It has no profile.

    Parameters
    ----------
    fit : of a hypothesis, with its covariance.
    name : of the parameter.
    level : of the interval.

    Returns
    -------
    The interval, cut at the parameter's bounds; the whole range where there is no curvature.

    Raises
    ------
    KeyError : the hypothesis has no such parameter.

    Examples
    --------
    >>> from spreadsim.calibration.likelihood import Hypothesis, ReadinessDistribution
    >>> from spreadsim.calibration.reduced_model import reduced_scenario, strategy_plan
    >>> from spreadsim.calibration.risk_sets import history_of, risk_set
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> plan = strategy_plan(reduced_scenario(ss.load_scenario("classroom"), history.n_steps, {}, []))
    >>> readiness = ReadinessDistribution(0.5, 0.2, 0.02, 0.98)
    >>> fit = fit_likelihood(Likelihood(risk_set(history), Hypothesis("push", "", peers=False), plan, readiness))
    >>> interval = curvature_interval(fit, "external_influence")
    >>> interval.low < fit.estimates["external_influence"] < interval.high, interval.profile
    (True, ())
    """
    from scipy.stats import norm

    place = _place(fit, name)
    p, value = fit.likelihood.parameters[place], float(fit.values[place])
    variance = fit.covariance[place, place] if fit.covariance.size else np.nan
    half = float(norm.ppf(0.5 + level / 2.0) * np.sqrt(variance)) if variance > 0 else np.inf
    low, high = max(p.low, value - half), min(p.high, value + half)
    return Interval(low, high, low == p.low, high == p.high)


def profile_fall(fit: LikelihoodFit, name: str, value: float) -> float:
    """Return twice the fall of the log-likelihood where a parameter has some value and the others their best.

    The profile interval holds the values at which it is at most 3.84.

    Parameters
    ----------
    fit : of a hypothesis.
    name : of the parameter.
    value : that it has.

    Returns
    -------
    At least 0.

    Raises
    ------
    KeyError : the hypothesis has no such parameter.

    Examples
    --------
    >>> from spreadsim.calibration.likelihood import Hypothesis, ReadinessDistribution
    >>> from spreadsim.calibration.reduced_model import reduced_scenario, strategy_plan
    >>> from spreadsim.calibration.risk_sets import history_of, risk_set
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> plan = strategy_plan(reduced_scenario(ss.load_scenario("classroom"), history.n_steps, {}, []))
    >>> readiness = ReadinessDistribution(0.5, 0.2, 0.02, 0.98)
    >>> fit = fit_likelihood(Likelihood(risk_set(history), Hypothesis("push", "", peers=False), plan, readiness))
    >>> profile_fall(fit, "external_influence", fit.estimates["external_influence"])
    0.0
    """
    return _Profile(fit, _place(fit, name))(value)


def _place(fit: LikelihoodFit, name: str) -> int:
    return {p.name: k for k, p in enumerate(fit.likelihood.parameters)}[name]


class _Profile:
    """The profile of one parameter; each value is fitted once, from the nearest one known and along the ridge."""

    def __init__(self, fit: LikelihoodFit, place: int) -> None:
        self._fit, self._place = fit, place
        best = float(fit.values[place])
        self.falls: dict[float, float] = {best: 0.0}
        self._values = {best: fit.values}
        with np.errstate(invalid="ignore", divide="ignore"):
            along = fit.covariance[:, place] / fit.covariance[place, place]
        self._along = np.where(np.isfinite(along), along, 0.0)
        parameters = fit.likelihood.parameters
        self._low, self._high = np.array([p.low for p in parameters]), np.array([p.high for p in parameters])
        self._several = any(p.name == "threshold" for p in parameters)

    def __call__(self, value: float) -> float:
        if value not in self.falls:
            near = min(self._values, key=lambda tried: abs(tried - value))
            ahead = np.clip(self._values[near] + self._along * (value - near), self._low, self._high)
            starts = [ahead, self._values[near]] if self._several else [ahead]
            values, top, _ = _best(self._fit.likelihood, starts, {self._place: value})
            self.falls[value] = max(0.0, 2.0 * (self._fit.log_likelihood - top))
            self._values[value] = values
        return self.falls[value]


def _end(fall: Callable[[float], float], best: float, bound: float, step: float, limit: float) -> tuple[float, bool]:
    """Return where the profile passes `limit` on one side of the best value, or the bound where it does not."""
    from scipy.optimize import brentq

    inside, at = best, best
    for _ in range(60):
        at = at + step
        beyond = at >= bound if step > 0 else at <= bound
        if beyond:
            at = bound
        if at == inside:
            return bound, True
        if fall(at) > limit:
            return float(brentq(lambda x: fall(x) - limit, inside, at, xtol=1e-4 * abs(at - inside) + 1e-9)), False
        if beyond:
            return bound, True
        inside, step = at, 1.6 * step
    return bound, True


def _step_interval(likelihood: Likelihood, p: Parameter, profile: _Profile, limit: float) -> Interval:
    """Return the range of a sharp threshold: from just above the exposure below the first that fits, to the last."""
    places = _threshold_places(likelihood)
    if len(places) > 40:
        places = np.unique(np.append(places[:: len(places) // 40 + 1], next(iter(profile.falls))))
    inside = [k for k, x in enumerate(places) if profile(float(x)) <= limit]
    low = float(places[inside[0] - 1]) if inside[0] > 0 else p.low
    return Interval(
        low,
        float(places[inside[-1]]),
        inside[0] == 0,
        inside[-1] == len(places) - 1,
        tuple(sorted(profile.falls.items())),
    )


# --------------------------------------------------------------------------------------------------- tests


def likelihood_ratio(smaller: LikelihoodFit, larger: LikelihoodFit, *, at_bound: bool) -> tuple[float, int, float]:
    """Return the likelihood-ratio test of a larger hypothesis against a smaller one within it.

    Parameters
    ----------
    smaller, larger : the two fits.
    at_bound : whether one of the extra parameters lies at its bound under the smaller hypothesis: the reference is then
        an equal mixture of chi-squared with one degree of freedom less and with all.

    Returns
    -------
    Twice the gain in log-likelihood, the number of extra parameters, and the p-value.

    References
    ----------
    Self, Liang, J Am Stat Assoc 1987;82:605.

    Examples
    --------
    >>> from spreadsim.calibration.likelihood import Hypothesis, ReadinessDistribution
    >>> from spreadsim.calibration.reduced_model import reduced_scenario, strategy_plan
    >>> from spreadsim.calibration.risk_sets import history_of, risk_set
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> plan = strategy_plan(reduced_scenario(ss.load_scenario("classroom"), history.n_steps, {}, []))
    >>> readiness = ReadinessDistribution(0.5, 0.2, 0.02, 0.98)
    >>> fit = fit_likelihood(Likelihood(risk_set(history), Hypothesis("push", "", peers=False), plan, readiness))
    >>> both = fit_likelihood(Likelihood(risk_set(history), Hypothesis("both", ""), plan, readiness))
    >>> gain, extra, p_value = likelihood_ratio(fit, both, at_bound=True)
    >>> gain >= 0.0, extra, 0.0 <= p_value <= 1.0
    (True, 1, True)
    """
    from scipy.stats import chi2

    extra = larger.n_parameters - smaller.n_parameters
    if not np.isfinite(smaller.log_likelihood):
        return float("inf"), extra, 0.0
    gain = max(0.0, 2.0 * (larger.log_likelihood - smaller.log_likelihood))
    if not at_bound:
        return gain, extra, float(chi2.sf(gain, extra))
    below = float(chi2.sf(gain, extra - 1)) if extra > 1 else float(gain <= 0.0)
    return gain, extra, 0.5 * below + 0.5 * float(chi2.sf(gain, extra))


# --------------------------------------------------------------------------------------------------- identification


def identification_problems(fit: LikelihoodFit, intervals: dict[str, Interval]) -> list[str]:
    """Return which parameters the data do not determine, and why.

    Parameters
    ----------
    fit : of a hypothesis.
    intervals : of its parameters.

    Returns
    -------
    Sentences; none where all is well.

    Examples
    --------
    >>> from spreadsim.calibration.likelihood import Hypothesis, ReadinessDistribution
    >>> from spreadsim.calibration.reduced_model import reduced_scenario, strategy_plan
    >>> from spreadsim.calibration.risk_sets import history_of, risk_set
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> plan = strategy_plan(reduced_scenario(ss.load_scenario("classroom"), history.n_steps, {}, []))
    >>> readiness = ReadinessDistribution(0.5, 0.2, 0.02, 0.98)
    >>> fit = fit_likelihood(Likelihood(risk_set(history), Hypothesis("push", "", peers=False), plan, readiness))
    >>> identification_problems(fit, {"external_influence": profile_interval(fit, "external_influence")})
    []
    """
    problems: list[str] = []
    places = {p.name: k for k, p in enumerate(fit.likelihood.parameters)}
    for name, interval in intervals.items():
        p, value = fit.likelihood.parameters[places[name]], fit.values[places[name]]
        if interval.low_is_bound and interval.high_is_bound:
            problems.append(f"{p.label}: not identified; every value from {p.low:g} to {p.high:g} fits about as well.")
        elif interval.high_is_bound:
            problems.append(f"{p.label}: the data give no upper limit below its bound, {p.high:g}.")
        elif interval.low_is_bound and p.low == 0.0:
            at = "estimated at 0" if value <= 1e-6 * p.size else f"estimated at {value:.3g}"
            problems.append(
                f"{p.label}: {at}, which does not differ clearly from 0; its interval is one-sided, "
                f"up to {interval.high:.3g}."
            )
    covariance = fit.covariance
    for a, b in itertools.combinations(range(len(places)), 2):
        spread = np.sqrt(covariance[a, a] * covariance[b, b]) if covariance.size else np.nan
        if spread > 0 and abs(covariance[a, b] / spread) > RIDGE:
            one, other = (fit.likelihood.parameters[k].label for k in (a, b))
            problems.append(
                f"{one} and {other}: known jointly rather than individually (correlation "
                f"{covariance[a, b] / spread:+.2f}), since one can make up for the other."
            )
    if fit.likelihood.hypothesis.peers and fit.estimates["peer_influence"] <= 1e-4 and "threshold" in places:
        problems.append("threshold: has no meaning where peer influence is 0.")
    return problems
