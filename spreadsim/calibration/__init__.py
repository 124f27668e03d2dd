"""Calibration: the reduced model fitted to observed times of adoption.

What belongs here: data, risk sets, likelihood, estimation, hypotheses, prediction, and what is said of them.
What does not: fitting to a few published figures (``fitting``).
What it may import: telling and all below it.
"""
