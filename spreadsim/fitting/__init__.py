"""Fitting: sets of parameters that reproduce a few observed figures, by simulation.

Belongs: targets, the search, accepted sets and their page.
Does not: observed times of adoption (``calibration``).
Imports: calibration, comparison, sweeps and all below them.
"""
