"""Structural sensitivity: the same design under other rules.

What belongs here: which structures are set beside a study's own, running them, and which findings survive. What does
not: the parameters within a structure, which plausible worlds vary (``comparison.doubt``).

An alternative is made of what the scenario's options declare: every response to peers that needs no start of its own,
every exponent within its bounds, and the rules of the scenario ``version-2``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from operator import attrgetter
from typing import Any

from spreadsim.comparison.answer import by_worlds, share_text
from spreadsim.comparison.comparison import Comparison, compare
from spreadsim.comparison.standings import HORIZONS, standing
from spreadsim.input_files import read_text
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.outcomes.statistics import Difference, difference_of, joint_level
from spreadsim.parameters import Declaration, declarations
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import shipped_folder
from spreadsim.scenario.validation import as_document, flattened, validate, with_setting
from spreadsim.telling.wording import listed

RESPONSE, EXPONENT = "behaviour.adoption.exposure_response", "intervention.core_exponent"
NEEDS_A_START = "independent-cascade"  # services that start aware, which no other response needs
OF_RULES = ("intervention", "services", "behaviour", "cost")  # tables of a scenario that hold rules and their values
MAX_SCENARIO = 1_000_000  # bytes of the shipped file


@dataclass(frozen=True)
class Structure:
    """An alternative to some rules of a study.

    Attributes
    ----------
    name : in a few words.
    meaning : what is otherwise.
    settings : values by dotted path of the scenario.

    Examples
    --------
    >>> Structure("exponent 2 of the core", "a core half lost costs three quarters", {EXPONENT: 2}).settings
    {'intervention.core_exponent': 2}
    """

    name: str
    meaning: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class StructureRun:
    """A study under one structure.

    Attributes
    ----------
    structure : what was set; the study's own has no settings.
    comparison : of all strategies, on the same design.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=3, driver="mesa", workers=1, frontier=False)
    >>> StructureRun(OWN, comparison).leader("benefit")
    'one-neighbour-is-enough'
    """

    structure: Structure
    comparison: Comparison

    def leader(self, measure: str) -> str:
        """Return which strategy is clearly ahead with the scenario's own values; empty where none is."""
        return standing(self.comparison, measure).leader or ""

    def finding(self, measure: str) -> str:
        """Return who leads with the scenario's own values, counting chance alone, in a few words."""
        return standing(self.comparison, measure).finding

    def in_worlds(self, measure: str) -> str:
        """Return in how many plausible worlds the strategy that is best most often is best; empty without worlds."""
        doubt = self.comparison.doubt
        if doubt is None or measure not in doubt.answers:
            return ""
        top = by_worlds(doubt, measure)[0]
        answer = doubt.answers[measure]
        return f"{doubt.strategies[top]} {share_text(answer.standings.strategies[top].best)}: {answer.verdict.strength}"


OWN = Structure("as in this study", "", {})


def _declaration(path: str) -> Declaration:
    return next(d for d in declarations(Scenario) if d.path == path)


def structures() -> list[Structure]:
    """Return the structures that are set beside a study's own, made from what the scenario declares.

    Returns
    -------
    Responses to peers, exponents, and the rules of version 2.

    Examples
    --------
    >>> [structure.name for structure in structures()][:3]
    ['saturating response to peers', 'linear response to peers', 'threshold response to peers']
    """
    response, exponent = _declaration(RESPONSE), _declaration(EXPONENT)
    assert exponent.bounds is not None
    text = read_text(shipped_folder("scenarios") / "version-2.toml", "version-2.toml", MAX_SCENARIO)
    old = tomllib.loads(text)
    rules = {path: value for name in OF_RULES for path, value in flattened(old.get(name, {}), f"{name}.").items()}
    return [
        *(
            Structure(f"{choice} response to peers", response.meaning, {RESPONSE: choice})
            for choice in response.choices
            if choice != NEEDS_A_START
        ),
        *(
            Structure(f"exponent {power} of the core", exponent.meaning, {EXPONENT: power})
            for power in range(int(exponent.bounds[0]), int(exponent.bounds[1]) + 1)
        ),
        Structure("rules of version 2", f"{old['title']}; {len(rules)} values, the programme as in this study", rules),
    ]


def under(scenario: Scenario, structure: Structure) -> Scenario:
    """Return a scenario under another structure; what is set is no longer in doubt.

    Parameters
    ----------
    scenario : of the study.
    structure : to set.

    Returns
    -------
    A `Scenario`.

    Raises
    ------
    InputErrors : the scenario cannot be run with these rules.

    Examples
    --------
    >>> under(ss.load_scenario("default"), structures()[-2]).intervention.core_exponent
    3
    """
    document = as_document(scenario)
    for path, value in structure.settings.items():
        document = with_setting(document, path.split("."), value, structure.name)
    declared = {d.path for d in declarations(Scenario)} & set(structure.settings)
    known = sorted({*scenario.doubt.known, *declared} - set(scenario.doubt.beliefs or ()))
    document = with_setting(document, ["doubt", "known"], known, structure.name)
    changed = validate(document, scenario.name)
    return changed.with_folders(scenario.folder, scenario.sets_folder).with_settings(scenario.settings)


