"""One point of a sweep as a scenario of its own, to compare.

What belongs here: the scenario that holds the values of a point, and settings of the levers as its strategies; which
settings stand beside one that was chosen. Compared, it gives the very numbers of the sweep's rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spreadsim.scenario.document import Scenario
from spreadsim.scenario.validation import as_document, validate
from spreadsim.sweeps.designs import Setting, content_key
from spreadsim.sweeps.experiment import Study, Values, document_at
from spreadsim.sweeps.tables import NOT_CHOICES, Panel, SweepTables, short_names, value_text

MAX_STRATEGIES = 4  # strategies side by side
MAX_NAME = 60  # characters of a strategy's name


def alternatives(
    tables: SweepTables, panel: Panel, measure: np.ndarray, sign: float, point: int, setting: int
) -> list[int]:
    """Return places of settings to compare: the one chosen, the best of the point, the ends of a lever, the next best.

    Parameters
    ----------
    tables : a finished sweep.
    panel : settings that are alternatives to one another.
    measure : values, shape (points, settings, replicates).
    sign : 1 where higher is better, -1 where lower is.
    point, setting : place of the point, and of the setting that was chosen.

    Returns
    -------
    At most four places, the chosen one first.

    Examples
    --------
    >>> small = ["run.replicates=2", "run.months=12", "strategy=blend"]
    >>> tables = SweepTables(ss.sweep("where-to-start", out="small", settings=small).folder)
    >>> places = alternatives(tables, tables.panels[0], tables.values("benefit"), 1.0, point=0, setting=3)
    >>> places[0], len(places)
    (3, 4)
    """
    means = sign * measure[point].mean(axis=1)
    order = sorted(panel.settings, key=lambda i: -np.nan_to_num(means[i], nan=-np.inf))
    ends: list[int] = []
    if panel.lever is not None:
        ends = [panel.settings[int(np.argmin(panel.lever))], panel.settings[int(np.argmax(panel.lever))]]
    return list(dict.fromkeys([setting, order[0], *ends, *order]))[:MAX_STRATEGIES]


def scenario_of(study: Study, point: Values, settings: Sequence[Setting], name: str = "") -> Scenario:
    """Return the scenario of one point, each setting a strategy; the first decides what all strategies share.

    Levers that are no choices (``run.``, ``network.``, ``services.``) are those of the first setting.

    Parameters
    ----------
    study : the experiment.
    point : values of the uncertainties, by path.
    settings : of the levers, in the order that the strategies are to have.
    name : of the point, in words; follows the experiment's title.

    Returns
    -------
    A scenario that gives the numbers of the sweep's rows.

    Raises
    ------
    InputErrors : the values do not make a scenario.

    Examples
    --------
    >>> from spreadsim.sweeps.designs import settings_of
    >>> from spreadsim.sweeps.experiment import load_experiment
    >>> study = load_experiment("where-to-start")
    >>> scenario = scenario_of(study, {"services.readiness.mean": 0.35}, settings_of(study)[:2])
    >>> list(scenario.strategies)
    ['organic, share 0.01', 'organic, share 0.03']
    """
    base = as_document(study.scenario)
    first = settings[0]
    common = {path: value for path, value in first.levers.items() if path.startswith(NOT_CHOICES)}
    document = document_at(base, point, first.strategy, common)
    choices = [{k: v for k, v in s.levers.items() if not k.startswith(NOT_CHOICES)} for s in settings]
    distinct = [k for k in choices[0] if len({repr(levers[k]) for levers in choices}) > 1] or list(choices[0])
    strategies: Values = {}
    for setting, levers in zip(settings, choices, strict=True):
        plain = {path: value for path, value in levers.items() if "." not in path}
        own = dict(document_at(base, point, setting.strategy, plain)["strategies"][setting.strategy])
        overrides = {path: value for path, value in levers.items() if "." in path}
        if overrides:
            own["overrides"] = {**own.get("overrides", {}), **overrides}
        own["title"] = Setting(setting.strategy, levers).label[:200]
        strategies[_name(setting.strategy, {k: levers[k] for k in distinct}, strategies)] = own
    words = [study.experiment.title or study.experiment.name, name]
    document |= {"strategies": strategies, "title": ": ".join(word for word in words if word)[:300]}
    document["name"] = study.experiment.name[:60] or "point"
    return validate(document, study.file, study.scenario.folder)


def _name(strategy: str, levers: Values, others: Values) -> str:
    """Return a name for a setting, of at most `MAX_NAME` characters and unlike those taken."""
    text = ", ".join([strategy, *(f"{name} {value_text(value)}" for name, value in short_names(levers).items())])
    if len(text) > MAX_NAME or text in others:
        text = f"{text[: MAX_NAME - 7]} {content_key([strategy, levers], 6)}"
    return text
