"""Fitting by simulation: sets of parameters that reproduce observed figures, where all that is known is a few figures.

What belongs here: the figures of one set of parameters, the search for sets that reproduce all of them (approximate
Bayesian computation by sequential Monte Carlo, by pyABC), and what the accepted sets say of each parameter. A set is
accepted if its worst figure lies within the tolerance, in standard errors of the figures: the rule of history matching
(Vernon, Goldstein, Bower, Bayesian Analysis 2010;5:619), so that no figure is traded against another.
What does not: targets files (``targets``), what is written and said (``folder``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spreadsim.drivers.running import default_workers, run_together
from spreadsim.errors import InputErrors, MissingExtraError
from spreadsim.fitting.results import FitResults, distances
from spreadsim.fitting.targets import COHORT_MEASURES, Target, Targets, condition_plan, load_targets
from spreadsim.network.construction import make_network
from spreadsim.network.data import Network
from spreadsim.notebook import html_table
from spreadsim.outcomes import cohorts
from spreadsim.outcomes.measures import curves
from spreadsim.outcomes.run import Run
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.parameter_sets import ParameterSets
from spreadsim.scenario.plan import Plan
from spreadsim.scenario.validation import as_document, with_setting
from spreadsim.sweeps.designs import factor_quantile
from spreadsim.telling.progress import progress_steps

if TYPE_CHECKING:
    from matplotlib.axes import Axes

REPLICATES = 4  # runs of each set of parameters, with common random numbers for all sets
MOVES = 8  # of each kept set within the accepted region, so that copies of one set part


class Fit(FitResults):
    """Sets of parameters that reproduce the targets: results that can be saved.

    Examples
    --------
    >>> figure = '''
    ... [[targets]]
    ... name = "uptake"
    ... measure = "reported_uptake"
    ... strategy = "one-neighbour-is-enough"
    ... value = 0.5
    ... standard_error = 0.3
    ... source = "assumed"
    ... [parameters]
    ... "behaviour.awareness.broadcast_rate" = "plausible"
    ... '''
    >>> _ = Path("targets.toml").write_text(figure)
    >>> result = ss.fit("classroom", "targets.toml", population=3, simulations=6)
    >>> sorted(path.name for path in result.save("fit").iterdir())[:3]
    ['accepted.csv', 'experiment.toml', 'fit.json']
    """

    def _repr_html_(self) -> str:
        from spreadsim.fitting.folder import draw_ranges, ranges_height
        from spreadsim.telling.figures import make_figure, png

        rows = [
            (k.path, f"{k.before[0]:.3g} to {k.before[1]:.3g}", f"{k.after[0]:.3g} to {k.after[1]:.3g}", k.verdict)
            for k in self.parameter_ranges()
        ]
        figure = make_figure(ranges_height(self), 4.5)
        draw_ranges(figure.add_subplot(), self)
        reached = "reproduce" if self.accepted else "do not yet reproduce"
        title = f"{len(self.sets):,} sets of parameters, which {reached} the {len(self.targets.table.targets)} figures"
        header = ("parameter", "middle 90% before", "accepted", "")
        return html_table(title, rows, header, picture=png(figure, "parameters before and accepted", 360))

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the middle 90% of each parameter before (grey) and accepted (blue), and the median.

        Parameters
        ----------
        ax : Matplotlib axes to draw on; those of a new figure if None.

        Returns
        -------
        The Matplotlib axes.
        """
        from spreadsim.fitting.folder import draw_ranges, ranges_height
        from spreadsim.telling.figures import axes_for

        axes = axes_for(ax, ranges_height(self))
        draw_ranges(axes, self)
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
        from spreadsim.fitting.folder import write_fit

        return write_fit(self, Path(folder), force=force)


# ------------------------------------------------------------------------------------------------- the figures


