"""Calibration: fitting the reduced model to observed times of adoption on a known network.

What belongs here: the whole of a calibration, in order. What does not: what it gives (``results``), the likelihood
(``likelihood``), its maximum and intervals (``estimation``), the hypotheses compared (``hypotheses``), prediction
(``prediction``), words (``findings``), files (``folder``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from spreadsim.calibration.data import covariate_design, group_design, has_groups, outside_counts, services_sheet
from spreadsim.calibration.estimation import (
    MAX_PROFILED,
    Interval,
    LikelihoodFit,
    curvature_interval,
    fit_likelihood,
    likelihood_ratio,
    profile_interval,
    with_curvature,
)
from spreadsim.calibration.hypotheses import SUFFIX, candidate_hypotheses, nested_tests
from spreadsim.calibration.likelihood import PUSH_IN_STEP, DesignMatrix, Hypothesis, Likelihood, ReadinessDistribution
from spreadsim.calibration.prediction import CalibrationModel, Curve, Split, network_curve, splits
from spreadsim.calibration.reduced_model import reduced_scenario, strategy_plan
from spreadsim.calibration.results import REPLICATES, CalibrationResults, Options, Sensitivity
from spreadsim.calibration.risk_sets import AdoptionHistory, FirstPeriod, Outside, RiskSet, history_of, risk_set
from spreadsim.errors import InputError, nearest
from spreadsim.network.reading.files import files_of_scenario, read_network
from spreadsim.notebook import html_table
from spreadsim.scenario.document import Scenario
from spreadsim.scenario.files import load_scenario
from spreadsim.telling.progress import ProgressBar

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BASE, NULL = "push" + SUFFIX, "push"
MAX_PROFILES = 12  # parameters of one hypothesis whose profiles are drawn; effects of more groups than that have none


class Calibration(CalibrationResults):
    """The fits, tests, intervals and predictions of one calibration: results that can be saved.

    Examples
    --------
    >>> import pandas as pd
    >>> months = [1, 2, 3, 3, 4, 4, 5, None] * 2
    >>> pd.DataFrame({"id": range(16), "readiness": 0.5, "adopted_month": months}).to_csv("services.csv", index=False)
    >>> pd.DataFrame({"source": range(16), "target": np.roll(range(16), -1)}).to_csv("ties.csv", index=False)
    >>> scenario = ss.load_scenario("default", ["network.source=file", "network.path=."]).with_folders(Path())
    >>> calibration = ss.calibrate(scenario, predict=False)
    >>> sorted(path.name for path in calibration.save("fitted").iterdir())[:2]
    ['calibration.json', 'curves.parquet']
    """

    def _repr_html_(self) -> str:
        from spreadsim.calibration.figures import draw_hazard
        from spreadsim.telling.figures import make_figure, png

        table = self.summary()
        best = self.fit.likelihood.hypothesis.title
        rows = [(row[0], *(f"{number:,.4g}" for number in row[1:])) for row in table.itertuples()]
        figure = make_figure(2.6, 4.5)
        draw_hazard(figure.add_subplot(), self)
        picture = png(figure, "share of those left who adopt in each step, observed and predicted", 360)
        title = f"{self.source.name}: {self.history.n_adoptions:,} adoptions; fitted scenario: {best}"
        return html_table(title, rows, ("explanation", *table), picture=picture)

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the share of those left who adopt in each step: as observed, and as the explanations predict it.

        Parameters
        ----------
        ax : Matplotlib axes to draw on; those of a new figure if None.

        Returns
        -------
        The Matplotlib axes.
        """
        from spreadsim.calibration.figures import draw_hazard
        from spreadsim.telling.figures import TINY, axes_for

        axes = axes_for(ax, 2.6)
        draw_hazard(axes, self)
        axes.legend(fontsize=TINY, frameon=False)
        return axes

    def sentences(self) -> dict[str, list[str]]:
        """Return the findings in words, by section."""
        from spreadsim.calibration.findings import sentences

        return sentences(self)

    def as_json(self) -> dict[str, Any]:
        """Return the content of ``calibration.json``."""
        from spreadsim.calibration.findings import document

        return document(self)

    def save(self, folder: str | Path, force: bool = False) -> Path:
        """Write the results folder, whole or not at all; return its path."""
        from spreadsim.calibration.folder import write_calibration

        return write_calibration(self, Path(folder), force=force)


