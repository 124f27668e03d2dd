"""The command ``ties``: what a finding owes to ties that were made."""

from __future__ import annotations

from typing import Any

import click

from spreadsim.cli.options import (
    json_option,
    replicates_option,
    seed_option,
    settings_option,
    tell,
    wide_option,
    workers_option,
)


@click.command()
@click.argument("name")
@click.option("--measure", default="benefit", show_default=True, metavar="MEASURE", help="Outcome to compare by.")
@replicates_option(default=20, most=10_000)
@seed_option()
@settings_option()
@workers_option()
@json_option()
@wide_option()
def ties(
    name: str,
    measure: str,
    replicates: int,
    seed: int | None,
    settings: tuple[str, ...],
    workers: int | None,
    as_json: bool,
    wide: bool,
) -> None:
    """Compare a scenario's strategies with ties made at other rates and by other rules, beside each other.

    For networks whose ties nobody has published: says whether the finding depends on how they were made.

    \b
    Example: spreadsim ties england-primary-care --replicates 10
    """
    from spreadsim.comparison.tie_rules import compare_tie_rules, tie_rules_text
    from spreadsim.scenario.files import load_scenario

    rules = compare_tie_rules(
        load_scenario(name, settings), measure=measure, replicates=replicates, seed=seed, workers=workers
    )
    if as_json:
        from spreadsim.telling.folder import as_json as to_json

        rows: list[dict[str, Any]] = [
            {
                "ties": rule.title,
                "peers": rule.mean_degree,
                "strategies": {
                    key: {"mean": s[measure].mean, "low": s[measure].low, "high": s[measure].high}
                    for key, s in rule.comparison.summaries.items()
                },
                "leader": rule.standing.leader,
            }
            for rule in rules
        ]
        click.echo(to_json({"measure": measure, "rules": rows}), nl=False)
        return
    tell(tie_rules_text(rules, wide), wide)
