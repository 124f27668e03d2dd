"""Comparison: the main job, every strategy of a scenario on common random numbers, and what is said of it.

What belongs here: comparing, the frontier, equal cost, one service explained, findings, report, terminal and folder.
What does not: designed experiments (``sweeps``), and meeting data (``calibration``).
What it may import: telling and all below it.
"""