def load_history(
    scenario: Scenario, first_period: FirstPeriod = "given", outside: np.ndarray | None = None
) -> AdoptionHistory:
    """Return the times of adoption on a scenario's network.

    Parameters
    ----------
    scenario : with a network read from files, whose services have ``adopted_month``.
    first_period : whether adopters in the first period are ``given`` or ``at-risk``.
    outside : number of people each service named outside the survey.

    Returns
    -------
    Who adopted when, in steps of the model.

    Raises
    ------
    InputError, InputErrors : the network is not read from files, has no times of adoption, or cannot be used.

    Examples
    --------
    >>> import pandas as pd
    >>> months = [1, 2, 3, 3, 4, 4, 5, None] * 2
    >>> pd.DataFrame({"id": range(16), "readiness": 0.5, "adopted_month": months}).to_csv("services.csv", index=False)
    >>> pd.DataFrame({"source": range(16), "target": np.roll(range(16), -1)}).to_csv("ties.csv", index=False)
    >>> scenario = ss.load_scenario("default", ["network.source=file", "network.path=."]).with_folders(Path())
    >>> history = load_history(scenario)
    >>> history.n_at_start, history.n_adoptions, history.n_censored
    (2, 12, 2)
    """
    if scenario.network.source != "file":
        raise InputError(
            scenario.name,
            "network.source",
            f"'{scenario.network.source}' is a generated network",
            'calibrate a scenario with source = "file" whose services have adopted_month',
        )
    file = read_network(files_of_scenario(scenario), scenario.network, scenario)
    if file.adopted_period is None:
        raise InputError(
            scenario.name,
            "network.columns",
            "the table of services has no adopted_month",
            'add the column, or name the one that holds it: columns = { adopted_month = "..." }',
        )
    network = file.network if "context" in file.given else replace(file.network, homophily_distance=float("inf"))
    history = history_of(
        network,
        file.adopted_period,
        file.observed_periods,
        period_months=file.period_months,
        first_period=first_period,
        outside=outside,
    )
    return replace(history, has_ties="ties" not in file.drawn)


def calibrate(
    scenario: Scenario | str | Path,
    *,
    covariates: Sequence[str] = (),
    groups: bool = True,
    first_period: FirstPeriod = "given",
    outside_column: str | None = None,
    explanation: str | None = None,
    replicates: int = REPLICATES,
    seed: int | None = None,
    predict: bool = True,
    progress: bool | Callable[[str, float], None] = True,
) -> Calibration:
    """Fit the reduced model to observed times of adoption on a scenario's network, and compare hypotheses.

    Parameters
    ----------
    scenario : with a network read from files, whose services have ``adopted_month``; or its name.
    covariates, groups, first_period, outside_column, explanation, replicates, predict : as in `Options`.
    seed : of the forecasts' random numbers, instead of the scenario's.
    progress : whether to show a bar in a notebook and on a terminal (lines in the log elsewhere), or a function that is
        told what is being done, and the share of the work that is done, as far as it can be estimated.

    Returns
    -------
    Fits, tests, intervals and predictions.

    Raises
    ------
    InputError, InputErrors : the scenario, its data or an option cannot be used.

    References
    ----------
    Van den Bulte, Lilien, Am J Sociol 2001;106:1409. Allison, Sociol Methodol 1982;13:61 (discrete-time event history).

    Examples
    --------
    >>> import pandas as pd
    >>> months = [1, 2, 3, 3, 4, 4, 5, None] * 2
    >>> pd.DataFrame({"id": range(16), "readiness": 0.5, "adopted_month": months}).to_csv("services.csv", index=False)
    >>> pd.DataFrame({"source": range(16), "target": np.roll(range(16), -1)}).to_csv("ties.csv", index=False)
    >>> scenario = ss.load_scenario("default", ["network.source=file", "network.path=."]).with_folders(Path())
    >>> calibration = calibrate(scenario, predict=False)
    >>> calibration.summary().index.tolist()[:3]
    ['push', 'peers', 'push-and-peers']
    """
    source = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    if first_period not in get_args(FirstPeriod):
        raise InputError("calibrate", "first_period", f"'{first_period}' is not a choice", "given, or at-risk")
    if replicates < 2:
        raise InputError("calibrate", "replicates", f"{replicates} is too few for a band", "give at least 2")
    if seed is not None:
        source = source.model_copy(update={"run": source.run.model_copy(update={"seed": seed})})
    options = Options(tuple(covariates), groups, first_period, outside_column, explanation, replicates, predict)
    with _reported(progress, source.name) as report:
        return _calibrate(source, options, report)


