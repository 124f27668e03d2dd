"""A site as a package for a learning platform, by SCORM 1.2: its manifest, and the zip.

What belongs here: what the standard asks of a package. What does not: what a lesson tells the platform while it is
taken (``scorm.js``), the pages.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

PACKAGES = ("scorm",)
MANIFEST = "imsmanifest.xml"
_CONTENT, _SCORM = "http://www.imsproject.org/xsd/imscp_rootv1p1p2", "http://www.adlnet.org/xsd/adlcp_rootv1p2"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # so that the same pages give the same bytes


@dataclass(frozen=True)
class Item:
    """A page that a platform lists and opens.

    Attributes
    ----------
    page : its file.
    title : under which it is listed.
    reports : whether it tells the platform when it is finished.

    Examples
    --------
    >>> Item("lesson-02-bridges.html", "Bridges and clusters", True).reports
    True
    """

    page: str
    title: str
    reports: bool


def manifest(title: str, items: Sequence[Item], names: Sequence[str], identifier: str) -> str:
    """Return the manifest of a package.

    Parameters
    ----------
    title : of the course.
    items : its pages, in their order.
    names : every file of the package; a page in another language belongs to the page of the same name.
    identifier : of the package: letters, digits and hyphens, beginning with a letter.

    Returns
    -------
    XML.

    Examples
    --------
    >>> item = Item("lesson-02-bridges.html", "Bridges and clusters", True)
    >>> text = manifest("Lessons", [item], ["lesson-02-bridges.html", "cy/lesson-02-bridges.html"], "lessons")
    >>> text.count("<file "), 'adlcp:scormtype="sco"' in text
    (2, True)
    """
    top = ElementTree.Element(
        "manifest", {"identifier": identifier, "version": "1.0", "xmlns": _CONTENT, "xmlns:adlcp": _SCORM}
    )
    metadata = ElementTree.SubElement(top, "metadata")
    ElementTree.SubElement(metadata, "schema").text = "ADL SCORM"
    ElementTree.SubElement(metadata, "schemaversion").text = "1.2"
    organizations = ElementTree.SubElement(top, "organizations", {"default": "course"})
    organization = ElementTree.SubElement(organizations, "organization", {"identifier": "course"})
    ElementTree.SubElement(organization, "title").text = title
    resources = ElementTree.SubElement(top, "resources")
    for one in items:
        name = one.page.removesuffix(".html")
        reference = {"identifier": f"item-{name}", "identifierref": f"page-{name}"}
        ElementTree.SubElement(ElementTree.SubElement(organization, "item", reference), "title").text = one.title
        kind = {"adlcp:scormtype": "sco" if one.reports else "asset", "href": one.page}
        resource = ElementTree.SubElement(
            resources, "resource", {"identifier": f"page-{name}", "type": "webcontent", **kind}
        )
        for file in names:
            if file.rpartition("/")[2] == one.page:
                ElementTree.SubElement(resource, "file", {"href": file})
    ElementTree.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(top, encoding="unicode") + "\n"


def package_bytes(title: str, items: Sequence[Item], pages: Mapping[str, str]) -> bytes:
    """Return a package; the same bytes for the same pages.

    Parameters
    ----------
    title : of the course.
    items : its pages, in their order.
    pages : text of every page, by its file.

    Returns
    -------
    The zip.

    Examples
    --------
    >>> data = package_bytes("Lessons", [Item("a.html", "A", True)], {"a.html": "<!DOCTYPE html>"})
    >>> zipfile.ZipFile(io.BytesIO(data)).namelist()
    ['imsmanifest.xml', 'a.html']
    """
    digest = hashlib.sha256("".join(text for _, text in sorted(pages.items())).encode()).hexdigest()[:16]
    files = {MANIFEST: manifest(title, items, list(pages), f"spreadsim-{digest}"), **pages}
    answer = io.BytesIO()
    with zipfile.ZipFile(answer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            package.writestr(entry, text.encode())
    return answer.getvalue()
