"""A study for its reviewers: what was modelled, how it was run, and on which structures its finding depends.

What belongs here: the ODD text, the checklists, convergence, structural sensitivity and the research object of a
finished results folder.
What does not: making results (``comparison``), and the report for those who decide (``comparison.report``).
What it may import: calibration, comparison, sweeps and all below them.
"""
