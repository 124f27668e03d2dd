"""Lessons: the concepts of spread, each with a prediction first.

Belongs: lesson files, their text, runs and data.
Does not: the screens that show them (``app``).
Imports: calibration, comparison, sweeps and all below them.
"""
