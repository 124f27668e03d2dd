"""Spreadsheets and graph files read as they are, put into the tables that spreadsim reads, nothing lost unsaid.

What belongs here: reading files of any usual kind (``grids``, ``text``, ``graph_files``), finding headings
(``headings``), recognising columns (``recognisers``) and published layouts (``layouts``), repairs (``repairs``) and
questions about doubtful data (``checks``), and the import as a whole (``imports``).
What does not: what the tables mean for a simulation (``network.reading``).
What it may import: network and all below it.
"""