@contextmanager
def _reported(progress: bool | Callable[[str, float], None], name: str) -> Iterator[Callable[[str, float], None]]:
    """Show what is being done, how much of the work is done, and an estimate of the time left."""
    if callable(progress):
        yield progress
        return
    form = "{desc} {percentage:3.0f}%|{bar}| {elapsed} gone"
    bar = ProgressBar(1.0, name, progress, "share", form=form)

    def report(text: str, share: float) -> None:
        # Of the first few per cent no estimate of the time left can be made.
        bar.describe(text[:60], form + ", about {remaining} left" * (share > 0.03))
        bar.step(share - bar.count)

    try:
        yield report
    finally:
        bar.close()


def _calibrate(source: Scenario, options: Options, progress: Callable[[str, float], None]) -> Calibration:
    history = load_history(source, options.first_period)  # its faults are said before those of further columns
    sheet = services_sheet(source)
    if options.outside_column is not None:
        history = replace(history, outside=outside_counts(sheet, options.outside_column))
    covariates, notes = covariate_design(sheet, options.covariates)
    with_groups = options.groups and has_groups(history.group, history.group_names)
    rows = risk_set(history)
    has_ties = history.has_ties
    base = BASE if has_ties else NULL
    candidates = candidate_hypotheses(
        bool(covariates.names), with_groups, "readiness" not in history.network.drawn, has_ties
    )
    by_group = group_design(history.group, history.group_names) if with_groups else DesignMatrix.empty(history.n)
    design = {e.name: _design_of(e, covariates, by_group) for e in candidates}
    model = _model(source, history, design, options.replicates)
    if options.explanation is not None:
        _check_choice(options.explanation, candidates, history)

    likelihoods = {e.name: model.likelihood(rows, e) for e in candidates}
    work = _Work(likelihoods, history, options, progress)
    fits: dict[str, LikelihoodFit] = {}
    for name, likelihood in likelihoods.items():
        work.begin(name, f"fitting: {likelihood.hypothesis.title}")
        fits[name] = fit_likelihood(likelihood, curvature=len(likelihood.parameters) <= MAX_PROFILED)
    choice = options.explanation or min(
        (e.name for e in candidates if not _needs_table(source, e)), key=lambda name: fits[name].aic
    )
    intervals = {}
    for name in dict.fromkeys((choice, base)):
        work.begin("intervals", f"intervals: {fits[name].likelihood.hypothesis.title}")
        if len(fits[name].values) > MAX_PROFILED:
            fits[name] = with_curvature(fits[name])
        intervals[name] = _intervals(fits[name])
    work.begin("sensitivity", "other ways of treating the data")
    sensitivity = _sensitivity(source, model, history, options) if has_ties else []
    curves: dict[str, Curve] = {}
    predictions: list[Split] = []
    if options.predict:
        for name in dict.fromkeys((choice, NULL)):
            work.begin("curve", f"forecast: {fits[name].likelihood.hypothesis.title}")
            curves[name] = network_curve(model, history, fits[name])
        work.begin("held out", "predicting what is held out")
        predictions = splits(model, history, _predictors(fits, choice))
    work.end()
    return Calibration(
        source=source,
        options=options,
        history=history,
        rows=rows,
        fits=fits,
        tests=nested_tests(fits),
        choice=choice,
        intervals=intervals,
        sensitivity=sensitivity,
        curves=curves,
        splits=predictions,
        notes=notes,
    )


class _Work:
    """How much of a calibration is done: what each part takes is estimated from its numbers of rows and parameters."""

    def __init__(
        self,
        likelihoods: Mapping[str, Likelihood],
        history: AdoptionHistory,
        options: Options,
        progress: Callable[[str, float], None],
    ) -> None:
        self._progress = progress
        sizes = {
            name: float(likelihood.n_terms * len(likelihood.parameters)) for name, likelihood in likelihoods.items()
        }
        least = 0.01 * sum(sizes.values())  # what a part takes however small it is
        sizes = {name: size + least for name, size in sizes.items()}
        most = max(sizes.values())
        run = float(history.n * history.n_steps) * options.replicates * options.predict
        self._sizes = {**sizes, "intervals": most, "sensitivity": 0.1 * most, "curve": run, "held out": 3.0 * run}
        self._total = sum(sizes.values()) + 2.1 * most + 5.0 * run
        self._done = self._current = 0.0

    def begin(self, part: str, text: str) -> None:
        """Say that the part before is done and which comes next."""
        self._done, self._current = self._done + self._current, self._sizes[part]
        self._progress(text, min(1.0, self._done / self._total))

    def end(self) -> None:
        """Say that all is done."""
        self._progress("done", 1.0)


