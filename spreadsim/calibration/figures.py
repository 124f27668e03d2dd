"""Figures of a calibration, each with a sentence that says what it shows.

What belongs here: one function a figure, returning its SVG and its caption. How all figures look is
``telling.figures``'.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from spreadsim.calibration.findings import first_section
from spreadsim.calibration.prediction import CONSTANT, Curve, Split
from spreadsim.calibration.results import CalibrationResults
from spreadsim.telling.figures import GREY, INK, SMALL, TINY, heading, make_figure, style, svg, tidy, wrap

MAX_PANELS = 6
LIMIT = 3.84


def figures(c: CalibrationResults) -> dict[str, list[tuple[str, str]]]:
    """Return the drawings and captions of a calibration; the same bytes for the same calibration.

    Parameters
    ----------
    c : the calibration.

    Returns
    -------
    SVG and caption, by section of the page.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> months = [1, 2, 3, 3, 4, 4, 5, None] * 2
    >>> pd.DataFrame({"id": range(16), "readiness": 0.5, "adopted_month": months}).to_csv("services.csv", index=False)
    >>> pd.DataFrame({"source": range(16), "target": np.roll(range(16), -1)}).to_csv("ties.csv", index=False)
    >>> scenario = ss.load_scenario("default", ["network.source=file", "network.path=."]).with_folders(Path())
    >>> calibration = ss.calibrate(scenario, predict=False)
    >>> list(figures(calibration))[1]
    'Fitted values'
    """
    by_section: dict[str, list[tuple[str, str]]] = {
        first_section(c): [_hazard(c)],
        "Fitted values": _profiles(c),
    }
    predictions = []
    if c.curves:
        predictions.append(_in_sample(c))
    for split in c.splits:
        predictions += [_scores(split), _validation(split)]
    return by_section | ({"Prediction": predictions} if predictions else {})


def _svg_with_caption(figure: Any, name: str, caption: str) -> tuple[str, str]:
    return svg(figure, name, caption), caption


def draw_hazard(axes: Any, c: CalibrationResults) -> None:
    """Draw the share of those left who adopt in each step: as observed, and as some of the explanations predict it.

    Parameters
    ----------
    axes : Matplotlib axes, changed in place.
    c : the calibration.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> months = [1, 2, 3, 3, 4, 4, 5, None] * 2
    >>> pd.DataFrame({"id": range(16), "readiness": 0.5, "adopted_month": months}).to_csv("services.csv", index=False)
    >>> pd.DataFrame({"source": range(16), "target": np.roll(range(16), -1)}).to_csv("ties.csv", index=False)
    >>> scenario = ss.load_scenario("default", ["network.source=file", "network.path=."]).with_folders(Path())
    >>> axes = make_figure(2.6).add_subplot()
    >>> draw_hazard(axes, ss.calibrate(scenario, predict=False))
    >>> len(axes.get_lines())
    3
    """
    rows, steps = c.rows, np.arange(1, c.history.n_steps + 1)
    at_risk = np.bincount(rows.step, minlength=c.history.n_steps + 1)[1:]
    events = np.bincount(rows.step, weights=rows.adopted, minlength=c.history.n_steps + 1)[1:]
    share = events / np.maximum(at_risk, 1)
    axes.bar(steps, 100 * share, width=0.62, color="#dddddd", edgecolor=GREY, linewidth=0.5, label="observed")
    shown = ("push", "push-and-peers", "changing-push") if c.history.has_ties else ("push", "changing-push", c.choice)
    for place, name in enumerate(dict.fromkeys(shown)):
        f, look = c.fits[name], style(place)
        expected = np.bincount(rows.step, weights=f.likelihood.chances(f.values), minlength=c.history.n_steps + 1)[1:]
        axes.plot(
            steps,
            100 * expected / np.maximum(at_risk, 1),
            color=look.colour,
            linestyle=look.line,
            marker=look.marker,
            markersize=3.5,
            linewidth=1.4,
            label=f.likelihood.hypothesis.title,
        )
    tidy(axes)
    axes.set_xlabel("step of the data", fontsize=SMALL)
    axes.set_ylabel("% of those left who adopt", fontsize=SMALL)


def _hazard(c: CalibrationResults) -> tuple[str, str]:
    figure = make_figure(2.6)
    draw_hazard(figure.add_subplot(), c)
    figure.legend(loc="outside lower center", ncol=2, fontsize=SMALL, frameon=False)
    return _svg_with_caption(
        figure,
        "hazard",
        "Share of those who had not yet adopted that did so in each step: as observed, and as some of the "
        "explanations predict it. A push that changes over time can follow any such shape without peers.",
    )


def _profiles(c: CalibrationResults) -> list[tuple[str, str]]:
    profiles = [
        (name, p)
        for name in c.intervals
        for p in c.fits[name].likelihood.parameters
        if p.name in c.intervals[name] and c.intervals[name][p.name].profile
    ][:9]
    if not profiles:
        return []
    columns = min(3, len(profiles))
    rows = -(-len(profiles) // columns)
    figure = make_figure(1.75 * rows + 0.2)
    for place, (name, p) in enumerate(profiles):
        axes = figure.add_subplot(rows, columns, place + 1)
        interval = c.intervals[name][p.name]
        points = np.array([xy for xy in interval.profile if xy[1] < 4 * LIMIT])
        axes.plot(points[:, 0], points[:, 1], color=style(0).colour, marker="o", markersize=2.5, linewidth=1.2)
        axes.axhline(LIMIT, color=GREY, linewidth=0.8, linestyle=(0, (2, 2)))
        axes.axvspan(interval.low, interval.high, color=style(0).colour, alpha=0.1, linewidth=0)
        tidy(axes)
        axes.set_ylim(0, 3 * LIMIT)
        heading(axes, wrap(p.label, 34, 2), TINY)
        axes.set_xlabel(wrap(c.fits[name].likelihood.hypothesis.title, 44, 2), fontsize=TINY)
    caption = (
        "Profile of the likelihood: twice its fall as a parameter moves away from its best value "
        "and the others are refitted. The shaded part, below 3.84, is the 95% interval; a flat profile means that the "
        "data do not identify the parameter."
    )
    return [_svg_with_caption(figure, "profiles", caption)]


def _band(axes: Any, curve: Curve, place: int, label: str) -> None:
    look = style(place)
    steps = np.arange(curve.first_step, curve.first_step + len(curve.observed))
    axes.fill_between(steps, 100 * curve.low, 100 * curve.high, color=look.colour, alpha=0.14, linewidth=0)
    axes.plot(steps, 100 * curve.median, color=look.colour, linestyle=look.line, linewidth=1.4, label=label)


def _observations(axes: Any, curve: Curve, label: str = "observed") -> None:
    steps = np.arange(curve.first_step, curve.first_step + len(curve.observed))
    axes.plot(steps, 100 * curve.observed, color=INK, marker="o", markersize=3.5, linestyle="none", label=label)
    tidy(axes)


def _in_sample(c: CalibrationResults) -> tuple[str, str]:
    figure = make_figure(2.7)
    axes = figure.add_subplot()
    for place, (name, curve) in enumerate(c.curves.items()):
        _band(axes, curve, place, c.fits[name].likelihood.hypothesis.title)
    _observations(axes, next(iter(c.curves.values())))
    axes.set_xlabel("step of the data", fontsize=SMALL)
    axes.set_ylabel("% adopted", fontsize=SMALL)
    figure.legend(loc="outside lower center", ncol=2, fontsize=SMALL, frameon=False)
    return _svg_with_caption(
        figure,
        "curve",
        f"Uptake as observed, and in {c.options.replicates} runs of the fitted model from the same "
        "start: median and middle 90%. The fitted values are held fixed: the band reflects chance alone.",
    )


def _scores(split: Split) -> tuple[str, str]:
    figure = make_figure(0.6 + 0.3 * len(split.scores))
    left, right = figure.subplots(1, 2)
    places = range(len(split.scores))
    for place, s in zip(places, split.scores, strict=True):
        left.plot([s.low, s.high], [place, place], color=INK, linewidth=2, solid_capstyle="butt")
        left.plot([s.difference], [place], marker="D", color="white", markeredgecolor=INK, markersize=4)
        if s.crps is not None:
            right.plot([100 * s.crps], [place], marker="o", color=style(0).colour, markersize=5)
    for axes in (left, right):
        tidy(axes, grid="x")
        axes.set_ylim(len(split.scores) - 0.5, -0.5)
        axes.set_yticks(list(places))
    left.axvline(0, color=GREY, linewidth=0.8)
    left.set_yticklabels([wrap(s.title, 40, 2) for s in split.scores], fontsize=TINY)
    right.set_yticklabels([])
    right.set_xlim(left=0)
    left.set_xlabel("log score minus the constant hazard's (right is better)", fontsize=TINY)
    right.set_xlabel("CRPS of the curve, % of services (left is better)", fontsize=TINY)
    words = "; ".join(f"{s.title} {s.difference:+.4f}" for s in split.scores)
    return _svg_with_caption(
        figure,
        f"scores-{split.name}",
        f"{split.title}. Log score per person-period, minus the constant hazard's, with "
        f"95% intervals over services: {words}.",
    )


def _validation(split: Split) -> tuple[str, str]:
    scores = [s for s in split.scores if s.curves and s.name in (CONSTANT, "bass")] + [
        s for s in split.scores if s.curves and s.name not in (CONSTANT, "bass", "changing-push")
    ][-1:]
    n = min(MAX_PANELS, len(scores[0].curves))
    columns = min(3, n)
    rows = -(-n // columns)
    figure = make_figure(1.9 * rows + 0.5)
    for k in range(n):
        axes = figure.add_subplot(rows, columns, k + 1)
        for place, s in enumerate(scores):
            _band(axes, s.curves[k], place, s.title if k == 0 else "_")
        _observations(axes, scores[0].curves[k], "observed" if k == 0 else "_")
        axes.set_ylim(0, 100)
        what = f"part {k + 1}: {scores[0].curves[k].members:,} services" if n > 1 else "all services"
        heading(axes, what)
        if k % columns == 0:
            axes.set_ylabel("% adopted", fontsize=SMALL)
    figure.legend(loc="outside lower center", ncol=2, fontsize=SMALL, frameon=False)
    return _svg_with_caption(
        figure,
        f"held-out-{split.name}",
        f"{split.title}: what happened (dots), and forecasts from the state at the "
        "start of the time shown, median and middle 90% of runs.",
    )
