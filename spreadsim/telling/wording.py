"""Numbers in words: how a value, a difference or an interval is written for a reader.

What belongs here: formats that follow a measure's unit, and lists in plain English. What does not: what is found
(``comparison.findings``).
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


def _measure(measure: str | Measure) -> Measure:
    return BY_NAME[measure] if isinstance(measure, str) else measure


def is_share(measure: str | Measure) -> bool:
    """Return whether a measure is written in per cent."""
    return _measure(measure).unit in PER_HUNDRED


def scaled(measure: str | Measure, value: float) -> float:
    """Return a value in the unit in which it is written: shares in per cent."""
    return 100.0 * value if is_share(measure) else value


def unit(measure: str | Measure) -> str:
    """Return the unit in which a measure is written."""
    m = _measure(measure)
    if m.name in _WITHIN_EMBEDDED:
        return "points" if m.name == "fidelity_drift" else "% as intended"
    if m.name == "sustainment":
        return "% of those ever embedded"
    if m.name == "in_name_only_of_reported":
        return "% of those reporting"
    return _UNIT.get(m.unit, m.unit)


def _number(measure: str | Measure, value: float, decimals: int | None = None, sign: bool = False) -> str:
    m = _measure(measure)
    places = decimals if decimals is not None else 1 if is_share(m) else _DECIMALS.get(m.unit, 2)
    text = f"{scaled(m, value):{'+' if sign else ''},.{places}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("+-")
    return text.replace("-", MINUS)


def value(measure: str | Measure, number: float | None, decimals: int | None = None) -> str:
    """Return a value with its unit: ``36.2%``, ``1.37 years``."""
    if number is None or number != number:
        return "not defined"
    m = _measure(measure)
    if is_share(m):
        return _number(m, number, decimals) + "%"
    noun = _NOUN.get(m.unit)
    return _number(m, number, decimals) + (f" {noun}" if noun else "")


def change(measure: str | Measure, number: float | None) -> str:
    """Return a difference with its sign and unit: ``+4.0 points``, ``−0.16 years``."""
    if number is None or number != number:
        return "not defined"
    m = _measure(measure)
    noun = "points" if is_share(m) else _NOUN.get(m.unit)
    return _number(m, number, sign=True) + (f" {noun}" if noun else "")


def bounds(measure: str | Measure, low: float | None, high: float | None, sign: bool = False) -> str:
    """Return an interval without its unit: ``35.3 to 36.2``; empty where there is none."""
    if low is None or high is None:
        return ""
    return f"{_number(measure, low, sign=sign)} to {_number(measure, high, sign=sign)}"


def mean_cell(measure: str | Measure, summary: Summary) -> tuple[str, str]:
    """Return a measure over replicates as a table shows it: the number, and beneath it the interval or the reason."""
    m = _measure(measure)
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
    """Return a paired difference as a table shows it."""
    if difference.mean is None:
        return "not defined", f"both defined in {difference.n} runs"
    m = _measure(measure)
    return _number(m, difference.mean, sign=True), bounds(m, difference.low, difference.high, sign=True)


def people(number: float, sign: bool = False) -> str:
    """Return a number of people to three figures: ``1.65 million``, ``181,000``."""
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
    """Return ``a``, ``a and b``, ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joiner} {words[-1]}"


def ranges(chosen: Sequence[float], tried: Sequence[float]) -> str:
    """Return the chosen of the values tried, neighbours joined: ``0 to 0.3 and 0.7``."""
    places = sorted(list(tried).index(value) for value in chosen)
    parts: list[list[int]] = []
    for place in places:
        if parts and place == parts[-1][-1] + 1:
            parts[-1].append(place)
        else:
            parts.append([place])
    return listed(
        [f"{tried[part[0]]:g}" if len(part) == 1 else f"{tried[part[0]]:g} to {tried[part[-1]]:g}" for part in parts]
    )


def years(months: int) -> str:
    """Return a number of months as people say it: ``five years``, ``30 months``."""
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
