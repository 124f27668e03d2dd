"""What is said of spread, sentence by sentence: whether the model carries it, and the number; writes seed.md.

``python experiments/seed.py [--replicates N] [--write]`` runs a pair of strategies for each sentence on common random
numbers. A sentence is *carried* where the 95% interval of the paired difference lies on the side that the sentence
says, *contradicted* where it lies on the other, and *not shown* where it includes 0. That a sentence is carried says
that the model's rules imply it, not that it is true.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import spreadsim as ss
from spreadsim.comparison.comparison import Comparison
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.outcomes.statistics import student_interval
from spreadsim.scenario.validation import as_document, validate

FILE = Path(__file__).parent.parent / "docs" / "verification" / "seed.md"
BLEND = {"mandate": 0.3, "latitude": 0.25, "peer_programme": 1.0, "monitoring": 1.0}


@dataclass(frozen=True)
class Sentence:
    """A sentence, the scenario and the pair of strategies that show it, and which way the measure should differ."""

    text: str
    measure: str
    rises: bool
    than: str
    arm: str
    scenario: str = "default"
    strategies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def command(self) -> str:
        """How to see it."""
        if not self.strategies:
            return f"`spreadsim compare {self.scenario}`"
        low, high = self.strategies[self.than], self.strategies[self.arm]
        moved = [
            f"`{name}` {low.get(name, 'as it is')} to {value}" for name, value in high.items() if low.get(name) != value
        ]
        return f"`spreadsim compare {self.scenario}`, with {', '.join(moved)}"


def lever(text: str, name: str, low: float, high: float, measure: str = "benefit") -> Sentence:
    """Return a sentence about one lever of the blend, moved from a low to a high value."""
    arms = {f"{name}-low": {**BLEND, name: low}, f"{name}-high": {**BLEND, name: high}}
    return Sentence(text, measure, True, f"{name}-low", f"{name}-high", strategies=arms)


SENTENCES = (
    Sentence("A local improvement left to itself reaches fewer services than one that a programme spreads.",
             "reach", False, "programme", "alone",
             strategies={"programme": {**BLEND, "support": 0.5}, "alone": {"mandate": 0.0, "latitude": 1.0,
             "peer_programme": 0.0, "monitoring": 0.0, "support": 0.0}}),
    Sentence("What is imposed is reported more than it is done.", "in_name_only", True, "organic", "top-down"),
    Sentence("What services take on of their own accord lasts longer.", "sustainment", True, "top-down", "organic"),
    Sentence("Left to peers, more of the core is lost on the way.", "core_fidelity", False, "top-down", "organic"),
    Sentence("Between fixing everything and leaving everything to teams there is a balance to strike: some latitude is "
             "better than none.", "benefit", True, "none", "half",
             strategies={"none": {**BLEND, "latitude": 0.0}, "half": {**BLEND, "latitude": 0.5}}),
    Sentence("... and some latitude is better than all.", "benefit", True, "all", "half",
             strategies={"all": {**BLEND, "latitude": 1.0}, "half": {**BLEND, "latitude": 0.5}}),
    Sentence("Itemising the change helps adopters to judge their readiness: fewer start unready.", "unready_starts",
             False, "in-two-parts", "itemised", "ready-or-not"),
    Sentence("... and more of it lasts.", "benefit", True, "in-two-parts", "itemised", "ready-or-not"),
    Sentence("Knowing what must be kept matters: a part that is wrongly thought adaptable costs benefit.", "benefit",
             False, "right", "core-overlooked", "wrong-core"),
    Sentence("Clarity about why it works lets adaptation leave the core whole.", "consistent_adaptations", True,
             "clarity-low", "clarity-high",
             strategies={"clarity-low": {**BLEND, "mechanism_clarity": 0.2},
                         "clarity-high": {**BLEND, "mechanism_clarity": 0.8}}),
    Sentence("Adaptations can be equally successful: those that adapt are not less effective.", "adapted_effect_ratio",
             True, "organic", "organic"),
    lever("Co-production with patients fits the change to the place.", "co_production_patients", 0.0, 0.9, "local_fit"),
    lever("Co-production with front-line staff brings more services in and lets more last.", "co_production", 0.0, 0.9),
    lever("Support for adopters matters.", "support", 0.0, 1.0),
    lever("Second leaders matter: celebrating those who emerge lets more last.", "celebration", 0.0, 1.0),
    lever("The depth of the programme's management, and its power to inspire, matter.", "team", 0.2, 0.8),
    lever("Testing changes on a small scale before keeping them pays.", "tests", 0.0, 1.0),
    Sentence("When people leave, what was not written down goes with them.", "core_fidelity", False, "people-stay",
             "people-leave", "turnover"),
    Sentence("... and writing it down pays where people leave.", "benefit", True, "people-leave", "written-down",
             "turnover"),
    Sentence("What is done for pay goes when the pay stops.", "benefit", False, "pay-goes-on", "reports-go-on",
             "incentive-withdrawn"),
    Sentence("A collaborative makes ties through which it spreads.", "reach", True, "no-collaborative", "three-tenths",
             "collaborative"),
    Sentence("A text that has been rewritten for a region fits better there.", "local_fit", True, "one-text", "hubs",
             "across-regions"),
    Sentence("Starting where deprivation is greatest narrows the gap.", "equity_gap", False, "everyone-at-once",
             "most-deprived-first", "equity-first"),
    Sentence("Supporting those who have embedded it, as well as those who begin, lets more last.", "benefit", True,
             "beginners", "both", strategies={"beginners": BLEND,
             "both": {**BLEND, "support_for": "implementing-and-embedded"}}),
)  # fmt: skip


@cache
def _run(sentence_place: int, replicates: int) -> Comparison:
    sentence = SENTENCES[sentence_place]
    document = as_document(ss.load_scenario(sentence.scenario))
    if sentence.strategies:
        document["strategies"] = {name: dict(levers) for name, levers in sentence.strategies.items()}
    return ss.compare(validate(document, "seed"), replicates=replicates, frontier=False, doubt="none")


@dataclass(frozen=True)
class Result:
    """What a sentence's pair of strategies gave: means, and the paired difference with its 95% interval."""

    verdict: str
    values: str
    difference: str


