"""What a comparison's strategies are worth: effect and cost as the scenario values them, and what follows for a choice.

What belongs here: totals of each run from its curves, and the tables and sentences of the economic evaluation. What
does not: its statistics (``inference.worth``) and figures (``figures.worth``). Where the scenario declares nothing,
there is nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from spreadsim.comparison.aggregates import people_served
from spreadsim.comparison.doubt import thresholds_of
from spreadsim.comparison.results import ComparisonResults
from spreadsim.comparison.totals import effect_and_cost
from spreadsim.inference.crossed import Estimate, components
from spreadsim.inference.evidence import Thresholds, Verdict, verdict
from spreadsim.inference.worth import Increment, acceptability, expected_loss, incremental
from spreadsim.inference.worth import net_benefit as net_benefit_at
from spreadsim.scenario.document import Worth
from spreadsim.telling.spreadsheets import csv_text
from spreadsim.telling.wording import listed, years

N_VALUES = 41  # of willingness, along a curve
LUCK = "luck alone"
ANY_SURE_DIFFERENCE = Thresholds(matters=0.0)


@dataclass(frozen=True)
class StrategyWorth:
    """Effect and cost of every strategy, as a scenario values them.

    Attributes
    ----------
    worth : what the scenario declares.
    strategies : names, in the scenario's order.
    effect, cost : totals over the horizon, discounted, shape (sets, replicates, strategies).
    months : horizon.
    doubt : what the runs differ by, in words.
    thresholds : what has to hold before a strategy is called best; any difference that is sure matters.

    Examples
    --------
    >>> worth = Worth(currency="£", staff_day=100.0, full_effect_person_year=0.1, willingness=20_000.0)
    >>> values = np.array([[[1.0, 2.0], [1.0, 2.1], [1.0, 2.2]]])
    >>> of_both = StrategyWorth(worth, ("peers", "blend"), values, 10_000.0 * values, 60)
    >>> of_both.rows[1].ratio, of_both.verdict.leader
    (10000.0, 1)
    """

    worth: Worth
    strategies: tuple[str, ...]
    effect: np.ndarray
    cost: np.ndarray
    months: int
    doubt: str = LUCK
    thresholds: Thresholds = ANY_SURE_DIFFERENCE

    @property
    def willingness(self) -> float | None:
        """What would be paid for a unit of effect; 1 where the effect is in money, None where nothing is declared."""
        return 1.0 if self.worth.effect_unit == "money" else self.worth.willingness

    @cached_property
    def rows(self) -> tuple[Increment, ...]:
        """The fully incremental analysis, one row a strategy."""
        return incremental(self.effect, self.cost)

    @cached_property
    def net_benefit(self) -> np.ndarray | None:
        """In the unit of cost, shape (sets, replicates, strategies); None without a willingness."""
        return None if self.willingness is None else net_benefit_at(self.effect, self.cost, self.willingness)

    @cached_property
    def verdict(self) -> Verdict:
        """What may be said of which strategy has the highest net benefit; any difference that is sure matters."""
        if self.net_benefit is None or len(self.strategies) < 2:
            return Verdict("too few runs", None)
        limits = self.thresholds
        if self.effect.shape[0] > 1 or self.doubt == LUCK:
            return verdict(self.net_benefit, limits)
        # each run had a set of its own: doubt and luck cannot be told apart, and the share of runs has to do
        from scipy.stats import binomtest

        n_runs, shares = self.effect.shape[1], [self.probability(i) or 0.0 for i in range(len(self.strategies))]
        best = int(np.argmax(shares))
        low = binomtest(round(shares[best] * n_runs), n_runs).proportion_ci(method="wilson").low
        if low >= limits.clearly:
            return Verdict("clearly best", best)
        return Verdict("probably best" if low > limits.probably else "no clear best", best)

    @cached_property
    def values(self) -> np.ndarray:
        """Willingness along the curves: to twice what is declared, or twice the dearest ratio of the frontier."""
        ratios = [row.ratio for row in self.rows if row.ratio is not None]
        top = 2.0 * (self.willingness or max(ratios, default=0.0)) or 1.0
        return np.linspace(0.0, top, N_VALUES)

    @cached_property
    def curves(self) -> np.ndarray:
        """Probability that each strategy has the highest net benefit, shape (values, strategies)."""
        return acceptability(self.effect, self.cost, self.values)

    @cached_property
    def losses(self) -> np.ndarray:
        """Expected loss of each strategy, in the unit of cost, shape (values, strategies)."""
        return expected_loss(self.effect, self.cost, self.values)

    def probability(self, place: int) -> float | None:
        """Return the share of runs in which a strategy has the highest net benefit.

        Parameters
        ----------
        place : of the strategy.

        Returns
        -------
        0 to 1; None without a willingness.
        """
        if self.willingness is None:
            return None
        return float(acceptability(self.effect, self.cost, np.array([self.willingness]))[0, place])

    def loss(self, place: int) -> float | None:
        """Return the expected loss of a strategy at the willingness declared.

        Parameters
        ----------
        place : of the strategy.

        Returns
        -------
        In the unit of cost; None without a willingness.
        """
        if self.willingness is None:
            return None
        return float(expected_loss(self.effect, self.cost, np.array([self.willingness]))[0, place])

    def ahead(self, one: int, other: int) -> Estimate:
        """Return by how much the mean net benefit of one strategy exceeds another's.

        Parameters
        ----------
        one, other : places of strategies.

        Returns
        -------
        `Estimate`, with its 95% interval.
        """
        assert self.net_benefit is not None
        return components(self.net_benefit[:, :, one] - self.net_benefit[:, :, other]).mean

    # ------------------------------------------------------------------------------------------------ amounts

    @property
    def effect_unit(self) -> str:
        """The unit of effect, in words."""
        if self.worth.full_effect_person_year is None:
            return "person-years of full effect"
        return self.worth.currency if self.worth.effect_unit == "money" else "QALYs"

    @property
    def cost_unit(self) -> str:
        """The unit of cost, in words."""
        return self.worth.currency if self.worth.staff_day is not None else "staff-days"

    def cost_text(self, amount: float, sign: bool = False) -> str:
        """Return an amount in the unit of cost.

        Parameters
        ----------
        amount : a number.
        sign : whether a plus stands before it.

        Returns
        -------
        Text, to three figures.
        """
        return amount_text(amount, self.cost_unit, sign)

    def effect_text(self, amount: float, sign: bool = False) -> str:
        """Return an amount in the unit of effect.

        Parameters
        ----------
        amount : a number.
        sign : whether a plus stands before it.

        Returns
        -------
        Text, to three figures.
        """
        return amount_text(amount, self.effect_unit, sign)

    @property
    def one_effect(self) -> str:
        """One unit of effect, in words."""
        return {"QALYs": "QALY"}.get(self.effect_unit, "person-year of full effect")

    # ------------------------------------------------------------------------------------------------ words

    @cached_property
    def sentence(self) -> str:
        """The finding in one sentence."""
        if self.willingness is None:
            return self.increments[-1]
        is_money = self.worth.effect_unit == "money"
        price = "" if is_money else f" at {self.cost_text(self.willingness)} a {self.one_effect}"
        own = "with the scenario's own values, " if self.doubt == LUCK else ""
        head = f"On net benefit{price}, over {years(self.months)}, {own}counting {self.doubt}:"
        strength, best = self.verdict.strength, self.verdict.best
        if strength == "the same":
            return f"{head} all strategies are the same."
        if strength == "too few runs" or best is None:
            return f"{head} there are too few runs or strategies to say which is best."
        name, gaps = self.strategies[best], []
        for i, other in enumerate(self.strategies):
            if i != best:
                gap = self.ahead(best, i)
                gaps.append(f"{self.cost_text(gap.value, sign=True)} compared with {other}")
                if gap.low is not None and gap.high is not None:
                    ends = f"{self.cost_text(gap.low, sign=True)} to {self.cost_text(gap.high, sign=True)}"
                    gaps[-1] += f" ({ends})"
        share = f"run by run, it is the best in {100 * (self.probability(best) or 0.0):.0f}% of them"
        if self.verdict.leader is None:
            return f"{head} there is {strength}: {name} comes to {listed(gaps)}; {share}."
        average = " on average" if self.doubt == LUCK else ""
        return f"{head} {name} is {strength}{average}: {listed(gaps)}; {share}."

    @cached_property
    def increments(self) -> list[str]:
        """The incremental analysis in words, one sentence a strategy, the least costly first."""
        lines = []
        for i in sorted(range(len(self.rows)), key=lambda i: self.rows[i].cost):
            row, name = self.rows[i], self.strategies[i]
            if row.against is None:
                lines.append(f"{name} costs least, {self.cost_text(row.cost)}, of those that are not dominated.")
                continue
            other, base = self.strategies[row.against], self.rows[row.against]
            if row.status == "equal":
                lines.append(f"{name} has the same effect and cost as {other}.")
            elif row.status == "dominated":
                lines.append(f"{name} is dominated: {other} achieves no less and costs no more, on average.")
            elif row.ratio is None:
                lines.append(
                    f"{name} is extendedly dominated: {other} costs more, and achieves so much more that each unit of "
                    "effect is cheaper there."
                )
            else:
                gain, price = self.effect_text(row.effect - base.effect), self.cost_text(row.cost - base.cost)
                is_money = self.worth.effect_unit == "money"
                ratio = "" if is_money else f": {self.cost_text(row.ratio)} a {self.one_effect}"
                lines.append(f"{name} instead of {other} achieves {gain} more for {price} more{ratio}.")
        return lines

    @property
    def basis(self) -> str:
        """What the amounts rest on, in words."""
        w, parts = self.worth, []
        if w.staff_day is not None:
            parts.append(f"a staff-day costs {self.cost_text(w.staff_day)}")
        if w.full_effect_person_year is not None:
            amount = self.effect_text(w.full_effect_person_year)
            parts.append(f"the full effect is worth {amount} a year to a person served")
        parts.append(f"costs and effects are discounted at {100 * w.discount_rate:g}% a year, by month")
        n_sets, n_runs, _ = self.effect.shape
        return (
            f"The scenario declares that {listed(parts)}. Amounts are totals over all services and "
            f"{years(self.months)}; what comes later is left out, and strategies are compared with one another, not "
            f"with doing nothing. Probabilities are shares of {n_sets * n_runs:,} runs and speak of "
            f"{self.doubt}, not of whether what is declared here is right."
        )

    # ------------------------------------------------------------------------------------------------ tables

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return effect, cost and what follows.

        Returns
        -------
        The heads of columns, and the cells of one row a strategy.
        """
        head = [
            "Strategy",
            f"Effect, {self.effect_unit}",
            "Cost",
            "Compared with",
            "Cost of one more",
        ]
        if self.willingness is not None:
            head += ["Net benefit", "Best in, % of runs", "Expected loss"]
        rows = []
        for i, (name, row) in enumerate(zip(self.strategies, self.rows, strict=True)):
            other = "" if row.against is None else self.strategies[row.against]
            ratio = (
                row.status
                if row.status != "on the frontier"
                else "-"
                if row.ratio is None
                else self.cost_text(row.ratio)
            )
            cells = [name, amount_text(row.effect, ""), self.cost_text(row.cost), other or "-", ratio]
            if self.net_benefit is not None:
                mean = float(self.net_benefit[:, :, i].mean())
                share, loss = self.probability(i) or 0.0, self.loss(i) or 0.0
                cells += [self.cost_text(mean), f"{100 * share:.0f}", self.cost_text(loss)]
            rows.append(cells)
        return head, rows

    def runs_csv(self) -> str:
        """Return effect, cost and net benefit of every run: the points of the cost-effectiveness plane.

        Returns
        -------
        CSV, one row a run.
        """
        n_sets, n_runs, n = self.effect.shape
        places = ((s, r, i) for i in range(n) for s in range(n_sets) for r in range(n_runs))
        head = [
            "strategy",
            "set",
            "replicate",
            "effect",
            "cost",
            *([] if self.net_benefit is None else ["net_benefit"]),
        ]
        return csv_text(head, (
            [self.strategies[i], s, r, float(self.effect[s, r, i]), float(self.cost[s, r, i]),
             *([] if self.net_benefit is None else [float(self.net_benefit[s, r, i])])]
            for s, r, i in places
        ))  # fmt: skip

    def curves_csv(self) -> str:
        """Return probability of being best and expected loss along willingness.

        Returns
        -------
        CSV, one row a value and strategy.
        """
        return csv_text(["willingness", "strategy", "probability_best", "expected_loss"], (
            [float(value), name, float(self.curves[k, i]), float(self.losses[k, i])]
            for k, value in enumerate(self.values) for i, name in enumerate(self.strategies)
        ))  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """Return what is worth what, for programs.

        Returns
        -------
        Numbers and text by name.
        """
        strategies = {}
        for i, (name, row) in enumerate(zip(self.strategies, self.rows, strict=True)):
            against = None if row.against is None else self.strategies[row.against]
            strategies[name] = {
                "effect": row.effect, "cost": row.cost, "status": row.status, "against": against, "ratio": row.ratio,
                "net_benefit": None if self.net_benefit is None else float(self.net_benefit[:, :, i].mean()),
                "probability_best": self.probability(i), "expected_loss": self.loss(i),
            }  # fmt: skip
        return {
            "declared": self.worth.model_dump(exclude_none=True),
            "effect_unit": self.effect_unit,
            "cost_unit": self.cost_unit,
            "verdict": self.verdict.strength if self.willingness is not None else None,
            "best": None if self.verdict.leader is None else self.strategies[self.verdict.leader],
            "strategies": strategies,
        }


