"""Where the best latitude lies between none and all, and where at an end; writes docs/verification/latitude.md.

``python experiments/latitude.py [--replicates N] [--write]`` runs the default scenario at six latitudes, with the other
levers of the blend, for three degrees of clarity of the mechanism by three spreads of contexts, and then with one
assumption changed at a time. *Between* means that the best latitude inside is better than either end by two standard
errors of the paired difference; *at an end* that it is not.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import spreadsim as ss
from spreadsim.scenario.validation import as_document, validate, with_setting

FILE = Path(__file__).parent.parent / "docs" / "verification" / "latitude.md"
LATITUDES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
BLEND = {"mandate": 0.3, "peer_programme": 1.0, "monitoring": 1.0}
TOP_DOWN = {"mandate": 1.0, "peer_programme": 0.0, "monitoring": 1.0}
ORGANIC = {"mandate": 0.0, "peer_programme": 1.0, "monitoring": 0.0}
LINEAR = {
    "behaviour.adaptation.core_damage_rate": 0.0,
    "behaviour.adaptation.core_erosion_rate": 0.04,
    "behaviour.copying.core_omission_by_square": False,
}
CLARITY, SPREAD = "intervention.mechanism_clarity", "services.context.standard_deviation"
DAMAGE, AFTER = "behaviour.adaptation.core_damage_rate", "programme.latitude_after"


@dataclass(frozen=True)
class Case:
    """Settings under which the best latitude is looked for."""

    title: str
    settings: Mapping[str, Any]
    levers: Mapping[str, float] = field(default_factory=lambda: BLEND)


MAP = [Case("", {CLARITY: clarity, SPREAD: spread}) for clarity in (0.2, 0.5, 0.8) for spread in (0.5, 1.0, 1.75)]
OTHERS = [
    Case("nobody can hurt the core: clarity 1", {CLARITY: 1.0}),
    Case("there is nothing to fit: all contexts alike", {SPREAD: 0.0}),
    Case("the price of adapting grows in proportion (version 2)", LINEAR),
    Case("the same, clarity .2", {**LINEAR, CLARITY: 0.2}),
    Case("half the price", {DAMAGE: 0.2}),
    Case("two and a half times the price", {DAMAGE: 1.0}),
    Case("the top-down strategy's other levers", {}, TOP_DOWN),
    Case("the organic strategy's other levers", {}, ORGANIC),
]


@dataclass(frozen=True)
class Best:
    """The best latitude for one measure, and by how much it is better than none and than all, with standard errors."""

    latitude: float
    over_none: float
    over_all: float
    error_none: float
    error_all: float

    @property
    def is_between(self) -> bool:
        """Whether it is better than both ends by two standard errors."""
        inside = 0.0 < self.latitude < 1.0
        return inside and self.over_none > 2 * self.error_none and self.over_all > 2 * self.error_all

    @property
    def text(self) -> str:
        """The cell of the page."""
        where = "**between**" if self.is_between else "at an end" if self.latitude in (0.0, 1.0) else "not told apart"
        gains = (
            f"{gain:+.3f} ({error:.3f})"
            for gain, error in ((self.over_none, self.error_none), (self.over_all, self.error_all))
        )
        return f"{self.latitude:g} {where} ({'; '.join(gains)})"


def best(case: Case, measure: str, replicates: int) -> Best:
    """Return the best of the latitudes in a case, by the mean over paired replicates."""
    document = as_document(ss.load_scenario("default"))
    document["strategies"] = {f"latitude-{p:g}": {**case.levers, "latitude": p} for p in LATITUDES}
    for path, value in case.settings.items():
        document = with_setting(document, path.split("."), value, "latitude")
    c = ss.compare(validate(document, "latitude"), replicates=replicates, frontier=False, doubt="none")
    values = [c.values(name, measure) for name in c.strategies]
    place = int(np.argmax([np.mean(v) for v in values]))

    def gain(over: np.ndarray) -> tuple[float, float]:
        d = values[place] - over
        return float(np.mean(d)), float(np.std(d, ddof=1) / np.sqrt(len(d)))

    (none, error_none), (everything, error_all) = gain(values[0]), gain(values[-1])
    return Best(LATITUDES[place], none, everything, error_none, error_all)


def page(replicates: int) -> str:
    """Return the page of one run."""
    both = ("benefit", "cumulative_benefit")
    by_case = {(k, m): best(case, m, replicates) for k, case in enumerate(MAP) for m in both}
    free = {k: best(Case("", {**case.settings, AFTER: 1.0}), "benefit", replicates) for k, case in enumerate(MAP)}
    counts = [sum(by_case[k, m].is_between for k in range(len(MAP))) for m in both]
    n_free = sum(one.is_between for one in free.values())
    lines = [
        "# Where the best latitude lies",
        "",
        f"Written by `python experiments/latitude.py --replicates {replicates} --write`: the default scenario with",
        f"the other levers of the blend, latitude {', '.join(f'{p:g}' for p in LATITUDES)}, {replicates} paired",
        "replicates. A cell gives the best latitude, and by how much it is better than none and than all (standard",
        "errors of the paired difference in brackets). **Between**: better than both ends by two standard errors. The",
        "same runs choose the best and judge it, so that gains are a little too large.",
        "",
        f"The best latitude lies between none and all in {counts[0]} of {len(MAP)} settings for what lasts, in",
        f"{counts[1]} for the sum over five years, and in {n_free} for what lasts where everyone may adapt freely once",
        "the programme has ended. What decides are the clarity of the mechanism and how much contexts differ: the",
        "more of either, the more latitude.",
        "",
        "| clarity | spread of contexts | what lasts | sum over five years | what lasts, full latitude afterwards |",
        "|-|-|-|-|-|",
    ]
    for k, case in enumerate(MAP):
        cells = [by_case[k, m].text for m in both] + [free[k].text]
        lines.append(f"| {case.settings[CLARITY]:g} | {case.settings[SPREAD]:g} | {' | '.join(cells)} |")
    lines += [
        "",
        "## One assumption changed at a time",
        "",
        "Clarity .5 and a spread of contexts of 1 where nothing else is said.",
        "",
        "| changed | what lasts |",
        "|-|-|",
        *(f"| {case.title} | {best(case, 'benefit', replicates).text} |" for case in OTHERS),
        "",
        "That the price of adapting grows with the square of the distance is an assumption, and it is what puts the",
        "best latitude between the ends: with a price in proportion to it (version 2) the best lies at an end.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Run the settings, print the page and write it if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--replicates", type=int, default=16)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    text = page(options.replicates)
    print(text)
    if options.write:
        FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
