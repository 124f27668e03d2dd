"""Experiment files and designs: what is refused and how it reads, and that the points are those a design means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from spreadsim.errors import InputError, InputErrors
from spreadsim.scenario.beliefs import parameters_in_doubt
from spreadsim.scenario.validation import as_document
from spreadsim.sweeps.designs import Points, design_size, factor_quantile, points_of, settings_of
from spreadsim.sweeps.experiment import Factor, Study, document_at, experiment_names, load_experiment
from spreadsim.sweeps.folder import experiment_document
from spreadsim.sweeps.size import size_lines

START = 'format = 1\nname = "trial"\nscenario = "default"\nstrategy = "blend"\n'


def study(folder: Path, text: str) -> Study:
    path = folder / "trial.toml"
    path.write_text(START + text)
    return load_experiment(path)


def refused(folder: Path, text: str) -> str:
    with pytest.raises((InputError, InputErrors)) as caught:
        points_of(study(folder, text))
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[desing]\nmethod = "grid"', "desing: unknown name; did you mean 'design'?"),
        ('[design]\nmethod = "sobel"', "design.method: 'sobel' is not one of the choices; did you mean 'sobol'?"),
        ('[design]\nmethod = "sobol"\nsamples = 100', "takes a power of two as 'samples', found 100: try 128"),
        ("[levers]\nbalanse = [0.0]", "levers.\"balanse\": unknown name; did you mean 'balance'?"),
        ("[levers]\nbalance = [0.0, 1.5]", 'levers."balance": 1.5: 1.5 is out of bounds; it must be at most 1'),
        ("[levers]\nbalance = [0.5, 0.5]", "names a value twice"),
        ("[levers]\nbalance = []", "is an empty list"),
        ('[levers]\n"programme.support" = [0.1]\n[uncertainties]\n"programme.support" = [0.1]', "is a lever too"),
        ('[uncertainties]\nbalance = "plausible"', "is a lever of a strategy, not an uncertainty"),
        (
            '[uncertainties]\n"behaviour.engagement.reactanse" = "plausible"',
            "did you mean 'behaviour.engagement.reactance'",
        ),
        ('[uncertainties]\n"behaviour.drift.rate" = { low = 0.1 }', "give 'low' and 'high', or 'values'"),
        ('[uncertainties]\n"behaviour.drift.rate" = { low = 0.1, hihg = 0.2 }', "did you mean 'high'?"),
        ('[uncertainties]\n"behaviour.drift.rate" = { low = 0.1, high = 0.9 }', "0.9: 0.9 is out of bounds"),
        (
            '[uncertainties]\n"behaviour.drift.rate" = { low = 0.0, high = 0.1, distribution = "log-uniform" }',
            "needs a 'low' above 0",
        ),
        ('[uncertainties]\n"behaviour.drift.rate" = "plausible"', "is a range, and a grid needs its 'steps'"),
        ('[uncertainties]\n"run.seed" = [1, 2]', "unknown name"),
        ('[design]\nmethod = "latin-hypercube"', "needs uncertainties"),
        ('[outcomes]\nmeasures = ["benifit"]', "'benifit' is not a measure; did you mean 'benefit'?"),
        ('[settings]\n"nettwork.services" = 3', "did you mean 'network.services'?"),
        (
            '[design]\nmethod = "table"\ntable = "../x.csv"\n[uncertainties]\n"behaviour.drift.rate" = "plausible"',
            "is outside the file's folder",
        ),
    ],
)
def test_faults_name_field_value_and_remedy(text: str, words: str, tmp_path: Path) -> None:
    message = refused(tmp_path, text)
    assert words in message
    assert message.startswith(str(tmp_path / "trial.toml"))


def test_a_factor_that_the_strategy_hides_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        'format = 1\nname = "own"\nbased_on = "default"\n[strategies.blend]\nbalance = 0.5\nsupport = 0.9\n'
    )
    (tmp_path / "trial.toml").write_text(
        'format = 1\nscenario = "own.toml"\n[uncertainties]\n"programme.support" = [0.1, 0.2]\n'
    )
    with pytest.raises(InputError, match="strategy 'blend' sets its own, so that nothing would change; make 'support'"):
        load_experiment(tmp_path / "trial.toml")


def test_believed_takes_the_declared_belief_over_the_declared_range(tmp_path: Path) -> None:
    declaration = parameters_in_doubt()["behaviour.turnover.rate"]
    assert declaration.belief == "triangular"
    assert declaration.plausible is not None
    low, high = declaration.plausible
    means = {"plausible": (low + high) / 2, "believed": (low + high + declaration.default) / 3}
    for word, mean in means.items():
        text = (
            f'[uncertainties]\n"{declaration.path}" = "{word}"\n[design]\nmethod = "latin-hypercube"\nsamples = 400\n'
        )
        drawn = points_of(study(tmp_path, text)).columns()[declaration.path]
        assert np.mean(drawn) == pytest.approx(mean, rel=0.01)


def test_plausible_takes_the_declared_range_and_a_star_takes_a_table(tmp_path: Path) -> None:
    text = '[design]\nmethod = "latin-hypercube"\n[uncertainties]\n"behaviour.drift.*" = "plausible"\n'
    found = {f.path: (f.low, f.high) for f in study(tmp_path, text).uncertainties}
    assert found["behaviour.drift.rate"] == (0.0, 0.03)
    assert len(found) == 5
    fewer = study(tmp_path, text + '"behaviour.drift.rate" = "fixed"\n')
    assert len(fewer.uncertainties) == 4


def test_levers_are_crossed_and_the_balance_replaces_the_four(tmp_path: Path) -> None:
    one = study(tmp_path, "[levers]\nbalance = [0.0, 1.0]\nsupport = { low = 0.0, high = 1.0, steps = 3 }\n")
    assert [tuple(s.levers.values()) for s in settings_of(one)] == [
        (0.0, 0.0),
        (0.0, 0.5),
        (0.0, 1.0),
        (1.0, 0.0),
        (1.0, 0.5),
        (1.0, 1.0),
    ]
    document = document_at(as_document(one.scenario), {}, "blend", {"balance": 0.0, "support": 0.5})
    assert document["strategies"]["blend"].keys() >= {"balance", "support"}
    assert "mandate" not in document["strategies"]["blend"]
    both = document_at(as_document(one.scenario), {}, "blend", {"balance": 0.0, "mandate": 0.5})
    assert both["strategies"]["blend"]["mandate"] == 0.5


@pytest.mark.parametrize(
    ("distribution", "mean"),
    [("uniform", 5.05), ("log-uniform", 9.9 / np.log(100)), ("triangular", (0.1 + 10 + 2) / 3)],
)
def test_distributions_have_their_means(distribution: str, mean: float) -> None:
    factor = Factor("x", "number", 0.1, 10.0, distribution, 2.0 if distribution == "triangular" else None)
    values = [factor_quantile(factor, u) for u in (np.arange(20_000) + 0.5) / 20_000]
    assert np.mean(values) == pytest.approx(mean, rel=1e-4)
    assert min(values) >= 0.1
    assert max(values) <= 10.0


@pytest.mark.parametrize(
    ("distribution", "library"),
    [
        ("uniform", stats.uniform(0.1, 9.9)),
        ("log-uniform", stats.loguniform(0.1, 10.0)),
        ("triangular", stats.triang((2.0 - 0.1) / 9.9, 0.1, 9.9)),
    ],
)
def test_quantiles_are_those_of_scipy_to_eleven_digits(distribution: str, library: Any) -> None:
    factor = Factor("x", "number", 0.1, 10.0, distribution, 2.0 if distribution == "triangular" else None)
    places = np.linspace(0.0, 1.0, 4097)
    assert [factor_quantile(factor, u) for u in places.tolist()] == pytest.approx(library.ppf(places), rel=1e-11)


def test_a_beta_distribution_is_scipys_to_nine_digits_and_is_written_out(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'scenario = "classroom"\n[design]\nmethod = "latin-hypercube"\nsamples = 4\n[uncertainties]\n'
        '"behaviour.drift.rate" = { low = 0.0, high = 0.02, distribution = "beta", alpha = 2.0, beta = 6.0 }\n'
    )
    study = load_experiment(tmp_path / "mine.toml")
    (factor,) = study.uncertainties
    places = np.linspace(0.0, 1.0, 257)
    ours = [factor_quantile(factor, u) for u in places.tolist()]
    assert ours == pytest.approx((0.02 * stats.beta(2, 6).ppf(places)).tolist(), rel=1e-8)
    assert experiment_document(study)["uncertainties"]["behaviour.drift.rate"] == {
        "low": 0.0, "high": 0.02, "distribution": "beta", "alpha": 2.0, "beta": 6.0,
    }  # fmt: skip
    (tmp_path / "mine.toml").write_text((tmp_path / "mine.toml").read_text().replace(", beta = 6.0", ""))
    with pytest.raises(InputErrors, match="needs 'alpha' and 'beta'"):
        load_experiment(tmp_path / "mine.toml")


def test_whole_numbers_and_lists_are_drawn_evenly() -> None:
    whole = [factor_quantile(Factor("x", "integer", 0.0, 3.0), u) for u in np.linspace(0, 1, 4001)]
    assert set(whole) == {0, 1, 2, 3}
    assert np.bincount(whole).tolist() == pytest.approx([1000] * 4, abs=2)
    words = [factor_quantile(Factor("x", "choice", values=("a", "b")), u) for u in (0.0, 0.49, 0.5, 1.0)]
    assert words == ["a", "a", "b", "b"]


TWO = '[uncertainties]\n"behaviour.drift.rate" = "plausible"\n"behaviour.engagement.reactance" = "plausible"\n'


def test_a_latin_hypercube_fills_every_row_and_column(tmp_path: Path) -> None:
    points = points_of(study(tmp_path, '[design]\nmethod = "latin-hypercube"\nsamples = 50\nseed = 4\n' + TWO))
    assert all(sorted((points.unit[:, j] * 50).astype(int)) == list(range(50)) for j in range(2))
    again = points_of(study(tmp_path, '[design]\nmethod = "latin-hypercube"\nsamples = 50\nseed = 4\n' + TWO))
    other = points_of(study(tmp_path, '[design]\nmethod = "latin-hypercube"\nsamples = 50\nseed = 5\n' + TWO))
    assert np.array_equal(points.unit, again.unit)
    assert not np.array_equal(points.unit, other.unit)


@pytest.mark.parametrize("second_order", [False, True])
def test_a_larger_sobol_design_begins_with_the_smaller(second_order: bool, tmp_path: Path) -> None:
    pytest.importorskip("SALib")

    def points(samples: int) -> Points:
        head = f'[design]\nmethod = "sobol"\nsamples = {samples}\nsecond_order = {str(second_order).lower()}\n'
        return points_of(study(tmp_path, head + TWO))

    small, large = points(8), points(16)
    assert len(small) == design_size("sobol", 8, 2, second_order)
    assert small.all_keys().tolist() == large.all_keys().tolist()[: len(small)]


def test_morris_changes_one_factor_at_a_time(tmp_path: Path) -> None:
    pytest.importorskip("SALib")
    points = points_of(study(tmp_path, '[design]\nmethod = "morris"\nsamples = 5\n' + TWO))
    steps = np.diff(points.unit.reshape(5, 3, 2), axis=1)
    assert ((steps != 0).sum(axis=2) == 1).all()


def test_a_grid_and_a_table_hold_what_they_say(tmp_path: Path) -> None:
    grid = points_of(
        study(
            tmp_path,
            '[uncertainties]\n"behaviour.drift.rate" = { low = 0.0, high = 0.02, steps = 3 }\n'
            '"behaviour.awareness.start" = ["unaware", "aware"]\n',
        )
    )
    assert [tuple(grid.values(i).values()) for i in range(len(grid))] == [
        (0.0, "unaware"),
        (0.0, "aware"),
        (0.01, "unaware"),
        (0.01, "aware"),
        (0.02, "unaware"),
        (0.02, "aware"),
    ]
    (tmp_path / "design.csv").write_text("behaviour.engagement.reactance,behaviour.drift.rate\n1.5,0.02\n0.25,0.001\n")
    table = points_of(study(tmp_path, '[design]\nmethod = "table"\ntable = "design.csv"\n' + TWO))
    assert [table.values(i) for i in range(2)] == [
        {"behaviour.drift.rate": 0.02, "behaviour.engagement.reactance": 1.5},
        {"behaviour.drift.rate": 0.001, "behaviour.engagement.reactance": 0.25},
    ]
    (tmp_path / "design.csv").write_text("behaviour.engagement.reactance,behaviour.drift.rate\n1.5,2\n")
    assert "line 2: behaviour.drift.rate: '2' is outside the values" in refused(
        tmp_path, '[design]\nmethod = "table"\ntable = "design.csv"\n' + TWO
    )


@pytest.mark.parametrize("name", experiment_names())
def test_shipped_experiments_are_valid_and_say_their_size(name: str) -> None:
    lines = dict(size_lines(load_experiment(name)))
    assert "replicates = " in lines["runs"]
    assert (Path(__file__).parents[2] / "experiments" / f"{name}.md").is_file()


def test_luck_is_shared_across_points_and_settings(tmp_path: Path) -> None:
    from spreadsim.sweeps.coordinator import job_of
    from spreadsim.sweeps.work import single_run

    one = study(tmp_path, '[settings]\n"network.services" = 100\n[run]\nmonths = 12\n[levers]\nbalance = [0.5]\n' + TWO)
    job: Any = job_of(one)
    base = {"behaviour.drift.rate": 0.01, "behaviour.engagement.reactance": 1.5}
    a = single_run(job, base, "blend", {"balance": 0.5}, 3)
    assert single_run(job, base, "blend", {"balance": 0.5}, 3) == pytest.approx(a, rel=0, abs=0, nan_ok=True)
    changed = single_run(job, {**base, "behaviour.drift.rate": 0.0}, "blend", {"balance": 0.5}, 3)
    assert changed["reported_uptake"] == pytest.approx(a["reported_uptake"], abs=0.1)
    assert changed["core_fidelity"] > a["core_fidelity"]


def test_the_data_dictionary_explains_every_column_of_every_table(tmp_path: Path) -> None:
    import csv
    import io

    from spreadsim.sweeps.coordinator import job_of
    from spreadsim.sweeps.folder import dictionary

    text = '[uncertainties]\n"behaviour.drift.rate" = [0.0, 0.01]\n[outcomes]\nkeep = ["runs", "curves", "events"]\n'
    rows = list(csv.DictReader(io.StringIO(dictionary(job_of(study(tmp_path, text))))))
    assert {row["table"] for row in rows} == {"runs", "curves", "events", "points"}
    assert [row["column"] for row in rows if not row["meaning"]] == []
    copies = next(row for row in rows if (row["table"], row["column"]) == ("events", "generation"))
    assert copies["meaning"].startswith("number of copies")
