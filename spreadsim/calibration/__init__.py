"""Calibration: the reduced model fitted to observed times of adoption.

Belongs: data, risk sets, likelihood, estimation, hypotheses, prediction, and what is said of them.
Does not: fitting to a few published figures (``fitting``).
Imports: telling and all below it.
"""
