"""Lessons: the concepts of spread, each with a prediction first.

What belongs here: lesson files, their text, runs and data, and the words and charts in which runs are told.
What does not: the screens and pages that show them (``app``, ``website``).
What it may import: calibration, comparison, sweeps and all below them.
"""
