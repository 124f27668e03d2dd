"""Real networks: tables and graph files, with every fault named.

Belongs: what is read from a user's files and how faults read.
Does not: generated networks; what a network is (``network.data``).
Imports: scenario, the rest of network and the package's door.
"""
