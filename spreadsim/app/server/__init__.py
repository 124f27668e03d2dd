"""Server: what all visitors share, and what keeps one of them from harming another.

Belongs: the guarded application, which addresses answer whom, limits on requests, the queue of work, uploaded files.
Does not: what a page shows; what one page holds (``app.session``).
Imports: every folder below the app.
"""
