"""The ODD text of a study: the description of the model, and beside each element what this study has.

What belongs here: sentences and tables made of the scenario, its network and the declarations. What does not: the
description of the model itself, which is ``docs/model.md`` and is carried over section by section.

study : a results folder, run again.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from spreadsim import rules
from spreadsim.comparison.report_assumptions import (
    changed_parameters,
    component_table,
    lever_sentences,
    network_table,
    parameter_tables,
    strategy_table,
    synthetic_and_observed,
)
from spreadsim.comparison.report_tables import ReportTable, outcome_table
from spreadsim.errors import SpreadsimError
from spreadsim.input_files import read_text
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.publication.study import Study
from spreadsim.scenario.files import shipped_folder
from spreadsim.telling.reference import markdown_table
from spreadsim.telling.wording import listed

ELEMENTS = (
    "Purpose and patterns", "Entities, state variables and scales", "Process overview and scheduling",
    "Design concepts", "Initialization", "Input data", "Submodels",
)  # fmt: skip
MAX_DOCUMENT = 2_000_000  # bytes
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]*\)")  # to other pages of the manual, which a package does not hold
_MARK = re.compile(r"<!-- (?:begin|end) \w+ -->\n?")
_OF_DEFAULT = re.compile(r"Results of the default scenario, printed by.*?<!-- end figures -->\n", flags=re.S)


def table_text(table: ReportTable) -> str:
    """Return a table of the report as Markdown, a smaller text of a cell in brackets behind it.

    Parameters
    ----------
    table : of the report.

    Returns
    -------
    Markdown.

    Examples
    --------
    >>> print(table_text(ReportTable("Outcomes", ("Measure", "organic"), (("Reach", ("40.1", "38.9 to 41.3")),))))
    | Measure | organic |
    | --- | --- |
    | Reach | 40.1 (38.9 to 41.3) |
    """

    def text(cell: str | tuple[str, str]) -> str:
        if isinstance(cell, str):
            return cell.replace("\n", " ")
        return (f"{cell[0]} ({cell[1]})" if cell[1] else cell[0]).replace("\n", " ")

    return markdown_table([text(cell) for cell in table.head], [[text(cell) for cell in row] for row in table.rows])


def model_sections() -> dict[str, str]:
    """Return the description of the model by element of ODD, without what is of the default scenario alone.

    Returns
    -------
    Markdown by element, without the element's heading.

    Raises
    ------
    SpreadsimError : an element is missing in the description.

    Examples
    --------
    >>> list(model_sections()) == list(ELEMENTS)
    True
    """
    text = read_text(shipped_folder("docs") / "model.md", "model.md", MAX_DOCUMENT)
    text = _LINK.sub(r"\1", _MARK.sub("", _OF_DEFAULT.sub("", text)))
    parts = dict(re.findall(r"^## \d+\. ([^\n]+)\n(.*?)(?=^#{1,2} |\Z)", text, flags=re.S | re.M))
    lacking = [name for name in ELEMENTS if name not in parts]
    if lacking:
        raise SpreadsimError(f"the description of the model has no section {listed(lacking)}; install spreadsim again")
    return {name: parts[name].strip() for name in ELEMENTS}


def rules_table() -> str:
    """Return every rule of the code, with what it says of itself.

    Returns
    -------
    A Markdown table.

    Examples
    --------
    >>> "`discontinuation_probability`" in rules_table()
    True
    """
    rows = []
    for name, one in sorted(vars(rules).items()):
        if callable(one) and not name.startswith("_") and getattr(one, "__module__", "") == rules.__name__:
            words = (one.__doc__ or "").strip().split("\n\n")[0]
            rows.append([f"`{name}`", " ".join(words.split())])
    return markdown_table(["rule", "what it does"], rows)


def _purpose(study: Study) -> list[str]:
    s = study.comparison.scenario
    names = [
        f"**{name}**" + (f" ({one.title})" if one.title and one.title != name else "")
        for name, one in s.strategies.items()
    ]
    return [
        f"Question: {s.question or 'the scenario states none'}",
        f"Strategies compared: {listed(names)}.",
        *([f"What the scenario is to show: {s.shows}"] if s.shows else []),
        *([f"Sources named by the scenario: {'; '.join(s.sources)}."] if s.sources else []),
    ]


def _entities(study: Study) -> list[str]:
    c = study.comparison
    return [
        table_text(network_table(c)),
        f"The intervention is *{c.scenario.intervention.title}*.",
        table_text(component_table(c)),
        f"One step is one month; {c.scenario.run.months} months are run.",
    ]


def _process(study: Study) -> list[str]:
    return [lever_sentences(), table_text(strategy_table(study.comparison))]


def _concepts(study: Study) -> list[str]:
    c = study.comparison
    observed = ", ".join(f"`{name}`" for name in BY_NAME)
    worlds = ""
    if c.doubt is not None:
        worlds = (
            f" The strategies are run in {c.doubt.n_sets} {c.doubt.worlds} too, {c.doubt.n_replicates} runs "
            f"each, which "
            f"vary {len(c.doubt.sets.paths)} parameters."
        )
    return [
        f"*Stochasticity.* Seed {c.scenario.run.seed}, {c.n_replicates} replicates of each strategy on common random "
        f"numbers: a replicate has the same network and the same draws under every strategy.{worlds}",
        f"*Observation.* {len(BY_NAME)} measures are kept of every run: {observed}.",
    ]


def _initialization(study: Study) -> list[str]:
    c = study.comparison
    drawn, observed = synthetic_and_observed(c)
    sites = c.scenario.programme.starting_sites
    which = f"the services {', '.join(sites.ids)}" if sites.ids else f"{sites.share:.3g} of the services, {sites.rule}"
    return [
        f"Starting sites: {which}.",
        f"Drawn or generated: {listed(drawn) if drawn else 'nothing'}.",
        f"From data: {listed(observed) if observed else 'nothing'}.",
    ]


def _input(study: Study) -> list[str]:
    files = {name: digest for name, digest in dict(study.receipt["inputs"]).items() if name != "scenario.toml"}
    if not files:
        return ["No file beside the scenario is read: there is no external input while the model runs."]
    table = markdown_table(["file", "SHA-256"], [[f"`{name}`", digest] for name, digest in files.items()])
    return ["Files beside the scenario, read once before the first month:", table]


def _submodels(study: Study) -> list[str]:
    changed = changed_parameters(study.comparison)
    return [
        f"Parameters that this study changes from their defaults: {'; '.join(changed) if changed else 'none'}.",
        "Every parameter with its value, unit and source stands in the supplement (`supplement.md`, `parameters.csv`).",
    ]


OF_STUDY: dict[str, Callable[[Study], list[str]]] = dict(
    zip(
        ELEMENTS,
        (_purpose, _entities, _process, _concepts, _initialization, _input, _submodels),
        strict=True,
    )
)


def odd_text(study: Study) -> str:
    """Return the ODD text of a study.

    Returns
    -------
    Markdown: each element first as it is in this study, then as it is in the model.

    Examples
    --------
    >>> from spreadsim.publication.study import read_study
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> odd_text(read_study(comparison.save("saved", force=True), workers=1)).splitlines()[0]
    '# ODD: Twelve services in a ring: thresholds worked out by hand'
    """
    s = study.comparison.scenario
    sections = model_sections()
    parts = [
        f"# ODD: {s.title or s.name}",
        "After the ODD protocol (Overview, Design concepts, Details), second update: Grimm et al., Journal of "
        "Artificial "
        "Societies and Social Simulation 2020;23(2):7. Each element says first what this study has, then what holds "
        "for the model whatever the study.",
    ]
    for number, name in enumerate(ELEMENTS, 1):
        parts += [f"## {number}. {name}", "### In this study", *OF_STUDY[name](study), "### In the model"]
        parts.append(re.sub(r"^### ", "#### ", sections[name], flags=re.M))
    parts += ["### Every rule, as the code says it", rules_table()]
    return "\n\n".join(parts) + "\n"


def parameter_rows(study: Study) -> tuple[tuple[str, ...], list[list[str]]]:
    """Return every parameter of a study: path, value, unit, source, where the value comes from, meaning.

    Returns
    -------
    The head, and one row a parameter.

    Examples
    --------
    >>> from spreadsim.publication.study import read_study
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> head, rows = parameter_rows(read_study(comparison.save("saved", force=True), workers=1))
    >>> head[:3], rows[0][:2]
    (('parameter', 'value', 'unit'), ['run.months', '12'])
    """
    rows: list[list[str]] = []
    for name, table in parameter_tables(study.comparison):
        for head, *cells in table.rows:
            assert isinstance(head, tuple)  # a path, and below it what it means
            rows.append([f"{name}.{head[0]}", *map(str, cells), head[1]])
    return ("parameter", "value", "unit", "evidence and source", "where the value comes from", "meaning"), rows


def outcomes_text(study: Study) -> str:
    """Return the table of outcomes of a study.

    Returns
    -------
    Markdown.

    Examples
    --------
    >>> from spreadsim.publication.study import read_study
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> outcomes_text(read_study(comparison.save("saved", force=True), workers=1)).startswith("| ")
    True
    """
    return table_text(outcome_table(study.comparison))
