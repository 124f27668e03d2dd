"""The command ``site``: a static website whose model runs in the reader's browser."""

from __future__ import annotations

from pathlib import Path

import click

from spreadsim.cli.options import force_option, quiet_option, replicates_option


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--scenario", "scenarios", multiple=True, metavar="NAME",
              help="A shipped scenario, or a file; repeatable [default: five shipped ones].")  # fmt: skip
@click.option("--language", "language_files", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
              help="A file of translated texts; repeatable, one a language.")  # fmt: skip
@click.option("--texts", "texts_file", type=click.Path(path_type=Path), metavar="FILE",
              help="Write the texts of the site to translate, and nothing else.")  # fmt: skip
@replicates_option("Paired runs of each strategy, 30 at most [default: the scenario's own].")
@quiet_option()
@force_option()
def site(
    folder: Path | None,
    scenarios: tuple[str, ...],
    language_files: tuple[Path, ...],
    texts_file: Path | None,
    replicates: int | None,
    quiet: bool,
    force: bool,
) -> None:
    """Write a website with scenarios that readers can change: the model runs in their browser, with no server.

    \b
    Example: spreadsim site my-site --scenario default --scenario my-own.toml
    """
    from spreadsim.website.site import SCENARIOS, make_site, write_texts

    chosen = scenarios or SCENARIOS
    if texts_file is not None:
        n = write_texts(texts_file, scenarios=chosen, language_files=language_files)
        click.echo(f"{texts_file}: {n} texts to translate; then: spreadsim site FOLDER --language {texts_file}")
        return
    if folder is None:
        raise click.UsageError("name the folder to write, as in: spreadsim site my-site")
    made = make_site(
        folder, scenarios=chosen, language_files=language_files, replicates=replicates, force=force,
        step=lambda name: None if quiet else click.echo(f"  {name}", err=True),
    )  # fmt: skip
    for file, missing in made.missing.items():
        if missing:
            places = ", ".join(".".join(place) for place in missing[:3])
            click.echo(f"{file}: {len(missing)} texts are not translated and stay in English: {places}"
                 + (", ..." if len(missing) > 3 else ""))  # fmt: skip
    click.echo(f"{made.folder}: {len(made.pages)} pages; open {made.folder / made.pages[0]}")
