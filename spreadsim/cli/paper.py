"""The command ``paper``: the reviewer's package of a results folder."""

from __future__ import annotations

from pathlib import Path

import click

from spreadsim.cli.options import ResultsFolder, force_option, out_option, quiet_option, tell, workers_option


@click.command()
@click.argument("folder", type=ResultsFolder())
@out_option("Folder of the package [default: FOLDER-paper].")
@click.option("--no-structures", is_flag=True,
              help="Do not run the study under other rules, which takes about seven times its own time.")  # fmt: skip
@click.option("--no-worlds", is_flag=True,
              help="Under other rules, use the scenario's own values alone: quicker.")  # fmt: skip
@click.option("--licence", metavar="TEXT", default="", help="Terms of use of the package: an address or words.")
@workers_option()
@quiet_option()
@force_option()
def paper(
    folder: Path,
    out: Path | None,
    no_structures: bool,
    no_worlds: bool,
    licence: str,
    workers: int | None,
    quiet: bool,
    force: bool,
) -> None:
    """Write what the reviewers of a study need: ODD text, checklists, supplement, results, RO-Crate.

    The study is run again from its receipt, and on the same design under other rules, so that each finding says which
    of them it survives.

    \b
    Example: spreadsim paper results/default
             spreadsim paper results/default --no-worlds --licence https://creativecommons.org/licenses/by/4.0/
    """
    from spreadsim.publication.package import paper as run

    package = run(
        folder, out, structures=not no_structures, worlds=not no_worlds, licence=licence, workers=workers, force=force,
        progress=not quiet,
    )  # fmt: skip
    if not quiet:
        for sentence in package.sentences:
            tell(sentence, False)
    click.echo(f"Package: {package.folder}  (read {package.folder / 'README.md'})")
