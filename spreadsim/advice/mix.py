"""Which mix of levers to choose: the cheapest that reaches an outcome, or the best within a budget.

What belongs here: the question, the search for the Pareto front of outcome, equity gap and cost, the choice on it, and
its evaluation. The first mixes are spread evenly over the levers; smooth surfaces are fitted to their outcomes, the
front of the surfaces is sought (``front``), mixes on it are run, and so on. Three sets of replicates that share no
number are used: the search sees the first, the choice is made on the second, and every figure that is reported comes
from the third; where the answer is to hold over assumption sets, every other set is kept for the third too. What does
not: where to start (``advice``), the optimiser (``front``), what is kept (``kept_runs``), words (``mix_findings``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.advice.front import non_dominated, require_pymoo, search_front
from spreadsim.advice.kept_runs import KeptRuns
from spreadsim.comparison.comparison import check_arguments, with_run
from spreadsim.comparison.mixes import CENTRAL, LEVERS_OF_MIX, STEPS, AssumptionSet, Mix, MixRuns, mix_words
from spreadsim.errors import InputError, check_name, nearest
from spreadsim.inference.crossed import Components, censored, components
from spreadsim.network.construction import make_network
from spreadsim.notebook import html_table
from spreadsim.outcomes.measures import BY_NAME, MEASURES
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import load_scenario
from spreadsim.scenario.plan import plan
from spreadsim.sweeps import store
from spreadsim.telling.figures import GREY, INK, SMALL, TINY, axes_for, heading, make_figure, png, safe, style, tidy
from spreadsim.telling.progress import progress_steps
from spreadsim.telling.wording import is_share, unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIRST = 0.25  # share of the mixes that are spread evenly over the levers
ROUND = 50  # mixes tried before the surfaces are fitted again
POPULATION, GENERATIONS = 100, 40  # of the search on the surfaces, which costs no run
SMOOTHING = 0.1  # of the surfaces: few runs of a mix tell its outcomes with an error
MOST_ON_FRONT, NEAREST = 40, 20  # mixes of the front, and of those nearest to the question, that are run further
SETS_OF_SEARCH, SETS_OF_EVALUATION = 16, 64  # at most; more would take too long
IN_ONE_SET, IN_EACH_SET, EVALUATED_IN_EACH_SET = 8, 2, 4  # replicates: of the search in one set, and in several


@dataclass(frozen=True)
class MixQuestion:
    """What is asked.

    Attributes
    ----------
    measure : the outcome.
    at_least : the outcome to reach; None asks for the best within the budget.
    budget : most staff-days per service; None for no limit.
    budget_of : the strategy whose cost the budget is; empty where it was asked for.

    Examples
    --------
    >>> MixQuestion("benefit", at_least=0.6, budget=None).at_least
    0.6
    """

    measure: str
    at_least: float | None
    budget: float | None
    budget_of: str = ""


@dataclass(frozen=True)
class MixEvaluation:
    """A mix or a strategy, on runs that nothing was chosen on.

    Attributes
    ----------
    name : of the strategy, or ``the advice``.
    levers : of the mix; empty for a strategy.
    values : by measure, shape (sets, replicates).

    Examples
    --------
    >>> one = MixEvaluation("blend", {}, {"benefit": np.array([[0.2, 0.3, 0.4]])})
    >>> round(one.components["benefit"].mean.value, 2)
    0.3
    """

    name: str
    levers: Mapping[str, float]
    values: Mapping[str, np.ndarray]

    @cached_property
    def components(self) -> dict[str, Components]:
        """The mean of each measure that is defined in every run, with its interval."""
        return {m: components(v) for m, v in self.values.items() if np.isfinite(v).all()}

    def minus(self, other: MixEvaluation, measure: str) -> Components | None:
        """Return the paired difference from another; None where a run has no value."""
        gap = self.values[measure] - other.values[measure]
        return components(gap) if np.isfinite(gap).all() else None


@dataclass(frozen=True)
class MixAdvice:
    """Which mix to choose, the front it lies on, and how it does on runs that it was not chosen on.

    Attributes
    ----------
    scenario : whose programme the mixes have.
    question : what was asked.
    over : under which assumptions: ``central``, or the name of the sets.
    n_sets : of the search and the choice, and of the evaluation.
    is_met : whether a mix was found that does what was asked, on the runs of the choice; else the nearest is advised.
    advice : the mix, evaluated.
    strategies : those of the scenario, evaluated in the same runs.
    front : mixes that no other beats in outcome, equity gap and cost at once, cheapest first.
    front_values : means of every measure on the runs of the choice, one a mix of the front.
    n_mixes : how many were tried.
    replicates : of the search, the choice and the evaluation.
    n_new, n_kept : runs made now, and read from the folder.
    notes : what was repaired in it.

    Examples
    --------
    >>> advice = advise_mix("classroom", budget=2.0, months=12, candidates=8, search_replicates=2, replicates=3)
    >>> len(advice.front) == len(advice.front_values["cost"]), advice.question.budget
    (True, 2.0)
    """

    scenario: Scenario
    question: MixQuestion
    over: str
    n_sets: tuple[int, int]
    is_met: bool
    advice: MixEvaluation
    strategies: Sequence[MixEvaluation]
    front: Sequence[Mix]
    front_values: Mapping[str, np.ndarray]
    n_mixes: int
    replicates: tuple[int, int, int]
    n_new: int
    n_kept: int
    notes: Sequence[str] = ()

    def _repr_html_(self) -> str:
        names = (self.question.measure, "cost", "equity_gap")
        rows = [(one.name, *(f"{one.values[m].mean():.3g}" for m in names)) for one in (self.advice, *self.strategies)]
        rows.append(("mix of the advice", mix_words(self.advice.levers), "", ""))
        figure = make_figure(2.6, 4.0)
        self.plot(ax=figure.add_subplot())
        picture = png(figure, "outcome against cost: the front, the strategies and the advice", 300)
        title = f"{self.scenario.name}: which mix to choose, of {self.n_mixes:,} tried"
        return html_table(title, rows, ("", *(BY_NAME[m].label for m in names)), picture=picture)

    def plot(self, measure: str = "", *, ax: Axes | None = None) -> Axes:
        """Draw a measure against cost: the front, the strategies, and the advice.

        Parameters
        ----------
        measure : its name; the outcome that was sought if empty.
        ax : Matplotlib axes to draw on; those of a new figure if None.

        Returns
        -------
        The Matplotlib axes.

        Raises
        ------
        InputError : there is no measure of that name.
        """
        name = measure or self.question.measure
        check_name("measure", name, BY_NAME)
        axes = axes_for(ax, 2.75)
        self.draw(axes, name)
        axes.legend(fontsize=TINY, frameon=False)
        return axes

    def draw(self, axes: Any, measure: str) -> None:
        """Draw a measure against cost on Matplotlib axes, with no legend."""
        scale = 100.0 if is_share(measure) else 1.0
        axes.plot(
            self.front_values["cost"],
            scale * self.front_values[measure],
            ".",
            color=GREY,
            markersize=5,
            label="the front",
        )
        marks = [(one, style(i).marker, style(i).colour, 6.5) for i, one in enumerate(self.strategies)]
        for one, marker, colour, size in [*marks, (self.advice, "*", INK, 11.0)]:
            at = float(np.mean(one.values["cost"])), scale * float(np.mean(one.values[measure]))
            axes.plot(*at, marker, color=colour, markersize=size, label=safe(one.name))
        tidy(axes, grid="y")
        axes.margins(0.1)
        heading(axes, BY_NAME[measure].label)
        axes.set_ylabel(unit(measure), fontsize=TINY)
        axes.set_xlabel("staff-days per service", fontsize=SMALL)


class _Archive:
    """Every mix that was tried, with its mean outcomes on the runs of the search."""

    def __init__(self, kept: KeptRuns, measure: str, replicates: range, sets: Sequence[AssumptionSet]) -> None:
        self.kept, self.measure, self.replicates, self.sets = kept, measure, replicates, sets
        self.mixes: dict[Mix, np.ndarray] = {}

    @property
    def objectives(self) -> np.ndarray:
        """What the search makes small, shape (mixes, 3)."""
        return np.array(list(self.mixes.values()))

    def add(self, mixes: Sequence[Mix]) -> None:
        """Run the mixes that were not tried yet."""
        new = [mix for mix in dict.fromkeys(mixes) if mix not in self.mixes]
        if new:
            values = self.kept.values([mix.strategy() for mix in new], self.replicates, self.sets)
            rows = objectives_of(values, self.measure, self.sets, self.kept.runs.scenario.run.months)
            self.mixes |= dict(zip(new, rows, strict=True))

    def proposals(self, n: int, number: int, question: MixQuestion) -> list[Mix]:
        """Return mixes on the front of surfaces fitted to those tried, or those that would answer the question best.

        In turn, by `number`: of outcome, equity gap and cost; of outcome and cost; the best answers.
        """
        from scipy.interpolate import RBFInterpolator

        points = np.array([mix.values for mix in self.mixes])
        if len(points) < 2 * (points.shape[1] + 1):
            return []
        wanted = [0, 1, 2] if number % 3 == 0 else [0, 2]
        known = self.objectives[:, wanted]
        scale = np.where(known.std(axis=0) > 0, known.std(axis=0), 1.0)
        surfaces = RBFInterpolator(points, known / scale, kernel="cubic", degree=1, smoothing=SMOOTHING)
        tried: dict[Mix, np.ndarray] = {}

        def evaluate(at: np.ndarray) -> np.ndarray:
            rows = np.round(surfaces(at), 9)
            tried.update(zip(map(Mix.at, at), rows, strict=True))
            return np.asarray(rows)

        order = np.argsort(known[:, -1], kind="stable")
        front = [i for i in order if i in set(np.flatnonzero(non_dominated(known)))]
        beginning = np.vstack([points[front], points])[:POPULATION]
        search_front(evaluate, beginning, len(wanted), GENERATIONS, self.kept.runs.scenario.run.seed + number, STEPS)
        new = [mix for mix in tried if mix not in self.mixes]
        rows = np.array([tried[mix] for mix in new])
        if not new:
            return []
        if number % 3 == 2:
            return [new[i] for i in ranked(question, -rows[:, 0] * scale[0], rows[:, -1] * scale[-1])[:n]]
        on_front = np.flatnonzero(non_dominated(rows))
        return [new[i] for i in on_front[thinned(rows[on_front], n)]]


def thinned(objectives: np.ndarray, n: int) -> np.ndarray:
    """Return points of a front, spread evenly over cost; two thirds of them among those best for their cost.

    Parameters
    ----------
    objectives : shape (points, objectives): outcome first, cost last, lower being better.
    n : how many at most.

    Returns
    -------
    Their places.

    Examples
    --------
    >>> thinned(np.array([[-0.1, 1.0], [-0.2, 2.0], [-0.3, 3.0]]), 2).tolist()
    [0, 2]
    """
    if len(objectives) <= n:
        return np.arange(len(objectives))
    order = np.argsort(objectives[:, -1], kind="stable")
    is_best = non_dominated(objectives[:, [0, -1]])[order]
    best, rest = order[is_best], order[~is_best]
    n_rest = min(len(rest), n // 3 if len(best) >= n - n // 3 else n - len(best))
    return np.sort(np.concatenate([_evenly(best, n - n_rest), _evenly(rest, n_rest)]))


def _evenly(places: np.ndarray, n: int) -> np.ndarray:
    return places[np.unique(np.linspace(0, len(places) - 1, min(n, len(places))).round().astype(int))]


def mean_over(values: np.ndarray, sets: Sequence[AssumptionSet]) -> np.ndarray:
    """Return means over replicates and assumption sets.

    Parameters
    ----------
    values : shape (sets, things, replicates).
    sets : that weigh the first axis.

    Returns
    -------
    One a thing.

    Examples
    --------
    >>> mean_over(np.array([[[1.0, 3.0]], [[5.0, 5.0]]]), [AssumptionSet(), AssumptionSet(weight=3.0)]).tolist()
    [4.25]
    """
    weights = np.array([one.weight for one in sets])
    return np.asarray((weights / weights.sum()) @ values.mean(axis=2))


def objectives_of(
    values: Mapping[str, np.ndarray], measure: str, sets: Sequence[AssumptionSet], months: int
) -> np.ndarray:
    """Return what the search makes small: the outcome turned round, the equity gap and the cost.

    Parameters
    ----------
    values : every measure, shape (sets, mixes, replicates).
    measure : the outcome.
    sets : assumption sets.
    months : the horizon, at which what was never reached is counted.

    Returns
    -------
    Shape (mixes, 3). A gap that is not defined counts as none.

    Examples
    --------
    >>> values = {"benefit": np.full((1, 1, 2), 0.3), "equity_gap": np.full((1, 1, 2), 0.1)}
    >>> objectives_of(values | {"cost": np.full((1, 1, 2), 25.0)}, "benefit", [CENTRAL], 60).round(2).tolist()
    [[-0.3, 0.1, 25.0]]
    """
    own = BY_NAME[measure]
    outcome = censored(values[measure], months) if own.never else np.nan_to_num(values[measure])
    sign = 1.0 if own.better == "lower" else -1.0
    gap = np.nan_to_num(values["equity_gap"])
    return np.stack([sign * mean_over(outcome, sets), mean_over(gap, sets), mean_over(values["cost"], sets)], axis=1)


def _error(values: np.ndarray, sets: Sequence[AssumptionSet]) -> np.ndarray:
    """Return one standard error of means over replicates, whose luck is shared by all sets; values as `mean_over`."""
    weights = np.array([one.weight for one in sets])
    by_replicate = np.einsum("w,wmr->mr", weights / weights.sum(), values)
    return np.asarray(by_replicate.std(axis=1, ddof=1) / np.sqrt(values.shape[2]))


def ranked(question: MixQuestion, outcome: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Return mixes by how well they answer a question, the best first.

    Parameters
    ----------
    question : what is asked.
    outcome, cost : of each mix, the outcome with its sign such that higher is better.

    Returns
    -------
    Their places. Those that do what is asked come first, by cost where an outcome is to be reached and else by outcome;
    then those within the budget, by outcome; then the others, by cost.

    Examples
    --------
    >>> outcome, cost = np.array([0.2, 0.3, 0.4]), np.array([10.0, 20.0, 30.0])
    >>> [ranked(MixQuestion("benefit", *asked), outcome, cost).tolist() for asked in ((0.25, None), (None, 20.0))]
    [[1, 2, 0], [1, 0, 2]]
    """
    affordable = _is_within(question, cost)
    answers = _does_answer(question, outcome, cost)
    by_cost = answers if question.at_least is not None else np.zeros(len(cost), dtype=bool)
    second = np.where(by_cost | ~affordable, cost, -outcome)
    return np.lexsort((second, ~affordable, ~answers))


