"""Figures of a comparison, each with a sentence that says what it shows.

What belongs here: one function a figure and one a sentence, made from the same numbers.
What does not: the look that all figures share (``telling.figures``).
What it may import: the results of comparison, telling and all below it.
"""