class FigureSimulator:
    """The figures of any set of parameters, on the same networks with common random numbers.

    Parameters
    ----------
    targets : whose figures are simulated.
    replicates : runs of each set and condition.
    workers : threads; one a processor by default.

    Examples
    --------
    >>> from spreadsim.scenario.files import shipped_folder
    >>> targets = load_targets("default", shipped_folder("experiments") / "published-figures" / "targets.toml")
    >>> len(FigureSimulator(targets, replicates=1).conditions) < len(targets.table.targets)
    True
    """

    def __init__(self, targets: Targets, replicates: int, workers: int | None = None) -> None:
        self.targets, scenario = targets, targets.scenario
        self.document = as_document(scenario)
        first = make_network(scenario)
        self.networks = [first, *(make_network(scenario, r, like=first) for r in range(1, replicates))]
        self.conditions = targets.conditions()
        self.pool = ThreadPoolExecutor(workers or default_workers())  # the engine does not hold threads up

    def at(self, values: Sequence[Any]) -> np.ndarray:
        """Return each target's figure, mean over replicates, one a target; nan where it is not defined.

        Raises
        ------
        InputErrors : the scenario refuses the values.
        """
        document = self.document
        for factor, value in zip(self.targets.parameters, values, strict=True):
            document = with_setting(document, factor.path.split("."), value, self.targets.file)
        return self._figures(document)

    def at_defaults(self) -> np.ndarray:
        """Return the figures of the scenario as it stands."""
        return self._figures(self.document)

    def _figures(self, document: dict[str, Any]) -> np.ndarray:
        scenario, table = self.targets.scenario, self.targets.table
        figures = np.full((len(self.networks), len(table.targets)), np.nan)
        plans: list[Plan] = [
            condition_plan(scenario, document, strategy, settings, self.targets.file)
            for strategy, settings in self.conditions
        ]

        def run_condition(condition: int) -> None:
            one = plans[condition]
            runs = run_together(self.networks, one, scenario.run.seed, range(len(self.networks)), "compiled")
            for t, target in enumerate(table.targets):
                if (target.strategy, target.settings) == self.conditions[condition]:
                    figures[:, t] = [
                        figure(target, run, net, one) for run, net in zip(runs, self.networks, strict=True)
                    ]

        list(self.pool.map(run_condition, range(len(plans))))
        return np.asarray(figures.mean(axis=0))


def figure(target: Target, run: Run, network: Network, plan: Plan) -> float:
    """Return what a run shows of a target.

    Parameters
    ----------
    target : the figure, and what it measures in the model.
    run : of the model.
    network : that it ran on.
    plan : that it followed.

    Returns
    -------
    The figure, in its measure's unit; nan where it is not defined.

    Examples
    --------
    >>> from spreadsim.drivers.running import run_plan
    >>> from spreadsim.scenario.plan import plan
    >>> scenario = ss.load_scenario("classroom")
    >>> network, one = make_network(scenario), plan(scenario, "one-neighbour-is-enough")
    >>> target = Target(name="start", measure="reported_uptake", month=0, strategy=one.name, value=0.1,
    ...                 standard_error=0.1, source="assumed")
    >>> figure(target, run_plan(network, one, 1, 0, "compiled"), network, one) == 1 / 12
    True
    """
    if target.measure not in COHORT_MEASURES:
        month = plan.months if target.month is None else target.month
        return float(curves(run, network, plan)[target.measure][month])
    of_cohort: Any = getattr(cohorts, target.measure)
    return float(of_cohort(run.events, plan.months, target.cohort, target.months_after, target.route))


# ------------------------------------------------------------------------------------------------- the search


@contextmanager
def _global_draws(seed: int) -> Iterator[None]:
    """Seed NumPy's global generator, which pyABC draws from, and leave it as it was."""
    before = np.random.get_state()  # noqa: NPY002
    np.random.seed(seed % 2**32)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


