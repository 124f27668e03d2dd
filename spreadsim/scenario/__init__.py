"""Scenarios: what a user writes, from the file to the numbers that a driver takes.

Belongs: documents and their fields, reading and merging files, plans by strategy and month.
Does not: networks, runs, or anything that a run leaves behind.
Imports: the declarations at the package's door (parameters, state, rules, draws, errors).
"""
