"""Display: results in the form in which a browser takes them, and as files to take away.

What belongs here: maps, playbacks, bands, tables, figures and findings as plain data; CSV, PNG and ZIP files.
What does not: computing or wording results, and the screens on which they stand (``app.screens``).
What it may import: all below app.
"""
