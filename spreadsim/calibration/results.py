"""What a calibration gives.

What belongs here: the fits, tests, intervals and predictions of one calibration, and the scenario they make. What does
not: how it is done (``calibration``), words (``findings``), figures, files (``folder``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spreadsim.calibration.estimation import Interval, LikelihoodFit
from spreadsim.calibration.hypotheses import NestedTest
from spreadsim.calibration.prediction import Curve, Split
from spreadsim.calibration.reduced_model import scenario_of_fit
from spreadsim.calibration.risk_sets import AdoptionHistory, FirstPeriod, RiskSet
from spreadsim.scenario.document import Scenario

if TYPE_CHECKING:
    import pandas as pd

REPLICATES = 200


@dataclass(frozen=True)
class Options:
    """What a calibration was asked, beside its scenario.

    Attributes
    ----------
    covariates : columns of the table of services; ``NAME=category`` for one whose values are names.
    groups : whether effects of the first level of groups are among the hypotheses.
    first_period : whether adopters in the first period are ``given`` or ``at-risk``.
    outside_column : column that counts the people each service named outside the survey.
    explanation : the one whose values the fitted scenario holds; None: the lowest AIC among those it can hold.
    replicates : runs of each forecast.
    predict : whether to predict what is held out.

    Examples
    --------
    >>> Options(covariates=("size",)).first_period
    'given'
    """

    covariates: tuple[str, ...] = ()
    groups: bool = True
    first_period: FirstPeriod = "given"
    outside_column: str | None = None
    explanation: str | None = None
    replicates: int = REPLICATES
    predict: bool = True


@dataclass(frozen=True)
class Sensitivity:
    """Push and peers fitted again under another way of taking the data.

    Attributes
    ----------
    what : the way, in words.
    external_influence, peer_influence : estimates, chances a step.
    p_value : of the test whether peers add.

    Examples
    --------
    >>> Sensitivity("as fitted", 0.05, 0.2, 0.01).p_value
    0.01
    """

    what: str
    external_influence: float
    peer_influence: float
    p_value: float


@dataclass(frozen=True)
class CalibrationResults:
    """The results of a calibration.

    Attributes
    ----------
    source : the scenario calibrated.
    options : of the calibration.
    history : the times of adoption on its network.
    rows : the risk set made of them.
    fits : by name of hypothesis, from the simplest.
    tests : between nested hypotheses.
    choice : name of the hypothesis that the fitted scenario holds.
    intervals : by hypothesis (the choice, and push and peers), then by parameter.
    sensitivity : push and peers under other ways of taking the data.
    curves : the uptake curve with its band, of the chosen hypothesis and of the push alone.
    splits : predictions of what was held out.
    notes : what the reader should know of the data.

    Examples
    --------
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> months = [1, 2, 3, 3, 4, 4, 5, None] * 2
    >>> pd.DataFrame({"id": range(16), "readiness": 0.5, "adopted_month": months}).to_csv("services.csv", index=False)
    >>> pd.DataFrame({"source": range(16), "target": np.roll(range(16), -1)}).to_csv("ties.csv", index=False)
    >>> scenario = ss.load_scenario("default", ["network.source=file", "network.path=."]).with_folders(Path())
    >>> calibration = ss.calibrate(scenario, predict=False)
    >>> calibration.choice, calibration.scenario.run.months
    ('changing-push-and-peers', 4)
    """

    source: Scenario
    options: Options
    history: AdoptionHistory
    rows: RiskSet
    fits: Mapping[str, LikelihoodFit]
    tests: Sequence[NestedTest]
    choice: str
    intervals: Mapping[str, Mapping[str, Interval]]
    sensitivity: Sequence[Sensitivity]
    curves: Mapping[str, Curve]
    splits: Sequence[Split]
    notes: Sequence[str]

    @property
    def fit(self) -> LikelihoodFit:
        """The chosen fit."""
        return self.fits[self.choice]

    @property
    def scenario(self) -> Scenario:
        """The reduced scenario with the fitted values; readiness by covariates or groups comes with the folder."""
        ids = [self.history.network.ids[i] for i in np.flatnonzero(self.history.when == 0)]
        result = scenario_of_fit(self.source, self.fit, self.history.n_steps, ids)
        months = self.history.period_months
        unit = "one month" if months == 1 else f"one period of {months} months"
        name = f"{self.source.name[:69]}-calibrated"
        title = f"{self.source.title or self.source.name}: {self.fit.likelihood.hypothesis.title}"[:300]
        shows = (
            f"Fitted to {self.history.n_adoptions:,} adoptions. One month of this scenario is {unit} of the data; "
            f"month 0 is its period {self.history.start_period}. The reduced model: all services aware, no delay, "
            "nobody stops."
        )
        return result.model_copy(update={"name": name, "title": title, "shows": shows})

    def summary(self) -> pd.DataFrame:
        """Return one row a hypothesis: parameters, log-likelihood, AIC, BIC, as a pandas DataFrame."""
        import pandas as pd

        rows = [
            {
                "explanation": name,
                "parameters": f.n_parameters,
                "log_likelihood": f.log_likelihood,
                "aic": f.aic,
                "bic": f.bic,
                "external_influence": f.estimates.get("external_influence", np.nan),
                "peer_influence": f.estimates.get("peer_influence", np.nan),
            }
            for name, f in self.fits.items()
        ]
        return pd.DataFrame(rows).set_index("explanation")