def amount_text(amount: float, unit: str, sign: bool = False) -> str:
    """Return an amount with its unit to three figures: a currency before it, another unit after it.

    Parameters
    ----------
    amount : a number.
    unit : the sign or code of a currency, or a word.
    sign : whether a plus stands before it.

    Returns
    -------
    Text.

    Examples
    --------
    >>> amount_text(1_234_567.0, "£"), amount_text(12.0, "GBP"), amount_text(1234.0, "staff-days")
    ('£1.23 million', 'GBP 12', '1,230 staff-days')
    """
    size, scale = abs(amount), ""
    for power, word in ((1e9, " billion"), (1e6, " million")):
        if size >= 0.9995 * power:
            size, scale = size / power, word
            break
    digits = f"{size:,.0f}" if size >= 99.95 else f"{size:.3g}"
    if size >= 999.5 and not scale:
        digits = f"{float(f'{size:.3g}'):,.0f}"
    before = "−" if amount < 0 and float(digits.replace(",", "")) > 0 else "+" if sign else ""
    if unit[-1:].isalpha():
        return f"{before}{digits}{scale} {unit}" if len(unit) > 3 else f"{before}{unit} {digits}{scale}"
    return f"{before}{unit}{digits}{scale}"


def worth_of(comparison: ComparisonResults) -> StrategyWorth | None:
    """Return what the strategies of a comparison are worth, where its scenario declares anything.

    Parameters
    ----------
    comparison : outcomes of every strategy.

    Returns
    -------
    `StrategyWorth` over plausible worlds where they were run, else of the runs with the scenario's own values, as one
    set; None where nothing is declared.

    Examples
    --------
    >>> worth_of(ss.compare("classroom", replicates=2, driver="mesa", workers=1, frontier=False)) is None
    True
    """
    c = comparison
    worth = c.scenario.worth
    if not worth.is_declared:
        return None
    thresholds = replace(thresholds_of(c.scenario), matters=0.0)
    if c.doubt is not None and c.doubt.totals is not None:
        effect, cost = c.doubt.totals
        doubt = f"luck and {c.doubt.n_sets} {c.doubt.worlds}"
    else:
        people = people_served(c)
        totals = np.array([effect_and_cost(c.outcomes[name], people, c.network.n, worth) for name in c.strategies])
        effect, cost = np.moveaxis(totals, 0, -1)[:, None]
        doubt = LUCK if c.sets is None else f"luck and {min(len(c.sets), c.n_replicates)} sets of parameters"
    return StrategyWorth(worth, tuple(c.strategies), effect, cost, c.scenario.run.months, doubt, thresholds)
