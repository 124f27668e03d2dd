"""Pages from templates: the environment of all of them, and the page of findings.

What belongs here: how templates are filled, which escapes every text and refuses a name without a value; and the
filling of ``templates/findings.html.j2``: sentences by section, figures, tables and the receipt. What is said is its
callers'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from spreadsim.telling.folder import as_json

if TYPE_CHECKING:
    from jinja2 import Environment

PageTable = tuple[str, Sequence[str], Sequence[Sequence[Any]]]


@cache
def templates(package: str = "spreadsim.telling", folder: str = "templates") -> Environment:
    """Return the templates in a folder of a package, which escape every text and refuse a name without a value.

    Parameters
    ----------
    package, folder : where the templates are.

    Returns
    -------
    The environment that loads and fills them; the same one each time.

    Examples
    --------
    >>> templates().from_string("<b>{{ name }}</b>").render(name="A & B")
    '<b>A &amp; B</b>'
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader(package, folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


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
    return templates().get_template("findings.html.j2").render(
        title=title, question=question, about=about, sections={k: v for k, v in sections.items() if v}, tables=tables,
        pictures=pictures, receipt=as_json(receipt),
    )  # fmt: skip
