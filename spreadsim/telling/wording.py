"""Numbers in words: how a value, a difference or an interval is written for a reader.

What belongs here: formats that follow a measure's unit, and lists in plain English. What does not: what a comparison
shows (``comparison.findings``).

measure : name of a measure, or its `Measure`.
sign : whether a positive number is written with its sign.
"""

from __future__ import annotations

from collections.abc import Sequence

from spreadsim.outcomes.measures import BY_NAME, Measure
from spreadsim.outcomes.statistics import Difference, Summary

MINUS = "−"
PER_HUNDRED = ("share", "share of people", "share of full effect")
_DECIMALS = {"years of full effect": 2, "months": 1, "staff-days per service": 1, "staff-days": 1, "copies": 1}
_NOUN = {
    "years of full effect": "years",
    "months": "months",
    "staff-days per service": "staff-days",
    "staff-days": "staff-days",
    "copies": "copies",
}
_UNIT = {"share": "% of services", "share of people": "% of people", "share of full effect": "% of full effect"}
_WITHIN_EMBEDDED = ("fidelity", "core_fidelity", "fidelity_at_start", "fidelity_drift")


def measure_of(measure: str | Measure) -> Measure:
    """Return the declaration of a measure.

    Returns
    -------
    A `Measure`, one of the package's where a name is given.

    Examples
    --------
    >>> measure_of("reach").better
    'higher'
    """
    return BY_NAME[measure] if isinstance(measure, str) else measure


def is_share(measure: str | Measure) -> bool:
    """Return whether a measure is written in per cent.

    Returns
    -------
    True for shares of services, of people and of full effect.

    Examples
    --------
    >>> is_share("reach"), is_share("cost")
    (True, False)
    """
    return measure_of(measure).unit in PER_HUNDRED


def in_display_unit(measure: str | Measure, value: float) -> float:
    """Return a value in the unit in which it is written.

    Parameters
    ----------
    value : in the unit of the measure's declaration; shares are in [0, 1].

    Returns
    -------
    Shares in per cent, other values as they are.

    Examples
    --------
    >>> in_display_unit("reach", 0.25), in_display_unit("cost", 0.25)
    (25.0, 0.25)
    """
    return 100.0 * value if is_share(measure) else value


def unit(measure: str | Measure) -> str:
    """Return the unit in which a measure is written.

    Returns
    -------
    A short text, as an axis shows it.

    Examples
    --------
    >>> unit("reach"), unit("sustainment"), unit("cost")
    ('% of services', '% of those ever embedded', 'staff-days per service')
    """
    m = measure_of(measure)
    if m.name in _WITHIN_EMBEDDED:
        return "points" if m.name == "fidelity_drift" else "% as intended"
    if m.name == "sustainment":
        return "% of those ever embedded"
    if m.name == "in_name_only_of_reported":
        return "% of those reporting"
    return _UNIT.get(m.unit, m.unit)


def _number(measure: str | Measure, value: float, decimals: int | None = None, sign: bool = False) -> str:
    m = measure_of(measure)
    places = decimals if decimals is not None else 1 if is_share(m) else _DECIMALS.get(m.unit, 2)
    text = f"{in_display_unit(m, value):{'+' if sign else ''},.{places}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("+-")
    return text.replace("-", MINUS)


def value(measure: str | Measure, number: float | None, decimals: int | None = None) -> str:
    """Return a value with its unit.

    Parameters
    ----------
    number : in the unit of the measure's declaration; None and nan are not defined.
    decimals : number of decimals; the measure's own where None.

    Returns
    -------
    Text.

    Examples
    --------
    >>> value("reach", 0.362), value("cumulative_benefit", 1.37), value("fidelity", None)
    ('36.2%', '1.37 years', 'not defined')
    """
    if number is None or number != number:
        return "not defined"
    m = measure_of(measure)
    if is_share(m):
        return _number(m, number, decimals) + "%"
    noun = _NOUN.get(m.unit)
    return _number(m, number, decimals) + (f" {noun}" if noun else "")


def change(measure: str | Measure, number: float | None) -> str:
    """Return a difference with its sign and unit.

    Parameters
    ----------
    number : a difference, in the unit of the measure's declaration; None and nan are not defined.

    Returns
    -------
    Text.

    Examples
    --------
    >>> change("reach", 0.04), change("cumulative_benefit", -0.16)
    ('+4.0 points', '−0.16 years')
    """
    if number is None or number != number:
        return "not defined"
    m = measure_of(measure)
    noun = "points" if is_share(m) else _NOUN.get(m.unit)
    return _number(m, number, sign=True) + (f" {noun}" if noun else "")


def is_negligible(measure: str | Measure, number: float | None) -> bool:
    """Return whether a difference is written as nothing: nobody may call it better.

    Parameters
    ----------
    number : a difference, in the unit of the measure's declaration; None and nan are not defined.

    Returns
    -------
    Whether its digits are all 0; False where it is not defined.

    Examples
    --------
    >>> is_negligible("reach", 0.0004), is_negligible("reach", 0.0006), is_negligible("reach", None)
    (True, False, False)
    """
    if number is None or number != number:
        return False
    return not set(_number(measure, number)) & set("123456789")


