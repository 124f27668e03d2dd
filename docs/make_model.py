"""Fill the tables and figures of docs/model.md from the code.

``python docs/make_model.py`` rewrites what stands between the markers; ``python docs/make_model.py --figures`` prints
the figures that the document quotes. A test holds the document to both.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

import spreadsim as ss
from spreadsim import rules
from spreadsim.levers import BalanceLevers
from spreadsim.outcomes.statistics import student_interval
from spreadsim.parameters import Component, Declaration, declarations
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.plan import plan
from spreadsim.telling.reference import markdown_table, reference_page

FOLDER = Path(__file__).parent
MODEL = FOLDER / "model.md"
PATTERNS = FOLDER / "verification" / "patterns.md"
REPLICATES = 40
_MARKERS = re.compile(r"(<!-- begin (\w+) -->\n).*?(<!-- end \2 -->)", flags=re.S)


def section(heading: str) -> str:
    """Return one section of the reference page, without its heading."""
    match = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", reference_page(), flags=re.S | re.M)
    assert match is not None, f"the reference page has no section {heading}"
    return match.group(1).strip()


def scenario_parameters() -> list[Declaration]:
    """Return every parameter of a scenario that is not about the study's set-up or its files."""
    result = [d for d in declarations(Scenario) if not d.path.startswith(("run.", "network.", "worth."))]
    result += [d for d in declarations(Scenario) if d.path.startswith("network.peer_ties.")]
    result += declarations(Component, "intervention.components.NAME.")
    return [*result, *declarations(BalanceLevers, "strategies.NAME.")]


def parameters() -> str:
    """Return the parameters with a symbol, short: those used in the equations of the document."""
    rows = []
    for d in scenario_parameters():
        if d.symbol:
            default = "" if d.default is None else f"{d.default:g}" if isinstance(d.default, float) else str(d.default)
            low_high = f"{d.plausible[0]:g} to {d.plausible[1]:g}" if d.plausible else ", ".join(d.choices)
            rows.append([f"`{d.symbol}`", f"`{d.path}`", default, low_high, d.unit, d.evidence])
    return markdown_table(["symbol", "field", "default", "plausible range", "unit", "basis"], rows)


def evidence() -> str:
    """Return how many parameters rest on what, and which ones on published figures or on assumption alone."""
    meaning = {
        "published": "the value is a figure of the source named",
        "set to match": "chosen so that the model meets the published cases named",
        "judgement": "no direct measurement stands behind the value",
        "assumed": "the same, for a rule that was added to make a claim testable; a value switches it off",
        "design": "how the study is set up",
    }
    every = scenario_parameters()
    rows = []
    for status, words in meaning.items():
        of_status = [d for d in every if d.evidence == status]
        names = ", ".join(f"`{d.path.split('.')[-1]}`" for d in of_status)
        cell = names if status in ("published", "set to match", "assumed") else ""
        rows.append([status, words, len(of_status), cell])
    return markdown_table(["basis", "meaning", "parameters", "which"], rows)


def patterns() -> str:
    """Return the table of patterns as the experiment wrote it."""
    lines = PATTERNS.read_text(encoding="utf-8").splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("| # | pattern "))
    last = next(i for i in range(first, len(lines)) if not lines[i].startswith("|"))
    return "\n".join(lines[first:last])


def figures() -> str:
    """Return the figures that the document quotes, each with its 95% interval."""
    c = ss.compare("default", replicates=REPLICATES, frontier=False, doubt="none", workers=1)

    def mean_text(values: np.ndarray, digits: int) -> str:
        mean, low, high = student_interval(values)
        return f"{mean:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"

    rows = []
    for name in c.strategies:
        nominal = np.array([outcome.curves["in_name_only"][36] for outcome in c.outcomes[name]])
        measures = [
            mean_text(c.values(name, m), d) for m, d in (("reach", 2), ("benefit", 3), ("cumulative_benefit", 2))
        ]
        rows.append([name, *measures, mean_text(nominal, 2), mean_text(c.values(name, "cost"), 1)])
    header = ["strategy", "reach", "sustained benefit", "cumulative benefit", "in name only, month 36", "cost"]
    v = plan(ss.load_scenario("default"), c.strategies[0]).intervention
    none = (1.0 - v.drift_bound) ** v.n_components
    return "\n".join(
        [
            f"Default scenario, {REPLICATES} replicates, mean and 95% interval:",
            "",
            markdown_table(header, rows),
            "",
            f"Candidates, with the default parameters: a component is one with probability {v.drift_bound:g} a month",
            f"in drift and repair and {v.erosion_bound:g} in erosion; in {none:.0%} of an embedded service's months",
            f"one draw settles all {v.n_components} components.",
        ]
    )


def states() -> str:
    """Return the states of a service."""
    return markdown_table(["number", "state"], list(enumerate(rules.STATES)))


BLOCKS: dict[str, Callable[[], str]] = {
    "parameters": parameters,
    "evidence": evidence,
    "patterns": patterns,
    "figures": figures,
    "states": states,
    "state": lambda: section("State of a service"),
    "phases": lambda: section("Phases of a month"),
    "events": lambda: section("Events"),
    "purposes": lambda: section("Purposes of random draws"),
    "measures": lambda: section("Measures"),
}


def fill(text: str) -> str:
    """Return the document with every marked block made anew."""
    return _MARKERS.sub(lambda m: f"{m.group(1)}{BLOCKS[m.group(2)]()}\n{m.group(3)}", text)


def main() -> None:
    """Rewrite the document, or print its figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--figures", action="store_true", help="print the figures that the document quotes")
    if parser.parse_args().figures:
        print(figures())
        return
    MODEL.write_text(fill(MODEL.read_text(encoding="utf-8")), encoding="utf-8")


__all__ = ["BLOCKS", "figures", "fill"]

if __name__ == "__main__":
    main()
