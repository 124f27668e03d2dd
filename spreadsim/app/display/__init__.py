"""Display: results in the form in which a browser takes them, and as files to take away.

Belongs: maps, playbacks, bands, tables, figures and findings as plain data; CSV, PNG and ZIP files.
Does not: computing or wording results; the screens on which they stand (``app.screens``).
Imports: app.server, app.session and every folder below the app.
"""
