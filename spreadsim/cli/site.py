"""The command ``site``: a static website whose model runs in the reader's browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from spreadsim.cli.options import force_option, quiet_option, replicates_option


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--scenario", "scenarios", multiple=True, metavar="NAME",
              help="A shipped scenario, or a file; repeatable, or none [default: five shipped ones].")  # fmt: skip
@click.option("--lesson", "lessons", multiple=True, metavar="NAME",
              help="A lesson, by number or name; repeatable, or none [default: all].")  # fmt: skip
@click.option("--lessons", "own_lessons", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
              help="Folder with your own lessons, in addition to those shipped.")  # fmt: skip
@click.option("--sandbox", metavar="NAME",
              help="Scenario of the sandbox, or none [default: the first of the scenarios].")  # fmt: skip
@click.option("--language", "language_files", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
              help="A file of translated texts; repeatable, one a language.")  # fmt: skip
@click.option("--texts", "texts_file", type=click.Path(path_type=Path), metavar="FILE",
              help="Write the texts of the site to translate, and nothing else.")  # fmt: skip
@click.option("--package", type=click.Choice(["scorm"]),
              help="Write a zip for a learning platform, by SCORM 1.2, in place of a folder.")  # fmt: skip
@replicates_option("Paired runs of each strategy, 30 at most [default: the scenario's own].")
@quiet_option()
@force_option()
def site(
    folder: Path | None,
    scenarios: tuple[str, ...],
    lessons: tuple[str, ...],
    own_lessons: Path | None,
    sandbox: str | None,
    package: str | None,
    language_files: tuple[Path, ...],
    texts_file: Path | None,
    replicates: int | None,
    quiet: bool,
    force: bool,
) -> None:
    """Write a website with lessons, scenarios and a sandbox: the model runs in the reader's browser, with no server.

    \b
    Example: spreadsim site my-site --scenario default --scenario my-own.toml
             spreadsim site my-lessons.zip --package scorm --scenario none
    """
    from spreadsim.website.site import SCENARIOS, make_site, write_texts

    content: dict[str, Any] = {
        "scenarios": () if scenarios == ("none",) else scenarios or SCENARIOS,
        "lessons": () if lessons == ("none",) else lessons or None,
        "own_lessons": own_lessons,
        "sandbox": "" if sandbox == "none" else sandbox,
        "language_files": language_files,
    }
    if texts_file is not None:
        n = write_texts(texts_file, **content)
        click.echo(f"{texts_file}: {n} texts to translate; then: spreadsim site FOLDER --language {texts_file}")
        return
    if folder is None:
        raise click.UsageError("name the folder to write, as in: spreadsim site my-site")
    made = make_site(
        folder, **content, replicates=replicates, package=package, force=force,
        step=lambda name: None if quiet else click.echo(f"  {name}", err=True),
    )  # fmt: skip
    for file, missing in made.missing.items():
        if missing:
            places = ", ".join(".".join(place) for place in missing[:3])
            click.echo(f"{file}: {len(missing)} texts are not translated and stay in English: {places}"
                 + (", ..." if len(missing) > 3 else ""))  # fmt: skip
    n_pages = f"{len(made.pages)} page" + ("" if len(made.pages) == 1 else "s")
    then = "upload it to a learning platform" if package else f"open {made.folder / made.pages[0]}"
    click.echo(f"{made.folder}: {n_pages}; {then}")
