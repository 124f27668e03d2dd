"""Sweeps: designed experiments, run in parallel so that nothing is lost, and their analysis.

Belongs: experiment files, designs, coordinator, workers, store, analyses and their page.
Does not: a single comparison (``comparison``).
Imports: telling and all below it.
"""
