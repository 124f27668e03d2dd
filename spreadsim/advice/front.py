"""The Pareto front of a problem with several objectives, by a genetic algorithm.

What belongs here: the optimiser, asked generation by generation, so that whoever runs the points can keep them. What
does not: what the points are (``mix``).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

from spreadsim.errors import MissingExtraError


def non_dominated(objectives: np.ndarray) -> np.ndarray:
    """Return which points no other point beats: none is as low in every objective and lower in one.

    Parameters
    ----------
    objectives : shape (points, objectives), lower being better.

    Returns
    -------
    A boolean a point.

    Examples
    --------
    >>> non_dominated(np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])).tolist()
    [True, True, False]
    """
    a, b = objectives[:, None], objectives[None]
    is_beaten = np.logical_and((b <= a).all(axis=2), (b < a).any(axis=2))
    return np.asarray(~is_beaten.any(axis=1))


def require_pymoo() -> None:
    """Raise an error that says how to install pymoo where it is missing.

    Raises
    ------
    MissingExtraError : pymoo is not installed.

    Examples
    --------
    >>> require_pymoo()
    """
    if importlib.util.find_spec("pymoo") is None:
        raise MissingExtraError(
            'mixes are searched for with pymoo; install it with: python -m pip install "spreadsim[advise]"'
        )


def search_front(
    evaluate: Callable[[np.ndarray], np.ndarray],
    first: np.ndarray,
    n_objectives: int,
    generations: int,
    seed: int,
    steps: int,
) -> None:
    """Let NSGA-II look for the Pareto front; whoever evaluates the points keeps what was tried.

    Parameters
    ----------
    evaluate : objectives of points of the unit cube, shape (points, objectives), lower being better.
    first : points of the first generation, shape (points, dimensions); as many are tried in each.
    n_objectives : number of objectives.
    generations : number of generations.
    seed : of the search, which is the same each time.
    steps : each coordinate moves in steps of 1 / `steps`.

    Raises
    ------
    MissingExtraError : pymoo is not installed.

    References
    ----------
    Deb, Pratap, Agarwal, Meyarivan, IEEE Trans Evol Comput 2002;6:182 (NSGA-II). Blank, Deb, IEEE Access 2020;8:89497
    (pymoo).

    Examples
    --------
    >>> tried = []
    >>> def two_ends(points):
    ...     tried.append(points)
    ...     return np.stack([points[:, 0] ** 2, (points[:, 0] - 1.0) ** 2], axis=1)
    >>> search_front(two_ends, np.linspace(0.1, 0.9, 8)[:, None], 2, generations=3, seed=1, steps=20)
    >>> len(tried), tried[0].shape
    (3, (8, 1))
    """
    require_pymoo()
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.core.evaluator import Evaluator
    from pymoo.core.problem import Problem
    from pymoo.core.repair import Repair
    from pymoo.problems.static import StaticProblem

    class _Grid(Repair):  # type: ignore[misc]
        """Moves points to the grid."""

        def _do(self, problem: Any, X: np.ndarray, **options: Any) -> np.ndarray:
            return np.round(np.clip(X, 0.0, 1.0) * steps) / steps

    problem = Problem(n_var=first.shape[1], n_obj=n_objectives, xl=0.0, xu=1.0)
    algorithm = NSGA2(pop_size=len(first), sampling=first, repair=_Grid())
    algorithm.setup(problem, termination=("n_gen", generations), seed=seed % 2**32, verbose=False)
    while algorithm.has_next():
        population = algorithm.ask()
        objectives = evaluate(np.asarray(population.get("X"), dtype=np.float64))
        Evaluator().eval(StaticProblem(problem, F=objectives), population)
        algorithm.tell(infills=population)