def _design_of(e: Hypothesis, covariates: DesignMatrix, groups: DesignMatrix) -> DesignMatrix:
    design = covariates if e.covariates else DesignMatrix.empty(len(covariates.values))
    return design.with_columns(groups) if e.groups else design


def _model(
    source: Scenario, history: AdoptionHistory, design: Mapping[str, DesignMatrix], replicates: int
) -> CalibrationModel:
    plain = reduced_scenario(source, history.n_steps, {}, [])
    r = source.services.readiness
    readiness = ReadinessDistribution(r.mean, r.standard_deviation, r.minimum, r.maximum)
    return CalibrationModel(source, strategy_plan(plain), readiness, design, replicates, source.run.seed)


def _check_choice(name: str, candidates: list[Hypothesis], history: AdoptionHistory) -> None:
    by_name = {e.name: e for e in candidates}
    if name not in by_name and not history.has_ties and (name == "peers" or name.endswith(SUFFIX)):
        problem = f"'{name}' has peers, and nobody said who is tied to whom; ties drawn or made are no evidence"
        raise InputError("calibrate", "explanation", problem, "give a table of ties, or choose one without peers")
    if name not in by_name:
        raise InputError("calibrate", "explanation", f"there is no explanation '{name}'", nearest(name, by_name))


def _needs_table(source: Scenario, e: Hypothesis) -> bool:
    """Return whether the hypothesis needs a column of readiness that the scenario's network cannot take."""
    return (e.covariates or e.groups) and not files_of_scenario(source).is_dir()


def _intervals(fit: LikelihoodFit) -> dict[str, Interval]:
    """Return the profile intervals of a fit; effects of many groups are left out."""
    names = [p.name for p in fit.likelihood.parameters]
    if not np.isfinite(fit.log_likelihood):
        return {}
    if len(names) > MAX_PROFILED:
        names = [name for name in names if not name.startswith(("group ", PUSH_IN_STEP))]
        return {name: curvature_interval(fit, name) for name in names}
    if len(names) > MAX_PROFILES:
        names = [name for name in names if not name.startswith("group ")]
    return {name: profile_interval(fit, name) for name in names}


def _predictors(fits: Mapping[str, LikelihoodFit], choice: str) -> tuple[Hypothesis, ...]:
    """Return the hypotheses beside the plain ones that are tested on what is held out.

    Effects of groups, and pushes of single periods, do not carry over. Without ties, covariates alone remain.
    """
    if BASE not in fits:
        return tuple(fits[name].likelihood.hypothesis for name in ("covariates",) if name in fits)
    names = [BASE]
    usable = [
        name
        for name, f in fits.items()
        if f.likelihood.hypothesis.peers
        and f.likelihood.hypothesis.push == "constant"
        and not f.likelihood.hypothesis.groups
    ]
    best = min(usable, key=lambda name: fits[name].aic)
    names += [name for name in (best, choice if choice in usable else best) if name not in names]
    return tuple(fits[name].likelihood.hypothesis for name in dict.fromkeys(names))


def _sensitivity(
    source: Scenario, model: CalibrationModel, history: AdoptionHistory, options: Options
) -> list[Sensitivity]:
    """Return push and peers under other ways of taking the first period and peers outside the survey."""
    ways: list[tuple[str, RiskSet]] = [("as fitted", risk_set(history))]
    other: FirstPeriod = "at-risk" if options.first_period == "given" else "given"
    words = "at risk, with nobody before them" if other == "at-risk" else "starting sites"
    other_history = load_history(source, other)
    ways.append((f"adopters of the first period treated as {words}", risk_set(other_history)))
    if history.outside is not None:
        choices: tuple[tuple[Outside, str], ...] = (
            ("not-adopted", "never adopted"),
            ("as-the-rest", "adopted as the rest of the group did"),
        )
        ways += [(f"peers outside the survey {words}", risk_set(history, choice)) for choice, words in choices]
    results = []
    with_peers, without = Hypothesis(BASE, "push and peers"), Hypothesis(NULL, "push", peers=False)
    for what, rows in ways:
        larger = fit_likelihood(model.likelihood(rows, with_peers), curvature=False)
        smaller = fit_likelihood(model.likelihood(rows, without), curvature=False)
        p_value = likelihood_ratio(smaller, larger, at_bound=True)[2]
        estimates = larger.estimates
        results.append(Sensitivity(what, estimates["external_influence"], estimates["peer_influence"], p_value))
    return results
