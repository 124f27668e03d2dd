"""The reference page, made from the declarations: parameters, state, phases, events and measures.

What belongs here: turning declarations into Markdown. What does not: the reference of commands, files and Python, which
``docs/make_reference.py`` makes and writes together with this page; a test holds the copies in ``docs`` to the code.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from spreadsim import draws, rules
from spreadsim.levers import LEVERS, BalanceLevers, Lever
from spreadsim.outcomes.measures import MEASURES
from spreadsim.parameters import Component, Declaration, declarations
from spreadsim.scenario.document import Scenario
from spreadsim.state import ATTRIBUTES, EVENT_FIELDS, STATE

_PHASES = {
    "quality": "what each service delivers, and how far that persuades its peers",
    "record": "the month's sums: over embedded services, then implementing ones, then those in name only",
    "support": "the support that each service gets: places shared by those waiting; at the horizon the run stops here",
    "pressure": "groups of services come under pressure, or are past it",
    "revision": "if one is due, the specification moves towards what its effective adopters did last month",
    "transition": "hear, decide, prepare, be directed, convert, finish, give up, stop; on entry, copy; on embedding, "
    "lead",
    "change": "adapt, erode, drift, repair, in services implementing or embedded before and after",
    "turnover": "people leave: readiness falls back, and what was not written down goes with them",
    "commit": "the new state holds; leaders that stopped retire",
}


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table.

    Parameters
    ----------
    header : heads of the columns.
    rows : cells of each row, written as text; ``|`` is escaped.

    Returns
    -------
    Lines without a line break at the end.

    Examples
    --------
    >>> print(markdown_table(["name", "unit"], [["reach", "share"]]))
    | name | unit |
    | --- | --- |
    | reach | share |
    """
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _range(pair: tuple[float, float] | None) -> str:
    if pair is None:
        return ""
    return " to ".join("any" if math.isinf(end) else f"{end:g}" for end in pair)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _row(d: Declaration) -> list[object]:
    bounds = ", ".join(d.choices) if d.choices else _range(d.bounds)
    basis = d.evidence if not d.source or d.evidence == "design" else f"{d.evidence}: {d.source}"
    return [f"`{d.path}`", d.symbol, _text(d.default), d.unit, bounds, _range(d.plausible), d.meaning, basis]


def parameter_tables() -> str:
    """Return every parameter of a scenario, by table of the file.

    Returns
    -------
    Markdown, one heading and one table for each table of the file.

    Examples
    --------
    >>> parameter_tables().splitlines()[0]
    '### run'
    """
    parts = []
    header = ["field", "symbol", "default", "unit", "bounds or choices", "plausible range", "meaning", "basis"]
    groups: dict[str, list[Declaration]] = {}
    for d in declarations(Scenario):
        groups.setdefault(d.path.split(".")[0], []).append(d)
    groups["intervention"] = [
        *groups["intervention"],
        *declarations(Component, "intervention.components.NAME."),
    ]
    groups["strategies"] = list(declarations(BalanceLevers, "strategies.NAME."))
    for name, entries in groups.items():
        parts += [f"### {name}", "", markdown_table(header, map(_row, entries)), ""]
    return "\n".join(parts)


def _when_it_stops(one: Lever) -> str:
    """Return what becomes of a lever outside its months, in words."""
    if one.off is None or one.months is None:
        return "stays"
    if one.off_field:
        return f"becomes `{one.off_field}`"
    return f"becomes {one.off:g}"


def lever_table() -> str:
    """Return every lever of a month, and how it comes by its value.

    Returns
    -------
    A Markdown table.

    Examples
    --------
    >>> print(lever_table().splitlines()[2])
    | `mandate` | M | Mandate | yes | yes | becomes 0 |
    """
    rows = [
        [
            f"`{one.name}`",
            one.declaration.symbol,
            one.label,
            "yes" if one.balance is not None else "no",
            "yes" if one.scheduled else "no",
            _when_it_stops(one),
        ]
        for one in LEVERS
    ]
    header = ["lever", "symbol", "label", "set by the balance", "in a schedule", "when the programme stops"]
    return markdown_table(header, rows)


def reference_page() -> str:
    """Return the reference page.

    Returns
    -------
    Markdown.

    Examples
    --------
    >>> [line for line in reference_page().splitlines() if line.startswith("## ")][:3]
    ['## Parameters', '## Levers of a month', '## State of a service']
    """
    variables = [*((v, "attribute") for v in ATTRIBUTES), *((v, "state") for v in STATE)]
    purposes = sorted(
        (value, name)
        for name, value in vars(draws).items()
        if name.isupper() and isinstance(value, int) and value < 1000 and name not in ("COMPONENT_STRIDE",)
    )
    parts = [
        "# Reference",
        "",
        "Made by `python docs/make_reference.py` from the declarations in the code; a test checks that they match.",
        "",
        "## Parameters",
        "",
        "*Bounds*: a value outside is refused. *Plausible range*: what sliders and sweeps use; a value outside is",
        "allowed but noted in the report. *Basis*: `published` (a figure of the source), `set to match` (chosen so "
        "that",
        "the model meets the cases named), `judgement`, `assumed` (added to make a claim testable; a value switches it",
        "off), `design` (how the study is set up).",
        "",
        parameter_tables(),
        "## Levers of a month",
        "",
        lever_table(),
        "",
        "## State of a service",
        "",
        "States: " + ", ".join(f"{i} {name}" for i, name in enumerate(rules.STATES)) + ".",
        "",
        markdown_table(
            ["name", "kind", "type", "at the start", "unit", "meaning"],
            [[f"`{v.name}`", kind, v.dtype, v.start, v.unit, v.meaning] for v, kind in variables],
        ),
        "",
        "## Phases of a month",
        "",
        markdown_table(
            ["#", "phase", "what happens"], [[i, name, _PHASES[name]] for i, name in enumerate(rules.PHASES)]
        ),
        "",
        "## Events",
        "",
        "One event for every change of state: " + ", ".join(f"`{name}`" for name, _ in EVENT_FIELDS) + ".",
        "The month of an event is the first in which the new state holds.",
        "",
        "## Purposes of random draws",
        "",
        markdown_table(["number", "purpose"], [[value, name.lower().replace("_", " ")] for value, name in purposes]),
        "",
        "## Measures",
        "",
        "At the horizon unless said otherwise; a ratio with a zero denominator is null, never 0.",
        "",
        markdown_table(
            ["name", "unit", "better", "monthly", "meaning"],
            [[f"`{m.name}`", m.unit, m.better, "yes" if m.monthly else "", m.meaning] for m in MEASURES],
        ),
        "",
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    print(reference_page(), end="")
