"""Reporting checklists, filled where the program knows, and saying where it cannot.

What belongs here: the items of STRESS for agent-based simulation (Monks et al., Journal of Simulation 2019;13:55) and
of CHEERS (Husereau et al., BMJ 2022;376:e067975), each with what the program knows of it. What does not: the texts that
the answers point to (``odd``, ``package``).

study : a results folder, run again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spreadsim.comparison.findings import answer
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.publication.study import Study
from spreadsim.scenario.document import Worth
from spreadsim.telling.reference import markdown_table
from spreadsim.telling.wording import listed


@dataclass(frozen=True)
class Item:
    """An item of a checklist.

    Attributes
    ----------
    number, topic : of the item.
    known : what the program knows of it; empty where it knows nothing.
    left : what it cannot know and the authors have to write; empty where nothing is left.

    Examples
    --------
    >>> Item("27", "Source of funding", "", "who paid, and what part they had").is_filled
    False
    """

    number: str
    topic: str
    known: str
    left: str = ""

    @property
    def is_filled(self) -> bool:
        """Whether nothing is left to the authors."""
        return bool(self.known) and not self.left


def stress_items(study: Study) -> list[Item]:
    """Return the items of STRESS for agent-based simulation.

    Returns
    -------
    One item each.

    Examples
    --------
    >>> from spreadsim.publication.study import read_study
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> study = read_study(comparison.save("saved", force=True), workers=1)
    >>> [item.number for item in stress_items(study) if not item.known]
    ['3.2']
    """
    c, s = study.comparison, study.comparison.scenario
    versions = study.receipt.get("versions", {})
    files = [name for name in study.receipt["inputs"] if name != "scenario.toml"]
    names = listed(c.strategies)
    worlds = "" if c.doubt is None else f", and {c.doubt.n_replicates} in each of {c.doubt.n_sets} {c.doubt.worlds}"
    return [
        Item("1.1", "Purpose of the model", s.question or s.title, "" if s.question else "the question of the study"),
        Item("1.2", "Model outputs", f"{len(BY_NAME)} measures, each defined in ODD 4; those compared first are "
             "sustained and cumulative benefit."),
        Item("1.3", "Aims of experimentation", f"To compare {names} on common random numbers."),
        Item("2.1", "Base model: overview diagram", "The states of a service and their order: ODD 2 and 3.",
             "a diagram of the setting, where readers need one"),
        Item("2.2", "Base model: logic", "ODD 3 and 7, with every rule of the code."),
        Item("2.3", "Scenario logic", "What each strategy sets in each month: ODD 3, 'In this study'."),
        Item("2.4", "Algorithms", "The equations of ODD 7; order and ties of a month in ODD 3."),
        Item("2.5.1", "Components: environment", f"{s.network.source} network; its table stands in ODD 2, how "
             f"it is made "
             "in ODD 5."),
        Item("2.5.2", "Components: agents", "Services, their attributes and states: ODD 2."),
        Item("2.5.3", "Components: interaction topology", "Peer ties and a hierarchy of groups: ODD 2 and 7."),
        Item("2.5.4", "Components: entry and exit", "None: the services are the same from the first month to "
             "the last."),
        Item("3.1", "Data sources", f"Files: {listed(files)}. Sources of parameters: the supplement." if files else
             "No data file. Sources of parameters: the supplement.",
             "where the files come from, and under which terms" if files else ""),
        Item("3.2", "Pre-processing", "", "what was done to data before the program read them"),
        Item("3.3", "Input parameters", "Every parameter with value, unit and source: the supplement, "
             "`parameters.csv`."),
        Item("3.4", "Assumptions", "Parameters whose basis is 'assumed' or 'judgement' are marked so in the "
             "supplement; "
             "limits of the model: its manual.", "why they are acceptable for this setting"),
        Item("4.1", "Initialisation", "ODD 5; the first month follows the initial state, and there is no warm-up."),
        Item("4.2", "Run length", f"{s.run.months} months."),
        Item("4.3", "Estimation approach", f"{c.n_replicates} replicates of each strategy with the scenario's own "
             f"values{worlds}; paired differences with 95% intervals; how they shrink: the supplement."),
        Item("5.1", "Software", f"spreadsim {versions.get('spreadsim', '')}, Python {versions.get('python', '')}, "
             f"NumPy {versions.get('numpy', '')}, Mesa {versions.get('mesa', '')}, Numba {versions.get('numba', '')}."),
        Item("5.2", "Random sampling", f"Each draw is a hash of seed ({s.run.seed}), replicate, service, month and "
             "purpose; no generator is shared, so that strategies differ by themselves alone."),
        Item("5.3", "Model execution", f"Monthly steps in the order of ODD 3; all services decide on last "
             f"month's state, "
             f"then all change. Driver: {c.driver}."),
        Item("5.4", "System specification", str(versions.get("platform", "")), "processor and memory"),
        Item("6.1", "Code access", f"Version {versions.get('spreadsim', '')}, rulebook {versions.get('rulebook', '')}; "
             f"`spreadsim reproduce` makes the results again.", "where readers get the code and this package"),
    ]  # fmt: skip


def _money(worth: Worth) -> str:
    parts = [f"a staff-day costs {worth.currency}{worth.staff_day:g}"] if worth.staff_day is not None else []
    if worth.full_effect_person_year is not None:
        parts.append(f"a person-year of full effect is worth {worth.full_effect_person_year:g} {worth.effect_unit}")
    return listed(parts)


def cheers_items(study: Study) -> list[Item]:
    """Return the items of CHEERS 2022; of a study that declares no worth, those of an economic evaluation stay open.

    Returns
    -------
    One item each.

    Examples
    --------
    >>> from spreadsim.publication.study import read_study
    >>> comparison = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> items = cheers_items(read_study(comparison.save("saved", force=True), workers=1))
    >>> len(items), [item.number for item in items if item.topic == "Discount rate"]
    (28, ['10'])
    """
    c, s = study.comparison, study.comparison.scenario
    worth = s.worth
    none = (
        ""
        if worth.is_declared
        else "the scenario declares nothing in [worth]: costs are in staff-days, and no effect is valued"
    )
    people = float(c.network["population"].sum())
    rate = f"{worth.discount_rate:g} a year" if worth.is_declared else ""
    doubt = (
        "Chance only: no plausible worlds were run."
        if c.doubt is None
        else f"{c.doubt.n_sets} {c.doubt.worlds} that vary {len(c.doubt.sets.paths)} parameters; the structural "
        "sensitivity of the supplement."
    )
    co_production = sorted({levers.co_production for plan in c.plans for levers in plan.levers})
    return [
        Item("1", "Title", s.title, "whether it is an economic evaluation, and of what"),
        Item("2", "Abstract", "", "a structured summary"),
        Item("3", "Background and objectives", s.question, "context, and why the question matters to decisions"),
        Item("4", "Health economic analysis plan", "", "whether there was one, and where"),
        Item("5", "Study population", f"{c.network.n:,} services that serve {people:,.0f} people.",
             "who the patients are"),
        Item("6", "Setting and location", f"Network: {s.network.source}.", "the setting that it stands for"),
        Item("7", "Comparators", f"{listed(c.strategies)}; their levers month by month: ODD 3.", "why these"),
        Item("8", "Perspective", "Effort of services and of the programme, in staff-days (parameters `cost.*`).",
             "whose perspective that is here; what patients and others bear is not in the model"),
        Item("9", "Time horizon", f"{s.run.months} months.", "why it is long enough"),
        Item("10", "Discount rate", rate, none),
        Item("11", "Selection of outcomes", "Sustained and cumulative benefit, reach, fidelity, equity gap and others: "
             "ODD 4."),
        Item("12", "Measurement of outcomes", "Each measure by its definition in ODD 4, in every run."),
        Item("13", "Valuation of outcomes", _money(worth) if worth.full_effect_person_year is not None else "",
             "who valued them, and how" if worth.full_effect_person_year is not None else none or "no effect is "
             "valued"),
        Item("14", "Measurement and valuation of resources and costs", "Staff-days by the parameters `cost.*` of the "
             f"supplement{f'; {_money(worth)}' if worth.staff_day is not None else ''}.", none),
        Item("15", "Currency, price date and conversion", worth.currency,
             "the price date" if worth.currency else none or "no money is declared"),
        Item("16", "Rationale and description of model", "The ODD text; an open version is spreadsim "
             f"{study.receipt.get('versions', {}).get('spreadsim', '')}.", "why this model for this decision"),
        Item("17", "Analytics and assumptions", "Common random numbers, paired differences, 95% intervals: the "
             "supplement."),
        Item("18", "Characterising heterogeneity", "Results by region and by fifth of deprivation: "
             "`groups.parquet` and "
             "`services.parquet` of the results, where the network has them."),
        Item("19", "Characterising distributional effects", "The equity gap: benefit in the least deprived fifth minus "
             "that in the most deprived."),
        Item("20", "Characterising uncertainty", doubt),
        Item("21", "Approach to engagement with patients and others affected", "",
             "how they took part in the study; co-production in the model "
             f"({listed([f'{level:g}' for level in co_production])}) is part of a strategy, not of the study"),
        Item("22", "Study parameters", "The supplement and `parameters.csv`, with ranges in doubt where worlds "
             "were run."),
        Item("23", "Summary of main results", " ".join(answer(c))),
        Item("24", "Effect of uncertainty", "The supplement: worlds, convergence, structures."),
        Item("25", "Effect of engagement", "", "what engagement changed in the study"),
        Item("26", "Findings, limitations, generalisability, current knowledge", "",
             "the discussion; what the model cannot say stands in its manual"),
        Item("27", "Source of funding", "", "who paid, and what part they had"),
        Item("28", "Conflicts of interest", "", "those of the authors"),
    ]  # fmt: skip


def checklist_text(title: str, source: str, items: Sequence[Item]) -> str:
    """Return a checklist as Markdown, with how much of it is left to the authors.

    Parameters
    ----------
    title, source : of the checklist.
    items : in order.

    Returns
    -------
    Markdown.

    Examples
    --------
    >>> print(checklist_text("CHEERS", "BMJ", [Item("27", "Source of funding", "", "who paid")]).splitlines()[2])
    BMJ. Of 1 item, the program fills 0, a part of 0, and nothing of 1, which the authors have to write.
    """
    filled = sum(item.is_filled for item in items)
    empty = sum(not item.known for item in items)
    rows = [
        [item.number, item.topic, item.known or "-", f"**For the authors:** {item.left}" if item.left else ""]
        for item in items
    ]
    total = f"{len(items)} item{'' if len(items) == 1 else 's'}"
    return (
        f"# {title}\n\n{source}. Of {total}, the program fills {filled}, a part of {len(items) - filled - empty}, and "
        f"nothing of {empty}, which the authors have to write.\n\n"
        f"{markdown_table(['item', 'topic', 'what the program knows', 'what is left'], rows)}\n"
    )
