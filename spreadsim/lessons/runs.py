"""What a lesson's runs show, how far a prediction is from it, and whether the lesson's claims hold.

What belongs here: running the arms of a lesson with common random numbers, and judging predictions and claims by the
runs. What does not: the folder a lesson is read from (``files``), screens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.comparison.comparison import Comparison, compare
from spreadsim.errors import InputError
from spreadsim.lessons.document import Claim
from spreadsim.lessons.files import BY_COPIES, Lesson
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.outcomes.statistics import difference, joint_level, quantile_bands

if TYPE_CHECKING:
    from spreadsim.network.data import Network

SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class LessonRun:
    """The arms of a lesson, run with common random numbers.

    Attributes
    ----------
    lesson : what was run.
    comparisons : one comparison of a single strategy for each arm, in the lesson's order.

    Examples
    --------
    >>> from spreadsim.lessons.files import find_lesson, load_lesson, shipped_lessons
    >>> lesson = load_lesson(find_lesson("one-contact", shipped_lessons()))
    >>> run = run_lesson(lesson)
    >>> run.length == lesson.scenario.run.months + 1
    True
    """

    lesson: Lesson
    comparisons: Mapping[str, Comparison]

    @property
    def length(self) -> int:
        """Number of places along the bottom of the predicted curve."""
        predict = self.lesson.table.predict
        if predict.axis == "month":
            return self.lesson.scenario.run.months + 1
        assert predict.arm is not None
        return int(self.curves(predict.arm, predict.measure, "copies").shape[1])

    def values(self, arm: str, measure: str) -> np.ndarray:
        """Return a measure of an arm, one value a replicate."""
        comparison = self.comparisons[arm]
        return comparison.values(comparison.strategies[0], measure)

    def curves(self, arm: str, measure: str, axis: str = "month") -> np.ndarray:
        """Return a curve of every replicate of an arm, shape (replicates, points along the axis)."""
        comparison = self.comparisons[arm]
        outcomes = comparison.outcomes[comparison.strategies[0]]
        if axis == "month":
            return np.array([outcome.curves[measure] for outcome in outcomes])
        values = [outcome.generations[BY_COPIES] for outcome in outcomes]
        curves = np.full((len(outcomes), max(map(len, values))), np.nan)
        for row, of_run in enumerate(values):
            curves[row, : len(of_run)] = of_run
        return curves

    def bands(self, arm: str, measure: str, axis: str = "month") -> np.ndarray:
        """Return the quantiles of a curve over replicates, shape (5, points); the middle row is the median.

        Along copies it is the mean that stands in the middle: with few components the median moves in steps.
        """
        values = self.curves(arm, measure, axis)
        quantiles = quantile_bands(values, SHARES)
        if axis == "copies":
            quantiles[2] = np.nanmean(values, axis=0)
        return quantiles


def run_lesson(
    lesson: Lesson, settings: Mapping[str, Any] | None = None, network: Network | None = None, arms: Sequence[str] = ()
) -> LessonRun:
    """Run the arms of a lesson, all with common random numbers.

    Parameters
    ----------
    lesson : what to run.
    settings : fields of the scenario, by path, laid upon every arm.
    network : a network to run on instead of the scenario's.
    arms : which; all of them by default.

    Returns
    -------
    A comparison for each arm.

    Raises
    ------
    InputError, InputErrors : a field cannot be set so.

    Examples
    --------
    >>> from spreadsim.lessons.files import find_lesson, load_lesson, shipped_lessons
    >>> lesson = load_lesson(find_lesson("one-contact", shipped_lessons()))
    >>> arm = next(iter(lesson.table.arms))
    >>> run = run_lesson(lesson, {"run.months": 12}, arms=[arm])
    >>> run.curves(arm, "reach").shape == (lesson.table.replicates, 13)
    True
    """
    comparisons = {}
    for name in arms or lesson.table.arms:
        scenario = lesson.arm(name, settings)
        comparisons[name] = compare(
            scenario,
            replicates=lesson.table.replicates,
            frontier=False,
            doubt="none",
            network=network,
            progress=False,
        )
    return LessonRun(lesson, comparisons)


# ------------------------------------------------------------------------------------------------- predictions


@dataclass(frozen=True)
class Verdict:
    """A prediction held against the runs.

    Attributes
    ----------
    right : whether the card is the one the runs would pick; None for a curve.
    answer : place of that card; None for a curve.
    distance : how far off, in the measure's own unit: the mean gap of a curve, or what the chosen card misses by.
    worst_at, prediction, outcome : where a curve is furthest off, what was drawn there, and what the runs had.
    inside : share of a curve that lies within the middle 90% of runs; None for a card.

    Examples
    --------
    >>> Verdict(right=None, answer=None, distance=0.12, worst_at=24, prediction=0.8, outcome=0.5, inside=0.4).distance
    0.12
    """

    right: bool | None
    answer: int | None
    distance: float
    worst_at: int | None = None
    prediction: float | None = None
    outcome: float | None = None
    inside: float | None = None


def n_points(length: int) -> int:
    """Return how many handles a drawn curve has, so that they stand at whole months if they can.

    Parameters
    ----------
    length : number of places along the bottom of the curve.

    Returns
    -------
    Five to seven handles.

    Examples
    --------
    >>> n_points(61), n_points(37), n_points(29)
    (6, 7, 5)
    """
    return next((k for k in (5, 6, 4) if (length - 1) % k == 0), 5) + 1


def parse_prediction(run: LessonRun, answer: Any) -> int | tuple[float, ...]:
    """Return a prediction as it came from a page, checked.

    Parameters
    ----------
    run : of the lesson.
    answer : what the page sent.

    Returns
    -------
    The place of a card, or the heights of a curve's points.

    Raises
    ------
    InputError : it is neither.

    Examples
    --------
    >>> from spreadsim.lessons.files import find_lesson, load_lesson, shipped_lessons
    >>> run = run_lesson(load_lesson(find_lesson("one-contact", shipped_lessons())))
    >>> parse_prediction(run, 0)
    0
    >>> parse_prediction(run, "the first")
    Traceback (most recent call last):
    spreadsim.errors.InputError: prediction: card: ...
    """
    predict = run.lesson.table.predict
    if predict.kind == "card":
        if isinstance(answer, int) and not isinstance(answer, bool) and 0 <= answer < len(predict.cards):
            return answer
        raise InputError("prediction", "card", "is not one of the cards", "pick one")
    k = n_points(run.length)
    if isinstance(answer, Sequence) and not isinstance(answer, str) and len(answer) == k:
        numbers = [v for v in answer if isinstance(v, (int, float)) and not isinstance(v, bool) and 0 <= v <= 1]
        if len(numbers) == k:
            return tuple(float(v) for v in numbers)
    raise InputError("prediction", "curve", f"is not {k} heights between 0 and 1", "draw it again")


def curve_through(points: Sequence[float], length: int) -> np.ndarray:
    """Return the curve through evenly spaced points, straight between them.

    Parameters
    ----------
    points : heights, from the first place to the last.
    length : number of places.

    Returns
    -------
    Heights, one a place.

    Examples
    --------
    >>> curve_through((0.0, 1.0), 5)
    array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    return np.interp(np.linspace(0, 1, length), np.linspace(0, 1, len(points)), points)


