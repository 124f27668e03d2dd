"""Drivers: the rulebook acted out, by agents that can be read and by a compiled engine, with the same numbers.

What belongs here: the two drivers, the compiler, and running many plans.
What does not: rules, which stand in ``rules``, and what the numbers mean.
What it may import: outcomes, intake and all below them.
"""
