"""The command ``comparison.components``: who is ready, and what each component does to the outcome."""

from __future__ import annotations

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
from spreadsim.errors import InputError


@click.command()
@click.argument("name")
@click.option("--component", "only", multiple=True, metavar="NAME", help="Change only this component; repeatable.")
@click.option("--strategy", "strategies", multiple=True, metavar="NAME", help="Only under this strategy; repeatable.")
@click.option("--measure", default="benefit", show_default=True, help="Outcome to compare.")
@replicates_option("Paired runs of each change [default: up to 20].", most=100_000)
@seed_option()
@settings_option()
@workers_option()
@json_option()
@wide_option()
def components(
    name: str,
    only: tuple[str, ...],
    strategies: tuple[str, ...],
    measure: str,
    replicates: int | None,
    seed: int | None,
    settings: tuple[str, ...],
    workers: int | None,
    as_json: bool,
    wide: bool,
) -> None:
    """Report which services are ready for the intervention, and how each component affects the outcome.

    Each component is made core or adaptable, simpler, and better written down, in runs with the same luck.

    \b
    Example: spreadsim components default --strategy blend
    """
    from spreadsim.comparison.components import study_components
    from spreadsim.errors import nearest
    from spreadsim.outcomes.measures import BY_NAME
    from spreadsim.scenario.files import load_scenario

    if measure not in BY_NAME:
        raise InputError("--measure", measure, "is not a measure", nearest(measure, BY_NAME))
    study = study_components(
        load_scenario(name, settings),
        only=only or None,
        strategies=strategies or None,
        replicates=replicates,
        seed=seed,
        workers=workers,
    )
    if as_json:
        from spreadsim.telling.folder import as_json as to_json

        click.echo(
            to_json(
                {
                    "scenario": study.scenario.name,
                    "replicates": study.n_replicates,
                    "readiness": {
                        r.strategy: {
                            "ready": float(r.ready.mean()),
                            "services": dict(zip(study.network.ids, r.of_own_accord.tolist(), strict=True)),
                        }
                        for r in study.readiness
                    },
                    "what_if": [
                        {
                            "component": w.component,
                            "change": w.change,
                            "differences": {
                                s: {m: vars(d) for m, d in row.items()} for s, row in w.differences.items()
                            },
                        }
                        for w in study.what_ifs
                    ],
                }
            ),
            nl=False,
        )
        return
    from spreadsim.comparison.terminal import components_text

    tell(components_text(study, measure, wide), wide)
