"""Programmes that respond: the levers of each month where a strategy has rules, for both drivers.

What belongs here: the units whose levers may differ, what the record of the month before says of each, and the levers
that follow. A *pathway* is the levers month by month under one history of rules; units with the same history share it.
What does not: the grammar of conditions (``scenario.conditions``), what levers do (``rules``).

In each month, for each unit, the first rule whose condition holds applies; it is in force for its months, or from then
on, and does not begin again meanwhile. What it sets holds as an entry of the schedule in that month would.

Examples
--------
Those of the functions run a classroom whose programme responds:

>>> from spreadsim.scenario.plan import plans
>>> rule = "strategies.one-neighbour-is-enough.rules=[{when='reach >= 0.5', set={celebration=1.0}, months=2}]"
>>> scenario = ss.load_scenario("classroom", [rule])
>>> network, plan = ss.make_network(scenario), plans(scenario)[0]
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from spreadsim import rules
from spreadsim.errors import InputError, nearest
from spreadsim.network.data import Network
from spreadsim.network.hierarchy import Hierarchy
from spreadsim.outcomes.measures import monthly, spending_of
from spreadsim.outcomes.run import ByUnit, Firing
from spreadsim.scenario.conditions import MONTH
from spreadsim.scenario.plan import Plan, Standing

NONE = -1  # no rule applies


@dataclass
class Pathway:
    """The levers of a month under one history of rules, and those of the months after it.

    Attributes
    ----------
    plan : the strategy.
    levers : of months 0 to this one, before any variation.
    standing : what they hand on.
    in_force : rules that are in force, each with the month in which it began.
    following : the next month's, by the rule that applies then.

    Examples
    --------
    >>> start = Pathway.of(plan)
    >>> start.after(0).after(NONE).in_force, start.after(0).after(NONE).after(NONE).in_force
    (((0, 1),), ())
    """

    plan: Plan
    levers: tuple[rules.Levers, ...]
    standing: Standing
    in_force: tuple[tuple[int, int], ...] = ()
    following: dict[int, Pathway] = field(default_factory=dict)

    @classmethod
    def of(cls, plan: Plan) -> Pathway:
        """Return where every unit of a strategy begins: month 0, in which there is no record yet."""
        levers, standing = plan.calendar.month(0, Standing())
        return cls(plan, (levers,), standing)

    def begins(self, rule: int, month: int) -> bool:
        """Return whether a rule that applies in a month begins then, and is not in force already."""
        return rule != NONE and rule not in {one for one, _ in self._still(month)}

    def _still(self, month: int) -> tuple[tuple[int, int], ...]:
        return tuple((one, began) for one, began in self.in_force if self.plan.triggers[one].is_in_force(began, month))

    def after(self, rule: int) -> Pathway:
        """Return the pathway of the next month, in which a rule applies.

        Parameters
        ----------
        rule : its place in the strategy's list, or `NONE`.

        Returns
        -------
        A pathway, the same one whenever the same rule applies.
        """
        if rule not in self.following:
            month = len(self.levers)
            in_force = self._still(month)
            if self.begins(rule, month):
                in_force = (*in_force, (rule, month))
            settings = [(began, self.plan.triggers[one].settings) for one, began in in_force]
            levers, standing = self.plan.calendar.month(month, self.standing, settings)
            self.following[rule] = Pathway(self.plan, (*self.levers, levers), standing, in_force)
        return self.following[rule]

    @property
    def now(self) -> rules.Levers:
        """The levers of this month."""
        vary = self.plan.variation
        return self.levers[-1] if vary is None else vary(self.levers)[-1]


def level_of(hierarchy: Hierarchy, plan: Plan, rule: int) -> int | None:
    """Return the place of the level whose groups a rule judges one by one.

    Parameters
    ----------
    hierarchy : above the services.
    plan : the strategy.
    rule : its place in the strategy's list.

    Returns
    -------
    Its place in ``hierarchy.levels``; None where the rule judges all services together.

    Raises
    ------
    InputError : the hierarchy has no such level.

    Examples
    --------
    >>> level_of(network.hierarchy, plan, 0) is None
    True
    """
    each, levels = plan.triggers[rule].each, hierarchy.levels
    if each is None:
        return None
    if each not in levels:
        remedy = nearest(each, levels) if levels else "the network has no levels: leave 'each' out"
        raise InputError("scenario", f"strategies.{plan.name}.rules.{rule}.each", f"there is no level '{each}'", remedy)
    return levels.index(each)


class Units:
    """The parts of the services whose levers may differ, and the pathway that each has come along.

    Services under no group of a level form a group of their own.

    Parameters
    ----------
    network : of the run.
    plan : the strategy, with rules.

    Attributes
    ----------
    unit_of : int32, shape (n,): unit of each service.
    pathways : of each unit.

    Examples
    --------
    >>> units = Units(network, plan)
    >>> units.n_units, units.unit_of.tolist()
    (1, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    """

    def __init__(self, network: Network, plan: Plan) -> None:
        self.plan, tree = plan, network.hierarchy
        levels = [level_of(tree, plan, rule) for rule in range(len(plan.triggers))]
        of_service = np.stack([np.full(network.n, -1) if at is None else tree.group_at(at) for at in levels], axis=1)
        groups, unit_of = np.unique(of_service, axis=0, return_inverse=True)
        self.unit_of = unit_of.reshape(-1).astype(np.int32)
        self.n_units = len(groups)
        self._names = [
            ["" if at is None else f"no {tree.levels[at]}" if g < 0 else tree.names[g] for g in groups[:, rule]]
            for rule, at in enumerate(levels)
        ]
        self._group_of = [np.unique(groups[:, rule], return_inverse=True)[1].reshape(-1) for rule in range(len(levels))]
        self._n = np.bincount(self.unit_of, minlength=self.n_units).astype(np.float64)
        self._people = np.bincount(self.unit_of, weights=network["population"], minlength=self.n_units)
        self.pathways = [Pathway.of(plan)] * self.n_units
        self._firings: list[Firing] = []

    @property
    def levers(self) -> list[rules.Levers]:
        """The levers of each unit in the month that the pathways have come to."""
        return [pathway.now for pathway in self.pathways]

    def look(self, sums: np.ndarray) -> list[rules.Levers]:
        """Look at the record, and return the levers of each unit in the month after it.

        Parameters
        ----------
        sums : recorded of each unit from month 0 on, shape (units, months, N_SUMS).

        Returns
        -------
        One `rules.Levers` a unit.

        Examples
        --------
        >>> from spreadsim.outcomes.record import N_SUMS
        >>> Units(network, plan).look(np.zeros((1, 1, N_SUMS)))[0].month
        1
        """
        month = sums.shape[1]
        applies = np.full(self.n_units, NONE)
        for rule in range(len(self.plan.triggers)):
            holds = self._holds(rule, sums, month)
            applies = np.where((applies == NONE) & holds, rule, applies)
        begun = set()
        for unit, rule in enumerate(applies.tolist()):
            if self.pathways[unit].begins(rule, month):
                firing = Firing(month, rule, self._names[rule][unit])
                if firing not in begun:
                    self._firings.append(firing)
                    begun.add(firing)
            self.pathways[unit] = self.pathways[unit].after(rule)
        return self.levers

    def _holds(self, rule: int, sums: np.ndarray, month: int) -> np.ndarray:
        """Return for each unit whether the condition of a rule holds in the group that the rule judges."""
        condition, group_of = self.plan.triggers[rule].condition, self._group_of[rule]
        n_groups = int(group_of.max()) + 1

        def of_groups(values: np.ndarray) -> np.ndarray:
            if np.array_equal(group_of, np.arange(self.n_units)):  # each unit is a group
                return values
            total = np.zeros((n_groups, *values.shape[1:]))
            np.add.at(total, group_of, values)
            return total

        record: dict[str, object] = {MONTH: month}
        n = of_groups(self._n[:, None])
        names = [name for name in condition.names if name != "cost"]
        if names:
            by_name = monthly(of_groups(sums), n, of_groups(self._people[:, None]), names)
            record |= {name: values[:, -1] for name, values in by_name.items()}
        if "cost" in condition.names:
            last = rules.Levers(*np.array([pathway.now for pathway in self.pathways]).T[:, :, None])
            spending = spending_of(self.plan, last, self._n[:, None], sums[:, -1:])
            record["cost"] = (of_groups(spending) / n)[:, -1]
        return np.broadcast_to(condition.holds(record), n_groups)[group_of]

    def record(self, sums: np.ndarray, months: int) -> ByUnit:
        """Return what differs between the units of a run.

        Parameters
        ----------
        sums : recorded of each unit, shape (units, T + 1, N_SUMS).
        months : the horizon T.

        Returns
        -------
        The record by unit.
        """
        vary = self.plan.variation
        paths = [p.levers if vary is None else vary(p.levers) for p in self.pathways]
        return ByUnit(self.unit_of, sums, np.array([path[:months] for path in paths]), tuple(self._firings))
