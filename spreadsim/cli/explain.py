"""The command ``explain``: why a service did what it did."""

from __future__ import annotations

import click

from spreadsim.cli.options import json_option, seed_option, settings_option, tell, wide_option


@click.command()
@click.argument("name")
@click.option("--service", required=True, metavar="ID", help="The service's id.")
@click.option("--strategy", metavar="NAME", help="Strategy [default: the first].")
@click.option("--replicate", type=click.IntRange(0), default=0, show_default=True, help="Replicate.")
@seed_option()
@settings_option()
@json_option()
@wide_option()
def explain(
    name: str,
    service: str,
    strategy: str | None,
    replicate: int,
    seed: int | None,
    settings: tuple[str, ...],
    as_json: bool,
    wide: bool,
) -> None:
    """Explain why a service did what it did, and what it would have done with one cause removed.

    \b
    Example: spreadsim explain default --service service-0042 --strategy blend
    """
    from spreadsim.comparison.explanation import explain as run
    from spreadsim.scenario.files import load_scenario

    explanation = run(load_scenario(name, settings), service, strategy=strategy, replicate=replicate, seed=seed)
    if as_json:
        from dataclasses import asdict

        from spreadsim.telling.folder import as_json as to_json

        click.echo(to_json(asdict(explanation)), nl=False)
        return
    from spreadsim.comparison.terminal import explanation_text

    tell(explanation_text(explanation), wide)
