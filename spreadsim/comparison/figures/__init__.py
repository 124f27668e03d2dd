"""Figures of a comparison, each with a sentence that says what it shows.

Belongs: one function a figure and one a sentence, made from the same numbers.
Does not: the look that all figures share (``telling.figures``).
Imports: comparison, telling and all below it.
"""
