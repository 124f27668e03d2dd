"""A static website: lessons, scenarios and a sandbox whose model runs in the reader's browser.

What belongs here: which pages there are, what stands in them, their texts in several languages.
What does not: how a page runs the model (``browser``).
What it may import: adapters, advice, fitting, lessons, publication, receipts and all below them.
"""
