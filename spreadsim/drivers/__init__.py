"""Drivers: the rulebook acted out, by readable agents and by a compiled engine, with the same numbers.

Belongs: the two drivers, compiling, and running many plans.
Does not: rules (they stand in ``rules``); what the numbers mean.
Imports: outcomes, network, scenario and the package's door.
"""