def result(place: int, replicates: int) -> Result:
    """Return what came out for a sentence."""
    sentence = SENTENCES[place]
    c = _run(place, replicates)
    arm = c.values(sentence.arm, sentence.measure)
    if sentence.arm == sentence.than:  # a ratio: against 1
        than, values = arm * 0.0 + 1.0, f"{arm.mean():.3f}, against 1"
    else:
        than = c.values(sentence.than, sentence.measure)
        values = f"{than.mean():.3f} to {arm.mean():.3f}"
    mean, low, high = student_interval(arm - than)
    side = 1 if low > 0 else -1 if high < 0 else 0
    wanted = 1 if sentence.rises else -1
    verdict = "carried" if side == wanted else "**contradicted**" if side == -wanted else "not shown"
    return Result(verdict, values, f"{mean:+.3f} ({low:+.3f} to {high:+.3f})")


def page(replicates: int) -> str:
    """Return the page of one run."""
    results = [result(place, replicates) for place in range(len(SENTENCES))]
    n = sum(one.verdict == "carried" for one in results)
    lines = [
        "# What is said of spread, sentence by sentence",
        "",
        f"Written by `python experiments/seed.py --replicates {replicates} --write`. Each sentence is held to a pair",
        "of strategies on common random numbers: *carried* where the 95% interval of the paired difference lies on the",
        "side that the sentence says, *contradicted* where it lies on the other, *not shown* where it includes 0. That",
        "a sentence is carried says that the model's rules imply it at its defaults, not that it is true.",
        "",
        f"{n} of {len(SENTENCES)} are carried. Levers are moved in the blend, all else as in the default.",
        "",
        "| sentence | | measure | from, to | difference | how to see it |",
        "|-|-|-|-|-|-|",
    ]
    for sentence, one in zip(SENTENCES, results, strict=True):
        label = BY_NAME[sentence.measure].label.lower()
        lines.append(
            f"| {sentence.text} | {one.verdict} | {label} | {one.values} | {one.difference} | {sentence.command} |"
        )
    lines += ["", "Where the best latitude lies between none and all, and where not: [latitude.md](latitude.md).", ""]
    return "\n".join(lines)


def main() -> None:
    """Run the pairs, print the page and write it if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--replicates", type=int, default=40)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    text = page(options.replicates)
    print(text)
    if options.write:
        FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
