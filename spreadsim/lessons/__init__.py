"""Lessons: the concepts of spread, each with a prediction first.

What belongs here: lesson files, their text, runs and data.
What does not: the screens that show them (``app``).
What it may import: calibration, comparison, sweeps and all below them.
"""