def bounds(measure: str | Measure, low: float | None, high: float | None, sign: bool = False) -> str:
    """Return an interval without its unit.

    Parameters
    ----------
    low, high : ends of the interval, in the unit of the measure's declaration.

    Returns
    -------
    Text; empty where an end is None.

    Examples
    --------
    >>> bounds("reach", 0.353, 0.362), bounds("reach", None, None)
    ('35.3 to 36.2', '')
    """
    if low is None or high is None:
        return ""
    return f"{_number(measure, low, sign=sign)} to {_number(measure, high, sign=sign)}"


def mean_cell(measure: str | Measure, summary: Summary) -> tuple[str, str]:
    """Return a measure over replicates as a table shows it.

    Parameters
    ----------
    summary : of the measure over replicates.

    Returns
    -------
    The number, and beneath it the interval or the reason why there is none.

    Examples
    --------
    >>> from spreadsim.outcomes.statistics import summarise
    >>> mean_cell("reach", summarise(np.array([0.4, 0.5, 0.6])))
    ('50.0', '25.2 to 74.8')
    >>> mean_cell("months_to_half", summarise(np.array([12.0, np.nan]), never=True))
    ('never', 'median; reached in 1 run')
    """
    m = measure_of(measure)
    if summary.mean is not None:
        return _number(m, summary.mean), bounds(m, summary.low, summary.high)
    if m.never:
        return (
            "never" if summary.median is None else _number(m, summary.median)
        ), f"median; reached in {summary.n} {'run' if summary.n == 1 else 'runs'}"
    if summary.median is None:
        return "not defined", ""
    return _number(m, summary.median), f"median of {summary.n} runs"


def change_cell(measure: str | Measure, difference: Difference) -> tuple[str, str]:
    """Return a paired difference as a table shows it.

    Parameters
    ----------
    difference : between two strategies on the measure.

    Returns
    -------
    The mean difference, and beneath it the interval or the reason why there is none.

    Examples
    --------
    >>> from spreadsim.outcomes.statistics import difference
    >>> change_cell("reach", difference(np.array([0.4, 0.5, 0.6]), np.array([0.3, 0.3, 0.3])))
    ('+20.0', '−4.8 to +44.8')
    """
    if difference.mean is None:
        return "not defined", f"both defined in {difference.n} runs"
    m = measure_of(measure)
    return _number(m, difference.mean, sign=True), bounds(m, difference.low, difference.high, sign=True)


def people(number: float, sign: bool = False) -> str:
    """Return a number of people to three figures.

    Parameters
    ----------
    number : of people.

    Returns
    -------
    Text.

    Examples
    --------
    >>> people(1_649_000), people(181_234), people(-2400, sign=True)
    ('1.65 million', '181,000', '−2,400')
    """
    mark = MINUS if number < 0 else "+" if sign and number > 0 else ""
    size = abs(number)
    if size >= 999_500:
        millions = size / 1e6
        return f"{mark}{millions:.{2 if millions < 9.995 else 1 if millions < 99.95 else 0}f} million"
    if size < 1000:
        return f"{mark}{size:.0f}"
    step = 10 ** max(0, len(str(int(size))) - 3)
    return f"{mark}{round(size / step) * step:,.0f}"


def listed(words: Sequence[str], joiner: str = "and") -> str:
    """Return words as a list in a sentence.

    Parameters
    ----------
    words : what is listed.
    joiner : the word before the last one.

    Returns
    -------
    ``a``, ``a and b``, ``a, b and c``; empty where there are no words.

    Examples
    --------
    >>> listed(["organic", "blend", "mandate"]), listed(["organic", "mandate"], "or")
    ('organic, blend and mandate', 'organic or mandate')
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joiner} {words[-1]}"


def ranges(values: Sequence[float], grid: Sequence[float]) -> str:
    """Return some values of a grid, neighbours joined.

    Parameters
    ----------
    values : some of the values of the grid.
    grid : all values, ascending.

    Returns
    -------
    Text.

    Examples
    --------
    >>> ranges([0.0, 0.1, 0.3], [0.0, 0.1, 0.2, 0.3])
    '0 to 0.1 and 0.3'
    """
    places = sorted(list(grid).index(value) for value in values)
    parts: list[list[int]] = []
    for place in places:
        if parts and place == parts[-1][-1] + 1:
            parts[-1].append(place)
        else:
            parts.append([place])
    return listed(
        [f"{grid[part[0]]:g}" if len(part) == 1 else f"{grid[part[0]]:g} to {grid[part[-1]]:g}" for part in parts]
    )


def years(months: int) -> str:
    """Return a number of months as people say it.

    Parameters
    ----------
    months : a whole number.

    Returns
    -------
    Years up to ten where the months make whole years, else months.

    Examples
    --------
    >>> years(60), years(30)
    ('five years', '30 months')
    """
    words = (
        "one year",
        "two years",
        "three years",
        "four years",
        "five years",
        "six years",
        "seven years",
        "eight years",
        "nine years",
        "ten years",
    )
    if months % 12 == 0 and 0 < months <= 120:
        return words[months // 12 - 1]
    return f"{months} months" if months != 1 else "one month"
