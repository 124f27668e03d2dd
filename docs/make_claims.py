"""Write docs/verification/claims.md: what each default was set against, and which patterns are tests of the model.

``python docs/make_claims.py`` makes the page from the parameters' declarations (``spreadsim/parameters.py``) and from
the patterns as measured (``docs/verification/patterns.md``). A test holds the page to both.
"""

from __future__ import annotations

import re
from pathlib import Path

from spreadsim.parameters import Component, Declaration, declarations
from spreadsim.scenario.document import Scenario
from spreadsim.telling.reference import markdown_table

FOLDER = Path(__file__).parent / "verification"
PAGE, PATTERNS = FOLDER / "claims.md", FOLDER / "patterns.md"
BASIS = {
    "published": "the value is a figure of the source",
    "set to match": "chosen so that the model meets the figure of the source",
    "judgement": "no direct measurement stands behind the value",
    "assumed": "the same, for a rule added to make a claim testable, which a value switches off",
}


def parameters() -> list[Declaration]:
    """Return every parameter that claims something about the world: not those of a study's set-up."""
    every = [*declarations(Scenario), *declarations(Component, "intervention.components.NAME.")]
    return [d for d in every if d.evidence in BASIS and not d.path.startswith("run.")]


def patterns() -> list[tuple[int, str, str, str]]:
    """Return number, name, band and verdict of each pattern, as measured."""
    lines = PATTERNS.read_text(encoding="utf-8").partition("## Measured")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| \d+ \|", line)]
    return [(int(row[0]), row[1], row[2], row[-1]) for row in cells]


def page() -> str:
    """Return the page as Markdown."""
    every, measured = parameters(), patterns()
    set_against = {number: [d for d in every if number in d.patterns] for number, *_ in measured}
    n_tests = sum(not who for who in set_against.values())
    n_met = sum(verdict == "met" for number, _, _, verdict in measured if not set_against[number])
    pattern_rows = []
    for number, name, band, verdict in measured:
        defaults = ", ".join(f"`{d.path}`" for d in set_against[number])
        pattern_rows.append([number, name, band, "target" if defaults else "test", defaults, verdict])
    parameter_rows = [
        [f"`{d.path}`", d.symbol, "" if d.default is None else f"{d.default}", d.evidence, d.source,
         ", ".join(str(number) for number in d.patterns)]
        for d in every
    ]  # fmt: skip
    counts = []
    for basis, words in BASIS.items():
        of_basis = [d for d in every if d.evidence == basis]
        counts.append([basis, words, len(of_basis), sum(bool(d.patterns) for d in of_basis)])
    return "\n".join(
        [
            "# What was set against what",
            "",
            "Written by `python docs/make_claims.py` from the declarations of the parameters and from the patterns as",
            "[measured](patterns.md). A pattern is a **target** where a default was set against its figure: meeting it",
            "shows that the setting was done, not that the model is right. It is a **test** where no default was:",
            "nothing was chosen to meet it.",
            "",
            f"{n_met} of {n_tests} tests are met; {len(measured) - n_tests} patterns are targets.",
            "",
            "## Patterns",
            "",
            markdown_table(["#", "pattern", "band", "use", "defaults set against it", "verdict"], pattern_rows),
            "",
            "A judgement that was made with a figure in view counts as set against it. Many a figure of size rests on",
            "judgement alone (below): the patterns test what follows from all defaults together, not each of them.",
            "",
            "## Parameters",
            "",
            markdown_table(["basis", "meaning", "parameters", "of these, set against a pattern"], counts),
            "",
            markdown_table(["parameter", "symbol", "default", "basis", "figure or source", "patterns"], parameter_rows),
            "",
        ]
    )


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
