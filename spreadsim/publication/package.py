"""The reviewer's package of a results folder: texts, tables, a picture, the results, and their research object.

What belongs here: which files there are, and the supplement that shows design, convergence and structures. What does
not: what the ODD text and the checklists say (``odd``, ``checklists``).

study : a results folder, run again.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from spreadsim.comparison.findings import answer
from spreadsim.comparison.standings import HORIZONS
from spreadsim.errors import InputError
from spreadsim.publication.checklists import Item, checklist_text, cheers_items, stress_items
from spreadsim.publication.convergence import ConvergenceRow, convergence, convergence_figure
from spreadsim.publication.crate import require_rocrate, write_crate
from spreadsim.publication.odd import odd_text, outcomes_text, parameter_rows
from spreadsim.publication.structures import OWN, StructureRun, pair_differences, run_structures, survival_sentences
from spreadsim.publication.study import Study, read_study
from spreadsim.telling.atomic import RECEIPT, atomic_folder, check_target
from spreadsim.telling.figures import svg
from spreadsim.telling.folder import as_json, hashes, versions, write_text
from spreadsim.telling.reference import markdown_table
from spreadsim.telling.spreadsheets import csv_text
from spreadsim.telling.wording import mean_cell

ABOUT = {
    "README.md": "What this package holds, and what is left to the authors",
    "odd.md": "ODD text of this study",
    "stress.md": "STRESS checklist for agent-based simulation",
    "cheers.md": "CHEERS 2022 checklist",
    "supplement.md": "Design, versions, parameters, convergence and structural sensitivity",
    "parameters.csv": "Every parameter with value, unit and source",
    "convergence.csv": "How the headline's intervals shrink with runs",
    "convergence.svg": "The same as a picture",
    "structures.csv": "Every strategy under every structure",
    "provenance.json": "Receipt of this package: the hash of each file",
    "results/report.html": "The report for those who decide",
    "results/runs.parquet": "Every measure of every run",
    "results/scenario.toml": "The scenario with every value written out",
    "results/provenance.json": "The receipt, from which the results can be made again",
}


@dataclass(frozen=True)
class Package:
    """A reviewer's package that was written.

    Attributes
    ----------
    folder : where it is.
    study : that it is of.
    structures : the study's own run, and those under other structures.
    checklists : items by name of the checklist.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=3, driver="mesa", workers=1, frontier=False)
    >>> package = ss.paper(comparison.save("saved", force=True), structures=False, workers=1, force=True)
    >>> [sum(item.is_filled for item in items) for items in package.checklists.values()]
    [18, 9]
    """

    folder: Path
    study: Study
    structures: Sequence[StructureRun]
    checklists: dict[str, list[Item]]

    @property
    def sentences(self) -> list[str]:
        """What a reviewer should know first."""
        left = [
            f"{name}: {sum(not item.is_filled for item in items)} of {len(items)} items are left to the authors, "
            "wholly or in part."
            for name, items in self.checklists.items()
        ]
        return [self.study.sentence, *survival_sentences(self.structures), *left]


def paper(
    folder: str | Path,
    out: str | Path | None = None,
    *,
    structures: bool = True,
    worlds: bool = True,
    licence: str = "",
    workers: int | None = None,
    force: bool = False,
    progress: bool = True,
) -> Package:
    """Write the reviewer's package of a results folder: ODD text, checklists, supplement and RO-Crate.

    The study is run again from its receipt, and under other structures on the same design.

    Parameters
    ----------
    folder : a results folder of `compare`.
    out : of the package; the folder's name with ``-paper`` by default.
    structures : whether the study is run under other structures, about seven times its own time.
    worlds : whether plausible worlds are run under each of them, too.
    licence : terms under which the package may be used, an address or words.
    workers, progress : as in `compare`.
    force : whether an earlier package is replaced.

    Returns
    -------
    The package.

    Raises
    ------
    InputError : it is no results folder of `compare`, or the package exists and `force` is false.
    MissingExtraError : rocrate is not installed.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=3, driver="mesa", workers=1, frontier=False)
    >>> package = ss.paper(comparison.save("saved", force=True), structures=False, workers=1, force=True)
    >>> sorted(path.name for path in package.folder.iterdir())[:4]
    ['README.md', 'cheers.md', 'convergence.csv', 'convergence.svg']
    """
    require_rocrate()
    source = Path(folder)
    target = Path(out) if out is not None else source.with_name(f"{source.resolve().name}-paper")
    if target.resolve().is_relative_to(source.resolve()):
        raise InputError("--out", str(target), "lies in the results folder", "choose a folder beside it")
    check_target(target, force)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    study = read_study(source, workers=workers, progress=progress)
    runs = [StructureRun(OWN, study.comparison)]
    if structures:
        runs = run_structures(study.comparison, worlds=worlds, workers=workers, progress=progress)
    checklists = {"STRESS": stress_items(study), "CHEERS": cheers_items(study)}
    package = Package(target, study, runs, checklists)
    with atomic_folder(target, force) as place:
        _write(package, place, licence, started)
    return package


def _write(package: Package, place: Path, licence: str, started: str) -> None:
    """Write every file of a package into a folder that is there."""
    study = package.study
    rows = convergence(study.comparison)
    write_text(place / "odd.md", odd_text(study))
    for name, source in (
        ("STRESS", "Strengthening the Reporting of Empirical Simulation Studies, for agent-based simulation: Monks and "
         "others, Journal of Simulation 2019;13:55"),
        ("CHEERS", "Consolidated Health Economic Evaluation Reporting Standards 2022: Husereau and others, "
         "BMJ 2022;376:e067975"),
    ):  # fmt: skip
        items = package.checklists[name]
        write_text(place / f"{name.lower()}.md", checklist_text(f"{name} checklist", source, items))
    head, parameters = parameter_rows(study)
    write_text(place / "parameters.csv", csv_text(head, parameters))
    write_text(place / "supplement.md", supplement_text(package, rows))
    if rows:
        write_text(place / "convergence.csv", csv_text(*_convergence_table(rows)))
        caption = "Figures of the headline with 95% intervals, on an eighth, a quarter, a half and all of the runs"
        write_text(place / "convergence.svg", _standalone(svg(convergence_figure(rows), "convergence", caption)))
    write_text(place / "structures.csv", csv_text(*_structure_rows(package.structures)))
    shutil.copytree(study.folder, place / "results")
    write_text(place / "README.md", _readme(package, place))
    (place / RECEIPT).touch()  # described in the crate, and written when every hash is there
    write_crate(study, place, ABOUT, licence)
    receipt = {
        "command": f"spreadsim paper {study.folder.name}", "options": {"structures": len(package.structures) - 1},
        "seed": study.receipt.get("seed"), "versions": versions(), "inputs": {}, "results": hashes(place),
        "started": started, "ended": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    write_text(place / RECEIPT, as_json(receipt))


def _standalone(drawing: str) -> str:
    return drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1) + "\n"


def _readme(package: Package, place: Path) -> str:
    scenario = package.study.comparison.scenario
    files = [
        f"- `{name}`: {words}" for name, words in ABOUT.items() if name != "README.md" and (place / name).is_file()
    ]
    return "\n".join([
        f"# {scenario.title or scenario.name}", "", *(f"{sentence}\n" for sentence in answer(package.study.comparison)),
        "## What a reviewer should know", "", *(f"- {sentence}" for sentence in package.sentences), "",
        "## What is here", "", *files,
        "- `ro-crate-metadata.json`: what each file is, for programs (RO-Crate 1.1)", "",
        "The texts were made by the program from the scenario, the code's declarations and the runs. What they say is "
        "so of this study; whether it is so of the world is for its authors to argue.", "",
    ])  # fmt: skip


def supplement_text(package: Package, rows: Sequence[ConvergenceRow]) -> str:
    """Return the supplement: design, versions, outcomes, convergence, structures and parameters.

    Parameters
    ----------
    package : whose study and structures it is of.
    rows : of the convergence.

    Returns
    -------
    Markdown.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=3, driver="mesa", workers=1, frontier=False)
    >>> package = ss.paper(comparison.save("saved", force=True), structures=False, workers=1, force=True)
    >>> supplement_text(package, []).splitlines()[2]
    '## Design'
    """
    study, c = package.study, package.study.comparison
    receipt, s = study.receipt, study.comparison.scenario
    worlds = "none: the headline counts chance alone"
    if c.doubt is not None:
        worlds = f"{c.doubt.n_sets} {c.doubt.worlds}, {c.doubt.n_replicates} runs in each, every strategy"
    design = [
        ("command", f"`{receipt['command']}`"), ("seed", s.run.seed), ("replicates", c.n_replicates),
        ("months", s.run.months), ("strategies", ", ".join(c.strategies)), ("plausible worlds", worlds),
        ("driver", c.driver), ("started, ended", f"{receipt.get('started')}, {receipt.get('ended')}"),
        ("made again", study.sentence),
    ]  # fmt: skip
    parts = [
        f"# Supplement: {s.title or s.name}", "## Design", markdown_table(["what", "value"], design),
        "Random numbers are common to all strategies: what is compared differs by the strategy alone.",
        "## Versions", markdown_table(["name", "version"], dict(receipt.get("versions", {})).items()),
        "## Outcomes with the scenario's own values", outcomes_text(study), "Means with 95% intervals, which count "
        "chance alone.",
    ]  # fmt: skip
    parts += ["## Convergence", *_convergence_part(rows), "## Structural sensitivity", *_structure_part(package)]
    if c.doubt is not None:
        ranges = [(f"`{path}`", f"{low:.4g}", f"{high:.4g}") for path, low, high in c.doubt.ranges()]
        parts += ["## Parameters in doubt, and their values in these worlds",
                  markdown_table(["parameter", "lowest", "highest"], ranges)]  # fmt: skip
    head, parameters = parameter_rows(study)
    parts += ["## Every parameter", markdown_table(head, [[f"`{row[0]}`", *row[1:]] for row in parameters])]
    return "\n\n".join(parts) + "\n"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _convergence_table(rows: Sequence[ConvergenceRow]) -> tuple[list[str], list[list[str]]]:
    head = ["figure", "more and more", "n", "mean", "low", "high", "half of the interval"]
    return head, [
        [row.figure, row.over, str(row.n), *map(_number, (row.mean, row.low, row.high, row.half))] for row in rows
    ]


def _convergence_part(rows: Sequence[ConvergenceRow]) -> list[str]:
    if not rows:
        return ["Nothing is compared, so that nothing can converge."]
    return [
        "The figures on which the headline rests, on ever more of the runs that were made. Chance alone halves an "
        "interval for four times the runs; an interval over worlds shrinks more slowly where runs of a world differ "
        "by luck that all worlds share. An empty cell: too few runs for an interval.",
        markdown_table(*_convergence_table(rows)),
        "![The same as a picture](convergence.svg)",
    ]


def _structure_part(package: Package) -> list[str]:
    runs = package.structures
    if len(runs) == 1:
        return ["Not run: the package was written with `--no-structures`."]
    in_worlds = runs[0].comparison.doubt is not None and any(run.comparison.doubt for run in runs[1:])
    parts = [
        "The same strategies, networks, seed and replicates under other rules. A structure is one change from the "
        "study's own, the last one many; what a structure sets is no longer in doubt. Differences count chance alone, "
        "at a joint level of 95% over all pairs of strategies.",
        *survival_sentences(runs),
    ]
    for measure, label in HORIZONS.items():
        head = ["structure", *runs[0].comparison.strategies, "own values: finding"]
        head += ["in plausible worlds: best most often, verdict"] if in_worlds else []
        rows = []
        for run in runs:
            cells = [mean_cell(measure, run.comparison.summaries[name][measure]) for name in run.comparison.strategies]
            row = [run.structure.name, *(f"{a} ({b})" if b else a for a, b in cells), run.finding(measure)]
            rows.append([*row, *([run.in_worlds(measure)] if in_worlds else [])])
        parts += [f"### {label[0].upper()}{label[1:]}", markdown_table(head, rows)]
    meanings = [f"- *{run.structure.name}*: {run.structure.meaning}" for run in runs[1:]]
    return [*parts, "\n".join(meanings)]


def _structure_rows(runs: Sequence[StructureRun]) -> tuple[list[str], list[list[str]]]:
    """Return every strategy and pair under every structure: mean or paired difference with its interval."""
    rows = []
    for run in runs:
        for measure in HORIZONS:
            for name, summaries in run.comparison.summaries.items():
                one = summaries[measure]
                rows.append([run.structure.name, measure, name, *map(_number, (one.mean, one.low, one.high))])
            for (later, earlier), gap in pair_differences(run, measure).items():
                words = f"{later} - {earlier}"
                rows.append([run.structure.name, measure, words, *map(_number, (gap.mean, gap.low, gap.high))])
    return ["structure", "measure", "strategy or pair", "mean", "low", "high"], rows
