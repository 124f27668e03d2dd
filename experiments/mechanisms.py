"""Switch the mechanisms on one after the other, beside an independent implementation; writes docs/verification/.

``python experiments/mechanisms.py [--replicates N] [--write]`` runs five strategies, from version 2 of the default
scenario (``version-2``) to the default, each stage adding one mechanism to those before it, and compares every measure
with the figures in `mechanisms-reference.csv`: means over 16 replicates, with standard errors, from a separate
implementation of the same specification in plain NumPy that shares no code with this one. A value agrees if the
difference is at most four standard errors of the difference.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import spreadsim as ss
from spreadsim.drivers.running import Task, run_tasks
from spreadsim.network.construction import make_network
from spreadsim.outcomes.measures import MEASURES
from spreadsim.scenario.plan import plan
from spreadsim.scenario.validation import as_document, validate, with_setting

HERE = Path(__file__).parent
REFERENCE = HERE / "mechanisms-reference.csv"
FILE = HERE.parent / "docs" / "verification" / "mechanisms.md"
LIMIT = 4.0
NAMES = [measure.name for measure in MEASURES]
STRATEGIES: dict[str, dict[str, float]] = {
    "top-down": {"balance": 0.0},
    "organic": {"balance": 1.0},
    "blend": {"mandate": 0.3, "latitude": 0.25, "peer_programme": 1.0, "monitoring": 1.0},
    "blend-with-little-latitude": {"mandate": 0.3, "latitude": 0.05, "peer_programme": 1.0, "monitoring": 1.0},
    "blend-with-half-a-mandate": {"mandate": 0.5, "latitude": 0.05, "peer_programme": 1.0, "monitoring": 1.0},
}


@dataclass(frozen=True)
class Stage:
    """A mechanism, and the settings that switch it on."""

    name: str
    title: str
    settings: Mapping[str, Any]


STAGES = (
    Stage("0", "version 2", {}),
    Stage("A", "no penalty for uneven losses: the exponent of the core is 1", {"intervention.core_exponent": 1}),
    Stage(
        "B",
        "appraisal of readiness, preparing, light support",
        {
            "behaviour.appraisal.applies": True,
            "behaviour.appraisal.error": 1.5,
            "behaviour.appraisal.preparation_rate": 0.05,
            "behaviour.implementation.unreadiness_multiplier": 3.0,
            "behaviour.implementation.abandonment_rate": 0.04,
            "programme.light_support_place": 0.1,
        },
    ),
    Stage("C", "turnover", {"behaviour.turnover.rate": 0.01, "behaviour.turnover.knowledge_loss": 0.4}),
    Stage(
        "D",
        "pressure",
        {
            "behaviour.pressure.rate": 0.03,
            "behaviour.pressure.effect": 1.0,
            "behaviour.sustainment.discontinuation_rate": 0.0065,
        },
    ),
    Stage(
        "E",
        "adaptation at a price, tests, co-production, a second form; habits outlive the programme",
        {
            "behaviour.adaptation.core_erosion_rate": 0.0,
            "behaviour.adaptation.misjudgement": 1.0,
            "behaviour.adaptation.core_damage_rate": 0.4,
            "behaviour.adaptation.co_production_licence": 0.5,
            "behaviour.adaptation.second_form_fit": 0.9,
            "behaviour.copying.core_omission_by_square": True,
            "programme.tests": 0.3,
            "programme.latitude_after": "as-before",
        },
    ),
    Stage("F", "regions that differ", {"services.regional_intraclass_correlation": 0.2}),
    Stage("G", "a collaborative", {"programme.collaborative.share": 0.3}),
    Stage(
        "H",
        "odds of support, and the cost of the team",
        {"behaviour.engagement.support_odds": 0.3, "cost.team_month": 0.1},
    ),
)


def stage_values(stages: tuple[Stage, ...], replicates: int) -> pd.DataFrame:
    """Return the measures at each stage: columns stage, strategy, measure, mean, standard_error."""
    document = as_document(ss.load_scenario("version-2"))
    document["strategies"] = STRATEGIES
    rows: list[tuple[str, str, str, float, float]] = []
    for stage in stages:
        for path, value in stage.settings.items():
            document = with_setting(document, path.split("."), value, "mechanisms")
        for strategy, values in _measures(document, replicates).items():
            for measure, column in zip(NAMES, values.T, strict=True):
                numbers = column[~np.isnan(column)]
                if len(numbers) > 1:
                    error = float(np.std(numbers, ddof=1) / np.sqrt(len(numbers)))
                    rows.append((stage.name, strategy, measure, float(np.mean(numbers)), error))
    return pd.DataFrame(rows, columns=["stage", "strategy", "measure", "mean", "standard_error"])


def _measures(document: dict[str, Any], replicates: int) -> dict[str, np.ndarray]:
    """Return for each strategy an array (replicate, measure) of outcomes on common networks."""
    scenario = validate(document, "mechanisms")
    plans = [plan(scenario, name) for name in STRATEGIES]
    tasks = [Task(replicate, plans, [False] * len(plans), False) for replicate in range(replicates)]
    result = {name: np.empty((replicates, len(NAMES))) for name in STRATEGIES}
    for replicate, runs in enumerate(run_tasks(scenario, make_network(scenario), False, tasks)):
        for name, run in zip(STRATEGIES, runs, strict=True):
            result[name][replicate] = [run.measures[measure] for measure in NAMES]
    return result


def beside_reference(values: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Return values joined with the reference's, and their difference in standard errors of the difference."""
    both = values.merge(reference, on=["stage", "strategy", "measure"], suffixes=("", "_reference"))
    # The reference is rounded to three decimals: half of the last one is added to what two means may differ by.
    gap = (np.abs(both["mean"] - both["mean_reference"]) - 0.0005).clip(lower=0.0)
    spread = np.sqrt(both["standard_error"] ** 2 + both["standard_error_reference"] ** 2)
    both["standard_errors"] = np.where(gap > 0, gap / spread.clip(lower=1e-12), 0.0)
    return both


