"""What advice on a mix says: the answer, the mix beside the strategies, the front; in words, tables and a picture.

What belongs here: sentences, tables and the picture made of a `MixAdvice`, for the terminal, the page and JSON.

advice : what to do, and the front.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from spreadsim.advice.mix import MixAdvice, MixEvaluation
from spreadsim.comparison.mixes import LABELS, LEVERS_OF_MIX, mix_words
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.scenario.files import SHIPPED_SETS
from spreadsim.telling.figures import SMALL, make_figure, svg
from spreadsim.telling.terminal import WIDTH, text_table
from spreadsim.telling.wording import bounds, change, listed, unit, value


def shown_measures(advice: MixAdvice) -> list[str]:
    """Return the measures of every table: what was sought, the equity gap, the cost.

    Returns
    -------
    Names of measures.

    Examples
    --------
    >>> from spreadsim.advice.mix import advise_mix
    >>> advice = advise_mix("classroom", budget=2.0, months=12, candidates=8, search_replicates=2, replicates=3)
    >>> shown_measures(advice)
    ['benefit', 'equity_gap', 'cost']
    """
    return [advice.question.measure, "equity_gap", "cost"]


def question_words(advice: MixAdvice) -> str:
    """Return what was asked.

    Returns
    -------
    A question.

    Examples
    --------
    >>> from spreadsim.advice.mix import advise_mix
    >>> advice = advise_mix("classroom", budget=2.0, months=12, candidates=8, search_replicates=2, replicates=3)
    >>> question_words(advice)
    'Which mix gives the best sustained benefit for at most 2.0 staff-days per service?'
    """
    q = advice.question
    label = BY_NAME[q.measure].label.lower()
    at_most = "" if q.budget is None else f" for at most {value('cost', q.budget)} per service"
    of = f", which is what {q.budget_of} costs" if q.budget_of else ""
    on_average = "" if advice.over == "central" else f", on average over {_worlds(advice)}"
    if q.at_least is None:
        return f"Which mix gives the best {label}{at_most}{of}{on_average}?"
    word = "at most" if BY_NAME[q.measure].better == "lower" else "at least"
    return f"Which is the cheapest mix with {label} of {word} {value(q.measure, q.at_least)}{at_most}{on_average}?"


def _worlds(advice: MixAdvice) -> str:
    """Return which worlds the answer is over, in words."""
    return "plausible worlds" if advice.over in SHIPPED_SETS else f"the worlds of {advice.over}"


def _estimate(one: MixEvaluation, measure: str) -> str:
    """Return the mean of a measure with its interval."""
    parts = one.components.get(measure)
    if parts is None:
        return "not defined in every run"
    interval = bounds(measure, parts.mean.low, parts.mean.high)
    return value(measure, parts.mean.value) + (f" ({interval})" if interval else "")


def _is_clear(low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and (low > 0 or high < 0)


def answer_sentences(advice: MixAdvice) -> list[str]:
    """Return the answer in two or three sentences.

    Returns
    -------
    Sentences: the mix; what it does on runs that it was not chosen on; how that lies to what was asked.

    Examples
    --------
    >>> from spreadsim.advice.mix import advise_mix
    >>> advice = advise_mix("classroom", budget=2.0, months=12, candidates=8, search_replicates=2, replicates=3)
    >>> len(answer_sentences(advice)) >= 2
    True
    """
    a, q = advice, advice.question
    label = BY_NAME[q.measure].label.lower()
    head = "The cheapest mix found that does: " if q.at_least is not None else "The best mix found: "
    if not a.is_met:
        head = "No mix that was tried does what was asked; the nearest: "
    where = f"On {a.replicates[2]} runs"
    if a.over != "central":
        where = f"In {a.n_sets[1]} {_worlds(a).removeprefix('the ')}, {a.replicates[2]} runs in each,"
    sentences = [
        f"{head}{mix_words(a.advice.levers)}.",
        f"{where} that it was not chosen on, its {label} is {_estimate(a.advice, q.measure)} for "
        f"{_estimate(a.advice, 'cost')} per service; the equity gap is {_estimate(a.advice, 'equity_gap')}.",
    ]
    return [*sentences, *_against_the_question(a)]


def _against_the_question(a: MixAdvice) -> list[str]:
    """Return how the evaluation lies to what was asked."""
    q, sentences = a.question, []
    outcome, cost = a.advice.components.get(q.measure), a.advice.components.get("cost")
    if q.at_least is not None and outcome is not None:
        sign = -1.0 if BY_NAME[q.measure].better == "lower" else 1.0
        short = sign * (q.at_least - outcome.mean.value)
        if short > 0:
            sentences.append(f"There it misses what was asked by {change(q.measure, short).lstrip('+')}.")
        if a.n_sets[1] > 1:
            reached = sign * a.advice.values[q.measure].mean(axis=1) >= sign * q.at_least
            sentences.append(f"It reaches what was asked in {int(reached.sum())} of these {a.n_sets[1]} worlds.")
    if q.budget is not None and cost is not None and cost.mean.value > q.budget:
        over = change("cost", cost.mean.value - q.budget).lstrip("+")
        sentences.append(f"There it costs {over} per service more than the budget.")
    return sentences


def strategy_sentences(advice: MixAdvice) -> list[str]:
    """Return how the mix does against each strategy that the user gave.

    Returns
    -------
    One sentence a strategy.

    Examples
    --------
    >>> from spreadsim.advice.mix import advise_mix
    >>> advice = advise_mix("classroom", budget=2.0, months=12, candidates=8, search_replicates=2, replicates=3)
    >>> strategy_sentences(advice)[0].startswith("Compared with one-neighbour-is-enough")
    True
    """
    return [f"Compared with {one.name}: {_difference_words(advice, one)}." for one in advice.strategies]


def _difference_words(advice: MixAdvice, other: MixEvaluation) -> str:
    parts = []
    if all(np.array_equal(values, other.values[m], equal_nan=True) for m, values in advice.advice.values.items()):
        return "the same in every run"
    for measure in shown_measures(advice):
        gap = advice.advice.minus(other, measure)
        label = BY_NAME[measure].label.lower()
        if gap is None:
            parts.append(f"{label} not defined in every run")
            continue
        interval = bounds(measure, gap.mean.low, gap.mean.high, sign=True)
        clear = "" if _is_clear(gap.mean.low, gap.mean.high) else ", no clear difference"
        parts.append(f"{label} {change(measure, gap.mean.value)}" + (f" ({interval}{clear})" if interval else ""))
    return listed(parts)


def about(advice: MixAdvice) -> str:
    """Return how the answer was reached.

    Returns
    -------
    Sentences, as one text.

    Examples
    --------
    >>> from spreadsim.advice.mix import advise_mix
    >>> advice = advise_mix("classroom", budget=2.0, months=12, candidates=8, search_replicates=2, replicates=3)
    >>> about(advice).split(".")[0]
    '12 services, 12 months, seed 1; at the parameters of the scenario'
    """
    a, (first, second, third) = advice, advice.replicates
    over = (
        "at the parameters of the scenario"
        if a.over == "central"
        else f"{a.n_sets[0]} {_worlds(a).removeprefix('the ')} for the search and the choice, {a.n_sets[1]} others for "
        "the figures"
    )
    each = "" if a.over == "central" else " in each world"
    return (
        f"{_services(a)}, {a.scenario.run.months} months, seed {a.scenario.run.seed}; "
        f"{over}. {a.n_mixes:,} mixes of {listed([LABELS[name] for name in LEVERS_OF_MIX])} were tried on {first} "
        f"runs{each}, within the scenario's programme; the choice was made on {second} others{each}, and all figures "
        f"of the answer come from {third} further ones{each}. Intervals are 95%. Another mix, not tried, may be better."
    )


def _services(a: MixAdvice) -> str:
    from spreadsim.network.size import network_size

    return f"{network_size(a.scenario).services:,} services"


def strategy_table(advice: MixAdvice) -> tuple[list[str], list[list[str]]]:
    """Return the mix and the strategies with their outcomes, on the runs of the evaluation.

    Returns
    -------
    Head, and cells row by row.

    Examples
    --------
    >>> from spreadsim.advice.mix import advise_mix
    >>> advice = advise_mix("classroom", budget=2.0, months=12, candidates=8, search_replicates=2, replicates=3)
    >>> [row[0] for row in strategy_table(advice)[1]]
    ['the advice', 'one-neighbour-is-enough', 'one-neighbour-is-not-enough']
    """
    measures = shown_measures(advice)
    return ["", *(f"{BY_NAME[m].label}, {unit(m)}" for m in measures)], [
        [one.name, *(_estimate(one, m) for m in measures)] for one in (advice.advice, *advice.strategies)
    ]


def front_table(advice: MixAdvice) -> tuple[list[str], list[list[str]]]:
    """Return the mixes of the front, cheapest first.

    Returns
    -------
    Head, and cells row by row; outcomes in the units of `front_caption`.

    Examples
    --------
    >>> from spreadsim.advice.mix import advise_mix
    >>> advice = advise_mix("classroom", budget=2.0, months=12, candidates=8, search_replicates=2, replicates=3)
    >>> head, cells = front_table(advice)
    >>> head[:3], len(cells) == len(advice.front)
    (['cost', 'sustained benefit', 'equity gap'], True)
    """
    measures = ["cost", advice.question.measure, "equity_gap"]
    head = [*(BY_NAME[m].label.lower() for m in measures), *(LABELS[name] for name in LEVERS_OF_MIX)]
    return head, [
        [*(_number(m, float(advice.front_values[m][i])) for m in measures), *(f"{x:g}" for x in mix.values)]
        for i, mix in enumerate(advice.front)
    ]


def _number(measure: str, number: float) -> str:
    """Return a value without its unit."""
    return value(measure, number).split(" ")[0].rstrip("%") if number == number else "-"


def front_caption(advice: MixAdvice) -> str:
    """Return what the table of the front holds.

    Returns
    -------
    Text.

    Examples
    --------
    >>> from spreadsim.advice.mix import advise_mix
    >>> advice = advise_mix("classroom", budget=2.0, months=12, candidates=8, search_replicates=2, replicates=3)
    >>> front_caption(advice).endswith("equity gap (% of full effect) on the runs of the choice")
    True
    """
    measure = advice.question.measure
    return (
        "The front, mixes that no other beats in outcome, equity gap and cost at once: cost (staff-days per service), "
        f"{BY_NAME[measure].label.lower()} ({unit(measure)}) and equity gap (% of full effect) on the runs of the "
        "choice"
    )


def front_picture(advice: MixAdvice) -> tuple[str, str]:
    """Return outcome and equity gap against cost: the front, the strategies, and the advice.

    Returns
    -------
    SVG, and its caption.

    Examples
    --------
    >>> from spreadsim.advice.mix import advise_mix
    >>> advice = advise_mix("classroom", budget=2.0, months=12, candidates=8, search_replicates=2, replicates=3)
    >>> front_picture(advice)[0].startswith("<svg")
    True
    """
    figure = make_figure(2.75)
    for place, measure in enumerate((advice.question.measure, "equity_gap")):
        advice.draw(figure.add_subplot(1, 2, place + 1), measure)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncol=3, fontsize=SMALL, frameon=False)
    caption = (
        "Dots: mixes that no other mix beats in outcome, equity gap and cost at once, on the runs of the choice. Star: "
        "the advice, and the other marks your strategies, all on the runs of the evaluation."
    )
    return svg(figure, "front", caption), caption


def mix_advice_json(advice: MixAdvice) -> dict[str, Any]:
    """Return the advice for programs.

    Returns
    -------
    The content of ``advice.json``.

    Examples
    --------
    >>> from spreadsim.advice.mix import advise_mix
    >>> advice = advise_mix("classroom", budget=2.0, months=12, candidates=8, search_replicates=2, replicates=3)
    >>> mix_advice_json(advice)["question"]["budget"]
    2.0
    """
    a, means = advice, list(advice.front_values.items())

    def row(one: MixEvaluation) -> dict[str, Any]:
        outcomes = {
            m: {"mean": c.mean.value, "low": c.mean.low, "high": c.mean.high} for m, c in one.components.items()
        }
        return {"name": one.name, "levers": dict(one.levers), "outcomes": outcomes}

    return {
        "scenario": a.scenario.name,
        "seed": a.scenario.run.seed,
        "months": a.scenario.run.months,
        "question": {**vars(a.question), "text": question_words(a)},
        "over": a.over,
        "sets": dict(zip(("choice", "evaluation"), a.n_sets, strict=True)),
        "replicates": dict(zip(("search", "choice", "evaluation"), a.replicates, strict=True)),
        "mixes": a.n_mixes,
        "is_met": a.is_met,
        "advice": row(a.advice),
        "strategies": [row(one) for one in a.strategies],
        "front": [
            {"levers": mix.levers, "outcomes": {m: float(v[i]) if v[i] == v[i] else None for m, v in means}}
            for i, mix in enumerate(a.front)
        ],
        "findings": [*answer_sentences(a), *strategy_sentences(a)],
    }


def mix_advice_text(advice: MixAdvice, wide: bool = False, most: int = 12) -> str:
    """Return the advice as text for a terminal: the answer first.

    Parameters
    ----------
    wide : whether tables may be wider than 80 columns.
    most : how many mixes of the front are listed.

    Returns
    -------
    Text.

    Examples
    --------
    >>> from spreadsim.advice.mix import advise_mix
    >>> advice = advise_mix("classroom", budget=2.0, months=12, candidates=8, search_replicates=2, replicates=3)
    >>> mix_advice_text(advice).splitlines()[0]
    'Which mix gives the best sustained benefit for at most 2.0 staff-days per service?'
    """
    width = None if wide else WIDTH
    head, cells = front_table(advice)
    places = np.unique(np.linspace(0, len(cells) - 1, min(most, len(cells))).round().astype(int))
    some = f"; {len(places)} of {len(cells)}" if len(places) < len(cells) else ""
    return "\n".join([
        question_words(advice), " ".join(answer_sentences(advice)), "", *strategy_sentences(advice), "",
        text_table(*strategy_table(advice), width), "",
        f"{front_caption(advice)}{some}.",
        text_table(head, [cells[i] for i in places], width), "", about(advice), *advice.notes,
    ])  # fmt: skip
