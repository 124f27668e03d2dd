"""Sweeps: designed experiments, run in parallel so that nothing is lost, and their analysis.

What belongs here: experiment files, designs, coordinator, workers, store, analyses and their page.
What does not: a single comparison (``comparison``).
What it may import: telling and all below it.
"""
