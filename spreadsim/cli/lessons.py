"""The command that lists, copies and checks lessons: lessons."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from spreadsim.cli.options import json_option
from spreadsim.errors import InputError, SpreadsimError, system_reason
from spreadsim.input_files import is_file


@click.command()
@click.option(
    "--lessons",
    "own",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder with your own lessons, in addition to those shipped.",
)
@click.option(
    "--copy", "copy_name", metavar="NAME", help="Copy a lesson, by number or name, as the start of a new one."
)
@click.option("--to", "target", type=click.Path(path_type=Path), help="Folder to write [default: its name].")
@click.option(
    "--check",
    "check_name",
    metavar="NAME",
    help="Run a lesson, by number, name or folder, and say whether its claims hold and can fail.",
)
@json_option()
def lessons(
    own: Path | None, copy_name: str | None, target: Path | None, check_name: str | None, as_json: bool
) -> None:
    """List the lessons, copy one as the start of a new one, or check one.

    \b
    Example: spreadsim lessons --copy 5 --to my-lessons/09-telephone
             spreadsim lessons --check my-lessons/09-telephone
    """
    from spreadsim.lessons.files import FILE, find_lesson, lesson_folders, load_lesson

    folders = lesson_folders(own)
    if copy_name is not None:
        _copy(find_lesson(copy_name, folders), target)
        return
    if check_name is not None:
        folder = Path(check_name) if is_file(Path(check_name) / FILE) else find_lesson(check_name, folders)
        _check(folder.resolve(), as_json)
        return
    listing = []
    for folder in folders:
        lesson = load_lesson(folder)
        listing.append({"number": lesson.number, "name": lesson.name, "title": lesson.table.title,
                        "idea": lesson.table.idea, "minutes": lesson.table.minutes})  # fmt: skip
    if as_json:
        click.echo(json.dumps(listing, indent=2, ensure_ascii=False))
        return
    for item in listing:
        click.echo(f"{item['number']:>2}  {click.style(str(item['title']), bold=True)} ({item['minutes']} minutes)")
        click.echo(f"    {item['idea']}")
    click.echo("Open one with: spreadsim app --lesson NUMBER")


def _copy(source: Path, target: Path | None) -> None:
    import shutil

    from spreadsim.telling.atomic import atomic_path

    path = target or Path(source.name)
    if path.exists():
        raise InputError("--to", str(path), "exists already", "choose another folder")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problem = f"cannot be written ({system_reason(error)})"
        raise InputError("--to", str(path), problem, "choose another folder") from None
    with atomic_path(path, "--to") as new:
        new.mkdir()
        for file in source.iterdir():
            if file.is_file():
                shutil.copyfile(file, new / file.name)
    click.echo(f"{path}: written; edit it, then check it with: spreadsim lessons --check {path}")


def _check(folder: Path, as_json: bool) -> None:
    from spreadsim.lessons.files import load_lesson
    from spreadsim.lessons.runs import ClaimResult, check_claims

    lesson = load_lesson(folder)
    findings = check_claims(lesson)

    def row(finding: ClaimResult) -> dict[str, Any]:
        return {"value": finding.value, "compared_with": finding.other, "holds": finding.holds}

    if as_json:
        click.echo(json.dumps(
            [{"says": on.claim.says, "rule": on.claim.rule, "as_it_is": row(on), "rule_switched_off": row(off)}
             for on, off in findings], indent=2, ensure_ascii=False))  # fmt: skip
    else:
        click.echo(f"{lesson.name}: the files are consistent")
        for on, off in findings:
            click.echo(click.wrap_text(f"claim: {on.claim.says}", 100, "  ", "    "))
            click.echo(
                f"    {on.claim.measure}: {on.value:.3f} against {on.other:.3f}: "
                + ("holds" if on.holds else "DOES NOT HOLD")
            )
            click.echo(click.wrap_text(f"with the rule switched off ({on.claim.rule}):", 100, "    ", "      "))
            click.echo(
                f"    {off.claim.measure}: {off.value:.3f} against {off.other:.3f}: "
                + ("STILL HOLDS" if off.holds else "fails, as it must")
            )
    bad = sum(not on.holds or off.holds for on, off in findings)
    if bad:
        raise SpreadsimError(
            f"{lesson.name}: {bad} of {len(findings)} claims do not hold, or hold even without their rule; "
            "reword the claim, or change the scenario or the switch"
        )


if __name__ == "__main__":
    lessons()
