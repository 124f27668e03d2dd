"""What a finding owes to ties that nobody published: the same comparison with ties made in other ways.

What belongs here: the rules that are set beside each other, and how the answer stands under each. What does not: making
ties (``network.ties``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spreadsim.comparison.comparison import Comparison, compare, with_run
from spreadsim.comparison.standings import Standing, standing
from spreadsim.comparison.terminal import brief_cell, summary_cell
from spreadsim.errors import InputError, check_name
from spreadsim.network.construction import make_network
from spreadsim.network.data import Network
from spreadsim.network.provenance import ties_in_words
from spreadsim.network.reading.affinity import LIKENESS
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.scenario.document import NetworkTable, Scenario
from spreadsim.scenario.files import load_scenario
from spreadsim.telling.terminal import WIDTH, text_table
from spreadsim.telling.wording import listed

RATES = ("picks_in_lowest_level", "picks_in_next_level", "picks_anywhere")
AFFINITY_RATES = ("picks_in_groups", "picks_nearby", "picks_alike")
MOST_PICKS = 20.0


@dataclass(frozen=True)
class TieRule:
    """A comparison with ties made by one rule.

    Attributes
    ----------
    title : of the rule.
    comparison : of the scenario's strategies.
    standing : of the strategies on the measure.

    Examples
    --------
    >>> rules = compare_tie_rules(ss.load_scenario("default", ["network.services=100", "run.months=12"]), replicates=2)
    >>> rules[0].title
    'as the scenario makes them'
    """

    title: str
    comparison: Comparison
    standing: Standing

    @property
    def mean_degree(self) -> float:
        """Mean number of peers that a service listens to, in the first run."""
        return float(self.comparison.network.ties.degree.mean())

    @property
    def finding(self) -> str:
        """Who leads, in a few words."""
        return self.standing.finding


def compare_tie_rules(
    scenario: Scenario | str | Path,
    *,
    measure: str = "benefit",
    replicates: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> list[TieRule]:
    """Return the comparison of a scenario's strategies with ties made in several ways, on common random numbers.

    Parameters
    ----------
    scenario : a `Scenario`, a shipped name or a path, whose ties are made and not from data.
    measure : by which strategies are compared.
    replicates, seed, workers, progress : as in `compare`.

    Returns
    -------
    One `TieRule` for each way, the scenario's own first.

    Raises
    ------
    InputError : files hold the ties, or the network is generated in a way that has no rates.

    Examples
    --------
    >>> scenario = ss.load_scenario("default", ["network.services=100", "run.months=12"])
    >>> [rule.title for rule in compare_tie_rules(scenario, replicates=2)][1:4]
    ['half as many', 'twice as many', 'as many, with anyone']
    """
    check_name("measure", measure, BY_NAME)
    base = with_run(scenario if isinstance(scenario, Scenario) else load_scenario(scenario), replicates, seed, None)
    network = make_network(base)
    if "ties" not in network.drawn:
        raise InputError(base.name, "network", "has ties from data, and nothing is made", "nothing is to be varied")
    if base.network.source not in ("file", "nested-hierarchy"):
        remedy = 'compare it with network.source = "nested-hierarchy"'
        raise InputError(base.name, "network.source", f"'{base.network.source}' has no rates of picks", remedy)
    rules = []
    for title, table in _rules(base.network, network):
        changed = base.model_copy(update={"network": table})
        result = compare(changed, frontier=False, doubt="none", workers=workers, progress=progress)
        rules.append(TieRule(title, result, standing(result, measure)))
    return rules


def _rules(table: NetworkTable, network: Network) -> list[tuple[str, NetworkTable]]:
    """Return the rules that are set beside each other: a title, and the table with its rates."""
    rates = {name: float(getattr(table.peer_ties, name)) for name in RATES}
    affinity = {name: float(getattr(table.affinity, name)) for name in AFFINITY_RATES}
    total = sum(rates.values()) + affinity["picks_nearby"] + affinity["picks_alike"]
    total = min(MOST_PICKS, total + affinity["picks_in_groups"] * len(table.affinity.groups))
    none = dict.fromkeys(RATES, 0.0)
    alone = {**dict.fromkeys(AFFINITY_RATES, 0.0), "groups": []}

    def made(levels: dict[str, float], others: dict[str, object]) -> NetworkTable:
        ties = table.peer_ties.model_copy(update=levels)
        return table.model_copy(update={"peer_ties": ties, "affinity": table.affinity.model_copy(update=others)})

    def scaled(factor: float, values: dict[str, float]) -> dict[str, float]:
        return {name: min(MOST_PICKS, factor * value) for name, value in values.items()}

    rules = [("as the scenario makes them", table)]
    for title, factor in (("half as many", 0.5), ("twice as many", 2.0)):
        rules.append((title, made(scaled(factor, rates), dict(scaled(factor, affinity)))))
    rules.append(("as many, with anyone", made({**none, "picks_anywhere": total}, alone)))
    observed = network.facts.get("observed", {})
    if "map_x" in network.facts and "map_y" in network.facts:
        rules.append(("as many, with those nearby", made(none, {**alone, "picks_nearby": total})))
    if any(name in observed for name in LIKENESS):
        rules.append(("as many, with those most like it", made(none, {**alone, "picks_alike": total})))
    rules.append(("none at all", made(none, alone)))
    return rules


def tie_rules_text(rules: Sequence[TieRule], wide: bool = False) -> str:
    """Return the comparisons beside each other, and whether the finding depends on how ties are made.

    Parameters
    ----------
    rules : as `compare_tie_rules` returns them.
    wide : with both ends of every interval, however wide; else tables that fit 80 columns.

    Returns
    -------
    Text.

    Examples
    --------
    >>> scenario = ss.load_scenario("default", ["network.services=100", "run.months=12"])
    >>> print(tie_rules_text(compare_tie_rules(scenario, replicates=2)).splitlines()[0])
    Ties are made from shared membership: each service picks 2 peers in its neighbourhood, ...
    """
    first = rules[0]
    c, measure = first.comparison, first.standing.measure
    cell, width = (summary_cell, None) if wide else (brief_cell, WIDTH)
    rows = [
        [
            rule.title,
            f"{rule.mean_degree:.1f}",
            *(cell(rule.comparison.summaries[name][measure], measure) for name in c.strategies),
            rule.finding,
        ]
        for rule in rules
    ]
    label = BY_NAME[measure].label
    different = [rule.title for rule in rules[1:] if rule.finding != first.finding]
    verdict = (
        f"The finding ({first.finding}) depends on how ties are made: it is another with ties {listed(different)}."
        if different
        else f"The finding ({first.finding}) is the same however ties are made here."
    )
    return "\n".join(
        [
            f"Ties are {ties_in_words(c.network, c.scenario.network)}.",
            f"{label} with ties made in other ways, {c.n_replicates} paired runs each:",
            "",
            text_table(["ties", "peers", *c.strategies, "finding"], rows, width),
            "",
            verdict,
        ]
    )
