"""Outcomes: what a run records, the measures made of it, and statistics over replicates.

What belongs here: records, measures, cohorts and intervals.
What does not: running anything, and saying anything in words.
What it may import: network and all below it.
"""
