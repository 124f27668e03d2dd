"""Inference: what runs over assumption sets and replicates show, and what may be said of it.

What belongs here: statistics of arrays of sets, replicates and strategies, and the thresholds of what may be said.
What does not: words, figures, and how the runs were made.
What it may import: drivers and all below it.
"""