def judge(run: LessonRun, prediction: int | Sequence[float]) -> Verdict:
    """Hold a prediction against the runs.

    Parameters
    ----------
    run : of the lesson.
    prediction : the place of a card, or the heights of a curve's points.

    Returns
    -------
    How far off it is.

    Examples
    --------
    >>> from spreadsim.lessons.files import find_lesson, load_lesson, shipped_lessons
    >>> run = run_lesson(load_lesson(find_lesson("one-contact", shipped_lessons())))
    >>> verdict = judge(run, 0)
    >>> judge(run, verdict.answer).right
    True
    """
    predict = run.lesson.table.predict
    if not isinstance(prediction, int):
        assert predict.arm is not None
        low, _, middle, _, high = run.bands(predict.arm, predict.measure, predict.axis)
        curve = curve_through(prediction, len(middle))
        defined = ~np.isnan(middle)
        gap = np.where(defined, np.abs(curve - middle), 0.0)
        worst = int(np.argmax(gap))
        inside = (curve >= low - 1e-9) & (curve <= high + 1e-9)
        return Verdict(
            None,
            None,
            float(gap[defined].mean()),
            worst,
            float(curve[worst]),
            float(middle[worst]),
            float(inside[defined].mean()),
        )
    answer, off = _card_answer(run)
    return Verdict(prediction == answer, answer, off[prediction])


