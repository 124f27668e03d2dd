"""Networks: services with their attributes, the hierarchy above them and the ties between them.

Belongs: making, reading, describing and drawing networks, and metrics of adoption on them.
Does not: runs and what came of them.
Imports: scenario and the package's door.
"""