def fit(
    scenario: Scenario | str | Path,
    targets: str | Path | Targets,
    *,
    population: int = 200,
    simulations: int = 20_000,
    replicates: int | None = None,
    seed: int | None = None,
    settings: Sequence[str] = (),
    progress: bool | Callable[[int], None] = True,
) -> Fit:
    """Find sets of parameters that reproduce observed figures, by simulation.

    Parameters
    ----------
    scenario : a `Scenario`, a shipped name or a path.
    targets : a targets file, or one that was read.
    population : number of sets that are kept.
    simulations : most sets that are tried; a generation that has begun is finished.
    replicates : runs of each set and condition; the targets file's, else 4.
    seed : of the search; the runs' own is the scenario's.
    settings : ``FIELD=VALUE`` strings laid upon the scenario.
    progress : whether to show a bar in a notebook and on a terminal (lines in the log elsewhere), or a function that is
        called with 1 after each set that was tried.

    Returns
    -------
    The accepted sets, and what they say of each parameter.

    Raises
    ------
    InputError, InputErrors : the targets file or the scenario cannot be used.
    MissingExtraError : pyABC is not installed.

    References
    ----------
    Toni and others, J R Soc Interface 2009;6:187 (approximate Bayesian computation by sequential Monte Carlo).

    Examples
    --------
    >>> figure = '''
    ... [[targets]]
    ... name = "uptake"
    ... measure = "reported_uptake"
    ... strategy = "one-neighbour-is-enough"
    ... value = 0.5
    ... standard_error = 0.3
    ... source = "assumed"
    ... [parameters]
    ... "behaviour.awareness.broadcast_rate" = "plausible"
    ... '''
    >>> _ = Path("targets.toml").write_text(figure)
    >>> result = ss.fit("classroom", "targets.toml", population=3, simulations=6)
    >>> len(result.sets), result.accepted, [row.path for row in result.parameter_ranges()]
    (3, True, ['behaviour.awareness.broadcast_rate'])
    """
    goal = targets if isinstance(targets, Targets) else load_targets(scenario, targets, settings)
    pyabc = _pyabc()
    runs = replicates or goal.table.run.replicates or REPLICATES
    figures, factors = FigureSimulator(goal, runs), goal.parameters
    search_seed = goal.scenario.run.seed if seed is None else seed

    n_simulations = 0

    def values(place: Sequence[float]) -> list[Any]:
        return [_round(factor_quantile(f, float(u))) for f, u in zip(factors, place, strict=True)]

    with progress_steps(progress, f"{goal.table.name} fit", "set") as step:

        def model(sample: Any) -> dict[str, float]:
            try:
                result = figures.at(values([sample[f"p{j}"] for j in range(len(factors))]))
            except InputErrors:
                result = np.full(len(goal.table.targets), np.nan)
            nonlocal n_simulations
            n_simulations += 1
            step(1)
            return {"worst": float(distances(result, goal).max())}

        class Until(pyabc.QuantileEpsilon):  # type: ignore[misc, name-defined]
            """The median of the last generation's distances, and never below the tolerance."""

            def __call__(self, t: int) -> float:
                return max(float(super().__call__(t)), goal.table.tolerance)

        with _global_draws(search_seed):
            abc = pyabc.ABCSMC(
                model,
                pyabc.Distribution(**{f"p{j}": pyabc.RV("uniform", 0.0, 1.0) for j in range(len(factors))}),
                lambda simulated, observed: simulated["worst"],
                population_size=population,
                sampler=pyabc.SingleCoreSampler(),
                eps=Until(alpha=0.5),
            )
            abc.new("sqlite://", {"worst": 0.0})
            history = abc.run(
                minimum_epsilon=goal.table.tolerance, max_total_nr_simulations=simulations, min_acceptance_rate=0.002
            )
            frame, weights = history.get_distribution(m=0, t=history.max_t)
            generations = history.get_all_populations()
        sample = frame[[f"p{j}" for j in range(len(factors))]].to_numpy(dtype=np.float64)
        populations = generations[generations["t"] >= 0]
        threshold = float(populations["epsilon"].iloc[-1])
        start = sample[_systematic(np.asarray(weights), population, search_seed)]
        places = _metropolis_moves(
            start,
            sample,
            lambda place: model({f"p{j}": u for j, u in enumerate(place)})["worst"] <= threshold,
            search_seed,
        )
    rows = tuple(tuple(values(place)) for place in places.tolist())
    figures_of_row: dict[tuple[Any, ...], np.ndarray] = {row: figures.at(row) for row in dict.fromkeys(rows)}
    return Fit(
        targets=goal,
        sets=ParameterSets("accepted.csv", tuple(factor.path for factor in factors), rows),
        places=places,
        figures=np.array([figures_of_row[row] for row in rows]),
        at_defaults=figures.at_defaults(),
        threshold=threshold,
        generations=[(float(e), int(n)) for e, n in zip(populations["epsilon"], populations["samples"], strict=True)],
        seed=search_seed,
        simulations=n_simulations,
    )


def _round(value: Any) -> Any:
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _systematic(weights: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return `count` places drawn in proportion to `weights` with one random number (systematic resampling)."""
    start = np.random.default_rng(seed).random()
    edges = np.cumsum(weights / weights.sum())
    return np.minimum(np.searchsorted(edges, (start + np.arange(count)) / count), len(weights) - 1)


def _metropolis_moves(
    places: np.ndarray, sample: np.ndarray, is_accepted: Callable[[list[float]], bool], seed: int
) -> np.ndarray:
    """Return the sets after some Metropolis moves within the accepted region, of which the prior is uniform.

    Importance weights leave many copies of few sets; moving them keeps the distribution and parts the copies (Gilks,
    Berzuini, J R Stat Soc B 2001;63:127).
    """
    n, d = places.shape
    random = np.random.default_rng([seed, 1])
    spread = np.atleast_2d(np.cov(sample, rowvar=False)) + 1e-6 * np.eye(d)
    step = np.linalg.cholesky(spread) * (1.2 / np.sqrt(d))
    result = places.copy()
    for _ in range(MOVES):
        for i in range(n):
            proposal = result[i] + step @ random.standard_normal(d)
            if np.all((proposal > 0) & (proposal < 1)) and is_accepted(proposal.tolist()):
                result[i] = proposal
    return result


def _pyabc() -> Any:
    import logging
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pyabc
    except ImportError:
        raise MissingExtraError(
            'fitting by simulation needs pyABC; install it with: python -m pip install "spreadsim[fit]"'
        ) from None
    for name in ("ABC", "ABC.History", "ABC.Distance", "ABC.Sampler"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return pyabc
