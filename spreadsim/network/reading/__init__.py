"""Real networks: tables and graph files, with every fault named.

What belongs here: what is read from a user's files, and how faults read.
What does not: generated networks, and what a network is (``network.data``).
What it may import: the rest of network, scenario and all below it.
"""
