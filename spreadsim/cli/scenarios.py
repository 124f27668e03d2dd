"""The command ``scenarios``: lists what is shipped, or copies one to edit."""

from __future__ import annotations

import json
from pathlib import Path

import click

from spreadsim.cli.options import json_option, tell
from spreadsim.errors import InputError, nearest


@click.command()
@click.option("--copy", "copy_name", metavar="NAME", help="Write a shipped scenario to edit.")
@click.option("--to", "target", type=click.Path(path_type=Path), help="File to write [default: NAME.toml].")
@json_option()
def scenarios(copy_name: str | None, target: Path | None, as_json: bool) -> None:
    """List the shipped scenarios, or copy one to edit.

    \b
    Example: spreadsim scenarios --copy default
    """
    from spreadsim.scenario.files import load_scenario, shipped_folder, shipped_names
    from spreadsim.telling.atomic import atomic_path

    names = shipped_names()
    if copy_name is not None:
        if copy_name not in names:
            raise InputError("--copy", copy_name, "no shipped scenario has this name", nearest(copy_name, names))
        path = target or Path(f"{copy_name}.toml")
        if path.exists():
            raise InputError("--to", str(path), "exists already", "choose another file")
        if not path.parent.is_dir():
            raise InputError("--to", str(path), "its folder does not exist", "make it first, or choose another file")
        with atomic_path(path, "--to") as new:
            new.write_bytes((shipped_folder("scenarios") / f"{copy_name}.toml").read_bytes())
        click.echo(f"{path}: written; run it with: spreadsim compare {path}")
        return
    listing = []
    for name in names:
        scenario = load_scenario(name)
        listing.append(
            {
                "name": name,
                "title": scenario.title,
                "strategies": list(scenario.strategies),
                "shows": scenario.shows,
            }
        )
    if as_json:
        click.echo(json.dumps(listing, indent=2, ensure_ascii=False))
        return
    for item in listing:
        click.echo(click.style(str(item["name"]), bold=True))
        tell(f"    {item['title']}")
        tell(f"    strategies: {', '.join(item['strategies'])}")
        tell(f"    shows: {item['shows']}")
