"""Comparison: the main job, every strategy of a scenario on common random numbers, and what is said of it.

Belongs: comparing, the frontier, equal cost, explanations of one service, findings, report, terminal, folder.
Does not: designed experiments (``sweeps``); meeting data (``calibration``).
Imports: telling and all below it.
"""
