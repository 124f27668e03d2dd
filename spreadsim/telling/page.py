"""One self-contained page of findings: sentences by section, figures, tables and the receipt.

What belongs here: the filling of ``templates/findings.html.j2``, which escapes every text. What is said is its
callers'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spreadsim.telling.folder import as_json

PageTable = tuple[str, Sequence[str], Sequence[Sequence[Any]]]


def render_findings(
    *,
    title: str,
    question: str,
    about: str,
    sections: Mapping[str, Sequence[str]],
    tables: Sequence[PageTable],
    receipt: Mapping[str, Any],
    pictures: Sequence[tuple[str, str]] = (),
) -> str:
    """Return a page of findings as HTML.

    Parameters
    ----------
    title, question, about : what was asked, and how it was answered.
    sections : sentences by heading; a heading without a sentence is left out.
    tables : caption, head and rows of each.
    receipt : of the results folder.
    pictures : an SVG drawn by us and its caption, each.

    Returns
    -------
    One HTML document that needs no other file.

    Examples
    --------
    >>> page = render_findings(
    ...     title="Waves", question="Where to start?", about="A search.", sections={"Finding": ["Start in the north."]},
    ...     tables=[], receipt={"seed": 1},
    ... )
    >>> "Start in the north." in page
    True
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("spreadsim.telling", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("findings.html.j2").render(
        title=title, question=question, about=about, sections={k: v for k, v in sections.items() if v}, tables=tables,
        pictures=pictures, receipt=as_json(receipt),
    )  # fmt: skip
