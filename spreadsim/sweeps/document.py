"""The tables of an experiment file.

What belongs here: names, types and bounds of what a user writes, and what must hold within one table. What a file means
for its scenario is ``experiment``'s.
"""

from __future__ import annotations

import math
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from spreadsim.errors import nearest
from spreadsim.measures import CURVE_COLUMNS
from spreadsim.parameters import Distribution, Table

Method = Literal["grid", "table", "latin-hypercube", "halton", "sobol-sequence", "sobol", "morris"]
DEFAULT_MEASURES = (
    "benefit",
    "cumulative_benefit",
    "reported_uptake",
    "in_name_only",
    "core_fidelity",
    "equity_gap",
    "cost",
)


class Range(Distribution):
    """Values of one factor: a list, or an interval with a distribution.

    Examples
    --------
    >>> Range(low=0.0, high=1.0, steps=3).steps, Range(values=[0.1, 0.5]).values
    (3, [0.1, 0.5])
    """

    steps: int | None = Field(None, ge=1, le=10_000, description="Number of values, in a grid and of a lever.")
    values: list[Any] | None = Field(None, description="The values themselves, instead of an interval.")

    @property
    def _has_interval(self) -> bool:
        return self.values is None

    @model_validator(mode="after")
    def _stands_alone(self) -> Self:
        others = (self.low, self.high, self.mode, self.alpha, self.beta, self.steps)
        if self.values is not None and (not self.values or any(x is not None for x in others)):
            raise ValueError("'values' is a list with at least one value, and stands alone")
        return self


class RunTable(Table):
    """Overrides of the scenario's [run]."""

    months: int | None = Field(None, ge=1, le=1200)
    replicates: int | None = Field(None, ge=1, le=1_000_000)
    seed: int | None = Field(None, ge=0, le=2**63 - 1)


class Design(Table):
    """How the points of the uncertainties are chosen."""

    method: Method = "grid"
    samples: int = Field(64, ge=1, le=100_000_000, description="Points; base sample of sobol; trajectories of morris.")
    second_order: bool = False
    levels: int = Field(4, ge=2, le=100, description="Levels of morris; even.")
    seed: int = Field(1, ge=0, le=2**32 - 1, description="Of the design; the runs' seed is in [run].")
    table: str | None = Field(None, description="CSV file of points, its header the names of the uncertainties.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.method == "table") != (self.table is not None):
            raise ValueError("method = \"table\" needs 'table', and no other method has one")
        if self.method in ("sobol", "sobol-sequence") and self.samples & (self.samples - 1):
            nearest_power = 2 ** max(1, round(math.log2(self.samples)))
            raise ValueError(
                f"{self.method} takes a power of two as 'samples', found {self.samples}: try {nearest_power}"
            )
        if self.method == "morris" and self.levels % 2:
            raise ValueError(f"morris takes an even number of 'levels', found {self.levels}")
        return self


class Outcomes(Table):
    """What is looked at, and which tables are kept; every measure is kept of every run."""

    measures: list[str] = Field(
        default_factory=lambda: list(DEFAULT_MEASURES),
        min_length=1,
        description="What the analysis looks at unless it is told otherwise.",
    )
    keep: list[Literal["runs", "curves", "events"]] = ["runs"]
    curves: list[str] = Field(default_factory=list, description="Curves that are kept; all where none is named.")

    @model_validator(mode="after")
    def _curves_are_kept(self) -> Self:
        for name in self.curves:
            if name not in CURVE_COLUMNS:
                raise ValueError(f"'curves': '{name}' is not a curve; {nearest(name, CURVE_COLUMNS)}")
        if self.curves and "curves" not in self.keep:
            raise ValueError("'curves' needs \"curves\" in 'keep'")
        return self

    @property
    def curve_columns(self) -> tuple[str, ...]:
        """The curves that are kept where curves are, in the order of their declaration."""
        return tuple(name for name in CURVE_COLUMNS if not self.curves or name in self.curves)


class Experiment(Table):
    """An experiment file."""

    format: Literal[1] = 1
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")
    title: str = Field("", max_length=300)
    question: str = Field("", max_length=1000)
    shows: str = Field("", max_length=2000)
    sources: list[str] = Field(default_factory=list)
    scenario: str
    strategy: str | list[str] | None = Field(None, description="What the levers act upon; several are all run.")
    settings: dict[str, Any] = Field(default_factory=dict, description="Fields of the scenario, by path, held fixed.")
    run: RunTable = RunTable()
    design: Design = Design()
    levers: dict[str, Any] = Field(default_factory=dict)
    uncertainties: dict[str, Any] = Field(default_factory=dict)
    outcomes: Outcomes = Field(default_factory=Outcomes)
