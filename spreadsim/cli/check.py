"""The command ``check``: validates a scenario or experiment and says how large it is."""

from __future__ import annotations

import click

from spreadsim.cli.options import json_option, settings_option, show_faults, tell


@click.command()
@click.argument("name")
@settings_option()
@json_option("Print the resolved file as JSON.")
def check(name: str, settings: tuple[str, ...], as_json: bool) -> None:
    """Validate a scenario or experiment and its inputs, say how large it is, and run nothing.

    \b
    Example: spreadsim check england-primary-care
    """
    from spreadsim.sweeps.experiment import is_experiment

    if is_experiment(name):
        _check_experiment(name, settings, as_json)
        return
    from spreadsim.comparison.size import size_of
    from spreadsim.scenario.files import load_scenario
    from spreadsim.scenario.validation import as_document

    scenario = load_scenario(name, settings)
    size = size_of(scenario)
    if as_json:
        from spreadsim.telling.folder import as_json as to_json

        click.echo(to_json(as_document(scenario)), nl=False)
        return
    show_faults(size.network.faults)
    click.echo(f"{name}: valid")
    for label, value in size.lines():
        tell(f"  {label:<22}{value}")


def _check_experiment(name: str, settings: tuple[str, ...], as_json: bool) -> None:
    """Validate an experiment file, say how large it is, and run nothing: `check` on an experiment."""
    from spreadsim.sweeps.experiment import load_experiment
    from spreadsim.sweeps.folder import experiment_document
    from spreadsim.sweeps.size import size_lines
    from spreadsim.telling.folder import as_json as to_json

    study = load_experiment(name, settings)
    lines = size_lines(study)
    if as_json:
        click.echo(to_json(experiment_document(study)), nl=False)
        return
    click.echo(f"{name}: valid")
    for label, value in lines:
        tell(f"  {label:<22}{value}")
