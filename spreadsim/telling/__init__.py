"""Telling: how numbers become words, figures, pages and results folders, whatever was asked.

What belongs here: wording, the look of figures, the templates of pages, folders with receipts, the reference.
What does not: what any one question found: that stands with the question.
What it may import: browser, inference and all below them.
"""