def is_own(scenario: Scenario, structure: Structure) -> bool:
    """Return whether a scenario has a structure already.

    Parameters
    ----------
    scenario : of the study.
    structure : to look for.

    Returns
    -------
    bool

    Examples
    --------
    >>> [s.name for s in structures() if is_own(ss.load_scenario("default"), s)]
    ['saturating response to peers', 'exponent 1 of the core']
    """
    return all(attrgetter(path)(scenario) == value for path, value in structure.settings.items())


def run_structures(
    own: Comparison, *, worlds: bool = True, workers: int | None = None, progress: bool = True
) -> list[StructureRun]:
    """Run a study's design under the structures that are not its own.

    Parameters
    ----------
    own : the study, with its own rules.
    worlds : whether plausible worlds are run under each structure, too.
    workers, progress : as in `compare`.

    Returns
    -------
    The study's own run first.

    Examples
    --------
    >>> own = ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)
    >>> [run.structure.name for run in run_structures(own, workers=1, progress=False)][1]
    'saturating response to peers'
    """
    runs = [StructureRun(OWN, own)]
    for structure in structures():
        if not is_own(own.scenario, structure):
            comparison = compare(
                under(own.scenario, structure), driver=own.driver, workers=workers, frontier=False,
                doubt=None if worlds else "none", progress=progress,
            )  # fmt: skip
            runs.append(StructureRun(structure, comparison))
    return runs


def pair_differences(run: StructureRun, measure: str) -> dict[tuple[str, str], Difference]:
    """Return the paired difference of each pair of strategies, later minus earlier, at the joint level of all pairs.

    Parameters
    ----------
    run : under one structure.
    measure : its name.

    Returns
    -------
    By names of the later and the earlier strategy.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=3, driver="mesa", workers=1, frontier=False)
    >>> [difference.told_apart for difference in pair_differences(StructureRun(OWN, comparison), "reach").values()]
    [True]
    """
    c = run.comparison
    level = joint_level(len(c.strategies))
    return {
        (later, earlier): difference_of(
            BY_NAME[measure], c.values(later, measure), c.values(earlier, measure), level, c.sets is not None,
            c.scenario.run.months,
        )
        for earlier, later in combinations(c.strategies, 2)
    }  # fmt: skip


def survival_sentences(runs: Sequence[StructureRun]) -> list[str]:
    """Return which findings survive which structures: the leader on each horizon, and each clear difference.

    Parameters
    ----------
    runs : the study's own first.

    Returns
    -------
    Sentences.

    Examples
    --------
    >>> comparison = ss.compare("classroom", replicates=3, driver="mesa", workers=1, frontier=False)
    >>> survival_sentences([StructureRun(OWN, comparison)])[0]
    'No other structure was run.'
    """
    own, others = runs[0], runs[1:]
    if not others:
        return ["No other structure was run."]
    sentences = []
    for measure, label in HORIZONS.items():
        first = own.finding(measure)
        changed: dict[str, list[str]] = {}
        for run in others:
            if run.finding(measure) != first:
                changed.setdefault(run.finding(measure), []).append(run.structure.name)
        kept = len(others) - sum(map(len, changed.values()))
        parts = [f"{finding} with {listed(names)}" for finding, names in changed.items()]
        sentences.append(
            f"On {label}, with the scenario's own values: {first}, the same in {kept} of {len(others)} other structures"
            f"{''.join(f'; {part}' for part in parts)}."
        )
        differences = [pair_differences(run, measure) for run in runs]
        for pair, difference in differences[0].items():
            if not difference.told_apart or difference.mean is None:
                continue
            same, unclear, reversed_in = 0, [], []
            for run, table in zip(others, differences[1:], strict=True):
                one = table[pair]
                if one.told_apart and one.mean is not None:
                    if one.mean * difference.mean > 0:
                        same += 1
                    else:
                        reversed_in.append(run.structure.name)
                else:
                    unclear.append(run.structure.name)
            word = "above" if difference.mean > 0 else "below"
            text = f"{pair[0]} is {word} {pair[1]} on {label}: so in {same} of {len(others)}"
            text += f"; not clear with {listed(unclear)}" if unclear else ""
            text += f"; reversed with {listed(reversed_in)}" if reversed_in else ""
            sentences.append(f"{text}.")
    return sentences
