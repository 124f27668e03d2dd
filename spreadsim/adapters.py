"""The model as other tools take it: a function of its factors for SALib, a model for EMAworkbench, a problem for pymoo.

What belongs here: one point of an experiment as a function call, and the names and ranges of its factors in the words
of each tool. Points are run one by one, in this process or in those of the other tool.
What does not: sweeps, which keep every run (``sweeps``), and the search of ``advise``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from spreadsim.errors import InputError, MissingExtraError, nearest
from spreadsim.outcomes.measures import BY_NAME
from spreadsim.sweeps.coordinator import job_of
from spreadsim.sweeps.designs import factor_quantile
from spreadsim.sweeps.experiment import Factor, Study, load_experiment
from spreadsim.sweeps.job import Job
from spreadsim.sweeps.work import runs_at


class Response:
    """The measures of one strategy of an experiment, as a function of its levers and uncertainties.

    It gives the mean over the replicates of the experiment, which have the same random numbers at every point. A month
    that was never reached is nan.

    Parameters
    ----------
    experiment : a shipped name, a path, or a `Study`; its levers and uncertainties are the factors.
    measures : that are returned; those that the experiment looks at if empty.
    settings : ``FIELD=VALUE`` strings laid upon the experiment file.

    Raises
    ------
    InputError : the experiment cannot be used, runs several strategies, or there is no such measure.

    Examples
    --------
    >>> response = Response("best-balance", ["benefit", "cost"], ["run.replicates=2", "run.months=12"])
    >>> values = {"balance": 0.5, "behaviour.engagement.reactance": 1.0}
    >>> sorted(response(**values))
    ['benefit', 'cost']
    >>> response(**values) == response(**values)
    True
    """

    def __init__(
        self, experiment: str | Path | Study, measures: Sequence[str] = (), settings: Sequence[str] = ()
    ) -> None:
        self.study = experiment if isinstance(experiment, Study) else load_experiment(experiment, settings)
        self.measures = tuple(measures or self.study.experiment.outcomes.measures)
        for name in self.measures:
            if name not in BY_NAME:
                raise InputError("measures", name, "is not a measure", nearest(name, BY_NAME))
        if len(self.study.strategies) != 1:
            names = ", ".join(self.study.strategies)
            raise InputError(self.study.file, "strategy", f"a response has one, found {names}", "name one")

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key != "job"}

    @cached_property
    def job(self) -> Job:
        """What all runs share."""
        return job_of(self.study)

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The levers, then the uncertainties."""
        return (*self.study.levers, *self.study.uncertainties)

    def __call__(self, **values: Any) -> dict[str, float]:
        """Run one point and return the mean of each measure.

        Parameters
        ----------
        values : by path of the factor; one that is left out keeps the scenario's value.

        Returns
        -------
        Means by name.

        Raises
        ------
        InputError : a factor is not the experiment's.

        Examples
        --------
        >>> response = Response("clustering", ["reach"], ["run.replicates=2", "run.months=12"])
        >>> 0.0 < response(**{"network.generator.rewiring": 0.2})["reach"] < 1.0
        True
        """
        factors = {factor.path: factor for factor in self.factors}
        for path in values:
            if path not in factors:
                raise InputError("response", path, "is not a factor of the experiment", nearest(path, factors))
        plain = {path: value.item() if isinstance(value, np.generic) else value for path, value in values.items()}
        typed = {path: factors[path].typed(value) for path, value in plain.items()}
        levers = {f.path: typed[f.path] for f in self.study.levers if f.path in typed}
        point = {f.path: typed[f.path] for f in self.study.uncertainties if f.path in typed}
        replicates = range(self.study.scenario.run.replicates)
        runs = runs_at(self.job, point, self.study.strategies[0], levers, replicates)
        return {name: float(np.mean([run[name] for run in runs])) for name in self.measures}

    def salib_problem(self) -> dict[str, Any]:
        """Return the factors as SALib takes them: quantiles, so that every distribution and list is one axis.

        Returns
        -------
        Names, bounds (all 0 to 1) and number of the factors.

        Examples
        --------
        >>> Response("clustering").salib_problem()["num_vars"]
        2
        """
        names = [factor.path for factor in self.factors]
        return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}

    def at(self, unit: np.ndarray) -> np.ndarray:
        """Run the points of a sample that SALib, or any sampler of the unit cube, has made.

        Parameters
        ----------
        unit : shape (points, factors): quantiles of the factors, in the order of `factors`.

        Returns
        -------
        Means, shape (points, measures).

        Examples
        --------
        >>> response = Response("clustering", ["reach", "cost"], ["run.replicates=2", "run.months=12"])
        >>> response.at(np.array([[0.1, 0.2], [0.9, 0.8]])).shape
        (2, 2)
        """
        rows = []
        for place in np.asarray(unit, dtype=np.float64):
            values = {
                f.path: factor_quantile(f, min(u, 1.0)) for f, u in zip(self.factors, place.tolist(), strict=True)
            }
            result = self(**values)
            rows.append([result[name] for name in self.measures])
        return np.array(rows, dtype=np.float64)

    def ema_model(self, name: str = "spreadsim") -> Any:
        """Return a ``Model`` of EMAworkbench: levers and uncertainties as its parameters, measures as its outcomes.

        Parameters
        ----------
        name : of the model, letters and digits.

        Returns
        -------
        ema_workbench.Model
            Its outcomes are scalars, to be minimised or maximised as the measure has it. EMAworkbench draws a factor
            evenly between its ends, whatever the experiment's distribution.

        Raises
        ------
        MissingExtraError : EMAworkbench is not installed.
        """
        try:
            import ema_workbench as ema
        except ImportError:
            raise MissingExtraError(
                "a model of EMAworkbench needs it; install it with: pip install ema_workbench"
            ) from None

        model = ema.Model(name, function=self)
        model.levers = [_ema_parameter(ema, factor) for factor in self.study.levers]
        model.uncertainties = [_ema_parameter(ema, factor) for factor in self.study.uncertainties]
        kinds = {"higher": ema.ScalarOutcome.MAXIMIZE, "lower": ema.ScalarOutcome.MINIMIZE, "neither": None}
        better = {measure: kinds[BY_NAME[measure].better] for measure in self.measures}
        model.outcomes = [ema.ScalarOutcome(m, **({"kind": kind} if kind else {})) for m, kind in better.items()]
        return model

    def pymoo_problem(self) -> Any:
        """Return a problem of pymoo: the factors as quantiles, the measures as objectives that are minimised.

        Returns
        -------
        pymoo.core.problem.ElementwiseProblem
            A measure of which more is better, or neither is, stands with its sign turned.

        Examples
        --------
        >>> problem = Response("clustering", ["benefit", "cost"]).pymoo_problem()
        >>> problem.n_obj, problem.n_var
        (2, 2)
        """
        from pymoo.core.problem import ElementwiseProblem

        signs = np.array([1.0 if BY_NAME[name].better == "lower" else -1.0 for name in self.measures])
        at: Callable[[np.ndarray], np.ndarray] = self.at

        class Problem(ElementwiseProblem):  # type: ignore[misc]
            def _evaluate(self, x: np.ndarray, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
                out["F"] = signs * at(x[None])[0]

        n = len(self.factors)
        return Problem(n_var=n, n_obj=len(self.measures), xl=np.zeros(n), xu=np.ones(n))


def _ema_parameter(ema: Any, factor: Factor) -> Any:
    """Return a factor as a parameter of EMAworkbench, which samples it evenly."""
    if factor.values:
        return ema.CategoricalParameter(factor.path, list(factor.values))
    if factor.kind == "integer":
        return ema.IntegerParameter(factor.path, round(factor.low), round(factor.high))
    return ema.RealParameter(factor.path, factor.low, factor.high)
