"""Fitting: sets of parameters that reproduce a few observed figures, by simulation.

What belongs here: targets, the search, accepted sets and their page.
What does not: observed times of adoption (``calibration``).
What it may import: calibration, comparison, sweeps and all below them.
"""
