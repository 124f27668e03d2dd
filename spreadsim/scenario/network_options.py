"""How the files of a real network are read: a part of a scenario's [network], and the options of ``network.data``.

What belongs here: what a user may say about the files.
What does not: reading them (``network.reading``).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from spreadsim.parameters import Table, parameter

Influence = Literal["target-to-source", "source-to-target"]


class NetworkFileOptions(Table):
    """How a real network is read; all of it may be left out where the files follow the documented names."""

    path: str | None = Field(
        None, description="Folder with services.csv and ties.csv, or a GraphML, GEXF or node-link JSON file."
    )
    services_file: str | None = Field(None, description="Name of the table of services, if not services.csv.")
    ties_file: str | None = Field(None, description="Name of the table of ties, if not ties.csv.")
    hierarchy_columns: list[str] | None = Field(
        None, description="Columns of the table of services that name its groups, from the top down."
    )
    columns: dict[str, str] = Field(default_factory=dict, description="Our name of a column = the file's name of it.")
    kinds: list[str] | None = Field(None, description="Kinds of tie to keep; all where left out.")
    directed: bool | None = parameter(
        None,
        "Whether a tie runs one way; left out: as a graph file says, or where 'influence' is given.",
        unit="yes or no",
        bounds=None,
        evidence="design",
        source="design",
    )
    influence: Influence | None = parameter(
        None,
        "Which end of a directed tie influences the other; the one named influences, unless said otherwise.",
        unit="choice",
        bounds=None,
        evidence="design",
        source="design",
    )
    repeated_ties: Literal["merge", "sum"] = parameter(
        "merge",
        "Whether a tie listed twice counts once, or with the sum of its weights.",
        unit="choice",
        bounds=None,
        evidence="design",
        source="design",
    )
    period_months: int = parameter(
        1,
        "Months in one period of adopted_month (12 where it counts years).",
        unit="months",
        bounds=(1, 120),
        evidence="design",
        source="the data",
    )
    observed_periods: int | None = Field(
        None, ge=1, le=10_000, description="Number of periods observed; a later adoption was not seen."
    )
