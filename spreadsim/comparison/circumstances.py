"""What befell a service between its changes of state: people leaving, pressure, preparing, damage, the end of pay.

What belongs here: what is read off a run stopped at each month, or worked out again from the numbers at their
addresses, about one service. Changes of state are events, and `explanation`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spreadsim import draws, rules
from spreadsim.network.data import Network
from spreadsim.outcomes.run import Run
from spreadsim.scenario.plan import Plan
from spreadsim.telling.wording import listed

IN_USE = (rules.IMPLEMENTING, rules.EMBEDDED)
REPORTING = (*IN_USE, rules.IN_NAME_ONLY)
KEPT = ("state", "preparing", "fidelity", "form", "co_produced")  # of `state.STATE`, by month


@dataclass(frozen=True)
class Month:
    """What happened to one service in the month that led to `month`.

    Attributes
    ----------
    month : in which it shows.
    text : what happened, in sentences without a full stop; most months have none.
    forgotten, damaged : functions of which the team forgot a part when people left, and which adapting damaged.
    is_pressed : whether its group was under pressure.

    Examples
    --------
    >>> Month(3, ["drops the plan to start"]).is_pressed
    False
    """

    month: int
    text: Sequence[str] = ()
    forgotten: Sequence[int] = ()
    damaged: Sequence[int] = ()
    is_pressed: bool = False


@dataclass(frozen=True)
class History:
    """States of all services by month, 0 to T, and the address of the run's random numbers.

    Attributes
    ----------
    final : for each of `KEPT` an array by month.
    functions : names of the intervention's.
    seed, replicate : address of the random numbers.

    Examples
    --------
    >>> round(History({}, ["training"], seed=1, replicate=0).draw(5, draws.DECIDE, 17), 6)
    0.943416
    """

    final: Mapping[str, Sequence[np.ndarray]]
    functions: Sequence[str]
    seed: int
    replicate: int

    def draw(self, month: int, purpose: int, word: int) -> float:
        """Return the number that the run used at an address.

        Parameters
        ----------
        month : from 0.
        purpose : what it was for, one of those in `draws`.
        word : id of the service, function or group.

        Returns
        -------
        A number in [0, 1).
        """
        return float(draws.uniform(self.seed, self.replicate, month, purpose, word))


def months_of(history: History, run: Run, network: Network, plan: Plan, i: int) -> list[Month]:
    """Return what befell service `i` in each month, 1 to T.

    Parameters
    ----------
    history : of the run.
    run : the same run, whole.
    network, plan : it was run on, and under.
    i : uid of the service.

    Returns
    -------
    A `Month` for each step.

    Examples
    --------
    >>> from spreadsim.drivers.mesa_model import run_with_mesa
    >>> from spreadsim.scenario.plan import plans
    >>> scenario = ss.load_scenario("classroom")
    >>> network, plan = ss.make_network(scenario), plans(scenario)[0]
    >>> run = run_with_mesa(network, plan, 1, 0)
    >>> final = {name: [run.final[name]] * (plan.months + 1) for name in KEPT}
    >>> [month.month for month in months_of(History(final, ["all"], 1, 0), run, network, plan, 0) if month.text]
    []
    """
    pressed = under_pressure(network, plan, history.seed, history.replicate)[:, i].tolist()
    months = []
    for t in range(plan.months):
        before, after = (int(history.final["state"][s][i]) for s in (t, t + 1))
        text: list[str] = []
        forgotten: list[int] = []
        damaged: list[int] = []
        has_heard = after != rules.UNAWARE  # before that, pressure on its group changes nothing
        if has_heard and pressed[t] and not (t and pressed[t - 1]):
            text.append("its group comes under pressure")
        elif has_heard and t and pressed[t - 1] and not pressed[t]:
            text.append("the pressure on its group is over")
        text += _preparing(history, i, t, before, after)
        if before in IN_USE and after in IN_USE:
            damaged = _damaged(history, run, network, plan, i, t)
            if damaged:
                text.append(f"adapting its form damages {_names(damaged, history)}")
        if plan.behaviour.turnover.rate > 0.0 and history.draw(t, draws.TURNOVER, i) < plan.behaviour.turnover.rate:
            if before in IN_USE and after in IN_USE:
                forgotten = _forgotten(history, run, plan, i, t)
                lost = (
                    f", and with them part of {_names(forgotten, history)}"
                    if forgotten
                    else "; all of it is remembered"
                )
                text.append(f"people who know how it works leave{lost}")
            elif history.final["preparing"][t][i]:
                text.append("people leave, and what it had prepared is lost")
        if t and plan.levers[t - 1].incentive > 0.0 >= plan.levers[t].incentive and after in REPORTING:
            text.append("the payment for reporting it has stopped")
        months.append(Month(t + 1, text, forgotten, damaged, pressed[t]))
    return months


def _names(functions: Sequence[int], history: History) -> str:
    """Return the names of functions, in words."""
    return listed([history.functions[k] for k in functions])


def _preparing(history: History, i: int, t: int, before: int, after: int) -> list[str]:
    """Return whether the service found that it was not ready, or dropped the plan, in words."""
    was, now = (bool(history.final["preparing"][s][i]) for s in (t, t + 1))
    if now and not was:
        return ["would start, finds that it is not ready, and prepares"]
    if was and not now and before == after:
        return ["drops the plan to start"]
    return []


def _forgotten(history: History, run: Run, plan: Plan, i: int, t: int) -> list[int]:
    """Return the functions of which a part went with the people who left in month `t`."""
    codification = run.specification[t + 1, 1:]
    return [
        k
        for k in range(plan.intervention.n_components)
        if history.draw(t, draws.TURNOVER_LOSS, draws.COMPONENT_STRIDE * i + k)
        < rules.forgotten_probability(plan.behaviour, float(codification[k]))
        and history.final["fidelity"][t][i, k] > 0.0
    ]


def _damaged(history: History, run: Run, network: Network, plan: Plan, i: int, t: int) -> list[int]:
    """Return the functions that adapting damaged in month `t`, by the rule that both drivers follow."""
    b, m, v = plan.behaviour, plan.levers[t], plan.intervention
    published = rules.form_as_published(m, float(run.specification[t + 1, 0]), float(network["regional_context"][i]))
    damage = rules.damage_unguarded(
        b, float(history.final["form"][t][i]), float(history.final["form"][t + 1][i]), published
    )
    guarded = rules.damage_guarded(b, m, v, damage, float(history.final["co_produced"][t][i]))
    result, k = [], 0
    while damage > 0.0:
        address = draws.COMPONENT_STRIDE * i
        k += draws.equals_before(history.draw(t, draws.CORE_DAMAGE_CANDIDATE, address + k), damage, v.n_components - k)
        if k >= v.n_components:
            break
        chance = guarded if v.core[k] else damage if v.truly_core[k] else 0.0
        if history.draw(t, draws.CORE_DAMAGE, address + k) * damage < chance:
            result.append(k)
        k += 1
    return result


def under_pressure(network: Network, plan: Plan, seed: int, replicate: int) -> np.ndarray:
    """Return whether each service's group was under pressure, by month.

    Parameters
    ----------
    network, plan : that were run.
    seed, replicate : address of the random numbers.

    Returns
    -------
    Shape (T, n).

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom")
    >>> from spreadsim.scenario.plan import plans
    >>> under_pressure(ss.make_network(scenario), plans(scenario)[0], 1, 0).any()
    np.False_
    """
    b, tree = plan.behaviour, network.hierarchy
    pressed = np.zeros((plan.months, tree.n_groups + 1), dtype=bool)  # by group; who has none is never under pressure
    member_of = tree.group_from_top(b.pressure.level)
    if b.pressure.rate > 0.0:
        groups = np.unique(member_of[member_of < tree.n_groups])
        left = [0] * len(groups)
        for t in range(plan.months):
            numbers = draws.uniform(seed, replicate, t, draws.PRESSURE, (network.n + groups).astype(np.uint64))
            left = [rules.months_of_pressure(b, *both) for both in zip(numbers.tolist(), left, strict=True)]
            pressed[t, groups] = np.array(left) > 0
    return pressed[:, member_of]


def turnovers(network: Network, plan: Plan, seed: int, replicate: int) -> np.ndarray:
    """Return whether people left each service, by month.

    Parameters
    ----------
    network, plan : that were run.
    seed, replicate : address of the random numbers.

    Returns
    -------
    Shape (T, n).

    Examples
    --------
    >>> scenario = ss.load_scenario("classroom")
    >>> from spreadsim.scenario.plan import plans
    >>> turnovers(ss.make_network(scenario), plans(scenario)[0], 1, 0).shape
    (12, 12)
    """
    words = np.arange(network.n, dtype=np.uint64)
    u = [draws.uniform(seed, replicate, t, draws.TURNOVER, words) for t in range(plan.months)]
    return np.array(u) < plan.behaviour.turnover.rate
