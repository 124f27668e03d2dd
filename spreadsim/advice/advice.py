"""Advice: where to start, in which waves, and with how much support within a budget.

What belongs here: the finalists, the choice among them, and its evaluation. Three sets of replicates that
share no number are used: the search sees the first, the winner is picked on the second, and every figure that is
reported comes from the third, which neither of them saw. Because advice names services, all runs are on one network.
What does not: how sites are chosen from a network (``network.site_choice``), what is said of the outcome
(``findings``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.advice.choices import Choice, n_starting_sites
from spreadsim.advice.results import AdviceResults, Evaluation
from spreadsim.advice.search import INFEASIBLE, MOST_WAVES, Budget, CandidateSearch, optimise
from spreadsim.comparison.comparison import check_arguments, with_run
from spreadsim.drivers.extensions import Extensions, NetworkSource
from spreadsim.errors import InputError, nearest
from spreadsim.levers import StartingSites
from spreadsim.measures import Measure
from spreadsim.network.site_choice import SIMPLE_RULES, sites_by_rule
from spreadsim.notebook import html_table
from spreadsim.outcomes.statistics import LEVEL, difference_of, summary_of
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import plan
from spreadsim.scenario.validation import as_document, validate
from spreadsim.telling.progress import progress_steps

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from spreadsim.drivers.agents import Service

PARTS = ("sites", "waves", "support")


class Advice(AdviceResults):
    """What to do, and how it compares with simple rules: results that can be saved.

    Examples
    --------
    >>> advice = ss.advise("classroom", months=12, candidates=4, search_replicates=2, replicates=2)
    >>> (advice.save("advice") / "advised.toml").is_file()
    True
    """

    def _repr_html_(self) -> str:
        from spreadsim.advice.folder import draw_gains, gains_height
        from spreadsim.telling.figures import make_figure, png

        names = (self.measure, "cost", "equity_gap")
        rows = [
            (f"{row.name} {row.against and f'({row.against})'}", *(f"{row.summaries[m].mean:.3g}" for m in names))
            for row in self.evaluations
        ]
        figure = make_figure(gains_height(self), 4.5)
        draw_gains(figure.add_subplot(), self)
        title = f"{self.scenario.name}, {self.strategy}: advice within {self.budget:.3g} staff-days per service"
        header = ("choice", *(self.declared(m).label for m in names))
        return html_table(title, rows, header, picture=png(figure, "the advice minus each simple rule", 280))

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the advice minus each simple rule on held-out replicates, with intervals.

        Parameters
        ----------
        ax : Matplotlib axes to draw on; those of a new figure if None.

        Returns
        -------
        The Matplotlib axes.
        """
        from spreadsim.advice.folder import draw_gains, gains_height
        from spreadsim.telling.figures import axes_for

        axes = axes_for(ax, gains_height(self))
        draw_gains(axes, self)
        return axes

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write the results folder, whole or not at all.

        Parameters
        ----------
        folder : to write.
        force : whether an existing folder is replaced.

        Returns
        -------
        Path of the folder.

        Raises
        ------
        InputError : the folder exists and `force` is false.
        """
        from spreadsim.advice.folder import write_advice

        return write_advice(self, Path(folder), force=force)


def advise(
    scenario: Scenario | str | Path,
    *,
    strategy: str | None = None,
    measure: str = "cumulative_benefit",
    budget: float | None = None,
    sites: int | None = None,
    parts: Sequence[str] = PARTS,
    candidates: int = 600,
    search_replicates: int = 24,
    replicates: int | None = None,
    seed: int | None = None,
    months: int | None = None,
    network: NetworkSource | None = None,
    service_class: type[Service] | None = None,
    measures: Sequence[Measure] = (),
    workers: int | None = None,
    progress: bool | Callable[[int], None] = True,
) -> Advice:
    """Search for starting sites, order of waves and support within a budget, and evaluate the best choice.

    Parameters
    ----------
    scenario : a `Scenario`, a shipped name or a path.
    strategy : the one to advise on; the scenario's last by default.
    measure : what is sought, any measure with a better side, of your own too.
    budget : most staff-days per service over the whole horizon (the measure ``cost``); by default what the strategy
        costs in the scenario.
    sites : number of starting sites; the scenario's by default. They cost nothing before month 0, so that the number
        is given and not searched.
    parts : what is searched, of ``sites``, ``waves`` and ``support``.
    candidates : how many the search tries.
    search_replicates : runs of each; twice as many others pick among the best.
    replicates : held-out runs of the advice and of what it is held against; the scenario's by default.
    seed, months, network, service_class, measures, workers : as in `compare`. With a class of your own every candidate
        is run by the Mesa driver, so that a search takes as many times longer as its runs do.
    progress : whether to show a bar in a notebook and on a terminal (lines in the log elsewhere), or a function that is
        called after runs, with how many.

    Returns
    -------
    The advice, and how it compares with simple rules on held-out replicates.

    Raises
    ------
    InputError, InputErrors : the scenario or an argument cannot be used, or nothing is within the budget.
    MissingExtraError : cma is not installed.

    References
    ----------
    Hansen, arXiv:1604.00772 (CMA-ES).

    Examples
    --------
    >>> advice = advise("classroom", months=12, candidates=4, search_replicates=2, replicates=2)
    >>> len(advice.choice.sites or [0]), {row.against for row in advice.evaluations} >= {"", "sites alone"}
    (1, True)
    """
    check_arguments("compiled", workers)
    spec = with_run(scenario if isinstance(scenario, Scenario) else load_scenario(scenario), replicates, seed, months)
    if spec.run.parameter_sets is not None:
        raise InputError(spec.name, "run.parameter_sets", "is used by compare, but not by advise", "take it out")
    redraws = spec.network.redraw
    spec = _on_one_network(spec)
    name = strategy or list(spec.strategies)[-1]
    if name not in spec.strategies:
        raise InputError(spec.name, "strategy", f"there is no strategy '{name}'", nearest(name, spec.strategies))
    extensions = Extensions.of(service_class, network, measures)
    sought = [m.name for m in extensions.all_measures if m.better != "neither" and m.name != "cost"]
    if measure not in sought:
        raise InputError("--measure", measure, "cannot be sought", nearest(measure, sought))
    for part in parts:
        if part not in PARTS:
            raise InputError("--search", part, "is not searched", nearest(part, PARTS))
    base, _ = extensions.base_network(spec)
    own_count = n_starting_sites(spec, name, base)
    count = own_count if sites is None else sites
    if not 1 <= count <= base.n:
        raise InputError("--sites", str(count), f"of {base.n} services", "give a number from 1 to that of services")
    if count != own_count:
        spec = _with_count(spec, name, count / base.n)
    with progress_steps(progress, f"{spec.name} advice", "run") as step:
        search = CandidateSearch(spec, name, base, measure, tuple(parts), count, workers, step, extensions)
        if search.dimensions == 0:
            raise InputError(
                "--search",
                ",".join(parts),
                "leaves nothing to search here",
                "an order of waves needs a mandate and 2 to 20 groups; add sites or support",
            )
        a, b, c = search_replicates, 2 * search_replicates, spec.run.replicates
        first, second, third = range(a), range(a, a + b), range(a + b, a + b + c)

        start = search.start
        has_budget = budget is not None
        costs = search.values([start], range(a + b))["cost"][0]
        limits = Budget(float(budget) if budget is not None else float(costs.mean()), costs)
        simple = {rule: replace(start, sites=sites_by_rule(base, rule, count)) for rule in SIMPLE_RULES}
        # Where the budget binds, support is cut on the set that then tells whether the cut was enough.
        first_rules = {rule: search.within(choice, limits, first) for rule, choice in simple.items()}
        rules = {rule: search.within(choice, limits, second) for rule, choice in simple.items()}
        worth = search.worth(search.values(list(first_rules.values()), first))
        by_worth = [list(rules)[i] for i in np.argsort(-worth, kind="stable")]
        begin = [search.point(rule, first_rules[rule]) for rule in by_worth if rule != "random"]
        shortlist, n_tried = optimise(search, begin, limits, candidates, first, spec.run.seed)

        proposals: dict[Choice, str] = dict.fromkeys(shortlist, "search")
        if "sites" in parts:
            for choice in shortlist[:2]:  # the search's waves and support, with the sites of each simple rule
                for rule in SIMPLE_RULES:
                    proposals.setdefault(replace(choice, sites=rules[rule].sites), rule)
            for rule, choice in rules.items():
                proposals.setdefault(choice, rule)
        else:
            proposals.setdefault(start, "as it stands")
        finalists = list(proposals)
        loss = search.loss(search.values(finalists, second), limits, second)
        best = int(np.argmin(loss))
        if loss[best] >= INFEASIBLE / 4:
            raise InputError(
                "--budget",
                f"{limits.limit:g}",
                "nothing that was tried costs so little as the budget",
                f"give at least {limits.limit + float(loss[best]) - INFEASIBLE:.1f} staff-days per service, or "
                "shorten the programme",
            )
        winner = finalists[best]
        notes = _notes(search, redraws, tuple(parts))
        evaluations = _judge(search, winner, start, rules, third)
        return Advice(
            scenario=spec, network=base, strategy=name, parts=tuple(parts), measure=measure, budget=limits.limit,
            has_budget=has_budget, baseline=start, choice=winner, origin=proposals[winner], evaluations=evaluations,
            replicates=(a, b, c), level=_joint_level(len(rules)), n_candidates=n_tried, notes=notes,
            extensions=extensions,
        )  # fmt: skip


def _joint_level(n: int) -> float:
    """Return the level of each of `n` intervals that are to hold together (Bonferroni)."""
    return 1.0 - (1.0 - LEVEL) / max(1, n)


def _on_one_network(scenario: Scenario) -> Scenario:
    document = as_document(scenario)
    document["network"] = document["network"] | {"redraw": False}
    return validate(document, scenario.name, scenario.folder)


def _with_count(scenario: Scenario, name: str, share: float) -> Scenario:
    own: Any = scenario.strategies[name]
    strategies = dict(scenario.strategies)
    rule = plan(scenario, name).programme.starting_sites.rule
    strategies[name] = own.model_copy(update={"starting_sites": StartingSites(share=share, rule=rule)})
    return scenario.model_copy(update={"strategies": strategies})


def _notes(search: CandidateSearch, redraws: bool, parts: tuple[str, ...]) -> list[str]:
    notes = (
        [] if not search.extensions else [f"What was run is not in files alone: {', '.join(search.extensions.names)}."]
    )
    own = search.extensions.network
    if callable(own):
        notes.append(
            "Your function makes a network for each replicate. Advice names services, so all runs were on the one that "
            "it makes for replicate 0."
        )
    elif redraws and own is None and search.scenario.network.source != "file":
        notes.append(
            "This scenario draws a new network for each run. Advice names services, so all runs were on the network of "
            "replicate 0; with your own network, the services named are yours."
        )
    if "waves" in parts and not search.in_waves:
        own = plan(search.scenario, search.strategy)
        has_mandate = any(m.mandate > 0 for m in own.levers) or any(
            one.settings.get("mandate", 0.0) > 0 for one in own.triggers
        )
        notes.append(
            "No order of waves was searched: "
            + (
                f"the level has {len(search.groups)} groups, and 2 to {MOST_WAVES} are searched."
                if has_mandate
                else "waves apply to the instruction, and this strategy instructs nobody."
            )
        )
    if search.measure in ("benefit", "cumulative_benefit", "cost_per_benefit_year"):
        notes.append(
            "Benefit is weighted by the people served and counts starting sites from month 0: large sites raise it at "
            "once, without any spread. Reach shows spread alone."
        )
    notes.append("Starting sites cost nothing before month 0: their number was set, not searched for.")
    return notes


def _judge(
    search: CandidateSearch, winner: Choice, start: Choice, rules: Mapping[str, Choice], replicates: range
) -> list[Evaluation]:
    """Run the advice and what it is held against on the held-out replicates."""
    rows: list[tuple[str, str, str, Choice]] = [("the advice", "", "", winner)]
    for rule, choice in rules.items():
        rows.append((rule, "sites alone", rule, replace(winner, sites=choice.sites)))
    for rule, choice in rules.items():
        rows.append((rule, "within the budget", rule, choice))
    rows.append(("the scenario as it stands", "for reference", "", start))
    if winner.months_between != start.months_between or winner.order != start.order:
        without = replace(winner, months_between=start.months_between, order=start.order)
        rows.append(("waves as in the scenario", "part left out", "", without))
    if (winner.support, winner.support_capacity) != (start.support, start.support_capacity):
        without = replace(winner, support=start.support, support_capacity=start.support_capacity)
        rows.append(("support as in the scenario", "part left out", "", without))
    choices = list(dict.fromkeys(choice for _, _, _, choice in rows))
    values = search.values(choices, replicates)
    level = _joint_level(len(rules))
    evaluations = []
    for name, against, rule, choice in rows:
        place = choices.index(choice)
        own = {m.name: values[m.name][place] for m in search.extensions.all_measures}
        evaluations.append(
            Evaluation(
                name,
                against,
                rule,
                choice,
                own,
                {m.name: summary_of(m, own[m.name]) for m in search.extensions.all_measures},
                {
                    m.name: difference_of(m, values[m.name][0], own[m.name], level)
                    for m in search.extensions.all_measures
                },
            )
        )
    return evaluations
