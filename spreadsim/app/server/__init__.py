"""Server: what all visitors share, and what keeps one of them from harming another.

What belongs here: which addresses answer whom, limits on requests, the queue of work, uploaded files.
What does not: what a page shows, and what one page holds (``app.session``).
What it may import: all below app.
"""