def _card_answer(run: LessonRun) -> tuple[int, list[float]]:
    """Return the place of the card that the runs would pick, and by how much each card misses."""
    predict = run.lesson.table.predict
    cards = predict.cards
    if cards[0].low is not None:
        assert predict.arm is not None
        value = float(np.mean(run.values(predict.arm, predict.measure)))
        ends = [(float(card.low or 0.0), float(card.high or 0.0)) for card in cards]
        off = [max(low - value, value - high, 0.0) for low, high in ends]
        inside = [i for i, (low, high) in enumerate(ends) if low <= value < high]
        return (inside[0] if inside else int(np.argmin(off))), off
    sign = 1.0 if predict.best == "most" else -1.0
    columns = {name: run.values(name, predict.measure) for name in run.lesson.table.arms}
    means = {name: float(np.mean(values)) for name, values in columns.items()}
    names = [card.arm for card in cards if card.arm is not None]
    best = max(names, key=lambda name: sign * means[name])
    level = joint_level(len(names))
    rivals = [n for n in names if n != best and not difference(columns[n], columns[best], level=level).told_apart]
    same = [i for i, card in enumerate(cards) if card.same]
    answer = same[0] if rivals and same else next(i for i, card in enumerate(cards) if card.arm == best)
    off = [abs(means[best] - means[card.arm]) if card.arm is not None else _spread(means, names) for card in cards]
    if rivals and same:
        off[same[0]] = 0.0
    return answer, off


def _spread(means: Mapping[str, float], names: Sequence[str]) -> float:
    return max(means[n] for n in names) - min(means[n] for n in names)


# ------------------------------------------------------------------------------------------------- claims


@dataclass(frozen=True)
class ClaimResult:
    """One claim, held against runs.

    Attributes
    ----------
    claim : of the lesson.
    value, other : mean of the arm, and of what it is compared with.
    holds : whether the claim does.

    Examples
    --------
    >>> from spreadsim.lessons.files import find_lesson, load_lesson, shipped_lessons
    >>> lesson = load_lesson(find_lesson("one-contact", shipped_lessons()))
    >>> check_claim(run_lesson(lesson), lesson.table.claims[0]).holds
    True
    """

    claim: Claim
    value: float
    other: float
    holds: bool


def _claim_values(run: LessonRun, claim: Claim, arm: str) -> np.ndarray:
    if claim.copies is not None:
        values = run.curves(arm, claim.measure, "copies")
        return values[:, claim.copies] if claim.copies < values.shape[1] else np.full(len(values), np.nan)
    if claim.month is not None:
        return run.curves(arm, claim.measure)[:, claim.month]
    return run.values(arm, claim.measure)


def check_claim(run: LessonRun, claim: Claim) -> ClaimResult:
    """Return whether a claim holds in a lesson's runs.

    A claim of more or less holds if the means differ by at least ``by`` and, between arms, the paired interval does not
    hold 0; a claim of the same holds if the means differ by at most ``by``. Months to half count *never* as the month
    after the last.

    Parameters
    ----------
    run : of the lesson.
    claim : of the lesson.

    Returns
    -------
    The two means, and whether the claim holds.

    Examples
    --------
    >>> from spreadsim.lessons.files import find_lesson, load_lesson, shipped_lessons
    >>> lesson = load_lesson(find_lesson("one-contact", shipped_lessons()))
    >>> check_claim(run_lesson(lesson), lesson.table.claims[0]).holds
    True
    """
    never = claim.measure in BY_NAME and BY_NAME[claim.measure].never
    late = float(run.lesson.scenario.run.months + 1)

    def fill(values: np.ndarray) -> np.ndarray:
        return np.where(np.isnan(values), late, values) if never else values

    mine = fill(_claim_values(run, claim, claim.arm))
    if claim.than is None:
        other, is_clear = float(claim.value or 0.0), True
    else:
        theirs = fill(_claim_values(run, claim, claim.than))
        other, is_clear = float(np.nanmean(theirs)), bool(difference(mine, theirs).told_apart)
    value = float(np.nanmean(mine))
    gap = value - other
    if claim.comparison == "same":
        holds = abs(gap) <= claim.by
    else:
        toward = gap if claim.comparison == "more" else -gap
        holds = is_clear and toward > 0 and toward >= claim.by
    return ClaimResult(claim, value, other, bool(holds))


def check_claims(lesson: Lesson) -> list[tuple[ClaimResult, ClaimResult]]:
    """Run a lesson as it is and with each claim's rule switched off.

    Parameters
    ----------
    lesson : whose claims are checked.

    Returns
    -------
    For every claim the result as the lesson is, and with the rule switched off.

    Examples
    --------
    >>> from spreadsim.lessons.files import find_lesson, load_lesson, shipped_lessons
    >>> lesson = load_lesson(find_lesson("one-contact", shipped_lessons()))
    >>> [(on.holds, off.holds) for on, off in check_claims(lesson)][:1]
    [(True, False)]
    """
    run = run_lesson(lesson)
    results = []
    for claim in lesson.table.claims:
        arms = list(dict.fromkeys(name for name in (claim.arm, claim.than) if name is not None))
        on = run_lesson(lesson, claim.under, arms=arms) if claim.under else run
        off = run_lesson(lesson, {**claim.under, **claim.switch}, arms=arms)
        results.append((check_claim(on, claim), check_claim(off, claim)))
    return results