def page(both: pd.DataFrame, stages: tuple[Stage, ...], replicates: int) -> str:
    """Return the page of one run."""
    count, agree = len(both), int((both["standard_errors"] <= LIMIT).sum())
    lines = [
        "# Mechanisms switched on in turn",
        "",
        f"Written by `python experiments/mechanisms.py --replicates {replicates} --write`: the default scenario, from",
        "version 2 to what it is, five strategies, each stage with the mechanisms of those above it. *Reference*: an",
        "independent implementation of the same specification in plain NumPy, 16 replicates. Standard errors in",
        "brackets.",
        "",
        f"{agree} of {count} values (every measure that both report) differ by at most {LIMIT:g} standard errors of",
        f"the difference; the largest difference is {both['standard_errors'].max():.1f}.",
        "",
    ]
    for measure, title in (("benefit", "Sustained benefit"), ("cumulative_benefit", "Cumulative benefit")):
        lines += [f"## {title}", "", "| stage | " + " | ".join(STRATEGIES) + " |", "|-" * (len(STRATEGIES) + 1) + "|"]
        for stage in stages:
            cells = [_cell(both, stage.name, strategy, measure) for strategy in STRATEGIES]
            lines.append(f"| {stage.name} {stage.title} | " + " | ".join(cells) + " |")
        lines.append("")
    far = both[both["standard_errors"] > LIMIT]
    if len(far):
        lines += ["## Values that differ", "", "| stage | strategy | measure | here | reference |", "|-|-|-|-|-|"]
        for row in far.itertuples():
            here, there = (
                _number(row.mean, row.standard_error),
                _number(row.mean_reference, row.standard_error_reference),
            )
            lines.append(f"| {row.stage} | {row.strategy} | {row.measure} | {here} | {there} |")
        lines.append("")
    return "\n".join(lines)


def _cell(both: pd.DataFrame, stage: str, strategy: str, measure: str) -> str:
    row = both[(both["stage"] == stage) & (both["strategy"] == strategy) & (both["measure"] == measure)].iloc[0]
    here = _number(row["mean"], row["standard_error"])
    return f"{here}; reference {_number(row['mean_reference'], row['standard_error_reference'])}"


def _number(mean: Any, error: Any) -> str:
    return f"{mean:.3f} ({error:.3f})"


def main() -> None:
    """Run the stages, print the page and write it if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=16)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    both = beside_reference(stage_values(STAGES, options.replicates), pd.read_csv(REFERENCE, dtype={"stage": str}))
    text = page(both, STAGES, options.replicates)
    print(text)
    if options.write:
        FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
