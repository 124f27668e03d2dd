"""Telling: how numbers become words, figures, pages and results folders, whatever was asked.

Belongs: wording, the look of figures, the page's templates, folders with receipts, the reference.
Does not: what any one question found: that stands with the question.
Imports: drivers, outcomes, network, scenario and the package's door.
"""
