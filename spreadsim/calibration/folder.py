"""The results folder of a calibration, and its page.

What belongs here: which files there are, and which tables stand where. What is said is ``findings``', what is
drawn ``figures``'.
"""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from spreadsim.calibration.data import with_readiness
from spreadsim.calibration.findings import bounds, document, number, p_words, sentences
from spreadsim.calibration.reduced_model import readiness_of
from spreadsim.calibration.results import CalibrationResults
from spreadsim.telling.atomic import folder_aside
from spreadsim.telling.folder import as_json, write_folder, write_parquet
from spreadsim.telling.page import templates

Rows = list[list[str]]


def write_calibration(
    calibration: CalibrationResults,
    folder: Path,
    *,
    force: bool = False,
    started: str | None = None,
    report: bool = True,
) -> Path:
    """Write a calibration's results folder, whole or not at all.

    It holds ``scenario.toml``, which ``spreadsim compare`` runs, with ``inputs/``; ``calibration.json``;
    ``curves.parquet``, the uptake observed and forecast; ``report.html``; and the receipt.

    Parameters
    ----------
    calibration : what was found.
    folder : to write.
    force : whether an existing folder is replaced.
    started : time of the start, in ISO format.
    report : whether to write the page.

    Returns
    -------
    Path of the folder.

    Raises
    ------
    InputError : the folder exists and `force` is false, or the network cannot take a column of readiness.

    Examples
    --------
    >>> import pandas as pd
    >>> months = [1, 2, 3, 3, 4, 4, 5, None] * 2
    >>> pd.DataFrame({"id": range(16), "readiness": 0.5, "adopted_month": months}).to_csv("services.csv", index=False)
    >>> pd.DataFrame({"source": range(16), "target": np.roll(range(16), -1)}).to_csv("ties.csv", index=False)
    >>> scenario = ss.load_scenario("default", ["network.source=file", "network.path=."]).with_folders(Path())
    >>> calibration = ss.calibrate(scenario, predict=False)
    >>> sorted(path.name for path in write_calibration(calibration, Path("fitted"), report=False).iterdir())
    ['calibration.json', 'curves.parquet', 'inputs', 'provenance.json', 'scenario.toml']
    """
    c = calibration

    def write_report(place: Path, receipt: dict[str, Any]) -> None:
        receipt["command"] = _command_of(c)
        if report:
            (place / "report.html").write_text(_render(c, receipt), encoding="utf-8", newline="\n")

    options = {"command": "calibrate", "report": report, **vars(c.options)}
    with folder_aside(Path(tempfile.gettempdir()), "spreadsim") as place:
        readiness = readiness_of(c.fit)
        scenario = c.scenario if readiness is None else with_readiness(c.scenario, readiness, place / "network")
        files = {
            "calibration.json": lambda path: path.write_text(as_json(document(c)), encoding="utf-8", newline="\n"),
            "curves.parquet": lambda path: write_parquet(_curve_table(c), path),
        }
        return write_folder(folder, force, scenario, options, started, files, write_report)


def _command_of(c: CalibrationResults) -> str:
    """Return the command that makes the calibration again."""
    o = c.options
    words = ["spreadsim", "calibrate", c.source.name]
    words += [word for column in o.covariates for word in ("--covariate", column)]
    words += ["--no-groups"] * (not o.groups) + ["--no-prediction"] * (not o.predict)
    words += ["--outside-column", o.outside_column] if o.outside_column else []
    words += ["--explanation", o.explanation] if o.explanation else []
    words += ["--first-period", o.first_period, "--replicates", str(o.replicates), "--seed", str(c.source.run.seed)]
    return shlex.join(words)


def _curve_table(c: CalibrationResults) -> dict[str, np.ndarray]:
    """Return one row a hypothesis, part and step: the share adopted, observed and forecast."""
    curves = [("in-sample", name, 0, curve) for name, curve in c.curves.items()]
    curves += [
        (split.name, s.name, k, curve) for split in c.splits for s in split.scores for k, curve in enumerate(s.curves)
    ]
    columns: dict[str, list[Any]] = {
        name: [] for name in ("held_out", "explanation", "part", "step", "observed", "median", "low", "high")
    }
    for part_name, name, part, curve in curves:
        for t in range(len(curve.observed)):
            row = (
                part_name,
                name,
                part,
                curve.first_step + t,
                curve.observed[t],
                curve.median[t],
                curve.low[t],
                curve.high[t],
            )
            for column, value in zip(columns.values(), row, strict=True):
                column.append(value)
    text = ("held_out", "explanation")
    return {name: np.array(values, dtype=object if name in text else None) for name, values in columns.items()}