def _is_within(question: MixQuestion, cost: np.ndarray) -> np.ndarray:
    return cost <= (np.inf if question.budget is None else question.budget + 1e-9)


def _does_answer(question: MixQuestion, outcome: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Return which mixes do what is asked."""
    sign = -1.0 if BY_NAME[question.measure].better == "lower" else 1.0
    least = -np.inf if question.at_least is None else sign * question.at_least
    return _is_within(question, cost) & (outcome >= least)


def advise_mix(
    scenario: Scenario | str | Path,
    *,
    at_least: float | None = None,
    budget: float | None = None,
    over: Sequence[AssumptionSet] = (CENTRAL,),
    over_name: str = "central",
    strategy: str | None = None,
    measure: str = "benefit",
    candidates: int = 600,
    search_replicates: int | None = None,
    replicates: int | None = None,
    seed: int | None = None,
    months: int | None = None,
    workers: int | None = None,
    out: str | Path | None = None,
    progress: bool | Callable[[int], None] = True,
) -> MixAdvice:
    """Return the cheapest mix of levers that reaches an outcome, or the best within a budget.

    Parameters
    ----------
    scenario : a `Scenario`, a shipped name or a path.
    at_least : the outcome to reach, in the measure's unit; the cheapest mix that does is sought.
    budget : most staff-days per service over the horizon; with neither, what `strategy` costs.
    over : assumption sets that the answer is to hold over on average; the scenario's own values by default.
    over_name : what the sets are called.
    strategy : the one whose cost is the budget where none is set; the scenario's last by default.
    measure : the outcome, any measure with a better side.
    candidates : how many mixes the search tries, about.
    search_replicates : runs of each, under each assumption set, at least 2; by default 8, or 2 where there are several
        sets. Twice as many others make the choice.
    replicates : runs of the evaluation, under each assumption set; by default the scenario's, or 4 where there are
        several sets.
    seed, months, workers : as in `compare`.
    out : a folder in which runs are kept as they are made, so that the same call goes on where it stopped.
    progress : whether to show a bar in a notebook and on a terminal (lines in the log elsewhere), or a function that is
        called after runs, with how many.

    Returns
    -------
    `MixAdvice`.

    Raises
    ------
    InputError, InputErrors : the scenario or an argument cannot be used, or the folder is another's.
    MissingExtraError : pymoo is not installed.

    References
    ----------
    Deb et al., IEEE Trans Evol Comput 2002;6:182 (NSGA-II).

    Examples
    --------
    >>> advice = advise_mix("classroom", budget=2.0, months=12, candidates=8, search_replicates=2, replicates=3)
    >>> advice.replicates, [one.name for one in advice.strategies]
    ((2, 4, 3), ['one-neighbour-is-enough', 'one-neighbour-is-not-enough'])
    """
    check_arguments("compiled", workers)
    require_pymoo()
    if len(over) > 1:
        replicates = replicates or EVALUATED_IN_EACH_SET
    of_search = search_replicates or (IN_EACH_SET if len(over) > 1 else IN_ONE_SET)
    spec = with_run(scenario if isinstance(scenario, Scenario) else load_scenario(scenario), replicates, seed, months)
    names = [m.name for m in MEASURES if m.better != "neither" and m.name not in ("cost", "equity_gap")]
    if measure not in names:
        raise InputError("--measure", measure, "cannot be sought", nearest(measure, names))
    name = strategy or list(spec.strategies)[-1]
    if name not in spec.strategies:
        raise InputError(spec.name, "strategy", f"there is no strategy '{name}'", nearest(name, spec.strategies))
    if of_search < 2:
        raise InputError("--search-replicates", str(of_search), "is too few", "give at least 2")
    chosen_on, judged_on = over, over
    if len(over) > 1:
        chosen_on, judged_on = over[::2][:SETS_OF_SEARCH], over[1::2][:SETS_OF_EVALUATION]
    base, fixed = make_network(spec), not spec.network.redraw
    folder = None if out is None else Path(out)
    bar = progress_steps(progress, f"{spec.name} advice", "run")
    with store.lock(folder) if folder is not None else nullcontext(), bar as step:
        kept = KeptRuns(MixRuns(spec, base, fixed, workers=workers, progress=step), folder)
        return _answer(
            kept, MixQuestion(measure, at_least, budget), name, (chosen_on, judged_on), over_name, candidates,
            (of_search, 2 * of_search, spec.run.replicates),
        )  # fmt: skip


def _answer(
    kept: KeptRuns,
    question: MixQuestion,
    name: str,
    sets: tuple[Sequence[AssumptionSet], Sequence[AssumptionSet]],
    over_name: str,
    candidates: int,
    replicates: tuple[int, int, int],
) -> MixAdvice:
    from scipy.stats import qmc

    spec, (a, b, c), (chosen_on, judged_on) = kept.runs.scenario, replicates, sets
    first, second, third = range(a), range(a, a + b), range(a + b, a + b + c)
    own_names = list(spec.strategies)
    own = [spec.strategies[one] for one in own_names]
    if question.budget is None and question.at_least is None:
        cost = kept.values([spec.strategies[name]], second, chosen_on)["cost"]
        question = MixQuestion(question.measure, None, float(mean_over(cost, chosen_on)[0]), name)
    archive = _Archive(kept, question.measure, first, chosen_on)
    spread = qmc.Sobol(len(LEVERS_OF_MIX), seed=np.random.default_rng(spec.run.seed)).random(
        1 << candidates.bit_length()
    )
    archive.add(
        [*(Mix.of_plan(plan(spec, one)) for one in own_names), *map(Mix.at, spread[: round(FIRST * candidates)])]
    )
    for number in range(candidates):
        left = candidates - len(archive.mixes)
        proposals = archive.proposals(min(ROUND, left), number, question) if left > 0 else []
        if not proposals:
            break
        archive.add(proposals)
    mixes, tried = list(archive.mixes), archive.objectives
    on_front = np.flatnonzero(non_dominated(tried))
    near = ranked(question, -tried[:, 0], tried[:, 2])[:NEAREST]
    short = [mixes[i] for i in dict.fromkeys([*near, *on_front[thinned(tried[on_front], MOST_ON_FRONT)]])]
    values = kept.values([mix.strategy() for mix in short], second, chosen_on)
    objectives = objectives_of(values, question.measure, chosen_on, spec.run.months)
    # Told cautiously: a search drives mixes to the edge of what is asked.
    outcome = -objectives[:, 0] - _error(np.nan_to_num(values[question.measure]), chosen_on)
    cost = objectives[:, 2] + _error(values["cost"], chosen_on)
    place = int(ranked(question, outcome, cost)[0])
    is_met = bool(_does_answer(question, outcome, cost)[place])
    judged = kept.values([short[place].strategy(), *own], third, judged_on)
    rows = [
        MixEvaluation(label, levers, {m: v[:, i] for m, v in judged.items()})
        for i, (label, levers) in enumerate(
            [("the advice", short[place].levers), *((one, dict[str, float]()) for one in spec.strategies)]
        )
    ]
    on_front = np.flatnonzero(non_dominated(objectives))
    on_front = on_front[np.argsort(objectives[on_front, 2], kind="stable")]
    means = {m: mean_over(v, chosen_on)[on_front] for m, v in values.items()}
    return MixAdvice(
        scenario=spec, question=question, over=over_name, n_sets=(len(chosen_on), len(judged_on)), is_met=is_met,
        advice=rows[0], strategies=rows[1:], front=[short[i] for i in on_front], front_values=means,
        n_mixes=len(archive.mixes), replicates=replicates, n_new=kept.n_new, n_kept=kept.n_kept,
        notes=tuple(kept.notes),
    )  # fmt: skip
