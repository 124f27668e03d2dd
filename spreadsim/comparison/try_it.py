"""The box *Try it* of the report: the model itself, on the report's own networks, with levers to move.

What belongs here: which runs, levers and numbers travel with the page, and where there is no box, why. What does not:
how a page runs the model (``browser``).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from markupsafe import Markup
from scipy.special import stdtrit

from spreadsim.browser.data import page_data, refuse_unfollowed
from spreadsim.browser.module import box_source, page_script
from spreadsim.browser.texts import box_texts
from spreadsim.comparison.results import ComparisonResults
from spreadsim.drivers.running import networks_of
from spreadsim.errors import SpreadsimError
from spreadsim.levers import LEVERS
from spreadsim.network.layout import layout
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import Plan, balance_levers, plan
from spreadsim.telling.figures import STATES
from spreadsim.telling.wording import change, in_display_unit, value

MOST_SERVICES, MOST_RUNS, MOST_BYTES = 1500, 30, 370_000
MEASURES = ("benefit", "cumulative_benefit", "reach", "cost")
_STEPS = tuple(round(0.1 * step, 1) for step in range(11))


@dataclass(frozen=True)
class TryIt:
    """What the box needs of the page.

    Attributes
    ----------
    data : text, which the script reads.
    script : JavaScript, which needs nothing else.
    n_runs : of each strategy that travel with the page.
    left_out : sentences on strategies that the page cannot run.

    Examples
    --------
    >>> TryIt("", Markup("1"), 3).policy
    'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='
    """

    data: str
    script: Markup
    n_runs: int
    left_out: Sequence[str] = ()

    @property
    def policy(self) -> str:
        """The hash of the script, by which a page allows it and no other."""
        return "sha256-" + base64.b64encode(hashlib.sha256(self.script.encode()).digest()).decode()


def as_written(english: str, *place: str) -> str:
    """Return a text as it is: what a page in English says.

    Parameters
    ----------
    english : the text.
    place : in a catalogue of translations, as ``("measures", "reach")``.

    Returns
    -------
    The same text.

    Examples
    --------
    >>> as_written("Reach", "measures", "reach")
    'Reach'
    """
    return english


def try_it(
    comparison: ComparisonResults,
    texts: Mapping[str, str] | None = None,
    said: Callable[..., str] = as_written,
    most_bytes: int | None = None,
    *,
    free: bool = False,
) -> TryIt | str:
    """Return the box for a comparison's report, or in a sentence why there is none.

    Parameters
    ----------
    comparison : outcomes of every strategy.
    texts : of the box, by key; those of a report in English by default.
    said : what stands in place of an English text from elsewhere, called with the text and its place, as `as_written`.
    most_bytes : that the data may weigh, compressed; ``MOST_BYTES`` by default.
    free : whether both strategies have levers, as in a sandbox, or one of them beside another as it was.

    Returns
    -------
    The box, or a sentence.

    Examples
    --------
    >>> box = try_it(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False))
    >>> box.n_runs
    2
    """
    c = comparison
    if c.network.n > MOST_SERVICES:
        return f"A network of {c.network.n:,} services is too large to run in a page; {MOST_SERVICES:,} is the most."
    if c.sets is not None:
        return "Each run has parameters of its own here, and the page would have to carry them all."
    if c.extensions.of_the_model:
        return f"What only the Python program has cannot run in a page: {' and '.join(c.extensions.of_the_model)}."
    n_runs, left_out = min(MOST_RUNS, c.n_replicates), []
    for own in c.plans:
        try:
            refuse_unfollowed(own)
        except SpreadsimError as refusal:
            left_out.append(f"Left out: {refusal}.")
            c = replace(c, plans=[one for one in c.plans if one is not own])
    if not c.plans:
        return " ".join(left_out)
    try:
        words = box_texts() if texts is None else texts
        levers = {own.name: levers_of(c.scenario, own, said) for own in c.plans}
        data = _data(c, n_runs, levers, words, said, free)
        size = len(data) * 3 // 4
        most = MOST_BYTES if most_bytes is None else most_bytes
        if size > most:
            n_runs = int(n_runs * 0.98 * most / size)
            if n_runs == 0:
                return "The network is too large to run in a page."
            data = _data(c, n_runs, levers, words, said, free)
        return TryIt(data, Markup(page_script(box_source())), n_runs, left_out)
    except SpreadsimError as refusal:
        return f"The page cannot run this: {refusal}."


def _data(
    c: ComparisonResults,
    n_runs: int,
    levers: Mapping[str, list[dict[str, Any]]],
    texts: Mapping[str, str],
    said: Callable[..., str],
    free: bool,
) -> str:
    """Return what travels with the page, for some runs of each strategy."""
    replicates = list(range(n_runs))
    networks = networks_of(c.scenario, c.network, c.fixed, replicates)
    variants = [one for own in c.plans for one in variants_of(c.scenario, own)]
    further = {
        "strategies": [
            {
                "name": own.name,
                "title": said(own.title, "scenarios", c.scenario.name, "strategies", own.name),
                "levers": levers[own.name],
                "expected": {name: c.values(own.name, name)[:n_runs] for name in MEASURES},
            }
            for own in c.plans
        ],
        **shared_facts(n_runs, said),
        "texts": dict(texts),
        "nReported": c.n_replicates,
        "positions": layout(c.network),
        "free": free,
    }
    return page_data(variants, networks, c.scenario.run.seed, replicates, further)


def shared_facts(n_runs: int, said: Callable[..., str] = as_written) -> dict[str, Any]:
    """Return what every page with the model knows: measures and how they are written, states, and Student's quantiles.

    Parameters
    ----------
    n_runs : the most that are paired.
    said : as in `try_it`.

    Returns
    -------
    Names and values, for JavaScript.

    Examples
    --------
    >>> shared_facts(2)["labels"]["reach"]
    'Reach'
    """
    return {
        "labels": {name: said(BY_NAME[name].label, "measures", name) for name in MEASURES},
        "formats": {name: _format_said(name, said) for name in MEASURES},
        "states": [
            {"name": said(name, "states", name.replace(" ", "_")), "colour": colour, "marker": marker}
            for name, colour, marker, *_ in STATES
        ],
        "students": [0.0, 0.0, *(float(stdtrit(n - 1, 0.975)) for n in range(2, n_runs + 1))],
    }


def format_of(name: str) -> dict[str, Any]:
    """Return how values of a measure are written, from how the report writes them.

    Parameters
    ----------
    name : of the measure.

    Returns
    -------
    By what a value is multiplied, its decimal places, and what follows it and a difference.

    Examples
    --------
    >>> format_of("reach")
    {'scale': 100.0, 'places': 1, 'suffix': '%', 'changed': ' points'}
    """
    places, suffix = re.fullmatch(r"0(?:\.(0+))?(.*)", value(name, 0.0)).groups()  # type: ignore[union-attr]
    changed = re.fullmatch(r"\+[\d.,]+(.*)", change(name, 1.0))
    assert changed is not None
    scale = in_display_unit(name, 1.0)
    return {"scale": scale, "places": len(places or ""), "suffix": suffix, "changed": changed[1]}


def _format_said(name: str, said: Callable[..., str]) -> dict[str, Any]:
    form = format_of(name)
    for key in ("suffix", "changed"):
        word = form[key].strip()
        form[key] = form[key].replace(word, said(word, "units", word)) if word else ""
    return form


def _with_lever(scenario: Scenario, name: str, lever: str, step: float) -> Plan:
    return plan(scenario, name, scenario.strategies[name].model_copy(update={lever: step}))


def variants_of(scenario: Scenario, own: Plan) -> list[Plan]:
    """Return a plan and, where levers may bring about a collaborative or do away with it, the plan with the other.

    Parameters
    ----------
    scenario : of the strategy.
    own : the strategy, resolved.

    Returns
    -------
    One plan or two.

    Examples
    --------
    >>> from spreadsim.scenario.plan import plan
    >>> scenario = ss.load_scenario("default")
    >>> [one.has_collaborative for one in variants_of(scenario, plan(scenario, "blend"))]
    [True, False]
    """
    other = _with_lever(scenario, own.name, "peer_programme", 0.0 if own.has_collaborative else 1.0)
    return [own] if other.has_collaborative == own.has_collaborative else [own, other]


def levers_of(scenario: Scenario, own: Plan, said: Callable[..., str] = as_written) -> list[dict[str, Any]]:
    """Return the levers that a strategy may be tried at, with what each of their values does to the levers' table.

    A lever may move other columns than its own, such as the months since an instruction began; two that move the same
    column are not both offered, so that any combination of values is that of a plan.

    Parameters
    ----------
    scenario : of the strategy.
    own : the strategy, resolved.
    said : as in `try_it`.

    Returns
    -------
    Names and values of each lever, for JavaScript.

    Examples
    --------
    >>> from spreadsim.scenario.plan import plan
    >>> scenario = ss.load_scenario("default")
    >>> levers_of(scenario, plan(scenario, "blend"))[0]["label"]
    'Mandate'
    """
    answer: list[dict[str, Any]] = []
    taken: set[int] = set()
    present = _present(scenario, own)
    for one in LEVERS:
        at = present.get(one.name)
        if not one.scheduled or one.declaration.kind != "number" or at is None:
            continue
        steps = sorted({*_STEPS, at})
        tables = [_with_lever(scenario, own.name, one.name, step).table for step in steps]
        if tables[steps.index(at)].tobytes() != own.table.tobytes():
            continue  # a schedule that names it, say, and the value at the start is not all there is to it
        columns = _changed(tables)
        if columns and not taken & set(columns):
            taken |= set(columns)
            answer.append(
                {
                    "name": one.name,
                    "label": said(one.label, "levers", one.name, "label"),
                    "meaning": said(one.declaration.meaning, "levers", one.name, "meaning"),
                    "steps": steps,
                    "present": steps.index(at),
                    "columns": columns,
                    "values": np.stack([table[:, columns] for table in tables]),
                }
            )
    return answer


def _present(scenario: Scenario, own: Plan) -> Mapping[str, float | None]:
    """Return the present value of each lever at the start; None where it follows another."""
    strategy = scenario.strategies[own.name]
    of_balance = balance_levers(strategy, own.behaviour.adaptation.minimum_latitude)
    values = {one.name: of_balance.get(one.name, getattr(own.programme, one.name, None)) for one in LEVERS}
    return {name: float(one) if isinstance(one, (int, float)) else None for name, one in values.items()}


def _changed(tables: Sequence[np.ndarray]) -> list[int]:
    """Return the columns in which tables differ."""
    differs = np.any([np.any(table != tables[0], axis=0) for table in tables], axis=0)
    return [int(column) for column in np.flatnonzero(differs)]
