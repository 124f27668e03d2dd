"""Networks: services with their attributes, the hierarchy above them and the ties between them.

What belongs here: making, reading, describing and laying out networks, and metrics of adoption on them.
What does not: runs, and what came of them.
What it may import: scenario and all below it.
"""
