"""Outcomes: what a run records, the measures made of it, and statistics over replicates.

Belongs: records, measures, cohorts, intervals.
Does not: running anything; saying anything in words.
Imports: network, scenario and the package's door.
"""
