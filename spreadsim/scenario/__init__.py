"""Scenarios: what a user writes, from the file to the numbers that a driver takes.

What belongs here: documents and their fields, reading, merging and validating files, plans by strategy and month.
What does not: networks, runs, and anything that a run leaves behind.
What it may import: input_files, levers, measures, state and all below them.
"""
