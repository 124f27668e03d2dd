"""The reduced model: all aware, no delay, adoption is the decision, and nobody stops.

What belongs here: the fields of a scenario that make it the reduced model, so that its likelihood is exact, the
scenario that a fit is, and a run of it by the package's own driver as times of adoption. What does not: fitting it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from spreadsim.calibration.estimation import LikelihoodFit
from spreadsim.levers import LEVERS, BalanceLevers, Programme
from spreadsim.network.construction import make_network
from spreadsim.network.data import Network
from spreadsim.outcomes.measures import first_months_embedded
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import Plan, plan
from spreadsim.scenario.validation import as_document, validate, with_setting

STRATEGY, WITHOUT = "as-fitted", "without-peers"

REDUCED: Mapping[str, Any] = {
    "behaviour.awareness.start": "aware",
    "behaviour.adoption.peer_influence_unaided": 0.0,
    "behaviour.adoption.observability": 0.0,
    "behaviour.adoption.discouragement": 0.0,
    "behaviour.engagement.gate": False,
    "behaviour.engagement.peer_odds": 0.0,
    "behaviour.appraisal.applies": False,
    "behaviour.turnover.rate": 0.0,
    "behaviour.pressure.rate": 0.0,
    "behaviour.implementation.months_to_embed": 0.0,
    "behaviour.implementation.abandonment_rate": 0.0,
    "behaviour.sustainment.discontinuation_rate": 0.0,
    "programme.start_month": 0,
    "programme.external_push": [],
    "programme.collaborative.share": 0.0,
    **{f"programme.{one.name}": one.off for one in LEVERS if one.table is Programme and one.off is not None},
}
_LEVERS = {one.name: one.off for one in LEVERS if one.table is BalanceLevers}  # but for the peer programme, all off


def reduced_scenario(
    scenario: Scenario, steps: int, values: Mapping[str, Any], starting_ids: list[str], context_is_data: bool = False
) -> Scenario:
    """Return the scenario as the reduced model.

    Parameters
    ----------
    scenario : supplies the network, the run and all that the reduced model does not use.
    steps : months to run; a month of it is one step of the data.
    values : fields by their dotted path, laid upon it last.
    starting_ids : services that had adopted at the start.
    context_is_data : whether the network's contexts are data; without, ties are not weighted by drawn ones.

    Returns
    -------
    The scenario, with one strategy without peers and one with.

    Raises
    ------
    InputErrors : the values do not make a scenario.

    Examples
    --------
    >>> scenario = reduced_scenario(ss.load_scenario("default"), 12, {}, [])
    >>> list(scenario.strategies), scenario.run.months
    (['without-peers', 'as-fitted'], 12)
    """
    document = as_document(scenario)
    fields = {**REDUCED, "run.months": steps, "programme.stop_month": steps}
    if not context_is_data:
        fields["network.peer_ties.homophily_distance"] = float("inf")
    for path, value in {**fields, **values}.items():
        document = with_setting(document, path.split("."), value, "calibrate")
    document["programme"]["starting_sites"] = {"ids": starting_ids} if starting_ids else {"share": 0.0}
    document["strategies"] = {
        WITHOUT: {
            "title": "The push from outside, as fitted, and no influence of peers",
            **_LEVERS,
        },
        STRATEGY: {"title": "As fitted", **_LEVERS, "peer_programme": 1.0},
    }
    return validate(document, "calibrate", scenario.folder)


def strategy_plan(scenario: Scenario) -> Plan:
    """Return the plan of a reduced scenario's strategy with peers.

    Parameters
    ----------
    scenario : a reduced scenario.

    Returns
    -------
    The plan that a driver takes.

    Examples
    --------
    >>> strategy_plan(reduced_scenario(ss.load_scenario("default"), 12, {}, [])).months
    12
    """
    return plan(scenario, STRATEGY)


def scenario_of_fit(scenario: Scenario, fit: LikelihoodFit, steps: int, starting_ids: list[str]) -> Scenario:
    """Return the reduced scenario with the values of a fit in their fields; one month of it is one step of the data.

    A push that changes over time is the strongest one, with a factor for each step. Readiness that depends on
    covariates or groups is a column of its own (`readiness_of`), not a field.

    Parameters
    ----------
    scenario : that was calibrated.
    fit : of a hypothesis.
    steps : months to run.
    starting_ids : services that had adopted at the start.

    Returns
    -------
    The scenario.

    Examples
    --------
    >>> from spreadsim.calibration.estimation import fit_likelihood
    >>> from spreadsim.calibration.likelihood import Hypothesis, Likelihood, ReadinessDistribution
    >>> from spreadsim.calibration.risk_sets import history_of, risk_set
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> plan = strategy_plan(reduced_scenario(ss.load_scenario("classroom"), history.n_steps, {}, []))
    >>> readiness = ReadinessDistribution(0.5, 0.2, 0.02, 0.98)
    >>> fit = fit_likelihood(Likelihood(risk_set(history), Hypothesis("push", "", peers=False), plan, readiness))
    >>> fitted = scenario_of_fit(ss.load_scenario("classroom"), fit, 6, [])
    >>> fitted.behaviour.adoption.external_influence == fit.estimates["external_influence"]
    True
    """
    e, estimates = fit.likelihood.hypothesis, fit.estimates
    low = estimates.get("threshold", 0.0)
    pushes = fit.likelihood.pushes(estimates)
    strongest = float(pushes.max())
    values: dict[str, Any] = {
        "behaviour.adoption.external_influence": strongest,
        "behaviour.adoption.peer_influence_facilitated": estimates.get("peer_influence", 0.0),
        "behaviour.adoption.exposure_response": e.form,
        "behaviour.adoption.threshold_most_ready": low,
        "behaviour.adoption.threshold_least_ready": min(1.0, low + estimates.get("threshold_range", 0.0)),
        "behaviour.engagement.gate": e.gate,
    }
    if e.push_varies and strongest > 0.0:
        values["programme.external_push"] = [
            {"month": month, "factor": float(push / strongest)} for month, push in enumerate(pushes)
        ]
    if e.readiness_varies:
        values["services.readiness.standard_deviation"] = estimates["readiness_spread"]
    return reduced_scenario(scenario, steps, values, starting_ids)


def readiness_of(fit: LikelihoodFit) -> np.ndarray | None:
    """Return each service's readiness under covariates or groups.

    Parameters
    ----------
    fit : of a hypothesis.

    Returns
    -------
    Readiness from 0 to 1, one a service; None where the hypothesis has neither covariates nor groups.

    Examples
    --------
    >>> from spreadsim.calibration.estimation import fit_likelihood
    >>> from spreadsim.calibration.likelihood import Hypothesis, Likelihood, ReadinessDistribution
    >>> from spreadsim.calibration.risk_sets import history_of, risk_set
    >>> months = np.array([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, np.nan, np.nan])
    >>> history = history_of(ss.make_network(ss.load_scenario("classroom")), months, 6)
    >>> plan = strategy_plan(reduced_scenario(ss.load_scenario("classroom"), history.n_steps, {}, []))
    >>> readiness = ReadinessDistribution(0.5, 0.2, 0.02, 0.98)
    >>> fit = fit_likelihood(Likelihood(risk_set(history), Hypothesis("push", "", peers=False), plan, readiness))
    >>> readiness_of(fit) is None
    True
    """
    n_columns = len(fit.likelihood.design.names)
    return fit.likelihood.readiness_of(fit.values[len(fit.values) - n_columns :]) if n_columns else None


def simulate(
    scenario: Scenario, network: Network, replicates: int, seed: int, readiness: np.ndarray | None = None
) -> np.ndarray:
    """Return the month in which each service is first embedded.

    Parameters
    ----------
    scenario : a reduced scenario.
    network : of replicate 0; what its files do not give is drawn for each replicate where the scenario redraws.
    replicates : number of runs.
    seed : of their random numbers.
    readiness : stands instead of the network's own, one a service.

    Returns
    -------
    Months, shape (replicates, services); nan where never.

    Examples
    --------
    >>> push = {"behaviour.adoption.external_influence": 1.0}
    >>> scenario = reduced_scenario(ss.load_scenario("classroom"), 3, push, [])
    >>> when = simulate(scenario, ss.make_network(scenario), replicates=2, seed=1)
    >>> when.shape, bool((when == 1).all())
    ((2, 12), True)
    """
    from spreadsim.drivers.running import run_plan

    peer_plan = strategy_plan(scenario)
    if readiness is not None:
        network = replace(network, attributes={**network.attributes, "readiness": readiness})
    redraws = readiness is None and scenario.network.redraw and "readiness" in network.drawn
    result = np.empty((replicates, network.n))
    for k in range(replicates):
        here = make_network(scenario, k, like=network) if redraws and k > 0 else network
        result[k] = first_months_embedded(run_plan(here, peer_plan, seed, k, "compiled"))
    return result
