"""What a calibration found, in words and as a document.

What belongs here: sentences, and the content of ``calibration.json``. What does not: figures (``figures``).
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from spreadsim.calibration.estimation import Interval, identification_problems
from spreadsim.calibration.hypotheses import peer_tests
from spreadsim.calibration.prediction import verdict
from spreadsim.calibration.results import CalibrationResults

S_CURVE = (
    "An S-shaped curve does not prove contagion: a push from outside that changes over time produces the same curve "
    "(Van den Bulte, Lilien 2001, on the physicians of Medical innovation). And people who are tied to each other "
    "are alike and are reached by the same push: peer influence here means the part of adoption that goes with "
    "exposure, whatever its cause."
)
CLEAR = 0.05


def p_words(p: float) -> str:
    """Return a p-value as written.

    Parameters
    ----------
    p : from 0 to 1.

    Returns
    -------
    Text.

    Examples
    --------
    >>> p_words(0.034), p_words(0.0001)
    ('p = .034', 'p < .001')
    """
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".") if p < 0.9995 else "p = 1"


def number(value: float) -> str:
    """Return a number to three figures.

    Parameters
    ----------
    value : any number.

    Returns
    -------
    Text; ``none`` where it is not finite.

    Examples
    --------
    >>> number(0.08312), number(float("nan"))
    ('0.0831', 'none')
    """
    return "none" if not np.isfinite(value) else f"{value:.3g}"


def bounds(interval: Interval) -> str:
    """Return an interval, saying where it ends at the parameter's bound.

    Parameters
    ----------
    interval : of a parameter.

    Returns
    -------
    Text.

    Examples
    --------
    >>> bounds(Interval(0.05, 0.12, False, False)), bounds(Interval(0.0, 0.12, True, False))
    ('0.05 to 0.12', '0 to 0.12, one-sided')
    """
    ends = f"{interval.low:.3g} to {interval.high:.3g}"
    if interval.low_is_bound and interval.high_is_bound:
        return f"{ends}, the whole range allowed"
    if interval.low_is_bound:
        return f"{ends}, one-sided"
    return f"{ends}, open above" if interval.high_is_bound else ends


def _per_month(c: CalibrationResults, value: float) -> float:
    """Return a chance a period as the chance a month that comes to the same over the period."""
    return float(1.0 - (1.0 - min(value, 1.0)) ** (1.0 / c.history.period_months))


NO_TIES = (
    "No finding on peers: nobody said who is tied to whom. Ties that are drawn, or made from shared membership or "
    "distance, are no evidence of who follows whom: services of one group are alike, and are reached by the same push. "
    "With a table of ties that somebody gave, the same command asks whether peers add anything."
)


def first_section(c: CalibrationResults) -> str:
    """Return the heading of the first section: of peers where there are ties, of what tells services apart where not.

    Parameters
    ----------
    c : the calibration.

    Returns
    -------
    Text.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> Path("alone").mkdir()
    >>> months = [1, 2, 3, 3, 4, 4, 5, None] * 2
    >>> table = pd.DataFrame({"id": range(16), "adopted_month": months})
    >>> table.to_csv("alone/services.csv", index=False)
    >>> scenario = ss.load_scenario("default", ["network.source=file", "network.path=alone"]).with_folders(Path())
    >>> first_section(ss.calibrate(scenario, predict=False))
    'What tells services and periods apart'
    """
    return "Do peers add anything?" if c.history.has_ties else "What tells services and periods apart"


def _findings_without_ties(c: CalibrationResults) -> list[str]:
    """Return what the tests say of periods, groups and covariates, and that nothing is said of peers."""
    lines = [NO_TIES]
    lines += [
        f"{t.question} {'Yes' if t.p_value < CLEAR else 'No clear sign'}: twice the gain in log-likelihood "
        f"{t.gain:.1f} for {t.extra} more parameter{'s' * (t.extra > 1)} ({p_words(t.p_value)})."
        for t in c.tests
    ]
    e = c.fit.likelihood.hypothesis
    if e.push == "by-period":
        pushes = c.fit.likelihood.pushes(c.fit.estimates)
        strongest = np.sort(np.argsort(pushes)[-3:])
        text = ", ".join(f"{c.history.start_period + k + 1} ({number(float(pushes[k]))})" for k in strongest)
        lines.append(f"The push that all services share is strongest in the periods {text}.")
    return lines + (_group_findings(c) if e.groups else [])


def _group_findings(c: CalibrationResults) -> list[str]:
    """Return how far groups differ: the chance of adopting in each, against that of a group at their mean."""
    f = c.fit
    places = [k for k, p in enumerate(f.likelihood.parameters) if p.name.startswith("group ")]
    effects = np.append(f.values[places], -f.values[places].sum())
    readiness = f.likelihood.readiness_at(effects)
    least, most = np.quantile(readiness, (0.05, 0.95)) / f.likelihood.readiness_at(np.zeros(1))[0]
    at_bound = int(np.sum(np.abs(f.values[places]) >= 6.0))
    lines = [
        f"Groups: in the middle 90% of the {len(effects):,}, the chance of adopting is {least:.2f} to {most:.2f} times "
        "that of a group at their mean, chance in small groups included."
    ]
    if at_bound:
        lines.append(
            f"{at_bound:,} groups are so fast, or so slow, that the model's gate holds them no longer: a group is at "
            "most twice as likely to adopt as one at the mean."
        )
    return lines


def _peer_findings(c: CalibrationResults) -> list[str]:
    """Return what the tests say of peers, the warning included."""
    tests = peer_tests(list(c.tests))
    clear = [t for t in tests if t.p_value < CLEAR]
    titles = {name: f.likelihood.hypothesis.title for name, f in c.fits.items()}
    if not clear:
        lines = [
            "There is no sign of peer influence under any explanation compared: a push from outside accounts just as "
            "well, without peers, for who adopted when."
        ]
    elif len(clear) == len(tests):
        lines = [
            f"Exposure to peers goes with adoption under each of the {len(tests)} controls compared, "
            "including a push that is free in each period."
        ]
    else:
        absent = "; ".join(f"{titles[t.smaller]} ({p_words(t.p_value)})" for t in tests if t.p_value >= CLEAR)
        lines = [
            f"What looks like peer influence under {len(clear)} of {len(tests)} explanations disappears under: "
            f"{absent}. It is not evidence of contagion."
        ]
    lines += [
        f"{t.question} {p_words(t.p_value)}, peer influence {number(c.fits[t.larger].estimates['peer_influence'])}."
        for t in tests
    ]
    impossible = c.fits["peers"].likelihood.impossible
    if impossible:
        lines.append(f"Peers alone are ruled out: {impossible:,} adopters had no peer who had adopted before them.")
    lines.append(S_CURVE)
    return lines


def _estimate_findings(c: CalibrationResults) -> list[str]:
    """Return the chosen hypothesis and its values."""
    e, history = c.fit.likelihood.hypothesis, c.history
    why = "as requested" if c.options.explanation else "the lowest AIC among those that the network's files can hold"
    lines = [f"The fitted scenario uses: {e.title} ({why}; AIC {c.fit.aic:.1f})."]
    unit = "month" if history.period_months == 1 else f"period of {history.period_months} months"
    for name in c.intervals:
        f = c.fits[name]
        for p in f.likelihood.parameters:
            interval = c.intervals[name].get(p.name)
            if interval is None:
                continue
            value = f.estimates[p.name]
            text = f"{p.label} {number(value)} ({bounds(interval)})"
            if p.name in f.likelihood.design.names:
                odds = [np.exp(x) for x in (value, interval.low, interval.high)]
                text = f"{p.label}: {odds[0]:.2f} ({odds[1]:.2f} to {odds[2]:.2f}{', open' * interval.high_is_bound})"
            elif p.name in ("external_influence", "peer_influence"):
                text += f" a {unit}"
                if history.period_months > 1:
                    text += f", which is {number(_per_month(c, value))} a month"
            lines.append(f"{f.likelihood.hypothesis.title}: {text}.")
    if any(interval.profile == () for interval in c.intervals[c.choice].values()):
        lines.append("With this many parameters, intervals are from the curvature of the likelihood.")
    if e.push_varies:
        strongest = int(np.argmax(c.fit.likelihood.pushes(c.fit.estimates))) + 1
        lines.append(
            f"The push from outside changes over time: the scenario holds the strongest, that of step {strongest}, "
            "with a factor for each step (programme.external_push). It says when adoption was likely, not why."
        )
    return lines


def _identification_findings(c: CalibrationResults) -> list[str]:
    """Return what the data cannot say."""
    lines = []
    for name, intervals in c.intervals.items():
        f = c.fits[name]
        lines += [f"{f.likelihood.hypothesis.title}: {text}" for text in identification_problems(f, dict(intervals))]
        if f.likelihood.hypothesis.gate:
            lines.append(
                f"{f.likelihood.hypothesis.title}: the level of readiness cannot be separated from the levels of the "
                "push and of peers, since they multiply; it is fixed at one half where covariates are at their mean."
            )
    if not c.history.has_ties:
        return lines
    by_form = {
        f.likelihood.hypothesis.form: f.aic
        for name, f in c.fits.items()
        if name in ("push-and-peers", "saturating", "threshold")
    }
    order = sorted(by_form, key=lambda form: by_form[form])
    near = [form for form in order if by_form[form] - by_form[order[0]] < 2.0]
    if len(near) > 1:
        lines.append(
            f"The form of the response cannot be determined: the AICs of {', '.join(near)} lie within 2 of the lowest."
        )
    else:
        lines.append(
            f"Of the forms of the response, {order[0]} fits best by AIC ({by_form[order[0]]:.1f}; "
            + ", ".join(f"{form} {by_form[form]:.1f}" for form in order[1:])
            + ")."
        )
    return lines


def _data_findings(c: CalibrationResults) -> list[str]:
    """Return how the data were used."""
    h = c.history
    first = h.start_period if h.n_at_start else h.start_period + 1
    lines = [
        f"{h.n:,} services, {h.n_adoptions:,} adoptions in {h.n_steps} steps; a step is one period of "
        f"{h.period_months} month{'s' * (h.period_months > 1)} and one month of the fitted scenario.",
        f"{h.n_censored:,} had not adopted by the end of the time observed: each counts as 'not yet' in every step.",
    ]
    if h.n_at_start:
        lines.append(
            f"{h.n_at_start:,} had adopted by period {first}, with nobody observed before them: they are taken as "
            "starting sites, and their own decision is not fitted."
        )
    else:
        lines.append(f"Adopters of period {first} are taken to have been at risk, with nobody before them.")
    alone = int(np.sum(np.asarray(h.network.weight_sum) <= 0))
    if h.has_ties:
        lines.append(f"{alone:,} services name no peer in the survey: their exposure is 0 at all times.")
    if not h.has_ties:
        lines.append("Nobody gave ties: those of the fitted scenario are drawn, and have no effect in it.")
    elif h.outside is not None:
        lines.append(
            f"{int(h.outside.sum()):,} of the people named are outside the survey, where adoption was not observed: "
            "exposure counts those inside it, and the table shows two other ways of treating the rest."
        )
    else:
        lines.append(
            "Peers outside the survey, if there are any, are left out of exposure; --outside-column names the column "
            "that counts them."
        )
    return lines + list(c.notes)


def _prediction_findings(c: CalibrationResults) -> list[str]:
    """Return how the curve and what was held out were predicted."""
    lines = []
    for name, curve in c.curves.items():
        lines.append(
            f"In sample, {c.fits[name].likelihood.hypothesis.title}: the observed curve lies within the middle 90% "
            f"of runs in {curve.within:.0%} of the steps (CRPS {curve.crps:.4f})."
        )
    if len(c.curves) > 1 and all(curve.within > 0.8 for curve in c.curves.values()):
        lines.append("Both reproduce the curve, so the curve cannot distinguish them.")
    for split in c.splits:
        lines += verdict(split)
    if c.options.predict and not any(split.name == "groups" for split in c.splits):
        lines.append("There are no groups to hold out.")
    return lines


def sentences(c: CalibrationResults) -> dict[str, list[str]]:
    """Return the findings by section.

    Parameters
    ----------
    c : the calibration.

    Returns
    -------
    Sentences by heading of the section.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> months = [1, 2, 3, 3, 4, 4, 5, None] * 2
    >>> pd.DataFrame({"id": range(16), "readiness": 0.5, "adopted_month": months}).to_csv("services.csv", index=False)
    >>> pd.DataFrame({"source": range(16), "target": np.roll(range(16), -1)}).to_csv("ties.csv", index=False)
    >>> scenario = ss.load_scenario("default", ["network.source=file", "network.path=."]).with_folders(Path())
    >>> calibration = ss.calibrate(scenario, predict=False)
    >>> list(sentences(calibration))[1]
    'Fitted values'
    """
    by_section = {
        first_section(c): _peer_findings(c) if c.history.has_ties else _findings_without_ties(c),
        "Fitted values": _estimate_findings(c),
        "What the data cannot say": _identification_findings(c),
        "Prediction": _prediction_findings(c),
        "How the data were used": _data_findings(c),
    }
    return {section: lines for section, lines in by_section.items() if lines}


# --------------------------------------------------------------------------------------------------- document


def document(c: CalibrationResults) -> dict[str, Any]:
    """Return the content of ``calibration.json``; what is not defined is null there.

    Parameters
    ----------
    c : the calibration.

    Returns
    -------
    A document that JSON can hold.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> months = [1, 2, 3, 3, 4, 4, 5, None] * 2
    >>> pd.DataFrame({"id": range(16), "readiness": 0.5, "adopted_month": months}).to_csv("services.csv", index=False)
    >>> pd.DataFrame({"source": range(16), "target": np.roll(range(16), -1)}).to_csv("ties.csv", index=False)
    >>> scenario = ss.load_scenario("default", ["network.source=file", "network.path=."]).with_folders(Path())
    >>> calibration = ss.calibrate(scenario, predict=False)
    >>> document(calibration)["data"]["adoptions"]
    12
    """
    h = c.history
    fits = []
    for name, f in c.fits.items():
        parameters = {}
        for k, p in enumerate(f.likelihood.parameters):
            variance = f.covariance[k, k] if f.covariance.size else np.nan
            row: dict[str, Any] = {
                "value": float(f.values[k]),
                "field": p.path,
                "standard_error": float(np.sqrt(variance)) if variance > 0 else None,
            }
            interval = c.intervals.get(name, {}).get(p.name)
            if interval is not None:
                row |= {
                    "low": interval.low,
                    "high": interval.high,
                    "low_is_bound": interval.low_is_bound,
                    "high_is_bound": interval.high_is_bound,
                }
            if p.name in ("external_influence", "peer_influence"):
                row["per_month"] = _per_month(c, float(f.values[k]))
            parameters[p.name] = row
        fits.append(
            {
                "name": name,
                "title": f.likelihood.hypothesis.title,
                "log_likelihood": f.log_likelihood,
                "n_parameters": f.n_parameters,
                "aic": f.aic,
                "bic": f.bic,
                "converged": f.converged,
                "parameters": parameters,
            }
        )
    return {
        "scenario": c.source.name,
        "options": asdict(c.options),
        "data": {
            "services": h.n,
            "adoptions": h.n_adoptions,
            "given_at_start": h.n_at_start,
            "censored": h.n_censored,
            "steps": h.n_steps,
            "first_period": h.start_period,
            "period_months": h.period_months,
            "person_periods": len(c.rows),
            "groups": len(h.group_names),
            "named_outside": None if h.outside is None else int(h.outside.sum()),
        },
        "chosen": c.choice,
        "explanations": fits,
        "tests": [asdict(test) for test in c.tests],
        "not_identified": {
            name: identification_problems(c.fits[name], dict(intervals)) for name, intervals in c.intervals.items()
        },
        "sensitivity": [asdict(row) for row in c.sensitivity],
        "prediction": {
            "in_sample": {name: _curve(curve) for name, curve in c.curves.items()},
            "held_out": [
                {
                    "name": s.name,
                    "title": s.title,
                    "person_periods": s.n_rows,
                    "scores": [
                        {
                            **{key: value for key, value in vars(score).items() if key != "curves"},
                            "curves": [_curve(curve) for curve in score.curves],
                        }
                        for score in s.scores
                    ],
                }
                for s in c.splits
            ],
        },
        "findings": sentences(c),
    }


def _curve(curve: Any) -> dict[str, Any]:
    return {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in vars(curve).items()}
