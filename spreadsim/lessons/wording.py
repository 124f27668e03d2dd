"""What is said of a lesson's runs, and the charts that it is said beside.

What belongs here: the texts of ``wording.toml``, the one place where they stand, lessons' Markdown as HTML, and the
two elements that ``charts.js`` draws, for the app and for a site alike. What does not: what a lesson itself says
(``text``), what the runs show (``runs``).

table, key : of a text.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from markdown_it import MarkdownIt

from spreadsim.outcomes.measures import BY_NAME


@cache
def wording() -> Mapping[str, Mapping[str, str]]:
    """Return the texts in English, by table and key.

    Returns
    -------
    Texts. What one says in braces is put in by `said`.

    Examples
    --------
    >>> wording()["chart"]["at_month"]
    'at month {n}'
    """
    return tomllib.loads((files("spreadsim.lessons") / "wording.toml").read_text(encoding="utf-8"))


def said(table: str, key: str, **values: Any) -> str:
    """Return a text in English.

    Parameters
    ----------
    values : in place of the names in braces.

    Returns
    -------
    The text.

    Examples
    --------
    >>> said("chart", "at_month", n=12)
    'at month 12'
    """
    return wording()[table][key].format(**values)


def measure_name(measure: str) -> str:
    """Return what lessons call a measure.

    Parameters
    ----------
    measure : its name.

    Returns
    -------
    Words.

    Examples
    --------
    >>> measure_name("delivered"), measure_name("benefit")
    ('Effect delivered', 'Sustained benefit')
    """
    known = wording()["measures"].get(measure)
    return known or (BY_NAME[measure].label if measure in BY_NAME else measure.replace("_", " "))


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def markdown_html(markdown: str) -> str:
    """Return Markdown as HTML; HTML in it is shown as text.

    Parameters
    ----------
    markdown : a text of a lesson.

    Returns
    -------
    HTML.

    Examples
    --------
    >>> markdown_html("**Why?** <i>So.</i>")
    '<p><strong>Why?</strong> &lt;i&gt;So.&lt;/i&gt;</p>\\n'
    """
    return str(_markdown().render(markdown))


def chart_script(texts: Mapping[str, str] | None = None) -> str:
    """Return the script of the elements ``lesson-chart`` and ``curve-pad``.

    Parameters
    ----------
    texts : of the table ``chart``; English by default.

    Returns
    -------
    JavaScript.

    Examples
    --------
    >>> "customElements.define('curve-pad'" in chart_script()
    True
    """
    own = dict(wording()["chart"] if texts is None else texts)
    as_text = json.dumps(own, ensure_ascii=False).replace("<", "\\u003c")
    script = (files("spreadsim.lessons") / "charts.js").read_text(encoding="utf-8")
    return f"globalThis.lessonChartTexts = {as_text};\n{script}"


def chart_style() -> str:
    """Return the style of those elements, and of what stands beside them.

    Returns
    -------
    CSS.

    Examples
    --------
    >>> ".lesson-svg" in chart_style()
    True
    """
    return (files("spreadsim.lessons") / "charts.css").read_text(encoding="utf-8")
