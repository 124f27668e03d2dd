"""What is not known of the model, and what is believed of it: parameters in doubt and quantiles of beliefs.

What belongs here: which parameters of a scenario are in doubt, and the distribution over an interval that sweeps, fits
and assumption sets share. What does not: the ranges and shapes themselves (``parameters``), sets read from a file
(``parameter_sets``) and the sets that are shipped (``assumption_sets``).
"""

from __future__ import annotations

import math
from dataclasses import replace

from spreadsim.errors import InputError, InputErrors, nearest
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


def stated_beliefs(scenario: Scenario, source: str | None = None) -> dict[str, Declaration]:
    """Return the parameters of which a scenario itself says what is believed, by path.

    Parameters
    ----------
    scenario : with what it says of doubt.
    source : name under which faults are reported; the scenario's where None.

    Returns
    -------
    Declarations whose range and belief are the scenario's; none where it states no belief.

    Raises
    ------
    InputErrors : a path is of no parameter in doubt, is said to be known, or its range has no meaning.

    Examples
    --------
    >>> belief = 'doubt.beliefs={"behaviour.drift.rate"={low=0.0, high=0.02, distribution="beta", alpha=2, beta=6}}'
    >>> declaration = stated_beliefs(ss.load_scenario("default", [belief]))["behaviour.drift.rate"]
    >>> declaration.plausible, declaration.belief, declaration.weights, believed(declaration, 0.5)
    ((0.0, 0.02), 'beta', (2.0, 6.0), 0.0045698)
    """
    if not scenario.doubt.beliefs:
        return {}
    in_doubt, file = parameters_in_doubt(), source or scenario.name
    result: dict[str, Declaration] = {}
    faults: list[InputError] = []

    def refuse(path: str, problem: str, remedy: str) -> None:
        faults.append(InputError(file, f'doubt.beliefs."{path}"', problem, remedy))

    for path, stated in scenario.doubt.beliefs.items():
        if path not in in_doubt:
            refuse(path, "is not a parameter in doubt", nearest(path, in_doubt))
            continue
        declared = in_doubt[path]
        ends = (float(stated.low or 0.0), float(stated.high or 0.0))
        least, most = declared.bounds or (-math.inf, math.inf)
        if path in scenario.doubt.known:
            refuse(path, "is said to be known, in doubt.known", "leave one of them out")
        elif not least <= ends[0] < ends[1] <= most:
            refuse(path, f"{ends[0]:g} to {ends[1]:g} is out of bounds", f"stay between {least:g} and {most:g}")
        elif declared.kind == "integer" and any(end != int(end) for end in ends):
            refuse(path, f"{ends[0]:g} to {ends[1]:g} are no whole numbers", "give whole numbers as low and high")
        else:
            mode = declared.default if stated.mode is None else stated.mode
            result[path] = replace(
                declared, plausible=ends, belief=stated.distribution, default=mode, weights=stated.weights
            )
    if faults:
        raise InputErrors(faults)
    return result


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


def quantile(
    u: float,
    low: float,
    high: float,
    shape: Belief = "uniform",
    mode: float | None = None,
    weights: tuple[float, float] | None = None,
) -> float:
    """Return a quantile of a distribution over an interval, to twelve digits; of a beta distribution to nine.

    Parameters
    ----------
    u : the probability, from 0 to 1.
    low, high : ends of the interval.
    shape : of the distribution.
    mode : peak of a triangular one; its lower end where None.
    weights : of the upper and the lower end of a beta one, its alpha and beta; 1 and 1, a uniform one, where None.

    Returns
    -------
    A number from `low` to `high`.

    Examples
    --------
    >>> quantile(0.5, 0.01, 1.0, "log-uniform"), quantile(0.5, 0.0, 1.0, "triangular", 0.5)
    (0.1, 0.5)
    >>> quantile(0.5, 0.0, 2.0, "beta", weights=(3.0, 3.0))
    1.0

    Notes
    -----
    SciPy's quantiles differ in the twelfth digit of a few values, and with it a run's identity: decision 27. Those of a
    beta distribution are SciPy's, to as many digits as all its versions agree in.
    """
    if shape == "beta":
        from spreadsim.special import betaincinv

        value = float(f"{low + float(betaincinv(*(weights or (1.0, 1.0)), u)) * (high - low):.9g}")
        return min(high, max(low, value))
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


def integer_quantile(
    u: float,
    low: float,
    high: float,
    shape: Belief = "uniform",
    mode: float | None = None,
    weights: tuple[float, float] | None = None,
) -> int:
    """Return a quantile of a distribution over whole numbers: each has the unit above it of the continuous one.

    Parameters
    ----------
    u, low, high, shape, mode, weights : as in `quantile`; the ends and the mode are whole.

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
    middle = None if mode is None else mode + 0.5
    return int(min(high, math.floor(quantile(u, low, high + 1, shape, middle, weights))))


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
        return integer_quantile(u, low, high, declaration.belief, mode, declaration.weights)
    return float(f"{quantile(u, low, high, declaration.belief, mode, declaration.weights):.6g}")
