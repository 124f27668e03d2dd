"""What is not known of the model, and what is believed of it: parameters in doubt and quantiles of beliefs.

What belongs here: which parameters of a scenario are in doubt, and the distribution over an interval that sweeps, fits
and assumption sets share. What does not: the ranges and shapes themselves (``parameters``), sets read from a file
(``parameter_sets``) and the sets that are shipped (``assumption_sets``).
"""

from __future__ import annotations

import math

from spreadsim.parameters import Belief, Declaration, declarations
from spreadsim.scenario.document import Scenario

# What people believe of is the world. A programme, its starting sites and the size of a network are chosen.
IN_DOUBT = ("behaviour.", "intervention.", "services.", "network.peer_ties.", "cost.")
# A definition (context 0 is what the specification was written for), and numbers of people.
KNOWN = ("services.context.mean", "services.population.median", "services.population.log_standard_deviation")


def parameters_in_doubt() -> dict[str, Declaration]:
    """Return every parameter of which only a range is believed, by path.

    Returns
    -------
    Declarations, in file order; a parameter never stands before the one that it cannot lie below.

    Examples
    --------
    >>> beliefs = parameters_in_doubt()
    >>> beliefs["behaviour.drift.rate"].belief, beliefs["behaviour.turnover.rate"].belief
    ('uniform', 'triangular')
    >>> "programme.support" in beliefs
    False
    """
    return {
        d.path: d
        for d in declarations(Scenario)
        if d.belief is not None and d.path.startswith(IN_DOUBT) and d.path not in KNOWN
    }


def settled(scenario: Scenario) -> list[str]:
    """Return the parameters that would be in doubt had the user not set them beside the file.

    Parameters
    ----------
    scenario : with a note of what was set.

    Returns
    -------
    Paths.

    Examples
    --------
    >>> settled(ss.load_scenario("default", ["behaviour.drift.rate=0.01", "run.months=24"]))
    ['behaviour.drift.rate']
    """
    settings = scenario.settings
    if not any(one.startswith(IN_DOUBT) or f"{one}." in IN_DOUBT for one in settings):
        return []
    return [path for path in parameters_in_doubt() if any(f"{path}.".startswith(f"{one}.") for one in settings)]


def parameter_label(path: str) -> str:
    """Return what a parameter in doubt is called in a sentence, its table behind it.

    Parameters
    ----------
    path : of a parameter of the scenario.

    Returns
    -------
    Text without a capital.

    Examples
    --------
    >>> parameter_label("behaviour.mandate.delivery_in_name_only"), parameter_label("services.readiness.mean")
    ('the delivery in name only (mandate)', 'the mean (readiness)')
    """
    *_, table, name = path.split(".")
    return f"the {name.replace('_', ' ').replace('standard deviation', 'spread')} ({table.replace('_', ' ')})"


def quantile(u: float, low: float, high: float, shape: Belief = "uniform", mode: float | None = None) -> float:
    """Return a quantile of a distribution over an interval, to twelve digits.

    Parameters
    ----------
    u : the probability, from 0 to 1.
    low, high : ends of the interval.
    shape : of the distribution.
    mode : peak of a triangular one; its lower end where None.

    Returns
    -------
    A number from `low` to `high`.

    Examples
    --------
    >>> quantile(0.5, 0.01, 1.0, "log-uniform"), quantile(0.5, 0.0, 1.0, "triangular", 0.5)
    (0.1, 0.5)

    Notes
    -----
    SciPy's quantiles differ in the twelfth digit of a few values, and with it a run's identity: decision 27.
    """
    if shape == "log-uniform":
        value = math.exp(math.log(low) + u * (math.log(high) - math.log(low)))
    elif shape == "triangular":
        peak = low if mode is None else mode
        split = (peak - low) / (high - low)
        if u <= split:
            value = low + math.sqrt(u * (high - low) * (peak - low))
        else:
            value = high - math.sqrt((1 - u) * (high - low) * (high - peak))
    else:
        value = low + u * (high - low)
    return float(f"{min(high, max(low, value)):.12g}")


def integer_quantile(u: float, low: float, high: float, shape: Belief = "uniform", mode: float | None = None) -> int:
    """Return a quantile of a distribution over whole numbers: each has the unit above it of the continuous one.

    Parameters
    ----------
    u, low, high, shape, mode : as in `quantile`; the ends and the mode are whole.

    Returns
    -------
    A whole number from `low` to `high`.

    Examples
    --------
    >>> [integer_quantile(u, 1, 3) for u in (0.0, 0.5, 1.0)]
    [1, 2, 3]
    """
    if shape == "uniform":
        return int(min(high, math.floor(low + u * (high - low + 1))))
    return int(min(high, math.floor(quantile(u, low, high + 1, shape, None if mode is None else mode + 0.5))))


def believed(declaration: Declaration, u: float, least: float | None = None) -> float | int:
    """Return a quantile of what is believed of a parameter.

    Parameters
    ----------
    declaration : of a parameter in doubt.
    u : the probability, from 0 to 1.
    least : value of the parameter that this one cannot lie below; None where there is none.

    Returns
    -------
    A value as the scenario's field takes it, numbers to six digits.

    Raises
    ------
    ValueError : nothing is believed of the parameter.

    Examples
    --------
    >>> believed(parameters_in_doubt()["behaviour.adoption.threshold_least_ready"], 0.5, least=0.4)
    0.5
    """
    if declaration.belief is None or declaration.plausible is None:
        raise ValueError(f"{declaration.path} is not in doubt")
    low, high = declaration.plausible
    if least is not None and least > low:
        low = least
    if not low < high:
        return int(high) if declaration.kind == "integer" else high
    mode = declaration.default if declaration.belief == "triangular" else None
    if declaration.kind == "integer":
        return integer_quantile(u, low, high, declaration.belief, mode)
    return float(f"{quantile(u, low, high, declaration.belief, mode):.6g}")
