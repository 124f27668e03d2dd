"""Advice: where to start, in which waves, and with how much support.

What belongs here: choices, the search among them, what is said of the best, and its folder.
What does not: comparing strategies as they stand (``comparison``).
What it may import: calibration, comparison, sweeps and all below them.
"""
