"""The texts of the box *Try it*, by key.

What belongs here: reading ``texts.toml``, the one place where they stand. What does not: texts of other pages.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

BOX, REPORT = "box", "report"


@cache
def box_texts(*tables: str) -> Mapping[str, str]:
    """Return texts in English.

    Parameters
    ----------
    tables : of ``texts.toml``; by default those of the box in a report.

    Returns
    -------
    Texts by key. What a text says in braces is put in by the page.

    Examples
    --------
    >>> box_texts()["map_month"]
    'Month {month}, the first run'
    """
    text = (files("spreadsim.browser") / "texts.toml").read_text(encoding="utf-8")
    by_table = tomllib.loads(text)
    return {key: value for table in tables or (BOX, REPORT) for key, value in by_table[table].items()}