def _tables(c: CalibrationResults) -> dict[str, tuple[list[str], Rows]]:
    """Return the report's tables: head and rows, by caption."""
    best = min(f.aic for f in c.fits.values())
    hypotheses = [
        [
            f.likelihood.hypothesis.title,
            str(f.n_parameters),
            _log_likelihood_cell(f.log_likelihood),
            _one(f.aic),
            _one(f.aic - best),
            _one(f.bic),
            _estimate_cell(f.estimates, "external_influence"),
            _estimate_cell(f.estimates, "peer_influence"),
        ]
        for f in c.fits.values()
    ]
    tests = [
        [
            t.question,
            "ruled out" if not np.isfinite(t.gain) else f"{t.gain:.2f}",
            f"{t.extra}{', one at its bound' * t.at_bound}",
            p_words(t.p_value),
        ]
        for t in c.tests
    ]
    values = [
        [
            c.fits[name].likelihood.hypothesis.title,
            p.label,
            number(c.fits[name].estimates[p.name]),
            bounds(c.intervals[name][p.name]) if p.name in c.intervals[name] else "not profiled",
            p.path or "",
        ]
        for name in c.intervals
        for p in c.fits[name].likelihood.parameters
    ]
    ways = [[s.what, number(s.external_influence), number(s.peer_influence), p_words(s.p_value)] for s in c.sensitivity]
    result: dict[str, tuple[list[str], Rows]] = {
        "Explanations compared": (
            [
                "explanation",
                "parameters",
                "log-likelihood",
                "AIC",
                "above the best",
                "BIC",
                "push",
                "peers",
            ],
            hypotheses,
        ),
        "Tests between nested explanations (likelihood ratio; at a bound, the reference is a mixture)": (
            ["question", "2 × gain", "extra parameters", "p"],
            tests,
        ),
        "Values and 95% profile intervals": (["explanation", "parameter", "value", "interval", "field"], values),
        "Push and peers under other ways of treating the data": (
            ["treatment", "external influence", "peer influence", "do peers add anything?"],
            ways,
        ),
    }
    for split in c.splits:
        rows = [
            [
                s.title,
                f"{s.log_score:.4f}",
                f"{s.difference:+.4f} ({s.low:+.4f} to {s.high:+.4f})",
                "not forecast" if s.crps is None else f"{s.crps:.4f}",
            ]
            for s in split.scores
        ]
        result[f"{split.title} ({split.n_rows:,} person-periods)"] = (
            ["explanation", "log score", "minus the constant hazard's", "CRPS of the curve"],
            rows,
        )
    return result


def _log_likelihood_cell(value: float) -> str:
    """Return a log-likelihood, or that what happened has no chance."""
    return f"{value:.2f}" if np.isfinite(value) else "ruled out"


def _one(value: float) -> str:
    return f"{value:.1f}" if np.isfinite(value) else "–"


def _estimate_cell(estimates: Mapping[str, float], name: str) -> str:
    return number(estimates[name]) if np.isfinite(estimates.get(name, np.nan)) else "–"


def _render(c: CalibrationResults, receipt: Mapping[str, Any]) -> str:
    """Return the report as one page that needs no network; every text in it is escaped."""
    from markupsafe import Markup

    from spreadsim.calibration.figures import figures

    by_section = {
        section: [(Markup(drawing), caption) for drawing, caption in drawings]
        for section, drawings in figures(c).items()
    }
    settings = {key: value for key, value in receipt.items() if key not in ("inputs", "results", "started", "ended")}
    return str(
        templates()
        .get_template("calibration.html.j2")
        .render(
            title=c.source.title or c.source.name,
            question=c.source.question,
            said=sentences(c),
            pictures=by_section,
            tables=_tables(c),
            receipt=as_json(settings),
        )
    )
