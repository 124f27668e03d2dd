"""What a comparison says on a terminal: tables and sentences as text.

What belongs here: which tables and sentences a command prints. What does not: the words of the findings (``findings``).

measure : name of a measure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.comparison.aggregates import select_pairs
from spreadsim.comparison.answer import best_in_worlds
from spreadsim.comparison.findings import findings
from spreadsim.comparison.report_assumptions import synthetic_and_observed
from spreadsim.comparison.responses import rules_line
from spreadsim.comparison.results import ARMS, AS_GIVEN, ComparisonResults, FrontierResults
from spreadsim.comparison.standings import board_strategies
from spreadsim.comparison.worth import worth_of
from spreadsim.outcomes.measures import BY_NAME, Measure
from spreadsim.outcomes.statistics import MIN_SETS, Difference, Summary, difference, joint_level
from spreadsim.telling.terminal import NO_BREAK, WIDTH, text_table
from spreadsim.telling.wording import measure_of, ranges

if TYPE_CHECKING:
    from spreadsim.comparison.components import ComponentStudy
    from spreadsim.comparison.explanation import Explanation
    from spreadsim.network.reading.files import NetworkFile

TABLE_MEASURES = (
    "benefit",
    "cumulative_benefit",
    "reported_uptake",
    "in_name_only",
    "embedded",
    "reach",
    "sustainment",
    "fidelity",
    "core_fidelity",
    "effectiveness",
    "adaptation",
    "months_to_half",
    "equity_gap",
    "cost",
)
DIFFERENCE_MEASURES = ("benefit", "cumulative_benefit", "cost")  # where all do not fit


def number(value: float | None, unit: str = "") -> str:
    """Return a number as a table on a terminal has it, or a dash.

    Parameters
    ----------
    value : None for a dash.
    unit : of the measure.

    Returns
    -------
    One decimal for months and staff-days, else three.

    Examples
    --------
    >>> number(0.36183), number(36.183, "months"), number(None)
    ('0.362', '36.2', '-')
    """
    if value is None:
        return "-"
    if "staff-days" in unit or unit == "months":
        return f"{value:.1f}"
    return f"{value:.3f}"


def summary_cell(s: Summary, measure: str | Measure) -> str:
    """Return a measure with its interval; a median and the number of runs where some runs have no value.

    Parameters
    ----------
    s : of the measure over replicates.

    Returns
    -------
    Text.

    Examples
    --------
    >>> from spreadsim.outcomes.statistics import summarise
    >>> summary_cell(summarise(np.array([0.4, 0.5, 0.6])), "reach")
    '0.500 (0.252 to 0.748)'
    """
    unit = measure_of(measure).unit
    if s.mean is None:
        if s.median is not None:
            return f"median {number(s.median, unit)} (n {s.n})"
        return "never" if measure_of(measure).never else "-"
    if s.low is None:
        return number(s.mean, unit)
    return f"{number(s.mean, unit)} ({number(s.low, unit)} to {number(s.high, unit)})"


def difference_cell(d: Difference, measure: str | Measure) -> str:
    """Return a paired difference with its interval, and a note where it is not clear.

    Parameters
    ----------
    d : between two strategies on the measure.

    Returns
    -------
    Text.

    Examples
    --------
    >>> from spreadsim.outcomes.statistics import difference
    >>> difference_cell(difference(np.array([0.4, 0.5, 0.6]), np.array([0.3, 0.3, 0.3])), "reach")
    '+0.200 (-0.048 to 0.448) no clear difference'
    """
    unit = measure_of(measure).unit
    if d.mean is None:
        return f"not in every run (n {d.n})"
    text = f"{d.mean:+.3f}" if not number(0.0, unit).endswith(".0") else f"{d.mean:+.1f}"
    if d.low is None or d.high is None:
        return text
    text += f" ({number(d.low, unit)} to {number(d.high, unit)})"
    return text if d.told_apart else text + " no clear difference"


def brief_cell(s: Summary, measure: str | Measure) -> str:
    """Return a measure with half the width of its interval, or with both ends where it is not symmetric.

    Parameters
    ----------
    s : of the measure over replicates.

    Returns
    -------
    Text, which may be broken before the interval only.

    Examples
    --------
    >>> from spreadsim.outcomes.statistics import summarise
    >>> brief_cell(summarise(np.array([0.4, 0.5, 0.6])), "reach").replace(NO_BREAK, " ")
    '0.500 ±0.248'
    """
    half = _half(s.mean, s.low, s.high, measure_of(measure).unit)
    if s.mean is None or half is None:
        mean, space, rest = summary_cell(s, measure).partition(" (")
        return mean.replace(" ", NO_BREAK) + space + rest.replace(" ", NO_BREAK)
    return f"{number(s.mean, measure_of(measure).unit)}{NO_BREAK}±{half}"


def _half(mean: float | None, low: float | None, high: float | None, unit: str) -> str | None:
    """Return half the width of a symmetric interval; None where there is none, or where it is not symmetric."""
    if mean is None or low is None or high is None:
        return None
    below, above = number(mean - low, unit), number(high - mean, unit)
    return above if below == above else None


def brief_difference(d: Difference, measure: str | Measure, is_clear: bool | None = None) -> str:
    """Return a paired difference with half the width of its interval, marked where it is not clear.

    Parameters
    ----------
    d : between two strategies on the measure.
    is_clear : whether the difference is clear; by its own interval where None.

    Returns
    -------
    Text, which may be broken before the interval only.

    Examples
    --------
    >>> from spreadsim.outcomes.statistics import difference
    >>> d = difference(np.array([0.4, 0.5, 0.6]), np.array([0.3, 0.3, 0.3]))
    >>> brief_difference(d, "reach").replace(NO_BREAK, " ")
    '+0.200 ±0.248 ~'
    """
    if d.mean is None:
        return difference_cell(d, measure)
    half = _half(d.mean, d.low, d.high, measure_of(measure).unit)
    mean, space, interval = difference_cell(d, measure).removesuffix(" no clear difference").partition(" (")
    text = mean + space + interval.replace(" ", NO_BREAK) if half is None else f"{mean}{NO_BREAK}±{half}"
    is_clear = d.told_apart if is_clear is None else is_clear
    return text if is_clear or d.low is None else f"{text}{NO_BREAK}~"


def comparison_text(comparison: ComparisonResults, wide: bool = False) -> str:
    """Return the answer, the outcomes, the paired differences, and the balance.

    Parameters
    ----------
    comparison : outcomes of every strategy.
    wide : every pair and measure with both ends of its interval, however wide; else tables that fit 80 columns.

    Returns
    -------
    Text.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> comparison_text(comparison).splitlines()[0]
    'Twelve services in a ring: thresholds worked out by hand'
    """
    c = comparison
    scenario = c.scenario
    synthetic = synthetic_and_observed(c)[0] if scenario.network.source == "file" else []
    worth = worth_of(c)
    is_mean = c.sets is None and c.n_replicates > 1
    interval = "95% intervals of the mean" if wide else "±: 95% interval of the mean"
    worlds = ["With the scenario's own values, counting luck alone:"] if c.doubt is not None else []
    parts = [
        scenario.title or scenario.name,
        "",
        *answer(c),
        *([] if worth is None else [worth.sentence]),
        *responses(c),
        *c.notes,
        "",
        *worlds,
        f"{c.network.n:,} services, {c.n_replicates} paired runs of each strategy, {scenario.run.months} months, "
        f"seed {scenario.run.seed}" + (f"; {interval}" if is_mean else ""),
        *([] if c.sets is None else [sets_sentence(c)]),
        *([f"Not in the files: {', '.join(synthetic)}."] if synthetic else []),
        "",
        text_table(
            ["outcome", *c.strategies],
            [
                [m.label, *((summary_cell if wide else brief_cell)(c.summaries[s][m.name], m) for s in c.strategies)]
                for m in (*map(c.measure, TABLE_MEASURES), *c.extensions.measures)
            ],
            None if wide else WIDTH,
        ),
    ]
    if c.paired:
        parts += ["", *_difference_parts(c, wide)]
    if c.frontier is not None:
        parts += ["", best_text(c.frontier)]
    return "\n".join(parts)


def responses(comparison: ComparisonResults) -> list[str]:
    """Return when the rules of strategies began to apply.

    Parameters
    ----------
    comparison : outcomes of every strategy.

    Returns
    -------
    One sentence; none where no strategy has rules.

    Examples
    --------
    >>> responses(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False))
    []
    """
    line = rules_line(comparison.plans, comparison.outcomes)
    return [line] if line else []


def answer(comparison: ComparisonResults) -> list[str]:
    """Return the sentences that come first: the finding, and how certain it is.

    Parameters
    ----------
    comparison : outcomes of every strategy.

    Returns
    -------
    Sentences of `findings`.

    Examples
    --------
    >>> len(answer(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)))
    3
    """
    keys = ("headline",) if comparison.doubt is not None and comparison.doubt.answers else ("headline", "benefit")
    return [text for part in findings(comparison) if part.key in keys for text in part.sentences]


def _difference_parts(c: ComparisonResults, wide: bool) -> list[str]:
    title = "Paired differences, same networks and same luck"
    if wide:
        head = ["outcome", *(f"{later} - {earlier}" for later, earlier in c.paired)]
        measures = (*map(c.measure, TABLE_MEASURES), *c.extensions.measures)
        rows = [[m.label, *(difference_cell(row[m.name], m) for row in c.paired.values())] for m in measures]
        return [title, text_table(head, rows)]
    pairs, level = select_pairs(c, against=board_strategies(c)), joint_level(len(c.strategies))

    measures = (*map(c.measure, DIFFERENCE_MEASURES), *c.extensions.measures)

    def cell(later: str, earlier: str, measure: Measure) -> str:
        values = c.values(later, measure.name), c.values(earlier, measure.name)
        joint = difference(*values, measure.never, level=level, spread=c.sets is not None)
        return brief_difference(c.paired[later, earlier][measure.name], measure, joint.told_apart)

    rows = [[f"{one} - {other}", *(cell(one, other, m) for m in measures)] for one, other in pairs]
    if any("~" in text for row in rows for text in row):
        jointly = f", judged jointly over {len(c.paired)} pairs" if len(c.paired) > 1 else ""
        title += f"; ~: no clear difference{jointly}"
    if len(pairs) < len(c.paired):
        title += f"; {len(pairs)} of {len(c.paired)} pairs, all with --wide"
    head = ["difference", *(m.label for m in measures)]
    return [title, text_table(head, rows, WIDTH)]


def sets_sentence(comparison: ComparisonResults) -> str:
    """Return what the intervals cover where each run used a set of parameters.

    Parameters
    ----------
    comparison : whose ``sets`` are not None.

    Returns
    -------
    Sentences.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from spreadsim.scenario.parameter_sets import ParameterSets
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> sets = ParameterSets("fit.csv", ("behaviour.drift.rate",), ((0.01,), (0.02,)))
    >>> print(sets_sentence(replace(comparison, sets=sets))[:46])
    Each run used one of 2 sets of 1 parameters (f
    """
    sets = comparison.sets
    assert sets is not None
    n = min(len(sets), comparison.n_replicates)
    of_each = (
        f"Each run used one of {n} sets of {len(sets.paths)} parameters ({sets.file}), the same for every strategy. "
    )
    if comparison.has_too_few_sets:
        return f"{of_each}So few runs give no interval: at least {MIN_SETS} are needed."
    return of_each + (
        "Intervals are the middle 95% of single runs: they combine chance with uncertainty about these parameters, and "
        "more runs do not make them narrower."
    )


def best_text(frontier: FrontierResults) -> str:
    """Return which settings cannot be distinguished from the best, for both horizons and both arms.

    Parameters
    ----------
    frontier : outcomes by balance or by levers.

    Returns
    -------
    Text, one line a horizon and arm.

    Examples
    --------
    >>> frontier = ss.frontier("classroom", replicates=2, driver="mesa", workers=1)
    >>> len(best_text(frontier).splitlines())
    4
    """
    lines = []
    for measure in ("benefit", "cumulative_benefit"):
        for arm in ARMS:
            if not frontier.arm(arm):
                continue
            best, same = frontier.best(measure, arm)
            when = "" if arm == AS_GIVEN else f", with {ARMS[arm]}"
            label = BY_NAME[measure].label
            if best is None:
                lines.append(f"{label}{when}: a single run cannot show which balance is best")
                continue
            text = f"{label}{when}: highest at {frontier.points[best].plan.name}"
            others = _settings_text(frontier, arm, [i for i in same if i != best])
            text += f"; not clearly different: {others}" if others else "; clearly higher than all others"
            lines.append(text)
    return "\n".join(lines)


def _settings_text(frontier: FrontierResults, arm: str, places: Sequence[int]) -> str:
    points = [frontier.points[i] for i in places]
    if points and list(points[0].settings) == ["balance"]:
        balances = [frontier.points[i].settings["balance"] for i in frontier.arm(arm)]
        return f"balance {ranges([point.settings['balance'] for point in points], balances)}"
    return "; ".join(point.plan.name for point in points)


def frontier_text(frontier: FrontierResults, wide: bool = False) -> str:
    """Return the frontier as tables.

    Parameters
    ----------
    frontier : outcomes by balance or by levers.
    wide : with both ends of every interval, however wide; else tables that fit 80 columns.

    Returns
    -------
    Text.

    Examples
    --------
    >>> frontier = ss.frontier("classroom", replicates=2, driver="mesa", workers=1)
    >>> "The scenario's latitude after the programme" in frontier_text(frontier).splitlines()
    True
    """
    measures = ("benefit", "cumulative_benefit", "reported_uptake", "in_name_only", "fidelity", "equity_gap", "cost")
    cell = summary_cell if wide else brief_cell
    in_worlds = best_in_worlds(frontier.doubt)
    of_worlds = [in_worlds, "", "With the scenario's own values, counting luck alone:"] if in_worlds else []
    parts = [*of_worlds, best_text(frontier), ""]
    for arm in ARMS:
        rows = frontier.summary(arm)
        if not rows:
            continue
        settings = list(frontier.points[0].settings)
        parts.append(f"{ARMS[arm][0].upper()}{ARMS[arm][1:]}")
        parts.append(
            text_table(
                [*settings, *(BY_NAME[m].label for m in measures)],
                [[*(f"{row[s]:g}" for s in settings), *(cell(Summary(**row[m]), m) for m in measures)] for row in rows],
                None if wide else WIDTH,
            )
        )
        parts.append("")
    return "\n".join(parts)


def components_text(study: ComponentStudy, measure: str, wide: bool = False) -> str:
    """Return readiness, and what each component does to a measure.

    Parameters
    ----------
    study : of the components.
    wide : with both ends of every interval, however wide; else tables that fit 80 columns.

    Returns
    -------
    Text.

    Examples
    --------
    >>> study = ss.study_components("classroom", replicates=2, workers=1)
    >>> components_text(study, "reach", wide=True).splitlines()[-1]
    'Whether a component is core or adaptable is a fact about the intervention, not a choice: the table ...'
    """
    net = study.network
    cell, width = (difference_cell, None) if wide else (brief_difference, WIDTH)
    unclear = "" if wide else "; ~: no clear difference"
    rows = []
    for r in study.readiness:
        fifths = [f"{r.ready[net.fifth == k].mean():.0%}" for k in range(5)] if net.has_fifths else ["-"] * 5
        rows.append(
            [
                r.strategy,
                f"{int(r.ready.sum()):,} of {net.n:,}",
                f"{np.mean(r.of_own_accord):.2f}",
                f"{np.mean(r.under_mandate):.2f}",
                *fifths,
            ]
        )
    parts = [
        f"Ready: at least {100 * study.readiness[0].threshold:.0f}% likely to engage of its own accord at the start, "
        "with support but before seeing an example.",
        text_table(
            [
                "strategy",
                "ready",
                "mean chance",
                "if told",
                "ready in fifth 1 (least deprived)",
                "2",
                "3",
                "4",
                "5 (most)",
            ],
            rows,
            width,
        ),
        "",
        f"Change in {BY_NAME[measure].label.lower()} if one component were different ({study.n_replicates} paired runs;"
        f" difference with 95% interval{unclear})",
        text_table(
            ["component", "if it were", *(r.strategy for r in study.readiness)],
            [
                [
                    w.component,
                    w.change,
                    *(cell(w.differences[r.strategy][measure], measure) for r in study.readiness),
                ]
                for w in study.what_ifs
            ],
            width,
        ),
        "",
        "Whether a component is core or adaptable is a fact about the intervention, not a choice: the table shows how "
        "much depends on it.",
    ]
    return "\n".join(parts)


def explanation_text(story: Explanation) -> str:
    """Return the history of a service.

    Parameters
    ----------
    story : of one service.

    Returns
    -------
    Text.

    Examples
    --------
    >>> print(explanation_text(ss.explain("classroom", "service-0002")).splitlines()[0])
    service-0002 under one-neighbour-is-enough, replicate 0: embedded at the end
    """
    a = story.attributes
    unknown = [name.replace("_", " ") for name in story.drawn]
    parts = [
        f"{story.name} under {story.strategy}, replicate {story.replicate}: {story.end_state} at the end",
        f"readiness {a['readiness']:.2f}, capability {a['capability']:.2f}, tendency to adapt "
        f"{a['adaptation_tendency']:.2f}, context {a['context']:+.2f}, {story.n_peers} peers",
        *([f"Of these, drawn at random and not measured: {', '.join(unknown)}."] if unknown else []),
        "",
        "What happened",
        *(f"  month {moment.month:>3}  {moment.text}" for moment in story.timeline),
    ]
    if not story.timeline:
        parts.append("  nothing: it never heard of the improvement")
    if story.chain:
        parts += ["", "Where its version came from"]
        for copy in story.chain:
            source = copy.source or {"originator": "its own", "hierarchy": "the hierarchy"}.get(
                copy.source_kind, copy.source_kind
            )
            parts.append(
                f"  {copy.service} from {source}, month {copy.month}, {copy.generation} copies from the originators"
            )
    parts += ["", "Its components"]
    for component in story.components:
        what = "core" if component.core else "adaptable"
        parts.append(f"  {component.name} ({what}): {component.verdict}, {component.presence:.0%} at the end")
        parts += [f"      month {moment.month:>3}  {moment.text}" for moment in component.timeline]
    parts += ["", "With the same luck, but one cause removed", *(f"  {c.text}" for c in story.counterfactuals)]
    return "\n".join(parts)


def network_text(network_file: NetworkFile, metrics: Mapping[str, Any]) -> str:
    r"""Return the description of a network that was read, and its faults.

    Parameters
    ----------
    network_file : the network, and what its files hold.
    metrics : its description (`NetworkFile.metrics`).

    Returns
    -------
    Text.

    Examples
    --------
    >>> from pathlib import Path
    >>> Path("pair").mkdir()
    >>> lines = Path("pair/services.csv").write_text("id\na\nb\n")
    >>> pair = ss.load_network("pair")
    >>> network_text(pair, pair.metrics()).splitlines()[:2]
    ['Structure', '  services                        2']
    """

    def text(value: Any) -> str:
        if isinstance(value, float):
            return f"{value:.4g}"
        if isinstance(value, (list, tuple)):
            cells = ", ".join(text(part) for part in value[:20])
            return cells + (f", and {len(value) - 20} more" if len(value) > 20 else "")
        if isinstance(value, Mapping):
            return ", ".join(f"{key} {text(part)}" for key, part in value.items())
        return "-" if value is None else str(value)

    parts = ["Structure"]
    parts += [f"  {key.replace('_', ' '):<32}{text(value)}" for key, value in metrics["structure"].items()]
    if metrics["adoption"] is not None:
        parts += ["", "Adoption"]
        parts += [f"  {key.replace('_', ' '):<32}{text(value)}" for key, value in metrics["adoption"].items()]
        parts.append(
            "  An S-curve, or peers who adopt together, does not prove contagion: a push from outside can produce both."
        )
    parts += [
        "",
        f"From the files: {', '.join(network_file.given) or 'nothing'}",
        f"Drawn at random: {', '.join(network_file.drawn) or 'nothing'}",
    ]
    if network_file.faults:
        parts += ["", "Faults and repairs", *(f"  {fault}" for fault in network_file.faults)]
    else:
        parts += ["", "No faults were found."]
    return "\n".join(parts)
