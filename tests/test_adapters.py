"""The model in EMAworkbench, SALib and pymoo gives the numbers of a sweep."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

import spreadsim as ss
from spreadsim.adapters import Response
from spreadsim.errors import InputError
from spreadsim.sweeps.experiment import load_experiment

TEXT = """
format = 1
name = "small"
scenario = "default"
strategy = "blend"
[settings]
"network.services" = 40
"network.hierarchy" = [{ level = "region", count = 2 }, { level = "team", count = 8 }]
[run]
months = 12
replicates = 2
[design]
method = "halton"
samples = 3
[levers]
balance = { low = 0.0, high = 1.0, steps = 2 }
[uncertainties]
"behaviour.engagement.reactance" = "plausible"
"behaviour.mandate.months_per_level" = "plausible"
"behaviour.adoption.exposure_response" = ["saturating", "linear"]
[outcomes]
measures = ["benefit", "cost"]
"""


@pytest.fixture
def response(tmp_path: Path) -> Response:
    (tmp_path / "small.toml").write_text(TEXT)
    return Response(tmp_path / "small.toml")


def test_a_point_gives_the_mean_of_the_rows_of_a_sweep(response: Response, tmp_path: Path) -> None:
    result = ss.sweep(tmp_path / "small.toml", out=tmp_path / "out")
    runs = result.runs(design=True)
    paths = [factor.path for factor in response.factors]
    for _, rows in runs.groupby(["point", "balance"]):
        values = {path: rows[path].iloc[0] for path in paths}  # NumPy's numbers, as other tools give them
        assert response(**values) == {m: pytest.approx(rows[m].mean(), rel=1e-14) for m in ("benefit", "cost")}
    assert pickle.loads(pickle.dumps(response))(**values) == response(**values)


def test_what_does_not_fit_is_said(response: Response, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a factor of the experiment; did you mean 'balance'"):
        response(balanse=0.5)
    with pytest.raises(InputError, match="is not a measure; did you mean 'benefit'"):
        Response(tmp_path / "small.toml", ["benefti"])
    with pytest.raises(InputError, match="a response has one, found "):
        Response("where-to-start")


def test_salib_analyses_it(response: Response) -> None:
    pytest.importorskip("SALib")
    from SALib.analyze import sobol
    from SALib.sample import sobol as sample

    problem = response.salib_problem()
    unit = sample.sample(problem, 4, calc_second_order=False, seed=1)
    values = response.at(unit)
    assert values.shape == (4 * 6, 2)
    indices = sobol.analyze(problem, values[:, 1], calc_second_order=False, num_resamples=10, seed=1)
    assert indices["ST"].shape == (4,)
    assert indices["ST"].argmax() == 0  # what is done costs more than what is unknown


def test_pymoo_minimises_it(response: Response) -> None:
    pytest.importorskip("pymoo")
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.optimize import minimize

    found = minimize(response.pymoo_problem(), NSGA2(pop_size=6), ("n_gen", 3), seed=1, verbose=False)
    assert found.F.shape[1] == 2
    for x, f in zip(found.X, found.F, strict=True):
        benefit, cost = response.at(x[None])[0]
        np.testing.assert_array_equal(f, [-benefit, cost])


def test_emaworkbench_runs_it(response: Response) -> None:
    ema = pytest.importorskip("ema_workbench", minversion="3.0.0")
    model = response.ema_model()
    assert [p.name for p in model.levers] == ["balance"]
    assert [type(p).__name__ for p in model.uncertainties] == [
        "RealParameter", "IntegerParameter", "CategoricalParameter",
    ]  # fmt: skip
    experiments, outcomes = ema.perform_experiments(model, scenarios=4, policies=2)
    assert len(experiments) == 8
    for place, row in experiments.reset_index(drop=True).iterrows():
        values = response(**{factor.path: row[factor.path] for factor in response.factors})
        assert values == {name: outcomes[name][place] for name in ("benefit", "cost")}


def test_a_study_in_memory_is_taken_too(tmp_path: Path) -> None:
    study = load_experiment("clustering", ["run.replicates=1", "run.months=6"])
    assert set(Response(study, ["reach"])(**{"network.generator.rewiring": 0.1})) == {"reach"}
