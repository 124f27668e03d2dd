"""Advice: where to start, in which waves, and with how much support.

Belongs: the search, what is said of it, and its folder.
Does not: comparing strategies that are given (``comparison``).
Imports: calibration, comparison, sweeps and all below them.
"""
